"""Facts about procedures: order, cycles, critical path."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import Duration, Edge, Kind, Name, Procedure, Stage, Step, Strength, Unit
from rules.flows import Parallel, Serial, Staged


def step(key: str, days: int = 1, **more: object) -> Step:
    return Step(key, Name(en=key), duration=Duration(days), **more)  # type: ignore[arg-type]


def procedure(*steps: Step, edges: str = "", **more: object) -> Procedure:
    """Build a procedure; edges are written ``a>b c>d`` and are practice."""
    pairs = [pair.split(">") for pair in edges.split()]
    return Procedure(Name(en="p"), steps, tuple(Edge(a, b) for a, b in pairs), **more)  # type: ignore[arg-type]


@st.composite
def procedures(draw: st.DrawFn, most: int = 12) -> Procedure:
    """Random procedures: steps in order, edges only forwards, so no cycles."""
    n = draw(st.integers(1, most))
    steps = [
        step(f"k{i}", draw(st.integers(0, 20)), stage=f"t{i * 3 // n}", department="d")
        for i in range(n)
    ]
    edges = [
        Edge(f"k{i}", f"k{j}", draw(st.sampled_from(list(Strength))), "because")
        for j in range(n)
        for i in range(j)
        if draw(st.booleans())
    ]
    stages = tuple(Stage(f"t{i}", Name(en=f"t{i}")) for i in range(3))
    return Procedure(Name(en="random"), tuple(steps), tuple(edges), stages)


def test_serial_days_are_the_sum():
    """Handled one after another, three steps of 5, 3 and 4 days take 12."""
    flow = procedure(step("a", 5), step("b", 3), step("c", 4))
    assert flow.paper_days == flow.serial_days == 12


def test_parallel_takes_the_longest_chain():
    """In parallel a survey of 5 days hides the others; slack is what they have to spare."""
    flow = procedure(step("a", 5), step("b", 3), step("c", 4), edges="b>c", flow=Parallel())
    path = flow.critical_path()
    assert (path.days, path.keys) == (7, ("b", "c"))
    assert path.slack == {"a": 2, "b": 0, "c": 0}


def test_stage_gates_wait_for_the_whole_stage():
    """Behind a gate even a step without prerequisites waits for the slowest of the stage."""
    stages = (Stage("one", Name(en="1")), Stage("two", Name(en="2")))
    flow = procedure(
        step("a", 5, stage="one"), step("b", 3, stage="one"), step("c", 4, stage="two"),
        stages=stages, flow=Staged(),
    )  # fmt: skip
    assert flow.paper_days == 9


def test_a_lag_in_natural_days_counts_five_sevenths_on_paper():
    """A notice of 14 natural days between two steps of one day makes 12 working days."""
    flow = Procedure(
        Name(en="p"),
        (step("a"), step("b")),
        (Edge("a", "b", lag=Duration(14, Unit.NATURAL_DAY)),),
        flow=Parallel(),
    )
    assert flow.paper_days == 12


def test_mutual_prerequisites_are_named():
    """Three steps that wait for each other are reported as one cycle, in order."""
    flow = procedure(*(step(k) for k in "abcd"), edges="b>c c>d d>b a>b")
    assert flow.cycles() == (("b", "c", "d"),)


def test_a_wait_is_not_a_step():
    """Waiting for land is nobody's step: it takes days and is not counted."""
    flow = procedure(step("a", 5), step("w", 46, kind=Kind.WAIT))
    assert (flow.n_steps, flow.paper_days) == (1, 51)


@given(procedures())
def test_no_flow_is_shorter_than_its_prerequisites_or_longer_than_serial(flow: Procedure):
    """Parallel <= stage-gated <= serial, and serial is the sum (deterministic, ample staff)."""
    parallel, staged, serial = (
        Procedure(flow.name, flow.steps, flow.edges, flow.stages, kind).paper_days
        for kind in (Parallel(), Staged(), Serial())
    )
    assert parallel <= staged <= serial == flow.serial_days


@given(procedures())
def test_critical_path_equals_networkx(flow: Procedure):
    """The length agrees with an independent longest-path computation."""
    graph: nx.DiGraph[object] = nx.DiGraph()
    for each in flow.steps:
        graph.add_edge((each.key, "in"), (each.key, "out"), weight=int(each.days))
    for edge in flow.edges:
        graph.add_edge((edge.before, "out"), (edge.after, "in"), weight=0)
    free = Procedure(flow.name, flow.steps, flow.edges, flow.stages, Parallel())
    path = free.critical_path()
    assert path.days == nx.dag_longest_path_length(graph)
    assert sum((free[key].days for key in path.keys), Fraction(0)) == path.days
    assert all(path.slack[key] == 0 for key in path.keys)
    assert all(spare >= 0 for spare in path.slack.values())


def test_unknown_step_is_a_key_error():
    """Asking for a step that is not there is an error, never an empty answer."""
    with pytest.raises(KeyError):
        procedure(step("a"))["b"]
