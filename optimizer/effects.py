"""What an offer of levers can do to a procedure at most, as data to bound a search with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from rules import Procedure
from rules.duration_rules import DurationRule
from rules.levers import ApproveBySimulation
from rules.steps import Edge, Kind

ADDITIVE = ("steps", "visits", "documents", "fees")
"""Measures of a procedure that are sums over its steps."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A joint step that an offer makes.

    Attributes
    ----------
    into : str
        Its key.
    parts : frozenset of str
        Catalogue steps inside.
    rule : DurationRule or None
        How long it takes; None: at least the longest member.
    more : int
        Days that are added to it where there is no rule.
    members : tuple of str
        Keys that the rule speaks of.
    order : tuple of (str, str)
        Members that surely follow one another where there is no rule.
    """

    into: str
    parts: frozenset[str]
    rule: DurationRule | None
    more: int
    members: tuple[str, ...]
    order: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Effects:
    """What an offer can do at most; all keys are those of catalogue steps.

    Attributes
    ----------
    anything : bool
        Whether it holds a lever that is not understood here.
    everywhere : bool
        Whether it acts on the whole procedure rather than on named steps.
    flow : str
        How it makes steps be handled: ``serial``, ``staged``, ``parallel`` or empty.
    removes : set of str
        Steps that leave the flow.
    unbridged : set of str
        Those of them whose order falls, too.
    floors : dict of str to Fraction
        Fewest days that it leaves to a step.
    drops : list of (set, set)
        Customs that it may drop, by the steps before and after.
    drops_after : set of str
        Steps that hold nothing back by custom any more.
    drops_all : bool
        Whether it drops every custom.
    lags : bool
        Whether it may shorten time that must pass between steps.
    adds : list of Edge
        Customs that it adds.
    joins : list of Joining
        Joint steps that it makes.
    simulated : ApproveBySimulation or None
        Simulated approval.
    names : set of str
        Steps that it names in any way, joint steps opened.
    needs : set of str
        Keys that must stand when it is applied, else it is refused.
    seeks : set of str
        Keys that must stand by themselves or in a joint step.
    less : dict of str to int
        By how much it can lower each additive measure.
    """

    anything: bool = False
    everywhere: bool = False
    flow: str = ""
    removes: set[str] = field(default_factory=set)
    unbridged: set[str] = field(default_factory=set)
    floors: dict[str, Fraction] = field(default_factory=dict)
    drops: list[tuple[frozenset[str], frozenset[str]]] = field(default_factory=list)
    drops_after: set[str] = field(default_factory=set)
    drops_all: bool = False
    lags: bool = False
    adds: list[Edge] = field(default_factory=list)
    joins: list[Joining] = field(default_factory=list)
    simulated: ApproveBySimulation | None = None
    names: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    seeks: set[str] = field(default_factory=set)
    less: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ADDITIVE, 0))


def counted(procedure: Procedure, measure: str, key: str) -> int:
    """Return what a step adds to an additive measure."""
    step = procedure[key]
    return {
        "steps": int(step.kind.counted),
        "visits": step.visits,
        "documents": step.documents,
        "fees": step.fee or 0,
    }[measure]


@dataclass(frozen=True, slots=True)
class Span:
    """Days between a least and a most; enough arithmetic for a duration rule."""

    least: Fraction
    most: Fraction

    def __add__(self, other: Span) -> Span:
        return Span(self.least + other.least, self.most + other.most)

    def __sub__(self, other: Span) -> Span:
        return Span(self.least - other.most, self.most - other.least)


def joint_days(joining: Joining, days: Mapping[str, Span]) -> Fraction:
    """Return the fewest whole days of a joint step whose members take so long.

    Examples
    --------
    >>> from rules.duration_rules import parse_rule
    >>> joining = Joining("R", frozenset("ab"), parse_rule("max(a, b) - 1"), 0, ("a", "b"))
    >>> joint_days(joining, {"a": Span(3, 9), "b": Span(5, 5)})
    Fraction(4, 1)
    """
    if any(key not in days for key in joining.members):
        return Fraction(0)
    if joining.rule is None:
        ends = {key: days[key].least for key in joining.members}
        for _ in joining.members:
            for before, after in joining.order:
                ends[after] = max(ends[after], ends[before] + days[after].least)
        return Fraction(ceil(max(ends.values(), default=Fraction(0)) + joining.more))
    span: Span = joining.rule.value(
        days,
        lambda amount: Span(Fraction(amount), Fraction(amount)),
        lambda a, b: Span(max(a.least, b.least), max(a.most, b.most)),
        lambda a, b: Span(min(a.least, b.least), min(a.most, b.most)),
    )
    return Fraction(ceil(span.least))


def is_wait(procedure: Procedure, key: str) -> bool:
    """Whether a step is an external wait, which no stage gate holds back."""
    return procedure[key].kind is Kind.WAIT
