"""When replications are enough: as many as asked for, or until the mean is known well enough.

Source: K. Hoad, S. Robinson and R. Davies, "Automated selection of the number of replications
for a discrete-event simulation", Journal of the Operational Research Society 61 (2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, Plan
from simulator.statistics import mean_interval
from simulator.trace import Outcome, Trace

LOOK_AHEAD = 5
"""Replications for which a precision must last before it is believed."""

MOST = 10_000
"""Replications after which a precision is given up."""


class Enough:
    """Watches replications as they come, in order.

    Parameters
    ----------
    least : int
        Replications that there must be.
    precision : float or None
        Part of the mean that its 95 % interval may reach to either side; None: ``least``
        replications are enough.
    most : int
        Replications after which a precision is given up.
    """

    def __init__(self, least: int, precision: float | None, most: int = MOST) -> None:
        self.least, self.precision, self.most = least, precision, most
        self.number = 0
        self._means: list[float] = []
        self._kept_since = 0

    def add(self, elapsed: int, cases: int) -> None:
        """Take note of the next replication: elapsed ticks of its finished cases, added up."""
        self.number += 1
        if self.precision is None:
            return
        if cases:
            self._means.append(elapsed / cases)
        self._kept_since = self._kept_since + 1 if self._is_precise(self.precision) else 0

    def reached(self) -> bool:
        """Whether no further replication is needed."""
        if self.number < self.least:
            return False
        return self.precision is None or self._kept_since > LOOK_AHEAD or self.number >= self.most

    def _is_precise(self, precision: float) -> bool:
        interval = mean_interval(self._means, 0.95)
        if interval.low is None or interval.high is None:
            return False
        reach = max(interval.high - interval.estimate, interval.estimate - interval.low)
        return reach <= precision * abs(interval.estimate)


class Taken(NamedTuple):
    """How long each case of a replication took; arrays (cases,).

    Only a finished case has taken a time: one that was refused, withdrew or was turned away
    left early, and one in process is not done.

    Attributes
    ----------
    ticks : array
        Working ticks of the counting calendar from arrival to the end, or to the run's end.
    finished, in_process : array
        Which cases are finished, and which are still there.
    """

    ticks: IntArray
    finished: NDArray[np.bool_]
    in_process: NDArray[np.bool_]


def taken_of(plan: Plan, trace: Trace) -> Taken:
    """Return how long each case took; every elapsed time that is told comes from here."""
    ticks = plan.calendars[0].worked_many(trace.arrival, trace.finish)
    outcomes = trace.outcomes()
    return Taken(ticks, outcomes == Outcome.FINISHED, outcomes == Outcome.IN_PROCESS)


def elapsed_of(
    plan: Plan, trace: Trace, limit: int, types: Sequence[int] | None = None
) -> tuple[IntArray, int]:
    """Return the elapsed ticks of finished cases, rising, and of how many the limit is decided.

    It is of the finished ones and of those in process for longer than the limit. ``types``
    leaves out cases of other types.
    """
    ticks, done, there = taken_of(plan, trace)
    late = there & (ticks > limit)
    if types is not None:
        asked = np.isin(trace.types_of(), types)
        done, late = done & asked, late & asked
    return np.sort(ticks[done]), int(done.sum() + late.sum())
