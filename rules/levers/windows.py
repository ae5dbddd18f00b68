"""Levers at the counter: one window, a lead department, one material set, one exit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

import networkx as nx

from rules.levers.change import Change, Refused
from rules.levers.contraction import consistent, enclosed, merged, require
from rules.levers.selection import (
    called,
    chosen,
    dealt,
    fewer_visits,
    listed,
    revised,
    unattended,
    unofficial,
    without_collecting,
)
from rules.problems import did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.steps import NO_TIME, Basis, BasisType, Duration, Edge, Kind, Name, Step, Strength

UNIFIED_ISSUE = Name("统一发证", "Unified issue")


@dataclass(frozen=True, slots=True)
class OneWindow:
    """One window accepts and hands out (一窗受理; M12, M22, M41, M45): one visit in, one out.

    Attributes
    ----------
    office : str
        Office whose windows take all files in; general windows accept any item.
    steps : tuple of str
        The package; empty: every step with a file.
    """

    office: str
    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "one_window"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with one window for the package.

        Raises
        ------
        Refused
            If a step has no file, or all is so already.
        """
        steps = chosen(self.word, procedure, self.steps, lambda s: unofficial(self.word, s))
        asked = [step.key for step in steps if step.visits]
        ends = (asked[0], asked[-1]) if asked else ()
        changed = [
            dealt(
                step,
                replace(step.dealing, accepted_by=self.office),
                visits=fewer_visits(step, ends.count(step.key)),
            )
            for step in steps
        ]
        keys = listed(steps)
        what = Name(
            f"一窗受理：{keys.zh} 由 {self.office} 的综合窗口统一收件、统一出件",
            f"single-window acceptance: {self.office} takes in and hands out {keys.en}; "
            "one visit in, one out",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)


@dataclass(frozen=True, slots=True)
class LeadDepartment:
    """A lead department or section (牵头部门、牵头科室; M11, M40, M42).

    Unless one is named it is the office responsible for the first item in the chain.

    Attributes
    ----------
    steps : tuple of str
        Steps of several departments that get a lead.
    stages : tuple of str
        Stages whose files the lead of the stage takes in and passes to the others (抄告).
    department : str
        The lead; empty: by the rule.
    """

    steps: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    department: str = ""
    word: ClassVar[str] = "lead_department"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with leads named.

        Raises
        ------
        Refused
            If a step has one department only, the lead takes no part in it, a stage is
            unknown, or nothing would change.
        """
        if not self.steps and not self.stages:
            raise Refused(
                self.word,
                Name("请写出 steps 或 stages", "says neither which steps nor which stages"),
            )
        require(self.word, procedure, self.steps)
        changed = [self._led(procedure[key]) for key in self.steps]
        leads = [(step.key, step.department) for step in changed]
        for stage in self.stages:
            steps = [
                step
                for step in procedure.steps
                if step.stage == stage
                and step.department
                and unattended(self.word, step) is None
                and step.kind is not Kind.INTERMEDIARY
            ]
            if not steps:
                known = [s.key for s in procedure.stages]
                hint = did_you_mean(stage, known)
                raise Refused(
                    self.word,
                    Name(
                        f"阶段“{stage}”没有可牵头的环节{hint}",
                        f"no stage '{stage}' has steps to lead{hint}",
                    ),
                )
            lead = self._participant(
                self.department or steps[0].origin[0].department,
                {office for step in steps for office in step.departments},
                stage,
            )
            leads.append((stage, lead))
            done = {step.key: step for step in changed}
            here = [done.get(step.key, step) for step in steps]
            changed = [s for s in changed if s.key not in {step.key for step in here}]
            changed += [dealt(s, replace(s.dealing, accepted_by=lead)) for s in here]
        told = [f"{key}={lead}" for key, lead in leads]
        what = Name(
            f"明确牵头部门：{'、'.join(told)}；由其受理、抄告相关部门并催办",
            f"names leads: {', '.join(told)}; the lead accepts, notifies the related departments "
            "and urges",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _led(self, step: Step) -> Step:
        if len(step.departments) < 2:
            raise Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 只涉及一个部门，无需牵头",
                    f"{called(step)} has one department only: it needs no lead",
                ),
                "行政许可法 art. 26(2)",
                Name("用于联合环节，或写明 stages", "name leads of joint steps, or of stages"),
            )
        lead = self.department or step.origin[0].department
        return replace(step, department=self._participant(lead, set(step.departments), step.key))

    def _participant(self, lead: str, offices: set[str], where: str) -> str:
        if lead in offices:
            return lead
        known = ", ".join(sorted(offices))
        raise Refused(
            self.word,
            Name(
                f"“{lead}”未参与 {where}{did_you_mean(lead, offices)}",
                f"'{lead}' takes no part in {where}{did_you_mean(lead, offices)}",
            ),
            "行政许可法 art. 26(2)",
            Name(f"可牵头：{known}", f"may lead: {known}"),
        )


@dataclass(frozen=True, slots=True)
class OneMaterialSet:
    """One form, one material set, documents on record reused (一表受理、材料共享; M12, M25, M46).

    What is asked for is the union of the steps' materials, less what is on record.

    Attributes
    ----------
    steps : tuple of str
        The package, empty: every step.
    materials : tuple of (str, tuple of str)
        Name of a material and the steps that ask for it, where the catalogue does not say.
    held : tuple of (str, date or None)
        Materials on record and their last day of validity; None: for good.
    """

    steps: tuple[str, ...] = ()
    materials: tuple[tuple[str, tuple[str, ...]], ...] = ()
    held: tuple[tuple[str, date | None], ...] = ()
    word: ClassVar[str] = "material_set"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure in which each document is asked for once, or not at all.

        Raises
        ------
        Refused
            If more materials are named for a step than documents it asks for, validity
            cannot be judged because the procedure has no date, or nothing is saved.
        """
        require(self.word, procedure, [key for _, keys in self.materials for key in keys])
        steps = chosen(self.word, procedure, self.steps, lambda _: None)
        valid, expired = self._held(procedure)
        named = {
            step.key: tuple(
                dict.fromkeys(
                    (*step.materials, *(name for name, keys in self.materials if step.key in keys))
                )
            )
            for step in steps
        }
        seen: set[str] = set()
        changed = []
        for step in steps:
            asked = [name for name in named[step.key] if name not in step.reused]
            if len(asked) > step.documents:
                raise Refused(
                    self.word,
                    Name(
                        f"{step.key} 申请材料 {step.documents} 份，却列出 {len(asked)} 种",
                        f"{step.key} asks for {step.documents} documents, but {len(asked)} "
                        "materials are named for it",
                    ),
                )
            known = [name for name in asked if name in seen or name in valid]
            seen.update(asked)
            changed.append(
                replace(
                    step,
                    documents=step.documents - len(known),
                    materials=tuple(name for name in asked if name not in known),
                    reused=(*step.reused, *known),
                )
            )
        before = sum(step.documents for step in steps)
        after = sum(step.documents for step in changed)
        if after == before:
            raise Refused(
                self.word,
                Name("没有重复或已有的材料可免交", "no material is asked for twice or on record"),
            )
        what = Name(
            f"一套材料：申请材料由 {before} 份减为 {after} 份，重复的只交一次，已有的不再交",
            f"one material set: {before} documents become {after}; what is asked for twice is "
            "given once, what is on record not at all",
        )
        notes = tuple(
            Name(
                f"“{name}”已过有效期，仍须提交", f"'{name}' on record has expired: asked for again"
            )
            for name in expired
        )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=notes)

    def _held(self, procedure: Procedure) -> tuple[set[str], list[str]]:
        dated = [(name, last) for name, last in self.held if last is not None]
        if dated and procedure.on == date.max:
            raise Refused(
                self.word,
                Name(
                    f"流程未载明日期，无法判断“{dated[0][0]}”是否仍有效",
                    f"the procedure has no date, so whether '{dated[0][0]}' is still valid "
                    "cannot be told",
                ),
                instead=Name("写明 first_day", "give the scenario's first_day"),
            )
        expired = [name for name, last in dated if last < procedure.on]
        return {name for name, _ in self.held if name not in expired}, expired


@dataclass(frozen=True, slots=True)
class UnifiedIssue:
    """A unified issuing window (统一发证窗口; M22, M44): nothing leaves before all is ready.

    Without it each certificate leaves when it is ready (partial issue).

    Attributes
    ----------
    steps : tuple of str
        Steps whose results leave together.
    key : str
        Key of the issuing step.
    office : str
        Office that issues.
    name : Name
        Chinese and English name.
    days : Duration
        Days on paper.
    """

    steps: tuple[str, ...]
    key: str
    office: str
    name: Name = UNIFIED_ISSUE
    days: Duration = NO_TIME
    word: ClassVar[str] = "unified_issue"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with an issuing step as the common exit.

        Raises
        ------
        Refused
            If a step outside waits for one member and holds back another, fewer than two
            steps are named, or the key is taken.
        """
        steps = chosen(self.word, procedure, self.steps, lambda s: unattended(self.word, s))
        if len(self.steps) < 2:
            raise Refused(
                self.word,
                Name("统一发证至少需要两个环节", "a unified issue needs two steps at least"),
            )
        if self.key in procedure:
            raise Refused(
                self.word, Name(f"编号“{self.key}”已有", f"the key '{self.key}' is taken")
            )
        if chain := enclosed(procedure, self.steps):
            told = ", ".join(str(edge) for edge in chain)
            raise Refused(
                self.word,
                Name(
                    f"{told}：其中一件须先发证，不能统一发证",
                    f"{told}: one result must leave before another, so they cannot leave together",
                ),
                chain[0].reason,
                Name("分批发证", "issue in parts: leave the earlier one out"),
            )
        fewer = [
            dealt(
                step,
                replace(step.dealing, delivery=None),
                visits=without_collecting(procedure, step),
            )
            for step in steps
        ]
        saved = sum(step.visits for step in steps) - sum(step.visits for step in fewer)
        group = {step.key for step in steps}
        ready = [
            Edge(key, self.key, Strength.PRACTICE, "issued together", basis_zh="统一发证")
            for key in self.steps
        ]
        after = dict.fromkeys(
            edge.after
            for edge in procedure.work_edges
            if edge.before in group and edge.after not in group
        )
        leave = [
            Edge(self.key, key, Strength.PRACTICE, "issued together", basis_zh="统一发证")
            for key in after
        ]
        last = steps[-1]
        issue = Step(
            key=self.key,
            name=self.name,
            department=self.office,
            kind=Kind.FILING,
            stage=last.stage,
            duration=self.days,
            basis=Basis(BasisType.LAW, "行政许可法 art. 26, 44"),
            visits=int(saved > 0),
            provenance=last.provenance,
            fee=0,
        )
        added = (*ready, *leave)
        edges = merged((*procedure.edges, *added))
        by_key = {step.key: step for step in fewer}
        place = {key: 2 * index for index, key in enumerate(procedure.keys)}
        place[self.key] = place[last.key] + 1
        rest = [by_key.get(step.key, step) for step in procedure.steps]
        try:
            ordered = in_handling_order((issue, *rest), edges, place)
        except nx.NetworkXUnfeasible:
            raise Refused(
                self.word, Name("形成互为前置", "would make mutual prerequisites")
            ) from None
        keys = listed(steps)
        what = Name(
            f"统一发证：{keys.zh} 的结果由 {self.office} 一并发放，减少跑动 {saved} 次",
            f"unified issue: results of {keys.en} leave together from {self.office}; "
            f"{saved} visits to collect become {int(saved > 0)}",
        )
        changed = replace(procedure, steps=ordered, edges=edges)
        return consistent(self.word, changed), Change(
            self.word, what, came=(self.key,), added=added
        )
