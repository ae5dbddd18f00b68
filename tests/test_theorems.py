"""Laws that hold in every run, on hundreds to ten thousand random scenarios; no hope is asserted.

Theorems (each test says its own):

- with as many people as needed a shorter task or a prerequisite less makes no case longer;
- at one office, first come first served, one person more lets no case wait longer
  (Kiefer and Wolfowitz);
- twice the durations on half the clock is the same run;
- whoever came is finished, refused, withdrawn, turned away or still there, and the time that
  cases spend is the number present, summed over time, to the tick;
- every prerequisite is respected, nobody serves two cases, no closed hour is worked;
- names mean nothing, the same seed gives the same bytes;
- an unrelated step moves no other number, and a step without work none at all;
- a longer promise is kept no less often;
- interrupting, or priorities, with one class of cases is first come, first served.

What only sounds like a theorem (a reviewer more, a prerequisite less, a task shorter in a
network of busy offices) is false: Graham 1969, and is asserted nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import lru_cache
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from plans import HOUR, ROUND_THE_CLOCK, with_pool
from random_plans import SHORT, everything, plain

from rules import Calendar, Kind, Name
from rules.calendars import BeyondCalendar
from scenarios.arrivals import Traced
from scenarios.distributions import Fixed
from scenarios.gatherings import Meeting, Trip, ZoneResult
from scenarios.orders import ByPriority, Interrupting
from scenarios.plan import AMPLE, Desk, OwnWork, Plan, PlanStep
from scenarios.streams import stream_of
from simulator import Outcome, Trace
from simulator.draws import calendars_of, desk_times
from simulator.simpy_engine import simulate_replication

HOW_MANY = [
    300,
    pytest.param(1500, marks=pytest.mark.slow),
    pytest.param(10_000, marks=pytest.mark.long),
]
THIN = [
    100,
    pytest.param(600, marks=pytest.mark.slow),
    pytest.param(10_000, marks=pytest.mark.long),
]
"""Where each scenario is run several times."""


def scenarios(make: Callable[[int], Plan], number: int) -> Iterator[tuple[int, Plan, Trace]]:
    """Yield scenarios with their first replication; the seed is the scenario's number.

    A meeting whose quorum never comes together, and the like, is an error of its own and
    no run; not one in twenty scenarios may be such.
    """
    refused = 0
    for each in range(number):
        plan, trace = played(make, each)
        if trace is None:
            refused += 1
        else:
            yield each, plan, trace
    assert refused <= number / 20


@lru_cache(maxsize=1000)
def played(make: Callable[[int], Plan], number: int) -> tuple[Plan, Trace | None]:
    """Return a scenario with its run, or with none where it can have none."""
    plan = make(number)
    try:
        return plan, simulate_replication(plan, number, 0)
    except BeyondCalendar:
        return plan, None


def same(one: Trace, other: Trace) -> bool:
    """Whether two traces are equal, number by number."""
    return all(
        np.array_equal(getattr(one, each.name), getattr(other, each.name)) for each in fields(Trace)
    )


@pytest.mark.parametrize("number", THIN)
def test_with_ample_people_less_to_do_is_never_later(number):
    """A prerequisite less, or one task a third shorter: no case ends later, path by path."""
    for seed, plan, trace in scenarios(lambda n: plain(n, ample=True), number):
        luck = Random(seed)
        if plan.links:
            gone = luck.randrange(len(plan.links))
            fewer = replace(plan, links=plan.links[:gone] + plan.links[gone + 1 :])
            assert (simulate_replication(fewer, seed, 0).finish <= trace.finish).all(), seed
        place = luck.randrange(len(plan.steps))
        step = plan.steps[place]
        shorter = replace(step, work=replace(step.work, ticks=step.work.ticks * 2 // 3))
        steps = (*plan.steps[:place], shorter, *plan.steps[place + 1 :])
        # the desks of a step share its time, so only the step as a whole is looked at
        less = simulate_replication(replace(plan, steps=steps), seed, 0)
        assert (less.finish <= trace.finish).all(), seed


def one_office(number: int) -> Plan:
    """Return one office with a single desk, open round the clock or not."""
    luck = Random(number)
    key = "office"
    plan = plain(number)
    calendar = luck.randrange(3)
    desk = Desk(0, "desk", (0,), calendar)
    work = OwnWork(stream_of(key), luck.randint(1, 4) * HOUR, plan.steps[0].work.spread)
    step = PlanStep(key, Name(key), Kind.APPROVAL, "", work, (0,))
    pool = replace(plan.pools[0], capacity=luck.randint(1, 3))
    return replace(plan, steps=(step,), links=(), desks=(desk,), pools=(pool,), cases=12)


@pytest.mark.parametrize("number", HOW_MANY)
def test_one_person_more_at_one_office_delays_nobody(number):
    """First come, first served: with one server more no case begins later."""
    for seed, plan, trace in scenarios(one_office, number):
        more = with_pool(plan, 0, capacity=plan.pools[0].capacity + 1)
        assert (simulate_replication(more, seed, 0).start <= trace.start).all(), seed


def times(calendar: Calendar, k: int) -> Calendar:
    """Return a calendar k times as slow."""
    opens = []
    for start, end in calendar.intervals:
        cuts = range((start * k // 86_400 + 1) * 86_400, end * k, 86_400)
        edges = [start * k, *cuts, end * k]
        opens += pairwise(edges)
    return Calendar(calendar.first_day, calendar.days * k, tuple(opens), calendar.day_ticks)


@pytest.mark.parametrize("number", THIN)
def test_the_unit_of_time_means_nothing(number):
    """Durations, lags, calendars and arrivals three times as long: so is every instant."""
    k = 3
    short = tuple(
        Calendar(
            each.first_day, 400, tuple(i for i in each.intervals if i[1] <= 400 * 86_400), HOUR
        )
        for each in SHORT
    )
    slow = tuple(times(each, k) for each in short)
    for seed, plan, _ in scenarios(plain, number):
        fixed = tuple(
            replace(step, work=replace(step.work, spread=Fixed(1))) for step in plan.steps
        )
        comes = simulate_replication(replace(plan, cases=8), seed, 0).arrival
        plan = replace(  # noqa: PLW2901 - the same scenario without what rounding could move
            plan, steps=fixed, calendars=short, cases=8, arrivals=Traced(tuple(comes.tolist()))
        )
        trace = simulate_replication(plan, seed, 0)
        longer = replace(
            plan,
            steps=tuple(
                replace(step, work=replace(step.work, ticks=step.work.ticks * k))
                for step in plan.steps
            ),
            links=tuple(
                replace(link, lag=replace(link.lag, ticks=link.lag.ticks * k))
                for link in plan.links
            ),
            desks=tuple(replace(desk, fixed=desk.fixed * k) for desk in plan.desks),
            calendars=slow,
            arrivals=Traced(tuple((comes * k).tolist())),
        )
        slower = simulate_replication(longer, seed, 0)
        for name in ("arrival", "ready", "start", "end", "finish"):
            assert (getattr(slower, name) == k * getattr(trace, name)).all(), (seed, name)


@pytest.mark.parametrize("number", HOW_MANY)
def test_nobody_is_lost_and_no_time(number):
    """With every feature on: outcomes add up, and sojourns are the number present over time."""
    for seed, plan, trace in scenarios(everything, number):
        outcomes = Counter(trace.outcomes().tolist())
        assert sum(outcomes.values()) == plan.cases
        assert (Outcome.IN_PROCESS in outcomes) <= bool(plan.until), seed
        visits = trace.visits(ordered=False)
        assert (visits[:, 3] <= visits[:, 4]).all(), seed
        assert (visits[:, 4] <= visits[:, 5]).all(), seed
        came = trace.arrival <= trace.finish
        changes: dict[int, int] = defaultdict(int)
        for arrival, finish in zip(trace.arrival[came], trace.finish[came], strict=True):
            changes[int(arrival)] += 1
            changes[int(finish)] -= 1
        instants = sorted(changes)
        present = np.cumsum([changes[t] for t in instants])
        assert (present >= 0).all()
        assert present.size == 0 or present[-1] == 0
        area = int((present[:-1] * np.diff(instants)).sum())
        assert area == int((trace.finish - trace.arrival)[came].sum()), seed
        again = simulate_replication(plan, seed, 0)
        assert same(trace, again), seed


@pytest.mark.parametrize("number", HOW_MANY)
def test_every_prerequisite_is_respected(number):
    """No step is reached before each of its prerequisites is over and its lag has passed."""
    for seed, plan, trace in scenarios(everything, number):
        over: dict[tuple[int, int], int] = {}
        reached: dict[tuple[int, int], int] = {}
        for case, desk, _, ready, _, end in trace.visits(ordered=False).tolist():
            step = plan.desks[desk].step
            at = case, step
            # whoever still works on it when silence was taken for consent does so in vain
            silent = plan.steps[step].silence is not None
            until = int(trace.step_end(plan.steps[step])[case]) if silent else end
            over[at] = max(over.get(at, 0), min(end, until))
            reached[at] = min(reached.get(at, 2**62), ready)
        calendars = calendars_of(plan, seed, 0)
        for link in plan.links:
            for case in range(plan.cases):
                before, after = (case, link.before), (case, link.after)
                if before in over and after in reached:
                    lag = calendars[link.lag.calendar].add(over[before], link.lag.ticks)
                    assert reached[after] >= lag, (seed, link, case)


@pytest.mark.parametrize("number", HOW_MANY)
def test_people_are_never_in_two_places(number):
    """At no instant do more cases hold a pool's people than the pool has, whatever is on.

    Left out is only what holds people otherwise: trips and meetings take several cases at
    once, and who may be interrupted is not held all the time.
    """
    for seed, plan, trace in scenarios(everything, number):
        for place, pool in enumerate(plan.pools):
            if pool.order.interrupts or pool.capacity >= AMPLE:
                continue
            changes: dict[int, int] = defaultdict(int)
            for case, index, _, _, start, end in trace.visits(ordered=False).tolist():
                desk = plan.desks[index]
                if place in desk.pools and not isinstance(
                    desk.gathering, Trip | Meeting | ZoneResult
                ):
                    changes[start] += 1
                    changes[max(end, int(trace.finish[case])) if desk.keeps else end] -= 1
            held = np.cumsum([changes[t] for t in sorted(changes)])
            assert not held.size or held.max() <= pool.capacity, (seed, pool.key)


@pytest.mark.parametrize("number", HOW_MANY)
def test_closed_hours_are_not_worked(number):
    """Work begins in open hours, and the open time of a visit is its work, to the tick."""
    looked_at = 0
    for seed, plan, trace in scenarios(everything, number):
        calendars = calendars_of(plan, seed, 0)
        for case, index in np.argwhere(trace.served).tolist():
            desk = plan.desks[index]
            pools = [plan.pools[pool] for pool in desk.pools]
            start, end = int(trace.start[case, index]), int(trace.end[case, index])
            if not pools or desk.gathering is not None or desk.keeps or start == end:
                continue
            if any(pool.shifts or pool.order.interrupts for pool in pools):
                continue
            if (trace.again[:, :2] == (case, index)).all(axis=1).any():
                continue  # of repeated visits the last is elsewhere
            calendar = calendars[desk.calendar]
            assert calendar.opening(start) == start, (seed, case, index)
            if desk.finishes:
                continue
            worked = calendar.worked(start, end)
            whole = not plan.until or end < plan.until
            work = int(trace.work[case, index])
            assert worked == work if whole else worked <= work, (seed, case, index)
            looked_at += 1
    assert looked_at > number


@pytest.mark.parametrize("number", HOW_MANY)
def test_names_mean_nothing(number):
    """Steps, desks, pools, the plan renamed: not one number moves."""
    for seed, plan, trace in scenarios(everything, number):
        pools = tuple(
            replace(pool, key=pool.key if pool.errand else f"新{pool.key}", name=Name("人"))
            for pool in plan.pools  # other duties are keyed by their pool
        )
        renamed = replace(
            plan,
            key="别名",
            steps=tuple(
                replace(step, key=f"z-{999 - place}", name=Name("步骤"))
                for place, step in enumerate(plan.steps)
            ),
            desks=tuple(replace(desk, name="台") for desk in plan.desks),
            pools=pools,
        )
        assert same(trace, simulate_replication(renamed, seed, 0)), seed


@pytest.mark.parametrize("number", HOW_MANY)
def test_an_unrelated_step_moves_no_other_number(number):
    """A step that nobody waits for, done by nobody else's people, leaves all others as they were.

    Except where a case that stays longer is meant to matter: agents keep it, inspections
    come after it, and who is in the house with all behind him has left.
    """
    looked_at = 0
    for seed, plan, trace in scenarios(everything, number):
        if plan.supervision or plan.in_flight or any(desk.keeps for desk in plan.desks):
            continue
        if any(pool.room >= 0 for pool in plan.pools) and any(s.after_issue for s in plan.steps):
            continue  # a full room turns away who is still in the house, not who has left it
        place, index = len(plan.steps), len(plan.desks)
        work = OwnWork(stream_of("unrelated"), 5 * HOUR, Fixed(1))
        step = PlanStep("unrelated", Name("x"), Kind.APPROVAL, "", work, (index,))
        more = replace(
            plan,
            steps=(*plan.steps, step),
            desks=(*plan.desks, Desk(place, "x", (), 1)),
        )
        longer = simulate_replication(more, seed, 0)
        for name in ("ready", "start", "end", "work", "served"):
            before, after = getattr(trace, name), getattr(longer, name)[:, :index]
            reached = trace.served & (longer.served[:, :index])
            # who is refused ends at the same instant; who was served is served as before
            assert (before[reached] == after[reached]).all(), (seed, name)
        assert (trace.served == longer.served[:, :index]).all(), seed
        looked_at += 1
    assert looked_at > 0.4 * number


@pytest.mark.parametrize("number", HOW_MANY)
def test_a_step_without_work_changes_nothing(number):
    """A step of no days after the others, for whoever is done, moves no instant."""
    for seed, plan, trace in scenarios(plain, number):
        place, index = len(plan.steps), len(plan.desks)
        work = OwnWork(stream_of("nothing"), 0, Fixed(1))
        step = PlanStep("nothing", Name("x"), Kind.APPROVAL, "", work, (index,))
        more = replace(
            plan, steps=(*plan.steps, step), desks=(*plan.desks, Desk(place, "x", (0,), 0))
        )
        longer = simulate_replication(more, seed, 0)
        assert (longer.finish == trace.finish).all(), seed
        assert (longer.end[:, :index] == trace.end).all(), seed
        # and a longer promise is kept no less often
        took = trace.finish - trace.arrival
        kept = [(took <= days * 8 * HOUR).mean() for days in range(0, 40, 4)]
        assert kept == sorted(kept)


@pytest.mark.parametrize("number", HOW_MANY)
def test_one_class_cannot_overtake(number):
    """With one class of cases, priorities and interruptions are first come, first served."""
    for seed, plan, trace in scenarios(plain, number):
        ranked = replace(
            plan, pools=tuple(replace(pool, order=ByPriority()) for pool in plan.pools)
        )
        assert same(trace, simulate_replication(ranked, seed, 0)), seed
        if all(len(desk.pools) < 2 for desk in plan.desks):
            cutting = replace(
                plan, pools=tuple(replace(pool, order=Interrupting()) for pool in plan.pools)
            )
            assert same(trace, simulate_replication(cutting, seed, 0)), seed


def test_the_scenarios_have_every_feature():
    """The random scenarios use what desks, people, cases and arrivals can have."""
    plans = [everything(number) for number in range(300)]
    desks = [desk for plan in plans for desk in plan.desks]
    pools = [pool for plan in plans for pool in plan.pools]
    kinds = {type(desk.gathering).__name__ for desk in desks}
    assert kinds == {"NoneType", "Meeting", "Trip", "ZoneResult", "Quota", "Consultation"}
    for name in (
        "finding",
        "slower",
        "own",
        "routes",
        "when",
        "finishes",
        "patience",
        "to_limit",
        "keeps",
    ):
        assert sum(bool(getattr(desk, name)) for desk in desks) >= 10, name
    assert sum(desk.other_than >= 0 for desk in desks) >= 10
    assert sum(any(shift.desks for shift in pool.shifts) for pool in pools) >= 10
    assert {pool.order.word for pool in pools} == {
        "first_come", "priority", "interrupting", "earliest_deadline", "filing", "list",
    }  # fmt: skip
    assert sum(pool.room >= 0 for pool in pools) >= 10
    for name in ("shifts", "errand"):
        assert sum(bool(getattr(pool, name)) for pool in pools) >= 10, name
    for name in ("learning", "interruptions", "in_flight", "supervision", "until"):
        assert sum(bool(getattr(plan, name)) for plan in plans) >= 10, name
    steps = [step for plan in plans for step in plan.steps]
    for name in ("when", "slower", "after_issue", "priority", "silence", "clearance", "beside"):
        assert sum(bool(getattr(step, name)) for step in steps) >= 10, name
    assert sum(bool(link.lag.ticks) for plan in plans for link in plan.links) >= 10
    assert ROUND_THE_CLOCK in plans[0].calendars
    assert {type(plan.arrivals).__name__ for plan in plans} == {
        "AtOnce", "Spaced", "Poisson", "Renewal", "Groups", "Traced",
    }  # fmt: skip
    assert all((desk_times(plan, 1, 0) >= 0).all() for plan in plans[:20])
