"""Philox4x64-10: random numbers by their address instead of by their order.

The generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3" (SC 2011), written with NumPy so that one call serves any number of addresses.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10
WORD = 2**64

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def philox(key: tuple[int, int], counter: tuple[Words, Words, Words, Words]) -> list[Words]:
    """Return the four random words at each counter.

    Parameters
    ----------
    key : tuple of int
        Two 64-bit words.
    counter : tuple of arrays
        Four words of 64 bits; the arrays broadcast together.

    Examples
    --------
    >>> zero = np.zeros(1, dtype=np.uint64)
    >>> hex(int(philox((0, 0), (zero, zero, zero, zero))[0][0]))
    '0x16554d9eca36314c'
    """
    c0, c1, c2, c3 = counter
    for turn in range(ROUNDS):
        k0, k1 = (
            np.uint64((word + turn * step) % WORD)
            for word, step in zip(key, KEY_STEPS, strict=True)
        )
        high0, low0 = _product(MULTIPLIERS[0], c0)
        high1, low1 = _product(MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return [c0, c1, c2, c3]


def _product(a: int, b: Words) -> tuple[Words, Words]:
    """Return the high and the low word of the 128-bit product, by halves of 32 bits."""
    a_low, a_high = np.uint64(a & 0xFFFFFFFF), np.uint64(a >> 32)
    b_low, b_high = b & _LOW, b >> _HALF
    middle = a_high * b_low + (a_low * b_low >> _HALF)  # cannot overflow: (2^32-1)^2 + 2^32-1
    carried = a_low * b_high + (middle & _LOW)
    high = a_high * b_high + (middle >> _HALF) + (carried >> _HALF)
    return high, np.uint64(a) * b
