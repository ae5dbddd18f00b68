"""The Plan: the narrow waist between what planners write and what engines run.

Both simulation engines and the scheduler read a :class:`Plan` and nothing else.
Steps stand in topological order; time is whole civil seconds ("ticks") since
midnight of the scenario's first day. A Plan exists only when its graph has no
cycle and every office it needs is staffed, so engines check nothing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules import Calendar, Kind, Name
from rules.duration_rules import DurationRule

if TYPE_CHECKING:
    from scenarios.arrivals import Arrivals
    from scenarios.distributions import Distribution

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OwnWork:
    """The work of one catalogue step.

    Attributes
    ----------
    stream : int
        Keys the random numbers of this step, the same in every redesign.
    ticks : int
        Days on paper, in ticks of the calendar it runs on.
    spread : Distribution
        Distribution of the factor by which the real duration differs from paper.
    """

    stream: int
    ticks: int
    spread: Distribution


@dataclass(frozen=True, slots=True)
class JointWork:
    """The work of a joint step: its rule over its members' work.

    Because members keep their own streams, the same case has the same luck
    whether its steps are joined or not.

    Attributes
    ----------
    rule : DurationRule
        How members' durations make the joint duration.
    members : tuple of (str, Work)
        Member keys and their work.
    day_ticks : int
        Ticks of one working day, for the constants of the rule.
    """

    rule: DurationRule
    members: tuple[tuple[str, Work], ...]
    day_ticks: int


Work = OwnWork | JointWork


@dataclass(frozen=True, slots=True)
class Desk:
    """One station inside a step: a queue for people, or a stretch of waiting for them.

    A step's duration is split over its desks in order: every desk takes
    ``fixed`` ticks plus ``share`` thousandths of the step's duration, as far as
    time is left; the last desk takes all the rest. So the desks of a step add up
    to its duration exactly.

    Attributes
    ----------
    step : int
        Index of the step.
    name : str
        ``window``, ``review``, ``dwell`` (waiting for a person's answer) or ``notice``.
    pools : tuple of int
        Pools that must each give one person, all at once; empty for a mere delay.
    calendar : int
        Index of the calendar on which the desk's time runs.
    fixed : int
        Ticks taken whatever the duration.
    share : int
        Thousandths of the step's duration.
    """

    step: int
    name: str
    pools: tuple[int, ...]
    calendar: int
    fixed: int = 0
    share: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """People who can stand in for each other: an office's windows or its reviewers.

    Attributes
    ----------
    key : str
        ``<office>.window`` or ``<office>.reviewer``.
    name : Name
        Chinese and English name.
    capacity : int
        Number of people, at least 1; ``Pool.AMPLE`` stands for as many as needed.
    calendar : int
        Index of the calendar that the people keep.
    """

    key: str
    name: Name
    capacity: int
    calendar: int


AMPLE = 1_000_000_000
"""Capacity that no queue can reach: the paper view's unlimited staff."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step of the plan.

    Attributes
    ----------
    key : str
        Key in the procedure.
    name : Name
        Chinese and English name.
    kind : Kind
        What the step is.
    office : str
        Key of the office that leads it, or empty.
    work : Work
        Where its duration comes from.
    desks : tuple of int
        Indices of its desks, in order; at least one.
    """

    key: str
    name: Name
    kind: Kind
    office: str
    work: Work
    desks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """Time that must pass between two steps, running on a calendar."""

    ticks: int
    calendar: int


NO_LAG = Lag(0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """A prerequisite between step indices, with the time that must pass in between."""

    before: int
    after: int
    lag: Lag = NO_LAG


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What engines run.

    Attributes
    ----------
    key : str
        Name of the scenario and redesign, for messages and records.
    steps : tuple of PlanStep
        In topological order.
    links : tuple of Link
        Every prerequisite that holds work back, by (before, after); handling order
        (one after another, stage gates) included.
    desks : tuple of Desk
        All desks, those of a step together and in order.
    pools : tuple of Pool
        Everyone who can be queued for.
    calendars : tuple of Calendar
        Index 0 is the calendar in which working days are counted.
    arrivals : Arrivals
        When cases come.
    cases : int
        Cases of one replication.
    """

    key: str
    steps: tuple[PlanStep, ...]
    links: tuple[Link, ...]
    desks: tuple[Desk, ...]
    pools: tuple[Pool, ...]
    calendars: tuple[Calendar, ...]
    arrivals: Arrivals
    cases: int

    @property
    def day_ticks(self) -> int:
        """Ticks of one working day of the counting calendar."""
        return self.calendars[0].day_ticks

    def predecessors(self) -> tuple[tuple[Link, ...], ...]:
        """Return for every step the links that end at it."""
        ends: list[list[Link]] = [[] for _ in self.steps]
        for link in self.links:
            ends[link.after].append(link)
        return tuple(tuple(links) for links in ends)

    def successors(self) -> tuple[tuple[Link, ...], ...]:
        """Return for every step the links that start at it."""
        starts: list[list[Link]] = [[] for _ in self.steps]
        for link in self.links:
            starts[link.before].append(link)
        return tuple(tuple(links) for links in starts)
