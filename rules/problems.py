"""What is wrong with a planner's file, said so that the planner can mend it.

Readers collect every :class:`Problem` they meet and raise one
:class:`InputError` at the end, so a file with four mistakes shows four lines.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the planner's files something stands.

    Attributes
    ----------
    file : str
        The file's name as the planner typed it, or the table's name.
    line : int
        Line counted from 1; 0 when the whole file is meant.
    """

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Said(str):
    """A message in English that brings its Chinese along.

    Examples
    --------
    >>> said = Said("refused", "被拒绝")
    >>> said, said.zh
    ('refused', '被拒绝')
    """

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Return the English text with its Chinese."""
        said = super().__new__(cls, en)
        said.zh = zh
        return said

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # it takes two
        """Return what makes it anew in another process."""
        return str(self), self.zh


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it is, what was found and what was expected.

    Examples
    --------
    >>> print(Problem(Place("items.csv", 14), "days: '-3' is not a whole number of working days"))
    items.csv:14: days: '-3' is not a whole number of working days
    """

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InputError(Exception):
    """A planner's input cannot be used; holds every problem found.

    Attributes
    ----------
    problems : tuple of Problem
        Sorted by file and line, without repetitions.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def at(cls, file: str, line: int, message: str) -> Self:
        """Return the error of a single problem."""
        return cls([Problem(Place(file, line), message)])


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known name, or nothing.

    Examples
    --------
    >>> did_you_mean("site-plam", ["site-plan", "survey"])
    " (did you mean 'site-plan'?)"
    >>> did_you_mean("zzz", ["site-plan"])
    ''
    """
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6)
    return f" (did you mean '{folded[near[0]]}'?)" if near else ""
