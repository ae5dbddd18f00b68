"""How fast the reference engine is beside a SimPy model written as SimPy's own guide does.

Both simulate the same plan with the same draws: 2,000 cases through 20 steps at 8 offices,
round the clock. The guide's style has one process for each case and step, which waits for
its prerequisites' processes, requests a person and holds a timeout. A tick stands for a
millisecond here, so that no two cases fall together and both must agree on every case; at
equal instants SimPy's order of creation would decide. Run from the checkout:

    python -m benchmarks.engine_speed
"""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import simpy

from rules import Calendar, Kind, Name
from scenarios.arrivals import Poisson
from scenarios.distributions import Lognormal
from scenarios.plan import Desk, Link, OwnWork, Plan, PlanStep, Pool
from scenarios.streams import stream_of
from simulator.draws import arrival_times, desk_times
from simulator.simpy_engine import simulate_replication

STEPS, OFFICES, CASES = 20, 8, 2000


def approval_like() -> Plan:
    """Return four parallel chains of five steps that meet at the end of each stage."""
    keys = [f"S{number:02}" for number in range(STEPS)]
    return Plan(
        "benchmark",
        tuple(
            PlanStep(
                key,
                Name(key),
                Kind.APPROVAL,
                "",
                OwnWork(stream_of(key), 3_600_000, Lognormal(1, 0.5)),
                (number,),
            )
            for number, key in enumerate(keys)
        ),
        tuple(
            Link(number - 4 + turn, number)
            for number in range(4, STEPS)
            for turn in range(1 + (number % 4 == 0))
        ),
        tuple(Desk(number, "review", (number % OFFICES,), 0) for number in range(STEPS)),
        tuple(Pool(f"office-{number}", Name(f"{number}"), 3, 0) for number in range(OFFICES)),
        (Calendar.natural(date(1700, 1, 1), date(2099, 12, 31)),),
        Poisson(3_600_000.0),
        CASES,
    )


def idiomatic(plan: Plan, seed: int, replication: int) -> list[list[int]]:
    """Return the end of every case and step, by processes as in SimPy's documentation."""
    env = simpy.Environment()
    work = desk_times(plan, seed, replication).tolist()
    arrival = arrival_times(plan, seed, replication).tolist()
    resources = [simpy.Resource(env, pool.capacity) for pool in plan.pools]
    predecessors = [[link.before for link in links] for links in plan.predecessors()]
    end = [[0] * len(plan.steps) for _ in range(plan.cases)]

    def step(case, number, before):
        if before:
            yield simpy.AllOf(env, before)
        with resources[plan.desks[number].pools[0]].request() as request:
            yield request
            yield env.timeout(work[case][number])
        end[case][number] = env.now

    def cases():
        for case in range(plan.cases):
            yield env.timeout(arrival[case] - env.now)
            running = []
            for number in range(len(plan.steps)):
                before = [running[index] for index in predecessors[number]]
                running.append(env.process(step(case, number, before)))

    env.process(cases())
    env.run()
    return end


def main() -> None:
    """Print best-of-five times of both and their ratio."""
    plan = approval_like()
    best = {}
    for name, engine in (
        ("idiomatic SimPy", idiomatic),
        ("reference engine", simulate_replication),
    ):
        times = []
        for turn in range(5):
            begin = time.perf_counter()
            engine(plan, 1, turn)
            times.append(time.perf_counter() - begin)
        best[name] = min(times)
        print(f"{name:18} {min(times):6.3f} s, {STEPS * CASES / min(times):10,.0f} steps/s")
    print(f"ratio              {best['idiomatic SimPy'] / best['reference engine']:6.2f}")
    finish = np.array(idiomatic(plan, 1, 0)).max(axis=1)
    ours = simulate_replication(plan, 1, 0).finish
    print(f"cases with the same finish: {(finish == ours).mean():.2%}")


if __name__ == "__main__":
    main()
