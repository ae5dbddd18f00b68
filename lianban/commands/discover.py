"""``lianban discover LOG``: what an event log says, and the draft of a scenario from it."""

from __future__ import annotations

import argparse
import re
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, new_command
from lianban.log_tables import (
    rejected_lines,
    said,
    step_rows,
    summary_rows,
    weekday_rows,
    whole_rows,
)
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
    text = _told(study, console.language)
    notes = [said(each, console.language) for each in (*study.notes, *proposal.notes)]
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


def _told(study: Study, language: str) -> str:
    rejected = rejected_lines(study, _, language)
    return "\n\n".join(
        [
            aligned(summary_rows(study, _)),
            aligned(weekday_rows(study, _)),
            aligned(step_rows(study, _)[: _SHOWN + 1]),
            aligned(whole_rows(study, _)),
            *(["\n".join([_("rejected:"), *rejected])] if rejected else []),
        ]
    )
