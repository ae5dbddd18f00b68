"""What a plan must keep so that engines need not ask: checked once, when it is made."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from rules.problems import Place, Problem
from scenarios.gatherings import Meeting, Quota, Trip, ZoneResult
from scenarios.orders import Planned
from scenarios.plan import AMPLE, REFUSED, WITHDRAWN, Desk, Plan, Pool


def problems_of_plan(plan: Plan) -> list[Problem]:
    """Return a line for everything in a plan that no engine could run."""
    lines = [
        *_orders(plan),
        *_people(plan),
        *_skills(plan),
        *_meet(plan),
        *_desks(plan),
        *_calendars(plan),
        *_routes(plan),
        *_in_flight(plan),
        *_size(plan),
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
        lines += [
            f"{step}: {pool.key} cannot interrupt work that others share"
            for pool in scarce
            if len(scarce) > 1 and pool.order.interrupts
        ]
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
        if pool.shifts and isinstance(pool.order, Planned) and pool.order.strict:
            lines.append(f"{pool.key}: people with hours of their own cannot keep a strict order")
        if pool.shifts and pool.errand is not None:
            lines.append(f"{pool.key}: people with hours of their own cannot have other duties")
    for desk in plan.desks:
        if desk.other_than < 0 or not desk.pools:
            continue
        pool = plan.pools[desk.pools[0]]
        if pool.capacity < 2:
            lines.append(
                f"{plan.steps[desk.step].key}: {pool.key} has one person, who would approve what he"
                " reviewed himself; add a reviewer or an approver ([people.approvers])"
            )
    return lines


def _skills(plan: Plan) -> list[str]:
    """Every desk needs somebody who may serve it, and whoever reviews needs another to approve."""
    lines = []
    for index, desk in enumerate(plan.desks):
        for pool in (plan.pools[number] for number in sorted(set(desk.pools))):
            if not any(shift.desks for shift in pool.shifts):
                continue
            step, able = plan.steps[desk.step].key, _able(pool, index)
            if not able:
                lines.append(f"{step}: nobody of {pool.key} may serve the desk {desk.name}")
            elif desk.other_than >= 0 and len(able) == 1 and able <= _able(pool, desk.other_than):
                lines.append(
                    f"{step}: only one person of {pool.key} may serve the desk {desk.name}, and may"
                    " have reviewed the file himself; let another person do one of the two"
                )
    return lines


def _able(pool: Pool, desk: int) -> set[int]:
    """Return who of a pool's people, in the order of its list, may serve a desk."""
    people = [shift for shift in pool.shifts for _ in range(shift.people)]
    return {who for who, shift in enumerate(people) if not shift.desks or desk in shift.desks}


def _meet(plan: Plan) -> list[str]:
    """People of a joint desk must be there together at some time."""
    lines = []
    for index, desk in enumerate(plan.desks):
        pools = [plan.pools[number] for number in sorted(set(desk.pools))]
        if len(pools) < 2 or not any(pool.shifts for pool in pools):
            continue
        together = _common(plan.calendars[desk.calendar].intervals, None)
        for pool in pools:
            there = [
                plan.calendars[shift.calendar].intervals
                for shift in pool.shifts
                if not shift.desks or index in shift.desks
            ]
            if there:
                together = _common(together, heapq.merge(*there))
        if not together and plan.calendars[desk.calendar].total:
            names = ", ".join(pool.key for pool in pools)
            lines.append(
                f"{plan.steps[desk.step].key}: the people of {names} are never there together"
            )
    return lines


def _common(
    one: Iterable[tuple[int, int]], other: Iterable[tuple[int, int]] | None
) -> list[tuple[int, int]]:
    """Return when both are open; the intervals of the second may overlap each other."""
    mine = list(one)
    if other is None:
        return mine
    merged: list[tuple[int, int]] = []
    for start, end in other:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    found, place = [], 0
    for start, end in mine:
        while place < len(merged) and merged[place][1] <= start:
            place += 1
        for first, last in merged[place:]:
            if first >= end:
                break
            found.append((max(start, first), min(end, last)))
    return found


def _desks(plan: Plan) -> list[str]:
    lines = []
    trips: dict[str, Desk] = {}
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
            same = trips.setdefault(gathering.key, desk) if gathering.key else desk
            if (same.gathering, same.pools, same.calendar) != (
                gathering,
                desk.pools,
                desk.calendar,
            ):
                lines.append(f"{step}: trips of {gathering.key} go out with other crews elsewhere")
        elif isinstance(gathering, ZoneResult) and desk.own is None:
            lines.append(f"{step}: a zone result needs a time of its own")
        elif isinstance(gathering, Quota) and gathering.licences < 0:
            lines.append(f"{step}: {gathering.licences} licences; 0 or more was expected")
        interrupting = any(plan.pools[pool].order.interrupts for pool in desk.pools)
        if interrupting and (isinstance(gathering, Trip) or desk.keeps):
            lines.append(f"{step}: nobody can be called back from {desk.name} to an urgent case")
        orders = [plan.pools[pool].order for pool in desk.pools]
        strict = any(isinstance(order, Planned) and order.strict for order in orders)
        if strict and (gathering is not None or desk.keeps):
            lines.append(f"{step}: {desk.name} cannot be done in a strict order")
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


_MOST_PLACES = 50_000_000
"""Cases times desks of a plan of several case types; each place takes some 60 bytes."""


def _size(plan: Plan) -> list[str]:
    """Every procedure that facts lead to has desks of its own, so plans may grow unawares."""
    places = plan.cases * len(plan.desks)
    if not plan.sortings or places <= _MOST_PLACES:
        return []
    return [
        f"{plan.cases} cases of {len(plan.types)} procedures with {len(plan.desks)} desks are more"
        " than fit in memory: fewer cases, or facts that lead to fewer procedures"
    ]
