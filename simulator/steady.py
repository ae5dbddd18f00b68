"""The long run: what replications say once they have forgotten that they began empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.run import Run
from simulator.statistics import Interval, mean_interval
from simulator.trace import Outcome
from simulator.warm_up import BATCH, warm_up


@dataclass(frozen=True, slots=True)
class Steady:
    """Elapsed working days in the long run.

    Attributes
    ----------
    left_out : int
        Cases at the beginning of each replication that were left out (MSER-5).
    cases : int
        Cases of each replication that were looked at, those left out included.
    settled : bool
        Whether the run is long enough: less than half of it had to be left out.
    mean, p90 : Interval
        Of cases after those, over replications; working days.
    """

    left_out: int
    cases: int
    settled: bool
    mean: Interval
    p90: Interval


def steady_state(run: Run, level: float = 0.95) -> Steady:
    """Return elapsed times without the warm-up.

    Cases count in the order in which they came, as far as all before them were finished in
    every replication. What is left out is the same for all replications: MSER-5 of the
    mean over replications of the first case, the second and so on.

    Parameters
    ----------
    run : Run
        Long replications of a plan; those in the house at the start come first.
    level : float
        Confidence of the intervals.

    Examples
    --------
    ``steady_state(simulate(plan, 10)).settled`` says whether the cases are enough.
    """
    counting, day = run.plan.calendars[0], run.plan.day_ticks
    rows, whole = [], run.plan.cases
    for trace in run.replications:
        order = np.argsort(trace.arrival, kind="stable")
        rows.append(counting.worked_many(trace.arrival, trace.finish)[order] / day)
        open_ = np.flatnonzero(trace.outcomes()[order] != Outcome.FINISHED)
        whole = min(whole, int(open_[0]) if open_.size else whole)
    table = np.stack(rows)[:, :whole]
    cut = warm_up(table.mean(axis=0)) if whole else 0
    kept = table[:, cut:]
    means = [float(row.mean()) for row in kept] if kept.size else []
    p90 = [float(np.quantile(row, 0.9, method="inverted_cdf")) for row in kept] if means else []
    return Steady(
        cut,
        whole,
        whole >= 4 * BATCH and cut < whole // 2 // BATCH * BATCH,
        mean_interval(means, level),
        mean_interval(p90, level),
    )
