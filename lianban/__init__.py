"""lianban (联办): simulate and improve administrative approvals.

This is the only package that users import::

    import lianban as lb

    today, reform = lb.load("jiaxing"), lb.load("jiaxing/reform")
    comparison = lb.compare(today, reform, seed=1)
    print(comparison)                    # a table; a notebook shows it as one
    comparison.flow()                    # a picture; .gantt() and .distribution(), too
    comparison.save("report.html")       # or .md, .xlsx

Every name is fetched from its own package when it is first used, so
``import lianban`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer import Schedule, schedule
    from results import Comparison, Picture, Summary, compare, summarise
    from results.notebook import load_ipython_extension
    from results.promises import assert_kept
    from results.report import build_report
    from results.swimlane import flow_diagram
    from results.timeline import timeline
    from rules import InputError
    from scenarios import Scenario, compile_plan, copy_to, load, shipped
    from simulator import Run, simulate

__all__ = [
    "Comparison",
    "InputError",
    "Picture",
    "Run",
    "Scenario",
    "Schedule",
    "Summary",
    "assert_kept",
    "build_report",
    "compare",
    "compile_plan",
    "copy_to",
    "flow_diagram",
    "load",
    "load_ipython_extension",
    "schedule",
    "shipped",
    "simulate",
    "summarise",
    "timeline",
]

_ROOMS = {
    "Comparison": "results",
    "InputError": "rules",
    "Picture": "results",
    "Run": "simulator",
    "Scenario": "scenarios",
    "Schedule": "optimizer",
    "Summary": "results",
    "assert_kept": "results.promises",
    "build_report": "results.report",
    "compare": "results",
    "compile_plan": "scenarios",
    "copy_to": "scenarios",
    "flow_diagram": "results.swimlane",
    "load": "scenarios",
    "load_ipython_extension": "results.notebook",
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
