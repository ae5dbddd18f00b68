"""Approval items (审批事项) as a catalogue holds and publishes them, and the materials they need.

An :class:`Item` is what the law and the service guide say; :func:`step_of` makes of it the
:class:`~rules.steps.Step` that a procedure counts. A field that a file does not say is
empty or None, never guessed: checks ask for it by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from rules.dealing import AS_USUAL, Dealing, Level
from rules.fees import yuan
from rules.steps import NO_TIME, Basis, BasisType, Duration, Edge, Kind, Limit, Name, Step


class ItemKind(StrEnum):
    """What an item is in the power list (权力清单)."""

    LICENCE = "licence"
    NON_LICENCE = "non_licence"
    FILING = "filing"
    PUBLIC_SERVICE = "public_service"
    CONFIRMATION = "confirmation"
    PAYMENT = "payment"
    REWARD = "reward"
    RULING = "ruling"
    OTHER = "other_power"


class Suffices(StrEnum):
    """What would do instead of a prior approval, as the review of the item found (M08)."""

    FILING = "filing"
    EX_POST = "ex_post_supervision"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last day on which something holds; None is without limit.

    Examples
    --------
    >>> Validity(date(2016, 9, 1)).holds(date(2016, 8, 31))
    False
    """

    first: date | None = None
    last: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the day lies within."""
        return self.begin <= on <= self.end

    @property
    def begin(self) -> date:
        """First day, ``date.min`` if without limit."""
        return self.first or date.min

    @property
    def end(self) -> date:
        """Last day, ``date.max`` if without limit."""
        return self.last or date.max

    @property
    def always(self) -> bool:
        """Whether it is without limit on both sides."""
        return self.first is None and self.last is None

    def meets(self, other: Validity) -> bool:
        """Whether some day lies in both."""
        return max(self.begin, other.begin) <= min(self.end, other.end)

    def within(self, other: Validity) -> bool:
        """Whether every day of it lies in the other."""
        return other.begin <= self.begin and self.end <= other.end

    def __str__(self) -> str:
        return f"{self.first or ''}..{self.last or ''}"


ALWAYS = Validity()


NO_BASIS = Basis(BasisType.PRACTICE, "")
"""Custom, with nothing to cite."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What the service guide must tell besides the item's own fields (M37).

    Attributes
    ----------
    flow, fee, result : str
        How it is handled, what it costs ("none" is an answer; a plain sum of yuan can also be
        added up, see :mod:`rules.fees`), what one gets.
    unit, person, contact : str
        Handling unit, responsible person, how to reach them.
    """

    flow: str = ""
    fee: str = ""
    result: str = ""
    unit: str = ""
    person: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Delegation:
    """A power handed to a lower organ (行政许可法 arts. 23-24).

    Attributes
    ----------
    to : Level
        Level that decides in the delegating organ's name.
    act : str
        The written act; without one nothing is delegated.
    """

    to: Level
    act: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What the review of an item found, for clean-up (M08, M16, M59).

    Attributes
    ----------
    suffices : Suffices or None
        What would do instead of prior approval.
    delegable_to : Level or None
        Lower level that could decide it.
    reserved : str
        Why it stays all the same: needs citywide balance, a higher act forbids, exceeds
        the lower level's means.
    same_as : str
        Key of an item that does the same; they could be one.
    """

    suffices: Suffices | None = None
    delegable_to: Level | None = None
    reserved: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An approval item.

    Attributes
    ----------
    key : str
        Key of the row; versions of one item share it.
    name : Name
        Chinese and English name.
    code : str
        National item code; the same on every level that exercises the item (M26).
    kind : ItemKind or None
        Place in the power list; None where the file does not say.
    handled_as : Kind
        What kind of step handling it makes.
    basis : Basis
        Rank of the act and its citation.
    basis_validity : Validity
        When the act is law.
    decider : str
        Organ that decides in law; empty: the department.
    department : str
        Key of the office that handles or leads it.
    consulted : tuple of str
        Other departments that take part.
    subject : str
        What is decided about; two deciders of one subject are too many (M09).
    group : str
        Heading under which the catalogue lists it.
    levels : tuple of Level
        Levels that exercise the item.
    dealing : Dealing
        Who comes, over which desks, which level accepts and decides.
    delegation : Delegation or None
        To whom the decision is handed.
    jurisdiction : str
        Where the item exists, for instance ``CN-HN``.
    statutory : Limit or None
        Statutory limit (法定时限).
    law_limit : str
        Key of the provision in :class:`rules.law.Law` that sets it.
    promised : Duration or None
        Promised limit (承诺时限), the days that flow charts show.
    unit_said : bool
        False: the file names no unit of day, working days are assumed.
    extension, extension_by : Duration or None, str
        By how much the limit may be extended once, and who approves.
    clock_stops : tuple of str
        Reasons for which time is not counted (行政许可法 art. 45 and local rules).
    delivery : Duration or None
        Limit for delivering the certificate after the decision (art. 44).
    materials, certificates : tuple of str
        Codes of documents asked for and issued.
    surveys, intermediaries : tuple of str
        Keys of the items that survey or serve for it.
    notice : bool
        Whether a public notice belongs to it.
    visits, documents : int, int or None
        Applicant's visits; number of documents, None: as many as materials.
    site_survey, zone_shareable : bool
        Whether someone visits the site; whether a zone may settle it once (M54).
    public : Publication
        The rest of the ten published fields.
    review : Review
        What clean-up found.
    stage : str
        Key of its stage.
    validity : Validity
        When the row holds.
    provenance : str
        Where the values come from.
    """

    key: str
    name: Name
    code: str = ""
    kind: ItemKind | None = None
    handled_as: Kind = Kind.APPROVAL
    basis: Basis = NO_BASIS
    basis_validity: Validity = ALWAYS
    decider: str = ""
    department: str = ""
    consulted: tuple[str, ...] = ()
    subject: str = ""
    group: str = ""
    levels: tuple[Level, ...] = ()
    dealing: Dealing = AS_USUAL
    delegation: Delegation | None = None
    jurisdiction: str = "CN"
    statutory: Limit | None = None
    law_limit: str = ""
    promised: Duration | None = None
    unit_said: bool = True
    extension: Duration | None = None
    extension_by: str = ""
    clock_stops: tuple[str, ...] = ()
    delivery: Duration | None = None
    materials: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    surveys: tuple[str, ...] = ()
    intermediaries: tuple[str, ...] = ()
    notice: bool = False
    visits: int = 0
    documents: int | None = None
    site_survey: bool = False
    zone_shareable: bool = False
    public: Publication = Publication()
    review: Review = Review()
    stage: str = ""
    validity: Validity = ALWAYS
    provenance: str = ""

    @property
    def organ(self) -> str:
        """Who decides: the decider, else the department."""
        return self.decider or self.department

    @property
    def standard(self) -> tuple[object, ...]:
        """What must be the same on every level for one code (三级四同, M26)."""
        return self.name, self.kind, self.basis, self.statutory, self.materials


def step_of(item: Item) -> Step:
    """Return the step (环节) that handling an item makes.

    Its days on paper are the promised limit, else the statutory one, else none.

    Examples
    --------
    >>> permit = Item("p", Name(en="Permit"), promised=Duration(7), materials=("m1", "m2"))
    >>> step = step_of(permit)
    >>> str(step.duration), step.documents
    ('7 wd', 2)
    """
    duration = item.promised or (item.statutory.duration if item.statutory else NO_TIME)
    return Step(
        key=item.key,
        name=item.name,
        department=item.department,
        kind=item.handled_as,
        stage=item.stage,
        duration=duration,
        basis=item.basis,
        limit=item.statutory,
        visits=item.visits,
        documents=max(len(item.materials), item.documents or 0),
        materials=item.materials,
        site_survey=item.site_survey,
        zone_shareable=item.zone_shareable,
        provenance=item.provenance,
        dealing=item.dealing,
        fee=yuan(item.public.fee),
    )


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A prerequisite between items and the days on which it holds."""

    edge: Edge
    validity: Validity = ALWAYS


APPLICANT = "applicant"
"""Issuer of what the applicant writes or owns."""


@dataclass(frozen=True, slots=True)
class Material:
    """A document (材料) that items ask for.

    Attributes
    ----------
    code : str
        Key in the items' material lists; a certificate issued by an item has the same.
    name : Name
        Chinese and English name.
    issuer : str
        ``applicant``, or the body that issues it; empty if some item must issue it.
    lasts : Duration or None
        How long it is valid after issue; None: without limit.
    shareable : bool
        Whether offices may take it from each other instead of asking again (M46).
    held_by : str
        Office that keeps it; empty if none does.
    validity : Validity
        When the row holds.
    provenance : str
        Where the values come from.
    """

    code: str
    name: Name = field(default_factory=Name)
    issuer: str = ""
    lasts: Duration | None = None
    shareable: bool = False
    held_by: str = ""
    validity: Validity = ALWAYS
    provenance: str = ""
