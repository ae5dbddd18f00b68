"""A first schedule where some waits have a longest lag: what was too early is put off."""

from __future__ import annotations

import numpy as np

from optimizer.heads_and_tails import IntArray, ends_of, last_slots
from optimizer.placing import BeyondAxisError, Placer
from optimizer.portfolio import Mode, Portfolio, Times

_MOST_TRIES = 200


def within_most(portfolio: Portfolio, placer: Placer) -> Times | None:
    """Return a schedule in the cheapest modes, None if putting off does not lead to one.

    Whenever a later activity comes too late for an earlier one, the earlier one is not
    allowed to start as soon any more, and all is placed anew.
    """
    order = portfolio.order
    if order is None:
        return None
    modes = [
        _cheapest(portfolio, activity.project, activity.modes) for activity in portfolio.activities
    ]
    longest = [(r, last_slots(portfolio, r)) for r in portfolio.relations if r.at_most]
    back = [r for r in portfolio.relations if r.from_start and r.lag < 0 and not r.at_most]
    released = placer.release.copy()
    try:
        for _ in range(_MOST_TRIES):
            times = placer.timetable(order, modes)
            is_late = False
            for relation, table in longest:
                if relation.when and modes[relation.when[0]] not in relation.when[1]:
                    continue
                start = times.starts[relation.after]
                moment = (times.starts if relation.from_start else times.ends)[relation.before]
                if start > int(table[moment]):
                    is_late = True
                    before = relation.before
                    needed = int(np.searchsorted(table, start))
                    if not relation.from_start:
                        mode = portfolio.activities[before].modes[modes[before]]
                        needed = _start_for(ends_of(portfolio, mode), needed)
                    placer.release[before] = max(placer.release[before], needed)
            for relation in back:
                needed = times.starts[relation.before] + relation.lag
                if times.starts[relation.after] < needed:
                    is_late = True
                    placer.release[relation.after] = needed
            if not is_late:
                return times
    except BeyondAxisError:
        return None
    finally:
        placer.release = released
    return None


def _start_for(table: IntArray, end: int) -> int:
    return int(np.searchsorted(table, end))


def _cheapest(portfolio: Portfolio, project: int, modes: tuple[Mode, ...]) -> int:
    """Return the first of the modes that use least, at the project's first centre."""
    centre = (portfolio.projects[project].centres or (-1,))[0]
    allowed = [m for m, mode in enumerate(modes) if mode.centre in (-1, centre)]
    return min(allowed, key=lambda m: (sum(amount for _, amount in modes[m].uses), m))
