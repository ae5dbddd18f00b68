"""What a plan must keep so that engines need not ask: checked once, when it is made."""

from __future__ import annotations

from rules.problems import Place, Problem
from scenarios.gatherings import Meeting, Quota, Trip, ZoneResult
from scenarios.plan import AMPLE, REFUSED, WITHDRAWN, Plan


def problems_of_plan(plan: Plan) -> list[Problem]:
    """Return a line for everything in a plan that no engine could run."""
    lines = [
        *_orders(plan),
        *_people(plan),
        *_desks(plan),
        *_calendars(plan),
        *_routes(plan),
        *_in_flight(plan),
    ]
    return [Problem(Place(plan.key), line) for line in lines]


def _orders(plan: Plan) -> list[str]:
    """Joint desks need one queue order, or two cases could wait for each other for ever."""
    lines = []
    for desk in plan.desks:
        scarce = [
            plan.pools[pool]
            for pool in sorted(set(desk.pools))
            if plan.pools[pool].capacity < AMPLE
        ]
        step = plan.steps[desk.step].key
        words = {pool.order.word for pool in scarce}
        if len(words) > 1:
            names = ", ".join(f"{pool.key}: {pool.order.word}" for pool in scarce)
            lines.append(f"{step}: its people work together but keep different orders ({names})")
        for pool in scarce if len(scarce) > 1 else ():
            if pool.order.interrupts:
                lines.append(f"{step}: {pool.key} cannot interrupt work that others share")
            if pool.shifts:
                lines.append(
                    f"{step}: {pool.key} has people with hours or absence of their own, who cannot"
                    " be called to a joint desk; give the joint step an office without"
                )
    return lines


def _people(plan: Plan) -> list[str]:
    lines = []
    for pool in plan.pools:
        if pool.capacity < 1:
            lines.append(f"{pool.key}: nobody works there")
        if pool.shifts and sum(shift.people for shift in pool.shifts) != pool.capacity:
            lines.append(f"{pool.key}: the shifts do not add up to {pool.capacity} people")
        if pool.shifts and pool.order.interrupts:
            lines.append(f"{pool.key}: people with hours of their own cannot be interrupted")
    for desk in plan.desks:
        if desk.other_than < 0 or not desk.pools:
            continue
        pool = plan.pools[desk.pools[0]]
        if pool.capacity < 2:
            lines.append(
                f"{plan.steps[desk.step].key}: {pool.key} has one person, who would approve what he"
                " reviewed himself; add a reviewer or an approver"
            )
    return lines


def _desks(plan: Plan) -> list[str]:
    lines = []
    for desk in plan.desks:
        step = plan.steps[desk.step].key
        gathering = desk.gathering
        if isinstance(gathering, Meeting):
            if gathering.slots < 1:
                lines.append(f"{step}: the meeting {gathering.key} has no slots")
            if not gathering.sittings:
                lines.append(f"{step}: the meeting {gathering.key} never sits")
            if gathering.quorum > len(set(desk.pools)):
                lines.append(
                    f"{step}: the meeting {gathering.key} needs {gathering.quorum} members and has"
                    f" {len(set(desk.pools))}"
                )
        elif isinstance(gathering, Trip):
            if not 1 <= gathering.least <= gathering.most:
                lines.append(
                    f"{step}: a trip takes from {gathering.least} to {gathering.most} cases;"
                    " 1 <= least <= most was expected"
                )
        elif isinstance(gathering, ZoneResult) and desk.own is None:
            lines.append(f"{step}: a zone result needs a time of its own")
        elif isinstance(gathering, Quota) and gathering.licences < 0:
            lines.append(f"{step}: {gathering.licences} licences; 0 or more was expected")
        if desk.to_limit is not None and desk.pools:
            lines.append(f"{step}: {desk.name} holds people until shortly before the limit")
    return lines


def _calendars(plan: Plan) -> list[str]:
    used = {desk.calendar for desk in plan.desks}
    used |= {shift.calendar for pool in plan.pools for shift in pool.shifts}
    steps: dict[int, str] = {}
    for desk in plan.desks:
        steps.setdefault(desk.calendar, plan.steps[desk.step].key)
    return [
        f"{steps.get(number, 'a person')}: its calendar never opens"
        for number in sorted(used)
        if not plan.calendars[number].total
    ]


def _routes(plan: Plan) -> list[str]:
    lines = []
    for index, desk in enumerate(plan.desks):
        step = plan.steps[desk.step]
        inside = {*step.desks, -1, REFUSED, WITHDRAWN}
        for route in desk.routes:
            if route.to not in inside:
                lines.append(f"{step.key}: {desk.name} leads to desk {route.to} of another step")
            if not all(0 <= chance <= 1 for chance in route.chances) or not route.chances:
                lines.append(
                    f"{step.key}: {desk.name}: chances {route.chances} are not within 0..1"
                )
        total = sum(route.chance(0) for route in desk.routes)
        if total > 1 + 1e-9:
            lines.append(f"{step.key}: {desk.name}: its routes' chances add up to {total:g}")
        certain = [route.to for route in desk.routes if min(route.chances) >= 1]
        if index in certain:
            lines.append(f"{step.key}: {desk.name} leads to itself for ever")
    return lines


def _in_flight(plan: Plan) -> list[str]:
    predecessors = plan.predecessors()
    lines = {
        f"{plan.steps[step].key}: cannot be behind a case in the house that still has"
        f" {plan.steps[link.before].key} before it"
        for case in set(plan.in_flight)
        for step in case.done
        for link in predecessors[step]
        if link.before not in case.done
    }
    return sorted(lines)
