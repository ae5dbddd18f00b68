"""``lianban verify`` on other files of the schema: other rates, other numbers, wrong values.

The closed forms are computed here, by other routes than any in the simulator: nothing of
the reference file is needed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lianban.cli import main
from simulator.verify import Verified, verify_case
from simulator.verify_estimates import CONTROL, unfair

Expected = dict[str, Any]


def verified(model: Mapping[str, Any], expected: Expected, seed: int = 1) -> Verified:
    """Return the verdict of a case made here."""
    case = {"id": "made", "family": "made", "model": model, "expected": expected}
    return verify_case(case, seed, seconds=60)


def queue(rate: float, work: Mapping[str, Any], servers: int = 1) -> dict[str, Any]:
    """Return one queue with Poisson cases."""
    return {
        "kind": "open_single_station",
        "arrivals": {"process": "poisson", "rate": rate},
        "service": dict(work),
        "servers": servers,
        "discipline": "FCFS",
    }


def exponential(mean: float) -> dict[str, Any]:
    """Return exponential work."""
    return {"dist": "exponential", "mean": mean}


def erlang_c(rate: float, mean: float, servers: int) -> Expected:
    """Return waiting in M/M/c: Erlang's C by his recursion for B."""
    offered = rate * mean
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = offered * blocked / (k + offered * blocked)
    load = offered / servers
    waits = blocked / (1 - load * (1 - blocked))
    queued = waits * mean / (servers * (1 - load))
    return {"P_wait": waits, "Wq": queued, "W": queued + mean, "L": rate * (queued + mean)}


def loss(rate: float, mean: float, servers: int, room: int) -> Expected:
    """Return M/M/c/K from the balance of births and deaths."""
    weight = [1.0]
    for k in range(1, room + 1):
        weight.append(weight[-1] * rate * mean / min(k, servers))
    share = [each / sum(weight) for each in weight]
    number = sum(k * each for k, each in enumerate(share))
    return {
        "P_block": share[-1],
        "L": number,
        "throughput": rate * (1 - share[-1]),
        "W_accepted": number / (rate * (1 - share[-1])),
    }


def pollaczek(rate: float, mean: float, square: float) -> Expected:
    """Return waiting in M/G/1 by Pollaczek and Khinchin."""
    load = rate * mean
    wait = rate * square / 2 / (1 - load)
    return {"rho": load, "Wq": wait, "W": wait + mean, "Lq": rate * wait}


def machines(sources: int, think: float, mean: float, servers: int) -> Expected:
    """Return the machine repair model from its balance equations."""
    weight = [1.0]
    for k in range(sources):
        weight.append(weight[-1] * (sources - k) / think / (min(k + 1, servers) / mean))
    share = [each / sum(weight) for each in weight]
    down = sum(k * each for k, each in enumerate(share))
    throughput = (sources - down) / think
    return {
        "L_down": down,
        "throughput": throughput,
        "W": down / throughput,
        "P_all_up": share[0],
    }


def mean_values(cases: int, think: float, means: Sequence[float]) -> Expected:
    """Return a closed series by mean value analysis (Reiser and Lavenberg 1980)."""
    number = [0.0] * len(means)
    throughput = 0.0
    for n in range(1, cases + 1):
        stay = [mean * (1 + there) for mean, there in zip(means, number, strict=True)]
        throughput = n / (think + sum(stay))
        number = [throughput * each for each in stay]
    found = {"throughput": throughput, "cycle_time": cases / throughput}
    return found | {f"L_{k}": each for k, each in enumerate(number, 1)}


def jackson(rates: Sequence[float], services: Sequence[float], back: float) -> Expected:
    """Return a series of single reviewers whose last one sends files back to the first."""
    flow = rates[0] / (1 - back)
    found: Expected = {}
    total = 0.0
    for k, service in enumerate(services, 1):
        there = flow / service / (1 - flow / service)
        found |= {f"lambda_{k}": flow, f"L_{k}": there}
        total += there
    return found | {"L_total": total, "W_end_to_end": total / rates[0]}


def cobham(rates: Sequence[float], means: Sequence[float]) -> Expected:
    """Return the waits of non-preemptive classes with exponential work."""
    left = sum(rate * mean**2 for rate, mean in zip(rates, means, strict=True))
    found: Expected = {}
    before = 0.0
    for k, (rate, mean) in enumerate(zip(rates, means, strict=True), 1):
        after = before + rate * mean
        found[f"Wq_class{k}"] = left / (1 - before) / (1 - after)
        before = after
    return found


SERIES = {
    "kind": "open_network",
    "external_rates": [0.4, 0, 0, 0],
    "service_rates": [0.9, 0.7, 1.1, 0.8],
    "servers": [1, 1, 1, 1],
    "routing": "series",
}
RETURNS = {
    "kind": "open_network",
    "external_rates": [0.4, 0, 0],
    "service_rates": [1.1, 1.0, 0.9],
    "servers": [1, 1, 1],
    "routing": [[0, 1, 0], [0, 0, 1], [0.2, 0, 0]],
}
CLASSES = {
    "kind": "priority_single_station",
    "classes": [
        {"priority": k, "arrivals": {"process": "poisson", "rate": rate}, "service": exponential(m)}
        for k, (rate, m) in enumerate(((0.2, 0.7), (0.25, 1.0)), 1)
    ],
    "servers": 1,
    "discipline": "non-preemptive head-of-line; priority 1 first",
}
ROOM = queue(2.0, exponential(1.2), 2) | {"max_in_system": 5, "full": "rejected"}
REPAIR = {
    "kind": "finite_source", "sources": 5, "think": exponential(8), "service": exponential(3.0),
    "servers": 2,
}  # fmt: skip
CLOSED = {
    "kind": "closed_network", "cases": 6, "think": exponential(4), "servers": [1, 1, 1, 1],
    "service_means": [0.8, 0.4, 1.0, 0.5], "routing": "series, then back to think",
}  # fmt: skip
PROJECT = {
    "kind": "project",
    "durations": {"a": exponential(2.0), "b": exponential(3.0), "c": 4},
    "prerequisites": {"c": ["a", "b"]},
    "resources": "unlimited",
}
MADE: dict[str, tuple[Mapping[str, Any], Expected]] = {
    "mm1": (queue(0.65, exponential(1.1)), erlang_c(0.65, 1.1, 1)),
    "mm3": (queue(2.1, exponential(1.0), 3), erlang_c(2.1, 1.0, 3)),
    "uniform": (
        queue(0.6, {"dist": "uniform", "low": 0.5, "high": 1.5}),
        pollaczek(0.6, 1.0, 1 + 1 / 12),
    ),
    "series-4": (SERIES, jackson([0.4], [0.9, 0.7, 1.1, 0.8], 0.0)),
    "project": (PROJECT, {"mean": 4 + 2 + 3 - 1 / (1 / 2 + 1 / 3)}),
    "room": (ROOM, loss(2.0, 1.2, 2, 5)),
    "repair": (REPAIR, machines(5, 8, 3.0, 2)),
    "closed-4": (CLOSED, mean_values(6, 4, [0.8, 0.4, 1.0, 0.5])),
    "returns-3": (RETURNS, jackson([0.4], [1.1, 1.0, 0.9], 0.2)),
    "classes": (CLASSES, cobham([0.2, 0.25], [0.7, 1.0])),
    "mm8": (queue(6.4, exponential(1.0), 8), erlang_c(6.4, 1.0, 8)),
    "lognormal": (
        queue(0.5, {"dist": "lognormal", "mean": 1.2, "cv": 1.2}),
        pollaczek(0.5, 1.2, 1.44 * (1 + 1.44)),
    ),
}
SOON = ("mm1", "mm3", "uniform", "series-4", "project", "repair")


def _marked(name: str) -> Any:
    return name if name in SOON else pytest.param(name, marks=pytest.mark.slow)


@pytest.mark.parametrize("name", [_marked(name) for name in MADE])
def test_other_rates_and_numbers_come_out(name):
    """Closed forms that the reference file does not hold are met too."""
    model, expected = MADE[name]
    found = verified(model, expected)
    assert found.verdict == "pass", [m for m in found.metrics if m.verdict != "pass"]
    assert {metric.name for metric in found.metrics} == set(expected)


@pytest.mark.parametrize(
    ("name", "metric"), [("mm3", "Wq"), ("series-4", "W_end_to_end"), ("project", "mean")]
)
@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_five_percent_off_fails(name, metric, factor):
    """A closed form that is 5 % wrong is found out, in either direction."""
    model, expected = MADE[name]
    found = verified(model, {metric: expected[metric] * factor})
    assert found.verdict == "fail"
    (measured,) = found.metrics
    assert measured.verdict == "fail"
    assert measured.z is not None
    assert math.copysign(1, measured.z) == math.copysign(1, 1 - factor)


def test_a_value_that_is_far_too_small_fails_soon():
    """Expecting a tenth of the truth is refuted without endless precision about a tenth."""
    found = verified(MADE["mm3"][0], {"Wq": MADE["mm3"][1]["Wq"] / 10})
    assert found.verdict == "fail"
    assert found.replications < 20_000


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"kind": "polling_loop"}, "no model of the kind 'polling_loop'"),
        ({"discipline": "LCFS"}, "the discipline 'LCFS'"),
        ({"service": {"dist": "pareto", "alpha": 2}}, "the distribution 'pareto'"),
        ({"arrivals": {"process": "hawkes"}}, "arrivals 'hawkes'"),
        ({"arrivals": {"process": "poisson"}}, "a Poisson stream without a rate"),
        ({"arrivals": {"process": "poisson", "rate": 5.0}}, "a steady state at a load of 5"),
    ],
)
def test_what_cannot_be_expressed_says_why(change, note):
    """An unknown family, discipline, distribution or stream is unsupported, with the reason."""
    found = verified(queue(0.5, exponential(1.0)) | change, {"W": 2.0})
    assert found.verdict == "unsupported"
    assert note in found.note
    assert found.metrics == ()


def test_exit_codes_tell_the_verdicts_apart(tmp_path: Path, capsys):
    """Unsupported alone is good, or unsure with --strict; a failed case is a finding."""
    good = {
        "id": "good",
        "model": MADE["project"][0],
        "expected": {"mean": MADE["project"][1]["mean"]},
    }
    strange = {"id": "strange", "model": {"kind": "polling_loop"}, "expected": {"W": 1.0}}
    wrong = {"id": "wrong", "model": PROJECT, "expected": {"mean": 10.0}}

    def run(*cases: object, strict: bool = False) -> int:
        path = tmp_path / "cases.json"
        path.write_text(json.dumps({"schema": "queueing-cases/1", "cases": cases}), "utf-8")
        asked = ["verify", str(path), "--json", "--workers", "1"]
        return main([*asked, "--strict"] if strict else asked)

    assert run(good) == run(good, strict=True) == 0
    assert run(good, strange) == 0
    capsys.readouterr()
    assert run(good, strange, strict=True) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {"pass": 1, "fail": 0, "unsupported": 1}
    assert [case["note"] for case in document["cases"]][1] == "no model of the kind 'polling_loop'"
    assert run(wrong, strange, strict=True) == 1


def test_draws_that_are_off_cannot_pass(monkeypatch):
    """If the work drawn were 3 % too long, controls would hide it; the case fails and says so."""
    import simulator.verify_studies as studies

    honest = studies.side_by_side

    def longer(*given: Any) -> Any:
        from dataclasses import replace

        side = honest(*given)
        return replace(side, work=tuple(each * 103 // 100 for each in side.work))

    monkeypatch.setattr(studies, "side_by_side", longer)
    found = verified(queue(0.5, exponential(1.0)), {"Wq": 1.0})
    assert found.verdict == "fail"
    assert found.note == "the draws are not those of the model: work"


def test_only_varying_controls_are_looked_at():
    """A control that is always the same is none, however far from 0 its rounding is."""
    import numpy as np

    assert unfair({f"{CONTROL}fixed": np.full(50, 0.001), "value": np.arange(50.0)}) == []
