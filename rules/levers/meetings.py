"""Joint examination meetings (联审会议): a panel sits at intervals and takes several projects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import networkx as nx

from rules.dealing import Sitting
from rules.levers.change import Change, Refused, in_zh
from rules.levers.contraction import consistent, merged, require
from rules.levers.selection import chosen, dealt, listed, revised, unattended
from rules.procedure import Procedure, in_handling_order
from rules.steps import NO_TIME, Basis, BasisType, Duration, Edge, Kind, Name, Step, Strength

MEETING = Name("联审会议", "Joint-review meeting")
MEETING_DAYS = Duration(1)
"""Working days on paper of a meeting; waiting for the next sitting comes on top."""


@dataclass(frozen=True, slots=True)
class JointMeeting:
    """Joint-review meeting (联审制; M53), sitting at intervals with slots.

    Without a key the steps themselves become meetings: each waits for the next sitting
    that has room. With a key a meeting is put before the steps: it settles the open
    questions, so the customs among the steps fall and they run side by side.

    Attributes
    ----------
    steps : tuple of str
        Steps decided by, or opened by, the meeting.
    interval : Duration
        From one sitting to the next, in natural or working days.
    slots : int
        Projects that one sitting takes.
    weekday : int
        Day of the week of the first sitting, 1 to 7; 0: the first working day.
    quorum : int
        Offices that must be there; 0: all.
    key : str
        Key of a new meeting step; empty: the steps become meetings.
    name : Name
        Chinese and English name of the new step.
    days : Duration
        Days on paper of the new step.
    department : str
        Office that convenes the new step; empty: that of the first step.
    after : tuple of str
        What the new step waits for.
    """

    steps: tuple[str, ...]
    interval: Duration
    slots: int
    weekday: int = 0
    quorum: int = 0
    key: str = ""
    name: Name = MEETING
    days: Duration = MEETING_DAYS
    department: str = ""
    after: tuple[str, ...] = ()
    word: ClassVar[str] = "joint_meeting"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the meeting.

        Raises
        ------
        Refused
            If the meeting never sits or has no slots, more offices are needed than take
            part, a step has no file, or the meeting would close a cycle.
        """
        if self.interval == NO_TIME or self.slots < 1 or not 0 <= self.weekday <= 7:
            raise Refused(
                self.word,
                Name(
                    "会议须有间隔、每次至少一个项目，weekday 为 0 至 7",
                    "a meeting needs an interval, one slot at least, and a weekday from 0 to 7",
                ),
            )
        if not self.steps:
            raise Refused(self.word, Name("请写出 steps", "names no steps"))
        steps = chosen(self.word, procedure, self.steps, lambda s: unattended(self.word, s))
        offices = tuple(dict.fromkeys(office for s in steps for office in s.departments))
        fewest = len(offices) if self.key else min(len(step.departments) for step in steps)
        if self.quorum > fewest:
            raise Refused(
                self.word,
                Name(
                    f"参会部门 {fewest} 个，法定人数不能为 {self.quorum}",
                    f"{fewest} offices take part: a quorum of {self.quorum} is never met",
                ),
            )
        sitting = Sitting(self.interval, self.slots, self.weekday, self.quorum)
        if self.key:
            return self._put_before(procedure, steps, replace(sitting, offices=offices))
        changed = [dealt(step, replace(step.dealing, sitting=sitting)) for step in steps]
        keys = listed(steps)
        what = Name(
            f"联审会议：{keys.zh} 由会议审定，每 {in_zh(self.interval)} 一次、"
            f"每次 {self.slots} 个项目",
            f"joint-review meeting: {keys.en} decided by a panel that sits every {self.interval} "
            f"and takes {self.slots} projects",
        )
        return revised(self.word, procedure, changed), Change(self.word, what)

    def _put_before(
        self, procedure: Procedure, steps: tuple[Step, ...], sitting: Sitting
    ) -> tuple[Procedure, Change]:
        require(self.word, procedure, self.after)
        if self.key in procedure:
            raise Refused(
                self.word, Name(f"编号“{self.key}”已有", f"the key '{self.key}' is taken")
            )
        first = steps[0]
        group = {step.key for step in steps}
        fallen = tuple(
            edge
            for edge in procedure.work_edges
            if set(edge.ends) <= group and edge.strength.droppable
        )
        agenda = [
            Edge(key, self.key, Strength.PRACTICE, "on the agenda", basis_zh="列入议程")
            for key in self.after
        ]
        opens = [
            Edge(self.key, s.key, Strength.PRACTICE, "settled by the meeting", basis_zh="会议议定")
            for s in steps
        ]
        added = (*agenda, *opens)
        kept = [edge for edge in procedure.edges if edge not in fallen]
        edges = merged((*kept, *added))
        meeting = Step(
            key=self.key,
            name=self.name,
            department=self.department or first.department,
            kind=Kind.MEETING,
            stage=first.stage,
            duration=self.days,
            basis=Basis(BasisType.LAW, "行政许可法 art. 26(2)"),
            provenance=first.provenance,
            fee=0,
            dealing=replace(Step("", Name()).dealing, sitting=sitting),
        )
        place = {key: 2 * index for index, key in enumerate(procedure.keys)}
        place[self.key] = place[first.key] - 1
        try:
            ordered = in_handling_order((meeting, *procedure.steps), edges, place)
        except nx.NetworkXUnfeasible:
            named = ", ".join(self.after)
            raise Refused(
                self.word,
                Name(
                    f"{named} 在会议所审环节之后，会议不能等它",
                    f"{named} come after the steps that the meeting opens: it cannot wait for them",
                ),
            ) from None
        changed = replace(procedure, steps=ordered, edges=edges)
        keys = listed(steps)
        what = Name(
            f"联审会议 {self.key}：会后 {keys.zh} 并联办理，每 {in_zh(self.interval)} 一次、"
            f"每次 {self.slots} 个项目",
            f"joint-review meeting {self.key}: settles open questions, then {keys.en} run side by "
            f"side; sits every {self.interval}, {self.slots} projects each",
        )
        return consistent(self.word, changed), Change(
            self.word, what, came=(self.key,), fallen=fallen, added=added
        )
