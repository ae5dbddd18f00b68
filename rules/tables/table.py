"""Decision tables: typed columns, rows of cells, a hit policy, dates and a legal basis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.problems import InputError, Place, Problem
from rules.steps import Name
from rules.tables.columns import (
    UNNAMED,
    Cell,
    ColumnType,
    Fact,
    Input,
    Output,
    check_fact,
    read_cell,
)
from rules.tables.engine import Engine, compile_table, overlapping
from rules.tables.explain import Explanation, explain
from rules.tables.outcome import Result


class HitPolicy(StrEnum):
    """What happens when several rows match, by DMN's letters."""

    UNIQUE = "U"
    ANY = "A"
    FIRST = "F"
    PRIORITY = "P"
    OUTPUT_ORDER = "O"
    RULE_ORDER = "R"
    COLLECT = "C"
    SUM = "C+"
    MIN = "C<"
    MAX = "C>"
    COUNT = "C#"

    @property
    def single(self) -> bool:
        """Whether one row decides."""
        return self.value in "UAFP"

    @property
    def listed(self) -> bool:
        """Whether the result is a list."""
        return self.value in "ORC"


@dataclass(frozen=True, slots=True)
class Row:
    """A row (rule) of a table.

    Attributes
    ----------
    id : str
        Key of the row within its table.
    cells : tuple of str
        One cell an input column, as written.
    outputs : tuple
        One conclusion an output column.
    basis : str
        Article that the row rests on.
    valid_from, valid_to : date or None
        First and last day in force; None is without limit.
    note : Name
        Remark for readers.
    line : int
        Line in its file, for messages.
    """

    id: str
    cells: tuple[str, ...]
    outputs: tuple[Fact, ...]
    basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: Name = UNNAMED
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table; one that exists has sound cells and conclusions.

    Attributes
    ----------
    id : str
        Key; other tables may use it as an input.
    inputs, outputs : tuple
        Typed columns.
    rows : tuple of Row
        In order.
    hit_policy : HitPolicy
        What happens when several rows match.
    name : Name
        Chinese and English name.
    basis : str
        Legal basis of the whole table.
    valid_from, valid_to : date or None
        First and last day in force.
    complete : bool
        Whether every case must match a row; gaps are then mistakes.
    file : str
        File of the rows, for messages.

    Raises
    ------
    InputError
        With everything that is wrong, each with file, line and column.

    Examples
    --------
    >>> table = DecisionTable(
    ...     "permit.days",
    ...     (Input("land", ColumnType.NUMBER, unit=Name("亩", "mu"), low=0),),
    ...     (Output("days", ColumnType.NUMBER),),
    ...     (Row("small", ("< 50",), (7,)), Row("large", (">= 50",), (15,))),
    ... )
    >>> table.evaluate({"land": 49.5}).value
    7
    >>> print(table.explain({"land": 49.5}).in_language("en"))
    permit.days: row small decides: days = 7, because land is 49.5 mu (asked: < 50).
    Row large does not apply: land is 49.5 mu, asked: >= 50.
    """

    id: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]
    hit_policy: HitPolicy = HitPolicy.UNIQUE
    name: Name = UNNAMED
    basis: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    complete: bool = False
    file: str = field(default="", compare=False)
    engine: Engine = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        problems = list(_column_problems(self))
        cells: list[list[Cell]] = []
        for row in self.rows:
            place = Place(self.place_name, row.line)
            found = [Problem(place, message) for message in _row_problems(self, row)]
            problems += found
            if not found:
                cells.append([read_cell(t, c) for t, c in zip(row.cells, self.inputs, strict=True)])
        if problems:
            raise InputError(problems)
        engine = compile_table(self, cells)
        if problems := list(_empty_cells(self, engine)):
            raise InputError(problems)
        object.__setattr__(self, "engine", engine)

    @property
    def place_name(self) -> str:
        """The file for messages, else the table's key."""
        return self.file or self.id

    @property
    def input_ids(self) -> tuple[str, ...]:
        """Keys of the facts it reads."""
        return tuple(column.id for column in self.inputs)

    def cell(self, row: int, column: int) -> Cell:
        """Return what a cell accepts; rows and columns count from 0."""
        return self.engine.cells[row][column]

    def evaluate(self, facts: Mapping[str, object], as_of: date | None = None) -> Result:
        """Decide a case.

        Parameters
        ----------
        facts : mapping of str to value
            At least the inputs' facts; others are not looked at.
        as_of : date, optional
            The day whose rows apply; must be said if rows are dated.

        Raises
        ------
        InputError
            If a fact is missing or wrong, or the matching rows break the hit policy.
        """
        return self.engine.evaluate(facts, as_of)

    def explain(self, facts: Mapping[str, object], as_of: date | None = None) -> Explanation:
        """Decide a case and say in Chinese and English why, and why not otherwise."""
        return explain(self.evaluate(facts, as_of))

    def priority(self, outputs: tuple[Fact, ...]) -> tuple[int, ...]:
        """Return the rank of a conclusion for policies P and O; the lowest comes first."""
        return tuple(
            o.values.index(v) if isinstance(v, str) and v in o.values else len(o.values)
            for o, v in zip(self.outputs, outputs, strict=True)
        )

    def conflicts(self) -> tuple[Problem, ...]:
        """Return the overlaps that hit policies U and A forbid, as problems of the file."""
        if self.hit_policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
            return ()
        found: list[Problem] = []
        for first, second, _ in overlapping(self.engine):
            a, b = self.rows[first], self.rows[second]
            if self.hit_policy is HitPolicy.ANY and a.outputs == b.outputs:
                continue
            rule = (
                "with hit policy U at most one row may match"
                if self.hit_policy is HitPolicy.UNIQUE
                else "with hit policy A several rows may match, but all must conclude the same"
            )
            found.append(
                Problem(
                    Place(self.place_name, b.line),
                    f"rows '{a.id}' and '{b.id}' can match together; {rule}",
                )
            )
        return tuple(found)


def _column_problems(table: DecisionTable) -> Iterator[Problem]:
    place = Place(table.place_name)
    seen: set[str] = set()
    every: tuple[Input | Output, ...] = (*table.inputs, *table.outputs)
    for column in every:
        if column.id in seen:
            yield Problem(place, f"{column.id}: two columns have this key")
        seen.add(column.id)
        if column.type is ColumnType.ENUM and not column.choices:
            yield Problem(place, f"{column.id}: an enum needs its values")
        if len(set(column.values)) < len(column.values):
            yield Problem(place, f"{column.id}: a value is listed twice")
    for limited in table.inputs:
        if limited.low is not None and limited.high is not None and limited.low > limited.high:  # type: ignore[operator]  # one type per column
            yield Problem(place, f"{limited.id}: min {limited.low} is above max {limited.high}")
    if not table.outputs:
        yield Problem(place, "a table needs at least one output column")
    policy = table.hit_policy
    if policy in (HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX) and (
        len(table.outputs) != 1 or table.outputs[0].type is not ColumnType.NUMBER
    ):
        yield Problem(place, f"hit policy {policy} needs exactly one output, a number")
    if policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER) and not any(
        output.choices for output in table.outputs
    ):
        yield Problem(place, f"hit policy {policy} needs an output's values in order of priority")
    for row in table.rows:
        if not row.id.strip():
            yield Problem(Place(table.place_name, row.line), "a row needs an id")
    if len({row.id for row in table.rows}) < len(table.rows):
        ids = [row.id for row in table.rows]
        for row in table.rows:
            if ids.count(row.id) > 1:
                yield Problem(Place(table.place_name, row.line), f"two rows have the id '{row.id}'")
    if table.valid_from and table.valid_to and table.valid_from > table.valid_to:
        yield Problem(place, f"valid_from {table.valid_from} is after valid_to {table.valid_to}")


def _row_problems(table: DecisionTable, row: Row) -> Iterator[str]:
    wanted = len(table.inputs), len(table.outputs)
    if (len(row.cells), len(row.outputs)) != wanted:
        yield (
            f"row '{row.id}' has {len(row.cells)} cells and {len(row.outputs)} conclusions, "
            f"not {wanted[0]} and {wanted[1]}"
        )
        return
    for column, text in zip(table.inputs, row.cells, strict=True):
        try:
            read_cell(text, column)
        except InputError as error:
            yield f"{column.id}: {error}"
    for output, value in zip(table.outputs, row.outputs, strict=True):
        try:
            if value is not None:
                check_fact(output, value)
        except ValueError as error:
            yield f"{output.id}: {error}"
    numeric = table.hit_policy in (HitPolicy.SUM, HitPolicy.MIN, HitPolicy.MAX)
    if numeric and None in row.outputs:
        yield f"{table.outputs[0].id}: hit policy {table.hit_policy} needs a number in every row"
    if row.valid_from and row.valid_to and row.valid_from > row.valid_to:
        yield f"valid_from {row.valid_from} is after valid_to {row.valid_to}"


def _empty_cells(table: DecisionTable, engine: Engine) -> Iterator[Problem]:
    for row, boxes in zip(table.rows, engine.boxes, strict=True):
        for number, axis in enumerate(engine.flat_axes):
            if not any(box[number] for box in boxes):
                text = row.cells[table.input_ids.index(axis.column.id)]
                yield Problem(
                    Place(table.place_name, row.line),
                    f"{axis.column.id}: '{text}' accepts no possible value",
                )
