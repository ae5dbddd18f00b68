"""The compiled engine on all that a plan can say: the SimPy engine's traces, tick for tick."""

from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
import random_plans
from everything import FEATURES, everything
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HOUR, MONDAY, Task, plan_of, plans, with_desk, with_pool, with_step

from rules import Calendar, Name
from rules.calendars import BeyondCalendar
from scenarios.arrivals import Poisson, Spaced
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Meeting
from scenarios.orders import ByPriority, EarliestDeadline, Interrupting, Planned
from scenarios.plan import CaseType, OwnWork, Plan, Route, Silence, ToTheLimit
from scenarios.plan_checks import problems_of_plan
from scenarios.streams import stream_of
from simulator import Outcome, Trace, simpy_engine
from simulator.draws import ROUTE, uniform
from simulator.extensions import with_extensions
from simulator.plan_arrays import is_simple, uncovered

pytest.importorskip("numba")

import simulator.fast_layout as lay
from simulator import fast_engine, fast_run, fast_state
from simulator.fast_luck import luck
from simulator.fast_queues import join, take_first, take_out
from simulator.fast_uniforms import first_word

DAY = 24 * HOUR


def called(part):
    """Return a part of the kernel as something that Python may call."""
    from numba import njit

    def call(*args):
        return part(*args)

    return njit(call)


word, draw, join_it, out_of, first_out = map(called, (first_word, luck, join, take_out, take_first))


def same(plan: Plan, seed: int = 1, replication: int = 0) -> Trace | None:
    """Assert that the kernel that knows all leaves the trace of the SimPy engine; return it.

    Both say the same where work does not end, and then there is no trace.
    """
    assert uncovered(plan) == ()
    try:
        slow = simpy_engine.simulate_replication(plan, seed, replication)
    except BeyondCalendar:
        assert fast_run.played_out(plan, seed, replication) is None
        return None
    fast = fast_run.played_out(plan, seed, replication)
    assert fast is not None
    fast = with_extensions(fast, plan, seed, replication)
    for each in fields(Trace):
        one, other = getattr(fast, each.name), getattr(slow, each.name)
        assert (one.dtype, one.shape) == (other.dtype, other.shape), each.name
        assert (one == other).all(), each.name
    return fast


@pytest.mark.parametrize("feature", FEATURES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_each_feature_comes_out_alike(feature, data, seed):
    """Whatever a plan can say, alone and beside ways back: nothing differs by a tick."""
    plan = data.draw(everything((feature, "routes") if data.draw(st.booleans()) else (feature,)))
    if not problems_of_plan(plan):
        same(plan, seed)


@settings(max_examples=150, deadline=None)
@given(everything(), st.integers(0, 1000), st.integers(0, 3))
def test_features_come_out_alike_together(plan, seed, replication):
    """Up to five features in one plan: nothing differs by a tick."""
    if not problems_of_plan(plan):
        same(plan, seed, replication)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(everything(), st.integers(0, 1000))
def test_features_come_out_alike_together_at_length(plan, seed):
    """The same for many more plans."""
    if not problems_of_plan(plan):
        same(plan, seed)


@pytest.mark.parametrize(
    "numbers", [range(100), pytest.param(range(100, 2000), marks=pytest.mark.slow)]
)
def test_the_plans_of_the_theorems_come_out_alike(numbers):
    """The scenarios on which all theorems are tried: nothing differs by a tick."""
    for number in numbers:
        same(random_plans.everything(number), number)


@settings(max_examples=60, deadline=None)
@given(plans(), st.integers(0, 1000))
def test_both_kernels_give_the_same_instants(plan, seed):
    """Plans with first-come queues only run alike on the kernel that knows all."""
    assert is_simple(plan)
    same(plan, seed)


# --- long queues and much at once -------------------------------------------------------


def test_long_queues_in_another_order_come_out_alike():
    """Thousands who wait by priority or deadline are served in the order of SimPy's heaps."""
    calendars = (Calendar.natural(MONDAY, MONDAY + timedelta(2000)),)
    tasks = [
        Task(key, OwnWork(stream_of(key), HOUR, Exponential(1)), pools=(number % 2,))
        for number, key in enumerate("abcd")
    ]
    plan = plan_of(
        *tasks,
        Task("e", HOUR, pools=(0, 1), needs=("a",)),
        capacities=(2, 2),
        calendars=calendars,
        arrivals=Poisson(0.5 * HOUR),
        cases=1200,
    )
    for number in range(3):
        plan = with_step(plan, number, priority=number)
    kinds = (CaseType("a", Name("a"), 1, 1, DAY), CaseType("b", Name("b"), 1, 2, 30 * DAY))
    plan = replace(plan, types=(kinds[0],))
    for order in (ByPriority(), EarliestDeadline()):
        for number in range(2):
            plan = with_pool(plan, number, order=order)
        trace = same(plan)
        assert trace is not None
        assert int((trace.start - trace.ready).max()) > 20 * DAY


def test_a_case_of_the_second_type_has_its_own_beginning_of_a_step():
    """Work left to its limit counts from its own case's start, whatever the type (hand-made).

    Each type has one step of an hour that is left until exactly two hours after it began.
    Cases come an hour apart, so every case leaves two hours after it came.
    """
    plan = plan_of(Task("a", HOUR), Task("b", HOUR), arrivals=Spaced(HOUR), cases=6)
    plan = with_step(plan, 1, of=1)
    for number in range(2):
        plan = with_desk(plan, number, to_limit=ToTheLimit(1.0, 2 * HOUR, 0), stream=number)
    plan = replace(plan, types=(CaseType("a", Name("a")), CaseType("b", Name("b"))))
    trace = same(plan)
    assert trace is not None
    assert set(trace.types.tolist()) == {0, 1}
    assert (trace.finish - trace.arrival).tolist() == [2 * HOUR] * 6


def test_one_who_comes_back_very_often_is_drawn_for_every_time():
    """Visits by the hundred need draws that nobody made before; none is made up."""
    plan = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,), cases=4)
    plan = with_desk(
        plan, 0, own=Exponential(HOUR), stream=5,
        routes=(Route(0, (1.0,) * 300 + (0.0,)),), patience=Fixed(9000 * HOUR),
    )  # fmt: skip
    trace = same(plan)
    assert trace is not None
    assert trace.visits()[:, 2].max() == 300


def test_one_who_comes_back_at_one_instant_is_drawn_for_every_time():
    """Visits without work follow each other at once; each needs a draw that nobody made before."""
    plan = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,), cases=3)
    plan = with_desk(plan, 0, own=Fixed(0), stream=5, routes=(Route(0, (1.0,) * 90 + (0.0,)),))
    trace = same(plan)
    assert trace is not None
    assert trace.visits()[:, 2].max() == 90
    assert (trace.finish == trace.arrival).all()


def test_silence_sends_a_case_to_the_desk_at_which_it_is():
    """Who is at the desk where silence counts as consent comes to it once more (hand-made).

    A file lies three hours at the second desk of a step whose limit is two hours: after those
    the desk takes it up anew, with its own time of three hours, and what it did before is void.
    """
    task = Task("a", HOUR, desks=(((), 0, 0, 0), ((0,), 0, 0, 0)))
    plan = plan_of(task, capacities=(1,), arrivals=Spaced(9 * HOUR), cases=5)
    plan = with_desk(plan, 0, own=Fixed(HOUR), stream=7)
    plan = with_desk(plan, 1, own=Fixed(3 * HOUR), stream=5)
    plan = with_step(plan, 0, silence=Silence(2 * HOUR, 0, 1))
    trace = same(with_pool(plan, 0, capacity=2))
    assert trace is not None
    assert trace.earlier[:, 1].tolist() == [1] * 5
    assert (trace.finish - trace.arrival).tolist() == [5 * HOUR] * 5


@pytest.mark.parametrize(("strict", "starts"), [(True, [1, 0]), (False, [0, 1])])
def test_a_planned_order_is_kept(strict, starts):
    """People wait for whose turn it is where the order is strict, and take who is there if not.

    Two cases come an hour apart; the second is listed first (hand-made).
    """
    plan = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,), arrivals=Spaced(HOUR), cases=2)
    trace = same(with_pool(plan, 0, order=Planned(((5,), (2,)), strict)))
    assert trace is not None
    assert (trace.start[:, 0] // HOUR).tolist() == ([2, 1] if strict else [0, 1])
    assert np.argsort(trace.start[:, 0]).tolist() == starts


def test_more_at_once_than_there_is_room_for_is_played_again_with_more(monkeypatch):
    """Where little room is left for what is pending, the run begins again with twice as much."""
    plan = plan_of(Task("a", 9 * HOUR), arrivals=Spaced(1), cases=300)
    plan = with_desk(plan, 0, gathering=Meeting("m", (DAY, 2 * DAY), 200), own=Fixed(0))
    expected = same(plan)
    tried = []
    usual = fast_state.state_of

    def small(*args):
        state = usual(*args)
        tried.append(args[-1])
        state[lay.MOST_NOTES] = 20 * args[-1]
        return state

    monkeypatch.setattr(fast_run, "state_of", small)
    again = fast_run.played_out(plan, 1, 0)
    assert tried == [1, 2, 4, 8, 16]
    assert expected is not None
    assert again is not None
    assert (again.end == expected.end).all()


def test_work_beyond_the_calendar_is_refused_in_the_same_words():
    """Both engines say which work does not end, whatever it is."""
    short = (Calendar.natural(MONDAY, MONDAY + timedelta(8)),)
    plan = plan_of(Task("a", DAY, pools=(0,)), capacities=(1,), calendars=short, cases=20)
    meeting = with_desk(plan, 0, gathering=Meeting("m", (0, DAY), 3))
    interrupting = with_pool(plan, 0, order=Interrupting())
    left = with_desk(
        plan_of(Task("a", DAY), calendars=short), 0, to_limit=ToTheLimit(1.0, 90 * DAY, 0)
    )
    for each in (meeting, interrupting, left):
        with pytest.raises(BeyondCalendar) as slow:
            simpy_engine.simulate_replication(each, 1, 0)
        with pytest.raises(BeyondCalendar) as fast:
            fast_engine.simulate_replication(each, 1, 0)
        assert str(fast.value) == str(slow.value)


def test_no_cases_at_all_leave_no_rows():
    """A house without cases, steps or anything is simulated."""
    none = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,), cases=0)
    trace = same(with_pool(none, 0, order=ByPriority()))
    assert trace is not None
    assert trace.ready.shape == (0, 1)
    empty = same(replace(plan_of(cases=3), until=DAY))
    assert empty is not None
    assert empty.outcome.tolist() == [Outcome.FINISHED] * 3


# --- parts ------------------------------------------------------------------------------


def test_philox_in_the_kernel_gives_the_known_vectors():
    """The words are those that the authors of Philox4x64-10 publish (Random123, kat_vectors)."""
    ones = 2**64 - 1
    pi = (
        0x452821E638D01377, 0xBE5466CF34E90C6C,
        0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89,
    )  # fmt: skip
    for words, expected in (
        ((0,) * 6, 0x16554D9ECA36314C),
        ((ones,) * 6, 0x87B092C3013FE90B),
        (pi, 0xA528F45403E61D95),
    ):
        assert word(*(np.uint64(each) for each in words)) == expected


def test_luck_in_the_kernel_is_the_luck_outside():
    """Every address gives the very number that the SimPy engine draws."""
    state = np.zeros(lay.STATE_HEADER + 3, dtype=np.int64)
    state[lay.LUCK_KEY] = lay.STATE_HEADER
    random = np.random.default_rng(3)
    for _ in range(300):
        seed, replication = (int(each) for each in random.integers(0, 2**63, 2))
        state[lay.SEED], state[lay.REPLICATION] = seed, replication
        case, visit = int(random.integers(0, 3)), int(random.integers(0, 2**15))
        stream = int(random.integers(0, 2**48))
        state[lay.STATE_HEADER + case] = key = int(random.integers(0, 2**62))
        outside = uniform(seed, replication, key, stream, visit=visit, purpose=ROUTE)
        assert draw(state, case, stream, visit, ROUTE) == outside


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=120), st.data())
def test_a_queue_keeps_its_order(standings, data):
    """Whoever joins and whoever is taken out: the first is always the least (rank, ready, job)."""
    jobs, state = len(standings), queue_state(standings)
    inside: set[tuple[int, int, int]] = set()
    for job in data.draw(st.permutations(range(jobs))):
        join_it(state, 0, job)
        inside.add((*standings[job], job))
        if data.draw(st.sampled_from([False, False, True])):
            gone = data.draw(st.sampled_from(sorted(inside)))
            out_of(state, 0, gone[2])
            out_of(state, 0, gone[2])  # who is gone already is not missed
            inside.remove(gone)
    assert state[state[lay.LONG]] == len(inside)
    for each in sorted(inside):
        assert first_out(state, 0) == each[2]
    assert (state[state[lay.HEAD] : state[lay.HEAD] + 2 * lay.LEVELS] == -1).all()


def queue_state(standings: list[tuple[int, int]]) -> np.ndarray:
    """Return a state of nothing but one queue, with the rank and ready of each job."""
    jobs, levels = len(standings), lay.LEVELS
    state = np.zeros(lay.STATE_HEADER + 2 * levels + 1 + (2 + levels) * jobs, dtype=np.int64)
    at = lay.STATE_HEADER
    for what, size in (
        (lay.HEAD, levels), (lay.TAIL, levels), (lay.LONG, 1),
        (lay.RANK, jobs), (lay.READY, jobs), (lay.BEHIND, levels * jobs),
    ):  # fmt: skip
        state[what] = at
        at += size
    state[state[lay.HEAD] : state[lay.LONG]] = -1
    state[lay.IS_RANKED], state[lay.QUEUES_OF], state[lay.NODES] = 1, 1, jobs
    for job, (rank, ready) in enumerate(standings):
        state[state[lay.RANK] + job], state[state[lay.READY] + job] = rank, ready
    return state
