"""Provisions as dated data: limits and clock stops with article, unit, validity and jurisdiction.

The shipped tables hold the Administrative Licensing Law and the other limits that the
scenarios use; a jurisdiction may bring its own tables of the same form. The law of a
day is asked for with that day: :meth:`Law.limit` never answers with today's text for
an old case. ``source`` says whether a text was read or is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TypeVar

from rules.catalogue import Reading
from rules.csv_tables import Column, Row, read_table
from rules.problems import InputError, did_you_mean
from rules.steps import Duration, Name, Unit

NATION = "CN"
"""Jurisdiction whose provisions hold everywhere unless a lower one says otherwise."""

LIMIT_COLUMNS = (
    Column("key", required=True),
    Column("jurisdiction", ("适用地区",), required=True),
    Column("article", ("条款",), required=True),
    Column("name_zh", ("名称",)),
    Column("name_en"),
    Column("floor", ("最短",)),
    Column("amount", ("期限",), required=True),
    Column("unit", ("单位",), required=True),
    Column("extension", ("延长",)),
    Column("extension_by_zh", ("批准延长",)),
    Column("extension_by_en"),
    Column("counted_from", ("起算",)),
    Column("valid_from", ("生效",), required=True),
    Column("valid_to", ("失效",)),
    Column("source", ("来源",), required=True),
)
PROVISION_COLUMNS = (
    Column("key", required=True),
    Column("jurisdiction", ("适用地区",), required=True),
    Column("article", ("条款",), required=True),
    Column("name_zh", ("内容",)),
    Column("name_en"),
    Column("valid_from", ("生效",), required=True),
    Column("valid_to", ("失效",)),
    Column("source", ("来源",), required=True),
)
STOP_COLUMNS = (
    Column("reason", required=True),
    Column("jurisdiction", ("适用地区",), required=True),
    Column("article", ("条款",), required=True),
    Column("name_zh", ("名称",)),
    Column("name_en"),
    Column("valid_from", ("生效",), required=True),
    Column("valid_to", ("失效",)),
    Column("source", ("来源",), required=True),
)


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit that an act sets, over the dates in which it is law.

    Attributes
    ----------
    key : str
        What is limited, for instance ``decision``; versions share their key.
    jurisdiction : str
        ``CN`` or a part of it such as ``CN-HN``.
    article : str
        Citation.
    name : Name
        What is limited, in words.
    limit : Duration
        Length and unit of day.
    floor : bool
        True: at least so long (a notice); False: at most.
    extension : Duration or None
        By how much it may be extended once.
    extension_by : Name
        Who approves the extension.
    counted_from : str
        Event after which counting begins, for instance ``acceptance``.
    valid_from, valid_to : date
        First and last day on which this text is law; ``date.max`` while it is.
    source : str
        Whether the text was read, or is from general knowledge.
    """

    key: str
    jurisdiction: str
    article: str
    name: Name
    limit: Duration
    floor: bool
    extension: Duration | None
    extension_by: Name
    counted_from: str
    valid_from: date
    valid_to: date
    source: str


@dataclass(frozen=True, slots=True)
class ClockStopRule:
    """A reason for which the legal clock stands still (行政许可法 art. 45 or a local rule).

    Attributes
    ----------
    reason : str
        For instance ``expert_review``; ``public_notice`` (公示) is not in the national list.
    jurisdiction, article, name, valid_from, valid_to, source
        As of :class:`LimitRule`.
    """

    reason: str
    jurisdiction: str
    article: str
    name: Name
    valid_from: date
    valid_to: date
    source: str


@dataclass(frozen=True, slots=True)
class Provision:
    """What an article orders besides its limits, over the dates in which it is law.

    Attributes
    ----------
    key : str
        For instance ``agent`` (art. 29) or ``first-come`` (art. 57).
    name : Name
        What it orders, in a sentence.
    jurisdiction, article, valid_from, valid_to, source
        As of :class:`LimitRule`.
    """

    key: str
    jurisdiction: str
    article: str
    name: Name
    valid_from: date
    valid_to: date
    source: str


class _Dated(Protocol):
    @property
    def jurisdiction(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date: ...


Rule = TypeVar("Rule", bound=_Dated)


@dataclass(frozen=True, slots=True)
class Law:
    """All provisions at hand, of all dates and jurisdictions.

    Examples
    --------
    >>> law = national_law()
    >>> str(law.limit("construction-permit", on=date(2019, 4, 22)).limit)
    '15 cd'
    >>> str(law.limit("construction-permit", on=date(2019, 4, 23)).limit)
    '7 cd'
    >>> "public_notice" in law.clock_stops(on=date(2020, 1, 1), jurisdiction="CN")
    False
    >>> "public_notice" in law.clock_stops(on=date(2020, 1, 1), jurisdiction="CN-HN-0731")
    True
    """

    limits: tuple[LimitRule, ...]
    stops: tuple[ClockStopRule, ...]
    provisions: tuple[Provision, ...] = ()

    def provision(self, key: str, *, on: date, jurisdiction: str = NATION) -> Provision:
        """Return what an article orders on a day, the lowest jurisdiction first.

        Raises
        ------
        LookupError
            If no provision has the key, or none was law on that day.
        """
        known = sorted({rule.key for rule in self.provisions})
        if key not in known:
            raise LookupError(f"no provision is called '{key}'{did_you_mean(key, known)}")
        versions = [rule for rule in self.provisions if rule.key == key]
        found = _in_force(versions, on, jurisdiction)
        if not found:
            raise LookupError(f"'{key}' was not law on {on} in {jurisdiction}")
        return max(found, key=lambda rule: (len(rule.jurisdiction), rule.valid_from))

    def limit(self, key: str, *, on: date, jurisdiction: str = NATION) -> LimitRule:
        """Return the limit that is law on a day, the lowest jurisdiction first.

        Raises
        ------
        LookupError
            If no limit has the key, or none was law on that day.
        """
        versions = [rule for rule in self.limits if rule.key == key]
        if not versions:
            known = sorted({rule.key for rule in self.limits})
            raise LookupError(f"no limit is called '{key}'{did_you_mean(key, known)}")
        found = _in_force(versions, on, jurisdiction)
        if not found:
            spans = ", ".join(f"{rule.valid_from}..{_end(rule.valid_to)}" for rule in versions)
            raise LookupError(f"'{key}' was not law on {on} in {jurisdiction}; known: {spans}")
        return max(found, key=lambda rule: (len(rule.jurisdiction), rule.valid_from))

    def clock_stops(self, *, on: date, jurisdiction: str = NATION) -> dict[str, ClockStopRule]:
        """Return the reasons that stop the clock on a day, national ones included."""
        return {rule.reason: rule for rule in _in_force(self.stops, on, jurisdiction)}

    def holes(self) -> tuple[str, ...]:
        """Return a sentence for every hole or overlap in the validity of a limit."""
        lines = []
        groups: dict[tuple[str, str], list[LimitRule]] = {}
        for rule in self.limits:
            groups.setdefault((rule.key, rule.jurisdiction), []).append(rule)
        for (key, jurisdiction), rules in sorted(groups.items()):
            rules.sort(key=lambda rule: rule.valid_from)
            for early, late in pairwise(rules):
                gap = (late.valid_from - early.valid_to).days
                if gap != 1:
                    word = "overlap" if gap < 1 else "leave a hole"
                    lines.append(
                        f"{key} ({jurisdiction}): {early.article} and {late.article} {word} "
                        f"between {early.valid_to} and {late.valid_from}"
                    )
        return tuple(lines)


@cache
def national_law() -> Law:
    """Return the shipped provisions."""
    folder = Path(str(resources.files("rules"))) / "data"
    return read_law(
        folder / "law_limits.csv",
        folder / "law_clock_stops.csv",
        folder / "law_provisions.csv",
    )


def read_law(limits: Path, stops: Path, provisions: Path | None = None) -> Law:
    """Read law from its tables.

    Parameters
    ----------
    limits, stops : Path
        Limits and reasons for which the clock stands still.
    provisions : Path, optional
        What articles order besides.

    Raises
    ------
    InputError
        With every problem of all tables.
    """
    reading = Reading()
    law = Law(
        tuple(_rows(limits, LIMIT_COLUMNS, reading, _limit_rule)),
        tuple(_rows(stops, STOP_COLUMNS, reading, _stop_rule)),
        tuple(_rows(provisions, PROVISION_COLUMNS, reading, _provision)) if provisions else (),
    )
    if reading.problems:
        raise InputError(reading.problems)
    return law


def _in_force(rules: Iterable[Rule], on: date, jurisdiction: str) -> list[Rule]:
    return [
        rule
        for rule in rules
        if rule.valid_from <= on <= rule.valid_to
        and f"{jurisdiction}-".startswith(f"{rule.jurisdiction}-")
    ]


def _rows(
    path: Path,
    columns: tuple[Column, ...],
    reading: Reading,
    make: Callable[[Row, Callable[[str], None]], Rule],
) -> Iterable[Rule]:
    table = reading.take(read_table(path, columns))
    for row in table.rows:

        def wrong(message: str, line: int = row.line) -> None:
            reading.wrong(table.file, line, message)

        for column in columns:
            if column.required and not row[column.key]:
                wrong(f"{column.key}: is empty")
        yield make(row, wrong)


def _limit_rule(row: Row, wrong: Callable[[str], None]) -> LimitRule:
    unit = _unit(row["unit"], wrong)
    extension = _whole(row["extension"], "extension", wrong) if row["extension"] else None
    return LimitRule(
        key=row["key"],
        jurisdiction=row["jurisdiction"],
        article=row["article"],
        name=Name(row["name_zh"], row["name_en"]),
        limit=Duration(_whole(row["amount"], "amount", wrong), unit),
        floor=row["floor"] == "yes",
        extension=None if extension is None else Duration(extension, unit),
        extension_by=Name(row["extension_by_zh"], row["extension_by_en"]),
        counted_from=row["counted_from"],
        valid_from=_day(row["valid_from"], "valid_from", date.min, wrong),
        valid_to=_day(row["valid_to"], "valid_to", date.max, wrong),
        source=row["source"],
    )


def _stop_rule(row: Row, wrong: Callable[[str], None]) -> ClockStopRule:
    return ClockStopRule(
        reason=row["reason"],
        jurisdiction=row["jurisdiction"],
        article=row["article"],
        name=Name(row["name_zh"], row["name_en"]),
        valid_from=_day(row["valid_from"], "valid_from", date.min, wrong),
        valid_to=_day(row["valid_to"], "valid_to", date.max, wrong),
        source=row["source"],
    )


def _provision(row: Row, wrong: Callable[[str], None]) -> Provision:
    return Provision(
        key=row["key"],
        jurisdiction=row["jurisdiction"],
        article=row["article"],
        name=Name(row["name_zh"], row["name_en"]),
        valid_from=_day(row["valid_from"], "valid_from", date.min, wrong),
        valid_to=_day(row["valid_to"], "valid_to", date.max, wrong),
        source=row["source"],
    )


def _unit(cell: str, wrong: Callable[[str], None]) -> Unit:
    try:
        return Unit(cell)
    except ValueError:
        wrong(f"unit: '{cell}' is not wd (working days) or cd (natural days)")
        return Unit.WORKING_DAY


def _whole(cell: str, column: str, wrong: Callable[[str], None]) -> int:
    if not (cell.isascii() and cell.isdecimal() and len(cell) < 6):
        wrong(f"{column}: '{cell[:40]}' is not a whole number of days")
        return 0
    return int(cell)


def _day(cell: str, column: str, default: date, wrong: Callable[[str], None]) -> date:
    if not cell:
        return default
    try:
        return date.fromisoformat(cell)
    except ValueError:
        wrong(f"{column}: '{cell[:40]}' is not a date such as 2019-04-23")
        return default


def _end(day: date) -> str:
    return "" if day == date.max else str(day)
