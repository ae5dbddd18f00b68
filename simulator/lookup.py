"""A plan as lists that an engine looks things up in, by desk, step and pool.

A job is one case at one desk. Jobs are numbered ``case * width + place``, where the place
is the desk's among the desks of the case's type and the width that of the widest type.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from rules import Calendar
from scenarios.gatherings import Consultation, Meeting, Quota, Trip, ZoneResult
from scenarios.plan import AMPLE, Part, Plan

Entry = tuple[int, int, int]
"""A place in a queue: rank, ready, job."""
ELSE = -1
"""What is touched when a case leaves or a gathering is due, rather than a pool."""


@dataclass(slots=True)
class TypeLookup:
    """The steps of one case type: ``[first, last)`` among the plan's steps and desks."""

    first_desk: int
    desks: int
    first_step: int
    steps: int
    main: int
    """Steps that must end before the case is finished."""
    roots: tuple[int, ...]
    """Places of the first desks of steps without prerequisites."""
    needs: tuple[int, ...]
    """Number of prerequisites of each step."""


class Lookup:
    """Everything about a plan that does not change in a run.

    Attributes
    ----------
    step : list
        Step of each desk.
    after : list
        Desk after each desk on the plain way, or -1.
    pools : list
        Of each desk the pools that can run short, rising.
    special : list
        Whether reaching a desk takes more than joining its queues.
    """

    def __init__(self, plan: Plan, calendars: tuple[Calendar, ...]) -> None:
        desks, steps = plan.desks, plan.steps
        self.calendar = [calendars[desk.calendar] for desk in desks]
        self.always = [calendar.total == calendar.horizon for calendar in self.calendar]
        self.horizon = min((calendar.horizon for calendar in calendars), default=0)
        self.finishes = [desk.finishes for desk in desks]
        self.staffed = [bool(desk.pools) for desk in desks]
        self.step = [desk.step for desk in desks]
        self.pools = [
            tuple(pool for pool in sorted(set(desk.pools)) if plan.pools[pool].capacity < AMPLE)
            for desk in desks
        ]
        self.after = [-1] * len(desks)
        self.first_desk = [0] * len(steps)
        for number, step in enumerate(steps):
            plain = [index for index in step.desks if not desks[index].aside]
            self.first_desk[number] = plain[0]
            for desk, following in pairwise(plain):
                self.after[desk] = following
            for index in step.desks:
                if desks[index].answers >= 0:
                    continue  # the desk that asked goes on when all have answered
                if desks[index].aside:
                    later = [other for other in plain if other > index]
                    self.after[index] = later[0] if later else -1
        self.unlocks = [
            tuple((link.after, link.lag.ticks, calendars[link.lag.calendar]) for link in links)
            for links in plan.successors()
        ]
        self.main = [not step.after_issue for step in steps]
        looping = {
            desk for step in steps for desk in step.desks
            if any(plan.desks[index].routes for index in step.desks)
        }  # fmt: skip
        self.loops = [index in looping for index in range(len(desks))]
        # where a case may come again, also because silence was taken for consent
        self.returns = [
            loops
            or steps[desk.step].silence is not None
            or any(
                isinstance(desks[other].gathering, Consultation) for other in steps[desk.step].desks
            )
            for loops, desk in zip(self.loops, desks, strict=True)
        ]
        self.special = [
            self.loops[index]
            or desk.gathering is not None
            or desk.patience is not None
            or desk.to_limit is not None
            or desk.keeps
            or bool(desk.when)
            or steps[desk.step].silence is not None
            or steps[desk.step].clearance
            or bool(steps[desk.step].when)
            for index, desk in enumerate(desks)
        ]
        self.routed = [bool(desk.routes) for desk in desks]
        self.meeting = [isinstance(desk.gathering, Meeting) for desk in desks]
        self.trip = [desk.gathering if isinstance(desk.gathering, Trip) else None for desk in desks]
        self.zone = [isinstance(desk.gathering, ZoneResult) for desk in desks]
        self.quota = [isinstance(desk.gathering, Quota) for desk in desks]
        self.asks = [isinstance(desk.gathering, Consultation) for desk in desks]
        self.answers = [desk.answers >= 0 for desk in desks]
        self.finds = [desk.finding is not None for desk in desks]
        self.silent = [step.silence is not None for step in steps]
        self.cleared = [step.clearance for step in steps]
        self.learns = [
            bool(plan.learning) and bool(desk.pools) and desk.part is Part.WORK for desk in desks
        ]
        self.timed = [
            any(desks[i].to_limit or any(r.within for r in desks[i].routes) for i in step.desks)
            for step in steps
        ]
        for number, timed in enumerate(self.timed):
            self.special[self.first_desk[number]] |= timed
        needs = [len(links) for links in plan.predecessors()]
        self.types: list[TypeLookup] = []
        for number in range(len(plan.types)):
            mine = [index for index, step in enumerate(steps) if step.of == number]
            first_step = mine[0] if mine else 0
            of = [index for step in mine for index in steps[step].desks]
            first_desk = min(of, default=0)
            self.types.append(
                TypeLookup(
                    first_desk,
                    len(of),
                    first_step,
                    len(mine),
                    sum(self.main[step] for step in mine),
                    tuple(self.first_desk[s] - first_desk for s in mine if not needs[s]),
                    tuple(needs[first_step : first_step + len(mine)]),
                )
            )
        self.needs = needs
        self.width = max((each.desks for each in self.types), default=0)
        self.most_steps = max((each.steps for each in self.types), default=0)
