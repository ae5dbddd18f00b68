"""The six joint handlings by name (六联审批; M43, M49): a join that knows who may take part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import networkx as nx

from rules.duration_rules import DurationRule, RuleSyntaxError, parse_rule
from rules.levers.change import Change, Refused
from rules.levers.contraction import require
from rules.levers.joint import Join
from rules.levers.selection import called
from rules.procedure import Procedure
from rules.steps import Kind, Name, Step

UNNAMED = Name()
"""Stands for the kind's own name."""

_DRAWING_WORDS = (
    "施工图", "图纸", "审图", "消防", "人防", "民防", "防雷",
    "drawing", "fire", "civil defence", "civil defense", "lightning",
)  # fmt: skip
"""Words in the names of reviews that read the same set of drawings."""


@dataclass(frozen=True, slots=True)
class JointKind:
    """One of the six joint handlings.

    Attributes
    ----------
    word : str
        As planners write it.
    name : Name
        Its name, unless a redesign gives another.
    coordination : int
        Working days for bringing everyone together, on top of the longest chain of
        members, unless a redesign gives a rule (an assumption).
    shown_as : Kind
        What the joint step is on the flow chart.
    members : Name
        Who may take part, for refusals.
    fits : callable
        Whether a step may take part.
    basis : str
        What it rests on.
    """

    word: str
    name: Name
    coordination: int
    shown_as: Kind
    members: Name
    fits: Callable[[Step], bool]
    basis: str


def _surveyed(step: Step) -> bool:
    return step.site_survey or step.kind is Kind.SURVEY


def _reviewed(step: Step) -> bool:
    return step.kind is Kind.APPROVAL or step.dealing.expert_review


def _drawn(step: Step) -> bool:
    names = f"{step.name.zh} {step.name.en.casefold()}"
    return any(word in names for word in _DRAWING_WORDS) and "验收" not in step.name.zh


def _measured(step: Step) -> bool:
    return step.kind in (Kind.INTERMEDIARY, Kind.SURVEY)


def _certified(step: Step) -> bool:
    return step.kind in (Kind.APPROVAL, Kind.FILING)


_PILOT = "六联审批; 行政许可法 art. 26(2)"
_NATIONAL = "国办发〔2018〕33号; 行政许可法 art. 26(2)"

JOINT_KINDS: dict[str, JointKind] = {
    kind.word: kind
    for kind in (
        JointKind(
            "joint_survey", Name("联合踏勘", "Joint site survey"), 1, Kind.JOINT,
            Name("须现场踏勘的环节", "site surveys"), _surveyed, _PILOT,
        ),
        JointKind(
            "joint_review", Name("联合评审", "Joint expert review"), 2, Kind.JOINT,
            Name("审批或须专家评审的环节", "approvals or steps with an expert panel"),
            _reviewed, _PILOT,
        ),
        JointKind(
            "joint_drawing_review", Name("联合审图", "Joint drawing review"), 2, Kind.JOINT,
            Name("施工图、消防、人防、防雷等读同一套图纸的审查",
                 "drawing, fire, civil defence and lightning reviews, which read one drawing set"),
            _drawn, _NATIONAL,
        ),
        JointKind(
            "joint_surveying", Name("联合测绘", "Joint surveying and mapping"), 0,
            Kind.INTERMEDIARY, Name("测绘、勘察服务", "surveying services"), _measured, _NATIONAL,
        ),
        JointKind(
            "joint_certificates", Name("联合办证", "Joint issuance of certificates"), 2,
            Kind.JOINT, Name("政府审批或备案", "government approvals and filings"),
            _certified, _PILOT,
        ),
        JointKind(
            "joint_acceptance", Name("联合验收", "Joint acceptance"), 2, Kind.JOINT,
            Name("竣工后的核实、验收、备案", "verifications, acceptances and filings after works"),
            _certified, _NATIONAL,
        ),
    )
}  # fmt: skip
"""The six, by word."""


@dataclass(frozen=True, slots=True)
class JoinAs:
    """One of the six joint handlings (六联审批; M43, M49).

    Attributes
    ----------
    joint : str
        A word of :data:`JOINT_KINDS`.
    steps : tuple of str
        The members.
    into : str
        Key of the joint step.
    name : Name
        Empty: the kind's.
    days : DurationRule or None
        None: the longest chain of members in their lawful order, plus coordination.
    on_the_spot : tuple of str
        Members handled at once, which need not fit the kind.
    department : str
        Lead office; the first member's by default.
    visits, documents : int or None
        As of :class:`Join`.
    flagged : tuple of str
        Drawing review: further steps that read the same drawings.
    works : str
        Acceptance: the permit after which works are done; every member comes after it.
    """

    joint: str
    steps: tuple[str, ...]
    into: str
    name: Name = UNNAMED
    days: DurationRule | None = None
    on_the_spot: tuple[str, ...] = ()
    department: str = ""
    visits: int | None = None
    documents: int | None = None
    flagged: tuple[str, ...] = ()
    works: str = ""

    @property
    def word(self) -> str:
        """The kind's word."""
        return self.joint

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps joined; see :class:`Join`.

        Raises
        ------
        Refused
            If a member does not fit the kind, surveys go to different places, a member
            does not come after works, or the join itself is refused.
        """
        kind = JOINT_KINDS[self.joint]
        require(self.word, procedure, (*self.steps, *([self.works] if self.works else [])))
        members = [procedure[key] for key in self.steps if key not in self.on_the_spot]
        for step in members:
            if not kind.fits(step) and step.key not in self.flagged:
                raise Refused(
                    self.word,
                    Name(
                        f"{step.key} {step.name.zh} 不属于{kind.name.zh}（{kind.members.zh}）",
                        f"{called(step)} cannot take part: {kind.name.en.lower()} joins "
                        f"{kind.members.en}",
                    ),
                    kind.basis,
                    Name("改用 join，或列为即办 on_the_spot", "use join, or list it on_the_spot"),
                )
        if self.joint == "joint_survey":
            self._one_place(members)
        if self.joint == "joint_acceptance":
            self._after_works(procedure)
        join = Join(
            steps=self.steps,
            into=self.into,
            name=self.name if self.name != UNNAMED else kind.name,
            days=self.days or self._days(procedure, kind),
            on_the_spot=self.on_the_spot,
            department=self.department,
            kind=kind.shown_as,
            visits=self.visits,
            documents=self.documents,
        )
        try:
            changed, change = join.apply(procedure)
        except Refused as refused:
            raise Refused(self.word, refused.reason, refused.cited, refused.instead) from refused
        if self.joint == "joint_review":
            panel = changed[self.into]
            reviewed = replace(panel, dealing=replace(panel.dealing, expert_review=True))
            steps = tuple(reviewed if s.key == self.into else s for s in changed.steps)
            changed = replace(changed, steps=steps)
        return changed, replace(change, lever=self.word)

    def _one_place(self, members: list[Step]) -> None:
        sites: dict[str, str] = {}
        for step in members:
            sites.setdefault(step.site, step.key)
        if len(sites) > 1:
            told = ", ".join(f"{key}: {site or 'project site'}" for site, key in sites.items())
            raise Refused(
                self.word,
                Name(f"踏勘地点不同（{told}）", f"surveys of different places ({told})"),
                JOINT_KINDS[self.joint].basis,
                Name("每个地点单独联合踏勘", "one joint survey for each place"),
            )

    def _after_works(self, procedure: Procedure) -> None:
        if not self.works:
            raise Refused(
                self.word,
                Name(
                    "未写明施工许可环节，无法确认工程已竣工",
                    "must name the permit after which works are done",
                ),
                JOINT_KINDS[self.joint].basis,
                Name("写明 works", "give works, for instance the construction permit's key"),
            )
        later = nx.descendants(procedure.graph(), self.works)
        for key in self.steps:
            if key not in later:
                raise Refused(
                    self.word,
                    Name(
                        f"{key} 不在 {self.works} 之后，工程未竣工不能验收",
                        f"{key} does not come after {self.works}: nothing is accepted before "
                        "works are finished",
                    ),
                    JOINT_KINDS[self.joint].basis,
                    Name("将该环节移出联合验收", "leave it out of the joint acceptance"),
                )

    def _days(self, procedure: Procedure, kind: JointKind) -> DurationRule:
        """Return the longest chain of members, in the order that statute and data set."""
        timed = [key for key in procedure.keys if key in self.steps and key not in self.on_the_spot]
        before: dict[str, list[str]] = {key: [] for key in timed}
        for edge in procedure.work_edges:
            if edge.before in before and edge.after in before and not edge.strength.droppable:
                before[edge.after].append(edge.before)
        held = {key for keys in before.values() for key in keys}
        ends: dict[str, str] = {}
        for key in timed:
            waits = [ends[early] for early in before[key]]
            ends[key] = f"{_longest(waits)} + {key}" if waits else key
        text = _longest([ends[key] for key in timed if key not in held]) if timed else "0"
        if kind.coordination and len(timed) > 1:
            text += f" + {kind.coordination}"
        try:
            return parse_rule(text)
        except RuleSyntaxError as error:
            raise Refused(
                self.word, Name(str(error), str(error)), instead=Name("写明 days", "give days")
            ) from error


def _longest(terms: list[str]) -> str:
    terms = list(dict.fromkeys(terms))
    return terms[0] if len(terms) == 1 else f"max({', '.join(terms)})"
