"""``lianban demo``: a shipped system's story end to end, written into a folder."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.compare import as_text
from lianban.commands.diagram import draw
from lianban.commands.options import UsageError, add_chance, chance, new_command
from lianban.files import whole_folder
from lianban.terminal import Console, Outcome, as_json, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from scenarios import Scenario

TABLE = "comparison.json"
STORIES = {
    "anshan-industrial": ("", "staged"),
    "anshan-pharmacy": ("", "one-matter"),
    "anshan-realestate": ("", "staged"),
    "county-filing": ("", "parallel"),
    "county-filing-small": ("", "parallel"),
    "county-mix": ("", "parallel"),
    "jiaxing": ("", "reform"),
    "jiaxing-agency": ("reform", "reform-agency"),
    "jiaxing-centre": ("", "both"),
    "jiaxing-chart-municipal": ("", "chart"),
    "jiaxing-chart-private": ("", "chart"),
    "jiaxing-chart-social": ("", "chart"),
    "jiaxing-chart-transport": ("", "chart"),
    "jiaxing-chart-water": ("", "chart"),
    "jiaxing-licences": ("", "one-review-goal"),
    "jiaxing-measures": ("parallel", "six-joint"),
    "jiaxing-meetings": ("weekly", "fortnightly"),
    "jinyun": ("", "one-review-goal"),
    "nanjing-enterprise": ("", "one-window"),
    "nanjing-government": ("", "one-window"),
    "national-frame": ("", "frame-120"),
    "network": ("", "connected"),
    "zhongshan": ("", "collaborative"),
    "ziyang": ("", "linked"),
    "ziyang-township": ("", "online"),
}
"""Of each system the two designs that tell its story; an empty word is today's procedure."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("tell a shipped system's story: before, after, tables and diagrams")
    parser = new_command(commands, "demo", help_, demo)
    parser.add_argument(
        "name",
        nargs="?",
        default="jiaxing",
        metavar="NAME",
        help=_("a shipped scenario (default %(default)s: 35 steps and the reform)"),
    )
    parser.add_argument(
        "--out",
        default="lianban-demo",
        metavar="FOLDER",
        help=_("folder to write (default %(default)s)"),
    )
    add_chance(parser)


def demo(options: argparse.Namespace, console: Console) -> Outcome:
    """Run a shipped system before and after, and write everything it gives."""
    import results
    from rules import did_you_mean
    from scenarios import load
    from scenarios.library import shipped_folder

    name = options.name
    if name not in STORIES:
        hint = did_you_mean(name, tuple(STORIES)) or f" ({', '.join(sorted(STORIES))})"
        raise UsageError(
            _("no shipped system is called '%(name)s'%(hint)s") % {"name": name, "hint": hint}
        )
    folder = Path(options.out)
    # Only a folder that an earlier demo wrote is ever replaced.
    if folder.exists() and not (folder / TABLE).is_file():
        raise UsageError(_("%s exists and is not a demo; choose another --out") % folder)
    # A folder here that is called jiaxing is not what the demo shows.
    before, after = (load(shipped_folder() / name / each) for each in STORIES[name])
    replications, seed = chance(options, before)
    if before.procedure.serial_days:
        console.note(_("simulating today and the reform ..."))
        comparison = results.compare([before, after], replications=replications, seed=seed)
    else:  # a source without days: what is on paper is all there is
        comparison = results.compare([before, after], replications=0, seed=seed)
    ending = STORIES[name][1]
    pictures = {
        "flow-today": draw(before, None, "swimlane"),
        f"flow-{ending}": draw(after, None, "swimlane"),
    }
    if before.procedure.serial_days:
        pictures["timeline"] = draw(after, before, "timeline")
    files = [TABLE, "comparison.md"]
    console.note(_("drawing ..."))
    with whole_folder(folder) as draft:
        (draft / TABLE).write_text(as_json(comparison.to_json()) + "\n", encoding="utf-8")
        (draft / "comparison.md").write_text(
            comparison.markdown(console.language) + "\n", encoding="utf-8"
        )
        for picture_name, picture in pictures.items():
            for kind in ("svg", "png"):
                picture.save(draft / f"{picture_name}.{kind}")
                files.append(f"{picture_name}.{kind}")
    lines = [
        as_text(comparison, console.language),
        # Jiaxing's own note stands under its table; the others tell what is given
        *([] if name == "jiaxing" else ["", _about(before, console.language)]),
        "",
        _("wrote %s:") % folder,
        *(f"  {each}" for each in files),
        "",
        _("next: lianban new my-city --from %s; then lianban compare my-city") % name,
    ]
    console.answer(
        {
            "name": name,
            "folder": str(folder),
            "files": files,
            "comparison": comparison.to_json(),
        },
        "\n".join(lines),
    )
    return Outcome.GOOD


def _about(scenario: Scenario, language: str) -> str:
    return paragraphs([scenario.about.in_language(language)])


__all__ = ["STORIES", "add_to", "demo"]
