"""People one by one: a pool whose people keep different hours or must not review themselves.

Whoever is present and free takes the first file of the queue that he may take; among
several the one who would be done with it first, and of those the first in the list. The
file stays with that person, over closing time and days off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.simpy_engine import House


class Colleagues:
    """The people of one pool with shifts."""

    def __init__(self, house: House, pool: int) -> None:
        self.house = house
        self.pool = pool
        shifts = house.plan.pools[pool].shifts
        self.calendars = [
            house.calendars[shift.calendar] for shift in shifts for _ in range(shift.people)
        ]
        self.busy = [False] * len(self.calendars)
        self.took: dict[int, int] = {}  # who worked on a job last

    def serve(self, now: int) -> None:
        """Let everybody who is present and free take a file."""
        house = self.house
        queue = house.queue[self.pool]
        place = 0
        while place < len(queue) and (here := self._present(now)):
            job = queue[place][2]
            desk = house.base[job // house.width] + job % house.width
            allowed = [person for person in here if person != self._barred(job, desk)]
            if not allowed:
                place += 1
                continue
            work, finishes = house.work[job], house.plan.desks[desk].finishes
            end, person = min(
                (now + work if finishes else self.calendars[each].add(now, work), each)
                for each in allowed
            )
            del queue[place]
            self.busy[person] = True
            self.took[job] = person
            house.free[self.pool] -= 1
            house.start[job], house.end[job] = now, end
            house.at(end, self._done, (job, person))
        if queue:
            self._wait_for_opening(now)

    def _present(self, now: int) -> list[int]:
        return [
            person
            for person, calendar in enumerate(self.calendars)
            if not self.busy[person] and calendar.is_open(now)
        ]

    def _barred(self, job: int, desk: int) -> int:
        """Return who may not take the file, because he had it at another desk; or -1."""
        other = self.house.plan.desks[desk].other_than
        return -1 if other < 0 else self.took.get(job + other - desk, -1)

    def _done(self, at: tuple[int, int]) -> None:
        job, person = at
        self.busy[person] = False
        house = self.house
        house.free[self.pool] += 1
        if house.queue[self.pool]:
            house.touched.append(self.pool)
        house.reach(house.pass_on(job))

    def _wait_for_opening(self, now: int) -> None:
        """Serve again when the next of those who are free and away comes."""
        house = self.house
        away = [
            calendar.opening(now)
            for person, calendar in enumerate(self.calendars)
            if not self.busy[person] and not calendar.is_open(now)
        ]
        comes = min(away, default=0)
        if away and house.alarm[self.pool] != comes:
            house.alarm[self.pool] = comes
            house.at(comes, house.touched.append, self.pool)
