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
    """

    key: str
    request: Mapping[str, Any]
    state: str = "waiting"
    result: Mapping[str, Any] = field(default_factory=dict)

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
        if len(self._waiting) >= MOST_WAITING:
            raise Busy
        job = Job(secrets.token_urlsafe(12), request)
        self.jobs[job.key] = job
        self._waiting.append(job)
        self._news.set()
        for old in [key for key, each in self.jobs.items() if each.over][:-MOST_KEPT]:
            del self.jobs[old]
        return job

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
            if job.state == "cancelled":
                continue
            if answer is not None:
                job.state = "failed" if "problems" in answer else "done"
                job.result = answer
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
