"""Standing in queues and at gatherings in the kernel that knows all of a plan.

Every function does what the one of its name does in :mod:`simulator.simpy_engine` or
:mod:`simulator.gathering`, in the same order.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.orders import LAST
from scenarios.plan import IntArray
from simulator.fast_queues import (
    NOBODY,
    get,
    join,
    note,
    put,
    schedule,
    take_out,
    touch,
    touch_else,
)
from simulator.fast_time import BEYOND, add, compiled


@compiled
def rank(house: IntArray, hours: IntArray, state: IntArray, pool: int, job: int, desk: int) -> int:
    """Return the rank of a job in a pool's order."""
    order = get(house, lay.POOL_ORDER, pool)
    if order == lay.FIRST_COME:
        return 0
    case = job >> house[lay.PLACE_BITS]
    of = get(state, lay.TYPE, case)
    filed = get(state, lay.ARRIVAL, case)
    deadline = add(hours, 0, filed, get(house, lay.TYPE_PROMISE, of))
    if deadline == BEYOND:
        state[lay.FAULT] = lay.IS_BEYOND
    if order == lay.PRIORITY:
        step = get(house, lay.DESK_STEP, desk)
        return get(house, lay.TYPE_PRIORITY, of) + get(house, lay.STEP_PRIORITY, step)
    if order == lay.DEADLINE:
        return deadline
    if order == lay.PLANNED:
        return planned_place(house, pool, case, desk)
    return filed if order == lay.FILING else desk


@compiled
def planned_place(house: IntArray, pool: int, case: int, desk: int) -> int:
    """Return the place of a case at a desk in a pool's planned order."""
    if case >= get(house, lay.POOL_LISTED, pool):
        return LAST
    first = get(house, lay.POOL_PLACES, pool)
    return get(house, lay.PLACES, first + case * house[lay.DESKS] + desk)


@compiled
def is_due(state: IntArray, pool: int, job: int) -> bool:
    """Return whether everything that is listed before has been taken up, or never will be."""
    at = get(state, lay.DUE, pool)
    if at == get(state, lay.SEQUENCE_OF, pool + 1):
        return True
    return get(state, lay.RANK, job) <= get(state, lay.SEQUENCE, at)


@compiled
def strike_off(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Take a job off the strict sequences: it begins, has no work, or its case has left."""
    case = job >> house[lay.PLACE_BITS]
    for slot in range(get(house, lay.DESK_PEOPLE, desk), get(house, lay.DESK_PEOPLE, desk + 1)):
        pool = get(house, lay.PEOPLE, slot)
        at, last = get(state, lay.DUE, pool), get(state, lay.SEQUENCE_OF, pool + 1)
        if at == last:
            continue
        mine = planned_place(house, pool, case, desk)
        one, beyond = at, last
        while one < beyond:
            middle = (one + beyond) >> 1
            if get(state, lay.SEQUENCE, middle) < mine:
                one = middle + 1
            else:
                beyond = middle
        if one < last and get(state, lay.SEQUENCE, one) == mine:
            put(state, lay.STRUCK, one, 1)
        while at < last and get(state, lay.STRUCK, at):
            at += 1
        put(state, lay.DUE, pool, at)
        touch(state, pool)


@compiled
def stand(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Put a job into the queues of all pools that its desk needs, which keep one order."""
    first = get(house, lay.DESK_PEOPLE, desk)
    for slot in range(first, get(house, lay.DESK_PEOPLE, desk + 1)):
        pool = get(house, lay.PEOPLE, slot)
        join(state, pool, job << house[lay.SLOT_BITS] | slot - first)
        if get(state, lay.FREE, pool) or get(house, lay.POOL_CROWDED, pool):
            touch(state, pool)


@compiled
def drop(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Take a job out of the queues of all pools that its desk needs."""
    first = get(house, lay.DESK_PEOPLE, desk)
    for slot in range(first, get(house, lay.DESK_PEOPLE, desk + 1)):
        pool = get(house, lay.PEOPLE, slot)
        take_out(state, pool, job << house[lay.SLOT_BITS] | slot - first)
        touch(state, pool)


@compiled
def wait_at(house: IntArray, state: IntArray, job: int, place: int) -> None:
    """Let a case wait at a gathering."""
    join(state, house[lay.POOLS] + place, job << house[lay.SLOT_BITS] | house[lay.WAITS])


@compiled
def first_waiting(house: IntArray, state: IntArray, place: int) -> int:
    """Return the first job that waits at a gathering, or :data:`NOBODY`."""
    node = get(state, lay.HEAD, house[lay.POOLS] + place)
    return node if node == NOBODY else node >> house[lay.SLOT_BITS]


@compiled
def come_together(
    house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int, now: int
) -> None:
    """Let a case come to a meeting, a trip or a quota and wait there."""
    kind, place = get(house, lay.DESK_GATHERS, desk), get(house, lay.DESK_PLACE, desk)
    first = get(house, lay.DESK_PEOPLE, desk)
    if state[lay.IS_RANKED]:
        staffed = first < get(house, lay.DESK_PEOPLE, desk + 1)
        mine = 0
        if staffed:
            mine = rank(house, hours, state, get(house, lay.PEOPLE, first), job, desk)
        put(state, lay.RANK, job, mine)
    wait_at(house, state, job, place)
    if kind == lay.IS_TRIP:
        form(house, state, place)
        wait = get(house, lay.DESK_WAIT, desk)
        if wait:
            late = add(hours, get(house, lay.DESK_CALENDAR, desk), now, wait)
            schedule(state, late, lay.WAITS_NO_LONGER, note(state, job, now))
    elif kind == lay.IS_MEETING:
        call(house, state, place, now)
    else:
        put(state, lay.QUOTA_DUE, desk, 1)
        touch_else(state)


@compiled
def go_from_gathering(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Let a case go that waited."""
    place = get(house, lay.DESK_PLACE, desk)
    take_out(state, house[lay.POOLS] + place, job << house[lay.SLOT_BITS] | house[lay.WAITS])
    if get(house, lay.DESK_GATHERS, desk) == lay.IS_TRIP:
        late_no_more(state, job, place)
        form(house, state, place)


@compiled
def unqueue(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Take a job out of every queue in which it stands."""
    if get(house, lay.DESK_GATHERS, desk) == lay.NO_GATHERING:
        drop(house, state, job, desk)
    else:
        go_from_gathering(house, state, job, desk)


@compiled
def late_no_more(state: IntArray, job: int, place: int) -> None:
    """Forget that a case had waited long enough for a trip: it waits no more."""
    if get(state, lay.LATE, job):
        put(state, lay.LATE, job, 0)
        put(state, lay.LATE_ONES, place, get(state, lay.LATE_ONES, place) - 1)


@compiled
def wait_no_longer(house: IntArray, state: IntArray, job: int, desk: int, ready: int) -> None:
    """Send a crew out although the trip is not full, if the case still waits."""
    came = get(state, lay.READY, job) == ready and get(state, lay.START, job) < 0
    if came and get(state, lay.END, job) < 0:
        place = get(house, lay.DESK_PLACE, desk)
        if not get(state, lay.LATE, job):
            put(state, lay.LATE, job, 1)
            put(state, lay.LATE_ONES, place, get(state, lay.LATE_ONES, place) + 1)
        form(house, state, place)


@compiled
def form(house: IntArray, state: IntArray, place: int) -> None:
    """Let the cases of a trip stand in the crews' queues as one, once they are enough."""
    wanted = NOBODY
    long = get(state, lay.LONG, house[lay.POOLS] + place)
    if long and (long >= get(house, lay.DESK_SLOTS, place) or get(state, lay.LATE_ONES, place)):
        wanted = first_waiting(house, state, place)
    stands = get(state, lay.FIRST_OF_TRIP, place)
    if stands == wanted:
        return
    if stands != NOBODY:
        drop(house, state, stands, place)
    put(state, lay.FIRST_OF_TRIP, place, wanted)
    if wanted != NOBODY:
        stand(house, state, wanted, place)


@compiled
def call(house: IntArray, state: IntArray, place: int, earliest: int) -> None:
    """See to it that the next sitting is held."""
    at, beyond = get(house, lay.DESK_SITTINGS, place), get(house, lay.DESK_SITTINGS, place + 1)
    last = beyond
    while at < beyond:
        middle = (at + beyond) >> 1
        if get(house, lay.SITTINGS, middle) < earliest:
            at = middle + 1
        else:
            beyond = middle
    if at == last:
        state[lay.FAULT] = lay.IS_BEYOND
        return
    sitting = get(house, lay.SITTINGS, at)
    if sitting == state[lay.NOW]:
        put(state, lay.MEETING_DUE, place, 1)
        touch_else(state)
    elif get(state, lay.SITTING, place) != sitting:
        put(state, lay.SITTING, place, sitting)
        schedule(state, sitting, lay.FALL_DUE, place)
