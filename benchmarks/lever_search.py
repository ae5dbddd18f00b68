"""How well and how fast lever search finds the best redesign under luck.

Run ``python benchmarks/lever_search.py``. Synthetic networks of 35 steps and 236 serial days,
K levers of seven kinds with three budgets, lognormal days (cv 0.53), no queues. What counts
is the P90 on 20,000 fresh cases; the search sees 1,000.
"""

from __future__ import annotations

import argparse
import random
import time
from fractions import Fraction

import numpy as np

from optimizer.lever_offers import Choice, Design, Offer, OfferBook
from optimizer.ranking import kim_nelson
from optimizer.redesign_model import Limit
from optimizer.redesign_sampling import Sampler, SampleSearch, quantile
from optimizer.redesign_search import Search
from rules import Duration, Edge, Kind, Name, Procedure, Step, Strength
from rules.duration_rules import parse_rule
from rules.flows import Parallel
from rules.levers import (
    ApproveBySimulation,
    CancelSteps,
    Commitment,
    DropPrerequisite,
    Join,
    Lever,
    ShareInZone,
    Shorten,
)
from rules.steps import Basis, BasisType
from scenarios.distributions import Lognormal

STEPS, SERIAL = 35, 236
CASES, FRESH = 1000, 20_000
SPREAD = Lognormal(mean=1.0, cv=0.53)


def network(seed: int) -> Procedure:
    """Return 35 steps in layers, their days adding up to 236, custom and law mixed."""
    luck = random.Random(f"network {seed}")
    days = [luck.randint(2, 12) for _ in range(STEPS)]
    while (total := sum(days)) != SERIAL:
        at = luck.randrange(STEPS)
        days[at] = max(2, min(14, days[at] + (1 if total < SERIAL else -1)))
    steps, edges = [], []
    for number in range(STEPS):
        light = luck.random() < 0.4
        steps.append(
            Step(
                f"S{number:02d}",
                Name(en=f"step {number}"),
                "office",
                Kind.APPROVAL,
                duration=Duration(days[number]),
                basis=Basis(BasisType.PRACTICE if light else BasisType.LAW, "act"),
                visits=1,
                documents=3,
                zone_shareable=luck.random() < 0.3,
            )
        )
        for before in luck.sample(range(max(0, number - 4), number), min(number, 2)):
            strength = luck.choice([Strength.PRACTICE, Strength.PRACTICE, Strength.STATUTE])
            early = strength is Strength.STATUTE and luck.random() < 0.5
            edges.append(Edge(f"S{before:02d}", f"S{number:02d}", strength, "", preworkable=early))
    return Procedure(Name(en="network"), tuple(steps), tuple(edges), flow=Parallel())


def offers(procedure: Procedure, seed: int, count: int) -> tuple[Offer, ...]:
    """Return levers of seven kinds with random costs; joins stand last."""
    luck = random.Random(f"offers {seed}")
    levers: list[tuple[Lever, float]] = []
    book = OfferBook(procedure, ())
    kinds = ["drop", "cancel", "zone", "shorten", "commitment", "join", "simulated"]
    number = 0
    while len(levers) < count:
        number += 1
        lever = _lever(procedure, luck, kinds[number % len(kinds)], number)
        if lever is None or any(known == lever for known, _ in levers):
            continue
        probe = OfferBook(book.today, [Offer("probe", Name(en="probe"), (lever,))])
        if isinstance(probe.apply(["probe"]), Design):
            levers.append((lever, 0.2 if isinstance(lever, ApproveBySimulation) else 0.0))
    order = (Shorten, Commitment, DropPrerequisite, ShareInZone, CancelSteps, Join)
    levers.sort(key=lambda each: [*(isinstance(each[0], k) for k in order), True].index(True))
    return tuple(
        Offer(
            f"o{n}", Name(en=f"offer {n}"), (lever,), luck.randint(0, 3), luck.randint(1, 9),
            luck.randint(1, 4), rework=rework,
        )
        for n, (lever, rework) in enumerate(levers)
    )  # fmt: skip


def _lever(procedure: Procedure, luck: random.Random, kind: str, number: int) -> Lever | None:
    keys = list(procedure.keys)
    if kind == "drop":
        custom = luck.choice([e for e in procedure.edges if e.strength is Strength.PRACTICE])
        return DropPrerequisite(custom.before, custom.after)
    if kind == "cancel":
        return CancelSteps((luck.choice(keys),))
    if kind == "zone":
        return ShareInZone((luck.choice([s.key for s in procedure.steps if s.zone_shareable]),))
    if kind == "shorten":
        step = luck.choice([s for s in procedure.steps if s.days > 4])
        return Shorten(((step.key, Duration(round(float(step.days) * 0.6))),))
    if kind == "commitment":
        return Commitment((luck.choice(keys),), "office", clean_credit=True)
    if kind == "join":
        at = luck.randrange(len(keys) - 3)
        members = tuple(luck.sample(keys[at : at + 3], 2))
        rule = parse_rule(f"max({', '.join(members)}) + 1")
        return Join(members, f"J{number}", Name(en="joint"), rule)
    edge = luck.choice([e for e in procedure.edges if e.preworkable])
    later = keys[keys.index(edge.after) + 1 :]
    if not later:
        return None
    formal = tuple(luck.sample(later, min(2, len(later))))
    return ApproveBySimulation(keys[0], (edge.before,), formal, edges=(edge.ends,), key="CV")


def budgets(every: tuple[Offer, ...]) -> tuple[Limit, ...]:
    """Return budgets that pay for a little under half of everything."""
    return tuple(
        Limit(resource, Fraction(int(0.4 * sum(offer.cost(resource) for offer in every))))
        for resource in ("people", "money", "effort")
    )


def starts(search: Search, limits: tuple[Limit, ...], count: int = 2) -> list[Choice]:
    """Return the exact search's best choices on mean days, to begin from."""
    found = search.nearest(["paper_days"], count, limits)
    return [each.design.choice for each in found if each.design is not None]


def greedy(search: SampleSearch) -> Choice:
    """Return what adding the best gain per cost gives, for comparison."""
    choice: Choice = frozenset()
    while True:
        here = search.value(choice) or 0.0
        options = []
        for offer in search.book.offers:
            value = search.value(choice | {offer.key})
            if offer.key not in choice and value is not None and value < here:
                cost = offer.people + offer.money + offer.effort
                options.append(((value - here) / cost, offer.key))
        if not options:
            return choice
        choice |= {min(options)[1]}


def random_climbs(search: SampleSearch, seed: int, count: int) -> Choice:
    """Return the best of swap searches from random choices, for comparison."""
    luck = random.Random(seed)
    best: Choice = frozenset()
    for _ in range(count):
        start = frozenset(o.key for o in search.book.offers if luck.random() < 0.25)
        found = search.swap([start]).design.choice
        if (search.value(found) or 1e9) < (search.value(best) or 1e9):
            best = found
    return best


def measure(seed: int, count: int, *, prove: bool) -> dict[str, float]:
    """Return true P90 and seconds of each method."""
    procedure = network(seed)
    every = offers(procedure, seed, count)
    limits = budgets(every)
    book = OfferBook(procedure, every)
    fresh = Sampler(book, SPREAD, FRESH, seed=999)

    def true(choice: Choice) -> float:
        design = book.apply(choice)
        assert isinstance(design, Design)
        return quantile(fresh.days(design))

    answers: dict[str, float] = {"nothing": true(frozenset())}
    begun = time.perf_counter()
    exact = Search(OfferBook(procedure, every), rounds=20)
    begin = starts(exact, limits)
    answers["mean model"] = true(begin[0]) if begin else float("nan")
    search = SampleSearch(Sampler(book, SPREAD, CASES, seed=1), 0.9, limits)
    swapped = search.swap(begin)
    answers["swap seconds"] = time.perf_counter() - begun
    answers["swap"] = true(swapped.design.choice)
    if prove:
        proved = search.prove(swapped.design.choice)
        answers["proof seconds"] = time.perf_counter() - begun
        answers["proved"] = true(proved.design.choice)
        answers["proved on sample"] = proved.p90
        answers["swap on sample"] = swapped.p90
        answers["plans"] = proved.plans
    answers["greedy"] = true(greedy(search))
    answers["random climbs"] = true(random_climbs(search, seed, 6))
    return answers


def selection(seed: int) -> tuple[int, int]:
    """Return the runs that KN needs with and without common luck, on 12 near-best redesigns."""
    procedure = network(seed)
    every = offers(procedure, seed, 14)
    book = OfferBook(procedure, every)
    found = Search(book, rounds=30).nearest(["paper_days"], 12, budgets(every))
    shared = Sampler(book, SPREAD, 4000, seed=5)
    days = [shared.days(each.design) for each in found if each.design is not None]
    means = [float(each.mean()) for each in days]
    keep = [i for i in range(len(days)) if means[i] in set(means[: i + 1])]
    alone = [Sampler(book, SPREAD, 40_000, seed=50 + i) for i in keep]
    apart = [a.days(found[i].design) for a, i in zip(alone, keep, strict=True)]  # type: ignore[arg-type]  # has a design
    paired = kim_nelson(lambda i, r: float(days[keep[i]][r]), len(keep), delta=1.0, most=3999)
    single = kim_nelson(
        lambda i, r: float(apart[i][r]), len(keep), delta=1.0, paired=False, most=39_999
    )
    return paired.total, single.total


def main() -> None:
    """Print what each method reaches."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--levers", type=int, nargs="*", default=[14, 16, 24])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args()
    for count in options.levers:
        for seed in options.seeds:
            answers = measure(seed, count, prove=count <= 16)
            best = min(v for k, v in answers.items() if k in _METHODS)
            print(f"K={count} seed={seed} best={best:.1f}", end="")
            for key, value in answers.items():
                print(f"  {key}={value:.1f}", end="")
            print(f"  swap above best: {100 * (answers['swap'] / best - 1):.2f} %", flush=True)
    for seed in options.seeds:
        paired, single = selection(seed)
        print(f"KN seed={seed}: {paired} runs with common luck, {single} without", flush=True)


_METHODS = ("nothing", "mean model", "swap", "proved", "greedy", "random climbs")

if __name__ == "__main__":
    np.seterr(all="raise")
    main()
