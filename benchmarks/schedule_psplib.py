"""PSPLIB side by side: ours and PyJobShop on the same instances, in turn, in one run.

Run from the checkout:
``python benchmarks/schedule_psplib.py FOLDER [--seconds 10] [--workers 2] [--set classic]``.
The folder holds the instances and ``best_known.csv``. PyJobShop is run where it is installed
(``pip install pyjobshop`` in a throwaway environment); without it only ours is measured.
``classic`` takes from each set the first easy, medium and open instances: 5 + 5 of j30,
4 + 3 + 3 of j60, 3 + 3 + 4 of j120; ``other`` takes all the rest, ``modes`` the multi-mode
ones and ``lags`` those with longest lags.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from optimizer.checking import broken_rules
from optimizer.portfolio import Portfolio
from optimizer.portfolio_solving import schedule_portfolio
from optimizer.psplib import read_psplib

Answer = tuple[int | None, int, bool, float]
"""Makespan, bound, proved, seconds."""

_CLASSIC = {
    ("j30", "easy"): 5,
    ("j30", "medium"): 5,
    ("j60", "easy"): 4,
    ("j60", "medium"): 3,
    ("j60", "open"): 3,
    ("j120", "easy"): 3,
    ("j120", "medium"): 3,
    ("j120", "open"): 4,
}


def instances(folder: Path, which: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name in ("best_known.csv", "best_known_extra.csv"):
        with (folder / name).open(encoding="utf-8-sig") as file:
            rows += [row for row in csv.DictReader(file) if not row["set"].startswith("fjsp")]
    if which == "modes":
        return [row for row in rows if row["set"].startswith("mm")]
    if which == "lags":
        return [row for row in rows if row["set"].startswith("max")]
    taken: dict[tuple[str, str], int] = {}
    chosen, others = [], []
    for row in rows:
        group = (row["set"], row["stratum"])
        if group not in _CLASSIC and not row["set"].startswith("j"):
            continue
        taken[group] = taken.get(group, 0) + 1
        (chosen if taken[group] <= _CLASSIC.get(group, 0) else others).append(row)
    return chosen if which == "classic" else others


def ours(portfolio: Portfolio, seconds: float, workers: int, seed: int) -> Answer:
    began = time.monotonic()
    found = schedule_portfolio(portfolio, seconds=seconds, workers=workers, seed=seed)
    took = time.monotonic() - began
    assert found.times is None or not broken_rules(portfolio, found.times)
    proved = found.status in ("optimal", "infeasible")
    return found.makespan, found.bounds[0], proved, took


def pyjobshop(portfolio: Portfolio, seconds: float, workers: int, seed: int) -> Answer:
    from pyjobshop import Model

    model = Model()
    offices = [model.add_renewable(office.people) for office in portfolio.offices]
    stocks = [model.add_non_renewable(amount) for _, amount in portfolio.stocks]
    tasks = []
    for activity in portfolio.activities:
        task = model.add_task()
        for mode in activity.modes:
            needs = [(offices[o], n) for o, n in mode.needs] + [
                (stocks[s], n) for s, n in mode.uses
            ]
            model.add_mode(task, [r for r, _ in needs], mode.days, [n for _, n in needs])
        tasks.append(task)
    for relation in portfolio.relations:
        before, after = tasks[relation.before], tasks[relation.after]
        add = model.add_start_before_start if relation.from_start else model.add_end_before_start
        add(before, after, delay=relation.lag)
    began = time.monotonic()
    result = model.solve(time_limit=seconds, num_workers=workers, display=False, random_seed=seed)
    took = time.monotonic() - began
    status = result.status.value
    value = round(result.objective) if status in ("Optimal", "Feasible") else None
    return value, max(0, round(result.lower_bound)), status in ("Optimal", "Infeasible"), took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", default="classic", choices=("classic", "modes", "lags", "other"))
    options = parser.parse_args()
    solvers: dict[str, Callable[[Portfolio, float, int, int], Answer]] = {"ours": ours}
    if find_spec("pyjobshop"):
        solvers["pyjobshop"] = pyjobshop
    rows = instances(options.folder, options.set)
    answers: dict[str, list[Answer]] = {name: [] for name in solvers}
    for row in rows:
        portfolio = read_psplib(options.folder / row["file"])
        line = f"{row['instance']:<18}{row['stratum']:<11}{row['best_ub'] or '-':>5}"
        for name, solver in solvers.items():
            answer = solver(portfolio, options.seconds, options.workers, options.seed)
            answers[name].append(answer)
            proof = "proved" if answer[2] else ""
            line += (
                f"   {name} {answer[0] or '-':>4} >= {answer[1]:<4}{answer[3]:6.2f} s {proof:<6}"
            )
        print(line, flush=True)
    is_open = [row["stratum"] == "open" for row in rows]
    for name, found in answers.items():
        gaps, shares = [], []
        for row, (makespan, bound, proved, _) in zip(rows, found, strict=True):
            known = int(row["best_ub"]) if row["best_ub"] else None
            gaps.append(100 * (makespan - known) / known if makespan and known else 0.0)
            least = makespan if proved else bound
            shares.append(100 * (makespan - (least or 0)) / makespan if makespan else 0.0)
        still = [n for n, flag in enumerate(is_open) if flag]
        text = f"{name}: {sum(a[2] for a in found)} of {len(found)} proved, to best known"
        text += f" {statistics.mean(gaps):.2f} %, proved gap {statistics.mean(shares):.2f} %"
        if still:
            text += f"; open: {statistics.mean(gaps[n] for n in still):.2f} %,"
            text += f" {statistics.mean(shares[n] for n in still):.2f} %"
        print(f"{text}; mean {statistics.mean(a[3] for a in found):.2f} s")


if __name__ == "__main__":
    main()
