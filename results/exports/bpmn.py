"""BPMN 2.0 with diagram coordinates: lanes, tasks, and an explicit gateway at every fork and join.

Each step is one task, executed once; forks and joins are parallel gateways, since every
prerequisite must be met. A lag is an intermediate timer event, whose ISO duration is in
natural days. What BPMN cannot say (days, kind, stage, legal basis) stands in the task's
documentation for people and in an extension element for :mod:`scenarios.bpmn_import`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from results.display import Point
from results.exports.markup import DECLARATION, element
from results.exports.network import Network, network_of
from results.exports.placing import END, START, Area, Placed, placed
from results.exports.text import days_of, identifier, name_of, one_line
from results.font import text_width, wrap
from results.lexicon import WORDS, Language, checked, kind_word, lines, origin, say
from rules import Duration, Kind, Name, Procedure, Step, Unit

OURS = "urn:lianban:bpmn:1"
"""Namespace of the extension elements."""

_TASK, _GATE, _EVENT = 130.0, 36.0, 36.0
_SIDE = 56.0
_POOL = 30.0
_AT = (160.0, 80.0)
_SIZE = 12.0

_HEAD = {
    "xmlns": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xmlns:lianban": OURS,
    "id": "definitions",
    "targetNamespace": "urn:lianban:scenario",
    "exporter": "lianban",
}
_BEGINS, _ENDS = Name("申请", "Application"), Name("办结", "Completed")
_ELEMENT = {
    Kind.NOTICE: "task",
    Kind.WAIT: "task",
    Kind.SURVEY: "manualTask",
    Kind.INTERMEDIARY: "manualTask",
}


def to_bpmn(
    procedure: Procedure,
    *,
    language: str = "both",
    offices: Mapping[str, Name] | None = None,
) -> str:
    """Return a procedure as a BPMN 2.0 document.

    Parameters
    ----------
    procedure : Procedure
        What is written.
    language : str
        ``en``, ``zh`` or ``both``: language of the names.
    offices : mapping of str to Name, optional
        Names of departments; without one its key is the lane's name.

    Raises
    ------
    ValueError
        If the language is unknown, there is no step, or steps wait in a circle.

    Examples
    --------
    >>> steps = tuple(Step(key, Name(en=key), "drc") for key in "abc")
    >>> from rules import Edge
    >>> from rules.flows import Parallel
    >>> fork = Procedure(Name(en="x"), steps, (Edge("a", "b"), Edge("a", "c")), flow=Parallel())
    >>> text = to_bpmn(fork)
    >>> text.count("<userTask"), text.count("<parallelGateway")
    (3, 2)
    """
    return _Writer(procedure, checked(language), offices or {}).document()


@dataclass(frozen=True, slots=True)
class _Flow:
    """A sequence flow between two elements, by id, and where it is drawn."""

    source: str
    target: str
    points: tuple[Point, ...]

    @property
    def id(self) -> str:
        return f"flow_{self.source}_{self.target}"


class _Writer:
    """Turns nodes into elements and shapes; used once."""

    def __init__(
        self, procedure: Procedure, language: Language, offices: Mapping[str, Name]
    ) -> None:
        self.procedure, self.language, self.offices = procedure, language, offices
        self.network = network_of(procedure)
        self.joins = {key for key in self.network.nodes if len(self.network.before(key)) > 1}
        self.splits = {key for key in self.network.nodes if len(self.network.after(key)) > 1}
        if len(self.network.first) > 1:
            self.splits.add(START)
        if len(self.network.last) > 1:
            self.joins.add(END)
        # Every lane and task as narrow as it can be where nothing forks or joins.
        self.side = _SIDE if self.joins | self.splits else 0.0
        self.layout = self._layout()
        self.shapes: dict[str, Area] = {}
        self.lane_of: dict[str, str] = {}
        for key in (START, *self.network.nodes, END):
            self._place(key)
        self.flows = [*self._inner(), *self._outer()]
        self.entering: dict[str, list[str]] = {}
        self.leaving: dict[str, list[str]] = {}
        for flow in self.flows:
            self.entering.setdefault(flow.target, []).append(flow.id)
            self.leaving.setdefault(flow.source, []).append(flow.id)

    def document(self) -> str:
        collaboration = element(
            "collaboration",
            {"id": "collaboration"},
            [
                element(
                    "participant",
                    {"id": "pool", "name": self._title(), "processRef": "process"},
                )
            ],
        )
        body = [collaboration, self._process(), self._diagram()]
        return DECLARATION + element("definitions", _HEAD, body) + "\n"

    # What BPMN's picture is made of

    def _layout(self) -> Placed:
        width = _TASK + 2 * self.side
        heights = {START: 60.0, END: 60.0}
        for key, step in self.network.nodes.items():
            names = lines(step.name, self.language)
            used = sum(len(wrap(one_line(name), _TASK - 14, _SIZE)) for name in names)
            heights[key] = max(60.0, used * _SIZE * 1.25 + 40)
        least = {
            key: max(90.0, 28 + max(text_width(line, _SIZE) * 1.08 for line in self._office(key)))
            for key in {step.department for step in self.network.nodes.values()}
        }
        return placed(self.network, width=width, heights=heights, least_lane=least, ends=True)

    def _place(self, key: str) -> None:
        """Give the elements of a node their shapes: its own, and its gateways beside it."""
        cell = self.layout.cells[key]
        at = Area(cell.x + _AT[0], cell.y + _AT[1], cell.width, cell.height)
        middle = at.middle
        if key in self.network.junctions:
            left, right = at.x + _SIDE - _GATE / 2 + 8, at.x + at.width - _SIDE - _GATE / 2 - 8
            self._add(_join(key), Area(left, middle[1] - _GATE / 2, _GATE, _GATE))
            self._add(_split(key), Area(right, middle[1] - _GATE / 2, _GATE, _GATE))
            return
        if key in (START, END) or key in self.network.lags:
            corner = middle[0] - _EVENT / 2, middle[1] - _EVENT / 2
            self._add(_id(self.network, key), Area(*corner, _EVENT, _EVENT))
        else:
            task = Area(at.x + self.side, at.y, _TASK, at.height)
            self._add(_id(self.network, key), task)
        if key in self.joins:
            corner = at.x + self.side - _GATE - 10, middle[1] - _GATE / 2
            self._add(_join(key), Area(*corner, _GATE, _GATE))
        if key in self.splits:
            corner = at.x + at.width - self.side + 10, middle[1] - _GATE / 2
            self._add(_split(key), Area(*corner, _GATE, _GATE))

    def _add(self, id_: str, area: Area) -> None:
        self.shapes[id_] = area
        middle = area.middle[1] - _AT[1]
        self.lane_of[id_] = next(
            key
            for key, lane in self.layout.lanes.items()
            if lane.y <= middle < lane.y + lane.height
        )

    def _inner(self) -> Iterable[_Flow]:
        """Yield the flows between a node and its own gateways."""
        for key in (START, *self.network.nodes, END):
            own = _id(self.network, key)
            if key in self.network.junctions:
                yield self._level(_join(key), _split(key))
                continue
            if key in self.joins:
                yield self._level(_join(key), own)
            if key in self.splits:
                yield self._level(own, _split(key))

    def _level(self, source: str, target: str) -> _Flow:
        a, b = self.shapes[source], self.shapes[target]
        return _Flow(source, target, ((a.x + a.width, a.middle[1]), (b.x, b.middle[1])))

    def _outer(self) -> Iterable[_Flow]:
        """Yield the flows between nodes, drawn along our own lines."""
        junctions = self.network.junctions
        tasks = {_id(self.network, step.key) for step in self.network.steps}
        for (before, after), path in self.layout.paths.items():
            leaves = before in self.splits or before in junctions
            enters = after in self.joins or after in junctions
            source = _split(before) if leaves else _id(self.network, before)
            target = _join(after) if enters else _id(self.network, after)
            points = [(x + _AT[0], y + _AT[1]) for x, y in path]
            a, b = self.shapes[source], self.shapes[target]
            start, end = (a.x + a.width, a.middle[1]), points[-1]
            if target in tasks:
                tail = [(b.x, end[1])]
            else:
                turn = end[0] + 6
                tail = [(turn, end[1]), (turn, b.middle[1]), (b.x, b.middle[1])]
            yield _Flow(source, target, _tidy([start, *points[1:-1], *tail]))

    # What BPMN says

    def _process(self) -> str:
        inside = [self._own_procedure(), self._lanes()]
        inside.append(self._node("startEvent", "start", {"name": self._label(_BEGINS)}))
        inside += [self._step(step) for step in self.network.steps]
        inside += [self._lag(key, step) for key, step in self.network.lags.items()]
        for key in (START, *self.network.nodes, END):
            if key in self.joins or key in self.network.junctions:
                inside.append(
                    self._node("parallelGateway", _join(key), {"gatewayDirection": "Converging"})
                )
            if key in self.splits or key in self.network.junctions:
                inside.append(
                    self._node("parallelGateway", _split(key), {"gatewayDirection": "Diverging"})
                )
        inside.append(self._node("endEvent", "end", {"name": self._label(_ENDS)}))
        for flow in self.flows:
            inside.append(
                element(
                    "sequenceFlow",
                    {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target},
                )
            )
        about = {"id": "process", "name": self._title(), "isExecutable": "true"}
        return element("process", about, inside)

    def _own_procedure(self) -> str:
        stages = [
            element("lianban:stage", {"key": stage.key, **_names(stage.name)})
            for stage in self.procedure.stages
        ]
        own = element("lianban:procedure", _names(self.procedure.name), stages)
        return element("extensionElements", inside=[own])

    def _lanes(self) -> str:
        lanes = []
        for key in self.layout.lanes:
            own = element("lianban:office", {"key": key, **_names(self.offices.get(key, Name()))})
            refs = [
                element("flowNodeRef", text=id_) for id_ in self.shapes if self.lane_of[id_] == key
            ]
            lanes.append(
                element(
                    "lane",
                    {"id": identifier("lane", key), "name": "\n".join(self._office(key))},
                    [element("extensionElements", inside=[own]), *refs],
                )
            )
        return element("laneSet", {"id": "lanes"}, lanes)

    def _step(self, step: Step) -> str:
        told = [f"{kind_word(step.kind, self.language)}, {days_of(step)}"]
        if len(step.origin) > 1:
            joined = "; ".join(
                f"{part.key} {name_of(part.name, self.language)}" for part in step.origin
            )
            told.append(f"{say('joins', self.language)}: {joined}")
            others = [" ".join(self._office(key)) for key in step.departments[1:]]
            if others:
                told.append(f"{say('participants', self.language)}: {', '.join(others)}")
        told += [
            text
            for name in (step.basis.cited, origin(step.provenance))
            if name.en
            for text in lines(name, self.language)
        ]
        own = {
            "key": step.key,
            **_names(step.name),
            "days": str(step.duration.amount),
            "unit": step.duration.unit.value,
            "kind": step.kind.value,
            "stage": step.stage,
            "basisType": step.basis.type.value,
            "basis": step.basis.citation,
            "basisZh": step.basis.citation_zh,
            "limit": str(step.limit) if step.limit else "",
            "visits": str(step.visits),
            "documents": str(step.documents),
            "siteSurvey": "yes" if step.site_survey else "",
            "zoneShareable": "yes" if step.zone_shareable else "",
            "provenance": step.provenance,
        }
        extension = element("lianban:step", {k: v for k, v in own.items() if v})
        return self._node(
            _ELEMENT.get(step.kind, "userTask"),
            _id(self.network, step.key),
            {"name": self._label(step.name)},
            [
                element("documentation", text="\n".join(told)),
                element("extensionElements", inside=[extension]),
            ],
        )

    def _lag(self, key: str, step: Step) -> str:
        """Return the timer of a lag."""
        own = element("lianban:lag", {"lag": str(step.duration)})
        waits = element("timeDuration", {"xsi:type": "tFormalExpression"}, text=_iso(step.duration))
        timer = {"id": identifier("timer", key)}
        return self._node(
            "intermediateCatchEvent",
            _id(self.network, key),
            {"name": self._label(step.name)},
            [element("extensionElements", inside=[own])],
            [element("timerEventDefinition", timer, [waits])],
        )

    def _node(
        self,
        name: str,
        id_: str,
        attributes: Mapping[str, str],
        before: Iterable[str] = (),
        after: Iterable[str] = (),
    ) -> str:
        links = [element("incoming", text=each) for each in self.entering.get(id_, ())]
        links += [element("outgoing", text=each) for each in self.leaving.get(id_, ())]
        return element(name, {"id": id_, **attributes}, [*before, *links, *after])

    def _diagram(self) -> str:
        width, height = self.layout.width + _POOL, self.layout.height
        pool = Area(_AT[0] - 2 * _POOL, _AT[1], width + _POOL, height)
        parts = [_shape("pool", pool, {"isHorizontal": "true"})]
        for key, lane in self.layout.lanes.items():
            area = Area(_AT[0] - _POOL, _AT[1] + lane.y, width, lane.height)
            parts.append(_shape(identifier("lane", key), area, {"isHorizontal": "true"}))
        parts += [_shape(id_, area) for id_, area in self.shapes.items()]
        for flow in self.flows:
            points = [element("di:waypoint", {"x": x, "y": y}) for x, y in flow.points]
            parts.append(
                element("bpmndi:BPMNEdge", {"id": f"{flow.id}_di", "bpmnElement": flow.id}, points)
            )
        plane = {"id": "plane", "bpmnElement": "collaboration"}
        return element(
            "bpmndi:BPMNDiagram", {"id": "diagram"}, [element("bpmndi:BPMNPlane", plane, parts)]
        )

    def _title(self) -> str:
        return name_of(self.procedure.name, self.language)

    def _label(self, name: Name) -> str:
        return name_of(name, self.language, "\n")

    def _office(self, key: str) -> tuple[str, ...]:
        if key:
            return tuple(map(one_line, lines(self.offices.get(key, Name(key)), self.language)))
        alone = all(s.kind is Kind.WAIT for s in self.procedure.steps if not s.department)
        return lines(WORDS["wait-row" if alone else "no-department"], self.language)


def _id(network: Network, key: str) -> str:
    if key in (START, END):
        return key.strip()
    return identifier("wait" if key in network.lags else "step", key)


def _join(key: str) -> str:
    return identifier("join", key)


def _split(key: str) -> str:
    return identifier("split", key)


def _names(name: Name) -> dict[str, str]:
    return {key: text for key, text in (("nameZh", name.zh), ("nameEn", name.en)) if text}


def _iso(duration: Duration) -> str:
    """Return an ISO 8601 duration in natural time; working days are stretched 5 to 7.

    Examples
    --------
    >>> _iso(Duration(5)), _iso(Duration(3, Unit.HOUR))
    ('P7D', 'PT3H')
    """
    if duration.unit in (Unit.HOUR, Unit.MINUTE):
        return f"PT{duration.amount}{duration.unit.value[0].upper()}"
    stretch = Fraction(7, 5) if duration.unit is Unit.WORKING_DAY else Fraction(1)
    return f"P{ceil(duration.amount * stretch)}D"


def _shape(id_: str, area: Area, more: Mapping[str, str] | None = None) -> str:
    bounds = {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    return element(
        "bpmndi:BPMNShape",
        {"id": f"{id_}_di", "bpmnElement": id_, **(more or {})},
        [element("dc:Bounds", bounds)],
    )


def _tidy(points: list[Point]) -> tuple[Point, ...]:
    """Leave out repeated points and points on a straight run."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) >= 2 and any(kept[-2][i] == kept[-1][i] == point[i] for i in (0, 1)):
            kept[-1] = point
            continue
        kept.append(point)
    return tuple(kept)
