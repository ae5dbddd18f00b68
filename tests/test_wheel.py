"""The wheel: its top-level names, its data files, and a console script that runs from it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from test_house import PACKAGES, ROOT, tracked

# uv_build looks for its program on the PATH, where an environment that is not activated is not.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def run(*words: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, "PATH": PATH, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("uv_build", reason="the test extra brings the build backend")
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_top_level_names(wheel: Path):
    """The wheel holds the six packages, its own metadata and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    metadata = {name for name in tops if name.endswith(".dist-info")}
    assert len(metadata) == 1
    assert tops - metadata == set(PACKAGES)


def test_every_file_of_the_packages_is_shipped(wheel: Path):
    """Fonts, calendars, messages and scenarios travel with the code."""
    with zipfile.ZipFile(wheel) as archive:
        entries = {name for name in archive.namelist() if ".dist-info/" not in name}
    shipped = {name for name in entries if not name.endswith("/")}
    ours = {path.relative_to(ROOT).as_posix() for path in tracked()}
    assert shipped == {name for name in ours if name.partition("/")[0] in PACKAGES}
    endings = {Path(name).suffix for name in shipped}
    assert {".py", ".typed", ".mo", ".otf", ".csv", ".toml"} <= endings


def test_the_console_script_runs_without_dependencies(wheel: Path, tmp_path: Path):
    """In a fresh environment with only the wheel, --version and --help answer, in Chinese too."""
    room = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", room)
    scripts = room / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    alone = {"PYTHONPATH": "", "PYTHONUTF8": "1"}
    assert run(scripts / "lianban", "--version", **alone).startswith("lianban 0.")
    assert "compare" in run(scripts / "lianban", "--help", **alone)
    assert "行政审批" in run(scripts / "lianban", "--help", "--lang", "zh", **alone)
