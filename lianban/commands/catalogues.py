"""What commands share about catalogues: loading, checking and showing findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.commands.options import UsageError
from lianban.terminal import Outcome, paragraphs

if TYPE_CHECKING:
    from rules.catalogue import Catalogue
    from rules.checks import Finding, ServicePoint
    from rules.tables import TableSet

TABLES = "tables"
"""Folder of decision tables beside a catalogue."""


def is_catalogue(path: Path) -> bool:
    """Whether the path is a catalogue: a folder with items and no scenario, or a table."""
    if path.is_dir():
        holds_items = any((path / f"items{ending}").is_file() for ending in (".csv", ".xlsx"))
        return holds_items and not (path / "scenario.toml").is_file()
    return path.is_file() and path.suffix.lower() in (".csv", ".xlsx")


def tables_beside(path: Path) -> TableSet | None:
    """Return the decision tables of a catalogue's folder, overlaps left to be found."""
    from rules.tables import TableSet, read_table

    headers = sorted((path / TABLES).glob("*.toml")) if path.is_dir() else []
    if not headers:
        return None
    return TableSet(tuple(read_table(each, check_overlaps=False) for each in headers), TABLES)


def findings_of(
    path: Path, on: date, offices: Iterable[ServicePoint] | None = None
) -> tuple[Catalogue, tuple[Finding, ...]]:
    """Return a catalogue and everything doubtful about it on a day.

    Raises
    ------
    InputError
        When it cannot be read, or items wait for each other in a circle.
    """
    from rules import InputError, Problem
    from rules.catalogue import load_catalogue
    from rules.checks import lint

    catalogue = load_catalogue(path)
    findings = lint(catalogue, tables_beside(path), offices, on=on)
    knots = [each for each in findings if each.id == "C1"]
    if knots:
        # items that wait for each other make no procedure: nothing else can be said of them
        raise InputError(Problem(each.place, f"C1: {each.sentence('en')}") for each in knots)
    return catalogue, findings


def shown(findings: Sequence[Finding], language: str) -> str:
    """Return a paragraph for each finding and how many there are."""
    words = {"error": _("error"), "warning": _("warning"), "note": _("note")}
    lines = [
        paragraphs(
            [f"{each.place}: {each.id} {words[each.severity.value]}: {each.sentence(language)}"]
        )
        for each in findings
    ]
    errors = sum(each.severity.value == "error" for each in findings)
    if findings:
        told = ngettext("%d finding", "%d findings", len(findings)) % len(findings)
        lines.append(told + (_(", %d of them errors") % errors if errors else ""))
    else:
        lines.append(_("no problems found"))
    return "\n".join(lines)


def as_documents(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as JSON holds them."""
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "severity": each.severity.value,
            "file": each.place.file,
            "line": each.place.line,
            "keys": list(each.keys),
            "witness": list(each.witness),
            "zh": each.sentence("zh"),
            "en": each.sentence("en"),
        }
        for each in findings
    ]


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """Return exit code 1 when a finding is an error."""
    return Outcome.FINDING if any(f.severity.value == "error" for f in findings) else Outcome.GOOD


def day_of(text: str | None, default: date) -> date:
    """Read ``--as-of``."""
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(_("'%s' is not a date such as 2019-04-23") % text) from None
