"""A sweep: designs times replications, block by block, by any crew, into a store.

The driver looks up what the store lacks, hands it out in blocks of a second or two of
work, and writes down every block as it comes back. Stopping it at any moment, in any way,
therefore costs the blocks under way and nothing else; the same sweep started again goes
on where it was.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.blocks import MINUTE, DamagedBlock, Design, Tally, run_block
from simulator.design_bytes import engine_version, fingerprint, packed
from simulator.engines import Engine, engine_for
from simulator.histograms import Histogram
from simulator.sweep_store import Header, StoreDamaged, StoredBlock, SweepStore
from simulator.workers import Answer, Block, Crew, Death, Failure, Stray, Task

TARGET = 1.5
"""Seconds of work that a block is made for."""

DEATHS = 3
"""Workers that a block may cost before it is left out."""

_MOST = 5_000
_TICK = 0.1


class BlocksDropped(RuntimeError):  # noqa: N818 - said as the planner meets it
    """Blocks that ended their worker again and again; all others are kept.

    Attributes
    ----------
    keys : tuple of str
        The blocks: ``jiaxing/reform 40-59``.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = tuple(keys)
        named = ", ".join(self.keys[:3]) + (" ..." if len(self.keys) > 3 else "")
        super().__init__(
            f"{DEATHS} workers died over each of these blocks of replications, perhaps for want "
            f"of memory; all others are kept: {named}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What is to be simulated.

    Attributes
    ----------
    designs : tuple of Design
        The first is what the others are compared with.
    replications : int
        Of each design.
    seed : int
        The same for all, so that they share their luck.
    engine : str
        ``auto``, ``simpy`` or ``fast``; no answer depends on it, so stores do not know it.
    """

    designs: tuple[Design, ...]
    replications: int
    seed: int
    engine: str = "auto"

    def engines(self) -> tuple[Engine, ...]:
        """Return which engine simulates each design, judged by all that the sweep has to do."""
        plans = [design.plan for design in self.designs]
        visits = [max(1, plan.cases * len(plan.desks)) for plan in plans]
        # compiled code that is loaded for one design is there for all
        alone = self.replications * sum(visits)
        return tuple(
            engine_for(plan, -(-alone // each), self.engine)
            for plan, each in zip(plans, visits, strict=True)
        )

    def header(self, engine: str | None = None) -> Header:
        """Return what a store of this sweep must say."""
        first = self.designs[0]
        return Header(first.key, fingerprint(first), self.seed, engine or engine_version())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    done, total : int
        Replications of all designs.
    kept : int
        Of those done, how many were in the store before.
    cases : int
        Cases simulated now.
    seconds : float
        Time that took.
    key : str
        The design that ``p90`` and ``half`` are of; empty before the first block.
    p90, half : float
        Mean over replications of the 90th percentile of elapsed working days, and half the
        width of its 95 % interval (nan below five).
    """

    done: int
    total: int
    kept: int
    cases: int = 0
    seconds: float = 0.0
    key: str = ""
    p90: float = math.nan
    half: float = math.nan

    @property
    def left(self) -> float:
        """Seconds still to go, judging by those that passed."""
        fresh = self.done - self.kept
        return self.seconds / fresh * (self.total - self.done) if fresh else math.nan


def run_sweep(
    sweep: Sweep,
    store: SweepStore,
    crew: Crew,
    *,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Progress], None] = lambda _: None,
    size: int | None = None,
) -> bool:
    """Simulate what the store lacks of a sweep.

    Parameters
    ----------
    sweep : Sweep
        What is to be simulated.
    store : SweepStore
        Where blocks are kept; opened with the header of the sweep.
    crew : Crew
        Who simulates; closed when this returns.
    stop : callable
        Asked ten times a second whether to stop early.
    tell : callable
        Told how far the sweep is.
    size : int, optional
        Replications of a block; by default some :data:`TARGET` seconds of work.

    Returns
    -------
    bool
        Whether the sweep is complete.

    Raises
    ------
    BlocksDropped
        When some blocks ended their workers; all others are kept.
    StoreError
        When blocks cannot be kept; all that were are safe.
    """
    try:
        return _Driver(sweep, store, crew, size).run(stop, tell)
    finally:
        crew.close()


def tally_of_design(sweep: Sweep, store: SweepStore, design: Design) -> Tally:
    """Return the tally of a complete design, read block by block.

    Raises
    ------
    StoreDamaged
        When replications are missing that the store had.
    """
    rows = np.zeros((sweep.replications, design.width), dtype=np.int64)
    histogram = Histogram.merged((), MINUTE)
    waiting: list[Histogram] = []
    filled = 0
    for stored in store.blocks(fingerprint(design)):
        if stored.first >= sweep.replications:
            break
        tally = _decoded(stored)
        if stored.first + stored.size > sweep.replications:
            # kept for a longer sweep: a histogram cannot be cut, so the piece is done again
            piece = sweep.replications - stored.first
            tally = run_block(design, sweep.seed, stored.first, piece, sweep.engine)
        if stored.first != filled:
            break
        rows[filled : filled + tally.replications] = tally.rows
        filled += tally.replications
        waiting.append(tally.histogram)
        if len(waiting) > 50:
            histogram, waiting = Histogram.merged((histogram, *waiting), MINUTE), []
    if filled != sweep.replications:
        raise StoreDamaged(
            f"{store.path or 'temporary store'}: {design.key}: replication {filled} is missing"
        )
    return Tally(rows, Histogram.merged((histogram, *waiting), MINUTE))


class _Driver:
    """The state of a sweep under way."""

    def __init__(self, sweep: Sweep, store: SweepStore, crew: Crew, size: int | None) -> None:
        self.sweep, self.store, self.crew = sweep, store, crew
        self.size = size
        self.marks = [fingerprint(design) for design in sweep.designs]
        self.packed = [packed(design) for design in sweep.designs]
        self.engines = [engine.name for engine in sweep.engines()]
        self.missing = [deque(_gaps(store.done(mark), sweep.replications)) for mark in self.marks]
        for number, mark in enumerate(self.marks):
            if mark in self.marks[:number]:  # simulated once however often it occurs
                self.missing[number].clear()
        self.lacking = sum(_length(gaps) for gaps in self.missing)
        self.total = len(set(self.marks)) * sweep.replications
        self.kept = self.total - self.lacking
        self.again: deque[Block] = deque()
        self.out: set[Block] = set()
        self.deaths: Counter[Block] = Counter()
        self.dropped: list[Block] = []
        # of each design: seconds of a replication, and its P90s: how many, sum, sum of squares
        self.pace: list[float | None] = [None] * len(sweep.designs)
        self.moments = [(0, 0, 0)] * len(sweep.designs)
        self.cases = self.fresh = 0

    def run(self, stop: Callable[[], bool], tell: Callable[[Progress], None]) -> bool:
        """Hand out and take in until all is done or ``stop`` says so."""
        began = time.monotonic()
        tell(self._progress(began, None))
        while True:
            stopping = stop()
            while not stopping and self.crew.room() > 0 and (block := self._next()):
                number = block.design
                task = Task(block, self.packed[number], self.sweep.seed, self.engines[number])
                self.out.add(block)
                self.crew.give(task)
            # a cluster may have no room for a while, and nothing under way
            if not self.out and (stopping or not self._is_left()):
                break
            latest = self._take(0 if stopping else _TICK)
            if latest is not None:
                tell(self._progress(began, latest))
            if stopping:
                break
        if self.dropped:
            raise BlocksDropped([self._called(block) for block in self.dropped])
        return self.fresh == self.lacking

    def _take(self, seconds: float) -> int | None:
        """Keep what has come back; return the number of the latest design."""
        answers: list[Answer] = []
        failures: list[Failure] = []
        for news in self.crew.take(seconds):
            if news.block not in self.out:
                continue
            self.out.discard(news.block)
            if isinstance(news, Answer):
                answers.append(news)
            elif isinstance(news, Failure):
                failures.append(news)
            elif isinstance(news, Stray):
                self.again.append(news.block)
            elif isinstance(news, Death):
                self._mourn(news.block)
        tallies = [Tally.decoded(answer.data) for answer in answers]
        self.store.keep(
            [
                StoredBlock(
                    self.marks[answer.block.design],
                    answer.block.first,
                    answer.block.size,
                    self.sweep.designs[answer.block.design].key,
                    answer.data,
                )
                for answer in answers
            ]
        )
        for answer, tally in zip(answers, tallies, strict=True):
            self._note(answer, tally)
        if failures:
            raise failures[0].error
        return answers[-1].block.design if answers else None

    def _mourn(self, block: Block) -> None:
        self.deaths[block] += 1
        if self.deaths[block] < DEATHS:
            self.again.append(block)
        else:
            self.dropped.append(block)

    def _note(self, answer: Answer, tally: Tally) -> None:
        number, _, count = answer.block
        self.fresh += count
        self.cases += tally.cases
        self.pace[number] = answer.seconds / count
        n, first, second = self.moments[number]
        values = tally.column("p90").tolist()
        self.moments[number] = (
            n + count,
            first + sum(values),
            second + sum(value * value for value in values),
        )

    def _next(self) -> Block | None:
        """Return a block to be done: one that came back, else of the design that is behind."""
        if self.again:
            return self.again.popleft()
        behind = [number for number, gaps in enumerate(self.missing) if gaps]
        if not behind:
            return None
        number = min(behind, key=lambda each: (self.missing[each][0][0], each))
        gaps = self.missing[number]
        first, end = gaps.popleft()
        count = min(end - first, self._size(number))
        if first + count < end:
            gaps.appendleft((first + count, end))
        return Block(number, first, count)

    def _is_left(self) -> bool:
        return bool(self.again) or any(self.missing)

    def _size(self, number: int) -> int:
        """Return how many replications make a block, so that workers end together, too."""
        if self.size is not None:
            return self.size
        known = [pace for pace in self.pace if pace is not None]
        pace = self.pace[number]
        if pace is None:
            pace = max(known, default=TARGET)
        left = sum(_length(gaps) for gaps in self.missing)
        fair = -(-left // (2 * max(1, self.crew.size)))
        best = int(TARGET / max(pace, 1e-9))
        return max(1, min(_MOST, best, max(fair, best // 8)))

    def _progress(self, began: float, number: int | None) -> Progress:
        done = self.kept + self.fresh
        seconds = time.monotonic() - began
        if number is None:
            return Progress(done, self.total, self.kept)
        design = self.sweep.designs[number]
        day = design.plan.day_ticks
        n, first, second = self.moments[number]
        half = math.nan
        if n >= 5:
            half = 1.96 * math.sqrt(max(0, n * second - first * first) / (n * n * (n - 1))) / day
        key, p90 = design.key, first / n / day
        return Progress(done, self.total, self.kept, self.cases, seconds, key, p90, half)

    def _called(self, block: Block) -> str:
        last = block.first + block.size - 1
        return f"{self.sweep.designs[block.design].key} {block.first}-{last}"


def _gaps(done: Sequence[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Yield what is missing between blocks, from a replication up to another."""
    at = 0
    for first, count in done:
        if first >= end:
            break
        if at < first:
            yield at, first
        at = first + count
    if at < end:
        yield at, end


def _length(gaps: Sequence[tuple[int, int]]) -> int:
    return sum(end - first for first, end in gaps)


def _decoded(stored: StoredBlock) -> Tally:
    try:
        return Tally.decoded(stored.data)
    except DamagedBlock as error:
        raise StoreDamaged(f"{stored.name} {stored.first}: {error}") from None
