"""One redesign with some groups of its levers switched off, and why a group cannot be used.

A lever that is refused without another is left out, as in the attribution, and the answer
carries the refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from results.lever_groups import LeverGroup, PlacedLever, grouped, levers_of, on_members
from rules import Name, Procedure
from rules.levers import Change, Refused
from scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Refusal:
    """A lever that was left out.

    Attributes
    ----------
    group : str
        Key of its group.
    sentence : Name
        Why, with the article, and what to do instead.
    """

    group: str
    sentence: Name


@dataclass(frozen=True, slots=True)
class Switched:
    """A design with the chosen groups.

    Attributes
    ----------
    procedure : Procedure
        With the chosen levers, without those refused.
    changes : tuple of Change
        What each lever did, those of the first design before them.
    refusals : tuple of Refusal
        For each lever that was refused.
    """

    procedure: Procedure
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class LeverBoard:
    """The groups of levers that lead from one design to another.

    Attributes
    ----------
    first, last : Scenario
        The designs without and with all of them.
    groups : tuple of LeverGroup
        In the redesign's order; each is one switch.
    levers : tuple of PlacedLever
        All levers beyond those of the first design, in order.
    members : mapping of str to tuple of str
        Of each joint step of the full redesign the keys it stands for.
    given : int
        Levers that the first design has already.
    """

    first: Scenario
    last: Scenario
    groups: tuple[LeverGroup, ...]
    levers: tuple[PlacedLever, ...]
    members: Mapping[str, tuple[str, ...]]
    given: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the groups."""
        return tuple(group.key for group in self.groups)

    def sentences(self, group: LeverGroup) -> tuple[Name, ...]:
        """Return what a group's levers did in the full redesign."""
        return tuple(self.last.changes[at].what for at in group.levers)

    def design(self, chosen: Collection[str]) -> Switched:
        """Return the design that has the groups with these keys."""
        owner = {at - self.given: group.key for group in self.groups for at in group.levers}
        procedure = self.first.procedure
        changes, refusals = list(self.first.changes), []
        for at, placed in enumerate(self.levers):
            if owner[at] not in chosen:
                continue
            refused: Refused | None = None
            for lever in dict.fromkeys(
                (placed.lever, on_members(placed.lever, procedure, self.members))
            ):
                try:
                    procedure, change = lever.apply(procedure)
                except Refused as refusal:
                    refused = refused or refusal
                else:
                    refused = None
                    changes.append(change)
                    break
            if refused is not None:
                said = Name(refused.sentence("zh"), refused.sentence("en"))
                refusals.append(Refusal(owner[at], said))
        return Switched(procedure, tuple(changes), tuple(refusals))

    def scenario(self, switched: Switched) -> Scenario:
        """Return the last design with other levers, to be compared and simulated."""
        named = replace(switched.procedure, name=self.last.name)
        return replace(self.last, procedure=named, changes=switched.changes)


def lever_board(first: Scenario, last: Scenario) -> LeverBoard | None:
    """Return the switches that lead from one design to another, or None where none do.

    The designs must be such that :func:`results.attribution.attribute` can share their
    difference out: the last has the first's levers and further ones.
    """
    levers, given = levers_of(last), levers_of(first)
    same = [each.lever for each in levers[: len(given)]] == [each.lever for each in given]
    if first.folder.resolve() != last.folder.resolve() or not same or len(given) == len(levers):
        return None
    groups = grouped(levers, len(given))
    chosen = levers[len(given) :]
    members = _joint_members(first.procedure, chosen)
    return LeverBoard(first, last, groups, chosen, members, len(given))


def _joint_members(
    procedure: Procedure, levers: Sequence[PlacedLever]
) -> Mapping[str, tuple[str, ...]]:
    members: dict[str, tuple[str, ...]] = {}
    for placed in levers:
        procedure, _ = placed.lever.apply(procedure)
        members |= {
            step.key: tuple(part.key for part in step.members)
            for step in procedure.steps
            if step.members
        }
    return members
