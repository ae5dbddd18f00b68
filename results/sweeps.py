"""What a sweep's tallies say, in the same words and bytes as traces do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from results.clock_summary import accounted
from results.comparison import Comparison, differences_of
from results.measures import LEVEL, Times, flow_of, pool_uses, times_of
from results.summary import Paper, Summary, limit_of
from scenarios import Scenario, compile_plan
from simulator.blocks import Design, Tally, run_until_precise
from simulator.crews import crew_for
from simulator.engines import engine_for
from simulator.sweep import Sweep, run_sweep, tally_of_design
from simulator.sweep_store import SweepStore
from simulator.workers import Here, WorkersDoNotStart


def design_of(scenario: Scenario) -> Design:
    """Return what a sweep simulates of a scenario; cases are on time within its paper days."""
    plan = compile_plan(scenario)
    return Design(scenario.key, plan, limit_of(Paper.of(scenario.procedure), plan))


def simulated(
    scenarios: Sequence[Scenario],
    replications: int,
    seed: int,
    *,
    engine: str = "auto",
    workers: int | None = None,
) -> list[Summary]:
    """Simulate scenarios and return their summaries; on all cores when that pays.

    Replications are tallied and dropped as they end, so that memory does not grow with
    their number.

    Parameters
    ----------
    engine : str
        ``auto``, ``simpy`` or ``fast``; see :func:`simulator.engines.engine_for`.
    workers : int, optional
        How many processes; see :func:`simulator.crews.crew_for`.
    """
    sweep = Sweep(tuple(design_of(each) for each in scenarios), replications, seed, engine)
    with _run(sweep, workers) as store:
        return summaries_of(scenarios, sweep, store)


def until_precise(
    scenario: Scenario, least: int, seed: int, precision: float, engine: str = "auto"
) -> Summary:
    """Simulate a scenario until its mean elapsed time is known to a part of it.

    Parameters
    ----------
    least : int
        Replications that there must be.
    precision : float
        For instance 0.05; see :func:`simulator.simulate`.
    """
    design = design_of(scenario)
    tally = run_until_precise(design, seed, least, precision, engine=engine)
    name = engine_for(design.plan, tally.replications, engine).name
    return summary_of(scenario, design, tally, seed, name)


def simulated_times(
    scenarios: Sequence[Scenario], replications: int, seed: int, engine: str, workers: int | None
) -> list[Times]:
    """Return the times of each scenario, as :func:`simulated` finds them."""
    sweep = Sweep(tuple(design_of(each) for each in scenarios), replications, seed, engine)
    with _run(sweep, workers) as store:
        return [times_of(each, tally_of_design(sweep, store, each)) for each in sweep.designs]


@contextmanager
def _run(sweep: Sweep, workers: int | None) -> Iterator[SweepStore]:
    """Run a sweep to its end; the store is gone afterwards."""
    with SweepStore(None, sweep.header()) as store:
        try:
            run_sweep(sweep, store, crew_for(sweep, workers))
        except WorkersDoNotStart:
            run_sweep(sweep, store, Here())
        yield store


def summaries_of(scenarios: Sequence[Scenario], sweep: Sweep, store: SweepStore) -> list[Summary]:
    """Return the summary of each scenario of a sweep that is complete."""
    return [
        summary_of(scenario, design, tally_of_design(sweep, store, design), sweep.seed, engine.name)
        for scenario, design, engine in zip(scenarios, sweep.designs, sweep.engines(), strict=True)
    ]


def summary_of(scenario: Scenario, design: Design, tally: Tally, seed: int, engine: str) -> Summary:
    """Return the summary that :func:`results.summarise` gives of the same replications."""
    return Summary(
        scenario,
        Paper.of(scenario.procedure),
        times_of(design, tally),
        pool_uses(design, tally),
        seed,
        tally.replications,
        design.plan.cases,
        engine,
        accounted(design.plan, tally.account(design), LEVEL),
        flow_of(design, tally),
    )


def comparison_of(summaries: Sequence[Summary]) -> Comparison:
    """Return the comparison that :func:`results.compare` gives of the same replications."""
    return Comparison(tuple(summaries), differences_of(summaries))
