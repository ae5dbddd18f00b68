"""XLSX workbooks of a procedure and of a comparison: numbers as numbers, text never as formula.

The first sheet of a procedure has the columns of items.csv, so the workbook can be
edited and read back as a catalogue. The same input gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from results.critical import critical_of
from results.exports.dates import PaperDates
from results.exports.text import clean
from results.mixes import alone
from results.numbers import json_number
from rules import Name, Procedure, Step
from rules.calendars import WorkingDays
from rules.csv_tables import is_formula

Cell = str | int | float | date | None
Sheet = tuple[str, Sequence[Sequence[Cell]]]

_STAMP = (1980, 1, 1, 0, 0, 0)
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_WIDEST = 60
_LONGEST = 32_767

_HEADERS: dict[str, Name] = {
    "steps": Name("环节", "steps"),
    "schedule": Name("纸面排期", "schedule"),
    "prerequisites": Name("前置", "prerequisites"),
    "about": Name("说明", "about"),
    "comparison": Name("比较", "comparison"),
    "differences": Name("差值", "differences"),
    "levers": Name("改革措施", "levers"),
    "attribution": Name("举措贡献", "attribution"),
    "interactions": Name("举措搭配", "interactions"),
    "sentences": Name("文字说明", "sentences"),
}
"""Names of the sheets."""


def steps_workbook(
    procedure: Procedure,
    *,
    shown: Procedure | None = None,
    offices: Mapping[str, Name] | None = None,
    first_day: date | None = None,
    days: WorkingDays | None = None,
    notes: Iterable[str] = (),
    language: str = "en",
) -> bytes:
    """Return a procedure as a workbook.

    Parameters
    ----------
    procedure : Procedure
        What is written: sheets of steps, of the schedule on paper, and of prerequisites.
    shown : Procedure, optional
        Whose days the schedule tells; of a mix of case types, :func:`results.mixes.as_drawn`.
    offices : mapping of str to Name, optional
        Names of departments for the schedule.
    first_day : date, optional
        With ``days`` the schedule shows dates, too.
    days : WorkingDays, optional
        Which dates are worked.
    notes : iterable of str
        Lines of the last sheet: clock, provenance.
    language : str
        ``en`` or ``zh``: names of sheets and of departments. Column headers are the
        keys that the reader of items.csv knows.

    Raises
    ------
    rules.calendars.BeyondCalendar
        If it ends after the days that the calendar knows.
    """
    shown = shown or alone(procedure)
    dates = PaperDates.of(shown, first_day, days) if first_day and days else None
    sheets: list[Sheet] = [
        ("steps", _items(procedure)),
        ("schedule", _schedule(shown, offices or {}, dates, language)),
        ("prerequisites", _edges(procedure)),
    ]
    told = [*notes, "start, finish, slack: working days on paper, no queues, no luck"]
    sheets.append(("about", [["note"], *([line] for line in told)]))
    return _workbook([(_HEADERS[key].in_language(language), rows) for key, rows in sheets])


def comparison_workbook(
    document: Mapping[str, Any], notes: Iterable[str] = (), language: str = "en"
) -> bytes:
    """Return a comparison as a workbook.

    Parameters
    ----------
    document : mapping
        What ``compare --json`` prints (:meth:`results.Comparison.to_json`); every number
        stands in the workbook as it stands there.
    notes : iterable of str
        What must be known to read it.
    language : str
        ``en`` or ``zh``: names of sheets and scenarios.
    """
    rows: list[list[Cell]] = []
    levers: list[list[Cell]] = [["scenario", "number", "lever", "what it changed"]]
    for scenario in document["scenarios"]:
        name = Name(scenario["name"]["zh"], scenario["name"]["en"])
        row: dict[str, Cell] = {"scenario": scenario["key"], "name": name.in_language(language)}
        row |= {
            key: scenario[key]
            for key in ("steps", "paper_days", "serial_days", "visits", "documents", "provenance")
        }
        if any("fees" in each for each in document["scenarios"]):
            row["fees"] = scenario.get("fees")
        for key in ("mean", "p50", "p90"):
            if "elapsed" in scenario:
                low, high = scenario["elapsed"]["ci"][key]
                row |= {
                    f"elapsed_{key}": scenario["elapsed"][key],
                    f"elapsed_{key}_low": low,
                    f"elapsed_{key}_high": high,
                }
        rows = rows or [[*row]]
        rows.append([*row.values()])
        levers += [
            [scenario["key"], number, lever["lever"], lever[language]]
            for number, lever in enumerate(scenario["levers"], 1)
        ]
    differences: list[list[Cell]] = []
    for each in document["differences"]:
        row = {
            key: each[key]
            for key in (
                "from", "to", "steps", "paper_days", "serial_days", "visits", "documents", "fees",
            )
            if key in each
        }  # fmt: skip
        for key, interval in each.get("elapsed", {}).items():
            row |= {f"elapsed_{key}": interval["estimate"]}
            row |= {f"elapsed_{key}_{end}": interval[end] for end in ("low", "high")}
        differences = differences or [[*row]]
        differences.append([*row.values()])
    sheets: list[Sheet] = [("comparison", rows), ("differences", differences), ("levers", levers)]
    if shared := document.get("attribution"):
        sheets += [
            ("attribution", _attribution(shared, language)),
            ("interactions", _interactions(shared, language)),
        ]
    sheets.append(("sentences", _sentences(document["differences"], language)))
    sheets.append(("about", [["note"], *([line] for line in notes)]))
    return _workbook([(_HEADERS[key].in_language(language), rows) for key, rows in sheets])


def _attribution(shared: Mapping[str, Any], language: str) -> list[list[Cell]]:
    """Return a row for each group of levers and one for the whole change, which they add up to."""
    measures = [*shared["totals"]]
    ends = [m for m in measures if any(m in each["intervals"] for each in shared["levers"])]
    bounds = [f"{measure}_{end}" for measure in ends for end in ("low", "high")]
    rows: list[list[Cell]] = [["lever", "name", *measures, *bounds]]
    for lever in shared["levers"]:
        intervals = [lever["intervals"].get(m, {}).get(e) for m in ends for e in ("low", "high")]
        shares = [lever["shares"][measure] for measure in measures]
        rows.append([lever["key"], lever["name"][language], *shares, *intervals])
    whole = Name("合计", "total").in_language(language)
    totals = [shared["totals"][measure] for measure in measures]
    return [*rows, ["", whole, *totals, *([None] * len(bounds))]]


def _interactions(shared: Mapping[str, Any], language: str) -> list[list[Cell]]:
    """Return the pairs of levers that change each other's worth, the strongest first."""
    rows: list[list[Cell]] = [["lever", "other", "measure", "index", "in words"]]
    return rows + [
        [*each["levers"], each["measure"], each["index"], each[language]]
        for each in shared["interactions"]
    ]


def _sentences(differences: Sequence[Mapping[str, Any]], language: str) -> list[list[Cell]]:
    """Return each line of the comparison in words, with how sure it is."""
    rows: list[list[Cell]] = [["to", "measure", "shown", "p_corrected", "in words"]]
    return rows + [
        [
            each["to"],
            one["measure"],
            "yes" if one["shown"] else "no",
            one["p_corrected"],
            one[language],
        ]
        for each in differences
        for one in each.get("sentences", ())
    ]


def _items(procedure: Procedure) -> list[list[Cell]]:
    needs: dict[str, list[str]] = {}
    for edge in procedure.work_edges:
        needs.setdefault(edge.after, []).append(edge.before)
    rows = [_item(step, needs.get(step.key, [])) for step in procedure.steps]
    return [[*rows[0]], *([*row.values()] for row in rows)]


def _item(step: Step, needs: Sequence[str]) -> dict[str, Cell]:
    """Return a step by the columns of items.csv; numbers stay numbers."""
    return {
        "key": step.key,
        "name_zh": step.name.zh,
        "name_en": step.name.en,
        "department": step.department,
        "kind": step.kind.value,
        "stage": step.stage,
        "days": step.duration.amount,
        "unit": step.duration.unit.value,
        "statutory_limit": str(step.limit) if step.limit else "",
        "basis_type": step.basis.type.value,
        "basis": step.basis.citation,
        "basis_zh": step.basis.citation_zh,
        "visits": step.visits,
        "documents": step.documents,
        "site_survey": "yes" if step.site_survey else "no",
        "zone_shareable": "yes" if step.zone_shareable else "no",
        "prerequisites": ";".join(needs),
        "provenance": step.provenance,
    }


def _schedule(
    procedure: Procedure, offices: Mapping[str, Name], dates: PaperDates | None, language: str
) -> list[list[Cell]]:
    path, critical = procedure.critical_path(), critical_of(procedure).steps
    head: list[Cell] = ["key", "name", "department", "with", "joins", "days", "start", "finish"]
    rows = [[*head, "slack", "critical", *(["first_date", "last_date"] if dates else [])]]
    for step in procedure.steps:
        start, spare = path.starts[step.key], path.slack[step.key]
        names = [offices.get(key, Name(key)).in_language(language) for key in step.departments]
        lead = names[0] if step.department else ""
        rows.append(
            [
                step.key,
                step.name.in_language(language),
                lead,
                "; ".join(names[1:] if step.department else names),
                "; ".join(part.key for part in step.origin) if step.members else "",
                _number(step.days),
                _number(start),
                _number(start + step.days),
                None if procedure.mixed else _number(spare),
                "yes" if step.key in critical else "no",
                *([dates.first_date(step.key), dates.last_date(step.key)] if dates else []),
            ]
        )
    days = None if procedure.mixed else _number(path.days)
    total: list[Cell] = ["", procedure.name.in_language(language), "", "", "", days]
    return [*rows, total + [""] * (len(rows[0]) - len(total))]


def _edges(procedure: Procedure) -> list[list[Cell]]:
    rows: list[list[Cell]] = [
        ["before", "after", "strength", "basis", "basis_zh", "lag", "preworkable"]
    ]
    for edge in procedure.work_edges:
        lag = str(edge.lag) if edge.lag.amount else ""
        early = "yes" if edge.preworkable else "no"
        reason = [edge.basis, edge.basis_zh]
        rows.append([edge.before, edge.after, edge.strength.value, *reason, lag, early])
    return rows


def _number(value: Fraction) -> int | float | None:
    return json_number(value)


def _workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook: header row bold and kept in sight, columns wide enough, text as text."""
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is None or value == "":
                    continue
                if not isinstance(value, str):
                    cell = sheet.cell(line, column, value)
                    if isinstance(value, date):
                        cell.number_format = "yyyy-mm-dd"
                    continue
                text = clean(value).replace("\r", "")[:_LONGEST]
                cell = sheet.cell(line, column)
                cell.value = text
                # A text that looks like a formula, error or number stays a text.
                cell.data_type = "s"
                if is_formula(text):
                    cell.quotePrefix = True
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for column in range(1, sheet.max_column + 1):
            widest = max(_width(row[column - 1]) for row in rows if len(row) >= column)
            sheet.column_dimensions[get_column_letter(column)].width = min(widest + 2, _WIDEST)
    out = io.BytesIO()
    book.save(out)
    return _repeatable(out.getvalue())


def _width(value: Cell) -> int:
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(value if value is not None else ""))


def _repeatable(data: bytes) -> bytes:
    """Return the workbook without the moment at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(out, "w") as kept:
        for name in sorted(made.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = made.read(name)
            if name == "docProps/core.xml":
                content = _MOMENT.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            part = zipfile.ZipInfo(name, _STAMP)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            kept.writestr(part, content)
    return out.getvalue()
