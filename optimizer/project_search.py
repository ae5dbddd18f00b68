"""Searches the schedules of many projects by taking a few out and putting them back.

The diaries make this cheap: a project of 35 steps is out and in again in a quarter of a
millisecond, so a second tries thousands of such moves. Which projects go, in what order
they return, and which modes they take is drawn; worse schedules are accepted with a
chance that falls to nothing towards the end (annealing).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.effort import Budget, Incumbent
from optimizer.objectives import Goal, completions, value
from optimizer.placing import BeyondAxisError, Diaries, Placer
from optimizer.portfolio import Mode, Portfolio, Times

_COMPACT_EVERY = 400
_WARMTH = 0.05
"""Starting temperature as a share of the average project's flow time; measured best."""


@dataclass(slots=True)
class _State:
    starts: list[int]
    ends: list[int]
    modes: list[int]
    diaries: Diaries
    over: list[int]
    score: float


class ProjectSearch:
    """The search over one portfolio.

    Parameters
    ----------
    placer : Placer
        The portfolio, compiled.
    goals : sequence of Goal
        The most important first.
    seed : int
        Random seed.
    """

    def __init__(self, placer: Placer, goals: Sequence[Goal], seed: int) -> None:
        self.placer = placer
        self.portfolio: Portfolio = placer.portfolio
        self.goals = tuple(goals)
        self.draw = random.Random(seed)
        order = self.portfolio.order or ()
        self.members: list[list[int]] = [[] for _ in self.portfolio.projects]
        for activity in order:
            self.members[self.portfolio.activities[activity].project].append(activity)
        self.weights = _weights(len(self.goals))
        self._choices = [
            any(len(self.portfolio.activities[a].modes) > 1 for a in members)
            for members in self.members
        ]

    def first(self) -> Times | None:
        """Return a schedule that takes the projects in as they come, each as it ends soonest.

        Where stocks do not suffice for that, each in the modes that use least.
        """
        return self._taken_in(thrifty=False) or self._taken_in(thrifty=True)

    def _taken_in(self, thrifty: bool) -> Times | None:
        count = len(self.portfolio.activities)
        starts, ends, modes = [0] * count, [0] * count, [0] * count
        diaries = list(self.placer.empty)
        by_release = sorted(
            range(len(self.members)), key=lambda p: (self.portfolio.projects[p].release, p)
        )
        for project in by_release:
            best: tuple[int, list[int], list[int], list[int], Diaries] | None = None
            for variant in self._variants(project, thrifty):
                tried = (starts.copy(), ends.copy(), modes.copy(), list(diaries))
                for activity, mode in variant.items():
                    tried[2][activity] = mode
                try:
                    self.placer.place(self.members[project], tried[2], tried[0], tried[1], tried[3])
                except BeyondAxisError:
                    continue
                end = max((tried[1][a] for a in self.members[project]), default=0)
                if best is None or end < best[0]:
                    best = (end, *tried)
            if best is None:
                return None
            _, starts, ends, modes, diaries = best
        if not self._affordable(modes):
            return None
        return Times(tuple(starts), tuple(ends), tuple(modes))

    def reorder(self, incumbent: Incumbent, budget: Budget, until: float) -> None:
        """Move one project after another up or down in the order in which they are placed."""
        assert incumbent.times is not None
        modes = incumbent.times.modes
        over = completions(self.portfolio, incumbent.times.ends)
        order = sorted(range(len(over)), key=lambda p: (self.portfolio.projects[p].release, p))
        best = self._score(over)
        while budget.used < until and not incumbent.is_best and len(order) > 1:
            place = self.draw.randrange(len(order))
            tried = order.copy()
            project = tried.pop(place)
            to = place + self.draw.choice((-4, -3, -2, -1, 1, 2, 3, 4))
            tried.insert(min(len(tried), max(0, to)), project)
            budget.place(len(modes))
            try:
                times = self.placer.timetable([a for p in tried for a in self.members[p]], modes)
            except BeyondAxisError:
                continue
            score = self._score(completions(self.portfolio, times.ends))
            if score <= best:
                best, order = score, tried
                incumbent.offer(times, "project search")

    def improve(self, incumbent: Incumbent, budget: Budget, until: float) -> None:
        """Search from the incumbent until so many seconds of the budget are used."""
        assert incumbent.times is not None
        began = budget.used
        state = self._state(incumbent.times)
        count = len(self.members)
        projects = list(range(count))
        warmth = _WARMTH * self._scale(state)
        by_end = sorted(projects, key=lambda p: state.over[p])
        moves = 0
        placed = 0
        while not incumbent.is_best:
            if moves % 16 == 0:
                budget.place(placed)
                placed = 0
                if budget.used >= until:
                    break
                # The budget may be spent before the first move: a share past 1 would turn the
                # temperature negative and the exponent below positive.
                share = min(1.0, (budget.used - began) / max(1e-9, until - began))
                temperature = warmth * (1 - share) + 1e-9
            moves += 1
            if moves % _COMPACT_EVERY == 0:
                by_end = sorted(projects, key=lambda p: state.over[p])
                placed += len(state.starts)
                state = self._compacted(state)
                self._offer(state, incumbent)
            chosen = self._choose(by_end)
            placed += sum(len(self.members[p]) for p in chosen)
            tried = self._moved(state, chosen)
            if tried is None:
                continue
            worse = tried.score - state.score
            if worse <= 0 or self.draw.random() < math.exp(-worse / temperature):
                state = tried
                if worse < 0:
                    self._offer(state, incumbent)
        budget.place(placed)
        self._offer(self._compacted(state), incumbent)

    # one move

    def _choose(self, by_end: Sequence[int]) -> list[int]:
        count = len(by_end)
        size = min(count, self.draw.choice((1, 2, 2, 3, 3, 4, 5)))
        if self.draw.random() < 0.6:
            middle = self.draw.randrange(count)
            near = by_end[max(0, middle - 4) : middle + 5]
            return self.draw.sample(near, min(size, len(near)))
        return self.draw.sample(by_end, size)

    def _moved(self, state: _State, chosen: list[int]) -> _State | None:
        placer, members = self.placer, self.members
        diaries = list(state.diaries)
        starts, ends, modes = state.starts.copy(), state.ends.copy(), state.modes
        for project in chosen:
            for activity in members[project]:
                way = placer.ways[activity][modes[activity]]
                placer.free(way, starts[activity], ends[activity], diaries)
        if any(self._choices[p] for p in chosen) and self.draw.random() < 0.5:
            modes = modes.copy()
            for project in chosen:
                if self._choices[project]:
                    self._redraw(project, modes)
            if not self._affordable(modes):
                return None
        try:
            if len(chosen) == 1 or self.draw.random() < 0.6:
                for project in chosen:
                    placer.place(members[project], modes, starts, ends, diaries)
            else:
                placer.place(self._mixed(chosen, state), modes, starts, ends, diaries)
        except BeyondAxisError:
            return None
        over = state.over.copy()
        for project in chosen:
            over[project] = max((ends[a] for a in members[project]), default=0)
        return _State(starts, ends, modes, diaries, over, self._score(over))

    def _mixed(self, chosen: Sequence[int], state: _State) -> list[int]:
        """Return the projects' activities in about the order in which they started."""
        keys: dict[int, float] = {}
        for project in chosen:
            shift = self.draw.gauss(0, 15)
            latest: dict[int, float] = {}
            for activity in self.members[project]:
                key = state.starts[activity] + shift + self.draw.random()
                for wait in self.placer.waits[activity]:
                    key = max(key, latest.get(wait.before, key) + 1e-6)
                keys[activity] = latest[activity] = key
        return sorted(keys, key=keys.__getitem__)

    def _redraw(self, project: int, modes: list[int]) -> None:
        """Draw the centre anew, then one activity's mode, and make all of them fit."""
        variants = self._variants(project)
        if self.draw.random() < 0.5:
            for activity, mode in self.draw.choice(variants).items():
                modes[activity] = mode
            return
        several = [a for a in self.members[project] if len(self.portfolio.activities[a].modes) > 1]
        activity = self.draw.choice(several)
        options = self.portfolio.activities[activity].modes
        centre = options[modes[activity]].centre
        modes[activity] = self.draw.choice(
            [m for m, mode in enumerate(options) if mode.centre == centre]
        )

    def _variants(self, project: int, thrifty: bool = False) -> list[dict[int, int]]:
        """Return for each centre the first, the last and the quickest modes, or the thriftiest."""
        found: list[dict[int, int]] = []
        for centre in self.portfolio.projects[project].centres or (-1,):
            rows: list[dict[int, int]] = [{}, {}, {}]
            for activity in self.members[project]:
                modes = self.portfolio.activities[activity].modes
                allowed = [m for m, mode in enumerate(modes) if mode.centre in (-1, centre)]
                quickest = min(allowed, key=lambda m: modes[m].days)
                if thrifty:
                    least = min(allowed, key=lambda m: (self._cost(modes[m]), modes[m].days))
                    allowed, quickest = [least], least
                for row, mode in zip(rows, (allowed[0], allowed[-1], quickest), strict=True):
                    row[activity] = mode
            found.extend(row for row in rows if row not in found)
        return found

    # states

    def _state(self, times: Times) -> _State:
        diaries = list(self.placer.empty)
        for activity, mode in enumerate(times.modes):
            way = self.placer.ways[activity][mode]
            self.placer.book(way, times.starts[activity], times.ends[activity], diaries)
        over = completions(self.portfolio, times.ends)
        return _State(
            list(times.starts),
            list(times.ends),
            list(times.modes),
            diaries,
            over,
            self._score(over),
        )

    def _compacted(self, state: _State) -> _State:
        """Place all anew in the order of their starts; no end moves later."""
        times = compacted(
            self.placer, Times(tuple(state.starts), tuple(state.ends), tuple(state.modes))
        )
        return self._state(times)

    def _offer(self, state: _State, incumbent: Incumbent) -> None:
        incumbent.offer(
            Times(tuple(state.starts), tuple(state.ends), tuple(state.modes)), "project search"
        )

    def _score(self, over: Sequence[int]) -> float:
        score = sum(
            weight * value(self.portfolio, goal, over)
            for weight, goal in zip(self.weights, self.goals, strict=True)
        )
        # where the goals do not tell two schedules apart, the one that ends sooner leads on
        return score + 1e-4 * sum(over) / max(1, len(over))

    def _scale(self, state: _State) -> float:
        """Return what an average project weighs in the score."""
        return max(1.0, state.score) / max(1, len(self.members))

    def _cost(self, mode: Mode) -> float:
        """Return what a mode uses, each stock measured by what there is of it."""
        return sum(amount / max(1, self.portfolio.stocks[stock][1]) for stock, amount in mode.uses)

    def _affordable(self, modes: Sequence[int]) -> bool:
        if not self.portfolio.stocks:
            return True
        used = [0] * len(self.portfolio.stocks)
        for activity, mode in zip(self.portfolio.activities, modes, strict=True):
            for stock, amount in activity.modes[mode].uses:
                used[stock] += amount
        return all(
            spent <= there for spent, (_, there) in zip(used, self.portfolio.stocks, strict=True)
        )


def compacted(placer: Placer, times: Times) -> Times:
    """Return the schedule that the order of starts leads to; no activity ends later.

    Where longest lags would break, the times stay as they are.
    """
    portfolio = placer.portfolio
    if portfolio.has_most or portfolio.order is None:
        return times
    keys = [0] * len(times.starts)
    for activity in portfolio.order:  # by start; within a slot nothing before what it waits for
        before = (keys[wait.before] + 1 for wait in placer.waits[activity])
        keys[activity] = max(times.starts[activity] * 1000, *before, 0)
    return placer.timetable(sorted(portfolio.order, key=keys.__getitem__), times.modes)


def _weights(goals: int) -> tuple[float, ...]:
    """Return weights that let an earlier goal outweigh a later one."""
    return tuple(10.0 ** (-3 * place) for place in range(goals))
