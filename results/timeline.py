"""Procedures above each other on one working-day axis: what the reform saves, to scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from results.critical import critical_of
from results.display import Picture
from results.frame import (
    MARGIN,
    SHEET,
    Key,
    Unit,
    footer,
    kind_keys,
    lag_note,
    landscape,
    one_picture,
    pages,
    provenance_note,
)
from results.lexicon import (
    Language,
    checked,
    lines,
    number,
    paper_text,
    say,
)
from results.mixes import alone
from results.step_status import step_statuses
from results.time_axis import RIGHT, STRIP, Axis, Bar, Field
from rules import Name, Procedure

_LANDSCAPE = 2**0.5
_AROUND = 240.0
"""Height of title, legend and closing panel, about."""


def field_of(label: Name, procedure: Procedure) -> Field:
    """Return a procedure's bars, each at its earliest start.

    Examples
    --------
    >>> from rules import Duration, Edge, Step
    >>> a = Step("a", Name(en="A"), "land", duration=Duration(5))
    >>> b = Step("b", Name(en="B"), "land", duration=Duration(3))
    >>> field = field_of(Name(en="now"), Procedure(Name(en="p"), (a, b), (Edge("a", "b"),)))
    >>> [(bar.step.key, int(bar.start), int(bar.end)) for bar in field.bars]
    [('a', 0, 5), ('b', 5, 8)]
    """
    path, critical = alone(procedure).critical_path(), critical_of(procedure).steps
    known = procedure.days_known or procedure.mixed
    bars = []
    for step in procedure.steps:
        start = path.starts[step.key]
        bars.append(Bar(step, start, start + step.days, step.key in critical, known))
    return Field(label, procedure, tuple(bars), path.days)


def timeline(
    procedures: Sequence[tuple[Name, Procedure]],
    *,
    language: str = "both",
    title: str | None = None,
    clock: str | None = None,
    offices: Mapping[str, Name] | None = None,
    promise: Fraction | None = None,
    shown: str = "all",
) -> Picture:
    """Return procedures as fields of bars on one working-day axis, the first on top.

    Parameters
    ----------
    procedures : sequence of (Name, Procedure)
        Labels such as "before" and "after", and what they show; at least one.
    language : str
        ``en``, ``zh`` or ``both``.
    title, clock : str, optional
        Title of the picture; what its days count.
    offices : mapping of str to Name, optional
        Names of departments; without one its key is shown.
    promise : Fraction, optional
        Working days promised for the whole: a line through every field. By default the last
        procedure's budget, if it has one.
    shown : str
        ``all`` steps, or ``changes``: only those that differ between the first and the last.

    Examples
    --------
    >>> from rules import Duration, Step
    >>> a = Step("a", Name("踏勘", "Survey"), "land", duration=Duration(5))
    >>> now = Procedure(Name("一步", "One step"), (a,), ())
    >>> "Survey" in timeline([(Name("现在", "now"), now)], language="en").svg()
    True
    """
    speech = checked(language)
    known = offices or {}
    return one_picture(*_parts(procedures, speech, title, clock, known, promise, shown, SHEET))


def timeline_pages(
    procedures: Sequence[tuple[Name, Procedure]],
    *,
    paper: str = "a3",
    language: str = "both",
    title: str | None = None,
    clock: str | None = None,
    offices: Mapping[str, Name] | None = None,
    promise: Fraction | None = None,
    shown: str = "all",
) -> tuple[Picture, ...]:
    """Return the fields on as many landscape sheets as they need to be legible.

    ``paper`` is ``a3`` or ``a4``; for the rest see :func:`timeline`. All sheets have one axis.
    """
    speech = checked(language)
    wide, _ = landscape(paper)
    known = offices or {}
    name, told, units, _, words = _parts(
        procedures, speech, title, clock, known, promise, shown, wide
    )
    return pages(name, told, units, paper, words)


def _parts(
    procedures: Sequence[tuple[Name, Procedure]],
    speech: Language,
    title: str | None,
    clock: str | None,
    offices: Mapping[str, Name],
    promise: Fraction | None,
    shown: str,
    wide: float,
) -> tuple[str, str, list[Unit], float, str]:
    """Return title, subtitle, what stays together, width and description."""
    if not procedures:
        raise ValueError("a timeline needs at least one procedure")
    for _, procedure in procedures:
        if knots := procedure.cycles():
            told = "; ".join(" -> ".join((*knot, knot[0])) for knot in knots)
            raise ValueError(f"steps wait for each other in a circle, they have no days: {told}")
    first, last = procedures[0][1], procedures[-1][1]
    if promise is None and last.budget is not None:
        promise = last.budget.paper_days
    fields = [field_of(label, procedure) for label, procedure in procedures]
    left_out: set[str] = set()
    if shown == "changes":
        fields, left_out = _changed_fields(fields)
    elif shown != "all":
        raise ValueError(f"shown: '{shown}' is none of all, changes")
    longest = max(Fraction(1), *(field.days for field in fields))
    if promise is not None and promise <= 2 * longest:
        longest = max(longest, promise)
    scale = (wide - 2 * MARGIN - STRIP - RIGHT) / float(longest)
    name = title or " → ".join(
        dict.fromkeys(" · ".join(lines(p.name, speech)) for _, p in procedures)
    )
    counting = clock or say("paper-clock", speech)
    told = "  →  ".join(
        f"{' '.join(lines(field.label, speech))} {field.procedure.n_steps} {say('steps', speech)}, "
        f"{paper_text(field.procedure, speech)}"
        for field in fields
    )
    for tight in (False, True):
        axis = Axis(longest, scale, speech, offices, wide, promise, tight)
        units = []
        for index, field in enumerate(fields):
            drawn, height = axis.field(field, 0.0, fields[0] if index else None)
            units.append(Unit(tuple(drawn), height + (8 if tight else 16)))
        if sum(unit.height for unit in units) + _AROUND <= wide / _LANDSCAPE:
            break
    keys = kind_keys([field.procedure for field in fields], speech)
    if any(bar.critical for field in fields for bar in field.bars):
        keys.append(Key("critical", say("critical-bar", speech)))
    if promise is not None:
        keys.append(Key("promise", say("promised", speech, days=number(promise))))
    notes = [] if speech == "zh" else [say("units", speech)]
    between = {edge.ends: edge for field in fields for edge in field.procedure.edges}
    notes += lag_note(between.values(), speech)
    if any(field.procedure.mixed for field in fields):
        notes.append(say("mix", speech))
    if left_out:
        kept = " ".join(key for key in last.keys if key in left_out)
        notes.append(say("left-out", speech, n=len(left_out), keys=kept))
    foot = footer(
        keys,
        [*notes, *provenance_note([field.procedure for field in fields], speech)],
        (last, first if len(fields) > 1 else None),
        clock=counting,
        language=speech,
        width=wide,
        promise=promise,
    )
    return name, told, [*units, foot], wide, f"{name}: {told}. {counting}."


def _changed_fields(fields: Sequence[Field]) -> tuple[list[Field], set[str]]:
    """Return the fields without the steps that the last procedure keeps as the first has them."""
    first, last = fields[0].procedure, fields[-1].procedure
    if len(fields) < 2:
        raise ValueError("what changed can be shown only with an earlier procedure")
    kept = {key: s for key, s in step_statuses(first, last).items() if s.word == "kept"}
    origin = {key for status in kept.values() for key in status.was} | set(kept)
    found = [
        replace(field, bars=tuple(bar for bar in field.bars if bar.step.key not in origin))
        for field in fields
    ]
    if not any(field.bars for field in found):
        raise ValueError("every step is kept as it was: no change to draw")
    return found, set(kept)
