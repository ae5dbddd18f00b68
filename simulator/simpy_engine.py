"""The reference engine: a plan on SimPy, written to be read.

Rules that every engine keeps, so that traces agree row by row:

- A step is ready when all its prerequisites have ended and their lags have passed. It
  goes through its desks in order.
- A desk without work for a case lets it pass at once, open or closed, queue or not.
- A desk without people is a delay on its calendar. A desk with people queues: service
  starts when the desk's calendar is open, the case is first in the queue of each pool
  that it needs, and each of them has a person free, all at the same instant. Nobody
  overtakes: queues are in order of (ready, case, desk), and desks stand in the order of
  their steps.
- A person is held until the desk is done. Work stops at closing and goes on at opening.
- A pool of :data:`scenarios.plan.AMPLE` people never makes anybody wait.
- Within one instant: first releases, then enablings (arrivals and ends of lags), then
  serving. Releases and enablings commute, because they only free people and lengthen
  queues, so SimPy may bring them in any order; serving waits until the instant's last
  event is over and sees all of them. Service takes at least a tick, so serving never
  brings an event to its own instant; and two cases that can both be served share no
  pool, so it does not matter which is served first.

A case is a chain of callbacks rather than a process: SimPy's clock and event list do the
work, without one generator for each step.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

import numpy as np
from simpy import Environment, Event

from scenarios.plan import AMPLE, IntArray, Plan
from simulator.draws import arrival_times, desk_times
from simulator.trace import Trace


def simulate_replication(plan: Plan, seed: int, replication: int) -> Trace:
    """Run all cases of a plan to their end, once.

    Raises
    ------
    BeyondCalendar
        When work does not end within the plan's calendars.
    """
    return _Replication(plan, seed, replication).run()


class _Replication:
    """The state of one replication. A job is one case at one desk: case * desks + desk."""

    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        self.env = Environment()
        self.arrival = arrival_times(plan, seed, replication)
        self.work: list[int] = desk_times(plan, seed, replication).ravel().tolist()
        self.width = len(plan.desks)
        self.cases = plan.cases
        # of each desk
        self.calendar = [plan.calendars[desk.calendar] for desk in plan.desks]
        self.staffed = [bool(desk.pools) for desk in plan.desks]
        self.pools = [
            tuple(pool for pool in sorted(set(desk.pools)) if plan.pools[pool].capacity < AMPLE)
            for desk in plan.desks
        ]
        self.step = [desk.step for desk in plan.desks]
        self.next_desk = [-1] * self.width
        for step in plan.steps:
            for desk, after in zip(step.desks, step.desks[1:], strict=False):
                self.next_desk[desk] = after
        # of each step
        self.first_desk = [step.desks[0] for step in plan.steps]
        self.needs = [len(links) for links in plan.predecessors()]
        self.unlocks = [
            tuple((link.after, link.lag.ticks, plan.calendars[link.lag.calendar]) for link in links)
            for links in plan.successors()
        ]
        # of each pool
        self.free = [pool.capacity for pool in plan.pools]
        self.queue: list[list[tuple[int, int]]] = [[] for _ in plan.pools]
        self.alarm = [-1] * len(plan.pools)  # next opening for which the pool's queue waits
        self.touched: list[int] = []  # pools to be served at the end of this instant
        # of each case and step
        self.missing = self.needs * plan.cases
        self.enabled = [0] * (len(plan.steps) * plan.cases)
        # of each job
        jobs = self.width * plan.cases
        self.ready, self.start, self.end = [0] * jobs, [0] * jobs, [0] * jobs

    def run(self) -> Trace:
        """Let every case come and go; return the instants."""
        self.comes = self.arrival.tolist()
        if self.cases:
            self._at(self.comes[0], self._arrive, 0)
        self.env.run()
        ready, start, end = (self._table(each) for each in (self.ready, self.start, self.end))
        finish = end.max(axis=1) if self.width else self.arrival
        return Trace(self.arrival, finish, ready, start, end)

    def _table(self, instants: list[int]) -> IntArray:
        return np.array(instants, dtype=np.int64).reshape(self.cases, self.width)

    def _at(self, tick: int, act: Callable[[int], None], what: int) -> None:
        """Do something at a tick; serve when it is the last that happens at that tick."""

        def happen(_: Event) -> None:
            act(what)
            if self.touched and self.env.peek() > self.env.now:
                self._serve()

        self.env.timeout(tick - self.env.now).callbacks.append(happen)

    def _arrive(self, case: int) -> None:
        if case + 1 < self.cases:
            self._at(self.comes[case + 1], self._arrive, case + 1)
        first = case * self.width
        self._reach(
            [first + self.first_desk[step] for step, needs in enumerate(self.needs) if not needs]
        )

    def _enable(self, job: int) -> None:
        self._reach([job])

    def _release(self, job: int) -> None:
        for pool in self.pools[job % self.width]:
            self.free[pool] += 1
            if self.queue[pool]:
                self.touched.append(pool)
        self._reach(self._pass_on(job))

    def _reach(self, jobs: list[int]) -> None:
        """Let cases reach desks now; whatever has no work passes on within the loop."""
        now = int(self.env.now)
        while jobs:
            job = jobs.pop()
            desk = job % self.width
            self.ready[job] = now
            if not self.work[job]:
                self.start[job] = self.end[job] = now
                jobs += self._pass_on(job)
            elif pools := self.pools[desk]:
                for pool in pools:
                    heappush(self.queue[pool], (now, job))
                self.touched += pools
            else:
                self._begin(job, self.calendar[desk].opening(now) if self.staffed[desk] else now)

    def _begin(self, job: int, at: int) -> None:
        end = self.calendar[job % self.width].add(at, self.work[job])
        self.start[job], self.end[job] = at, end
        self._at(end, self._release, job)

    def _pass_on(self, job: int) -> list[int]:
        """Return the jobs that the end of this one makes ready now; schedule those to come."""
        case, desk = divmod(job, self.width)
        if self.next_desk[desk] >= 0:
            return [case * self.width + self.next_desk[desk]]
        now = int(self.env.now)
        jobs = []
        first = case * len(self.needs)
        for after, lag, calendar in self.unlocks[self.step[desk]]:
            step = first + after
            self.enabled[step] = max(self.enabled[step], calendar.add(now, lag) if lag else now)
            self.missing[step] -= 1
            if not self.missing[step]:
                ready = case * self.width + self.first_desk[after]
                if self.enabled[step] <= now:
                    jobs.append(ready)
                else:
                    self._at(self.enabled[step], self._enable, ready)
        return jobs

    def _serve(self) -> None:
        """Take up whatever the queues touched at this instant allow."""
        now = int(self.env.now)
        while self.touched:
            pool = self.touched.pop()
            while self.queue[pool] and self._is_first_with_people(job := self.queue[pool][0][1]):
                desk = job % self.width
                opening = self.calendar[desk].opening(now)
                if opening > now:
                    if self.alarm[pool] != opening:
                        self.alarm[pool] = opening
                        self._at(opening, self.touched.append, pool)
                    break
                for each in self.pools[desk]:
                    heappop(self.queue[each])
                    self.free[each] -= 1
                    if each != pool:
                        self.touched.append(each)  # who stood behind may be next there
                self._begin(job, now)

    def _is_first_with_people(self, job: int) -> bool:
        for pool in self.pools[job % self.width]:
            if not self.free[pool] or self.queue[pool][0][1] != job:
                return False
        return True
