"""How every chart looks: our font, colours that differ in grey too, axes of our own."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from results.font import font_path, text_width, wrap
from rules.files import write_whole

INK, DIM, RULE, PROMISE = "#1b232c", "#4d5a68", "#dde3e9", "#b00020"
DESIGNS = (
    ("#6b7886", "//", (0, (4, 2))),
    ("#1f5fbf", "", "solid"),
    ("#2f6b35", "..", (0, (1, 1.2))),
    ("#8e2450", "xx", (0, (6, 2, 1, 2))),
)
"""Colour, hatching and line of the first, second ... design: told apart without colour."""

FORMS = (".png", ".svg", ".pdf")
_TITLE, _LABEL, _TICK = 12.0, 10.0, 9.0
_MARGIN, _HANDLE, _BELOW = 70.0, 44.0, 32.0
"""Points that a legend leaves for the axis beside it, for the sample before each name, and for
the axis above it."""


@cache
def font(size: float) -> FontProperties:
    """Return the shipped font at a size in points."""
    return FontProperties(fname=str(font_path()), size=size)


def own_axes(ax: Axes | None, width: float = 7.2, height: float = 4.0) -> Axes:
    """Return the axes given, or those of a figure of that size in inches."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def dress(ax: Axes, title: str, x: str, y: str, *, legend: bool = True) -> Axes:
    """Give axes their title, labels, grid and font, and return them."""
    heading = ax.set_title(title, loc="left", color=INK)
    ax.set_xlabel(x, color=INK)
    ax.set_ylabel(y, color=INK)
    ax.grid(True, color=RULE, linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if legend and ax.get_legend_handles_labels()[0]:
        _explain(ax)
    heading.set_fontproperties(font(_TITLE))
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set_fontproperties(font(_LABEL))
    for tick in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        tick.set_fontproperties(font(_TICK))
    return ax


def _explain(ax: Axes) -> None:
    """Put the legend below, in two columns where the names leave room, wrapped where they must."""
    handles, names = ax.get_legend_handles_labels()
    room = _figure(ax).get_figwidth() * 72 - _MARGIN
    columns = 2 if max(text_width(name, _TICK) for name in names) + _HANDLE <= room / 2 else 1
    told = ["\n".join(wrap(name, room - _HANDLE, _TICK)) for name in names]
    # below the axis and its name, however low the axes are
    below = ax.transAxes + ScaledTranslation(0, -_BELOW / 72, _figure(ax).dpi_scale_trans)
    ax.legend(
        handles, told, frameon=False, prop=font(_TICK), loc="upper left",
        bbox_to_anchor=(0, 0), bbox_transform=below, ncols=columns,
    )  # fmt: skip


def say(ax: Axes, x: float, y: float, words: str, **more: object) -> Text:
    """Write words at a place in the data, in our font."""
    options: dict[str, object] = {"fontproperties": font(_TICK), "color": INK, "parse_math": False}
    return ax.text(x, y, words, **(options | more))  # type: ignore[arg-type]  # plain keywords


def titled(title: str, design: str) -> str:
    """Return a chart's title with the design that it is of, if one is named."""
    return f"{title}: {design}" if design else title


def svg(ax: Axes) -> str:
    """Return the axes' figure as SVG whose letters are outlines: it looks the same anywhere."""
    out = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "lianban"}):
        _figure(ax).savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def save(ax: Axes, path: Path | str) -> Path:
    """Write the axes' figure as ``.png``, ``.svg`` or ``.pdf``; whole or not at all.

    Raises
    ------
    ValueError
        If the suffix is none of these.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMS:
        raise ValueError(f"'{path.suffix}' is not a form of charts ({', '.join(FORMS)})")
    out = io.BytesIO()
    if path.suffix.lower() == ".svg":
        out.write(svg(ax).encode())
    else:
        form = path.suffix[1:].lower()
        none = {"CreationDate": None, "ModDate": None} if form == "pdf" else {}
        with rc_context({"pdf.fonttype": 42}):
            _figure(ax).savefig(out, format=form, dpi=192, metadata=none)
    write_whole(path, out.getvalue())
    return path


def _figure(ax: Axes) -> Figure:
    drawn = ax.get_figure(root=True)
    if drawn is None:
        raise ValueError("the axes stand on no figure")
    return drawn


def number_from_zero(ax: Axes) -> None:
    """Leave off the numbers below zero where room is left of it: no days and no counts are."""
    low, high = ax.get_xlim()
    ax.set_xticks([tick for tick in ax.get_xticks() if max(low, 0.0) <= tick <= high])
    ax.set_xlim(low, high)
