"""What is wrong with a planner's file, in Chinese: put into words where it is shown.

Readers say their problems in English, with the planner's own words filled in. Here the
template of a message is found again and the Chinese one is filled with the same words; what a
message quotes from another (a hint, a reason) is translated within it. A lever that is
refused brings its Chinese along (:class:`rules.Said`). What has no translation stays English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lianban.messages import LOCALE
from rules.problems import Said

FILE = LOCALE / "zh" / "problems.txt"
"""English template, tab, Chinese; ``{}`` or ``{0}`` stands for what is filled in."""

_LEAST_LETTERS = 4
"""Fewest letters of its own by which a template is known inside another message."""


@dataclass(frozen=True, slots=True)
class Template:
    """A message with holes, in English as a pattern, in Chinese as a format.

    ``quoted`` says of each hole whether the planner's own words stand there.
    """

    english: str
    pattern: re.Pattern[str]
    chinese: str
    letters: int
    quoted: tuple[bool, ...]


def in_chinese(message: str) -> str:
    """Return a problem's message in Chinese, as far as it is known.

    Examples
    --------
    >>> in_chinese("days: '-3' is not a whole number of working days")
    'days：“-3”不是整数个工作日'
    >>> in_chinese("offices: no step has the key 'site-plam' (did you mean 'site-plan'?)")
    'offices：没有编号为“site-plam”的环节（是否想写“site-plan”？）'
    >>> in_chinese("something new is wrong")
    'something new is wrong'
    """
    if isinstance(message, Said):
        return message.zh
    return _translated(message, 0) or message


def _translated(message: str, least: int) -> str | None:
    for template in templates():
        if template.letters < least:
            break
        if match := template.pattern.fullmatch(message):
            parts = [
                part if quoted else _translated(part, _LEAST_LETTERS) or part
                for part, quoted in zip(match.groups(), template.quoted, strict=True)
            ]
            if template.letters or parts[-1] != match[match.lastindex or 0]:
                return template.chinese.format(*parts)
    return None


@cache
def templates() -> tuple[Template, ...]:
    """Return all templates, those with most words of their own first."""
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        english, _, chinese = line.partition("\t")
        pattern = "(.*?)".join(map(re.escape, english.split("{}")))
        letters = sum(sign.isalpha() for sign in english)
        before = ["".join(english.split("{}")[: hole + 1]) for hole in range(english.count("{}"))]
        quoted = tuple(text.endswith("'") and text.count("'") % 2 == 1 for text in before)
        found.append(
            Template(english, re.compile(pattern, re.DOTALL), _format(chinese), letters, quoted)
        )
    return tuple(sorted(found, key=lambda each: (-each.letters, each.english)))


def _format(chinese: str) -> str:
    """Return a format in which only holes are holes: other braces stand for themselves."""
    if "{}" in chinese:
        return "{}".join(part.replace("{", "{{").replace("}", "}}") for part in chinese.split("{}"))
    return re.sub(r"\{(?!\d+\})|(?<!\d)\}", lambda brace: brace[0] * 2, chinese)
