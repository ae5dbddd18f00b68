"""Desks where cases or opinions gather: meetings, trips, zones, quotas, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meeting:
    """A joint meeting or expert panel that sits at intervals (M53), or a courier's round.

    At a sitting the first cases of the queue are taken up together; they are decided when
    the sitting is over. It takes place when enough of its members are free at that
    instant; they then sit to its end. Otherwise everybody waits for the next one.

    Attributes
    ----------
    key : str
        Desks that name the same key bring their cases to the same sittings.
    sittings : tuple of int
        Ticks at which it sits, rising.
    slots : int
        Most cases of one sitting.
    length : int
        Ticks that a sitting lasts, on the desk's calendar; a decision without time is 0.
    quorum : int
        How many of the desk's pools must have somebody free.
    """

    key: str
    sittings: tuple[int, ...]
    slots: int
    length: int = 0
    quorum: int = 0


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip of a crew for several cases (踏勘): all go out and come back together.

    A free crew leaves as soon as enough cases wait, or the first of them has waited long
    enough; nobody joins under way. Without more the trip takes the desk's time of the
    first of its cases.

    Attributes
    ----------
    least, most : int
        Cases of one trip.
    key : str
        Desks of different steps that name the same key go on the same trips, with the
        same crews; empty: the desk has trips of its own.
    travel : int
        Ticks of the way there and back, once a trip.
    each : bool
        Whether the times of all cases on board add up, site after site.
    wait : int
        Ticks of the desk's calendar after which a case is no longer kept waiting for
        others; 0: it waits until there are enough.
    """

    least: int
    most: int
    key: str = ""
    travel: int = 0
    each: bool = False
    wait: int = 0


@dataclass(frozen=True, slots=True)
class ZoneResult:
    """A result that a zone gets once for all its projects while it is valid (M54).

    The first case that finds none begins it; others wait for the same one. The time of
    the n-th assessment belongs to n, not to the case that asked for it.

    Attributes
    ----------
    valid : int
        Civil ticks for which a result holds after it is there.
    key : str
        Desks that name the same key share their results; empty: the desk has its own.
    """

    valid: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """A limited number of licences: given in the queue's order until none is left.

    Whoever comes later is refused (行政许可法 art. 57).

    Attributes
    ----------
    licences : int
        How many there are.
    """

    licences: int


@dataclass(frozen=True, slots=True)
class Consultation:
    """Offices that are asked at the same time; the case goes on when all have answered.

    Attributes
    ----------
    asks : tuple of int
        Indices of the first desk of each office's opinion.
    silence : int
        Ticks of the desk's calendar after which who has not answered agrees; 0: never.
    deemed : int
        Index of the desk by which the case then goes on; -1: there is none.
    """

    asks: tuple[int, ...]
    silence: int = 0
    deemed: int = -1


Gathering = Meeting | Trip | ZoneResult | Quota | Consultation
