"""Attribution: what each lever is worth, whatever else is done, and adding up exactly."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import small_city

from lianban.cli import main
from lianban.terminal import width
from results import attribution
from results.attribution import NotARedesign, attribute
from results.lever_groups import PlacedLever, grouped, levers_of, on_members
from results.numbers import adding_up
from results.summary import Paper, summarise
from rules import Name
from rules.levers import DropPrerequisite, HandleInParallel, Refused, ShareInZone
from scenarios import compile_plan, load
from simulator import simulate


@pytest.fixture(scope="module")
def reform() -> attribution.Attribution:
    return attribute(load("jiaxing"), load("jiaxing/reform"))


def test_the_reform_saves_127_days_lever_by_lever(reform):
    """The groups' shares of steps and days add up to -21 steps and -127 working days exactly."""
    for measure, total in (
        ("steps", -21), ("paper_days", -127), ("serial_days", -95), ("visits", -52),
        ("documents", -84),
    ):  # fmt: skip
        assert sum((s.value for s in reform.shares[measure]), Fraction(0)) == total, measure
        assert reform.total(measure) == total
    assert (reform.start["paper_days"], reform.end["paper_days"]) == (236, 109)


def test_levers_are_named_as_planners_speak(reform):
    """Zone sharing, what is done jointly, and parallel handling are the players."""
    assert [group.key for group in reform.groups] == [
        "share_in_zone",
        "cancel",
        "joint_survey",
        "joint_review",
        "joint_certificates",
        "joint_acceptance",
        "parallel",
    ]
    levers = levers_of(load("jiaxing/reform"))
    assert sorted(at for group in reform.groups for at in group.levers) == list(range(len(levers)))


def test_parallel_handling_is_worth_what_all_orders_say(reform):
    """The Shapley value equals the plain average over all 5,040 orders of seven levers."""
    today, last = load("jiaxing"), load("jiaxing/reform")
    levers, groups = levers_of(last), grouped(levers_of(last))
    known: dict[frozenset[int], Fraction] = {}

    def days(done: frozenset[int]) -> Fraction:
        if done not in known:
            procedure = today.procedure
            for at in sorted(lever for group in done for lever in groups[group].levers):
                try:
                    procedure, _ = levers[at].lever.apply(procedure)
                except Refused:
                    continue
            known[done] = Paper.of(procedure).paper_days
        return known[done]

    total = Fraction(0)
    for order in itertools.permutations(range(len(groups))):
        before = frozenset(order[: order.index(6)])
        total += days(before | {6}) - days(before)
    assert groups[6].key == "parallel"
    assert reform.shares["paper_days"][6].value == total / math.factorial(7)


def test_no_lever_pays_for_steps_it_does_not_touch(reform):
    """Parallel handling removes no step, visit or document: its share of them is zero."""
    parallel = [group.key for group in reform.groups].index("parallel")
    for measure in ("steps", "serial_days", "visits", "documents"):
        assert reform.shares[measure][parallel].value == 0


def test_pairs_that_depend_on_each_other_are_named(reform):
    """Joint surveys pay only with shared zone preconditions, which stand between their members."""
    sentences = [each.sentence("en") for each in reform.interactions]
    assert any(
        text.startswith("joint surveys only pays with shared zone preconditions")
        for text in sentences
    ), sentences
    assert any(
        "联合踏勘与测绘只有与区域联用同用才见效" in e.sentence("zh") for e in reform.interactions
    )
    strengths = [abs(each.value) for each in reform.interactions]
    assert strengths == sorted(strengths, reverse=True)


def test_what_the_law_refuses_is_said(reform):
    """The joint site survey is refused in the 32 designs without shared zone preconditions."""
    ((lever, count),) = reform.refused
    assert count == 32
    assert "Joint acceptance and joint site survey (merged.toml:" in lever.en
    assert any("32" in note for note in reform.notes("en"))


def test_simulated_approval_is_credited_without_the_joint_steps_it_names():
    """Its pending R07 means S16, S17, S18 where they are not joined, so it pays on its own."""
    shared = attribute(load("jiaxing"), load("jiaxing/reform-simulated"))
    by_key = {
        g.key: s.value for g, s in zip(shared.groups, shared.shares["paper_days"], strict=True)
    }
    assert sum(by_key.values()) == 80 - 236
    assert by_key["simulated_approval"] < -20
    assert all("simulated" not in lever.en for lever, _ in shared.refused)


def test_a_lever_takes_the_members_of_a_joint_step_that_is_not_joined():
    """Lists take all members; what waits takes the first, what is waited for the last."""
    today = load("jiaxing").procedure
    members = {"R07": ("S16", "S17", "S18"), "R08": ("S19",)}
    drop = on_members(DropPrerequisite("R07", "R08"), today, members)
    assert (drop.before, drop.after) == ("S18", "S19")
    share = on_members(ShareInZone(("S03", "R07")), today, members)
    assert share.steps == ("S03", "S16", "S17", "S18")


def test_a_group_that_the_file_names_comes_first():
    """`group` of a lever's table overrules what its kind suggests."""
    lever, file = HandleInParallel(), Path("reform.toml")
    named = PlacedLever(lever, file, 1, Name("阳光审批", "sunshine"))
    plain = PlacedLever(lever, file, 5)
    groups = grouped((named, plain, named))
    assert [(g.key, g.levers) for g in groups] == [("sunshine", (0, 2)), ("parallel", (1,))]


def test_simulated_shares_add_up_and_carry_intervals(tmp_path):
    """Shares of simulated mean, P50 and P90 add up to the change, with an interval each."""
    city = small_city.build(tmp_path / "city")
    today, parallel = load(city), load(city / "parallel")
    shared = attribute(today, parallel, replications=8, seed=3)
    assert [group.key for group in shared.groups] == ["drop_prerequisite", "parallel"]
    runs = [summarise(d, simulate(compile_plan(d), 8, 3)).times for d in (today, parallel)]
    for measure in ("mean", "p50", "p90"):
        change = float(np.mean(getattr(runs[1], measure)) - np.mean(getattr(runs[0], measure)))
        shares = shared.shares[measure]
        assert sum(float(s.value) for s in shares) == pytest.approx(change, abs=1e-9)
        assert all(s.interval.low <= float(s.value) <= s.interval.high for s in shares)
    assert shared.designs == 4
    first, *levers, last = shared.times_table("en")[1:]
    parts = [Fraction(row[1].split()[0]) for row in (first, *levers)]
    assert sum(parts) == Fraction(last[1])
    # neither pays alone: the custom binds until it falls, and the order until handled in parallel
    (pair,) = [each for each in shared.interactions if each.measure == "paper_days"]
    assert (pair.one_apart, pair.one_together) == (0, -2)
    assert "only pays with" in pair.sentence("en")


def test_sampled_simulated_shares_add_up_too(monkeypatch, tmp_path):
    """Random orders of simulated designs add up; intervals hold the luck of orders and cases."""
    monkeypatch.setattr(attribution, "MOST_EXACT", 1)
    city = small_city.build(tmp_path / "city")
    shared = attribute(load(city), load(city / "parallel"), replications=6, orders=10)
    assert shared.orders == 10
    for measure in ("mean", "p90"):
        assert sum(s.value for s in shared.shares[measure]) == shared.total(measure)
        assert all(
            s.interval.low < float(s.value) < s.interval.high for s in shared.shares[measure]
        )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_prints_the_waterfall(capsys, language):
    """`compare A B --levers` shows the shares in 80 columns of GBK, and --json holds them."""
    words = ["compare", "jiaxing", "jiaxing/reform", "--paper", "--lang", language]
    assert main([*words, "--levers"]) == 0
    out = capsys.readouterr().out
    out.encode("gbk")
    assert max(map(width, out.splitlines())) <= 80
    assert "-73.5" in out
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sum(each["shares"]["paper_days"] for each in document["attribution"]["levers"]) == -127
    assert main(["compare", "jiaxing/reform", "jiaxing", "--paper", "--levers"]) == 2


def test_sampled_orders_come_close_and_still_add_up(monkeypatch, reform):
    """Beyond the exact limit, random orders add up exactly and hold the exact value."""
    monkeypatch.setattr(attribution, "MOST_EXACT", 3)
    sampled = attribute(load("jiaxing"), load("jiaxing/reform"), orders=120)
    assert (sampled.orders, sampled.to_json()["method"]) == (120, "sampled")
    inside = 0
    for measure in ("steps", "paper_days", "documents"):
        shares = sampled.shares[measure]
        assert sum((s.value for s in shares), Fraction(0)) == reform.total(measure)
        for share, exact in zip(shares, reform.shares[measure], strict=True):
            assert abs(float(share.value - exact.value)) < 4
            inside += share.interval.low - 1e-9 <= float(exact.value) <= share.interval.high + 1e-9
    assert inside >= 18  # of 21 intervals at 95 %
    again = attribute(load("jiaxing"), load("jiaxing/reform"), orders=120)
    assert again.to_json() == sampled.to_json()


def test_the_table_adds_up_as_shown(reform):
    """Every column of the waterfall adds up from today to the reform, rounded as printed."""
    for language in ("en", "zh"):
        head, first, *levers, last = reform.table(language)
        assert (first[0], last[0]) == ("jiaxing", "jiaxing/reform")
        for column in range(1, len(head)):
            values = [Fraction(row[column]) for row in (first, *levers)]
            assert sum(values, Fraction(0)) == Fraction(last[column])


def test_json_says_the_same_as_the_table(reform):
    """The document holds totals and shares that add up, and survives JSON."""
    document = json.loads(json.dumps(reform.to_json()))
    assert document["totals"]["paper_days"] == -127
    assert math.isclose(sum(e["shares"]["paper_days"] for e in document["levers"]), -127)
    assert document["method"] == "exact"
    assert document["designs"] == 128
    names = [row[0] for row in reform.table("en")][2:-1]
    assert names == [each["name"]["en"] for each in document["levers"]]


def test_from_one_redesign_to_a_further_one():
    """From the joint steps to the reform only parallel handling is left: all 32 days are its."""
    shared = attribute(load("jiaxing/merged"), load("jiaxing/reform"))
    assert [group.key for group in shared.groups] == ["parallel"]
    assert shared.shares["paper_days"][0].value == 109 - 141


@pytest.mark.parametrize(
    ("first", "last"), [("jiaxing/reform", "jiaxing"), ("jiaxing/parallel", "jiaxing/reform")]
)
def test_only_further_levers_can_be_credited(first, last):
    """A design that does not begin with the first one's levers has no attribution."""
    with pytest.raises(NotARedesign):
        attribute(load(first), load(last))


def test_rounding_gives_what_is_left_to_those_that_lost_most():
    """Thirds of 100 are shown as 33.4, 33.3 and 33.3; negative totals work alike."""
    parts = adding_up([Fraction(100, 3)] * 3, 1)
    assert [float(each) for each in parts] == [33.4, 33.3, 33.3]
    assert sum(adding_up([Fraction(-1, 3)] * 3, 0)) == -1


def test_a_scenario_changed_on_disk_is_refused(tmp_path):
    """Levers are read from the file again; another number of them than applied is an error."""
    from rules import InputError

    reform = load("jiaxing/reform")
    with pytest.raises(InputError, match="has changed since"):
        levers_of(replace(reform, changes=reform.changes[:-1]))
