"""A workbench that tests talk to over a real socket of this machine."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lianban.workbench.app import Workbench, build_app
from lianban.workbench.passes import Passes
from lianban.workbench.protocol import Loopback
from lianban.workbench.serving import Server, listening, settings_of
from lianban.workbench.workspace import Workspace


class Hasty(Loopback):
    """Waits for a head no longer than a test likes to."""

    patience = 0.6


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Bench:
    port: int
    passes: Passes
    app: Any

    @property
    def workbench(self) -> Workbench:
        return self.app.app.state.bench

    @property
    def cookie(self) -> str:
        return f"{self.passes.cookie}={self.passes._session}"

    def raw(self, *parts: bytes, wait: float = 20.0, close: bool = False) -> bytes:
        """Send bytes as they are and return what comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as line:
            try:
                for part in parts:
                    line.sendall(part)
                if close:
                    line.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused early: the answer is there already
            found = b""
            try:
                while piece := line.recv(65536):
                    found += piece
            except ConnectionResetError:
                pass
            return found

    def ask(
        self,
        target: str = "/",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        cookie: bool = True,
    ) -> Answer:
        """Send one well-formed request, ours unless the headers say otherwise."""
        told = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        if cookie:
            told["Cookie"] = self.cookie
        if method in ("POST", "DELETE"):
            told["Origin"] = f"http://127.0.0.1:{self.port}"
        if body is not None:
            told |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        told |= headers or {}
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items() if v)]
        return parsed(self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")))


def parsed(data: bytes) -> Answer:
    """Return an answer from its bytes."""
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    found = re.match(r"HTTP/1\.1 (\d{3})", status)
    assert found, data[:200]
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    return Answer(int(found[1]), headers, body)


@contextmanager
def bench(folder: Path | None = None, seconds: float = 60.0) -> Iterator[Bench]:
    """Serve a folder in a thread of its own."""
    with listening(0) as listener:
        port = listener.getsockname()[1]
        passes = Passes(port)
        app = build_app(Workspace(folder), passes, port, seconds)
        ready = threading.Event()
        server = Server(settings_of(app, Hasty), ready.set)

        def run() -> None:
            asyncio.run(server.serve(sockets=[listener]))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(30)
        try:
            yield Bench(port, passes, app)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
