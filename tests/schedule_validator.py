"""Checks a schedule against its plan by looking at opening hours and clocks alone.

Shares no code with the optimizer: it reads the plan and each calendar's opening
intervals, adds up overlaps and sweeps over instants. It says in words what is broken.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from scenarios.plan import JointWork, Plan, Work

if TYPE_CHECKING:
    from optimizer import Schedule
    from rules import Calendar


def open_ticks(calendar: Calendar, a: int, b: int) -> int:
    """Return the open ticks from ``a`` to ``b``, summed interval by interval."""
    hours = np.array(calendar.intervals, dtype=np.int64).reshape(-1, 2)
    overlap = np.minimum(hours[:, 1], b) - np.maximum(hours[:, 0], a)
    return int(np.maximum(overlap, 0).sum())


def is_open(calendar: Calendar, second: int) -> bool:
    """Whether the calendar is open in the second that begins here."""
    return open_ticks(calendar, second, second + 1) == 1


def paper(work: Work) -> int:
    """Return the ticks on paper of a step's work."""
    if isinstance(work, JointWork):
        known = {key: paper(member) for key, member in work.members}
        return int(work.rule.value(known, lambda n: n * work.day_ticks))
    return work.ticks


def desk_work(plan: Plan) -> dict[int, int]:
    """Return the ticks of work at each desk: fixed part, thousandths, the rest to the last."""
    work: dict[int, int] = {}
    for step in plan.steps:
        whole = rest = paper(step.work)
        for position, index in enumerate(step.desks):
            desk = plan.desks[index]
            is_last = position == len(step.desks) - 1
            work[index] = rest if is_last else min(rest, desk.fixed + whole * desk.share // 1000)
            rest -= work[index]
    return work


def violations(plan: Plan, schedule: Schedule) -> list[str]:
    """Return one line for each rule of the plan that the schedule breaks."""
    found: list[str] = []
    work = desk_work(plan)
    last_end = 0
    for project in range(schedule.projects):
        begin, end = schedule.desk_starts[project], schedule.desk_ends[project]
        release = schedule.releases[project]
        for index, desk in enumerate(plan.desks):
            calendar = plan.calendars[desk.calendar]
            what = f"project {project} desk {index}"
            if begin[index] < release or end[index] < begin[index]:
                found.append(f"{what}: {begin[index]}-{end[index]} is not after {release}")
            done = open_ticks(calendar, begin[index], end[index])
            if done != work[index]:
                found.append(f"{what}: {done} ticks of work instead of {work[index]}")
            if work[index] and not (
                is_open(calendar, begin[index]) and is_open(calendar, end[index] - 1)
            ):
                found.append(f"{what}: starts or ends when nobody is there")
            if not work[index] and begin[index] != end[index]:
                found.append(f"{what}: takes time without work")
        for number, step in enumerate(plan.steps):
            for first, second in zip(step.desks, step.desks[1:], strict=False):
                if begin[second] < end[first]:
                    found.append(f"project {project} {step.key}: desk {second} starts too early")
            if schedule.starts[project][number] != begin[step.desks[0]]:
                found.append(f"project {project} {step.key}: start is not its first desk's")
            if schedule.ends[project][number] != end[step.desks[-1]]:
                found.append(f"project {project} {step.key}: end is not its last desk's")
            days = Fraction(
                open_ticks(plan.calendars[0], 0, schedule.starts[project][number]), plan.day_ticks
            )
            if schedule.start_days[project][number] != days:
                found.append(f"project {project} {step.key}: its start is on working day {days}")
        for link in plan.links:
            free, start = schedule.ends[project][link.before], schedule.starts[project][link.after]
            passed = open_ticks(plan.calendars[link.lag.calendar], free, start)
            if start < free or passed < link.lag.ticks:
                found.append(f"project {project}: {link} is not respected ({free} to {start})")
        last_end = max(last_end, *end)
    found.extend(_crowded(plan, schedule))
    makespan = open_ticks(plan.calendars[0], 0, last_end)
    if (schedule.makespan_ticks, schedule.makespan) != (
        makespan,
        Fraction(makespan, plan.day_ticks),
    ):
        found.append(f"the makespan is {makespan} ticks, not {schedule.makespan_ticks}")
    if schedule.bound_ticks > makespan or schedule.bound * plan.day_ticks != schedule.bound_ticks:
        found.append(f"the bound {schedule.bound_ticks} is above the makespan {makespan}")
    if (schedule.status == "optimal") != (schedule.bound_ticks == makespan):
        found.append(f"status {schedule.status} with bound {schedule.bound_ticks} of {makespan}")
    return found


def _crowded(plan: Plan, schedule: Schedule) -> list[str]:
    """Return the instants at which a pool has more work in hand than people."""
    found: list[str] = []
    for number, pool in enumerate(plan.pools):
        changes: list[tuple[int, int]] = []
        for project in range(schedule.projects):
            for index, desk in enumerate(plan.desks):
                begin, end = (
                    schedule.desk_starts[project][index],
                    schedule.desk_ends[project][index],
                )
                if number in desk.pools and begin < end:
                    changes += [(begin, 1), (end, -1)]
        busy = 0
        for instant, change in sorted(changes):  # an end at an instant comes before a start
            busy += change
            if busy > pool.capacity:
                found.append(f"{pool.key}: {busy} at work at {instant}, of {pool.capacity}")
    return found
