"""``lianban compare``: two or more scenarios side by side, or one with all its redesigns."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.load import warn_of_load
from lianban.commands.options import (
    UsageError,
    add_chance,
    add_runs,
    add_scenarios,
    chance,
    is_redesign,
    must_be_writable,
    must_have_days,
    new_command,
)
from lianban.commands.sweep import add_sweep, swept
from lianban.terminal import Console, Outcome, fitted, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results import Comparison
    from results.attribution import Attribution
    from results.run_store import SavedRun
    from scenarios import Scenario


FORMS = (".xlsx", ".md")
"""Endings of the file that the command also writes."""

MOST_IN_WORDS = 4
"""Most designs whose lines are said in words without being asked for."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("compare scenarios; a single one is compared with all its redesigns")
    parser = new_command(commands, "compare", help_, compare)
    add_scenarios(parser)
    parser.add_argument(
        "--paper",
        action="store_true",
        help=_("steps and days on paper only, without simulating queues"),
    )
    parser.add_argument("--md", action="store_true", help=_("print a Markdown table"))
    parser.add_argument(
        "--levers",
        action="store_true",
        help=_("share out the change from the first to the last among the levers"),
    )
    parser.add_argument(
        "--words",
        action="store_true",
        help=_("every line in words, however many designs (default: with at most %d)")
        % MOST_IN_WORDS,
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=_("also write the comparison into a file, by its ending: %s") % " ".join(FORMS),
    )
    add_runs(parser)
    add_chance(parser)
    add_sweep(parser)


def compare(options: argparse.Namespace, console: Console) -> Outcome:
    """Compare scenarios."""
    import results

    if options.md and console.json:
        raise UsageError(_("--md and --json: choose one"))
    output = Path(options.output) if options.output else None
    if output is not None:
        must_be_writable(output, FORMS)
    if saved := _saved_runs(options):
        return _compare_saved(saved, console)
    chosen = scenarios_to_compare(options.scenarios)
    if not options.paper:
        must_have_days(chosen)
    replications, seed = chance(options, chosen[0])
    if options.paper:
        replications = 0
    warnings = warn_of_load(console, chosen) if replications else []
    if replications:
        from results.sweeps import comparison_of

        comparison = comparison_of(swept(options, console, chosen, replications, seed))
    else:
        comparison = results.compare(chosen, replications=0, seed=seed)
    if options.levers or console.json or output is not None:
        shared = _attribution(chosen, replications if options.levers else 0, seed, options, console)
        comparison = replace(comparison, attribution=shared)
    if options.md:
        text = comparison.markdown(console.language)
    else:
        text = as_text(comparison, console.language, words=options.words)
    if output is not None:
        comparison.save(output, console.language)
        console.note(_("wrote %s") % output)
    console.answer(comparison.to_json() | {"warnings": warnings}, text)
    return Outcome.GOOD


def as_text(comparison: Comparison, language: str, *, words: bool = False) -> str:
    """Return the table, its lines in words, and what must be known to read it."""
    from results.clock_summary import types_compared
    from results.sentences import facts, in_words

    parts = [fitted(comparison.table(language))]
    clocks = [(each.scenario.key, each.clocks) for each in comparison.summaries]
    if types := types_compared(clocks, language):
        (_word, *designs), *rows = types
        table = fitted([[_("type of case"), *designs], *rows])
        parts.append(_("mean working days by type of case:") + "\n" + table)
    words = words or len(comparison.summaries) <= MOST_IN_WORDS
    if words:
        parts += [paragraphs(each) for each in in_words(comparison, language)]
    told = facts(comparison, language) if words or comparison.simulated else None
    parts.append(paragraphs(told or comparison.notes(language)))
    if (shared := comparison.attribution) is not None:
        parts += [fitted(shared.table(language))]
        if shared.replications:
            parts += [fitted(shared.times_table(language))]
        parts += [paragraphs(shared.notes(language))]
    return "\n\n".join(parts)


def _attribution(
    chosen: Sequence[Scenario],
    replications: int,
    seed: int,
    options: argparse.Namespace,
    console: Console,
) -> Attribution | None:
    """Share the change out among levers, or None where no levers lead from first to last."""
    from results.attribution import NotARedesign, attribute

    def progress(done: int, most: int) -> None:
        if replications and done % 16 == 0:
            console.note(
                _("levers: %(done)d of %(most)s designs simulated")
                % {"done": done, "most": most or "?"}
            )

    try:
        return attribute(
            chosen[0],
            chosen[-1],
            replications=replications,
            seed=seed,
            progress=progress,
            engine=options.engine,
            workers=options.workers,
        )
    except NotARedesign:
        if options.levers:
            raise UsageError(
                _("--levers: %(last)s is not made from %(first)s by further levers")
                % {"first": chosen[0].key, "last": chosen[-1].key}
            ) from None
        return None


def _saved_runs(options: argparse.Namespace) -> list[SavedRun]:
    """Return the saved runs that are meant, or none where scenarios are."""
    named = [name.startswith("@") or _is_run_folder(name) for name in options.scenarios]
    if not any(named):
        return []
    if not all(named) or len(named) < 2:
        raise UsageError(_("saved runs are compared with saved runs: name two or more, as @1 @2"))
    if options.levers or options.paper or options.md or options.words or options.output:
        raise UsageError(
            _("--levers, --paper, --md, --words and -o are for scenarios, not for saved runs")
        )
    from results.run_store import find_run

    return [find_run(name, Path(options.runs)) for name in options.scenarios]


def _is_run_folder(name: str) -> bool:
    return (Path(name) / "run.json").exists()


def _compare_saved(saved: Sequence[SavedRun], console: Console) -> Outcome:
    from results.run_comparison import compare_runs

    comparison = compare_runs(saved)
    table = fitted(comparison.table(console.language))
    notes = paragraphs(comparison.notes(console.language))
    console.answer(comparison.to_json(), f"{table}\n\n{notes}")
    return Outcome.GOOD


def scenarios_to_compare(names: Sequence[str]) -> list[Scenario]:
    """Load scenarios; today alone brings its redesigns, a redesign alone brings today."""
    from scenarios import load

    first = load(names[0])
    if len(names) > 1:
        chosen = [first, *(load(name) for name in names[1:])]
        keys = [each.key for each in chosen]
        if twice := next((key for key in keys if keys.count(key) > 1), ""):
            raise UsageError(_("%s is named twice; compare different designs") % twice)
        return chosen
    if is_redesign(first):
        return [load(first.folder), first]
    if not first.redesigns:
        raise UsageError(_("%s has no redesigns; name a second scenario") % names[0])
    return [first, *(load(first.folder / name) for name in first.redesigns)]
