"""``lianban list`` and ``lianban new``: the scenarios that come with the program."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, new_command
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands


def add_to(commands: Commands) -> None:
    """Add both commands."""
    new_command(commands, "list", _("list the shipped scenarios and their redesigns"), show)
    new = new_command(commands, "new", _("copy a shipped scenario into a folder to edit"), copy)
    new.add_argument("folder", metavar="FOLDER", help=_("a folder that does not exist yet"))
    new.add_argument(
        "--from",
        dest="origin",
        default="jiaxing",
        metavar="NAME",
        help=_("the shipped scenario or .bpmn file to copy (default %(default)s)"),
    )


def show(options: argparse.Namespace, console: Console) -> Outcome:
    """List the shipped scenarios."""
    from scenarios import load, shipped
    from scenarios.library import shipped_folder

    rows: list[tuple[str, str]] = []
    listed = []
    for key in shipped():
        scenario = load(shipped_folder() / key)
        rows.append((key, scenario.name.in_language(console.language)))
        redesigns = []
        for redesign in scenario.redesigns:
            name = load(scenario.folder / redesign).name
            rows.append((f"  {key}/{redesign}", name.in_language(console.language)))
            redesigns.append({"key": redesign, "name": {"zh": name.zh, "en": name.en}})
        listed.append(
            {
                "key": key,
                "name": {"zh": scenario.name.zh, "en": scenario.name.en},
                "redesigns": redesigns,
            }
        )
    console.answer({"scenarios": listed}, aligned(rows, left=2))
    return Outcome.GOOD


def copy(options: argparse.Namespace, console: Console) -> Outcome:
    """Copy a shipped scenario, or make one from a BPMN drawing."""
    from lianban.commands.import_ import from_bpmn, is_drawing
    from scenarios import copy_to

    if is_drawing(options.origin):
        return from_bpmn(options, console)
    folder = Path(options.folder)
    if folder.exists():
        raise UsageError(_("%s exists already; name a folder that does not") % folder)
    copy_to(options.origin, folder)
    console.answer(
        {"folder": str(folder), "from": options.origin},
        _("%(folder)s is a copy of %(name)s; edit it, then: lianban check %(folder)s")
        % {"folder": folder, "name": options.origin},
    )
    return Outcome.GOOD
