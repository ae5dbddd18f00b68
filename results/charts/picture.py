"""Draw pictures with matplotlib: the only module that imports it.

It draws the same display list as SVG does, with the font this package ships, on a
figure of its own; nothing of matplotlib's global state is touched.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from results.display import Group, Line, Paint, Picture, Rect, Shape, Strokes, Text, paint
from results.font import font_path, missing

PIXELS_PER_INCH = 96
_POINTS = 72 / PIXELS_PER_INCH
_PNG_DPI = 192
_MOST_PIXELS = 16_000
"""Widest PNG, in dots; beyond it the resolution is lowered so that viewers still open it."""


PAPERS = {"a3": (420.0, 297.0), "a4": (297.0, 210.0)}
"""Width and height of landscape sheets in millimetres."""

_MARGIN_MM = 10.0
_MM_PER_INCH = 25.4


def figure(picture: Picture) -> Figure:
    """Return a matplotlib figure of the picture, at its own size."""
    drawn = Figure(figsize=(picture.width / PIXELS_PER_INCH, picture.height / PIXELS_PER_INCH))
    _draw(drawn, picture, (0, 0, 1, 1), 1.0)
    return drawn


def sheet(picture: Picture, paper: str) -> Figure:
    """Return a figure of a landscape sheet with the picture as large as its margins allow."""
    wide, tall = PAPERS[paper]
    room = (wide - 2 * _MARGIN_MM, tall - 2 * _MARGIN_MM)
    scale = min(room[0] / picture.width, room[1] / picture.height)
    width, height = picture.width * scale, picture.height * scale
    drawn = Figure(figsize=(wide / _MM_PER_INCH, tall / _MM_PER_INCH))
    place = (
        (wide - width) / 2 / wide,
        1 - (_MARGIN_MM + height) / tall,
        width / wide,
        height / tall,
    )
    _draw(drawn, picture, place, scale * PIXELS_PER_INCH / _MM_PER_INCH)
    return drawn


def _draw(
    drawn: Figure, picture: Picture, place: tuple[float, float, float, float], scale: float
) -> None:
    axes = drawn.add_axes(place)
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    axes.set_axis_off()
    for order, shape in enumerate(_flat(picture.shapes)):
        _add(axes, shape, order, scale)


def pdf_of(pictures: Sequence[Picture], paper: str, charts: Sequence[Axes] = ()) -> bytes:
    """Return a PDF with one landscape sheet for each picture; the same pictures, the same bytes.

    Charts follow, each on a page of its own size.
    """
    out = io.BytesIO()
    told = {"Title": pictures[0].title, "CreationDate": None, "ModDate": None}
    with rc_context({"pdf.fonttype": 42}), PdfPages(out, metadata=told) as book:
        for picture in pictures:
            book.savefig(sheet(picture, paper))
        for axes in charts:
            book.savefig(axes.get_figure(root=True))
    return out.getvalue()


def to_bytes(picture: Picture, form: str) -> bytes:
    """Return the picture as the bytes of a ``png`` or ``pdf`` file.

    The same picture gives the same bytes: no date is written into the file.
    """
    out = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        drawn = figure(picture)
        if form == "pdf":
            drawn.savefig(
                out,
                format="pdf",
                metadata={"Title": picture.title, "CreationDate": None, "ModDate": None},
            )
        else:
            longest = max(picture.width, picture.height)
            dpi = min(_PNG_DPI, _MOST_PIXELS * PIXELS_PER_INCH / longest)
            drawn.savefig(out, format="png", dpi=dpi, metadata={"Title": picture.title})
    return out.getvalue()


@cache
def _font(size: float) -> FontProperties:
    return FontProperties(fname=str(font_path()), size=size * _POINTS)


def _flat(shapes: tuple[Shape, ...]) -> list[Rect | Line | Strokes | Text]:
    found: list[Rect | Line | Strokes | Text] = []
    for shape in shapes:
        if isinstance(shape, Group):
            found += _flat(shape.shapes)
        else:
            found.append(shape)
    return found


def _add(axes: Axes, shape: Rect | Line | Strokes | Text, order: int, scale: float) -> None:
    look = paint(shape.classes)
    if isinstance(shape, Text):
        axes.text(
            shape.x,
            shape.y,
            _drawable(shape.text),
            fontproperties=_font(shape.size * scale),
            color=look.fill or "black",
            ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
            va="baseline",
            zorder=order,
            parse_math=False,
        )
        return
    axes.add_patch(
        PathPatch(
            _outline(shape),
            facecolor=look.fill or "none",
            edgecolor=look.stroke or "none",
            linewidth=0 if look.stroke == "none" else (look.width or 0) * _POINTS * scale,
            linestyle=_dash(look),
            joinstyle="miter",
            capstyle="butt",
            zorder=order,
        )
    )


def _drawable(text: str) -> str:
    """Return the text with an empty box for each character that the font lacks."""
    return text.translate({ord(character): "□" for character in missing(text)})


def _outline(shape: Rect | Line | Strokes) -> Outline:
    if isinstance(shape, Strokes):
        points = [point for segment in shape.segments for point in segment]
        return Outline(points, [Outline.MOVETO, Outline.LINETO] * len(shape.segments))
    if isinstance(shape, Line):
        codes = [Outline.MOVETO, *[Outline.LINETO] * (len(shape.points) - 1)]
        if not shape.closed:
            return Outline(shape.points, codes)
        return Outline((*shape.points, shape.points[0]), [*codes, Outline.CLOSEPOLY])
    left, top, r = shape.x, shape.y, min(shape.radius, shape.width / 2, shape.height / 2)
    right, bottom = left + shape.width, top + shape.height
    points = [(left + r, top)]
    codes = [Outline.MOVETO]
    for corner, before, after in (
        ((right, top), (right - r, top), (right, top + r)),
        ((right, bottom), (right, bottom - r), (right - r, bottom)),
        ((left, bottom), (left + r, bottom), (left, bottom - r)),
        ((left, top), (left, top + r), (left + r, top)),
    ):
        points += [before, corner, after]
        codes += [Outline.LINETO, Outline.CURVE3, Outline.CURVE3]
    return Outline([*points, points[0]], [*codes, Outline.CLOSEPOLY])


def _dash(look: Paint) -> str | tuple[float, tuple[float, ...]]:
    """Return the dashes in matplotlib's unit, the line's own width."""
    if not look.dash or not look.width:
        return "solid"
    steps = look.dash if len(look.dash) % 2 == 0 else look.dash * 2
    return (0, tuple(step / look.width for step in steps))
