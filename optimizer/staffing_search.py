"""Searching for the cheapest people: greedy, trimmed, swapped, and proved by trying all below.

Every staffing is simulated whole, because a promised limit cannot be split over offices.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.redesign_trial import interval_json
from optimizer.replications import Replications
from optimizer.staffing_bounds import staffed, with_ample_staff
from scenarios.plan import Plan
from simulator import Interval
from simulator.statistics import mean_interval


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """A promise: so large a share of cases takes no longer than so many working days.

    Attributes
    ----------
    days : float
        Limit in working days of the counting calendar, from arrival to the end.
    share : float
        Share of cases, 0 to 1, that keep it.
    confidence : float
        One-sided confidence with which the share must lie above.
    """

    days: float
    share: float = 0.9
    confidence: float = 0.95

    def __str__(self) -> str:
        return f"{100 * self.share:g} % within {self.days:g} wd"


@dataclass(frozen=True, slots=True)
class Choosable:
    """A pool whose people may be chosen.

    Attributes
    ----------
    pool : str
        Its key.
    least, most : int
        Fewest and most people.
    cost : float
        Of one person.
    """

    pool: str
    least: int
    most: int
    cost: float = 1.0


People = tuple[int, ...]
"""People in each choosable pool, in their order."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """A staffing and how well it keeps the promise.

    Attributes
    ----------
    people : dict of str to int
        People in each pool that may be chosen.
    cost : float
        Of all of them.
    kept : Interval
        Share of cases within the limit, two-sided interval over replications.
    lower : float
        One-sided lower confidence bound of that share.
    """

    people: dict[str, int]
    cost: float
    kept: Interval
    lower: float

    def to_json(self) -> dict[str, Any]:
        """Return the staffing for a JSON document."""
        return {
            "people": self.people,
            "cost": round(self.cost, 6),
            "kept": interval_json(self.kept),
            "lower_bound": round(self.lower, 6),
        }


@dataclass(slots=True)
class StaffingSearch:
    """Greedy by gain per cost, then trimmed and swapped; every staffing is simulated whole.

    More people mostly make the promise better. The search relies on it where it only looks
    for a good staffing, the proof does not.

    Attributes
    ----------
    plan : Plan
        Its pools' people are replaced.
    pools : tuple of Choosable
        What may be chosen.
    promise : KeepPromise
        What is to be kept.
    replications : int
        Of each staffing, at least 5.
    seed : int
        Of the luck, the same for all staffings.
    engine : str
        ``auto``, ``simpy`` or ``fast``.
    """

    plan: Plan
    pools: tuple[Choosable, ...]
    promise: KeepPromise
    replications: int = 20
    seed: int = 1
    engine: str = "auto"
    runs: Replications = field(init=False)
    tried: dict[People, Staffed] = field(default_factory=dict)
    broken: list[People] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runs = Replications(self.seed, self.engine)

    def cost(self, people: People) -> float:
        """Return what the people cost together."""
        return math.fsum(n * each.cost for n, each in zip(people, self.pools, strict=True))

    def at(self, people: People) -> Staffed:
        """Return how well a staffing keeps the promise; simulated once."""
        if people not in self.tried:
            named = {each.pool: n for each, n in zip(self.pools, people, strict=True)}
            kept = self._kept(people, staffed(self.plan, named))
            lower = lower_bound(kept, self.promise.confidence)
            self.tried[people] = Staffed(named, self.cost(people), mean_interval(kept), lower)
        return self.tried[people]

    def keeps(self, people: People, share: float) -> bool:
        """Whether a staffing keeps the promise for a share of cases with confidence."""
        return self.at(people).lower >= share

    def ceiling(self) -> list[float]:
        """Return of each replication the share kept with ample staff in every pool on offer."""
        keys = [each.pool for each in self.pools]
        return self._kept("ample", with_ample_staff(self.plan, keys))

    def greedy(self, start: People, share: float) -> People | None:
        """Add the person with the most gain per cost until the promise is kept, then trim."""
        people = start
        most = tuple(each.most for each in self.pools)
        while not self.keeps(people, share):
            if people == most:
                return None
            here = self.at(people).kept.estimate
            options = [self._more(people, i) for i, n in enumerate(people) if n < most[i]]
            gains = [
                (-(self.at(more).kept.estimate - here) / max(extra, 1e-9), extra, more)
                for more in options
                for extra in (self.cost(more) - self.cost(people),)
            ]
            if not gains:
                return None
            best = min(gains)
            if best[0] >= 0:  # alone nobody helps: the bottleneck moves, so add to all at once
                people = tuple(min(n + 1, top) for n, top in zip(people, most, strict=True))
            else:
                people = best[2]
        return self._trim(people, share)

    def improve(self, people: People, share: float) -> People:
        """Take a person here, or swap one for cheaper ones elsewhere, while that saves."""
        while True:
            cheaper = [
                other
                for other in self._swaps(people)
                if self.cost(other) < self.cost(people) - 1e-9
            ]
            cheaper.sort(key=lambda other: (self.cost(other), other))
            better = next((o for o in cheaper if self.keeps(o, share)), None)
            if better is None:
                return people
            people = self._trim(better, share)

    def exhaustive(self, share: float) -> tuple[People | None, int]:
        """Return the cheapest staffing that keeps the promise, trying all in order of cost.

        Only for tests and small cases; nothing but the bounds is skipped.
        """
        start = tuple(each.least for each in self.pools)
        queue, seen, tried = [(self.cost(start), start)], {start}, 0
        best: People | None = None
        while queue:
            _, people = heapq.heappop(queue)
            tried += 1
            if best is None and self.keeps(people, share):
                best = people
            for i, each in enumerate(self.pools):
                more = self._more(people, i)
                if people[i] < each.most and more not in seen:
                    seen.add(more)
                    heapq.heappush(queue, (self.cost(more), more))
        return best, tried

    def prove(self, best: People, share: float, most: int) -> tuple[People, bool, float]:
        """Try cheaper staffings in order of cost, every one of them.

        None is skipped: where paths join, more people somewhere can make a project longer
        (Graham), so that one that breaks the promise proves nothing about those with fewer.

        Parameters
        ----------
        best : tuple of int
            The cheapest known.
        most : int
            Staffings to simulate at most.

        Returns
        -------
        tuple
            The cheapest found, whether it is proved on this sample, and a bound of cost.
        """
        start = tuple(each.least for each in self.pools)
        queue, seen = [(self.cost(start), start)], {start}
        left = most
        while queue:
            cost, people = heapq.heappop(queue)
            if cost >= self.cost(best) - 1e-9:
                return best, True, self.cost(best)
            if people not in self.tried:
                if not left:
                    return best, False, cost
                left -= 1
            if self.keeps(people, share):
                return people, True, cost
            for i, each in enumerate(self.pools):
                more = self._more(people, i)
                if people[i] < each.most and more not in seen:
                    seen.add(more)
                    heapq.heappush(queue, (self.cost(more), more))
        return best, True, self.cost(best)

    def _likely_broken(self, people: People, share: float) -> bool:
        """Whether one with at least as many people everywhere is known to break the promise."""
        return any(
            known.lower < share and all(a <= b for a, b in zip(people, other, strict=True))
            for other, known in self.tried.items()
        )

    def _trim(self, people: People, share: float) -> People:
        while True:
            fewer = [
                (-each.cost, i, (*people[:i], people[i] - 1, *people[i + 1 :]))
                for i, each in enumerate(self.pools)
                if people[i] > each.least
            ]
            less = next(
                (
                    other
                    for _, _, other in sorted(fewer)
                    if not self._likely_broken(other, share) and self.keeps(other, share)
                ),
                None,
            )
            if less is None:
                return people
            people = less

    def _swaps(self, people: People) -> list[People]:
        """Return staffings with one person less somewhere and up to one more elsewhere."""
        found = []
        for i, each in enumerate(self.pools):
            if people[i] <= each.least:
                continue
            less = (*people[:i], people[i] - 1, *people[i + 1 :])
            found.append(less)
            found += [
                self._more(less, j)
                for j, other in enumerate(self.pools)
                if j != i and people[j] < other.most
            ]
        return [o for o in found if not self._likely_broken(o, self.promise.share)]

    def _more(self, people: People, i: int) -> People:
        return (*people[:i], people[i] + 1, *people[i + 1 :])

    def _kept(self, name: object, plan: Plan) -> list[float]:
        return [
            self.runs.on_time(name, plan, number, self.promise.days)
            for number in range(self.replications)
        ]


def lower_bound(values: Sequence[float], confidence: float) -> float:
    """Return the one-sided lower bound of the mean over replications."""
    interval = mean_interval(values, 2 * confidence - 1)
    return interval.estimate if interval.low is None else interval.low
