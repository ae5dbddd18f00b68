"""How people fared while they were watched: for as long as cases come, from when work reaches them.

A run that begins empty and ends with its last case has a beginning and a tail in which
little is going on. Shares of time over all of it say how long the longest case took, and
not how busy a counter is. So a group of people is watched for as many whole days as its
cases come, put off by the days that work usually needs to reach it: the people of the
first step from the first cases on, those of the last step while the same cases come to them.

Who simulates by parts never has all cases in memory, and from when to when people are
watched is known at the end only. So it is kept by day what began and ended on it: of a
stretch that has begun and not ended at the end of a day, the open time until then is the
open time before that instant less the one before its beginning. All sums stay whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.calendars import SECONDS_OF_DAY
from scenarios.plan import AMPLE, IntArray, Plan
from simulator.trace import Hold, Trace
from simulator.usage import (
    NOTHING,
    Usage,
    Visits,
    in_vain,
    interrupted,
    last_visits,
    pairs_of,
)  # fmt: skip

FEWEST = 10
"""Cases from which there is a stream; fewer are a batch, watched from its start to its end."""

TRIMMED = 20
"""One case in so many is left out at either end: the last of a rare type may come late."""

_MEASURES = ("held", "held_since", "queued", "queued_since", "visits", "waited", "late")
"""Kept of each pool and day: by how many more are held and queue at its end, with the open
ticks before those beginnings and ends; visits that came, how long they waited in all, and how
many came so many days after their case."""

_NEVER = np.iinfo(np.int64).max


class Window(NamedTuple):
    """When a pool is watched.

    Attributes
    ----------
    since, until : int
        First and last tick.
    first_day, end_day : int
        First day of the visits that count, and the day after their last.
    streamed : bool
        Whether it is watched while cases come, and not from start to end.
    """

    since: int
    until: int
    first_day: int
    end_day: int
    streamed: bool

    def has(self, came: IntArray) -> NDArray[np.bool_]:
        """Return whether what came at these ticks counts."""
        day = came // SECONDS_OF_DAY
        return np.asarray((self.first_day <= day) & (day < self.end_day))


class Ledger:
    """What is kept of the people of a plan in one replication, by pool and day.

    Cases may come in parts, in any order: every number is a sum.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        kinds, pools = len(plan.types), len(plan.pools)
        self._days = 1
        self._kept = np.zeros((len(_MEASURES), pools, 1), dtype=np.int64)
        self._comes = np.zeros((kinds, 1), dtype=np.int64)
        self._first = np.full(kinds, _NEVER)
        self._last = np.full(kinds, -1)
        self._ends = np.zeros(pools, dtype=np.int64)
        self._types: list[set[int]] = [set() for _ in plan.pools]
        for desk in plan.desks:
            for pool in desk.pools:
                self._types[pool].add(plan.steps[desk.step].of)

    def add(self, trace: Trace, visits: Visits) -> None:
        """Take note of some cases, or all."""
        plan, rows = self.plan, visits.rows
        if not trace.arrival.size:
            return
        self._grow(int(max(trace.arrival.max(), trace.finish.max(), rows[:, 5].max(initial=0))))
        types = trace.types_of()
        comes = trace.arrival < plan.until if plan.until else np.ones(len(types), dtype=np.bool_)
        self._comes += np.bincount(
            types[comes] * self._days + trace.arrival[comes] // SECONDS_OF_DAY,
            minlength=self._comes.size,
        ).reshape(self._comes.shape)
        np.minimum.at(self._first, types, trace.arrival)
        np.maximum.at(self._last, types, trace.finish)
        row, pool = pairs_of(plan, rows[:, 1])
        np.maximum.at(self._ends, pool, rows[row, 5])
        late = (rows[row, 3] - trace.arrival[rows[row, 0]]) // SECONDS_OF_DAY
        self._note("late", pool, late, None)
        keeps = np.array([each.calendar for each in plan.pools], dtype=np.int64)
        alone = np.array([d.gathering is None and not d.keeps for d in plan.desks], dtype=np.bool_)
        stops = _stops(plan)
        used = np.unique(keeps[pool]).tolist()
        for calendar in used:
            mine, of = row, pool
            if len(used) > 1:
                among = keeps[pool] == calendar
                mine, of = row[among], pool[among]
            ready, begin, end = (each[mine] for each in visits.open(calendar))
            came, start, done = (rows[mine, at] // SECONDS_OF_DAY for at in (3, 4, 5))
            self._note("visits", of, came, None)
            self._note("waited", of, came, begin - ready)
            self._stretches("queued", of, (came, ready), (start, begin))
            if stops[of].any():
                end, done = self._worked(trace, rows[mine], begin, end, stops[of], calendar)
            if not alone.all():
                single = alone[rows[mine, 1]]
                of, start, begin, done, end = (
                    each[single] for each in (of, start, begin, done, end)
                )
            self._stretches("held", of, (start, begin), (done, end))
        vain = in_vain(trace)
        if len(vain) or len(trace.holds):
            for number in np.unique([*pool.tolist(), *self._needed()]).tolist():
                self._add_apart(trace, int(number), vain, rows)

    def window(self, pool: int) -> Window:
        """Return when a pool is watched."""
        kinds = sorted(self._types[pool])
        counts = self._comes[kinds].sum(axis=0)
        first, last = int(self._first[kinds].min(initial=_NEVER)), int(self._last[kinds].max())
        if first == _NEVER:
            return Window(0, 0, 0, 0, False)
        last = max(last, int(self._ends[pool]))
        if self.plan.until:
            last = max(first, min(last, self.plan.until))
        number = int(counts.sum())
        late = self._kept[_MEASURES.index("late"), pool]
        reached = int(late.sum())
        if number >= FEWEST:
            upto = np.cumsum(counts)
            off = number // TRIMMED
            low, high = (
                int(np.searchsorted(upto, at, side="right")) for at in (off, number - 1 - off)
            )
            lag = int(np.searchsorted(np.cumsum(late), (reached - 1) // 2, "right"))
            lag = lag if reached else 0
            since = max(first, (low + lag) * SECONDS_OF_DAY)
            until = min(last, (high + lag + 1) * SECONDS_OF_DAY)
            if low < high and since < until:
                return Window(since, until, low + lag, high + lag + 1, True)
        return Window(first, last, 0, self._days + 1, False)

    def usage(self) -> tuple[Usage, ...]:
        """Return how each pool fared; zeros for pools that no desk needs or all may use."""
        needed = self._needed()
        upto = np.concatenate(
            [np.zeros((*self._kept.shape[:2], 1), dtype=np.int64), self._kept.cumsum(axis=2)],
            axis=2,
        )
        return tuple(
            self._usage(number, upto[:, number]) if number in needed else NOTHING
            for number in range(len(self.plan.pools))
        )

    def _usage(self, number: int, upto: IntArray) -> Usage:
        pool, seen = self.plan.pools[number], self.window(number)
        keeps = self.plan.calendars[pool.calendar]
        low, high = (min(max(0, day), self._days) for day in (seen.first_day, seen.end_day))
        before = [keeps.worked(0, min(day * SECONDS_OF_DAY, keeps.horizon)) for day in (low, high)]
        held, held_since, queued, queued_since, visits, waited, _ = (
            [int(each[day]) for day in (low, high)] for each in upto
        )

        def within(number_at: list[int], open_since: list[int]) -> int:
            to_high, to_low = (before[at] * number_at[at] - open_since[at] for at in (1, 0))
            return to_high - to_low

        hours = keeps.worked(seen.since, seen.until)
        able = sum(
            shift.people * self.plan.calendars[shift.calendar].worked(seen.since, seen.until)
            for shift in pool.shifts
        )
        return Usage(
            within(held, held_since),
            able or hours * pool.capacity,
            within(queued, queued_since),
            hours,
            visits[1] - visits[0],
            waited[1] - waited[0],
            seen.since,
            seen.until,
            int(seen.streamed),
        )

    def _needed(self) -> set[int]:
        """Return the pools that can make anybody wait."""
        return {
            number
            for desk in self.plan.desks
            for number in desk.pools
            if self.plan.pools[number].capacity < AMPLE
        }

    def _grow(self, last: int) -> None:
        """Make room for another last tick."""
        more = last // SECONDS_OF_DAY + 1 - self._days
        if more > 0:
            self._kept = np.pad(self._kept, ((0, 0), (0, 0), (0, more)))
            self._comes = np.pad(self._comes, ((0, 0), (0, more)))
            self._days += more

    def _note(self, measure: str, pool: IntArray, day: IntArray, ticks: IntArray | None) -> None:
        """Add ticks, or one each, to a measure of pools on days."""
        table = self._kept[_MEASURES.index(measure)]
        # sums stay below 2**53, where floats are whole
        sums = np.bincount(pool * self._days + day, ticks, minlength=table.size)
        table += sums.reshape(table.shape).astype(np.int64)

    def _stretches(
        self,
        measure: str,
        pool: IntArray,
        begin: tuple[IntArray, IntArray],
        end: tuple[IntArray, IntArray],
        sign: int = 1,
    ) -> None:
        """Take note of stretches, whose beginnings and ends are days and open ticks before."""
        table = self._kept[_MEASURES.index(measure)].reshape(-1)
        since = self._kept[_MEASURES.index(f"{measure}_since")].reshape(-1)
        for (day, ticks), way in ((begin, sign), (end, -sign)):
            place = pool * self._days + day
            table += way * np.bincount(place, minlength=table.size)
            since += way * np.bincount(place, ticks, minlength=table.size).astype(np.int64)

    def _worked(
        self,
        trace: Trace,
        rows: IntArray,
        begin: IntArray,
        end: IntArray,
        stops: NDArray[np.bool_],
        calendar: int,
    ) -> tuple[IntArray, IntArray]:
        """Return open ticks before the ends of visits, and their days, by the work done in them.

        People with hours of their own, or absent, keep a file while they are not there; their
        work is put where it would have been without.
        """
        known = stops & last_visits(self.plan, trace, rows)
        work = np.full(len(rows), _NEVER // 2)
        work[known] = trace.work[rows[known, 0], rows[known, 1]]
        short = begin + work < end
        day = rows[:, 5] // SECONDS_OF_DAY
        if not short.any():
            return end, day
        end = np.minimum(end, begin + work)
        keeps, day = self.plan.calendars[calendar], day.copy()
        done = keeps.add_many(rows[short, 4], (end - begin)[short])
        day[short] = done // SECONDS_OF_DAY
        return end, day

    def _add_apart(self, trace: Trace, number: int, vain: IntArray, rows: IntArray) -> None:
        """Take note of what the table of visits lacks of a pool."""
        keeps = self.plan.calendars[self.plan.pools[number].calendar]
        holds = trace.holds[trace.holds[:, 1] == number]
        together, pauses, again = (
            holds[holds[:, 0] == kind] for kind in (Hold.TOGETHER, Hold.PAUSE, Hold.IN_VAIN)
        )
        needs = np.array([number in desk.pools for desk in self.plan.desks], dtype=np.bool_)
        gone = np.concatenate([vain[needs[vain[:, 1]], 2:4], again[:, 2:4]])
        hit = rows[interrupted(rows, pauses), 3]
        self._grow(int(holds[:, 3].max(initial=0)))
        for measure, stretches, sign in (
            ("held", together[:, 2:4], 1),
            ("held", pauses[:, 2:4], -1),
            ("queued", pauses[:, 2:4], 1),
            ("queued", gone, 1),
        ):
            if len(stretches):
                pool = np.full(len(stretches), number)
                begin, end = (
                    (
                        stretches[:, at] // SECONDS_OF_DAY,
                        keeps.worked_many(np.zeros(1, dtype=np.int64), stretches[:, at].copy()),
                    )
                    for at in (0, 1)
                )
                self._stretches(measure, pool, begin, end, sign)
        for stretches, came, visit in ((gone, gone[:, 0], 1), (pauses[:, 2:4], hit, 0)):
            if len(stretches):
                pool, day = np.full(len(stretches), number), came // SECONDS_OF_DAY
                ticks = keeps.worked_many(stretches[:, 0].copy(), stretches[:, 1].copy())
                self._note("waited", pool, day, ticks)
                if visit:
                    self._note("visits", pool, day, None)


def ledger_of(plan: Plan, trace: Trace, visits: Visits | None = None) -> Ledger:
    """Return the ledger of a whole replication."""
    ledger = Ledger(plan)
    ledger.add(trace, visits or Visits(plan, trace))
    return ledger


def usage_of(plan: Plan, trace: Trace, visits: Visits | None = None) -> tuple[Usage, ...]:
    """Return how each pool of a plan fared; zeros for pools that no desk needs or all may use."""
    return ledger_of(plan, trace, visits).usage()


def waits_in(plan: Plan, trace: Trace, pool: int) -> IntArray:
    """Return how long each piece of work waited for a pool that came while it was watched.

    In ticks of the pool's calendar; interruptions are added to the work that they hit.
    """
    keeps = plan.calendars[plan.pools[pool].calendar]
    watched = ledger_of(plan, trace).window(pool)
    rows = trace.visits(ordered=False)
    rows = rows[np.array([pool in desk.pools for desk in plan.desks], dtype=np.bool_)[rows[:, 1]]]
    ticks = keeps.worked_many(rows[:, 3], rows[:, 4])
    holds = trace.holds[trace.holds[:, 1] == pool]
    pauses = holds[holds[:, 0] == Hold.PAUSE]
    at = interrupted(rows, pauses)
    np.add.at(ticks, at, keeps.worked_many(pauses[:, 2], pauses[:, 3]))
    vain = in_vain(trace)
    vain = vain[[pool in plan.desks[desk].pools for desk in vain[:, 1].tolist()]]
    gone = np.concatenate([vain[:, 2:4], holds[holds[:, 0] == Hold.IN_VAIN, 2:4]])
    came = np.concatenate([rows[:, 3], gone[:, 0]])
    waits = np.concatenate([ticks, keeps.worked_many(gone[:, 0], gone[:, 1])])
    return np.asarray(waits[watched.has(came)], dtype=np.int64)


def _stops(plan: Plan) -> NDArray[np.bool_]:
    """Return of each pool whether its people may be away from a file that they hold."""
    return np.array(
        [
            (bool(pool.shifts) or bool(plan.interruptions)) and not pool.order.interrupts
            for pool in plan.pools
        ],
        dtype=np.bool_,
    )
