"""The process of :mod:`benchmarks.administration_model` as an idiomatic SimPy model.

Written as SimPy's guide has it: a process for every case and activity, resources with priorities,
requests and timeouts; its luck is its own. One timeout runs until work is done, over lunch and
holidays, instead of the interruptions that the guide would have; that is less to do for SimPy.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import accumulate, count
from typing import Any

import simpy

from benchmarks import administration_model as model

Process = Generator[simpy.Event, Any, Any]


class Hours:
    """Opening hours: how much of them is over at a moment, and when work is done."""

    def __init__(self, intervals: list[tuple[int, int]]) -> None:
        self.starts = [opens for opens, _ in intervals]
        self.lengths = [closes - opens for opens, closes in intervals]
        self.ends = list(accumulate(self.lengths))

    def before(self, now: float) -> float:
        """Return the open seconds before a moment."""
        at = bisect_right(self.starts, now) - 1
        if at < 0:
            return 0.0
        return self.ends[at] - self.lengths[at] + min(now - self.starts[at], self.lengths[at])

    def moment(self, seconds: float) -> float:
        """Return when so many open seconds are over."""
        at = bisect_left(self.ends, seconds)
        return self.starts[at] + seconds - (self.ends[at] - self.lengths[at])

    def wait(self, now: float, work: float) -> float:
        """Return how long work takes that begins now."""
        return self.moment(self.before(now) + work) - now


@dataclass
class Clock:
    """A legal clock: it runs as long as somebody lets it run."""

    env: simpy.Environment
    hours: Hours
    running: int = 0
    since: float = 0.0
    counted: float = 0.0

    def start(self) -> None:
        """Let it run."""
        if not self.running:
            self.since = self.env.now
        self.running += 1

    def stop(self) -> None:
        """Let it stand still, unless somebody else lets it run."""
        self.running -= 1
        if not self.running:
            self.counted += self.hours.before(self.env.now) - self.hours.before(self.since)


@dataclass
class Told:
    """What a run tells: of each finished case its class, and seconds on both clocks."""

    urgent: list[bool] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)
    kept: int = 0
    yellow: int = 0
    red: int = 0
    refused: int = 0
    sittings: int = 0


@dataclass
class Case:
    """A case on its way."""

    urgent: bool
    large: bool
    clock: Clock
    lights: list[int]

    @property
    def priority(self) -> int:
        """Say who goes first."""
        return 1 if self.urgent else 2


class Administration:
    """The windows and offices, the meeting, and everybody's luck."""

    def __init__(self, seed: int, cases: int = model.CASES) -> None:
        self.luck = random.Random(seed)
        self.cases = cases
        self.env = simpy.Environment()
        self.offices = Hours(model.open_hours(model.OFFICE_HOURS))
        self.windows = Hours(model.open_hours(model.WINDOW_HOURS))
        self.pools = [simpy.PriorityResource(self.env, people) for people in model.PEOPLE]
        self.agenda: list[tuple[int, float, int, simpy.Event]] = []
        self.turn = count()
        self.told = Told()
        self.left = 0
        self.over = self.env.event()

    def run(self) -> Told:
        """Let all cases come and go."""
        self.env.process(self.arrivals())
        self.env.process(self.meeting())
        self.env.run(until=self.over)
        return self.told

    def arrivals(self) -> Process:
        """Let cases come in office hours."""
        opened = 0.0
        for _ in range(self.cases):
            opened += 60 * self.luck.expovariate(1 / model.GAP)
            yield self.env.timeout(self.offices.moment(opened) - self.env.now)
            self.env.process(self.case())

    def case(self) -> Process:
        """Bring a case through the house."""
        env, luck, told = self.env, self.luck, self.told
        came = env.now
        case = Case(
            luck.random() < model.URGENT, luck.random() < model.LARGE,
            Clock(env, self.offices), [0, 0],
        )  # fmt: skip
        intake = env.process(self.intake(case))
        accepted = yield intake
        if accepted:
            running = [intake]
            for number in range(1, len(model.NEEDS)):
                before = [running[at] for at in model.NEEDS[number]]
                running.append(env.process(self.activity(case, number, before)))
            yield running[-1]
            told.urgent.append(case.urgent)
            told.took.append(env.now - came)
            told.counted.append(case.clock.counted)
            promised = model.PROMISED_DAYS[0 if case.urgent else 1] * model.OPEN_DAY
            told.kept += case.clock.counted <= promised
            told.yellow += case.lights[0]
            told.red += case.lights[1]
        else:
            told.refused += 1
        self.left += 1
        if self.left == self.cases:
            self.over.succeed()

    def intake(self, case: Case) -> Process:
        """Check a file until it is complete; the clock runs from the last filing."""
        for visit in range(len(model.RETURNED)):
            case.clock.counted = 0.0
            clock = self.clock_of(case)
            yield from self.work(case, model.FIRST)
            self.stop(case, clock)
            chance = self.luck.random()
            if chance < model.RETURNED[visit]:
                yield from self.wait(self.offices, model.APPLICANT_DAYS)
            elif chance < model.RETURNED[visit] + model.REFUSED:
                return False
            else:
                break
        self.light(case, model.FIRST, clock)
        return True

    def activity(self, case: Case, number: int, before: list[simpy.Process]) -> Process:
        """Do one of the other activities, with whatever belongs to it."""
        env = self.env
        yield simpy.AllOf(env, before)
        if number == model.LARGE_ONLY and not case.large:
            return
        if number == model.LAGGED:
            lag = model.LAG_DAYS * model.OPEN_DAY
            yield env.timeout(self.offices.wait(env.now, lag))
        clock = self.clock_of(case)
        if number == model.LIES:
            yield from self.wait(self.offices, model.LYING_DAYS)
        yield from self.work(case, number)
        if number == model.EXPERTS:
            self.stop(case, clock)
            yield from self.wait(self.offices, model.EXPERT_DAYS)
        else:
            if number == model.SUPPLEMENT and self.luck.random() < model.ASKED[0]:
                self.stop(case, clock)
                yield from self.wait(self.offices, model.APPLICANT_DAYS)
                self.start(case, clock)
                yield from self.work(case, number)
            elif number == model.MEETING:
                decided = env.event()
                self.agenda.append((case.priority, env.now, next(self.turn), decided))
                yield decided
            elif number == model.NOTICE:
                yield env.timeout(model.NOTICE_DAYS * model.DAY)
            self.stop(case, clock)
        self.light(case, number, clock)

    def work(self, case: Case, number: int) -> Process:
        """Let people work on a case, one of each pool that the activity needs."""
        minutes, needed = model.MINUTES_AND_POOLS[number]
        hours = self.windows if needed == (model.WINDOW,) else self.offices
        pools = [self.pools[each] for each in needed]
        requests = [pool.request(priority=case.priority) for pool in pools]
        yield requests[0] if len(requests) == 1 else simpy.AllOf(self.env, requests)
        work = 60 * self.luck.expovariate(1 / minutes)
        yield self.env.timeout(hours.wait(self.env.now, work))
        for pool, request in zip(pools, requests, strict=True):
            pool.release(request)

    def wait(self, hours: Hours, days: float) -> Process:
        """Let so many days pass, on average."""
        seconds = self.luck.expovariate(1 / (days * model.OPEN_DAY))
        yield self.env.timeout(hours.wait(self.env.now, seconds))

    def meeting(self) -> Process:
        """Sit whenever it is time, if there is something to decide and enough members are free."""
        for sitting in model.sittings():
            yield self.env.timeout(sitting - self.env.now)
            free = [pool for pool in map(self.pools.__getitem__, model.MEMBERS)
                    if pool.count < pool.capacity]  # fmt: skip
            if not self.agenda or len(free) < model.QUORUM:
                continue
            self.told.sittings += 1
            seats = [(pool, pool.request(priority=0)) for pool in free]
            self.agenda.sort()
            board, self.agenda = self.agenda[: model.SEATS], self.agenda[model.SEATS :]
            yield self.env.timeout(model.SITS_FOR)
            for pool, request in seats:
                pool.release(request)
            for _, _, _, decided in board:
                decided.succeed()

    def clock_of(self, case: Case) -> Clock:
        """Start the clock of an activity, and with it the case's."""
        clock = Clock(self.env, self.offices)
        self.start(case, clock)
        return clock

    @staticmethod
    def start(case: Case, clock: Clock) -> None:
        """Let the clocks of an activity and its case run."""
        clock.start()
        case.clock.start()

    @staticmethod
    def stop(case: Case, clock: Clock) -> None:
        """Let them stand still."""
        clock.stop()
        case.clock.stop()

    @staticmethod
    def light(case: Case, number: int, clock: Clock) -> None:
        """Note whether the activity's light turned yellow, and red."""
        limit = model.STEP_DAYS[number] * model.OPEN_DAY
        case.lights[0] += clock.counted > model.WARNING * limit
        case.lights[1] += clock.counted > limit


def administration_in_simpy(seed: int, cases: int = model.CASES) -> Told:
    """Return what a run of the SimPy model tells."""
    return Administration(seed, cases).run()
