"""The way of a case in the kernel that knows all of a plan.

Every function does what the one of its name does in :mod:`simulator.simpy_engine`, in the
same order. The arguments that all share: ``house``, ``hours``, ``chances`` and ``table`` say
what the plan is and what is drawn, ``state`` what has happened (:mod:`simulator.fast_layout`).
Jobs to be reached stand on a stack in the state, and as ``~job`` those that pass on; ``top``
says how many. Each step of the way is compiled in one place only, or compiling takes minutes.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import DONE, REFUSED, IntArray
from simulator.draws import LEFT, LEFT_UNTIL, ROUTE, FloatArray
from simulator.fast_gathering import come_together, rank, stand, strike_off
from simulator.fast_jobs import desk_of, learnt, let_pass, step_place, worked
from simulator.fast_leaving import (
    FINISHED,
    LEAVES_WITHDRAWN,
    finish,
    inspect,
    let_leave,
    steps_open,
)
from simulator.fast_luck import drawn, luck, wish
from simulator.fast_queues import NOBODY, append, get, note, put, schedule
from simulator.fast_silence import ask, begin_step
from simulator.fast_time import BEYOND, add, compiled, opening
from simulator.trace import Outcome

LEAVES_REFUSED = int(Outcome.REFUSED)


@compiled
def reach(
    house: IntArray,
    hours: IntArray,
    chances: FloatArray,
    table: IntArray,
    state: IntArray,
    top: int,
) -> None:
    """Let cases reach desks now; whatever has no work passes on within the loop."""
    now = state[lay.NOW]
    while top:
        top -= 1
        job = get(state, lay.STACK, top)
        if job < 0:
            top = pass_on(house, hours, chances, state, ~job, top)
            continue
        desk = desk_of(house, state, job)
        if get(house, lay.DESK_SPECIAL, desk):
            left = reach_special(house, hours, chances, table, state, job, desk, top)
            if left >= 0:
                top = left
                continue
        put(state, lay.READY, job, now)
        if not get(state, lay.WORK, job):
            put(state, lay.START, job, now)
            put(state, lay.END, job, now)
            if state[lay.IS_STRICT]:
                strike_off(house, state, job, desk)
            top = let_pass(state, job, top)
        elif get(house, lay.DESK_PEOPLE, desk) < get(house, lay.DESK_PEOPLE, desk + 1):
            queue(house, hours, state, job, desk)
        else:
            at = now
            if get(house, lay.DESK_STAFFED, desk):
                at = opening(hours, get(house, lay.DESK_CALENDAR, desk), now)
            if at == BEYOND:
                state[lay.FAULT] = lay.IS_BEYOND
                return
            begin(house, hours, state, job, desk, at)


@compiled
def reach_special(
    house: IntArray, hours: IntArray, chances: FloatArray, table: IntArray, state: IntArray,
    job: int, desk: int, top: int,
) -> int:  # fmt: skip
    """Prepare a desk that is more than a queue; the new ``top`` when nothing is left to do."""
    now = state[lay.NOW]
    case, step = job >> house[lay.PLACE_BITS], get(house, lay.DESK_STEP, desk)
    if desk == get(house, lay.STEP_FIRST, step):
        if get(house, lay.STEP_CLEARED, step):
            until = steps_open(house, state, case)
            if until:
                schedule(state, until, lay.ENABLE, job)
                return top
        begin_step(house, hours, state, case, step)
    own = get(house, lay.DESK_OWN, desk)
    visit = get(state, lay.VISIT, job)
    if get(state, lay.READY, job) >= 0:
        keep_earlier(state, case, desk, visit, job)
        if not visit:
            put(state, lay.REVISITED, state[lay.REVISITS], job)
            state[lay.REVISITS] += 1
        put(state, lay.START, job, -1)
        put(state, lay.END, job, -1)
        if own >= 0:
            put(state, lay.WORK, job, drawn(table, state, own, visit, case))
        visit += 1
        put(state, lay.VISIT, job, visit)
    if own >= 0:
        wish(table, state, own, visit)
    put(state, lay.READY, job, now)
    if house[lay.SKIPS] and get(state, lay.SKIP, job):
        put(state, lay.START, job, now)
        put(state, lay.END, job, now)
        if state[lay.IS_STRICT]:
            strike_off(house, state, job, desk)
        return let_pass(state, job, top)
    kind = get(house, lay.DESK_GATHERS, desk)
    if kind == lay.IS_CONSULTATION:
        return ask(house, hours, state, job, desk, top)
    if kind == lay.IS_ZONE:
        return ask_zone(house, hours, table, state, job, desk, top)
    if kind != lay.NO_GATHERING:
        if kind == lay.IS_TRIP and not get(state, lay.WORK, job):
            return -1
        come_together(house, hours, state, job, desk, now)
        return top
    if get(house, lay.DESK_KEEPS, desk):
        queue(house, hours, state, job, desk)
        return top
    patience = get(house, lay.DESK_PATIENCE, desk)
    if patience >= 0 and get(state, lay.WORK, job):
        wish(table, state, patience, visit + 1)
        until = now + drawn(table, state, patience, visit, case)
        schedule(state, until, lay.PATIENCE_ENDS, note(state, job, now))
    if get(house, lay.DESK_LIMIT, desk) >= 0:
        leave_to_the_limit(house, hours, chances, state, job, case, desk, visit)
    return -1


@compiled
def keep_earlier(state: IntArray, case: int, desk: int, visit: int, job: int) -> None:
    """Write down a visit that another follows."""
    number = state[lay.EARLIERS]
    if number >= state[lay.MOST_EARLIER]:
        state[lay.FAULT] = lay.IS_FULL
        return
    put(state, lay.EARLIER, 6 * number, case)
    put(state, lay.EARLIER, 6 * number + 1, desk)
    put(state, lay.EARLIER, 6 * number + 2, visit)
    put(state, lay.EARLIER, 6 * number + 3, get(state, lay.READY, job))
    put(state, lay.EARLIER, 6 * number + 4, get(state, lay.START, job))
    put(state, lay.EARLIER, 6 * number + 5, get(state, lay.END, job))
    state[lay.EARLIERS] = number + 1


@compiled
def leave_to_the_limit(
    house: IntArray, hours: IntArray, chances: FloatArray, state: IntArray,
    job: int, case: int, desk: int, visit: int,
) -> None:  # fmt: skip
    """Let a file lie until shortly before its limit, if it is one of those."""
    stream = get(house, lay.DESK_STREAM, desk)
    chance = chances[get(house, lay.DESK_LIMIT_CHANCE, desk)]
    if luck(state, case, stream, visit, LEFT) >= chance:
        return
    calendar, limit = get(house, lay.DESK_CALENDAR, desk), get(house, lay.DESK_LIMIT, desk)
    step = get(house, lay.DESK_STEP, desk)
    began = get(state, lay.BEGAN, step_place(house, state, case, step))
    last = get(house, lay.DESK_LIMIT_LAST, desk)
    before = int(last * luck(state, case, stream, visit, LEFT_UNTIL))
    until = add(hours, calendar, began, max(0, limit - before))
    left = worked(hours, state, calendar, state[lay.NOW], until)
    put(state, lay.WORK, job, max(get(state, lay.WORK, job), left))


@compiled
def ask_zone(
    house: IntArray,
    hours: IntArray,
    table: IntArray,
    state: IntArray,
    job: int,
    desk: int,
    top: int,
) -> int:
    """Let a case use its zone's result, wait for it, or begin it; return the new ``top``."""
    now = state[lay.NOW]
    put(state, lay.START, job, now)
    place = get(house, lay.DESK_PLACE, desk)
    assessing = get(state, lay.ASSESSING, place)
    if not assessing and now < get(state, lay.VALID_UNTIL, place):
        put(state, lay.END, job, now)
        return let_pass(state, job, top)
    if not assessing:
        put(state, lay.ASSESSING, place, 1)
        put(state, lay.UNDER_WAY, place, NOBODY)
        put(state, lay.LAST_UNDER_WAY, place, NOBODY)
        number = get(state, lay.RESULTS, place)
        put(state, lay.RESULTS, place, number + 1)
        for other in range(house[lay.DESKS]):  # whoever asks next draws at a desk of its own
            kind = get(house, lay.DESK_GATHERS, other)
            if kind == lay.IS_ZONE and get(house, lay.DESK_PLACE, other) == place:
                wish(table, state, get(house, lay.DESK_SLOTS, other), (number + 1) >> 6)
        of = get(house, lay.DESK_SLOTS, desk)
        length = drawn(table, state, of, number >> 6, number & 63)
        end = add(hours, get(house, lay.DESK_CALENDAR, desk), now, length)
        schedule(state, end, lay.SETTLE, note(state, place, get(house, lay.DESK_LENGTH, desk)))
    last = append(state, get(state, lay.LAST_UNDER_WAY, place), job)
    put(state, lay.LAST_UNDER_WAY, place, last)
    if get(state, lay.UNDER_WAY, place) == NOBODY:
        put(state, lay.UNDER_WAY, place, last)
    return top


@compiled
def queue(house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Join the queues of all pools that the desk needs."""
    if state[lay.IS_RANKED]:
        pool = get(house, lay.PEOPLE, get(house, lay.DESK_PEOPLE, desk))
        put(state, lay.RANK, job, rank(house, hours, state, pool, job, desk))
    stand(house, state, job, desk)


@compiled
def begin(house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int, at: int) -> None:
    """Let work on a case begin and say when it will be over."""
    work = learnt(house, state, job, desk, at)
    put(state, lay.WORK, job, work)
    end = at + work
    if not get(house, lay.DESK_FINISHES, desk) and (
        not get(house, lay.DESK_ALWAYS, desk) or end > house[lay.SHORTEST]
    ):
        end = add(hours, get(house, lay.DESK_CALENDAR, desk), at, work)
    put(state, lay.START, job, at)
    put(state, lay.END, job, end)
    schedule(state, end, lay.RELEASE, job)


@compiled
def pass_on(
    house: IntArray, hours: IntArray, chances: FloatArray, state: IntArray, job: int, top: int
) -> int:
    """Stack the jobs that the end of this one makes ready now; schedule those to come."""
    bits = house[lay.PLACE_BITS]
    case = job >> bits
    desk = desk_of(house, state, job)
    if house[lay.ASKING] and get(state, lay.VOID, job):
        put(state, lay.VOID, job, 0)
        return top
    if get(state, lay.FINISH, case) >= 0 and get(state, lay.OUTCOME, case) != FINISHED:
        return top
    to = get(house, lay.DESK_AFTER, desk)
    if get(house, lay.DESK_ROUTED, desk) and not (house[lay.SKIPS] and get(state, lay.SKIP, job)):
        to = route(house, hours, chances, state, job, case, desk)
    base = get(house, lay.TYPE_DESK, get(state, lay.TYPE, case))
    if to >= 0:
        put(state, lay.STACK, top, (case << bits) + to - base)
        return top + 1
    if to == DONE and get(house, lay.DESK_ANSWERS, desk) >= 0:
        asker = get(house, lay.DESK_ANSWERS, desk)
        job += asker - desk
        left = get(state, lay.ASKED, job)
        put(state, lay.ASKED, job, max(0, left - 1))
        if left != 1:
            return top
        put(state, lay.END, job, state[lay.NOW])
        desk = asker
        after = get(house, lay.DESK_AFTER, desk)
        if after >= 0:
            put(state, lay.STACK, top, job + after - asker)
            return top + 1
    elif to == DONE and get(house, lay.DESK_FINDS, desk) >= 0:
        inspect(house, chances, state, case, desk)
    if to < DONE:
        let_leave(state, case, LEAVES_REFUSED if to == REFUSED else LEAVES_WITHDRAWN)
        return top
    step = get(house, lay.DESK_STEP, desk)
    if get(house, lay.STEP_SILENCE, step) >= 0:
        put(state, lay.OPEN, step_place(house, state, case, step), 0)
    if get(house, lay.STEP_MAIN, step):
        still = get(state, lay.OPEN_STEPS, case) - 1
        put(state, lay.OPEN_STEPS, case, still)
        if not still:
            finish(house, chances, state, case)
    now = state[lay.NOW]
    first = step_place(house, state, case, 0)
    for link in range(get(house, lay.STEP_UNLOCKS, step), get(house, lay.STEP_UNLOCKS, step + 1)):
        after = get(house, lay.UNLOCKS, link)
        place = first + after
        lag = get(house, lay.LAG, link)
        if lag:
            until = add(hours, get(house, lay.LAG_CALENDAR, link), now, lag)
            if until == BEYOND:
                state[lay.FAULT] = lay.IS_BEYOND
            put(state, lay.ENABLED, place, max(get(state, lay.ENABLED, place), until))
        missing = get(state, lay.MISSING, place) - 1
        put(state, lay.MISSING, place, missing)
        if not missing:
            ready = (case << bits) + get(house, lay.STEP_FIRST, after) - base
            enabled = get(state, lay.ENABLED, place)
            if enabled <= now:
                put(state, lay.STACK, top, ready)
                top += 1
            else:
                schedule(state, enabled, lay.ENABLE, ready)
    return top


@compiled
def route(
    house: IntArray, hours: IntArray, chances: FloatArray, state: IntArray,
    job: int, case: int, desk: int,
) -> int:  # fmt: skip
    """Return the desk that the case goes to, or how it ends."""
    visit = get(state, lay.VISIT, job)
    number = luck(state, case, get(house, lay.DESK_STREAM, desk), visit, ROUTE)
    for at in range(get(house, lay.DESK_ROUTES, desk), get(house, lay.DESK_ROUTES, desk + 1)):
        first, beyond = get(house, lay.ROUTE_CHANCES, at), get(house, lay.ROUTE_CHANCES, at + 1)
        number -= chances[min(first + visit, beyond - 1)]
        if number < 0:
            within = get(house, lay.ROUTE_WITHIN, at)
            if within:
                step = get(house, lay.DESK_STEP, desk)
                began = get(state, lay.BEGAN, step_place(house, state, case, step))
                if worked(hours, state, 0, max(0, began), state[lay.NOW]) > within:
                    return get(house, lay.DESK_AFTER, desk)
            return get(house, lay.ROUTE_TO, at)
    return get(house, lay.DESK_AFTER, desk)
