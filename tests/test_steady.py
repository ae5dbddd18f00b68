"""The long run: warm-up left out, intervals over replications, and runs that are too short."""

import json
from dataclasses import replace

import pytest
from plans import HOUR, station
from test_model_offices import scenario

from lianban.cli import main
from scenarios.plan import InFlight
from simulator import simulate, steady_state


def test_the_long_run_of_an_office_is_the_textbooks():
    """At 80 % load a case takes five service times in the long run; from empty it takes less."""
    plan = station(HOUR / 0.8, HOUR, 1, cases=3000)
    run = simulate(plan, 40, seed=4)
    hour = HOUR / plan.day_ticks
    found = steady_state(run)
    assert found.settled
    assert 0 < found.left_out < 1500
    assert found.mean.low <= 5 * hour <= found.mean.high
    assert found.mean.n == 40
    early = [float(trace.finish[:30].sum() - trace.arrival[:30].sum()) / 30 / HOUR
             for trace in run.replications]  # fmt: skip
    assert sum(early) / len(early) < 4


def test_an_overloaded_office_never_settles():
    """At 150 % load the queue grows as long as anybody looks: no long run is claimed."""
    found = steady_state(simulate(station(HOUR / 1.5, HOUR, 1, cases=2000), 5))
    assert not found.settled
    assert found.left_out == 1000


def test_unfinished_cases_end_what_is_looked_at():
    """Of a run cut off early only cases before the first unfinished one count."""
    plan = replace(station(HOUR / 0.5, HOUR, 1, cases=400), until=100 * HOUR)
    run = simulate(plan, 5)
    found = steady_state(run)
    first = min(int((trace.outcome != 0).argmax()) for trace in run.replications)
    assert found.cases == first


def test_a_backlog_is_where_a_run_begins():
    """Thirty files on the desk at the start are worked off: they wait most, later cases less."""
    plan = station(HOUR / 0.5, HOUR, 1, cases=400)
    full = replace(plan, in_flight=(InFlight(0, ()),) * 30, cases=430)
    run = simulate(full, 10)
    waits = sum((trace.start - trace.ready)[:, 0] for trace in run.replications) / 10 / HOUR
    assert waits[:30].mean() == pytest.approx(14.5, rel=0.1)
    assert waits[30:40].mean() > 5
    assert waits[-200:].mean() < 2
    assert steady_state(run).left_out >= 30


def test_the_command_tells_the_long_run(tmp_path, capsys):
    """``run --steady`` prints the long run and how much was left out."""
    scenario(tmp_path)
    assert main(["run", str(tmp_path), "--steady", "--replications", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["steady"]
    assert found["cases"] == 60
    assert found["mean"]["low"] <= found["mean"]["estimate"] <= found["mean"]["high"]
    assert main(["run", str(tmp_path), "--steady", "--replications", "5"]) == 0
    assert "in the long run" in capsys.readouterr().out
    assert main(["run", str(tmp_path), "--steady", "--workers", "2"]) == 2
