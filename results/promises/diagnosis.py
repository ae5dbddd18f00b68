"""Why a promise is broken: what costs most, and the nearest change that was tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from results.lever_groups import levers_of
from results.promises.claims import Claim, Elapsed, OnPaper, OnTime, StepDays, Utilisation, Wait
from results.promises.files import unknown_name
from results.promises.measures import on_paper, step_wait_ticks, values_of
from results.summary import pool_values
from results.words import word
from rules import InputError, Name
from scenarios import AMPLE, Scenario, load
from simulator import Interval, Run, Trace, mean_interval

Simulate = Callable[[Scenario, int], Run]
"""Runs a design so many times with the seed of the check."""

FIX_REPLICATIONS = 10
"""Replications of each change tried."""

_MOST_REDESIGNS = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """The step and the pool of people that cost a broken promise most.

    Attributes
    ----------
    step : str
        Its key.
    name : Name
        Chinese and English name.
    amount : float
        What the step adds: working days that it holds up a case on average while nothing
        else does, or visits, or documents.
    unit : str
        ``wd``, ``visits``, ``documents`` or ``fees``.
    critical : float
        Share of cases whose finish the step decides; 0 where that was not asked.
    pool : str
        Pool that cases wait for longest while nothing else holds them up; empty on paper.
    wait : float
        Working days of that wait, on average over cases.
    """

    step: str
    name: Name
    amount: float
    unit: str
    critical: float = 0.0
    pool: str = ""
    wait: float = 0.0

    def sentence(self, language: str) -> str:
        """Say it in one line."""
        zh = language == "zh"
        what = f"{self.step} {self.name.in_language(language)}".strip()
        amount = f"{self.amount:.1f}".removesuffix(".0")
        parts = [f"{amount} {word(_UNITS[self.unit], language)}"]
        if self.critical:
            share = f"{100 * self.critical:.0f} %"
            parts.insert(
                0, f"{share} 的办件中为关键环节" if zh else f"critical in {share} of cases"
            )
        if self.pool:
            parts.append(
                f"等待最久：{self.pool} {self.wait:.1f} 个工作日"
                if zh
                else f"longest wait: {self.wait:.1f} wd for {self.pool}"
            )
        return f"{what}（{'，'.join(parts)}）" if zh else f"{what} ({', '.join(parts)})"


_UNITS = {
    "wd": "working days", "visits": "visits", "documents": "documents", "fees": "fees (yuan)"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that was tried on a broken promise.

    Attributes
    ----------
    what : Name
        For instance one reviewer more.
    measured : Interval
        The metric with the change; a point on paper.
    keeps : bool
        Whether its estimate keeps the limit.
    """

    what: Name
    measured: Interval
    keeps: bool


def cost_on_paper(claim: Claim, scenario: Scenario) -> Cost | None:
    """Return the step that weighs most in a number of the paper view."""
    procedure = scenario.procedure
    metric = claim.metric.word if isinstance(claim.metric, OnPaper) else ""
    path = procedure.critical_path().keys
    weights = {
        step.key: Fraction(
            step.visits if metric == "visits"
            else step.documents if metric == "documents"
            else step.fee or 0 if metric == "fees"
            else int(step.kind.counted) if metric == "steps"
            else step.days
        )
        for step in procedure.steps
        if metric != "paper_days" or step.key in path
    }  # fmt: skip
    if metric == "steps" or not weights:
        return None  # every step weighs the same
    key = max(weights, key=lambda each: weights[each])
    unit = metric if metric in ("visits", "documents", "fees") else "wd"
    return Cost(key, procedure[key].name, float(weights[key]), unit)


def cost_in_run(claim: Claim, run: Run) -> Cost | None:
    """Return the step, and its pool, that weigh most in a simulated number.

    For elapsed times they are those with the most working days, and the longest wait, on the
    cases' critical chains: from a case's last step back to whichever prerequisite ended last.
    For the wait, use or days of a step, an office or a pool they are those there.
    """
    plan = run.plan
    cases = sum(len(trace.arrival) for trace in run.replications)
    candidates = _steps_meant(claim, run)
    if not candidates or not cases:
        return None
    chained = isinstance(claim.metric, Elapsed | OnTime)
    held, critical, waits = (np.zeros(len(plan.steps)) for _ in range(3))
    for trace in run.replications:
        on_chain = _on_critical_chain(run, trace)
        critical += on_chain.sum(axis=0)
        for at, step in enumerate(plan.steps):
            ticks = plan.calendars[0].worked_many(trace.step_ready(step), trace.step_end(step))
            counts = on_chain[:, at] if chained else True
            held[at] += (ticks * counts).sum() / plan.day_ticks
            waits[at] += (step_wait_ticks(run, trace, step.key) * counts).sum() / plan.day_ticks
    worst = max(candidates, key=lambda at: (held if chained else waits)[at])
    waited = max(candidates, key=lambda at: waits[at])
    step = plan.steps[worst]
    return Cost(
        step.key,
        step.name,
        float(held[worst]) / cases,
        "wd",
        float(critical[worst]) / cases,
        _worst_pool(run, waited),
        float(waits[waited]) / cases,
    )


def fixes_tried(
    claim: Claim, scenario: Scenario, cost: Cost | None, simulate: Simulate
) -> tuple[Fix, ...]:
    """Try one person more where it waits longest, and the redesigns that go further.

    Returns
    -------
    tuple of Fix
        Those that keep the limit first, the smallest change first.
    """
    paper = isinstance(claim.metric, OnPaper)
    changes: list[tuple[Name, Scenario]] = []
    if not paper and cost is not None and cost.pool:
        changes.append(_one_more(scenario, cost.pool))
    changes += _further_redesigns(scenario)[:_MOST_REDESIGNS]
    tried = []
    for what, changed in changes:
        if unknown_name(claim.metric, changed):
            continue  # the step or pool does not exist there
        measured = _measured(claim, changed, simulate)
        tried.append(Fix(what, measured, claim.order.holds(measured.estimate, claim.limit)))
    return tuple(sorted(tried, key=lambda fix: not fix.keeps))


def _measured(claim: Claim, scenario: Scenario, simulate: Simulate) -> Interval:
    if isinstance(claim.metric, OnPaper):
        value = float(on_paper(claim.metric, scenario.procedure))
        return Interval(value, value, value, 1.0, 0)
    return mean_interval(values_of(claim.metric, simulate(scenario, FIX_REPLICATIONS)))


def _one_more(scenario: Scenario, pool: str) -> tuple[Name, Scenario]:
    """Return the design with one person more in a pool."""
    key, _, role = pool.rpartition(".")
    window = role == "window"
    offices = tuple(
        office
        if office.key != key
        else replace(office, windows=office.windows + 1)
        if window
        else replace(office, reviewers=office.reviewers + 1)
        for office in scenario.offices
    )
    name = scenario.office(key).name
    zh, en = ("窗口", "window") if window else ("审查人员", "reviewer")
    what = Name(f"{name.in_language('zh')}加 1 名{zh}", f"+1 {en} at {name.in_language('en')}")
    return what, replace(scenario, offices=offices)


def _further_redesigns(scenario: Scenario) -> list[tuple[Name, Scenario]]:
    """Return the redesigns beside it that begin with all its levers, the fewest more first.

    None where some of its levers were switched off: no file holds such a design.
    """
    try:
        mine = [placed.lever for placed in levers_of(scenario)]
    except InputError:
        return []
    found = []
    for key in scenario.redesigns:
        other = load(scenario.folder / key)
        levers = [placed.lever for placed in levers_of(other)]
        if len(levers) > len(mine) and levers[: len(mine)] == mine:
            what = Name(
                f"方案 {key}（{other.name.in_language('zh')}）",
                f"redesign {key} ({other.name.in_language('en')})",
            )
            found.append((len(levers), what, other))
    return [(what, other) for _, what, other in sorted(found, key=lambda each: each[0])]


def _steps_meant(claim: Claim, run: Run) -> list[int]:
    """Return the steps that a metric is about: all, one, or those of an office or pool."""
    plan = run.plan
    match claim.metric:
        case StepDays(_, where) | Wait(_, where) if where in [s.key for s in plan.steps]:
            return [at for at, step in enumerate(plan.steps) if step.key == where]
        case Wait(_, where) | Utilisation(where):
            return [
                at
                for at, step in enumerate(plan.steps)
                if any(
                    where in (plan.pools[pool].key, plan.pools[pool].key.rpartition(".")[0])
                    for desk in step.desks
                    for pool in plan.desks[desk].pools
                )
            ]
        case _:
            return list(range(len(plan.steps)))


def _worst_pool(run: Run, step: int) -> str:
    """Return the pool of a step's desks that is waited for longest, or nothing."""
    plan = run.plan
    pools = {
        plan.pools[pool].key
        for desk in plan.steps[step].desks
        for pool in plan.desks[desk].pools
        if plan.pools[pool].capacity < AMPLE
    }
    return max(sorted(pools), key=lambda key: sum(pool_values(run, key)[1]), default="")


def _on_critical_chain(run: Run, trace: Trace) -> NDArray[np.bool_]:
    """Return for every case and step whether the step decides when the case is finished."""
    plan = run.plan
    cases = len(trace.arrival)
    ends = np.stack([trace.step_end(step) for step in plan.steps], axis=1)
    ends[:, [step.after_issue for step in plan.steps]] = -1  # such steps keep no case
    on_chain = np.zeros(ends.shape, dtype=np.bool_)
    rows = np.arange(cases)
    current = ends.argmax(axis=1)
    links = plan.predecessors()
    while len(rows):
        on_chain[rows, current] = True
        before = np.full(len(rows), -1)
        for at, needs in enumerate(links):
            here = current == at
            if needs and here.any():
                steps = np.array([link.before for link in needs])
                before[here] = steps[ends[np.ix_(rows[here], steps)].argmax(axis=1)]
        rows, current = rows[before >= 0], before[before >= 0]
    return on_chain
