"""What other simulators report of a process: how long cases take, and how often tasks are done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.plan import Part, Plan
from simulator.trace import Outcome, Trace


@dataclass(frozen=True, slots=True)
class FlowMeasures:
    """One replication of an imported process.

    Attributes
    ----------
    arrived, finished : int
        Cases that came before the run's end, and those of them that were done by then.
    elapsed : float
        Mean seconds from arrival to end of the cases that were done.
    work : float
        Mean seconds of work in them, parallel tasks each counted; BPSim calls this the
        processing time of a process.
    visits : dict of str to int
        How often each named task and event was reached and done.
    """

    arrived: int
    finished: int
    elapsed: float
    work: float
    visits: dict[str, int]


def flow_measures(plan: Plan, trace: Trace) -> FlowMeasures:
    """Return the measures of one replication; means are NaN where nobody was done."""
    came = trace.arrival < plan.until if plan.until else np.ones(plan.cases, dtype=np.bool_)
    done = came & (trace.outcomes() == Outcome.FINISHED)
    visits = trace.visits(ordered=False)
    over = (visits[:, 5] < plan.until) if plan.until else np.ones(len(visits), dtype=np.bool_)
    visits = visits[over & came[visits[:, 0]]]
    worked = np.zeros(plan.cases, dtype=np.int64)
    counts: dict[str, int] = {}
    for number in np.unique(visits[:, 1]).tolist():
        desk = plan.desks[number]
        mine = visits[visits[:, 1] == number]
        if desk.name:
            counts[desk.name] = counts.get(desk.name, 0) + len(mine)
        if desk.part is Part.WORK:
            open_time = plan.calendars[desk.calendar].worked_many(mine[:, 4], mine[:, 5])
            np.add.at(worked, mine[:, 0], open_time)
    took = (trace.finish - trace.arrival)[done]
    return FlowMeasures(
        int(came.sum()),
        int(done.sum()),
        float(took.mean()) if len(took) else float("nan"),
        float(worked[done].mean()) if len(took) else float("nan"),
        dict(sorted(counts.items())),
    )
