"""What an event log says of an office: arrivals, times of each activity, how long cases take."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from rules.calendars import Calendar, WorkingDays
from rules.problems import Said
from scenarios.event_logs.moments import DAY, date_of
from scenarios.event_logs.visits import EventLog, Visit

OFFICE_HOURS = ((30_600, 43_200), (48_600, 61_200))
"""08:30-12:00 and 13:30-17:00 in seconds of the day."""

FEW = 5
"""Fewer values have a mean and no spread that means anything."""

Hours = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measure varies; a quantile is the smallest value that at least that share reaches.

    Attributes
    ----------
    n : int
        How many values there are.
    mean, deviation : float
        The deviation over n - 1; 0 of one value.
    p10, p50, p90, p95, most : float
        Quantiles and the largest value.
    """

    n: int
    mean: float
    deviation: float
    p10: float
    p50: float
    p90: float
    p95: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        """Return the spread of some values; None of none.

        Examples
        --------
        >>> found = Spread.of([4, 1, 2, 3])
        >>> found.mean, found.p50, found.p90
        (2.5, 2.0, 4.0)
        """
        ranked = sorted(values)
        n = len(ranked)
        if not n:
            return None
        mean = math.fsum(ranked) / n
        square = math.fsum((each - mean) ** 2 for each in ranked)
        p10, p50, p90, p95 = (
            float(ranked[max(0, math.ceil(q * n / 100) - 1)]) for q in (10, 50, 90, 95)
        )
        deviation = math.sqrt(square / (n - 1)) if n > 1 else 0.0
        return cls(n, mean, deviation, p10, p50, p90, p95, float(ranked[-1]))


@dataclass(frozen=True, slots=True)
class Weekday:
    """Arrivals on one day of the week.

    Attributes
    ----------
    weekday : int
        Monday is 0.
    days : int
        Working days of that name between the first and the last arrival.
    cases : int
        Cases that came on them.
    mean : float
        Cases a day.
    variance : float or None
        Of a day's cases, over days - 1; None of fewer than two days.
    """

    weekday: int
    days: int
    cases: int
    mean: float
    variance: float | None

    @property
    def ratio(self) -> float | None:
        """Variance over mean: 1 where cases come by chance alone (Poisson)."""
        return None if self.variance is None or not self.mean else self.variance / self.mean


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When cases come.

    Attributes
    ----------
    weekdays : tuple of Weekday
        Those that occur, from Monday.
    per_day : float
        Cases on a working day.
    dispersion : float or None
        Variance over mean within weekdays: the sum of (days - 1) variance over that of
        (days - 1) mean; None where too few days were seen.
    off : int
        Cases that came on days off.
    """

    weekdays: tuple[Weekday, ...]
    per_day: float
    dispersion: float | None
    off: int


@dataclass(frozen=True, slots=True)
class StepTimes:
    """The times of one activity, added up over the visits of a case.

    Attributes
    ----------
    step : str
        The activity.
    cases, visits : int
        Cases that have it, and visits.
    touch : Spread or None
        Minutes of the opening hours in which somebody works on it; None: the log has no starts.
    wait : Spread or None
        Working days in which it lies: before anybody begins, or beside work; None: not known.
    offices : tuple of str
        Departments that do it, the most frequent first.
    people : tuple of str
        Those who do it; empty: the log names none.
    at_once : int
        Most visits in work at one instant.
    """

    step: str
    cases: int
    visits: int
    touch: Spread | None
    wait: Spread | None
    offices: tuple[str, ...]
    people: tuple[str, ...]
    at_once: int


@dataclass(frozen=True, slots=True)
class Study:
    """An event log, measured.

    Attributes
    ----------
    log : EventLog
        What was read.
    calendar : Calendar
        Opening hours in which working time is counted, from the day of the first instant.
    first, last : int
        First and last instant, civil seconds since 1970.
    arrivals : Arrivals
        When cases come.
    steps : tuple of StepTimes
        In the order in which they are reached on average.
    whole : Spread or None
        Working days from a case's first instant to its last, of cases that are over.
    natural : Spread or None
        The same in natural days.
    notes : tuple of Said
        What a reader should know.
    """

    log: EventLog
    calendar: Calendar
    first: int
    last: int
    arrivals: Arrivals
    steps: tuple[StepTimes, ...]
    whole: Spread | None
    natural: Spread | None
    notes: tuple[Said, ...]

    @property
    def over(self) -> int:
        """How many cases are over."""
        return len(self.log.visits) - len(self.log.open)


def study_log(log: EventLog, hours: Hours = OFFICE_HOURS, weekly: bool = False) -> Study:
    """Measure a log.

    Parameters
    ----------
    log : EventLog
        What was read.
    hours : sequence of (int, int)
        Opening hours in seconds of the day, on every working day of China's calendar; of a
        log from before 2004 or after the last year that is published, Monday to Friday.
    weekly : bool
        Whether Mondays to Fridays are worked, whatever China's calendar says.
    """
    every = [visit for visits in log.visits.values() for visit in visits]
    first = min(visit.first for visit in every)
    last = max(_last(visit) for visit in every)
    days, notes = _working_days(date_of(first), date_of(last), weekly)
    calendar = Calendar.office(date_of(first), days, hours, date_of(last))
    base = first // DAY * DAY
    ended = {case: visits for case, visits in log.visits.items() if case not in log.open}
    ends = np.array(
        [(min(v.first for v in each), max(map(_last, each))) for each in ended.values()],
        dtype=np.int64,
    ).reshape(-1, 2)
    worked = calendar.worked_many(ends[:, 0] - base, ends[:, 1] - base) / calendar.day_ticks
    steps, outside = _steps(log, calendar, base)
    if outside > 0.05:
        notes.append(
            Said(
                f"{100 * outside:.0f} % of work begins or ends outside the opening hours: "
                "check them",
                f"{100 * outside:.0f} % 的办理在上班时间之外开始或结束：请核对上班时间",
            )
        )
    if log.open:
        notes.append(
            Said(
                f"{len(log.open)} cases are not over and count in no duration of whole cases",
                f"有 {len(log.open)} 件未办结，不计入全流程时长",
            )
        )
    return Study(
        log, calendar, first, last, _arrivals(log, days), steps, Spread.of(worked.tolist()),
        Spread.of(((ends[:, 1] - ends[:, 0]) / DAY).tolist()), (*log.notes, *notes),
    )  # fmt: skip


def with_ready(visits: Sequence[Visit]) -> tuple[Visit, ...]:
    """Return a case's visits, each with the instant from which it could begin where told.

    Where the log does not say it: when the case's last visit before was over, or the start
    of the visit, if it is the first. A first visit that has an end alone stays without.
    """
    ends = sorted(visit.end for visit in visits if visit.end is not None)
    found = []
    for place, visit in enumerate(visits):
        ready = visit.ready
        if ready is None and visit.start is not None:
            before = bisect_right(ends, visit.start) - (visit.end == visit.start)
            ready = ends[before - 1] if before else visit.start
        elif ready is None and place and visit.end is not None:
            ready = visits[place - 1].end
        found.append(visit._replace(ready=ready))
    return tuple(found)


def _working_days(first: date, last: date, weekly: bool) -> tuple[WorkingDays, list[Said]]:
    china = WorkingDays.china()
    if not weekly and china.first <= first and last <= china.last:
        return china, []
    told = Said(
        f"working days are Mondays to Fridays: China's are published from {china.first.year} to "
        f"{china.last.year}",
        f"按周一至周五计工作日：中国工作日历只公布 {china.first.year}-{china.last.year} 年",
    )
    return WorkingDays.weekly(date(1970, 1, 1), date(2199, 12, 31)), [] if weekly else [told]


def _arrivals(log: EventLog, days: WorkingDays) -> Arrivals:
    by_run: dict[str, Counter[date]] = defaultdict(Counter)
    for case, visits in log.visits.items():
        by_run[log.runs.get(case, "")][date_of(min(visit.first for visit in visits))] += 1
    counts: dict[int, list[int]] = defaultdict(list)
    off = 0
    for came in by_run.values():
        day, end = min(came), max(came)
        while day <= end:
            if days.is_working(day):
                counts[day.weekday()].append(came[day])
            else:
                off += came[day]
            day += timedelta(1)
    weekdays = tuple(_weekday(number, counts[number]) for number in sorted(counts))
    number = sum(each.days for each in weekdays)
    spread = [each for each in weekdays if each.variance is not None]
    below = sum((each.days - 1) * each.mean for each in spread)
    above = sum((each.days - 1) * (each.variance or 0.0) for each in spread)
    seen = sum(each.days - 1 for each in spread)
    return Arrivals(
        weekdays,
        sum(each.cases for each in weekdays) / number if number else 0.0,
        above / below if below and seen >= FEW else None,
        off,
    )


def _weekday(number: int, counts: Sequence[int]) -> Weekday:
    spread = Spread.of(counts)
    assert spread is not None
    variance = spread.deviation**2 if len(counts) > 1 else None
    return Weekday(number, len(counts), sum(counts), spread.mean, variance)


def _steps(log: EventLog, calendar: Calendar, base: int) -> tuple[tuple[StepTimes, ...], float]:
    """Return each activity's times, and which share of work is outside the opening hours."""
    visits: Counter[str] = Counter()
    offices: dict[str, Counter[str]] = defaultdict(Counter)
    people: dict[str, set[str]] = defaultdict(set)
    work: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    place: dict[str, list[int]] = defaultdict(list)
    spans: list[tuple[int, int, int, int]] = []  # case and step, whether work, from, to
    keys: dict[tuple[str, str], int] = {}
    blind: set[int] = set()
    no_start: set[int] = set()
    for case, every in log.visits.items():
        known = with_ready(every)
        for visit in known:
            key = keys.setdefault((case, visit.step), len(keys))
            visits[visit.step] += 1
            if visit.office:
                offices[visit.step][visit.office] += 1
            if visit.people:
                people[visit.step].add(visit.people)
            if visit.end is None or visit.ready is None:
                blind.add(key)
                continue
            spans.append((key, 0, visit.ready - base, visit.end - base))
            if visit.start is None:
                no_start.add(key)
            elif visit.works:
                spans.append((key, 1, visit.start - base, visit.end - base))
                run = log.runs.get(case, "")
                work[visit.step][run].append((visit.start - base, visit.end - base))
        for rank, visit in enumerate(_by_first(known)):
            place[visit.step].append(rank)
    whole, touch = _worked(spans, len(keys), calendar)
    by_step: dict[str, list[int]] = defaultdict(list)
    for (_case, step), key in keys.items():
        by_step[step].append(key)
    order = sorted(by_step, key=lambda step: (sum(place[step]) / len(place[step]), step))
    found = []
    for step in order:
        seen = [key for key in by_step[step] if key not in blind]
        started = [key for key in seen if key not in no_start]
        waits = started or seen
        lies = [(whole[key] - (touch[key] if started else 0)) / calendar.day_ticks for key in waits]
        found.append(
            StepTimes(
                step, len(by_step[step]), visits[step],
                Spread.of(touch[key] / 60 for key in started), Spread.of(lies),
                tuple(each for each, _n in offices[step].most_common()),
                tuple(sorted(people[step])),
                max(map(_most_at_once, work[step].values()), default=0),
            )
        )  # fmt: skip
    instants = [
        each for runs in work.values() for some in runs.values() for span in some for each in span
    ]
    outside = sum(not _open(calendar, each) for each in instants)
    return tuple(found), outside / len(instants) if instants else 0.0


def _worked(
    spans: Iterable[tuple[int, int, int, int]], number: int, calendar: Calendar
) -> tuple[list[int], list[int]]:
    """Return open ticks that the spans of each key cover, all and those of work."""
    joined: list[tuple[int, int, int, int]] = []
    for key, works, start, end in sorted(spans):
        if joined and joined[-1][:2] == (key, works) and start <= joined[-1][3]:
            joined[-1] = (*joined[-1][:3], max(end, joined[-1][3]))
        else:
            joined.append((key, works, start, end))
    rows = np.array(joined, dtype=np.int64).reshape(-1, 4)
    ticks = calendar.worked_many(rows[:, 2], rows[:, 3])
    sums = np.zeros((2, number), dtype=np.int64)
    np.add.at(sums, (rows[:, 1], rows[:, 0]), ticks)
    return sums[0].tolist(), sums[1].tolist()


def _most_at_once(spans: Iterable[tuple[int, int]]) -> int:
    """Return how many spans overlap at most; one that ends makes room for one that begins."""
    turns = sorted(turn for start, end in spans for turn in ((start, 1), (end, -1)))
    most = now = 0
    for _at, turn in turns:
        now += turn
        most = max(most, now)
    return most


def _open(calendar: Calendar, tick: int) -> bool:
    """Whether the office is open, or closes at this very second."""
    return calendar.is_open(tick) or (tick > 0 and calendar.is_open(tick - 1))


def _by_first(visits: Sequence[Visit]) -> list[Visit]:
    return sorted(visits, key=lambda visit: (visit.first, visit.end or 0))


def _last(visit: Visit) -> int:
    return max(each for each in (visit.ready, visit.start, visit.end) if each is not None)
