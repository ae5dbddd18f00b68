"""Choosing the best of several designs by simulation, with a guarantee that is stated.

All procedures make the mean of a response least. Replication k of every design has the same
luck (common random numbers): differences then vary far less than the responses, and the
procedures below that use paired differences need far fewer runs for the same guarantee.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Response = Callable[[int, int], float]
"""``response(design, replication)``: what one replication of one design gives."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The design that a procedure chose.

    Attributes
    ----------
    best : int
        The chosen design.
    means : tuple of float
        Mean response of each design over the runs that it got.
    runs : tuple of int
        Replications that each design got.
    left : tuple of int
        Designs that were never shown to be worse, the best first.
    confidence : float
        Chance of having chosen the best that is guaranteed (``kim_nelson``) or estimated.
    delta : float
        Smallest difference that is worth detecting; below it any of the designs will do.
    procedure : str
        ``kim-nelson``, ``ocba`` or ``equal``.
    guaranteed : bool
        Whether ``confidence`` is a guarantee rather than an estimate.
    """

    best: int
    means: tuple[float, ...]
    runs: tuple[int, ...]
    left: tuple[int, ...]
    confidence: float
    delta: float
    procedure: str
    guaranteed: bool

    @property
    def total(self) -> int:
        """Replications of all designs together."""
        return sum(self.runs)

    def sentence(self, language: str) -> str:
        """Say what the selection is worth."""
        share = f"{100 * self.confidence:.0f} %"
        if language == "zh":
            if self.guaranteed:
                return (
                    f"Kim-Nelson 逐次筛选（共同随机数）：若最优方案至少好 {self.delta:g}，"
                    f"以不低于 {share} 的概率选中它"
                )
            return f"预算内未能区分全部方案：估计选中最优的概率为 {share}，并非保证"
        if self.guaranteed:
            return (
                f"Kim-Nelson with common random numbers: where the best is better by at least "
                f"{self.delta:g}, it is chosen with a chance of at least {share}"
            )
        return (
            f"the runs did not tell all designs apart: the chance that the best was chosen is "
            f"estimated at {share}, not guaranteed"
        )


def kim_nelson(
    response: Response,
    designs: int,
    *,
    delta: float,
    confidence: float = 0.95,
    first: int = 10,
    most: int = 10_000,
    paired: bool = True,
) -> Selection:
    """Choose by the fully sequential procedure KN: drop designs as soon as they are worse.

    Guarantee: if the best mean is at least ``delta`` below all others, it is chosen with
    probability ``confidence`` or more; responses normal, replications independent, designs
    dependent in any way. Source: S.-H. Kim and B. L. Nelson, "A fully sequential procedure
    for indifference-zone selection in simulation", ACM TOMACS 11 (2001) 251-273.

    Parameters
    ----------
    response : callable
        Called once for each pair of design and replication that is needed.
    designs : int
        How many there are.
    delta : float
        The indifference zone.
    first : int
        Replications of every design before any is dropped, at least 2.
    most : int
        Replications of one design at most; reached, the guarantee is not given.
    paired : bool
        Whether replications share their luck. Without, variances of differences are sums.

    Examples
    --------
    >>> kim_nelson(lambda design, run: float(design + run % 2), 3, delta=0.5).best
    0
    """
    if designs == 1:
        return Selection(0, (response(0, 0),), (1,), (0,), confidence, delta, "kim-nelson", True)
    first = min(first, most)
    table = np.array([[response(i, r) for r in range(first)] for i in range(designs)])
    spread = _variances_of_differences(table, paired)
    exponent = -2 / (first - 1)
    eta = ((2 * (1 - confidence) / (designs - 1)) ** exponent - 1) / 2
    wide = 2 * eta * (first - 1) * spread / delta**2
    sums, runs = table.sum(axis=1), np.full(designs, first)
    left = list(range(designs))
    r = first
    while True:
        means = sums / runs
        left = [
            i
            for i in left
            if all(
                means[i] < (limit := means[j] + max(0.0, delta / (2 * r) * (wide[i, j] - r)))
                or (means[i] == limit and (limit > means[j] or i < j))  # of equals the first
                for j in left
                if j != i
            )
        ]
        if len(left) == 1 or r >= most:
            break
        for i in left:
            sums[i] += response(i, r)
            runs[i] += 1
        r += 1
    means = sums / runs
    left.sort(key=lambda i: (means[i], i))
    sure = len(left) == 1
    chance = confidence if sure else _chance_of_best(means, spread / r, left)
    return Selection(
        left[0], tuple(means.tolist()), tuple(runs.tolist()), tuple(left), chance, delta,
        "kim-nelson", sure,
    )  # fmt: skip


def equal_allocation(
    response: Response, designs: int, *, runs: int, delta: float = 0.0, paired: bool = True
) -> Selection:
    """Choose the least mean after equally many replications of every design.

    Its confidence is an estimate: Bonferroni over the normal chances that each other
    design's mean difference has the wrong sign, at least ``delta`` being counted as wrong.
    """
    table = np.array([[response(i, r) for r in range(runs)] for i in range(designs)])
    means = table.mean(axis=1)
    order = sorted(range(designs), key=lambda i: (means[i], i))
    spread = _variances_of_differences(table, paired) / runs
    chance = _chance_of_best(means - delta * (np.arange(designs) == order[0]), spread, order)
    return Selection(
        order[0], tuple(means.tolist()), (runs,) * designs, tuple(order), chance, delta,
        "equal", False,
    )  # fmt: skip


def ocba(
    response: Response, designs: int, *, budget: int, first: int = 10, step: int = 20
) -> Selection:
    """Choose with optimal computing budget allocation: more runs where it is close.

    Runs go to designs in proportion to (deviation / distance to the best) squared. Source:
    C.-H. Chen and L. H. Lee, "Stochastic Simulation Optimization" (2011), chapter 3. For
    independent luck; its confidence is an estimate.
    """
    values = [[response(i, r) for r in range(first)] for i in range(designs)]
    while sum(map(len, values)) < budget:
        means = np.array([np.mean(each) for each in values])
        deviation = np.array([max(float(np.std(each, ddof=1)), 1e-12) for each in values])
        best = int(np.argmin(means))
        distance = np.maximum(means - means[best], 1e-12)
        share = (deviation / distance) ** 2
        share[best] = 0.0
        share[best] = deviation[best] * math.sqrt(float(np.sum((share / deviation) ** 2)))
        total = min(budget, sum(map(len, values)) + step)
        wanted = share / share.sum() * total
        for _ in range(total - sum(map(len, values))):
            lacking = int(np.argmax(wanted - np.array([len(each) for each in values])))
            values[lacking].append(response(lacking, len(values[lacking])))
    means = np.array([np.mean(each) for each in values])
    order = sorted(range(designs), key=lambda i: (means[i], i))
    own = np.array([np.var(each, ddof=1) / len(each) for each in values])
    chance = _chance_of_best(means, own[:, None] + own[None, :], order)
    return Selection(
        order[0], tuple(means.tolist()), tuple(map(len, values)), tuple(order), chance, 0.0,
        "ocba", False,
    )  # fmt: skip


def _variances_of_differences(table: FloatArray, paired: bool) -> FloatArray:
    if paired:
        differences = table[:, None, :] - table[None, :, :]
        return np.asarray(differences.var(axis=2, ddof=1), dtype=np.float64)
    own = table.var(axis=1, ddof=1)
    return np.asarray(own[:, None] + own[None, :], dtype=np.float64)


def _chance_of_best(means: FloatArray, spread: FloatArray, order: Sequence[int]) -> float:
    best = order[0]
    wrong = 0.0
    for other in order[1:]:
        error = math.sqrt(float(spread[best, other]))
        gap = float(means[other] - means[best])
        if error:
            wrong += math.erfc(gap / error / math.sqrt(2)) / 2
        elif gap <= 0:
            wrong += 0.5
    return max(0.0, 1 - wrong)
