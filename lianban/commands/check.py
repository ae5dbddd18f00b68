"""``lianban check``: read a scenario with all its redesigns and say everything that is wrong."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from typing import TYPE_CHECKING

from lianban.commands.options import add_scenario, is_redesign, new_command
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("read a scenario and its redesigns; report all problems at once")
    add_scenario(new_command(commands, "check", help_, check))


def check(options: argparse.Namespace, console: Console) -> Outcome:
    """Read everything a scenario holds."""
    from rules import InputError, Problem
    from scenarios import compile_plan, load

    today = load(options.scenario)
    scenarios = [today]
    problems: list[Problem] = []
    for redesign in () if is_redesign(today) else today.redesigns:
        try:
            scenarios.append(load(today.folder / redesign))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    for scenario in scenarios:
        compile_plan(scenario)
    rows = [[_("scenario"), _("steps"), _("prerequisites"), _("levers")]]
    listed = []
    for scenario in scenarios:
        procedure = scenario.procedure
        counts = (procedure.n_steps, len(procedure.edges), len(scenario.changes))
        rows.append([scenario.key, *map(str, counts)])
        listed.append(
            dict(zip(("steps", "prerequisites", "levers"), counts, strict=True))
            | {"key": scenario.key}
        )
    console.answer(
        {"problems": [], "scenarios": listed}, aligned(rows) + "\n" + _("no problems found")
    )
    return Outcome.GOOD
