"""One queue with classes of cases: who goes first, and who may be interrupted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rules import Name
from scenarios.arrivals import Poisson
from scenarios.orders import ByPriority, Interrupting
from scenarios.plan import CaseType, Desk
from simulator.verify_estimates import (
    CONTROL,
    Columns,
    Metric,
    ratio,
)
from simulator.verify_models import at_least_a_tick, days_for, network, people, variation
from simulator.verify_reading import (
    NotExpressible,
    arrivals,
    distribution,
    mean_time,
    needed,
    of_list,
    only,
    relaxation,
    rule,
    steady,
    table,
    unit_for,
    whole,
)
from simulator.verify_studies import Model, Study, luck_of, side_by_side


def priority_single_station(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of one queue with classes; each class has its own step."""
    only(model, ("classes", "servers", "discipline"), "a station with priorities")
    classes = of_list(model, "classes")
    for each in classes:
        only(each, ("priority", "arrivals", "service"), "a class")
    unit = unit_for(*(mean_time(needed(each, "service")) for each in classes))
    streams = [arrivals(table(each, "arrivals"), unit) for each in classes]
    if not all(isinstance(come, Poisson) for come, _ in streams):
        raise NotExpressible("classes that do not come as Poisson streams")
    rates = [rate for _, rate in streams]
    works = [at_least_a_tick(distribution(each["service"], unit)) for each in classes]
    ranks = [whole(each, "priority", low=0) for each in classes]
    servers = whole(model, "servers")
    discipline = model.get("discipline")
    if discipline == "preemptive-resume":
        order: Any = Interrupting()
    else:
        order = ByPriority()
        rule(model, "discipline", "non-preemptive", "head-of-line", "priority 1 first")
    shares = [rate * work.mean / unit for rate, work in zip(rates, works, strict=True)]
    load = sum(shares) / servers
    steady(load)
    mean = sum(shares) / sum(rates)
    squares = [
        rate * (1 + variation(work)) * (work.mean / unit) ** 2
        for rate, work in zip(rates, works, strict=True)
    ]
    uneven = sum(squares) / sum(rates) / mean**2 if mean else 1.0
    warm = math.ceil(12 * relaxation(load, uneven / 2) + 12 * sum(shares)) + 200
    cases = max(10 * warm, 10_000)
    desks = [(f"class{k}", [Desk(0, "desk", (0,), 0)], work) for k, work in enumerate(works, 1)]
    plan = network(
        desks, {}, people(servers, order=order), (days_for(cases / sum(rates), unit),),
        Poisson(unit / sum(rates)), cases,
    )  # fmt: skip
    plan = replace(
        plan,
        steps=tuple(replace(step, of=k) for k, step in enumerate(plan.steps)),
        types=tuple(
            CaseType(f"class{k}", Name(f"class {k}"), rate, rank)
            for k, (rate, rank) in enumerate(zip(rates, ranks, strict=True), 1)
        ),
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        columns: Columns = {"waits": np.zeros(len(replications))}
        columns |= luck_of(run.arrival, {}, plan)
        for k, of in enumerate(works):
            every = np.asarray(run.types == k)
            columns[f"{CONTROL}share{k}"] = every.mean(axis=1) - rates[k] / sum(rates)
            if of.mean:
                # per case, not per case of the class: there may be none of it
                drawn = np.where(every, run.work[k] - of.mean, 0).mean(axis=1)
                columns[f"{CONTROL}work{k}"] = drawn / of.mean
            mine = every.copy()
            mine[:, :warm] = False
            stay = (run.end[k] - run.ready[k]) / unit
            # interrupted cases wait again after their work began
            wait = stay - run.work[k] / unit
            columns[f"n{k}"] = mine.sum(axis=1).astype(np.float64)
            columns[f"wait{k}"] = np.where(mine, wait, 0).sum(axis=1)
            columns[f"stay{k}"] = np.where(mine, stay, 0).sum(axis=1)
            columns["waits"] = columns["waits"] + columns[f"wait{k}"]
        columns["n"] = np.full(len(replications), float(cases - warm))
        return columns

    metrics: dict[str, Metric] = {"Wq_all": ratio("waits", "n")}
    for k in range(len(classes)):
        metrics[f"Wq_class{k + 1}"] = ratio(f"wait{k}", f"n{k}")
        metrics[f"W_class{k + 1}"] = ratio(f"stay{k}", f"n{k}")
    return Study(sample, metrics, max(1, 60_000 // cases))
