"""What to simulate for each kind of textbook model, and what to measure in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.arrivals import Groups, Poisson, Renewal
from scenarios.interruptions import Outage
from scenarios.plan import AMPLE, OwnWork, Plan
from scenarios.streams import stream_of
from simulator.engines import engine_for
from simulator.feed_forward import feeds_forward, forward
from simulator.trace import Outcome, Trace
from simulator.verify_estimates import (
    CONTROL,
    Columns,
    Metric,
    add_quantile,
    mean_of,
    ratio,
)
from simulator.verify_models import at_least_a_tick, days_for, moment, station, variation
from simulator.verify_reading import (
    NotExpressible,
    arrivals,
    distribution,
    mean_time,
    needed,
    number,
    only,
    relaxation,
    rule,
    steady,
    table,
    unit_for,
    whole,
)

Model = Mapping[str, Any]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Study:
    """One case made ready.

    Attributes
    ----------
    sample : callable
        Simulates some replications of a seed; returns their columns.
    metrics : dict
        How each expected value follows from the columns.
    batch : int
        Most replications to simulate at once.
    least : int
        Fewest replications before the first look.
    """

    sample: Callable[[int, Sequence[int]], Columns]
    metrics: dict[str, Metric]
    batch: int
    least: int = 40


QUANTILE = re.compile(r"^(?:(?P<of>W|Wq)_)?p(?P<percent>\d\d(?:\.\d+)?)$")

_OF_STATION = (
    "arrivals", "service", "servers", "discipline", "promise_t", "max_in_system", "full",
    "patience", "absences", "outages", "start", "statistic",
)  # fmt: skip


def open_single_station(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of one queue: M/M/c, M/G/1, G/M/1, M/D/c, batches, vacations, outages."""
    only(model, _OF_STATION, "a single station")
    for key, known in (("discipline", "FCFS"), ("full", "rejected")):
        if model.get(key, known) != known:
            raise NotExpressible(f"the {key} '{model[key]}'")
    rule(model, "start", "empty")
    unit = unit_for(mean_time(needed(model, "service")))
    come, rate = arrivals(table(model, "arrivals"), unit)
    work = at_least_a_tick(distribution(model["service"], unit))
    servers = AMPLE if model.get("servers") == "infinite" else whole(model, "servers")
    offered = rate * work.mean / unit
    load = offered / servers
    up, slow = 1.0, 0.0
    if "outages" in model:
        of = table(model, "outages")
        only(of, ("up", "down", "rule"), "outages")
        rule(of, "rule", "time-driven", "preemptive-resume")
        ups, downs = (distribution(needed(of, key), unit) for key in ("up", "down"))
        if ups.mean <= 0:
            raise NotExpressible("outages without time between them")
        up = ups.mean / (ups.mean + downs.mean)
        slow = 2 * (ups.mean + downs.mean) / unit
    bounded = "max_in_system" in model or "patience" in model
    first = None
    if "statistic" in model:
        first = re.fullmatch(
            r"average queueing delay of customers 1\.\.(\d{1,5})", str(model["statistic"])
        )
        if not first:
            raise NotExpressible(f"the statistic '{model['statistic']}'")
    if not bounded and not first:
        steady(load / up)
    if "patience" in model:
        patience = distribution(model["patience"], unit)
        slow = max(slow, patience.mean / unit)
    if "absences" in model:
        of = table(model, "absences")
        only(of, ("rule", "length"), "absences")
        rule(of, "rule", "leaves when queue empties", "repeats while still empty")
        errand = distribution(needed(of, "length"), unit)
        slow = max(slow, errand.mean * (1 + variation(errand)) / unit)
    size = getattr(come, "size", 1)
    if first:
        cases, warm = int(first[1]), 0
    else:
        # eight relaxation times of the queue, longer where gaps or service vary more
        uneven = variation(come.gap) if isinstance(come, Renewal) else float(size)
        relax = relaxation(min(load / up, 0.99) if not bounded else 0.8)
        warm = math.ceil(8 * relax * (uneven + variation(work)) / 2) + 200
        # and of whatever else is slow: all who are being served, absences, a full room
        warm += math.ceil(12 * rate * slow + 12 * min(offered, servers))
        cases = max(8 * warm, 4000)
    if "max_in_system" in model:
        room = whole(model, "max_in_system", low=servers) - servers
        warm += 2 * room**2
        cases = max(8 * warm, 4000)
    cases -= cases % size
    plan = station(come, work, servers, cases, days_for(cases / rate, unit))
    if "max_in_system" in model:
        plan = _pool(plan, room=room)
    if "patience" in model:
        plan = replace(plan, desks=(replace(plan.desks[0], patience=patience),))
    if "absences" in model:
        plan = _pool(plan, errand=errand)
    if "outages" in model:
        plan = replace(plan, interruptions=(Outage((0,), ups, downs, stream_of("outage")),))
    return _queue_study(plan, warm, servers, model, expected, unit)


def _pool(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, pools=(replace(plan.pools[0], **changes),))


def _queue_study(
    plan: Plan,
    warm: int,
    servers: int,
    model: Model,
    expected: Mapping[str, Any],
    unit: float,
) -> Study:
    quick = feeds_forward(plan)
    metrics: dict[str, Metric] = {}
    # how long the queue is varies with how uneven the work was, not only with how much
    powers = (2, 3) if any("second_moment" in name or "_sd" in name for name in expected) else ()
    service = distribution(model["service"], 1)
    known = {power: mean for power in powers if (mean := moment(service, power))}

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        arrival, ready, start, end, work = (
            each[:, warm:] / unit
            for each in (run.arrival, run.ready[0], run.start[0], run.end[0], run.work[0])
        )
        out = run.outcome[:, warm:]
        served = out == Outcome.FINISHED
        wait = start - ready
        inside = np.where(served, end - ready, wait)
        length = arrival[:, -1] - arrival[:, 0]
        columns: Columns = {
            "Wq": wait.mean(axis=1),
            "W": inside.mean(axis=1),
            "Wq2": (wait**2).mean(axis=1),
            "P_wait": (wait > 0).mean(axis=1),
            "queued": wait[:, :-1].sum(axis=1),  # as many cases as gaps between them
            "stayed": inside[:, :-1].sum(axis=1),
            "worked": np.where(served, work, 0)[:, :-1].sum(axis=1),
            "time": length,
            "taken": served.mean(axis=1),
            "taken_wait": np.where(served, wait, 0).mean(axis=1),
            "taken_stay": np.where(served, inside, 0).mean(axis=1),
            "taken_number": served[:, :-1].sum(axis=1),
            "blocked": (out == Outcome.TURNED_AWAY).mean(axis=1),
            "withdrawn": (out == Outcome.WITHDRAWN).mean(axis=1),
            "one": np.ones(len(wait)),
        }
        columns |= luck_of(run.arrival, {"work": (run.work[0], plan.steps[0].work)}, plan)
        for power, mean in known.items():
            drawn = (run.work[0].astype(np.float64) / unit) ** power
            columns[f"{CONTROL}work^{power}"] = drawn.mean(axis=1) / mean - 1
        if "busy_period_mean" in expected:
            columns |= _busy_periods(arrival, wait, end)
        metrics.clear()
        metrics.update(_queue_metrics(servers, model, expected, columns, wait, inside, unit))
        return columns

    width = plan.cases
    batch = min(5000, max(1, 1_000_000 // width)) if quick else max(1, 60_000 // width)
    if plan.interruptions:
        batch = min(batch, 20)
    return Study(sample, metrics, batch)


def _queue_metrics(
    servers: int,
    model: Model,
    expected: Mapping[str, Any],
    columns: Columns,
    wait: Array,
    inside: Array,
    unit: float,
) -> dict[str, Metric]:
    known: dict[str, Metric] = {
        "Wq": mean_of("Wq"),
        "W": mean_of("W"),
        "mean_queue_time_all": mean_of("Wq"),
        "mean_avg_delay": mean_of("Wq"),
        "Wq_second_moment": mean_of("Wq2"),
        "Wq_sd": lambda mean: np.sqrt(mean["Wq2"] - mean["Wq"] ** 2),
        "Wq_given_wait": ratio("Wq", "P_wait"),
        "P_wait": mean_of("P_wait"),
        "sigma_P_wait": mean_of("P_wait"),
        "P_no_wait": lambda mean: 1 - mean["P_wait"],
        "Lq": ratio("queued", "time"),
        "L": ratio("stayed", "time"),
        "rho": lambda mean: mean["worked"] / mean["time"] / servers,
        "utilisation": lambda mean: mean["worked"] / mean["time"] / servers,
        "throughput": ratio("taken_number", "time"),
        "W_accepted": ratio("taken_stay", "taken"),
        "Wq_accepted": ratio("taken_wait", "taken"),
        "P_block": mean_of("blocked"),
        "P_abandon": mean_of("withdrawn"),
        "busy_period_mean": ratio("busy", "busy_number"),
        "busy_period_second_moment": ratio("busy2", "busy_number"),
    }
    if "outages" in model:
        ups, downs = (mean_time(model["outages"][key]) for key in ("up", "down"))
        known["availability"] = lambda mean: mean["one"] * ups / (ups + downs)
    found: dict[str, Metric] = {}
    for name, value in expected.items():
        quantile = QUANTILE.match(name)
        within = re.match(r"^P_(Wq|W)_le_(t|\d+(?:\.\d+)?)$", name)
        if quantile:
            values = wait if quantile["of"] == "Wq" else inside
            share = float(quantile["percent"]) / 100
            found[name] = add_quantile(columns, name, values, value, share, 1 / unit)
        elif within:
            limit = (
                number(model, "promise_t", above=False) if within[2] == "t" else float(within[2])
            )
            values = wait if within[1] == "Wq" else inside
            columns[name] = (values <= limit + 0.5 / unit).mean(axis=1)
            found[name] = mean_of(name)
        elif name in known:
            found[name] = known[name]
    return found


def luck_of(
    arrival: NDArray[np.int64], works: Mapping[str, tuple[NDArray[np.int64], Any]], plan: Plan
) -> Columns:
    """Return how much the draws of replications were off their known means."""
    columns: Columns = {}
    rate = mean_gap(plan)
    if rate:
        columns[f"{CONTROL}gap"] = arrival[:, -1] / arrival.shape[1] / rate - 1
    for name, (work, of) in works.items():
        spread = of.spread if isinstance(of, OwnWork) else of
        if spread.mean:
            columns[f"{CONTROL}{name}"] = work.mean(axis=1) / spread.mean - 1
    return columns


def mean_gap(plan: Plan) -> float:
    """Return the mean ticks between cases that come round the clock, or 0."""
    come = plan.arrivals
    if isinstance(come, Poisson):
        return come.mean_gap
    if isinstance(come, Renewal):
        return come.gap.mean
    return come.mean_gap / come.size if isinstance(come, Groups) else 0.0


def _busy_periods(arrival: Array, wait: Array, end: Array) -> Columns:
    """Return number, sum and sum of squares of busy periods; each begins with who never waits."""
    numbers, sums, squares = [], [], []
    for come, waited, left in zip(arrival, wait, end, strict=True):
        first = np.flatnonzero(waited == 0)
        length = left[first[1:] - 1] - come[first[:-1]]
        # those that begin in the first nine tenths, so that none is cut off for being long
        length = length[first[:-1] < 0.9 * len(come)]
        numbers.append(len(length))
        sums.append(length.sum())
        squares.append((length**2).sum())
    return {
        "busy_number": np.array(numbers, dtype=np.float64),
        "busy": np.array(sums),
        "busy2": np.array(squares),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Replications side by side, from either engine."""

    arrival: NDArray[np.int64]
    finish: NDArray[np.int64]
    ready: Sequence[NDArray[np.int64]]
    start: Sequence[NDArray[np.int64]]
    end: Sequence[NDArray[np.int64]]
    work: Sequence[NDArray[np.int64]]
    types: NDArray[np.int64]
    outcome: NDArray[np.int64]


def play(plan: Plan, seed: int, replications: Sequence[int]) -> Iterator[Trace]:
    """Yield the trace of each replication: of the compiled engine where it covers the plan."""
    engine = engine_for(plan, _MANY)
    for each in replications:
        yield engine.replication(plan, seed, each)


_MANY = 1_000_000
"""Replications that a study is taken to need, so that loading compiled code always pays."""


def side_by_side(plan: Plan, seed: int, replications: Sequence[int]) -> _Side:
    """Return replications side by side, the quick way where the plan allows it."""
    if feeds_forward(plan):
        run = forward(plan, seed, replications)
        none = np.broadcast_to(np.int64(0), run.arrival.shape)
        return _Side(run.arrival, run.finish, run.ready, run.start, run.end, run.work, none, none)
    traces = list(play(plan, seed, replications))

    def table(name: str) -> list[NDArray[np.int64]]:
        every = np.stack([getattr(trace, name) for trace in traces])
        return [every[:, :, desk] for desk in range(every.shape[2])]

    return _Side(
        np.stack([trace.arrival for trace in traces]),
        np.stack([trace.finish for trace in traces]),
        table("ready"),
        table("start"),
        table("end"),
        table("work"),
        np.stack([trace.types_of() for trace in traces]),
        np.stack([trace.outcomes() for trace in traces]),
    )
