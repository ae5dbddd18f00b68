"""A part of a procedure: the steps that one sort of cases needs, as levers have made them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rules.dealing import HandlingClass, Level
from rules.duration_rules import Days, DurationRule, Extreme, Member, Term, Total
from rules.procedure import Procedure
from rules.steps import Duration, Step, Unit


@dataclass(frozen=True, slots=True)
class Decided:
    """What decision tables say of an item for some cases.

    Attributes
    ----------
    level : Level or None
        Who decides; None: as the catalogue says.
    handling : HandlingClass or None
        In which class; None: as the catalogue says.
    """

    level: Level | None = None
    handling: HandlingClass | None = None


def excerpt(
    procedure: Procedure,
    items: Collection[str],
    known: Collection[str],
    decided: Mapping[str, Decided] | None = None,
) -> Procedure:
    """Return the procedure of the cases that need only some items.

    Prerequisites hold between the steps that remain: who needs no survey does not wait for
    what a survey waits for. A joint step keeps the members that are needed, with its rule
    over them. What levers have added (a conversion, an inspection) remains beside
    what it belongs to.

    Parameters
    ----------
    procedure : Procedure
        Today's or a redesign's.
    items : collection of str
        Keys of the catalogue's items that are needed.
    known : collection of str
        Keys of all the catalogue's items.
    decided : mapping of str to Decided, optional
        Level and class of items where they differ for these cases.

    Examples
    --------
    >>> from rules.steps import Edge, Name
    >>> a, b, c = (Step(key, Name(en=key), duration=Duration(2)) for key in "abc")
    >>> whole = Procedure(Name(en="all"), (a, b, c), (Edge("a", "b"), Edge("b", "c")))
    >>> part = excerpt(whole, ["a", "c"], ["a", "b", "c"])
    >>> part.keys, part.edges
    (('a', 'c'), ())
    """
    wanted, catalogue = set(items), set(known)
    kept: dict[str, Step] = {}
    added: set[str] = set()
    for step in procedure.steps:
        if catalogue.isdisjoint(each.key for each in step.origin):
            added.add(step.key)
        elif (part := _part(step, wanted, decided or {})) is not None:
            kept[step.key] = part
    for edge in procedure.edges:
        for key in added.intersection((*edge.ends, edge.formal_at)):
            if not kept.keys().isdisjoint({*edge.ends, edge.formal_at}):
                kept[key] = procedure[key]
    steps = tuple(kept[step.key] for step in procedure.steps if step.key in kept)
    edges = tuple(
        edge if edge.formal_at in kept else replace(edge, formal_at="")
        for edge in procedure.edges
        if edge.before in kept and edge.after in kept
    )
    pending = tuple(key for key in procedure.pending if key in kept)
    return replace(procedure, steps=steps, edges=edges, pending=pending, mixed=False)


def _part(step: Step, wanted: set[str], decided: Mapping[str, Decided]) -> Step | None:
    if not step.members:
        return _dealt(step, decided) if step.key in wanted else None
    members = tuple(
        part for member in step.members if (part := _part(member, wanted, decided)) is not None
    )
    if not members:
        return None
    keys = {member.key for member in members}
    rule = step.rule
    duration = step.duration
    if rule is not None and len(members) < len(step.members):
        term = _term(rule.term, keys)
        rule = DurationRule(rule.text, term if term is not None else Days(0))
        if all(member.duration.unit is Unit.WORKING_DAY for member in members):
            duration = Duration(rule.value({m.key: m.duration.amount for m in members}))
    inner = tuple(edge for edge in step.inner if keys.issuperset(edge.ends))
    return replace(step, members=members, rule=rule, duration=duration, inner=inner)


def _dealt(step: Step, decided: Mapping[str, Decided]) -> Step:
    said = decided.get(step.key)
    if said is None:
        return step
    dealing = step.dealing
    return replace(
        step,
        dealing=replace(
            dealing,
            decide_level=said.level or dealing.decide_level,
            handling=said.handling or dealing.handling,
        ),
    )


def _term(term: Term, keys: Collection[str]) -> Term | None:
    """Return a rule without the members that are not there; None where nothing is left."""
    if isinstance(term, Member):
        return term if term.key in keys else None
    if isinstance(term, Extreme):
        of = tuple(part for each in term.of if (part := _term(each, keys)) is not None)
        return Extreme(of, term.longest) if of else None
    if isinstance(term, Total):
        parts = tuple(
            (add, part) for add, each in term.parts if (part := _term(each, keys)) is not None
        )
        return Total(parts) if parts else None
    return term
