"""What is kept of a replication's clocks, lights and case types: whole numbers that add up.

Only plans that watch limits, or sort cases into types, have an account. Its columns follow
from the plan alone, so rows of any replications, engines and workers can be put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules import Kind
from scenarios.lower_review import LowerReview
from scenarios.plan import IntArray, Plan
from simulator.clocks import (
    Clocks,
    StepClocks,
    clocks,
    late,
    late_reviews,
    review_clocks,
    step_clocks,
)
from simulator.trace import Outcome, Trace

CASE = ("cases", "finished", "elapsed", "counted", "promised", "kept")
"""Of all cases and of each type: how many, how many finished; the finished ones' elapsed and
counted ticks of the counting calendar; how many of those had a promise, and kept it."""
PARTS = ("touch", "queue", "dwell", "applicant", "notice", "stopped")
"""Of finished cases: where their time went, in ticks of the counting calendar."""
STEP = ("promised", "kept", "limited", "lawful", "extended")
"""Of each step: decisions with a promise, those that kept it; with a statutory limit, those
within it or its extension, and extensions."""
REVIEW = ("files", "counted", "promised", "kept", "limited", "lawful")
"""Of each review by a lower organ (art. 43): files that it handed over upward, their counted
ticks of the counting calendar; those with a promised limit, and kept; the same by statute."""
LIGHTS = ("yellow", "red")
"""Of each desk: limits whose warning came on there, and that were over there; limits of
decisions under ``light``, those of reviews by lower organs under ``review_light``."""
STOP = ("cases", "ticks")
"""Of each reason for which the law stops the clock: cases, and ticks summed over visits."""

_UNWATCHED = (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)

Column = tuple[str, str, str]
"""Of what (``case``, ``type``, ``step``, ``light``, ``stop``, ``review``, ``review_light``), its
key, and the measure."""


def columns(plan: Plan) -> tuple[Column, ...]:
    """Return what the account of a replication holds, in order."""
    found: list[Column] = []
    if plan.watch is not None:
        found += [("case", "", name) for name in (*CASE, *PARTS)]
    if plan.sortings:
        found += [("type", each.key, name) for each in plan.sortings for name in CASE]
    if plan.watch is not None:
        steps = _watched(plan)
        found += [("step", key, name) for key in steps for name in STEP]
        desks = dict.fromkeys(
            _desk_name(plan, d) for of in steps.values() for d in _desks(plan, of)
        )
        found += [("light", name, light) for name in desks for light in LIGHTS]
        reasons = dict.fromkeys(desk.reason for desk in plan.desks if desk.reason)
        found += [("stop", reason, name) for reason in reasons for name in STOP]
        reviews = _reviews(plan)
        found += [("review", key, name) for key in reviews for name in REVIEW]
        desks = dict.fromkeys(
            _desk_name(plan, d) for of in reviews.values() for _, each in of for d in each.desks
        )
        found += [("review_light", name, light) for name in desks for light in LIGHTS]
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """The accounts of replications.

    Attributes
    ----------
    columns : tuple of Column
        What each column holds.
    rows : array of shape (replications, columns)
        In order of replication.
    """

    columns: tuple[Column, ...]
    rows: IntArray

    def of(self, what: str, key: str, measure: str) -> IntArray:
        """Return a measure of each replication; KeyError if it is not kept."""
        try:
            return self.rows[:, self.columns.index((what, key, measure))]
        except ValueError:
            raise KeyError(f"{what} {key} {measure}") from None

    def keys(self, what: str) -> tuple[str, ...]:
        """Return the types, steps, desks or reasons of which something is kept."""
        return tuple(dict.fromkeys(key for of, key, _ in self.columns if of == what))


def account_row(plan: Plan, trace: Trace) -> IntArray:
    """Return the account of one replication."""
    kept = dict.fromkeys(columns(plan), 0)
    if not kept:
        return np.zeros(0, dtype=np.int64)
    visits = trace.visits()
    times = clocks(plan, trace)
    types = trace.types_of()
    done = trace.outcomes() == Outcome.FINISHED
    promise = np.array([each.promise for each in plan.types], dtype=np.int64)[types]
    everyone = np.ones(len(types), dtype=np.bool_)
    if plan.watch is not None:
        for name, value in _cases(times, promise, everyone, done):
            kept["case", "", name] = value
        for name in PARTS:
            kept["case", "", name] = int(getattr(times, name)[done].sum())
    keys = [each.key for each in plan.types]
    for sorting in plan.sortings:
        mine = np.isin(types, [n for n, key in enumerate(keys) if key == sorting.key])
        for name, value in _cases(times, promise, mine, done):
            kept["type", sorting.key, name] = value
    if plan.watch is not None:
        for key, numbers in _watched(plan).items():
            for number in numbers:
                _add_step(plan, trace, number, key, visits, kept)
        _add_stops(plan, visits, kept)
        for key, reviews in _reviews(plan).items():
            for number, review in reviews:
                _add_review(plan, trace, number, review, key, visits, kept)
    return np.array(list(kept.values()), dtype=np.int64)


def account_of(plan: Plan, traces: tuple[Trace, ...]) -> Account:
    """Return the accounts of replications."""
    names = columns(plan)
    rows = [account_row(plan, trace) for trace in traces]
    return Account(names, np.array(rows, dtype=np.int64).reshape(len(traces), len(names)))


def _cases(
    times: Clocks, promise: IntArray, among: NDArray[np.bool_], done: NDArray[np.bool_]
) -> Iterator[tuple[str, int]]:
    finished = among & done
    promised = finished & (promise > 0)
    yield "cases", int(among.sum())
    yield "finished", int(finished.sum())
    yield "elapsed", int(times.elapsed[finished].sum())
    yield "counted", int(times.counted[finished].sum())
    yield "promised", int(promised.sum())
    yield "kept", int((times.counted <= promise)[promised].sum())


def _add_step(
    plan: Plan,
    trace: Trace,
    number: int,
    key: str,
    visits: IntArray,
    kept: dict[Column, int],
) -> None:
    step, watch = plan.steps[number], plan.watch
    if watch is None:
        return
    longer = np.zeros(0, dtype=np.int64)
    if step.promise:
        times = step_clocks(plan, trace, number, promised=True, visits=visits)
        kept["step", key, "promised"] += len(times.cases)
        kept["step", key, "kept"] += int((times.counted <= step.promise).sum())
    if step.statute:
        times = step_clocks(plan, trace, number, visits=visits)
        longer = _extended(plan, trace, number, times)
        kept["step", key, "limited"] += len(times.cases)
        kept["step", key, "lawful"] += int(
            (times.counted <= step.statute + step.extension * np.isin(times.cases, longer)).sum()
        )
        kept["step", key, "extended"] += len(longer)
    limit = step.promise if watch.promised else step.statute
    if not limit:
        return
    warned = late(
        plan, trace, number, limit * watch.warning // 1000, promised=watch.promised, visits=visits
    )
    for each in warned:
        kept["light", _desk_name(plan, each.desk), "yellow"] += 1
    over = late(plan, trace, number, limit, promised=watch.promised, visits=visits)
    if not watch.promised and len(longer):
        spared = set(longer.tolist())
        over = [each for each in over if each.case not in spared]
        over += [
            each
            for each in late(plan, trace, number, limit + step.extension, visits=visits)
            if each.case in spared
        ]
    for each in over:
        kept["light", _desk_name(plan, each.desk), "red"] += 1


def _extended(plan: Plan, trace: Trace, number: int, times: StepClocks) -> IntArray:
    """Return the cases whose limit the head extended: its warning was on."""
    step, watch = plan.steps[number], plan.watch
    if watch is None or not trace.extended.size or not step.extension:
        return np.zeros(0, dtype=np.int64)
    warned = times.counted > step.statute * watch.warning // 1000
    return np.asarray(times.cases[warned & trace.extended[times.cases, number]])


def _add_stops(plan: Plan, visits: IntArray, kept: dict[Column, int]) -> None:
    reasons = [desk.reason for desk in plan.desks]
    for reason in dict.fromkeys(filter(None, reasons)):
        rows = visits[
            np.isin(visits[:, 1], [n for n, each in enumerate(reasons) if each == reason])
        ]
        stood = plan.calendars[0].worked_many(rows[:, 3], rows[:, 5])
        kept["stop", reason, "cases"] = len(np.unique(rows[stood > 0, 0]))
        kept["stop", reason, "ticks"] = int(stood.sum())


def _add_review(
    plan: Plan,
    trace: Trace,
    number: int,
    review: LowerReview,
    key: str,
    visits: IntArray,
    kept: dict[Column, int],
) -> None:
    """Add how long files lay with a lower organ before it handed them over, and its lights."""
    if plan.watch is None:
        return
    times = review_clocks(plan, trace, number, review, visits=visits)
    kept["review", key, "files"] += len(times.cases)
    kept["review", key, "counted"] += int(times.counted.sum())
    for whole, part, limit, calendar in (
        ("promised", "kept", review.promise, review.promise_calendar),
        ("limited", "lawful", review.statute, review.limit_calendar),
    ):
        if limit:
            times = review_clocks(plan, trace, number, review, calendar, visits)
            kept["review", key, whole] += len(times.cases)
            kept["review", key, part] += int((times.counted <= limit).sum())
    limit, calendar = review.watched(promised=plan.watch.promised)
    for light, ticks in zip(LIGHTS, (limit * plan.watch.warning // 1000, limit), strict=True):
        for each in late_reviews(plan, trace, number, review, ticks, calendar, visits):
            kept["review_light", _desk_name(plan, each.desk), light] += 1


def _reviews(plan: Plan) -> dict[str, list[tuple[int, LowerReview]]]:
    """Return the reviews by lower organs, by step and organ; types that share a step share them."""
    found: dict[str, list[tuple[int, LowerReview]]] = {}
    for number, step in enumerate(plan.steps):
        for review in step.lower_reviews:
            found.setdefault(f"{step.key}/{review.organ}", []).append((number, review))
    return found


def _watched(plan: Plan) -> dict[str, list[int]]:
    """Return the steps with a limit by their key; types that share a step share its account."""
    found: dict[str, list[int]] = {}
    for number, step in enumerate(plan.steps):
        limited = step.promise or step.statute
        if limited and step.kind not in _UNWATCHED and not step.after_issue:
            found.setdefault(step.key, []).append(number)
    return found


def _desks(plan: Plan, steps: list[int]) -> list[int]:
    return [desk for step in steps for desk in plan.steps[step].desks]


def _desk_name(plan: Plan, desk: int) -> str:
    return f"{plan.steps[plan.desks[desk].step].key}/{plan.desks[desk].name}"
