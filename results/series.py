"""The numbers behind the charts: elapsed days of every case, queues over time, days by stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.summary import LEVEL
from rules import Name
from scenarios import Scenario
from scenarios.plan import Desk, Part
from simulator import Interval, Run, mean_interval
from simulator.precision import elapsed_of
from simulator.usage import waits_of

FloatArray = NDArray[np.float64]

UNSTAGED = Name("其他", "other")


@dataclass(frozen=True, slots=True, eq=False)
class Elapsed:
    """How long the cases of a design took.

    Attributes
    ----------
    name : str
        The design.
    days : array
        Elapsed working days of every case of every replication.
    p50, p90 : Interval
        Mean over replications of each replication's quantile.
    """

    name: str
    days: FloatArray
    p50: Interval
    p90: Interval


@dataclass(frozen=True, slots=True)
class StageDays:
    """Mean working days of a case in one stage, summed over the stage's steps.

    Attributes
    ----------
    name : Name
        The stage.
    touch : float
        Somebody works on the file.
    queue : float
        The file waits for people (or for opening hours).
    dwell : float
        It lies with a person or waits for an answer.
    applicant : float
        It lies with the applicant, or something outside is waited for.
    notice : float
        A public notice runs.
    stopped : float
        The legal clock stands still: expert review, hearing, inspection ...
    """

    name: Name
    touch: float
    queue: float
    dwell: float
    applicant: float
    notice: float
    stopped: float


@dataclass(frozen=True, slots=True, eq=False)
class QueueLength:
    """How much work waits for a pool, over time.

    Attributes
    ----------
    name : Name
        The pool's office.
    days : array
        Working days since the start.
    mean, low, high : array
        Mean over replications, and the 10th and 90th percentile of replications.
    """

    name: Name
    days: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray


def elapsed(run: Run, name: str) -> Elapsed:
    """Return the elapsed working days of all finished cases."""
    times = [elapsed_of(run.plan, trace, 0)[0] for trace in run.replications]
    rows = [ticks / run.plan.day_ticks for ticks in times if ticks.size] or [np.zeros(0)]
    p50, p90 = (
        mean_interval(
            [float(np.quantile(r, q, method="inverted_cdf")) for r in rows if r.size], LEVEL
        )
        for q in (0.5, 0.9)
    )
    return Elapsed(name, np.concatenate(rows), p50, p90)


def days_by_stage(scenario: Scenario, run: Run) -> tuple[StageDays, ...]:
    """Return where the days go, for each stage that has steps, in order."""
    plan, counting = run.plan, run.plan.calendars[0]
    stages = [(s.key, s.name) for s in scenario.procedure.stages] + [("", UNSTAGED)]
    place = {key: number for number, (key, _) in enumerate(stages)}
    stage_of = {s.key: place.get(s.stage, len(stages) - 1) for s in scenario.procedure.steps}
    totals = np.zeros((len(stages), len(_COLUMNS) + 1))
    # steps that no catalogue knows (delivery, inspections) belong to no stage
    row_of = np.array(
        [stage_of.get(plan.steps[desk.step].key, len(stages) - 1) for desk in plan.desks]
    )
    column_of = np.array([_COLUMNS[_part_of(desk)] for desk in plan.desks])
    for trace in run.replications:
        visits = trace.visits(ordered=False)
        desks, ready, start, end = (visits[:, at] for at in (1, 3, 4, 5))
        held, waited = counting.worked_many(start, end), counting.worked_many(ready, start)
        np.add.at(totals, (row_of[desks], column_of[desks]), held)
        np.add.at(totals, (row_of[desks], np.full_like(desks, _QUEUE)), waited)
    cases = max(1, plan.cases * len(run.replications)) * counting.day_ticks
    return tuple(
        StageDays(name, *(float(value) for value in row))
        for (_, name), row in zip(stages, totals / cases, strict=True)
        if row.any()
    )


_COLUMNS = {
    Part.WORK: 0, Part.DWELL: 2, Part.APPLICANT: 3, Part.NOTICE: 4, Part.STOPPED: 5,
}  # fmt: skip
"""Of each part its place in :class:`StageDays`."""

_QUEUE = 1


def _part_of(desk: Desk) -> Part:
    """Return what time at a desk is; work that no pool does lies with a person."""
    return Part.DWELL if desk.part is Part.WORK and not desk.pools else desk.part


def queue_length(run: Run, pool: str, points: int = 200) -> QueueLength:
    """Return how much work waits for a pool over time.

    Parameters
    ----------
    pool : str
        ``<office>.window`` or ``<office>.reviewer``.
    points : int
        Instants at which the queue is counted.

    Raises
    ------
    KeyError
        If the plan has no such pool.
    """
    plan, counting = run.plan, run.plan.calendars[0]
    index = {each.key: number for number, each in enumerate(plan.pools)}[pool]
    last = max((int(trace.finish.max()) for trace in run.replications), default=0)
    instants = np.linspace(0, last, points).astype(np.int64)
    counts = np.zeros((len(run.replications), points))
    for row, trace in enumerate(run.replications):
        came, taken = np.sort(waits_of(plan, trace, index), axis=0).T
        counts[row] = np.searchsorted(came, instants, "right") - np.searchsorted(
            taken, instants, "right"
        )
    days = counting.worked_many(np.zeros(points, dtype=np.int64), instants) / counting.day_ticks
    low, high = np.quantile(counts, [0.1, 0.9], axis=0)
    return QueueLength(plan.pools[index].name, days, counts.mean(axis=0), low, high)


def days_of_step(run: Run, key: str) -> StageDays | None:
    """Return where the days of one step go, as :func:`days_by_stage`; None where it is not there.

    The means are over the cases that have the step.
    """
    plan, counting = run.plan, run.plan.calendars[0]
    places = [number for number, step in enumerate(plan.steps) if step.key == key]
    if not places:
        return None
    of_step = np.isin([desk.step for desk in plan.desks], places)
    column_of = np.array([_COLUMNS[_part_of(desk)] for desk in plan.desks])
    totals = np.zeros(len(_COLUMNS) + 1)
    cases = 0
    for trace in run.replications:
        cases += int(np.isin(trace.types_of(), [plan.steps[place].of for place in places]).sum())
        visits = trace.visits(ordered=False)
        visits = visits[of_step[visits[:, 1]]]
        desks, ready, start, end = (visits[:, at] for at in (1, 3, 4, 5))
        np.add.at(totals, column_of[desks], counting.worked_many(start, end))
        totals[_QUEUE] += counting.worked_many(ready, start).sum()
    means = totals / (max(1, cases) * counting.day_ticks)
    return StageDays(plan.steps[places[0]].name, *(float(value) for value in means))
