"""``lianban compare``: two or more scenarios side by side, or one with all its redesigns."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands.options import (
    UsageError,
    add_chance,
    add_scenarios,
    chance,
    is_redesign,
    new_command,
)
from lianban.terminal import Console, Outcome, fitted, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results import Comparison
    from scenarios import Scenario


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
    add_chance(parser)


def compare(options: argparse.Namespace, console: Console) -> Outcome:
    """Compare scenarios."""
    import results

    if options.md and console.json:
        raise UsageError(_("--md and --json: choose one"))
    chosen = scenarios_to_compare(options.scenarios)
    replications, seed = chance(options, chosen[0])
    comparison = results.compare(
        chosen,
        replications=0 if options.paper else replications,
        seed=seed,
    )
    if options.md:
        text = comparison.markdown(console.language)
    else:
        text = as_text(comparison, console.language)
    console.answer(comparison.to_json(), text)
    return Outcome.GOOD


def as_text(comparison: Comparison, language: str) -> str:
    """Return the table and what must be known to read it."""
    table = fitted(comparison.table(language))
    return f"{table}\n\n{paragraphs(comparison.notes(language))}"


def scenarios_to_compare(names: Sequence[str]) -> list[Scenario]:
    """Load scenarios; today alone brings its redesigns, a redesign alone brings today."""
    from scenarios import load

    first = load(names[0])
    if len(names) > 1:
        return [first, *(load(name) for name in names[1:])]
    if is_redesign(first):
        return [load(first.folder), first]
    if not first.redesigns:
        raise UsageError(_("%s has no redesigns; name a second scenario") % names[0])
    return [first, *(load(first.folder / name) for name in first.redesigns)]
