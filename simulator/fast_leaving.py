"""How cases leave the house, and what an inspection then finds, in the kernel that knows all.

Every function does what the one of its name does in :mod:`simulator.simpy_engine` or
:mod:`simulator.findings`, in the same order.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.draws import FINDING, FloatArray
from simulator.fast_gathering import strike_off, unqueue
from simulator.fast_luck import luck
from simulator.fast_queues import (
    NOBODY,
    PERSON,
    SINCE,
    VALUE,
    get,
    hold,
    put,
    read,
    schedule,
    strike,
    touch,
    touch_else,
)
from simulator.fast_time import compiled
from simulator.trace import Hold, Outcome

FINISHED = int(Outcome.FINISHED)
LEAVES_WITHDRAWN = int(Outcome.WITHDRAWN)
TOGETHER = int(Hold.TOGETHER)


@compiled
def let_leave(state: IntArray, case: int, outcome: int) -> None:
    """Let a case leave when the round is over; those who leave stand in order."""
    at = state[lay.LEAVINGS]
    if at >= state[lay.MOST_LEAVINGS]:
        state[lay.FAULT] = lay.IS_FULL
        return
    state[lay.LEAVINGS] = at + 1
    mine = case << 3 | outcome
    while at and get(state, lay.LEAVING, at - 1) > mine:
        put(state, lay.LEAVING, at, get(state, lay.LEAVING, at - 1))
        at -= 1
    put(state, lay.LEAVING, at, mine)
    touch_else(state)


@compiled
def finish(house: IntArray, chances: FloatArray, state: IntArray, case: int) -> None:
    """Let a case leave the house with its result."""
    now = state[lay.NOW]
    put(state, lay.FINISH, case, now)
    put(state, lay.OUTCOME, case, FINISHED)
    let_go(house, state, case)
    if house[lay.SUPERVISED]:
        number = luck(state, case, house[lay.INSPECTION_STREAM], 0, FINDING)
        if number < chances[house[lay.INSPECTION_CHANCE]]:
            applicant = get(state, lay.APPLICANT, case)
            schedule(state, now + house[lay.INSPECTED_AFTER], lay.HOLD_UP, applicant)


@compiled
def let_go(house: IntArray, state: IntArray, case: int) -> None:
    """Give back whoever stayed with the case."""
    state[lay.LEFT_HOUSE] += 1
    at = get(state, lay.KEPT, case)
    put(state, lay.KEPT, case, NOBODY)
    while at != NOBODY:
        pool = read(state, at, VALUE)
        hold(state, TOGETHER, pool, read(state, at, SINCE), state[lay.NOW], -1)
        give_back(house, state, pool, read(state, at, PERSON))
        at = strike(state, at)


@compiled
def give_back(house: IntArray, state: IntArray, pool: int, person: int) -> None:
    """Let somebody of a pool go: one of those who are all alike, or a certain person."""
    put(state, lay.FREE, pool, get(state, lay.FREE, pool) + 1)
    if person != NOBODY:
        put(state, lay.BUSY, get(house, lay.POOL_SHIFTS, pool) + person, 0)
    if get(state, lay.HEAD, pool) != NOBODY or get(house, lay.POOL_ATTENDED, pool):
        touch(state, pool)


@compiled
def take(house: IntArray, state: IntArray, pool: int, person: int) -> None:
    """Hold somebody of a pool."""
    put(state, lay.FREE, pool, get(state, lay.FREE, pool) - 1)
    if person != NOBODY:
        put(state, lay.BUSY, get(house, lay.POOL_SHIFTS, pool) + person, 1)


@compiled
def leave(house: IntArray, state: IntArray, case: int, outcome: int) -> None:
    """Let a case leave the house now: out of every queue."""
    if get(state, lay.FINISH, case) >= 0:
        return
    now, bits = state[lay.NOW], house[lay.PLACE_BITS]
    put(state, lay.FINISH, case, now)
    put(state, lay.OUTCOME, case, outcome)
    of = get(state, lay.TYPE, case)
    base = get(house, lay.TYPE_DESK, of)
    for place in range(get(house, lay.TYPE_DESKS, of)):
        job = (case << bits) + place
        if get(state, lay.READY, job) >= 0 > get(state, lay.START, job):
            put(state, lay.END, job, now)
            unqueue(house, state, job, base + place)
        if state[lay.IS_STRICT]:
            strike_off(house, state, job, base + place)
    for place in range(get(house, lay.TYPE_DESKS, of) * min(1, int(house[lay.ASKING]))):
        job = (case << bits) + place
        if get(state, lay.ASKED, job):
            put(state, lay.ASKED, job, 0)
            put(state, lay.END, job, now)
    let_go(house, state, case)


@compiled
def inspect(house: IntArray, chances: FloatArray, state: IntArray, case: int, desk: int) -> None:
    """Let an inspection of a decision find something, or nothing."""
    number = luck(state, case, get(house, lay.DESK_STREAM, desk), 0, FINDING)
    if number < chances[get(house, lay.DESK_FINDING_CHANCE, desk)]:
        holds = get(house, lay.DESK_FINDS, desk)
        applicant = get(state, lay.APPLICANT, case)
        if get(house, lay.DESK_AT_DOOR, desk):
            hold_up(state, lay.HELD_SINCE, lay.HELD_UNTIL, applicant, holds)
        else:
            hold_up(state, lay.STEPS_SINCE, lay.STEPS_UNTIL, applicant, holds)


@compiled
def hold_up(state: IntArray, since: int, until: int, applicant: int, ticks: int) -> None:
    """Let an applicant wait from the next tick on, or longer than he does already."""
    now, held = state[lay.NOW], get(state, until, applicant)
    if now >= held:
        put(state, since, applicant, now)
    put(state, until, applicant, max(held, now + ticks))


@compiled
def steps_open(house: IntArray, state: IntArray, case: int) -> int:
    """Return until when a step that asks for clearance waits, or 0."""
    if not house[lay.APPLICANTS]:
        return 0
    applicant = get(state, lay.APPLICANT, case)
    until = get(state, lay.STEPS_UNTIL, applicant)
    return until if get(state, lay.STEPS_SINCE, applicant) < state[lay.NOW] < until else 0
