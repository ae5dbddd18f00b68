"""The answer to a portfolio: when each step starts, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from optimizer.objectives import Goal, completions, value
from optimizer.portfolio import Portfolio, Times
from optimizer.running_solver import Ending


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioSchedule:
    """When every step of every project starts and ends, and how good that is.

    Attributes
    ----------
    portfolio : Portfolio
        What was scheduled.
    status : str
        ``optimal``: nothing can be better in any goal. ``feasible``: something may be.
        ``infeasible``: no schedule keeps all rules. ``unknown``: none was found in time.
    times : Times or None
        The schedule.
    goals : tuple of Goal
        What was kept small, the most important first.
    values, bounds : tuple of int
        Each goal's value and what it cannot be below, given those before it.
    reason : str
        What is in conflict, where there is no schedule.
    seconds : float
        Time spent: of the clock, or counted work with ``deterministic``.
    seed, workers, deterministic
        What the search was started with.
    method : str
        What found the schedule.
    interrupted : bool
        Whether Ctrl-C ended the search.
    """

    portfolio: Portfolio
    status: Ending
    times: Times | None
    goals: tuple[Goal, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    reason: str
    seconds: float
    seed: int
    workers: int
    deterministic: bool
    method: str
    interrupted: bool = False

    @property
    def projects(self) -> int:
        """Number of projects."""
        return len(self.portfolio.projects)

    @property
    def makespan(self) -> int | None:
        """Slots (working days) until the last project is over."""
        return None if self.times is None else max(self.times.ends, default=0)

    @property
    def gap(self) -> float | None:
        """How much lower the first goal could be at best, as a share of its value."""
        if not self.values:
            return None
        return (self.values[0] - self.bounds[0]) / self.values[0] if self.values[0] else 0.0

    def order(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Return for each office its work in the order in which it starts: project and step."""
        if self.times is None:
            return {}
        found: dict[str, list[tuple[int, int, str, str]]] = {}
        for number, activity in enumerate(self.portfolio.activities):
            mode = activity.modes[self.times.modes[number]]
            project = self.portfolio.projects[activity.project].key
            entry = (self.times.starts[number], self.times.ends[number], project, activity.key)
            for office, _ in mode.needs if mode.days else ():
                found.setdefault(self.portfolio.offices[office].key, []).append(entry)
        return {
            office: tuple((project, step) for *_, project, step in sorted(entries))
            for office, entries in sorted(found.items())
        }

    def to_json(self) -> dict[str, object]:
        """Return the schedule as plain values.

        ``starts`` and ``modes`` hold one table by step key for each project; a start counts
        working days (slots) before it, a mode counts from 1. ``dates`` holds first and last
        day of each step's work where the file has dates.
        """
        document: dict[str, object] = {
            "portfolio": self.portfolio.key,
            "status": self.status,
            "objective": [str(goal) for goal in self.goals],
            "value": self.values[0] if self.values else None,
            "bound": self.bounds[0],
            "gap": None if self.gap is None else round(self.gap, 6),
            "makespan": self.makespan,
            "values": {str(g): v for g, v in zip(self.goals, self.values, strict=False)},
            "bounds": {str(g): b for g, b in zip(self.goals, self.bounds, strict=True)},
            "projects": self.projects,
            "project_keys": [project.key for project in self.portfolio.projects],
        }
        if self.reason:
            document["reason"] = self.reason
        document["starts"] = self._by_project("starts")
        document["modes"] = self._by_project("modes")
        if self.times is not None:
            document |= self._other_goals()
            if self.portfolio.axis.first_day is not None:
                document["dates"] = self._dates()
            if self.portfolio.centres:
                document["centres"] = self._centres()
        document |= {
            "method": self.method,
            "seconds": round(self.seconds, 3),
            "deterministic": self.deterministic,
            "interrupted": self.interrupted,
            "seed": self.seed,
            "workers": self.workers,
        }
        return document

    def _by_project(self, what: str) -> list[dict[str, int]]:
        if self.times is None:
            return []
        numbers = self.times.starts if what == "starts" else tuple(m + 1 for m in self.times.modes)
        return [
            {self.portfolio.activities[a].key: numbers[a] for a in members}
            for members in self.portfolio.members
        ]

    def _other_goals(self) -> dict[str, object]:
        assert self.times is not None
        over = completions(self.portfolio, self.times.ends)
        all_ = {str(goal): value(self.portfolio, goal, over) for goal in Goal}
        return {"measures": all_}

    def _dates(self) -> list[dict[str, list[str]]]:
        assert self.times is not None
        axis = self.portfolio.axis
        assert axis.first_day is not None
        found: list[dict[str, list[str]]] = []
        dates = (*axis.dates, axis.dates[-1] + 1)
        for members in self.portfolio.members:
            row = {}
            for a in members:
                start, end = self.times.starts[a], self.times.ends[a]
                days = (dates[start], dates[max(start, end - 1)])
                row[self.portfolio.activities[a].key] = [
                    (axis.first_day + timedelta(day)).isoformat() for day in days
                ]
            found.append(row)
        return found

    def _centres(self) -> list[str | None]:
        assert self.times is not None
        found: list[str | None] = []
        for members in self.portfolio.members:
            used = {self.portfolio.activities[a].modes[self.times.modes[a]].centre for a in members}
            centre = max(used, default=-1)
            found.append(self.portfolio.centres[centre] if centre >= 0 else None)
        return found
