"""The few built-in functions that cells and imported decisions may call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from rules.tables.feel_values import Value, calculate, equal, less, negation


def _date(given: list[Value]) -> Value:
    match given:
        case [str(text)] if len(text) == 10:
            parts: Iterable[object] = text.split("-")
        case [Decimal(), Decimal(), Decimal()]:
            parts = given
        case [date() as day]:
            return day
        case _:
            return None
    try:
        return date(*(int(part) for part in parts))  # type: ignore[call-overload]  # int() of text or Decimal
    except (ValueError, OverflowError, TypeError):
        return None


def list_contains(elements: Value, wanted: Value) -> Value:
    """Return whether a list, or a single value as a list of one, holds a value."""
    if elements is None:
        return None
    listed = elements if isinstance(elements, list) else [elements]
    return any(equal(element, wanted) is True for element in listed)


def _elements(given: list[Value]) -> list[Value]:
    return given[0] if len(given) == 1 and isinstance(given[0], list) else given


def _numbers(reduce: Callable[[list[Decimal]], Value]) -> Callable[[list[Value]], Value]:
    def function(given: list[Value]) -> Value:
        elements = _elements(given)
        numbers = [element for element in elements if isinstance(element, Decimal)]
        return reduce(numbers) if numbers and len(numbers) == len(elements) else None

    return function


def _extreme(largest: bool) -> Callable[[list[Value]], Value]:
    def function(given: list[Value]) -> Value:
        best, *others = _elements(given) or [None]
        for element in others:
            further = less(best, element) if largest else less(element, best)
            if further is None:
                return None
            best = element if further else best
        return best

    return function


def _texts(count: int, function: Callable[..., Value]) -> Callable[[list[Value]], Value]:
    def checked(given: list[Value]) -> Value:
        fits = len(given) == count and all(isinstance(part, str) for part in given)
        return function(*given) if fits else None

    return checked


def _number(function: Callable[[Decimal], Value]) -> Callable[[list[Value]], Value]:
    def checked(given: list[Value]) -> Value:
        return function(given[0]) if len(given) == 1 and isinstance(given[0], Decimal) else None

    return checked


FUNCTIONS: Mapping[str, Callable[[list[Value]], Value]] = {
    "date": _date,
    "not": lambda given: negation(given[0]) if len(given) == 1 else None,
    "list contains": lambda given: list_contains(*given) if len(given) == 2 else None,
    "count": lambda given: Decimal(len(_elements(given))),
    "sum": _numbers(lambda numbers: calculate(Decimal(0), (("+", n) for n in numbers))),
    "min": _extreme(largest=False),
    "max": _extreme(largest=True),
    "abs": _number(Decimal.copy_abs),
    "floor": _number(lambda n: n.to_integral_value(ROUND_FLOOR)),
    "ceiling": _number(lambda n: n.to_integral_value(ROUND_CEILING)),
    "contains": _texts(2, lambda text, part: part in text),
    "starts with": _texts(2, lambda text, part: text.startswith(part)),
    "ends with": _texts(2, lambda text, part: text.endswith(part)),
    "string length": _texts(1, lambda text: Decimal(len(text))),
    "upper case": _texts(1, str.upper),
    "lower case": _texts(1, str.lower),
}
"""The functions a cell or an imported decision may call; each takes its list of arguments."""
