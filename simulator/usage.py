"""How far people were in use, and how long work waited for them, exactly in ticks.

Every visit counts, also those of files that came back; a sitting, a trip and an agent's
care count once, however many cases they serve; interrupted work holds nobody while it
waits. So busy time is work done, and the time waited is the length of the queue, added up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scenarios.plan import AMPLE, IntArray, Plan
from simulator.trace import Hold, Trace


class Usage(NamedTuple):
    """A group of people in one replication; ticks of the calendar that it keeps.

    Attributes
    ----------
    held : int
        For which people were held by cases, added up over people.
    able : int
        For which they could have been: the opening hours of each, from the first arrival
        to the last end; absence and outages are not taken off.
    waited : int
        For which work waited for them, added up over work.
    visits : int
        How often work came to them.
    hours : int
        Opening hours of the group from the first arrival to the last end.
    """

    held: int
    able: int
    waited: int
    visits: int
    hours: int


class Visits:
    """All visits of a replication, and the open time of calendars at their instants.

    Attributes
    ----------
    rows : array of shape (rows, 6)
        See :meth:`simulator.trace.Trace.visits`; in no order.
    """

    def __init__(self, plan: Plan, trace: Trace) -> None:
        self.plan = plan
        self.rows = trace.visits(ordered=False)
        self._open: dict[int, tuple[IntArray, IntArray, IntArray]] = {}

    def open(self, calendar: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return the open ticks of a calendar before each visit's ready, start and end."""
        if calendar not in self._open:
            keeps = self.plan.calendars[calendar]
            start = np.zeros(1, dtype=np.int64)
            ready, begin, end = (
                keeps.worked_many(start, np.ascontiguousarray(self.rows[:, place]))
                for place in (3, 4, 5)
            )
            self._open[calendar] = ready, begin, end
        return self._open[calendar]

    def ordered(self) -> IntArray:
        """Return the rows by case, desk and visit."""
        case, desk, visit = self.rows[:, :3].T
        return np.asarray(self.rows[np.lexsort((visit, desk, case))])

    def by_desk(self, ticks: IntArray) -> list[int]:
        """Return a number of each visit, added up for each desk."""
        # sums stay below 2**53, where floats are whole
        sums = np.bincount(self.rows[:, 1], ticks, minlength=len(self.plan.desks))
        return [int(each) for each in sums.tolist()]


def waits_of(plan: Plan, trace: Trace, pool: int) -> IntArray:
    """Return every stretch in which work waited for a pool: an array of rows (from, to).

    One for each visit, for each interruption, and for each case that left the queue.
    """
    needs = np.array([pool in desk.pools for desk in plan.desks], dtype=np.bool_)
    rows = trace.visits(ordered=False)
    vain = _in_vain(trace)
    holds = trace.holds[trace.holds[:, 1] == pool]
    again = np.isin(holds[:, 0], [Hold.PAUSE, Hold.IN_VAIN])
    return np.concatenate(
        [rows[needs[rows[:, 1]], 3:5], vain[needs[vain[:, 1]], 2:4], holds[again, 2:4]]
    )


def usage_of(plan: Plan, trace: Trace, visits: Visits | None = None) -> tuple[Usage, ...]:
    """Return how each pool of a plan fared; zeros for pools that no desk needs or all may use."""
    visits = visits or Visits(plan, trace)
    vain = _in_vain(trace)
    span = span_of(plan, trace)
    numbers = visits.by_desk(np.ones(len(visits.rows), dtype=np.int64))
    desks: list[list[int]] = [[] for _ in plan.pools]
    for index, desk in enumerate(plan.desks):
        for number in set(desk.pools):
            desks[number].append(index)
    sums: dict[int, tuple[list[int], list[int]]] = {}
    found = []
    for number, pool in enumerate(plan.pools):
        if pool.capacity >= AMPLE or not desks[number]:
            found.append(Usage(0, 0, 0, 0, 0))
            continue
        if pool.calendar not in sums:
            ready, begin, end = visits.open(pool.calendar)
            sums[pool.calendar] = visits.by_desk(end - begin), visits.by_desk(begin - ready)
        held, waited = sums[pool.calendar]
        able, hours = open_to(plan, number, *span)
        apart = _apart(plan, trace, number, vain) if len(vain) or len(trace.holds) else (0, 0, 0)
        found.append(
            Usage(
                held=sum(held[index] for index in desks[number] if _alone(plan, index)) + apart[0],
                able=able,
                waited=sum(waited[index] for index in desks[number]) + apart[1],
                visits=sum(numbers[index] for index in desks[number]) + apart[2],
                hours=hours,
            )
        )
    return tuple(found)


def span_of(plan: Plan, trace: Trace) -> tuple[int, int]:
    """Return the first arrival, and the last end or that of the run."""
    first = int(trace.arrival.min()) if trace.arrival.size else 0
    last = int(trace.finish.max()) if trace.finish.size else 0
    return first, max(first, min(last, plan.until or last))


def open_to(plan: Plan, number: int, first: int, last: int) -> tuple[int, int]:
    """Return ``able`` and ``hours`` of a pool's :class:`Usage` from a tick to another."""
    pool = plan.pools[number]
    hours = plan.calendars[pool.calendar].worked(first, last)
    able = sum(
        shift.people * plan.calendars[shift.calendar].worked(first, last) for shift in pool.shifts
    )
    return able or hours * pool.capacity, hours


def _alone(plan: Plan, desk: int) -> bool:
    """Whether each visit of a desk holds people for itself alone."""
    return plan.desks[desk].gathering is None and not plan.desks[desk].keeps


def _apart(plan: Plan, trace: Trace, number: int, vain: IntArray) -> tuple[int, int, int]:
    """Return ticks held, ticks waited and visits of a pool that the table of visits lacks."""
    keeps = plan.calendars[plan.pools[number].calendar]
    holds = trace.holds[trace.holds[:, 1] == number]
    together, pauses, again = (
        holds[holds[:, 0] == kind, 2:4] for kind in (Hold.TOGETHER, Hold.PAUSE, Hold.IN_VAIN)
    )
    needs = np.array([number in desk.pools for desk in plan.desks], dtype=np.bool_)
    waits = vain[needs[vain[:, 1]], 2:4]

    def worked(stretches: IntArray) -> int:
        return int(keeps.worked_many(stretches[:, 0], stretches[:, 1]).sum())

    paused = worked(pauses)
    return (
        worked(together) - paused,
        worked(waits) + worked(again) + paused,
        len(waits) + len(again),
    )


def _in_vain(trace: Trace) -> IntArray:
    """Return who queued and was not served: case, desk, from, to."""
    if not trace.served.size or trace.served.all():
        return np.zeros((0, 4), dtype=np.int64)
    case, desk = np.nonzero(~trace.served & (trace.start > trace.ready))
    return np.column_stack([case, desk, trace.ready[case, desk], trace.start[case, desk]])
