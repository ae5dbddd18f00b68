"""The event log by columns: what CSV and Parquet are written from, many rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, Part, Plan
from simulator.clocks import clock_runs, reviewing
from simulator.stays import held_in, up_to_consent
from simulator.trace import Trace

AT_ONCE = 50_000
"""Most rows at once."""


LOWER_REVIEW = "lower_review"
"""The counted ticks again where a lower organ has the file before it reports it upward
(art. 43), else 0."""


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

    The columns are those of :class:`simulator.logs.Row`, in its order, and
    :data:`LOWER_REVIEW` where the limits of reviews by lower organs are watched.
    """
    steps, desks, parts, pools = (
        [plan.steps[desk.step].key for desk in plan.desks],
        [desk.name for desk in plan.desks],
        [desk.part.value for desk in plan.desks],
        ["+".join(plan.pools[pool].key for pool in desk.pools) for desk in plan.desks],
    )
    keys = [each.key for each in plan.types]
    types = trace.types_of()
    reasons = [desk.reason for desk in plan.desks]
    every = trace.visits()
    # what stops a clock may lie in another part of the rows, so this is found at once
    runs, until = clock_runs(plan, every), up_to_consent(plan, trace, every)
    lower = reviewing(plan)
    held = held_in(plan, trace, every)
    for begin in range(0, max(1, len(every)), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        visits = every[some]
        case, desk, visit, ready, start, end = visits.T
        counted, touch = clocks_of(plan, visits, until[some], runs[some])
        if held is not None:
            touch = np.where(touch > 0, held[some], 0)
        columns: dict[str, Column] = {
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
            "reason": Words(desk, reasons),
        }
        if lower.any():
            columns[LOWER_REVIEW] = Numbers(np.where(lower[desk], counted, 0))
        yield columns


def clocks_of(
    plan: Plan, visits: IntArray, until: IntArray, runs: NDArray[np.bool_]
) -> tuple[IntArray, IntArray]:
    """Return of each visit how long the legal clock ran and how long people worked.

    Parameters
    ----------
    visits, until : array of shape (visits, 6)
        Those of the trace, and cut off where silence was consent.
    runs : array of shape (visits,)
        Whether the clock runs in each.
    """
    desk = visits[:, 1]
    works = np.array([each.part is Part.WORK for each in plan.desks], dtype=np.bool_)
    calendar = np.array([each.calendar for each in plan.desks], dtype=np.int64)
    counted = plan.calendars[0].worked_many(until[:, 3], until[:, 5])
    touch = np.zeros(len(visits), dtype=np.int64)
    for number in np.unique(calendar[desk]).tolist():
        mine = calendar[desk] == number
        touch[mine] = plan.calendars[number].worked_many(visits[mine, 4], visits[mine, 5])
    return np.where(runs, counted, 0), np.where(works[desk], touch, 0)
