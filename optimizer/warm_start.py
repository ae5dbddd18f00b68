"""Schedules by priority rules: found in milliseconds, always feasible.

Serial schedule generation takes the ready task with the best priority and gives it
the earliest time at which its people are free. Some order of the tasks always leads
to a shortest schedule, so the solver's answer too is turned into a timetable here:
whatever a solver claims, what is returned was built by these few lines.
"""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from optimizer.network import Network

Priority = Sequence[float]
"""One number for each project and task, project after project; the smallest goes first."""

_MOST_MOVES = 1_000
_STAGGERS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When every task of every project starts and ends.

    Attributes
    ----------
    starts, ends : tuple of tuple of int
        Civil ticks by project and task.
    makespan : int
        Working ticks of the counting calendar until the last task of all ends.
    """

    starts: tuple[tuple[int, ...], ...]
    ends: tuple[tuple[int, ...], ...]
    makespan: int


class _Crew:
    """The people of one pool: when each stretch of work ends and begins."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.times: list[int] = [0]
        self.busy: list[int] = [0]

    def blocked_until(self, start: int, end: int) -> int:
        """Return when the first stretch without a free person ends, or 0 if there is none."""
        i = bisect_right(self.times, start) - 1
        while i < len(self.times) and self.times[i] < end:
            if self.busy[i] >= self.capacity:
                return self.times[i + 1]
            i += 1
        return 0

    def take(self, start: int, end: int) -> None:
        first, last = self._cut(start), self._cut(end)
        for i in range(first, last):
            self.busy[i] += 1

    def _cut(self, moment: int) -> int:
        i = bisect_right(self.times, moment) - 1
        if self.times[i] == moment:
            return i
        insort(self.times, moment)
        self.busy.insert(i + 1, self.busy[i])
        return i + 1


def serial_schedule(network: Network, releases: Sequence[int], priority: Priority) -> Timetable:
    """Return the timetable that the priorities lead to.

    Parameters
    ----------
    network : Network
        The tasks of one project.
    releases : sequence of int
        Civil tick at which each project may begin.
    priority : sequence of float
        See :data:`Priority`.
    """
    tasks = network.tasks
    count = len(tasks)
    crews = {pool: _Crew(network.capacities[pool]) for task in tasks for pool in task.pools}
    starts = [[0] * count for _ in releases]
    ends = [[0] * count for _ in releases]
    missing = [len(task.before) for task in tasks] * len(releases)
    heap = [(priority[i], i) for i, number in enumerate(missing) if not number]
    heapify(heap)
    while heap:
        _, item = heappop(heap)
        project, task = divmod(item, count)
        ready = network.ready(task, ends[project], releases[project])
        start, end = network.span(task, ready)
        while blocked := max(
            (crews[pool].blocked_until(start, end) for pool in tasks[task].pools), default=0
        ):
            start, end = network.span(task, blocked)
        for pool in tasks[task].pools:
            crews[pool].take(start, end)
        starts[project][task], ends[project][task] = start, end
        for wait in tasks[task].after:
            later = project * count + wait.task
            missing[later] -= 1
            if not missing[later]:
                heappush(heap, (priority[later], later))
    return Timetable(
        tuple(map(tuple, starts)),
        tuple(map(tuple, ends)),
        network.counted(max(max(row) for row in ends)),
    )


def priority_schedule(
    network: Network, releases: Sequence[int], bound: int, *, seed: int, placements: int
) -> Timetable:
    """Return the best timetable of all rules and of small moves from the best rule.

    Stops at a timetable as short as ``bound``. The effort is a number of tasks put into
    timetables, never a time, so the same seed gives the same timetable.

    Parameters
    ----------
    placements : int
        How many tasks may be placed while moving, all tries together.
    """
    best: Timetable | None = None
    best_priority: Priority = ()
    for priority in _rules(network, releases):
        found = serial_schedule(network, releases, priority)
        if best is None or found.makespan < best.makespan:
            best, best_priority = found, priority
        if best.makespan <= bound:
            return best
    assert best is not None  # there is always a first rule
    if not any(task.pools for task in network.tasks):
        return best
    draw = random.Random(seed)
    ranks = _ranks(best_priority)
    for _ in range(min(_MOST_MOVES, placements // len(ranks))):
        moved = _moved(ranks, len(network.tasks), draw)
        found = serial_schedule(network, releases, moved)
        if found.makespan <= best.makespan:  # sideways too: most moves change nothing
            best, ranks = found, moved
            if best.makespan <= bound:
                break
    return best


def _ranks(priority: Priority) -> list[float]:
    """Return each item's place in the order, so that moves mean the same for every rule."""
    ranks = [0.0] * len(priority)
    for place, item in enumerate(sorted(range(len(priority)), key=priority.__getitem__)):
        ranks[item] = float(place)
    return ranks


def _moved(ranks: list[float], tasks: int, draw: random.Random) -> list[float]:
    """Move one project, one task of all projects, or a few single tasks to and fro."""
    moved = ranks.copy()
    kind, size = draw.random(), len(ranks)
    if kind < 0.3:
        first, step = draw.randrange(size // tasks) * tasks, draw.gauss(0, 0.1 * size)
        for item in range(first, first + tasks):
            moved[item] += step
    elif kind < 0.6:
        first, step = draw.randrange(tasks), draw.gauss(0, 0.1 * size)
        for item in range(first, size, tasks):
            moved[item] += step
    else:
        for _ in range(draw.choice((1, 2, 4))):
            moved[draw.randrange(size)] += draw.gauss(0, 0.2 * size)
    return moved


def _rules(network: Network, releases: Sequence[int]) -> Iterator[Priority]:
    """Yield the priority rules, each as numbers for all tasks of all projects."""
    tasks = range(len(network.tasks))
    projects = range(len(releases))
    heads, ends = network.earliest(releases[0])
    tails = [network.finish(task, ends[task]) - heads[task] for task in tasks]
    rest = _work_behind(network, lambda _: True)
    loads: dict[int, int] = {}
    for task in network.tasks:
        for pool in task.pools:
            loads[pool] = loads.get(pool, 0) + task.work
    busiest = max(loads, key=lambda pool: loads[pool] / network.capacities[pool], default=-1)
    queue = _work_behind(network, lambda task: busiest in network.tasks[task].pools)
    longest = max(tails) + 1

    def spread(rule: Callable[[int, int], float]) -> Priority:
        return [rule(project, task) for project in projects for task in tasks]

    yield spread(lambda _, task: -tails[task])
    yield spread(lambda project, task: project * longest - tails[task])
    for stagger in _STAGGERS:  # later projects a little later: identical ones keep out of step
        by_project = [stagger * project * longest for project in projects]
        yield [late - tail for late in by_project for tail in tails]
    yield spread(lambda project, task: releases[project] + heads[task])
    yield spread(lambda project, task: releases[project] - tails[task])
    yield spread(lambda _, task: -rest[task])
    yield spread(lambda _, task: -queue[task])
    yield spread(lambda _, task: network.tasks[task].work)
    yield spread(lambda project, task: project * longest + heads[task])


def _work_behind(network: Network, counts: Callable[[int], bool]) -> list[int]:
    """Return for each task the work of all tasks that wait for it, itself included."""
    behind: list[set[int]] = [set() for _ in network.tasks]
    for task in reversed(range(len(network.tasks))):
        behind[task] = {task}.union(*(behind[wait.task] for wait in network.tasks[task].after))
    return [sum(network.tasks[t].work for t in later if counts(t)) for later in behind]
