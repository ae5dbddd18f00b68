"""How often each step decided when a case was finished."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.plan import IntArray, Plan
from simulator.trace import Outcome, Trace


def critical(plan: Plan, trace: Trace, calendars: tuple[Calendar, ...] = ()) -> NDArray[np.bool_]:
    """Return for each case and step whether the step stood on a chain that decided its end.

    A step is critical when the case ended with it, or when a critical step became ready
    at the instant at which it, and the lag after it, had ended. Waiting for people
    belongs to the step that waits.

    Returns
    -------
    array of shape (cases, steps)
    """
    calendars = calendars or plan.calendars
    ends = np.stack([trace.step_end(step) for step in plan.steps], axis=1)
    ready = np.stack([trace.step_ready(step) for step in plan.steps], axis=1)
    mine = np.stack([trace.types_of() == step.of for step in plan.steps], axis=1)
    found = (ends == trace.finish.reshape(-1, 1)) & mine
    successors = plan.successors()
    for number in reversed(range(len(plan.steps))):
        for link in successors[number]:
            over: IntArray = ends[:, number]
            if link.lag.ticks:
                over = calendars[link.lag.calendar].add_many(
                    over, np.full_like(over, link.lag.ticks)
                )
            found[:, number] |= found[:, link.after] & (ready[:, link.after] == over)
    return np.asarray(found & mine, dtype=np.bool_)


def critical_counts(
    plan: Plan, trace: Trace, calendars: tuple[Calendar, ...] = ()
) -> tuple[IntArray, IntArray]:
    """Return of each step in how many finished cases it was critical, and how many there were."""
    if not plan.steps:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    done = trace.outcomes() == Outcome.FINISHED
    types = trace.types_of()[done]
    finished = np.array([(types == step.of).sum() for step in plan.steps], dtype=np.int64)
    return critical(plan, trace, calendars)[done].sum(axis=0).astype(np.int64), finished


def criticality(plan: Plan, traces: Sequence[Trace]) -> dict[str, float]:
    """Return each step's share of all finished cases in which it was critical, by key.

    Types of cases that share a step count together.
    """
    often = dict.fromkeys((step.key for step in plan.steps), 0)
    finished = 0
    for trace in traces:
        finished += int((trace.outcomes() == Outcome.FINISHED).sum())
        counts, _ = critical_counts(plan, trace)
        for step, number in zip(plan.steps, counts.tolist(), strict=True):
            often[step.key] += number
    return {key: number / max(1, finished) for key, number in often.items()}
