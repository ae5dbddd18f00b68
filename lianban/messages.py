"""The language of the command line: English, or Chinese from the shipped catalogue.

The catalogue becomes gettext's process-wide domain while a command runs, so
that argparse's own words (usage, headings, errors) are translated with ours.
Modules write ``from gettext import gettext as _`` and translate where they speak,
never at import.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

DOMAIN = "lianban"
LANGUAGES = ("en", "zh")
LOCALE = Path(__file__).parent / "locale"


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return ``"en"`` or ``"zh"``, as asked before the command line can be parsed.

    ``--lang`` comes first, then ``LIANBAN_LANG``, then the first of ``LC_ALL``,
    ``LC_MESSAGES`` and ``LANG`` that is set; English otherwise.

    Examples
    --------
    >>> language_of(["list", "--lang", "zh"], {"LANG": "en_GB.UTF-8"})
    'zh'
    >>> language_of(["list"], {"LIANBAN_LANG": "en", "LANG": "zh_CN.UTF-8"})
    'en'
    >>> language_of([], {"LC_ALL": "", "LANG": "zh_CN.UTF-8"})
    'zh'
    """
    asked = _option(arguments)
    if asked in LANGUAGES:
        return asked
    for variable in ("LIANBAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(variable, ""):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Translate every gettext call of the process until the block ends."""
    domain, asked = gettext.textdomain(), os.environ.get("LANGUAGE")
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = language
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if asked is None:
            os.environ.pop("LANGUAGE", None)
        else:
            os.environ["LANGUAGE"] = asked


def _option(arguments: Sequence[str]) -> str:
    """Return the last ``--lang`` given, or an empty string."""
    asked = ""
    for position, word in enumerate(arguments):
        if word == "--":
            break
        if word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
        elif word == "--lang" and position + 1 < len(arguments):
            asked = arguments[position + 1]
    return asked
