"""Many replications at once, for plans whose queues are simple: the same numbers, sooner.

A plan feeds forward when every group of people that can run short serves one desk only,
first come first served. Then everything follows, desk by desk, from what came before:
no event list is needed, and arrays hold all replications side by side. The traces are
those of the reference engine, to the tick; a test draws plans and compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rules import Calendar
from scenarios.orders import FirstCome
from scenarios.plan import AMPLE, Desk, IntArray, Plan
from simulator.draws import arrival_times, calendars_of, desk_times
from simulator.trace import Trace


def feeds_forward(plan: Plan) -> bool:
    """Whether :func:`forward` can run the plan."""
    scarce = [
        pool for desk in plan.desks for pool in set(desk.pools)
        if plan.pools[pool].capacity < AMPLE
    ]  # fmt: skip
    return (
        len(plan.types) == 1
        and not (plan.until or plan.in_flight or plan.supervision or plan.learning)
        and len(scarce) == len(set(scarce))
        and all(_is_plain(plan, desk) for desk in plan.desks)
        and all(not step.when and not step.after_issue for step in plan.steps)
        and all(
            isinstance(pool.order, FirstCome)
            and pool.room < 0
            and not pool.shifts
            and pool.errand is None
            for pool in plan.pools
        )
    )


def _is_plain(plan: Plan, desk: Desk) -> bool:
    scarce = [pool for pool in set(desk.pools) if plan.pools[pool].capacity < AMPLE]
    return len(scarce) <= 1 and not (
        desk.routes
        or desk.when
        or desk.finishes
        or desk.patience is not None
        or desk.to_limit is not None
        or desk.keeps
        or desk.gathering is not None
    )


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """Instants of many replications; every array has the shape (replications, cases).

    Attributes
    ----------
    arrival, finish : array
        As in :class:`simulator.trace.Trace`.
    ready, start, end, work : tuple of array
        One for each desk.
    """

    arrival: IntArray
    finish: IntArray
    ready: tuple[IntArray, ...]
    start: tuple[IntArray, ...]
    end: tuple[IntArray, ...]
    work: tuple[IntArray, ...]

    def traces(self) -> Iterator[Trace]:
        """Yield the trace of each replication."""
        for row in range(len(self.arrival)):
            ready, start, end, work = (
                np.column_stack([each[row] for each in desks])
                for desks in (self.ready, self.start, self.end, self.work)
            )
            yield Trace(self.arrival[row], self.finish[row], ready, start, end, work=work)


def forward(plan: Plan, seed: int, replications: Sequence[int]) -> Forward:
    """Run replications of a plan that feeds forward."""
    arrival = np.stack([arrival_times(plan, seed, number) for number in replications])
    times = np.stack([desk_times(plan, seed, number) for number in replications])
    calendars = [calendars_of(plan, seed, number) for number in replications]
    if not plan.interruptions:
        calendars = calendars[:1]
    ready, start, end = ([arrival] * len(plan.desks) for _ in range(3))
    predecessors = plan.predecessors()
    finish = arrival
    for number, step in enumerate(plan.steps):
        comes = arrival
        for link in predecessors[number]:
            before = end[plan.steps[link.before].desks[-1]]
            if link.lag.ticks:
                lag = np.full_like(before, link.lag.ticks)
                before = _by_row(
                    [each[link.lag.calendar] for each in calendars], Calendar.add_many, before, lag
                )
            comes = np.maximum(comes, before)
        for index in step.desks:
            ready[index] = comes
            start[index], end[index] = _serve(
                plan, index, comes, times[:, :, index], [each[plan.desks[index].calendar]
                                                         for each in calendars]
            )  # fmt: skip
            comes = end[index]
        finish = np.maximum(finish, comes)
    work = tuple(times[:, :, index] for index in range(len(plan.desks)))
    return Forward(arrival, finish, tuple(ready), tuple(start), tuple(end), work)


def _by_row(
    calendars: Sequence[Calendar],
    act: Callable[[Calendar, IntArray, IntArray], IntArray],
    one: IntArray,
    other: IntArray,
) -> IntArray:
    """Apply a calendar's method, the same for all rows or each row with its own."""
    if len(calendars) == 1:
        return act(calendars[0], one, other)
    rows = zip(calendars, one, other, strict=True)
    return np.stack([act(calendar, first, second) for calendar, first, second in rows])


def _serve(
    plan: Plan, index: int, ready: IntArray, work: IntArray, calendars: Sequence[Calendar]
) -> tuple[IntArray, IntArray]:
    """Return start and end at one desk of everybody who comes there."""
    desk = plan.desks[index]
    scarce = [pool for pool in set(desk.pools) if plan.pools[pool].capacity < AMPLE]
    always = len(calendars) == 1 and calendars[0].total == calendars[0].horizon
    if not scarce and (always or not desk.pools):
        end = ready + work if always else _by_row(calendars, Calendar.add_many, ready, work)
        return ready, end
    # in open time: ticks that the desk was open before; the queue moves only then
    zero = np.zeros_like(ready)
    comes = ready if always else _by_row(calendars, Calendar.worked_many, zero, ready)
    begins = _queue(comes, work, ready, plan.pools[scarce[0]].capacity) if scarce else comes
    if always:
        return np.where(work > 0, begins, ready), np.where(work > 0, begins + work, ready)
    start = _by_row(calendars, Calendar.add_many, zero, begins + 1) - 1
    end = _by_row(calendars, Calendar.add_many, zero, begins + work)
    return np.where(work > 0, start, ready), np.where(work > 0, end, ready)


def _queue(comes: IntArray, work: IntArray, ready: IntArray, people: int) -> IntArray:
    """Return when each is taken up, first come first served, row by row."""
    in_order = bool((np.diff(ready, axis=1) >= 0).all())
    if not in_order:
        order = np.argsort(ready, axis=1, kind="stable")
        comes, work = (np.take_along_axis(each, order, axis=1) for each in (comes, work))
    begins = _one_server(comes, work) if people == 1 else _several(comes, work, people)
    if in_order:
        return begins
    placed = np.empty_like(begins)
    np.put_along_axis(placed, order, begins, axis=1)
    return placed


def _one_server(comes: IntArray, work: IntArray) -> IntArray:
    """Lindley's recursion, solved: the end is the work so far plus the longest idle time."""
    done = np.cumsum(work, axis=1)
    return np.asarray(
        np.maximum.accumulate(comes - (done - work), axis=1) + done - work, dtype=np.int64
    )


def _several(comes: IntArray, work: IntArray, people: int) -> IntArray:
    """Kiefer and Wolfowitz's recursion, one case of all rows at a time.

    Cases without work pass and hold nobody; they keep their instant.
    """
    comes_by_case, work_by_case = np.ascontiguousarray(comes.T), np.ascontiguousarray(work.T)
    begins = np.empty_like(comes_by_case)
    free = np.zeros((len(comes), people), dtype=np.int64)
    last = np.zeros(len(comes), dtype=np.int64)
    for case in range(len(comes_by_case)):
        starts = np.maximum(np.maximum(comes_by_case[case], free[:, 0]), last)
        works = work_by_case[case] > 0
        begins[case] = np.where(works, starts, comes_by_case[case])
        last = np.where(works, starts, last)
        free[:, 0] = np.where(works, starts + work_by_case[case], free[:, 0])
        free.sort(axis=1)
    return np.ascontiguousarray(begins.T)
