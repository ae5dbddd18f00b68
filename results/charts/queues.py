"""Who waits for whom: queue lengths over time and how busy people are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from results.charts.style import DESIGNS, dress, own_axes, say, titled
from results.series import QueueLength
from results.summary import PoolUse
from results.words import word


def plot_queue(
    queues: Sequence[QueueLength], *, language: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw how much work waits for each pool over time: mean, and the middle 80 % of runs."""
    ax = own_axes(ax)
    for number, queue in enumerate(queues):
        colour, _, line = DESIGNS[number % len(DESIGNS)]
        name = queue.name.in_language(language)
        ax.step(queue.days, queue.mean, where="post", color=colour, linestyle=line, label=name)
        ax.fill_between(
            queue.days, queue.low, queue.high, step="post", color=colour, alpha=0.15, linewidth=0
        )
    ax.set_ylim(bottom=0)
    title = word("work waiting", language)
    return dress(ax, title, word("working days since the start", language), word("files", language))


def plot_utilisation(
    pools: Sequence[PoolUse],
    *,
    design: str = "",
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw how much of their open time people hold work, with its 95 % interval, busiest first.

    ``design`` is said in the title where nothing beside the chart says it.
    """
    busiest = sorted(pools, key=lambda pool: pool.utilisation.estimate)
    ax = own_axes(ax, height=0.3 * len(busiest) + 1.4)
    rows = np.arange(len(busiest))
    share = np.array([100 * pool.utilisation.estimate for pool in busiest])
    low = [100 * (p.utilisation.low or p.utilisation.estimate) for p in busiest]
    high = [100 * (p.utilisation.high or p.utilisation.estimate) for p in busiest]
    ax.barh(rows, share, height=0.62, color="#9db7dd", edgecolor="#1f5fbf")
    ax.errorbar(
        share, rows, xerr=np.abs(np.array([share - low, high - share])), fmt="none",
        ecolor="#1b232c", capsize=3,
    )  # fmt: skip
    for row, pool in zip(rows, busiest, strict=True):
        say(ax, max(high[row], share[row]) + 1, float(row), f"{share[row]:.0f} % × {pool.capacity}",
            va="center")  # fmt: skip
    role = {p.key: word(p.key.split(".")[-1], language) for p in busiest}
    names = [f"{p.name.in_language(language)} ({role[p.key]})" for p in busiest]
    ax.set_yticks(rows, names)
    ax.set_xlim(0, max(100.0, float(max(high, default=0)) * 1.15))
    title = titled(word("how busy people are", language), design)
    streamed = bool(pools) and all(pool.streamed for pool in pools)
    label = "in use % while their cases come" if streamed else "in use %"
    return dress(ax, title, word(label, language), "")
