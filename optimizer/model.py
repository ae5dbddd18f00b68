"""The portfolio as a CP-SAT model, with the priority-rule timetable as its hint.

Each task with people is an interval in the working time of its calendar, in units of
the greatest common measure of all times that can occur. That measure is found, not
chosen: starting from all durations and releases it takes in every value that a passage
through another calendar can yield, until nothing new comes. So the units are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optimizer.network import FAR, Network
from optimizer.passages import OVER, IntArray, Passage, Passages, bisect_last
from optimizer.running_solver import Effort, run
from optimizer.warm_start import Timetable

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_MOST_POINTS = 2_000_000
_MOST_TABLE = 4_000
_MOST_PIECES = 60_000
_WITHOUT = "; with 0 seconds the priority rules schedule it without the solver"


class ScheduleError(ValueError):
    """The plan cannot be scheduled exactly; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What the solver found.

    Attributes
    ----------
    starts : tuple of tuple of int, or None
        Civil start of every placed task by project and task; 0 for tasks that need
        nobody; None when nothing better than the hint was found.
    bound : int
        Working ticks that no schedule can undercut.
    proven : bool
        Whether the solver says that nothing is shorter than what it returned or was given.
    deterministic_seconds : float
        Work done, the same on every run with the same input and version.
    interrupted : bool
        Whether Ctrl-C ended the search.
    """

    starts: tuple[tuple[int, ...], ...] | None
    bound: int
    proven: bool
    deterministic_seconds: float
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Windows:
    """Between which working ticks each placed task can end, in units of ``measure``."""

    earliest: tuple[dict[int, int], ...]
    latest: dict[int, int]
    measure: int


def solve(
    network: Network,
    releases: Sequence[int],
    hint: Timetable,
    bound: int,
    *,
    seconds: float,
    seed: int,
    workers: int,
    deterministic: bool,
    watch: Callable[[int, int], None] | None = None,
) -> Solved:
    """Look for a timetable shorter than the hint and for a higher bound.

    Parameters
    ----------
    network : Network
        The tasks of one project.
    releases : sequence of int
        Civil tick at which each project may begin, in rising order.
    hint : Timetable
        A feasible timetable.
    bound : int
        Working ticks known to be needed.
    seconds : float
        Limit: of the clock, or of the solver's own deterministic time.
    seed, workers : int
        Random seed and number of solver threads.
    deterministic : bool
        Whether the same input must give the same answer; see :func:`optimizer.schedule`.
    watch : callable or None
        Told makespan and bound of each schedule that the solver finds, in working ticks.
    """
    from ortools.sat.python import cp_model  # heavy, and only needed here

    passages = Passages(network)
    windows = find_windows(passages, releases, hint)
    if sum(len(row) for row in windows.earliest) == 0:
        return Solved(None, hint.makespan, True, 0.0)
    model, ends = _build(passages, releases, hint, bound, windows)
    solver = cp_model.CpSolver()
    measure = windows.measure

    def told(value: float, reached: float) -> None:
        if watch is not None:
            watch(round(value) * measure, max(bound, _bound_ticks(reached, measure)))

    ended = run(model, solver, Effort(seconds, seed, workers, deterministic), told)
    if ended.ending not in ("optimal", "feasible"):
        # The hint is a schedule, so "infeasible" can only be a solver's error: claim nothing.
        reached = solver.best_objective_bound if ended.ending == "unknown" else 0.0
        return Solved(
            None, max(bound, _bound_ticks(reached, measure)), False, ended.spent, ended.interrupted
        )
    starts = [[0] * len(network.tasks) for _ in releases]
    for (project, task), end in ends.items():
        index = solver.value(end) * windows.measure - network.tasks[task].work
        calendar = passages.calendar_of(task)
        starts[project][task] = calendar.opening(calendar.add(0, index))
    return Solved(
        tuple(map(tuple, starts)),
        max(bound, _bound_ticks(solver.best_objective_bound, windows.measure)),
        ended.ending == "optimal",
        ended.spent,
        ended.interrupted,
    )


def find_windows(passages: Passages, releases: Sequence[int], hint: Timetable) -> Windows:
    """Return when placed tasks can end in a timetable no longer than the hint."""
    network = passages.network
    latest = _latest(passages, hint.makespan)
    earliest: list[dict[int, int]] = []
    measure = 0
    for release in releases:
        ends = network.earliest(release)[1]
        earliest.append({t: passages.calendar_of(t).worked(0, ends[t]) for t in passages.placed})
        measure = math.gcd(measure, *passages.from_release(release).values())
    for task in passages.placed:
        measure = math.gcd(measure, network.tasks[task].work)
    for way in passages.ways:
        measure = math.gcd(measure, way.shift or 0)
    tables = [
        (way.before, partial(passages.along, way)) for way in passages.ways if way.shift is None
    ] + [
        (first, partial(passages.after_handover, first, second))
        for first, second in passages.handovers
    ]
    before = -1
    while tables and measure != before:
        before = measure
        for task, table in tables:
            low = min(row[task] for row in earliest)
            values = table(_points(low, latest[task], measure))
            measure = math.gcd(measure, int(np.gcd.reduce(values[values < FAR], initial=0)))
    return Windows(tuple(earliest), latest, measure or 1)


def _latest(passages: Passages, makespan: int) -> dict[int, int]:
    """Return the last end of each placed task with which the makespan can be kept."""
    network = passages.network
    latest: dict[int, int] = {}
    ways: dict[int, list[Passage]] = {task: [] for task in passages.placed}
    for way in passages.ways:
        ways[way.before].append(way)
    for task in reversed(passages.placed):
        calendar = passages.calendar_of(task)
        end = calendar.total
        for way in ways[task]:
            start = makespan if way.after == OVER else latest[way.after]
            start -= 0 if way.after == OVER else network.tasks[way.after].work
            if way.shift is not None:
                end = min(end, start - way.shift)
            else:
                end = bisect_last(
                    lambda e, way=way, start=start: (  # type: ignore[misc]  # defaults bind the loop's values
                        int(passages.along(way, np.array([e], dtype=np.int64))[0]) <= start
                    ),
                    0,
                    end,
                )
        latest[task] = end
    return latest


def _points(low: int, high: int, measure: int) -> IntArray:
    """Return the multiples of the measure from ``low`` to ``high``."""
    first = -(-low // measure)
    count = high // measure - first + 1
    if count > _MOST_POINTS:
        raise ScheduleError(
            f"the plan mixes calendars and its times have only {measure} s in common,"
            f" so a task has {count} possible ends; round desks' fixed times and shares"
            f" so that they divide a working day{_WITHOUT}"
        )
    return (first + np.arange(count, dtype=np.int64)) * measure


def _build(
    passages: Passages, releases: Sequence[int], hint: Timetable, bound: int, windows: Windows
) -> tuple[cp_model.CpModel, dict[tuple[int, int], cp_model.IntVar]]:
    from ortools.sat.python import cp_model

    network, unit = passages.network, windows.measure
    model = cp_model.CpModel()
    projects = range(len(releases))
    order = _symmetric_order(passages, releases, hint)
    ends: dict[tuple[int, int], cp_model.IntVar] = {}
    hinted: dict[tuple[int, int], int] = {}
    alone = max(passages.from_release(release).get(OVER, 0) for release in set(releases))
    makespan = model.new_int_var(-(-max(bound, alone) // unit), hint.makespan // unit, "makespan")
    model.add_hint(makespan, hint.makespan // unit)
    served: dict[int, list[cp_model.IntervalVar]] = {}
    mixed = passages.mixed()
    civil: dict[tuple[int, int], cp_model.IntervalVar] = {}
    for project in projects:
        for task in passages.placed:
            name = f"{project}.{task}"
            low = -(-windows.earliest[project][task] // unit)
            end = model.new_int_var(low, windows.latest[task] // unit, name)
            ends[project, task] = end
            moment = hint.ends[order[project]][task]
            hinted[project, task] = passages.calendar_of(task).worked(0, moment) // unit
            model.add_hint(end, hinted[project, task])
            work = network.tasks[task].work // unit
            interval = model.new_fixed_size_interval_var(end - work, work, name)
            for pool in network.tasks[task].pools:
                if pool in mixed:
                    if (project, task) not in civil:
                        civil[project, task] = _civil_interval(model, passages, task, end, windows)
                    served.setdefault(pool, []).append(civil[project, task])
                else:
                    served.setdefault(pool, []).append(interval)
    for pool, intervals in served.items():
        capacity = network.capacities[pool]
        if capacity == 1:
            model.add_no_overlap(intervals)
        elif capacity < len(intervals):
            model.add_cumulative(intervals, [1] * len(intervals), capacity)
    for way in passages.ways:
        table: IntArray | None = None
        low = min(-(-row[way.before] // unit) for row in windows.earliest)
        if way.shift is None:
            points = _points(low * unit, windows.latest[way.before], unit)
            table = passages.along(way, points) // unit
        for project in projects:
            end = ends[project, way.before]
            start: cp_model.LinearExprT = (
                makespan
                if way.after == OVER
                else ends[project, way.after] - network.tasks[way.after].work // unit
            )
            if table is None:
                model.add(start >= end + (way.shift or 0) // unit)
            else:
                _follow(model, end, start, table, low=low, hinted=hinted[project, way.before])
    if len(set(releases)) == 1 and len(releases) > 1:
        task = _busiest_task(passages)
        for project in projects[1:]:
            model.add(ends[project - 1, task] <= ends[project, task])
    model.minimize(makespan)
    return model, ends


def _civil_interval(
    model: cp_model.CpModel,
    passages: Passages,
    task: int,
    end: cp_model.IntVar,
    windows: Windows,
) -> cp_model.IntervalVar:
    """Return the task's interval in civil time, for pools that work by several clocks."""
    low = min(-(-row[task] // windows.measure) for row in windows.earliest)
    points = _points(low * windows.measure, windows.latest[task], windows.measure)
    if len(points) > _MOST_TABLE:
        raise ScheduleError(
            f"an office works at desks with different opening hours, and a task has"
            f" {len(points)} possible ends {windows.measure} s apart; give these desks the same"
            f" hours or round their times{_WITHOUT}"
        )
    starts, ends = passages.civil(task, points)
    at = [model.new_int_var(int(moments[0]), int(moments[-1]), "") for moments in (starts, ends)]
    for moments, moment in zip((starts, ends), at, strict=True):
        model.add_element(end - low, moments.tolist(), moment)
    length = model.new_int_var(int((ends - starts).min()), int((ends - starts).max()), "")
    return model.new_interval_var(at[0], length, at[1], "")


def _follow(
    model: cp_model.CpModel,
    end: cp_model.IntVar,
    start: cp_model.LinearExprT,
    table: IntArray,
    *,
    low: int,
    hinted: int,
) -> None:
    """Say that ``start`` is at least ``table[end - low]``."""
    if len(table) <= _MOST_TABLE:
        ready = model.new_int_var(int(table[0]), int(table[-1]), "")
        model.add_element(end - low, table.tolist(), ready)
        model.add_hint(ready, int(table[hinted - low]))
        model.add(start >= ready)
        return
    found = pieces(table)
    if len(found) > _MOST_PIECES:
        raise ScheduleError(
            f"a lag on another calendar has {len(found)} different lengths over"
            f" {len(table)} possible ends; schedule fewer projects or round the times{_WITHOUT}"
        )
    literals: list[cp_model.IntVar] = []
    for first, last, rising in found:
        literal = model.new_bool_var("")
        literals.append(literal)
        model.add_hint(literal, first <= hinted - low <= last)
        model.add_linear_constraint(end, low + first, low + last).only_enforce_if(literal)
        value = int(table[first])
        ready_at = end - (low + first) + value if rising else value
        model.add(start >= ready_at).only_enforce_if(literal)
    model.add_exactly_one(literals)


def pieces(table: IntArray) -> list[tuple[int, int, bool]]:
    """Cut a non-decreasing table into stretches that stand still or rise by one a place.

    Returns
    -------
    list of (int, int, bool)
        First and last place of each stretch and whether it rises.

    Examples
    --------
    >>> import numpy as np
    >>> pieces(np.array([3, 3, 3, 4, 5, 9, 10]))
    [(0, 2, False), (3, 4, True), (5, 6, True)]
    """
    found: list[tuple[int, int, bool]] = []
    slopes = np.diff(table)
    changes = np.flatnonzero(np.diff(slopes)) + 1
    free = 0  # first place that no stretch holds yet
    stretches = np.split(np.arange(len(slopes)), changes) if len(slopes) else []
    for stretch in stretches:
        first, last = max(free, int(stretch[0])), int(stretch[-1])
        slope = int(slopes[last])
        if slope > 1:
            found.extend((place, place, False) for place in range(first, last + 1))
            free = last + 1
        elif first <= last:
            found.append((first, last + 1, slope == 1))
            free = last + 2
    if free < len(table):
        found.append((free, len(table) - 1, False))
    return found


def _symmetric_order(
    passages: Passages, releases: Sequence[int], hint: Timetable
) -> tuple[int, ...]:
    """Return the hint's projects in the order that the symmetry breaking asks for."""
    if len(set(releases)) > 1:
        return tuple(range(len(releases)))
    task = _busiest_task(passages)
    return tuple(sorted(range(len(releases)), key=lambda project: hint.ends[project][task]))


def _busiest_task(passages: Passages) -> int:
    """Return the first task of the pool with the most work for each of its people."""
    network = passages.network
    loads: dict[int, float] = {}
    for task in passages.placed:
        for pool in network.tasks[task].pools:
            work = network.tasks[task].work / network.capacities[pool]
            loads[pool] = loads.get(pool, 0) + work
    if not loads:
        return passages.placed[0]
    busiest = max(loads, key=lambda pool: loads[pool])
    return next(t for t in passages.placed if busiest in network.tasks[t].pools)


def _bound_ticks(reached: float, unit: int) -> int:
    """Return the solver's bound in ticks; it is a whole number of units."""
    return (
        max(0, math.ceil(reached - 1e-6)) * unit if math.isfinite(reached) and reached < FAR else 0
    )
