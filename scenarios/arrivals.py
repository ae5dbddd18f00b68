"""When cases come: frozen arrival patterns, all in working time of one calendar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.calendars import Calendar

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AtOnce:
    """All cases stand at the door when it first opens."""

    def times(self, uniforms: FloatArray, calendar: Calendar) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        return _on_open_time(np.zeros(len(uniforms), dtype=np.int64), calendar)


@dataclass(frozen=True, slots=True)
class Spaced:
    """Cases come one by one at even distances, the first when the door first opens.

    Attributes
    ----------
    every : int
        Open ticks from one case to the next.
    """

    every: int

    def times(self, uniforms: FloatArray, calendar: Calendar) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        return _on_open_time(np.arange(len(uniforms), dtype=np.int64) * self.every, calendar)


@dataclass(frozen=True, slots=True)
class Poisson:
    """Cases come independently of each other, with exponential gaps.

    Attributes
    ----------
    mean_gap : float
        Mean open ticks from one case to the next, and before the first.
    """

    mean_gap: float

    def times(self, uniforms: FloatArray, calendar: Calendar) -> IntArray:
        """Return the arrival tick of each case, in order.

        Parameters
        ----------
        uniforms : array
            One number in (0, 1) for each case; gap k belongs to case k.
        calendar : Calendar
            Cases come in its open time only, counted from its first opening.
        """
        # gaps are rounded before they are summed: a sum of whole numbers is the same everywhere
        gaps = np.rint(-self.mean_gap * np.log1p(-uniforms)).astype(np.int64)
        return _on_open_time(np.cumsum(gaps), calendar)


Arrivals = AtOnce | Spaced | Poisson


def _on_open_time(passed: IntArray, calendar: Calendar) -> IntArray:
    """Return the open second that comes after so many open ticks.

    That is where the next second of work would begin, so a case due when the door
    closes comes when it next opens.
    """
    return calendar.add_many(np.zeros_like(passed), passed + 1) - 1
