"""How the steps of a procedure are handled: one after another, gated by stage, or in parallel.

A flow adds handling order to the prerequisites. It never removes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

from rules.steps import Edge, Kind, Name, Strength

if TYPE_CHECKING:
    from rules.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Serial:
    """One step after another (串联审批): today's way.

    Under simulated approval (M51) two queues run side by side: the steps whose
    formal result is pending, and the work done meanwhile; what needs the formal
    result comes after both.
    """

    word: str = "serial"

    def edges(self, procedure: Procedure) -> tuple[Edge, ...]:
        """Return the handling order as custom prerequisites."""
        keys = procedure.keys
        if not procedure.pending:
            return _chain(keys, _ONE_AFTER_ANOTHER)
        pending = set(procedure.pending)
        graph = procedure.graph()
        before = _reach(graph.reverse(copy=False), pending) - pending
        after = _reach(graph, pending) - pending
        first = [key for key in keys if key in before]
        waiting = [key for key in keys if key in pending]
        meanwhile = [key for key in keys if key not in before | after | pending]
        last = [key for key in keys if key in after]
        return (
            *_chain(first, _ONE_AFTER_ANOTHER),
            *_chain(waiting, _ONE_AFTER_ANOTHER),
            *_chain(meanwhile, _ONE_AFTER_ANOTHER),
            *_chain(last, _ONE_AFTER_ANOTHER),
            *_join(first[-1:], [*waiting[:1], *meanwhile[:1]], _ONE_AFTER_ANOTHER),
            *_join([*waiting[-1:], *meanwhile[-1:]], last[:1], _ONE_AFTER_ANOTHER),
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """Parallel inside each stage, a gate between stages (M40): all done before the next opens."""

    word: str = "staged"

    def edges(self, procedure: Procedure) -> tuple[Edge, ...]:
        """Return for each stage with steps the gate that it waits for.

        Steps whose formal result simulated approval does not wait for hold no gate shut.
        """
        groups = [
            [step for step in procedure.steps if step.stage == stage.key]
            for stage in procedure.stages
        ]
        edges: list[Edge] = []
        for early, late in pairwise(group for group in groups if group):
            holds = [s.key for s in early if s.key not in procedure.pending] or [
                s.key for s in early
            ]
            edges += _join(holds, [s.key for s in late if s.kind is not Kind.WAIT], _STAGE_GATE)
        return tuple(edges)


@dataclass(frozen=True, slots=True)
class Parallel:
    """Each step starts when its own prerequisites are done (并联审批, M10, M41)."""

    word: str = "parallel"

    def edges(self, procedure: Procedure) -> tuple[Edge, ...]:
        """Return nothing: prerequisites alone decide."""
        del procedure
        return ()


Flow = Serial | Staged | Parallel

FLOWS: dict[str, Flow] = {"serial": Serial(), "staged": Staged(), "parallel": Parallel()}
"""The flows by the word that planners write."""

_ONE_AFTER_ANOTHER = Name("依次办理", "handled one after another")
_STAGE_GATE = Name("本阶段办结后进入下一阶段", "the next stage opens when this one is complete")


def _chain(keys: Sequence[str], basis: Name) -> tuple[Edge, ...]:
    return tuple(
        Edge(a, b, Strength.PRACTICE, basis.en, basis_zh=basis.zh) for a, b in pairwise(keys)
    )


def _join(befores: Iterable[str], afters: Iterable[str], basis: Name) -> tuple[Edge, ...]:
    afters = tuple(afters)
    return tuple(
        Edge(a, b, Strength.PRACTICE, basis.en, basis_zh=basis.zh) for a in befores for b in afters
    )


def _reach(graph: nx.DiGraph[str], sources: set[str]) -> set[str]:
    return {n for source in sources if source in graph for n in nx.descendants(graph, source)}
