"""How fast our engines are beside SimPy, Prosimos and cimba, on three processes in one run.

The processes are that of :mod:`benchmarks.approval_model`, the same with all that an administration
adds (:mod:`benchmarks.administration_model`), and the Jiaxing reform as shipped. Every engine has
its own luck: the mean time in process, with its standard error, tells that they simulate the same.
Times are processor seconds of one run, drawing luck included, logs not; medians, the rounds of
all engines in turn. What is compiled is compiled before.

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

from benchmarks import administration_model
from benchmarks import approval_model as model
from benchmarks.administration import administration
from benchmarks.administration_simpy import administration_in_simpy
from benchmarks.approval import approval_process, idiomatic
from benchmarks.reform_simpy import reform_in_simpy
from scenarios import compile_plan, load
from scenarios.plan import Plan
from simulator import fast_engine, simpy_engine
from simulator.account import account_of
from simulator.blocks import Design, run_block
from simulator.trace import Outcome


@dataclass
class Engine:
    """An engine, what it took for each run, and each run's mean hours in process."""

    name: str
    turn: Callable[[Engine, int], None]
    seconds: list[float] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)
    legal: list[float] = field(default_factory=list)
    """Each run's mean hours on the legal clock, where an engine keeps one."""

    @property
    def median(self) -> float:
        """Median processor seconds of a run."""
        return statistics.median(self.seconds)


@dataclass
class Race:
    """Engines that simulate one process; the first is the compiled one."""

    title: str
    activities: int
    engines: list[Engine]


def ours(plan: Plan, engine: object, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of one of our engines: some runs one after the other."""

    def turn(timed: Engine, number: int) -> None:
        for replication in range(number * runs, (number + 1) * runs):
            began = time.process_time()
            trace = engine.simulate_replication(plan, 1, replication)  # type: ignore[attr-defined]
            timed.seconds.append(time.process_time() - began)
            done = trace.outcomes() == Outcome.FINISHED
            timed.hours.append(float((trace.finish - trace.arrival)[done].mean()) / 3600)

    return turn


def watched(plan: Plan, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of the compiled engine with the clocks and lights of every replication."""

    def turn(timed: Engine, number: int) -> None:
        for replication in range(number * runs, (number + 1) * runs):
            began = time.process_time()
            trace = fast_engine.simulate_replication(plan, 1, replication)
            account = account_of(plan, (trace,))
            timed.seconds.append(time.process_time() - began)
            counted, done = (
                int(account.of("case", "", name)[0]) for name in ("counted", "finished")
            )
            timed.legal.append(counted / done / 3600)

    return turn


def tallied(plan: Plan, runs: int) -> Callable[[Engine, int], None]:
    """Return the turn of what a sweep does: a block of runs, simulated and tallied."""
    design = Design(plan.key, plan, 10 * plan.day_ticks)

    def turn(timed: Engine, number: int) -> None:
        began = time.process_time()
        tally = run_block(design, 1, number * runs, runs, "fast")
        timed.seconds.append((time.process_time() - began) / runs)
        # elapsed time is counted in open hours there, so only the legal clock compares
        timed.legal += (tally.column("counted") / tally.column("cases") / 3600).tolist()

    return turn


def simpy_guide(timed: Engine, number: int) -> None:
    """Run the idiomatic SimPy model once."""
    began = time.process_time()
    took = idiomatic(number)
    timed.seconds.append(time.process_time() - began)
    timed.hours.append(statistics.fmean(took) / 3600)


def simpy_administration(timed: Engine, number: int) -> None:
    """Run the idiomatic SimPy model of the administration once."""
    began = time.process_time()
    told = administration_in_simpy(number)
    timed.seconds.append(time.process_time() - began)
    timed.hours.append(statistics.fmean(told.took) / 3600)
    timed.legal.append(statistics.fmean(told.counted) / 3600)


def simpy_reform(plan: Plan) -> Callable[[Engine, int], None]:
    """Return the turn of the idiomatic SimPy model of the reform: some runs."""

    def turn(timed: Engine, number: int) -> None:
        for seed in range(5 * number, 5 * number + 5):
            began = time.process_time()
            took = reform_in_simpy(plan, seed)
            timed.seconds.append(time.process_time() - began)
            timed.hours.append(statistics.fmean(took) / 3600)

    return turn


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


def races(options: argparse.Namespace, folder: str) -> list[Race]:
    """Return who runs what."""
    plain, administered = approval_process(), administration()
    reform = compile_plan(load("jiaxing/reform"))
    for plan in (plain, administered, reform):  # compiled from here on
        fast_engine.simulate_replication(plan, 2, 0)
    first = [
        Engine("compiled engine", ours(plain, fast_engine, 20)),
        Engine("  with its tally", tallied(plain, 20)),
        Engine("our SimPy engine", ours(plain, simpy_engine, 2)),
        Engine("idiomatic SimPy", simpy_guide),
    ]
    if options.cimba:
        first.append(Engine("cimba", peer(options.cimba, "peer_cimba.py", 2)))
    if options.prosimos:
        first.append(Engine("Prosimos", peer(options.prosimos, "peer_prosimos.py", 1)))
    if options.cxx:
        first.append(Engine("plain C++", plain_cxx(options.cxx, folder, 20)))
    second = [
        Engine("compiled engine", ours(administered, fast_engine, 20)),
        Engine("  with clocks and lights", watched(administered, 10)),
        Engine("  with its tally", tallied(administered, 10)),
        Engine("our SimPy engine", ours(administered, simpy_engine, 2)),
        Engine("idiomatic SimPy", simpy_administration),
    ]
    third = [
        Engine("compiled engine", ours(reform, fast_engine, 40)),
        Engine("our SimPy engine", ours(reform, simpy_engine, 5)),
        Engine("idiomatic SimPy", simpy_reform(reform)),
    ]
    activities = len(model.NEEDS)
    return [
        Race("20 activities", model.CASES * activities, first),
        Race("all administrative features", administration_model.CASES * activities, second),
        Race("Jiaxing reform", reform.cases * len(reform.steps), third),
    ]


def main() -> None:
    """Print every engine's time, its ratio to ours, and its mean time in process."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--cimba", metavar="PYTHON")
    asked.add_argument("--prosimos", metavar="PYTHON")
    asked.add_argument("--cxx", metavar="COMPILER")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        all_ = races(options, folder)
        for number in range(options.rounds):
            for race in all_:
                for engine in race.engines:
                    engine.turn(engine, number)
    for race in all_:
        print(
            f"{race.title:30}{'ms a run':>10}{'activities/s':>14}{'compiled is':>13}"
            "   mean hours      on the legal clock"
        )
        for engine in race.engines:
            print(
                f"{engine.name:30}{1000 * engine.median:>10.2f}"
                f"{race.activities / engine.median:>14,.0f}"
                f"{engine.median / race.engines[0].median:>12.1f}x   "
                f"{_mean(engine.hours):16}{_mean(engine.legal)}"
            )


def _mean(hours: list[float]) -> str:
    """Return a mean with its standard error."""
    if not hours:
        return ""
    return f"{statistics.fmean(hours):.1f} ± {np.std(hours) / math.sqrt(len(hours)):.1f}"


if __name__ == "__main__":
    main()
