"""Offers that today's catalogue alone allows, where a planner has listed none."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from optimizer.lever_offers import Offer
from rules import Kind, Name, Procedure
from rules.flows import Parallel, Staged
from rules.levers import (
    JOINT_KINDS,
    ApproveBySimulation,
    CancelSteps,
    DropPrerequisite,
    HandleByStage,
    HandleInParallel,
    JoinAs,
    Lever,
    Refused,
    ShareInZone,
)

_MOST_TRIED = 300
"""Sets of formal acts tried for simulated approval."""


def derived_offers(today: Procedure) -> tuple[Offer, ...]:
    """Return what the catalogue marks as possible, each as one offer without cost.

    These are: shareable steps settled by the zone, each step that the city may cancel,
    each custom dropped, steps of one stage joined in one of the six ways, simulated
    approval of the pre-workable prerequisites, parallel handling and stage gates. Only
    levers that today's procedure does not refuse are offered; a joint step that a custom
    stands against is offered too, since the custom may fall.
    """
    offers = [*_removals(today), *_customs(today), *_joints(today), *_flows(today)]
    simulated = _simulated(today)
    return (*offers, simulated) if simulated else tuple(offers)


def _removals(today: Procedure) -> list[Offer]:
    offers = []
    shareable = tuple(step.key for step in today.steps if step.zone_shareable)
    if shareable:
        offers.append(
            Offer("zone", Name("区域联用", "Shared zone preconditions"), (ShareInZone(shareable),))
        )
    for step in today.steps:
        lever = CancelSteps((step.key,))
        if _lawful(today, lever) and step.key not in shareable:
            name = Name(f"取消 {step.key}", f"{step.key} cancelled")
            offers.append(Offer(f"cancel-{step.key}", name, (lever,)))
    return offers


def _customs(today: Procedure) -> list[Offer]:
    return [
        Offer(
            f"drop-{edge.before}-{edge.after}",
            Name(f"取消惯例 {edge}", f"Custom {edge} dropped"),
            (DropPrerequisite(edge.before, edge.after),),
        )
        for edge in today.work_edges
        if edge.strength.droppable
    ]


def _joints(today: Procedure) -> list[Offer]:
    """Return one offer for each stage and kind of joint handling that has two fitting steps."""
    offers: list[Offer] = []
    taken: dict[str, frozenset[str]] = {}
    works = next((s.key for s in today.steps if "施工许可" in s.name.zh and s.name.zh), "")
    freed = _without_customs(today)
    for stage in today.stages:
        for word, kind in JOINT_KINDS.items():
            members = tuple(
                step.key
                for step in today.steps
                if step.stage == stage.key
                and step.kind not in (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)
                and kind.fits(step)
            )
            if len(members) < 2 or frozenset(members) in taken.values():
                continue
            key = f"{word.replace('_', '-')}-{stage.key}"
            into = f"J{len(offers) + 1}"
            lever = JoinAs(word, members, into, works=works if word == "joint_acceptance" else "")
            if not _lawful(freed, lever):
                continue
            clash = tuple(other for other, inside in taken.items() if inside & set(members))
            zh, en = stage.name.zh or stage.key, stage.name.in_language("en")
            name = Name(f"{kind.name.zh}（{zh}）", f"{kind.name.en} ({en})")
            offers.append(Offer(key, name, (lever,), excludes=clash))
            taken[key] = frozenset(members)
    return offers


def _flows(today: Procedure) -> list[Offer]:
    offers = []
    if not isinstance(today.flow, Parallel):
        offers.append(
            Offer("parallel", Name("并联审批", "Parallel approval"), (HandleInParallel(),))
        )
    if today.stages and not isinstance(today.flow, Staged) and _lawful(today, HandleByStage()):
        excludes = ("parallel",) if offers else ()
        name = Name("分阶段并联", "Stage gates")
        offers.append(Offer("staged", name, (HandleByStage(),), excludes=excludes))
    return offers


def _simulated(today: Procedure) -> Offer | None:
    """Return simulated approval with the formal acts that make it shortest, if it is lawful."""
    relaxed = [edge for edge in today.work_edges if edge.preworkable]
    if not relaxed or today.pending:
        return None
    graph = today.graph()
    import networkx as nx

    late = {edge.after for edge in relaxed}
    early = {edge.before for edge in relaxed}
    before = set.intersection(*(nx.ancestors(graph, key) for key in late | early))
    admitted = [key for key in today.keys if key in before and key not in early]
    pending = tuple(
        key for key in today.keys if key in early and not nx.ancestors(graph, key) & late
    )
    after = {key for start in late for key in nx.descendants(graph, start)}
    formal = [
        step.key
        for step in today.steps
        if step.key in after - late and step.kind in (Kind.APPROVAL, Kind.FILING)
    ]
    if not admitted:
        return None
    parallel, _ = HandleInParallel().apply(today)
    sets = [acts for size in (1, 2, 3) for acts in combinations(formal, size)][:_MOST_TRIED]
    best: tuple[Fraction, int, ApproveBySimulation] | None = None
    for acts in sets:
        lever = ApproveBySimulation(admitted[-1], pending, acts)
        try:
            days = lever.apply(parallel)[0].paper_days
        except Refused:
            continue
        if best is None or (days, len(acts)) < best[:2]:
            best = days, len(acts), lever
    if best is None:
        return None
    return Offer("simulated", Name("模拟审批", "Simulated approval"), (best[2],))


def _without_customs(today: Procedure) -> Procedure:
    from rules.levers import DropAllPractice

    return DropAllPractice().apply(HandleInParallel().apply(today)[0])[0]


def _lawful(procedure: Procedure, lever: Lever) -> bool:
    try:
        lever.apply(procedure)
    except Refused:
        return False
    return True
