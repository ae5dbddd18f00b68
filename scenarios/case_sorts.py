"""Sorts of cases that share the offices of one scenario, each with facts that rules look at.

A sort is what a planner writes as ``[[type]]``: pharmacies, factories, small shops. Its cases
come in a stream of their own, so a sort that is added moves no number of another. Facts
are drawn for each case; decision tables say for every combination of facts which items
such a case needs, who decides them and in which class: a :class:`Profile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from rules import Procedure
from rules.excerpt import Decided, excerpt
from rules.steps import Name
from scenarios.distributions import Distribution
from scenarios.life import ArrivalHabit
from scenarios.streams import STREAM_BITS, stream_of

MOST_COMBINATIONS = 5000
"""Combinations of facts that a sort may have."""
MOST_PROFILES = 60
"""Different procedures that the facts of a sort may lead to: each has desks of its own."""

SALT_SHIFT = 44
"""Bits below a sort's part of a case's number for draws."""


@dataclass(frozen=True, slots=True)
class SaidFact:
    """A fact of a sort's cases and how often each of its values occurs.

    Attributes
    ----------
    key : str
        The decision tables' input.
    values : tuple
        What tables are asked with: choices, truth values, or for a number one of each
        stretch that the tables tell apart.
    weights : tuple of float
        How often each value occurs; empty for numbers.
    numbers : Distribution or None
        Where the number comes from.
    points : tuple of float
        Numbers at which tables change their mind, rising: value ``2 k + 1`` is point ``k``
        itself, value ``2 k`` what lies before it.
    whole : bool
        Whether only whole numbers occur.
    """

    key: str
    values: tuple[object, ...]
    weights: tuple[float, ...] = ()
    numbers: Distribution | None = None
    points: tuple[float, ...] = ()
    whole: bool = False

    def possible(self) -> tuple[bool, ...]:
        """Return which values can occur at all."""
        if self.numbers is None:
            return tuple(weight > 0 for weight in self.weights)
        low, high = piece_of(
            self.numbers.quantile(np.array([2.0**-53, 1 - 2.0**-53])), self.points, self.whole
        ).tolist()
        return tuple(low <= piece <= high for piece in range(len(self.values)))


def piece_of(
    numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    points: tuple[float, ...],
    whole: bool,
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return in which stretch between points each number lies; see :class:`SaidFact`.

    Examples
    --------
    >>> piece_of(np.array([3.0, 50.0, 50.5]), (50.0,), whole=False).tolist()
    [0, 1, 2]
    """
    if whole:
        numbers = np.rint(numbers)
    ends = np.array(points, dtype=np.float64)
    below = np.searchsorted(ends, numbers, side="left")
    return np.asarray(below + np.searchsorted(ends, numbers, side="right"), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Profile:
    """What cases with certain facts need.

    Attributes
    ----------
    items : tuple of str
        Keys of the catalogue's items; empty: all of them.
    decided : tuple of (str, Decided)
        Items of which the tables say who decides, or in which class.
    """

    items: tuple[str, ...] = ()
    decided: tuple[tuple[str, Decided], ...] = ()


WHOLE = Profile()
"""Cases that need every item."""


@dataclass(frozen=True, slots=True)
class CaseSort:
    """A sort of cases, as ``[[type]]`` says it.

    Attributes
    ----------
    key : str
        For instance ``pharmacy``; logs and summaries name it.
    name : Name
        Chinese and English name.
    number : int
        Cases of one replication.
    per_year : int
        How many come in a year of 250 working days.
    priority : int
        1 is served first where offices serve by priority.
    promise_days : int
        Working days promised for the whole case; 0: none.
    arrivals : ArrivalHabit or None
        How they come; None: as the scenario says.
    facts : tuple of SaidFact
        What is drawn for each case.
    profiles : tuple of Profile
        The different procedures that facts lead to; one where there are no facts.
    table : tuple of int
        Index of the profile of each combination of facts, the last fact changing fastest.
    """

    key: str
    name: Name
    number: int
    per_year: int
    priority: int = 1
    promise_days: int = 0
    arrivals: ArrivalHabit | None = None
    facts: tuple[SaidFact, ...] = ()
    profiles: tuple[Profile, ...] = (WHOLE,)
    table: tuple[int, ...] = (0,)

    @property
    def salt(self) -> int:
        """What is added to the number of a case of this sort before its luck is drawn.

        It depends on the key only, so other sorts do not move it.
        """
        return stream_of(f"type:{self.key}") >> (STREAM_BITS - 62 + SALT_SHIFT) << SALT_SHIFT

    def combinations(self) -> list[dict[str, object]]:
        """Return every combination of facts, the last fact changing fastest."""
        return [
            dict(zip((fact.key for fact in self.facts), values, strict=True))
            for values in product(*(fact.values for fact in self.facts))
        ]

    def possible(self) -> list[bool]:
        """Return for each combination whether it can occur."""
        return [all(each) for each in product(*(fact.possible() for fact in self.facts))]

    def procedure(self, whole: Procedure, items: tuple[str, ...], profile: Profile) -> Procedure:
        """Return the part of a redesign that cases of a profile need.

        Parameters
        ----------
        whole : Procedure
            Of all cases, with its levers.
        items : tuple of str
            Keys of today's items.
        profile : Profile
            One of :attr:`profiles`.
        """
        decided: Mapping[str, Decided] = dict(profile.decided)
        if not profile.items and not decided:
            return replace(whole, mixed=False)
        part = excerpt(whole, profile.items or items, items, decided)
        return replace(part, name=whole.name)
