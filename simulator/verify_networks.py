"""Textbook networks: open and closed, and a few sources that ask again and again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.arrivals import AtOnce, Poisson
from scenarios.distributions import Exponential, Fixed
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
from simulator.verify_models import days_for, network, people
from simulator.verify_reading import (
    NotExpressible,
    a_number,
    a_whole,
    distribution,
    mean_time,
    needed,
    of_list,
    only,
    relaxation,
    rule,
    steady,
    unit_for,
    whole,
)
from simulator.verify_studies import (
    QUANTILE,
    Array,
    Model,
    Study,
    mean_gap,
    play,
)

_MOST_TOGETHER = 10_000
"""Sources or cases of a closed network that are still simulated in a minute."""


def finite_source(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a few sources that ask again and again for service."""
    only(model, ("sources", "think", "service", "servers"), "a finite source")
    unit = unit_for(mean_time(needed(model, "service")))
    think, work = distribution(needed(model, "think"), unit), distribution(model["service"], unit)
    sources = whole(model, "sources", high=_MOST_TOGETHER)
    return _closed(
        sources, think, [work], [whole(model, "servers")], expected, {"L_down": "L_1"}, unit
    )


def closed_network(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a closed series of stations with thinking in between."""
    only(model, ("cases", "think", "service_means", "servers", "routing"), "a closed network")
    rule(model, "routing", "series, then back to think")
    means = [a_number(each, "service_means") for each in of_list(model, "service_means")]
    servers = [a_whole(each, "servers") for each in of_list(model, "servers")]
    if len(means) != len(servers):
        raise NotExpressible(f"{len(servers)} servers for {len(means)} service_means")
    unit = unit_for(*means)
    works = [Exponential(mean * unit) for mean in means]
    think = distribution(needed(model, "think"), unit)
    cases = whole(model, "cases", high=_MOST_TOGETHER)
    return _closed(cases, think, works, servers, expected, {}, unit)


def _closed(
    cases: int,
    think: Any,
    works: Sequence[Any],
    servers: Sequence[int],
    expected: Mapping[str, Any],
    same: Mapping[str, str],
    unit: float,
) -> Study:
    if think.mean + sum(work.mean for work in works) < 1:
        raise NotExpressible("a closed network in which nothing takes time")
    round_trip = (think.mean + sum(work.mean for work in works)) / unit
    length = 1500 * round_trip if cases > 20 else 600 * round_trip
    desks = [Desk(0, "think", (), 0, own=think, stream=stream_of("think"))]
    for k, work in enumerate(works):
        desks.append(Desk(0, f"s{k}", (k,), 0, own=work, stream=stream_of(f"s{k}")))
    desks[-1] = replace(desks[-1], routes=(Route(0, (1.0,)),))
    plan = network(
        [("round", desks, Fixed(0))],
        {},
        people(*servers),
        (days_for(length, unit),),
        AtOnce(),
        cases,
    )
    plan = replace(plan, until=int(length * unit))
    first, last = 0.1 * length, 0.98 * length

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        rows = []
        for trace in play(plan, seed, replications):
            visits = trace.visits(ordered=False)
            row: dict[str, float] = {}
            thought = (visits[visits[:, 1] == 0, 5] - visits[visits[:, 1] == 0, 3]).mean()
            if think.mean:
                row[f"{CONTROL}think"] = thought / think.mean - 1
            for k, work in enumerate(works, 1):
                ready, end = (visits[visits[:, 1] == k, c] / unit for c in (3, 5))
                inside = (ready >= first) & (ready < last)
                row[f"n_{k}"] = inside.sum()
                row[f"stay_{k}"] = (end - ready)[inside].sum()
                row[f"busy_{k}"] = inside.sum() * work.mean / unit
                served = (visits[visits[:, 1] == k, 5] - visits[visits[:, 1] == k, 4]).mean()
                if work.mean:
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
    only(model, ("external_rates", "service_rates", "servers", "routing"), "an open network")
    rates = [a_number(r, "external_rates", above=False) for r in of_list(model, "external_rates")]
    services = [a_number(each, "service_rates") for each in of_list(model, "service_rates")]
    servers = [
        each if each == "infinite" else a_whole(each, "servers")
        for each in of_list(model, "servers")
    ]
    size = len(rates)
    if not size == len(services) == len(servers):
        raise NotExpressible("external_rates, service_rates and servers of different lengths")
    routing = _routing(model.get("routing"), size)
    total = sum(rates)
    if total <= 0:
        raise NotExpressible("an open network to which nobody comes")
    flows = _flows(routing, rates)
    crowd = [1 if each == "infinite" else each for each in servers]
    slowest, busy = 0.0, 0.0
    for flow, service, each in zip(flows, services, servers, strict=True):
        load = 0.0 if each == "infinite" else flow / service / each
        steady(load)
        busy = max(busy, load)
        alone = 1.0 if each == "infinite" else relaxation(load) / each
        slowest = max(slowest, (16 * alone + 12) / service)
    warm = math.ceil(max(16 * relaxation(busy), total * slowest)) + 500
    cases = max(10 * warm, 10_000)
    unit = unit_for(*(1 / service for service in services))
    desks = [
        Desk(
            0,
            f"station-{k + 1}",
            () if servers[k] == "infinite" else (k,),
            0,
            own=Exponential(unit / services[k]),
            stream=stream_of(f"station-{k + 1}"),
        )
        for k in range(size)
    ]
    calendar = days_for(cases / total, unit)
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
    plan = network(steps, needs, people(*crowd), (calendar,), Poisson(unit / total), cases)
    metrics: dict[str, Metric] = {}

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        columns, stay = _network_columns(
            plan, seed, replications, warm, cases, gate, flows / total, unit
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
                q = float(quantile["percent"]) / 100
                metrics[name] = add_quantile(columns, name, stay, value, q, 1 / unit)
        return columns

    return Study(sample, metrics, max(1, (1_000_000 if serial else 60_000) // cases))


def _routing(asked: object, size: int) -> list[list[float]]:
    """Return the chance to go from each station to each other."""
    if asked == "series":
        return [[float(j == i + 1) for j in range(size)] for i in range(size)]
    if not isinstance(asked, list) or [len(row) for row in asked if isinstance(row, list)] != (
        [size] * size
    ):
        raise NotExpressible(f"a routing that is neither 'series' nor {size} rows of {size}")
    found = [[a_number(p, "routing", high=1, above=False) for p in row] for row in asked]
    if any(sum(row) > 1 + 1e-9 for row in found):
        raise NotExpressible("routing: a row that adds up to more than 1")
    return found


def _flows(routing: Sequence[Sequence[float]], rates: Sequence[float]) -> Array:
    """Return how many cases a unit of time come to each station, from outside and others."""
    try:
        found = np.linalg.solve(np.eye(len(rates)) - np.array(routing).T, np.array(rates, float))
    except np.linalg.LinAlgError:
        raise NotExpressible("routing: cases that never leave") from None
    if (found < -1e-9).any() or not np.isfinite(found).all():
        raise NotExpressible("routing: cases that never leave")
    return np.maximum(found, 0.0)


def _network_columns(
    plan: Plan,
    seed: int,
    replications: Sequence[int],
    warm: int,
    cases: int,
    gate: int,
    flows: Array,
    unit: float,
) -> tuple[Columns, Array]:
    """Return visits and stays by station, of what comes after the start and before the end."""
    rows, stays, size = [], [], len(flows)
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
        first, last = arrival[warm], arrival[int(0.9 * cases)]
        row: dict[str, float] = {"time": (last - first) / unit}
        for k in range(size):
            inside = (reached[k] >= first) & (reached[k] < last)
            row[f"n_{k + 1}"] = inside.sum()
            row[f"stay_{k + 1}"] = (left[k] - reached[k])[inside].sum() / unit
        stay = (finish - arrival)[warm : int(0.9 * cases)] / unit
        row["stay"], row["stay2"] = stay.mean(), (stay**2).mean()
        row[f"{CONTROL}gap"] = arrival[-1] / cases / mean_gap(plan) - 1
        for k in range(size):
            own = plan.desks[k + gate].own
            if own is not None and len(served[k]):
                row[f"{CONTROL}work{k}"] = served[k].mean() / own.mean - 1
                row[f"{CONTROL}visits{k}"] = len(served[k]) / cases - flows[k]
        stays.append(stay)
        rows.append(row)
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
    return columns, np.stack(stays)
