"""What awaits the people of a plan, said before it runs: load, and queues without end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rules import Calendar
from scenarios.arrivals import AtOnce
from scenarios.gatherings import Consultation, Meeting, Trip
from scenarios.plan import AMPLE, DONE, IntArray, Plan
from simulator.draws import arrival_times, calendars_of, case_types, desk_times

FEWEST = 10
"""Cases from which the rate at which they come is told from when they come."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a group of people is asked for.

    Attributes
    ----------
    key : str
        The pool, or the meeting.
    utilisation : float
        Work that comes, over what its people can do in the same time. Where few of them
        have a skill: of those who are asked for most.
    growth : float
        Cases by which its queue grows in a working day of the counting calendar; 0 below
        full load.
    """

    key: str
    utilisation: float
    growth: float

    @property
    def unstable(self) -> bool:
        """Whether the queue grows for ever."""
        return self.utilisation >= 1

    def __str__(self) -> str:
        return (
            f"{self.key}: asked for {100 * self.utilisation:.0f} % of what its people can do;"
            f" the queue grows by {self.growth:.2g} cases a working day"
        )


def loads(plan: Plan, seed: int = 1) -> tuple[Load, ...]:
    """Return the load of every group of people, the heaviest first.

    Estimated from the first replication's draws, its absence and outages, and the chances
    of routes. Meetings are there with their slots. Cases that stand at the door at once, or
    fewer than :data:`FEWEST`, have no rate: no load is then given.
    """
    comes = arrival_times(plan, seed, 0)[len(plan.in_flight) :]
    if isinstance(plan.arrivals, AtOnce) or len(comes) < FEWEST or len(np.unique(comes)) < 2:
        return ()
    types = case_types(plan, seed, 0)
    times = desk_times(plan, seed, 0)
    visits = _visits(plan)
    first, last = int(comes.min()), int(comes.max())
    counting = plan.calendars[0]
    # between the first and the last of n cases lie n - 1 gaps
    gaps = 1 - 1 / len(comes)
    days = max(counting.worked(first, last) / max(1, counting.day_ticks), 1e-9)
    calendars = calendars_of(plan, seed, 0) if plan.interruptions else plan.calendars
    found = _meetings(plan, types, visits, (first, last), days)
    for number, pool in enumerate(plan.pools):
        desks = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
        if pool.capacity >= AMPLE or not desks:
            continue
        of = {plan.steps[plan.desks[index].step].of for index in desks}
        cases = int(np.isin(types, list(of)).sum())
        work = {index: _asked(plan, index, times[:, index]) * visits[index] for index in desks}
        share = gaps * max(
            sum(work[index] for index in among) / max(able, 1)
            for among, able in _able(plan, number, desks, calendars, (first, last))
        )
        growth = cases / days * (1 - 1 / share) if share >= 1 else 0.0
        found.append(Load(pool.key, share, growth))
    return tuple(sorted(found, key=lambda load: (-load.utilisation, load.key)))


def _asked(plan: Plan, desk: int, times: IntArray) -> float:
    """Return the ticks for which cases hold people; a full trip serves several."""
    trip = plan.desks[desk].gathering
    if not isinstance(trip, Trip):
        return float(times.sum())
    goes = int((times > 0).sum()) / trip.most
    return goes * trip.travel + float(times.sum()) / (1 if trip.each else trip.most)


def _meetings(
    plan: Plan, types: IntArray, visits: list[float], span: tuple[int, int], days: float
) -> list[Load]:
    """Return how far the slots of meetings and panels are asked for."""
    desks: dict[Meeting, list[int]] = {}
    for index, desk in enumerate(plan.desks):
        if isinstance(desk.gathering, Meeting):
            desks.setdefault(desk.gathering, []).append(index)
    found = []
    for meeting, at in desks.items():
        conditional = any(plan.desks[i].when or plan.steps[plan.desks[i].step].when for i in at)
        held = sum(span[0] < sitting <= span[1] for sitting in meeting.sittings)
        if conditional or not held:  # how many cases come to it, or how often it sits, is not known
            continue
        cases = sum(int((types == plan.steps[plan.desks[i].step].of).sum()) * visits[i] for i in at)
        share = cases / (held * meeting.slots)
        found.append(Load(meeting.key, share, cases / days * (1 - 1 / share) if share >= 1 else 0))
    return found


def _able(
    plan: Plan,
    number: int,
    desks: list[int],
    calendars: tuple[Calendar, ...],
    span: tuple[int, int],
) -> Iterator[tuple[list[int], int]]:
    """Yield desks of a pool with the ticks of those who alone may serve them.

    All desks and all people; and, where people have skills, for every group of people
    that some desk depends on, the desks that depend on nobody else.
    """
    pool = plan.pools[number]
    if not pool.shifts:
        keeps = calendars[plan.desks[desks[0]].calendar]
        yield desks, pool.capacity * keeps.worked(*span)
        return
    hours = [shift.people * calendars[shift.calendar].worked(*span)
             for shift in pool.shifts]  # fmt: skip
    groups = {
        index: frozenset(
            place
            for place, shift in enumerate(pool.shifts)
            if not shift.desks or index in shift.desks
        )
        for index in desks
    }
    for group in {*groups.values(), frozenset(range(len(hours)))}:
        among = [index for index in desks if groups[index] <= group]
        yield among, sum(hours[place] for place in group)


def _visits(plan: Plan) -> list[float]:
    """Return the mean number of visits to each desk of those who come to its step."""
    visits = [1.0] * len(plan.desks)
    for step in plan.steps:
        desks = list(step.desks)
        if not any(plan.desks[index].routes for index in desks):
            continue
        plain = [index for index in desks if not plan.desks[index].aside]
        moves = np.zeros((len(desks), len(desks)))
        for place, index in enumerate(desks):
            rest = 1.0
            for route in plan.desks[index].routes:
                rest -= route.chances[0]
                if route.to > DONE:
                    moves[place, desks.index(route.to)] += route.chances[0]
            later = [other for other in plain if other > index]
            if later and rest > 0:
                moves[place, desks.index(later[0])] += rest
            gathering = plan.desks[index].gathering
            if isinstance(gathering, Consultation):
                for asked in gathering.asks:
                    moves[place, desks.index(asked)] += 1.0
        enters = np.zeros(len(desks))
        enters[desks.index(plain[0])] = 1.0
        # least squares: a loop without end has no solution, and no finite load either
        expected = np.linalg.lstsq(np.eye(len(desks)) - moves.T, enters, rcond=None)[0]
        for place, index in enumerate(desks):
            visits[index] = float(max(expected[place], 0.0))
    return visits
