"""What engines are timed on is the same process everywhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(ROOT))
from benchmarks import administration_model as office
from benchmarks import approval_model as model
from benchmarks.administration import administration
from benchmarks.administration_simpy import Hours, administration_in_simpy
from benchmarks.approval import approval_process, idiomatic, redesigns
from benchmarks.reform_simpy import reform_in_simpy
from scenarios import compile_plan, load
from simulator import simulate
from simulator.account import account_of
from simulator.trace import Outcome

PLAN = approval_process(cases=400)
OFFICE = PLAN.calendars[0]


@given(st.integers(0, 20 * model.WEEK), st.integers(1, 3 * model.OPEN_WEEK))
def test_office_hours_by_arithmetic_are_those_of_the_calendar(tick: int, work: int):
    """The model that peers run counts open time as our calendars do."""
    assert model.open_before(tick) == OFFICE.worked(0, tick)
    begin = OFFICE.opening(tick)
    assert model.done(tick, work) == OFFICE.add(begin, work)


def test_every_pool_has_people_enough_and_all_joins_are_there():
    """65 people in 8 pools, 64 to 82 % busy; four splits that join again; one first, one last."""
    assert sum(model.PEOPLE) == 65
    load = [0.0] * len(model.PEOPLE)
    for minutes, pool in model.MINUTES_AND_POOL:
        load[pool] += minutes / model.GAP
    busy = [100 * each / people for each, people in zip(load, model.PEOPLE, strict=True)]
    assert (round(min(busy)), round(max(busy))) == (64, 82)
    assert sorted(len(needs) for needs in model.NEEDS if len(needs) > 1) == [2, 2, 3, 4]
    followed = {before for needs in model.NEEDS for before in needs}
    assert [n for n in range(20) if n not in followed] == [19]
    assert [n for n, needs in enumerate(model.NEEDS) if not needs] == [0]


def test_the_idiomatic_model_simulates_the_same_process():
    """Its mean time in process lies within five standard errors of ours."""
    ours = [
        float((trace.finish - trace.arrival).mean()) for trace in simulate(PLAN, 20).replications
    ]
    theirs = [sum(took) / len(took) for took in (idiomatic(seed, 400) for seed in range(6))]

    assert apart(ours, theirs) < 5


def apart(ours: list[float], theirs: list[float]) -> float:
    """Return how many standard errors lie between the means of two samples."""

    def mean_and_error(values: list[float]) -> tuple[float, float]:
        mean = sum(values) / len(values)
        return mean, sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values)

    (one, its), (other, error) = mean_and_error(ours), mean_and_error(theirs)
    return abs(one - other) / (its + error) ** 0.5


@given(st.integers(0, 60 * model.WEEK), st.integers(1, 3 * model.OPEN_WEEK))
def test_hours_with_lunch_and_holidays_are_those_of_the_calendar(tick: int, work: int):
    """The SimPy model of the administration counts open time as our calendars do."""
    for calendar, hours in zip(
        administration(1).calendars, (office.OFFICE_HOURS, office.WINDOW_HOURS), strict=False
    ):
        theirs = Hours(office.open_hours(hours))
        assert theirs.before(tick) == calendar.worked(0, tick)
        assert tick + theirs.wait(tick, work) == calendar.add(tick, work)


def test_the_idiomatic_administration_is_ours():
    """Time in process, legal clock, lights, promises and refusals agree within five errors."""
    plan = administration(200)
    ours: dict[str, list[float]] = {}
    for trace in simulate(plan, 15, engine="simpy").replications:
        done = trace.outcomes() == Outcome.FINISHED
        account = account_of(plan, (trace,))
        lights = [sum(int(account.of(*of)[0]) for of in account.columns if of[2] == light)
                  for light in ("yellow", "red")]  # fmt: skip
        for name, value in (
            ("elapsed", (trace.finish - trace.arrival)[done].mean()),
            ("urgent", (trace.finish - trace.arrival)[done & (trace.types == 0)].mean()),
            ("legal", account.of("case", "", "counted")[0] / done.sum()),
            ("kept", account.of("case", "", "kept")[0] / done.sum()),
            ("yellow", lights[0] / done.sum()),
            ("red", lights[1] / done.sum()),
            ("refused", 1 - done.mean()),
        ):
            ours.setdefault(name, []).append(float(value))
    theirs: dict[str, list[float]] = {}
    for seed in range(12):
        told = administration_in_simpy(seed, 200)
        number = len(told.took)
        urgent = [took for took, first in zip(told.took, told.urgent, strict=True) if first]
        for name, value in (
            ("elapsed", sum(told.took) / number),
            ("urgent", sum(urgent) / len(urgent)),
            ("legal", sum(told.counted) / number),
            ("kept", told.kept / number),
            ("yellow", told.yellow / number),
            ("red", told.red / number),
            ("refused", told.refused / 200),
        ):
            theirs.setdefault(name, []).append(value)
    far = {name: apart(ours[name], theirs[name]) for name in ours}
    assert max(far.values()) < 5, far


def test_the_administration_has_every_feature():
    """What the benchmark calls all features is in the plan, and happens in a run."""
    plan = administration(200)
    trace = simulate(plan, 1, engine="simpy").replications[0]
    account = account_of(plan, (trace,))

    def number(what: str, key: str, measure: str) -> int:
        return int(account.of(what, key, measure)[0])

    outcomes = set(trace.outcomes().tolist())
    assert outcomes == {Outcome.FINISHED, Outcome.REFUSED}
    assert len(trace.earlier) > 20  # files that came back
    assert len(trace.holds) > 3  # members at sittings
    for part in ("touch", "queue", "dwell", "applicant", "notice", "stopped"):
        assert number("case", "", part) > 0
    assert number("stop", "experts", "cases") == number("case", "", "finished")
    assert 0 < number("case", "", "kept") < number("case", "", "promised")
    lights = {name: sum(number(*each) for each in account.columns if each[2] == name)
              for name in ("yellow", "red")}  # fmt: skip
    assert lights["yellow"] > lights["red"] > 0
    of = [n for n, desk in enumerate(plan.desks) if plan.steps[desk.step].key == "S11"]
    needed = (trace.end[:, of] > trace.start[:, of]).any(axis=1)
    assert 0 < needed.sum() < len(needed)  # not every case goes everywhere
    assert any(len(desk.pools) == 2 for desk in plan.desks)


def test_the_idiomatic_reform_is_ours():
    """The SimPy model of the Jiaxing reform takes as long as ours, within five errors."""
    plan = compile_plan(load("jiaxing/reform"))
    ours = [
        float((trace.finish - trace.arrival).mean())
        for trace in simulate(plan, 12, engine="simpy").replications
    ]
    theirs = [sum(took) / len(took) for took in (reform_in_simpy(plan, n) for n in range(12))]
    assert apart(ours, theirs) < 5


def test_redesigns_differ_and_have_their_own_names():
    """No two redesigns of the study are the same, and each has more people than today."""
    plans = redesigns(20)
    assert len({tuple(pool.capacity for pool in plan.pools) for plan in plans}) == 20
    assert len({plan.key for plan in plans}) == 20
    assert all(sum(p.capacity for p in plan.pools) == 67 for plan in plans[1:])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="asks the system for its memory")
def test_a_small_study_runs():
    """The study's command runs with smaller numbers and names the best redesign."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.study", "--redesigns", "3", "--replications", "6"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("3 redesigns x 6 replications x 2000 cases on fast")
    assert "best: approval/" in done.stdout
