"""How the days of a joint step follow from the days of its members.

A rule is a small expression that a planner writes beside the joint lever, for
instance ``max(S08, S09, S13) + 2`` (the longest member, plus 2 working days for
the meeting). It may use members' keys, whole working days, ``max``, ``min``,
``+``, ``-`` and brackets; nothing else is read, so a rule can never run code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rules.problems import did_you_mean

T = TypeVar("T")

_TOKEN = re.compile(r"\s*(?:(?P<days>\d+)|(?P<word>[^\W\d][\w.\-]*)|(?P<sign>[(),+\-]))")
_MOST_TOKENS = 400


class RuleSyntaxError(ValueError):
    """The text is not a duration rule; the message says where it stops making sense."""


@dataclass(frozen=True, slots=True)
class Days:
    """A constant, in whole working days."""

    amount: int


@dataclass(frozen=True, slots=True)
class Member:
    """The days of the member step with this key."""

    key: str


@dataclass(frozen=True, slots=True)
class Extreme:
    """The longest (``max``) or shortest (``min``) of several durations."""

    of: tuple[Term, ...]
    longest: bool


@dataclass(frozen=True, slots=True)
class Total:
    """A sum; each part is added or taken away."""

    parts: tuple[tuple[bool, Term], ...]


Term = Days | Member | Extreme | Total


@dataclass(frozen=True, slots=True)
class DurationRule:
    """A parsed rule and its text.

    Examples
    --------
    >>> rule = parse_rule("max(S02, S05) + 1")
    >>> rule.value({"S02": 6, "S05": 7})
    8
    >>> rule.members
    ('S02', 'S05')
    """

    text: str
    term: Term

    @property
    def members(self) -> tuple[str, ...]:
        """Keys that the rule mentions, in order of first mention."""
        return tuple(dict.fromkeys(_keys(self.term)))

    def value(
        self,
        days: Mapping[str, Any],
        constant: Callable[[int], Any] = int,
        longer: Callable[[Any, Any], Any] = max,
        shorter: Callable[[Any, Any], Any] = min,
    ) -> Any:
        """Return the duration for given members' durations, never below zero.

        Parameters
        ----------
        days : mapping of str to number or array
            Each member's duration, in any one unit.
        constant : callable
            Turns whole working days of the rule into that unit.
        longer, shorter : callable
            Maximum and minimum of two durations; pass ``numpy.maximum`` and
            ``numpy.minimum`` for arrays.
        """
        return longer(_value(self.term, days, constant, longer, shorter), constant(0))

    def __str__(self) -> str:
        return self.text


def parse_rule(text: str) -> DurationRule:
    """Read a rule.

    Raises
    ------
    RuleSyntaxError
        With what was found and what was expected.

    Examples
    --------
    >>> parse_rule("max(S27, S28) + S29 - 2").value({"S27": 7, "S28": 3, "S29": 5})
    10
    >>> parse_rule("S08 +")
    Traceback (most recent call last):
    ...
    rules.duration_rules.RuleSyntaxError: 'S08 +' ends where a key, a number or max( was expected
    """
    tokens = _tokens(text)
    parser = _Parser(text, tokens)
    term = parser.total()
    if parser.position < len(tokens):
        raise RuleSyntaxError(f"'{text}': '{tokens[parser.position]}' was not expected there")
    return DurationRule(text, term)


def check_members(rule: DurationRule, members: tuple[str, ...]) -> str:
    """Return what is wrong with the keys a rule mentions, or an empty string.

    Examples
    --------
    >>> check_members(parse_rule("max(S08, S90)"), ("S08", "S09"))
    "the rule 'max(S08, S90)' mentions 'S90', which is not a member (did you mean 'S09'?)"
    """
    for key in rule.members:
        if key not in members:
            hint = did_you_mean(key, members)
            return f"the rule '{rule}' mentions '{key}', which is not a member{hint}"
    return ""


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        found = _TOKEN.match(stripped, position)
        if found is None:
            raise RuleSyntaxError(f"'{text}': '{stripped[position:].strip()[:12]}' cannot be read")
        tokens.append(found.group().strip())
        position = found.end()
        if len(tokens) > _MOST_TOKENS:
            raise RuleSyntaxError(f"the rule has more than {_MOST_TOKENS} words")
    return tokens


class _Parser:
    """Recursive descent over a rule's words; depth is bounded by the number of words."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.position = 0

    def _next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def _take(self, expected: str) -> None:
        if self._next() != expected:
            found = self._next()
            where = f"'{found}' stands" if found else "the text ends"
            raise RuleSyntaxError(f"'{self.text}': {where} where '{expected}' was expected")
        self.position += 1

    def total(self) -> Term:
        parts = [(True, self._part())]
        while self._next() in ("+", "-"):
            add = self._next() == "+"
            self.position += 1
            parts.append((add, self._part()))
        return parts[0][1] if len(parts) == 1 else Total(tuple(parts))

    def _part(self) -> Term:
        word = self._next()
        if not word:
            raise RuleSyntaxError(f"'{self.text}' ends where a key, a number or max( was expected")
        self.position += 1
        if word.isdecimal():
            return Days(int(word[:9]))
        if word == "(":
            inner = self.total()
            self._take(")")
            return inner
        if word in ("max", "min") and self._next() == "(":
            self.position += 1
            of = [self.total()]
            while self._next() == ",":
                self.position += 1
                of.append(self.total())
            self._take(")")
            return Extreme(tuple(of), longest=word == "max")
        if word in "(),+-":
            raise RuleSyntaxError(f"'{self.text}': '{word}' was not expected there")
        return Member(word)


def _keys(term: Term) -> list[str]:
    if isinstance(term, Member):
        return [term.key]
    if isinstance(term, Extreme):
        return [key for part in term.of for key in _keys(part)]
    if isinstance(term, Total):
        return [key for _, part in term.parts for key in _keys(part)]
    return []


def _value(
    term: Term,
    days: Mapping[str, Any],
    constant: Callable[[int], Any],
    longer: Callable[[Any, Any], Any],
    shorter: Callable[[Any, Any], Any],
) -> Any:
    if isinstance(term, Days):
        return constant(term.amount)
    if isinstance(term, Member):
        return days[term.key]
    if isinstance(term, Extreme):
        pick = longer if term.longest else shorter
        result = _value(term.of[0], days, constant, longer, shorter)
        for part in term.of[1:]:
            result = pick(result, _value(part, days, constant, longer, shorter))
        return result
    total: Any = constant(0)
    for add, part in term.parts:
        value = _value(part, days, constant, longer, shorter)
        total = total + value if add else total - value
    return total
