"""Scenarios that come with the product, and finding one by name or path."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from rules import InputError, Place, Problem, did_you_mean
from scenarios.reader import SCENARIO_FILE, read_scenario
from scenarios.scenario import Scenario


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios."""
    return Path(str(resources.files("scenarios"))) / "library"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped scenarios."""
    return tuple(sorted(path.parent.name for path in shipped_folder().glob(f"*/{SCENARIO_FILE}")))


def load(where: str | Path, *, values: Mapping[str, float] | None = None) -> Scenario:
    """Read a scenario or a redesign.

    Parameters
    ----------
    where : str or Path
        A folder (``my-county``), a folder and a redesign (``my-county/reform``), or the
        same with the name of a shipped scenario (``jiaxing``, ``jiaxing/reform``). A
        folder in the current directory comes before a shipped name.
    values : mapping of str to float, optional
        Numbers to read instead of those in scenario.toml, for instance
        ``{"hands.dwell.mean": 0.6}``.

    Raises
    ------
    InputError
        When there is no such scenario, or with everything wrong with its files.
    """
    text = str(where)
    path = Path(where)
    if (path / SCENARIO_FILE).is_file():
        return read_scenario(path, key=_key(path), values=values)
    parent, redesign = path.parent, path.name
    if str(parent) not in (".", "") and (parent / SCENARIO_FILE).is_file():
        return read_scenario(
            parent, redesign.removesuffix(".toml"), key=_key(parent), values=values
        )
    if parent.name == "redesigns" and (parent.parent / SCENARIO_FILE).is_file():
        folder = parent.parent
        return read_scenario(folder, redesign.removesuffix(".toml"), _key(folder), values)
    name, _, redesign = text.partition("/")
    if name in shipped():
        return read_scenario(shipped_folder() / name, redesign, name, values)
    if path.is_dir():
        raise InputError.at(text, 0, f"is not a scenario: it holds no {SCENARIO_FILE}")
    hint = did_you_mean(name, shipped()) or f" (shipped: {', '.join(shipped())})"
    raise InputError([Problem(Place(text), f"no scenario has this name or path{hint}")])


def copy_to(name: str, folder: Path) -> None:
    """Copy a shipped scenario to a new folder, to edit.

    Raises
    ------
    InputError
        When the name is not shipped or the folder exists; nothing is written then.
    """
    if name not in shipped():
        hint = did_you_mean(name, shipped()) or f" (shipped: {', '.join(shipped())})"
        raise InputError.at(name, 0, f"no shipped scenario has this name{hint}")
    if folder.exists():
        raise InputError.at(str(folder), 0, "exists already; choose a new folder")
    half = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    try:
        shutil.copytree(shipped_folder() / name, half)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _key(folder: Path) -> str:
    return folder.resolve().name
