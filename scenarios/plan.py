"""The Plan: the narrow waist between what planners write and what engines run.

Both simulation engines and the scheduler read a :class:`Plan` and nothing else.
Steps stand in topological order; time is whole civil seconds ("ticks") since
midnight of the scenario's first day. A Plan exists only when its graph has no
cycle and every office it needs is staffed, so engines check nothing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rules import Calendar, Kind, Name
from rules.duration_rules import DurationRule
from scenarios.gatherings import Gathering
from scenarios.lower_review import LowerReview
from scenarios.orders import FirstCome, QueueOrder

if TYPE_CHECKING:
    from scenarios.arrivals import Arrivals
    from scenarios.distributions import Distribution
    from scenarios.interruptions import Interruption

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


class Part(StrEnum):
    """What a case's time at a desk is, for the clocks and the split of its waits.

    ``work`` and ``dwell`` (the person has the file, but other things to do) are the
    office's time; ``applicant`` is the applicant's; ``notice`` is a public notice;
    ``stopped`` is time that the law does not count (art. 45: expert review, hearing,
    inspection ...).
    """

    WORK = "work"
    DWELL = "dwell"
    APPLICANT = "applicant"
    NOTICE = "notice"
    STOPPED = "stopped"


DONE, REFUSED, WITHDRAWN = -1, -2, -3
"""Where a route may lead instead of to a desk: the step's end, or out of the house."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way on from a desk that some visits take.

    Attributes
    ----------
    to : int
        Index of a desk of the same step, or :data:`DONE`, :data:`REFUSED`, :data:`WITHDRAWN`.
    chances : tuple of float
        Chance at the first visit of the desk, at the second and so on; the last one holds
        for all later visits. ``(0.3, 0.0)`` tells all corrections at once, ``(0.3,)`` drips.
    within : int
        Ticks of the counting calendar since the case reached the step after which the
        route is closed (deemed acceptance after five days); 0: never.
    """

    to: int
    chances: tuple[float, ...]
    within: int = 0

    def chance(self, visit: int) -> float:
        """Return the chance at a visit, the first being 0."""
        return self.chances[min(visit, len(self.chances) - 1)]


@dataclass(frozen=True, slots=True)
class ToTheLimit:
    """Work that is left until shortly before its limit (deadline-driven work).

    Attributes
    ----------
    chance : float
        Share of files that are left.
    limit : int
        Ticks of the desk's calendar from the step's start to its limit.
    last : int
        Such a file leaves the desk at an even random moment within so many ticks before
        the limit, or when its time there is over if that is later.
    """

    chance: float
    limit: int
    last: int


@dataclass(frozen=True, slots=True)
class When:
    """A condition on a case: its fact has one of these values."""

    fact: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slower:
    """How much longer the step takes for cases with a fact, in thousandths (1860: 1.86 times)."""

    when: When
    thousandths: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspection may find, and how long the applicant's later items then wait (M30).

    Attributes
    ----------
    chance : float
        Chance that it finds something.
    holds : int
        Natural ticks for which they wait.
    at_door : bool
        Whether new cases of the applicant wait, rather than steps with ``clearance``.
    """

    chance: float
    holds: int
    at_door: bool = True


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
    own : Distribution or None
        Ticks of the desk itself, drawn anew at every visit; it then takes no part of the
        step's duration.
    stream : int
        Keys what is drawn at the desk itself: its own time, routes, patience.
    part : Part
        What the time there is.
    routes : tuple of Route
        Ways on that some visits take; the rest goes to the next desk.
    aside : bool
        Whether only routes lead to the desk; the plain way passes it by.
    when : tuple of When
        The desk is for cases that fulfil all of these; others pass at once.
    finishes : bool
        Whether work begun before closing time is finished after it; otherwise it pauses.
    patience : Distribution or None
        Civil ticks after which an applicant who still queues here withdraws.
    to_limit : ToTheLimit or None
        Whether work is left until shortly before a limit.
    keeps : bool
        Whether the people stay with the case until it leaves the house (an agent).
    gathering : Gathering or None
        A meeting, a trip for several cases, a shared zone result, a quota.
    other_than : int
        Index of a desk whose person may not serve the same case here; -1: anybody may.
    reason : str
        Why the law does not count the time there (:class:`rules.law.ClockStopRule`); empty:
        it counts unless ``part`` says otherwise.
    restarts : bool
        Whether the step's legal clock begins anew when the case leaves the desk.
    answers : int
        Index of the desk that asked for an opinion which is ready when the case leaves
        this one; -1: of none.
    finding : Finding or None
        What an inspection there may find.
    slower : bool
        Whether what makes the step longer lengthens the desk's own time, too.
    """

    step: int
    name: str
    pools: tuple[int, ...]
    calendar: int
    fixed: int = 0
    share: int = 0
    own: Distribution | None = None
    stream: int = 0
    part: Part = Part.WORK
    routes: tuple[Route, ...] = ()
    aside: bool = False
    when: tuple[When, ...] = ()
    finishes: bool = False
    patience: Distribution | None = None
    to_limit: ToTheLimit | None = None
    keeps: bool = False
    gathering: Gathering | None = None
    other_than: int = -1
    reason: str = ""
    restarts: bool = False
    answers: int = -1
    finding: Finding | None = None
    slower: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """People of a pool who keep the same hours and can do the same work.

    Attributes
    ----------
    calendar : int
        Index of the calendar that they keep: full-timers, a Monday-only colleague.
    people : int
        How many they are.
    desks : tuple of int
        Indices of the desks that they may serve; empty: every desk of the pool.
    """

    calendar: int
    people: int
    desks: tuple[int, ...] = ()


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
    order : QueueOrder
        Who is served first.
    room : int
        Most cases that may wait; whoever comes to a full room is turned away. -1: no bound.
    shifts : tuple of Shift
        People one by one, where they keep different hours, have different skills or may
        not stand in for themselves (reviewer and approver); their numbers add up to
        ``capacity``. Empty: all keep the desk's calendar. A file stays with the person
        who took it.
    errand : Distribution or None
        Ticks of other duties that a person turns to whenever nobody waits, again and
        again, not to be interrupted.
    """

    key: str
    name: Name
    capacity: int
    calendar: int
    order: QueueOrder = FirstCome()  # noqa: RUF009 - frozen, so one default serves all
    room: int = -1
    shifts: tuple[Shift, ...] = ()
    errand: Distribution | None = None


AMPLE = 1_000_000_000
"""Capacity that no queue can reach: the paper view's unlimited staff."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A step that is over when nobody has answered by its limit (逾期视为同意).

    Attributes
    ----------
    ticks : int
        From the step's start.
    calendar : int
        Index of the calendar in which they run.
    desk : int
        Index of the desk by which such cases leave; a visit there tells that silence was
        taken for consent.
    """

    ticks: int
    calendar: int
    desk: int


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
    of : int
        Index of the case type whose step it is.
    when : tuple of When
        The step is for cases that fulfil all of these; others pass at once.
    slower : tuple of Slower
        What makes it longer.
    priority : int
        Added to the case type's priority where pools serve by priority.
    promise, statute : int
        Promised and statutory limit in ticks of their calendars; 0: none.
    promise_calendar, limit_calendar : int
        Index of the calendar in which each of them counts.
    after_issue : bool
        Whether it follows the result (spot check, supervision) and does not keep the case.
    extension : int
        Ticks by which the statutory limit may be extended once; 0: by none.
    silence : Silence or None
        Whether and when silence is consent.
    clearance : bool
        Whether it waits while a finding holds up the applicant.
    beside : tuple of int
        Indices of those of its desks at which several offices give opinions side by side;
        the desk that asks them holds their time, and who is not waited for any more may
        end his work after the step.
    lower_reviews : tuple of LowerReview
        Reviews by lower organs before the file is handed over upward, whose limits are watched.
    items : tuple of (str, str)
        Items that are decided in it, each with the office that decides; several in a joint
        step.
    """

    key: str
    name: Name
    kind: Kind
    office: str
    work: Work
    desks: tuple[int, ...]
    of: int = 0
    when: tuple[When, ...] = ()
    slower: tuple[Slower, ...] = ()
    priority: int = 0
    promise: int = 0
    statute: int = 0
    promise_calendar: int = 0
    limit_calendar: int = 0
    after_issue: bool = False
    extension: int = 0
    silence: Silence | None = None
    clearance: bool = False
    beside: tuple[int, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    lower_reviews: tuple[LowerReview, ...] = ()


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


@dataclass(frozen=True, slots=True)
class CaseType:
    """A kind of case with its own procedure, sharing offices with the others.

    Attributes
    ----------
    key : str
        For instance ``project`` or ``pharmacy``.
    name : Name
        Chinese and English name.
    weight : float
        Its share among all cases, where the arrivals do not say which type comes.
    priority : int
        1 is served first where pools serve by priority.
    promise : int
        Ticks of the counting calendar promised for the whole case; 0: none. The deadline
        of pools that serve the earliest deadline first.
    """

    key: str
    name: Name
    weight: float = 1.0
    priority: int = 1
    promise: int = 0


ONE_TYPE = (CaseType("case", Name("办件", "Case")),)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a case that its luck decides once: complete or not, the township.

    Attributes
    ----------
    key : str
        Its name.
    values : tuple of str
        What it may be.
    weights : tuple of float
        How often each value occurs; empty for numbers.
    stream : int
        Keys the draw.
    numbers : Distribution or None
        A number is drawn, and the value is the stretch between points in which it lies.
    points : tuple of float
        Rising; value ``2 k + 1`` is point ``k`` itself, value ``2 k`` what lies before it.
    whole : bool
        Whether the number is rounded first.
    """

    key: str
    values: tuple[str, ...]
    weights: tuple[float, ...]
    stream: int
    numbers: Distribution | None = None
    points: tuple[float, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sorting:
    """Cases of one stream, sorted into case types by their facts.

    Attributes
    ----------
    key : str
        For instance ``pharmacy``; the case types that it leads to have the same.
    number : int
        How many cases come in the stream.
    salt : int
        Added to the number of a case within the stream before its luck is drawn, so that
        other streams do not move it.
    facts : tuple of int
        Facts that decide.
    types : tuple of int
        Case type of each combination of their values, the last fact changing fastest.
    """

    key: str
    number: int
    salt: int
    facts: tuple[int, ...] = ()
    types: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class InFlight:
    """A case that is in the house when the run begins.

    Attributes
    ----------
    type : int
        Index of its case type; where facts sort its stream, of the first type of the stream.
    done : tuple of int
        Indices of the steps that are behind it; those of other types than its own, to which
        its facts might have led, count for nothing.
    """

    type: int
    done: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Supervision:
    """Inspections after issue whose findings hold up the applicant's later cases (M30).

    Attributes
    ----------
    applicants : int
        Cases belong to so many applicants in turn, by case number.
    chance : float
        Chance that the inspection of a finished case finds something.
    after, holds : int
        Natural ticks from the result to the inspection, and for which the applicant's new
        cases then wait at the door.
    stream : int
        Keys the draw.
    """

    applicants: int
    chance: float
    after: int
    holds: int
    stream: int


@dataclass(frozen=True, slots=True)
class Watch:
    """How limits are watched and extended.

    Attributes
    ----------
    warning : int
        Thousandths of a limit after which the yellow light is on.
    promised : bool
        Whether the promised limit is watched, rather than the statutory one.
    extended : float
        Share of files whose statutory limit the head extends when its warning is on.
    """

    warning: int
    promised: bool
    extended: float


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
        Cases of one replication, those in flight included.
    types : tuple of CaseType
        Kinds of cases; the steps and desks of each stand together, in this order.
    facts : tuple of Fact
        What is drawn once for every case.
    interruptions : tuple of Interruption
        Absence and outages that shorten calendars by chance.
    learning : tuple of int
        Thousandths that people's work takes on each civil day after a reform, the last
        for all later days; empty: always 1000.
    in_flight : tuple of InFlight
        The first cases: those in the house when the run begins.
    supervision : Supervision or None
        Inspections after issue.
    until : int
        The run ends at this tick with whatever is in process; 0: when all cases have left.
    sortings : tuple of Sorting
        One for each stream of the arrivals, in order; empty: streams or weights say of which
        type a case is.
    watch : Watch or None
        Whether limits are watched and told of in summaries.
    applicants : int
        To how many applicants the cases belong in turn, for findings; 0: not said.
    """

    key: str
    steps: tuple[PlanStep, ...]
    links: tuple[Link, ...]
    desks: tuple[Desk, ...]
    pools: tuple[Pool, ...]
    calendars: tuple[Calendar, ...]
    arrivals: Arrivals
    cases: int
    types: tuple[CaseType, ...] = ONE_TYPE
    facts: tuple[Fact, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    learning: tuple[int, ...] = ()
    in_flight: tuple[InFlight, ...] = ()
    supervision: Supervision | None = None
    until: int = 0
    sortings: tuple[Sorting, ...] = ()
    watch: Watch | None = None
    applicants: int = 0

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
