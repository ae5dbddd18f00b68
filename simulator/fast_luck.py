"""Luck inside compiled code: numbers by address, and the tables of drawn times.

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
from simulator.fast_uniforms import first_word, fraction

NONE = np.uint64(0)


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
    return fraction(word)


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
