"""FEEL text to a small tree: the cell language of decision tables.

The grammar is DMN's S-FEEL (simple unary tests and the expressions in them): literals,
lists, intervals, comparisons, ``in``, ``between``, ``and``/``or``, arithmetic,
names, paths and a few function calls. There are no loops, no attributes, no
regular expressions and no user functions, so a cell needs no sandbox. Reading is linear in
the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from rules.problems import InputError
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

LONGEST_CELL = 20_000
"""Characters; a longer cell is refused unread."""

_DEEPEST = 30
_MOST_DIGITS = 34  # of a decimal128, FEEL's number
_LARGEST_EXPONENT = 6144

COMPARISONS = ("<=", ">=", "!=", "<", ">", "=")
_KEYWORDS = frozenset({"true", "false", "null", "and", "or", "in", "between", "if", "then", "else"})
LONG_NAMES = (
    "list contains",
    "string length",
    "upper case",
    "lower case",
    "starts with",
    "ends with",
)
"""Built-in functions whose name holds a blank."""

_UNSUPPORTED = ("date and time", "years and months duration", "time", "duration")
_CLOSERS = frozenset({"", ",", ")", "]", ".."})
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_FULL_WIDTH = str.maketrans("，（）【】“”＜＞＝。－≤≥", ',()[]""<>=.-<>')  # what planners type


class FeelSyntaxError(InputError):
    """The text is not FEEL that a cell may hold; says where it stops making sense."""


def parse_expression(text: str, names: Iterable[str] = ()) -> Node:
    """Read a FEEL expression.

    Parameters
    ----------
    text : str
        The expression.
    names : iterable of str
        Names in scope; those with blanks or signs are only known from here.

    Raises
    ------
    FeelSyntaxError
        Saying what was found and where.

    Examples
    --------
    >>> parse_expression("1 = 2")
    Compare(sign='=', left=Literal(value=Decimal('1')), right=Literal(value=Decimal('2')))
    """
    parser = _Parser(text, names)
    node = parser.expression()
    parser.end()
    return node


def parse_tests(text: str, names: Iterable[str] = (), plain_dates: bool = False) -> Tests:
    """Read the unary tests of a cell.

    Parameters
    ----------
    text : str
        The cell; empty means ``-``.
    names : iterable of str
        Names in scope, as for :func:`parse_expression`.
    plain_dates : bool
        Whether ``2016-09-01`` is a date rather than a subtraction.

    Raises
    ------
    FeelSyntaxError
        Saying what was found and where.
    """
    parser = _Parser(text, names, plain_dates)
    tests = parser.cell()
    parser.end()
    return tests


_NAME = r"[^\W\d]\w*"
_SIGNS = r"\.\.|<=|>=|!=|\*\*|[-+*/=<>()\[\],.?@]"
_NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_PLAIN_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])"


def _pattern(names: Iterable[str], plain_dates: bool) -> re.Pattern[str]:
    odd = {name for name in names if name.strip() and not re.fullmatch(_NAME, name)}
    longest_first = sorted(odd | {*LONG_NAMES, *_UNSUPPORTED[:2]}, key=lambda n: (-len(n), n))
    spelled = (r"\s+".join(re.escape(word) for word in name.split()) for name in longest_first)
    return re.compile(
        r"\s*(?:"
        + (rf"(?P<date>{_PLAIN_DATE})|" if plain_dates else "")
        + rf"(?P<long>(?:{'|'.join(spelled)})(?!\w))|(?P<number>{_NUMBER})"
        + r'|(?P<string>"(?:[^"\\]|\\.)*")'
        + rf"|(?P<name>{_NAME})|(?P<sign>{_SIGNS}))",
        re.DOTALL,
    )


_PATTERNS = {plain: _pattern((), plain) for plain in (False, True)}


class _Parser:
    """Reads left to right, never back; one method per level of precedence."""

    def __init__(self, text: str, names: Iterable[str] = (), plain_dates: bool = False) -> None:
        self.text = text
        self.depth = 0
        self.filters = True  # whether ``[`` after a value picks an element
        if len(text) > LONGEST_CELL:
            self.fail(f"{len(text)} characters; a cell has at most {LONGEST_CELL}")
        odd = [name for name in names if not re.fullmatch(_NAME, name)]
        pattern = _pattern(odd, plain_dates) if odd else _PATTERNS[plain_dates]
        self.tokens = self.read_tokens(pattern)
        self.position = 0

    def read_tokens(self, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        position, text = 0, self.text.rstrip()
        while position < len(text):
            match = pattern.match(text, position)
            if match is None:
                rest = text[position:].lstrip()
                plain = rest[0].translate(_FULL_WIDTH)
                hint = f", which is full-width: type {plain}" if plain != rest[0] else ""
                if rest[0] == '"':
                    self.fail('a text is not closed with "')
                self.fail(f"'{rest[0]}' cannot be read{hint}")
            kind = match.lastgroup or ""
            word = match[kind]
            tokens.append((kind, " ".join(word.split()) if kind == "long" else word))
            position = match.end()
        tokens.append(("end", ""))
        return tokens

    # -- helpers

    def fail(self, message: str) -> NoReturn:
        shown = self.text if len(self.text) <= 60 else self.text[:57] + "..."
        raise FeelSyntaxError.at(repr(shown), 0, message)

    @property
    def next(self) -> tuple[str, str]:
        return self.tokens[self.position]

    def at(self, *words: str) -> bool:
        kind, word = self.next
        return kind in ("sign", "name") and word in words

    def take(self, *words: str) -> str:
        """Return the next sign or keyword if it is one of these, else nothing."""
        if self.at(*words):
            self.position += 1
            return self.tokens[self.position - 1][1]
        return ""

    def expect(self, *words: str) -> str:
        found = self.take(*words)
        if not found:
            self.unexpected(" or ".join(f"'{word}'" for word in words))
        return found

    def unexpected(self, expected: str) -> NoReturn:
        kind, word = self.next
        found = "the end" if kind == "end" else f"'{word[:30]}'"
        self.fail(f"found {found} where {expected} was expected")

    def end(self) -> None:
        if self.next[0] != "end":
            self.unexpected("the end")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail(f"more than {_DEEPEST} levels deep")

    # -- unary tests

    def cell(self) -> Tests:
        if self.next[0] == "end":
            return Tests(())
        if self.at("-") and self.tokens[self.position + 1][0] == "end":
            self.position += 1
            return Tests(())
        if self.at("not") and self.tokens[self.position + 1] == ("sign", "("):
            self.position += 2
            tests = self.tests(nested=True)
            self.expect(")")
            return Tests(tests, negated=True)
        return Tests(self.tests(nested=False))

    def tests(self, nested: bool) -> tuple[Test, ...]:
        """Read tests between commas; ``(a..b)`` right after a bracket is not among them."""
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        if not nested and self.at(")"):
            self.unexpected("',' or the end")
        return tuple(tests)

    def test(self, whole: bool = True) -> Test:
        if sign := self.take(*COMPARISONS):
            return Test(sign, self.sum())
        if self.at("contains") and self.tokens[self.position + 1][0] in ("string", "name"):
            self.position += 1
            return Test("contains", self.primary())
        return Test("", self.lone() or (self.expression() if whole else self.sum()))

    def lone(self) -> Literal | None:
        """Read a literal that a comma, bracket or the end follows: most of what cells hold."""
        kind, word = self.next
        if kind not in ("number", "string") or self.tokens[self.position + 1][1] not in _CLOSERS:
            return None
        self.position += 1
        return Literal(self.number(word) if kind == "number" else self.unescaped(word))

    # -- expressions, loosest first

    def expression(self) -> Node:
        self.deeper()
        if self.take("if"):
            condition = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            node: Node = Choose(condition, yes, self.expression())
        else:
            node = self.disjunction()
        self.depth -= 1
        return node

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Logic(False, tuple(parts))

    def conjunction(self) -> Node:
        parts = [self.comparison()]
        while self.take("and"):
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else Logic(True, tuple(parts))

    def comparison(self) -> Node:
        node, depth = self.sum(), self.depth
        while word := self.take(*COMPARISONS, "between", "in"):
            self.deeper()
            if word == "between":
                low = self.sum()
                self.expect("and")
                node = Between(node, low, self.sum())
            elif word == "in":
                node = Within(node, self.range_or_tests())
            else:
                node = Compare(word, node, self.sum())
        self.depth = depth
        return node

    def range_or_tests(self) -> tuple[Test, ...]:
        """Read what follows ``in``: one test, several in brackets, or an open interval."""
        if not self.at("("):
            return (self.test(whole=False),)
        self.position += 1
        outer, self.filters = self.filters, True
        tests = self.tests(nested=True)
        if len(tests) == 1 and not tests[0].sign and self.take(".."):
            tests = (Test("", self.rest_of_interval(tests[0].operand, low_closed=False)),)
        else:
            self.expect(")")
        self.filters = outer
        return tests

    def sum(self) -> Node:
        first = self.lone() or self.product()
        rest: list[tuple[str, Node]] = []
        while sign := self.take("+", "-"):
            rest.append((sign, self.product()))
        return Arithmetic(first, tuple(rest)) if rest else first

    def product(self) -> Node:
        first = self.power()
        rest: list[tuple[str, Node]] = []
        while sign := self.take("*", "/"):
            rest.append((sign, self.power()))
        return Arithmetic(first, tuple(rest)) if rest else first

    def power(self) -> Node:
        first = self.signed()
        rest: list[tuple[str, Node]] = []
        while self.take("**"):
            rest.append(("**", self.signed()))
        return Arithmetic(first, tuple(rest)) if rest else first

    def signed(self) -> Node:
        minuses = 0
        while self.take("-"):
            minuses += 1
        node = self.postfix()
        if not minuses:
            return node
        if isinstance(node, Literal) and isinstance(node.value, Decimal):
            return Literal(node.value if minuses % 2 == 0 else node.value.copy_negate())
        return Negative(Negative(node)) if minuses % 2 == 0 else Negative(node)

    def postfix(self) -> Node:
        node, depth = self.primary(), self.depth
        while True:
            if self.filters and self.take("["):
                self.deeper()
                node = Item(node, self.expression())
                self.expect("]")
            elif self.take("."):
                self.deeper()
                kind, word = self.next
                if kind not in ("name", "long"):
                    self.unexpected("a component's name")
                self.position += 1
                node = Part(node, word)
            else:
                self.depth = depth
                return node

    # -- single values

    def primary(self) -> Node:
        kind, word = self.next
        if kind == "end":
            self.unexpected("a value")
        self.position += 1
        if kind == "number":
            return Literal(self.number(word))
        if kind == "string":
            return Literal(self.unescaped(word))
        if kind == "date":
            return Literal(self.day(word))
        if kind in ("name", "long"):
            return self.word(word)
        return self.bracketed(word)

    def word(self, word: str) -> Node:
        if word in ("true", "false"):
            return Literal(word == "true")
        if word == "null":
            return Literal(None)
        if word in _KEYWORDS:
            self.position -= 1
            self.unexpected("a value")
        if not self.at("("):
            return Variable(word)
        if word in _UNSUPPORTED:
            self.fail(
                f"{word}(...) is not supported; a cell may hold dates, not times or durations"
            )
        self.position += 1
        arguments: list[Node] = []
        outer, self.filters = self.filters, True
        if not self.at(")"):
            arguments.append(self.expression())
            while self.take(","):
                arguments.append(self.expression())
        self.expect(")")
        self.filters = outer
        return Call(word, tuple(arguments))

    def bracketed(self, sign: str) -> Node:
        if sign == "?":
            return Variable("?")
        if sign == "@":
            kind, word = self.next
            if kind != "string":
                self.unexpected('a date such as @"2016-09-01"')
            self.position += 1
            return Literal(self.day(self.unescaped(word)))
        if sign not in ("(", "[", "]"):
            self.position -= 1
            self.unexpected("a value")
        outer, self.filters = self.filters, True
        node = self.list_or_interval(sign)
        self.filters = outer
        return node

    def list_or_interval(self, opening: str) -> Node:
        if opening == "[" and self.take("]"):
            return Series(())
        first = self.element()
        if not isinstance(first, Interval) or self.at(".."):
            if self.take(".."):
                return self.rest_of_interval(first, low_closed=opening == "[")
            if opening == "]":
                self.unexpected("'..'")
        if opening == "(":
            self.expect(")")
            return first
        items = [first]
        while self.take(","):
            items.append(self.element())
        self.expect("]")
        return Series(tuple(items))

    def element(self) -> Node:
        """Read an expression, or a comparison that stands for the range it accepts."""
        sign = self.take("<=", ">=", "<", ">", "=")
        if not sign:
            return self.expression()
        end = self.sum()
        if sign == "=":
            return Interval(end, True, end, True)
        closed = len(sign) == 2
        return (
            Interval(None, False, end, closed)
            if "<" in sign
            else Interval(end, closed, None, False)
        )

    def rest_of_interval(self, low: Node, low_closed: bool) -> Interval:
        self.filters = False
        high = self.sum()
        return Interval(low, low_closed, high, self.expect(")", "]", "[") == "]")

    def number(self, word: str) -> Decimal:
        try:
            number = Decimal(word)
        except InvalidOperation:
            self.fail(f"'{word[:30]}' is too large")
        if (
            len(number.as_tuple().digits) > _MOST_DIGITS
            or abs(number.adjusted()) > _LARGEST_EXPONENT
        ):
            self.fail(f"'{word[:30]}' has more than {_MOST_DIGITS} digits or is too large")
        return number

    def day(self, word: str) -> date:
        try:
            return date.fromisoformat(word) if len(word) == 10 else self.no_day(word)
        except ValueError:
            self.no_day(word)

    def no_day(self, word: str) -> NoReturn:
        self.fail(f"'{word[:30]}' is not a date; write it as 2016-09-01")

    def unescaped(self, word: str) -> str:
        def plain(match: re.Match[str]) -> str:
            if code := match[1] or match[2]:
                point = int(code, 16)
                if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                    self.fail(f"'{match[0]}' is not a character")
                return chr(point)
            return _ESCAPED.get(match[3], match[0])

        return _ESCAPE.sub(plain, word[1:-1]) if "\\" in word else word[1:-1]
