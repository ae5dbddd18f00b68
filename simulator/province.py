"""A year of a province on one machine: office by office, nothing kept but exact counts.

Cases go up the tree of offices and never back, so no office waits for one above it, and
cities have nothing to do with each other. Therefore an office can be served to its end
before the next one begins: no calendar of events is needed, and at most one city's
cases are in memory. Of each of them two instants are kept; waiting and elapsed times are
counted by the open minute, so quantiles are exact to the minute and parts add up in any
order. A network with ways back, or with people who serve several of its cities, does not
fall apart like this; it needs a Plan and the engines for Plans.

Needs numba.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from rules.working_days import BeyondCalendar
from scenarios.distributions import Exponential
from scenarios.plan import IntArray
from scenarios.province import VISITS, Province
from simulator.histograms import Histogram
from simulator.philox import WORD

MINUTE = 60
_AT_ONCE = 2**20

Ticks = NDArray[np.int32]
"""Instants and stretches of 32 bits, enough for 68 years: memory is what a year is short of."""


@dataclass(frozen=True, slots=True, eq=False)
class ProvinceTotals:
    """What is left of a province's cases.

    Attributes
    ----------
    cases : int
        How many.
    elapsed : Histogram
        Open minutes from arrival in the village to filing in the city.
    waits : tuple of Histogram
        Open minutes of waiting at each of :data:`scenarios.province.VISITS`.
    """

    cases: int
    elapsed: Histogram
    waits: tuple[Histogram, ...]

    @property
    def visits(self) -> int:
        """Visits to offices, each a start and an end."""
        return self.cases * len(self.waits)

    @classmethod
    def merged(cls, parts: Iterable[ProvinceTotals]) -> ProvinceTotals:
        """Return the totals of all; the same in whatever order they come."""
        parts = list(parts)
        return cls(
            sum(part.cases for part in parts),
            Histogram.merged((part.elapsed for part in parts), MINUTE),
            _merged([part.waits for part in parts]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    """Places for a city's or a county's cases; a part of them shares the memory of the whole.

    Attributes
    ----------
    arrival, ready : array
        When each came to its village, and when it is done where it was last.
    filing : array
        Ticks of work that it will take in the city.
    """

    arrival: Ticks
    ready: Ticks
    filing: Ticks

    @classmethod
    def of(cls, number: int) -> _Cases:
        """Return places for so many cases."""
        return cls(*(np.empty(number, dtype=np.int32) for _ in range(3)))

    def part(self, begin: int, end: int) -> _Cases:
        """Return some of the places."""
        places = slice(begin, end)
        return _Cases(self.arrival[places], self.ready[places], self.filing[places])


def simulate_province(province: Province, seed: int = 1, threads: int = 1) -> ProvinceTotals:
    """Simulate all cases of a province.

    A village's cases have the same luck whatever else there is in the province.

    Parameters
    ----------
    threads : int
        How many counties are simulated at once; the answer does not depend on it.

    Raises
    ------
    BeyondCalendar
        When work does not end within the province's calendar.
    """
    return ProvinceTotals.merged(
        simulate_city(province, city, seed, threads) for city in range(province.cities)
    )


def simulate_city(province: Province, city: int, seed: int = 1, threads: int = 1) -> ProvinceTotals:
    """Simulate the cases of one city: its counties apart, then what all of them send up."""
    from simulator.province_kernel import count_elapsed

    counties = np.flatnonzero(province.city_of == city).tolist()
    in_county = np.bincount(province.county_of[province.township_of], weights=province.cases)
    ends = np.cumsum(in_county[counties]).astype(np.int64).tolist()
    cases = _Cases.of(ends[-1])
    parts = [cases.part(begin, end) for begin, end in pairwise([0, *ends])]
    with ThreadPoolExecutor(threads) as pool:
        before = list(pool.map(_county, repeat(province), counties, parts, repeat(seed)))
    waits = np.zeros((len(VISITS), _minutes(province)), dtype=np.int64)
    _serve(province, len(VISITS) - 1, [city], cases.ready, cases.filing, waits)
    counts = np.zeros(_minutes(province), dtype=np.int64)
    count_elapsed(cases.arrival, cases.ready, *_tables(province), counts)
    waited = _merged([*before, tuple(map(_histogram, waits))])
    return ProvinceTotals(len(cases.arrival), _histogram(counts), waited)


def _county(province: Province, county: int, cases: _Cases, seed: int) -> tuple[Histogram, ...]:
    """Simulate a county's cases until they leave for the city; return waits by visit."""
    work = np.empty((2, len(cases.arrival)), dtype=np.int32)
    waits = np.zeros((len(VISITS), _minutes(province)), dtype=np.int64)
    begin = 0
    for township in np.flatnonzero(province.county_of == county).tolist():
        villages = np.flatnonzero(province.township_of == township).tolist()
        arrival, needs = luck_of(province, villages, seed)
        end = begin + len(arrival)
        part = cases.part(begin, end)
        part.arrival[:] = part.ready[:] = arrival
        work[:, begin:end], part.filing[:] = needs[2:4], needs[4]
        _serve(province, 0, villages, part.ready, needs[0], waits)
        _serve(province, 1, [township], part.ready, needs[1], waits)
        begin = end
    for visit in (2, 3):
        _serve(province, visit, [county], cases.ready, work[visit - 2], waits)
    return tuple(map(_histogram, waits))


def luck_of(province: Province, villages: Sequence[int], seed: int) -> tuple[Ticks, Ticks]:
    """Return when villages' cases come, and the ticks of work of each visit and case.

    A village draws from Philox4x64-10 with the key (seed, village): six words for each case in
    turn, for the gap before it and for its work at each visit.
    """
    calendar = province.calendar
    numbers = province.cases[villages]
    draws = 1 + len(VISITS)
    words = np.concatenate(
        [
            np.random.Philox(key=np.array([seed % WORD, village], dtype=np.uint64)).random_raw(
                draws * number
            )
            for village, number in zip(villages, numbers.tolist(), strict=True)
        ]
    )
    luck = ((words >> np.uint64(11)) | np.uint64(1)).astype(np.float64) * 2.0**-53
    factor = Exponential(1).quantile(luck.reshape(-1, draws))
    gaps = np.rint(factor[:, 0] * np.repeat(calendar.day_ticks / province.daily[villages], numbers))
    passed = np.cumsum(gaps.astype(np.int64))
    before = np.cumsum(numbers) - numbers
    passed -= np.repeat(passed[before] - gaps[before].astype(np.int64), numbers)
    # a case due when the door closes comes when it next opens
    arrival = calendar.add_many(np.zeros_like(passed), passed + 1) - 1
    seconds = 60 * np.array([minutes for _, _, minutes in VISITS])
    work = np.rint(seconds[:, np.newaxis] * factor[:, 1:].T)
    return arrival.astype(np.int32), work.astype(np.int32)


def _serve(
    province: Province,
    visit: int,
    offices: Sequence[int],
    ready: Ticks,
    work: Ticks,
    waits: IntArray,
) -> None:
    """Serve all who come and count waits; ``ready`` becomes when they are done.

    Cases of several offices, which are villages, stand one after another and in order.
    """
    from simulator.province_kernel import serve

    bits = max(1, int(len(ready) - 1).bit_length())
    keys = ready.astype(np.int64)
    keys <<= bits
    for begin in range(0, len(keys), _AT_ONCE):
        part = keys[begin : begin + _AT_ONCE]
        part |= np.arange(begin, begin + len(part))
    if len(offices) > 1:
        firsts = np.concatenate([[0], np.cumsum(province.cases[offices])])
    else:
        keys.sort()
        firsts = np.array([0, len(ready)])
    people = province.people[visit][offices]
    if not serve(keys, bits, ready, work, firsts, people, *_tables(province), waits[visit]):
        raise BeyondCalendar(f"{VISITS[visit][0]} {offices[0]}: work does not end by the last day")


def _merged(parts: Sequence[tuple[Histogram, ...]]) -> tuple[Histogram, ...]:
    """Add up histograms visit by visit."""
    return tuple(Histogram.merged(each, MINUTE) for each in zip(*parts, strict=True))


def _tables(province: Province) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    tables = province.calendar.arrays()
    return tables.starts, tables.ends, tables.before, tables.day_first


def _minutes(province: Province) -> int:
    """Return how many cells a histogram of open minutes needs."""
    return province.calendar.total // MINUTE + 1


def _histogram(counts: IntArray) -> Histogram:
    cells = np.flatnonzero(counts)
    return Histogram(MINUTE, cells, counts[cells])
