"""How a table decides: every column turns a fact into the rows it allows, as bits.

A decision is the ``and`` of one ``int`` a column; the hit policy reads the bits that are
left. The masks of the columns are kept with the decision, so which row fired, and which
cell stopped each other row, can be told later without looking at the facts again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, cast

from rules.problems import InputError, Place, Problem, did_you_mean
from rules.tables.axes import Axis, Box, ChoiceAxis, OrderedAxis, axes_of, bits, boxes_of
from rules.tables.columns import Cell, ColumnType, Fact, Input, Missing, check_fact
from rules.tables.outcome import Outcome, Result
from rules.tables.policies import conclude

if TYPE_CHECKING:
    from rules.tables.table import DecisionTable, Row

Lookup: TypeAlias = Callable[..., int]
_MOST_OUTCOMES_KEPT = 10_000
_MOST_COMPLETIONS = 20_000
_NUMBERS = frozenset({int, float})


class OddFactError(Exception):
    """A fact that the quick way does not take; the careful way says why or converts it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A table ready to decide.

    Attributes
    ----------
    axes : tuple of tuple of Axis
        The axes of every input column.
    boxes : tuple of tuple of Box
        The boxes of every row.
    """

    table: DecisionTable
    cells: tuple[tuple[Cell, ...], ...]
    axes: tuple[tuple[Axis, ...], ...]
    boxes: tuple[tuple[Box, ...], ...]
    lookups: tuple[Lookup, ...]
    pick: Callable[[Mapping[str, object]], tuple[object, ...]]
    dated: bool
    everything: int
    input_ids: tuple[str, ...]
    outcomes: dict[int, Outcome]
    days: dict[date, int]

    @property
    def flat_axes(self) -> tuple[Axis, ...]:
        """The axes of all columns in order."""
        return tuple(axis for own in self.axes for axis in own)

    def in_force(self, as_of: date | None) -> int:
        """Return the rows in force on a day; without a day all, if none is dated."""
        table = self.table
        if as_of is None:
            if self.dated:
                raise InputError.at(
                    table.place_name, 0, f"rows of table '{table.id}' are dated: say as_of="
                )
            return self.everything
        if not valid_on(table, as_of):
            raise InputError.at(
                table.place_name,
                0,
                f"table '{table.id}' is not in force on {as_of} "
                f"(from {table.valid_from or 'ever'} to {table.valid_to or 'ever'})",
            )
        known = self.days.get(as_of)
        if known is None:
            known = sum(1 << n for n, row in enumerate(table.rows) if valid_on(row, as_of))
            if len(self.days) < _MOST_OUTCOMES_KEPT:
                self.days[as_of] = known
        return known

    def evaluate(self, facts: Mapping[str, object], as_of: date | None = None) -> Result:
        """Decide; see :meth:`DecisionTable.evaluate`."""
        rows = self.in_force(as_of) if as_of is not None or self.dated else self.everything
        try:
            values = self.pick(facts)
            masks = [look(value) for look, value in zip(self.lookups, values, strict=True)]
        except (KeyError, TypeError, OddFactError):
            return self.evaluate_carefully(facts, as_of)
        hits = rows
        for mask in masks:
            hits &= mask
        return Result(
            self.table, values, masks, rows, hits, self.outcomes.get(hits) or self.outcome(hits)
        )

    def evaluate_carefully(self, facts: Mapping[str, object], as_of: date | None) -> Result:
        """Decide where a fact is missing, of another type or wrong."""
        values, unknown = self.checked(facts)
        masks = [
            self.everything if n in unknown else look(value)
            for n, (look, value) in enumerate(zip(self.lookups, values, strict=True))
        ]
        rows = hits = self.in_force(as_of)
        for mask in masks:
            hits &= mask
        if not unknown:
            return Result(self.table, values, masks, rows, hits, self.outcome(hits))
        outcome, ask_for = self.three_valued(hits, unknown)
        return Result(self.table, values, masks, rows, hits, outcome, ask_for, tuple(unknown))

    def checked(self, facts: Mapping[str, object]) -> tuple[tuple[Fact, ...], list[int]]:
        """Return the facts in the order of the columns and which columns are unknown."""
        problems: list[Problem] = []
        values: list[Fact] = []
        unknown: list[int] = []
        place = Place(self.table.place_name)
        for number, column in enumerate(self.table.inputs):
            value: Fact = None
            if facts.get(column.id) is None:
                if column.missing is Missing.UNKNOWN:
                    unknown.append(number)
                else:
                    others = [name for name in facts if name not in self.table.input_ids]
                    hint = did_you_mean(column.id, others)
                    problems.append(Problem(place, f"the fact '{column.id}' is missing{hint}"))
            else:
                try:
                    value = check_fact(column, facts[column.id])
                except ValueError as error:
                    problems.append(Problem(place, f"{column.id}: {error}"))
            values.append(value)
        if problems:
            raise InputError(problems)
        return tuple(values), unknown

    def three_valued(
        self, hits: int, unknown: Sequence[int]
    ) -> tuple[Outcome | None, tuple[str, ...]]:
        """Return the outcome if it is the same whatever the unknown facts are, else what to ask."""
        inputs = self.table.inputs
        ways = {n: self.possible_masks(n) for n in unknown}
        left = _combined(hits, list(ways.values()))
        if left is None:
            return None, tuple(inputs[n].id for n in unknown)
        outcomes = {self.outcome(mask, loud=False) for mask in left}
        if len(outcomes) == 1:
            return self.outcome(next(iter(left))), ()
        needed: list[str] = []
        for n in unknown:
            others = (
                _combined(hits, [masks for other, masks in ways.items() if other != n]) or set()
            )
            if any(
                len({self.outcome(m & w, loud=False).meaning for w in ways[n]}) > 1 for m in others
            ):
                needed.append(inputs[n].id)
        if not needed:  # the rows that fire differ, what they conclude does not
            return self.outcome(next(iter(left))), ()
        return None, tuple(needed)

    def possible_masks(self, number: int) -> set[int]:
        """Return the row masks that some value of a column leads to."""
        column, own = self.table.inputs[number], self.axes[number]
        if column.type is ColumnType.SET:
            subsets: set[frozenset[str]] = {frozenset()}
            for axis in own[:12]:
                subsets |= {subset | {axis.member} for subset in subsets}  # type: ignore[union-attr]  # axes of a set
            masks = {self.lookups[number](subset) for subset in subsets}
            return masks if len(own) <= 12 else masks | {self.everything}
        axis = cast("OrderedAxis | ChoiceAxis", own[0])
        by_piece = rows_by_piece(axis, [row[number] for row in self.cells])
        return {by_piece[piece] for piece in bits(axis.full)}

    def outcome(self, hits: int, loud: bool = True) -> Outcome:
        """Return what the hit policy makes of the rows that match.

        Raises
        ------
        InputError
            If ``loud`` and the matching rows break the policy.
        """
        known = self.outcomes.get(hits)
        if known is None:
            known = conclude(self.table, tuple(bits(hits)))
            if len(self.outcomes) < _MOST_OUTCOMES_KEPT and not known.broken:
                self.outcomes[hits] = known
        if loud and known.broken:
            raise InputError.at(self.table.place_name, 0, known.broken)
        return known


def compile_table(table: DecisionTable, cells: Sequence[Sequence[Cell]]) -> Engine:
    """Return the engine of a table whose cells were read."""
    columns = [[row[n] for row in cells] for n in range(len(table.inputs))]
    axes = tuple(axes_of(c, own) for c, own in zip(table.inputs, columns, strict=True))
    ids = [column.id for column in table.inputs]
    several, one = len(ids) > 1, ids[0] if ids else ""
    return Engine(
        table,
        tuple(tuple(row) for row in cells),
        axes,
        tuple(tuple(boxes_of(row, axes)) for row in cells),
        tuple(_lookup(c, own, a) for c, own, a in zip(table.inputs, columns, axes, strict=True)),
        itemgetter(*ids) if several else (lambda facts: (facts[one],) if one else ()),
        any(row.valid_from or row.valid_to for row in table.rows),
        (1 << len(table.rows)) - 1,
        tuple(ids),
        {},
        {},
    )


def valid_on(dated: DecisionTable | Row, day: date) -> bool:
    """Whether a table or row is in force on a day; its last day is included."""
    begun = dated.valid_from is None or dated.valid_from <= day
    return begun and (dated.valid_to is None or day <= dated.valid_to)


def rows_by_piece(axis: OrderedAxis | ChoiceAxis, cells: Sequence[Cell]) -> list[int]:
    """Return for every piece of an axis the rows whose cell accepts it."""
    by_piece = [0] * axis.size
    for number, cell in enumerate(cells):
        for piece in bits(axis.mask(cell)):
            by_piece[piece] |= 1 << number
    return by_piece


def _lookup(column: Input, cells: Sequence[Cell], axes: tuple[Axis, ...]) -> Lookup:
    match column.type:
        case ColumnType.NUMBER:
            return _number_lookup(cast("OrderedAxis", axes[0]), cells)
        case ColumnType.DATE:
            return _date_lookup(cast("OrderedAxis", axes[0]), cells)
        case ColumnType.BOOL:
            return _bool_lookup(cast("ChoiceAxis", axes[0]), cells)
        case ColumnType.SET:
            return _set_lookup(column, cells)
    return _text_lookup(cast("ChoiceAxis", axes[0]), cells)


def _number_lookup(axis: OrderedAxis, cells: Sequence[Cell]) -> Lookup:
    by_piece = [m if axis.full >> p & 1 else None for p, m in enumerate(rows_by_piece(axis, cells))]
    points = cast("tuple[float, ...]", axis.points)
    count, whole = len(points), axis.column.whole

    def look(value: float) -> int:
        if type(value) not in _NUMBERS or value != value or (whole and value % 1):  # noqa: PLR0124 - not a number
            raise OddFactError
        at = bisect_left(points, value)
        mask = by_piece[2 * at + 1 if at < count and points[at] == value else 2 * at]
        if mask is None:
            raise OddFactError
        return mask

    return look


def _date_lookup(axis: OrderedAxis, cells: Sequence[Cell]) -> Lookup:
    by_piece = [m if axis.full >> p & 1 else None for p, m in enumerate(rows_by_piece(axis, cells))]

    def look(value: object) -> int:
        if type(value) is not date:
            raise OddFactError
        mask = by_piece[axis.piece(value)]
        if mask is None:
            raise OddFactError
        return mask

    return look


def _bool_lookup(axis: ChoiceAxis, cells: Sequence[Cell]) -> Lookup:
    no, yes = rows_by_piece(axis, cells)

    def look(value: object) -> int:
        if value is True:
            return yes
        if value is False:
            return no
        raise OddFactError

    return look


def _text_lookup(axis: ChoiceAxis, cells: Sequence[Cell]) -> Lookup:
    masks = dict(zip(axis.values, rows_by_piece(axis, cells), strict=True))
    if axis.column.choices:
        return cast("Lookup", masks.__getitem__)
    other = masks[None]

    def look(value: object) -> int:
        if type(value) is not str:
            raise OddFactError
        return masks.get(value, other)

    return look


def _set_lookup(column: Input, cells: Sequence[Cell]) -> Lookup:
    wanting = sum(1 << n for n, cell in enumerate(cells) if not cell.negated)
    with_member: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for member in cast("tuple[str, ...]", cell.accepts):
            with_member[member] = with_member.get(member, 0) | 1 << number
    everything = (1 << len(cells)) - 1
    possible = frozenset(column.values)

    def look(value: object) -> int:
        if not isinstance(value, set | frozenset) or (possible and not value <= possible):
            raise OddFactError
        named = 0
        for member in value:
            named |= with_member.get(member, 0)
        return (named & wanting) | (everything & ~named & ~wanting)

    return look


def _combined(hits: int, ways: Sequence[set[int]]) -> set[int] | None:
    left = {hits}
    for masks in ways:
        left = {a & b for a in left for b in masks}
        if len(left) > _MOST_COMPLETIONS:
            return None
    return left


def overlapping(engine: Engine) -> list[tuple[int, int, Box]]:
    """Return every pair of rows that can match together on one day, with a box where they do."""
    rows = engine.table.rows
    found: list[tuple[int, int, Box]] = []
    for second, boxes in enumerate(engine.boxes):
        for first in range(second):
            if not _together(rows[first], rows[second]):
                continue
            common = next(
                (box for a in engine.boxes[first] for b in boxes if (box := meet(a, b))), None
            )
            if common is not None:
                found.append((first, second, common))
    return sorted(found)


def meet(a: Box, b: Box) -> Box | None:
    """Return the common part of two boxes, or None."""
    common: list[int] = []
    for x, y in zip(a, b, strict=True):
        if not x & y:
            return None
        common.append(x & y)
    return tuple(common)


def _together(a: Row, b: Row) -> bool:
    """Whether two rows are in force on a common day."""
    for first, second in pairwise((a, b, a)):
        if first.valid_to and second.valid_from and first.valid_to < second.valid_from:
            return False
    return True
