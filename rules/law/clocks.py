"""The legal clock (法定期限): from acceptance to decision, with stops, extension and notices.

The elapsed clock is what the applicant lives through. The counted clock is what the
law measures: it begins after acceptance, stands still for the reasons of art. 45 and
those that the jurisdiction adds, and leaves the time in which an applicant
supplements a file outside, since that lies before acceptance.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rules.calendars import WorkingDays
from rules.law.provisions import ClockStopRule, LimitRule
from rules.steps import Duration, Unit


def deadline(start: date, limit: Duration, days: WorkingDays) -> date:
    """Return the last day of a limit.

    The day of the event is not counted (民法典 art. 201). Working days are counted as
    published, shifted days included (行政许可法 art. 82); a limit in natural days that
    ends on a day off moves to the next working day (民法典 art. 203).

    Parameters
    ----------
    start : date
        Day of the event, for instance of acceptance.
    limit : Duration
        In working or natural days.
    days : WorkingDays
        What days are worked.

    Examples
    --------
    >>> china = WorkingDays.china()
    >>> deadline(date(2025, 9, 19), Duration(20), china)
    datetime.date(2025, 10, 23)
    >>> deadline(date(2025, 9, 15), Duration(20, Unit.NATURAL_DAY), china)
    datetime.date(2025, 10, 9)
    """
    if limit.unit is Unit.WORKING_DAY:
        return days.add(start, limit.amount)
    if limit.unit is not Unit.NATURAL_DAY:
        raise ValueError(f"a legal limit runs in days, not in {limit}")
    last = start + timedelta(limit.amount)
    return last if days.is_working(last) else days.add(last, 1)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When a file counts as accepted, and whether by silence.

    Attributes
    ----------
    on : date
        Day of acceptance: the limit runs from the next day.
    deemed : bool
        True when the organ told nothing in time, so the day of receipt counts (art. 32).
    """

    on: date
    deemed: bool


def acceptance(
    received: date,
    notice_limit: LimitRule,
    days: WorkingDays,
    *,
    corrections_told: date | None = None,
    completed: date | None = None,
) -> Acceptance | None:
    """Return when an application is accepted (行政许可法 art. 32).

    Parameters
    ----------
    received : date
        Day on which the organ got the file.
    notice_limit : LimitRule
        ``correction-notice``: all corrections are told once, on the spot or within 5 days.
    days : WorkingDays
        What days are worked.
    corrections_told : date, optional
        Day on which the organ told all corrections; None: it told none.
    completed : date, optional
        Day on which the applicant handed in what was asked; None: not yet.

    Returns
    -------
    Acceptance or None
        None while the applicant still owes corrections that were told in time.

    Examples
    --------
    >>> from rules.law.provisions import national_law
    >>> five = national_law().limit("correction-notice", on=date(2025, 3, 3))
    >>> china = WorkingDays.china()
    >>> acceptance(date(2025, 3, 3), five, china, corrections_told=date(2025, 3, 11),
    ...            completed=date(2025, 3, 20))       # told a day late: deemed accepted
    Acceptance(on=datetime.date(2025, 3, 3), deemed=True)
    >>> acceptance(date(2025, 3, 3), five, china, corrections_told=date(2025, 3, 10),
    ...            completed=date(2025, 3, 20))
    Acceptance(on=datetime.date(2025, 3, 20), deemed=False)
    """
    if corrections_told is None:
        return Acceptance(received, deemed=False)
    if corrections_told > deadline(received, notice_limit.limit, days):
        return Acceptance(received, deemed=True)
    return None if completed is None else Acceptance(completed, deemed=False)


@dataclass(frozen=True, slots=True)
class ClockStop:
    """A stretch in which the clock stands still, both days included.

    Attributes
    ----------
    reason : str
        Must be a reason of the jurisdiction, see :class:`ClockStopRule`.
    first, last : date
        First and last day not counted.
    """

    reason: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class LegalClock:
    """The counted clock of one case.

    Attributes
    ----------
    accepted : date
        Day of acceptance; not counted itself.
    rule : LimitRule
        The limit that runs.
    stops : tuple of ClockStop
        When it stood still.
    extended : bool
        Whether the one extension was approved.

    Examples
    --------
    >>> from rules.law.provisions import national_law
    >>> law, china = national_law(), WorkingDays.china()
    >>> rule = law.limit("decision", on=date(2025, 3, 3))
    >>> clock = LegalClock(date(2025, 3, 3), rule)
    >>> clock.deadline(china)
    datetime.date(2025, 3, 31)
    >>> reasons = law.clock_stops(on=date(2025, 3, 3))
    >>> panel = ClockStop("expert_review", date(2025, 3, 10), date(2025, 3, 14))
    >>> reviewed = clock.stopped(panel, reasons)
    >>> reviewed.deadline(china), reviewed.extend().deadline(china)
    (datetime.date(2025, 4, 8), datetime.date(2025, 4, 22))
    """

    accepted: date
    rule: LimitRule
    stops: tuple[ClockStop, ...] = ()
    extended: bool = False

    def stopped(self, stop: ClockStop, reasons: dict[str, ClockStopRule]) -> LegalClock:
        """Return the clock with one more stop.

        Raises
        ------
        ValueError
            If the jurisdiction does not know the reason (公示 is not in the national
            list), or the stop ends before it begins.
        """
        if stop.reason not in reasons:
            known = ", ".join(sorted(reasons))
            raise ValueError(
                f"'{stop.reason}' does not stop the clock here (art. 45 and local rules: {known})"
            )
        if stop.last < stop.first:
            raise ValueError(f"the stop ends ({stop.last}) before it begins ({stop.first})")
        return replace(self, stops=(*self.stops, stop))

    def extend(self) -> LegalClock:
        """Return the clock with its one extension.

        Raises
        ------
        ValueError
            If the rule knows no extension or it was used already.
        """
        if self.rule.extension is None:
            raise ValueError(f"{self.rule.article} knows no extension")
        if self.extended:
            raise ValueError(f"{self.rule.article} allows one extension only")
        return replace(self, extended=True)

    @property
    def limit(self) -> Duration:
        """The limit with its extension."""
        extra = self.rule.extension.amount if self.extended and self.rule.extension else 0
        return Duration(self.rule.limit.amount + extra, self.rule.limit.unit)

    def counted(self, on: date, days: WorkingDays) -> int:
        """Return how many days of the limit are used up at the end of a day.

        Days are working days or natural days as the limit's unit says; days of a stop
        are not counted.
        """
        return sum(1 for _ in self._counting(self.accepted + timedelta(1), on, days))

    def deadline(self, days: WorkingDays) -> date:
        """Return the last day on which a decision is in time."""
        left = self.limit.amount
        day = self.accepted
        while left:
            day += timedelta(1)
            left -= sum(1 for _ in self._counting(day, day, days))
        natural = self.limit.unit is Unit.NATURAL_DAY
        return days.add(day, 1) if natural and not days.is_working(day) else day

    def is_late(self, decided: date, days: WorkingDays) -> bool:
        """Whether a decision on this day breaks the limit."""
        return decided > self.deadline(days)

    def _counting(self, first: date, last: date, days: WorkingDays) -> Iterable[date]:
        natural = self.limit.unit is Unit.NATURAL_DAY
        day = first
        while day <= last:
            standing = any(stop.first <= day <= stop.last for stop in self.stops)
            if not standing and (natural or days.is_working(day)):
                yield day
            day += timedelta(1)
