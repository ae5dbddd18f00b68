"""The reference engine: what happens when, to the tick."""

import csv
import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HOUR, MONDAY, NINE_TO_FIVE, ROUND_THE_CLOCK, Task, plan_of, plans, station

from rules import Calendar
from rules.calendars import BeyondCalendar
from scenarios.arrivals import AtOnce, Poisson, Spaced
from scenarios.distributions import Exponential, Fixed, Lognormal
from scenarios.plan import AMPLE, Lag, OwnWork, Plan
from scenarios.streams import stream_of
from simulator import Trace, mean_interval, simulate, write_log
from simulator.draws import arrival_times, desk_times
from simulator.feed_forward import feeds_forward, forward

SHARED = Path(__file__).resolve().parents[2] / "shared"
DAY = 24 * HOUR


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, replications=1, seed=seed).replications[0]


def earliest(plan: Plan, trace: Trace, seed: int) -> Trace:
    """Say from a trace's order of queues when everything should have happened.

    Step by step it applies the definition: ready after prerequisites and lags, start as
    soon as everybody ahead has started, people are free and the desk is open (the
    recursion of Kiefer and Wolfowitz), end when the work is done.
    """
    work = desk_times(plan, seed, 0)
    ready, start, end = (np.full_like(trace.ready, -1) for _ in range(3))
    arrival = arrival_times(plan, seed, 0)
    predecessors = plan.predecessors()
    last_start: dict[int, int] = defaultdict(int)
    ends: dict[int, list[int]] = defaultdict(list)
    jobs = sorted(
        (int(trace.ready[case, desk]), case, desk)
        for case in range(plan.cases)
        for desk in range(len(plan.desks))
    )
    # a desk without work may be ready at the instant of its own predecessor: keep the plan's order
    for _, case, index in jobs:
        desk = plan.desks[index]
        step = plan.steps[desk.step]
        place = step.desks.index(index)
        if place:
            came = end[case, step.desks[place - 1]]
        else:
            came = max(
                [
                    plan.calendars[link.lag.calendar].add(
                        int(end[case, plan.steps[link.before].desks[-1]]), link.lag.ticks
                    )
                    for link in predecessors[desk.step]
                ],
                default=arrival[case],
            )
        calendar = plan.calendars[desk.calendar]
        scarce = [pool for pool in desk.pools if plan.pools[pool].capacity < AMPLE]
        begins = int(came)
        if work[case, index]:
            for pool in scarce:
                busy = sorted(ends[pool])
                free = busy[-plan.pools[pool].capacity :]
                if len(free) == plan.pools[pool].capacity:
                    begins = max(begins, free[0])
                begins = max(begins, last_start[pool])
            if desk.pools:
                begins = calendar.opening(begins)
        done = calendar.add(begins, int(work[case, index]))
        for pool in scarce if work[case, index] else ():
            last_start[pool] = begins
            ends[pool].append(done)
        ready[case, index], start[case, index], end[case, index] = came, begins, done
    return Trace(arrival, end.max(axis=1), ready, start, end)


@settings(max_examples=300, deadline=None)
@given(plans(), st.integers(0, 1000))
def test_everything_happens_as_early_as_the_rules_allow(plan, seed):
    """Every desk is reached, begun and left at the first instant that the rules allow.

    For any plan with queues, joint desks, lags and closing hours. This also says that
    nobody overtakes, no person serves two cases and no closed hour is worked.
    """
    trace = only(plan, seed)
    expected = earliest(plan, trace, seed)
    for name in ("arrival", "finish", "ready", "start", "end"):
        assert getattr(trace, name).tolist() == getattr(expected, name).tolist(), name


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 1000))
def test_nobody_is_in_two_places(plan, seed):
    """At no instant do more cases hold a pool's people than the pool has."""
    trace = only(plan, seed)
    for number, pool in enumerate(plan.pools):
        desks = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        changes: dict[int, int] = defaultdict(int)
        for desk in desks:
            for start, end in zip(trace.start[:, desk], trace.end[:, desk], strict=True):
                changes[int(start)] += 1
                changes[int(end)] -= 1
        held = np.cumsum([changes[t] for t in sorted(changes)])
        assert not held.size or (held.max() <= pool.capacity and held[-1] == 0)


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 1000))
def test_time_spent_is_people_present_and_work_done(plan, seed):
    """Summed over cases the time in the house is the number present over time, to the tick.

    And the open time that people are held is the work that was drawn; whoever came left.
    """
    run = simulate(plan, 1, seed)
    trace = run.replications[0]
    left = dict.fromkeys(range(plan.cases), 0)
    for row in run.rows():
        left[row.case] = max(left[row.case], row.end)
    changes: dict[int, int] = defaultdict(int)
    for case, arrival in enumerate(trace.arrival.tolist()):
        changes[arrival] += 1
        changes[left[case]] -= 1
    instants = sorted(changes)
    present = np.cumsum([changes[t] for t in instants])
    area = int((present[:-1] * np.diff(instants)).sum())
    assert present[-1] == 0
    assert (present >= 0).all()
    assert int((trace.finish - trace.arrival).sum()) == area
    held = [
        plan.calendars[desk.calendar].worked_many(trace.start[:, index], trace.end[:, index])
        for index, desk in enumerate(plan.desks)
    ]
    assert np.array(held).T.tolist() == desk_times(plan, seed, 0).tolist()


@st.composite
def networks(draw: st.DrawFn) -> Plan:
    """Return steps of fixed length with lags and as many people as needed, round the clock."""
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 12))):
        needs = draw(st.lists(st.sampled_from(tasks), max_size=4, unique=True)) if tasks else []
        lags = st.integers(0, 5).map(lambda days: Lag(days * DAY, 0))
        tasks.append(
            Task(
                f"S{number}",
                draw(st.integers(0, 30)) * DAY,
                pools=(0,),
                needs=tuple((task.key, draw(lags)) for task in needs),
            )
        )
    return plan_of(*tasks, capacities=(AMPLE,), cases=draw(st.integers(1, 3)))


@settings(deadline=None)
@given(networks())
def test_with_ample_staff_a_case_takes_the_critical_path(plan):
    """With fixed durations and ample staff a case takes the longest path of the network."""
    graph = nx.DiGraph()
    for number, step in enumerate(plan.steps):
        graph.add_edge(("from", number), ("to", number), weight=step.work.ticks)
    for link in plan.links:
        graph.add_edge(("to", link.before), ("from", link.after), weight=link.lag.ticks)
    longest = nx.dag_longest_path_length(graph)
    trace = only(plan)
    assert (trace.finish - trace.arrival).tolist() == [longest] * plan.cases


@pytest.mark.parametrize(
    ("reviewers", "weight", "days"),
    [(3, 0, 12), (4, 0, 15), (3, 1, 13)],
    ids=["three reviewers", "four reviewers", "every task a day shorter"],
)
def test_grahams_anomaly(reviewers, weight, days):
    """A fourth reviewer makes the project longer: 15 days for 12; shorter tasks do too: 13.

    Graham, "Bounds on multiprocessing timing anomalies" (1969).
    """
    lengths = (3, 2, 2, 2, 4, 4, 4, 4, 9)
    needs = {5: ("T4",), 6: ("T4",), 7: ("T4",), 8: ("T4",), 9: ("T1",)}
    tasks = [
        Task(f"T{number}", (length - weight) * DAY, pools=(0,), needs=needs.get(number, ()))
        for number, length in enumerate(lengths, start=1)
    ]
    assert only(plan_of(*tasks, capacities=(reviewers,))).finish.tolist() == [days * DAY]


def test_work_stops_at_closing_and_goes_on_at_opening():
    """Ten hours of work begun at nine on Friday end at eleven on Monday, people held throughout."""
    friday = 4 * DAY
    plan = plan_of(
        Task("wait", friday, calendar=1),
        Task("review", 10 * HOUR, pools=(0,), needs=("wait",)),
        capacities=(1,),
        calendars=(NINE_TO_FIVE, ROUND_THE_CLOCK),
        cases=2,
    )
    trace = only(plan)
    nine = 9 * HOUR
    assert trace.arrival.tolist() == [nine, nine]
    assert trace.start[:, 1].tolist() == [friday + nine, 7 * DAY + 11 * HOUR]
    assert trace.end[:, 1].tolist() == [7 * DAY + 11 * HOUR, 8 * DAY + 13 * HOUR]


def test_people_who_come_after_closing_wait_for_the_opening():
    """A case ready at night starts at nine; a step without work does not wait for nine."""
    plan = plan_of(
        Task("notice", 20 * HOUR, calendar=1),
        Task("formality", 0, pools=(0,), needs=("notice",)),
        Task("review", HOUR, pools=(0,), needs=("formality",)),
        Task("ample", HOUR, pools=(1,), needs=("formality",)),
        capacities=(1, AMPLE),
        calendars=(NINE_TO_FIVE, ROUND_THE_CLOCK),
    )
    trace = only(plan)
    night = 9 * HOUR + 20 * HOUR
    assert trace.end[0].tolist() == [night, night, DAY + 10 * HOUR, DAY + 10 * HOUR]
    assert trace.ready[0].tolist() == [9 * HOUR, night, night, night]
    assert trace.start[0].tolist() == [9 * HOUR, night, DAY + 9 * HOUR, DAY + 9 * HOUR]


def test_a_joint_survey_needs_both_offices_at_once():
    """A joint survey starts when the later of two busy offices is free, and blocks both."""
    plan = plan_of(
        Task("land", 2 * HOUR, pools=(0,)),
        Task("fire", 5 * HOUR, pools=(1,)),
        Task("survey", 3 * HOUR, pools=(0, 1)),
        Task("later", HOUR, pools=(0,)),
        capacities=(1, 1),
    )
    trace = only(plan)
    assert trace.start[0].tolist() == [0, 0, 5 * HOUR, 8 * HOUR]


def test_the_queue_behind_a_joint_survey_moves_when_it_starts():
    """Who queues behind a joint survey starts with it when the second office has two people."""
    plan = plan_of(
        Task("land", 2 * HOUR, pools=(0,)),
        Task("survey", HOUR, pools=(0, 1)),
        Task("fire", 4 * HOUR, pools=(1,)),
        capacities=(1, 2),
    )
    assert only(plan).start[0].tolist() == [0, 2 * HOUR, 2 * HOUR]


def test_cases_of_one_instant_are_served_in_order():
    """Cases that come together are taken up by number, whichever step they are at."""
    plan = plan_of(
        Task("a", HOUR, pools=(0,)), Task("b", HOUR, pools=(0,)), capacities=(1,), cases=3
    )
    assert only(plan).start.tolist() == [[0, HOUR], [2 * HOUR, 3 * HOUR], [4 * HOUR, 5 * HOUR]]


def test_a_release_and_an_arrival_of_one_instant_meet_in_the_queue():
    """Whoever queued first gets the person freed at the instant in which another comes."""
    plan = plan_of(Task("a", 2 * HOUR, pools=(0,)), capacities=(1,), arrivals=Spaced(HOUR), cases=4)
    assert only(plan).start[:, 0].tolist() == [0, 2 * HOUR, 4 * HOUR, 6 * HOUR]


def test_a_long_chain_without_work_passes_at_once():
    """Five thousand steps without work end at the instant of arrival."""
    tasks = [Task("S0", 0)]
    tasks += [Task(f"S{i}", 0, needs=(f"S{i - 1}",)) for i in range(1, 5000)]
    trace = only(plan_of(*tasks))
    assert trace.finish.tolist() == trace.arrival.tolist()


def test_work_beyond_the_calendar_is_refused():
    """A plan whose calendar ends too early says so with the dates."""
    plan = plan_of(
        Task("a", 10 * DAY, pools=(0,)),
        capacities=(1,),
        calendars=(Calendar.natural(MONDAY, MONDAY + timedelta(8)),),
    )
    with pytest.raises(BeyondCalendar, match="2025-01-06 to 2025-01-14"):
        simulate(plan, 1)


@pytest.mark.parametrize(
    ("load", "reviewers", "wait"),
    [(0.5, 1, 1.0), (0.8, 1, 4.0), (0.75, 2, 1.2857142857), (0.85, 12, 0.2740809)],
)
def test_waits_are_those_of_queueing_theory(load, reviewers, wait):
    """M/M/1 and M/M/c cases wait as Erlang's formula says, within a 99.9 % interval."""
    mean_work = 10_000
    plan = station(mean_work / load / reviewers, mean_work, reviewers, cases=2500)
    run = simulate(plan, replications=60, seed=7)
    waits = [
        float((trace.start - trace.ready)[500:].mean()) / mean_work for trace in run.replications
    ]
    interval = mean_interval(waits, level=0.999)
    assert interval.low < wait < interval.high
    assert interval.high - interval.low < wait  # and the interval is narrow enough to tell


def test_closed_hours_count_for_cases_filed_round_the_clock():
    """Cases filed day and night at an office open Mon-Fri 9-17 take 26.988 hours on average.

    One case in five hours, 50 minutes of exponential work; the value is from matrix
    exponentials (queueing_cases.json, calendar-9to5-24x7-arrivals). Finishing the case
    at hand after closing would give 23.65.
    """
    plan = plan_of(
        Task("review", OwnWork(stream_of("review"), 3000, Exponential(1)), pools=(0,), calendar=1),
        capacities=(1,),
        calendars=(ROUND_THE_CLOCK, NINE_TO_FIVE),
        arrivals=Poisson(5.0 * HOUR),
        cases=2500,
    )
    run = simulate(plan, replications=20, seed=3)
    hours = [
        float((trace.finish - trace.arrival)[336:].mean()) / HOUR for trace in run.replications
    ]
    interval = mean_interval(hours, level=0.999)
    assert interval.low < 26.98778921 < interval.high
    assert interval.low > 23.65


def test_an_unrelated_step_moves_no_other_instant():
    """A step that shares nobody's people leaves every other instant as it was."""
    own = {key: OwnWork(stream_of(key), 5 * HOUR, Lognormal(1, 0.8)) for key in "abx"}
    a = Task("a", own["a"], pools=(0,))
    b = Task("b", own["b"], pools=(0,), needs=("a",))
    x = Task("x", own["x"], pools=(1,))
    without = plan_of(a, b, capacities=(1, 1), arrivals=Poisson(11.0 * HOUR), cases=200)
    with_it = plan_of(a, x, b, capacities=(1, 1), arrivals=Poisson(11.0 * HOUR), cases=200)
    one, other = only(without, seed=5), only(with_it, seed=5)
    for name in ("ready", "start", "end"):
        assert (getattr(other, name)[:, [0, 2]] == getattr(one, name)).all()


def test_one_more_reviewer_delays_no_case():
    """At one office with one queue another person makes no case wait longer, to the tick.

    Kiefer and Wolfowitz (1955); holds case by case because the luck is the same.
    """
    mean_gap, mean_work = 4_000.0, 10_000
    waits = [
        (trace.start - trace.ready)
        for reviewers in (3, 4)
        for trace in simulate(station(mean_gap, mean_work, reviewers, 500), 3, 2).replications
    ]
    assert all((more <= fewer).all() for fewer, more in zip(waits[:3], waits[3:], strict=True))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """Two runs with one seed write the same log; another seed writes another."""
    plan = station(10_000.0, 9_000, 1, cases=50)
    for name, seed in (("one.csv", 1), ("again.csv", 1), ("two.csv", 2)):
        write_log(simulate(plan, 3, seed), tmp_path / name)
    logs = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert logs["one.csv"] == logs["again.csv"] != logs["two.csv"]
    assert sorted(logs) == ["again.csv", "one.csv", "two.csv"]


def test_replications_do_not_depend_on_how_many_there_are():
    """The third of three replications is the third of five."""
    plan = station(10_000.0, 9_000, 1, cases=20)
    few, many = simulate(plan, 3), simulate(plan, 5)
    assert (few.replications[2].end == many.replications[2].end).all()
    assert (few.replications[1].end != few.replications[2].end).any()


def test_the_log_tells_civil_times(tmp_path):
    """The log is a CSV that Excel opens, with a row for each case and desk."""
    plan = plan_of(
        Task("踏勘", 10 * HOUR, pools=(0, 1)),
        capacities=(1, 1),
        calendars=(NINE_TO_FIVE,),
        arrivals=AtOnce(),
    )
    run = simulate(plan, 1)
    write_log(run, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "log.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "replication": "0",
        "case": "0",
        "step": "踏勘",
        "desk": "desk-0",
        "pools": "office-0.reviewer+office-1.reviewer",
        "ready": "2025-01-06T09:00:00",
        "start": "2025-01-06T09:00:00",
        "end": "2025-01-07T11:00:00",
        "visit": "0",
        "part": "work",
        "type": "case",
        "elapsed": str(26 * HOUR),
        "counted": str(10 * HOUR),
        "touch": str(10 * HOUR),
        "reason": "",
    }
    (fact,) = run.rows()
    assert NINE_TO_FIVE.datetime_of(fact.end).isoformat() == row["end"]
    assert NINE_TO_FIVE.date_of(fact.start) == date(2025, 1, 6)


@pytest.mark.skipif(not SHARED.exists(), reason="shared reference data not beside the checkout")
@pytest.mark.parametrize(
    "variant", ["base_3_reviewers", "four_reviewers", "every_task_one_day_shorter"]
)
def test_list_scheduling_gives_the_reference_makespan(variant):
    """The reference file's list schedules come out, where its list order is first come first."""
    cases = json.loads((SHARED / "data" / "queueing_cases.json").read_text("utf-8"))["cases"]
    (case,) = [each for each in cases if each["id"] == "graham-1969"]
    asked = case["model"]["variants"][variant]
    tasks = [
        Task(key, asked["times"][key] * DAY, pools=(0,), needs=tuple(asked["preds"].get(key, ())))
        for key in asked["order"]
    ]
    (expected,) = [value for name, value in case["expected"].items() if variant in name]
    assert only(plan_of(*tasks, capacities=(asked["m"],))).finish.tolist() == [expected * DAY]


@st.composite
def feeding_forward(draw: st.DrawFn) -> Plan:
    """Plans in which every group of people has one desk: stations, delays, lags, hours."""
    calendars = (draw(st.sampled_from([NINE_TO_FIVE, ROUND_THE_CLOCK])), ROUND_THE_CLOCK)
    tasks: list[Task] = []
    for number in range(draw(st.integers(1, 5))):
        before = draw(st.lists(st.sampled_from(tasks), max_size=2, unique=True)) if tasks else []
        hours = st.integers(0, 3).map(lambda hour: hour * HOUR)
        lag = st.builds(Lag, hours, st.integers(0, 1))
        spread = draw(st.sampled_from([Fixed(1), Exponential(1)]))
        tasks.append(
            Task(
                f"S{number}",
                OwnWork(stream_of(f"S{number}"), draw(hours), spread),
                needs=tuple((task.key, draw(lag)) for task in before),
                pools=draw(st.sampled_from([(), (number,)])),
                calendar=draw(st.integers(0, 1)),
            )
        )
    plan = plan_of(
        *tasks,
        capacities=[draw(st.sampled_from([1, 1, 2, 3, AMPLE])) for _ in tasks],
        calendars=calendars,
        arrivals=draw(st.sampled_from([AtOnce(), Spaced(HOUR), Poisson(1.0 * HOUR)])),
        cases=draw(st.sampled_from([1, 5, 20])),
    )
    return plan


@settings(max_examples=200, deadline=None)
@given(feeding_forward(), st.integers(0, 1000))
def test_the_quick_way_gives_the_same_traces(plan, seed):
    """Plans that feed forward give the same instants all at once as on the event list."""
    assert feeds_forward(plan)
    quick = list(forward(plan, seed, range(2)).traces())
    for one, other in zip(quick, simulate(plan, 2, seed).replications, strict=True):
        for name in ("arrival", "finish", "ready", "start", "end"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
