"""How often each step decided when a case was finished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.plan import IntArray, Plan
from simulator.trace import Trace


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


def criticality(plan: Plan, traces: list[Trace] | tuple[Trace, ...]) -> dict[str, float]:
    """Return each step's share of cases in which it was critical, by key."""
    shares = np.concatenate([critical(plan, trace) for trace in traces])
    numbers = np.concatenate(
        [np.stack([trace.types_of() == step.of for step in plan.steps], axis=1) for trace in traces]
    )
    return {
        step.key: float(shares[:, place].sum() / max(1, numbers[:, place].sum()))
        for place, step in enumerate(plan.steps)
    }
