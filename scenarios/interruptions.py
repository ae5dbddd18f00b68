"""Absence and outages: stretches, drawn anew in every replication, when a calendar is shut.

Work stops and goes on after them, because the engine simply sees a calendar with fewer
open hours. All arithmetic on calendars stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules import Calendar
    from scenarios.distributions import Distribution

IntArray = NDArray[np.int64]
Uniforms = "Callable[[IntArray, int], NDArray[np.float64]]"

_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Outage:
    """A system that runs and fails in turn, day and night, from a running start (M61).

    Attributes
    ----------
    calendars : tuple of int
        Calendars that stand still meanwhile.
    up, down : Distribution
        Civil ticks for which it runs and fails.
    stream : int
        Keys the draws.
    """

    calendars: tuple[int, ...]
    up: Distribution
    down: Distribution
    stream: int

    def shut(
        self, calendar: Calendar, luck: Callable[[IntArray, int], NDArray[np.float64]]
    ) -> IntArray:
        """Return the stretches when it is down, an array of rows (from, to).

        Parameters
        ----------
        calendar : Calendar
            Says how far time goes.
        luck : callable
            Gives a uniform number for each index and a kind (0 or 1) of draw.
        """
        ends: list[IntArray] = []
        at, first = 0, 0
        while at < calendar.horizon:
            index = np.arange(first, first + _BLOCK)
            up, down = (
                np.maximum(np.rint(each.quantile(luck(index, kind))), 1).astype(np.int64)
                for kind, each in enumerate((self.up, self.down))
            )
            moments = at + np.cumsum(np.column_stack([up, down]).ravel())
            ends.append(moments.reshape(-1, 2))
            at, first = int(moments[-1]), first + _BLOCK
        return np.concatenate(ends)


@dataclass(frozen=True, slots=True)
class Absence:
    """A person who is absent on some days, each day by chance (病假、事假).

    Attributes
    ----------
    calendars : tuple of int
        The person's calendar.
    chance : float
        Share of days.
    stream : int
        Keys the draws.
    """

    calendars: tuple[int, ...]
    chance: float
    stream: int

    def shut(
        self, calendar: Calendar, luck: Callable[[IntArray, int], NDArray[np.float64]]
    ) -> IntArray:
        """Return the days of absence; see :meth:`Outage.shut`."""
        days = np.flatnonzero(luck(np.arange(calendar.days), 0) < self.chance)
        return np.column_stack([days, days + 1]).astype(np.int64) * 86_400


Interruption = Outage | Absence


def without(calendar: Calendar, shut: IntArray) -> Calendar:
    """Return the calendar without rising, disjoint stretches (from, to).

    Examples
    --------
    >>> from datetime import date
    >>> from rules import Calendar
    >>> day = Calendar.of_days(date(2025, 1, 6), [((10, 20), (30, 40))])
    >>> without(day, np.array([[15, 32], [35, 36]])).intervals
    ((10, 15), (32, 35), (36, 40))
    """
    tables = calendar.arrays()
    shut = shut[shut[:, 0] < calendar.horizon]
    # every border of either; open where inside an interval and outside every stretch
    borders = np.unique(np.concatenate([tables.starts, tables.ends, shut.ravel()]))
    inside = np.searchsorted(tables.starts, borders, "right") > np.searchsorted(
        tables.ends, borders, "right"
    )
    down = np.searchsorted(shut[:, 0], borders, "right") > np.searchsorted(
        shut[:, 1], borders, "right"
    )
    keep = np.flatnonzero((inside & ~down)[:-1])
    intervals = tuple(zip(borders[keep].tolist(), borders[keep + 1].tolist(), strict=True))
    return type(calendar)(calendar.first_day, calendar.days, intervals, calendar.day_ticks)
