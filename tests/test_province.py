"""A province-year, office by office: the same as event by event, exact, and in little memory."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from rules import Kind, Name
from rules.working_days import BeyondCalendar
from scenarios.arrivals import AtOnce
from scenarios.distributions import Fixed
from scenarios.plan import CaseType, Desk, Link, OwnWork, Plan, PlanStep, Pool
from scenarios.province import CASES_A_YEAR, VILLAGES, VISITS, Province, province
from simulator import simpy_engine
from simulator.histograms import Histogram
from simulator.province import ProvinceTotals, luck_of, simulate_city, simulate_province

pytest.importorskip("numba")
SMALL = province(0.0004, 4, seed=3)
"""Eight villages of one township and county."""


def branching() -> Province:
    """Return a small tree with two cities, three counties, four townships, seven villages."""
    small = province(0.0004, 3)
    villages = np.array([0, 0, 1, 1, 2, 3, 3])
    people = ((1,) * 7, (1, 2, 1, 1), (2, 1, 1), (1, 1, 1), (1, 1))
    return replace(
        small,
        city_of=np.array([0, 0, 1]),
        county_of=np.array([0, 0, 1, 2]),
        township_of=villages,
        cases=np.array([60, 45, 70, 1, 90, 30, 66]),
        daily=np.full(7, 25.0),
        people=tuple(np.array(each) for each in people),
    )


def as_plan(tree: Province) -> Plan:
    """Return the tree as a plan: a case type for each village, all with their own steps."""
    towns = tree.township_of
    counties = tree.county_of[towns]
    offices = (np.arange(len(towns)), towns, counties, counties, tree.city_of[counties])
    first_pool = np.cumsum([0, *(len(each) for each in tree.people)])
    pools = tuple(
        Pool(f"{level}-{act}-{number}", Name(""), int(people), 0)
        for (level, act, _), each in zip(VISITS, tree.people, strict=True)
        for number, people in enumerate(each)
    )
    steps, links, desks, types = [], [], [], []
    for village in range(len(towns)):
        for visit, office in enumerate(offices):
            number = len(steps)
            work = OwnWork(number, 60, Fixed(1))
            key = f"V{village}-{visit}"
            steps.append(PlanStep(key, Name(key), Kind.APPROVAL, "", work, (number,), of=village))
            desks.append(Desk(number, "", (int(first_pool[visit] + office[village]),), 0))
            if visit:
                links.append(Link(number - 1, number))
        types.append(CaseType(f"V{village}", Name("")))
    cases = int(tree.cases.sum())
    return Plan(
        "tree", tuple(steps), tuple(links), tuple(desks), pools, (tree.calendar,), AtOnce(),
        cases, types=tuple(types),
    )  # fmt: skip


def test_office_by_office_is_event_by_event(monkeypatch: pytest.MonkeyPatch):
    """The SimPy engine, given the same luck, counts the same waits and times to the minute."""
    tree = branching()
    plan = as_plan(tree)
    lucks = [luck_of(tree, [village], 5) for village in range(len(tree.cases))]
    village = np.repeat(np.arange(len(lucks)), tree.cases)
    arrival = np.concatenate([comes for comes, _ in lucks]).astype(np.int64)
    work = np.zeros((len(village), len(plan.desks)), dtype=np.int64)
    needs = np.concatenate([each for _, each in lucks], axis=1)
    for visit in range(len(VISITS)):
        work[np.arange(len(village)), len(VISITS) * village + visit] = needs[visit]
    for name, known in (("arrival_times", arrival), ("desk_times", work), ("case_types", village)):
        monkeypatch.setattr(simpy_engine, name, lambda *_, known=known, **__: known.copy())
    trace = simpy_engine.simulate_replication(plan, 5, 0)
    counting = tree.calendar
    desks = len(VISITS) * village[:, np.newaxis] + np.arange(len(VISITS))
    ready, start = (np.take_along_axis(each, desks, axis=1) for each in (trace.ready, trace.start))
    found = simulate_province(tree, 5)
    assert found.cases == len(village)
    assert same(found.elapsed, counting.worked_many(trace.arrival, trace.finish))
    for visit, waits in enumerate(found.waits):
        assert same(waits, counting.worked_many(ready[:, visit], start[:, visit]))
    assert max(waits.quantile(1) for waits in found.waits) > 1800


def same(found: Histogram, ticks: np.ndarray) -> bool:
    expected = Histogram.of(ticks, 60)
    return np.array_equal(found.cells, expected.cells) and np.array_equal(
        found.counts, expected.counts
    )


def told(totals: ProvinceTotals) -> str:
    """Return every number of the totals."""
    parts = (totals.elapsed, *totals.waits)
    return f"{totals.cases} {[(p.cells.tolist(), p.counts.tolist()) for p in parts]}"


def test_threads_and_the_order_of_cities_change_nothing():
    """Counties at once or one by one, cities in any order: the same counts."""
    tree = branching()
    alone = told(simulate_province(tree, 2))
    assert told(simulate_province(tree, 2, threads=3)) == alone
    cities = [simulate_city(tree, city, 2) for city in (1, 0)]
    assert told(ProvinceTotals.merged(cities)) == alone
    assert told(simulate_province(tree, 3)) != alone


def test_a_village_keeps_its_luck_whatever_stands_beside_it():
    """A village's cases come and work as long in a province of one as in a larger one."""
    tree = branching()
    alone = replace(
        tree, township_of=np.zeros(1, dtype=np.int64), cases=tree.cases[:1], daily=tree.daily[:1]
    )
    for one, other in zip(luck_of(tree, [0], 9), luck_of(alone, [0], 9), strict=True):
        assert np.array_equal(one, other)


def test_the_whole_province_has_100_million_cases_a_year():
    """20,000 villages in 1,300 townships, 90 counties and 11 cities; nobody is overworked."""
    whole = province()
    assert len(whole.township_of) == VILLAGES
    assert [int(each[-1]) + 1 for each in (whole.township_of, whole.county_of, whole.city_of)] == [
        1_300, 90, 11,
    ]  # fmt: skip
    assert whole.cases.sum() == pytest.approx(CASES_A_YEAR, rel=0.01)
    busy = whole.daily * 8 * 60 / (8 * 3600) / whole.people[0]
    assert busy.max() <= 0.8
    for upper in (whole.township_of, whole.county_of, whole.city_of):
        assert (np.diff(upper) >= 0).all()


def test_work_that_does_not_end_is_refused():
    """An office with too few people is named rather than cut off."""
    few = replace(SMALL, people=(*SMALL.people[:4], np.zeros_like(SMALL.people[4]) + 1))
    slow = replace(few, cases=few.cases * 60, daily=few.daily * 60)
    with pytest.raises(BeyondCalendar, match=r"(village|township|county|city) \d+: work does not"):
        simulate_province(slow, 1)


YEAR = """
import json
import sys
sys.path.insert(0, "tests")
from memory import peak_kb
from scenarios.province import province
from simulator.province import simulate_province
simulate_province(province(0.0001, 1))
before = peak_kb()
found = simulate_province(province(0.01), threads=2)
after = peak_kb()
print(json.dumps([found.cases, found.visits, (after - before) // 1024, after // 1024]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks the system for its memory")
def test_a_hundredth_of_a_province_year_runs_in_little_memory():
    """A million cases of five visits take some dozen bytes each while their city is at work."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", YEAR], cwd=ROOT, capture_output=True, text=True, check=True
    )
    cases, visits, grown, peak = json.loads(done.stdout)
    assert 900_000 < cases < 1_100_000
    assert visits == 5 * cases
    assert grown < 250
    assert peak < 500
