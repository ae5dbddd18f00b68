"""Runs in parts of their cases: what is simulated at once, without having it all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import HOUR, MONDAY, Task, plan_of, plans, station, with_desk, with_step

from rules import Calendar
from rules.calendars import BeyondCalendar
from scenarios.arrivals import AtOnce, Groups, Poisson, Renewal, Spaced
from scenarios.distributions import Exponential
from scenarios.plan import Fact, Lag, Plan, Watch, When
from simulator import simulate_totals
from simulator.blocks import Design, run_block, tally_of
from simulator.trace import Trace

pytest.importorskip("numba")

from simulator import fast_engine, fast_stream, simpy_engine
from simulator.fast_stream import Ring, in_parts

DAY = 24 * HOUR
FACT = Fact("complete", ("yes", "no"), (1.0, 1.0), stream=77)
ARRIVALS = st.sampled_from(
    [Poisson(HOUR), Poisson(0.3 * HOUR), Renewal(Exponential(HOUR)), Spaced(HOUR), AtOnce(),
     Groups(HOUR, 3)]
)  # fmt: skip


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few cases come at a time, so that small plans come in many parts."""
    monkeypatch.setattr(fast_stream, "JOBS_AT_ONCE", 7)


def joined(parts: list[Trace]) -> dict[str, np.ndarray]:
    """Return the arrays of traces, one after another."""
    by_visit = {"earlier", "again", "holds"}
    return {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(Trace)
        if each.name not in by_visit
    }


def same(plan: Plan, seed: int = 1, replication: int = 0) -> int:
    """Assert that parts are the whole, and so are their tallies; return how many there are."""
    whole = fast_engine.simulate_replication(plan, seed, replication)
    parts = list(in_parts(plan, seed, replication))
    together = joined(parts)
    for name, values in together.items():
        one = getattr(whole, name)
        assert (one.dtype, one.shape) == (values.dtype, values.shape), name
        assert (one == values).all(), name
    design = Design("any", plan, 40_000)
    tally = tally_of(design, [(replication, whole)], seed)
    assert run_block(design, seed, replication, 1, "fast").digest() == tally.digest()
    totals = [str(simulate_totals(plan, (replication,), seed, engine=e)) for e in ("fast", "simpy")]
    assert totals[0] == totals[1]
    return len(parts)


@st.composite
def many(draw: st.DrawFn) -> Plan:
    """Plans of first-come queues with lags, joint desks, closing offices, facts and limits."""
    plan = replace(draw(plans()), cases=draw(st.integers(10, 40)), arrivals=draw(ARRIVALS))
    if draw(st.booleans()):
        number = draw(st.integers(0, len(plan.desks) - 1))
        plan = with_desk(replace(plan, facts=(FACT,)), number, when=(When(0, (0,)),))
    if draw(st.booleans()):
        plan = replace(plan, learning=(1000, 900, 500))
    if draw(st.booleans()):
        number = draw(st.integers(0, len(plan.steps) - 1))
        plan = with_step(plan, number, statute=DAY, promise=2 * HOUR, extension=DAY)
        plan = replace(plan, watch=Watch(800, True, 0.5))
    return plan


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(many(), st.integers(0, 1000), st.integers(0, 3))
def test_parts_are_the_whole(plan: Plan, seed: int, replication: int):
    """Whatever first-come plan comes in parts: every instant, tally and total is the same."""
    same(plan, seed, replication)


def test_cases_that_stay_for_long_take_more_seats(monkeypatch: pytest.MonkeyPatch):
    """Where a lag of 40 days keeps every case, the ring grows until all who stay have a seat."""
    grown: list[int] = []
    usual = Ring._grow

    def grow(ring: Ring) -> None:
        usual(ring)
        grown.append(ring.seats)

    monkeypatch.setattr(Ring, "_grow", grow)
    plan = plan_of(
        Task("a", HOUR, pools=(0, 1)),
        Task("b", HOUR, pools=(1,), needs=(("a", Lag(40 * DAY, 0)),)),
        capacities=(1, 1),
        arrivals=Poisson(2.0 * HOUR),
        cases=900,
    )
    parts = list(in_parts(plan, 1, 0))
    assert len(parts) > 20
    # about 40 * 12 are in process at a time
    assert grown == [16, 32, 64, 128, 256, 512]
    whole = fast_engine.simulate_replication(plan, 1, 0)
    assert (joined(parts)["end"] == whole.end).all()


def test_parts_leave_the_ring_as_they_end():
    """An office that is not too busy never has more than a few cases in memory."""
    plan = station(600, 500, 1, 500)
    parts = list(in_parts(plan, 1, 0))
    assert len(parts) > 50
    assert max(len(part.arrival) for part in parts) < 60


def test_few_cases_and_other_plans_come_in_one_part(monkeypatch: pytest.MonkeyPatch):
    """What is small anyway, or has a queue order, is simulated at once."""
    plan = station(600, 500, 1, 5)
    assert same(plan) == 1
    assert same(with_desk(station(600, 500, 1, 50), 0, patience=Exponential(HOUR))) == 1
    after = with_step(station(600, 500, 1, 50), 0, after_issue=True)
    assert same(after) == 1


def test_work_beyond_the_calendar_is_refused_in_the_same_words():
    """A run that does not end says what the SimPy engine says, also after its first parts."""
    short = (Calendar.natural(MONDAY, MONDAY + timedelta(4)),)
    plan = plan_of(
        Task("a", HOUR, pools=(0,)), capacities=(1,), calendars=short,
        arrivals=Poisson(HOUR), cases=300,
    )  # fmt: skip
    with pytest.raises(BeyondCalendar) as slow:
        simpy_engine.simulate_replication(plan, 1, 0)
    parts: list[Trace] = []
    with pytest.raises(BeyondCalendar) as fast:
        parts.extend(in_parts(plan, 1, 0))
    assert str(fast.value) == str(slow.value)


def test_what_the_kernel_gives_up_simpy_ends(monkeypatch: pytest.MonkeyPatch):
    """Cases of the parts that the kernel did not come to are those of the SimPy engine."""
    plan = station(600, 500, 1, 300)
    whole = fast_engine.simulate_replication(plan, 1, 0)
    usual = fast_stream._played

    def some(plan: Plan, seed: int, replication: int) -> Iterator[Trace]:
        parts = usual(plan, seed, replication)
        yield next(parts)
        yield next(parts)

    monkeypatch.setattr(fast_stream, "_played", some)
    found = list(in_parts(plan, 1, 0))
    assert len(found) == 3
    together = joined(found)
    assert (together["end"] == whole.end).all()
    assert (together["finish"] == whole.finish).all()
