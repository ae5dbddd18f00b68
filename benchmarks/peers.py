"""How fast our engines are beside SimPy, Prosimos and cimba, on one process in one run.

All simulate the process of :mod:`benchmarks.approval_model`, each with its own luck: the mean
time in process, with its standard error, tells that they simulate the same. Times are
processor seconds of one run of 2,000 cases (40,000 activities), drawing luck included, logs
not; medians, the rounds of all engines in turn. What is compiled is compiled before.

SimPy comes with our own dependencies. The others are installed for this benchmark only,
each where its pins do no harm, and named by their interpreters; who is not named is left out:

    python -m venv cimba && cimba/bin/pip install cimba==0.9.5
    python -m venv prosimos && prosimos/bin/pip install prosimos==2.1.0
    python -m benchmarks.peers --cimba cimba/bin/python --prosimos prosimos/bin/python --cxx g++

With a compiler named, ``approval.cpp``, the same kernel in plain C++, says how fast it could be.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import approval_model as model
from benchmarks.approval import approval_process, idiomatic
from simulator import fast_engine, simpy_engine
from simulator.blocks import Design, run_block


@dataclass
class Engine:
    """An engine, what it took for each run, and each run's mean hours in process."""

    name: str
    turn: Callable[[Engine, int], None]
    seconds: list[float] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median processor seconds of a run."""
        return statistics.median(self.seconds)


def ours(engine: object, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of one of our engines: some runs one after the other."""
    plan = approval_process()

    def turn(timed: Engine, number: int) -> None:
        for replication in range(number * runs, (number + 1) * runs):
            began = time.process_time()
            trace = engine.simulate_replication(plan, 1, replication)  # type: ignore[attr-defined]
            timed.seconds.append(time.process_time() - began)
            timed.hours.append(float((trace.finish - trace.arrival).mean()) / 3600)

    return turn


def tallied(runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of what a sweep does: a block of runs, simulated and tallied."""
    plan = approval_process()
    design = Design("approval", plan, 10 * plan.day_ticks)

    def turn(timed: Engine, number: int) -> None:
        began = time.process_time()
        tally = run_block(design, 1, number * runs, runs, "fast")
        timed.seconds.append((time.process_time() - began) / runs)
        # elapsed time is counted in open hours there
        timed.hours += (tally.column("elapsed") / tally.column("cases") / 3600).tolist()

    return turn


def simpy_guide(timed: Engine, number: int) -> None:
    """Run the idiomatic SimPy model once."""
    began = time.process_time()
    took = idiomatic(number)
    timed.seconds.append(time.process_time() - began)
    timed.hours.append(statistics.fmean(took) / 3600)


def peer(python: str, script: str, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of a peer: its script under its own interpreter."""
    path = Path(__file__).with_name(script)

    def turn(timed: Engine, number: int) -> None:
        done = subprocess.run(
            [python, str(path), str(runs)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{timed.name}: {done.stderr.strip()[-1000:]}")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        timed.seconds += found["seconds"]
        timed.hours += found["hours"]

    return turn


def plain_cxx(compiler: str, folder: str, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of the same kernel in C++, compiled here."""
    program = Path(folder) / "approval"
    source = Path(__file__).with_name("approval.cpp")
    subprocess.run([compiler, "-O3", "-std=c++17", "-o", str(program), str(source)], check=True)
    links = [(before, after) for after, needs in enumerate(model.NEEDS) for before in needs]
    numbers = [
        runs, model.CASES, len(model.NEEDS), len(model.PEOPLE), 60 * model.GAP,
        *(each for minutes, pool in model.MINUTES_AND_POOL for each in (60 * minutes, pool)),
        *model.PEOPLE, *(each for link in links for each in link),
    ]  # fmt: skip

    def turn(timed: Engine, number: int) -> None:
        words = [str(program), *map(str, numbers)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            seconds, hours = map(float, line.split())
            timed.seconds.append(seconds)
            timed.hours.append(hours)

    return turn


def main() -> None:
    """Print every engine's time, its ratios to ours, and its mean time in process."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--cimba", metavar="PYTHON")
    asked.add_argument("--prosimos", metavar="PYTHON")
    asked.add_argument("--cxx", metavar="COMPILER")
    options = asked.parse_args()
    fast = Engine("compiled engine", ours(fast_engine, 20))
    engines = [
        fast,
        Engine("  with its tally (open h)", tallied(20)),
        Engine("our SimPy engine", ours(simpy_engine, 2)),
        Engine("idiomatic SimPy", simpy_guide),
    ]
    if options.cimba:
        engines.append(Engine("cimba", peer(options.cimba, "peer_cimba.py", 2)))
    if options.prosimos:
        engines.append(Engine("Prosimos", peer(options.prosimos, "peer_prosimos.py", 1)))
    fast_engine.simulate_replication(approval_process(), 2, 0)  # compiled from here on
    with tempfile.TemporaryDirectory() as folder:
        if options.cxx:
            engines.append(Engine("plain C++", plain_cxx(options.cxx, folder, 20)))
        for number in range(options.rounds):
            for engine in engines:
                engine.turn(engine, number)
    activities = model.CASES * len(model.NEEDS)
    print(f"{'':26}{'ms a run':>10}{'activities/s':>14}{'compiled is':>13}   mean hours")
    for engine in engines:
        error = np.std(engine.hours) / math.sqrt(len(engine.hours))
        print(
            f"{engine.name:26}{1000 * engine.median:>10.2f}{activities / engine.median:>14,.0f}"
            f"{engine.median / fast.median:>12.1f}x   "
            f"{statistics.fmean(engine.hours):.1f} ± {error:.1f}"
        )


if __name__ == "__main__":
    main()
