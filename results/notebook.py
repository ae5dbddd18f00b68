"""What a notebook shows for procedures, scenarios and runs: ``%load_ext lianban``.

These types belong to packages that know nothing of pictures, so their faces are
registered with the notebook instead of being methods. Comparisons, tables, pictures and
charts show themselves without it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

from results.summary import summarise
from results.swimlane import flow_diagram
from results.tables import html_table
from results.views import flow_of
from rules import Procedure
from scenarios import Scenario
from simulator import Run, mean_interval
from simulator.precision import elapsed_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Formatter(Protocol):
    """IPython's formatter of one form of output."""

    def for_type(self, kind: type, show: Callable[..., str]) -> object:
        """Show values of a type by a function."""


def load_ipython_extension(shell: object) -> None:
    """Register the faces with IPython; called by ``%load_ext lianban``."""
    formatters: dict[str, Formatter] = shell.display_formatter.formatters  # type: ignore[attr-defined]  # IPython is no dependency
    formatters["image/svg+xml"].for_type(Procedure, procedure_svg)
    formatters["image/svg+xml"].for_type(Scenario, scenario_svg)
    formatters["text/html"].for_type(Scenario, scenario_html)
    formatters["text/html"].for_type(Run, run_html)


def procedure_svg(procedure: Procedure) -> str:
    """Return a procedure's flow diagram."""
    return flow_diagram(procedure).svg()


def scenario_svg(scenario: Scenario) -> str:
    """Return a scenario's flow diagram."""
    return flow_of(scenario).svg()


def scenario_html(scenario: Scenario) -> str:
    """Return a scenario's name, its numbers on paper and where its data come from."""
    name = escape(scenario.name.in_language("en"))
    table = html_table(summarise(scenario).table("en"))
    return f"<p><b>{name}</b> ({escape(scenario.provenance)})</p>{table}"


def run_html(run: Run) -> str:
    """Return what a run was and its mean elapsed time with the interval."""
    times = [elapsed_of(run.plan, trace, 0)[0] for trace in run.replications]
    means = [float(ticks.mean()) / run.plan.day_ticks for ticks in times if ticks.size]
    interval = mean_interval(means)
    ends = "" if interval.low is None else f" ({interval.low:.1f} to {interval.high:.1f})"
    return html_table(
        [
            ["run", "value"],
            ["mean elapsed working days", f"{interval.estimate:.1f}{ends}"],
            ["replications", str(len(run.replications))],
            ["cases in each", str(run.plan.cases)],
            ["seed", str(run.seed)],
            ["engine", run.engine],
        ]
    )
