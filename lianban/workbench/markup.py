"""Building markup so that no name can become a tag: text is escaped unless it is markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_EMPTY = frozenset(("br", "input", "link", "meta", "img", "hr"))


class Html(str):
    """Markup: put into other markup as it stands."""

    __slots__ = ()


Child = object
"""Html as it stands, anything else as escaped text; None and False are left out."""


def tag(element: str, *children: Child, **attributes: object) -> Html:
    """Return an element.

    Parameters
    ----------
    element : str
        Its name.
    *children : object
        What it holds, in order; lists are laid out.
    **attributes : object
        Trailing underscores go, inner ones become hyphens; True stands alone, None and
        False leave the attribute out.

    Examples
    --------
    >>> tag("p", "1 < 2 ", tag("b", "<script>"), class_="x", data_at=3, hidden=True, id=None)
    '<p class="x" data-at="3" hidden>1 &lt; 2 <b>&lt;script&gt;</b></p>'
    """
    written = [element]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        written.append(key if value is True else f'{key}="{escape(str(value), quote=True)}"')
    head = f"<{' '.join(written)}>"
    return Html(head) if element in _EMPTY else Html(f"{head}{join(children)}</{element}>")


def join(children: Iterable[Child]) -> Html:
    """Return children one after another."""
    parts = []
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, list | tuple):
            parts.append(join(child))
        else:
            parts.append(Html(escape(str(child), quote=True)))
    return Html("".join(parts))


def table(rows: Iterable[Iterable[Child]], classes: str = "", caption: str = "") -> Html:
    """Return a table; the first row is its head, the first cell of a row names it."""
    head, *body = [list(row) for row in rows]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption) if caption else None,
            tag("thead", tag("tr", [tag("th", cell, scope="col") for cell in head])),
            tag(
                "tbody",
                [
                    tag("tr", tag("th", row[0], scope="row"), [tag("td", c) for c in row[1:]])
                    for row in body
                ],
            ),
            class_=classes or None,
        ),
        class_="roll",
        tabindex="0",
        role="region",
        aria_label=caption or str(head[0]),
    )


def folded(title: str, *content: Child, open_: bool = False) -> Html:
    """Return content that opens when its title is chosen."""
    return tag("details", tag("summary", title), content, open=open_)
