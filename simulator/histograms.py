"""Exact counts of whole numbers: quantiles of any number of cases in little memory.

Counts are integers and merging is adding, so the order of merging cannot change an
answer; that is what sketches such as t-digests cannot promise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scenarios.plan import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often each cell occurs; a cell stands for ``width`` ticks.

    Attributes
    ----------
    width : int
        Ticks of one cell: 60 for working minutes, 1 for exact ticks.
    cells : array
        Cells that occur, ascending; cell c holds ticks from ``c * width`` on.
    counts : array
        How often each of them occurs, at least once.

    Examples
    --------
    >>> histogram = Histogram.of(np.array([59, 60, 61, 3600]), width=60)
    >>> histogram.total, histogram.quantile(0.5), histogram.quantile(1)
    (4, 60, 3600)
    """

    width: int
    cells: IntArray
    counts: IntArray

    @classmethod
    def of(cls, ticks: IntArray, width: int) -> Histogram:
        """Return the histogram of ticks, none negative."""
        cells, counts = np.unique(np.asarray(ticks, dtype=np.int64) // width, return_counts=True)
        return cls(width, cells, counts.astype(np.int64))

    @classmethod
    def merged(cls, parts: Iterable[Histogram], width: int) -> Histogram:
        """Return one histogram of all; the same in whatever order they come."""
        parts = list(parts)
        if any(part.width != width for part in parts):
            raise ValueError("histograms of different widths do not merge")
        if not parts:
            return cls(width, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        cells, place = np.unique(np.concatenate([p.cells for p in parts]), return_inverse=True)
        counts = np.zeros(len(cells), dtype=np.int64)
        np.add.at(counts, place.reshape(-1), np.concatenate([p.counts for p in parts]))
        return cls(width, cells, counts)

    @property
    def total(self) -> int:
        """How many ticks were counted."""
        return int(self.counts.sum())

    def quantile(self, q: float) -> int:
        """Return the first tick of the cell that holds the q-quantile, 0 < q <= 1.

        The q-quantile is the ``ceil(q * total)``-th smallest value, so with a width of 1
        this is the value itself.
        """
        if not self.total:
            raise ValueError("an empty histogram has no quantiles")
        rank = max(1, math.ceil(q * self.total - 1e-9))
        return int(self.cells[np.searchsorted(np.cumsum(self.counts), rank)]) * self.width
