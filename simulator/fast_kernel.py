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

Numba compiles this file at its first use and keeps the machine code on disk.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from scenarios.plan import IntArray
from simulator.fast_time import BEYOND, DAY, add, compiled, opening, sources_of
from simulator.plan_arrays import DESK_BITS, POOL_BITS, House

MODULES = ("fast_kernel", "fast_time", "plan_arrays")
"""Whatever numbers and functions the machine code holds come from these."""

RELEASE, ENABLE, OPENS = 0, 1, 2
NOBODY = -1
NEVER = 2**63 - 1
CASE, DESK = POOL_BITS + DESK_BITS, POOL_BITS
"""Where in a job's name the numbers of the case and the desk begin."""
POOLS_OF_DESK, DESKS = (1 << POOL_BITS) - 1, (1 << DESK_BITS) - 1


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
def place_of(name: int, width: int, jobs: int) -> int:
    """Return where a job, or its k-th place in a queue, stands in the tables."""
    job = (name >> CASE) * width + (name >> DESK & DESKS)
    return job + (name & POOLS_OF_DESK) * jobs


def _kernel(sources: str) -> Callable[..., bool]:
    """Return the kernel; code that is kept on disk is used only for the same sources."""

    def replicate(
        house: House,
        hours: IntArray,
        comes: IntArray,
        who: IntArray,
        work: IntArray,
        skip: IntArray,
        ready: IntArray,
        start: IntArray,
        end: IntArray,
        finish: IntArray,
    ) -> bool:
        """Run all cases to their end; False when work does not end within the calendars.

        (Or when more is pending at once than there is room for, which should not happen.)

        Parameters
        ----------
        comes, who : array of shape (cases,)
            Instants of arrival in order, and which case comes.
        work : array of shape (jobs,)
            Ticks of each job; a job is ``case * width + desk``. Changed where people learn.
        skip : array of shape (jobs,) or empty
            1 where the desk does not concern the case.
        ready, start, end, finish : array of shape (jobs,) and (cases,)
            Filled.
        """
        if not sources:
            return False
        width, steps, jobs, cases = house.width, house.steps, work.size, comes.size
        # as locals: whatever is taken out of the tuple in the loop would be counted each time
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
        learning, shortest, needs = house.learning, house.shortest, house.needs
        skips = skip.size > 0
        missing = np.empty(cases * steps, dtype=np.int32)
        enabled = np.zeros(cases * steps if lag.any() else 0, dtype=np.int64)
        for case in range(cases):
            for step in range(steps):
                missing[case * steps + step] = needs[step]
        open_steps = np.full(cases, house.main)
        # queues: who is first and last, when the last came, and who is last of those before them
        pools = house.capacity.size
        free = house.capacity.copy()
        first, last = np.full(pools, NOBODY), np.full(pools, NOBODY)
        last_came, last_before = np.full(pools, -1), np.full(pools, NOBODY)
        most = 1
        for desk in range(width):
            most = max(most, desk_people[desk + 1] - desk_people[desk])
        behind = np.empty(most * jobs, dtype=np.int64)
        alarm = np.full(pools, -1)
        touched, is_touched, touches = np.empty(pools, dtype=np.int64), np.zeros(pools, np.bool_), 0
        # events
        # at most a release of each job, an enabling of each step, and an opening whenever another
        # comes first in a queue; memory that is not used is not taken, and arrays that grow would
        # have their users counted in the loop, which takes more time than all the rest
        most_alarms, alarms = 2 * most * jobs + pools, 0
        events = jobs + cases * steps + most_alarms
        ticks, whats, size = np.empty(events, dtype=np.int64), np.empty(events, dtype=np.int64), 0
        come = 0
        next_come = comes[0] if cases else NEVER
        # jobs of one case to reach, or to pass on from as ~job; the next is on top
        stack = np.empty(2 * width + 2, dtype=np.int64)

        while size or come < cases:
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
                            is_touched[pool] = True
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
                        is_touched[about] = True
            else:
                now = next_come
                for root in range(roots.size - 1, -1, -1):
                    stack[top] = who[come] << CASE | roots[root] << DESK
                    top += 1
                come += 1
                next_come = comes[come] if come < cases else NEVER

            while top:
                top -= 1
                name = stack[top]
                is_done = name < 0
                if is_done:
                    name = ~name
                case, desk = name >> CASE, name >> DESK & DESKS
                job = case * width + desk
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
                                behind[place_of(last[pool], width, jobs)] = entry
                                behind[place] = NOBODY
                                last[pool] = entry
                            else:  # somebody who stands behind came at this very instant too
                                before, after = last_before[pool], first[pool]
                                if before != NOBODY:
                                    after = behind[place_of(before, width, jobs)]
                                while after < entry:
                                    before, after = after, behind[place_of(after, width, jobs)]
                                if before == NOBODY:
                                    first[pool] = entry
                                else:
                                    behind[place_of(before, width, jobs)] = entry
                                behind[place] = after
                            if free[pool] and not is_touched[pool]:
                                touched[touches] = pool
                                touches += 1
                                is_touched[pool] = True
                        continue
                    else:
                        at = now
                        if desk_staffed[desk]:
                            at = opening(hours, desk_calendar[desk], now)
                            if at == BEYOND:
                                return False
                        if desk_learns[desk]:
                            work[job] = (
                                work[job] * learning[min(at // DAY, learning.size - 1)] // 1000
                            )
                        until = at + work[job]
                        if not desk_finishes[desk] and (not desk_always[desk] or until > shortest):
                            until = add(hours, desk_calendar[desk], at, work[job])
                            if until == BEYOND:
                                return False
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
                    open_steps[case] -= 1
                    if not open_steps[case]:
                        finish[case] = now
                for link in range(step_unlocks[step + 1] - 1, step_unlocks[step] - 1, -1):
                    after = unlocks[link]
                    place = case * steps + after
                    if lag[link]:
                        until = add(hours, lag_calendar[link], now, lag[link])
                        if until == BEYOND:
                            return False
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
                is_touched[pool] = False
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
                            return False
                        if opens > now:
                            if alarm[pool] != opens:
                                if alarms == most_alarms:
                                    return False
                                alarms += 1
                                alarm[pool] = opens
                                push(ticks, whats, size, opens, pool << 2 | OPENS)
                                size += 1
                            break
                    job = (name >> CASE) * width + desk
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
                            is_touched[each] = True
                    if desk_learns[desk]:
                        work[job] = work[job] * learning[min(now // DAY, learning.size - 1)] // 1000
                    until = now + work[job]
                    if not desk_finishes[desk] and (not desk_always[desk] or until > shortest):
                        until = add(hours, desk_calendar[desk], now, work[job])
                        if until == BEYOND:
                            return False
                    start[job], end[job] = now, until
                    push(ticks, whats, size, until, name << 2 | RELEASE)
                    size += 1
        return True

    made: Callable[..., bool] = njit(cache=True, nogil=True, error_model="numpy")(replicate)
    return made


replicate = _kernel(sources_of(MODULES))
