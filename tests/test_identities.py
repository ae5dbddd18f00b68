"""Identities that hold in every run, exactly in ticks: nothing is lost, nobody is twice."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plans import HOUR, NINE_TO_FIVE, Task, plan_of, plans, station, with_desk, with_pool
from test_model_queues import two_types

from results.summary import elapsed_times
from rules import Name
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Meeting, Trip
from scenarios.orders import ByPriority, FirstCome, Interrupting
from scenarios.plan import AMPLE, REFUSED, Plan, Pool, Route, Shift
from scenarios.plan_checks import problems_of_plan
from simulator import Outcome, Trace, simulate
from simulator.blocks import Design, run_block, tally_of
from simulator.draws import DURATION, Draws, case_keys, desk_times, ticks_of
from simulator.tally_rows import PARTS
from simulator.trace import Hold
from simulator.usage import Usage, waits_of
from simulator.watching import usage_of, waits_in

DAY = 24 * HOUR
SITTINGS = tuple(range(DAY + 10 * HOUR, 3000 * DAY, 3 * DAY))


@st.composite
def everything(draw: st.DrawFn) -> Plan:
    """Plans with what else an office may do, here and there."""
    plan = draw(plans())
    order = draw(st.sampled_from([FirstCome(), ByPriority(), Interrupting()]))
    for number in range(len(plan.pools)):
        plan = with_pool(plan, number, order=order)
    for number, desk in enumerate(plan.desks):
        scarce = [p for p in set(desk.pools) if plan.pools[p].capacity < AMPLE]
        choices = [{}, {}, {"own": Exponential(HOUR)}, {"finishes": True}]
        choices.append({"routes": (Route(number, (0.5, 0.3, 0.0)),)})
        choices.append({"routes": (Route(REFUSED, (0.2,)),)})
        choices.append({"patience": Exponential(5.0 * HOUR)})
        choices.append({"gathering": Meeting(f"m{number}", SITTINGS, 2, HOUR, min(1, len(scarce)))})
        if scarce and not order.interrupts:
            choices.append({"gathering": Trip(2, 3, wait=DAY, travel=HOUR, each=True)})
        plan = with_desk(plan, number, stream=900 + number, **draw(st.sampled_from(choices)))
    if draw(st.booleans()):
        pools = (*plan.pools, Pool("agents", Name("代办员"), 2, 0))
        plan = replace(plan, pools=pools)
        first = plan.steps[0].desks[0]
        if not plan.desks[first].routes:
            plan = with_desk(plan, first, pools=(len(pools) - 1,), keeps=True, gathering=None)
    if draw(st.booleans()) and not order.interrupts:
        number = draw(st.sampled_from(range(len(plan.pools))))
        if plan.pools[number].capacity < AMPLE and plan.pools[number].key != "agents":
            people = plan.pools[number].capacity
            plan = with_pool(plan, number, shifts=(Shift(0, people),))
    plan = replace(plan, until=draw(st.sampled_from([0, 0, 30 * HOUR, 4 * DAY])))
    assume(not problems_of_plan(plan))
    return plan


def stretches(plan: Plan, trace: Trace, number: int) -> list[tuple[int, int, int]]:
    """Return when people of a pool were held, as (from, to, how many)."""
    found = []
    for _, desk, _, _, start, end in trace.visits().tolist():
        alone = plan.desks[desk].gathering is None and not plan.desks[desk].keeps
        if number in plan.desks[desk].pools and alone:
            found.append((start, end, 1))
    for kind, pool, since, until, _, _ in trace.holds.tolist():
        if pool == number and kind != Hold.IN_VAIN:
            found.append((since, until, -1 if kind == Hold.PAUSE else 1))
    return found


@settings(max_examples=100, deadline=None)
@given(everything(), st.integers(0, 99))
def test_what_arrives_leaves_or_is_there_and_nobody_is_held_twice(plan, seed):
    """Arrivals = departures + present; sojourns = the number present, added up; no overload."""
    trace = simulate(plan, 1, seed).replications[0]
    outcomes = trace.outcomes()
    if not plan.until:
        assert (outcomes != Outcome.IN_PROCESS).all()
    else:
        gone = outcomes != Outcome.IN_PROCESS
        assert (trace.finish[gone] < plan.until).all()
        assert (trace.finish[~gone] == np.maximum(plan.until, trace.arrival[~gone])).all()
    # the number present at every instant, from what happened to each case
    events = Counter(trace.arrival.tolist())
    events.subtract(Counter(trace.finish.tolist()))
    present = area = before = 0
    for instant in sorted(events):
        area += present * (instant - before)
        before = instant
        present += events[instant]
        assert present >= 0
        arrived = int((trace.arrival <= instant).sum())
        assert arrived == int((trace.finish <= instant).sum()) + present
    assert area == int((trace.finish - trace.arrival).sum())
    visits = trace.visits()
    assert (visits[:, 3] >= trace.arrival[visits[:, 0]]).all()
    assert (visits[:, 3] <= visits[:, 4]).all()
    assert (visits[:, 4] <= visits[:, 5]).all()
    for number, pool in enumerate(plan.pools):
        if pool.capacity >= AMPLE:
            continue
        held: Counter[int] = Counter()
        for since, until, people in stretches(plan, trace, number):
            held[since] += people
            held[until] -= people
        busy = 0
        for instant in sorted(held):
            busy += held[instant]
            assert 0 <= busy <= pool.capacity, (pool.key, instant)


@settings(max_examples=100, deadline=None)
@given(everything(), st.integers(0, 99))
def test_busy_time_is_work_done(plan, seed):
    """The time people are held is the work that was drawn, on every visit, to the tick."""
    plan = replace(plan, until=0)
    trace = simulate(plan, 1, seed).replications[0]
    first = desk_times(plan, seed, 0)
    keys = case_keys(plan)
    drawn: dict[int, Draws] = {}
    pauses = [row for row in trace.holds.tolist() if row[0] == Hold.PAUSE]
    for case, index, visit, _, start, end in trace.visits().tolist():
        desk = plan.desks[index]
        if desk.gathering is not None or desk.keeps or not desk.pools:
            continue
        work = int(first[case, index])
        if desk.own is not None and visit:
            draws = drawn.setdefault(
                index,
                Draws(seed, 0, desk.stream, DURATION, keys, lambda u, of=desk.own: ticks_of(of, u)),
            )
            work = draws.at(case, visit)
        interrupts = any(plan.pools[pool].order.interrupts for pool in desk.pools)
        if desk.finishes and not interrupts:
            assert end - start == work
            continue
        keeps = plan.calendars[desk.calendar]
        shifted = [plan.pools[p].shifts for p in desk.pools if plan.pools[p].shifts]
        if shifted:
            continue  # their own hours count; see test_people
        idle = sum(
            keeps.worked(since, until)
            for _, _, since, until, of, at in pauses
            if (of, at) == (case, index) and start <= since and until <= end
        )
        assert keeps.worked(start, end) - idle == work


@settings(max_examples=100, deadline=None)
@given(everything(), st.integers(0, 99))
def test_usage_is_what_the_instants_say(plan, seed):
    """Held and waited ticks of each group are those of its stretches, summed one by one."""
    trace = simulate(plan, 1, seed).replications[0]
    for number, (pool, use) in enumerate(zip(plan.pools, usage_of(plan, trace), strict=True)):
        if pool.capacity >= AMPLE or not any(number in desk.pools for desk in plan.desks):
            continue
        keeps = plan.calendars[pool.calendar]

        def watched(instant: int, use: Usage = use) -> int:
            return min(max(instant, use.since), use.until)

        held = sum(
            people * keeps.worked(watched(since), watched(until))
            for since, until, people in stretches(plan, trace, number)
        )
        assert use.held == held <= use.able
        waits = waits_in(plan, trace, number)
        assert (int(waits.sum()), len(waits)) == (use.waited, use.visits)
        stretches_waited = waits_of(plan, trace, number)
        if not use.streamed:
            # Little's law holds exactly: the queue's length added up is the time waited
            ticks = keeps.worked_many(stretches_waited[:, 0], stretches_waited[:, 1])
            assert len(ticks) == use.visits + _paused(trace, number)
            assert int(ticks.sum()) == use.waited == use.queued
        queue: Counter[int] = Counter()
        for case, desk, _, ready, start, _ in trace.visits().tolist():
            if number in plan.desks[desk].pools:
                queue[ready] += 1
                queue[start] -= 1
            assert 0 <= case < plan.cases
        for kind, pool_of, since, until, _, _ in trace.holds.tolist():
            if pool_of == number and kind in (Hold.PAUSE, Hold.IN_VAIN):
                queue[since] += 1
                queue[until] -= 1
        lost = np.argwhere(~trace.served & (trace.start > trace.ready))
        for case, desk in lost.tolist():
            if number in plan.desks[desk].pools:
                queue[int(trace.ready[case, desk])] += 1
                queue[int(trace.start[case, desk])] -= 1
        length = area = before = 0
        for instant in sorted(queue):
            area += length * keeps.worked(watched(before), watched(instant))
            before = instant
            length += queue[instant]
            assert length >= 0
        assert (length, area) == (0, use.queued)


def _paused(trace: Trace, pool: int) -> int:
    """Return how often work at a pool was interrupted."""
    return int(((trace.holds[:, 0] == Hold.PAUSE) & (trace.holds[:, 1] == pool)).sum())


def test_interrupted_work_is_not_busy_while_it_waits():
    """Work of 4 h that an urgent case of 4 h interrupts: one person busy for 8 h, not for 12."""
    plan = with_pool(two_types(4 * HOUR, (0,), (HOUR,)), 0, order=Interrupting())
    (trace,) = simulate(plan, 1).replications
    (use,) = usage_of(plan, trace)
    assert (use.held, use.able, use.waited, use.visits) == (8 * HOUR, 8 * HOUR, 4 * HOUR, 2)
    tally = tally_of(Design("d", plan, 9 * HOUR), [(0, trace)])
    assert tally.column("touch").tolist() == [8 * HOUR]
    assert tally.column("queue").tolist() == [4 * HOUR]


def test_repeated_visits_are_busy_time_and_their_pause_is_not():
    """A file checked for 1 h, back with the applicant for a day and checked again: busy for 2 h."""
    desks = (((0,), 0, HOUR, 0), ((), 0, 0, 0))
    plan = plan_of(Task("licence", HOUR, desks=desks), capacities=(1,))
    plan = with_desk(plan, 0, routes=(Route(1, (1.0, 0.0)),), stream=1)
    plan = with_desk(plan, 1, own=Fixed(DAY), aside=True, routes=(Route(0, (1.0,)),))
    (trace,) = simulate(plan, 1).replications
    (use,) = usage_of(plan, trace)
    assert (use.held, use.waited, use.visits) == (2 * HOUR, 0, 2)


def test_a_crew_and_a_sitting_are_busy_once_for_all_their_cases():
    """Three cases on a trip of 4 h keep one crew busy for 4 h; a sitting of 2 h its member 2 h."""
    plan = plan_of(Task("survey", 4 * HOUR, pools=(0,)), capacities=(1,), cases=3)
    (trace,) = simulate(with_desk(plan, 0, gathering=Trip(3, 3)), 1).replications
    (use,) = usage_of(with_desk(plan, 0, gathering=Trip(3, 3)), trace)
    assert (use.held, use.able) == (4 * HOUR, 4 * HOUR)
    sits = with_desk(plan, 0, gathering=Meeting("joint", (HOUR,), 9, 2 * HOUR, 1))
    (trace,) = simulate(sits, 1).replications
    assert usage_of(sits, trace)[0].held == 2 * HOUR


def test_an_agent_is_busy_until_his_case_is_done():
    """An agent who takes a case on at once is held for its 5 h."""
    plan = plan_of(
        Task("agent", 0, pools=(0,)), Task("steps", 5 * HOUR, needs=("agent",)), capacities=(1,)
    )
    plan = with_desk(plan, 0, keeps=True)
    (trace,) = simulate(plan, 1).replications
    assert usage_of(plan, trace)[0].held == 5 * HOUR


def test_unfinished_cases_are_told_and_do_not_shorten_times():
    """Of four cases of 2 h each, seen for 5 h, two are finished in 2 and 4 h and two are there.

    One still there is over a limit of 4 h, so two of four, not two of two, kept the limit.
    """
    plan = plan_of(Task("window", 2 * HOUR, pools=(0,)), capacities=(1,), cases=4)
    plan = replace(plan, until=5 * HOUR, calendars=(NINE_TO_FIVE,))
    plan = replace(plan, until=14 * HOUR)  # 9 to 14 o'clock
    run = simulate(plan, 6)
    tally = run_block(Design("window", plan, 4 * HOUR), 1, 0, 6)
    assert tally.column("cases").tolist() == [2] * 6
    assert tally.column("in_process").tolist() == [2] * 6
    assert tally.column("elapsed").tolist() == [6 * HOUR] * 6
    assert tally.column("within").tolist() == [2] * 6
    assert tally.column("judged").tolist() == [4] * 6
    times = elapsed_times(run, 4 * HOUR / plan.day_ticks)
    assert times.mean.tolist() == [3 * HOUR / plan.day_ticks] * 6
    assert times.on_time.tolist() == [0.5] * 6


def test_the_parts_of_a_case_add_up_to_its_time():
    """One step at a time, work and waits of finished cases are their elapsed time."""
    plan = station(4000.0, 3600, 1, cases=200)
    tally = run_block(Design("office", plan, DAY), 3, 0, 2)
    parts = sum(int(tally.column(part).sum()) for part in PARTS)
    assert parts == tally.elapsed
    assert tally.column("queue").sum() > 0
    (step,) = plan.steps
    assert tally.step(0, "critical").tolist() == tally.step(0, "finished").tolist() == [200, 200]
    assert step.key == "review"


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_queue_length_is_the_textbooks(rho):
    """At load rho the M/M/1 queue holds rho^2 / (1 - rho) cases on average."""
    plan = station(HOUR / rho, HOUR, 1, cases=30_000)
    (trace,) = simulate(plan, 1, 5).replications
    (use,) = usage_of(plan, trace)
    assert use.queued / use.hours == pytest.approx(rho**2 / (1 - rho), rel=0.12)
    assert use.held / use.able == pytest.approx(rho, rel=0.03)
