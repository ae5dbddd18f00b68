"""When cases come: frozen arrival patterns.

Each turns one number a case into the instants of arrival; those whose days differ by
chance also ask for one number a day. Sums are of whole numbers, so they are the same
on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from rules.calendars import SECONDS_OF_DAY, BeyondCalendar, Calendar
from scenarios.distributions import Distribution, Gamma

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Luck = Callable[[IntArray, int], FloatArray]
"""Gives the number for each index and purpose."""

DAY_LUCK = 12
"""Purpose of the numbers by which days differ."""


def _unlucky(index: IntArray, _: int) -> FloatArray:
    return np.full(index.shape, 0.5)


class _OneStream:
    """A pattern in which all cases come in one stream."""

    __slots__ = ()

    def blocks(self, cases: int) -> tuple[int, ...]:
        """Return how many of the cases belong to each stream, one after another."""
        return (cases,)


@dataclass(frozen=True, slots=True)
class AtOnce(_OneStream):
    """All cases stand at the door when it first opens."""

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        return on_open_time(np.zeros(len(uniforms), dtype=np.int64), calendar)


@dataclass(frozen=True, slots=True)
class Spaced(_OneStream):
    """Cases come one by one at even distances, the first when the door first opens.

    Attributes
    ----------
    every : int
        Open ticks from one case to the next.
    """

    every: int

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        return on_open_time(np.arange(len(uniforms), dtype=np.int64) * self.every, calendar)


@dataclass(frozen=True, slots=True)
class Poisson(_OneStream):
    """Cases come independently of each other, with exponential gaps.

    Attributes
    ----------
    mean_gap : float
        Mean open ticks from one case to the next, and before the first.
    """

    mean_gap: float

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case, in order.

        Parameters
        ----------
        uniforms : array
            One number in (0, 1) for each case; gap k belongs to case k.
        calendar : Calendar
            Cases come in its open time only, counted from its first opening.
        luck : callable
            Further numbers, for patterns whose days differ by chance.
        """
        return on_open_time(self.open_ticks(uniforms), calendar)

    def open_ticks(self, uniforms: FloatArray, passed: int = 0) -> IntArray:
        """Return the open ticks before each case, when so many have passed before the first."""
        # gaps are rounded before they are summed: a sum of whole numbers is the same everywhere
        gaps = np.rint(-self.mean_gap * np.log1p(-uniforms)).astype(np.int64)
        return np.cumsum(gaps) + passed


@dataclass(frozen=True, slots=True)
class Renewal(_OneStream):
    """Cases come with independent gaps of any distribution.

    Attributes
    ----------
    gap : Distribution
        Open ticks from one case to the next, and before the first.
    """

    gap: Distribution

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        return on_open_time(self.open_ticks(uniforms), calendar)

    def open_ticks(self, uniforms: FloatArray, passed: int = 0) -> IntArray:
        """Return the open ticks before each case; see :meth:`Poisson.open_ticks`."""
        return np.cumsum(np.rint(self.gap.quantile(uniforms)).astype(np.int64)) + passed


@dataclass(frozen=True, slots=True)
class Gaps(_OneStream):
    """Cases come with independent gaps of civil time; out of hours they wait for the opening.

    Unlike :class:`Renewal`, gaps run on while the door is closed, and the next gap begins
    when the case has come in. So other simulators draw arrivals.

    Attributes
    ----------
    gap : Distribution
        Civil ticks from one case to the next.
    at_once : bool
        Whether the first case comes at the first opening; else a gap later.
    """

    gap: Distribution
    at_once: bool = False

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        gaps = np.rint(self.gap.quantile(uniforms)).astype(np.int64)
        if self.at_once and len(gaps):
            gaps[0] = 0
        now = calendar.opening(0)
        if calendar.total == calendar.horizon:
            return now + np.cumsum(gaps)
        comes = []
        for gap in gaps.tolist():
            now = calendar.opening(now + gap)
            comes.append(now)
        return np.array(comes, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Groups(_OneStream):
    """Cases come in groups of one size, the groups as a Poisson stream.

    Attributes
    ----------
    mean_gap : float
        Mean open ticks from one group to the next, and before the first.
    size : int
        Cases of a group; all come at one instant.
    """

    mean_gap: float
    size: int

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; the first of a group decides for all."""
        first = uniforms[:: self.size]
        comes = Poisson(self.mean_gap).times(first, calendar)
        return np.repeat(comes, self.size)[: len(uniforms)]


@dataclass(frozen=True, slots=True)
class Profiled(_OneStream):
    """A Poisson stream that follows weekdays, hours and months, with good and bad days.

    Real permits come with a variance of 1.5 to 3.7 times the mean per weekday, where a
    Poisson stream has 1. A gamma factor for each day gives that: counts of a day are
    then negative binomial.

    Attributes
    ----------
    per_day : float
        Mean number on a day whose weights are 1.
    weekdays : tuple of float
        Weight of Monday to Sunday.
    hours : tuple of (int, int, float)
        Stretches of the day in seconds with their weight per second; rising and disjoint.
    months : tuple of float
        Weight of January to December.
    dispersion : float
        Variance over mean of a mean day's count, 1 or more.
    worked_only : bool
        Whether cases come only on days on which the counting calendar opens.
    """

    per_day: float
    weekdays: tuple[float, ...] = (1.0,) * 7
    hours: tuple[tuple[int, int, float], ...] = ((0, SECONDS_OF_DAY, 1.0),)
    months: tuple[float, ...] = (1.0,) * 12
    dispersion: float = 1.0
    worked_only: bool = False

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        # expected cases in millionths, as whole numbers: at the end of each slot in turn
        days = np.arange(calendar.days)
        expected = self.per_day * self._weights(calendar)
        if self.dispersion > 1:
            # the variance of a mean day is mean + mean^2 cv^2
            cv = float(np.sqrt((self.dispersion - 1) / self.per_day))
            expected = expected * Gamma(1.0, cv).quantile(luck(days, DAY_LUCK))
        stretch = np.array(self.hours)
        part = (stretch[:, 1] - stretch[:, 0]) * stretch[:, 2]
        slots = np.rint(np.outer(expected, part / part.sum()) * _MILLION).astype(np.int64)
        reached = np.concatenate([[0], np.cumsum(slots.ravel())])
        passed = np.cumsum(np.rint(-_MILLION * np.log1p(-uniforms)).astype(np.int64))
        if passed.size and passed[-1] >= reached[-1]:
            raise BeyondCalendar(
                f"only about {reached[-1] // _MILLION} of {len(uniforms)} cases come before"
                f" the calendar ends on {calendar.last_day}"
            )
        slot = np.searchsorted(reached, passed, side="right") - 1
        day, hour = np.divmod(slot, len(stretch))
        start, end = stretch[hour, 0].astype(np.int64), stretch[hour, 1].astype(np.int64)
        inside = (passed - reached[slot]) * (end - start) // slots.ravel()[slot]
        return np.asarray(day * SECONDS_OF_DAY + start + inside, dtype=np.int64)

    def _weights(self, calendar: Calendar) -> FloatArray:
        dates = [calendar.first_day + timedelta(day) for day in range(calendar.days)]
        weights = np.array(
            [self.weekdays[day.weekday()] * self.months[day.month - 1] for day in dates]
        )
        if self.worked_only:
            worked = np.zeros(calendar.days, dtype=np.bool_)
            worked[calendar.arrays().starts // SECONDS_OF_DAY] = True
            weights = np.where(worked, weights, 0.0)
        return weights


@dataclass(frozen=True, slots=True)
class Traced(_OneStream):
    """Cases come when a file says; there are as many as it has lines.

    Attributes
    ----------
    ticks : tuple of int
        Rising.
    """

    ticks: tuple[int, ...]

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case."""
        return np.array(self.ticks[: len(uniforms)], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Booked(_OneStream):
    """Applicants book (预约, M29): each comes in the first free slot after the wish arises.

    Attributes
    ----------
    wishes : Arrivals
        When applicants want to come.
    every : int
        Open ticks of a slot; slots follow each other from the first opening.
    seats : int
        Applicants of one slot.
    """

    wishes: Poisson | Renewal | AtOnce | Spaced | Groups
    every: int
    seats: int

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; see :meth:`Poisson.times`."""
        wish = calendar.worked_many(np.zeros(1, dtype=np.int64), self.wishes.times(
            uniforms, calendar, luck))  # fmt: skip
        place = np.arange(len(wish))
        slot = -(-wish // self.every)
        # seats in order: at least one after the applicant before, not before the wished slot
        seat = place + np.maximum.accumulate(slot * self.seats - place)
        return on_open_time(seat // self.seats * self.every, calendar)


@dataclass(frozen=True, slots=True)
class Several:
    """Streams of their own, one for each case type in turn.

    Attributes
    ----------
    parts : tuple of Arrivals
        One pattern for each case type.
    numbers : tuple of int
        Cases of each; the cases of a stream are numbered one after another.
    """

    parts: tuple[AtOnce | Spaced | Poisson | Renewal | Groups | Profiled | Traced | Booked, ...]
    numbers: tuple[int, ...]

    def blocks(self, cases: int) -> tuple[int, ...]:
        """Return how many cases belong to each stream, one after another."""
        return self.numbers

    def times(self, uniforms: FloatArray, calendar: Calendar, luck: Luck = _unlucky) -> IntArray:
        """Return the arrival tick of each case; the streams do not share their numbers."""
        comes, first = [], 0
        for place, (part, number) in enumerate(zip(self.parts, self.numbers, strict=True)):

            def own(index: IntArray, purpose: int, place: int = place) -> FloatArray:
                return luck(index + (place << 24), purpose)

            comes.append(part.times(uniforms[first : first + number], calendar, own))
            first += number
        return np.concatenate(comes)


_MILLION = 1_000_000

Arrivals = (
    AtOnce | Spaced | Poisson | Renewal | Gaps | Groups | Profiled | Traced | Booked | Several
)


def on_open_time(passed: IntArray, calendar: Calendar) -> IntArray:
    """Return the open second that comes after so many open ticks.

    That is where the next second of work would begin, so a case due when the door
    closes comes when it next opens.
    """
    return calendar.add_many(np.zeros_like(passed), passed + 1) - 1
