"""Offices as they are: what planners may say beyond steps, offices and volumes.

Everything is optional; a scenario that says nothing of it is the plain one. Days are
working days unless a name says otherwise. On paper none of this counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.distributions import Distribution
from scenarios.sections import Crew, Section
from scenarios.ways import USUAL_WAYS, Ways


@dataclass(frozen=True, slots=True)
class Hands:
    """Times of each hand that a file passes, instead of a share of the step's days.

    Attributes
    ----------
    touch : Distribution
        Minutes of work.
    dwell : Distribution
        Working days that the file then lies with that person, beyond any queue.
    window_counts : bool
        Whether the window is one of an item's desks; otherwise they are all behind it, so
        one review and one approval (two desks) are two hands (M02).
    of : tuple of (str, Hands)
        Offices whose hands take other times.
    """

    touch: Distribution
    dwell: Distribution
    window_counts: bool = True
    of: tuple[tuple[str, Hands], ...] = ()

    def at(self, office: str) -> Hands:
        """Return the times of an office's hands."""
        return dict(self.of).get(office, self)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Files that are sent back to the applicant (补正; M12, M29, M47).

    Attributes
    ----------
    share : float
        Chance that a file is sent back at its first check, where the item says none.
    delay : Distribution
        Working days that the applicant takes.
    rounds : int
        Most rounds.
    at_once : bool
        Whether all defects are told in one notice (一次告知), so that nothing is missing
        afterwards; otherwise each round drips with the same chance.
    notice_days : int
        Working days from receipt after which a file counts as accepted and may not be
        sent back any more (行政许可法 art. 32).
    precheck : float
        What an online pre-check leaves of the chance.
    """

    share: float
    delay: Distribution
    rounds: int = 1
    at_once: bool = True
    notice_days: int = 5
    precheck: float = 1.0


@dataclass(frozen=True, slots=True)
class Completeness:
    """Applications that are incomplete take longer (1.86 and 1.80 times in real permit logs).

    Attributes
    ----------
    incomplete : float
        Share of cases.
    slower : int
        Thousandths of a step's days for them, for instance 1860.
    """

    incomplete: float
    slower: int


@dataclass(frozen=True, slots=True)
class Sittings:
    """When a meeting or panel sits.

    Attributes
    ----------
    key : str
        Its name.
    steps : tuple of str
        Steps that it decides; empty for the expert panel.
    weekday : int
        Monday is 0; it sits on the next working day when that day is off.
    at : int
        Second of the day.
    every_weeks : int
        Weeks from one sitting to the next.
    slots : int
        Most cases of a sitting.
    minutes : int
        Length.
    members : tuple of str
        Offices that each send a reviewer.
    quorum : int
        How many of them must come; 0: nobody need come.
    """

    key: str
    steps: tuple[str, ...]
    weekday: int
    at: int
    every_weeks: int
    slots: int
    minutes: int
    members: tuple[str, ...] = ()
    quorum: int = 0


@dataclass(frozen=True, slots=True)
class Objections:
    """Objections to a public notice, each leading to a hearing.

    Attributes
    ----------
    chance : float
        Share of notices that meet an objection.
    days : Distribution
        Working days of the hearing, in which the legal clock stands still.
    """

    chance: float
    days: Distribution


@dataclass(frozen=True, slots=True)
class Agents:
    """Project agents (代办员): each carries a few cases from filing to result."""

    number: int
    caseload: int


@dataclass(frozen=True, slots=True)
class LimitHabit:
    """Work left until shortly before its limit: the share of files, and in which last days."""

    share: float
    last_days: int


@dataclass(frozen=True, slots=True)
class Learning:
    """After a reform people take longer and get used to it.

    Attributes
    ----------
    extra : float
        Additional share of time on the first day.
    half_life : int
        Natural days in which it halves.
    """

    extra: float
    half_life: int


@dataclass(frozen=True, slots=True)
class SystemOutage:
    """The approval system fails: natural hours between failures and of a failure."""

    up: Distribution
    down: Distribution


@dataclass(frozen=True, slots=True)
class AfterIssue:
    """What follows the result (M30, M61).

    Attributes
    ----------
    spot_checks : float
        Share of cases whose decision is looked at again.
    finding : float
        Chance that an inspection finds something.
    after_days, hold_days : int
        Natural days until the inspection, and for which new cases of the applicant wait.
    applicants : int
        How many applicants the cases belong to.
    """

    spot_checks: float = 0.0
    finding: float = 0.0
    after_days: int = 30
    hold_days: int = 90
    applicants: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedRisk:
    """What may go wrong with simulated approval (M51).

    Attributes
    ----------
    falls_through : float
        Chance that what is waited for never comes (land is not granted); the case is
        withdrawn and its work was wasted.
    rework : float
        Chance that conversion finds the simulated opinion to need rework.
    rework_days : Distribution
        Working days of it.
    """

    falls_through: float
    rework: float
    rework_days: Distribution


@dataclass(frozen=True, slots=True)
class Place:
    """A village, township or sub-centre with its own people and service area (M04-M06, M32).

    Attributes
    ----------
    key : str
        Its name; its people are ``<key>.window`` and ``<key>.reviewer``.
    share : float
        Weight of its service area among the cases.
    windows, reviewers : int
        Its people; without reviewers it decides nothing.
    decides : tuple of str
        Steps delegated to it; all others go up by courier and the result comes back.
    courier_days : int
        Working days of one way to the place above.
    parent : str
        The place above, for instance a village's township; empty: the centre.
    """

    key: str
    share: float
    windows: int
    reviewers: int
    decides: tuple[str, ...] = ()
    courier_days: int = 1
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Cases in the house when the run begins.

    Attributes
    ----------
    number : int
        How many they are.
    done : tuple of str
        Keys of the steps that are behind them.
    type : str
        Key of their type, where the scenario has several; else empty.
    """

    number: int
    done: tuple[str, ...]
    type: str = ""


@dataclass(frozen=True, slots=True)
class ArrivalHabit:
    """How cases come, beyond a Poisson stream.

    Attributes
    ----------
    weekdays, months : tuple of float
        Weights, Monday to Sunday and January to December.
    hours : tuple of (int, int, float)
        Stretches of the day in seconds with their weight; empty: the opening hours.
    dispersion : float
        Variance over mean of a day's count; real permits have 1.5 to 3.7.
    trace : tuple of int
        Ticks of a file of real arrivals; nothing else then counts.
    slot_minutes, seats : int
        Bookings: so many applicants to a slot; 0: nobody books.
    """

    weekdays: tuple[float, ...] = (1.0,) * 7
    months: tuple[float, ...] = (1.0,) * 12
    hours: tuple[tuple[int, int, float], ...] = ()
    dispersion: float = 1.0
    trace: tuple[int, ...] = ()
    slot_minutes: int = 0
    seats: int = 1


@dataclass(frozen=True, slots=True)
class Life:
    """All of it; every field may be left out.

    Attributes
    ----------
    finish : bool
        Whether windows finish at closing time what they have begun; otherwise it pauses.
    order : str
        Queue order of all people; an office may have its own.
    orders : tuple of (str, str)
        Offices with their own order.
    approvers : tuple of (str, int)
        Offices with approvers beside their reviewers.
    absence : float
        Share of days on which a reviewer is absent.
    part_time : tuple of (str, str, int)
        Office, opening hours and number of those reviewers who keep other hours.
    pooled : tuple of tuple of str
        Offices whose windows serve each other's applicants; the first names their pool.
    staff : tuple of Section
        Who of an office may do what; whoever is not listed may do everything.
    crews : tuple of Crew
        Survey crews.
    courier_days : int
        Working days of one way to a home bureau, or between two levels.
    gap : Distribution or None
        Working days that the applicant needs before each step; an agent needs none, and
        with shared data only the first step has it.
    shared_data : bool
        Whether later steps find the file where the first has put it (no 信息孤岛).
    refusal : float
        Chance that a government approval is refused.
    zones : tuple of (str, int)
        Zone assessments shared by all cases: step and natural days of validity.
    delivery_days : int
        Working days of delivery after the last decision.
    ways : Ways
        What may happen to a case: classes, clocks, returns, inspections.
    """

    finish: bool = False
    order: str = "first_come"
    orders: tuple[tuple[str, str], ...] = ()
    approvers: tuple[tuple[str, int], ...] = ()
    absence: float = 0.0
    part_time: tuple[tuple[str, str, int], ...] = ()
    pooled: tuple[tuple[str, ...], ...] = ()
    staff: tuple[Section, ...] = ()
    crews: tuple[Crew, ...] = ()
    hands: Hands | None = None
    courier_days: int = 0
    corrections: Corrections | None = None
    completeness: Completeness | None = None
    limit_habit: LimitHabit | None = None
    gap: Distribution | None = None
    shared_data: bool = True
    refusal: float = 0.0
    objections: Objections | None = None
    panel: Sittings | None = None
    meetings: tuple[Sittings, ...] = ()
    agents: Agents | None = None
    outage: SystemOutage | None = None
    learning: Learning | None = None
    after_issue: AfterIssue | None = None
    simulated: SimulatedRisk | None = None
    places: tuple[Place, ...] = ()
    zones: tuple[tuple[str, int], ...] = ()
    delivery_days: int = 0
    arrivals: ArrivalHabit = field(default_factory=ArrivalHabit)
    waiting: tuple[Waiting, ...] = ()
    until_days: int = 0
    priority: int = 1
    promise_days: int = 0
    ways: Ways = USUAL_WAYS


PLAIN = Life()
"""An office of which nothing special is said."""
