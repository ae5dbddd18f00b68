"""Exact search over redesigns: solve the master problem, apply its choice, learn, repeat.

Each round asks CP-SAT for the choice with the least bound. The levers are then really
applied. Either one is refused, or the redesign is measured; both become a cut that holds
for every choice that agrees in the offers that matter. The search ends when the best
redesign in hand is no worse than the master's bound: that is the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from optimizer.lever_effects import Footprints
from optimizer.lever_offers import Choice, Design, OfferBook, Refusal
from optimizer.redesign_model import SPENT, Cut, Limit, Master, pattern_of
from optimizer.running_solver import Effort, run

MOST_ROUNDS = 300
"""Choices applied before a question gives up its proof and returns the best so far."""

_AT_LEAST = 5
"""Rounds that every later question still gets when earlier ones have used up theirs."""

SOLVER_SECONDS = 20.0
"""The solver's own, repeatable seconds for one round."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best redesign of a question.

    Attributes
    ----------
    status : str
        ``optimal`` (proved), ``feasible`` (not proved best), ``infeasible`` or
        ``unknown``.
    measure : str
        What was made least.
    value, bound : Fraction or None
        Its value, and what no lawful choice within the limits can be below.
    design : Design or None
        The redesign.
    rounds : int
        Choices that were applied.
    solver_seconds : float
        The solver's own seconds, the same on every run.
    interrupted : bool
        Whether the search was stopped from outside.
    """

    status: str
    measure: str
    value: Fraction | None
    bound: Fraction | None
    design: Design | None
    rounds: int
    solver_seconds: float
    interrupted: bool = False

    @property
    def gap(self) -> float | None:
        """How far the value may be above the best, as a share of it; None if unknown."""
        if self.value is None or self.bound is None:
            return None
        return float((self.value - self.bound) / self.value) if self.value else 0.0


@dataclass(slots=True)
class Search:
    """A search over one book of offers; what it learns serves every later question.

    Attributes
    ----------
    book : OfferBook
        The offers and today's procedure.
    seed : int
        Seed of the solver.
    rounds : int
        Most choices applied for one question; all questions together get twice as many, and
        later ones build on what earlier ones have learned.
    used : int
        Choices applied so far.
    cuts : list of Cut
        What has been learned.
    """

    book: OfferBook
    seed: int = 1
    rounds: int = MOST_ROUNDS
    prints: Footprints = field(init=False)
    used: int = 0
    cuts: list[Cut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.prints = Footprints(self.book)

    def best(
        self,
        measures: Sequence[str],
        limits: Sequence[Limit] = (),
        excluded: Iterable[Choice] = (),
    ) -> Found:
        """Return the redesign that is least in the first measure, then the next, and so on.

        Ties are broken by fewest offers last. Status, value and bound are those of the
        first measure.

        Parameters
        ----------
        measures : sequence of str
            In order of importance.
        limits : sequence of Limit
            What must be kept.
        excluded : iterable of frozenset
            Choices that do not count, for the next best.
        """
        excluded = tuple(excluded)
        first = self._least(measures[0], limits, excluded)
        if first.status != "optimal" or first.interrupted:
            return first
        found, kept = first, list(limits)
        for previous, measure in pairwise((*measures, "levers")):
            if found.value is None:
                break
            kept.append(Limit(previous, found.value))
            later = self._least(measure, kept, excluded)
            first = replace(
                first,
                rounds=first.rounds + later.rounds,
                solver_seconds=first.solver_seconds + later.solver_seconds,
                interrupted=first.interrupted or later.interrupted,
            )
            if later.design is None:
                break
            first = replace(first, design=later.design)
            if later.status != "optimal" or later.interrupted:
                break
            found = later
        return first

    def best_of_each_size(
        self, measures: Sequence[str], most: int, limits: Sequence[Limit] = ()
    ) -> list[Found]:
        """Return the best redesign with at most 0, 1, ... ``most`` offers, each proved."""
        answers: list[Found] = []
        for size in range(most + 1):
            found = self.best(measures, [*limits, Limit("levers", Fraction(size))])
            answers.append(found)
            if found.interrupted:
                break
        return answers

    def nearest(
        self, measures: Sequence[str], count: int, limits: Sequence[Limit] = ()
    ) -> list[Found]:
        """Return the best redesigns in order, each different in what it makes of the procedure."""
        answers: list[Found] = []
        excluded: list[Choice] = []
        while len(answers) < count:
            found = self.best(measures, limits, excluded)
            if found.design is None or found.interrupted:
                break
            excluded.append(found.design.choice)
            answers.append(found)
        return answers

    def front(
        self, first: str, second: str, limits: Sequence[Limit] = ()
    ) -> tuple[list[Found], bool]:
        """Return every trade-off between two measures, and whether each is proved.

        By the epsilon-constraint method: the first measure is made least, then the second
        with it; the next answer must be better in the second.
        """
        answers: list[Found] = []
        proved = True
        kept: list[Limit] = list(limits)
        while True:
            found = self.best([first, second], kept)
            if found.design is None:
                return answers, proved and found.status == "infeasible"
            proved = proved and found.status == "optimal" and not found.interrupted
            answers.append(found)
            if found.interrupted:
                return answers, False
            reached = self.measured(found.design, second)
            kept = [*limits, Limit(second, reached - _smallest_step(self.prints, second))]

    def conflict(self, limits: Sequence[Limit]) -> tuple[Limit, ...]:
        """Return limits that cannot be kept together, none of them to spare.

        Each in turn is left out; it stays out while the rest is still infeasible.
        """
        core = list(limits)
        for limit in limits:
            rest = [each for each in core if each is not limit]
            if self._least("levers", rest, ()).status == "infeasible":
                core = rest
        return tuple(core)

    def measured(self, design: Design, measure: str) -> Fraction:
        """Return a measure of a redesign."""
        return measured(self.book, design, measure)

    def _least(self, measure: str, limits: Sequence[Limit], excluded: Iterable[Choice]) -> Found:
        from ortools.sat.python import cp_model

        master = Master(self.prints, limits, self.cuts)
        master.least(measure)
        excluded = tuple(excluded)
        for choice in excluded:
            master.without(choice)
        bound: Fraction | None = None
        spent, number, interrupted = 0.0, 0, False
        best, value = self._as_it_is(measure, limits, excluded)
        effort = Effort(SOLVER_SECONDS, seed=self.seed, workers=1, deterministic=True)
        rounds = min(self.rounds, max(_AT_LEAST, 2 * self.rounds - self.used))
        for number in range(1, rounds + 1):
            self.used += 1
            solver = cp_model.CpSolver()
            try:
                ended = run(master.model, solver, effort, subsolvers=())
            except KeyboardInterrupt:
                interrupted = True
                break
            spent += ended.spent
            if ended.bound is not None:
                reached = master.in_unit(measure, ended.bound)
                bound = reached if bound is None else max(bound, reached)
            if ended.ending == "infeasible":
                # Everything within the limits has been applied, or there was nothing.
                status = "infeasible" if best is None else "optimal"
                return Found(status, measure, value, value, best, number - 1, spent)
            if ended.interrupted or ended.ending == "unknown":
                interrupted = ended.interrupted
                break
            if value is not None and bound is not None and bound >= value:
                return Found("optimal", measure, value, value, best, number - 1, spent)
            choice = master.choice(solver)
            try:
                result = self.book.apply(choice)
                if isinstance(result, Design):
                    own = self.measured(result, measure)
                    kept = self._keeps(result, limits)
                    if kept and (value is None or own < value):
                        best, value = result, own
                    if kept and bound is not None and own <= bound:
                        return Found("optimal", measure, own, own, result, number, spent)
                lessons = self._lessons(result, choice, (measure, *(e.measure for e in limits)))
            except KeyboardInterrupt:
                interrupted = True
                break
            for cut in lessons:
                self.cuts.append(cut)
                master.learn(cut)
        status = "unknown" if best is None else "feasible"
        return Found(status, measure, value, bound, best, number, spent, interrupted)

    def _as_it_is(
        self, measure: str, limits: Sequence[Limit], excluded: Sequence[Choice]
    ) -> tuple[Design | None, Fraction | None]:
        """Return today's procedure with its value, if it is within the limits."""
        today = self.book.apply(())
        if isinstance(today, Refusal) or frozenset() in excluded or not self._keeps(today, limits):
            return None, None
        return today, self.measured(today, measure)

    def _keeps(self, design: Design, limits: Sequence[Limit]) -> bool:
        return all(self.measured(design, each.measure) <= each.most for each in limits)

    def _lessons(
        self, result: Design | Refusal, choice: Choice, measures: Sequence[str]
    ) -> list[Cut]:
        """Return what a choice that was applied teaches about others."""
        if isinstance(result, Refusal):
            matter = [*self.prints.matter_to_refusal(result.place), result.place]
            return [Cut(pattern_of(self.prints, choice, matter))]
        everything = range(len(self.book.offers))
        cuts = []
        for measure in dict.fromkeys(measures):
            if measure in SPENT:
                continue
            value = self.measured(result, measure)
            matter = (
                self._holding(result)
                if measure == "paper_days"
                else [p for p in everything if self._touches(p, measure)]
            )
            cuts.append(Cut(pattern_of(self.prints, choice, matter), measure, value))
        return cuts

    def _touches(self, place: int, measure: str) -> bool:
        each = self.prints.effects[place]
        shapes = each.joins or each.removes or each.simulated
        return bool(each.less[measure] or each.anything or each.everywhere or shapes)

    def _holding(self, design: Design) -> list[int]:
        """Return the offers without a change in which the critical path stays."""
        procedure = design.procedure
        chain = procedure.critical_path().keys
        ends = {edge.ends for edge in procedure.work_edges}
        today = set(self.book.today.keys)
        parts = {part.key for key in chain for part in procedure[key].origin}
        if not parts <= today or any(pair not in ends for pair in pairwise(chain)):
            return list(range(len(self.book.offers)))
        inside = {part.key for step in procedure.steps for part in step.origin}
        return self.prints.matter_to_chain(parts, today - inside)


def measured(book: OfferBook, design: Design, measure: str) -> Fraction:
    """Return a measure of a redesign, as the procedure itself says."""
    if measure in SPENT:
        return Fraction(book.cost(design.choice, measure))
    procedure = design.procedure
    return {
        "paper_days": lambda: book.paper_days(design),
        "steps": lambda: Fraction(procedure.n_steps),
        "visits": lambda: Fraction(procedure.visits),
        "documents": lambda: Fraction(procedure.documents),
        "fees": lambda: Fraction(procedure.fees or 0),
    }[measure]()


def _smallest_step(prints: Footprints, measure: str) -> Fraction:
    if measure != "paper_days":
        return Fraction(1)
    return Fraction(1, Master(prints).unit)
