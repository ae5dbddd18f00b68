"""Fewer boxes for the same procedure: runs of steps as one box, or only what a reform changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import networkx as nx

from results.step_status import Status
from rules import Duration, Edge, Name, Procedure, Step, Strength
from rules.flows import Flow, Parallel

LEAST_RUN = 3
"""Fewest steps in a row that become one box."""

LEAST_SAVED = 3
"""Lines that a kept step must save to be drawn among those that changed."""

SHOWN = ("all", "runs", "changes")
"""Which steps a flow diagram shows: each, runs as one box, or only those that changed."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A procedure to draw, and what it leaves out of the whole one.

    Attributes
    ----------
    procedure : Procedure
        What is drawn.
    runs : dict of str to tuple of Step
        Of each box that stands for several steps those steps, in order.
    left_out : tuple of str
        Steps that are not drawn at all.
    through : frozenset of (str, str)
        Lines that lead through steps that are not drawn.
    """

    procedure: Procedure
    runs: dict[str, tuple[Step, ...]]
    left_out: tuple[str, ...] = ()
    through: frozenset[tuple[str, str]] = frozenset()


def with_runs_folded(procedure: Procedure, statuses: Mapping[str, Status]) -> Folded:
    """Return the procedure with every long run of steps as one box of the same days.

    A run is at least :data:`LEAST_RUN` steps of one stage of which each follows the one
    before and nothing else, and nothing else follows that one. Where an earlier procedure is
    given only runs of steps that are kept as they were are folded. Days on paper stay as they are.
    In a mix of case types nothing is folded: no case need take all steps of a run.

    Examples
    --------
    >>> from rules.flows import Serial
    >>> steps = tuple(Step(key, Name(en=key.upper()), duration=Duration(2)) for key in "abcd")
    >>> folded = with_runs_folded(Procedure(Name(), steps, (), flow=Serial()), {})
    >>> [(step.key, str(step.duration)) for step in folded.procedure.steps]
    [('a-d', '8 wd')]
    """
    if procedure.mixed:
        return Folded(procedure, {})
    tied = {*procedure.pending}
    for edge in procedure.edges:
        if edge.formal_at:
            tied |= {edge.before, edge.after, edge.formal_at}
        if edge.lag.amount:
            tied |= {edge.before, edge.after}
    order = nx.transitive_reduction(procedure.order_graph())

    def follows(a: str, b: str) -> bool:
        return (
            order.out_degree(a) == order.in_degree(b) == 1
            and procedure[a].stage == procedure[b].stage
            and not {a, b} & tied
            and all(not statuses or statuses[key].word == "kept" for key in (a, b))
        )

    after = {a: b for a, b in order.edges if follows(a, b)}
    starts = [key for key in procedure.keys if key in after and key not in after.values()]
    runs: dict[str, tuple[Step, ...]] = {}
    for key in starts:
        run = [key]
        while run[-1] in after:
            run.append(after[run[-1]])
        steps = tuple(procedure[each] for each in run)
        if len(steps) >= LEAST_RUN and _together(steps) is not None:
            runs[f"{run[0]}-{run[-1]}"] = steps
    box_of = {step.key: key for key, steps in runs.items() for step in steps}
    drawn: list[Step] = []
    for step in procedure.steps:
        key = box_of.get(step.key, "")
        if not key:
            drawn.append(step)
        elif runs[key][0].key == step.key:
            drawn.append(_box(key, runs[key]))
    edges: dict[tuple[str, str], Edge] = {}
    for edge in procedure.edges:
        ends = tuple(box_of.get(key, key) for key in edge.ends)
        if ends[0] != ends[1]:
            edges.setdefault((ends[0], ends[1]), replace(edge, before=ends[0], after=ends[1]))
    return Folded(replace(procedure, steps=tuple(drawn), edges=tuple(edges.values())), runs)


def changes_only(procedure: Procedure, statuses: Mapping[str, Status]) -> Folded:
    """Return the steps that an earlier procedure did not have as they are now.

    Two of them are joined by a line where one must come before the other, directly or
    through steps that are left out. A kept step that many wait for and that many wait on
    is drawn too, for without it there would be a line from each to each.
    """
    whole = nx.transitive_closure(procedure.order_graph())
    left_out = {key for key in procedure.keys if statuses[key].word == "kept"}
    order = whole.subgraph([key for key in procedure.keys if key not in left_out])
    flow, gates = _gated(procedure, left_out, order)
    if order and not gates:
        left_out -= _joints(whole, left_out)
        order = whole.subgraph([key for key in procedure.keys if key not in left_out])
    kept = tuple(key for key in procedure.keys if key in left_out)
    known = {edge.ends: edge for edge in procedure.edges if not edge.formal_at}
    ends = sorted({*nx.transitive_reduction(order).edges} - gates)
    formal = [e for e in procedure.edges if e.formal_at and not {*e.ends, e.formal_at} & set(kept)]
    edges = [known.get((a, b), Edge(a, b, Strength.PRACTICE)) for a, b in ends]
    steps = tuple(step for step in procedure.steps if step.key not in kept)
    drawn = replace(
        procedure,
        steps=steps,
        edges=(*edges, *formal),
        flow=flow,
        pending=tuple(key for key in procedure.pending if key not in left_out),
    )
    return Folded(drawn, {}, kept, frozenset(pair for pair in ends if pair not in known))


def _joints(order: nx.DiGraph[str], left_out: set[str]) -> set[str]:
    """Return the steps left out whose drawing would save three lines or more, best first."""

    def lines(keys: set[str]) -> int:
        return nx.transitive_reduction(order.subgraph(keys)).number_of_edges()

    found: set[str] = set()
    drawn = set(order) - left_out
    while (now := lines(drawn)) > len(drawn):
        saved = [(now - lines(drawn | {key}), key) for key in sorted(left_out - found)]
        best, key = max(saved, default=(0, ""), key=lambda each: each[0])
        if best < LEAST_SAVED:
            break
        found.add(key)
        drawn.add(key)
    return found


def _gated(
    procedure: Procedure, left_out: set[str], order: nx.DiGraph[str]
) -> tuple[Flow, set[tuple[str, str]]]:
    """Return the flow of what is drawn and the pairs its gates order: stages stay gated."""
    if procedure.flow.word == "staged":
        steps = tuple(step for step in procedure.steps if step.key not in left_out)
        pending = tuple(key for key in procedure.pending if key not in left_out)
        part = replace(procedure, steps=steps, edges=(), pending=pending)
        gates = {edge.ends for edge in procedure.flow.edges(part)}
        if gates <= {*order.edges}:
            return procedure.flow, gates
    return Parallel(), set()


def _together(steps: tuple[Step, ...]) -> Duration | None:
    """Return how long steps one after another take, or None where no unit says it exactly."""
    if len(units := {step.duration.unit for step in steps}) == 1:
        return Duration(sum(step.duration.amount for step in steps), units.pop())
    days = sum((step.days for step in steps), Fraction(0))
    return Duration(days.numerator) if days.denominator == 1 else None


def _box(key: str, steps: tuple[Step, ...]) -> Step:
    first, last, count = steps[0], steps[-1], len(steps)
    name = Name(
        f"{count} 个环节：{first.name.in_language('zh')} → {last.name.in_language('zh')}",
        f"{count} steps: {first.name.in_language('en')} → {last.name.in_language('en')}",
    )
    kinds = {step.kind for step in steps}
    longest = max(steps, key=lambda step: step.days)
    return replace(
        longest,
        key=key,
        name=name,
        kind=kinds.pop() if len(kinds) == 1 else longest.kind,
        duration=_together(steps) or longest.duration,
        limit=None,
        visits=sum(step.visits for step in steps),
        documents=sum(step.documents for step in steps),
        members=steps,
        rule=None,
    )
