"""How fast the compiled engine is beside the SimPy engine and an idiomatic SimPy model.

All simulate the same plans with the same draws, in turn and in one process: 2,000 cases
through 20 steps at 8 offices, and the Jiaxing reform as shipped. The idiomatic model (see
:mod:`benchmarks.engine_speed`) knows no calendars and is there for the first plan only.
Times are processor seconds, so that a busy machine changes them little; medians of several
turns. Run from the checkout:

    python -m benchmarks.compiled_engine
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from benchmarks.engine_speed import approval_like, idiomatic
from scenarios import compile_plan, load
from scenarios.plan import Plan
from simulator import fast_engine, fast_run, simpy_engine
from simulator.draws import arrival_times, desk_times
from simulator.plan_arrays import uncovered

START = """
import time
began = time.perf_counter()
from simulator import fast_engine
from scenarios import compile_plan, load
plan = compile_plan(load("jiaxing/reform"))
ready = time.perf_counter()
fast_engine.simulate_replication(plan, 1, 0)
print(ready - began, time.perf_counter() - ready)
"""


def median_of(act: Callable[[int], object], turns: int) -> float:
    """Return the median processor seconds of an act that is given the number of its turn."""
    times = []
    for turn in range(turns):
        began = time.process_time()
        act(turn)
        times.append(time.process_time() - began)
    return statistics.median(times)


def drawn(plan: Plan, number: int) -> None:
    """Draw what the compiled engine draws before a replication begins."""
    from simulator.fast_uniforms import uniforms

    arrival_times(plan, 1, number, numbers=uniforms)
    desk_times(plan, 1, number, numbers=uniforms)


def compare(title: str, plan: Plan, others: dict[str, tuple[Callable[..., object], int]]) -> None:
    """Print what the compiled engine, its draws and the others take for a replication."""
    if missing := uncovered(plan):
        raise SystemExit(f"{title}: the compiled engine does not cover {', '.join(missing)}")
    visits = plan.cases * len(plan.desks)
    fast_engine.simulate_replication(plan, 1, 0)
    for engine, _ in others.values():
        engine(plan, 1, 0)  # compiles, where that is needed
    took = median_of(lambda turn: fast_engine.simulate_replication(plan, 1, turn), 41)
    luck = median_of(lambda turn: drawn(plan, turn), 41)
    print(f"{title}: {plan.cases} cases, {visits} desk visits")
    print(f"  {'compiled engine':18} {1000 * took:9.2f} ms {visits / took:12,.0f} visits/s")
    print(f"  {'  of that, draws':18} {1000 * luck:9.2f} ms {luck / took:12.0%}")
    for name, (engine, turns) in others.items():
        seconds = median_of(lambda turn, engine=engine: engine(plan, 1, turn), turns)
        print(f"  {name:18} {1000 * seconds:9.2f} ms {seconds / took:11.1f}x")
    fast = fast_engine.simulate_replication(plan, 1, 0)
    slow = simpy_engine.simulate_replication(plan, 1, 0)
    alike = all(
        np.array_equal(getattr(fast, name), getattr(slow, name))
        for name in ("arrival", "ready", "start", "end", "finish", "work")
    )
    print(f"  traces of both engines are {'the same' if alike else 'DIFFERENT'}")


def start_up() -> None:
    """Print how long a new process takes to its first result, without and with compiled code."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache}
        for name in ("cold: compiles", "warm: loads it", "warm: loads it", "warm: loads it"):
            done = subprocess.run(
                [sys.executable, "-c", START],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            load_, first = (float(word) for word in done.stdout.split())
            print(f"  {name:18} {load_:9.2f} s imports and plan {first:9.2f} s numba, first result")


def main() -> None:
    """Print times, ratios and start-up."""
    ours = (simpy_engine.simulate_replication, 7)
    whole = (fast_run.played_out, 21)  # the kernel that knows all of a plan, on a plain one
    compare(
        "20 steps at 8 offices",
        approval_like(),
        {"whole kernel": whole, "SimPy engine": ours, "idiomatic SimPy": (idiomatic, 5)},
    )
    compare("Jiaxing reform", compile_plan(load("jiaxing/reform")), {"SimPy engine": ours})
    print("start of a process (elapsed time)")
    start_up()


if __name__ == "__main__":
    main()
