"""Small pieces of a bilingual page: every text escaped, every text in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from results.tables import html_table
from rules import Name

LANGUAGES = ("en", "zh")
Rows = Sequence[Sequence[str]]


def said(name: Name, tag: str = "span") -> str:
    """Return a text in both languages; the page shows the reader's.

    Examples
    --------
    >>> said(Name("环节", "steps <1>"))
    '<span lang="en">steps &lt;1&gt;</span><span lang="zh">环节</span>'
    """
    return "".join(
        f'<{tag} lang="{language}">{escape(name.in_language(language))}</{tag}>'
        for language in LANGUAGES
    )


def spoken(make: Callable[[str], str], tag: str = "div") -> str:
    """Return what ``make`` gives for each language, each shown in its own."""
    return "".join(f'<{tag} lang="{language}">{make(language)}</{tag}>' for language in LANGUAGES)


def table(make: Callable[[str], Rows], classes: str = "") -> str:
    """Return a table in both languages, scrolling sideways where the page is narrow."""
    return spoken(lambda language: f'<div class="roll">{html_table(make(language), classes)}</div>')


def bullets(names: Iterable[Name]) -> str:
    """Return a list in both languages."""
    return "<ul>" + "".join(f"<li>{said(name)}</li>" for name in names) + "</ul>"


def folded(title: Name, content: str) -> str:
    """Return content that opens when its title is clicked."""
    return f"<details><summary>{said(title)}</summary>{content}</details>"


def section(key: str, title: Name, *content: str, classes: str = "") -> str:
    """Return a section of the page with its heading."""
    look = f' class="{classes}"' if classes else ""
    return f'<section id="{key}"{look}><h2>{said(title)}</h2>{"".join(content)}</section>\n'


def figure(picture: Callable[[str], str], data: str, caption: Name | None = None) -> str:
    """Return a picture in both languages, what it shows, and its numbers as a table."""
    words = f"<figcaption>{said(caption)}</figcaption>" if caption else ""
    numbers = folded(Name("以表格显示数据", "the numbers as a table"), data)
    return f"<figure>{spoken(picture)}{words}{numbers}</figure>\n"
