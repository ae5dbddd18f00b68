"""Opening hours for compiled code: what :class:`rules.Calendar` answers, from flat arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

from scenarios.plan import IntArray
from simulator.plan_arrays import (
    BEFORE,
    BUCKET_TICKS,
    BUCKETS,
    DAYS,
    ENDS,
    HEADER,
    HORIZON,
    INTERVALS,
    STARTS,
)


def sources_of(modules: Iterable[str]) -> str:
    """Return a digest of modules of this package.

    Numba keeps machine code for as long as the file of the kernel itself is the same; a kernel
    that closes over the digest of all its parts is compiled anew when any of them changes.
    """
    folder = Path(__file__).parent
    texts = [(folder / f"{name}.py").read_bytes() for name in modules]
    return blake2b(b"\0".join(texts), digest_size=8).hexdigest()


F = TypeVar("F", bound=Callable[..., object])

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""Kernels allocate nothing, so nobody need count who uses an array (``_nrt``)."""
BEYOND = -1
"""Instead of a tick: the calendar ends before it."""
DAY = 86_400


def compiled(function: F) -> F:
    """Compile a part of a kernel.

    Parts are not kept on disk by themselves: the kernel that is kept holds their machine code.
    """
    unwrapped = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    made: F = njit(**unwrapped)(function)
    return made


@compiled
def first_interval(hours: IntArray, calendar: int, tick: int) -> int:
    """Return the calendar's first interval that ends after the tick; their number if none.

    ``hours`` is what :func:`simulator.plan_arrays.hours_of` gives.
    """
    about = HEADER * calendar
    if tick < 0 or tick > hours[about + HORIZON]:
        return BEYOND
    at = int(hours[hours[about + DAYS] + tick // DAY])
    ends, number = hours[about + ENDS], hours[about + INTERVALS]
    while at < number and hours[ends + at] <= tick:
        at += 1
    return at


@compiled
def opening(hours: IntArray, calendar: int, tick: int) -> int:
    """Return the calendar's first open tick at or after a tick, or :data:`BEYOND`."""
    about = HEADER * calendar
    at = first_interval(hours, calendar, tick)
    if at == BEYOND or at == hours[about + INTERVALS]:
        return BEYOND
    return max(tick, int(hours[hours[about + STARTS] + at]))


@compiled
def add(hours: IntArray, calendar: int, tick: int, work: int) -> int:
    """Return when work that begins at a tick is done, or :data:`BEYOND`."""
    if work <= 0:
        return tick
    about = HEADER * calendar
    at = first_interval(hours, calendar, tick)
    if at == BEYOND or at == hours[about + INTERVALS]:
        return BEYOND
    starts, before = hours[about + STARTS], hours[about + BEFORE]
    start = max(tick, int(hours[starts + at]))
    if start + work <= hours[hours[about + ENDS] + at]:
        return start + work
    target = hours[before + at] + (start - hours[starts + at]) + work
    if target > hours[before + hours[about + INTERVALS]]:
        return BEYOND
    at = hours[hours[about + BUCKETS] + (target - 1) // hours[about + BUCKET_TICKS]]
    while hours[before + at + 1] < target:
        at += 1
    return int(hours[starts + at] + target - hours[before + at])


@compiled
def open_before(hours: IntArray, calendar: int, tick: int) -> int:
    """Return the open ticks from the first day to a tick, or :data:`BEYOND`."""
    about = HEADER * calendar
    at = first_interval(hours, calendar, tick)
    if at == BEYOND:
        return BEYOND
    before = hours[hours[about + BEFORE] + at]
    if at == hours[about + INTERVALS]:
        return int(before)
    return int(before + max(0, tick - hours[hours[about + STARTS] + at]))


@compiled
def is_open(hours: IntArray, calendar: int, tick: int) -> int:
    """Return 1 if the calendar is open in the second that begins at a tick, 0, or BEYOND."""
    about = HEADER * calendar
    at = first_interval(hours, calendar, tick)
    if at == BEYOND:
        return BEYOND
    return int(at < hours[about + INTERVALS] and hours[hours[about + STARTS] + at] <= tick)


@compiled
def closing(hours: IntArray, calendar: int, tick: int) -> int:
    """Return when the hours end that a tick lies in, or the next ones after it, or BEYOND."""
    about = HEADER * calendar
    at = first_interval(hours, calendar, tick)
    if at == BEYOND or at == hours[about + INTERVALS]:
        return BEYOND
    return int(hours[hours[about + ENDS] + at])
