"""Read ``[[type]]`` tables of scenario.toml: sorts of cases, their facts and who decides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from rules import InputError, did_you_mean
from rules.applicability import apply_tables
from rules.catalogue import Catalogue
from rules.csv_tables import key_problem
from rules.excerpt import Decided
from rules.tables import ColumnType, TableSet, read_tables
from rules.tables.axes import OrderedAxis
from rules.tables.columns import Input
from rules.tables.plane import plane_of
from scenarios.case_sorts import (
    MOST_COMBINATIONS,
    MOST_PROFILES,
    CaseSort,
    Profile,
    SaidFact,
    piece_of,
)
from scenarios.distributions import Distribution, Fixed
from scenarios.life_files import read_arrivals, read_time
from scenarios.toml_files import Settings, inside

SORT_TABLES = ("type", "tables")
"""Top-level keys of scenario.toml that say which sorts of cases come."""

_SETTINGS = (
    "key", "name", "share", "per_year", "number", "priority", "promise_days", "items", "facts",
    "arrivals", "tables",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What decision tables look at.

    Attributes
    ----------
    tables : TableSet
        In force on the scenario's first day.
    inputs : mapping of str to Input
        Facts that no table concludes, with their columns.
    points : mapping of str to tuple of float
        Of facts that are numbers, where a table changes its mind.
    """

    tables: TableSet
    inputs: Mapping[str, Input]
    points: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, tables: TableSet, on: date) -> Asked:
        """Return what tables look at on a day."""
        in_force = tables.in_force(on)
        made = {output.id for table in in_force for output in table.outputs}
        axes = plane_of(*in_force).axes if in_force else ()
        inputs = {
            column.id: column
            for table in in_force
            for column in table.inputs
            if column.id not in made
        }
        points = {
            axis.column.id: tuple(float(point) for point in axis.points)  # type: ignore[arg-type]  # of numbers
            for axis in axes
            if isinstance(axis, OrderedAxis)
            and axis.column.id in inputs
            and axis.column.type is ColumnType.NUMBER
        }
        return cls(tables, inputs, points)

    def shown(self, key: str) -> tuple[object, ...]:
        """Return one number of each stretch that tables tell apart."""
        axis = OrderedAxis(self.inputs[key], self.points[key])
        return tuple(
            axis.example(1 << piece) if axis.full >> piece & 1 else None
            for piece in range(axis.size)
        )


def read_sorts(
    settings: Settings,
    folder: Path,
    catalogue: Catalogue | None,
    *,
    items: Sequence[str],
    first_day: date,
) -> tuple[CaseSort, ...]:
    """Return the sorts of cases that a scenario names; every mistake is noted with its line.

    Parameters
    ----------
    settings : Settings
        scenario.toml.
    folder : Path
        Of the scenario.
    catalogue : Catalogue or None
        Its items; None where its tables are not to be read.
    items : sequence of str
        Keys of today's items.
    first_day : date
        As of which day tables are asked.
    """
    asked = _asked(settings, folder, first_day)
    found = [
        _Reader(
            table,
            settings.table("cases"),
            folder,
            asked,
            catalogue,
            items,
            first_day,
            said_folder=settings.has("tables"),
        ).sort()
        for table in settings.tables("type")
    ]
    keys: dict[str, int] = {}
    for table, sort in zip(settings.tables("type"), found, strict=True):
        if sort.key in keys:
            table.wrong("key", f"'{sort.key}' stands twice (first on line {keys[sort.key]})")
        keys.setdefault(sort.key, table.line("key"))
    shares = [table.number("share", 0.0) for table in settings.tables("type")]
    if any(shares) and abs(sum(shares) - 1) > 1e-6:
        settings.tables("type")[0].wrong(
            "share", f"the types' shares add up to {sum(shares):g}; 1 was expected"
        )
    if found and settings.table("arrivals").has("trace"):
        settings.table("arrivals").wrong(
            "trace", "a file of arrivals for all types: give each its own under [type.arrivals]"
        )
    return tuple(found)


def _asked(settings: Settings, folder: Path, on: date) -> Asked | None:
    if not settings.has("tables"):
        return None
    name = settings.text("tables")
    path = inside(folder, name)
    if path is None:
        settings.wrong("tables", f"'{name}' lies outside the scenario's folder")
        return None
    if not settings.has("type"):
        settings.wrong("tables", "no [[type]] says of which facts the tables are asked")
    try:
        return Asked.of(read_tables(path), on)
    except InputError as error:
        settings.reading.problems += error.problems
        return None


class _Reader:
    """Reads one ``[[type]]``."""

    def __init__(
        self,
        table: Settings,
        whole: Settings,
        folder: Path,
        asked: Asked | None,
        catalogue: Catalogue | None,
        items: Sequence[str],
        first_day: date,
        *,
        said_folder: bool,
    ) -> None:
        self.said_folder = said_folder
        self.table, self.whole, self.folder = table, whole, folder
        self.asked = self._of_type(asked, first_day)
        self.catalogue, self.items, self.first_day = catalogue, items, first_day

    def _of_type(self, asked: Asked | None, on: date) -> Asked | None:
        """Return the tables that are asked for this type: those that it names, or all."""
        if asked is None or not self.table.has("tables"):
            return asked
        known = {table.id: table for table in asked.tables}
        named = self.table.texts("tables")
        for key in named:
            if key not in known:
                self.table.wrong("tables", f"no table is called '{key}'{did_you_mean(key, known)}")
        return Asked.of(TableSet(tuple(t for t in asked.tables if t.id in named)), on)

    def sort(self) -> CaseSort:
        """Return the sort."""
        table = self.table
        table.only(_SETTINGS)
        number, per_year = self._numbers()
        arrivals = None
        if table.has("arrivals"):
            arrivals = read_arrivals(table.table("arrivals"), self.folder, self.first_day)
            number = len(arrivals.trace) or number
        if problem := key_problem(table.text("key")):
            table.wrong("key", f"'{table.text('key')[:40]}' {problem}")
        facts = self._facts()
        profiles, places = self._profiles(facts)
        return CaseSort(
            table.text("key"),
            table.name(),
            number,
            per_year,
            table.whole("priority", 1, low=1, high=1000),
            table.whole("promise_days", 0, high=10_000),
            arrivals,
            facts,
            profiles,
            places,
        )

    def _numbers(self) -> tuple[int, int]:
        """Return how many come in a replication and in a year: a share of all, or their own."""
        table, whole = self.table, self.whole
        if table.has("share") == table.has("per_year"):
            table.wrong("share", "either share (of [cases]) or per_year was expected, not both")
            return 1, 1
        if table.has("per_year"):
            per_year = table.whole("per_year", low=1, high=10_000_000)
            return table.whole("number", per_year, low=1, high=10_000_000), per_year
        if table.has("number"):
            table.wrong("number", "goes with per_year; a share is of the number in [cases]")
        share = table.number("share", high=1.0)
        all_year = whole.whole("per_year", 100, low=1, high=10_000_000)
        every = whole.whole("number", all_year, low=1, high=10_000_000)
        return max(1, round(share * every)), max(1, round(share * all_year))

    # --- facts ------------------------------------------------------------------------

    def _facts(self) -> tuple[SaidFact, ...]:
        said = self.table.table("facts")
        if not said.values:
            return ()
        if self.asked is None:
            if not self.said_folder:
                self.table.wrong("facts", "no decision tables look at them: tables = 'FOLDER'")
            return ()
        found = []
        for key in said.values:
            column = self.asked.inputs.get(key)
            if column is None:
                known = self.asked.inputs
                said.wrong(key, f"no decision table asks for it{did_you_mean(key, known)}")
            elif (fact := self._fact(said, key, column)) is not None:
                found.append(fact)
        return tuple(found)

    def _fact(self, said: Settings, key: str, column: Input) -> SaidFact | None:
        value = said.values[key]
        if column.type is ColumnType.BOOL:
            if isinstance(value, bool):
                return SaidFact(key, (False, True), (float(not value), float(value)))
            chance = said.number(key, high=1.0)
            return SaidFact(key, (False, True), (1 - chance, chance))
        if column.type is ColumnType.NUMBER:
            return self._number(said, key, column)
        if column.type in (ColumnType.ENUM, ColumnType.STRING):
            return self._choice(said, key, column)
        said.wrong(key, f"a fact of type {column.type} cannot be drawn: enum, bool or number")
        return None

    def _choice(self, said: Settings, key: str, column: Input) -> SaidFact | None:
        value = said.values[key]
        weights: dict[str, float] = {}
        if isinstance(value, str):
            weights[value] = 1.0
        else:
            part = said.table(key)
            weights = {word: part.number(word) for word in part.values}
        for word in weights:
            if column.choices and word not in column.values:
                hint = did_you_mean(word, column.values) or f" ({', '.join(column.values)})"
                said.wrong(key, f"'{word}' is no value of it{hint}")
                return None
        if not any(weights.values()):
            said.wrong(key, "weights of 0 or more, not all 0, were expected")
            return None
        return SaidFact(key, tuple(weights), tuple(weights.values()))

    def _number(self, said: Settings, key: str, column: Input) -> SaidFact | None:
        if self.asked is None:
            return None
        numbers: Distribution = read_time(said, key)
        points = self.asked.points.get(key, ())
        fact = SaidFact(key, self.asked.shown(key), (), numbers, points, column.whole)
        for value, possible in zip(fact.values, fact.possible(), strict=True):
            if possible and value is None and not isinstance(numbers, Fixed):
                limits = f"{_end(column.low)} to {_end(column.high)}"
                said.wrong(key, f"draws numbers outside those that the tables take: {limits}")
                return None
        if isinstance(numbers, Fixed):
            return self._one_number(said, key, fact, numbers.value)
        return fact

    def _one_number(
        self, said: Settings, key: str, fact: SaidFact, value: float
    ) -> SaidFact | None:
        piece = int(piece_of(_array(value), fact.points, fact.whole)[0])
        if fact.values[piece] is None:
            said.wrong(key, f"{value:g} is a number that the tables do not take")
            return None
        return SaidFact(key, (int(value) if value == int(value) else value,), (1.0,))

    # --- what facts lead to -----------------------------------------------------------

    def _profiles(self, facts: tuple[SaidFact, ...]) -> tuple[tuple[Profile, ...], tuple[int, ...]]:
        table = self.table
        chosen = table.texts("items", required=False)
        for key in chosen:
            if key not in self.items:
                table.wrong("items", f"no step is called '{key}'{did_you_mean(key, self.items)}")
        if not facts:
            return (Profile(tuple(chosen)),), (0,)
        if chosen:
            table.wrong("items", "the decision tables say which items a case needs")
        combinations = 1
        for fact in facts:
            combinations *= len(fact.values)
        if combinations > MOST_COMBINATIONS:
            table.wrong(
                "facts",
                f"{combinations} combinations; at most {MOST_COMBINATIONS} can be looked at",
            )
            return (Profile(),), (0,)
        return self._decide(facts)

    def _decide(self, facts: tuple[SaidFact, ...]) -> tuple[tuple[Profile, ...], tuple[int, ...]]:
        """Ask the tables about every combination of facts that can occur."""
        draft = CaseSort("", self.table.name("name"), 1, 1, facts=facts)
        profiles: dict[Profile, int] = {}
        places: list[int] = []
        told: set[str] = set()
        for known, possible in zip(draft.combinations(), draft.possible(), strict=True):
            profile = self._profile(known, told) if possible else None
            places.append(0 if profile is None else profiles.setdefault(profile, len(profiles)))
        for problem in sorted(told):
            self.table.wrong("facts", problem)
        if len(profiles) > MOST_PROFILES:
            self.table.wrong(
                "facts",
                f"lead to {len(profiles)} different procedures; at most {MOST_PROFILES} can be run",
            )
        return tuple(profiles) or (Profile(),), tuple(places)

    def _profile(self, facts: Mapping[str, object], told: set[str]) -> Profile | None:
        if self.asked is None or self.catalogue is None:
            return None
        try:
            found = apply_tables(self.catalogue, self.asked.tables, facts, self.first_day)
        except InputError as error:
            told.update(str(problem) for problem in error.problems)
            return None
        if found.ask_for:
            told.add(f"the tables cannot decide without: {', '.join(found.ask_for)}")
            return None
        items = tuple(key for key in self.items if key in found.members)
        if not items:
            told.add(f"the tables ask for no item where {_said(facts)}")
            return None
        decided = []
        for key in items:
            dealing = self.catalogue[key].dealing
            level, handling = found.level(key), found.handling(key)
            if (level, handling) != (dealing.decide_level, dealing.handling):
                decided.append((key, Decided(level, handling)))
        return Profile(items, tuple(decided))


def _array(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([value], dtype=np.float64)


def _said(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{key} is {value}" for key, value in facts.items())


def _end(value: object) -> str:
    return "any" if value is None else f"{value}"
