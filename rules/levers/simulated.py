"""Simulated pre-approval (模拟审批): work early, decide formally when the law allows (M51)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import networkx as nx

from rules.levers.change import Change, Refused, in_zh
from rules.levers.contraction import consistent, merged, require
from rules.procedure import Procedure, in_handling_order
from rules.steps import Basis, BasisType, Duration, Edge, Kind, Name, Step, Strength

CONVERSION_DAYS = Duration(3)
"""Working days of the conversion where a redesign does not say (a reconstruction)."""


@dataclass(frozen=True, slots=True)
class ApproveBySimulation:
    """Simulated approval of a major project (模拟审批制, M51).

    Departments review in substance before the pending condition (typically the
    land) is met. Their opinion has no external legal effect: every prerequisite
    that is relaxed binds a conversion step (转正式) instead, which waits for all of
    them and only then do the formal acts follow.

    Attributes
    ----------
    admitted_after : str
        Step after which a project is admitted (the site is fixed in the plan); no
        work is pre-done before it.
    pending : tuple of str
        Steps whose formal result is awaited meanwhile (the land track).
    formal_steps : tuple of str
        Formal acts that wait for the conversion.
    days : Duration
        Duration of the conversion.
    edges : tuple of (str, str)
        Prerequisites to relax; by default every pre-workable one.
    key : str
        Key of the conversion step.
    """

    admitted_after: str
    pending: tuple[str, ...]
    formal_steps: tuple[str, ...]
    days: Duration = CONVERSION_DAYS
    edges: tuple[tuple[str, str], ...] = ()
    key: str = "CV"
    word: ClassVar[str] = "simulated_approval"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with pre-work allowed and a conversion step.

        Raises
        ------
        Refused
            If a prerequisite may not be pre-worked (its article is named), nothing is
            left to relax, or a formal act would come before what it rests on.
        """
        require(self.word, procedure, (self.admitted_after, *self.pending, *self.formal_steps))
        if procedure.pending or self.key in procedure:
            raise Refused(
                self.word,
                Name("流程已实行模拟审批", "the procedure is already approved by simulation"),
            )
        relaxed = self._relaxed(procedure)
        ends = {edge.ends for edge in relaxed}
        kept = tuple(
            replace(edge, formal_at=self.key) if edge.ends in ends else edge
            for edge in procedure.edges
        )
        admitted = tuple(
            Edge(
                self.admitted_after,
                after,
                Strength.DATA,
                "a project is admitted to simulated approval when its site is fixed",
                basis_zh="选址确定后方可纳入模拟审批",
            )
            for after in dict.fromkeys(edge.after for edge in relaxed)
        )
        waits = self._conversion_waits(procedure, relaxed)
        opens = tuple(
            Edge(
                self.key,
                after,
                Strength.STATUTE,
                "no formal act before the conversion",
                basis_zh="转正式以前不得作出正式决定",
            )
            for after in self.formal_steps
        )
        edges = merged((*kept, *admitted, *waits, *opens))
        conversion = self._conversion(procedure)
        place = {key: index for index, key in enumerate(procedure.keys)}
        place[self.key] = min(place[key] for key in self.formal_steps)
        try:
            steps = in_handling_order((conversion, *procedure.steps), edges, place)
        except nx.NetworkXUnfeasible:
            raise self._too_early(procedure, relaxed) from None
        changed = replace(procedure, steps=steps, edges=edges, pending=self.pending)
        moved = tuple(replace(edge, formal_at=self.key) for edge in relaxed)
        listed = ", ".join(str(edge) for edge in relaxed)
        what = Name(
            f"模拟审批：{listed} 改为约束转正式 {self.key}（{in_zh(self.days)}），"
            "其后才出具正式批件",
            f"simulated approval: {listed} now bind the conversion {self.key} ({self.days}), "
            "and formal acts follow it",
        )
        note = Name(
            "模拟意见仅供内部使用，无对外法律效力；用地落空则前期工作作废",
            "a simulated opinion is internal and has no legal effect; if the land falls through "
            "the work is lost",
        )
        return consistent(self.word, changed), Change(
            self.word,
            what,
            came=(self.key,),
            added=(*admitted, *waits, *opens),
            moved=moved,
            notes=(note,),
        )

    def _relaxed(self, procedure: Procedure) -> tuple[Edge, ...]:
        if not self.edges:
            relaxed = tuple(edge for edge in procedure.work_edges if edge.preworkable)
            if not relaxed:
                raise Refused(
                    self.word,
                    Name("没有可先行办理的前置", "no prerequisite here may be pre-worked"),
                )
            return relaxed
        relaxed = ()
        for before, after in self.edges:
            require(self.word, procedure, (before, after))
            edge = procedure.edge(before, after)
            if edge is None or not edge.preworkable:
                allowed = [str(e) for e in procedure.work_edges if e.preworkable]
                raise Refused(
                    self.word,
                    Name(
                        f"前置 {before}->{after} 不得先行办理",
                        f"the prerequisite {before}->{after} may not be pre-worked",
                    ),
                    edge.reason if edge else "",
                    Name(f"可先行：{', '.join(allowed)}", f"pre-workable: {', '.join(allowed)}"),
                )
            relaxed = (*relaxed, edge)
        return relaxed

    def _conversion_waits(
        self, procedure: Procedure, relaxed: tuple[Edge, ...]
    ) -> tuple[Edge, ...]:
        """Return what the conversion waits for, so that it can convert every opinion.

        These are the relaxed prerequisites, the steps done early, and whatever else
        flows into the formal acts or into steps after them from early work.
        """
        graph = procedure.graph()
        graph.remove_edges_from(edge.ends for edge in relaxed)
        early = {edge.after for edge in relaxed}
        early |= {later for step in early for later in nx.descendants(graph, step)}
        formal = set(self.formal_steps)
        formal |= {later for step in self.formal_steps for later in nx.descendants(graph, step)}
        waits = [replace(edge, after=self.key, preworkable=False) for edge in relaxed]
        for edge in procedure.work_edges:
            own = edge.after in self.formal_steps or edge.before in early
            if own and edge.after in formal and edge.before not in formal:
                waits.append(replace(edge, after=self.key, preworkable=False))
        before = {edge.before for edge in waits}
        before |= {step for wait in before for step in nx.ancestors(graph, wait)}
        for step in procedure.steps:
            if step.key in early - formal - before:
                raise Refused(
                    self.word,
                    Name(
                        f"{step.key} 将依据模拟意见作出正式决定",
                        f"{step.key} would be decided formally on a simulated opinion",
                    ),
                    step.basis.cited,
                    Name(f"将 {step.key} 列入 formal_steps", f"list {step.key} in formal_steps"),
                )
        return merged(waits)

    def _conversion(self, procedure: Procedure) -> Step:
        first = procedure[self.formal_steps[0]]
        return Step(
            key=self.key,
            name=Name("模拟审批转正式", "Conversion to formal approval"),
            department=first.department,
            kind=Kind.CONVERSION,
            stage=first.stage,
            duration=self.days,
            basis=Basis(
                BasisType.LAW,
                "行政许可法 art. 37-38 (formal decision)",
                "行政许可法第37-38条（正式决定）",
            ),
            visits=1,
            provenance=first.provenance,
        )

    def _too_early(self, procedure: Procedure, relaxed: tuple[Edge, ...]) -> Refused:
        graph = procedure.graph()
        needed = {edge.before for edge in relaxed}
        early = next(
            (
                (formal, source)
                for formal in self.formal_steps
                for source in sorted(needed)
                if nx.has_path(graph, formal, source)
            ),
            (self.formal_steps[0], self.pending[0] if self.pending else ""),
        )
        return Refused(
            self.word,
            Name(
                f"正式批件 {early[0]} 会早于其依据 {early[1]}",
                f"the formal act {early[0]} would come before {early[1]}, on which it rests",
            ),
        )
