"""Kept, BROKEN or UNSURE: a test that looks at more replications only while it must.

The claim is about the expected value of the metric in one replication. The test looks at 10,
20, 40, 80 ... replications. At each look it asks whether a two-sided skewness-corrected
interval (Willink's, see :func:`simulator.mean_interval`) lies wholly on one side of the
limit, and stops as soon as it does. With a promise's ``confidence`` of 95 % and K planned looks
each tail of each interval has 5 %/K, so by Bonferroni's inequality, over all looks

- a promise whose true value keeps the limit is called BROKEN with a chance of at most 5 %;
- one whose true value breaks it is called kept with a chance of at most 5 %.

What is still open after the last look is UNSURE. The guarantee is as good as the interval:
with 10 strongly skewed values it is a little too short (see the tests, which measure it).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from results.promises.claims import Claim
from simulator import Interval, mean_interval
from simulator.statistics import FEWEST

FIRST_LOOK = 10
"""Replications of the first look."""

MOST_REPLICATIONS = 160
"""Replications of the last look, unless the planner asks for more or fewer."""


class Verdict(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "BROKEN"
    UNSURE = "UNSURE"


def looks(most: int = MOST_REPLICATIONS) -> tuple[int, ...]:
    """Return the numbers of replications at which the test looks, the last being ``most``.

    Examples
    --------
    >>> looks(160), looks(30), looks(4)
    ((10, 20, 40, 80, 160), (10, 20, 30), (4,))
    """
    counts = []
    count = FIRST_LOOK
    while count < most:
        counts.append(count)
        count *= 2
    return (*counts, most)


def look(
    values: Sequence[float], claim: Claim, confidence: float, n_looks: int
) -> tuple[Verdict, Interval]:
    """Return the verdict of one look and the interval it rests on.

    Parameters
    ----------
    values : sequence of float
        The metric in each replication so far.
    claim : Claim
        What must hold of its expected value.
    confidence : float
        1 minus the chance of a wrong verdict, over all looks.
    n_looks : int
        Looks planned.

    Examples
    --------
    >>> from results.promises.claims import parse_claim
    >>> print(look([100, 101, 102, 103, 104], parse_claim("mean(total) <= 109"), 0.95, 1)[0])
    kept
    """
    interval = mean_interval(values, level_of_look(confidence, n_looks))
    if interval.low is None or interval.high is None or len(values) < FEWEST:
        return Verdict.UNSURE, interval
    limit = float(claim.limit)
    ends = (interval.low, interval.high)
    holds = [claim.order.holds(end, limit) for end in ends]
    if all(holds):
        return Verdict.KEPT, interval
    if not any(holds):
        return Verdict.BROKEN, interval
    return Verdict.UNSURE, interval


def level_of_look(confidence: float, n_looks: int) -> float:
    """Return the two-sided level of each look's interval.

    Examples
    --------
    >>> round(level_of_look(0.95, 5), 4), round(level_of_look(0.95, 1), 4)
    (0.98, 0.9)
    """
    return 1 - 2 * (1 - confidence) / n_looks


def replications_needed(interval: Interval, limit: Fraction) -> int | None:
    """Return about how many replications would tell; None if the estimate is at the limit."""
    if interval.low is None or interval.high is None:
        return FIRST_LOOK
    off = abs(interval.estimate - float(limit))
    half = max(interval.high - interval.estimate, interval.estimate - interval.low)
    if off <= half / 100:
        return None
    return math.ceil(interval.n * (half / off) ** 2 * 1.2 / 10) * 10
