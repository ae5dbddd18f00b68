"""What holds after any levers in any order: the law, the counts, the order of handling."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from random import Random
from typing import get_args

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import (
    Basis,
    BasisType,
    Duration,
    Edge,
    Kind,
    Limit,
    Name,
    Procedure,
    Stage,
    Step,
    Strength,
    Unit,
)
from rules.dealing import Concern, Dealing, HandlingClass, Level, Online, Special
from rules.duration_rules import parse_rule
from rules.flows import Parallel
from rules.levers import (
    JOINT_KINDS,
    AcceptLocally,
    ActByAgent,
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    Change,
    ChooseIntermediary,
    Circulate,
    CommissionReview,
    Commitment,
    Concentrate,
    ControlTotalTime,
    ConvertToFiling,
    DecideAtCentre,
    DeemedConsent,
    Delegate,
    DropAllPractice,
    DropPrerequisite,
    ExternalWait,
    GoOnline,
    HandleByStage,
    HandleInParallel,
    HandleInSeries,
    Join,
    JoinAs,
    JointMeeting,
    LeadDepartment,
    LeaveOut,
    Lever,
    OneMaterialSet,
    OneReview,
    OneWindow,
    Refused,
    Renumber,
    SendResults,
    ShareInZone,
    Shorten,
    Staff,
    SuperviseAfter,
    TakeIn,
    TellOnce,
    Tolerance,
    UnifiedIssue,
)
from rules.levers.legal import surely_within

Fits = Callable[[Step], bool]
NAME = Name("环节", "step")
OFFICES = ("planning", "land", "fire")
KINDS = (Kind.APPROVAL, Kind.APPROVAL, Kind.FILING, Kind.NOTICE, Kind.INTERMEDIARY, Kind.SURVEY)
MATERIALS = ("licence", "plan", "map")


def a_dealing(luck: Random) -> Dealing:
    return Dealing(
        handling=luck.choice(list(HandlingClass)),
        accept_level=luck.choice((Level.TOWNSHIP, Level.COUNTY, Level.CITY)),
        decide_level=luck.choice((Level.COUNTY, Level.CITY)),
        decided_at_centre=luck.random() < 0.5,
        desks=luck.randint(1, 6),
        in_person=luck.random() < 0.4,
        online=luck.choice((Online.NONE, Online.PRECHECK)),
        correction_share=luck.randint(0, 400),
        expert_review=luck.random() < 0.2,
        special=(Special.HEARING,) if luck.random() < 0.1 else (),
        concerns=(Concern.HIGH_RISK,) if luck.random() < 0.1 else (),
        vertical=luck.random() < 0.1,
    )


def a_step(luck: Random, key: str, stage: str) -> Step:
    kind = luck.choice(KINDS)
    days, limit = Duration(luck.randint(0, 20)), None
    if kind is Kind.NOTICE:
        floor = luck.randint(1, 20)
        days = Duration(floor + luck.randint(0, 15), Unit.NATURAL_DAY)
        limit = Limit(Duration(floor, Unit.NATURAL_DAY), floor=True)
    elif luck.random() < 0.5:
        limit = Limit(Duration(days.amount + luck.randint(0, 10)))
    dealing = a_dealing(luck)
    materials = tuple(name for name in MATERIALS if luck.random() < 0.5)
    return Step(
        key,
        Name(luck.choice(("施工图审查", "事项")), key),
        kind=kind,
        stage=stage,
        duration=days,
        limit=limit,
        department=luck.choice(OFFICES),
        visits=luck.randint(int(dealing.in_person), 3),
        documents=len(materials) + luck.randint(0, 4),
        materials=materials,
        basis=Basis(luck.choice(list(BasisType)), luck.choice(("", "", "消防法"))),
        site_survey=luck.random() < 0.4,
        zone_shareable=luck.random() < 0.4,
        dealing=dealing,
    )


def a_catalogue(luck: Random) -> Procedure:
    """Return a lawful catalogue: promises within limits, notices at their floor or above."""
    n = luck.randint(2, 10)
    steps = tuple(a_step(luck, f"k{i}", f"t{i * 3 // n}") for i in range(n))
    dense = luck.random() * 0.7
    edges = tuple(
        Edge(
            f"k{i}",
            f"k{j}",
            luck.choice(list(Strength)),
            "because",
            lag=luck.choice((Duration(0), Duration(2))),
            preworkable=luck.random() < 0.5,
        )
        for j in range(n)
        for i in range(j)
        if luck.random() < dense
    )
    stages = tuple(Stage(f"t{i}", Name(en=f"t{i}")) for i in range(3))
    return Procedure(NAME, steps, edges, stages, flow=Parallel(), on=date(2021, 3, 1))


class Planner:
    """Draws levers for a procedure as it stands: mostly sensible ones, some wild."""

    def __init__(self, luck: Random, flow: Procedure) -> None:
        self.luck, self.flow = luck, flow
        self.fresh = next(f"n{i}" for i in range(99) if f"n{i}" not in flow)

    def some(self, fits: Fits = lambda _: True, most: int = 3) -> tuple[str, ...]:
        """Return keys of a few steps that fit, now and then of any."""
        wild = self.luck.random() < 0.15
        keys = [s.key for s in self.flow.steps if wild or fits(s)] or list(self.flow.keys)
        return tuple(self.luck.sample(keys, min(len(keys), self.luck.randint(1, most))))

    def one(self, fits: Fits = lambda _: True) -> str:
        """Return one key."""
        return self.some(fits, 1)[0]

    def group(self, fits: Fits = lambda _: True) -> tuple[str, ...]:
        """Return a few keys, often two or more."""
        return tuple(dict.fromkeys((*self.some(fits), *self.some(fits))))

    def days(self, most: int = 15) -> Duration:
        """Return working days."""
        return Duration(self.luck.randint(0, most))

    def maybe(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keys or none, which means all."""
        return self.luck.choice(((), keys))

    def joined(self) -> Join:
        """Return a plain join."""
        keys = self.group(attended)
        extra = self.luck.choice((0, 1, 2, 30))
        rule = parse_rule(f"max({', '.join(keys)}) + {extra}")
        return Join(keys, self.luck.choice((self.fresh, keys[0])), NAME, rule)

    def joined_as(self) -> JoinAs:
        """Return one of the six joint handlings."""
        kind = self.luck.choice(list(JOINT_KINDS.values()))
        works = self.one()
        later = nx.descendants(self.flow.graph(), works)
        acceptance = kind.word == "joint_acceptance"
        keys = self.group(lambda s: kind.fits(s) and (not acceptance or s.key in later))
        return JoinAs(kind.word, keys, self.fresh, works=works if acceptance else "")

    def simulated(self) -> ApproveBySimulation:
        """Return a simulated approval of one pre-workable prerequisite."""
        soft = [e for e in self.flow.work_edges if e.preworkable] or [Edge("k0", "k1")]
        edge = self.luck.choice(soft)
        graph = self.flow.graph()
        early = [key for key in self.flow.keys if key != edge.after] or ["k0"]
        before = sorted(nx.ancestors(graph, edge.before)) if edge.before in graph else []
        later = sorted(nx.descendants(graph, edge.after)) if edge.after in graph else []
        return ApproveBySimulation(
            self.luck.choice(before or early),
            (edge.before,),
            tuple(later) or (edge.after,),
            edges=(edge.ends,),
            key=f"CV{self.fresh}",
        )

    def shortened(self) -> Shorten:
        """Return a shorter, or wrongly longer, promise."""
        step = self.flow[self.one()]
        days = Duration(
            self.luck.randint(0, step.duration.amount + 1),
            self.luck.choice((step.duration.unit, *Unit)),
        )
        measured = ((step.key, self.days(5)),) if self.luck.random() < 0.2 else ()
        return Shorten(((step.key, days),), measured)

    def materials(self) -> OneMaterialSet:
        """Return a material set."""
        return OneMaterialSet(
            self.maybe(self.some()),
            self.luck.choice(((), (("seal", self.some()),))),
            self.luck.choice(((), (("plan", None),), (("map", date(2020, 1, 1)),))),
        )

    def levers(self) -> list[Callable[[], Lever]]:
        """Return how to draw each kind of lever."""
        luck, some, one = self.luck, self.some, self.one
        office = luck.choice(OFFICES)
        level = luck.choice((Level.TOWNSHIP, Level.COUNTY, Level.VILLAGE))
        cut = luck.randint(0, 200)
        edge = luck.choice(self.flow.edges or (Edge("k0", "k1"),))
        return [
            HandleInParallel,
            HandleByStage,
            HandleInSeries,
            DropAllPractice,
            lambda: DropPrerequisite(*edge.ends),
            lambda: AddPrerequisite(one(), one()),
            lambda: ExternalWait(self.fresh, NAME, self.days(), one()),
            lambda: Renumber(((one(), self.fresh),)),
            lambda: ShareInZone(some(lambda s: s.zone_shareable)),
            lambda: CancelSteps(some(lambda s: s.basis.type.cancellable)),
            self.joined,
            self.joined,
            self.joined_as,
            self.joined_as,
            self.simulated,
            self.simulated,
            self.shortened,
            self.shortened,
            self.materials,
            lambda: ActByAgent(self.maybe(some(absent)), luck.choice((None, level))),
            lambda: GoOnline(self.maybe(some(absent)), luck.choice(list(Online)), cut),
            lambda: TellOnce(cut, self.maybe(some(attended))),
            lambda: SendResults(self.maybe(some(attended)), self.days(12)),
            lambda: OneWindow(office, self.maybe(some(attended))),
            lambda: LeadDepartment(self.maybe(some(attended)), luck.choice(((), ("t0", "t1")))),
            lambda: UnifiedIssue(self.group(attended), self.fresh, office),
            lambda: Commitment(
                some(lambda s: s.kind in (Kind.APPROVAL, Kind.FILING) and not s.dealing.special),
                office, luck.random() < 0.9, self.days(5), luck.randint(0, 1),
            ),
            lambda: Tolerance(some(lambda s: len(s.materials) > 1), ("plan",), self.days(5)),
            lambda: DeemedConsent(some(lambda s: s.basis.type.cancellable)),
            lambda: OneReview(self.maybe(some(lambda s: s.dealing.desks > 2))),
            lambda: DecideAtCentre(luck.choice(("", "authorised")), ()),
            lambda: AcceptLocally(level, self.maybe(some(attended))),
            lambda: Delegate(some(attended), level, "act", luck.choice(("", "town"))),
            lambda: Concentrate((office,), luck.choice(("bureau", "land")), "approved"),
            lambda: JointMeeting(
                some(attended), Duration(7, Unit.NATURAL_DAY), luck.randint(1, 9),
                key=luck.choice(("", self.fresh)), after=self.maybe((one(),)),
                quorum=luck.randint(0, 1),
            ),
            lambda: ConvertToFiling(some(lambda s: s.kind is Kind.APPROVAL)),
            lambda: SuperviseAfter(one(attended), self.maybe(some())),
            lambda: ControlTotalTime(self.days(60), luck.random() < 0.5),
            lambda: Circulate(self.maybe(some(attended))),
            lambda: CommissionReview(
                one(lambda s: s.kind is Kind.APPROVAL), self.fresh, NAME, "firms",
                self.days(), self.days(5),
            ),
            lambda: ChooseIntermediary(some(lambda s: s.kind is Kind.INTERMEDIARY), "firms"),
            lambda: Staff(office, luck.randint(-1, 2), luck.randint(-1, 2)),
            lambda: TakeIn(
                self.fresh, NAME, luck.choice(("", "town")), self.days(25), self.maybe((one(),)),
                self.maybe((one(),)), self.days(2), luck.choice((None, level)), "某法 art. 1",
            ),
            lambda: LeaveOut(some()),
        ]  # fmt: skip

    def lever(self) -> Lever:
        """Return a lever; with nothing left to change, a harmless one."""
        if not self.flow.steps:
            return HandleInParallel()
        return self.luck.choice(self.levers())()


def attended(step: Step) -> bool:
    return step.kind not in (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)


def absent(step: Step) -> bool:
    return attended(step) and not step.dealing.in_person


def redesigned(seed: int, most: int = 6) -> tuple[Procedure, Procedure, list[Lever]]:
    """Return a catalogue, what up to six levers make of it, and those not refused.

    Each change and each refusal is said in both languages, and no lever touches its input.
    """
    luck = Random(seed)
    today = now = a_catalogue(luck)
    done: list[Lever] = []
    for _ in range(luck.randint(1, most)):
        lever = Planner(luck, now).lever()
        before, key = now, hash(now)
        answer: Change | Refused
        try:
            now, answer = lever.apply(now)
            done.append(lever)
        except Refused as refused:
            answer = refused
        said = (answer.sentence("zh"), answer.sentence("en"))
        assert answer.lever == lever.word
        assert re.search("[一-鿿]", said[0]), lever
        assert re.search("[a-z]{3}", said[1]), lever
        assert not re.search("[一-鿿]{6}", said[1].partition("[")[0]), lever
        assert not re.search(r"\d (wd|cd)", said[0]), lever
        assert hash(before) == key
    return today, now, done


seeds = st.integers(0, 2**32)


def homes(flow: Procedure) -> dict[str, str]:
    return {origin.key: step.key for step in flow.steps for origin in step.origin}


@settings(max_examples=800)
@given(seeds)
def test_the_law_holds_after_any_levers(seed: int):
    """After any six levers no lawful bound is broken and no lawful order is lost.

    Statute and data prerequisites hold directly, inside a joint step, or through the
    conversion that the formal decision waits for; notices keep their floor, promises
    their limit, joint steps their 45 working days and their rule; formal acts follow
    the conversion; order and prerequisites have no cycle.
    """
    flow, now, done = redesigned(seed)
    assert nx.is_directed_acyclic_graph(now.order_graph())
    assert now.cycles() == ()
    hard_order_kept(flow, now)
    today = {step.key: step for step in flow.steps}
    for step in now.steps:
        bounds_kept(step, today)
    graph, home = now.graph(), homes(now)
    for lever in done:
        if isinstance(lever, ApproveBySimulation):
            for formal in lever.formal_steps:
                if (at := home.get(formal)) is not None:
                    assert nx.has_path(graph, home[lever.key], at)


def hard_order_kept(flow: Procedure, now: Procedure) -> None:
    graph, home = now.graph(), homes(now)
    for edge in flow.edges:
        if edge.strength.droppable or not {edge.before, edge.after} <= set(home):
            continue
        early, late = home[edge.before], home[edge.after]
        if early == late:
            continue
        assert any(
            kept.ends == (early, late)
            and kept.strength.rank >= edge.strength.rank
            and (edge.strength is Strength.DATA or kept.lag.paper_days >= edge.lag.paper_days)
            and nx.has_path(graph, early, kept.formal_at or late)
            for kept in now.edges
        )


def bounds_kept(step: Step, today: dict[str, Step]) -> None:
    dealing = step.dealing
    assert step.visits >= 0
    assert step.documents >= len(step.materials) >= 0
    assert not dealing.in_person or (not dealing.agent and dealing.online is not Online.FULL)
    assert 0 <= dealing.correction_share <= 1000
    assert dealing.desks >= 1
    members = [today[origin.key] for origin in step.origin if origin.key in today]
    if any(member.dealing.in_person for member in members):
        assert dealing.in_person
        assert step.visits >= 1
    if step.rule is not None:
        assert step.days <= 45
        value = step.rule.value({member.key: member.days for member in step.members})
        assert -(-value.numerator // value.denominator) == step.duration.amount
    elif step.key in today:
        before = today[step.key]
        if before.kind is Kind.NOTICE:
            assert before.limit is not None
            assert surely_within(before.limit.duration, step.duration)
        else:
            assert step.days <= before.days


@settings(max_examples=300)
@given(seeds)
def test_members_keep_their_records(seed: int):
    """Whatever is joined, every item that was not cancelled or shared is still found inside."""
    flow, now, done = redesigned(seed)
    gone = {
        key
        for lever in done
        if isinstance(lever, (CancelSteps, LeaveOut, ShareInZone, SuperviseAfter))
        for key in lever.steps
    }
    lost = {step.key for step in flow.steps} - set(homes(now))
    assert lost <= {member for key in gone for member in inside(done, key)}


def inside(done: list[Lever], key: str) -> set[str]:
    """Return the keys that ever stood inside a step which left later."""
    keys = {key}
    for lever in reversed(done):
        if isinstance(lever, (Join, JoinAs)) and lever.into in keys:
            keys |= set(lever.steps)
        if isinstance(lever, Renumber):
            keys |= {old for old, new in lever.keys if new in keys}
    return keys


def test_every_lever_is_put_to_the_test():
    """Among the redesigns drawn above each lever is applied, so the laws say something of it."""
    words = {lever.word for seed in range(3000) for lever in redesigned(seed, 4)[2]}
    assert words == set(JOINT_KINDS) | {
        lever.word for lever in get_args(Lever) if lever is not JoinAs
    }
