"""Every combination of a redesign's lever groups, worked out on paper beforehand.

A reader of the report switches groups on and off; the page only looks the answer up.
A lever that is refused without another is left out, as in the attribution, and the
combination carries the refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from results.lever_groups import LeverGroup, PlacedLever, grouped, levers_of, on_members
from results.summary import Paper
from rules import Name, Procedure
from rules.levers import Refused
from scenarios import Scenario

MOST_SWITCHES = 8
"""Most groups that are precomputed: 256 combinations, some 100 kB of the page."""


@dataclass(frozen=True, slots=True)
class Combination:
    """One choice of lever groups.

    Attributes
    ----------
    procedure : Procedure
        With the chosen levers, without those refused.
    paper : Paper
        Its numbers on paper.
    refusals : tuple of Name
        A sentence for each lever that was refused.
    """

    procedure: Procedure
    paper: Paper
    refusals: tuple[Name, ...]

    @property
    def lawful(self) -> bool:
        """Whether nothing was refused."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Switches:
    """The groups of levers that lead from one design to another, and all combinations.

    Attributes
    ----------
    groups : tuple of LeverGroup
        In the redesign's order; each is one switch.
    sentences : tuple of tuple of Name
        Of each group what its levers did in the full redesign.
    combinations : tuple of Combination
        The one at index ``n`` has the groups whose bits ``n`` holds.
    """

    groups: tuple[LeverGroup, ...]
    sentences: tuple[tuple[Name, ...], ...]
    combinations: tuple[Combination, ...]

    @property
    def days(self) -> tuple[Fraction, ...]:
        """Paper days of every combination."""
        return tuple(each.paper.paper_days or Fraction(0) for each in self.combinations)


def switches_between(first: Scenario, last: Scenario) -> Switches | int:
    """Return all combinations, or how many groups there are where that is none or too many.

    The designs must be such that :func:`results.attribution.attribute` can share their
    difference out; else the answer is 0.
    """
    levers, given = levers_of(last), levers_of(first)
    same = [each.lever for each in levers[: len(given)]] == [each.lever for each in given]
    if first.folder.resolve() != last.folder.resolve() or not same or len(given) == len(levers):
        return 0
    groups = grouped(levers, len(given))
    if len(groups) > MOST_SWITCHES:
        return len(groups)
    chosen = levers[len(given) :]
    owner = {at - len(given): n for n, group in enumerate(groups) for at in group.levers}
    members = _joint_members(first.procedure, chosen)
    return Switches(
        groups,
        tuple(tuple(last.changes[at].what for at in group.levers) for group in groups),
        tuple(
            _combination(
                first.procedure,
                [placed for at, placed in enumerate(chosen) if mask >> owner[at] & 1],
                members,
            )
            for mask in range(1 << len(groups))
        ),
    )


def _joint_members(
    procedure: Procedure, levers: Sequence[PlacedLever]
) -> Mapping[str, tuple[str, ...]]:
    """Return of each joint step of the full redesign the keys it stands for."""
    members: dict[str, tuple[str, ...]] = {}
    for placed in levers:
        procedure, _ = placed.lever.apply(procedure)
        members |= {
            step.key: tuple(part.key for part in step.members)
            for step in procedure.steps
            if step.members
        }
    return members


def _combination(
    procedure: Procedure,
    levers: Sequence[PlacedLever],
    members: Mapping[str, tuple[str, ...]],
) -> Combination:
    refusals: list[Name] = []
    for placed in levers:
        refused: Refused | None = None
        for lever in dict.fromkeys((placed.lever, on_members(placed.lever, procedure, members))):
            try:
                procedure, _ = lever.apply(procedure)
            except Refused as refusal:
                refused = refused or refusal
            else:
                refused = None
                break
        if refused is not None:
            refusals.append(Name(refused.sentence("zh"), refused.sentence("en")))
    return Combination(procedure, Paper.of(procedure), tuple(refusals))
