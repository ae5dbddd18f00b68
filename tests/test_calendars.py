"""Working days and opening hours."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendars import BeyondCalendar, BeyondPublished, Calendar, WorkingDays

SHARED = Path(__file__).resolve().parents[2] / "shared"
NINE_TO_TWELVE_ONE_TO_FIVE = ((9 * 3600, 12 * 3600), (13 * 3600, 17 * 3600))


def test_every_day_of_2004_to_2026_is_as_published():
    """All 8,401 days from 2004 to 2026 are working or off as chinesecalendar says."""
    chinese_calendar = pytest.importorskip("chinese_calendar")
    days = WorkingDays.china()
    span = [days.first + timedelta(i) for i in range((days.last - days.first).days + 1)]
    assert len(span) == 8401
    assert [d for d in span if days.is_working(d) != chinese_calendar.is_workday(d)] == []


def test_a_date_beyond_the_published_years_is_refused_by_name():
    """2027 is not published yet: the message names the date and the last published year."""
    days = WorkingDays.china()
    with pytest.raises(BeyondPublished, match=r"2027-01-04.*last published year 2026.*projection"):
        days.is_working(date(2027, 1, 4))
    with pytest.raises(BeyondPublished, match="2003-12-31"):
        days.count(date(2003, 12, 31), date(2004, 1, 5))
    with pytest.raises(BeyondPublished, match="5 working days after 2026-12-31"):
        days.add(date(2026, 12, 31), 5)


def test_projection_is_marked_and_keeps_fixed_holidays_only():
    """A projected year has Monday to Friday off only on 1 January, 1-2 May and 1-3 October."""
    days = WorkingDays.china(projection=True)
    assert not days.projected(date(2026, 12, 31))
    assert days.projected(date(2027, 1, 1))
    year = [date(2027, 1, 1) + timedelta(i) for i in range(365)]
    off = [d for d in year if d.weekday() < 5 and not days.is_working(d)]
    assert off == [date(2027, 1, 1), date(2027, 10, 1)]
    assert not any(days.is_working(d) for d in year if d.weekday() >= 5)


@given(st.dates(date(2005, 1, 1), date(2025, 12, 31)), st.integers(-200, 200))
def test_adding_working_days_counts_them_one_by_one(day, amount):
    """Adding n working days walks n working days, the first day not counted."""
    days = WorkingDays.china()
    walked, left = day, abs(amount)
    while left:
        walked += timedelta(1 if amount > 0 else -1)
        left -= days.is_working(walked)
    assert days.add(day, amount) == walked
    if amount > 0:
        assert days.count(day, walked) == amount


def test_a_textbook_week_has_no_holidays():
    """The weekly calendar works on 1 October and rests on Saturday."""
    days = WorkingDays.weekly()
    assert days.is_working(date(2025, 10, 1))
    assert not days.is_working(date(2025, 10, 4))
    assert days.add(date(2025, 10, 3), 1) == date(2025, 10, 6)


def test_natural_days_never_close():
    """On natural days 20 days are 20 times 86,400 seconds."""
    calendar = Calendar.natural(date(2025, 9, 26), date(2025, 12, 31))
    assert calendar.day_ticks == 86_400
    assert calendar.add(12_345, 20 * 86_400) == 12_345 + 20 * 86_400
    assert calendar.opening(86_400) == 86_400


def test_work_that_fills_the_day_ends_at_closing():
    """Work ends at the closing instant, not at the next opening, and no work ends at once."""
    calendar = Calendar.office(
        date(2025, 10, 13), WorkingDays.weekly(), NINE_TO_TWELVE_ONE_TO_FIVE, date(2025, 10, 31)
    )
    nine, five = calendar.opening(0), 17 * 3600
    assert nine == 9 * 3600
    assert calendar.add(nine, calendar.day_ticks) == five
    assert not calendar.is_open(five)
    assert calendar.opening(five) == 86_400 + nine
    assert calendar.add(five, 0) == five
    assert calendar.working_days(0, 5 * 86_400) == 5


def test_the_end_of_the_calendar_is_refused_with_a_date():
    """Work that does not end within the calendar is an error that names the dates."""
    calendar = Calendar.office(
        date(2025, 10, 13), WorkingDays.weekly(), NINE_TO_TWELVE_ONE_TO_FIVE, date(2025, 10, 17)
    )
    with pytest.raises(BeyondCalendar, match="2025-10-13 to 2025-10-17"):
        calendar.add(0, 6 * calendar.day_ticks)
    with pytest.raises(BeyondCalendar, match="nothing opens any more"):
        calendar.opening(4 * 86_400 + 17 * 3600)
    with pytest.raises(BeyondCalendar):
        calendar.add_many(np.array([0, 0]), np.array([1, 6 * calendar.day_ticks]))
    with pytest.raises(BeyondCalendar, match="not covered"):
        calendar.worked(0, calendar.horizon + 1)


@st.composite
def small_calendars(draw: st.DrawFn) -> Calendar:
    """Calendars of a few days whose hours move in steps of two hours."""
    cuts = st.lists(st.integers(0, 12), max_size=6, unique=True).map(sorted)
    days = draw(st.lists(cuts, min_size=1, max_size=6))
    hours = [
        [(a * 7200, b * 7200) for a, b in zip(day[::2], day[1::2], strict=False)] for day in days
    ]
    return Calendar.of_days(date(2025, 1, 1), hours)


def open_ticks(calendar: Calendar) -> np.ndarray:
    """Return for each tick whether it is open, by walking the intervals."""
    is_open = np.zeros(calendar.horizon, dtype=bool)
    for start, end in calendar.intervals:
        is_open[start:end] = True
    return is_open


@settings(max_examples=200)
@given(small_calendars(), st.data())
def test_tables_answer_as_a_walk_second_by_second(calendar, data):
    """Worked time, openings and finishing times are those of a walk over every second."""
    is_open = open_ticks(calendar)
    # hours as well as odd seconds, so that closings and openings are hit exactly
    ticks = st.integers(0, calendar.horizon) | st.integers(0, calendar.horizon // 3600).map(
        lambda hour: hour * 3600
    )
    a, b = sorted((data.draw(ticks), data.draw(ticks)))
    assert calendar.worked(a, b) == is_open[a:b].sum()
    assert calendar.worked(b, a) == -calendar.worked(a, b)
    left = is_open[a:].sum()
    work = data.draw(st.integers(0, int(left)) | st.just(calendar.worked(a, b)))
    walked = a if work == 0 else a + int(np.searchsorted(np.cumsum(is_open[a:]), work)) + 1
    assert calendar.add(a, work) == walked
    assert calendar.add_many(np.array([a, b]), np.array([work, 0])).tolist() == [walked, b]
    assert calendar.worked_many(np.array([a]), np.array([b])).tolist() == [calendar.worked(a, b)]
    if a < calendar.horizon:
        assert calendar.is_open(a) == is_open[a]
    if left:
        assert calendar.opening(a) == a + int(is_open[a:].argmax())


@given(small_calendars(), small_calendars())
def test_a_joint_desk_is_open_when_both_offices_are(one, other):
    """The intersection is open in exactly the seconds in which both are."""
    both = one.intersect(other)
    end = both.horizon
    expected = open_ticks(one)[:end] & open_ticks(other)[:end]
    assert (open_ticks(both) == expected).all()
    assert both == other.intersect(one)
    assert hash(both) == hash(other.intersect(one))


def test_ticks_and_dates_are_each_others_inverse():
    """A civil time and its tick name the same second; a time zone is refused."""
    calendar = Calendar.natural(date(2025, 9, 26), date(2025, 12, 31))
    moment = datetime(2025, 10, 3, 23, 59, 1)
    tick = calendar.tick_of(moment)
    assert calendar.datetime_of(tick) == moment
    assert calendar.date_of(tick) == moment.date()
    assert calendar.day_of(tick) == 7
    with pytest.raises(ValueError, match="time zone"):
        calendar.tick_of(datetime.fromisoformat("2025-10-03T00:00:00+08:00"))


@pytest.mark.skipif(not SHARED.exists(), reason="shared reference data not beside the checkout")
def test_national_day_2025_with_make_up_days_and_lunch():
    """Finishing times and deadlines over National Day 2025 are those of the reference table."""
    cases = json.loads((SHARED / "data" / "queueing_cases.json").read_text("utf-8"))["cases"]
    (case,) = [c for c in cases if c["family"] == "working_calendar"]
    days = WorkingDays.china()

    def seconds(clock: str) -> int:
        hours, minutes = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60

    hours = [(seconds(a), seconds(b)) for a, b in case["model"]["windows"]]
    calendar = Calendar.office(date(2025, 9, 1), days, hours, date(2025, 12, 31))
    for row, expected in case["expected"].items():
        what, asked = row.rstrip("]").split("[")
        since, amount = asked.split(" +")
        if what == "finish":
            start = calendar.tick_of(datetime.fromisoformat(since))
            end = calendar.add(start, int(amount.removesuffix("min")) * 60)
            assert calendar.datetime_of(end) == datetime.fromisoformat(expected), row
        else:
            deadline = days.add(date.fromisoformat(since), int(amount.removesuffix("wd")))
            assert deadline == date.fromisoformat(expected), row
    assert len(case["expected"]) == 15
