"""Workers: processes on this machine that simulate blocks, each on a pipe of its own.

Every worker is started, spoken to and replaced by itself, so the death of one costs its
block alone and tells for certain which block it was. (A ``concurrent.futures`` pool dies
whole: 40 of 200 results when one of its processes was killed, and no word which task did
it.) Workers end with the process that started them, however that ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import ModuleType
from typing import NamedTuple, Protocol

from simulator.blocks import run_block
from simulator.design_bytes import unpacked
from simulator.engines import engine_for


class Block(NamedTuple):
    """Which replications: the number of the design in its sweep, the first, how many."""

    design: int
    first: int
    size: int


class Task(NamedTuple):
    """A block to be simulated; the design as :func:`simulator.design_bytes.packed` gives it.

    The engine was chosen for the whole sweep, because a block alone may look too small for
    the compiled one. A worker that lacks it takes the other, which gives the same.
    """

    block: Block
    design: bytes
    seed: int
    engine: str = "auto"
    whole: bool = False
    """Whether the traces are wanted, rather than the tally of them."""


class Answer(NamedTuple):
    """A block's encoded tally or pickled traces, and the processor seconds that it took."""

    block: Block
    data: bytes
    seconds: float


class Death(NamedTuple):
    """The worker that simulated the block is gone."""

    block: Block


class Stray(NamedTuple):
    """The block came back undone through no fault of its own, and must be given again."""

    block: Block


class Failure(NamedTuple):
    """The block cannot be simulated: whoever tries meets this error."""

    block: Block
    error: Exception


News = Answer | Death | Stray | Failure


class Crew(Protocol):
    """Whoever simulates blocks: this process, its workers, a cluster."""

    @property
    def size(self) -> int:
        """How many blocks are simulated at once."""

    def room(self) -> int:
        """Return how many more blocks may be given now."""

    def give(self, task: Task) -> None:
        """Hand out a block."""

    def take(self, seconds: float) -> list[News]:
        """Return what has come back; wait so long for the first."""

    def close(self) -> None:
        """Let everybody go; blocks that are being simulated are given up."""


class WorkersDoNotStart(RuntimeError):  # noqa: N818 - said as the planner meets it
    """Worker processes end before they begin."""


def work(task: Task) -> News:
    """Simulate a block; the one thing that workers of every kind do."""
    began = time.thread_time()
    try:
        data = _traces(task) if task.whole else _tally(task)
    except MemoryError:
        raise
    except Exception as error:
        return Failure(task.block, error)
    return Answer(task.block, data, time.thread_time() - began)


def _tally(task: Task) -> bytes:
    _, first, size = task.block
    return run_block(unpacked(task.design), task.seed, first, size, task.engine).encoded()


def _traces(task: Task) -> bytes:
    plan, (_, first, size) = unpacked(task.design).plan, task.block
    replication = engine_for(plan, size, task.engine).replication
    traces = [replication(plan, task.seed, number) for number in range(first, first + size)]
    return pickle.dumps(traces, protocol=5)


class Here:
    """The process itself, for sweeps that end before workers would have started."""

    size = 1

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def room(self) -> int:
        """Return 1 unless a block waits."""
        return 1 - len(self._tasks)

    def give(self, task: Task) -> None:
        """Keep a block for :meth:`take`."""
        self._tasks.append(task)

    def take(self, seconds: float) -> list[News]:
        """Simulate what waits."""
        tasks, self._tasks = self._tasks, []
        return [work(task) for task in tasks]

    def close(self) -> None:
        """Forget what waits."""
        self._tasks.clear()


class Workers:
    """Processes on this machine, started when there is something to do.

    Parameters
    ----------
    size : int
        Most processes at once.
    """

    _FALSE_STARTS = 3

    def __init__(self, size: int) -> None:
        self.size = size
        self._workers: list[_Worker] = []
        self._false_starts = 0

    def room(self) -> int:
        """Return how many workers have nothing to do or are not started yet."""
        return self.size - sum(worker.block is not None for worker in self._workers)

    def give(self, task: Task) -> None:
        """Hand a block to a worker without one, or to a new worker."""
        for worker in [each for each in self._workers if each.block is None]:
            if worker.give(task):
                return
            self._dismiss(worker)
        worker = _Worker()
        self._workers.append(worker)
        worker.give(task)

    def take(self, seconds: float) -> list[News]:
        """Return what workers sent, and of whom no more will be heard."""
        busy = [worker for worker in self._workers if worker.block is not None]
        channels = {worker.pipe: worker for worker in busy}
        news: list[News] = []
        for channel in connection.wait(list(channels), seconds):
            worker = channels[channel]  # type: ignore[index]  # only pipes are waited for
            block, found = worker.block, worker.hear()
            if found is None and block is not None:
                # gone: its end of the pipe is closed
                self._dismiss(worker)
                self._false_starts = 0 if worker.ready else self._false_starts + 1
                if self._false_starts >= self._FALSE_STARTS:
                    raise WorkersDoNotStart(
                        "worker processes end before they begin; try --workers 1"
                    )
                news.append(Death(block) if worker.ready else Stray(block))
            elif isinstance(found, Answer | Failure):
                news.append(found)
        return news

    def close(self) -> None:
        """End every worker, within a second."""
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + 1
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            self._bury(worker)
        self._workers.clear()

    def pids(self) -> list[int]:
        """Return the process numbers of the workers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._bury(worker)

    @staticmethod
    def _bury(worker: _Worker) -> None:
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join()
        worker.process.close()


class _Worker:
    """One process, what it does, and whether it has come to life."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.block: Block | None = None
        self.ready = False
        with _interrupts_held(), _script_hidden():
            self.process.start()
        # ours closed, the pipe ends when the worker does
        theirs.close()

    def give(self, task: Task) -> bool:
        """Hand over a block; False when the worker is gone."""
        self.block = task.block
        try:
            self.pipe.send(task)
        except OSError:
            # one that has just been started is noticed by take()
            if not self.ready:
                return True
            self.block = None
            return False
        return True

    def hear(self) -> News | str | None:
        """Return what it says; None when it is gone."""
        try:
            found: News | str = self.pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(found, str):
            self.ready = True
        else:
            self.block = None
        return found


def _serve(pipe: Connection) -> None:
    """Be a worker until the pipe or the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        pipe.send("ready")
        while True:
            try:
                news = work(pipe.recv())
            except MemoryError:
                os._exit(1)  # as if the system had ended it: a fresh worker may have more room
            try:
                pipe.send(news)
            except (TypeError, AttributeError, ValueError) as unsendable:
                pipe.send(Failure(news.block, RuntimeError(f"{news!r}: {unsendable}")))


def _leave_with_parent() -> None:
    """End at once when the process that started this one is gone, even by ``kill -9``."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Let a process be started without running the program's main script once more.

    Python would do so for classes that a script defines. A script that simulates without
    asking whether it is the main program would then do so in every worker.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a process be started deaf to Ctrl-C, which would end it before it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # started first, because starting it clears the mask
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
