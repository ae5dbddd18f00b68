"""People one by one, and teams, in the kernel that knows all of a plan.

Every function does what the one of its name does in :mod:`simulator.colleagues` or
:mod:`simulator.gathering`, in the same order. A team is a list of notes, each a pool and a
person: their place among the pool's people, or :data:`NOBODY` for one of many who are alike.
"""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.fast_gathering import first_waiting, form, late_no_more
from simulator.fast_jobs import desk_of, learnt, worked
from simulator.fast_leaving import take
from simulator.fast_queues import (
    NEXT,
    NOBODY,
    PERSON,
    VALUE,
    append,
    append_member,
    get,
    hold,
    note,
    put,
    read,
    schedule,
    strike_all,
    take_first,
    take_out,
    touch,
)
from simulator.fast_time import BEYOND, add, closing, compiled, is_open, opening
from simulator.plan_arrays import HEADER, HORIZON
from simulator.trace import Hold

TOGETHER = int(Hold.TOGETHER)


@compiled
def slot_of(house: IntArray, desk: int, pool: int) -> int:
    """Return the place of a pool among those of a desk, or -1."""
    first = get(house, lay.DESK_PEOPLE, desk)
    for slot in range(first, get(house, lay.DESK_PEOPLE, desk + 1)):
        if get(house, lay.PEOPLE, slot) == pool:
            return slot - first
    return -1


@compiled
def is_one_by_one(house: IntArray, pool: int) -> bool:
    """Return whether a pool's people keep hours of their own."""
    return get(house, lay.POOL_SHIFTS, pool) < get(house, lay.POOL_SHIFTS, pool + 1)


@compiled
def open_now(hours: IntArray, state: IntArray, calendar: int) -> bool:
    """Return whether a calendar is open now."""
    now_open = is_open(hours, calendar, state[lay.NOW])
    if now_open == BEYOND:
        state[lay.FAULT] = lay.IS_BEYOND
    return now_open == 1


@compiled
def is_present(house: IntArray, hours: IntArray, state: IntArray, each: int) -> bool:
    """Return whether somebody, by the place among all people, is there and free."""
    if get(state, lay.BUSY, each):
        return False
    return open_now(hours, state, get(house, lay.PERSON_CALENDAR, each))


@compiled
def has_skill(house: IntArray, each: int, desk: int) -> bool:
    """Return whether somebody may serve a desk."""
    one, beyond = get(house, lay.PERSON_SKILLS, each), get(house, lay.PERSON_SKILLS, each + 1)
    for at in range(one, beyond):
        if get(house, lay.SKILLS, at) == desk:
            return True
    return one == beyond


@compiled
def barred_from(house: IntArray, state: IntArray, pool: int, job: int, desk: int) -> int:
    """Return who of a pool may not take a file because he had it at another desk, or -1."""
    other = get(house, lay.DESK_OTHER, desk)
    if other < 0:
        return NOBODY
    slot = slot_of(house, other, pool)
    if slot < 0:
        return NOBODY
    return get(state, lay.TOOK, (job + other - desk) << house[lay.SLOT_BITS] | slot) - 1


@compiled
def quickest(
    house: IntArray, hours: IntArray, state: IntArray, pool: int, job: int, desk: int, what: int
) -> int:
    """Return who would be done first of those who are there and may take a file, or NOBODY.

    People who are marked in the list ``what`` of the state are left out.
    """
    now = state[lay.NOW]
    one, beyond = get(house, lay.POOL_SHIFTS, pool), get(house, lay.POOL_SHIFTS, pool + 1)
    barred = barred_from(house, state, pool, job, desk)
    work, finishes = learnt(house, state, job, desk, now), get(house, lay.DESK_FINISHES, desk)
    best, until = NOBODY, 0
    for each in range(one, beyond):
        if get(state, what, each) or each - one == barred:
            continue
        if not is_present(house, hours, state, each) or not has_skill(house, each, desk):
            continue
        if finishes:
            return each - one
        end = add(hours, get(house, lay.PERSON_CALENDAR, each), now, work)
        if end == BEYOND:
            state[lay.FAULT] = lay.IS_BEYOND
        if best == NOBODY or end < until:
            best, until = each - one, end
    return best


@compiled
def serve_colleagues(house: IntArray, hours: IntArray, state: IntArray, pool: int) -> None:
    """Let everybody who is present and free take a file."""
    bits = house[lay.SLOT_BITS]
    one, beyond = get(house, lay.POOL_SHIFTS, pool), get(house, lay.POOL_SHIFTS, pool + 1)
    for each in range(one, beyond):
        put(state, lay.SPOKEN_FOR, each, 0)
    before, node = NOBODY, get(state, lay.HEAD, pool)
    while node != NOBODY and not state[lay.FAULT]:
        anybody = False
        for each in range(one, beyond):
            if not get(state, lay.SPOKEN_FOR, each) and is_present(house, hours, state, each):
                anybody = True
        if not anybody:
            break
        job = node >> bits
        desk = desk_of(house, state, job)
        person = quickest(house, hours, state, pool, job, desk, lay.SPOKEN_FOR)
        if person == NOBODY:
            before = node
        elif not begin_together(house, hours, state, job, desk):
            put(state, lay.SPOKEN_FOR, one + person, 1)
            before = node
        node = get(state, lay.HEAD, pool) if before == NOBODY else get(state, lay.BEHIND, before)
    if get(state, lay.HEAD, pool) != NOBODY:
        wait_for_opening(house, hours, state, pool)


@compiled
def offer(house: IntArray, hours: IntArray, state: IntArray, pool: int, job: int) -> int:
    """Return who would take a file once those before it are served, or NOBODY."""
    bits = house[lay.SLOT_BITS]
    one = get(house, lay.POOL_SHIFTS, pool)
    for each in range(one, get(house, lay.POOL_SHIFTS, pool + 1)):
        put(state, lay.OFFERED, each, 0)
    node = get(state, lay.HEAD, pool)
    while node != NOBODY:
        other = node >> bits
        desk = desk_of(house, state, other)
        person = quickest(house, hours, state, pool, other, desk, lay.OFFERED)
        if other == job:
            return person
        if person != NOBODY:
            put(state, lay.OFFERED, one + person, 1)
        node = get(state, lay.BEHIND, node)
    return NOBODY


@compiled
def begin_together(house: IntArray, hours: IntArray, state: IntArray, job: int, desk: int) -> bool:
    """Let work begin that people one by one take part in, if all whom it needs are there."""
    bits = house[lay.SLOT_BITS]
    one, beyond = get(house, lay.DESK_PEOPLE, desk), get(house, lay.DESK_PEOPLE, desk + 1)
    if beyond - one > 1 and not open_now(hours, state, get(house, lay.DESK_CALENDAR, desk)):
        return False
    team = last = NOBODY
    for slot in range(one, beyond):
        pool = get(house, lay.PEOPLE, slot)
        person, comes = NOBODY, False
        if is_one_by_one(house, pool):
            person = offer(house, hours, state, pool, job)
            comes = person != NOBODY
        else:
            comes = get(state, lay.FREE, pool) > 0 and get(state, lay.HEAD, pool) >> bits == job
        if not comes:
            strike_all(state, team)
            return False
        last = append_member(state, last, pool, person)
        if team == NOBODY:
            team = last
    at = team
    for slot in range(one, beyond):
        pool, person = get(house, lay.PEOPLE, slot), read(state, at, PERSON)
        take(house, state, pool, person)
        take_out(state, pool, job << bits | slot - one)
        if person != NOBODY:
            put(state, lay.TOOK, job << bits | slot - one, person + 1)
        at = read(state, at, NEXT)
    if beyond - one > 1:
        for slot in range(one, beyond):  # who stood behind may be next there
            touch(state, get(house, lay.PEOPLE, slot))
    begin_with(house, hours, state, team, job, desk)
    return True


@compiled
def begin_with(
    house: IntArray, hours: IntArray, state: IntArray, team: int, job: int, desk: int
) -> None:
    """Let people who were taken begin, some of them people one by one."""
    now = state[lay.NOW]
    if get(house, lay.DESK_GATHERS, desk) == lay.IS_TRIP:
        set_out(house, hours, state, team, desk)
    elif get(house, lay.DESK_KEEPS, desk):
        keep(house, state, team, job)
    else:
        work = learnt(house, state, job, desk, now)
        put(state, lay.WORK, job, work)
        put(state, lay.START, job, now)
        end = end_of_work(house, hours, state, team, desk, work)
        put(state, lay.END, job, end)
        schedule(state, end, lay.TEAM_DONE, note(state, job, team))


@compiled
def keep(house: IntArray, state: IntArray, team: int, job: int) -> None:
    """Let an agent take a case on and stay with it."""
    now, case = state[lay.NOW], job >> house[lay.PLACE_BITS]
    put(state, lay.START, job, now)
    put(state, lay.END, job, now)
    last = get(state, lay.KEPT, case)
    while last != NOBODY and read(state, last, NEXT) != NOBODY:
        last = read(state, last, NEXT)
    if last == NOBODY:
        put(state, lay.KEPT, case, team)
    else:
        put(state, lay.NOTES, 4 * last + NEXT, team)
    schedule(state, now, lay.TAKEN_ON, job)


@compiled
def end_of_work(
    house: IntArray, hours: IntArray, state: IntArray, team: int, desk: int, work: int
) -> int:
    """Return when people are done who all must be there while they work."""
    now, calendar = state[lay.NOW], get(house, lay.DESK_CALENDAR, desk)
    if get(house, lay.DESK_FINISHES, desk):
        return int(now + work)
    members, one_by_one, own = 0, 0, calendar
    at = team
    while at != NOBODY:
        pool, person = read(state, at, VALUE), read(state, at, PERSON)
        members += 1
        if person != NOBODY:
            one_by_one += 1
            own = get(house, lay.PERSON_CALENDAR, get(house, lay.POOL_SHIFTS, pool) + person)
        at = read(state, at, NEXT)
    if not one_by_one or members == 1:
        return add(hours, own, now, work)
    return add_together(house, hours, state, team, calendar, work)


@compiled
def add_together(
    house: IntArray, hours: IntArray, state: IntArray, team: int, calendar: int, work: int
) -> int:
    """Return when work is done that goes on while a calendar and a team's are all open."""
    now, left = state[lay.NOW], work
    while left > 0:
        opens, closes = opening(hours, calendar, now), closing(hours, calendar, now)
        at = team
        while at != NOBODY and opens != BEYOND:
            pool, person = read(state, at, VALUE), read(state, at, PERSON)
            if person != NOBODY:
                each = get(house, lay.POOL_SHIFTS, pool) + person
                own = get(house, lay.PERSON_CALENDAR, each)
                mine = opening(hours, own, now)
                opens = BEYOND if mine == BEYOND else max(opens, mine)
                closes = min(closes, closing(hours, own, now))
            at = read(state, at, NEXT)
        if opens == BEYOND:
            return BEYOND
        if opens == now:
            stay = min(left, closes - now)
            opens, left = now + stay, left - stay
        now = opens
    return int(now)


@compiled
def wait_for_opening(house: IntArray, hours: IntArray, state: IntArray, pool: int) -> None:
    """Serve again when the next of those who are free and away comes, or a joint desk opens."""
    now, bits, comes = state[lay.NOW], house[lay.SLOT_BITS], NOBODY
    one, beyond = get(house, lay.POOL_SHIFTS, pool), get(house, lay.POOL_SHIFTS, pool + 1)
    for each in range(one, beyond):
        calendar = get(house, lay.PERSON_CALENDAR, each)
        if not get(state, lay.BUSY, each) and not open_now(hours, state, calendar):
            opens = opening(hours, calendar, now)
            if opens == BEYOND:
                state[lay.FAULT] = lay.IS_BEYOND
            if comes == NOBODY or opens < comes:
                comes = opens
    joint = False
    node = get(state, lay.HEAD, pool)
    while node != NOBODY:
        desk = desk_of(house, state, node >> bits)
        if get(house, lay.DESK_PEOPLE, desk + 1) - get(house, lay.DESK_PEOPLE, desk) > 1:
            joint = True
            comes = sooner(hours, state, get(house, lay.DESK_CALENDAR, desk), comes)
        node = get(state, lay.BEHIND, node)
    for each in range(one, beyond):
        if joint and not get(state, lay.BUSY, each):
            comes = sooner(hours, state, get(house, lay.PERSON_CALENDAR, each), comes)
    if comes != NOBODY and get(state, lay.ALARM, pool) != comes:
        put(state, lay.ALARM, pool, comes)
        schedule(state, comes, lay.TOUCH, pool)


@compiled
def sooner(hours: IntArray, state: IntArray, calendar: int, comes: int) -> int:
    """Return when a calendar opens next, after it has closed, if that is sooner."""
    at = int(state[lay.NOW])
    if open_now(hours, state, calendar):
        at = closing(hours, calendar, at)
    if worked(hours, state, calendar, at, hours[HEADER * calendar + HORIZON]):
        opens = opening(hours, calendar, at)
        if comes == NOBODY or opens < comes:
            return opens
    return comes


@compiled
def take_up(house: IntArray, state: IntArray, place: int, most: int) -> int:
    """Take up the first who wait at a gathering; return their list."""
    queue, bits = house[lay.POOLS] + place, house[lay.SLOT_BITS]
    taken = last = NOBODY
    for _ in range(min(most, get(state, lay.LONG, queue))):
        last = append(state, last, take_first(state, queue) >> bits)
        if taken == NOBODY:
            taken = last
    return taken


@compiled
def set_out(house: IntArray, hours: IntArray, state: IntArray, team: int, desk: int) -> None:
    """Let a crew leave with the first cases; all come back together."""
    now, place = state[lay.NOW], get(house, lay.DESK_PLACE, desk)
    put(state, lay.FIRST_OF_TRIP, place, NOBODY)
    work = get(house, lay.DESK_TRAVEL, place)
    taken = take_up(house, state, place, get(house, lay.DESK_LENGTH, place))
    at = taken
    while at != NOBODY:
        job = read(state, at, VALUE)
        late_no_more(state, job, place)
        if at == taken or get(house, lay.DESK_EACH, place):
            work += get(state, lay.WORK, job)
        at = read(state, at, NEXT)
    end = end_of_work(house, hours, state, team, desk, work)
    at = taken
    while at != NOBODY:
        put(state, lay.START, read(state, at, VALUE), now)
        put(state, lay.END, read(state, at, VALUE), end)
        at = read(state, at, NEXT)
    at = team
    while at != NOBODY:
        hold(state, TOGETHER, read(state, at, VALUE), now, end, -1)
        at = read(state, at, NEXT)
    schedule(state, end, lay.RISE, note(state, taken, team))
    form(house, state, place)


@compiled
def crew_of(house: IntArray, state: IntArray, desk: int) -> int:
    """Return the team of a desk whose people are all alike."""
    team = last = NOBODY
    for slot in range(get(house, lay.DESK_PEOPLE, desk), get(house, lay.DESK_PEOPLE, desk + 1)):
        last = append_member(state, last, get(house, lay.PEOPLE, slot), NOBODY)
        if team == NOBODY:
            team = last
    return team


@compiled
def member(house: IntArray, hours: IntArray, state: IntArray, pool: int, desk: int) -> int:
    """Return who of a pool comes to a sitting: a person, NOBODY for one of many, or -2 for none."""
    one, beyond = get(house, lay.POOL_SHIFTS, pool), get(house, lay.POOL_SHIFTS, pool + 1)
    for each in range(one, beyond):
        if is_present(house, hours, state, each) and has_skill(house, each, desk):
            return each - one
    return NOBODY if one == beyond and get(state, lay.FREE, pool) else -2


@compiled
def sit(house: IntArray, hours: IntArray, state: IntArray, place: int) -> int:
    """Hold a sitting if enough members are free; return the first who still waits."""
    now = state[lay.NOW]
    present = last = NOBODY
    number = 0
    for slot in range(get(house, lay.DESK_PEOPLE, place), get(house, lay.DESK_PEOPLE, place + 1)):
        pool = get(house, lay.PEOPLE, slot)
        person = member(house, hours, state, pool, place)
        if person > -2:
            number += 1
            last = append_member(state, last, pool, person)
            if present == NOBODY:
                present = last
    if number < get(house, lay.DESK_QUORUM, place):
        strike_all(state, present)
        return first_waiting(house, state, place)
    taken = take_up(house, state, place, get(house, lay.DESK_SLOTS, place))
    calendar = get(house, lay.DESK_CALENDAR, place)
    end = add(hours, calendar, now, get(house, lay.DESK_LENGTH, place))
    at = taken
    while at != NOBODY:
        put(state, lay.START, read(state, at, VALUE), now)
        put(state, lay.END, read(state, at, VALUE), end)
        at = read(state, at, NEXT)
    at = present
    while at != NOBODY:
        take(house, state, read(state, at, VALUE), read(state, at, PERSON))
        hold(state, TOGETHER, read(state, at, VALUE), now, end, -1)
        at = read(state, at, NEXT)
    schedule(state, end, lay.RISE, note(state, taken, present))
    return first_waiting(house, state, place)
