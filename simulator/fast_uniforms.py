"""Numbers by address from compiled code: those of :func:`simulator.draws.uniforms`, to the bit.

Only the first of a block's four words is kept, so nothing else is computed or stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from scenarios.plan import IntArray
from scenarios.streams import STREAM_BITS
from simulator.draws import DURATION, FloatArray
from simulator.fast_time import compiled, sources_of
from simulator.philox import KEY_STEPS, MULTIPLIERS, ROUNDS, WORD, Words

MODULES = ("fast_uniforms", "fast_time", "philox")
"""Whatever numbers and functions the machine code holds come from these."""

FIRST, SECOND = (np.uint64(number) for number in MULTIPLIERS)
STEP_ONE, STEP_TWO = (np.uint64(number) for number in KEY_STEPS)
DROPPED, ODD, NONE = np.uint64(11), np.uint64(1), np.uint64(0)

Fill = Callable[[np.uint64, np.uint64, Words, Words, np.uint64, FloatArray], None]


def _high_word(typing: Any, a: Any, b: Any) -> Any:
    """Return the code for the high word of a product, which takes processors one instruction."""

    def code(context: Any, builder: Any, signature: Any, words: Any) -> Any:
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(*(builder.zext(each, wide) for each in words))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)

    return types.uint64(types.uint64, types.uint64), code


_made: Any = intrinsic(_high_word)
high_word: Callable[[np.uint64, np.uint64], np.uint64] = _made
"""Return the high word of a product of two words."""


@compiled
def first_word(
    k0: np.uint64, k1: np.uint64, c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64
) -> np.uint64:
    """Return the first of the four words that Philox gives for a key and a counter."""
    for _ in range(ROUNDS):
        high0, low0 = high_word(FIRST, c0), FIRST * c0
        high1, low1 = high_word(SECOND, c2), SECOND * c2
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + STEP_ONE, k1 + STEP_TWO
    return c0


@compiled
def fraction(word: np.uint64) -> float:
    """Return the number between 0 and 1 that a word stands for."""
    return float(np.float64((word >> DROPPED) | ODD) * 2.0**-53)


def _kernel(sources: str) -> Fill:
    """Return the filler; code that is kept on disk is used only for the same sources."""

    def fill(
        key_one: np.uint64,
        key_two: np.uint64,
        cases: Words,
        columns: Words,
        purpose: np.uint64,
        numbers: FloatArray,
    ) -> None:
        """Fill a table of numbers by column and case."""
        if not sources:
            return
        for row in range(columns.size):
            for at in range(cases.size):
                word = first_word(key_one, key_two, cases[at], columns[row], purpose, NONE)
                numbers[row, at] = fraction(word)

    kinds = "void(uint64, uint64, uint64[::1], uint64[::1], uint64, float64[:, ::1])"
    made: Fill = njit(kinds, cache=True, nogil=True, error_model="numpy")(fill)
    return made


fill = _kernel(sources_of(MODULES))


def uniforms(
    seed: int,
    replication: int,
    cases: IntArray,
    streams: IntArray,
    *,
    visit: int | IntArray = 0,
    purpose: int = DURATION,
) -> FloatArray:
    """Return the numbers of many draws; see :func:`simulator.draws.uniforms`.

    Cases stand side by side, streams and visits one below the other.
    """
    column = np.asarray(streams).astype(np.uint64) + (
        np.asarray(visit).astype(np.uint64) << np.uint64(STREAM_BITS)
    )
    row = np.asarray(cases)
    shape = np.broadcast_shapes(row.shape, column.shape)
    numbers = np.empty((column.size, row.size))
    fill(
        np.uint64(seed % WORD),
        np.uint64(replication % WORD),
        np.ascontiguousarray(row.ravel()).astype(np.uint64),
        column.ravel(),
        np.uint64(purpose),
        numbers,
    )
    return numbers.reshape(shape)
