"""The font on pictures: where it is, how wide a text is, and the few glyphs a picture embeds.

The package ships a subset of Noto Sans SC (``results/fonts/README.md``), so Chinese
shows on a machine without a Chinese font. It has no kerning: a text is as wide as
the sum of its characters' advances, in every program that draws it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Noto Sans SC lianban"
"""Family name of the shipped font, unlike any that a machine may have installed."""

ASCENT, DESCENT = 0.88, 0.12
"""How far Chinese characters reach above and below the baseline, in font sizes."""

_FILE = "NotoSansSC-lianban.otf"
_WHITE = "\n\t\r"


@cache
def font_path() -> Path:
    """Return where the shipped font file lies."""
    return Path(str(files("results") / "fonts" / _FILE))


@cache
def _advances() -> dict[int, float]:
    """Return each character's advance, in font sizes."""
    with TTFont(font_path(), lazy=True) as font:
        per_em = font["head"].unitsPerEm
        widths = font["hmtx"].metrics
        return {point: widths[glyph][0] / per_em for point, glyph in font.getBestCmap().items()}


@lru_cache(maxsize=8192)
def text_width(text: str, size: float) -> float:
    """Return how wide one line of text is at this font size, in the size's unit.

    A character that the font lacks counts one font size, as a replacement box does.

    Examples
    --------
    >>> text_width("施工许可", 10)
    40.0
    >>> text_width("il", 10) < text_width("WM", 10)
    True
    """
    advances = _advances()
    return sum(advances.get(ord(character), 1.0) for character in text) * size


def missing(text: str) -> str:
    """Return the characters of a text that the font lacks, each once, in order.

    Examples
    --------
    >>> missing("联合踏勘, Joint survey ＋－≠→")
    ''
    >>> missing("a😀b😀")
    '😀'
    """
    advances = _advances()
    return "".join(c for c in dict.fromkeys(text) if c not in _WHITE and ord(c) not in advances)


def subset_woff(characters: Iterable[str]) -> bytes:
    """Return a WOFF font that holds only these characters, to embed in a page or picture.

    The same characters, in any order, give the same bytes.
    """
    return _subset(frozenset("".join(characters)))


@lru_cache(maxsize=16)
def _subset(characters: frozenset[str]) -> bytes:
    options = Options(layout_features=[], hinting=False, desubroutinize=True, notdef_outline=True)
    with TTFont(font_path(), lazy=True, recalcTimestamp=False, recalcBBoxes=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=sorted(ord(character) for character in characters))
        subsetter.subset(font)
        font.flavor = "woff"
        out = io.BytesIO()
        font.save(out)
    return out.getvalue()


_NO_LINE_START = frozenset("，。、；：！？）》】」』”’,.;:!?)]}·…％%")
_NO_LINE_END = frozenset("（《【「『“‘([{")
_MAY_BREAK = frozenset("-/")
_WIDE = 0x2E80
"""From this code point on a line may break between two characters."""


@lru_cache(maxsize=8192)
def wrap(text: str, width: float, size: float, most_lines: int = 99) -> tuple[str, ...]:
    """Return the text broken into lines no wider than ``width``.

    Chinese breaks between characters, but no line starts with a closing or ends with
    an opening mark; other scripts break at spaces and after hyphens, and elsewhere in a
    word only if the word alone is too wide. What ``most_lines`` cannot hold ends in ``…``.

    Examples
    --------
    >>> wrap("联合评审（方案、初步设计）", 60, 10)
    ('联合评审（方', '案、初步设', '计）')
    >>> wrap("Joint review of the scheme", 70, 10, most_lines=1)
    ('Joint review…',)
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if text_width((line + piece).rstrip(), size) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while text_width(line.rstrip(), size) > width and len(line.rstrip()) > 1:
            cut = _fitting(line, width, size)
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) > most_lines:
        last = shorten(lines[most_lines - 1] + "…", width, size)
        return (*lines[: most_lines - 1], last)
    return tuple(lines)


@lru_cache(maxsize=8192)
def shorten(text: str, width: float, size: float) -> str:
    """Return the text, cut and ended with ``…`` if it is wider than ``width``.

    Examples
    --------
    >>> shorten("建设工程规划许可证", 50, 10)
    '建设工程…'
    """
    if text_width(text, size) <= width:
        return text
    body = text.rstrip("…")
    while body and text_width(body + "…", size) > width:
        body = body[:-1].rstrip()
    return body + "…" if body or text_width("…", size) <= width else ""


def fit(names: tuple[str, ...], width: float, size: float) -> str:
    """Return all names side by side if they fit, else the first, cut if it must be.

    Examples
    --------
    >>> fit(("施工许可", "permit"), 90, 10), fit(("施工许可", "permit"), 60, 10)
    ('施工许可 permit', '施工许可')
    """
    together = " ".join(names)
    return together if text_width(together, size) <= width else shorten(names[0], width, size)


def _fitting(line: str, width: float, size: float) -> int:
    count = 1
    while count < len(line) and text_width(line[: count + 1], size) <= width:
        count += 1
    return count


def _pieces(text: str) -> list[str]:
    """Return the text cut wherever a line may break; spaces stay with what follows."""
    pieces: list[str] = []
    for character in " ".join(text.split()):
        previous = pieces[-1][-1] if pieces else ""
        stays = previous and (
            character in _NO_LINE_START
            or previous in _NO_LINE_END
            or (
                character != " "
                and ord(character) < _WIDE
                and ord(previous) < _WIDE
                and previous not in _MAY_BREAK
            )
        )
        if stays:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
