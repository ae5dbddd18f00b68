"""XML written as text: escaped, indented, the same for the same input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from results.exports.text import xml

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(
    name: str,
    attributes: Mapping[str, str | float] | None = None,
    inside: Iterable[str] = (),
    text: str = "",
) -> str:
    r"""Return an element; ``inside`` are finished elements, ``text`` is escaped here.

    Numbers are written with one decimal at most.

    Examples
    --------
    >>> print(element("lane", {"name": "A&B"}, [element("ref", text="<x>")]))
    <lane name="A&amp;B">
      <ref>&lt;x&gt;</ref>
    </lane>
    >>> element("Bounds", {"x": 1.0, "y": 2.25})
    '<Bounds x="1" y="2.2"/>'
    """
    given = "".join(f' {key}="{_value(value)}"' for key, value in (attributes or {}).items())
    children = [line for child in inside for line in child.split("\n")]
    if not children and not text:
        return f"<{name}{given}/>"
    if not children:
        return f"<{name}{given}>{xml(text)}</{name}>"
    return "\n".join([f"<{name}{given}>", *(f"  {line}" for line in children), f"</{name}>"])


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return xml(value)
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text not in ("-0.0", "0.0") else "0"
