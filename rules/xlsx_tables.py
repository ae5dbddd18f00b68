"""XLSX workbooks, read as plain tables: sizes checked before anything is unpacked.

A workbook is a zip of XML. One that would unpack to more than a table can hold, or that
declares document types, is refused from its directory; formulas are never computed; text
that begins like a formula is written as text.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from rules.csv_tables import MOST_ROWS, column_letters, is_formula
from rules.files import whole_file
from rules.problems import InputError, Place, Problem, did_you_mean

MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes that all parts of a workbook may have together, unpacked."""
MOST_RATIO = 100
"""A part that shrinks more is no table (only parts above 1 MB are asked)."""
MOST_PARTS = 1000
MOST_COLUMNS = 1000

_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
_CHUNK = 1 << 20
_LONGEST_CELL = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")

Records = list[tuple[int, list[str]]]


def read_sheet(data: bytes, name: str, wanted: str = "") -> tuple[str, Records, list[Problem]]:
    """Read a sheet of a workbook; never raises for what stands in it.

    Parameters
    ----------
    data : bytes
        The workbook.
    name : str
        How messages call it.
    wanted : str
        Name of the sheet; the first by default.

    Returns
    -------
    tuple of str, list and list
        The sheet's name, its rows with their numbers, and the problems.
    """
    problem = refusal(data)
    if problem:
        return "", [], [Problem(Place(name), problem)]
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        try:
            if wanted and wanted not in book.sheetnames:
                hint = did_you_mean(wanted, book.sheetnames)
                return "", [], [Problem(Place(name), f"has no sheet '{wanted}'{hint}")]
            sheet = book[wanted] if wanted else book.worksheets[0]
            sheet.reset_dimensions()
            problems: list[Problem] = []
            records = list(_rows(sheet.iter_rows(), name, sheet.title, problems))
            title = sheet.title
        finally:
            book.close()
    except InputError as error:
        return "", [], list(error.problems)
    except Exception as error:  # openpyxl and its XML readers raise whatever they meet
        what = f"is not a workbook that can be read ({type(error).__name__})"
        return "", [], [Problem(Place(name), what)]
    if not records and not problems:
        problems.append(Problem(Place(name), "is empty: a header row was expected"))
    return title, _same_width(records), problems


def sheet_names(data: bytes) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; none if it cannot be read."""
    if refusal(data):
        return ()
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        names = tuple(sheet.title for sheet in book.worksheets)
        book.close()
    except Exception:  # openpyxl and its XML readers raise whatever they meet; read_sheet says it
        return ()
    return names


def refusal(data: bytes) -> str:
    """Return why a workbook is not even opened, or nothing.

    Examples
    --------
    >>> refusal(b"id,name,days")
    'is not an XLSX workbook (no zip): save it as .xlsx, or name it .csv'
    """
    if not data:
        return "is empty: a workbook was expected"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            listed = parts.infolist()
            if len(listed) > MOST_PARTS:
                return f"has {len(listed)} parts, more than {MOST_PARTS}: it is no table"
            unpacked = sum(part.file_size for part in listed)
            if unpacked > MOST_UNPACKED:
                return (
                    f"would inflate to {unpacked // 2**20} MB, larger than "
                    f"{MOST_UNPACKED // 2**20} MB: it is not opened"
                )
            for part in listed:
                if part.file_size > max(_CHUNK, MOST_RATIO * part.compress_size):
                    ratio = part.file_size // max(1, part.compress_size)
                    return f"'{part.filename[:60]}' inflates {ratio} times its size: not opened"
                if part.flag_bits & 1:
                    return "is protected by a password: save it without"
            if "[Content_Types].xml" not in parts.namelist():
                return "is a zip file but not an XLSX workbook"
            if any(_declares_types(parts, part) for part in listed):
                return "holds a DOCTYPE, which no spreadsheet writes: it is not opened"
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return "is not an XLSX workbook (no zip): save it as .xlsx, or name it .csv"
    except Exception as error:  # the unpackers raise their own errors for broken data
        return f"is damaged ({type(error).__name__})"
    return ""


def _declares_types(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    if not part.filename.casefold().endswith((".xml", ".rels")):
        return False
    tail = b""
    with parts.open(part) as file:
        while chunk := file.read(_CHUNK):
            if any(mark in tail + chunk for mark in _DOCTYPES):
                return True
            tail = chunk[-32:]
    return False


def _rows(
    rows: Iterable[Sequence[object]], name: str, sheet: str, problems: list[Problem]
) -> Iterator[tuple[int, list[str]]]:
    filled = 0
    for number, row in enumerate(rows, start=1):
        if len(row) > MOST_COLUMNS:
            raise InputError.at(name, number, f"has more than {MOST_COLUMNS} columns")
        texts = []
        for place, cell in enumerate(row):
            value: object = getattr(cell, "value", None)
            if getattr(cell, "data_type", "") == "f":
                where = f"{sheet}!{column_letters(place)}{number}"
                what = f"{where}: holds the formula '{str(value)[:40]}'; formulas are not computed"
                problems.append(Problem(Place(name, number), f"{what}: paste its value"))
                value = ""
            texts.append(_text(value))
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            filled += 1
            if filled > MOST_ROWS:
                raise InputError.at(name, number, f"has more than {MOST_ROWS} rows")
            yield number, texts


def _same_width(records: Records) -> Records:
    """Widen rows to the header; a sheet does not say where an empty row ends."""
    if not records:
        return []
    width = len(records[0][1])
    return [(line, cells + [""] * (width - len(cells))) for line, cells in records]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def write_sheets(
    path: Path, sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]
) -> tuple[str, ...]:
    """Write sheets of text cells; the file appears whole or not at all.

    Returns
    -------
    tuple of str
        Texts that begin like a formula and were therefore written as text.

    Raises
    ------
    InputError
        If a text holds a control character, which a workbook cannot.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    for _, lines in sheets:
        for number, line in enumerate(lines, start=1):
            for text in line:
                if _CONTROL.search(text) or len(text) > _LONGEST_CELL:
                    what = f"{text[:40]!a} cannot stand in a workbook's cell"
                    raise InputError.at(path.name, number, what)
    book = openpyxl.Workbook(write_only=True)
    defused: list[str] = []
    for title, lines in sheets:
        sheet = book.create_sheet(title)
        for line in lines:
            cells = []
            for text in line:
                cell = WriteOnlyCell(sheet, text or None)
                if text:
                    cell.data_type = "s"
                if is_formula(text):
                    defused.append(text)
                    cell.quotePrefix = True
                cells.append(cell)
            sheet.append(cells)
    with whole_file(path) as file:
        book.save(file)
    return tuple(defused)
