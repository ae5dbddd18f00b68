"""The process of :mod:`benchmarks.administration_model` as a plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from benchmarks import administration_model as model
from benchmarks.approval import MONDAY
from rules import Calendar, Kind, Name
from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Meeting
from scenarios.orders import ByPriority
from scenarios.plan import (
    NO_LAG,
    REFUSED,
    CaseType,
    Desk,
    Fact,
    Lag,
    Link,
    OwnWork,
    Part,
    Plan,
    PlanStep,
    Pool,
    Route,
    Watch,
    When,
)
from scenarios.streams import stream_of

OFFICE, WINDOW, NATURAL = range(3)
"""Calendars of the plan; limits count in the first."""


def administration(cases: int = model.CASES) -> Plan:
    """Return the process with so many cases, urgent ones and others side by side."""
    types = (
        CaseType("urgent", Name("急件", "Urgent"), model.URGENT, 1, _days(model.PROMISED_DAYS[0])),
        CaseType(
            "plain", Name("普通件", "Plain"), 1 - model.URGENT, 2, _days(model.PROMISED_DAYS[1])
        ),
    )
    steps: list[PlanStep] = []
    desks: list[Desk] = []
    links: list[Link] = []
    for of in range(len(types)):
        first = len(steps)
        for number in range(len(model.NEEDS)):
            mine = _desks(number, len(steps), len(desks))
            steps.append(_step(number, of, range(len(desks), len(desks) + len(mine))))
            desks += mine
        links += [
            Link(first + before, first + after, _lag(after))
            for before, after in sorted(
                (before, after) for after, needs in enumerate(model.NEEDS) for before in needs
            )
        ]
    return Plan(
        "administration",
        tuple(steps),
        tuple(links),
        tuple(desks),
        tuple(
            Pool(
                f"office-{number}", Name(f"{number}"), people,
                WINDOW if number == model.WINDOW else OFFICE, ByPriority(),
            )
            for number, people in enumerate(model.PEOPLE)
        ),
        (
            _calendar(model.OFFICE_HOURS),
            _calendar(model.WINDOW_HOURS),
            Calendar.natural(MONDAY, MONDAY + timedelta(7 * model.WEEKS - 1)),
        ),
        Poisson(60.0 * model.GAP),
        cases,
        types,
        (Fact("size", ("large", "small"), (model.LARGE, 1 - model.LARGE), stream_of("size")),),
        watch=Watch(round(1000 * model.WARNING), promised=True, extended=0.0),
    )  # fmt: skip


def _calendar(hours: tuple[tuple[int, int], ...]) -> Calendar:
    days = range(7 * model.WEEKS)
    return Calendar.of_days(MONDAY, [hours if model.is_worked(day) else () for day in days])


def _days(days: float) -> int:
    return round(days * model.OPEN_DAY)


def _lag(after: int) -> Lag:
    return Lag(_days(model.LAG_DAYS), OFFICE) if after == model.LAGGED else NO_LAG


def _step(number: int, of: int, desks: range) -> PlanStep:
    key = f"S{number:02}"
    return PlanStep(
        key, Name(key), Kind.APPROVAL, "",
        OwnWork(stream_of(key), 0, Fixed(0)),
        tuple(desks),
        of=of,
        when=(When(0, (0,)),) if number == model.LARGE_ONLY else (),
        promise=_days(model.STEP_DAYS[number]),
    )  # fmt: skip


def _desks(number: int, step: int, first: int) -> list[Desk]:
    """Return the desks of an activity; the first of them has the given number."""
    minutes, pools = model.MINUTES_AND_POOLS[number]

    def desk(name: str, mean: float, calendar: int = OFFICE, **more: Any) -> Desk:
        own = more.pop("own", Exponential(mean))
        stream = stream_of(f"S{number:02}/{name}")
        return Desk(step, name, more.pop("pools", ()), calendar, own=own, stream=stream, **more)

    def review(**more: Any) -> Desk:
        calendar = WINDOW if pools == (model.WINDOW,) else OFFICE
        return desk("review", 60.0 * minutes, calendar, pools=pools, **more)

    def applicant(**more: Any) -> Desk:
        return desk(
            "applicant", _days(model.APPLICANT_DAYS), part=Part.APPLICANT, aside=True,
            routes=(Route(first, (1.0,)),), **more,
        )  # fmt: skip

    if number == model.FIRST:
        ways = Route(first + 1, model.RETURNED), Route(REFUSED, (model.REFUSED,))
        return [review(routes=ways), applicant(restarts=True)]
    if number == model.SUPPLEMENT:
        return [review(routes=(Route(first + 1, model.ASKED),)), applicant()]
    if number == model.EXPERTS:
        return [
            review(),
            desk("experts", _days(model.EXPERT_DAYS), part=Part.STOPPED, reason="experts"),
        ]
    if number == model.MEETING:
        sits = Meeting("joint", tuple(model.sittings()), model.SEATS, model.SITS_FOR, model.QUORUM)
        return [review(), desk("meeting", 0, own=Fixed(0), pools=model.MEMBERS, gathering=sits)]
    if number == model.LIES:
        return [desk("dwell", _days(model.LYING_DAYS), part=Part.DWELL), review()]
    if number == model.NOTICE:
        notice = Fixed(model.NOTICE_DAYS * model.DAY)
        return [review(), desk("notice", 0, NATURAL, own=notice, part=Part.NOTICE)]
    return [review()]
