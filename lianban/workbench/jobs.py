"""Long work: asked for, polled and cancelled by the page, done in a second process.

The process is kept warm between jobs. One that takes too long or is cancelled is killed,
and a new one takes its place, so no work can hold the page or this machine for ever.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

MOST_WAITING = 32
"""Jobs that may wait; one more is refused."""

MOST_KEPT = 128
"""Finished jobs that are remembered."""

MOST_KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of finished jobs' results that are remembered; the last one is, however long."""

MOST_ASKED = 48 * 1024 * 1024
"""Bytes of all requests that wait."""

MOST_RESULT = 16 * 1024 * 1024
JOB_SECONDS = 120.0
GRACE = 1.0
"""Seconds in which a cancelled job may still end by itself, which spares a warm start."""

Target = Callable[[Connection, str], None]


class Busy(Exception):  # noqa: N818 - an answer to the browser
    """Too many jobs wait."""


@dataclass(slots=True)
class Job:
    """One piece of work.

    Attributes
    ----------
    key : str
        Not to be guessed.
    request : mapping
        What is asked for, plain JSON.
    state : str
        ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
    result : mapping
        What the work returned, or ``problems`` in words.
    asked, kept : int
        Bytes of the request while it waits, and of the result.
    """

    key: str
    request: Mapping[str, Any]
    state: str = "waiting"
    result: Mapping[str, Any] = field(default_factory=dict)
    asked: int = 0
    kept: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


class Jobs:
    """The queue and the process that works it off.

    Parameters
    ----------
    target : callable
        What the process runs: given a connection and the folder's path, it answers
        requests until the connection ends. See :func:`lianban.workbench.worker.main`.
    folder : str
        The opened folder; empty: none.
    seconds : float
        Longest time of one job.
    """

    def __init__(self, target: Target, folder: str, seconds: float = JOB_SECONDS) -> None:
        self.target = target
        self.folder = folder
        self.seconds = seconds
        self.jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: deque[Job] = deque()
        self._news = asyncio.Event()
        self._pipe: Connection | None = None
        self._process: BaseProcess | None = None
        self._threads = ThreadPoolExecutor(1, "job")
        self._loop_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the queue; needs a running event loop."""
        self._loop_task = asyncio.get_running_loop().create_task(self._work())

    def warm(self) -> None:
        """Start the process before the first job needs it."""
        if self._process is None:
            self._begin()

    def stop(self) -> None:
        """End at once."""
        if self._loop_task is not None:
            self._loop_task.cancel()
        self._kill()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def submit(self, request: Mapping[str, Any]) -> Job:
        """Put work in the queue.

        Raises
        ------
        Busy
            When too much waits already.
        """
        asked = len(json.dumps(request))
        if len(self._waiting) >= MOST_WAITING or asked + self._asked > MOST_ASKED:
            raise Busy
        job = Job(secrets.token_urlsafe(12), request, asked=asked)
        self.jobs[job.key] = job
        self._waiting.append(job)
        self._news.set()
        self._forget()
        return job

    @property
    def _asked(self) -> int:
        return sum(each.asked for each in self._waiting)

    def _forget(self) -> None:
        """Forget the oldest finished jobs beyond what is kept."""
        over = [each for each in self.jobs.values() if each.over]
        kept = sum(each.kept for each in over)
        for place, old in enumerate(over[:-1]):
            if len(over) - place <= MOST_KEPT and kept <= MOST_KEPT_BYTES:
                return
            kept -= old.kept
            del self.jobs[old.key]

    def cancel(self, key: str) -> Job | None:
        """Cancel a job; None where it is not known."""
        job = self.jobs.get(key)
        if job is None or job.over:
            return job
        running = job.state == "running"
        job.state = "cancelled"
        if running:
            asyncio.get_running_loop().call_later(GRACE, self._kill_if_still_at, job)
        else:
            self._waiting.remove(job)
            job.request = {"language": job.request.get("language", "en")}
        return job

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    async def _work(self) -> None:
        self._now: Job | None = None
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            if not self._waiting:
                self._news.clear()
                continue
            job = self._now = self._waiting.popleft()
            job.state = "running"
            late = loop.call_later(self.seconds, self._kill_if_still_at, job)
            began = loop.time()
            answer = await loop.run_in_executor(self._threads, self._ask, dict(job.request))
            late.cancel()
            self._now = None
            # what was asked may be a long file; of it only the language is needed now
            job.request = {"language": job.request.get("language", "en")}
            if job.state == "cancelled":
                continue
            if answer is not None:
                job.state = "failed" if "problems" in answer else "done"
                job.result = answer
                job.kept = sum(len(str(each)) for each in answer.values())
                self._forget()
            else:
                in_time = loop.time() - began < self.seconds
                job.state = "failed"
                job.result = {"problems": [_ENDED if in_time else _LATE]}

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Give the process a request and return its answer, or None where it ended."""
        if self._process is None or not self._process.is_alive():
            self._begin()
        assert self._pipe is not None
        assert self._process is not None
        try:
            self._pipe.send_bytes(json.dumps(request).encode())
            answer: dict[str, Any] = json.loads(self._pipe.recv_bytes(MOST_RESULT))
        except (EOFError, OSError, ValueError):
            # one that was killed a moment ago may still seem alive
            self._kill()
            self._process.join(10)
            self._pipe.close()
            self._process = None
            return None
        return answer

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=self.target, args=(theirs, self.folder), daemon=True, name="lianban-jobs"
        )
        self._process.start()
        theirs.close()
        self._pipe = ours

    def _kill_if_still_at(self, job: Job) -> None:
        if self._now is job:
            self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()


_ENDED = "the work ended without an answer; it may have needed too much memory"
_LATE = "the work took too long and was stopped"
