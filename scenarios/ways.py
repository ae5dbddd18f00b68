"""What may happen to a case on its way: its class, its clock, a return, a stop, an inspection.

Everything is optional, like the rest of :mod:`scenarios.life`, of which this is a part.
"""

from __future__ import annotations

from dataclasses import dataclass

from rules.steps import Duration
from scenarios.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Clock:
    """How limits are watched (M19, M31, M38) and extended (行政许可法 art. 42).

    Attributes
    ----------
    warning : int
        Thousandths of a limit after which the yellow light is on; the red one is on when
        the limit is over.
    lights : str
        ``promise`` or ``statute``: the limit that is watched.
    extended : float
        Share of the cases that come to the warning of a statutory limit whose limit the
        organ's head extends.
    """

    warning: int = 800
    lights: str = "promise"
    extended: float = 0.0


@dataclass(frozen=True, slots=True)
class SpecialProcedure:
    """A hearing, test, appraisal or the like that some decisions need (art. 45).

    Attributes
    ----------
    reason : str
        A word of :class:`rules.dealing.Special`, or ``expert_review``.
    days : Distribution
        Working days that it takes.
    chance : float
        Share of the files of such a step that need it.
    office : str
        Office whose reviewers are held by it (a laboratory); empty: nobody of the house.
    """

    reason: str
    days: Distribution
    chance: float = 1.0
    office: str = ""


@dataclass(frozen=True, slots=True)
class Returns:
    """Applications that are not accepted and go back (退件).

    Attributes
    ----------
    share : float
        Chance at each acceptance.
    delay : Distribution
        Working days until the applicant files again; the legal clock then begins anew.
    again : float
        Chance that he does; otherwise the case is withdrawn.
    """

    share: float
    delay: Distribution
    again: float = 1.0


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Applicants who give up.

    Attributes
    ----------
    chance : float
        Chance that a case is withdrawn before a step's decision.
    patience : Distribution or None
        Natural days that an applicant queues at one desk before giving up.
    """

    chance: float = 0.0
    patience: Distribution | None = None


@dataclass(frozen=True, slots=True)
class ReportUp:
    """What happens at the deciding level to a file that is reported upward (上报件, M58).

    Attributes
    ----------
    days : Distribution
        Working days that it lies there.
    office : str
        Office whose reviewers decide there; empty: it is outside the house.
    minutes : Distribution or None
        Work of that office on a file.
    """

    days: Distribution
    office: str = ""
    minutes: Distribution | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """Offices that are asked for their opinion at the same time (联办件, 抄告; M11, M24, M34).

    Attributes
    ----------
    step : str
        The lead's step.
    offices : tuple of str
        Who is asked.
    minutes : Distribution
        Work of a reviewer on the opinion.
    days : Distribution
        Working days that the file then lies there.
    silence : Duration or None
        Working days after which an office that has not answered agrees; None: the lead
        waits.
    """

    step: str
    offices: tuple[str, ...]
    minutes: Distribution
    days: Distribution
    silence: Duration | None = None


@dataclass(frozen=True, slots=True)
class SupervisedAfter:
    """Inspections of decisions by the office that supervises (事中事后监管, M30, M55).

    Attributes
    ----------
    after_days : int
        Natural days from the decision to the inspection.
    minutes : Distribution
        Work of the supervising office.
    finding : float
        Chance that it finds something.
    hold_days : int
        Natural days for which the applicant's later items then wait.
    applicants : int
        How many applicants the cases belong to.
    blocks : tuple of str
        Steps that wait; empty: new cases of the applicant wait at the door.
    """

    after_days: int
    minutes: Distribution
    finding: float = 0.0
    hold_days: int = 90
    applicants: int = 0
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """All of it; every field may be left out.

    Attributes
    ----------
    immediate : Distribution or None
        Minutes at the window of an immediate file (即办件), which ends there; None: it
        goes to one reviewer.
    """

    clock: Clock | None = None
    specials: tuple[SpecialProcedure, ...] = ()
    returns: Returns | None = None
    withdrawals: Withdrawals | None = None
    immediate: Distribution | None = None
    report_up: ReportUp | None = None
    linked: tuple[Linked, ...] = ()
    supervised: SupervisedAfter | None = None


USUAL_WAYS = Ways()
"""Cases of which nothing special is said."""
