"""The best lawful redesign of a scenario: searched, proved, explained and simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

from optimizer.lever_offers import OFFERS_FILE, RESOURCES, Design, Offer, OfferBook, read_offers
from optimizer.redesign_derive import derived_offers
from optimizer.redesign_model import MEASURES, Limit, as_limits
from optimizer.redesign_sampling import Sampler, quantile
from optimizer.redesign_search import MOST_ROUNDS, Found, Search
from optimizer.redesign_trial import Trial, interval_json, try_out
from rules import Name, Procedure
from rules.levers import DropAllPractice, HandleInParallel
from rules.levers.change import STRENGTH_WORDS
from rules.steps import Strength
from scenarios import Scenario

MOST_FREE = 10
"""Most offers whose combinations are worked out around the shortest redesign."""

_MOST_NAMED = 5
"""Steps named in a refusal."""

_SAMPLE = 2000
"""Cases sampled, without queues, for each redesign that is shown."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One link of the chain that a redesign cannot be shorter than.

    Attributes
    ----------
    step : str
        Key of the step.
    name : Name
        Its name.
    days : Fraction
        Its working days on paper.
    basis : str
        What the step rests on.
    after : str
        The step before it on the chain; empty for the first.
    strength : str
        ``statute``, ``data``, ``practice`` or ``flow`` (order of handling).
    why : Name
        The article or reason of the prerequisite.
    """

    step: str
    name: Name
    days: Fraction
    basis: str
    after: str
    strength: str
    why: Name

    def sentence(self, language: str) -> str:
        """Say what holds the step back, with its article."""
        zh = language == "zh"
        name = f"{self.step} {self.name.in_language(language)}"
        days = f"{float(self.days):g} {'个工作日' if zh else 'wd'}"
        if not self.after:
            return f"{name}{'：' if zh else ': '}{days}"
        strength = (
            STRENGTH_WORDS[Strength(self.strength)].in_language(language)
            if self.strength in list(Strength)
            else ("办理次序" if zh else "order of handling")
        )
        why = self.why.in_language(language)
        reason = f"{strength}{'：' if zh else ': '}{why}" if why else strength
        return (
            f"{name}：{days}，在 {self.after} 之后（{reason}）"
            if zh
            else f"{name}: {days}, after {self.after} ({reason})"
        )


@dataclass(frozen=True, slots=True)
class Rung:
    """A redesign beyond the shortest list of steps: what is added, and what that drops.

    Attributes
    ----------
    design : Design
        The redesign.
    added : tuple of str
        Offers beyond those of the base.
    customs : tuple of str
        Customs that fall, as ``S16->S19``.
    """

    design: Design
    added: tuple[str, ...]
    customs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redesign:
    """The answer of ``lianban optimize redesign``.

    Attributes
    ----------
    scenario : Scenario
        Whose procedure is redesigned.
    book : OfferBook
        The offers, and today's procedure.
    measures : tuple of str
        What is made least, in order.
    limits : tuple of Limit
        What must be kept.
    found : Found
        The best redesign, with its proof.
    conflict : tuple of Limit
        If infeasible: limits that cannot be kept together.
    sizes : tuple of Found
        The best with at most 0, 1, 2, ... offers.
    front : tuple of Found
        Trade-offs of the first measure against a second.
    front_proved : bool
        Whether every one of them is proved and none is missing.
    rungs : tuple of Rung
        Redesigns around the one with the fewest steps, the longest first.
    floor : tuple of Holding
        The chain of statute and data prerequisites in today's catalogue.
    floor_days : Fraction
        Its length: what parallel handling reaches when every custom falls.
    holding : tuple of Holding
        The chain that holds the best redesign.
    shortlist : tuple of Found
        The best, the next best, and so on.
    trial : Trial or None
        The shortlist simulated.
    seed : int
        Of solver and luck.
    interrupted : bool
        Whether the search was stopped from outside; what is missing was not reached.
    """

    scenario: Scenario
    book: OfferBook
    measures: tuple[str, ...]
    limits: tuple[Limit, ...]
    found: Found
    conflict: tuple[Limit, ...]
    sizes: tuple[Found, ...]
    front: tuple[Found, ...]
    front_proved: bool
    rungs: tuple[Rung, ...]
    floor: tuple[Holding, ...]
    floor_days: Fraction
    holding: tuple[Holding, ...]
    shortlist: tuple[Found, ...]
    trial: Trial | None
    seed: int
    interrupted: bool

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``optimize redesign --json``."""
        sampler = Sampler(self.book, self.scenario.handling.spread, _SAMPLE, self.seed)

        def of(design: Design) -> dict[str, Any]:
            days = sampler.days(design)
            procedure = design.procedure
            return {
                "offers": list(self.book.in_order(design.choice)),
                "steps": procedure.n_steps,
                "paper_days": _number(self.book.paper_days(design)),
                "visits": procedure.visits,
                "documents": procedure.documents,
                **({} if procedure.fees is None else {"fees": procedure.fees}),
                **{resource: self.book.cost(design.choice, resource) for resource in RESOURCES},
                "mean_wd": round(float(days.mean()), 3),
                "p90_wd": round(quantile(days), 3),
            }

        def answer(found: Found) -> dict[str, Any]:
            return {
                "status": found.status,
                "value": _number(found.value),
                "bound": _number(found.bound),
                "gap": None if found.gap is None else round(found.gap, 6),
                "design": None if found.design is None else of(found.design),
            }

        every = (self.found, *self.sizes, *self.front, *self.shortlist)
        return {
            "scenario": self.scenario.key,
            "provenance": self.scenario.provenance,
            "least": list(self.measures),
            "limits": {each.measure: _number(each.most) for each in self.limits},
            **answer(self.found),
            "interrupted": self.interrupted,
            "conflict": [str(each) for each in self.conflict],
            "holding": [_holding_json(each) for each in self.holding],
            "floor": {
                "days": _number(self.floor_days),
                "chain": [_holding_json(each) for each in self.floor],
            },
            "sizes": [{"levers": size, **answer(each)} for size, each in enumerate(self.sizes)],
            "front": {"proved": self.front_proved, "designs": list(map(answer, self.front))},
            "rungs": [
                {
                    **of(rung.design),
                    "added": list(rung.added),
                    "customs_dropped": list(rung.customs),
                }
                for rung in self.rungs
            ],
            "shortlist": [answer(each) for each in self.shortlist],
            "trial": self._trial(),
            "sampled": {"cases": _SAMPLE, "note": "mean_wd and p90_wd: luck, but no queues"},
            "seed": self.seed,
            "rounds": sum(each.rounds for each in every),
            "seconds": round(sum(each.solver_seconds for each in every), 6),
            "seconds_are": "the solver's own, the same on every run",
        }

    def _trial(self) -> dict[str, Any] | None:
        if self.trial is None:
            return None
        chosen = self.trial.chosen
        return {
            "procedure": chosen.procedure,
            "measure": self.trial.measure,
            "delta_wd": chosen.delta,
            "confidence": round(chosen.confidence, 6),
            "guaranteed": chosen.guaranteed,
            "guarantee": {"zh": chosen.sentence("zh"), "en": chosen.sentence("en")},
            "best": chosen.best,
            "left": list(chosen.left),
            "replications": chosen.total,
            "designs": [
                {
                    "offers": list(self.book.in_order(each.design.choice)),
                    "replications": runs,
                    "mean": interval_json(each.mean),
                    "p90": interval_json(each.p90),
                }
                for each, runs in zip(self.trial.tried, chosen.runs, strict=True)
            ],
        }


def offers_of(scenario: Scenario) -> tuple[Offer, ...]:
    """Return the offers beside a scenario, or those that its catalogue alone allows."""
    path = scenario.folder / OFFERS_FILE
    return read_offers(path) if path.is_file() else derived_offers(scenario.procedure)


def redesign(
    scenario: Scenario,
    offers: Sequence[Offer] | None = None,
    *,
    measures: Sequence[str] = ("paper_days", "steps"),
    limits: Mapping[str, Fraction | int] | None = None,
    sizes: int = 8,
    front: str = "steps",
    shortlist: int = 4,
    trial: str = "p90",
    delta: float = 1.0,
    confidence: float = 0.95,
    most_runs: int = 0,
    seed: int = 1,
    rounds: int = MOST_ROUNDS,
    engine: str = "auto",
) -> Redesign:
    """Find the best lawful redesign of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Whose procedure is redesigned.
    offers : sequence of Offer, optional
        By default those of ``offers.toml`` beside the scenario, else derived ones.
    measures : sequence of str
        What to make least, in order of importance; see
        :data:`optimizer.redesign_model.MEASURES`.
    limits : mapping of str to number
        The most of each measure or resource.
    sizes : int
        The best redesign is also proved for each budget of 0 to so many offers; -1: none.
    front : str
        Second measure of the trade-offs; empty: none.
    shortlist : int
        How many of the best redesigns are compared.
    trial : str
        ``p90`` or ``mean`` of the simulated days, for the choice from the shortlist.
    delta, confidence : float
        Working days worth detecting, and the guarantee of the choice.
    most_runs : int
        Replications of each redesign at most; 0: no simulation.
    seed : int
        Of solver and luck.
    rounds : int
        Effort; see :class:`optimizer.redesign_search.Search`.
    engine : str
        What simulates: ``auto``, ``simpy`` or ``fast``; the answer does not depend on it.
    """
    book = OfferBook(scenario.procedure, offers_of(scenario) if offers is None else offers)
    search = Search(book, seed=seed, rounds=rounds)
    kept = as_limits(limits or {})
    for measure in (*measures, *([front] if front else [])):
        if measure not in MEASURES:
            raise ValueError(f"{measure} is none of {', '.join(MEASURES)}")
    if "fees" in (*measures, front, *(limits or {})) and book.today.fees is None:
        raise ValueError(untold_fees(book.today))
    found = search.best(measures, kept)
    conflict: tuple[Limit, ...] = ()
    sized: list[Found] = []
    trade: list[Found] = []
    listed: list[Found] = []
    proved = False
    rungs: tuple[Rung, ...] = ()
    tried: Trial | None = None
    interrupted = found.interrupted
    try:
        if found.status == "infeasible":
            conflict = search.conflict(kept)
        if found.design is not None and not interrupted:
            sized = search.best_of_each_size(measures, sizes, kept)
            if front and front != measures[0]:
                trade, proved = search.front(measures[0], front, kept)
            rungs = _rungs(search, kept)
            if shortlist > 1:
                listed = search.nearest(measures, shortlist, kept)
        interrupted |= any(each.interrupted for each in (*sized, *trade, *listed))
        if most_runs and listed and not interrupted:
            tried = try_out(
                scenario,
                [each.design for each in listed if each.design is not None],
                measure=trial,
                delta=delta,
                confidence=confidence,
                first=min(10, most_runs),
                most=most_runs,
                seed=seed,
                engine=engine,
            )
    except KeyboardInterrupt:
        interrupted = True
    floor_days, floor = lawful_floor(scenario.procedure)
    best = found.design
    return Redesign(
        scenario, book, tuple(measures), kept, found, conflict, tuple(sized), tuple(trade),
        proved, rungs, floor, floor_days, () if best is None else holding(best.procedure),
        tuple(listed), tried, seed, interrupted,
    )  # fmt: skip


def untold_fees(today: Procedure) -> str:
    """Return why fees cannot be added up: which steps do not tell theirs.

    Examples
    --------
    >>> from rules.steps import Step
    >>> untold_fees(Procedure(Name(en="flow"), (Step("a", Name(en="A")),), ()))
    'fees: a does not tell its fee; write yuan, or none, in the column fee of items.csv'
    """
    missing = today.without_fee
    if not missing:
        return "fees: no case takes all steps of a mix of case types, so there is no total"
    named = ", ".join(missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    verb = "does not tell its fee" if len(missing) == 1 else "do not tell their fees"
    return f"fees: {named}{more} {verb}; write yuan, or none, in the column fee of items.csv"


def lawful_floor(procedure: Procedure) -> tuple[Fraction, tuple[Holding, ...]]:
    """Return how short a procedure is when all is parallel and every custom falls.

    Its chain holds statute and data prerequisites only, each with its article: unless
    steps leave, are shortened or are worked on early, nothing shorter is lawful.
    """
    bare, _ = HandleInParallel().apply(procedure)
    bare, _ = DropAllPractice().apply(bare)
    return bare.paper_days, holding(bare)


def holding(procedure: Procedure) -> tuple[Holding, ...]:
    """Return the critical path of a procedure, with what holds each step to it."""
    chain = procedure.critical_path().keys
    links: list[Holding] = []
    for before, key in pairwise(("", *chain)):
        step = procedure[key]
        edge = next((e for e in procedure.work_edges if e.ends == (before, key)), None)
        links.append(
            Holding(
                step=key,
                name=step.name,
                days=step.days,
                basis=step.basis.citation,
                after=before,
                strength="" if not before else edge.strength.value if edge else "flow",
                why=edge.reason if edge else Name(),
            )
        )
    return tuple(links)


def _rungs(search: Search, limits: Sequence[Limit]) -> tuple[Rung, ...]:
    """Return the redesigns that further offers make of the one with the fewest steps.

    Of each number of days the one that takes fewest further offers, longest first.
    """
    book = search.book
    spending = [each for each in limits if each.measure in (*RESOURCES, "levers")]
    base = search.best(["steps"], spending).design
    if base is None:
        return ()
    base_days = book.paper_days(base)
    free = [offer.key for offer in book.offers if offer.key not in base.choice]
    most = len(free) if len(free) <= MOST_FREE else 2
    best: dict[Fraction, tuple[str, ...]] = {base_days: ()}
    for size in range(1, most + 1):
        for added in combinations(free, size):
            choice = base.choice | set(added)
            if not book.consistent(choice):
                continue
            if any(book.cost(choice, each.measure) > each.most for each in spending):
                continue
            design = book.apply(choice)
            if isinstance(design, Design):
                best.setdefault(book.paper_days(design), added)
    rungs = []
    for _, added in sorted(best.items(), reverse=True):
        design = book.apply(base.choice | set(added))
        assert isinstance(design, Design)
        customs = [str(e) for key, c in design.changes if key in added for e in c.fallen]
        rungs.append(Rung(design, added, tuple(customs)))
    return tuple(rungs)


def _holding_json(each: Holding) -> dict[str, Any]:
    return {
        "step": each.step,
        "name": {"zh": each.name.zh, "en": each.name.en},
        "days": _number(each.days),
        "basis": each.basis,
        "after": each.after,
        "strength": each.strength,
        "why": each.why.en,
    }


def _number(value: Fraction | None) -> int | float | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else round(float(value), 6)
