"""The row that a tally keeps of one replication, added up over parts of its cases.

Whoever simulates by parts never has all cases in memory, so whatever needs them all
together, such as a median, is kept as exact counts of how often each number occurs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.plan import IntArray, Plan
from simulator.account import account_row
from simulator.clocks import clocks, of_the_case
from simulator.criticality import critical_counts
from simulator.histograms import Histogram
from simulator.precision import elapsed_of
from simulator.stays import Stays, stays_of
from simulator.trace import Outcome, Trace
from simulator.usage import Visits
from simulator.watching import Ledger

if TYPE_CHECKING:
    from simulator.blocks import Design

HALF = 2**32

PARTS = ("touch", "queue", "dwell", "applicant", "notice", "stopped")
"""Columns that say where the time of finished cases went."""


class Values:
    """Whole numbers of which it is only kept how often each occurs."""

    def __init__(self) -> None:
        self._rising: IntArray | None = None
        self._counts: Histogram | None = None

    def add(self, rising: IntArray) -> None:
        """Take note of rising numbers, none negative."""
        if self._counts is None and self._rising is None:
            self._rising = rising  # the first are all, mostly
            return
        if self._rising is not None:
            self._counts, self._rising = Histogram.of(self._rising, 1), None
        known = () if self._counts is None else (self._counts,)
        self._counts = Histogram.merged((*known, Histogram.of(rising, 1)), 1)

    def percentile(self, percent: int) -> int:
        """Return the smallest number that so many per cent do not exceed; 0 of none."""
        if self._counts is None:
            return 0 if self._rising is None else percentile(self._rising, percent)
        number = self._counts.total
        if not number:
            return 0
        upto = np.cumsum(self._counts.counts)
        return int(self._counts.cells[np.searchsorted(upto, _rank(number, percent), side="right")])


class Row:
    """The sums of one replication.

    Parameters
    ----------
    design : Design
        What is simulated.
    calendars : tuple of Calendar
        Those of the replication, with absence and outages where they are known.
    """

    def __init__(self, design: Design, calendars: tuple[Calendar, ...]) -> None:
        self.design, self.calendars = design, calendars
        self._elapsed, self._counted = Values(), Values()
        self._squares = 0
        self._case = np.zeros(5 + len(PARTS) + 1 + 4, dtype=np.int64)
        self._steps = np.zeros((design.steps, 3), dtype=np.int64)
        self._people = Ledger(design.plan)
        self._account = np.zeros(design.width - design.account_from, dtype=np.int64)

    def add(self, trace: Trace) -> IntArray:
        """Add some cases up, or all; return the elapsed ticks of those that finished, rising."""
        plan = self.design.plan
        ticks, judged = elapsed_of(plan, trace, self.design.limit)
        done = trace.outcomes() == Outcome.FINISHED
        visits = Visits(plan, trace)
        stays = of_the_case(plan, stays_of(plan, trace, visits))
        found = clocks(plan, trace, stays)
        counted = np.sort(found.counted[done])
        outcomes = np.bincount(trace.outcomes(), minlength=len(Outcome))
        self._case += [
            len(ticks),
            int(ticks.sum()),
            int((ticks <= self.design.limit).sum()),
            judged,
            int(counted.sum()),
            *(int(getattr(found, part)[done].sum()) for part in (*PARTS, "in_steps")),
            *outcomes[[Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.TURNED_AWAY]],
            outcomes[Outcome.IN_PROCESS],
        ]
        self._squares += _squares(ticks)
        self._elapsed.add(ticks)
        self._counted.add(counted)
        self._people.add(trace, visits)
        often, of = critical_counts(plan, trace, self.calendars)
        self._steps += np.column_stack([often, of, _waited(plan, stays, done)])
        self._account += account_row(plan, trace, visits, found)
        return ticks

    def numbers(self, replication: int) -> IntArray:
        """Return the row; see :data:`simulator.blocks.COLUMNS`."""
        cases, elapsed, within, judged, counted, *rest = self._case.tolist()
        usage = self._people.usage()
        return np.array(
            [
                replication,
                cases,
                elapsed,
                self._squares // HALF,
                self._squares % HALF,
                self._elapsed.percentile(50),
                self._elapsed.percentile(90),
                within,
                judged,
                counted,
                self._counted.percentile(50),
                self._counted.percentile(90),
                *rest,
                *self._steps.ravel().tolist(),
                *(value for pool in self.design.pools() for value in usage[pool]),
                *self._account.tolist(),
            ],
            dtype=np.int64,
        )


def percentile(ticks: IntArray, percent: int) -> int:
    """Return the smallest of rising values that so many per cent do not exceed; 0 of none."""
    return int(ticks[_rank(len(ticks), percent)]) if len(ticks) else 0


def _rank(count: int, percent: int) -> int:
    """Return the index of a percentile among so many sorted values."""
    return max(0, -(-count * percent // 100) - 1)


def _waited(plan: Plan, stays: Stays, done: NDArray[np.bool_]) -> IntArray:
    """Return of each step for how long cases that are done queued in it."""
    desk, queued = stays.rows[:, 1], np.where(done[stays.rows[:, 0]], stays.queued, 0)
    ticks = np.bincount(desk, queued, minlength=len(plan.desks)).astype(np.int64)
    return np.array([sum(ticks[index] for index in step.desks) for step in plan.steps], np.int64)


def _squares(ticks: IntArray) -> int:
    """Return the sum of squares of rising numbers, exactly."""
    if not ticks.size:
        return 0
    most = int(ticks[-1])
    if most * most * len(ticks) < 2**63:
        return int(np.dot(ticks, ticks))
    return sum(each * each for each in ticks.tolist())
