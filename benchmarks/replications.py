"""How long 50 replications of 2,000 cases take with all administrative features, on all cores.

The process of :mod:`benchmarks.administration`, simulated and tallied block by block as
``lianban compare`` does. Elapsed seconds of the sweep alone: workers have started and have loaded
compiled code before. Medians of some turns, in one process and in worker processes in turn, and
what each part of a replication costs. Run from the checkout:

    python -m benchmarks.replications
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

from benchmarks.administration import administration
from simulator import fast_engine
from simulator.account import account_row
from simulator.blocks import Design, tally_of
from simulator.clocks import clocks
from simulator.crews import cores
from simulator.draws import desk_times
from simulator.stays import stays_of
from simulator.sweep import Sweep, run_sweep, tally_of_design
from simulator.sweep_store import SweepStore
from simulator.usage import Visits
from simulator.workers import Crew, Here, News, Task, Workers


@dataclass
class Staying:
    """A crew that stays when a sweep is over, for the next one."""

    crew: Crew

    @property
    def size(self) -> int:
        """As many as the crew's."""
        return self.crew.size

    def room(self) -> int:
        """Return what the crew says."""
        return self.crew.room()

    def give(self, task: Task) -> None:
        """Hand the crew a block."""
        self.crew.give(task)

    def take(self, seconds: float) -> list[News]:
        """Return what the crew did."""
        return self.crew.take(seconds)

    def close(self) -> None:
        """Stay."""


def swept(sweep: Sweep, crew: Crew, size: int | None = None) -> tuple[float, str]:
    """Return the elapsed seconds of a sweep, and the digest of what it found."""
    began = time.perf_counter()
    with SweepStore(None, sweep.header()) as store:
        run_sweep(sweep, store, Staying(crew), size=size)
        digest = tally_of_design(sweep, store, sweep.designs[0]).digest()
    return time.perf_counter() - began, digest


def main() -> None:
    """Print elapsed time of the sweep, in one process and in workers, and what its parts cost."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--replications", type=int, default=50)
    asked.add_argument("--workers", type=int, default=cores())
    asked.add_argument("--turns", type=int, default=9)
    options = asked.parse_args()
    plan = administration()
    design = Design(plan.key, plan, 20 * plan.day_ticks)
    sweep = Sweep((design,), options.replications, 1, "fast")
    crews: dict[str, Crew] = {"one process": Here()}
    if options.workers > 1:
        crews[f"{options.workers} processes"] = Workers(options.workers)
    try:
        for crew in crews.values():  # everybody starts, and loads compiled code
            swept(Sweep((design,), 2 * crew.size, 2, "fast"), crew, size=1)
        took: dict[str, list[float]] = {name: [] for name in crews}
        digests = set()
        for _ in range(options.turns):
            for name, crew in crews.items():
                seconds, digest = swept(sweep, crew)
                took[name].append(seconds)
                digests.add(digest)
    finally:
        for crew in crews.values():
            crew.close()
    print(f"{options.replications} replications x {plan.cases} cases, elapsed:")
    for name, each in took.items():
        print(f"  {name:24}{statistics.median(each):8.3f} s   best {min(each):.3f} s")
    print(f"  digests are {'the same' if len(digests) == 1 else 'DIFFERENT'}")
    trace = fast_engine.simulate_replication(plan, 1, 0)
    visits = Visits(plan, trace)
    found = clocks(plan, trace, stays_of(plan, trace, visits))
    print("of a replication, processor time:")
    for name, act in (
        ("simulated", lambda turn: fast_engine.simulate_replication(plan, 1, turn)),
        ("  of that, drawn", lambda turn: desk_times(plan, 1, turn)),
        ("tallied", lambda turn: tally_of(design, [(turn, trace)], 1)),
        ("  of that, clocks", lambda turn: clocks(plan, trace)),
        ("  of that, limits", lambda turn: account_row(plan, trace, visits, found)),
    ):
        times = []
        for turn in range(21):
            began = time.process_time()
            act(turn)
            times.append(time.process_time() - began)
        print(f"  {name:24}{1000 * statistics.median(times):8.2f} ms")


if __name__ == "__main__":
    main()
