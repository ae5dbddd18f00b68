"""The satisfaction model: a survey's shape, with its caveats in every answer."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from scipy.stats import binomtest

from lianban.cli import main
from results.satisfaction import CAVEATS, SURVEY, Weights, satisfaction
from scenarios import Scenario, compile_plan, load
from simulator import Run, simulate


@pytest.fixture(scope="module")
def designs() -> dict[str, tuple[Scenario, Run]]:
    found = {key: load(key) for key in ("jiaxing", "jiaxing/reform")}
    return {
        key: (each, simulate(compile_plan(each), 5, 1, engine="auto"))
        for key, each in found.items()
    }


def test_the_old_flow_lies_inside_the_survey_and_the_new_one_below(designs):
    """35 steps and 66 visits leave 39 to 57 % dissatisfied, 14 steps and 14 visits fewer."""
    old, new = (satisfaction(*designs[key]) for key in ("jiaxing", "jiaxing/reform"))
    assert old.as_surveyed
    assert new.dissatisfied.estimate < SURVEY[0]
    assert (old.visits, new.visits) == (66, 14)


def test_the_surveys_interval_is_wilsons():
    """48 % of 120 is no whole number; the interval of 57.6 people is 39.3 to 56.9 %."""
    ends = [binomtest(n, 120).proportion_ci(method="wilson") for n in (57, 58)]
    assert ends[0].low - 0.001 <= SURVEY[0] <= ends[1].low + 0.001
    assert ends[0].high - 0.001 <= SURVEY[2] <= ends[1].high + 0.001


def test_each_cause_makes_it_worse(designs):
    """More visits, a tighter promise and a heavier weight on lateness dissatisfy more."""
    scenario, run = designs["jiaxing/reform"]
    known = satisfaction(scenario, run).dissatisfied.estimate
    tight = satisfaction(scenario, run, Fraction(60)).dissatisfied.estimate
    heavy = satisfaction(scenario, run, weights=Weights(overdue=2)).dissatisfied.estimate
    visits = satisfaction(scenario, run, weights=Weights(visit=0.1)).dissatisfied.estimate
    assert known < min(tight, heavy, visits)


def test_nothing_promised_nothing_ranked(designs):
    """A design without days has no promise to compare with."""
    scenario, run = designs["jiaxing"]
    with pytest.raises(ValueError, match="nothing is promised"):
        satisfaction(scenario, run, Fraction(0))


def test_every_answer_holds_its_caveats(capsys: pytest.CaptureFixture[str]):
    """Text and JSON tell that the weights are assumptions and the survey is anonymous."""
    asked = ["satisfaction", "jiaxing", "jiaxing/reform", "--replications", "5"]
    assert main(asked) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert all(each.en in text for each in CAVEATS)
    assert main([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["caveats"]) == 3
    assert [each["inside_the_survey"] for each in said["designs"]] == [True, False]
