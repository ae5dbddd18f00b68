"""A run in parts of its cases, for whoever keeps no rows: memory follows the cases in process.

Plans of the quicker kernel (:mod:`simulator.fast_kernel`) whose cases come in the order of
their numbers are played out in a ring: cases come, so many at a time, and are handed on as
a trace of their own when all before them are done with every step, which frees their seats
for the next. Instants are those of a run in one piece, to the tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from rules.calendars import BeyondCalendar
from scenarios.arrivals import Poisson, Renewal
from scenarios.plan import IntArray, Plan
from simulator.draws import arrival_times, arrivals_in_parts, desk_times
from simulator.extensions import with_extensions
from simulator.plan_arrays import House, is_simple
from simulator.trace import Outcome, Trace

JOBS_AT_ONCE = 2**14
"""Desk visits of the cases that come at a time, and fewest that make parts worth their while."""
_LEAST = np.array([2.0**-53])


def in_parts(plan: Plan, seed: int, replication: int) -> Iterator[Trace]:
    """Yield a replication as traces of some cases each, in the order of their numbers.

    Together they say what :func:`simulator.fast_engine.simulate_replication` says at once,
    which is what plans give that are small or that this module does not know.

    Raises
    ------
    BeyondCalendar, NotCovered, ImportError
        As there.
    """
    from simulator import fast_engine, simpy_engine

    if not _falls_apart(plan, seed, replication):
        yield fast_engine.simulate_replication(plan, seed, replication)
        return
    done = 0
    try:
        for trace in _played(plan, seed, replication):
            done += len(trace.arrival)
            yield trace
    except BeyondCalendar:
        pass
    if done < plan.cases:
        # the SimPy engine tells which work does not end
        yield some_of(simpy_engine.simulate_replication(plan, seed, replication), done)


def some_of(trace: Trace, first: int) -> Trace:
    """Return the cases of a plain trace from a number on."""
    kept = {"earlier", "again", "holds"}  # by visit; simple plans have none
    every = {each.name: getattr(trace, each.name) for each in fields(Trace)}
    return Trace(**{name: is_ if name in kept else is_[first:] for name, is_ in every.items()})


def _falls_apart(plan: Plan, seed: int, replication: int) -> bool:
    if len(plan.desks) * plan.cases < 2 * JOBS_AT_ONCE or not is_simple(plan):
        return False
    if all(step.after_issue for step in plan.steps):
        return False  # cases leave as they come
    if isinstance(plan.arrivals, Poisson):
        return True
    if isinstance(plan.arrivals, Renewal):
        return bool(plan.arrivals.gap.quantile(_LEAST)[0] >= 0)
    comes = arrival_times(plan, seed, replication)
    return bool((comes[1:] >= comes[:-1]).all())


def _played(plan: Plan, seed: int, replication: int) -> Iterator[Trace]:
    """Yield the traces of parts; less than all where the kernel gives up."""
    from simulator.fast_engine import arrays_of
    from simulator.fast_kernel import GIVEN_UP, replicate
    from simulator.fast_uniforms import uniforms

    size = max(1, JOBS_AT_ONCE // len(plan.desks))
    house, hours = arrays_of(plan, seed, replication)
    ring = Ring(plan, house, 1 << (2 * size - 1).bit_length())
    parts = arrivals_in_parts(plan, seed, replication, size, numbers=uniforms)
    comes, number = next(parts), 0
    while number < plan.cases:
        beyond = number + len(comes)
        following = next(parts, None)
        ring.let_come(slice(number, beyond), comes, seed, replication)
        awaited = comes if following is None else np.append(comes, following[0])
        who = np.arange(number, beyond)
        ended = replicate(house, hours, awaited, who, ring.seats - 1, ring.tables, ring.pending)
        if ended == GIVEN_UP:
            return
        trace = ring.leaving(None if following is None else int(awaited[-1]))
        if len(trace.arrival):
            first = ring.first - len(trace.arrival)
            yield with_extensions(trace, plan, seed, replication, slice(first, ring.first))
        if following is not None:
            comes = following
        number = beyond


class Ring:
    """The cases in process, each at the seat that the last bits of its number say.

    Attributes
    ----------
    seats : int
        A power of two.
    first, beyond : int
        Numbers of the first case that has not left, and of the first that has not come.
    arrival : array of shape (seats,)
        When each came.
    """

    def __init__(self, plan: Plan, house: House, seats: int) -> None:
        from simulator.fast_engine import skips
        from simulator.fast_tables import pending_of

        self.plan, self.house = plan, house
        self.first = self.beyond = 0
        self.skips = skips(plan)
        self._take(seats)
        self.pending = pending_of(house, seats)

    def _take(self, seats: int) -> None:
        """Take room for so many cases."""
        from simulator.fast_tables import tables_of

        self.seats = seats
        jobs = seats * self.house.width
        work = np.zeros(jobs, dtype=np.int64)
        skip = np.zeros(jobs if self.skips else 0, dtype=np.int64)
        self.tables = tables_of(self.house, work, skip, seats)
        self.arrival = np.zeros(seats, dtype=np.int64)

    def let_come(self, cases: slice, arrival: IntArray, seed: int, replication: int) -> None:
        """Give the next cases a seat each, with what is drawn for them."""
        from simulator.fast_engine import skipped
        from simulator.fast_uniforms import uniforms

        while cases.stop - self.first > self.seats:
            self._grow()
        at = np.arange(cases.start, cases.stop) & self.seats - 1
        self.beyond = cases.stop
        self.arrival[at] = arrival
        tables, house, wide = self.tables, self.house, self.house.width
        tables.work.reshape(-1, wide)[at] = desk_times(
            self.plan, seed, replication, cases, numbers=uniforms
        )
        if self.skips:
            tables.skip.reshape(-1, wide)[at] = skipped(self.plan, seed, replication, cases)
        tables.end.reshape(-1, wide)[at] = -1
        tables.missing.reshape(self.seats, -1)[at] = house.needs
        if tables.enabled.size:
            tables.enabled.reshape(self.seats, -1)[at] = 0
        tables.open_steps[at] = house.main

    def leaving(self, now: int | None) -> Trace:
        """Return those who are done with everything before an instant, up to the first who is not.

        None: all are.
        """
        tables, wide = self.tables, self.house.width
        at = np.arange(self.first, self.beyond) & self.seats - 1
        if now is not None:
            end = tables.end.reshape(-1, wide)[at]
            busy = (end.min(axis=1) < 0) | (end.max(axis=1) > now)
            at = at[: int(busy.argmax()) if busy.any() else len(at)]
        self.first += len(at)
        ready, start, end, work = (
            table.reshape(-1, wide)[at]
            for table in (tables.ready, tables.start, tables.end, tables.work)
        )
        served = np.ones(ready.shape, dtype=np.bool_)
        if self.skips:
            served = tables.skip.reshape(-1, wide)[at] == 0
        return Trace(
            self.arrival[at],
            tables.finish[at],
            ready,
            start,
            end,
            np.full(len(at), Outcome.FINISHED, dtype=np.int64),
            np.zeros(len(at), dtype=np.int64),
            served=served,
            work=work,
        )

    def _grow(self) -> None:
        """Take twice the room: cases are in process for long."""
        from simulator.fast_tables import pending_of

        before, arrival, pending, old = self.tables, self.arrival, self.pending, self.seats
        self._take(2 * old)
        cases = np.arange(self.first, self.beyond)
        here, there = cases & old - 1, cases & self.seats - 1
        self.arrival[there] = arrival[here]
        for was, now in zip(before, self.tables, strict=True):
            if was.size:
                # behind has a layer for each queue that a job joins
                layers = was.size // (old * self.house.width) if was is before.behind else 1
                one, other = was.reshape(layers, old, -1), now.reshape(layers, self.seats, -1)
                other[:, there] = one[:, here]
        roomy = pending_of(self.house, self.seats)
        for was, now in zip(pending, roomy, strict=True):
            now[: was.size] = was
        self.pending = roomy
