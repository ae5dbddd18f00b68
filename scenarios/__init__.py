"""Planners' files: read a scenario, apply its redesigns, compile it to a Plan."""

from scenarios.compile import compile_plan
from scenarios.library import copy_to, load, shipped
from scenarios.plan import AMPLE, Plan
from scenarios.reader import read_scenario
from scenarios.scenario import Scenario

__all__ = [
    "AMPLE",
    "Plan",
    "Scenario",
    "compile_plan",
    "copy_to",
    "load",
    "read_scenario",
    "shipped",
]
