"""Procedures to export, and readers that owe our writers nothing."""

from __future__ import annotations

import random
from collections import Counter
from functools import lru_cache
from xml.etree import ElementTree

import networkx as nx

import scenarios
from rules import Duration, Edge, Kind, Name, Procedure, Stage, Step, Strength, Unit
from rules.flows import Parallel, Serial, Staged
from scenarios import Scenario

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
TASKS = ("task", "userTask", "manualTask")

EVERY = (
    "jiaxing", "jiaxing/merged", "jiaxing/parallel", "jiaxing/staged", "jiaxing/reform",
    "jiaxing/reform-simulated", "jiaxing/land-wait-simulated",
)  # fmt: skip
"""Serial, joint, parallel, staged, and approved by simulation, with an external wait."""

HOSTILE = (
    "<script>alert(1)</script>",
    '" onload="alert(2)',
    "]]></svg><img src=x onerror=alert(3)>",
    "two\nlines\tand a tab",
    "=cmd|' /C calc'!A0",
    "end; subgraph x[#quot;] : %% {{graph}} `x` --> y",
    "back\\slash \\n & 'quotes'",
    "section a :b, c",
    "nul\x00 bell\x07 half\ud800 last\uffff",
    "  ",
)


@lru_cache
def shipped(key: str) -> Scenario:
    return scenarios.load(key)


def offices(scenario: Scenario) -> dict[str, Name]:
    return {office.key: office.name for office in scenario.offices}


def hostile() -> Procedure:
    """Return a procedure whose names, keys and departments try to break out."""
    steps = tuple(
        Step(
            f'{text[:12].strip()} "{number}\\',
            Name(text, f"{text} {number}"),
            f"office {text}",
            Kind.NOTICE if number % 3 else Kind.APPROVAL,
            f"stage {text[:6]}",
            Duration(number + 1),
            provenance=text,
        )
        for number, text in enumerate(HOSTILE)
    )
    edges = tuple(Edge(a.key, b.key) for a, b in zip(steps, steps[2:], strict=False))
    stages = tuple(Stage(step.stage, step.name) for step in steps)
    return Procedure(Name(HOSTILE[0], HOSTILE[2]), steps, edges, stages, Parallel())


def random_procedure(seed: int, most: int = 30) -> Procedure:
    """Return a procedure with random steps, prerequisites, lags, stages and way of handling."""
    chance = random.Random(seed)
    count = chance.randint(1, most)
    stages = tuple(Stage(f"g{i}", Name(f"阶段{i}", f"stage {i}")) for i in range(4))
    steps = []
    for i in range(count):
        kind = chance.choice(list(Kind))
        department = "" if kind is Kind.WAIT else f"d{chance.randrange(6)}"
        unit = Unit.NATURAL_DAY if kind is Kind.NOTICE else Unit.WORKING_DAY
        length = Duration(chance.randint(0, 20), unit)
        name = Name(f"环节{i}" * chance.randint(1, 5), f"step {i}")
        stage = stages[i * 4 // count].key
        steps.append(Step(f"S{i:02d}", name, department, kind, stage, length))
    lags = [Duration(0)] * 5 + [Duration(3), Duration(10, Unit.NATURAL_DAY)]
    edges = [
        Edge(f"S{a:02d}", f"S{b:02d}", Strength.DATA, "x", chance.choice(lags))
        for b in range(count)
        for a in range(b)
        if chance.random() < 3 / count
    ]
    flow = chance.choice([Serial(), Staged(), Parallel(), Parallel()])
    return Procedure(Name("随机", "random"), tuple(steps), tuple(edges), stages, flow)


def closure(procedure: Procedure) -> set[tuple[str, str]]:
    """Return every pair of steps of which one must come before the other."""
    return set(nx.transitive_closure(procedure.order_graph()).edges)


def reduced(procedure: Procedure) -> set[tuple[str, str]]:
    """Return the prerequisites and handling orders that follow from no others."""
    return set(nx.transitive_reduction(procedure.order_graph()).edges)


def play(text: str) -> tuple[Counter[str], set[tuple[str, str]], bool]:
    """Execute a BPMN process by tokens.

    Returns how often each task ran, for each pair of tasks whether the first was always
    done before the second could start, and whether the end was reached with no token left.
    """
    root = ElementTree.fromstring(text)
    process = root.find(f"{BPMN}process")
    assert process is not None
    kind = {each.get("id", ""): each.tag.removeprefix(BPMN) for each in process if each.get("id")}
    into: dict[str, list[str]] = {id_: [] for id_ in kind}
    out: dict[str, list[tuple[str, str]]] = {id_: [] for id_ in kind}
    for flow in process.findall(f"{BPMN}sequenceFlow"):
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        out[source].append((flow.get("id", ""), target))
        into[target].append(flow.get("id", ""))
    ran: Counter[str] = Counter()
    done: dict[str, set[str]] = {}
    carried: dict[str, set[str]] = {}
    waiting = [id_ for id_ in kind if kind[id_] == "startEvent"]
    ended = 0
    while waiting:
        id_ = waiting.pop()
        history = set().union(*(carried.pop(flow) for flow in into[id_]))
        if kind[id_] in TASKS:
            ran[id_] += 1
            done[id_] = set(history)
            history = history | {id_}
        ended += kind[id_] == "endEvent"
        assert len(out[id_]) <= 1 or kind[id_] == "parallelGateway", id_
        for flow, target in out[id_]:
            assert flow not in carried, "two tokens on one flow"
            carried[flow] = history
            if all(each in carried for each in into[target]):
                assert len(into[target]) == 1 or kind[target] == "parallelGateway", target
                waiting.append(target)
    pairs = {(before, after) for after, befores in done.items() for before in befores}
    return ran, pairs, ended == 1 and not carried
