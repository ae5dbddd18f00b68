"""Searches the schedules of one project by breeding orders of its activities.

Every order of the activities leads to a schedule; each is pushed to the right and back to
the left again (justification), which shortens most. A small population of orders is
crossed: the child takes the beginning of one and the rest in the order of the other.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from optimizer.effort import Budget, Incumbent
from optimizer.heads_and_tails import tails
from optimizer.packed_placing import PackedPlacer, is_plain
from optimizer.placing import BeyondAxisError, Placer
from optimizer.portfolio import Times
from optimizer.portfolio_bounds import Bounds

_POPULATION = 60
_PATIENCE = 300
"""Children without a better schedule, and five for each activity, after which CP-SAT goes on."""


class ActivitySearch:
    """The search over a portfolio without longest lags.

    Parameters
    ----------
    placer : Placer
        The portfolio, compiled.
    bounds : Bounds
        What no schedule undercuts.
    seed : int
        Random seed.
    """

    def __init__(self, placer: Placer, bounds: Bounds, seed: int) -> None:
        self.placer = placer
        self.portfolio = placer.portfolio
        self.order = self.portfolio.order or ()
        self.draw = random.Random(seed)
        self.bounds = bounds
        self._forward = self._backward = None
        if is_plain(self.portfolio):
            self._forward = PackedPlacer(self.portfolio)
            self._backward = PackedPlacer(self.portfolio, backwards=True)

    def search(self, incumbent: Incumbent, budget: Budget, until: float) -> None:
        """Search until so many seconds of the budget are used or nothing can be better."""
        modes = self._first_modes()
        if modes is None:
            return
        pool: list[tuple[tuple[int, ...], Times]] = []

        def take(order: Sequence[int], modes: Sequence[int]) -> None:
            budget.place(len(order) * (1 if self._forward is None else 3))
            times = self.justified(order, modes)
            if times is None:
                return
            incumbent.offer(times, "priority rule" if len(pool) < 4 else "activity search")
            ends = sorted(times.ends, reverse=True)
            entry = ((ends[0], sum(ends)), times)
            if all(entry[0] != other[0] for other in pool):
                pool.append(entry)
                pool.sort(key=lambda one: one[0])
                del pool[_POPULATION:]

        for rule in self._rules():
            take(self.by_keys(rule), modes)
            if incumbent.is_best or budget.used >= until:
                return
        guide = self._rules()[0]
        spread = max(guide) - min(guide) + 1
        for _ in range(_POPULATION):
            take(self.by_keys([k + self.draw.gauss(0, 0.1 * spread) for k in guide]), modes)
            if incumbent.is_best or budget.used >= until:
                return
        children, last_news, best = 0, 0, incumbent.values
        patience = _PATIENCE + 5 * len(self.order)
        while pool and not incumbent.is_best and budget.used < until:
            mother, father = self._parent(pool), self._parent(pool)
            child = self._crossed(mother.starts, father.starts)
            take(self.by_keys(child), self._redrawn(mother.modes))
            children += 1
            if incumbent.values != best:
                last_news, best = children, incumbent.values
            if children - last_news > patience:
                return

    def justified(self, order: Sequence[int], modes: Sequence[int]) -> Times | None:
        """Return the order's schedule, pushed right and left again if that does no harm.

        None if it does not fit the slots.
        """
        if self._forward is None or self._backward is None:
            try:
                return self.placer.timetable(order, modes)
            except BeyondAxisError:
                return None
        times = self._forward.timetable(order, modes)
        if times is None:
            return None
        last = max(times.ends)
        ends = times.ends
        backwards = order[::-1]  # of those that end together the later one goes first
        by_end = sorted(backwards, key=lambda a: -ends[a])
        pushed = self._backward.timetable(self._after_all(by_end), modes)
        if pushed is None:
            return times
        back = self._forward.timetable(self.by_keys([last - end for end in pushed.ends]), modes)
        return back if back is not None and max(back.ends) <= last else times

    def by_keys(self, keys: Sequence[float]) -> list[int]:
        """Return the activities by key, the smallest first, none before what it waits for."""
        places: list[tuple[float, int]] = [(0.0, 0)] * len(self.order)
        for activity in self.order:
            place = (float(keys[activity]), 0)
            for wait in self.placer.waits[activity]:
                key, depth = places[wait.before]
                place = max(place, (key, depth + 1))
            places[activity] = place
        return sorted(self.order, key=places.__getitem__)

    def _after_all(self, order: Sequence[int]) -> list[int]:
        """Return an order in which nothing stands before what waits for it."""
        assert self._backward is not None
        place = {activity: number for number, activity in enumerate(order)}
        keys = [0] * len(order)
        for activity in reversed(self.order):
            behind = (keys[before] + 1 for before, _ in self._backward.waits[activity])
            keys[activity] = max(place[activity] * 1000, *behind, 0)
        return sorted(order, key=keys.__getitem__)

    def _rules(self) -> list[list[float]]:
        """Return the priority rules: smallest first."""
        slots = self.bounds.makespan
        behind = tails(self.portfolio)
        last = [
            float(end - int(tail[end])) for end, tail in zip(self.bounds.ends, behind, strict=True)
        ]
        starts = [s + k for s, k in zip(self.bounds.starts, last, strict=True)]
        after = [0] * len(self.order)
        waiting: list[set[int]] = [set() for _ in self.order]
        for activity in reversed(self.order):
            for wait in self.placer.waits[activity]:
                waiting[wait.before] |= {activity} | waiting[activity]
            after[activity] = len(waiting[activity])
        return [
            last,
            [key + slots for key in starts],
            [-float(count) for count in after],
            [float(start) for start in self.bounds.starts],
        ]

    def _parent(self, pool: Sequence[tuple[tuple[int, ...], Times]]) -> Times:
        return pool[min(self.draw.randrange(len(pool)), self.draw.randrange(len(pool)))][1]

    def _crossed(self, mother: Sequence[int], father: Sequence[int]) -> list[float]:
        """Return keys: a beginning or a middle stretch of one order, the rest of the other."""
        count = len(mother)
        rank_m = _ranks(mother)
        rank_f = _ranks(father)
        first, last = sorted((self.draw.randrange(count), self.draw.randrange(count)))
        if self.draw.random() < 0.5:
            first = 0
        keys = [
            float(rank_m[a]) if first <= rank_m[a] <= last else float(rank_f[a])
            for a in range(count)
        ]
        if self.draw.random() < 0.7:
            for _ in range(self.draw.choice((1, 2, 4))):
                keys[self.draw.randrange(count)] += self.draw.gauss(0, 0.1 * count)
        return keys

    # modes

    def _first_modes(self) -> list[int] | None:
        """Return the quickest modes, or those that use least where stocks are short."""
        activities = self.portfolio.activities
        centre = {
            number: (project.centres or (-1,))[0]
            for number, project in enumerate(self.portfolio.projects)
        }
        allowed = [
            [m for m, mode in enumerate(a.modes) if mode.centre in (-1, centre[a.project])]
            for a in activities
        ]
        there = [max(1, amount) for _, amount in self.portfolio.stocks]

        def use(activity: int, mode: int) -> float:
            return sum(
                amount / there[stock] for stock, amount in activities[activity].modes[mode].uses
            )

        for thrift in (0.0, 0.3, 1.0, 3.0, 100.0):
            modes = [
                min(
                    allowed[a],
                    key=lambda m, a=a, thrift=thrift: (  # type: ignore[misc]  # defaults bind the loop's values
                        activities[a].modes[m].days + thrift * 100 * use(a, m)
                    ),
                )
                for a in range(len(activities))
            ]
            if self._affordable(modes):
                return modes
        return None

    def _redrawn(self, modes: Sequence[int]) -> list[int]:
        changed = list(modes)
        several = [
            a
            for a, activity in enumerate(self.portfolio.activities)
            if len(activity.modes) > 1 and all(mode.centre < 0 for mode in activity.modes)
        ]
        if not several or self.draw.random() < 0.3:
            return changed
        for _ in range(self.draw.choice((1, 2, 3))):
            activity = self.draw.choice(several)
            changed[activity] = self.draw.randrange(len(self.portfolio.activities[activity].modes))
        return changed if self._affordable(changed) else list(modes)

    def _affordable(self, modes: Sequence[int]) -> bool:
        used = [0] * len(self.portfolio.stocks)
        for activity, mode in zip(self.portfolio.activities, modes, strict=True):
            for stock, amount in activity.modes[mode].uses:
                used[stock] += amount
        return all(
            spent <= there for spent, (_, there) in zip(used, self.portfolio.stocks, strict=True)
        )


def _ranks(starts: Sequence[int]) -> list[int]:
    ranks = [0] * len(starts)
    for place, activity in enumerate(sorted(range(len(starts)), key=starts.__getitem__)):
        ranks[activity] = place
    return ranks
