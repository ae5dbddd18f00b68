"""Whichever engine and however many processes: commands give the same numbers, and say who ran."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from plans import station
from sweeping import processes_of, small_sweep, swept

import results
from lianban.cli import main
from lianban.commands import options
from optimizer.replications import Replications
from results.attribution import attribute
from scenarios import compile_plan, load
from simulator import simulate, simulate_totals
from simulator.blocks import Design, run_block
from simulator.crews import cores, crew_for, seconds_of
from simulator.engines import ENGINES
from simulator.sweep import Sweep
from simulator.workers import Here, Task, Workers

Capture = pytest.CaptureFixture[str]


def document(capsys: Capture, *words: str) -> tuple[str, str]:
    """Return the engine's name in the JSON of a command, and all the rest of it."""
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    if "comparison" in found:
        return found["comparison"].pop("engine"), json.dumps(found)
    return found.pop("engine", ""), json.dumps(found)


RUN = ("run", "jiaxing/reform", "--replications", "6")
COMPARE = ("compare", "county-filing", "county-filing/parallel", "--replications", "6")


@pytest.mark.parametrize("words", [RUN, COMPARE])
def test_only_the_engines_name_tells_the_engines_apart(
    words: tuple[str, ...], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Engines, numbers of processes and a store give one document but for the engine's name."""
    monkeypatch.chdir(tmp_path)
    fast, expected = document(capsys, *words, "--engine", "fast")
    assert fast == "fast"
    assert document(capsys, *words, "--engine", "simpy") == ("simpy", expected)
    assert document(capsys, *words) == ("fast", expected)
    assert document(capsys, *words, "--engine", "fast", "--workers", "2") == ("fast", expected)
    half = [*words[:-1], str(int(words[-1]) // 2)]
    assert main([*half, "--engine", "simpy", "--store", "s.db", "--json"]) == 0
    capsys.readouterr()
    assert document(capsys, *words, "--engine", "fast", "--store", "s.db") == ("fast", expected)


def test_a_log_does_not_tell_the_engines_apart(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The event log of both engines is the same, byte by byte."""
    monkeypatch.chdir(tmp_path)
    for engine in ("fast", "simpy"):
        assert main([*RUN, "--engine", engine, "--log", f"{engine}.csv"]) == 0
        assert f"engine: {engine}" in capsys.readouterr().err
    assert Path("fast.csv").read_bytes() == Path("simpy.csv").read_bytes()


def test_a_feature_that_is_not_covered_is_told(capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    """A plan that the compiled engine does not cover runs on SimPy, and the reason is told."""
    _, expected = document(capsys, *COMPARE, "--engine", "simpy")
    monkeypatch.setattr(
        "simulator.engines.uncovered",
        lambda plan: ("Pool.moods",) if plan.key == "county-filing" else (),
    )
    assert main([*COMPARE, "--engine", "fast", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found.pop("engine") == "simpy+fast"
    assert json.dumps(found) == expected
    told = [line for line in err.splitlines() if "SimPy" in line]
    assert told == [
        "county-filing: simulated with SimPy: the compiled engine does not cover Pool.moods yet"
    ]


def test_too_little_to_do_is_no_reason_to_complain(capsys: Capture):
    """A short run on the SimPy engine says which engine ran and nothing else."""
    assert main(["run", "jiaxing/reform", "--replications", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["engine"] == "simpy"
    assert len(err.splitlines()) == 1
    assert err.endswith("engine: simpy\n")


def test_searches_give_the_same_answer_on_either_engine(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    """Staffing, sensitivity and promises find the same whatever simulates."""
    for words in (
        ("optimize", "sensitivity", "jiaxing/reform", "--replications", "3", "--changes", "2"),
        ("promises", "jiaxing/reform", "--replications", "10"),
    ):
        answers = []
        for engine in ("simpy", "fast"):
            main([*words, "--engine", engine, "--json"])
            answers.append(capsys.readouterr().out)
        assert answers[0] == answers[1]
    runs = [Replications(3, engine) for engine in ("simpy", "fast", "auto")]
    plan = compile_plan(load("jiaxing/reform"))
    assert len({tuple(each.days("reform", plan, 4).tolist()) for each in runs}) == 1


def test_the_command_line_names_the_engines_that_there_are():
    """What --engine takes is what the simulator knows."""
    import argparse

    parser = argparse.ArgumentParser()
    options.add_engine(parser)
    for engine in ENGINES:
        assert parser.parse_args(["--engine", engine]).engine == engine
    with pytest.raises(SystemExit):
        parser.parse_args(["--engine", "other"])


def test_a_tally_does_not_tell_the_engines_apart():
    """A block has one digest, whichever engine simulated it."""
    plan = compile_plan(load("jiaxing/reform"))
    design = Design("reform", plan, 109 * plan.day_ticks)
    assert len({run_block(design, 4, 2, 3, engine).digest() for engine in ENGINES}) == 1
    assert len({str(simulate_totals(plan, range(3), 4, engine=each)) for each in ENGINES}) == 1


def test_a_sweep_chooses_the_engine_for_all_its_replications():
    """A block alone is too small for the compiled engine; the sweep that it is of is not."""
    plan = compile_plan(load("jiaxing/reform"))
    design = Design("reform", plan, 1)
    assert [each.name for each in Sweep((design,), 5, 1).engines()] == ["simpy"]
    sweep = Sweep((design,), 400, 1)
    assert [each.name for each in sweep.engines()] == ["fast"]
    heard: list[Task] = []

    class Listening(Here):
        def give(self, task: Task) -> None:
            heard.append(task)
            super().give(task)

    swept(Sweep((design,), 8, 1), Listening(), size=2)
    assert {task.engine for task in heard} == {"fast"}


def test_a_design_that_occurs_twice_is_simulated_once():
    """A scenario compared with itself differs by nothing."""
    sweep = small_sweep()
    twice = Sweep((*sweep.designs, sweep.designs[0]), sweep.replications, sweep.seed)
    today, quick, again = swept(twice, Here())
    assert (today == again, today == quick) == (True, False)
    scenario = load("jiaxing/reform")
    difference = results.compare(scenario, scenario, replications=5).differences[0]
    assert difference is not None
    assert (difference.mean.low, difference.mean.high) == (0, 0)


def test_shares_of_levers_do_not_depend_on_who_simulates():
    """Attribution gives the same bytes with one process and two, on either engine."""
    first, last = load("county-filing"), load("county-filing/parallel")
    found = {
        json.dumps(attribute(first, last, replications=5, engine=engine, workers=workers).to_json())
        for engine, workers in (("simpy", 2), ("fast", 1))
    }
    assert len(found) == 1


# --- processes ---


def test_processes_start_when_there_is_enough_to_do():
    """Some seconds of work are spread over all cores, less is done here."""
    small, large = (Design("a", station(600, 500, 1, cases), 1) for cases in (20, 20_000))
    assert isinstance(crew_for(Sweep((small,), 5, 1)), Here)
    many = Sweep((large,), 5_000, 1)
    assert seconds_of(many) > 3
    crew = crew_for(many)
    assert isinstance(crew, Workers if cores() > 1 else Here)
    assert crew_for(many, 3).size == 3


SCRIPT = """
import os
import sys
from dataclasses import dataclass
from pathlib import Path

with Path("started").open("a") as log:
    log.write("x")
import results
from scenarios import load
from scenarios.distributions import Lognormal
from simulator.blocks import Design
from simulator.crews import crew_for
from simulator.sweep import Sweep
from simulator.workers import Here
sys.path.insert(0, sys.argv[1])
from memory import peak_kb
from plans import station
from dataclasses import replace

chosen = [load("county-filing"), load("county-filing/parallel")]
found = results.compare(chosen, replications=5, workers=2, engine="simpy")
print(found.to_json()["differences"][0]["elapsed"])


class Own(type(station(600, 500, 1, 5).arrivals)):
    pass


plan = station(600, 500, 1, 5)
fields = {name: getattr(plan.arrivals, name) for name in plan.arrivals.__dataclass_fields__}
sweep = Sweep((Design("own", replace(plan, arrivals=Own(**fields)), 1),), 5, 1)
print(type(crew_for(sweep, 2)).__name__)
"""


def test_a_script_need_not_ask_whether_it_is_the_main_program(tmp_path: Path):
    """Workers do not run the caller's script once more; what only it knows is simulated there."""
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "script.py", str(ROOT / "tests")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    elapsed, crew = done.stdout.splitlines()
    expected = results.compare(
        load("county-filing"), load("county-filing/parallel"), replications=5, workers=1
    )
    assert elapsed == str(expected.to_json()["differences"][0]["elapsed"])
    assert crew == "Here"
    assert (tmp_path / "started").read_text() == "x"


def test_workers_that_do_not_start_are_done_without(monkeypatch: pytest.MonkeyPatch):
    """Where processes cannot be started, the answer comes from this one."""
    monkeypatch.setattr("simulator.workers._serve", print)
    chosen = [load("county-filing"), load("county-filing/parallel")]
    expected = results.compare(chosen, replications=5, workers=1).to_json()
    assert results.compare(chosen, replications=5, workers=2).to_json() == expected


def test_simulate_takes_the_engine_that_pays():
    """Without a word about engines, long runs are compiled and short ones are not."""
    plan = compile_plan(load("jiaxing/reform"))
    assert simulate(plan, 2).engine == "simpy"
    assert simulate(plan, 8).engine == "fast"


MEMORY = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from memory import peak_kb
from plans import station
from simulator.blocks import Design, run_block
engine, cases = sys.argv[1], int(sys.argv[2])
plan = station(120, 480, 5, cases)
tally = run_block(Design("M/M/5", plan, 1), 1, 0, 1, engine)
assert tally.cases == cases
print(peak_kb() // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks the system for its memory")
def test_200_000_customers_need_less_than_250_mb_and_a_million_no_more():
    """Memory of an M/M/5 grows with the customers in process, not with those simulated.

    Most of what it takes, 200 MB, are Python, numpy and numba; the compiled engine hands
    customers on as they leave. The SimPy engine has them all in memory, and few enough.
    """

    def peak(engine: str, cases: int) -> int:
        words = [sys.executable, "-c", MEMORY, engine, str(cases)]
        path = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(words, cwd=ROOT, env=path, capture_output=True, text=True, check=True)
        return int(done.stdout)

    peak("fast", 100)  # compiles, where nobody has: that takes memory, too
    few, many = peak("fast", 200_000), peak("fast", 1_000_000)
    assert max(few, many, peak("simpy", 200_000)) <= 250
    assert many - few < 15


INTERRUPTED = """
from results.attribution import attribute
from scenarios import load
first, last = load("jiaxing"), load("jiaxing/reform")
attribute(first, last, replications=20_000, engine="simpy", workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_ctrl_c_leaves_no_worker_of_a_library_call_behind(tmp_path: Path):
    """Interrupted in Python, shares of levers end with KeyboardInterrupt and all their workers."""
    running = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until(lambda: len(processes_of(running.pid)) >= 3, 120)
        time.sleep(1)
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=60)
        assert err.strip().endswith("KeyboardInterrupt")
        until(lambda: not processes_of(running.pid), 5)
    finally:
        running.kill()


def until(happened: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
