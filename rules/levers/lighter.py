"""Levers that lighten what control comes before: filing instead of approval, checks after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.dealing import HandlingClass
from rules.levers.change import Change, Refused
from rules.levers.contraction import require
from rules.levers.removal import CancelSteps
from rules.levers.selection import called, chosen, lasting, listed, revised, shorter, unattended
from rules.procedure import Procedure
from rules.steps import Duration, Kind, Name, Step

FILING_DAYS = Duration(1)
"""Working days of a filing where a redesign does not say (an assumption)."""


@dataclass(frozen=True, slots=True)
class ConvertToFiling:
    """Approval turned into filing (审批改备案; M08, M62): told, not asked.

    A filing settles nothing in advance, so what waited for it by custom no longer does.

    Attributes
    ----------
    steps : tuple of str
        Approvals that rest on no more than practice or a normative document.
    days : Duration
        Days on paper of the filing.
    """

    steps: tuple[str, ...]
    days: Duration = FILING_DAYS
    word: ClassVar[str] = "convert_to_filing"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with filings in the approvals' place.

        Raises
        ------
        Refused
            If a step is no approval, or rests on an act that the city cannot set aside.
        """
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, self._objection)
        group = {step.key for step in steps}
        fallen = tuple(
            edge
            for edge in procedure.work_edges
            if edge.before in group and edge.strength.droppable
        )
        changed = revised(
            self.word,
            procedure,
            [
                replace(
                    lasting(self.word, step, shorter(step.duration, self.days)),
                    kind=Kind.FILING,
                    dealing=replace(step.dealing, handling=HandlingClass.IMMEDIATE, desks=1),
                )
                for step in steps
            ],
        )
        keys = listed(steps)
        what = Name(
            f"审批改备案：{keys.zh} 改为备案，一律不作前置审批",
            f"approval turned into filing: {keys.en} are filed and hold nothing back by custom",
        )
        edges = tuple(edge for edge in changed.edges if edge not in fallen)
        return replace(changed, edges=edges), Change(self.word, what, fallen=fallen)

    def _objection(self, step: Step) -> Refused | None:
        if step.kind is not Kind.APPROVAL:
            return Refused(
                self.word,
                Name(f"{step.key} {step.name.zh} 不是审批", f"{called(step)} is no approval"),
            )
        if step.basis.type.cancellable:
            return None
        return Refused(
            self.word,
            Name(
                f"{step.key} {step.name.zh} 系依法设定的审批，本级不得改为备案",
                f"{called(step)} is set by an act that the city cannot change into a filing",
            ),
            step.basis.cited,
            Name("改为告知承诺（commitment）或压缩时限", "use commitment, or shorten it"),
        )


@dataclass(frozen=True, slots=True)
class SuperviseAfter:
    """In-process and ex-post supervision (事中事后监管; M30, M55): checked after, not before.

    Attributes
    ----------
    after : str
        Step whose decision an inspection follows.
    steps : tuple of str
        Approvals that the inspection replaces; they are cancelled, which must be lawful.
    supervised_by : str
        Office that inspects; empty: that of ``after``.
    """

    after: str
    steps: tuple[str, ...] = ()
    supervised_by: str = ""
    word: ClassVar[str] = "supervise_after"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with an inspection after a decision instead of the steps.

        Raises
        ------
        Refused
            If a step may not be cancelled (see the lever ``cancel``), or ``after`` is one
            of them or no decision.
        """
        require(self.word, procedure, (self.after, *self.steps))
        if self.after in self.steps:
            raise Refused(
                self.word,
                Name(
                    f"{self.after} 不能既取消又作为监管起点",
                    f"{self.after} cannot be cancelled and be inspected afterwards",
                ),
            )
        if refused := unattended(self.word, procedure[self.after]):
            raise refused
        gone: tuple[str, ...] = ()
        cancelled = Change(self.word, Name())
        if self.steps:
            try:
                procedure, cancelled = CancelSteps(self.steps).apply(procedure)
            except Refused as refused:
                raise Refused(
                    self.word, refused.reason, refused.article, refused.instead
                ) from refused
            gone = cancelled.gone
        step = procedure[self.after]
        inspected = replace(
            step,
            dealing=replace(
                step.dealing,
                supervised_after=True,
                supervised_by=self.supervised_by or step.dealing.supervised_by or step.department,
            ),
        )
        changed = revised(self.word, procedure, [inspected])
        office = inspected.dealing.supervised_by
        zh = f"取消 {'、'.join(gone)}，" if gone else ""
        en = f"cancels {', '.join(gone)}; " if gone else ""
        what = Name(
            f"事后监管：{zh}{self.after} 决定后由 {office} 检查",
            f"ex-post supervision: {en}{office} inspects after {self.after} is decided",
        )
        return changed, replace(cancelled, lever=self.word, what=what)
