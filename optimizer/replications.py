"""Single replications of a plan: what searches with the simulator in the loop ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimizer.redesign_sampling import quantile
from scenarios.plan import Plan
from simulator.engines import engine_for
from simulator.trace import Trace

FloatArray = NDArray[np.float64]


@dataclass(slots=True)
class Replications:
    """The replications of some plans, each simulated once.

    Attributes
    ----------
    seed : int
        Replication k of every plan has the same luck.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the days do not depend on it.
    simulated : int
        Replications that were really run.
    """

    seed: int
    engine: str = "auto"
    simulated: int = 0
    _days: dict[tuple[object, int], FloatArray] = field(default_factory=dict)

    def days(self, name: object, plan: Plan, replication: int) -> FloatArray:
        """Return the elapsed working days of each case in one replication.

        Parameters
        ----------
        name : hashable
            What tells the plan from the others.
        """
        if (name, replication) not in self._days:
            trace = self.trace(plan, replication)
            counting = plan.calendars[0]
            ticks = counting.worked_many(trace.arrival, trace.finish)
            self._days[name, replication] = np.asarray(ticks, dtype=np.float64) / counting.day_ticks
            self.simulated += 1
        return self._days[name, replication]

    def trace(self, plan: Plan, replication: int) -> Trace:
        """Simulate a replication, on the engine that pays after so many before it."""
        return engine_for(plan, self.simulated + 1, self.engine).replication(
            plan, self.seed, replication
        )

    def mean(self, name: object, plan: Plan, replication: int) -> float:
        """Return the mean over the cases of one replication."""
        return float(self.days(name, plan, replication).mean())

    def quantile(self, name: object, plan: Plan, replication: int, q: float = 0.9) -> float:
        """Return the days that a share q of the cases of one replication keep."""
        return quantile(self.days(name, plan, replication), q)
