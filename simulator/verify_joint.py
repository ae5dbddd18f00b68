"""Work done together: fork and join, split and merge, trips of a crew, committees."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Meeting, Trip
from scenarios.plan import Desk
from simulator.verify_estimates import (
    CONTROL,
    Columns,
    Metric,
    mean_of,
    ratio,
)
from simulator.verify_models import at_least_a_tick, days_for, network, people, station, variation
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
from simulator.verify_studies import (
    Model,
    Study,
    luck_of,
    side_by_side,
)


def fork_join(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of projects that send one task to each of several reviewers."""
    only(model, ("branches", "arrivals", "service", "rule"), "fork and join")
    rule(model, "rule", "one task to each", "done when")
    unit = unit_for(mean_time(needed(model, "service")))
    come, rate = arrivals(table(model, "arrivals"), unit)
    work = at_least_a_tick(distribution(model["service"], unit))
    load = rate * work.mean / unit
    steady(load)
    warm = math.ceil(12 * relaxation(load, (1 + variation(work)) / 2)) + 200
    cases = max(10 * warm, 5000)
    branches = range(whole(model, "branches", high=1000))
    plan = network(
        [(f"branch-{k}", [Desk(0, "desk", (k,), 0)], work) for k in branches],
        {},
        people(*(1 for _ in branches)),
        (days_for(cases / rate, unit),),
        come,
        cases,
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        arrival = run.arrival[:, warm:]
        return {
            "R": (run.finish - run.arrival)[:, warm:].mean(axis=1) / unit,
            "busy": run.work[0][:, warm:-1].sum(axis=1) / unit,
            "time": (arrival[:, -1] - arrival[:, 0]) / unit,
        }

    metrics: dict[str, Metric] = {
        "R": mean_of("R"),
        "rho": ratio("busy", "time"),
        # bounds say where R may lie: what is missing to them
        "bound_low": lambda mean: np.minimum(mean["R"], expected.get("bound_low", 0.0)),
        "bound_high": lambda mean: np.maximum(mean["R"], expected.get("bound_high", 0.0)),
    }
    return Study(sample, metrics, max(1, 1_000_000 // cases // len(branches)))


def split_merge(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of one project at a time: an agent with a caseload of one."""
    only(model, ("branches", "arrivals", "service", "rule"), "split and merge")
    rule(model, "rule", "one project at a time", "next starts when all branches are done")
    unit = unit_for(mean_time(needed(model, "service")))
    come, rate = arrivals(table(model, "arrivals"), unit)
    work = distribution(model["service"], unit)
    branches = range(whole(model, "branches", high=1000))
    # the longest of n draws has the quantile of the n-th root
    drawn = work.quantile(((np.arange(20_000) + 0.5) / 20_000) ** (1 / len(branches)))
    load = rate * float(drawn.mean()) / unit
    steady(load)
    warm = max(1000, math.ceil(12 * relaxation(load)))
    cases = 10 * warm
    agent = Desk(0, "agent", (0,), 0, keeps=True)
    plan = network(
        [
            ("agent", [agent], Fixed(0)),
            *((f"branch-{k}", [Desk(0, "desk", (), 0)], work) for k in branches),
        ],
        {f"branch-{k}": ["agent"] for k in branches},
        people(1),
        (days_for(cases / rate, unit),),
        come,
        cases,
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        arrival = run.arrival[:, warm:] / unit
        begun, finish = run.start[0][:, warm:] / unit, run.finish[:, warm:] / unit
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
    only(model, ("arrivals", "trip", "min_batch", "max_batch", "teams", "rule"), "bulk service")
    rule(model, "rule", "as soon as min_batch", "up to max_batch", "no joining under way")
    unit = unit_for(mean_time(needed(model, "trip")))
    come, rate = arrivals(table(model, "arrivals"), unit)
    trip = at_least_a_tick(distribution(model["trip"], unit))
    least, teams = whole(model, "min_batch"), whole(model, "teams")
    most = whole(model, "max_batch", low=least)
    load = rate * trip.mean / unit / most / teams
    steady(load)
    warm = max(2000, math.ceil(8 * most * relaxation(load, (1 + variation(trip)) / 2)))
    cases = 10 * warm
    plan = station(come, trip, teams, cases, days_for(cases / rate, unit))
    desk = replace(plan.desks[0], gathering=Trip(least, most))
    # whoever comes last may never fill a trip: the run ends before
    until = int(cases / rate * unit * 0.9)
    plan = replace(plan, desks=(desk,), until=until)

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = side_by_side(plan, seed, replications)
        rows = []
        for arrival, start, end in zip(run.arrival, run.start[0], run.end[0], strict=True):
            first, last = arrival[warm], int(0.95 * until)
            inside = (arrival >= first) & (arrival < last)
            # whole trips: their cases may have come before, or the next ones later
            taken = (start >= first) & (start < last)
            trips, which = np.unique(start[taken], return_index=True)
            length = (end[taken] - start[taken])[which]
            rows.append(
                (
                    (start - arrival)[inside].mean() / unit,
                    (end - arrival)[inside].mean() / unit,
                    (start - arrival)[inside].sum() / unit,
                    (last - first) / unit,
                    length.sum() / unit,
                    taken.sum(),
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
        "team_utilisation": lambda mean: mean["away"] / mean["time"] / teams,
        "mean_batch": ratio("cases", "trips"),
    }
    return Study(sample, metrics, 3)


_MOST_SITTINGS = 1_000_000


def clocked_bulk(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a committee that sits at even intervals and takes no time."""
    only(model, ("arrivals", "meeting_every", "max_cases_per_meeting", "rule"), "a committee")
    rule(model, "rule", "a case waits to the meeting that decides it", "zero time", "FCFS")
    every, slots = number(model, "meeting_every"), whole(model, "max_cases_per_meeting")
    unit = unit_for(every)
    come, rate = arrivals(table(model, "arrivals"), unit)
    each_time = rate * every
    steady(each_time / slots)
    # as a walk that falls slots - each_time a meeting and varies as who came does
    walk = each_time / (slots - each_time) ** 2 + 1
    warm = max(3000, math.ceil(16 * walk * each_time))
    cases = max(20_000, 7 * warm)
    length = cases / rate
    if length / every > _MOST_SITTINGS:
        raise NotExpressible(f"a committee to which {each_time:g} cases a meeting come")
    calendar = days_for(length, unit)
    step = round(every * unit)
    sittings = tuple(range(step, calendar.horizon - step, step))
    plan = station(come, Fixed(0), 1, cases, calendar)
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
                    (start - arrival)[inside].mean() / unit,
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
