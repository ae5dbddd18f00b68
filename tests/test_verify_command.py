"""``lianban verify``: textbook cases from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from lianban.cli import main

CASE = {
    "id": "mm1",
    "family": "mmc",
    "model": {
        "kind": "open_single_station",
        "arrivals": {"process": "poisson", "rate": 0.5},
        "service": {"dist": "exponential", "mean": 1.0},
        "servers": 1,
        "discipline": "FCFS",
    },
    "expected": {"Wq": 1.0, "W": 2.0},
}


def cases(folder: Path, **expected: float) -> str:
    """Write a file of one M/M/1 queue at half load."""
    path = folder / "cases.json"
    case = CASE | {"expected": CASE["expected"] | expected}
    path.write_text(json.dumps({"schema": "queueing-cases/1", "cases": [case]}))
    return str(path)


def test_a_queue_meets_its_closed_form(tmp_path: Path, capsys):
    """M/M/1 at half load waits 1 in queue; the verdict is pass, exit 0, the same bytes twice."""
    assert main(["verify", cases(tmp_path), "--json"]) == 0
    first = capsys.readouterr().out
    (case,) = json.loads(first)["cases"]
    assert (case["id"], case["verdict"]) == ("mm1", "pass")
    assert {metric["name"] for metric in case["metrics"]} == {"Wq", "W"}
    assert main(["verify", cases(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == first


def test_a_wrong_expectation_fails(tmp_path: Path, capsys):
    """Claiming that nobody waits longer than 0.5 on average is found out: exit 1."""
    assert main(["verify", cases(tmp_path, Wq=0.5)]) == 1
    assert "1 failed" in capsys.readouterr().out


def test_a_file_of_another_kind_is_refused(tmp_path: Path, capsys):
    """A file without the schema is one line, exit 2."""
    (tmp_path / "x.json").write_text("{}")
    assert main(["verify", str(tmp_path / "x.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
