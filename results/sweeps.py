"""What a sweep's tallies say, in the same words and bytes as traces do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from results.clock_summary import accounted
from results.comparison import Comparison, difference_of
from results.summary import LEVEL, Paper, PoolUse, Summary, Times
from scenarios import Scenario, compile_plan
from simulator import mean_interval
from simulator.blocks import Design, Tally
from simulator.crews import crew_for
from simulator.sweep import Sweep, run_sweep, tally_of_design
from simulator.sweep_store import SweepStore
from simulator.workers import Here, WorkersDoNotStart


def design_of(scenario: Scenario) -> Design:
    """Return what a sweep simulates of a scenario; cases are on time within its paper days."""
    plan = compile_plan(scenario)
    limit = int((Paper.of(scenario.procedure).paper_days or 0) * plan.day_ticks)
    return Design(scenario.key, plan, limit)


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


def simulated_times(
    scenarios: Sequence[Scenario], replications: int, seed: int, engine: str, workers: int | None
) -> list[Times]:
    """Return the times of each scenario, as :func:`simulated` finds them."""
    sweep = Sweep(tuple(design_of(each) for each in scenarios), replications, seed, engine)
    with _run(sweep, workers) as store:
        return [_times(each, tally_of_design(sweep, store, each)) for each in sweep.designs]


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
        _times(design, tally),
        _pool_uses(design, tally),
        seed,
        tally.replications,
        design.plan.cases,
        engine,
        accounted(design.plan, tally.account(design), LEVEL),
    )


def comparison_of(summaries: Sequence[Summary]) -> Comparison:
    """Return the comparison that :func:`results.compare` gives of the same replications."""
    first, *others = summaries
    return Comparison(tuple(summaries), tuple(difference_of(first, other) for other in others))


def _times(design: Design, tally: Tally) -> Times:
    day = design.plan.day_ticks
    # divided as Python numbers, whole by whole, as summaries of traces do
    cases = tally.column("cases").tolist()
    return Times(
        np.array(
            [
                total / count / day
                for total, count in zip(tally.column("elapsed").tolist(), cases, strict=True)
            ]
        ),
        np.array([ticks / day for ticks in tally.column("p50").tolist()]),
        np.array([ticks / day for ticks in tally.column("p90").tolist()]),
        np.array(
            [
                within / count
                for within, count in zip(tally.column("within").tolist(), cases, strict=True)
            ]
        ),
    )


def _pool_uses(design: Design, tally: Tally) -> tuple[PoolUse, ...]:
    plan = design.plan
    uses = []
    for place, number in enumerate(design.pools()):
        pool = plan.pools[number]
        desks = sum(number in desk.pools for desk in plan.desks)
        day = plan.calendars[pool.calendar].day_ticks
        held, open_, waited = (values.tolist() for values in tally.pool(place))
        busy = [
            ticks / max(1, hours * pool.capacity) for ticks, hours in zip(held, open_, strict=True)
        ]
        waits = [ticks / (desks * plan.cases) / day for ticks in waited]
        uses.append(
            PoolUse(
                pool.key,
                pool.name,
                pool.capacity,
                mean_interval(busy, LEVEL),
                mean_interval(waits, LEVEL),
            )
        )
    return tuple(sorted(uses, key=lambda use: use.key))
