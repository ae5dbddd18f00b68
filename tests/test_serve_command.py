"""``lianban serve`` says what is wrong before it opens anything, and listens on one port only."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("starlette")

from conftest import ROOT, Lianban

from lianban.workbench.serving import listening


def test_what_cannot_be_opened_is_named(lianban: Lianban, tmp_path: Path):
    """A wrong name is answered with the nearest right one, an empty folder as such; exit 2."""
    (tmp_path / "empty").mkdir()
    for words, told in (
        (("jaixing",), "did you mean 'jiaxing'?"),
        (("empty",), "holds no scenario.toml"),
        (("jiaxing/reform",), "is a redesign"),
        (("--port", "70000"), "65535"),
        (("--port", "x"), "whole number"),
    ):
        done = lianban("serve", *words)
        assert done.returncode == 2, words
        assert told in done.stderr, words
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_a_taken_port_is_refused(lianban: Lianban):
    """A port that was asked for and is taken is an error; without asking another is found."""
    with listening(0) as taken:
        taken.listen()
        done = lianban("serve", "--port", str(taken.getsockname()[1]))
        assert done.returncode == 2
        assert "in use" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX here")
def test_it_serves_until_ctrl_c(tmp_path: Path):
    """The address answers, nothing but the loopback listens, and Ctrl-C ends with 130."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "lianban.cli", "serve", "--json", "--lang", "zh"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["schema_version"] == 1
        found = re.fullmatch(
            r"(http://127\.0\.0\.1:(\d+))/\?token=[\w-]{40,}&lang=zh", told["address"]
        )
        assert found
        with urllib.request.urlopen(f"{found[1]}/health", timeout=60) as answer:
            assert answer.read() == b"ok"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{found[1]}/", timeout=60)
        for address in _own_addresses():
            with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
                socket.create_connection((address, int(found[2])), timeout=2).close()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _own_addresses() -> list[str]:
    """Return this machine's addresses other than the loopback."""
    try:
        found = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return []
    return [str(each) for each in found if not str(each).startswith(("127.", "::1", "fe80"))]
