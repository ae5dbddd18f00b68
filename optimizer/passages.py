"""How long after one task another may start, as a function of when the first ends.

The solver counts each task in the working time of its own calendar. What lies between
two such tasks (natural-day notices, lags, waits at desks without people) needs nobody
and always runs at once, so it is folded into one non-decreasing function from the
end of the first to the earliest start of the second. Where everything runs on one
calendar the function is "plus so much"; else it is a table over every possible end,
never a worst-case constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.network import FAR, Network, Wait
from rules import Calendar

IntArray = NDArray[np.int64]

OVER = -1
"""Stands for the end of the project, counted on the counting calendar."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The way from one task's end to another's start.

    Attributes
    ----------
    before, after : int
        Indices of the two tasks; ``after`` may be :data:`OVER`.
    shift : int or None
        Ticks in between, where both ends count in the same working time; None where
        the way leads through another calendar and :meth:`Passages.along` must tell.
    """

    before: int
    after: int
    shift: int | None


class Passages:
    """All passages between the tasks that the solver places.

    Attributes
    ----------
    placed : tuple of int
        Tasks with work that queue for somebody or run on the counting calendar.
    ways : tuple of Passage
        All passages between them and to the end.
    handovers : tuple of (int, int)
        Tasks that share a pool but not their opening hours.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.placed: tuple[int, ...] = tuple(
            index
            for index, task in enumerate(network.tasks)
            if task.work and (task.pools or task.calendar == 0)
        )
        self._is_placed = [False] * len(network.tasks)
        for index in self.placed:
            self._is_placed[index] = True
        self.ways: tuple[Passage, ...] = tuple(
            way for index in self.placed for way in self._ways_from(index)
        )

        self.handovers: tuple[tuple[int, int], ...] = tuple(
            (first, second)
            for tasks in self.mixed().values()
            for first in tasks
            for second in tasks
            if network.tasks[first].calendar != network.tasks[second].calendar
        )

    def mixed(self) -> dict[int, list[int]]:
        """Return the tasks of each pool that works at desks with different opening hours."""
        served: dict[int, list[int]] = {}
        for index in self.placed:
            for pool in self.network.tasks[index].pools:
                served.setdefault(pool, []).append(index)
        return {
            pool: tasks
            for pool, tasks in served.items()
            if len({self.network.tasks[index].calendar for index in tasks}) > 1
        }

    def civil(self, task: int, ends: IntArray) -> tuple[IntArray, IntArray]:
        """Return the civil ticks at which the task starts and ends, for each end it may have.

        A start is the second in which the first tick of work is done, not the closing
        time before it.
        """
        calendar, none = self.calendar_of(task), np.zeros_like(ends)
        first_ticks = ends - self.network.tasks[task].work + 1
        return _add_many(calendar, none, first_ticks) - 1, _add_many(calendar, none, ends)

    def after_handover(self, first: int, second: int, ends: IntArray) -> IntArray:
        """Return when ``second`` can start if somebody comes straight from ``first``."""
        return _worked_many(self.calendar_of(second), self.civil(first, ends)[1])

    def calendar_of(self, task: int) -> Calendar:
        """Return the calendar on which the task, or the end of the project, is counted."""
        return self.network.calendars[0 if task == OVER else self.network.tasks[task].calendar]

    def along(self, way: Passage, ends: IntArray) -> IntArray:
        """Return the earliest start of ``way.after`` for each end of ``way.before``.

        Both in working ticks of the tasks' own calendars; :data:`FAR` where a calendar
        ends before.
        """
        if way.shift is not None:
            return ends + way.shift
        civil = _add_many(self.calendar_of(way.before), np.zeros_like(ends), ends)
        ready = self._spread(way.before, civil)[way.after]
        return _worked_many(self.calendar_of(way.after), ready)

    def from_release(self, release: int) -> dict[int, int]:
        """Return the earliest start of each task that can be reached at once, and of the end."""
        moment = np.array([release], dtype=np.int64)
        reached = self._spread(None, moment)
        return {
            after: int(_worked_many(self.calendar_of(after), ready)[0])
            for after, ready in reached.items()
        }

    def _spread(self, origin: int | None, civil: IntArray) -> dict[int, IntArray]:
        """Return when the placed tasks behind ``origin`` and the end are ready."""
        network = self.network
        reached: dict[int, IntArray] = {}
        pending: dict[int, IntArray] = {}

        def pass_on(waits: tuple[Wait, ...], ends: IntArray) -> None:
            if not waits:
                reached[OVER] = _later(reached.get(OVER), ends)
            for wait in waits:
                ready = ends
                if wait.lag:
                    lag = np.full_like(ends, wait.lag)
                    ready = _add_many(network.calendars[wait.calendar], ends, lag)
                into = reached if self._is_placed[wait.task] else pending
                into[wait.task] = _later(into.get(wait.task), ready)

        if origin is None:
            first = (Wait(i) for i, task in enumerate(network.tasks) if not task.before)
            pass_on(tuple(first), civil)
        else:
            pass_on(network.tasks[origin].after, civil)
        while pending:
            index = min(pending)  # topological order: nothing earlier can reach it any more
            ready = pending.pop(index)
            task = network.tasks[index]
            if task.work:
                work = np.full_like(ready, task.work)
                ready = _add_many(network.calendars[task.calendar], ready, work)
            pass_on(task.after, ready)
        return reached

    def _ways_from(self, origin: int) -> list[Passage]:
        """Return the passages behind one task, with the shift where all of it is one clock."""
        network = self.network
        clock = network.tasks[origin].calendar
        reached: dict[int, int | None] = {}
        pending: dict[int, int | None] = {}

        def pass_on(waits: tuple[Wait, ...], shift: int | None) -> None:
            if not waits:
                reached[OVER] = _longer(reached.get(OVER, -FAR), shift)
            for wait in waits:
                into = reached if self._is_placed[wait.task] else pending
                sum_ = _plus(shift, wait.lag, wait.calendar == clock)
                into[wait.task] = _longer(into.get(wait.task, -FAR), sum_)

        pass_on(network.tasks[origin].after, 0)
        while pending:
            index = min(pending)
            task = network.tasks[index]
            pass_on(task.after, _plus(pending.pop(index), task.work, task.calendar == clock))
        return [
            Passage(
                origin,
                after,
                shift if self.calendar_of(after) is network.calendars[clock] else None,
            )
            for after, shift in reached.items()
        ]


def bisect_last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the largest number from ``low`` to ``high`` that holds; ``low`` must.

    Examples
    --------
    >>> bisect_last(lambda n: n * n <= 50, 0, 100)
    7
    """
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _plus(shift: int | None, ticks: int, same_clock: bool) -> int | None:
    if not ticks:
        return shift
    return shift + ticks if shift is not None and same_clock else None


def _longer(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else max(first, second)


def _later(first: IntArray | None, second: IntArray) -> IntArray:
    return second if first is None else np.maximum(first, second)


def _add_many(calendar: Calendar, moments: IntArray, work: IntArray) -> IntArray:
    """Return ``calendar.add`` for arrays, :data:`FAR` where the calendar ends before."""
    inside = moments <= calendar.horizon
    worked = calendar.worked_many(np.zeros_like(moments), np.where(inside, moments, 0))
    inside &= worked + work <= calendar.total
    added = np.full_like(moments, FAR)
    added[inside] = calendar.add_many(moments[inside], work[inside])
    return added


def _worked_many(calendar: Calendar, moments: IntArray) -> IntArray:
    """Return the working ticks before each moment, :data:`FAR` beyond the calendar."""
    inside = moments <= calendar.horizon
    worked = np.full_like(moments, FAR)
    worked[inside] = calendar.worked_many(np.zeros_like(moments[inside]), moments[inside])
    return worked
