"""In which order cases take activities, and which of them they take at all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.event_logs.measures import with_ready
from scenarios.event_logs.visits import EventLog, Visit

NEARLY_ALWAYS = 0.95
"""Share of cases in which one activity is over before another begins, for an order to hold."""


@dataclass(frozen=True, slots=True)
class Before:
    """One activity is over before another begins.

    Attributes
    ----------
    first, then : str
        The activities.
    share : float
        Of the cases that have both.
    cases : int
        How many have both.
    """

    first: str
    then: str
    share: float
    cases: int


def orders(log: EventLog, steps: Sequence[str]) -> tuple[Before, ...]:
    """Return which activity waits for which, without what follows from the others.

    Of two activities the one earlier in ``steps`` can come first, so no circle arises. An
    order that follows from two others is left out, if whoever has its ends has its middle.

    Parameters
    ----------
    steps : sequence of str
        The activities, in the order in which cases reach them on average.
    """
    place = {step: number for number, step in enumerate(steps)}
    both: Counter[tuple[int, int]] = Counter()
    holds: Counter[tuple[int, int]] = Counter()
    sets: Counter[frozenset[int]] = Counter()
    for visits in log.visits.values():
        ends = _ends(visits)
        had = sorted((place[step], *span) for step, span in ends.items() if step in place)
        sets[frozenset(number for number, *_span in had)] += 1
        for at, (first, _begin, end) in enumerate(had):
            for then, begin, _end in had[at + 1 :]:
                both[first, then] += 1
                holds[first, then] += end <= begin
    kept = {pair for pair, n in both.items() if holds[pair] >= NEARLY_ALWAYS * n}
    follows: dict[int, set[int]] = defaultdict(set)
    for first, then in kept:
        follows[first].add(then)
    needed = [
        pair for pair in sorted(kept) if not any(
            (middle, pair[1]) in kept and all(middle in had for had in sets if had >= set(pair))
            for middle in follows[pair[0]]
        )
    ]  # fmt: skip
    return tuple(
        Before(steps[first], steps[then], holds[first, then] / both[first, then], both[first, then])
        for first, then in needed
    )


def kinds(log: EventLog) -> tuple[tuple[frozenset[str], int], ...]:
    """Return the sets of activities that cases take, the most frequent first.

    Cases that are not over are left out: what they would have taken is not known.
    """
    found = Counter(
        frozenset(visit.step for visit in visits)
        for case, visits in log.visits.items()
        if case not in log.open
    )
    return tuple(sorted(found.items(), key=lambda each: (-each[1], sorted(each[0]))))


def _ends(visits: Sequence[Visit]) -> Mapping[str, tuple[int, int]]:
    """Return when a case first could begin each activity, and when it last was over."""
    found: dict[str, tuple[int, int]] = {}
    for visit in with_ready(visits):
        begin = visit.first
        end = visit.end if visit.end is not None else 2**62
        if visit.step in found:
            begin, end = min(begin, found[visit.step][0]), max(end, found[visit.step][1])
        found[visit.step] = (begin, end)
    return found
