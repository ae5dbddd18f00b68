"""TOML files with line numbers: every value is read typed, every mistake has its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rules import Duration, Name, did_you_mean
from rules.catalogue import Reading, parse_duration

MOST_BYTES = 4 * 1024 * 1024

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_\-.]|"[^"]*"|'[^']*')+)\s*=""")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_DEEPEST = 64
_TOO_LONG = re.compile(r"\d{4301}")

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """A table of a TOML file; reading a value notes what is wrong with it.

    Attributes
    ----------
    file : str
        Name for messages.
    values : dict
        The table itself.
    reading : Reading
        Receives problems.
    lines : dict
        Line of every key of the file by its path.
    path : tuple
        Path of this table in the file.
    """

    file: str
    values: dict[str, Any]
    reading: Reading
    lines: dict[Path_, int]
    path: Path_ = ()

    def line(self, key: str = "") -> int:
        """Return the line of a key, or of the table itself; 0 if not known."""
        path = (*self.path, key) if key else self.path
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def wrong(self, key: str, message: str) -> None:
        """Note a problem with a key's value."""
        self.reading.wrong(self.file, self.line(key), f"{key}: {message}")

    def only(self, known: Iterable[str]) -> None:
        """Note every key that is not known, with the nearest that is."""
        known = tuple(known)
        for key in self.values:
            if key not in known:
                self.wrong(key, f"unknown setting{did_you_mean(key, known)}")

    def has(self, key: str) -> bool:
        """Whether the key is set."""
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it is required."""
        value = self._get(key, default is None, "a text")
        if value is None:
            return default or ""
        if not isinstance(value, str):
            self.wrong(key, f"{value!r} is not a text in quotes")
            return default or ""
        return value

    def whole(self, key: str, default: int | None = None, low: int = 0, high: int = 10**9) -> int:
        """Return a whole number between two bounds."""
        value = self._get(key, default is None, "a whole number")
        if value is None:
            return low if default is None else default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key, f"{_short(value)} is not a whole number between {low} and {high}")
            return default if default is not None else low
        return value

    def number(
        self,
        key: str,
        default: float | None = None,
        low: float = 0.0,
        high: float = 1e9,
    ) -> float:
        """Return a finite number between two bounds."""
        value = self._get(key, default is None, "a number")
        if value is None:
            return low if default is None else default
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not low <= value <= high
        ):
            self.wrong(key, f"{_short(value)} is not a number between {low:g} and {high:g}")
            return default if default is not None else low
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, f"{_short(value)} is neither true nor false")
            return default
        return value

    def day(self, key: str) -> date:
        """Return a required date."""
        value = self._get(key, True, "a date such as 2013-01-04")
        if isinstance(value, datetime) or not isinstance(value, date):
            if value is not None:
                self.wrong(key, f"{_short(value)} is not a date such as 2013-01-04")
            return date(2013, 1, 4)
        return value

    def duration(self, key: str, default: Duration | None = None) -> Duration:
        """Return a duration such as ``"20 wd"``."""
        value = self._get(key, default is None, "a duration such as '20 wd'")
        if value is None:
            return default or Duration(0)
        return parse_duration(
            str(value), key, lambda m: self.reading.wrong(self.file, self.line(key), m)
        )

    def texts(self, key: str, required: bool = True) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._get(key, required, "a list of texts")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(key, f"{_short(value)} is not a list of texts such as ['S01', 'S02']")
            return ()
        return tuple(value)

    def name(self, key: str = "name", default: Name | None = None) -> Name:
        """Return a bilingual name written as ``name = {zh = "...", en = "..."}`` or one text."""
        value = self._get(key, default is None, "a name with zh and en")
        if value is None:
            return default or Name()
        if isinstance(value, str):
            return Name(value, "" if not value.isascii() else value)
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            self.wrong(key, f"{_short(value)} is not a name such as {{zh = '…', en = '…'}}")
            return default or Name()
        for word in value:
            if word not in ("zh", "en"):
                self.wrong(key, f"'{word}' is not a language of names (zh, en)")
        return Name(value.get("zh", ""), value.get("en", ""))

    def table(self, key: str) -> Settings:
        """Return a sub-table; an empty one when it is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"{_short(value)} is not a table")
            value = {}
        return Settings(self.file, value, self.reading, self.lines, (*self.path, key))

    def tables(self, key: str) -> tuple[Settings, ...]:
        """Return the tables written as ``[[key]]``."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, f"must be written as [[{key}]] tables")
            return ()
        return tuple(
            Settings(self.file, item, self.reading, self.lines, (*self.path, key, index))
            for index, item in enumerate(value)
        )

    def _get(self, key: str, required: bool, expected: str) -> Any:
        if key not in self.values:
            if required:
                self.reading.wrong(
                    self.file, self.line(), f"'{key}' is missing: {expected} was expected"
                )
            return None
        return self.values[key]


def inside(folder: Path, name: str) -> Path | None:
    """Return the place of a file that lies in a folder, links followed; None if it does not."""
    try:
        path = (folder / name).resolve()
    except ValueError:  # a NUL in the name
        return None
    except (OSError, RuntimeError):  # a link that leads to itself: whoever reads it says so
        return folder / name
    return path if path.is_relative_to(folder.resolve()) else None


def read_toml(path: Path, reading: Reading, name: str = "") -> Settings:
    """Read a TOML file; problems go to ``reading`` and the result is then empty."""
    name = name or path.name
    empty = Settings(name, {}, reading, {})
    try:
        if path.stat().st_size > MOST_BYTES:
            reading.wrong(name, 0, f"is larger than {MOST_BYTES // 2**20} MB")
            return empty
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reading.wrong(name, 0, f"cannot be read: {error.strerror or error}")
        return empty
    except UnicodeDecodeError:
        reading.wrong(name, 0, "is not UTF-8: save it as UTF-8")
        return empty
    if any(line.count("[") + line.count("{") > _DEEPEST for line in text.splitlines()):
        reading.wrong(name, 0, f"nests deeper than {_DEEPEST} levels on one line")
        return empty
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        what = _AT_LINE.sub("", str(error)).replace("(at end of document)", "").strip()
        if twice := re.fullmatch(r"Cannot declare \((.*?),?\) twice", what):
            parts = re.findall(r"'([^']*)'", twice[1])
            what = f"[{'.'.join(parts)}] stands twice"
        elif what == "Cannot overwrite a value":
            what = "the same key stands twice"
        reading.wrong(name, line, f"is not TOML: {what[:1].lower()}{what[1:]}")
        return empty
    except (RecursionError, ValueError) as error:
        long = next((n for n, line in enumerate(text.splitlines(), 1) if _TOO_LONG.search(line)), 0)
        what = "a whole number of more than 4,300 digits" if long else str(error)[:120]
        reading.wrong(name, long, f"is not TOML: {what}")
        return empty
    return Settings(name, values, reading, _line_index(text))


def _line_index(text: str) -> dict[Path_, int]:
    """Return the line of each table header and key; inline tables share their key's line."""
    lines: dict[Path_, int] = {}
    counts: dict[Path_, int] = {}
    table: Path_ = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quote:
            if quote in line:
                quote = ""
            continue
        if header := _HEADER.match(line):
            in_array = header[1] == "[["
            if in_array:
                # for whoever expects one table: where the first of the several begins
                lines.setdefault(_parts(header[2]), number)
            table = _table_path(header[2], in_array, counts)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
            rest = line[key.end() :]
            quote = next((q for q in ('"""', "'''") if rest.count(q) == 1), "")
    return lines


def _table_path(dotted: str, in_array: bool, counts: dict[Path_, int]) -> Path_:
    parts = _parts(dotted)
    path: Path_ = ()
    for depth, part in enumerate(parts):
        path = (*path, part)
        if depth == len(parts) - 1 and in_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _parts(dotted: str) -> tuple[str, ...]:
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^.\s"\']+)', dotted)
    return tuple("".join(words) for words in found)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
