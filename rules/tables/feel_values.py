"""FEEL's values: how they compare, three-valued, and how they become Python's.

Values are ``None``, ``bool``, ``Decimal`` (FEEL numbers are decimals, so 0.1 + 0.2 is
0.3), ``str``, ``date``, ``list``, :class:`Range` and, for structures, ``dict``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import TypeAlias

Value: TypeAlias = object

_DECIMAL128 = Context(prec=34, Emax=6144, Emin=-6143, traps=[])


@dataclass(frozen=True, slots=True)
class Range:
    """An interval of values; ``None`` as an end with ``None`` as its bracket is no end."""

    low: Value
    low_closed: bool | None
    high: Value
    high_closed: bool | None


def to_feel(value: Value) -> Value:
    """Return a Python value as FEEL holds it.

    Examples
    --------
    >>> to_feel(49.9)
    Decimal('49.9')
    """
    if value is None or isinstance(value, bool | str | Decimal | Range):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Mapping):
        return {key: to_feel(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return [to_feel(part) for part in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [to_feel(part) for part in value]
    if hasattr(value, "item"):  # a number of numpy's
        return to_feel(value.item())
    return value


def from_feel(value: Value) -> Value:
    """Return a FEEL value as Python code likes it: whole numbers as int, others as float.

    Examples
    --------
    >>> from_feel([Decimal("2.0"), Decimal("2.5")])
    [2, 2.5]
    """
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, list):
        return [from_feel(part) for part in value]
    if isinstance(value, dict):
        return {key: from_feel(part) for key, part in value.items()}
    return value


def plain_number(number: Decimal) -> int | float:
    """Return a decimal as int if it is whole and has at most 34 digits, else as float."""
    if number.adjusted() < 34 and number == number.to_integral_value():
        return int(number)
    return float(number)


def equal(a: Value, b: Value) -> bool | None:
    """Return whether two values are equal; null where their types differ."""
    if a is None or b is None:
        return a is b
    if _kind(a) is not _kind(b):
        return None
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) is True for x, y in zip(a, b, strict=True))
    return a == b


def less(a: Value, b: Value) -> bool | None:
    """Return whether ``a < b``; null unless both are numbers, both texts or both dates."""
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return a < b
    if isinstance(a, str) and isinstance(b, str):
        return a < b
    if isinstance(a, date) and isinstance(b, date):
        return a < b
    return None


def negation(a: Value) -> bool | None:
    """Return the other truth value; null for anything else."""
    return not a if isinstance(a, bool) else None


def both(answers: Iterable[Value]) -> bool | None:
    """Return three-valued ``and``: one false decides, else one null does."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is not True:
            result = None
    return result


def either(answers: Iterable[Value]) -> bool | None:
    """Return three-valued ``or``: one true decides, else one null does."""
    result: bool | None = False
    for answer in answers:
        if answer is True:
            return True
        if answer is not False:
            result = None
    return result


def compare(sign: str, a: Value, b: Value) -> bool | None:
    """Return the answer of a comparison, three-valued."""
    if sign == "=":
        return equal(a, b)
    if sign == "!=":
        return negation(equal(a, b))
    if sign == "<":
        return less(a, b)
    if sign == ">":
        return less(b, a)
    return negation(less(b, a) if sign == "<=" else less(a, b))


def inside(value: Value, interval: Range) -> bool | None:
    """Return whether a value lies in an interval, three-valued."""
    above = below = True
    answers: list[Value] = [above, below]
    if interval.low_closed is not None:
        answers[0] = compare(">=" if interval.low_closed else ">", value, interval.low)
    if interval.high_closed is not None:
        answers[1] = compare("<=" if interval.high_closed else "<", value, interval.high)
    return both(answers)


def accepts(value: Value, wanted: Value) -> bool | None:
    """Return whether ``value in wanted``: equal to it, an element of it or inside it."""
    if isinstance(wanted, Range):
        return equal(value, wanted) if isinstance(value, Range) else inside(value, wanted)
    if isinstance(wanted, list):
        return equal(value, wanted) is True or any(
            (equal(value, part) if not isinstance(part, Range) else accepts(value, part)) is True
            for part in wanted
        )
    return equal(value, wanted)


def _kind(value: Value) -> type:
    for kind in (bool, Decimal, str, date, list, dict, Range):
        if isinstance(value, kind):
            return kind
    return type(value)


def calculate(first: Value, rest: Iterable[tuple[str, Value]]) -> Value:
    """Return terms joined by their signs, left to right; null where one is no number."""
    total = first
    for sign, term in rest:
        if isinstance(total, str) and isinstance(term, str) and sign == "+":
            total = total + term
            continue
        if not isinstance(total, Decimal) or not isinstance(term, Decimal):
            return None
        match sign:
            case "+":
                total = _DECIMAL128.add(total, term)
            case "-":
                total = _DECIMAL128.subtract(total, term)
            case "*":
                total = _DECIMAL128.multiply(total, term)
            case "/":
                total = _DECIMAL128.divide(total, term)
            case _:
                total = _DECIMAL128.power(total, term)
        if not total.is_finite():
            return None
    return total
