"""What became of each step between two procedures, matched by the catalogue's own keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import networkx as nx

from results.lexicon import Language, number, say
from results.mixes import IN_ORDER
from rules import Procedure, Step

SIGNS: dict[str, str] = {
    "kept": "＝",
    "changed": "≠",
    "moved": "∥",
    "merged": "→1",
    "split": "1→",
    "added": "＋",
    "removed": "－",
}
"""The sign of each status, so that it shows in black and white; GBK has them all."""


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a step.

    Attributes
    ----------
    word : str
        ``kept``, ``changed``, ``moved`` (otherwise kept, now beside another step),
        ``merged``, ``split``, ``added`` or ``removed``.
    was : tuple of str
        Keys of the earlier steps inside it, in handling order.
    changes : tuple of (str, str, str)
        What differs: ``days``, ``department``, ``kind``, ``stage`` or ``before``
        (prerequisites), with the old and the new value.
    parts : int
        How many steps a split one became.
    """

    word: str
    was: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = field(default=())
    parts: int = 1

    @property
    def sign(self) -> str:
        """The status as a short sign; a merger says how many steps it joins.

        Examples
        --------
        >>> Status("merged", ("S01", "S02", "S05")).sign
        '3→1'
        """
        if self.word == "merged":
            return f"{len(self.was)}→1"
        return f"1→{self.parts}" if self.word == "split" else SIGNS[self.word]

    def sentence(self, language: Language) -> str:
        """Return the status in words, with what it was and what changed."""
        told = [say(f"status.{self.word}", language)]
        if self.word in ("merged", "split"):
            told.append(", ".join(self.was))
        told += [say(f"change.{what}", language, old=a, new=b) for what, a, b in self.changes]
        return "; ".join(told)


def step_statuses(before: Procedure, after: Procedure) -> dict[str, Status]:
    """Return the status of each step of ``after``, then of each step that is gone.

    A step that is gone while another took its key is listed as ``key (before)``.

    Two steps match when they hold the same catalogue step (:attr:`rules.Step.origin`).

    Examples
    --------
    >>> from rules import Name
    >>> a, b = Step("a", Name(en="A")), Step("b", Name(en="B"))
    >>> joint = Step("ab", Name(en="A and B"), members=(a, b))
    >>> old = Procedure(Name(en="old"), (a, b), ())
    >>> [s.word for s in step_statuses(old, Procedure(Name(en="new"), (joint,), ())).values()]
    ['merged']
    >>> [s.word for s in step_statuses(old, Procedure(Name(en="new"), (a,), ())).values()]
    ['kept', 'removed']
    """
    holder = {part.key: step for step in before.steps for part in step.origin}
    heirs: dict[str, list[str]] = {}
    for step in after.steps:
        for key in dict.fromkeys(holder[p.key].key for p in step.origin if p.key in holder):
            heirs.setdefault(key, []).append(step.key)
    order_before, order_after = before.order_graph(), after.order_graph()
    with_it = _taken_together(before, order_before)

    def stands_beside(step: Step, was: str) -> bool:
        there = {heir for key in with_it[was] for heir in heirs.get(key, ())}
        return _in_order(order_before, was, with_it[was]) and not _in_order(
            order_after, step.key, there if before.mixed else set(after.keys)
        )

    found: dict[str, Status] = {}
    for step in after.steps:
        inside = {holder[part.key].key for part in step.origin if part.key in holder}
        was = tuple(key for key in before.keys if key in inside)
        if not was:
            found[step.key] = Status("added")
        elif len(was) > 1:
            found[step.key] = Status("merged", was)
        elif len(heirs[was[0]]) > 1:
            found[step.key] = Status("split", was, parts=len(heirs[was[0]]))
        else:
            changes = _changes(before[was[0]], step, before, after, heirs)
            moved = not changes and stands_beside(step, was[0])
            word = "changed" if changes else "moved" if moved else "kept"
            found[step.key] = Status(word, was, changes)
    for step in before.steps:
        if step.key not in heirs:
            name = step.key if step.key not in found else f"{step.key} (before)"
            found[name] = Status("removed", (step.key,))
    return found


def _changes(
    old: Step, new: Step, before: Procedure, after: Procedure, heirs: dict[str, list[str]]
) -> tuple[tuple[str, str, str], ...]:
    changes = []
    if old.days != new.days:
        changes.append(("days", number(old.days), number(new.days)))
    if old.department != new.department:
        changes.append(("department", old.department or "—", new.department or "—"))
    changes += [
        (what, str(a), str(b))
        for what, a, b in (("kind", old.kind, new.kind), ("stage", old.stage, new.stage))
        if a != b
    ]
    needed = {heir for key in _asked(before, old.key) for heir in heirs.get(key, ())} - {new.key}
    if needed != _asked(after, new.key):
        changes.append(("before", "", ""))
    return tuple(changes)


def _asked(procedure: Procedure, key: str) -> set[str]:
    """Return a step's prerequisites, without what is only handled before it."""
    return {
        edge.before
        for edge in procedure.work_edges
        if edge.after == key and edge.basis != IN_ORDER.en
    }


def _taken_together(procedure: Procedure, order: nx.DiGraph[str]) -> dict[str, set[str]]:
    """Return for each step those that a case takes with it: in a mix, those linked to it."""
    if not procedure.mixed:
        everything = set(procedure.keys)
        return dict.fromkeys(procedure.keys, everything)
    groups = nx.weakly_connected_components(order)
    return {key: group for group in groups for key in group}


def _in_order(graph: nx.DiGraph[str], key: str, others: set[str]) -> bool:
    """Return whether a step is ordered before or after each of others."""
    return others - {key} <= nx.ancestors(graph, key) | nx.descendants(graph, key)
