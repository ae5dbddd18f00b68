"""How often the intervals of ten replications hold the true mean, nominally 90 times in 100.

Two cases of Law and Kelton's textbook whose means are known and whose replications are
skewed: the mean of the first 25 waits of an M/M/1 queue at a load of 0.9, and the life of
a machine that runs on one part and either of two others. Replications come from the
simulator, intervals from :func:`simulator.statistics.mean_interval`; Student's interval
stands beside them. Run from the checkout; 100,000 experiments take half a minute:

    python -m benchmarks.interval_coverage [EXPERIMENTS]
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential
from scenarios.plan import Plan
from simulator.draws import desk_times
from simulator.feed_forward import forward
from simulator.statistics import mean_interval
from simulator.verify_models import days_for, station
from simulator.verify_projects import formula
from simulator.verify_reading import UNIT

FloatArray = NDArray[np.float64]

N, LEVEL = 10, 0.90
FIRST = 25
GROUPS, APART = 200, 400
QUEUE_MEAN, RELIABILITY_MEAN = 2.12448934653, 7 / 9
RELIABILITY = {
    "formula": "min(G1, max(G2, G3))",
    "G": {"dist": "weibull", "shape": 0.5, "scale": 1},
}


@dataclass(frozen=True, slots=True)
class Mornings:
    """Poisson cases in groups; each group finds the office empty, for the others are long gone."""

    mean_gap: float
    size: int
    apart: int

    def blocks(self, cases: int) -> tuple[int, ...]:
        """Return that all cases are of one stream."""
        return (cases,)

    def times(self, uniforms: FloatArray, calendar: object, luck: object = None) -> FloatArray:
        """Return the arrival tick of each case; a group's first comes at its beginning."""
        gaps = np.rint(-self.mean_gap * np.log1p(-uniforms)).astype(np.int64)
        gaps = gaps.reshape(-1, self.size)
        gaps[:, 0] = np.arange(len(gaps)) * self.apart
        return np.cumsum(gaps, axis=1).ravel()


def queue_means(replications: range, seed: int = 1) -> FloatArray:
    """Return the mean of the first 25 waits of each replication: M/M/1 from empty, load 0.9.

    Many such starts stand in one run, so far apart that the office is empty before each.
    """
    rows, rest = divmod(len(replications), GROUPS)
    assert not rest
    first = replications.start // GROUPS
    run = forward(many_starts(), seed, range(first, first + rows))
    waits = (run.start[0] - run.ready[0]).reshape(-1, FIRST)
    assert (waits[:, 0] == 0).all()
    return waits.mean(axis=1) / UNIT


@lru_cache(maxsize=1)
def many_starts() -> Plan:
    """Return the queue with its starts."""
    plan = station(Poisson(UNIT), Exponential(0.9 * UNIT), 1, GROUPS * FIRST, days_for(1))
    mornings = Mornings(UNIT, FIRST, APART * UNIT)
    return replace(plan, arrivals=mornings, calendars=(days_for(APART * GROUPS),))


def lives(replications: range, seed: int = 1) -> FloatArray:
    """Return the machine's life in each replication; many cases of one run stand for them."""
    plan = formula(RELIABILITY, len(replications))
    return desk_times(plan, seed, replications.start)[:, 0] / UNIT


def held(means: FloatArray, truth: float) -> tuple[int, int]:
    """Return how many experiments of ten values hold the truth: Willink's interval, Student's."""
    rows = means.reshape(-1, N)
    willink = 0
    for row in rows.tolist():
        interval = mean_interval(row, LEVEL)
        willink += interval.low <= truth <= interval.high
    half = stats.t.ppf((1 + LEVEL) / 2, N - 1) * rows.std(axis=1, ddof=1) / math.sqrt(N)
    return willink, int((np.abs(rows.mean(axis=1) - truth) <= half).sum())


def queue_part(replications: range) -> tuple[int, int]:
    """Return :func:`held` of some experiments with the queue."""
    return held(queue_means(replications), QUEUE_MEAN)


def reliability_part(replications: range) -> tuple[int, int]:
    """Return :func:`held` of some experiments with the machine."""
    return held(lives(replications), RELIABILITY_MEAN)


def parts(experiments: int, size: int = 1000) -> Iterator[range]:
    """Yield the replications of so many experiments, by parts."""
    for first in range(0, experiments, size):
        yield range(first * N, min(first + size, experiments) * N)


def main(experiments: int) -> None:
    """Print the coverage of both cases."""
    cases: list[tuple[str, Callable[[range], tuple[int, int]], float]] = [
        ("M/M/1, first 25 waits", queue_part, 0.89),
        ("reliability", reliability_part, 0.86),
    ]
    print(f"{experiments} experiments of {N} replications, nominal {LEVEL:.0%}")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for name, part, asked in cases:
            began = time.perf_counter()
            found = np.sum(list(pool.map(part, parts(experiments))), axis=0) / experiments
            error = math.sqrt(found[0] * (1 - found[0]) / experiments)
            print(
                f"{name:22} ours {found[0]:.4f} +-{error:.4f} (asked {asked}), "
                f"Student {found[1]:.4f}, {time.perf_counter() - began:.0f} s"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
