"""How articles and reasons are cited in each language.

Tables cite an act by its official Chinese name and the article as "art. 38", and give reasons in
English with the Chinese beside them. A Chinese reader gets "第38条".
"""

from __future__ import annotations

import re

_ONE = r"\d+(?:\(\d+\))?"
_ARTICLES = re.compile(rf"\s*\barts?\.\s*({_ONE}(?:\s*(?:-|–|,|and)\s*{_ONE})*)")
_PARAGRAPH = re.compile(r"(\d+)\((\d+)\)")


def in_chinese(cited: str) -> str:
    """Return a citation with its articles as Chinese law texts count them.

    Examples
    --------
    >>> in_chinese("城乡规划法 art.38"), in_chinese("行政许可法 art. 42(1)")
    ('城乡规划法第38条', '行政许可法第42条第1款')
    >>> in_chinese("行政许可法 arts. 22-24, 28"), in_chinese("消防法 art. 11")
    ('行政许可法第22-24、28条', '消防法第11条')
    """
    return _ARTICLES.sub(lambda found: _counted(found[1]), cited)


def _counted(numbers: str) -> str:
    parts = [part.strip() for part in re.split(r",|\band\b", numbers)]
    if any("(" in part for part in parts):
        return "、".join(
            _PARAGRAPH.sub(r"第\1条第\2款", part) if "(" in part else f"第{part}条"
            for part in parts
        )
    joined = "、".join(re.sub(r"\s*[-–]\s*", "-", part) for part in parts)
    return f"第{joined}条"
