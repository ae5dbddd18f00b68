"""A design as a fingerprint, and as bytes for our own worker processes.

The fingerprint says whether a stored result belongs to what is asked now. The bytes are
Python pickles and therefore pass between processes of one run only: nothing here, or
elsewhere in the program, unpickles what comes from a file.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import pickle
import re
import zlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from rules import Calendar
from simulator.blocks import Design

_ROOTS = (
    "simulator.blocks", "simulator.simpy_engine", "simulator.fast_engine", "rules.calendars",
)  # fmt: skip
"""Where the source begins that makes tallies of a plan; what makes the plan itself is in the
plan's fingerprint."""
_IMPORT = re.compile(r"^\s*from ((?:simulator|scenarios|rules)\.\w+) import", re.MULTILINE)


def fingerprint(*values: object) -> bytes:
    """Return 16 bytes that differ when any number or word of the values differs.

    Values are frozen dataclasses, numbers, words and tuples of them, such as a design is
    made of. What dataclasses work out by themselves is left out.

    Examples
    --------
    >>> fingerprint(1, "a") == fingerprint(1, "a"), fingerprint(1) == fingerprint(1.0)
    (True, False)
    """
    state = hashlib.blake2b(digest_size=16)
    for value in values:
        for part in _parts(value):
            state.update(part)
    return state.digest()


@cache
def engine_version() -> str:
    """Return what decides results besides the scenario: the release and the engines' source.

    Results of one version never mix with those of another, not even between two states
    of a checkout that call themselves the same release.
    """
    state = hashlib.blake2b(digest_size=6)
    for module, source in sorted(_deciding().items()):
        state.update(f"{module} {len(source)} ".encode())
        state.update(source.encode())
    return f"{metadata.version('lianban')} {state.hexdigest()}"


def _deciding() -> dict[str, str]:
    """Return the source of every module that decides results: the roots and what they import."""
    here = Path(__file__).resolve().parents[1]
    found: dict[str, str] = {}
    waiting = list(_ROOTS)
    while waiting:
        module = waiting.pop()
        path = here.joinpath(*module.split(".")).with_suffix(".py")
        if module not in found and path.exists():
            found[module] = path.read_text(encoding="utf-8")
            waiting += _IMPORT.findall(found[module])
    return found


def packed(design: Design) -> bytes:
    """Return a design as bytes for :func:`unpacked` in a worker process of this run."""
    return zlib.compress(_pickled(design), 1)


def is_of_script(design: Design) -> bool:
    """Whether a design holds values of classes that the program's own main script defines.

    Workers do not run that script, so they cannot read such a design.
    """
    return b"__main__" in _pickled(design)


@lru_cache(maxsize=4)
def unpacked(data: bytes) -> Design:
    """Return the design of bytes that :func:`packed` made in this run; never of a file."""
    design = pickle.loads(zlib.decompress(data))
    if not isinstance(design, Design):
        raise TypeError(f"a design was expected, not {type(design).__name__}")
    return design


def _pickled(design: Design) -> bytes:
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    # a calendar's tables are 50 times its hours and are made again in a millisecond
    pickler.dispatch_table = copyreg.dispatch_table.copy()
    pickler.dispatch_table[Calendar] = _calendar_hours
    pickler.dump(design)
    return stream.getvalue()


def _calendar_hours(calendar: Calendar) -> tuple[Any, tuple[object, ...]]:
    hours = np.array(calendar.intervals, dtype=np.int64).reshape(-1)
    gaps = np.diff(hours, prepend=0)
    return _calendar, (calendar.first_day, calendar.days, gaps, calendar.day_ticks)


def _calendar(first_day: date, days: int, gaps: Any, day_ticks: int) -> Calendar:
    hours = np.cumsum(gaps).reshape(-1, 2).tolist()
    return Calendar(first_day, days, tuple((open_, close) for open_, close in hours), day_ticks)


def _parts(value: object) -> Iterator[bytes]:
    """Yield a value's bytes, each with its type and length, so that no two values share them."""
    if value is None or isinstance(value, bool | int | str | bytes | date | Fraction):
        text = value if isinstance(value, bytes) else str(value).encode()
        name = value.__class__.__name__ if isinstance(value, Enum) else type(value).__name__
        yield f"{name}:{len(text)}:".encode()
        yield text
    elif isinstance(value, float):
        yield f"float:{value.hex()};".encode()
    elif isinstance(value, tuple | list | frozenset | set):
        if isinstance(value, frozenset | set):
            value = sorted(value, key=repr)
        yield f"several:{len(value)}:".encode()
        if value and all(type(each) is tuple for each in value) and len(value) > 99:
            # opening hours of years: thousands of pairs of whole numbers
            text = repr(value).encode()
            yield f"{len(text)}:".encode()
            yield text
        else:
            for each in value:
                yield from _parts(each)
    elif isinstance(value, dict):
        yield from _parts(tuple(value.items()))
    elif isinstance(value, np.ndarray):
        yield f"array:{value.dtype.str}:{value.shape}:".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, np.generic):
        yield from _parts(value.item())
    elif is_dataclass(value) and not isinstance(value, type):
        yield f"{type(value).__qualname__}(".encode()
        for each in fields(value):
            if each.init:
                yield f"{each.name}=".encode()
                yield from _parts(getattr(value, each.name))
        yield b")"
    else:
        raise TypeError(f"a {type(value).__name__} has no fingerprint")
