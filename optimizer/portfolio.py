"""A portfolio: projects of any procedures over offices that all of them share.

The scheduler's own instance model. Time runs in *slots*, whole units in which somebody
works: working days where there is a calendar, the units of the file where there is none.
Each slot has a date, so what the law counts in natural days (a notice, the validity of a
certificate) is exact and never a worst case in working days.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from heapq import heappop, heappush


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of doing an activity.

    Attributes
    ----------
    days : int
        Slots of work; 0 for what takes nobody's time.
    needs : tuple of (int, int)
        Offices, and how many of their people are held from start to end, all at once.
    uses : tuple of (int, int)
        Stocks (money, quota) and how much of them is gone for good.
    centre : int
        The centre where it is done, or -1 when that is open.
    calendar : int
        Index of the calendar on which the work runs, besides those of its offices.
    """

    days: int
    needs: tuple[tuple[int, int], ...] = ()
    uses: tuple[tuple[int, int], ...] = ()
    centre: int = -1
    calendar: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """A step of one project: exactly one of its modes is chosen."""

    key: str
    project: int
    modes: tuple[Mode, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Time that must, or at most may, lie between two activities.

    Attributes
    ----------
    before, after : int
        Activities; the time runs from the end of ``before`` to the start of ``after``.
    lag : int
        Open slots of ``calendar``, or natural days where ``natural``; may be negative only
        on the calendar that is always open.
    from_start : bool
        Whether the time runs from the start of ``before`` instead.
    natural : bool
        Whether the lag counts natural days: if the earlier activity's last day is *D*, the
        later may start on *D* + 1 + lag or after; from a start on *D*, on *D* + lag or after.
    at_most : bool
        Whether the lag is the longest allowed instead of the shortest.
    when : tuple of (int, tuple of int) or None
        Counts only if that activity is done in one of those modes.
    calendar : int
        Index of the calendar whose slots the lag counts.
    """

    before: int
    after: int
    lag: int = 0
    from_start: bool = False
    natural: bool = False
    at_most: bool = False
    when: tuple[int, tuple[int, ...]] | None = None
    calendar: int = 0


@dataclass(frozen=True, slots=True)
class Office:
    """People who can stand in for each other: reviewers, a survey crew, seats of a meeting.

    Attributes
    ----------
    key : str
        Name in the file.
    people : int
        How many there are.
    calendar : int
        Index of the calendar that they keep.
    away : tuple of (int, int, int)
        From one slot until before another so many of them are absent.
    """

    key: str
    people: int
    calendar: int = 0
    away: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """One case that has to get through.

    Attributes
    ----------
    key : str
        Name in the file.
    release : int
        First slot in which anything of it may start.
    due : int or None
        Natural day (0 is the first day) by whose end it should be over.
    weight : int
        What a day of delay weighs against other projects'.
    centres : tuple of int
        Centres that may handle it; exactly one is chosen where there are any.
    """

    key: str
    release: int = 0
    due: int | None = None
    weight: int = 1
    centres: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Axis:
    """The slots of a portfolio and the calendars over them.

    Attributes
    ----------
    dates : tuple of int
        Natural day of each slot, rising; day 0 is ``first_day``.
    first_day : date or None
        None where the file knows no dates.
    calendars : tuple of tuple of int
        The open slots of each calendar, rising; the first calendar is open in all.
    """

    dates: tuple[int, ...]
    first_day: date | None = None
    calendars: tuple[tuple[int, ...], ...] = field(default=())

    @classmethod
    def plain(cls, slots: int) -> Axis:
        """Return an axis of slots without dates: slot *n* is day *n*."""
        every = tuple(range(slots))
        return cls(every, None, (every,))

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return len(self.dates)

    @cached_property
    def over(self) -> tuple[int, ...]:
        """The natural day that begins when a slot has just ended, by the slot after it.

        Work that ends before slot *n* ends with the day before this one.
        """
        return (self.dates[0], *(day + 1 for day in self.dates)) if self.dates else (0,)

    def slot_of(self, day: int) -> int:
        """Return the first slot on or after a natural day."""
        return bisect_left(self.dates, day)

    def last_slot_of(self, day: int) -> int:
        """Return the last slot on or before a natural day, -1 if there is none."""
        return bisect_right(self.dates, day) - 1

    def date_of(self, day: int) -> date | None:
        """Return the date of a natural day, None where there are no dates."""
        return None if self.first_day is None else self.first_day + timedelta(day)


@dataclass(frozen=True, eq=False)
class Portfolio:
    """What is to be scheduled.

    Attributes
    ----------
    key : str
        Name, for messages and records.
    axis : Axis
        The slots.
    offices : tuple of Office
        All that activities can queue for.
    stocks : tuple of (str, int)
        What is used up, and how much there is of it.
    activities : tuple of Activity
        Those of each project together.
    relations : tuple of Relation
        All of them.
    projects : tuple of Project
        All of them.
    centres : tuple of str
        Names of the centres.
    """

    key: str
    axis: Axis
    offices: tuple[Office, ...]
    activities: tuple[Activity, ...]
    relations: tuple[Relation, ...]
    projects: tuple[Project, ...]
    stocks: tuple[tuple[str, int], ...] = ()
    centres: tuple[str, ...] = ()

    @cached_property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """The activities of each project."""
        found: list[list[int]] = [[] for _ in self.projects]
        for number, activity in enumerate(self.activities):
            found[activity.project].append(number)
        return tuple(map(tuple, found))

    @cached_property
    def order(self) -> tuple[int, ...] | None:
        """All activities, each after those it waits for; None if they wait in a circle."""
        missing = [0] * len(self.activities)
        after: list[list[int]] = [[] for _ in self.activities]
        for relation in self.relations:
            if not (relation.at_most or _reaches_back(relation)):
                missing[relation.after] += 1
                after[relation.before].append(relation.after)
        heap = [number for number, count in enumerate(missing) if not count]
        found: list[int] = []
        while heap:
            number = heappop(heap)
            found.append(number)
            for later in after[number]:
                missing[later] -= 1
                if not missing[later]:
                    heappush(heap, later)
        return tuple(found) if len(found) == len(self.activities) else None

    @cached_property
    def has_most(self) -> bool:
        """Whether something may start too late: then a priority rule can run into a dead end."""
        return self.order is None or any(r.at_most or _reaches_back(r) for r in self.relations)

    def calendar_of(self, mode: Mode) -> tuple[int, ...]:
        """Return the slots in which the mode's people all work."""
        kept = {mode.calendar, *(self.offices[office].calendar for office, _ in mode.needs)} - {0}
        if not kept or not mode.days:
            return self.axis.calendars[0]
        if len(kept) == 1:
            return self.axis.calendars[kept.pop()]
        return tuple(sorted(set.intersection(*(set(self.axis.calendars[c]) for c in kept))))


def _reaches_back(relation: Relation) -> bool:
    """Whether a shortest lag is a longest one read backwards (RCPSP/max writes them so)."""
    return relation.from_start and relation.lag < 0


@dataclass(frozen=True, slots=True)
class Times:
    """When each activity starts and ends, and in which mode.

    Attributes
    ----------
    starts, ends : tuple of int
        Slots, by activity; an end is the slot after the last one worked.
    modes : tuple of int
        Index of the chosen mode.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    modes: tuple[int, ...]
