"""Saved runs side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from results.comparison import together_words
from results.numbers import change_text, interval_text, json_interval
from results.run_store import Arrays, SavedRun
from results.summary import LEVEL
from results.words import word
from simulator import Interval, mean_interval, paired_difference
from simulator.statistics import FEWEST, each_level

_COUNTS = ("steps", "paper_days", "serial_days", "visits", "documents")
_TIMES = ("mean", "p50", "p90")


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two or more saved runs; the first is what the others are compared with.

    Attributes
    ----------
    runs : tuple of SavedRun
        In the order given.
    samples : tuple of dict
        Their arrays.
    """

    runs: tuple[SavedRun, ...]
    samples: tuple[Arrays, ...]

    def paired(self, at: int) -> bool:
        """Whether a run shares its luck with the first: same seed, as many cases.

        Replication k then has the same luck in both, as far as both have one.
        """
        first, other = (self.runs[n].document["parameters"] for n in (0, at))
        return all(first[key] == other[key] for key in ("seed", "cases"))

    def difference(self, at: int, measure: str) -> Interval:
        """Return how a measure of a run differs from the first's, in working days."""
        a, b = (self.samples[n][measure].tolist() for n in (at, 0))
        level = each_level(len(self.runs) - 1, LEVEL)
        if not self.paired(at):
            return _apart(a, b, level)
        both = min(len(a), len(b))
        return paired_difference(a[:both], b[:both], level)

    def table(self, language: str) -> list[list[str]]:
        """Return rows of text, the header first, a row for each run."""
        head = ["run", "steps", "paper days", "visits", "documents", "mean", "P90"]
        rows = [[word(each, language) for each in (*head, "change of mean")]]
        for at, (run, samples) in enumerate(zip(self.runs, self.samples, strict=True)):
            summary = run.document["summary"]
            rows.append(
                [
                    f"@{run.number} {run.name or run.key}",
                    *(_number(summary[key]) for key in _COUNTS if key != "serial_days"),
                    *(
                        interval_text(mean_interval(samples[key].tolist(), LEVEL))
                        for key in ("mean", "p90")
                    ),
                    change_text(self.difference(at, "mean")) if at else "",
                ]
            )
        return rows

    def notes(self, language: str) -> list[str]:
        """Say how each run was made and whether the differences are paired."""
        zh = language == "zh"
        lines = []
        for at, run in enumerate(self.runs):
            p = run.document["parameters"]
            lines.append(
                f"@{run.number} {run.key}：{run.saved_at}，重复 {p['replications']} 次、每次 "
                f"{p['cases']} 件，种子 {p['seed']}，版本 {run.document['tool_version']}，"
                f"输入 {run.document['inputs']['hash'][:8]}"
                if zh
                else f"@{run.number} {run.key}: {run.saved_at}, {p['replications']} replications "
                f"of {p['cases']} cases, seed {p['seed']}, version "
                f"{run.document['tool_version']}, inputs {run.document['inputs']['hash'][:8]}"
            )
            n = [len(samples["mean"]) for samples in (self.samples[0], self.samples[at])]
            if at and self.paired(at) and n[0] != n[1]:
                lines.append(
                    f"@{run.number} 的差值按前 {min(n)} 次重复配对"
                    if zh
                    else f"the difference of @{run.number} is paired over the first {min(n)} "
                    "replications"
                )
            if at and not self.paired(at):
                lines.append(
                    f"@{run.number} 与第一次运行的随机数不同：差值未配对，区间较宽"
                    if zh
                    else f"@{run.number} and the first run have different luck: the difference "
                    "is not paired, its interval is wider"
                )
        if len(self.runs) > 2:
            lines.append(together_words(len(self.runs) - 1).in_language(language))
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``compare --json`` for saved runs."""
        return {
            "runs": [
                {
                    "number": run.number,
                    "hash": run.hash,
                    "name": run.name,
                    "saved_at": run.saved_at,
                    "tool_version": run.document["tool_version"],
                    "inputs": run.document["inputs"],
                    "parameters": run.document["parameters"],
                    "summary": run.document["summary"],
                }
                for run in self.runs
            ],
            "differences": [
                {
                    "from": self.runs[0].number,
                    "to": run.number,
                    "paired": self.paired(at),
                    **{
                        key: round(
                            run.document["summary"][key] - self.runs[0].document["summary"][key], 6
                        )
                        for key in _COUNTS
                    },
                    "elapsed": {
                        measure: json_interval(self.difference(at, measure)) for measure in _TIMES
                    },
                }
                for at, run in enumerate(self.runs)
                if at
            ],
        }


def compare_runs(runs: Sequence[SavedRun]) -> RunComparison:
    """Read the arrays of saved runs and set them side by side."""
    return RunComparison(tuple(runs), tuple(run.arrays() for run in runs))


def _apart(a: Sequence[float], b: Sequence[float], level: float) -> Interval:
    """Return the difference of two independent means with Welch's interval."""
    from scipy.special import stdtrit

    difference = float(np.mean(a) - np.mean(b))
    if min(len(a), len(b)) < FEWEST:
        return Interval(difference, None, None, level, min(len(a), len(b)))
    parts = [float(np.var(each, ddof=1)) / len(each) for each in (a, b)]
    variance = sum(parts)
    if not variance:
        return Interval(difference, difference, difference, level, min(len(a), len(b)))
    freedom = variance**2 / sum(
        part**2 / (len(each) - 1) for part, each in zip(parts, (a, b), strict=True)
    )
    half = float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance)
    return Interval(difference, difference - half, difference + half, level, min(len(a), len(b)))


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.1f}"
