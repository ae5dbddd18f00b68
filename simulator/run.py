"""Simulate a plan and keep what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.plan import Plan
from simulator.decisions import Decision, decisions
from simulator.logs import Row, rows_of, write_log
from simulator.precision import MOST, Enough, elapsed_of
from simulator.trace import Trace

__all__ = ["Row", "Run", "simulate", "write_log"]


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
    notice : str
        Why the compiled engine did not run where it should have; empty otherwise.
    """

    plan: Plan
    seed: int
    engine: str
    replications: tuple[Trace, ...]
    notice: str = ""

    def rows(self) -> Iterator[Row]:
        """Yield the event log by replication, case, desk and visit."""
        for number, trace in enumerate(self.replications):
            yield from rows_of(self.plan, number, trace)

    def decisions(self) -> Iterator[Decision]:
        """Yield what each office decided on each item, by replication, step, member and case."""
        for number, trace in enumerate(self.replications):
            yield from decisions(self.plan, trace, self.seed, number)


def simulate(
    plan: Plan,
    replications: int = 30,
    seed: int = 1,
    *,
    precision: float | None = None,
    most: int = MOST,
    engine: str = "auto",
    workers: int | None = 1,
) -> Run:
    """Run a plan many times with independent luck.

    Parameters
    ----------
    plan : Plan
        What to run.
    replications : int
        How often; answers carry no interval below five. With a precision: at least.
    seed : int
        The same seed gives the same run, number by number.
    precision : float, optional
        Go on until the 95 % interval of the mean elapsed working time is no wider than
        this part of it to either side, for instance 0.05, and stays so for five
        replications more (K. Hoad, S. Robinson and R. Davies, "Automated selection of
        the number of replications", JORS 61, 2010).
    most : int
        Replications after which a precision is given up.
    engine : str
        ``auto``, ``simpy`` or ``fast``; see :func:`simulator.engines.engine_for`.
    workers : int, optional
        How many processes; None: one for each core where there is enough to do. The run is
        the same. A precision decides as it goes, in this process.

    Examples
    --------
    ``len(simulate(plan, 10, precision=0.02).replications)`` says how many it took.
    """
    from simulator.engines import engine_for

    chosen = engine_for(plan, replications, engine)
    notice = chosen.why if chosen.fell_back else ""
    if precision is None and workers != 1:
        from simulator.side_by_side import crew_where_it_pays, traces_by

        crew = crew_where_it_pays(plan, replications, chosen.name, workers)
        whole = crew and traces_by(crew, plan, replications, seed, chosen.name)
        if whole:
            return Run(plan, seed, chosen.name, tuple(whole), notice)
    simulate_replication = chosen.replication
    traces: list[Trace] = []
    enough = Enough(replications, precision, most)
    while not enough.reached():
        trace = simulate_replication(plan, seed, len(traces))
        traces.append(trace)
        ticks, _ = elapsed_of(plan, trace, 0) if precision is not None else (None, 0)
        enough.add(0 if ticks is None else int(ticks.sum()), 0 if ticks is None else len(ticks))
    return Run(plan, seed, chosen.name, tuple(traces), notice)
