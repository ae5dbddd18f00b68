"""Schedules tried by chance: the order of a schedule, kept by the offices."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HOUR, Task, plan_of, plans, with_desk, with_pool

from lianban.cli import main
from optimizer import as_dispatch, schedule, try_schedule
from scenarios import compile_plan, load
from scenarios.distributions import Uniform
from scenarios.gatherings import Trip
from scenarios.orders import Planned
from scenarios.plan import AMPLE, Desk, OwnWork, Plan, Shift, When
from scenarios.plan_checks import problems_of_plan
from simulator import Trace, simulate
from simulator.plan_arrays import uncovered

DAY = 24 * HOUR


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, replications=1, seed=seed).replications[0]


def without_luck(plan: Plan) -> Plan:
    """Return the plan with every step taking its days on paper."""
    from scenarios.distributions import Fixed

    def fixed(work: OwnWork) -> OwnWork:
        return replace(work, spread=Fixed(1.0))

    steps = tuple(
        replace(step, work=fixed(step.work)) if isinstance(step.work, OwnWork) else step
        for step in plan.steps
    )
    return replace(plan, steps=steps)


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 3), st.integers(0, 9))
def test_without_luck_the_trial_is_the_schedule(plan, projects, seed):
    """Kept in sequence, every desk begins and ends at the second that the schedule says."""
    plan = without_luck(plan)
    found = schedule(plan, projects, 0, seed=seed)
    trace = only(as_dispatch(plan, found))
    for project in range(projects):
        for desk in range(len(plan.desks)):
            if found.desk_starts[project][desk] < found.desk_ends[project][desk]:
                if plan.desks[desk].pools:  # a mere delay begins by night, too
                    assert trace.start[project, desk] == found.desk_starts[project][desk]
                assert trace.end[project, desk] == found.desk_ends[project][desk]
    assert plan.calendars[0].worked(0, int(trace.finish.max())) == found.makespan_ticks


@pytest.mark.parametrize("name", ["jiaxing", "jiaxing/reform"])
def test_shipped_schedules_come_out_as_planned_without_luck(name):
    """Four projects of a shipped scenario, without luck, take the makespan of their schedule."""
    plan = compile_plan(load(name).without_luck())
    found = schedule(plan, 4, 0)
    trace = only(as_dispatch(plan, found))
    assert plan.calendars[0].worked(0, int(trace.finish.max())) == found.makespan_ticks
    trial = try_schedule(plan, found, 5)
    sequence = trial.tried[0]
    assert (sequence.mean.low, sequence.mean.estimate) == (trial.planned, trial.planned)
    assert sequence.kept == 5


def two_files() -> Plan:
    """Return a short file that comes an hour after a long one, at one reviewer."""
    return plan_of(
        Task("early", 4 * HOUR, pools=(0,)),
        Task("delay", HOUR),
        Task("late", 2 * HOUR, pools=(0,), needs=("delay",)),
        capacities=(1,),
    )


def listed(plan: Plan, places: tuple[int, ...], *, strict: bool) -> Plan:
    """Return the plan with its first pool served in an order of desks."""
    return with_pool(plan, 0, order=Planned((places,), strict))


def test_a_kept_sequence_waits_for_whose_turn_it_is():
    """With the late file first on the list, a strict reviewer idles for an hour; by hand."""
    plan = two_files()
    strict = only(listed(plan, (2, 0, 1), strict=True))
    assert (strict.start[0] // HOUR).tolist() == [3, 0, 1]
    working = only(listed(plan, (2, 0, 1), strict=False))
    assert (working.start[0] // HOUR).tolist() == [0, 0, 4]
    assert uncovered(listed(plan, (2, 0, 1), strict=True)) == ()


def test_work_that_never_comes_is_not_waited_for():
    """A listed step that a case does not need, or of a case that left, blocks nobody."""
    plan = two_files()
    none = with_desk(plan, 2, own=Uniform(0, 0.1), stream=3)
    assert only(listed(none, (2, 0, 1), strict=True)).start[0, 0] == HOUR
    from scenarios.plan import REFUSED, Fact, Route

    fact = Fact("kind", ("yes", "no"), (1.0, 0.0), 5)
    skipped = replace(with_desk(plan, 2, when=(When(0, (1,)),)), facts=(fact,))
    assert only(listed(skipped, (2, 0, 1), strict=True)).start[0, 0] == HOUR
    refused = with_desk(plan, 1, routes=(Route(REFUSED, (1.0,)),), stream=4)
    two = replace(refused, cases=2)
    both = with_pool(two, 0, order=Planned(((9, 0, 1), (10, 2, 3)), strict=True))
    trace = only(both)
    # both cases leave after an hour; nobody had begun the long files, which left with them
    assert trace.outcome.tolist() == [1, 1]
    assert trace.finish.tolist() == [HOUR, HOUR]


def test_what_is_not_listed_comes_last():
    """A case beyond the list waits for all that the list names."""
    plan = replace(plan_of(Task("file", HOUR, pools=(0,)), capacities=(1,)), cases=3)
    plan = with_pool(plan, 0, order=Planned(((5,), (2,)), strict=True))
    assert (only(plan).start[:, 0] // HOUR).tolist() == [1, 0, 2]


def test_a_strict_order_needs_people_who_are_alike():
    """Strict sequences for people one by one, or for trips, are refused with the name."""
    plan = listed(two_files(), (2, 0, 1), strict=True)
    (problem,) = problems_of_plan(with_pool(plan, 0, shifts=(Shift(0, 1),)))
    assert "people with hours of their own cannot keep a strict order" in str(problem)
    (problem,) = problems_of_plan(with_desk(plan, 0, gathering=Trip(1, 2)))
    assert "early: desk-0 cannot be done in a strict order" in str(problem)


def test_a_schedule_of_another_plan_is_refused():
    """A schedule is tried on the plan that it is of, in a way that is known."""
    found = schedule(two_files(), 1, 0)
    other = replace(two_files(), key="other")
    with pytest.raises(ValueError, match="the schedule is of test, not of other"):
        as_dispatch(other, found)
    with pytest.raises(ValueError, match="'best' is none of sequence, list, first_come"):
        as_dispatch(two_files(), found, way="best")


def test_ample_people_keep_no_order():
    """Whoever is never waited for needs no list."""
    plan = plan_of(Task("a", HOUR, pools=(0,)), capacities=(AMPLE,))
    assert as_dispatch(plan, schedule(plan, 2, 0)).pools == plan.pools
    assert isinstance(plan.desks[0], Desk)


def test_the_command_tries_its_schedule(capsys):
    """``schedule --try`` prints what was planned beside what chance makes of it."""
    command = ["schedule", "jiaxing/reform", "--projects", "3", "--seconds", "0", "--try", "8"]
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    tried = document["tried"]
    assert tried["planned"] == document["makespan"]
    assert [way["way"] for way in tried["ways"]] == ["sequence", "list", "first_come"]
    assert all(way["mean"]["low"] <= way["mean"]["estimate"] <= way["mean"]["high"]
               for way in tried["ways"])  # fmt: skip
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "its sequence is kept" in printed
    assert f"{tried['ways'][0]['mean']['estimate']:.1f} ±" in printed
    assert main(["schedule", "x.json", "--try", "3"]) == 2
    assert "--try is for scenarios" in capsys.readouterr().err
