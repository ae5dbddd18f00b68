"""The designs that nothing beats: a Pareto front over two measures."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from results.charts.style import DIM, dress, number_from_zero, own_axes, say
from results.words import word


def plot_pareto(
    designs: Sequence[tuple[str, float, float]],
    *,
    x: str,
    y: str,
    language: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw designs over two measures, both better when smaller; the front is joined.

    Parameters
    ----------
    designs : sequence of (str, float, float)
        Name and the two measures.
    x, y : str
        What the measures are, with their units.
    """
    ax = own_axes(ax)
    front = pareto_front(designs)
    others = [each for each in designs if each not in front]
    if others:
        ax.plot([e[1] for e in others], [e[2] for e in others], "o", color="#c9d3de",
                label=word("beaten", language))  # fmt: skip
    ax.step([e[1] for e in front], [e[2] for e in front], "o-", where="post", color="#1f5fbf",
            label=word("best for some purpose", language))  # fmt: skip
    for name, across, up in front:
        say(ax, across, up, f"  {name}", va="bottom")
    for name, across, up in others:
        say(ax, across, up, f"  {name}", va="bottom", color=DIM)
    ax.margins(x=0.2, y=0.12)
    if all(float(across).is_integer() for _, across, _ in designs):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if all(across >= 0 for _, across, _ in designs):
            number_from_zero(ax)
    return dress(ax, word("what cannot be had both", language), x, y)


def pareto_front(designs: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Return the designs that no other beats in both measures, by the first measure.

    Examples
    --------
    >>> pareto_front([("a", 1, 5), ("b", 2, 5), ("c", 3, 1)])
    [('a', 1, 5), ('c', 3, 1)]
    """
    front: list[tuple[str, float, float]] = []
    for each in sorted(designs, key=lambda design: (design[1], design[2])):
        if not front or each[2] < front[-1][2]:
            front.append(each)
    return front
