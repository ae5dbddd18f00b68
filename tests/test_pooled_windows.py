"""Windows that stand in for each other: what a planner says of them, against queueing theory."""

from __future__ import annotations

import json
from math import factorial
from pathlib import Path

import numpy as np
import pytest

from lianban.cli import main
from rules import InputError
from scenarios import compile_plan, read_scenario
from scenarios.plan import Plan
from simulator import Outcome, simulate
from simulator.load import loads

ITEMS = """key,name,department,days,unit,kind,handling,accepted_by
A,发改事项,drc,1,wd,government_filing,immediate,{0}
B,环保事项,epb,1,wd,government_filing,immediate,{0}
"""
OFFICES = "key,name,windows,reviewers,hours\ndrc,发改,{},1,\nepb,环保,{},1,\nhall,大厅,{},1,\n"
SETTINGS = """schema = 1
name = "windows"
first_day = 2013-01-04
[hours]
office = ["09:00-17:00"]
[cases]
number = 9600
per_year = 9600
[immediate]
minutes = {{distribution = "exponential", mean = 20}}
[[type]]
key = "a"
name = "a"
per_year = 4800
items = ["A"]
[[type]]
key = "b"
name = "b"
per_year = 4800
items = ["B"]
[people]
{}
"""
MINUTES, A_DAY = 20, 4800 / 250
"""Of work at the window; files of each office on a working day of 480 minutes: 80 % busy."""


def office(
    folder: Path, people: str = "", windows: tuple[int, int, int] = (1, 1, 0), by: str = ""
) -> Plan:
    """Return the plan of two offices with one kind of applicant each."""
    folder.mkdir(exist_ok=True)
    (folder / "items.csv").write_text(ITEMS.format(by), "utf-8")
    (folder / "offices.csv").write_text(OFFICES.format(*windows), "utf-8")
    (folder / "scenario.toml").write_text(SETTINGS.format(people), "utf-8")
    return compile_plan(read_scenario(folder))


def erlang_wait(windows: int, per_minute: float, minutes: float) -> float:
    """Return the mean minutes in the queue of M/M/c: Erlang C over spare capacity."""
    asked = per_minute * minutes
    full = asked**windows / factorial(windows) * windows / (windows - asked)
    waits = full / (sum(asked**n / factorial(n) for n in range(windows)) + full)
    return waits / (windows / minutes - per_minute)


def waits(plan: Plan, replications: int = 20) -> np.ndarray:
    """Return the mean minutes in the queue of each replication, in opening hours."""
    found = []
    for trace in simulate(plan, replications, 7).replications:
        rows = trace.visits()
        assert (trace.outcomes() == Outcome.FINISHED).all()
        waited = plan.calendars[0].worked_many(rows[:, 3], rows[:, 4])
        found.append(waited.sum() / plan.cases / 60)
    return np.array(found)


def test_pooled_windows_wait_as_theory_says(tmp_path):
    """Two queues of M/M/1 at 80 % wait 80 minutes, one of M/M/2 waits 35.6: less than half."""
    alone = erlang_wait(1, A_DAY / 480, MINUTES)
    together = erlang_wait(2, 2 * A_DAY / 480, MINUTES)
    assert (alone, together) == pytest.approx((80, 35.56), abs=0.01)
    for people, expected in (("", alone), ('pooled = [["drc", "epb"]]', together)):
        found = waits(office(tmp_path / str(len(people)), people))
        error = found.std(ddof=1) / np.sqrt(len(found))
        assert error < 0.04 * expected
        # 4 % beside luck: offices are empty when a run begins
        assert abs(found.mean() - expected) < 3 * error + 0.04 * expected


def test_pooling_is_the_same_as_one_window_for_all(tmp_path):
    """Items that a hall accepts (``accepted_by``) at two windows: the same to the tick."""
    pooled = office(tmp_path / "pooled", 'pooled = [["drc", "epb"]]')
    hall = office(tmp_path / "hall", windows=(0, 0, 2), by="hall")
    one, other = (simulate(plan, 1, 3).replications[0] for plan in (pooled, hall))
    assert np.array_equal(one.start, other.start)
    assert np.array_equal(one.end, other.end)


def test_a_pool_is_one_group_of_people(tmp_path):
    """Their windows are added up, one use and one load is told, under the first office's key."""
    plan = office(tmp_path, 'pooled = [["epb", "drc"]]', windows=(1, 2, 1))
    windows = {pool.key: pool.capacity for pool in plan.pools if pool.key.endswith("window")}
    assert windows == {"epb.window": 3, "hall.window": 1}
    assert next(pool.name.zh for pool in plan.pools if pool.capacity == 3) == "环保、发改"
    told = {load.key: load.utilisation for load in loads(plan)}
    assert told["epb.window"] == pytest.approx(2 * A_DAY * MINUTES / 480 / 3, rel=0.05)


def test_an_office_without_windows_may_use_those_of_another(tmp_path):
    """Without a window a file is not seen there; pooled with an office that has two it is."""
    plan = office(tmp_path, 'pooled = [["drc", "epb"]]', windows=(2, 0, 0))
    used = {plan.pools[desk.pools[0]].key for desk in plan.desks if desk.name == "window"}
    assert used == {"drc.window"}


def test_both_engines_pool_alike(tmp_path, capsys):
    """The document of ``run --json`` has the same bytes, the engine's name apart."""
    office(tmp_path, 'order = "priority"\npooled = [["drc", "epb"]]')
    told = []
    for engine in ("simpy", "fast"):
        command = ["run", str(tmp_path), "--json", "--engine", engine, "--replications", "2"]
        assert main(command) == 0
        document = json.loads(capsys.readouterr().out)
        assert document.pop("engine") == engine
        told.append(json.dumps(document))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ('pooled = [["drc", "epd"]]', "no office is called 'epd' (did you mean 'epb'?)"),
        ('pooled = [["drc", "epb"], ["hall", "drc"]]', "'drc' stands twice"),
        ('pooled = ["drc", "epb"]', "lists of offices such as"),
        ('pooled = [["drc"]]', "lists of offices such as"),
        ("pooled = 3", "lists of offices such as"),
    ],
)
def test_what_cannot_be_pooled_is_said_with_its_line(tmp_path, people, message):
    """File, line, what was found and expected, and the nearest name."""
    with pytest.raises(InputError) as raised:
        office(tmp_path, people)
    lines = [str(problem) for problem in raised.value.problems]
    assert any(message in line and line.startswith("scenario.toml:") for line in lines), lines


def test_windows_without_hours_in_common_or_with_skills_are_not_pooled(tmp_path):
    """Offices that open at other hours, or windows for some items only, are refused by name."""
    said = 'pooled = [["drc", "epb"]]\n[[staff]]\noffice = "drc"\nrole = "window"\nsteps = ["A"]\n'
    with pytest.raises(InputError, match="people at pooled windows have no"):
        office(tmp_path, said)
    with pytest.raises(InputError, match="drc and epb have no windows"):
        office(tmp_path, 'pooled = [["drc", "epb"]]', windows=(0, 0, 1))
    later = 'pooled = [["drc", "epb"]]\n[hours]\noffice = ["09:00-17:00"]\nlate = ["12:00-20:00"]\n'
    office(tmp_path)
    settings = SETTINGS.format("").replace('[hours]\noffice = ["09:00-17:00"]\n', "") + later
    (tmp_path / "scenario.toml").write_text(settings, "utf-8")
    (tmp_path / "offices.csv").write_text(
        OFFICES.format(1, 1, 0).replace("环保,1,1,", "环保,1,1,late"), "utf-8"
    )
    with pytest.raises(InputError, match="pooled windows keep different hours"):
        compile_plan(read_scenario(tmp_path))
