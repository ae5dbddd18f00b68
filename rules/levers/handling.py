"""Levers on the order of handling: parallel, stage gates, dropping and adding custom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import networkx as nx

from rules.dealing import AS_USUAL
from rules.flows import Parallel, Serial, Staged
from rules.levers.change import STRENGTH_WORDS, Change, Refused, in_zh
from rules.levers.contraction import consistent, merged, require
from rules.problems import did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.steps import NO_TIME, Duration, Edge, Kind, Name, Strength


@dataclass(frozen=True, slots=True)
class HandleInParallel:
    """Parallel approval (并联审批; M10, M34, M41): a step waits for its own prerequisites only.

    Lawful basis: Administrative Licensing Law art. 26 (unified or joint handling).
    """

    word: ClassVar[str] = "parallel"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure handled in parallel; no prerequisite is dropped."""
        what = Name(
            "并联审批：各环节在自身前置完成后即开始，全部前置保留",
            "parallel approval: each step starts when its own prerequisites are done; all are kept",
        )
        return replace(procedure, flow=Parallel()), Change(self.word, what)


@dataclass(frozen=True, slots=True)
class HandleByStage:
    """Stage gates (分阶段并联, M40): parallel inside a stage, the next opens when all is done."""

    word: ClassVar[str] = "staged"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure gated by stage.

        Raises
        ------
        Refused
            If a prerequisite points from a later stage to an earlier one.
        """
        staged = replace(procedure, flow=Staged())
        order = staged.order_graph()
        if not nx.is_directed_acyclic_graph(order):
            place = {stage.key: i for i, stage in enumerate(procedure.stages)}
            wrong = next(
                edge
                for edge in procedure.work_edges
                if place.get(procedure[edge.before].stage, 0)
                > place.get(procedure[edge.after].stage, 0)
            )
            raise Refused(
                self.word,
                Name(
                    f"{wrong.after} 所在阶段早于其前置 {wrong.before} 的阶段",
                    f"{wrong.after} stands in an earlier stage than {wrong.before}, which it needs",
                ),
                wrong.reason,
                Name("调整环节的阶段", "move one of them to the other's stage"),
            )
        what = Name(
            "分阶段并联：阶段内并联，前一阶段全部办结后进入下一阶段",
            "stage gates: parallel inside each stage, the next stage opens when all is done",
        )
        return staged, Change(self.word, what)


@dataclass(frozen=True, slots=True)
class HandleInSeries:
    """Sequential approval (串联审批): one step after another, as before the reform."""

    word: ClassVar[str] = "serial"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure handled one step after another."""
        what = Name("串联审批：逐个环节办理", "sequential approval: one step after another")
        serial = consistent(self.word, replace(procedure, flow=Serial()))
        return serial, Change(self.word, what)


@dataclass(frozen=True, slots=True)
class DropPrerequisite:
    """Drop one custom prerequisite (取消惯例前置, M09-M10).

    Attributes
    ----------
    before, after : str
        The two steps.
    why : str
        Reason that the planner gives, for the report.
    """

    before: str
    after: str
    why: str = ""
    why_zh: str = ""
    word: ClassVar[str] = "drop_prerequisite"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the prerequisite.

        Raises
        ------
        Refused
            If it is set by statute or data, or does not exist.
        """
        require(self.word, procedure, (self.before, self.after))
        edge = procedure.edge(self.before, self.after)
        if edge is None:
            known = [str(e) for e in procedure.edges]
            hint = did_you_mean(f"{self.before}->{self.after}", known)
            raise Refused(
                self.word,
                Name(
                    f"{self.after} 并不以 {self.before} 为前置{hint}",
                    f"{self.after} does not wait for {self.before}{hint}",
                ),
            )
        if not edge.strength.droppable:
            raise Refused(self.word, *_undroppable(edge))
        rest = tuple(e for e in procedure.edges if e is not edge)
        what = Name(
            f"取消惯例前置 {edge}{f'：{self.why_zh or self.why}' if self.why else ''}",
            f"drops the custom that {edge.after} waits for {edge.before}"
            f"{f': {self.why}' if self.why else ''}",
        )
        return replace(procedure, edges=rest), Change(self.word, what, fallen=(edge,))


def _undroppable(edge: Edge) -> tuple[Name, Name, Name]:
    word = STRENGTH_WORDS[edge.strength]
    reason = (
        Name(f"前置 {edge} 系法定，不得取消", f"the prerequisite {edge} is set by statute")
        if edge.strength is Strength.STATUTE
        else Name(
            f"{edge.after} 需要 {edge.before} 的成果（{word.zh}），不得取消",
            f"{edge.after} needs the output of {edge.before} ({word.en})",
        )
    )
    instead = (
        Name("以模拟审批先行办理（simulated_approval）", "pre-work it by simulated_approval")
        if edge.preworkable
        else Name("保留前置，缩短或合并环节", "keep it, and shorten or join the steps")
    )
    return reason, edge.reason, instead


@dataclass(frozen=True, slots=True)
class DropAllPractice:
    """Drop every custom prerequisite: the floor that statute and data leave."""

    word: ClassVar[str] = "drop_practice"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with statute and data prerequisites only."""
        fallen = tuple(e for e in procedure.edges if e.strength.droppable and not e.formal_at)
        kept = tuple(e for e in procedure.edges if e not in fallen)
        what = Name(
            f"取消全部惯例前置（{len(fallen)} 条），仅保留法定与数据前置",
            f"drops all custom prerequisites ({len(fallen)}); statute and data remain",
        )
        return replace(procedure, edges=kept), Change(self.word, what, fallen=fallen)


@dataclass(frozen=True, slots=True)
class AddPrerequisite:
    """Add a custom prerequisite (新增惯例前置): a choice of the redesign, shown as such.

    Attributes
    ----------
    before, after : str
        The two steps.
    why : str
        Reason, for the report.
    lag : Duration
        Time in between.
    """

    before: str
    after: str
    why: str = ""
    lag: Duration = NO_TIME
    why_zh: str = ""
    word: ClassVar[str] = "add_prerequisite"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the custom added.

        Raises
        ------
        Refused
            If it would make a cycle; its members are named.
        """
        require(self.word, procedure, (self.before, self.after))
        edge = Edge(
            self.before, self.after, Strength.PRACTICE, self.why, self.lag, basis_zh=self.why_zh
        )
        graph = procedure.graph()
        if self.before == self.after or nx.has_path(graph, self.after, self.before):
            way = nx.shortest_path(graph, self.after, self.before)
            knot = " -> ".join((self.before, *way))
            raise Refused(
                self.word, Name(f"形成互为前置：{knot}", f"makes mutual prerequisites: {knot}")
            )
        edges = merged((*procedure.edges, edge))
        place = {key: index for index, key in enumerate(procedure.keys)}
        steps = in_handling_order(procedure.steps, edges, place)
        what = Name(
            f"新增惯例前置 {edge}{f'：{self.why_zh or self.why}' if self.why else ''}",
            f"adds the custom that {edge.after} waits for {edge.before}"
            f"{f': {self.why}' if self.why else ''}",
        )
        changed = replace(procedure, steps=steps, edges=edges)
        return consistent(self.word, changed), Change(self.word, what, added=(edge,))


@dataclass(frozen=True, slots=True)
class Renumber:
    """Give steps the keys of a redesign's chart; the flow stays as it is.

    Attributes
    ----------
    keys : tuple of (str, str)
        Old key and new key of each step. A renumbered step keeps the old one as
        its single member, so comparisons still know it.
    """

    keys: tuple[tuple[str, str], ...]
    word: ClassVar[str] = "renumber"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the new keys.

        Raises
        ------
        Refused
            If a step is unknown or a key would stand twice.
        """
        require(self.word, procedure, [old for old, _ in self.keys])
        new_of = dict(self.keys)
        after = [new_of.get(key, key) for key in procedure.keys]
        if len(set(after)) < len(after):
            twice = next(key for key in after if after.count(key) > 1)
            raise Refused(
                self.word, Name(f"编号“{twice}”重复", f"the key '{twice}' would stand twice")
            )
        steps = tuple(
            replace(step, key=new_of[step.key], members=(step,), rule=None, inner=())
            if step.key in new_of
            else step
            for step in procedure.steps
        )
        edges = tuple(
            replace(
                edge,
                before=new_of.get(edge.before, edge.before),
                after=new_of.get(edge.after, edge.after),
                formal_at=new_of.get(edge.formal_at, edge.formal_at),
            )
            for edge in procedure.edges
        )
        pending = tuple(new_of.get(key, key) for key in procedure.pending)
        listed = ", ".join(f"{old}={new}" for old, new in self.keys)
        what = Name(f"重新编号：{listed}", f"renumbers {listed}")
        changed = replace(procedure, steps=steps, edges=edges, pending=pending)
        return changed, Change(self.word, what)


@dataclass(frozen=True, slots=True)
class ExternalWait:
    """A wait that no office of the procedure can shorten (land quota, report-up; M51).

    It is a circumstance, not a reform: it is not counted as a step.

    Attributes
    ----------
    key : str
        Key of the wait.
    name : Name
        Chinese and English name.
    days : Duration
        How long it lasts.
    before : str
        The step that cannot start until it is over; the wait starts when that
        step's own prerequisites are done.
    why : str
        Act or reason.
    """

    key: str
    name: Name
    days: Duration
    before: str
    why: str = ""
    why_zh: str = ""
    word: ClassVar[str] = "external_wait"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the wait put in front of a step.

        Raises
        ------
        Refused
            If the step is unknown or the key is taken.
        """
        require(self.word, procedure, (self.before,))
        if self.key in procedure:
            raise Refused(
                self.word, Name(f"编号“{self.key}”已有", f"the key '{self.key}' is taken")
            )
        step = procedure[self.before]
        wait = replace(
            step,
            key=self.key,
            name=self.name,
            department="",
            kind=Kind.WAIT,
            duration=self.days,
            limit=None,
            visits=0,
            documents=0,
            site_survey=False,
            zone_shareable=False,
            members=(),
            rule=None,
            inner=(),
            dealing=AS_USUAL,
            materials=(),
            reused=(),
            site="",
        )
        into = tuple(
            replace(edge, after=self.key)
            for edge in procedure.work_edges
            if edge.after == self.before
        )
        hold = Edge(self.key, self.before, Strength.STATUTE, self.why, basis_zh=self.why_zh)
        at = procedure.keys.index(self.before)
        steps = (*procedure.steps[:at], wait, *procedure.steps[at:])
        what = Name(
            f"外部等待“{self.name.zh}” {in_zh(self.days)}，在 {self.before} 之前",
            f"external wait '{self.name.in_language('en')}' of {self.days} before {self.before}",
        )
        changed = replace(procedure, steps=steps, edges=(*procedure.edges, *into, hold))
        return changed, Change(self.word, what, came=(self.key,), added=(*into, hold))
