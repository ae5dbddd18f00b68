"""JSON that remembers on which line each value stands, so that an error can say it."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Final

from rules.problems import InputError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_DEEPEST = 40


class Document:
    r"""A JSON file's value and the line of everything in it.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    text : str
        What it holds.

    Raises
    ------
    InputError
        Where the text is not JSON, names a key twice or nests too deep.

    Examples
    --------
    >>> document = Document("p.json", '{"steps": [\n  {"days": 3}]}')
    >>> document.value, document.line(("steps", 0, "days"))
    ({'steps': [{'days': 3}]}, 2)
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: dict[Path, int] = {}
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self.value, place = self._read(self._skip(0), (), 0)
        if self._skip(place) != len(text):
            raise self._wrong(place, "nothing more was expected behind the end")

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest one around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _wrong(self, place: int, message: str) -> InputError:
        return InputError.at(self.file, self._line_at(place), message)

    def _line_at(self, place: int) -> int:
        from bisect import bisect_left

        return bisect_left(self._newlines, place) + 1

    def _skip(self, place: int) -> int:
        match = _SPACE.match(self._text, place)
        assert match is not None  # it matches nothing, too
        return match.end()

    def _read(self, place: int, path: Path, depth: int) -> tuple[Json, int]:
        self._lines[path] = self._line_at(place)
        if depth > _DEEPEST:
            raise self._wrong(place, f"more than {_DEEPEST} brackets within each other")
        sign = self._text[place : place + 1]
        if sign == "{":
            return self._object(place + 1, path, depth)
        if sign == "[":
            return self._array(place + 1, path, depth)
        if sign == '"':
            return self._string(place + 1)
        for word, value in _WORDS.items():
            if self._text.startswith(word, place):
                return value, place + len(word)
        match = _NUMBER.match(self._text, place)
        if not match or self._text[match.end() : match.end() + 1].isdigit():
            shown = self._text[place : place + 20].split("\n")[0]
            raise self._wrong(
                place, f"{shown!r} is not a JSON value" if shown else "a value is missing"
            )
        whole = match[2] is None and match[3] is None
        return (int(match[0]) if whole else float(match[0])), match.end()

    def _string(self, place: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self._text, place, True)
        except JSONDecodeError as error:
            raise self._wrong(place, error.msg) from error
        return str(text), int(end)

    def _object(self, place: int, path: Path, depth: int) -> tuple[Json, int]:
        found: dict[str, Json] = {}
        place = self._skip(place)
        if self._text[place : place + 1] == "}":
            return found, place + 1
        while True:
            if self._text[place : place + 1] != '"':
                raise self._wrong(place, "a key in quotes was expected")
            key, end = self._string(place + 1)
            if key in found:
                raise self._wrong(place, f"the key {key!r} stands here a second time")
            place = self._skip(end)
            if self._text[place : place + 1] != ":":
                raise self._wrong(place, f"':' was expected behind {key!r}")
            found[key], place = self._read(self._skip(place + 1), (*path, key), depth + 1)
            place = self._skip(place)
            sign = self._text[place : place + 1]
            if sign == "}":
                return found, place + 1
            if sign != ",":
                raise self._wrong(place, "',' or '}' was expected")
            place = self._skip(place + 1)

    def _array(self, place: int, path: Path, depth: int) -> tuple[Json, int]:
        found: list[Json] = []
        place = self._skip(place)
        if self._text[place : place + 1] == "]":
            return found, place + 1
        while True:
            value, place = self._read(place, (*path, len(found)), depth + 1)
            found.append(value)
            place = self._skip(place)
            sign = self._text[place : place + 1]
            if sign == "]":
                return found, place + 1
            if sign != ",":
                raise self._wrong(place, "',' or ']' was expected")
            place = self._skip(place + 1)
