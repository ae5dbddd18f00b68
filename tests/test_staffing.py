"""The fewest people that keep a promise: against exhaustive search, with its bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from lianban.cli import main
from optimizer.sensitivity import criticality, sensitivity
from optimizer.staffing import staffing
from optimizer.staffing_bounds import loads, staffed
from optimizer.staffing_search import Choosable, KeepPromise, StaffingSearch
from scenarios import load
from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential
from scenarios.plan import OwnWork, Plan
from scenarios.streams import stream_of
from tests.plans import HOUR, Task, plan_of

COSTS = (1.0, 1.3, 0.8, 1.1)


def departments(people: tuple[int, ...] = (3, 3, 3, 3), cases: int = 60) -> Plan:
    """Four departments in series, Poisson cases, exponential work, round the clock."""
    work = (30 * HOUR, 40 * HOUR, 20 * HOUR, 50 * HOUR)
    return plan_of(
        *(
            Task(
                f"S{i}",
                OwnWork(stream_of(f"S{i}"), ticks, Exponential(1)),
                pools=(i,),
                needs=(f"S{i - 1}",) if i else (),
            )
            for i, ticks in enumerate(work)
        ),
        capacities=people,
        arrivals=Poisson(24.0 * HOUR),
        cases=cases,
    )


PROMISE = KeepPromise(days=14, share=0.9)


def search_over(plan: Plan) -> StaffingSearch:
    known = {each.pool: each for each in loads(plan, 1)}
    pools = tuple(
        Choosable(key, each.stable, each.stable + 3, cost)
        for (key, each), cost in zip(known.items(), COSTS, strict=True)
    )
    return StaffingSearch(plan, pools, PROMISE, replications=8)


def test_the_exhaustive_optimum_with_a_tenth_of_its_simulations():
    """Greedy, trim and swap find the cheapest of 256 staffings with at most 26 of them."""
    clever = search_over(departments())
    start = tuple(each.least for each in clever.pools)
    found = clever.greedy(start, PROMISE.share)
    assert found is not None
    found = clever.improve(found, PROMISE.share)
    thorough = search_over(departments())
    best, tried = thorough.exhaustive(PROMISE.share)
    assert best is not None
    assert tried == 4**4
    assert clever.cost(found) == pytest.approx(thorough.cost(best))
    assert len(clever.tried) <= tried / 10


def test_the_proof_tries_every_cheaper_staffing():
    """It proves the optimum on the sample, and skips nothing because something near it failed."""
    search = search_over(departments())
    start = tuple(each.least for each in search.pools)
    found = search.improve(search.greedy(start, PROMISE.share) or start, PROMISE.share)
    best, proved, bound = search.prove(found, PROMISE.share, most=200)
    assert proved
    assert bound == search.cost(best)
    numbers = product(*(range(each.least, each.most + 1) for each in search.pools))
    assert all(p in search.tried for p in numbers if search.cost(p) < search.cost(best))
    assert best == search.exhaustive(PROMISE.share)[0]


def test_loads_are_work_by_arrivals():
    """Cases every 24 hours with 40 hours of work keep 1.67 people busy: 2 are the fewest."""
    load = {each.pool: each for each in loads(departments(cases=2000), 1)}
    second = load["office-1.reviewer"]
    assert second.load == pytest.approx(40 / 24, rel=0.1)
    assert (second.stable, second.square_root) == (2, 3)


def test_the_answer_names_runner_up_and_the_price_of_a_point():
    """The result holds the next best staffing and what one percentage point more costs."""
    found = staffing(departments(), PROMISE, replications=8, most=6)
    assert found.status == "found"
    assert found.best is not None
    assert found.runner_up is not None
    assert found.best.lower >= 0.9
    assert found.best.kept.estimate > found.best.lower
    assert found.runner_up.cost >= found.best.cost
    assert found.price_of_a_point is None or found.price_of_a_point >= 0
    assert found.bound <= found.best.cost
    again = staffing(departments(), PROMISE, replications=8, most=6)
    assert found.to_json() == again.to_json()


def test_a_promise_below_the_critical_path_is_infeasible_and_says_why():
    """Eight days cannot be kept with any staff when the work alone takes longer."""
    found = staffing(departments(), KeepPromise(days=5, share=0.9), replications=6)
    assert (found.status, found.best) == ("infeasible", None)
    assert "even with ample people" in found.reasons[0].en
    assert "人员不限" in found.reasons[0].zh
    assert found.ceiling.estimate < 0.9


def test_too_few_people_allowed_is_infeasible_and_says_so():
    """When the most people allowed cannot keep the promise, the limits are named."""
    found = staffing(
        departments((3, 3, 3, 3)), KeepPromise(14, 0.95), pools=["office-3.reviewer"],
        most=3, replications=6,
    )  # fmt: skip
    assert found.status == "infeasible"
    assert "office-3.reviewer <= 3" in found.reasons[0].en


def test_more_people_never_keep_less():
    """With the same luck an extra person never lowers the share that is kept."""
    search = search_over(departments())
    few, more = search.at((3, 3, 2, 4)), search.at((3, 3, 2, 5))
    assert more.kept.estimate >= few.kept.estimate


def test_interrupted_search_keeps_its_best(monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C in the search returns the cheapest staffing known to keep the promise."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StaffingSearch, "improve", interrupt)
    found = staffing(departments(), PROMISE, replications=8, most=6)
    assert found.status == "interrupted"
    assert found.best is not None
    assert found.best.lower >= 0.9


def test_staffed_changes_only_the_named_pools():
    """Other pools keep today's people."""
    plan = staffed(departments(), {"office-2.reviewer": 9})
    assert [pool.capacity for pool in plan.pools] == [3, 3, 9, 3]


def test_the_command_prints_the_staffing_twice_the_same(capsys: pytest.CaptureFixture[str]):
    """``optimize staffing`` answers in JSON, byte-equal for equal seeds; 4 if it cannot."""
    command = [
        "optimize", "staffing", "jiaxing/reform", "--days", "125", "--replications", "5",
        "--pool", "planning.reviewer", "--json",
    ]  # fmt: skip
    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0
    assert capsys.readouterr().out == first
    document = json.loads(first)
    assert document["best"]["lower_bound"] >= 0.9
    assert document["best"]["people"]["planning.reviewer"] <= 6
    assert main([*command[:4], "60", *command[5:]]) == 4


def test_an_unknown_pool_is_an_input_error(capsys: pytest.CaptureFixture[str]):
    """A pool that does not exist is told with those that do."""
    command = ["optimize", "staffing", "jiaxing", "--days", "90", "--pool", "planing.reviewer"]
    assert main(command) == 2
    assert "planning.reviewer" in capsys.readouterr().err


def test_sensitivity_ranks_paired_savings():
    """In the reform the custom R07->R08 saves most; statutes are listed as unlawful to drop."""
    found = sensitivity(load("jiaxing/reform"), replications=5, most=6)
    first = found.savings[0]
    assert (first.kind, first.key) == ("custom", "R07->R08")
    assert first.mean.low is not None
    assert first.mean.low > 0
    assert first.criticality > 0.9
    assert "R05->R06" in dict(found.unlawful)
    means = [each.mean.estimate for each in found.savings]
    assert means == sorted(means, reverse=True)


def test_criticality_of_a_single_chain_is_one():
    """In a series of departments every case's last chain runs through all of them."""
    from simulator import simulate

    plan = departments(cases=10)
    steps, links = criticality(plan, simulate(plan, 1).replications)
    assert set(steps.values()) == {1.0}
    assert set(links.values()) == {1.0}


def test_a_meeting_may_sit_more_often_or_take_more_cases():
    """A promise that a fortnightly meeting breaks is kept by sitting more often."""
    from scenarios.gatherings import Meeting

    fortnights = tuple(range(10 * HOUR, 600 * 24 * HOUR, 14 * 24 * HOUR))
    plan = plan_of(Task("panel", 0), cases=40, arrivals=Poisson(48.0 * HOUR))
    desk = replace(plan.desks[0], gathering=Meeting("board", fortnights, 8))
    plan = replace(plan, desks=(desk,))
    assert staffing(plan, KeepPromise(8, 0.9), replications=6, pools=["board.slots"]).best is None
    found = staffing(plan, KeepPromise(8, 0.9), replications=6, pools=["board.sittings"])
    assert found.best is not None
    assert found.best.people == {"board.sittings": 2}
