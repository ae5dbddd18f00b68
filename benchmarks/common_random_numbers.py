"""What common random numbers save: the variance of a difference between two designs.

One office of the benchmark's plan gets a fourth reviewer. Both designs are simulated with
the same seed (each case has the same luck in both) and with different seeds; the ratio of
variances is how many times fewer replications the same precision needs. Run from the checkout:

    python -m benchmarks.common_random_numbers
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.engine_speed import approval_like
from simulator import simulate

REPLICATIONS = 30


def main() -> None:
    """Print the variances and their ratio."""
    before = replace(approval_like(), cases=500)
    first, *others = before.pools
    after = replace(before, pools=(replace(first, capacity=first.capacity + 1), *others))

    def mean_stay(plan, seed):
        run = simulate(plan, REPLICATIONS, seed)
        return np.array([(trace.finish - trace.arrival).mean() for trace in run.replications])

    baseline = mean_stay(before, 1)
    common = (mean_stay(after, 1) - baseline).var(ddof=1)
    independent = (mean_stay(after, 2) - baseline).var(ddof=1)
    print(f"variance of the difference, own seeds    {independent:12.4g}")
    print(f"variance of the difference, common seed  {common:12.4g}")
    print(f"ratio                                    {independent / common:12.1f}")


if __name__ == "__main__":
    main()
