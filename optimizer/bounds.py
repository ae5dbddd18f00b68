"""How short a schedule can be at best, by arguments that need no solver.

Both bounds go through the calendars exactly, and both hold for every schedule, so a
priority-rule schedule as short as one of them is proven shortest at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from optimizer.network import FAR, Network
from rules.calendars import BeyondCalendar

_MOST_HEADS = 80


def lower_bound(network: Network, releases: Sequence[int]) -> int:
    """Return working ticks that no schedule of these projects can undercut."""
    return max(critical_path(network, releases), pool_bound(network, releases))


def critical_path(network: Network, releases: Sequence[int]) -> int:
    """Return the working ticks until the last project is over if nobody ever queues."""
    return max(
        network.counted(max(network.earliest(release)[1], default=release))
        for release in set(releases)
    )


def pool_bound(network: Network, releases: Sequence[int]) -> int:
    """Return the bound that the busiest pool's work sets.

    Take any set of tasks of a pool. None starts before the earliest head, together they
    keep the pool busy for work / capacity, and after the one that ends last its project
    still has to run to its end. The sets tried are: tasks with a head of at least *h*
    and a tail of at least *q*, for all *h* and *q*.
    """
    return max(
        (_one_pool(network, releases, pool) for pool in range(len(network.capacities))), default=0
    )


def _one_pool(network: Network, releases: Sequence[int], pool: int) -> int:
    served: dict[int, list[int]] = {}  # a pool may work by several clocks: each has its bound
    for index, task in enumerate(network.tasks):
        if pool in task.pools:
            served.setdefault(task.calendar, []).append(index)
    return max(
        (
            _one_clock(network, releases, tasks, network.capacities[pool])
            for tasks in served.values()
        ),
        default=0,
    )


def _one_clock(
    network: Network, releases: Sequence[int], served: Sequence[int], capacity: int
) -> int:
    """Return the bound of tasks of one pool and one calendar."""
    calendar = network.calendars[network.tasks[served[0]].calendar]
    heads: dict[tuple[int, int], int] = {}
    first_ends: dict[int, int] = {}
    for release in sorted(set(releases), reverse=True):
        starts, ends = network.earliest(release)
        for task in served:
            heads[task, release] = calendar.worked(0, starts[task])
            first_ends[task] = ends[task]

    @cache
    def over(task: int, index: int) -> int:
        try:
            end = network.finish(task, calendar.add(0, index))
        except BeyondCalendar:
            return FAR
        return network.counted(end) if end < FAR else FAR

    tails = {task: network.finish(task, first_ends[task]) - first_ends[task] for task in served}
    by_tail = sorted(served, key=lambda task: -tails[task])
    best = 0
    levels = sorted(set(heads.values()))
    for head in levels[:: 1 + len(levels) // _MOST_HEADS]:
        work = 0
        inside: list[int] = []
        for task in by_tail:
            copies = sum(heads[task, release] >= head for release in releases)
            if not copies:
                continue
            work += copies * network.tasks[task].work
            inside.append(task)
            busy_until = head - (-work // capacity)
            best = max(best, min(over(last, busy_until) for last in inside))
    return best if best < FAR else 0
