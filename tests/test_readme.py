"""What the README shows is what the program prints, and its two commands work as typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_house import ROOT, tracked

README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = "python -m pip install -c constraints.txt . && lianban demo"


def console_commands(text: str) -> list[tuple[str, str]]:
    """Return the commands of ```console blocks, in order, each with the output below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.rstrip("\n")))
    return found


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which `lianban` is this checkout's command."""
    command = tmp_path / "bin" / "lianban"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lianban.cli "$@"\n')
    command.chmod(0o755)
    paths = (str(command.parent), str(Path(sys.executable).parent), os.environ["PATH"])
    return {
        **os.environ,
        "PATH": os.pathsep.join(paths),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }


def test_commands_are_found():
    """A block gives its commands and the lines below each."""
    text = "```console\n$ a b\n1\n2\n$ c\n```\n```sh\n$ d\n```\n"
    assert console_commands(text) == [("a b", "1\n2"), ("c", "")]


@pytest.mark.skipif(os.name == "nt", reason="the README's lines are those of a POSIX shell")
def test_the_tour_prints_what_the_readme_shows(shell: dict[str, str], tmp_path: Path):
    """Each command of the tour succeeds and prints the lines shown below it."""
    tour = console_commands(README)
    assert len(tour) >= 4
    folder = tmp_path / "tour"
    folder.mkdir()
    for command, shown in tour:
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=shell,
            encoding="utf-8",
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, command + "\n" + done.stderr
        assert done.stdout.rstrip("\n") == shown, command


def test_pictures_of_the_readme_are_what_the_tool_draws(shell: dict[str, str], tmp_path: Path):
    """The README shows pictures of the repository; the command beside each draws it again."""
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    for picture in pictures:
        (command,) = re.findall(rf"`(lianban diagram [^`]*-o {re.escape(picture)})`", README)
        subprocess.run(command, shell=True, cwd=tmp_path, env=shell, check=True)
        kept, drawn = (
            # Versions of the font library pack the same glyphs differently.
            re.sub(r"base64,[\w+/=]+", "", (folder / picture).read_text(encoding="utf-8"))
            for folder in (ROOT, tmp_path)
        )
        assert kept == drawn, picture


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the README's lines are those of a POSIX shell")
def test_the_first_command_works_on_a_fresh_machine(tmp_path: Path):
    """With only Python and the package index, one line installs lianban and runs the demo."""
    assert INSTALL in README
    clone = tmp_path / "clone"
    for path in tracked():
        copy = clone / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    room = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(room)], check=True)
    fresh = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        "PATH": os.pathsep.join([str(room / "bin"), os.environ["PATH"]]),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        INSTALL, shell=True, cwd=clone, env=fresh, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    written = {path.name for path in (clone / "lianban-demo").iterdir()}
    assert {"comparison.json", "comparison.md", "timeline.svg", "flow-today.png"} <= written
