"""One replication on the kernel that knows all of a plan, with draws when they are wanted."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

import simulator.fast_layout as lay
from scenarios.plan import IntArray, Plan
from simulator.draws import calendars_of
from simulator.fast_plan import Kept, kept_of
from simulator.fast_state import Luck, state_of, trace_from
from simulator.lookup import Lookup
from simulator.plan_arrays import hours_of
from simulator.trace import Trace


def played_out(plan: Plan, seed: int, replication: int) -> Trace | None:
    """Run all cases to their end, or to the plan's end; None when they do not all leave."""
    from simulator.fast_house import play

    look, kept, hours = _undisturbed(plan)
    if plan.interruptions:
        calendars = calendars_of(plan, seed, replication)
        look, hours = Lookup(plan, calendars), hours_of(calendars)
        kept = kept_of(plan, look)
    luck = Luck.of(plan, seed, replication)
    drawn = Rows(kept, seed, replication)
    roomy = 1
    while True:
        state = state_of(plan, look, kept, luck, (seed, replication), roomy)
        ended = play(kept.house, hours, kept.chances, drawn.table, state)
        while ended == lay.IS_WISHING:
            drawn.fulfil(state)
            ended = play(kept.house, hours, kept.chances, drawn.table, state)
        if ended == lay.PLAYED:
            if not plan.until and state[lay.LEFT_HOUSE] < plan.cases:
                return None  # somebody waits for ever
            return trace_from(plan, look, luck, state)
        if ended == lay.IS_BEYOND:
            return None
        # it begins again with what it lacked: nothing depends on what was not needed
        if ended == lay.IS_LACKING:
            drawn.fulfil(state, ahead=True)
        else:
            roomy *= 2


@lru_cache(maxsize=8)
def _undisturbed(plan: Plan) -> tuple[Lookup, Kept, IntArray]:
    """Return the arrays of a plan whose calendars no chance shortens."""
    look = Lookup(plan, plan.calendars)
    return look, kept_of(plan, look), hours_of(plan.calendars)


class Rows:
    """The drawn times of a replication; see :func:`simulator.fast_luck.drawn`."""

    def __init__(self, kept: Kept, seed: int, replication: int) -> None:
        self._sets = kept.sets
        self._address = seed, replication
        self._rows = {(of, 0): made(seed, replication, 0) for of, made in enumerate(kept.sets)}
        self.table = self._joined()

    def fulfil(self, state: IntArray, *, ahead: bool = False) -> None:
        """Draw what a run wishes for; ``ahead``: and what it may wish for soon.

        Who comes back again and again at one instant needs a row each time and cannot wait
        for it; half as many rows more each time are soon enough.
        """
        at, number = int(state[lay.WISHED]), int(state[lay.WISHES])
        state[lay.WISHES] = 0
        wished = {
            (int(of), int(row)) for of, row in state[at : at + 2 * number].reshape(-1, 2)
        } - self._rows.keys()
        if ahead:
            wished |= {
                (of, later) for of, row in wished for later in range(row, row + 4 + row // 2)
            } - self._rows.keys()
        for of, row in sorted(wished):
            self._rows[of, row] = self._sets[of](*self._address, row)
        if wished:
            self.table = self._joined()

    def _joined(self) -> IntArray:
        deep = 1 + max((row for _, row in self._rows), default=0)
        head = np.zeros(1 + deep * len(self._sets), dtype=np.int64)
        head[0] = deep
        parts, at = [head], head.size
        for (of, row), values in self._rows.items():
            head[1 + of * deep + row] = at
            parts.append(values)
            at += values.size
        return np.concatenate(parts)
