"""A plan of steps, desks and pools as an idiomatic SimPy model, for the shipped Jiaxing reform.

Of the plan it takes what a modeller would copy from it: who does what after what, for how long,
and when offices are open. How it runs, and its luck, are its own. It holds those of a joint step
who are free until the others are, as requests in SimPy do; our engines take all at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import Any

import simpy

from benchmarks.administration_simpy import Hours
from scenarios.arrivals import Poisson
from scenarios.distributions import Fixed, Triangular
from scenarios.plan import AMPLE, JointWork, Plan, Work

Process = Generator[simpy.Event, Any, Any]
Draw = Callable[[], float]


def reform_in_simpy(plan: Plan, seed: int) -> list[float]:
    """Return each case's seconds from arrival to end.

    Raises
    ------
    TypeError
        When the plan has a distribution of which the model knows nothing.
    """
    luck = random.Random(seed)
    env = simpy.Environment()
    hours = [Hours(list(calendar.intervals)) for calendar in plan.calendars]
    pools = [simpy.Resource(env, min(pool.capacity, AMPLE)) for pool in plan.pools]
    needs = [[link.before for link in links] for links in plan.predecessors()]
    lasts = [_draw(step.work, luck) for step in plan.steps]
    took: list[float] = []

    def desk(number: int, work: float) -> Process:
        place = plan.desks[number]
        open_ = hours[place.calendar]
        requests = [pools[each].request() for each in place.pools]
        if len(requests) == 1:
            yield requests[0]
        elif requests:
            yield simpy.AllOf(env, requests)
        yield env.timeout(open_.wait(env.now, work))
        for each, request in zip(place.pools, requests, strict=True):
            pools[each].release(request)

    def step(number: int, before: list[simpy.Process]) -> Process:
        if before:
            yield simpy.AllOf(env, before)
        duration = left = lasts[number]()
        *others, last = plan.steps[number].desks
        for each in others:
            place = plan.desks[each]
            work = min(left, place.fixed + duration * place.share / 1000)
            left -= work
            yield from desk(each, work)
        yield from desk(last, left)

    def case() -> Process:
        came = env.now
        running: list[simpy.Process] = []
        for number, before in enumerate(needs):
            running.append(env.process(step(number, [running[at] for at in before])))
        yield simpy.AllOf(env, running)
        took.append(env.now - came)

    def arrivals() -> Process:
        if not isinstance(plan.arrivals, Poisson):
            raise TypeError(f"no model of {plan.arrivals}")
        opened = 0.0
        for _ in range(plan.cases):
            opened += luck.expovariate(1 / plan.arrivals.mean_gap)
            yield env.timeout(hours[0].moment(opened) - env.now)
            env.process(case())

    env.process(arrivals())
    env.run()
    return took


def _draw(work: Work, luck: random.Random) -> Draw:
    """Return what draws the seconds that a step takes."""
    if isinstance(work, JointWork):
        draws = [(key, _draw(member, luck)) for key, member in work.members]
        rule, day = work.rule, work.day_ticks
        return lambda: rule.value(
            {key: draw() for key, draw in draws}, lambda days: days * day, max, min
        )
    spread, seconds = work.spread, work.ticks
    if isinstance(spread, Fixed):
        return lambda: seconds * spread.value
    if isinstance(spread, Triangular):
        return lambda: seconds * luck.triangular(spread.min, spread.max, spread.mode)
    raise TypeError(f"no model of {spread}")
