"""A portfolio, or a part of it, as a CP-SAT model.

One interval for each activity, its size and demands variable where there are modes;
natural-day lags as tables over the end of the earlier activity, never as a worst case.
A part leaves some activities free and holds all others where they are: what those hold of
the offices is one row of fixed intervals, and waits for them are bounds on the free ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.heads_and_tails import IntArray, ends_of, first_slots, last_slots
from optimizer.objectives import Goal, kept_by
from optimizer.portfolio import Portfolio, Relation, Times

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    Expr = cp_model.LinearExprT


@dataclass(slots=True)
class PortfolioModel:
    """The model and its variables.

    Attributes
    ----------
    model : CpModel
        For the solver.
    starts, ends : dict
        Expression of each free activity.
    chosen : dict
        Literal of each mode of the free activities that have several.
    goals : dict
        Expression of each goal over the projects with free activities.
    """

    model: cp_model.CpModel
    starts: dict[int, cp_model.IntVar] = field(default_factory=dict)
    ends: dict[int, Expr] = field(default_factory=dict)
    chosen: dict[int, list[cp_model.IntVar]] = field(default_factory=dict)
    goals: dict[Goal, Expr] = field(default_factory=dict)

    def times(self, solver: cp_model.CpSolver, before: Times | None, count: int) -> Times:
        """Return the solver's times, those of held activities as they were."""
        starts = list(before.starts) if before else [0] * count
        ends = list(before.ends) if before else [0] * count
        modes = list(before.modes) if before else [0] * count
        for activity, start in self.starts.items():
            starts[activity] = int(solver.value(start))
            ends[activity] = int(solver.value(self.ends[activity]))
            modes[activity] = next(
                (m for m, lit in enumerate(self.chosen.get(activity, ())) if solver.value(lit)), 0
            )
        return Times(tuple(starts), tuple(ends), tuple(modes))


class ModelBuilder:
    """Builds the model of a portfolio or of a part.

    Parameters
    ----------
    portfolio : Portfolio
        All of it.
    heads : sequence of int
        Earliest start of each activity.
    latest : sequence of int
        Last end of each activity that is of interest.
    """

    def __init__(self, portfolio: Portfolio, heads: Sequence[int], latest: Sequence[int]) -> None:
        self.portfolio = portfolio
        self.heads = heads
        self.latest = latest

    def build(
        self, goals: Sequence[Goal], held: Times | None, free: Collection[int] | None = None
    ) -> PortfolioModel:
        """Return the model.

        Parameters
        ----------
        goals : sequence of Goal
            Which to make expressions for; none of them is set as the objective.
        held : Times or None
            Where held activities are; the hint of free ones.
        free : collection of int or None
            Activities that may move; None lets all move.
        """
        from ortools.sat.python import cp_model

        every = range(len(self.portfolio.activities))
        self._free = set(every if free is None else free)
        self._held = held
        self._out = PortfolioModel(cp_model.CpModel())
        self._served: dict[int, list[tuple[cp_model.IntervalVar, Expr]]] = {}
        self._used: dict[int, list[Expr]] = {}
        centres = self._centres()
        for activity in sorted(self._free):
            self._activity(activity, centres)
        for relation in self.portfolio.relations:
            if relation.before in self._free or relation.after in self._free:
                self._relate(relation)
        self._offices()
        for stock, amounts in self._used.items():
            rest = self.portfolio.stocks[stock][1] - self._held_use(stock)
            self._out.model.add(sum(amounts) <= rest)
        self._goals(goals)
        return self._out

    # activities

    def _centres(self) -> dict[int, dict[int, cp_model.IntVar]]:
        """Return a literal for each centre that a project may choose."""
        found: dict[int, dict[int, cp_model.IntVar]] = {}
        for number, project in enumerate(self.portfolio.projects):
            if project.centres and self._free.intersection(self.portfolio.members[number]):
                found[number] = {c: self._out.model.new_bool_var("") for c in project.centres}
                self._out.model.add_exactly_one(found[number].values())
        return found

    def _activity(self, number: int, centres: dict[int, dict[int, cp_model.IntVar]]) -> None:
        model, activity = self._out.model, self.portfolio.activities[number]
        low, slots = self.heads[number], self.portfolio.axis.slots
        high = max(low, min(slots, self.latest[number]))
        start = model.new_int_var(low, high, f"s{number}")
        self._out.starts[number] = start
        if self._held:
            model.add_hint(start, self._held.starts[number])
        if len(activity.modes) > 1:
            self._modes(number, start, high, centres.get(activity.project, {}))
            return
        mode = activity.modes[0]
        open_ = self.portfolio.calendar_of(mode)
        size: Expr = mode.days
        end: Expr = start + mode.days
        if mode.days and len(open_) < slots:
            self._keep_open(start, open_, low, high)
            if mode.days > 1:
                end = self._looked_up(
                    start, ends_of(self.portfolio, mode), low, high, self._hint(number)
                )
                size = end - start
        else:
            model.add(end <= high)
        self._out.ends[number] = end
        for stock, amount in mode.uses:
            self._used.setdefault(stock, []).append(amount)
        if mode.days and mode.needs:
            interval = self._interval(start, size, end, high)
            for office, people in mode.needs:
                self._served.setdefault(office, []).append((interval, people))

    def _interval(self, start: Expr, size: Expr, end: Expr, high: int) -> cp_model.IntervalVar:
        model = self._out.model
        if isinstance(size, int):
            return model.new_fixed_size_interval_var(start, size, "")
        length = model.new_int_var(0, high, "")
        model.add(length == size)
        return model.new_interval_var(start, length, end, "")

    def _keep_open(self, start: cp_model.IntVar, open_: Sequence[int], low: int, high: int) -> None:
        from ortools.sat.python import cp_model

        domain = cp_model.Domain.from_values([slot for slot in open_ if low <= slot <= high])
        self._out.model.add_linear_expression_in_domain(start, domain)

    def _hint(self, number: int) -> int | None:
        return self._held.ends[number] if self._held else None

    def _looked_up(
        self, index: Expr, table: IntArray, low: int, high: int, hint: int | None
    ) -> cp_model.IntVar:
        """Return a variable that is ``table[index]`` for an index between two numbers."""
        model = self._out.model
        values = table[low : high + 1].tolist()
        found = model.new_int_var(int(min(values)), int(max(values)), "")
        model.add_element(index - low, values, found)
        if hint is not None:
            model.add_hint(found, hint)
        return found

    def _modes(
        self,
        number: int,
        start: cp_model.IntVar,
        high: int,
        centres: dict[int, cp_model.IntVar],
    ) -> None:
        """One interval, its size and its demands variable, and a literal for each mode."""
        model, activity = self._out.model, self.portfolio.activities[number]
        low, slots = self.heads[number], self.portfolio.axis.slots
        literals = [model.new_bool_var("") for _ in activity.modes]
        self._out.chosen[number] = literals
        model.add_exactly_one(literals)
        end = model.new_int_var(low, high, f"e{number}")
        size = model.new_int_var(0, high, "")
        self._out.ends[number] = end
        closed = False
        for mode, literal in zip(activity.modes, literals, strict=True):
            if mode.centre >= 0:
                model.add_implication(literal, centres[mode.centre])
            open_ = self.portfolio.calendar_of(mode)
            if mode.days and len(open_) < slots:
                closed = True
                found = self._looked_up(start, self._open_ends(mode), low, high, None)
                model.add(end == found).only_enforce_if(literal)
        if closed:
            for mode, literal in zip(activity.modes, literals, strict=True):
                if not mode.days or len(self.portfolio.calendar_of(mode)) == slots:
                    model.add(end == start + mode.days).only_enforce_if(literal)
        else:
            model.add(
                size == sum(m.days * lit for m, lit in zip(activity.modes, literals, strict=True))
            )
        interval = model.new_interval_var(start, size, end, "")
        if self._held:
            for position, literal in enumerate(literals):
                model.add_hint(literal, position == self._held.modes[number])
            model.add_hint(end, self._held.ends[number])
            model.add_hint(size, self._held.ends[number] - self._held.starts[number])
        offices = dict.fromkeys(office for mode in activity.modes for office, _ in mode.needs)
        for office in offices:
            demands = [
                dict(mode.needs).get(office, 0) if mode.days else 0 for mode in activity.modes
            ]
            if len(set(demands)) == 1:
                self._served.setdefault(office, []).append((interval, demands[0]))
                continue
            people = model.new_int_var(min(demands), max(demands), "")
            model.add(people == sum(d * lit for d, lit in zip(demands, literals, strict=True)))
            if self._held:
                model.add_hint(people, demands[self._held.modes[number]])
            self._served.setdefault(office, []).append((interval, people))
        stocks = dict.fromkeys(stock for mode in activity.modes for stock, _ in mode.uses)
        for stock in stocks:
            self._used.setdefault(stock, []).append(
                sum(
                    dict(mode.uses).get(stock, 0) * literal
                    for mode, literal in zip(activity.modes, literals, strict=True)
                )
            )

    def _open_ends(self, mode: object) -> IntArray:
        """Return the end by start; a slot in which the office is closed is no start at all."""
        from optimizer.portfolio import Mode

        assert isinstance(mode, Mode)
        table = ends_of(self.portfolio, mode).copy()
        open_ = np.zeros(len(table), dtype=bool)
        open_[list(self.portfolio.calendar_of(mode))] = True
        table[~open_] = self.portfolio.axis.slots + 1
        return table

    # waits

    def _relate(self, relation: Relation) -> None:
        literals = self._conditions(relation)
        if literals is None:
            return
        model = self._out.model
        before, after = relation.before, relation.after
        table = (last_slots if relation.at_most else first_slots)(self.portfolio, relation)
        origin = self._at(before, relation.from_start)
        target = self._at(after, True)
        limit: Expr
        if isinstance(origin, int):
            limit = int(table[origin])
        elif not (relation.natural or relation.calendar):
            limit = origin + relation.lag
        else:
            low = self.heads[before]
            high = min(self.portfolio.axis.slots, max(low, self.latest[before]))
            hint = None
            if self._held:
                times = self._held.starts if relation.from_start else self._held.ends
                hint = int(table[times[before]])
            limit = self._looked_up(origin, table, low, high, hint)
        added = model.add(target <= limit) if relation.at_most else model.add(target >= limit)
        if literals:
            added.only_enforce_if(literals)

    def _at(self, activity: int, start: bool) -> Expr:
        if activity in self._free:
            return self._out.starts[activity] if start else self._out.ends[activity]
        assert self._held is not None
        return self._held.starts[activity] if start else self._held.ends[activity]

    def _conditions(self, relation: Relation) -> list[cp_model.LiteralT] | None:
        """Return the literals under which a relation counts; None if it does not at all."""
        if relation.when is None:
            return []
        switch, modes = relation.when
        if switch not in self._free:
            assert self._held is not None
            return [] if self._held.modes[switch] in modes else None
        literals = self._out.chosen.get(switch)
        if literals is None:
            return [] if 0 in modes else None
        if len(modes) == 1:
            return [literals[modes[0]]]
        if len(modes) == len(literals) - 1:
            return [literals[next(m for m in range(len(literals)) if m not in modes)].negated()]
        one_of = self._out.model.new_bool_var("")
        self._out.model.add(sum(literals[m] for m in modes) == one_of)
        return [one_of]

    # offices

    def _offices(self) -> None:
        model = self._out.model
        for number, office in enumerate(self.portfolio.offices):
            served = self._served.get(number, [])
            if not served:
                continue
            taken = self._taken(number)
            fixed = [
                (model.new_fixed_size_interval_var(first, last - first, ""), people)
                for first, last, people in taken
            ]
            together = [*served, *fixed]
            if all(isinstance(people, int) and people == office.people for _, people in together):
                if len(together) > 1:
                    model.add_no_overlap([interval for interval, _ in together])
                continue
            most = sum(_most(people) for _, people in together)
            if most > office.people:
                model.add_cumulative(
                    [i for i, _ in together], [people for _, people in together], office.people
                )

    def _taken(self, number: int) -> list[tuple[int, int, int]]:
        """Return when how many people are away or with held activities, as few stretches."""
        office = self.portfolio.offices[number]
        changes: dict[int, int] = {}
        spans = list(office.away)
        if self._held is not None:
            for index, activity in enumerate(self.portfolio.activities):
                if index not in self._free:
                    mode = activity.modes[self._held.modes[index]]
                    people = dict(mode.needs).get(number, 0)
                    if people and self._held.ends[index] > self._held.starts[index]:
                        spans.append((self._held.starts[index], self._held.ends[index], people))
        for first, last, people in spans:
            changes[first] = changes.get(first, 0) + people
            changes[last] = changes.get(last, 0) - people
        found: list[tuple[int, int, int]] = []
        level, since = 0, 0
        for slot in sorted(changes):
            if not changes[slot]:
                continue
            if level:
                found.append((since, slot, level))
            level, since = level + changes[slot], slot
        return found

    def _held_use(self, stock: int) -> int:
        if self._held is None:
            return 0
        return sum(
            dict(activity.modes[self._held.modes[index]].uses).get(stock, 0)
            for index, activity in enumerate(self.portfolio.activities)
            if index not in self._free
        )

    # goals

    def _goals(self, goals: Sequence[Goal]) -> None:
        portfolio, model, out = self.portfolio, self._out.model, self._out
        concerned = sorted({portfolio.activities[a].project for a in self._free})
        followed = {r.before for r in portfolio.relations if _follows(r)}
        last = [
            [a for a in portfolio.members[p] if a not in followed] or list(portfolio.members[p])
            for p in range(len(portfolio.projects))
        ]
        if Goal.MAKESPAN in goals:
            low = max((int(self.heads[a]) for a in self._free), default=0)
            makespan = model.new_int_var(low, portfolio.axis.slots, "makespan")
            for project in concerned:
                for activity in last[project]:
                    model.add(makespan >= self._at(activity, False))
            if self._held:
                stays = [e for a, e in enumerate(self._held.ends) if a not in self._free]
                model.add(makespan >= max(stays, default=0))
                model.add_hint(makespan, max(self._held.ends))
            out.goals[Goal.MAKESPAN] = makespan
        natural = [goal for goal in goals if goal is not Goal.MAKESPAN]
        if not natural:
            return
        over: dict[int, cp_model.IntVar] = {}
        table = np.array([*portfolio.axis.over, portfolio.axis.over[-1] + 1], dtype=np.int64)
        for project in concerned:
            members = portfolio.members[project]
            low = max(self.heads[a] for a in members)
            high = min(portfolio.axis.slots, max(low, *(self.latest[a] for a in members)))
            end = model.new_int_var(low, high, f"over{project}")
            for activity in last[project]:
                model.add(end >= self._at(activity, False))
            hint = None
            if self._held:
                at = max(self._held.ends[a] for a in members)
                model.add_hint(end, at)
                hint = int(table[at])
            over[project] = self._looked_up(end, table, low, high, hint)
        first = {p: portfolio.axis.dates[portfolio.projects[p].release] for p in concerned}
        if Goal.FLOW_TIME in natural:
            out.goals[Goal.FLOW_TIME] = sum(over.values()) - sum(first.values())
        if Goal.TARDINESS in natural:
            out.goals[Goal.TARDINESS] = self._tardiness(over)
        if Goal.P90 in natural:
            out.goals[Goal.P90] = self._quantile(over, first)

    def _tardiness(self, over: dict[int, cp_model.IntVar]) -> Expr:
        model, terms = self._out.model, []
        far = self.portfolio.axis.over[-1]
        for number, end in over.items():
            project = self.portfolio.projects[number]
            if project.due is None or not project.weight:
                continue
            late = model.new_int_var(0, far, "")
            model.add(late >= end - 1 - project.due)
            if self._held:
                at = max(self._held.ends[a] for a in self.portfolio.members[number])
                model.add_hint(late, max(0, self.portfolio.axis.over[at] - 1 - project.due))
            terms.append(project.weight * late)
        return sum(terms) if terms else model.new_constant(0)

    def _quantile(self, over: dict[int, cp_model.IntVar], first: dict[int, int]) -> Expr:
        model = self._out.model
        worst = model.new_int_var(0, self.portfolio.axis.over[-1], "p90")
        literals = []
        for project, end in over.items():
            within = model.new_bool_var("")
            model.add(end - first[project] <= worst).only_enforce_if(within)
            literals.append(within)
        for number, stays in enumerate(self.portfolio.projects):
            if number not in over and self._held:  # it stays where it is
                at = max((self._held.ends[a] for a in self.portfolio.members[number]), default=0)
                days = self.portfolio.axis.over[at] - self.portfolio.axis.dates[stays.release]
                within = model.new_bool_var("")
                model.add(worst >= max(0, days)).only_enforce_if(within)
                literals.append(within)
        model.add(sum(literals) >= kept_by(len(self.portfolio.projects)))
        return worst


def _follows(relation: Relation) -> bool:
    """Whether the later activity surely ends no sooner than the earlier one."""
    return (
        relation.when is None
        and not relation.at_most
        and not relation.from_start
        and relation.lag >= 0
    )


def _most(people: Expr) -> int:
    if isinstance(people, int):
        return people
    from ortools.sat.python import cp_model

    assert isinstance(people, cp_model.IntVar)
    return int(max(people.proto.domain))
