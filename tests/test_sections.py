"""Sections with skills and survey crews, as planners write them."""

from dataclasses import replace
from pathlib import Path

import pytest
from plans import HOUR, Task, plan_of, with_desk
from test_model_offices import mean_days, only, scenario

from rules import InputError
from scenarios import compile_plan
from scenarios.arrivals import Traced
from scenarios.gatherings import Trip
from scenarios.plan import AMPLE
from scenarios.plan_checks import problems_of_plan
from simulator.load import loads


def test_a_staff_table_says_who_may_do_what(tmp_path):
    """Of four reviewers one may do A only and one approvals only; the other two do everything."""
    said = scenario(
        tmp_path,
        '[[staff]]\noffice = "drc"\nsteps = ["A"]\n'
        '[[staff]]\noffice = "drc"\ndesks = ["approval"]\nhours = "monday"\n',
    )
    plan = compile_plan(said)
    pool = next(pool for pool in plan.pools if pool.key == "drc.reviewer")
    may = [
        sorted((plan.steps[plan.desks[i].step].key, plan.desks[i].name) for i in shift.desks)
        for shift in pool.shifts
        if shift.desks != (-1,)
    ]
    # nobody of today's procedure approves: each step has one review
    assert may == [[("A", "review")], []]
    assert [shift.people for shift in pool.shifts] == [1, 1, 2]
    assert pool.shifts[1].desks == (-1,)


def test_a_staff_table_may_be_kept_in_excel(tmp_path):
    """A CSV with Chinese headers says the same as the tables of scenario.toml."""
    toml = scenario(
        tmp_path,
        '[[staff]]\noffice = "drc"\npeople = 2\nsteps = ["A", "D"]\ndesks = ["review"]\n'
        '[[staff]]\noffice = "drc"\nrole = "window"\nhours = "monday"\n',
    ).life.staff
    rows = (
        "姓名,部门,岗位,人数,环节,工序,作息\n一科,drc,,2,A、D,review,\n窗口,drc,window,,,,monday\n"
    )
    (tmp_path / "staff.csv").write_text(rows, "utf-8-sig")
    assert scenario(tmp_path).life.staff == toml
    (tmp_path / "staff.csv").write_text("office,people,steps\ndrc,two,A\ndrd,1,X\n", "utf-8")
    with pytest.raises(InputError) as raised:
        scenario(tmp_path)
    assert [str(problem) for problem in raised.value.problems] == [
        "staff.csv:2: people: 'two' is not a whole number between 1 and 10000",
        "staff.csv:3: office: no office is called 'drd' (did you mean 'drc'?)",
        "staff.csv:3: steps: no step is called 'X'",
    ]


def test_few_skills_make_cases_longer(tmp_path):
    """Where three of four reviewers do A only, decisions wait for the fourth."""
    many = {"number": 120, "per_year": 1000}
    plain = scenario(tmp_path)
    plain = replace(plain, cases=replace(plain.cases, **many))
    few = scenario(tmp_path, '[[staff]]\noffice = "drc"\npeople = 3\nsteps = ["A"]\n')
    few = replace(few, cases=replace(few.cases, **many))
    assert mean_days(few) > mean_days(plain) + 0.5


def test_a_joint_step_is_handled_by_whoever_may_do_a_member(tmp_path):
    """Skills follow a step into a joint step that it becomes part of."""
    said = scenario(tmp_path, '[[staff]]\noffice = "epb"\npeople = 3\nsteps = ["C"]\n')
    steps = tuple(
        replace(step, key="joint", members=(step,)) if step.key == "C" else step
        for step in said.procedure.steps
    )
    edges = tuple(
        replace(
            edge,
            before="joint" if edge.before == "C" else edge.before,
            after="joint" if edge.after == "C" else edge.after,
        )
        for edge in said.procedure.edges
    )
    plan = compile_plan(replace(said, procedure=replace(said.procedure, steps=steps, edges=edges)))
    pool = next(pool for pool in plan.pools if pool.key == "epb.reviewer")
    (shift,) = pool.shifts
    assert {plan.steps[plan.desks[i].step].key for i in shift.desks} == {"joint"}


def test_the_load_of_a_skill_is_told(tmp_path):
    """One person for everything that two offices' worth of files need is overloaded, and named."""
    said = scenario(tmp_path, '[[staff]]\noffice = "drc"\npeople = 4\nsteps = ["A"]\n')
    with pytest.raises(InputError, match=r"D: nobody of drc\.reviewer may serve the desk review"):
        compile_plan(said)
    split = scenario(
        tmp_path,
        '[[staff]]\noffice = "drc"\npeople = 3\nsteps = ["A"]\n'
        '[[staff]]\noffice = "drc"\npeople = 1\nsteps = ["D"]\n',
    )
    plan = compile_plan(replace(split, cases=replace(split.cases, number=200, per_year=1500)))
    load = next(load for load in loads(plan) if load.key == "drc.reviewer")
    even = compile_plan(
        replace(scenario(tmp_path), cases=replace(split.cases, number=200, per_year=1500))
    )
    evenly = next(load for load in loads(even) if load.key == "drc.reviewer")
    # D is 6 of the 16 days of work and has one of the four people: 4 * 6 / 16 = 1.5 times
    assert load.utilisation == pytest.approx(1.5 * evenly.utilisation, rel=0.01)


CREW = """[[crew]]
key = "field"
steps = ["C"]
least = 2
most = 4
travel_hours = 3
wait_days = 2
"""


def test_a_crew_goes_out_instead_of_the_reviewers(tmp_path):
    """A crew table gives the survey trips of its own people; the office's reviewers stay."""
    plan = compile_plan(scenario(tmp_path, CREW))
    day = plan.day_ticks
    (trip,) = (desk for desk in plan.desks if desk.gathering is not None)
    assert trip.name == "trip"
    assert plan.pools[trip.pools[0]].key == "field.crew"
    assert trip.gathering == Trip(2, 4, "field", 3 * HOUR, False, 2 * day)
    trace = only(plan)
    index = plan.desks.index(trip)
    assert (trace.outcomes() == 0).all()
    out = set(zip(trace.start[:, index].tolist(), trace.end[:, index].tolist(), strict=True))
    assert len(out) < plan.cases
    alone = compile_plan(scenario(tmp_path))
    assert all(desk.gathering is None for desk in alone.desks)


def survey(trip: Trip, arrivals: tuple[int, ...], work: int = 2 * HOUR) -> list[int]:
    """Return the hours at which cases come back from surveys of one crew."""
    plan = plan_of(
        Task("survey", work, pools=(0,)),
        capacities=(1,),
        arrivals=Traced(arrivals),
        cases=len(arrivals),
    )
    trace = only(with_desk(plan, 0, gathering=trip))
    return (trace.end[:, 0] // HOUR).tolist()


def test_the_way_counts_once_and_sites_add_up():
    """Three sites of 2 h and a way of 3 h: 5 h if seen together, 9 h site after site."""
    assert survey(Trip(3, 3, travel=3 * HOUR), (0, 0, 0)) == [5, 5, 5]
    assert survey(Trip(3, 3, travel=3 * HOUR, each=True), (0, 0, 0)) == [9, 9, 9]
    # three trips by one crew cost the way three times
    assert survey(Trip(1, 1, travel=3 * HOUR), (0, 0, 0)) == [5, 10, 15]


def test_nobody_waits_for_others_longer_than_said():
    """With trips from two cases on, one that is alone goes after 24 h; a second one frees it."""
    day = 24 * HOUR
    assert survey(Trip(2, 2, wait=day), (0, 5 * HOUR)) == [7, 7]
    assert survey(Trip(2, 2, wait=day), (0, 30 * HOUR, 31 * HOUR)) == [26, 33, 33]
    with pytest.raises(ValueError, match=r"survey: 1 cases wait at the desk desk-0 for ever"):
        survey(Trip(2, 2), (0,))


def test_one_trip_serves_sites_of_several_steps():
    """Two steps whose trips share a key go out together: one way of 3 h instead of two."""
    trip = Trip(2, 2, "field", travel=3 * HOUR, each=True)
    plan = plan_of(
        Task("land", 2 * HOUR, pools=(0,)), Task("plan", HOUR, pools=(0,)), capacities=(1,)
    )
    both = with_desk(with_desk(plan, 0, gathering=trip), 1, gathering=trip)
    assert problems_of_plan(both) == []
    assert only(both).end[0].tolist() == [6 * HOUR, 6 * HOUR]
    apart = replace(trip, least=1, most=1)
    alone = with_desk(with_desk(plan, 0, gathering=apart), 1, gathering=apart)
    assert max(only(alone).end[0].tolist()) == 9 * HOUR
    differs = with_desk(both, 1, gathering=replace(trip, most=3))
    (problem,) = problems_of_plan(differs)
    assert "plan: trips of field go out with other crews elsewhere" in str(problem)


def test_more_crews_and_fuller_trips_shorten_waits(tmp_path):
    """Two crews, or trips for several cases, bring cases home sooner than one crew case by case."""
    busy = replace(scenario(tmp_path), cases=replace(scenario(tmp_path).cases, per_year=400))

    def days(extra: str) -> float:
        said = scenario(tmp_path, '[[crew]]\nkey = "field"\nsteps = ["C"]\n' + extra)
        return mean_days(replace(said, cases=busy.cases))

    one = days("")
    assert days("crews = 3\n") < one - 0.1
    assert days("most = 6\n") < one - 0.1


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('[[staff]]\noffice = "drd"', "no office is called 'drd' (did you mean 'drc'?)"),
        ('[[staff]]\noffice = "drc"\npeople = 5', "5 people are listed and drc has 4"),
        ('[[staff]]\noffice = "drc"\nrole = "approver"',
         "1 people are listed and drc has 0 in the role 'approver'"),
        ('[[staff]]\noffice = "drc"\nrole = "boss"', "'boss' is not one of window, reviewer"),
        ('[[staff]]\noffice = "drc"\nsteps = ["X"]', "no step is called 'X'"),
        ('[[staff]]\noffice = "drc"\ndesks = ["aproval"]',
         "no desk is called 'aproval' (did you mean 'approval'?)"),
        ('[[staff]]\noffice = "drc"\nhours = "night"', "no set of hours is called 'night'"),
        ('[[staff]]\noffice = "drc"\nskill = 1', "skill: unknown setting"),
        ('[[crew]]\nkey = "f"\nsteps = ["B"]', "'B' is a wait without people: no crew goes there"),
        ('[zones]\nC = 90\n[[crew]]\nkey = "f"\nsteps = ["C"]', "'C' is shared by its zone"),
        ('[[crew]]\nkey = "f"\nsteps = []', "names no step that the crew visits"),
        ('[[crew]]\nkey = "f g"\nsteps = ["C"]', "'f g' is not a name of letters"),
        ('[[crew]]\nkey = "f"\nsteps = ["C"]\nleast = 3\nmost = 2', "2 cases at most are fewer"),
        ('[[crew]]\nkey = "f"\nsteps = ["C"]\ncrews = 0', "crews: 0 is not a whole number"),
        ('[[crew]]\nkey = "f"\nsteps = ["C"]\ntravel_hours = nan', "travel_hours: nan is not"),
        ('[[crew]]\nkey = "f"\nsteps = ["C"]\n[[crew]]\nkey = "g"\nsteps = ["C"]',
         "'C' is visited by 'f' already"),
    ],
)  # fmt: skip
def test_what_no_section_and_no_crew_could_be_is_said_with_its_line(tmp_path: Path, extra, message):
    """Every wrong entry gives one line with the file, the line and what was expected."""
    with pytest.raises(InputError) as raised:
        scenario(tmp_path, extra)
    lines = [str(problem) for problem in raised.value.problems]
    assert any(message in line and line.startswith("scenario.toml:") for line in lines), lines


def test_staff_that_a_redesign_takes_away_is_missed(tmp_path):
    """A redesign that leaves fewer people than the staff table lists is refused with both."""
    said = scenario(tmp_path, '[[staff]]\noffice = "drc"\npeople = 4\nsteps = ["A", "D"]\n')
    with pytest.raises(InputError, match=r"drc\.reviewer: 4 people are listed and 2 work there"):
        compile_plan(said.with_staff(2))
    assert compile_plan(said, on_paper=True).pools[0].capacity == AMPLE
