"""``lianban diagram``: a scenario's flow as a picture, or as a file for another program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.commands.options import UsageError, add_scenario, new_command, whole
from lianban.terminal import Console, Outcome

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from results.display import Picture
    from rules import Name, Procedure
    from scenarios import Scenario

FORMATS = (
    ".svg", ".png", ".pdf", ".bpmn", ".mmd", ".dot", ".drawio", ".mspdi.xml", ".xml", ".xlsx",
)  # fmt: skip
"""Endings that the help lists; a test holds them to what results can write."""

LEAST_PRINT = 6.0
"""Points of the smallest text below which a printed picture is hard to read."""

NAMES = ("en", "zh", "both")
VIEWS = ("swimlane", "timeline")
SHEETS = ("a3", "a4")


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
        "--only-changes",
        action="store_true",
        help=_("with --before: only the steps that are not as they were"),
    )
    parser.add_argument(
        "--fold",
        action="store_true",
        help=_("draw three or more steps in a row as one box"),
    )
    parser.add_argument(
        "--promise",
        type=whole(1),
        metavar="DAYS",
        help=_("working days promised for the whole (default: the scenario's budget, if any)"),
    )
    parser.add_argument(
        "--sheets",
        choices=SHEETS,
        help=_("PDF: landscape sheets of this size, as many as are needed to be legible"),
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
    drawn = Drawn(
        view,
        options.names,
        "changes" if options.only_changes else "runs" if options.fold else "all",
        options.promise,
        options.sheets,
    )
    _check(options, drawn, suffix, only=suffix in EXPORTS)
    scenario = load(options.scenario)
    before = load(options.before) if options.before else None
    if before is not None and options.only_changes:
        _must_change(before, scenario)
    if suffix in EXPORTS:
        save(scenario, before, view, path, suffix=suffix, names=options.names)
    elif drawn.sheets:
        from results.display import save_pages

        save_pages(sheets_of(scenario, before, drawn), path, drawn.sheets)
    else:
        picture = picture_of(scenario, before, drawn)
        picture.save(path)
        _warn_of_small_print(console, picture)
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
    return picture_of(scenario, before, Drawn(view, names))


@dataclass(frozen=True, slots=True)
class Drawn:
    """How a scenario is drawn.

    Attributes
    ----------
    view, names : str
        One of :data:`VIEWS` and of :data:`NAMES`.
    shown : str
        ``all``, ``runs`` or ``changes``; see :func:`results.swimlane.flow_diagram`.
    promise : int or None
        Working days promised for the whole.
    sheets : str or None
        One of :data:`SHEETS`.
    """

    view: str
    names: str = "both"
    shown: str = "all"
    promise: int | None = None
    sheets: str | None = None


def picture_of(scenario: Scenario, before: Scenario | None, drawn: Drawn) -> Picture:
    """Return the picture of a scenario, drawn as asked for."""
    from results.mixes import as_drawn
    from results.swimlane import flow_diagram
    from results.timeline import timeline

    if drawn.view == "swimlane":
        return flow_diagram(as_drawn(scenario), **_flow(scenario, before, drawn))
    return timeline(_fields(scenario, before), **_how(scenario, before, drawn))


def sheets_of(scenario: Scenario, before: Scenario | None, drawn: Drawn) -> tuple[Picture, ...]:
    """Return the picture of a scenario as sheets of one size."""
    from results.mixes import as_drawn
    from results.swimlane import flow_pages
    from results.timeline import timeline_pages

    paper = drawn.sheets or SHEETS[0]
    if drawn.view == "swimlane":
        return flow_pages(as_drawn(scenario), paper=paper, **_flow(scenario, before, drawn))
    return timeline_pages(_fields(scenario, before), paper=paper, **_how(scenario, before, drawn))


def _fields(scenario: Scenario, before: Scenario | None) -> list[tuple[Name, Procedure]]:
    from results.mixes import as_drawn

    return [(each.name, as_drawn(each)) for each in (before, scenario) if each]


def _flow(scenario: Scenario, before: Scenario | None, drawn: Drawn) -> dict[str, Any]:
    from results.mixes import as_drawn

    how = _how(scenario, before, drawn)
    earlier = as_drawn(before) if before else None
    return {**how, "before": earlier, "title": _title([scenario], drawn.names)}


def _how(scenario: Scenario, before: Scenario | None, drawn: Drawn) -> dict[str, Any]:
    designs = [each for each in (before, scenario) if each]
    return {
        "language": drawn.names,
        "title": _title(designs, drawn.names),
        "offices": {office.key: office.name for each in designs for office in each.offices},
        "promise": None if drawn.promise is None else Fraction(drawn.promise),
        "shown": drawn.shown,
    }


def _check(options: argparse.Namespace, drawn: Drawn, suffix: str, *, only: bool) -> None:
    """Refuse options that say nothing together."""
    if only and (drawn.shown != "all" or drawn.promise or drawn.sheets):
        raise UsageError(
            _("--only-changes, --fold, --promise and --sheets are for pictures, not for %s")
            % suffix
        )
    if options.only_changes and options.fold:
        raise UsageError(_("--only-changes and --fold: choose one"))
    if options.only_changes and not options.before:
        raise UsageError(_("--only-changes needs --before: changed from what?"))
    if options.fold and drawn.view != "swimlane":
        raise UsageError(_("--fold is for lanes: add --view swimlane"))
    if drawn.sheets and suffix != ".pdf":
        raise UsageError(_("--sheets needs a name that ends in .pdf"))


def _must_change(before: Scenario, scenario: Scenario) -> None:
    from results.mixes import as_drawn
    from results.step_status import step_statuses

    statuses = step_statuses(as_drawn(before), as_drawn(scenario))
    if all(statuses[key].word == "kept" for key in scenario.procedure.keys):
        raise UsageError(
            _("%(after)s has every step as %(before)s has it: no change to draw")
            % {"after": scenario.key, "before": before.key}
        )


def _warn_of_small_print(console: Console, picture: Picture) -> None:
    """Say so where one sheet of A3 is too small for the picture."""
    from results.frame import printed_at

    if (points := printed_at(picture)) < LEAST_PRINT:
        console.note(
            _("printed on one A3 sheet its smallest text is %.1f pt: --sheets a3 prints larger")
            % points
        )


def _title(designs: Sequence[Scenario], names: str) -> str:
    """Return what is shown and, unless it is given, that the data are not."""
    texts = []
    for language in ("zh", "en") if names == "both" else (names,):
        shown = " → ".join(each.name.in_language(language) for each in designs)
        origins = dict.fromkeys(each.provenance for each in designs)
        marks = [ORIGINS[each][language] for each in origins if each in ORIGINS]
        texts.append(f"{shown} ({', '.join(marks)})" if marks else shown)
    return "  ".join(texts)
