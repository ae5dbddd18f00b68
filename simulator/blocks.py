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

from scenarios import AMPLE
from scenarios.plan import IntArray, Plan
from simulator.account import Account, columns
from simulator.draws import calendars_of
from simulator.engines import engine_for
from simulator.histograms import Histogram
from simulator.precision import MOST, Enough
from simulator.tally_rows import HALF, Row
from simulator.trace import Trace
from simulator.usage import Usage

MINUTE = 60
"""Ticks of one cell of a tally's histogram."""

COLUMNS = (
    "replication", "cases", "elapsed", "squares_high", "squares_low", "p50", "p90", "within",
    "judged", "counted", "counted_p50", "counted_p90",
    "touch", "queue", "dwell", "applicant", "notice", "stopped", "in_steps",
    "refused", "withdrawn", "turned_away", "in_process",
)  # fmt: skip
"""What a tally holds of each replication, before two numbers for each step and some for each
pool.

``cases`` are those that were finished: their elapsed ticks, added up, and the squares
(``high * 2**32 + low``); median and 90th percentile; how many took no longer than the limit,
of those ``judged``: finished, or already longer than the limit in process. Then the same of
the counted clock, the parts of the time added up over the steps of finished cases, and the
time in which they were in a step (see :class:`simulator.clocks.Clocks`). Last, how many left
otherwise or are still there."""

BY_STEP = ("critical", "finished", "waited")
"""In how many finished cases a step was critical, how many there were of its type, and for how
many ticks of the counting calendar they queued in it."""

BY_POOL = Usage._fields
"""See :class:`simulator.usage.Usage`."""

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
        return len(COLUMNS) + len(BY_STEP) * self.steps + len(BY_POOL) * len(self.pools())

    @property
    def steps(self) -> int:
        """Number of steps of the plan."""
        return len(self.plan.steps)


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

    def step(self, place: int, name: str) -> IntArray:
        """Return one of :data:`BY_STEP` of a step of the plan."""
        return self.rows[:, len(COLUMNS) + len(BY_STEP) * place + BY_STEP.index(name)]

    def usage(self, design: Design, place: int) -> tuple[Usage, ...]:
        """Return of each replication how the pool at a place of :meth:`Design.pools` fared."""
        first = len(COLUMNS) + len(BY_STEP) * design.steps + len(BY_POOL) * place
        return tuple(Usage(*row) for row in self.rows[:, first : first + len(BY_POOL)].tolist())

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


def tally_of(design: Design, traces: Sequence[tuple[int, Trace]], seed: int | None = None) -> Tally:
    """Return the tally of replications, each with its number.

    Parameters
    ----------
    seed : int, optional
        With it absence and outages are known to who asks which steps were critical.
    """
    rows = np.zeros((len(traces), design.width), dtype=np.int64)
    histograms = []
    for row, (number, trace) in zip(rows, traces, strict=True):
        row[:], histogram = _row(design, number, (trace,), seed)
        histograms.append(histogram)
    return Tally(rows, Histogram.merged(histograms, MINUTE))


def _row(
    design: Design, number: int, parts: Iterable[Trace], seed: int | None
) -> tuple[IntArray, Histogram]:
    """Return what is kept of one replication that comes in parts of its cases."""
    plan = design.plan
    known = seed is not None and plan.interruptions
    calendars = calendars_of(plan, seed or 0, number) if known else plan.calendars
    row = Row(design, calendars)
    histogram: Histogram | None = None
    for part in parts:
        mine = Histogram.of(row.add(part), MINUTE)
        histogram = mine if histogram is None else Histogram.merged((histogram, mine), MINUTE)
    return row.numbers(number), histogram or Histogram.merged((), MINUTE)


def run_until_precise(
    design: Design, seed: int, least: int, precision: float, most: int = MOST, engine: str = "auto"
) -> Tally:
    """Simulate replications until the mean elapsed time is known to a part of it.

    The same replications as :func:`simulator.simulate` with this precision, without
    keeping them; see :class:`simulator.precision.Enough`.
    """
    enough = Enough(least, precision, most)
    tallies: list[Tally] = []
    while not enough.reached():
        tallies.append(run_block(design, seed, len(tallies), 1, engine))
        enough.add(tallies[-1].elapsed, tallies[-1].cases)
    return merged(tallies, design.width)


def run_block(design: Design, seed: int, first: int, count: int, engine: str = "auto") -> Tally:
    """Simulate replications ``first`` to ``first + count - 1`` of a design.

    ``engine`` is what is asked of :func:`simulator.engines.engine_for`; every engine gives
    the same tally.
    """
    chosen = engine_for(design.plan, count, engine)
    rows = np.zeros((count, design.width), dtype=np.int64)
    histograms = []
    # cases are dropped once they are tallied, so memory does not grow with the block
    for place in range(count):
        number = first + place
        rows[place], histogram = _row(design, number, chosen.parts(design.plan, seed, number), seed)
        histograms.append(histogram)
    return Tally(rows, Histogram.merged(histograms, MINUTE))
