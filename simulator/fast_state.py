"""The state of the kernel that knows all of a plan: how it begins, and the trace it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import simulator.fast_layout as lay
from scenarios.case_sorts import SALT_SHIFT
from scenarios.gatherings import Quota
from scenarios.orders import LAST, Planned
from scenarios.plan import IntArray, Plan
from simulator.draws import (
    arrival_times,
    case_facts,
    case_keys,
    case_types,
    desk_times,
    holds,
)
from simulator.fast_plan import Kept
from simulator.fast_uniforms import uniforms
from simulator.job_tables import trace_of
from simulator.lookup import Lookup
from simulator.trace import Outcome, Trace

WISHES_AT_ONCE = 4096


@dataclass(slots=True)
class Played:
    """What :func:`simulator.job_tables.trace_of` reads of an engine when its run is over."""

    plan: Plan
    look: Lookup
    cases: int
    width: int
    types: IntArray
    base: IntArray
    arrival: IntArray
    finish: IntArray
    outcome: IntArray
    ready: IntArray
    start: IntArray
    end: IntArray
    work: IntArray
    skip: IntArray | None
    visit: dict[int, int]
    earlier: IntArray
    holds: list[tuple[int, ...]]
    interruptible: Pauses
    kept: dict[int, list[tuple[int, int, int]]]
    now: int


@dataclass(slots=True)
class Pauses:
    """Whose work is interrupted still, and since when."""

    paused: dict[int, int]


@dataclass(frozen=True, slots=True)
class Luck:
    """What is drawn of a replication before it is played."""

    arrival: IntArray
    types: IntArray
    work: IntArray
    skip: IntArray | None

    @classmethod
    def of(cls, plan: Plan, seed: int, replication: int) -> Luck:
        """Draw."""
        skip = None
        conditions = [(*plan.steps[desk.step].when, *desk.when) for desk in plan.desks]
        if any(conditions):
            facts = case_facts(plan, seed, replication, numbers=uniforms)
            skip = np.column_stack([~holds(when, facts) for when in conditions]).astype(np.int64)
        return cls(
            arrival_times(plan, seed, replication, numbers=uniforms),
            case_types(plan, seed, replication, numbers=uniforms),
            desk_times(plan, seed, replication, numbers=uniforms),
            skip,
        )


def state_of(
    plan: Plan, look: Lookup, kept: Kept, luck: Luck, address: tuple[int, int], roomy: int
) -> IntArray:
    """Return the state in which a run begins.

    Parameters
    ----------
    roomy : int
        How many times the usual room is left for what may be pending at once.
    """
    house, cases = kept.house, plan.cases
    jobs, steps = cases << int(house[lay.PLACE_BITS]), cases * look.most_steps
    pools, desks = len(plan.pools), len(plan.desks)
    queues, nodes = pools + desks, jobs << int(house[lay.SLOT_BITS])
    people = sum(shift.people for pool in plan.pools for shift in pool.shifts)
    hands = int(house[house[lay.POOL_HANDS] + pools])
    applicants = int(house[lay.APPLICANTS])
    interrupts = any(pool.order.interrupts for pool in plan.pools)
    asking = bool(house[lay.ASKING])
    special, ranked = any(look.special), bool(house[lay.RANKED])
    most = {
        lay.MOST_EVENTS: roomy * (2 * jobs + steps + 1024),
        lay.MOST_TOUCHES: roomy * (jobs + 65_536),
        lay.MOST_LEAVINGS: roomy * (cases + steps + 1024),
        lay.MOST_NOTES: roomy * (2 * jobs + 1024),
        lay.MOST_EARLIER: roomy * (jobs + 1024) * int(any(look.returns)),
        lay.MOST_HOLDS: roomy * (2 * jobs + 65_536),
        lay.MOST_WISHES: WISHES_AT_ONCE,
    }
    strict = sequences_of(plan, look, luck.types)
    begins = np.concatenate([[0], np.cumsum([len(each) for each in strict])])
    no_matter = None
    sizes: tuple[tuple[int, int, int | None], ...] = (
        # what, how long, and with what it is filled
        (lay.ARRIVAL, cases, no_matter), (lay.COMES, cases, no_matter), (lay.WHO, cases, no_matter),
        (lay.TYPE, cases, no_matter), (lay.OUTCOME, cases, int(Outcome.IN_PROCESS)),
        (lay.FINISH, cases, -1), (lay.OPEN_STEPS, cases, no_matter), (lay.KEPT, cases, -1),
        (lay.LUCK_KEY, cases, no_matter), (lay.APPLICANT, cases, no_matter),
        (lay.MISSING, steps, no_matter), (lay.ENABLED, steps, 0),
        (lay.BEGAN, steps * any(look.timed), -1), (lay.OPEN, steps * any(look.silent), 0),
        (lay.ASKED, jobs * asking, 0), (lay.VOID, jobs * asking, 0),
        (lay.STEPS_SINCE, applicants, 0), (lay.STEPS_UNTIL, applicants, 0),
        (lay.ASKED_DUE, most[lay.MOST_LEAVINGS], no_matter),
        (lay.STEPS_DUE, most[lay.MOST_LEAVINGS], no_matter),
        (lay.WORK, jobs, no_matter), (lay.SKIP, jobs * (luck.skip is not None), 0),
        (lay.READY, jobs, -1), (lay.START, jobs, -1), (lay.END, jobs, -1),
        (lay.VISIT, jobs * special, 0), (lay.SEGMENT, jobs * interrupts, -1),
        (lay.LEFT_AT, jobs * interrupts, no_matter), (lay.REMAINING, jobs * interrupts, -1),
        (lay.PAUSED, jobs * interrupts, -1), (lay.RANK, jobs * ranked, 0),
        (lay.LATE, jobs * any(look.trip), 0), (lay.TOOK, nodes * bool(people), 0),
        (lay.FREE, pools, no_matter), (lay.ALARM, pools, -1), (lay.ERRANDS, pools, 0),
        (lay.ATTENDED, pools, 0), (lay.BUSY, people, 0), (lay.SPOKEN_FOR, people, 0),
        (lay.OFFERED, people, 0), (lay.HANDS, hands, no_matter),
        (lay.HANDS_FULL, pools, 0), (lay.DUE, pools, no_matter),
        (lay.SEQUENCE_OF, pools + 1, no_matter), (lay.SEQUENCE, sum(map(len, strict)), no_matter),
        (lay.STRUCK, sum(map(len, strict)), 0),
        (lay.HEAD, lay.LEVELS * queues, -1), (lay.TAIL, lay.LEVELS * queues, -1),
        (lay.LONG, queues, 0), (lay.BEHIND, lay.LEVELS * nodes, no_matter),
        (lay.SITTING, desks, -1), (lay.MEETING_DUE, desks, 0), (lay.QUOTA_DUE, desks, 0),
        (lay.FIRST_OF_TRIP, desks, -1), (lay.LATE_ONES, desks, 0),
        (lay.ASSESSING, desks, 0), (lay.UNDER_WAY, desks, -1),
        (lay.LAST_UNDER_WAY, desks, -1), (lay.VALID_UNTIL, desks, 0), (lay.RESULTS, desks, 0),
        (lay.LICENCES, desks, 0), (lay.HELD_SINCE, applicants, 0), (lay.HELD_UNTIL, applicants, 0),
        (lay.STACK, look.width + look.most_steps + cases + 64, no_matter),
        (lay.KEYS, most[lay.MOST_EVENTS], no_matter), (lay.WHATS, most[lay.MOST_EVENTS], no_matter),
        (lay.TOUCHED, most[lay.MOST_TOUCHES], no_matter),
        (lay.LEAVING, most[lay.MOST_LEAVINGS], no_matter),
        (lay.NOTES, 4 * most[lay.MOST_NOTES], no_matter),
        (lay.HELD, 5 * most[lay.MOST_HOLDS], no_matter),
        (lay.EARLIER, 6 * most[lay.MOST_EARLIER], no_matter),
        (lay.REVISITED, jobs * any(look.returns), no_matter),
        (lay.WISHED, 2 * WISHES_AT_ONCE, no_matter),
    )  # fmt: skip
    # memory that is not used is not taken, so there may be much of it
    state = np.empty(lay.STATE_HEADER + sum(size for _, size, _ in sizes), dtype=np.int64)
    state[: lay.STATE_HEADER] = 0
    at = lay.STATE_HEADER
    for what, size, value in sizes:
        state[what] = at
        if value is not None:
            state[at : at + size] = value
        at += size
    for what, number in most.items():
        state[what] = number
    state[lay.NOW] = state[lay.NOTE_FREE] = -1
    state[lay.NOTES_USED] = 1
    state[lay.IS_RANKED], state[lay.NODE_SHIFT] = ranked, house[lay.SLOT_BITS]
    state[lay.IS_STRICT] = any(map(len, strict))
    state[lay.QUEUES_OF], state[lay.NODES] = queues, nodes
    state[lay.SEED], state[lay.REPLICATION] = np.array(
        [each % 2**64 for each in address], dtype=np.uint64
    ).view(np.int64)
    order, keys = np.argsort(luck.arrival, kind="stable"), case_keys(plan)
    needs = np.zeros((len(look.types), look.most_steps), dtype=np.int64)
    for number, each in enumerate(look.types):
        needs[number, : each.steps] = each.needs
    for what, values in (
        (lay.ARRIVAL, luck.arrival),
        (lay.COMES, luck.arrival[order]),
        (lay.WHO, order),
        (lay.TYPE, luck.types),
        (lay.LUCK_KEY, keys),
        (lay.APPLICANT, (keys % 2**SALT_SHIFT if plan.sortings else np.arange(cases))
            % max(1, applicants)),
        (lay.OPEN_STEPS, np.array([each.main for each in look.types], dtype=np.int64)[luck.types]),
        (lay.MISSING, needs[luck.types].reshape(-1)),
        (lay.FREE, [pool.capacity for pool in plan.pools]),
        (lay.DUE, begins[:-1]), (lay.SEQUENCE_OF, begins), (lay.SEQUENCE, np.concatenate(
            [np.zeros(0, dtype=np.int64), *strict])),
        (lay.LICENCES, [
            desk.gathering.licences if isinstance(desk.gathering, Quota) else 0
            for desk in plan.desks
        ]),
    ):  # fmt: skip
        state[state[what] : state[what] + len(values)] = values
    _fill(state, look, lay.WORK, luck.types, luck.work, cases)
    if luck.skip is not None:
        _fill(state, look, lay.SKIP, luck.types, luck.skip, cases)
    return state


def sequences_of(plan: Plan, look: Lookup, types: IntArray) -> list[IntArray]:
    """Return of each pool that keeps a strict sequence the places in it; see ``Sequences``."""
    found = []
    for pool, each in enumerate(plan.pools):
        places: set[int] = set()
        if isinstance(each.order, Planned) and each.order.strict:
            for case, of in enumerate(types.tolist()):
                first = look.types[of].first_desk
                for desk in range(first, first + look.types[of].desks):
                    if pool in look.pools[desk]:
                        places.add(each.order.place(case, desk))
        found.append(np.array(sorted(places - {LAST}), dtype=np.int64))
    return found


def _fill(
    state: IntArray, look: Lookup, what: int, types: IntArray, values: IntArray, cases: int
) -> None:
    """Put a table by case and desk into one by job."""
    table = _by_case(state, look, what, cases)
    if len(look.types) == 1:
        table[:, : look.width] = values
        return
    for number, each in enumerate(look.types):
        mine = np.flatnonzero(types == number)
        first = each.first_desk
        table[mine, : each.desks] = values[mine, first : first + each.desks]


def _by_case(state: IntArray, look: Lookup, what: int, cases: int) -> IntArray:
    wide = 1 << max(0, look.width - 1).bit_length()
    return state[state[what] : state[what] + cases * wide].reshape(cases, wide)


def trace_from(plan: Plan, look: Lookup, luck: Luck, state: IntArray) -> Trace:
    """Return the trace that a state holds at the end of a run."""
    cases, width = plan.cases, look.width
    bits = max(0, width - 1).bit_length()

    def jobs(what: int) -> IntArray:
        return np.ascontiguousarray(_by_case(state, look, what, cases)[:, :width])

    def numbers(what: int, size: int) -> IntArray:
        return state[state[what] : state[what] + size].copy()

    if any(look.asks):  # whoever still waits for opinions does so until the run ends
        asked = _by_case(state, look, lay.ASKED, cases) > 0
        _by_case(state, look, lay.END, cases)[asked] = plan.until or int(state[lay.NOW])
    again = numbers(lay.REVISITED, int(state[lay.REVISITS]))
    visits = state[state[lay.VISIT] + again]
    places = (again >> bits) * width + (again & ((1 << bits) - 1))
    first_desks = np.array([each.first_desk for each in look.types], dtype=np.int64)
    return trace_of(
        Played(
            plan,
            look,
            cases,
            width,
            luck.types,
            first_desks[luck.types],
            luck.arrival,
            numbers(lay.FINISH, cases),
            numbers(lay.OUTCOME, cases),
            jobs(lay.READY).reshape(-1),
            jobs(lay.START).reshape(-1),
            jobs(lay.END).reshape(-1),
            jobs(lay.WORK).reshape(-1),
            None if luck.skip is None else jobs(lay.SKIP).reshape(-1),
            dict(zip(places.tolist(), visits.tolist(), strict=True)),
            numbers(lay.EARLIER, 6 * int(state[lay.EARLIERS])),
            _holds(state, first_desks[luck.types], bits),
            Pauses(_paused(state, cases, width, bits) if _interrupts(plan) else {}),
            _kept(state, cases),
            plan.until or int(state[lay.NOW]),
        )
    )


def _interrupts(plan: Plan) -> bool:
    return any(pool.order.interrupts for pool in plan.pools)


def _holds(state: IntArray, base: IntArray, bits: int) -> list[tuple[int, ...]]:
    """Return who was held or let go other than by a visit."""
    at = int(state[lay.HELD])
    rows = state[at : at + 5 * int(state[lay.HOLDS])].reshape(-1, 5)
    job = rows[:, 4]
    case = np.where(job < 0, -1, job >> bits)
    desk = np.where(job < 0, -1, base[np.maximum(case, 0)] + (job & ((1 << bits) - 1)))
    return [tuple(row) for row in np.column_stack([rows[:, :4], case, desk]).tolist()]


def _paused(state: IntArray, cases: int, width: int, bits: int) -> dict[int, int]:
    """Return whose work is interrupted still, by job as the SimPy engine numbers them."""
    at = int(state[lay.PAUSED])
    since = state[at : at + (cases << bits)]
    jobs = np.flatnonzero(since >= 0)
    places = (jobs >> bits) * width + (jobs & ((1 << bits) - 1))
    return dict(zip(places.tolist(), since[jobs].tolist(), strict=True))


def _kept(state: IntArray, cases: int) -> dict[int, list[tuple[int, int, int]]]:
    """Return who stays with which case still: pool, person, since when."""
    at, notes = int(state[lay.KEPT]), int(state[lay.NOTES])
    first = state[at : at + cases]
    kept: dict[int, list[tuple[int, int, int]]] = {}
    for case in np.flatnonzero(first >= 0).tolist():
        note = int(first[case])
        kept[case] = []
        while note >= 0:
            pool, after, person, since = state[notes + 4 * note : notes + 4 * note + 4].tolist()
            kept[case].append((pool, person, since))
            note = after
    return kept
