"""Levers for those who apply: agents, online handling, fewer corrections, results sent home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from rules.dealing import Level, Online
from rules.levers.change import Change, Refused, in_zh
from rules.levers.legal import limit_in_force, surely_within
from rules.levers.selection import (
    called,
    chosen,
    dealt,
    listed,
    revised,
    unattended,
    without_collecting,
)
from rules.procedure import Procedure
from rules.steps import NO_TIME, Duration, Name, Step

COURIER_DAYS = Duration(1)
"""Working days from decision to receipt by courier where a redesign does not say."""


def _in_person(lever: str, step: Step, article: str, what: Name, instead: Name) -> Refused | None:
    if not step.dealing.in_person:
        return None
    return Refused(
        lever,
        Name(
            f"{step.key} {step.name.zh} 须申请人本人到场，{what.zh}",
            f"{called(step)} needs the applicant in person: {what.en}",
        ),
        article,
        instead,
    )


@dataclass(frozen=True, slots=True)
class ActByAgent:
    """Agency service (代办制、全程代理; M05, M06, M28, M52): an agent acts for the applicant.

    The owner comes once, to sign the agreement; the agent hands in, follows and fetches.

    Attributes
    ----------
    steps : tuple of str
        Steps the agent takes over; empty: every step that needs no presence.
    at : Level or None
        Where the agent sits (village, township): files are handed in there.
    """

    steps: tuple[str, ...] = ()
    at: Level | None = None
    word: ClassVar[str] = "agency"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with an agent for the steps, and one visit for all of them.

        Raises
        ------
        Refused
            If a step needs the applicant in person, or has no file.
        """
        steps = chosen(self.word, procedure, self.steps, self._objection)
        first = next((step.key for step in steps if step.visits), "")
        changed = []
        for step in steps:
            level = step.dealing.accept_level
            if self.at is not None and self.at.rank < level.rank:
                level = self.at
            changed.append(
                dealt(
                    step,
                    replace(step.dealing, agent=True, accept_level=level),
                    visits=min(step.visits, int(step.key == first)),
                )
            )
        keys = listed(steps)
        zh = {Level.VILLAGE: "村级", Level.TOWNSHIP: "乡镇（街道）"}.get(self.at or Level.CITY, "")
        where = f" at the {self.at} level" if self.at else ""
        what = Name(
            f"代办制：{keys.zh} 由{zh}代办员全程代办，业主只需到场签订代办协议",
            f"agency service: an agent{where} acts for the owner in {keys.en}; the owner comes "
            "once, to sign the agreement",
        )
        note = Name(
            "代办员无审批权；代办自愿、无偿",
            "an agent decides nothing; agency is voluntary and free of charge",
        )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        return unattended(self.word, step) or _in_person(
            self.word,
            step,
            "行政许可法 art. 29",
            Name("不得代办", "no agent may act"),
            Name(
                "本人到场，其余材料可由代办员准备",
                "let the applicant come for it and the agent prepare the rest",
            ),
        )


@dataclass(frozen=True, slots=True)
class GoOnline:
    """Online pre-check or fully online handling (网上预审、全程网办; M29).

    Attributes
    ----------
    steps : tuple of str
        Empty: every step that can.
    level : Online
        ``precheck``: files are checked before they reach the window; ``full``: no visit.
    correction_share : int or None
        Thousandths of files that still come back for correction; None: as before.
    """

    steps: tuple[str, ...] = ()
    level: Online = Online.FULL
    correction_share: int | None = None
    word: ClassVar[str] = "online"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps handled online so far.

        Raises
        ------
        Refused
            If a step needs the applicant in person and is to go fully online, is further
            online already, or corrections would become more.
        """
        if self.level is Online.NONE:
            raise Refused(
                self.word,
                Name("level 应为 precheck 或 full", "the level must be precheck or full"),
            )
        steps = chosen(self.word, procedure, self.steps, self._objection)
        full = self.level is Online.FULL
        changed = [
            dealt(
                step,
                replace(
                    step.dealing,
                    online=self.level,
                    correction_share=step.dealing.correction_share
                    if self.correction_share is None
                    else min(step.dealing.correction_share, self.correction_share),
                ),
                visits=0 if full else step.visits,
            )
            for step in steps
        ]
        keys = listed(steps)
        what = (
            Name(f"全程网办：{keys.zh} 零跑动", f"fully online: {keys.en} need no visit")
            if full
            else Name(
                f"网上预审：{keys.zh} 的材料在到窗口前预审",
                f"online pre-check: files of {keys.en} are checked before they reach the window",
            )
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _objection(self, step: Step) -> Refused | None:
        if refused := unattended(self.word, step):
            return refused
        ways = list(Online)
        if ways.index(step.dealing.online) > ways.index(self.level):
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 已全程网办",
                    f"{called(step)} is fully online already",
                ),
            )
        if self.level is not Online.FULL:
            return None
        return _in_person(
            self.word,
            step,
            "行政许可法 art. 29, 33",
            Name("不能全程网办", "it cannot go fully online"),
            Name("改为网上预审（level = precheck）", "use the pre-check (level = precheck)"),
        )


@dataclass(frozen=True, slots=True)
class TellOnce:
    """One-off notification and full information (一次性告知; M12, M47): fewer corrections.

    Attributes
    ----------
    correction_share : int
        Thousandths of files that still come back for correction.
    steps : tuple of str
        Empty: every step whose files come back more often.
    """

    correction_share: int
    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "one_off_notice"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with fewer files that come back.

        Raises
        ------
        Refused
            If files of a step come back no more often than that already.
        """
        rule = limit_in_force(self.word, procedure, "correction-notice")
        steps = chosen(self.word, procedure, self.steps, self._objection)
        changed = [
            dealt(step, replace(step.dealing, correction_share=self.correction_share))
            for step in steps
        ]
        keys = listed(steps)
        share = f"{self.correction_share / 10:g} %"
        what = Name(
            f"一次性告知：{keys.zh} 的补正率降至 {share}",
            f"one-time notification: files of {keys.en} that come back fall to {share}",
        )
        note = Name(
            f"须在 {rule.limit.amount} 个工作日内一次告知全部补正内容，逾期视为受理"
            f"（{rule.article}）",
            f"all corrections must be told at once within {rule.limit}; late means accepted "
            f"({rule.article})",
        )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=(note,))

    def _objection(self, step: Step) -> Refused | None:
        if refused := unattended(self.word, step):
            return refused
        if step.dealing.correction_share > self.correction_share:
            return None
        return Refused(
            self.word,
            Name(
                f"{step.key} 的补正率现为 {step.dealing.correction_share / 10:g} %，并不更高",
                f"files of {step.key} come back in {step.dealing.correction_share / 10:g} % of "
                "cases, which is no more",
            ),
        )


@dataclass(frozen=True, slots=True)
class SendResults:
    """Results sent instead of fetched (快递送达、电子证照; M15, M28, M29).

    Attributes
    ----------
    steps : tuple of str
        Empty: every step for whose result somebody comes.
    delivery : Duration
        From decision to receipt: a courier's time; 0 for an electronic certificate.
    """

    steps: tuple[str, ...] = ()
    delivery: Duration = COURIER_DAYS
    word: ClassVar[str] = "send_results"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the visit that collects the result.

        Raises
        ------
        Refused
            If the delivery takes longer than the law gives, there is no visit to save,
            or the result is sent already.
        """
        rule = limit_in_force(self.word, procedure, "delivery")
        if not surely_within(self.delivery, rule.limit):
            raise Refused(
                self.word,
                Name(
                    f"送达 {in_zh(self.delivery)}，超过法定 {rule.limit.amount} 个工作日",
                    f"a delivery of {self.delivery} may pass the {rule.limit} that the law gives",
                ),
                rule.article,
                Name(f"送达不超过 {in_zh(rule.limit)}", f"deliver within {rule.limit}"),
            )
        steps = chosen(self.word, procedure, self.steps, partial(self._objection, procedure))
        changed = [
            dealt(
                step,
                replace(step.dealing, delivery=self.delivery),
                visits=without_collecting(procedure, step),
            )
            for step in steps
        ]
        keys = listed(steps)
        what = (
            Name(
                f"电子证照：{keys.zh} 的结果网上送达，少跑一次",
                f"electronic certificates: results of {keys.en} need no visit",
            )
            if self.delivery == NO_TIME
            else Name(
                f"快递送达：{keys.zh} 的结果 {in_zh(self.delivery)} 内寄达，少跑一次",
                f"courier: results of {keys.en} arrive in {self.delivery}, one visit less each",
            )
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _objection(self, procedure: Procedure, step: Step) -> Refused | None:
        if refused := unattended(self.word, step):
            return refused
        if step.dealing.delivery is not None:
            return Refused(
                self.word,
                Name(f"{step.key} 的结果已送达上门", f"the result of {step.key} is sent already"),
            )
        if without_collecting(procedure, step) == step.visits:
            return Refused(
                self.word,
                Name(
                    f"{step.key} {step.name.zh} 没有可免的取件跑动",
                    f"{called(step)} has no visit that a delivery could save",
                ),
            )
        return None
