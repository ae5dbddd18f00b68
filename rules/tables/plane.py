"""One or two tables laid on common axes, so that their rows can be compared as boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from rules.steps import Name
from rules.tables.axes import (
    Axis,
    Box,
    MemberAxis,
    OrderedAxis,
    axes_of,
    boxes_of,
    describe,
    example,
)
from rules.tables.columns import ANYTHING, Cell, ColumnType, Fact, Input, Ordered, Span
from rules.tables.outcome import Conclusion, Outcome, Record
from rules.tables.table import DecisionTable, HitPolicy

AS_OF = "as_of"
"""Key of the day on which a case is decided, an axis of its own where rows are dated."""

_DAY = Input(AS_OF, ColumnType.DATE, Name("日期", "day"))


@dataclass(frozen=True, slots=True)
class Plane:
    """Axes, and the boxes of every row of every table on them.

    Attributes
    ----------
    axes : tuple of Axis
        The axes of all inputs, last the day if rows are dated.
    full : Box
        Every possible case.
    rows : tuple
        For every table for every row its boxes.
    """

    axes: tuple[Axis, ...]
    full: Box
    rows: tuple[tuple[tuple[Box, ...], ...], ...]

    def describe(self, box: Box, language: str) -> str:
        """Return a box in words."""
        return describe(box, self.axes, language)

    def example(self, box: Box) -> dict[str, Fact]:
        """Return the facts of a case in a box; :data:`AS_OF` among them where rows are dated."""
        return example(box, self.axes)

    def holds(self, box: Box, facts: Mapping[str, object]) -> bool:
        """Whether a case lies in a box; axes whose fact it lacks are not looked at."""
        for axis, mask in zip(self.axes, box, strict=True):
            value = facts.get(axis.column.id)
            if value is None or mask == axis.full:
                continue
            if isinstance(axis, MemberAxis):
                piece = int(axis.member in cast("frozenset[str]", value))
            else:
                piece = axis.piece(cast("Fact", value))
            if not mask >> piece & 1:
                return False
        return True


def plane_of(*tables: DecisionTable) -> Plane:
    """Lay tables on common axes; an input that a table lacks does not matter to it."""
    columns: dict[str, Input] = {}
    for table in tables:
        for column in table.inputs:
            known = columns.get(column.id)
            columns[column.id] = column if known is None else _merged(known, column)
    cells = [
        [_cells(table, number, columns) for number in range(len(table.rows))] for table in tables
    ]
    dated = any(table.engine.dated for table in tables)
    inputs = [*columns.values()]
    if dated:
        inputs.append(_DAY)
        for table, rows in zip(tables, cells, strict=True):
            for row, own in zip(table.rows, rows, strict=True):
                own.append(_days(row.valid_from, row.valid_to))
    in_force = _common_days(tables)
    axes = [
        axes_of(column, [*(row[n] for rows in cells for row in rows), *_also(column, in_force)])
        for n, column in enumerate(inputs)
    ]
    flat = tuple(axis for own in axes for axis in own)
    full = tuple(axis.full for axis in flat)
    if dated:
        full = (*full[:-1], cast("OrderedAxis", flat[-1]).mask(in_force))
    boxes = tuple(tuple(tuple(boxes_of(row, axes)) for row in rows) for rows in cells)
    return Plane(flat, full, boxes)


def meaning(table: DecisionTable, outcome: Outcome) -> Conclusion:
    """Return what a reader can tell of an outcome; the order of a plain collection is no matter."""
    conclusion = outcome.conclusion
    if table.hit_policy is HitPolicy.COLLECT and isinstance(conclusion, tuple):
        return tuple(sorted(conclusion, key=repr))
    return conclusion


def in_words(table: DecisionTable, conclusion: Conclusion, broken: str, language: str) -> str:
    """Return a conclusion for people."""
    chinese = language == "zh"
    if broken:
        return "命中策略冲突" if chinese else "an error (the rows that match break the hit policy)"
    if table.hit_policy.listed and isinstance(conclusion, tuple):
        records = [_record(table, record, language) for record in conclusion]
        return ("、" if chinese else " and ").join(records) or ("无" if chinese else "nothing")
    return _record(table, conclusion, language)


def _record(table: DecisionTable, record: Conclusion, language: str) -> str:
    values: Sequence[Record] = record if isinstance(record, tuple) else (record,)
    if record is None or len(values) != len(table.outputs):
        return (
            ("无结论" if language == "zh" else "no conclusion") if record is None else str(record)
        )
    words = [o.shown(cast("Fact", v), language) for o, v in zip(table.outputs, values, strict=True)]
    return words[0] + (f" ({', '.join(words[1:])})" if words[1:] else "")


def _cells(table: DecisionTable, row: int, columns: Mapping[str, Input]) -> list[Cell]:
    own = dict(zip(table.input_ids, table.engine.cells[row], strict=True))
    return [own.get(key, ANYTHING) for key in columns]


def _days(first: date | None, last: date | None) -> Cell:
    return (
        ANYTHING
        if first is None and last is None
        else Cell((Span(first, True, last, True),), False)
    )


def _common_days(tables: Sequence[DecisionTable]) -> Cell:
    """Return the days on which some of the tables is in force."""
    starts = [table.valid_from for table in tables]
    ends = [table.valid_to for table in tables]
    first = None if None in starts else min(cast("list[date]", starts))
    last = None if None in ends else max(cast("list[date]", ends))
    return _days(first, last)


def _also(column: Input, in_force: Cell) -> tuple[Cell, ...]:
    return (in_force,) if column is _DAY else ()


def _merged(a: Input, b: Input) -> Input:
    """Return a column that can hold what either can."""
    choices = {choice.value: choice for choice in (*b.choices, *a.choices)}
    order = dict.fromkeys((*a.values, *b.values))
    return replace(
        a,
        choices=tuple(choices[value] for value in order) if a.choices and b.choices else (),
        low=_wider(a.low, b.low, min),
        high=_wider(a.high, b.high, max),
        whole=a.whole and b.whole,
    )


def _wider(a: Ordered | None, b: Ordered | None, choose: Callable[..., Ordered]) -> Ordered | None:
    return None if a is None or b is None else choose(a, b)
