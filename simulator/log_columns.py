"""The event log by columns: what CSV and Parquet are written from, many rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.plan import IntArray, Part, Plan
from simulator.clocks import NOT_COUNTED
from simulator.trace import Trace

AT_ONCE = 50_000
"""Most rows at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of words: of each cell the number of its word."""

    codes: IntArray
    words: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of whole numbers."""

    values: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """A column of civil instants, as ticks."""

    ticks: IntArray


Column = Words | Numbers | Instants


def columns_of(plan: Plan, number: int, trace: Trace) -> Iterator[dict[str, Column]]:
    """Yield the rows of one replication, by case, desk and visit, some at a time.

    The columns are those of :class:`simulator.logs.Row`, in its order.
    """
    steps, desks, parts, pools = (
        [plan.steps[desk.step].key for desk in plan.desks],
        [desk.name for desk in plan.desks],
        [desk.part.value for desk in plan.desks],
        ["+".join(plan.pools[pool].key for pool in desk.pools) for desk in plan.desks],
    )
    keys = [each.key for each in plan.types]
    types = trace.types_of()
    every = trace.visits()
    for begin in range(0, max(1, len(every)), AT_ONCE):
        visits = every[begin : begin + AT_ONCE]
        case, desk, visit, ready, start, end = visits.T
        counted, touch = clocks_of(plan, visits)
        yield {
            "replication": Numbers(np.full_like(case, number)),
            "case": Numbers(case),
            "step": Words(desk, steps),
            "desk": Words(desk, desks),
            "pools": Words(desk, pools),
            "ready": Instants(ready),
            "start": Instants(start),
            "end": Instants(end),
            "visit": Numbers(visit),
            "part": Words(desk, parts),
            "type": Words(types[case], keys),
            "elapsed": Numbers(end - ready),
            "counted": Numbers(counted),
            "touch": Numbers(touch),
        }


def clocks_of(plan: Plan, visits: IntArray) -> tuple[IntArray, IntArray]:
    """Return of each visit how long the legal clock ran and how long people worked."""
    desk = visits[:, 1]
    runs = np.array([each.part not in NOT_COUNTED for each in plan.desks], dtype=np.bool_)
    works = np.array([each.part is Part.WORK for each in plan.desks], dtype=np.bool_)
    calendar = np.array([each.calendar for each in plan.desks], dtype=np.int64)
    counted = plan.calendars[0].worked_many(visits[:, 3], visits[:, 5])
    touch = np.zeros(len(visits), dtype=np.int64)
    for number in np.unique(calendar[desk]).tolist():
        mine = calendar[desk] == number
        touch[mine] = plan.calendars[number].worked_many(visits[mine, 4], visits[mine, 5])
    return np.where(runs[desk], counted, 0), np.where(works[desk], touch, 0)
