"""Opinions asked of several offices at once, and silence that is taken for consent.

A consultation asks all its offices at one instant; the case goes on when the last has
answered. Where silence is consent, the case goes on when the limit is over: whoever has the
file in his queue loses it, whoever works on it ends his work, which leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scenarios.gatherings import Consultation
from simulator.lookup import ELSE

if TYPE_CHECKING:
    from simulator.simpy_engine import House


class Silence:
    """Which opinions and steps are still open, and what to do when their limit passes."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.asked: dict[int, int] = {}  # opinions that a consulting job waits for
        self.open: set[tuple[int, int]] = set()  # case and step
        self.void: set[int] = set()  # jobs whose end leads nowhere any more
        # limits that pass at this instant: of cases' steps, and of jobs that ask at a desk
        self.steps_due: list[tuple[int, int]] = []
        self.asked_due: list[tuple[int, int]] = []

    def serve(self) -> None:
        """Take silence for consent where nobody has answered up to this very instant."""
        asked, self.asked_due = sorted(self.asked_due), []
        for job, desk in asked:
            self._stay_silent(job, desk)
        steps, self.steps_due = sorted(self.steps_due), []
        for case, step in steps:
            self._end_step(case, step)

    def _ask_due(self, at: tuple[int, int]) -> None:
        self.asked_due.append(at)
        self.house.touched.append(ELSE)

    def _step_due(self, at: tuple[int, int]) -> None:
        self.steps_due.append(at)
        self.house.touched.append(ELSE)

    # --- consultations ----------------------------------------------------------------

    def ask(self, job: int, desk: int, now: int, jobs: list[int]) -> None:
        """Ask every office for its opinion."""
        house, asks = self.house, self.house.plan.desks[desk].gathering
        if not isinstance(asks, Consultation):
            raise TypeError(f"{house.plan.desks[desk].name} asks nobody")
        house.start[job] = now
        self.asked[job] = len(asks.asks)
        jobs += [job + each - desk for each in asks.asks]
        if asks.silence:
            until = house.look.calendar[desk].add(now, asks.silence)
            house.at(until, self._ask_due, (job, desk))

    def answered(self, job: int, desk: int) -> list[int]:
        """Return who goes on now that an opinion is there: the case, if it was the last."""
        asker = self.house.plan.desks[desk].answers
        asking = job + asker - desk
        if asking not in self.asked:
            return []
        self.asked[asking] -= 1
        if self.asked[asking]:
            return []
        del self.asked[asking]
        self.house.end[asking] = self.house.now
        after = self.house.look.after[asker]
        return [asking + after - asker] if after >= 0 else self.house.step_over(asking)

    def close(self, case: int) -> None:
        """End what a case that leaves the house still waits for; -1: that of all cases."""
        width = self.house.width
        for job in [job for job in self.asked if case in (-1, job // width)]:
            del self.asked[job]
            self.house.end[job] = self.house.now

    def _stay_silent(self, job: int, desk: int) -> None:
        asks = self.house.plan.desks[desk].gathering
        if job not in self.asked or not isinstance(asks, Consultation) or self._left(job):
            return
        del self.asked[job]
        self.house.end[job] = self.house.now
        answers = [n for n, each in enumerate(self.house.plan.desks) if each.answers == desk]
        self._cut(job + each - desk for each in (*asks.asks, *answers))
        self.house.reach([job + asks.deemed - desk])

    # --- steps ------------------------------------------------------------------------

    def begins(self, case: int, step: int, now: int) -> None:
        """Let a step's limit run."""
        rule = self.house.plan.steps[step].silence
        if rule is not None and (case, step) not in self.open:
            self.open.add((case, step))
            until = self.house.calendars[rule.calendar].add(now, rule.ticks)
            self.house.at(until, self._step_due, (case, step))

    def _end_step(self, case: int, step: int) -> None:
        house, of = self.house, self.house.plan.steps[step]
        if (case, step) not in self.open or of.silence is None:
            return
        self.open.discard((case, step))
        first = case * house.width - house.base[case]
        if self._left(first + of.desks[0]):
            return
        self._cut(first + desk for desk in of.desks)
        house.reach([first + of.silence.desk])

    def _cut(self, jobs: Iterable[int]) -> None:
        """End what is not over yet."""
        house, now = self.house, self.house.now
        for job in jobs:
            if house.ready[job] < 0 or 0 <= house.end[job] <= now:
                continue
            desk = house.base[job // house.width] + job % house.width
            if house.start[job] < 0:
                house.unqueue_job(job)
                house.end[job] = now
                continue
            self.void.add(job)
            if not house.look.staffed[desk]:
                house.start[job], house.end[job] = min(house.start[job], now), now

    def _left(self, job: int) -> bool:
        return self.house.finish[job // self.house.width] >= 0
