"""Project networks, infinite servers and office hours: studies, and cases that are exact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from rules import Calendar, Duration
from rules.calendars import WorkingDays
from rules.duration_rules import RuleSyntaxError, parse_rule
from rules.law.clocks import deadline
from scenarios.arrivals import AtOnce, Profiled
from scenarios.distributions import Fixed
from scenarios.orders import ByPriority
from scenarios.plan import Desk, JointWork, OwnWork, Plan
from scenarios.streams import stream_of
from simulator.criticality import critical
from simulator.draws import desk_times
from simulator.feed_forward import forward
from simulator.simpy_engine import simulate_replication
from simulator.trace import Trace
from simulator.verify_estimates import (
    Columns,
    Metric,
    add_quantile,
    mean_of,
    ratio,
    variance_of,
)
from simulator.verify_models import (
    FIRST_DAY,
    UNIT,
    NotExpressible,
    days_for,
    distribution,
    network,
    people,
    topological,
)
from simulator.verify_studies import Model, Study

Exact = dict[str, object]
_CASES = 20_000
_LONG = 20_000


def _project(model: Model, mean_only: bool = False) -> Plan:
    if model.get("resources", "unlimited") != "unlimited":
        raise NotExpressible(f"a project with the resources '{model['resources']}'")
    durations: dict[str, Any] = dict(model.get("durations", {}))
    needs: dict[str, list[str]] = {k: list(v) for k, v in model.get("prerequisites", {}).items()}
    if "series_of_parallel_blocks" in model:
        before: list[str] = []
        for stage, block in enumerate(model["series_of_parallel_blocks"]):
            names = [f"b{stage}-{place}" for place in range(len(block))]
            durations |= dict(zip(names, block, strict=True))
            needs |= dict.fromkeys(names, before)
            before = names
    keys = topological(list(durations), needs)
    works = {key: distribution(durations[key]) for key in keys}
    if mean_only:
        works = {key: Fixed(work.mean) for key, work in works.items()}
    return network(
        [(key, [Desk(0, "desk", (), 0)], works[key]) for key in keys],
        needs,
        (),
        (days_for(_LONG),),
        AtOnce(),
        1,
    )


def project(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a project network without queues."""
    plan = replace(_project(model), cases=_CASES)
    metrics: dict[str, Metric] = {}

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = forward(plan, seed, replications)
        took = (run.finish - run.arrival) / UNIT
        columns: Columns = {"mean": took.mean(axis=1), "square": (took**2).mean(axis=1)}
        metrics.clear()
        metrics.update({"mean": mean_of("mean"), "var": variance_of("mean", "square")})
        for name, value in expected.items():
            quantile = re.match(r"^p(\d\d)$", name)
            within = re.match(r"^P_T_le_(.+)$", name)
            if quantile:
                metrics[name] = add_quantile(columns, name, took, value, int(quantile[1]) / 100)
            elif within:
                columns[name] = (took <= float(within[1]) + 0.5 / UNIT).mean(axis=1)
                metrics[name] = mean_of(name)
        for value in expected.get("pmf", {}):
            columns[f"pmf[{value}]"] = (np.abs(took - float(value)) < 0.5).mean(axis=1)
            metrics[f"pmf[{value}]"] = mean_of(f"pmf[{value}]")
        if "criticality" in expected:
            on = [critical(plan, trace).mean(axis=0) for trace in run.traces()]
            for place, step in enumerate(plan.steps):
                name = f"criticality[{step.key}]"
                columns[name] = np.array([row[place] for row in on])
                metrics[name] = mean_of(name)
        if "pert_deterministic_mean" in expected:
            alone = simulate_replication(_project(model, mean_only=True), 1, 0)
            length = float(alone.finish[0] - alone.arrival[0]) / UNIT
            columns["plain"] = np.full(len(took), length)
            metrics["pert_deterministic_mean"] = mean_of("plain")
        return columns

    return Study(sample, metrics, 20)


def is_certain(model: Model) -> bool:
    """Whether all durations of a project are plain numbers."""
    durations = model.get("durations", {})
    return bool(durations) and all(isinstance(each, int | float) for each in durations.values())


def certain_project(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return the simulated instants of a project with fixed durations, and its floats.

    The float of a task is how much longer it may take, found by trying: the makespan
    stays, with one more it does not.
    """
    plan = _project(model)
    trace = simulate_replication(plan, 1, 0)
    makespan = _units(trace.finish[0])
    starts = {step.key: _units(trace.ready[0, step.desks[0]]) for step in plan.steps}
    floats = {step.key: _float(plan, number, trace) for number, step in enumerate(plan.steps)}
    on = critical(plan, trace)[0]
    return {
        "makespan": makespan,
        "earliest_start": {key: starts[key] for key in expected.get("earliest_start", starts)},
        "total_float": {key: floats[key] for key in expected.get("total_float", floats)},
        "critical": [step.key for step, yes in zip(plan.steps, on, strict=True) if yes],
    }


def _units(ticks: Any) -> float | int:
    value = int(ticks) / UNIT
    return int(value) if value == int(value) else value


def _float(plan: Plan, number: int, trace: Trace) -> float | int:
    low, high = 0, int(trace.finish[0])
    while low < high:
        more = (low + high + 1) // 2
        step = plan.steps[number]
        work = step.work
        if not isinstance(work, OwnWork):
            raise NotExpressible("a joint task")
        length = int(trace.work[0, step.desks[0]]) + more
        longer = replace(step, work=replace(work, ticks=1, spread=Fixed(length)))
        steps = (*plan.steps[:number], longer, *plan.steps[number + 1 :])
        if simulate_replication(replace(plan, steps=steps), 1, 0).finish[0] > trace.finish[0]:
            high = more - 1
        else:
            low = more
    return _units(low)


def list_scheduling(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return the makespan of every variant, served by the list's order."""
    found: Exact = {}
    for name, asked in model["variants"].items():
        needs = {key: list(of) for key, of in asked["preds"].items()}
        order = list(asked["order"])
        keys = topological(order, needs)
        plan = network(
            [(key, [Desk(0, "desk", (0,), 0)], distribution(asked["times"][key])) for key in keys],
            needs,
            people(asked["m"], order=ByPriority()),
            (days_for(_LONG),),
        )
        steps = tuple(replace(step, priority=order.index(step.key)) for step in plan.steps)
        trace = simulate_replication(replace(plan, steps=steps), 1, 0)
        found[name] = _units(trace.finish[0])
    return found


def formula(model: Model, cases: int) -> Plan:
    """Return cases whose only step takes what a formula of independent draws says."""
    try:
        rule = parse_rule(model["formula"])
    except RuleSyntaxError as error:
        raise NotExpressible(str(error)) from error
    letter = next((key for key in model if key not in ("kind", "formula")), "")
    spread = distribution(model[letter])
    members = tuple((key, OwnWork(stream_of(key), 1, spread)) for key in rule.members)
    plan = network(
        [("formula", [Desk(0, "desk", (), 0)], Fixed(0))], {}, (), (days_for(1),), AtOnce(), cases
    )
    step = replace(plan.steps[0], work=JointWork(rule, members, UNIT))
    return replace(plan, steps=(step,))


def static(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a formula of independent draws: a joint step with that rule."""
    plan = formula(model, 20_000)

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        # the duration alone: a heavy tail may be longer than any calendar
        drawn = [desk_times(plan, seed, number)[:, 0].mean() / UNIT for number in replications]
        return {"mean": np.array(drawn)}

    return Study(sample, {"mean": mean_of("mean")}, 20)


_WAVE = re.compile(r"^([\d.]+)\*\(1\+([\d.]+)\*sin\(2\*pi\*t/([\d.]+)\)\)$")
_PIECES = 288


def infinite_server(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of cases that come in waves and never queue."""
    wave = _WAVE.match(model["rate"].replace(" ", ""))
    if not wave or model.get("start") != "empty":
        raise NotExpressible(f"the rate '{model['rate']}'")
    level, swing, period = (float(part) for part in wave.groups())
    unit = 86_400 / period  # a wave is a day
    edges = np.linspace(0, 2 * np.pi, _PIECES + 1)
    weight = 1 - swing * np.diff(np.cos(edges)) / np.diff(edges)
    width = 86_400 // _PIECES
    come = Profiled(
        level * period,
        hours=tuple((place * width, (place + 1) * width, w) for place, w in enumerate(weight)),
    )
    work = distribution(model["service"], unit)
    at = int(model["at_time"] * unit)
    expected_number = level * model["at_time"] * (1 + swing)
    cases = int(expected_number + 10 * expected_number**0.5 + 50)
    days = int(cases / level / period * 2) + 3
    calendar = Calendar.natural(FIRST_DAY, FIRST_DAY + timedelta(days + 2000))
    short = Calendar.natural(FIRST_DAY, FIRST_DAY + timedelta(days))
    plan = network(
        [("service", [Desk(0, "desk", (), 1)], work)], {}, (), (short, calendar), come, cases
    )

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = forward(plan, seed, replications)
        present = ((run.arrival <= at) & (run.finish > at)).sum(axis=1).astype(np.float64)
        return {"n": present, "n2": present**2}

    metrics: dict[str, Metric] = {
        "mean_in_progress": mean_of("n"),
        "var_in_progress": variance_of("n", "n2"),
    }
    return Study(sample, metrics, 4000)


_HOUR = 3600


def calendar_single_station(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of an office with opening hours that repeat."""
    cycle = model["cycle"]
    length = sum(int(part["hours"] * _HOUR) for part in cycle)
    asked = model["arrivals"]
    rate = asked["rate_per_hour"]
    weeks = 400
    opens: list[tuple[int, int]] = []
    at = 0
    for _ in range(weeks + 60):
        for part in cycle:
            end = at + int(part["hours"] * _HOUR)
            if part["open"]:
                opens += _by_day(at, end)
            at = end
    office = Calendar(FIRST_DAY, -(-at // 86_400), tuple(opens), 8 * _HOUR)
    round_the_clock = Calendar.natural(FIRST_DAY, FIRST_DAY + timedelta(office.days - 1))
    from scenarios.arrivals import Poisson

    in_hours = asked.get("when", "").startswith("open")
    counting = office if in_hours else round_the_clock
    per_cycle = rate * (
        sum(part["hours"] for part in cycle if part["open"]) if in_hours else length / _HOUR
    )
    cases = int(per_cycle * weeks)
    work = distribution(model["service"], _HOUR)
    plan = network(
        [("service", [Desk(0, "desk", (0,), 1)], work)],
        {},
        people(model["servers"]),
        (counting, office),
        Poisson(_HOUR / rate),
        cases,
    )
    first = weeks // 10

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = forward(plan, seed, replications)
        rows = []
        for arrival, finish in zip(run.arrival, run.finish, strict=True):
            last = int(arrival[-1]) // length
            borders = np.arange(first, last) * length
            present = np.searchsorted(arrival, borders, "left") - np.searchsorted(
                np.sort(finish), borders, "right"
            )
            inside = (arrival >= borders[0]) & (arrival < borders[-1])
            cycles = len(borders) - 1
            rows.append(
                (
                    (finish - arrival)[inside].mean() / _HOUR,
                    (finish - arrival)[inside].sum(),
                    float(cycles * length),
                    present.mean(),
                    inside.sum() / cycles,
                )
            )
        names = ("W_elapsed", "stay", "time", "L_at_cycle_start", "arrivals_per_cycle")
        return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))

    metrics: dict[str, Metric] = {
        "W_elapsed": mean_of("W_elapsed"),
        "L_time_average": ratio("stay", "time"),
        "L_at_cycle_start": mean_of("L_at_cycle_start"),
        "arrivals_per_cycle": mean_of("arrivals_per_cycle"),
    }
    return Study(sample, metrics, 20)


def _by_day(start: int, end: int) -> list[tuple[int, int]]:
    """Return a stretch cut at midnights."""
    cuts = [start, *range((start // 86_400 + 1) * 86_400, end, 86_400), end]
    return list(pairwise(cuts))


_WEEKDAYS = {"Mon": 0, "Tue": 1, "Wed": 2, "Thu": 3, "Fri": 4, "Sat": 5, "Sun": 6}
_FINISH = re.compile(r"^finish\[(\S+) \+(\d+)(min|h|s)\]$")
_DEADLINE = re.compile(r"^deadline\[(\S+) \+(\d+)wd\]$")


def working_calendar(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return finish instants and deadlines of a working calendar with its holidays."""
    off = {date.fromisoformat(day) for day in model["holidays"]}
    on = {date.fromisoformat(day) for day in model["make_up_days"]}
    rest = {_WEEKDAYS[day[:3].title()] for day in model["weekly_rest"]}
    asked = [re.search(r"\d{4}-\d\d-\d\d", name) for name in expected]
    dates = [date.fromisoformat(found[0]) for found in asked if found] + list(off | on)
    first, last = date(min(dates).year, 1, 1), date(max(dates).year + 1, 12, 31)
    every = [first + timedelta(day) for day in range((last - first).days + 1)]
    worked = bytes(day in on or (day not in off and day.weekday() not in rest) for day in every)
    days = WorkingDays(first, last, last, worked)
    hours = [tuple(_seconds(moment) for moment in window) for window in model["windows"]]
    office = Calendar.office(first, days, [(a, b) for a, b in hours], last)
    found: Exact = {}
    for name in expected:
        finish, due = _FINISH.match(name), _DEADLINE.match(name)
        if finish:
            ticks = int(finish[2]) * {"s": 1, "min": 60, "h": _HOUR}[finish[3]]
            found[name] = _finish(office, datetime.fromisoformat(finish[1]), ticks)
        elif due:
            found[name] = str(deadline(date.fromisoformat(due[1]), Duration(int(due[2])), days))
    return found


def _finish(office: Calendar, start: datetime, ticks: int) -> str:
    """Return when work that is ready at an instant ends, by running a plan with it."""
    from scenarios.arrivals import Traced

    plan = network(
        [("work", [Desk(0, "desk", (0,), 0)], Fixed(ticks))],
        {},
        people(1),
        (office,),
        Traced((office.tick_of(start),)),
    )
    end = simulate_replication(plan, 1, 0).finish[0]
    return office.datetime_of(int(end)).isoformat(timespec="minutes")


def _seconds(moment: str) -> int:
    at = time.fromisoformat(moment)
    return at.hour * _HOUR + at.minute * 60 + at.second
