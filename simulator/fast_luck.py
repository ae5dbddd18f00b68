"""Luck inside compiled code: Philox4x64-10 by address, and the tables of drawn times.

The numbers are those of :mod:`simulator.draws`. Whatever needs an inverse distribution is
drawn outside, so that it is the same to the last bit, and only for visits that come.
"""

from __future__ import annotations

import numpy as np

from scenarios.plan import IntArray
from scenarios.streams import STREAM_BITS
from simulator.fast_layout import (
    FAULT,
    IS_LACKING,
    LUCK_KEY,
    MOST_WISHES,
    REPLICATION,
    SEED,
    WISHED,
    WISHES,
)
from simulator.fast_queues import get, put
from simulator.fast_time import compiled
from simulator.philox import KEY_STEPS, MULTIPLIERS, ROUNDS

FIRST, SECOND = (np.uint64(number) for number in MULTIPLIERS)
STEP_ONE, STEP_TWO = (np.uint64(number) for number in KEY_STEPS)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
DROPPED, ODD = np.uint64(11), np.uint64(1)
NONE = np.uint64(0)


@compiled
def high_word(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the high word of a product of two words."""
    a_low, a_high, b_low, b_high = a & LOW, a >> HALF, b & LOW, b >> HALF
    middle = a_high * b_low + (a_low * b_low >> HALF)
    carried = a_low * b_high + (middle & LOW)
    return a_high * b_high + (middle >> HALF) + (carried >> HALF)


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
def luck(state: IntArray, case: int, stream: int, visit: int, purpose: int) -> float:
    """Return the number of a draw; see :func:`simulator.draws.uniforms`."""
    word = first_word(
        np.uint64(state[SEED]),
        np.uint64(state[REPLICATION]),
        np.uint64(get(state, LUCK_KEY, case)),
        np.uint64(stream + (visit << STREAM_BITS)),
        np.uint64(purpose),
        NONE,
    )
    return float(np.float64((word >> DROPPED) | ODD) * 2.0**-53)


@compiled
def drawn(table: IntArray, state: IntArray, of: int, row: int, at: int) -> int:
    """Return a drawn time; its row must have been wished for in time.

    ``table`` begins with the most rows of a set; then come, set by set, where each row
    begins, 0 for those that are not there yet; then the rows.
    """
    begins = table[1 + of * table[0] + row] if row < table[0] else 0
    if not begins:
        wish(table, state, of, row)
        state[FAULT] = IS_LACKING
        return 0
    return int(table[begins + at])


@compiled
def wish(table: IntArray, state: IntArray, of: int, row: int) -> None:
    """Ask for a row of drawn times before anybody needs it."""
    if row < table[0] and table[1 + of * table[0] + row]:
        return
    number = state[WISHES]
    if number < state[MOST_WISHES]:
        put(state, WISHED, 2 * number, of)
        put(state, WISHED, 2 * number + 1, row)
        state[WISHES] = number + 1
