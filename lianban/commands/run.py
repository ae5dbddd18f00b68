"""``lianban run``: simulate one scenario."""

from __future__ import annotations

import argparse
import time
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import add_chance, add_scenario, add_timing, chance, new_command
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
        "--log", metavar="FILE.csv", help=_("write every step of every case to a CSV file")
    )
    add_timing(parser)


def run(options: argparse.Namespace, console: Console) -> Outcome:
    """Simulate a scenario."""
    from results import summarise
    from scenarios import compile_plan, load
    from simulator import simulate, write_log

    scenario = load(options.scenario)
    plan = compile_plan(scenario)
    replications, seed = chance(options, scenario)
    started = time.perf_counter()
    found = simulate(plan, replications, seed)
    seconds = time.perf_counter() - started
    console.note(_("simulated in %.1f s") % seconds)
    if options.log:
        write_log(found, Path(options.log))
        console.note(_("wrote %s") % options.log)
    summary = summarise(scenario, found)
    document = summary.to_json()
    if options.timing:
        document["seconds"] = round(seconds, 3)
    console.answer(document, _text(summary, console.language))
    return Outcome.GOOD


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
            paragraphs(notes),
        ]
    )
