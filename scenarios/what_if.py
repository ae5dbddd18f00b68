"""Other values for numbers of scenario.toml, without editing the file."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from rules import did_you_mean
from scenarios.toml_files import Settings


def with_values(settings: Settings, values: Mapping[str, float]) -> Settings:
    """Return the settings of a file with some of its numbers replaced.

    Parameters
    ----------
    settings : Settings
        The whole file.
    values : mapping of str to float
        By place, as ``hands.dwell.mean``; one of several ``[[place]]`` tables is named by
        its key, as ``place.huzhen.share``. A place that holds no number yet is noted as a
        problem with the nearest name: a value that nobody reads would change nothing.
    """
    changed = replace(settings, values=deepcopy(settings.values))
    for place, value in values.items():
        _put(changed, place, value)
    return changed


def _put(settings: Settings, place: str, value: float) -> None:
    table: Any = settings.values
    *above, last = place.split(".")
    for depth, part in enumerate((*above, last)):
        if isinstance(table, list):
            table = {each.get("key", ""): each for each in table if isinstance(each, dict)}
        if not isinstance(table, dict) or part not in table:
            known = [str(key) for key in table] if isinstance(table, dict) else []
            at = ".".join(place.split(".")[:depth]) or "the file"
            settings.reading.wrong(
                settings.file, 0, f"{place}: {at} holds no '{part}'{did_you_mean(part, known)}"
            )
            return
        if depth < len(above):
            table = table[part]
    old = table[last]
    if isinstance(old, bool) or not isinstance(old, int | float):
        settings.reading.wrong(settings.file, 0, f"{place}: holds {old!r}, not a number")
        return
    table[last] = value
