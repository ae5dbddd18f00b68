"""The process that all engines are timed on, as plain numbers; it imports nothing.

After the simulation study's model: 20 activities with four splits (into 3, 2, 4 and 2) that
join again, 8 pools with 65 people who are 64 % to 82 % busy, Monday to Friday 9 to 17, work
rests at closing time and goes on the next day, exponential work of 20 to 180 minutes, an
application every 32 open minutes on average, 2,000 cases.
"""

MINUTES_AND_POOL = (
    (20, 0),
    (60, 1), (90, 2), (120, 3),
    (40, 0),
    (180, 4), (60, 5),
    (30, 0),
    (120, 1), (90, 6), (60, 5), (150, 7),
    (45, 2),
    (90, 3),
    (60, 6), (120, 4),
    (30, 0),
    (60, 7),
    (45, 5),
    (30, 2),
)  # fmt: skip
"""Of each activity its mean minutes of work and its pool."""

NEEDS = (
    (), (0,), (0,), (0,), (1, 2, 3), (4,), (4,), (5, 6), (7,), (7,), (7,), (7,), (8, 9, 10, 11),
    (12,), (13,), (13,), (14, 15), (16,), (17,), (18,),
)  # fmt: skip
"""Of each activity those that must be done before it."""

PEOPLE = (5, 8, 7, 8, 14, 8, 7, 8)
"""Of each pool how many people it has."""

GAP = 32
"""Mean open minutes from one case to the next."""

CASES = 2_000
OPENS, CLOSES = 9 * 3600, 17 * 3600
DAY, WEEK = 86_400, 7 * 86_400
OPEN_DAY, OPEN_WEEK = CLOSES - OPENS, 5 * (CLOSES - OPENS)
WEEKS = 60
"""Weeks that calendars cover; 2,000 cases take 29."""


def open_before(tick: float) -> float:
    """Return the open seconds of the weeks before a tick; tick 0 is a Monday's midnight."""
    week, within = divmod(tick, WEEK)
    day, second = divmod(within, DAY)
    today = min(max(second - OPENS, 0), OPEN_DAY)
    return week * OPEN_WEEK + (min(day, 5) * OPEN_DAY + (today if day < 5 else 0))


def tick_after(open_seconds: float) -> float:
    """Return when so many open seconds are over."""
    week, within = divmod(open_seconds, OPEN_WEEK)
    day, second = divmod(within, OPEN_DAY)
    if second == 0 and open_seconds:  # at closing time rather than at the next opening
        day, second = day - 1, OPEN_DAY
        if day < 0:
            week, day = week - 1, 4
    return week * WEEK + day * DAY + OPENS + second


def done(tick: float, work: float) -> float:
    """Return when work that begins at a tick is done."""
    return tick_after(open_before(tick) + work)
