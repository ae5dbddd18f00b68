"""How fast a decision table decides: 20 rows x 6 inputs, hit policy F, 10,000 random projects.

Run as ``python benchmarks/decision_tables.py``. Where the package ``zen-engine`` is installed,
the same table runs there in the same process with its trace on, every answer is compared, and
the ratio is printed; absolute numbers depend on the machine, the ratio hardly.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rules.tables.columns import Choice, ColumnType, Input, Output
from rules.tables.diff import diff_tables
from rules.tables.lint import gaps
from rules.tables.table import DecisionTable, HitPolicy, Row
from rules.tables.vector import evaluate_columns

INDUSTRIES = ("industrial", "logistics", "housing", "retail", "energy")
INVESTORS = ("government", "enterprise", "foreign")


def heritage_table() -> DecisionTable:
    """Twenty rows in the manner of an applicability table, the last one for all other cases."""
    chance = random.Random(1)
    rows = []
    for number in range(1, 20):
        low = chance.choice((0, 10, 20, 50, 100))
        high = low + chance.choice((10, 50, 200))
        cells = (
            chance.choice(
                ("-", '"industrial"', '"industrial","housing"', 'not("retail")', '"energy"')
            ),
            chance.choice(("-", f"[{low}..{high})", f"< {high}", f">= {low}")),
            chance.choice(("-", "true", "false")),
            chance.choice(("-", "-", "true")),
            chance.choice(("-", "> 1000", "[100..500]", "<= 100")),
            chance.choice(("-", '"government"', '"foreign","enterprise"')),
        )
        rows.append(Row(f"r{number}", cells, (f"item{chance.randrange(6)}",)))
    rows.append(Row("r20", ("-",) * 6, ("none",)))
    inputs = (
        Input("industry", ColumnType.ENUM, choices=tuple(map(Choice, INDUSTRIES))),
        Input("land", ColumnType.NUMBER, low=0),
        Input("in_zone", ColumnType.BOOL),
        Input("heritage", ColumnType.BOOL),
        Input("invest", ColumnType.NUMBER, low=0),
        Input("investor", ColumnType.ENUM, choices=tuple(map(Choice, INVESTORS))),
    )
    return DecisionTable(
        "heritage.survey", inputs, (Output("item"),), tuple(rows), HitPolicy.FIRST, complete=True
    )


def random_projects(count: int) -> list[dict[str, object]]:
    """Return projects some of whose numbers lie on the ends of intervals."""
    chance = random.Random(2)
    return [
        {
            "industry": chance.choice(INDUSTRIES),
            "land": chance.choice(
                (chance.randrange(300), round(chance.random() * 300, 1), 50, 100)
            ),
            "in_zone": chance.random() < 0.5,
            "heritage": chance.random() < 0.3,
            "invest": chance.choice((chance.randrange(3000), 100, 500, 1000)),
            "investor": chance.choice(INVESTORS),
        }
        for _ in range(count)
    ]


def rate(work: Callable[[], object], count: int, times: int = 5) -> float:
    """Return how many of ``count`` are done a second, the best of some runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return count / best


def as_jdm(table: DecisionTable) -> str:
    """Return the table in zen-engine's JSON."""

    def cell(text: str) -> str:
        return (
            "" if text == "-" else f"not($ in [{text[4:-1]}])" if text.startswith("not(") else text
        )

    content = {
        "hitPolicy": "first",
        "inputs": [{"id": c.id, "name": c.id, "field": c.id} for c in table.inputs],
        "outputs": [{"id": "item", "name": "item", "field": "item"}],
        "rules": [
            {
                "_id": row.id,
                **{c.id: cell(t) for c, t in zip(table.inputs, row.cells, strict=True)},
                "item": json.dumps(row.outputs[0]),
            }
            for row in table.rows
        ],
    }
    place = {"x": 0, "y": 0}
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": place, "content": {}},
        {
            "id": "t",
            "type": "decisionTableNode",
            "name": "t",
            "position": place,
            "content": content,
        },
        {"id": "out", "type": "outputNode", "name": "out", "position": place, "content": {}},
    ]
    edges = [
        {"id": "a", "sourceId": "in", "targetId": "t", "type": "edge"},
        {"id": "b", "sourceId": "t", "targetId": "out", "type": "edge"},
    ]
    return json.dumps(
        {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    )


def compare_with_zen(table: DecisionTable, projects: list[dict[str, object]], ours: float) -> None:
    """Print how many times slower zen-engine decides with its trace on."""
    try:
        import zen
    except ImportError:
        print("zen-engine is not installed here; no comparison")
        return
    decision = zen.ZenEngine().create_decision(as_jdm(table))
    some = projects[:1000]
    for project in some:
        theirs = decision.evaluate(project)["result"]["item"]
        assert theirs == table.evaluate(project).value, (project, theirs)
    plain = rate(lambda: [decision.evaluate(project) for project in some], len(some), 3)
    traced = rate(
        lambda: [decision.evaluate(project, {"trace": True}) for project in some], len(some), 3
    )
    print(f"zen-engine, plain             {plain:14,.0f} decisions/s")
    print(f"zen-engine, trace on          {traced:14,.0f} decisions/s")
    print(f"ours over zen-engine, traced  {ours / traced:14,.1f} x")


def main() -> None:
    """Print the rates."""
    table, projects = heritage_table(), random_projects(10_000)
    evaluate = table.evaluate
    traced = rate(lambda: [evaluate(project) for project in projects], len(projects))
    print(f"one by one, trace kept        {traced:14,.0f} decisions/s")
    short = rate(lambda: [((r := evaluate(p)).rows, r.stopped_by) for p in projects], len(projects))
    print(f"one by one, trace worked out  {short:14,.0f} decisions/s (row, first failing cells)")
    read = rate(lambda: [(r := evaluate(p)).rows and r.trace for p in projects[:2000]], 2000, 3)
    print(f"one by one, trace written out {read:14,.0f} decisions/s")
    explained = rate(lambda: [table.explain(p) for p in projects[:500]], 500, 3)
    print(f"one by one, explained twice   {explained:14,.0f} decisions/s (Chinese and English)")

    many = 1_000_000
    chance = np.random.default_rng(3)
    columns = {
        "industry": chance.integers(0, len(INDUSTRIES), many),
        "land": chance.random(many) * 300,
        "in_zone": chance.random(many) < 0.5,
        "heritage": chance.random(many) < 0.3,
        "invest": chance.integers(0, 3000, many),
        "investor": chance.integers(0, len(INVESTORS), many),
    }
    together = rate(lambda: evaluate_columns(table, columns), many)
    print(f"vectorised, from arrays       {together:14,.0f} decisions/s")

    rows = list(table.rows)
    rows[2] = replace(rows[2], cells=(rows[2].cells[0], "< 60", *rows[2].cells[2:]))
    rows[7] = replace(rows[7], outputs=("regional opinion",))
    edited = replace(table, rows=tuple(rows))
    compared = 1 / rate(lambda: diff_tables(table, edited), 1)
    print(f"two edits compared            {1000 * compared:14.1f} ms")
    large = large_table()
    print(f"gap in 200 rows x 10 columns  {1000 / rate(lambda: gaps(large, 1), 1, 3):14.1f} ms")
    compare_with_zen(table, projects, traced)


def large_table() -> DecisionTable:
    """Two hundred overlapping rows of ten columns."""
    chance = random.Random(5)
    numbers = tuple(Input(f"n{n}", ColumnType.NUMBER, low=0, high=1000) for n in range(5))
    letters = tuple(
        Input(f"e{n}", ColumnType.ENUM, choices=tuple(map(Choice, "abcdef"))) for n in range(3)
    )
    truths = tuple(Input(f"b{n}", ColumnType.BOOL) for n in range(2))
    rows = []
    for number in range(200):
        cells = []
        for column in (*numbers, *letters, *truths):
            low = chance.randrange(900)
            cells.append(
                "-"
                if chance.random() < 0.5
                else f"[{low}..{low + chance.randrange(1, 500)})"
                if column in numbers
                else ",".join(f'"{x}"' for x in chance.sample("abcdef", 3))
                if column in letters
                else chance.choice(("true", "false"))
            )
        rows.append(Row(f"r{number}", tuple(cells), (f"item{number % 9}",)))
    return DecisionTable(
        "large", (*numbers, *letters, *truths), (Output("item"),), tuple(rows), HitPolicy.FIRST
    )


if __name__ == "__main__":
    main()
