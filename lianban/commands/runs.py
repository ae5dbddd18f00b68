"""``lianban runs``: what has been saved, and how a promise fared over time."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, add_runs, new_command
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lianban.commands.options import Commands
    from results.run_store import SavedRun


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = new_command(commands, "runs", _("list saved runs"), runs)
    parser.add_argument(
        "--promise", metavar="ID", help=_("show what became of this promise in each run")
    )
    add_runs(parser)


def runs(options: argparse.Namespace, console: Console) -> Outcome:
    """List saved runs, or the history of a promise."""
    from results.run_store import run_rows, saved_runs

    found, damaged = saved_runs(Path(options.runs))
    for error in damaged:
        console.note(str(error))
    problems = [str(error) for error in damaged]
    if options.promise:
        _history(found, options.promise, problems, console)
    else:
        listed = run_rows(found)
        head = [_("run"), _("scenario"), _("name"), _("saved"), _("hash"), _("mean"), "P90"]
        rows = [
            [
                f"@{each['number']}",
                each["scenario"],
                each["name"],
                each["saved_at"][:16].replace("T", " "),
                each["hash"][:8],
                "" if each["mean"] is None else f"{each['mean']:.1f}",
                "" if each["p90"] is None else f"{each['p90']:.1f}",
            ]
            for each in listed
        ]
        text = aligned([head, *rows], left=5) if rows else _("no saved runs in %s") % options.runs
        console.answer({"runs": listed, "problems": problems}, text)
    return Outcome.INPUT_ERROR if damaged else Outcome.GOOD


def _history(
    found: Sequence[SavedRun], promise: str, problems: Sequence[str], console: Console
) -> None:
    from results.promises import Verdict
    from results.promises.reports import verdict_word
    from results.run_store import promise_history

    history = promise_history(found, promise)
    if not history:
        known = sorted({each["id"] for run in found for each in run.document["promises"]})
        raise UsageError(
            _("no saved run tells of the promise '%(id)s' (known: %(known)s)")
            % {"id": promise, "known": ", ".join(known) or "-"}
        )
    rows = [[_("run"), _("saved"), _("design"), _("verdict"), _("measured"), _("interval")]]
    for each in history:
        measured = each["measured"]
        ends = [measured["low"], measured["high"]]
        rows.append(
            [
                f"@{each['run']}",
                each["saved_at"][:16].replace("T", " "),
                each["design"],
                verdict_word(Verdict(each["verdict"]), console.language),
                f"{measured['estimate']:g}",
                "" if None in ends or not measured["n"] else f"{ends[0]:g}..{ends[1]:g}",
            ]
        )
    last = history[-1]
    claim = f"{promise}: {last['metric']} {last['comparison']} {last['limit']}"
    text = f"{claim}\n\n{aligned(rows, left=4)}"
    document = {"promise": promise, "history": history, "problems": list(problems)}
    console.answer(document, text)
