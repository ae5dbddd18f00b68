"""Improves a schedule window by window: CP-SAT moves what starts in a stretch of time.

All projects' activities that start in the window may move, all others stay. Such a part is
solved in a second or two where the whole portfolio is out of reach; windows grow while
they are solved to the end and shrink when they are not. On the portfolios of 1,400
activities this found twice as much as moving whole projects. A window over everything is
the full model, and solving that one proves the schedule best.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer.effort import Budget, Incumbent
from optimizer.objectives import Goal, values
from optimizer.placing import BeyondAxisError, Placer
from optimizer.portfolio import Portfolio, Times
from optimizer.portfolio_bounds import Bounds
from optimizer.portfolio_model import ModelBuilder, PortfolioModel
from optimizer.project_search import compacted
from optimizer.running_solver import Effort, run

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_WINDOW_ACTIVITIES = 220
"""Activities in the first window."""
_SECONDS_A_WINDOW = 2.0
_LATER = 30
"""Slots by which an activity may move later within a window."""
_SUBSOLVERS = ("no_lp", "lb_tree_search")


class WindowSearch:
    """The search over one portfolio with at least one schedule.

    Parameters
    ----------
    placer : Placer
        The portfolio, compiled.
    bounds : Bounds
        What no schedule undercuts.
    effort : Effort
        Seed, workers and how repeatable; the seconds are those of the budget.
    """

    def __init__(self, placer: Placer, bounds: Bounds, effort: Effort) -> None:
        self.placer = placer
        self.portfolio: Portfolio = placer.portfolio
        self.bounds = bounds
        self.effort = effort
        self.draw = random.Random(effort.seed)

    def improve(self, incumbent: Incumbent, budget: Budget, until: float) -> bool:
        """Search until so many seconds of the budget are used; return whether interrupted.

        Ends early when windows have grown over everything: then the full model can do it.
        """
        assert incumbent.times is not None
        current = incumbent.times
        count = len(self.portfolio.activities)
        size = _WINDOW_ACTIVITIES
        runs = 0
        while budget.used < until and not incumbent.is_best and size < count:
            runs += 1
            free = self._window(current, size)
            limit = max(0.05, min(_SECONDS_A_WINDOW, until - budget.used))
            found, ending, spent, interrupted = self._solve(current, free, incumbent, limit, runs)
            budget.solve(spent)
            if found is not None:
                try:
                    found = compacted(self.placer, found)
                except BeyondAxisError:
                    found = None
            if found is not None:
                budget.place(count)
                # what is as good may take the place of the current one: it leads elsewhere
                better = incumbent.offer(found, "cp-sat windows")
                if better or self._as_good(found, incumbent):
                    current = found
            if interrupted:
                return True
            size = int(size * (1.1 if ending == "optimal" else 0.93))
        return False

    def _as_good(self, times: Times, incumbent: Incumbent) -> bool:
        return values(self.portfolio, incumbent.goals, times) <= incumbent.values

    def _window(self, times: Times, size: int) -> set[int]:
        """Return activities that start one after another, from a drawn place on."""
        by_start = sorted(range(len(times.starts)), key=lambda a: (times.starts[a], a))
        first = self.draw.randrange(-size // 3, max(1, len(by_start) - size // 2))
        return set(by_start[max(0, first) : max(0, first) + size])

    def _solve(
        self, times: Times, free: set[int], incumbent: Incumbent, limit: float, run_number: int
    ) -> tuple[Times | None, str, float, bool]:
        from ortools.sat.python import cp_model

        free = self._whole_choices(free)
        latest = [min(self.portfolio.axis.slots, end + _LATER) for end in times.ends]
        builder = ModelBuilder(self.portfolio, self.bounds.starts, latest)
        part = builder.build(self._guides(incumbent.goals), times, free)
        self._aim(part, incumbent.goals)
        solver = cp_model.CpSolver()
        solver.parameters.cp_model_probing_level = 0  # costs more than such a part is worth
        solver.parameters.symmetry_level = 0
        effort = Effort(
            limit, self.effort.seed + run_number, self.effort.workers, self.effort.deterministic
        )
        ended = run(part.model, solver, effort, subsolvers=_SUBSOLVERS)
        if ended.ending not in ("optimal", "feasible"):
            return None, ended.ending, ended.spent, ended.interrupted
        return (
            part.times(solver, times, len(times.starts)),
            ended.ending,
            ended.spent,
            ended.interrupted,
        )

    def _whole_choices(self, free: set[int]) -> set[int]:
        """Free the modes of a project together or not at all: its centre is one choice."""
        several = {a for a in free if len(self.portfolio.activities[a].modes) > 1}
        for activity in several:
            project = self.portfolio.activities[activity].project
            if self.portfolio.projects[project].centres:
                free = free | set(self.portfolio.members[project])
        return free

    def _guides(self, goals: Sequence[Goal]) -> list[Goal]:
        """Return the goals, and flow time where they say nothing about most projects."""
        return list(dict.fromkeys([*goals, Goal.FLOW_TIME]))

    def _aim(self, part: PortfolioModel, goals: Sequence[Goal]) -> None:
        """Minimise the goals in their order, as one weighted sum."""
        terms: list[cp_model.LinearExprT] = []
        for place, goal in enumerate(reversed([*goals, Goal.FLOW_TIME])):
            if place or Goal.FLOW_TIME not in goals:
                terms.append(1000**place * part.goals[goal])
        part.model.minimize(sum(terms))
