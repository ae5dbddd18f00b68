"""When each project may be at which desk: a schedule with its bound.

Heuristic first, then bounds, then the solver: priority rules find a schedule in
milliseconds, two arguments bound it, and CP-SAT closes the gap in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from optimizer.bounds import lower_bound
from optimizer.effort import Progress
from optimizer.model import ScheduleError, solve
from optimizer.network import Network, network_of
from optimizer.warm_start import Timetable, priority_schedule, serial_schedule
from rules.calendars import BeyondCalendar
from scenarios.plan import Plan

_PLACEMENTS_A_SECOND = 15_000
"""Effort of the heuristic for each second allowed, about a fifth of it."""

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When every step of every project starts and ends, and how good that is.

    Attributes
    ----------
    plan : str
        The plan's key.
    status : str
        ``optimal``: makespan equals bound. ``feasible``: a shorter one may exist.
        ``infeasible`` and ``unknown`` are kept for deadlines; a plan without them
        always has a schedule.
    makespan, bound : Fraction
        Working days of the counting calendar from the plan's first day until the last
        project is over, and the number of them that no schedule can undercut.
    makespan_ticks, bound_ticks : int
        The same in working ticks.
    step_keys : tuple of str
        Keys of the steps, in the order of ``starts``.
    releases : tuple of int
        Civil tick at which each project may begin.
    starts, ends : tuple of tuple of int
        Civil ticks by project and step.
    desk_starts, desk_ends : tuple of tuple of int
        Civil ticks by project and desk of the plan.
    desk_steps : tuple of int
        Step of each desk.
    desk_pools : tuple of tuple of str
        Keys of the pools that each desk asks for people.
    start_days : tuple of tuple of Fraction
        Working days of the counting calendar before each start, by project and step.
    seconds : float
        Time spent: of the clock, or with ``deterministic`` the solver's own measure.
    seed, workers : int
        What the search was started with.
    method : str
        ``priority rule`` or ``cp-sat``: what found the schedule.
    deterministic : bool
        Whether the same input, seed and version give the same document.
    interrupted : bool
        Whether Ctrl-C ended the search.
    """

    plan: str
    status: Status
    makespan: Fraction
    bound: Fraction
    makespan_ticks: int
    bound_ticks: int
    step_keys: tuple[str, ...]
    releases: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    ends: tuple[tuple[int, ...], ...]
    desk_starts: tuple[tuple[int, ...], ...]
    desk_ends: tuple[tuple[int, ...], ...]
    desk_steps: tuple[int, ...]
    desk_pools: tuple[tuple[str, ...], ...]
    start_days: tuple[tuple[Fraction, ...], ...]
    seconds: float
    seed: int
    workers: int
    method: str
    deterministic: bool
    interrupted: bool = False

    @property
    def projects(self) -> int:
        """Number of projects."""
        return len(self.starts)

    @property
    def gap(self) -> float:
        """How much shorter a schedule could be at best, as a share of the makespan."""
        if not self.makespan_ticks:
            return 0.0
        return (self.makespan_ticks - self.bound_ticks) / self.makespan_ticks

    def order(self) -> dict[str, tuple[tuple[int, str], ...]]:
        """Return for each pool its work in the order in which it starts.

        A project's number and a step's key for each desk of the pool: a dispatch list,
        by which the schedule can be tried where durations are not those on paper.
        """
        found: dict[str, list[tuple[int, int, int, str]]] = {}
        for project in range(self.projects):
            for desk, pools in enumerate(self.desk_pools):
                start, end = self.desk_starts[project][desk], self.desk_ends[project][desk]
                key = self.step_keys[self.desk_steps[desk]]
                for pool in pools if start < end else ():
                    found.setdefault(pool, []).append((start, end, project, key))
        return {
            pool: tuple((project, key) for *_, project, key in sorted(entries))
            for pool, entries in sorted(found.items())
        }

    def to_json(self) -> dict[str, object]:
        """Return the schedule as plain values; days are working days.

        ``starts`` holds for each project the start of each step by its key; ``modes``
        is empty because a plan leaves no choice of how a step is done.
        """
        return {
            "plan": self.plan,
            "status": self.status,
            "makespan": _number(self.makespan),
            "bound": _number(self.bound),
            "gap": round(self.gap, 6),
            "projects": self.projects,
            "starts": [
                {key: _number(day) for key, day in zip(self.step_keys, days, strict=True)}
                for days in self.start_days
            ],
            "modes": {},
            "method": self.method,
            "seconds": round(self.seconds, 3),
            "deterministic": self.deterministic,
            "seed": self.seed,
            "workers": self.workers,
        }


def schedule(
    plan: Plan,
    projects: int = 1,
    seconds: float = 10,
    *,
    seed: int = 1,
    workers: int = 2,
    release_every: int = 0,
    deterministic: bool = False,
    tell: Callable[[Progress], None] | None = None,
) -> Schedule:
    """Return a short schedule of several projects of the same plan, and its bound.

    Durations are those on paper. A desk needs one person of each of its pools from its
    start to its end; a person who has begun stays with it overnight. Work goes on in the
    opening hours of the desk's calendar only. Lags and notices run on their own
    calendars exactly. Ample pools and desks without pools never hold anybody up.

    Parameters
    ----------
    plan : Plan
        What every project goes through.
    projects : int
        Number of projects, at least 1.
    seconds : float
        Limit for the solver. 0 leaves it out: the best priority-rule schedule is
        returned with its bound.
    seed, workers : int
        Random seed and solver threads.
    release_every : int
        Working days of the counting calendar between the projects' first possible
        starts; 0 lets all begin on the first day.
    deterministic : bool
        Read ``seconds`` as the solver's deterministic time (very roughly, half a second
        of a clock to two) and give the same answer on every run of the same version.
        A limit by the clock cannot: two runs may stop at different schedules.
    tell : callable or None
        Told makespan and bound, in whole working days, of each better schedule.

    Raises
    ------
    ScheduleError
        If a calendar ends before the schedule does, or the plan mixes calendars in a
        way that the solver cannot count exactly.
    """
    if projects < 1 or release_every < 0 or workers < 1 or seconds < 0:
        raise ValueError(
            f"projects={projects}, workers={workers}, release_every={release_every},"
            f" seconds={seconds}: at least 1 project, 1 worker, 0 days and 0 seconds"
        )
    began = time.monotonic()
    network = network_of(plan)
    try:
        counting = plan.calendars[0]
        first = counting.opening(0)
        releases = tuple(
            counting.opening(counting.add(first, number * release_every * plan.day_ticks))
            for number in range(projects)
        )
        bound = lower_bound(network, releases)
        found = priority_schedule(
            network, releases, bound, seed=seed, placements=int(seconds * _PLACEMENTS_A_SECOND)
        )
    except BeyondCalendar as error:
        raise ScheduleError(
            f"{plan.key}: {projects} projects do not end within the calendars ({error});"
            " give the scenario a later last day"
        ) from error
    method, spent, interrupted = "priority rule", 0.0, False

    def watch(makespan: int, reached: int) -> None:
        if tell is not None:
            value, least = -(-makespan // plan.day_ticks), -(-reached // plan.day_ticks)
            tell(Progress(time.monotonic() - began, value, least, "cp-sat"))

    watch(found.makespan, bound)
    if found.makespan > bound and seconds > 0:
        left = seconds if deterministic else max(0.1, seconds - (time.monotonic() - began))
        solved = solve(
            network,
            releases,
            found,
            bound,
            seconds=left,
            seed=seed,
            workers=workers,
            deterministic=deterministic,
            watch=watch,
        )
        spent, interrupted = solved.deterministic_seconds, solved.interrupted
        if solved.starts is not None:
            better = _rebuilt(network, releases, solved.starts)
            if better.makespan < found.makespan:
                method, found = "cp-sat", better
        bound = min(solved.bound, found.makespan)
    return _schedule_of(
        plan,
        network,
        found,
        releases=releases,
        bound=bound,
        seconds=spent if deterministic else time.monotonic() - began,
        seed=seed,
        workers=workers,
        method=method,
        deterministic=deterministic,
        interrupted=interrupted,
    )


def _rebuilt(
    network: Network, releases: Sequence[int], starts: Sequence[Sequence[int]]
) -> Timetable:
    """Return the timetable of the order in which a solver starts the tasks.

    It is never longer than the solver's own and cannot break a rule, so an error of the
    solver costs quality at most.
    """
    return serial_schedule(network, releases, [start for row in starts for start in row])


def _schedule_of(
    plan: Plan,
    network: Network,
    table: Timetable,
    *,
    releases: tuple[int, ...],
    bound: int,
    seconds: float,
    seed: int,
    workers: int,
    method: str,
    deterministic: bool,
    interrupted: bool,
) -> Schedule:
    by_desk = sorted(range(len(network.tasks)), key=lambda task: network.tasks[task].desk)
    starts = tuple(tuple(row[first] for first, _ in network.spans) for row in table.starts)
    day = plan.day_ticks
    return Schedule(
        plan=plan.key,
        status="optimal" if table.makespan <= bound else "feasible",
        makespan=Fraction(table.makespan, day),
        bound=Fraction(bound, day),
        makespan_ticks=table.makespan,
        bound_ticks=bound,
        step_keys=tuple(step.key for step in plan.steps),
        releases=releases,
        starts=starts,
        ends=tuple(tuple(row[last] for _, last in network.spans) for row in table.ends),
        desk_starts=tuple(tuple(row[task] for task in by_desk) for row in table.starts),
        desk_ends=tuple(tuple(row[task] for task in by_desk) for row in table.ends),
        desk_steps=tuple(desk.step for desk in plan.desks),
        desk_pools=tuple(tuple(plan.pools[pool].key for pool in desk.pools) for desk in plan.desks),
        start_days=tuple(tuple(Fraction(network.counted(t), day) for t in row) for row in starts),
        seconds=seconds,
        seed=seed,
        workers=workers,
        method=method,
        deterministic=deterministic,
        interrupted=interrupted,
    )


def _number(days: Fraction) -> int | float:
    return int(days) if days.denominator == 1 else round(float(days), 6)
