"""The words of a procedure: steps (环节), their days, limits and prerequisites (前置).

Everything here is a frozen value. A redesign is a new value, so it cannot leak
into the baseline it is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from rules.citations import in_chinese
from rules.dealing import AS_USUAL, Dealing

if TYPE_CHECKING:
    from rules.duration_rules import DurationRule


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese and English; either may be missing, not both.

    Examples
    --------
    >>> Name("联合踏勘", "Joint survey").in_language("en")
    'Joint survey'
    >>> Name("联合踏勘").in_language("en")
    '联合踏勘'
    """

    zh: str = ""
    en: str = ""

    def in_language(self, language: str) -> str:
        """Return the name in ``"zh"`` or ``"en"``, else in the language that exists."""
        return (self.zh or self.en) if language == "zh" else (self.en or self.zh)


class Unit(StrEnum):
    """Units of time that planners write; see :class:`Duration`."""

    WORKING_DAY = "wd"
    NATURAL_DAY = "cd"
    HOUR = "h"
    MINUTE = "min"


PAPER_WORKING_DAYS: dict[Unit, Fraction] = {
    Unit.WORKING_DAY: Fraction(1),
    Unit.NATURAL_DAY: Fraction(5, 7),
    Unit.HOUR: Fraction(1, 8),
    Unit.MINUTE: Fraction(1, 480),
}
"""Working days that one unit stands for where no calendar is at hand (the paper view)."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of working days, natural days, hours or minutes.

    Examples
    --------
    >>> Duration(14).paper_days
    Fraction(14, 1)
    >>> Duration(21, Unit.NATURAL_DAY).paper_days
    Fraction(15, 1)
    >>> str(Duration(20, Unit.NATURAL_DAY))
    '20 cd'
    """

    amount: int
    unit: Unit = Unit.WORKING_DAY

    @property
    def paper_days(self) -> Fraction:
        """Working days on paper: 7 natural days count as 5, 8 hours as 1."""
        return self.amount * PAPER_WORKING_DAYS[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"


NO_TIME = Duration(0)


class Kind(StrEnum):
    """What a step is, as the whole-flow chart (全流程审批图, M50) distinguishes it."""

    APPROVAL = "government_approval"
    FILING = "government_filing"
    NOTICE = "public_notice"
    INTERMEDIARY = "intermediary_service"
    SURVEY = "survey"
    MEETING = "meeting"
    JOINT = "joint_step"
    CONVERSION = "conversion"
    WAIT = "external_wait"

    @property
    def counted(self) -> bool:
        """Whether the step counts as a 环节.

        A conversion (转正式, M51) is a hand-in within the step it precedes and an
        external wait is nobody's step; published counts hold neither.
        """
        return self not in (Kind.CONVERSION, Kind.WAIT)


class BasisType(StrEnum):
    """Rank of the act that a step rests on; decides what a city may cancel (M08)."""

    LAW = "law"
    REGULATION = "regulation"
    STATE_COUNCIL = "state_council_decision"
    LOCAL_REGULATION = "local_regulation"
    RULE = "government_rule"
    NORMATIVE = "normative_document"
    PRACTICE = "practice"

    @property
    def cancellable(self) -> bool:
        """Whether the city may cancel a step that has only this basis (M08, M55)."""
        return self in (BasisType.NORMATIVE, BasisType.PRACTICE)


@dataclass(frozen=True, slots=True)
class Basis:
    """Legal basis: the rank of the act, its citation, and how Chinese pages put it if otherwise."""

    type: BasisType
    citation: str
    citation_zh: str = ""

    @property
    def cited(self) -> Name:
        """The citation in both languages.

        Examples
        --------
        >>> Basis(BasisType.LAW, "建筑法 art. 8").cited.zh
        '建筑法第8条'
        """
        return Name(self.citation_zh or in_chinese(self.citation), self.citation)


@dataclass(frozen=True, slots=True)
class Limit:
    """A statutory limit of a step: a ceiling, or for a notice a floor.

    Attributes
    ----------
    duration : Duration
        Length and unit of day.
    floor : bool
        True for ``>= 20 cd``: at least so long (notices); False: at most so long.
    """

    duration: Duration
    floor: bool = False

    def __str__(self) -> str:
        return f"{'>= ' if self.floor else ''}{self.duration}"


class Strength(StrEnum):
    """Why a step must wait for another (前置条件的强度).

    ``statute`` cites an article and is never droppable, only pre-workable; ``data``
    needs the output and is never droppable; ``practice`` is custom and levers may drop it.
    """

    STATUTE = "statute"
    DATA = "data"
    PRACTICE = "practice"

    @property
    def rank(self) -> int:
        """2 for statute, 1 for data, 0 for practice."""
        return {"practice": 0, "data": 1, "statute": 2}[self.value]

    @property
    def droppable(self) -> bool:
        """Whether a lever may drop the prerequisite."""
        return self is Strength.PRACTICE


@dataclass(frozen=True, slots=True)
class Edge:
    """A prerequisite (前置): ``after`` waits for ``before``.

    Attributes
    ----------
    before, after : str
        Keys of the two steps.
    strength : Strength
        Statute, data or practice.
    basis : str
        Article or reason.
    lag : Duration
        Time that must pass in between, in the unit it names.
    preworkable : bool
        Whether simulated approval (模拟审批, M51) may start ``after`` early.
    formal_at : str
        Empty: ``after`` starts only when ``before`` is done. A step's key: work on
        ``after`` may start, and the prerequisite binds that conversion step instead.
    basis_zh : str
        The reason as Chinese pages put it; empty: the same.
    """

    before: str
    after: str
    strength: Strength = Strength.PRACTICE
    basis: str = ""
    lag: Duration = NO_TIME
    preworkable: bool = False
    formal_at: str = ""
    basis_zh: str = ""

    @property
    def reason(self) -> Name:
        """The article or reason in both languages.

        Examples
        --------
        >>> Edge("a", "b", basis="filing first", basis_zh="先备案").reason.zh
        '先备案'
        """
        return Name(self.basis_zh or in_chinese(self.basis), self.basis)

    @property
    def ends(self) -> tuple[str, str]:
        """The keys of both steps."""
        return self.before, self.after

    def __str__(self) -> str:
        return f"{self.before}->{self.after}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage (阶段) of the whole flow; the order of stages is the order of the list."""

    key: str
    name: Name


@dataclass(frozen=True, slots=True)
class Step:
    """A step (环节): one counted unit of a procedure.

    Attributes
    ----------
    key : str
        Stable key; random numbers and comparisons are keyed by it.
    name : Name
        Chinese and English name.
    department : str
        Key of the office that handles or leads the step; may be empty for a wait.
    kind : Kind
        What the step is.
    stage : str
        Key of its stage.
    duration : Duration
        Days on paper (the limit that the flow chart shows).
    basis : Basis
        Legal basis.
    limit : Limit or None
        Statutory limit, where one exists.
    visits, documents : int
        Applicant's visits and documents asked for.
    site_survey : bool
        Whether someone must visit the site (踏勘).
    zone_shareable : bool
        Whether a development zone may settle it once for all projects (M54).
    provenance : str
        given, damaged-reading, reconstruction, comparator or assumption, with a note.
    members : tuple of Step
        For a joint step the steps that it joins; each keeps its own decision (M49).
    rule : DurationRule or None
        For a joint step how its days follow from its members' days.
    inner : tuple of Edge
        Prerequisites among the members, kept inside the joint step.
    dealing : Dealing
        Who comes, over which desks, at which level.
    materials : tuple of str
        Names of documents asked for, as far as the catalogue names them; at most
        ``documents``.
    reused : tuple of str
        Documents no longer asked for here, since another step or a record has them.
    site : str
        Place that a site survey goes to; empty: the project's own site.
    fee : int or None
        Yuan that the applicant pays for it (收费, M35); None: not told.
    """

    key: str
    name: Name
    department: str = ""
    kind: Kind = Kind.APPROVAL
    stage: str = ""
    duration: Duration = NO_TIME
    basis: Basis = Basis(BasisType.PRACTICE, "")
    limit: Limit | None = None
    visits: int = 0
    documents: int = 0
    site_survey: bool = False
    zone_shareable: bool = False
    provenance: str = ""
    members: tuple[Step, ...] = ()
    rule: DurationRule | None = None
    inner: tuple[Edge, ...] = ()
    dealing: Dealing = AS_USUAL
    materials: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    site: str = ""
    fee: int | None = None

    @property
    def days(self) -> Fraction:
        """Working days on paper; see :attr:`Duration.paper_days`."""
        return self.duration.paper_days

    @property
    def origin(self) -> tuple[Step, ...]:
        """The catalogue's own steps inside this one, in order; itself if not joined."""
        if not self.members:
            return (self,)
        return tuple(step for member in self.members for step in member.origin)

    @property
    def departments(self) -> tuple[str, ...]:
        """Offices that take part: the lead first, then the members', each once."""
        every = (self.department, *(step.department for step in self.origin))
        return tuple(dict.fromkeys(key for key in every if key))
