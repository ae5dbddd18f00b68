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
from rules.tables import (
    DecisionTable,
    TableSet,
    diff_tables,
    read_dmn,
    read_table,
    read_tables,
    unary_test,
    write_dmn,
    write_table,
)

__all__ = [
    "Basis",
    "BasisType",
    "Calendar",
    "DecisionTable",
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
    "TableSet",
    "Unit",
    "did_you_mean",
    "diff_tables",
    "read_dmn",
    "read_table",
    "read_tables",
    "unary_test",
    "write_dmn",
    "write_table",
]
