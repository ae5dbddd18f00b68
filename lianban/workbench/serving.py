"""Running the workbench: one port of this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from lianban.workbench.app import build_app
from lianban.workbench.guard import Guard
from lianban.workbench.jobs import JOB_SECONDS
from lianban.workbench.passes import Passes
from lianban.workbench.protocol import MOST_HEAD, Loopback
from lianban.workbench.workspace import Workspace

ADDRESS = "127.0.0.1"
PORT = 8421
MOST_CONNECTIONS = 512


def serve(
    folder: Path | None,
    port: int | None,
    ready: Callable[[str], None],
    query: str = "",
    seconds: float = JOB_SECONDS,
) -> None:
    """Serve the workbench until it is interrupted.

    Parameters
    ----------
    folder : Path or None
        What is opened; None: the shipped scenarios alone.
    port : int or None
        By default the usual one, or another where that is taken.
    ready : callable
        Is told each address that opens the page in one browser.
    query : str
        What the address asks for, for instance ``a=jiaxing``.
    seconds : float
        Longest time of one job.

    Raises
    ------
    OSError
        If the port that was asked for is taken.
    """
    logging.getLogger("lianban.workbench").addHandler(logging.StreamHandler(sys.stderr))
    with listening(port) as listener:
        number = listener.getsockname()[1]

        def announce(token: str) -> None:
            more = f"&{query}" if query else ""
            ready(f"http://{ADDRESS}:{number}/?token={token}{more}")

        passes = Passes(number, announce)
        app = build_app(Workspace(folder), passes, number, seconds)
        server = Server(settings_of(app), lambda: announce(passes.token))
        asyncio.run(server.serve(sockets=[listener]))


def settings_of(app: Guard, http: type[Loopback] = Loopback) -> uvicorn.Config:
    """Return how uvicorn is to serve the workbench."""
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        loop="asyncio",
        lifespan="on",
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=MOST_HEAD,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )


class Server(uvicorn.Server):
    """Uvicorn's server, which says when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.says = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self.says()


def listening(port: int | None) -> socket.socket:
    """Return a socket that listens on this machine only."""
    # asyncio sends an answer's last bytes at once only where the socket says that it is TCP;
    # else the kernel holds them back for 40 ms whenever a client keeps its connection open
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # elsewhere than on Windows this lets a port be used again at once, not by two at a time
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        if port is None:
            with contextlib.suppress(OSError):
                listener.bind((ADDRESS, PORT))
                return listener
        listener.bind((ADDRESS, port or 0))
    except OSError:
        listener.close()
        raise
    return listener
