"""How a file is dealt with: who comes, over which desks, at which level, with what promises.

These are the properties of a step that reform levers change without touching the
graph. The simulator gives them their effect; the catalogue holds them per item.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.steps import Duration


class Level(StrEnum):
    """Level of government, lowest first (M32: village, township, county, city)."""

    VILLAGE = "village"
    TOWNSHIP = "township"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATION = "nation"

    @property
    def rank(self) -> int:
        """0 for a village, 5 for the nation."""
        return list(Level).index(self)


class Online(StrEnum):
    """How far an item is handled online (M29)."""

    NONE = "none"
    PRECHECK = "precheck"
    FULL = "full"


class HandlingClass(StrEnum):
    """Handling class (件) of an item: decides its path and its promise (M03, M13, M24, M58)."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"
    LINKED = "linked"
    ENTRUSTED = "entrusted"
    REPORT_UP = "report_up"


class Special(StrEnum):
    """What a decision needs besides two people at their desks (特别程序).

    All but the last stop the legal clock (行政许可法 art. 45); any of them keeps a file
    from one review and one approval (M02). Expert review is :attr:`Dealing.expert_review`.
    """

    HEARING = "hearing"
    TENDERING = "tendering"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    COLLECTIVE = "collective_discussion"


class Concern(StrEnum):
    """What keeps an item from notification and commitment (国办发〔2020〕42号)."""

    NATIONAL_SECURITY = "national_security"
    STATE_SECRETS = "state_secrets"
    PUBLIC_SAFETY = "public_safety"
    FINANCE = "finance"
    ENVIRONMENT = "environment"
    LIFE_AND_HEALTH = "life_and_health"
    FOREIGN_AFFAIRS = "foreign_affairs"
    HIGH_RISK = "high_risk"


@dataclass(frozen=True, slots=True)
class Sitting:
    """When a panel or joint meeting sits (联审会议, M53): it takes projects in batches.

    Attributes
    ----------
    interval : Duration
        From one sitting to the next, in natural or working days; 7 cd: weekly.
    slots : int
        Projects that one sitting takes; others wait for the next.
    weekday : int
        Day of the week of the first sitting, 1 Monday to 7 Sunday; 0: the first
        working day. A sitting that falls on a day off moves to the next working day.
    quorum : int
        Offices that must be there; 0: all that sit.
    offices : tuple of str
        Offices that sit; empty: the step's own.
    """

    interval: Duration
    slots: int
    weekday: int = 0
    quorum: int = 0
    offices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dealing:
    """How a file of a step is dealt with.

    Attributes
    ----------
    handling : HandlingClass
        Path through the office.
    accept_level, decide_level : Level
        Lowest level that accepts and level that decides.
    decided_at_centre : bool
        Whether the section at the service centre decides; otherwise the file goes
        to the home bureau and back (M01, M57).
    desks : int
        Hands that the file passes: acceptor, reviewer, ..., approver. At least 1.
    in_person : bool
        Whether the applicant must be present; agents and online handling are then out.
    online : Online
        How far it goes online.
    agent : bool
        Whether an agent (代办员) acts for the applicant (M05, M06, M28, M52).
    commitment : bool
        Decided on the applicant's commitment, checked after (告知承诺).
    tolerance : bool
        Accepted although a minor document is still missing (容缺受理).
    expert_review : bool
        Whether an expert panel must sit; the clock stops meanwhile (art. 45).
    deemed_consent : bool
        Whether silence of a consulted department counts as consent.
    correction_share : int
        Thousandths of files that come back for correction (补正).
    supervised_after : bool
        Whether an inspection follows the decision (事后监管, M30, M55).
    supervised_by : str
        Office that inspects after the decision; empty: the step's own.
    accepted_by : str
        Office whose window takes the file in and hands the result out (一窗受理, M11,
        M22, M45); empty: the step's own window.
    paperless : bool
        Whether the file moves electronically: no time passes between desks, offices and
        home bureau for carrying it (无纸化, M14).
    delivery : Duration or None
        None: the result is collected at the window. Otherwise the time from decision
        to receipt: a courier's (M28), or none with an electronic certificate (M15).
    supplement : Duration or None
        With ``tolerance`` the time in which the missing document must follow.
    sitting : Sitting or None
        When the panel sits that decides the step (M53); None: it waits for none.
    special : tuple of Special
        Hearing, test, appraisal and the like that the decision needs.
    concerns : tuple of Concern
        Why it may not rest on a commitment.
    delegable : bool
        False when nation or province forbid delegation (M16).
    vertical : bool
        Whether the decider is a vertically managed department, outside the reach of
        local concentration and delegation (M21).
    lower_review : Duration or None
        With class ``report_up``: within what the lower organ promises to have reviewed the
        file before the upper one decides (行政许可法 art. 43); None: it promises nothing.
    """

    handling: HandlingClass = HandlingClass.PROMISED
    accept_level: Level = Level.CITY
    decide_level: Level = Level.CITY
    decided_at_centre: bool = True
    desks: int = 2
    in_person: bool = False
    online: Online = Online.NONE
    agent: bool = False
    commitment: bool = False
    tolerance: bool = False
    expert_review: bool = False
    deemed_consent: bool = False
    correction_share: int = 0
    supervised_after: bool = False
    supervised_by: str = ""
    accepted_by: str = ""
    paperless: bool = False
    delivery: Duration | None = None
    supplement: Duration | None = None
    sitting: Sitting | None = None
    special: tuple[Special, ...] = ()
    concerns: tuple[Concern, ...] = ()
    delegable: bool = True
    vertical: bool = False
    lower_review: Duration | None = None


AS_USUAL = Dealing()
"""A promised case over two desks, decided where it is accepted, nobody present in person."""
