"""A long chain of steps, folded into rows that are read like a text.

Each box carries its department on top, each row the stages it passes through, so a
flow of 35 steps one after another fits one sheet instead of a strip five metres long.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from results.cards import ZH, Card, Marks, card
from results.display import Group, Line, Rect, Shape, Text, arrowhead
from results.font import fit
from results.frame import MARGIN, SHEET
from results.lexicon import WORDS, Language, lines, say
from rules import Name, Procedure, Stage

_GAP = 26.0
_LEAST = 150.0
_MOST = 190.0
_STAGE = 24.0
_HEAD = 22.0
_BETWEEN = 26.0


def chain_rows(
    procedure: Procedure,
    marks: Mapping[str, Marks],
    language: Language,
    offices: Mapping[str, Name],
) -> tuple[list[Shape], float, float]:
    """Return the shapes of a folded chain, its width and its height, from the point (0, 0)."""
    count = len(procedure.steps)
    room = SHEET - 2 * MARGIN
    most = int((room - 2 * _GAP) // (_LEAST + _GAP))
    rows = -(-count // most)
    across = -(-count // rows)
    width = min(_MOST, (room - 2 * _GAP) / across - _GAP)
    order = list(procedure.critical_path().starts)
    cards = {
        key: card(procedure[key], width, language, offices=offices, marks=marks[key])
        for key in order
    }
    shapes: list[Shape] = []
    y, spots = 0.0, {}
    for first in range(0, count, across):
        keys = order[first : first + across]
        tall = max(cards[key].height for key in keys)
        x_of = {key: MARGIN + _GAP + i * (width + _GAP) for i, key in enumerate(keys)}
        before = order[first - 1] if first else ""
        shapes += _stage_runs(procedure, x_of, language, width=width, y=y, tall=tall, before=before)
        top = y + _STAGE + 6 + _HEAD
        for key in keys:
            spots[key] = (x_of[key], top, tall)
        y = top + tall + 10 + _BETWEEN
    shapes += [_arrow(cards, spots, a, b, width) for a, b in pairwise(order)]
    shapes += [cards[key].at(x, top, tall) for key, (x, top, tall) in spots.items()]
    return shapes, 2 * MARGIN + 2 * _GAP + across * (width + _GAP) - _GAP, y - _BETWEEN + 6


def _stage_runs(
    procedure: Procedure,
    x_of: Mapping[str, float],
    language: Language,
    *,
    width: float,
    y: float,
    tall: float,
    before: str,
) -> list[Shape]:
    """Return a frame and a name for each run of steps of one stage in a row."""
    known = {stage.key: stage for stage in procedure.stages}
    runs: list[list[str]] = []
    for key in x_of:
        if runs and procedure[runs[-1][0]].stage == procedure[key].stage:
            runs[-1].append(key)
        else:
            runs.append([key])
    shapes: list[Shape] = []
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
        shapes.append(
            Group(
                (
                    Rect(x, y, wide, _STAGE + _HEAD + tall + 14, "stage-field"),
                    Rect(x, y, wide, _STAGE, "stage"),
                    Text(x + 8, y + 17, fit(names, wide - 16, ZH), ZH, "ink"),
                ),
                classes="stage-block",
            )
        )
    return shapes


def _arrow(
    cards: Mapping[str, Card],
    spots: Mapping[str, tuple[float, float, float]],
    before: str,
    after: str,
    width: float,
) -> Group:
    """Return the arrow to the next box, around the row's end where the row breaks."""
    (x1, y1, tall), (x2, y2, _) = spots[before], spots[after]
    critical = cards[before].marks.critical and cards[after].marks.critical
    look = "edge edge-critical practice" if critical else "edge practice"
    tip = (x2, y2 + 12)
    points = [(x1 + width, y1 + 12), (tip[0] - 5, tip[1])]
    if y1 != y2:
        below = y1 + tall + 10 + _BETWEEN / 2
        out, back = x1 + width + _GAP / 2 + 4, x2 - _GAP / 2 - 4
        points[1:1] = [(out, y1 + 12), (out, below), (back, below), (back, tip[1])]
    head = arrowhead(tip, "arrow-critical" if critical else "arrow", 8)
    return Group((Line(tuple(points), look), head), f"{before}->{after}", "wire")
