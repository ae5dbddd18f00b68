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
from benchmarks import approval_model as model
from benchmarks.approval import approval_process, idiomatic, redesigns
from simulator import simulate

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

    def mean_and_error(values: list[float]) -> tuple[float, float]:
        mean = sum(values) / len(values)
        return mean, sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values)

    (one, its), (other, error) = mean_and_error(ours), mean_and_error(theirs)
    assert abs(one - other) < 5 * (its + error) ** 0.5


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
