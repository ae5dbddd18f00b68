"""Tables back into planners' files: TOML header, CSV or XLSX rows; nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from rules.files import write_whole
from rules.problems import InputError
from rules.steps import Name
from rules.tables.columns import Choice, Fact, Input, Missing, Output
from rules.tables.reader import protected
from rules.tables.table import DecisionTable, Row
from rules.xlsx_tables import write_sheets

_EXTRA = ("basis", "valid_from", "valid_to", "note_zh", "note_en")


def write_table(
    table: DecisionTable, folder: Path | str, rows: Literal["csv", "xlsx"] = "csv"
) -> tuple[Path, Path]:
    """Write a table as ``<id>.toml`` and ``<id>.csv`` or ``<id>.xlsx``.

    Returns
    -------
    tuple of Path
        Header and rows.
    """
    if not re.fullmatch(r"[\w.\-]+", table.id) or table.id.startswith("."):
        raise InputError.at(table.id, 0, "the table's key cannot be a file's name")
    folder = Path(folder)
    header, body = folder / f"{table.id}.toml", folder / f"{table.id}.{rows}"
    lines = rows_of(table)
    if rows == "xlsx":
        write_sheets(body, [(re.sub(r"[\\/*?:\[\]]", "_", table.id)[:31], lines)])
    else:
        write_whole(body, _csv(lines))
    write_whole(header, header_of(table, body.name))
    return header, body


def rows_of(table: DecisionTable) -> list[list[str]]:
    """Return the rows as text, the header line first."""
    titles = ["id", *table.input_ids, *(o.id for o in table.outputs), *_EXTRA]
    return [titles, *(_row(table, row) for row in table.rows)]


def header_of(table: DecisionTable, rows: str) -> str:
    """Return the TOML header of a table whose rows stand in a file."""
    parts = [
        ("id", table.id),
        ("name", table.name),
        ("hit_policy", str(table.hit_policy)),
        ("complete", table.complete or None),
        ("basis", table.basis),
        ("valid_from", table.valid_from),
        ("valid_to", table.valid_to),
        ("rows", rows),
    ]
    lines = [f"{key} = {_toml(value)}" for key, value in parts if _said(value)]
    for column in table.inputs:
        lines += ["", "[[inputs]]", *_column(column)]
    for output in table.outputs:
        lines += ["", "[[outputs]]", *_column(output)]
    return "\n".join(lines) + "\n"


def output_text(value: Fact, output: Output) -> str:
    """Return a conclusion as :func:`rules.tables.reader.read_output` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return ", ".join(quoted(member) for member in sorted(value)) or "-"
    if isinstance(value, str):
        plain = value.strip() == value and value not in ("", "-")
        return value if plain and not value.startswith(('"', "date(")) else quoted(value)
    return repr(value)


def quoted(text: str) -> str:
    r"""Return a text as FEEL writes it.

    Examples
    --------
    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _row(table: DecisionTable, row: Row) -> list[str]:
    days = (day.isoformat() if day else "" for day in (row.valid_from, row.valid_to))
    concluded = (output_text(v, o) for v, o in zip(row.outputs, table.outputs, strict=True))
    return [row.id, *row.cells, *concluded, row.basis, *days, row.note.zh, row.note.en]


def _csv(lines: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([protected(text) for text in line] for line in lines)
    return buffer.getvalue().encode("utf-8-sig")


def _column(column: Input | Output) -> list[str]:
    refers = isinstance(column, Output) and column.refers
    parts: list[tuple[str, object]] = [
        ("id", column.id),
        ("type", f"ref:{column.refers}" if refers else str(column.type)),  # type: ignore[union-attr]  # an output
        ("label", column.label),
        ("values", column.choices),
        ("unit", column.unit),
    ]
    if isinstance(column, Input):
        parts += [
            ("min", column.low),
            ("max", column.high),
            ("whole", column.whole or None),
            ("missing", None if column.missing is Missing.ERROR else str(column.missing)),
        ]
    else:
        parts.append(("default", column.default))
    keep_zero = [(key, value) for key, value in parts if _said(value)]
    return [f"{key} = {_toml(value)}" for key, value in keep_zero]


def _said(value: object) -> bool:
    return value is not None and value not in ("", (), Name())


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Name):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, Choice):
        if value.label == Name():
            return _text(value.value)
        return "{ " + ", ".join([f"id = {_text(value.value)}", *_pairs(value.label)]) + " }"
    if isinstance(value, tuple | frozenset):
        parts = sorted(value) if isinstance(value, frozenset) else value
        return "[" + ", ".join(_toml(part) for part in parts) + "]"
    if isinstance(value, str):
        return _text(value)
    return repr(value)


def _pairs(name: Name) -> list[str]:
    return [f"{key} = {_text(text)}" for key, text in (("zh", name.zh), ("en", name.en)) if text]


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
