"""The process of :mod:`benchmarks.approval_model` as a plan, and as an idiomatic SimPy model."""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations_with_replacement, islice
from typing import Any

import simpy

from benchmarks import approval_model as model
from rules import Calendar, Kind, Name
from rules.working_days import WorkingDays
from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential
from scenarios.plan import Desk, Link, OwnWork, Plan, PlanStep, Pool
from scenarios.streams import stream_of

MONDAY = date(2024, 1, 1)


def approval_process(cases: int = model.CASES, key: str = "approval") -> Plan:
    """Return the process with so many cases."""
    weeks = model.WEEKS * -(-cases // model.CASES)
    last = MONDAY + timedelta(7 * weeks - 1)
    hours = ((model.OPENS, model.CLOSES),)
    office = Calendar.office(MONDAY, WorkingDays.weekly(), hours, last)
    keys = [f"S{number:02}" for number in range(len(model.NEEDS))]
    return Plan(
        key,
        tuple(
            PlanStep(
                each, Name(each), Kind.APPROVAL, "",
                OwnWork(stream_of(each), 60 * minutes, Exponential(1)), (number,),
            )
            for number, (each, (minutes, _)) in enumerate(
                zip(keys, model.MINUTES_AND_POOL, strict=True)
            )
        ),
        tuple(
            Link(before, after)
            for before, after in sorted(
                (before, after) for after, needs in enumerate(model.NEEDS) for before in needs
            )
        ),
        tuple(
            Desk(number, "review", (pool,), 0)
            for number, (_, pool) in enumerate(model.MINUTES_AND_POOL)
        ),
        tuple(
            Pool(f"office-{number}", Name(f"{number}"), people, 0)
            for number, people in enumerate(model.PEOPLE)
        ),
        (office,),
        Poisson(60.0 * model.GAP),
        cases,
    )  # fmt: skip


def redesigns(count: int) -> list[Plan]:
    """Return today's process, and up to 36 with two people more, each in other pools."""
    today = approval_process()
    plans = [today]
    pairs = combinations_with_replacement(range(len(today.pools)), 2)
    for number, more in enumerate(islice(pairs, count - 1), 1):
        pools = list(today.pools)
        for at in more:
            pools[at] = replace(pools[at], capacity=pools[at].capacity + 1)
        plans.append(replace(today, key=f"approval/{number}", pools=tuple(pools)))
    return plans


def idiomatic(seed: int, cases: int = model.CASES) -> list[float]:
    """Return each case's seconds from arrival to end, by processes as SimPy's guide has them.

    The guide would let work be interrupted at closing time; one timeout until the work is
    done is less to do for SimPy and gives the same.
    """
    luck = random.Random(seed)
    env = simpy.Environment()
    pools = [simpy.Resource(env, people) for people in model.PEOPLE]
    took: list[float] = []

    def activity(number: int, before: list[simpy.Process]) -> Generator[Any, Any, None]:
        minutes, pool = model.MINUTES_AND_POOL[number]
        if before:
            yield simpy.AllOf(env, before)
        with pools[pool].request() as request:
            yield request
            work = 60 * luck.expovariate(1 / minutes)
            yield env.timeout(model.done(env.now, work) - env.now)

    def case() -> Generator[Any, Any, None]:
        came = env.now
        running: list[simpy.Process] = []
        for number, needs in enumerate(model.NEEDS):
            running.append(env.process(activity(number, [running[at] for at in needs])))
        yield running[-1]
        took.append(env.now - came)

    def arrivals() -> Generator[Any, Any, None]:
        opened = 0.0
        for _ in range(cases):
            opened += 60 * luck.expovariate(1 / model.GAP)
            yield env.timeout(model.tick_after(opened) - env.now)
            env.process(case())

    env.process(arrivals())
    env.run()
    return took
