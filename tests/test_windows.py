"""When people are watched, and how a visit is split into waiting and being dealt with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HOUR, MONDAY, NINE_TO_FIVE, Task, plan_of, plans, with_desk, with_pool, with_step
from test_model_queues import URGENT_AND_PLAIN, two_types

from results.measures import flow_of, pool_uses, times_of, watched_words
from results.promises.claims import parse_claim
from results.promises.measures import values_of
from rules import Calendar
from scenarios.arrivals import Several, Spaced, Traced
from scenarios.interruptions import Absence
from scenarios.orders import Interrupting
from scenarios.plan import Lag, Shift
from simulator import Run, Trace, clocks, criticality, simulate
from simulator.blocks import Design, run_block
from simulator.stays import stays_of
from simulator.tally_rows import PARTS
from simulator.usage import Visits
from simulator.watching import Ledger, ledger_of, usage_of

DAY = 24 * HOUR
COUNTER = Spaced(HOUR)


def counter_and_project(number: int = 480) -> tuple:
    """Return a counter asked for 45 minutes every hour, and a project that takes a year."""
    plan = plan_of(
        Task("project", 2000 * HOUR), Task("counter", 45 * 60, pools=(0,)), capacities=(1,)
    )
    streams = Several((Traced((0,)), COUNTER), (1, number))
    return replace(
        with_step(plan, 1, of=1), types=URGENT_AND_PLAIN, arrivals=streams, cases=number + 1
    )


def test_one_long_project_does_not_dilute_a_counter():
    """A counter with 45 minutes of work every hour is 75 % in use, whatever else takes a year."""
    plan = counter_and_project()
    (trace,) = simulate(plan, 1).replications
    assert trace.finish.max() == 2000 * HOUR
    (use,) = usage_of(plan, trace)
    # of 20 days of arrivals the first and the last 24 cases are left out: days 1 to 18
    assert (use.since, use.until, use.streamed) == (DAY, 19 * DAY, 1)
    assert (use.held, use.able, use.visits) == (432 * 45 * 60, 432 * HOUR, 432)
    tally = run_block(Design("counter", plan, DAY), 1, 0, 5)
    (told,) = pool_uses(Design("counter", plan, DAY), tally)
    assert told.utilisation.estimate == 0.75
    assert told.streamed
    assert told.watched == (1, 19)
    assert "while their cases come" in watched_words([told])[0].en


def test_the_people_of_a_late_step_are_watched_when_work_has_reached_them():
    """Work that comes 500 h after the case keeps its people as busy as that of the first step."""
    plan = plan_of(
        Task("first", 30 * 60, pools=(0,)),
        Task("far", 500 * HOUR, needs=("first",)),
        Task("last", 30 * 60, needs=("far",), pools=(1,)),
        capacities=(1, 1),
        arrivals=COUNTER,
        cases=480,
    )
    (trace,) = simulate(plan, 1).replications
    first, last = usage_of(plan, trace)
    assert first.held / first.able == last.held / last.able == 0.5
    assert last.since - first.since == 20 * DAY
    assert first.visits == last.visits == 432


@pytest.mark.parametrize("cases", [1, 9])
def test_a_batch_is_watched_from_its_start_to_its_end(cases):
    """Fewer than ten cases are no stream: their people are watched until the last has left."""
    plan = plan_of(Task("survey", HOUR, pools=(0,)), capacities=(1,), cases=cases)
    (trace,) = simulate(plan, 1).replications
    (use,) = usage_of(plan, trace)
    assert (use.since, use.until, use.streamed) == (0, cases * HOUR, 0)
    assert use.held == use.able == cases * HOUR
    assert use.waited == use.queued == sum(range(cases)) * HOUR


def test_twenty_cases_at_once_are_a_batch():
    """Cases that stand at the door together have no rate, however many they are."""
    plan = plan_of(Task("survey", HOUR, pools=(0,)), capacities=(1,), cases=20)
    (trace,) = simulate(plan, 1).replications
    assert usage_of(plan, trace)[0].until == 20 * HOUR


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 99), st.sampled_from([0, 30 * HOUR]))
def test_windows_lie_in_the_run(plan, seed, until):
    """Nobody is watched before the first case or after the last end, or longer than cases come."""
    plan = replace(plan, arrivals=COUNTER, cases=60, until=until)
    (trace,) = simulate(plan, 1, seed).replications
    ledger = ledger_of(plan, trace)
    needed = {pool for desk in plan.desks for pool in desk.pools}
    for found in map(ledger.window, needed):
        assert trace.arrival.min() <= found.since <= found.until
        assert found.until <= max(trace.finish.max(), trace.end.max())
        if found.streamed:
            span = trace.arrival.max() - trace.arrival.min()
            assert found.until - found.since <= span + 2 * DAY


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 99), st.integers(1, 24))
def test_cases_may_be_noted_in_parts(plan, seed, cut):
    """The ledger of two parts of the cases, in either order, is that of all."""
    plan = replace(plan, cases=25)
    (trace,) = simulate(plan, 1, seed).replications
    whole = usage_of(plan, trace)
    parts = [part_of(trace, slice(0, cut)), part_of(trace, slice(cut, None))]
    for order in (parts, parts[::-1]):
        ledger = Ledger(plan)
        for part in order:
            ledger.add(part, Visits(plan, part))
        assert ledger.usage() == whole


def part_of(trace: Trace, cases: slice) -> Trace:
    """Return some cases of a replication in which nobody came back or was held together."""
    assert not len(trace.earlier)
    assert not len(trace.holds)
    names = ("arrival", "finish", "ready", "start", "end", "outcome", "types", "served", "work")
    return replace(trace, **{name: getattr(trace, name)[cases] for name in names})


# --- the two parts of a visit ---


def parts_of(plan, seed=1):
    """Return the clocks of the only replication, each part once more as a plain number."""
    (trace,) = simulate(plan, 1, seed).replications
    return trace, clocks(plan, trace)


MONDAYS = Calendar.of_days(MONDAY, [((9 * HOUR, 17 * HOUR),), (), (), (), (), (), ()] * 150)


def test_work_that_rests_while_its_people_are_away_is_waiting():
    """12 h of work of a colleague who comes on Mondays: 12 h touched, four days and more waited."""
    plan = plan_of(
        Task("review", 12 * HOUR, pools=(0,)),
        capacities=(1,),
        calendars=(NINE_TO_FIVE, MONDAYS),
    )
    on_shift = with_pool(plan, 0, shifts=(Shift(1, 1),))
    at_desk = with_desk(plan, 0, calendar=1)
    for each in (on_shift, at_desk):
        trace, found = parts_of(each)
        # from Monday morning to the next Monday at one o'clock
        assert trace.finish.tolist() == [7 * DAY + 13 * HOUR]
        assert found.touch.tolist() == [12 * HOUR]
        assert found.elapsed.tolist() == [each.calendars[0].worked(0, 7 * DAY + 13 * HOUR)]
        assert found.queue.tolist() == (found.elapsed - 12 * HOUR).tolist()
        (rows,) = [list(Run(each, 1, "simpy", (trace,)).rows())]
        assert sum(row.touch for row in rows) == 12 * HOUR
    assert usage_of(on_shift, trace)[0].held == 12 * HOUR
    assert usage_of(on_shift, trace)[0].able == 12 * HOUR


def test_absence_is_no_work():
    """Work of 20 h stands still while its reviewer is ill; touched are 20 h in every run."""
    plan = plan_of(
        Task("review", 20 * HOUR, pools=(0,)), capacities=(1,), calendars=(NINE_TO_FIVE,)
    )
    plan = replace(plan, interruptions=(Absence((0,), 0.5, 5),))
    longest = 0
    for seed in range(5):
        _, found = parts_of(plan, seed)
        assert found.touch.tolist() == [20 * HOUR]
        assert found.parts.tolist() == found.elapsed.tolist()
        longest = max(longest, int(found.queue[0]))
    assert longest > 0


def test_interruptions_are_waits_everywhere():
    """4 h of work that an urgent case stops for 4 h wait for 4 h, by step, pool and stage."""
    plan = with_pool(two_types(4 * HOUR, (0,), (HOUR,)), 0, order=Interrupting())
    run = simulate(plan, 5)
    assert values_of(parse_claim('mean(wait["plain"]) <= 1').metric, run) == [4 / 24] * 5
    assert values_of(parse_claim('p90(wait["office-0"]) <= 1').metric, run) == [4 / 24] * 5
    assert values_of(parse_claim('mean(wait["office-0"]) <= 1').metric, run) == [2 / 24] * 5
    tally = run_block(Design("d", plan, DAY), 1, 0, 1)
    assert [int(tally.step(place, "waited")[0]) for place in (0, 1)] == [0, 4 * HOUR]


def test_the_parts_of_a_case_and_what_lies_between_are_its_elapsed_time():
    """Steps of 3 h and 5 h side by side, a lag of 2 h, then 1 h: 8 h, told as 9 + 2 - 3."""
    plan = plan_of(
        Task("a", 3 * HOUR, pools=(0,)),
        Task("b", 5 * HOUR),
        Task("c", HOUR, needs=(("a", Lag(2 * HOUR, 0)), ("b", Lag(2 * HOUR, 0))), pools=(0,)),
        capacities=(1,),
    )
    trace, found = parts_of(plan)
    assert found.parts.tolist() == [9 * HOUR]
    assert found.in_steps.tolist() == [6 * HOUR]
    assert found.elapsed.tolist() == [8 * HOUR]
    design = Design("d", plan, DAY)
    tally = run_block(design, 1, 0, 1)
    flow = flow_of(design, tally)
    assert flow.parts["between_steps"].tolist() == pytest.approx([2 / 24])
    assert flow.parts["side_by_side"].tolist() == pytest.approx([-3 / 24])
    total = sum(float(values[0]) for values in flow.parts.values())
    assert total == pytest.approx(float(times_of(design, tally).mean[0]))
    assert list(flow.parts)[: len(PARTS)] == list(PARTS)
    assert int(trace.finish[0]) == 8 * HOUR


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 99))
def test_a_visit_is_waiting_and_being_dealt_with_and_nothing_else(plan, seed):
    """Neither part is negative, and together they are all open time from ready to end."""
    (trace,) = simulate(plan, 1, seed).replications
    stays = stays_of(plan, trace)
    assert (stays.queued >= 0).all()
    assert (stays.held >= 0).all()
    inside = plan.calendars[0].worked_many(stays.rows[:, 3], stays.rows[:, 5])
    assert np.array_equal(stays.queued + stays.held, inside)
    found = clocks(plan, trace)
    assert (found.in_steps <= found.parts).all()
    assert (found.in_steps <= found.elapsed).all()


def test_a_step_decides_for_the_cases_that_have_it():
    """Three of four cases are plain: their step decides for three in four, a common one for all."""
    plan = two_types(HOUR, (0, 0, 0), (0,))
    design = Design("d", plan, DAY)
    shares = flow_of(design, run_block(design, 1, 0, 1)).critical
    assert {key: each.tolist() for key, each in shares.items()} == {
        "urgent": [0.25], "plain": [0.75],
    }  # fmt: skip
    run = simulate(plan, 1)
    assert criticality(plan, run.replications) == {"urgent": 0.25, "plain": 0.75}
    common = replace(plan, steps=tuple(replace(step, key="common") for step in plan.steps))
    design = Design("d", common, DAY)
    flow = flow_of(design, run_block(design, 1, 0, 1))
    assert flow.critical["common"].tolist() == [1.0]
    # one after another: they queue for 0, 1, 2 and 3 h
    assert flow.waited["common"].tolist() == pytest.approx([1.5 / 24])
