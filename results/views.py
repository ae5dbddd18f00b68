"""Designs as pictures and charts that a notebook shows: named, honest about their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from results.display import Picture
from results.mixes import as_drawn
from results.series import elapsed
from results.swimlane import flow_diagram
from results.timeline import timeline
from rules import Name
from scenarios import Scenario, compile_plan
from simulator import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from results.comparison import Comparison


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawn chart with what it says in words.

    Attributes
    ----------
    axes : Axes
        Where it is drawn.
    words : str
        What it shows, for a console and for people who cannot see it.
    """

    axes: Axes
    words: str

    def save(self, path: str | Path) -> Path:
        """Write the chart as ``.svg``, ``.png`` or ``.pdf``; whole or not at all."""
        from results.charts import save

        return save(self.axes, path)

    def _repr_svg_(self) -> str:
        from results.charts import svg

        return svg(self.axes)

    def __str__(self) -> str:
        return self.words


def offices_of(scenarios: Sequence[Scenario]) -> dict[str, Name]:
    """Return the names of all offices, those of later designs over earlier ones."""
    return {office.key: office.name for each in scenarios for office in each.offices}


def flow_of(
    scenario: Scenario,
    before: Scenario | None = None,
    language: str = "both",
    *,
    shown: str = "all",
    promise: float | None = None,
) -> Picture:
    """Return a design's flow diagram; with another before it, what became of each step.

    ``shown`` and ``promise`` are those of :func:`results.swimlane.flow_diagram`.
    """
    return flow_diagram(
        as_drawn(scenario),
        before=as_drawn(before) if before else None,
        language=language,
        title=_title([scenario], language),
        offices=offices_of([each for each in (before, scenario) if each]),
        shown=shown,
        promise=None if promise is None else Fraction(promise),
    )


def timeline_of(
    scenarios: Sequence[Scenario],
    language: str = "both",
    *,
    shown: str = "all",
    promise: float | None = None,
) -> Picture:
    """Return designs on one working-day axis, the first on top; see :func:`flow_of`."""
    return timeline(
        [(each.name, as_drawn(each)) for each in scenarios],
        language=language,
        title=_title([scenarios[0], scenarios[-1]] if len(scenarios) > 1 else scenarios, language),
        offices=offices_of(scenarios),
        shown=shown,
        promise=None if promise is None else Fraction(promise),
    )


def distribution_of(
    comparison: Comparison, language: str = "en", promise: float | None = None
) -> Chart:
    """Return how long cases take in each design of a comparison; simulates them once more.

    Raises
    ------
    ValueError
        If the comparison is of the paper view alone.
    """
    from results.charts import plot_distribution

    if not comparison.simulated:
        raise ValueError("on paper every case takes the same: compare with replications >= 1")
    taken = [
        elapsed(
            simulate(compile_plan(each.scenario), each.replications, each.seed, engine=each.engine),
            each.scenario.name.in_language(language),
        )
        for each in comparison.summaries
    ]
    axes = plot_distribution(taken, promise=promise, language=language)
    words = "\n".join(
        f"{each.name}: P50 {each.p50.estimate:.1f}, P90 {each.p90.estimate:.1f} wd"
        for each in taken
    )
    return Chart(axes, words)


def _title(designs: Sequence[Scenario], language: str) -> str:
    return "  ".join(
        " → ".join(each.name.in_language(speech) for each in designs)
        for speech in (("zh", "en") if language == "both" else (language,))
    )
