"""The compiled engine's heart: one replication on arrays, by the rules of the SimPy engine.

The rules are those of :mod:`simulator.simpy_engine`. How they are kept here:

- The clock runs over a heap of (tick, what) and over the arrivals, which are sorted already
  and so need no place in the heap.
- A job, one case at one desk, goes by its name, ``case << CASE | desk << DESK``: shifts
  take less time than divisions. Its place in the tables is ``case * width + desk``.
- What happens is a number: four times a job's name, plus :data:`RELEASE` or :data:`ENABLE`,
  or four times a pool plus :data:`OPENS`.
- A pool's queue is a linked list, because those who join are almost always the last in the
  order of (ready, case, desk). A job that needs several pools stands in one list for each,
  in the k-th by its name plus k, so that ``behind`` has a place for each.
- Pools are served when the round's last event is over.
- A case stands in the tables at its number, or in a ring of them at its last bits, where cases
  come in parts (:mod:`simulator.fast_stream`); the kernel is left and entered again between
  two parts.

Numba compiles this file at its first use and keeps the machine code on disk.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from scenarios.plan import IntArray
from simulator.fast_tables import ALARMS, NOBODY, SIZE, TOUCHES, Pending, Tables
from simulator.fast_time import BEYOND, DAY, add, compiled, opening, sources_of
from simulator.plan_arrays import DESK_BITS, POOL_BITS, House

MODULES = ("fast_kernel", "fast_tables", "fast_time", "plan_arrays")
"""Whatever numbers and functions the machine code holds come from these."""

RELEASE, ENABLE, OPENS = 0, 1, 2
NEVER = 2**63 - 1
CASE, DESK = POOL_BITS + DESK_BITS, POOL_BITS
"""Where in a job's name the numbers of the case and the desk begin."""
POOLS_OF_DESK, DESKS = (1 << POOL_BITS) - 1, (1 << DESK_BITS) - 1

GIVEN_UP, LEFT_OFF, PLAYED = range(3)
"""How the kernel leaves off: work does not end (or there is too little room, which should not
happen); more cases are to be given; the end."""


@compiled
def push(ticks: IntArray, whats: IntArray, size: int, tick: int, what: int) -> None:
    """Put an event into a heap of so many."""
    at = size
    while at:
        above = (at - 1) >> 1
        if ticks[above] < tick or (ticks[above] == tick and whats[above] <= what):
            break
        ticks[at], whats[at] = ticks[above], whats[above]
        at = above
    ticks[at], whats[at] = tick, what


@compiled
def drop_first(ticks: IntArray, whats: IntArray, size: int) -> None:
    """Take the first event out of a heap of so many."""
    last = size - 1
    at, below = 0, 1
    # down the side of whoever is first, then up with the last event: it seldom goes far
    while below < last:
        one, other = ticks[below], ticks[below + 1]
        if one != other:  # as a number, because a branch would be guessed wrong half the time
            below += int(other < one)
        elif whats[below + 1] < whats[below]:
            below += 1
        ticks[at], whats[at] = ticks[below], whats[below]
        at, below = below, 2 * below + 1
    push(ticks, whats, at, ticks[last], whats[last])


@compiled
def place_of(name: int, width: int, jobs: int, ring: int) -> int:
    """Return where a job, or its k-th place in a queue, stands in the tables."""
    job = (name >> CASE & ring) * width + (name >> DESK & DESKS)
    return job + (name & POOLS_OF_DESK) * jobs


def _kernel(sources: str) -> Callable[..., int]:
    """Return the kernel; code that is kept on disk is used only for the same sources."""

    def replicate(
        house: House,
        hours: IntArray,
        comes: IntArray,
        who: IntArray,
        ring: int,
        tables: Tables,
        pending: Pending,
    ) -> int:
        """Run cases to their end; see :data:`GIVEN_UP` for what is returned.

        Parameters
        ----------
        comes, who : array of shape (cases,)
            Instants of arrival in order, and which case comes. Where ``comes`` is one longer
            the last is the arrival of the next part of the cases, up to which is played.
        ring : int
            Which bits of a case's number are its place in the tables; -1: all.
        tables, pending
            As :func:`tables_of` and :func:`pending_of` make them, or the last call left them.
        """
        if not sources:
            return GIVEN_UP
        # as locals: whatever is taken out of the tuple in the loop would be counted each time
        work, skip, ready, start, end = (
            tables.work,
            tables.skip,
            tables.ready,
            tables.start,
            tables.end,
        )
        finish, missing, enabled = tables.finish, tables.missing, tables.enabled
        open_steps, behind = tables.open_steps, tables.behind
        width, steps, jobs, cases = house.width, house.steps, work.size, who.size
        desk_step, desk_after, desk_calendar = (
            house.desk_step,
            house.desk_after,
            house.desk_calendar,
        )
        desk_staffed, desk_always = house.desk_staffed, house.desk_always
        desk_finishes, desk_learns = house.desk_finishes, house.desk_learns
        desk_people, people = house.desk_people, house.people
        step_first, step_main, step_unlocks = house.step_first, house.step_main, house.step_unlocks
        roots, unlocks, lag, lag_calendar = (
            house.roots,
            house.unlocks,
            house.lag,
            house.lag_calendar,
        )
        learning, shortest = house.learning, house.shortest
        skips = skip.size > 0
        free, first, last = pending.free, pending.first, pending.last
        last_came, last_before, alarm = pending.last_came, pending.last_before, pending.alarm
        touched, is_touched = pending.touched, pending.is_touched
        ticks, whats, numbers = pending.ticks, pending.whats, pending.numbers
        size, touches, alarms = numbers[SIZE], numbers[TOUCHES], numbers[ALARMS]
        # no event finds the heap full: see pending_of
        most = ticks.size - (jobs + jobs // max(1, width) * steps)
        come = 0
        next_come = comes[0] if comes.size else NEVER
        # jobs of one case to reach, or to pass on from as ~job; the next is on top
        stack = np.empty(2 * width + 2, dtype=np.int64)

        while size or come < comes.size:
            top = 0
            if size and ticks[0] <= next_come:
                now, what = ticks[0], whats[0]
                drop_first(ticks, whats, size)
                size -= 1
                about, kind = what >> 2, what & 3
                if kind == RELEASE:
                    desk = about >> DESK & DESKS
                    for slot in range(desk_people[desk], desk_people[desk + 1]):
                        pool = people[slot]
                        free[pool] += 1
                        if first[pool] != NOBODY and not is_touched[pool]:
                            touched[touches] = pool
                            touches += 1
                            is_touched[pool] = 1
                    stack[0] = ~about
                    top = 1
                elif kind == ENABLE:
                    stack[0] = about
                    top = 1
                else:
                    alarms -= 1
                    if not is_touched[about]:
                        touched[touches] = about
                        touches += 1
                        is_touched[about] = 1
            elif come == cases:
                numbers[SIZE], numbers[TOUCHES], numbers[ALARMS] = size, touches, alarms
                return LEFT_OFF
            else:
                now = next_come
                for root in range(roots.size - 1, -1, -1):
                    stack[top] = who[come] << CASE | roots[root] << DESK
                    top += 1
                come += 1
                next_come = comes[come] if come < comes.size else NEVER

            while top:
                top -= 1
                name = stack[top]
                is_done = name < 0
                if is_done:
                    name = ~name
                case, desk = name >> CASE, name >> DESK & DESKS
                seat = case & ring
                job = seat * width + desk
                if not is_done:
                    ready[job] = now
                    one, beyond = desk_people[desk], desk_people[desk + 1]
                    if not work[job] or (skips and skip[job]):
                        start[job] = end[job] = now
                    elif one < beyond:
                        for slot in range(one, beyond):
                            pool, entry = people[slot], name + slot - one
                            place = (slot - one) * jobs + job
                            if last[pool] == NOBODY:
                                first[pool] = last[pool] = entry
                                last_came[pool], last_before[pool] = now, NOBODY
                                behind[place] = NOBODY
                            elif last_came[pool] < now or last[pool] < entry:
                                if last_came[pool] < now:
                                    last_came[pool], last_before[pool] = now, last[pool]
                                behind[place_of(last[pool], width, jobs, ring)] = entry
                                behind[place] = NOBODY
                                last[pool] = entry
                            else:  # somebody who stands behind came at this very instant too
                                before, after = last_before[pool], first[pool]
                                if before != NOBODY:
                                    after = behind[place_of(before, width, jobs, ring)]
                                while after < entry:
                                    before, after = (
                                        after,
                                        behind[place_of(after, width, jobs, ring)],
                                    )
                                if before == NOBODY:
                                    first[pool] = entry
                                else:
                                    behind[place_of(before, width, jobs, ring)] = entry
                                behind[place] = after
                            if free[pool] and not is_touched[pool]:
                                touched[touches] = pool
                                touches += 1
                                is_touched[pool] = 1
                        continue
                    else:
                        at = now
                        if desk_staffed[desk]:
                            at = opening(hours, desk_calendar[desk], now)
                            if at == BEYOND:
                                return GIVEN_UP
                        if desk_learns[desk]:
                            work[job] = (
                                work[job] * learning[min(at // DAY, learning.size - 1)] // 1000
                            )
                        until = at + work[job]
                        if not desk_finishes[desk] and (not desk_always[desk] or until > shortest):
                            until = add(hours, desk_calendar[desk], at, work[job])
                            if until == BEYOND:
                                return GIVEN_UP
                        start[job], end[job] = at, until
                        push(ticks, whats, size, until, name << 2 | RELEASE)
                        size += 1
                        continue
                # the job is done
                if desk_after[desk] >= 0:
                    stack[top] = case << CASE | desk_after[desk] << DESK
                    top += 1
                    continue
                step = desk_step[desk]
                if step_main[step]:
                    open_steps[seat] -= 1
                    if not open_steps[seat]:
                        finish[seat] = now
                for link in range(step_unlocks[step + 1] - 1, step_unlocks[step] - 1, -1):
                    after = unlocks[link]
                    place = seat * steps + after
                    if lag[link]:
                        until = add(hours, lag_calendar[link], now, lag[link])
                        if until == BEYOND:
                            return GIVEN_UP
                        enabled[place] = max(enabled[place], until)
                    missing[place] -= 1
                    if not missing[place]:
                        entry = case << CASE | step_first[after] << DESK
                        if not enabled.size or enabled[place] <= now:
                            stack[top] = entry
                            top += 1
                        else:
                            push(ticks, whats, size, enabled[place], entry << 2 | ENABLE)
                            size += 1

            if not touches or (size and ticks[0] == now) or next_come == now:
                continue
            while touches:
                touches -= 1
                pool = touched[touches]
                is_touched[pool] = 0
                while first[pool] != NOBODY:
                    name = first[pool] & ~POOLS_OF_DESK
                    desk = name >> DESK & DESKS
                    one, beyond = desk_people[desk], desk_people[desk + 1]
                    is_next = True
                    for slot in range(one, beyond):
                        each = people[slot]
                        if not free[each] or first[each] != name + slot - one:
                            is_next = False
                    if not is_next:
                        break
                    if not desk_always[desk]:
                        opens = opening(hours, desk_calendar[desk], now)
                        if opens == BEYOND:
                            return GIVEN_UP
                        if opens > now:
                            if alarm[pool] != opens:
                                if alarms == most:
                                    return GIVEN_UP
                                alarms += 1
                                alarm[pool] = opens
                                push(ticks, whats, size, opens, pool << 2 | OPENS)
                                size += 1
                            break
                    job = (name >> CASE & ring) * width + desk
                    for slot in range(one, beyond):
                        each, entry = people[slot], name + slot - one
                        free[each] -= 1
                        second = behind[(slot - one) * jobs + job]
                        first[each] = second
                        if last_before[each] == entry:
                            last_before[each] = NOBODY
                        if second == NOBODY:
                            last[each] = NOBODY
                        elif each != pool and not is_touched[each]:
                            touched[touches] = each  # who stood behind may be next there
                            touches += 1
                            is_touched[each] = 1
                    if desk_learns[desk]:
                        work[job] = work[job] * learning[min(now // DAY, learning.size - 1)] // 1000
                    until = now + work[job]
                    if not desk_finishes[desk] and (not desk_always[desk] or until > shortest):
                        until = add(hours, desk_calendar[desk], now, work[job])
                        if until == BEYOND:
                            return GIVEN_UP
                    start[job], end[job] = now, until
                    push(ticks, whats, size, until, name << 2 | RELEASE)
                    size += 1
        return PLAYED

    made: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(replicate)
    return made


replicate = _kernel(sources_of(MODULES))
