"""Runs CP-SAT so that it can be watched, limited and interrupted."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SUBSOLVERS = ("no_lp", "lb_tree_search", "default_lp", "quick_restart", "reduced_costs", "max_lp")
"""In this order for few workers; measured best with two (proofs and gaps on PSPLIB)."""

Ending = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how the solver may work.

    Attributes
    ----------
    seconds : float
        Limit by the clock, or of the solver's own time with ``deterministic``.
    seed, workers : int
        Random seed and threads.
    deterministic : bool
        Whether the same input must give the same answer.
    """

    seconds: float
    seed: int = 1
    workers: int = 2
    deterministic: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the solver ended.

    Attributes
    ----------
    ending : str
        ``optimal``, ``feasible``, ``infeasible`` or ``unknown``.
    bound : int or None
        What the objective cannot be below, if anything is known.
    spent : float
        The solver's own seconds, the same on every run.
    interrupted : bool
        Whether somebody pressed Ctrl-C.
    """

    ending: Ending
    bound: int | None
    spent: float
    interrupted: bool


def run(
    model: cp_model.CpModel,
    solver: cp_model.CpSolver,
    effort: Effort,
    watch: Callable[[float, float], None] | None = None,
    subsolvers: tuple[str, ...] = SUBSOLVERS,
) -> Ended:
    """Solve the model; Ctrl-C ends the search and keeps what was found.

    Parameters
    ----------
    watch : callable or None
        Told the best value and the bound whenever one of them changes.
    """
    from ortools.sat.python import cp_model

    parameters = solver.parameters
    parameters.random_seed = effort.seed
    parameters.num_workers = effort.workers
    parameters.catch_sigint_signal = False
    if effort.workers < len(subsolvers):
        parameters.subsolvers.extend(subsolvers[: effort.workers])
    if effort.deterministic:
        parameters.max_deterministic_time = effort.seconds
        parameters.interleave_search = effort.workers > 1
    else:
        parameters.max_time_in_seconds = max(0.01, effort.seconds)
    watcher = None
    if watch is not None:
        told = watch

        class _Watcher(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                told(self.objective_value, self.best_objective_bound)

        watcher = _Watcher()
    status: list[object] = []
    thread = threading.Thread(
        target=lambda: status.append(solver.solve(model, watcher)), daemon=True
    )
    interrupted = False
    thread.start()
    while thread.is_alive():
        try:
            thread.join(0.05 if thread.is_alive() else None)
        except KeyboardInterrupt:
            interrupted = True
            solver.stop_search()
    if not status:
        raise RuntimeError("the solver ended without an answer")
    if status[0] == cp_model.MODEL_INVALID:
        raise RuntimeError(f"the scheduling model is not valid: {model.validate()}")
    endings: dict[object, Ending] = {
        cp_model.OPTIMAL: "optimal",
        cp_model.FEASIBLE: "feasible",
        cp_model.INFEASIBLE: "infeasible",
    }
    reached = solver.best_objective_bound
    known = math.isfinite(reached) and abs(reached) < 2**60
    return Ended(
        endings.get(status[0], "unknown"),
        math.ceil(reached - 1e-6) if known and endings.get(status[0]) != "infeasible" else None,
        float(solver.response_proto.deterministic_time),
        interrupted,
    )
