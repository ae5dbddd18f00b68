"""The kernel that knows all of a plan: one replication, by the rules of the SimPy engine.

:mod:`simulator.fast_kernel` is quicker where a plan has nothing but first-come queues, this
one plays out everything. It can be left and entered again between two instants, so draws
can be made outside when somebody needs them.

Numba compiles it at its first use and keeps the machine code on disk, for as long as none
of the modules changes that it consists of.
"""

from __future__ import annotations

from collections.abc import Callable

from numba import njit

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.draws import FloatArray
from simulator.fast_cases import reach
from simulator.fast_gathering import first_waiting, wait_no_longer
from simulator.fast_jobs import desk_of, let_pass
from simulator.fast_leaving import LEAVES_WITHDRAWN, finish, give_back, hold_up, let_leave
from simulator.fast_queues import (
    NEXT,
    NOBODY,
    PERSON,
    VALUE,
    drop_first,
    get,
    next_turn,
    put,
    read,
    schedule,
    strike,
    touch,
    touch_else,
)
from simulator.fast_serving import put_down, serve, serve_leaving
from simulator.fast_silence import STEP_BITS, end_step, stay_silent
from simulator.fast_time import OPTIONS, compiled, sources_of

Play = Callable[[IntArray, IntArray, FloatArray, IntArray, IntArray], int]
MODULES = (
    "fast_time", "fast_layout", "fast_queues", "fast_luck", "fast_uniforms", "fast_gathering",
    "fast_jobs", "fast_leaving", "fast_silence", "fast_cases", "fast_teams", "fast_serving",
    "fast_house", "plan_arrays", "philox", "draws", "trace",
)  # fmt: skip
"""Whatever numbers and functions the machine code holds come from these."""


@compiled
def enter(house: IntArray, chances: FloatArray, state: IntArray, case: int) -> int:
    """Let a case come in, to its first desks or to where it stood when the run began.

    Returns how many desks it reaches; like all functions here that stack what comes next.
    """
    of = get(state, lay.TYPE, case)
    first = case << house[lay.PLACE_BITS]
    top, stays = 0, get(house, lay.TYPE_MAIN, of) > 0
    if case < house[lay.INSIDE]:
        top = go_on(house, state, case, of)
        stays = get(state, lay.OPEN_STEPS, case) > 0
    elif stays:
        for at in range(get(house, lay.TYPE_ROOTS, of), get(house, lay.TYPE_ROOTS, of + 1)):
            put(state, lay.STACK, top, first + get(house, lay.ROOTS, at))
            top += 1
    if stays:
        return top
    finish(house, chances, state, case)
    return 0


@compiled
def go_on(house: IntArray, state: IntArray, case: int, of: int) -> int:
    """Put a case where it stood when the run began; return how many desks it reaches."""
    first_step = get(house, lay.TYPE_STEP, of)
    place = case * house[lay.STEPS] - first_step
    one, beyond = get(house, lay.INSIDE_DONE, case), get(house, lay.INSIDE_DONE, case + 1)
    for at in range(one, beyond):
        step = get(house, lay.DONE_STEPS, at)
        if not 0 <= step - first_step < get(house, lay.TYPE_STEPS, of):
            continue  # of another procedure that its facts might have led to
        still = get(state, lay.OPEN_STEPS, case) - get(house, lay.STEP_MAIN, step)
        put(state, lay.OPEN_STEPS, case, still)
        for link in range(
            get(house, lay.STEP_UNLOCKS, step), get(house, lay.STEP_UNLOCKS, step + 1)
        ):
            after = place + get(house, lay.UNLOCKS, link)
            put(state, lay.MISSING, after, get(state, lay.MISSING, after) - 1)
    top = 0
    for step in range(first_step, first_step + get(house, lay.TYPE_STEPS, of)):
        is_done = False
        for at in range(one, beyond):
            if get(house, lay.DONE_STEPS, at) == step:
                is_done = True
        if not is_done and not get(state, lay.MISSING, place + step):
            desk = get(house, lay.STEP_FIRST, step) - get(house, lay.TYPE_DESK, of)
            put(state, lay.STACK, top, (case << house[lay.PLACE_BITS]) + desk)
            top += 1
    return top


@compiled
def arrive(house: IntArray, state: IntArray) -> int:
    """Let the next case come to the door, and the one after it be awaited; return who enters."""
    now = state[lay.NOW]
    case = get(state, lay.WHO, state[lay.COME])
    await_next(house, state, state[lay.COME] + 1)
    if house[lay.APPLICANTS]:
        applicant = get(state, lay.APPLICANT, case)
        until = get(state, lay.HELD_UNTIL, applicant)
        if get(state, lay.HELD_SINCE, applicant) < now < until:
            schedule(state, until, lay.ENTER, case)
            return NOBODY
    return case


@compiled
def await_next(house: IntArray, state: IntArray, place: int) -> None:
    """Let the case at a place in the order of arrivals be the next that comes."""
    state[lay.COME] = place
    state[lay.COME_KEY] = -1
    if place < house[lay.CASES]:
        state[lay.COME_KEY] = next_turn(state, get(state, lay.COMES, place))


@compiled
def free_people(house: IntArray, state: IntArray, job: int) -> None:
    """Let the people of a job's desk be free again."""
    desk = desk_of(house, state, job)
    for slot in range(get(house, lay.DESK_PEOPLE, desk), get(house, lay.DESK_PEOPLE, desk + 1)):
        pool = get(house, lay.PEOPLE, slot)
        put(state, lay.FREE, pool, get(state, lay.FREE, pool) + 1)
        if get(state, lay.HEAD, pool) != NOBODY or get(house, lay.POOL_ATTENDED, pool):
            touch(state, pool)


@compiled
def let_team_go(house: IntArray, state: IntArray, team: int) -> None:
    """Let a team's people go."""
    while team != NOBODY:
        give_back(house, state, read(state, team, VALUE), read(state, team, PERSON))
        team = strike(state, team)


@compiled
def pass_all(state: IntArray, first: int, ends: bool) -> int:
    """Let a list of jobs pass on, one after another; some end only now."""
    number, at = 0, first
    while at != NOBODY:
        number += 1
        at = read(state, at, NEXT)
    top = number  # the first stands on top
    while first != NOBODY:
        job = read(state, first, VALUE)
        first = strike(state, first)
        if ends:
            put(state, lay.END, job, state[lay.NOW])
        top -= 1
        let_pass(state, job, top)
    return number


@compiled
def fall_due(state: IntArray, number: int, what: int, about: int) -> None:
    """Let a limit pass when the round is over; those that pass stand in order."""
    at = state[number]
    if at >= state[lay.MOST_LEAVINGS]:
        state[lay.FAULT] = lay.IS_FULL
        return
    state[number] = at + 1
    while at and get(state, what, at - 1) > about:
        put(state, what, at, get(state, what, at - 1))
        at -= 1
    put(state, what, at, about)
    touch_else(state)


@compiled
def happen(house: IntArray, state: IntArray, what: int, about: int) -> int:
    """Let an event happen; return how many jobs it stacks."""
    now = state[lay.NOW]
    done = NOBODY  # a job that passes on
    if what == lay.RELEASE:
        free_people(house, state, about)
        done = about
    elif what == lay.ENABLE:
        put(state, lay.STACK, 0, about)
        return 1
    elif what == lay.TOUCH:
        touch(state, about)
    elif what == lay.STRETCH:
        # work that was interrupted ends later than it was to, or has not been taken up again
        if get(state, lay.SEGMENT, about) >= 0 and get(state, lay.END, about) == now:
            put(state, lay.SEGMENT, about, -1)
            pool = get(house, lay.PEOPLE, get(house, lay.DESK_PEOPLE, desk_of(house, state, about)))
            put_down(house, state, pool, about)
            free_people(house, state, about)
            done = about
    elif what == lay.PATIENCE_ENDS:
        job = read(state, about, VALUE)
        ready = strike(state, about)
        if get(state, lay.START, job) < 0 and get(state, lay.READY, job) == ready:
            let_leave(state, job >> house[lay.PLACE_BITS], LEAVES_WITHDRAWN)
    elif what == lay.FALL_DUE:
        if first_waiting(house, state, about) != NOBODY:
            put(state, lay.MEETING_DUE, about, 1)
            touch_else(state)
    elif what == lay.RISE:
        taken = read(state, about, VALUE)
        let_team_go(house, state, strike(state, about))
        return pass_all(state, taken, False)
    elif what == lay.SETTLE:
        place = read(state, about, VALUE)
        put(state, lay.VALID_UNTIL, place, now + strike(state, about))
        put(state, lay.ASSESSING, place, 0)
        return pass_all(state, get(state, lay.UNDER_WAY, place), True)
    elif what == lay.TAKEN_ON:
        done = about
    elif what == lay.HOLD_UP:
        hold_up(state, lay.HELD_SINCE, lay.HELD_UNTIL, about, house[lay.HELD_FOR])
    elif what == lay.BACK:
        put(state, lay.FREE, about, get(state, lay.FREE, about) + 1)
        touch(state, about)
    elif what == lay.TEAM_DONE:
        done = read(state, about, VALUE)
        let_team_go(house, state, strike(state, about))
    elif what == lay.ASK_DUE:
        fall_due(state, lay.ASKED_DUES, lay.ASKED_DUE, about)
    elif what == lay.STEP_DUE:
        fall_due(state, lay.STEPS_DUES, lay.STEPS_DUE, about)
    else:  # a case waits for others on a trip no longer
        job = read(state, about, VALUE)
        wait_no_longer(house, state, job, desk_of(house, state, job), strike(state, about))
    return 0 if done == NOBODY else let_pass(state, done, 0)


def _kernel(sources: str) -> Play:
    """Return the kernel; code that is kept on disk is used only for the same sources."""

    def play(
        house: IntArray, hours: IntArray, chances: FloatArray, table: IntArray, state: IntArray
    ) -> int:
        """Run until the end or until something is lacking; see :data:`fast_layout.PLAYED`."""
        if not sources:
            return lay.IS_FULL
        if state[lay.NOW] < 0:
            state[lay.NOW] = 0
            await_next(house, state, 0)
            for pool in range(house[lay.POOLS]):
                if get(house, lay.POOL_ERRAND, pool) >= 0:
                    schedule(state, 0, lay.TOUCH, pool)
        end = house[lay.UNTIL]
        while not state[lay.FAULT]:
            if state[lay.WISHES]:
                return lay.IS_WISHING
            key = state[lay.COME_KEY]
            comes = key >= 0
            if state[lay.EVENTS] and (not comes or get(state, lay.KEYS, 0) < key):
                key, comes = get(state, lay.KEYS, 0), False
            if key < 0 or (end and key >> lay.TURN_BITS >= end):
                return lay.PLAYED
            now = key >> lay.TURN_BITS
            state[lay.NOW] = now
            case, top = NOBODY, 0
            if comes:
                case = arrive(house, state)
            else:
                what = get(state, lay.WHATS, 0)
                drop_first(state)
                kind = what & ((1 << lay.KIND_BITS) - 1)
                if kind == lay.ENTER:
                    case = what >> lay.KIND_BITS
                else:
                    top = happen(house, state, kind, what >> lay.KIND_BITS)
            if case != NOBODY:
                top = enter(house, chances, state, case)
            if top:
                reach(house, hours, chances, table, state, top)
            if not (state[lay.TOUCHES] or state[lay.ELSE_TOUCHED]):
                continue
            if state[lay.EVENTS] and get(state, lay.KEYS, 0) >> lay.TURN_BITS == now:
                continue
            if state[lay.COME_KEY] >= 0 and state[lay.COME_KEY] >> lay.TURN_BITS == now:
                continue
            if state[lay.ELSE_TOUCHED]:
                serve_leaving(house, state)
                for at in range(state[lay.ASKED_DUES]):
                    top = stay_silent(house, state, get(state, lay.ASKED_DUE, at))
                    reach(house, hours, chances, table, state, top)
                for at in range(state[lay.STEPS_DUES]):
                    due = get(state, lay.STEPS_DUE, at)
                    top = end_step(house, state, due >> STEP_BITS, due & ((1 << STEP_BITS) - 1))
                    reach(house, hours, chances, table, state, top)
                state[lay.ASKED_DUES] = state[lay.STEPS_DUES] = 0
            serve(house, hours, table, state)
        return int(state[lay.FAULT])

    types = "int64(int64[::1], int64[::1], float64[::1], int64[::1], int64[::1])"
    made: Play = njit(types, cache=True, **OPTIONS)(play)
    return made


play = _kernel(sources_of(MODULES))
