"""Where a steady-state run has forgotten that it began empty: MSER-5.

Source: K. P. White, M. J. Cobb and S. C. Spratt, "A comparison of five steady-state
truncation heuristics for simulation", Winter Simulation Conference 2000.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BATCH = 5
"""Values of a batch mean."""


def warm_up(values: Sequence[float] | np.ndarray) -> int:
    """Return how many values to leave out at the beginning.

    The cut minimises the standard error of the mean of what is left, over batches of
    five; a cut in the second half means that the run is too short, and nothing can be
    said: then half of it is returned.

    Examples
    --------
    >>> warm_up([90, 70, 50, 30, 20] + [10, 11, 9, 10, 10] * 20)
    5
    """
    series = np.asarray(values, dtype=np.float64)
    batches = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    if len(batches) < 4:
        return 0
    left = np.arange(len(batches), 0, -1)
    sums, squares = batches[::-1].cumsum()[::-1], (batches**2)[::-1].cumsum()[::-1]
    spread = np.maximum(squares - sums**2 / left, 0) / left**2
    half = len(batches) // 2
    return BATCH * int(np.argmin(spread[: half + 1]))
