"""A procedure: steps with prerequisites, how they are handled, and its critical path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import networkx as nx

from rules.flows import Flow, Serial
from rules.staffing import StaffChange
from rules.steps import Duration, Edge, Name, Stage, Step


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The longest chain of steps and what every other step has to spare.

    All times are working days on paper, counted from the start of the procedure.

    Attributes
    ----------
    days : Fraction
        Length of the procedure: the shortest time any staffing can reach.
    keys : tuple of str
        Steps of one longest chain, first to last; ties go to the earlier step.
    starts, slack : dict of str to Fraction
        For every step its earliest start and its total slack.
    """

    days: Fraction
    keys: tuple[str, ...]
    starts: dict[str, Fraction]
    slack: dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class Procedure:
    """Steps, their prerequisites and the way they are handled; a value, never changed.

    Attributes
    ----------
    name : Name
        Chinese and English name.
    steps : tuple of Step
        In handling order, which respects every prerequisite that binds work.
    edges : tuple of Edge
        All prerequisites.
    stages : tuple of Stage
        In order.
    flow : Flow
        How steps are handled: one after another, gated by stage, or in parallel.
    pending : tuple of str
        Steps whose formal result simulated approval does not wait for (M51).
    staffing : tuple of StaffChange
        What levers change about the offices' people, in order.
    on : date
        As of which day levers ask what is law; by default the newest text of each
        provision (``date.max``), never today's date of the machine.
    jurisdiction : str
        Whose provisions hold besides the national ones, for instance ``CN-HN``.
    budget : Duration or None
        Total time that the whole flow is held to (批时总控, M50).
    mixed : bool
        Whether its steps belong to several types of cases, none of which takes them all: then
        no sum over the steps, and no path through them, is any case's.

    Examples
    --------
    >>> from rules.steps import Duration
    >>> a = Step("a", Name(en="Survey"), duration=Duration(5))
    >>> b = Step("b", Name(en="Permit"), duration=Duration(7))
    >>> flow = Procedure(Name(en="Two steps"), (a, b), (Edge("a", "b"),))
    >>> flow.critical_path().keys, int(flow.paper_days), flow.n_steps
    (('a', 'b'), 12, 2)
    """

    name: Name
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    stages: tuple[Stage, ...] = ()
    flow: Flow = field(default_factory=Serial)
    pending: tuple[str, ...] = ()
    staffing: tuple[StaffChange, ...] = ()
    on: date = date.max
    jurisdiction: str = "CN"
    budget: Duration | None = None
    mixed: bool = False

    def __getitem__(self, key: str) -> Step:
        """Return the step with this key; KeyError if there is none."""
        for step in self.steps:
            if step.key == key:
                return step
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return any(step.key == key for step in self.steps)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all steps, in handling order."""
        return tuple(step.key for step in self.steps)

    @property
    def n_steps(self) -> int:
        """Number of 环节: conversions and external waits are not counted."""
        return sum(step.kind.counted for step in self.steps)

    @property
    def visits(self) -> int:
        """Applicant's visits over all steps."""
        return sum(step.visits for step in self.steps)

    @property
    def documents(self) -> int:
        """Documents asked of the applicant over all steps."""
        return sum(step.documents for step in self.steps)

    @property
    def fees(self) -> int | None:
        """Yuan that the applicant pays over all steps (收费, M35).

        None in a mix of case types, and where a counted step does not tell its fee: untold
        is not nothing (see :attr:`without_fee`).
        """
        if self.mixed or not self.steps or self.without_fee:
            return None
        return sum(step.fee or 0 for step in self.steps)

    @property
    def without_fee(self) -> tuple[str, ...]:
        """Keys of the counted steps that do not tell what they cost."""
        return tuple(step.key for step in self.steps if step.kind.counted and step.fee is None)

    @property
    def serial_days(self) -> Fraction:
        """Sum of all steps' working days on paper, as if handled one after another."""
        return sum((step.days for step in self.steps), Fraction(0))

    @property
    def days_known(self) -> bool:
        """Whether a total of days can be told.

        It cannot where no step says how long it takes, for a source without time limits
        gives none, nor in a mix of case types.
        """
        return not self.mixed and any(step.days for step in self.steps)

    @property
    def paper_days(self) -> Fraction:
        """Length of the critical path in working days on paper: no queues, no luck."""
        return self.critical_path().days

    @property
    def work_edges(self) -> tuple[Edge, ...]:
        """Prerequisites that hold back work (those moved to a conversion do not, M51)."""
        return tuple(edge for edge in self.edges if not edge.formal_at)

    def edge(self, before: str, after: str) -> Edge | None:
        """Return the prerequisite between two steps, if there is one."""
        return next((edge for edge in self.edges if edge.ends == (before, after)), None)

    def graph(self) -> nx.DiGraph[str]:
        """Return the prerequisites that bind work as a fresh networkx graph.

        Nodes carry ``step``; edges carry ``edge``.
        """
        return self._graph_of(self.work_edges)

    def order_graph(self) -> nx.DiGraph[str]:
        """Return :meth:`graph` plus the order in which the flow handles steps."""
        return self._graph_of((*self.flow.edges(self), *self.work_edges))

    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """Return one shortest cycle for each knot of mutual prerequisites (互为前置, M09).

        Each cycle starts at its first key in handling order; a sound procedure has none.
        """
        graph = self.graph()
        place = {key: index for index, key in enumerate(self.keys)}
        found = []
        for knot in nx.strongly_connected_components(graph):
            start = min(knot, key=place.__getitem__)
            if len(knot) == 1 and not graph.has_edge(start, start):
                continue
            found.append(_shortest_cycle(graph.subgraph(knot), start))
        return tuple(sorted(found, key=lambda cycle: place[cycle[0]]))

    def critical_path(self) -> CriticalPath:
        """Return the longest chain over prerequisites and handling order.

        Lags count at their paper length. With equal lengths the chain goes through
        the step that stands earlier in handling order, so the answer is unique.
        """
        graph = self.order_graph()
        place = {key: index for index, key in enumerate(self.keys)}
        order = list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
        days = {step.key: step.days for step in self.steps}
        lag = {(a, b): data["edge"].lag.paper_days for a, b, data in graph.edges(data=True)}
        starts: dict[str, Fraction] = {}
        cause: dict[str, str] = {}
        for key in order:
            starts[key] = Fraction(0)
            for before in sorted(graph.predecessors(key), key=place.__getitem__):
                free = starts[before] + days[before] + lag[before, key]
                if free > starts[key] or (key not in cause and free == starts[key]):
                    starts[key], cause[key] = free, before
        total = max((starts[key] + days[key] for key in order), default=Fraction(0))
        latest: dict[str, Fraction] = {}
        for key in reversed(order):
            ends = [latest[after] - lag[key, after] for after in graph.successors(key)]
            latest[key] = min(ends, default=total) - days[key]
        at = next((key for key in order if starts[key] + days[key] == total), "")
        chain = [at] if at else []
        while at in cause:
            at = cause[at]
            chain.append(at)
        slack = {key: latest[key] - starts[key] for key in self.keys}
        return CriticalPath(total, tuple(reversed(chain)), starts, slack)

    def _graph_of(self, edges: Iterable[Edge]) -> nx.DiGraph[str]:
        graph: nx.DiGraph[str] = nx.DiGraph()
        for step in self.steps:
            graph.add_node(step.key, step=step)
        for edge in edges:
            graph.add_edge(edge.before, edge.after, edge=edge)
        return graph


def _shortest_cycle(graph: nx.DiGraph[str], start: str) -> tuple[str, ...]:
    ways = (
        nx.shortest_path(graph, after, start)
        for after in sorted(graph.successors(start))
        if nx.has_path(graph, after, start)
    )
    return (start, *min(ways, key=lambda way: (len(way), way))[:-1])


def in_handling_order(
    steps: Iterable[Step], edges: Iterable[Edge], place: dict[str, int]
) -> tuple[Step, ...]:
    """Return steps sorted so that prerequisites come first, otherwise by ``place``.

    Raises
    ------
    networkx.NetworkXUnfeasible
        If the prerequisites that bind work have a cycle.
    """
    by_key = {step.key: step for step in steps}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(by_key)
    graph.add_edges_from(edge.ends for edge in edges if not edge.formal_at)
    order = nx.lexicographical_topological_sort(graph, key=place.__getitem__)
    return tuple(by_key[key] for key in order)
