"""Pictures inside a page: charts whose letters are text again, ids that do not collide.

The page carries the font once, so the outlines of a chart's letters turn back into text:
a fraction of the size, and words can be searched, copied and read aloud.
"""

from __future__ import annotations

import re
from html import escape, unescape

_HEAD = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_SHEET_STYLE = re.compile(r'<defs>\s*<style type="text/css">.*?</style>\s*</defs>', re.DOTALL)
_WORDS = re.compile(
    r"<!--(?P<words>.*?)-->\s*"
    r'<g(?: style="(?P<style>[^"]*)")? transform="(?P<place>[^"]*?) ?'
    r'scale\((?P<scale>[\d.]+) -[\d.]+\)">'
    r"(?:\s*<defs>(?:\s*<path [^>]*/>)+\s*</defs>)?"
    r"(?:\s*<use [^>]*/>)*\s*</g>",
    re.DOTALL,
)
_ID = re.compile(r'\bid="([^"]+)"')
_USED = re.compile(r'(?:xlink:href="#|url\(#)([^")]+)')
_LONG_NUMBER = re.compile(r"(\d+\.\d\d)\d+")
_TAG = re.compile(r"^<svg [^>]*?>", re.DOTALL)
_SIZE = re.compile(r'viewBox="([^"]*)"')


def inline_chart(svg: str, prefix: str, title: str) -> str:
    """Return a chart's SVG fit to stand in a page.

    Parameters
    ----------
    svg : str
        What :func:`results.charts.svg` returns.
    prefix : str
        Put before every id, so that charts of one page stay apart.
    title : str
        For people who cannot see it.
    """
    text = _SHEET_STYLE.sub("", _METADATA.sub("", _HEAD.sub("", svg)))
    text = _WORDS.sub(_as_text, text)
    used = set(_USED.findall(text))
    text = _ID.sub(lambda m: f'id="{prefix}{m[1]}"' if m[1] in used else "", text)
    text = text.replace('xlink:href="#', f'href="#{prefix}').replace("url(#", f"url(#{prefix}")
    text = _LONG_NUMBER.sub(r"\1", text)
    text = re.sub(r"\s*\n\s*", " ", text)
    text = re.sub(r"> +<", "><", re.sub(r" +(?=/?>)", "", text))
    size = _SIZE.search(text)
    box = size[1] if size else "0 0 700 400"
    width = float(box.split()[2])
    name = escape(title, quote=True)
    head = (
        f'<svg class="chart" viewBox="{box}" style="max-width:{width * 4 / 3:.0f}px" role="img" '
        f'aria-label="{name}"><title>{name}</title>'
    )
    return _TAG.sub(lambda _: head, text)


def _as_text(match: re.Match[str]) -> str:
    words = escape(unescape(match["words"].strip()), quote=False)
    size = float(match["scale"]) * 100
    style = f' style="{match["style"]}"' if match["style"] else ""
    # matplotlib pads with blanks to keep a distance; as a lead they would be lost
    lead = len(match["words"][1:]) - len(match["words"][1:].lstrip(" "))
    offset = f' dx="{0.224 * size * lead:.2f}"' if lead else ""
    return f'<text transform="{match["place"]}" font-size="{size:g}"{style}{offset}>{words}</text>'
