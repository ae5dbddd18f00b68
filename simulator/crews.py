"""Who simulates a sweep: this process where that is soonest, else all cores of the machine."""

from __future__ import annotations

import multiprocessing
import os

from simulator.design_bytes import is_of_script
from simulator.sweep import Sweep
from simulator.workers import Crew, Here, Workers

WORTH_WORKERS = 3.0
"""Seconds of work from which starting other processes pays."""

_DESK_VISIT = {"simpy": 1e-5, "fast": 3e-7}
"""Seconds that one case at one desk takes an engine, and the tally of it, roughly."""


def crew_for(sweep: Sweep, workers: int | None = None) -> Crew:
    """Return who simulates a sweep.

    Parameters
    ----------
    sweep : Sweep
        What is to be simulated.
    workers : int, optional
        How many processes; by default one for each core where there is enough to do. A
        sweep that other processes cannot read, or that a daemon asks for, stays here.
    """
    if workers is None:
        workers = cores() if seconds_of(sweep) > WORTH_WORKERS else 1
    return Workers(workers) if workers > 1 and _can_start_workers(sweep) else Here()


def seconds_of(sweep: Sweep) -> float:
    """Return about how many seconds of one core a sweep takes."""
    return sweep.replications * sum(
        _DESK_VISIT[engine.name] * design.plan.cases * len(design.plan.desks)
        for design, engine in zip(sweep.designs, sweep.engines(), strict=True)
    )


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _can_start_workers(sweep: Sweep) -> bool:
    """Whether other processes may be started (a daemon has none) and can read the plans."""
    if multiprocessing.current_process().daemon:
        return False
    return not any(is_of_script(design) for design in sweep.designs)
