"""What levers change about people and opening hours, kept with the procedure they serve."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaffChange:
    """A change to one office's people.

    Attributes
    ----------
    office : str
        Key of the office.
    windows, reviewers : int
        People more (or, negative, fewer).
    hours : str
        Key of other opening hours; empty: as before.
    into : str
        Key of the office that takes the people over (concentration into a bureau,
        M21; integration of second-tier bureaus, M57); empty: they stay.
    """

    office: str
    windows: int = 0
    reviewers: int = 0
    hours: str = ""
    into: str = ""
