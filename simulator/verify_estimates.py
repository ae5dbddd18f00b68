"""Estimates from replications: ratios, variances and quantiles with one kind of interval.

Every replication leaves a few means ("columns"); a metric is a smooth function of their
averages. Its error follows from leaving out one replication at a time (the jackknife),
so a ratio or a quantile needs no formula of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Columns = dict[str, FloatArray]
"""Means of each replication by name."""
Metric = Callable[[Mapping[str, FloatArray]], FloatArray]
"""What a metric is, given average columns."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric as simulated.

    Attributes
    ----------
    value, error : float
        Estimate and its standard error.
    half_width : float
        Of the interval at the level asked for.
    """

    value: float
    error: float
    half_width: float


CONTROL = "control:"
"""Prefix of columns whose true mean is known to be 0: how the luck of a replication was."""


def estimate(metric: Metric, columns: Columns, level: float) -> Estimate:
    """Return a metric with its interval over replications.

    Where the columns hold controls, the part of a metric that follows them is taken out
    by regression: a replication with long draws has long queues, and how long the draws
    were on the whole is known (Lavenberg and Welch, Management Science 27, 1981).

    Examples
    --------
    >>> columns = {"busy": np.array([1.0, 2.0, 3.0]), "time": np.array([2.0, 4.0, 6.0])}
    >>> estimate(lambda mean: mean["busy"] / mean["time"], columns, 0.95).value
    0.5
    """
    from scipy.special import stdtrit

    n = len(next(iter(columns.values())))
    totals = {name: values.sum() for name, values in columns.items()}
    every = float(metric({name: np.asarray(total / n) for name, total in totals.items()}))
    if n < 2:
        return Estimate(every, math.inf, math.inf)
    without_one = metric(
        {name: (totals[name] - values) / (n - 1) for name, values in columns.items()}
    )
    pseudo = np.asarray(n * every - (n - 1) * np.broadcast_to(without_one, n))
    controls = list(_controls(columns).values())
    if controls and n >= 10 * len(controls) and pseudo.std() > 0:
        known = np.column_stack([np.ones(n), *controls])
        scale = np.abs(known).max(axis=0)
        known = known[:, scale > 0] / scale[scale > 0]
        inverse = np.linalg.pinv(known.T @ known)
        fitted = inverse @ known.T @ pseudo
        left = pseudo - known @ fitted
        free = n - known.shape[1]
        error = float(np.sqrt(left @ left / free * inverse[0, 0]))
        return Estimate(float(fitted[0]), error, float(stdtrit(free, (1 + level) / 2)) * error)
    error = float(pseudo.std(ddof=1) / math.sqrt(n))
    return Estimate(float(pseudo.mean()), error, float(stdtrit(n - 1, (1 + level) / 2)) * error)


UNFAIR = 6.0
"""Standard errors from 0 beyond which a control is no luck: one in 500 million."""


def unfair(columns: Columns) -> list[str]:
    """Return the controls that are off their known mean by more than luck.

    What controls take out of an estimate must be luck. If draws were wrong, taking them
    out would hide it; so a case with an unfair control cannot pass.

    Examples
    --------
    >>> unfair({"control:work": np.array([0.9, 1.0, 1.1]), "control:gap": np.array([-1.0, 1.0])})
    ['work']
    """
    found = []
    for name, values in _controls(columns).items():
        error = values.std(ddof=1) / math.sqrt(len(values))
        if abs(values.mean()) > UNFAIR * error:
            found.append(name.removeprefix(CONTROL))
    return found


def _controls(columns: Columns) -> Columns:
    """Return the controls that vary; what is always the same tells nothing."""
    return {
        name: values
        for name, values in columns.items()
        if name.startswith(CONTROL) and np.ptp(values) > 1e-12
    }


def mean_of(name: str) -> Metric:
    """Return the metric that is a column's average."""
    return lambda mean: mean[name]


def ratio(above: str, below: str) -> Metric:
    """Return the metric that is one average over another."""
    return lambda mean: mean[above] / mean[below]


def variance_of(first: str, second: str) -> Metric:
    """Return the variance from the averages of values and of their squares."""
    return lambda mean: mean[second] - mean[first] ** 2


_NEAR = 0.03


def add_quantile(
    columns: Columns, name: str, values: FloatArray, near: float, q: float, grain: float = 0.0
) -> Metric:
    """Note the shares of values below some points and return the quantile as a metric.

    The points stand around ``near``, where the quantile is thought to be; the metric
    goes from there along the slope that the values show, so it says where the quantile
    really is. Where many values are the same the slope says nothing, but then ``near``
    is the quantile if fewer than ``q`` are below it and not fewer up to it. Rows of
    ``values`` are replications; ``grain`` is how finely they were rounded.
    """
    if near == 0:
        columns[f"{name}:at"] = (values <= grain).mean(axis=-1)
        # a quantile is 0 while the share of zeros may be q; beyond, by how much it is missed
        return lambda mean: np.maximum(q - mean[f"{name}:at"], 0.0)
    for place, point in (
        ("low", near * (1 - _NEAR)),
        ("below", near - grain),
        ("at", near + grain),
        ("high", near * (1 + _NEAR)),
    ):
        columns[f"{name}:{place}"] = (values <= point).mean(axis=-1)

    def quantile(mean: Mapping[str, FloatArray]) -> FloatArray:
        short = np.maximum(q - mean[f"{name}:at"], 0.0)
        over = np.maximum(mean[f"{name}:below"] - q, 0.0)
        slope = (mean[f"{name}:high"] - mean[f"{name}:low"]) / (2 * _NEAR * near)
        # where nobody is near, the quantile is farther than can be told from here
        far = np.sign(short - over) * near
        off = np.divide(short - over, slope, out=np.asarray(far), where=slope > 0)
        return np.asarray(near + off, dtype=np.float64)

    return quantile
