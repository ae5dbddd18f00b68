"""What stands before every page: only this machine's own browser, with its cookie, gets through.

A page of another site may make the planner's browser send requests here (CSRF), or may
point a name of its own at 127.0.0.1 (DNS rebinding). So the Host, the Origin and the
browser's own Sec-Fetch-Site must be ours, and nothing is done without the cookie.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lianban.workbench.passes import Passes
from lianban.workbench.protocol import MOST_HEAD

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
File = tuple[bytes, Headers]
"""A body and its headers."""

MOST_JSON = 1024 * 1024
MOST_UPLOAD = 8 * 1024 * 1024
"""Longest body of a request, in bytes."""

BODY_SECONDS = 20.0
"""Time in which a whole body must have come."""

MOST_ADDRESS = 8 * 1024

JSON = b"application/json"
UPLOAD = b"application/octet-stream"
_METHODS = {"GET", "HEAD", "POST", "DELETE"}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SAFE_HEADERS: Headers = [
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]

_log = logging.getLogger("lianban.workbench")


def _no_file(path: str) -> File | None:
    return None


class Denied(Exception):  # noqa: N818 - an answer to the browser
    """A request that is refused, with its status and the reason in a few words."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class Guard:
    """Wraps the workbench.

    Parameters
    ----------
    app : callable
        The workbench.
    passes : Passes
        Token and cookie.
    port : int
        The port that the server listens on.
    files : callable
        Gives, by path, the files that never change, with their headers: they are answered
        here, which is twice as quick as by the routes of the workbench.
    """

    def __init__(
        self, app: App, passes: Passes, port: int, files: Callable[[str], File | None] = _no_file
    ) -> None:
        self.app = app
        self.passes = passes
        self.files = files
        self.hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self.origins = {b"http://" + host for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        began = False

        async def guarded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = [*message.get("headers", []), *SAFE_HEADERS]
            await send(message)

        try:
            if scope["path"] == "/health":
                self._ours(scope)
                await answer(guarded, 200, b"ok", [(b"content-type", b"text/plain")])
                return
            headers = self._ours(scope)
            if await self._opens(scope, headers, guarded):
                return
            if not self.passes.admits(headers.get(b"cookie", b"").decode("latin-1")):
                raise Denied(403, "open the address that `lianban serve` printed")
            if scope["method"] in ("GET", "HEAD") and (file := self.files(scope["path"])):
                await answer(guarded, 200, *file)
                return
            await self.app(scope, await _bounded(scope, headers, receive), guarded)
        except Denied as denied:
            if not began:
                await _refuse(guarded, denied)
        except Exception:
            _log.exception("a request failed")
            if not began:
                reason = "something went wrong here; the terminal says what"
                await _refuse(guarded, Denied(500, reason))

    def _ours(self, scope: Scope) -> dict[bytes, bytes]:
        """Return the headers, each once; refuse what is not from our own page."""
        pairs: Headers = scope["headers"]
        if sum(len(name) + len(value) + 4 for name, value in pairs) > MOST_HEAD:
            raise Denied(431, "the request's head is too long")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_ADDRESS:
            raise Denied(414, "the address is too long")
        headers: dict[bytes, bytes] = {}
        for name, value in pairs:
            if name in headers and name in _ONCE:
                raise Denied(400, f"two {name.decode('latin-1')} headers")
            headers[name] = value if name not in headers else headers[name] + b"; " + value
        if headers.get(b"host", b"").lower() not in self.hosts:
            raise Denied(400, "this is not the workbench's address")
        if scope["method"] not in _METHODS:
            raise Denied(405, "this is not done here")
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site", b"")
        changes = scope["method"] in ("POST", "DELETE")
        if (origin is not None or changes) and origin not in self.origins:
            raise Denied(403, "the request comes from another page")
        if site not in (b"", b"same-origin", b"none") and (
            changes or headers.get(b"sec-fetch-mode") != b"navigate"
        ):
            raise Denied(403, "the request comes from another page")
        return headers

    async def _opens(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> bool:
        """Take the token out of the address and give a cookie for it."""
        if scope["method"] != "GET" or scope["path"] != "/":
            return False
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == "token"]
        if not tokens:
            return False
        cookie = self.passes.open(tokens[0])
        if not cookie and not self.passes.admits(headers.get(b"cookie", b"").decode("latin-1")):
            raise Denied(403, "this address has been used; `lianban serve` prints a new one")
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        place: Headers = [(b"location", b"/" + (b"?" + rest.encode() if rest else b""))]
        if cookie:
            place.append((b"set-cookie", cookie.encode()))
        await answer(send, 303, b"", [*place, (b"cache-control", b"no-store")])
        return True


_ONCE = frozenset(
    (b"host", b"origin", b"content-length", b"content-type", b"transfer-encoding",
     b"sec-fetch-site", b"sec-fetch-mode")
)  # fmt: skip


async def answer(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, denied: Denied) -> None:
    body = json.dumps({"problem": denied.reason}).encode()
    kind = (b"content-type", b"application/json; charset=utf-8")
    close = (b"connection", b"close")
    await answer(send, denied.status, body, [kind, close, (b"cache-control", b"no-store")])


async def _bounded(scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
    """Return a receive that gives the body, read whole within its bounds of size and time."""
    if b"transfer-encoding" in headers:
        raise Denied(411, "say how long the body is")
    length = headers.get(b"content-length")
    if scope["method"] != "POST":
        if length not in (None, b"0"):
            raise Denied(400, "only POST has a body")
        return receive
    if length is None:
        raise Denied(411, "say how long the body is")
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in (JSON, UPLOAD):
        raise Denied(415, "a body is JSON or a file's bytes")
    if not length.isdigit() or len(length) > 12:
        raise Denied(400, "content-length is no number")
    if int(length) > (MOST_JSON if kind == JSON else MOST_UPLOAD):
        raise Denied(413, "the body is too long")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _whole(receive)
    except TimeoutError:
        raise Denied(408, "the body did not come in time") from None
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Denied(400, "the body ended early")
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
