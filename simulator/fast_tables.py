"""What the quicker kernel keeps of each case, and what is pending, in arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scenarios.plan import IntArray
from simulator.plan_arrays import House

NOBODY = -1
SIZE, TOUCHES, ALARMS = range(3)
"""Numbers that last from one part of the cases to the next."""


class Tables(NamedTuple):
    """What there is of each case; in a run by parts a ring of cases, a power of two of them.

    Attributes
    ----------
    work : array of shape (jobs,)
        Ticks of each job; a job is ``case * width + desk``. Changed where people learn.
    skip : array of shape (jobs,) or empty
        1 where the desk does not concern the case.
    ready, start, end, finish : array of shape (jobs,) and (cases,)
        Filled.
    missing, enabled : array of shape (cases * steps,)
        Prerequisites that are missing, and when the lags so far are over; empty: no lags.
    open_steps : array of shape (cases,)
        Steps that must end still before the case is finished.
    behind : array of shape (places * jobs,)
        Who stands behind each job in the first, second, ... queue that it joins.
    """

    work: IntArray
    skip: IntArray
    ready: IntArray
    start: IntArray
    end: IntArray
    finish: IntArray
    missing: IntArray
    enabled: IntArray
    open_steps: IntArray
    behind: IntArray


class Pending(NamedTuple):
    """What is pending: the queues by pool, and the heap of events.

    Attributes
    ----------
    free : array
        People who are free.
    first, last, last_came, last_before : array
        Who is first and last in the queue, when the last came, and who is last of those
        before them.
    alarm : array
        The opening for which the queue waits.
    touched, is_touched : array
        Pools to be served at the end of the round.
    ticks, whats : array
        The heap.
    numbers : array
        See :data:`SIZE`.
    """

    free: IntArray
    first: IntArray
    last: IntArray
    last_came: IntArray
    last_before: IntArray
    alarm: IntArray
    touched: IntArray
    is_touched: IntArray
    ticks: IntArray
    whats: IntArray
    numbers: IntArray


def tables_of(house: House, work: IntArray, skip: IntArray, cases: int) -> Tables:
    """Return the tables in which so many cases have not come yet."""
    jobs, steps = cases * house.width, cases * house.steps
    ready, start, end = (np.empty(jobs, dtype=np.int64) for _ in range(3))
    return Tables(
        work,
        skip,
        ready,
        start,
        end,
        np.empty(cases, dtype=np.int64),
        np.tile(house.needs.astype(np.int32), cases),
        np.zeros(steps if house.lag.any() else 0, dtype=np.int64),
        np.full(cases, house.main, dtype=np.int64),
        np.empty(most_pools(house) * jobs, dtype=np.int64),
    )


def most_pools(house: House) -> int:
    """Return how many queues a job joins at most."""
    return max(1, int(np.diff(house.desk_people).max(initial=0)))


def most_alarms(house: House, cases: int) -> int:
    """Return how many openings are awaited at most: whenever another comes first in a queue."""
    return 2 * most_pools(house) * cases * house.width + house.capacity.size


def pending_of(house: House, cases: int) -> Pending:
    """Return that nothing is pending, with room for so many cases at once."""
    pools = house.capacity.size
    # at most a release of each job, an enabling of each step, and the openings; memory that is
    # not used is not taken, and arrays that grow would have their users counted in the loop,
    # which takes more time than all the rest
    events = cases * (house.width + house.steps) + most_alarms(house, cases)
    first, last, came, before, alarm = (np.full(pools, NOBODY) for _ in range(5))
    return Pending(
        house.capacity.copy(),
        first,
        last,
        came,
        before,
        alarm,
        np.empty(pools, dtype=np.int64),
        np.zeros(pools, dtype=np.int64),
        np.empty(events, dtype=np.int64),
        np.empty(events, dtype=np.int64),
        np.zeros(3, dtype=np.int64),
    )
