"""Levers on who decides and where: fewer hands, the centre, lower levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.dealing import HandlingClass, Level
from rules.levers.change import Change, Refused
from rules.levers.selection import (
    called,
    chosen,
    dealt,
    handed_over,
    listed,
    revised,
    unofficial,
)
from rules.procedure import Procedure
from rules.steps import Kind, Name, Step

LEVEL_NAMES: dict[Level, Name] = {
    Level.VILLAGE: Name("村（社区）", "village"),
    Level.TOWNSHIP: Name("乡镇（街道）", "township"),
    Level.COUNTY: Name("县（市、区）", "county"),
    Level.CITY: Name("市", "city"),
    Level.PROVINCE: Name("省", "province"),
    Level.NATION: Name("国家", "nation"),
}
"""What levels are called in sentences."""


@dataclass(frozen=True, slots=True)
class OneReview:
    """One review, one check (一审一核; M02): a reviewer and an approver, nobody else.

    Attributes
    ----------
    steps : tuple of str
        Empty: every step with more hands that may.
    """

    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "one_review"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with two desks for the steps.

        Raises
        ------
        Refused
            If a step needs a site inspection, test, quarantine, appraisal, collective
            discussion, hearing or expert panel, or has two desks or fewer already.
        """
        steps = chosen(self.word, procedure, self.steps, self._objection)
        saved = sum(step.dealing.desks - 2 for step in steps)
        changed = [dealt(step, replace(step.dealing, desks=2)) for step in steps]
        keys = listed(steps)
        what = Name(
            f"一审一核：{keys.zh} 只经审核、核准两个岗位，减少 {saved} 道内部环节",
            f"one review, one check: {keys.en} pass a reviewer and an approver only, "
            f"{saved} hands fewer",
        )
        note = Name("审核与核准不得为同一人", "reviewer and approver are two persons")
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        if refused := unofficial(self.word, step):
            return refused
        need = _more_than_desks(step)
        if need is not None:
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 须经{need.zh}，不适用一审一核",
                    f"{called(step)} needs {need.en}",
                ),
                step.basis.citation or "行政许可法 art. 34, 45",
                Name(
                    "将勘验、评审单独设为联合环节",
                    "make the survey or panel a joint step of its own",
                ),
            )
        if step.dealing.desks > 2:
            return None
        return Refused(
            self.word,
            Name(
                f"{step.key} 现为 {step.dealing.desks} 个岗位，无可减少",
                f"{step.key} passes {step.dealing.desks} desks only: reviewer and approver stay two"
                if step.dealing.desks == 2
                else f"{step.key} is settled at one desk already",
            ),
        )


def _more_than_desks(step: Step) -> Name | None:
    if step.site_survey or step.kind is Kind.SURVEY:
        return Name("现场勘验", "a site inspection")
    if step.dealing.expert_review:
        return Name("专家评审", "an expert panel")
    if step.kind is Kind.MEETING or step.dealing.sitting is not None:
        return Name("集体讨论", "collective discussion")
    if step.dealing.special:
        words = {
            "hearing": "听证", "tendering": "招标", "auction": "拍卖", "inspection": "检验",
            "testing": "检测", "quarantine": "检疫", "appraisal": "鉴定",
            "collective_discussion": "集体讨论",
        }  # fmt: skip
        special = step.dealing.special[0]
        return Name(words[special.value], special.value.replace("_", " "))
    return None


@dataclass(frozen=True, slots=True)
class DecideAtCentre:
    """Two concentrations, two in-place (两集中、两到位; M01, M57): the centre's section decides.

    Attributes
    ----------
    authorisation : str
        The written authorisation under which the window decides.
    steps : tuple of str
        Empty: every step whose file still goes to the home bureau and back.
    """

    authorisation: str
    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "decide_at_centre"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the way to the home bureau and back.

        Raises
        ------
        Refused
            If there is no written authorisation, or a step is decided there already.
        """
        if not self.authorisation.strip():
            raise Refused(
                self.word,
                Name(
                    "没有书面授权，窗口无权决定", "without written authorisation no window decides"
                ),
                "行政许可法 art. 23-24",
                Name("写明 authorisation", "cite the authorisation"),
            )
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [dealt(step, replace(step.dealing, decided_at_centre=True)) for step in steps]
        keys = listed(steps)
        what = Name(
            f"授权到位：{keys.zh} 在中心直接办结，不再往返本部门（{self.authorisation}）",
            f"authority in place: {keys.en} decided at the centre, no way to the home bureau and "
            f"back ({self.authorisation})",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _objection(self, step: Step) -> Refused | None:
        if refused := unofficial(self.word, step):
            return refused
        if not step.dealing.decided_at_centre:
            return None
        return Refused(
            self.word,
            Name(f"{step.key} 已在中心办结", f"{step.key} is decided at the centre already"),
        )


@dataclass(frozen=True, slots=True)
class AcceptLocally:
    """Local acceptance (属地受理; M11, M13, M32): handed in below, forwarded, decided as before.

    Attributes
    ----------
    at : Level
        Level that accepts from now on.
    steps : tuple of str
        Empty: every step accepted higher up.
    """

    at: Level
    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "accept_locally"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with files accepted at the lower level.

        Raises
        ------
        Refused
            If a step is accepted at that level or below already.
        """
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [dealt(step, replace(step.dealing, accept_level=self.at)) for step in steps]
        keys, level = listed(steps), LEVEL_NAMES[self.at]
        what = Name(
            f"属地受理：{keys.zh} 在{level.zh}受理、转报，决定层级不变",
            f"local acceptance: {keys.en} accepted at {level.en} level and forwarded; "
            "who decides stays",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _objection(self, step: Step) -> Refused | None:
        if refused := unofficial(self.word, step):
            return refused
        if step.dealing.accept_level.rank > self.at.rank:
            return None
        now = LEVEL_NAMES[step.dealing.accept_level]
        return Refused(
            self.word,
            Name(
                f"{step.key} 已在{now.zh}受理",
                f"{step.key} is accepted at {now.en} level already",
            ),
        )


@dataclass(frozen=True, slots=True)
class Delegate:
    """Delegation or entrustment to a lower level (下放、委托; M04, M16, M33).

    Attributes
    ----------
    steps : tuple of str
        Steps decided lower down.
    to : Level
        Level that decides from now on.
    act : str
        The written act that delegates or entrusts.
    department : str
        Office that decides there; empty: the same as before.
    entrust : bool
        True: the receiver decides in the power holder's name (委托); False: the power
        itself moves (下放).
    """

    steps: tuple[str, ...]
    to: Level
    act: str
    department: str = ""
    entrust: bool = True
    word: ClassVar[str] = "delegate"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps decided, and accepted, at the lower level.

        Raises
        ------
        Refused
            If there is no written act, the receiver is no administrative organ, the power
            is itself entrusted, nation or province forbid it, the decider is vertically
            managed, or the level is not lower.
        """
        if not self.act.strip():
            raise Refused(
                self.word,
                Name("没有书面的下放或委托决定", "there is no written act of delegation"),
                "行政许可法 art. 24",
                Name("写明 act", "cite the act"),
            )
        if self.to is Level.VILLAGE:
            raise Refused(
                self.word,
                Name(
                    "村（社区）不是行政机关，不能受委托实施行政许可",
                    "a village is no administrative organ and cannot be entrusted with decisions",
                ),
                "行政许可法 art. 24(1)",
                Name("改为代办或属地受理", "use agency or accept_locally at the village"),
            )
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = []
        for step in steps:
            lowest = min(step.dealing.accept_level, self.to, key=lambda level: level.rank)
            dealing = replace(
                step.dealing,
                decide_level=self.to,
                accept_level=lowest,
                handling=HandlingClass.ENTRUSTED if self.entrust else step.dealing.handling,
            )
            offices = {step.department: self.department} if self.department else {}
            changed.append(replace(handed_over(step, offices), dealing=dealing))
        keys, level = listed(steps), LEVEL_NAMES[self.to]
        zh, en = ("委托", "entrusted to") if self.entrust else ("下放至", "delegated to")
        what = Name(
            f"{keys.zh} {zh}{level.zh}办理（{self.act}）",
            f"{keys.en} {en} the {level.en} level ({self.act})",
        )
        note = Name(
            "须本人到场的事项仍须到场；受委托机关不得转委托",
            "who must come in person still must; the receiver may not entrust it further",
        )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        if refused := unofficial(self.word, step):
            return refused
        dealing, name = step.dealing, called(step)
        if dealing.handling is HandlingClass.ENTRUSTED:
            return Refused(
                self.word,
                Name(f"{step.key} 系受委托事项，不得再委托", f"{name} is itself entrusted"),
                "行政许可法 art. 24(3)",
                Name("由原机关直接委托", "let the power holder entrust it directly"),
            )
        if dealing.vertical:
            return Refused(
                self.word,
                Name(
                    f"{step.key} 由垂直管理部门办理，地方无权下放",
                    f"{name} belongs to a vertically managed department",
                ),
                step.basis.cited,
                Name("改为属地受理", "use accept_locally"),
            )
        if not dealing.delegable:
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 国家或省规定不得下放",
                    f"nation or province forbid to delegate {name}",
                ),
                step.basis.cited,
                Name("改为属地受理", "use accept_locally"),
            )
        if dealing.decide_level.rank > self.to.rank:
            return None
        level = LEVEL_NAMES[dealing.decide_level]
        return Refused(
            self.word,
            Name(
                f"{step.key} 现由{level.zh}决定，不高于下放层级",
                f"{name} is decided at {level.en} level, which is no higher",
            ),
        )
