"""Tables that feed each other: one table's conclusion is another's fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from rules.problems import InputError, Place, Problem
from rules.tables.columns import Missing
from rules.tables.engine import valid_on
from rules.tables.outcome import Result
from rules.tables.table import DecisionTable


@dataclass(frozen=True, slots=True)
class TableSet:
    """Tables in an order in which each finds its facts.

    Versions of one table share its key and are in force on different days.

    Attributes
    ----------
    tables : tuple of DecisionTable
        Those that others read come first.

    Raises
    ------
    InputError
        If tables need each other in a circle, two conclude the same output, or two
        versions of a table are in force on one day.
    """

    tables: tuple[DecisionTable, ...]
    file: str = field(default="tables", compare=False)

    def __post_init__(self) -> None:
        problems = [*_two_sources(self.tables, self.file), *_two_versions(self.tables, self.file)]
        makers = {output.id: table.id for table in self.tables for output in table.outputs}
        needs: dict[str, set[str]] = {table.id: set() for table in self.tables}
        for table in self.tables:
            needs[table.id] |= {makers[fact] for fact in table.input_ids if fact in makers}
        order, circle = _sorted(needs)
        if circle:
            problems.append(
                Problem(
                    Place(self.file), f"tables need each other in a circle: {' -> '.join(circle)}"
                )
            )
        if problems:
            raise InputError(problems)
        rank = {key: place for place, key in enumerate(order)}
        object.__setattr__(self, "tables", tuple(sorted(self.tables, key=lambda t: rank[t.id])))

    def __iter__(self) -> Iterator[DecisionTable]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def in_force(self, as_of: date | None) -> tuple[DecisionTable, ...]:
        """Return the version of every table that is in force on a day; without a day all."""
        return tuple(t for t in self.tables if as_of is None or valid_on(t, as_of))

    def evaluate(self, facts: Mapping[str, object], as_of: date | None = None) -> dict[str, Result]:
        """Decide all tables, each with the facts given and what earlier tables conclude.

        Returns
        -------
        dict of str to Result
            By table; one that rests on an undecided table asks for what that one asks for.
        """
        known = dict(facts)
        waiting: dict[str, tuple[str, ...]] = {}  # outputs not decided, with what to ask for
        results: dict[str, Result] = {}
        for table in self.in_force(as_of):
            if table.id in results:
                raise InputError.at(
                    self.file, 0, f"table '{table.id}' has several versions: say as_of="
                )
            asks = _asked_through(table, waiting)
            if asks:
                every, count = table.engine.everything, len(table.inputs)
                nothing = (None,) * count
                result = Result(
                    table, nothing, (every,) * count, every, every, None, asks, tuple(range(count))
                )
            else:
                result = table.evaluate(known, as_of)
                if not result.decided:
                    asks = tuple(
                        dict.fromkeys(a for f in result.ask_for for a in waiting.get(f, (f,)))
                    )
                    result.ask_for = asks
            results[table.id] = result
            for output in table.outputs:
                if asks:
                    waiting[output.id] = asks
                else:
                    known[output.id] = _concluded(result, output.id)
        return results


def _asked_through(table: DecisionTable, waiting: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what to ask for where a fact that may not be missing rests on an undecided table."""
    needed = [c.id for c in table.inputs if c.id in waiting and c.missing is Missing.ERROR]
    return tuple(dict.fromkeys(ask for fact in needed for ask in waiting[fact]))


def _concluded(result: Result, output: str) -> object:
    """Return one output's value; of a list of records the set of values."""
    value = result.value
    if isinstance(value, list):
        return frozenset(
            part
            for record in value
            if (part := record[output] if isinstance(record, dict) else record) is not None
        )
    return value[output] if isinstance(value, dict) else value


def _two_sources(tables: Iterable[DecisionTable], file: str) -> Iterator[Problem]:
    makers: dict[str, str] = {}
    for table in tables:
        for output in table.outputs:
            other = makers.setdefault(output.id, table.id)
            if other != table.id:
                yield Problem(
                    Place(file), f"tables '{other}' and '{table.id}' both conclude '{output.id}'"
                )


def _two_versions(tables: Iterable[DecisionTable], file: str) -> Iterator[Problem]:
    versions: dict[str, list[DecisionTable]] = {}
    for table in tables:
        versions.setdefault(table.id, []).append(table)
    for key, same in versions.items():
        ordered = sorted(same, key=lambda t: t.valid_from or date.min)
        for old, new in pairwise(ordered):
            if old.valid_to is None or (new.valid_from or date.min) <= old.valid_to:
                yield Problem(
                    Place(file),
                    f"two versions of table '{key}' are in force on "
                    f"{new.valid_from or 'every day'}",
                )


def _sorted(needs: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """Return keys so that each follows what it needs, or the members of a circle."""
    order: list[str] = []
    done: set[str] = set()
    for start in needs:
        path: list[tuple[str, list[str]]] = [] if start in done else [(start, sorted(needs[start]))]
        while path:
            key, left = path[-1]
            if not left:
                done.add(key)
                order.append(key)
                path.pop()
                continue
            following = left.pop()
            on_path = [member for member, _ in path]
            if following in on_path:
                return [], [*on_path[on_path.index(following) :], following]
            if following not in done:
                path.append((following, sorted(needs[following])))
    return order, []
