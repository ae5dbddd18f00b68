"""Distributions within bounds, as other simulators write them: shifted, cut, truncated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scenarios.distributions import Distribution

FloatArray = NDArray[np.float64]


def _order(pairs: tuple[tuple[str, float, str, float], ...]) -> list[str]:
    return [
        f"{low}: {below!r} is not below {high} {above!r}"
        for low, below, high, above in pairs
        if not below < above
    ]


@dataclass(frozen=True, slots=True)
class ShiftedExponential:
    """At least ``min``, then exponential with a mean of ``scale`` more, never above ``max``.

    What would be above ``max`` is drawn anew, as Prosimos does.
    """

    min: float
    scale: float
    max: float

    @property
    def mean(self) -> float:
        """The mean of what is left between the bounds."""
        width = self.max - self.min
        above = math.exp(-width / self.scale)
        return self.min + self.scale - width * above / (1 - above)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        below = -math.expm1(-(self.max - self.min) / self.scale)
        return self.min - self.scale * np.log1p(-u * below)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _order((("min", self.min, "max", self.max), ("0", 0.0, "scale", self.scale)))


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """Normal with ``centre`` and ``sd``, drawn anew while outside ``min`` to ``max``."""

    centre: float
    sd: float
    min: float
    max: float

    def _shares(self) -> tuple[float, float]:
        from scipy.special import ndtr

        low, high = ((each - self.centre) / self.sd for each in (self.min, self.max))
        return float(ndtr(low)), float(ndtr(high))

    @property
    def mean(self) -> float:
        """The mean of what is left between the bounds."""
        below, within = self._shares()
        low, high = ((each - self.centre) / self.sd for each in (self.min, self.max))
        density = (math.exp(-low * low / 2) - math.exp(-high * high / 2)) / math.sqrt(2 * math.pi)
        return self.centre + self.sd * density / (within - below)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        from scipy.special import ndtri

        low, high = self._shares()
        normal: FloatArray = ndtri(low + u * (high - low))
        return np.clip(self.centre + self.sd * normal, self.min, self.max)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        return _order((("min", self.min, "max", self.max), ("0", 0.0, "sd", self.sd)))


@dataclass(frozen=True, slots=True)
class Below:
    """Another distribution, given that it is among its lowest ``share`` (0 to 1)."""

    of: Distribution
    share: float

    @property
    def mean(self) -> float:
        """The mean, by the middle of ten thousand even parts."""
        numbers = (np.arange(10_000) + 0.5) / 10_000
        return float(self.quantile(numbers).mean())

    def quantile(self, u: FloatArray) -> FloatArray:
        """Return values for numbers in (0, 1)."""
        return self.of.quantile(u * self.share)

    def wrong(self) -> list[str]:
        """Return a line for each parameter that makes no sense."""
        inside = [] if 0 < self.share <= 1 else [f"share: {self.share!r} is not between 0 and 1"]
        return inside + self.of.wrong()


def share_within(of: Distribution, limit: float) -> float:
    """Return the share of a continuous distribution that does not pass a limit.

    Examples
    --------
    >>> from scenarios.distributions import Uniform
    >>> round(share_within(Uniform(0, 10), 4), 12)
    0.4
    """
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(of.quantile(np.array([middle]))[0]) <= limit:
            low = middle
        else:
            high = middle
    return low if low > 2**-52 else 0.0
