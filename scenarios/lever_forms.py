"""How a lever's parameters stand in a planner's file: a form reads and writes one kind of value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from rules import Name, did_you_mean
from rules.duration_rules import DurationRule, RuleSyntaxError, parse_rule
from scenarios.toml_files import Settings

REQUIRED = object()
"""Default of a parameter that a planner must write."""

_BARE = re.compile(r"[A-Za-z0-9_-]+$")
_PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a lever.

    Attributes
    ----------
    name : str
        As planners write it.
    read : callable
        Takes the table; returns the value and notes what is wrong with it.
    write : callable
        Returns the value as TOML.
    default : object
        Value that is left out of a file; :data:`REQUIRED`: always written.
    field : str
        The lever's own field.
    """

    name: str
    read: Callable[[Settings], Any]  # Any: each lever's field has a type of its own
    write: Callable[[Any], str]
    default: object
    field: str

    @property
    def required(self) -> bool:
        """Whether a planner must write it."""
        return self.default is REQUIRED


def _parameter(
    name: str, read: Callable[[Settings], Any], write: Callable[[Any], str], default: object,
    field: str = "",
) -> Parameter:  # fmt: skip
    return Parameter(name, read, write, default, field or name)


def quoted(text: str) -> str:
    r"""Return a text as a TOML string.

    Examples
    --------
    >>> quoted('方案"一"')
    '"方案\\"一\\""'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if _BARE.match(text) else quoted(text)


def _inline(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{_key(key)} = {value}" for key, value in pairs) + "}"


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(text) for text in texts) + "]"


def _fallback(default: object) -> Any:
    return None if default is REQUIRED else default


def text(name: str, default: object = REQUIRED) -> Parameter:
    """Return a parameter that is a text."""
    return _parameter(name, lambda t: t.text(name, _fallback(default)), quoted, default)


def texts(name: str, default: object = ()) -> Parameter:
    """Return a parameter that is a list of texts."""
    return _parameter(name, lambda t: t.texts(name, default is REQUIRED), _list, default)


def flag(name: str, default: bool) -> Parameter:
    """Return a parameter that is true or false."""
    return _parameter(
        name, lambda t: t.flag(name, default), lambda v: "true" if v else "false", default
    )


def whole(name: str, default: object = REQUIRED, low: int = 0, high: int = 10**9) -> Parameter:
    """Return a parameter that is a whole number; default None means not given."""

    def read(table: Settings) -> int | None:
        if default is not REQUIRED and not table.has(name):
            value: int | None = _fallback(default)
            return value
        return table.whole(name, None, low, high)

    return _parameter(name, read, str, default)


def share(name: str, default: object = REQUIRED) -> Parameter:
    """Return a parameter written as a share from 0 to 1 and held in thousandths."""

    def read(table: Settings) -> int | None:
        if default is None and not table.has(name):
            return None
        return round(1000 * table.number(name, high=1.0))

    return _parameter(name, read, lambda v: f"{v / 1000:g}", default)


def duration(name: str, default: object = REQUIRED) -> Parameter:
    """Return a parameter such as ``"20 wd"``."""
    return _parameter(
        name,
        lambda t: t.duration(name, _fallback(default)),
        lambda value: quoted(str(value)),
        default,
    )


def names(name: str = "name", default: object = REQUIRED) -> Parameter:
    """Return a parameter that is a name in two languages."""

    def write(value: Name) -> str:
        return _inline([(k, quoted(v)) for k, v in (("zh", value.zh), ("en", value.en)) if v])

    return _parameter(name, lambda t: t.name(name, _fallback(default)), write, default)


def word(name: str, words: type[StrEnum], what: str, default: object = REQUIRED,
         field: str = "") -> Parameter:  # fmt: skip
    """Return a parameter that is one word of a list; default None means not given."""
    known = [str(member) for member in words]

    def read(table: Settings) -> StrEnum | None:
        if default is None and not table.has(name):
            return None
        given = table.text(name, None if default is REQUIRED else str(default))
        if given in known:
            return words(given)
        if given or table.has(name):
            listed = ", ".join(known)
            hint = did_you_mean(given, known) or f" ({listed})"
            table.wrong(name, f"'{given}' is not {what}{hint}")
        return words(known[0])

    return _parameter(name, read, lambda v: quoted(str(v)), default, field)


def rule(name: str, default: object = REQUIRED) -> Parameter:
    """Return a parameter that is a rule for joint days; default None means not given."""

    def read(table: Settings) -> DurationRule | None:
        if default is None and not table.has(name):
            return None
        given = table.text(name)
        try:
            return parse_rule(given)
        except RuleSyntaxError as error:
            if given or table.has(name):
                table.wrong(name, str(error))
            return parse_rule("0")

    return _parameter(name, read, lambda value: quoted(str(value)), default)


def arrows(name: str) -> Parameter:
    """Return a parameter that lists prerequisites as ``"S16->S19"``."""

    def read(table: Settings) -> tuple[tuple[str, str], ...]:
        pairs = []
        for given in table.texts(name, required=False):
            before, arrow, after = given.partition("->")
            if not arrow:
                table.wrong(name, f"'{given}' is not written as 'S16->S19'")
            pairs.append((before.strip(), after.strip()))
        return tuple(pairs)

    def write(value: tuple[tuple[str, str], ...]) -> str:
        return _list(tuple(f"{before}->{after}" for before, after in value))

    return _parameter(name, read, write, ())


def table_of(
    name: str, each: Callable[[Settings, str], Any], write: Callable[[Any], str],
    default: object = REQUIRED,
) -> Parameter:  # fmt: skip
    """Return a parameter that is a table; each of its values is read and written alike."""

    def read(table: Settings) -> tuple[tuple[str, Any], ...]:
        if default is REQUIRED and not table.has(name):
            table.reading.wrong(
                table.file, table.line(), f"'{name}' is missing: a table was expected"
            )
        inner = table.table(name)
        return tuple((key, each(inner, key)) for key in inner.values)

    def written(value: tuple[tuple[str, Any], ...]) -> str:
        return _inline([(key, write(item)) for key, item in value])

    return _parameter(name, read, written, default)


def texts_by_key(name: str) -> Parameter:
    """Return a parameter such as ``keys = {S06 = "R02"}``."""
    return table_of(name, lambda t, key: t.text(key), quoted)


def durations_by_key(name: str, default: object = REQUIRED) -> Parameter:
    """Return a parameter such as ``days = {S08 = "5 wd"}``."""
    return table_of(name, lambda t, key: t.duration(key), lambda v: quoted(str(v)), default)


def lists_by_key(name: str) -> Parameter:
    """Return a parameter such as ``materials = {"营业执照" = ["S01", "S05"]}``."""
    return table_of(name, lambda t, key: t.texts(key), _list, ())


def dates_by_key(name: str) -> Parameter:
    """Return a parameter such as ``held = {"营业执照" = 2026-12-31, "身份证" = "permanent"}``."""

    def each(table: Settings, key: str) -> date | None:
        if table.values[key] == _PERMANENT:
            return None
        return table.day(key)

    return table_of(name, each, lambda day: str(day) if day else quoted(_PERMANENT), ())
