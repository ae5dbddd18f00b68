"""Every tutorial runs as it stands: its files are written, its commands give what it shows."""

from __future__ import annotations

import re
import shlex
import shutil
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

import openpyxl
import pytest
from test_house import ROOT

from lianban.cli import main

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
NAMES = (
    "best-lawful-redesign", "counters-of-a-county", "first-comparison", "promise-in-ci",
    "write-a-redesign",
)  # fmt: skip

_PART = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$"
    r"|[Ss]ave as `(?P<book>\S+\.xlsx)`:\n\n(?P<table>(?:^\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)


def write_workbook(path: Path, table: str) -> None:
    """Write a Markdown table as the workbook that a planner would save."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in table.strip().splitlines()
    ]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (rows[0], *rows[2:]):
        sheet.append([int(cell) if cell.isdigit() else cell for cell in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def commands(text: str) -> list[tuple[str, str]]:
    """Return each command of a console block with what is shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        else:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return what a command says, and with how it ended where that was not well."""
    program, *words = shlex.split(command)
    if program == "rm":
        Path(words[0]).unlink()
        return "", ""
    if program == "sed":
        _in_place, rule, file = words
        old, new = rule.split("/")[1:3]
        text = Path(file).read_text("utf-8")
        assert old in text, (file, old)
        Path(file).write_text(text.replace(old, new), "utf-8")
        return "", ""
    assert program == "lianban"
    code = main(words)
    said = capsys.readouterr()
    ended = f"[exit {code}]\n" if code else ""
    return said.out + ended, said.err + ended


def test_all_five_are_there():
    """First comparison, redesign, promise in CI, counters of a county, best lawful redesign."""
    assert tuple(path.stem for path in TUTORIALS) == NAMES


@pytest.mark.parametrize(
    "path",
    [
        # a broken promise is explained by trying what would mend it
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if "county" in path.stem else [])
        for path in TUTORIALS
    ],
)
def test_the_tutorial_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    """Files are written where it says, and every command answers as it shows."""
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(tmp_path / "nothing", ignore_errors=True)
    checker = OutputChecker()
    asked = 0
    for part in _PART.finditer(path.read_text("utf-8")):
        if part["book"]:
            write_workbook(Path(part["book"]), part["table"])
        elif part["file"]:
            Path(part["file"]).parent.mkdir(parents=True, exist_ok=True)
            Path(part["file"]).write_text(part["text"], "utf-8")
        elif part["kind"] == "console":
            for command, shown in commands(part["text"]):
                out, err = run(command, capsys)
                asked += 1
                answers = (out, err)
                assert any(
                    checker.check_output(shown, said, ELLIPSIS | NORMALIZE_WHITESPACE)
                    for said in answers
                ), f"{command}\nshown:\n{shown}\nsaid:\n{out}\n{err}"
    assert asked >= 2
