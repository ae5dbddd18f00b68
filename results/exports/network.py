"""What every export is made from: steps and the arrows between them, none of them redundant.

A prerequisite that follows from others is left out. A lag becomes a node of its own,
since process notations have no arrow that takes time. Where several steps all wait
for the same several steps (a gate between stages), one *junction* stands between them
instead of an arrow for each pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import networkx as nx

from rules import Edge, Kind, Name, Procedure, Step
from rules.flows import Parallel
from rules.steps import NO_TIME


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes and arrows of a procedure.

    Attributes
    ----------
    procedure : Procedure
        What it shows.
    steps : tuple of Step
        The procedure's steps, in handling order.
    lags : dict of str to Step
        Waits made from prerequisites with a lag, by their key here.
    junctions : dict of str to Step
        Points where all of several steps meet before any of several others starts.
    arrows : tuple of (str, str)
        From node to node, in handling order.
    """

    procedure: Procedure
    steps: tuple[Step, ...]
    lags: dict[str, Step]
    junctions: dict[str, Step]
    arrows: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> dict[str, Step]:
        """Every node by key: steps in handling order, then lags and junctions."""
        return {step.key: step for step in self.steps} | self.lags | self.junctions

    def before(self, key: str) -> tuple[str, ...]:
        """Return the nodes with an arrow to this one."""
        return tuple(a for a, b in self.arrows if b == key)

    def after(self, key: str) -> tuple[str, ...]:
        """Return the nodes with an arrow from this one."""
        return tuple(b for a, b in self.arrows if a == key)

    @property
    def first(self) -> tuple[str, ...]:
        """Nodes that wait for nothing."""
        late = {b for _, b in self.arrows}
        return tuple(key for key in self.nodes if key not in late)

    @property
    def last(self) -> tuple[str, ...]:
        """Nodes that nothing waits for."""
        early = {a for a, _ in self.arrows}
        return tuple(key for key in self.nodes if key not in early)

    def as_procedure(self) -> Procedure:
        """Return the network with every node as a step, for laying it out."""
        return replace(
            self.procedure,
            steps=tuple(self.nodes.values()),
            edges=tuple(Edge(a, b) for a, b in self.arrows),
            flow=Parallel(),
            pending=(),
        )


def network_of(procedure: Procedure, *, junctions: bool = True) -> Network:
    """Return the network of a procedure.

    Parameters
    ----------
    procedure : Procedure
        With at least one step and without circles.
    junctions : bool
        Whether to gather the arrows of a gate in one point.

    Raises
    ------
    ValueError
        If there is no step, or steps wait for each other in a circle.

    Examples
    --------
    >>> steps = [Step(key, Name(en=key)) for key in "abc"]
    >>> edges = (Edge("a", "b"), Edge("b", "c"), Edge("a", "c"))
    >>> network_of(Procedure(Name(en="x"), tuple(steps), edges, flow=Parallel())).arrows
    (('a', 'b'), ('b', 'c'))
    """
    if not procedure.steps:
        raise ValueError("a procedure without steps has nothing to export")
    if knots := procedure.cycles():
        told = "; ".join(" -> ".join((*knot, knot[0])) for knot in knots)
        raise ValueError(f"steps wait for each other in a circle: {told}")
    graph = procedure.order_graph()
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError("handling order and prerequisites contradict each other")
    place = {key: index for index, key in enumerate(procedure.keys)}
    ordered: list[tuple[str, str, Edge]] = sorted(
        graph.edges(data="edge"), key=lambda e: (place[e[0]], place[e[1]])
    )
    lags: dict[str, Step] = {}
    bare: nx.DiGraph[str] = nx.DiGraph()
    bare.add_nodes_from(graph)
    for before, after, edge in ordered:
        if edge.lag == NO_TIME:
            bare.add_edge(before, after)
            continue
        key = _fresh(f"wait-{before}-{after}", place)
        lags[key] = Step(
            key,
            Name(f"等待 {edge.lag}", f"wait {edge.lag}"),
            procedure[after].department,
            Kind.WAIT,
            procedure[before].stage,
            edge.lag,
        )
        bare.add_edges_from(((before, key), (key, after)))
    rank = place | {key: len(place) + index for index, key in enumerate(lags)}
    reduced = nx.transitive_reduction(bare)
    arrows = sorted(reduced.edges, key=lambda e: (rank[e[0]], rank[e[1]]))
    points: dict[str, Step] = {}
    if junctions:
        arrows, points = _gathered(procedure, arrows, rank, lags)
    return Network(procedure, procedure.steps, lags, points, tuple(arrows))


def _gathered(
    procedure: Procedure,
    arrows: list[tuple[str, str]],
    rank: dict[str, int],
    lags: dict[str, Step],
) -> tuple[list[tuple[str, str]], dict[str, Step]]:
    """Put a junction wherever two or more steps wait for the same two or more."""
    needs: dict[str, list[str]] = {}
    for before, after in arrows:
        needs.setdefault(after, []).append(before)
    groups: dict[tuple[str, ...], list[str]] = {}
    for after, befores in needs.items():
        groups.setdefault(tuple(befores), []).append(after)
    points: dict[str, Step] = {}
    kept: list[tuple[str, str]] = []
    rank = dict(rank)
    for wanted, afters in groups.items():
        if len(wanted) < 2 or len(afters) < 2:
            kept += [(before, after) for after in afters for before in wanted]
            continue
        key = _fresh(f"gate-{len(points) + 1}", rank)
        first = procedure[afters[0]] if afters[0] in procedure else lags[afters[0]]
        points[key] = Step(key, Name("汇合", "all done"), first.department, stage=first.stage)
        rank[key] = len(rank)
        kept += [(before, key) for before in wanted] + [(key, after) for after in afters]
    return sorted(kept, key=lambda e: (rank[e[0]], rank[e[1]])), points


def _fresh(key: str, taken: Iterable[str]) -> str:
    """Return a key that no step has."""
    taken = set(taken)
    while key in taken:
        key += "-"
    return key
