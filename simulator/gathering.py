"""Desks where cases gather: meetings, trips, zone results and quotas on the SimPy engine."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

import numpy as np

from rules.calendars import BeyondCalendar
from scenarios.gatherings import Meeting, Quota, Trip, ZoneResult
from simulator.colleagues import ANYBODY, Team, end_of_work
from simulator.draws import DURATION, ZONE, Draws, ticks_of
from simulator.lookup import ELSE, Entry
from simulator.trace import Hold, Outcome

if TYPE_CHECKING:
    from simulator.simpy_engine import House


class Gatherings:
    """Who waits at each gathering, and which gatherings have something to do this round."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.due: set[tuple[str, int]] = set()  # ("meeting", desk) and ("quota", desk)
        self.waiting: dict[int, list[Entry]] = {}
        # the first desk of each meeting and of trips for several desks, by their key
        self.first_of: dict[tuple[type, str], int] = {}
        self.zone_of: dict[str, int] = {}  # likewise of each zone's result
        self.of: dict[int, int] = {}  # for each desk the one under which its cases wait
        self.alarm: dict[int, int] = {}
        self.entry: dict[int, Entry] = {}  # a trip's place in its crews' queues
        self.late: set[Entry] = set()  # who waits for others on a trip no longer
        self.under_way: dict[int, list[int]] = {}  # who waits for a zone's result
        self.valid_until: dict[int, int] = {}
        self.results: dict[int, int] = {}
        self.lengths: dict[int, Draws] = {}
        self.left: dict[int, int] = {}
        for index, desk in enumerate(house.plan.desks):
            if desk.gathering is None:
                continue
            self.of[index] = index
            if isinstance(desk.gathering, Meeting | Trip) and desk.gathering.key:
                name = type(desk.gathering), desk.gathering.key
                self.of[index] = self.first_of.setdefault(name, index)
            elif isinstance(desk.gathering, Quota):
                self.left[index] = desk.gathering.licences
            elif isinstance(desk.gathering, ZoneResult):
                if desk.gathering.key:
                    self.of[index] = self.zone_of.setdefault(desk.gathering.key, index)
                self._draw_lengths(index)
            self.waiting[index] = []

    def _draw_lengths(self, index: int) -> None:
        desk = self.house.plan.desks[index]
        own = desk.own
        if own is None:
            raise ValueError(f"{desk.name}: a zone result needs a time of its own")
        self.lengths[index] = Draws(
            *self.house.address, desk.stream, DURATION, ZONE + np.arange(2**16),
            lambda numbers: ticks_of(own, numbers),
        )  # fmt: skip

    def reach(self, job: int, desk: int, now: int, jobs: list[int]) -> bool:
        """Let a case come to a gathering; True: it waits there or has passed."""
        house = self.house
        gathering = house.plan.desks[desk].gathering
        place = self.of[desk]
        if isinstance(gathering, ZoneResult):
            self._ask_zone(job, desk, gathering, now, jobs)
            return True
        pools = house.look.pools[desk]
        entry = (house.rank(pools[0], job, desk) if pools else 0, now, job)
        if isinstance(gathering, Trip):
            if not house.work[job]:
                return False
            insort(self.waiting[place], entry)
            self._form(place, gathering)
            if gathering.wait:
                late = house.look.calendar[desk].add(now, gathering.wait)
                house.at(late, self._wait_no_longer, (place, entry))
        elif isinstance(gathering, Meeting):
            insort(self.waiting[place], entry)
            self._call(place, gathering, now)
        else:
            insort(self.waiting[place], entry)
            self._make_due("quota", desk)
        return True

    def leave(self, job: int, desk: int) -> None:
        """Let a case go that waited."""
        place = self.of[desk]
        self.waiting[place] = [entry for entry in self.waiting[place] if entry[2] != job]
        if place in self.under_way:
            self.under_way[place] = [other for other in self.under_way[place] if other != job]
        gathering = self.house.plan.desks[desk].gathering
        if isinstance(gathering, Trip):
            self._form(place, gathering)

    def serve(self, now: int) -> None:
        """Hold the sittings of this instant and give out licences, by desk."""
        due, self.due = sorted(self.due), set()
        for kind, desk in due:
            if kind == "meeting":
                self._sit(desk, now)
            else:
                self._give_out(desk, now)

    # --- meetings ---------------------------------------------------------------------

    def _call(self, place: int, meeting: Meeting, earliest: int) -> None:
        """See to it that the next sitting is held."""
        number = bisect_left(meeting.sittings, earliest)
        if number == len(meeting.sittings):
            when = self.house.calendars[0].datetime_of(earliest)
            raise BeyondCalendar(f"{meeting.key}: no sitting any more at or after {when}")
        sitting = meeting.sittings[number]
        if sitting == self.house.now:
            self._make_due("meeting", place)
        elif self.alarm.get(place) != sitting:
            self.alarm[place] = sitting
            self.house.at(sitting, self._fall_due, place)

    def _fall_due(self, place: int) -> None:
        if self.waiting[place]:
            self._make_due("meeting", place)

    def _make_due(self, kind: str, desk: int) -> None:
        self.due.add((kind, desk))
        self.house.touched.append(ELSE)

    def _sit(self, place: int, now: int) -> None:
        house = self.house
        desk = house.plan.desks[place]
        meeting = desk.gathering
        if not isinstance(meeting, Meeting):
            return
        scarce = house.look.pools[place]
        present = [
            (pool, person)
            for pool in scarce
            if (person := self._member(pool, place, now)) is not None
        ]
        ample = len(set(desk.pools)) - len(scarce)
        if len(present) + ample >= meeting.quorum:
            taken = [job for _, _, job in self.waiting[place][: meeting.slots]]
            self.waiting[place] = self.waiting[place][meeting.slots :]
            end = house.look.calendar[place].add(now, meeting.length)
            for job in taken:
                house.start[job], house.end[job] = now, end
            for pool, person in present:
                house.take(pool, person)
                house.holds.append((Hold.TOGETHER, pool, now, end, -1, -1))
            house.at(end, self._rise, (taken, tuple(present)))
        if self.waiting[place]:
            self._call(place, meeting, now + 1)

    def _member(self, pool: int, desk: int, now: int) -> int | None:
        """Return who of a pool comes to a sitting, or None."""
        together = self.house.colleagues[pool]
        if together is None:
            return ANYBODY if self.house.free[pool] else None
        for person in together.present(now):
            if not together.skills[person] or desk in together.skills[person]:
                return person
        return None

    def _rise(self, at: tuple[list[int], Team]) -> None:
        """Let members and cases go when the sitting is over."""
        taken, present = at
        for pool, person in present:
            self.house.give_back(pool, person)
        for job in taken:
            self.house.reach(self.house.pass_on(job))

    # --- trips ------------------------------------------------------------------------

    def _form(self, place: int, trip: Trip) -> None:
        """Let the cases of a trip stand in the crews' queues as one, once they are enough."""
        house = self.house
        waiting = self.waiting[place]
        enough = len(waiting) >= trip.least or not self.late.isdisjoint(waiting)
        wanted = waiting[0] if enough else None
        stands = self.entry.pop(place, None)
        if stands is not None and stands != wanted:
            for pool in house.look.pools[place]:
                house.drop(pool, stands[2])
        if wanted is not None:
            self.entry[place] = wanted
            if stands != wanted:
                house.stand(wanted, house.look.pools[place])

    def _wait_no_longer(self, at: tuple[int, Entry]) -> None:
        """Send a crew out although the trip is not full, if the case still waits."""
        place, entry = at
        trip = self.house.plan.desks[place].gathering
        if isinstance(trip, Trip) and entry in self.waiting[place]:
            self.late.add(entry)
            self._form(place, trip)

    def set_out(self, team: Team, desk: int, now: int) -> None:
        """Let a crew leave with the first cases; all come back together."""
        house = self.house
        place = self.of[desk]
        trip = house.plan.desks[place].gathering
        if not isinstance(trip, Trip):
            return
        del self.entry[place]
        board = self.waiting[place][: trip.most]
        self.waiting[place] = self.waiting[place][trip.most :]
        self.late.difference_update(board)
        taken = [job for _, _, job in board]
        times = [house.work[job] for job in taken]
        work = trip.travel + (sum(times) if trip.each else times[0])
        end = end_of_work(house, team, desk, now, work)
        for job in taken:
            house.start[job], house.end[job] = now, end
        for pool, _ in team:
            house.holds.append((Hold.TOGETHER, pool, now, end, -1, -1))
        house.at(end, self._rise, (taken, team))
        self._form(place, trip)

    # --- zones and quotas -------------------------------------------------------------

    def _ask_zone(self, job: int, desk: int, zone: ZoneResult, now: int, jobs: list[int]) -> None:
        house = self.house
        place = self.of[desk]
        if place not in self.under_way and now < self.valid_until.get(place, 0):
            house.start[job] = house.end[job] = now
            jobs += house.pass_on(job)
            return
        house.start[job] = now
        if place not in self.under_way:
            self.under_way[place] = []
            number = self.results.get(place, 0)
            self.results[place] = number + 1
            end = house.look.calendar[desk].add(now, self.lengths[desk].at(number, 0))
            house.at(end, self._settle, (place, zone.valid))
        self.under_way[place].append(job)

    def _settle(self, at: tuple[int, int]) -> None:
        """Let all who waited for a zone's result use it."""
        place, valid = at
        now = self.house.now
        self.valid_until[place] = now + valid
        for job in self.under_way.pop(place):
            self.house.end[job] = now
            self.house.reach(self.house.pass_on(job))

    def _give_out(self, desk: int, now: int) -> None:
        waiting, self.waiting[desk] = self.waiting[desk], []
        for _, _, job in waiting:
            if self.left[desk]:
                self.left[desk] -= 1
                self.house.start[job] = self.house.end[job] = now
                self.house.at(now, self.house.taken_on, job)
            else:
                self.house.leave(job // self.house.width, Outcome.REFUSED)
