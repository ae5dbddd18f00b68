"""People one by one: who may do what, when they are there, and how several work together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plans import HOUR, MONDAY, NINE_TO_FIVE, Task, plan_of, plans, station, with_desk, with_pool

from rules import Calendar
from scenarios.arrivals import Poisson, Traced
from scenarios.distributions import Exponential
from scenarios.gatherings import Meeting, Trip
from scenarios.interruptions import Absence
from scenarios.plan import AMPLE, OwnWork, Plan, Shift
from scenarios.plan_checks import problems_of_plan
from scenarios.streams import stream_of
from simulator import Trace, simulate
from simulator.simpy_engine import House

DAY = 24 * HOUR


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, replications=1, seed=seed).replications[0]


def weekly(*days: int, start: int = 9, end: int = 17) -> Calendar:
    """Return the calendar of somebody who comes on certain days of the week (Monday is 0)."""
    week = [((start * HOUR, end * HOUR),) if day in days else () for day in range(7)]
    return Calendar.of_days(MONDAY, week * 300, 8 * HOUR)


def two_items(capacities: Sequence[int], pools: tuple[int, int], cases: int = 1) -> Plan:
    """Return surveys and plans that come at random and are drawn in an hour each on average."""
    survey, plan = (OwnWork(stream_of(key), HOUR, Exponential(1)) for key in ("survey", "plan"))
    return plan_of(
        Task("survey", survey, pools=(pools[0],)),
        Task("plan", plan, pools=(pools[1],)),
        capacities=capacities,
        arrivals=Poisson(1.25 * HOUR),
        cases=cases,
    )


def test_a_file_goes_to_whoever_may_do_it():
    """A can do surveys only, B both: the second survey goes to B, the plan waits for B alone.

    By hand: two surveys of 3 h and a plan of 1 h at midnight. A takes the first survey and
    B the second, since he is free; the plan starts when B is done. With B for plans only, the
    plan starts at once and the second survey waits for A.
    """
    plan = plan_of(
        Task("survey", 3 * HOUR, pools=(0,)),
        Task("again", 3 * HOUR, pools=(0,)),
        Task("plan", HOUR, pools=(0,)),
        capacities=(2,),
    )
    both = with_pool(plan, 0, shifts=(Shift(0, 1, (0, 1)), Shift(0, 1)))
    assert (only(both).start[0] // HOUR).tolist() == [0, 0, 3]
    apart = with_pool(plan, 0, shifts=(Shift(0, 1, (0, 1)), Shift(0, 1, (2,))))
    assert (only(apart).start[0] // HOUR).tolist() == [0, 3, 0]


def test_people_who_can_do_everything_are_one_pool():
    """With every skill for everybody a section is a plain pool, to the tick: M/M/2."""
    plain = two_items((2,), (0, 0), cases=300)
    skilled = with_pool(plain, 0, shifts=(Shift(0, 1, (0, 1)), Shift(0, 1, (1, 0))))
    one, other = only(plain), only(skilled)
    assert (one.start == other.start).all()
    assert (one.finish == other.finish).all()


def test_people_who_can_do_one_thing_each_are_separate_offices():
    """With disjoint skills a section is one office for each skill, to the tick: two M/M/1."""
    section = with_pool(
        two_items((2,), (0, 0), cases=300), 0, shifts=(Shift(0, 1, (0,)), Shift(0, 1, (1,)))
    )
    apart = two_items((1, 1), (0, 1), cases=300)
    assert (only(section).start == only(apart).start).all()


@pytest.mark.parametrize(("skills", "wait"), [((), 1.28571), ((0,), 3.0)])
def test_waits_of_sections_are_those_of_the_textbook(skills, wait):
    """At 75 % load two people wait-share 1.286 service times (Erlang C), one alone takes 3."""
    people = 2 if not skills else 1
    plan = station(HOUR / 0.75 / people, HOUR, people, cases=40_000)
    plan = with_pool(plan, 0, shifts=(Shift(0, people, skills),))
    trace = only(plan, 11)
    assert (trace.start - trace.ready).mean() / HOUR == pytest.approx(wait, rel=0.08)


def test_a_skill_that_few_have_makes_its_files_wait():
    """Of four people all may do plans and one may do surveys: surveys wait longer than plans."""
    plan = two_items((4,), (0, 0), cases=800)
    plan = replace(plan, arrivals=Poisson(1.2 * HOUR))
    trace = only(with_pool(plan, 0, shifts=(Shift(0, 1), Shift(0, 3, (1,)))))
    survey, drawing = (trace.start - trace.ready).mean(axis=0)
    assert survey > 2 * drawing


def test_a_joint_step_waits_until_all_its_people_are_there():
    """Who comes on Mondays and who comes on other days never meet; a full-timer meets both.

    By hand: he does the joint step of 3 h with the Monday colleague, from 9 to 12 o'clock.
    """
    plan = plan_of(
        Task("joint", 3 * HOUR, pools=(0, 1)),
        capacities=(1, 2),
        calendars=(NINE_TO_FIVE, weekly(0), weekly(1, 2, 3), NINE_TO_FIVE),
    )
    plan = with_pool(plan, 0, shifts=(Shift(1, 1),))
    met = with_pool(plan, 1, shifts=(Shift(2, 1), Shift(3, 1)))
    assert problems_of_plan(met) == []
    trace = only(met)
    assert (trace.start[0, 0], trace.end[0, 0]) == (9 * HOUR, 12 * HOUR)
    never = with_pool(plan, 1, shifts=(Shift(2, 2),))
    (problem,) = problems_of_plan(never)
    assert str(problem).endswith(
        "joint: the people of office-0.reviewer, office-1.reviewer are never there together"
    )


def test_joint_work_goes_on_when_all_are_back():
    """Twelve joint hours of somebody of Mondays and somebody of mornings: three Mondays."""
    plan = plan_of(
        Task("joint", 12 * HOUR, pools=(0, 1)),
        capacities=(1, 1),
        calendars=(NINE_TO_FIVE, weekly(0), weekly(0, 1, 2, 3, 4, start=8, end=14)),
    )
    plan = with_pool(with_pool(plan, 0, shifts=(Shift(1, 1),)), 1, shifts=(Shift(2, 1),))
    trace = only(plan)
    # both are there from 9 to 14 on Mondays: 5 h, 5 h and 2 h
    assert (trace.start[0, 0], trace.end[0, 0]) == (9 * HOUR, 14 * DAY + 11 * HOUR)


def test_somebody_is_kept_free_for_a_joint_step_and_no_more():
    """While a joint step waits for the other office one of three waits with it, two go on.

    Office 0 has three people and office 1 one, busy for 5 h. The joint case came first, so
    one of the three keeps free for it; two take the four files of 2 h that come later.
    """
    plan = plan_of(
        Task("busy", 5 * HOUR, pools=(1,)),
        Task("joint", HOUR, pools=(0, 1)),
        *(Task(f"file-{n}", 2 * HOUR, pools=(0,)) for n in range(4)),
        capacities=(3, 1),
    )
    trace = only(with_pool(plan, 0, shifts=(Shift(0, 3),)))
    assert (trace.start[0] // HOUR).tolist() == [0, 5, 0, 0, 2, 2]


def test_absent_people_put_a_joint_step_off():
    """Each member's own days of absence count: two offices absent on 20 % of days meet on 64 %."""
    plan = plan_of(
        Task("joint", 800 * HOUR, pools=(0, 1)),
        capacities=(1, 1),
        calendars=(NINE_TO_FIVE, NINE_TO_FIVE, NINE_TO_FIVE),
    )
    plan = with_pool(with_pool(plan, 0, shifts=(Shift(1, 1),)), 1, shifts=(Shift(2, 1),))
    ill = replace(plan, interruptions=(Absence((1,), 0.2, 7), Absence((2,), 0.2, 8)))
    run = simulate(ill, 100, seed=5)
    days = [NINE_TO_FIVE.worked(0, int(t.finish[0])) / 8 / HOUR for t in run.replications]
    assert sum(days) / len(days) == pytest.approx(100 / 0.64, rel=0.02)


def test_a_member_with_hours_of_his_own_sits_in_meetings_and_is_not_elsewhere():
    """Who sits from ten to twelve takes no file meanwhile; who is not there does not sit."""
    plan = plan_of(
        Task("meeting", 0, pools=(0,)),
        Task("file", HOUR, pools=(0,)),
        capacities=(1,),
        calendars=(NINE_TO_FIVE, weekly(0, 1)),
        arrivals=Traced((9 * HOUR + 1800,)),
    )
    plan = with_pool(plan, 0, shifts=(Shift(1, 1),))
    sits = Meeting("joint", (10 * HOUR, DAY + 10 * HOUR), 9, 2 * HOUR, 1)
    trace = only(with_desk(plan, 0, gathering=sits))
    # the file is at hand when the meeting should sit on Monday, so it sits on Tuesday
    assert trace.start[0].tolist() == [DAY + 10 * HOUR, 9 * HOUR + 1800]
    away = replace(sits, sittings=(2 * DAY + 10 * HOUR, 7 * DAY + 10 * HOUR))
    assert only(with_desk(plan, 0, gathering=away)).start[0, 0] == 7 * DAY + 10 * HOUR


def test_a_part_time_crew_goes_on_trips_in_its_own_hours():
    """A crew of Mondays goes out with three cases at nine and with the fourth at three o'clock.

    A trip of 6 h: the second one is broken off at five and ends a week later at one o'clock.
    """
    plan = plan_of(
        Task("survey", 6 * HOUR, pools=(0,)),
        capacities=(1,),
        calendars=(NINE_TO_FIVE, weekly(0)),
        cases=4,
    )
    plan = with_pool(plan, 0, shifts=(Shift(1, 1),))
    trace = only(with_desk(plan, 0, gathering=Trip(1, 3)))
    assert (trace.start[:, 0] // HOUR).tolist() == [9, 9, 9, 15]
    assert (trace.end[:, 0] // HOUR).tolist() == [15, 15, 15, 7 * 24 + 13]


def test_a_desk_that_nobody_may_serve_is_refused():
    """Skills that leave a desk without anybody, or nobody to approve, give one line each."""
    task = Task("licence", 2 * HOUR, desks=(((0,), 0, 0, 500), ((0,), 0, 0, 0)))
    plan = plan_of(task, capacities=(2,))
    (problem,) = problems_of_plan(with_pool(plan, 0, shifts=(Shift(0, 2, (0,)),)))
    assert str(problem).endswith("licence: nobody of office-0.reviewer may serve the desk desk-1")
    differs = with_desk(plan, 1, other_than=0)
    (problem,) = problems_of_plan(with_pool(differs, 0, shifts=(Shift(0, 1, (0,)), Shift(0, 1))))
    assert "only one person of office-0.reviewer may serve the desk desk-1" in str(problem)
    apart = with_pool(differs, 0, shifts=(Shift(0, 1, (0,)), Shift(0, 1, (1,))))
    assert problems_of_plan(apart) == []


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 99))
def test_naming_people_changes_nothing_where_they_are_alike(plan, seed):
    """People one by one who keep the desk's hours serve single desks exactly as a pool does."""
    assume(all(len(set(desk.pools)) < 2 for desk in plan.desks))
    named = plan
    for number, pool in enumerate(plan.pools):
        hours = {desk.calendar for desk in plan.desks if number in desk.pools}
        if pool.capacity < AMPLE and len(hours) == 1:
            named = with_pool(named, number, shifts=(Shift(hours.pop(), pool.capacity),))
    one, other = only(plan, seed), only(named, seed)
    assert (one.start == other.start).all()
    assert (one.end == other.end).all()


def test_people_with_hours_of_their_own_learn_like_others():
    """In the first day after a reform work takes half as long again, whoever does it."""
    plan = plan_of(Task("file", 2 * HOUR, pools=(0,)), capacities=(1,))
    plan = replace(plan, learning=(1500, 1000))
    assert only(plan).end[0, 0] == 3 * HOUR
    assert only(with_pool(plan, 0, shifts=(Shift(0, 1),))).end[0, 0] == 3 * HOUR


PART_TIME = weekly(0, 2, 4, start=8, end=15), weekly(0, 1, 2, 3, 4, start=10, end=18)


@st.composite
def people(draw: st.DrawFn) -> Plan:
    """Plans whose pools have people with hours of their own, some with few skills."""
    plan = draw(plans())
    plan = replace(plan, calendars=(*plan.calendars, *PART_TIME))
    for number, pool in enumerate(plan.pools):
        if pool.capacity >= AMPLE or draw(st.booleans()):
            continue
        desks = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        skill = st.lists(st.sampled_from(desks), unique=True).map(tuple) if desks else st.just(())
        shifts = [Shift(draw(st.sampled_from([3, 4])), 1) for _ in range(pool.capacity)]
        shifts = [replace(shifts[0], calendar=4)] + [
            replace(shift, desks=draw(skill)) for shift in shifts[1:]
        ]
        plan = with_pool(plan, number, shifts=tuple(shifts))
    assume(not problems_of_plan(plan))
    return plan


@settings(max_examples=100, deadline=None)
@given(people(), st.integers(0, 99))
def test_people_are_at_one_place_at_a_time_and_everybody_is_served(plan, seed):
    """Nobody works on two files at once, begins while away or without the skill; all cases end."""
    house = House(plan, seed, 0)
    trace = house.run()
    assert (trace.outcome == 0).all()
    for together in house.colleagues:
        if together is None:
            continue
        stretches: dict[int, list[tuple[int, int]]] = {}
        for job, person in together.took.items():
            case, desk = divmod(job, house.width)
            start, end = int(trace.start[case, desk]), int(trace.end[case, desk])
            if start < end:
                stretches.setdefault(person, []).append((start, end))
                assert together.calendars[person].is_open(start)
                assert not together.skills[person] or desk in together.skills[person]
        for mine in stretches.values():
            mine.sort()
            assert all(end <= start for (_, end), (start, _) in pairwise(mine))


def test_calendars_close():
    """The end of opening hours, or of the next ones, and refusal after the last."""
    calendar = Calendar.of_days(date(2025, 1, 6), [((9 * HOUR, 12 * HOUR),)] * 2)
    assert calendar.closing(10 * HOUR) == 12 * HOUR
    assert calendar.closing(12 * HOUR) == DAY + 12 * HOUR
    with pytest.raises(ValueError, match="nothing opens any more"):
        calendar.closing(DAY + 12 * HOUR)
