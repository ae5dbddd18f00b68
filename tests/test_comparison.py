"""Comparisons: pairing, intervals, and the same number in every form."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import results
from results.comparison import difference_of
from rules import Name
from scenarios import compile_plan, load
from simulator import mean_interval, simulate


@pytest.fixture(scope="module")
def today_and_reform() -> results.Comparison:
    """Compare today with the reform: 20 replications of 120 cases."""
    return results.compare([load("jiaxing"), load("jiaxing/reform")], replications=20, seed=7)


def test_pairing_narrows_the_difference(today_and_reform, capsys):
    """The same luck in both designs beats independent seeds by more than 1.5 times."""
    first, second = today_and_reform.summaries
    other_luck = simulate(compile_plan(second.scenario), 20, seed=1007)
    apart = difference_of(first, results.summarise(second.scenario, other_luck))
    paired = today_and_reform.differences[0]
    assert paired is not None
    assert apart is not None
    factor = (apart.mean.high - apart.mean.low) / (paired.mean.high - paired.mean.low)
    with capsys.disabled():
        print(f"\n  pairing narrows the interval of the difference {factor:.2f} times")
    assert factor > 1.5


def test_answers_carry_intervals(today_and_reform):
    """Mean, P50 and P90 are ordered and each lies in its 95 % interval over replications."""
    for summary in today_and_reform.summaries:
        times = summary.times
        intervals = [mean_interval(v.tolist()) for v in (times.p50, times.mean, times.p90)]
        assert all(i.low < i.estimate < i.high and i.n == 20 for i in intervals)
        assert intervals[0].estimate < intervals[2].estimate


def test_queues_and_luck_cost_days_over_paper(today_and_reform):
    """With one year's cases and modest staff the reform takes longer than its 109 paper days."""
    reform = today_and_reform.summaries[1]
    assert float(reform.times.mean.mean()) > reform.paper.paper_days == 109


def test_the_same_inputs_and_seed_give_the_same_bytes(today_and_reform):
    """Running the comparison again gives byte-equal JSON."""
    again = results.compare([load("jiaxing"), load("jiaxing/reform")], replications=20, seed=7)
    assert json.dumps(again.to_json()) == json.dumps(today_and_reform.to_json())


def test_json_holds_the_public_contract(today_and_reform):
    """Each scenario of ``compare --json`` has the keys that scripts rely on."""
    document = today_and_reform.to_json()
    assert document["schema_version"] == 1
    for scenario in document["scenarios"]:
        assert {"steps", "paper_days", "serial_days", "visits", "documents"} <= set(scenario)
        assert {"mean", "p50", "p90", "ci"} <= set(scenario["elapsed"])
        assert 0 <= scenario["on_time"]["share"]["estimate"] <= 1
    (difference,) = document["differences"]
    assert (difference["steps"], difference["paper_days"]) == (-21, -127)
    assert difference["elapsed"]["mean"]["high"] < 0


def test_table_and_json_say_the_same(today_and_reform):
    """The numbers of the table are those of the JSON document, in both languages."""
    document = today_and_reform.to_json()
    for language in ("en", "zh"):
        _, *rows = today_and_reform.table(language)
        for row, scenario in zip(rows, document["scenarios"], strict=True):
            assert row[0] == scenario["key"]
            assert row[1:6] == [
                str(scenario[key])
                for key in ("steps", "paper_days", "serial_days", "visits", "documents")
            ]
            assert row[6].startswith(f"{scenario['elapsed']['mean']:.1f} ")
        assert "95 %" in today_and_reform.markdown(language)


def test_no_interval_below_five_replications():
    """Two replications give an estimate and say that they are too few."""
    scenario = load("jiaxing/reform")
    summary = results.summarise(scenario, simulate(compile_plan(scenario), 2))
    document = summary.to_json()
    assert document["elapsed"]["ci"]["mean"] == [None, None]
    assert any("n < 5" in cell for row in summary.table("en") for cell in row)


def test_every_case_is_counted():
    """Cases are never dropped: means are over all cases of the replication."""
    scenario = load("jiaxing/reform")
    run = simulate(compile_plan(scenario), 1)
    trace = run.replications[0]
    assert (trace.finish > trace.arrival).all()
    counting = run.plan.calendars[0]
    days = [
        counting.worked(int(a), int(f)) / counting.day_ticks
        for a, f in zip(trace.arrival, trace.finish, strict=True)
    ]
    assert len(days) == 120
    summary = results.summarise(scenario, run)
    assert math.isclose(summary.times.mean[0], np.mean(days), rel_tol=1e-12)
    assert summary.times.p90[0] == sorted(days)[107]


def test_the_work_done_does_not_depend_on_how_many_do_it():
    """Doubling every office halves each pool's use: people times use stay about the same."""
    scenario = load("jiaxing/reform")
    doubled = replace(
        scenario, offices=tuple(replace(o, reviewers=2 * o.reviewers) for o in scenario.offices)
    )
    uses = [
        {u.key: u.utilisation.estimate * u.capacity for u in s.pools}
        for s in (
            results.summarise(each, simulate(compile_plan(each), 1)) for each in (scenario, doubled)
        )
    ]
    assert all(math.isclose(uses[0][k], uses[1][k], rel_tol=0.2) for k in uses[0])


def test_a_name_with_a_pipe_does_not_break_markdown():
    """A bar in a key is escaped in Markdown."""
    scenario = load("jiaxing")
    odd = replace(scenario, key="a|b", name=Name("x", "x"))
    assert r"| a\|b |" in results.compare([odd, scenario], replications=0).markdown("en")
