"""Levers on time limits: shorter promises, a total time for the flow, no time for carrying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.levers.change import Change, Refused, in_zh
from rules.levers.contraction import require
from rules.levers.legal import promise_objection
from rules.levers.selection import called, chosen, dealt, lasting, revised, unattended
from rules.procedure import Procedure
from rules.steps import NO_TIME, Duration, Kind, Name, Step, Strength


@dataclass(frozen=True, slots=True)
class Shorten:
    """Shorter promised limits (压缩时限; M03, M27, M56).

    One lever for all kinds: an office's promise, a time-limited intermediary's contract
    (限时中介服务), or a notice brought down to its floor.

    Attributes
    ----------
    days : tuple of (str, Duration)
        New days on paper of each step.
    measured : tuple of (str, Duration)
        What 95 of 100 cases take in the simulation; no promise may lie below.
    """

    days: tuple[tuple[str, Duration], ...]
    measured: tuple[tuple[str, Duration], ...] = ()
    word: ClassVar[str] = "shorten"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the steps' days lowered.

        Raises
        ------
        Refused
            If the time is not shorter, lies above the statutory limit or below a notice's
            floor or what is measured, or nobody here can shorten the step.
        """
        if not self.days:
            raise Refused(self.word, Name("请写出 days", "names no steps"))
        require(self.word, procedure, [key for key, _ in (*self.days, *self.measured)])
        measured = dict(self.measured)
        changed = []
        for key, days in self.days:
            step = procedure[key]
            self._check(procedure, step, days, measured.get(key))
            changed.append(lasting(self.word, step, days))
        before = {key: procedure[key].duration for key, _ in self.days}
        zh = [f"{key} 由 {in_zh(before[key])}减为 {in_zh(days)}" for key, days in self.days]
        en = [f"{key} {before[key]} -> {days}" for key, days in self.days]
        what = Name(f"压缩时限：{'、'.join(zh)}", f"shortens {', '.join(en)}")
        notes: list[Name] = []
        firms = [key for key, _ in self.days if procedure[key].kind is Kind.INTERMEDIARY]
        if firms:
            notes.append(
                Name(
                    f"{'、'.join(firms)} 为限时中介服务，须写入合同",
                    f"{', '.join(firms)}: the time limit goes into the firms' contracts",
                )
            )
        return revised(self.word, procedure, changed), Change(self.word, what, notes=tuple(notes))

    def _check(
        self, procedure: Procedure, step: Step, days: Duration, measured: Duration | None
    ) -> None:
        if step.kind is Kind.WAIT:
            raise Refused(
                self.word,
                Name(f"{step.key} 为外部等待，本级无法压缩", f"nobody here can shorten {step.key}"),
            )
        if days.paper_days >= step.duration.paper_days:
            raise Refused(
                self.word,
                Name(
                    f"{step.key} 现为 {in_zh(step.duration)}，{in_zh(days)} 并不更短",
                    f"{called(step)} takes {step.duration} now: {days} is not shorter",
                ),
            )
        if refused := promise_objection(self.word, procedure, step, days):
            raise refused
        if measured is not None and days.paper_days < measured.paper_days:
            raise Refused(
                self.word,
                Name(
                    f"{step.key} 承诺 {in_zh(days)}，低于模拟的 95 分位 {in_zh(measured)}",
                    f"{called(step)}: a promise of {days} lies below the simulated "
                    f"95th percentile of {measured}",
                ),
                instead=Name(
                    f"先增加人员，或承诺 {in_zh(measured)}",
                    f"add people first, or promise {measured}",
                ),
            )


@dataclass(frozen=True, slots=True)
class ControlTotalTime:
    """Total approval-time control (流程优化、批时总控; M50): one budget for the whole flow.

    It belongs after the other levers: it judges what they have made.

    Attributes
    ----------
    budget : Duration
        Time on paper that the critical path may take.
    only_flag : bool
        Whether a path over the budget is noted rather than refused.
    """

    budget: Duration
    only_flag: bool = False
    word: ClassVar[str] = "total_time"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure held to the budget.

        Raises
        ------
        Refused
            If the critical path is longer; the path is named.
        """
        path = procedure.critical_path()
        over = path.days - self.budget.paper_days
        chain = " -> ".join(path.keys)
        days = f"{float(path.days):g}"
        notes: tuple[Name, ...] = ()
        if over > 0:
            sentence = Name(
                f"关键路径 {days} 个工作日，超出总控时限 {in_zh(self.budget)}：{chain}",
                f"the critical path takes {days} working days, over the budget of "
                f"{self.budget}: {chain}",
            )
            if not self.only_flag:
                raise Refused(
                    self.word,
                    sentence,
                    instead=Name(
                        "压缩或合并关键路径上的环节", "shorten or join steps on that path"
                    ),
                )
            notes = (sentence,)
        what = Name(
            f"批时总控：全流程 {days} 个工作日，总控时限 {in_zh(self.budget)}",
            f"total time control: the flow takes {days} working days of a budget of {self.budget}",
        )
        return replace(procedure, budget=self.budget), Change(self.word, what, notes=notes)


@dataclass(frozen=True, slots=True)
class Circulate:
    """Electronic circulation and shared facts (无纸化、内部流转; M10, M14, M41).

    Attributes
    ----------
    steps : tuple of str
        Steps whose files move electronically; empty: all with files.
    """

    steps: tuple[str, ...] = ()
    word: ClassVar[str] = "circulate"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure in which files are not carried.

        Between two such steps the time for handing over falls; a lag that a statute
        sets stays, and so does every prerequisite.

        Raises
        ------
        Refused
            If a step has no file, or all of them circulate so already.
        """
        steps = chosen(self.word, procedure, self.steps, lambda s: unattended(self.word, s))
        group = {step.key for step in steps}
        gaps = [
            edge
            for edge in procedure.work_edges
            if set(edge.ends) <= group
            and edge.lag != NO_TIME
            and edge.strength is not Strength.STATUTE
        ]
        changed = revised(
            self.word,
            procedure,
            [dealt(step, replace(step.dealing, paperless=True)) for step in steps],
        )
        edges = tuple(
            replace(edge, lag=NO_TIME) if edge in gaps else edge for edge in changed.edges
        )
        many = len(steps)
        zh = "".join(f"，{edge} 的交接 {in_zh(edge.lag)} 取消" for edge in gaps)
        en = "".join(f"; the {edge.lag} of handing over on {edge} fall" for edge in gaps)
        what = Name(
            f"电子流转：{many} 个环节的材料网上流转、信息共享{zh}",
            f"electronic circulation: files of {many} steps move and are shared online{en}",
        )
        return replace(changed, edges=edges), Change(self.word, what)
