"""From a drawn flow with choices and loops to blocks inside each other.

Gateways and flows are reduced step by step: what follows one another becomes a sequence,
ways between the same two choices a choice, branches between the same two parallel
gateways a block done together, a way back a loop. A flow that is not made of such blocks
is refused with the gateway where it is not; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rules.problems import InputError, Place, Problem
from scenarios.bpmn_model import EVENTS, SUBPROCESSES, TASKS, Model, Node

MOST_NODES = 400
"""Tasks, gateways and events of a flow that is read with its choices."""


@dataclass(frozen=True, slots=True)
class Work:
    """A task or event by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Blocks one after another; none: nothing is done."""

    parts: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several blocks, each with its chance; the chances add up to 1."""

    ways: tuple[tuple[float, Block], ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks in parallel; all must end."""

    parts: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A block that is done again with a chance, each time after what lies between."""

    body: Block
    again: float
    between: Block


Block = Work | Sequence | Choice | Together | Loop
NOTHING = Sequence(())


def in_a_row(*parts: Block) -> Block:
    """Return blocks one after another, without sequences inside sequences.

    Examples
    --------
    >>> in_a_row(NOTHING, Work("a"), Sequence((Work("b"), Work("c"))))
    Sequence(parts=(Work(id='a'), Work(id='b'), Work(id='c')))
    >>> in_a_row(NOTHING, Work("a"))
    Work(id='a')
    """
    flat = [
        inner for part in parts for inner in (part.parts if isinstance(part, Sequence) else (part,))
    ]
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


@dataclass(frozen=True, slots=True)
class _Edge:
    source: str
    target: str
    chance: float
    block: Block


START, END = "\nstart", "\nend"
Chances = Mapping[str, float]
"""Chances of flows by their id."""


def blocks_of(
    model: Model, chances: Chances, late: Mapping[str, tuple[str, float]] | None = None
) -> Block:
    """Return the whole flow of a model as one block.

    Parameters
    ----------
    model : Model
        As read; its notes grow where chances had to be put right.
    chances : mapping
        Chance of each flow that leaves a choice.
    late : mapping, optional
        Of tasks that a time limit may break off: the boundary event that does it, and the
        chance of that. The broken off task is ``Work("<id>!late")``.

    Raises
    ------
    InputError
        With every gateway without chances and everything that is no block.
    """
    graph = _Graph(model, chances, late or {})
    if graph.problems:
        raise InputError(graph.problems)
    return graph.reduced()


class _Graph:
    """Edges between gateways; tasks have become edges."""

    def __init__(
        self, model: Model, chances: Chances, late: Mapping[str, tuple[str, float]]
    ) -> None:
        self.model = model
        self.problems: list[Problem] = []
        self.edges: list[_Edge] = []
        self.parallel: set[str] = set()
        nodes = {
            node.id: node
            for node in model.nodes.values()
            if not node.left_out and node.kind != "boundaryEvent"
        }
        if len(nodes) > MOST_NODES:
            raise InputError.at(model.file, 0, f"holds more than {MOST_NODES} nodes")
        self._connect(nodes, chances, late)

    def _say(self, node: Node, message: str) -> None:
        place = Place(self.model.file, node.line)
        self.problems.append(Problem(place, f"{node.kind} '{node.name or node.id}' {message}"))

    def _connect(
        self,
        nodes: Mapping[str, Node],
        chances: Chances,
        late: Mapping[str, tuple[str, float]],
    ) -> None:
        flows = [flow for flow in self.model.flows if flow.target in nodes]
        leaving: dict[str, list[tuple[str, str]]] = {}
        entered = set()
        for flow in flows:
            leaving.setdefault(flow.source, []).append((flow.id, flow.target))
            entered.add(flow.target)
        inner = {node.inside for node in nodes.values() if node.inside}
        starts = [node for node in nodes.values() if node.id not in entered]
        top = [node for node in starts if not node.inside]
        if len(top) != 1:
            names = ", ".join(f"'{node.name or node.id}'" for node in top[:5]) or "none"
            where = top[1] if top else next(iter(nodes.values()), None)
            line = where.line if where else 0
            message = f"one start was expected; found {names}"
            self.problems.append(Problem(Place(self.model.file, line), message))
            return
        self.edges.append(_Edge(START, self._way_in(top[0]), 1.0, NOTHING))
        for node in nodes.values():
            self._node(node, inner, starts)
            # a subprocess goes on from its end, everything else from itself
            out = self._way_out(node)
            ways = leaving.get(node.id, [])
            if node.id in late:
                self._break_off(node, *late[node.id], leaving)
            if not ways:
                container = f"{node.inside}\nout" if node.inside else END
                self.edges.append(_Edge(out, container, 1.0, NOTHING))
                continue
            shares = self._shares(node, [flow for flow, _ in ways], chances)
            for (_, target), share in zip(ways, shares, strict=True):
                self.edges.append(_Edge(out, self._way_in(nodes[target]), share, NOTHING))

    def _node(self, node: Node, inner: set[str], starts: list[Node]) -> None:
        """Enter a node as an edge of its own, or what is inside it."""
        kind = node.kind
        for repeat in ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics"):
            if node.element.all(repeat):
                self._say(node, "is repeated: draw the repetition as a loop")
        if kind == "parallelGateway":
            self.parallel |= {self._way_in(node), self._way_out(node)}
            self.edges.append(_Edge(self._way_in(node), self._way_out(node), 1.0, NOTHING))
        elif kind == "exclusiveGateway":
            self.edges.append(_Edge(self._way_in(node), self._way_out(node), 1.0, NOTHING))
        elif kind in SUBPROCESSES and node.id in inner:
            first = [each for each in starts if each.inside == node.id]
            if len(first) != 1:
                self._say(node, f"has {len(first)} starts; one was expected")
                return
            self.edges.append(_Edge(self._way_in(node), self._way_in(first[0]), 1.0, NOTHING))
        elif kind in TASKS | EVENTS | SUBPROCESSES:
            if sum(flow.source == node.id for flow in self.model.flows) > 1:
                self.parallel.add(self._way_out(node))
            self.edges.append(_Edge(self._way_in(node), self._way_out(node), 1.0, Work(node.id)))
        else:
            self._say(node, "cannot be expressed: only exclusive and parallel gateways can")

    def _way_in(self, node: Node) -> str:
        return f"{node.id}\nin"

    def _way_out(self, node: Node) -> str:
        return f"{node.id}\nout"

    def _break_off(
        self, node: Node, boundary: str, chance: float, leaving: Mapping[str, list[tuple[str, str]]]
    ) -> None:
        """Turn a task with a time limit into a choice: done in time, or broken off."""
        ways = leaving.get(boundary, [])
        whole = _Edge(self._way_in(node), self._way_out(node), 1.0, Work(node.id))
        self.edges.remove(whole)
        self.edges.append(replace(whole, chance=1 - chance))
        to = self.model.nodes[ways[0][1]] if len(ways) == 1 else None
        if to is None:
            self._say(self.model.nodes[boundary], "leads to other than one task")
            return
        broken = Work(f"{node.id}!late")
        self.edges.append(_Edge(self._way_in(node), self._way_in(to), chance, broken))

    def _shares(self, node: Node, flows: list[str], chances: Chances) -> list[float]:
        """Return the chance of each flow out of a node; what is not a choice has 1."""
        if node.kind != "exclusiveGateway" or len(flows) == 1:
            return [1.0] * len(flows)
        missing = [flow for flow in flows if flow not in chances]
        if missing:
            names = ", ".join(f"'{flow}'" for flow in missing)
            self._say(node, f"is a choice without a chance for the flow {names}")
            return [1.0] * len(flows)
        given = [chances[flow] for flow in flows]
        total = sum(given)
        if any(not 0 <= each <= 1 for each in given) or not 0.95 <= total <= 1.05:
            self._say(node, f"has chances that add up to {total:g}; 1 was expected")
            return given
        if abs(total - 1) > 1e-9:
            message = f"'{node.name or node.id}': its chances add up to {total:g}: taken as parts"
            self.model.note(node.line, message)
        return [each / total for each in given]

    # --- reduction --------------------------------------------------------------------

    def reduced(self) -> Block:
        """Return the block that the whole graph is."""
        self.edges = [edge for edge in self.edges if edge.chance > 0]
        self._drop_unreached()
        rules: tuple[Callable[[], bool], ...] = (
            self._join_rows, self._join_ways, self._join_loops, self._join_choices,
        )  # fmt: skip
        while len(self.edges) > 1 and any(rule() for rule in rules):
            pass
        if len(self.edges) != 1 or self.edges[0].source != START:
            raise InputError([self._not_a_block()])
        return self.edges[0].block

    def _drop_unreached(self) -> None:
        reached, waiting = {START}, [START]
        while waiting:
            at = waiting.pop()
            for edge in self.edges:
                if edge.source == at and edge.target not in reached:
                    reached.add(edge.target)
                    waiting.append(edge.target)
        for edge in self.edges:
            if edge.source not in reached and isinstance(edge.block, Work):
                node = self.model.nodes[edge.block.id]
                message = f"'{node.name or node.id}' is never reached: left out"
                self.model.note(node.line, message)
        self.edges = [edge for edge in self.edges if edge.source in reached]

    def _ins(self, node: str) -> list[_Edge]:
        return [edge for edge in self.edges if edge.target == node]

    def _outs(self, node: str) -> list[_Edge]:
        return [edge for edge in self.edges if edge.source == node]

    def _swap(self, old: list[_Edge], new: list[_Edge]) -> bool:
        """Replace edges; each stands once."""
        place = self.edges.index(old[0])
        for edge in old:
            self.edges.remove(edge)
        self.edges[place:place] = new
        return True

    def _join_rows(self) -> bool:
        for edge in self.edges:
            before, after = self._ins(edge.source), self._outs(edge.source)
            if edge.source != START and len(before) == len(after) == 1 and before[0] is not edge:
                block = in_a_row(before[0].block, edge.block)
                joined = _Edge(before[0].source, edge.target, before[0].chance, block)
                return self._swap([before[0], edge], [joined])
        return False

    def _join_ways(self) -> bool:
        for edge in self.edges:
            same = [
                each
                for each in self.edges
                if (each.source, each.target) == (edge.source, edge.target)
            ]
            together = edge.source in self.parallel
            meets = edge.target in self.parallel or (together and edge.target == END)
            if len(same) < 2 or meets != together:
                continue
            if together:
                if len(same) < len(self._outs(edge.source)) and edge.target == END:
                    continue  # the end waits for all branches, not for some
                block: Block = Together(tuple(each.block for each in same))
                return self._swap(same, [replace(edge, block=block)])
            total = sum(each.chance for each in same)
            ways = tuple((each.chance / total, each.block) for each in same)
            return self._swap(same, [replace(edge, chance=total, block=Choice(ways))])
        return False

    def _join_loops(self) -> bool:
        for edge in self.edges:
            if edge.source in self.parallel or edge.target in self.parallel:
                continue
            back = [each for each in self._outs(edge.target) if each.target == edge.source]
            if edge.source == edge.target or not back or len(self._outs(edge.source)) != 1:
                continue
            (again,) = back[:1]
            rest = [each for each in self._outs(edge.target) if each is not again]
            if not rest:
                continue
            left = sum(each.chance for each in rest)
            loop = Loop(edge.block, again.chance, again.block)
            onward = [replace(each, chance=each.chance / left) for each in rest]
            return self._swap([edge, again, *rest], [replace(edge, block=loop), *onward])
        return False

    def _join_choices(self) -> bool:
        """Decide two choices at once where nothing else leads to the second."""
        for edge in self.edges:
            middle = edge.target
            after = self._outs(middle)
            if {edge.source, middle} & (self.parallel | {START, END}):
                continue
            if len(self._ins(middle)) != 1 or len(after) < 2 or edge.source == middle:
                continue
            if any(each.target == middle for each in after):
                continue
            onward = [
                _Edge(
                    edge.source,
                    each.target,
                    edge.chance * each.chance,
                    in_a_row(edge.block, each.block),
                )
                for each in after
            ]
            return self._swap([edge, *after], onward)
        return False

    def _not_a_block(self) -> Problem:
        ends = [edge.target for edge in self.edges] + [edge.source for edge in self.edges]
        for end in ends:
            node = self.model.nodes.get(end.partition("\n")[0])
            if node is not None and "Gateway" in node.kind:
                message = (
                    f"{node.kind} '{node.name or node.id}' opens no block that closes again: ways"
                    " that part at a choice must meet at a choice, parallel ones at a parallel"
                    " gateway"
                )
                return Problem(Place(self.model.file, node.line), message)
        return Problem(Place(self.model.file, 0), "the flow is not made of blocks")
