"""Read how an office is from the tables of scenario.toml; see :mod:`scenarios.life`."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import TypeVar

from rules import Kind, did_you_mean
from scenarios.distributions import Distribution, Fixed, distribution_of, problems_of
from scenarios.life import (
    AfterIssue,
    Agents,
    ArrivalHabit,
    Completeness,
    Corrections,
    Hands,
    Learning,
    Life,
    LimitHabit,
    Objections,
    Place,
    SimulatedRisk,
    Sittings,
    SystemOutage,
    Waiting,
)
from scenarios.orders import ORDERS
from scenarios.pooling import read_pooled
from scenarios.sections import read_crews, read_sections, staff_rows
from scenarios.toml_files import Settings, inside

LIFE_TABLES = (
    "people", "staff", "crew", "hands", "couriers", "corrections", "completeness", "limit_habit",
    "applicants", "refusals", "objections", "panel", "meeting", "agents", "outages", "learning",
    "after_issue", "simulated_risk", "place", "zones", "delivery", "arrivals", "waiting", "run",
)  # fmt: skip
"""Top-level tables of scenario.toml that say how an office is."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})$")
_STRETCH = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})$")

T = TypeVar("T")


def read_life(
    settings: Settings,
    folder: Path,
    *,
    closing: str,
    offices: Mapping[str, tuple[int, int]],
    hours: Collection[str],
    steps: Mapping[str, Kind],
    first_day: date,
) -> Life:
    """Return what a scenario says of its offices; every mistake is noted with its line.

    Parameters
    ----------
    offices : mapping
        Windows and reviewers of each office, by its key.
    hours : collection of str
        Keys of the opening hours.
    steps : mapping
        Kind of each step of today's procedure, by its key.
    """
    people = settings.table("people")
    people.only(("order", "orders", "approvers", "absence", "part_time", "pooled"))
    run = settings.table("run")
    run.only(("until_days", "priority", "promise_days"))
    couriers, delivery = settings.table("couriers"), settings.table("delivery")
    couriers.only(("days",))
    delivery.only(("days",))
    refusals, applicants = settings.table("refusals"), settings.table("applicants")
    refusals.only(("share",))
    applicants.only(("gap", "shared_data"))
    zones = settings.table("zones")
    for key in zones.values:
        _known(zones, key, key, steps, "step")
    approvers = tuple(
        (office, table.whole(office, low=1, high=100_000))
        for table in (people.table("approvers"),)
        for office in _keys(table, offices)
    )
    return Life(
        finish=closing == "finish",
        order=_order(people, "order", people.text("order", "first_come")),
        orders=tuple(
            (office, _order(table, office, table.text(office)))
            for table in (people.table("orders"),)
            for office in _keys(table, offices)
        ),
        approvers=approvers,
        absence=people.number("absence", 0.0, high=0.99),
        part_time=_part_time(people, offices, hours),
        pooled=read_pooled(people, offices),
        staff=read_sections(
            (*settings.tables("staff"), *staff_rows(folder, settings.reading)),
            offices={
                key: {"window": at[0], "reviewer": at[1], "approver": dict(approvers).get(key, 0)}
                for key, at in offices.items()
            },
            hours=hours,
            steps=steps,
        ),
        crews=read_crews(
            settings,
            hours=hours,
            steps={key: _no_site(key, kind, zones.values) for key, kind in steps.items()},
        ),
        hands=_if_said(settings, "hands", lambda table: _hands(table, offices)),
        courier_days=couriers.whole("days", 0, high=100),
        corrections=_if_said(settings, "corrections", _corrections),
        completeness=_if_said(settings, "completeness", _completeness),
        limit_habit=_if_said(settings, "limit_habit", _limit_habit),
        gap=_time(applicants, "gap") if applicants.has("gap") else None,
        shared_data=applicants.flag("shared_data", True),
        refusal=refusals.number("share", 0.0, high=1.0),
        objections=_if_said(settings, "objections", _objections),
        panel=_if_said(settings, "panel", lambda t: _sittings(t, "panel", offices, steps)),
        meetings=_meetings(settings, offices, steps),
        agents=_if_said(settings, "agents", _agents),
        outage=_if_said(settings, "outages", _outage),
        learning=_if_said(settings, "learning", _learning),
        after_issue=_if_said(settings, "after_issue", _after_issue),
        simulated=_if_said(settings, "simulated_risk", _simulated),
        places=_places(settings, steps),
        zones=tuple((key, zones.whole(key, low=1, high=36_500)) for key in zones.values),
        delivery_days=delivery.whole("days", 0, high=1000),
        arrivals=_arrivals(settings.table("arrivals"), folder, first_day),
        waiting=tuple(_waiting(table, steps) for table in settings.tables("waiting")),
        until_days=run.whole("until_days", 0, high=36_500),
        priority=run.whole("priority", 1, low=1, high=1000),
        promise_days=run.whole("promise_days", 0, high=10_000),
    )


def _no_site(key: str, kind: Kind, zones: Collection[str]) -> str:
    """Return why no crew can visit a step, or nothing."""
    if kind in (Kind.NOTICE, Kind.WAIT):
        return "is a wait without people"
    return "is shared by its zone" if key in zones else ""


def _if_said(settings: Settings, key: str, read: Callable[[Settings], T]) -> T | None:
    return read(settings.table(key)) if settings.has(key) else None


def _time(table: Settings, key: str) -> Distribution:
    """Read a distribution written as ``{distribution = "...", ...}``, or a plain number."""
    value = table.values.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(table.number(key))
    part = table.table(key)
    word = part.text("distribution")
    parameters: Mapping[str, object] = {
        name: each for name, each in part.values.items() if name != "distribution"
    }
    problems = problems_of(word, parameters)
    for problem in problems:
        table.wrong(key, problem)
    return Fixed(0.0) if problems else distribution_of(word, parameters)


def _known(table: Settings, at: str, key: str, known: Collection[str], what: str) -> bool:
    if key in known:
        return True
    table.wrong(at, f"no {what} is called '{key}'{did_you_mean(key, known)}")
    return False


def _keys(table: Settings, known: Collection[str]) -> list[str]:
    return [key for key in table.values if _known(table, key, key, known, "office")]


def _order(table: Settings, key: str, word: str) -> str:
    if word in ORDERS:
        return word
    table.wrong(key, f"'{word}' is not a queue order{did_you_mean(word, ORDERS)}")
    return "first_come"


def _part_time(
    people: Settings, offices: Collection[str], hours: Collection[str]
) -> tuple[tuple[str, str, int], ...]:
    found = []
    for table in people.tables("part_time"):
        table.only(("office", "hours", "people"))
        office, keeps = table.text("office"), table.text("hours")
        _known(table, "office", office, offices, "office")
        if not _known(table, "hours", keeps, hours, "set of hours"):
            continue
        found.append((office, keeps, table.whole("people", 1, low=1, high=10_000)))
    return tuple(found)


def _hands(table: Settings, offices: Collection[str]) -> Hands:
    table.only(("touch", "dwell", "window_counts", "of"))
    others = table.table("of")
    of = []
    for office in _keys(others, offices):
        own = others.table(office)
        own.only(("touch", "dwell"))
        of.append((office, Hands(_time(own, "touch"), _time(own, "dwell"))))
    return Hands(
        _time(table, "touch"), _time(table, "dwell"), table.flag("window_counts", True), tuple(of)
    )


def _corrections(table: Settings) -> Corrections:
    table.only(("share", "delay", "rounds", "at_once", "notice_days", "precheck"))
    return Corrections(
        table.number("share", high=1.0),
        _time(table, "delay"),
        table.whole("rounds", 1, low=1, high=100),
        table.flag("at_once", True),
        table.whole("notice_days", 5, low=0, high=100),
        table.number("precheck", 1.0, high=1.0),
    )


def _completeness(table: Settings) -> Completeness:
    table.only(("incomplete", "slower"))
    share = table.number("incomplete", high=1.0)
    return Completeness(share, round(1000 * table.number("slower", low=0.0, high=1000)))


def _limit_habit(table: Settings) -> LimitHabit:
    table.only(("share", "last_days"))
    return LimitHabit(table.number("share", high=1.0), table.whole("last_days", 5, low=1, high=100))


def _objections(table: Settings) -> Objections:
    table.only(("chance", "days"))
    return Objections(table.number("chance", high=1.0), _time(table, "days"))


def _meetings(
    settings: Settings, offices: Collection[str], steps: Collection[str]
) -> tuple[Sittings, ...]:
    """Return the meetings, each with its own name; a step may need several."""
    found: list[Sittings] = []
    for table in settings.tables("meeting"):
        meeting = _sittings(table, table.text("key"), offices, steps)
        if meeting.key in [other.key for other in found]:
            table.wrong("key", f"'{meeting.key}' stands twice")
        found.append(meeting)
    return tuple(found)


def _sittings(
    table: Settings, key: str, offices: Collection[str], steps: Collection[str]
) -> Sittings:
    table.only(
        ("key", "steps", "weekday", "at", "every_weeks", "slots", "minutes", "members", "quorum")
    )
    weekday = table.text("weekday", "wed").lower()[:3]
    if weekday not in WEEKDAYS:
        table.wrong("weekday", f"'{weekday}' is not one of {', '.join(WEEKDAYS)}")
        weekday = "wed"
    of, members = (
        table.texts("steps", required=key != "panel"),
        table.texts("members", required=False),
    )
    for step in of:
        _known(table, "steps", step, steps, "step")
    members = tuple(each for each in members if _known(table, "members", each, offices, "office"))
    return Sittings(
        key,
        of,
        WEEKDAYS.index(weekday),
        _second(table, "at", table.text("at", "14:00")),
        table.whole("every_weeks", 1, low=1, high=520),
        table.whole("slots", low=1, high=100_000),
        table.whole("minutes", 0, high=1440),
        members,
        table.whole("quorum", len(members), low=0, high=max(0, len(members))),
    )


def _second(table: Settings, key: str, text: str) -> int:
    found = _CLOCK.match(text.strip())
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        table.wrong(key, f"'{text}' is not a time of day such as '14:00'")
        return 0
    return int(found[1]) * 3600 + int(found[2]) * 60


def _agents(table: Settings) -> Agents:
    table.only(("number", "caseload"))
    number = table.whole("number", low=1, high=100_000)
    return Agents(number, table.whole("caseload", low=1, high=10_000))


def _outage(table: Settings) -> SystemOutage:
    table.only(("up", "down"))
    return SystemOutage(_time(table, "up"), _time(table, "down"))


def _learning(table: Settings) -> Learning:
    table.only(("extra", "half_life"))
    extra = table.number("extra", high=100)
    return Learning(extra, table.whole("half_life", low=1, high=3650))


def _after_issue(table: Settings) -> AfterIssue:
    table.only(("spot_checks", "finding", "after_days", "hold_days", "applicants"))
    return AfterIssue(
        table.number("spot_checks", 0.0, high=1.0),
        table.number("finding", 0.0, high=1.0),
        table.whole("after_days", 30, high=3650),
        table.whole("hold_days", 90, high=3650),
        table.whole("applicants", 0, high=10_000_000),
    )


def _simulated(table: Settings) -> SimulatedRisk:
    table.only(("falls_through", "rework", "rework_days"))
    rework = table.number("rework", 0.0, high=1.0)
    days = _time(table, "rework_days") if table.has("rework_days") else Fixed(0.0)
    if rework and not table.has("rework_days"):
        table.wrong("rework", "rework_days is missing: how long rework takes")
    return SimulatedRisk(table.number("falls_through", 0.0, high=1.0), rework, days)


def _place(table: Settings, steps: Collection[str]) -> Place:
    table.only(("key", "share", "windows", "reviewers", "decides", "courier_days", "parent"))
    decides = table.texts("decides", required=False)
    for step in decides:
        _known(table, "decides", step, steps, "step")
    reviewers = table.whole("reviewers", 0, high=100_000)
    if decides and not reviewers:
        table.wrong("decides", "nobody decides there: reviewers is 0")
    return Place(
        table.text("key"),
        table.number("share"),
        table.whole("windows", 1, low=0, high=100_000),
        reviewers,
        decides,
        table.whole("courier_days", 1, high=100),
        table.text("parent", ""),
    )


def _places(settings: Settings, steps: Collection[str]) -> tuple[Place, ...]:
    """Read the places, which stand in a tree: each below its parent, or below the centre."""
    tables = settings.tables("place")
    places = {table.text("key"): _place(table, steps) for table in tables}
    seen: set[str] = set()
    for table in tables:
        key = table.text("key")
        if key in seen:
            table.wrong("key", f"'{key}' stands twice")
        seen.add(key)
        if places[key].parent:
            _known(table, "parent", places[key].parent, places, "place")
        way = [key]
        while (above := places[way[-1]].parent) in places:
            if above in way:
                table.wrong("parent", f"places lie below each other: {' -> '.join((*way, above))}")
                return ()
            way.append(above)
    if places and not any(place.share for place in places.values()):
        tables[0].wrong("share", "no place has a service area: one share above 0 was expected")
    return tuple(places.values())


def _waiting(table: Settings, steps: Collection[str]) -> Waiting:
    table.only(("number", "done", "type"))
    done = table.texts("done", required=False)
    for step in done:
        _known(table, "done", step, steps, "step")
    return Waiting(table.whole("number", low=1, high=1_000_000), done, table.text("type", ""))


def _arrivals(table: Settings, folder: Path, first_day: date) -> ArrivalHabit:
    table.only(("weekdays", "months", "hours", "dispersion", "trace", "slot_minutes", "seats"))
    return ArrivalHabit(
        _weights(table, "weekdays", 7),
        _weights(table, "months", 12),
        _profile(table),
        table.number("dispersion", 1.0, low=1.0, high=1000),
        _trace(table, folder, first_day) if table.has("trace") else (),
        table.whole("slot_minutes", 0, high=1440),
        table.whole("seats", 1, low=1, high=10_000),
    )


def _weights(table: Settings, key: str, number: int) -> tuple[float, ...]:
    value = table.values.get(key)
    if value is None:
        return (1.0,) * number
    good = isinstance(value, list) and all(
        isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each < 1e9
        for each in value
    )
    if not good or len(value) != number or not any(value):
        table.wrong(key, f"{number} weights of 0 or more, not all 0, were expected")
        return (1.0,) * number
    return tuple(float(each) for each in value)


def _profile(table: Settings) -> tuple[tuple[int, int, float], ...]:
    """Read ``hours = {"08:30-10:00" = 2.0, ...}``: stretches of the day and their weights."""
    part = table.table("hours")
    stretches: list[tuple[int, int, float]] = []
    for text in part.values:
        found = _STRETCH.match(text.strip())
        weight = part.number(text)
        if not found:
            part.wrong(text, "is not a stretch of the day such as '09:00-12:00'")
            continue
        start, end = (_second(part, text, moment) for moment in found.groups())
        if stretches and start < stretches[-1][1]:
            part.wrong(text, "overlaps the stretch before it")
        elif start < end:
            stretches.append((start, end, weight))
        else:
            part.wrong(text, "ends before it begins")
    return tuple(stretches)


def _trace(table: Settings, folder: Path, first_day: date) -> tuple[int, ...]:
    """Read instants of arrival from the first column of a CSV file, ISO dates or times."""
    name = table.text("trace")
    path = inside(folder, name)
    if path is None:
        table.wrong("trace", f"'{name}' lies outside the scenario's folder")
        return ()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        table.wrong("trace", f"'{name}' cannot be read: {error.strerror or error}")
        return ()
    except UnicodeDecodeError:
        table.wrong("trace", f"'{name}' is not UTF-8: save it as UTF-8")
        return ()
    ticks = []
    midnight = datetime.combine(first_day, time())
    for line, row in enumerate(csv.reader(text.splitlines()), start=1):
        cell = row[0].strip() if row else ""
        if not cell or (line == 1 and not cell[:1].isdigit()):
            continue
        try:
            moment = datetime.fromisoformat(cell).replace(tzinfo=None)
        except ValueError:
            table.reading.wrong(name, line, f"'{cell[:40]}' is not a date such as 2013-01-04T09:30")
            continue
        tick = int((moment - midnight).total_seconds())
        if tick < 0:
            table.reading.wrong(name, line, f"{cell} lies before the first day, {first_day}")
            continue
        ticks.append(tick)
    if not ticks:
        table.wrong("trace", f"'{name}' holds no arrival")
    return tuple(sorted(ticks))


read_time, read_arrivals = _time, _arrivals
"""Of one value and of ``[arrivals]``, for the tables of other modules."""
