"""Which steps of which cases kept their limits, and at which desks the lights came on.

The same as :func:`simulator.clocks.step_clocks` and :func:`simulator.clocks.late` say of each step
for itself, for all steps of a replication at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, Plan
from simulator.clocks import clock_runs, late
from simulator.stays import up_to_consent
from simulator.trace import Outcome, Trace
from simulator.usage import Visits

BoolArray = NDArray[np.bool_]


class StepLimits:
    """The counted clocks of all steps of a replication.

    Attributes
    ----------
    decided : array of shape (cases, steps)
        Whether a case was finished and had been at the step.
    """

    def __init__(self, plan: Plan, trace: Trace, visits: Visits) -> None:
        self._plan, self._trace, self._visits = plan, trace, visits
        self._shape = len(trace.arrival), len(plan.steps)
        rows = up_to_consent(plan, trace, visits.rows)
        step = np.array([desk.step for desk in plan.desks], dtype=np.int64)[rows[:, 1]]
        of = np.array([each.of for each in plan.steps], dtype=np.int64)
        done = trace.outcomes() == Outcome.FINISHED
        mine = done[rows[:, 0]] & (trace.types_of()[rows[:, 0]] == of[step])
        place = rows[:, 0] * len(plan.steps) + step
        size = self._shape[0] * self._shape[1]
        self.decided = (np.bincount(place[mine], minlength=size) > 0).reshape(self._shape)
        self._at = np.flatnonzero(mine & clock_runs(plan, rows))
        self._rows, self._place = rows, place[self._at]
        self._ticks_in: dict[int, IntArray] = {}

    def counted(self, calendar: int) -> IntArray:
        """Return for how many ticks of a calendar each step's clock ran; array (cases, steps)."""
        size = self._shape[0] * self._shape[1]
        # sums stay below 2**53, where floats are whole
        sums = np.bincount(self._place, self._ticks(calendar), minlength=size)
        return sums.astype(np.int64).reshape(self._shape)

    def passed_at(
        self, steps: Sequence[int], limits: IntArray, calendar: int, *, promised: bool
    ) -> IntArray:
        """Return how many cases passed the limits of steps at each desk.

        Parameters
        ----------
        steps : sequence of int
            Which.
        limits : array of shape (cases, steps)
            Ticks after which a limit is over; for the other steps they do not matter.
        calendar : int
            Index of the calendar in which they count.
        promised : bool
            Whether that is the promises' calendar.
        """
        plan = self._plan
        found = np.zeros(len(plan.desks), dtype=np.int64)
        plain = [step for step in steps if not plan.steps[step].beside]
        asked = np.zeros(self._shape[1], dtype=np.bool_)
        asked[plain] = True
        over = self.decided & asked & (self.counted(calendar) > limits)
        if over.any():
            found += self._where(over.ravel(), limits.ravel(), calendar)
        for step in set(steps) - set(plain):
            found += self._one_by_one(step, limits[:, step], promised)
        return found

    def _where(self, over: BoolArray, limits: IntArray, calendar: int) -> IntArray:
        """Return at which desks places passed their limits that are known to have done so."""
        chosen = np.flatnonzero(over[self._place])
        rows, place = self._rows[self._at[chosen]], self._place[chosen]
        # as they came and, at one instant, by desk and visit
        order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 4], rows[:, 3], place))
        desk, place = rows[order, 1], place[order]
        used = np.cumsum(self._ticks(calendar)[chosen][order])
        first = np.flatnonzero(np.diff(place, prepend=-1))
        number = np.diff(first, append=len(place))
        before = np.concatenate([[0], used])[first]
        passed = np.flatnonzero(used - np.repeat(before, number) > limits[place])
        at = passed[np.flatnonzero(np.diff(place[passed], prepend=-1))]
        return np.bincount(desk[at], minlength=len(self._plan.desks)).astype(np.int64)

    def _one_by_one(self, step: int, limits: IntArray, promised: bool) -> IntArray:
        """Return the same for a step in which several offices are asked side by side."""
        found = np.zeros(len(self._plan.desks), dtype=np.int64)
        visits = self._visits.ordered()
        for limit in np.unique(limits).tolist():
            for each in late(
                self._plan, self._trace, step, limit, promised=promised, visits=visits
            ):
                found[each.desk] += limits[each.case] == limit
        return found

    def _ticks(self, calendar: int) -> IntArray:
        """Return the ticks of each visit that counts."""
        if calendar not in self._ticks_in:
            if self._rows is self._visits.rows:
                ready, _, end = self._visits.open(calendar)
                ticks = (end - ready)[self._at]
            else:
                rows = self._rows[self._at]
                ticks = self._plan.calendars[calendar].worked_many(rows[:, 3], rows[:, 5])
            self._ticks_in[calendar] = ticks
        return self._ticks_in[calendar]
