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
from scenarios.plan import IntArray, Plan, PlanStep, Watch
from simulator.clocks import Clocks, clocks, late_reviews, review_clocks
from simulator.stays import stays_of
from simulator.step_limits import StepLimits
from simulator.trace import Outcome, Trace
from simulator.usage import Visits

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


def account_row(
    plan: Plan, trace: Trace, visits: Visits | None = None, times: Clocks | None = None
) -> IntArray:
    """Return the account of one replication.

    ``visits`` and ``times`` are those of the trace, where they are at hand.
    """
    kept = dict.fromkeys(columns(plan), 0)
    if not kept:
        return np.zeros(0, dtype=np.int64)
    visits = visits or Visits(plan, trace)
    times = times or clocks(plan, trace, stays_of(plan, trace, visits))
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
        _add_steps(plan, trace, plan.watch, visits, kept)
        _add_stops(plan, visits, kept)
        for key, reviews in _reviews(plan).items():
            for number, review in reviews:
                _add_review(plan, trace, number, review, key, visits.ordered(), kept)
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


def _add_steps(
    plan: Plan, trace: Trace, watch: Watch, visits: Visits, kept: dict[Column, int]
) -> None:
    names = {number: key for key, numbers in _watched(plan).items() for number in numbers}
    if not names:
        return
    limits = StepLimits(plan, trace, visits)
    decided = limits.decided
    for promised in (True, False):
        of = {number: _limit(plan.steps[number], promised) for number in names}
        for calendar in {calendar for ticks, calendar in of.values() if ticks}:
            steps = [n for n, (ticks, its) in of.items() if ticks and its == calendar]
            most = np.zeros_like(decided, dtype=np.int64)
            most[:, steps] = [of[number][0] for number in steps]
            warned = most * watch.warning // 1000
            counted = limits.counted(calendar)
            if not promised:
                longer = decided & (counted > warned) & _extensible(plan, trace, steps)
                most = most + longer * np.array([step.extension for step in plan.steps])
                _add(kept, names, steps, "extended", longer)
            within = decided & (counted <= most)
            _add(kept, names, steps, "promised" if promised else "limited", decided)
            _add(kept, names, steps, "kept" if promised else "lawful", within)
            if watch.promised != promised:
                continue
            for light, after in (("yellow", warned), ("red", most)):
                lit = limits.passed_at(steps, after, calendar, promised=promised)
                for desk in np.flatnonzero(lit).tolist():
                    kept["light", _desk_name(plan, desk), light] += int(lit[desk])


def _add(
    kept: dict[Column, int],
    names: dict[int, str],
    steps: list[int],
    measure: str,
    which: NDArray[np.bool_],
) -> None:
    """Add up of each step for how many cases something holds."""
    for number, cases in zip(steps, which[:, steps].sum(axis=0).tolist(), strict=True):
        kept["step", names[number], measure] += cases


def _limit(step: PlanStep, promised: bool) -> tuple[int, int]:
    """Return a step's limit, 0 for none, and the calendar in which it counts."""
    return (
        (step.promise, step.promise_calendar) if promised else (step.statute, step.limit_calendar)
    )


def _extensible(plan: Plan, trace: Trace, steps: list[int]) -> NDArray[np.bool_]:
    """Return which limits of steps the head would extend; array (cases, steps)."""
    found = np.zeros((len(trace.arrival), len(plan.steps)), dtype=np.bool_)
    if trace.extended.size:
        some = [number for number in steps if plan.steps[number].extension]
        found[:, some] = trace.extended[:, some]
    return found


def _add_stops(plan: Plan, visits: Visits, kept: dict[Column, int]) -> None:
    reasons = [desk.reason for desk in plan.desks]
    if not any(reasons):
        return
    rows, (ready, _, end) = visits.rows, visits.open(0)
    for reason in dict.fromkeys(filter(None, reasons)):
        of = np.array([each == reason for each in reasons], dtype=np.bool_)[rows[:, 1]]
        stood = (end - ready)[of]
        kept["stop", reason, "cases"] = len(np.unique(rows[of][stood > 0, 0]))
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
