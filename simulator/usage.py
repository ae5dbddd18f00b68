"""How far people were in use, and how long work waited for them, exactly in ticks.

Every visit counts, also those of files that came back; a sitting, a trip and an agent's
care count once, however many cases they serve; interrupted work holds nobody while it
waits. So busy time is work done, and the time waited is the length of the queue, added up.
People are watched while their cases come; see :mod:`simulator.watching`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, Plan
from simulator.trace import Hold, Trace


class Usage(NamedTuple):
    """A group of people in one replication; ticks of the calendar that it keeps.

    Attributes
    ----------
    held : int
        For which people worked on cases while they were watched, added up over people.
    able : int
        For which they could have been: the opening hours of each while they were watched;
        absence and outages are not taken off.
    queued : int
        For which work waited for them meanwhile, added up over work: the length of the
        queue, added up over time.
    hours : int
        Opening hours of the group while it was watched.
    visits : int
        How often work came to them meanwhile.
    waited : int
        For how long that work waited until it was taken up or had left, however late that was.
    since, until : int
        From which to which civil tick they were watched.
    streamed : int
        1: while their cases came, see :mod:`simulator.watching`; 0: from start to end.
    """

    held: int
    able: int
    queued: int
    hours: int
    visits: int
    waited: int
    since: int
    until: int
    streamed: int


NOTHING = Usage(0, 0, 0, 0, 0, 0, 0, 0, 0)
"""Of pools that no desk needs or all may use."""


class Visits:
    """All visits of a replication, and the open time of calendars at their instants.

    Attributes
    ----------
    rows : array of shape (rows, 6)
        See :meth:`simulator.trace.Trace.visits`; in no order.
    """

    def __init__(self, plan: Plan, trace: Trace) -> None:
        self.plan = plan
        self.rows = trace.visits(ordered=False)
        self._open: dict[int, tuple[IntArray, IntArray, IntArray]] = {}

    def open(self, calendar: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return the open ticks of a calendar before each visit's ready, start and end."""
        if calendar not in self._open:
            keeps = self.plan.calendars[calendar]
            start = np.zeros(1, dtype=np.int64)
            ready, begin, end = (
                keeps.worked_many(start, np.ascontiguousarray(self.rows[:, place]))
                for place in (3, 4, 5)
            )
            self._open[calendar] = ready, begin, end
        return self._open[calendar]

    def ordered(self) -> IntArray:
        """Return the rows by case, desk and visit."""
        case, desk, visit = self.rows[:, :3].T
        return np.asarray(self.rows[np.lexsort((visit, desk, case))])


def waits_of(plan: Plan, trace: Trace, pool: int) -> IntArray:
    """Return every stretch in which work waited for a pool: an array of rows (from, to).

    One for each visit, for each interruption, and for each case that left the queue.
    """
    needs = np.array([pool in desk.pools for desk in plan.desks], dtype=np.bool_)
    rows = trace.visits(ordered=False)
    vain = in_vain(trace)
    holds = trace.holds[trace.holds[:, 1] == pool]
    again = np.isin(holds[:, 0], [Hold.PAUSE, Hold.IN_VAIN])
    return np.concatenate(
        [rows[needs[rows[:, 1]], 3:5], vain[needs[vain[:, 1]], 2:4], holds[again, 2:4]]
    )


class Pairs(NamedTuple):
    """Visits and the pools that each needs; those that need several occur several times.

    Attributes
    ----------
    row : array
        Place of the visit among those of the trace.
    pool : array
        Index of the pool.
    """

    row: IntArray
    pool: IntArray


def pairs_of(plan: Plan, desk: IntArray) -> Pairs:
    """Return the pools that visits to these desks need."""
    needs = [tuple(dict.fromkeys(each.pools)) for each in plan.desks]
    rows, pools = [], []
    for slot in range(max((len(each) for each in needs), default=0)):
        at = np.array([each[slot] if slot < len(each) else -1 for each in needs], dtype=np.int64)
        pool = at[desk]
        row = np.flatnonzero(pool >= 0)
        rows.append(row)
        pools.append(pool[row])
    nothing = np.zeros(0, dtype=np.int64)
    return Pairs(np.concatenate([nothing, *rows]), np.concatenate([nothing, *pools]))


def interrupted(rows: IntArray, pauses: IntArray) -> IntArray:
    """Return for each pause the place of the visit that it interrupted.

    Parameters
    ----------
    rows : array of shape (visits, 6)
        See :meth:`simulator.trace.Trace.visits`.
    pauses : array of shape (pauses, 6)
        Those of :attr:`simulator.trace.Trace.holds` that are a :attr:`Hold.PAUSE`.
    """
    if not len(pauses):
        return np.zeros(0, dtype=np.int64)
    places: dict[tuple[int, int], list[int]] = defaultdict(list)
    hit = np.isin(rows[:, 0], pauses[:, 4])
    for place in np.flatnonzero(hit).tolist():
        places[int(rows[place, 0]), int(rows[place, 1])].append(place)
    return np.array(
        [
            next(at for at in places[case, desk] if rows[at, 4] <= since and until <= rows[at, 5])
            for _, _, since, until, case, desk in pauses.tolist()
        ],
        dtype=np.int64,
    )


def last_visits(plan: Plan, trace: Trace, rows: IntArray) -> NDArray[np.bool_]:
    """Return which visits are the last of their case to their desk: their work is known."""
    if not trace.work.size:
        return np.zeros(len(rows), dtype=np.bool_)
    if not trace.earlier.size:
        return np.ones(len(rows), dtype=np.bool_)
    width = int(max(rows[:, 2].max(), trace.earlier[:, 2].max())) + 1
    scale = np.array([len(plan.desks) * width, width, 1])
    return np.asarray(~np.isin(rows[:, :3] @ scale, trace.earlier[:, :3] @ scale))


def in_vain(trace: Trace) -> IntArray:
    """Return who queued and was not served: case, desk, from, to."""
    if not trace.served.size or trace.served.all():
        return np.zeros((0, 4), dtype=np.int64)
    case, desk = np.nonzero(~trace.served & (trace.start > trace.ready))
    return np.column_stack([case, desk, trace.ready[case, desk], trace.start[case, desk]])
