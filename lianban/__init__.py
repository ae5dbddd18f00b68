"""lianban (联办): simulate and improve administrative approvals.

This is the only package that users import::

    import lianban as lb

    comparison = lb.compare([lb.load("jiaxing"), lb.load("jiaxing/reform")])

Every name is fetched from its own package when it is first used, so
``import lianban`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer import Schedule, schedule
    from results import compare, summarise
    from results.swimlane import flow_diagram
    from results.timeline import timeline
    from rules import InputError
    from scenarios import Scenario, compile_plan, copy_to, load, shipped
    from simulator import Run, simulate

__all__ = [
    "InputError",
    "Run",
    "Scenario",
    "Schedule",
    "compare",
    "compile_plan",
    "copy_to",
    "flow_diagram",
    "load",
    "schedule",
    "shipped",
    "simulate",
    "summarise",
    "timeline",
]

_ROOMS = {
    "InputError": "rules",
    "Run": "simulator",
    "Scenario": "scenarios",
    "Schedule": "optimizer",
    "compare": "results",
    "compile_plan": "scenarios",
    "copy_to": "scenarios",
    "flow_diagram": "results.swimlane",
    "load": "scenarios",
    "schedule": "optimizer",
    "shipped": "scenarios",
    "simulate": "simulator",
    "summarise": "results",
    "timeline": "results.timeline",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("lianban")
    if name not in _ROOMS:
        raise AttributeError(f"module 'lianban' has no attribute '{name}'")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
