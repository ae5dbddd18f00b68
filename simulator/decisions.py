"""What each office decided, item by item: a joint step holds a decision of every member.

Members of a joint step sit together once, and the applicant is there once; yet each item
stays its office's own decision, with its own date and its own luck: an item that is refused
alone is refused in a joint step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scenarios.plan import REFUSED, IntArray, Plan
from simulator.draws import ROUTE, case_keys, uniforms
from simulator.trace import Trace


class Decision(NamedTuple):
    """A decision of one item on one case.

    Attributes
    ----------
    replication, case : int
        Whose.
    step : str
        Key of the step in which it was taken.
    item : str
        Key of the item: a member of a joint step, or the step itself.
    office : str
        Key of the office that decides it.
    at : int
        Tick of the decision.
    granted : bool
        False where the item was refused, which ends the case.
    """

    replication: int
    case: int
    step: str
    item: str
    office: str
    at: int
    granted: bool


def decisions(plan: Plan, trace: Trace, seed: int, replication: int) -> Iterator[Decision]:
    """Yield the decisions of a replication by step, member and case.

    All members of a joint step decide when it is over. Where one refuses, the case leaves:
    members who would have decided after him have no decision on it.
    """
    keys = case_keys(plan)
    for step in plan.steps:
        asks = [
            index
            for index in step.desks
            if any(route.to == REFUSED for route in plan.desks[index].routes)
        ]
        if len(asks) != len(step.items):
            asks = [step.desks[-1]] * len(step.items)
        for index, (item, office) in zip(asks, step.items, strict=True):
            shares = [r.chance(0) for r in plan.desks[index].routes if r.to == REFUSED]
            of = np.array([plan.desks[index].stream])
            luck = uniforms(seed, replication, keys, of, purpose=ROUTE)
            refused = luck < shares[0] if shares else np.zeros(len(keys), dtype=np.bool_)
            for case in _decided(trace, index, trace.types_of() == step.of):
                at = int(trace.end[case, index])
                yield Decision(
                    replication, case, step.key, item, office, at, not bool(refused[case])
                )


def _decided(trace: Trace, desk: int, mine: IntArray) -> list[int]:
    """Return the cases of a type that came past a desk."""
    came = mine & (trace.served[:, desk] if trace.served.size else True)
    return [int(case) for case in np.flatnonzero(came)]
