"""The TOML header of a table: its columns, hit policy, basis and dates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

from rules.problems import InputError, Place, Problem, did_you_mean
from rules.steps import Name
from rules.tables.columns import (
    Choice,
    ColumnType,
    Input,
    Missing,
    Ordered,
    Output,
    check_fact,
)
from rules.tables.table import DecisionTable, HitPolicy

HIT_POLICIES = {
    "unique": "U", "any": "A", "first": "F", "priority": "P", "output order": "O",
    "rule order": "R", "collect": "C", "collect sum": "C+", "collect min": "C<",
    "collect max": "C>", "collect count": "C#",
}  # fmt: skip
"""Long names of the hit policies."""

_HEADER_KEYS = (
    "id", "name", "hit_policy", "complete", "basis", "valid_from", "valid_to", "inputs",
    "outputs", "rows", "sheet",
)  # fmt: skip
_COLUMN_KEYS = {
    "inputs": ("id", "type", "label", "values", "unit", "min", "max", "whole", "missing"),
    "outputs": ("id", "type", "label", "values", "unit", "default"),
}


def table_header(header: Mapping[str, object], file: str) -> DecisionTable:
    """Return the table without rows that a TOML header describes.

    Raises
    ------
    InputError
        With every problem of the header.
    """
    problems: list[Problem] = []
    place = Place(file)
    problems += [
        Problem(place, f"unknown key '{key}'{did_you_mean(key, _HEADER_KEYS)}")
        for key in header
        if key not in _HEADER_KEYS
    ]
    inputs = tuple(_input(c, place, problems) for c in _columns(header, "inputs", place, problems))
    outputs = tuple(
        _output(c, place, problems) for c in _columns(header, "outputs", place, problems)
    )
    policy = _policy(str(header.get("hit_policy", "U")), place, problems)
    key = header.get("id")
    if not isinstance(key, str) or not key:
        problems.append(Problem(place, "id: a table needs a key"))
    if "complete" in header and not isinstance(header["complete"], bool):
        problems.append(
            Problem(place, f"complete: {header['complete']!r} is neither true nor false")
        )
    start = _header_date(header, "valid_from", place, problems)
    end = _header_date(header, "valid_to", place, problems)
    name, basis = _name(header.get("name", "")), str(header.get("basis", ""))
    complete = header.get("complete") is True
    try:
        frame = DecisionTable(
            str(key), inputs, outputs, (), policy, name, basis, start, end, complete, file
        )
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return frame


def read_header(path: Path) -> dict[str, object]:
    """Return a TOML file's content."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError.at(path.name, 0, "is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError.at(path.name, 0, f"is not TOML: {error}") from None


def _columns(
    header: Mapping[str, object], kind: str, place: Place, problems: list[Problem]
) -> list[dict[str, object]]:
    columns = header.get(kind, [])
    if not isinstance(columns, list) or not all(
        isinstance(c, dict) and c.get("id") for c in columns
    ):
        problems.append(Problem(place, f"{kind}: a list of columns, each with an id, was expected"))
        return []
    for column in columns:
        problems += [
            Problem(
                place, f"{column['id']}: unknown key '{key}'{did_you_mean(key, _COLUMN_KEYS[kind])}"
            )
            for key in column
            if key not in _COLUMN_KEYS[kind]
        ]
    return columns


def _input(column: Mapping[str, object], place: Place, problems: list[Problem]) -> Input:
    key = str(column["id"])
    kind = _type(str(column.get("type", "string")), key, place, problems)
    missing = str(column.get("missing", "error"))
    if missing not in tuple(Missing):
        known = ", ".join(Missing)
        problems.append(Problem(place, f"{key}: missing: '{missing}' is not one of {known}"))
        missing = "error"
    limits: list[Ordered | None] = []
    for name in ("min", "max"):
        limit = column.get(name)
        bare = Input(key, kind)
        try:
            limits.append(None if limit is None else cast("Ordered", check_fact(bare, limit)))
        except ValueError as error:
            problems.append(Problem(place, f"{key}: {name}: {error}"))
            limits.append(None)
    if not kind.ordered and limits != [None, None]:
        problems.append(Problem(place, f"{key}: min and max are for numbers and dates"))
        limits = [None, None]
    return Input(
        key, kind, _name(column.get("label", "")), _choices(column, place, problems),
        _name(column.get("unit", "")), limits[0], limits[1],
        column.get("whole") is True, Missing(missing),
    )  # fmt: skip


def _output(column: Mapping[str, object], place: Place, problems: list[Problem]) -> Output:
    key, kind = str(column["id"]), str(column.get("type", "string"))
    refers = kind[4:] if kind.startswith("ref:") else ""
    output = Output(
        key, ColumnType.STRING if refers else _type(kind, key, place, problems),
        _name(column.get("label", "")), _choices(column, place, problems),
        _name(column.get("unit", "")), refers,
    )  # fmt: skip
    if (default := column.get("default")) is None:
        return output
    try:
        return Output(
            key, output.type, output.label, output.choices, output.unit, refers,
            check_fact(output, default),
        )  # fmt: skip
    except ValueError as error:
        problems.append(Problem(place, f"{key}: default: {error}"))
        return output


def _type(kind: str, key: str, place: Place, problems: list[Problem]) -> ColumnType:
    if kind not in tuple(ColumnType):
        hint = did_you_mean(kind, ColumnType) or f"; known are {', '.join(ColumnType)}"
        problems.append(Problem(place, f"{key}: unknown type '{kind}'{hint}"))
        return ColumnType.STRING
    return ColumnType(kind)


def _choices(
    column: Mapping[str, object], place: Place, problems: list[Problem]
) -> tuple[Choice, ...]:
    """Read ``values = ["a", {id = "b", zh = "乙", en = "B"}]``."""
    values = column.get("values", [])
    choices: list[Choice] = []
    for value in values if isinstance(values, list) else [None]:
        if isinstance(value, str) and value:
            choices.append(Choice(value))
        elif isinstance(value, dict) and isinstance(value.get("id"), str):
            choices.append(Choice(value["id"], _name(value)))
        else:
            problems.append(Problem(place, f"{column['id']}: values: {value!r} is not a text"))
    return tuple(choices)


def _name(value: object) -> Name:
    if isinstance(value, dict):
        return Name(str(value.get("zh", "")), str(value.get("en", "")))
    text = str(value)
    return Name(en=text) if text.isascii() else Name(zh=text)


def _policy(text: str, place: Place, problems: list[Problem]) -> HitPolicy:
    letters = HIT_POLICIES.get(" ".join(text.casefold().replace("_", " ").split()), text)
    try:
        return HitPolicy(letters)
    except ValueError:
        hint = did_you_mean(text, HIT_POLICIES) or f"; known are {', '.join(HitPolicy)}"
        problems.append(Problem(place, f"hit_policy: unknown '{text}'{hint}"))
        return HitPolicy.UNIQUE


def _header_date(
    header: Mapping[str, object], key: str, place: Place, problems: list[Problem]
) -> date | None:
    value = header.get(key)
    try:
        return None if value is None else read_day(value)
    except ValueError as error:
        problems.append(Problem(place, f"{key}: {error}"))
        return None


def read_day(value: object) -> date:
    """Return a date, maybe written as ISO text; a ValueError says what is wrong."""
    return cast("date", check_fact(Input("date", ColumnType.DATE), value))
