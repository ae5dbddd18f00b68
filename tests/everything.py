"""Random plans in which everything that a plan can say occurs, for tests that compare engines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from plans import (
    HOUR,
    plans,
    with_desk,
    with_pool,
    with_step,
)

from rules import Name
from scenarios.arrivals import (
    Booked,
    Gaps,
    Groups,
    Poisson,
    Profiled,
    Renewal,
    Several,
    Spaced,
    Traced,
)
from scenarios.case_sorts import SALT_SHIFT
from scenarios.distributions import Exponential, Fixed, Lognormal, Uniform
from scenarios.gatherings import Consultation, Meeting, Quota, Trip, ZoneResult
from scenarios.interruptions import Absence, Outage
from scenarios.orders import (
    ByFiling,
    ByList,
    ByPriority,
    EarliestDeadline,
    Interrupting,
    Planned,
)
from scenarios.plan import (
    AMPLE,
    DONE,
    REFUSED,
    WITHDRAWN,
    CaseType,
    Desk,
    Fact,
    Finding,
    InFlight,
    Part,
    Plan,
    Route,
    Shift,
    Silence,
    Slower,
    Sorting,
    Supervision,
    ToTheLimit,
    Watch,
    When,
)

DAY = 24 * HOUR
FACT = Fact("complete", ("yes", "no"), (1.0, 1.0), stream=77)
TIMES = st.sampled_from([Fixed(HOUR), Exponential(3 * HOUR), Lognormal(2 * HOUR, 1), Fixed(0)])
ORDERS = (ByPriority(), EarliestDeadline(), ByFiling(), ByList())
FEATURES = (
    "orders", "interrupting", "room", "errand", "shifts", "routes", "patience", "limit", "keeps",
    "meeting", "trip", "zone", "quota", "types", "sorted", "in flight", "supervision", "until",
    "facts", "consultation", "silence", "findings", "planned", "arrivals", "absence", "watch",
)  # fmt: skip


@st.composite
def everything(draw: st.DrawFn, features: tuple[str, ...] = FEATURES) -> Plan:
    """Plans with some of the features, of which each may stand in several places."""
    wanted = draw(st.lists(st.sampled_from(features), min_size=1, max_size=5, unique=True))
    plan = draw(plans())
    for feature in sorted(wanted, key=FEATURES.index):
        plan = draw(globals()["_" + feature.replace(" ", "_")](plan))
    return plan


def _scarce(plan: Plan, desk: Desk) -> set[int]:
    return {pool for pool in desk.pools if plan.pools[pool].capacity < AMPLE}


def _alone(plan: Plan) -> list[int]:
    """Return the pools that work at no desk together with others."""
    joint = {
        pool for desk in plan.desks if len(_scarce(plan, desk)) > 1 for pool in _scarce(plan, desk)
    }
    return [
        number
        for number, pool in enumerate(plan.pools)
        if number not in joint and pool.capacity < AMPLE
    ]


def _some(draw: st.DrawFn, of: list[int]) -> list[int]:
    return draw(st.lists(st.sampled_from(of), min_size=1, unique=True)) if of else []


@st.composite
def _orders(draw: st.DrawFn, plan: Plan) -> Plan:
    order = draw(st.sampled_from(ORDERS))
    for number in range(len(plan.pools)):
        plan = with_pool(plan, number, order=order)
    for number in range(len(plan.steps)):
        plan = with_step(plan, number, priority=draw(st.integers(0, 2)))
    return replace(plan, types=(replace(plan.types[0], promise=draw(st.sampled_from([0, DAY]))),))


@st.composite
def _interrupting(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, _alone(plan)):
        plan = with_pool(plan, number, order=Interrupting())
    for number in range(len(plan.steps)):
        plan = with_step(plan, number, priority=draw(st.integers(0, 2)))
    return plan


@st.composite
def _room(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, list(range(len(plan.pools)))):
        plan = with_pool(plan, number, room=draw(st.integers(0, 3)))
    return plan


@st.composite
def _errand(draw: st.DrawFn, plan: Plan) -> Plan:
    scarce = [number for number, pool in enumerate(plan.pools) if pool.capacity < AMPLE]
    for number in _some(draw, scarce):
        plan = with_pool(plan, number, errand=draw(TIMES))
    return replace(plan, until=plan.until or draw(st.sampled_from([2 * DAY, 20 * DAY])))


@st.composite
def _shifts(draw: st.DrawFn, plan: Plan) -> Plan:
    """People one by one, at joint desks too, some of whom may not serve every desk."""
    fit = [
        number
        for number, pool in enumerate(plan.pools)
        if pool.capacity < AMPLE and not pool.order.interrupts and pool.errand is None
    ]
    for number in _some(draw, fit):
        capacity = draw(st.integers(1, 3))
        mine = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        skills = st.just(()) | st.lists(st.sampled_from(mine or [0]), unique=True).map(tuple)
        shifts = tuple(Shift(draw(st.integers(0, 2)), 1, draw(skills)) for _ in range(capacity))
        plan = with_pool(plan, number, capacity=capacity, shifts=shifts)
    for number, desk in enumerate(plan.desks):
        first = plan.steps[desk.step].desks[0]
        if (
            set(desk.pools) <= {0}
            and desk.pools
            and plan.pools[desk.pools[0]].capacity > 1
            and draw(st.booleans())
        ):
            plan = with_desk(plan, number, other_than=first)
    return plan


@st.composite
def _routes(draw: st.DrawFn, plan: Plan) -> Plan:
    """Ways back and out, desks aside, times of a desk's own at every visit."""
    for step in plan.steps:
        for index in step.desks:
            changes: dict[str, Any] = {"stream": 1000 + index}
            if draw(st.booleans()):
                to = st.sampled_from([*step.desks, DONE, REFUSED, WITHDRAWN])
                chances = st.sampled_from([(0.3,), (0.5, 0.0), (0.4, 0.2, 0.1), (0.5, 0.5, 0.0)])
                some = draw(st.lists(st.tuples(to, chances), min_size=1, max_size=2))
                within = draw(st.sampled_from([0, 0, HOUR, DAY]))
                changes["routes"] = tuple(Route(to, of, within) for to, of in some)
            if draw(st.booleans()):
                changes["own"] = draw(TIMES)
            if index != step.desks[0] and draw(st.booleans()):
                changes["aside"] = True
            plan = with_desk(plan, index, **changes)
    return plan


@st.composite
def _patience(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, list(range(len(plan.desks)))):
        patience = draw(st.sampled_from([Fixed(HOUR), Exponential(4 * HOUR), Fixed(0)]))
        plan = with_desk(plan, number, patience=patience, stream=1000 + number)
    return plan


@st.composite
def _limit(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, [n for n, desk in enumerate(plan.desks) if not desk.pools]):
        limit = ToTheLimit(draw(st.sampled_from([0.5, 1.0])), 9 * HOUR, draw(st.integers(0, HOUR)))
        plan = with_desk(plan, number, to_limit=limit, stream=1000 + number)
    return plan


@st.composite
def _keeps(draw: st.DrawFn, plan: Plan) -> Plan:
    staffed = [n for n, desk in enumerate(plan.desks) if _scarce(plan, desk)]
    for number in _some(draw, staffed)[:2]:
        if not any(plan.pools[p].order.interrupts for p in plan.desks[number].pools):
            plan = with_desk(plan, number, keeps=True)
    return plan


def _plain(plan: Plan, *, staffed: bool = False) -> list[int]:
    """Return desks at which cases may gather."""
    return [
        number
        for number, desk in enumerate(plan.desks)
        if desk.gathering is None and not desk.keeps
        and (not staffed or _scarce(plan, desk))
        and not any(plan.pools[p].order.interrupts for p in desk.pools)
    ]  # fmt: skip


@st.composite
def _meeting(draw: st.DrawFn, plan: Plan) -> Plan:
    every = draw(st.sampled_from([HOUR, 7 * HOUR, DAY]))
    sittings = tuple(range(draw(st.sampled_from([0, 9 * HOUR])), 200 * DAY, every))
    for number in _some(draw, _plain(plan)):
        quorum = draw(st.integers(0, len(set(plan.desks[number].pools))))
        length = draw(st.sampled_from([0, HOUR, 2 * HOUR]))
        meeting = Meeting(
            draw(st.sampled_from("AB")), sittings, draw(st.integers(1, 3)), length, quorum
        )
        plan = with_desk(plan, number, gathering=meeting)
    return plan


@st.composite
def _trip(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, _plain(plan, staffed=True)):
        least = draw(st.integers(1, 3))
        trip = Trip(
            least,
            least + draw(st.integers(0, 2)),
            "",
            draw(st.sampled_from([0, HOUR])),
            draw(st.booleans()),
            draw(st.sampled_from([0, 0, 2 * HOUR])),
        )
        plan = with_desk(plan, number, gathering=trip)
        like = [
            other
            for other in _plain(plan, staffed=True)
            if (plan.desks[other].pools, plan.desks[other].calendar)
            == (plan.desks[number].pools, plan.desks[number].calendar)
        ]
        if like and draw(st.booleans()):  # the same crews survey for both
            for each in (number, like[0]):
                plan = with_desk(plan, each, gathering=replace(trip, key=f"trip {number}"))
    return plan


@st.composite
def _zone(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, _plain(plan)):
        valid = draw(st.sampled_from([0, HOUR, 3 * HOUR, 10 * DAY]))
        own = draw(TIMES)
        zone = ZoneResult(valid, draw(st.sampled_from(["", "Z"])))
        plan = with_desk(plan, number, gathering=zone, own=own, stream=1000 + number)
    return plan


@st.composite
def _quota(draw: st.DrawFn, plan: Plan) -> Plan:
    for number in _some(draw, _plain(plan)):
        plan = with_desk(plan, number, gathering=Quota(draw(st.integers(0, 8))))
    return plan


@st.composite
def _types(draw: st.DrawFn, plan: Plan) -> Plan:
    """Two kinds of cases: the steps are parted between them."""
    cut = draw(st.integers(0, len(plan.steps)))
    for number in range(cut, len(plan.steps)):
        plan = with_step(plan, number, of=1)
    links = tuple(link for link in plan.links if (link.before < cut) == (link.after < cut))
    urgent, plain = (
        CaseType(key, Name(key), 1.0, draw(st.integers(1, 2)), draw(st.sampled_from([0, DAY])))
        for key in ("urgent", "plain")
    )
    plan = replace(plan, links=links, types=(urgent, plain))
    if draw(st.booleans()):
        some = plan.cases // 2
        parts = (Poisson(2.0 * HOUR), Spaced(HOUR))
        plan = replace(plan, arrivals=Several(parts, (some, plan.cases - some)))
    return plan


@st.composite
def _sorted(draw: st.DrawFn, plan: Plan) -> Plan:
    """Two streams, of which one is sorted by a choice and a number into two kinds of cases."""
    if len(plan.types) > 1:
        return plan
    cuts = sorted(draw(st.lists(st.integers(0, len(plan.steps)), min_size=2, max_size=2)))
    of = [sum(cut <= number for cut in cuts) for number in range(len(plan.steps))]
    for number, kind in enumerate(of):
        plan = with_step(plan, number, of=kind)
    links = tuple(link for link in plan.links if of[link.before] == of[link.after])
    facts = (
        Fact("a.zone", ("no", "yes"), (0.6, 0.4), 501),
        Fact("a.land", ("0", "1", "2"), (), 502, Uniform(0, 100), (50.0,), draw(st.booleans())),
    )
    table = tuple(draw(st.lists(st.integers(0, 1), min_size=6, max_size=6)))
    some = draw(st.integers(1, max(1, plan.cases - 1)))
    other = max(1, plan.cases - some)
    sortings = (
        Sorting("a", some, 5 << SALT_SHIFT, (0, 1), table),
        Sorting("b", other, 9 << SALT_SHIFT, (), (2,)),
    )
    kinds = (plan.types[0], *(replace(plan.types[0], key=key) for key in ("large", "b")))
    parts = draw(st.permutations((Poisson(2.0 * HOUR), Spaced(HOUR))))
    return replace(
        plan, links=links, facts=facts, sortings=sortings, types=kinds, cases=some + other,
        arrivals=Several(tuple(parts), (some, other)),
    )  # fmt: skip


@st.composite
def _arrivals(draw: st.DrawFn, plan: Plan) -> Plan:
    """Cases that come in groups, by booking, by profile or as a file says."""
    if isinstance(plan.arrivals, Several):
        return plan
    at = st.lists(st.integers(0, 60), min_size=plan.cases, max_size=plan.cases)
    ticks = tuple(HOUR * hour for hour in sorted(draw(at))) if not plan.in_flight else ()
    hours = ((9 * HOUR, 12 * HOUR, 2.0), (13 * HOUR, 16 * HOUR, 1.0))
    profile = Profiled(6.0, (1.3, 1, 1, 1, 0.8, 0, 0), hours, dispersion=2.0)
    some = [
        Renewal(Uniform(0, 4.0 * HOUR)), Groups(5.0 * HOUR, 2), Gaps(Fixed(HOUR)), profile,
        Booked(Poisson(1.0 * HOUR), HOUR, 2), *([Traced(ticks)] if ticks else []),
    ]  # fmt: skip
    return replace(plan, arrivals=draw(st.sampled_from(some)))


@st.composite
def _absence(draw: st.DrawFn, plan: Plan) -> Plan:
    away = Absence((draw(st.integers(0, 2)),), draw(st.sampled_from([0.1, 0.4])), 98)
    return replace(plan, interruptions=(*plan.interruptions, away))


@st.composite
def _watch(draw: st.DrawFn, plan: Plan) -> Plan:
    """Let limits be extended when they are nearly over."""
    for number in range(len(plan.steps)):
        plan = with_step(plan, number, statute=DAY, extension=draw(st.sampled_from([0, DAY])))
    return replace(plan, watch=Watch(800, False, draw(st.sampled_from([0.0, 0.5]))))


@st.composite
def _in_flight(draw: st.DrawFn, plan: Plan) -> Plan:
    needs = [[link.before for link in links] for links in plan.predecessors()]
    inside = []
    for _ in range(draw(st.integers(1, 4))):
        of = draw(st.integers(0, len(plan.types) - 1))
        # which procedure a case of a sorted stream goes through its facts alone say
        known = {kind for each in plan.sortings for kind in each.types}
        if plan.sortings and of not in known:
            continue
        types = next((set(each.types) for each in plan.sortings if of in each.types), {of})
        done: list[int] = []
        for number, step in enumerate(plan.steps):
            if step.of in types and set(needs[number]) <= set(done) and draw(st.booleans()):
                done.append(number)
        inside.append(InFlight(of, tuple(done)))
    return replace(plan, in_flight=tuple(inside), cases=plan.cases + len(inside))


@st.composite
def _supervision(draw: st.DrawFn, plan: Plan) -> Plan:
    after, holds = draw(st.sampled_from([0, HOUR, DAY])), draw(st.sampled_from([HOUR, DAY]))
    return replace(plan, supervision=Supervision(draw(st.integers(1, 3)), 0.5, after, holds, 9))


@st.composite
def _until(draw: st.DrawFn, plan: Plan) -> Plan:
    return replace(plan, until=draw(st.sampled_from([HOUR, 10 * HOUR, 3 * DAY])))


@st.composite
def _consultation(draw: st.DrawFn, plan: Plan) -> Plan:
    """Let the first desk of some steps ask the second, and at times the third."""
    for step in plan.steps:
        if len(step.desks) < 2 or any(plan.desks[each].gathering for each in step.desks):
            continue
        asker, *others = step.desks
        asked = others[: draw(st.integers(1, len(others)))]
        deemed = others[-1] if others[-1] not in asked else -1
        silence = draw(st.sampled_from([0, HOUR, 3 * HOUR])) if deemed >= 0 else 0
        asks = Consultation(tuple(asked), silence, deemed)
        plan = with_desk(plan, asker, gathering=asks, pools=(), own=Fixed(0), stream=asker)
        for each in asked:
            plan = with_desk(plan, each, aside=True, answers=asker)
    return plan


@st.composite
def _silence(draw: st.DrawFn, plan: Plan) -> Plan:
    for number, step in enumerate(plan.steps):
        if len(step.desks) > 1 and draw(st.booleans()):
            ticks = draw(st.sampled_from([HOUR, 2 * HOUR, DAY]))
            plan = with_desk(plan, step.desks[-1], aside=True)
            plan = with_step(plan, number, silence=Silence(ticks, 0, step.desks[-1]))
    return plan


@st.composite
def _findings(draw: st.DrawFn, plan: Plan) -> Plan:
    for number, desk in enumerate(plan.desks):
        if number == plan.steps[desk.step].desks[-1] and draw(st.booleans()):
            finding = Finding(0.5, draw(st.sampled_from([HOUR, DAY])), draw(st.booleans()))
            plan = with_desk(plan, number, finding=finding, stream=2000 + number)
    for number in range(len(plan.steps)):
        plan = with_step(plan, number, clearance=draw(st.booleans()))
    return plan if plan.supervision else replace(plan, applicants=draw(st.integers(1, 3)))


@st.composite
def _facts(draw: st.DrawFn, plan: Plan) -> Plan:
    """Conditions, what makes steps longer, steps after the result, learning, outages."""
    mine = len(plan.facts)
    plan = replace(plan, facts=(*plan.facts, FACT))
    condition = st.sampled_from([(), (When(mine, (0,)),), (When(mine, (1,)),)])
    for number in range(len(plan.desks)):
        changes = {
            "slower": draw(st.booleans()),
            "when": draw(condition),
            "finishes": draw(st.booleans()),
            "part": draw(st.sampled_from(Part)),
        }
        plan = with_desk(plan, number, **changes)
    for number in range(len(plan.steps)):
        slower = draw(st.sampled_from([(), (Slower(When(mine, (1,)), 1500),)]))
        after = draw(st.sampled_from([False, False, True]))
        plan = with_step(plan, number, when=draw(condition), slower=slower, after_issue=after)
    outage = Outage((0,), Exponential(30 * HOUR), Fixed(3 * HOUR), 99)
    return replace(
        plan,
        learning=draw(st.sampled_from([(), (1500, 1200, 1000), (0, 2000)])),
        interruptions=draw(st.sampled_from([(), (outage,)])),
    )


@st.composite
def _planned(draw: st.DrawFn, plan: Plan) -> Plan:
    """Give people the order of a schedule, for all or the first cases, strict where possible.

    Case by case and desk by desk, with the cases shuffled, or any order at all: then somebody
    may wait for ever.
    """
    listed = draw(st.integers(0, plan.cases))
    wide = len(plan.desks)
    numbers = draw(st.permutations(range(listed)))
    places = [[case * wide + desk for desk in range(wide)] for case in numbers]
    if draw(st.sampled_from([False, False, True])) and listed:
        flat = draw(st.permutations(range(min(listed, 6) * wide)))
        places = [list(flat[case * wide : (case + 1) * wide]) for case in range(min(listed, 6))]
    refused = any(
        plan.desks[desk].gathering is not None or plan.desks[desk].keeps
        for desk in range(wide)
        if plan.desks[desk].pools
    ) or any(pool.shifts for pool in plan.pools)
    order = Planned(tuple(map(tuple, places)), not refused and draw(st.booleans()))
    for number, pool in enumerate(plan.pools):
        if not pool.order.interrupts:
            plan = with_pool(plan, number, order=order)
    return plan
