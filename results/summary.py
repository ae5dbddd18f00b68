"""What one scenario gives: paper numbers, times with intervals, and who waits where."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results.clock_summary import ClockSummary, accounted
from results.numbers import days_text, interval_text, json_interval, json_number
from results.words import word
from rules import Name, Procedure
from scenarios import AMPLE, Plan, Scenario
from simulator import Interval, Run, Trace, mean_interval
from simulator.account import account_of

LEVEL = 0.95
"""Confidence of every interval in reports."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper view: no queues, no luck. Days are working days.

    Attributes
    ----------
    steps : int
        环节 counted.
    paper_days : Fraction or None
        Critical path; None where no step says how long it takes: unknown is not zero.
    serial_days : Fraction or None
        Sum over steps, or None likewise.
    visits, documents : int
        Asked of the applicant.
    chain : tuple of str
        Steps of the critical path; none where no days are known.
    """

    steps: int
    paper_days: Fraction | None
    serial_days: Fraction | None
    visits: int
    documents: int
    chain: tuple[str, ...]

    @classmethod
    def of(cls, procedure: Procedure) -> Paper:
        """Return the paper numbers of a procedure."""
        path = procedure.critical_path()
        known = procedure.days_known
        return cls(
            steps=procedure.n_steps,
            paper_days=path.days if known else None,
            serial_days=procedure.serial_days if known else None,
            visits=procedure.visits,
            documents=procedure.documents,
            chain=path.keys if known else (),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Elapsed working days of cases, one value for each replication.

    Elapsed is the applicant's clock, from arrival to the end of the last step, in
    working days of the counting calendar.

    Attributes
    ----------
    mean, p50, p90 : array of shape (replications,)
        Mean, median and 90th percentile over the cases of each replication.
    on_time : array of shape (replications,)
        Share of cases that take no longer than the paper days.
    """

    mean: FloatArray
    p50: FloatArray
    p90: FloatArray
    on_time: FloatArray


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How a pool of people fared.

    Attributes
    ----------
    key : str
        ``<office>.window`` or ``<office>.reviewer``.
    name : Name
        The office.
    capacity : int
        People.
    utilisation : Interval
        Share of their open time, from the first arrival to the last end, that people
        hold work.
    wait : Interval
        Mean working days that work waits for them.
    """

    key: str
    name: Name
    capacity: int
    utilisation: Interval
    wait: Interval


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of one scenario.

    Attributes
    ----------
    scenario : Scenario
        What was summarised.
    paper : Paper
        Paper view.
    times : Times or None
        Simulated times; None for the paper view alone.
    pools : tuple of PoolUse
        By key; empty for the paper view alone.
    seed, replications, cases : int
        How it was simulated; zero for the paper view alone.
    engine : str
        Which engine ran, or empty.
    clocks : ClockSummary or None
        Clocks, lights and case types, where the scenario watches limits or has types.
    """

    scenario: Scenario
    paper: Paper
    times: Times | None = None
    pools: tuple[PoolUse, ...] = ()
    seed: int = 0
    replications: int = 0
    cases: int = 0
    engine: str = ""
    clocks: ClockSummary | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``run --json``; see the public contract."""
        return {
            "schema_version": 1,
            **scenario_json(self),
            "kpis": {} if self.times is None else _kpis(self.times),
            **({} if self.clocks is None else self.clocks.to_json()),
            "resources": [
                {
                    "key": pool.key,
                    "name": {"zh": pool.name.zh, "en": pool.name.en},
                    "capacity": pool.capacity,
                    "utilisation": json_interval(pool.utilisation),
                    "wait_days": json_interval(pool.wait),
                }
                for pool in self.pools
            ],
            "engine": self.engine,
            "seed": self.seed,
            "replications": self.replications,
            "cases": self.cases,
            "events": self.replications * self.cases * len(self.scenario.procedure.steps),
        }

    def table(self, language: str) -> list[list[str]]:
        """Return rows of text, the header first: the KPIs, then every pool."""
        paper = self.paper
        rows = [
            [word("measure", language), word("value", language)],
            [word("steps", language), str(paper.steps)],
            [word("paper days", language), days_text(paper.paper_days, language)],
            [word("serial days", language), days_text(paper.serial_days, language)],
            [word("visits", language), str(paper.visits)],
            [word("documents", language), str(paper.documents)],
        ]
        if self.times is not None:
            times = self.times
            for label, values in (
                ("mean", times.mean), ("P50", times.p50), ("P90", times.p90),
            ):  # fmt: skip
                text = interval_text(mean_interval(values.tolist(), LEVEL))
                rows.append([f"{word(label, language)} ({word('elapsed wd', language)})", text])
            share = mean_interval((100 * times.on_time).tolist(), LEVEL)
            rows.append([word("within paper days", language), f"{interval_text(share)} %"])
        return rows

    def pool_table(self, language: str) -> list[list[str]]:
        """Return rows of text for the pools, the longest wait first."""
        rows = [[word(w, language) for w in ("people", "number", "in use", "wait wd")]]
        longest_first = sorted(self.pools, key=lambda pool: (-pool.wait.estimate, pool.key))
        return rows + [
            [
                f"{use.name.in_language(language)} ({word(use.key.split('.')[-1], language)})",
                str(use.capacity),
                f"{100 * use.utilisation.estimate:.0f} %",
                interval_text(use.wait, 2),
            ]
            for use in longest_first
        ]


def summarise(scenario: Scenario, run: Run | None = None) -> Summary:
    """Return a scenario's paper numbers and, with a run, its simulated ones."""
    paper = Paper.of(scenario.procedure)
    if run is None:
        return Summary(scenario, paper)
    return Summary(
        scenario,
        paper,
        elapsed_times(run, paper.paper_days or Fraction(0)),
        _pool_uses(run),
        run.seed,
        len(run.replications),
        run.plan.cases,
        run.engine,
        accounted(run.plan, account_of(run.plan, run.replications), LEVEL),
    )


def types_called(plan: Plan, word: str) -> tuple[int, ...]:
    """Return the indices of the case types of a key, or of keys that begin so (``shop*``).

    Several case types may have one key: the facts of such cases lead to different items.
    """
    begins = word[:-1] if word.endswith("*") else None
    return tuple(
        at
        for at, each in enumerate(plan.types)
        if each.key == word or (begins is not None and each.key.startswith(begins))
    )


def elapsed_times(run: Run, limit: Fraction, type_: str = "") -> Times:
    """Return elapsed working days of a run, with the share within ``limit`` working days.

    ``type_`` restricts it to cases of a type; see :func:`types_called`.
    """
    counting = run.plan.calendars[0]
    day = counting.day_ticks
    wanted = types_called(run.plan, type_)

    def among(trace: Trace) -> NDArray[np.bool_]:
        if not type_:
            return np.ones(len(trace.arrival), dtype=np.bool_)
        return np.isin(trace.types_of(), wanted)

    rows = []
    for trace in run.replications:
        ticks = np.sort(counting.worked_many(trace.arrival, trace.finish)[among(trace)])
        last = len(ticks) - 1
        rows.append(
            (
                int(ticks.sum()) / len(ticks) / day,
                int(ticks[min(last, -(-len(ticks) * 50 // 100) - 1)]) / day,
                int(ticks[min(last, -(-len(ticks) * 90 // 100) - 1)]) / day,
                int((ticks <= int(limit * day)).sum()) / len(ticks),
            )
        )
    columns = np.array(rows, dtype=np.float64).T
    return Times(*columns)


def scenario_json(summary: Summary) -> dict[str, Any]:
    """Return what every document says of a scenario: paper view, times, provenance, levers."""
    scenario, paper, times = summary.scenario, summary.paper, summary.times
    document: dict[str, Any] = {
        "key": scenario.key,
        "name": {"zh": scenario.name.zh, "en": scenario.name.en},
        "provenance": scenario.provenance,
        "counts": list(scenario.counts),
        "steps": paper.steps,
        "paper_days": json_number(paper.paper_days),
        "serial_days": json_number(paper.serial_days),
        "visits": paper.visits,
        "documents": paper.documents,
        "critical_path": list(paper.chain),
        "levers": [
            {
                "lever": change.lever,
                "zh": change.sentence("zh"),
                "en": change.sentence("en"),
                "details": list(change.details("en")),
            }
            for change in scenario.changes
        ],
    }
    if times is not None:
        intervals = {
            "mean": mean_interval(times.mean.tolist(), LEVEL),
            "p50": mean_interval(times.p50.tolist(), LEVEL),
            "p90": mean_interval(times.p90.tolist(), LEVEL),
        }
        document["elapsed"] = {
            "unit": "wd",
            **{key: json_number(each.estimate) for key, each in intervals.items()},
            "ci": {
                key: [json_number(each.low), json_number(each.high)]
                for key, each in intervals.items()
            },
            "level": LEVEL,
        }
        document["on_time"] = {
            "limit_days": json_number(paper.paper_days),
            "share": json_interval(mean_interval(times.on_time.tolist(), LEVEL)),
        }
    return document


def _kpis(times: Times) -> dict[str, Any]:
    return {
        name: json_interval(mean_interval(values.tolist(), LEVEL))
        for name, values in (
            ("elapsed_mean_wd", times.mean),
            ("elapsed_p50_wd", times.p50),
            ("elapsed_p90_wd", times.p90),
            ("within_paper_days", times.on_time),
        )
    }


def _pool_uses(run: Run) -> tuple[PoolUse, ...]:
    plan = run.plan
    desks_of: list[list[int]] = [[] for _ in plan.pools]
    for index, desk in enumerate(plan.desks):
        for number in desk.pools:
            desks_of[number].append(index)
    uses = []
    for number, pool in enumerate(plan.pools):
        if not desks_of[number] or pool.capacity >= AMPLE:
            continue
        busy, waits = _busy_and_waits(run, plan, number, desks_of[number])
        uses.append(
            PoolUse(
                pool.key,
                pool.name,
                pool.capacity,
                mean_interval(busy, LEVEL),
                mean_interval(waits, LEVEL),
            )
        )
    return tuple(sorted(uses, key=lambda use: use.key))


def pool_values(run: Run, key: str) -> tuple[list[float], list[float]]:
    """Return of each replication how far a pool is in use, and its mean wait.

    The first is a share of the people's open time, the second in working days; both are
    zero for a pool that no step uses.

    Raises
    ------
    KeyError
        If the plan has no pool with this key.
    """
    plan = run.plan
    number = next((n for n, pool in enumerate(plan.pools) if pool.key == key), None)
    if number is None:
        raise KeyError(key)
    desks = [index for index, desk in enumerate(plan.desks) if number in desk.pools]
    if not desks:
        return [0.0] * len(run.replications), [0.0] * len(run.replications)
    return _busy_and_waits(run, plan, number, desks)


def _busy_and_waits(
    run: Run, plan: Plan, number: int, desks: list[int]
) -> tuple[list[float], list[float]]:
    pool = plan.pools[number]
    keeps = plan.calendars[pool.calendar]
    busy, waits = [], []
    for trace in run.replications:
        held = waited = 0
        for desk in desks:
            held += int(keeps.worked_many(trace.start[:, desk], trace.end[:, desk]).sum())
            waited += int(keeps.worked_many(trace.ready[:, desk], trace.start[:, desk]).sum())
        open_time = keeps.worked(int(trace.arrival.min()), int(trace.finish.max()))
        busy.append(held / max(1, open_time * pool.capacity))
        waits.append(waited / (len(desks) * plan.cases) / keeps.day_ticks)
    return busy, waits
