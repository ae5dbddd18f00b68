"""Small plans made by hand or by Hypothesis, for tests of the engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from rules import Calendar, Kind, Name
from rules.calendars import WorkingDays
from scenarios.arrivals import Arrivals, AtOnce, Poisson, Spaced
from scenarios.distributions import Exponential, Fixed
from scenarios.plan import AMPLE, NO_LAG, Desk, Lag, Link, OwnWork, Plan, PlanStep, Pool, Work
from scenarios.streams import stream_of

HOUR = 3600
MONDAY = date(2025, 1, 6)
ROUND_THE_CLOCK = Calendar.natural(MONDAY, date(2034, 12, 31))
NINE_TO_FIVE = Calendar.office(
    MONDAY, WorkingDays.weekly(), ((9 * HOUR, 17 * HOUR),), date(2034, 12, 31)
)


@dataclass(frozen=True, slots=True)
class Task:
    """A step with a single desk, as tests write it.

    ``ticks`` is its work, ``pools`` whom it needs, ``needs`` its prerequisites, each a key
    or a key with a lag.
    """

    key: str
    work: int | Work
    pools: tuple[int, ...] = ()
    needs: tuple[str | tuple[str, Lag], ...] = ()
    calendar: int = 0
    desks: tuple[tuple[tuple[int, ...], int, int, int], ...] = ()
    """Pools, calendar, fixed ticks and share of each desk, where there are several."""


def plan_of(
    *tasks: Task,
    capacities: Sequence[int] = (),
    calendars: tuple[Calendar, ...] = (ROUND_THE_CLOCK,),
    arrivals: Arrivals = AtOnce(),  # noqa: B008 - frozen, so one default serves all calls
    cases: int = 1,
) -> Plan:
    """Return the plan of tasks that stand in topological order."""
    steps, links, desks = [], [], []
    index = {task.key: number for number, task in enumerate(tasks)}
    for number, task in enumerate(tasks):
        of_task = task.desks or ((task.pools, task.calendar, 0, 0),)
        numbers = tuple(range(len(desks), len(desks) + len(of_task)))
        for place, (pools, calendar, fixed, share) in enumerate(of_task):
            desks.append(Desk(number, f"desk-{place}", pools, calendar, fixed, share))
        work = (
            OwnWork(stream_of(task.key), task.work, Fixed(1))
            if isinstance(task.work, int)
            else task.work
        )
        steps.append(PlanStep(task.key, Name(task.key), Kind.APPROVAL, "", work, numbers))
        for need in task.needs:
            before, lag = need if isinstance(need, tuple) else (need, NO_LAG)
            links.append(Link(index[before], number, lag))
    pools = tuple(
        Pool(f"office-{number}.reviewer", Name(f"office {number}"), capacity, 0)
        for number, capacity in enumerate(capacities)
    )
    links.sort(key=lambda link: (link.before, link.after))
    return Plan(
        "test",
        tuple(steps),
        tuple(links),
        tuple(desks),
        pools,
        calendars,
        arrivals,
        cases,
    )


def with_desk(plan: Plan, number: int, **changes: Any) -> Plan:
    """Return the plan with one desk changed."""
    desks = list(plan.desks)
    desks[number] = replace(desks[number], **changes)
    return replace(plan, desks=tuple(desks))


def with_pool(plan: Plan, number: int, **changes: Any) -> Plan:
    """Return the plan with one pool changed."""
    pools = list(plan.pools)
    pools[number] = replace(pools[number], **changes)
    return replace(plan, pools=tuple(pools))


def with_step(plan: Plan, number: int, **changes: Any) -> Plan:
    """Return the plan with one step changed."""
    steps = list(plan.steps)
    steps[number] = replace(steps[number], **changes)
    return replace(plan, steps=tuple(steps))


def station(mean_gap: float, mean_work: int, reviewers: int, cases: int) -> Plan:
    """Return one office with Poisson cases and exponential work, round the clock: M/M/c."""
    return plan_of(
        Task("review", OwnWork(stream_of("review"), mean_work, Exponential(1)), pools=(0,)),
        capacities=(reviewers,),
        arrivals=Poisson(mean_gap),
        cases=cases,
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans with queues, joint desks, lags, several desks a step and offices that close.

    Times are whole hours and offices open at whole hours, so that arrivals, releases,
    lags and openings often fall on one instant.
    """
    calendars = (
        draw(st.sampled_from([NINE_TO_FIVE, ROUND_THE_CLOCK])),
        ROUND_THE_CLOCK,
        Calendar.of_days(MONDAY, [((8 * HOUR, 10 * HOUR), (11 * HOUR, 14 * HOUR)), ()] * 1000),
    )
    capacities = draw(st.lists(st.sampled_from([1, 1, 2, 2, 3, AMPLE]), min_size=1, max_size=3))
    calendar = st.integers(0, 5).map(lambda number: max(0, number - 3))  # mostly the first
    some = st.lists(st.integers(0, len(capacities) - 1), min_size=1, max_size=3, unique=True)
    pools = st.sampled_from([True, True, True, False]).flatmap(
        lambda staffed: some.map(tuple) if staffed else st.just(())
    )
    hours = st.sampled_from([0, 1, 1, 2, 2, 3]).map(lambda hour: hour * HOUR)
    lag = st.just(NO_LAG) | st.just(NO_LAG) | st.builds(Lag, hours, calendar)
    spread = st.sampled_from([Fixed(1), Fixed(1), Fixed(1), Exponential(1)])
    tasks: list[Task] = []
    for number in range(draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7]))):
        key = f"S{number}"
        before = draw(st.lists(st.sampled_from(tasks), max_size=2, unique=True)) if tasks else []
        tasks.append(
            Task(
                key,
                OwnWork(stream_of(key), draw(hours), draw(spread)),
                needs=tuple((task.key, draw(lag)) for task in before),
                desks=tuple(
                    draw(
                        st.lists(
                            st.tuples(pools, calendar, hours, st.sampled_from([0, 250, 500])),
                            min_size=1,
                            max_size=draw(st.sampled_from([1, 1, 3])),
                        )
                    )
                ),
            )
        )
    return plan_of(
        *tasks,
        capacities=capacities,
        calendars=calendars,
        arrivals=draw(
            st.sampled_from([AtOnce(), Spaced(HOUR), Spaced(2 * HOUR), Poisson(2.0 * HOUR)])
        ),
        cases=draw(st.sampled_from([1, 2, 4, 6, 8, 10])),
    )
