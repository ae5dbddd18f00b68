"""``lianban rules``: decide by tables, check them, compare them, exchange them as DMN."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from datetime import date
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lianban.commands.catalogues import (
    as_documents,
    day_of,
    findings_of,
    is_catalogue,
    outcome_of,
    shown,
    tables_beside,
)
from lianban.commands.options import UsageError, everywhere, new_command
from lianban.terminal import Console, HelpText, Outcome, paragraphs

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from rules.tables import DecisionTable, Result, TableSet
    from rules.tables.columns import Fact

MOST_FACTS = 4 * 1024 * 1024
"""Bytes of a facts file; a project has dozens of facts."""


def add_to(commands: Commands) -> None:
    """Add the command with its five verbs."""
    help_ = _("decision tables: decide, check, compare, write and read as DMN")
    group = commands.add_parser(
        "rules",
        help=help_,
        description=help_,
        parents=[everywhere()],
        formatter_class=HelpText,
        allow_abbrev=False,
    )
    verbs = group.add_subparsers(title=_("verbs"), metavar="VERB", required=True)

    parser = new_command(verbs, "eval", _("decide a project's facts by tables"), decide)
    parser.add_argument("tables", metavar="TABLES", help=_("a table's .toml, a folder or a .dmn"))
    parser.add_argument(
        "facts", metavar="FACT=VALUE", nargs="*", help=_("facts of the project; sets as a;b")
    )
    parser.add_argument("--facts", dest="file", metavar="FILE.json", help=_("facts as JSON"))
    parser.add_argument("--as-of", metavar="DATE", help=_("decide by the rows of this day"))
    parser.add_argument("--why", action="store_true", help=_("say why, row by row"))

    parser = new_command(verbs, "lint", _("find gaps, overlaps and rows without effect"), check)
    parser.add_argument(
        "tables", metavar="TABLES", help=_("tables as above, or a catalogue's folder or table")
    )
    parser.add_argument("--as-of", metavar="DATE", help=_("check by the law of this day"))

    parser = new_command(verbs, "diff", _("say which projects an edit decides otherwise"), differ)
    parser.add_argument("old", metavar="OLD", help=_("the table or catalogue as it was"))
    parser.add_argument("new", metavar="NEW", help=_("the table or catalogue as it is"))
    parser.add_argument("--projects", metavar="FILE.json", help=_("count a list of projects"))

    parser = new_command(verbs, "export", _("write tables as DMN 1.3 or as XLSX rows"), export)
    parser.add_argument("tables", metavar="TABLES", help=_("a table's .toml, a folder or a .dmn"))
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE.dmn|FOLDER", help=_("what to write")
    )

    parser = new_command(verbs, "import", _("read DMN into tables that Excel opens"), bring)
    parser.add_argument("file", metavar="FILE.dmn", help=_("DMN 1.2 to 1.6"))
    parser.add_argument(
        "-o", "--output", required=True, metavar="FOLDER", help=_("a new folder for the tables")
    )
    parser.add_argument("--xlsx", action="store_true", help=_("rows as XLSX instead of CSV"))


def decide(options: argparse.Namespace, console: Console) -> Outcome:
    """Decide a project's facts by a set of tables."""
    tables = _tables(options.tables)
    facts = _facts(options, tables)
    results = tables.evaluate(facts, day_of(options.as_of, date.min) if options.as_of else None)
    document = {key: _decision(result) for key, result in results.items()}
    lines = []
    for key, result in results.items():
        if result.decided:
            lines.append(f"{key}: {_shown(result.value)}  [{', '.join(result.rows) or '-'}]")
        else:
            lines.append(
                _("%(table)s: cannot decide, ask for: %(facts)s")
                % {"table": key, "facts": ", ".join(result.ask_for)}
            )
        if options.why:
            lines.append(_why(result, console.language))
    console.answer({"decisions": document}, "\n".join(lines))
    return Outcome.GOOD if all(r.decided for r in results.values()) else Outcome.UNSURE


def check(options: argparse.Namespace, console: Console) -> Outcome:
    """Find what is wrong with tables, or with a catalogue, that can be read."""
    from rules.tables import lint

    if is_catalogue(Path(options.tables)):
        on = day_of(options.as_of, date.today())
        _catalogue, found = findings_of(Path(options.tables), on)
        console.answer({"findings": as_documents(found)}, shown(found, console.language))
        return outcome_of(found)
    findings = [each for table in _tables(options.tables, False) for each in lint(table)]
    lines = [
        paragraphs(
            [f"{each.place}: {each.id} {each.severity}: {each.in_language(console.language)}"]
        )
        for each in findings
    ]
    grave = [each for each in findings if each.severity == "error"]
    lines.append(
        _("%(findings)d findings, %(errors)d of them errors")
        % {"findings": len(findings), "errors": len(grave)}
    )
    document = [
        {
            "id": each.id,
            "kind": each.kind,
            "severity": each.severity,
            "file": each.place.file,
            "line": each.place.line,
            "rows": list(each.rows),
            "columns": list(each.columns),
            "witness": _plain(each.witness),
            "zh": each.zh,
            "en": each.en,
        }
        for each in findings
    ]
    console.answer({"findings": document}, "\n".join(lines))
    return Outcome.FINDING if grave else Outcome.GOOD


def differ(options: argparse.Namespace, console: Console) -> Outcome:
    """Say in regions of projects, or item by item, what an edit changes."""
    from rules.tables import diff_tables

    if is_catalogue(Path(options.old)) and is_catalogue(Path(options.new)):
        return _differ_catalogues(options, console)
    old, new = _one(options.old), _one(options.new)
    projects = _json(options.projects) if options.projects else []
    if not isinstance(projects, list) or not all(isinstance(each, dict) for each in projects):
        raise UsageError(_("%s: a list of projects was expected") % options.projects)
    found = diff_tables(old, new, [_typed([old, new], each) for each in projects])
    lines = [paragraphs([region.in_language(console.language)]) for region in found.regions]
    if not lines:
        lines.append(_("no project is decided otherwise"))
    if projects:
        lines.append(
            _("%(affected)d of %(projects)d projects are decided otherwise")
            % {"affected": found.affected, "projects": found.projects}
        )
    document = [
        {
            "old": _plain(region.old),
            "new": _plain(region.new),
            "witness": _plain(region.witness),
            "projects": region.projects,
            "zh": region.zh,
            "en": region.en,
        }
        for region in found.regions
    ]
    console.answer(
        {"regions": document, "affected": found.affected, "projects": found.projects},
        "\n".join(lines),
    )
    return Outcome.GOOD


def _differ_catalogues(options: argparse.Namespace, console: Console) -> Outcome:
    from rules.catalogue import load_catalogue
    from rules.catalogue_diff import diff_catalogues

    paths = Path(options.old), Path(options.new)
    old, new = (load_catalogue(path) for path in paths)
    before, after = (tables_beside(path) for path in paths)
    found = diff_catalogues(old, new, before, after)
    lines = found.sentences(console.language)
    document: dict[str, Any] = {
        "zh": list(found.sentences("zh")),
        "en": list(found.sentences("en")),
    }
    shown_lines = [paragraphs([line]) for line in lines] or [_("the catalogues are the same")]
    if options.projects:
        mix = _json(options.projects)
        affected = found.affected(mix, day_of(None, date.today()))
        document["affected"] = affected.changed
        shown_lines.append(
            _("%(affected)d of %(projects)d projects are decided otherwise")
            % {"affected": affected.changed, "projects": affected.projects}
        )
    console.answer({"differences": document}, "\n".join(shown_lines))
    return Outcome.GOOD


def export(options: argparse.Namespace, console: Console) -> Outcome:
    """Write tables as one DMN file, or as a folder of headers and XLSX rows."""
    from rules.tables import write_table
    from rules.tables.dmn_write import dmn_bytes

    tables, target = _tables(options.tables), Path(options.output)
    if target.suffix.lower() == ".dmn":
        from rules.files import write_whole

        write_whole(target, dmn_bytes(tables, target.name))
        written = [str(target)]
    else:
        written = _new_folder(
            target,
            lambda folder: [
                path.name for table in tables for path in write_table(table, folder, "xlsx")
            ],
        )
    console.answer({"files": written}, "\n".join(_("wrote %s") % name for name in written))
    return Outcome.GOOD


def bring(options: argparse.Namespace, console: Console) -> Outcome:
    """Read a DMN file and write its tables as ours."""
    from rules.tables import read_dmn, tables_of, write_table

    tables = tables_of(read_dmn(options.file))
    rows: Literal["csv", "xlsx"] = "xlsx" if options.xlsx else "csv"
    written = _new_folder(
        Path(options.output),
        lambda folder: [path.name for table in tables for path in write_table(table, folder, rows)],
    )
    console.answer({"files": written}, "\n".join(_("wrote %s") % name for name in written))
    return Outcome.GOOD


def _new_folder(target: Path, fill: Any) -> list[str]:
    """Fill a folder that must not exist yet; nothing is left behind when it fails."""
    from lianban.files import whole_folder

    if target.exists():
        raise UsageError(_("%s exists already; choose a new folder") % target)
    with whole_folder(target) as draft:
        names = fill(draft)
    return [str(target / name) for name in names]


def _tables(where: str, check_overlaps: bool = True) -> TableSet:
    from rules.tables import TableSet, read_dmn, read_table, read_tables, tables_of

    path = Path(where)
    if path.is_dir():
        if check_overlaps:
            return read_tables(path)
        return TableSet(
            tuple(read_table(each, check_overlaps=False) for each in sorted(path.glob("*.toml"))),
            path.name,
        )
    if path.suffix.lower() == ".dmn":
        return tables_of(read_dmn(path))
    return TableSet((read_table(path, check_overlaps=check_overlaps),), path.name)


def _one(where: str) -> DecisionTable:
    tables = tuple(_tables(where, False))
    if len(tables) != 1:
        raise UsageError(_("%s: one table was expected, not %d") % (where, len(tables)))
    return tables[0]


def _facts(options: argparse.Namespace, tables: TableSet) -> dict[str, Fact]:
    told: dict[str, object] = {}
    if options.file:
        read = _json(options.file)
        if not isinstance(read, dict):
            raise UsageError(_("%s: an object of facts was expected") % options.file)
        told |= read
    for text in options.facts:
        key, sign, value = text.partition("=")
        if not sign:
            raise UsageError(_("'%s' is not written as FACT=VALUE") % text)
        told[key.strip()] = value.strip()
    return _typed(tables, told)


def _typed(tables: Iterable[DecisionTable], told: Mapping[str, object]) -> dict[str, Fact]:
    """Turn texts into the facts that the tables' columns hold."""
    from rules import did_you_mean

    columns = {column.id: column for table in tables for column in table.inputs}
    facts: dict[str, Fact] = {}
    for key, value in told.items():
        if key not in columns:
            raise UsageError(
                _("no table asks for '%(fact)s'%(hint)s")
                % {"fact": key, "hint": did_you_mean(key, columns)}
            )
        facts[key] = _fact(key, columns[key].type.value, value)
    return facts


def _fact(key: str, kind: str, value: object) -> Fact:
    try:
        if kind == "number" and isinstance(value, str):
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        if kind == "bool" and isinstance(value, str):
            return {
                "true": True,
                "yes": True,
                "是": True,
                "false": False,
                "no": False,
                "否": False,
            }[value.casefold()]
        if kind == "date" and isinstance(value, str):
            return date.fromisoformat(value)
        if kind == "set":
            parts = value.split(";") if isinstance(value, str) else value
            return frozenset(str(part).strip() for part in parts if str(part).strip())  # type: ignore[attr-defined]
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            _("%(fact)s: '%(value)s' is not a %(kind)s")
            % {"fact": key, "value": value, "kind": kind}
        ) from None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise UsageError(
        _("%(fact)s: '%(value)s' is not a %(kind)s") % {"fact": key, "value": value, "kind": kind}
    )


def _json(where: str) -> Any:
    path = Path(where)
    if path.stat().st_size > MOST_FACTS:
        raise UsageError(_("%s is too large for facts") % where)
    try:
        return json.loads(path.read_text("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            _("%(file)s: not JSON: %(error)s") % {"file": where, "error": error}
        ) from None


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")


def _why(result: Result, language: str) -> str:
    from rules.tables.explain import explain

    return "\n".join(f"  {line}" for line in explain(result).in_language(language).splitlines())


def _decision(result: Result) -> dict[str, Any]:
    if not result.decided:
        return {"decided": False, "ask_for": list(result.ask_for)}
    return {
        "decided": True,
        "value": _plain(result.value),
        "rows": list(result.rows),
        "trace": [
            {"row": row.row, "state": row.state, "failing": list(row.failing)}
            for row in result.trace
        ],
    }


def _plain(value: Any) -> Any:
    """Return a fact or conclusion as JSON holds it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _shown(value: Any) -> str:
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
