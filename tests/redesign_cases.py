"""Catalogues with levers on offer, drawn at random, for tests of the redesign search."""

from __future__ import annotations

import random

from optimizer.lever_offers import Offer
from rules import Duration, Edge, Kind, Name, Procedure, Stage, Step, Strength
from rules.duration_rules import parse_rule
from rules.flows import Parallel, Serial
from rules.levers import (
    ActByAgent,
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    Circulate,
    Commitment,
    DropAllPractice,
    DropPrerequisite,
    HandleByStage,
    HandleInParallel,
    Join,
    Lever,
    ShareInZone,
    Shorten,
)
from rules.steps import NO_TIME, Basis, BasisType, Unit

_STAGES = tuple(Stage(f"stage{n}", Name(en=f"stage {n}")) for n in range(4))


def random_catalogue(seed: int, steps: int) -> Procedure:
    """Return a procedure of so many steps with prerequisites of random strength."""
    luck = random.Random(f"catalogue {seed} {steps}")
    every = []
    for number in range(steps):
        kind = luck.choices(
            [Kind.APPROVAL, Kind.FILING, Kind.NOTICE, Kind.INTERMEDIARY, Kind.SURVEY],
            [6, 2, 1, 1, 1],
        )[0]
        basis = luck.choice([BasisType.LAW, BasisType.REGULATION, BasisType.PRACTICE])
        every.append(
            Step(
                f"S{number:03d}",
                Name(en=f"step {number}"),
                f"office{number % 7}",
                kind,
                f"stage{number * len(_STAGES) // steps}",
                Duration(luck.randint(0 if luck.random() < 0.1 else 1, 15))
                if luck.random() < 0.9
                else Duration(luck.randint(5, 20), Unit.NATURAL_DAY),
                Basis(basis, f"act {number}"),
                visits=0 if kind is Kind.NOTICE else luck.randint(0, 3),
                documents=luck.randint(0, 8),
                zone_shareable=luck.random() < 0.25,
            )
        )
    edges = []
    for after in range(1, steps):
        for before in luck.sample(range(max(0, after - 8), after), min(after, luck.randint(0, 3))):
            strength = luck.choices(list(Strength), [2, 2, 5])[0]
            lag = Duration(luck.randint(1, 5)) if luck.random() < 0.1 else NO_TIME
            early = strength is not Strength.DATA and luck.random() < 0.3
            edges.append(Edge(f"S{before:03d}", f"S{after:03d}", strength, "reason", lag, early))
    flow = Serial() if luck.random() < 0.6 else Parallel()
    return Procedure(Name(en="random"), tuple(every), tuple(edges), _STAGES, flow)


def random_offers(procedure: Procedure, seed: int, count: int) -> tuple[Offer, ...]:
    """Return so many offers, some of them unlawful, some that need or exclude another."""
    luck = random.Random(f"offers {seed} {count}")
    offers: list[Offer] = []
    for number in range(count):
        levers = [_lever(procedure, luck, number)]
        if luck.random() < 0.15:
            levers.append(_lever(procedure, luck, number + 500))
        earlier = [offer.key for offer in offers]
        offers.append(
            Offer(
                f"o{number}",
                Name(en=f"offer {number}"),
                tuple(levers),
                people=luck.randint(0, 2),
                money=luck.randint(0, 9),
                effort=luck.randint(0, 3),
                requires=(luck.choice(earlier),) if earlier and luck.random() < 0.1 else (),
                excludes=(luck.choice(earlier),) if earlier and luck.random() < 0.1 else (),
            )
        )
    return tuple(offers)


def _lever(procedure: Procedure, luck: random.Random, number: int) -> Lever:
    keys = list(procedure.keys)
    edge = luck.choice(procedure.edges)
    customs = [e for e in procedure.edges if e.strength is Strength.PRACTICE] or [edge]
    early = [e for e in procedure.edges if e.preworkable] or [edge]
    at = luck.randrange(len(keys) - 4)
    near = keys[at : at + 5]
    word = luck.choice(
        ["parallel", "drop", "drop", "drop", "all", "zone", "cancel", "join", "join", "join",
         "shorten", "staged", "simulated", "simulated", "add", "commitment", "agent", "circulate"]
    )  # fmt: skip
    if word == "parallel":
        return HandleInParallel()
    if word == "staged":
        return HandleByStage()
    if word == "all":
        return DropAllPractice()
    if word == "drop":
        custom = luck.choice(customs)
        return DropPrerequisite(custom.before, custom.after)
    if word == "zone":
        shareable = [s.key for s in procedure.steps if s.zone_shareable] or keys
        return ShareInZone(
            tuple(luck.sample(shareable, min(len(shareable), luck.randint(1, 3)))),
            bridge=luck.random() < 0.8,
        )
    if word == "cancel":
        light = [s.key for s in procedure.steps if s.basis.type.cancellable] or keys
        return CancelSteps((luck.choice(light),), bridge=luck.random() < 0.8)
    if word == "join":
        members = tuple(luck.sample(near, luck.randint(1, 3)))
        inside = ", ".join(members)
        more = luck.choice(["+ 2", "+ 1", "- 1"])
        text = f"max({inside}) {more}" if luck.random() < 0.8 else " + ".join(members)
        return Join(members, f"J{number}", Name(en="joint"), parse_rule(text))
    if word == "shorten":
        long = [s for s in procedure.steps if s.days > 2]
        step = luck.choice(long)
        return Shorten(((step.key, Duration(luck.randint(1, int(step.days)))),))
    if word == "simulated":
        some = luck.choice(early)
        place = {key: index for index, key in enumerate(keys)}
        first = keys[luck.randint(0, max(0, place[some.before] - 1))]
        formal = luck.sample(keys[place[some.after] :], 1) + keys[-1:]
        return ApproveBySimulation(
            first,
            (some.before,),
            tuple(dict.fromkeys(formal)),
            edges=(some.ends,) if luck.random() < 0.5 else (),
            key=f"CV{number}",
        )
    if word == "add":
        before, after = sorted(luck.sample(keys, 2))
        return AddPrerequisite(before, after, lag=Duration(luck.randint(0, 3)))
    if word == "commitment":
        return Commitment((luck.choice(keys),), supervised_by="office1", clean_credit=True)
    if word == "agent":
        return ActByAgent()
    return Circulate()
