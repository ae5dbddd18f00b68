"""``lianban demo``: the Jiaxing case end to end, written into a folder."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.compare import as_text
from lianban.commands.diagram import draw
from lianban.commands.options import UsageError, add_chance, chance, new_command
from lianban.files import whole_folder
from lianban.terminal import Console, Outcome, as_json

if TYPE_CHECKING:
    from lianban.commands.options import Commands

TODAY, REFORM = "jiaxing", "jiaxing/reform"
TABLE = "comparison.json"
PICTURES = ("flow-today", "flow-reform", "timeline")


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("compare Jiaxing's 35 steps with the reform; write tables and diagrams")
    parser = new_command(commands, "demo", help_, demo)
    parser.add_argument(
        "--out",
        default="lianban-demo",
        metavar="FOLDER",
        help=_("folder to write (default %(default)s)"),
    )
    add_chance(parser)


def demo(options: argparse.Namespace, console: Console) -> Outcome:
    """Run the Jiaxing case and write everything it gives."""
    import results
    from scenarios import load
    from scenarios.library import shipped_folder

    folder = Path(options.out)
    # Only a folder that an earlier demo wrote is ever replaced.
    if folder.exists() and not (folder / TABLE).is_file():
        raise UsageError(_("%s exists and is not a demo; choose another --out") % folder)
    # A folder here that is called jiaxing is not what the demo shows.
    today, reform = load(shipped_folder() / TODAY), load(shipped_folder() / REFORM)
    console.note(_("simulating today and the reform ..."))
    replications, seed = chance(options, today)
    comparison = results.compare([today, reform], replications=replications, seed=seed)
    pictures = (
        draw(today, None, "swimlane"),
        draw(reform, None, "swimlane"),
        draw(reform, today, "timeline"),
    )
    files = [TABLE, "comparison.md"]
    console.note(_("drawing ..."))
    with whole_folder(folder) as draft:
        (draft / TABLE).write_text(as_json(comparison.to_json()) + "\n", encoding="utf-8")
        (draft / "comparison.md").write_text(
            comparison.markdown(console.language) + "\n", encoding="utf-8"
        )
        for name, picture in zip(PICTURES, pictures, strict=True):
            for ending in ("svg", "png"):
                picture.save(draft / f"{name}.{ending}")
                files.append(f"{name}.{ending}")
    lines = [
        as_text(comparison, console.language),
        "",
        _("wrote %s:") % folder,
        *(f"  {name}" for name in files),
        "",
        _("next: lianban new my-city --from jiaxing; then lianban compare my-city"),
    ]
    console.answer(
        {"folder": str(folder), "files": files, "comparison": comparison.to_json()},
        "\n".join(lines),
    )
    return Outcome.GOOD
