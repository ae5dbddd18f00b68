"""``lianban report``: a comparison as one file to carry to the meeting."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.compare import scenarios_to_compare
from lianban.commands.load import warn_of_load
from lianban.commands.options import (
    UsageError,
    add_chance,
    add_engine,
    add_runs,
    add_scenarios,
    chance,
    must_be_writable,
    must_have_days,
    new_command,
    note_fallback,
)
from lianban.terminal import Console, Outcome

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results.report.promised import Promised

FORMS = (".html", ".md", ".xlsx", ".pdf")
"""Endings that the help lists; a test holds them to what results can write."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("write a comparison as one file: tables, sentences, pictures, method")
    parser = new_command(commands, "report", help_, report)
    add_scenarios(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=_("its ending says the form: %s") % " ".join(FORMS),
    )
    parser.add_argument(
        "--paper",
        action="store_true",
        help=_("steps and days on paper only, without simulating queues"),
    )
    parser.add_argument(
        "--levers",
        action="store_true",
        help=_("also simulate every combination of levers, to share out the simulated days"),
    )
    parser.add_argument(
        "--promises",
        metavar="FILE|SCENARIO",
        help=_("also test these promises, and show what became of them in saved runs"),
    )
    add_runs(parser)
    add_chance(parser)
    add_engine(parser)


def report(options: argparse.Namespace, console: Console) -> Outcome:
    """Write a report."""
    from results.report import build_report, report_bytes
    from results.report.builder import with_promises
    from rules.files import write_whole

    path = Path(options.output)
    suffix = path.suffix.lower()
    must_be_writable(path, FORMS)
    if options.paper and options.levers:
        raise UsageError(_("--levers simulates and --paper does not: choose one"))
    chosen = scenarios_to_compare(options.scenarios)
    if not options.paper:
        must_have_days(chosen)
    replications, seed = chance(options, chosen[0])
    tested = _tested(options) if options.promises else []
    warnings = [] if options.paper else warn_of_load(console, chosen)
    if not options.paper:
        console.note(_("simulating %d designs ...") % len(chosen))
    built = build_report(
        chosen,
        replications=0 if options.paper else replications,
        seed=seed,
        levers_simulated=options.levers,
        engine=options.engine,
        workers=None,
    )
    for design, simulated in zip(chosen, built.runs, strict=False):  # none on paper
        note_fallback(console, design.key, simulated.notice)
    built = with_promises(built, tested)
    write_whole(path, report_bytes(built, suffix, console.language))
    console.answer(
        {
            "file": str(path),
            "form": suffix,
            "comparison": built.comparison.to_json(),
            "warnings": warnings,
        },
        _("wrote %s") % path,
    )
    return Outcome.GOOD


def _tested(options: argparse.Namespace) -> list[Promised]:
    """Test the promises that the report shows, each with what saved runs say of it."""
    from results.promises import Checker, read_promises
    from results.promises.baselines import baselines_in
    from results.promises.files import promises_path
    from results.promises.verdicts import MOST_REPLICATIONS
    from results.report.promised import Promised
    from results.run_store import promise_history, saved_runs

    path, redesign = promises_path(options.promises)
    book = read_promises(path, redesign=redesign)
    store = Path(options.runs)
    checker = Checker(
        book,
        options.seed,
        options.replications or MOST_REPLICATIONS,
        baselines_in(store, path.parent),
        options.engine,
        workers=None,
    )
    saved, _damaged = saved_runs(store)
    return [
        Promised(checker.check(each), tuple(promise_history(saved, each.id)))
        for each in book.promises
    ]
