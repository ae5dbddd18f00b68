"""From a plan's tables by case and desk to an engine's by job, and back to a trace."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from rules.calendars import BeyondCalendar
from scenarios.plan import IntArray
from simulator.draws import case_facts, holds
from simulator.trace import Hold, Trace

if TYPE_CHECKING:
    from simulator.fast_state import Played
    from simulator.simpy_engine import House


def by_job(house: House, times: IntArray) -> array[int]:
    """Return a table by case and desk as one by job."""
    if len(house.plan.types) > 1:
        local = np.zeros((house.cases, house.width), dtype=np.int64)
        for number, each in enumerate(house.look.types):
            mine = house.types == number
            local[mine, : each.desks] = times[mine, each.first_desk : each.first_desk + each.desks]
        times = local
    table = array("q")
    table.frombytes(np.ascontiguousarray(times).tobytes())
    return table


def skipped(house: House) -> bytearray | None:
    """Return for each job whether the case does not go there, or None if all do."""
    plan = house.plan
    if not any(desk.when for desk in plan.desks) and not any(s.when for s in plan.steps):
        return None
    facts = case_facts(plan, *house.address)
    skip = np.zeros((house.cases, len(plan.desks)), dtype=np.int64)
    for index, desk in enumerate(plan.desks):
        when = (*plan.steps[desk.step].when, *desk.when)
        if when:
            skip[:, index] = ~holds(when, facts)
    return bytearray(np.array(by_job(house, skip), dtype=np.uint8).tobytes())


def refuse_endless(house: House) -> None:
    """Refuse a run in which somebody waits for ever, rather than leave him out of the answer.

    Raises
    ------
    BeyondCalendar
        With the desk at which most of them wait.
    """
    if house.left_house == house.cases:
        return
    waits = [job for job, ready in enumerate(house.ready) if ready >= 0 > house.start[job]]
    at = Counter(house.base[job // house.width] + job % house.width for job in waits)
    desk = min(at, key=lambda desk: (-at[desk], desk), default=0)
    raise BeyondCalendar(
        f"{house.plan.steps[house.look.step[desk]].key}: {at[desk]} cases wait at the desk"
        f" {house.plan.desks[desk].name} for ever; {house.cases - house.left_house} never leave."
        " Give the run an end"
    )


def trace_of(house: House | Played) -> Trace:
    """Return what happened; what has not happened by the end is cut off there."""
    end_of_run = house.plan.until or 0
    finish = np.array(house.finish, dtype=np.int64)
    finish = np.where(finish < 0, np.maximum(end_of_run, house.arrival), finish)
    ready, start, end, work = (
        _table(house, each) for each in (house.ready, house.start, house.end, house.work)
    )
    work = np.maximum(work, 0)
    earlier = np.array(house.earlier, dtype=np.int64).reshape(-1, 6)
    again = _last_visits(house)
    holds = _holds(house, end_of_run)
    came, served = ready >= 0, start >= 0
    if house.skip is not None:  # those whom a desk does not concern were never served there
        served &= _table(house, house.skip) == 0
    if end_of_run:
        # no end is known of who waits for another's zone result when the run ends
        end = np.where(served, np.where(end < 0, end_of_run, np.minimum(end, end_of_run)), end)
        last = again[:, 5]
        again[:, 5] = np.where(last < 0, end_of_run, np.minimum(last, end_of_run))
        for job in (
            house.interruptible.paused
        ):  # its end is not known: it still waits to be taken up again
            case = job // house.width
            end[case, house.base[case] + job % house.width] = end_of_run
    left = np.where(end >= 0, end, end_of_run)  # of those who queued in vain
    start = np.where(came & ~served, left, start)
    end = np.where(came & ~served, left, end)
    first = earlier[earlier[:, 2] == 0]
    ready[first[:, 0], first[:, 1]] = first[:, 3]
    start[first[:, 0], first[:, 1]] = first[:, 4]
    nowhere = house.arrival.reshape(-1, 1)
    ready, start, end = (np.where(came, each, nowhere) for each in (ready, start, end))
    return Trace(
        house.arrival,
        finish,
        ready,
        start,
        end,
        np.array(house.outcome, dtype=np.int64),
        house.types,
        earlier,
        again,
        served,
        work,
        holds,
    )


def _holds(house: House | Played, end_of_run: int) -> IntArray:
    """Return who was held or let go other than by a visit, up to the end of the run."""
    rows = list(house.holds)
    now = end_of_run or house.now
    for job, since in house.interruptible.paused.items():
        case = job // house.width
        desk = house.base[case] + job % house.width
        rows.append((Hold.PAUSE, house.look.pools[desk][0], since, now, case, desk))
    again = np.array(list(house.visit), dtype=np.int64)
    ready, start = (np.asarray(each)[again] for each in (house.ready, house.start))
    for job in again[(start < 0) & (ready >= 0)].tolist():
        case = job // house.width
        desk = int(house.base[case]) + job % house.width
        left = int(house.end[job]) if house.end[job] >= 0 else now
        rows += [
            (Hold.IN_VAIN, pool, int(house.ready[job]), left, case, desk)
            for pool in house.look.pools[desk]
        ]
    rows += [
        (Hold.TOGETHER, pool, since, now, -1, -1)
        for kept in house.kept.values()
        for pool, _, since in kept
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    if end_of_run:
        table[:, 2:4] = np.minimum(table[:, 2:4], end_of_run)
    return table[np.lexsort(table.T[::-1])]


def _last_visits(house: House | Played) -> IntArray:
    """Return the last visits that began of those who came to a desk again."""
    pairs = np.array(list(house.visit.items()), dtype=np.int64).reshape(-1, 2)
    job, number = pairs.T
    case, place = np.divmod(job, max(1, house.width))
    desk = np.asarray(house.base, dtype=np.int64)[case] + place
    ready, start, end = (np.asarray(each)[job] for each in (house.ready, house.start, house.end))
    rows = np.column_stack([case, desk, number, ready, start, end])
    return np.asarray(rows[start >= 0], dtype=np.int64).reshape(-1, 6)


def _table(house: House | Played, instants: array[int] | bytearray | IntArray) -> IntArray:
    local = np.array(instants, dtype=np.int64).reshape(house.cases, house.width)
    if len(house.plan.types) == 1:
        return local
    table = np.full((house.cases, len(house.plan.desks)), -1, dtype=np.int64)
    for number, each in enumerate(house.look.types):
        mine = house.types == number
        table[mine, each.first_desk : each.first_desk + each.desks] = local[mine, : each.desks]
    return table
