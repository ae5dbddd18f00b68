"""What FEEL text means: expressions and unary tests compiled to closures.

Truth is three-valued: where types do not fit, the answer is null, neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from rules.problems import did_you_mean
from rules.tables.feel_functions import FUNCTIONS, list_contains
from rules.tables.feel_nodes import (
    Arithmetic,
    Between,
    Call,
    Choose,
    Compare,
    Interval,
    Item,
    Literal,
    Logic,
    Negative,
    Node,
    Part,
    Series,
    Test,
    Tests,
    Variable,
    Within,
)
from rules.tables.feel_syntax import FeelSyntaxError, parse_expression, parse_tests
from rules.tables.feel_values import (
    Range,
    Value,
    accepts,
    both,
    calculate,
    compare,
    either,
    from_feel,
    inside,
    less,
    negation,
    to_feel,
)

Scope: TypeAlias = Mapping[str, Value]
Meaning: TypeAlias = Callable[[Scope], Value]

_TESTED = "?"


@dataclass(frozen=True, slots=True)
class UnaryTest:
    """A cell, ready to be asked.

    Attributes
    ----------
    text : str
        The cell as written.
    """

    text: str
    _holds: Meaning

    def answer(self, value: Value, scope: Scope | None = None) -> bool | None:
        """Return true, false or, where the types do not fit, ``None``."""
        answer = self._holds({**(scope or {}), _TESTED: to_feel(value)})
        return answer if isinstance(answer, bool) else None

    def matches(self, value: Value, scope: Scope | None = None) -> bool:
        """Whether the cell accepts a value; an answer of null is a no."""
        return self.answer(value, scope) is True


def unary_test(text: str, names: Iterable[str] = ()) -> UnaryTest:
    """Read a cell of a decision table.

    Parameters
    ----------
    text : str
        DMN unary tests: ``-``, ``"a","b"``, ``not(...)``, ``< 5``, ``[1..3)`` ...
    names : iterable of str
        Names that the cell may mention; their values are passed to ``matches``.

    Raises
    ------
    FeelSyntaxError
        An :class:`rules.InputError` that says what was found and what was expected.

    Examples
    --------
    >>> cell = unary_test("[50..200), >= 1000")
    >>> [area for area in (49.9, 50, 200, 1000) if cell.matches(area)]
    [50, 1000]
    >>> unary_test('not("industrial", "logistics")').matches("housing")
    True
    """
    names = frozenset(names)
    return UnaryTest(text, compile_tests(parse_tests(text, names), names | {_TESTED}, text))


def evaluate(text: str, scope: Scope | None = None) -> Value:
    """Return the value of a FEEL expression.

    Examples
    --------
    >>> evaluate("10 in (1, < 5, >= 10)")
    True
    >>> evaluate('true and "yes"') is None
    True
    >>> evaluate("0.1 + 0.2 = 0.3")
    True
    >>> evaluate("base + 2", {"base": 20})
    22
    """
    scope = {name: to_feel(value) for name, value in (scope or {}).items()}
    return from_feel(
        compile_expression(parse_expression(text, scope), frozenset(scope), text)(scope)
    )


# -- trees to closures


def compile_tests(tests: Tests, names: frozenset[str], text: str) -> Meaning:
    """Return a closure that answers a cell for the scope's ``?``."""
    if not tests.tests:
        return lambda scope: True
    parts = tuple(_test(test, names, text) for test in tests.tests)

    def any_holds(scope: Scope) -> Value:
        tested = scope[_TESTED]
        return either(part(tested, scope) for part in parts)

    return (lambda scope: negation(any_holds(scope))) if tests.negated else any_holds


def _test(test: Test, names: frozenset[str], text: str) -> Callable[[Value, Scope], Value]:
    operand = compile_expression(test.operand, names, text)
    if test.sign == "contains":
        return lambda tested, scope: list_contains(tested, operand(scope))
    if test.sign:
        return lambda tested, scope: compare(test.sign, tested, operand(scope))
    if mentions(test.operand, _TESTED):
        return lambda tested, scope: operand({**scope, _TESTED: tested})
    return lambda tested, scope: accepts(tested, operand(scope))


def compile_expression(node: Node, names: frozenset[str], text: str) -> Meaning:
    """Return a closure for an expression.

    Parameters
    ----------
    node : Node
        The tree of the expression.
    names : frozenset of str
        Names it may mention; any other is an error with the nearest spelling.
    text : str
        The source, for the error.
    """

    def build(node: Node) -> Meaning:
        match node:
            case Literal(constant):
                return lambda scope: constant
            case Variable(name):
                if name not in names:
                    hint = did_you_mean(name, (n for n in names if n != _TESTED))
                    raise FeelSyntaxError.at(
                        repr(text[:60]), 0, f"'{name}' is no name that is known here{hint}"
                    )
                return lambda scope: scope.get(name)
            case Part(of, name):
                whole = build(of)
                return lambda scope: _part(whole(scope), name)
            case Item(of, index):
                whole, number = build(of), build(index)
                return lambda scope: _item(whole(scope), number(scope))
            case Series(items):
                parts = tuple(map(build, items))
                return lambda scope: [part(scope) for part in parts]
            case Interval():
                return _interval(node, build)
            case Compare(sign, a, b):
                left, right = build(a), build(b)
                return lambda scope: compare(sign, left(scope), right(scope))
            case Between(of, a, b):
                value, low, high = build(of), build(a), build(b)
                return lambda scope: inside(
                    value(scope), Range(low(scope), True, high(scope), True)
                )
            case Within(of, tests):
                value = build(of)
                holds = tuple(_test(test, names, text) for test in tests)
                return lambda scope: _any(holds, value(scope), scope)
            case Logic(every, operands):
                parts = tuple(map(build, operands))
                join = both if every else either
                return lambda scope: join(part(scope) for part in parts)
            case Arithmetic(first, rest):
                start = build(first)
                terms = tuple((sign, build(term)) for sign, term in rest)
                return lambda scope: calculate(start(scope), ((s, t(scope)) for s, t in terms))
            case Negative(of):
                value = build(of)
                return lambda scope: calculate(Decimal(0), (("-", value(scope)),))
            case Choose(condition, a, b):
                when, yes, no = build(condition), build(a), build(b)
                return lambda scope: yes(scope) if when(scope) is True else no(scope)
            case Call(name, arguments):
                if name not in FUNCTIONS:
                    hint = did_you_mean(name, FUNCTIONS)
                    raise FeelSyntaxError.at(
                        repr(text[:60]), 0, f"there is no function '{name}'{hint}"
                    )
                function, given = FUNCTIONS[name], tuple(map(build, arguments))
                return lambda scope: function([part(scope) for part in given])

    return build(node)


def mentions(node: Node | Test, name: str) -> bool:
    """Whether a tree mentions a name."""
    match node:
        case Variable(found):
            return found == name
        case Literal():
            return False
        case Test(_, of) | Part(of, _) | Negative(of):
            return mentions(of, name)
        case Item(a, b) | Compare(_, a, b):
            return mentions(a, name) or mentions(b, name)
        case Series(parts) | Logic(_, parts) | Call(_, parts):
            return any(mentions(part, name) for part in parts)
        case Interval(low, _, high, _):
            return any(end is not None and mentions(end, name) for end in (low, high))
        case Between(a, b, c) | Choose(a, b, c):
            return any(mentions(part, name) for part in (a, b, c))
        case Within(of, tests):
            return mentions(of, name) or any(mentions(test, name) for test in tests)
        case Arithmetic(first, rest):
            return mentions(first, name) or any(mentions(term, name) for _, term in rest)


def _any(tests: Iterable[Callable[[Value, Scope], Value]], value: Value, scope: Scope) -> Value:
    return either(test(value, scope) for test in tests)


def _interval(node: Interval, build: Callable[[Node], Meaning]) -> Meaning:
    low = build(node.low) if node.low is not None else None
    high = build(node.high) if node.high is not None else None

    def interval(scope: Scope) -> Value:
        ends = Range(
            low(scope) if low else None,
            node.low_closed if low else None,
            high(scope) if high else None,
            node.high_closed if high else None,
        )
        both_given = ends.low is not None and ends.high is not None
        return None if both_given and less(ends.low, ends.high) is None else ends

    return interval


def _part(whole: Value, name: str) -> Value:
    if isinstance(whole, dict):
        return whole.get(name)
    if isinstance(whole, list):
        return [_part(element, name) for element in whole]
    if isinstance(whole, date) and name in ("year", "month", "day"):
        return Decimal(getattr(whole, name))
    return None


def _item(whole: Value, index: Value) -> Value:
    """Return an element by its number; a single value is a list of one."""
    elements = whole if isinstance(whole, list) else [] if whole is None else [whole]
    if isinstance(index, bool):
        return elements if index else []
    if not isinstance(index, Decimal) or index != index.to_integral_value():
        return None
    if not 1 <= abs(index) <= len(elements):
        return None
    return elements[int(index) - 1 if index > 0 else int(index)]
