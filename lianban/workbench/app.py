"""The routes: pages, their parts, jobs, files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lianban.workbench import desk, page, worker
from lianban.workbench.guard import File, Guard
from lianban.workbench.jobs import JOB_SECONDS, Busy, Job, Jobs
from lianban.workbench.markup import Html
from lianban.workbench.passes import Passes
from lianban.workbench.problems import spoken, told
from lianban.workbench.scene import Boards
from lianban.workbench.speech import spoken_by
from lianban.workbench.state import State
from lianban.workbench.workspace import Unknown, Workspace, stamp_of

VIEWS: dict[str, str] = {
    "/": "compare",
    "/flow": "flow",
    "/gantt": "gantt",
    "/distribution": "distribution",
    "/queues": "queues",
    "/promises": "promises",
    "/replay": "replay",
    "/optimize": "optimize",
    "/catalogue": "catalogue",
    "/files": "files",
}
"""Address and module of every screen."""

WARM_AFTER = 0.2
"""Seconds after a page until the second process starts, if it has not yet."""

_KEPT_BYTES = 48 * 1024 * 1024
_KEPT_FOR_EVER = b"public, max-age=31536000, immutable"
_KINDS = {
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".otf": b"font/otf",
}
Answer = tuple[int, bytes]


class Workbench:
    """Everything that the routes share.

    Parameters
    ----------
    workspace : Workspace
        The opened folder.
    seconds : float
        Longest time of one job.
    """

    def __init__(self, workspace: Workspace, seconds: float = JOB_SECONDS) -> None:
        self.workspace = workspace
        self.views = VIEWS
        self.boards = Boards(workspace)
        self.jobs = Jobs(worker.main, str(workspace.folder or ""), seconds)
        # One thread: drawing shares matplotlib's settings, and two would only take turns.
        self.hands = ThreadPoolExecutor(1, "drawing")
        self._kept: OrderedDict[tuple[object, ...], Answer] = OrderedDict()
        self._bytes = 0

    async def shown(self, request: Request) -> Response:
        """Answer with a page or, under ``/part``, with what a script swaps of it."""
        path = request.url.path
        part = path.startswith("/part")
        screen = path.removeprefix("/part") or "/"
        language = spoken_by(
            request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        )
        state = State.of(request.query_params, language)
        status, body = await self.in_hand(lambda: self._drawn(screen, state, part))
        # after the first page, which it would make slower
        asyncio.get_running_loop().call_later(WARM_AFTER, self.jobs.warm)
        return Response(body, status, {"cache-control": "no-store"}, "text/html; charset=utf-8")

    async def in_hand(self, act: Callable[[], Any]) -> Any:
        """Do something that takes a while in the one thread for it."""
        return await asyncio.get_running_loop().run_in_executor(self.hands, act)

    def _drawn(self, screen: str, state: State, part: bool) -> Answer:
        try:
            stamps = tuple(
                stamp_of(self.workspace.place(key).folder) for key in (state.a, state.b) if key
            )
            place = (screen, state, part, stamps if state.a else None)
            if state.a and state.b and place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place]
            scene = self.boards.scene(state)
            view = import_module(f"lianban.workbench.views.{VIEWS[screen]}")
            wide = getattr(view, "WIDE", False)
            html = page.framed(scene, self.workspace, screen, view.content(scene), wide)
            answer = (200, self._written(html, state, part))
        except Exception as error:
            html = page.problems(state, screen, told(error, state.language), self.workspace)
            return 400, self._written(html, state, part)
        self._keep(place, answer)
        return answer

    def _written(self, html: str, state: State, part: bool) -> bytes:
        if part:
            return html.encode()
        title = html.partition('data-title="')[2].partition(" - lianban")[0]
        from html import unescape

        whole = page.document(Html(html), unescape(title) or "lianban", state.language, version())
        return whole.encode()

    def _keep(self, place: tuple[object, ...], answer: Answer) -> None:
        self._kept[place] = answer
        self._bytes += len(answer[1])
        while self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1][1])

    async def given(self, request: Request) -> Response:
        """Answer with a file to save."""
        query = request.query_params
        state = self._state(query)
        try:
            given = await self.in_hand(
                lambda: desk.give(
                    self.boards.scene(state), query.get("design", ""), query.get("form", "")
                )
            )
        except Exception as error:
            return problem(400, "; ".join(told(error, state.language)))
        name = quote(given.name)
        saved = {
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "cache-control": "no-store",
        }
        return Response(given.data, 200, saved, given.kind)

    async def edited(self, request: Request) -> Response:
        """Check or save an edited table."""
        asked = await body_of(request)
        query = asked.get("query")
        state = self._state(dict(parse_qsl(query[:4000] if isinstance(query, str) else "")))
        act = desk.save if request.url.path.endswith("/save") else desk.check
        return await self._done(state, lambda: act(self.workspace, self.boards.scene(state), asked))

    async def taken(self, request: Request) -> Response:
        """Open an uploaded file, or tell what that would do; an event log is long work."""
        query = request.query_params
        state, name = self._state(query), query.get("name", "")
        data = await request.body()
        take = query.get("take") == "1"
        try:
            base = desk.plain_name(name)
        except Unknown as error:
            return JSONResponse({"problems": told(error, state.language)}, 400)
        if await self.in_hand(lambda: is_log(data, base)):
            text = base64.b64encode(data).decode()
            more = {"name": base, "data": text, "take": take}
            return self._queued(
                {"work": worker.LOG, "query": {}, "language": state.language, "more": more}
            )
        return await self._done(
            state, lambda: desk.take_in(self.workspace, self.boards.scene(state), base, data, take)
        )

    async def _done(self, state: State, act: Callable[[], dict[str, Any]]) -> Response:
        try:
            return JSONResponse(await self.in_hand(act))
        except Exception as error:
            return JSONResponse({"problems": told(error, state.language)}, 400)

    @staticmethod
    def _state(query: Mapping[str, str]) -> State:
        return State.of(query, spoken_by(query.get("lang", ""), ""))

    async def submit(self, request: Request) -> Response:
        """Start long work: ``{"work": ..., "query": ..., "more": {...}}``."""
        asked = await body_of(request)
        work, query, more = asked.get("work"), asked.get("query"), asked.get("more", {})
        if work not in worker.WORKS or not isinstance(query, str) or not isinstance(more, dict):
            return problem(400, "a job names its work and the page's address")
        pairs = dict(parse_qsl(query[:4000]))
        wanted = {
            "work": work,
            "query": pairs,
            "language": spoken_by(pairs.get("lang", ""), ""),
            "more": more,
        }
        return self._queued(wanted)

    def _queued(self, wanted: Mapping[str, Any]) -> Response:
        try:
            job = self.jobs.submit(wanted)
        except Busy:
            return problem(429, "too much work waits already")
        return JSONResponse(_shown(job), 202)

    async def job(self, request: Request) -> Response:
        """Tell how far a job is, or cancel it."""
        key = request.path_params["key"]
        cancelling = request.method == "DELETE"
        job = self.jobs.cancel(key) if cancelling else self.jobs.jobs.get(key)
        if job is None:
            return problem(404, "there is no such job")
        return JSONResponse(_shown(job), headers={"cache-control": "no-store"})


def build_app(
    workspace: Workspace, passes: Passes, port: int, seconds: float = JOB_SECONDS
) -> Guard:
    """Return the guarded workbench as an ASGI application."""
    bench = Workbench(workspace, seconds)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        bench.jobs.start()
        try:
            yield
        finally:
            bench.jobs.stop()
            bench.hands.shutdown(wait=False, cancel_futures=True)

    routes = [
        *(Route(path, bench.shown, methods=["GET"]) for path in VIEWS),
        *(Route(f"/part{path}", bench.shown, methods=["GET"]) for path in VIEWS),
        Route("/export", bench.given, methods=["GET"]),
        Route("/catalogue/check", bench.edited, methods=["POST"]),
        Route("/catalogue/save", bench.edited, methods=["POST"]),
        Route("/import", bench.taken, methods=["POST"]),
        Route("/jobs", bench.submit, methods=["POST"]),
        Route("/jobs/{key}", bench.job, methods=["GET", "DELETE"]),
    ]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={HTTPException: _no_page})
    app.state.bench = bench
    return Guard(app, passes, port, static)


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises
    ------
    HTTPException
        If there is none.
    """
    try:
        asked = json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is not JSON") from None
    if not isinstance(asked, dict):
        raise HTTPException(400, "the body is not a JSON object")
    return asked


def is_log(data: bytes, name: str) -> bool:
    """Return whether an uploaded file is an event log; loads its reader when one may be."""
    if not name.lower().endswith((".csv", ".xes", ".xes.gz")):
        return False
    from scenarios import event_logs

    return event_logs.is_log(data, name)


def problem(status: int, reason: str) -> Response:
    """Return a refusal in the form that scripts read."""
    return JSONResponse({"problem": reason}, status)


def static(path: str) -> File | None:
    """Return one of the page's own files by its path, or None."""
    if not path.startswith("/static/"):
        return None
    return _static().get(path)


@cache
def _static() -> dict[str, File]:
    return {
        f"/static/{name}": (
            data,
            [(b"content-type", _KINDS[Path(name).suffix]), (b"cache-control", _KEPT_FOR_EVER)],
        )
        for name, data in assets().items()
    }


@cache
def assets() -> dict[str, bytes]:
    """Return the page's own files by name: scripts, one style sheet, one font."""
    from lianban.workbench.drawing import paints
    from results.font import font_path

    folder = resources.files("lianban") / "workbench" / "static"
    files = {
        item.name: item.read_bytes()
        for item in folder.iterdir()
        if item.name.endswith((".js", ".css"))
    }
    files["workbench.css"] += paints().encode()
    files["lianban.otf"] = font_path().read_bytes()
    return files


@cache
def version() -> str:
    """Return a text that changes when one of the page's own files does."""
    digest = hashlib.sha256()
    for name, data in sorted(assets().items()):
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest()[:12]


def _shown(job: Job) -> dict[str, Any]:
    result = dict(job.result)
    if "problems" in result:
        language = str(job.request.get("language", "en"))
        result["problems"] = [spoken(each, language) for each in result["problems"]]
    return {"key": job.key, "state": job.state, **result}


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
