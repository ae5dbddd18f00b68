"""One office, compiled: who comes is served in order, within opening hours, by so many people."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scenarios.plan import IntArray

DAY = 86_400
MINUTE = 60

Ticks = NDArray[Any]


# inlined: a call would count the users of four arrays, which takes longer than the rest
@njit(inline="always")
def open_before(
    tick: int, starts: IntArray, ends: IntArray, before: IntArray, day_first: IntArray
) -> int:
    """Return the open ticks before a tick that the calendar covers."""
    at = day_first[tick // DAY]
    while at < ends.size and ends[at] <= tick:
        at += 1
    if at == ends.size:
        return int(before[at])
    return int(before[at] + max(0, tick - starts[at]))


@njit(cache=True, nogil=True, error_model="numpy")
def serve(
    keys: IntArray,
    bits: int,
    ready: Ticks,
    work: Ticks,
    firsts: IntArray,
    people: IntArray,
    starts: IntArray,
    ends: IntArray,
    before: IntArray,
    day_first: IntArray,
    waits: IntArray,
) -> bool:
    """Serve all who come to offices; False when work does not end within the calendar.

    Parameters
    ----------
    keys : array
        ``ready << bits | place`` of each who comes, sorted for each office: first come, first
        served.
    ready : array
        By place: when each comes; becomes when each is done.
    work : array
        By place: open ticks of work.
    firsts, people : array
        Of each office the index of its first key, with their number at the end, and how
        many people serve.
    starts, ends, before, day_first : array
        The calendar's tables.
    waits : array
        Counts, for each open minute of waiting, how many waited so long; added to.
    """
    mask = (1 << bits) - 1
    for office in range(people.size):
        staff = people[office]
        free = np.zeros(staff, dtype=np.int64)  # a heap: who is free first
        for key in keys[firsts[office] : firsts[office + 1]]:
            place = key & mask
            came, needs = key >> bits, work[place]
            if not needs:
                waits[0] += 1
                continue
            begin = max(came, free[0])
            at = day_first[begin // DAY]
            while at < ends.size and ends[at] <= begin:
                at += 1
            if at == ends.size:
                return False
            begin = max(begin, starts[at])
            opened = before[at] + begin - starts[at]
            done = begin + needs
            if done > ends[at]:
                target = opened + needs
                if target > before[ends.size]:
                    return False
                while before[at + 1] < target:
                    at += 1
                done = starts[at] + target - before[at]
            waits[(opened - open_before(came, starts, ends, before, day_first)) // MINUTE] += 1
            ready[place] = done
            # the person is free again: down the heap
            hole, below = 0, 1
            while below < staff:
                if below + 1 < staff and free[below + 1] < free[below]:
                    below += 1
                if free[below] >= done:
                    break
                free[hole] = free[below]
                hole, below = below, 2 * below + 1
            free[hole] = done
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def count_elapsed(
    arrival: Ticks,
    finish: Ticks,
    starts: IntArray,
    ends: IntArray,
    before: IntArray,
    day_first: IntArray,
    counts: IntArray,
) -> None:
    """Count, for each open minute from arrival to end, how many took so long."""
    for place in range(arrival.size):
        elapsed = open_before(finish[place], starts, ends, before, day_first)
        elapsed -= open_before(arrival[place], starts, ends, before, day_first)
        counts[elapsed // MINUTE] += 1
