"""Graph work that levers share: taking a step out, merging steps, finding a knot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import networkx as nx

from rules.levers.change import Bridge, Refused
from rules.problems import did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.steps import NO_TIME, Duration, Edge, Name, Step


def require(lever: str, procedure: Procedure, keys: Iterable[str]) -> None:
    """Refuse when a lever names a step that the procedure does not have."""
    for key in keys:
        if key not in procedure:
            hint = did_you_mean(key, procedure.keys)
            raise Refused(
                lever,
                Name(f"流程中没有环节“{key}”{hint}", f"the procedure has no step '{key}'{hint}"),
            )


def stronger(first: Edge, second: Edge) -> Edge:
    """Return one prerequisite that holds what both of two parallel ones hold.

    The strength is the stronger one's, reasons are kept side by side, the lag is the
    longer on paper, and it is pre-workable only if both are.
    """
    top, low = sorted((first, second), key=lambda edge: -edge.strength.rank)
    reasons = [basis for edge in (top, low) for basis in edge.basis.split("; ") if basis]
    zh = [basis for edge in (top, low) for basis in edge.reason.zh.split("；") if basis]
    return replace(
        top,
        basis="; ".join(dict.fromkeys(reasons)),
        basis_zh="；".join(dict.fromkeys(zh)),
        lag=max(first.lag, second.lag, key=lambda lag: lag.paper_days),
        preworkable=first.preworkable and second.preworkable,
    )


def merged(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Return prerequisites with parallel ones made one; see :func:`stronger`."""
    kept: dict[tuple[str, str, str], Edge] = {}
    for edge in edges:
        place = (*edge.ends, edge.formal_at)
        kept[place] = stronger(kept[place], edge) if place in kept else edge
    return tuple(kept.values())


@dataclass(frozen=True, slots=True)
class Removal:
    """The prerequisites after steps left, and what became of the others."""

    edges: tuple[Edge, ...]
    fallen: tuple[Edge, ...]
    bridged: tuple[Bridge, ...]


def without_steps(
    lever: str, procedure: Procedure, keys: Sequence[str], *, bridge: bool
) -> Removal:
    """Take steps out of the prerequisites; by default their order is bridged.

    The predecessors of a step that leaves then precede its successors: the catalogue
    lists only direct prerequisites, so the order they imply would be lost without.
    A bridge is as strong as the weakest link of its chain, because what was custom
    all along must stay droppable and what was law or data must not become so.
    """
    edges = list(procedure.edges)
    leaving = set(keys)
    chains: dict[tuple[str, str], tuple[Edge, ...]] = {}
    for key in keys:
        into = [e for e in edges if e.after == key and not e.formal_at]
        out = [e for e in edges if e.before == key and not e.formal_at]
        edges = [e for e in edges if key not in e.ends and e.formal_at != key]
        if not bridge:
            continue
        for first in into:
            for second in out:
                link = _bridge(lever, first, second)
                at = next((i for i, e in enumerate(edges) if e.ends == link.ends), None)
                if at is not None and edges[at].strength.rank >= link.strength.rank:
                    continue
                chains[link.ends] = (
                    *chains.get(first.ends, (first,)),
                    *chains.get(second.ends, (second,)),
                )
                if at is None:
                    edges.append(link)
                else:
                    edges[at] = stronger(edges[at], link)
    here = {edge.ends: edge for edge in edges}
    return Removal(
        edges=tuple(edges),
        fallen=tuple(e for e in procedure.edges if leaving & {*e.ends, e.formal_at}),
        bridged=tuple(
            Bridge(here[ends], chain)
            for ends, chain in chains.items()
            if ends in here and not leaving & set(ends)
        ),
    )


def _bridge(lever: str, first: Edge, second: Edge) -> Edge:
    weakest = min(first.strength, second.strength, key=lambda strength: strength.rank)
    return Edge(
        first.before,
        second.after,
        weakest,
        f"bridges {first.after}: {'; '.join(b for b in (first.basis, second.basis) if b)}",
        lag=_lag_sum(lever, first, second),
        preworkable=first.preworkable or second.preworkable,
        basis_zh=f"经 {first.after}："
        + "；".join(each.reason.zh for each in (first, second) if each.basis),
    )


def _lag_sum(lever: str, first: Edge, second: Edge) -> Duration:
    if NO_TIME in (first.lag, second.lag) or first.lag.unit == second.lag.unit:
        unit = first.lag.unit if first.lag != NO_TIME else second.lag.unit
        return Duration(first.lag.amount + second.lag.amount, unit)
    raise Refused(
        lever,
        Name(
            f"{first} 与 {second} 的间隔单位不同（{first.lag}、{second.lag}），无法桥接",
            f"the lags of {first} ({first.lag}) and {second} ({second.lag}) differ in unit "
            "and cannot be bridged",
        ),
        instead=Name("设 bridge = false 并自行写出前置", "set bridge = false and state the order"),
    )


def contracted(procedure: Procedure, members: Sequence[str], into: Step) -> Procedure:
    """Return the procedure with members replaced by one step.

    Prerequisites among members move inside the step (:attr:`Step.inner`); those
    to and from outside are kept, parallel ones made one.

    Raises
    ------
    networkx.NetworkXUnfeasible
        If a step outside lies both after and before members.
    """
    group = set(members)

    def renamed(key: str) -> str:
        return into.key if key in group else key

    inner, outer = [], []
    for edge in procedure.edges:
        if edge.before in group and edge.after in group:
            inner.append(edge)
        else:
            outer.append(
                replace(
                    edge,
                    before=renamed(edge.before),
                    after=renamed(edge.after),
                    formal_at=renamed(edge.formal_at),
                )
            )
    edges = merged(outer)
    joint = replace(into, inner=tuple(inner))
    place = {key: index for index, key in enumerate(procedure.keys)}
    place[into.key] = min(place[key] for key in members)
    rest = [step for step in procedure.steps if step.key not in group]
    return replace(
        procedure,
        steps=in_handling_order([joint, *rest], edges, place),
        edges=edges,
        pending=tuple(dict.fromkeys(renamed(key) for key in procedure.pending)),
    )


def consistent(lever: str, procedure: Procedure) -> Procedure:
    """Return the procedure as it is, if its handling order and prerequisites agree.

    Raises
    ------
    Refused
        If they form a cycle, for instance a stage gate against a prerequisite.
    """
    graph = procedure.order_graph()
    if nx.is_directed_acyclic_graph(graph):
        return procedure
    knot = [before for before, _ in nx.find_cycle(graph)]
    told = " -> ".join((*knot, knot[0]))
    raise Refused(
        lever,
        Name(
            f"办理顺序与前置互相矛盾：{told}",
            f"handling order and prerequisites contradict each other: {told}",
        ),
        instead=Name(
            "改为并联（parallel），或调整环节的阶段",
            "handle in parallel, or move a step to another stage",
        ),
    )


def enclosed(procedure: Procedure, members: Sequence[str]) -> tuple[Edge, ...]:
    """Return a shortest chain that leaves the members and comes back, or nothing.

    Steps on such a chain wait for one member and hold back another, so the
    members cannot be handled at one time.
    """
    group = set(members)
    outgoing: dict[str, list[Edge]] = {}
    for edge in procedure.work_edges:
        outgoing.setdefault(edge.before, []).append(edge)
    reached: set[str] = set()
    front: list[tuple[Edge, ...]] = [
        (edge,) for key in members for edge in outgoing.get(key, ()) if edge.after not in group
    ]
    while front:
        following: list[tuple[Edge, ...]] = []
        for chain in front:
            at = chain[-1].after
            if at in group:
                return chain
            if at not in reached:
                reached.add(at)
                following += [(*chain, edge) for edge in outgoing.get(at, ())]
        front = following
    return ()
