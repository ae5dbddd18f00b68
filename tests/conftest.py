"""What every test shares: repeatable examples, and the command line as a user meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A loaded machine is no defect, and a failure must come again for whoever looks into it.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

Lianban = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the machine choose the language of a test."""
    for variable in ("LIANBAN_LANG", "LIANBAN_DEBUG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def lianban(tmp_path: Path) -> Lianban:
    """Return a function that runs the command line in a fresh process, in an empty folder."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        encoding = environment.get("PYTHONIOENCODING", "utf-8")
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        return subprocess.run(
            [sys.executable, "-m", "lianban.cli", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": encoding, **environment},
            encoding=encoding,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    return run


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start.

    A test run started in the background ignores it, and would pass that on to them.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
