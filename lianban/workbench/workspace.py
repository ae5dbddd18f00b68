"""The opened folder: which scenarios it holds, read once and again when their files change.

Nothing outside the folder is read or written, but the shipped scenarios, which are read only.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from scenarios import Scenario

Stamp = tuple[tuple[str, int, int], ...]
"""Names, sizes and times of a folder's files: other files have another stamp."""

_KEPT = 64
_MADE = 4
T = TypeVar("T")
_ENDINGS = (".toml", ".csv", ".xlsx")


class Unknown(Exception):  # noqa: N818 - an answer to the browser
    """Something is asked for that is not here; the message is shown to the planner."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario lies.

    Attributes
    ----------
    key : str
        Its folder's name, as addresses have it.
    folder : Path
        The folder.
    shipped : bool
        Whether it came with the program and cannot be written.
    """

    key: str
    folder: Path
    shipped: bool


class Workspace:
    """The scenarios that the page may show.

    Parameters
    ----------
    folder : Path or None
        A scenario's folder, or one that holds scenarios; None: the shipped ones alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = None if folder is None else folder.resolve()
        self._read: OrderedDict[str, tuple[Stamp, Scenario]] = OrderedDict()
        self._made: OrderedDict[Path, tuple[Stamp, object]] = OrderedDict()

    def places(self) -> tuple[Place, ...]:
        """Return every scenario: those of the opened folder, then the shipped ones."""
        own: dict[str, Place] = {}
        if self.folder is not None:
            for file in (self.folder / _FILE, *sorted(self.folder.glob(f"*/{_FILE}"))):
                # a link may lead out of the folder
                if file.is_file() and file.resolve().is_relative_to(self.folder):
                    own.setdefault(file.parent.name, Place(file.parent.name, file.parent, False))
        return (*own.values(), *(place for place in _shipped() if place.key not in own))

    def place(self, key: str) -> Place:
        """Return a scenario's place by the first part of its key.

        Raises
        ------
        Unknown
            If there is none.
        """
        from rules import did_you_mean

        known = {place.key: place for place in self.places()}
        name = key.partition("/")[0]
        if name not in known:
            raise Unknown(f"no scenario is called '{name[:80]}'{did_you_mean(name, known)}")
        return known[name]

    def load(self, key: str) -> Scenario:
        """Return a scenario, or with ``/redesign`` one of its redesigns.

        Raises
        ------
        Unknown
            If there is none.
        rules.InputError
            With everything wrong with its files.
        """
        from rules import did_you_mean
        from scenarios.reader import read_scenario, redesigns_of

        place = self.place(key)
        redesign = key.partition("/")[2]
        known = redesigns_of(place.folder)
        if redesign and redesign not in known:
            raise Unknown(f"no redesign is called '{redesign[:80]}'{did_you_mean(redesign, known)}")
        stamp = stamp_of(place.folder)
        kept = self._read.get(key)
        if kept is None or kept[0] != stamp:
            kept = (stamp, read_scenario(place.folder, redesign, key=place.key))
            self._read[key] = kept
        self._read.move_to_end(key)
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return kept[1]

    def kept(self, folder: Path, make: Callable[[], T]) -> T:
        """Return what is made of a folder, made once while its files stay as they are."""
        stamp = stamp_of(folder)
        if folder not in self._made or self._made[folder][0] != stamp:
            self._made[folder] = stamp, make()
        self._made.move_to_end(folder)
        while len(self._made) > _MADE:
            self._made.popitem(last=False)
        made: T = self._made[folder][1]  # type: ignore[assignment]  # one kind of thing is made
        return made

    def inside(self, *parts: str) -> Path:
        """Return a path in the opened folder.

        Raises
        ------
        Unknown
            If there is no opened folder, or the path would leave it.
        """
        if self.folder is None:
            raise Unknown("no folder is open: start `lianban serve FOLDER`")
        path = self.folder.joinpath(*parts)
        if not path.resolve().is_relative_to(self.folder):
            raise Unknown("this lies outside the opened folder")
        return path


_FILE = "scenario.toml"


@cache
def _shipped() -> tuple[Place, ...]:
    """Return the scenarios that came with the program; they do not change while it runs."""
    from scenarios import shipped
    from scenarios.library import shipped_folder

    return tuple(Place(key, shipped_folder() / key, True) for key in shipped())


def stamp_of(folder: Path) -> Stamp:
    """Return names, sizes and times of the files that a scenario is made of."""
    found = []
    for place, folders, names in os.walk(folder):
        if place == str(folder) and "runs" in folders:
            folders.remove("runs")
        for name in names:
            if name.lower().endswith(_ENDINGS):
                path = os.path.join(place, name)
                with suppress(OSError):  # a file that goes at this moment, a link to nowhere
                    about = os.stat(path)
                    found.append((path, about.st_size, about.st_mtime_ns))
    return tuple(sorted(found))
