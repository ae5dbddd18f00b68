"""The three clocks of every case and step, where its time went, and who was late.

*Elapsed* is the applicant's clock, *counted* the legal one, *touch* the work. The
counted clock of a step runs while the office has the file: it stands still while the
applicant corrects it and while the law stops it (art. 45), and begins anew when a file
that was returned is filed again. That of a case runs while it runs for any of its steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from scenarios.gatherings import Consultation
from scenarios.lower_review import LowerReview
from scenarios.plan import IntArray, Part, Plan
from simulator.stays import Stays, stays_of, up_to_consent
from simulator.trace import Outcome, Trace

NOT_COUNTED = (Part.APPLICANT, Part.STOPPED)
"""What the law does not count."""

WARNING = 0.8
"""Part of a limit after which the yellow light is on (assumption)."""


@dataclass(frozen=True, slots=True, eq=False)
class Clocks:
    """Times of each case in working ticks of the counting calendar; arrays (cases,).

    Attributes
    ----------
    elapsed : array
        From arrival until it left.
    counted : array
        In which the legal clock ran for at least one step.
    touch, queue, dwell, applicant, notice, stopped : array
        Summed over its steps: work, waiting for people or opening hours (also of work that
        stopped for an urgent case, closing time or absence), lying with a person, with the
        applicant, in public notice, stopped by law. Steps side by side each count.
    in_steps : array
        In which it was in at least one step. What the parts are more is time that steps
        side by side share; what elapsed is more lies between steps (lags). So elapsed =
        parts - (parts - in_steps) + (elapsed - in_steps), exactly.
    """

    elapsed: IntArray
    counted: IntArray
    touch: IntArray
    queue: IntArray
    dwell: IntArray
    applicant: IntArray
    notice: IntArray
    stopped: IntArray
    in_steps: IntArray

    @property
    def parts(self) -> IntArray:
        """All parts of each case, added up."""
        return np.asarray(
            self.touch + self.queue + self.dwell + self.applicant + self.notice + self.stopped
        )


@dataclass(frozen=True, slots=True)
class Late:
    """A step of a case that passed its limit, and the desk at which it did.

    Attributes
    ----------
    case, step, desk : int
        Indices.
    at : int
        Tick at which the limit was over.
    """

    case: int
    step: int
    desk: int
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class StepClocks:
    """One step's times over the cases that were done with it; arrays (cases,).

    Attributes
    ----------
    cases : array
        Which cases.
    elapsed, counted, touch : array
        In ticks of the calendar in which the limit counts.
    """

    cases: IntArray
    elapsed: IntArray
    counted: IntArray
    touch: IntArray

    def on_time(self, limit: int) -> float:
        """Return the share of cases within a limit on the counted clock."""
        return float((self.counted <= limit).mean()) if len(self.cases) else float("nan")


def clocks(plan: Plan, trace: Trace, stays: Stays | None = None) -> Clocks:
    """Return the clocks of all cases of a replication."""
    counting = plan.calendars[0]
    stays = of_the_case(plan, stays or stays_of(plan, trace))
    rows = stays.rows
    case, part = rows[:, 0], _parts(plan)[rows[:, 1]]
    parts = set(_parts(plan).tolist())
    nothing = np.zeros(len(trace.arrival), dtype=np.int64)
    nothing.setflags(write=False)  # all parts that no desk has share it

    def total(ticks: IntArray, index: int | None = None) -> IntArray:
        if index is not None and parts != {index}:
            if index not in parts:
                return nothing
            ticks = np.where(part == index, ticks, 0)
        return np.bincount(case, weights=ticks, minlength=len(trace.arrival)).astype(np.int64)

    of = {each.value: total(stays.held, index) for index, each in enumerate(Part)}
    counted = clock_runs(plan, rows)
    number = len(trace.arrival)
    return Clocks(
        elapsed=counting.worked_many(trace.arrival, trace.finish),
        counted=_union(case[counted], stays.ready[counted], stays.end[counted], number),
        touch=of["work"],
        queue=total(stays.queued),
        dwell=of["dwell"],
        applicant=of["applicant"],
        notice=of["notice"],
        stopped=of["stopped"],
        in_steps=_union(case, stays.ready, stays.end, number),
    )


def of_the_case(plan: Plan, stays: Stays) -> Stays:
    """Return visits without those that follow the result: they are no time of the case."""
    after = np.array([plan.steps[desk.step].after_issue for desk in plan.desks], dtype=np.bool_)
    return stays.of(~after[stays.rows[:, 1]]) if after.any() else stays


def clock_runs(plan: Plan, visits: IntArray) -> NDArray[np.bool_]:
    """Return for each visit whether the legal clock runs in it.

    It does not with the applicant, where the law of the day stops it, and not in what came
    before a file that was returned was filed again. While several offices are asked it
    runs at the desk that asks.
    """
    runs = np.array(
        [d.part not in NOT_COUNTED and not d.reason for d in plan.desks], dtype=np.bool_
    )
    runs[_beside(plan)] = False
    restarts = np.array([desk.restarts for desk in plan.desks], dtype=np.bool_)
    counted = runs[visits[:, 1]]
    if not restarts.any():
        return np.asarray(counted)
    of = np.array([desk.step for desk in plan.desks], dtype=np.int64)
    place = visits[:, 0] * len(plan.steps) + of[visits[:, 1]]
    back = restarts[visits[:, 1]]
    if not back.any():
        return np.asarray(counted)
    # few files come back, so only their steps are looked up
    places, inverse = np.unique(place[back], return_inverse=True)
    anew = np.full(len(places), -1, dtype=np.int64)
    np.maximum.at(anew, inverse, visits[back, 5])
    at = np.minimum(np.searchsorted(places, place), len(places) - 1)
    return np.asarray(counted & ((visits[:, 3] >= anew[at]) | (places[at] != place)))


def reviewing(plan: Plan) -> NDArray[np.bool_]:
    """Return for each desk whether a lower organ has the file there before it reports it upward."""
    desks = [d for step in plan.steps for each in step.lower_reviews for d in each.desks]
    found = np.zeros(len(plan.desks), dtype=np.bool_)
    found[desks] = True
    return found


def step_visits(plan: Plan, trace: Trace, step: int, visits: IntArray) -> IntArray:
    """Return the visits to a step's desks, up to where silence was taken for consent."""
    return up_to_consent(plan, trace, visits[np.isin(visits[:, 1], plan.steps[step].desks)])


def step_clocks(
    plan: Plan,
    trace: Trace,
    step: int,
    *,
    promised: bool = False,
    visits: IntArray | None = None,
) -> StepClocks:
    """Return the clocks of one step, in the calendar of its statutory or promised limit.

    ``visits`` are those of the trace, where they are at hand.
    """
    asked = plan.steps[step]
    calendar = plan.calendars[asked.promise_calendar if promised else asked.limit_calendar]
    rows = step_visits(plan, trace, step, trace.visits() if visits is None else visits)
    return clocks_at(plan, rows[_finished(trace, asked.of)[rows[:, 0]]], calendar)


def review_clocks(
    plan: Plan,
    trace: Trace,
    step: int,
    review: LowerReview,
    calendar: int = 0,
    visits: IntArray | None = None,
) -> StepClocks:
    """Return the clocks of the review by a lower organ, until it hands the file over (art. 43).

    Of finished cases whose file lay there for any time, in ticks of a calendar by its index.
    """
    rows = _review_visits(plan, trace, step, review, visits)
    rows = rows[_finished(trace, plan.steps[step].of)[rows[:, 0]]]
    return clocks_at(plan, rows, plan.calendars[calendar])


def clocks_at(plan: Plan, rows: IntArray, calendar: Calendar) -> StepClocks:
    """Return the clocks that visits to some of a step's desks add up to, by case."""
    cases = np.unique(rows[:, 0])
    place = np.searchsorted(cases, rows[:, 0])
    part = _parts(plan)[rows[:, 1]]
    # opinions lie side by side: the time of the desk that asks holds them
    alone = ~np.isin(rows[:, 1], _beside(plan))
    counted = clock_runs(plan, rows)
    inside = calendar.worked_many(rows[:, 3], rows[:, 5])
    held = calendar.worked_many(rows[:, 4], rows[:, 5])

    def total(ticks: IntArray, among: NDArray[np.bool_]) -> IntArray:
        sums = np.bincount(place, weights=np.where(among, ticks, 0), minlength=len(cases))
        return sums.astype(np.int64)

    return StepClocks(
        cases,
        total(inside, alone),
        total(inside, counted),
        total(held, part == list(Part).index(Part.WORK)),
    )


def late(
    plan: Plan,
    trace: Trace,
    step: int,
    limit: int,
    *,
    promised: bool = False,
    visits: IntArray | None = None,
) -> list[Late]:
    """Return every case that passed a limit of a step on the counted clock, and where.

    Pass ``int(WARNING * limit)`` for those that came close enough to be warned of;
    ``promised`` says that the limit counts in the promise's calendar.
    """
    asked = plan.steps[step]
    calendar = plan.calendars[asked.promise_calendar if promised else asked.limit_calendar]
    visits = trace.visits() if visits is None else visits
    times = step_clocks(plan, trace, step, promised=promised, visits=visits)
    return _passed(plan, step, step_visits(plan, trace, step, visits), times, limit, calendar)


def late_reviews(
    plan: Plan,
    trace: Trace,
    step: int,
    review: LowerReview,
    limit: int,
    calendar: int = 0,
    visits: IntArray | None = None,
) -> list[Late]:
    """Return every case that passed a limit of a lower organ's review, and at which desk."""
    times = review_clocks(plan, trace, step, review, calendar, visits)
    rows = _review_visits(plan, trace, step, review, visits)
    return _passed(plan, step, rows, times, limit, plan.calendars[calendar])


def _finished(trace: Trace, of: int) -> NDArray[np.bool_]:
    """Return for each case whether it is of a type and finished."""
    finished = trace.outcomes() == Outcome.FINISHED
    return np.asarray(finished & (trace.types_of() == of))


def _review_visits(
    plan: Plan, trace: Trace, step: int, review: LowerReview, visits: IntArray | None
) -> IntArray:
    """Return the visits to a lower organ's desks of cases whose file lay there at all."""
    rows = step_visits(plan, trace, step, trace.visits() if visits is None else visits)
    rows = rows[np.isin(rows[:, 1], review.desks)]
    lay = rows[rows[:, 5] > rows[:, 3]]
    return rows[np.isin(rows[:, 0], lay[:, 0])]


def _passed(
    plan: Plan, step: int, rows: IntArray, times: StepClocks, limit: int, calendar: Calendar
) -> list[Late]:
    """Return the cases whose counted clock passed a limit in these visits, and where."""
    over = set(times.cases[times.counted > limit].tolist())
    if not over:
        return []
    rows = rows[np.isin(rows[:, 0], list(over))]
    rows = rows[np.lexsort((rows[:, 4], rows[:, 3], rows[:, 0]))]
    beside = rows[np.isin(rows[:, 1], _beside(plan))]
    used: dict[int, int] = {}
    found = []
    for case, desk, _, ready, _, end in rows[clock_runs(plan, rows)].tolist():
        if case not in over:
            continue
        before = used.get(case, 0)
        used[case] = before + calendar.worked(ready, end)
        if used[case] > limit:
            at = calendar.add(ready, limit - before)
            asks = isinstance(plan.desks[desk].gathering, Consultation)
            found.append(Late(case, step, _last_to_answer(beside, case, at, desk, asks=asks), at))
            over.discard(case)
    return found


def _last_to_answer(beside: IntArray, case: int, at: int, desk: int, *, asks: bool) -> int:
    """Return the desk that a limit's end is due to: of several opinions the last."""
    if not asks:
        return desk
    open_then = (beside[:, 0] == case) & (beside[:, 3] <= at) & (beside[:, 5] > at)
    rows = beside[open_then]
    return int(rows[np.argmax(rows[:, 5]), 1]) if len(rows) else desk


def _beside(plan: Plan) -> list[int]:
    """Return the desks of opinions, which several offices give side by side in one step."""
    return [desk for step in plan.steps for desk in step.beside]


def _parts(plan: Plan) -> IntArray:
    """Return the number of each desk's part."""
    names = list(Part)
    return np.array([names.index(desk.part) for desk in plan.desks], dtype=np.int64)


def _union(case: IntArray, start: IntArray, end: IntArray, cases: int) -> IntArray:
    """Return for each case the length of time that its stretches cover."""
    if not len(case):
        return np.zeros(cases, dtype=np.int64)
    # cases one after another on one long line, so that one running maximum serves all
    shift = case * (int(end.max()) + 1)
    start, end = start + shift, end + shift
    del shift
    order = np.argsort(start, kind="stable")
    case, start, end = case[order], start[order], end[order]
    del order
    # in place, for there may be millions of visits
    reached = np.zeros_like(end)
    np.maximum.accumulate(end[:-1], out=reached[1:])
    fresh = np.subtract(end, np.maximum(start, reached, out=start), out=end)
    np.maximum(fresh, 0, out=fresh)
    return np.bincount(case, weights=fresh, minlength=cases).astype(np.int64)
