"""Shapley values and interactions over groups of levers, exact or from random orders."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from results.lever_designs import Designs, Worth
from results.lever_shares import NOTICEABLE, Interaction, Share
from results.summary import LEVEL, FloatArray
from simulator import Interval, mean_interval


def exact(designs: Designs) -> tuple[dict[str, tuple[Share, ...]], tuple[Interaction, ...]]:
    """Return shares and interactions over all combinations."""
    n = len(designs.groups)
    designs.work_out(range(1 << n))
    worths = [designs.worth(mask) for mask in range(1 << n)]
    weight = [
        Fraction(math.factorial(s) * math.factorial(n - s - 1), math.factorial(n)) for s in range(n)
    ]
    shares = {}
    for measure in worths[0]:
        found = []
        for player in range(n):
            values = _weighted(
                [
                    (weight[mask.bit_count()], worths[mask | 1 << player][measure], +1)
                    for mask in _without(n, player)
                ]
                + [
                    (weight[mask.bit_count()], worths[mask][measure], -1)
                    for mask in _without(n, player)
                ]
            )
            found.append(_share_of(values))
        shares[measure] = tuple(found)
    interactions = [
        _interaction(designs, worths, measure, i, j)
        for measure in _named_measures(worths[0])
        for i, j in itertools.combinations(range(n), 2)
    ]
    return shares, _noticeable(interactions)


def _weighted(terms: Sequence[tuple[Fraction, list[Fraction], int]]) -> list[Fraction]:
    return [
        sum((sign * weight * values[at] for weight, values, sign in terms), Fraction(0))
        for at in range(len(terms[0][1]))
    ]


def _share_of(values: list[Fraction]) -> Share:
    """Return a share from one exact value, or from one value for each replication."""
    mean = sum(values, Fraction(0)) / len(values)
    if len(values) == 1:
        return Share(mean)
    return Share(mean, mean_interval([float(each) for each in values], LEVEL))


def _without(n: int, *players: int) -> list[int]:
    """Return all combinations of n players that hold none of those named."""
    taken = sum(1 << player for player in players)
    return [mask for mask in range(1 << n) if not mask & taken]


def _named_measures(worth: Worth) -> tuple[str, ...]:
    return tuple(measure for measure in ("paper_days", "p90") if measure in worth)


def _interaction(
    designs: Designs, worths: Sequence[Worth], measure: str, i: int, j: int
) -> Interaction:
    n = len(designs.groups)
    value = np.array([[float(each) for each in w[measure]] for w in worths])
    sums = [np.zeros(value.shape[1]) for _ in range(4)]
    for mask in _without(n, i, j):
        s = mask.bit_count()
        weight = math.factorial(s) * math.factorial(n - s - 2) / math.factorial(n - 1)
        none, one, other, both = (
            value[mask | extra] for extra in (0, 1 << i, 1 << j, 1 << i | 1 << j)
        )
        for at, gain in enumerate((one - none, both - other, other - none, both - one)):
            sums[at] += weight * gain
    return _pair(designs, measure, i, j, sums)


def _pair(
    designs: Designs, measure: str, i: int, j: int, gains: Sequence[FloatArray]
) -> Interaction:
    """Return the interaction of two groups from their gains, apart and together, by replication."""
    index = gains[1] - gains[0]
    one_apart, one_together, other_apart, other_together = (float(each.mean()) for each in gains)
    return Interaction(
        measure,
        designs.groups[i],
        designs.groups[j],
        float(index.mean()),
        one_apart,
        one_together,
        other_apart,
        other_together,
        mean_interval(index.tolist(), LEVEL) if len(index) > 1 else None,
    )


def _noticeable(interactions: Sequence[Interaction]) -> tuple[Interaction, ...]:
    """Return those that are large enough to name and, where simulated, surely not luck."""
    strong = [
        each
        for each in interactions
        if abs(each.value) >= NOTICEABLE
        and (each.interval is None or _sign(each.interval.low) * _sign(each.interval.high) > 0)
    ]
    return tuple(sorted(strong, key=lambda each: (each.measure != "paper_days", -abs(each.value))))


def _sign(value: float | None) -> int:
    return 0 if value is None else (value > 0) - (value < 0)


def sampled(
    designs: Designs, seed: int, orders: int
) -> tuple[dict[str, tuple[Share, ...]], tuple[Interaction, ...]]:
    """Return shares over random orders, each with its reverse, and interactions on paper.

    Two neighbours in a random order stand after a random combination of the others, of every
    size equally often: just what the interaction index averages over.
    """
    n = len(designs.groups)
    luck = np.random.default_rng(np.random.SeedSequence([seed, n]))
    added: dict[str, list[list[list[Fraction]]]] = {}
    pairs: dict[tuple[int, int], list[list[float]]] = {}

    def days(mask: int) -> float:
        return float(designs.worth(mask).get("paper_days", [Fraction(0)])[0])

    drawn = [[int(player) for player in luck.permutation(n)] for _ in range(-(-orders // 2))]
    designs.work_out(_on_the_way(drawn))
    for forward in drawn:
        for order in (forward, forward[::-1]):
            mask = 0
            for place, player in enumerate(order):
                before, after = designs.worth(mask), designs.worth(mask | 1 << player)
                for measure, values in after.items():
                    gains = [x - y for x, y in zip(values, before[measure], strict=True)]
                    added.setdefault(measure, [[] for _ in range(n)])[player].append(gains)
                if not designs.replications and place + 1 < n:
                    i, j = sorted((player, order[place + 1]))
                    none, one, other, both = (
                        days(mask | extra) for extra in (0, 1 << i, 1 << j, 1 << i | 1 << j)
                    )
                    gains_of_pair = [one - none, both - other, other - none, both - one]
                    pairs.setdefault((i, j), []).append(gains_of_pair)
                mask |= 1 << player
    shares = {
        measure: tuple(_sampled_share(gains) for gains in players)
        for measure, players in added.items()
    }
    interactions = [
        _pair(designs, "paper_days", i, j, np.array(g).mean(axis=0, keepdims=True).T)
        for (i, j), g in sorted(pairs.items())
    ]
    return shares, _noticeable(interactions)


def _on_the_way(orders: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield every combination that orders and their reverses pass through."""
    for forward in orders:
        for order in (forward, forward[::-1]):
            mask = 0
            yield mask
            for player in order:
                mask |= 1 << player
                yield mask


def _sampled_share(gains: list[list[Fraction]]) -> Share:
    """Return the mean gain with an interval for the luck of the orders and of the cases."""
    mean = sum((sum(each, Fraction(0)) / len(each) for each in gains), Fraction(0)) / len(gains)
    # an order and its reverse are not independent: each pair is one value
    paired = [
        float(sum(a + b, Fraction(0))) / (2 * len(a))
        for a, b in zip(gains[::2], gains[1::2], strict=True)
    ]
    by_order = mean_interval(paired, LEVEL)
    parts = [by_order]
    if len(gains[0]) > 1:
        columns = [float(sum(each, Fraction(0)) / len(gains)) for each in zip(*gains, strict=True)]
        parts.append(mean_interval(columns, LEVEL))
    low = _off([each.low for each in parts], mean)
    high = _off([each.high for each in parts], mean)
    if low is None or high is None:
        return Share(mean, Interval(float(mean), None, None, LEVEL, by_order.n))
    ends = float(mean) - low, float(mean) + high
    return Share(mean, Interval(float(mean), *ends, LEVEL, len(gains)))


def _off(ends: Sequence[float | None], mean: Fraction) -> float | None:
    """Return how far ends lie off together, as independent errors add up."""
    known = [end - float(mean) for end in ends if end is not None]
    return math.hypot(*known) if len(known) == len(ends) else None
