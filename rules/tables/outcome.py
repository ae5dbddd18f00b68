"""A decision and its trace: what was concluded, by which row, and what stopped the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from rules.problems import InputError
from rules.tables.columns import Fact

if TYPE_CHECKING:
    from rules.tables.table import DecisionTable

Record: TypeAlias = Fact | tuple[Fact, ...]
"""One row's conclusion: its value, or a tuple of values where there are several outputs."""
Conclusion: TypeAlias = Record | tuple[Record, ...]
"""A record, or for policies that collect a tuple of records."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the hit policy makes of the rows that match.

    Attributes
    ----------
    matching : tuple of int
        Rows whose cells all accept the facts, from 0.
    fired : tuple of int
        Those of them that the policy took.
    conclusion : Conclusion
        What they conclude together.
    broken : str
        How they break the policy; empty if they do not.
    """

    matching: tuple[int, ...]
    fired: tuple[int, ...]
    conclusion: Conclusion
    broken: str = ""

    @property
    def meaning(self) -> tuple[Conclusion, bool]:
        """What a reader of the result can tell: the conclusion, and whether it is an error."""
        return self.conclusion, bool(self.broken)


@dataclass(frozen=True, slots=True)
class RowTrace:
    """One row in a trace.

    Attributes
    ----------
    row : str
        Key of the row.
    state : str
        ``fired``, ``outranked`` (it matches, the hit policy took another), ``failed``,
        ``unknown`` (it may match, a fact is missing) or ``not in force``.
    failing : tuple of str
        Columns whose cells refuse the facts, first to last.
    """

    row: str
    state: str
    failing: tuple[str, ...] = ()


class Result:
    """A decision with all that its trace needs; nothing of it is worked out before it is asked.

    A plain slotted class, not a frozen dataclass, because hundreds of thousands are made a second.

    Attributes
    ----------
    table : DecisionTable
        The table that decided.
    facts : tuple
        The facts it read, in the order of its input columns.
    ask_for : tuple of str
        Facts without which it cannot decide; empty if it decided.
    """

    __slots__ = ("_hits", "_masks", "_outcome", "_rows", "_unknown", "ask_for", "facts", "table")

    def __init__(
        self,
        table: DecisionTable,
        facts: tuple[object, ...],
        masks: Sequence[int],
        rows: int,
        hits: int,
        outcome: Outcome | None,
        ask_for: tuple[str, ...] = (),
        unknown: tuple[int, ...] = (),
    ) -> None:
        self.table = table
        self.facts = facts
        self.ask_for = ask_for
        self._masks = masks
        self._rows = rows
        self._hits = hits
        self._outcome = outcome
        self._unknown = unknown

    @property
    def decided(self) -> bool:
        """Whether the facts given are enough."""
        return self._outcome is not None

    @property
    def outcome(self) -> Outcome:
        """The outcome.

        Raises
        ------
        InputError
            If facts are missing; the message says which to ask for.
        """
        if self._outcome is None:
            raise InputError.at(
                self.table.place_name, 0, f"cannot decide, ask for: {', '.join(self.ask_for)}"
            )
        return self._outcome

    @property
    def value(self) -> object:
        """The conclusion.

        One output: its value; several: a dict keyed by the outputs' ids. Hit policies
        C, R and O: a list of these; C+ C< C> C#: the number. None where no row matches.
        """
        conclusion = self.outcome.conclusion
        policy = self.table.hit_policy
        if policy.listed and isinstance(conclusion, tuple):
            return [self._keyed(record) for record in conclusion]
        return self._keyed(conclusion)

    def _keyed(self, record: object) -> object:
        if isinstance(record, tuple):
            return dict(zip((o.id for o in self.table.outputs), record, strict=True))
        return record

    @property
    def rows(self) -> tuple[str, ...]:
        """Keys of the rows that fired."""
        return tuple(self.table.rows[n].id for n in self.outcome.fired)

    @property
    def trace(self) -> tuple[RowTrace, ...]:
        """Every row of the table, in order, with what became of it."""
        return tuple(self._row_trace(n) for n in range(len(self.table.rows)))

    @property
    def stopped_by(self) -> dict[str, int]:
        """For every input the rows (as bits) of which its cell is the first that fails.

        The shortest form of the trace, quick enough to be kept for every decision.
        """
        left, stopped = self._rows, {}
        for column, mask in zip(self.table.engine.input_ids, self._masks, strict=True):
            stopped[column] = left & ~mask
            left &= mask
        return stopped

    def _row_trace(self, number: int) -> RowTrace:
        row, bit = self.table.rows[number], 1 << number
        if not self._rows & bit:
            return RowTrace(row.id, "not in force")
        if not self._hits & bit:
            failing = zip(self.table.inputs, self._masks, strict=True)
            return RowTrace(row.id, "failed", tuple(c.id for c, m in failing if not m & bit))
        if any(not self.table.cell(number, n).anything for n in self._unknown):
            return RowTrace(row.id, "unknown")
        fired = self._outcome is not None and number in self._outcome.fired
        return RowTrace(row.id, "fired" if fired else "outranked")

    @property
    def nearest_miss(self) -> RowTrace | None:
        """The row that failed by the fewest cells, the first of them; None if none failed."""
        failed = [row for row in self.trace if row.state == "failed"]
        return min(failed, key=lambda row: len(row.failing), default=None)

    def __repr__(self) -> str:
        shown = repr(self.value) if self.decided else f"ask for {', '.join(self.ask_for)}"
        return f"<Result of {self.table.id}: {shown}>"
