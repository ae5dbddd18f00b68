"""The calendars of a portfolio file: which dates whose people work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from optimizer.file_values import Reader
from optimizer.json_lines import Json, Path
from optimizer.portfolio import Axis
from rules.calendars import BeyondPublished, WorkingDays

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_DAYS = 20_000


@dataclass(frozen=True, slots=True)
class Calendars:
    """The slots of a file and who works when.

    Attributes
    ----------
    axis : Axis
        Every day on which anybody works.
    first : date
        Natural day 0.
    names : dict
        Index of each named calendar.
    default : int
        Index of the file's own working days.
    meetings : dict
        Index of each meeting's days.
    """

    axis: Axis
    first: date
    names: dict[str, int]
    default: int
    meetings: dict[str, int]


def read_calendars(reader: Reader, root: dict[str, Json]) -> Calendars:
    """Return the calendars of a file."""
    first, last = reader.date_at(("first_day",)), reader.date_at(("last_day",))
    if last < first or (last - first).days >= _MOST_DAYS:
        reader.wrong(("last_day",), f"from first to last day must be 1 to {_MOST_DAYS} days")
        reader.stop()
    every = [first + timedelta(n) for n in range((last - first).days + 1)]
    own = _days(reader, ("working_days",), every)
    named = {
        name: _days(reader, ("calendars", name), every) for name in reader.table(("calendars",))
    }
    union = sorted(set(own).union(*named.values()))
    if not union:
        reader.wrong(("working_days",), "nobody works on any day")
        reader.stop()
    slot = {day: n for n, day in enumerate(union)}
    rows: list[tuple[int, ...]] = [tuple(range(len(union)))]

    def index(days: set[date]) -> int:
        open_ = tuple(sorted(slot[day] for day in days))
        if open_ not in rows:
            rows.append(open_)
        return rows.index(open_)

    names = {name: index(days) for name, days in named.items()}
    default = index(own)
    meetings = {
        name: index(_meeting_days(reader, ("meetings", name), own, first))
        for name in reader.table(("meetings",))
    }
    axis = Axis(tuple((day - first).days for day in union), first, tuple(rows))
    return Calendars(axis, first, names, default, meetings)


def _days(reader: Reader, path: Path, every: list[date]) -> set[date]:
    """Return the dates that are worked: China's, a list of dates, or a week with exceptions."""
    found = reader.at(path)
    if found in ("china", "china-projected"):
        china = WorkingDays.china(found == "china-projected")
        try:
            return {day for day in every if china.is_working(day)}
        except BeyondPublished as error:
            reader.wrong(path, f"{error}; or write 'china-projected'")
            return set()
    if isinstance(found, list):
        listed = {reader.date_at((*path, n)) for n in range(len(found))}
        return listed.intersection(every)
    if not isinstance(found, dict):
        reader.wrong(path, "'china', a list of dates or a table with weekdays was expected")
        return set()
    reader.table(path, required=("weekdays",), optional=("open", "closed"))
    weekdays = set()
    for n in range(len(reader.rows((*path, "weekdays")))):
        name = reader.choice((*path, "weekdays", n), _WEEKDAYS)
        weekdays.add(_WEEKDAYS.index(name) if name else 0)
    days = {day for day in every if day.weekday() in weekdays}
    for key in ("open", "closed"):
        listed = {reader.date_at((*path, key, n)) for n in range(len(reader.rows((*path, key))))}
        days = days | listed.intersection(every) if key == "open" else days - listed
    return days


def _meeting_days(reader: Reader, path: Path, own: set[date], first: date) -> set[date]:
    """Return the meeting's dates: its weekday in every n-th week, where that is worked."""
    name = reader.choice((*path, "weekday"), _WEEKDAYS)
    entry = reader.table(path)
    every = reader.whole((*path, "every"), 1, 52) if "every" in entry else 1
    start = reader.date_at((*path, "first")) if "first" in entry else first
    monday = start - timedelta(start.weekday())
    return {
        day
        for day in own
        if name is not None
        and day.weekday() == _WEEKDAYS.index(name)
        and day >= start
        and (day - monday).days // 7 % every == 0
    }
