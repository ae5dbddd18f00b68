"""What a sweep's tallies say, in the same words and bytes as traces do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from results.comparison import Comparison, difference_of
from results.summary import LEVEL, Paper, PoolUse, Summary, Times
from scenarios import Scenario, compile_plan
from simulator import mean_interval
from simulator.blocks import Design, Tally


def design_of(scenario: Scenario) -> Design:
    """Return what a sweep simulates of a scenario; cases are on time within its paper days."""
    plan = compile_plan(scenario)
    limit = int(Paper.of(scenario.procedure).paper_days * plan.day_ticks)
    return Design(scenario.key, plan, limit)


def summary_of(
    scenario: Scenario, design: Design, tally: Tally, seed: int, engine: str = "simpy"
) -> Summary:
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
