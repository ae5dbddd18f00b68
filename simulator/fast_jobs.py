"""A case at a desk in the kernel that knows all of a plan: what is asked of it everywhere."""

from __future__ import annotations

import simulator.fast_layout as lay
from scenarios.plan import IntArray
from simulator.fast_queues import get, put
from simulator.fast_time import BEYOND, DAY, compiled, open_before


@compiled
def desk_of(house: IntArray, state: IntArray, job: int) -> int:
    """Return the desk of a job."""
    bits = house[lay.PLACE_BITS]
    case = job >> bits
    return get(house, lay.TYPE_DESK, get(state, lay.TYPE, case)) + int(job - (case << bits))


@compiled
def step_place(house: IntArray, state: IntArray, case: int, step: int) -> int:
    """Return where a case's step stands in the lists by case and step."""
    of = get(state, lay.TYPE, case)
    return int(case * house[lay.STEPS]) + step - get(house, lay.TYPE_STEP, of)


@compiled
def worked(hours: IntArray, state: IntArray, calendar: int, begin: int, end: int) -> int:
    """Return the open ticks from an instant to another."""
    before, after = open_before(hours, calendar, begin), open_before(hours, calendar, end)
    if min(before, after) == BEYOND:
        state[lay.FAULT] = lay.IS_BEYOND
    return after - before


@compiled
def let_pass(state: IntArray, job: int, top: int) -> int:
    """Let a job pass on before anything else on the stack happens; return the new ``top``."""
    put(state, lay.STACK, top, ~job)
    return top + 1


@compiled
def learnt(house: IntArray, state: IntArray, job: int, desk: int, at: int) -> int:
    """Return the ticks that work takes people who begin it at a tick."""
    work = get(state, lay.WORK, job)
    if not get(house, lay.DESK_LEARNS, desk):
        return work
    day = min(at // DAY, int(house[lay.LEARNING_DAYS]) - 1)
    return work * get(house, lay.LEARNING, day) // 1000
