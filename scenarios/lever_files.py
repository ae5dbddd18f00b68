"""Levers as planners write them: ``[[lever]]`` tables with a ``kind`` and its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rules import Kind, did_you_mean
from rules.dealing import Level, Online
from rules.levers import (
    JOINT_KINDS,
    AcceptLocally,
    ActByAgent,
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    ChooseIntermediary,
    Circulate,
    CommissionReview,
    Commitment,
    Concentrate,
    ControlTotalTime,
    ConvertToFiling,
    DecideAtCentre,
    DeemedConsent,
    Delegate,
    DropAllPractice,
    DropPrerequisite,
    ExternalWait,
    GoOnline,
    HandleByStage,
    HandleInParallel,
    HandleInSeries,
    Join,
    JoinAs,
    JointMeeting,
    LeadDepartment,
    LeaveOut,
    Lever,
    OneMaterialSet,
    OneReview,
    OneWindow,
    Renumber,
    SendResults,
    ShareInZone,
    Shorten,
    Staff,
    SuperviseAfter,
    TakeIn,
    TellOnce,
    Tolerance,
    UnifiedIssue,
)
from rules.levers.applicant import COURIER_DAYS
from rules.levers.joint_kinds import UNNAMED
from rules.levers.lighter import FILING_DAYS
from rules.levers.meetings import MEETING, MEETING_DAYS
from rules.levers.removal import FUNCTION_ZONE
from rules.levers.simulated import CONVERSION_DAYS
from rules.levers.trust import COMMITMENT_DAYS
from rules.levers.windows import UNIFIED_ISSUE
from rules.steps import NO_TIME
from scenarios.lever_forms import (
    REQUIRED,
    Parameter,
    arrows,
    dates_by_key,
    duration,
    durations_by_key,
    flag,
    lists_by_key,
    names,
    quoted,
    rule,
    share,
    text,
    texts,
    texts_by_key,
    whole,
    word,
)
from scenarios.toml_files import Settings

_COMMON = ("kind", "note", "group")


@dataclass(frozen=True, slots=True)
class LeverForm:
    """How a lever stands in a file.

    Attributes
    ----------
    word : str
        The kind that planners write.
    make : callable
        Makes the lever of its parameters' values.
    parameters : tuple of Parameter
        In the order in which they are written.
    """

    word: str
    make: Callable[..., Lever]
    parameters: tuple[Parameter, ...] = ()

    def read(self, table: Settings) -> Lever:
        """Return the lever of a table; what is wrong with it is noted there."""
        table.only((*_COMMON, *(parameter.name for parameter in self.parameters)))
        values: dict[str, Any] = {p.field: p.read(table) for p in self.parameters}
        return self.make(**values)

    def write(self, lever: Lever) -> str:
        """Return the lever as a ``[[lever]]`` table."""
        lines = ["[[lever]]", f"kind = {quoted(self.word)}"]
        for parameter in self.parameters:
            value = getattr(lever, parameter.field)
            if parameter.required or value != parameter.default:
                lines.append(f"{parameter.name} = {parameter.write(value)}")
        return "\n".join(lines) + "\n"


def _joint(kind: str) -> LeverForm:
    more = {
        "joint_drawing_review": (texts("flagged"),),
        "joint_acceptance": (text("works"),),
    }.get(kind, ())
    return LeverForm(
        kind,
        partial(JoinAs, kind),
        (
            *_MEMBERS, names("name", UNNAMED), rule("days", None), texts("on_the_spot"),
            text("department", ""), whole("visits", None), whole("documents", None), *more,
        ),
    )  # fmt: skip


_STEPS = texts("steps")
_NAMED_STEPS = texts("steps", REQUIRED)
_MEMBERS = (_NAMED_STEPS, text("into"))
_level = partial(word, words=Level, what="a level of government")

LEVER_FORMS: dict[str, LeverForm] = {
    form.word: form
    for form in (
        LeverForm(HandleInParallel.word, HandleInParallel),
        LeverForm(HandleByStage.word, HandleByStage),
        LeverForm(HandleInSeries.word, HandleInSeries),
        LeverForm(
            DropPrerequisite.word,
            DropPrerequisite,
            (text("before"), text("after"), text("why", ""), text("why_zh", "")),
        ),
        LeverForm(DropAllPractice.word, DropAllPractice),
        LeverForm(
            AddPrerequisite.word,
            AddPrerequisite,
            (
                text("before"), text("after"), text("why", ""), duration("lag", NO_TIME),
                text("why_zh", ""),
            ),
        ),
        LeverForm(
            ShareInZone.word,
            ShareInZone,
            (_NAMED_STEPS, names("zone", FUNCTION_ZONE), flag("bridge", True)),
        ),
        LeverForm(CancelSteps.word, CancelSteps, (_NAMED_STEPS, flag("bridge", True))),
        LeverForm(
            Join.word,
            Join,
            (
                *_MEMBERS, names(), rule("days"), texts("on_the_spot"), text("department", ""),
                word("shown_as", Kind, "a kind of step", Kind.JOINT, field="kind"),
                whole("visits", None), whole("documents", None),
            ),
        ),
        *(_joint(kind) for kind in JOINT_KINDS),
        LeverForm(Renumber.word, Renumber, (texts_by_key("keys"),)),
        LeverForm(
            ExternalWait.word,
            ExternalWait,
            (
                text("key"), names(), duration("days"), text("before"), text("why", ""),
                text("why_zh", ""),
            ),
        ),
        LeverForm(
            ApproveBySimulation.word,
            ApproveBySimulation,
            (
                text("admitted_after"), texts("pending", REQUIRED), texts("formal_steps", REQUIRED),
                duration("days", CONVERSION_DAYS), arrows("edges"), text("key", "CV"),
            ),
        ),
        LeverForm(ActByAgent.word, ActByAgent, (_STEPS, _level("at", default=None))),
        LeverForm(
            GoOnline.word,
            GoOnline,
            (
                _STEPS, word("level", Online, "precheck or full", Online.FULL),
                share("correction_share", None),
            ),
        ),
        LeverForm(TellOnce.word, TellOnce, (share("correction_share"), _STEPS)),
        LeverForm(SendResults.word, SendResults, (_STEPS, duration("delivery", COURIER_DAYS))),
        LeverForm(OneWindow.word, OneWindow, (text("office"), _STEPS)),
        LeverForm(
            LeadDepartment.word, LeadDepartment, (_STEPS, texts("stages"), text("department", ""))
        ),
        LeverForm(
            OneMaterialSet.word,
            OneMaterialSet,
            (_STEPS, lists_by_key("materials"), dates_by_key("held")),
        ),
        LeverForm(
            UnifiedIssue.word,
            UnifiedIssue,
            (
                _NAMED_STEPS, text("key"), text("office"),
                names("name", UNIFIED_ISSUE), duration("days", NO_TIME),
            ),
        ),
        LeverForm(
            Commitment.word,
            Commitment,
            (
                _NAMED_STEPS, text("supervised_by"), flag("clean_credit", False),
                duration("days", COMMITMENT_DAYS), whole("documents", 0),
            ),
        ),
        LeverForm(
            Tolerance.word,
            Tolerance,
            (_NAMED_STEPS, texts("minor", REQUIRED), duration("within")),
        ),
        LeverForm(DeemedConsent.word, DeemedConsent, (_NAMED_STEPS,)),
        LeverForm(OneReview.word, OneReview, (_STEPS,)),
        LeverForm(DecideAtCentre.word, DecideAtCentre, (text("authorisation"), _STEPS)),
        LeverForm(AcceptLocally.word, AcceptLocally, (_level("at"), _STEPS)),
        LeverForm(
            Delegate.word,
            Delegate,
            (
                _NAMED_STEPS, _level("to"), text("act"), text("department", ""),
                flag("entrust", True),
            ),
        ),
        LeverForm(
            Concentrate.word,
            Concentrate,
            (texts("departments", REQUIRED), text("into"), text("approval")),
        ),
        LeverForm(
            JointMeeting.word,
            JointMeeting,
            (
                _NAMED_STEPS, duration("interval"), whole("slots", low=1, high=100_000),
                whole("weekday", 0, high=7), whole("quorum", 0, high=1000), text("key", ""),
                names("name", MEETING),
                duration("days", MEETING_DAYS), text("department", ""), texts("after"),
            ),
        ),
        LeverForm(
            ConvertToFiling.word, ConvertToFiling, (_NAMED_STEPS, duration("days", FILING_DAYS))
        ),
        LeverForm(
            SuperviseAfter.word,
            SuperviseAfter,
            (text("after"), _STEPS, text("supervised_by", "")),
        ),
        LeverForm(
            Shorten.word, Shorten, (durations_by_key("days"), durations_by_key("measured", ()))
        ),
        LeverForm(
            ControlTotalTime.word,
            ControlTotalTime,
            (duration("budget"), flag("only_flag", False)),
        ),
        LeverForm(Circulate.word, Circulate, (_STEPS,)),
        LeverForm(
            CommissionReview.word,
            CommissionReview,
            (
                text("step"), text("key"), names(), text("office"), duration("days"),
                duration("decision_days"),
            ),
        ),
        LeverForm(ChooseIntermediary.word, ChooseIntermediary, (_NAMED_STEPS, text("office"))),
        LeverForm(
            TakeIn.word,
            TakeIn,
            (
                text("key"), names(), text("department"), duration("days"), texts("after"),
                texts("before"), duration("handover", NO_TIME),
                word("level", Level, "a level of government", None), text("basis", ""),
                whole("visits", 0), whole("documents", 0),
            ),
        ),
        LeverForm(LeaveOut.word, LeaveOut, (_NAMED_STEPS,)),
        LeverForm(
            Staff.word,
            Staff,
            (
                text("office"), whole("windows", 0, low=-100_000, high=100_000),
                whole("reviewers", 0, low=-100_000, high=100_000), text("hours", ""),
            ),
        ),
    )
}  # fmt: skip
"""How each lever is read and written, by the word that planners write as its kind."""


def read_lever(table: Settings) -> Lever | None:
    """Return the lever of one ``[[lever]]`` table, or None when its kind is unknown."""
    kind = table.text("kind")
    form = LEVER_FORMS.get(kind)
    if form is None:
        if kind:
            hint = did_you_mean(kind, LEVER_FORMS)
            table.wrong("kind", f"no lever is called '{kind}'{hint}")
        return None
    return form.read(table)


def lever_toml(lever: Lever) -> str:
    """Return a lever as the ``[[lever]]`` table that :func:`read_lever` reads.

    Examples
    --------
    >>> print(lever_toml(CancelSteps(("S12",))), end="")
    [[lever]]
    kind = "cancel"
    steps = ["S12"]
    """
    return LEVER_FORMS[lever.word].write(lever)
