"""A package's list of items, adjusted: one more taken in, one left out (动态调整, M48)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import networkx as nx

from rules.dealing import Dealing, Level
from rules.levers.change import Change, Refused, in_zh
from rules.levers.contraction import consistent, merged, require, without_steps
from rules.levers.legal import promise_objection
from rules.levers.selection import called
from rules.procedure import Procedure, in_handling_order
from rules.steps import NO_TIME, Basis, BasisType, Duration, Edge, Kind, Name, Step, Strength


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Take an item of another decider or level into the package (跨层级、跨部门; M48).

    The applicant has to get it in any case; now it is on the list, in the total, and handed over
    between the offices instead of carried by him.

    Attributes
    ----------
    key : str
        Key of the item.
    name : Name
        Chinese and English name.
    department : str
        Office that decides it: it stays the decider.
    days : Duration
        Its promised days.
    after, before : tuple of str
        Steps of the package that it waits for, and that wait for it.
    handover : Duration
        Time that passes from the package to the decider, and back.
    level : Level
        Level that decides; the file travels there from where the package is accepted.
    basis : str
        What the item rests on, with the article.
    visits, documents : int
        The applicant's visits, and documents asked for.
    """

    key: str
    name: Name
    department: str
    days: Duration
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    handover: Duration = NO_TIME
    level: Level | None = None
    basis: str = ""
    visits: int = 0
    documents: int = 0
    word: ClassVar[str] = "take_in"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the item in its list.

        Raises
        ------
        Refused
            If the key is taken, nobody decides the item, it stands nowhere in the flow, the
            promise is above the law's limit, or it would close a cycle.
        """
        require(self.word, procedure, (*self.after, *self.before))
        if self.key in procedure:
            raise Refused(
                self.word, Name(f"编号“{self.key}”已有", f"the key '{self.key}' is taken")
            )
        if not self.department:
            raise Refused(
                self.word,
                Name(
                    f"{self.key} 没有决定部门：进入清单不改变决定权",
                    f"{self.key} has no decider: being on the list moves no power",
                ),
                "行政许可法 art. 22-24",
            )
        first = procedure[(*self.after, *self.before, *procedure.keys)[0]]
        here = first.dealing.accept_level
        item = Step(
            key=self.key,
            name=self.name,
            department=self.department,
            kind=Kind.APPROVAL,
            stage=first.stage,
            duration=self.days,
            basis=Basis(BasisType.LAW if self.basis else BasisType.PRACTICE, self.basis),
            visits=self.visits,
            documents=self.documents,
            provenance="assumption",
            dealing=Dealing(accept_level=here, decide_level=self.level or here),
        )
        if refused := promise_objection(self.word, procedure, item, self.days):
            raise refused
        handed = "handed over to the other decider", "移交其他决定机关"
        edges = (
            *(self._edge(key, self.key, handed) for key in self.after),
            *(self._edge(self.key, key, handed) for key in self.before),
        )
        place = {key: 2 * index for index, key in enumerate(procedure.keys)}
        place[self.key] = (
            1 + max(place[key] for key in self.after)
            if self.after
            else min((place[key] for key in self.before), default=2 * len(place)) - 1
        )
        every = merged((*procedure.edges, *edges))
        try:
            steps = in_handling_order((*procedure.steps, item), every, place)
        except nx.NetworkXUnfeasible:
            raise Refused(
                self.word,
                Name(
                    f"{self.key} 既在 {'、'.join(self.after)} 之后又在 "
                    f"{'、'.join(self.before)} 之前，形成互为前置",
                    f"{self.key} after {', '.join(self.after)} and before "
                    f"{', '.join(self.before)} makes mutual prerequisites",
                ),
            ) from None
        changed = consistent(self.word, replace(procedure, steps=steps, edges=every))
        what = Name(
            f"清单调整：{self.key} {self.name.zh or self.name.en} 纳入，仍由 {self.department} 决定"
            + (f"，移交 {in_zh(self.handover)}" if self.handover.amount else ""),
            f"list adjusted: takes in {self.key} {self.name.in_language('en')}, which "
            f"{self.department} goes on deciding"
            + (f"; handed over in {self.handover}" if self.handover.amount else ""),
        )
        return changed, Change(self.word, what, came=(self.key,), added=edges)

    def _edge(self, before: str, after: str, why: tuple[str, str]) -> Edge:
        return Edge(
            before, after, Strength.DATA, why[0], self.handover, basis_zh=why[1]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Leave items out of the package (清单动态调整; M48): they are not abolished.

    Attributes
    ----------
    steps : tuple of str
        Items that leave the list; the applicant gets them by himself.
    """

    steps: tuple[str, ...]
    word: ClassVar[str] = "leave_out"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure without the items; the order through them is kept.

        Raises
        ------
        Refused
            If a step that stays needs what an item delivers, or nothing would be left.
        """
        require(self.word, procedure, self.steps)
        leaving = set(self.steps)
        if not leaving or leaving >= set(procedure.keys):
            raise Refused(
                self.word,
                Name("请写出 steps，且不能清空清单", "name the steps, and leave some on the list"),
            )
        for edge in procedure.edges:
            if edge.before in leaving and edge.after not in leaving and not edge.strength.droppable:
                raise Refused(
                    self.word,
                    Name(
                        f"{edge.after} 需要 {edge.before} 的成果，{edge.before} 不能移出清单",
                        f"{edge.after} needs what {edge.before} delivers: it cannot leave the list",
                    ),
                    edge.reason,
                    Name("两项一并移出", "leave both out"),
                )
        removal = without_steps(self.word, procedure, self.steps, bridge=True)
        left = tuple(step for step in procedure.steps if step.key in leaving)
        steps = tuple(step for step in procedure.steps if step.key not in leaving)
        changed = replace(
            procedure,
            steps=steps,
            edges=removal.edges,
            pending=tuple(key for key in procedure.pending if key not in leaving),
        )
        days = sum(float(step.days) for step in left)
        zh, en = "、".join(self.steps), ", ".join(self.steps)
        notes = (
            Name(
                f"{zh} 未取消：申请人仍须自行办理（{'、'.join(step.name.zh for step in left)}，"
                f"时限合计 {days:g} 个工作日），不计入本清单的天数",
                f"{en} not abolished: the applicant still gets "
                f"{', '.join(called(step) for step in left)} by himself ({days:g} working days of "
                "limits), outside this list's days",
            ),
        )
        what = Name(f"清单调整：{zh} 移出", f"list adjusted: {en} leave it")
        return consistent(self.word, changed), Change(
            self.word, what, gone=self.steps, fallen=removal.fallen, bridged=removal.bridged,
            notes=notes,
        )  # fmt: skip
