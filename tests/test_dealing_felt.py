"""What levers change about the dealing of a file is felt in the simulation, not on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rules import Name
from rules.staffing import StaffChange
from scenarios import Scenario, compile_plan, load
from scenarios.scenario import Office, staffed_offices
from simulator import simulate

SCENARIO = """schema = 1
name = "felt"
first_day = 2025-01-06
[hours]
office = ["09:00-12:00", "13:00-17:00"]
[handling]
window_minutes = 60
[handling.review_share]
default = 0.5
[couriers]
days = 1
[cases]
number = 60
per_year = 1000
"""
ITEMS = """key,name,department,days,unit,kind,decided_at_centre,visits
A,甲,drc,2,wd,government_approval,no,2
B,乙,epb,2,wd,government_approval,yes,2
"""
OFFICES = "key,name,windows,reviewers\ndrc,发改,1,20\nepb,环保,1,20\nhall,大厅,9,1\n"


def folder_of(folder: Path, lever: str, settings: str = SCENARIO) -> Scenario:
    """Return a redesign of two items with one lever."""
    folder.mkdir(exist_ok=True)
    (folder / "redesigns").mkdir(exist_ok=True)
    (folder / "scenario.toml").write_text(settings, "utf-8")
    (folder / "items.csv").write_text(ITEMS, "utf-8")
    (folder / "offices.csv").write_text(OFFICES, "utf-8")
    (folder / "prerequisites.csv").write_text(
        "before,after,strength,basis\nA,B,data,needs A\n", "utf-8"
    )
    (folder / "redesigns" / "with.toml").write_text(f"[[lever]]\n{lever}", "utf-8")
    return load(folder / "with")


def days(scenario: Scenario, *, on_paper: bool = False) -> float:
    """Return mean elapsed working days."""
    plan = compile_plan(scenario, on_paper=on_paper)
    trace = simulate(plan, 1, 1).replications[0]
    counting = plan.calendars[0]
    return float(np.mean(counting.worked_many(trace.arrival, trace.finish)) / counting.day_ticks)


def change(folder: Path, lever: str) -> tuple[float, float]:
    """Return by how much a lever changes mean days, simulated and on paper."""
    redesign = folder_of(folder, lever)
    today = load(folder)
    return (
        days(redesign) - days(today),
        days(redesign, on_paper=True) - days(today, on_paper=True),
    )


def test_a_general_window_takes_in_for_all(tmp_path: Path):
    """Files of both items queue for the nine general windows instead of two single ones."""
    redesign = folder_of(tmp_path / "a", 'kind = "one_window"\noffice = "hall"\n')
    plan = compile_plan(redesign)
    windows = {
        plan.pools[pool].key for desk in plan.desks if desk.name == "window" for pool in desk.pools
    }
    assert windows == {"hall.window"}
    assert change(tmp_path / "a", 'kind = "one_window"\noffice = "hall"\n')[0] < -0.05


def test_files_that_circulate_have_no_courier(tmp_path: Path):
    """Without paper the two days to the home bureau and back fall; on paper nothing changes."""
    simulated, paper = change(tmp_path / "a", 'kind = "circulate"\n')
    assert simulated == pytest.approx(-2, abs=0.2)
    assert paper == 0


def test_a_courier_brings_the_result_later(tmp_path: Path):
    """The last result arrives three days after the decision; on paper the visit only falls."""
    lever = 'kind = "send_results"\nsteps = ["B"]\ndelivery = "3 wd"\n'
    simulated, paper = change(tmp_path / "a", lever)
    assert simulated == pytest.approx(3, abs=0.01)
    assert paper == 0
    assert folder_of(tmp_path / "b", lever).procedure["B"].visits == 1


@pytest.mark.parametrize(("interval", "least"), [("7 cd", 0.5), ("21 cd", 3.5)])
def test_a_step_waits_for_the_sitting_that_a_lever_brings(
    tmp_path: Path, interval: str, least: float
):
    """A weekly meeting with room costs days of waiting, one every three weeks more."""
    lever = (
        f'kind = "joint_meeting"\nsteps = ["B"]\ninterval = "{interval}"\nslots = 99\nweekday = 3\n'
    )
    simulated, paper = change(tmp_path / "a", lever)
    assert simulated > least
    assert paper == 0
    plan = compile_plan(load(tmp_path / "a" / "with"))
    sits = next(desk.gathering.sittings for desk in plan.desks if desk.name == "meeting")
    counting = plan.calendars[0]
    assert all(counting.worked(at, at + 3600) > 0 for at in sits[:50])
    assert sits[0] == (2 * 24 + 14) * 3600  # Wednesday, 14:00


def test_hands_behind_the_window(tmp_path: Path):
    """Two desks are two hands where the window does not count, and one where it does."""
    hands = "[hands]\ntouch = 0\ndwell = 1\n"
    both = folder_of(tmp_path / "a", 'kind = "parallel"\n', SCENARIO + hands)
    behind = folder_of(
        tmp_path / "b", 'kind = "parallel"\n', SCENARIO + hands + "window_counts = false\n"
    )
    assert days(behind) - days(both) == pytest.approx(2, abs=0.1)


def test_an_office_has_times_of_its_own(tmp_path: Path):
    """Files lie five days in one office where they lie one day elsewhere."""
    hands = "[hands]\ntouch = 0\ndwell = 1\n"
    own = "[hands.of]\nepb = {touch = 0, dwell = 5}\n"
    one = folder_of(tmp_path / "a", 'kind = "parallel"\n', SCENARIO + hands)
    other = folder_of(tmp_path / "b", 'kind = "parallel"\n', SCENARIO + hands + own)
    assert days(other) - days(one) == pytest.approx(4, abs=0.1)


def test_people_leave_after_they_were_taken_over():
    """A bureau takes two departments over and then keeps three posts of their eight people."""
    offices = (
        Office("drc", Name("发改"), 1, 4, "office"),
        Office("epb", Name("环保"), 1, 3, "office"),
        Office("bureau", Name("审批局"), 0, 1, "office"),
    )
    taken = (StaffChange("drc", into="bureau"), StaffChange("epb", into="bureau"))
    after = staffed_offices(offices, (*taken, StaffChange("bureau", reviewers=-5)))
    assert {office.key: (office.windows, office.reviewers) for office in after} == {
        "drc": (0, 1), "epb": (0, 1), "bureau": (2, 3),
    }  # fmt: skip


TYPES = """[[type]]
key = "big"
name = "big"
per_year = 500
number = 30
items = ["A", "B"]
[[type]]
key = "small"
name = "small"
per_year = 500
number = 30
items = ["B"]
"""


def test_a_promise_can_be_about_one_type_of_case(tmp_path: Path):
    """Big cases take longer than small ones; a step's days count its own cases only."""
    from results.promises.claims import parse_metric
    from results.promises.measures import values_of

    settings = SCENARIO.replace("number = 60\nper_year = 1000", "") + TYPES
    folder_of(tmp_path / "a", 'kind = "parallel"\n', settings)
    run = simulate(compile_plan(load(tmp_path / "a")), 2, 1)

    def measured(metric: str) -> float:
        return values_of(parse_metric(metric), run)[0]

    big, small = measured('mean(total["big"])'), measured('mean(total["small"])')
    assert big - small == pytest.approx(measured('mean(days["A"])'), abs=0.3)
    assert measured("mean(total)") == pytest.approx((big + small) / 2, abs=1e-9)
    assert measured('mean(total["b*"])') == big
    assert measured('on_time(3, "small")') > measured('on_time(3, "big")')
    assert measured('mean(days["B"])') > 1.9


def test_an_unknown_type_of_case_is_told(tmp_path: Path):
    """A promise about a type that no ``[[type]]`` names is an error with the nearest key."""
    from results.promises.claims import parse_claim
    from results.promises.files import unknown_name

    settings = SCENARIO.replace("number = 60\nper_year = 1000", "") + TYPES
    folder_of(tmp_path / "a", 'kind = "parallel"\n', settings)
    typed = load(tmp_path / "a")
    claim = parse_claim('on_time(3, "smal") >= 90 %')
    assert str(claim) == 'on_time(3, "smal") >= 0.9'
    assert "did you mean 'small'?" in unknown_name(claim.metric, typed)
    assert unknown_name(parse_claim('p90(total["s*"]) <= 3').metric, typed) == ""
    plain = folder_of(tmp_path / "b", 'kind = "parallel"\n')
    assert "has no [[type]]" in unknown_name(claim.metric, plain)
