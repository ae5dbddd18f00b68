"""Schedules of 1 to 40 Jiaxing projects: makespan, bound, gap and time.

Run from the checkout: ``python benchmarks/schedule_portfolio.py [seconds]``. Each row is one
shipped redesign with one person in every pool, once with the scenario's dwell (people work on
a file for a part of its days) and once with people held for whole steps, which is much harder.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from optimizer import schedule
from scenarios import Plan, compile_plan, load
from scenarios.plan import Desk


def whole_steps(plan: Plan) -> Plan:
    """Hold one person of each step's offices from its first day to its last."""
    desks = tuple(
        Desk(
            number,
            "review",
            tuple(dict.fromkeys(pool for desk in step.desks for pool in plan.desks[desk].pools)),
            0,
        )
        for number, step in enumerate(plan.steps)
    )
    steps = tuple(replace(step, desks=(number,)) for number, step in enumerate(plan.steps))
    return replace(plan, steps=steps, desks=desks)


def main(seconds: float) -> None:
    print(
        f"{'redesign':<18}{'people':<8}{'n':>3}{'rules':>9}{'days':>9}{'bound':>9}{'gap':>8}{'s':>7}"
    )
    for name in ("jiaxing/parallel", "jiaxing/reform"):
        plan = compile_plan(load(name).with_staff(1))
        for held, design in (("dwell", plan), ("held", whole_steps(plan))):
            for projects in (1, 5, 10, 20, 40):
                rules = schedule(design, projects, seconds=0)
                began = time.monotonic()
                found = schedule(design, projects, seconds=seconds)
                print(
                    f"{name:<18}{held:<8}{projects:>3}{float(rules.makespan):>9.2f}"
                    f"{float(found.makespan):>9.2f}{float(found.bound):>9.2f}{found.gap:>8.2%}"
                    f"{time.monotonic() - began:>7.1f}",
                    flush=True,
                )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10)
