"""Runs whose replications are simulated by several processes are those of one."""

from __future__ import annotations

import os
import signal
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from plans import station

from lianban.cli import main
from rules import Calendar
from rules.calendars import BeyondCalendar
from simulator import Run, crews, simulate
from simulator.side_by_side import crew_where_it_pays, traces_by
from simulator.workers import Death, News, Task, Workers

PLAN = station(600, 500, 1, 40)


def alike(one: Run, other: Run) -> bool:
    """Whether two runs hold the same replications, number by number."""
    return len(one.replications) == len(other.replications) and all(
        np.array_equal(getattr(mine, each.name), getattr(theirs, each.name))
        for mine, theirs in zip(one.replications, other.replications, strict=True)
        for each in fields(mine)
    )


def test_two_processes_give_the_run_of_one():
    """Every array of every replication is the same, and in order."""
    assert alike(simulate(PLAN, 9, 5, workers=2), simulate(PLAN, 9, 5))


def test_other_processes_are_started_only_where_it_pays():
    """A small run stays in this process; who asks for one process gets none; else all cores."""
    assert crew_where_it_pays(PLAN, 30, "simpy", None) is None
    assert crew_where_it_pays(PLAN, 10**6, "simpy", 1) is None
    many = crew_where_it_pays(PLAN, 10**6, "simpy", None)
    assert many is None if crews.cores() == 1 else isinstance(many, Workers)


def test_what_cannot_end_is_told_as_by_one_process():
    """The error is that of the first replication that fails."""
    short = Calendar.natural(date(2025, 1, 6), date(2025, 1, 6))
    plan = replace(station(9000, 500, 1, 10), calendars=(short,))
    with pytest.raises(BeyondCalendar) as one:
        simulate(plan, 6)
    with pytest.raises(BeyondCalendar) as two:
        simulate(plan, 6, workers=2)
    assert str(one.value) == str(two.value)


@pytest.mark.skipif(os.name != "posix", reason="kills processes by signal")
def test_a_killed_worker_costs_nothing():
    """Kill a worker in mid-run: its replications are simulated once more."""

    class Hunted(Workers):
        killed = 0

        def take(self, seconds: float) -> list[News]:
            news = super().take(seconds)
            if news and not self.killed:
                self.killed = self.pids()[0]
                os.kill(self.killed, signal.SIGKILL)
            return news

    crew = Hunted(2)
    whole = traces_by(crew, PLAN, 20, 5, "simpy")
    assert crew.killed
    assert whole is not None
    assert alike(Run(PLAN, 5, "simpy", tuple(whole)), simulate(PLAN, 20, 5))
    assert crew.pids() == []


class Dying:
    """A crew whose workers die over every block."""

    size = 1

    def __init__(self) -> None:
        self.given: list[Task] = []
        self.deaths = 0

    def room(self) -> int:
        """Return 1 unless a block waits."""
        return 1 - len(self.given)

    def give(self, task: Task) -> None:
        """Take a block."""
        self.given.append(task)

    def take(self, seconds: float) -> list[News]:
        """Die."""
        self.deaths += 1
        return [Death(self.given.pop().block)]

    def close(self) -> None:
        """Forget what waits."""
        self.given.clear()


def test_workers_that_always_die_leave_it_to_this_process():
    """After three deaths over one block the crew gives up, and says so by returning nothing."""
    crew = Dying()
    assert traces_by(crew, PLAN, 1, 5, "simpy") is None
    assert crew.deaths == 3


def test_a_log_is_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``run --log`` writes the same file from two processes as from one."""
    words = ["run", "jiaxing/reform", "--replications", "4", "--log"]
    assert main([*words, str(tmp_path / "one.csv")]) == 0
    monkeypatch.setattr(crews, "WORTH_WORKERS", 0.0)
    monkeypatch.setattr(crews, "cores", lambda: 2)
    started = []
    monkeypatch.setattr(crews, "Workers", lambda size: started.append(size) or Workers(size))
    assert main([*words, str(tmp_path / "two.csv")]) == 0
    assert started == [2]
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
