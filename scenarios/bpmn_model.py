"""What a BPMN file says, as plain nodes and flows: tasks, gateways, events, lanes and pools.

Everything that a procedure of steps and prerequisites cannot hold is named, one line for
each kind of thing, with the line where it first stands. What contradicts itself is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rules.problems import InputError, Place, Problem, did_you_mean
from rules.xml_reading import Element, read_xml

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
OURS = "urn:lianban:bpmn:1"
"""Namespace of what our own export adds."""

MOST_NODES = 5_000
"""Tasks, gateways and events that one file may hold."""

TASKS = {
    "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask",
    "businessRuleTask", "callActivity",
}  # fmt: skip
SUBPROCESSES = {"subProcess", "transaction", "adHocSubProcess"}
GATEWAYS = {
    "parallelGateway", "exclusiveGateway", "inclusiveGateway", "eventBasedGateway",
    "complexGateway",
}  # fmt: skip
EVENTS = {
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
    "implicitThrowEvent",
}  # fmt: skip
NODES = TASKS | SUBPROCESSES | GATEWAYS | EVENTS

_CHOICE = "choices are not modelled: every branch is taken"
_UNSUPPORTED = {
    "exclusiveGateway": _CHOICE,
    "inclusiveGateway": _CHOICE,
    "eventBasedGateway": _CHOICE,
    "complexGateway": _CHOICE,
    "conditionExpression": "conditions are not read: the flow is always taken",
    "boundaryEvent": "exceptions are not modelled: flows that leave it are left out",
    "subProcess": "steps are taken out of it, one level flat",
    "transaction": "steps are taken out of it, one level flat",
    "adHocSubProcess": "steps are taken out of it, one level flat",
    "callActivity": "one step: what it calls is not read",
    "messageFlow": "messages between pools are no prerequisites: left out",
    "multiInstanceLoopCharacteristics": "repetition is not modelled: done once",
    "standardLoopCharacteristics": "repetition is not modelled: done once",
    "messageEventDefinition": "waiting for or sending a message takes no time",
    "signalEventDefinition": "waiting for or sending a signal takes no time",
    "conditionalEventDefinition": "waiting for a condition takes no time",
    "escalationEventDefinition": "escalation is not modelled",
    "errorEventDefinition": "errors are not modelled",
    "cancelEventDefinition": "cancelling is not modelled",
    "compensateEventDefinition": "compensation is not modelled: its handlers are left out",
    "terminateEventDefinition": "ends like any other end: other branches go on",
    "dataObject": "documents are not read",
    "dataObjectReference": "documents are not read",
    "dataStoreReference": "data stores are not read",
    "dataStore": "data stores are not read",
    "ioSpecification": "documents in and out of a task are not read",
    "textAnnotation": "notes in the drawing are not read",
    "group": "frames in the drawing are not read",
    "performer": "people named on a task are not read: the lane is its department",
    "potentialOwner": "people named on a task are not read: the lane is its department",
    "humanPerformer": "people named on a task are not read: the lane is its department",
    "globalTask": "tasks for calling are not read",
    "globalUserTask": "tasks for calling are not read",
    "choreography": "choreographies are not read",
    "conversation": "conversations are not read",
    "subConversation": "conversations are not read",
    "callConversation": "conversations are not read",
}
"""What happens to elements that a procedure cannot hold."""


@dataclass(slots=True)
class Node:
    """A task, gateway, event or subprocess of the file.

    Attributes
    ----------
    id, kind : str
        Its id and its element's name.
    name : str
        As drawn; may be empty.
    line : int
        Where it stands.
    element : Element
        The whole of it.
    lane : str
        Id of its innermost lane, else of its pool, else of its process.
    inside : str
        Id of the subprocess that holds it, or an empty string.
    left_out : bool
        Whether it belongs to an exception and is no part of the usual way.
    """

    id: str
    kind: str
    name: str
    line: int
    element: Element
    lane: str = ""
    inside: str = ""
    left_out: bool = False

    def definition(self, name: str) -> Element | None:
        """Return its event definition of this name, if it has one."""
        return next(iter(self.element.all(name)), None)

    def own(self, name: str) -> Element | None:
        """Return what our own export wrote about it, if anything."""
        return own_extension(self.element, name)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow: the target comes after the source."""

    id: str
    source: str
    target: str
    line: int


@dataclass(slots=True)
class Model:
    """Everything read from a file; grows while it is read.

    Attributes
    ----------
    file : str
        How messages call the file.
    root : Element
        The whole document.
    nodes : dict of str to Node
        By id, in document order.
    flows : list of Flow
        In document order; links between link events are flows, too.
    lanes : dict of str to Element
        Lanes, pools and processes that a node may name as its lane.
    notes : list of Problem
        What was not read, where it first stands.
    """

    file: str
    root: Element
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    lanes: dict[str, Element] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)

    def note(self, line: int, message: str) -> None:
        """Say what is not taken over."""
        self.notes.append(Problem(Place(self.file, line), message))


def own_extension(element: Element, name: str) -> Element | None:
    """Return the extension element that our own export wrote, if there is one."""
    for box in element.all("extensionElements"):
        for child in box.children:
            if child.space == OURS and child.name == name:
                return child
    return None


def read_model(data: bytes, file: str) -> Model:
    """Read a BPMN 2.0 document.

    Raises
    ------
    InputError
        With every contradiction: ids that stand twice, flows to nothing, flows into a
        start or out of an end; or one problem where it is no BPMN at all.
    """
    root = read_xml(data, file)
    if root.name != "definitions" or root.space != MODEL:
        what = f"<{root.name[:40]}>"
        raise InputError.at(
            file, root.line, f"is not BPMN 2.0: it begins with {what}, not <definitions>"
        )
    model = Model(file, root)
    problems: list[Problem] = []
    pools = {
        pool.get("processRef").rpartition(":")[2]: pool
        for collaboration in root.all("collaboration")
        for pool in collaboration.all("participant")
        if pool.get("processRef")
    }
    seen: dict[str, int] = {}
    for process in root.all("process"):
        id_ = process.get("id")
        model.lanes[id_] = pools.get(id_, process)
        _read_container(model, process, _Around(id_, {}), seen, problems)
    if len(model.nodes) > MOST_NODES:
        raise InputError.at(file, 0, f"holds more than {MOST_NODES} tasks, gateways and events")
    _check_flows(model, problems)
    if problems:
        raise InputError(problems)
    _connect_links(model)
    _say_what_is_left(model)
    return model


@dataclass(frozen=True, slots=True)
class _Around:
    """Where a process's or subprocess's nodes stand.

    Attributes
    ----------
    lane : str
        Lane of nodes that no lane names.
    lane_of : dict of str to str
        Lane of the nodes that one names.
    inside : str
        Id of the subprocess, or an empty string.
    left_out : bool
        Whether all of it belongs to an exception.
    """

    lane: str
    lane_of: dict[str, str]
    inside: str = ""
    left_out: bool = False


def _read_container(
    model: Model,
    container: Element,
    around: _Around,
    seen: dict[str, int],
    problems: list[Problem],
) -> None:
    """Read the nodes and flows of a process or subprocess, and of subprocesses inside it."""
    lane_of = dict(around.lane_of)
    lane_of |= {ref: leaf for leaf, refs in _lanes(model, container) for ref in refs}
    for number, child in enumerate(container.children):
        if child.space != MODEL or child.name not in NODES | {"sequenceFlow"}:
            continue
        id_ = child.get("id") or f"{child.name}-{child.line}-{number}"
        if id_ in seen:
            message = f"id '{id_}' stands twice (first on line {seen[id_]})"
            problems.append(Problem(Place(model.file, child.line), message))
            continue
        seen[id_] = child.line
        if child.name == "sequenceFlow":
            flow = Flow(id_, child.get("sourceRef"), child.get("targetRef"), child.line)
            model.flows.append(flow)
            continue
        node = Node(
            id_,
            child.name,
            " ".join(child.get("name").split()),
            child.line,
            child,
            lane_of.get(id_, around.lane),
            around.inside,
            around.left_out or child.get("isForCompensation") == "true",
        )
        model.nodes[id_] = node
        if child.name in SUBPROCESSES:
            by_event = child.get("triggeredByEvent") == "true"
            if by_event:
                model.note(
                    child.line, f"subProcess '{node.name or id_}' starts on an event: left out"
                )
            node.left_out = node.left_out or by_event
            inner = _Around(node.lane, lane_of, id_, node.left_out)
            _read_container(model, child, inner, seen, problems)


def _lanes(model: Model, container: Element) -> Iterator[tuple[str, list[str]]]:
    """Yield each named lane's id with the ids of its nodes; inner lanes after outer ones."""
    waiting = [lane for lanes in container.all("laneSet") for lane in lanes.all("lane")]
    while waiting:
        lane = waiting.pop(0)
        id_ = lane.get("id") or f"lane-{lane.line}"
        # A lane without a name is a frame only: its nodes belong to what is around it.
        if lane.get("name") or own_extension(lane, "office") is not None:
            model.lanes[id_] = lane
            yield id_, [ref.text.strip().rpartition(":")[2] for ref in lane.all("flowNodeRef")]
        waiting += [child for lanes in lane.all("childLaneSet") for child in lanes.all("lane")]


def _check_flows(model: Model, problems: list[Problem]) -> None:
    for flow in model.flows:
        place = Place(model.file, flow.line)
        for word, end in (("sourceRef", flow.source), ("targetRef", flow.target)):
            if end not in model.nodes:
                hint = did_you_mean(end, model.nodes)
                message = f"flow '{flow.id}': {word} '{end}' does not exist{hint}"
                problems.append(Problem(place, message))
        if flow.source in model.nodes and model.nodes[flow.source].kind == "endEvent":
            message = f"flow '{flow.id}' leaves the end event '{flow.source}'"
            problems.append(Problem(place, message))
        if flow.target in model.nodes and model.nodes[flow.target].kind == "startEvent":
            message = f"flow '{flow.id}' enters the start event '{flow.target}'"
            problems.append(Problem(place, message))


def _connect_links(model: Model) -> None:
    """Join link events: who throws a link goes on where the link of that name is caught."""
    caught: dict[str, Node] = {}
    thrown: list[tuple[str, Node]] = []
    for node in model.nodes.values():
        link = node.definition("linkEventDefinition")
        if link is not None:
            name = link.get("name") or node.name
            if node.kind == "intermediateCatchEvent":
                caught.setdefault(name, node)
            else:
                thrown.append((name, node))
    for name, node in thrown:
        if name in caught:
            model.flows.append(Flow(f"link {name}", node.id, caught[name].id, node.line))
        else:
            model.note(node.line, f"link '{name}' is caught nowhere: the flow ends there")


def _say_what_is_left(model: Model) -> None:
    """Name each kind of element that a procedure cannot hold, once."""
    found: dict[str, list[int]] = {}
    for element in model.root.every():
        if element.space == MODEL and element.name in _UNSUPPORTED:
            found.setdefault(element.name, []).append(element.line)
    for name, lines in found.items():
        count = f" ({len(lines)} of them)" if len(lines) > 1 else ""
        model.note(lines[0], f"{name}{count}: {_UNSUPPORTED[name]}")
