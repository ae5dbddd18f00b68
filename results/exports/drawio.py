"""A draw.io (diagrams.net) drawing: departments as lanes, boxes in them, our own lines."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from results.critical import critical_of
from results.display import PAINTS, Point
from results.exports.markup import DECLARATION, element
from results.exports.network import network_of
from results.exports.placing import Area, Placed, placed
from results.exports.text import days_of, identifier, name_of, one_line
from results.font import text_width, wrap
from results.lexicon import WORDS, Language, checked, lines
from rules import Kind, Name, Procedure, Step

_WIDTH, _STRIP, _TOP, _SIZE, _POINT = 150.0, 44.0, 30.0, 12.0, 24.0


def to_drawio(
    procedure: Procedure,
    *,
    language: str = "both",
    offices: Mapping[str, Name] | None = None,
) -> str:
    """Return a procedure as a draw.io file, to go on drawing by hand.

    Every box is a child of its department's lane and moves with it; every line is tied
    to its two boxes.

    Raises
    ------
    ValueError
        If the language is unknown, there is no step, or steps wait in a circle.
    """
    return _Drawing(procedure, checked(language), offices or {}).document()


class _Drawing:
    """Turns nodes into cells; used once."""

    def __init__(
        self, procedure: Procedure, language: Language, offices: Mapping[str, Name]
    ) -> None:
        self.procedure, self.language, self.offices = procedure, language, offices
        self.network = network_of(procedure)
        self.critical = critical_of(procedure).steps
        heights, least = {}, {}
        for key, step in self.network.nodes.items():
            rows = sum(len(wrap(one_line(row), _WIDTH - 12, _SIZE)) for row in self._rows(step))
            heights[key] = max(44.0, rows * _SIZE * 1.3 + 14)
            widest = max(text_width(row, _SIZE) for row in self._office(step.department))
            least[step.department] = max(70.0, widest * 1.08 + 24)
        self.placed: Placed = placed(self.network, width=_WIDTH, heights=heights, least_lane=least)

    def document(self) -> str:
        cells = [
            element("mxCell", {"id": "0"}),
            element("mxCell", {"id": "1", "parent": "0"}),
            *self._stages(),
            *self._lanes(),
            *(self._node(key, step) for key, step in self.network.nodes.items()),
            *(self._arrow(before, after) for before, after in self.network.arrows),
        ]
        root = element("root", inside=cells)
        model = element("mxGraphModel", {"grid": "0", "page": "0", "tooltips": "1"}, [root])
        page = {"id": "flow", "name": name_of(self.procedure.name, self.language)}
        return (
            DECLARATION
            + element("mxfile", {"host": "lianban"}, [element("diagram", page, [model])])
            + "\n"
        )

    def _stages(self) -> list[str]:
        known = {stage.key: stage.name for stage in self.procedure.stages}
        cells = []
        for index, (key, area) in enumerate(self.placed.stages):
            if not key:
                continue
            value = _html([name_of(known.get(key, Name(key)), self.language)])
            box = Area(area.x + _STRIP, 0, area.width, _TOP - 4)
            style = "html=1;whiteSpace=wrap;rounded=0;fillColor=#d5dfea;strokeColor=#8796a6;"
            cells.append(_vertex(f"stage-{index + 1}", value, style, "1", box))
        return cells

    def _lanes(self) -> list[str]:
        style = (
            f"swimlane;horizontal=0;html=1;whiteSpace=wrap;startSize={_STRIP:.0f};"
            "collapsible=0;fillColor=#e6ebf1;strokeColor=#b9c3cd;"
        )
        return [
            _vertex(
                identifier("lane", key),
                _html(self._office(key)),
                style,
                "1",
                Area(0, lane.y + _TOP, lane.width + _STRIP, lane.height),
            )
            for key, lane in self.placed.lanes.items()
        ]

    def _node(self, key: str, step: Step) -> str:
        cell, lane = self.placed.cells[key], self.placed.lanes[step.department]
        at = Area(cell.x + _STRIP, cell.y - lane.y, cell.width, cell.height)
        parent = identifier("lane", step.department)
        if key in self.network.junctions:
            x, y = at.middle
            point = Area(x - _POINT / 2, y - _POINT / 2, _POINT, _POINT)
            style = "rhombus;html=1;fillColor=#3b4754;strokeColor=#3b4754;"
            return _vertex(identifier("node", key), "", style, parent, point)
        look = PAINTS[step.kind.value]
        style = (
            f"rounded={int(step.kind is Kind.WAIT)};html=1;whiteSpace=wrap;"
            f"fillColor={look.fill};strokeColor={look.stroke};"
        )
        if step.kind is Kind.JOINT:
            style += "dashed=1;"
        if key in self.critical:
            style += "strokeWidth=3;strokeColor=#b00020;"
        return _vertex(identifier("node", key), _html(self._rows(step)), style, parent, at)

    def _arrow(self, before: str, after: str) -> str:
        path = self.placed.paths[before, after]
        cell = self.placed.cells[after]
        bends: list[Point] = list(path[1:-1])
        share = (path[-1][1] - cell.y) / cell.height
        if after in self.network.junctions:
            share, middle = 0.5, cell.middle[1]
            bends += [(cell.x + 8, path[-1][1]), (cell.x + 8, middle)]
        points = [element("mxPoint", {"x": x + _STRIP, "y": y + _TOP}) for x, y in bends]
        style = (
            "edgeStyle=orthogonalEdgeStyle;rounded=0;html=1;exitX=1;exitY=0.5;entryX=0;"
            f"entryY={share:.3f};strokeColor=#6b7886;"
        )
        inside = [element("Array", {"as": "points"}, points)] if points else []
        geometry = element("mxGeometry", {"relative": "1", "as": "geometry"}, inside)
        ends = {
            "source": identifier("node", before),
            "target": identifier("node", after),
        }
        id_ = f"{ends['source']}-{ends['target']}"
        about = {"id": id_, "style": style, "edge": "1", "parent": "1", **ends}
        return element("mxCell", about, [geometry])

    def _rows(self, step: Step) -> list[str]:
        names = [*map(one_line, lines(step.name, self.language))]
        if step.key not in self.procedure:
            return names
        return [f"{step.key} · {days_of(step)}", *names]

    def _office(self, key: str) -> list[str]:
        if key:
            return [*map(one_line, lines(self.offices.get(key, Name(key)), self.language))]
        alone = all(s.kind is Kind.WAIT for s in self.procedure.steps if not s.department)
        return [*lines(WORDS["wait-row" if alone else "no-department"], self.language)]


def _html(rows: list[str]) -> str:
    """Return rows as the HTML that draw.io shows in a cell; names stay text."""
    return "<br>".join(escape(one_line(row), quote=True) for row in rows)


def _vertex(id_: str, value: str, style: str, parent: str, area: Area) -> str:
    geometry: dict[str, str | float] = {
        "x": area.x,
        "y": area.y,
        "width": area.width,
        "height": area.height,
        "as": "geometry",
    }
    about = {"id": id_, "value": value, "style": style, "vertex": "1", "parent": parent}
    return element("mxCell", about, [element("mxGeometry", geometry)])
