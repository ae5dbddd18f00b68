"""Portfolios of projects: every rule of the file is kept, bounds hold, and errors say where."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from schedule_validator import portfolio_violations

from lianban.cli import main
from optimizer import Goal, PortfolioSchedule, read_portfolio, schedule_portfolio
from optimizer.checking import broken_rules
from optimizer.heads_and_tails import NoScheduleError
from optimizer.objectives import values
from optimizer.placing import BeyondAxisError, Placer
from optimizer.portfolio import Portfolio
from optimizer.portfolio_bounds import bounds, least, shortest_first
from optimizer.portfolio_model import ModelBuilder
from optimizer.running_solver import Effort, run
from rules import InputError

sys.path.insert(0, str(ROOT / "benchmarks"))
from make_portfolio import large, small  # the benchmarks are no package

SHARED = ROOT.parent / "shared" / "data" / "portfolio"
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
Document = dict[str, Any]


def portfolio(**changes: Any) -> Document:
    """Return a file of one procedure: file (1 day), notice of 10 days, then decide (2 days)."""
    made: Document = {
        "schema": "portfolio/2",
        "first_day": "2026-01-05",
        "last_day": "2026-12-31",
        "working_days": {"weekdays": WEEK},
        "offices": {"reviewer": {"people": 1}},
        "procedures": {
            "short": {
                "steps": [
                    {"key": "file", "days": 1, "needs": {"reviewer": 1}},
                    {"key": "decide", "days": 2, "needs": {"reviewer": 1}},
                ],
                "waits": [{"before": "file", "after": "decide", "least": 10}],
            }
        },
        "projects": [{"key": "P1", "procedure": "short", "release": "2026-01-05"}],
    }
    made.update(changes)
    return made


def read(folder: Path, document: Document) -> Portfolio:
    path = folder / "portfolio.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return read_portfolio(path).portfolio


def solved(
    folder: Path, document: Document, *goals: Goal, seconds: float = 2
) -> tuple[PortfolioSchedule, Document]:
    """Return the schedule of a file and its document, after the validator has seen it."""
    path = folder / "portfolio.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    file = read_portfolio(path)
    found = schedule_portfolio(file.portfolio, goals or file.goals, seconds)
    answer = json.loads(json.dumps(found.to_json()))
    if found.times is not None:
        assert portfolio_violations(document, answer) == []
    return found, answer


def steps(document: Document) -> list[Document]:
    rows: list[Document] = document["procedures"]["short"]["steps"]
    return rows


# calendars and lags


def test_a_notice_runs_through_the_weekend(tmp_path: Path):
    """Filed Monday 5 January; ten natural days are over on the 15th; decided 16th and 19th."""
    _, answer = solved(tmp_path, portfolio())
    assert answer["status"] == "optimal"
    assert answer["dates"][0]["decide"] == ["2026-01-16", "2026-01-19"]
    assert answer["measures"]["flow_time"] == 15


def test_swapped_days_are_worked(tmp_path: Path):
    """With Saturday 17 January worked and Monday 19 closed the decision falls on the Saturday."""
    days = {"weekdays": WEEK, "open": ["2026-01-17"], "closed": ["2026-01-19"]}
    _, answer = solved(tmp_path, portfolio(working_days=days))
    assert answer["dates"][0]["decide"] == ["2026-01-16", "2026-01-17"]


def test_chinas_own_days_can_be_asked_for(tmp_path: Path):
    """New Year's Day of 2026 is a holiday, and Sunday 4 January is worked instead of Friday 2."""
    document = portfolio(first_day="2026-01-01", working_days="china")
    document["projects"][0]["release"] = "2026-01-01"
    file = read(tmp_path, document)
    assert file.axis.dates[:3] == (3, 4, 5)


def test_a_meeting_has_its_day_and_its_seats(tmp_path: Path):
    """Three projects, two seats on Wednesdays: two meet on 7 January, one on the 14th."""
    document = portfolio(meetings={"board": {"weekday": "Wednesday", "slots": 2}})
    document["procedures"]["short"] = {"steps": [{"key": "meet", "days": 1, "needs": {"board": 1}}]}
    document["projects"] = [
        {"key": f"P{n}", "procedure": "short", "release": "2026-01-05"} for n in range(3)
    ]
    found, answer = solved(tmp_path, document)
    days = sorted(row["meet"][0] for row in answer["dates"])
    assert days == ["2026-01-07", "2026-01-07", "2026-01-14"]
    assert found.status == "optimal"


def test_a_joint_survey_needs_all_its_crews_at_once(tmp_path: Path):
    """A crew that works Mondays and Tuesdays and one that works Tuesdays survey on Tuesdays."""
    document = portfolio(
        calendars={"early": {"weekdays": ["Monday", "Tuesday"]}, "one": {"weekdays": ["Tuesday"]}},
        offices={
            "land": {"people": 1, "calendar": "early"},
            "fire": {"people": 1, "calendar": "one"},
        },
    )
    both = {"key": "survey", "days": 2, "needs": {"land": 1, "fire": 1}}
    document["procedures"]["short"] = {"steps": [both]}
    _, answer = solved(tmp_path, document)
    assert answer["dates"][0]["survey"] == ["2026-01-06", "2026-01-13"]


def test_people_who_are_away_hold_work_up(tmp_path: Path):
    """The only reviewer is away until 9 January, so filing waits for Monday the 12th."""
    away = [{"from": "2026-01-05", "to": "2026-01-09", "people": 1}]
    _, answer = solved(tmp_path, portfolio(offices={"reviewer": {"people": 1, "away": away}}))
    assert answer["dates"][0]["file"] == ["2026-01-12", "2026-01-12"]


def test_a_longest_lag_puts_the_first_step_off(tmp_path: Path):
    """Decided on a Wednesday at most two natural days after filing: filing waits for Monday."""
    document = portfolio(calendars={"wed": {"weekdays": ["Wednesday"]}})
    document["offices"]["board"] = {"people": 1, "calendar": "wed"}
    document["procedures"]["short"] = {
        "steps": [
            {"key": "file", "days": 1, "needs": {"reviewer": 1}},
            {"key": "decide", "days": 1, "needs": {"board": 1}},
        ],
        "waits": [{"before": "file", "after": "decide", "least": 1, "most": 1}],
    }
    document["projects"][0]["release"] = "2026-01-08"
    _, answer = solved(tmp_path, document)
    assert answer["dates"][0] == {
        "file": ["2026-01-12", "2026-01-12"],
        "decide": ["2026-01-14", "2026-01-14"],
    }


# choices


def test_the_quick_way_is_taken_while_the_budget_lasts(tmp_path: Path):
    """Two projects, money for one quick review: one takes 2 days, the other 6."""
    document = portfolio(stocks={"money": 4}, offices={"reviewer": {"people": 4}})
    ways = [
        {"days": 6, "needs": {"reviewer": 1}, "uses": {"money": 1}},
        {"days": 2, "needs": {"reviewer": 2}, "uses": {"money": 3}},
    ]
    document["procedures"]["short"] = {"steps": [{"key": "review", "ways": ways}]}
    document["projects"] = [
        {"key": f"P{n}", "procedure": "short", "release": "2026-01-05"} for n in range(2)
    ]
    found, answer = solved(tmp_path, document)
    assert found.status == "optimal"
    assert sorted(row["review"] for row in answer["modes"]) == [1, 2]
    assert found.values == (2 + 8,)  # six working days from a Monday are eight natural ones


def test_projects_are_shared_out_over_centres(tmp_path: Path):
    """Four one-week files and two centres of one window: two each, over in two weeks."""
    document = portfolio(
        centres=["north", "south"],
        offices={"window": {"centres": {"north": {"people": 1}, "south": {"people": 1}}}},
    )
    document["procedures"]["short"] = {"steps": [{"key": "s", "days": 5, "needs": {"window": 1}}]}
    document["projects"] = [
        {"key": f"P{n}", "procedure": "short", "release": "2026-01-05"} for n in range(4)
    ]
    found, answer = solved(tmp_path, document, Goal.MAKESPAN)
    assert (found.status, found.makespan) == ("optimal", 10)
    assert sorted(answer["centres"]) == ["north", "north", "south", "south"]


def preapproved(probability: float) -> Document:
    """Return ten days of assessment, and a review of five that may be simulated beforehand."""
    document = portfolio(offices={"reviewer": {"people": 2}})
    document["procedures"]["short"] = {
        "steps": [
            {"key": "assess", "days": 10, "needs": {"reviewer": 1}},
            {"key": "review", "days": 5, "needs": {"reviewer": 1}},
        ],
        "waits": [{"before": "assess", "after": "review"}],
        "preapprovals": [
            {
                "before": "assess",
                "after": "review",
                "start_after": 0.2,
                "convert": 1,
                "rework": {"probability": probability},
            }
        ],
    }
    return document


def test_pre_approval_starts_early_and_converts(tmp_path: Path):
    """Review on the draft from day 2 on; the decision is formal a day after the assessment."""
    found, answer = solved(tmp_path, preapproved(0.0), Goal.MAKESPAN)
    assert (found.status, found.makespan) == ("optimal", 11)
    assert answer["modes"][0]["review:convert"] == 2
    assert answer["starts"][0]["review"] >= 2


def test_pre_approval_is_left_alone_where_rework_eats_it(tmp_path: Path):
    """If nearly all is done again the conversion takes 6 days: 15 days without are better."""
    found, answer = solved(tmp_path, preapproved(1.0), Goal.MAKESPAN)
    assert (found.status, found.makespan) == ("optimal", 15)
    assert answer["modes"][0]["review:convert"] == 1


# goals


def test_the_heavier_project_goes_first(tmp_path: Path):
    """Two files due on their first two days: the one of weight 3 is not the late one."""
    document = portfolio()
    document["procedures"]["short"] = {"steps": [{"key": "s", "days": 2, "needs": {"reviewer": 1}}]}
    document["projects"] = [
        {"key": "light", "procedure": "short", "release": "2026-01-05", "due": "2026-01-06"},
        {
            "key": "heavy",
            "procedure": "short",
            "release": "2026-01-05",
            "due": "2026-01-06",
            "weight": 3,
        },
    ]
    found, answer = solved(tmp_path, document)
    assert answer["objective"] == ["weighted_tardiness", "flow_time"]
    assert found.values == (2, 6)
    assert found.status == "optimal"
    assert answer["dates"][1]["s"] == ["2026-01-05", "2026-01-06"]


def test_a_later_goal_never_costs_an_earlier_one(tmp_path: Path):
    """Asked for flow time and then makespan, flow time is as low as when asked for alone."""
    for seed in (3, 8, 21):
        alone, _ = solved(tmp_path, small(seed), Goal.FLOW_TIME)
        both, _ = solved(tmp_path, small(seed), Goal.FLOW_TIME, Goal.MAKESPAN)
        if alone.status == both.status == "optimal":
            assert alone.values[0] == both.values[0]


def test_the_shortest_work_goes_first_in_the_queue_bound():
    """Files of 10, 3 and 1 days coming on days 0, 2 and 4 are over on days 5, 6 and 14."""
    assert shortest_first([(0, 10), (2, 3), (4, 1)]) == [5, 6, 14]
    assert shortest_first([]) == []


@pytest.mark.parametrize("seed", range(40))
def test_no_bound_is_above_the_best_of_all_orders(tmp_path: Path, seed: int):
    """Own bounds never exceed what some order of the projects reaches, for every goal."""
    made = small(seed)
    file = read(tmp_path, made)
    if file.has_most or (file.stocks and len(file.projects) > 3):
        return
    try:
        found = bounds(file)
    except NoScheduleError:
        return
    placer = Placer(file)
    modes = [0] * len(file.activities)
    best = dict.fromkeys(Goal, 10**9)
    assert file.order is not None
    for order in permutations(range(len(file.projects))):
        rank = {project: place for place, project in enumerate(order)}
        placed = sorted(file.order, key=lambda a, rank=rank: rank[file.activities[a].project])
        try:
            times = placer.timetable(placed, modes)
        except BeyondAxisError:
            continue
        for goal, value in zip(Goal, values(file, tuple(Goal), times), strict=True):
            best[goal] = min(best[goal], value)
    for goal in Goal:
        assert least(file, found, goal) <= best[goal]


# the solver alone


@pytest.mark.parametrize("seed", range(12))
def test_search_and_solver_agree_on_the_best(tmp_path: Path, seed: int):
    """The model alone, without hint or bound, proves the value that everything together proves."""
    file = read(tmp_path, small(seed))
    together = schedule_portfolio(file, (Goal.FLOW_TIME,), 1, seed=seed)
    if together.status != "optimal" or together.makespan is None:
        return
    from ortools.sat.python import cp_model

    latest = [3 * together.makespan + 10] * len(file.activities)
    heads = [file.projects[a.project].release for a in file.activities]
    model = ModelBuilder(file, heads, latest).build((Goal.FLOW_TIME,), None)
    model.model.minimize(model.goals[Goal.FLOW_TIME])
    solver = cp_model.CpSolver()
    ended = run(model.model, solver, Effort(1))
    if ended.ending == "optimal":
        assert round(solver.objective_value) == together.values[0]
    assert ended.ending != "infeasible"


# every rule


def check(folder: Path, seed: int, seconds: float) -> str:
    found, _ = solved(folder, small(seed), seconds=seconds)
    return found.status


@pytest.mark.parametrize("block", range(10))
def test_no_rule_is_broken_in_a_hundred_files(tmp_path: Path, block: int):
    """Ways, lags, meetings, crews, absences, centres and pre-approval, checked in dates."""
    seen = [check(tmp_path, seed, 0.05) for seed in range(1000 + 10 * block, 1010 + 10 * block)]
    assert set(seen) <= {"optimal", "feasible", "infeasible", "unknown"}
    assert seen.count("unknown") + seen.count("infeasible") <= 4


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_no_rule_is_broken_in_a_thousand_files(tmp_path: Path, block: int):
    """The same for a thousand files."""
    for seed in range(10_000 + 100 * block, 10_100 + 100 * block):
        check(tmp_path, seed, 0.3)


def test_both_checkers_see_each_kind_of_error(tmp_path: Path):
    """A step moved by a day breaks a rule that both checkers name."""
    document = portfolio()
    document["projects"].append({"key": "P2", "procedure": "short", "release": "2026-01-05"})
    found, answer = solved(tmp_path, document)
    assert found.times is not None
    starts, ends = list(found.times.starts), list(found.times.ends)
    starts[1] -= 1
    ends[1] -= 1
    assert broken_rules(
        found.portfolio, replace(found.times, starts=tuple(starts), ends=tuple(ends))
    )
    moved = json.loads(json.dumps(answer))
    moved["dates"][0]["decide"] = ["2026-01-14", "2026-01-15"]
    assert any("natural days after" in line for line in portfolio_violations(document, moved))
    moved["dates"][0] = moved["dates"][1]
    assert any("at work on" in line for line in portfolio_violations(document, moved))
    moved["dates"][0]["decide"] = ["2026-01-17", "2026-01-18"]
    assert any("0 days of work" in line for line in portfolio_violations(document, moved))
    assert any(
        "bound" in x
        for x in portfolio_violations(document, {**answer, "bounds": {"flow_time": 10**6}})
    )


# large ones


def test_a_large_portfolio_is_improved_window_by_window(tmp_path: Path):
    """Ten projects of the generator: better than first come first served, within every rule."""
    document = large(10, 5)
    first, _ = solved(tmp_path, document, seconds=0)
    better, _ = solved(tmp_path, document, seconds=2)
    assert better.values < first.values
    assert better.bounds[0] <= better.values[0]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference portfolios are not here")
@pytest.mark.parametrize(("projects", "first_come", "most"), [(20, 9952, 7950), (40, 33411, 22950)])
def test_the_reference_portfolios_are_scheduled_well(projects: int, first_come: int, most: int):
    """At once far better than first come first served, in two seconds near the reference."""
    file = read_portfolio(SHARED / f"portfolio_{projects}.json")
    assert file.goals == (Goal.FLOW_TIME,)
    at_once = schedule_portfolio(file.portfolio, file.goals, 0)
    assert at_once.values[0] < 0.85 * first_come
    later = schedule_portfolio(file.portfolio, file.goals, 2)
    assert later.values[0] < 1.03 * most
    assert later.gap is not None
    assert later.gap < 0.28
    assert broken_rules(file.portfolio, later.times) == [] if later.times else False


@pytest.mark.long
@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference portfolios are not here")
@pytest.mark.parametrize(("projects", "most"), [(20, 7850), (40, 22850)])
def test_the_reference_values_are_reached_in_forty_seconds(projects: int, most: int):
    """Within 40 seconds no worse than the best values known when the files were made."""
    file = read_portfolio(SHARED / f"portfolio_{projects}.json")
    found = schedule_portfolio(file.portfolio, file.goals, 40)
    assert found.values[0] <= most
    assert found.gap is not None
    assert found.gap <= 0.28


# answers


def test_counted_work_gives_the_same_answer_twice(tmp_path: Path):
    """Deterministic runs agree to the last byte, seconds included."""
    file = read(tmp_path, large(4, 2, steps=12))
    found = [schedule_portfolio(file, (Goal.FLOW_TIME,), 0.5, deterministic=True) for _ in range(2)]
    assert json.dumps(found[0].to_json()) == json.dumps(found[1].to_json())


def test_the_dispatch_list_is_in_order_of_start(tmp_path: Path):
    """Each office's list names its steps in the order in which they start."""
    document = portfolio()
    document["projects"].append({"key": "P2", "procedure": "short", "release": "2026-01-05"})
    found, _ = solved(tmp_path, document)
    order = found.order()["reviewer"]
    assert sorted(order) == [("P1", "decide"), ("P1", "file"), ("P2", "decide"), ("P2", "file")]
    assert [step for _, step in order] == ["file", "file", "decide", "decide"]


def test_the_command_schedules_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """One document on stdout, progress beside it, a table in text."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(portfolio()), encoding="utf-8")
    assert main(["schedule", str(path), "--json", "--objective", "makespan", "--seconds", "1"]) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert {"makespan", "bound", "status", "starts", "modes", "seconds", "gap"} <= set(document)
    assert document["makespan"] == 11
    assert "searched for" in said.err
    assert main(["schedule", str(path), "--seconds", "0"]) == 0
    assert "2026-01-19" in capsys.readouterr().out


def test_progress_tells_value_and_bound(tmp_path: Path):
    """Values only fall, and no bound is above a value."""
    told: list[tuple[int, int]] = []
    file = read(tmp_path, large(5, 1))
    schedule_portfolio(
        file, (Goal.FLOW_TIME,), 2, tell=lambda p: told.append((p.value or 10**9, p.bound))
    )
    assert len(told) > 1
    assert all(bound <= value for value, bound in told)
    assert told == sorted(told, key=lambda news: -news[0])


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_returns_the_best_so_far(tmp_path: Path):
    """Interrupted, the command still prints a schedule and ends with 130."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(large(20, 1)), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "lianban.cli",
        "schedule",
        str(path),
        "--json",
        "--seconds",
        "60",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=-1, stderr=-1, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first progress line: a schedule is there
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    document = json.loads(out)
    assert (document["status"], document["interrupted"]) == ("feasible", True)
    assert portfolio_violations(large(20, 1), document) == []


# errors


def refused(folder: Path, document: Document | str) -> list[str]:
    path = folder / "bad.json"
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(path)
    return [str(problem).replace(str(path), "bad.json") for problem in caught.value.problems]


def test_every_mistake_is_named_with_its_line(tmp_path: Path):
    """Three mistakes give three lines, each with the line of the file and what was expected."""
    document = portfolio()
    steps(document)[0]["days"] = -1
    steps(document)[1]["needs"] = {"reviewr": 1}
    document["procedures"]["short"]["waits"][0]["befor"] = "file"
    lines = refused(tmp_path, document)
    text = json.dumps(document, indent=1).splitlines()
    assert any("-1 is not a whole number" in line for line in lines)
    assert any("did you mean 'reviewer'?" in line for line in lines)
    assert any("did you mean 'before'?" in line for line in lines)
    for line in lines:
        number = int(line.split(":")[1])
        assert any(word in text[number - 1] for word in ("-1", "reviewr", "befor"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a value is missing"),
        ('{"schema": NaN}', "not a JSON value"),
        ('{"a": 1, "a": 2}', "a second time"),
        ("[" * 100_000, "more than 40 brackets"),
        ('{"schema": "portfolio/9"}', "neither 'portfolio/1' nor 'portfolio/2'"),
        ("[]", "a table in braces"),
        ('{"schema": "portfolio/1"}', "'steps' is missing"),
    ],
)
def test_what_is_no_portfolio_is_refused(tmp_path: Path, text: str, says: str):
    """Broken JSON, repeated keys, deep brackets and other schemas end in one clear line each."""
    assert any(says in line for line in refused(tmp_path, text))


def test_a_circle_of_waits_is_refused(tmp_path: Path):
    """Two steps that wait for each other are named."""
    document = portfolio()
    document["procedures"]["short"]["waits"].append({"before": "decide", "after": "file"})
    assert any("a circle" in line for line in refused(tmp_path, document))


def test_too_few_people_are_infeasible(tmp_path: Path):
    """A step that needs two of one reviewer can never be done; the answer says which."""
    document = portfolio()
    steps(document)[0]["needs"] = {"reviewer": 2}
    found, _ = solved(tmp_path, document)
    assert found.status == "infeasible"
    assert "'file'" in found.reason


def test_a_calendar_that_ends_too_soon_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Eleven working days do not fit into a week: the message asks for later days."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps(portfolio(last_day="2026-01-12")), encoding="utf-8")
    assert main(["schedule", str(path)]) == 2
    assert "later days" in capsys.readouterr().err


def test_the_example_of_the_manual_is_scheduled(tmp_path: Path):
    """The portfolio shown in docs/scheduling.md is read and scheduled within every rule."""
    manual = (ROOT / "docs" / "scheduling.md").read_text("utf-8")
    document = json.loads(manual.partition("```json\n")[2].partition("```")[0])
    document["working_days"] = {"weekdays": WEEK}  # the validator does not know the holidays
    found, answer = solved(tmp_path, document)
    assert found.status == "optimal"
    assert answer["centres"] == ["north"]
