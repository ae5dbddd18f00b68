"""The fewest or cheapest people that keep a promise, with stated confidence.

A promised limit cannot be split over offices (each office's share would be impossible to
keep), so whole paths are simulated. Formulas only prune: a pool without enough people for
its load, or a promise that ample staff would break, is never simulated further.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.redesign_trial import interval_json
from optimizer.staffing_bounds import MOST_SITTINGS, PoolLoad, loads, meetings
from optimizer.staffing_search import (
    Choosable,
    KeepPromise,
    People,
    Staffed,
    StaffingSearch,
    lower_bound,
)
from rules import Name
from scenarios.plan import Plan
from simulator import Interval
from simulator.statistics import mean_interval


@dataclass(frozen=True, slots=True)
class Staffing:
    """The answer of ``lianban optimize staffing``.

    Attributes
    ----------
    promise : KeepPromise
        What is to be kept.
    status : str
        ``found``, ``optimal`` (proved on the sample: every cheaper one that keeps up with its
        load is worse than
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
        Cost that no staffing can be below whose people keep up with their load.
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
    if lower_bound(ceiling, promise.confidence) >= promise.share:
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
    if share >= 1 or lower_bound(search.ceiling(), promise.confidence) < share:
        return None
    found = search.greedy(best, share)
    if found is None:
        return None
    keeping = [p for p in search.tried if search.keeps(p, share)]
    return search.at(min(keeping, key=lambda p: (search.cost(p), p)))


def _reasons(search: StaffingSearch, ceiling: Sequence[float]) -> tuple[Name, ...]:
    promise = search.promise
    share = 100 * math.fsum(ceiling) / len(ceiling)
    if lower_bound(list(ceiling), promise.confidence) < promise.share:
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
