"""Scores of the windows (窗口考核, M60): the centre manages and rates them, and hears complaints.

For every office that handles files: how many it finished, which share of them within its own
promise, which share led to a complaint, and how many joint steps it leads. A complaint is a
dissatisfied applicant (the survey's shape of :mod:`results.satisfaction`, an assumption) laid at
the door of the office that overran its promise most in his case, or, where none did, of the
one that took his file in (首问责任). All complaints are laid at some door, none twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results.numbers import json_interval
from results.satisfaction import Weights, chance_of
from results.summary import Paper
from rules import Kind, Name
from scenarios import Scenario
from scenarios.plan import PlanStep
from simulator import Interval, Run, Trace, mean_interval
from simulator.precision import taken_of

_NOT_HANDLED = (Kind.NOTICE, Kind.WAIT, Kind.CONVERSION)


@dataclass(frozen=True, slots=True)
class Points:
    """Of a full score; the split is an assumption that a centre replaces by its own rules.

    Attributes
    ----------
    in_time : int
        For all files within their promise.
    content : int
        For no complaint.
    """

    in_time: int = 60
    content: int = 40


@dataclass(frozen=True, slots=True)
class Score:
    """An office's score over a run's replications.

    Attributes
    ----------
    office : str
        Its key.
    name : Name
        Its name.
    files : Interval
        Steps that it finished in a replication.
    in_time : Interval
        Share of them within the days that the flow chart promises for the step.
    complaints : Interval
        Complaints for each file that it handled.
    leads : int
        Steps of several departments that it leads (M11, M34).
    score : Interval
        Points of a hundred.
    """

    office: str
    name: Name
    files: Interval
    in_time: Interval
    complaints: Interval
    leads: int
    score: Interval

    def to_json(self) -> dict[str, Any]:
        """Return the score for a JSON document."""
        return {
            "office": self.office,
            "name": {"zh": self.name.zh, "en": self.name.en},
            "files": json_interval(self.files),
            "in_time": json_interval(self.in_time),
            "complaints_per_file": json_interval(self.complaints),
            "leads": self.leads,
            "score": json_interval(self.score),
        }


def scores(
    scenario: Scenario, run: Run, points: Points | None = None, weights: Weights | None = None
) -> tuple[Score, ...]:
    """Return every office's score, the best first.

    Parameters
    ----------
    scenario : Scenario
        The design.
    run : Run
        Its run.
    points : Points, optional
        How the hundred points are split.
    weights : Weights, optional
        Of the chance to be dissatisfied.

    Raises
    ------
    ValueError
        If nothing is promised for a case, so that nobody can be late.
    """
    full, chances = points or Points(), weights or Weights()
    offices = tuple(dict.fromkeys(step.office for step in _handled(scenario, run)))
    found: dict[str, list[tuple[float, float, float]]] = {key: [] for key in offices}
    for trace in run.replications:
        for key, (files, kept, complaints) in _counted(scenario, run, trace, chances).items():
            if files:
                found[key].append((files, kept / files, complaints / files))
    names = {office.key: office.name for office in scenario.offices}
    rated = []
    for key, rows in found.items():
        if not rows:
            continue
        total = [full.in_time * kept + full.content * max(0.0, 1 - said) for _, kept, said in rows]
        leads = sum(
            step.department == key and len(step.departments) > 1
            for step in scenario.procedure.steps
        )
        rated.append(
            Score(
                key,
                names.get(key, Name(key, key)),
                files=mean_interval([row[0] for row in rows]),
                in_time=mean_interval([row[1] for row in rows]),
                complaints=mean_interval([row[2] for row in rows]),
                leads=leads,
                score=mean_interval(total),
            )
        )
    return tuple(sorted(rated, key=lambda each: (-each.score.estimate, each.office)))


def _handled(scenario: Scenario, run: Run) -> tuple[PlanStep, ...]:
    """Return the steps that offices handle and promise."""
    return tuple(
        step
        for step in run.plan.steps
        if step.office and step.kind not in _NOT_HANDLED and step.key in scenario.procedure
    )


def _counted(
    scenario: Scenario, run: Run, trace: Trace, weights: Weights
) -> dict[str, tuple[int, int, float]]:
    """Return each office's files, files in time and complaints in one replication."""
    plan, procedure = run.plan, scenario.procedure
    counting, types = plan.calendars[0], trace.types_of()
    steps = _handled(scenario, run)
    done = taken_of(plan, trace).finished  # who is still there, or left, has no result to judge
    over = np.full((len(steps), len(types)), -np.inf)
    tally: dict[str, list[float]] = {step.office: [0, 0, 0.0] for step in steps}
    first: NDArray[np.int64] = np.full(len(types), -1, dtype=np.int64)
    earliest = np.full(len(types), np.iinfo(np.int64).max)
    for at, step in enumerate(steps):
        ready, end = trace.step_ready(step), trace.step_end(step)
        own = (types == step.of) & done & (end > ready)  # a step that is passed over takes no time
        took = counting.worked_many(ready[own], end[own])
        promised = float(procedure[step.key].days) * plan.day_ticks
        over[at, own] = took - promised
        tally[step.office][0] += int(own.sum())
        tally[step.office][1] += int((took <= promised).sum())
        sooner = own & (ready < earliest)
        first[sooner], earliest[sooner] = at, ready[sooner]
    worst = np.where(over.max(axis=0) > 0, over.argmax(axis=0), first)
    chance = chance_of(_over_promise(scenario, run, trace), procedure.visits, weights)
    for case in np.flatnonzero(done & (first >= 0)):
        tally[steps[int(worst[case])].office][2] += float(chance[case])
    return {key: (int(files), int(kept), said) for key, (files, kept, said) in tally.items()}


def _over_promise(scenario: Scenario, run: Run, trace: Trace) -> NDArray[np.float64]:
    """Return each case's elapsed time over what was promised for it."""
    plan = run.plan
    whole = Fraction(0) if scenario.sorts else Paper.of(scenario.procedure).paper_days
    paper = float(whole or 0) * plan.day_ticks
    promised: NDArray[np.float64] = np.array([float(each.promise) or paper for each in plan.types])
    if not promised.all():
        key = next(each.key for each, ticks in zip(plan.types, promised, strict=True) if not ticks)
        raise ValueError(f"{key}: nothing is promised")
    took = taken_of(plan, trace).ticks
    share: NDArray[np.float64] = took / promised[trace.types_of()]
    return share


def score_rows(found: Sequence[Score], language: str) -> list[list[str]]:
    """Return the cells of each office: name, files, in time, complaints, leads, score."""
    return [
        [
            each.name.in_language(language),
            f"{each.files.estimate:.0f}",
            f"{100 * each.in_time.estimate:.1f} %",
            f"{100 * each.complaints.estimate:.1f}",
            str(each.leads),
            f"{each.score.estimate:.1f}",
        ]
        for each in found
    ]
