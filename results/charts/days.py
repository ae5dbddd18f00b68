"""Where the days go, per stage: work, queue, the applicant, notices, stopped clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from results.charts.style import DIM, dress, own_axes, say, titled
from results.series import StageDays
from results.words import word

PARTS = (
    ("touch", "#1f5fbf", ""),
    ("queue", "#b00020", "//"),
    ("dwell", "#c9d3de", ".."),
    ("applicant", "#8fb996", "\\\\"),
    ("notice", "#e0b64a", "xx"),
    ("stopped", "#ffffff", "oo"),
)
"""Part, colour and hatching, in the order in which they are stacked."""

ALWAYS = ("touch", "queue", "dwell")
"""Parts that are in the legend even where they are nothing."""


def plot_days(
    stages: Sequence[StageDays],
    *,
    design: str = "",
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw a stacked bar for each stage: mean working days of a case, summed over its steps.

    Steps run side by side, so the bars add up to more than a case's elapsed time. ``design``
    is said in the title where nothing beside the chart says it.
    """
    ax = own_axes(ax, height=0.55 * len(stages) + 1.6)
    rows = np.arange(len(stages))[::-1]
    left = np.zeros(len(stages))
    for part, colour, hatch in PARTS:
        widths = np.array([getattr(stage, part) for stage in stages])
        if part not in ALWAYS and not widths.any():
            continue
        edge = DIM if colour == "#ffffff" else "white"
        ax.barh(
            rows, widths, left=left, height=0.62, color=colour, hatch=hatch, edgecolor=edge,
            label=word(part, language),
        )  # fmt: skip
        left = left + widths
    for row, total in zip(rows, left, strict=True):
        say(ax, float(total), float(row), f" {total:.1f}", va="center")
    ax.set_yticks(rows, [stage.name.in_language(language) for stage in stages])
    ax.set_xlim(0, float(left.max()) * 1.12 if len(left) else 1)
    title = titled(word("where the days go", language), design)
    return dress(ax, title, word("working days of steps", language), "")
