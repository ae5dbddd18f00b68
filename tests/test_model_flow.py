"""The way of a case: corrections, refusals, meetings, trips, zones, agents, the last week."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import (
    HOUR,
    Task,
    plan_of,
    plans,
    with_desk,
    with_pool,
    with_step,
)

from scenarios.arrivals import Groups, Poisson, Spaced, Traced
from scenarios.distributions import Exponential, Fixed, Uniform
from scenarios.gatherings import Meeting, Trip, ZoneResult
from scenarios.plan import (
    DONE,
    REFUSED,
    WITHDRAWN,
    Fact,
    InFlight,
    Part,
    Plan,
    Route,
    Slower,
    Supervision,
    ToTheLimit,
    When,
)
from scenarios.plan_checks import problems_of_plan
from simulator import Outcome, Trace, simulate

DAY = 24 * HOUR


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, replications=1, seed=seed).replications[0]


def corrected(share: tuple[float, ...], cases: int = 1, within: int = 0) -> Plan:
    """Return a check of an hour that sends files back to the applicant for a day, then review."""
    desks = (((0,), 0, HOUR, 0), ((), 0, 0, 0), ((0,), 0, 0, 1000))
    task = Task("licence", 3 * HOUR, desks=desks)
    plan = plan_of(task, capacities=(1,), cases=cases, arrivals=Spaced(100 * HOUR))
    plan = with_desk(plan, 0, routes=(Route(1, share, within),), stream=11)
    back = (Route(0, (1.0,)),)
    day = Fixed(DAY)
    return with_desk(plan, 1, own=day, aside=True, part=Part.APPLICANT, routes=back, stream=12)


def test_a_correction_takes_the_applicants_day_and_another_check():
    """Sent back once, a file of 3 h takes 3 h, the applicant's day and the check again."""
    assert only(corrected((0.0,))).finish.tolist() == [3 * HOUR]
    trace = only(corrected((1.0, 0.0)))
    assert trace.finish.tolist() == [HOUR + DAY + HOUR + 2 * HOUR]
    visits = trace.visits()
    assert visits[:, [1, 2]].tolist() == [[0, 0], [0, 1], [1, 0], [2, 0]]
    assert visits[:, 3].tolist() == [0, HOUR + DAY, HOUR, 2 * HOUR + DAY]


def test_dripping_corrections_take_more_rounds_than_one_notice():
    """With one notice nobody corrects twice; dripping at 50 % the mean number of rounds is 1."""
    at_once, drip = (
        only(replace(corrected(share, 2000), arrivals=Spaced(HOUR)))
        for share in ((0.5, 0.0), (0.5,))
    )
    rounds = [Counter(trace.visits()[:, 1])[1] for trace in (at_once, drip)]
    assert 930 < rounds[0] < 1070
    assert 1860 < rounds[1] < 2140
    assert at_once.visits()[:, 2].max() == 1


def test_a_file_is_deemed_accepted_when_the_notice_comes_too_late():
    """Checked after five days of waiting a file may not be sent back any more (art. 32)."""
    plan = corrected((1.0, 0.0), within=5 * DAY)
    busy = with_desk(plan, 0, patience=None)
    assert only(busy).finish[0] == 4 * HOUR + DAY
    late = replace(busy, learning=(150_000,))  # a check that takes 150 hours
    assert Counter(only(late).visits()[:, 1])[1] == 0


@pytest.mark.parametrize(("way", "outcome"), [(REFUSED, 1), (WITHDRAWN, 2)])
def test_who_is_refused_leaves_all_queues(way, outcome):
    """A refused case frees what it waits for; the next case moves up at the same instant."""
    plan = plan_of(
        Task("check", 2 * HOUR), Task("long", 9 * HOUR, pools=(0,)), capacities=(1,), cases=3
    )
    plan = with_desk(plan, 0, routes=(Route(way, (1.0,)),))
    trace = only(plan)
    assert trace.outcome.tolist() == [outcome] * 3
    assert trace.finish.tolist() == [2 * HOUR] * 3
    assert trace.served[:, 1].tolist() == [True, False, False]


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 99), st.floats(0, 0.5), st.sampled_from([0, 4 * HOUR, 12 * HOUR]))
def test_cases_are_conserved(plan, seed, refused, until):
    """Whoever came is finished, refused or still there, and people serve within their number."""
    plan = with_desk(plan, len(plan.desks) - 1, routes=(Route(REFUSED, (refused,)),), stream=9)
    plan = replace(plan, until=until)
    trace = only(plan, seed)
    outcomes = Counter(trace.outcomes().tolist())
    assert sum(outcomes.values()) == plan.cases
    assert (Outcome.IN_PROCESS in outcomes) <= bool(until)
    assert set(outcomes) <= {Outcome.FINISHED, Outcome.REFUSED, Outcome.IN_PROCESS}
    assert (trace.start <= trace.end).all()
    assert (trace.ready <= trace.start).all()
    for number, pool in enumerate(plan.pools):
        changes: Counter[int] = Counter()
        for _, desk, _, _, start, end in trace.visits().tolist():
            if number in plan.desks[desk].pools:
                changes[start] += 1
                changes[end] -= 1
        held = np.cumsum([changes[t] for t in sorted(changes)])
        assert not held.size or held.max() <= pool.capacity


def test_a_meeting_takes_what_it_has_slots_for():
    """Of five cases a weekly meeting with two slots decides two, two and one; none is lost."""
    sittings = tuple(range(2 * DAY, 100 * DAY, 7 * DAY))
    plan = plan_of(Task("meeting", 0), cases=5, arrivals=Spaced(HOUR))
    plan = with_desk(plan, 0, gathering=Meeting("joint", sittings, 2, 3 * HOUR))
    trace = only(plan)
    days = [(end - 3 * HOUR) // DAY for end in trace.finish.tolist()]
    assert days == [2, 2, 9, 9, 16]


def test_a_meeting_needs_its_quorum():
    """With a member busy on Wednesday a meeting of two falls out and is held a week later."""
    sittings = tuple(range(2 * DAY, 100 * DAY, 7 * DAY))
    plan = plan_of(
        Task("meeting", 0, pools=(0, 1)), Task("leave", 3 * DAY, pools=(1,)), capacities=(1, 1)
    )
    both = Meeting("joint", sittings, 9, HOUR, quorum=2)
    assert only(with_desk(plan, 0, gathering=both)).end[0, 0] == 9 * DAY + HOUR
    one = replace(both, quorum=1)
    assert only(with_desk(plan, 0, gathering=one)).end[0, 0] == 2 * DAY + HOUR


def test_a_meeting_holds_its_members():
    """Who sits in a meeting of 5 h cannot review meanwhile."""
    plan = plan_of(
        Task("meeting", 0, pools=(0,)),
        Task("wait", 2 * HOUR),
        Task("review", HOUR, pools=(0,), needs=("wait",)),
        capacities=(1,),
    )
    plan = with_desk(plan, 0, gathering=Meeting("joint", (HOUR, 50 * DAY), 9, 5 * HOUR, 1))
    assert only(plan).start[0].tolist() == [HOUR, 0, 6 * HOUR]


def test_a_crew_takes_several_cases_on_one_trip():
    """Three cases at hand go out together; a fourth waits until two more have come."""
    plan = plan_of(
        Task("survey", 4 * HOUR, pools=(0,)),
        capacities=(1,),
        arrivals=Traced((0, 0, 0, HOUR, 6 * HOUR, 7 * HOUR)),
        cases=6,
    )
    trace = only(with_desk(plan, 0, gathering=Trip(3, 4)))
    assert trace.start[:, 0].tolist() == [0, 0, 0, 7 * HOUR, 7 * HOUR, 7 * HOUR]
    assert trace.finish.tolist() == [4 * HOUR] * 3 + [11 * HOUR] * 3


def test_a_zone_result_is_made_once_while_it_is_valid():
    """Four projects share an assessment of 30 days; the fifth, after 200 days, needs a new one."""
    plan = plan_of(
        Task("assessment", 30 * DAY),
        cases=5,
        arrivals=Traced((0, DAY, 40 * DAY, 100 * DAY, 200 * DAY)),
    )
    plan = with_desk(plan, 0, own=Fixed(30 * DAY), gathering=ZoneResult(100 * DAY), stream=4)
    trace = only(plan)
    took = ((trace.finish - trace.arrival) // DAY).tolist()
    assert took == [30, 29, 0, 0, 30]


def test_an_agent_carries_so_many_cases_and_no_more():
    """With a caseload of two the third case waits until the first has its result."""
    plan = plan_of(Task("agent", 0, pools=(0,)), Task("steps", 5 * HOUR, needs=("agent",)),
                   capacities=(2,), cases=3, arrivals=Spaced(HOUR))  # fmt: skip
    trace = only(with_desk(plan, 0, keeps=True))
    assert trace.finish.tolist() == [5 * HOUR, 6 * HOUR, 10 * HOUR]


def test_people_work_to_the_limit():
    """Of files with a limit of 20 days, the share left to it ends in the last five of them."""
    plan = plan_of(Task("review", 2 * DAY), cases=3000)
    plan = with_desk(plan, 0, stream=6, to_limit=ToTheLimit(0.2, 20 * DAY, 5 * DAY))
    days = only(plan).finish / DAY
    assert 0.18 < ((days >= 15) & (days <= 20)).mean() < 0.22
    assert ((days == 2) | (days >= 15)).all()


def test_incomplete_applications_take_longer():
    """Incomplete applications take 1.86 times as long, and only they do."""
    plan = plan_of(Task("review", 10_000), cases=3000)
    fact = Fact("complete", ("yes", "no"), (0.7, 0.3), stream=8)
    plan = replace(plan, facts=(fact,))
    plan = with_step(plan, 0, slower=(Slower(When(0, (1,)), 1860),))
    took = Counter(only(plan).finish.tolist())
    assert set(took) == {10_000, 18_600}
    assert 0.27 < took[18_600] / 3000 < 0.33


def test_a_step_is_for_those_it_concerns():
    """A step for enterprises alone takes no time of others, and its queue never sees them."""
    plan = plan_of(Task("fire", 10 * HOUR, pools=(0,)), capacities=(1,), cases=200)
    plan = replace(plan, facts=(Fact("who", ("firm", "person"), (1, 3), stream=8),))
    trace = only(with_step(plan, 0, when=(When(0, (0,)),)))
    concerned = (trace.work[:, 0] > 0).sum()
    assert 30 < concerned < 70
    assert (trace.finish == 0).sum() == 200 - concerned
    assert trace.finish.max() == concerned * 10 * HOUR


def test_people_learn_after_a_reform():
    """Work begun on the first day takes twice its time, on the third its time."""
    plan = plan_of(Task("review", HOUR, pools=(0,)), capacities=(1,), cases=3,
                   arrivals=Spaced(DAY))  # fmt: skip
    trace = only(replace(plan, learning=(2000, 1500, 1000)))
    assert (trace.finish - trace.arrival).tolist() == [2 * HOUR, 1.5 * HOUR, HOUR]


def test_a_finding_holds_up_the_applicants_next_case():
    """Found wanting ten days after its result, an applicant's new case waits at the door."""
    plan = plan_of(Task("review", HOUR), cases=3, arrivals=Traced((0, DAY, 15 * DAY)))
    watch = Supervision(applicants=2, chance=1.0, after=10 * DAY, holds=30 * DAY, stream=5)
    trace = only(replace(plan, supervision=watch))
    # cases 0 and 2 are of one applicant; its inspection comes at 10 days and an hour
    assert trace.finish.tolist() == [HOUR, DAY + HOUR, 40 * DAY + 2 * HOUR]


def test_a_run_may_begin_with_cases_in_the_house():
    """A case with its survey behind it starts with the review; new cases keep their luck."""
    tasks = (Task("survey", 5 * HOUR), Task("review", HOUR, pools=(0,), needs=("survey",)))
    plan = plan_of(*tasks, capacities=(1,), cases=1, arrivals=Poisson(20.0 * HOUR))
    fresh = only(plan)
    with_backlog = replace(plan, in_flight=(InFlight(0, (0,)), InFlight(0, ())), cases=3)
    trace = only(with_backlog)
    assert trace.finish[:2].tolist() == [HOUR, 6 * HOUR]
    assert trace.arrival[2] == fresh.arrival[0]
    assert trace.served[0].tolist() == [False, True]


def test_cases_in_the_house_change_nobodys_luck():
    """The draws of cases that come are the same with and without a backlog."""
    task = Task("review", 5 * HOUR)
    plan = plan_of(task, cases=50)
    plan = with_desk(plan, 0, own=Exponential(HOUR), stream=3)
    behind = replace(plan, in_flight=(InFlight(0, ()),) * 5, cases=55)
    assert only(behind).work[5:].tolist() == only(plan).work.tolist()


def test_a_spot_check_does_not_keep_the_case():
    """A check after the result takes people's time, and the case is finished before it."""
    plan = plan_of(
        Task("decision", HOUR, pools=(0,)),
        Task("check", 4 * HOUR, pools=(0,), needs=("decision",)),
        capacities=(1,),
        cases=2,
    )
    trace = only(with_step(plan, 1, after_issue=True))
    assert trace.finish.tolist() == [HOUR, 2 * HOUR]
    assert trace.end[:, 1].tolist() == [6 * HOUR, 10 * HOUR]


def test_a_rework_loop_has_the_visits_of_theory():
    """With 30 % sent back a station has 1 / 0.7 visits a case, each with luck of its own."""
    plan = plan_of(Task("review", 0), cases=5000)
    again = (Route(0, (0.3,)), Route(DONE, (1.0,)))
    plan = with_desk(plan, 0, own=Uniform(1, 1e6), stream=3, routes=again)
    visits = only(plan).visits()
    assert 1.40 < len(visits) / 5000 < 1.46
    lengths = visits[:, 5] - visits[:, 4]
    assert len(set(lengths.tolist())) > 0.99 * len(lengths)


def test_groups_come_together():
    """Cases of a group of three come at one instant."""
    plan = plan_of(Task("a", 1), cases=9, arrivals=Groups(10.0 * HOUR, 3))
    assert [len(set(group)) for group in only(plan).arrival.reshape(3, 3).tolist()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gathering": Meeting("panel", (), 5)}, "licence: the meeting panel never sits"),
        ({"gathering": Meeting("panel", (5,), 0)}, "licence: the meeting panel has no slots"),
        ({"gathering": Meeting("panel", (5,), 1, 0, 3)}, "needs 3 members and has 1"),
        ({"gathering": Trip(3, 2)}, "a trip takes from 3 to 2 cases"),
        ({"gathering": ZoneResult(5)}, "a zone result needs a time of its own"),
        ({"routes": (Route(7, (0.5,)),)}, "leads to desk 7 of another step"),
        ({"routes": (Route(1, (0.5, -1.0)),)}, "are not within 0..1"),
        ({"routes": (Route(1, (0.6,)),) * 2}, "its routes' chances add up to 1.2"),
        ({"routes": (Route(0, (1.0,)),)}, "leads to itself for ever"),
        ({"other_than": 2}, "has one person, who would approve what he reviewed himself"),
        ({"to_limit": ToTheLimit(0.1, 5, 2)}, "holds people until shortly before the limit"),
    ],
)
def test_what_no_office_could_do_is_said(change, message):
    """Each impossible desk gives one line that names the step and what is wrong."""
    plan = corrected((0.0,))
    found = [str(problem) for problem in problems_of_plan(with_desk(plan, 0, **change))]
    assert len(found) == 1
    assert message in found[0]
    assert not problems_of_plan(plan)


def test_joint_people_need_one_queue_order():
    """Two offices that survey together and queue differently are refused: they could lock up."""
    from scenarios.orders import ByPriority

    plan = plan_of(Task("survey", HOUR, pools=(0, 1)), capacities=(1, 1))
    (problem,) = problems_of_plan(with_pool(plan, 0, order=ByPriority()))
    assert "survey: its people work together but keep different orders" in str(problem)


def test_who_waits_for_a_zone_result_at_the_end_of_the_run_waits_until_then():
    """Of two cases that wait for one assessment when the run ends, neither ends before it began."""
    plan = plan_of(Task("zone", 0, pools=(0,)), capacities=(1,), cases=2)
    plan = with_desk(plan, 0, gathering=ZoneResult(9 * DAY), own=Fixed(5 * DAY), stream=3)
    trace = only(replace(plan, until=2 * DAY))
    assert trace.outcomes().tolist() == [Outcome.IN_PROCESS] * 2
    assert trace.visits()[:, 3:].tolist() == [[0, 0, 2 * DAY], [0, 0, 2 * DAY]]
