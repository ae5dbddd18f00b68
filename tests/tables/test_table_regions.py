"""Gaps, overlaps, idle rows and differences are exact regions, each with a witness."""

import itertools
import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from example_tables import (
    IN_ZONE,
    INDUSTRY,
    ITEM,
    LAND,
    USES,
    heritage,
    random_facts,
    random_table,
    table,
)
from hypothesis import given
from hypothesis import strategies as st

from rules.tables.axes import OrderedAxis, bits
from rules.tables.columns import Choice, ColumnType, Input, Output, read_cell
from rules.tables.diff import diff_tables
from rules.tables.lint import gaps, lint
from rules.tables.plane import AS_OF, meaning, plane_of
from rules.tables.regions import Cover, cells, holes, maximal
from rules.tables.table import DecisionTable, HitPolicy, Row

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck" / "gap-overlap.json"


def boxes(axes=3, pieces=4):
    """Draw boxes of a small plane."""
    mask = st.integers(1, (1 << pieces) - 1)
    return st.lists(st.tuples(*[mask] * axes), max_size=12)


def covered(box_list):
    """Return the elementary cells of boxes, one by one."""
    return {cell for box in box_list for cell in cells(box)}


@given(boxes())
def test_holes_are_exactly_what_is_not_covered(drawn):
    """The holes are all cells that no box holds, and none of them can be made larger."""
    full = (15, 15, 15)
    found, whole = holes(Cover(full, drawn), most=1000)
    missing = set(itertools.product(range(4), repeat=3)) - covered(drawn)
    assert whole
    assert covered(found) == missing
    for box in found:
        for axis in range(3):
            for piece in bits(15 & ~box[axis]):
                slab = (*box[:axis], 1 << piece, *box[axis + 1 :])
                assert not covered([slab]) <= missing


@given(boxes())
def test_maximal_boxes_are_the_same_region(drawn):
    """Boxes merged to maximal ones hold the same cells, and cannot be made larger."""
    merged = maximal(drawn, (15, 15, 15))
    region = covered(drawn)
    assert covered(merged) == region
    for box in merged:
        for axis in range(3):
            for piece in bits(15 & ~box[axis]):
                assert not covered([(*box[:axis], 1 << piece, *box[axis + 1 :])]) <= region


def partition(chance, axes, pieces, leaves):
    """Return a complete set of boxes without overlap, as a decision tree's leaves are."""
    full = tuple((1 << pieces) - 1 for _ in range(axes))
    found = [full]
    while len(found) < leaves:
        place = chance.randrange(len(found))
        box = found[place]
        wide = [a for a in range(axes) if box[a].bit_count() > 1]
        if not wide:
            continue
        axis = chance.choice(wide)
        inside = list(bits(box[axis]))
        cut = sum(1 << p for p in inside[: chance.randrange(1, len(inside))])
        found[place] = (*box[:axis], cut, *box[axis + 1 :])
        found.append((*box[:axis], box[axis] ^ cut, *box[axis + 1 :]))
    chance.shuffle(found)
    return full, found


@pytest.mark.parametrize("pieces", [2, 7, 21])
def test_two_hundred_rows_of_ten_columns_are_searched(pieces):
    """Completeness is proved, and one missing row found, among 200 rows of ten columns."""
    for seed in range(3):
        full, rows = partition(random.Random(seed), 10, pieces, 200)
        assert Cover(full, rows).hole(full) is None
        found, whole = holes(Cover(full, rows[:-1]))
        assert (found, whole) == ([rows[-1]], True)


def fixtures():
    return json.loads(FIXTURES.read_text(encoding="utf-8"))["tables"] if FIXTURES.is_file() else []


def as_masks(plane, region):
    """Return a fixture's region as a box of the plane."""
    box = []
    for axis, limits in zip(plane.axes, region, strict=True):
        if limits is None:
            box.append(axis.full)
        elif "values" in limits:
            box.append(sum(1 << axis.piece(value) for value in limits["values"]))
        else:
            low, high = limits["low"], limits["high"]
            opening = "[" if limits["low_closed"] else "("
            closing = "]" if limits["high_closed"] else ")"
            if low == "-inf" and high == "+inf":
                text = "-"
            elif low == "-inf":
                text = f"{'<=' if closing == ']' else '<'} {high}"
            elif high == "+inf":
                text = f"{'>=' if opening == '[' else '>'} {low}"
            else:
                text = f"{opening}{low}..{high}{closing}"
            box.append(axis.mask(read_cell(text, axis.column)))
    return tuple(box)


@pytest.mark.parametrize("case", fixtures(), ids=lambda case: case["name"])
def test_gaps_and_overlaps_are_those_of_the_published_analyses(case):
    """The gaps and overlaps of the fixtures are equal as regions."""
    kinds = {"number": ColumnType.NUMBER, "boolean": ColumnType.BOOL}
    inputs = tuple(Input(i["name"], kinds[i["type"]]) for i in case["inputs"])
    rows = tuple(Row(str(n), tuple(r), ("same",)) for n, r in enumerate(case["rows"], 1))
    made = DecisionTable(case["name"], inputs, (ITEM,), rows, HitPolicy.ANY)
    plane, found, whole = gaps(made)
    assert whole
    assert covered(found) == covered(as_masks(plane, r) for r in case["expected_gaps"])
    overlaps = {(f.rows, f.box) for f in lint(made) if f.kind in ("overlap", "harmless-overlap")}
    assert overlaps == {
        (tuple(map(str, o["rules"])), as_masks(plane, o["region"]))
        for o in case["expected_overlaps"]
    }


@pytest.mark.parametrize("seed", range(3))
def test_case_lies_in_a_gap_exactly_when_no_row_matches(seed):
    """The gap boxes of a random table hold just the cases that no row accepts."""
    drawn = random_table(seed, HitPolicy.COLLECT, rows=6)
    plane, found, _ = gaps(drawn, most=5000)
    for facts in random_facts(300):
        missed = not drawn.evaluate(facts).outcome.matching
        assert any(plane.holds(box, facts) for box in found) == missed


@pytest.mark.parametrize("seed", range(3))
def test_witness_of_a_gap_is_a_case_that_no_row_matches(seed):
    """The example project given with a gap really falls through."""
    drawn = random_table(seed, rows=6)
    found = [finding for finding in lint(drawn) if finding.kind == "gap"]
    assert found
    for finding in found:
        if finding.witness:
            assert drawn.evaluate(finding.witness).value is None


def kinds(made):
    return [(f.id, f.kind, f.rows or f.columns) for f in lint(made)]


def test_planted_faults_are_found():
    """Each kind of fault is found with its check, its rows and nothing else."""
    zone = (IN_ZONE,)
    gap = table([(("true",), ("a",))], zone, complete=True)
    assert kinds(gap) == [("C2", "gap", ())]
    assert (lint(gap)[0].severity, lint(gap)[0].witness) == ("error", {"in_zone": False})
    overlap = table([(("<= 50",), ("a",)), ((">= 50",), ("b",))], (LAND,), policy=HitPolicy.UNIQUE)
    assert kinds(overlap) == [("C3", "overlap", ("r1", "r2"))]
    assert lint(overlap)[0].witness == {"land": 50}
    masked = table([(("< 50",), ("a",)), ((">= 50",), ("b",)), (("-",), ("c",))], (LAND,))
    assert kinds(masked) == [("C4", "masked", ("r3",))]
    repeated = table([(("true",), ("a",)), (("true",), ("a",)), (("false",), ("b",))], zone)
    assert kinds(repeated) == [("C4", "duplicate", ("r1", "r2"))]
    narrower = table([(("< 20",), ("a",)), (("< 50",), ("a",)), ((">= 50",), ("b",))], (LAND,))
    assert ("C4", "subsumed", ("r1", "r2")) in kinds(narrower)
    split = table([(("< 20",), ("a",)), (("[20..50)",), ("a",)), ((">= 50",), ("b",))], (LAND,))
    assert kinds(split) == [("C4", "mergeable", ("r1", "r2"))]
    idle = table([(("< 20", "-"), ("a",)), ((">= 20", "-"), ("b",))], (LAND, IN_ZONE))
    assert kinds(idle) == [("C4", "useless-column", ("in_zone",))]
    vain = table(
        [(("< 20", "-"), ("a",)), (("-", "true"), ("b",)), (("-", "false"), ("b",))],
        (LAND, IN_ZONE),
    )
    assert ("C4", "useless-column", ("in_zone",)) in kinds(vain)
    masked_by_rank = table(
        [(("true",), ("low",)), (("-",), ("high",))], zone,
        (Output("item", ColumnType.ENUM, choices=(Choice("high"), Choice("low"))),),
        HitPolicy.PRIORITY,
    )  # fmt: skip
    assert ("C4", "masked", ("r1",)) in kinds(masked_by_rank)


def test_sound_table_has_no_findings():
    """The heritage table is complete and every row of it decides something."""
    assert lint(replace(heritage(), complete=True)) == ()


def test_collection_without_a_row_is_no_gap():
    """Of a table that collects, no match means no item, unless it is declared complete."""
    some = [(("true",), ("a",))]
    assert kinds(table(some, (IN_ZONE,), policy=HitPolicy.COLLECT)) == []
    declared = table(some, (IN_ZONE,), policy=HitPolicy.COLLECT, complete=True)
    assert kinds(declared) == [("C2", "gap", ())]


def test_hole_between_two_versions_of_a_row_is_a_gap_with_its_days():
    """Days on which no version of a row is in force are found, and told as dates."""
    rows = (
        Row("old", ("-",), (15,), valid_to=date(2019, 4, 20)),
        Row("new", ("-",), (7,), valid_from=date(2019, 4, 23)),
    )
    days = DecisionTable("days", (LAND,), (Output("days", ColumnType.NUMBER),), rows, complete=True)
    (found,) = [finding for finding in lint(days) if finding.kind == "gap"]
    assert found.en == "no row matches: day in (2019-04-20, 2019-04-23)"
    assert found.witness[AS_OF] in (date(2019, 4, 21), date(2019, 4, 22))


def test_whole_numbers_leave_no_gap_between_five_and_six():
    """A count of storeys has no value between 5 and 6."""
    rows = [(("<= 5",), ("a",)), ((">= 6",), ("b",))]
    assert kinds(table(rows, (Input("storeys", ColumnType.NUMBER, whole=True),))) == []
    assert kinds(table(rows, (Input("height", ColumnType.NUMBER),))) == [("C2", "gap", ())]


def edited(made, seed):
    """Return a table with two random edits."""
    chance = random.Random(seed)
    rows = list(made.rows)
    one, two = chance.sample(range(len(rows)), 2)
    rows[one] = replace(rows[one], cells=(rows[one].cells[0], "< 60", *rows[one].cells[2:]))
    rows[two] = replace(rows[two], outputs=("edited",))
    if seed % 2:
        rows[one], rows[two] = rows[two], rows[one]
    return replace(made, rows=tuple(rows))


@pytest.mark.parametrize("policy", ["F", "C", "R"])
@pytest.mark.parametrize("seed", range(4))
def test_difference_is_exactly_the_cases_that_change(seed, policy):
    """On every elementary cell the comparison says what both tables conclude there."""
    old = random_table(seed, HitPolicy(policy), rows=8)
    new = edited(old, seed)
    diff = diff_tables(old, new)
    for cell in cells(diff.plane.full):
        both = []
        for made, rows in zip((old, new), diff.plane.rows, strict=True):
            hits = sum(
                1 << n for n, own in enumerate(rows)
                if any(all(m >> p & 1 for m, p in zip(box, cell, strict=True)) for box in own)
            )  # fmt: skip
            both.append(meaning(made, made.engine.outcome(hits)))
        told = {
            (r.old, r.new)
            for r in diff.regions
            if all(m >> p & 1 for m, p in zip(r.box, cell, strict=True))
        }
        assert told == ({tuple(both)} if both[0] != both[1] else set())


def test_change_is_told_in_a_sentence_with_the_projects_it_touches():
    """The planner reads which projects get what instead of what, and how many of the mix."""
    old = heritage()
    rows = list(old.rows)
    rows[0] = replace(rows[0], cells=(rows[0].cells[0], "< 30", rows[0].cells[2]))
    mix = [{"industry": "industrial", "land": land, "in_zone": False} for land in (10, 30, 49, 50)]
    diff = diff_tables(old, replace(old, rows=tuple(rows)), mix)
    (region,) = diff.regions
    assert region.en == (
        "industry: industrial, land in [30, 50) mu, in the zone: no: heritage survey -> none"
    )
    assert region.zh == "行业为工业,用地 [30, 50)亩,在园区内为否:heritage survey → none"
    assert (region.projects, diff.affected, diff.projects) == (2, 2, 4)
    assert old.evaluate(region.witness).value == "heritage survey"


def test_order_of_rows_matters_only_where_it_decides():
    """Two rows swapped under F change just their common cases; under C nothing."""
    rows = [(("< 50",), ("a",)), (("> 20",), ("b",))]
    old, new = table(rows, (LAND,)), table(rows[::-1], (LAND,))
    assert [r.en for r in diff_tables(old, new).regions] == ["land in (20, 50) mu: a -> b"]
    collected = [replace(t, hit_policy=HitPolicy.COLLECT) for t in (old, new)]
    assert diff_tables(*collected).regions == ()


def test_new_column_is_compared_with_its_absence():
    """An input that one version lacks does not matter to that version."""
    old = table([(("-",), ("a",))], (LAND,))
    new = table([(("-", 'contains "heritage"'), ("b",)), (("-", "-"), ("a",))], (LAND, USES))
    assert [r.en for r in diff_tables(old, new).regions] == ["uses with heritage: a -> b"]


def test_pieces_know_their_example_and_words():
    """Every piece of an axis has an example inside it."""
    for texts in (["[0.1..0.2)", "> 5"], ["1, 2, 3"], ["< 0"]):
        column = Input("land", ColumnType.NUMBER)
        plane = plane_of(table([((t,), ("a",)) for t in texts], (column,)))
        axis = plane.axes[0]
        assert isinstance(axis, OrderedAxis)
        for piece in bits(axis.full):
            assert axis.piece(axis.example(1 << piece)) == piece
    assert plane_of(table([], (INDUSTRY,))).full == (7,)
