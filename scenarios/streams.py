"""Names of random streams: every step draws from a stream keyed by its own name.

A step keeps its stream in every redesign, so the same case has the same luck in
baseline and redesign, and adding a step moves nobody else's numbers.
"""

from __future__ import annotations

from hashlib import blake2b

STREAM_BITS = 48
"""Bits of a stream's number; the engine's draws leave 16 more for the visit."""


def stream_of(key: str) -> int:
    """Return the stream of a step's key: 48 bits of its BLAKE2b digest.

    The same on every machine and in every release. Two of 1,200 keys collide with
    a chance below 3e-9; steps that do would merely share their luck.

    Examples
    --------
    >>> stream_of("S01")
    5638111376871
    """
    return int.from_bytes(blake2b(key.encode(), digest_size=STREAM_BITS // 8).digest(), "little")
