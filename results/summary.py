"""What one scenario gives: paper numbers, times with intervals, and who waits where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from results.clock_summary import ClockSummary, accounted
from results.measures import (
    LEVEL,
    FloatArray,
    Flow,
    PoolUse,
    Times,
    flow_of,
    pool_ratios,
    pool_uses,
    times_of,
)
from results.numbers import count_text, days_text, interval_text, json_interval, json_number
from results.words import word
from rules import Procedure
from scenarios import Plan, Scenario
from simulator import Interval, Run, mean_interval
from simulator.account import account_of
from simulator.blocks import Design, tally_of
from simulator.precision import elapsed_of
from simulator.tally_rows import PARTS, percentile
from simulator.watching import usage_of

__all__ = ["LEVEL", "FloatArray", "Paper", "PoolUse", "Summary", "Times", "summarise"]


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
    visits, documents : int or None
        Asked of the applicant; None in a mix of case types, as are the days: they differ by
        type, and no case takes all steps.
    chain : tuple of str
        Steps of the critical path; none where no days are known.
    mixed : bool
        Whether there are several types of cases.
    fees : int or None
        Yuan that the applicant pays; None where a step does not tell its fee.
    """

    steps: int
    paper_days: Fraction | None
    serial_days: Fraction | None
    visits: int | None
    documents: int | None
    chain: tuple[str, ...]
    mixed: bool = False
    fees: int | None = None

    @classmethod
    def of(cls, procedure: Procedure) -> Paper:
        """Return the paper numbers of a procedure."""
        path = procedure.critical_path()
        known = procedure.days_known
        return cls(
            steps=procedure.n_steps,
            paper_days=path.days if known else None,
            serial_days=procedure.serial_days if known else None,
            visits=None if procedure.mixed else procedure.visits,
            documents=None if procedure.mixed else procedure.documents,
            chain=path.keys if known else (),
            mixed=procedure.mixed,
            fees=procedure.fees,
        )


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
    flow : Flow or None
        Where the time went and what decided the end; None for the paper view alone.
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
    flow: Flow | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``run --json``; see the public contract."""
        return {
            "schema_version": 1,
            **scenario_json(self),
            "kpis": {} if self.times is None else _kpis(self.times),
            "resources": [
                {
                    "key": pool.key,
                    "name": {"zh": pool.name.zh, "en": pool.name.en},
                    "capacity": pool.capacity,
                    "utilisation": json_interval(pool.utilisation),
                    "wait_days": json_interval(pool.wait),
                    "queue_length": json_interval(pool.queue),
                    "measured": {
                        "while": "cases come" if pool.streamed else "start to end",
                        "from_wd": json_number(pool.watched[0]),
                        "to_wd": json_number(pool.watched[1]),
                    },
                }
                for pool in self.pools
            ],
            **({} if self.flow is None else _flow_json(self.flow)),
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
            [word("paper days", language), paper_days_text(paper, "paper_days", language)],
            [word("serial days", language), paper_days_text(paper, "serial_days", language)],
            [word("visits", language), count_text(paper.visits)],
            [word("documents", language), count_text(paper.documents)],
        ]
        if paper.fees is not None:
            rows.append([word("fees (yuan)", language), str(paper.fees)])
        if self.times is not None:
            times = self.times
            for label, values in (
                ("mean", times.mean), ("P50", times.p50), ("P90", times.p90),
            ):  # fmt: skip
                text = interval_text(_mean(values))
                rows.append([f"{word(label, language)} ({word('elapsed wd', language)})", text])
            if paper.paper_days is not None:
                share = _mean(100 * times.on_time)
                rows.append([word("within paper days", language), f"{interval_text(share)} %"])
        return rows

    def flow_table(self, language: str) -> list[list[str]]:
        """Return rows of text: where the days of a case go, and the steps that decide its end."""
        if self.flow is None:
            return []
        rows = [[word("where the days of a case go", language), word("working days", language)]]
        for part, values in self.flow.parts.items():
            if part in PARTS or values.any():
                rows.append([word(part, language), interval_text(_mean(values))])
        if self.times is not None:
            rows.append([word("together", language), interval_text(_mean(self.times.mean))])
        counted = interval_text(_mean(self.flow.counted.mean))
        return [*rows, [word("counted by law", language), counted]]

    def critical_table(self, language: str, most: int = 5) -> list[list[str]]:
        """Return rows of text: the steps that most often stood on the chain that decided."""
        if self.flow is None:
            return []
        shares = {key: _mean(100 * values) for key, values in self.flow.critical.items()}
        first = sorted(shares, key=lambda key: (-shares[key].estimate, key))[:most]
        head = [word("steps that decide the end", language), word("of cases %", language)]
        return [head, *([key, interval_text(shares[key])] for key in first)]

    def pool_table(self, language: str) -> list[list[str]]:
        """Return rows of text for the pools, the longest wait first."""
        rows = [[word(w, language) for w in ("people", "number", "in use", "wait wd", "waiting")]]
        longest_first = sorted(self.pools, key=lambda pool: (-pool.wait.estimate, pool.key))
        return rows + [
            [
                f"{use.name.in_language(language)} ({word(use.key.split('.')[-1], language)})",
                str(use.capacity),
                f"{100 * use.utilisation.estimate:.0f} %",
                interval_text(use.wait, 2),
                f"{use.queue.estimate:.1f}",
            ]
            for use in longest_first
        ]


def limit_of(paper: Paper, plan: Plan) -> int:
    """Return the ticks within which a case is on time on paper; -1 where nobody can say."""
    return -1 if paper.paper_days is None else int(paper.paper_days * plan.day_ticks)


def paper_days_text(paper: Paper, measure: str, language: str) -> str:
    """Return days on paper; a dash in a mix of case types, whose days differ by type."""
    return "-" if paper.mixed else days_text(getattr(paper, measure), language)


def summarise(scenario: Scenario, run: Run | None = None) -> Summary:
    """Return a scenario's paper numbers and, with a run, its simulated ones."""
    paper = Paper.of(scenario.procedure)
    if run is None:
        return Summary(scenario, paper)
    limit = limit_of(paper, run.plan)
    design = Design(scenario.key, run.plan, limit)
    tally = tally_of(design, list(enumerate(run.replications)), run.seed)
    return Summary(
        scenario,
        paper,
        times_of(design, tally),
        pool_uses(design, tally),
        run.seed,
        len(run.replications),
        run.plan.cases,
        run.engine,
        accounted(run.plan, account_of(run.plan, run.replications), LEVEL),
        flow_of(design, tally),
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
    day = run.plan.day_ticks
    wanted = types_called(run.plan, type_) if type_ else None
    rows = []
    for trace in run.replications:
        ticks, judged = elapsed_of(run.plan, trace, int(limit * day), wanted)
        count = len(ticks)
        rows.append(
            (
                int(ticks.sum()) / count / day if count else math.nan,
                percentile(ticks, 50) / day if count else math.nan,
                percentile(ticks, 90) / day if count else math.nan,
                int((ticks <= int(limit * day)).sum()) / judged if judged else math.nan,
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
        **({} if paper.fees is None else {"fees": paper.fees}),
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
        document["elapsed"] = _days_json(times)
        if summary.flow is not None:
            document["counted"] = _days_json(summary.flow.counted)
        document["on_time"] = {
            "limit_days": json_number(paper.paper_days),
            "share": json_interval(_mean(times.on_time)),
        }
    if summary.clocks is not None:
        document |= summary.clocks.to_json()
    return document


def _days_json(times: Times) -> dict[str, Any]:
    intervals = {"mean": _mean(times.mean), "p50": _mean(times.p50), "p90": _mean(times.p90)}
    return {
        "unit": "wd",
        **{key: json_number(each.estimate) for key, each in intervals.items()},
        "ci": {
            key: [json_number(each.low), json_number(each.high)] for key, each in intervals.items()
        },
        "level": LEVEL,
    }


def _kpis(times: Times) -> dict[str, Any]:
    return {
        name: json_interval(_mean(values))
        for name, values in (
            ("elapsed_mean_wd", times.mean),
            ("elapsed_p50_wd", times.p50),
            ("elapsed_p90_wd", times.p90),
            ("within_paper_days", times.on_time),
        )
    }


def _flow_json(flow: Flow) -> dict[str, Any]:
    return {
        "waits": {
            "unit": "wd",
            **{part: json_interval(_mean(values)) for part, values in flow.parts.items()},
        },
        "criticality": {key: json_interval(_mean(each)) for key, each in flow.critical.items()},
        "outcomes": flow.outcomes,
    }


def _mean(values: FloatArray) -> Interval:
    """Return the mean over the replications that have a value."""
    return mean_interval([each for each in values.tolist() if not math.isnan(each)], LEVEL)


def pool_values(run: Run, key: str) -> tuple[list[float], list[float]]:
    """Return of each replication how far a pool is in use, and its mean wait.

    The first is a share of the people's open time while they are watched
    (:mod:`simulator.watching`), the second in working days; both are zero for a pool that no
    step uses.

    Raises
    ------
    KeyError
        If the plan has no pool with this key.
    """
    plan = run.plan
    number = next((n for n, pool in enumerate(plan.pools) if pool.key == key), None)
    if number is None:
        raise KeyError(key)
    uses = [usage_of(plan, trace)[number] for trace in run.replications]
    day = plan.calendars[plan.pools[number].calendar].day_ticks
    busy, waits, _ = pool_ratios(uses, day)
    return busy, waits
