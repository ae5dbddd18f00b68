"""Hit policies: what several matching rows conclude together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rules.tables.columns import Fact
from rules.tables.feel_values import plain_number
from rules.tables.outcome import Outcome, Record

if TYPE_CHECKING:
    from rules.tables.table import DecisionTable


def conclude(table: DecisionTable, matching: tuple[int, ...]) -> Outcome:
    """Return the outcome of the rows that match, or how they break the hit policy."""
    if not matching:
        return _nothing(table)
    records = [table.rows[n].outputs for n in matching]
    ids = [table.rows[n].id for n in matching]
    return apply_policy(table.hit_policy.value, matching, ids, records, table.priority)


def apply_policy(
    policy: str,
    matching: tuple[int, ...],
    ids: Sequence[str],
    records: Sequence[tuple[Fact, ...]],
    priority: Callable[[tuple[Fact, ...]], tuple[int, ...]],
) -> Outcome:
    """Return what a hit policy makes of one or more rows that match.

    Parameters
    ----------
    policy : str
        DMN's letters, ``C+`` ... for the aggregations of collect.
    matching : tuple of int
        Numbers of the rows that match.
    ids, records : sequence
        Their keys and conclusions.
    priority : callable
        Rank of a record for policies P and O, lowest first.
    """
    named = ", ".join(ids)
    if policy == "U" and len(matching) > 1:
        return Outcome(
            matching,
            (),
            None,
            f"rows {named} all match, but with hit policy U at most one row may match",
        )
    if policy == "A" and any(record != records[0] for record in records):
        return Outcome(
            matching,
            (),
            None,
            f"rows {named} match and conclude differently; with hit policy A several rows may "
            "match, but all of them must conclude the same",
        )
    match policy:
        case "U" | "A" | "F":
            return Outcome(matching, matching[:1], _record(records[0]))
        case "P":
            first = min(range(len(matching)), key=lambda n: (priority(records[n]), n))
            return Outcome(matching, (matching[first],), _record(records[first]))
        case "O":
            order = sorted(range(len(matching)), key=lambda n: (priority(records[n]), n))
            fired = tuple(matching[n] for n in order)
            return Outcome(matching, fired, tuple(_record(records[n]) for n in order))
        case "R" | "C":
            return Outcome(matching, matching, tuple(map(_record, records)))
        case "C#":
            return Outcome(matching, matching, len(matching))
    numbers = [Decimal(str(record[0])) for record in records]
    total = sum(numbers) if policy == "C+" else min(numbers) if policy == "C<" else max(numbers)
    return Outcome(matching, matching, plain_number(Decimal(total)))


def _record(outputs: tuple[Fact, ...]) -> Record:
    return outputs[0] if len(outputs) == 1 else outputs


def _nothing(table: DecisionTable) -> Outcome:
    policy = table.hit_policy.value
    defaults = tuple(output.default for output in table.outputs)
    if any(default is not None for default in defaults):
        given = _record(defaults)
        return Outcome((), (), given if table.hit_policy.single or policy[1:] else (given,))
    if policy == "C#":
        return Outcome((), (), 0)
    if table.complete:
        return Outcome((), (), None, "no row matches, though the table is declared complete")
    return Outcome((), (), None if table.hit_policy.single or policy[1:] else ())
