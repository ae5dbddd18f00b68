"""What each lever is worth: the waterfall, and what each change alone would bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from results.charts.style import DIM, dress, own_axes, say
from results.words import word
from simulator import Interval


def plot_waterfall(
    start: float,
    parts: Sequence[tuple[str, float]],
    *,
    unit: str,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw how contributions lead from one total to the other.

    Parameters
    ----------
    start : float
        Total of the first design.
    parts : sequence of (str, float)
        Name and contribution of each lever; they add up to the difference exactly.
    unit : str
        Unit of the axis, for instance working days.
    """
    ax = own_axes(ax, height=0.42 * (len(parts) + 2) + 1.3)
    names = [word("before", language), *(name for name, _ in parts), word("after", language)]
    level = start
    ax.barh(0, start, height=0.6, color="#6b7886")
    say(ax, start, 0, f" {start:g}", va="center")
    for row, (_, worth) in enumerate(parts, start=1):
        fewer = worth < 0
        ax.barh(
            row, abs(worth), left=min(level, level + worth), height=0.6,
            color="#2f6b35" if fewer else "#b00020", hatch="" if fewer else "//",
        )  # fmt: skip
        ax.plot([level, level], [row - 1.3, row + 0.3], color=DIM, linewidth=0.8)
        level += worth
        say(ax, max(level, level - worth), row, f" {worth:+.1f}", va="center")
    last = len(parts) + 1
    ax.barh(last, level, height=0.6, color="#1f5fbf")
    say(ax, level, last, f" {level:.6g}", va="center")
    ax.set_yticks(np.arange(last + 1), names)
    ax.invert_yaxis()
    ax.set_xlim(0, max(start, level) * 1.14)
    return dress(ax, word("what each lever is worth", language), unit, "", legend=False)


def plot_tornado(
    effects: Sequence[tuple[str, Interval]],
    *,
    unit: str,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw what each change alone brings, the largest on top, with its interval."""
    ranked = sorted(effects, key=lambda effect: abs(effect[1].estimate))
    ax = own_axes(ax, height=0.36 * len(ranked) + 1.3)
    for row, (_, effect) in enumerate(ranked):
        fewer = effect.estimate < 0
        colour = "#2f6b35" if fewer else "#b00020"
        ax.barh(row, effect.estimate, height=0.6, color=colour, hatch="" if fewer else "//")
        if effect.low is not None and effect.high is not None:
            ax.plot([effect.low, effect.high], [row, row], color="#1b232c", linewidth=1.6)
        ends = [0.0, effect.estimate, *(each for each in (effect.low, effect.high) if each)]
        beside = min(ends) if fewer else max(ends)
        say(
            ax,
            beside,
            row,
            f" {effect.estimate:+.1f} ",
            va="center",
            ha="right" if fewer else "left",
        )
    ax.margins(x=0.12)
    ax.axvline(0, color="#1b232c", linewidth=1)
    ax.set_yticks(np.arange(len(ranked)), [name for name, _ in ranked])
    return dress(ax, word("what one change alone brings", language), unit, "", legend=False)
