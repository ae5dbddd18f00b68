"""Whose turn it is where a planned sequence must be kept: nobody starts before those listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.orders import LAST, Planned

if TYPE_CHECKING:
    from simulator.lookup import Entry
    from simulator.simpy_engine import House


class Sequences:
    """For each pool with a strict sequence the work that has not been taken up yet."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ranks: dict[int, list[int]] = {}  # of each pool, the earliest at the end
        self.struck: dict[int, set[int]] = {}
        for pool, each in enumerate(house.plan.pools):
            order = each.order
            if isinstance(order, Planned) and order.strict:
                listed = {
                    order.place(case, house.base[case] + at)
                    for case in range(house.cases)
                    for at in range(house.type[case].desks)
                    if pool in house.look.pools[house.base[case] + at]
                }
                self.ranks[pool] = sorted(listed - {LAST}, reverse=True)
                self.struck[pool] = set()

    def due(self, pool: int, entry: Entry) -> bool:
        """Whether everything that is listed before has been taken up, or never will be."""
        ranks = self.ranks.get(pool)
        return not ranks or entry[0] <= ranks[-1]

    def strike(self, job: int) -> None:
        """Take a job off the lists: it begins, has no work, or its case has left."""
        house = self.house
        case = job // house.width
        desk = house.base[case] + job % house.width
        for pool in house.look.pools[desk]:
            ranks, order = self.ranks.get(pool), house.plan.pools[pool].order
            if not ranks or not isinstance(order, Planned):
                continue
            struck = self.struck[pool]
            struck.add(order.place(case, desk))
            while ranks and ranks[-1] in struck:
                struck.discard(ranks.pop())
            house.touched.append(pool)
