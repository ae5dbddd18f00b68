"""Every combination of a redesign's lever groups, worked out on paper beforehand.

A reader of the report switches groups on and off; the page only looks the answer up.
A lever that is refused without another is left out, as in the attribution, and the
combination carries the refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from results.lever_board import LeverBoard, lever_board
from results.lever_groups import LeverGroup
from results.summary import Paper
from rules import Name, Procedure
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
    board = lever_board(first, last)
    if board is None:
        return 0
    if len(board.groups) > MOST_SWITCHES:
        return len(board.groups)
    return Switches(
        board.groups,
        tuple(board.sentences(group) for group in board.groups),
        tuple(
            _combination(board, [key for n, key in enumerate(board.keys) if mask >> n & 1])
            for mask in range(1 << len(board.groups))
        ),
    )


def _combination(board: LeverBoard, chosen: Sequence[str]) -> Combination:
    design = board.design(chosen)
    refusals = tuple(each.sentence for each in design.refusals)
    return Combination(design.procedure, Paper.of(design.procedure), refusals)
