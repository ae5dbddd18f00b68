"""Scenarios side by side, each difference paired replication by replication."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from results.attribution import Attribution
from results.numbers import (
    change_of,
    change_of_count,
    change_text,
    count_text,
    interval_text,
    json_interval,
    json_number,
)
from results.sentences import Line, reasons, sentences
from results.summary import (
    LEVEL,
    FloatArray,
    Summary,
    paper_days_text,
    scenario_json,
    summarise,
)
from results.tables import Table, html_table
from results.words import word
from rules import Name
from scenarios import Scenario
from simulator import Interval, mean_interval, paired_difference
from simulator.statistics import each_level

if TYPE_CHECKING:
    from results.display import Picture
    from results.views import Chart


@dataclass(frozen=True, slots=True)
class Difference:
    """How one scenario differs from the first; negative is shorter or fewer.

    Attributes
    ----------
    mean, p50, p90 : Interval
        Elapsed working days, paired over replications that share their luck. Where several
        designs are compared with the first, the intervals of a measure hold all at once
        (Bonferroni), so that each has a higher confidence.
    gain : float
        How many times narrower the paired interval of the mean is than one from the
        same replications taken as independent; 0 where it cannot be told.
    """

    mean: Interval
    p50: Interval
    p90: Interval
    gain: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more scenarios; the first is what the others are compared with.

    Attributes
    ----------
    summaries : tuple of Summary
        In the order given.
    differences : tuple of Difference or None
        For every scenario after the first; None for the paper view alone.
    attribution : Attribution or None
        What each lever of the last scenario is worth; None where that was not asked.
    """

    summaries: tuple[Summary, ...]
    differences: tuple[Difference | None, ...]
    attribution: Attribution | None = None

    @property
    def engine(self) -> str:
        """Which engine ran; both, joined by ``+``, where not all ran on one."""
        return "+".join(dict.fromkeys(each.engine for each in self.summaries if each.engine))

    @property
    def each_level(self) -> float:
        """Confidence of each difference, so that those of a measure hold all at once."""
        return each_level(len(self.differences), LEVEL)

    @property
    def simulated(self) -> bool:
        """Whether scenarios were simulated and not only read on paper."""
        return self.summaries[0].times is not None

    def to_json(self) -> dict[str, Any]:
        """Return the document of ``compare --json``; see the public contract."""
        first = self.summaries[0]
        return {
            "schema_version": 1,
            "tool_version": metadata.version("lianban"),
            "clock": "elapsed",
            "unit": "wd",
            "level": LEVEL,
            "seed": first.seed,
            "replications": first.replications,
            "cases": first.cases,
            "engine": self.engine,
            "simultaneous": {
                "comparisons": len(self.differences),
                "level": LEVEL,
                "each": json_number(self.each_level),
                "method": "Bonferroni" if len(self.differences) > 1 else "none",
            },
            "scenarios": [scenario_json(summary) for summary in self.summaries],
            "differences": [
                self._difference_json(summary, difference)
                for summary, difference in zip(self.summaries[1:], self.differences, strict=True)
            ],
            "attribution": None if self.attribution is None else self.attribution.to_json(),
        }

    def _difference_json(self, summary: Summary, difference: Difference | None) -> dict[str, Any]:
        first, other = self.summaries[0].paper, summary.paper
        document: dict[str, Any] = {
            "from": self.summaries[0].scenario.key,
            "to": summary.scenario.key,
            "steps": other.steps - first.steps,
            "paper_days": json_number(change_of(first.paper_days, other.paper_days)),
            "serial_days": json_number(change_of(first.serial_days, other.serial_days)),
            "visits": change_of_count(first.visits, other.visits),
            "documents": change_of_count(first.documents, other.documents),
        }
        if (fees := change_of_count(first.fees, other.fees)) is not None:
            document["fees"] = fees
        if difference is not None:
            document["elapsed"] = {
                "mean": json_interval(difference.mean),
                "p50": json_interval(difference.p50),
                "p90": json_interval(difference.p90),
            }
            document["pairing_gain"] = json_number(difference.gain)
        document["sentences"] = [
            {
                "measure": line.measure,
                "shown": line.shown,
                "p_corrected": json_number(line.probability),
                "zh": line.sentence.zh,
                "en": line.sentence.en,
            }
            for line in self.sentences()
            if line.to == summary.scenario.key
        ]
        return document

    def sentences(self) -> tuple[Line, ...]:
        """Return a sentence in words for each line; see :mod:`results.sentences`."""
        return sentences(self)

    def table(self, language: str = "en") -> Table:
        """Return rows of text, the header first, a row for each scenario."""
        head = ["scenario", "steps", "paper days", "serial days", "visits", "documents"]
        costs = any(summary.paper.fees is not None for summary in self.summaries)
        if costs:
            head.append("fees (yuan)")
        if self.simulated:
            head += ["mean", "P90", "change of mean"]
        rows = [[word(each, language) for each in head]]
        for number, summary in enumerate(self.summaries):
            paper = summary.paper
            row = [
                summary.scenario.key,
                str(paper.steps),
                paper_days_text(paper, "paper_days", language),
                paper_days_text(paper, "serial_days", language),
                count_text(paper.visits),
                count_text(paper.documents),
                *([count_text(paper.fees)] if costs else []),
            ]
            if summary.times is not None:
                difference = self.differences[number - 1] if number else None
                row += [
                    _estimate(summary.times.mean),
                    _estimate(summary.times.p90),
                    change_text(difference.mean) if difference else "",
                ]
            rows.append(row)
        return Table(rows)

    def notes(self, language: str) -> list[str]:
        """Say which clock, how simulated, how sure, and where the data come from."""
        first = self.summaries[0]
        zh = language == "zh"
        comma = "、" if zh else ", "
        sources = dict.fromkeys(s.scenario.provenance for s in self.summaries)
        provenances = comma.join(word(source, language) for source in sources)
        counts = comma.join(word(part, language) for part in first.scenario.counts)
        lines = [
            f"纸面工作日：关键路径，无排队、无偶然；计入：{counts}"
            if zh
            else f"paper days: critical path in working days, no queues, no luck; counts {counts}"
        ]
        if any(summary.paper.mixed for summary in self.summaries):
            lines.append(
                "多类办件混合：没有一件经过全部环节，故无合计天数、跑动与材料；按类型看模拟结果"
                if zh
                else "a mix of case types: no case takes all steps, so there are no total days, "
                "visits or documents on paper; see the types in the simulation"
            )
        if self.simulated:
            gains = sorted(d.gain for d in self.differences if d and d.gain)
            lines.append(
                f"均值、P90：实际历时（申请人视角，工作日），{first.replications} 次重复、"
                f"每次 {first.cases} 件，种子 {first.seed}，± 为 95 % 区间"
                if zh
                else f"mean, P90: elapsed working days (applicant's clock), {first.replications} "
                f"replications of {first.cases} cases, seed {first.seed}; ± is the 95 % interval"
            )
            if gains:
                joined = " 至 " if zh else " to "
                times = joined.join(dict.fromkeys(f"{g:.1f}" for g in (gains[0], gains[-1])))
                lines.append(
                    f"差值按相同随机数配对，区间缩小 {times} 倍"
                    if zh
                    else "differences are paired on the same random numbers: intervals "
                    f"{times} times narrower"
                )
            if len(self.differences) > 1:
                lines.append(together_words(len(self.differences)).in_language(language))
        lines.append(f"数据来源：{provenances}" if zh else f"provenance of data: {provenances}")
        return lines

    def markdown(self, language: str) -> str:
        """Return the table and its notes as Markdown."""
        head, *rows = self.table(language)
        lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)]), *map(_row, rows), ""]
        lines += [f"- {note}" for note in self.notes(language)]
        lines += [""]
        lines += [
            f"- `{s.scenario.key}`: {s.scenario.name.in_language(language)}" for s in self.summaries
        ]
        told = [line.sentence for line in self.sentences()] + list(reasons(self))
        lines += ["", *(f"- {sentence.in_language(language)}" for sentence in told)]
        if self.attribution is not None:
            lines += ["", self.attribution.markdown(language)]
        return "\n".join(lines)

    def flow(
        self, language: str = "both", *, shown: str = "all", promise: float | None = None
    ) -> Picture:
        """Return the last design's flow diagram, each step marked with what became of it.

        ``shown`` is ``all``, ``runs`` (three or more steps in a row as one box) or ``changes``.
        """
        from results.views import flow_of

        first, last = (self.summaries[at].scenario for at in (0, -1))
        return flow_of(last, first, language, shown=shown, promise=promise)

    def gantt(
        self, language: str = "both", *, shown: str = "all", promise: float | None = None
    ) -> Picture:
        """Return all designs on one working-day axis, the first on top."""
        from results.views import timeline_of

        designs = [each.scenario for each in self.summaries]
        return timeline_of(designs, language, shown=shown, promise=promise)

    def distribution(self, language: str = "en", promise: float | None = None) -> Chart:
        """Return how long cases take in each design, as a chart.

        The designs are simulated once more with the comparison's seed, which gives the same
        cases again.

        Raises
        ------
        ValueError
            If the comparison is of the paper view alone.
        """
        from results.views import distribution_of

        return distribution_of(self, language, promise)

    def assert_kept(self, claim: str, design: int | str = -1, *, confidence: float = 0.95) -> None:
        """Fail unless a design keeps a claim such as ``p90(total) <= 120``.

        Parameters
        ----------
        claim : str
            See :func:`results.promises.check_claim`.
        design : int or str
            Which of the designs, by place or key; the last by default.
        confidence : float
            1 minus the chance of a wrong verdict.

        Raises
        ------
        AssertionError
            If it is broken or cannot be told, with what costs most and the nearest change tried.
        """
        from results.promises import assert_kept

        designs = [each.scenario for each in self.summaries]
        keys = [each.key for each in designs]
        chosen = designs[design if isinstance(design, int) else keys.index(design)]
        assert_kept(chosen, claim, confidence=confidence, seed=self.summaries[0].seed or None)

    def save(self, path: str | Path, language: str = "en") -> Path:
        """Write the report as ``.html``, ``.md``, ``.xlsx`` or ``.pdf``; whole or not at all."""
        from results.report import save_report

        return save_report(self, Path(path), language)

    def __str__(self) -> str:
        return "\n".join([str(self.table()), "", *self.notes("en")])

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes("en"))
        return f"{html_table(self.table())}<ul>{notes}</ul>"


def compare(
    scenarios: Sequence[Scenario] | Scenario,
    *others: Scenario,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
) -> Comparison:
    """Compare scenarios with the first; the same case has the same luck in each.

    Parameters
    ----------
    scenarios : sequence of Scenario, or Scenario
        Two or more; or the first, with the others after it.
    *others : Scenario
        Compared with the first.
    replications : int, optional
        Zero: paper view only. By default what the first scenario says.
    seed : int, optional
        By default what the first scenario says.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the answer does not depend on it.
    workers : int, optional
        How many processes simulate; by default all cores where that pays. Nor on this.
    """
    scenarios = [scenarios, *others] if isinstance(scenarios, Scenario) else [*scenarios, *others]
    replications = scenarios[0].replications if replications is None else replications
    seed = scenarios[0].seed if seed is None else seed
    if replications:
        from results.sweeps import simulated

        summaries = tuple(simulated(scenarios, replications, seed, engine=engine, workers=workers))
    else:
        summaries = tuple(summarise(scenario) for scenario in scenarios)
    return Comparison(summaries, differences_of(summaries))


def differences_of(summaries: Sequence[Summary]) -> tuple[Difference | None, ...]:
    """Return how each design differs from the first; the intervals hold all at once."""
    first, *others = summaries
    return tuple(difference_of(first, other, len(others)) for other in others)


def difference_of(first: Summary, other: Summary, comparisons: int = 1) -> Difference | None:
    """Return how the second differs from the first, or None on paper.

    Parameters
    ----------
    comparisons : int
        How many designs are compared with the first.
    """
    level = each_level(comparisons, LEVEL)
    if first.times is None or other.times is None:
        return None
    paired = {
        name: paired_difference(
            getattr(other.times, name).tolist(), getattr(first.times, name).tolist(), level
        )
        for name in ("mean", "p50", "p90")
    }
    gain = _gain(first.times.mean, other.times.mean)
    return Difference(paired["mean"], paired["p50"], paired["p90"], gain)


def together_words(comparisons: int) -> Name:
    """Say at which confidence several differences are told."""
    each = f"{100 * each_level(comparisons, LEVEL):.1f}"
    return Name(
        f"每个指标有 {comparisons} 项比较：差值的区间以 95 % 的置信度同时成立（Bonferroni 法，"
        f"各为 {each} %）；区间不含零才称为有差异",
        f"each measure makes {comparisons} comparisons: the intervals of its differences hold all"
        f" at once with 95 % (Bonferroni: {each} % each); a difference is one where its interval"
        " leaves out zero",
    )


def _gain(first: FloatArray, other: FloatArray) -> float:
    """Return the ratio of standard errors, unpaired over paired."""
    if len(first) < 2:
        return 0.0
    apart = math.sqrt(float(np.var(first, ddof=1) + np.var(other, ddof=1)))
    paired = math.sqrt(float(np.var(other - first, ddof=1)))
    return apart / paired if paired > 0 else 0.0


def _estimate(values: FloatArray) -> str:
    return interval_text(mean_interval(values.tolist(), LEVEL))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
