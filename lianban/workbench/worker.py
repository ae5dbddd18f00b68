"""The second process: answers one request after another, each in its bounds of memory."""

from __future__ import annotations

import contextlib
import json
import signal
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Boards

MOST_MEMORY = 12 * 1024**3
"""Address space of the process in bytes; compiled code maps much that it never uses."""

MOST_REQUEST = 12 * 1024 * 1024
"""Bytes of a request: an uploaded log in base64."""

WORKS = ("compare", "flow", "distribution", "queues", "promises", "replay", "optimize", "files")
"""Views that have long work: each has a function ``work(scene, lab, more)``."""

LOG = "log"
"""Work of an uploaded event log; no page may ask for it otherwise."""


def main(pipe: Connection, folder: str) -> None:
    """Answer requests until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory()
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Boards
    from lianban.workbench.workspace import Workspace

    boards = Boards(Workspace(Path(folder) if folder else None))
    lab = Lab()
    if not pipe.poll():
        with contextlib.suppress(Exception):
            _warm(boards, lab)
    while True:
        try:
            request = json.loads(pipe.recv_bytes(MOST_REQUEST))
        except (EOFError, OSError):
            return
        answer = json.dumps(respond(request, boards, lab)).encode()
        try:
            pipe.send_bytes(answer)
        except OSError:
            return


def respond(request: dict[str, Any], boards: Boards, lab: Lab) -> dict[str, Any]:
    """Return what a request's work gives, or ``problems`` in words."""
    from lianban.workbench.problems import told
    from lianban.workbench.state import State

    try:
        if request["work"] == LOG:
            return _read_log(request, boards)
        if request["work"] not in WORKS:
            raise KeyError(request["work"])
        state = State.of(request["query"], request["language"])
        view = import_module(f"lianban.workbench.views.{request['work']}")
        answer: dict[str, Any] = view.work(boards.scene(state), lab, request.get("more") or {})
    except Exception as error:
        return {"problems": told(error, str(request.get("language", "en")))}
    return answer


def _read_log(request: dict[str, Any], boards: Boards) -> dict[str, Any]:
    import base64

    from lianban.workbench.views.logs import read_in

    more = request["more"]
    return read_in(
        boards.workspace,
        str(request["language"]),
        more["name"],
        base64.b64decode(more["data"]),
        more["take"],
    )


def _warm(boards: Boards, lab: Lab) -> None:
    """Load what the first job would otherwise wait for: compiled engine and charts."""
    import results.charts  # noqa: F401 - for its import alone
    from lianban.workbench.state import State

    scene = boards.scene(State())
    lab.tried(scene.first)
    lab.tried(scene.last)


def _bound_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
