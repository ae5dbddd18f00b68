"""Designs made from some of a redesign's levers, and what each is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from results.lever_groups import LeverGroup, PlacedLever, on_members
from results.lever_shares import PAPER, TIMES
from results.summary import Paper
from rules import Name, Procedure
from rules.levers import Change, Lever, Refused
from scenarios import Scenario

Progress = Callable[[int, int], None]
"""Is told how many designs are done, and of how many at most (0: not known)."""

Worth = dict[str, "list[Fraction]"]
"""Of each measure one number on paper, or one for each replication."""


_AT_ONCE = 32
"""Designs that are simulated together: enough for all cores, few enough to hear of progress."""


class Designs:
    """Combinations of levers and what each is worth, worked out once."""

    def __init__(
        self,
        first: Scenario,
        last: Scenario,
        levers: Sequence[PlacedLever],
        groups: tuple[LeverGroup, ...],
        given: int,
        replications: int,
        seed: int,
        progress: Progress | None,
        most: int,
        engine: str = "auto",
        workers: int | None = None,
    ) -> None:
        self.first, self.last = first, last
        self.levers = levers
        self.groups = groups
        self.member_of = {at - given: n for n, each in enumerate(groups) for at in each.levers}
        self.replications, self.seed = replications, seed
        self.progress = progress
        self.most = most
        self.engine, self.workers = engine, workers
        self.members = _members_of(first.procedure, levers)
        days = ("paper_days", "serial_days")
        known = first.procedure.days_known
        self.on_paper = tuple(each for each in PAPER if known or each not in days)
        if None in (first.procedure.fees, last.procedure.fees):
            self.on_paper = tuple(each for each in self.on_paper if each != "fees")
        if first.procedure.mixed:
            self.on_paper = PAPER[:1]
        self.values: dict[int, Worth] = {}
        self.left_out: dict[int, int] = {}

    def worth(self, mask: int) -> Worth:
        """Return the measures of the combination whose groups are the bits of ``mask``."""
        if mask not in self.values:
            self.work_out([mask])
        return self.values[mask]

    def work_out(self, masks: Iterable[int]) -> None:
        """Work out combinations that are not yet: many at once keep all cores at work."""
        missing = [mask for mask in dict.fromkeys(masks) if mask not in self.values]
        for start in range(0, len(missing), _AT_ONCE):
            together = missing[start : start + _AT_ONCE]
            for mask, worth in zip(together, self._worths(together), strict=True):
                self.values[mask] = worth
                if self.progress is not None:
                    self.progress(len(self.values), self.most)

    def means(self, mask: int) -> dict[str, Fraction]:
        """Return each measure of a combination, averaged over replications."""
        return {m: sum(v, Fraction(0)) / len(v) for m, v in self.worth(mask).items()}

    def refusals(self) -> tuple[tuple[Name, int], ...]:
        """Return the levers that some combinations left out, and in how many."""
        return tuple((_called(self.levers[at]), n) for at, n in sorted(self.left_out.items()))

    def _worths(self, masks: Sequence[int]) -> list[Worth]:
        made = [self._made(mask) for mask in masks]
        papers = [Paper.of(procedure) for procedure, _ in made]
        worths: list[Worth] = [
            {measure: [Fraction(getattr(paper, measure) or 0)] for measure in self.on_paper}
            for paper in papers
        ]
        if self.replications:
            from results.sweeps import simulated_times  # which knows comparisons, and they this

            designs = [
                replace(self.last if mask else self.first, procedure=procedure, changes=changes)
                for mask, (procedure, changes) in zip(masks, made, strict=True)
            ]
            found = simulated_times(
                designs, self.replications, self.seed, self.engine, self.workers
            )
            for worth, times in zip(worths, found, strict=True):
                for measure in TIMES:
                    worth[measure] = [Fraction(each) for each in getattr(times, measure).tolist()]
        return worths

    def _made(self, mask: int) -> tuple[Procedure, tuple[Change, ...]]:
        """Return the procedure that a combination gives, and what its levers changed."""
        procedure, changes = self.first.procedure, list(self.first.changes)
        for at, placed in enumerate(self.levers):
            if not mask >> self.member_of[at] & 1:
                continue
            applied = _applied(placed.lever, procedure, self.members)
            if applied is None:
                self.left_out[at] = self.left_out.get(at, 0) + 1
                continue
            procedure = applied[0]
            changes.append(applied[1])
        return procedure, tuple(changes)


def _members_of(procedure: Procedure, levers: Sequence[PlacedLever]) -> dict[str, tuple[str, ...]]:
    """Return of each step that the whole redesign joins or renumbers the keys it stands for."""
    members: dict[str, tuple[str, ...]] = {}
    for placed in levers:
        procedure, _ = placed.lever.apply(procedure)
        for step in procedure.steps:
            if step.members:
                members[step.key] = tuple(member.key for member in step.members)
    return members


def _applied(
    lever: Lever, procedure: Procedure, members: Mapping[str, tuple[str, ...]]
) -> tuple[Procedure, Change] | None:
    """Apply a lever, to the members where it names a joint step that is not; None if refused."""
    for attempt in dict.fromkeys((lever, on_members(lever, procedure, members))):
        try:
            return attempt.apply(procedure)
        except Refused:
            continue
    return None


def _called(placed: PlacedLever) -> Name:
    """Return what a lever is called, and where it stands."""
    name = getattr(placed.lever, "name", None)
    if not isinstance(name, Name) or not (name.zh or name.en):
        name = Name(placed.lever.word, placed.lever.word.replace("_", " "))
    place = f"{placed.file.name}:{placed.line}"
    return Name(f"{name.in_language('zh')}（{place}）", f"{name.in_language('en')} ({place})")
