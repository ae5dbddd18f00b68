"""How long cases take: the distribution, its P50 and P90, and the promise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from results.charts.style import DESIGNS, PROMISE, dress, number_from_zero, own_axes, say
from results.series import Elapsed
from results.words import word
from simulator import Interval

_AIR = 0.17
"""Part of the range that is left free at either side."""

BINS = 60

_ROW = 0.09
"""Height of a row of words above the histograms, in heights of the highest."""

_ON_WHITE: dict[str, object] = {
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    "zorder": 5,
}
"""Words that hide a line behind them."""


def plot_distribution(
    designs: Sequence[Elapsed],
    *,
    promise: float | None = None,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw histograms of elapsed working days of one or more designs on one axis.

    Parameters
    ----------
    designs : sequence of Elapsed
        See :func:`results.series.elapsed`; the interval of each P50 and P90 is drawn
        as a bar over the histogram.
    promise : float, optional
        Promised limit in working days; drawn as a line with the share within it.
    language : str
        ``en`` or ``zh``.
    ax : Axes, optional
        Where to draw; a figure of its own by default.
    """
    ax = own_axes(ax)
    low = min(float(each.days.min()) for each in designs)
    high = max(float(each.days.max()) for each in designs)
    edges = np.linspace(low, max(high, low + 1), BINS + 1).tolist()
    top = 0.0
    for number, each in enumerate(designs):
        colour, hatch, line = DESIGNS[number % len(DESIGNS)]
        share = np.full(len(each.days), 100 / len(each.days))
        heights, *_ = ax.hist(
            each.days, edges, weights=share, histtype="stepfilled", alpha=0.35, color=colour,
            hatch=hatch, edgecolor=colour, linestyle=line, label=each.name,
        )  # fmt: skip
        top = max(top, float(np.max(heights)))
    for number, each in enumerate(designs):
        colour = DESIGNS[number % len(DESIGNS)][0]
        height = top * (1.06 + _ROW * number)
        for label, interval in (("P50", each.p50), ("P90", each.p90)):
            _mark(ax, interval, height, colour, label)
    # room for the names of quantiles beside the first and the last histogram
    ends = [low, high, *([] if promise is None else [promise])]
    air = _AIR * max(max(ends) - min(ends), 1.0)
    ax.set_xlim(min(ends) - air, max(ends) + air)
    number_from_zero(ax)
    rows = len(designs) + (promise is not None)
    ax.set_ylim(0, top * (1.03 + _ROW * rows))
    if promise is not None:
        ax.axvline(promise, color=PROMISE, linewidth=1.6)
        within = " / ".join(f"{100 * (each.days <= promise).mean():.1f} %" for each in designs)
        words = f" {word('promise', language)} {promise:g}: {within} "
        beside = "left" if promise < (min(ends) + max(ends)) / 2 else "right"
        height = top * (1.06 + _ROW * len(designs))
        say(ax, promise, height, words, color=PROMISE, va="center", ha=beside)
    return dress(
        ax, word("how long cases take", language), word("elapsed working days", language),
        word("share of cases %", language),
    )  # fmt: skip


def _mark(ax: Axes, interval: Interval, height: float, colour: str, label: str) -> None:
    """Draw a quantile with its interval; P50 is named on its left, P90 on its right."""
    low = interval.estimate if interval.low is None else interval.low
    high = interval.estimate if interval.high is None else interval.high
    ax.plot([low, high], [height, height], color=colour, linewidth=4, zorder=6)
    ax.plot([interval.estimate], [height], marker="|", markersize=11, color=colour, zorder=6)
    words = f"{label} {interval.estimate:.1f}"
    if label == "P50":
        say(ax, low, height, f"{words}  ", color=colour, va="center", ha="right", **_ON_WHITE)
    else:
        say(ax, high, height, f"  {words}", color=colour, va="center", **_ON_WHITE)


def plot_cumulative(
    designs: Sequence[Elapsed],
    *,
    promise: float | None = None,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of cases closed within so many elapsed working days.

    Parameters
    ----------
    designs : sequence of Elapsed
        See :func:`results.series.elapsed`.
    promise : float, optional
        Promised limit in working days, drawn as a line.
    language : str
        ``en`` or ``zh``.
    ax : Axes, optional
        Where to draw; a figure of its own by default.
    """
    ax = own_axes(ax)
    for number, each in enumerate(designs):
        colour, _, line = DESIGNS[number % len(DESIGNS)]
        days = np.sort(each.days)
        places = np.unique(np.linspace(0, len(days) - 1, 400).astype(int))
        share = 100 * (places + 1) / len(days)
        ax.step(days[places], share, where="post", color=colour, linestyle=line, label=each.name)
    if promise is not None:
        ax.axvline(promise, color=PROMISE, linewidth=1.6)
        say(ax, promise, 2, f" {word('promise', language)} {promise:g}", color=PROMISE)
    ax.set_ylim(0, 101)
    return dress(
        ax, word("share of cases closed", language), word("elapsed working days", language),
        word("share of cases %", language),
    )  # fmt: skip
