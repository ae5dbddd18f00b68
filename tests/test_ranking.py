"""Choosing the best of several designs: the guarantees, and what common luck saves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.erlang import chance_longer, erlang_c, square_root_delay, square_root_staffing
from optimizer.ranking import equal_allocation, kim_nelson, ocba

MEANS = np.array([163.7, 165.2, 166.0, 167.1, 168.4, 169.5, 170.8])


def responses(seed: int, *, shared: bool):
    """Redesigns of about 165 days with deviation 21, most of it luck that all share."""
    own = np.random.default_rng(seed).normal(0, 5.3, (len(MEANS), 20_000))
    common = np.random.default_rng(seed + 1).normal(0, 20.3, 20_000)
    other = np.random.default_rng(seed + 2).normal(0, 20.3, (len(MEANS), 20_000))
    luck = own + (common if shared else other)
    return lambda design, run: float(MEANS[design] + luck[design, run])


def test_the_best_is_chosen_as_often_as_promised():
    """KN with 95 % picks the design that is 1.5 days better in at least 95 of 100 trials."""
    right = sum(
        kim_nelson(responses(3 * s, shared=True), len(MEANS), delta=1.5).best == 0
        for s in range(40)
    )
    assert right >= 38


def test_common_luck_needs_a_tenth_of_the_runs():
    """With common random numbers the same guarantee takes at least ten times fewer runs."""
    paired = kim_nelson(responses(7, shared=True), len(MEANS), delta=1.0)
    independent = kim_nelson(
        responses(7, shared=False), len(MEANS), delta=1.0, paired=False, most=19_000
    )
    assert paired.best == independent.best == 0
    assert paired.guaranteed
    assert independent.guaranteed
    assert independent.total >= 10 * paired.total


def test_no_guarantee_is_claimed_when_the_runs_give_out():
    """With too few runs the selection says so and estimates its chance instead."""
    chosen = kim_nelson(responses(1, shared=False), len(MEANS), delta=0.1, first=5, most=6)
    assert not chosen.guaranteed
    assert 0 <= chosen.confidence < 0.95
    assert "not guaranteed" in chosen.sentence("en")
    assert "并非保证" in chosen.sentence("zh")


def test_equal_designs_do_not_run_for_ever():
    """Two designs that give the same in every run are told to be equal at once."""
    chosen = kim_nelson(lambda design, run: float(run % 3), 2, delta=1.0, first=5, most=1000)
    assert (chosen.best, chosen.total) == (0, 10)


def test_ocba_spends_more_where_it_is_close():
    """The budget goes to the best and its nearest rival rather than to hopeless designs."""
    rng = np.random.default_rng(4)
    luck = rng.normal(0, 1, (4, 4000))
    means = [0.0, 0.3, 3.0, 6.0]
    chosen = ocba(lambda i, r: means[i] + float(luck[i, r]), 4, budget=800)
    assert chosen.best == 0
    assert chosen.total == 800
    assert min(chosen.runs[0], chosen.runs[1]) > 5 * max(chosen.runs[2], chosen.runs[3])


def test_equal_allocation_estimates_its_chance():
    """The estimated chance of a right choice grows with the runs."""
    few = equal_allocation(responses(5, shared=True), len(MEANS), runs=10)
    many = equal_allocation(responses(5, shared=True), len(MEANS), runs=200)
    assert few.confidence < many.confidence
    assert many.confidence > 0.95


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (3, 2.0), (10, 8.0), (50, 45.0)])
def test_erlang_c_is_its_definition(servers: int, load: float):
    """The stable recursion equals Erlang's sum."""
    terms = [load**n / math.factorial(n) for n in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    assert erlang_c(servers, load) == pytest.approx(last / (sum(terms) + last), rel=1e-12)


def test_time_in_the_office_of_one_server():
    """With one server the time in the house is exponential with rate mu - lambda."""
    assert chance_longer(1, 0.8, 2.0, 10.0) == pytest.approx(math.exp(-(0.5 - 0.4) * 10))


def test_square_root_rule_meets_its_delay():
    """For a large office the rule's share of queueing cases is near the limit formula."""
    servers = square_root_staffing(400.0, beta=1.0)
    assert erlang_c(servers, 400.0) == pytest.approx(square_root_delay(1.0), abs=0.02)
