"""A long chain of steps, folded into rows that are read like a text.

Each box carries its department on top, each row the stages it passes through, so a
flow of 35 steps one after another fits one sheet instead of a strip five metres long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from results.cards import ZH, Card, Marks, card, header_height
from results.display import Group, Line, Rect, Shape, Text, arrowhead
from results.font import text_width, wrap
from results.frame import MARGIN, SHEET
from results.lexicon import WORDS, Language, lines, say
from rules import Name, Procedure, Stage

_GAP = 26.0
_LEAST = 150.0
_MOST = 190.0
_STAGE = 24.0
_AIR = 3.0
_BETWEEN = 26.0


def chain_rows(
    procedure: Procedure,
    marks: Mapping[str, Marks],
    language: Language,
    offices: Mapping[str, Name],
    wide: float = SHEET,
    linked: Collection[tuple[str, str]] | None = None,
) -> tuple[list[list[Shape]], float, list[float]]:
    """Return the shapes of each row, each from its own y = 0, the width, and the rows' heights.

    An arrow to the next row has two parts, so that rows may stand on different sheets.
    Where pairs of ``linked`` steps are given, other neighbours have no arrow between them.
    """
    count = len(procedure.steps)
    room = wide - 2 * MARGIN
    most = int((room - 2 * _GAP) // (_LEAST + _GAP))
    rows = -(-count // most)
    across = -(-count // rows)
    width = min(_MOST, (room - 2 * _GAP) / across - _GAP)
    order = list(procedure.critical_path().starts)
    cards = {
        key: card(procedure[key], width, language, offices=offices, marks=marks[key])
        for key in order
    }
    found: list[list[Shape]] = []
    heights: list[float] = []
    for first in range(0, count, across):
        shapes: list[Shape] = []
        keys = order[first : first + across]
        tall = max(cards[key].height for key in keys)
        head = header_height(max(len(cards[key].header) for key in keys)) + _AIR
        x_of = {key: MARGIN + _GAP + i * (width + _GAP) for i, key in enumerate(keys)}
        before = order[first - 1] if first else ""
        runs = _stage_runs(procedure, x_of, language, width=width, before=before)
        stage = _STAGE + (max((len(run.names) for run in runs), default=1) - 1) * ZH * 1.2
        shapes += [_stage_frame(run, stage, stage + head + tall + 14) for run in runs]
        top = stage + 6 + head
        height = top + tall + 10 + _BETWEEN
        for one, two in pairwise(keys):
            if linked is not None and (one, two) not in linked:
                continue
            shapes.append(_arrow(cards, one, two, x_of[one] + width, top + 12))
        if first and (linked is None or (before, keys[0]) in linked):
            shapes.append(_entering(cards, before, keys[0], (x_of[keys[0]], top + 12)))
        following = order[first + across : first + across + 1]
        if following and (linked is None or (keys[-1], following[0]) in linked):
            start = (x_of[keys[-1]] + width, top + 12)
            shapes.append(_leaving(cards, keys[-1], following[0], start, height - _BETWEEN / 2))
        shapes += [cards[key].at(x_of[key], top, tall) for key in keys]
        found.append(shapes)
        heights.append(height)
    heights[-1] += 6 - _BETWEEN
    return found, 2 * MARGIN + 2 * _GAP + across * (width + _GAP) - _GAP, heights


@dataclass(frozen=True, slots=True)
class _Run:
    """Steps of one stage in a row: where they begin, how wide they are, the stage's name."""

    x: float
    wide: float
    names: tuple[str, ...]


def _stage_runs(
    procedure: Procedure,
    x_of: Mapping[str, float],
    language: Language,
    *,
    width: float,
    before: str,
) -> list[_Run]:
    """Return each run of steps of one stage in a row, its name on as many lines as it needs."""
    known = {stage.key: stage for stage in procedure.stages}
    runs: list[list[str]] = []
    for key in x_of:
        if runs and procedure[runs[-1][0]].stage == procedure[key].stage:
            runs[-1].append(key)
        else:
            runs.append([key])
    found = []
    for index, run in enumerate(runs):
        stage_key = procedure[run[0]].stage
        if not stage_key and len(runs) == 1:
            continue
        missing = Name(en=stage_key) if stage_key else WORDS["no-stage"]
        names = lines(known.get(stage_key, Stage(stage_key, missing)).name, language)
        if before and index == 0 and procedure[before].stage == stage_key:
            names = (*names[:-1], f"{names[-1]} ({say('continued', language)})")
        x = x_of[run[0]] - 8
        wide = x_of[run[-1]] + width + 8 - x
        together = " ".join(names)
        fits = text_width(together, ZH) <= wide - 16
        found.append(_Run(x, wide, (together,) if fits else wrap(names[0], wide - 16, ZH, 3)))
    return found


def _stage_frame(run: _Run, head: float, tall: float) -> Group:
    """Return a frame around a run of steps with the stage's name on top."""
    shapes: list[Shape] = [
        Rect(run.x, 0, run.wide, tall, "stage-field"),
        Rect(run.x, 0, run.wide, head, "stage"),
    ]
    for line, text in enumerate(run.names):
        base = head - 7 - (len(run.names) - 1 - line) * ZH * 1.2
        shapes.append(Text(run.x + 8, base, text, ZH, "ink"))
    return Group(tuple(shapes), classes="stage-block")


def _arrow(cards: Mapping[str, Card], before: str, after: str, x: float, y: float) -> Group:
    """Return the arrow to the next box of the row; it starts at a point."""
    look, tip_look = _looks(cards, before, after)
    tip = (x + _GAP, y)
    line = Line(((x, y), (tip[0] - 5, y)), look)
    return Group((line, arrowhead(tip, tip_look, 8)), f"{before}->{after}", "wire")


def _leaving(
    cards: Mapping[str, Card], before: str, after: str, start: tuple[float, float], below: float
) -> Group:
    """Return the line from a row's last box around the row's end and back below it."""
    look, _ = _looks(cards, before, after)
    out, back = start[0] + _GAP / 2 + 4, MARGIN + _GAP / 2 - 4
    points = (start, (out, start[1]), (out, below), (back, below))
    return Group((Line(points, look),), f"{before}->{after}", "wire")


def _entering(
    cards: Mapping[str, Card], before: str, after: str, tip: tuple[float, float]
) -> Group:
    """Return the rest of that line: down to the next row's first box."""
    look, tip_look = _looks(cards, before, after)
    back = MARGIN + _GAP / 2 - 4
    points = ((back, -_BETWEEN / 2), (back, tip[1]), (tip[0] - 5, tip[1]))
    return Group(
        (Line(points, look), arrowhead(tip, tip_look, 8)), f"{before}->{after}", "wire-end"
    )


def _looks(cards: Mapping[str, Card], before: str, after: str) -> tuple[str, str]:
    critical = cards[before].marks.critical and cards[after].marks.critical
    if critical:
        return "edge edge-critical practice", "arrow-critical"
    return "edge practice", "arrow"
