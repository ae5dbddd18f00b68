"""C1: mutual prerequisites (互为前置, M09) and the cheapest lawful way out.

A prerequisite set by statute or needed for its output is never the one to drop. What may
be done: drop custom prerequisites, let an office give a conditional opinion where the law
allows work to begin early, or handle the knot as one joint step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import networkx as nx

from rules.catalogue import Catalogue
from rules.cells import WORDS
from rules.checks.finding import Finding, error
from rules.items import Prerequisite
from rules.steps import Name

_DROP, _CONDITIONAL = 1, 2
_MOST_SETS = 20_000
_LARGE_KNOT = 200


def mutual_prerequisites(catalogue: Catalogue) -> Iterator[Finding]:
    """Return one finding for each knot of items that wait for each other."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    by_ends: dict[tuple[str, str], Prerequisite] = {}
    for prerequisite in catalogue.prerequisites:
        if not prerequisite.edge.formal_at:
            graph.add_edge(*prerequisite.edge.ends)
            by_ends[prerequisite.edge.ends] = prerequisite
    order = {key: place for place, key in enumerate(catalogue.keys)}
    for knot in sorted(nx.strongly_connected_components(graph), key=lambda k: sorted(k)[0]):
        if len(knot) == 1:
            continue
        within = graph.subgraph(knot)
        cycle = _shortest_cycle(within, min(knot, key=lambda key: order.get(key, 0)))
        ring = [by_ends[a, b] for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]
        members = tuple(sorted(knot, key=lambda key: order.get(key, 0)))
        repair = _repair(catalogue, members, [by_ends[ends] for ends in within.edges])
        around = " -> ".join((*cycle, cycle[0]))
        yield error(
            "C1",
            "mutual-prerequisites",
            catalogue.place(ring[-1]),
            members,
            f"{'、'.join(_named(catalogue, key, 'zh') for key in cycle)}互为前置："
            + "；".join(_said(p, "zh") for p in ring),
            f"{around} wait for each other: " + "; ".join(_said(p, "en") for p in ring),
            (*cycle, cycle[0]),
            repair,
        )


def _shortest_cycle(graph: nx.DiGraph[str], start: str) -> tuple[str, ...]:
    ways = [
        nx.shortest_path(graph, after, start)
        for after in sorted(graph.successors(start))
        if nx.has_path(graph, after, start)
    ]
    return (start, *min(ways, key=lambda way: (len(way), way))[:-1])


def _repair(catalogue: Catalogue, members: tuple[str, ...], edges: Sequence[Prerequisite]) -> Name:
    chosen = cheapest(edges)
    if chosen is None:
        zh, en = "、".join(members), ", ".join(members)
        days = sum((item.promised.paper_days for item in catalogue.items
                    if item.key in members and item.promised), start=0)  # fmt: skip
        more = days > 45
        return Name(
            f"法定或数据前置不得取消：将{zh}合并为一个联合环节办理（行政许可法第26条，"
            f"不超过45个工作日，可延长15日{'；现各项时限合计超出，须压缩' if more else ''}）",
            f"no prerequisite of it may be dropped: handle {en} as one joint step "
            "(行政许可法 art. 26, 42(2): at most 45 wd, +15"
            f"{'; their limits add up to more and must shrink' if more else ''})",
        )
    zh_parts, en_parts = [], []
    for prerequisite in sorted(chosen, key=lambda p: p.edge.ends):
        edge = prerequisite.edge
        if edge.strength.droppable:
            zh_parts.append(f"取消惯例前置{edge}（{edge.reason.zh or '无依据'}）")
            en_parts.append(f"drop the custom prerequisite {edge} ({edge.basis or 'no basis'})")
        else:
            zh_parts.append(f"由{edge.after}先出具附条件意见，正式决定等待{edge.before}")
            en_parts.append(
                f"let {edge.after} give a conditional opinion early; its formal act "
                f"still waits for {edge.before} ({edge.basis})"
            )
    return Name("；".join(zh_parts), "; ".join(en_parts))


def cheapest(edges: Sequence[Prerequisite]) -> tuple[Prerequisite, ...] | None:
    """Return the cheapest lawful set of prerequisites that unties a knot, or None.

    A custom prerequisite costs 1 to drop, a conditional opinion on a preworkable one 2;
    others cannot be touched. Exact while there are few ways; a large knot is untied by what
    runs against one good order of its items.
    """
    cost = {
        p.edge.ends: _DROP if p.edge.strength.droppable else _CONDITIONAL
        for p in edges
        if p.edge.strength.droppable or p.edge.preworkable
    }
    fixed: nx.DiGraph[str] = nx.DiGraph([p.edge.ends for p in edges if p.edge.ends not in cost])
    if not nx.is_directed_acyclic_graph(fixed):
        return None
    by_ends = {p.edge.ends: p for p in edges}
    if len(edges) > _LARGE_KNOT:
        return tuple(by_ends[ends] for ends in _backward(edges, cost))
    free = sorted(cost)
    tried = 0
    best: tuple[int, tuple[tuple[str, str], ...]] | None = None
    for size in range(1, len(free) + 1):
        if best is not None and size * _DROP >= best[0]:
            break
        for gone in combinations(free, size):
            tried += 1
            price = sum(cost[ends] for ends in gone)
            if (best is None or (price, gone) < best) and _untied(edges, set(gone)):
                best = price, gone
            if tried > _MOST_SETS:
                break
        if tried > _MOST_SETS:
            break
    gone = best[1] if best else _greedy(edges, cost)
    return tuple(by_ends[ends] for ends in gone)


def _backward(
    edges: Sequence[Prerequisite], cost: dict[tuple[str, str], int]
) -> tuple[tuple[str, str], ...]:
    """Return what may go and runs against an order that keeps all that may not.

    The order takes, among items that nothing fixed holds back, the one that most others
    wait for and that waits for the fewest (Eades, Lin and Smyth's rule).
    """
    fixed: dict[str, int] = {key: 0 for p in edges for key in p.edge.ends}
    after: dict[str, list[str]] = {key: [] for key in fixed}
    gain = dict.fromkeys(fixed, 0)
    for p in edges:
        before, then = p.edge.ends
        after[before].append(then)
        if p.edge.ends not in cost:
            fixed[then] += 1
        price = cost.get(p.edge.ends, 0)
        gain[before] += price
        gain[then] -= price
    place: dict[str, int] = {}
    ready = [key for key, number in fixed.items() if not number]
    while ready:
        key = max(ready, key=lambda k: (gain[k], k))
        ready.remove(key)
        place[key] = len(place)
        for then in after[key]:
            if (key, then) in cost:
                gain[then] += cost[key, then]
                continue
            fixed[then] -= 1
            if not fixed[then]:
                ready.append(then)
    return tuple(sorted(ends for ends in cost if place[ends[0]] > place[ends[1]]))


def _greedy(
    edges: Sequence[Prerequisite], cost: dict[tuple[str, str], int]
) -> tuple[tuple[str, str], ...]:
    """Take everything touchable away, then put back, dearest first, what ties no knot."""
    gone = set(cost)
    for ends in sorted(cost, key=lambda e: (-cost[e], e)):
        if _untied(edges, gone - {ends}):
            gone.discard(ends)
    return tuple(sorted(gone))


def _untied(edges: Sequence[Prerequisite], gone: set[tuple[str, str]]) -> bool:
    left = [p.edge.ends for p in edges if p.edge.ends not in gone]
    return nx.is_directed_acyclic_graph(nx.DiGraph(left))


def _named(catalogue: Catalogue, key: str, language: str) -> str:
    return catalogue[key].name.in_language(language) if key in catalogue else key


def _said(prerequisite: Prerequisite, language: str) -> str:
    edge = prerequisite.edge
    word = WORDS[edge.strength].in_language(language)
    reason = edge.reason.in_language(language)
    return f"{edge} ({word}: {reason})" if reason else f"{edge} ({word})"
