"""Many cases at once: a table over arrays, the same answers as one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from rules.problems import InputError
from rules.tables.axes import ChoiceAxis, OrderedAxis
from rules.tables.columns import ColumnType
from rules.tables.engine import rows_by_piece
from rules.tables.outcome import Outcome
from rules.tables.table import DecisionTable, HitPolicy

if TYPE_CHECKING:
    from numpy.typing import NDArray

Whole: TypeAlias = "NDArray[np.int64]"
Words: TypeAlias = "NDArray[np.uint64]"

_BLOCK = 1 << 15  # cases whose arrays fit the processor's cache together
_BITS = 64


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a table makes of many cases.

    Attributes
    ----------
    table : DecisionTable
        The table.
    outcomes : tuple of Outcome
        The outcomes that occur or could.
    which : array of int
        For every case the number of its outcome.
    """

    table: DecisionTable
    outcomes: tuple[Outcome, ...]
    which: Whole

    @property
    def row(self) -> Whole:
        """For every case the (first) row that fired, from 0; -1 where none did."""
        fired = [outcome.fired[0] if outcome.fired else -1 for outcome in self.outcomes]
        return np.asarray(fired, dtype=np.int64)[self.which]

    def values(self, output: str = "") -> NDArray[np.object_]:
        """Return for every case the conclusion, or one output of it.

        Parameters
        ----------
        output : str
            Key of an output, for tables with several of which one row decides.
        """
        concluded = np.empty(len(self.outcomes), dtype=object)
        place = [o.id for o in self.table.outputs].index(output) if output else 0
        for number, outcome in enumerate(self.outcomes):
            value = outcome.conclusion
            several = output and isinstance(value, tuple)
            concluded[number] = cast("tuple[object, ...]", value)[place] if several else value
        return concluded[self.which]


def evaluate_columns(
    table: DecisionTable, facts: Mapping[str, object], as_of: date | None = None
) -> Decisions:
    """Decide many cases.

    Parameters
    ----------
    table : DecisionTable
        A table without set inputs; its facts must all be given.
    facts : mapping of str to array
        For every input its values, one a case: numbers, truth values, texts, dates
        (``datetime64[D]``); for an enum also whole numbers that count its values from 0.
    as_of : date, optional
        The day whose rows apply.

    Raises
    ------
    InputError
        If a fact is missing or wrong, or a case breaks the hit policy.

    Examples
    --------
    >>> from rules.tables.columns import Input, Output
    >>> from rules.tables.table import Row
    >>> table = DecisionTable(
    ...     "days", (Input("land", ColumnType.NUMBER),), (Output("days", ColumnType.NUMBER),),
    ...     (Row("small", ("< 50",), (7,)), Row("large", (">= 50",), (15,))),
    ... )
    >>> evaluate_columns(table, {"land": np.array([49.5, 50])}).values().tolist()
    [7, 15]
    """
    missing = [column.id for column in table.inputs if column.id not in facts]
    if missing:
        raise InputError.at(table.place_name, 0, f"facts are missing: {', '.join(missing)}")
    if not table.inputs:
        raise InputError.at(
            table.place_name, 0, "a table without inputs has no cases to tell apart"
        )
    arrays = {column.id: np.asarray(facts[column.id]) for column in table.inputs}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        raise InputError.at(table.place_name, 0, f"columns of different lengths: {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    columns = [_Column.of(table, number) for number in range(len(table.inputs))]
    words = -(-len(table.rows) // _BITS) or 1
    start = _words_of(table.engine.in_force(as_of), words)
    matching = np.empty((words, count), dtype=np.uint64)
    for first in range(0, count, _BLOCK):
        block = slice(first, first + _BLOCK)
        pieces = [column.pieces(arrays[column.axis.column.id][block], first) for column in columns]
        for word in range(words):
            hits = columns[0].masks[word][pieces[0]] & start[word]
            for column, piece in zip(columns[1:], pieces[1:], strict=True):
                hits &= column.masks[word][piece]
            matching[word, block] = hits
    return _decided(table, matching)


@dataclass(frozen=True, slots=True)
class _Column:
    """One input: how values become pieces, and which rows each piece allows."""

    table: DecisionTable
    axis: OrderedAxis | ChoiceAxis
    masks: list[Words]
    possible: NDArray[np.bool_]

    @classmethod
    def of(cls, table: DecisionTable, number: int) -> _Column:
        axis = table.engine.axes[number][0] if table.engine.axes[number] else None
        if not isinstance(axis, OrderedAxis | ChoiceAxis):
            name = table.inputs[number].id
            raise InputError.at(
                table.place_name, 0, f"{name} is a set; decide such cases one by one"
            )
        by_piece = rows_by_piece(axis, [row[number] for row in table.engine.cells])
        words = -(-len(table.rows) // _BITS) or 1
        columns = [[_words_of(mask, words)[word] for mask in by_piece] for word in range(words)]
        possible = [bool(axis.full >> piece & 1) for piece in range(axis.size)]
        return cls(table, axis, [np.array(c, dtype=np.uint64) for c in columns], np.array(possible))

    def pieces(self, values: NDArray[np.generic], first: int) -> Whole:
        """Return the piece of every value; ``first`` counts the cases before."""
        if isinstance(self.axis, OrderedAxis):
            return self.ordered(self.axis, values, first)
        if self.axis.column.type is ColumnType.BOOL:
            if values.dtype != np.bool_:
                self.fail(f"holds {values.dtype}, not truth values")
            return values.astype(np.int64)
        return self.choices(self.axis, values, first)

    def ordered(self, axis: OrderedAxis, values: NDArray[np.generic], first: int) -> Whole:
        if axis.column.type is ColumnType.DATE:
            if values.dtype.kind != "M":
                self.fail(f"holds {values.dtype}, not dates (datetime64[D])")
            values = values.astype("datetime64[D]")
            if np.isnat(values).any():
                self.fail("a date is missing", np.isnat(values), first)
            points = np.array(axis.points, dtype="datetime64[D]")
        else:
            if values.dtype.kind not in "iuf":
                self.fail(f"holds {values.dtype}, not numbers")
            if values.dtype.kind == "f" and not np.isfinite(values.astype(float)).all():
                self.fail("a number is missing", ~np.isfinite(values.astype(float)), first)
            points = np.array(axis.points)
            if axis.column.whole and values.dtype.kind == "f":
                broken = values.astype(float) % 1 != 0
                if broken.any():
                    self.fail("a number is not whole", broken, first)
        if not len(points):
            return np.zeros(len(values), dtype=np.int64)
        at = np.searchsorted(points, values)
        found = 2 * at + (points[np.minimum(at, len(points) - 1)] == values)
        if not self.possible.all() and not self.possible[found].all():
            self.fail("outside the possible values", ~self.possible[found], first)
        return cast("Whole", found)

    def choices(self, axis: ChoiceAxis, values: NDArray[np.generic], first: int) -> Whole:
        if values.dtype.kind in "iu" and axis.column.choices:
            numbers = values.astype(np.int64)
            wrong = (numbers < 0) | (numbers >= axis.size)
            if wrong.any():
                self.fail(f"counts the values from 0 to {axis.size - 1}", wrong, first)
            return numbers
        if values.dtype.kind not in "UOT":
            self.fail(f"holds {values.dtype}, not texts")
        known = {value: piece for piece, value in enumerate(axis.values) if value is not None}
        other = axis.values.index(None) if None in axis.values else -1
        texts, back = np.unique(values.astype(str), return_inverse=True)
        found = np.array([known.get(str(text), other) for text in texts], dtype=np.int64)[back]
        if (found < 0).any():
            self.fail("is no value of it", found < 0, first)
        return found

    def fail(self, message: str, wrong: NDArray[np.bool_] | None = None, first: int = 0) -> None:
        where = (
            f" (case {first + int(np.argmax(wrong))}, counted from 0)" if wrong is not None else ""
        )
        raise InputError.at(self.table.place_name, 0, f"{self.axis.column.id}: {message}{where}")


def _decided(table: DecisionTable, matching: Words) -> Decisions:
    engine, one_word = table.engine, matching.shape[0] == 1
    if table.hit_policy is HitPolicy.FIRST and one_word and len(table.rows):
        # the lowest bit that is set is a power of two; its exponent is the row
        hits = matching[0]
        exponents = np.frexp((hits & (~hits + np.uint64(1))).astype(np.float64))[1]
        rows = exponents.astype(np.int64) - 1
        none = len(table.rows)
        missed = rows < 0
        if missed.any():
            engine.outcome(0)  # refuses where the table is complete
            rows[missed] = none
        outcomes = tuple(engine.outcome(1 << n, loud=False) for n in range(none))
        return Decisions(table, (*outcomes, engine.outcome(0, loud=False)), rows)
    if one_word:
        distinct, which = np.unique(matching[0], return_inverse=True)
        masks = [int(mask) for mask in distinct]
    else:
        table_of_words, which = np.unique(matching.T, axis=0, return_inverse=True)
        masks = [
            sum(int(word) << (_BITS * n) for n, word in enumerate(line)) for line in table_of_words
        ]
    return Decisions(table, tuple(map(engine.outcome, masks)), which.reshape(-1).astype(np.int64))


def _words_of(mask: int, words: int) -> list[np.uint64]:
    low = (1 << _BITS) - 1
    return [np.uint64(mask >> (_BITS * n) & low) for n in range(words)]
