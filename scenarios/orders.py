"""Who is served first: queue orders as frozen values.

Every order gives a case a rank; the lowest rank goes first, then who was ready first,
then the lower case number, then the earlier desk. People who serve joint desks together
must keep one order, or two joint cases could each wait for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple


class Standing(NamedTuple):
    """What an order may look at.

    Attributes
    ----------
    priority : int
        Of case type and step together; 1 goes first.
    deadline : int
        Tick at which the case's promise is over.
    filed : int
        Tick at which the case came to the house.
    place : int
        Place of the desk in the plan.
    case : int
        Number of the case.
    """

    priority: int
    deadline: int
    filed: int
    place: int
    case: int = 0


@dataclass(frozen=True, slots=True)
class FirstCome:
    """Whoever is ready first goes first."""

    word: ClassVar[str] = "first_come"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = False

    def rank(self, _: Standing) -> int:
        """Return 0 for everybody."""
        return 0


@dataclass(frozen=True, slots=True)
class ByPriority:
    """Lower priority numbers go first; work at hand is finished (non-preemptive)."""

    word: ClassVar[str] = "priority"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = True

    def rank(self, at: Standing) -> int:
        """Return the priority."""
        return at.priority


@dataclass(frozen=True, slots=True)
class Interrupting:
    """Lower priority numbers go first and interrupt work at hand, which goes on later."""

    word: ClassVar[str] = "interrupting"
    interrupts: ClassVar[bool] = True
    ranks: ClassVar[bool] = True

    def rank(self, at: Standing) -> int:
        """Return the priority."""
        return at.priority


@dataclass(frozen=True, slots=True)
class EarliestDeadline:
    """Whose promise is over first goes first; work at hand is finished."""

    word: ClassVar[str] = "earliest_deadline"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = True

    def rank(self, at: Standing) -> int:
        """Return the deadline."""
        return at.deadline


@dataclass(frozen=True, slots=True)
class ByFiling:
    """Whose application was filed first goes first at every desk.

    The statutory order for licences that are limited in number (行政许可法 art. 57).
    """

    word: ClassVar[str] = "filing"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = True

    def rank(self, at: Standing) -> int:
        """Return the instant of filing."""
        return at.filed


@dataclass(frozen=True, slots=True)
class ByList:
    """The earlier desk of the plan goes first, whenever it became ready (list scheduling)."""

    word: ClassVar[str] = "list"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = True

    def rank(self, at: Standing) -> int:
        """Return the place in the list."""
        return at.place


LAST = 2**62
"""Rank of what a planned order does not list: after all that it lists."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The order of a schedule: the work that it starts first goes first.

    Attributes
    ----------
    places : tuple of tuple of int
        By case and desk of the plan, the place in the schedule.
    strict : bool
        Whether people wait for whose turn it is, even if others are there already.
        Otherwise they take whoever of those who are there is first.
    """

    word: ClassVar[str] = "planned"
    interrupts: ClassVar[bool] = False
    ranks: ClassVar[bool] = True

    places: tuple[tuple[int, ...], ...]
    strict: bool = False

    def place(self, case: int, desk: int) -> int:
        """Return the place of a case at a desk of the plan."""
        return self.places[case][desk] if case < len(self.places) else LAST

    def rank(self, at: Standing) -> int:
        """Return the place in the schedule."""
        return self.place(at.case, at.place)


QueueOrder = FirstCome | ByPriority | Interrupting | EarliestDeadline | ByFiling | ByList | Planned

ORDERS: dict[str, QueueOrder] = {
    order.word: order
    for order in (
        FirstCome(), ByPriority(), Interrupting(), EarliestDeadline(), ByFiling(), ByList()
    )
}  # fmt: skip
"""The orders by the word that planners write."""
