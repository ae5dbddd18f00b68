"""How early each activity can start and what must still follow it, if nobody ever queues."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from optimizer.portfolio import Axis, Mode, Portfolio, Relation

IntArray = NDArray[np.int64]


class NoScheduleError(ValueError):
    """Waits alone already contradict each other; the message names those that do."""


def end_tables(portfolio: Portfolio) -> list[IntArray]:
    """Return for each activity its earliest end by start, in the quickest mode.

    Entries go from slot 0 to one slot beyond the axis, which stands for "never".
    """
    known: dict[tuple[Mode, ...], IntArray] = {}
    for activity in portfolio.activities:
        if activity.modes not in known:
            tables = [ends_of(portfolio, mode) for mode in activity.modes]
            known[activity.modes] = np.minimum.reduce(tables)
    return [known[activity.modes] for activity in portfolio.activities]


def ends_of(portfolio: Portfolio, mode: Mode) -> IntArray:
    """Return the earliest end of one mode for each slot from which it may start."""
    slots = portfolio.axis.slots
    every: IntArray = np.arange(slots + 2, dtype=np.int64)
    if not mode.days:
        return every
    calendar = np.array(portfolio.calendar_of(mode), dtype=np.int64)
    last = np.searchsorted(calendar, every) + mode.days - 1
    inside = last < len(calendar)
    ends = np.full(slots + 2, slots + 1, dtype=np.int64)
    ends[inside] = calendar[last[inside]] + 1
    return ends


def first_slots(portfolio: Portfolio, relation: Relation) -> IntArray:
    """Return the first slot allowed by a shortest lag, for each end (or start) before it."""
    if relation.natural:
        return _first_dates(portfolio.axis, relation.lag, _from_morning(portfolio, relation))
    return _first_counted(portfolio.axis, relation.lag, relation.calendar)


def last_slots(portfolio: Portfolio, relation: Relation) -> IntArray:
    """Return the last slot allowed by a longest lag, for each end (or start) before it."""
    if relation.natural:
        return _last_dates(portfolio.axis, relation.lag, _from_morning(portfolio, relation))
    return _last_counted(portfolio.axis, relation.lag, relation.calendar)


def _from_morning(portfolio: Portfolio, relation: Relation) -> bool:
    modes = portfolio.activities[relation.before].modes
    return relation.from_start or all(not mode.days for mode in modes)


@lru_cache(maxsize=512)
def _first_dates(axis: Axis, lag: int, morning: bool) -> IntArray:
    slots = axis.slots
    found = np.searchsorted(np.array(axis.dates), _mornings(axis, morning) + lag)
    ready: IntArray = np.where(found < slots, found, slots + 1).astype(np.int64)
    ready[-1] = slots + 1
    return ready


@lru_cache(maxsize=512)
def _last_dates(axis: Axis, lag: int, morning: bool) -> IntArray:
    dates = np.array(axis.dates)
    return np.searchsorted(dates, _mornings(axis, morning) + lag, side="right").astype(np.int64) - 1


@lru_cache(maxsize=512)
def _first_counted(axis: Axis, lag: int, calendar: int) -> IntArray:
    slots = axis.slots
    every: IntArray = np.arange(slots + 2, dtype=np.int64)
    if not calendar or not lag:
        return np.clip(every + lag, 0, slots + 1)
    open_ = np.array(axis.calendars[calendar], dtype=np.int64)
    last = np.searchsorted(open_, every) + lag - 1
    inside = last < len(open_)
    ready = np.full(slots + 2, slots + 1, dtype=np.int64)
    ready[inside] = open_[last[inside]] + 1
    return np.maximum(ready, every)


@lru_cache(maxsize=512)
def _last_counted(axis: Axis, lag: int, calendar: int) -> IntArray:
    slots = axis.slots
    every: IntArray = np.arange(slots + 2, dtype=np.int64)
    if not calendar:
        return np.clip(every + lag, -1, slots)
    open_ = np.array(axis.calendars[calendar], dtype=np.int64)
    last = np.searchsorted(open_, every) + lag
    inside = last < len(open_)
    latest = np.full(slots + 2, slots, dtype=np.int64)
    latest[inside] = open_[last[inside]]
    return latest


def _mornings(axis: Axis, morning: bool) -> IntArray:
    """Return the day from which a lag counts, by slot."""
    dates = [*axis.dates, axis.dates[-1] + 1] if morning else list(axis.over)
    return np.array([*dates, dates[-1] + 1], dtype=np.int64)


def earliest(portfolio: Portfolio) -> tuple[list[int], list[int]]:
    """Return the earliest start and end of each activity if nobody ever queues.

    Raises
    ------
    NoScheduleError
        If shortest and longest lags contradict each other, or the slots do not suffice.
    """
    slots = portfolio.axis.slots
    tables = end_tables(portfolio)
    starts = [portfolio.projects[a.project].release for a in portfolio.activities]
    ends = [int(table[start]) for table, start in zip(tables, starts, strict=True)]
    into: list[list[tuple[Relation, IntArray]]] = [[] for _ in portfolio.activities]
    back: list[tuple[Relation, IntArray]] = []
    for relation in portfolio.relations:
        if relation.when is not None:
            continue
        if relation.at_most:
            back.append((relation, last_slots(portfolio, relation)))
        else:
            into[relation.after].append((relation, first_slots(portfolio, relation)))
    order = portfolio.order if portfolio.order is not None else tuple(range(len(starts)))
    for _ in range(len(order) + 2):
        changed: Relation | None = None
        for activity in order:
            moment = starts[activity]
            for relation, table in into[activity]:
                origin = (starts if relation.from_start else ends)[relation.before]
                if table[origin] > moment:
                    moment, changed = int(table[origin]), relation
            if moment > starts[activity]:
                starts[activity], ends[activity] = moment, int(tables[activity][moment])
        for relation, table in back:  # the earlier activity must not be over too soon
            needed = int(np.searchsorted(table, starts[relation.after]))
            moments = starts if relation.from_start else ends
            if needed > moments[relation.before]:
                before = relation.before
                if not relation.from_start:
                    needed = max(0, _last_start(tables[before], needed))
                if needed > starts[before]:
                    starts[before], ends[before] = (
                        needed,
                        int(tables[before][min(needed, slots + 1)]),
                    )
                    changed = relation
        worst = max(range(len(ends)), key=ends.__getitem__, default=None)
        if worst is not None and ends[worst] > slots:
            raise NoScheduleError(_why(portfolio, worst, changed))
        if changed is None:
            return starts, ends
        if portfolio.order is not None and not back and not portfolio.has_most:
            return starts, ends
    raise NoScheduleError(_why(portfolio, 0, changed))


def _last_start(table: IntArray, end: int) -> int:
    """Return the first start with which an activity ends at ``end`` or later."""
    return int(np.searchsorted(table, end))


def _why(portfolio: Portfolio, worst: int, relation: Relation | None) -> str:
    key = portfolio.activities[worst].key
    if relation is None or not portfolio.has_most:
        return f"{key!r} does not end within the calendar; give it later days"
    names = [portfolio.activities[number].key for number in (relation.before, relation.after)]
    return (
        f"the shortest and longest lags around {names[0]!r} and {names[1]!r} contradict each other"
    )


def tails(portfolio: Portfolio) -> list[IntArray]:
    """Return for each activity the slot before which its project can be over, by its end.

    Shortest lags count, longest ones and offices do not.
    """
    slots = portfolio.axis.slots
    tables = end_tables(portfolio)
    every: IntArray = np.arange(slots + 2, dtype=np.int64)
    found = [every for _ in portfolio.activities]
    if portfolio.order is None:
        return found
    behind: list[list[Relation]] = [[] for _ in portfolio.activities]
    for relation in portfolio.relations:
        if relation.when is None and not (relation.at_most or relation.from_start):
            behind[relation.before].append(relation)
    for activity in reversed(portfolio.order):
        for relation in behind[activity]:
            after = relation.after
            over = found[after][tables[after][first_slots(portfolio, relation)]]
            found[activity] = np.maximum(found[activity], over)
    return found


def descending(levels: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the different levels, evenly chosen, the highest first.

    Examples
    --------
    >>> descending([1, 5, 5, 3, 2], 2)
    [5, 2]
    """
    distinct = sorted(set(levels), reverse=True)
    return distinct[:: 1 + (len(distinct) - 1) // most] if distinct else []
