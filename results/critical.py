"""Every step that decides when a procedure ends: all of its longest chains, not only one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from rules import Procedure


@dataclass(frozen=True, slots=True)
class Critical:
    """The longest chains of a procedure, on paper.

    Attributes
    ----------
    steps : frozenset of str
        Steps without slack: a day more on any of them is a day more in all.
    links : frozenset of (str, str)
        Pairs of them that follow each other without a gap.
    chains : int
        In how many ways one can go from the start to the end along the links.
    """

    steps: frozenset[str]
    links: frozenset[tuple[str, str]]
    chains: int


def critical_of(procedure: Procedure) -> Critical:
    """Return the longest chains; none where no step says how long it takes.

    Examples
    --------
    >>> from rules import Duration, Edge, Name, Step
    >>> from rules.flows import Parallel
    >>> days = {"a": 2, "b": 5, "c": 5, "d": 4}
    >>> steps = tuple(Step(key, Name(), duration=Duration(n)) for key, n in days.items())
    >>> flow = Procedure(Name(), steps, (Edge("a", "b"), Edge("a", "c")), flow=Parallel())
    >>> found = critical_of(flow)
    >>> sorted(found.steps), found.chains
    (['a', 'b', 'c'], 2)
    """
    if not procedure.days_known:
        return Critical(frozenset(), frozenset(), 0)
    path, graph = procedure.critical_path(), procedure.order_graph()
    steps = {key for key, slack in path.slack.items() if not slack}
    links = {
        (a, b)
        for a, b, data in graph.edges(data=True)
        if {a, b} <= steps
        and path.starts[a] + procedure[a].days + data["edge"].lag.paper_days == path.starts[b]
    }
    return Critical(frozenset(steps), frozenset(links), _chains(steps, links))


def _chains(steps: Iterable[str], links: Iterable[tuple[str, str]]) -> int:
    """Return how many ways lead from first to last; a way that skips a step is not another."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(steps))
    graph.add_edges_from(sorted(links))
    short = nx.transitive_reduction(graph)
    ways: dict[str, int] = {}
    for key in nx.topological_sort(short):
        ways[key] = sum(ways[before] for before in short.predecessors(key)) or 1
    return sum(count for key, count in ways.items() if not short.out_degree(key))
