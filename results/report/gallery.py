"""The report's charts and diagrams, each with its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from results.attribution import Attribution
from results.folding import with_runs_folded
from results.measures import watched_words
from results.mixes import as_drawn
from results.numbers import days_text, interval_text
from results.report.markup import Rows, figure, table
from results.report.svgs import inline_chart
from results.report.switches import Switches
from results.report.terms import term
from results.series import QueueLength, days_by_stage, elapsed, queue_length
from results.step_status import step_statuses
from results.summary import Summary
from results.views import flow_of, offices_of, timeline_of
from rules import Name
from scenarios import Scenario
from simulator import Interval, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BUSIEST = 3
"""Queues that are drawn."""

_QUEUE_ROWS = 12

MOST_DRAWN = 4
"""Most designs whose diagrams are all drawn; more would make the page heavier than 2 MB."""

MOST_UNFOLDED = 20
"""Most steps of a diagram that is drawn step by step at once."""

_NO, _YES = Name("否", "no"), Name("是", "yes")


def drawn_of(scenarios: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return the designs that are drawn: all, or the first and last where that is too many."""
    return tuple(scenarios) if len(scenarios) <= MOST_DRAWN else (scenarios[0], scenarios[-1])


def diagrams(scenarios: Sequence[Scenario]) -> str:
    """Return the flow diagram of every design, the later ones marked against the first."""
    first = scenarios[0]
    return "".join(_diagram(each, first if number else None, scenarios)
                   for number, each in enumerate(scenarios))  # fmt: skip


def _diagram(scenario: Scenario, before: Scenario | None, scenarios: Sequence[Scenario]) -> str:
    steps = len(scenario.procedure.steps)

    def picture(language: str, shown: str) -> str:
        return _drawn(flow_of(scenario, before, language, shown=shown).svg(embed_font=False))

    def drawn(language: str) -> str:
        if not _long_runs(scenario, before):
            return picture(language, "all")
        every = Name(f"展开全部 {steps} 个环节", f"show all {steps} steps")
        whole = f'<details class="expand"><summary>{every.in_language(language)}</summary>'
        return f"{picture(language, 'runs')}{whole}{picture(language, 'all')}</details>"

    return figure(
        drawn, table(lambda language: step_rows(scenario, scenarios, language)), scenario.name
    )


def _long_runs(scenario: Scenario, before: Scenario | None) -> bool:
    """Whether a diagram is easier to read with runs of steps as one box, to be opened."""
    procedure = as_drawn(scenario)
    if len(procedure.steps) <= MOST_UNFOLDED:
        return False
    statuses = step_statuses(as_drawn(before), procedure) if before else {}
    return bool(with_runs_folded(procedure, statuses).runs)


def axis(scenarios: Sequence[Scenario]) -> str:
    """Return each later design on one working-day axis with the first, one page each."""
    first, *others = scenarios
    return "".join(_pair(first, other) for other in others)


def _pair(first: Scenario, other: Scenario) -> str:
    return figure(
        lambda language: _drawn(timeline_of([first, other], language).svg(embed_font=False)),
        table(lambda language: step_rows(other, [first, other], language)),
    )


def step_rows(scenario: Scenario, scenarios: Sequence[Scenario], language: str) -> Rows:
    """Return a row for each step of a design: who, how long, when on paper."""
    heads = ("step", "office", "days", "start", "finish", "slack", "on the critical path")
    offices = offices_of(scenarios)
    path, known = as_drawn(scenario).critical_path(), scenario.procedure.days_known
    rows = [[term(each, language) for each in heads]]
    for step in scenario.procedure.steps:
        start = path.starts[step.key]
        rows.append(
            [
                f"{step.key} {step.name.in_language(language)}",
                offices.get(step.department, Name(step.department)).in_language(language),
                *(
                    days_text(each if known else None, language)
                    for each in (step.days, start, start + step.days, path.slack[step.key])
                ),
                (_YES if known and not path.slack[step.key] else _NO).in_language(language),
            ]
        )
    return rows


def gantt(first: Scenario, last: Scenario) -> str:
    """Return the last design's steps with slack, the first's in grey beneath."""
    from results.charts import plot_gantt

    return figure(
        lambda language: _chart(
            plot_gantt(as_drawn(last), baseline=as_drawn(first), language=language),
            f"gantt-{language}-",
            term("steps with slack", language),
        ),
        table(lambda language: step_rows(last, [first, last], language)),
    )


def distribution(summaries: Sequence[Summary], runs: Sequence[Run]) -> str:
    """Return how long cases take in each design; the line is the last one's paper days."""
    from results.charts import plot_distribution

    promise = summaries[-1].paper.paper_days

    def drawn(language: str) -> str:
        taken = [
            elapsed(run, each.scenario.name.in_language(language))
            for each, run in zip(summaries, runs, strict=True)
        ]
        limit = None if promise is None else float(promise)
        axes = plot_distribution(taken, promise=limit, language=language)
        title = term("how long cases take", language)
        return _chart(axes, f"dist-{language}-", title)

    def rows(language: str) -> Rows:
        heads = ["scenario", "shortest", "P50", "P90", "longest", "share within"]
        found = [[term(each, language) for each in heads]]
        found[0][-1] += f" {days_text(promise, language)}"
        for each, run in zip(summaries, runs, strict=True):
            taken = elapsed(run, "")
            share = "-"
            if promise is not None:
                share = f"{100 * float(np.mean(taken.days <= float(promise))):.1f} %"
            found.append(
                [
                    each.scenario.name.in_language(language),
                    f"{taken.days.min():.1f}",
                    interval_text(taken.p50),
                    interval_text(taken.p90),
                    f"{taken.days.max():.1f}",
                    share,
                ]
            )
        return found

    return figure(drawn, table(rows))


def where_days_go(summary: Summary, run: Run, number: int) -> str:
    """Return a design's days by stage: work, queue, dwell, applicant, notices, stopped clock."""
    from results.charts import plot_days

    stages = days_by_stage(summary.scenario, run)
    parts = ("touch", "queue", "dwell", "applicant", "notice", "stopped")

    def rows(language: str) -> Rows:
        return [[term(each, language) for each in ("stage", *parts)]] + [
            [each.name.in_language(language), *(f"{getattr(each, p):.1f}" for p in parts)]
            for each in stages
        ]

    return figure(
        lambda language: _chart(
            plot_days(stages, language=language),
            f"days{number}-{language}-",
            term("where the days go", language),
        ),
        table(rows),
        summary.scenario.name,
    )


def utilisation(summary: Summary, number: int) -> str:
    """Return how busy a design's people are."""
    from results.charts import plot_utilisation

    return figure(
        lambda language: _chart(
            plot_utilisation(summary.pools, language=language),
            f"use{number}-{language}-",
            term("how busy people are", language),
        ),
        table(summary.pool_table),
        _with(summary.scenario.name, watched_words(summary.pools)),
    )


def _with(name: Name, notes: Sequence[Name]) -> Name:
    """Return a caption: whose numbers these are, and what must be known to read them."""
    return Name(
        "；".join([name.in_language("zh"), *(each.zh for each in notes)]),
        "; ".join([name.in_language("en"), *(each.en for each in notes)]),
    )


def queues(summary: Summary, run: Run, number: int) -> str:
    """Return the queues before the people of a design who are waited for longest."""
    from results.charts import plot_queue

    longest = sorted(summary.pools, key=lambda pool: (-pool.wait.estimate, pool.key))[:_BUSIEST]
    lengths = [queue_length(run, pool.key) for pool in longest]

    def rows(language: str) -> Rows:
        names = [each.name.in_language(language) for each in lengths]
        found = [[term("working days since the start", language), *names]]
        points = len(lengths[0].days) if lengths else 0
        return found + [
            [f"{lengths[0].days[at]:.0f}", *(_band(each, at) for each in lengths)]
            for at in range(0, points, max(1, points // _QUEUE_ROWS))
        ]

    return figure(
        lambda language: _chart(
            plot_queue(lengths, language=language),
            f"queue{number}-{language}-",
            term("work waiting", language),
        ),
        table(rows),
        summary.scenario.name,
    )


def waterfall(shared: Attribution) -> str:
    """Return what each group of levers is worth in working days on paper."""
    from results.charts import plot_waterfall

    def drawn(language: str) -> str:
        parts = [
            (group.name.in_language(language), float(share.value))
            for group, share in zip(shared.groups, shared.shares["paper_days"], strict=True)
        ]
        axes = plot_waterfall(
            float(shared.start["paper_days"]),
            parts,
            unit=term("working days on paper", language),
            language=language,
        )
        return _chart(axes, f"fall-{language}-", term("what each lever is worth", language))

    return figure(drawn, table(shared.table))


def alone(switches: Switches) -> str:
    """Return what each group of levers would bring if it were the only one."""
    from results.charts import plot_tornado

    days = switches.days
    effects = [(group.name, days[1 << n] - days[0]) for n, group in enumerate(switches.groups)]

    def drawn(language: str) -> str:
        axes = plot_tornado(
            [(name.in_language(language), _exactly(effect)) for name, effect in effects],
            unit=term("working days on paper", language),
            language=language,
        )
        return _chart(axes, f"alone-{language}-", term("what one change alone brings", language))

    def rows(language: str) -> Rows:
        return [[term("lever", language), term("working days on paper", language)]] + [
            [name.in_language(language), f"{float(effect):+.1f}"] for name, effect in effects
        ]

    return figure(drawn, table(rows))


def tradeoff(switches: Switches) -> str:
    """Return how few levers reach how few days: the front over all lawful combinations."""
    from results.charts import plot_pareto
    from results.charts.tradeoff import pareto_front

    lawful = [n for n, each in enumerate(switches.combinations) if each.lawful]
    # of combinations with the same numbers one dot is enough
    places = sorted({(n.bit_count(), float(switches.days[n])) for n in lawful})
    front = pareto_front([("", count, days) for count, days in places])

    def drawn(language: str) -> str:
        axes = plot_pareto(
            [("", count, days) for count, days in places],
            x=term("levers used", language),
            y=term("working days on paper", language),
            language=language,
        )
        return _chart(axes, f"front-{language}-", term("what cannot be had both", language))

    def rows(language: str) -> Rows:
        found = [[term(w, language) for w in ("levers used", "working days on paper", "lever")]]
        for _, count, days in front:
            best = next(
                n for n in lawful if n.bit_count() == count and float(switches.days[n]) == days
            )
            names = [
                group.name.in_language(language)
                for at, group in enumerate(switches.groups)
                if best >> at & 1
            ]
            joined = ("、" if language == "zh" else ", ").join(names) or "-"
            found.append([str(count), days_text(switches.days[best]), joined])
        return found

    return figure(drawn, table(rows))


def _chart(axes: Axes, prefix: str, title: str) -> str:
    from results.charts import svg

    return inline_chart(svg(axes), prefix, title)


def _drawn(svg: str) -> str:
    return f'<div class="drawing">{svg.strip()}</div>'


def _band(queue: QueueLength, at: int) -> str:
    return f"{queue.mean[at]:.1f} ({queue.low[at]:.0f}-{queue.high[at]:.0f})"


def _exactly(value: Fraction) -> Interval:
    return Interval(float(value), None, None, 1.0, 1)
