"""Axes: a column cut into the fewest pieces that its cells can tell apart.

The cells of a column name only so many values. Between them nothing changes, so a column
of numbers falls into points and gaps, an enum into its choices, a set into one
yes/no axis a member. A set of pieces is an ``int`` with one bit a piece. Evaluation, gaps,
overlaps and differences all work on these bits and are exact.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import TypeAlias, cast

from rules.tables.columns import Cell, ColumnType, Fact, Input, Ordered, Span


def bits(mask: int) -> Iterator[int]:
    """Return the numbers of the bits that are set, lowest first.

    Examples
    --------
    >>> list(bits(0b1010))
    [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, slots=True)
class OrderedAxis:
    """Numbers or dates cut at the points that cells name.

    Piece ``2 k + 1`` is the point ``k`` itself, piece ``2 k`` what lies before it, and the
    last piece what lies after all points.

    Attributes
    ----------
    column : Input
        The column.
    points : tuple of number or date
        Ends named by cells and by the column's limits, ascending.
    full : int
        The pieces that hold a possible value.
    """

    column: Input
    points: tuple[Ordered, ...]
    full: int = field(init=False)

    def __post_init__(self) -> None:
        pieces = range(2 * len(self.points) + 1)
        object.__setattr__(self, "full", sum(1 << p for p in pieces if self._holds_something(p)))

    @property
    def size(self) -> int:
        """Number of pieces, possible or not."""
        return 2 * len(self.points) + 1

    def mask(self, cell: Cell) -> int:
        """Return the pieces that a cell accepts."""
        accepted = 0
        for span in cast("tuple[Span, ...]", cell.accepts):
            first = 0 if span.low is None else 2 * self._place(span.low) + 2 - span.low_closed
            last = self.size - 1
            if span.high is not None:
                last = 2 * self._place(span.high) + span.high_closed
            if last >= first:
                accepted |= (1 << (last + 1)) - (1 << first)
        return self.full & (~accepted if cell.negated else accepted)

    def piece(self, value: Fact) -> int:
        """Return the piece that holds a value."""
        at = bisect_left(self.points, value)  # type: ignore[type-var]  # one type per column
        return 2 * at + (at < len(self.points) and self.points[at] == value)

    def spans(self, mask: int) -> list[Span]:
        """Return pieces as the fewest spans; impossible pieces between them are bridged."""
        spans: list[Span] = []
        pieces = list(bits(mask & self.full))
        run: list[int] = []
        for piece in pieces:
            if run and self.full & ((1 << piece) - (1 << (run[-1] + 1))):
                spans.append(self._span(run))
                run = []
            run.append(piece)
        return [*spans, self._span(run)] if run else spans

    def example(self, mask: int) -> Fact:
        """Return a value inside the pieces, a round one where there is a choice."""
        pieces = list(bits(mask & self.full))
        between = [p for p in pieces if p % 2 == 0 and 0 < p < self.size - 1]
        outside = [p for p in pieces if p % 2 == 0 and p not in between]
        return self._inside((between or outside or pieces)[0])

    def describe(self, mask: int, language: str) -> str:
        """Return the pieces in words, such as ``land in [50, 60) mu``."""
        name = self.column.named(language)
        unit = self.column.unit.in_language(language)
        unit = f" {unit}" if unit and language == "en" else unit
        word, joint = (" or ", ", ") if language == "en" else ("或", ",")
        spans = [self._without_limits(span) for span in self.spans(mask)]
        if len(spans) > 1 and all(s.low == s.high and s.low is not None for s in spans):
            return f"{name} = {joint.join(str(s.low) for s in spans)}{unit}"
        return word.join(_span_in_words(name, span, unit) for span in spans)

    def _without_limits(self, span: Span) -> Span:
        """Return a span without an end that is the column's own limit."""
        if span.low == span.high:
            return span
        low = None if span.low_closed and span.low == self.column.low else span.low
        high = None if span.high_closed and span.high == self.column.high else span.high
        return Span(low, span.low_closed, high, span.high_closed)

    def _place(self, end: Ordered) -> int:
        return bisect_left(self.points, end)

    def _span(self, run: Sequence[int]) -> Span:
        first, last = run[0], run[-1]
        low = None if first == 0 else self.points[(first - 1) // 2]
        high = None if last == self.size - 1 else self.points[last // 2]
        return Span(low, first % 2 == 1, high, last % 2 == 1)

    def _holds_something(self, piece: int) -> bool:
        column, points = self.column, self.points
        if piece % 2:
            point = points[piece // 2]
            return _within(column, point) and not (column.whole and point != math.floor(point))  # type: ignore[arg-type]  # whole numbers only
        low = points[piece // 2 - 1] if piece else None
        high = points[piece // 2] if piece < self.size - 1 else None
        if low is not None and column.high is not None and low >= column.high:  # type: ignore[operator]  # one type per column
            return False
        if high is not None and column.low is not None and high <= column.low:  # type: ignore[operator]  # one type per column
            return False
        if low is None or high is None:
            return True
        if isinstance(low, date):
            return cast("date", high) - low > timedelta(days=1)
        return not column.whole or math.floor(low) + 1 < cast("float", high)

    def _inside(self, piece: int) -> Fact:
        if piece % 2:
            return self.points[piece // 2]
        low = self.points[piece // 2 - 1] if piece else self.column.low
        high = self.points[piece // 2] if piece < self.size - 1 else self.column.high
        if self.column.type is ColumnType.DATE:
            return _day_between(cast("date | None", low), cast("date | None", high))
        return _number_between(cast("float | None", low), cast("float | None", high))


@dataclass(frozen=True, slots=True)
class ChoiceAxis:
    """An enum, a truth value or a text, one piece a value.

    Attributes
    ----------
    column : Input
        The column.
    values : tuple
        The values; for a text without choices those that cells name, and None for
        any other text.
    """

    column: Input
    values: tuple[str | bool | None, ...]

    @property
    def size(self) -> int:
        """Number of pieces."""
        return len(self.values)

    @property
    def full(self) -> int:
        """All pieces."""
        return (1 << len(self.values)) - 1

    def mask(self, cell: Cell) -> int:
        """Return the pieces that a cell accepts."""
        accepted = sum(1 << self.values.index(value) for value in set(cell.accepts))
        return self.full & (~accepted if cell.negated else accepted)

    def piece(self, value: Fact) -> int:
        """Return the piece that holds a value."""
        if value in self.values:
            return self.values.index(cast("str | bool", value))
        return self.values.index(None)

    def example(self, mask: int) -> Fact:
        """Return a value inside the pieces."""
        value = self.values[next(bits(mask))]
        return "…" if value is None else value

    def describe(self, mask: int, language: str) -> str:
        """Return the pieces in words, such as ``industry: industrial or housing``."""
        chinese = language == "zh"
        named = [self._named(self.values[p], language) for p in bits(mask)]
        others = [self._named(self.values[p], language) for p in bits(self.full & ~mask)]
        label = self.column.named(language)
        if self.column.type is not ColumnType.BOOL and 0 < len(others) < len(named):
            return (
                f"{label}不是{'、'.join(others)}"
                if chinese
                else (
                    f"{label}: neither {' nor '.join(others)}"
                    if len(others) > 1
                    else f"{label}: not {others[0]}"
                )
            )
        return f"{label}为{'或'.join(named)}" if chinese else f"{label}: {' or '.join(named)}"

    def _named(self, value: str | bool | None, language: str) -> str:
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value]
        if value is None:
            return "其他" if language == "zh" else "any other text"
        return self.column.value_named(value, language)


@dataclass(frozen=True, slots=True)
class MemberAxis:
    """Whether a set holds one member: piece 0 no, piece 1 yes."""

    column: Input
    member: str
    size: int = 2
    full: int = 3

    def example(self, mask: int) -> bool:
        """Return whether an example set holds the member."""
        return not mask & 1

    def describe(self, mask: int, language: str) -> str:
        """Return the piece in words, such as ``uses without heritage``."""
        words = {"en": (" without ", " with "), "zh": ("不含", "含")}[language]
        member = self.column.value_named(self.member, language)
        return f"{self.column.named(language)}{words[mask == 2]}{member}"


Axis: TypeAlias = OrderedAxis | ChoiceAxis | MemberAxis
Box: TypeAlias = tuple[int, ...]
"""A mask of pieces for every axis: the cases whose every fact lies in its pieces."""


def axes_of(column: Input, cells: Iterable[Cell]) -> tuple[Axis, ...]:
    """Return the axes of a column: one, or for a set one for every member that cells name."""
    named = {part for cell in cells for part in cell.accepts}
    if column.type.ordered:
        ends = {end for span in named if isinstance(span, Span) for end in (span.low, span.high)}
        points = {end for end in (*ends, column.low, column.high) if end is not None}
        return (OrderedAxis(column, tuple(sorted(points))),)
    if column.type is ColumnType.BOOL:
        return (ChoiceAxis(column, (False, True)),)
    texts = cast("set[str]", named)
    if column.type is ColumnType.SET:
        order = {value: place for place, value in enumerate(column.values)}
        members = sorted(texts, key=lambda m: (order.get(m, len(order)), m))
        return tuple(MemberAxis(column, member) for member in members)
    if column.choices:
        return (ChoiceAxis(column, column.values),)
    return (ChoiceAxis(column, (*sorted(texts), None)),)


def boxes_of(cells: Sequence[Cell], axes: Sequence[Sequence[Axis]]) -> list[Box]:
    """Return the boxes of a row: one, or more where a cell asks for one member of several.

    Parameters
    ----------
    cells : sequence of Cell
        One a column.
    axes : sequence of sequence of Axis
        The axes of every column.
    """
    boxes: list[Box] = [()]
    for cell, own in zip(cells, axes, strict=True):
        boxes = [box + part for box in boxes for part in _parts(cell, own)]
    return boxes


def _parts(cell: Cell, axes: Sequence[Axis]) -> list[Box]:
    first = axes[0] if axes else None
    if isinstance(first, OrderedAxis | ChoiceAxis):
        return [(first.mask(cell),)]
    members = [cast("MemberAxis", axis).member for axis in axes]
    if cell.negated:
        return [tuple(1 if member in cell.accepts else 3 for member in members)]
    named = [place for place, member in enumerate(members) if member in cell.accepts]
    # with the n-th member, and without those before it, so the boxes do not overlap
    return [
        tuple(2 if p == place else 1 if p in named[:n] else 3 for p in range(len(members)))
        for n, place in enumerate(named)
    ]


def describe(box: Box, axes: Sequence[Axis], language: str) -> str:
    """Return a box in words: its limited axes, or that it holds every case."""
    limited = [a.describe(m, language) for a, m in zip(axes, box, strict=True) if m != a.full]
    if not limited:
        return "所有情形" if language == "zh" else "every case"
    return ("," if language == "zh" else ", ").join(limited)


def example(box: Box, axes: Sequence[Axis]) -> dict[str, Fact]:
    """Return the facts of one case inside a box, keyed by the columns' ids."""
    facts: dict[str, Fact] = {}
    for axis, mask in zip(axes, box, strict=True):
        if isinstance(axis, MemberAxis):
            held = cast("frozenset[str]", facts.get(axis.column.id, frozenset()))
            facts[axis.column.id] = held | {axis.member} if axis.example(mask) else held
        else:
            facts[axis.column.id] = axis.example(mask)
    return facts


def _within(column: Input, value: Ordered) -> bool:
    low = column.low is None or column.low <= value  # type: ignore[operator]  # one type per column
    return low and (column.high is None or value <= column.high)  # type: ignore[operator]  # one type per column


def _span_in_words(name: str, span: Span, unit: str) -> str:
    low, high = span.low, span.high
    if low is None and high is None:
        return name
    if low == high:
        return f"{name} = {low}{unit}"
    if low is None:
        return f"{name} {'<=' if span.high_closed else '<'} {high}{unit}"
    if high is None:
        return f"{name} {'>=' if span.low_closed else '>'} {low}{unit}"
    opening, closing = "(["[span.low_closed], ")]"[span.high_closed]
    return f"{name} {'in ' if name.isascii() else ''}{opening}{low}, {high}{closing}{unit}"


def _day_between(low: date | None, high: date | None) -> date:
    if low is None:
        return high - timedelta(days=1) if high else date(2000, 1, 1)
    return low + timedelta(days=1)


def _number_between(low: float | None, high: float | None) -> int | float:
    """Return a number strictly between two others, whole if one fits in the middle."""
    if low is None and high is None:
        return 0
    if low is None:
        return math.ceil(cast("float", high)) - 1
    if high is None:
        return math.floor(low) + 1
    middle = (Fraction(low) + Fraction(high)) / 2
    whole = math.floor(middle)
    if low < whole < high:
        return whole
    if low < whole + 1 < high:
        return whole + 1
    near = float(middle)
    return near if low < near < high else math.nextafter(low, math.inf)
