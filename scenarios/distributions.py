"""Distributions of durations and factors, drawn by inversion.

Each turns one uniform number into one value (``quantile``), so that one draw costs
one number in every engine and a case keeps its luck when a distribution changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from rules.problems import did_you_mean
from scenarios.bounded_distributions import Below, ShiftedExponential, TruncatedNormal

FloatArray = NDArray[np.float64]


class _Drawable(Protocol):
    """What every distribution can do."""

    @property
    def mean(self) -> float:
        """The mean."""

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return the values below which shares ``u``, each within (0, 1), of all draws lie."""

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same value.

    Examples
    --------
    >>> Fixed(1).quantile(np.array([0.1, 0.9]))
    array([1., 1.])
    """

    value: float

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return the value for every number."""
        return np.full(u.shape, float(self.value))

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _negative(self, "value")


@dataclass(frozen=True, slots=True)
class Uniform:
    """Any value from ``min`` to ``max``, all equally likely."""

    min: float
    max: float

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.min + self.max) / 2

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return self.min + (self.max - self.min) * u

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _negative(self, "min") + _falling(self, "min", "max")


@dataclass(frozen=True, slots=True)
class Triangular:
    """From ``min`` to ``max``, most likely near ``mode``, with straight sides."""

    min: float
    mode: float
    max: float

    @property
    def mean(self) -> float:
        """The mean of the three corners."""
        return (self.min + self.mode + self.max) / 3

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        width = self.max - self.min
        rising = self.min + np.sqrt(u * width * (self.mode - self.min))
        falling = self.max - np.sqrt((1 - u) * width * (self.max - self.mode))
        return np.where(u * width < self.mode - self.min, rising, falling)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return (
            _negative(self, "min") + _falling(self, "min", "mode") + _falling(self, "mode", "max")
        )


@dataclass(frozen=True, slots=True)
class Pert:
    """From ``min`` to ``max``, most likely near ``mode``, smooth (a scaled beta).

    The mean is ``(min + 4 mode + max) / 6``, as in the PERT method of 1959.
    """

    min: float
    mode: float
    max: float

    @property
    def mean(self) -> float:
        """The PERT mean."""
        return (self.min + 4 * self.mode + self.max) / 6

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        from scipy.special import betaincinv

        width = self.max - self.min
        if not width:
            return np.full(u.shape, float(self.min))
        left, right = (self.mode - self.min) / width, (self.max - self.mode) / width
        beta: FloatArray = betaincinv(1 + 4 * left, 1 + 4 * right, u)
        return self.min + width * beta

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return (
            _negative(self, "min") + _falling(self, "min", "mode") + _falling(self, "mode", "max")
        )


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless: how long it still takes never depends on how long it took."""

    mean: float

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return -self.mean * np.log1p(-u)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _negative(self, "mean")


@dataclass(frozen=True, slots=True)
class Erlang:
    """A sum of ``stages`` exponential parts of equal mean, with ``mean`` in all."""

    mean: float
    stages: int

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return _gamma(u, self.mean, self.stages)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        whole = self.stages >= 1 and self.stages == int(self.stages)
        return _negative(self, "mean") + (
            [] if whole else [f"stages: {self.stages!r} is not a whole number of at least 1"]
        )


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma with a mean and a coefficient of variation (standard deviation / mean)."""

    mean: float
    cv: float

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        if self.cv < 1e-6:  # less than any tick can show, and gamma's inverse loses its digits
            return np.full(u.shape, float(self.mean))
        return _gamma(u, self.mean, self.cv**-2)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _negative(self, "mean") + _negative(self, "cv")


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal with a mean and a coefficient of variation (standard deviation / mean).

    Examples
    --------
    >>> Lognormal(mean=1, cv=0).quantile(np.array([0.1, 0.9]))
    array([1., 1.])
    """

    mean: float
    cv: float

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        from scipy.special import ndtri

        variance = math.log1p(self.cv**2)
        normal: FloatArray = ndtri(u)
        return self.mean * np.exp(math.sqrt(variance) * normal - variance / 2)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _negative(self, "mean") + _negative(self, "cv")


@dataclass(frozen=True, slots=True)
class Weibull:
    """Weibull: ``scale`` is passed by 36.8 % of draws; ``shape`` 1 is exponential."""

    scale: float
    shape: float

    @property
    def mean(self) -> float:
        """The mean, ``scale * gamma(1 + 1 / shape)``."""
        return self.scale * math.gamma(1 + 1 / self.shape)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return self.scale * (-np.log1p(-u)) ** (1 / self.shape)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        # below .01 the mean is beyond any calendar: gamma(101) is 10 to the 158th
        return _negative(self, "scale") + (
            [] if self.shape >= 0.01 else [f"shape: {self.shape!r} is not a number of 0.01 or more"]
        )


@dataclass(frozen=True, slots=True)
class Empirical:
    """Values that were observed, in rising order; draws lie evenly between neighbours.

    Examples
    --------
    >>> Empirical((0, 1, 5)).quantile(np.array([0.25, 0.5, 0.75]))
    array([0.5, 1. , 3. ])
    """

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of the draws, which weighs the two ends half."""
        ends = (self.values[0] + self.values[-1]) / 2
        return (math.fsum(self.values) - ends) / (len(self.values) - 1) if self.values[1:] else ends

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return np.interp(u, np.linspace(0, 1, len(self.values)), self.values)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        if not self.values:
            return ["values: none given; at least one was expected"]
        if self.values[0] < 0:
            return [f"values: {self.values[0]!r} is negative; numbers of 0 or more were expected"]
        drops = [(a, b) for a, b in zip(self.values, self.values[1:], strict=False) if a > b]
        return [f"values: {a!r} stands before {b!r}; rising order was expected" for a, b in drops]


@dataclass(frozen=True, slots=True)
class Discrete:
    """One of a few values, each with its weight.

    Examples
    --------
    >>> Discrete((2, 4, 7), (2, 1, 1)).quantile(np.array([0.4, 0.6, 0.8]))
    array([2., 4., 7.])
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The weighted mean."""
        total = math.fsum(v * w for v, w in zip(self.values, self.weights, strict=True))
        return total / math.fsum(self.weights)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        bounds = np.cumsum(np.asarray(self.weights, dtype=np.float64))
        chosen = np.searchsorted(bounds[:-1], u * bounds[-1], side="right")
        found: FloatArray = np.asarray(self.values, dtype=np.float64)[chosen]
        return found

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        if len(self.values) != len(self.weights):
            return [
                f"weights: {len(self.weights)} for {len(self.values)} values; one each was expected"
            ]
        if min(self.weights, default=-1) < 0 or not sum(self.weights):
            return ["weights: numbers of 0 or more, one of them positive, were expected"]
        return Empirical(self.values).wrong()


@dataclass(frozen=True, slots=True)
class Mixture:
    """One of two distributions: a few long cases among many short ones.

    The one number of a draw first says which, then, stretched, the value; so the values
    do not rise with the number, but their distribution is exact.
    """

    share: float
    first: Exponential
    second: Exponential

    @property
    def mean(self) -> float:
        """The mean of both by their shares."""
        return self.share * self.first.mean + (1 - self.share) * self.second.mean

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return draws for numbers in (0, 1)."""
        within = np.where(u < self.share, u / self.share, (u - self.share) / (1 - self.share))
        return np.where(u < self.share, self.first.quantile(within), self.second.quantile(within))

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        inside = [] if 0 < self.share < 1 else [f"share: {self.share!r} is not between 0 and 1"]
        return inside + self.first.wrong() + self.second.wrong()


Distribution = (
    Fixed
    | Uniform
    | Triangular
    | Pert
    | Exponential
    | Erlang
    | Gamma
    | Lognormal
    | Weibull
    | Empirical
    | Discrete
    | Mixture
    | ShiftedExponential
    | TruncatedNormal
    | Below
)

DISTRIBUTIONS: dict[str, type[Distribution]] = {
    "fixed": Fixed,
    "uniform": Uniform,
    "triangular": Triangular,
    "pert": Pert,
    "exponential": Exponential,
    "erlang": Erlang,
    "gamma": Gamma,
    "lognormal": Lognormal,
    "weibull": Weibull,
    "empirical": Empirical,
    "discrete": Discrete,
}
"""The distributions by the word that planners write."""


def problems_of(word: str, parameters: Mapping[str, object]) -> list[str]:
    """Return what is wrong with a distribution as a planner wrote it, a line each.

    Examples
    --------
    >>> problems_of("lognormal", {"mean": 1.0, "cv": 0.3})
    []
    >>> problems_of("lognormel", {})
    ["'lognormel' is not a distribution (did you mean 'lognormal'?)"]
    >>> problems_of("triangular", {"min": 3, "mode": 2, "max": 9})
    ["min: 3 is above mode 2; 'triangular' needs min <= mode <= max"]
    """
    kind = DISTRIBUTIONS.get(word)
    if kind is None:
        hint = did_you_mean(word, DISTRIBUTIONS) or f"; known are {', '.join(DISTRIBUTIONS)}"
        return [f"'{word}' is not a distribution{hint}"]
    known = [each.name for each in fields(kind)]
    needed = [each.name for each in fields(kind) if each.default is MISSING]
    problems = [
        f"'{word}' has no parameter '{name}'"
        f"{did_you_mean(name, known) or '; it has ' + ', '.join(known)}"
        for name in parameters
        if name not in known
    ]
    problems += [
        f"'{word}' needs the parameter '{name}'" for name in needed if name not in parameters
    ]
    for name in known:
        if name in parameters:
            problems += _not_numbers(name, parameters[name])
    return problems or _made(kind, parameters).wrong()


def distribution_of(word: str, parameters: Mapping[str, object]) -> Distribution:
    """Return the distribution that a planner wrote.

    Raises
    ------
    ValueError
        With every line of :func:`problems_of`.

    Examples
    --------
    >>> distribution_of("empirical", {"values": [1, 2]})
    Empirical(values=(1, 2))
    """
    if problems := problems_of(word, parameters):
        raise ValueError("\n".join(problems))
    return _made(DISTRIBUTIONS[word], parameters)


def _made(kind: type[Distribution], parameters: Mapping[str, object]) -> Distribution:
    given = {
        name: tuple(value) if isinstance(value, list | tuple) else value
        for name, value in parameters.items()
    }
    return cast("type[Fixed]", kind)(**cast("dict[str, float]", given))


def _not_numbers(name: str, value: object) -> list[str]:
    """Return a line for each value that is not a finite number; lists only for some."""
    if name in ("values", "weights"):
        if not isinstance(value, list | tuple):
            return [f"{name}: {value!r} is not a list of numbers"]
        return [line for each in value for line in _not_numbers(f"{name}, one of them", each)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [f"{name}: {value!r} is not a number"]
    if not abs(value) < 1e12:  # NaN and infinity too; 1e12 seconds are 31,000 years
        return [f"{name}: {value!r} is not a finite number below 1e12"]
    return []


def _negative(of: Distribution, name: str) -> list[str]:
    value = getattr(of, name)
    return [] if value >= 0 else [f"{name}: {value!r} is negative; 0 or more was expected"]


def _falling(of: Distribution, low: str, high: str) -> list[str]:
    if getattr(of, low) <= getattr(of, high):
        return []
    names = [each.name for each in fields(of)]
    word = next(word for word, kind in DISTRIBUTIONS.items() if kind is type(of))
    return [
        f"{low}: {getattr(of, low)!r} is above {high} {getattr(of, high)!r};"
        f" '{word}' needs {' <= '.join(names)}"
    ]


def _gamma(u: FloatArray, mean: float, shape: float) -> FloatArray:
    from scipy.special import gammaincinv

    standard: FloatArray = gammaincinv(shape, u)
    return standard * (mean / shape)
