"""Joint handling: several steps become one visit, review, drawing check or acceptance (M49)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from rules.dealing import Dealing, HandlingClass, Level, Online
from rules.duration_rules import DurationRule, check_members
from rules.levers.change import STRENGTH_WORDS, Change, Refused
from rules.levers.contraction import consistent, contracted, enclosed, require
from rules.levers.legal import limit_in_force
from rules.procedure import Procedure
from rules.steps import Basis, BasisType, Duration, Edge, Kind, Name, Step

_NOT_JOINABLE = (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)


@dataclass(frozen=True, slots=True)
class Join:
    """Joint handling of several steps (联合踏勘、评审、审图、测绘、办证、验收; M49).

    Members are kept inside the joint step: each still records its own decision, and
    prerequisites among them hold inside.

    Attributes
    ----------
    steps : tuple of str
        The steps to join.
    into : str
        Key of the joint step; may be a member's key.
    name : Name
        Chinese and English name.
    days : DurationRule
        How the joint duration follows from the members'.
    on_the_spot : tuple of str
        Members handled at once (即办), which the rule therefore leaves out.
    department : str
        Lead office; the first member's by default.
    kind : Kind
        What the joint step is on the flow chart.
    visits : int or None
        Applicant's visits; by default one if any member asks for one.
    documents : int or None
        Size of the one material set; by default the members' sum, each named
        material once.
    """

    steps: tuple[str, ...]
    into: str
    name: Name
    days: DurationRule
    on_the_spot: tuple[str, ...] = ()
    department: str = ""
    kind: Kind = Kind.JOINT
    visits: int | None = None
    documents: int | None = None
    word: ClassVar[str] = "join"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps joined.

        Raises
        ------
        Refused
            If a step outside stands between members (a cycle; named), a member is a
            notice or a wait, the rule does not fit the members, the joint limit of the
            day (45 working days, art. 42) is passed, or the counts of visits or
            documents cannot be.
        """
        require(self.word, procedure, self.steps)
        members = tuple(step for step in procedure.steps if step.key in self.steps)
        self._check_members(procedure, members)
        if chain := enclosed(procedure, self.steps):
            raise self._cycle(chain)
        joint = self._joint(members)
        rule = limit_in_force(self.word, procedure, "joint-decision")
        if joint.days > rule.limit.paper_days:
            most = rule.limit.amount
            raise Refused(
                self.word,
                Name(
                    f"{self.into} 为 {joint.days} 个工作日，超过联合办理的 {most} 个工作日",
                    f"{self.into} takes {joint.days} working days, joint handling at most {most}",
                ),
                rule.article,
                Name("减少成员或缩短成员时限", "join fewer steps or shorten them first"),
            )
        names = ", ".join(self.steps)
        become = "become" if len(self.steps) > 1 else "becomes"
        what = Name(
            f"{self.name.zh or self.into}：{'、'.join(self.steps)} 合为 {self.into}，"
            f"{joint.duration.amount} 个工作日（{self.days}）",
            f"{self.name.in_language('en')}: {names} {become} {self.into}, "
            f"{joint.duration.amount} working days ({self.days})",
        )
        changed = consistent(self.word, contracted(procedure, self.steps, joint))
        change = Change(
            self.word,
            what,
            gone=tuple(key for key in self.steps if key != self.into),
            came=(self.into,) if self.into not in self.steps else (),
        )
        return changed, change

    def _check_members(self, procedure: Procedure, members: tuple[Step, ...]) -> None:
        if len(set(self.steps)) < len(self.steps):
            raise Refused(self.word, Name("成员环节重复", "a member is named twice"))
        if self.into in procedure and self.into not in self.steps:
            raise Refused(
                self.word, Name(f"编号“{self.into}”已有", f"the key '{self.into}' is taken")
            )
        for step in members:
            if step.kind in _NOT_JOINABLE:
                raise Refused(
                    self.word,
                    Name(
                        f"{step.key} {step.name.zh} 为公示或等待，不能并入联合办理",
                        f"{step.key} {step.name.in_language('en')} is a notice or a wait and "
                        "cannot be handled jointly",
                    ),
                    step.basis.cited,
                    Name("保留为单独环节", "keep it as a step of its own"),
                )
        if wrong := check_members(self.days, self.steps):
            raise Refused(self.word, Name(wrong, wrong))
        for key in self.steps:
            if (key in self.days.members) == (key in self.on_the_spot):
                raise Refused(
                    self.word,
                    Name(
                        f"时限规则“{self.days}”应包含 {key}，或在 on_the_spot 中列为即办，二者取一",
                        f"the rule '{self.days}' must mention {key}, or on_the_spot must list it: "
                        "one of the two",
                    ),
                )
        present = any(step.dealing.in_person and step.visits for step in members)
        for word, given, each, low in (
            ("visits", self.visits, [step.visits for step in members], int(present)),
            ("documents", self.documents, docs := [m.documents for m in members], max(docs)),
        ):
            if given is not None and not low <= given <= sum(each):
                raise Refused(
                    self.word,
                    Name(
                        f"{self.into}: {word} = {given}，应在 {low} 与 {sum(each)} 之间",
                        f"{self.into}: {word} = {given} must lie between {low} and {sum(each)} "
                        "(what the members ask for)",
                    ),
                )

    def _joint(self, members: tuple[Step, ...]) -> Step:
        days = self.days.value({step.key: step.days for step in members})
        bases = dict.fromkeys(step.basis.citation for step in members if step.basis.citation)
        bases_zh = dict.fromkeys(step.basis.cited.zh for step in members if step.basis.citation)
        highest = min(
            (step.basis.type for step in members), key=list(BasisType).index, default=None
        )
        first = members[0]
        named = [material for step in members for material in step.materials]
        once = tuple(dict.fromkeys(named))
        sites = {step.site for step in members if step.site_survey}
        return Step(
            key=self.into,
            name=self.name,
            department=self.department or first.department,
            kind=self.kind,
            stage=first.stage,
            duration=Duration(-(-days.numerator // days.denominator) if days else 0),
            basis=Basis(highest or BasisType.PRACTICE, "; ".join(bases), "；".join(bases_zh)),
            visits=(
                self.visits
                if self.visits is not None
                else int(any(step.visits for step in members))
            ),
            documents=(
                self.documents
                if self.documents is not None
                else sum(step.documents for step in members) - len(named) + len(once)
            ),
            site_survey=any(step.site_survey for step in members),
            zone_shareable=False,
            provenance=_shared(step.provenance for step in members),
            members=members,
            rule=self.days,
            dealing=_dealing(tuple(step.dealing for step in members)),
            materials=once if self.documents is None or self.documents >= len(once) else (),
            reused=tuple(dict.fromkeys(name for step in members for name in step.reused)),
            site=sites.pop() if len(sites) == 1 else "",
            fee=_fees(members),
        )

    def _cycle(self, chain: tuple[Edge, ...]) -> Refused:
        outside = [edge.after for edge in chain[:-1]]
        zh = "，".join(f"{e}（{STRENGTH_WORDS[e.strength].zh}：{e.reason.zh}）" for e in chain)
        en = ", ".join(f"{e} ({STRENGTH_WORDS[e.strength].en}: {e.basis})" for e in chain)
        droppable = [str(edge) for edge in chain if edge.strength.droppable]
        listed = ", ".join(outside)
        return Refused(
            self.word,
            Name(
                f"{'、'.join(self.steps)} 合并后与 {listed} 互为前置：{zh}",
                f"joining {', '.join(self.steps)} encloses {listed} in a cycle: {en}",
            ),
            instead=Name(
                f"先取消惯例前置 {droppable[0]}" if droppable else "不合并这些环节",
                f"drop the custom {droppable[0]} first" if droppable else "do not join these steps",
            ),
        )


def _fees(members: Iterable[Step]) -> int | None:
    """Return what members cost together; None where one does not tell: it is not nothing."""
    told = [step.fee for step in members]
    return None if None in told else sum(fee or 0 for fee in told)


def _shared(provenances: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in provenances if text))


def _dealing(every: tuple[Dealing, ...]) -> Dealing:
    """Return how the members' one file is dealt with: what any needs, what all allow."""
    present = any(d.in_person for d in every)
    tolerant = all(d.tolerance for d in every)
    classes = {d.handling for d in every}
    windows = {d.accepted_by for d in every}
    ways = list(Online)
    clean = prod(1000 - d.correction_share for d in every)
    delivery = [d.delivery for d in every if d.delivery is not None]
    reviews = [d.lower_review for d in every if d.lower_review is not None]
    supplement = [d.supplement for d in every if d.supplement is not None]
    return Dealing(
        handling=classes.pop() if len(classes) == 1 else HandlingClass.LINKED,
        accept_level=_highest(d.accept_level for d in every),
        decide_level=_highest(d.decide_level for d in every),
        decided_at_centre=all(d.decided_at_centre for d in every),
        desks=max(d.desks for d in every),
        in_person=present,
        online=min((d.online for d in every), key=ways.index),
        agent=not present and all(d.agent for d in every),
        commitment=all(d.commitment for d in every),
        tolerance=tolerant,
        expert_review=any(d.expert_review for d in every),
        deemed_consent=all(d.deemed_consent for d in every),
        correction_share=1000 - round(clean / 1000 ** (len(every) - 1)),
        supervised_after=any(d.supervised_after for d in every),
        supervised_by=next((d.supervised_by for d in every if d.supervised_by), ""),
        accepted_by=windows.pop() if len(windows) == 1 else "",
        paperless=all(d.paperless for d in every),
        delivery=_longest(delivery) if len(delivery) == len(every) else None,
        lower_review=_longest(reviews) if len(reviews) == len(every) else None,
        supplement=_longest(supplement) if tolerant and supplement else None,
        sitting=next((d.sitting for d in every if d.sitting), None),
        special=tuple(dict.fromkeys(need for d in every for need in d.special)),
        concerns=tuple(dict.fromkeys(concern for d in every for concern in d.concerns)),
        delegable=all(d.delegable for d in every),
        vertical=any(d.vertical for d in every),
    )


def _highest(levels: Iterable[Level]) -> Level:
    return max(levels, key=lambda level: level.rank)


def _longest(durations: Iterable[Duration]) -> Duration:
    return max(durations, key=lambda duration: duration.paper_days)
