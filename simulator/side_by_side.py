"""Replications on all cores whose traces are wanted whole, not only added up.

The workers are those of sweeps. A replication is the same wherever it runs, and traces are put
in order, so that nobody can tell how many processes there were.
"""

from __future__ import annotations

import pickle
from collections import Counter, deque

from scenarios.plan import Plan
from simulator.blocks import Design
from simulator.crews import crew_for
from simulator.design_bytes import packed
from simulator.sweep import DEATHS, Sweep
from simulator.trace import Trace
from simulator.workers import (
    Answer,
    Block,
    Crew,
    Death,
    Failure,
    Here,
    Task,
    WorkersDoNotStart,
)

_TURNS = 4
"""Blocks for each worker, so that all end together."""


def crew_where_it_pays(
    plan: Plan, replications: int, engine: str, workers: int | None
) -> Crew | None:
    """Return worker processes, or None where this process is soonest done alone."""
    if workers == 1:
        return None
    crew = crew_for(Sweep((Design(plan.key, plan, 0),), replications, 0, engine), workers)
    return None if isinstance(crew, Here) else crew


def traces_by(
    crew: Crew, plan: Plan, replications: int, seed: int, engine: str
) -> list[Trace] | None:
    """Return the traces of replications 0, 1, 2 ... that a crew simulates; the crew then goes.

    None when workers cannot be had, or die again and again: this process must do it alone.
    """
    design = packed(Design(plan.key, plan, 0))
    size = max(1, replications // (_TURNS * crew.size))
    left = deque(
        Block(0, first, min(size, replications - first)) for first in range(0, replications, size)
    )
    deaths: Counter[Block] = Counter()
    found: dict[int, list[Trace]] = {}
    failed: dict[int, Exception] = {}
    under_way = 0
    try:
        while left or under_way:
            while left and crew.room() > 0:
                block = left.popleft()
                # of what fails the first is told, so nothing after it matters
                if block.first < min(failed, default=replications):
                    crew.give(Task(block, design, seed, engine, whole=True))
                    under_way += 1
            for news in crew.take(1.0):
                under_way -= 1
                if isinstance(news, Answer):
                    found[news.block.first] = pickle.loads(news.data)
                elif isinstance(news, Failure):
                    failed[news.block.first] = news.error
                else:
                    deaths[news.block] += isinstance(news, Death)
                    if deaths[news.block] >= DEATHS:
                        return None
                    left.append(news.block)
    except WorkersDoNotStart:
        return None
    finally:
        crew.close()
    if failed:
        raise failed[min(failed)]
    return [trace for first in sorted(found) for trace in found[first]]
