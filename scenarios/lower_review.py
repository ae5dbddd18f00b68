"""The review by a lower organ before the upper one decides, and its limit (行政许可法 art. 43)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LowerReview:
    """The part of a step in which a lower organ has the file, until it hands it over upward.

    Its clock runs from acceptance there, stands still as the step's own does (art. 45 is about
    this limit, too), and ends when the file leaves for the organ that decides.

    Attributes
    ----------
    organ : str
        Key of the office, or of the place, that reviews.
    desks : tuple of int
        Indices of the step's desks at which it has the file, from its window on.
    statute : int
        Ticks of the statutory limit; 0: none.
    limit_calendar : int
        Index of the calendar in which they count.
    article : str
        Where it stands; empty: nowhere.
    promise : int
        Ticks of the promised limit; 0: none.
    promise_calendar : int
        Index of the calendar in which they count.
    """

    organ: str
    desks: tuple[int, ...]
    statute: int = 0
    limit_calendar: int = 0
    article: str = ""
    promise: int = 0
    promise_calendar: int = 0

    def watched(self, *, promised: bool) -> tuple[int, int]:
        """Return the limit that lights watch and its calendar: what is promised, else the law's."""
        if self.promise and (promised or not self.statute):
            return self.promise, self.promise_calendar
        return self.statute, self.limit_calendar
