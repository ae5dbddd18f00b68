"""From a project's facts to its items: what applies, who decides, and why.

Decision tables conclude keys of items, materials, surveys and intermediary services, and
the deciding level. What they cannot decide is asked for, never assumed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from rules.catalogue import Catalogue
from rules.cells import WORDS
from rules.dealing import HandlingClass, Level
from rules.items import Item
from rules.law import Law, national_law
from rules.problems import InputError, Place, Problem, did_you_mean
from rules.procedure import Procedure
from rules.steps import Limit, Name
from rules.tables.chain import TableSet
from rules.tables.columns import Fact, Input
from rules.tables.outcome import Result, RowTrace
from rules.tables.table import DecisionTable, Row

SORTS = ("item", "material", "survey", "intermediary")
"""What outputs of type ``ref:...`` may refer to."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a row of a table says a project needs.

    Attributes
    ----------
    sort, key : str
        ``item``, ``material``, ``survey`` or ``intermediary``, and its key.
    table, row : DecisionTable, Row
        What concluded it.
    facts : mapping of str to value
        The facts that the table read.
    level : Level or None
        Deciding level, where the same row says it.
    handling : HandlingClass or None
        Handling class (件类), where the same row says it.
    """

    sort: str
    key: str
    table: DecisionTable
    row: Row
    facts: Mapping[str, object]
    level: Level | None = None
    handling: HandlingClass | None = None

    @property
    def basis(self) -> str:
        """Article of the row, else of the table."""
        return self.row.basis or self.table.basis


@dataclass(frozen=True, slots=True)
class Application:
    """What the tables say about one project.

    Attributes
    ----------
    catalogue : Catalogue
        As of the day asked about.
    facts : mapping
        What is known of the project.
    on : date
        The day whose rows and items apply.
    needs : tuple of Need
        What it needs, in the order of tables and rows.
    results : mapping of str to Result
        Every table's decision, with its trace.
    ask_for : tuple of str
        Facts without which some table cannot decide; empty if all decided.
    law : Law
        Provisions, for naming the version that is law on the day.
    """

    catalogue: Catalogue
    facts: Mapping[str, object]
    on: date
    needs: tuple[Need, ...]
    results: Mapping[str, Result]
    ask_for: tuple[str, ...] = ()
    law: Law = field(default_factory=national_law, repr=False)

    @property
    def decided(self) -> bool:
        """Whether the facts are enough for every table."""
        return not self.ask_for

    def keys(self, sort: str) -> tuple[str, ...]:
        """Return the keys needed of one sort, each once: ``item``, ``material`` ..."""
        return tuple(dict.fromkeys(need.key for need in self.needs if need.sort == sort))

    @property
    def items(self) -> tuple[str, ...]:
        """Keys of the items that apply."""
        return self.keys("item")

    @property
    def materials(self) -> tuple[str, ...]:
        """Codes of documents: those that tables say and those of the items."""
        listed = [code for key in self.members for code in self.catalogue[key].materials]
        return tuple(dict.fromkeys((*self.keys("material"), *listed)))

    @property
    def members(self) -> tuple[str, ...]:
        """Keys of all catalogue items in the procedure: items, their surveys and services."""
        said = [
            need.key
            for need in self.needs
            if need.sort != "material" and need.key in self.catalogue
        ]
        helping = [
            key
            for item in said
            for key in (*self.catalogue[item].surveys, *self.catalogue[item].intermediaries)
            if key in self.catalogue
        ]
        return tuple(dict.fromkeys((*said, *helping)))

    def level(self, key: str) -> Level | None:
        """Return the level that decides an item: as a row says, else as the catalogue does."""
        for need in self.needs:
            if need.key == key and need.level is not None:
                return need.level
        return self.catalogue[key].dealing.decide_level if key in self.catalogue else None

    def handling(self, key: str) -> HandlingClass | None:
        """Return the class in which an item is handled: as a row says, else as the catalogue."""
        for need in self.needs:
            if need.key == key and need.handling is not None:
                return need.handling
        return self.catalogue[key].dealing.handling if key in self.catalogue else None

    def procedure(self, name: Name | None = None) -> Procedure:
        """Return the procedure of this project, one step after another.

        Raises
        ------
        InputError
            If some table cannot decide; the message says what to ask for.
        """
        if self.ask_for:
            asked = ", ".join(self.ask_for)
            raise InputError.at("applicability", 0, f"cannot decide, ask for: {asked}")
        items = tuple(
            _dealt(item, self.level(item.key), self.handling(item.key))
            if item.key in self.members
            else item
            for item in self.catalogue.items
        )
        leveled = replace(self.catalogue, items=items)
        return leveled.procedure(self.members, self.on, name)

    def explain(self, key: str) -> Name:
        """Say why an item (or material) is in the procedure: table, row, facts and law.

        Raises
        ------
        KeyError
            If the project does not need it.
        """
        lines = {
            language: [*self._because(key, language), *self._law(key, language)]
            for language in ("zh", "en")
        }
        if not any(need.key == key for need in self.needs) and not self._helped(key):
            raise KeyError(key)
        return Name("\n".join(lines["zh"]), "\n".join(lines["en"]))

    def why_not(self, key: str) -> Name:
        """Say why an item is not in the procedure: the rows that conclude it, what failed."""
        lines: dict[str, list[str]] = {"zh": [], "en": []}
        for result in self.results.values():
            for row, trace in zip(result.table.rows, result.trace, strict=True):
                if not any(key in _members(value) for value in row.outputs):
                    continue
                need = Need("item", key, result.table, row, _facts(result))
                for language, said in lines.items():
                    said.append(_failing(need, trace, language))
        if not lines["en"]:
            return Name(f"没有一张决策表能得出{key}", f"no table concludes {key}")
        return Name("\n".join(lines["zh"]), "\n".join(lines["en"]))

    def _because(self, key: str, language: str) -> Iterator[str]:
        named = self._named(key, language)
        for need in self.needs:
            if need.key != key:
                continue
            said = list(_conditions(need, language))
            title = need.table.name.in_language(language) or need.table.id
            if language == "zh":
                because = f"，因为{'，'.join(said)}" if said else "，适用于所有项目"
                law = f"。依据：{need.basis}" if need.basis else ""
                level = f"，由{WORDS[need.level].zh}决定" if need.level else ""
                yield f"{named}：由表“{title}”第{need.row.id}行得出{because}{level}{law}。"
            else:
                because = f" because {' and '.join(said)}" if said else " for every project"
                law = f" Basis: {need.basis}." if need.basis else ""
                level = f"; {WORDS[need.level].en} level decides" if need.level else ""
                yield f"{named}: row {need.row.id} of {title} asks for it{because}{level}.{law}"
            yield from self._chained(need, language, {need.table.id})
        for member in self._helped(key):
            other = self._named(member, language)
            yield (
                f"{named}：{other}须有此踏勘或中介服务。"
                if language == "zh"
                else f"{named}: the survey or service that {other} needs."
            )

    def _chained(self, need: Need, language: str, seen: set[str]) -> Iterator[str]:
        """Say where facts come from that other tables concluded."""
        used = {
            column.id: column
            for place, column in enumerate(need.table.inputs)
            if not need.table.cell(_number(need), place).anything
        }
        for result in self.results.values():
            table = result.table
            makes = [output.id for output in table.outputs if output.id in used]
            if not makes or table.id in seen or not result.decided:
                continue
            for row in _fired(result):
                inner = Need("fact", makes[0], table, row, _facts(result))
                said = list(_conditions(inner, language))
                title = table.name.in_language(language) or table.id
                place = [o.id for o in table.outputs].index(makes[0])
                value = _shown(used[makes[0]], row.outputs[place], language)
                label = used[makes[0]].named(language)
                law = inner.basis
                if language == "zh":
                    because = f"，因为{'，'.join(said)}" if said else ""
                    end = f"。依据：{law}" if law else ""
                    yield f"其中{label}为{value}，由表“{title}”第{row.id}行得出{because}{end}。"
                else:
                    because = f" because {' and '.join(said)}" if said else ""
                    end = f" Basis: {law}." if law else ""
                    yield f"{label} is {value}: row {row.id} of {title}{because}.{end}"
                yield from self._chained(inner, language, seen | {table.id})

    def _law(self, key: str, language: str) -> Iterator[str]:
        if key not in self.catalogue:
            return
        basis = self.catalogue[key].basis
        if basis.citation:
            rank = WORDS[basis.type].in_language(language)
            yield (
                f"设定依据（{rank}）：{basis.cited.zh}。"
                if language == "zh"
                else f"The item itself rests on {basis.citation} ({rank})."
            )
        item = self.catalogue[key]
        if not item.law_limit:
            return
        try:
            rule = self.law.limit(item.law_limit, on=self.on, jurisdiction=item.jurisdiction)
        except LookupError:
            return
        limit = Limit(rule.limit, rule.floor)
        yield (
            f"{self.on}的法定时限：{limit}（{rule.article}，{rule.valid_from}起施行）。"
            if language == "zh"
            else f"Its statutory limit on {self.on} is {limit} ({rule.article}, in force since "
            f"{rule.valid_from})."
        )

    def _helped(self, key: str) -> tuple[str, ...]:
        return tuple(
            member
            for member in self.members
            if key in (*self.catalogue[member].surveys, *self.catalogue[member].intermediaries)
        )

    def _named(self, key: str, language: str) -> str:
        if key in self.catalogue:
            return self.catalogue[key].name.in_language(language) or key
        for material in self.catalogue.materials or ():
            if material.code == key:
                return material.name.in_language(language) or key
        return key


def apply_tables(
    catalogue: Catalogue,
    tables: TableSet,
    facts: Mapping[str, object],
    on: date,
    law: Law | None = None,
) -> Application:
    """Decide what a project needs.

    Parameters
    ----------
    catalogue : Catalogue
        Items of all dates.
    tables : TableSet
        Decision tables; outputs of type ``ref:item``, ``ref:material``, ``ref:survey`` and
        ``ref:intermediary`` conclude keys, an output whose id ends in ``level`` beside
        an item the deciding level, one that ends in ``handling`` its handling class.
    facts : mapping of str to value
        What is known of the project.
    on : date
        The day whose rows and items apply.
    law : Law, optional
        Provisions; the shipped national ones by default.

    Raises
    ------
    InputError
        If a fact is missing whose column says that missing is a mistake, a fact is wrong,
        or a table concludes an item that the catalogue does not hold on the day.
    """
    now = catalogue.as_of(on)
    results = tables.evaluate(facts, as_of=on)
    needs: list[Need] = []
    problems: list[Problem] = []
    for result in results.values():
        if not result.decided:
            continue
        for row in _fired(result):
            for need in _needs(result, row):
                needs.append(need)
                if need.sort == "item" and need.key not in now:
                    place = Place(result.table.place_name, row.line)
                    hint = did_you_mean(need.key, now.keys)
                    what = f"row '{row.id}' concludes the item '{need.key}', not in force on {on}"
                    problems.append(Problem(place, what + hint))
    if problems:
        raise InputError(problems)
    asked = (fact for result in results.values() for fact in result.ask_for)
    return Application(
        now, dict(facts), on, tuple(needs), results, tuple(dict.fromkeys(asked)),
        law or national_law(),
    )  # fmt: skip


def _needs(result: Result, row: Row) -> Iterator[Need]:
    table = result.table
    level: Level | None = None
    handling: HandlingClass | None = None
    for output, value in zip(table.outputs, row.outputs, strict=True):
        word = output.id.rpartition(".")[2]
        if word.endswith("level") and isinstance(value, str):
            level = Level(value) if value in {known.value for known in Level} else None
        if word.endswith("handling") and isinstance(value, str):
            known_classes = {known.value for known in HandlingClass}
            handling = HandlingClass(value) if value in known_classes else None
    for output, value in zip(table.outputs, row.outputs, strict=True):
        if output.refers in SORTS:
            for key in sorted(_members(value)):
                yield Need(output.refers, key, table, row, _facts(result), level, handling)


def _members(value: Fact) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    return frozenset([value]) if isinstance(value, str) else frozenset()


def _fired(result: Result) -> tuple[Row, ...]:
    fired = set(result.rows)
    return tuple(row for row in result.table.rows if row.id in fired)


def _facts(result: Result) -> Mapping[str, object]:
    return dict(zip(result.table.input_ids, result.facts, strict=True))


def _number(need: Need) -> int:
    return [row.id for row in need.table.rows].index(need.row.id)


def _conditions(need: Need, language: str, only: Collection[str] | None = None) -> Iterator[str]:
    """Say each fact that the row asked about (or only some of them), and what it asked."""
    number = _number(need)
    for place, column in enumerate(need.table.inputs):
        if need.table.cell(number, place).anything or (only is not None and column.id not in only):
            continue
        value, asked = _shown(column, need.facts.get(column.id), language), need.row.cells[place]
        yield (
            f"{column.named('zh')}为{value}（要求：{asked}）"
            if language == "zh"
            else f"{column.named('en')} is {value} (asked: {asked})"
        )


def _failing(need: Need, trace: RowTrace, language: str) -> str:
    title = need.table.name.in_language(language) or need.table.id
    said = list(_conditions(need, language, trace.failing))
    if language == "zh":
        because = "，".join(said) or {"not in force": "当日不生效", "unknown": "缺少事实"}.get(
            trace.state, "已适用"
        )
        return f"表“{title}”第{need.row.id}行可得出它，但{because}。"
    because = " and ".join(said) or {
        "not in force": "it is not in force on that day", "unknown": "a fact is missing",
    }.get(trace.state, "it applies")  # fmt: skip
    return f"Row {need.row.id} of {title} would ask for it, but {because}."


def _shown(column: Input, value: object, language: str) -> str:
    chinese = language == "zh"
    if isinstance(value, bool):
        return ("是" if value else "否") if chinese else ("yes" if value else "no")
    if value is None:
        return "未知" if chinese else "unknown"
    if isinstance(value, str):
        return column.value_named(value, language)
    if isinstance(value, set | frozenset):
        names = [column.value_named(str(member), language) for member in sorted(value)]
        return ("、" if chinese else ", ").join(names) or ("无" if chinese else "none")
    unit = column.unit.in_language(language)
    return f"{value}{'' if chinese or not unit else ' '}{unit}"


def _dealt(item: Item, level: Level | None, handling: HandlingClass | None) -> Item:
    dealing = item.dealing
    changed = replace(
        dealing,
        decide_level=level or dealing.decide_level,
        handling=handling or dealing.handling,
    )
    return item if changed == dealing else replace(item, dealing=changed)
