"""Textbook networks: open, closed, fork and join, bulk service, committees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.arrivals import AtOnce, Poisson
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Meeting, Trip
from scenarios.plan import DONE, Desk, Plan, Route
from scenarios.streams import stream_of
from simulator.feed_forward import feeds_forward, forward
from simulator.verify_estimates import (
    CONTROL,
    Columns,
    Metric,
    add_quantile,
    mean_of,
    ratio,
    variance_of,
)
from simulator.verify_models import (
    UNIT,
    NotExpressible,
    arrivals,
    days_for,
    distribution,
    network,
    people,
    station,
)
from simulator.verify_studies import (
    QUANTILE,
    Array,
    Model,
    Study,
    luck_of,
    mean_gap,
    play,
    side_by_side,
)


def finite_source(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a few sources that ask again and again for service."""
    think, work = distribution(model["think"]), distribution(model["service"])
    return _closed(model["sources"], think, [work], [model["servers"]], expected, {"L_down": "L_1"})


def closed_network(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a closed series of stations with thinking in between."""
    if not str(model["routing"]).startswith("series"):
        raise NotExpressible(f"a closed network with the routing '{model['routing']}'")
    works = [Exponential(mean * UNIT) for mean in model["service_means"]]
    think = distribution(model["think"])
    return _closed(model["cases"], think, works, model["servers"], expected, {})


def _closed(
    cases: int,
    think: Any,
    works: Sequence[Any],
    servers: Sequence[int],
    expected: Mapping[str, Any],
    same: Mapping[str, str],
) -> Study:
    round_trip = (think.mean + sum(work.mean for work in works)) / UNIT
    length = 1500 * round_trip if cases > 20 else 600 * round_trip
    desks = [Desk(0, "think", (), 0, own=think, stream=stream_of("think"))]
    for k, work in enumerate(works):
        desks.append(Desk(0, f"s{k}", (k,), 0, own=work, stream=stream_of(f"s{k}")))
    desks[-1] = replace(desks[-1], routes=(Route(0, (1.0,)),))
    plan = network(
        [("round", desks, Fixed(0))], {}, people(*servers), (days_for(length),), AtOnce(), cases
    )
    plan = replace(plan, until=int(length * UNIT))
    first, last = 0.1 * length, 0.98 * length

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        rows = []
        for trace in play(plan, seed, replications):
            visits = trace.visits(ordered=False)
            row: dict[str, float] = {}
            thought = (visits[visits[:, 1] == 0, 5] - visits[visits[:, 1] == 0, 3]).mean()
            row[f"{CONTROL}think"] = thought / think.mean - 1
            for k, work in enumerate(works, 1):
                ready, end = (visits[visits[:, 1] == k, c] / UNIT for c in (3, 5))
                inside = (ready >= first) & (ready < last)
                row[f"n_{k}"] = inside.sum()
                row[f"stay_{k}"] = (end - ready)[inside].sum()
                row[f"busy_{k}"] = inside.sum() * work.mean / UNIT
                served = (visits[visits[:, 1] == k, 5] - visits[visits[:, 1] == k, 4]).mean()
                row[f"{CONTROL}work_{k}"] = served / work.mean - 1
                if k == 1 and "P_all_up" in expected:
                    row["up"] = _share_empty(ready, end, first, last)
            rows.append(row)
        columns = {
            name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]
        }
        columns["time"] = np.full(len(rows), last - first)
        return columns

    metrics: dict[str, Metric] = {
        "throughput": ratio("n_1", "time"),
        "W": ratio("stay_1", "n_1"),
        "utilisation": lambda mean: mean["busy_1"] / mean["time"] / servers[0],
        "P_all_up": mean_of("up"),
        "cycle_time": lambda mean: cases * mean["time"] / mean["n_1"],
    }
    for k in range(1, len(works) + 1):
        metrics[f"L_{k}"] = ratio(f"stay_{k}", "time")
    for name, other in same.items():
        metrics[name] = metrics[other]
    return Study(sample, metrics, 4)


def _share_empty(ready: Array, end: Array, first: float, last: float) -> float:
    """Return the share of time in which nobody is there."""
    moments = np.concatenate([ready, end])
    change = np.concatenate([np.ones(len(ready)), -np.ones(len(end))])
    order = np.argsort(moments, kind="stable")
    moments, present = moments[order], np.cumsum(change[order])
    until = np.append(moments[1:], last)
    length = np.clip(until, first, last) - np.clip(moments, first, last)
    return float(length[present == 0].sum() / (last - first))


def open_network(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a Jackson network; a plain series runs station by station."""
    rates, services, servers = model["external_rates"], model["service_rates"], model["servers"]
    size = len(rates)
    routing = model["routing"]
    if routing == "series":
        routing = [[float(j == i + 1) for j in range(size)] for i in range(size)]
    total = sum(rates)
    flows = np.linalg.solve(np.eye(size) - np.array(routing, dtype=float).T, np.array(rates, float))
    crowd = [1 if each == "infinite" else int(each) for each in servers]
    loads = [
        0.0 if each == "infinite" else flow / rate / each
        for flow, rate, each in zip(flows, services, servers, strict=True)
    ]
    warm = math.ceil(16 / (1 - math.sqrt(max(loads))) ** 2) + 500
    number = max(10 * warm, 10_000)
    desks = [
        Desk(
            0,
            f"station-{k + 1}",
            () if servers[k] == "infinite" else (k,),
            0,
            own=Exponential(UNIT / services[k]),
            stream=stream_of(f"station-{k + 1}"),
        )
        for k in range(size)
    ]
    calendar = days_for(number / total)
    serial = rates[0] == total and all(
        routing[i][j] == float(j == i + 1) for i in range(size) for j in range(size)
    )
    if serial:
        steps = [(f"step-{k}", [desk], Fixed(0)) for k, desk in enumerate(desks)]
        needs = {f"step-{k}": [f"step-{k - 1}"] for k in range(1, size)}
        gate = 0
    else:
        entry = Desk(0, "entry", (), 0, own=Fixed(0), stream=stream_of("entry"))
        ways = [Route(k + 1, (rate / total,)) for k, rate in enumerate(rates) if rate]
        routed = [
            replace(
                desk,
                aside=True,
                routes=(
                    *(Route(j + 1, (p,)) for j, p in enumerate(routing[k]) if p),
                    Route(DONE, (1.0,)),
                ),
            )
            for k, desk in enumerate(desks)
        ]
        steps = [("network", [replace(entry, routes=tuple(ways)), *routed], Fixed(0))]
        needs, gate = {}, 1
    plan = network(steps, needs, people(*crowd), (calendar,), Poisson(UNIT / total), number)
    metrics: dict[str, Metric] = {}

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        columns, stay = _network_columns(
            plan, seed, replications, warm, number, size, gate, flows / total
        )
        metrics.clear()
        metrics.update(
            {
                "L_total": lambda mean: (
                    sum(mean[f"stay_{k}"] for k in range(1, size + 1)) / mean["time"]
                ),
                "W_end_to_end": mean_of("stay"),
                "W_var": variance_of("stay", "stay2"),
            }
        )
        for k in range(1, size + 1):
            metrics[f"lambda_{k}"] = ratio(f"n_{k}", "time")
            metrics[f"L_{k}"] = ratio(f"stay_{k}", "time")
            metrics[f"W_per_visit_{k}"] = ratio(f"stay_{k}", f"n_{k}")
        for name, value in expected.items():
            if quantile := QUANTILE.match(name):
                q = int(quantile["percent"]) / 100
                metrics[name] = add_quantile(columns, name, stay, value, q)
        return columns

    return Study(sample, metrics, max(1, (1_000_000 if serial else 60_000) // number))


def _network_columns(
    plan: Plan,
    seed: int,
    replications: Sequence[int],
    warm: int,
    number: int,
    size: int,
    gate: int,
    flows: Array,
) -> tuple[Columns, Array]:
    """Return visits and stays by station, of what comes after the start and before the end."""
    rows, stays = [], []
    run = forward(plan, seed, replications) if feeds_forward(plan) else None
    for place, replication in enumerate(replications):
        if run is None:
            (trace,) = play(plan, seed, [replication])
            arrival, finish = trace.arrival, trace.finish
            visits = trace.visits(ordered=False)
            reached = [visits[visits[:, 1] == k + gate, 3] for k in range(size)]
            left = [visits[visits[:, 1] == k + gate, 5] for k in range(size)]
            served = [
                visits[visits[:, 1] == k + gate, 5] - visits[visits[:, 1] == k + gate, 4]
                for k in range(size)
            ]
        else:
            arrival, finish = run.arrival[place], run.finish[place]
            reached = [run.ready[k][place] for k in range(size)]
            left = [run.end[k][place] for k in range(size)]
            served = [run.work[k][place] for k in range(size)]
        first, last = arrival[warm], arrival[int(0.9 * number)]
        row: dict[str, float] = {"time": (last - first) / UNIT}
        for k in range(size):
            inside = (reached[k] >= first) & (reached[k] < last)
            row[f"n_{k + 1}"] = inside.sum()
            row[f"stay_{k + 1}"] = (left[k] - reached[k])[inside].sum() / UNIT
        stay = (finish - arrival)[warm : int(0.9 * number)] / UNIT
        row["stay"], row["stay2"] = stay.mean(), (stay**2).mean()
        row[f"{CONTROL}gap"] = arrival[-1] / number / mean_gap(plan) - 1
        for k in range(size):
            own = plan.desks[k + gate].own
            if own is not None and served:
                row[f"{CONTROL}work{k}"] = served[k].mean() / own.mean - 1
                row[f"{CONTROL}visits{k}"] = len(served[k]) / number - flows[k]
        stays.append(stay)
        rows.append(row)
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    return columns, np.stack(stays)


def fork_join(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of projects that send one task to each of several reviewers."""
    come, rate = arrivals(model["arrivals"])
    work = distribution(model["service"])
    load = rate * work.mean / UNIT
    warm = math.ceil(12 / (1 - math.sqrt(load)) ** 2) + 200
    number = max(10 * warm, 5000)
    branches = range(model["branches"])
    plan = network(
        [(f"branch-{k}", [Desk(0, "desk", (k,), 0)], work) for k in branches],
        {},
        people(*(1 for _ in branches)),
        (days_for(number / rate),),
        come,
        number,
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        arrival = run.arrival[:, warm:]
        return {
            "R": (run.finish - run.arrival)[:, warm:].mean(axis=1) / UNIT,
            "busy": run.work[0][:, warm:-1].sum(axis=1) / UNIT,
            "time": (arrival[:, -1] - arrival[:, 0]) / UNIT,
        }

    metrics: dict[str, Metric] = {
        "R": mean_of("R"),
        "rho": ratio("busy", "time"),
        # bounds say where R may lie: what is missing to them
        "bound_low": lambda mean: np.minimum(mean["R"], expected.get("bound_low", 0.0)),
        "bound_high": lambda mean: np.maximum(mean["R"], expected.get("bound_high", 0.0)),
    }
    return Study(sample, metrics, max(1, 1_000_000 // number))


def split_merge(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of one project at a time: an agent with a caseload of one."""
    come, rate = arrivals(model["arrivals"])
    work = distribution(model["service"])
    warm, number = 1000, 10_000
    branches = range(model["branches"])
    agent = Desk(0, "agent", (0,), 0, keeps=True)
    plan = network(
        [
            ("agent", [agent], Fixed(0)),
            *((f"branch-{k}", [Desk(0, "desk", (), 0)], work) for k in branches),
        ],
        {f"branch-{k}": ["agent"] for k in branches},
        people(1),
        (days_for(number / rate),),
        come,
        number,
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        arrival = run.arrival[:, warm:] / UNIT
        begun, finish = run.start[0][:, warm:] / UNIT, run.finish[:, warm:] / UNIT
        drawn = {f"work{k}": (run.work[k + 1], work) for k in branches}
        longest = np.maximum.reduce([run.work[k + 1] for k in branches]).mean(axis=1)
        if isinstance(work, Exponential):
            mean = work.mean * sum(1 / k for k in range(1, len(branches) + 1))
            drawn_longest = {f"{CONTROL}longest": longest / mean - 1}
        else:
            drawn_longest = {}
        return (
            luck_of(run.arrival, drawn, plan)
            | drawn_longest
            | {
                "Wq": (begun - arrival).mean(axis=1),
                "W": (finish - arrival).mean(axis=1),
                "service": (finish - begun).mean(axis=1),
                "busy": (finish - begun)[:, :-1].sum(axis=1),
                "time": arrival[:, -1] - arrival[:, 0],
            }
        )

    metrics: dict[str, Metric] = {
        "Wq": mean_of("Wq"),
        "W": mean_of("W"),
        "service_mean": mean_of("service"),
        "rho": ratio("busy", "time"),
    }
    return Study(sample, metrics, 4)


def bulk_service(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of crews that take several cases on one trip."""
    come, rate = arrivals(model["arrivals"])
    trip = distribution(model["trip"])
    warm, number = 2000, 20_000
    plan = station(come, trip, model["teams"], number, days_for(number / rate))
    desk = replace(plan.desks[0], gathering=Trip(model["min_batch"], model["max_batch"]))
    # whoever comes last may never fill a trip: the run ends before
    until = int(number / rate * UNIT * 0.9)
    plan = replace(plan, desks=(desk,), until=until)

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        rows = []
        for arrival, start, end in zip(run.arrival, run.start[0], run.end[0], strict=True):
            first, last = arrival[warm], int(0.95 * until)
            inside = (arrival >= first) & (arrival < last)
            trips, which = np.unique(start[inside], return_index=True)
            length = (end[inside] - start[inside])[which]
            rows.append(
                (
                    (start - arrival)[inside].mean() / UNIT,
                    (end - arrival)[inside].mean() / UNIT,
                    (start - arrival)[inside].sum() / UNIT,
                    (last - first) / UNIT,
                    length.sum() / UNIT,
                    inside.sum(),
                    len(trips),
                )
            )
        names = ("Wq", "W", "queued", "time", "away", "cases", "trips")
        columns = dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
        return columns | luck_of(run.arrival, {}, plan)

    metrics: dict[str, Metric] = {
        "Wq": mean_of("Wq"),
        "W": mean_of("W"),
        "Lq": ratio("queued", "time"),
        "team_utilisation": lambda mean: mean["away"] / mean["time"] / model["teams"],
        "mean_batch": ratio("cases", "trips"),
    }
    return Study(sample, metrics, 3)


def clocked_bulk(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a committee that sits at even intervals and takes no time."""
    come, rate = arrivals(model["arrivals"])
    every, slots = model["meeting_every"], model["max_cases_per_meeting"]
    warm, number = 3000, 20_000
    length = number / rate
    calendar = days_for(length)
    step = int(every * UNIT)
    sittings = tuple(range(step, calendar.horizon - step, step))
    plan = station(come, Fixed(0), 1, number, calendar)
    desk = replace(plan.desks[0], pools=(), gathering=Meeting("committee", sittings, slots))
    plan = replace(plan, desks=(desk,), pools=())

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        rows = []
        for arrival, start in zip(run.arrival, run.start[0], strict=True):
            sat = np.arange(-(-int(arrival[warm]) // step), int(arrival[-1]) // step) * step
            # who has come, less who has been taken, right after each sitting
            backlog = np.searchsorted(arrival, sat, "right") - np.searchsorted(start, sat, "right")
            inside = (arrival >= sat[0]) & (arrival < sat[-1])
            rows.append(
                (
                    (start - arrival)[inside].mean() / UNIT,
                    backlog.mean(),
                    (backlog == 0).mean(),
                    inside.sum() / ((len(sat) - 1) * slots),
                )
            )
        names = ("W", "backlog_after_meeting", "P_backlog_zero", "util")
        columns = dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
        return columns | luck_of(run.arrival, {}, plan)

    names = ("W", "backlog_after_meeting", "P_backlog_zero", "util")
    return Study(sample, {name: mean_of(name) for name in names}, 3)
