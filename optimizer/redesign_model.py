"""The master problem of the redesign search: choices of offers, with bounds that surely hold.

One binary for each offer; the critical path under a choice as start and end of every
catalogue step, each prerequisite enforced as long as no chosen offer can touch it. Every
constraint follows from what the levers do, so the least value of this model is a lower
bound for every lawful choice. What it does not know (a refusal, a path that is longer
than foreseen) it learns as cuts, each from one choice that was really applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, Any

import networkx as nx

from optimizer.effects import ADDITIVE, Joining, Span, counted, is_wait, joint_days
from optimizer.lever_effects import Footprints
from optimizer.lever_offers import RESOURCES, Choice
from rules.flows import Serial, Staged
from rules.levers import ApproveBySimulation
from rules.steps import Edge

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SPENT = (*RESOURCES, "levers")
"""Measures of a choice that are sums over its offers."""

MEASURES = ("paper_days", *ADDITIVE, *SPENT)
"""Everything that a redesign can make least, or keep within a limit."""

Pattern = tuple[tuple[int, bool], ...]
"""Offers by place, and whether each is taken."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Something learned from a choice that was applied.

    Attributes
    ----------
    pattern : tuple of (int, bool)
        While these offers are taken and not taken ...
    measure : str
        ... the measure is at least ``least``; empty: the choice is refused.
    least : Fraction
        In the measure's unit.
    """

    pattern: Pattern
    measure: str = ""
    least: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Limit:
    """A most that a measure may reach.

    Attributes
    ----------
    measure : str
        One of :data:`MEASURES`.
    most : Fraction
        In the measure's unit.
    """

    measure: str
    most: Fraction

    def __str__(self) -> str:
        return f"{self.measure} <= {float(self.most):g}"


class Master:
    """A CP-SAT model of all choices; see the module's text.

    Parameters
    ----------
    footprints : Footprints
        What the offers can do.
    limits : sequence of Limit
        What must be kept.
    cuts : iterable of Cut
        What is known already.
    """

    def __init__(
        self, footprints: Footprints, limits: Sequence[Limit] = (), cuts: Iterable[Cut] = ()
    ) -> None:
        from ortools.sat.python import cp_model

        self.prints = footprints
        self.effects = footprints.effects
        self.today = footprints.today
        self.offers = footprints.book.offers
        self.model: cp_model.CpModel = cp_model.CpModel()
        self.unit = self._unit()
        self.taken = [self.model.new_bool_var(offer.key) for offer in self.offers]
        self._implications()
        self._paths()
        self.measures: dict[str, Any] = {"paper_days": self.length}
        for measure in ADDITIVE:
            self.measures[measure] = self._sum_over_steps(measure)
        for resource in SPENT:
            self.measures[resource] = sum(
                offer.cost(resource) * taken
                for offer, taken in zip(self.offers, self.taken, strict=True)
            )
        for limit in limits:
            self.model.add(self.measures[limit.measure] <= self._down(limit.measure, limit.most))
        for cut in cuts:
            self.learn(cut)

    def least(self, measure: str) -> None:
        """Ask for the least value of a measure."""
        self.model.minimize(self.measures[measure])

    def learn(self, cut: Cut) -> None:
        """Add a cut."""
        differs = [self.taken[at].Not() if taken else self.taken[at] for at, taken in cut.pattern]
        if not cut.measure:
            self.model.add_bool_or(differs)
            return
        same = [literal.Not() for literal in differs]
        least = cut.least * (self.unit if cut.measure == "paper_days" else 1)
        self.model.add(self.measures[cut.measure] >= int(least)).only_enforce_if(same)

    def without(self, choice: Choice) -> None:
        """Leave out one choice, so that the next best is found."""
        self.learn(Cut(pattern_of(self.prints, choice, range(len(self.offers)))))

    def choice(self, solver: cp_model.CpSolver) -> Choice:
        """Return the offers that a solution takes."""
        return frozenset(
            offer.key
            for offer, taken in zip(self.offers, self.taken, strict=True)
            if solver.value(taken)
        )

    def in_unit(self, measure: str, value: int) -> Fraction:
        """Return a value of the model in the measure's unit."""
        return Fraction(value, self.unit if measure == "paper_days" else 1)

    # -- the parts of the model -------------------------------------------------------------

    def _unit(self) -> int:
        """Return into how many parts a working day is cut so that all days are whole."""
        days = [step.days for step in self.today.steps]
        days += [edge.lag.paper_days for edge in self.prints.edges()]
        days += [floor for each in self.effects for floor in each.floors.values()]
        days += [s.days.paper_days for e in self.effects if (s := e.simulated) is not None]
        return lcm(*(each.denominator for each in days)) if days else 1

    def _down(self, measure: str, value: Fraction) -> int:
        scaled = value * (self.unit if measure == "paper_days" else 1)
        return scaled.numerator // scaled.denominator

    def _implications(self) -> None:
        place = self.prints.book.place
        for offer, taken in zip(self.offers, self.taken, strict=True):
            for key in offer.requires:
                self.model.add_implication(taken, self.taken[place[key]])
            for key in offer.excludes:
                self.model.add_bool_or([taken.Not(), self.taken[place[key]].Not()])
        for earlier, later in self.prints.clashes():
            self.model.add_bool_or(self._off([earlier, later]))
        for offer_, makers in self.prints.makers():
            if offer_ not in makers:
                made = [self.taken[maker] for maker in makers]
                self.model.add_bool_or([self.taken[offer_].Not(), *made])

    def _sum_over_steps(self, measure: str) -> Any:
        total = sum(counted(self.today, measure, key) for key in self.today.keys)
        value = self.model.new_int_var(0, 2 * total + 1000, measure)
        saved = sum(
            each.less[measure] * taken for each, taken in zip(self.effects, self.taken, strict=True)
        )
        self.model.add(value >= total - saved)
        return value

    def _offers(self, test: Any) -> list[int]:
        return [place for place, each in enumerate(self.effects) if test(each)]

    def _off(self, places: Iterable[int]) -> list[Any]:
        return [self.taken[place].Not() for place in dict.fromkeys(places)]

    def _scaled(self, days: Fraction) -> int:
        return int(days * self.unit)

    def _paths(self) -> None:
        model, steps = self.model, self.today.steps
        self.unforeseen = self._offers(lambda e: e.anything)
        self.relaxing = self._offers(lambda e: e.simulated is not None)
        longest = sum((2 * step.days + 50 for step in steps), Fraction(0))
        longest += sum((e.lag.paper_days for e in self.prints.edges()), Fraction(0))
        self.horizon = self._scaled(longest)
        self.length = model.new_int_var(0, 4 * self.horizon, "length")
        self.start = {s.key: model.new_int_var(0, self.horizon, f"s{s.key}") for s in steps}
        self.end = {s.key: model.new_int_var(0, self.horizon, f"e{s.key}") for s in steps}
        self.removers = {s.key: self._offers(lambda e, key=s.key: key in e.removes) for s in steps}
        self.shorteners = {s.key: self._offers(lambda e, key=s.key: key in e.floors) for s in steps}
        self.joiners = {
            s.key: self._offers(lambda e, key=s.key: any(key in j.parts for j in e.joins))
            for s in steps
        }
        self.work: dict[str, Any] = {}
        for step in steps:
            self._step(step.key, step.days)
        self._joints()
        for edge in self.prints.edges():
            self._edge(edge)
        self._one_after_another()
        self._gates()
        for place in self.relaxing:
            simulated = self.effects[place].simulated
            if simulated is not None:
                self._early_work(place, simulated)

    def _step(self, key: str, days: Fraction) -> None:
        """Give a step its days unless an offer removes, shortens or joins it."""
        start, end = self.start[key], self.end[key]
        work = self.work[key] = self.model.new_int_var(0, self._scaled(days), f"w{key}")
        moved = [*self.removers[key], *self.joiners[key], *self.unforeseen]
        self.model.add(end >= start + work)
        self.model.add(self.length >= end)
        floor = self._floor(key, days)
        self.model.add(work >= self._scaled(floor)).only_enforce_if(self._off(moved))
        self.model.add(work >= self._scaled(days)).only_enforce_if(
            self._off([*moved, *self.shorteners[key]])
        )

    def _floor(self, key: str, days: Fraction) -> Fraction:
        return min([days, *(self.effects[p].floors[key] for p in self.shorteners[key])])

    def _joints(self) -> None:
        """Members of a joint step begin and end together; it takes what its rule says at least."""
        self.joint: list[tuple[int, Joining, Any]] = []
        sure = {s.key: Span(s.days, s.days) for s in self.today.steps}
        loose = {
            s.key: Span(Fraction(0) if self.removers[s.key] else self._floor(s.key, s.days), s.days)
            for s in self.today.steps
        }
        every = [(place, j) for place, each in enumerate(self.effects) for j in each.joins]
        for number, (place, joining) in enumerate(every):
            begin = self.model.new_int_var(0, self.horizon, f"s{joining.into}")
            finish = self.model.new_int_var(0, self.horizon, f"e{joining.into}")
            work = self.model.new_int_var(0, self.horizon, f"w{joining.into}")
            on = [self.taken[place], *self._off(self.unforeseen)]
            for key in joining.parts:
                self.model.add(self.start[key] == begin).only_enforce_if(on)
                self.model.add(self.end[key] == finish).only_enforce_if(on)
            self.model.add(finish >= begin + work)
            lost = [other for other, later in every[number + 1 :] if later.parts & joining.parts]
            lost += [p for key in joining.parts for p in self.removers[key]]
            shorter = [p for key in joining.parts for p in self.shorteners[key]]
            for spans, off in ((loose, lost), (sure, [*lost, *shorter])):
                least = joint_days(joining, spans)
                self.model.add(work >= self._scaled(least)).only_enforce_if([*on, *self._off(off)])
            if joining.rule is not None and all(key in sure for key in joining.members):
                most = joint_days(joining, sure)
                sure[joining.into] = Span(most, most)
                loose[joining.into] = Span(joint_days(joining, loose), most)
            self.joint.append((place, joining, work))

    def breakers(self, edge: Edge, *, simulated: bool = True) -> list[int]:
        """Return the offers under which a prerequisite may not hold back work."""
        found = list(self.unforeseen)
        for place, each in enumerate(self.effects):
            if edge.strength.droppable and (
                each.drops_all
                or edge.before in each.drops_after
                or any(edge.ends in self._covered(drop) for drop in each.drops)
            ):
                found.append(place)
            if each.unbridged & set(edge.ends):
                found.append(place)
            if any(edge.ends in self._covered((j.parts, j.parts)) for j in each.joins):
                found.append(place)
            if simulated and each.simulated is not None and edge.ends in self._relaxable(place):
                found.append(place)
        return found

    def _covered(self, drop: tuple[frozenset[str], frozenset[str]]) -> frozenset[tuple[str, str]]:
        if drop not in self.prints.covered:
            self.prints.covered[drop] = self.prints.through_removed(*drop)
        return self.prints.covered[drop]

    def _relaxable(self, place: int) -> frozenset[tuple[str, str]]:
        """Return the ends of prerequisites that simulated approval may relax."""
        prints = self.prints
        if place not in prints.relaxable:
            found: set[tuple[str, str]] = set()
            for edge in prints.edges():
                if edge.preworkable:
                    found.add(edge.ends)
                    found |= {
                        ends
                        for ends in prints.through_removed(
                            prints.together[edge.before], prints.together[edge.after]
                        )
                        if prints.removable & set(ends)
                    }
            prints.relaxable[place] = frozenset(found)
        return prints.relaxable[place]

    def _adders(self, edge: Edge) -> list[Any]:
        """Return what must be taken for a prerequisite to exist."""
        if any(edge is own for own in self.today.work_edges):
            return []
        return [
            self.taken[place]
            for place, each in enumerate(self.effects)
            if any(edge is added for added in each.adds)
        ]

    def _edge(self, edge: Edge) -> None:
        on = [*self._adders(edge), *self._off(self.breakers(edge))]
        end, start = self.end[edge.before], self.start[edge.after]
        self.model.add(start >= end).only_enforce_if(on)
        if lag := self._scaled(edge.lag.paper_days):
            risky = self._offers(lambda e: e.lags)
            risky += [*self.removers[edge.before], *self.removers[edge.after]]
            self.model.add(start >= end + lag).only_enforce_if([*on, *self._off(risky)])

    def _handled(self, word: str) -> list[list[Any]]:
        """Return the ways in which a flow can come about, each a list of literals."""
        flows = [(p, e.flow) for p, e in enumerate(self.effects) if e.flow]
        ways = []
        today = {Serial: "serial", Staged: "staged"}.get(type(self.today.flow), "parallel")
        if today == word:
            ways.append(self._off([p for p, flow in flows if flow != word]))
        for place, flow in flows:
            if flow == word:
                later = [p for p, other in flows if other != word and p > place]
                ways.append([self.taken[place], *self._off(later)])
        return [[*way, *self._off(self.unforeseen)] for way in ways]

    def _pending(self) -> frozenset[str]:
        prints = self.prints
        keys = set(self.today.pending)
        for place in self.relaxing:
            simulated = self.effects[place].simulated
            keys |= set(simulated.pending) if simulated is not None else set()
        parts = {part for key in keys for part in prints.parts.get(key, frozenset([key]))}
        return frozenset(
            other for key in parts for other in prints.together.get(key, frozenset([key]))
        )

    def _one_after_another(self) -> None:
        """Bound a procedure handled in series by the sum of its steps."""
        pending = self._pending()
        for way in self._handled("serial"):
            for free, off in ((frozenset[str](), self.relaxing), (pending, [])):
                if free == frozenset() and self.today.pending:
                    continue
                total = [work for key, work in self.work.items() if key not in free]
                total += [work for _, joining, work in self.joint if not joining.parts & free]
                on = [*way, *self._off(off)]
                self.model.add(self.length >= sum(total)).only_enforce_if(on)

    def _gates(self) -> None:
        """Let no step handled by stage begin before the earlier stages are over."""
        ways = self._handled("staged")
        if not ways or not self.today.stages:
            return
        place = {stage.key: index for index, stage in enumerate(self.today.stages)}
        stage = {s.key: place.get(s.stage, -1) for s in self.today.steps}
        crossing = [
            number
            for number, joining, _ in self.joint
            if len({stage[key] for key in joining.parts}) > 1
        ]
        mixed = {
            key for number, joining, _ in self.joint if number in crossing for key in joining.parts
        }
        waits = any(is_wait(self.today, key) for key in stage)
        pending = self._pending()
        for way in ways:
            gates = [self.model.new_int_var(0, 2 * self.horizon, "gate") for _ in place]
            if not waits:
                for early, late in pairwise(gates):
                    self.model.add(late >= early)
            for key, index in stage.items():
                if index < 0:
                    continue
                off = [*self.removers[key], *(crossing if key in mixed else [])]
                held = [*off, *(self.relaxing if key in pending else [])]
                if not (key in pending and self.today.pending):
                    self.model.add(gates[index] >= self.end[key]).only_enforce_if(
                        [*way, *self._off(held)]
                    )
                if index and not is_wait(self.today, key):
                    self.model.add(self.start[key] >= gates[index - 1]).only_enforce_if(
                        [*way, *self._off(off)]
                    )

    def _early_work(self, place: int, lever: ApproveBySimulation) -> None:
        """Under simulated approval the conversion waits for what is relaxed and done early."""
        prints, model = self.prints, self.model
        taken = self.taken[place]
        formal = self._opened(lever.formal_steps)
        if any(
            prints.parts.get(key) is None for key in (*lever.formal_steps, lever.admitted_after)
        ):
            return
        conversion = model.new_int_var(0, self.horizon, "conversion")
        days = self._scaled(lever.days.paper_days)
        model.add(self.length >= conversion + days).only_enforce_if(
            [taken, *self._off(self.unforeseen)]
        )
        for key in formal:
            off = self._off([*self.unforeseen, *self.removers[key]])
            model.add(self.start[key] >= conversion + days).only_enforce_if([taken, *off])
        joining = self._offers(lambda e: any(len(j.parts) > 1 for j in e.joins))
        closures = [(self._after(formal, joined=True), list[int]())]
        if joining:  # without any joint step less may come after the formal acts
            closures.append((self._after(formal, joined=False), joining))
        sure: nx.DiGraph[str] = nx.DiGraph()
        sure.add_nodes_from(self.start)
        fixed = {key for each in self.effects for key in each.unbridged} | prints.removable
        sure.add_edges_from(
            edge.ends
            for edge in self.today.work_edges
            if not edge.strength.droppable and not edge.preworkable and not fixed & set(edge.ends)
        )
        surely_formal = {*formal, *(k for key in formal for k in nx.descendants(sure, key))}
        admitted = self._opened([lever.admitted_after])
        for edge in self.today.work_edges:
            unsure = self._unsurely_relaxed(edge, lever) if edge.preworkable else None
            if unsure is not None:
                off = self._off([*unsure, *self.breakers(edge, simulated=False)])
                on = [taken, *off]
                model.add(conversion >= self.end[edge.before]).only_enforce_if(on)
                for key in admitted:
                    if edge.after not in prints.together[key]:
                        model.add(self.start[edge.after] >= self.end[key]).only_enforce_if(on)
                for closure, without in closures:
                    early = {edge.after, *nx.descendants(sure, edge.after)} - closure
                    for other in prints.edges():
                        if other.before in early and other.after in surely_formal:
                            self._conversion_waits(conversion, other, [*on, *self._off(without)])
        for closure, without in closures:
            for edge in prints.edges():
                if edge.after in formal and edge.before not in closure:
                    self._conversion_waits(conversion, edge, [taken, *self._off(without)])

    def _after(self, formal: Iterable[str], *, joined: bool) -> set[str]:
        """Return the formal acts and all that may come after them, with or without joint steps."""
        prints = self.prints
        union: nx.DiGraph[str] = nx.DiGraph()
        union.add_nodes_from(self.start)
        union.add_edges_from(edge.ends for edge in prints.edges())
        if joined:
            for key, group in prints.together.items():
                union.add_edges_from((key, other) for other in group if other != key)
        return {*formal, *(later for key in formal for later in nx.descendants(union, key))}

    def _conversion_waits(self, conversion: Any, edge: Edge, on: Sequence[Any]) -> None:
        off = self._off(self.breakers(edge, simulated=False))
        self.model.add(conversion >= self.end[edge.before]).only_enforce_if(
            [*on, *off, *self._adders(edge)]
        )

    def _unsurely_relaxed(self, edge: Edge, lever: ApproveBySimulation) -> list[int] | None:
        """Return the offers without which a prerequisite is surely relaxed; None: never surely."""
        prints = self.prints
        befores, afters = prints.together[edge.before], prints.together[edge.after]
        if lever.edges and not any(
            edge.before in self._opened([a]) and edge.after in self._opened([b])
            for a, b in lever.edges
        ):
            return None
        through = {key for ends in prints.through_removed(befores, afters) for key in ends}
        alone = befores != afters and not prints.removable & (befores | afters | through)
        if alone and all(
            other.preworkable
            for other in prints.edges()
            if other.before in befores and other.after in afters
        ):
            return []
        own = {k for ends in prints.through_removed([edge.before], [edge.after]) for k in ends}
        unsure = [*self.joiners[edge.before], *self.joiners[edge.after]]
        unsure += [place for key in {*edge.ends, *own} for place in self.removers[key]]
        return unsure + [
            place
            for place, each in enumerate(self.effects)
            if any(added.ends == edge.ends for added in each.adds)
        ]

    def _opened(self, keys: Iterable[str]) -> frozenset[str]:
        return frozenset(
            part
            for key in keys
            for part in self.prints.parts.get(key, frozenset())
            if part in self.start
        )


def pattern_of(footprints: Footprints, choice: Choice, places: Iterable[int]) -> Pattern:
    """Return which of some offers a choice takes and which it does not."""
    offers = footprints.book.offers
    return tuple((place, offers[place].key in choice) for place in places)


def as_limits(limits: Mapping[str, Fraction | int]) -> tuple[Limit, ...]:
    """Return limits by measure, in the order of :data:`MEASURES`."""
    return tuple(Limit(m, Fraction(limits[m])) for m in MEASURES if m in limits)
