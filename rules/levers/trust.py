"""Levers that trust the applicant or a silent colleague: commitment, tolerance, deemed consent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from rules.dealing import Concern, HandlingClass
from rules.levers.change import Change, Refused, in_zh
from rules.levers.legal import limit_in_force
from rules.levers.selection import (
    called,
    chosen,
    dealt,
    lasting,
    listed,
    revised,
    shorter,
    unofficial,
)
from rules.problems import did_you_mean
from rules.procedure import Procedure
from rules.steps import BasisType, Duration, Kind, Name, Step

EXCLUSIONS = "国办发〔2020〕42号"
"""Where the exclusion list of notification and commitment stands."""

EXCLUSIONS_FROM = date(2020, 10, 27)
"""Date of that document; before it the list is only a yardstick."""

COMMITMENT_DAYS = Duration(1)
"""Working days from file to decision where a redesign does not say (an assumption)."""

CONCERN_NAMES: dict[Concern, Name] = {
    Concern.NATIONAL_SECURITY: Name("国家安全", "national security"),
    Concern.STATE_SECRETS: Name("国家秘密", "state secrets"),
    Concern.PUBLIC_SAFETY: Name("公共安全", "public safety"),
    Concern.FINANCE: Name("金融业审慎监管", "prudential regulation of finance"),
    Concern.ENVIRONMENT: Name("生态环境保护", "protection of the environment"),
    Concern.LIFE_AND_HEALTH: Name("人身健康、生命财产安全", "life, health and property"),
    Concern.FOREIGN_AFFAIRS: Name("重大涉外事项", "major foreign matters"),
    Concern.HIGH_RISK: Name("风险较大、纠错成本较高", "high risk or loss that cannot be undone"),
}
"""What the exclusions are called in sentences."""

_ACTS = {
    "国家安全": Concern.NATIONAL_SECURITY,
    "人民防空": Concern.NATIONAL_SECURITY,
    "保守国家秘密": Concern.STATE_SECRETS,
    "消防": Concern.PUBLIC_SAFETY,
    "安全生产": Concern.PUBLIC_SAFETY,
    "安监": Concern.PUBLIC_SAFETY,
    "危险化学品": Concern.PUBLIC_SAFETY,
    "环境影响评价": Concern.ENVIRONMENT,
    "环境保护": Concern.ENVIRONMENT,
    "污染防治": Concern.ENVIRONMENT,
    "地质灾害": Concern.LIFE_AND_HEALTH,
    "药品": Concern.LIFE_AND_HEALTH,
    "食品安全": Concern.LIFE_AND_HEALTH,
    "医疗": Concern.LIFE_AND_HEALTH,
    "特种设备": Concern.LIFE_AND_HEALTH,
    "职业病": Concern.LIFE_AND_HEALTH,
    "银行业": Concern.FINANCE,
    "证券法": Concern.FINANCE,
    "保险法": Concern.FINANCE,
}
"""Words in the title of an act that put its items on the exclusion list."""


def concerns_of(step: Step) -> tuple[Concern, ...]:
    """Return what keeps a step from commitment: as the catalogue says, and as its acts do.

    Examples
    --------
    >>> from rules.steps import Basis
    >>> fire = Step("f", Name(en="Fire"), basis=Basis(BasisType.LAW, "消防法 art. 11"))
    >>> [str(concern) for concern in concerns_of(fire)]
    ['public_safety']
    """
    cited = " ".join((step.basis.citation, *(m.basis.citation for m in step.origin)))
    by_act = (concern for word, concern in _ACTS.items() if word in cited)
    return tuple(dict.fromkeys((*step.dealing.concerns, *by_act)))


@dataclass(frozen=True, slots=True)
class Commitment:
    """Notification and commitment (告知承诺): decided on the applicant's word, checked after.

    Attributes
    ----------
    steps : tuple of str
        Approvals or filings decided so.
    supervised_by : str
        Office that checks after the decision; it must have the people for it.
    clean_credit : bool
        That only applicants without a bad credit record are admitted; must be true.
    days : Duration
        Days on paper from file to decision.
    documents : int
        Documents of each step that the commitment replaces.
    """

    steps: tuple[str, ...]
    supervised_by: str
    clean_credit: bool
    days: Duration = COMMITMENT_DAYS
    documents: int = 0
    word: ClassVar[str] = "commitment"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps decided on commitment.

        Raises
        ------
        Refused
            If an item is on the exclusion list, needs a panel, hearing or test first,
            applicants with a bad record are not kept out, or nobody checks afterwards.
        """
        if not self.clean_credit:
            raise Refused(
                self.word,
                Name(
                    "有不良信用记录的申请人不适用告知承诺",
                    "applicants with a bad credit record must be kept out",
                ),
                EXCLUSIONS,
                Name("写明 clean_credit = true", "admit only the others: clean_credit = true"),
            )
        if not self.supervised_by:
            raise Refused(
                self.word,
                Name("没有事后核查的部门", "no office checks after the decision"),
                EXCLUSIONS,
                Name("写明 supervised_by", "name the office: supervised_by"),
            )
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [
            replace(
                lasting(self.word, step, shorter(step.duration, self.days)),
                dealing=replace(
                    step.dealing,
                    handling=HandlingClass.IMMEDIATE,
                    desks=1,
                    commitment=True,
                    supervised_after=True,
                    supervised_by=self.supervised_by,
                ),
                documents=step.documents - self.documents,
                materials=step.materials[: step.documents - self.documents],
                site_survey=False,
            )
            for step in steps
        ]
        keys = listed(steps)
        what = Name(
            f"告知承诺：{keys.zh} 凭申请人书面承诺当场决定，{self.supervised_by} 事后核查",
            f"notification and commitment: {keys.en} decided on the applicant's written word, "
            f"checked afterwards by {self.supervised_by}",
        )
        notes: tuple[Name, ...] = (
            Name(
                "承诺不实的，依法撤销决定并记入信用记录；核查需要人员",
                "a false commitment voids the decision and goes on record; checking takes people",
            ),
        )
        if procedure.on < EXCLUSIONS_FROM:
            notes += (
                Name(
                    f"{EXCLUSIONS} 于 {EXCLUSIONS_FROM} 印发，此前仅作参照",
                    f"the exclusion list ({EXCLUSIONS}) dates from {EXCLUSIONS_FROM}; before it "
                    "is only a yardstick",
                ),
            )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=notes)

    def _objection(self, step: Step) -> Refused | None:
        if step.kind not in (Kind.APPROVAL, Kind.FILING):
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 不是审批或备案事项，不适用告知承诺",
                    f"{called(step)} is neither an approval nor a filing",
                ),
            )
        if concerns := concerns_of(step):
            name = CONCERN_NAMES[concerns[0]]
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 涉及{name.zh}，不适用告知承诺",
                    f"{called(step)} concerns {name.en}: no commitment",
                ),
                EXCLUSIONS,
                Name("改为容缺受理、联合办理或压缩时限", "use tolerance, join or shorten"),
            )
        if step.dealing.expert_review or step.dealing.special:
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 须先经专家评审、听证或检验检测",
                    f"{called(step)} needs a panel, a hearing or a test before the decision",
                ),
                step.basis.citation or "行政许可法 art. 45",
                Name("改为联合评审（joint_review）", "use joint_review"),
            )
        if self.documents > step.documents:
            return Refused(
                self.word,
                Name(
                    f"{step.key} 仅有 {step.documents} 份材料，不能免交 {self.documents} 份",
                    f"{step.key} asks for {step.documents} documents: {self.documents} cannot fall",
                ),
            )
        return None


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Tolerance acceptance (容缺受理): accepted although a minor document is missing.

    Attributes
    ----------
    steps : tuple of str
        Steps that accept so.
    minor : tuple of str
        The published list: non-key materials that may follow.
    within : Duration
        Time in which they must follow; the step's decision waits for them.
    """

    steps: tuple[str, ...]
    minor: tuple[str, ...]
    within: Duration
    word: ClassVar[str] = "tolerance"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with tolerant acceptance.

        Raises
        ------
        Refused
            If no list is given, a material is not one of the step's, no key material
            would be left, or the missing one could come after the decision.
        """
        if not self.minor or not self.steps:
            raise Refused(
                self.word,
                Name(
                    "须列明环节和可容缺的非关键材料（minor）",
                    "must list steps and the non-key materials that may be missing (minor)",
                ),
                "容缺受理清单",
                Name("写明 steps 与 minor", "give steps and minor, as the published list has them"),
            )
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [
            dealt(step, replace(step.dealing, tolerance=True, supplement=self.within))
            for step in steps
        ]
        keys = listed(steps)
        named_zh, named_en = "、".join(self.minor), ", ".join(self.minor)
        what = Name(
            f"容缺受理：{keys.zh} 缺 {named_zh} 的先行受理，{in_zh(self.within)} 内补齐",
            f"tolerance acceptance: {keys.en} accepted without {named_en}, which follow "
            f"within {self.within}",
        )
        note = Name(
            "法定时限自受理之日起算；逾期未补的终止办理",
            "the limit runs from acceptance; a case ends when the document does not follow",
        )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        if refused := unofficial(self.word, step):
            return refused
        if step.materials:
            for name in self.minor:
                if name not in step.materials:
                    hint = did_you_mean(name, step.materials)
                    return Refused(
                        self.word,
                        Name(
                            f"“{name}”不是 {step.key} 的申请材料{hint}",
                            f"'{name}' is not among the materials of {step.key}{hint}",
                        ),
                    )
        if len(set(self.minor)) >= step.documents:
            return Refused(
                self.word,
                Name(
                    f"{step.key} 共 {step.documents} 份材料，容缺后没有关键材料",
                    f"{step.key} asks for {step.documents} documents: no key material would be "
                    "left",
                ),
                "行政许可法 art. 31-32",
                Name("缩短容缺清单", "list fewer materials"),
            )
        if self.within.paper_days > step.duration.paper_days:
            return Refused(
                self.word,
                Name(
                    f"{step.key} 承诺 {in_zh(step.duration)} 办结，"
                    f"材料不能迟至 {in_zh(self.within)} 才补",
                    f"{step.key} is decided within {step.duration}: what is missing cannot follow "
                    f"within {self.within} only",
                ),
                "行政许可法 art. 38",
                Name(f"不超过 {in_zh(step.duration)}", f"at most {step.duration}"),
            )
        return None


@dataclass(frozen=True, slots=True)
class DeemedConsent:
    """Silence is consent (逾期视为同意): a consulted department answers in time or agrees.

    Attributes
    ----------
    steps : tuple of str
        Opinions asked of departments.
    """

    steps: tuple[str, ...]
    word: ClassVar[str] = "deemed_consent"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure in which the opinions take the days of the rule at most.

        Raises
        ------
        Refused
            If a step is a decision that an act reserves to its department: silence
            grants no licence; or it is no opinion of a government office.
        """
        rule = limit_in_force(self.word, procedure, "deemed-consent")
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [
            replace(
                lasting(self.word, step, shorter(step.duration, rule.limit)),
                dealing=replace(step.dealing, deemed_consent=True),
            )
            for step in steps
        ]
        keys = listed(steps)
        what = Name(
            f"逾期视为同意：{keys.zh} 征求意见 {rule.limit.amount} 个工作日内不答复的视为同意",
            f"deemed consent: a department consulted in {keys.en} that stays silent for "
            f"{rule.limit.amount} working days agrees",
        )
        note = Name(rule.article, rule.article)
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        if step.kind not in (Kind.APPROVAL, Kind.FILING, Kind.MEETING):
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 不是部门意见，不能视为同意",
                    f"{called(step)} is no opinion of a department: nobody's silence can settle it",
                ),
            )
        if not step.basis.type.cancellable and step.basis.type is not BasisType.RULE:
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 是依法作出的行政决定，不得以沉默代替",
                    f"{called(step)} is a decision that an act reserves to its department: "
                    "silence grants no licence",
                ),
                f"行政许可法 art. 37-38; {step.basis.citation}",
                Name("仅用于征求意见的环节", "use it on opinions asked for, or shorten the step"),
            )
        return None
