"""The luck of every case: numbers by address, and the desk times that follow from them.

One number belongs to (seed, replication, case, stream, visit, purpose). The design
is not part of the address, so the same case has the same luck in baseline and
redesign, in every engine and on any number of workers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray, JointWork, OwnWork, Plan, Work
from scenarios.streams import STREAM_BITS
from simulator.philox import WORD, philox

FloatArray = NDArray[np.float64]

DURATION = 0
"""Purpose of the draw that sets how long a step takes."""
ARRIVAL = 1
"""Purpose of the draw that sets when a case comes; its stream is 0."""

LONGEST = 2**52
"""Most ticks that a step may take, 140 million years: sums stay exact, calendars refuse it."""


def uniforms(
    seed: int,
    replication: int,
    cases: IntArray,
    streams: IntArray,
    *,
    visit: int = 0,
    purpose: int = DURATION,
) -> FloatArray:
    """Return the numbers of many draws, each strictly between 0 and 1.

    The address is laid out for Philox4x64-10 as ``key = (seed, replication)`` and
    ``counter = (case, stream + visit * 2**48, purpose, 0)``: a stream has 48 bits, a
    visit 16. The first word is used; its top 52 bits and a final 1 give a multiple
    of ``2**-53``, so 0 and 1 never occur and a float holds every value exactly.

    Parameters
    ----------
    seed, replication : int
        Taken modulo ``2**64``.
    cases, streams : int64 arrays
        Broadcast together; see :func:`scenarios.streams.stream_of`.
    visit : int
        How often the case came to the step before, below 65,536.
    purpose : int
        :data:`DURATION` or :data:`ARRIVAL`.
    """
    zero = np.zeros(1, dtype=np.uint64)
    counter = (
        np.asarray(cases).astype(np.uint64),
        np.asarray(streams).astype(np.uint64) + np.uint64(visit << STREAM_BITS),
        zero + np.uint64(purpose),
        zero,
    )
    word = philox((seed % WORD, replication % WORD), counter)[0]
    return ((word >> np.uint64(11)) | np.uint64(1)).astype(np.float64) * 2.0**-53


def uniform(
    seed: int, replication: int, case: int, stream: int, *, visit: int = 0, purpose: int = DURATION
) -> float:
    """Return the number of one draw; see :func:`uniforms`.

    Examples
    --------
    >>> uniform(seed=1, replication=0, case=0, stream=5) == uniform(1, 0, 0, 5)
    True
    """
    at = uniforms(
        seed, replication, np.array([case]), np.array([stream]), visit=visit, purpose=purpose
    )
    return float(at[0])


def arrival_times(plan: Plan, seed: int, replication: int) -> IntArray:
    """Return when each case comes, in ticks, on the plan's counting calendar."""
    cases = np.arange(plan.cases)
    luck = uniforms(seed, replication, cases, np.zeros_like(cases), purpose=ARRIVAL)
    return plan.arrivals.times(luck, plan.calendars[0])


def desk_times(plan: Plan, seed: int, replication: int) -> IntArray:
    """Return how long each desk works on each case, in ticks of the desk's calendar.

    Returns
    -------
    array of shape (cases, desks)
        The desks of a step add up to the step's duration exactly.
    """
    times = np.zeros((plan.cases, len(plan.desks)), dtype=np.int64)
    luck = _Luck(plan, seed, replication)
    for step in plan.steps:
        left = duration = luck.ticks(step.work)
        for index in step.desks[:-1]:
            desk = plan.desks[index]
            taken = np.minimum(left, desk.fixed + duration * desk.share // 1000)
            times[:, index] = taken
            left = left - taken
        times[:, step.desks[-1]] = left
    return times


class _Luck:
    """Durations of one replication; every stream of the plan is drawn in one call."""

    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        streams = sorted({stream for step in plan.steps for stream in _streams(step.work)})
        drawn = uniforms(
            seed,
            replication,
            np.arange(plan.cases).reshape(1, -1),
            np.array(streams, dtype=np.int64).reshape(-1, 1),
        )
        self._of_stream = dict(zip(streams, drawn, strict=True))
        self._cases = plan.cases

    def ticks(self, work: Work) -> IntArray:
        """Return the duration of each case, in ticks of the calendar that the work runs on."""
        if isinstance(work, OwnWork):
            exact = work.ticks * work.spread.quantile(self._of_stream[work.stream])
            # rint rounds halves to the even tick
            return np.clip(np.rint(exact), 0, LONGEST).astype(np.int64)
        members: dict[str, Any] = {key: self.ticks(member) for key, member in work.members}
        value = work.rule.value(members, lambda days: days * work.day_ticks, np.maximum, np.minimum)
        return np.broadcast_to(np.asarray(value, dtype=np.int64), self._cases)


def _streams(work: Work) -> list[int]:
    if isinstance(work, JointWork):
        return [stream for _, member in work.members for stream in _streams(member)]
    return [work.stream]
