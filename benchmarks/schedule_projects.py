"""Portfolio files: first schedule, best schedule, bound and gap, and when they were there.

Run from the checkout: ``python benchmarks/schedule_projects.py FILE.json ... [--seconds 40]``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from optimizer import Progress, read_portfolio, schedule_portfolio
from optimizer.checking import broken_rules


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for path in options.files:
        began = time.monotonic()
        file = read_portfolio(path)
        told: list[tuple[float, Progress]] = []
        found = schedule_portfolio(
            file.portfolio,
            file.goals,
            options.seconds,
            seed=options.seed,
            workers=options.workers,
            tell=lambda news, told=told, began=began: told.append((time.monotonic() - began, news)),
        )
        assert found.times is None or not broken_rules(file.portfolio, found.times)
        firsts = [(at, news.value) for at, news in told if news.value is not None]
        at, first = firsts[0] if firsts else (0.0, None)
        print(
            f"{path.name}: {len(file.portfolio.activities)} steps; {file.goals[0]} {first} after"
            f" {at:.2f} s, {found.values[:1]} after {found.seconds:.1f} s, at least"
            f" {found.bounds[0]}, gap {100 * (found.gap or 0):.1f} %, by {found.method}",
            flush=True,
        )


if __name__ == "__main__":
    main()
