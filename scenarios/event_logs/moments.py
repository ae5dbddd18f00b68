"""Instants as event logs write them: ISO 8601, what Excel makes of it, and Chinese dates."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MOMENT = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]\s*(?P<hour>\d{1,2})[:时](?P<minute>\d{2})"
    r"(?:[:分](?P<second>\d{2})(?:[.,]\d{1,9})?)?[分秒]?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_FIRST, _LAST = 1970, 2199
_EPOCH = date(1970, 1, 1)
DAY = 86_400


def moment_of(text: str) -> tuple[int, str] | None:
    """Return an instant in civil seconds since 1970 and its offset from UTC as written.

    Clocks are read as they stood on the wall: an offset is told, never applied, since
    opening hours are local. Parts of a second are cut off. Days before the month
    (``05/01/2024``) cannot be told from months before the day and are not read.

    Examples
    --------
    >>> moment_of("1970-01-02T00:00:10+08:00"), moment_of("1970年1月1日 9:05")
    ((86410, '+08:00'), (32700, ''))
    >>> moment_of("05/01/2024 09:00"), moment_of("2024-02-30 09:00")
    (None, None)
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
    if not _FIRST <= year <= _LAST or hour > 23 or minute > 59 or second > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH.toordinal()
    except ValueError:
        return None
    zone = found["zone"] or ""
    return days * DAY + hour * 3600 + minute * 60 + second, zone


def date_of(moment: int) -> date:
    """Return the civil date of an instant."""
    return _EPOCH + timedelta(moment // DAY)


def told(moment: int) -> str:
    """Return an instant as a planner reads it.

    Examples
    --------
    >>> told(86410)
    '1970-01-02 00:00:10'
    """
    rest = moment % DAY
    return f"{date_of(moment)} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
