"""The compiled engine: the SimPy engine's traces, tick for tick, and honest about its limits."""

import json
import subprocess
import sys
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import (
    HOUR,
    MONDAY,
    NINE_TO_FIVE,
    ROUND_THE_CLOCK,
    Task,
    plan_of,
    plans,
    station,
    with_desk,
    with_pool,
    with_step,
)

import scenarios.gatherings
import scenarios.orders
import scenarios.plan
from results import summarise
from rules import Calendar
from rules.calendars import BeyondCalendar, WorkingDays
from scenarios import compile_plan, load
from scenarios.arrivals import Spaced
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Quota
from scenarios.interruptions import Outage
from scenarios.library import shipped, shipped_folder
from scenarios.plan import (
    AMPLE,
    Desk,
    Fact,
    Lag,
    Part,
    Plan,
    Route,
    Slower,
    Supervision,
    When,
)
from simulator import Trace, engines, plan_arrays, simpy_engine, simulate
from simulator.engines import engine_for
from simulator.plan_arrays import uncovered

pytest.importorskip("numba")

from simulator import fast_engine

DAY = 24 * HOUR
FACT = Fact("complete", ("yes", "no"), (1.0, 1.0), stream=77)


def same(plan: Plan, seed: int, replication: int = 0) -> Trace:
    """Assert that both engines leave the same trace, array by array; return it."""
    fast = fast_engine.simulate_replication(plan, seed, replication)
    slow = simpy_engine.simulate_replication(plan, seed, replication)
    for each in fields(Trace):
        one, other = getattr(fast, each.name), getattr(slow, each.name)
        assert (one.dtype, one.shape) == (other.dtype, other.shape), each.name
        assert (one == other).all(), each.name
    return fast


@settings(max_examples=200, deadline=None)
@given(plans(), st.integers(0, 1000))
def test_both_engines_give_the_same_instants(plan, seed):
    """Queues, joint desks, lags, delays and closing hours come out alike, to the tick."""
    assert uncovered(plan) == ()
    same(plan, seed)


@st.composite
def richer(draw: st.DrawFn) -> Plan:
    """Plans with what else the compiled engine covers, here and there."""
    plan = replace(draw(plans()), facts=(FACT,))
    condition = st.sampled_from([(), (When(0, (0,)),), (When(0, (1,)),)])
    for number in range(len(plan.desks)):
        changes = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "finishes": st.booleans(),
                    "when": condition,
                    "part": st.sampled_from(Part),
                    "own": st.sampled_from([Fixed(HOUR), Exponential(HOUR), Fixed(0)]),
                },
            )
        )
        plan = with_desk(plan, number, stream=number, **changes)
    for number in range(len(plan.steps)):
        changes = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "when": condition,
                    "slower": st.just((Slower(When(0, (1,)), 1500),)),
                    "after_issue": st.booleans(),
                },
            )
        )
        plan = with_step(plan, number, **changes)
    outage = Outage((0,), Exponential(30 * HOUR), Fixed(3 * HOUR), 99)
    return replace(
        plan,
        learning=draw(st.sampled_from([(), (1500, 1200, 1000), (0, 2000)])),
        interruptions=draw(st.sampled_from([(), (outage,)])),
    )


@settings(max_examples=150, deadline=None)
@given(richer(), st.integers(0, 1000), st.integers(0, 3))
def test_both_engines_agree_on_all_that_is_covered(plan, seed, replication):
    """Conditions, facts, learning, outages, finishing after hours: nothing differs by a tick."""
    assert uncovered(plan) == ()
    same(plan, seed, replication)


def every_shipped_plan() -> list[str]:
    """Return the names of all shipped scenarios and redesigns."""
    return [
        "/".join([name, *redesign])
        for name in shipped()
        for redesign in [
            (),
            *((path.stem,) for path in sorted((shipped_folder() / name).glob("redesigns/*.toml"))),
        ]
    ]


@pytest.mark.parametrize("name", every_shipped_plan())
def test_shipped_scenarios_run_alike_on_both_engines(name):
    """Whatever is shipped runs alike."""
    plan = compile_plan(load(name))
    same(plan, 1)


def test_all_that_is_shipped_is_covered():
    """No shipped scenario or redesign falls back to SimPy."""
    assert not [name for name in every_shipped_plan() if uncovered(compile_plan(load(name)))]


def test_queues_of_thousands_come_out_alike():
    """A long queue at a joint desk and at single ones keeps its order."""
    plan = plan_of(
        Task("a", HOUR, pools=(0,)),
        Task("b", 2 * HOUR, pools=(1,)),
        Task("c", HOUR, pools=(0, 1, 2), needs=("a",)),
        Task("d", HOUR, pools=(2,), needs=(("b", Lag(HOUR, 0)),)),
        capacities=(2, 3, 2),
        calendars=(Calendar.office(MONDAY, WorkingDays.weekly(), ((9 * HOUR, 17 * HOUR),), FAR),),
        cases=1500,
    )
    trace = same(plan, 1)
    assert int((trace.start - trace.ready).max()) > 100 * DAY


FAR = MONDAY + timedelta(4000)


def test_who_comes_back_in_the_same_instant_stands_before_later_cases():
    """Work that takes no time yet lets a case queue twice at nine, before the case of nine.

    The case of eight waits for the opening; at nine another comes. The first is done at
    once and joins the same queue again, ahead of everybody who is in it.
    """
    from_eight = Calendar.of_days(MONDAY, [((8 * HOUR, 20 * HOUR),)] * 1000)
    plan = plan_of(
        Task("a", HOUR, pools=(0,), calendar=1),
        Task("b", HOUR, pools=(0,), needs=("a",), calendar=1),
        Task("c", 2 * HOUR, pools=(0,), needs=("b",), calendar=2),
        capacities=(1,),
        calendars=(from_eight, NINE_TO_FIVE, ROUND_THE_CLOCK),
        arrivals=Spaced(HOUR),
        cases=2,
    )
    trace = same(replace(plan, learning=(0, 1000)), 1)
    assert trace.arrival.tolist() == [8 * HOUR, 9 * HOUR]
    assert (trace.end == 9 * HOUR).all()


def test_desks_reached_in_one_instant_queue_in_the_order_of_the_plan():
    """Whatever brought them there: the earlier desk first, behind all who came before."""
    tasks = [
        Task("a", 2 * HOUR),
        Task("b", 2 * HOUR),
        Task("c", HOUR, pools=(0,), needs=("b",)),
        Task("d", HOUR, pools=(0,), needs=("a",)),
    ]
    idle = same(plan_of(*tasks, capacities=(1,)), 1)
    assert idle.start[0].tolist() == [0, 0, 2 * HOUR, 3 * HOUR]
    tasks += [
        Task("g", HOUR),
        Task("e", HOUR, pools=(0,), needs=("g",)),
        Task("f", 5 * HOUR, pools=(0,)),
    ]
    busy = same(plan_of(*tasks, capacities=(1,)), 1)
    assert busy.start[0].tolist() == [0, 0, 6 * HOUR, 7 * HOUR, 0, 5 * HOUR, 0]


def test_a_house_without_cases_or_steps_is_simulated():
    """No cases leave no rows; cases without steps leave as they come."""
    none = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,), cases=0)
    assert same(none, 1).ready.shape == (0, 1)
    empty = plan_of(cases=3)
    assert same(empty, 1).finish.tolist() == [0, 0, 0]
    after = with_step(plan_of(Task("check", HOUR)), 0, after_issue=True)
    assert not same(after, 1).served.any()


def test_work_beyond_the_calendar_is_refused_in_the_same_words():
    """Both engines say which work does not end."""
    plan = plan_of(
        Task("a", 10 * DAY, pools=(0,)),
        capacities=(1,),
        calendars=(Calendar.natural(MONDAY, MONDAY + timedelta(8)),),
    )
    with pytest.raises(BeyondCalendar) as slow:
        simpy_engine.simulate_replication(plan, 1, 0)
    with pytest.raises(BeyondCalendar) as fast:
        fast_engine.simulate_replication(plan, 1, 0)
    assert str(fast.value) == str(slow.value)


SMALL = plan_of(Task("a", HOUR, pools=(0,)), capacities=(1,))


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        (with_pool(SMALL, 0, room=3), "Pool.room"),
        (with_desk(SMALL, 0, routes=(Route(-1, (0.5, 0.0), within=DAY),)), "Route.within"),
        (with_desk(SMALL, 0, patience=Fixed(HOUR)), "Desk.patience"),
        (replace(SMALL, until=DAY), "Plan.until"),
        (replace(SMALL, supervision=Supervision(1, 0.5, DAY, DAY, 3)), "Plan.supervision"),
        (with_desk(SMALL, 0, gathering=Quota(3)), "Quota"),
    ],
)
def test_what_is_not_covered_is_named(monkeypatch, plan, name):
    """A feature that no kernel knows, as if it were new, is named, and runs on SimPy."""
    owner, _, feature = name.partition(".")
    if feature:
        forget(monkeypatch, owner, feature)
    else:
        monkeypatch.delitem(plan_arrays.COVERED, owner)
    plan = replace(plan)  # whether a plan is covered is remembered
    assert uncovered(plan) == (name,)
    engine = engine_for(plan, asked="fast")
    assert (engine.name, engine.fell_back) == ("simpy", True)
    assert name in engine.why


def forget(monkeypatch: pytest.MonkeyPatch, owner: str, feature: str) -> None:
    """Let the kernels know a feature no more."""
    known = tuple(name for name in plan_arrays.COVERED[owner] if name != feature)
    monkeypatch.setitem(plan_arrays.COVERED, owner, known)


@dataclass(frozen=True, slots=True)
class NewDesk(Desk):
    """A desk with features of the future."""

    moonlit: bool = False
    helpers: tuple[str, ...] = field(default_factory=tuple)


def test_a_feature_added_later_is_not_ignored(monkeypatch):
    """A field that nobody told the kernel about makes a plan uncovered as soon as it is used."""
    monkeypatch.setitem(plan_arrays.COVERED, "NewDesk", plan_arrays.COVERED["Desk"])
    plain = {each.name: getattr(SMALL.desks[0], each.name) for each in fields(Desk)}
    unused, used = NewDesk(**plain), NewDesk(**plain, moonlit=True, helpers=("owl",))
    assert uncovered(replace(SMALL, desks=(unused,))) == ()
    assert uncovered(replace(SMALL, desks=(used,))) == ("NewDesk.helpers", "NewDesk.moonlit")


def test_what_the_kernel_claims_to_know_exists():
    """Every covered name is a field, so a renamed field cannot keep its cover."""
    kinds = {
        name: kind
        for module in (scenarios.plan, scenarios.orders, scenarios.gatherings)
        for name, kind in vars(module).items()
    }
    for table in (plan_arrays.COVERED, plan_arrays.SIMPLE):
        for name, known in table.items():
            assert set(known) <= {each.name for each in fields(kinds[name])}, name


def test_everything_that_plans_say_is_covered():
    """No kind of thing in a plan, and no field of any, is left to the SimPy engine."""
    kinds = {
        name: kind
        for module in (scenarios.plan, scenarios.orders, scenarios.gatherings)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
    }
    # durations are drawn, and limits watched, outside both engines
    assert set(kinds) - set(plan_arrays.COVERED) == {"OwnWork", "JointWork", "Watch"}
    for name, known in plan_arrays.COVERED.items():
        assert {each.name for each in fields(kinds[name])} == set(known), name


def test_the_engine_is_chosen_by_what_there_is_to_do():
    """Little to do runs on SimPy, much on compiled code, and the other can be asked for."""
    much = station(HOUR, HOUR, 1, cases=20_000)
    assert engine_for(SMALL).name == "simpy"
    assert not engine_for(SMALL).fell_back
    assert engine_for(SMALL, asked="fast").name == "fast"
    assert engine_for(much).name == "fast"
    assert engine_for(SMALL, replications=20_000).name == "fast"
    assert engine_for(much, asked="simpy").name == "simpy"
    with pytest.raises(ValueError, match="'quick' is none of auto, simpy, fast"):
        engine_for(SMALL, asked="quick")


def test_without_numba_plans_run_on_simpy_and_say_so(monkeypatch):
    """A missing or broken compiler costs time, not answers."""
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    engine = engine_for(SMALL, asked="fast")
    assert engine == engines.Engine("simpy", "numba is not installed", fell_back=True)
    assert engine.replication is simpy_engine.simulate_replication
    monkeypatch.setattr(engines, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert engine_for(SMALL, asked="fast").why.startswith("numba does not load: ")


def test_asking_for_an_engine_is_the_only_thing_that_loads_numba():
    """The package and its small runs start without the compiler."""
    code = (
        "import sys, simulator, simulator.engines, simulator.fast_engine;"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ample_people_and_replications_differ_only_by_luck():
    """Replications of the compiled engine are those of the SimPy engine, one by one."""
    plan = plan_of(
        Task("a", HOUR, pools=(0,)),
        Task("b", 3 * HOUR, pools=(1,), needs=("a",), calendar=1),
        capacities=(AMPLE, 1),
        calendars=(NINE_TO_FIVE, ROUND_THE_CLOCK),
        cases=50,
    )
    for number in range(3):
        same(plan, 5, number)
    assert np.array_equal(same(plan, 5, 1).end, same(plan, 5, 1).end)


def test_a_run_says_which_engine_ran_and_why(monkeypatch):
    """A run names its engine, and the feature for which the one asked for did not run."""
    fast = simulate(SMALL, 3, engine="fast")
    slow = simulate(SMALL, 3)
    assert (fast.engine, fast.notice) == ("fast", "")
    assert (slow.engine, slow.notice) == ("simpy", "")
    for one, other in zip(fast.replications, slow.replications, strict=True):
        assert one.end.tolist() == other.end.tolist()
    forget(monkeypatch, "Pool", "room")
    instead = simulate(with_pool(SMALL, 0, room=3), 3, engine="fast")
    assert instead.engine == "simpy"
    assert instead.notice == "the compiled engine does not cover Pool.room yet"


def test_results_do_not_tell_the_engines_apart():
    """What is said of a run is the same to the byte, apart from the engine's name."""
    scenario = load("jiaxing/reform")
    plan = compile_plan(scenario)
    fast, slow = (
        summarise(scenario, simulate(plan, 5, engine=engine)).to_json()
        for engine in ("fast", "simpy")
    )
    assert (fast.pop("engine"), slow.pop("engine")) == ("fast", "simpy")
    assert json.dumps(fast) == json.dumps(slow)
