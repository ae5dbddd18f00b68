"""What one replication leaves behind: when every case reached, began and left every desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, PlanStep


class Outcome(IntEnum):
    """How a case left the house, or that it is still there."""

    FINISHED = 0
    REFUSED = 1
    WITHDRAWN = 2
    TURNED_AWAY = 3
    IN_PROCESS = 4


def _nothing() -> IntArray:
    return np.zeros(0, dtype=np.int64)


def _no_visits() -> IntArray:
    return np.zeros((0, 6), dtype=np.int64)


class Hold(IntEnum):
    """How a person was held, or let go, other than by a visit of his own."""

    TOGETHER = 0
    """At a sitting, on a trip or as an agent: once, however many cases took part."""
    OTHER_DUTY = 1
    """By work that is no case's."""
    PAUSE = 2
    """Let go: an urgent case interrupted the visit, which waited on in the queue."""
    IN_VAIN = 3
    """Not held: a case that had come back queued for him and was not served any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The instants of one replication, in ticks (civil seconds since the first day).

    Attributes
    ----------
    arrival, finish : array of shape (cases,)
        When each case came and when it left the house: when its last step ended, or it
        was refused or withdrew, or the run ended.
    ready, start, end : array of shape (cases, desks)
        When each case first reached each desk, was first taken up there and was last
        done. Between ``ready`` and ``start`` it waits for people or opening hours;
        between ``start`` and ``end`` it holds its people, closed hours included. At a
        desk that a case never came to all three are its arrival; who left a queue or
        was still waiting at the end has the instant of that as start and end.
    outcome : array of shape (cases,)
        See :class:`Outcome`; empty: all finished.
    types : array of shape (cases,)
        Index of the case type; empty: all the first.
    earlier : array of shape (rows, 6)
        Visits before the last one of cases that came to a desk again: case, desk,
        visit, ready, start, end.
    again : array of shape (rows, 6)
        The last visits of those.
    served : array of shape (cases, desks) or empty
        Whether the case was taken up at the desk; empty: at all.
    work : array of shape (cases, desks) or empty
        Ticks of work at the last visit; empty: not kept.
    holds : array of shape (rows, 6)
        What visits do not tell of who was held: a :class:`Hold`, pool, from, to, and where
        it belongs to one case that and the desk (else -1). Rows rise.
    extended : array of shape (cases, steps) or empty
        Whether the head extends the statutory limit once its warning is on; empty: never.
    """

    arrival: IntArray
    finish: IntArray
    ready: IntArray
    start: IntArray
    end: IntArray
    outcome: IntArray = field(default_factory=_nothing)
    types: IntArray = field(default_factory=_nothing)
    earlier: IntArray = field(default_factory=_no_visits)
    again: IntArray = field(default_factory=_no_visits)
    served: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))
    work: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    holds: IntArray = field(default_factory=_no_visits)
    extended: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))

    def step_ready(self, step: PlanStep) -> IntArray:
        """Return when each case could begin the step: prerequisites and lags are over."""
        return self.ready[:, step.desks[0]]

    def step_start(self, step: PlanStep) -> IntArray:
        """Return when each case was first taken up in the step."""
        return self.start[:, step.desks[0]]

    def step_end(self, step: PlanStep) -> IntArray:
        """Return when each case was done with the step."""
        desks = [desk for desk in step.desks if desk not in step.beside]
        ends = np.asarray(self.end[:, desks].max(axis=1), dtype=np.int64)
        if step.silence is None:
            return ends
        at = step.silence.desk  # who works on when silence was taken for consent does so in vain
        agreed = self.ready[:, at] > self.ready[:, step.desks[0]]
        return np.where(agreed, self.end[:, at], ends)

    def outcomes(self) -> IntArray:
        """Return the outcome of each case."""
        return self.outcome if self.outcome.size else np.zeros_like(self.arrival)

    def types_of(self) -> IntArray:
        """Return the case type of each case."""
        return self.types if self.types.size else np.zeros_like(self.arrival)

    def visits(self, *, ordered: bool = True) -> IntArray:
        """Return every visit to a desk: case, desk, visit, ready, start, end.

        By case, desk and visit unless ``ordered`` is false; visits that never began are
        left out.
        """
        cases, desks = self.ready.shape
        case, desk = np.repeat(np.arange(cases), desks), np.tile(np.arange(desks), cases)
        dense = np.column_stack(
            [case, desk, np.zeros_like(case)]
            + [each.ravel() for each in (self.ready, self.start, self.end)]
        )
        keep = self.served.ravel().copy() if self.served.size else np.ones(len(dense), np.bool_)
        if self.again.size:
            keep[self.again[:, 0] * desks + self.again[:, 1]] = False
        rows = dense if keep.all() else dense[keep]
        if not self.earlier.size and not self.again.size:
            return np.asarray(rows, dtype=np.int64)
        rows = np.concatenate([rows, self.earlier, self.again])
        if not ordered:
            return np.asarray(rows, dtype=np.int64)
        order = np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))
        return np.asarray(rows[order], dtype=np.int64)
