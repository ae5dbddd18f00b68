"""Reform levers (改革举措): frozen values that turn a procedure into a better one, or refuse."""

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
from rules.levers.removal import CancelSteps, ShareInZone
from rules.levers.simulated import ApproveBySimulation

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
    | ShareInZone
    | CancelSteps
    | ApproveBySimulation
)

__all__ = [
    "AddPrerequisite",
    "ApproveBySimulation",
    "Bridge",
    "CancelSteps",
    "Change",
    "DropAllPractice",
    "DropPrerequisite",
    "ExternalWait",
    "HandleByStage",
    "HandleInParallel",
    "HandleInSeries",
    "Join",
    "Lever",
    "Refused",
    "Renumber",
    "ShareInZone",
]
