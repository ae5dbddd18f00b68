"""What stands around a diagram: title above, legend and closing panel below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from results.cards import EN, SMALL, ZH, inner_edge, kind_band
from results.display import (
    Group,
    Line,
    Picture,
    Rect,
    Shape,
    Strokes,
    Text,
    arrowhead,
    every,
    moved,
)
from results.font import shorten, text_width, wrap
from results.lexicon import Language, days_text, kind_word, lines, number, say, unknown_word
from results.step_status import SIGNS
from rules import Edge, Kind, Name, Procedure

SHEET = 1860.0
"""Widest picture in pixels: at A3 landscape its smallest text is still 6.5 pt."""

LANDSCAPE: dict[str, tuple[float, float]] = {"a3": (SHEET, 1288.0), "a4": (1315.0, 902.0)}
"""Width and height in pixels of a landscape sheet within margins of 10 mm, on which the smallest
text is 6.5 pt."""

_PRINTED = {
    paper: ((wide - 20) * 72 / 25.4, (tall - 20) * 72 / 25.4)
    for paper, wide, tall in (("a3", 420, 297), ("a4", 297, 210))
}
"""Points of a landscape sheet within margins of 10 mm."""

MARGIN = 24.0
_TITLE = 22.0
_SWATCH = 34.0
_ROW = 24.0
_PANEL = 430.0
_PROVENANCE = {
    "given": "given",
    "damaged-reading": "damaged",
    "reconstruction": "reconstruct",
    "comparator": "comparator",
    "assumption": "assumption",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: a sample of what it explains, and the words."""

    what: str
    words: str


def title_lines(name: Name, language: Language) -> str:
    """Return a title on one line."""
    return " · ".join(lines(name, language))


@dataclass(frozen=True, slots=True)
class Unit:
    """Shapes that stay together on one sheet, drawn from y = 0, and their height."""

    shapes: tuple[Shape, ...]
    height: float


def stacked(units: Sequence[Unit], y: float) -> tuple[tuple[Shape, ...], float]:
    """Return units one below the other from a height on, and where they end."""
    shapes: list[Shape] = []
    for unit in units:
        shapes += [moved(shape, 0.0, y) for shape in unit.shapes]
        y += unit.height
    return tuple(shapes), y


def one_picture(
    title: str, subtitle: str, units: Sequence[Unit], width: float, description: str
) -> Picture:
    """Return everything as one picture, as high as it must be."""
    head, top = heading(title, subtitle, width)
    body, height = stacked(units, top)
    page = Rect(0, 0, width, height, "page")
    return Picture(width, height, (page, *head, *body), title, description)


def landscape(paper: str) -> tuple[float, float]:
    """Return the width and height of a landscape sheet.

    Raises
    ------
    ValueError
        If the paper is not one of :data:`LANDSCAPE`.
    """
    if paper not in LANDSCAPE:
        raise ValueError(f"paper: '{paper}' is none of {', '.join(LANDSCAPE)}")
    return LANDSCAPE[paper]


def printed_at(picture: Picture, paper: str = "a3") -> float:
    """Return the size in points of a picture's smallest text on one sheet, turned as fits best.

    Examples
    --------
    >>> sheet = Picture(*LANDSCAPE["a3"], (Text(0, 0, "x", SMALL),))
    >>> round(printed_at(sheet), 1), round(printed_at(sheet, "a4"), 1)
    (6.7, 4.6)
    """
    wide, tall = _PRINTED[paper]
    scales = (
        min(across / picture.width, up / picture.height)
        for across, up in ((wide, tall), (tall, wide))
    )
    sizes = (shape.size for shape in every(picture.shapes) if isinstance(shape, Text))
    return min(sizes, default=0.0) * max(scales)


def pages(
    title: str, subtitle: str, units: Sequence[Unit], paper: str, description: str
) -> tuple[Picture, ...]:
    """Return sheets of one size, each with the title and with as many units as it holds.

    A unit higher than a sheet has a sheet of its own, which is then higher.

    Raises
    ------
    ValueError
        If the paper is not one of :data:`LANDSCAPE`.
    """
    width, most = landscape(paper)
    _, top = heading(f"{title} (9/9)", subtitle, width)
    sheets: list[list[Unit]] = [[]]
    for unit in units:
        if sheets[-1] and top + sum(u.height for u in sheets[-1]) + unit.height > most:
            sheets.append([])
        sheets[-1].append(unit)
    found = []
    for at, here in enumerate(sheets, 1):
        named = f"{title} ({at}/{len(sheets)})" if len(sheets) > 1 else title
        head, start = heading(named, subtitle, width)
        body, height = stacked(here, start)
        tall = max(height, most)
        page = Rect(0, 0, width, tall, "page")
        found.append(Picture(width, tall, (page, *head, *body), named, description))
    return tuple(found)


def heading(title: str, subtitle: str, width: float) -> tuple[tuple[Shape, ...], float]:
    """Return the title's shapes, on as many lines as it needs, and where what follows may start."""
    room = width - 2 * MARGIN
    shapes: list[Shape] = []
    y = MARGIN
    for line in wrap(title, room, _TITLE):
        y += _TITLE
        shapes.append(Text(MARGIN, y, line, _TITLE, "ink"))
        y += 8
    for line in wrap(subtitle, room, ZH, 2):
        y += ZH * 1.25
        shapes.append(Text(MARGIN, y, line, ZH, "dim"))
    return (Group(tuple(shapes), classes="heading"),), y + 14


def kind_keys(procedures: Iterable[Procedure], language: Language) -> list[Key]:
    """Return a legend entry for each kind of step that occurs, in the order of kinds."""
    used = {step.kind for procedure in procedures for step in procedure.steps}
    return [Key(kind.value, kind_word(kind, language)) for kind in Kind if kind in used]


def status_keys(words: Iterable[str], language: Language) -> list[Key]:
    """Return a legend entry for each status that occurs."""
    used = set(words)
    return [
        Key(f"status.{word}", say(f"status.{word}", language)) for word in SIGNS if word in used
    ]


def provenance_note(procedures: Iterable[Procedure], language: Language) -> list[str]:
    """Return a note on where the steps' data come from, unless all are given or nothing is said.

    A reconstruction must never pass for a fact of a named city.
    """
    steps = {step.key: step for procedure in procedures for step in procedure.steps}.values()
    said = [
        {word for word, stem in _PROVENANCE.items() if stem in step.provenance.lower()}
        for step in steps
    ]
    # of a step whose days are reconstructed it is no merit that something else is given
    counts = {
        word: sum(word in words and (word != "given" or len(words) == 1) for words in said)
        for word in _PROVENANCE
    }
    if not any(count for word, count in counts.items() if word != "given"):
        return []
    # counted only where provenances mix, and a step of both designs once
    mixed = sum(bool(count) for count in counts.values()) > 1
    told = [
        say(f"provenance.{word}", language)
        + (f" ({count} {say('steps', language)})" if mixed else "")
        for word, count in counts.items()
        if count
    ]
    return [f"{say('provenance', language)}: {'; '.join(told)}"]


def lag_note(edges: Iterable[Edge], language: Language) -> list[str]:
    """Return a note on the arrows that take time, for no box shows it; none where none does."""
    lags = [
        f"{edge.before}→{edge.after} {days_text(edge.lag, language)}"
        for edge in edges
        if edge.lag.amount
    ]
    return [say("lags", language, lags="; ".join(lags))] if lags else []


def legend(
    keys: Sequence[Key],
    notes: Sequence[str],
    language: Language,
    *,
    x: float,
    y: float,
    width: float,
) -> tuple[Group, float]:
    """Return the legend inside a width, and its height."""
    shapes: list[Shape] = [Text(x, y + 14, say("legend", language), ZH, "ink")]
    at_x, at_y = x, y + 22
    for key in keys:
        words = shorten(key.words, width - _SWATCH - 8, EN)
        wide = _SWATCH + 8 + text_width(words, EN) + 20
        if at_x > x and at_x + wide - 20 > x + width:
            at_x, at_y = x, at_y + _ROW
        shapes += _swatch(key.what, at_x, at_y)
        shapes.append(Text(at_x + _SWATCH + 8, at_y + 13, words, EN, "ink"))
        at_x += wide
    at_y += _ROW + 4
    for note in notes:
        for line in wrap(note, width, SMALL):
            at_y += SMALL * 1.3
            shapes.append(Text(x, at_y, line, SMALL, "dim"))
    return Group(tuple(shapes), classes="legend"), at_y + 6 - y


def _swatch(what: str, x: float, y: float) -> list[Shape]:
    middle, right = y + 9, x + _SWATCH
    if what.startswith("status."):
        word = what.removeprefix("status.")
        sign = "n→1" if word == "merged" else "1→n" if word == "split" else SIGNS[word]
        return [Text(x + _SWATCH / 2, y + 13, sign, EN, word, "middle")]
    if what in ("edge", "edge practice", "edge formal", "edge through"):
        return [Line(((x, middle), (right - 6, middle)), what), arrowhead((right, middle), "arrow")]
    if what == "gate":
        return [Line(((x + 14, y), (x + 14, y + 18), (x + 18, y + 18), (x + 18, y)), "gate", True)]
    if what == "promise":
        return [Line(((x + 17, y), (x + 17, y + 18)), "promise")]
    if what == "folded":
        return [Rect(x, y, _SWATCH, 18, "box"), Strokes(inner_edge(right, y, y + 18), "hatch")]
    if what == "critical":
        corner = ((right - 8, y), (right, y), (right, y + 8))
        return [Rect(x, y, _SWATCH, 18, "box critical"), Line(corner, "corner", closed=True)]
    if what == "ghost":
        return [Rect(x, y, _SWATCH, 18, "ghost")]
    kind = Kind(what)
    box = Rect(x, y, _SWATCH, 18, f"box {what}", 9.0 if kind is Kind.WAIT else 2.0)
    band = kind_band(kind, x, y, 18)
    return [box, band] if band else [box]


def closing_panel(
    procedure: Procedure,
    before: Procedure | None,
    clock: str,
    language: Language,
    *,
    x: float,
    y: float,
    width: float = _PANEL,
    promise: Fraction | None = None,
) -> tuple[Group, float]:
    """Return the panel with steps, working days, promise and their clock, and its height."""
    figures = [
        ("steps", procedure.n_steps, before.n_steps if before else None),
        (
            "working-days" if procedure.days_known else unknown_word(procedure),
            _days_known(procedure),
            _days_known(before) if before else None,
        ),
    ]
    small = [
        (word, new, old)
        for word, new, old in (
            ("visits", procedure.visits, before.visits if before else None),
            ("documents", procedure.documents, before.documents if before else None),
        )
        if (new or old) and not procedure.mixed
    ]
    shapes: list[Shape] = []
    inner, at_y = width - 28, y + 10
    for word, new, old in figures:
        told = str(new) if old is None else f"{old} → {new}"
        at_y += 30
        shapes.append(Text(x + 14, at_y, told, 28, "ink"))
        label_x = x + 14 + text_width(told, 28) + 10
        label = shorten(say(word, language), x + width - 14 - label_x, ZH)
        shapes.append(Text(label_x, at_y, label, ZH, "dim"))
        at_y += 4
    if promise is not None:
        at_y += 20
        words = shorten(promise_text(procedure, promise, language), inner, EN)
        shapes.append(Text(x + 14, at_y, words, EN, _promise_ink(procedure, promise)))
    if small:
        told = "    ".join(
            f"{say(word, language)} {new if old is None else f'{old} → {new}'}"
            for word, new, old in small
        )
        at_y += 20
        shapes.append(Text(x + 14, at_y, shorten(told, inner, EN), EN, "ink"))
    at_y += 6
    for line in wrap(f"{say('clock', language)}: {clock}", inner, SMALL, 4):
        at_y += SMALL * 1.3
        shapes.append(Text(x + 14, at_y, line, SMALL, "dim"))
    height = at_y + 10 - y
    return Group((Rect(x, y, width, height, "panel", 3), *shapes), "total", "total"), height


def _days_known(procedure: Procedure) -> str:
    return number(procedure.paper_days) if procedure.days_known else "?"


def promise_text(procedure: Procedure, promise: Fraction, language: Language) -> str:
    """Return a promised total and whether the days on paper keep it, with a sign and in words."""
    told = say("promised", language, days=number(promise))
    if not procedure.days_known:
        return f"{told}: {say(unknown_word(procedure), language)}"
    over = procedure.paper_days - promise
    if over > 0:
        return f"{told}: × {say('over', language, days=number(over))}"
    return f"{told}: √ {say('within', language)}"


def _promise_ink(procedure: Procedure, promise: Fraction) -> str:
    if not procedure.days_known:
        return "dim"
    return "critical-ink" if procedure.paper_days > promise else "saved-ink"


def footer(
    keys: Sequence[Key], notes: Sequence[str], panel: tuple[Procedure, Procedure | None],
    *, clock: str, language: Language, width: float, promise: Fraction | None = None,
) -> Unit:  # fmt: skip
    """Return legend (left) and closing panel (right)."""
    shapes: list[Shape] = [Line(((MARGIN, 0.0), (width - MARGIN, 0.0)), "rule")]
    right = width - MARGIN - _PANEL
    total, tall = closing_panel(*panel, clock, language, x=right, y=12, promise=promise)
    explained, height = legend(keys, notes, language, x=MARGIN, y=8, width=right - 20 - MARGIN)
    return Unit((*shapes, total, explained), 12 + max(tall, height) + MARGIN)
