"""Reform levers (改革举措): frozen values that turn a procedure into a better one, or refuse.

``lever.apply(procedure)`` returns the new procedure and a :class:`Change`, or raises
:class:`Refused` with the reason, the article and what to do instead. What is law is asked
as of :attr:`Procedure.on`; what a lever changes about people goes to
:attr:`Procedure.staffing`.
"""

from rules.levers.applicant import ActByAgent, GoOnline, SendResults, TellOnce
from rules.levers.authority import AcceptLocally, DecideAtCentre, Delegate, OneReview
from rules.levers.bureau import Concentrate
from rules.levers.change import Bridge, Change, Refused
from rules.levers.handling import (
    AddPrerequisite,
    DropAllPractice,
    DropPrerequisite,
    ExternalWait,
    HandleByStage,
    HandleInParallel,
    HandleInSeries,
    Renumber,
)
from rules.levers.joint import Join
from rules.levers.joint_kinds import JOINT_KINDS, JoinAs
from rules.levers.lighter import ConvertToFiling, SuperviseAfter
from rules.levers.meetings import JointMeeting
from rules.levers.package_list import LeaveOut, TakeIn
from rules.levers.removal import CancelSteps, ShareInZone
from rules.levers.services import ChooseIntermediary, CommissionReview, Staff
from rules.levers.simulated import ApproveBySimulation
from rules.levers.times import Circulate, ControlTotalTime, Shorten
from rules.levers.trust import Commitment, DeemedConsent, Tolerance
from rules.levers.windows import LeadDepartment, OneMaterialSet, OneWindow, UnifiedIssue

Lever = (
    HandleInParallel
    | HandleByStage
    | HandleInSeries
    | DropPrerequisite
    | DropAllPractice
    | AddPrerequisite
    | Renumber
    | ExternalWait
    | Join
    | JoinAs
    | ShareInZone
    | CancelSteps
    | ApproveBySimulation
    | ActByAgent
    | GoOnline
    | TellOnce
    | SendResults
    | OneWindow
    | LeadDepartment
    | OneMaterialSet
    | UnifiedIssue
    | Commitment
    | Tolerance
    | DeemedConsent
    | OneReview
    | DecideAtCentre
    | AcceptLocally
    | Delegate
    | Concentrate
    | JointMeeting
    | ConvertToFiling
    | SuperviseAfter
    | Shorten
    | ControlTotalTime
    | Circulate
    | CommissionReview
    | ChooseIntermediary
    | Staff
    | TakeIn
    | LeaveOut
)

__all__ = [
    "JOINT_KINDS",
    "AcceptLocally",
    "ActByAgent",
    "AddPrerequisite",
    "ApproveBySimulation",
    "Bridge",
    "CancelSteps",
    "Change",
    "ChooseIntermediary",
    "Circulate",
    "CommissionReview",
    "Commitment",
    "Concentrate",
    "ControlTotalTime",
    "ConvertToFiling",
    "DecideAtCentre",
    "DeemedConsent",
    "Delegate",
    "DropAllPractice",
    "DropPrerequisite",
    "ExternalWait",
    "GoOnline",
    "HandleByStage",
    "HandleInParallel",
    "HandleInSeries",
    "Join",
    "JoinAs",
    "JointMeeting",
    "LeadDepartment",
    "LeaveOut",
    "Lever",
    "OneMaterialSet",
    "OneReview",
    "OneWindow",
    "Refused",
    "Renumber",
    "SendResults",
    "ShareInZone",
    "Shorten",
    "Staff",
    "SuperviseAfter",
    "TakeIn",
    "TellOnce",
    "Tolerance",
    "UnifiedIssue",
]
