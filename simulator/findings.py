"""What inspections after issue find, and how long the applicant's later cases then wait (M30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.case_sorts import SALT_SHIFT
from simulator.draws import FINDING, uniforms

if TYPE_CHECKING:
    from simulator.simpy_engine import House


class Findings:
    """Since and until when each applicant is held up: his cases at the door, or his steps."""

    def __init__(self, house: House) -> None:
        self.house = house
        plan = house.plan
        self.applicants = plan.supervision.applicants if plan.supervision else plan.applicants
        self.at_door = [(0, 0)] * self.applicants
        self.at_steps = [(0, 0)] * self.applicants

    def door_opens(self, case: int, now: int) -> int:
        """Return until when a case that comes now waits at the door, or 0."""
        return self._until(self.at_door, case, now)

    def step_opens(self, case: int, now: int) -> int:
        """Return until when a step that asks for clearance waits, or 0."""
        return self._until(self.at_steps, case, now)

    def inspect(self, case: int, desk: int) -> None:
        """Let an inspection of a decision find something, or nothing."""
        house, finding = self.house, self.house.plan.desks[desk].finding
        if finding is None or house.draw(desk, FINDING).at(case, 0) >= finding.chance:
            return
        holds = self.at_door if finding.at_door else self.at_steps
        _hold(holds, self._applicant(case), house.now, finding.holds)

    def finished(self, case: int) -> None:
        """Let the inspection that follows a case's result find something, or nothing."""
        house, watch = self.house, self.house.plan.supervision
        if watch is None:
            return
        seed, replication = house.address
        number = uniforms(
            seed, replication, house.keys[case : case + 1], np.array([watch.stream]),
            purpose=FINDING,
        )  # fmt: skip
        if float(number[0]) < watch.chance:
            house.at(house.now + watch.after, self._hold_up, self._applicant(case))

    def _applicant(self, case: int) -> int:
        """Return the applicant of a case: they come in turn, in each stream."""
        of = int(self.house.keys[case]) % 2**SALT_SHIFT if self.house.plan.sortings else case
        return of % self.applicants

    def _until(self, holds: list[tuple[int, int]], case: int, now: int) -> int:
        if not holds:
            return 0
        since, until = holds[self._applicant(case)]
        return until if since < now < until else 0

    def _hold_up(self, applicant: int) -> None:
        watch = self.house.plan.supervision
        _hold(self.at_door, applicant, self.house.now, watch.holds if watch else 0)


def _hold(holds: list[tuple[int, int]], applicant: int, now: int, ticks: int) -> None:
    """Let an applicant wait from the next tick on, or longer than he does already."""
    since, until = holds[applicant]
    holds[applicant] = (since if now < until else now, max(until, now + ticks))
