"""Where steps stand: departments are lanes, stages are blocks of columns, long flows fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from rules import Edge, Procedure, Step


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one stage inside a band.

    Attributes
    ----------
    stage : int
        Index into the stages that have steps.
    first, last : int
        Columns of the band, both included.
    continued : bool
        Whether an earlier band holds the stage's first columns.
    ends : bool
        Whether the stage's last column is here.
    """

    stage: int
    first: int
    last: int
    continued: bool
    ends: bool = True


@dataclass(frozen=True, slots=True)
class Band:
    """One row of a folded picture.

    Attributes
    ----------
    first, columns : int
        Its first column in the unfolded diagram, and how many it has.
    lanes : tuple of str
        Departments with a step here, in order of first use in the procedure.
    blocks : tuple of Block
        Stages from left to right.
    cells : dict of (column, lane) to tuple of str
        Steps of each cell, top to bottom.
    """

    first: int
    columns: int
    lanes: tuple[str, ...]
    blocks: tuple[Block, ...]
    cells: dict[tuple[int, int], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Bands from top to bottom, and the keys of the stages that their blocks name."""

    bands: tuple[Band, ...]
    stages: tuple[str, ...]


def arrange(procedure: Procedure, most_columns: int, most_stacked: int = 0) -> Arrangement:
    """Return where each step stands, at most so many columns wide where stages allow.

    Inside a stage a step stands one column right of the last step of the stage that
    must come before it, directly or through other stages. A column in which a department
    has more than ``most_stacked`` steps (0: any number) is wrapped into several.
    """
    stages = _stages(procedure)
    level = _levels(procedure, stages)
    if most_stacked:
        level = _wrapped(procedure, level, most_stacked)
    widths = [1 + max(level[s.key] for s in procedure.steps if _at(s, stages) == i)
              for i in range(len(stages))]  # fmt: skip
    offset = [sum(widths[:index]) for index in range(len(stages))]
    column = {s.key: offset[_at(s, stages)] + level[s.key] for s in procedure.steps}
    owner = [index for index, width in enumerate(widths) for _ in range(width)]
    lanes = tuple(dict.fromkeys(step.department for step in procedure.steps))
    bands = [_band(procedure, column, owner, lanes, ends) for ends in fold(owner, most_columns)]
    return Arrangement(tuple(bands), stages)


def fold(owner: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Return the first and last column of each row, given each column's stage.

    Rows are as few as possible, then cut as few stages as possible, then even.

    Examples
    --------
    >>> fold([0, 0, 1, 1, 1, 2, 2], 4)
    [(0, 1), (2, 4), (5, 6)]
    >>> fold([0, 0, 0, 1, 1, 1], 4)
    [(0, 2), (3, 5)]
    """
    best: list[tuple[tuple[int, int, int], list[tuple[int, int]]]] = [((0, 0, 0), [])]
    for end in range(1, len(owner) + 1):
        options = []
        for start in range(max(0, end - most), end):
            (rows, cuts, uneven), taken = best[start]
            cut = int(start > 0 and owner[start - 1] == owner[start])
            cost = (cuts * 2 + rows + 1 + 2 * cut, uneven + (end - start) ** 2)
            options.append(((rows + 1, cuts + cut, cost[1]), [*taken, (start, end - 1)]))
        best.append(min(options, key=lambda o: (o[0][0] + o[0][1], o[0][2], o[1])))
    return best[-1][1]


def drawn_edges(procedure: Procedure) -> tuple[tuple[Edge, ...], int]:
    """Return the prerequisites to draw and how many others follow from them.

    A prerequisite that a longer way through the drawn ones implies is left out, unless
    it has a lag. Gates between stages are not edges here.
    """
    graph = procedure.order_graph() if procedure.flow.word == "serial" else procedure.graph()
    shortest = set(nx.transitive_reduction(graph).edges)
    edges = [data["edge"] for _, _, data in graph.edges(data=True)]
    drawn = [e for e in edges if e.ends in shortest or e.lag.amount]
    place = {key: index for index, key in enumerate(procedure.keys)}
    drawn.sort(key=lambda e: (place[e.before], place[e.after]))
    return tuple(drawn), len(edges) - len(drawn)


def _stages(procedure: Procedure) -> tuple[str, ...]:
    """Return the keys of stages that have steps, in order; unknown ones last."""
    used = dict.fromkeys(step.stage for step in procedure.steps)
    known = [stage.key for stage in procedure.stages if stage.key in used]
    return (*known, *(key for key in used if key not in known))


def _at(step: Step, stages: tuple[str, ...]) -> int:
    return stages.index(step.stage)


def _levels(procedure: Procedure, stages: tuple[str, ...]) -> dict[str, int]:
    """Return each step's column inside its stage."""
    order = procedure.order_graph()
    stage = {step.key: step.stage for step in procedure.steps}
    place = {key: index for index, key in enumerate(procedure.keys)}
    level: dict[str, int] = {}
    # For each step the deepest level reached so far in every stage, over all its ancestors.
    reach: dict[str, dict[str, int]] = {}
    for key in nx.lexicographical_topological_sort(order, key=place.__getitem__):
        deep: dict[str, int] = {}
        for before in order.predecessors(key):
            for name, depth in reach[before].items():
                deep[name] = max(deep.get(name, -1), depth)
        level[key] = deep.get(stage[key], -1) + 1
        deep[stage[key]] = level[key]
        reach[key] = deep
    return level


def _wrapped(procedure: Procedure, level: dict[str, int], most: int) -> dict[str, int]:
    """Return each step's column where columns of more steps than that of a lane are parted."""
    cells: dict[tuple[str, int], dict[str, list[str]]] = {}
    for step in procedure.steps:
        lanes = cells.setdefault((step.stage, level[step.key]), {})
        lanes.setdefault(step.department, []).append(step.key)
    found: dict[str, int] = {}
    left: dict[str, int] = {}
    for stage, depth in sorted(cells):
        lanes = cells[stage, depth]
        parts = max(-(-len(keys) // most) for keys in lanes.values())
        for keys in lanes.values():
            rows = -(-len(keys) // parts)
            for place, key in enumerate(keys):
                found[key] = left.get(stage, 0) + place // rows
        left[stage] = left.get(stage, 0) + parts
    return found


def _band(
    procedure: Procedure,
    column: dict[str, int],
    owner: Sequence[int],
    lanes: tuple[str, ...],
    ends: tuple[int, int],
) -> Band:
    first, last = ends
    inside = [step for step in procedure.steps if first <= column[step.key] <= last]
    used = {step.department for step in inside}
    here = tuple(lane for lane in lanes if lane in used)
    cells: dict[tuple[int, int], list[str]] = {}
    for step in inside:
        cell = (column[step.key] - first, here.index(step.department))
        cells.setdefault(cell, []).append(step.key)
    graph = procedure.graph()
    spot = {key: cell for cell, keys in cells.items() for key in keys}
    ordered: dict[tuple[int, int], tuple[str, ...]] = {}
    height: dict[str, tuple[int, int]] = {}
    for cell in sorted(cells):
        # A step stands level with the middle of those it follows, so lines cross less.
        def middle(key: str) -> tuple[int, int]:
            befores = sorted(height[b] for b in graph.predecessors(key) if b in height)
            return befores[len(befores) // 2] if befores else (spot[key][1], 0)

        ordered[cell] = tuple(sorted(cells[cell], key=middle))
        for slot, key in enumerate(ordered[cell]):
            height[key] = (cell[1], slot)
    marks = [first, *(c for c in range(first + 1, last + 1) if owner[c] != owner[c - 1]), last + 1]
    blocks = tuple(
        Block(
            owner[a],
            a - first,
            b - 1 - first,
            continued=a > 0 and owner[a - 1] == owner[a],
            ends=b == len(owner) or owner[b] != owner[b - 1],
        )
        for a, b in pairwise(marks)
    )
    return Band(first, last - first + 1, here, blocks, ordered)
