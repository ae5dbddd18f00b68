"""Planners' tables, CSV or XLSX: any usual encoding, bilingual headers, line numbers.

A table is read whole, every mistake noted with its line. Planners may give
columns their Chinese or English header; see :class:`Column`. Text that a spreadsheet
would run as a formula is written with an apostrophe before it and read without.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rules.problems import Place, Problem, did_you_mean

MOST_BYTES = 64 * 1024 * 1024
"""A larger file is not a table that a person edits; it is refused before it is read."""

MOST_ROWS = 200_000
"""More rows are a log, not a table that a person edits."""

_LONGEST_FIELD = 131_072
_INVISIBLE = {"Cf", "Cc", "Co", "Cs"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have.

    Attributes
    ----------
    key : str
        English header and the word used in messages.
    aliases : tuple of str
        Other headers that mean the same, Chinese ones included.
    required : bool
        Whether a table without it is refused.
    or_else : str
        Key of a column that stands in for a required one.
    open_ended : bool
        Whether a row may end before it, if it is the table's last: wording that a planner
        who writes in one language leaves off.
    """

    key: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    or_else: str = ""
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: cells by column key, stripped, and the line it starts on.

    Attributes
    ----------
    line : int
        Line of the file, or row of the sheet.
    cells : dict of str to str
        By column key.
    sheet : str
        Name of the workbook's sheet; empty for CSV.
    letters : dict of str to str
        By column key the sheet's column letters.
    """

    line: int
    cells: dict[str, str]
    sheet: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        """Return the cell, or an empty string where the table has no such column."""
        return self.cells.get(column, "")

    def located(self, message: str) -> str:
        """Return a message that begins with a column's key, led by the workbook's cell.

        Examples
        --------
        >>> row = Row(14, {"days": "-3"}, "Sheet1", {"days": "C"})
        >>> row.located("days: '-3' is not a whole number")
        "Sheet1!C14: days: '-3' is not a whole number"
        """
        letters = self.letters.get(message.partition(":")[0])
        return f"{self.sheet}!{letters}{self.line}: {message}" if letters else message


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, its problems and what the reader should say about it.

    Attributes
    ----------
    file : str
        Name for messages.
    columns : tuple of str
        Keys of the columns found.
    rows : tuple of Row
        Sound rows only.
    problems : tuple of Problem
        Everything wrong with the file's shape.
    notes : tuple of str
        For instance that the file was read as GB18030.
    """

    file: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=())


def read_table(
    path: Path,
    columns: Sequence[Column],
    name: str = "",
    headers: Mapping[str, str] | None = None,
    sheet: str = "",
) -> Table:
    """Read a CSV or XLSX file; never raises for what stands in it.

    Parameters
    ----------
    path : Path
        The file; one that ends in ``.xlsx`` is read as a workbook, its first sheet.
    columns : sequence of Column
        What the table may hold; another header is a problem with the nearest name.
    name : str
        How messages call the file; its file name by default.
    headers : mapping of str to str, optional
        For files of other systems: what their headers mean, by column key; a header
        that means ``""`` is passed over.
    sheet : str
        Name of a workbook's sheet; its first by default.
    """
    name = name or path.name
    try:
        if path.stat().st_size > MOST_BYTES:
            return _unreadable(name, f"is larger than {MOST_BYTES // 2**20} MB")
        data = path.read_bytes()
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror or error}")
    if path.suffix.casefold() == ".xlsx":
        from rules.xlsx_tables import read_sheet

        title, records, problems = read_sheet(data, name, sheet)
        return _table(name, records, problems, columns, (), headers, title)
    try:
        text, notes = _decode(data)
    except UnicodeDecodeError:
        return _unreadable(name, "is neither UTF-8 nor GB18030: save it as CSV UTF-8")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return _unreadable(name, "holds a NUL byte: it is not a text file", line)
    if not text.strip():
        return _unreadable(name, "is empty: a header row was expected")
    records, problems = _records(name, text)
    return _table(name, records, problems, columns, notes, headers)


def _table(
    name: str,
    records: list[tuple[int, list[str]]],
    problems: list[Problem],
    columns: Sequence[Column],
    notes: tuple[str, ...],
    headers: Mapping[str, str] | None,
    sheet: str = "",
) -> Table:
    if not records:
        return Table(name, problems=tuple(problems), notes=notes)
    keys, header_problems = _header(name, *records[0], columns, headers or {})
    problems += [_in_sheet(problem, sheet) for problem in header_problems]
    if any(_absent(column, keys) for column in columns):
        return Table(name, problems=tuple(problems), notes=notes)
    letters = {key: column_letters(n) for n, key in enumerate(keys) if key} if sheet else {}
    rows = []
    spare = {column.key for column in columns if column.open_ended}
    for line, written in records[1:]:
        if not any(cell.strip() for cell in written):
            continue
        left_off = keys[-1] in spare and len(written) == len(keys) - 1
        cells = [*written, ""] if left_off else written
        if len(cells) != len(keys):
            problems.append(
                Problem(
                    Place(name, line),
                    f"the row has {len(cells)} fields, the header has {len(keys)} columns",
                )
            )
            continue
        pairs = zip(keys, cells, strict=True)
        clean = {key: _clean(cell, plain=bool(sheet)) for key, cell in pairs if key}
        rows.append(Row(line, clean, sheet, letters))
    found = tuple(key for key in keys if key)
    return Table(name, found, tuple(rows), tuple(problems), notes)


def _in_sheet(problem: Problem, sheet: str) -> Problem:
    """Name the sheet too, since one workbook may hold several tables."""
    return Problem(problem.place, f"sheet '{sheet}': {problem.message}") if sheet else problem


def write_csv(path: Path, lines: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Write rows as CSV that Excel opens: UTF-8 with BOM, formulas defused.

    Returns
    -------
    tuple of str
        Texts that begin like a formula and were therefore written as text.
    """
    defused: list[str] = []
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for line in lines:
        defused += [cell for cell in line if is_formula(cell)]
        writer.writerow([protected(cell) for cell in line])
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return tuple(defused)


_FORMULA = re.compile(r"'*[=+\-@\t]")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run the text (or whether it looks defused already)."""
    return _FORMULA.match(cell) is not None


def protected(cell: str) -> str:
    """Return a text as a spreadsheet takes it for text; :func:`unprotected` undoes it.

    Examples
    --------
    >>> protected("=cmd()"), unprotected("'=cmd()"), unprotected("'tis")
    ("'=cmd()", '=cmd()', "'tis")
    >>> unprotected(protected("'=x"))
    "'=x"
    """
    return f"'{cell}" if is_formula(cell) else cell


def unprotected(cell: str) -> str:
    """Undo :func:`protected`."""
    return cell[1:] if cell.startswith("'") and is_formula(cell) else cell


def _clean(cell: str, *, plain: bool) -> str:
    cell = cell.strip()
    return (cell if plain else unprotected(cell)).replace("\r\n", "\n").replace("\r", "\n")


def column_letters(number: int) -> str:
    """Return a sheet's column letters, counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


def key_problem(key: str) -> str:
    r"""Return what makes a key unfit (invisible or mixed-script characters), or nothing.

    Examples
    --------
    >>> key_problem("S01"), key_problem("受理")
    ('', '')
    >>> key_problem("pa1\u200b")
    'holds the invisible character U+200B'
    >>> key_problem("\u0440a1")
    'holds U+0440, which looks like a Latin letter but is CYRILLIC SMALL LETTER ER'
    """
    for letter in key:
        if unicodedata.category(letter) in _INVISIBLE:
            return f"holds the invisible character U+{ord(letter):04X}"
        name = unicodedata.name(letter, "")
        if name.startswith(("CYRILLIC", "GREEK", "FULLWIDTH")):
            return f"holds U+{ord(letter):04X}, which looks like a Latin letter but is {name}"
    return ""


def _unreadable(name: str, what: str, line: int = 0) -> Table:
    return Table(name, problems=(Problem(Place(name, line), what),))


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), ("read as UTF-16",)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return data.decode("gb18030"), ("read as GB18030",)


def _records(name: str, text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    """Split into records with the line each starts on; stop at the first broken one."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if cells:
                records.append((start, cells))
            if len(records) > MOST_ROWS:
                what = f"has more than {MOST_ROWS} rows: it is no table that a person edits"
                return [], [Problem(Place(name, start), what)]
            start = reader.line_num + 1
    except csv.Error as error:
        what = str(error)
        message = (
            "a quote opened on this line is never closed"
            if "unexpected end of data" in what
            else f"the row cannot be read: {what}"
        )
        return records, [Problem(Place(name, start), message)]
    return records, []


def _header(
    name: str,
    line: int,
    cells: Iterable[str],
    columns: Sequence[Column],
    headers: Mapping[str, str],
) -> tuple[list[str], list[Problem]]:
    words = {
        _folded(word): column.key for column in columns for word in (column.key, *column.aliases)
    }
    words |= {_folded(word): key for word, key in headers.items()}
    keys: list[str] = []
    problems: list[Problem] = []
    for cell in cells:
        word = _folded(cell)
        key = words.get(word, "")
        if not key and word and word not in words:
            hint = did_you_mean(cell.strip(), [c.key for c in columns])
            problems.append(Problem(Place(name, line), f"unknown column '{cell.strip()}'{hint}"))
        if key and key in keys:
            problems.append(Problem(Place(name, line), f"the column '{key}' stands twice"))
        keys.append(key)
    for column in columns:
        if _absent(column, keys):
            found = ", ".join(key for key in keys if key)
            problems.append(
                Problem(
                    Place(name, line),
                    f"the column '{column.key}' is missing; found: {found or 'none known'}",
                )
            )
    return keys, problems


def _absent(column: Column, keys: Sequence[str]) -> bool:
    return column.required and column.key not in keys and column.or_else not in (set(keys) - {""})


def _folded(header: str) -> str:
    return header.strip().casefold().replace(" ", "_").replace("-", "_")
