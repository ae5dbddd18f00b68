"""What a command says, and where: plain aligned text or one JSON document.

Answers go to one stream, progress and complaints to the other. Nothing here
colours or redraws, so piped output is the same as what the screen shows.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TextIO

SCHEMA_VERSION = 1
"""Version of every JSON document; it grows when a key changes its meaning or goes."""


class Outcome(IntEnum):
    """Exit codes; scripts rely on them."""

    GOOD = 0
    FINDING = 1
    INPUT_ERROR = 2
    UNSURE = 3
    INFEASIBLE = 4
    INTERNAL = 70
    INTERRUPTED = 130


def width(text: str) -> int:
    """Return how many cells a text takes on a screen: Chinese characters take two.

    Examples
    --------
    >>> width("联合踏勘 8 wd")
    13
    """
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def aligned(rows: Sequence[Sequence[str]], left: int = 1, gap: int = 2) -> str:
    """Return rows as columns: the first ``left`` columns flush left, the others flush right.

    Examples
    --------
    >>> print(aligned([["flow", "steps"], ["今天", "35"], ["reform", "14"]]))
    flow    steps
    今天       35
    reform     14
    """
    columns = max((len(row) for row in rows), default=0)
    widest = [
        max((width(row[column]) for row in rows if column < len(row)), default=0)
        for column in range(columns)
    ]
    lines = []
    for row in rows:
        cells = []
        for column, text in enumerate(row):
            blank = " " * (widest[column] - width(text))
            cells.append(text + blank if column < left else blank + text)
        lines.append((" " * gap).join(cells).rstrip())
    return "\n".join(lines)


def fitted(rows: Sequence[Sequence[str]], cells: int = 80) -> str:
    """Return rows as columns, or turned on their side where that alone fits the screen.

    Examples
    --------
    >>> print(fitted([["flow", "steps", "days"], ["today", "35", "236"]], cells=12))
    flow   today
    steps     35
    days     236
    """
    upright = aligned(rows)
    turned = aligned([list(column) for column in zip(*rows, strict=True)])
    fits = [max(map(width, text.splitlines()), default=0) <= cells for text in (upright, turned)]
    return turned if fits == [False, True] else upright


def paragraphs(lines: Sequence[str], cells: int = 80) -> str:
    """Return each line wrapped to the screen."""
    return "\n".join(part for line in lines for part in wrapped(line, cells))


def wrapped(text: str, cells: int) -> list[str]:
    """Return lines of at most ``cells`` cells; Chinese may break anywhere but before a stop.

    Examples
    --------
    >>> wrapped("比较 scenarios 的天数。", 11)
    ['比较', 'scenarios', '的天数。']
    >>> wrapped("减少 127（原 236，-54 %）。", 10)
    ['减少 127', '（原 236，', '-54 %）。']
    """
    lines = [""]
    for word in _WORD.findall(" ".join(text.split())):
        if width(lines[-1]) + width(word.rstrip()) > cells and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    lines[-1] = lines[-1].rstrip()
    return lines


_WORD = re.compile(
    r"[（《「]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+(?: %[^\s\u2e80-\uffef]*)?)"
    r"[，。；：、！？）》」]*\s?|\s"
)
"""What stays on one line: no line starts with a stop, ends with an opening, or parts "54 %"."""


class HelpText(argparse.HelpFormatter):
    """argparse's help, wrapped by cells so that Chinese keeps within the screen, too."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def as_json(document: Mapping[str, object], ascii_only: bool = False) -> str:
    """Return one JSON document, its keys in the order in which they were written.

    Examples
    --------
    >>> as_json({"days": 109}).splitlines()
    ['{', '  "schema_version": 1,', '  "days": 109', '}']
    """
    numbered = {"schema_version": SCHEMA_VERSION, **document}
    return json.dumps(numbered, ensure_ascii=ascii_only, indent=2, allow_nan=False)


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams a command speaks on.

    Attributes
    ----------
    out, err : TextIO
        Answers; progress and complaints.
    language : str
        ``"en"`` or ``"zh"``.
    json : bool
        Whether the answer is one JSON document instead of text.
    """

    out: TextIO
    err: TextIO
    language: str = "en"
    json: bool = False

    def answer(self, document: Mapping[str, object], text: str) -> None:
        """Give the answer, once, in the form that was asked for."""
        if self.json:
            # A stream that cannot show every character still gets a lossless document.
            text = as_json(document, ascii_only=not _is_unicode(self.out))
        self.out.write(text.rstrip("\n") + "\n")

    def note(self, text: str) -> None:
        """Say something beside the answer."""
        self.err.write(text + "\n")
        self.err.flush()


def forgiving(stream: TextIO) -> TextIO:
    """Let a stream show ``?`` where its encoding lacks a character, rather than fail."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def _is_unicode(stream: TextIO) -> bool:
    return (
        (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")
    )
