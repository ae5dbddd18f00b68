"""Pictures fit for a page that allows no styles inside markup.

The page's policy refuses ``<style>`` and ``style=`` alike, so what a picture's classes look
like stands in the page's one style sheet, and a chart's styles become attributes.
"""

from __future__ import annotations

import math
import re

from lianban.workbench.markup import Html
from results.display import PAINTS, Paint, Picture
from results.report.svgs import inline_chart

_STYLE_BLOCK = re.compile(r"<style\b.*?</style>\s*", re.DOTALL)
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_FONT_SIZE = re.compile(r'font-size="([\d.]+)"')
_TAG = re.compile(r"<[^<>]*>")
_STYLE = re.compile(r' style="([^"]*)"')
_PRESENTED = frozenset(
    ("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray",
     "stroke-dashoffset", "stroke-linejoin", "stroke-linecap", "stroke-miterlimit",
     "stroke-opacity", "opacity", "font-size", "text-anchor", "clip-path")
)  # fmt: skip


LEAST_TEXT = 9.0
"""Pixels below which the smallest words of a picture are not read."""


def drawn(picture: Picture) -> Html:
    """Return a picture's SVG without styles of its own, in the least size that can be read.

    The page draws it wider where there is room; ``data-natural`` is its width at full size.
    """
    svg = _STYLE_BLOCK.sub("", picture.svg(embed_font=False)).strip()
    sizes = [float(each) for each in _FONT_SIZE.findall(svg)]
    least = min(1.0, LEAST_TEXT / min(sizes, default=LEAST_TEXT))

    def smaller(found: re.Match[str]) -> str:
        width, height = (math.ceil(least * float(each)) for each in found.groups())
        return f'width="{width}" height="{height}" data-natural="{found[1]}"'

    return Html(_SIZE.sub(smaller, svg, count=1))


def charted(svg: str, prefix: str, title: str) -> Html:
    """Return a chart's SVG without styles of its own; ``prefix`` keeps its ids apart."""
    text = _STYLE_BLOCK.sub("", inline_chart(svg, prefix, title))
    return Html(_TAG.sub(lambda found: _STYLE.sub(_as_attributes, found[0]), text))


def paints() -> str:
    """Return the style sheet of every picture's classes."""
    rules = [
        ".lb text{stroke:none;white-space:pre}",
        ".lb .to-middle{text-anchor:middle}.lb .to-end{text-anchor:end}",
        ".lb path,.lb rect{fill:none;stroke:none}",
    ]
    return "\n".join([*rules, *(_rule(name, look) for name, look in PAINTS.items())]) + "\n"


def _rule(name: str, look: Paint) -> str:
    parts = []
    if look.fill is not None:
        parts.append(f"fill:{look.fill}")
    if look.stroke is not None:
        parts.append(f"stroke:{look.stroke}")
    if look.width is not None:
        parts.append(f"stroke-width:{look.width:g}")
    if look.dash is not None:
        parts.append(f"stroke-dasharray:{' '.join(f'{step:g}' for step in look.dash) or 'none'}")
    return f".lb .{name}{{{';'.join(parts)}}}"


def _as_attributes(match: re.Match[str]) -> str:
    pairs = [part.split(":", 1) for part in match[1].split(";") if ":" in part]
    return "".join(
        f' {name.strip()}="{value.strip()}"' for name, value in pairs if name.strip() in _PRESENTED
    )
