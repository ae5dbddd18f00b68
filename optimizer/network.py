"""A Plan as a scheduler sees it: one task per desk, each waiting for others.

All times are civil ticks, so every calendar counts exactly as it is kept: a task
starts at the first opening of its desk's calendar and ends when its work is done
there; a lag runs on the lag's own calendar. Nothing is rounded to days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules import Calendar
from rules.calendars import BeyondCalendar
from scenarios.plan import AMPLE, JointWork, Plan, Work

FAR = 2**60
"""A time later than every calendar."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What one task waits for: another task's end and then a lag on a calendar."""

    task: int
    lag: int = 0
    calendar: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """The work of one project at one desk.

    Attributes
    ----------
    desk : int
        Index of the desk in the plan.
    work : int
        Ticks of work on the desk's calendar; a task without work takes nobody's time
        and no opening hours: it is done when it is ready.
    calendar : int
        Index of the calendar, the first of those that are equal.
    pools : tuple of int
        Pools that give one person each from start to end; ample pools are left out.
    before, after : tuple of Wait
        What it waits for, and what waits for it.
    """

    desk: int
    work: int
    calendar: int
    pools: tuple[int, ...]
    before: tuple[Wait, ...]
    after: tuple[Wait, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The tasks of one project in topological order; every project has the same.

    Attributes
    ----------
    tasks : tuple of Task
        In topological order.
    spans : tuple of (int, int)
        For each step of the plan its first and last task.
    capacities : tuple of int
        People of each pool.
    calendars : tuple of Calendar
        The plan's calendars; index 0 counts working days.
    """

    tasks: tuple[Task, ...]
    spans: tuple[tuple[int, int], ...]
    capacities: tuple[int, ...]
    calendars: tuple[Calendar, ...]

    def lagged(self, end: int, wait: Wait) -> int:
        """Return when the lag after ``end`` is over."""
        return self.calendars[wait.calendar].add(end, wait.lag) if wait.lag else end

    def ready(self, task: int, ends: Sequence[int], release: int) -> int:
        """Return when everything the task waits for is over, given other tasks' ends."""
        moment = release
        for wait in self.tasks[task].before:
            moment = max(moment, self.lagged(ends[wait.task], wait))
        return moment

    def span(self, task: int, ready: int) -> tuple[int, int]:
        """Return start and end of the task if it starts at the first opening after ``ready``."""
        work = self.tasks[task].work
        if not work:
            return ready, ready
        calendar = self.calendars[self.tasks[task].calendar]
        start = calendar.opening(ready)
        return start, calendar.add(start, work)

    def earliest(self, release: int) -> tuple[list[int], list[int]]:
        """Return each task's start and end if nobody ever had to queue."""
        starts, ends = [0] * len(self.tasks), [0] * len(self.tasks)
        for task in range(len(self.tasks)):
            starts[task], ends[task] = self.span(task, self.ready(task, ends, release))
        return starts, ends

    def finish(self, task: int, end: int) -> int:
        """Return when the project is over if the task ends at ``end`` and nobody queues.

        Only the chains that begin at the task count; :data:`FAR` if a calendar ends before.
        """
        ends = {task: end}
        latest = end
        try:
            for later in range(task + 1, len(self.tasks)):
                waits = [wait for wait in self.tasks[later].before if wait.task in ends]
                if waits:
                    ready = max(self.lagged(ends[wait.task], wait) for wait in waits)
                    ends[later] = self.span(later, ready)[1]
                    latest = max(latest, ends[later])
        except BeyondCalendar:
            return FAR
        return latest

    def counted(self, moment: int) -> int:
        """Return the working ticks of the counting calendar before a civil tick."""
        return self.calendars[0].worked(0, moment)


def network_of(plan: Plan) -> Network:
    """Return the tasks of one project of the plan, with durations as on paper."""
    same = _first_equal(plan.calendars)
    works = {
        desk: ticks
        for step in plan.steps
        for desk, ticks in zip(step.desks, desk_ticks(plan, step.desks, step.work), strict=True)
    }
    order = [desk for step in plan.steps for desk in step.desks]
    task_of = {desk: task for task, desk in enumerate(order)}
    spans = tuple((task_of[step.desks[0]], task_of[step.desks[-1]]) for step in plan.steps)
    before: list[list[Wait]] = [[] for _ in order]
    after: list[list[Wait]] = [[] for _ in order]

    def join(first: int, second: int, lag: int = 0, calendar: int = 0) -> None:
        before[second].append(Wait(first, lag, calendar))
        after[first].append(Wait(second, lag, calendar))

    for first, last in spans:
        for task in range(first, last):
            join(task, task + 1)
    for link in plan.links:
        join(spans[link.before][1], spans[link.after][0], link.lag.ticks, same[link.lag.calendar])
    tasks = tuple(
        Task(
            desk=desk,
            work=works[desk],
            calendar=same[plan.desks[desk].calendar],
            pools=tuple(
                dict.fromkeys(p for p in plan.desks[desk].pools if plan.pools[p].capacity < AMPLE)
            )
            if works[desk]
            else (),
            before=tuple(before[task]),
            after=tuple(after[task]),
        )
        for task, desk in enumerate(order)
    )
    return Network(tasks, spans, tuple(pool.capacity for pool in plan.pools), plan.calendars)


def paper_ticks(work: Work) -> int:
    """Return the ticks of a step on paper: its own, or its rule over its members'."""
    if not isinstance(work, JointWork):
        return work.ticks
    members = {key: paper_ticks(member) for key, member in work.members}
    return int(work.rule.value(members, constant=lambda days: days * work.day_ticks))


def desk_ticks(plan: Plan, desks: Sequence[int], work: Work) -> tuple[int, ...]:
    """Return how a step's paper duration is split over its desks; see :class:`Desk`.

    Desks with times of their own are luck, not paper: they take no time.
    """
    duration = left = paper_ticks(work)
    shared = [desk for desk in desks if plan.desks[desk].own is None]
    taken = dict.fromkeys(desks, 0)
    for desk in shared[:-1]:
        asked = plan.desks[desk].fixed + duration * plan.desks[desk].share // 1000
        taken[desk] = min(left, asked)
        left -= taken[desk]
    if shared:
        taken[shared[-1]] = left
    return tuple(taken.values())


def _first_equal(calendars: Sequence[Calendar]) -> tuple[int, ...]:
    """Return for each calendar the index of the first one with the same opening hours."""
    seen: dict[tuple[tuple[int, int], ...], int] = {}
    return tuple(seen.setdefault(c.intervals, index) for index, c in enumerate(calendars))
