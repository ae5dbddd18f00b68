"""A reform that makes it slower is explained: the step, the people, and why (Graham 1969)."""

from dataclasses import replace
from pathlib import Path

import pytest

import results
from results.sentences import reasons
from scenarios import Scenario, compile_plan, read_scenario
from simulator import simulate

LENGTHS = (3, 2, 2, 2, 4, 4, 4, 4, 9)
NEEDS = {5: 4, 6: 4, 7: 4, 8: 4, 9: 1}


@pytest.fixture
def graham(tmp_path: Path) -> Scenario:
    """Nine items of one office that takes them up in the order of a list."""
    rows = [
        f"T{n},第{n}项,office,{days},wd,government_approval" for n, days in enumerate(LENGTHS, 1)
    ]
    head = "key,name,department,days,unit,kind\n"
    (tmp_path / "items.csv").write_text(head + "\n".join(rows) + "\n", "utf-8")
    edges = [f"T{before},T{after},data,r" for after, before in NEEDS.items()]
    (tmp_path / "prerequisites.csv").write_text(
        "before,after,strength,basis\n" + "\n".join(edges) + "\n", "utf-8"
    )
    (tmp_path / "offices.csv").write_text(
        "key,name,windows,reviewers\noffice,审批科,0,3\n", "utf-8"
    )
    (tmp_path / "scenario.toml").write_text(
        'schema = 1\nname = "Graham"\nfirst_day = 2013-01-07\n'
        '[hours]\noffice = ["09:00-12:00", "13:00-17:00"]\n'
        "[handling]\nreview_share = {default = 1.0}\n"
        '[cases]\nnumber = 1\nper_year = 250\n[people]\norder = "list"\n',
        "utf-8",
    )
    (tmp_path / "redesigns").mkdir()
    (tmp_path / "redesigns" / "parallel.toml").write_text(
        'name = "Graham"\n[[lever]]\nkind = "parallel"\n', "utf-8"
    )
    return read_scenario(tmp_path, "parallel")


def days(scenario: Scenario) -> float:
    """Return the working days of the single case."""
    plan = compile_plan(scenario)
    (trace,) = simulate(plan, 1).replications
    return plan.calendars[0].worked(int(trace.arrival[0]), int(trace.finish[0])) / plan.day_ticks


def test_one_reviewer_more_takes_longer_and_the_step_is_named(graham: Scenario):
    """Graham's list takes 12 days with three reviewers and 15 with four; the ninth item is why.

    By hand: with four people items 5 to 8 come up before item 9 can begin, so that it waits
    from day 3 to day 6 and, 9 days long, ends on day 15. No queue as a whole grew.
    """
    more = replace(graham.with_staff(4), key="more")
    assert (days(graham), days(more)) == (12, 15)
    comparison = results.compare([graham, more], replications=6)
    (why,) = reasons(comparison)
    assert why.en == (
        '"Graham" is slower because 第9项 waits 3.0 working days more for 审批科 (reviewer)'
        " although 4 people instead of 3 work there: other work now comes there sooner and"
        " goes first, and this step decides the end."
    )
    assert (
        "“第9项”等待审批科（审查）的时间每件多 3.0 个工作日，尽管那里有 4 人而不是 3 人" in why.zh
    )
    assert why.in_language("en") in comparison.markdown("en")


def test_fewer_prerequisites_take_longer_and_the_step_is_named(graham: Scenario):
    """Without two prerequisites Graham's list takes 16 days; again the ninth item waits longer."""
    edges = tuple(edge for edge in graham.procedure.edges if edge.after not in ("T5", "T6"))
    freer = replace(graham, key="freer", procedure=replace(graham.procedure, edges=edges))
    assert days(freer) == 16
    (why,) = reasons(results.compare([graham, freer], replications=6))
    assert "because the queue grew at 审批科 (reviewer): from 1.11 to 1.44 working days" in why.en
    assert why.en.endswith("Most of it is at 第9项: 4.0 working days more a case.")


def test_a_faster_reform_needs_no_reason(graham: Scenario):
    """Nine reviewers are faster than three: nothing is explained."""
    assert reasons(results.compare([graham, graham.with_staff(9)], replications=6)) == ()
