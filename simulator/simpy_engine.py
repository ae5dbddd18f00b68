"""The reference engine: a plan on SimPy, written to be read.

Rules that every engine keeps, so that traces agree row by row:

- A step is ready when all its prerequisites have ended and their lags have passed. It
  goes through its desks in order, unless a desk's route leads elsewhere.
- A desk without work for a case lets it pass at once, open or closed, queue or not.
- A desk without people is a delay on its calendar. A desk with people queues: service
  starts when the desk's calendar is open, the case is first in the queue of each pool
  that it needs, and each of them has a person free, all at the same instant. Nobody
  overtakes: queues are in order of (rank, ready, case, desk), where the rank is that of
  the pool's queue order and desks stand in the order of their steps.
- A person is held until the desk is done. Work stops at closing and goes on at opening,
  unless the desk finishes what it has begun.
- A pool of :data:`scenarios.plan.AMPLE` people never makes anybody wait.
- An instant has rounds. In each round come first releases, then enablings (arrivals,
  ends of lags and delays), then leaving, silence, sittings and quotas, then serving, then whoever
  finds no room, then other duties. Releases and enablings commute, because they only
  free people and lengthen queues, so SimPy may bring them in any order; the rest waits
  until the round's last event is over and sees all of them. Another round follows only
  where something took no time (a decision at a meeting, an agent taken on). Two cases
  that can both be served share no pool, so it does not matter which is served first.
- Whoever leaves the house leaves the queues in the same round; work that somebody has
  begun is ended, and leads nowhere.

A case is a chain of callbacks rather than a process: SimPy's clock and event list do the
work, without one generator for each step. Pools of people who keep different hours are
in :mod:`simulator.colleagues`, meetings and the like in :mod:`simulator.gathering`.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from simpy import Environment, Event

from scenarios.orders import Planned, Standing
from scenarios.plan import DONE, REFUSED, IntArray, Plan
from simulator.colleagues import ANYBODY, Colleagues, Team, begin_together, end_of_work
from simulator.draws import (
    LEFT,
    LEFT_UNTIL,
    PATIENCE,
    ROUTE,
    Draws,
    arrival_times,
    calendars_of,
    case_facts,
    case_keys,
    case_types,
    desk_times,
    errands,
    ticks_of,
)
from simulator.extensions import with_extensions
from simulator.findings import Findings
from simulator.gathering import Gatherings
from simulator.interrupting import Interruptible
from simulator.job_tables import by_job, refuse_endless, skipped, trace_of
from simulator.lookup import ELSE, Entry, Lookup
from simulator.planned import Sequences
from simulator.silence import Silence
from simulator.trace import Hold, Outcome, Trace


def simulate_replication(plan: Plan, seed: int, replication: int) -> Trace:
    """Run all cases of a plan to their end, or to the plan's end, once.

    Raises
    ------
    BeyondCalendar
        When work does not end within the plan's calendars.
    """
    return House(plan, seed, replication).run()


class House:
    """The state of one replication; see :mod:`simulator.lookup` for how jobs are numbered."""

    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        self.plan = plan
        self.env = Environment()
        self.calendars = calendars_of(plan, seed, replication)
        self.look = look = Lookup(plan, self.calendars)
        self.width, self.cases = look.width, plan.cases
        self.address = seed, replication
        self.keys = case_keys(plan)
        self.arrival = arrival_times(plan, seed, replication)
        self.types = case_types(plan, seed, replication)
        of = self.types.tolist()
        # of each case
        self.type = [look.types[number] for number in of]
        self.base = [each.first_desk for each in self.type]
        self.outcome = [Outcome.IN_PROCESS] * plan.cases
        self.finish = [-1] * plan.cases
        self.open_steps = [each.main for each in self.type]
        self.kept: dict[int, list[tuple[int, int, int]]] = {}  # pool, person, since when
        # of each pool
        self.free = [pool.capacity for pool in plan.pools]
        self.queue: list[list[Entry]] = [[] for _ in plan.pools]
        self.alarm = [-1] * len(plan.pools)  # next opening for which the pool's queue waits
        self.order = [pool.order if pool.order.ranks else None for pool in plan.pools]
        self.ranked = any(self.order)
        self.interrupts = [pool.order.interrupts for pool in plan.pools]
        self.colleagues = [
            Colleagues(self, number) if pool.shifts else None
            for number, pool in enumerate(plan.pools)
        ]
        self.errand = [
            errands(plan, seed, replication, number) if pool.errand is not None else None
            for number, pool in enumerate(plan.pools)
        ]
        self.errands_done = [0] * len(plan.pools)
        self.attended = [pool.room >= 0 or pool.errand is not None for pool in plan.pools]
        # whether a pool has something to do even when all its people are busy
        self.crowded = [
            attended or interrupts
            for attended, interrupts in zip(self.attended, self.interrupts, strict=True)
        ]
        # of each case and step
        self.steps = look.most_steps
        self.missing = [
            needs
            for each in self.type
            for needs in (*each.needs, *(0,) * (self.steps - each.steps))
        ]
        self.enabled = [0] * (self.steps * plan.cases)
        self.began: dict[int, int] = {}
        # of each job
        self.work = by_job(self, desk_times(plan, seed, replication))
        jobs = self.width * plan.cases
        self.ready, self.start, self.end = (array("q", [-1]) * jobs for _ in range(3))
        self.skip = skipped(self)
        self.visit: dict[int, int] = {}
        self.earlier = array("q")  # six numbers for each visit that was followed by another
        self.interruptible = Interruptible(self)
        self.holds: list[tuple[int, ...]] = []  # see Trace
        self.draws: dict[tuple[int, int], Draws] = {}
        self.facts: IntArray | None = None  # drawn when asked for
        strict = any(isinstance(each, Planned) and each.strict for each in self.order)
        self.sequences = Sequences(self) if strict else None
        self.now = 0
        # to be dealt with at the end of this round: pools, or ELSE for leaving and gatherings
        self.touched: list[int] = []
        self.leaving: list[tuple[int, Outcome]] = []
        self.gatherings = Gatherings(self)
        self.silence = Silence(self)
        self.findings = Findings(self)
        self.left_house = 0

    def run(self) -> Trace:
        """Let every case come and go; return the instants."""
        comes = self.arrival
        order = np.argsort(comes, kind="stable").tolist()
        self.comes = list(zip(comes[order].tolist(), order, strict=True))
        if self.comes:
            self.at(self.comes[0][0], self._arrive, 0)
        for pool, errand in enumerate(self.errand):
            if errand is not None:
                self.at(0, self.touched.append, pool)
        if self.plan.until:
            self.env.run(until=self.plan.until)
            self.now = self.plan.until
        else:
            self.env.run()
            refuse_endless(self)
        self.silence.close(-1)
        return with_extensions(trace_of(self), self.plan, *self.address)

    # --- events -----------------------------------------------------------------------

    def at(self, tick: int, act: Callable[[Any], None], what: Any) -> None:
        """Do something at a tick; serve when it is the last that happens in this round."""
        env = self.env

        def happen(_: Event) -> None:
            self.now = tick
            act(what)
            if self.touched and env.peek() > tick:
                self._serve()

        env.timeout(tick - self.now).callbacks.append(happen)

    def _arrive(self, place: int) -> None:
        if place + 1 < self.cases:
            self.at(self.comes[place + 1][0], self._arrive, place + 1)
        case = self.comes[place][1]
        if until := self.findings.door_opens(case, self.now):
            self.at(until, self._enter, case)
        else:
            self._enter(case)

    def _enter(self, case: int) -> None:
        first = case * self.width
        if case < len(self.plan.in_flight):
            self._go_on(case, self.plan.in_flight[case].done)
        elif self.type[case].main:
            self.reach([first + place for place in self.type[case].roots])
        else:
            self._finish(case)

    def _go_on(self, case: int, done: tuple[int, ...]) -> None:
        """Put a case where it stood when the run began."""
        look, type_ = self.look, self.type[case]
        # of the procedures that its facts might have led to, its own
        mine = range(type_.first_step, type_.first_step + type_.steps)
        done = tuple(step for step in done if step in mine)
        self.open_steps[case] -= sum(look.main[step] for step in done)
        for step in done:
            for after, _, _ in look.unlocks[step]:
                self.missing[case * self.steps + after - type_.first_step] -= 1
        reach = [
            case * self.width + look.first_desk[step] - type_.first_desk
            for step in mine
            if step not in done and not self.missing[case * self.steps + step - type_.first_step]
        ]
        if self.open_steps[case]:
            self.reach(reach)
        else:
            self._finish(case)

    def _enable(self, job: int) -> None:
        self.reach([job])

    def release(self, job: int) -> None:
        """Let the people of a desk go and the case go on."""
        desk = self.base[job // self.width] + job % self.width
        for pool in self.look.pools[desk]:
            self.free[pool] += 1
            if self.queue[pool] or self.attended[pool]:
                self.touched.append(pool)
        self.reach(self.pass_on(job))

    def _release_team(self, at: tuple[int, Team]) -> None:
        job, team = at
        for pool, person in team:
            self.give_back(pool, person)
        self.reach(self.pass_on(job))

    def take(self, pool: int, person: int) -> None:
        """Hold somebody of a pool: one of those who are all alike, or a certain person."""
        self.free[pool] -= 1
        together = self.colleagues[pool]
        if together is not None:
            together.busy[person] = True

    def give_back(self, pool: int, person: int) -> None:
        """Let somebody of a pool go."""
        self.free[pool] += 1
        together = self.colleagues[pool]
        if together is not None:
            together.busy[person] = False
        if self.queue[pool] or self.attended[pool]:
            self.touched.append(pool)

    # --- the way of a case ------------------------------------------------------------

    def reach(self, jobs: list[int]) -> None:
        """Let cases reach desks now; whatever has no work passes on within the loop."""
        now = self.now
        width, base, look, work = self.width, self.base, self.look, self.work
        while jobs:
            job = jobs.pop()
            case = job // width
            desk = base[case] + job % width
            if look.special[desk] and self._reach_special(job, case, desk, now, jobs):
                continue
            self.ready[job] = now
            if not work[job]:
                self.start[job] = self.end[job] = now
                if self.sequences is not None:
                    self.sequences.strike(job)
                jobs += self.pass_on(job)
            elif look.pools[desk]:
                self._queue(job, desk, now)
            else:
                self.begin(job, look.calendar[desk].opening(now) if look.staffed[desk] else now)

    def _reach_special(self, job: int, case: int, desk: int, now: int, jobs: list[int]) -> bool:
        """Prepare a desk that is more than a queue; True when nothing is left to do."""
        look, plain = self.look, self.plan.desks[desk]
        step = look.step[desk]
        if desk == look.first_desk[step]:
            if look.cleared[step] and (until := self.findings.step_opens(case, now)):
                self.at(until, self._enable, job)
                return True
            if look.timed[step]:
                self.began.setdefault(self._step_place(case, desk), now)
            if look.silent[step]:
                self.silence.begins(case, step, now)
        if self.ready[job] >= 0:
            visit = self.visit.get(job, 0)
            self.earlier.extend(
                (case, desk, visit, self.ready[job], self.start[job], self.end[job])
            )
            self.visit[job] = visit + 1
            self.start[job] = self.end[job] = -1
            if plain.own is not None:
                self.work[job] = self._longer(self.draw(desk, 0).at(case, visit + 1), case, desk)
        self.ready[job] = now
        if self.skip is not None and self.skip[job]:
            self.start[job] = self.end[job] = now
            if self.sequences is not None:
                self.sequences.strike(job)
            jobs += self.pass_on(job)
            return True
        if look.asks[desk]:
            self.silence.ask(job, desk, now, jobs)
            return True
        if plain.gathering is not None:
            return self.gatherings.reach(job, desk, now, jobs)
        if plain.keeps:
            self._queue(job, desk, now)
            return True
        if plain.patience is not None and self.work[job]:
            patience = self.draw(desk, PATIENCE).at(case, self.visit.get(job, 0))
            self.at(now + patience, self._lose_patience, (job, now))
        if plain.to_limit is not None:
            self._leave_to_the_limit(job, case, desk, now)
        return False

    def _longer(self, work: int, case: int, desk: int) -> int:
        """Return what a desk's own time is for a case that makes its step longer."""
        if self.plan.desks[desk].slower:
            for each in self.plan.steps[self.look.step[desk]].slower:
                if self.facts is None:
                    self.facts = case_facts(self.plan, *self.address)
                if self.facts[case, each.when.fact] in each.when.values:
                    work = round(work * (each.thousandths / 1000))
        return work

    def _step_place(self, case: int, desk: int) -> int:
        """Return where a case's step stands in the lists by case and step."""
        first: int = case * self.steps - self.type[case].first_step
        return first + self.look.step[desk]

    def _leave_to_the_limit(self, job: int, case: int, desk: int, now: int) -> None:
        limit = self.plan.desks[desk].to_limit
        visit = self.visit.get(job, 0)
        if limit is None or self.draw(desk, LEFT).at(case, visit) >= limit.chance:
            return
        calendar = self.look.calendar[desk]
        began = self.began[self._step_place(case, desk)]
        before = int(limit.last * self.draw(desk, LEFT_UNTIL).at(case, visit))
        left = calendar.worked(now, calendar.add(began, max(0, limit.limit - before)))
        self.work[job] = max(self.work[job], left)

    def _queue(self, job: int, desk: int, now: int) -> None:
        """Join the queues of all pools that the desk needs."""
        pools = self.look.pools[desk]
        self.stand((self.rank(pools[0], job, desk) if self.ranked else 0, now, job), pools)

    def stand(self, entry: Entry, pools: tuple[int, ...]) -> None:
        """Put a job into the queues of pools, which keep one order."""
        for pool in pools:
            if self.colleagues[pool] is None:
                heappush(self.queue[pool], entry)
            else:
                insort(self.queue[pool], entry)
            if self.free[pool] or self.crowded[pool]:
                self.touched.append(pool)

    def rank(self, pool: int, job: int, desk: int) -> int:
        """Return the rank of a job in a pool's order."""
        order = self.order[pool]
        if order is None:
            return 0
        case = job // self.width
        type_ = self.plan.types[int(self.types[case])]
        filed = int(self.arrival[case])
        return order.rank(
            Standing(
                type_.priority + self.plan.steps[self.look.step[desk]].priority,
                self.calendars[0].add(filed, type_.promise),
                filed,
                desk,
                case,
            )
        )

    def begin(self, job: int, at: int) -> None:
        """Let work on a case begin and say when it will be over."""
        desk = self.base[job // self.width] + job % self.width
        look = self.look
        work = self.work[job]
        if look.learns[desk]:
            self.work[job] = work = self.learnt(job, desk, at)
        end = at + work
        if not look.finishes[desk] and (not look.always[desk] or end > look.horizon):
            end = look.calendar[desk].add(at, work)
        self.start[job], self.end[job] = at, end
        self.at(end, self.release, job)

    def learnt(self, job: int, desk: int, at: int) -> int:
        """Return the ticks that work takes people who begin it at a tick."""
        if not self.look.learns[desk]:
            return self.work[job]
        day = min(at // 86_400, len(self.plan.learning) - 1)
        return self.work[job] * self.plan.learning[day] // 1000

    def begin_with(self, team: Team, job: int, desk: int, now: int) -> None:
        """Let people who were taken begin, some of them people one by one."""
        if self.look.trip[desk] is not None:
            self.gatherings.set_out(team, desk, now)
        elif self.plan.desks[desk].keeps:
            self._keep(team, job, now)
        else:
            self.work[job] = self.learnt(job, desk, now)
            self.start[job] = now
            self.end[job] = end_of_work(self, team, desk, now, self.work[job])
            self.at(self.end[job], self._release_team, (job, team))

    def pass_on(self, job: int) -> list[int]:
        """Return the jobs that the end of this one makes ready now; schedule those to come."""
        width, look = self.width, self.look
        case = job // width
        base = self.base[case]
        desk = base + job % width
        if self.silence.void and job in self.silence.void:
            self.silence.void.discard(job)
            return []
        if self.finish[case] >= 0 and self._is_gone(case):
            return []
        if look.routed[desk] and not (self.skip is not None and self.skip[job]):
            to = self._route(job, case, desk)
        else:
            to = look.after[desk]
        if to >= 0:
            return [case * width + to - base]
        if look.answers[desk] and to == DONE:
            return self.silence.answered(job, desk)
        if to < DONE:
            refused = to == REFUSED
            self.leaving.append((case, Outcome.REFUSED if refused else Outcome.WITHDRAWN))
            self.touched.append(ELSE)
            return []
        if look.finds[desk]:
            self.findings.inspect(case, desk)
        return self.step_over(job)

    def step_over(self, job: int) -> list[int]:
        """Return the jobs that the end of a job's step makes ready now."""
        width, look = self.width, self.look
        case = job // width
        base = self.base[case]
        step = look.step[base + job % width]
        if look.silent[step]:
            self.silence.open.discard((case, step))
        if look.main[step]:
            self.open_steps[case] -= 1
            if not self.open_steps[case]:
                self._finish(case)
        now = self.now
        jobs: list[int] = []
        first = case * self.steps - self.type[case].first_step
        for after, lag, calendar in look.unlocks[step]:
            place = first + after
            until = calendar.add(now, lag) if lag else now
            self.enabled[place] = max(self.enabled[place], until)
            self.missing[place] -= 1
            if not self.missing[place]:
                ready = case * width + look.first_desk[after] - base
                if self.enabled[place] <= now:
                    jobs.append(ready)
                else:
                    self.at(self.enabled[place], self._enable, ready)
        return jobs

    def _is_gone(self, case: int) -> bool:
        return self.outcome[case] not in (Outcome.IN_PROCESS, Outcome.FINISHED)

    def _route(self, job: int, case: int, desk: int) -> int:
        """Return the desk that the case goes to, or how it ends."""
        visit = self.visit.get(job, 0)
        number: float = self.draw(desk, ROUTE).at(case, visit)
        began = self.began.get(self._step_place(case, desk), 0)
        for route in self.plan.desks[desk].routes:
            number -= route.chance(visit)
            if number < 0:
                late = route.within and (self.calendars[0].worked(began, self.now) > route.within)
                return self.look.after[desk] if late else route.to
        return self.look.after[desk]

    def draw(self, desk: int, purpose: int) -> Draws:
        """Return the draws of a desk for a purpose."""
        draws = self.draws.get((desk, purpose))
        if draws is None:
            plain = self.plan.desks[desk]
            of = {0: plain.own, PATIENCE: plain.patience}.get(purpose)
            if of is None:
                draws = Draws(*self.address, plain.stream, purpose, self.keys)
            else:
                draws = Draws(
                    *self.address, plain.stream, purpose, self.keys,
                    lambda numbers: ticks_of(of, numbers),
                )  # fmt: skip
            self.draws[desk, purpose] = draws
        return draws

    # --- the end of a case ------------------------------------------------------------

    def _finish(self, case: int) -> None:
        self.finish[case] = self.now
        self.outcome[case] = Outcome.FINISHED
        self._let_go(case)
        self.findings.finished(case)

    def _let_go(self, case: int) -> None:
        """Give back whoever stayed with the case."""
        self.left_house += 1
        for pool, person, since in self.kept.pop(case, ()):
            self.holds.append((Hold.TOGETHER, pool, since, self.now, -1, -1))
            self.give_back(pool, person)

    def _lose_patience(self, at: tuple[int, int]) -> None:
        job, ready = at
        if self.start[job] < 0 and self.ready[job] == ready:
            self.leaving.append((job // self.width, Outcome.WITHDRAWN))
            self.touched.append(ELSE)

    def leave(self, case: int, outcome: Outcome) -> None:
        """Let a case leave the house now: out of every queue."""
        if self.finish[case] >= 0:
            return
        self.finish[case] = now = self.now
        self.outcome[case] = outcome
        first = case * self.width
        for job in range(first, first + self.type[case].desks):
            if self.ready[job] >= 0 > self.start[job]:
                self.end[job] = now
                self.unqueue_job(job)
            if self.sequences is not None:
                self.sequences.strike(job)
        self.silence.close(case)
        self._let_go(case)

    def unqueue_job(self, job: int) -> None:
        """Take a job out of every queue in which it stands."""
        desk = self.base[job // self.width] + job % self.width
        if self.plan.desks[desk].gathering is not None:
            self.gatherings.leave(job, desk)
            return
        for pool in self.look.pools[desk]:
            self.drop(pool, job)

    def unqueue(self, pool: int, entry: Entry) -> None:
        """Take out of a pool's queue what is served now."""
        if self.colleagues[pool] is None:
            heappop(self.queue[pool])
        else:
            self.queue[pool].remove(entry)

    def drop(self, pool: int, job: int) -> None:
        """Take a job out of a pool's queue."""
        self.queue[pool] = [entry for entry in self.queue[pool] if entry[2] != job]
        if self.colleagues[pool] is None:
            heapify(self.queue[pool])
        self.touched.append(pool)

    # --- serving ----------------------------------------------------------------------

    def _serve(self) -> None:
        """Do what the round's events allow; see the module's rules."""
        now, touched = self.now, self.touched
        if ELSE in touched:
            self._serve_else(now)
        attended: set[int] = set()
        while touched:
            pool = touched.pop()
            if pool == ELSE:
                continue
            if self.attended[pool]:
                attended.add(pool)
            together = self.colleagues[pool]
            if together is not None:
                together.serve(now)
            elif self.queue[pool]:
                self._serve_pool(pool, now)
        for pool in sorted(attended):
            self._attend(pool, now)

    def _serve_else(self, now: int) -> None:
        for case, outcome in sorted(self.leaving):
            self.leave(case, outcome)
        self.leaving = []
        self.silence.serve()
        self.gatherings.serve(now)

    def _serve_pool(self, pool: int, now: int) -> None:
        queue, look, width, base = self.queue[pool], self.look, self.width, self.base
        while queue:
            job = queue[0][2]
            desk = base[job // width] + job % width
            pools = look.pools[desk]
            if self.sequences is not None and not self.sequences.due(pool, queue[0]):
                return
            alone = len(pools) == 1
            if not alone and any(self.colleagues[each] is not None for each in pools):
                if not begin_together(self, queue[0], now):
                    self._open_later(pool, desk, now)
                    return
                continue
            served = self.free[pool] if alone else self._is_first_with_people(job, pools)
            if not served and not (
                self.interrupts[pool] and self.interruptible.interrupt(pool, queue[0], now)
            ):
                return
            if not look.always[desk] and self._open_later(pool, desk, now):
                return
            entry = heappop(queue)
            self.free[pool] -= 1
            if len(pools) > 1:
                for each in pools:
                    if each != pool:
                        heappop(self.queue[each])
                        self.free[each] -= 1
                        self.touched.append(each)  # who stood behind may be next there
            if self.sequences is not None:
                self.sequences.strike(job)
            if not look.special[desk] and not self.interrupts[pool]:
                self.begin(job, now)
            elif self.interrupts[pool]:
                self.interruptible.begin(pool, entry, now)
            else:
                self._begin_special(job, desk, now)

    def _open_later(self, pool: int, desk: int, now: int) -> bool:
        """Whether the desk is closed; its pool is then served again when it opens."""
        opening = self.look.calendar[desk].opening(now)
        if opening == now:
            return False
        if self.alarm[pool] != opening:
            self.alarm[pool] = opening
            self.at(opening, self.touched.append, pool)
        return True

    def _begin_special(self, job: int, desk: int, now: int) -> None:
        team = tuple((pool, ANYBODY) for pool in self.look.pools[desk])
        if self.look.trip[desk] is not None:
            self.gatherings.set_out(team, desk, now)
        elif self.plan.desks[desk].keeps:
            self._keep(team, job, now)
        else:
            self.begin(job, now)

    def _keep(self, team: Team, job: int, now: int) -> None:
        """Let an agent take a case on and stay with it."""
        self.start[job] = self.end[job] = now
        self.kept.setdefault(job // self.width, []).extend((*each, now) for each in team)
        self.at(now, self.taken_on, job)

    def taken_on(self, job: int) -> None:
        """Let a case go on from a desk that it was done with without time."""
        self.reach(self.pass_on(job))

    def _is_first_with_people(self, job: int, pools: tuple[int, ...]) -> bool:
        return all(
            self.free[pool]
            and self.queue[pool][0][2] == job
            and (self.sequences is None or self.sequences.due(pool, self.queue[pool][0]))
            for pool in pools
        )

    def _attend(self, pool: int, now: int) -> None:
        """Turn away whoever finds no room; let idle people turn to other duties."""
        room, queue = self.plan.pools[pool].room, self.queue[pool]
        if room >= 0:
            for _, _, job in sorted(queue)[room:]:
                self.leave(job // self.width, Outcome.TURNED_AWAY)
        errand = self.errand[pool]
        if errand is None or self.left_house == self.cases:
            return
        while self.free[pool] and not queue:
            self.free[pool] -= 1
            length = errand.at(self.errands_done[pool], 0)
            self.errands_done[pool] += 1
            end = self.calendars[self.plan.pools[pool].calendar].add(now, length)
            self.holds.append((Hold.OTHER_DUTY, pool, now, end, -1, -1))
            self.at(end, self._back_from_errand, pool)

    def _back_from_errand(self, pool: int) -> None:
        self.free[pool] += 1
        self.touched.append(pool)
