"""A plan as whole numbers in arrays, for the compiled engine; and what that engine leaves out.

The engine covers a plan only if it knows every field that is in use. What it knows is
listed here; a field that is not listed must have its default, so a feature that is added
to plans later is left to the SimPy engine until somebody teaches it to the kernel.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rules import Calendar
from scenarios.plan import IntArray, Plan
from simulator.lookup import Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COVERED: dict[str, tuple[str, ...]] = {
    "Plan": (
        "key", "steps", "links", "desks", "pools", "calendars", "arrivals", "cases", "types",
        "facts", "interruptions", "learning", "in_flight", "supervision", "until", "sortings",
        "applicants",
        # for whoever reads the trace
        "watch",
    ),
    "PlanStep": (
        "key", "work", "desks", "of", "when", "slower", "priority", "after_issue",
        "silence", "clearance",
        # for whoever reads the trace
        "beside",
        "name", "kind", "office", "promise", "promise_calendar", "statute", "limit_calendar",
        "extension", "items", "lower_reviews",
    ),
    "Link": ("before", "after", "lag"),
    "Lag": ("ticks", "calendar"),
    "Desk": (
        "step", "name", "pools", "calendar", "fixed", "share", "own", "stream", "part", "routes",
        "aside", "when", "finishes", "patience", "to_limit", "keeps", "gathering", "other_than",
        "slower", "answers", "finding",
        # for the clocks
        "reason", "restarts",
    ),
    "Pool": ("key", "name", "capacity", "calendar", "order", "room", "shifts", "errand"),
    "CaseType": ("key", "name", "weight", "priority", "promise"),
    "Fact": ("key", "values", "weights", "stream", "numbers", "points", "whole"),
    "Sorting": ("key", "number", "salt", "facts", "types"),
    "InFlight": ("type", "done"),
    "Supervision": ("applicants", "chance", "after", "holds", "stream"),
    "Route": ("to", "chances", "within"),
    "ToTheLimit": ("chance", "limit", "last"),
    "When": ("fact", "values"),
    "Slower": ("when", "thousandths"),
    "Shift": ("calendar", "people", "desks"),
    "Meeting": ("key", "sittings", "slots", "length", "quorum"),
    "Trip": ("least", "most", "key", "travel", "each", "wait"),
    "ZoneResult": ("valid", "key"),
    "Quota": ("licences",),
    "Consultation": ("asks", "silence", "deemed"),
    "Silence": ("ticks", "calendar", "desk"),
    "Finding": ("chance", "holds", "at_door"),
    "FirstCome": (),
    "ByPriority": (),
    "Interrupting": (),
    "EarliestDeadline": (),
    "ByFiling": (),
    "ByList": (),
    "Planned": ("places", "strict"),
}  # fmt: skip
"""Fields that the kernels, or the draws that they share with the SimPy engine, take account of."""

SIMPLE: dict[str, tuple[str, ...]] = {
    "PlanStep": (
        "key", "work", "desks", "when", "slower", "priority", "after_issue", "name", "kind",
        "office", "promise", "promise_calendar", "statute", "limit_calendar", "extension",
        "items", "lower_reviews",
    ),
    "Plan": (
        "key", "steps", "links", "desks", "pools", "calendars", "arrivals", "cases", "facts",
        "interruptions", "learning", "watch",
    ),
    "Desk": (
        "step", "name", "pools", "calendar", "fixed", "share", "own", "stream", "part", "when",
        "finishes", "slower", "reason", "restarts",
        # counts only where a pool has shifts
        "other_than",
    ),
    "Pool": ("key", "name", "capacity", "calendar"),
}  # fmt: skip
"""Fields that the quicker kernel knows; priorities mean nothing without a queue order."""


DESK_BITS, POOL_BITS = 20, 8
"""Bits that the kernel has for the number of a desk, and of a pool among those of a desk."""


@lru_cache(maxsize=64)
def uncovered(plan: Plan) -> tuple[str, ...]:
    """Return the fields in use that the compiled engine does not cover, such as ``Desk.routes``.

    Examples
    --------
    ``uncovered(compile_plan(load("jiaxing/reform")))`` is empty.
    """
    names = {name for value in _values_of(plan) for name in _in_use(value, COVERED)}
    return tuple(sorted(names))


@lru_cache(maxsize=64)
def is_simple(plan: Plan) -> bool:
    """Return whether the quicker kernel, which knows first-come queues only, can run a plan."""
    values: Iterable[Any] = chain((plan,), plan.steps, plan.desks, plan.pools)
    return not (
        any(_in_use(value, SIMPLE) for value in values)
        or len(plan.desks) > 2**DESK_BITS
        or any(len(desk.pools) > 2**POOL_BITS for desk in plan.desks)
    )


def _values_of(plan: Plan) -> Iterable[Any]:
    """Yield every value of a plan whose fields a kernel reads itself, each once."""
    desks, steps = plan.desks, plan.steps
    conditions = {when for desk in desks for when in desk.when}
    conditions |= {when for step in steps for when in step.when}
    return chain(
        (plan,), steps, plan.links, {link.lag for link in plan.links}, desks, plan.pools,
        plan.types, plan.facts, plan.sortings, set(plan.in_flight), conditions,
        () if plan.supervision is None else (plan.supervision,),
        {slower for step in steps for slower in step.slower},
        {route for desk in desks for route in desk.routes},
        {desk.to_limit for desk in desks} - {None},
        {shift for pool in plan.pools for shift in pool.shifts},
        {desk.gathering for desk in desks} - {None},
        {desk.finding for desk in desks} - {None},
        {step.silence for step in steps} - {None},
        {pool.order for pool in plan.pools},
    )  # fmt: skip


def _in_use(value: Any, known: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the fields of a dataclass that are neither known nor at their default."""
    owner = type(value).__name__
    if owner not in known:
        return [owner]
    unknown = [each for each in fields(value) if each.name not in known[owner]]
    return [f"{owner}.{each.name}" for each in unknown if not _is_default(value, each)]


def _is_default(value: Any, field: Field[Any]) -> bool:
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = field.default_factory()
    else:
        return False
    return bool(getattr(value, field.name) == default)


class House(NamedTuple):
    """What does not change in a run; every number is int64, every list of lists is flat.

    Attributes
    ----------
    width, steps : int
        Desks and steps of a case.
    main : int
        Steps that must end before a case is finished.
    desk_step, desk_after, desk_calendar : array by desk
        Step, desk that follows in the step or -1, calendar.
    desk_staffed, desk_always, desk_finishes, desk_learns : array by desk
        1 where it has people, never closes, goes on after closing, gets quicker by practice.
    desk_people : array by desk, one longer
        Where the desk's pools begin in ``people``.
    people : array
        Pools that can run short, desk by desk, rising.
    capacity : array by pool
        Number of people.
    step_first, step_main : array by step
        First desk; 1 where a case is not finished before.
    needs : array by step
        Number of prerequisites.
    roots : array
        First desks of steps without prerequisites.
    step_unlocks : array by step, one longer
        Where the step's successors begin in ``unlocks``, ``lag`` and ``lag_calendar``.
    unlocks, lag, lag_calendar : array
        Successors with the ticks that must pass before them, and on which calendar.
    learning : array
        Thousandths that work takes on each civil day, the last for all later days.
    shortest : int
        First tick that some calendar does not cover.
    """

    width: int
    steps: int
    main: int
    desk_step: IntArray
    desk_after: IntArray
    desk_calendar: IntArray
    desk_staffed: IntArray
    desk_always: IntArray
    desk_finishes: IntArray
    desk_learns: IntArray
    desk_people: IntArray
    people: IntArray
    capacity: IntArray
    step_first: IntArray
    step_main: IntArray
    needs: IntArray
    roots: IntArray
    step_unlocks: IntArray
    unlocks: IntArray
    lag: IntArray
    lag_calendar: IntArray
    learning: IntArray
    shortest: int


HEADER = 8
"""Numbers that tell about each calendar at the front of :func:`hours_of`."""
STARTS, ENDS, BEFORE, DAYS, BUCKETS, INTERVALS, HORIZON, BUCKET_TICKS = range(HEADER)
"""What they are: where its ``starts``, ``ends``, ``before``, ``day_first`` and ``bucket`` begin
(see :class:`rules.calendars.CalendarTables`), the number of opening intervals, the first tick
that is not covered, and the open ticks of a bucket."""


def house_of(plan: Plan, calendars: tuple[Calendar, ...]) -> House:
    """Return a covered plan in arrays, with the calendars of one replication."""
    look = Lookup(plan, calendars)
    links = plan.successors()
    flat = [link for after in links for link in after]
    (only,) = look.types
    return House(
        width=len(plan.desks),
        steps=len(plan.steps),
        main=only.main,
        desk_step=_ints(look.step),
        desk_after=_ints(look.after),
        desk_calendar=_ints(desk.calendar for desk in plan.desks),
        desk_staffed=_ints(look.staffed),
        desk_always=_ints(look.always),
        desk_finishes=_ints(look.finishes),
        desk_learns=_ints(look.learns),
        desk_people=_offsets([len(pools) for pools in look.pools]),
        people=_ints(chain.from_iterable(look.pools)),
        capacity=_ints(pool.capacity for pool in plan.pools),
        step_first=_ints(look.first_desk),
        step_main=_ints(look.main),
        needs=_ints(look.needs),
        roots=_ints(only.roots),
        step_unlocks=_offsets([len(after) for after in links]),
        unlocks=_ints(link.after for link in flat),
        lag=_ints(link.lag.ticks for link in flat),
        lag_calendar=_ints(link.lag.calendar for link in flat),
        learning=_ints(plan.learning or (1000,)),
        shortest=look.horizon,
    )


def hours_of(calendars: tuple[Calendar, ...]) -> IntArray:
    """Return the tables of all calendars in one array, :data:`HEADER` numbers of each first.

    A single array, because compiled functions count who uses each array that they are given.
    """
    header: list[int] = []
    parts: list[IntArray] = []
    at = HEADER * len(calendars)
    for calendar in calendars:
        tables = calendar.arrays()
        mine = [tables.starts, tables.ends, tables.before, tables.day_first, tables.bucket]
        for part in mine:
            header.append(at)
            at += part.size
        header += [tables.starts.size, calendar.horizon, tables.bucket_ticks]
        parts += mine
    return np.concatenate([_ints(header), *parts], dtype=np.int64)


def _ints(numbers: Iterable[int]) -> IntArray:
    return np.array(list(numbers), dtype=np.int64)


def _offsets(lengths: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
