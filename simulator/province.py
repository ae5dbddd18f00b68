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
from itertools import repeat

import numpy as np

from rules.working_days import BeyondCalendar
from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential
from scenarios.plan import IntArray
from scenarios.province import VISITS, Province
from scenarios.streams import stream_of
from simulator.draws import ARRIVAL, uniforms
from simulator.histograms import Histogram

MINUTE = 60
_STREAMS = tuple(stream_of(f"{level} {act}") for level, act, _ in VISITS)


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
            tuple(
                Histogram.merged((part.waits[at] for part in parts), MINUTE)
                for at in range(len(VISITS))
            ),
        )


@dataclass(slots=True, eq=False)
class _Cases:
    """Cases on their way: instants, the work that is still to come, and waits by visit."""

    arrival: IntArray
    ready: IntArray
    work: IntArray
    waits: IntArray


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
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(_county, repeat(province), counties, repeat(seed)))
    cases = _together(parts)
    _serve(province, len(VISITS) - 1, city, cases.ready, cases.work, cases.waits)
    counts = np.zeros(_minutes(province), dtype=np.int64)
    count_elapsed(cases.arrival, cases.ready, *_tables(province), counts)
    return ProvinceTotals(
        len(cases.arrival), _histogram(counts), tuple(_histogram(each) for each in cases.waits)
    )


def _county(province: Province, county: int, seed: int) -> _Cases:
    """Simulate a county's cases until they leave for the city."""
    townships = np.flatnonzero(province.county_of == county).tolist()
    waits = np.zeros((len(VISITS), _minutes(province)), dtype=np.int64)
    parts = [_township(province, township, seed, waits) for township in townships]
    arrival, ready, work = (
        np.concatenate([part[at] for part in parts], axis=-1) for at in range(3)
    )
    for visit in (2, 3):
        _serve(province, visit, county, ready, work[visit - 2], waits)
    return _Cases(arrival, ready, work[2], waits)


def _township(
    province: Province, township: int, seed: int, waits: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Return arrivals, ends at the township and the work still to come; count waits."""
    villages = np.flatnonzero(province.township_of == township).tolist()
    parts = [village_luck(province, village, seed) for village in villages]
    readies = []
    for village, (comes, needs) in zip(villages, parts, strict=True):
        leaves = comes.astype(np.int64)
        _serve(province, 0, village, leaves, needs[0], waits)
        readies.append(leaves)
    arrival = np.concatenate([comes for comes, _ in parts])
    ready = np.concatenate(readies)
    work = np.concatenate([needs for _, needs in parts], axis=1)
    _serve(province, 1, township, ready, work[1], waits)
    return arrival, ready, work[2:]


def village_luck(province: Province, village: int, seed: int) -> tuple[IntArray, IntArray]:
    """Return when a village's cases come, and the ticks of work of each visit and case.

    They are keyed by seed, village and case. Arrays of 32 bits hold them: 68 years.
    """
    numbers = np.arange(province.cases[village], dtype=np.int64)
    zero = np.zeros(1, dtype=np.int64)
    gap = province.calendar.day_ticks / float(province.daily[village])
    come = uniforms(seed, village, numbers, zero, purpose=ARRIVAL)
    arrival = Poisson(gap).times(come, province.calendar)
    streams = np.array(_STREAMS, dtype=np.int64)[:, np.newaxis]
    factor = Exponential(1).quantile(uniforms(seed, village, numbers[np.newaxis, :], streams))
    minutes = np.array([minutes for _, _, minutes in VISITS])[:, np.newaxis]
    work = np.rint(60 * minutes * factor)
    return arrival.astype(np.int32), work.astype(np.int32)


def _serve(
    province: Province,
    visit: int,
    office: int,
    ready: IntArray,
    work: IntArray,
    waits: IntArray,
) -> None:
    """Serve all who come to an office and count waits; ``ready`` becomes when they are done."""
    from simulator.province_kernel import serve

    bits = max(1, int(len(ready) - 1).bit_length())
    keys = ready << bits
    keys |= np.arange(len(ready), dtype=np.int64)
    keys.sort()
    people = int(province.people[visit][office])
    if not serve(keys, bits, ready, work, people, *_tables(province), waits[visit]):
        raise BeyondCalendar(f"{VISITS[visit][0]} {office}: work does not end by the last day")


def _together(parts: Sequence[_Cases]) -> _Cases:
    return _Cases(
        np.concatenate([part.arrival for part in parts]),
        np.concatenate([part.ready for part in parts]),
        np.concatenate([part.work for part in parts]),
        np.sum([part.waits for part in parts], axis=0),
    )


def _tables(province: Province) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    tables = province.calendar.arrays()
    return tables.starts, tables.ends, tables.before, tables.day_first


def _minutes(province: Province) -> int:
    """Return how many cells a histogram of open minutes needs."""
    return province.calendar.total // MINUTE + 1


def _histogram(counts: IntArray) -> Histogram:
    cells = np.flatnonzero(counts)
    return Histogram(MINUTE, cells, counts[cells])
