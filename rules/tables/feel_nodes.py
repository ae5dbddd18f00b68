"""The tree of a FEEL text: expressions and the unary tests of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, truth value, date or null."""

    value: Decimal | str | bool | date | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A name; ``?`` is the value under test."""

    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a structure: ``project.land``."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a list, counted from 1, from -1 at the end."""

    of: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Series:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval; an end that is None does not exist, as in ``(< 10)``."""

    low: Node | None
    low_closed: bool
    high: Node | None
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two values."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between:
    """``value between low and high``, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Within:
    """``value in (tests)``: true when one test holds."""

    value: Node
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` or ``or`` of several parts, three-valued."""

    all: bool
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Terms of one precedence, each with the sign before it, applied left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with a minus before it."""

    of: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a built-in function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """``if condition then yes else no``."""

    condition: Node
    yes: Node
    no: Node


Node = (
    Literal
    | Variable
    | Part
    | Item
    | Series
    | Interval
    | Compare
    | Between
    | Within
    | Logic
    | Arithmetic
    | Negative
    | Call
    | Choose
)


@dataclass(frozen=True, slots=True)
class Test:
    """One unary test: a sign and its operand, or (sign empty) an expression.

    ``contains "x"``, for inputs that are sets, has the sign ``contains``.
    """

    __test__ = False  # not a test of pytest's

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Tests:
    """A cell: tests of which one must hold, or none if negated; no test at all is ``-``."""

    tests: tuple[Test, ...]
    negated: bool = False
