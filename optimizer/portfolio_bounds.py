"""How good a schedule of a portfolio can be at best, by arguments that need no solver.

Three of them, all exact about calendars and natural-day lags:

- *waits*: no project ends before it would if it were alone and nobody queued;
- *energy*: activities of one office that cannot start before *h* keep it busy for their
  work divided by its people, and what follows the last of them still has to follow;
- *queue*: take one office as a single clerk as fast as all its people together, who may
  drop any file for another. Serving the shortest remaining work first then has finished
  as many projects at every moment as any schedule can (SRPT), so the k-th project ends no
  earlier than the k-th of this queue. What holds for each k and each office holds for
  the largest of them all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from optimizer.heads_and_tails import IntArray, descending, earliest, tails
from optimizer.objectives import Goal, flow, kept_by, late, quantile
from optimizer.portfolio import Portfolio

_MOST_LEVELS = 40


@dataclass(frozen=True, slots=True)
class Bounds:
    """Ends that no schedule undercuts.

    Attributes
    ----------
    starts, ends : tuple of int
        Earliest start and end of each activity.
    alone : tuple of int
        Slot before which each project can be over at best.
    ranked : tuple of int
        Slot before which one, two, three ... projects can be over at best.
    makespan : int
        Slot before which all can be over at best.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    alone: tuple[int, ...]
    ranked: tuple[int, ...]
    makespan: int


@dataclass(frozen=True, slots=True)
class _Served:
    """An activity at one office: earliest start, least work and what follows it."""

    project: int
    head: int
    work: int
    tail: IntArray


def bounds(portfolio: Portfolio) -> Bounds:
    """Return the ends that no schedule undercuts.

    Raises
    ------
    NoScheduleError
        If waits contradict each other.
    """
    starts, ends = earliest(portfolio)
    behind = tails(portfolio)
    alone = [project.release for project in portfolio.projects]
    for activity, end, tail in zip(portfolio.activities, ends, behind, strict=True):
        alone[activity.project] = max(alone[activity.project], int(tail[end]))
    ranked = sorted(alone)
    makespan = ranked[-1] if ranked else 0
    for office in range(len(portfolio.offices)):
        served = _served(portfolio, office, starts, behind)
        if not served:
            continue
        calendar = portfolio.axis.calendars[portfolio.offices[office].calendar]
        people = portfolio.offices[office].people
        makespan = max(makespan, _energy(served, calendar, people))
        if len(portfolio.projects) > 1:
            ranked = [
                max(a, b)
                for a, b in zip(ranked, _queue(served, calendar, people, len(alone)), strict=True)
            ]
    if ranked:
        makespan = max(makespan, ranked[-1])
        ranked[-1] = makespan
    return Bounds(tuple(starts), tuple(ends), tuple(alone), tuple(ranked), makespan)


def least(portfolio: Portfolio, found: Bounds, goal: Goal) -> int:
    """Return a value of the goal that no schedule undercuts."""
    projects = range(len(portfolio.projects))
    over = portfolio.axis.over
    if goal is Goal.MAKESPAN:
        return found.makespan
    if goal is Goal.FLOW_TIME:
        by_rank = sum(over[slot] for slot in found.ranked) - sum(
            portfolio.axis.dates[project.release] for project in portfolio.projects
        )
        return max(by_rank, sum(flow(portfolio, p, found.alone[p]) for p in projects))
    if goal is Goal.TARDINESS:
        alone = sum(
            portfolio.projects[p].weight * late(portfolio, p, found.alone[p]) for p in projects
        )
        dues = sorted(project.due for project in portfolio.projects if project.due is not None)
        if len(dues) < len(projects):
            return alone
        lightest = min((project.weight for project in portfolio.projects), default=0)
        pairs = zip(found.ranked, dues, strict=True)
        return max(alone, lightest * sum(max(0, over[slot] - 1 - due) for slot, due in pairs))
    days = [flow(portfolio, p, found.alone[p]) for p in projects]
    kept = kept_by(len(days))
    releases = sorted(portfolio.axis.dates[p.release] for p in portfolio.projects)
    spared = len(days) - kept
    latest = [over[found.ranked[k]] - releases[k + spared] for k in range(kept)]
    return max([quantile(days), *latest])


def _served(
    portfolio: Portfolio, office: int, starts: Sequence[int], behind: Sequence[IntArray]
) -> list[_Served]:
    found = []
    for number, activity in enumerate(portfolio.activities):
        work = min(mode.days * dict(mode.needs).get(office, 0) for mode in activity.modes)
        if work:
            found.append(_Served(activity.project, starts[number], work, behind[number]))
    return found


def _energy(served: Sequence[_Served], calendar: Sequence[int], people: int) -> int:
    """Return the end that the office's work sets, over all heads and tails."""
    best = 0
    middle = sorted(one.head for one in served)[len(served) // 2]
    by_tail = sorted(served, key=lambda one: -int(one.tail[min(middle, len(one.tail) - 1)]))
    for head in descending([one.head for one in served], _MOST_LEVELS):
        first = bisect_left(calendar, head)
        work, envelope = 0, np.full(0, 0)
        for one in by_tail:
            if one.head < head:
                continue
            work += one.work
            last = first + -(-work // people) - 1
            if last >= len(calendar):
                continue  # a lower head says the same without running off the calendar
            end = calendar[last] + 1
            envelope = one.tail if not envelope.size else np.minimum(envelope, one.tail)
            best = max(best, int(envelope[end]))
    return best


def _queue(
    served: Sequence[_Served], calendar: Sequence[int], people: int, count: int
) -> list[int]:
    """Return the slots before which one, two, three ... projects can be over at best.

    Tried with all activities of the office and with those only that much follows.
    """
    best = [0] * count
    never = len(served[0].tail) - 1
    middle = sorted(one.head for one in served)[len(served) // 2]
    follows = [int(one.tail[middle]) - middle for one in served]
    for level in descending(follows, 12):
        chosen = [one for one, tail in zip(served, follows, strict=True) if tail >= level]
        heads: dict[int, int] = {}
        works: dict[int, int] = {}
        for one in chosen:
            heads[one.project] = min(heads.get(one.project, never), one.head)
            works[one.project] = works.get(one.project, 0) + one.work
        envelope = np.minimum.reduce([one.tail for one in chosen])
        jobs = [(bisect_left(calendar, heads[p]) * people, works[p]) for p in heads]
        missing = count - len(jobs)  # projects without such work may be over at once
        for rank, done in enumerate(shortest_first(jobs)):
            last = -(-done // people) - 1
            end = calendar[last] + 1 if 0 <= last < len(calendar) else (0 if last < 0 else never)
            best[missing + rank] = max(best[missing + rank], int(envelope[end]))
    return best


def shortest_first(jobs: Sequence[tuple[int, int]]) -> list[int]:
    """Return when one clerk finishes the files, always on the one with the least work left.

    Parameters
    ----------
    jobs : sequence of (int, int)
        When each file comes in and how much work it is.

    Examples
    --------
    >>> shortest_first([(0, 10), (2, 3), (4, 1)])
    [5, 6, 14]
    """
    waiting: list[int] = []
    coming = sorted(jobs)
    done: list[int] = []
    now = place = 0
    while place < len(coming) or waiting:
        if not waiting:
            now = max(now, coming[place][0])
        while place < len(coming) and coming[place][0] <= now:
            heappush(waiting, coming[place][1])
            place += 1
        work = heappop(waiting)
        until = coming[place][0] if place < len(coming) else now + work
        if now + work <= until:
            now += work
            done.append(now)
        else:
            heappush(waiting, work - (until - now))
            now = until
    return done
