"""Simulated designs of the second process, kept while they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from results.summary import Summary
    from scenarios import Scenario
    from simulator import Run

MOST_REPLICATIONS = 200
_KEPT = 6
_KEPT_BYTES = 1024**3
"""Bytes of kept runs; the last one is kept, however long."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A simulated design."""

    scenario: Scenario
    run: Run
    summary: Summary


class Lab:
    """Simulates designs, each once."""

    def __init__(self) -> None:
        self._tried: OrderedDict[Any, Tried] = OrderedDict()

    def tried(self, scenario: Scenario, replications: int = 0) -> Tried:
        """Return a design with its run; as many replications as it says, or fewer if asked.

        Raises
        ------
        rules.InputError
            If the design cannot be simulated.
        """
        from results.summary import summarise
        from rules import InputError
        from scenarios import compile_plan
        from simulator import simulate

        if not scenario.procedure.serial_days:
            raise InputError.at(
                scenario.key, 0, "no step says how long it takes: nothing to simulate"
            )
        count = min(replications or scenario.replications, MOST_REPLICATIONS)
        key = (scenario.key, scenario.procedure, scenario.offices, scenario.seed, count)
        place = hash(repr(key))
        if place not in self._tried:
            run = simulate(compile_plan(scenario), count, scenario.seed, engine="auto")
            self._tried[place] = Tried(scenario, run, summarise(scenario, run))
        self._tried.move_to_end(place)
        while len(self._tried) > 1 and (
            len(self._tried) > _KEPT
            or sum(_bytes_of(each.run) for each in self._tried.values()) > _KEPT_BYTES
        ):
            self._tried.popitem(last=False)
        return self._tried[place]


def _bytes_of(run: Run) -> int:
    """Return what a run's traces hold in memory."""
    arrays = (getattr(trace, part.name) for trace in run.replications for part in fields(trace))
    return sum(int(getattr(array, "nbytes", 0)) for array in arrays)
