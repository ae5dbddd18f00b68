"""Check promises: simulate as much as each needs, and explain those that are broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from results.design_record import Changed, changes_since
from results.promises.claims import OnPaper
from results.promises.diagnosis import Cost, Fix, cost_in_run, cost_on_paper, fixes_tried
from results.promises.files import Promise, PromiseBook
from results.promises.measures import on_paper, values_of
from results.promises.verdicts import (
    MOST_REPLICATIONS,
    Verdict,
    look,
    looks,
    replications_needed,
)
from scenarios import Scenario, compile_plan
from simulator import Interval, Run, simulate


@dataclass(frozen=True, slots=True)
class Baseline:
    """A saved run that broken promises are compared with.

    Attributes
    ----------
    label : str
        How the planner knows it, for instance ``@1``.
    saved_at : str
        When it was saved, ISO 8601.
    design : mapping
        See :func:`results.design_record.design_record`.
    """

    label: str
    saved_at: str
    design: Mapping[str, Any]


FindBaseline = Callable[[Promise, Scenario], Baseline | None]
"""Returns the saved run of a promise's design, or None where there is none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one promise.

    Attributes
    ----------
    promise : Promise
        The promise.
    design : str
        Key of the design that was asked.
    verdict : Verdict
        Kept, BROKEN or UNSURE.
    measured : Interval
        The metric with the interval that the verdict rests on; on paper a point, n 0.
    seed, replications, cases : int
        How it was simulated; zero on paper.
    most : int
        Replications of the last look planned.
    n_looks : int
        Looks that were planned.
    needs : int or None
        For UNSURE about how many replications would tell; None where none would.
    cost : Cost or None
        For BROKEN the step that costs most.
    baseline : str
        Label and date of the saved run it was compared with, or empty.
    changes : tuple of Changed
        What changed since that run.
    fixes : tuple of Fix
        What was tried, best first.
    """

    promise: Promise
    design: str
    verdict: Verdict
    measured: Interval
    seed: int = 0
    replications: int = 0
    cases: int = 0
    most: int = 0
    n_looks: int = 1
    needs: int | None = None
    cost: Cost | None = None
    baseline: str = ""
    changes: tuple[Changed, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(slots=True)
class Checker:
    """Checks the promises of a book; each design is simulated once for all its promises.

    Attributes
    ----------
    book : PromiseBook
        The promises.
    seed : int or None
        By default what each scenario says.
    most : int
        Replications of the last look.
    find_baseline : callable
        Finds the saved run that a broken promise is compared with.
    engine : str
        ``auto``, ``simpy`` or ``fast``; no verdict depends on it.
    workers : int or None
        How many processes; see :func:`simulator.simulate`.
    runs : dict of str to Run
        The longest run of each design so far.
    """

    book: PromiseBook
    seed: int | None = None
    most: int = MOST_REPLICATIONS
    find_baseline: FindBaseline = lambda promise, scenario: None
    engine: str = "auto"
    workers: int | None = 1
    runs: dict[str, Run] = field(default_factory=dict)

    def check(self, promise: Promise) -> Finding:
        """Return what becomes of a promise."""
        scenario = self.book.designs[promise.redesign]
        if isinstance(promise.claim.metric, OnPaper):
            finding = self._on_paper(promise, promise.claim.metric, scenario)
        else:
            finding = self._simulated(promise, scenario)
        return self._explained(finding, scenario) if finding.verdict is Verdict.BROKEN else finding

    def run(self, redesign: str, replications: int) -> Run:
        """Return a run of a design with exactly so many replications."""
        scenario = self.book.designs[redesign]
        known = self.runs.get(redesign)
        if known is None or len(known.replications) < replications:
            known = self.runs[redesign] = self._simulate(scenario, replications)
        if len(known.replications) == replications:
            return known
        return replace(known, replications=known.replications[:replications])

    def _on_paper(self, promise: Promise, metric: OnPaper, scenario: Scenario) -> Finding:
        value = on_paper(metric, scenario.procedure)
        kept = promise.claim.order.holds(value, promise.claim.limit)
        point = Interval(float(value), float(value), float(value), 1.0, 0)
        return Finding(promise, scenario.key, Verdict.KEPT if kept else Verdict.BROKEN, point)

    def _simulated(self, promise: Promise, scenario: Scenario) -> Finding:
        planned = looks(self.most)
        claim = promise.claim
        for count in planned:
            values = values_of(claim.metric, self.run(promise.redesign, count))
            verdict, interval = look(values, claim, promise.confidence, len(planned))
            if verdict is not Verdict.UNSURE:
                break
        run = self.run(promise.redesign, count)
        unsure = verdict is Verdict.UNSURE
        return Finding(
            promise,
            scenario.key,
            verdict,
            interval,
            run.seed,
            count,
            run.plan.cases,
            self.most,
            len(planned),
            replications_needed(interval, claim.limit) if unsure else None,
        )

    def _explained(self, finding: Finding, scenario: Scenario) -> Finding:
        promise = finding.promise
        claim = promise.claim
        if finding.replications:
            cost = cost_in_run(claim, self.run(promise.redesign, finding.replications))
        else:
            cost = cost_on_paper(claim, scenario)
        baseline = self.find_baseline(promise, scenario)
        return replace(
            finding,
            cost=cost,
            baseline=f"{baseline.label} ({baseline.saved_at[:10]})" if baseline else "",
            changes=changes_since(baseline.design, scenario) if baseline else (),
            fixes=fixes_tried(claim, scenario, cost, self._simulate),
        )

    def _simulate(self, scenario: Scenario, replications: int) -> Run:
        seed = scenario.seed if self.seed is None else self.seed
        return simulate(
            compile_plan(scenario), replications, seed, engine=self.engine, workers=self.workers
        )


def gap(finding: Finding) -> Fraction:
    """Return by how much a broken promise misses its limit, always positive."""
    return abs(Fraction(finding.measured.estimate) - finding.promise.claim.limit)
