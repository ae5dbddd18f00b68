"""Instances of the scheduling literature: read, solved, proven, and refused when damaged."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from schedule_validator import psplib_violations

from lianban.cli import main
from optimizer import read_psplib, schedule_portfolio
from rules import InputError

PSPLIB = Path(__file__).resolve().parents[2] / "shared" / "data" / "psplib"
needs_psplib = pytest.mark.skipif(not PSPLIB.is_dir(), reason="the PSPLIB files are not here")

SM = """\
************************************************************************
jobs (incl. supersource/sink ):  5
horizon                       :  {horizon}
RESOURCES
  - renewable                 :  1   R
  - nonrenewable              :  {stocks}   N
  - doubly constrained        :  0   D
************************************************************************
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      3      0        9        0        9
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        {modes}          1           4
   3        1          1           5
   4        1          1           5
   5        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1
------------------------------------------------------------------------
{requests}
************************************************************************
RESOURCEAVAILABILITIES:
{there}
************************************************************************
"""
TINY = SM.format(
    horizon=9,
    stocks=0,
    modes=1,
    requests="  1 1 0 0\n  2 1 3 1\n  3 1 4 1\n  4 1 2 1\n  5 1 0 0",
    there="  R 1\n  1",
)
TWO_MODES = SM.format(
    horizon=20,
    stocks=1,
    modes=2,
    requests="  1 1 0 0 0\n  2 1 3 1 5\n    2 8 1 1\n  3 1 4 1 0\n  4 1 2 1 2\n  5 1 0 0 0",
    there="  R 1 N 1\n  2 {stock}",
)
MAX = """\
2 1 0 0
0 1 2 1 2 [0] [0]
1 1 2 2 3 [{least}] [2]
2 1 2 1 3 [{most}] [3]
3 1 0
0 1 0 0
1 1 2 1
2 1 3 1
3 1 0 0
1
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_one_machine_does_one_job_at_a_time(tmp_path: Path):
    """Jobs of 3, 4 and 2 units on one machine take 9 units, proven without a solver."""
    path = write(tmp_path, "tiny.sm", TINY)
    found = schedule_portfolio(read_psplib(path), seconds=1)
    assert (found.status, found.makespan, found.bounds) == ("optimal", 9, (9,))
    assert found.method == "priority rule"
    assert psplib_violations(TINY, found.to_json()) == []


@pytest.mark.parametrize(("stock", "length"), [(7, 5), (6, 10), (3, 10)])
def test_a_budget_decides_between_fast_and_cheap(tmp_path: Path, stock: int, length: int):
    """Job 2 takes 3 units for 5 of the budget or 8 for 1; with 6 the fast way is out of reach."""
    text = TWO_MODES.replace("{stock}", str(stock))
    found = schedule_portfolio(read_psplib(write(tmp_path, "two.mm", text)), seconds=5)
    assert (found.status, found.makespan) == ("optimal", length)
    assert psplib_violations(text, found.to_json()) == []


def test_too_small_a_budget_is_infeasible(tmp_path: Path):
    """With a budget of 2 even the cheapest ways cost too much."""
    path = write(tmp_path, "two.mm", TWO_MODES.replace("{stock}", "2"))
    assert schedule_portfolio(read_psplib(path), seconds=5).status == "infeasible"


def test_a_longest_lag_turns_the_order(tmp_path: Path):
    """2 may start at most 1 after 1 starts, which takes the machine for 2: so 2 goes first."""
    text = MAX.format(least=-9, most=-1)
    found = schedule_portfolio(read_psplib(write(tmp_path, "lags.sch", text)), seconds=5)
    assert (found.status, found.makespan) == ("optimal", 5)
    assert psplib_violations(text, found.to_json()) == []
    starts = found.to_json()["starts"]
    assert isinstance(starts, list)
    assert starts[0]["2"] < starts[0]["1"]


def test_lags_that_contradict_each_other_are_infeasible(tmp_path: Path):
    """2 starts at least 5 after 1 and at most 1 after it: no people could help."""
    path = write(tmp_path, "lags.sch", MAX.format(least=5, most=-1))
    found = schedule_portfolio(read_psplib(path), seconds=5)
    assert found.status == "infeasible"
    assert "contradict" in found.reason


def test_one_machine_can_make_lags_infeasible(tmp_path: Path):
    """Both must start within 1 of each other but one machine serves them: R1 is named."""
    text = MAX.format(least=0, most=-1)
    found = schedule_portfolio(read_psplib(write(tmp_path, "lags.sch", text)), seconds=5)
    assert found.status == "infeasible"
    assert "R1" in found.reason


def test_the_command_reads_the_literature(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Exit 0 with makespan, bound, status, starts, modes and seconds; exit 4 when infeasible."""
    tiny = write(tmp_path, "tiny.sm", TINY)
    assert main(["schedule", str(tiny), "--json", "--seconds", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["makespan"], document["bound"], document["status"]) == (9, 9, "optimal")
    assert document["modes"][0] == dict.fromkeys("12345", 1)
    assert document["seconds"] < 1
    lags = write(tmp_path, "l.sch", MAX.format(least=5, most=-1))
    assert main(["schedule", str(lags), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["makespan"] is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  2 1 3 1", "  2 1 x 1", "'x' is not a whole number"),
        ("  2 1 3 1", "  2 1 -3 1", "below 0"),
        ("2   3", "2   9", "no other job 9"),
        ("- renewable                 :  1", "- renewable                 :  q", "no whole number"),
        ("   4        1          1           5", "   4        1          2           5", "2 succ"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str):
    """The message names file and line and what was expected there."""
    path = write(tmp_path, "bad.sm", TINY.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_psplib(path)
    (problem,) = caught.value.problems
    assert says in problem.message
    assert problem.place.file == str(path)
    assert problem.place.line == TINY[: TINY.index(old)].count("\n") + 1


def test_a_file_that_ends_too_soon_says_what_is_missing(tmp_path: Path):
    """Without its last line, or without a heading, a file is refused."""
    for text, says in (
        (TINY.replace("  R 1\n  1", "  R 1"), "the file ends where availabilities"),
        (TINY.replace("PRECEDENCE", "PRECEDING"), "'PRECEDENCE RELATIONS' was expected"),
    ):
        with pytest.raises(InputError, match=says):
            read_psplib(write(tmp_path, "bad.sm", text))


def test_damaged_files_end_with_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """One line on the error stream, nothing on the other."""
    for name, text in (("a.sm", "hello"), ("b.mm", ""), ("c.sch", "1 2\n0 1"), ("d.json", "{")):
        assert main(["schedule", str(write(tmp_path, name, text))]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert f"{name}:" in said.err or name in said.err
    assert main(["schedule", str(tmp_path / "nowhere.sm")]) == 2


def known(*sets: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name in ("best_known.csv", "best_known_extra.csv"):
        if (PSPLIB / name).exists():
            rows += csv.DictReader((PSPLIB / name).open(encoding="utf-8-sig"))
    return [row for row in rows if row["set"].startswith(sets)]


def solved(row: dict[str, str], seconds: float) -> None:
    path = PSPLIB / row["file"]
    found = schedule_portfolio(read_psplib(path), seconds=seconds)
    if row["stratum"] == "infeasible":
        assert found.status in ("infeasible", "unknown")
        assert found.times is None
        return
    assert found.makespan is not None
    assert psplib_violations(path.read_text("utf-8"), found.to_json()) == []
    assert found.makespan >= int(row["best_lb"])
    assert found.bounds[0] <= int(row["best_ub"])
    if found.status == "optimal":
        assert found.makespan == int(row["best_ub"])


@needs_psplib
@pytest.mark.parametrize(
    "row", known("j30", "j60", "j120")[::2], ids=lambda row: str(row["instance"])
)
def test_priority_rules_and_bounds_hold_on_every_instance(row: dict[str, str]):
    """Whatever is found in a tenth of a second is a schedule, and no bound is too high."""
    solved(row, 0.1)


@needs_psplib
@pytest.mark.parametrize("row", known("max"), ids=lambda row: str(row["instance"]))
def test_lags_are_decided(row: dict[str, str]):
    """Instances with longest lags are solved in half a second, or not found solvable."""
    solved(row, 0.5)


@needs_psplib
@pytest.mark.slow
@pytest.mark.parametrize("row", known("mm", "max"), ids=lambda row: str(row["instance"]))
def test_modes_and_lags_are_proven(row: dict[str, str]):
    """All multi-mode instances up to 20 jobs are proven, all with longest lags decided."""
    solved(row, 20)
    found = schedule_portfolio(read_psplib(PSPLIB / row["file"]), seconds=20)
    assert found.status in ("optimal", "infeasible")
