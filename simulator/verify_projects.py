"""Project networks, list schedules and infinite servers: studies, and cases that are exact."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import numpy as np

from rules import Calendar, did_you_mean
from rules.duration_rules import RuleSyntaxError, parse_rule
from scenarios.arrivals import AtOnce, Profiled
from scenarios.distributions import Discrete, Fixed
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
    variance_of,
)
from simulator.verify_models import (
    FIRST_DAY,
    days_for,
    network,
    people,
    topological,
)
from simulator.verify_reading import (
    UNIT,
    NotExpressible,
    a_number,
    distribution,
    mean_time,
    needed,
    number,
    of_list,
    only,
    rule,
    table,
    unit_for,
    whole,
)
from simulator.verify_studies import Model, Study

Exact = dict[str, object]
_CASES = 20_000
_OF_PROJECT = ("durations", "prerequisites", "resources", "series_of_parallel_blocks")


def _tasks(model: Model) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the durations of a project's tasks, as in the file, and what each needs."""
    only(model, _OF_PROJECT, "a project")
    if model.get("resources", "unlimited") != "unlimited":
        raise NotExpressible(f"a project with the resources '{model['resources']}'")
    durations = dict(table(model, "durations")) if "durations" in model else {}
    asked = table(model, "prerequisites") if "prerequisites" in model else {}
    needs = {after: texts(of, after) for after, of in asked.items()}
    if "series_of_parallel_blocks" in model:
        before: list[str] = []
        for stage, block in enumerate(of_list(model, "series_of_parallel_blocks")):
            if not isinstance(block, list) or not block:
                raise NotExpressible(f"series_of_parallel_blocks: block {stage + 1} is no list")
            names = [f"b{stage}-{place}" for place in range(len(block))]
            durations |= dict(zip(names, block, strict=True))
            needs |= dict.fromkeys(names, before)
            before = names
    if not durations:
        raise NotExpressible("a project without tasks")
    return durations, needs


def texts(of: object, what: str) -> list[str]:
    """Return a list of names."""
    if not isinstance(of, list) or not all(isinstance(each, str) for each in of):
        raise NotExpressible(f"{what}: a list of tasks was expected")
    return of


def _unit(durations: Iterable[Any]) -> float:
    """Return ticks of a unit of time in which given times are whole, if there is such."""
    numbers: list[float] = []
    means = []
    for asked in durations:
        of = distribution(asked, 1.0)
        means.append(of.mean)
        numbers += of.values if isinstance(of, Discrete) else [of.mean]
    common = math.lcm(*(Fraction(each).limit_denominator(1000).denominator for each in numbers))
    unit = max(1.0, unit_for(*means))
    return unit if common > UNIT else common * math.ceil(unit / common)


def _project(model: Model, unit: float, mean_only: bool = False) -> Plan:
    durations, needs = _tasks(model)
    keys = topological(list(durations), needs)
    works = {key: distribution(durations[key], unit) for key in keys}
    if mean_only:
        works = {key: Fixed(work.mean) for key, work in works.items()}
    return network(
        [(key, [Desk(0, "desk", (), 0)], works[key]) for key in keys],
        needs,
        (),
        (days_for(2 * sum(work.mean for work in works.values()) / unit, unit),),
        AtOnce(),
        1,
    )


def project(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a project network without queues."""
    unit = _unit(_tasks(model)[0].values())
    plan = replace(_project(model, unit), cases=_CASES)
    # each task's time is rounded to a tick
    grain = (len(plan.steps) + 0.5) / unit
    metrics: dict[str, Metric] = {}

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        run = forward(plan, seed, replications)
        took = (run.finish - run.arrival) / unit
        columns: Columns = {"mean": took.mean(axis=1), "square": (took**2).mean(axis=1)}
        metrics.clear()
        metrics.update({"mean": mean_of("mean"), "var": variance_of("mean", "square")})
        for name, value in expected.items():
            quantile = re.match(r"^p(\d\d(?:\.\d+)?)$", name)
            within = re.match(r"^P_T_le_(\d+(?:\.\d+)?)$", name)
            if quantile:
                share = float(quantile[1]) / 100
                metrics[name] = add_quantile(columns, name, took, value, share, grain)
            elif within:
                columns[name] = (took <= float(within[1]) + grain).mean(axis=1)
                metrics[name] = mean_of(name)
        for value in expected.get("pmf", {}):
            columns[f"pmf[{value}]"] = (np.abs(took - float(value)) <= grain).mean(axis=1)
            metrics[f"pmf[{value}]"] = mean_of(f"pmf[{value}]")
        if "criticality" in expected:
            on = [critical(plan, trace).mean(axis=0) for trace in run.traces()]
            for place, step in enumerate(plan.steps):
                name = f"criticality[{step.key}]"
                columns[name] = np.array([row[place] for row in on])
                metrics[name] = mean_of(name)
        if "pert_deterministic_mean" in expected:
            alone = simulate_replication(_project(model, unit, mean_only=True), 1, 0)
            length = float(alone.finish[0] - alone.arrival[0]) / unit
            columns["plain"] = np.full(len(took), length)
            metrics["pert_deterministic_mean"] = mean_of("plain")
        return columns

    return Study(sample, metrics, 20)


def is_certain(model: Model) -> bool:
    """Whether all durations of a project are plain numbers."""
    durations = model.get("durations", {})
    return (
        isinstance(durations, dict)
        and bool(durations)
        and "series_of_parallel_blocks" not in model
        and all(isinstance(each, int | float) for each in durations.values())
    )


def certain_project(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return the simulated instants of a project with fixed durations, and its floats.

    The float of a task is how much longer it may take, found by trying: with as much more as
    the project is long, the project ends later by what is beyond the float.
    """
    unit = _unit(_tasks(model)[0].values())
    plan = _project(model, unit)
    trace = simulate_replication(plan, 1, 0)
    makespan = _units(trace.finish[0], unit)
    starts = {step.key: _units(trace.ready[0, step.desks[0]], unit) for step in plan.steps}
    floats = {
        step.key: _units(_float(plan, place, trace), unit) for place, step in enumerate(plan.steps)
    }
    on = critical(plan, trace)[0]
    wanted = [expected.get(name, {}) for name in ("earliest_start", "total_float")]
    for key in {key for each in wanted if isinstance(each, dict) for key in each}:
        if key not in starts:
            raise NotExpressible(f"the unknown task '{key}'{did_you_mean(key, starts)}")
    return {
        "makespan": makespan,
        "earliest_start": {key: starts[key] for key in expected.get("earliest_start", starts)},
        "total_float": {key: floats[key] for key in expected.get("total_float", floats)},
        "critical": [step.key for step, yes in zip(plan.steps, on, strict=True) if yes],
    }


def _units(ticks: Any, unit: float) -> float | int:
    value = int(ticks) / unit
    return int(value) if value == int(value) else value


def _float(plan: Plan, place: int, trace: Trace) -> int:
    step = plan.steps[place]
    work = step.work
    if not isinstance(work, OwnWork):
        raise NotExpressible("a joint task")
    end = int(trace.finish[0])
    length = int(trace.work[0, step.desks[0]]) + end
    longer = replace(step, work=replace(work, ticks=1, spread=Fixed(length)))
    steps = (*plan.steps[:place], longer, *plan.steps[place + 1 :])
    return 2 * end - int(simulate_replication(replace(plan, steps=steps), 1, 0).finish[0])


def list_scheduling(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return the makespan of every variant, served by the list's order."""
    only(model, ("rule", "variants"), "list scheduling")
    rule(model, "rule", "non-preemptive", "the first ready task of the list starts")
    found: Exact = {}
    for name, asked in table(model, "variants").items():
        only(asked, ("times", "preds", "m", "order"), f"the variant '{name}'")
        times = table(asked, "times")
        needs = {after: texts(of, after) for after, of in asked.get("preds", {}).items()}
        order = texts(asked.get("order", list(times)), "order")
        if sorted(order) != sorted(times):
            raise NotExpressible(f"the variant '{name}', whose order is not of all its tasks")
        for key in order:
            # whoever needs no work would not wait for a reviewer, as a task of a list does
            a_number(times[key], f"times of '{key}'")
        unit = _unit(times.values())
        keys = topological(order, needs)
        plan = network(
            [(key, [Desk(0, "desk", (0,), 0)], distribution(times[key], unit)) for key in keys],
            needs,
            people(whole(asked, "m"), order=ByPriority()),
            (days_for(sum(times.values()), unit),),
        )
        steps = tuple(replace(step, priority=order.index(step.key)) for step in plan.steps)
        trace = simulate_replication(replace(plan, steps=steps), 1, 0)
        found[name] = _units(trace.finish[0], unit)
    return found


def formula(model: Model, cases: int, unit: float = UNIT) -> Plan:
    """Return cases whose only step takes what a formula of independent draws says."""
    letters = [key for key in model if key not in ("kind", "formula")]
    if len(letters) != 1:
        raise NotExpressible("a formula of draws that are not all of one distribution")
    try:
        of = parse_rule(str(model.get("formula", "")))
    except RuleSyntaxError as error:
        raise NotExpressible(str(error)) from error
    if not all(re.fullmatch(re.escape(letters[0]) + r"\d*", key) for key in of.members):
        raise NotExpressible(f"a formula of {', '.join(of.members)} with draws of {letters[0]}")
    spread = distribution(model[letters[0]], unit)
    members = tuple((key, OwnWork(stream_of(key), 1, spread)) for key in of.members)
    plan = network(
        [("formula", [Desk(0, "desk", (), 0)], Fixed(0))], {}, (), (days_for(1),), AtOnce(), cases
    )
    step = replace(plan.steps[0], work=JointWork(of, members, int(unit)))
    return replace(plan, steps=(step,))


def static(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of a formula of independent draws: a joint step with that rule."""
    draws = [mean_time(asked) for key, asked in model.items() if key not in ("kind", "formula")]
    unit = max(1.0, unit_for(*draws))
    plan = formula(model, 20_000, unit)

    def sample(seed: int, replications: Sequence[int]) -> Columns:
        # the duration alone: a heavy tail may be longer than any calendar
        drawn = [desk_times(plan, seed, each)[:, 0].mean() / unit for each in replications]
        return {"mean": np.array(drawn)}

    return Study(sample, {"mean": mean_of("mean")}, 20)


_NUMBER = r"(\d+(?:\.\d+)?)"
_WAVE = re.compile(rf"{_NUMBER}\*\(1\+{_NUMBER}\*sin\(2\*pi\*t/{_NUMBER}\)\)")
_PIECES = 288
_MOST_CASES = 1_000_000


def infinite_server(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of cases that come in waves and never queue."""
    only(model, ("rate", "service", "start", "at_time"), "an infinite server")
    rule(model, "start", "empty")
    wave = _WAVE.fullmatch(str(model.get("rate")).replace(" ", ""))
    if not wave:
        raise NotExpressible(f"the rate '{model.get('rate')}'")
    level, swing, period = (float(part) for part in wave.groups())
    a_number(level, "the rate's level")
    a_number(swing, "the rate's swing", high=1, above=False)
    a_number(period, "the rate's period")
    at_time = number(model, "at_time")
    # a wave is a day
    unit = 86_400 / period
    edges = np.linspace(0, 2 * np.pi, _PIECES + 1)
    weight = 1 - swing * np.diff(np.cos(edges)) / np.diff(edges)
    width = 86_400 // _PIECES
    come = Profiled(
        level * period,
        hours=tuple((place * width, (place + 1) * width, w) for place, w in enumerate(weight)),
    )
    work = distribution(needed(model, "service"), unit)
    if 0 < work.mean < 100:
        raise NotExpressible(f"a service of {work.mean / unit:g} within waves of {period:g}")
    at = int(at_time * unit)
    expected_number = level * at_time * (1 + swing)
    cases = int(expected_number + 10 * expected_number**0.5 + 50)
    if cases > _MOST_CASES:
        raise NotExpressible(f"some {expected_number:.0f} cases before {at_time:g}")
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
    return Study(sample, metrics, min(4000, max(1, 1_000_000 // cases)))
