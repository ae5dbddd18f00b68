"""Lines between boxes: at right angles, through gutters and corridors where no box stands.

Boxes stand in columns and lanes. Left of every column, and right of the last, is a
*gutter* for vertical runs; on top of every lane, and below the last, is a *corridor*
for level runs. A line leaves its box to the right, runs down a gutter, along a
corridor or an empty lane, down another gutter, and enters from the left. Lines that
leave one box share their runs (a trunk); lines of different boxes never lie on each
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from results.display import Point

TRACK = 7.0
"""Distance between two runs side by side, in pixels."""

_APART = 4.0
_MARGIN = 5.0
_LEAST_GUTTER = 26.0
_ARROW = 11.0
_MANY = 8
_CLEAR = 11.0
"""Room left of the first track, where a gate may stand."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from the box ``before`` to the box ``after``."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes of one band before they have a place.

    Attributes
    ----------
    columns, lanes : int
        How many of each.
    cells : mapping of (column, lane) to tuple of str
        Keys of the boxes in each cell, top to bottom.
    heights : mapping of str to float
        Height of each box.
    width : float
        Width of all boxes.
    least_lane : sequence of float
        Least height of each lane.
    gap, pad : float
        Space between two boxes of a cell, and above and below the boxes of a lane.
    """

    columns: int
    lanes: int
    cells: Mapping[tuple[int, int], tuple[str, ...]]
    heights: Mapping[str, float]
    width: float
    least_lane: Sequence[float]
    gap: float = 10.0
    pad: float = 7.0


@dataclass(frozen=True, slots=True)
class Routed:
    """Where boxes, lanes and lines are; all pixels from the band's upper left corner.

    Attributes
    ----------
    corners : dict of str to Point
        Upper left corner of each box.
    heights : dict of str to float
        Height of each box, at least what was asked and enough for the lines that enter.
    column_x : tuple of float
        Left side of each column.
    lane_y : tuple of float
        Top of each lane, then the bottom of the last.
    paths : dict of Wire to tuple of Point
        Corner points of each line, from box to box.
    width, height : float
        Of the whole band.
    box_width : float
        Width of every box.
    """

    corners: dict[str, Point]
    heights: dict[str, float]
    column_x: tuple[float, ...]
    lane_y: tuple[float, ...]
    paths: dict[Wire, tuple[Point, ...]]
    width: float
    height: float
    box_width: float


@dataclass(slots=True)
class _Way:
    """How one line goes: straight on in its own lane, into the other's, or by a corridor."""

    wire: Wire
    source: tuple[int, int]
    target: tuple[int, int]
    corridor: int = -1
    shape: str = "direct"
    out_y: float = 0.0
    in_y: float = 0.0


@dataclass(slots=True)
class _Runs:
    """Level runs already taken, by gutter: no two of different trunks may lie close."""

    taken: dict[int, list[tuple[float, str]]] = field(default_factory=dict)

    def free(self, y: float, owner: str, gutters: Iterable[int], apart: float) -> bool:
        return all(
            abs(y - other) >= apart or owner == whose
            for gutter in gutters
            for other, whose in self.taken.get(gutter, ())
        )

    def take(self, y: float, owner: str, gutters: Iterable[int]) -> None:
        for gutter in gutters:
            self.taken.setdefault(gutter, []).append((y, owner))


def route(boxes: Boxes, wires: Iterable[Wire]) -> Routed:
    """Return places for boxes and right-angled lines between them.

    The same boxes and wires give the same places.
    """
    cell_of = {key: cell for cell, keys in boxes.cells.items() for key in keys}
    ways = [_Way(wire, cell_of[wire.before], cell_of[wire.after]) for wire in wires]
    tracks = _corridors(boxes, ways)
    counts = [max((t + 1 for (k, _), t in tracks.items() if k == border), default=0)
              for border in range(boxes.lanes + 1)]  # fmt: skip
    arrivals: dict[str, int] = {}
    for way in ways:
        arrivals[way.wire.after] = arrivals.get(way.wire.after, 0) + 1
    heights = {
        key: max(height, _height_for(arrivals.get(key, 0))) for key, height in boxes.heights.items()
    }
    lane_y, top = _lanes(boxes, heights, counts)
    corner_y = _corner_ys(boxes, heights, top, lane_y)
    corridor_y = [lane_y[border] + boxes.pad + 1 for border in range(boxes.lanes + 1)]
    _ports(boxes, ways, heights, corner_y, lambda k, net: corridor_y[k] + TRACK * tracks[k, net])
    gutter_tracks, gutter_counts = _gutters(
        boxes, ways, lambda k, net: corridor_y[k] + TRACK * tracks[k, net]
    )
    column_x, gutter_x, width = _columns(boxes, gutter_counts)
    corners = {key: (column_x[cell_of[key][0]], corner_y[key]) for key in cell_of}
    paths = {}
    for way in ways:
        (i, _), (j, _), net = way.source, way.target, way.wire.before
        start = (column_x[i] + boxes.width, way.out_y)
        end = (column_x[j], way.in_y)

        def at(gutter: int, net: str = net) -> float:
            return gutter_x[gutter] + TRACK * gutter_tracks.get((gutter, net), 0)

        if way.shape in ("direct", "in"):
            bends = [(at(i + 1), way.out_y), (at(i + 1), way.in_y)]
        elif way.shape == "out":
            bends = [(at(j), way.out_y), (at(j), way.in_y)]
        else:
            level = corridor_y[way.corridor] + TRACK * tracks[way.corridor, net]
            bends = [(at(i + 1), way.out_y), (at(i + 1), level), (at(j), level), (at(j), way.in_y)]
        paths[way.wire] = _straightened([start, *bends, end])
    below = _corridor(counts[-1], boxes.pad) if counts[-1] else 0.0
    return Routed(
        corners,
        heights,
        tuple(column_x),
        tuple(lane_y),
        paths,
        width,
        lane_y[-1] + below,
        boxes.width,
    )


def _height_for(arrivals: int) -> float:
    """Return how high a box must be for the lines that enter it; many stand closer."""
    return 2 * _MARGIN + (6.0 if arrivals <= _MANY else 3.5) * (arrivals + 1)


def _corridors(boxes: Boxes, ways: list[_Way]) -> dict[tuple[int, str], int]:
    """Choose each line's way, and a track in its corridor; return tracks by (corridor, trunk)."""
    spans: dict[tuple[int, str], tuple[int, int]] = {}
    load = [0] * (boxes.lanes + 1)
    for way in ways:
        (i, p), (j, q) = way.source, way.target
        between = range(i + 1, j)
        if j == i + 1:
            way.shape = "direct"
        elif j > i and all((c, p) not in boxes.cells for c in between):
            way.shape = "out"
        elif j > i and all((c, q) not in boxes.cells for c in between):
            way.shape = "in"
        else:
            way.shape = "corridor"
            net = way.wire.before
            known = [k for k in range(boxes.lanes + 1) if (k, net) in spans]
            borders = range(min(p, q) + 1, max(p, q) + 1) if p != q else range(p, p + 2)
            near = sorted(borders, key=lambda k: (k not in known, load[k], abs(k - p - (q > p))))
            way.corridor = near[0]
            low, high = min(i + 1, j), max(i + 1, j)
            if (way.corridor, net) in spans:
                a, b = spans[way.corridor, net]
                low, high = min(a, low), max(b, high)
            else:
                load[way.corridor] += 1
            spans[way.corridor, net] = (low, high)
    tracks: dict[tuple[int, str], int] = {}
    for border in range(boxes.lanes + 1):
        ends: list[int] = []
        here = sorted((span, net) for (k, net), span in spans.items() if k == border)
        for (low, high), net in here:
            track = next((t for t, end in enumerate(ends) if end < low), len(ends))
            ends[track:] = [high, *ends[track + 1 :]]
            tracks[border, net] = track
    return tracks


def _lanes(
    boxes: Boxes, heights: Mapping[str, float], counts: list[int]
) -> tuple[list[float], list[float]]:
    """Return the top of each lane and the bottom of the last, and where its boxes start."""
    lane_y, top, y = [], [], 0.0
    for lane in range(boxes.lanes):
        lane_y.append(y)
        y += _corridor(counts[lane], boxes.pad)
        top.append(y)
        inside = max(
            (
                sum(heights[key] for key in keys) + boxes.gap * (len(keys) - 1)
                for (_, at), keys in boxes.cells.items()
                if at == lane
            ),
            default=0.0,
        )
        y = max(y + inside + boxes.pad, lane_y[-1] + boxes.least_lane[lane])
    return [*lane_y, y], top


def _corridor(tracks: int, pad: float) -> float:
    """Return how high a corridor with so many tracks is."""
    return pad + (TRACK * tracks + 4 if tracks else 0)


def _corner_ys(
    boxes: Boxes, heights: Mapping[str, float], top: list[float], lane_y: list[float]
) -> dict[str, float]:
    """Return the top of each box: cells are centred in their lane."""
    found = {}
    for (_, lane), keys in boxes.cells.items():
        used = sum(heights[key] for key in keys) + boxes.gap * (len(keys) - 1)
        y = top[lane] + (lane_y[lane + 1] - boxes.pad - top[lane] - used) / 2
        for key in keys:
            found[key] = y
            y += heights[key] + boxes.gap
    return found


def _ports(
    boxes: Boxes,
    ways: list[_Way],
    heights: Mapping[str, float],
    corner_y: Mapping[str, float],
    level: Callable[[int, str], float],
) -> None:
    """Give each line the heights at which it leaves and enters."""
    runs = _Runs()
    for way in sorted(ways, key=lambda w: (w.source, w.wire.before)):
        before = way.wire.before
        way.out_y = corner_y[before] + heights[before] / 2
        last = way.target[0] if way.shape == "out" else way.source[0] + 1
        runs.take(way.out_y, before, range(way.source[0] + 1, last + 1))
    by_target: dict[str, list[_Way]] = {}
    for way in ways:
        by_target.setdefault(way.wire.after, []).append(way)
    for after in sorted(by_target, key=lambda key: (corner_y[key], key)):
        here = by_target[after]
        top, bottom = corner_y[after] + _MARGIN, corner_y[after] + heights[after] - _MARGIN

        def coming(way: _Way) -> float:
            net = way.wire.before
            return level(way.corridor, net) if way.shape == "corridor" else way.out_y

        here.sort(key=lambda w: (not _level(w, top, bottom), coming(w), w.source, w.wire.before))
        rank = sorted(here, key=lambda w: (coming(w), w.source, w.wire.before))
        for way in here:
            share = (rank.index(way) + 1) / (len(here) + 1)
            ideal = way.out_y if _level(way, top, bottom) else top + (bottom - top) * share
            first = way.source[0] + 1 if way.shape == "in" else way.target[0]
            gutters = range(first, way.target[0] + 1)
            way.in_y = _free_y(runs, way.wire.before, gutters, ideal=ideal, top=top, bottom=bottom)
            runs.take(way.in_y, f"{way.wire.before}\n{after}", gutters)


def _level(way: _Way, top: float, bottom: float) -> bool:
    return way.shape in ("direct", "out") and top <= way.out_y <= bottom


def _free_y(
    runs: _Runs, net: str, gutters: range, *, ideal: float, top: float, bottom: float
) -> float:
    """Return the height nearest to the ideal that no other line's run comes close to."""
    steps = int(max(ideal - top, bottom - ideal, 0)) + 1
    near = [ideal]
    for step in range(1, steps + 1):
        near += [y for y in (ideal - step, ideal + step) if top <= y <= bottom]
    for apart in (_APART + 1, _APART, 3.0, 2.0, 1.0, 0.5):
        for y in near:
            if runs.free(y, net, gutters, apart):
                return y
    return ideal


def _gutters(
    boxes: Boxes, ways: list[_Way], level: Callable[[int, str], float]
) -> tuple[dict[tuple[int, str], int], list[int]]:
    """Give each trunk a track in every gutter it runs through; return also tracks per gutter."""
    spans: dict[tuple[int, str], list[float]] = {}
    for way in ways:
        (i, _), (j, _), net = way.source, way.target, way.wire.before
        if way.shape == "corridor":
            y = level(way.corridor, net)
            spans.setdefault((i + 1, net), []).extend((way.out_y, y))
            spans.setdefault((j, net), []).extend((y, way.in_y))
        else:
            gutter = j if way.shape == "out" else i + 1
            if way.out_y != way.in_y:
                spans.setdefault((gutter, net), []).extend((way.out_y, way.in_y))
    tracks: dict[tuple[int, str], int] = {}
    counts = [0] * (boxes.columns + 1)
    for gutter in range(boxes.columns + 1):
        here = sorted((min(ys), max(ys), net) for (g, net), ys in spans.items() if g == gutter)
        ends: list[float] = []
        for low, high, net in here:
            track = next((t for t, end in enumerate(ends) if end + 3 < low), len(ends))
            ends[track:] = [high, *ends[track + 1 :]]
            tracks[gutter, net] = track
        counts[gutter] = len(ends)
    return tracks, counts


def _columns(boxes: Boxes, counts: list[int]) -> tuple[list[float], list[float], float]:
    """Return the left side of each column, the first track of each gutter, and the width."""
    column_x, gutter_x, x = [], [], 0.0
    for gutter, count in enumerate(counts):
        used = TRACK * max(count - 1, 0)
        outer = gutter in (0, boxes.columns)
        least = 14.0 if outer and not count else _LEAST_GUTTER
        wide = max(least, used + _CLEAR + _ARROW)
        gutter_x.append(x + (wide - used - _ARROW + _CLEAR) / 2 if count else x)
        x += wide
        if gutter < boxes.columns:
            column_x.append(x)
            x += boxes.width
    return column_x, gutter_x, x


def _straightened(points: list[Point]) -> tuple[Point, ...]:
    """Leave out repeated points and points on a straight run."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) >= 2 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept[-1] = point
            continue
        kept.append(point)
    return tuple(kept)
