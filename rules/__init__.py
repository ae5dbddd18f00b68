"""Approval rules: steps, prerequisites, law, calendars, levers and the procedure they make."""

from rules.calendars import Calendar
from rules.problems import InputError, Place, Problem, did_you_mean
from rules.procedure import Procedure
from rules.steps import (
    Basis,
    BasisType,
    Duration,
    Edge,
    Kind,
    Limit,
    Name,
    Stage,
    Step,
    Strength,
    Unit,
)

__all__ = [
    "Basis",
    "BasisType",
    "Calendar",
    "Duration",
    "Edge",
    "InputError",
    "Kind",
    "Limit",
    "Name",
    "Place",
    "Problem",
    "Procedure",
    "Stage",
    "Step",
    "Strength",
    "Unit",
    "did_you_mean",
]
