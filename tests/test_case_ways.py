"""The ways of cases: classes, returns, silence, stops, extensions, lights, inspections; by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import InputError
from scenarios import Scenario, compile_plan, read_scenario
from scenarios.plan import Plan
from simulator import Outcome, Trace, simulate
from simulator.account import Account, account_of
from simulator.clocks import clocks, late, step_clocks
from simulator.logs import rows_of

OFFICES = "key,name,windows,reviewers\ndrc,发改,900,900\nepb,环保,900,900\nfire,消防,0,900\n"
SETTINGS = """schema = 1
name = "ways"
first_day = {day}
{top}
[hours]
office = ["09:00-17:00"]
[handling]
window_minutes = 0
[handling.review_share]
default = 1.0
[cases]
number = {cases}
per_year = {per_year}
"""
ONE = "D,批复,drc,5,wd,government_approval"


def scenario(
    folder: Path, said: str, items: str = ONE, *, columns: str = "", cases: int = 20,
    day: str = "2013-01-04", top: str = "", offices: str = OFFICES,
) -> Scenario:  # fmt: skip
    """Return a scenario of one step after another; ``columns`` names more columns of items.csv."""
    head = "key,name,department,days,unit,kind" + columns
    (folder / "items.csv").write_text(f"{head}\n{items}\n", "utf-8")
    (folder / "offices.csv").write_text(offices, "utf-8")
    settings = SETTINGS.format(cases=cases, per_year=max(100, cases), day=day, top=top)
    (folder / "scenario.toml").write_text(settings + said, "utf-8")
    return read_scenario(folder)


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, 1, seed).replications[0]


def days_of(plan: Plan, trace: Trace) -> np.ndarray:
    """Return the elapsed working days of each case."""
    return plan.calendars[0].worked_many(trace.arrival, trace.finish) / plan.day_ticks


def desks_of(plan: Plan, trace: Trace, case: int = 0) -> list[str]:
    """Return the names of the desks that a case went to, in order of time."""
    rows = [row for row in trace.visits().tolist() if row[0] == case]
    return [plan.desks[row[1]].name for row in sorted(rows, key=lambda r: (r[3], r[4], r[1]))]


def account(plan: Plan, replications: int = 1) -> Account:
    """Return the accounts of a run."""
    return account_of(plan, simulate(plan, replications, 1).replications)


# --- the legal clock ------------------------------------------------------------------

TESTED = ",statutory_limit,special"
TESTING = '[[special]]\nreason = "{}"\ndays = 10\n[clock]\n'


def test_a_test_stops_the_clock_and_a_discussion_does_not(tmp_path):
    """Ten days in the laboratory leave five counted; ten of discussion make a limit of 8 late."""
    found = {}
    for reason in ("testing", "collective_discussion"):
        plan = compile_plan(
            scenario(tmp_path, TESTING.format(reason), f"{ONE},8 wd,{reason}", columns=TESTED)
        )
        trace = only(plan)
        assert days_of(plan, trace) == pytest.approx(15)
        counted = step_clocks(plan, trace, 0).counted / plan.day_ticks
        kept = account(plan)
        over = late(plan, trace, 0, plan.steps[0].statute)[:1]
        lawful = int(kept.of("step", "D", "lawful")[0])
        found[reason] = counted[0], lawful, [plan.desks[each.desk].name for each in over]
        reasons = {row.reason for row in rows_of(plan, 0, trace) if row.desk == reason}
        assert reasons == ({"testing"} if reason == "testing" else {""})
    assert found["testing"] == (5, 20, [])
    assert found["collective_discussion"] == (15, 0, ["collective_discussion"])


def test_the_reason_stands_in_the_summary_with_its_days(tmp_path):
    """Half of 400 files need the test: some 200 stops of ten days each, told by reason."""
    said = TESTING.format("testing").replace("days = 10", "days = 10\nchance = 0.5")
    plan = compile_plan(scenario(tmp_path, said, f"{ONE},8 wd,testing", columns=TESTED, cases=400))
    kept = account(plan)
    cases, ticks = kept.of("stop", "testing", "cases")[0], kept.of("stop", "testing", "ticks")[0]
    assert 160 < cases < 240
    assert ticks == cases * 10 * plan.day_ticks
    assert kept.of("case", "", "stopped")[0] == ticks


@pytest.mark.parametrize(
    ("day", "top", "stops"),
    [
        ("2013-01-04", 'jurisdiction = "CN-HN"', True),
        ("2013-01-04", "", False),
        ("2008-03-03", 'jurisdiction = "CN-HN"', False),
    ],
)
def test_which_reasons_stop_the_clock_is_asked_of_the_law_of_the_day(tmp_path, day, top, stops):
    """A public notice stops the clock in Hunan since 1 October 2008, nowhere else."""
    items = f"{ONE}\nN,公示,,7,cd,public_notice"
    plan = compile_plan(scenario(tmp_path, "", items, day=day, top=top))
    trace = only(plan)
    found = clocks(plan, trace)
    notice = found.notice / plan.day_ticks
    assert (notice > 0).all()
    assert notice.max() >= 5
    outside = (found.elapsed - found.counted) / plan.day_ticks
    assert outside == pytest.approx(notice if stops else 0 * notice)
    assert {row.reason for row in rows_of(plan, 0, trace)} == (
        {"", "public_notice"} if stops else {""}
    )


def test_a_law_that_is_not_yet_in_force_stops_nothing(tmp_path):
    """Before the Licensing Law of July 2004 a test is time like any other."""
    plan = compile_plan(
        scenario(tmp_path, TESTING.format("testing"), f"{ONE},8 wd,testing", columns=TESTED,
                 day="2004-02-02", cases=5)
    )  # fmt: skip
    assert (step_clocks(plan, only(plan), 0).counted == 15 * plan.day_ticks).all()


def test_the_head_extends_a_limit_that_is_nearly_over(tmp_path):
    """A decision of 25 days is lawful within 20 days and 10 more; one of 31 days is not."""
    for days, lawful in ((25, 20), (31, 0)):
        item = f"D,批复,drc,{days},wd,government_approval,20 wd"
        for share, expected in ((1.0, lawful), (0.0, 0)):
            said = f"[clock]\nextended = {share}\nlights = 'statute'\n"
            kept = account(compile_plan(scenario(tmp_path, said, item, columns=",statutory_limit")))
            assert kept.of("step", "D", "lawful")[0] == expected
            assert kept.of("step", "D", "extended")[0] == (20 if share else 0)
            assert kept.of("light", "D/review", "red")[0] == 20 - expected
            assert kept.of("light", "D/review", "yellow")[0] == 20


def test_a_limit_that_is_not_nearly_over_is_not_extended(tmp_path):
    """A decision after 15 of 20 days needs no extension; after 17 the warning is on."""
    for days, extended in ((15, 0), (17, 20)):
        item = f"D,批复,drc,{days},wd,government_approval,20 wd"
        kept = account(
            compile_plan(scenario(tmp_path, "[clock]\nextended = 1\n", item,
                                  columns=",statutory_limit"))
        )  # fmt: skip
        assert kept.of("step", "D", "extended")[0] == extended


def test_the_share_of_extensions_is_the_one_that_is_said(tmp_path):
    """With 40 % extended some 400 of 1000 late files become lawful."""
    item = "D,批复,drc,25,wd,government_approval,20 wd"
    said = "[clock]\nextended = 0.4\n"
    kept = account(
        compile_plan(scenario(tmp_path, said, item, columns=",statutory_limit", cases=1000))
    )
    assert 350 < kept.of("step", "D", "lawful")[0] < 450


def test_lights_name_the_desk_where_the_limit_passed(tmp_path):
    """With half of 10 days' work at each of two desks 8 counted days pass at the second."""
    item = "D,批复,drc,10,wd,government_approval,3"
    plan = compile_plan(scenario(tmp_path, "[clock]\n", item, columns=",desks"))
    kept = account(plan)
    assert {key: kept.of("light", key, "yellow")[0] for key in kept.keys("light")} == {
        "D/window": 0, "D/review": 0, "D/approval": 20,
    }  # fmt: skip
    assert all(kept.of("light", key, "red")[0] == 0 for key in kept.keys("light"))


def test_a_case_is_judged_by_its_promise_and_its_steps_by_statute(tmp_path):
    """A case of 15 counted days keeps 15 promised days and breaks 14; the law allows 20."""
    items = "A,一,drc,5,wd,government_approval,20 wd\nD,二,drc,10,wd,government_approval,20 wd"
    for promise, expected in ((15, 20), (14, 0)):
        said = f"[clock]\n[run]\npromise_days = {promise}\n"
        kept = account(compile_plan(scenario(tmp_path, said, items, columns=",statutory_limit")))
        assert kept.of("case", "", "kept")[0] == expected
        assert kept.of("case", "", "promised")[0] == 20
        assert kept.of("step", "D", "lawful")[0] == 20


# --- classes --------------------------------------------------------------------------


def test_an_immediate_file_ends_at_the_window(tmp_path):
    """A quarter of an hour at one desk, whatever the days on paper; a promised one takes those."""
    said = "[immediate]\nminutes = 15\n"
    for handling, names, hours in (("immediate", ["window"], 0.25), ("promised", None, 40)):
        plan = compile_plan(scenario(tmp_path, said, f"{ONE},{handling}", columns=",handling"))
        trace = only(plan)
        assert days_of(plan, trace) * 8 == pytest.approx(hours)
        if names:
            assert desks_of(plan, trace) == names


LEVELS = ",handling,accept_level,decide_level"
UP = "[couriers]\ndays = 1\n[report_up]\ndays = 4\n"


def test_a_file_that_is_reported_upward_climbs_and_its_result_descends(tmp_path):
    """County to province and back is two days each way; 4 days there after 5 here: 13 in all."""
    days = {}
    for handling in ("report_up", "entrusted", "promised"):
        plan = compile_plan(
            scenario(tmp_path, UP, f"{ONE},{handling},county,province", columns=LEVELS)
        )
        trace = only(plan)
        days[handling] = float(days_of(plan, trace).mean())
        if handling == "report_up":
            names = [each for each in desks_of(plan, trace) if each != "window"]
            assert names == ["review", "courier-up", "upper-dwell", "courier-down"]
    assert days == pytest.approx({"report_up": 13, "entrusted": 5, "promised": 9})


def test_who_decides_upward_has_people_who_are_needed(tmp_path):
    """With one person for 8 h of work at the upper level cases queue there, not at home."""
    said = UP.replace("days = 4", 'days = 0\noffice = "fire"\nminutes = 480')
    few = OFFICES.replace("消防,0,900", "消防,0,1")
    item = f"{ONE},report_up,county,province"
    plan = compile_plan(scenario(tmp_path, said, item, columns=LEVELS, offices=few, cases=100))
    trace = only(plan)
    waits = {
        name: int((trace.start[:, n] - trace.ready[:, n]).max())
        for n, name in enumerate(desk.name for desk in plan.desks)
    }
    assert waits["upper-level"] > 0
    assert waits["review"] == 0


LINKED = """
[[linked]]
step = "D"
offices = ["epb", "fire"]
minutes = 480
days = {days}
"""


def test_a_linked_file_waits_for_the_last_of_its_offices(tmp_path):
    """Two opinions of one day and 3 more at the same time, then 5 days: 9, with two opinions."""
    said = LINKED.format(days=3)
    plan = compile_plan(scenario(tmp_path, said, f"{ONE},linked", columns=",handling"))
    trace = only(plan)
    assert days_of(plan, trace) == pytest.approx(9)
    names = desks_of(plan, trace)
    assert sorted(names[1:]) == sorted(
        ["linked", "opinion-epb", "answer-epb", "opinion-fire", "answer-fire", "review"]
    )
    counted = step_clocks(plan, trace, 0, promised=True)
    assert (counted.counted == 9 * plan.day_ticks).all()
    assert (counted.touch == (5 + 2) * plan.day_ticks).all()


def test_silence_of_a_linked_office_is_consent(tmp_path):
    """After 3 days of 4 the lead goes on; without a number the seven days of the rules hold."""
    for silence, days, expected, deemed in (
        ("silence_days = 3", 3, 8, True),
        ("silence_days = 5", 3, 9, False),
        ("", 20, 12, True),
    ):
        said = LINKED.format(days=days) + f"deemed_consent = true\n{silence}\n"
        plan = compile_plan(scenario(tmp_path, said, f"{ONE},linked", columns=",handling"))
        trace = only(plan)
        assert days_of(plan, trace) == pytest.approx(expected)
        assert ("deemed-consent" in desks_of(plan, trace)) is deemed


def test_an_office_without_people_free_is_taken_to_agree(tmp_path):
    """The only fireman is busy for weeks: his queue loses the files, everybody goes on in time."""
    said = LINKED.format(days=0).replace("480", "48000") + "deemed_consent = true\n"
    few = OFFICES.replace("消防,0,900", "消防,0,1")
    plan = compile_plan(
        scenario(tmp_path, said, f"{ONE},linked", columns=",handling", offices=few, cases=10)
    )
    trace = only(plan)
    assert days_of(plan, trace) == pytest.approx(7 + 5)
    fire = next(n for n, desk in enumerate(plan.desks) if desk.name == "opinion-fire")
    assert trace.served[:, fire].sum() == 1
    found = clocks(plan, trace)
    assert (found.counted == 12 * plan.day_ticks).all()


def test_the_late_office_is_named_when_a_linked_file_is_late(tmp_path):
    """Two opinions take 1 and 11 days, the limit is 5: the slow office's desk is named."""
    said = LINKED.format(days=10).replace('"epb", "fire"', '"epb"') + "[clock]\n"
    plan = compile_plan(scenario(tmp_path, said, f"{ONE},linked", columns=",handling"))
    first = late(plan, only(plan), 0, 4 * plan.day_ticks, promised=True)[0]
    assert plan.desks[first.desk].name == "answer-epb"


def test_a_step_whose_department_is_silent_ends_at_its_limit(tmp_path):
    """Asked for an answer in 7 days a department that would take 12 is taken to agree."""
    # who answers at the very instant at which the limit passes has answered
    for days, expected, deemed in ((12, 7, True), (7, 7, False), (5, 5, False)):
        item = f"D,意见,drc,{days},wd,government_approval,7 wd,yes"
        plan = compile_plan(
            scenario(tmp_path, "", item + "\nE,下一,drc,1,wd,government_approval,,no",
                     columns=",statutory_limit,deemed_consent")
        )  # fmt: skip
        trace = only(plan)
        took = plan.calendars[0].worked_many(trace.arrival, trace.step_end(plan.steps[0]))
        assert took / plan.day_ticks == pytest.approx(expected)
        assert days_of(plan, trace) == pytest.approx(expected + 1)
        assert ("deemed-consent" in desks_of(plan, trace)) is deemed
        counted = step_clocks(plan, trace, 0).counted
        assert (counted == expected * plan.day_ticks).all()
        assert (trace.step_end(plan.steps[0]) <= trace.step_ready(plan.steps[1])).all()


def test_returned_files_begin_anew(tmp_path):
    """Half go back for 4 days each time: 1 return a case on average, and 5 counted days always."""
    said = "[returns]\nshare = 0.5\ndelay = 4\n"
    plan = compile_plan(scenario(tmp_path, said, cases=2000))
    trace = only(plan)
    elapsed = days_of(plan, trace)
    rounds = (elapsed - 5) / 4
    assert rounds == pytest.approx(rounds.round())
    assert 0.93 < rounds.mean() < 1.07
    counted = step_clocks(plan, trace, 0).counted / plan.day_ticks
    assert counted == pytest.approx(5)


def test_who_does_not_file_again_has_withdrawn(tmp_path):
    """With half returned and half of those not coming again a third of all cases is lost."""
    said = "[returns]\nshare = 0.5\ndelay = 4\nagain = 0.5\n"
    trace = only(compile_plan(scenario(tmp_path, said, cases=3000)))
    assert 0.31 < (trace.outcomes() == Outcome.WITHDRAWN).mean() < 0.36
    assert set(trace.outcomes().tolist()) == {Outcome.FINISHED, Outcome.WITHDRAWN}


def test_applicants_withdraw_by_chance_or_when_the_queue_is_long(tmp_path):
    """A tenth withdraws before the decision; with one reviewer and 3 days' patience many do."""
    share = only(compile_plan(scenario(tmp_path, "[withdrawals]\nchance = 0.1\n", cases=3000)))
    assert 0.085 < (share.outcomes() == Outcome.WITHDRAWN).mean() < 0.115
    few = OFFICES.replace("发改,900,900", "发改,900,1")
    plan = compile_plan(scenario(tmp_path, "[withdrawals]\npatience = 3\n", offices=few, cases=100))
    trace = only(plan)
    gone = trace.outcomes() == Outcome.WITHDRAWN
    assert 20 < gone.sum() < 80
    assert (trace.finish - trace.arrival)[gone] == pytest.approx(3 * 86_400)


TREE = """
[[place]]
key = "village"
parent = "township"
share = 1
windows = 1
reviewers = 0
courier_days = 1
[[place]]
key = "township"
share = 0
windows = 0
reviewers = 900
decides = ["A"]
courier_days = 2
"""


def test_a_file_climbs_from_the_village_to_the_level_that_decides(tmp_path):
    """Township: 1 day up, 5, 1 down. County: 3 up, 5, 3 down. The village window ends the rest."""
    items = "\n".join(
        f"{ONE.replace('D', key)},{handling}"
        for key, handling in (("A", "promised"), ("B", "promised"), ("C", "immediate"))
    )
    said = TREE + "[immediate]\nminutes = 10\n"
    plan = compile_plan(scenario(tmp_path, said, items, columns=",handling"))
    trace = only(plan)
    took = {
        step.key: plan.calendars[0].worked_many(trace.step_ready(step), trace.step_end(step))
        / plan.day_ticks
        for step in plan.steps
    }
    assert took["A"] == pytest.approx(7)
    assert took["B"] == pytest.approx(11)
    assert took["C"].max() < 0.5
    who = {
        (plan.steps[desk.step].key, plan.pools[desk.pools[0]].key)
        for desk in plan.desks
        if desk.name == "review"
    }
    assert who == {("A", "township.reviewer"), ("B", "drc.reviewer")}


# --- after the decision ---------------------------------------------------------------

SUPERVISED = ",supervised_after,supervised_by"
INSPECTED = "[supervision]\nafter_days = 10\nminutes = 60\n"


def test_every_supervised_decision_is_inspected_by_its_office(tmp_path):
    """Ten natural days after the decision the fire office works an hour; the case is over then."""
    plan = compile_plan(scenario(tmp_path, INSPECTED, f"{ONE},yes,fire", columns=SUPERVISED))
    trace = only(plan)
    step = plan.steps[1]
    assert step.key == "D/inspection"
    assert plan.pools[plan.desks[step.desks[0]].pools[0]].key == "fire.reviewer"
    waited = trace.step_ready(step) - trace.finish
    assert (waited == 10 * 86_400).all()
    assert (trace.work[:, step.desks[0]] == 3600).all()
    assert days_of(plan, trace) == pytest.approx(5)


def test_findings_hold_up_later_items_of_the_same_applicant(tmp_path):
    """While a finding holds the applicant's next cases wait at the blocked step, or the door."""
    items = f"{ONE},yes,fire\nE,下一,drc,1,wd,government_approval,,"
    finds = INSPECTED + "finding = 1\nhold_days = 90\napplicants = 1\n"
    for blocks, at in (('blocks = ["E"]\n', "E"), ("", "D")):
        plan = compile_plan(scenario(tmp_path, finds + blocks, items, columns=SUPERVISED, cases=12))
        trace = only(plan)
        index = next(n for n, step in enumerate(plan.steps) if step.key == at)
        ready = trace.step_ready(plan.steps[index])
        before = trace.arrival if at == "D" else trace.step_end(plan.steps[index - 1])
        inspected = np.sort(trace.step_end(plan.steps[-1]))
        held = 0
        for came, began in zip(before.tolist(), ready.tolist(), strict=True):
            over = [end + 90 * 86_400 for end in inspected.tolist() if end < came < end + 7_776_000]
            held += bool(over)
            assert began >= max(over, default=came)
        assert 0 < held < 12
        free = compile_plan(scenario(tmp_path, INSPECTED, items, columns=SUPERVISED, cases=12))
        assert (days_of(free, only(free)) < 6.1).all()


def test_a_spot_check_does_not_hold_the_result(tmp_path):
    """Spot checks of a quarter of 1000 results are some 250 hours of work after them."""
    said = "[after_issue]\nspot_checks = 0.25\n"
    plan = compile_plan(scenario(tmp_path, said, cases=1000))
    trace = only(plan)
    checked = (trace.work[:, plan.steps[-1].desks[0]] > 0).sum()
    assert 210 < checked < 290
    assert days_of(plan, trace) == pytest.approx(5)


# --- what was there before, by hand ---------------------------------------------------


@pytest.mark.parametrize("hands", ["", "[hands]\ntouch = 120\ndwell = 2\n"])
@pytest.mark.parametrize("slower", [1.86, 1.8])
def test_incomplete_applications_take_so_many_times_as_long(tmp_path, hands, slower):
    """Real logs: incomplete applications take 1.86 and 1.80 times as long, by share or by hand."""
    said = f"{hands}[completeness]\nincomplete = 0.3\nslower = {slower}\n"
    plan = compile_plan(scenario(tmp_path, said, cases=300))
    days = days_of(plan, only(plan))
    assert sorted(set(days.round(6))) == pytest.approx([days.min(), slower * days.min()], rel=1e-4)
    assert 0.22 < (days > days.min() + 0.01).mean() < 0.38


@pytest.mark.parametrize(
    ("said", "columns", "cell", "more"),
    [
        ("[delivery]\ndays = 3\n", "", "", 3),
        ("[couriers]\ndays = 1\n", ",decided_at_centre", ",no", 4),
        ("[couriers]\ndays = 1\n", ",accept_level,decide_level", ",township,city", 8),
        ("[applicants]\ngap = 2\nshared_data = false\n", "", "", 4),
        ("[applicants]\ngap = 2\n", "", "", 2),
    ],
    ids=["delivery", "home bureau", "levels", "islands", "shared data"],
)
def test_what_it_costs_in_days(tmp_path, said, columns, cell, more):
    """Two steps of 5 days: delivery, home bureaus, levels and resubmission cost what is said."""
    items = f"{ONE}{cell}\n{ONE.replace('D', 'E')}{cell}"
    plan = compile_plan(scenario(tmp_path, said, items, columns=columns))
    assert days_of(plan, only(plan)) == pytest.approx(10 + more)


def test_islands_ask_every_parallel_branch_for_its_file(tmp_path):
    """Of three parallel branches each waits for its own submission; with shared data one does."""
    (tmp_path / "redesigns").mkdir()
    (tmp_path / "redesigns" / "p.toml").write_text('[[lever]]\nkind = "parallel"\n', "utf-8")
    items = "\n".join(ONE.replace("D", key) for key in "ABC")
    submissions = {}
    for shared in ("true", "false"):
        scenario(tmp_path, f"[applicants]\ngap = 2\nshared_data = {shared}\n", items)
        plan = compile_plan(read_scenario(tmp_path, "p"))
        submissions[shared] = desks_of(plan, only(plan)).count("applicant")
    assert submissions["false"] == 3
    assert submissions["true"] <= 3


def test_an_objection_leads_to_a_hearing_outside_the_clock(tmp_path):
    """Of 600 notices 20 % meet an objection; a hearing of 10 days follows and is not counted."""
    item = "N,公示,,7,cd,public_notice"
    said = "[objections]\nchance = 0.2\ndays = 10\n[clock]\n"
    plan = compile_plan(scenario(tmp_path, said, item, cases=600))
    trace = only(plan)
    found = clocks(plan, trace)
    heard = found.stopped > 0
    assert 0.16 < heard.mean() < 0.24
    assert (found.stopped[heard] == 10 * plan.day_ticks).all()
    assert (found.elapsed - found.counted == found.stopped).all()
    kept = account(plan)
    assert kept.of("stop", "hearing", "cases")[0] == heard.sum()


def test_a_zone_result_is_amortised_over_its_projects(tmp_path):
    """In a year with an assessment valid for 365 days at most two of 100 projects wait for one."""
    item = "Z,区域评估,drc,20,wd,government_approval"
    plan = compile_plan(scenario(tmp_path, "[zones]\nZ = 365\n", item, cases=100))
    days = days_of(plan, only(plan))
    starts = np.flatnonzero(days > 19.99)
    assert 1 <= len(starts) <= 2
    assert (days == 0).mean() > 0.75


def test_refused_cases_end_at_the_decision(tmp_path):
    """A quarter of decisions refuse: a quarter of cases end there, after the same five days."""
    trace = only(plan := compile_plan(scenario(tmp_path, "[refusals]\nshare = 0.25\n", cases=2000)))
    assert 0.22 < (trace.outcomes() == Outcome.REFUSED).mean() < 0.28
    assert days_of(plan, trace) == pytest.approx(5)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[clock]\nlights = 'red'", "lights: 'red' is neither 'promise' nor 'statute'"),
        ("[clock]\nwarning = 2", "warning: 2 is not a number between 0 and 1"),
        ("[clock]\nextended = nan", "extended: nan is not a number between 0 and 1"),
        ("[[special]]\nreason = 'test'\ndays = 3", "'test' is no special procedure (did you mean"),
        ("[[special]]\nreason = 'testing'", "'' is not a distribution"),
        ("[[special]]\nreason = 'testing'\ndays = 3\noffice = 'fir'", "no office is called 'fir'"),
        ("[returns]\nshare = 1\ndelay = 2", "every application would be returned for ever"),
        ("[returns]\nshare = 0.1", "delay"),
        ("[withdrawals]\nchanse = 1", "chanse: unknown setting (did you mean 'chance'?)"),
        ("[immediate]\nminutes = -3", "minutes: -3 is not a number"),
        ("[report_up]\ndays = 3\noffice = 'fire'", "minutes: goes with office"),
        ("[[linked]]\nstep = 'X'\noffices = ['epb']\nminutes = 1\ndays = 1", "no step is called"),
        ("[[linked]]\nstep = 'D'\noffices = ['ep']\nminutes = 1\ndays = 1", "no office is called"),
        ("[[linked]]\nstep = 'D'\noffices = ['epb', 'epb']\nminutes = 1\ndays = 1", "stands twice"),
        (LINKED.format(days=1) + "silence_days = 3", "says nothing without deemed_consent"),
        ("[supervision]\nminutes = 5\nfinding = 0.5", "applicants is missing"),
        ("[supervision]\nminutes = 5\nblocks = ['Q']", "no step is called 'Q'"),
        (TREE.replace('parent = "township"', 'parent = "town"'), "no place is called 'town'"),
        (TREE + 'parent = "village"', "parent: places lie below each other: village ->"),
        (TREE.replace("share = 1", "share = 0"), "one share above 0 was expected"),
        (TREE.replace('key = "village"', 'key = "township"'), "'township' stands twice"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path, said, message):
    """Every wrong setting gives one line with the file, the line and what was expected."""
    with pytest.raises(InputError) as raised:
        scenario(tmp_path, said + "\n")
    lines = [str(problem) for problem in raised.value.problems]
    assert any(message in line and line.startswith("scenario.toml:") for line in lines), lines


def test_the_compiled_engine_gives_the_same_or_leaves_these_ways_to_simpy(tmp_path):
    """What may happen to a case never makes the engines differ: same traces, or SimPy alone."""
    from simulator.engines import engine_for

    for said, columns, cell in (
        ("[clock]\nextended = 0.5\n", "", ""),
        ("[returns]\nshare = 0.3\ndelay = 2\nagain = 0.5\n", "", ""),
        (LINKED.format(days=1), ",handling", ",linked"),
        ("", ",deemed_consent", ",yes"),
        ("[supervision]\nminutes = 5\nfinding = 1\napplicants = 3\n", SUPERVISED, ",yes,fire"),
    ):
        plan = compile_plan(scenario(tmp_path, said, f"{ONE}{cell}", columns=columns))
        chosen = engine_for(plan, 1000, "fast")
        if chosen.name == "simpy":
            assert chosen.fell_back
            assert chosen.why
            continue
        fast, plain = chosen.replication(plan, 1, 0), only(plan)
        for name in ("arrival", "finish", "ready", "start", "end", "outcome", "extended"):
            assert (getattr(fast, name) == getattr(plain, name)).all(), (said, name)


# --- laws -----------------------------------------------------------------------------

CROWDED = "key,name,windows,reviewers\ndrc,发改,1,2\nepb,环保,1,1\nfire,消防,0,1\n"
THREE = """A,受理,drc,2,wd,government_approval,linked,,yes,fire,
B,意见,epb,3,wd,government_approval,promised,5 wd,,,yes
D,批复,drc,2,wd,government_approval,report_up,8 wd,,,
"""
WAYS = {
    "silence": LINKED.replace('"D"', '"A"').format(days=2) + "deemed_consent = true\n"
    "silence_days = 3\n",
    "linked": LINKED.replace('"D"', '"A"').format(days=1),
    "returns": "[returns]\nshare = 0.3\ndelay = 2\nagain = 0.7\n",
    "corrections": "[corrections]\nshare = 0.3\ndelay = 2\n",
    "withdrawals": "[withdrawals]\nchance = 0.1\npatience = 9\n",
    "refusals": "[refusals]\nshare = 0.1\n",
    "up": '[report_up]\ndays = 1\noffice = "fire"\nminutes = 120\n[couriers]\ndays = 1\n',
    "supervision": "[supervision]\nminutes = 60\nfinding = 0.5\napplicants = 4\nhold_days = 20\n",
    "blocks": "[supervision]\nminutes = 60\nfinding = 0.5\napplicants = 4\nblocks = ['B']\n",
    "clock": "[clock]\nextended = 0.5\n",
    "urgent": "[people]\norder = 'interrupting'\n",
    "absent": "[people]\nabsence = 0.2\n",
    "end": "[run]\nuntil_days = 60\n",
}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(sorted(WAYS)), max_size=7), st.integers(0, 99))
def test_cases_are_conserved_whatever_may_happen_to_them(tmp_path_factory, said, seed):
    """Whoever came is accounted for, edges hold, nobody serves two, and luck repeats itself."""
    chosen = sorted(said - {"linked"} if "silence" in said else said)
    chosen = [each for each in chosen if each != "blocks" or "supervision" not in said]
    chosen = [each for each in chosen if each != "absent" or "urgent" not in said]
    columns = ",handling,statutory_limit,supervised_after,supervised_by,deemed_consent"
    plan = compile_plan(
        scenario(
            tmp_path_factory.mktemp("law"), "".join(WAYS[each] for each in chosen), THREE.strip(),
            columns=columns, offices=CROWDED, cases=25,
        )
    )  # fmt: skip
    trace = only(plan, seed)
    outcomes = trace.outcomes()
    assert len(outcomes) == 25
    assert (Outcome.IN_PROCESS in outcomes) <= ("end" in said)
    assert (trace.ready <= trace.start).all()
    assert (trace.start <= trace.end).all()
    done = outcomes == Outcome.FINISHED
    for link in plan.links:
        ends = trace.step_end(plan.steps[link.before])[done]
        assert (ends <= trace.step_ready(plan.steps[link.after])[done]).all() or (
            plan.steps[link.after].after_issue and "end" in said
        )
    for number, pool in enumerate(plan.pools):
        changes: Counter[int] = Counter()
        for _, desk, _, _, start, end in trace.visits().tolist():
            if number in plan.desks[desk].pools and "urgent" not in said:
                changes[start] += 1
                changes[end] -= 1
        held = np.cumsum([changes[tick] for tick in sorted(changes)])
        assert not held.size or held.max() <= pool.capacity
    found = clocks(plan, trace)
    assert (found.counted <= found.elapsed).all()
    again = only(plan, seed)
    assert all((getattr(trace, n) == getattr(again, n)).all() for n in ("start", "end", "finish"))
