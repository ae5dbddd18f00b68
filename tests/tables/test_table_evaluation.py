"""Tables decide: hit policies, missing facts, dates, chains, traces."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest
from example_tables import (
    IN_ZONE,
    INDUSTRY,
    ITEM,
    LAND,
    heritage,
    matching,
    random_facts,
    random_table,
    table,
)

from rules.problems import InputError
from rules.tables.chain import TableSet
from rules.tables.columns import Choice, ColumnType, Input, Missing, Output
from rules.tables.outcome import RowTrace
from rules.tables.table import DecisionTable, HitPolicy, Row
from rules.tables.vector import evaluate_columns

CASE = {"industry": "industrial", "land": 40, "in_zone": False}


@pytest.mark.parametrize("seed", range(4))
def test_rows_match_as_their_cells_do_one_by_one(seed):
    """The masks give exactly the rows that every cell, asked alone in FEEL, accepts."""
    collect = random_table(seed, HitPolicy.COLLECT)
    for facts in random_facts(200):
        assert collect.evaluate(facts).outcome.matching == matching(collect, facts)


def test_first_row_decides():
    """With hit policy F the first row that matches decides."""
    result = heritage().evaluate(CASE)
    assert (result.value, result.rows) == ("heritage survey", ("r1",))


@pytest.mark.parametrize(
    ("policy", "value"),
    [("F", 3), ("P", 5), ("O", [5, 3, 4]), ("R", [3, 4, 5]), ("C", [3, 4, 5]), ("C+", 12),
     ("C<", 3), ("C>", 5), ("C#", 3)],
)  # fmt: skip
def test_hit_policies(policy, value):
    """Three rows that match conclude together what the hit policy makes of them."""
    ranked = tuple(Choice(str(n)) for n in (5, 3, 4))
    days = Output("days", ColumnType.NUMBER, choices=ranked)
    if policy in "PO":
        days = Output("days", ColumnType.STRING, choices=ranked)
    shown = [(str(n),) if policy in "PO" else (n,) for n in (3, 4, 5)]
    rows = [((">= 0",), conclusion) for conclusion in shown]
    result = table(rows, (LAND,), (days,), HitPolicy(policy)).evaluate({"land": 1}).value
    if policy in "PO":
        result = [int(r) for r in result] if policy == "O" else int(result)
    assert result == value


def test_sums_are_decimal():
    """Fees of 0.1 and 0.2 collect to 0.3, not to 0.30000000000000004."""
    fees = table(
        [(("-",), (0.1,)), (("-",), (0.2,))],
        (LAND,), (Output("fee", ColumnType.NUMBER),), HitPolicy.SUM,
    )  # fmt: skip
    assert fees.evaluate({"land": 1}).value == 0.3


def test_unique_and_any_refuse_what_they_forbid():
    """U refuses two matches, A two different conclusions, and the message says what A means."""
    rows = [(("< 50",), ("a",)), (("> 20",), ("b",))]
    with pytest.raises(InputError, match="at most one row may match"):
        table(rows, (LAND,), policy=HitPolicy.UNIQUE).evaluate({"land": 30})
    with pytest.raises(InputError, match="all of them must conclude the same"):
        table(rows, (LAND,), policy=HitPolicy.ANY).evaluate({"land": 30})
    assert table(rows, (LAND,), policy=HitPolicy.ANY).evaluate({"land": 10}).value == "a"


def test_no_match_is_loud_only_where_the_table_is_declared_complete():
    """No row: nothing, an empty list, the default, or an error with complete."""
    rows = [(("< 50",), ("a",))]
    assert table(rows, (LAND,)).evaluate({"land": 60}).value is None
    assert table(rows, (LAND,), policy=HitPolicy.COLLECT).evaluate({"land": 60}).value == []
    with pytest.raises(InputError, match="no row matches"):
        table(rows, (LAND,), complete=True).evaluate({"land": 60})
    otherwise = table(rows, (LAND,), (replace(ITEM, default="b"),))
    assert otherwise.evaluate({"land": 60}).value == "b"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"land": None}, "the fact 'land' is missing"),
        ({"land": "40"}, "land: '40' is not a number"),
        ({"land": True}, "land: True is not a number"),
        ({"land": float("nan")}, "land: nan is not a number"),
        ({"land": -1}, "land: -1 is below the smallest possible value 0"),
        ({"in_zone": 1}, "in_zone: 1 is neither true nor false"),
        ({"industry": "industral"}, "(did you mean 'industrial'?)"),
        ({"industry": ["industrial"]}, "is not a text"),
    ],
)
def test_wrong_fact_is_an_error(wrong, said):
    """A fact that is missing, of another type or impossible is never passed over."""
    with pytest.raises(InputError) as caught:
        heritage().evaluate(CASE | wrong)
    assert said in str(caught.value)


def test_all_wrong_facts_are_named_at_once():
    """Three wrong facts are three problems of one error; a misspelt key is recognised."""
    with pytest.raises(InputError) as caught:
        heritage().evaluate({"industry": "x", "lnd": 5, "in_zone": 3})
    assert len(caught.value.problems) == 3
    assert "(did you mean 'lnd'?)" in str(caught.value)


def test_other_numbers_and_dates_are_converted():
    """Decimals, numpy scalars and timestamps are read as what they are."""
    land = [Decimal("49.99"), np.float64(49.99), np.int64(49)]
    assert {heritage().evaluate(CASE | {"land": x}).value for x in land} == {"heritage survey"}
    dates = table([(("< 2016-09-01",), ("old",))], (Input("day", ColumnType.DATE),))
    for day in (date(2016, 8, 31), datetime(2016, 8, 31, 23), "2016-08-31"):
        assert dates.evaluate({"day": day}).value == "old"


def test_unknown_fact_asks_only_for_what_matters():
    """What is unknown is asked for only if the answer depends on it."""
    unsure = table(
        [(c, o) for c, o in ((r.cells, r.outputs) for r in heritage().rows)],
        (INDUSTRY, LAND, replace(IN_ZONE, missing=Missing.UNKNOWN)),
    )
    result = unsure.evaluate({"industry": "industrial", "land": 40})
    assert (result.decided, result.ask_for) == (False, ("in_zone",))
    with pytest.raises(InputError, match="cannot decide, ask for: in_zone"):
        _ = result.value
    assert unsure.evaluate({"industry": "logistics", "land": 80}).value == "regional opinion"
    assert "cannot decide, ask for: in the zone" in unsure.explain(
        {"industry": "industrial", "land": 40}
    ).in_language("en")


def test_unknown_facts_that_only_differ_in_the_row_decide():
    """Two rows with one conclusion need no further question."""
    same = table(
        [(("true",), ("a",)), (("false",), ("a",))],
        (replace(IN_ZONE, missing=Missing.UNKNOWN),),
        policy=HitPolicy.UNIQUE,
    )
    assert same.evaluate({}).value == "a"


@pytest.mark.parametrize("policy", ["F", "C", "C#"])
@pytest.mark.parametrize("seed", range(3))
def test_three_valued_answer_is_exact(seed, policy):
    """Decided means that every completion agrees; a fact is asked for if it alone can matter."""
    sure = random_table(seed, HitPolicy(policy), rows=6)
    open_ids = ("industry", "in_zone")
    inputs = tuple(
        replace(c, missing=Missing.UNKNOWN) if c.id in open_ids else c for c in sure.inputs
    )
    unsure = replace(sure, inputs=inputs)
    for facts in random_facts(60):
        given = {key: value for key, value in facts.items() if key not in open_ids}
        values = {
            (industry, zone): repr(
                sure.evaluate(given | {"industry": industry, "in_zone": zone}).outcome.conclusion
            )
            for industry in INDUSTRY.values
            for zone in (False, True)
        }
        result = unsure.evaluate(given)
        matters = {
            key
            for a in values
            for b in values
            for key in open_ids
            if values[a] != values[b] and a[key == "industry"] == b[key == "industry"]
        }
        assert set(result.ask_for) == matters
        assert result.decided == (len(set(values.values())) == 1)


def test_rows_apply_on_their_days():
    """The construction permit's limit is 15 days until 2019-04-22 and 7 from the 23rd."""
    limits = DecisionTable(
        "permit.days",
        (LAND,),
        (Output("days", ColumnType.NUMBER),),
        (
            Row("old", ("-",), (15,), valid_to=date(2019, 4, 22)),
            Row("new", ("-",), (7,), valid_from=date(2019, 4, 23)),
        ),
        valid_from=date(2011, 7, 1),
    )
    assert limits.evaluate({"land": 1}, date(2019, 4, 22)).value == 15
    assert limits.evaluate({"land": 1}, date(2019, 4, 23)).value == 7
    assert limits.conflicts() == ()
    with pytest.raises(InputError, match="say as_of="):
        limits.evaluate({"land": 1})
    with pytest.raises(InputError, match="is not in force on 2011-06-30"):
        limits.evaluate({"land": 1}, date(2011, 6, 30))


def test_trace_names_every_row():
    """Of every row the trace says whether it fired, matched in vain or by which cells it failed."""
    result = heritage().evaluate(CASE | {"in_zone": True})
    assert result.trace == (
        RowTrace("r1", "failed", ("in_zone",)),
        RowTrace("r2", "failed", ("land",)),
        RowTrace("r3", "fired"),
        RowTrace("r4", "outranked"),
    )
    assert result.nearest_miss == RowTrace("r1", "failed", ("in_zone",))
    assert result.stopped_by == {"industry": 0, "land": 0b10, "in_zone": 0b1}


def test_trace_is_not_touched_by_later_changes_of_the_facts():
    """A project edited after the decision does not change why it was decided."""
    facts = dict(CASE)
    result = heritage().evaluate(facts)
    before = result.trace
    facts["land"] = 500
    assert (result.trace, result.rows, result.facts) == (before, ("r1",), ("industrial", 40, False))


def test_explanation_says_why_and_why_not():
    """Both languages name the deciding row with its cells and what stopped the others."""
    explained = heritage().explain(CASE)
    assert explained.en.splitlines() == [
        "survey: row r1 decides: item = heritage survey, because industry is industrial (asked: "
        '"industrial") and land is 40 mu (asked: < 50) and in the zone is no (asked: false).',
        "Row r2 does not apply (nearest miss): land is 40 mu, asked: >= 50.",
        "Row r3 does not apply: in the zone is no, asked: true.",
        "Row r4 also matches, but the hit policy takes another.",
    ]
    assert "第r2行不适用(最接近):用地为40亩,要求:>= 50。" in explained.zh
    assert "行业为工业" in explained.zh


def test_tables_feed_each_other():
    """A table reads what another concludes, whatever the order they are given in."""
    level = DecisionTable(
        "level", (Input("item", ColumnType.STRING),), (Output("level"),),
        (Row("a", ('"none"',), ("town",)), Row("b", ('not("none")',), ("county",))),
    )  # fmt: skip
    results = TableSet((level, heritage())).evaluate(CASE)
    assert list(results) == ["survey", "level"]
    assert results["level"].value == "county"


def test_undecided_table_passes_its_question_on():
    """A table that rests on an undecided one asks for the fact that is missing there."""
    unsure = replace(heritage(), inputs=(INDUSTRY, LAND, replace(IN_ZONE, missing=Missing.UNKNOWN)))
    level = DecisionTable(
        "level", (Input("item", ColumnType.STRING),), (Output("level"),),
        (Row("a", ("-",), ("county",)),),
    )  # fmt: skip
    results = TableSet((level, unsure)).evaluate({"industry": "industrial", "land": 4})
    assert results["level"].ask_for == ("in_zone",)


def test_circle_of_tables_is_named():
    """Tables that need each other are refused with the members of the circle."""

    def step(key, needs, gives):
        column = Input(needs, ColumnType.STRING)
        return DecisionTable(key, (column,), (Output(gives),), (Row("r", ("-",), ("x",)),))

    with pytest.raises(InputError, match="in a circle: a -> c -> b -> a"):
        TableSet((step("a", "z", "x"), step("b", "x", "y"), step("c", "y", "z")))


def test_two_versions_may_not_be_in_force_together():
    """Versions of a table follow each other; as_of chooses."""
    old = replace(heritage(), valid_to=date(2020, 1, 1))
    new = replace(heritage(), valid_from=date(2020, 1, 2))
    both = TableSet((new, old))
    assert both.evaluate(CASE, date(2020, 1, 2))["survey"].table.valid_from == date(2020, 1, 2)
    with pytest.raises(InputError, match="are in force on 2020-01-01"):
        TableSet((old, replace(new, valid_from=date(2020, 1, 1))))


@pytest.mark.parametrize("policy", ["F", "C", "R", "C#"])
@pytest.mark.parametrize("rows", [12, 90])
def test_arrays_give_the_same_answers(policy, rows):
    """Many cases at once are decided as one by one, also with more rows than a word has bits."""
    columns = (INDUSTRY, LAND, IN_ZONE, Input("started", ColumnType.DATE))
    whole = random_table(3, HitPolicy(policy), rows)
    shorter = replace(
        whole,
        inputs=columns,
        rows=tuple(replace(r, cells=(*r.cells[:3], r.cells[4])) for r in whole.rows),
    )
    cases = random_facts(500)
    arrays = {c.id: np.array([f[c.id] for f in cases]) for c in columns}
    arrays["started"] = arrays["started"].astype("datetime64[D]")
    decided = evaluate_columns(shorter, arrays)
    expected = [shorter.evaluate(facts).outcome for facts in cases]
    assert decided.values().tolist() == [outcome.conclusion for outcome in expected]
    assert decided.row.tolist() == [o.fired[0] if o.fired else -1 for o in expected]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"land": np.array([1.0, np.nan])}, r"land: a number is missing \(case 1"),
        ({"land": np.array([1, -1])}, r"outside the possible values \(case 1"),
        ({"industry": np.array(["industrial", "x"])}, r"industry: is no value of it \(case 1"),
        ({"industry": np.array([0, 3])}, "counts the values from 0 to 2"),
        ({"in_zone": np.array([0, 1])}, "not truth values"),
        ({"land": np.array([1])}, "different lengths"),
    ],
)
def test_wrong_arrays_are_errors(wrong, said):
    """One impossible value among many is found and its case named."""
    arrays = {
        "industry": np.array([0, 1]),
        "land": np.array([1, 2]),
        "in_zone": np.array([True, False]),
    }
    with pytest.raises(InputError, match=said):
        evaluate_columns(heritage(), arrays | wrong)
