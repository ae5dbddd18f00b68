"""The paper plan on the calendar: which date, and which hour, each step starts and ends on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor

from results.critical import critical_of
from rules import Procedure
from rules.calendars import WorkingDays

MORNING, AFTERNOON = 8, 13
"""Hours at which the two halves of a working day begin; each lasts four hours."""


@dataclass(frozen=True, slots=True)
class PaperDates:
    """A procedure on paper (no queues, no luck), from a first day on.

    Attributes
    ----------
    days : WorkingDays
        Which dates are worked.
    first : date
        The working day on which the procedure begins.
    starts, finishes, slack : dict of str to Fraction
        Working days from the beginning, and days to spare, by step.
    critical : frozenset of str
        Steps with nothing to spare, where a total of days can be told.
    """

    days: WorkingDays
    first: date
    starts: dict[str, Fraction]
    finishes: dict[str, Fraction]
    slack: dict[str, Fraction]
    critical: frozenset[str]

    @classmethod
    def of(cls, procedure: Procedure, first_day: date, days: WorkingDays) -> PaperDates:
        """Return the dates of a procedure that begins on a date or the next working day."""
        path = procedure.critical_path()
        finishes = {step.key: path.starts[step.key] + step.days for step in procedure.steps}
        first = first_day if days.is_working(first_day) else days.add(first_day, 1)
        critical = critical_of(procedure).steps
        return cls(days, first, dict(path.starts), finishes, dict(path.slack), critical)

    @property
    def end(self) -> Fraction:
        """Working days until the last step is done."""
        return max(self.finishes.values(), default=Fraction(0))

    def day(self, index: int) -> date:
        """Return the date of the working day with this index; the first has 0."""
        return self.days.add(self.first, index)

    def first_date(self, key: str) -> date:
        """Return the date on which a step starts."""
        if self.starts[key] == self.finishes[key]:
            return self.last_date(key)
        return self.day(floor(self.starts[key]))

    def last_date(self, key: str) -> date:
        """Return the date on which a step ends."""
        return self.day(max(0, ceil(self.finishes[key]) - 1))

    def begins(self, key: str) -> datetime:
        """Return date and hour at which a step starts, in days of 8 hours."""
        if self.starts[key] == self.finishes[key]:
            return self.ends(key)
        whole = floor(self.starts[key])
        return self._clock(whole, (self.starts[key] - whole) * 480)

    def ends(self, key: str) -> datetime:
        """Return date and hour at which a step ends, in days of 8 hours."""
        return self.moment(self.finishes[key])

    def moment(self, days: Fraction) -> datetime:
        """Return when so many working days have passed; whole ones end in the evening."""
        if not days:
            return self._clock(0, Fraction(0))
        whole = ceil(days) - 1
        return self._clock(whole, (days - whole) * 480, late=True)

    def exceptions(self) -> tuple[tuple[date, bool], ...]:
        """Return dates unlike Monday to Friday, True where worked, from beginning to end.

        A month after the end is included, so that a plan that slips still meets holidays.
        """
        last = min(self.last_day() + timedelta(31), self.days.last)
        found = []
        for index in range((last - self.first).days + 1):
            day = self.first + timedelta(index)
            works = self.days.is_working(day)
            if works != (day.weekday() < 5):
                found.append((day, works))
        return tuple(found)

    def last_day(self) -> date:
        """Return the date on which the last step ends."""
        return self.day(max(0, ceil(self.end) - 1))

    def _clock(self, index: int, minutes: Fraction, *, late: bool = False) -> datetime:
        seconds = floor(minutes * 60)
        half = 4 * 3600
        afternoon = seconds > half if late else seconds >= half
        hour, rest = (AFTERNOON, seconds - half) if afternoon else (MORNING, seconds)
        return datetime.combine(self.day(index), time(hour)) + timedelta(seconds=rest)
