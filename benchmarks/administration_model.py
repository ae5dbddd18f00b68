"""The process of :mod:`benchmarks.approval_model` as an administration runs it, as plain numbers.

The same 20 activities, splits and joins, 8 pools and 2,000 cases, and with them what makes
approvals what they are: files that are returned and corrected, applicants who take their time,
legal clocks that stop, offices that close for lunch and on holidays, windows that do not, surveys
by two offices together, a meeting that sits twice a week, urgent cases, cases that need not go
everywhere, files that lie, public notice, and limits whose lights turn yellow and red.
"""

from __future__ import annotations

from benchmarks import approval_model as plain

MINUTES_AND_POOLS = (
    (20, (0,)),
    (60, (1,)), (90, (2,)), (120, (3, 6)),
    (40, (0,)),
    (180, (4,)), (60, (5,)),
    (30, (0,)),
    (120, (1,)), (90, (4,)), (60, (5,)), (150, (7,)),
    (45, (2,)),
    (90, (3, 6)),
    (60, (2,)), (120, (4,)),
    (30, (0,)),
    (60, (7,)),
    (45, (5,)),
    (30, (2,)),
)  # fmt: skip
"""Of each activity its mean minutes of work and its pools; two of them survey together, and
nothing else, so that whoever waits for one waits for the other."""

NEEDS, GAP, CASES, DAY = plain.NEEDS, plain.GAP, plain.CASES, plain.DAY
PEOPLE = (5, 8, 9, 8, 16, 8, 9, 5)
"""Of each pool how many people it has."""

WINDOW = 0
"""The pool that keeps window hours; all others, and the legal clocks, keep office hours."""
WINDOW_HOURS = ((9 * 3600, 17 * 3600),)
OFFICE_HOURS = ((9 * 3600, 12 * 3600), (13 * 3600 + 1800, 17 * 3600))
OPEN_DAY = sum(closes - opens for opens, closes in OFFICE_HOURS)
WEEKS = 90
"""Weeks that calendars cover; the cases take some 45."""
HOLIDAYS = frozenset([*range(35, 42), 93, *range(119, 124), *range(273, 280)])
"""Days on which nobody works, from day 0, a Monday."""
WORKED_WEEKENDS = frozenset((33, 47, 118, 131, 272, 285))
"""Saturdays and Sundays on which everybody works instead."""

FIRST, EXPERTS, MEETING, SUPPLEMENT, LARGE_ONLY, LIES, NOTICE, LAGGED = 0, 5, 7, 10, 11, 15, 16, 18
"""Activities: files are checked; experts give an opinion afterwards; a meeting decides afterwards;
more is asked for; only large cases need it; files lie before it; a notice follows; the file is on
its way before it."""

RETURNED = (0.3, 0.05, 0.0)
"""Chance that a file is returned at the first check, the second, and any later one."""
REFUSED = 0.02
"""Chance at each check that it is refused."""
ASKED = (0.2, 0.0)
"""Chance that a supplement is asked for, at the first look and later."""
APPLICANT_DAYS = 2.0
"""Mean open days that an applicant takes."""
EXPERT_DAYS = 3.0
"""Mean open days of an expert opinion, which the law does not count."""
LYING_DAYS = 0.6
"""Mean open days for which a file lies."""
NOTICE_DAYS = 5
"""Civil days of public notice."""
LAG_DAYS = 1
"""Open days for which the file is on its way."""

SITS_ON, SITS_AT, SITS_FOR, SEATS, QUORUM, MEMBERS = (1, 4), 14 * 3600, 7200, 45, 2, (1, 4, 5)
"""Weekdays of the meeting, its hour and length, cases it takes, who must be there, of whom."""

URGENT = 0.2
"""Share of urgent cases, which go first wherever people are waited for."""
LARGE = 0.4
"""Share of large cases."""
PROMISED_DAYS = (11, 13)
"""Days on the legal clock promised to urgent and to other cases."""
STEP_DAYS = (1, 2, 2, 2, 1, 4, 2, 4, 2, 2, 2, 3, 1, 2, 2, 3, 4, 2, 1, 1)
"""Days on the legal clock promised for each activity."""
WARNING = 0.8
"""Part of a limit after which its light is yellow."""


def is_worked(day: int) -> bool:
    """Whether people work on a day, numbered from a Monday."""
    return day not in HOLIDAYS and (day % 7 < 5 or day in WORKED_WEEKENDS)


def open_hours(hours: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Return all opening intervals of people who keep such hours on worked days."""
    return [
        (day * DAY + opens, day * DAY + closes)
        for day in range(7 * WEEKS)
        if is_worked(day)
        for opens, closes in hours
    ]


def sittings() -> list[int]:
    """Return when the meeting sits."""
    days = (day for day in range(7 * WEEKS) if day % 7 in SITS_ON and is_worked(day))
    return [day * DAY + SITS_AT for day in days]
