"""The report on paper: landscape A3 sheets with the result, the diagrams and the charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from results.display import Picture, Rect, Text
from results.font import text_width, wrap
from results.frame import LANDSCAPE, MARGIN, Unit, pages
from results.mixes import as_drawn
from results.report.builder import Report
from results.report.gallery import drawn_of
from results.report.terms import term
from results.sentences import facts, reasons
from results.series import days_by_stage, elapsed
from results.swimlane import flow_pages
from results.timeline import timeline_pages
from results.views import offices_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER = "a3"
_SIZE, _ROW = 15.0, 24.0


def report_pdf(report: Report, language: str) -> bytes:
    """Return the report as a PDF; the same report gives the same bytes."""
    from results.charts import pdf_of

    return pdf_of(sheets(report, language), PAPER, charts(report, language))


def sheets(report: Report, language: str) -> tuple[Picture, ...]:
    """Return the sheets with words and diagrams: the result first."""
    comparison, designs = report.comparison, drawn_of(report.scenarios)
    first, *others = designs
    title = " → ".join(s.name.in_language(language) for s in (designs[0], designs[-1]))
    told = [line.sentence for line in comparison.sentences()] + [*reasons(comparison)]
    words = [sentence.in_language(language) for sentence in told]
    units = [
        _table(comparison.table(language)),
        _lines(words),
        *([_table(report.attribution.table(language))] if report.attribution else []),
        _lines(facts(comparison, language)),
    ]
    names = offices_of(report.scenarios)
    found = [*pages(title, "", units, PAPER, title)]
    for other in others:
        pair = [(each.name, as_drawn(each)) for each in (first, other)]
        found += timeline_pages(pair, language=language, offices=names, paper=PAPER)
    for number, each in enumerate(designs):
        found += flow_pages(
            as_drawn(each),
            before=as_drawn(first) if number else None,
            language=language,
            title=each.name.in_language(language),
            offices=names,
            paper=PAPER,
        )
    return tuple(found)


def charts(report: Report, language: str) -> list[Axes]:
    """Return the charts, each a page of its own: times, where the days go, levers."""
    from results.charts import plot_days, plot_distribution, plot_utilisation, plot_waterfall

    found: list[Axes] = []
    summaries = report.comparison.summaries
    if report.runs:
        taken = [
            elapsed(run, each.scenario.name.in_language(language))
            for each, run in zip(summaries, report.runs, strict=True)
        ]
        promise = summaries[-1].paper.paper_days
        limit = None if promise is None else float(promise)
        found.append(plot_distribution(taken, promise=limit, language=language))
        last, run = summaries[-1], report.runs[-1]
        design = last.scenario.name.in_language(language)
        stages = days_by_stage(last.scenario, run)
        found.append(plot_days(stages, design=design, language=language))
        if last.pools:
            found.append(plot_utilisation(last.pools, design=design, language=language))
    shared = report.attribution
    if shared is not None and "paper_days" in shared.shares:
        parts = [
            (group.name.in_language(language), float(share.value))
            for group, share in zip(shared.groups, shared.shares["paper_days"], strict=True)
        ]
        unit = term("working days on paper", language)
        start = float(shared.start["paper_days"])
        found.append(plot_waterfall(start, parts, unit=unit, language=language))
    return found


def _table(rows: Sequence[Sequence[str]]) -> Unit:
    """Return a table: the header on grey, the first column flush left, the others right."""
    wide = [
        max(text_width(cell, _SIZE) for cell in column) + 26 for column in zip(*rows, strict=True)
    ]
    shapes: list[Rect | Text] = [Rect(MARGIN, 0, sum(wide) + 12, _ROW, "stage")]
    for line, row in enumerate(rows):
        base, right = line * _ROW + 17, MARGIN
        for at, (cell, width) in enumerate(zip(row, wide, strict=True)):
            right += width
            x, anchor = (MARGIN + 8, "start") if not at else (right, "end")
            shapes.append(Text(x, base, cell, _SIZE, "ink", anchor))
    return Unit(tuple(shapes), len(rows) * _ROW + 18)


def _lines(words: Sequence[str]) -> Unit:
    """Return paragraphs, each wrapped to the sheet."""
    room = LANDSCAPE[PAPER][0] - 2 * MARGIN
    shapes = []
    y = 0.0
    for each in words:
        for line in wrap(each, room, _SIZE):
            y += _SIZE * 1.4
            shapes.append(Text(MARGIN, y, line, _SIZE))
        y += 4
    return Unit(tuple(shapes), y + 18)
