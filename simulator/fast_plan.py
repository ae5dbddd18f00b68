"""A plan and one replication's luck in the arrays of the kernel that knows all of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

import simulator.fast_layout as lay
from scenarios.distributions import Distribution
from scenarios.gatherings import Consultation, Meeting, Quota, Trip, ZoneResult
from scenarios.orders import (
    LAST,
    ByFiling,
    ByList,
    ByPriority,
    EarliestDeadline,
    Interrupting,
    Planned,
)
from scenarios.plan import AMPLE, Desk, IntArray, Plan
from scenarios.streams import stream_of
from simulator.draws import (
    DURATION,
    ERRAND,
    OTHER_DUTY,
    PATIENCE,
    ZONE,
    FloatArray,
    case_facts,
    case_keys,
    holds,
    ticks_of,
)
from simulator.fast_uniforms import uniforms
from simulator.lookup import Lookup

Row = Callable[[int, int, int], IntArray]
"""Gives the drawn times of a row: of seed, replication and the row's number."""

ORDERS = {
    ByPriority: lay.PRIORITY,
    Interrupting: lay.PRIORITY,
    EarliestDeadline: lay.DEADLINE,
    ByFiling: lay.FILING,
    ByList: lay.LISTED,
    Planned: lay.PLANNED,
}


class Kept(NamedTuple):
    """What does not change from one replication to the next.

    Attributes
    ----------
    house : array
        See :mod:`simulator.fast_layout`.
    chances : array
        Chances of routes, of leaving work to its limit and of findings.
    sets : tuple of callable
        What is drawn by rows: at visits after the first, patience, zone results, errands.
    first_rows : int
        How many sets must have their first two rows from the beginning.
    """

    house: IntArray
    chances: FloatArray
    sets: tuple[Row, ...]


class Lists:
    """Numbers and lists that are put into one array behind a header."""

    def __init__(self, header: int) -> None:
        self.parts: list[IntArray] = [np.zeros(header, dtype=np.int64)]
        self.size = header

    def number(self, what: int, value: int) -> None:
        """Put a single number into the header."""
        self.parts[0][what] = value

    def list(self, what: int, values: Iterable[int]) -> None:
        """Put a list behind what is there."""
        mine = np.array(list(values), dtype=np.int64)
        self.parts[0][what] = self.size
        self.parts.append(mine)
        self.size += mine.size

    def lists(self, offsets: int, what: int, values: Sequence[Sequence[int]]) -> None:
        """Put a list of lists behind what is there: where each begins, then all of them."""
        self.list(offsets, np.concatenate([[0], np.cumsum([len(each) for each in values])]))
        self.list(what, chain.from_iterable(values))

    def array(self) -> IntArray:
        """Return everything."""
        return np.concatenate(self.parts, dtype=np.int64)


def kept_of(plan: Plan, look: Lookup) -> Kept:
    """Return a plan as the kernel reads it, with the calendars of ``look``."""
    made = Lists(lay.HOUSE_HEADER)
    chances: list[float] = []
    sets: list[Row] = []
    slots = max((len(pools) for pools in look.pools), default=0)
    for what, value in (
        (lay.WIDTH, look.width),
        (lay.PLACE_BITS, max(0, look.width - 1).bit_length()),
        (lay.SLOT_BITS, slots.bit_length()),
        (lay.STEPS, look.most_steps),
        (lay.CASES, plan.cases),
        (lay.POOLS, len(plan.pools)),
        (lay.DESKS, len(plan.desks)),
        (lay.QUEUES, len(plan.pools) + len(plan.desks)),
        (lay.WAITS, slots),
        (lay.INSIDE, len(plan.in_flight)),
        (lay.UNTIL, plan.until),
        (lay.SHORTEST, look.horizon),
        (lay.RANKED, any(pool.order.ranks for pool in plan.pools)),
        (lay.SKIPS, any(desk.when or plan.steps[desk.step].when for desk in plan.desks)),
        (lay.LEARNING_DAYS, len(plan.learning)),
    ):
        made.number(what, value)
    _desks(made, plan, look, chances, sets)
    _steps_and_types(made, plan, look)
    _pools(made, plan, sets)
    made.lists(lay.INSIDE_DONE, lay.DONE_STEPS, [case.done for case in plan.in_flight])
    made.list(lay.LEARNING, plan.learning)
    watch = plan.supervision
    made.number(lay.APPLICANTS, plan.applicants if watch is None else watch.applicants)
    made.number(lay.ASKING, any(look.asks) or any(look.silent))
    if watch is not None:
        made.number(lay.SUPERVISED, 1)
        made.number(lay.INSPECTED_AFTER, watch.after)
        made.number(lay.HELD_FOR, watch.holds)
        made.number(lay.INSPECTION_STREAM, watch.stream)
        made.number(lay.INSPECTION_CHANCE, len(chances))
        chances.append(watch.chance)
    return Kept(made.array(), np.array([*chances, 0.0]), tuple(sets))


def _desks(made: Lists, plan: Plan, look: Lookup, chances: list[float], sets: list[Row]) -> None:
    desks = plan.desks
    keys = case_keys(plan)
    made.list(lay.DESK_STEP, look.step)
    made.list(lay.DESK_AFTER, look.after)
    made.list(lay.DESK_CALENDAR, (desk.calendar for desk in desks))
    made.list(lay.DESK_STAFFED, look.staffed)
    made.list(lay.DESK_ALWAYS, look.always)
    made.list(lay.DESK_FINISHES, look.finishes)
    made.list(lay.DESK_LEARNS, look.learns)
    made.list(lay.DESK_SPECIAL, look.special)
    made.list(lay.DESK_ROUTED, look.routed)
    made.list(lay.DESK_STREAM, (desk.stream for desk in desks))
    made.list(lay.DESK_OTHER, (desk.other_than for desk in desks))
    made.list(lay.DESK_KEEPS, (desk.keeps for desk in desks))
    made.lists(lay.DESK_PEOPLE, lay.PEOPLE, look.pools)
    made.list(
        lay.DESK_ONE_BY_ONE,
        (len(pools) > 1 and any(plan.pools[each].shifts for each in pools) for pools in look.pools),
    )
    own, patience = [-1] * len(desks), [-1] * len(desks)
    for number, desk in enumerate(desks):
        if desk.own is not None and look.returns[number]:
            own[number] = len(sets)
            drawn = _visits(desk.own, keys, desk.stream, DURATION, 1)
            sets.append(_longer(plan, desk, drawn) if desk.slower else drawn)
        if desk.patience is not None:
            patience[number] = len(sets)
            sets.append(_visits(desk.patience, keys, desk.stream, PATIENCE, 0))
    made.list(lay.DESK_OWN, own)
    made.list(lay.DESK_PATIENCE, patience)
    limits = [desk.to_limit for desk in desks]
    made.list(lay.DESK_LIMIT, (-1 if each is None else each.limit for each in limits))
    made.list(lay.DESK_LIMIT_LAST, (0 if each is None else each.last for each in limits))
    made.list(lay.DESK_LIMIT_CHANCE, range(len(desks)))
    chances += [0.0 if each is None else each.chance for each in limits]
    found = [desk.finding for desk in desks]
    made.list(lay.DESK_ANSWERS, (desk.answers for desk in desks))
    made.list(lay.DESK_FINDS, (-1 if each is None else each.holds for each in found))
    made.list(lay.DESK_AT_DOOR, (each is not None and each.at_door for each in found))
    made.list(lay.DESK_FINDING_CHANCE, range(len(chances), len(chances) + len(desks)))
    chances += [0.0 if each is None else each.chance for each in found]
    routes = [route for desk in desks for route in desk.routes]
    made.list(
        lay.DESK_ROUTES, np.concatenate([[0], np.cumsum([len(desk.routes) for desk in desks])])
    )
    made.list(lay.ROUTE_TO, (route.to for route in routes))
    made.list(lay.ROUTE_WITHIN, (route.within for route in routes))
    lengths = [len(route.chances) for route in routes]
    made.list(lay.ROUTE_CHANCES, np.concatenate([[0], np.cumsum(lengths)]) + len(chances))
    chances += [chance for route in routes for chance in route.chances]
    _gatherings(made, plan, look, sets)


def _gatherings(made: Lists, plan: Plan, look: Lookup, sets: list[Row]) -> None:
    number = len(plan.desks)
    kind, slots, length, quorum = ([0] * number for _ in range(4))
    place = list(range(number))
    sittings: list[tuple[int, ...]] = [()] * number
    travel, each, wait = ([0] * number for _ in range(3))
    first_of: dict[tuple[type, str], int] = {}
    for index, desk in enumerate(plan.desks):
        together = desk.gathering
        if isinstance(together, Meeting | Trip | ZoneResult) and together.key:
            place[index] = first_of.setdefault((type(together), together.key), index)
        if isinstance(together, Meeting):
            kind[index] = lay.IS_MEETING
            slots[index], length[index] = together.slots, together.length
            ample = len(set(desk.pools)) - len(look.pools[index])
            quorum[index], sittings[index] = together.quorum - ample, together.sittings
        elif isinstance(together, Trip):
            kind[index] = lay.IS_TRIP
            slots[index], length[index] = together.least, together.most
            travel[index], each[index], wait[index] = together.travel, together.each, together.wait
        elif isinstance(together, ZoneResult) and desk.own is not None:
            kind[index] = lay.IS_ZONE
            slots[index], length[index] = len(sets), together.valid
            sets.append(_numbered(desk.own, ZONE, 64, desk.stream, DURATION))
        elif isinstance(together, Consultation):
            kind[index], length[index] = lay.IS_CONSULTATION, together.silence
        elif isinstance(together, Quota):
            kind[index] = lay.IS_QUOTA
            slots[index] = together.licences
    made.list(lay.DESK_GATHERS, kind)
    made.list(lay.DESK_PLACE, place)
    made.list(lay.DESK_SLOTS, slots)
    made.list(lay.DESK_LENGTH, length)
    made.list(lay.DESK_QUORUM, quorum)
    made.lists(lay.DESK_SITTINGS, lay.SITTINGS, sittings)
    made.list(lay.DESK_TRAVEL, travel)
    made.list(lay.DESK_EACH, each)
    made.list(lay.DESK_WAIT, wait)
    asks = [desk.gathering for desk in plan.desks]
    made.lists(
        lay.DESK_ASKS,
        lay.ASKS,
        [each.asks if isinstance(each, Consultation) else () for each in asks],
    )
    made.list(
        lay.DESK_DEEMED, (each.deemed if isinstance(each, Consultation) else -1 for each in asks)
    )


def _steps_and_types(made: Lists, plan: Plan, look: Lookup) -> None:
    links = plan.successors()
    flat = [link for after in links for link in after]
    made.list(lay.STEP_FIRST, look.first_desk)
    made.list(lay.STEP_MAIN, look.main)
    made.list(lay.STEP_TIMED, look.timed)
    made.list(lay.STEP_CLEARED, look.cleared)
    silent = [step.silence for step in plan.steps]
    made.list(lay.STEP_SILENCE, (-1 if each is None else each.ticks for each in silent))
    made.list(lay.STEP_SILENCE_CALENDAR, (0 if each is None else each.calendar for each in silent))
    made.list(lay.STEP_SILENCE_DESK, (-1 if each is None else each.desk for each in silent))
    made.list(lay.STEP_DESKS, (min(step.desks) for step in plan.steps))
    made.list(lay.STEP_LAST, (max(step.desks) for step in plan.steps))
    made.list(lay.STEP_PRIORITY, (step.priority for step in plan.steps))
    made.list(lay.STEP_NEEDS, look.needs)
    made.lists(lay.STEP_UNLOCKS, lay.UNLOCKS, [[link.after for link in after] for after in links])
    made.list(lay.LAG, (link.lag.ticks for link in flat))
    made.list(lay.LAG_CALENDAR, (link.lag.calendar for link in flat))
    types = look.types
    made.list(lay.TYPE_DESK, (each.first_desk for each in types))
    made.list(lay.TYPE_DESKS, (each.desks for each in types))
    made.list(lay.TYPE_STEP, (each.first_step for each in types))
    made.list(lay.TYPE_STEPS, (each.steps for each in types))
    made.list(lay.TYPE_MAIN, (each.main for each in types))
    made.list(lay.TYPE_PRIORITY, (each.priority for each in plan.types))
    made.list(lay.TYPE_PROMISE, (each.promise for each in plan.types))
    made.lists(lay.TYPE_ROOTS, lay.ROOTS, [each.roots for each in types])


def _pools(made: Lists, plan: Plan, sets: list[Row]) -> None:
    pools = plan.pools
    attended = [pool.room >= 0 or pool.errand is not None for pool in pools]
    interrupts = [pool.order.interrupts for pool in pools]
    made.list(lay.POOL_CAPACITY, (pool.capacity for pool in pools))
    made.list(lay.POOL_ORDER, (ORDERS.get(type(pool.order), lay.FIRST_COME) for pool in pools))
    made.list(lay.POOL_INTERRUPTS, interrupts)
    made.list(lay.POOL_ATTENDED, attended)
    made.list(lay.POOL_CROWDED, (a or b for a, b in zip(attended, interrupts, strict=True)))
    made.list(lay.POOL_ROOM, (pool.room for pool in pools))
    made.list(lay.POOL_CALENDAR, (pool.calendar for pool in pools))
    errand = [-1] * len(pools)
    for number, pool in enumerate(pools):
        if pool.errand is not None:
            errand[number] = len(sets)
            stream = stream_of(f"errand:{pool.key}")
            sets.append(_numbered(pool.errand, OTHER_DUTY, 1024, stream, ERRAND, 1))
    made.list(lay.POOL_ERRAND, errand)
    people = [[each for each in pool.shifts for _ in range(each.people)] for pool in pools]
    made.lists(
        lay.POOL_SHIFTS, lay.PERSON_CALENDAR, [[each.calendar for each in mine] for mine in people]
    )
    made.lists(lay.PERSON_SKILLS, lay.SKILLS, [each.desks for each in chain.from_iterable(people)])
    hands = [
        pool.capacity if pool.order.interrupts and pool.capacity < AMPLE else 0 for pool in pools
    ]
    made.list(lay.POOL_HANDS, np.concatenate([[0], np.cumsum(hands)]))
    _places(made, plan)


def _places(made: Lists, plan: Plan) -> None:
    """Put down the place of each case and desk in planned orders."""
    tables: dict[Planned, int] = {}
    places: list[int] = []
    listed, begins = [0] * len(plan.pools), [0] * len(plan.pools)
    wide = len(plan.desks)
    for number, pool in enumerate(plan.pools):
        order = pool.order
        if isinstance(order, Planned):
            if order not in tables:
                tables[order] = len(places)
                for row in order.places:
                    places += [*row[:wide], *(LAST,) * (wide - len(row))]
            listed[number], begins[number] = len(order.places), tables[order]
    made.list(lay.POOL_LISTED, listed)
    made.list(lay.POOL_PLACES, begins)
    made.list(lay.PLACES, places)


def _visits(of: Distribution, keys: IntArray, stream: int, purpose: int, first: int) -> Row:
    """Return the draws of all cases, a row for each visit from the first that is wanted."""

    def row(seed: int, replication: int, number: int) -> IntArray:
        drawn = uniforms(
            seed, replication, keys, np.array([stream]), visit=first + number, purpose=purpose
        )
        return ticks_of(of, drawn)

    return row


def _longer(plan: Plan, desk: Desk, drawn: Row) -> Row:
    """Return draws of a desk's own time that what makes its step longer lengthens, too."""

    def row(seed: int, replication: int, number: int) -> IntArray:
        ticks, facts = (
            drawn(seed, replication, number),
            case_facts(plan, seed, replication, numbers=uniforms),
        )
        for each in plan.steps[desk.step].slower:
            longer = np.rint(ticks * (each.thousandths / 1000)).astype(np.int64)
            ticks = np.where(holds((each.when,), facts), longer, ticks)
        return ticks

    return row


def _numbered(
    of: Distribution, begin: int, size: int, stream: int, purpose: int, least: int = 0
) -> Row:
    """Return draws by number, so many in a row."""

    def row(seed: int, replication: int, number: int) -> IntArray:
        keys = begin + size * number + np.arange(size)
        drawn = uniforms(seed, replication, keys, np.array([stream]), purpose=purpose)
        return np.maximum(ticks_of(of, drawn), least)

    return row
