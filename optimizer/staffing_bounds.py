"""What can be said about a staffing before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.erlang import erlang_c, fewest_stable, square_root_staffing
from scenarios.plan import AMPLE, Plan
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


def staffed(plan: Plan, people: Mapping[str, int]) -> Plan:
    """Return a plan with other numbers of people in some pools."""
    return replace(
        plan,
        pools=tuple(
            replace(pool, capacity=people.get(pool.key, pool.capacity)) for pool in plan.pools
        ),
    )


def with_ample_staff(plan: Plan, keys: Sequence[str]) -> Plan:
    """Return a plan in which nobody waits for some pools: no staffing does better."""
    return staffed(plan, dict.fromkeys(keys, AMPLE))
