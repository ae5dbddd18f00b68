"""A province of offices: villages under townships under counties under cities.

Every case is accepted in its village, checked in the township, reviewed and then decided in
the county, and filed in the city: five visits, each by its own people, none on the way
back. A made-up network at the scale of a real one; nothing in it is anybody's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rules import Calendar
from rules.working_days import WorkingDays
from scenarios.plan import IntArray

FloatArray = NDArray[np.float64]

VISITS = (
    ("village", "accepts", 8),
    ("township", "checks", 6),
    ("county", "reviews", 4),
    ("county", "decides", 2),
    ("city", "files", 1),
)
"""Of each visit the level, what is done there, and mean minutes of work."""

CITIES, COUNTIES, TOWNSHIPS, VILLAGES = 11, 90, 1_300, 20_000
CASES_A_YEAR = 100_000_000
_YEAR = 261
_BUSY = 0.8
_HOURS = ((9 * 3600, 17 * 3600),)
_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Province:
    """Offices as a tree, and how many cases come to each village.

    Attributes
    ----------
    city_of, county_of, township_of : array
        Of each county its city, of each township its county, of each village its township;
        all ascending.
    cases : array
        Of each village how many cases come.
    daily : array
        Of each village how many of them come on an open day, on average.
    people : tuple of array
        Of each visit in :data:`VISITS` how many people each office has for it.
    calendar : Calendar
        Everybody's.
    """

    city_of: IntArray
    county_of: IntArray
    township_of: IntArray
    cases: IntArray
    daily: FloatArray
    people: tuple[IntArray, ...]
    calendar: Calendar

    @property
    def cities(self) -> int:
        """How many cities."""
        return int(self.city_of[-1]) + 1


def province(share: float = 1.0, days: int = _YEAR, seed: int = 1) -> Province:
    """Return a province of 20,000 villages with 100 million cases a year, or a part of it.

    Villages differ in size (by a lognormal of coefficient of variation 0.5); every office has
    people for four fifths of their time.

    Parameters
    ----------
    share : float
        How much of the network, at least a village.
    days : int
        Open days on which cases come.
    seed : int
        Of the villages' sizes.
    """
    counts = [max(1, round(share * each)) for each in (CITIES, COUNTIES, TOWNSHIPS, VILLAGES)]
    city_of, county_of, township_of = (_spread(many, few) for few, many in pairwise(counts))
    luck = np.random.Generator(np.random.PCG64(seed))
    size = np.exp(np.sqrt(np.log(1.25)) * luck.standard_normal(counts[-1]) - np.log(1.25) / 2)
    daily = CASES_A_YEAR / _YEAR / VILLAGES * size
    by_village = np.arange(counts[-1])
    by_county = county_of[township_of]
    offices = (by_village, township_of, by_county, by_county, city_of[by_county])
    people = tuple(
        np.ceil(
            np.bincount(office, weights=daily) * 60 * minutes / (_HOURS[0][1] - _HOURS[0][0])
            / _BUSY
        ).astype(np.int64)
        for office, (_, _, minutes) in zip(offices, VISITS, strict=True)
    )  # fmt: skip
    # work goes on for a while when no more cases come
    last = _MONDAY + timedelta(days * 7 // 5 + 60)
    return Province(
        city_of,
        county_of,
        township_of,
        np.maximum(1, np.rint(daily * days)).astype(np.int64),
        daily,
        people,
        Calendar.office(_MONDAY, WorkingDays.weekly(), _HOURS, last),
    )


def _spread(many: int, few: int) -> IntArray:
    """Return to which of the few each of the many belongs, as evenly as can be."""
    return np.arange(many, dtype=np.int64) * few // many
