"""What an event log says, as tables: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.event_logs import Study

Say = Callable[[str], str]
"""Translates a message."""


def summary_rows(study: Study, _: Say) -> list[list[str]]:
    """Return what was read, a row a fact."""
    from scenarios.event_logs.moments import told as moment

    log = study.log
    return [
        [log.file, _("number")],
        [_("cases"), f"{len(log.visits):,}"],
        [_("of them over"), f"{study.over:,}"],
        [_("events"), f"{log.events:,}"],
        [_("activities"), f"{len(study.steps):,}"],
        [_("rejected rows"), f"{log.rejected:,}"],
        [_("first instant"), moment(study.first)],
        [_("last instant"), moment(study.last)],
    ]


def weekday_rows(study: Study, _: Say) -> list[list[str]]:
    """Return arrivals by weekday."""
    names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"),
             _("Saturday"), _("Sunday")]  # fmt: skip
    arrivals = study.arrivals
    rows = [[_("arrivals"), _("working days"), _("cases"), _("a day"), _("variance/mean")]]
    rows += [
        [
            names[each.weekday],
            str(each.days),
            str(each.cases),
            f"{each.mean:.2f}",
            _number(each.ratio),
        ]
        for each in arrivals.weekdays
    ]
    days, cases = sum(e.days for e in arrivals.weekdays), sum(e.cases for e in arrivals.weekdays)
    rows.append(
        [_("all"), str(days), str(cases), f"{arrivals.per_day:.2f}", _number(arrivals.dispersion)]
    )
    if arrivals.off:
        rows.append([_("days off"), "", str(arrivals.off), "", ""])
    return rows


def step_rows(study: Study, _: Say) -> list[list[str]]:
    """Return the times of activities."""
    rows = [
        [_("activity"), _("cases"), _("times done"), _("work, min: mean"), "P50", "P90",
         _("lies, wd: mean"), "P50", "P90"],
    ]  # fmt: skip
    for each in study.steps:
        cells = [each.step[:40], str(each.cases), str(each.visits)]
        for spread, places in ((each.touch, 0), (each.wait, 2)):
            cells += (
                ["-"] * 3
                if spread is None
                else [f"{v:.{places}f}" for v in (spread.mean, spread.p50, spread.p90)]
            )
        rows.append(cells)
    return rows


def whole_rows(study: Study, _: Say) -> list[list[str]]:
    """Return how long whole cases take."""
    rows = [[_("whole cases"), _("cases"), _("mean"), "P10", "P50", "P90", "P95", _("longest")]]
    for name, spread in (
        (_("working days"), study.whole), (_("natural days"), study.natural)
    ):  # fmt: skip
        if spread is not None:
            values = (spread.mean, spread.p10, spread.p50, spread.p90, spread.p95, spread.most)
            rows.append([name, str(spread.n), *(f"{value:.2f}" for value in values)])
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def rejected_lines(study: Study, _: Say, language: str, most: int = 20) -> list[str]:
    """Return why rows were left out, with file and line, and how many more there are."""
    log = study.log
    lines = [f"{each.place}: {said(each.message, language)}" for each in log.problems[:most]]
    if log.rejected > len(lines):
        lines.append(_("... and %d more") % (log.rejected - len(lines)))
    return lines


def said(message: str, language: str) -> str:
    """Return a message in the reader's language."""
    return getattr(message, "zh", message) if language == "zh" else str(message)
