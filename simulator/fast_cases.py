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
from simulator.draws import FINDING, LEFT, LEFT_UNTIL, ROUTE, FloatArray
from simulator.fast_gathering import (
    come_together,
    drop,
    go_from_gathering,
    rank,
    stand,
    strike_off,
)
from simulator.fast_luck import drawn, luck, wish
from simulator.fast_queues import (
    NOBODY,
    PERSON,
    SINCE,
    VALUE,
    append,
    get,
    hold,
    note,
    put,
    read,
    schedule,
    strike,
    touch,
    touch_else,
)
from simulator.fast_time import BEYOND, DAY, add, compiled, open_before, opening
from simulator.trace import Hold, Outcome

FINISHED, IN_PROCESS = int(Outcome.FINISHED), int(Outcome.IN_PROCESS)
LEAVES_REFUSED, LEAVES_WITHDRAWN = int(Outcome.REFUSED), int(Outcome.WITHDRAWN)
TOGETHER = int(Hold.TOGETHER)
STEP_BITS = 20
"""Bits of a step's number beside a case's."""


@compiled
def desk_of(house: IntArray, state: IntArray, job: int) -> int:
    """Return the desk of a job."""
    bits = house[lay.PLACE_BITS]
    case = job >> bits
    return get(house, lay.TYPE_DESK, get(state, lay.TYPE, case)) + int(job - (case << bits))


@compiled
def step_place(house: IntArray, state: IntArray, case: int, step: int) -> int:
    """Return where a case's step stands in the lists by case and step."""
    of = get(state, lay.TYPE, case)
    return int(case * house[lay.STEPS]) + step - get(house, lay.TYPE_STEP, of)


@compiled
def worked(hours: IntArray, state: IntArray, calendar: int, begin: int, end: int) -> int:
    """Return the open ticks from an instant to another."""
    before, after = open_before(hours, calendar, begin), open_before(hours, calendar, end)
    if min(before, after) == BEYOND:
        state[lay.FAULT] = lay.IS_BEYOND
    return after - before


@compiled
def let_pass(state: IntArray, job: int, top: int) -> int:
    """Let a job pass on before anything else on the stack happens; return the new ``top``."""
    put(state, lay.STACK, top, ~job)
    return top + 1


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
def steps_open(house: IntArray, state: IntArray, case: int) -> int:
    """Return until when a step that asks for clearance waits, or 0."""
    if not house[lay.APPLICANTS]:
        return 0
    applicant = get(state, lay.APPLICANT, case)
    until = get(state, lay.STEPS_UNTIL, applicant)
    return until if get(state, lay.STEPS_SINCE, applicant) < state[lay.NOW] < until else 0


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
def unqueue(house: IntArray, state: IntArray, job: int, desk: int) -> None:
    """Take a job out of every queue in which it stands."""
    if get(house, lay.DESK_GATHERS, desk) == lay.NO_GATHERING:
        drop(house, state, job, desk)
    else:
        go_from_gathering(house, state, job, desk)


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
def learnt(house: IntArray, state: IntArray, job: int, desk: int, at: int) -> int:
    """Return the ticks that work takes people who begin it at a tick."""
    work = get(state, lay.WORK, job)
    if not get(house, lay.DESK_LEARNS, desk):
        return work
    day = min(at // DAY, int(house[lay.LEARNING_DAYS]) - 1)
    return work * get(house, lay.LEARNING, day) // 1000


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
