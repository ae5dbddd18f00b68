"""Simulate textbook queues and networks and compare with their closed forms.

A case passes when every expected value lies inside the 99.9 % interval of its estimate
and the interval's half-width is below 2 % of the value. Cases without luck (calendars,
critical paths, list schedules) must come out exactly. A value outside the interval is
looked at again with new luck, because of some 300 values one may lie outside by chance;
it fails if it is outside again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from rules.problems import InputError, Place, Problem, did_you_mean
from simulator import verify_calendars as calendars
from simulator import verify_joint as joint
from simulator import verify_networks as networks
from simulator import verify_projects as projects
from simulator import verify_studies as studies
from simulator.verify_estimates import Columns, Estimate, estimate, unfair
from simulator.verify_priorities import priority_single_station
from simulator.verify_reading import NotExpressible, a_number, fraction, read_cases

LEVEL = 0.999
WITHIN = 0.02
SECONDS = 300.0
"""Processor time after which a case that is not precise enough is given up."""

_RARE = 1e-5
"""What is expected below this, and never seen, is neither confirmed nor refuted."""

_AIM = 0.9
"""Half-widths are brought below this part of what is asked."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One expected value and what was simulated.

    Attributes
    ----------
    name : str
        As in the file; parts of a table in brackets.
    expected, estimate : object
        Numbers, or texts of exact cases.
    low, high : float or None
        Interval; None for exact values.
    z : float or None
        Standard errors from the expected value.
    verdict : str
        ``pass``, ``fail``, ``imprecise`` or ``unsupported``.
    """

    name: str
    expected: object
    estimate: object
    low: float | None
    high: float | None
    z: float | None
    verdict: str

    def to_json(self) -> dict[str, object]:
        """Return the entry of the JSON document."""
        return {
            "name": self.name,
            "expected": self.expected,
            "estimate": self.estimate,
            "interval": None if self.low is None else [self.low, self.high],
            "z": self.z,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """One case of a file.

    Attributes
    ----------
    id, family : str
        As in the file.
    verdict : str
        ``pass``, ``fail`` or ``unsupported``.
    metrics : tuple of Measured
        Every expected value.
    note : str
        What is missing where the case is not supported.
    replications : int
        How many were simulated.
    seconds : float
        How long it took.
    """

    id: str
    family: str
    verdict: str
    metrics: tuple[Measured, ...]
    note: str
    replications: int
    seconds: float

    def to_json(self) -> dict[str, object]:
        """Return the entry of the JSON document."""
        return {
            "id": self.id,
            "family": self.family,
            "verdict": self.verdict,
            "metrics": [each.to_json() for each in self.metrics],
            "note": self.note,
            "replications": self.replications,
            "seconds": round(self.seconds, 2),
        }


STUDIES: dict[str, Callable[[studies.Model, Mapping[str, Any]], studies.Study]] = {
    "open_single_station": studies.open_single_station,
    "priority_single_station": priority_single_station,
    "finite_source": networks.finite_source,
    "closed_network": networks.closed_network,
    "open_network": networks.open_network,
    "fork_join": joint.fork_join,
    "split_merge": joint.split_merge,
    "bulk_service": joint.bulk_service,
    "clocked_bulk": joint.clocked_bulk,
    "project": projects.project,
    "static": projects.static,
    "infinite_server": projects.infinite_server,
    "calendar_single_station": calendars.calendar_single_station,
}
"""How each kind of model with luck is studied."""

EXACT: dict[str, Callable[[studies.Model, Mapping[str, Any]], projects.Exact]] = {
    "list_scheduling": projects.list_scheduling,
    "working_calendar": calendars.working_calendar,
}
"""How each kind without luck is answered."""


def verify_file(
    path: Path,
    *,
    only: Sequence[str] = (),
    seed: int = 1,
    seconds: float = SECONDS,
    workers: int = 1,
) -> Iterator[Verified]:
    """Yield the verdict of each case of a file, in its order.

    Parameters
    ----------
    path : Path
        A file of the schema ``queueing-cases/1``.
    only : sequence of str
        Ids of the cases to run; empty: all.
    seed : int
        The same seed gives the same verdicts on any number of workers.
    seconds : float
        Processor time for one case, after which values that are not precise enough fail.
    workers : int
        Processes.

    Raises
    ------
    InputError
        If the file is not of the schema, or has no case of an id.
    """
    cases = read_cases(path)
    known = [case["id"] for case in cases]
    if unknown := [name for name in only if name not in known]:
        raise InputError(
            Problem(Place(str(path)), f"no case has the id '{name}'{did_you_mean(name, known)}")
            for name in unknown
        )
    cases = [case for case in cases if not only or case["id"] in only]
    workers = min(workers, len(cases))
    if workers <= 1:
        yield from (verify_case(case, seed, seconds) for case in cases)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(verify_case, case, seed, seconds) for case in cases]
        yield from (future.result() for future in futures)


def verify_case(case: Mapping[str, Any], seed: int = 1, seconds: float = SECONDS) -> Verified:
    """Return the verdict of one case."""
    began = perf_counter()
    replications = 0
    note = ""
    off: list[str] = []
    measured: list[Measured] = []
    try:
        model, expected = case["model"], case["expected"]
        kind = str(model.get("kind"))
        if not expected:
            note = "nothing is expected"
        elif kind in EXACT or (kind == "project" and projects.is_certain(model)):
            answer = EXACT.get(kind, projects.certain_project)(model, expected)
            measured = [_exact(name, value, answer) for name, value in expected.items()]
        elif kind in STUDIES:
            wanted, others = _flat(expected)
            study = STUDIES[kind](model, expected)
            measured, replications, off = _measure(study, wanted, seed, seconds)
            outside = [each.name for each in measured if each.verdict == "fail"]
            if outside:
                again, more, _ = _measure(study, wanted, seed + 1_000_003, seconds)
                measured = [
                    new if old.name in outside else old
                    for old, new in zip(measured, again, strict=True)
                ]
                replications += more
            measured += [_unsupported(name, value) for name, value in others.items()]
            if off:
                note = f"the draws are not those of the model: {', '.join(off)}"
        else:
            note = f"no model of the kind '{kind}'"
    except NotExpressible as missing:
        note = f"cannot be expressed: {missing}"
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        measured = []
        note = f"the model cannot be read: {type(error).__name__}: {error}"
    except MemoryError:
        measured = []
        note = "cannot be expressed: a model that needs more memory than there is"
    if not note and (unknown := [each.name for each in measured if each.verdict == "unsupported"]):
        note = f"not measured: {', '.join(unknown)}"
    verdicts = {each.verdict for each in measured}
    if not verdicts or verdicts == {"unsupported"}:
        verdict = "unsupported"
    elif off:
        verdict = "fail"
    elif verdicts <= {"pass", "unsupported"}:
        verdict = "pass"
    else:
        verdict = "fail"
    return Verified(
        str(case["id"]),
        str(case.get("family", "")),
        verdict,
        tuple(measured),
        note,
        replications,
        perf_counter() - began,
    )


def _flat(expected: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, object]]:
    """Return expected numbers, tables by ``name[key]``, and what is no number and not known.

    Raises
    ------
    NotExpressible
        If a number is not finite, or a fraction none.
    """
    flat: dict[str, float] = {}
    others: dict[str, object] = {}
    for name, value in expected.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}[{key}]": fraction(each, name) for key, each in value.items()}
        elif isinstance(value, int | float) and not isinstance(value, bool):
            flat[name] = a_number(value, name, low=-1e300, high=1e300)
        elif name.endswith("_fraction"):
            flat[name] = fraction(value, name)
        else:
            others[name] = value
    return flat, others


def _measure(
    study: studies.Study, wanted: Mapping[str, float], seed: int, seconds: float
) -> tuple[list[Measured], int, list[str]]:
    """Simulate until every value is known closely enough, or time is up.

    Returns what was measured, in how many replications, and what was unfair about them.
    """
    began = process_time()
    columns: Columns = {}
    done = 0
    while True:
        number = min(max(study.least - done, done // 2), study.batch)
        new = study.sample(seed, range(done, done + number))
        if not done:
            # what the first few cost besides, such as compiling an engine, says nothing
            began = process_time()
        done += number
        columns = {
            name: np.concatenate([columns[name], values]) if columns else values
            for name, values in new.items()
        }
        if done < study.least and process_time() - began < seconds:
            continue
        found = {name: _estimate(study, name, columns) for name in wanted}
        known = [
            each is None
            or not math.isfinite(each.value)
            # an expected value that is far too small would be hard to be precise about
            or each.half_width <= _AIM * WITHIN * max(abs(wanted[name]) or 1.0, abs(each.value))
            for name, each in found.items()
        ]
        if all(known) or process_time() - began > seconds:
            judged = [_judge(name, wanted[name], each) for name, each in found.items()]
            return judged, done, unfair(columns)


def _estimate(study: studies.Study, name: str, columns: Columns) -> Estimate | None:
    metric = study.metrics.get(name) or study.metrics.get(name.removesuffix("_fraction"))
    return None if metric is None else estimate(metric, columns, LEVEL)


def _judge(name: str, expected: float, found: Estimate | None) -> Measured:
    if found is None or not math.isfinite(found.value):
        return _unsupported(name, expected)
    low, high = found.value - found.half_width, found.value + found.half_width
    if found.value == found.error == 0 and 0 < abs(expected) < _RARE:
        return _unsupported(name, expected)
    # expected values are printed with 12 digits
    slack = max(1e-9 * abs(expected), 1e-12)
    if not low - slack <= expected <= high + slack:
        verdict = "fail"
    elif found.half_width > WITHIN * (abs(expected) or 1.0):
        verdict = "imprecise"
    else:
        verdict = "pass"
    off = found.value - expected
    z = off / found.error if found.error > 0 else (0.0 if abs(off) <= slack else math.inf)
    return Measured(
        name, expected, found.value, low, high, z if math.isfinite(z) else None, verdict
    )


def _unsupported(name: str, expected: object) -> Measured:
    return Measured(name, expected, None, None, None, None, "unsupported")


def _exact(name: str, expected: object, answer: projects.Exact) -> Measured:
    if name not in answer:
        return _unsupported(name, expected)
    found = answer[name]
    return Measured(
        name, expected, found, None, None, None, "pass" if _same(found, expected) else "fail"
    )


def _same(found: object, expected: object) -> bool:
    """Whether two answers are the same: lists in any order, numbers but for their last digits."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return set(found) == set(expected) and all(_same(found[k], expected[k]) for k in found)
    if isinstance(found, list) and isinstance(expected, list):
        return sorted(map(str, found)) == sorted(map(str, expected))
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return abs(found - expected) <= 1e-6 * max(1.0, abs(expected))
    if isinstance(found, str) and isinstance(expected, str):
        try:
            return datetime.fromisoformat(found) == datetime.fromisoformat(expected)
        except ValueError:
            return found == expected
    return False
