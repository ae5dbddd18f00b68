"""The numbers behind the charts: elapsed days of every case, queues over time, days by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.summary import LEVEL
from results.words import word
from rules import Name
from scenarios import Scenario
from scenarios.plan import IntArray, Part, Pool
from simulator import Interval, Run, mean_interval
from simulator.clocks import of_the_case
from simulator.precision import elapsed_of
from simulator.stays import stays_of
from simulator.trace import Outcome
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
    """Mean working days of a finished case in one stage, summed over the stage's steps.

    Attributes
    ----------
    name : Name
        The stage.
    touch : float
        Somebody works on the file.
    queue : float
        The file waits for people or opening hours, also where work on it has stopped.
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
        The pool's office, and which of its pools.
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
    """Return where the days go, for each stage that has steps, in order.

    Over all stages the parts are those of :class:`results.measures.Flow`.
    """
    plan = run.plan
    stages = [(s.key, s.name) for s in scenario.procedure.stages] + [("", UNSTAGED)]
    place = {key: number for number, (key, _) in enumerate(stages)}
    stage_of = {s.key: place.get(s.stage, len(stages) - 1) for s in scenario.procedure.steps}
    # steps that no catalogue knows (delivery) belong to no stage
    row_of = np.array([stage_of.get(plan.steps[d.step].key, len(stages) - 1) for d in plan.desks])
    table = _mean_days(run, row_of, [np.ones(len(plan.types), dtype=np.bool_)] * len(stages))
    return tuple(
        StageDays(name, *(float(value) for value in row))
        for (_, name), row in zip(stages, table, strict=True)
        if row.any()
    )


def _mean_days(run: Run, row_of: IntArray, types: Sequence[NDArray[np.bool_]]) -> FloatArray:
    """Return working days of a finished case by row and part, mean over replications.

    Parameters
    ----------
    row_of : array
        Of each desk its row; -1: none.
    types : sequence of array
        Of each row the case types over which it is a mean.
    """
    plan = run.plan
    columns = {part: place for place, part in enumerate(_PARTS)}
    column_of = np.array([columns[desk.part] for desk in plan.desks], dtype=np.int64)
    found = []
    for trace in run.replications:
        done = trace.outcomes() == Outcome.FINISHED
        stays = of_the_case(plan, stays_of(plan, trace))
        stays = stays.of(done[stays.rows[:, 0]] & (row_of[stays.rows[:, 1]] >= 0))
        desk = stays.rows[:, 1]
        ticks = np.zeros((len(types), len(_PARTS)))
        np.add.at(ticks, (row_of[desk], column_of[desk]), stays.held)
        np.add.at(ticks, (row_of[desk], np.full_like(desk, _QUEUE)), stays.queued)
        kinds = trace.types_of()[done]
        cases = np.array([[among[kinds].sum()] for among in types])
        # a replication in which none was finished says nothing
        found.append(np.where(cases > 0, ticks / np.maximum(cases, 1), np.nan) / plan.day_ticks)
    table = np.array(found)
    told = ~np.isnan(table)
    return np.asarray(np.where(told, table, 0).sum(axis=0) / np.maximum(told.sum(axis=0), 1))


_QUEUE = 1
_PARTS = (Part.WORK, None, Part.DWELL, Part.APPLICANT, Part.NOTICE, Part.STOPPED)
"""What :class:`StageDays` holds, in order; None: the queue."""


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
    return QueueLength(_pool_name(plan.pools[index]), days, counts.mean(axis=0), low, high)


def _pool_name(pool: Pool) -> Name:
    """Return the office with its part: a window and reviewers are two queues of one office."""
    office, dot, part = pool.key.rpartition(".")
    if not (office and dot):
        return pool.name
    told = {
        language: f"{name} ({word(part, language)})" if name else ""
        for language, name in (("zh", pool.name.zh), ("en", pool.name.en))
    }
    return Name(told["zh"], told["en"])


def days_of_step(run: Run, key: str) -> StageDays | None:
    """Return where the days of one step go, as :func:`days_by_stage`; None where it is not there.

    The means are over the finished cases that have the step.
    """
    plan = run.plan
    places = [number for number, step in enumerate(plan.steps) if step.key == key]
    if not places:
        return None
    row_of = np.where(np.isin([desk.step for desk in plan.desks], places), 0, -1)
    types = np.isin(np.arange(len(plan.types)), [plan.steps[place].of for place in places])
    (row,) = _mean_days(run, row_of, [types])
    return StageDays(plan.steps[places[0]].name, *(float(value) for value in row))
