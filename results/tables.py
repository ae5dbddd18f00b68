"""Tables that a notebook shows as tables and a console as aligned text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape


class Table(list[list[str]]):
    """Rows of text, the header first; a plain list with a face.

    Examples
    --------
    >>> print(Table([["design", "days"], ["今天", "236"], ["reform", "109"]]))
    design  days
    今天     236
    reform   109
    """

    def __str__(self) -> str:
        """Return the rows as columns: the first flush left, the others flush right."""
        columns = max(map(len, self), default=0)
        widest = [max(_cells(row[at]) for row in self if at < len(row)) for at in range(columns)]
        lines = []
        for row in self:
            padded = [
                text + gap if not at else gap + text
                for at, text in enumerate(row)
                for gap in [" " * (widest[at] - _cells(text))]
            ]
            lines.append("  ".join(padded).rstrip())
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_table(self)


def html_table(rows: Sequence[Sequence[str]], classes: str = "") -> str:
    """Return rows as an HTML table: the header first, the first column heads each row.

    Examples
    --------
    >>> html_table([["a"], ["<b>"]])
    '<table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><th scope="row">&lt;b&gt;</th></tr></tbody></table>'
    """  # noqa: E501 - one line is what it returns
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in rows[0])
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(text)}</th>' if not at else f"<td>{escape(text)}</td>"
            for at, text in enumerate(row)
        )
        + "</tr>"
        for row in rows[1:]
    )
    look = f' class="{classes}"' if classes else ""
    return f"<table{look}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
