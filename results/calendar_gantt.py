"""A procedure's steps on the calendar: weekends and holidays shaded, slack, another beneath."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from results.cards import EN, SMALL, ZH
from results.display import Group, Line, Picture, Rect, Shape, Text
from results.exports.dates import PaperDates
from results.font import shorten, text_width
from results.frame import (
    MARGIN,
    SHEET,
    Key,
    Unit,
    footer,
    kind_keys,
    one_picture,
    provenance_note,
)
from results.lexicon import checked, lines, number, say
from rules import Name, Procedure, Step
from rules.calendars import WorkingDays

_NAMES = 330.0
_RIGHT = 60.0
_ROW = 22.0
_BAR = 13.0
_AXIS = 34.0
_LEAST_DAY = 1.6
"""Pixels of a day below which single days off are no longer told apart, and not shaded."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a date stands."""

    first: date
    pixels: float

    def x(self, day: date) -> float:
        """Return the left edge of a day."""
        return MARGIN + _NAMES + (day - self.first).days * self.pixels


def calendar_gantt(
    procedure: Procedure,
    first_day: date,
    days: WorkingDays,
    *,
    baseline: Procedure | None = None,
    language: str = "both",
    title: str | None = None,
    offices: Mapping[str, Name] | None = None,
) -> Picture:
    """Return steps as bars on natural days, each at its earliest start on paper.

    Parameters
    ----------
    procedure : Procedure
        What is drawn, by start.
    first_day : date
        When a case comes in.
    days : WorkingDays
        Which dates are worked; the others are shaded.
    baseline : Procedure, optional
        Where its steps of the same catalogue origin lay, as a thin bar beneath.
    language : str
        ``en``, ``zh`` or ``both``.
    title : str, optional
        Instead of the procedure's name.
    offices : mapping of str to Name, optional
        Names of departments, for the bars' explanations.

    Raises
    ------
    rules.calendars.BeyondCalendar
        If it ends after the days that the calendar knows.
    """
    speech = checked(language)
    plan = PaperDates.of(procedure, first_day, days)
    before = PaperDates.of(baseline, first_day, days) if baseline else None
    last = max(each.last_day() for each in (plan, before) if each)
    span = (last - plan.first).days + 1
    scale = _Scale(plan.first, (SHEET - 2 * MARGIN - _NAMES - _RIGHT) / span)
    steps = sorted(
        procedure.steps, key=lambda step: (plan.starts[step.key], plan.finishes[step.key])
    )
    name = title or " · ".join(lines(procedure.name, speech))
    told = f"{plan.first.isoformat()} - {plan.last_day().isoformat()}"
    bottom = _AXIS + len(steps) * _ROW
    shapes = _calendar(scale, days, last, 0.0, bottom)
    origins = {
        origin.key: (before.first_date(step.key), before.last_date(step.key))
        for step in (baseline.steps if baseline else ())
        for origin in step.origin
        if before
    }
    for row, step in enumerate(steps):
        y = _AXIS + row * _ROW
        shapes += _beneath(step, origins, scale, y)
        shapes.append(
            _bar(step, plan, scale, y, " · ".join(lines(step.name, speech)), offices or {})
        )
    keys = [*kind_keys([procedure], speech), Key("critical", say("critical", speech))]
    foot = footer(
        keys,
        provenance_note([procedure], speech),
        (procedure, baseline),
        clock=say("paper-clock", speech),
        language=speech,
        width=SHEET,
    )
    description = f"{name}: {number(plan.end)} {say('working-days', speech)}, {told}"
    return one_picture(name, told, [Unit(tuple(shapes), bottom + 24), foot], SHEET, description)


def _calendar(
    scale: _Scale, days: WorkingDays, last: date, top: float, bottom: float
) -> list[Shape]:
    """Return days off as shaded stripes, and a line with its date for each month or week."""
    shapes: list[Shape] = []
    span = (last - scale.first).days + 1
    for index in range(span if scale.pixels >= _LEAST_DAY else 0):
        day = scale.first + timedelta(index)
        if not days.is_working(day):
            stripe = Rect(
                scale.x(day), top + _AXIS - 4, scale.pixels, bottom - top - _AXIS + 4, "day-off"
            )
            shapes.append(Group((stripe,), day.isoformat(), "off-day"))
    free = MARGIN + _NAMES
    for index in range(span):
        day = scale.first + timedelta(index)
        monthly, weekly = day.day == 1, span <= 70 and day.weekday() == 0
        if not (monthly or weekly or index == 0):
            continue
        x = scale.x(day)
        shapes.append(Line(((x, top + _AXIS - 8), (x, bottom)), "axis" if monthly else "grid"))
        if x >= free:
            shapes.append(Text(x + 2, top + _AXIS - 12, day.isoformat(), SMALL, "dim"))
            free = x + text_width(day.isoformat(), SMALL) + 10
    return shapes


def _beneath(
    step: Step, origins: Mapping[str, tuple[date, date]], scale: _Scale, y: float
) -> list[Shape]:
    """Return where the step's parts lay in the baseline."""
    lain = [origins[origin.key] for origin in step.origin if origin.key in origins]
    return [
        Rect(
            scale.x(start),
            y + _BAR + 4,
            max(2.0, ((end - start).days + 1) * scale.pixels),
            4.0,
            "baseline",
        )
        for start, end in lain
    ]


def _bar(
    step: Step, plan: PaperDates, scale: _Scale, y: float, name: str, offices: Mapping[str, Name]
) -> Group:
    """Return a step's name at the left, its bar, its days and its slack."""
    start, end = plan.first_date(step.key), plan.last_date(step.key)
    critical = step.key in plan.critical
    x, wide = scale.x(start), max(2.0, ((end - start).days + 1) * scale.pixels)
    if plan.starts[step.key] == plan.finishes[step.key]:
        wide = 2.0
    days = number(plan.finishes[step.key] - plan.starts[step.key])
    label = shorten(f"{step.key} {name}", _NAMES - 10, EN)
    parts: list[Shape] = [
        Text(MARGIN, y + _BAR, label, EN, "critical-ink" if critical else "ink"),
        Rect(x, y + 2, wide, _BAR, f"box {step.kind.value}" + (" critical" if critical else "")),
    ]
    finish = x + wide
    if spare := plan.slack[step.key]:
        late = plan.day(int(plan.finishes[step.key] + spare) - 1 if plan.finishes[step.key] else 0)
        finish = max(finish, scale.x(late) + scale.pixels)
        parts.append(
            Line(((x + wide, y + 2 + _BAR / 2), (finish, y + 2 + _BAR / 2)), "edge practice")
        )
    parts.append(Text(finish + 5, y + _BAR, days, ZH if critical else EN, "ink"))
    office = offices.get(step.department, Name(step.department, step.department))
    told = f"{step.key} {name}\n{office.zh} {office.en}\n{start.isoformat()} - {end.isoformat()}"
    return Group(tuple(parts), step.key, "bar", told)
