"""A mix of case types as it is drawn: each step after those that a case really has before it."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx

from rules import Edge, Name, Procedure, Strength
from rules.flows import Parallel
from scenarios import Scenario

IN_ORDER = Name("同办两环者依次办理", "handled one after another, where a case takes both")
"""Basis of an arrow that only the order of handling draws."""


def as_drawn(scenario: Scenario) -> Procedure:
    """Return a scenario's procedure for a picture: in a mix, without order between types.

    No case of a mix takes all its steps, so the handling order of the whole list is nobody's.
    Drawn is the order within what each type takes: steps of different types stand side by
    side. A step's place is then the latest that it has in any type, if the types' lists are
    nested or apart; where they overlap it may be later than in each.

    Parameters
    ----------
    scenario : Scenario
        With its types of cases.

    Returns
    -------
    Procedure
        The scenario's own where all cases take the same steps.
    """
    whole = scenario.procedure
    if not whole.mixed or isinstance(whole.flow, Parallel):
        return whole
    order: nx.DiGraph[str] = nx.DiGraph()
    order.add_nodes_from(whole.keys)
    for sort in scenario.sorts:
        for profile in sort.profiles:
            part = sort.procedure(whole, scenario.today.keys, profile)
            order.add_edges_from(part.order_graph().edges)
    if not nx.is_directed_acyclic_graph(order):  # types that disagree on what comes first
        return alone(whole)
    asked = {edge.ends for edge in whole.edges}
    place = {key: index for index, key in enumerate(whole.keys)}
    added = tuple(
        Edge(before, after, Strength.PRACTICE, IN_ORDER.en, basis_zh=IN_ORDER.zh)
        for before, after in sorted(
            nx.transitive_reduction(order).edges, key=lambda ends: [place[key] for key in ends]
        )
        if (before, after) not in asked
    )
    return replace(whole, edges=(*whole.edges, *added), flow=Parallel(), pending=())


def alone(procedure: Procedure) -> Procedure:
    """Return a mix without the order of its whole list, which is no case's.

    Examples
    --------
    >>> from rules import Step
    >>> mix = Procedure(Name(), (Step("a", Name()), Step("b", Name())), (), mixed=True)
    >>> [each.order_graph().number_of_edges() for each in (mix, alone(mix))]
    [1, 0]
    """
    return replace(procedure, flow=Parallel(), pending=()) if procedure.mixed else procedure
