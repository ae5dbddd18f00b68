"""What the end of a round does in the kernel that knows all of a plan.

Every function does what the one of its name does in :mod:`simulator.simpy_engine`,
:mod:`simulator.interrupting` or :mod:`simulator.gathering`, in the same order.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.fast_cases import begin
from simulator.fast_gathering import call, is_due, strike_off
from simulator.fast_jobs import desk_of, learnt, worked
from simulator.fast_leaving import leave
from simulator.fast_luck import drawn, wish
from simulator.fast_queues import (
    NOBODY,
    VALUE,
    append,
    get,
    hold,
    join,
    put,
    read,
    schedule,
    strike,
    take_first,
    touch,
)
from simulator.fast_teams import (
    begin_together,
    crew_of,
    is_one_by_one,
    keep,
    serve_colleagues,
    set_out,
    sit,
)
from simulator.fast_time import BEYOND, add, compiled, opening
from simulator.trace import Hold, Outcome

TURNED_AWAY, REFUSED = int(Outcome.TURNED_AWAY), int(Outcome.REFUSED)
OTHER_DUTY, PAUSE = int(Hold.OTHER_DUTY), int(Hold.PAUSE)


@compiled
def serve(house: IntArray, hours: IntArray, table: IntArray, state: IntArray) -> None:
    """Do what the round's events allow."""
    if state[lay.ELSE_TOUCHED]:
        gather(house, hours, state)
        # whatever leaving touches beside pools has been seen to
        state[lay.ELSE_TOUCHED] = 0
    while state[lay.TOUCHES]:
        state[lay.TOUCHES] -= 1
        pool = get(state, lay.TOUCHED, state[lay.TOUCHES])
        if get(house, lay.POOL_ATTENDED, pool):
            put(state, lay.ATTENDED, pool, 1)
            state[lay.ANY_ATTENDED] = 1
        if is_one_by_one(house, pool):
            serve_colleagues(house, hours, state, pool)
        elif get(state, lay.HEAD, pool) != NOBODY:
            serve_pool(house, hours, state, pool)
    if state[lay.ANY_ATTENDED]:
        state[lay.ANY_ATTENDED] = 0
        for pool in range(house[lay.POOLS]):
            if get(state, lay.ATTENDED, pool):
                put(state, lay.ATTENDED, pool, 0)
                attend(house, hours, table, state, pool)


@compiled
def serve_leaving(house: IntArray, state: IntArray) -> None:
    """Let cases leave whose time has come."""
    for at in range(state[lay.LEAVINGS]):
        mine = get(state, lay.LEAVING, at)
        leave(house, state, mine >> 3, mine & 7)
    state[lay.LEAVINGS] = 0


@compiled
def gather(house: IntArray, hours: IntArray, state: IntArray) -> None:
    """Hold the sittings of this instant and give out licences."""
    for desk in range(house[lay.DESKS]):
        kind = get(house, lay.DESK_GATHERS, desk)
        if kind == lay.IS_MEETING and get(state, lay.MEETING_DUE, desk):
            put(state, lay.MEETING_DUE, desk, 0)
            if sit(house, hours, state, desk) != NOBODY:
                call(house, state, desk, state[lay.NOW] + 1)
    for desk in range(house[lay.DESKS]):
        kind = get(house, lay.DESK_GATHERS, desk)
        if kind == lay.IS_QUOTA and get(state, lay.QUOTA_DUE, desk):
            put(state, lay.QUOTA_DUE, desk, 0)
            give_out(house, state, desk)


# --- one pool ---------------------------------------------------------------------------


@compiled
def serve_pool(house: IntArray, hours: IntArray, state: IntArray, pool: int) -> None:
    """Let a pool's people take up whoever is first, as long as that is possible."""
    now, bits = state[lay.NOW], house[lay.SLOT_BITS]
    interrupts = get(house, lay.POOL_INTERRUPTS, pool)
    while not state[lay.FAULT]:
        node = get(state, lay.HEAD, pool)
        if node == NOBODY:
            return
        job = node >> bits
        desk = desk_of(house, state, job)
        if state[lay.IS_STRICT] and not is_due(state, pool, job):
            return
        if get(house, lay.DESK_ONE_BY_ONE, desk):
            if not begin_together(house, hours, state, job, desk):
                open_later(house, hours, state, pool, desk)
                return
            continue
        one, beyond = get(house, lay.DESK_PEOPLE, desk), get(house, lay.DESK_PEOPLE, desk + 1)
        served = True
        for slot in range(one, beyond):
            each = get(house, lay.PEOPLE, slot)
            if (
                not get(state, lay.FREE, each)
                or get(state, lay.HEAD, each) >> bits != job
                or (state[lay.IS_STRICT] and not is_due(state, each, job))
            ):
                served = False
        if not served and not (interrupts and interrupt(house, hours, state, pool, job)):
            return
        if not get(house, lay.DESK_ALWAYS, desk) and open_later(house, hours, state, pool, desk):
            return
        for slot in range(one, beyond):
            each = get(house, lay.PEOPLE, slot)
            take_first(state, each)
            put(state, lay.FREE, each, get(state, lay.FREE, each) - 1)
            if each != pool:
                touch(state, each)  # who stood behind may be next there
        if state[lay.IS_STRICT]:
            strike_off(house, state, job, desk)
        if interrupts:
            begin_interruptible(house, hours, state, pool, job, desk)
        elif not get(house, lay.DESK_SPECIAL, desk):
            begin(house, hours, state, job, desk, now)
        else:
            begin_special(house, hours, state, job, desk)


@compiled
def open_later(house: IntArray, hours: IntArray, state: IntArray, pool: int, desk: int) -> bool:
    """Whether the desk is closed; its pool is then served again when it opens."""
    opens = opening(hours, get(house, lay.DESK_CALENDAR, desk), state[lay.NOW])
    if opens == BEYOND:
        state[lay.FAULT] = lay.IS_BEYOND
        return True
    if opens == state[lay.NOW]:
        return False
    if get(state, lay.ALARM, pool) != opens:
        put(state, lay.ALARM, pool, opens)
        schedule(state, opens, lay.TOUCH, pool)
    return True


@compiled
def begin_special(house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Let people set out on a trip, stay with a case, or begin work."""
    if get(house, lay.DESK_GATHERS, desk) == lay.IS_TRIP:
        set_out(house, hours, state, crew_of(house, state, desk), desk)
    elif get(house, lay.DESK_KEEPS, desk):
        keep(house, state, crew_of(house, state, desk), job)
    else:
        begin(house, hours, state, job, desk, state[lay.NOW])


@compiled
def begin_interruptible(
    house: IntArray, hours: IntArray, state: IntArray, pool: int, job: int, desk: int
) -> None:
    """Let work begin, or go on where it was interrupted."""
    now = state[lay.NOW]
    if get(state, lay.START, job) < 0:
        put(state, lay.START, job, now)
        put(state, lay.WORK, job, learnt(house, state, job, desk, now))
    since = get(state, lay.PAUSED, job)
    if since >= 0:
        put(state, lay.PAUSED, job, -1)
        hold(state, PAUSE, pool, since, now, job)
    left = get(state, lay.REMAINING, job)
    put(state, lay.REMAINING, job, -1)
    if left < 0:
        left = get(state, lay.WORK, job)
    end = add(hours, get(house, lay.DESK_CALENDAR, desk), now, left)
    put(state, lay.END, job, end)
    put(state, lay.SEGMENT, job, now)
    put(state, lay.LEFT_AT, job, left)
    at = get(house, lay.POOL_HANDS, pool) + get(state, lay.HANDS_FULL, pool)
    put(state, lay.HANDS, at, job)
    put(state, lay.HANDS_FULL, pool, get(state, lay.HANDS_FULL, pool) + 1)
    schedule(state, end, lay.STRETCH, job)


@compiled
def put_down(house: IntArray, state: IntArray, pool: int, job: int) -> None:
    """Take a job off those at hand in a pool that interrupts."""
    first, last = get(house, lay.POOL_HANDS, pool), get(state, lay.HANDS_FULL, pool) - 1
    put(state, lay.HANDS_FULL, pool, last)
    for at in range(first, first + last):
        if get(state, lay.HANDS, at) == job:
            put(state, lay.HANDS, at, get(state, lay.HANDS, first + last))


@compiled
def interrupt(house: IntArray, hours: IntArray, state: IntArray, pool: int, first: int) -> bool:
    """Send the least urgent work at hand back to the queue, if it ranks below ``first``."""
    begins = get(house, lay.POOL_HANDS, pool)
    number = get(state, lay.HANDS_FULL, pool)
    if not number:
        return False
    worst = get(state, lay.HANDS, begins)
    for at in range(begins + 1, begins + number):
        job = get(state, lay.HANDS, at)
        ranks, other = get(state, lay.RANK, job), get(state, lay.RANK, worst)
        came, before = get(state, lay.READY, job), get(state, lay.READY, worst)
        if ranks > other or (
            ranks == other and (came > before or (came == before and job > worst))
        ):
            worst = job
    if get(state, lay.RANK, worst) <= get(state, lay.RANK, first):
        return False
    calendar = get(house, lay.DESK_CALENDAR, desk_of(house, state, worst))
    begun = get(state, lay.SEGMENT, worst)
    done = worked(hours, state, calendar, begun, state[lay.NOW])
    put(state, lay.SEGMENT, worst, -1)
    put(state, lay.REMAINING, worst, get(state, lay.LEFT_AT, worst) - done)
    put_down(house, state, pool, worst)
    put(state, lay.PAUSED, worst, state[lay.NOW])
    join(state, pool, worst << house[lay.SLOT_BITS])
    put(state, lay.FREE, pool, get(state, lay.FREE, pool) + 1)
    return True


@compiled
def attend(house: IntArray, hours: IntArray, table: IntArray, state: IntArray, pool: int) -> None:
    """Turn away whoever finds no room; let idle people turn to other duties."""
    room, bits = get(house, lay.POOL_ROOM, pool), house[lay.SLOT_BITS]
    waiting = get(state, lay.LONG, pool)
    if 0 <= room < waiting:
        node = get(state, lay.HEAD, pool)
        for _ in range(room):
            node = get(state, lay.BEHIND, node)
        head = last = NOBODY
        while node != NOBODY:
            last = append(state, last, node >> bits)
            if head == NOBODY:
                head = last
            node = get(state, lay.BEHIND, node)
        while head != NOBODY:
            case = read(state, head, VALUE) >> house[lay.PLACE_BITS]
            head = strike(state, head)
            leave(house, state, case, TURNED_AWAY)
    of = get(house, lay.POOL_ERRAND, pool)
    if of < 0 or waiting or state[lay.LEFT_HOUSE] == house[lay.CASES]:
        return
    calendar = get(house, lay.POOL_CALENDAR, pool)
    while get(state, lay.FREE, pool) and not state[lay.FAULT]:
        put(state, lay.FREE, pool, get(state, lay.FREE, pool) - 1)
        number = get(state, lay.ERRANDS, pool)
        put(state, lay.ERRANDS, pool, number + 1)
        length = drawn(table, state, of, number >> 10, number & 1023)
        end = add(hours, calendar, state[lay.NOW], length)
        hold(state, OTHER_DUTY, pool, state[lay.NOW], end, -1)
        schedule(state, end, lay.BACK, pool)
    number = get(state, lay.ERRANDS, pool) + get(house, lay.POOL_CAPACITY, pool)
    wish(table, state, of, number >> 10)


@compiled
def give_out(house: IntArray, state: IntArray, desk: int) -> None:
    """Give licences to those who wait until none is left; refuse the others."""
    queue, bits = house[lay.POOLS] + desk, house[lay.SLOT_BITS]
    now = state[lay.NOW]
    while get(state, lay.HEAD, queue) != NOBODY:
        job = take_first(state, queue) >> bits
        left = get(state, lay.LICENCES, desk)
        if left:
            put(state, lay.LICENCES, desk, left - 1)
            put(state, lay.START, job, now)
            put(state, lay.END, job, now)
            schedule(state, now, lay.TAKEN_ON, job)
        else:
            leave(house, state, job >> house[lay.PLACE_BITS], REFUSED)
