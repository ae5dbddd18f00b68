"""How long a study takes: redesigns, replications and cases as a planner would ask for them.

A sweep of the 20-activity process of :mod:`benchmarks.approval`: today and redesigns with
two people more here or there, simulated block by block on all cores and kept in a store on
disk, as ``lianban compare --store`` does; the paired differences at the end are part of
it. Elapsed seconds, processor seconds of driver and workers, and the most memory that any
of them took. Run from the checkout; the numbers may be smaller:

    python -m benchmarks.study --redesigns 20 --replications 200
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.approval import redesigns
from simulator import paired_difference
from simulator.blocks import Design
from simulator.crews import cores, crew_for
from simulator.sweep import Sweep, run_sweep, tally_of_design
from simulator.sweep_store import SweepStore


def main() -> None:
    """Print what the study took, and which redesign was best by how much."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--redesigns", type=int, default=20)
    asked.add_argument("--replications", type=int, default=200)
    asked.add_argument("--workers", type=int)
    asked.add_argument("--engine", default="auto")
    options = asked.parse_args()
    designs = tuple(
        Design(plan.key, plan, 10 * plan.day_ticks) for plan in redesigns(options.redesigns)
    )
    sweep = Sweep(designs, options.replications, 1, options.engine)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.db"
        with SweepStore(path, sweep.header()) as store:
            crew = crew_for(sweep, options.workers)
            processes = crew.size
            before = time.process_time()
            run_sweep(sweep, store, crew)
            handing = time.process_time() - before
            tallies = [tally_of_design(sweep, store, design) for design in designs]
        size = path.stat().st_size
    means = [(tally.column("elapsed") / tally.column("cases")).tolist() for tally in tallies]
    day = designs[0].plan.day_ticks
    gains = {
        design.key: paired_difference(values, means[0])
        for design, values in zip(designs[1:], means[1:], strict=True)
    }
    seconds = time.perf_counter() - began
    visits = sum(tally.cases for tally in tallies) * len(designs[0].plan.desks)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        f"{len(designs)} redesigns x {options.replications} replications x "
        f"{designs[0].plan.cases} cases on {sweep.engines()[0].name}, {processes} processes of "
        f"{cores()} cores"
    )
    print(f"{seconds:8.1f} s elapsed, {visits / seconds:,.0f} activities/s")
    driver, workers = (each.ru_utime + each.ru_stime for each in used)
    print(f"{driver + workers:8.1f} s of processor time")
    print(f"{handing:8.2f} s of it to hand out, take in and keep blocks")
    print(f"{max(each.ru_maxrss for each in used) / 1024:8.0f} MB at most in a process")
    print(f"{size / 1e6:8.1f} MB in the store")
    if gains:
        key, gain = min(gains.items(), key=lambda each: each[1].estimate)
        low, high = (value / day for value in (gain.low or 0.0, gain.high or 0.0))
        print(f"best: {key}, {gain.estimate / day:.3f} days ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
