"""CSV tables as spreadsheets write them: any usual encoding, bilingual headers, line numbers.

A table is read whole, every mistake noted with its line. Planners may give
columns their Chinese or English header; see :class:`Column`.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rules.problems import Place, Problem, did_you_mean

MOST_BYTES = 64 * 1024 * 1024
"""A larger file is not a table that a person edits; it is refused before it is read."""

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
    """

    key: str
    aliases: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: cells by column key, stripped, and the line it starts on."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the cell, or an empty string where the table has no such column."""
        return self.cells.get(column, "")


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


def read_table(path: Path, columns: Sequence[Column], name: str = "") -> Table:
    """Read a CSV file; never raises for what stands in it.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of Column
        What the table may hold; another header is a problem with the nearest name.
    name : str
        How messages call the file; its file name by default.
    """
    name = name or path.name
    try:
        if path.stat().st_size > MOST_BYTES:
            return _unreadable(name, f"is larger than {MOST_BYTES // 2**20} MB")
        text, notes = _decode(path.read_bytes())
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        return _unreadable(name, "is neither UTF-8 nor GB18030: save it as CSV UTF-8")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return _unreadable(name, "holds a NUL byte: it is not a text file", line)
    if not text.strip():
        return _unreadable(name, "is empty: a header row was expected")
    records, problems = _records(name, text)
    if not records:
        return Table(name, problems=tuple(problems), notes=notes)
    keys, header_problems = _header(name, *records[0], columns)
    problems += header_problems
    if any(column.required and column.key not in keys for column in columns):
        return Table(name, problems=tuple(problems), notes=notes)
    rows = []
    for line, cells in records[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(keys):
            problems.append(
                Problem(
                    Place(name, line),
                    f"the row has {len(cells)} fields, the header has {len(keys)} columns",
                )
            )
            continue
        rows.append(
            Row(line, {key: cell.strip() for key, cell in zip(keys, cells, strict=True) if key})
        )
    found = tuple(key for key in keys if key)
    return Table(name, found, tuple(rows), tuple(problems), notes)


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
    name: str, line: int, cells: Iterable[str], columns: Sequence[Column]
) -> tuple[list[str], list[Problem]]:
    words = {
        _folded(word): column.key for column in columns for word in (column.key, *column.aliases)
    }
    keys: list[str] = []
    problems: list[Problem] = []
    for cell in cells:
        key = words.get(_folded(cell), "")
        if not key and cell.strip():
            hint = did_you_mean(cell.strip(), [c.key for c in columns])
            problems.append(Problem(Place(name, line), f"unknown column '{cell.strip()}'{hint}"))
        if key and key in keys:
            problems.append(Problem(Place(name, line), f"the column '{key}' stands twice"))
        keys.append(key)
    for column in columns:
        if column.required and column.key not in keys:
            found = ", ".join(key for key in keys if key)
            problems.append(
                Problem(
                    Place(name, line),
                    f"the column '{column.key}' is missing; found: {found or 'none known'}",
                )
            )
    return keys, problems


def _folded(header: str) -> str:
    return header.strip().casefold().replace(" ", "_").replace("-", "_")
