"""What a picture holds: a display list of shapes, drawn as they stand by SVG, PNG and PDF alike.

Layouts decide everything; drawers decide nothing. Lengths are pixels of 1/96 inch,
x to the right, y downwards. Shapes name classes; :data:`PAINTS` says what each class
looks like, once for every form of output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from results.font import missing
from rules import did_you_mean
from rules.files import write_whole

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; ``radius`` rounds its corners."""

    x: float
    y: float
    width: float
    height: float
    classes: str = ""
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline, or a polygon when ``closed``."""

    points: tuple[Point, ...]
    classes: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Strokes:
    """Many short lines of one look: a hatching."""

    segments: tuple[tuple[Point, Point], ...]
    classes: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; ``y`` is its baseline, ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    size: float
    classes: str = "ink"
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together: ``key`` names what they show, ``title`` explains it."""

    shapes: tuple[Shape, ...]
    key: str = ""
    classes: str = ""
    title: str = ""


Shape = Rect | Line | Strokes | Text | Group


@dataclass(frozen=True, slots=True)
class Paint:
    """How a class looks; ``None`` leaves it to the classes before."""

    fill: str | None = None
    stroke: str | None = None
    width: float | None = None
    dash: tuple[float, ...] | None = None


PAINTS: dict[str, Paint] = {
    "page": Paint("#ffffff"),
    "ink": Paint("#1b232c"),
    "dim": Paint("#4d5a68"),
    "link": Paint("#4d5a68"),
    "on-dark": Paint("#ffffff"),
    "rule": Paint("none", "#b9c3cd", 0.8),
    "grid": Paint("none", "#dde3e9", 0.8),
    "axis": Paint("none", "#3b4754", 1.2),
    "lane-even": Paint("#ffffff", "#b9c3cd", 0.8),
    "lane-odd": Paint("#f4f6f9", "#b9c3cd", 0.8),
    "lane-label": Paint("#e6ebf1", "#b9c3cd", 0.8),
    "stage": Paint("#d5dfea", "#8796a6", 0.8),
    "stage-field": Paint("none", "#8796a6", 0.9, (2, 3)),
    "gate": Paint("#3b4754", "#3b4754", 1.0),
    "panel": Paint("#f4f6f9", "#3b4754", 1.2),
    "box": Paint("#ffffff", "#3b4754", 1.1, ()),
    "government_approval": Paint("#ffffff", "#3b4754"),
    "government_filing": Paint("#eef1f4", "#3b4754"),
    "public_notice": Paint("#fff3d1", "#7a5300", 1.1, (7, 2, 1.5, 2)),
    "intermediary_service": Paint("#e9f5e9", "#2f6b35", 1.1, (6, 3)),
    "survey": Paint("#f1eafa", "#5f3b96"),
    "meeting": Paint("#e3f4f5", "#176f78"),
    "joint_step": Paint("#dfebfc", "#1f5fbf", 1.4, (5, 2)),
    "conversion": Paint("#fde9ef", "#8e2450", 1.1, (10, 2)),
    "external_wait": Paint("#ffffff", "#4d5a68", 1.1, (1.5, 2.5)),
    "day-off": Paint("#e9edf1"),
    "baseline": Paint("#9aa6b3"),
    "ghost": Paint("#ffffff", "#6b7886", 1.0, (3, 3)),
    "critical": Paint(None, "#b00020", 2.8, ()),
    "corner": Paint("#b00020", "#b00020", 0.5, ()),
    "hatch": Paint("none", "#4d5a68", 0.9, ()),
    "chip": Paint("#ffffff", "#1f5fbf", 0.8, ()),
    "chip-ink": Paint("#174a96"),
    "edge": Paint("none", "#6b7886", 1.2, ()),
    "practice": Paint(None, None, None, (5, 3)),
    "through": Paint(None, None, None, (9, 3, 1.5, 3)),
    "promise": Paint("none", "#174a96", 2.0, (9, 4)),
    "promise-ink": Paint("#174a96"),
    "formal": Paint(None, None, None, (1.5, 2.5)),
    "edge-critical": Paint("none", "#b00020", 2.6),
    "arrow": Paint("#6b7886", "#6b7886", 0.5, ()),
    "arrow-critical": Paint("#b00020", "#b00020", 0.5, ()),
    "finish": Paint("none", "#b00020", 1.8, ()),
    "saved": Paint("none", "#1a6b30", 1.8, ()),
    "saved-ink": Paint("#1a6b30"),
    "critical-ink": Paint("#b00020"),
    "kept": Paint("#4d5a68"),
    "changed": Paint("#7a5300"),
    "moved": Paint("#5f3b96"),
    "merged": Paint("#174a96"),
    "split": Paint("#176f78"),
    "added": Paint("#1a6b30"),
    "removed": Paint("#b00020"),
}


@lru_cache(maxsize=512)
def paint(classes: str) -> Paint:
    """Return how a shape with these classes looks, later classes over earlier ones.

    Examples
    --------
    >>> paint("box critical").stroke, paint("box critical").fill
    ('#b00020', '#ffffff')
    """
    fill, stroke, width, dash = "none", "none", 1.0, ()  # type: str, str, float, tuple[float, ...]
    for name in classes.split():
        look = PAINTS.get(name)
        if look is None:
            continue
        fill = fill if look.fill is None else look.fill
        stroke = stroke if look.stroke is None else look.stroke
        width = width if look.width is None else look.width
        dash = dash if look.dash is None else look.dash
    return Paint(fill, stroke, width, dash)


FORMS = (".svg", ".png", ".pdf")
"""Suffixes that :meth:`Picture.save` knows."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture.

    Attributes
    ----------
    width, height : float
        Size in pixels of 1/96 inch.
    shapes : tuple of Shape
        What is drawn, first to last.
    title, description : str
        For people who cannot see it, and for the file's properties.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str = ""
    description: str = ""

    def svg(self, *, embed_font: bool = True) -> str:
        """Return the picture as one SVG text without outside references.

        ``embed_font=False`` leaves out the glyphs, for a page that carries the font itself.
        """
        from results.svg import to_svg

        return to_svg(self, embed_font=embed_font)

    @property
    def missing_characters(self) -> str:
        """Characters that the shipped font lacks: a machine's own font, or a box, shows them."""
        return missing("".join(texts(self)))

    def _repr_svg_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        return f"{self.title}\n{self.description}".strip()

    def save(self, path: str | Path) -> Path:
        """Write the picture as SVG, PNG or PDF, by the path's suffix.

        The file appears whole or not at all.

        Raises
        ------
        ValueError
            If the suffix is another; the message names the known ones.
        """
        path = Path(path)
        form = path.suffix.lower()
        if form not in FORMS:
            hint = did_you_mean(form, FORMS)
            raise ValueError(
                f"{path.name}: pictures are saved as {', '.join(FORMS)}, not '{form}'{hint}"
            )
        if form == ".svg":
            content = self.svg().encode()
        else:
            from results.charts import to_bytes

            content = to_bytes(self, form[1:])
        write_whole(path, content)
        return path


def save_pages(pictures: Sequence[Picture], path: str | Path, paper: str) -> Path:
    """Write pictures as the landscape sheets (``a3`` or ``a4``) of one PDF; whole or not at all.

    Raises
    ------
    ValueError
        If the path does not end in ``.pdf``.
    """
    from results.charts import pdf_of

    path = Path(path)
    if path.suffix.lower() != ".pdf":
        raise ValueError(f"{path.name}: sheets are saved as .pdf, not '{path.suffix}'")
    write_whole(path, pdf_of(pictures, paper))
    return path


def every(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    """Yield all shapes, groups before what they hold."""
    for shape in shapes:
        yield shape
        if isinstance(shape, Group):
            yield from every(shape.shapes)


def moved(shape: Shape, x: float, y: float) -> Shape:
    """Return a shape shifted right by ``x`` and down by ``y``."""
    if isinstance(shape, Group):
        return replace(shape, shapes=tuple(moved(part, x, y) for part in shape.shapes))
    if isinstance(shape, Line):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    if isinstance(shape, Strokes):
        segments = tuple(((a + x, b + y), (c + x, d + y)) for (a, b), (c, d) in shape.segments)
        return replace(shape, segments=segments)
    return replace(shape, x=shape.x + x, y=shape.y + y)


def texts(picture: Picture) -> tuple[str, ...]:
    """Return every text of a picture in drawing order."""
    return tuple(shape.text for shape in every(picture.shapes) if isinstance(shape, Text))


def arrowhead(tip: Point, classes: str, size: float = 7.0) -> Line:
    """Return an arrowhead that points right."""
    x, y = tip
    return Line(
        ((x, y), (x - size, y - size * 0.45), (x - size, y + size * 0.45)), classes, closed=True
    )
