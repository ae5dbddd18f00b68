"""The page's language: each request has its own, so it is no setting of the process."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from typing import Literal

from lianban.messages import DOMAIN, LANGUAGES, LOCALE

Language = Literal["en", "zh"]

Say = Callable[[str], str]
"""Translates one message; functions call it ``_``, so that the catalogue finds it."""


@cache
def speech(language: str) -> Say:
    """Return the translator of a language, ``en`` or ``zh``.

    Examples
    --------
    >>> speech("en")("steps"), speech("zh")("steps")
    ('steps', '环节')
    """
    if language == "en":
        return str
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True).gettext


def spoken_by(wanted: str, header: str) -> Language:
    """Return the language of a page: as its address says, else as the browser prefers.

    Examples
    --------
    >>> spoken_by("", "fr-FR,zh-CN;q=0.8,en;q=0.5"), spoken_by("en", "zh"), spoken_by("", "")
    ('zh', 'en', 'en')
    """
    preferred = [part.partition(";")[0].strip().lower()[:2] for part in header.split(",")]
    known = [language for language in (wanted, *preferred) if language in LANGUAGES]
    return "zh" if known[:1] == ["zh"] else "en"
