"""What makes one schedule of a portfolio better than another.

Makespan counts slots (working days); the other goals count natural days, as the
applicants do.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from optimizer.portfolio import Portfolio, Times


class Goal(StrEnum):
    """One thing to keep small; several in a row are taken in order of importance."""

    MAKESPAN = "makespan"
    FLOW_TIME = "flow_time"
    TARDINESS = "weighted_tardiness"
    P90 = "p90"


def completions(portfolio: Portfolio, ends: Sequence[int]) -> list[int]:
    """Return the slot before which each project is over."""
    return [
        max((ends[a] for a in members), default=project.release)
        for project, members in zip(portfolio.projects, portfolio.members, strict=True)
    ]


def value(portfolio: Portfolio, goal: Goal, over: Sequence[int]) -> int:
    """Return how well a schedule does.

    Parameters
    ----------
    goal : Goal
        ``makespan``: slots until the last project is over. ``flow_time``: natural days from
        each release to the end of the last day of the project, summed. ``weighted_tardiness``:
        natural days after each due date, times the project's weight, summed. ``p90``: the
        natural days that nine projects of ten keep.
    over : sequence of int
        Slot before which each project is over.
    """
    if goal is Goal.MAKESPAN:
        return max(over, default=0)
    if goal is Goal.TARDINESS:
        return sum(
            project.weight * late(portfolio, number, slot)
            for number, (project, slot) in enumerate(zip(portfolio.projects, over, strict=True))
        )
    days = [flow(portfolio, number, slot) for number, slot in enumerate(over)]
    return sum(days) if goal is Goal.FLOW_TIME else quantile(days)


def values(portfolio: Portfolio, goals: Sequence[Goal], times: Times) -> tuple[int, ...]:
    """Return each goal's value, the most important first."""
    over = completions(portfolio, times.ends)
    return tuple(value(portfolio, goal, over) for goal in goals)


def flow(portfolio: Portfolio, project: int, slot: int) -> int:
    """Return natural days from the project's first possible day to its end before ``slot``."""
    release = portfolio.projects[project].release
    if slot <= release:
        return 0
    return portfolio.axis.over[slot] - portfolio.axis.dates[release]


def late(portfolio: Portfolio, project: int, slot: int) -> int:
    """Return natural days by which the project's last day is after its due date."""
    due = portfolio.projects[project].due
    if due is None:
        return 0
    return max(0, portfolio.axis.over[slot] - 1 - due)


def kept_by(count: int) -> int:
    """Return how many projects nine of ten are, rounded up.

    Examples
    --------
    >>> [kept_by(n) for n in (1, 10, 11, 20)]
    [1, 9, 10, 18]
    """
    return -(-9 * count // 10)


def quantile(days: Sequence[int]) -> int:
    """Return the days that nine of ten keep.

    Examples
    --------
    >>> quantile([5, 1, 3, 2, 4, 6, 7, 8, 9, 100])
    9
    """
    return sorted(days)[kept_by(len(days)) - 1] if days else 0
