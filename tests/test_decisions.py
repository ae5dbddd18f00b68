"""Joint steps: each member's own decision and luck, one sitting, one presence of the applicant."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from test_model_offices import SETTINGS

from scenarios import Scenario, compile_plan, read_scenario
from scenarios.distributions import Fixed
from scenarios.life import Life
from simulator import Outcome, simulate

ITEMS = """key,name,department,days,unit,kind,visits
A,规划意见,plan,5,wd,government_approval,1
B,环评意见,epb,7,wd,government_approval,1
C,消防意见,fire,4,wd,government_approval,1
"""
OFFICES = "key,name,windows,reviewers\nplan,规划,0,30\nepb,环保,0,30\nfire,消防,0,30\n"


def offices(folder: Path, redesign: str = "") -> Scenario:
    """Return three opinions, one after another or reviewed jointly."""
    (folder / "items.csv").write_text(ITEMS, "utf-8")
    (folder / "offices.csv").write_text(OFFICES, "utf-8")
    (folder / "prerequisites.csv").write_text("before,after,strength,basis\n", "utf-8")
    (folder / "scenario.toml").write_text(SETTINGS, "utf-8")
    (folder / "redesigns").mkdir(exist_ok=True)
    (folder / "redesigns" / "joint.toml").write_text(
        'name = "joint"\n[[lever]]\nkind = "joint_review"\nsteps = ["A", "B", "C"]\n'
        'into = "joint"\n',
        "utf-8",
    )
    read = read_scenario(folder, redesign)
    return replace(read, cases=replace(read.cases, number=400, per_year=400))


def refusing(scenario: Scenario) -> Scenario:
    """Return the scenario with a tenth of all items refused."""
    return replace(scenario, life=Life(refusal=0.1, gap=Fixed(1.0)))


def test_each_member_of_a_joint_step_records_its_decision(tmp_path):
    """Three offices review together: three decisions on each case, on one day, by each office."""
    plan = compile_plan(offices(tmp_path, "joint"))
    run = simulate(plan, 1)
    found = list(run.decisions())
    assert Counter((each.item, each.office) for each in found) == {
        ("A", "plan"): 400,
        ("B", "epb"): 400,
        ("C", "fire"): 400,
    }
    (trace,) = run.replications
    (step,) = (step for step in plan.steps if step.items)
    assert all(each.at == trace.step_end(step)[each.case] for each in found)
    assert all(each.granted for each in found)


def test_an_item_refused_alone_is_refused_in_a_joint_step(tmp_path):
    """Joining three items changes nobody's luck: the same cases are refused, for the same item."""
    apart, together = (
        simulate(compile_plan(refusing(offices(tmp_path, key))), 1) for key in ("", "joint")
    )
    refused = []
    for run in (apart, together):
        (trace,) = run.replications
        said = {each.case: each.item for each in run.decisions() if not each.granted}
        gone = {case for case, out in enumerate(trace.outcome) if out == Outcome.REFUSED}
        assert set(said) == gone
        refused.append(said)
    assert refused[0] == refused[1]
    # three items with a tenth each: 27 % of cases
    assert 0.22 < len(refused[0]) / 400 < 0.33


def test_the_applicant_comes_once_to_a_joint_step(tmp_path):
    """Three steps ask for the applicant three times, the joint step once."""
    asked = {}
    for key in ("", "joint"):
        scenario = offices(tmp_path, key)
        scenario = replace(scenario, life=Life(gap=Fixed(1.0), shared_data=False))
        plan = compile_plan(scenario)
        asked[key] = sum(desk.name == "applicant" for desk in plan.desks)
    assert asked == {"": 3, "joint": 1}
    visits = [offices(tmp_path, key).procedure.visits for key in ("", "joint")]
    assert visits == [3, 1]


@pytest.mark.parametrize("redesign", ["", "joint"])
def test_without_refusals_nothing_but_the_record_is_added(tmp_path, redesign):
    """Recording decisions adds no desk and no luck where nothing is refused."""
    plan = compile_plan(offices(tmp_path, redesign))
    assert all(not desk.routes for desk in plan.desks)
