"""The luck of every case: numbers by address, and the desk times that follow from them.

One number belongs to (seed, replication, case, stream, visit, purpose). The design
is not part of the address, so the same case has the same luck in baseline and
redesign, in every engine and on any number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.arrivals import Poisson, Renewal, Several, on_open_time
from scenarios.case_sorts import piece_of
from scenarios.distributions import Distribution
from scenarios.interruptions import without
from scenarios.plan import IntArray, JointWork, OwnWork, Plan, PlanStep, When, Work
from scenarios.streams import STREAM_BITS, stream_of
from simulator.philox import WORD, philox

FloatArray = NDArray[np.float64]

DURATION = 0
"""Purpose of the draw that sets how long a step takes."""
ARRIVAL = 1
"""Purpose of the draw that sets when a case comes; its stream is 0."""
ROUTE, PATIENCE, LEFT, LEFT_UNTIL, FACT, TYPE, RUNNING, DOWN, ERRAND, FINDING = range(2, 12)
"""Purposes: the way on from a desk, patience, whether and until when work is left to the limit, a
fact, the case type, how long a system runs and is down, other duties, an inspection's finding."""
EXTENSION = 13
"""Purpose of the draw that says whether a limit is extended; its stream is the step's."""
COUNT = 12
"""Purpose of a second number that some arrival patterns need: how many come in a day."""

IN_FLIGHT = 2**40
"""Case number, for draws, of the first case that is in the house when the run begins; those that
come are numbered from 0, so that they have the same luck with and without a backlog."""
ZONE, OTHER_DUTY = 2**41, 2**42
"""Case numbers, for draws, of a zone's first result and of a pool's first other duty."""

LONGEST = 2**52
"""Most ticks that a step may take, 140 million years: sums stay exact, calendars refuse it."""

_AT_ONCE = 2**19
"""Numbers drawn in one call at most; keeps the memory of large runs small."""

_WASTE = 3
"""Numbers that may be drawn for cases in a row for each that is wanted of cases that are not."""


def uniforms(
    seed: int,
    replication: int,
    cases: IntArray,
    streams: IntArray,
    *,
    visit: int | IntArray = 0,
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
    visit : int or array
        How often the case came to the step before, below 65,536.
    purpose : int
        :data:`DURATION`, :data:`ARRIVAL` or another.
    """
    key = seed % WORD, replication % WORD
    row = np.asarray(cases)
    column = np.asarray(streams).astype(np.uint64) + (
        np.asarray(visit).astype(np.uint64) << np.uint64(STREAM_BITS)
    )
    if _in_a_row(row, column):
        word = _rows_of_words(key, row, column, purpose)
    else:
        zero = np.zeros(1, dtype=np.uint64)
        counter = row.astype(np.uint64), column, zero + np.uint64(purpose), zero
        word = philox(key, counter)[0]
    return ((word >> np.uint64(11)) | np.uint64(1)).astype(np.float64) * 2.0**-53


Uniforms = Callable[..., FloatArray]
"""What gives numbers as :func:`uniforms` does: that, or the compiled one of
:mod:`simulator.fast_uniforms`, which is quicker and gives the same to the bit."""

_ROW = 64
"""From so many cases in a row numpy's own generator is quicker than a call for each address."""


def _in_a_row(cases: IntArray, column: NDArray[np.uint64]) -> bool:
    """Whether the cases are consecutive numbers, the same for every stream."""
    if cases.size < _ROW or cases.shape[-1] != cases.size:
        return False
    if column.ndim and column.shape[-1] != 1:
        return False
    flat = cases.ravel()
    return bool(flat[-1] - flat[0] == flat.size - 1 and (np.diff(flat) == 1).all())


def _rows_of_words(
    key: tuple[int, int], cases: IntArray, column: NDArray[np.uint64], purpose: int
) -> NDArray[np.uint64]:
    """Return the first word at consecutive counters, by numpy's generator of the same kind."""
    number = cases.size
    words = np.empty((column.size, number), dtype=np.uint64)
    for place, second in enumerate(column.ravel().tolist()):
        at = (int(cases.ravel()[0]) + (second << 64) + (purpose << 128) - 1) % 2**256
        counter = np.array([at >> 64 * word & WORD - 1 for word in range(4)], dtype=np.uint64)
        generator = np.random.Philox(key=np.array(key, dtype=np.uint64), counter=counter)
        words[place] = generator.random_raw(4 * number)[::4]
    return words.reshape(np.broadcast_shapes(cases.shape, column.shape))


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


def ticks_of(distribution: Distribution, numbers: FloatArray) -> IntArray:
    """Return draws of a distribution in whole ticks, at least 0; halves go to the even tick."""
    return np.clip(np.rint(distribution.quantile(numbers)), 0, LONGEST).astype(np.int64)


EVERYBODY = slice(None)
"""All cases of a plan, for functions that may be asked about some."""


def case_keys(plan: Plan, cases: slice = EVERYBODY) -> IntArray:
    """Return the number by which each case, or each of some, draws its luck."""
    inside = len(plan.in_flight)
    if plan.sortings:
        # by their place among those of their own stream, so that other streams do not move them
        counts = [0] * len(plan.sortings)
        waiting = np.zeros(inside, dtype=np.int64)
        for number, stream in enumerate(_streams_inside(plan)):
            waiting[number] = plan.sortings[stream].salt + IN_FLIGHT + counts[stream]
            counts[stream] += 1
        come = [each.salt + np.arange(each.number) for each in plan.sortings]
        return np.concatenate([waiting, *come])[cases]
    if not inside:  # without a list of all, for there may be millions
        return np.arange(*cases.indices(plan.cases), dtype=np.int64)
    return np.concatenate(
        [IN_FLIGHT + np.arange(inside), np.arange(plan.cases - inside)], dtype=np.int64
    )[cases]


def _streams_inside(plan: Plan) -> list[int]:
    """Return the index of the sorted stream of each case in flight."""
    of = {kind: number for number, each in enumerate(plan.sortings) for kind in each.types}
    return [of[case.type] for case in plan.in_flight]


def arrival_times(
    plan: Plan, seed: int, replication: int, *, numbers: Uniforms = uniforms
) -> IntArray:
    """Return when each case comes, in ticks, on the plan's counting calendar.

    Those in flight stand at the door when it first opens.
    """

    def luck(cases: IntArray, purpose: int = ARRIVAL) -> FloatArray:
        return numbers(seed, replication, cases, np.zeros(1, dtype=np.int64), purpose=purpose)

    inside = len(plan.in_flight)
    if isinstance(plan.arrivals, Several) and plan.sortings:
        streams = []
        for part, each in zip(plan.arrivals.parts, plan.sortings, strict=True):

            def own(index: IntArray, purpose: int = ARRIVAL, salt: int = each.salt) -> FloatArray:
                return luck(index + salt, purpose)

            streams.append(part.times(own(np.arange(each.number)), plan.calendars[0], own))
        at_door = np.full(inside, plan.calendars[0].opening(0))
        return np.concatenate([at_door, *streams])
    cases = np.arange(plan.cases - inside)
    comes = plan.arrivals.times(luck(cases), plan.calendars[0], luck)
    if not inside:
        return comes
    return np.concatenate([np.full(inside, plan.calendars[0].opening(0)), comes])


def arrivals_in_parts(
    plan: Plan, seed: int, replication: int, size: int, *, numbers: Uniforms = uniforms
) -> Iterator[IntArray]:
    """Yield :func:`arrival_times` of so many cases at a time.

    Where gaps follow each other no more than that is in memory.
    """
    pattern = plan.arrivals
    if plan.in_flight or not isinstance(pattern, Poisson | Renewal):
        comes = arrival_times(plan, seed, replication)
        for first in range(0, len(comes), size):
            yield comes[first : first + size]
        return
    passed = 0
    for first in range(0, plan.cases, size):
        cases = np.arange(first, min(first + size, plan.cases))
        stream = np.zeros(1, dtype=np.int64)
        ticks = pattern.open_ticks(
            numbers(seed, replication, cases, stream, purpose=ARRIVAL), passed
        )
        passed = int(ticks[-1])
        yield on_open_time(ticks, plan.calendars[0])


def case_types(
    plan: Plan,
    seed: int,
    replication: int,
    cases: slice = EVERYBODY,
    *,
    numbers: Uniforms = uniforms,
) -> IntArray:
    """Return the case type of each case: those of its arrival stream, or drawn by weight."""
    if plan.sortings:
        return _sorted(plan, case_facts(plan, seed, replication, numbers=numbers))[cases]
    if len(plan.types) == 1:
        return np.zeros(len(range(*cases.indices(plan.cases))), dtype=np.int64)
    keys = case_keys(plan)
    types = np.zeros(plan.cases, dtype=np.int64)
    if len(plan.types) > 1:
        inside = len(plan.in_flight)
        blocks = plan.arrivals.blocks(plan.cases - inside)
        if len(blocks) > 1:
            types[inside:] = np.repeat(np.arange(len(blocks)), blocks)
        else:
            drawn = numbers(seed, replication, keys, np.zeros(1, dtype=np.int64), purpose=TYPE)
            types = _choice([each.weight for each in plan.types], drawn)
        for number, case in enumerate(plan.in_flight):
            types[number] = case.type
    return types[cases]


def case_facts(
    plan: Plan,
    seed: int,
    replication: int,
    cases: slice = EVERYBODY,
    *,
    numbers: Uniforms = uniforms,
) -> IntArray:
    """Return the value of each fact for each case: an array of shape (cases, facts)."""
    keys = case_keys(plan, cases)
    values = np.zeros((len(keys), len(plan.facts)), dtype=np.int64)
    for number, fact in enumerate(plan.facts):
        drawn = numbers(seed, replication, keys, np.array([fact.stream]), purpose=FACT)
        if fact.numbers is None:
            values[:, number] = _choice(fact.weights, drawn)
        else:
            values[:, number] = piece_of(fact.numbers.quantile(drawn), fact.points, fact.whole)
    return values


def _sorted(plan: Plan, facts: IntArray) -> IntArray:
    """Return the case type of each case of sorted streams, those in flight first."""
    inside = len(plan.in_flight)
    streams = np.array(_streams_inside(plan), dtype=np.int64)
    types = np.zeros(plan.cases, dtype=np.int64)
    first = inside
    for number, each in enumerate(plan.sortings):
        come = np.arange(first, first + each.number)
        mine = np.concatenate([np.flatnonzero(streams == number), come])
        place = np.zeros(len(mine), dtype=np.int64)
        for fact in each.facts:
            place = place * len(plan.facts[fact].values) + facts[mine, fact]
        types[mine] = np.array(each.types, dtype=np.int64)[place]
        first += each.number
    return types


def holds(when: Sequence[When], facts: IntArray) -> NDArray[np.bool_]:
    """Return for each case whether it fulfils all conditions."""
    fulfilled = np.ones(len(facts), dtype=np.bool_)
    for each in when:
        fulfilled &= np.isin(facts[:, each.fact], each.values)
    return fulfilled


def desk_times(
    plan: Plan,
    seed: int,
    replication: int,
    cases: slice = EVERYBODY,
    *,
    numbers: Uniforms = uniforms,
) -> IntArray:
    """Return how long each desk works on each case, or each of some, at its first visit.

    Returns
    -------
    array of shape (cases, desks)
        Ticks of the desk's calendar; 0 at desks of other case types and at desks whose
        conditions the case does not fulfil. The desks of a step that have no time of
        their own add up to the step's duration exactly.
    """
    keys = case_keys(plan, cases)
    types = case_types(plan, seed, replication, cases, numbers=numbers)
    facts = case_facts(plan, seed, replication, cases, numbers=numbers)
    times = np.zeros((len(keys), len(plan.desks)), dtype=np.int64)
    steps = [[step for step in plan.steps if step.of == of] for of in range(len(plan.types))]
    streams = [sorted(_streams_of(plan, mine)) for mine in steps]
    for part, drawn in _luck_of(keys, types, streams, (seed, replication), numbers):
        of = int(types[part[0]])
        luck = _Luck(dict(zip(streams[of], drawn, strict=True)), len(part))
        for step in steps[of]:
            for index, ticks in _split(plan, step, luck, facts[part]):
                times[part, index] = ticks
    return times


def _streams_of(plan: Plan, steps: Sequence[PlanStep]) -> set[int]:
    """Return the streams from which the times of steps' desks are drawn."""
    found: set[int] = set()
    for step in steps:
        own = [plan.desks[index].own is not None for index in step.desks]
        found |= {
            plan.desks[index].stream for index, its in zip(step.desks, own, strict=True) if its
        }
        if not all(own):
            found.update(_streams(step.work))
    return found


def _luck_of(
    keys: IntArray,
    types: IntArray,
    streams: Sequence[Sequence[int]],
    address: tuple[int, int],
    numbers: Uniforms,
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield cases of one type with a row of their numbers for each of the type's streams."""
    every = sorted(set().union(*streams))
    wanted = sum(len(each) * int((types == of).sum()) for of, each in enumerate(streams))
    # numpy draws consecutive cases so much sooner that it pays to leave some numbers unused
    together = (
        numbers is uniforms and len(streams) > 1 and len(every) * len(keys) <= _WASTE * wanted
    )
    size = max(1, _AT_ONCE // max(1, len(every)))
    for first in range(0, len(keys), size):
        mine = np.arange(first, min(first + size, len(keys)))
        if together:
            drawn = numbers(*address, keys[mine].reshape(1, -1), _column(every))
        for of, each in enumerate(streams):
            part = mine[types[mine] == of]
            if not len(part):
                continue
            if together:
                yield part, drawn[np.searchsorted(every, each)][:, part - first]
            else:
                yield part, numbers(*address, keys[part].reshape(1, -1), _column(each))


def _column(streams: Sequence[int]) -> IntArray:
    return np.array(streams, dtype=np.int64).reshape(-1, 1)


def _split(plan: Plan, step: PlanStep, luck: _Luck, facts: IntArray) -> list[tuple[int, IntArray]]:
    """Return the desks of a step with the ticks that each takes of each case."""
    shared = [index for index in step.desks if plan.desks[index].own is None]
    duration = luck.ticks(step.work) if shared else np.zeros(luck.cases, dtype=np.int64)
    for each in step.slower:
        longer = np.rint(duration * (each.thousandths / 1000)).astype(np.int64)
        duration = np.where(holds((each.when,), facts), longer, duration)
    applies = holds(step.when, facts)
    left = duration
    found = []
    for index in step.desks:
        desk = plan.desks[index]
        if desk.own is not None:
            taken = ticks_of(desk.own, luck.numbers[desk.stream])
            for each in step.slower if desk.slower else ():
                longer = np.rint(taken * (each.thousandths / 1000)).astype(np.int64)
                taken = np.where(holds((each.when,), facts), longer, taken)
        elif index == shared[-1]:
            taken = left
        else:
            taken = np.minimum(left, desk.fixed + duration * desk.share // 1000)
        if step.when or desk.when:
            taken = np.where(applies & holds(desk.when, facts), taken, 0)
        if desk.own is None:
            left = left - taken
        found.append((index, taken))
    return found


class _Luck:
    """Durations of some cases of one replication."""

    def __init__(self, numbers: dict[int, FloatArray], cases: int) -> None:
        self.numbers = numbers
        self.cases = cases

    def ticks(self, work: Work) -> IntArray:
        """Return the duration of each case, in ticks of the calendar that the work runs on."""
        if isinstance(work, OwnWork):
            exact = work.ticks * work.spread.quantile(self.numbers[work.stream])
            # rint rounds halves to the even tick
            return np.clip(np.rint(exact), 0, LONGEST).astype(np.int64)
        members: dict[str, Any] = {key: self.ticks(member) for key, member in work.members}
        value = work.rule.value(members, lambda days: days * work.day_ticks, np.maximum, np.minimum)
        return np.broadcast_to(np.asarray(value, dtype=np.int64), self.cases)


class Draws:
    """Numbers of one stream and purpose for any case and visit, drawn by blocks.

    Parameters
    ----------
    keys : array
        The number by which each case draws.
    turn : callable
        Turns uniform numbers into what is wanted.
    """

    _BLOCK = 4096

    def __init__(
        self,
        seed: int,
        replication: int,
        stream: int,
        purpose: int,
        keys: IntArray,
        turn: Callable[[FloatArray], NDArray[Any]] = lambda numbers: numbers,
    ) -> None:
        self._address = (seed, replication, stream, purpose)
        self._keys = keys
        self._turn = turn
        self._deep = max(1, self._BLOCK // min(max(1, len(keys)), self._BLOCK))
        self._blocks: dict[tuple[int, int], list[list[Any]]] = {}

    def at(self, case: int, visit: int) -> Any:
        """Return the draw of a case's visit, both from 0."""
        place = case // self._BLOCK, visit // self._deep
        block = self._blocks.get(place)
        if block is None:
            block = self._blocks[place] = self._draw(*place)
        return block[visit % self._deep][case % self._BLOCK]

    def _draw(self, cases: int, visits: int) -> list[list[Any]]:
        seed, replication, stream, purpose = self._address
        keys = self._keys[cases * self._BLOCK : (cases + 1) * self._BLOCK]
        visit = np.arange(visits * self._deep, (visits + 1) * self._deep).reshape(-1, 1)
        numbers = uniforms(
            seed, replication, keys, np.array([stream]), visit=visit, purpose=purpose
        )
        drawn: list[list[Any]] = self._turn(numbers).tolist()
        return drawn


def calendars_of(plan: Plan, seed: int, replication: int) -> tuple[Calendar, ...]:
    """Return the plan's calendars without the absence and outages of this replication."""
    calendars = list(plan.calendars)
    for each in plan.interruptions:

        def luck(index: IntArray, kind: int, stream: int = each.stream) -> FloatArray:
            of = np.array([stream])
            return uniforms(seed, replication, index, of, purpose=RUNNING + kind)

        for number in each.calendars:
            calendars[number] = without(calendars[number], each.shut(plan.calendars[number], luck))
    return tuple(calendars)


def errands(plan: Plan, seed: int, replication: int, pool: int) -> Draws:
    """Return how long each turn of a pool's other duties takes, by its number."""
    other = plan.pools[pool].errand
    if other is None:
        raise ValueError(f"{plan.pools[pool].key} has no other duties")
    return Draws(
        seed,
        replication,
        stream_of(f"errand:{plan.pools[pool].key}"),
        ERRAND,
        OTHER_DUTY + np.arange(2**22),
        lambda numbers: np.maximum(ticks_of(other, numbers), 1),
    )


def _choice(weights: Sequence[float], numbers: FloatArray) -> IntArray:
    """Return for each number the index that it chooses by weight."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    chosen = np.searchsorted(bounds[:-1], numbers * bounds[-1], side="right")
    return np.asarray(chosen, dtype=np.int64)


def _streams(work: Work) -> list[int]:
    if isinstance(work, JointWork):
        return [stream for _, member in work.members for stream in _streams(member)]
    return [work.stream]
