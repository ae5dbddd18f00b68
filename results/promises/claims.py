"""What a promise claims: ``p90(total) <= 120``, ``on_time(109) >= 90 %``.

A text after a total is a type of case: ``mean(total["promised"])``, ``on_time(7.5, "shop")``; one
that ends in ``*`` means every type whose key so begins. The grammar is closed and nothing is
evaluated::

    claim   = metric ("<=" | ">=" | "<" | ">") number ["%" | "wd"]
    metric  = "steps" | "paper_days" | "serial_days" | "visits" | "documents" | "fees"
            | "on_time" "(" number ["," text] ")"
            | ("mean" | "p50" | "p90") "(" target ")"
            | "utilisation" "[" text "]"
    target  = "total" ["[" text "]"] | "wait" "[" text "]" | "days" "[" text "]"
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rules import did_you_mean


class ClaimSyntaxError(ValueError):
    """A claim that cannot be read; the message says what was expected."""


class Order(StrEnum):
    """How a measured value must stand to the limit."""

    AT_MOST = "<="
    AT_LEAST = ">="
    BELOW = "<"
    ABOVE = ">"

    @property
    def upward(self) -> bool:
        """Whether more is better."""
        return self in (Order.AT_LEAST, Order.ABOVE)

    def holds(self, value: Fraction | float, limit: Fraction | float) -> bool:
        """Whether a value stands so to the limit."""
        return {
            Order.AT_MOST: value <= limit,
            Order.AT_LEAST: value >= limit,
            Order.BELOW: value < limit,
            Order.ABOVE: value > limit,
        }[self]


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A number of the paper view: no queues, no luck, no interval."""

    word: str

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class OnTime:
    """Share of cases, 0 to 1, that take no longer than so many working days.

    ``type`` names the type of case, as ``[[type]]`` does; empty: all cases.
    """

    days: Fraction
    type: str = ""

    def __str__(self) -> str:
        of = f', "{self.type}"' if self.type else ""
        return f"on_time({number_text(self.days)}{of})"


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Mean, median or 90th percentile of the cases' elapsed working days.

    ``type`` names the type of case, as ``[[type]]`` does; empty: all cases.
    """

    of: str
    type: str = ""

    def __str__(self) -> str:
        of = f'["{self.type}"]' if self.type else ""
        return f"{self.of}(total{of})"


@dataclass(frozen=True, slots=True)
class Wait:
    """Working days that work waits at a step, an office or one of its pools."""

    of: str
    where: str

    def __str__(self) -> str:
        return f'{self.of}(wait["{self.where}"])'


@dataclass(frozen=True, slots=True)
class StepDays:
    """Working days from when a step can begin to its end, waits included."""

    of: str
    step: str

    def __str__(self) -> str:
        return f'{self.of}(days["{self.step}"])'


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Share of their open time, 0 to 1, that the people of a pool hold work."""

    pool: str

    def __str__(self) -> str:
        return f'utilisation["{self.pool}"]'


Metric = OnPaper | OnTime | Elapsed | Wait | StepDays | Utilisation


@dataclass(frozen=True, slots=True)
class Claim:
    """A metric, how it must stand to a limit, and the limit.

    Attributes
    ----------
    metric : Metric
        What is measured.
    order : Order
        At most, at least, below or above.
    limit : Fraction
        In working days, as a share (0 to 1) or a count, as the metric is.
    """

    metric: Metric
    order: Order
    limit: Fraction

    @property
    def is_share(self) -> bool:
        """Whether the metric is a share from 0 to 1."""
        return isinstance(self.metric, OnTime | Utilisation)

    @property
    def unit(self) -> str:
        """``wd`` for working days; empty for counts and shares."""
        counts = isinstance(self.metric, OnPaper) and not self.metric.word.endswith("days")
        return "" if self.is_share or counts else "wd"

    def __str__(self) -> str:
        return f"{self.metric} {self.order} {number_text(self.limit)}"


PAPER_METRICS = ("steps", "paper_days", "serial_days", "visits", "documents", "fees")
STATISTICS = ("mean", "p50", "p90")
TARGETS = ("total", "wait", "days")
METRICS = (*PAPER_METRICS, "on_time", *STATISTICS, "utilisation")
"""Every word that a claim may begin with."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[^\W\d]\w*)|"(?P<double>[^"]*)"|'(?P<single>[^']*)'
    |(?P<sign><=|>=|≤|≥|<|>|[()\[\]%,-]))""",
    re.VERBOSE | re.ASCII,
)
_ALIKE = {"≤": "<=", "≥": ">="}
_LONGEST = 200


def parse_claim(text: str) -> Claim:
    """Read a claim.

    Raises
    ------
    ClaimSyntaxError
        With what was found and what was expected instead.

    Examples
    --------
    >>> print(parse_claim("p90(total) <= 120 wd"))
    p90(total) <= 120
    >>> print(parse_claim("on_time(109) >= 90 %"))
    on_time(109) >= 0.9
    >>> parse_claim("p99(total) <= 120")
    Traceback (most recent call last):
    ...
    results.promises.claims.ClaimSyntaxError: no metric is called 'p99' (did you mean 'p90'?)
    """
    return _Reader(text).claim()


def parse_metric(text: str) -> Metric:
    """Read a metric alone.

    Raises
    ------
    ClaimSyntaxError
        With what was found and what was expected instead.

    Examples
    --------
    >>> print(parse_metric("on_time(7.5)"))
    on_time(7.5)
    """
    reader = _Reader(text)
    metric = reader.metric()
    if reader.at < len(reader.tokens):
        raise ClaimSyntaxError(
            f"'{reader.tokens[reader.at][1]}' stands after the end of the metric"
        )
    return metric


def number_text(value: Fraction) -> str:
    """Return a number as planners write it.

    Examples
    --------
    >>> number_text(Fraction(109)), number_text(Fraction(9, 10))
    ('109', '0.9')
    """
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"


class _Reader:
    """Reads a claim token by token."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        if len(text) > _LONGEST:
            raise ClaimSyntaxError(f"is longer than {_LONGEST} characters")
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ClaimSyntaxError(f"'{text[place:].strip()[:20]}' cannot be read here")
            kind = found.lastgroup or ""
            value = found[kind]
            self.tokens.append((_KINDS.get(kind, kind), _ALIKE.get(value, value)))
            place = found.end()

    def claim(self) -> Claim:
        metric = self.metric()
        order = self.sign("<=", ">=", "<", ">", what="'<=', '>=', '<' or '>'")
        limit = self.number()
        claim = Claim(metric, Order(order), limit)
        if self.peek() == ("sign", "%"):
            if not claim.is_share:
                raise ClaimSyntaxError(f"{metric} is no share: leave '%' out")
            self.at += 1
            claim = Claim(metric, claim.order, limit / 100)
        elif self.peek() == ("word", "wd"):
            if claim.unit != "wd":
                raise ClaimSyntaxError(f"{metric} is not counted in working days: leave 'wd' out")
            self.at += 1
        if self.at < len(self.tokens):
            raise ClaimSyntaxError(f"'{self.tokens[self.at][1]}' stands after the end of the claim")
        if claim.is_share and claim.limit > 1:
            raise ClaimSyntaxError(
                f"{metric} is a share: write a limit from 0 to 1, or '{number_text(limit)} %'"
            )
        return claim

    def metric(self) -> Metric:
        word = self.word("a metric", METRICS)
        if word in PAPER_METRICS:
            return OnPaper(word)
        if word == "utilisation":
            return Utilisation(self.bracketed('a pool such as "planning.reviewer"'))
        self.sign("(", what=f"'(' after {word}")
        metric: Metric
        if word == "on_time":
            days = self.number()
            of = ""
            if self.peek() == ("sign", ","):
                self.at += 1
                of = self.text("a type of case")
            metric = OnTime(days, of)
        else:
            target = self.word("total, wait or days", TARGETS)
            if target == "total":
                typed = self.peek() == ("sign", "[")
                metric = Elapsed(word, self.bracketed("a type of case") if typed else "")
            elif target == "wait":
                metric = Wait(word, self.bracketed("a step, an office or a pool"))
            else:
                metric = StepDays(word, self.bracketed("a step"))
        self.sign(")", what="')'")
        return metric

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def word(self, what: str, known: tuple[str, ...]) -> str:
        kind, value = self.peek()
        if kind != "word":
            raise ClaimSyntaxError(f"{what} was expected, not {_quoted(kind, value)}")
        if value not in known:
            hint = did_you_mean(value, known) or f" (known: {', '.join(known)})"
            raise ClaimSyntaxError(
                f"no metric is called '{value}'{hint}"
                if known is METRICS
                else f"'{value}' is not {what}{hint}"
            )
        self.at += 1
        return value

    def number(self) -> Fraction:
        kind, value = self.peek()
        if kind != "number" or len(value) > 12:
            raise ClaimSyntaxError(f"a number was expected, not {_quoted(kind, value)}")
        self.at += 1
        return Fraction(value)

    def bracketed(self, what: str) -> str:
        self.sign("[", what=f"'[' and {what}")
        value = self.text(what)
        self.sign("]", what="']'")
        return value

    def text(self, what: str) -> str:
        kind, value = self.peek()
        if kind != "text":
            raise ClaimSyntaxError(f"{what} in quotes was expected, not {_quoted(kind, value)}")
        self.at += 1
        return value

    def sign(self, *signs: str, what: str) -> str:
        kind, value = self.peek()
        if kind != "sign" or value not in signs:
            raise ClaimSyntaxError(f"{what} was expected, not {_quoted(kind, value)}")
        self.at += 1
        return value


_KINDS = {"double": "text", "single": "text"}


def _quoted(kind: str, value: str) -> str:
    return value if kind == "end" else f"'{value[:20]}'"
