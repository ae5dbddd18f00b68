"""The exact search against brute force on catalogues drawn at random."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from optimizer.lever_effects import Footprints
from optimizer.lever_offers import Design, OfferBook
from optimizer.redesign_model import Limit, Master
from optimizer.redesign_search import Search, measured
from rules import Strength
from tests.redesign_cases import random_catalogue, random_offers

DEFAULT = range(30)
REST = range(30, 200)
MEASURES = ("paper_days", "steps", "visits", "documents")


def case(seed: int) -> OfferBook:
    steps = 20 + seed * 37 % (41 if seed in DEFAULT else 101)
    catalogue = random_catalogue(seed, steps)
    count = 5 if seed in DEFAULT else 6 if seed % 20 else 9
    return OfferBook(catalogue, random_offers(catalogue, seed, count))


def every_design(book: OfferBook) -> list[Design]:
    keys = [offer.key for offer in book.offers]
    choices = (frozenset(c) for size in range(len(keys) + 1) for c in combinations(keys, size))
    results = (book.apply(choice) for choice in choices if book.consistent(choice))
    return [result for result in results if isinstance(result, Design)]


def check_against_brute_force(seed: int) -> None:
    book = case(seed)
    designs = every_design(book)
    search = Search(book, seed=seed)
    for measure in MEASURES:
        for limits in ((), (Limit("levers", Fraction(2)), Limit("money", Fraction(12)))):
            values = [
                measured(book, design, measure)
                for design in designs
                if all(measured(book, design, each.measure) <= each.most for each in limits)
            ]
            found = search.best([measure], limits)
            assert found.status == "optimal"
            assert found.value == found.bound == min(values), (seed, measure, limits)
    cheap = [d for d in designs if len(d.choice) <= 4]
    fewest = min(measured(book, design, "steps") for design in cheap)
    days = min(d.procedure.paper_days for d in cheap if d.procedure.n_steps == fewest)
    found = search.best(["steps", "paper_days"], [Limit("levers", Fraction(4))])
    assert found.design is not None
    assert (found.design.procedure.n_steps, found.design.procedure.paper_days) == (fewest, days)
    keeps_the_law(book, found.design)


def keeps_the_law(book: OfferBook, design: Design) -> None:
    """No statute or data prerequisite has fallen but with a step that left lawfully."""
    procedure = design.procedure
    inside = {part.key: step.key for step in procedure.steps for part in step.origin}
    for edge in book.today.edges:
        if edge.strength is Strength.PRACTICE or not set(edge.ends) <= set(inside):
            continue
        before, after = inside[edge.before], inside[edge.after]
        if before == after:
            continue
        kept = procedure.edge(before, after)
        assert kept is not None, edge
        assert kept.strength.rank >= edge.strength.rank
        assert not kept.formal_at or edge.preworkable


@pytest.mark.parametrize("seed", DEFAULT)
def test_exact_search_equals_brute_force(seed: int):
    """On a random catalogue the proved optimum is the best of all combinations of offers."""
    check_against_brute_force(seed)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(s, marks=pytest.mark.slow if n < 20 else pytest.mark.long)
        for n, s in enumerate(REST)
    ],
)
def test_exact_search_equals_brute_force_on_more(seed: int):
    """The same on 170 further catalogues of up to 120 steps, with six to nine offers."""
    check_against_brute_force(seed)


@pytest.mark.parametrize("seed", range(8))
def test_the_master_never_promises_too_little(seed: int):
    """For every single choice the master's bound lies at or below what the levers make of it."""
    from ortools.sat.python import cp_model

    book = case(seed)
    prints = Footprints(book)
    for design in every_design(book)[:: 1 + seed % 3]:
        for measure in MEASURES[:2]:
            master = Master(prints)
            for offer, taken in zip(book.offers, master.taken, strict=True):
                master.model.add(taken == (offer.key in design.choice))
            master.least(measure)
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            assert solver.solve(master.model) == cp_model.OPTIMAL, design.choice
            bound = master.in_unit(measure, int(solver.objective_value))
            assert bound <= measured(book, design, measure), (design.choice, measure)
