"""Simulate a plan and keep what happened."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, Plan
from simulator.trace import Trace


class Row(NamedTuple):
    """One case at one desk, as the event log tells it; times are ticks.

    Attributes
    ----------
    replication, case : int
        Both from 0.
    step, desk : str
        The step's key and the desk's name.
    pools : str
        Keys of the pools that gave a person, joined by ``+``; empty for a mere delay.
    ready, start, end : int
        See :class:`Trace`.
    """

    replication: int
    case: int
    step: str
    desk: str
    pools: str
    ready: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The replications of a plan.

    Attributes
    ----------
    plan : Plan
        What was simulated.
    seed : int
        The seed; replication k of two runs with one seed has the same luck.
    engine : str
        ``simpy`` or ``fast``; both give the same replications.
    replications : tuple of Trace
        In order; replication k stands at index k.
    """

    plan: Plan
    seed: int
    engine: str
    replications: tuple[Trace, ...]

    def rows(self) -> Iterator[Row]:
        """Yield the event log by replication, case and desk."""
        names = _desk_names(self.plan)
        for number, trace in enumerate(self.replications):
            for case in range(self.plan.cases):
                instants = (each[case].tolist() for each in (trace.ready, trace.start, trace.end))
                for name, *when in zip(names, *instants, strict=True):
                    yield Row(number, case, *name, *when)


def simulate(plan: Plan, replications: int = 30, seed: int = 1) -> Run:
    """Run a plan many times with independent luck.

    Parameters
    ----------
    plan : Plan
        What to run.
    replications : int
        How often; answers carry no interval below five.
    seed : int
        The same seed gives the same run, number by number.
    """
    from simulator.simpy_engine import simulate_replication

    traces = (simulate_replication(plan, seed, number) for number in range(replications))
    return Run(plan, seed, "simpy", tuple(traces))


def write_log(run: Run, path: Path) -> None:
    """Write the event log as CSV that Excel opens: UTF-8 with BOM, civil times in ISO 8601.

    The file appears whole or not at all.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(Row._fields)
            names = _desk_names(run.plan)
            for number, trace in enumerate(run.replications):
                ready, start, end = (
                    _civil(run.plan, each) for each in (trace.ready, trace.start, trace.end)
                )
                writer.writerows(
                    (
                        number,
                        case,
                        *names[desk],
                        ready[case, desk],
                        start[case, desk],
                        end[case, desk],
                    )
                    for case in range(run.plan.cases)
                    for desk in range(len(names))
                )
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _desk_names(plan: Plan) -> list[tuple[str, str, str]]:
    """Return of each desk its step's key, its name and its pools' keys."""
    return [
        (
            plan.steps[desk.step].key,
            desk.name,
            "+".join(plan.pools[pool].key for pool in desk.pools),
        )
        for desk in plan.desks
    ]


def _civil(plan: Plan, ticks: IntArray) -> NDArray[np.str_]:
    first = np.datetime64(plan.calendars[0].first_day, "s")
    return np.datetime_as_string(first + ticks.astype("timedelta64[s]"))
