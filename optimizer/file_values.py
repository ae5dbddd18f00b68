"""Takes values out of a JSON document and notes everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from optimizer.json_lines import Document, Json, Path
from rules.problems import InputError, Place, Problem, did_you_mean

_MOST = 10**9


class Reader:
    """A document, or a rewritten one, and the problems found so far.

    Parameters
    ----------
    document : Document
        Knows the lines.
    root : dict or None
        A value that stands for the document's own, with the same lines where paths agree.
    """

    def __init__(self, document: Document, root: dict[str, Json] | None = None) -> None:
        self.document = document
        self.root: Json = document.value if root is None else root
        self.problems: list[Problem] = []

    def wrong(self, path: Path, message: str) -> None:
        """Note a problem."""
        name = ".".join(str(part) for part in path)
        place = Place(self.document.file, self.document.line(path))
        self.problems.append(Problem(place, f"{name}: {message}" if name else message))

    def stop(self) -> None:
        """Raise all problems noted so far, if there are any."""
        if self.problems:
            raise InputError(self.problems)

    def at(self, path: Path) -> Json:
        """Return the value at a path, None where there is none."""
        found = self.root
        for part in path:
            if isinstance(found, dict) and isinstance(part, str):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def table(
        self, path: Path, required: Iterable[str] = (), optional: Iterable[str] = ()
    ) -> dict[str, Json]:
        """Return a table; without ``required`` and ``optional`` it may hold any keys."""
        found = self.at(path)
        if found is None and path:
            found = {}
            if required:
                self.wrong(path, "a table in braces was expected")
                return found
        if not isinstance(found, dict):
            self.wrong(path, "a table in braces was expected")
            return {}
        known = {*required, *optional}
        for key in required:
            if key not in found:
                self.wrong(path, f"{key!r} is missing")
        for key in found:
            if optional and key not in known:
                self.wrong((*path, key), f"{key!r} is not known here{did_you_mean(key, known)}")
        return found

    def rows(self, path: Path) -> list[Json]:
        """Return a list; a missing one is empty."""
        found = self.at(path)
        if found is None:
            return []
        if not isinstance(found, list):
            self.wrong(path, "a list in brackets was expected")
            return []
        return found

    def whole(self, path: Path, least: int, most: int = _MOST) -> int:
        """Return a whole number within limits; ``least`` where it is wrong."""
        found = self.at(path)
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            self.wrong(path, f"{_shown(found)} is not a whole number from {least} on")
            return least
        return found

    def share(self, path: Path) -> float:
        """Return a number from 0 to 1; 0 where it is wrong."""
        found = self.at(path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
            self.wrong(path, f"{_shown(found)} is not a number from 0 to 1")
            return 0.0
        return float(found)

    def text_at(self, path: Path) -> str:
        """Return a text that is not empty; a list of them is looked through."""
        found = self.at(path)
        if isinstance(found, list):
            return "".join(self.text_at((*path, n)) for n in range(len(found)))
        if not isinstance(found, str) or not found or len(found) > 200:
            self.wrong(path, f"{_shown(found)} is not a name")
            return ""
        return found

    def choice(self, path: Path, known: Collection[str]) -> str | None:
        """Return one of the known names, None where it is not."""
        found = self.at(path)
        if isinstance(found, str) and found in known:
            return found
        near = did_you_mean(found, known) if isinstance(found, str) else ""
        names = ", ".join(sorted(known)[:8])
        self.wrong(
            path, f"{_shown(found)} is none of {names}{near}" if known else "nothing is known here"
        )
        return None

    def known(self, path: Path, name: str, names: Collection[str], what: str) -> None:
        """Note a name that nothing has."""
        if name not in names:
            self.wrong(path, f"there is no {what} {name!r}{did_you_mean(name, names)}")

    def date_at(self, path: Path) -> date:
        """Return a date; the first of 2026 where it is wrong."""
        found = self.at(path)
        if isinstance(found, str) and len(found) == 10:
            try:
                return date.fromisoformat(found)
            except ValueError:
                pass
        self.wrong(path, f"{_shown(found)} is not a date like 2026-01-05")
        return date(2026, 1, 1)

    def day(self, path: Path, first: date) -> int:
        """Return a date as natural days since the first."""
        return (self.date_at(path) - first).days


def _shown(found: Json) -> str:
    if isinstance(found, dict | list):
        return "a list" if isinstance(found, list) else "a table"
    return "nothing" if found is None else repr(found)[:60]
