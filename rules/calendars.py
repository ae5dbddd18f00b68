"""Opening hours: where working time meets the civil clock.

A :class:`Calendar` holds one resource's opening hours as ticks: whole civil seconds
since midnight of the scenario's first day. It answers from tables, so adding or
counting working time costs the same for an hour as for a year. Which dates are
worked is said by :class:`WorkingDays`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.working_days import BeyondCalendar, BeyondPublished, WorkingDays

__all__ = ["BeyondCalendar", "BeyondPublished", "Calendar", "CalendarTables", "WorkingDays"]

IntArray = NDArray[np.int64]

SECONDS_OF_DAY = 86_400


class CalendarTables(NamedTuple):
    """A calendar as arrays, for a compiled engine; all ticks are int64.

    Attributes
    ----------
    starts, ends : array
        Opening intervals in order, each within one civil day, end excluded.
    before : array
        Open ticks before each interval; one longer than ``starts``, the last is the total.
    day_first : array
        For each civil day the first interval that starts on it or later; one day longer.
    bucket_ticks : int
        Open ticks that one entry of ``bucket`` stands for.
    bucket : array
        For each bucket of open ticks the interval in which its first tick lies.
    """

    starts: IntArray
    ends: IntArray
    before: IntArray
    day_first: IntArray
    bucket_ticks: int
    bucket: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Opening hours of one resource, in ticks since midnight of the first day.

    Attributes
    ----------
    first_day : date
        The date of tick 0.
    days : int
        Civil days covered.
    intervals : tuple of (int, int)
        Opening intervals in order, each within one civil day, end excluded.
    day_ticks : int
        Open ticks of one full working day; converts working days to ticks.

    Examples
    --------
    >>> office = Calendar.office(
    ...     date(2025, 9, 26), WorkingDays.china(), ((9 * 3600, 12 * 3600), (13 * 3600, 17 * 3600)),
    ...     date(2025, 10, 31))
    >>> start = office.tick_of(datetime(2025, 9, 26, 16, 30))
    >>> office.datetime_of(office.add(start, 3600))       # 28 September is worked
    datetime.datetime(2025, 9, 28, 9, 30)
    >>> office.working_days(start, office.add(start, 7 * 3600))
    Fraction(1, 1)
    """

    first_day: date
    days: int
    intervals: tuple[tuple[int, int], ...]
    day_ticks: int
    horizon: int = field(init=False)
    _tables: CalendarTables = field(init=False, repr=False)
    _starts: list[int] = field(init=False, repr=False)
    _ends: list[int] = field(init=False, repr=False)
    _before: list[int] = field(init=False, repr=False)
    _day_first: list[int] = field(init=False, repr=False)
    _bucket: list[int] = field(init=False, repr=False)
    _bucket_ticks: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        tables = _tables(self.intervals, self.days)
        made = {
            "horizon": self.days * SECONDS_OF_DAY,
            "_tables": tables,
            # Python lists beside the arrays: reading one number from a list is 3 times faster
            "_starts": tables.starts.tolist(),
            "_ends": tables.ends.tolist(),
            "_before": tables.before.tolist(),
            "_day_first": tables.day_first.tolist(),
            "_bucket": tables.bucket.tolist(),
            "_bucket_ticks": tables.bucket_ticks,
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @classmethod
    def office(
        cls,
        first_day: date,
        days: WorkingDays,
        hours: Sequence[tuple[int, int]],
        last_day: date,
    ) -> Calendar:
        """Return an office's calendar: the same hours on every working day.

        Parameters
        ----------
        first_day, last_day : date
            First and last civil day covered.
        days : WorkingDays
            Which of them are worked.
        hours : sequence of (int, int)
            Opening and closing in seconds of the day, for instance ``(9 * 3600, 17 * 3600)``.
        """
        length = (last_day - first_day).days + 1
        open_days = [first_day + timedelta(i) for i in range(length)]
        return cls.of_days(
            first_day,
            [hours if days.is_working(day) else () for day in open_days],
            sum(close - open_ for open_, close in _joined(hours)),
        )

    @classmethod
    def natural(cls, first_day: date, last_day: date) -> Calendar:
        """Return the calendar of natural days: open round the clock."""
        length = (last_day - first_day).days + 1
        return cls.of_days(first_day, [((0, SECONDS_OF_DAY),)] * length, SECONDS_OF_DAY)

    @classmethod
    def of_days(
        cls,
        first_day: date,
        hours: Sequence[Sequence[tuple[int, int]]],
        day_ticks: int = 0,
    ) -> Calendar:
        """Return a calendar from each day's hours in seconds of that day.

        ``day_ticks`` of 0 takes the longest day that occurs.
        """
        by_day = [_joined(day) for day in hours]
        intervals = tuple(
            (index * SECONDS_OF_DAY + open_, index * SECONDS_OF_DAY + close)
            for index, day in enumerate(by_day)
            for open_, close in day
        )
        longest = max((sum(close - open_ for open_, close in day) for day in by_day), default=0)
        return cls(first_day, len(by_day), intervals, day_ticks or longest)

    @property
    def last_day(self) -> date:
        """The last date covered."""
        return self.first_day + timedelta(self.days - 1)

    @property
    def total(self) -> int:
        """Open ticks from the first day to the last."""
        return self._before[-1]

    def opening(self, t: int) -> int:
        """Return the first open tick at or after ``t``."""
        i = self._at(t)
        if i < len(self._starts):
            return max(t, self._starts[i])
        raise self._ends_before("nothing opens any more", t)

    def closing(self, t: int) -> int:
        """Return when the opening hours end that tick ``t`` lies in, or the next ones after it."""
        i = self._at(t)
        if i < len(self._ends):
            return self._ends[i]
        raise self._ends_before("nothing opens any more", t)

    def is_open(self, t: int) -> bool:
        """Whether the resource works in the second that begins at ``t``."""
        i = self._at(t)
        return i < len(self._starts) and self._starts[i] <= t

    def add(self, t: int, work: int) -> int:
        """Return the earliest tick ``u >= t`` with ``worked(t, u) == work``.

        Work that fills a day ends at its closing, not at the next opening; no work
        ends at once, open or closed.
        """
        if work <= 0:
            return t
        i = self._at(t)
        if i == len(self._starts):
            raise self._ends_before("nothing opens any more", t)
        start = self._starts[i]
        start = max(start, t)
        if start + work <= self._ends[i]:  # most work ends in the interval where it starts
            return start + work
        target = self._before[i] + (start - self._starts[i]) + work
        if target > self._before[-1]:
            raise self._ends_before(f"{work} ticks of work do not end", t)
        j = self._bucket[(target - 1) // self._bucket_ticks]
        while self._before[j + 1] < target:
            j += 1
        return self._starts[j] + target - self._before[j]

    def worked(self, a: int, b: int) -> int:
        """Return the open ticks from ``a`` to ``b``; negative when ``b`` comes first."""
        return self._open_before(b) - self._open_before(a)

    def working_days(self, a: int, b: int) -> Fraction:
        """Return the open time from ``a`` to ``b`` in working days, exactly."""
        return Fraction(self.worked(a, b), self.day_ticks)

    def add_many(self, t: IntArray, work: IntArray) -> IntArray:
        """Return :meth:`add` for arrays that broadcast together."""
        tables = self._tables
        t, work = np.broadcast_arrays(t, work)
        target = self._open_before_many(t) + work
        if target.size and int(target.max()) > self.total:
            worst = int(t.flat[int(target.argmax())])
            raise self._ends_before("some work does not end", worst)
        if not self.total:
            return t.copy()
        j = tables.bucket[np.maximum(target - 1, 0) // tables.bucket_ticks]
        while (late := tables.before[j + 1] < target).any():
            j = j + late
        return np.where(work <= 0, t, tables.starts[j] + target - tables.before[j])

    def worked_many(self, a: IntArray, b: IntArray) -> IntArray:
        """Return :meth:`worked` for arrays that broadcast together."""
        return self._open_before_many(b) - self._open_before_many(a)

    def intersect(self, other: Calendar) -> Calendar:
        """Return the calendar that is open when both are; what a joint desk keeps.

        It covers the days both cover, from the same first day; its full day is the
        longest that occurs.
        """
        if self.first_day != other.first_day:
            raise ValueError(f"calendars start on {self.first_day} and {other.first_day}")
        days = min(self.days, other.days)
        both: list[tuple[int, int]] = []
        i = j = 0
        while i < len(self._starts) and j < len(other._starts):
            start = max(self._starts[i], other._starts[j])
            end = min(self._ends[i], other._ends[j])
            if start < end:
                both.append((start, end))
            if self._ends[i] < other._ends[j]:
                i += 1
            else:
                j += 1
        in_day: dict[int, int] = {}
        for start, end in both:
            day = start // SECONDS_OF_DAY
            in_day[day] = in_day.get(day, 0) + end - start
        return Calendar(self.first_day, days, tuple(both), max(in_day.values(), default=0))

    def day_of(self, t: int) -> int:
        """Return the civil day of the tick, 0 for the first."""
        return t // SECONDS_OF_DAY

    def date_of(self, t: int) -> date:
        """Return the date of the tick."""
        return self.first_day + timedelta(t // SECONDS_OF_DAY)

    def datetime_of(self, t: int) -> datetime:
        """Return the civil date and time of the tick."""
        return datetime.combine(self.first_day, time()) + timedelta(seconds=t)

    def tick_of(self, moment: datetime) -> int:
        """Return the tick of a civil date and time; parts of a second are dropped."""
        if moment.tzinfo is not None:
            raise ValueError(
                f"{moment.isoformat()} names a time zone; civil local time was expected"
            )
        since = moment - datetime.combine(self.first_day, time())
        return since.days * SECONDS_OF_DAY + since.seconds

    def arrays(self) -> CalendarTables:
        """Return the tables behind the answers, for a compiled engine; do not write to them."""
        return self._tables

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Calendar):
            return NotImplemented
        return self is other or (
            (self.first_day, self.days, self.day_ticks)
            == (other.first_day, other.days, other.day_ticks)
            and self.intervals == other.intervals
        )

    def __hash__(self) -> int:
        return hash((self.first_day, self.days, self.day_ticks, len(self.intervals), self.total))

    def _at(self, t: int) -> int:
        """Return the first interval that ends after ``t``; their number if none does."""
        if not 0 <= t <= self.horizon:
            raise self._ends_before("not covered", t)
        i = self._day_first[t // SECONDS_OF_DAY]
        while i < len(self._ends) and self._ends[i] <= t:  # as often as a day has intervals
            i += 1
        return i

    def _open_before(self, t: int) -> int:
        i = self._at(t)
        if i == len(self._starts):
            return self._before[-1]
        return self._before[i] + max(0, t - self._starts[i])

    def _open_before_many(self, t: IntArray) -> IntArray:
        tables = self._tables
        if t.size and (int(t.min()) < 0 or int(t.max()) > self.horizon):
            outside = int(t.max()) if int(t.max()) > self.horizon else int(t.min())
            raise self._ends_before("not covered", outside)
        if not tables.starts.size:
            return np.zeros(t.shape, dtype=np.int64)
        last = tables.starts.size - 1
        i = np.minimum(tables.day_first[t // SECONDS_OF_DAY], last)
        while (past := (tables.ends[i] <= t) & (i < last)).any():
            i = i + past
        inside = np.clip(t - tables.starts[i], 0, tables.ends[i] - tables.starts[i])
        return np.asarray(tables.before[i] + inside, dtype=np.int64)

    def _ends_before(self, what: str, t: int) -> BeyondCalendar:
        return BeyondCalendar(
            f"{what} at {self.datetime_of(t).isoformat(sep=' ')}:"
            f" the calendar covers {self.first_day} to {self.last_day}"
        )


def _joined(hours: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return one day's hours in order, with touching and overlapping ones made one."""
    joined: list[tuple[int, int]] = []
    for open_, close in sorted(hours):
        if not 0 <= open_ <= close <= SECONDS_OF_DAY:
            raise ValueError(f"hours ({open_}, {close}) are not two rising seconds of one day")
        if open_ == close:
            continue
        if joined and open_ <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(close, joined[-1][1]))
        else:
            joined.append((open_, close))
    return joined


def _tables(intervals: tuple[tuple[int, int], ...], days: int) -> CalendarTables:
    flat = np.array(intervals, dtype=np.int64).reshape(-1, 2)
    starts, ends = flat[:, 0].copy(), flat[:, 1].copy()
    before = np.concatenate(([0], np.cumsum(ends - starts))).astype(np.int64)
    midnights = np.arange(days + 1, dtype=np.int64) * SECONDS_OF_DAY
    day_first = np.searchsorted(starts, midnights, side="left").astype(np.int64)
    total = int(before[-1])
    # as many buckets as intervals: a look-up then walks one interval further on average
    bucket_ticks = max(1, total // max(1, len(starts)))
    firsts = np.arange(0, max(total, 1), bucket_ticks, dtype=np.int64)
    bucket = (np.searchsorted(before, firsts, side="right") - 1).astype(np.int64)
    for table in (starts, ends, before, day_first, bucket):
        table.setflags(write=False)
    return CalendarTables(starts, ends, before, day_first, bucket_ticks, bucket)
