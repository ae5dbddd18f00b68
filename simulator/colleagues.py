"""People one by one: they keep different hours, can do different work, are absent on other days.

Whoever is present and free takes the first file of the queue that he may take; among
several the one who would be done with it first, and of those the first in the list. The
file stays with that person, over closing time and days off.

A joint desk takes one person of each of its offices, all at one instant, while its own
calendar is open; the work goes on whenever all of them are there. While a joint case waits
for another office, one of those who could take part in it is kept free for it: who comes
later cannot put it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules import Calendar
    from simulator.lookup import Entry
    from simulator.simpy_engine import House

ANYBODY = -1
"""Stands for the person of a pool whose people are all alike."""

Team = tuple[tuple[int, int], ...]
"""Who works on a case: pool and person."""


class Colleagues:
    """The people of one pool with shifts."""

    def __init__(self, house: House, pool: int) -> None:
        self.house = house
        self.pool = pool
        shifts = house.plan.pools[pool].shifts
        people = [shift for shift in shifts for _ in range(shift.people)]
        self.calendars = [house.calendars[shift.calendar] for shift in people]
        self.skills = [frozenset(shift.desks) for shift in people]
        self.busy = [False] * len(people)
        self.took: dict[int, int] = {}  # who worked on a job last
        self.joint = {
            desk for desk, pools in enumerate(house.look.pools) if pool in pools and len(pools) > 1
        }

    def serve(self, now: int) -> None:
        """Let everybody who is present and free take a file."""
        house = self.house
        queue = house.queue[self.pool]
        spoken_for: set[int] = set()
        place = 0
        while place < len(queue):
            here = [person for person in self.present(now) if person not in spoken_for]
            if not here:
                break
            entry = queue[place]
            can = self.able(here, entry[2])
            if not can:
                place += 1
            elif not begin_together(house, entry, now):
                spoken_for.add(self._quickest(can, entry[2], now))
                place += 1
        if queue:
            self._wait_for_opening(now)

    def present(self, now: int) -> list[int]:
        """Return who is there and free."""
        return [
            person
            for person, calendar in enumerate(self.calendars)
            if not self.busy[person] and calendar.is_open(now)
        ]

    def able(self, people: Sequence[int], job: int) -> list[int]:
        """Return who of some people may take a file."""
        house = self.house
        desk = house.base[job // house.width] + job % house.width
        other = house.plan.desks[desk].other_than
        barred = ANYBODY if other < 0 else self.took.get(job + other - desk, ANYBODY)
        return [
            person
            for person in people
            if person != barred and (not self.skills[person] or desk in self.skills[person])
        ]

    def offer(self, entry: Entry, now: int) -> int | None:
        """Return who would take a file once those before it are served, or None."""
        house = self.house
        here = self.present(now)
        for before in house.queue[self.pool]:
            job = before[2]
            can = self.able(here, job)
            if before == entry:
                return self._quickest(can, job, now) if can else None
            if can:
                here.remove(self._quickest(can, job, now))
        return None

    def _quickest(self, people: Sequence[int], job: int, now: int) -> int:
        house = self.house
        desk = house.base[job // house.width] + job % house.width
        work = house.learnt(job, desk, now)
        if house.look.finishes[desk]:
            return people[0]
        return min(people, key=lambda person: (self.calendars[person].add(now, work), person))

    def _wait_for_opening(self, now: int) -> None:
        """Serve again when the next of those who are free and away comes, or a joint desk opens."""
        house = self.house
        free = [each for at, each in enumerate(self.calendars) if not self.busy[at]]
        comes = [calendar.opening(now) for calendar in free if not calendar.is_open(now)]
        width, base = house.width, house.base
        wanted = {base[job // width] + job % width for _, _, job in house.queue[self.pool]}
        if wanted := wanted & self.joint:
            # who is there now may have to come back: those of other offices may be away
            for calendar in (*free, *(house.look.calendar[desk] for desk in wanted)):
                at = calendar.closing(now) if calendar.is_open(now) else now
                comes += [calendar.opening(at)] if calendar.worked(at, calendar.horizon) else []
        if comes and house.alarm[self.pool] != min(comes):
            house.alarm[self.pool] = min(comes)
            house.at(min(comes), house.touched.append, self.pool)


def begin_together(house: House, entry: Entry, now: int) -> bool:
    """Let work begin that people one by one take part in, if all whom it needs are there."""
    job = entry[2]
    desk = house.base[job // house.width] + job % house.width
    pools = house.look.pools[desk]
    if len(pools) > 1 and not house.look.calendar[desk].is_open(now):
        return False
    team: list[tuple[int, int]] = []
    for pool in pools:
        one_by_one = house.colleagues[pool]
        if one_by_one is not None:
            person = one_by_one.offer(entry, now)
            if person is None:
                return False
            team.append((pool, person))
        elif house.free[pool] and house.queue[pool][0] == entry:
            team.append((pool, ANYBODY))
        else:
            return False
    for pool, person in team:
        house.take(pool, person)
        house.unqueue(pool, entry)
        if person != ANYBODY:
            one_by_one = house.colleagues[pool]
            if one_by_one is not None:
                one_by_one.took[job] = person
    if len(pools) > 1:
        house.touched += pools  # who stood behind may be next there
    house.begin_with(tuple(team), job, desk, now)
    return True


def end_of_work(house: House, team: Team, desk: int, now: int, work: int) -> int:
    """Return when people are done who all must be there while they work."""
    calendars = [
        together.calendars[person]
        for pool, person in team
        if (together := house.colleagues[pool]) is not None
    ]
    if house.look.finishes[desk] or not calendars:
        return now + work if house.look.finishes[desk] else house.look.calendar[desk].add(now, work)
    if len(team) > 1:
        calendars.append(house.look.calendar[desk])
    return add_together(calendars, now, work)


def add_together(calendars: Sequence[Calendar], now: int, work: int) -> int:
    """Return when so much work is done that goes on while all calendars are open.

    Examples
    --------
    >>> from datetime import date
    >>> from rules import Calendar
    >>> hour = 3600
    >>> one = Calendar.of_days(date(2025, 1, 6), [((9 * hour, 12 * hour),)] * 3)
    >>> other = Calendar.of_days(date(2025, 1, 6), [((11 * hour, 17 * hour),)] * 3)
    >>> add_together([one, other], 9 * hour, 2 * hour) / hour
    36.0
    """
    if len(calendars) == 1:
        return calendars[0].add(now, work)
    at, left = now, work
    while left > 0:
        opens = max(calendar.opening(at) for calendar in calendars)
        if opens == at:
            stay = min(left, min(calendar.closing(at) for calendar in calendars) - at)
            opens, left = at + stay, left - stay
        at = opens
    return at
