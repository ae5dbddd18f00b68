"""Redesigns under luck but without queues: thousands of cases at once, all with the same luck.

Case k has the same luck in every redesign, drawn at the same address as in the simulator, so
differences between redesigns are far more certain than their values. Good for the means and
quantiles of single projects; where offices are crowded, only simulation will do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.lever_effects import Footprints
from optimizer.lever_offers import Choice, Design, OfferBook
from optimizer.redesign_model import Limit, pattern_of
from rules import Duration, Kind, Procedure, Step
from rules.flows import Parallel, Serial
from scenarios.distributions import Distribution
from scenarios.streams import stream_of

FloatArray = NDArray[np.float64]

_WITHOUT_LUCK = (Kind.NOTICE, Kind.WAIT)


class Sampler:
    """The days of many cases under any redesign of one procedure.

    Parameters
    ----------
    book : OfferBook
        The offers; their ``rework`` says how often early work must be done again.
    spread : Distribution
        Factor between a step's days on paper and what happens.
    cases : int
        How many.
    seed : int
        The same seed gives the same luck.
    """

    def __init__(
        self, book: OfferBook, spread: Distribution, cases: int = 1000, seed: int = 1
    ) -> None:
        self.book = book
        self.spread = spread
        self.cases = cases
        self.seed = seed
        self.plans = 0
        self._luck: dict[str, FloatArray] = {}
        self._work: dict[tuple[str, Duration, bool], FloatArray] = {}

    def days(self, design: Design) -> FloatArray:
        """Return of each case the working days from start to end."""
        self.plans += 1
        procedure = design.procedure
        work = {step.key: self.work(step) for step in procedure.steps}
        flow = procedure.flow
        edges = procedure.work_edges
        if (
            isinstance(flow, Serial)
            and not procedure.pending
            and not any(edge.lag.amount for edge in edges)
        ):
            return np.asarray(np.sum(list(work.values()), axis=0), dtype=np.float64)
        if not isinstance(flow, Parallel):
            edges = (*flow.edges(procedure), *edges)
        before: dict[str, list[tuple[str, float]]] = {key: [] for key in work}
        for edge in edges:
            lag = float(edge.lag.paper_days) if edge.lag.amount else 0.0
            before[edge.after].append((edge.before, lag))
        rework = max((self.book[key].rework for key in design.choice), default=0.0)
        repeats: dict[str, list[tuple[str, str]]] = {}
        for edge in procedure.edges if rework else ():
            if edge.formal_at:
                repeats.setdefault(edge.formal_at, []).append(edge.ends)
        ends: dict[str, FloatArray] = {}
        for key in _in_order(before):
            start = _latest([ends[b] + lag if lag else ends[b] for b, lag in before[key]])
            for early, late in repeats.get(key, ()):
                again = self.luck(f"rework {early} {late}") < rework
                start = np.maximum(start, ends[early] + again * work[late])
            ends[key] = start + work[key]
        return np.asarray(_latest(list(ends.values())), dtype=np.float64)

    def work(self, step: Step) -> FloatArray:
        """Return of each case the days of a step; a joint step's follow its rule."""
        if step.rule is not None:
            inside = {member.key: self.work(member) for member in step.members}
            value = step.rule.value(inside, constant=float, longer=np.maximum, shorter=np.minimum)
            return np.broadcast_to(np.asarray(value, dtype=np.float64), (self.cases,))
        if len(step.members) == 1:
            return self.work(step.members[0])
        name = step.key, step.duration, step.kind in _WITHOUT_LUCK
        if name not in self._work:
            days = float(step.days)
            if step.kind in _WITHOUT_LUCK:
                self._work[name] = np.full(self.cases, days)
            else:
                self._work[name] = self.spread.quantile(self.luck(step.key)) * days
        return self._work[name]

    def luck(self, name: str) -> FloatArray:
        """Return one number of each case, the same in every redesign."""
        if name not in self._luck:
            from simulator.draws import uniforms

            numbers = uniforms(
                self.seed, 0, np.arange(self.cases)[:, None], np.array([[stream_of(name)]])
            )
            self._luck[name] = np.asarray(numbers, dtype=np.float64).reshape(self.cases)
        return self._luck[name]


def quantile(days: FloatArray, q: float = 0.9) -> float:
    """Return the days that a share q of the cases keep: an order statistic, not interpolated.

    Examples
    --------
    >>> quantile(np.arange(1.0, 11.0))
    9.0
    """
    rank = max(0, int(np.ceil(q * len(days) - 1e-9)) - 1)
    return float(np.partition(days, rank)[rank])


@dataclass(frozen=True, slots=True)
class Sampled:
    """The best redesign on a sample.

    Attributes
    ----------
    design : Design
        The redesign.
    mean, p90 : float
        Working days over the cases of the sample.
    proved : bool
        Whether it is surely the best on this sample.
    plans : int
        Redesigns that were sampled.
    """

    design: Design
    mean: float
    p90: float
    proved: bool
    plans: int


class SampleSearch:
    """Finds the redesign with the least mean or P90 on a sample.

    Parameters
    ----------
    sampler : Sampler
        Gives the days.
    q : float
        The quantile to make least; 0: the mean.
    limits : sequence of Limit
        Budgets: people, money, effort, levers.
    """

    def __init__(self, sampler: Sampler, q: float = 0.9, limits: Sequence[Limit] = ()) -> None:
        self.sampler = sampler
        self.book = sampler.book
        self.q = q
        self.limits = tuple(limits)
        self._values: dict[Choice, float | None] = {}

    def value(self, choice: Choice) -> float | None:
        """Return what is made least; None if the choice is unlawful or beyond a budget."""
        if choice not in self._values:
            self._values[choice] = self._value(choice)
        return self._values[choice]

    def affordable(self, choice: Choice) -> bool:
        """Whether the choice keeps the budgets."""
        return all(self.book.cost(choice, each.measure) <= each.most for each in self.limits)

    def swap(self, starts: Sequence[Choice]) -> Sampled:
        """Improve choices by taking, leaving or swapping one offer until nothing helps.

        Parameters
        ----------
        starts : sequence of frozenset
            Where to begin; those of the exact paper search are good. The empty choice is
            always tried.
        """
        best: Choice = frozenset()
        for start in dict.fromkeys((*starts, best)):
            reached = self._climb(start)
            here, there = self.value(reached), self.value(best)
            if here is not None and (there is None or here < there):
                best = reached
        return self._answer(best, proved=False)

    def prove(self, known: Choice) -> Sampled:
        """Return the best choice on the sample, by branch and bound from a known one.

        Offers are decided in order. A branch is cut off when its offers are refused or
        beyond a budget, or when even the freest procedure that the open offers could
        leave is no better on the sample than what is known.
        """
        best, least = known, self._at_least(known)
        if least == math.inf:
            best, least = frozenset(), self._at_least(frozenset())
        floor = _Floors(self.sampler, Footprints(self.book), self.q)
        keys = [offer.key for offer in self.book.offers]

        def branch(place: int, taken: Choice) -> None:
            nonlocal best, least
            open_ = [
                p
                for p in range(place, len(keys))
                if self.affordable(taken | {keys[p]})
                and not taken & set(self.book.offers[p].excludes)
            ]
            if not open_:
                value = self.value(taken) if self.book.consistent(taken) else None
                if value is not None and value < least:
                    best, least = taken, value
                return
            if floor.least(taken, open_, place) >= least:
                return
            at = open_[0]
            more = taken | {keys[at]}
            if isinstance(self.book.apply(more), Design):
                branch(at + 1, more)
            branch(at + 1, taken)

        branch(0, frozenset())
        return self._answer(best, proved=True)

    def _at_least(self, choice: Choice) -> float:
        value = self.value(choice)
        return math.inf if value is None else value

    def _climb(self, choice: Choice) -> Choice:
        while True:
            here = self.value(choice)
            better = [
                (value, self.book.in_order(other), other)
                for other in self._neighbours(choice)
                if (value := self.value(other)) is not None and (here is None or value < here)
            ]
            if not better:
                return choice
            choice = min(better)[2]

    def _neighbours(self, choice: Choice) -> list[Choice]:
        every = [offer.key for offer in self.book.offers]
        leave = [choice - {key} for key in choice]
        take = [choice | {key} for key in every if key not in choice]
        swaps = [less | {key} for less in leave for key in every if key not in choice]
        return [
            other
            for other in dict.fromkeys((*take, *leave, *swaps))
            if self.affordable(other) and self.book.consistent(other)
        ]

    def _value(self, choice: Choice) -> float | None:
        if not (self.affordable(choice) and self.book.consistent(choice)):
            return None
        design = self.book.apply(choice)
        if not isinstance(design, Design):
            return None
        days = self.sampler.days(design)
        return quantile(days, self.q) if self.q else float(days.mean())

    def _answer(self, choice: Choice, proved: bool) -> Sampled:
        design = self.book.apply(choice)
        assert isinstance(design, Design)
        days = self.sampler.days(design)
        return Sampled(design, float(days.mean()), quantile(days), proved, self.sampler.plans)


class _Floors:
    """Lower bounds on a sample for all choices that extend a partial one."""

    def __init__(self, sampler: Sampler, prints: Footprints, q: float) -> None:
        from optimizer.redesign_model import Master

        self.sampler = sampler
        self.prints = prints
        self.q = q
        self.today: Procedure = prints.today
        master = Master(prints)
        self.edges = [
            (edge.before, edge.after, frozenset(master.breakers(edge)), float(edge.lag.paper_days))
            for edge in self.today.work_edges
        ]
        self.steps = [(step.key, float(step.days), sampler.work(step)) for step in self.today.steps]
        self.floors = [
            {key: float(days) for key, days in each.floors.items()} for each in prints.effects
        ]
        self.known: dict[Any, float] = {}

    def least(self, taken: Choice, open_: Sequence[int], place: int) -> float:
        """Return a bound: every step and prerequisite that a taken or open offer may touch is free.

        Joint steps of taken offers are left out of the bound as if they took no time.
        """
        active = {p for p, on in pattern_of(self.prints, taken, range(place)) if on} | set(open_)
        effects = [self.prints.effects[p] for p in sorted(active)]
        if any(each.anything for each in effects):
            return 0.0
        without_lags = any(each.lags or each.removes for each in effects)
        kept = [
            (before, after, 0.0 if without_lags else lag)
            for before, after, breakers, lag in self.edges
            if breakers.isdisjoint(active)
        ]
        freed = {key for each in effects for key in each.removes}
        freed |= {key for each in effects for joining in each.joins for key in joining.parts}
        shares: list[float] = []
        for key, days, _ in self.steps:
            if key in freed:
                shares.append(0.0)
                continue
            least = min([self.floors[p].get(key, days) for p in active], default=days)
            shares.append(least / days if least < days else 1.0)
        name = tuple(kept), tuple(shares)
        if name not in self.known:
            work: dict[str, FloatArray | float] = {
                key: own if share == 1.0 else own * share if share else 0.0
                for (key, _, own), share in zip(self.steps, shares, strict=True)
            }
            self.known[name] = self._length(kept, work)
        return self.known[name]

    def _length(
        self, kept: Sequence[tuple[str, str, float]], work: dict[str, FloatArray | float]
    ) -> float:
        before: dict[str, list[tuple[str, float]]] = {step.key: [] for step in self.today.steps}
        for early, late, lag in kept:
            before[late].append((early, lag))
        ends: dict[str, FloatArray] = {}
        zero = np.zeros(self.sampler.cases)
        for (
            key,
            waits,
        ) in before.items():  # handling order respects every prerequisite that binds work
            start = _latest([ends[b] + lag if lag else ends[b] for b, lag in waits], zero)
            ends[key] = start + work[key]
        days = np.asarray(_latest(list(ends.values()), zero))
        return quantile(days, self.q) if self.q else float(days.mean())


def _latest(times: Sequence[Any], none: Any = 0.0) -> Any:
    if not times:
        return none
    latest = times[0]
    for other in times[1:]:
        latest = np.maximum(latest, other)
    return latest


def _in_order(before: dict[str, list[tuple[str, float]]]) -> list[str]:
    """Return the steps so that each comes after those it waits for."""
    done: dict[str, None] = {}
    waiting = list(before)
    while waiting:
        ready = [key for key in waiting if all(b in done for b, _ in before[key])]
        if not ready:
            raise ValueError(f"mutual prerequisites among {', '.join(waiting)}")
        done.update(dict.fromkeys(ready))
        waiting = [key for key in waiting if key not in done]
    return list(done)
