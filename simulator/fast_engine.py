"""The compiled engine: the traces of the SimPy engine, tick for tick, a hundred times sooner.

It runs plans for which :func:`simulator.plan_arrays.uncovered` names nothing. The draws are
those of :mod:`simulator.draws`; :mod:`simulator.fast_kernel` plays out plans with first-come
queues only, :mod:`simulator.fast_run` all others. Both need numba, imported at the first run.
Whether a run is worth that, and what to do where numba is missing, is decided in
:mod:`simulator.engines`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scenarios.plan import IntArray, Plan
from simulator.draws import (
    EVERYBODY,
    arrival_times,
    calendars_of,
    case_facts,
    case_types,
    desk_times,
    holds,
)
from simulator.extensions import with_extensions
from simulator.plan_arrays import House, hours_of, house_of, is_simple, uncovered
from simulator.trace import Outcome, Trace


class NotCovered(ValueError):  # noqa: N818 - said as the caller meets it
    """The plan has a feature that the compiled engine does not know yet."""


def simulate_replication(plan: Plan, seed: int, replication: int) -> Trace:
    """Run all cases of a plan to their end, once.

    Raises
    ------
    BeyondCalendar
        When work does not end within the plan's calendars.
    NotCovered
        When the plan has a feature that this engine does not know.
    ImportError
        When numba is not installed.
    """
    from simulator import simpy_engine

    if missing := uncovered(plan):
        raise NotCovered(f"{plan.key}: the compiled engine does not know {', '.join(missing)}")
    if is_simple(plan):
        trace = _simple(plan, seed, replication)
    else:
        from simulator.fast_run import played_out

        trace = played_out(plan, seed, replication)
    if trace is None:
        # it tells which work does not end, so that both engines say the same
        return simpy_engine.simulate_replication(plan, seed, replication)
    return with_extensions(trace, plan, seed, replication)


def _simple(plan: Plan, seed: int, replication: int) -> Trace | None:
    """Run a plan that the quicker kernel knows; None when work does not end."""
    from simulator.fast_kernel import GIVEN_UP, replicate
    from simulator.fast_tables import pending_of, tables_of
    from simulator.fast_uniforms import uniforms

    house, hours = arrays_of(plan, seed, replication)
    arrival = arrival_times(plan, seed, replication, numbers=uniforms)
    work = desk_times(plan, seed, replication, numbers=uniforms)
    skip = skipped(plan, seed, replication)
    finish = arrival.copy()
    if not house.main:  # cases leave as they come
        ready, start, end = (np.repeat(arrival, house.width) for _ in range(3))
    else:
        order = np.argsort(arrival, kind="stable")
        tables = tables_of(house, work.reshape(-1), skip.reshape(-1), plan.cases)
        pending = pending_of(house, plan.cases)
        if replicate(house, hours, arrival[order], order, -1, tables, pending) == GIVEN_UP:
            return None
        ready, start, end, finish = tables.ready, tables.start, tables.end, tables.finish
    shape = plan.cases, house.width
    return Trace(
        arrival,
        finish,
        ready.reshape(shape),
        start.reshape(shape),
        end.reshape(shape),
        np.full(plan.cases, Outcome.FINISHED, dtype=np.int64),
        case_types(plan, seed, replication, numbers=uniforms),
        served=np.full(shape, bool(house.main)) & (skip == 0 if skip.size else True),
        work=work,
    )


def arrays_of(plan: Plan, seed: int, replication: int) -> tuple[House, IntArray]:
    """Return the plan as arrays and its calendars, without the absence of a replication."""
    if not plan.interruptions:
        return _undisturbed(plan)
    calendars = calendars_of(plan, seed, replication)
    return house_of(plan, calendars), hours_of(calendars)


@lru_cache(maxsize=8)
def _undisturbed(plan: Plan) -> tuple[House, IntArray]:
    """Return the arrays of a plan whose calendars no chance shortens."""
    return house_of(plan, plan.calendars), hours_of(plan.calendars)


def skips(plan: Plan) -> bool:
    """Whether some desk does not concern every case."""
    return any(plan.steps[desk.step].when or desk.when for desk in plan.desks)


def skipped(plan: Plan, seed: int, replication: int, cases: slice = EVERYBODY) -> IntArray:
    """Return 1 where a desk does not concern a case, or nothing if all desks concern all."""
    if not skips(plan):
        return np.zeros(0, dtype=np.int64)
    from simulator.fast_uniforms import uniforms

    conditions = [(*plan.steps[desk.step].when, *desk.when) for desk in plan.desks]
    facts = case_facts(plan, seed, replication, cases, numbers=uniforms)
    return np.column_stack([~holds(when, facts) for when in conditions]).astype(np.int64)
