"""What one replication leaves behind: when every case reached, began and left every desk."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.plan import IntArray, PlanStep


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The instants of one replication, in ticks (civil seconds since the first day).

    Attributes
    ----------
    arrival, finish : array of shape (cases,)
        When each case came and when its last step ended.
    ready, start, end : array of shape (cases, desks)
        When each case reached each desk, was taken up there and was done. Between
        ``ready`` and ``start`` it waits for people or opening hours; between ``start``
        and ``end`` it holds its people, closed hours included.
    """

    arrival: IntArray
    finish: IntArray
    ready: IntArray
    start: IntArray
    end: IntArray

    def step_ready(self, step: PlanStep) -> IntArray:
        """Return when each case could begin the step: prerequisites and lags are over."""
        return self.ready[:, step.desks[0]]

    def step_start(self, step: PlanStep) -> IntArray:
        """Return when each case was first taken up in the step."""
        return self.start[:, step.desks[0]]

    def step_end(self, step: PlanStep) -> IntArray:
        """Return when each case was done with the step."""
        return self.end[:, step.desks[-1]]
