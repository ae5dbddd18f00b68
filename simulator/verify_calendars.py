"""Offices with hours: an office whose hours repeat, and working calendars with holidays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from rules import Calendar, Duration, did_you_mean
from rules.calendars import WorkingDays
from rules.law.clocks import deadline
from scenarios.arrivals import Poisson, Traced
from scenarios.distributions import Fixed
from scenarios.plan import Desk
from simulator.feed_forward import forward
from simulator.simpy_engine import simulate_replication
from simulator.verify_estimates import (
    Columns,
    Metric,
    mean_of,
    ratio,
)
from simulator.verify_models import (
    FIRST_DAY,
    at_least_a_tick,
    network,
    people,
    variation,
)
from simulator.verify_projects import Exact, texts
from simulator.verify_reading import (
    UNIT,
    NotExpressible,
    distribution,
    mean_time,
    needed,
    number,
    of_list,
    only,
    relaxation,
    rule,
    steady,
    table,
    unit_for,
    whole,
)
from simulator.verify_studies import Model, Study

_HOUR = 3600


def calendar_single_station(model: Model, expected: Mapping[str, Any]) -> Study:
    """Return the study of an office with opening hours that repeat."""
    only(model, ("cycle", "arrivals", "service", "servers", "rule"), "an office with hours")
    rule(model, "rule", "work stops at closing", "resumes at opening")
    asked = table(model, "arrivals")
    only(asked, ("process", "rate_per_hour", "when"), "cases that come to an office")
    if asked.get("process", "poisson") != "poisson":
        raise NotExpressible(f"arrivals '{asked['process']}' of an office with hours")
    if asked.get("when") not in ("open hours only", "round the clock"):
        raise NotExpressible(f"cases that come '{asked.get('when')}'")
    in_hours = asked["when"] == "open hours only"
    rate = number(asked, "rate_per_hour")
    servers = whole(model, "servers")
    mean = mean_time(needed(model, "service"))
    hour = int(_HOUR * max(1.0, unit_for(mean) / UNIT))
    work = at_least_a_tick(distribution(model["service"], hour))
    cycle = [_part(part, hour) for part in of_list(model, "cycle")]
    length = sum(ticks for ticks, _ in cycle)
    in_office = sum(ticks for ticks, is_open in cycle if is_open)
    if not in_office:
        raise NotExpressible("an office that never opens")
    per_cycle = rate * (in_office if in_hours else length) / hour
    load = per_cycle * mean * hour / in_office / servers
    steady(load)
    # cycles in which the queue forgets how it began, and in which enough cases come
    forgets = relaxation(load, (1 + variation(work)) / 2) * mean / servers + mean
    weeks = max(
        400, math.ceil(120 * forgets * hour / in_office), min(100_000, math.ceil(4000 / per_cycle))
    )
    if weeks * length > _LONGEST * 86_400 or weeks * len(cycle) > _LONGEST:
        raise NotExpressible(f"{weeks} cycles of {length / hour:g} hours")
    opens: list[tuple[int, int]] = []
    at = 0
    # who comes last may come late, and wait
    for _ in range(weeks + weeks // 20 + 60):
        for ticks, is_open in cycle:
            if is_open:
                opens += _by_day(at, at + ticks)
            at += ticks
    office = Calendar(FIRST_DAY, -(-at // 86_400), tuple(opens), 8 * hour)
    round_the_clock = Calendar.natural(FIRST_DAY, FIRST_DAY + timedelta(office.days - 1))
    cases = int(per_cycle * weeks)
    plan = network(
        [("service", [Desk(0, "desk", (0,), 1)], work)],
        {},
        people(servers),
        (office if in_hours else round_the_clock, office),
        Poisson(hour / rate),
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
                    (finish - arrival)[inside].mean() / hour,
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
    return Study(sample, metrics, min(20, max(1, 1_000_000 // cases)))


_LONGEST = 1_000_000
"""Days, and parts of days, of a calendar that is still quick to look things up in."""


def _part(asked: Any, hour: int) -> tuple[int, bool]:
    """Return ticks of a part of a cycle, and whether the office is open."""
    if not isinstance(asked, dict) or not isinstance(asked.get("open"), bool):
        raise NotExpressible("a part of a cycle without hours and open")
    only(asked, ("hours", "open"), "a part of a cycle")
    return round(number(asked, "hours") * hour), asked["open"]


def _by_day(start: int, end: int) -> list[tuple[int, int]]:
    """Return a stretch cut at midnights."""
    cuts = [start, *range((start // 86_400 + 1) * 86_400, end, 86_400), end]
    return list(pairwise(cuts))


_WEEKDAYS = {"Mon": 0, "Tue": 1, "Wed": 2, "Thu": 3, "Fri": 4, "Sat": 5, "Sun": 6}
_FINISH = re.compile(r"^finish\[(\S+) \+(\d{1,7})(min|h|s)\]$")
_DEADLINE = re.compile(r"^deadline\[(\S+) \+(\d{1,4})(wd)\]$")


def working_calendar(model: Model, expected: Mapping[str, Any]) -> Exact:
    """Return finish instants and deadlines of a working calendar with its holidays."""
    only(
        model,
        ("windows", "holidays", "make_up_days", "weekly_rest", "rules"),
        "a working calendar",
    )
    rule(model, "rules", "interrupted by closing", "the day of acceptance is not counted")
    off, on = (
        {_day(each) for each in texts(model.get(key, []), key)}
        for key in ("holidays", "make_up_days")
    )
    rest = set()
    for word in texts(model.get("weekly_rest", []), "weekly_rest"):
        if word[:3].title() not in _WEEKDAYS:
            raise NotExpressible(f"the weekday '{word}'{did_you_mean(word, _WEEKDAYS)}")
        rest.add(_WEEKDAYS[word[:3].title()])
    hours = sorted(_window(each) for each in of_list(model, "windows"))
    if any(later < end for (_, end), (later, _) in pairwise(hours)):
        raise NotExpressible("windows that overlap")
    if len(rest) == 7:
        raise NotExpressible("a week of seven days of rest")
    asked = {name: _FINISH.match(name) or _DEADLINE.match(name) for name in expected}
    instants = {name: _instant(each[1]) for name, each in asked.items() if each}
    if not instants:
        return {}
    dates = [each.date() for each in instants.values()] + list(off | on)
    # as long as the longest wait may take if one day of the week is worked
    by_day = sum(end - start for start, end in hours)
    most = max(
        int(each[2]) * {"s": 1, "min": 60, "h": _HOUR, "wd": by_day}[each[3]] // by_day + 1
        for each in asked.values()
        if each
    )
    first, last = date(min(dates).year, 1, 1), date(max(dates).year, 12, 31)
    longest = min(7 * most + len(off) + 366, (date.max - last).days)
    last += timedelta(longest)
    every = [first + timedelta(day) for day in range((last - first).days + 1)]
    worked = bytes(day in on or (day not in off and day.weekday() not in rest) for day in every)
    days = WorkingDays(first, last, last, worked)
    office = Calendar.office(first, days, hours, last)
    found: Exact = {}
    for name, each in asked.items():
        if each and name.startswith("finish"):
            ticks = int(each[2]) * {"s": 1, "min": 60, "h": _HOUR}[each[3]]
            found[name] = _finish(office, instants[name], ticks)
        elif each:
            due = deadline(instants[name].date(), Duration(int(each[2])), days)
            found[name] = str(due)
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotExpressible(f"the day '{text}'") from None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotExpressible(f"the instant '{text}'") from None
    if found.tzinfo or found.microsecond:
        raise NotExpressible(f"the instant '{text}'")
    return found


def _window(asked: object) -> tuple[int, int]:
    """Return the seconds of a day between which the office is open."""
    if isinstance(asked, list) and len(asked) == 2 and all(isinstance(at, str) for at in asked):
        found = [re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", at) for at in asked]
        start, end = (int(at[1]) * _HOUR + int(at[2]) * 60 if at else -1 for at in found)
        if 0 <= start < end <= 86_400:
            return start, end
    raise NotExpressible(f"the window {asked}; such as ['09:00', '12:00'] was expected")


def _finish(office: Calendar, start: datetime, ticks: int) -> str:
    """Return when work that is ready at an instant ends, by running a plan with it."""
    plan = network(
        [("work", [Desk(0, "desk", (0,), 0)], Fixed(ticks))],
        {},
        people(1),
        (office,),
        Traced((office.tick_of(start),)),
    )
    end = office.datetime_of(int(simulate_replication(plan, 1, 0).finish[0]))
    return end.isoformat(timespec="seconds" if end.second else "minutes")
