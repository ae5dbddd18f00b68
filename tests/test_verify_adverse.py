"""``lianban verify`` on cases made to trip it: odd units, atoms, rare classes, wrong or no sense.

Every expected value is computed here or by hand, by no route that the simulator takes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from test_verify_other_files import (
    PROJECT,
    SERIES,
    cobham,
    erlang_c,
    exponential,
    loss,
    pollaczek,
    queue,
    verified,
)

from lianban.cli import main
from rules import InputError
from simulator.verify_reading import read_cases

NET = {
    "kind": "open_network", "external_rates": [0.5, 0, 0], "service_rates": [1.2, 1, 1],
    "servers": [1, 1, 1], "routing": [[0.4, 0, 0], [0, 0, 0], [0, 0, 0]],
}  # fmt: skip
CREW = {
    "kind": "bulk_service", "arrivals": {"process": "poisson", "rate": 0.5},
    "trip": exponential(1.0), "min_batch": 4, "max_batch": 4, "teams": 1,
}  # fmt: skip
CLASSES = [
    {"priority": rank, "arrivals": {"process": "poisson", "rate": rate}, "service": exponential(1)}
    for rank, rate in ((2, 0.5), (1, 0.05))
]
RANKED = {
    "kind": "priority_single_station", "classes": CLASSES, "servers": 1,
    "discipline": "non-preemptive head-of-line; priority 1 first",
}  # fmt: skip
LONGER_THAN_ITS_STEADY_STATE = queue(1.1, exponential(1.0)) | {
    "start": "empty; first customer arrives to an empty system",
    "statistic": "average queueing delay of customers 1..2",
}
LIST = {
    "kind": "list_scheduling",
    "variants": {
        "thirds": {
            "times": {"a": 1 / 3, "b": 2 / 3, "c": 0.5}, "preds": {"b": ["a"]}, "m": 2,
            "order": ["c", "b", "a"],
        }
    },
}  # fmt: skip
SPRING = {
    "kind": "working_calendar", "windows": [["08:30", "12:00"], ["14:00", "17:30"]],
    "holidays": [f"2026-02-{day}" for day in range(15, 24)],
    "make_up_days": ["2026-02-14", "2026-02-28"], "weekly_rest": ["Sat", "Sun"],
}  # fmt: skip
TWO_OR_ZERO = {"dist": "discrete", "values": [0, 2], "probs_fraction": ["1/2", "1/2"]}
FEW_LONG = {"dist": "gamma", "mean": 1, "cv": 2}


def _times(expected: Mapping[str, float], unit: float) -> dict[str, float]:
    """Return waits in another unit."""
    return {name: expected[name] * unit for name in ("Wq", "W")} | {
        name: expected[name] for name in ("P_wait", "L")
    }


TRUE: dict[str, tuple[Mapping[str, Any], dict[str, Any]]] = {
    # in minutes of which a service takes 480, and in years of which it takes a thousandth
    "minutes": (queue(0.6 / 480, exponential(480)), _times(erlang_c(0.6, 1, 1), 480)),
    "years": (queue(600, exponential(0.001)), _times(erlang_c(0.6, 1, 1), 0.001)),
    # three of ten do not wait: the 25 % quantile is their service, exactly
    "atom": (queue(0.7, {"dist": "deterministic", "value": 1}), {"W_p25": 1.0, "Wq_p25": 0.0}),
    # who needs no work waits for his turn as all others do
    "nothing-to-do": (queue(0.5, TWO_OR_ZERO), pollaczek(0.5, 1, 2) | {"P_wait": 0.5}),
    "few-long": (queue(0.5, FEW_LONG), pollaczek(0.5, 1, 5) | {"P_wait": 0.5}),
    "no-work": (queue(0.5, {"dist": "deterministic", "value": 0}), {"Wq": 0, "W": 0, "L": 0}),
    "one-place": (queue(0.8, exponential(1.0)) | {"max_in_system": 1}, loss(0.8, 1, 1, 1)),
    "insensitive": (
        queue(3, {"dist": "deterministic", "value": 1}, 4) | {"max_in_system": 4}, loss(3, 1, 4, 4),
    ),
    # second waits for the first with chance 1.1 / 2.1, and then an exponential time
    "two-customers": (LONGER_THAN_ITS_STEADY_STATE, {"mean_avg_delay": 1.1 / 2.1 / 2}),
    "sent-back": (NET, {"lambda_1": 5 / 6, "W_per_visit_1": 1 / (1.2 - 5 / 6), "L_2": 0, "L_3": 0}),
    "full-trips": (CREW, {"mean_batch": 4.0, "team_utilisation": 0.5 / 4}),
    # the class listed second goes first
    "ranks": (
        RANKED,
        {
            f"Wq_class{place}": cobham([0.05, 0.5], [1, 1])[f"Wq_class{rank}"]
            for place, rank in ((1, 2), (2, 1))
        },
    ),
    "fractions": (
        PROJECT | {"durations": {"a": 0.1, "b": 0.2, "c": 1 / 3}},
        {"makespan": 0.2 + 1 / 3, "total_float": {"a": 0.1, "b": 0, "c": 0}},
    ),
    "thirds": (LIST, {"thirds": 1.0}),
    "spring": (
        SPRING,
        {
            "finish[2026-02-14T17:00 +60min]": "2026-02-24T09:00",
            "finish[2026-02-28T17:29 +90s]": "2026-03-02T08:30:30",
            "deadline[2026-02-13 +2wd]": "2026-02-24",
            "deadline[2026-02-27 +1wd]": "2026-02-28",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [pytest.param(k, marks=pytest.mark.slow) if k == "two-customers" else k for k in TRUE],
)
def test_what_is_true_passes(name):
    """Another unit, an atom, a draw of nothing, an empty class or station: the truth passes."""
    model, expected = TRUE[name]
    found = verified(model, expected)
    assert found.verdict == "pass", (found.note, [m for m in found.metrics if m.verdict != "pass"])
    assert not found.note


@pytest.mark.parametrize(
    ("name", "metric"),
    [("years", "P_wait"), ("atom", "W_p25"), ("nothing-to-do", "P_wait"), ("sent-back", "lambda_1"),
     ("full-trips", "mean_batch"), ("insensitive", "P_block"), ("fractions", "makespan"),
     ("thirds", "thirds")],
)  # fmt: skip
@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_three_percent_off_fails(name, metric, factor):
    """What is 3 % off is found out, exact answers and simulated ones alike."""
    model, expected = TRUE[name]
    assert verified(model, {metric: expected[metric] * factor}).verdict == "fail"


def test_a_quantile_that_is_next_to_nothing_fails():
    """Nobody is through after a billionth of a service."""
    assert verified(queue(0.5, exponential(1.0)), {"W_p50": 1e-9}).verdict == "fail"


STATION = queue(0.5, exponential(1.0))
OUTAGES = {
    "up": exponential(8), "down": exponential(2), "rule": "time-driven, preemptive-repeat",
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "note"),
    [
        (STATION | {"servers": 0}, "servers: 0 is no number from 1 to 100000"),
        (STATION | {"servers": 2.5}, "servers: 2.5 is not a whole number"),
        (STATION | {"servers": True}, "servers: True is not a number"),
        (STATION | {"arrivals": {"process": "poisson", "rate": 0}}, "rate: 0 is no number above 0"),
        (STATION | {"arrivals": {"process": "poisson", "rate": math.nan}}, "rate: nan is not"),
        (STATION | {"arrivals": "poisson"}, "arrivals: 'poisson'; a table was expected"),
        (STATION | {"service": exponential(-1)}, "mean of 'exponential': -1 is no number from 0"),
        (STATION | {"service": {"dist": "exponential"}}, "the distribution 'exponential' with"),
        (STATION | {"service": TWO_OR_ZERO | {"probs_fraction": ["1/2", "1/3"]}}, "they add up to"),
        (STATION | {"max_in_system": 0}, "max_in_system: 0 is no number from 1"),
        (STATION | {"set_up": 3}, "'set_up' of a single station"),
        (STATION | {"outages": OUTAGES}, "the rule 'time-driven, preemptive-repeat'; known is"),
        (STATION | {"statistic": "median delay"}, "the statistic 'median delay'"),
        (RANKED | {"classes": [7]}, "a class: 7; a table was expected"),
        (NET | {"routing": [[0, 1, 0], [0, 0, 1], [1, 0, 0]]}, "routing: cases that never leave"),
        (NET | {"external_rates": [2, 0, 0]}, "a steady state at a load of 2.7"),
        (SERIES | {"servers": [1, 1]}, "servers of different lengths"),
        (PROJECT | {"prerequisites": {"a": ["c"], "c": ["a"]}}, "tasks that wait for each other: "),
        (PROJECT | {"prerequisites": {"c": ["d"]}}, "the unknown task 'd'"),
        (CREW | {"rule": "a free team leaves at once"}, "the rule 'a free team leaves at once'"),
        (CREW | {"min_batch": 9}, "max_batch: 4 is no number from 9"),
        (SPRING | {"windows": [["17:00", "09:00"]]}, "the window ['17:00', '09:00']"),
        (SPRING | {"weekly_rest": ["Sunn", "Xyz"]}, "the weekday 'Xyz'"),
        ({}, "no model of the kind 'None'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_unsupported(model, note):
    """A model of zero, negative, missing, unknown or circular parts is refused with the reason."""
    asked = "deadline[2026-02-13 +2wd]" if model.get("kind") == "working_calendar" else "mean"
    found = verified(model, {asked: 1.0})
    assert (found.verdict, found.metrics) == ("unsupported", ())
    assert note in found.note


@pytest.mark.parametrize(
    ("expected", "note"),
    [
        ({}, "nothing is expected"),
        ({"W": math.nan}, "W: nan is not a finite number"),
        ({"W": "two"}, "not measured: W"),
        ({"W": [2.0]}, "not measured: W"),
        ({"W_fraction": "1/0"}, "W_fraction: '1/0' is not a fraction"),
    ],
)
def test_what_cannot_be_expected_is_unsupported(expected, note):
    """No number, or none at all, is neither right nor wrong."""
    found = verified(STATION, expected)
    assert found.verdict == "unsupported"
    assert note in found.note


def test_every_malformed_case_of_a_file_is_told_with_its_line(tmp_path: Path, capsys):
    """Two cases lack something: two lines, each with the line where the case begins."""
    path = tmp_path / "cases.json"
    case = {"id": "a", "model": STATION, "expected": {"W": 2.0}}
    lines = [json.dumps(each) for each in (case, case | {"expected": 3}, case | {"id": None})]
    path.write_text('{"schema": "queueing-cases/1", "cases": [\n' + ",\n".join(lines) + "\n]}")
    with pytest.raises(InputError) as refused:
        read_cases(path)
    assert [str(each).removeprefix(f"{path}:") for each in refused.value.problems] == [
        "3: case 2: 'expected' is missing or no table",
        "4: case 3: 'id' is missing or no text",
    ]
    path.write_text('{"schema": "queueing-cases/1", "cases": [' + json.dumps(case) + "]}")
    assert main(["verify", str(path), "--only", "b"]) == 2
    assert capsys.readouterr().err.endswith("no case has the id 'b'\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ":1: is not JSON"),
        ('{"schema": "队列"}'.encode("gbk"), "is not UTF-8: save it as UTF-8"),
        (b'{"schema": "queueing-cases/1", "schema": 2}', "the key 'schema' stands twice"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "cannot be read: Exceeds the limit"),
        (b"[" * 100_000, "cannot be read"),
        (
            b'{"schema": "queueing-cases/1", "cases": []}',
            "cases: a list was expected; []",
        ),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_what_is_no_file_of_cases_is_one_line(tmp_path: Path, capsys, content, message):
    """Nothing, another encoding, a folder, endless brackets: one line, exit 2."""
    path = tmp_path / "cases.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert main(["verify", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
