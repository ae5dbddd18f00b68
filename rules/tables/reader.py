"""Planners' tables: a TOML header and its rows in CSV or XLSX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rules.problems import InputError, Place, Problem, did_you_mean
from rules.steps import Name
from rules.tables.chain import TableSet
from rules.tables.columns import (
    TRUTH,
    ColumnType,
    Fact,
    Input,
    Output,
    check_fact,
)
from rules.tables.feel import evaluate
from rules.tables.feel_syntax import FeelSyntaxError
from rules.tables.header import read_day, read_header, table_header
from rules.tables.table import DecisionTable, Row
from rules.xlsx_tables import read_sheet

_ALIASES = {
    "id": ("id", "row", "行", "编号"),
    "basis": ("basis", "依据", "法律依据"),
    "valid_from": ("valid_from", "生效日期", "生效"),
    "valid_to": ("valid_to", "失效日期", "失效"),
    "note_zh": ("note_zh", "备注"),
    "note_en": ("note_en", "note"),
}
_MOST_ROWS = 100_000


def read_table(path: Path | str, check_overlaps: bool = True) -> DecisionTable:
    """Read a table from its TOML header.

    Parameters
    ----------
    path : Path or str
        The header; its ``rows`` names the CSV or XLSX file beside it.
    check_overlaps : bool
        Whether overlaps that hit policies U and A forbid are problems; without, they
        are left to :func:`rules.tables.lint.lint` and to evaluation.

    Raises
    ------
    InputError
        With every problem of header and rows, each with file, line and column.
    """
    path = Path(path)
    header = read_header(path)
    frame = table_header(header, path.name)
    rows_path = path.parent / str(header.get("rows", path.stem + ".csv"))
    problems: list[Problem] = []
    rows = _Rows(rows_path.name, frame.inputs, frame.outputs, problems)
    read = rows.read(_lines(rows_path))
    try:
        table = replace(frame, rows=read, file=rows_path.name)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if check_overlaps:
        problems += table.conflicts()
    if problems:
        raise InputError(problems)
    return table


def read_tables(folder: Path | str) -> TableSet:
    """Read every table whose TOML header stands in a folder, as a set that is chained.

    Raises
    ------
    InputError
        With the problems of all tables at once.
    """
    folder = Path(folder)
    tables: list[DecisionTable] = []
    problems: list[Problem] = []
    headers = sorted(folder.glob("*.toml"))
    if not headers:
        raise InputError.at(str(folder), 0, "no table header (*.toml) stands here")
    for header in headers:
        try:
            tables.append(read_table(header))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return TableSet(tuple(tables), folder.name)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines of a CSV or XLSX file with their numbers, blank ones left out."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError.at(path.name, 0, f"cannot be read: {error.strerror}") from None
    if path.suffix == ".xlsx":
        _, lines, problems = read_sheet(data, path.name)
        if problems:
            raise InputError(problems)
    else:
        lines = list(_csv(data, path.name))
    return [(number, line) for number, line in lines if any(cell.strip() for cell in line)]


def _csv(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise InputError.at(name, 0, "is neither UTF-8 nor GB18030") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        start = 1
        for line in reader:
            yield start, [unprotected(cell) for cell in line]
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError.at(name, reader.line_num, f"is not CSV: {error}") from None


_STARTS_FORMULA = re.compile(r"[=+@\t\r']|-(?!\s*[\d.]|$)")


def protected(text: str) -> str:
    """Return a text that a spreadsheet program does not take for a formula.

    Examples
    --------
    >>> protected("=cmd()"), protected("-"), protected("-5")
    ("'=cmd()", '-', '-5')
    """
    return (
        f"'{text}" if _STARTS_FORMULA.match(text) or re.match(r"-[\d.].*[^\d.\s]", text) else text
    )


def unprotected(text: str) -> str:
    """Undo :func:`protected`.

    Examples
    --------
    >>> unprotected("'=5"), unprotected("'tis")
    ('=5', "'tis")
    """
    return text[1:] if text.startswith("'") and protected(text[1:]) != text[1:] else text


@dataclass(slots=True)
class _Rows:
    """Reads rows; collects what is wrong with them."""

    file: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    problems: list[Problem]

    @property
    def every(self) -> tuple[Input | Output, ...]:
        """The columns that the header declares."""
        return (*self.inputs, *self.outputs)

    def read(self, lines: Sequence[tuple[int, list[str]]]) -> tuple[Row, ...]:
        if not lines:
            raise InputError.at(self.file, 0, "has no header line")
        columns = self.columns(*lines[0])
        rows: list[Row] = []
        for number, line in lines[1 : _MOST_ROWS + 1]:
            if len(line) > len(lines[0][1]) and any(
                cell.strip() for cell in line[len(lines[0][1]) :]
            ):
                self.say(
                    number, f"{len(line)} cells, but the header names {len(lines[0][1])} columns"
                )
                continue
            if len(line) < len(lines[0][1]) and not self.file.endswith(".xlsx"):
                self.say(
                    number, f"{len(line)} cells, but the header names {len(lines[0][1])} columns"
                )
                continue
            rows.append(self.row(number, [*line, *[""] * (len(lines[0][1]) - len(line))], columns))
        if len(lines) > _MOST_ROWS + 1:
            self.say(lines[_MOST_ROWS][0], f"more than {_MOST_ROWS} rows")
        return tuple(rows)

    def say(self, line: int, message: str) -> None:
        self.problems.append(Problem(Place(self.file, line), message))

    def columns(self, number: int, header: Sequence[str]) -> dict[str, int]:
        """Return where each column stands, by its key."""
        names = {alias: key for key, aliases in _ALIASES.items() for alias in aliases}
        units: dict[str, set[str]] = {}
        for column in self.every:
            units[column.id] = {column.unit.zh, column.unit.en} - {""}
            for label in (column.label.zh, column.label.en, column.id):
                if label:
                    names[label] = column.id
        places: dict[str, int] = {}
        for place, title in enumerate(header):
            name, unit = title.strip(), ""
            if name not in names and (match := re.fullmatch(r"(.+?)\s*[(\[(](.+?)[)\])]", name)):
                name, unit = match[1], match[2]
            key = names.get(name)
            if key is None:
                if name:
                    self.say(number, f"column '{name}' is not declared{did_you_mean(name, names)}")
                elif place < len(header):
                    self.say(number, f"column {place + 1} has no name")
            elif key in places:
                self.say(number, f"column '{name}' stands twice")
            else:
                places[key] = place
                if unit and unit not in units.get(key, set()):
                    wanted = " or ".join(sorted(units.get(key, set()))) or "none"
                    self.say(number, f"{key}: the unit '{unit}' is not the declared one, {wanted}")
        for column in self.every:
            if column.id not in places:
                self.say(
                    number, f"column '{column.id}' is declared in the header file but missing here"
                )
        return places

    def row(self, number: int, line: Sequence[str], columns: Mapping[str, int]) -> Row:
        def text(key: str) -> str:
            found = line[columns[key]].strip() if key in columns else ""
            return found.replace("\r\n", "\n").replace("\r", "\n")

        return Row(
            text("id") or f"row{number}",
            tuple(text(column.id) or "-" for column in self.inputs),
            tuple(self.output(number, column, text(column.id)) for column in self.outputs),
            text("basis"),
            self.date(number, "valid_from", text("valid_from")),
            self.date(number, "valid_to", text("valid_to")),
            Name(text("note_zh"), text("note_en")),
            number,
        )

    def date(self, number: int, key: str, text: str) -> date | None:
        try:
            return read_day(text) if text else None
        except ValueError as error:
            self.say(number, f"{key}: {error}")
            return None

    def output(self, number: int, column: Output, text: str) -> Fact:
        try:
            return read_output(text, column)
        except ValueError as error:
            self.say(number, f"{column.id}: {error}")
            return None


def read_output(text: str, column: Output) -> Fact:
    """Read a conclusion; texts may stand in quotes or bare, empty or ``-`` means none.

    Raises
    ------
    ValueError
        Saying what the column expects.
    """
    if text in ("", "-"):
        return None
    value: object = text
    if text.startswith('"') or text.startswith("date(") or column.type is ColumnType.NUMBER:
        try:
            value = evaluate(f"[{text}]" if column.type is ColumnType.SET else text)
        except FeelSyntaxError:
            raise ValueError(f"'{text}' is not a value of type {column.type}") from None
        if column.type is ColumnType.NUMBER and isinstance(value, bool | str | None):
            raise ValueError(f"'{text}' is not a number")
    elif column.type is ColumnType.SET:
        value = [part.strip() for part in re.split(r"[;,;、]", text) if part.strip()]
    elif column.type is ColumnType.BOOL:
        if text.casefold() not in TRUTH:
            raise ValueError(f"'{text}' is neither true nor false")
        value = TRUTH[text.casefold()]
    return check_fact(column, value)
