"""Which dates China works, shifted days (调休) included, from a dated file.

Adding or counting working days takes a look at a table, however many they are.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib import resources
from itertools import accumulate

PROJECTED_LAST = date(2060, 12, 31)
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
"""Month and day of the holidays with a fixed date (State Council decree 795, from 2025).

Spring Festival, Qingming, Dragon Boat and Mid-Autumn follow the moon or the sun, and
shifted days follow a yearly notice: none of these can be projected.
"""


class BeyondCalendar(ValueError):  # noqa: N818 - said as the planner meets it
    """A time lies outside the days that a calendar covers; the message names both."""


class BeyondPublished(BeyondCalendar):
    """A date lies outside the years whose working days have been published."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkingDays:
    """Which dates are working days, over a stretch of whole years.

    Attributes
    ----------
    first, last : date
        First and last date covered.
    published : date
        Last date that rests on a publication; later dates up to ``last`` are projected.
    worked : bytes
        One byte for each date from ``first`` on: 1 working, 0 off.

    Examples
    --------
    >>> days = WorkingDays.china()
    >>> days.is_working(date(2025, 9, 28))   # a Sunday worked for the National Day week
    True
    >>> days.add(date(2025, 9, 30), 3)
    datetime.date(2025, 10, 11)
    """

    first: date
    last: date
    published: date
    worked: bytes
    _before: tuple[int, ...] = field(init=False, repr=False)
    _ordinals: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_before", (0, *accumulate(self.worked)))
        ordinals = tuple(i for i, works in enumerate(self.worked) if works)
        object.__setattr__(self, "_ordinals", ordinals)

    @staticmethod
    def china(projection: bool = False) -> WorkingDays:
        """Return China's working days as published by the State Council (2004-2026).

        With ``projection`` later years follow as Monday to Friday less the holidays
        that have a fixed date (:data:`FIXED_HOLIDAYS`). That is a guess: moving
        holidays and shifted days are missing, some 8 working days a year too many.
        """
        return _china(projection)

    @staticmethod
    def weekly(
        first: date = date(2000, 1, 1),
        last: date = date(2099, 12, 31),
        weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    ) -> WorkingDays:
        """Return a textbook week without holidays; Monday is 0."""
        return _weekly(first, last, weekdays)

    def is_working(self, day: date) -> bool:
        """Whether the date is a working day."""
        return self.worked[self._index(day)] == 1

    def projected(self, day: date) -> bool:
        """Whether the answer for this date is a projection, not a publication."""
        self._index(day)
        return day > self.published

    def add(self, day: date, amount: int) -> date:
        """Return the working day ``amount`` working days after the date.

        The date itself is not counted (民法典 art. 201); a negative amount goes
        back, and zero returns the date as it is.
        """
        if amount == 0:
            return day
        index = self._index(day)
        nth = self._before[index + 1] + amount - 1 if amount > 0 else self._before[index] + amount
        if not 0 <= nth < len(self._ordinals):
            way, end = ("after", self.last) if amount > 0 else ("before", self.first)
            raise self._beyond(f"{abs(amount)} working days {way} {day} pass {end}")
        return self.first + timedelta(self._ordinals[nth])

    def count(self, after: date, until: date) -> int:
        """Return the working days later than ``after`` up to and with ``until``.

        The inverse of :meth:`add`; negative when ``until`` comes first.
        """
        return self._before[self._index(until) + 1] - self._before[self._index(after) + 1]

    def _index(self, day: date) -> int:
        index = (day - self.first).days
        if not 0 <= index < len(self.worked):
            raise self._beyond(f"{day} is not covered")
        return index

    def _beyond(self, what: str) -> BeyondPublished:
        hint = "" if self.last > self.published else "; projection = true goes on with a guess"
        return BeyondPublished(
            f"{what}: working days are known from {self.first} to {self.last}"
            f" (last published year {self.published.year}){hint}"
        )


@cache
def _china(projection: bool) -> WorkingDays:
    shifted = _published_exceptions()
    first = date(min(shifted).year, 1, 1)
    published = date(max(shifted).year, 12, 31)
    last = PROJECTED_LAST if projection else published
    worked = bytearray()
    for index in range((last - first).days + 1):
        day = first + timedelta(index)
        works = shifted.get(day, day.weekday() < 5)
        if day > published and (day.month, day.day) in FIXED_HOLIDAYS:
            works = False
        worked.append(works)
    return WorkingDays(first, last, published, bytes(worked))


def _published_exceptions() -> dict[date, bool]:
    """Read the dates that differ from Monday to Friday: True where worked."""
    text = resources.files("rules").joinpath("data/working_days.csv").read_text("utf-8-sig")
    return {
        date.fromisoformat(row["date"]): row["change"] == "worked"
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _weekly(first: date, last: date, weekdays: tuple[int, ...]) -> WorkingDays:
    days = range((last - first).days + 1)
    worked = bytes((first.weekday() + index) % 7 in weekdays for index in days)
    return WorkingDays(first, last, last, worked)
