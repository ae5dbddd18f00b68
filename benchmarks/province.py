"""What a province-year costs, and how that grows with the network and with the horizon.

The network is that of :mod:`scenarios.province`: 11 cities, 90 counties, 1,300 townships, 20,000
villages, 100 million cases a year, five visits each. First a hundredth, a tenth and the
whole of the network for a tenth of a year, then a tenth of the network for a hundredth, a
tenth and a whole year: visits a second should stay the same. Last, with ``--whole``, the whole
network for the whole year. Each row is a process of its own, whose
most memory is told; compiled code is loaded before the clock starts. Run from the checkout:

    python -m benchmarks.province --whole
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

YEAR = 261
ROW = """
import json, resource, sys, time
from scenarios.province import province
from simulator.province import simulate_province
share, days, threads = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
simulate_province(province(0.0001, 1))
network = province(share, days)
began, worked = time.perf_counter(), time.process_time()
found = simulate_province(network, threads=threads)
print(json.dumps({
    "cases": found.cases,
    "visits": found.visits,
    "seconds": time.perf_counter() - began,
    "processor": time.process_time() - worked,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "p50": found.elapsed.quantile(0.5) / 60,
    "p90": found.elapsed.quantile(0.9) / 60,
}))
"""


def measured(share: float, days: int, threads: int, turns: int) -> dict[str, float]:
    """Return what a row says, of several turns the one with the least processor time."""
    rows = []
    for _ in range(turns):
        done = subprocess.run(
            [sys.executable, "-c", ROW, str(share), str(days), str(threads)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows.append(json.loads(done.stdout))
    return min(rows, key=lambda row: row["processor"])


def main() -> None:
    """Print a row for each size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--whole", action="store_true", help="also the whole network and year")
    options = asked.parse_args()
    print(
        f"{'network':>8}{'days':>6}{'cases':>13}{'elapsed s':>11}{'processor s':>13}"
        f"{'visits/s of a core':>20}{'against the first':>19}{'MB':>6}   P50, P90 open min"
    )
    sizes = [(0.01, 26), (0.1, 26), (1.0, 26), (0.1, 3), (0.1, 26), (0.1, YEAR)]
    if options.whole:
        sizes.append((1.0, YEAR))
    first = None
    for share, days in sizes:
        row = measured(share, days, options.threads, 1 if share * days > 200 else options.turns)
        pace = row["visits"] / row["processor"]
        first = first or pace
        print(
            f"{share:>8.0%}{days:>6}{row['cases']:>13,}{row['seconds']:>11.1f}"
            f"{row['processor']:>13.1f}{pace:>20,.0f}{pace / first:>18.2f}x{row['memory']:>6.0f}"
            f"   {row['p50']:.0f}, {row['p90']:.0f}"
        )


if __name__ == "__main__":
    main()
