"""Schedules a portfolio: priority rules and search first, own bounds, then CP-SAT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.activity_search import ActivitySearch
from optimizer.checking import broken_rules
from optimizer.effort import Budget, Incumbent, Progress
from optimizer.heads_and_tails import NoScheduleError, tails
from optimizer.longest_lags import within_most
from optimizer.model import ScheduleError
from optimizer.objectives import Goal, flow
from optimizer.placing import Placer
from optimizer.portfolio import Portfolio
from optimizer.portfolio_bounds import Bounds, bounds, least
from optimizer.portfolio_model import ModelBuilder, PortfolioModel
from optimizer.portfolio_schedule import PortfolioSchedule
from optimizer.project_search import ProjectSearch
from optimizer.running_solver import Effort, Ending, run
from optimizer.window_search import WindowSearch

_FULL_MODEL = 200
"""Up to so many activities of several projects the full model is better than windows."""
_ONE_PROJECT_SHARE = 0.45
_SEARCH_SHARES = ((_FULL_MODEL, 0.2), (1_000, 0.4), (10**9, 0.15))
"""Up to so many activities so much of the time goes into the search without the solver."""
_ORDER_SHARE = 0.3


@dataclass(slots=True)
class _Verdict:
    ending: Ending = "unknown"
    reason: str = ""
    interrupted: bool = False


def schedule_portfolio(
    portfolio: Portfolio,
    goals: Sequence[Goal] = (Goal.MAKESPAN,),
    seconds: float = 30,
    *,
    seed: int = 1,
    workers: int = 2,
    deterministic: bool = False,
    tell: Callable[[Progress], None] | None = None,
) -> PortfolioSchedule:
    """Return a good schedule of a portfolio, what it cannot be below, and how far that is.

    Parameters
    ----------
    portfolio : Portfolio
        What to schedule.
    goals : sequence of Goal
        What to keep small, the most important first; a later goal never costs an earlier one.
    seconds : float
        Limit by the clock. 0 returns the first schedule of the priority rules.
    seed, workers : int
        Random seed and solver threads.
    deterministic : bool
        Count work instead of time, so that the same input and version give the same
        answer; such a second may be half a second of a clock or two.
    tell : callable or None
        Told of each better schedule and bound.

    Raises
    ------
    ScheduleError
        If the calendar ends before the projects can.
    """
    if workers < 1 or seconds < 0 or not goals:
        raise ValueError(f"{workers} workers, {seconds} seconds and {len(goals)} goals cannot be")
    budget = Budget(seconds, deterministic)
    effort = Effort(seconds, seed, workers, deterministic)
    goals = tuple(dict.fromkeys(goals))
    if lacking := _lacking(portfolio):
        return _answer(portfolio, goals, None, _Verdict("infeasible", lacking), budget, effort)
    try:
        found = bounds(portfolio)
    except NoScheduleError as error:
        if not portfolio.has_most:
            raise ScheduleError(f"{portfolio.key}: {error}") from error
        return _answer(portfolio, goals, None, _Verdict("infeasible", str(error)), budget, effort)
    incumbent = Incumbent(
        portfolio, goals, [least(portfolio, found, goal) for goal in goals], budget, tell
    )
    incumbent.report()
    verdict = _Verdict()
    try:
        _search(portfolio, found, incumbent, budget, effort, verdict)
    except KeyboardInterrupt:
        verdict.interrupted = True
    if incumbent.times is not None:
        verdict.ending = "optimal" if incumbent.is_best else "feasible"
        wrong = broken_rules(portfolio, incumbent.times)
        if wrong:
            raise RuntimeError(f"a schedule breaks its rules: {wrong[0]}")
    return _answer(portfolio, goals, incumbent, verdict, budget, effort)


def _search(
    portfolio: Portfolio,
    found: Bounds,
    incumbent: Incumbent,
    budget: Budget,
    effort: Effort,
    verdict: _Verdict,
) -> None:
    placer = Placer(portfolio)
    count = len(portfolio.activities)
    single = len(portfolio.projects) == 1
    _first(portfolio, placer, found, incumbent, budget, effort)
    small = count <= _FULL_MODEL
    if incumbent.times is not None and not portfolio.has_most and not single:
        placer.shorten(max(incumbent.times.ends) * 5 // 4 + 20)
        share = next(part for most, part in _SEARCH_SHARES if count <= most)
        search = ProjectSearch(placer, incumbent.goals, effort.seed)
        began = budget.used
        until = began + share * max(0.0, budget.seconds - began)
        search.reorder(incumbent, budget, began + _ORDER_SHARE * (until - began))
        search.improve(incumbent, budget, until)
    if incumbent.times is not None and not single and not small and budget.left:
        windows = WindowSearch(placer, found, effort)
        verdict.interrupted = windows.improve(incumbent, budget, budget.seconds)
    if budget.left > 0 and not incumbent.is_best and not verdict.interrupted:
        _solve_all(portfolio, found, incumbent, budget, effort, verdict)


def _first(
    portfolio: Portfolio,
    placer: Placer,
    found: Bounds,
    incumbent: Incumbent,
    budget: Budget,
    effort: Effort,
) -> None:
    """Offer schedules of priority rules, and of a short search where there is one project."""
    if portfolio.order is None:
        return
    if portfolio.has_most:
        times = within_most(portfolio, placer)
        if times is not None and not broken_rules(portfolio, times):
            incumbent.offer(times, "priority rule")
    elif len(portfolio.projects) == 1:
        search = ActivitySearch(placer, found, effort.seed)
        search.search(incumbent, budget, _ONE_PROJECT_SHARE * budget.seconds)
    else:
        times_ = ProjectSearch(placer, incumbent.goals, effort.seed).first()
        budget.place(len(portfolio.activities))
        if times_ is not None:
            incumbent.offer(times_, "priority rule")


def _solve_all(
    portfolio: Portfolio,
    found: Bounds,
    incumbent: Incumbent,
    budget: Budget,
    effort: Effort,
    verdict: _Verdict,
) -> None:
    """Solve the full model, one goal after another."""
    from ortools.sat.python import cp_model

    behind = tails(portfolio)
    if incumbent.times is None and portfolio.axis.slots > 4 * found.makespan:
        _look_near(portfolio, found, incumbent, budget, effort, verdict)
    for place, goal in enumerate(incumbent.goals):
        if budget.left <= 0:
            return
        if incumbent.values and incumbent.values[place] == incumbent.bounds[place]:
            continue
        goals = incumbent.goals[: place + 1]
        latest = _latest(portfolio, found, behind, incumbent)
        model = ModelBuilder(portfolio, found.starts, latest).build(goals, incumbent.times)
        for before, earlier in enumerate(goals[:-1]):
            model.model.add(model.goals[earlier] <= incumbent.values[before])
        model.model.add(model.goals[goal] >= incumbent.bounds[place])
        if incumbent.values:
            model.model.add(model.goals[goal] <= incumbent.values[place])
        model.model.minimize(model.goals[goal])
        left = budget.left * (0.7 if place + 1 < len(incumbent.goals) else 1)
        solver = cp_model.CpSolver()

        def watch(value: float, bound: float, place: int = place) -> None:
            if place == 0 and incumbent.tell is not None:
                best = min(round(value), *incumbent.values[:1], round(value))
                bound_ = max(incumbent.bounds[0], int(bound))
                incumbent.tell(Progress(budget.used, best, bound_, "cp-sat"))

        ended = run(model.model, solver, replace(effort, seconds=left), watch)
        budget.solve(ended.spent)
        verdict.interrupted = verdict.interrupted or ended.interrupted
        if ended.ending in ("optimal", "feasible"):
            _take(portfolio, model, solver, incumbent)
            if ended.bound is not None:
                incumbent.raise_bound(ended.bound, place)
        elif ended.ending == "infeasible" and not incumbent.values:
            _confirm_infeasible(portfolio, model, budget, effort, verdict, incumbent)
        elif ended.ending == "unknown" and ended.bound is not None:
            incumbent.raise_bound(ended.bound, place)
        # "infeasible" with a schedule in hand can only be the solver's error: claim nothing
        if verdict.interrupted or incumbent.values[place : place + 1] != (incumbent.bounds[place],):
            return


def _look_near(
    portfolio: Portfolio,
    found: Bounds,
    incumbent: Incumbent,
    budget: Budget,
    effort: Effort,
    verdict: _Verdict,
) -> None:
    """Look for any schedule in the first part of a long axis, where the model is small."""
    from ortools.sat.python import cp_model

    latest = [3 * found.makespan] * len(portfolio.activities)
    model = ModelBuilder(portfolio, found.starts, latest).build([Goal.MAKESPAN], None)
    solver = cp_model.CpSolver()
    ended = run(model.model, solver, replace(effort, seconds=0.3 * budget.left))
    budget.solve(ended.spent)
    verdict.interrupted = ended.interrupted
    if ended.ending in ("optimal", "feasible"):
        _take(portfolio, model, solver, incumbent)


def _take(
    portfolio: Portfolio,
    model: PortfolioModel,
    solver: object,
    incumbent: Incumbent,
) -> None:
    """Offer the solver's schedule if it keeps all rules; they are checked apart from it."""
    from ortools.sat.python import cp_model

    assert isinstance(solver, cp_model.CpSolver)
    times = model.times(solver, incumbent.times, len(portfolio.activities))
    if not broken_rules(portfolio, times):
        incumbent.offer(times, "cp-sat")


def _latest(
    portfolio: Portfolio, found: Bounds, behind: Sequence[np.ndarray], incumbent: Incumbent
) -> list[int]:
    """Return the last end of each activity with which the first goal may still be as good."""
    slots = portfolio.axis.slots
    if not incumbent.values:
        return [slots] * len(behind)
    goal, value = incumbent.goals[0], incumbent.values[0]
    over = [slots] * len(portfolio.projects)
    if goal is Goal.MAKESPAN:
        over = [value] * len(over)
    elif goal is Goal.FLOW_TIME:
        alone = [flow(portfolio, p, slot) for p, slot in enumerate(found.alone)]
        for p, own in enumerate(alone):
            day = portfolio.axis.dates[portfolio.projects[p].release] + value - sum(alone) + own
            over[p] = min(slots, int(np.searchsorted(portfolio.axis.over, day, side="right")) - 1)
    elif goal is Goal.TARDINESS:
        for p, project in enumerate(portfolio.projects):
            if project.due is not None and project.weight:
                day = project.due + 1 + value // project.weight
                over[p] = min(
                    slots, int(np.searchsorted(portfolio.axis.over, day, side="right")) - 1
                )
    return [
        int(np.searchsorted(tail[: slots + 1], over[activity.project], side="right")) - 1
        for activity, tail in zip(portfolio.activities, behind, strict=True)
    ]


def _confirm_infeasible(
    portfolio: Portfolio,
    model: PortfolioModel,
    budget: Budget,
    effort: Effort,
    verdict: _Verdict,
    incumbent: Incumbent,
) -> None:
    """Ask a second time in another way: solvers have said "infeasible" wrongly before."""
    from ortools.sat.python import cp_model

    model.model.clear_objective()  # type: ignore[no-untyped-call]  # ortools leaves it untyped
    solver = cp_model.CpSolver()
    solver.parameters.cp_model_presolve = False
    again = replace(effort, seconds=max(1.0, budget.left), seed=effort.seed + 1, workers=1)
    ended = run(model.model, solver, again, subsolvers=("default_lp",))
    budget.solve(ended.spent)
    if ended.ending in ("optimal", "feasible"):
        _take(portfolio, model, solver, incumbent)
        return
    if ended.ending == "infeasible":
        verdict.ending = "infeasible"
        verdict.reason = _why_infeasible(portfolio, budget, effort)


def _why_infeasible(portfolio: Portfolio, budget: Budget, effort: Effort) -> str:
    """Say which offices' people would have to be more, trying each one without its limit."""
    from ortools.sat.python import cp_model

    blamed = []
    for number, office in enumerate(portfolio.offices):
        offices = list(portfolio.offices)
        offices[number] = replace(office, people=10**6)
        relaxed = replace(portfolio, offices=tuple(offices))
        slots = [portfolio.axis.slots] * len(portfolio.activities)
        heads = [portfolio.projects[a.project].release for a in portfolio.activities]
        model = ModelBuilder(relaxed, heads, slots).build([Goal.MAKESPAN], None)
        ended = run(model.model, cp_model.CpSolver(), replace(effort, seconds=1.0))
        budget.solve(ended.spent)
        if ended.ending in ("optimal", "feasible"):
            blamed.append(office.key)
    if blamed:
        return f"the lags can be kept only with more people in {' or in '.join(blamed)}"
    return "the lags cannot be kept with the people of several offices together"


def _lacking(portfolio: Portfolio) -> str:
    """Return which step needs more people than an office has, however it is done."""
    for activity in portfolio.activities:
        lacking = [
            (people, portfolio.offices[office])
            for mode in activity.modes
            for office, people in mode.needs
            if mode.days and people > portfolio.offices[office].people
        ]
        ways = sum(
            all(n <= portfolio.offices[o].people for o, n in mode.needs) or not mode.days
            for mode in activity.modes
        )
        if not ways:
            people, office = lacking[0]
            return (
                f"step {activity.key!r} needs {people} of {office.key}, which has {office.people}"
            )
    return ""


def _answer(
    portfolio: Portfolio,
    goals: tuple[Goal, ...],
    incumbent: Incumbent | None,
    verdict: _Verdict,
    budget: Budget,
    effort: Effort,
) -> PortfolioSchedule:
    return PortfolioSchedule(
        portfolio=portfolio,
        status=verdict.ending,
        times=incumbent.times if incumbent else None,
        goals=goals,
        values=incumbent.values if incumbent else (),
        bounds=tuple(incumbent.bounds) if incumbent else (0,) * len(goals),
        reason=verdict.reason,
        seconds=budget.used,
        seed=effort.seed,
        workers=effort.workers,
        deterministic=effort.deterministic,
        method=incumbent.method if incumbent else "waits",
        interrupted=verdict.interrupted,
    )
