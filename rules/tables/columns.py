"""Columns of a decision table and what their cells may say.

A column has a type; a cell of it is a set of accepted values: spans of numbers or
dates, choices, truth values, or members that a set must contain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn, TypeAlias

from rules.problems import did_you_mean
from rules.steps import Name
from rules.tables.feel_nodes import Call, Interval, Literal, Node, Series, Test, Tests, Variable
from rules.tables.feel_syntax import FeelSyntaxError, parse_tests
from rules.tables.feel_values import plain_number

Number: TypeAlias = int | float
Fact: TypeAlias = str | bool | Number | date | frozenset[str] | None
Ordered: TypeAlias = Number | date

UNNAMED = Name()
"""No name; the key stands in for it."""


class ColumnType(StrEnum):
    """What a column holds."""

    ENUM = "enum"
    NUMBER = "number"
    BOOL = "bool"
    DATE = "date"
    STRING = "string"
    SET = "set"

    @property
    def ordered(self) -> bool:
        """Whether cells may compare and hold intervals."""
        return self in (ColumnType.NUMBER, ColumnType.DATE)


class Missing(StrEnum):
    """What a fact that is not given means: a mistake, or not known yet."""

    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an enum or one possible member of a set."""

    value: str
    label: Name = UNNAMED


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions.

    Attributes
    ----------
    id : str
        Key of the fact.
    type : ColumnType
        What the fact is.
    label : Name
        Name shown to people; the id where empty.
    choices : tuple of Choice
        Values of an enum, possible members of a set.
    unit : Name
        Unit of a number, such as mu (亩).
    low, high : number, date or None
        Smallest and largest possible value, both possible themselves.
    whole : bool
        Whether only whole numbers occur, so that nothing lies between 5 and 6.
    missing : Missing
        What a fact that is not given means.
    """

    id: str
    type: ColumnType
    label: Name = UNNAMED
    choices: tuple[Choice, ...] = ()
    unit: Name = UNNAMED
    low: Ordered | None = None
    high: Ordered | None = None
    whole: bool = False
    missing: Missing = Missing.ERROR

    def named(self, language: str) -> str:
        """Return the label in a language, else the id."""
        return self.label.in_language(language) or self.id

    def value_named(self, value: str, language: str) -> str:
        """Return a choice's label in a language, else the value."""
        labels = {choice.value: choice.label.in_language(language) for choice in self.choices}
        return labels.get(value) or value

    @property
    def values(self) -> tuple[str, ...]:
        """The values of the choices, in order."""
        return tuple(choice.value for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Output:
    """A column of conclusions.

    Attributes
    ----------
    id, type, label, choices, unit
        As for :class:`Input`; for hit policies P and O the order of the choices is the
        order of priority.
    refers : str
        What kind of key it holds (``ref:item`` in a file): item, material ...
    default : value or None
        Conclusion where no row matches.
    """

    id: str
    type: ColumnType = ColumnType.STRING
    label: Name = UNNAMED
    choices: tuple[Choice, ...] = ()
    unit: Name = UNNAMED
    refers: str = ""
    default: Fact = None

    def named(self, language: str) -> str:
        """Return the label in a language, else the id."""
        return self.label.in_language(language) or self.id

    @property
    def values(self) -> tuple[str, ...]:
        """The values of the choices, in order."""
        return tuple(choice.value for choice in self.choices)

    def shown(self, value: Fact, language: str) -> str:
        """Return a conclusion for people: a choice's label, a number with its unit."""
        if isinstance(value, str):
            labels = {c.value: c.label.in_language(language) for c in self.choices}
            return labels.get(value) or value
        if isinstance(value, bool) or value is None:
            words = {True: ("yes", "是"), False: ("no", "否"), None: ("nothing", "无")}
            return words[value][language == "zh"]
        if isinstance(value, frozenset):
            return ", ".join(sorted(value))
        return f"{value} {self.unit.in_language(language)}".strip()


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers or dates between two ends; an end of None is without limit."""

    low: Ordered | None
    low_closed: bool
    high: Ordered | None
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell accepts.

    Attributes
    ----------
    accepts : tuple
        Spans, choices, truth values or members of which one must fit.
    negated : bool
        True: none of them may fit. A cell that accepts nothing and is negated is ``-``.
    """

    accepts: tuple[Span | str | bool, ...] = ()
    negated: bool = True

    @property
    def anything(self) -> bool:
        """Whether the cell is ``-``."""
        return self.negated and not self.accepts


ANYTHING = Cell()
TRUTH = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
"""Words for truth values in cells; case does not matter."""


def read_cell(text: str, column: Input) -> Cell:
    """Read what a cell of an input column accepts.

    Raises
    ------
    FeelSyntaxError
        If the text is no unary test, or none that fits the column's type.

    Examples
    --------
    >>> read_cell("< 50", Input("land", ColumnType.NUMBER))
    Cell(accepts=(Span(low=None, low_closed=False, high=50, high_closed=False),), negated=False)
    >>> zone = Input("kind", ColumnType.ENUM, choices=(Choice("industrial"), Choice("housing")))
    >>> read_cell("not(housing)", zone)
    Cell(accepts=('housing',), negated=True)
    """
    if column.type is ColumnType.BOOL and text.strip().casefold() in TRUTH:
        return Cell((TRUTH[text.strip().casefold()],), negated=False)
    tests = parse_tests(text, column.values, plain_dates=column.type is ColumnType.DATE)
    if not tests.tests:
        return ANYTHING
    return _CellReader(text, column).cell(tests)


class _CellReader:
    def __init__(self, text: str, column: Input) -> None:
        self.text, self.column = text, column
        self.values = frozenset(column.values)

    def fail(self, message: str) -> NoReturn:
        raise FeelSyntaxError.at(repr(self.text[:60]), 0, message)

    def cell(self, tests: Tests) -> Cell:
        accepts: list[Span | str | bool] = []
        negated = tests.negated
        if len(tests.tests) == 1 and tests.tests[0].sign == "!=":
            negated = not negated
            tests = Tests((Test("=", tests.tests[0].operand),))
        for test in tests.tests:
            accepts.extend(self.parts(test))
        return Cell(tuple(accepts), negated)

    def parts(self, test: Test) -> list[Span | str | bool]:
        node = test.operand
        if test.sign == "!=":
            self.fail("!= stands alone in a cell; write not(...) for several values")
        if self.column.type is ColumnType.SET:
            return [self.member(test)]
        if test.sign == "contains" or (isinstance(node, Call) and node.name == "list contains"):
            self.fail(f"contains asks a set, but {self.column.id} is of type {self.column.type}")
        if test.sign and test.sign != "=":
            return [self.half_line(test.sign, node)]
        if isinstance(node, Series):
            return [part for item in node.items for part in self.parts(Test("", item))]
        if isinstance(node, Interval):
            return [self.span(node)]
        return [self.single(node)]

    def single(self, node: Node) -> Span | str | bool:
        if self.column.type.ordered:
            value = self.end(node)
            return Span(value, True, value, True)
        if self.column.type is ColumnType.BOOL:
            if isinstance(node, Literal) and isinstance(node.value, bool):
                return node.value
            self.wrong(node, "true or false")
        return self.word(node)

    def word(self, node: Node) -> str:
        """Return a text; a declared choice needs no quotes."""
        found = node.name if isinstance(node, Variable) and self.values else None
        if isinstance(node, Literal) and isinstance(node.value, str):
            found = node.value
        if found is None:
            self.wrong(node, 'a text such as "industrial"')
        if self.values and found not in self.values:
            hint = did_you_mean(found, self.values)
            known = "" if hint else f"; known are {', '.join(self.column.values[:8])}"
            self.fail(f"'{found}' is no value of {self.column.id}{hint}{known}")
        return found

    def member(self, test: Test) -> str:
        match test:
            case Test("contains", operand):
                return self.word(operand)
            case Test("", Call("list contains", (Variable("?"), operand))):
                return self.word(operand)
        self.fail(f'{self.column.id} is a set; write contains "x" or not(contains "x")')

    def half_line(self, sign: str, node: Node) -> Span:
        if not self.column.type.ordered:
            self.fail(
                f"{sign} compares numbers or dates, but {self.column.id} is of type "
                f"{self.column.type}"
            )
        end, closed = self.end(node), len(sign) == 2
        return Span(None, False, end, closed) if "<" in sign else Span(end, closed, None, False)

    def span(self, node: Interval) -> Span:
        if not self.column.type.ordered:
            self.fail(
                f"an interval needs numbers or dates, but {self.column.id} is of type "
                f"{self.column.type}"
            )
        low = self.end(node.low) if node.low is not None else None
        high = self.end(node.high) if node.high is not None else None
        return Span(low, node.low_closed, high, node.high_closed)

    def end(self, node: Node) -> Ordered:
        match node:
            case Literal(Decimal() as number) if self.column.type is ColumnType.NUMBER:
                return plain_number(number)
            case Literal(date() as day) if self.column.type is ColumnType.DATE:
                return day
            case Call("date", (Literal(str() as word),)) if self.column.type is ColumnType.DATE:
                try:
                    return date.fromisoformat(word)
                except ValueError:
                    self.fail(f"'{word}' is not a date; write it as 2016-09-01")
        numbers = self.column.type is ColumnType.NUMBER
        self.wrong(node, f"a number{_in_unit(self.column)}" if numbers else 'date("2016-09-01")')

    def wrong(self, node: Node, expected: str) -> NoReturn:
        match node:
            case Literal(None):
                self.fail('a missing fact cannot be tested; say missing = "unknown" in the header')
            case Variable(name):
                found = f"'{name}' without quotes" if name != "?" else "'?'"
            case Literal(value):
                found = f"'{value}'"
            case _:
                found = "an expression"
        self.fail(
            f"found {found} where {expected} was expected "
            f"({self.column.id} is of type {self.column.type})"
        )


def _in_unit(column: Input) -> str:
    unit = column.unit.in_language("en")
    return f" in {unit}, without its unit," if unit else ""


def check_fact(column: Input | Output, value: object) -> Fact:
    """Return a fact as the column holds it.

    Raises
    ------
    ValueError
        Saying what the column expects; the caller knows where the fact came from.

    Examples
    --------
    >>> check_fact(Input("land", ColumnType.NUMBER, low=0), -5)
    Traceback (most recent call last):
    ...
    ValueError: -5 is below the smallest possible value 0
    """
    if hasattr(value, "item") and not isinstance(value, str):  # a scalar of numpy's
        value = value.item()
    return _CHECKS[column.type](column, value)


def _check_number(column: Input | Output, value: object) -> Fact:
    if isinstance(value, Decimal):
        value = plain_number(value) if value.is_finite() else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    if isinstance(column, Input):
        if column.whole and value != int(value):
            raise ValueError(f"{value} is not a whole number")
        _check_limits(column, value)
    return value


def _check_date(column: Input | Output, value: object) -> Fact:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"'{value}' is not a date; write it as 2016-09-01") from None
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is not a date")
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(column, Input):
        _check_limits(column, value)
    return value


def _check_limits(column: Input, value: Ordered) -> None:
    if column.low is not None and value < column.low:  # type: ignore[operator]  # one type per column
        raise ValueError(f"{value} is below the smallest possible value {column.low}")
    if column.high is not None and value > column.high:  # type: ignore[operator]  # one type per column
        raise ValueError(f"{value} is above the largest possible value {column.high}")


def _check_bool(column: Input | Output, value: object) -> Fact:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _check_text(column: Input | Output, value: object) -> Fact:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    if column.choices and value not in column.values:
        hint = did_you_mean(value, column.values)
        known = "" if hint else f"; known are {', '.join(column.values[:8])}"
        raise ValueError(f"'{value}' is no value of {column.id}{hint}{known}")
    return value


def _check_set(column: Input | Output, value: object) -> Fact:
    if isinstance(value, str) or not isinstance(value, set | frozenset | list | tuple):
        raise ValueError(f"{value!r} is not a set of texts")
    return frozenset(str(_check_text(column, member)) for member in value)


_CHECKS: dict[ColumnType, Callable[[Input | Output, object], Fact]] = {
    ColumnType.NUMBER: _check_number,
    ColumnType.DATE: _check_date,
    ColumnType.BOOL: _check_bool,
    ColumnType.ENUM: _check_text,
    ColumnType.STRING: _check_text,
    ColumnType.SET: _check_set,
}
