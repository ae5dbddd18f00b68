"""Levers on intermediary services (中介服务) and on the offices' people and hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.dealing import AS_USUAL
from rules.levers.change import Change, Refused, in_zh
from rules.levers.contraction import consistent, require
from rules.levers.legal import promise_objection
from rules.levers.selection import called, chosen, handed_over, lasting, listed, revised
from rules.problems import did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.staffing import StaffChange
from rules.steps import Basis, BasisType, Duration, Edge, Kind, Name, Step, Strength


@dataclass(frozen=True, slots=True)
class CommissionReview:
    """Purchase of a technical review (购买服务; M17): a firm reviews, the office decides.

    Attributes
    ----------
    step : str
        Government approval whose technical review goes to a firm.
    key : str
        Key of the review.
    name : Name
        Chinese and English name of the review.
    office : str
        The firms that review.
    days : Duration
        Contracted time of the review.
    decision_days : Duration
        What is left for the decision, which stays with the government.
    """

    step: str
    key: str
    name: Name
    office: str
    days: Duration
    decision_days: Duration
    word: ClassVar[str] = "commission_review"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the review before the decision.

        The review waits for all that the decision waits for; the decision needs it.

        Raises
        ------
        Refused
            If the step is no government approval, the key is taken, or the decision
            would not be shorter.
        """
        require(self.word, procedure, (self.step,))
        step = procedure[self.step]
        if self.key in procedure:
            raise Refused(
                self.word, Name(f"编号“{self.key}”已有", f"the key '{self.key}' is taken")
            )
        if step.kind is not Kind.APPROVAL:
            raise Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 不是政府审批，没有可转移的技术审查",
                    f"{called(step)} is no government approval with a technical review to hand out",
                ),
                "行政许可法 art. 28",
                Name("中介环节可改用 choose_intermediary", "for firms use choose_intermediary"),
            )
        if self.decision_days.paper_days >= step.duration.paper_days:
            raise Refused(
                self.word,
                Name(
                    f"{step.key} 现为 {in_zh(step.duration)}，购买服务后决定不应再用 "
                    f"{in_zh(self.decision_days)}",
                    f"{step.key} takes {step.duration} with its review: the decision alone must "
                    f"take less than that, not {self.decision_days}",
                ),
            )
        if refused := promise_objection(self.word, procedure, step, self.decision_days):
            raise refused
        review = Step(
            key=self.key,
            name=self.name,
            department=self.office,
            kind=Kind.INTERMEDIARY,
            stage=step.stage,
            duration=self.days,
            basis=Basis(BasisType.LAW, "行政许可法 art. 28"),
            provenance=step.provenance,
            dealing=AS_USUAL,
            fee=0,  # a purchased service (购买服务): the office pays
        )
        report = Edge(
            self.key, self.step, Strength.DATA, "the decision rests on the review",
            basis_zh="决定以技术审查为依据",
        )  # fmt: skip
        into = tuple(
            replace(edge, after=self.key)
            for edge in procedure.work_edges
            if edge.after == self.step
        )
        edges = (*procedure.edges, *into, report)
        decided = lasting(self.word, step, self.decision_days)
        rest = [decided if s.key == step.key else s for s in procedure.steps]
        place = {key: 2 * index for index, key in enumerate(procedure.keys)}
        place[self.key] = place[self.step] - 1
        steps = in_handling_order((review, *rest), edges, place)
        changed = consistent(self.word, replace(procedure, steps=steps, edges=edges))
        what = Name(
            f"购买服务：{self.step} 的技术审查由 {self.office} 承担"
            f"（{self.key}，{in_zh(self.days)}），"
            f"决定仍由原部门作出（{in_zh(self.decision_days)}）",
            f"purchased service: {self.office} does the technical review of {self.step} "
            f"({self.key}, {self.days}); the decision stays with the office "
            f"({self.decision_days})",
        )
        return changed, Change(self.word, what, came=(self.key,), added=(*into, report))


@dataclass(frozen=True, slots=True)
class ChooseIntermediary:
    """Free choice of an intermediary (中介超市、自主择优; M56): other firms, another queue.

    Attributes
    ----------
    steps : tuple of str
        Intermediary services.
    office : str
        The pool of firms that serves them from now on.
    """

    steps: tuple[str, ...]
    office: str
    word: ClassVar[str] = "choose_intermediary"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the services done by the pool.

        Raises
        ------
        Refused
            If a step is no intermediary service: a decision cannot be bought.
        """
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [
            handed_over(step, dict.fromkeys(step.departments, self.office)) for step in steps
        ]
        keys = listed(steps)
        what = Name(
            f"中介择优：{keys.zh} 由业主在 {self.office} 中自主选择机构",
            f"free choice of intermediary: the owner of {keys.en} picks among {self.office}",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _objection(self, step: Step) -> Refused | None:
        if step.kind is Kind.INTERMEDIARY:
            return None
        return Refused(
            self.word,
            Name(
                f"{step.key} {step.name.zh} 不是中介服务，行政决定不能由中介作出",
                f"{called(step)} is no intermediary service: firms cannot decide",
            ),
            "行政许可法 art. 22-24, 28",
            Name("仅转移技术审查：commission_review", "hand out the review: commission_review"),
        )


@dataclass(frozen=True, slots=True)
class Staff:
    """More or fewer people, other opening hours (增减人员、延时服务; M22, M23).

    Attributes
    ----------
    office : str
        The office.
    windows, reviewers : int
        People more, or fewer when negative.
    hours : str
        Key of the opening hours that it keeps from now on.
    """

    office: str
    windows: int = 0
    reviewers: int = 0
    hours: str = ""
    word: ClassVar[str] = "staff"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the office staffed otherwise.

        Raises
        ------
        Refused
            If nothing is changed or no step goes to the office.
        """
        if not (self.windows or self.reviewers or self.hours):
            raise Refused(
                self.word,
                Name("未写明增减人数或作息", "says neither people nor hours to change"),
            )
        known = {
            office
            for step in procedure.steps
            for office in (*step.departments, step.dealing.accepted_by, step.dealing.supervised_by)
            if office
        }
        if self.office not in known:
            hint = did_you_mean(self.office, known)
            raise Refused(
                self.word,
                Name(
                    f"没有环节由“{self.office}”办理{hint}",
                    f"no step goes to an office '{self.office}'{hint}",
                ),
            )
        change = StaffChange(self.office, self.windows, self.reviewers, self.hours)
        parts_zh, parts_en = [], []
        for number, zh, en in (
            (self.windows, "窗口", "windows"),
            (self.reviewers, "审查人员", "reviewers"),
        ):
            if number:
                parts_zh.append(f"{zh} {number:+d}")
                parts_en.append(f"{number:+d} {en}")
        if self.hours:
            parts_zh.append(f"作息改为 {self.hours}")
            parts_en.append(f"opening hours '{self.hours}'")
        what = Name(
            f"人员与作息：{self.office} {'，'.join(parts_zh)}",
            f"staff of {self.office}: {', '.join(parts_en)}",
        )
        return (
            replace(procedure, staffing=(*procedure.staffing, change)),
            Change(self.word, what),
        )
