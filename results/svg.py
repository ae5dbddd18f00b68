"""Draw a picture as one SVG text: own styles, own glyphs, nothing from outside."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

from results.display import PAINTS, Group, Line, Paint, Picture, Point, Rect, Strokes, Text, every
from results.font import FAMILY, missing, subset_woff

_CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
}


def to_svg(picture: Picture, *, embed_font: bool = True) -> str:
    """Return the picture as an SVG document; the same picture gives the same text."""
    shapes = tuple(every(picture.shapes))
    used = {name for shape in shapes for name in shape.classes.split()}
    written = "".join(shape.text for shape in shapes if isinstance(shape, Text))
    width, height = _number(picture.width), _number(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{_clean(picture.title)}">',
        f"<title>{_clean(picture.title)}</title>",
        f"<desc>{_clean(picture.description)}</desc>",
        "<style>",
        *([_font_face(written)] if embed_font and written else []),
        f".lb text{{font-family:'{FAMILY}','Noto Sans SC','Noto Sans CJK SC',"
        "'Microsoft YaHei','PingFang SC',sans-serif;stroke:none;white-space:pre}",
        ".lb .to-middle{text-anchor:middle}.lb .to-end{text-anchor:end}",
        ".lb path,.lb rect{fill:none;stroke:none}",
        *(_rule(name, look) for name, look in PAINTS.items() if name in used),
        "</style>",
        '<g class="lb">',
        *_draw(picture.shapes),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _font_face(written: str) -> str:
    glyphs = set(written) - set(missing(written))
    data = base64.b64encode(subset_woff(glyphs)).decode()
    return (
        f"@font-face{{font-family:'{FAMILY}';src:url(data:font/woff;base64,{data}) format('woff')}}"
    )


def _rule(name: str, look: Paint) -> str:
    rules = []
    if look.fill is not None:
        rules.append(f"fill:{look.fill}")
    if look.stroke is not None:
        rules.append(f"stroke:{look.stroke}")
    if look.width is not None:
        rules.append(f"stroke-width:{_number(look.width)}")
    if look.dash is not None:
        rules.append(f"stroke-dasharray:{' '.join(map(_number, look.dash)) or 'none'}")
    return f".lb .{name}{{{';'.join(rules)}}}"


def _draw(shapes: Iterable[Rect | Line | Strokes | Text | Group]) -> Iterable[str]:
    for shape in shapes:
        look = f' class="{shape.classes}"' if shape.classes else ""
        if isinstance(shape, Group):
            key = f' data-id="{_clean(shape.key)}"' if shape.key else ""
            yield f"<g{look}{key}>"
            if shape.title:
                yield f"<title>{_clean(shape.title)}</title>"
            yield from _draw(shape.shapes)
            yield "</g>"
        elif isinstance(shape, Rect):
            radius = f' rx="{_number(shape.radius)}"' if shape.radius else ""
            yield (
                f'<rect x="{_number(shape.x)}" y="{_number(shape.y)}" '
                f'width="{_number(shape.width)}" height="{_number(shape.height)}"{radius}{look}/>'
            )
        elif isinstance(shape, Line):
            yield f'<path d="{_path(shape.points)}{"Z" if shape.closed else ""}"{look}/>'
        elif isinstance(shape, Strokes):
            yield f'<path d="{"".join(_path(segment) for segment in shape.segments)}"{look}/>'
        else:
            anchor = "" if shape.anchor == "start" else f" to-{shape.anchor}"
            yield (
                f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" '
                f'font-size="{_number(shape.size)}" class="{shape.classes}{anchor}">'
                f"{_clean(shape.text)}</text>"
            )


def _path(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _clean(text: str) -> str:
    """Escape for XML and leave out the characters that XML forbids."""
    kept = text.translate(_CONTROL)
    return escape("".join(c for c in kept if not 0xD800 <= ord(c) <= 0xDFFF), quote=True)
