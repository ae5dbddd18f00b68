"""Plans at random with every feature of desks, people and arrivals, for laws of all runs.

They are small, so that thousands run in seconds, and times are whole hours, so that much
falls on one instant. A number gives always the same plan.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from plans import (
    HOUR,
    MONDAY,
    NINE_TO_FIVE,
    ROUND_THE_CLOCK,
    Task,
    plan_of,
    with_desk,
    with_pool,
    with_step,
)

from rules import Calendar, Name
from scenarios.arrivals import AtOnce, Groups, Poisson, Renewal, Spaced, Traced
from scenarios.distributions import Exponential, Fixed, Triangular, Uniform
from scenarios.gatherings import Consultation, Meeting, Quota, Trip, ZoneResult
from scenarios.interruptions import Absence, Outage
from scenarios.orders import ByFiling, ByList, ByPriority, EarliestDeadline, Interrupting
from scenarios.plan import (
    AMPLE,
    DONE,
    NO_LAG,
    REFUSED,
    WITHDRAWN,
    CaseType,
    Fact,
    Finding,
    InFlight,
    Lag,
    OwnWork,
    Part,
    Plan,
    Route,
    Shift,
    Silence,
    Slower,
    Supervision,
    ToTheLimit,
    When,
)
from scenarios.plan_checks import problems_of_plan
from scenarios.streams import stream_of

DAY = 24 * HOUR
MORNINGS = Calendar.of_days(MONDAY, [((8 * HOUR, 10 * HOUR), (11 * HOUR, 14 * HOUR)), ()] * 500)
SHORT = (
    Calendar(MONDAY, NINE_TO_FIVE.days, NINE_TO_FIVE.intervals, NINE_TO_FIVE.day_ticks),
    ROUND_THE_CLOCK,
    MORNINGS,
)
FACTS = (
    Fact("complete", ("yes", "no"), (2.0, 1.0), 901),
    Fact("large", ("no", "yes"), (1, 1), 902),
)


def plain(number: int, ample: bool = False, lags: bool = True) -> Plan:
    """Return a plan of queues, joint desks, lags and office hours; first come, first served."""
    luck = Random(number)
    capacities = [AMPLE if ample else luck.choice([1, 1, 2, 3]) for _ in range(luck.randint(1, 3))]
    tasks: list[Task] = []
    for place in range(luck.randint(1, 6)):
        key = f"S{place}"
        desks = []
        for _ in range(luck.choice([1, 1, 2])):
            some = luck.sample(range(len(capacities)), luck.randint(1, min(2, len(capacities))))
            pools = tuple(sorted(some)) if luck.random() < 0.8 else ()
            desks.append((pools, luck.choice([0, 0, 1, 2]), luck.randint(0, 2) * HOUR, 250))
        needs = luck.sample(tasks, min(len(tasks), luck.randint(0, 2)))
        spread = luck.choice([Fixed(1), Fixed(1), Exponential(1)])
        lag = Lag(luck.randint(0, 3) * HOUR, luck.randint(0, 2)) if lags else NO_LAG
        tasks.append(
            Task(
                key,
                OwnWork(stream_of(key), luck.randint(0, 4) * HOUR, spread),
                needs=tuple((task.key, luck.choice([NO_LAG, lag])) for task in needs),
                desks=tuple(desks),
            )
        )
    come = luck.choice(
        [AtOnce(), Spaced(HOUR), Poisson(2.0 * HOUR), Renewal(Uniform(0, 4.0 * HOUR)),
         Groups(5.0 * HOUR, 2)]
    )  # fmt: skip
    cases = 2 * luck.randint(1, 4)
    return plan_of(*tasks, capacities=capacities, calendars=SHORT, arrivals=come, cases=cases)


def everything(number: int) -> Plan:
    """Return a plan with any features that go together."""
    for attempt in range(100):
        luck = Random(1_000_000 + 1000 * number + attempt)
        plan = replace(plain(luck.randrange(10**6)), facts=FACTS)
        plan = _people(_desks(_steps(plan, luck), luck), luck)
        plan = replace(
            plan,
            learning=luck.choice([(), (), (1500, 1200, 1000)]),
            until=luck.choice([0, 0, 30 * HOUR, 5 * DAY]),
        )
        if luck.random() < 0.2:
            plan = replace(
                plan, interruptions=(Outage((2,), Exponential(30 * HOUR), Fixed(HOUR), 7),)
            )
        elif luck.random() < 0.2:
            plan = replace(plan, interruptions=(Absence((2,), 0.2, 8),))
        if luck.random() < 0.2:
            ready = [s for s in range(len(plan.steps)) if not plan.predecessors()[s]]
            inside = (InFlight(0, ()), InFlight(0, tuple(luck.sample(ready, 1))))
            plan = replace(plan, in_flight=inside, cases=plan.cases + len(inside))
        elif luck.random() < 0.2:
            plan = replace(plan, supervision=Supervision(2, 0.5, 3 * HOUR, 9 * HOUR, 33))
        if luck.random() < 0.1:
            ticks = tuple(sorted(luck.randrange(50) * HOUR for _ in range(plan.cases)))
            if not plan.in_flight:
                plan = replace(plan, arrivals=Traced(ticks))
        # drawn apart, so that a feature that is added leaves the others of a number as they were
        plan = _ways(plan, Random(7_000_000 + 1000 * number + attempt))
        if not problems_of_plan(plan):
            return plan
    raise AssertionError(f"no sound plan of number {number}")


def _steps(plan: Plan, luck: Random) -> Plan:
    steps = []
    for place, step in enumerate(plan.steps):
        when = (When(luck.randrange(2), (luck.randrange(2),)),) if luck.random() < 0.25 else ()
        slower = (Slower(When(0, (1,)), 1860),) if luck.random() < 0.2 else ()
        steps.append(
            replace(
                step,
                when=when,
                slower=slower,
                priority=luck.randint(0, 2),
                after_issue=place > 0 and luck.random() < 0.15,
            )
        )
    promise = luck.choice([0, 16 * HOUR])
    kind = CaseType("case", Name("办件", "Case"), promise=promise)
    return replace(plan, steps=tuple(steps), types=(kind,))


def _desks(plan: Plan, luck: Random) -> Plan:
    sittings = tuple(range(10 * HOUR, 200 * DAY, luck.choice([DAY, 3 * DAY])))
    for index, desk in enumerate(plan.desks):
        own = plan.steps[desk.step].desks
        changes: dict[str, object] = {"stream": 100 + index}
        kind = luck.randrange(14)
        if kind == 0:
            changes["own"] = luck.choice([Fixed(HOUR), Triangular(HOUR, 2 * HOUR, 4 * HOUR)])
        elif kind == 1:
            changes["finishes"] = True
        elif kind == 2:
            changes["patience"] = Exponential(4 * HOUR)
        elif kind == 3:
            chances = luck.choice([(0.5, 0.0), (0.3,)])
            changes["routes"] = (Route(own[0], chances, luck.choice([0, 8 * HOUR])),)
        elif kind == 4:
            changes["routes"] = (Route(luck.choice([REFUSED, WITHDRAWN, DONE]), (0.3,)),)
        elif kind == 5:
            changes["when"] = (When(1, (1,)),)
        elif kind == 6:
            length = luck.choice([0, 2 * HOUR])
            quorum = luck.randint(0, len(desk.pools))
            changes["gathering"] = Meeting(
                f"m{index}", sittings, luck.randint(1, 3), length, quorum
            )
        elif kind == 7 and desk.pools:
            changes["gathering"] = Trip(1, luck.randint(1, 3))
        elif kind == 8:
            changes["gathering"] = ZoneResult(2 * DAY)
            changes["own"] = Fixed(3 * HOUR)
        elif kind == 9:
            changes["gathering"] = Quota(luck.randint(0, 5))
        elif kind == 10 and not desk.pools:
            changes["to_limit"] = ToTheLimit(0.5, 24 * HOUR, 8 * HOUR)
        elif kind == 11:
            changes["part"] = luck.choice([Part.DWELL, Part.APPLICANT, Part.NOTICE, Part.STOPPED])
        elif kind == 12 and len(desk.pools) == 1:
            changes["keeps"] = luck.random() < 0.5
        plan = with_desk(plan, index, **changes)
    return plan


def _people(plan: Plan, luck: Random) -> Plan:
    orders = [ByPriority(), Interrupting(), EarliestDeadline(), ByFiling(), ByList()]
    order = luck.choice(orders) if luck.random() < 0.5 else None
    for number, pool in enumerate(plan.pools):
        if order is not None:
            plan = with_pool(plan, number, order=order)
        kind = luck.randrange(8)
        if kind == 0:
            plan = with_pool(plan, number, room=luck.randint(0, 2))
        elif kind == 1:
            plan = with_pool(plan, number, errand=Exponential(2.0 * HOUR))
        elif kind == 2 and pool.capacity < AMPLE:
            first = luck.randint(0, pool.capacity)
            people = ((0, first), (2, pool.capacity - first))
            shifts = tuple(Shift(calendar, some) for calendar, some in people if some)
            plan = with_pool(plan, number, shifts=shifts)
    return plan


def _ways(plan: Plan, luck: Random) -> Plan:
    """Add what a case may meet: opinions, silence, findings, skills, another approver."""
    for number, step in enumerate(plan.steps):
        plain = len(step.desks) > 1 and all(_is_plain(plan, index) for index in step.desks)
        kind = luck.randrange(5)
        if kind == 0 and plain:
            asker, *asked = step.desks
            asks = Consultation(tuple(asked))
            plan = with_desk(plan, asker, pools=(), own=Fixed(0), gathering=asks)
            for each in asked:
                plan = with_desk(plan, each, aside=True, answers=asker)
            plan = with_step(plan, number, beside=tuple(asked))
        elif kind == 1 and plain and not step.after_issue:  # who has the result asks no consent
            leaves = step.desks[-1]
            plan = with_desk(plan, leaves, aside=True, pools=(), own=Fixed(0))
            silence = Silence(luck.choice([HOUR, 5 * HOUR]), luck.randint(0, 2), leaves)
            plan = with_step(plan, number, silence=silence)
        elif kind == 2 and plan.supervision is None:
            finding = Finding(0.5, luck.choice([HOUR, DAY]), luck.random() < 0.5)
            plan = with_desk(plan, step.desks[-1], finding=finding)
            plan = with_step(plan, luck.randrange(len(plan.steps)), clearance=True)
            plan = replace(plan, applicants=2)
        elif kind == 3:
            plan = with_desk(plan, step.desks[-1], slower=True, own=Fixed(2.0 * HOUR))
    for number, pool in enumerate(plan.pools):
        free = not pool.shifts and not pool.order.interrupts and pool.errand is None
        if not free or pool.capacity >= AMPLE or luck.random() < 0.6:
            continue
        for step in plan.steps:
            some = [index for index in step.desks if _is_plain(plan, index)]
            if pool.capacity > 1 and len(some) > 1 and luck.random() < 0.7:
                reviews, approves = some[:2]
                plan = with_desk(plan, reviews, pools=(number,))
                plan = with_desk(plan, approves, pools=(number,), other_than=reviews)
        mine = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        able = [luck.choice([0, 0, len(mine)]) for _ in range(pool.capacity)]
        skills = [tuple(luck.sample(mine, luck.randint(0, most))) for most in able]
        plan = with_pool(plan, number, shifts=tuple(Shift(0, 1, each) for each in skills))
    return plan


def _is_plain(plan: Plan, index: int) -> bool:
    """Whether files come to a desk one by one, and no route or limit is of it."""
    desk = plan.desks[index]
    return not (desk.gathering or desk.keeps or desk.routes or desk.to_limit or desk.aside)
