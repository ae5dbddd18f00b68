"""``lianban diagram``: a scenario's flow as a picture, or as a file for another program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import UsageError, add_scenario, new_command
from lianban.terminal import Console, Outcome

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results.display import Picture
    from scenarios import Scenario

FORMATS = (
    ".svg", ".png", ".pdf", ".bpmn", ".mmd", ".dot", ".drawio", ".mspdi.xml", ".xml", ".xlsx",
)  # fmt: skip
"""Endings that the help lists; a test holds them to what results can write."""

NAMES = ("en", "zh", "both")
VIEWS = ("swimlane", "timeline")


ORIGINS = {
    "damaged-reading": {"zh": "残缺数字的读法", "en": "reading of damaged digits"},
    "reconstruction": {"zh": "重构数据", "en": "reconstructed data"},
    "comparator": {"zh": "他地公开资料", "en": "published by another place"},
    "assumption": {"zh": "假设数据", "en": "assumed data"},
}
"""What a picture says of data that the source does not give."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = new_command(commands, "diagram", _("draw a scenario's flow"), diagram)
    add_scenario(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=_("its ending says the form: %s") % " ".join(FORMATS),
    )
    parser.add_argument(
        "--before", metavar="SCENARIO", help=_("draw this one above it, on the same scale")
    )
    parser.add_argument(
        "--names",
        choices=NAMES,
        default="both",
        help=_("language of the names in the picture (default %(default)s)"),
    )
    parser.add_argument(
        "--view",
        choices=VIEWS,
        help=_(
            "departments as lanes, or bars on working days (default: lanes; with --before bars)"
        ),
    )


def diagram(options: argparse.Namespace, console: Console) -> Outcome:
    """Draw a diagram, or export the flow, into a file."""
    from results.exports import EXPORTS, suffix_of
    from scenarios import load

    path = Path(options.output)
    try:
        suffix = suffix_of(path.name)
    except ValueError:
        raise UsageError(
            _("%(file)s: the name must end in one of %(endings)s")
            % {"file": path, "endings": " ".join(FORMATS)}
        ) from None
    only = EXPORTS.get(suffix, "")
    if only and (options.before or options.view not in (None, only)):
        raise UsageError(
            _("%s has one view of one procedure: leave out --view and --before") % suffix
        )
    view = only or options.view or ("timeline" if options.before else "swimlane")
    if suffix == ".mmd" and options.before and view != "timeline":
        raise UsageError(_("a flowchart shows one procedure: use --view timeline with --before"))
    scenario = load(options.scenario)
    before = load(options.before) if options.before else None
    if suffix in EXPORTS:
        save(scenario, before, view, path, suffix=suffix, names=options.names)
    else:
        draw(scenario, before, view, options.names).save(path)
    console.answer(
        {"file": str(path), "view": view, "scenario": scenario.key}, _("wrote %s") % path
    )
    return Outcome.GOOD


def save(
    scenario: Scenario, before: Scenario | None, view: str, path: Path, *, suffix: str, names: str
) -> None:
    """Write a scenario as a file for another program; it appears whole or not at all."""
    from results.exports import export
    from rules.files import write_whole

    content = export(scenario, suffix, before=before, view=view, language=names)
    write_whole(path, content)


def draw(scenario: Scenario, before: Scenario | None, view: str, names: str = "both") -> Picture:
    """Return the picture of a scenario, with the earlier one above it if there is one."""
    from results.swimlane import flow_diagram
    from results.timeline import timeline

    designs = [each for each in (before, scenario) if each]
    offices = {
        office.key: office.name for each in (before, scenario) if each for office in each.offices
    }
    if view == "swimlane":
        earlier = before.procedure if before else None
        return flow_diagram(
            scenario.procedure,
            before=earlier,
            language=names,
            title=_title([scenario], names),
            offices=offices,
        )
    fields = [(each.name, each.procedure) for each in designs]
    return timeline(fields, language=names, title=_title(designs, names), offices=offices)


def _title(designs: Sequence[Scenario], names: str) -> str:
    """Return what is shown and, unless it is given, that the data are not."""
    texts = []
    for language in ("zh", "en") if names == "both" else (names,):
        shown = " → ".join(each.name.in_language(language) for each in designs)
        origins = dict.fromkeys(each.provenance for each in designs)
        marks = [ORIGINS[each][language] for each in origins if each in ORIGINS]
        texts.append(f"{shown} ({', '.join(marks)})" if marks else shown)
    return "  ".join(texts)
