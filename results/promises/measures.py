"""What a metric is in each replication of a run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from results.promises.claims import Elapsed, Metric, OnPaper, OnTime, StepDays, Utilisation, Wait
from results.summary import Paper, elapsed_times, pool_values
from rules import Procedure
from scenarios import AMPLE
from scenarios.plan import IntArray
from simulator import Run, Trace
from simulator.precision import taken_of
from simulator.stays import stays_of
from simulator.watching import waits_in


def on_paper(metric: OnPaper, procedure: Procedure) -> Fraction:
    """Return a number of the paper view."""
    return Fraction(getattr(Paper.of(procedure), metric.word) or 0)


def values_of(metric: Metric, run: Run) -> list[float]:
    """Return the metric in each replication.

    Waits are working days of the people waited for; all others are working days of the
    counting calendar, or shares. A quantile over n cases is the smallest value that at
    least that share of them does not exceed.
    """
    match metric:
        case OnTime(days, type_):
            return [float(each) for each in elapsed_times(run, days, type_).on_time]
        case Elapsed(of, type_):
            return [float(each) for each in getattr(elapsed_times(run, Fraction(0), type_), of)]
        case Utilisation(pool):
            return pool_values(run, pool)[0]
        case StepDays(of, step):
            return [_statistic(of, _step_days(run, trace, step)) for trace in run.replications]
        case Wait(of, where):
            return _waits(run, of, where)
        case OnPaper(word):
            raise TypeError(f"{word} is read from the procedure, not from a run")


def _waits(run: Run, of: str, where: str) -> list[float]:
    plan = run.plan
    keys = [pool.key for pool in plan.pools]
    if where in keys and of == "mean":
        return pool_values(run, where)[1]
    if where in [step.key for step in plan.steps]:
        return [_statistic(of, _step_waits(run, trace, where)) for trace in run.replications]
    pools = [n for n, key in enumerate(keys) if where in (key, key.rpartition(".")[0])]
    return [_statistic(of, _pool_waits(run, trace, pools)) for trace in run.replications]


def _pool_waits(run: Run, trace: Trace, pools: list[int]) -> list[float]:
    """Return the wait of each piece of work that came to the pools while they were watched."""
    waits: list[float] = []
    for pool in pools:
        day = run.plan.calendars[run.plan.pools[pool].calendar].day_ticks
        waits += [ticks / day for ticks in waits_in(run.plan, trace, pool).tolist()]
    return waits


def _step_waits(run: Run, trace: Trace, key: str) -> list[float]:
    """Return for every finished case how long it waits at the step's staffed desks together."""
    types = [step.of for step in run.plan.steps if step.key == key]
    done = taken_of(run.plan, trace).finished
    ticks = step_wait_ticks(run, trace, key)[np.isin(trace.types_of(), types) & done]
    return [float(each) for each in ticks / run.plan.day_ticks]


def step_wait_ticks(run: Run, trace: Trace, key: str) -> IntArray:
    """Return for every case the counting calendar's ticks that it waits for people in a step."""
    plan = run.plan
    total = np.zeros(len(trace.arrival), dtype=np.int64)
    staffed = [
        at
        for step in plan.steps
        if step.key == key
        for at in step.desks
        if any(plan.pools[pool].capacity < AMPLE for pool in plan.desks[at].pools)
    ]
    stays = stays_of(plan, trace)
    stays = stays.of(np.isin(stays.rows[:, 1], staffed))
    np.add.at(total, stays.rows[:, 0], stays.queued)
    return total


def _step_days(run: Run, trace: Trace, key: str) -> list[float]:
    """Return for every finished case that the step is for how long it takes."""
    found: list[float] = []
    for step in run.plan.steps:
        if step.key != key:
            continue
        own = (trace.types_of() == step.of) & taken_of(run.plan, trace).finished
        ready, end = trace.step_ready(step)[own], trace.step_end(step)[own]
        ticks = run.plan.calendars[0].worked_many(ready, end)
        found += [float(each) for each in ticks / run.plan.day_ticks]
    return found


def _statistic(of: str, values: list[float]) -> float:
    """Return the mean or a quantile; nothing waits where nothing comes."""
    if not values:
        return 0.0
    if of == "mean":
        return sum(values) / len(values)
    ordered = sorted(values)
    return ordered[-(-len(ordered) * int(of[1:]) // 100) - 1]
