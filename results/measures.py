"""What is measured of a design's replications, from the whole numbers of their tally."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules import Name
from scenarios import AMPLE, Plan
from simulator import Interval, mean_interval
from simulator.blocks import BY_STEP, Design, Tally
from simulator.tally_rows import PARTS
from simulator.usage import Usage

LEVEL = 0.95
"""Confidence of every interval in reports."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Elapsed working days of finished cases, one value for each replication.

    Elapsed is the applicant's clock, from arrival to the end of the last step, in
    working days of the counting calendar. A replication in which no case was finished
    has nan.

    Attributes
    ----------
    mean, p50, p90 : array of shape (replications,)
        Mean, median and 90th percentile over the finished cases of each replication.
    on_time : array of shape (replications,)
        Share of cases that take no longer than the paper days, of those that were
        finished or are in process for longer already.
    """

    mean: FloatArray
    p50: FloatArray
    p90: FloatArray
    on_time: FloatArray


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How a pool of people fared.

    Attributes
    ----------
    key : str
        ``<office>.window`` or ``<office>.reviewer``.
    name : Name
        The office.
    capacity : int
        People.
    utilisation : Interval
        Share of their open time that people hold work, while they are watched.
    wait : Interval
        Mean working days that work which comes meanwhile waits for them, each time.
    queue : Interval
        Mean number of pieces of work that wait meanwhile, over their open time.
    watched : tuple of float
        From which to which working day they are watched; means over replications.
    streamed : bool
        Whether they are watched while their cases come, and not from start to end; see
        :mod:`simulator.watching`.
    """

    key: str
    name: Name
    capacity: int
    utilisation: Interval
    wait: Interval
    queue: Interval
    watched: tuple[float, float]
    streamed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Where the time of cases went, and what decided their end.

    Attributes
    ----------
    counted : Times
        The legal clock's working days; ``on_time`` is not asked and empty.
    parts : dict of str to array of shape (replications,)
        Mean working days of a finished case in each of :data:`simulator.blocks.PARTS`,
        added up over its steps: steps side by side each count. Then ``between_steps``, and
        less than zero ``side_by_side``: what was counted more than once. All together are
        the elapsed time.
    critical : dict of str to array of shape (replications,)
        Share of all finished cases in which a step was on the chain that decided the end; a
        step that few cases have decides for few.
    waited : dict of str to array of shape (replications,)
        Mean working days that a finished case of a type that has a step queues in it.
    people : dict of str to tuple of str
        Pools that can be waited for in a step.
    outcomes : dict of str to int
        Cases of all replications that were finished, refused, withdrawn, turned away, or
        are in process when the run ends.
    """

    counted: Times
    parts: dict[str, FloatArray]
    critical: dict[str, FloatArray]
    waited: dict[str, FloatArray]
    people: dict[str, tuple[str, ...]]
    outcomes: dict[str, int]


def times_of(design: Design, tally: Tally) -> Times:
    """Return the elapsed times of each replication."""
    return Times(
        _share(tally, "elapsed", "cases", design.plan.day_ticks),
        _days(tally, "p50", design.plan.day_ticks),
        _days(tally, "p90", design.plan.day_ticks),
        # a design that has no days on paper has no limit to keep
        np.full(tally.replications, np.nan)
        if design.limit < 0
        else _share(tally, "within", "judged", 1),
    )


def flow_of(design: Design, tally: Tally) -> Flow:
    """Return where the time went in each replication."""
    day = design.plan.day_ticks
    critical, waited, people = {}, {}, {}
    finished = tally.column("cases").tolist()
    places: dict[str, list[int]] = {}
    for place, step in enumerate(design.plan.steps):
        places.setdefault(step.key, []).append(place)
    # several types of cases may have a step: it is one step, and all finished cases are asked
    for key, at in places.items():
        often, of, ticks = (
            np.sum([tally.step(place, name) for place in at], axis=0).tolist() for name in BY_STEP
        )
        critical[key] = np.array([_ratio(n, each) for n, each in zip(often, finished, strict=True)])
        waited[key] = np.array([_ratio(n, each) / day for n, each in zip(ticks, of, strict=True)])
        numbers = dict.fromkeys(
            pool
            for place in at
            for desk in design.plan.steps[place].desks
            for pool in design.plan.desks[desk].pools
        )
        people[key] = tuple(
            design.plan.pools[pool].key
            for pool in numbers
            if design.plan.pools[pool].capacity < AMPLE
        )
    others = ("refused", "withdrawn", "turned_away", "in_process")
    return Flow(
        Times(
            _share(tally, "counted", "cases", day),
            _days(tally, "counted_p50", day),
            _days(tally, "counted_p90", day),
            np.zeros(0),
        ),
        {part: _share(tally, part, "cases", day) for part in PARTS} | _rest(tally, day),
        critical,
        waited,
        people,
        {"finished": tally.cases} | {each: int(tally.column(each).sum()) for each in others},
    )


def _rest(tally: Tally, day: int) -> dict[str, FloatArray]:
    """Return what makes the parts add up to the elapsed time."""
    inside = tally.column("in_steps").tolist()
    parts = np.sum([tally.column(part) for part in PARTS], axis=0).tolist()
    found: dict[str, list[float]] = {"between_steps": [], "side_by_side": []}
    for each, elapsed, total, count in zip(
        inside, tally.column("elapsed").tolist(), parts, tally.column("cases").tolist(), strict=True
    ):
        found["between_steps"].append(_ratio(elapsed - each, count) / day)
        found["side_by_side"].append(_ratio(each - total, count) / day)
    return {name: np.array(values, dtype=np.float64) for name, values in found.items()}


def pool_uses(design: Design, tally: Tally) -> tuple[PoolUse, ...]:
    """Return how each group of people fared, by key."""
    plan = design.plan
    uses = []
    for place, number in enumerate(design.pools()):
        pool = plan.pools[number]
        uses_of = tally.usage(design, place)
        busy, waits, queue = pool_ratios(uses_of, plan.calendars[pool.calendar].day_ticks)
        uses.append(
            PoolUse(
                pool.key,
                pool.name,
                pool.capacity,
                mean_interval(busy, LEVEL),
                mean_interval(waits, LEVEL),
                mean_interval(queue, LEVEL),
                (
                    _mean_day(plan, [each.since for each in uses_of]),
                    _mean_day(plan, [each.until for each in uses_of]),
                ),
                2 * sum(each.streamed for each in uses_of) > len(uses_of),
            )
        )
    return tuple(sorted(uses, key=lambda use: use.key))


def pool_ratios(uses: Sequence[Usage], day: int) -> tuple[list[float], list[float], list[float]]:
    """Return utilisation, mean wait in working days and queue length of each replication.

    Parameters
    ----------
    uses : sequence of Usage
        Of one pool, one for each replication.
    day : int
        Ticks of a working day of its people.
    """
    return (
        [use.held / max(1, use.able) for use in uses],
        [use.waited / max(1, use.visits) / day for use in uses],
        [use.queued / max(1, use.hours) for use in uses],
    )


def watched_words(pools: Sequence[PoolUse]) -> tuple[Name, ...]:
    """Say over which time people were watched; see :mod:`simulator.watching`."""
    said = []
    if any(pool.streamed for pool in pools):
        said.append(_STREAMED)
    if any(not pool.streamed for pool in pools):
        said.append(_BATCH if not said else _OTHERS)
    return tuple(said)


_STREAMED = Name(
    "人员：按收件期间计量（首尾各 5 % 的办件除外），并顺延工作通常到达该岗位所需的时间",
    "people: measured while their cases come (but the first and last 5 %), put off by the time"
    " that work usually takes to reach them",
)
_BATCH = Name(
    "人员：从第一件到件起，至最后一件办完止",
    "people: measured from the first arrival to the last end",
)
_OTHERS = Name(
    "办件少于 10 件的人员：从第一件到件起，至最后一件办完止",
    "people with fewer than 10 cases: measured from their first arrival to their last end",
)


def _mean_day(plan: Plan, ticks: list[int]) -> float:
    counting = plan.calendars[0]
    total = sum(counting.worked(0, each) for each in ticks)
    return total / len(ticks) / counting.day_ticks if ticks else math.nan


def _share(tally: Tally, what: str, of: str, day: int) -> FloatArray:
    # divided as Python numbers, whole by whole: the same bits everywhere
    pairs = zip(tally.column(what).tolist(), tally.column(of).tolist(), strict=True)
    return np.array([_ratio(total, count) / day for total, count in pairs], dtype=np.float64)


def _days(tally: Tally, what: str, day: int) -> FloatArray:
    pairs = zip(tally.column(what).tolist(), tally.column("cases").tolist(), strict=True)
    return np.array([ticks / day if count else math.nan for ticks, count in pairs])


def _ratio(total: int, count: int) -> float:
    return total / count if count else math.nan
