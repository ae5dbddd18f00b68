"""Opinions and silence that is consent in the kernel that knows all of a plan.

Every function does what the one of its name does in :mod:`simulator.silence`, in the same
order.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.fast_gathering import unqueue
from simulator.fast_jobs import desk_of, step_place
from simulator.fast_queues import get, put, schedule
from simulator.fast_time import add, compiled

STEP_BITS = 20
"""Bits of a step's number beside a case's."""


@compiled
def begin_step(house: IntArray, hours: IntArray, state: IntArray, case: int, step: int) -> None:
    """Remember when a case came to a step first, and let the limit run that silence has."""
    now, place = state[lay.NOW], step_place(house, state, case, step)
    if get(house, lay.STEP_TIMED, step) and get(state, lay.BEGAN, place) < 0:
        put(state, lay.BEGAN, place, now)
    ticks = get(house, lay.STEP_SILENCE, step)
    if ticks >= 0 and not get(state, lay.OPEN, place):
        put(state, lay.OPEN, place, 1)
        until = add(hours, get(house, lay.STEP_SILENCE_CALENDAR, step), now, ticks)
        schedule(state, until, lay.STEP_DUE, case << STEP_BITS | step)


@compiled
def ask(house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int, top: int) -> int:
    """Ask every office for its opinion."""
    now = state[lay.NOW]
    one, beyond = get(house, lay.DESK_ASKS, desk), get(house, lay.DESK_ASKS, desk + 1)
    put(state, lay.START, job, now)
    put(state, lay.ASKED, job, beyond - one)
    for at in range(one, beyond):
        put(state, lay.STACK, top, job + get(house, lay.ASKS, at) - desk)
        top += 1
    silence = get(house, lay.DESK_LENGTH, desk)
    if silence:
        until = add(hours, get(house, lay.DESK_CALENDAR, desk), now, silence)
        schedule(state, until, lay.ASK_DUE, job)
    return top


@compiled
def cut(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """End what is not over yet."""
    now, end, start = state[lay.NOW], get(state, lay.END, job), get(state, lay.START, job)
    if get(state, lay.READY, job) < 0 or 0 <= end <= now:
        return
    if start < 0:
        unqueue(house, state, job, desk)
        put(state, lay.END, job, now)
        return
    put(state, lay.VOID, job, 1)
    if not get(house, lay.DESK_STAFFED, desk):
        put(state, lay.START, job, min(start, now))
        put(state, lay.END, job, now)


@compiled
def stay_silent(house: IntArray, state: IntArray, job: int) -> int:
    """Take silence for consent at a consultation; return how many jobs are stacked."""
    case, desk = job >> house[lay.PLACE_BITS], desk_of(house, state, job)
    if not get(state, lay.ASKED, job) or get(state, lay.FINISH, case) >= 0:
        return 0
    put(state, lay.ASKED, job, 0)
    put(state, lay.END, job, state[lay.NOW])
    for at in range(get(house, lay.DESK_ASKS, desk), get(house, lay.DESK_ASKS, desk + 1)):
        asked = get(house, lay.ASKS, at)
        cut(house, state, job + asked - desk, asked)
    for answers in range(house[lay.DESKS]):
        if get(house, lay.DESK_ANSWERS, answers) == desk:
            cut(house, state, job + answers - desk, answers)
    put(state, lay.STACK, 0, job + get(house, lay.DESK_DEEMED, desk) - desk)
    return 1


@compiled
def end_step(house: IntArray, state: IntArray, case: int, step: int) -> int:
    """Take silence for consent in a step; return how many jobs are stacked."""
    place = step_place(house, state, case, step)
    if not get(state, lay.OPEN, place):
        return 0
    put(state, lay.OPEN, place, 0)
    if get(state, lay.FINISH, case) >= 0:
        return 0
    base = get(house, lay.TYPE_DESK, get(state, lay.TYPE, case))
    first = (case << house[lay.PLACE_BITS]) - base
    for desk in range(get(house, lay.STEP_DESKS, step), get(house, lay.STEP_LAST, step) + 1):
        cut(house, state, first + desk, desk)
    put(state, lay.STACK, 0, first + get(house, lay.STEP_SILENCE_DESK, step))
    return 1
