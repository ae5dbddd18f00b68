"""Forms that start long work, and reading what they send."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lianban.workbench.markup import Html, tag
from lianban.workbench.page import long_work
from lianban.workbench.workspace import Unknown

if TYPE_CHECKING:
    from lianban.workbench.scene import Scene


def work_form(
    scene: Scene, work: str, label: str, fields: Sequence[Html], waiting: str, **more: object
) -> Html:
    """Return a form whose button starts long work; what it gives appears below."""
    place = long_work(scene, work, waiting, **more)
    return tag(
        "div",
        tag(
            "form",
            fields,
            tag("button", label, type="submit", data_key=f"start-{more.get('what', work)}"),
            class_="asks",
        ),
        Html(place.replace('class="job"', 'class="job" data-waits', 1)),
        class_="asking",
    )


def number_field(
    label: str, name: str, value: float, low: float, high: float, step: str = "any"
) -> Html:
    """Return a field for a number."""
    return tag(
        "label",
        tag("span", label),
        tag(
            "input", type="number", name=name, value=f"{value:g}", min=f"{low:g}",
            max=f"{high:g}", step=step, required=True,
        ),
    )  # fmt: skip


def decimal(more: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """Return a number that a form sent.

    Raises
    ------
    Unknown
        If it is none, or beyond its bounds.

    Examples
    --------
    >>> decimal({"days": "12.5"}, "days", 1, 100)
    12.5
    >>> decimal({"days": "nan"}, "days", 1, 100)
    Traceback (most recent call last):
    ...
    lianban.workbench.workspace.Unknown: days: 'nan' is not a number from 1 to 100
    """
    text = str(more.get(name, ""))[:20]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise Unknown(f"{name}: '{text}' is not a number from {low:g} to {high:g}")
    return value


def whole_number(more: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return a whole number that a form sent; see :func:`decimal`."""
    value = decimal(more, name, low, high)
    if value != int(value):
        raise Unknown(f"{name}: '{value:g}' is not a whole number")
    return int(value)
