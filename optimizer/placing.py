"""Puts activities into offices' diaries one by one, each as early as it fits.

A diary is a row of bits for each number of people: bit *t* of row *k* says that at least
*k* + 1 people are free in slot *t*. Finding a run of free slots and booking it are then
a few operations on whole numbers, however long the diary is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer.heads_and_tails import IntArray, first_slots
from optimizer.portfolio import Mode, Portfolio, Relation, Times

Diaries = list[tuple[int, ...]]
"""One row of bits for each number of people, for each office."""


class BeyondAxisError(ValueError):
    """The portfolio does not end within its slots."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A mode as the placer needs it.

    Attributes
    ----------
    offices : tuple of (int, int)
        Offices that can ever be full, and the row of bits that must be set there.
    open_bits : int
        Slots in which the activity may start; -1 where that is all.
    end_of : tuple of int or None
        End for each start where closed days lie in between; None: start plus days.
    """

    days: int
    offices: tuple[tuple[int, int], ...]
    open_bits: int
    end_of: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Wait:
    before: int
    lag: int
    table: tuple[int, ...] | None
    from_start: bool
    when: tuple[int, tuple[int, ...]] | None


class Placer:
    """A portfolio compiled for placing: waits, diaries and modes, all as plain numbers.

    Attributes
    ----------
    slots : int
        How many slots there are.
    empty : list
        The diaries before anything is booked.
    """

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio = portfolio
        axis = portfolio.axis
        self.slots = axis.slots
        self._most = [0] * len(portfolio.offices)  # people that can be needed at once, at most
        for activity in portfolio.activities:
            for office in {o for mode in activity.modes for o, _ in mode.needs}:
                self._most[office] += max(
                    dict(mode.needs).get(office, 0) for mode in activity.modes
                )
        self.empty: Diaries = [self._diary(office) for office in range(len(portfolio.offices))]
        self._tables: dict[int, tuple[IntArray, tuple[int, ...]]] = {}
        known: dict[Mode, _Way] = {}
        self.ways: list[tuple[_Way, ...]] = [
            tuple(known.get(mode) or known.setdefault(mode, self._way(mode)) for mode in a.modes)
            for a in portfolio.activities
        ]
        self.waits: list[tuple[_Wait, ...]] = [() for _ in portfolio.activities]
        waits: list[list[_Wait]] = [[] for _ in portfolio.activities]
        for relation in portfolio.relations:
            if not relation.at_most:
                waits[relation.after].append(self._wait(relation))
        self.waits = [tuple(row) for row in waits]
        self._plain = all(
            wait.when is None and not wait.from_start for row in waits for wait in row
        )
        self.release = [portfolio.projects[a.project].release for a in portfolio.activities]

    def shorten(self, slots: int) -> None:
        """Let diaries end sooner: shorter rows are quicker, later schedules of no interest."""
        self.slots = min(self.slots, slots)
        kept = (1 << self.slots) - 1
        self.empty = [tuple(row & kept for row in rows) for rows in self.empty]

    def _diary(self, office: int) -> tuple[int, ...]:
        desk = self.portfolio.offices[office]
        rows = min(desk.people, self._most[office])
        free = [desk.people] * self.slots if desk.away else []
        every = (1 << self.slots) - 1
        if not free:
            return (every,) * rows
        for first, last, count in desk.away:
            for slot in range(first, min(last, self.slots)):
                free[slot] -= count
        return tuple(
            sum(1 << slot for slot, people in enumerate(free) if people > row)
            for row in range(rows)
        )

    def _way(self, mode: Mode) -> _Way:
        calendar = self.portfolio.calendar_of(mode)
        whole = len(calendar) == self.slots
        needs = tuple(
            (office, people - 1)
            for office, people in mode.needs
            if people and mode.days and self._can_fill(office)
        )
        if whole or not mode.days:
            return _Way(mode.days, needs, -1, None)
        end_of = tuple(self._end_from(calendar, slot, mode.days) for slot in range(self.slots + 1))
        bits = sum(1 << slot for slot in calendar if end_of[slot] <= self.slots)
        return _Way(mode.days, needs, bits, None if mode.days == 1 else end_of)

    def _can_fill(self, office: int) -> bool:
        desk = self.portfolio.offices[office]
        return bool(desk.away) or self._most[office] > desk.people

    def _end_from(self, calendar: Sequence[int], slot: int, days: int) -> int:
        last = bisect_left(calendar, slot) + days - 1
        return calendar[last] + 1 if last < len(calendar) else self.slots + 1

    def _wait(self, relation: Relation) -> _Wait:
        table = None
        if relation.natural or relation.calendar:
            found = first_slots(self.portfolio, relation)  # the same array for the same lag
            kept = self._tables.get(id(found))
            if kept is None:
                kept = self._tables[id(found)] = (found, tuple(found.tolist()))
            table = kept[1]
        return _Wait(relation.before, relation.lag, table, relation.from_start, relation.when)

    def ready(
        self, activity: int, starts: Sequence[int], ends: Sequence[int], modes: Sequence[int]
    ) -> int:
        """Return the first slot by which all that the activity waits for is over."""
        moment = self.release[activity]
        for wait in self.waits[activity]:
            if wait.when is not None and modes[wait.when[0]] not in wait.when[1]:
                continue
            origin = (starts if wait.from_start else ends)[wait.before]
            slot = origin + wait.lag if wait.table is None else wait.table[origin]
            moment = max(moment, slot)
        return moment

    def fit(self, way: _Way, moment: int, diaries: Diaries) -> tuple[int, int]:
        """Return start and end of the first gap at or after a slot.

        Raises
        ------
        BeyondAxisError
            If there is none before the slots end.
        """
        days = way.days
        if not days:
            if moment > self.slots:
                raise BeyondAxisError
            return moment, moment
        if way.end_of is not None:
            return self._fit_over_closed_days(way, moment, diaries)
        bits = way.open_bits >> moment
        for office, row in way.offices:
            rows = diaries[office]
            if row >= len(rows):
                raise BeyondAxisError
            bits &= rows[row] >> moment
        if bits == -1:
            start = moment
        else:
            run = 1
            while run < days:
                step = min(run, days - run)
                bits &= bits >> step
                run += step
            if not bits:
                raise BeyondAxisError
            start = moment + (bits & -bits).bit_length() - 1
        if start + days > self.slots:
            raise BeyondAxisError
        return start, start + days

    def _fit_over_closed_days(self, way: _Way, moment: int, diaries: Diaries) -> tuple[int, int]:
        assert way.end_of is not None
        bits = way.open_bits >> moment
        while bits:
            start = moment + (bits & -bits).bit_length() - 1
            end = way.end_of[start]
            held = ((1 << (end - start)) - 1) << start
            blocked = 0
            for office, row in way.offices:
                rows = diaries[office]
                blocked |= held & ~rows[row] if row < len(rows) else held
            if not blocked:
                return start, end
            moment = blocked.bit_length()  # behind the last slot that is taken
            bits = way.open_bits >> moment
        raise BeyondAxisError

    def book(self, way: _Way, start: int, end: int, diaries: Diaries) -> None:
        """Take the people out of the diaries from one slot until before another."""
        if start == end:
            return
        held = ((1 << (end - start)) - 1) << start
        kept = ~held
        for office, row in way.offices:
            rows = diaries[office]
            count = row + 1
            if len(rows) == 1:
                diaries[office] = (rows[0] & kept,)
            else:
                diaries[office] = (
                    *[a & (kept | b) for a, b in zip(rows, rows[count:], strict=False)],
                    *[a & kept for a in rows[-count:]],
                )

    def free(self, way: _Way, start: int, end: int, diaries: Diaries) -> None:
        """Give back what :meth:`book` took."""
        if start == end:
            return
        held = ((1 << (end - start)) - 1) << start
        for office, row in way.offices:
            rows = diaries[office]
            count = row + 1
            diaries[office] = (
                *[a | held for a in rows[:count]],
                *[a | (held & b) for a, b in zip(rows[count:], rows, strict=False)],
            )

    def place(
        self,
        order: Iterable[int],
        modes: Sequence[int],
        starts: list[int],
        ends: list[int],
        diaries: Diaries,
    ) -> None:
        """Place activities in this order, which must put nothing before what it waits for."""
        for activity in order:
            way = self.ways[activity][modes[activity]]
            moment = self.release[activity]
            if self._plain:
                for wait in self.waits[activity]:
                    origin = ends[wait.before]
                    slot = origin + wait.lag if wait.table is None else wait.table[origin]
                    moment = max(moment, slot)
            else:
                moment = self.ready(activity, starts, ends, modes)
            start, end = self.fit(way, moment, diaries)
            starts[activity], ends[activity] = start, end
            self.book(way, start, end, diaries)

    def timetable(self, order: Iterable[int], modes: Sequence[int]) -> Times:
        """Return the times that an order of all activities leads to."""
        count = len(self.portfolio.activities)
        starts, ends = [0] * count, [0] * count
        self.place(order, modes, starts, ends, list(self.empty))
        return Times(tuple(starts), tuple(ends), tuple(modes))
