"""Every visit of a case split in two: waiting, and being dealt with.

Work may stop before it is over: an urgent case interrupts it, its people go home, are
absent or serve other days than those that are counted. Meanwhile the file waits; so the
two parts of a visit are those in which somebody deals with it and those in which nobody
does, and they add up to the visit exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.plan import IntArray, Plan
from simulator.trace import Hold, Trace
from simulator.usage import Visits, interrupted, last_visits


class Stays(NamedTuple):
    """The visits of a replication, in working ticks of the counting calendar.

    Attributes
    ----------
    rows : array of shape (visits, 6)
        See :meth:`simulator.trace.Trace.visits`; cut off where silence was taken for
        consent, and in no order.
    ready, end : array of shape (visits,)
        Working ticks before the visit, and before its end.
    queued : array of shape (visits,)
        In which the file waited for people or their hours, interruptions included.
    held : array of shape (visits,)
        In which it was dealt with, or what is waited for ran. With ``queued`` these are
        all from ``ready`` to ``end``.
    """

    rows: IntArray
    ready: IntArray
    end: IntArray
    queued: IntArray
    held: IntArray

    def of(self, among: NDArray[np.bool_]) -> Stays:
        """Return some of the visits."""
        return self if among.all() else Stays(*(each[among] for each in self))


def stays_of(plan: Plan, trace: Trace, visits: Visits | None = None) -> Stays:
    """Return all visits of a replication, split.

    Where a file came back to people with hours of their own, the visits before the last
    one take the plan's hours for theirs: absence drawn by chance is then not known.
    """
    counting = plan.calendars[0]
    visits = visits or Visits(plan, trace)
    rows = up_to_consent(plan, trace, visits.rows)
    if rows is visits.rows:
        ready, start, end = visits.open(0)
    else:
        ready, start, end = (
            counting.worked_many(np.zeros(1, dtype=np.int64), rows[:, at]) for at in (3, 4, 5)
        )
    held = _dealt_with(plan, trace, visits.rows, rows, end - start)
    return Stays(rows, ready, end, end - ready - held, held)


def held_in(plan: Plan, trace: Trace, rows: IntArray) -> IntArray | None:
    """Return for how long each visit was dealt with; None where no work ever stops.

    In working ticks of the counting calendar, as :attr:`Stays.held`.
    """
    if not _may_stop(plan).any() and not (trace.holds[:, 0] == Hold.PAUSE).any():
        return None
    cut = up_to_consent(plan, trace, rows)
    return _dealt_with(plan, trace, rows, cut, plan.calendars[0].worked_many(cut[:, 4], cut[:, 5]))


def _dealt_with(
    plan: Plan, trace: Trace, rows: IntArray, cut: IntArray, held: IntArray
) -> IntArray:
    """Return ``held``, all time from taking a file up to being done, without interruptions."""
    pauses = trace.holds[trace.holds[:, 0] == Hold.PAUSE]
    if len(pauses):
        at = interrupted(rows, pauses)
        off = np.minimum(pauses[:, 2:4], cut[at, 5].reshape(-1, 1))
        held = held.copy()
        np.subtract.at(held, at, plan.calendars[0].worked_many(off[:, 0], off[:, 1]))
    stops = _may_stop(plan)
    return _worked(plan, trace, cut, held, stops) if stops.any() else held


def _may_stop(plan: Plan) -> NDArray[np.bool_]:
    """Return of each desk whether work there may stop for other reasons than urgent cases."""
    return np.array([_stops(plan, number) for number in range(len(plan.desks))], dtype=np.bool_)


def up_to_consent(plan: Plan, trace: Trace, visits: IntArray) -> IntArray:
    """Return visits cut off where their step was over because silence was consent."""
    silent = [step for step in plan.steps if step.silence is not None]
    if not silent:
        return visits
    cut = visits.copy()
    for step in silent:
        mine = np.isin(visits[:, 1], step.desks)
        over = trace.step_end(step)[visits[mine, 0]]
        cut[mine, 3:6] = np.minimum(visits[mine, 3:6], over.reshape(-1, 1))
    return cut


def _stops(plan: Plan, number: int) -> bool:
    """Whether work at a desk may stop while the counting calendar is open."""
    desk = plan.desks[number]
    alone = desk.gathering is None and not desk.keeps and bool(desk.pools)
    own = desk.calendar != 0 or any(plan.pools[pool].shifts for pool in desk.pools)
    return alone and not desk.finishes and (own or bool(plan.interruptions))


def _worked(
    plan: Plan, trace: Trace, rows: IntArray, held: IntArray, stops: NDArray[np.bool_]
) -> IntArray:
    """Return ``held`` without the time in which people were not there."""
    held = held.copy()
    case, number = rows[:, 0], rows[:, 1]
    last = stops[number] & last_visits(plan, trace, rows)
    # who works when the counting calendar rests has done more than can be seen here
    held[last] = np.minimum(held[last], trace.work[case[last], number[last]])
    others = stops[number] & ~last
    for desk in np.unique(number[others]).tolist():
        calendar = plan.desks[desk].calendar
        if calendar:
            mine = np.flatnonzero(others & (number == desk))
            hours = _overlap(plan.calendars[0], plan.calendars[calendar])
            held[mine] = np.minimum(held[mine], hours.worked_many(rows[mine, 4], rows[mine, 5]))
    return held


@lru_cache(maxsize=64)
def _overlap(one: Calendar, other: Calendar) -> Calendar:
    return one.intersect(other)
