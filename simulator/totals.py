"""Large runs without their rows: exact histograms, the same whatever order they are added in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from scenarios.plan import Plan
from simulator.histograms import Histogram
from simulator.trace import Outcome, Trace
from simulator.usage import waits_of

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Totals:
    """What is left of replications whose rows were not kept.

    Attributes
    ----------
    replications : int
        How many.
    elapsed : Histogram
        Working minutes from arrival to result, of finished cases.
    waits : dict of str to Histogram
        Working minutes that work waited for each pool, by its key; every visit counts, also
        those after the last arrival.
    outcomes : dict of str to int
        Cases by :class:`Outcome`.
    """

    replications: int
    elapsed: Histogram
    waits: dict[str, Histogram]
    outcomes: dict[str, int]

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.replications + other.replications,
            _sum(self.elapsed, other.elapsed),
            {key: _sum(self.waits[key], other.waits[key]) for key in self.waits},
            {key: self.outcomes[key] + other.outcomes[key] for key in self.outcomes},
        )


def _sum(one: Histogram, other: Histogram) -> Histogram:
    return Histogram.merged((one, other), MINUTE)


def totals_of(plan: Plan, trace: Trace) -> Totals:
    """Return the totals of one replication."""
    counting = plan.calendars[0]
    outcomes = trace.outcomes()
    done = outcomes == Outcome.FINISHED
    waits = {}
    for number, pool in enumerate(plan.pools):
        stretches = waits_of(plan, trace, number)
        ticks = counting.worked_many(stretches[:, 0], stretches[:, 1])
        waits[pool.key] = Histogram.of(ticks, MINUTE)
    return Totals(
        1,
        Histogram.of(counting.worked_many(trace.arrival[done], trace.finish[done]), MINUTE),
        waits,
        {each.name.lower(): int((outcomes == each).sum()) for each in Outcome},
    )


def simulate_totals(
    plan: Plan, replications: Iterable[int], seed: int = 1, *, engine: str = "auto"
) -> Totals:
    """Run replications and keep their totals only; those of parts add up to the whole."""
    from simulator.engines import engine_for

    numbers = list(replications)
    if not numbers:
        raise ValueError("no replications were asked for")
    chosen = engine_for(plan, len(numbers), engine)
    parts = (
        totals_of(plan, part) for number in numbers for part in chosen.parts(plan, seed, number)
    )
    totals = next(parts)
    for each in parts:
        totals += each
    return replace(totals, replications=len(numbers))
