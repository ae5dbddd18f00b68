"""What can be said about a staffing before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from optimizer.erlang import erlang_c, fewest_stable, square_root_staffing
from scenarios.gatherings import Meeting
from scenarios.plan import AMPLE, Desk, Plan
from simulator.draws import arrival_times, desk_times


@dataclass(frozen=True, slots=True)
class PoolLoad:
    """What comes to a pool of people.

    Attributes
    ----------
    pool : str
        Key, ``<office>.window`` or ``<office>.reviewer``.
    load : float
        People that are busy on average, if nobody waits (offered load).
    stable : int
        Fewest people with whom the queue does not grow for ever.
    square_root : int
        People by the square-root rule: where the search begins to look.
    """

    pool: str
    load: float
    stable: int
    square_root: int

    def queues(self, people: int) -> float:
        """Return the chance that work queues, by Erlang C."""
        return erlang_c(people, self.load)


MOST_SITTINGS = 5
"""Sittings of a joint meeting, at most, in the time in which it sits once today."""


def loads(plan: Plan, seed: int, replications: int = 3) -> tuple[PoolLoad, ...]:
    """Return the load of each pool with people, from the work that is really drawn.

    Work is counted in the desk's open time, arrivals over the open time of the pool's
    calendar from the first to the last arrival.
    """
    held = np.zeros(len(plan.pools))
    for number in range(replications):
        times = desk_times(plan, seed, number)
        arrivals = arrival_times(plan, seed, number)
        for index, desk in enumerate(plan.desks):
            for pool in desk.pools:
                calendar = plan.calendars[plan.pools[pool].calendar]
                open_time = calendar.worked(int(arrivals.min()), int(arrivals.max()))
                if open_time:
                    held[pool] += float(times[:, index].sum()) / open_time / replications
    return tuple(
        PoolLoad(
            pool.key,
            float(held[number]),
            fewest_stable(float(held[number])),
            square_root_staffing(float(held[number])),
        )
        for number, pool in enumerate(plan.pools)
        if pool.capacity < AMPLE
    )


def meetings(plan: Plan) -> dict[str, int]:
    """Return what may be chosen about joint meetings, with today's number.

    ``<meeting>.slots`` are the cases of one sitting; ``<meeting>.sittings`` says how often
    it sits in the time in which it sits once today.
    """
    found: dict[str, int] = {}
    for desk in plan.desks:
        if isinstance(desk.gathering, Meeting):
            found[f"{desk.gathering.key}.slots"] = desk.gathering.slots
            found[f"{desk.gathering.key}.sittings"] = 1
    return found


def staffed(plan: Plan, people: Mapping[str, int]) -> Plan:
    """Return a plan with other numbers of people in some pools, or other meetings."""
    return replace(
        plan,
        pools=tuple(
            replace(pool, capacity=people.get(pool.key, pool.capacity)) for pool in plan.pools
        ),
        desks=tuple(_met(plan, desk, people) for desk in plan.desks),
    )


def _met(plan: Plan, desk: Desk, people: Mapping[str, int]) -> Desk:
    meeting = desk.gathering
    if not isinstance(meeting, Meeting):
        return desk
    slots = people.get(f"{meeting.key}.slots", meeting.slots)
    often = people.get(f"{meeting.key}.sittings", 1)
    if slots == meeting.slots and often == 1:
        return desk
    more = _sittings(plan, desk, meeting.sittings, often)
    return replace(desk, gathering=replace(meeting, slots=slots, sittings=more))


def _sittings(plan: Plan, desk: Desk, sittings: tuple[int, ...], often: int) -> tuple[int, ...]:
    """Return sittings with more of them evenly in between, on days when people are there."""
    calendar = plan.calendars[desk.calendar]
    found = set(sittings)
    for early, late in pairwise(sittings if often > 1 else ()):
        for number in range(1, often):
            at = early + (late - early) // DAY * number // often * DAY
            while at < late and not calendar.worked(at, at + 1):
                at += DAY
            if early < at < late:
                found.add(at)
    return tuple(sorted(found))


DAY = 86_400
"""Ticks of a civil day."""


def with_ample_staff(plan: Plan, keys: Sequence[str]) -> Plan:
    """Return a plan in which nobody waits for some pools: no staffing does better."""
    ample = {key: MOST_SITTINGS if key.endswith(".sittings") else AMPLE for key in keys}
    return staffed(plan, ample)
