"""Names and identifiers that other programs read: escaped, without characters XML forbids."""

from __future__ import annotations

import re
from fractions import Fraction
from html import escape

from results.lexicon import Language, lines
from rules import Name, Step

_FORBIDDEN = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_PLAIN = re.compile(r"[A-Za-z0-9-]")
_CODED = re.compile(r"_([0-9a-f]{1,6})_")


def clean(text: str) -> str:
    r"""Return the text without characters that XML and workbooks cannot hold.

    Examples
    --------
    >>> clean("a\x00b\ud800c\n")
    'abc\n'
    """
    return _FORBIDDEN.sub("", text)


def xml(text: str) -> str:
    """Return the text for an XML attribute or element; a line break stays one.

    Examples
    --------
    >>> xml('<script>"')
    '&lt;script&gt;&quot;'
    """
    escaped = escape(clean(text), quote=True)
    return escaped.replace("\r", "").replace("\n", "&#10;").replace("\t", "&#9;")


def one_line(text: str) -> str:
    r"""Return the text with every run of blanks and line breaks as one blank.

    Examples
    --------
    >>> one_line(" joint\n survey ")
    'joint survey'
    """
    return " ".join(clean(text).split())


def identifier(prefix: str, key: str) -> str:
    """Return an identifier of ASCII letters, digits, ``-`` and ``_`` that :func:`key_of` undoes.

    Examples
    --------
    >>> identifier("step", "S01"), identifier("step", "踏勘 1")
    ('step_S01', 'step__8e0f__52d8__20_1')
    """
    return f"{prefix}_" + "".join(
        sign if _PLAIN.match(sign) else f"_{ord(sign):x}_" for sign in key
    )


def key_of(prefix: str, text: str) -> str:
    """Return the key inside an identifier, or an empty string if it is none of ours.

    Examples
    --------
    >>> key_of("step", identifier("step", "踏勘 a_b")), key_of("step", "Task_1")
    ('踏勘 a_b', '')
    """
    if not text.startswith(f"{prefix}_"):
        return ""
    try:
        return _CODED.sub(lambda code: chr(int(code[1], 16)), text[len(prefix) + 1 :])
    except (ValueError, OverflowError):
        return ""


def name_of(name: Name, language: Language, between: str = " ") -> str:
    """Return a name in one language, or in both side by side."""
    return between.join(one_line(text) for text in lines(name, language))


def days_of(step: Step) -> str:
    """Return a step's duration, with its paper days where its unit is another.

    Examples
    --------
    >>> from rules import Duration, Unit
    >>> days_of(Step("a", Name("公示"), duration=Duration(20, Unit.NATURAL_DAY)))
    '20 cd (14.29 wd)'
    """
    days = step.days
    told = str(step.duration)
    if step.duration.unit == "wd":
        return told
    return f"{told} ({decimal(days)} wd)"


def decimal(days: Fraction) -> str:
    """Return working days with two decimals at most.

    Examples
    --------
    >>> decimal(Fraction(109)), decimal(Fraction(100, 7))
    ('109', '14.29')
    """
    return f"{float(days):.2f}".rstrip("0").rstrip(".")
