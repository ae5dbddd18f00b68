"""The lower organ reviews within 20 working days of acceptance (行政许可法 art. 43); by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from test_case_ways import OFFICES, account, only, scenario

from lianban.cli import main
from rules import Duration, Name
from rules.catalogue import Catalogue
from rules.checks import lint
from rules.dealing import Dealing, HandlingClass
from rules.items import Item, ItemKind
from rules.law import national_law
from rules.steps import Limit, Unit
from scenarios import compile_plan
from scenarios.plan import Plan
from simulator import simulate, write_log
from simulator.account import account_of
from simulator.clocks import late_reviews, review_clocks

COLUMNS = ",statutory_limit,handling,accept_level,decide_level,lower_review,special"
UP = "[couriers]\ndays = 1\n[report_up]\ndays = 30\n[clock]\n"


def reported(days: int, review: str = "", special: str = "") -> str:
    """Return a licence that the county reviews in so many days and the province decides."""
    cells = f"D,批复,drc,{days},wd,government_approval,60 wd,report_up,county,province"
    return f"{cells},{review},{special}"


def planned(folder: Path, days: int, said: str = UP, **more: str) -> Plan:
    """Return the plan of twenty such files."""
    item = reported(days, more.pop("review", ""), more.pop("special", ""))
    return compile_plan(scenario(folder, said, item, columns=COLUMNS, **more))


def test_the_limit_is_a_dated_provision_that_cites_its_article():
    """Twenty working days since 1 July 2004, from acceptance; before that day it was no law."""
    rule = national_law().limit("lower-review", on=date(2024, 1, 2))
    assert (rule.article, str(rule.limit), rule.extension) == ("行政许可法 art. 43", "20 wd", None)
    assert rule.counted_from == "acceptance"
    with pytest.raises(LookupError, match="was not law"):
        national_law().limit("lower-review", on=date(2004, 6, 30))


@pytest.mark.parametrize(
    ("days", "lawful", "yellow", "red"),
    [(15, 20, 0, 0), (17, 20, 20, 0), (20, 20, 20, 0), (21, 0, 20, 20), (25, 0, 20, 20)],
)
def test_the_lower_desk_is_late_after_twenty_days_whatever_the_upper_takes(
    tmp_path, days, lawful, yellow, red
):
    """30 days at the province and 2 on the way do not count; the 21st day at the county does."""
    plan = planned(tmp_path, days)
    kept = account(plan)
    (review,) = plan.steps[0].lower_reviews
    assert (review.organ, review.article) == ("drc", "行政许可法 art. 43")
    assert [plan.desks[desk].name for desk in review.desks] == ["window", "review"]
    assert review.statute == 20 * plan.day_ticks
    assert kept.of("review", "D/drc", "limited")[0] == kept.of("review", "D/drc", "files")[0] == 20
    assert kept.of("review", "D/drc", "counted")[0] == 20 * days * plan.day_ticks
    assert kept.of("review", "D/drc", "lawful")[0] == lawful
    assert kept.of("review_light", "D/review", "yellow")[0] == yellow
    assert kept.of("review_light", "D/review", "red")[0] == red
    late = late_reviews(plan, only(plan), 0, review, review.statute)
    assert {plan.desks[each.desk].name for each in late} == ({"review"} if red else set())


def test_the_step_has_its_own_limit_beside_that_of_the_review(tmp_path):
    """15 + 30 + 2 x 2 days are within the item's 60, 25 at the county not within its 20."""
    for days, steps, reviews in ((15, 20, 20), (25, 20, 0), (40, 0, 0)):
        kept = account(planned(tmp_path, days))
        assert kept.of("step", "D", "lawful")[0] == steps
        assert kept.of("review", "D/drc", "lawful")[0] == reviews


@pytest.mark.parametrize(("reason", "lawful"), [("testing", 20), ("collective_discussion", 0)])
def test_the_reasons_of_article_45_stop_this_clock_too(tmp_path, reason, lawful):
    """Ten days in the laboratory leave 15 of the review; ten of discussion make it 25."""
    special = f'[[special]]\nreason = "{reason}"\ndays = 10\n'
    kept = account(planned(tmp_path, 15, UP + special, special=reason))
    assert kept.of("review", "D/drc", "lawful")[0] == lawful


def test_what_the_applicant_owes_is_outside(tmp_path):
    """Five days of the applicant on every correction: the review still counts 18 days."""
    said = UP + "[corrections]\nshare = 1.0\ndelay = 5\n"
    plan = planned(tmp_path, 18, said)
    times = review_clocks(plan, only(plan), 0, plan.steps[0].lower_reviews[0])
    assert (times.counted == 18 * plan.day_ticks).all()
    assert (times.elapsed == 23 * plan.day_ticks).all()


def test_waiting_for_the_only_reviewer_counts(tmp_path):
    """With one reviewer for 12 days a file, cases queue at the county and turn red there."""
    few = OFFICES.replace("发改,900,900", "发改,900,1").replace("drc,发改", "drc,发改")
    kept = account(planned(tmp_path, 12, offices=few))
    assert kept.of("review_light", "D/review", "red")[0] > 10


def test_a_promise_is_watched_instead_where_lights_follow_promises(tmp_path):
    """Ten days promised, twelve taken: kept by nobody, lawful for all, and so the lights."""
    said = UP + 'lights = "{}"\n'
    for lights, red in (("promise", 20), ("statute", 0)):
        kept = account(planned(tmp_path, 12, said.format(lights), review="10 wd"))
        assert (kept.of("review", "D/drc", "kept")[0], kept.of("review", "D/drc", "lawful")[0]) == (
            0, 20,
        )  # fmt: skip
        assert kept.of("review_light", "D/review", "red")[0] == red


def without_clock(folder: Path) -> Plan:
    """No limits are watched."""
    return planned(folder, 25, UP.replace("[clock]\n", ""))


def before_the_law(folder: Path) -> Plan:
    """Return a plan of a day before the Licensing Law."""
    return planned(folder, 25, day="2004-02-02")


def without_report(folder: Path) -> Plan:
    """Nothing is reported upward: the scenario says nothing of the level above."""
    return planned(folder, 25, "[clock]\n")


def by_another_law(folder: Path) -> Plan:
    """Return an item limited in natural days, by another law (法律、法规另有规定的，依照其规定)."""
    item = reported(25).replace("60 wd", "60 cd")
    return compile_plan(scenario(folder, UP, item, columns=COLUMNS))


@pytest.mark.parametrize(
    "plan", [without_clock, before_the_law, without_report, by_another_law],
    ids=lambda each: each.__name__,
)  # fmt: skip
def test_where_the_article_does_not_hold_nothing_is_said(tmp_path, plan: Callable[[Path], Plan]):
    """No column of the account, and none of the log."""
    found = plan(tmp_path)
    assert not found.steps[0].lower_reviews
    assert not account(found).keys("review")
    write_log(simulate(found, 1, 1), tmp_path / "log.csv")
    assert "lower_review" not in (tmp_path / "log.csv").read_text("utf-8-sig").partition("\n")[0]


PLACES = """
[[place]]
key = "town"
share = 1
courier_days = 2
[[place]]
key = "own"
share = 1
reviewers = 900
decides = ["D"]
"""


def test_acceptance_at_a_sub_centre_starts_the_clock(tmp_path):
    """Accepted in a town, two days on the way, 19 at the county: 21; a town that decides: none."""
    plan = planned(tmp_path, 19, UP + PLACES, cases=100)
    kept = account(plan)
    files = int(kept.of("review", "D/drc", "files")[0])
    assert 20 < files < 80  # those of the town that does not decide itself
    assert kept.of("review", "D/drc", "counted")[0] == files * 21 * plan.day_ticks
    assert kept.of("review", "D/drc", "lawful")[0] == 0
    assert kept.of("review_light", "D/review", "red")[0] == files


def test_both_engines_keep_the_same_account(tmp_path):
    """Crowded desks, corrections, returns and places: equal to the tick, and really run by both."""
    crowded = "key,name,windows,reviewers\ndrc,发改,1,2\nepb,环保,1,1\nfire,消防,0,2\n"
    said = UP.replace("days = 30", 'days = 3\noffice = "fire"\nminutes = 60') + (
        "[corrections]\nshare = 0.4\ndelay = 2\n[returns]\nshare = 0.2\ndelay = 2\n" + PLACES
    )
    plan = planned(tmp_path, 9, said, cases=60, offices=crowded)
    found = []
    for engine in ("simpy", "fast"):
        run = simulate(plan, 3, 5, engine=engine)
        assert run.engine == engine
        found.append(account_of(plan, run.replications))
    assert found[0].columns == found[1].columns
    assert np.array_equal(found[0].rows, found[1].rows)
    assert found[0].of("review_light", "D/review", "red").sum() > 0


def test_the_log_tells_the_ticks_of_this_clock(tmp_path):
    """The rows of a case add up to what it was counted; the province's rows have none."""
    plan = planned(tmp_path, 12)
    run = simulate(plan, 1, 1)
    write_log(run, tmp_path / "log.csv")
    write_log(run, tmp_path / "log.xes")
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == "0"]
    ticks = {row["desk"]: int(row["lower_review"]) for row in rows}
    assert ticks["review"] == 12 * plan.day_ticks
    assert ticks["upper-dwell"] == ticks["courier-up"] == 0
    assert int(next(row for row in rows if row["desk"] == "upper-dwell")["counted"]) > 0
    told = (tmp_path / "log.xes").read_text("utf-8")
    assert told.count(f'key="clock:lower_review" value="{12 * plan.day_ticks}"') == 20


def test_the_run_says_it_in_json_and_in_words(tmp_path, capsys):
    """The share within art. 43, the desk, and a sentence; the same bytes from both engines."""
    planned(tmp_path, 21)
    documents = []
    for engine in ("simpy", "fast"):
        main(["run", str(tmp_path), "--replications", "5", "--engine", engine, "--json"])
        document = json.loads(capsys.readouterr().out)
        documents.append(document["clocks"])
    assert documents[0] == documents[1]
    (review,) = documents[0]["lower_reviews"]
    assert (review["step"], review["organ"], review["limit_days"]) == ("D", "drc", 20)
    assert review["article"] == "行政许可法 art. 43"
    assert review["within_statute"]["estimate"] == 0
    assert review["mean_wd"]["estimate"] == pytest.approx(21)
    assert [(desk["desk"], desk["red"]["estimate"]) for desk in review["desks"]] == [("review", 20)]
    assert (
        "0.0 % within the 20 days of 行政许可法 art. 43; most pass the limit at D/review"
        in (review["sentence"]["en"])
    )
    main(["--lang", "zh", "run", str(tmp_path), "--replications", "5"])
    told = capsys.readouterr().out
    assert "下级审查" in told
    assert "超时最多在 D/review" in "".join(told.split("\n")).replace("  ", " ")


# --- before the run -------------------------------------------------------------------


def item(review: Duration | None, **more: object) -> Item:
    """Return a licence that is reported upward."""
    dealing = Dealing(handling=HandlingClass.REPORT_UP, lower_review=review)
    said = Item(
        "D", Name("批复", "Approval"), kind=ItemKind.LICENCE, promised=Duration(10),
        statutory=Limit(Duration(20)), dealing=dealing,
    )  # fmt: skip
    return replace(said, **more)  # type: ignore[arg-type]  # by name


def kinds(found: Item, on: date = date(2025, 3, 3)) -> list[str]:
    """Return which findings about reviews there are."""
    findings = lint(Catalogue((found,)), on=on)
    return [
        f"{each.severity.value} {each.kind}" for each in findings if "lower-review" in each.kind
    ]


def test_a_review_that_promises_more_than_the_article_is_an_error():
    """20 days are lawful, 21 are not; natural days are compared on the calendar."""
    assert kinds(item(None)) == kinds(item(Duration(20))) == []
    assert kinds(item(Duration(21))) == ["error lower-review-too-long"]
    assert kinds(item(Duration(20, Unit.NATURAL_DAY))) == []
    assert kinds(item(Duration(27, Unit.NATURAL_DAY))) == ["warning lower-review-too-long"]
    assert kinds(item(Duration(60, Unit.NATURAL_DAY))) == ["error lower-review-too-long"]
    assert kinds(item(Duration(21)), date(2004, 6, 30)) == []
    assert kinds(item(Duration(21), kind=ItemKind.FILING)) == []
    plain = Dealing(lower_review=Duration(5))
    assert kinds(item(None, dealing=plain)) == ["warning lower-review-of-no-use"]


@pytest.mark.parametrize(("days", "code"), [(20, 0), (21, 1)])
def test_check_refuses_a_plan_whose_lower_organ_reviews_too_long(tmp_path, capsys, days, code):
    """21 days on paper at the county, of 60 for the whole step: an error that names the article."""
    planned(tmp_path, days)
    assert main(["check", str(tmp_path), "--json"]) == code
    findings = json.loads(capsys.readouterr().out)["findings"]
    found = [each for each in findings if each["kind"] == "lower-review-planned-too-long"]
    assert len(found) == code
    for each in found:
        assert each["file"].endswith("items.csv")
        assert each["line"] == 2
        assert "行政许可法 art. 43" in each["en"]
        assert "行政许可法 art. 43" in each["zh"]
