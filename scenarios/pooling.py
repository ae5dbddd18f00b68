"""Windows of several offices that stand in for each other: one queue, any free window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules import InputError, Name, did_you_mean
from scenarios.scenario import Office
from scenarios.sections import Section
from scenarios.toml_files import Settings

Groups = tuple[tuple[str, ...], ...]
"""Keys of offices whose windows are pooled, the first of each group naming the pool."""


def read_pooled(people: Settings, offices: Mapping[str, tuple[int, int]]) -> Groups:
    """Return the groups of ``pooled = [["drc", "epb"]]``; every mistake is noted with its line.

    Parameters
    ----------
    people : Settings
        The table ``[people]``.
    offices : mapping
        Windows and reviewers of each office, by its key.
    """
    said = people.values.get("pooled", [])
    good = isinstance(said, list) and all(
        isinstance(group, list) and len(group) > 1 and all(isinstance(key, str) for key in group)
        for group in said
    )
    if not good:
        people.wrong("pooled", 'lists of offices such as [["drc", "epb"]] were expected')
        return ()
    groups: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for group in said:
        for key in group:
            if key not in offices:
                people.wrong("pooled", f"no office is called '{key}'{did_you_mean(key, offices)}")
            elif key in seen:
                people.wrong("pooled", f"'{key}' stands twice")
            seen.add(key)
        if all(key in offices and not offices[key][0] for key in group):
            people.wrong("pooled", f"{' and '.join(group)} have no windows")
        groups.append(tuple(group))
    return tuple(groups)


def pooled_windows(
    offices: Mapping[str, Office], groups: Groups, staff: Sequence[Section]
) -> dict[str, tuple[str, Name, int]]:
    """Return of each office with pooled windows who holds the pool, its name and its windows.

    Raises
    ------
    InputError
        If the offices of a group keep different hours, or somebody at their windows has
        skills or hours of his own.
    """
    found: dict[str, tuple[str, Name, int]] = {}
    for group in groups:
        mine = [offices[key] for key in group]
        if len({office.hours for office in mine}) > 1:
            told = ", ".join(f"{office.key}: {office.hours}" for office in mine)
            raise InputError.at(group[0], 0, f"pooled windows keep different hours ({told})")
        for section in staff:
            if section.office in group and section.role == "window":
                raise InputError.at(
                    section.office, 0, "people at pooled windows have no [[staff]] of their own"
                )
        name = Name("、".join(o.name.zh for o in mine), ", ".join(o.name.en for o in mine))
        windows = sum(office.windows for office in mine)
        found |= dict.fromkeys(group, (group[0], name, windows))
    return found
