"""``lianban discover LOG``: what an event log says, and the draft of a scenario from it."""

from __future__ import annotations

import argparse
import re
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, new_command
from lianban.terminal import Console, Outcome, aligned, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from scenarios.event_logs import Study
    from scenarios.event_logs.measures import Spread

_STRETCH = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_SHOWN = 20


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("measure an event log (CSV, XES) and draft a scenario from it")
    parser = new_command(commands, "discover", help_, discover)
    parser.add_argument("log", metavar="LOG", help=_("event log: .csv, .xes or .xes.gz"))
    parser.add_argument(
        "-o", "--output", metavar="DIR", help=_("write the drafted scenario into a new folder")
    )
    parser.add_argument(
        "--hours",
        metavar="HH:MM-HH:MM,...",
        default="08:30-12:00,13:30-17:00",
        help=_("opening hours in which working time is counted (default: %(default)s)"),
    )
    parser.add_argument(
        "--weekly",
        action="store_true",
        help=_("work on Mondays to Fridays, without China's holidays and shifted days"),
    )
    parser.add_argument(
        "--column",
        metavar="NAME=HEADER",
        action="append",
        default=[],
        help=_("which column of a CSV file holds case, step, start, end, people, office ..."),
    )


def discover(options: argparse.Namespace, console: Console) -> Outcome:
    """Measure a log."""
    from scenarios.event_logs import propose, read_log, study_log, write_proposal
    from scenarios.event_logs.visits import MOST_BYTES

    path = Path(options.log)
    columns = dict(_pair(text) for text in options.column)
    hours = hours_of(options.hours)
    folder = Path(options.output) if options.output else None
    if folder is not None and folder.exists():
        raise UsageError(_("%s exists already; name a folder that does not") % folder)
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    study = study_log(read_log(data, path.name, columns), hours, options.weekly)
    proposal = propose(study)
    if folder is not None:
        write_proposal(proposal, folder)
    text = told(study, console.language)
    notes = [_said(each, console.language) for each in (*study.notes, *proposal.notes)]
    if folder is not None:
        notes.append(
            _("%(folder)s holds the draft; edit it, then: lianban run %(folder)s/as-logged")
            % {"folder": folder}
        )
    document = to_json(study) | {
        "folder": str(folder) if folder else None,
        "notes": notes,
        "prerequisites": [
            {"before": e.first, "after": e.then, "share": e.share, "cases": e.cases}
            for e in proposal.order
        ],
    }
    console.answer(document, "\n\n".join([text, paragraphs(notes)] if notes else [text]))
    return Outcome.FINDING if study.log.rejected else Outcome.GOOD


def hours_of(text: str) -> tuple[tuple[int, int], ...]:
    """Return opening hours in seconds of the day.

    Raises
    ------
    UsageError
        If they are none, or overlap.

    Examples
    --------
    >>> hours_of("09:00-12:00, 13:00-17:30")
    ((32400, 43200), (46800, 63000))
    """
    spans: list[tuple[int, int]] = []
    for part in text.split(","):
        found = _STRETCH.fullmatch(part.strip())
        numbers = [int(each) for each in found.groups()] if found else [0] * 4
        start, end = (numbers[at] * 3600 + numbers[at + 1] * 60 for at in (0, 2))
        if not found or not (spans[-1][1] if spans else -1) < start < end <= 86_400:
            raise UsageError(
                _("--hours: '%s' are no opening hours such as 08:30-12:00,13:30-17:00") % text
            )
        spans.append((start, end))
    return tuple(spans)


def _pair(text: str) -> tuple[str, str]:
    name, sign, header = text.partition("=")
    if not sign or not name.strip() or not header.strip():
        raise UsageError(_("--column: '%s' is no NAME=HEADER") % text)
    return name.strip(), header.strip()


def to_json(study: Study) -> dict[str, object]:
    """Return the document of ``discover --json``."""
    from scenarios.event_logs.moments import told as moment

    log, arrivals = study.log, study.arrivals
    return {
        "log": log.file,
        "cases": len(log.visits),
        "open_cases": len(log.open),
        "events": log.events,
        "first": moment(study.first),
        "last": moment(study.last),
        "rejected": log.rejected,
        "problems": [
            {"line": each.place.line, "message": str(each.message)} for each in log.problems
        ],
        "arrivals": {
            "per_working_day": arrivals.per_day,
            "variance_to_mean": arrivals.dispersion,
            "on_days_off": arrivals.off,
            "weekdays": [
                {
                    "weekday": each.weekday + 1,
                    "days": each.days,
                    "cases": each.cases,
                    "mean": each.mean,
                    "variance": each.variance,
                    "variance_to_mean": each.ratio,
                }
                for each in arrivals.weekdays
            ],
        },
        "steps": [
            {
                "step": each.step,
                "cases": each.cases,
                "visits": each.visits,
                "touch_minutes": _spread(each.touch),
                "wait_working_days": _spread(each.wait),
                "offices": list(each.offices),
                "people": len(each.people),
                "most_at_once": each.at_once,
            }
            for each in study.steps
        ],
        "elapsed_working_days": _spread(study.whole),
        "elapsed_natural_days": _spread(study.natural),
    }


def _spread(spread: Spread | None) -> dict[str, float] | None:
    if spread is None:
        return None
    names = ("n", "mean", "deviation", "p10", "p50", "p90", "p95", "most")
    return {name: getattr(spread, name) for name in names}


def told(study: Study, language: str) -> str:
    """Return the measures as a planner reads them."""
    return "\n\n".join(
        [
            aligned(summary_rows(study)),
            aligned(weekday_rows(study)),
            aligned(step_rows(study)[: _SHOWN + 1]),
            aligned(whole_rows(study)),
            *([_rejected(study, language)] if study.log.rejected else []),
        ]
    )


def summary_rows(study: Study) -> list[list[str]]:
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


def weekday_rows(study: Study) -> list[list[str]]:
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


def step_rows(study: Study) -> list[list[str]]:
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


def whole_rows(study: Study) -> list[list[str]]:
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


def _rejected(study: Study, language: str) -> str:
    log = study.log
    lines = [f"{e.place}: {_said(e.message, language)}" for e in log.problems[:_SHOWN]]
    if log.rejected > _SHOWN:
        lines.append(_("... and %d more") % (log.rejected - _SHOWN))
    return "\n".join([_("rejected:"), *lines])


def _said(message: str, language: str) -> str:
    return getattr(message, "zh", message) if language == "zh" else str(message)
