"""How a file is dealt with: who comes, over which desks, at which level, with what promises.

These are the properties of a step that reform levers change without touching the
graph. The simulator gives them their effect; the catalogue holds them per item.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


AS_USUAL = Dealing()
"""A promised case over two desks, decided where it is accepted, nobody present in person."""
