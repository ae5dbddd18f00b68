"""How much searching is allowed, and what has been found so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from optimizer.objectives import Goal, values
from optimizer.portfolio import Portfolio, Times

_SECONDS_A_PLACEMENT = 4e-6
"""What putting one activity into the diaries counts for; about its time on the clock."""


@dataclass(frozen=True, slots=True)
class Progress:
    """News of the search: a better schedule or a higher bound.

    Attributes
    ----------
    seconds : float
        Time spent so far.
    value : int or None
        The first goal's value of the best schedule.
    bound : int
        What it cannot be below.
    method : str
        What found it.
    """

    seconds: float
    value: int | None
    bound: int
    method: str

    @property
    def gap(self) -> float | None:
        """How much better a schedule could be at best, as a share of the value."""
        if self.value is None:
            return None
        return (self.value - self.bound) / self.value if self.value else 0.0


class Budget:
    """A limit by the clock, or by counted work so that two runs end alike.

    Parameters
    ----------
    seconds : float
        The limit.
    deterministic : bool
        Whether to count work (placements and the solver's own seconds) instead of time.
    """

    def __init__(self, seconds: float, deterministic: bool) -> None:
        self.seconds = seconds
        self.deterministic = deterministic
        self._began = time.monotonic()
        self._counted = 0.0

    def place(self, activities: int) -> None:
        """Count activities put into diaries."""
        self._counted += activities * _SECONDS_A_PLACEMENT

    def solve(self, deterministic_seconds: float) -> None:
        """Count a run of the solver."""
        self._counted += deterministic_seconds

    @property
    def used(self) -> float:
        """Seconds used."""
        return self._counted if self.deterministic else time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.seconds - self.used)


@dataclass(slots=True)
class Incumbent:
    """The best schedule so far and the bounds, one for each goal.

    Attributes
    ----------
    bounds : list of int
        What each goal's value cannot be below, given the values of those before it.
    method : str
        What found the schedule.
    """

    portfolio: Portfolio
    goals: Sequence[Goal]
    bounds: list[int]
    budget: Budget
    tell: Callable[[Progress], None] | None = None
    times: Times | None = None
    values: tuple[int, ...] = ()
    method: str = ""
    _told: tuple[int | None, int] = field(default=(None, -1))

    def offer(self, times: Times, method: str) -> bool:
        """Take the schedule if it is better; return whether it was."""
        found = values(self.portfolio, self.goals, times)
        if self.times is not None and found >= self.values:
            return False
        self.times, self.values, self.method = times, found, method
        self.report()
        return True

    def raise_bound(self, bound: int, goal: int = 0) -> None:
        """Take a higher bound of a goal; one above a schedule in hand proves itself wrong."""
        if bound > self.bounds[goal] and not (self.values and bound > self.values[goal]):
            self.bounds[goal] = bound
            self.report()

    def report(self) -> None:
        """Tell whoever listens, if there is news."""
        news = (self.values[0] if self.values else None, self.bounds[0])
        if self.tell is not None and news != self._told:
            self._told = news
            self.tell(Progress(self.budget.used, news[0], news[1], self.method))

    @property
    def is_best(self) -> bool:
        """Whether nothing can be better."""
        return self.times is not None and list(self.values) == self.bounds
