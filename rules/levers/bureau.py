"""One bureau decides for many departments (相对集中行政许可权)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rules.levers.change import Change, Refused
from rules.levers.selection import called, handed_over, revised
from rules.problems import did_you_mean
from rules.procedure import Procedure
from rules.staffing import StaffChange
from rules.steps import NO_TIME, Name, Strength


@dataclass(frozen=True, slots=True)
class Concentrate:
    """Relatively centralised licensing power (相对集中行政许可权; M21): one bureau, one seal.

    Attributes
    ----------
    departments : tuple of str
        Offices whose approval work the bureau takes over.
    into : str
        Office key of the bureau.
    approval : str
        Approval of the province, cited.
    """

    departments: tuple[str, ...]
    into: str
    approval: str
    word: ClassVar[str] = "concentrate"

    def apply(self, procedure: Procedure) -> tuple[Procedure, Change]:
        """Return the procedure with the bureau in the departments' place.

        Their people go to the bureau; between steps that are now the bureau's own no time
        passes for handing over, unless a statute sets it.

        Raises
        ------
        Refused
            If the province has not approved, a department is vertically managed or
            unknown here.
        """
        if not self.approval.strip():
            raise Refused(
                self.word,
                Name("未经省级人民政府批准", "the province has not approved"),
                "行政许可法 art. 25",
                Name("写明 approval，或改为一窗受理", "cite the approval, or use one_window"),
            )
        leaving = [office for office in dict.fromkeys(self.departments) if office != self.into]
        known = {office for step in procedure.steps for office in step.departments}
        for office in leaving:
            if office not in known:
                hint = did_you_mean(office, known)
                raise Refused(
                    self.word,
                    Name(f"流程中没有部门“{office}”{hint}", f"no step is '{office}'s{hint}"),
                )
        moved = [step for step in procedure.steps if set(step.departments) & set(leaving)]
        for step in moved:
            for part in (step, *step.origin):
                if part.dealing.vertical and part.department in leaving:
                    raise Refused(
                        self.word,
                        Name(
                            f"{part.key} 由垂直管理部门 {part.department} 办理，不得划转",
                            f"{called(part)} belongs to the vertically managed "
                            f"'{part.department}', which cannot be transferred",
                        ),
                        "行政许可法 art. 25",
                        Name("整建制进驻中心", "let it sit in the centre as a whole unit"),
                    )
        changed = revised(
            self.word,
            procedure,
            [handed_over(step, dict.fromkeys(leaving, self.into)) for step in moved],
        )
        own = {s.key for s in changed.steps if s.departments == (self.into,)}
        edges = tuple(
            replace(edge, lag=NO_TIME)
            if set(edge.ends) <= own and edge.strength is not Strength.STATUTE
            else edge
            for edge in changed.edges
        )
        people = tuple(StaffChange(office, into=self.into) for office in leaving)
        told_zh, told_en = "、".join(leaving), ", ".join(leaving)
        what = Name(
            f"相对集中行政许可权：{told_zh} 的审批职能划转 {self.into}（{self.approval}）",
            f"concentrates the licensing power of {told_en} in {self.into} ({self.approval})",
        )
        return (
            replace(changed, edges=edges, staffing=(*changed.staffing, *people)),
            Change(self.word, what),
        )
