"""Single replications of a plan: what searches with the simulator in the loop ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optimizer.redesign_sampling import quantile
from scenarios.plan import Plan
from simulator.engines import engine_for
from simulator.precision import taken_of
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
    _days: dict[tuple[object, int], tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def days(self, name: object, plan: Plan, replication: int) -> FloatArray:
        """Return the elapsed working days of each finished case in one replication.

        As summaries count them: see :func:`simulator.precision.taken_of`.

        Parameters
        ----------
        name : hashable
            What tells the plan from the others.
        """
        return self._simulated(name, plan, replication)[0]

    def on_time(self, name: object, plan: Plan, replication: int, limit: float) -> float:
        """Return the share of cases that take at most so many working days.

        Of those that are finished, or in process for longer already; 0 where there are none.
        """
        done, there = self._simulated(name, plan, replication)
        most = limit + 1e-9
        judged = len(done) + int((there > most).sum())
        return int((done <= most).sum()) / judged if judged else 0.0

    def _simulated(
        self, name: object, plan: Plan, replication: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the days of cases that are finished, and so far of those in process."""
        if (name, replication) not in self._days:
            taken = taken_of(plan, self.trace(plan, replication))
            days = taken.ticks.astype(np.float64) / plan.day_ticks
            self._days[name, replication] = days[taken.finished], days[taken.in_process]
            self.simulated += 1
        return self._days[name, replication]

    def trace(self, plan: Plan, replication: int) -> Trace:
        """Simulate a replication, on the engine that pays after so many before it."""
        return engine_for(plan, self.simulated + 1, self.engine).replication(
            plan, self.seed, replication
        )

    def mean(self, name: object, plan: Plan, replication: int) -> float:
        """Return the mean over the finished cases of one replication; without any, infinity."""
        days = self.days(name, plan, replication)
        return float(days.mean()) if days.size else math.inf

    def quantile(self, name: object, plan: Plan, replication: int, q: float = 0.9) -> float:
        """Return the days that a share q of the finished cases of one replication keep."""
        days = self.days(name, plan, replication)
        return quantile(days, q) if days.size else math.inf
