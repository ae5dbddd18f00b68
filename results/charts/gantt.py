"""A procedure's steps on working days, with slack and another design beneath."""

from __future__ import annotations

from matplotlib.axes import Axes

from results.charts.style import DIM, INK, PROMISE, dress, own_axes, say
from results.mixes import alone
from results.words import word
from rules import Procedure


def plot_gantt(
    procedure: Procedure,
    *,
    baseline: Procedure | None = None,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw each step from its earliest start, thick and red where it has no slack.

    Parameters
    ----------
    procedure : Procedure
        Its steps, top to bottom by start.
    baseline : Procedure, optional
        Where its steps of the same catalogue origin lay, in grey beneath.
    """
    drawn = alone(procedure)
    path = drawn.critical_path()
    steps = sorted(procedure.steps, key=lambda step: path.starts[step.key])
    ax = own_axes(ax, width=9.0, height=0.3 * len(steps) + 1.4)
    before = _spans(baseline) if baseline else {}
    named: set[str] = set()

    def once(what: str) -> str:
        """Return the legend's word for what is drawn the first time."""
        seen = what in named
        named.add(what)
        return "_" if seen else word(what, language)

    for row, step in enumerate(steps):
        start, days = float(path.starts[step.key]), float(step.days)
        # no path through a mix of case types is any case's
        slack = 0.0 if procedure.mixed else float(path.slack[step.key])
        for origin in step.origin:
            if origin.key in before:
                low, length = before[origin.key]
                ax.barh(
                    row + 0.33, length, left=low, height=0.2, color="#c9d3de", label=once("before")
                )  # fmt: skip
        critical = not slack and not procedure.mixed
        ax.barh(
            row, days, left=start, height=0.5, color="#dfebfc" if not critical else "#f6c6cd",
            edgecolor=PROMISE if critical else DIM, linewidth=2.2 if critical else 1.0,
            label=once("critical path" if critical else "other steps"),
        )  # fmt: skip
        if slack:
            ends = [start + days, start + days + slack]
            ax.plot(ends, [row, row], color=DIM, linestyle=":", label=once("slack"))
        name = f" {step.key} {step.name.in_language(language)} ({days:g})"
        say(ax, start + days + slack, row, name, va="center", color=INK)
    ax.set_yticks([])
    ax.invert_yaxis()
    last = max([float(path.days) * 1.45, *(low + length for low, length in before.values())])
    ax.set_xlim(0, last)
    title = procedure.name.in_language(language)
    if not procedure.mixed:
        title += f": {float(path.days):g} {word('working days on paper', language)}"
    return dress(ax, title, word("working days on paper", language), "")


def _spans(procedure: Procedure) -> dict[str, tuple[float, float]]:
    starts = alone(procedure).critical_path().starts
    return {
        origin.key: (float(starts[step.key]), float(step.days))
        for step in procedure.steps
        for origin in step.origin
    }
