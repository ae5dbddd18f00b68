"""``lianban run``: simulate one scenario."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import (
    UsageError,
    add_chance,
    add_runs,
    add_scenario,
    add_timing,
    chance,
    must_have_days,
    new_command,
    note_fallback,
)
from lianban.commands.sweep import add_sweep, swept
from lianban.terminal import Console, Outcome, aligned, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results import Summary


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = new_command(commands, "run", _("simulate a scenario"), run)
    add_scenario(parser)
    add_chance(parser)
    parser.add_argument(
        "--log",
        metavar="FILE.csv",
        help=_("write every step of every case to a file: .csv, .xes or .parquet"),
    )
    parser.add_argument(
        "--save", action="store_true", help=_("keep the run, to compare later runs with it")
    )
    parser.add_argument("--name", default="", help=_("what the saved run is called"))
    add_runs(parser)
    add_sweep(parser)
    add_timing(parser)


def run(options: argparse.Namespace, console: Console) -> Outcome:
    """Simulate a scenario."""
    from results import summarise
    from results.run_store import save_run
    from scenarios import compile_plan, load
    from simulator import simulate, write_log

    if options.name and not options.save:
        raise UsageError(_("--name is for a run that is saved; add --save"))
    in_full = options.log or options.save
    if in_full and (options.workers or options.store or options.cluster):
        raise UsageError(_("--log and --save keep every step: not with --workers or --store"))
    if options.log and Path(options.log).suffix.lower() == ".parquet":
        _must_write_parquet()
    scenario = load(options.scenario)
    must_have_days([scenario])
    replications, seed = chance(options, scenario)
    started = time.perf_counter()
    found = None
    if in_full:
        found = simulate(compile_plan(scenario), replications, seed, engine=options.engine)
        note_fallback(console, scenario.key, found.notice)
        summary = summarise(scenario, found)
    else:
        (summary,) = swept(options, console, [scenario], replications, seed)
    seconds = time.perf_counter() - started
    console.note(
        _("simulated in %(seconds).1f s, engine: %(engine)s")
        % {"seconds": seconds, "engine": summary.engine}
    )
    if options.log and found is not None:
        write_log(found, Path(options.log))
        console.note(_("wrote %s") % options.log)
    document = summary.to_json()
    if options.timing:
        document["seconds"] = round(seconds, 3)
    if options.save and found is not None:
        saved = save_run(
            summary, found, datetime.now(UTC), store=Path(options.runs), name=options.name
        )
        console.note(
            _("saved as run %(number)d: %(folder)s")
            % {"number": saved.number, "folder": saved.folder}
        )
        document["run"] = {"number": saved.number, "hash": saved.hash, "folder": str(saved.folder)}
    console.answer(document, _text(summary, console.language))
    return Outcome.GOOD


def _must_write_parquet() -> None:
    """Tell before the run that its log could not be written."""
    from simulator.parquet_log import NoParquet, library_for_parquet

    try:
        library_for_parquet()
    except NoParquet as missing:
        raise UsageError(str(missing)) from None


_MOST_POOLS = 10
"""Groups of people shown, those that are waited for longest."""


def _text(summary: Summary, language: str) -> str:
    """Return the measures, who is waited for, and what must be known to read them."""
    head, *pools = summary.pool_table(language)
    facts = {
        "replications": summary.replications,
        "cases": summary.cases,
        "seed": summary.seed,
        "provenance": summary.scenario.provenance,
    }
    notes = [
        _(
            "%(replications)d replications of %(cases)d cases, seed %(seed)d;"
            " ± is the 95 %% interval; provenance of data: %(provenance)s"
        )
        % facts
    ]
    if len(pools) > _MOST_POOLS:
        notes.append(_("people: the longest waits; --json has all"))
    return "\n\n".join(
        [
            summary.scenario.name.in_language(language),
            aligned(summary.table(language)),
            aligned([head, *pools[:_MOST_POOLS]]),
            *(map(aligned, summary.clocks.tables(language)) if summary.clocks else ()),
            paragraphs(notes),
        ]
    )
