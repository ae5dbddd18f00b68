"""``lianban check``: read a scenario or a catalogue and say everything that is wrong."""

from __future__ import annotations

import argparse
from datetime import date
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.catalogues import (
    as_documents,
    day_of,
    findings_of,
    is_catalogue,
    outcome_of,
    shown,
)
from lianban.commands.options import is_redesign, new_command
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from rules import Problem
    from rules.checks.finding import Finding
    from scenarios import Scenario


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("read a scenario with its redesigns, or a catalogue; report all problems at once")
    parser = new_command(commands, "check", help_, check)
    parser.add_argument(
        "path",
        metavar="PATH",
        help=_("a scenario, a catalogue's folder, or a table of items (.csv, .xlsx)"),
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help=_("check by the law of this day (default: the scenario's first day, else today)"),
    )


def check(options: argparse.Namespace, console: Console) -> Outcome:
    """Read everything a scenario or a catalogue holds."""
    path = Path(options.path)
    if is_catalogue(path):
        on = day_of(options.as_of, date.today())
        catalogue, findings = findings_of(path, on)
        counts = {"items": len(catalogue.items), "prerequisites": len(catalogue.prerequisites)}
        head = _("%(items)d items, %(prerequisites)d prerequisites") % counts
        console.answer(
            {"as_of": on.isoformat(), **counts, "problems": [], "findings": as_documents(findings)},
            f"{head}\n{shown(findings, console.language)}",
        )
        return outcome_of(findings)
    return _check_scenario(options, console)


def _check_scenario(options: argparse.Namespace, console: Console) -> Outcome:
    from rules import InputError
    from rules.checks import ServicePoint
    from scenarios import compile_plan, load
    from scenarios.review_checks import planned_reviews

    today = load(options.path)
    scenarios = [today]
    problems: list[Problem] = []
    for redesign in () if is_redesign(today) else today.redesigns:
        try:
            scenarios.append(load(today.folder / redesign))
        except InputError as error:
            problems += error.problems
    if not is_redesign(today):
        problems += _problems_beside(today)
    if problems:
        # promises read the redesigns too: what is wrong with one is said once
        raise InputError(dict.fromkeys(problems))
    for scenario in scenarios:
        compile_plan(scenario)
    on = day_of(options.as_of, today.first_day)
    offices = [ServicePoint(office.key, windows=office.windows or 1) for office in today.offices]
    catalogue, found = findings_of(today.folder, on, offices)
    found = (*planned_reviews(scenarios, catalogue), *found)
    # a step table is no published service guide: its ten fields are not asked for
    findings = [each for each in found if each.id != "M37" and not _named(each, today)]
    rows = [[_("scenario"), _("steps"), _("prerequisites"), _("levers")]]
    rows += [[scenario.key, *map(str, _counts(scenario).values())] for scenario in scenarios]
    document = [_counts(scenario) | {"key": scenario.key} for scenario in scenarios]
    console.answer(
        {"problems": [], "scenarios": document, "findings": as_documents(findings)},
        f"{aligned(rows)}\n{shown(findings, console.language)}",
    )
    return outcome_of(findings)


def _named(finding: Finding, scenario: Scenario) -> bool:
    """Whether a type of case names the item of which the tables say that nobody needs it."""
    if finding.kind != "never-applicable":
        return False
    return any(
        not profile.items or finding.keys[0] in profile.items
        for sort in scenario.sorts
        for profile in sort.profiles
    )


def _problems_beside(scenario: Scenario) -> list[Problem]:
    """Return what is wrong with the offers and the promises beside a scenario."""
    from optimizer.lever_offers import OFFERS_FILE, read_offers
    from results.promises.files import PROMISES_FILE, read_promises
    from rules import InputError

    problems: list[Problem] = []
    try:
        if (scenario.folder / OFFERS_FILE).is_file():
            read_offers(scenario.folder / OFFERS_FILE)
    except InputError as error:
        problems += error.problems
    try:
        if (scenario.folder / PROMISES_FILE).is_file():
            read_promises(scenario.folder / PROMISES_FILE, PROMISES_FILE)
    except InputError as error:
        problems += error.problems
    return problems


def _counts(scenario: Scenario) -> dict[str, int]:
    procedure = scenario.procedure
    return {
        "steps": procedure.n_steps,
        "prerequisites": len(procedure.edges),
        "levers": len(scenario.changes),
    }
