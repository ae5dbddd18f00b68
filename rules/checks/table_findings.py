"""Decision tables in a catalogue's report: C2-C4 as they stand, C7 of dates, what rows conclude."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from rules.checks.finding import Finding, Severity, error
from rules.items import Validity
from rules.problems import Place
from rules.steps import Name
from rules.tables.chain import TableSet
from rules.tables.columns import Cell, Fact, Span
from rules.tables.engine import valid_on
from rules.tables.lint import lint as lint_table
from rules.tables.table import DecisionTable, HitPolicy, Row


@dataclass(frozen=True, slots=True)
class Concluded:
    """A key that a row of a table can conclude.

    Attributes
    ----------
    table, row : DecisionTable, Row
        What concludes it.
    refers : str
        Kind of key: item, material, survey, intermediary ...
    value : str
        The key.
    """

    table: DecisionTable
    row: Row
    refers: str
    value: str


def table_findings(tables: TableSet, on: date) -> Iterator[Finding]:
    """Return the findings C2, C3 and C4 of every table in force, and C7 of all."""
    for table in tables.in_force(on):
        for found in lint_table(_within(table)):
            yield Finding(
                found.id,
                found.kind,
                Severity(found.severity),
                found.place,
                (table.id, *found.rows, *found.columns),
                Name(f"表{table.id}：{found.zh}", f"table {table.id}: {found.en}"),
                tuple(f"{key} = {value}" for key, value in found.witness.items()),
            )
    for table in tables:
        whole = Validity(table.valid_from, table.valid_to)
        for row in table.rows:
            own = Validity(row.valid_from, row.valid_to)
            beyond = (row.valid_from is not None and row.valid_from < whole.begin) or (
                row.valid_to is not None and row.valid_to > whole.end
            )
            if beyond or not own.meets(whole):
                yield error(
                    "C7", "row-outside-table", Place(table.place_name, row.line),
                    (table.id, row.id),
                    f"表{table.id}第{row.id}行的有效期{own}超出全表的有效期{whole}",
                    f"row '{row.id}' of table {table.id} holds {own}, the table only {whole}",
                    (str(own), str(whole)),
                )  # fmt: skip


def conclusions(tables: TableSet, on: date) -> tuple[Concluded, ...]:
    """Return what rows in force can conclude, without rows that can never match.

    A row can never match if rows before it take all its cases, or if a fact it asks
    for is another table's conclusion and no row there concludes such a value.
    """
    possible: dict[str, set[Fact]] = {}
    found: list[Concluded] = []
    for table in tables.in_force(on):
        ordered = table.hit_policy in (HitPolicy.FIRST, HitPolicy.PRIORITY)
        linted = lint_table(_within(table)) if ordered else ()
        idle = {one.rows[0] for one in linted if one.kind == "masked"}
        for number, row in enumerate(table.rows):
            if row.id in idle or not valid_on(row, on) or not _alive(table, number, possible):
                continue
            for output, value in zip(table.outputs, row.outputs, strict=True):
                members = value if isinstance(value, frozenset) else {value}
                possible.setdefault(output.id, set()).update(members)
                if output.refers:
                    found += [
                        Concluded(table, row, output.refers, str(member))
                        for member in sorted(members, key=str)
                        if member is not None
                    ]
        for output in table.outputs:
            reached = possible.setdefault(output.id, set())
            if output.default is not None:
                reached.add(output.default)
    return tuple(found)


def _within(table: DecisionTable) -> DecisionTable:
    """Return the table with its rows' dates cut to its own; rows beyond it left out."""
    whole = Validity(table.valid_from, table.valid_to)
    if whole.always:
        return table
    rows = []
    for row in table.rows:
        own = Validity(row.valid_from, row.valid_to)
        if own.meets(whole):
            first = whole.first if own.begin <= whole.begin else own.first
            last = whole.last if own.end >= whole.end else own.last
            rows.append(replace(row, valid_from=first, valid_to=last))
    return replace(table, rows=tuple(rows))


def _alive(table: DecisionTable, number: int, possible: dict[str, set[Fact]]) -> bool:
    for place, column in enumerate(table.inputs):
        values = possible.get(column.id)
        cell = table.cell(number, place)
        if values is None or cell.anything:
            continue
        if not any(accepts(cell, value) for value in values) and not (cell.negated and not values):
            return False
    return True


def accepts(cell: Cell, value: Fact) -> bool:
    """Whether a cell accepts one value (or a set that holds just this member)."""
    return any(_fits(part, value) for part in cell.accepts) != cell.negated


def _fits(part: Span | str | bool, value: Fact) -> bool:
    if not isinstance(part, Span):
        return part == value
    if not isinstance(value, int | float | date):
        return False
    low, high = part.low, part.high
    above = low is None or value > low or (part.low_closed and value == low)  # type: ignore[operator]  # one type per column
    below = high is None or value < high or (part.high_closed and value == high)  # type: ignore[operator]  # one type per column
    return bool(above and below)
