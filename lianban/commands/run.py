"""``lianban run``: simulate one scenario."""

from __future__ import annotations

import argparse
import math
import time
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.commands.load import warn_of_load
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
    from simulator import Steady


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = new_command(commands, "run", _("simulate a scenario"), run)
    add_scenario(parser)
    add_chance(parser)
    parser.add_argument(
        "--precision",
        type=_part,
        metavar="PART",
        help=_(
            "such as 5%%: go on until the interval of the mean is so narrow to either side, with"
            " at least --replications (default 10)"
        ),
    )
    parser.add_argument(
        "--steady",
        action="store_true",
        help=_("also tell the long run: without the cases that met offices still empty (MSER-5)"),
    )
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
    from results.sweeps import until_precise
    from scenarios import compile_plan, load
    from simulator import simulate, steady_state, write_log

    if options.name and not options.save:
        raise UsageError(_("--name is for a run that is saved; add --save"))
    in_full = options.log or options.save or options.steady
    if in_full and (options.workers or options.store or options.cluster):
        raise UsageError(
            _("--log, --save and --steady keep every step: not with --workers or --store")
        )
    if options.log and Path(options.log).suffix.lower() == ".parquet":
        _must_write_parquet()
    if options.precision and (options.workers or options.store or options.cluster):
        raise UsageError(_("--precision decides as it goes: not with --workers or --store"))
    scenario = load(options.scenario)
    must_have_days([scenario])
    replications, seed = chance(options, scenario)
    if options.precision:
        replications = options.replications or _FEWEST_WITH_PRECISION
    warnings = warn_of_load(console, [scenario])
    started = time.perf_counter()
    found = None
    if in_full:
        found = simulate(
            compile_plan(scenario),
            replications,
            seed,
            precision=options.precision,
            engine=options.engine,
            workers=None,
        )
        note_fallback(console, scenario.key, found.notice)
        summary = summarise(scenario, found)
    elif options.precision:
        summary = until_precise(scenario, replications, seed, options.precision, options.engine)
    else:
        (summary,) = swept(options, console, [scenario], replications, seed)
    seconds = time.perf_counter() - started
    if options.precision:
        _say_precision(summary, options.precision, console)
    console.note(
        _("simulated in %(seconds).1f s, engine: %(engine)s")
        % {"seconds": seconds, "engine": summary.engine}
    )
    if options.log and found is not None:
        write_log(found, Path(options.log))
        console.note(_("wrote %s") % options.log)
    document = summary.to_json() | {"warnings": warnings}
    text = _text(summary, console.language)
    if options.steady and found is not None:
        long_run = steady_state(found)
        document["steady"] = _steady_json(long_run)
        text = f"{text}\n\n{_steady_text(long_run)}"
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
    console.answer(document, text)
    return Outcome.GOOD


def _must_write_parquet() -> None:
    """Tell before the run that its log could not be written."""
    from simulator.parquet_log import NoParquet, library_for_parquet

    try:
        library_for_parquet()
    except NoParquet as missing:
        raise UsageError(str(missing)) from None


_FEWEST_WITH_PRECISION = 10
"""Replications from which a precision is looked at, where none are asked for."""


def _part(text: str) -> float:
    """Read a precision: ``5%`` or ``0.05``."""
    number = text.removesuffix("%")
    try:
        part = float(number) / (100 if number != text else 1)
    except ValueError:
        part = math.nan
    if not 0 < part < 1:
        raise argparse.ArgumentTypeError(_("'%s' is not a precision such as 5%% or 0.05") % text)
    return part


def _say_precision(summary: Summary, precision: float, console: Console) -> None:
    """Say how precise the mean is, and whether that was what was asked for."""
    from simulator import mean_interval

    if summary.times is None:
        return
    mean = mean_interval(summary.times.mean.tolist())
    if mean.low is None or mean.high is None or not mean.estimate:
        return
    reached = max(mean.high - mean.estimate, mean.estimate - mean.low) / mean.estimate
    facts = {"reached": 100 * reached, "number": summary.replications}
    if reached <= precision:
        console.note(_("mean known to %(reached).2f %% after %(number)d replications") % facts)
    else:
        console.note(
            _("mean known only to %(reached).2f %% after %(number)d replications: given up") % facts
        )


def _steady_json(found: Steady) -> dict[str, Any]:
    from results.numbers import json_interval

    return {
        "unit": "wd",
        "left_out": found.left_out,
        "cases": found.cases,
        "settled": found.settled,
        "mean": json_interval(found.mean),
        "p90": json_interval(found.p90),
    }


def _steady_text(found: Steady) -> str:
    """Return the long run's times, and whether they can be told."""
    from results.numbers import interval_text

    rows = [
        [_("in the long run (elapsed wd)"), ""],
        [_("mean"), interval_text(found.mean)],
        ["P90", interval_text(found.p90)],
    ]
    said = (
        _("the first %(left_out)d of %(cases)d cases are left out: offices were still empty")
        if found.settled
        else _("%(cases)d cases are too few: offices had not settled after %(left_out)d of them")
    )
    note = said % {"left_out": found.left_out, "cases": found.cases}
    return f"{aligned(rows)}\n\n{paragraphs([note])}"


_MOST_POOLS = 10
"""Groups of people shown, those that are waited for longest."""


def _text(summary: Summary, language: str) -> str:
    """Return the measures, who is waited for, and what must be known to read them."""
    from results.measures import watched_words

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
    notes += [each.in_language(language) for each in watched_words(summary.pools)]
    if len(pools) > _MOST_POOLS:
        notes.append(_("people: the longest waits; --json has all"))
    if summary.clocks is not None:
        notes += [each.in_language(language) for each in summary.clocks.sentences()]
    return "\n\n".join(
        [
            summary.scenario.name.in_language(language),
            aligned(summary.table(language)),
            aligned([head, *pools[:_MOST_POOLS]]),
            *(map(aligned, summary.clocks.tables(language)) if summary.clocks else ()),
            aligned(summary.flow_table(language)),
            aligned(summary.critical_table(language)),
            paragraphs(notes),
        ]
    )
