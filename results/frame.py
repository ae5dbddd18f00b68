"""What stands around a diagram: title above, legend and closing panel below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from results.cards import EN, SMALL, ZH, kind_band
from results.display import Group, Line, Rect, Shape, Text, arrowhead
from results.font import shorten, text_width, wrap
from results.lexicon import Language, kind_word, lines, number, say
from results.step_status import SIGNS
from rules import Kind, Name, Procedure

SHEET = 1860.0
"""Widest picture in pixels: at A3 landscape its smallest text is still 6.5 pt."""

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


def heading(title: str, subtitle: str, width: float) -> tuple[tuple[Shape, ...], float]:
    """Return the title's shapes and where what follows may start."""
    room = width - 2 * MARGIN
    shapes: list[Shape] = [
        Text(MARGIN, MARGIN + _TITLE, shorten(title, room, _TITLE), _TITLE, "ink")
    ]
    y = MARGIN + _TITLE + 8
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
    steps = [step for procedure in procedures for step in procedure.steps]
    counts = {
        word: sum(stem in step.provenance.lower() for step in steps)
        for word, stem in _PROVENANCE.items()
    }
    if not any(count for word, count in counts.items() if word != "given"):
        return []
    # counted only where provenances mix: the sum over two designs is nobody's number
    mixed = sum(bool(count) for count in counts.values()) > 1
    told = [
        say(f"provenance.{word}", language)
        + (f" ({count} {say('steps', language)})" if mixed else "")
        for word, count in counts.items()
        if count
    ]
    return [f"{say('provenance', language)}: {'; '.join(told)}"]


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
    if what in ("edge", "edge practice", "edge formal"):
        return [Line(((x, middle), (right - 6, middle)), what), arrowhead((right, middle), "arrow")]
    if what == "gate":
        return [Line(((x + 14, y), (x + 14, y + 18), (x + 18, y + 18), (x + 18, y)), "gate", True)]
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
) -> tuple[Group, float]:
    """Return the panel with steps, working days and their clock, and its height."""
    figures = [
        ("steps", procedure.n_steps, before.n_steps if before else None),
        (
            "working-days" if procedure.days_known else "days-unknown",
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
        if new or old
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


def footer(
    keys: Sequence[Key], notes: Sequence[str], panel: tuple[Procedure, Procedure | None],
    *, clock: str, language: Language, y: float, width: float,
) -> tuple[tuple[Shape, ...], float]:  # fmt: skip
    """Return legend (left) and closing panel (right), and the picture's full height."""
    shapes: list[Shape] = [Line(((MARGIN, y), (width - MARGIN, y)), "rule")]
    right = width - MARGIN - _PANEL
    total, tall = closing_panel(*panel, clock, language, x=right, y=y + 12)
    explained, height = legend(keys, notes, language, x=MARGIN, y=y + 8, width=right - 20 - MARGIN)
    return (*shapes, total, explained), y + 12 + max(tall, height) + MARGIN
