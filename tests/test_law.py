"""Law as dated data, and the clocks it makes run: cases computed by hand from wall calendars."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import Duration, InputError, Unit
from rules.calendars import WorkingDays
from rules.law import ClockStop, LegalClock, acceptance, deadline, national_law, read_law
from rules.law.clocks import Acceptance

LAW = national_law()
CHINA = WorkingDays.china()
HEADER = (
    "key,jurisdiction,article,name_zh,name_en,floor,amount,unit,extension,extension_by_zh,"
    "extension_by_en,counted_from,valid_from,valid_to,source\n"
)


@pytest.mark.parametrize(
    ("key", "on", "limit", "article"),
    [
        ("construction-permit", date(2019, 4, 22), "15 cd", "建筑法 art. 8"),
        ("construction-permit", date(2019, 4, 23), "7 cd", "建筑法 art. 8 (2019)"),
        ("eia-registration", date(2016, 8, 31), "15 cd", "环境影响评价法 art. 22 (2002)"),
        ("eia-registration", date(2016, 9, 1), "0 wd", "环境影响评价法 art. 22 (2016)"),
        ("decision", date(2004, 7, 1), "20 wd", "行政许可法 art. 42(1)"),
        ("joint-decision", date(2013, 9, 1), "45 wd", "行政许可法 art. 26, 42(2)"),
    ],
)
def test_the_law_of_the_day_is_applied(key: str, on: date, limit: str, article: str):
    """A case is decided by the text that was law on its day."""
    rule = LAW.limit(key, on=on)
    assert (str(rule.limit), rule.article) == (limit, article)


def test_before_a_law_there_is_no_limit():
    """Asking for a limit before it was law is an error that says when it was, never today's."""
    with pytest.raises(LookupError, match="not law on 2004-06-30 in CN; known: 2004-07-01"):
        LAW.limit("decision", on=date(2004, 6, 30))


def test_an_unknown_limit_names_the_nearest():
    """A misspelt limit is an error with the nearest name."""
    with pytest.raises(LookupError, match="did you mean 'decision'"):
        LAW.limit("decison", on=date(2020, 1, 1))


def test_shipped_law_has_no_holes_and_names_its_sources():
    """Versions of a limit follow each other day by day; each says how well it is known."""
    assert LAW.holes() == ()
    assert all(rule.article and rule.source for rule in (*LAW.limits, *LAW.stops))


def test_public_notice_stops_the_clock_only_where_a_local_rule_says_so():
    """公示 is not in the national list of art. 45; Hunan's procedure rules add it."""
    on = date(2020, 1, 2)
    assert len(LAW.clock_stops(on=on)) == 8
    assert "public_notice" in LAW.clock_stops(on=on, jurisdiction="CN-HN")
    assert "public_notice" not in LAW.clock_stops(on=on, jurisdiction="CN-HNX")
    clock = LegalClock(on, LAW.limit("decision", on=on))
    notice = ClockStop("public_notice", date(2020, 1, 6), date(2020, 1, 12))
    with pytest.raises(ValueError, match="'public_notice' does not stop the clock here"):
        clock.stopped(notice, LAW.clock_stops(on=on))


@pytest.mark.parametrize(
    ("start", "limit", "last"),
    [
        # National Day 2025: Sunday 28 September and Saturday 11 October are worked
        (date(2025, 9, 19), Duration(20), date(2025, 10, 23)),
        # Spring Festival 2024: Sundays 4 and 18 February are worked, 10-17 February are off
        (date(2024, 2, 2), Duration(10), date(2024, 2, 21)),
        # 30 natural days from 1 September 2024 end in the holiday, so on 8 October
        (date(2024, 9, 1), Duration(30, Unit.NATURAL_DAY), date(2024, 10, 8)),
        # 20 natural days ending on a Saturday that is worked stay there (12 October 2024)
        (date(2024, 9, 22), Duration(20, Unit.NATURAL_DAY), date(2024, 10, 12)),
    ],
)
def test_deadlines_by_hand(start: date, limit: Duration, last: date):
    """Deadlines over holidays and shifted days agree with a wall calendar."""
    assert deadline(start, limit, CHINA) == last


def test_corrections_told_late_mean_acceptance_on_receipt():
    """Art. 32: told after 5 working days, the file counts as accepted when it was received."""
    five = LAW.limit("correction-notice", on=date(2025, 9, 26))
    received = date(2025, 9, 26)  # Friday; 28 (Sunday), 29, 30 are worked, then 9 and 10 October
    in_time = acceptance(received, five, CHINA, corrections_told=date(2025, 10, 10))
    late = acceptance(received, five, CHINA, corrections_told=date(2025, 10, 11))
    assert in_time is None
    assert late == Acceptance(received, deemed=True)
    assert acceptance(received, five, CHINA) == Acceptance(received, deemed=False)


def test_time_to_supplement_lies_before_the_clock():
    """The limit runs from the day the file is complete, not from the first hand-in."""
    received, completed = date(2025, 3, 3), date(2025, 4, 1)
    five = LAW.limit("correction-notice", on=received)
    start = acceptance(
        received, five, CHINA, corrections_told=date(2025, 3, 5), completed=completed
    )
    assert start == Acceptance(completed, deemed=False)


def test_a_stop_moves_the_deadline_by_its_working_days_only():
    """Five days of expert review with a weekend inside move a 20 day limit by five."""
    clock = LegalClock(date(2025, 3, 3), LAW.limit("decision", on=date(2025, 3, 3)))
    reasons = LAW.clock_stops(on=date(2025, 3, 3))
    review = ClockStop("expert_review", date(2025, 3, 13), date(2025, 3, 19))
    stopped = clock.stopped(review, reasons)
    assert clock.deadline(CHINA) == date(2025, 3, 31)
    assert stopped.deadline(CHINA) == date(2025, 4, 8)  # 4 April is Qingming
    assert (clock.counted(date(2025, 3, 19), CHINA), stopped.counted(date(2025, 3, 19), CHINA)) == (
        12,
        7,
    )


def test_one_extension_and_no_more():
    """Art. 42(1) allows ten more days once; the lower authority's 20 days know none."""
    clock = LegalClock(date(2025, 3, 3), LAW.limit("decision", on=date(2025, 3, 3)))
    longer = clock.extend()
    assert longer.limit == Duration(30)
    with pytest.raises(ValueError, match="one extension only"):
        longer.extend()
    lower = LegalClock(date(2025, 3, 3), LAW.limit("lower-review", on=date(2025, 3, 3)))
    with pytest.raises(ValueError, match=r"art. 43 knows no extension"):
        lower.extend()


def test_delivery_is_a_clock_of_its_own():
    """Art. 44: ten working days run from the decision, whatever the review took."""
    delivery = LAW.limit("delivery", on=date(2025, 4, 25))
    assert deadline(date(2025, 4, 25), delivery.limit, CHINA) == date(
        2025, 5, 13
    )  # Sunday 27 April is worked, 1-5 May are off


@given(
    st.dates(date(2010, 1, 1), date(2024, 1, 1)),
    st.integers(0, 90),
    st.sampled_from([Unit.WORKING_DAY, Unit.NATURAL_DAY]),
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 20)), max_size=3),
)
def test_the_deadline_is_the_last_day_in_time(start, amount, unit, stretches):
    """At the deadline the limit is just used up, and it is always a working day."""
    rule = LAW.limit("decision", on=date(2010, 1, 1))
    from dataclasses import replace

    clock = LegalClock(start, replace(rule, limit=Duration(amount, unit)))
    for begin, length in stretches:
        first = start + timedelta(begin)
        stop = ClockStop("testing", first, first + timedelta(length))
        clock = clock.stopped(stop, LAW.clock_stops(on=start))
    last = clock.deadline(CHINA)
    if amount:
        assert CHINA.is_working(last)
        assert clock.counted(last, CHINA) >= amount
        earlier = last - timedelta(1)
        while not CHINA.is_working(earlier) and unit is Unit.NATURAL_DAY:
            earlier -= timedelta(1)
        assert clock.counted(earlier, CHINA) < amount or unit is Unit.NATURAL_DAY
    assert not clock.is_late(last, CHINA)
    assert clock.is_late(last + timedelta(1), CHINA)


def test_a_jurisdiction_brings_its_own_table(tmp_path: Path):
    """A city's shorter rule wins inside the city and nowhere else."""
    (tmp_path / "limits.csv").write_text(
        HEADER
        + "decision,CN,national,,,no,20,wd,,,,acceptance,2004-07-01,,read\n"
        + "decision,CN-ZJ,provincial,,,no,12,wd,,,,acceptance,2010-01-01,,read\n"
    )
    (tmp_path / "stops.csv").write_text(
        "reason,jurisdiction,article,valid_from,source\nhearing,CN,art. 45,2004-07-01,read\n"
    )
    law = read_law(tmp_path / "limits.csv", tmp_path / "stops.csv")
    assert law.limit("decision", on=date(2013, 1, 1), jurisdiction="CN-ZJ-JX").article == (
        "provincial"
    )
    assert law.limit("decision", on=date(2013, 1, 1), jurisdiction="CN-SN").article == "national"
    assert law.limit("decision", on=date(2009, 1, 1), jurisdiction="CN-ZJ").article == "national"


def test_bad_law_tables_are_refused_with_their_lines(tmp_path: Path):
    """A dropped article, a wrong unit and an impossible date are three lines; holes are found."""
    (tmp_path / "limits.csv").write_text(
        HEADER
        + "a,CN,,,,no,20,wd,,,,acceptance,2004-07-01,,read\n"
        + "b,CN,art. 2,,,no,20,days,,,,acceptance,2004-07-01,,read\n"
        + "c,CN,art. 3,,,no,20,wd,,,,acceptance,2004-02-31,,read\n"
    )
    (tmp_path / "stops.csv").write_text("reason,jurisdiction,article,valid_from,source\n")
    with pytest.raises(InputError) as error:
        read_law(tmp_path / "limits.csv", tmp_path / "stops.csv")
    assert [str(problem) for problem in error.value.problems] == [
        "limits.csv:2: article: is empty",
        "limits.csv:3: unit: 'days' is not wd (working days) or cd (natural days)",
        "limits.csv:4: valid_from: '2004-02-31' is not a date such as 2019-04-23",
    ]
    (tmp_path / "limits.csv").write_text(
        HEADER
        + "a,CN,old,,,no,20,wd,,,,acceptance,2004-07-01,2010-12-31,read\n"
        + "a,CN,new,,,no,15,wd,,,,acceptance,2011-02-01,,read\n"
    )
    (hole,) = read_law(tmp_path / "limits.csv", tmp_path / "stops.csv").holes()
    assert hole == "a (CN): old and new leave a hole between 2010-12-31 and 2011-02-01"


def test_every_article_that_levers_rest_on_is_held_with_its_text():
    """Arts. 26, 29, 32, 34, 35, 42-48, 55, 57 and 82 are data: citation, text, dates, source."""
    on = date(2013, 9, 1)
    articles = " ".join(rule.article for rule in LAW.provisions)
    for number in (26, 29, 32, 34, 35, *range(42, 49), 55, 57, 82):
        assert f"art. {number}" in articles, number
    assert "agent" in LAW.provision("agent", on=on).name.en
    assert LAW.provision("first-come", on=on).article == "行政许可法 art. 57"
    assert all(rule.name.zh and rule.name.en and rule.source for rule in LAW.provisions)
    with pytest.raises(LookupError, match="was not law on 2004-06-30"):
        LAW.provision("agent", on=date(2004, 6, 30))
    with pytest.raises(LookupError, match="did you mean 'agent'"):
        LAW.provision("agnt", on=on)
