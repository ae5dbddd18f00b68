"""What one small change would save: one person, one custom, one day of a limit, one item.

Every change is simulated with the luck of the baseline, so that even small savings have
intervals. Candidates are ordered by criticality (the share of cases whose last chain runs
through a step or prerequisite) and by waiting; those that no case's chain touches are left
out. Where every step tells its fee, the items that the city may cancel are asked about, too,
and each change says what the applicant pays less (M35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.redesign_trial import interval_json
from optimizer.replications import Replications
from optimizer.staffing_bounds import staffed
from rules import Duration, Name, Procedure
from rules.levers import CancelSteps, DropPrerequisite, Lever, Refused, Shorten
from rules.steps import Unit
from scenarios import AMPLE, Scenario, compile_plan
from scenarios.plan import Plan
from simulator import Interval, paired_difference
from simulator.trace import Trace

MOST = 20
"""Changes that are simulated, by default."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What one change saves; positive is shorter, in working days.

    Attributes
    ----------
    kind : str
        ``person``, ``custom``, ``limit`` or, where fees are told, ``item``.
    key : str
        The pool, the prerequisite ``a->b`` or the step.
    what : Name
        The change in words.
    criticality : float
        Share of cases whose last chain runs through it; for people the share of
        cases that wait for them at all.
    mean, p90 : Interval
        Days saved in the mean and in what nine cases of ten keep, paired by replication.
    fees : int or None
        Yuan that the applicant pays less; None where a step does not tell its fee.
    """

    kind: str
    key: str
    what: Name
    criticality: float
    mean: Interval
    p90: Interval
    fees: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the saving for a JSON document."""
        return {
            "kind": self.kind,
            "key": self.key,
            "what": {"zh": self.what.zh, "en": self.what.en},
            "criticality": round(self.criticality, 6),
            "mean_saved": interval_json(self.mean),
            "p90_saved": interval_json(self.p90),
            **({} if self.fees is None else {"fees_saved": self.fees}),
        }


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Small changes ranked by what they save.

    Attributes
    ----------
    savings : tuple of Saving
        By mean days saved, most first.
    screened : int
        Changes that were not simulated: no case's chain touches them, or others matter more.
    unlawful : tuple of (str, Name)
        Changes that a lever refused, and why.
    replications : int
        Of each change.
    simulated : int
        Replications simulated in all.
    seed : int
        Of the luck.
    interrupted : bool
        Whether the rest was left out.
    """

    savings: tuple[Saving, ...]
    screened: int
    unlawful: tuple[tuple[str, Name], ...]
    replications: int
    simulated: int
    seed: int
    interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``optimize sensitivity --json``."""
        return {
            "status": "interrupted" if self.interrupted else "complete",
            "savings": [each.to_json() for each in self.savings],
            "screened": self.screened,
            "unlawful": [{"change": key, "zh": why.zh, "en": why.en} for key, why in self.unlawful],
            "replications": self.replications,
            "simulated": self.simulated,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class _Change:
    kind: str
    key: str
    what: Name
    criticality: float
    plan: Plan
    fees: int | None = None


def sensitivity(
    scenario: Scenario,
    *,
    replications: int = 10,
    seed: int = 1,
    most: int = MOST,
    engine: str = "auto",
) -> Sensitivity:
    """Rank what one more person, one custom less and one day less of a limit would save.

    Parameters
    ----------
    scenario : Scenario
        Today or a redesign.
    replications : int
        Of each change; at least 5 for intervals.
    seed : int
        Of the luck.
    most : int
        Changes simulated: the most critical of each kind in turn.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the answer does not depend on it.
    """
    plan = compile_plan(scenario)
    runs = Replications(seed, engine)
    traces = [runs.trace(plan, number) for number in range(min(3, replications))]
    steps, links = criticality(plan, traces)
    unlawful: list[tuple[str, Name]] = []
    kinds = (
        _people(plan, traces),
        _customs(scenario, plan, links, unlawful),
        _limits(scenario, plan, steps, unlawful),
        _items(scenario, plan, steps),
    )
    possible = sum(len(each) for each in kinds)
    ranked = [
        sorted(
            (c for c in each if c.criticality > 0 or c.fees), key=lambda c: (-c.criticality, c.key)
        )
        for each in kinds
    ]
    chosen: list[_Change] = []
    while any(ranked) and len(chosen) < most:
        chosen += [each.pop(0) for each in ranked if each]
    savings: list[Saving] = []
    interrupted = False
    try:
        before = _values(runs, "today", plan, replications)
        for change in chosen[:most]:
            after = _values(runs, (change.kind, change.key), change.plan, replications)
            savings.append(
                Saving(
                    change.kind,
                    change.key,
                    change.what,
                    change.criticality,
                    paired_difference(before[0], after[0]),
                    paired_difference(before[1], after[1]),
                    None if scenario.procedure.fees is None else change.fees or 0,
                )
            )
    except KeyboardInterrupt:
        interrupted = True
    savings.sort(key=lambda each: (-each.mean.estimate, each.kind, each.key))
    return Sensitivity(
        tuple(savings), possible - len(savings), tuple(unlawful), replications,
        runs.simulated, seed, interrupted,
    )  # fmt: skip


def criticality(
    plan: Plan, traces: Sequence[Trace]
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    """Return how often each step and each prerequisite lies on a case's last chain.

    From the step that ends last the chain goes back to the prerequisite that was met last.
    """
    steps = np.zeros(len(plan.steps))
    links = np.zeros(len(plan.links))
    into = [
        [number for number, link in enumerate(plan.links) if link.after == step]
        for step in range(len(plan.steps))
    ]
    cases = 0
    for trace in traces:
        ends = np.stack([trace.step_end(step) for step in plan.steps], axis=1)
        free = (
            np.stack(
                [
                    plan.calendars[link.lag.calendar].add_many(
                        ends[:, link.before], np.full(len(ends), link.lag.ticks, dtype=np.int64)
                    )
                    if link.lag.ticks
                    else ends[:, link.before]
                    for link in plan.links
                ],
                axis=1,
            )
            if plan.links
            else np.zeros((plan.cases, 0), dtype=np.int64)
        )
        on = np.zeros_like(ends, dtype=bool)
        on[np.arange(plan.cases), ends.argmax(axis=1)] = True
        for step in reversed(range(len(plan.steps))):
            if not into[step]:
                continue
            last = np.array(into[step])[free[:, into[step]].argmax(axis=1)]
            for number in into[step]:
                through = on[:, step] & (last == number)
                links[number] += through.sum()
                on[:, plan.links[number].before] |= through
        steps += on.sum(axis=0)
        cases += plan.cases
    keys = [step.key for step in plan.steps]
    return (
        {key: float(n / cases) for key, n in zip(keys, steps, strict=True)},
        {
            (keys[link.before], keys[link.after]): float(n / cases)
            for link, n in zip(plan.links, links, strict=True)
        },
    )


def _people(plan: Plan, traces: Sequence[Trace]) -> list[_Change]:
    changes = []
    for number, pool in enumerate(plan.pools):
        desks = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        if not desks or pool.capacity >= AMPLE:
            continue
        waits = [(t.start[:, desks] > t.ready[:, desks]).any(axis=1).mean() for t in traces]
        office, _, role = pool.key.partition(".")
        zh = f"{pool.name.zh or office}增加 1 {'个窗口' if role == 'window' else '名审查人员'}"
        en = f"one more {role} at {pool.name.in_language('en')}"
        changes.append(
            _Change(
                "person", pool.key, Name(zh, en), float(np.mean(waits)),
                staffed(plan, {pool.key: pool.capacity + 1}),
            )
        )  # fmt: skip
    return changes


def _customs(
    scenario: Scenario,
    plan: Plan,
    links: dict[tuple[str, str], float],
    unlawful: list[tuple[str, Name]],
) -> list[_Change]:
    changes = []
    for edge in scenario.procedure.work_edges:
        critical = links.get(edge.ends, 0.0)
        lever = DropPrerequisite(edge.before, edge.after)
        changed = _with(scenario, lever, critical, str(edge), unlawful)
        if changed is not None:
            what = Name(f"取消惯例前置 {edge}", f"the custom {edge} dropped")
            design = compile_plan(changed) if critical else plan
            changes.append(_Change("custom", str(edge), what, critical, design))
    return changes


def _limits(
    scenario: Scenario,
    plan: Plan,
    steps: dict[str, float],
    unlawful: list[tuple[str, Name]],
) -> list[_Change]:
    changes = []
    for step in scenario.procedure.steps:
        if step.duration.unit is not Unit.WORKING_DAY or step.duration.amount < 2:
            continue
        critical = steps.get(step.key, 0.0)
        days = Duration(step.duration.amount - 1)
        changed = _with(scenario, Shorten(((step.key, days),)), critical, step.key, unlawful)
        if changed is not None:
            what = Name(
                f"{step.key} {step.name.zh} 缩短 1 个工作日",
                f"{step.key} {step.name.in_language('en')} one working day shorter",
            )
            design = compile_plan(changed) if critical else plan
            changes.append(_Change("limit", step.key, what, critical, design))
    return changes


def _items(scenario: Scenario, plan: Plan, steps: dict[str, float]) -> list[_Change]:
    """Return the items that the city may cancel, where fees are told.

    What the law keeps is no finding here: nearly every item is.
    """
    fees = scenario.procedure.fees
    if fees is None:
        return []
    changes = []
    for step in scenario.procedure.steps:
        critical = steps.get(step.key, 0.0)
        changed = _with(scenario, CancelSteps((step.key,)), 0.0, step.key, [])
        if changed is None or not (critical or step.fee):
            continue
        what = Name(
            f"取消 {step.key} {step.name.zh}",
            f"{step.key} {step.name.in_language('en')} cancelled",
        )
        saved = fees - (changed.procedure.fees or 0)
        design = compile_plan(changed) if critical else plan
        changes.append(_Change("item", step.key, what, critical, design, saved))
    return changes


def _with(
    scenario: Scenario,
    lever: Lever,
    critical: float,
    key: str,
    unlawful: list[tuple[str, Name]],
) -> Scenario | None:
    """Return the scenario with one lever more; a refusal is noted where it would matter."""
    try:
        procedure: Procedure = lever.apply(scenario.procedure)[0]
    except Refused as refused:
        if critical:
            why = Name(refused.sentence("zh"), refused.sentence("en"))
            unlawful.append((key, why))
        return None
    return replace(scenario, procedure=procedure)


def _values(
    runs: Replications, name: object, plan: Plan, replications: int
) -> tuple[list[float], list[float]]:
    numbers = range(replications)
    return (
        [runs.mean(name, plan, number) for number in numbers],
        [runs.quantile(name, plan, number) for number in numbers],
    )
