"""Intervals for what replications show.

All are over replications, never over the cases of one replication: cases of one run
share their queues, and an interval that takes them for independent was 16 times too
narrow. Below :data:`FEWEST` values there is no interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 5
"""Fewest values that an interval is given for."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the range that holds the true value with a stated confidence.

    Attributes
    ----------
    estimate : float
        In the unit of the values.
    low, high : float or None
        Ends of the interval; None where there are too few values to tell.
    level : float
        Confidence, for instance 0.95.
    n : int
        Number of values.
    """

    estimate: float
    low: float | None
    high: float | None
    level: float
    n: int

    @property
    def known(self) -> bool:
        """Whether both ends are known."""
        return self.low is not None and self.high is not None


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean with Willink's skewness-corrected t interval.

    Approval times are skewed to the right, where Student's interval misses the mean
    too often: with 10 values of a reliability model it held 76 instead of 90 %, this
    one 87 %. Source: R. Willink, "A confidence interval and test for the mean of an
    asymmetric distribution", Communications in Statistics 34 (2005) 753-766.

    Examples
    --------
    >>> interval = mean_interval([10, 11, 12, 13, 14])
    >>> interval.estimate, round(interval.low, 3), round(interval.high, 3)
    (12.0, 10.037, 13.963)
    >>> mean_interval([10, 11]).low is None
    True
    """
    n = len(values)
    if not n:
        return Interval(math.nan, None, None, level, n)
    mean = math.fsum(values) / n
    if n < FEWEST:
        return Interval(mean, None, None, level, n)
    from scipy.special import stdtrit

    off = [value - mean for value in values]
    error = math.sqrt(math.fsum(x * x for x in off) / (n - 1) / n)
    if not error:
        return Interval(mean, mean, mean, level, n)
    third_moment = n * math.fsum(x**3 for x in off) / ((n - 1) * (n - 2))
    lean = third_moment / (6 * n * n * error**3)
    t = float(stdtrit(n - 1, (1 + level) / 2))
    low, high = mean - error * _unbent(t, lean), mean - error * _unbent(-t, lean)
    return Interval(mean, low, high, level, n)


def quantile_interval(values: Sequence[float], q: float, level: float = 0.95) -> Interval:
    """Return the q-quantile (0 < q < 1) with an exact interval between two order statistics.

    Holds for every distribution; an end is None where even the smallest or largest
    value cannot bound the quantile with this confidence (the 0.9-quantile needs some 36 values).

    Examples
    --------
    >>> quantile_interval(range(1, 101), 0.9)
    Interval(estimate=90, low=84, high=96, level=0.95, n=100)
    """
    n = len(values)
    if not n:
        return Interval(math.nan, None, None, level, n)
    ordered = sorted(values)
    estimate = ordered[max(0, math.ceil(q * n - 1e-9) - 1)]
    if n < FEWEST:
        return Interval(estimate, None, None, level, n)
    tail = (1 - level) / 2
    # rank r bounds from below when fewer than r values lie below the quantile with chance <= tail
    chance = _binomial(n, q)
    below = 0.0
    low_rank = 0
    while below + chance[low_rank] <= tail:
        below += chance[low_rank]
        low_rank += 1
    above = 0.0
    high_rank = n + 1
    while above + chance[high_rank - 1] <= tail:
        above += chance[high_rank - 1]
        high_rank -= 1
    return Interval(
        estimate,
        ordered[low_rank - 1] if low_rank >= 1 else None,
        ordered[high_rank - 1] if high_rank <= n else None,
        level,
        n,
    )


def share_interval(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the share k / n with the exact interval of Clopper and Pearson (1934).

    For n independent trials, such as replications that kept a promise.

    Examples
    --------
    >>> interval = share_interval(9, 10)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.555, 0.9975)
    """
    if n < FEWEST:
        return Interval(k / n if n else math.nan, None, None, level, n)
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Interval(k / n, low, high, level, n)


def paired_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean of ``a - b``, replication by replication.

    Because both designs share their luck, the difference varies far less than either.

    Examples
    --------
    >>> paired_difference([5, 7, 9, 11, 30], [4, 6, 8, 10, 29])
    Interval(estimate=1.0, low=1.0, high=1.0, level=0.95, n=5)
    """
    return mean_interval([x - y for x, y in zip(a, b, strict=True)], level)


def each_level(comparisons: int, level: float = 0.95) -> float:
    """Return the confidence of each of several intervals that shall hold all at once.

    Bonferroni's inequality: the chance that any of them misses is at most the sum of the
    chances that each does.

    Examples
    --------
    >>> each_level(1), round(each_level(3), 4)
    (0.95, 0.9833)
    """
    return 1 - (1 - level) / comparisons if comparisons > 1 else level


def _unbent(r: float, lean: float) -> float:
    """Return Willink's G: the t value that the skewness leaves of ``r``."""
    if abs(lean) < 1e-12:
        return r
    inside = 6 * lean * (r - lean)
    # (1 + x)^(1/3) - 1 without cancellation; left of -1 the real root, on the other side of zero
    root = math.expm1(math.log1p(inside) / 3) if inside > -1 else -((-1 - inside) ** (1 / 3)) - 1
    return root / (2 * lean)


def _binomial(n: int, q: float) -> list[float]:
    """Return the chance of each number of hits, 0 to n, in n trials."""
    return [
        math.exp(
            math.lgamma(n + 1)
            - math.lgamma(k + 1)
            - math.lgamma(n - k + 1)
            + k * math.log(q)
            + (n - k) * math.log1p(-q)
        )
        for k in range(n + 1)
    ]
