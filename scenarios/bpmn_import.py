"""From a drawn process (BPMN 2.0) to a procedure: steps, departments, prerequisites.

Tasks become steps, lanes (else pools) departments, and whatever connects two tasks
through flows, gateways and events a prerequisite. A drawing rarely says how long things
take: days that it does not give are written as 0 and marked as an assumption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import networkx as nx

from rules import (
    Basis,
    BasisType,
    Duration,
    Edge,
    InputError,
    Kind,
    Limit,
    Name,
    Procedure,
    Stage,
    Step,
    Strength,
    Unit,
)
from rules.catalogue import parse_duration
from rules.csv_tables import key_problem
from rules.flows import Parallel
from rules.procedure import in_handling_order
from rules.steps import NO_TIME
from rules.xml_reading import Element
from scenarios.bpmn_model import SUBPROCESSES, TASKS, Model, Node, own_extension, read_model

UNKNOWN_DAYS = "assumption: the drawing gives no days"

_NOBODY = Name("未定部门", "no department")
_MOST_PAIRS = 200_000
_READABLE = re.compile(r"[^\W\d][\w.\-]{0,19}$")
_ISO = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?$")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Imported:
    """A procedure read from a drawing.

    Attributes
    ----------
    procedure : Procedure
        Steps in an order that respects every prerequisite; handled in parallel.
    offices : dict of str to Name
        Departments in the order of their lanes.
    notes : tuple of str
        What the drawing holds and a procedure cannot, one line each, with file and line.
    file : str
        Where it was read from.
    """

    procedure: Procedure
    offices: dict[str, Name]
    notes: tuple[str, ...]
    file: str


def read_bpmn(path: Path) -> Imported:
    """Read a BPMN 2.0 file.

    Raises
    ------
    InputError
        If the file cannot be read, is no BPMN, contradicts itself, or holds no task
        that a start leads to.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror or error}") from None
    return _Reading(read_model(data, str(path))).imported()


class _Reading:
    """Turns a model's nodes into steps and what connects them into prerequisites."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        for node in model.nodes.values():
            if node.left_out or node.kind == "boundaryEvent":
                continue
            if self._is_opened(node):
                self.graph.add_nodes_from((node.id, _end(node.id)))
            else:
                self.graph.add_node(node.id)
        self._connect()

    def imported(self) -> Imported:
        self._leave_out_unreachable()
        self._leave_out_returns()
        model = self.model
        order = list(nx.topological_sort(self.graph))
        nodes = [model.nodes[id_] for id_ in order if id_ in model.nodes and self._is_step(id_)]
        if not nodes:
            raise InputError.at(model.file, 0, "holds no task that a start leads to")
        place = {id_: index for index, id_ in enumerate(model.nodes)}
        nodes.sort(key=lambda node: place[node.id])
        offices, office_of = self._offices(nodes)
        keys = self._keys(nodes)
        stages = self._stages()
        known = {stage.key for stage in stages}
        steps = [self._step(node, keys[node.id], office_of, known) for node in nodes]
        edges = self._edges(keys)
        ordered = in_handling_order(steps, edges, {step.key: i for i, step in enumerate(steps)})
        unknown = [step.key for step in steps if step.provenance.startswith(UNKNOWN_DAYS)]
        if unknown:
            count = f"{len(unknown)} of {len(steps)} steps"
            model.note(0, f"the drawing gives no days for {count}: 0 is written as an assumption")
        used = {step.stage for step in steps}
        if stages and not used <= known:
            stages = ()
        procedure = Procedure(self._name(), ordered, edges, stages, Parallel())
        notes = tuple(str(note) for note in sorted(model.notes))
        return Imported(procedure, offices, notes, model.file)

    def _is_opened(self, node: Node) -> bool:
        """Whether a subprocess holds nodes that are steps or lead to steps."""
        return node.kind in SUBPROCESSES and any(
            inner.inside == node.id and inner.kind in TASKS | SUBPROCESSES and not inner.left_out
            for inner in self.model.nodes.values()
        )

    def _is_step(self, id_: str) -> bool:
        node = self.model.nodes[id_]
        if node.kind in TASKS:
            return True
        if node.kind in SUBPROCESSES:
            return not self._is_opened(node)
        return _waits(node) is not None

    def _connect(self) -> None:
        """Enter the flows; a subprocess begins before its inner starts and ends after all."""
        inner_in: set[str] = set()
        inner_out: set[str] = set()
        for flow in self.model.flows:
            source = _end(flow.source) if _end(flow.source) in self.graph else flow.source
            inner_in.add(flow.target)
            inner_out.add(flow.source)
            if source in self.graph and flow.target in self.graph:
                self.graph.add_edge(source, flow.target, flow=flow)
        for node in self.model.nodes.values():
            if node.id not in self.graph or _end(node.inside) not in self.graph:
                continue
            if node.id not in inner_in:
                self.graph.add_edge(node.inside, node.id)
            if node.id not in inner_out:
                last = _end(node.id) if _end(node.id) in self.graph else node.id
                self.graph.add_edge(last, _end(node.inside))

    def _leave_out_unreachable(self) -> None:
        """Keep what a start leads to; steps behind exceptions are named and left out."""
        entered = {flow.target for flow in self.model.flows}
        starts = [
            node.id
            for node in self.model.nodes.values()
            if node.id in self.graph and node.id not in entered and not node.inside
        ]
        if not starts:
            tasks = [node for node in self.model.nodes.values() if node.kind in TASKS]
            if tasks:
                message = "has no start: every task waits for another"
                raise InputError.at(self.model.file, tasks[0].line, message)
        reached = set(starts)
        for start in starts:
            reached |= nx.descendants(self.graph, start)
        for id_ in [id_ for id_ in self.graph if id_ not in reached]:
            if id_ in self.model.nodes and self._is_step(id_):
                node = self.model.nodes[id_]
                message = f"'{node.name or id_}' follows only an exception: left out"
                self.model.note(node.line, message)
            self.graph.remove_node(id_)

    def _leave_out_returns(self) -> None:
        """Cut loops where they go back, so that nothing waits for itself."""
        state: dict[str, bool] = {}  # False: on the way, True: finished
        back: list[tuple[str, str]] = []
        for root in list(self.graph):
            if root in state:
                continue
            state[root] = False
            way = [(root, iter(list(self.graph.successors(root))))]
            while way:
                at, after = way[-1]
                for each in after:
                    if each not in state:
                        state[each] = False
                        way.append((each, iter(list(self.graph.successors(each)))))
                        break
                    if not state[each]:
                        back.append((at, each))
                else:
                    state[at] = True
                    way.pop()
        for source, target in back:
            flow = self.graph.edges[source, target].get("flow")
            self.graph.remove_edge(source, target)
            if flow is not None:
                to = self.model.nodes[flow.target]
                message = f"flow '{flow.id}' goes back to '{to.name or to.id}': left out"
                self.model.note(flow.line, message)

    def _edges(self, keys: Mapping[str, str]) -> tuple[Edge, ...]:
        """Return a prerequisite for each pair of steps with no other step between them."""
        found: dict[tuple[str, str], Duration] = {}
        for id_, key in keys.items():
            waiting: list[tuple[str, Duration]] = [
                (each, NO_TIME) for each in self.graph.successors(id_)
            ]
            seen: set[tuple[str, Duration]] = set()
            while waiting:
                at, lag = waiting.pop()
                if (at, lag) in seen:
                    continue
                seen.add((at, lag))
                if at in keys:
                    ends = key, keys[at]
                    if lag.paper_days >= found.get(ends, NO_TIME).paper_days:
                        found[ends] = lag
                    if len(found) > _MOST_PAIRS:
                        message = f"connects more than {_MOST_PAIRS} pairs of tasks"
                        raise InputError.at(self.model.file, 0, message)
                    continue
                waiting += [(each, self._lag(at) or lag) for each in self.graph.successors(at)]
        graph: nx.DiGraph[str] = nx.DiGraph(list(found))
        short = set(nx.transitive_reduction(graph).edges)
        basis = f"drawn in {Path(self.model.file).name}"
        place = {key: index for index, key in enumerate(keys.values())}
        kept = sorted(
            (ends for ends, lag in found.items() if ends in short or lag.amount),
            key=lambda ends: (place[ends[0]], place[ends[1]]),
        )
        return tuple(Edge(*ends, Strength.PRACTICE, basis, found[ends]) for ends in kept)

    def _lag(self, id_: str) -> Duration | None:
        """Return the lag that our own export wrote as a timer."""
        node = self.model.nodes.get(id_)
        own = node.own("lag") if node else None
        return _duration(own.get("lag")) if own is not None else None

    def _keys(self, nodes: Iterable[Node]) -> dict[str, str]:
        """Return a key for each step: our own, else a readable id, else a number."""
        keys: dict[str, str] = {}
        for node in nodes:
            own = node.own("step")
            key = own.get("key") if own is not None else node.id
            if key in keys.values() or not _usable(key):
                continue
            if own is not None or _READABLE.match(key):
                keys[node.id] = key
        number = 0
        for node in nodes:
            while node.id not in keys:
                number += 1
                if f"T{number:02d}" not in keys.values():
                    keys[node.id] = f"T{number:02d}"
        return {node.id: keys[node.id] for node in nodes}

    def _offices(self, nodes: Iterable[Node]) -> tuple[dict[str, Name], dict[str, str]]:
        """Return departments by key, and the department of each lane."""
        offices: dict[str, Name] = {}
        office_of: dict[str, str] = {}
        used = {node.lane for node in nodes}
        for id_, lane in self.model.lanes.items():
            if id_ not in used:
                continue
            own = own_extension(lane, "office")
            if own is not None:
                key = own.get("key")
                if key and not _usable(key):
                    key = _office_key("", offices)
                office_of[id_] = key
                if key:
                    offices[key] = _own_name(own, one_line(own.get("key")))
                continue
            name = _named(lane.get("name")) if lane.get("name") else _NOBODY
            same = next((key for key, known in offices.items() if known == name), "")
            key = same or _office_key(id_, offices)
            office_of[id_], offices[key] = key, name
        return offices, office_of

    def _stages(self) -> tuple[Stage, ...]:
        """Return the stages that our own export wrote."""
        return tuple(
            Stage(one_line(stage.get("key")), _own_name(stage, stage.get("key")))
            for process in self.model.root.all("process")
            for own in [own_extension(process, "procedure")]
            if own is not None
            for stage in own.all("stage")
            if stage.get("key")
        )

    def _name(self) -> Name:
        processes = self.model.root.all("process")
        for process in processes:
            own = own_extension(process, "procedure")
            if own is not None and (own.get("nameZh") or own.get("nameEn")):
                return Name(own.get("nameZh"), own.get("nameEn"))
        named = [process.get("name") for process in processes] + [self.model.root.get("name")]
        return _named(next((name for name in named if name), Path(self.model.file).stem))

    def _step(self, node: Node, key: str, office_of: Mapping[str, str], stages: set[str]) -> Step:
        department = office_of.get(node.lane, "")
        own = node.own("step")
        if own is not None:
            return self._own_step(own, node, key, department, stages)
        waits = _waits(node)
        if waits is not None:
            name = _named(node.name or f"wait {waits}")
            return Step(key, name, "", Kind.WAIT, duration=waits, provenance="given by the drawing")
        return Step(
            key=key,
            name=_named(node.name or node.id),
            department=department,
            duration=NO_TIME,
            provenance=f"{UNKNOWN_DAYS}; id {node.id}",
        )

    def _own_step(
        self, own: Element, node: Node, key: str, department: str, stages: set[str]
    ) -> Step:
        """Return a step as our own export described it."""
        unit = self._word(Unit, own, "unit", Unit.WORKING_DAY)
        days = own.get("days")
        amount = int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0
        limit, at_least = own.get("limit"), own.get("limit").startswith(">=")
        length = _duration(limit.removeprefix(">="))
        basis = self._word(BasisType, own, "basisType", BasisType.PRACTICE)
        stage = one_line(own.get("stage"))
        return Step(
            key=key,
            name=_own_name(own, node.name or key),
            department=department,
            kind=self._word(Kind, own, "kind", Kind.APPROVAL),
            stage=stage if stage in stages or not stages else "",
            duration=Duration(amount, unit),
            basis=Basis(basis, one_line(own.get("basis")), one_line(own.get("basisZh"))),
            limit=Limit(length, at_least) if length is not None else None,
            visits=_whole(own.get("visits")),
            documents=_whole(own.get("documents")),
            site_survey=own.get("siteSurvey") == "yes",
            zone_shareable=own.get("zoneShareable") == "yes",
            provenance=one_line(own.get("provenance")),
        )

    def _word(self, kind: type[Word], own: Element, attribute: str, default: Word) -> Word:
        text = own.get(attribute)
        try:
            return kind(text or default.value)
        except ValueError:
            message = f"{attribute}: '{text[:40]}' is not known; '{default}' is taken"
            self.model.note(own.line, message)
            return default


def _end(id_: str) -> str:
    """Return the name of an opened subprocess's end in the graph."""
    return f"{id_}\nend"


def _waits(node: Node) -> Duration | None:
    """Return how long a timer in the way waits, as far as it says so in days or hours."""
    if node.kind != "intermediateCatchEvent" or node.own("lag") is not None:
        return None
    timer = node.definition("timerEventDefinition")
    texts = [each.text for each in timer.all("timeDuration")] if timer is not None else []
    found = _ISO.match(texts[0].strip().strip("\"'")) if texts else None
    if found is None or not any(found.groups()):
        return None
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    if minutes:
        return Duration((weeks * 7 + days) * 1440 + hours * 60 + minutes, Unit.MINUTE)
    if hours:
        return Duration((weeks * 7 + days) * 24 + hours, Unit.HOUR)
    return Duration(weeks * 7 + days, Unit.NATURAL_DAY)


def _duration(text: str) -> Duration | None:
    complaints: list[str] = []
    found = parse_duration(text, "", complaints.append)
    return None if complaints else found


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _named(text: str) -> Name:
    """Return a drawn name as Chinese or English, by its characters."""
    text = one_line(text)
    return Name(zh=text) if re.search("[\u2e80-\u9fff]", text) else Name(en=text)


def _own_name(own: Element, default: str) -> Name:
    zh, en = one_line(own.get("nameZh")), one_line(own.get("nameEn"))
    return Name(zh, en) if zh or en else _named(default)


def one_line(text: str) -> str:
    """Return the text with every run of blanks and line breaks as one blank."""
    return " ".join(text.replace("\x7f", "").split())


def _usable(key: str) -> bool:
    """Return whether a key can stand in a table."""
    return bool(key) and key == one_line(key) and not key_problem(key)


def _office_key(id_: str, taken: Mapping[str, Name]) -> str:
    if _READABLE.match(id_) and _usable(id_) and id_ not in taken:
        return id_
    number = 1
    while f"office-{number}" in taken:
        number += 1
    return f"office-{number}"
