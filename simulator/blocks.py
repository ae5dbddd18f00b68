"""Blocks of replications, and the exact sums that are kept of them.

A block is a run of replications of one design that one worker simulates in one go. What
it sends back, a :class:`Tally`, holds whole numbers only: a few for each replication,
from which every interval is computed later, and totals over all cases. Tallies merge by
sorting and adding, so neither the size of the blocks nor who ran them nor the order in
which they came back can change a single bit of an answer.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios import AMPLE
from scenarios.plan import IntArray, Plan
from simulator.account import Account, account_row, columns
from simulator.engines import engine_for
from simulator.histograms import Histogram
from simulator.trace import Trace

MINUTE = 60
"""Ticks of one cell of a tally's histogram."""

COLUMNS = (
    "replication", "cases", "elapsed", "squares_high", "squares_low", "p50", "p90", "within",
)  # fmt: skip
"""What a tally holds of each replication, before two columns, held and waited, for each pool and
one, open, between them.

The elapsed ticks of all cases, added up, and their squares (``high * 2**32 + low``); the
median and the 90th percentile; how many cases took no longer than the limit. A pool's
people hold work for ``held`` ticks of its calendar, work waits ``waited`` for them, and the
pool's office is open for ``open`` from the first arrival to the last end."""

HALF = 2**32
_HEAD = struct.Struct("<4sIIIQ")
_MAGIC = b"lbT1"
_MOST = 2**31


class DamagedBlock(ValueError):  # noqa: N818 - said as the planner meets it
    """Bytes that are no tally."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """One redesign of a sweep, or today.

    Attributes
    ----------
    key : str
        For messages: ``jiaxing/reform``.
    plan : Plan
        What is simulated.
    limit : int
        Ticks of the counting calendar within which a case is on time.
    """

    key: str
    plan: Plan
    limit: int

    def pools(self) -> tuple[int, ...]:
        """Return the indices of the pools that can make anybody wait."""
        used = {number for desk in self.plan.desks for number in desk.pools}
        return tuple(
            number
            for number, pool in enumerate(self.plan.pools)
            if number in used and pool.capacity < AMPLE
        )

    @property
    def width(self) -> int:
        """Number of columns of the design's tallies."""
        return self.account_from + len(columns(self.plan))

    @property
    def account_from(self) -> int:
        """Column of the tallies at which the account of clocks and types begins."""
        return len(COLUMNS) + 3 * len(self.pools())


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What is kept of some replications of a design.

    Attributes
    ----------
    rows : array of shape (replications, columns)
        See :data:`COLUMNS`; in order of replication, each once.
    histogram : Histogram
        Elapsed working minutes of all cases.
    """

    rows: IntArray
    histogram: Histogram

    @property
    def replications(self) -> int:
        """How many replications it holds."""
        return len(self.rows)

    @property
    def cases(self) -> int:
        """Cases of all replications."""
        return int(self.rows[:, 1].sum())

    @property
    def elapsed(self) -> int:
        """Elapsed ticks of all cases, added up."""
        return int(sum(self.rows[:, 2].tolist()))

    @property
    def squares(self) -> int:
        """Squares of the elapsed ticks of all cases, added up; may pass 64 bits."""
        high, low = (int(sum(self.rows[:, place].tolist())) for place in (3, 4))
        return high * HALF + low

    def column(self, name: str) -> IntArray:
        """Return one of :data:`COLUMNS`."""
        return self.rows[:, COLUMNS.index(name)]

    def pool(self, place: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return held, open and waited ticks of the pool at a place of :meth:`Design.pools`."""
        first = len(COLUMNS) + 3 * place
        held, open_, waited = self.rows[:, first : first + 3].T
        return held, open_, waited

    def account(self, design: Design) -> Account:
        """Return the accounts of the design that was tallied."""
        return Account(columns(design.plan), self.rows[:, design.account_from :])

    def first(self, replications: int) -> Tally:
        """Return the rows of the replications below a number; the histogram stays whole."""
        return Tally(self.rows[self.rows[:, 0] < replications], self.histogram)

    def digest(self) -> str:
        """Return a fingerprint of every number; the same however it was computed."""
        state = hashlib.blake2b(digest_size=16)
        for part in (self.rows, self.histogram.cells, self.histogram.counts):
            state.update(np.asarray(part.shape, dtype="<i8").tobytes())
            state.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
        return state.hexdigest()

    def encoded(self) -> bytes:
        """Return the tally as bytes; the same tally gives the same bytes."""
        count, width = self.rows.shape
        head = _HEAD.pack(_MAGIC, count, width, len(self.histogram.cells), self.histogram.width)
        # columns rather than rows, and gaps rather than cells: they compress far better
        body = b"".join(
            np.ascontiguousarray(part, dtype="<i8").tobytes()
            for part in (
                self.rows.T,
                np.diff(self.histogram.cells, prepend=0),
                self.histogram.counts,
            )
        )
        return head + zlib.compress(body, 1)

    @classmethod
    def decoded(cls, data: bytes) -> Tally:
        """Return the tally of bytes.

        Raises
        ------
        DamagedBlock
            If these are not the bytes of a tally.
        """
        try:
            magic, count, width, cells, cell = _HEAD.unpack_from(data)
        except struct.error:
            raise DamagedBlock("too short") from None
        size = 8 * (count * width + 2 * cells)
        if magic != _MAGIC or not cell or size > _MOST:
            raise DamagedBlock("not the beginning of a block")
        unpacker = zlib.decompressobj()
        try:
            body = unpacker.decompress(data[_HEAD.size :], size + 1)
        except zlib.error as error:
            raise DamagedBlock(str(error)) from None
        if len(body) != size or not unpacker.eof or unpacker.unused_data:
            raise DamagedBlock("not of the length that it says")
        numbers = np.frombuffer(body, dtype="<i8").astype(np.int64)
        rows = numbers[: count * width].reshape(width, count).T.copy()
        gaps, counts = numbers[count * width :].reshape(2, cells)
        return cls(rows, Histogram(cell, np.cumsum(gaps), counts.copy()))


def merged(tallies: Iterable[Tally], width: int) -> Tally:
    """Return one tally of all, the same in whatever order they come.

    Parameters
    ----------
    tallies : iterable of Tally
        Of one design; no replication may occur twice.
    width : int
        Number of columns, for the case that there are none.

    Raises
    ------
    ValueError
        If a replication occurs twice.
    """
    parts = list(tallies)
    rows = np.concatenate([np.zeros((0, width), dtype=np.int64), *(part.rows for part in parts)])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    twice = np.flatnonzero(rows[1:, 0] == rows[:-1, 0])
    if twice.size:
        raise ValueError(f"replication {rows[twice[0], 0]} occurs twice")
    return Tally(rows, Histogram.merged((part.histogram for part in parts), MINUTE))


def tally_of(design: Design, traces: Sequence[tuple[int, Trace]]) -> Tally:
    """Return the tally of replications, each with its number."""
    counting = design.plan.calendars[0]
    pools = [
        (
            design.plan.calendars[design.plan.pools[number].calendar],
            [index for index, desk in enumerate(design.plan.desks) if number in desk.pools],
        )
        for number in design.pools()
    ]
    rows = np.zeros((len(traces), design.width), dtype=np.int64)
    elapsed = []
    for row, (number, trace) in zip(rows, traces, strict=True):
        ticks = np.sort(counting.worked_many(trace.arrival, trace.finish))
        count = len(ticks)
        squares = _squares(ticks)
        row[: len(COLUMNS)] = (
            number,
            count,
            int(ticks.sum()),
            squares // HALF,
            squares % HALF,
            ticks[_rank(count, 50)],
            ticks[_rank(count, 90)],
            int((ticks <= design.limit).sum()),
        )
        elapsed.append(ticks)
        span = int(trace.arrival.min()), int(trace.finish.max())
        for place, (keeps, desks) in enumerate(pools):
            row[len(COLUMNS) + 3 * place : len(COLUMNS) + 3 * place + 3] = (
                _worked(keeps, trace.start[:, desks], trace.end[:, desks]),
                keeps.worked(*span),
                _worked(keeps, trace.ready[:, desks], trace.start[:, desks]),
            )
        row[design.account_from :] = account_row(design.plan, trace)
    ticks = np.concatenate(elapsed) if elapsed else np.zeros(0, dtype=np.int64)
    return Tally(rows, Histogram.of(ticks, MINUTE))


def run_block(design: Design, seed: int, first: int, count: int, engine: str = "auto") -> Tally:
    """Simulate replications ``first`` to ``first + count - 1`` of a design.

    ``engine`` is what is asked of :func:`simulator.engines.engine_for`; every engine gives
    the same tally.
    """
    simulate_replication = engine_for(design.plan, count, engine).replication
    # each trace is dropped once it is tallied, so memory does not grow with the block
    return merged(
        (
            tally_of(design, [(number, simulate_replication(design.plan, seed, number))])
            for number in range(first, first + count)
        ),
        design.width,
    )


def _rank(count: int, percent: int) -> int:
    """Return the index of a percentile among so many sorted values."""
    return max(0, -(-count * percent // 100) - 1)


def _worked(keeps: Calendar, begin: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    return int(keeps.worked_many(begin.ravel(), end.ravel()).sum())


def _squares(ticks: IntArray) -> int:
    """Return the sum of squares, exactly."""
    if not ticks.size:
        return 0
    most = int(ticks[-1])
    if most * most * len(ticks) < 2**63:
        return int(np.dot(ticks, ticks))
    return sum(each * each for each in ticks.tolist())
