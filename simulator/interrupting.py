"""Work that an urgent case may interrupt: people put it back into the queue and resume later."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from simulator.lookup import Entry
from simulator.trace import Hold

if TYPE_CHECKING:
    from simulator.simpy_engine import House


class Interruptible:
    """Whom the people of interrupting pools serve, and how much of their work is left."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.serving: list[dict[int, Entry]] = [{} for _ in house.plan.pools]
        # of each job at hand: when its stretch began, with how much to do
        self.segment: dict[int, int] = {}
        self.left_at: dict[int, int] = {}
        # of each job that waits again: what is left, since when
        self.remaining: dict[int, int] = {}
        self.paused: dict[int, int] = {}

    def begin(self, pool: int, entry: Entry, now: int) -> None:
        """Let work begin, or go on where it was interrupted."""
        house, job = self.house, entry[2]
        desk = house.base[job // house.width] + job % house.width
        if house.start[job] < 0:
            house.start[job] = now
            house.work[job] = house.learnt(job, desk, now)
        if job in self.paused:
            since, case = self.paused.pop(job), job // house.width
            house.holds.append((Hold.PAUSE, pool, since, now, case, desk))
        left = self.remaining.pop(job, house.work[job])
        house.end[job] = house.look.calendar[desk].add(now, left)
        self.segment[job] = now
        self.left_at[job] = left
        self.serving[pool][job] = entry
        house.at(house.end[job], self._release, (pool, job, now))

    def _release(self, at: tuple[int, int, int]) -> None:
        pool, job, begun = at
        if self.segment.get(job) == begun:
            del self.segment[job]
            del self.serving[pool][job]
            self.house.release(job)

    def interrupt(self, pool: int, first: Entry, now: int) -> bool:
        """Send the least urgent work at hand back to the queue, if it ranks below ``first``."""
        house = self.house
        worst = max(self.serving[pool].values(), default=first)
        if worst[0] <= first[0]:
            return False
        job = worst[2]
        desk = house.base[job // house.width] + job % house.width
        done = house.look.calendar[desk].worked(self.segment.pop(job), now)
        self.remaining[job] = self.left_at[job] - done
        del self.serving[pool][job]
        self.paused[job] = now
        heappush(house.queue[pool], worst)
        house.free[pool] += 1
        return True
