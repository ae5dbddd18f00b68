"""Where nodes and arrows stand in an exported model: our own lanes and columns, on one sheet.

Drawing programs scroll, so nothing is folded. A node's *cell* may be wider than its
box: notations with explicit gateways put them left and right of the box, inside the
cell, where no other line comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from results.display import Point
from results.exports.network import Network
from results.lanes import Band, arrange
from results.routing import Boxes, Wire, route

START, END = "\nstart", "\nend"
"""Keys of the cells of the start and end; no step's key holds a line break."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle, in pixels from the sheet's upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """The point in the middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything stands.

    Attributes
    ----------
    cells : dict of str to Area
        Every node's cell; also the start's and the end's where asked for.
    paths : dict of (str, str) to tuple of Point
        Corner points of every arrow, from the right side of a cell to the left of another.
    lanes : dict of str to Area
        Departments from top to bottom, each as wide as the sheet.
    stages : tuple of (str, Area)
        Stages from left to right with their columns; one may come twice.
    width, height : float
        Of the sheet.
    """

    cells: dict[str, Area]
    paths: dict[tuple[str, str], tuple[Point, ...]]
    lanes: dict[str, Area]
    stages: tuple[tuple[str, Area], ...]
    width: float
    height: float


def placed(
    network: Network,
    *,
    width: float,
    heights: Mapping[str, float],
    least_lane: Mapping[str, float],
    ends: bool = False,
) -> Placed:
    """Return places for a network.

    Parameters
    ----------
    network : Network
        What is drawn.
    width : float
        Width of every cell.
    heights : mapping of str to float
        Least height of each node's cell, and of ``START`` and ``END``.
    least_lane : mapping of str to float
        Least height of each department's lane.
    ends : bool
        Whether a start stands before the first nodes and an end after the last.
    """
    flow = network.as_procedure()
    arrangement = arrange(flow, 10 * len(flow.steps))
    band = arrangement.bands[0]
    wires = [Wire(a, b) for a, b in network.arrows]
    if ends:
        band = _with_ends(network, band)
        wires += [Wire(START, key) for key in network.first]
        wires += [Wire(key, END) for key in network.last]
    least = [least_lane[lane] for lane in band.lanes]
    boxes = Boxes(band.columns, len(band.lanes), band.cells, heights, width, least, 14.0)
    routed = route(boxes, wires)
    cells = {key: Area(x, y, width, routed.heights[key]) for key, (x, y) in routed.corners.items()}
    lanes = {}
    for index, key in enumerate(band.lanes):
        top, bottom = routed.lane_y[index], routed.lane_y[index + 1]
        if index + 1 == len(band.lanes):
            bottom = routed.height
        lanes[key] = Area(0.0, top, routed.width, bottom - top)
    shift = 1 if ends else 0
    stages = tuple(
        (
            arrangement.stages[block.stage],
            Area(
                routed.column_x[block.first + shift] - 6,
                0.0,
                routed.column_x[block.last + shift] + width + 12
                - routed.column_x[block.first + shift],
                routed.height,
            ),
        )
        for block in band.blocks
    )  # fmt: skip
    paths = {(wire.before, wire.after): points for wire, points in routed.paths.items()}
    return Placed(cells, paths, lanes, stages, routed.width, routed.height)


def _with_ends(network: Network, band: Band) -> Band:
    """Return the band with a column more at each side."""
    cells = {(column + 1, lane): keys for (column, lane), keys in band.cells.items()}
    at = {key: cell for cell, keys in cells.items() for key in keys}
    cells[0, min(at[key] for key in network.first)[1]] = (START,)
    cells[band.columns + 1, max(at[key] for key in network.last)[1]] = (END,)
    return Band(band.first, band.columns + 2, band.lanes, band.blocks, cells)
