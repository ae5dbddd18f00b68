"""The fewest or cheapest people that keep a promise, with stated confidence.

A promised limit cannot be split over offices (each office's share would be impossible to
keep), so whole paths are simulated. Formulas only prune: a pool without enough people for
its load, or a promise that ample staff would break, is never simulated further.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.redesign_trial import interval_json
from optimizer.replications import Replications
from optimizer.staffing_bounds import (
    MOST_SITTINGS,
    PoolLoad,
    loads,
    meetings,
    staffed,
    with_ample_staff,
)
from rules import Name
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


@dataclass(frozen=True, slots=True)
class Staffing:
    """The answer of ``lianban optimize staffing``.

    Attributes
    ----------
    promise : KeepPromise
        What is to be kept.
    status : str
        ``found``, ``optimal`` (proved on the sample: every cheaper staffing is worse than
        the promise), ``infeasible`` or ``interrupted``.
    best : Staffed or None
        The cheapest staffing found.
    runner_up : Staffed or None
        The cheapest other one that keeps the promise.
    one_point_more : Staffed or None
        The cheapest found for one percentage point more; None where nothing reaches it.
    today : Staffed
        The plan's own staffing.
    ceiling : Interval
        Share kept with ample staff: no staffing does better.
    bound : float
        Cost that no staffing can be below.
    loads : tuple of PoolLoad
        Offered loads and analytic numbers.
    reasons : tuple of Name
        If infeasible: what stands against the promise.
    staffings, replications : int
        Staffings tried, and replications simulated for them.
    possible : int
        Staffings between the bounds, which exhaustive search would try.
    seed : int
        Replication k of every staffing has the luck of this seed.
    """

    promise: KeepPromise
    status: str
    best: Staffed | None
    runner_up: Staffed | None
    one_point_more: Staffed | None
    today: Staffed
    ceiling: Interval
    bound: float
    loads: tuple[PoolLoad, ...]
    reasons: tuple[Name, ...]
    staffings: int
    replications: int
    possible: int
    seed: int

    @property
    def gap(self) -> float | None:
        """How far the cost may be above the least, as a share of it."""
        if self.best is None or not self.best.cost:
            return None
        return (self.best.cost - self.bound) / self.best.cost

    @property
    def price_of_a_point(self) -> float | None:
        """What one percentage point more of kept promises costs."""
        if self.best is None or self.one_point_more is None:
            return None
        return self.one_point_more.cost - self.best.cost

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``optimize staffing --json``."""
        price = self.price_of_a_point
        return {
            "promise": {
                "days": self.promise.days,
                "share": self.promise.share,
                "confidence": self.promise.confidence,
            },
            "status": self.status,
            "best": self.best and self.best.to_json(),
            "runner_up": self.runner_up and self.runner_up.to_json(),
            "one_point_more": self.one_point_more and self.one_point_more.to_json(),
            "price_of_a_point": None if price is None else round(price, 6),
            "today": self.today.to_json(),
            "ceiling": interval_json(self.ceiling),
            "bound": round(self.bound, 6),
            "gap": None if self.gap is None else round(self.gap, 6),
            "reasons": [{"zh": each.zh, "en": each.en} for each in self.reasons],
            "loads": [
                {
                    "pool": each.pool,
                    "load": round(each.load, 6),
                    "stable": each.stable,
                    "square_root": each.square_root,
                }
                for each in self.loads
            ],
            "staffings": self.staffings,
            "replications": self.replications,
            "possible": self.possible,
            "seed": self.seed,
        }


@dataclass(slots=True)
class StaffingSearch:
    """Greedy by gain per cost, then trimmed and swapped; every staffing is simulated whole.

    More people never make the promise worse under first come, first served without
    batches, which is what lets staffings be skipped that have fewer people everywhere
    than one that breaks it.

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
            lower = _lower(kept, self.promise.confidence)
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
        """Try cheaper staffings in order of cost, skipping those that can only be worse.

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
            if people in self.tried or not self._surely_broken(people, share):
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

    def _surely_broken(self, people: People, share: float) -> bool:
        """Whether a staffing with at least as many people everywhere breaks the promise."""
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
                    if not self._surely_broken(other, share) and self.keeps(other, share)
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
        return [o for o in found if not self._surely_broken(o, self.promise.share)]

    def _more(self, people: People, i: int) -> People:
        return (*people[:i], people[i] + 1, *people[i + 1 :])

    def _kept(self, name: object, plan: Plan) -> list[float]:
        shares = []
        for number in range(self.replications):
            days = self.runs.days(name, plan, number)
            shares.append(float(np.mean(days <= self.promise.days + 1e-9)))
        return shares


def staffing(
    plan: Plan,
    promise: KeepPromise,
    *,
    costs: Mapping[str, float] | None = None,
    pools: Sequence[str] | None = None,
    most: int = 0,
    replications: int = 20,
    seed: int = 1,
    proof: int = 0,
    engine: str = "auto",
) -> Staffing:
    """Find the cheapest people that keep a promise.

    Parameters
    ----------
    plan : Plan
        The procedure with its offices; its own people are the ones of today.
    promise : KeepPromise
        What is to be kept.
    costs : mapping of str to float, optional
        Of one person in a pool; 1 by default.
    pools : sequence of str, optional
        Pools whose people may be chosen, and ``<meeting>.slots`` or ``<meeting>.sittings``
        of joint meetings; by default all that work comes to.
    most : int
        Most people in one pool; 0: twice today's, or what the load asks for plus four.
    replications : int
        Of each staffing.
    seed : int
        Of the luck.
    proof : int
        Staffings simulated at most to prove that nothing cheaper keeps the promise.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the answer does not depend on it.
    """
    known = {each.pool: each for each in loads(plan, seed)}
    sittings = meetings(plan)
    today = {pool.key: pool.capacity for pool in plan.pools if pool.key in known} | sittings
    busy = [key for key in today if key in sittings or known[key].load > 0]
    chosen = busy if pools is None else list(pools)
    for key in chosen:
        if key not in today:
            raise ValueError(f"{key} is none of {', '.join(today)}")
    prices = {} if costs is None else costs
    choosable = tuple(
        _choosable(key, today[key], known.get(key), most, prices.get(key, 1.0)) for key in chosen
    )
    search = StaffingSearch(plan, choosable, promise, max(5, replications), seed, engine)
    ceiling = search.ceiling()
    reference = search.at(tuple(today[key] for key in chosen))
    start = tuple(each.least for each in choosable)  # the least stable staffing
    limit = mean_interval(ceiling)
    best: People | None = None
    proved, bound, interrupted = False, search.cost(start), False
    runner: Staffed | None = None
    dearer: Staffed | None = None
    if _lower(ceiling, promise.confidence) >= promise.share:
        try:
            best = search.greedy(start, promise.share)
            best = best and search.improve(best, promise.share)
            if best is not None and proof:
                best, proved, bound = search.prove(best, promise.share, proof)
            if best is not None:
                runner = _runner_up(search, best, promise.share)
                dearer = _one_point_more(search, best, promise)
        except KeyboardInterrupt:
            interrupted = True
            keeping = [p for p in search.tried if search.keeps(p, promise.share)]
            best = min(keeping, key=lambda p: (search.cost(p), p), default=None)
    status = "interrupted" if interrupted else "optimal" if proved else "found"
    possible = math.prod(each.most - each.least + 1 for each in choosable)
    return Staffing(
        promise=promise,
        status="infeasible" if best is None and not interrupted else status,
        best=None if best is None else search.at(best),
        runner_up=runner,
        one_point_more=dearer,
        today=reference,
        ceiling=limit,
        bound=bound,
        loads=tuple(known.values()),
        reasons=() if best is not None or interrupted else _reasons(search, ceiling),
        staffings=len(search.tried),
        replications=search.runs.simulated,
        possible=possible,
        seed=seed,
    )


def _choosable(key: str, today: int, load: PoolLoad | None, most: int, cost: float) -> Choosable:
    """Return the bounds of one number: from what the load asks for to twice today's."""
    if load is None:
        top = MOST_SITTINGS if key.endswith(".sittings") else max(most, 2 * today)
        return Choosable(key, 1, top, cost)
    top = most or max(2 * today, load.square_root + 4)
    return Choosable(key, load.stable, max(load.stable, top), cost)


def _runner_up(search: StaffingSearch, best: People, share: float) -> Staffed | None:
    """Return the cheapest other staffing known to keep the promise, neighbours included."""
    for i, each in enumerate(search.pools):
        if best[i] < each.most:
            search.at((*best[:i], best[i] + 1, *best[i + 1 :]))
    others = [p for p in search.tried if p != best and search.keeps(p, share)]
    least = min(others, key=lambda p: (search.cost(p), p), default=None)
    return None if least is None else search.at(least)


def _one_point_more(search: StaffingSearch, best: People, promise: KeepPromise) -> Staffed | None:
    share = promise.share + 0.01
    if share >= 1 or _lower(search.ceiling(), promise.confidence) < share:
        return None
    found = search.greedy(best, share)
    if found is None:
        return None
    keeping = [p for p in search.tried if search.keeps(p, share)]
    return search.at(min(keeping, key=lambda p: (search.cost(p), p)))


def _reasons(search: StaffingSearch, ceiling: Sequence[float]) -> tuple[Name, ...]:
    promise = search.promise
    share = 100 * math.fsum(ceiling) / len(ceiling)
    if _lower(list(ceiling), promise.confidence) < promise.share:
        return (
            Name(
                f"即使人员不限，{promise.days:g} 个工作日内也只有 {share:.1f} % 办结，"
                f"不足 {100 * promise.share:g} %：须缩短流程或放宽承诺",
                f"even with ample people only {share:.1f} % are done within {promise.days:g} wd, "
                f"not {100 * promise.share:g} %: shorten the procedure or promise more days",
            ),
        )
    top = ", ".join(f"{each.pool} <= {each.most}" for each in search.pools)
    return (
        Name(
            f"人员上限与承诺冲突：{top}",
            f"the most people allowed stand against the promise: {top}",
        ),
    )


def _lower(values: Sequence[float], confidence: float) -> float:
    """Return the one-sided lower bound of the mean over replications."""
    interval = mean_interval(values, 2 * confidence - 1)
    return interval.estimate if interval.low is None else interval.low
