"""Many rows of CSV at once: every column a block of bytes, all put side by side.

``csv.writer`` takes microseconds a row, most of it for numbers and instants turned into text
one by one. Here a column of numbers is looked up in a table of four digits, an instant in
tables of dates, minutes and seconds; cells are filled up with a byte that UTF-8 never
holds, and all of it is dropped at the end. The bytes are those of ``csv.writer``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from scenarios.plan import IntArray
from simulator.log_columns import Column, Instants, Numbers, Words

Cells = NDArray[np.uint8]
"""A column's text as UTF-8: a row of bytes for each cell, filled up with :data:`FILLER`."""

FILLER = 0xFF
"""A byte that no UTF-8 text holds."""

DAY, MINUTE = 86_400, 60
_GROUP = 10_000


def cells(column: Column, first_day: date) -> Cells:
    """Return a column of an event log as text; the first day is that of tick 0."""
    match column:
        case Words():
            return words(column.codes, [quoted(word) for word in column.words])
        case Instants():
            return instants(first_day, column.ticks)
        case Numbers():
            return numbers(column.values)


def joined(columns: Sequence[Cells]) -> bytes:
    """Return the rows, cells parted by commas, each row ended by a line feed."""
    rows = len(columns[0])
    width = sum(cells.shape[1] + 1 for cells in columns)
    text = np.empty((rows, width), dtype=np.uint8)
    at = 0
    for cells in columns:
        after = at + cells.shape[1]
        text[:, at:after] = cells
        text[:, after] = ord(",")
        at = after + 1
    text[:, -1] = ord("\n")
    return text.tobytes().translate(None, bytes([FILLER]))


def quoted(field: str) -> str:
    """Return a field as it stands in a row, in quotes where CSV asks for them.

    Examples
    --------
    >>> quoted("a"), quoted("b,c")
    ('a', '"b,c"')
    """
    line = io.StringIO()
    # with an empty field after it: one that stands alone is quoted when it is empty
    csv.writer(line, lineterminator="\n").writerow([field, ""])
    return line.getvalue()[:-2]


def words(codes: IntArray, texts: Sequence[str]) -> Cells:
    """Return a column whose cells are the texts with these numbers."""
    encoded = [text.encode() for text in texts]
    width = max(map(len, encoded), default=0)
    filled = b"".join(text.ljust(width, bytes([FILLER])) for text in encoded)
    table = np.frombuffer(filled, dtype=np.uint8).reshape(len(texts), width)
    return np.asarray(table[codes], dtype=np.uint8)


def numbers(values: IntArray) -> Cells:
    """Return a column of whole numbers."""
    size = np.abs(values)
    groups = 1
    while int(size.max(initial=0)) >= _GROUP**groups:
        groups += 1
    cells = np.full((len(values), 4 * groups + 1), FILLER, dtype=np.uint8)
    cells[values < 0, 0] = ord("-")
    left = size
    for group in reversed(range(groups)):
        digits = left
        if group:
            digits, left = np.divmod(left, _GROUP**group)
        place = 1 + 4 * (groups - 1 - group)
        # the first digits of a number begin without noughts, and there are none before them
        leads = size < _GROUP ** (group + 1)
        row = digits + np.where(leads, _GROUP, 0)
        if group:
            row[size < _GROUP**group] = 2 * _GROUP
        cells[:, place : place + 4] = _digits()[row].view(np.uint8).reshape(-1, 4)
    return cells if (values < 0).any() else cells[:, 1:]


def instants(first_day: date, ticks: IntArray) -> Cells:
    """Return a column of civil instants in ISO 8601, ticks after midnight of the first day."""
    day, second = np.divmod(ticks, DAY)
    least = int(day.min(initial=0))
    days = np.datetime64(first_day, "D") + np.arange(least, int(day.max(initial=0)) + 1)
    dates = _table(np.datetime_as_string(days).tolist())
    minute, second = np.divmod(second, MINUTE)
    minutes, seconds = _clock()
    return np.concatenate([dates[day - least], minutes[minute], seconds[second]], axis=1)


@cache
def _digits() -> NDArray[np.uint32]:
    """Return four bytes for each of 0000 to 9999, 0 to 9999 without noughts, and nothing."""
    filler = chr(FILLER)
    texts = [f"{n:04}" for n in range(_GROUP)] + [f"{n}".rjust(4, filler) for n in range(_GROUP)]
    return np.frombuffer("".join([*texts, 4 * filler]).encode("latin-1"), dtype=np.uint32)


@cache
def _clock() -> tuple[Cells, Cells]:
    """Return ``T09:30`` for each minute of a day, and ``:05`` for each second of a minute."""
    minutes = [f"T{n // 60:02}:{n % 60:02}" for n in range(DAY // MINUTE)]
    return _table(minutes), _table([f":{n:02}" for n in range(MINUTE)])


def _table(texts: Sequence[str]) -> Cells:
    return words(np.arange(len(texts)), texts)
