"""Small sweeps for tests, with crews whose answers are known beforehand."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from plans import station

from rules import Calendar
from simulator.blocks import Design, run_block
from simulator.sweep import Sweep, run_sweep, tally_of_design
from simulator.sweep_store import Header, SweepStore
from simulator.workers import Answer, Crew, News, Task

ENGINE = "test engine"
"""Version that stores of tests name, so that editing the engine meanwhile breaks no test."""


def small_sweep(replications: int = 6, cases: int = 20) -> Sweep:
    """Return two designs of one office: today, and with quicker reviewers."""
    return Sweep(
        (
            Design("office", station(600, 500, 1, cases), 1200),
            Design("office/quick", station(600, 400, 1, cases), 1200),
        ),
        replications,
        seed=5,
    )


def header_of(sweep: Sweep) -> Header:
    return sweep.header(ENGINE)


def digests(sweep: Sweep, store: SweepStore) -> list[str]:
    return [tally_of_design(sweep, store, design).digest() for design in sweep.designs]


def swept(
    sweep: Sweep,
    crew: Crew,
    path: Path | None = None,
    size: int | None = None,
    before: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run a sweep to its end; return the digest of each design's tally."""
    with SweepStore(path, header_of(sweep), before) as store:
        assert run_sweep(sweep, store, crew, size=size)
        return digests(sweep, store)


@dataclass
class Known:
    """A crew that simulates every block once and remembers it, so that thousands of sweeps fit."""

    sweep: Sweep
    answers: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    size: int = 1
    waiting: list[Task] = field(default_factory=list)

    def room(self) -> int:
        """Return 1 unless a block waits."""
        return 1 - len(self.waiting)

    def give(self, task: Task) -> None:
        """Keep a block."""
        self.waiting.append(task)

    def take(self, seconds: float) -> list[News]:
        """Answer what waits."""
        tasks, self.waiting = self.waiting, []
        return [self._answer(task) for task in tasks]

    def close(self) -> None:
        """Forget what waits."""
        self.waiting.clear()

    def _answer(self, task: Task) -> News:
        number, first, size = task.block
        if task.block not in self.answers:
            tally = run_block(self.sweep.designs[number], task.seed, first, size)
            self.answers[task.block] = tally.encoded()
        return Answer(task.block, self.answers[task.block], 0.01)


@dataclass(frozen=True, slots=True)
class Deadly:
    """Arrivals over which a worker dies: always, or while a file is there."""

    file: str = ""

    def blocks(self, cases: int) -> tuple[int, ...]:
        """Return one stream of cases."""
        return (cases,)

    def times(self, uniforms, calendar: Calendar, luck=None):
        """Die, or let all come at once."""
        if not self.file or _taken(Path(self.file)):
            os._exit(3)
        return np.zeros(len(uniforms), dtype=np.int64)


def _taken(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def processes_of(session: int) -> list[int]:
    """Return the live processes of a session, as /proc tells them."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, _, sid = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(sid) == session and state != "Z":
            found.append(int(entry.name))
    return found
