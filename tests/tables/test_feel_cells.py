"""The cell language: what FEEL text means, and that no text does harm."""

import sys
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.problems import InputError
from rules.tables.feel import evaluate, unary_test
from rules.tables.feel_syntax import LONGEST_CELL, FeelSyntaxError


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("-", [1, "a", None], []),
        ("", [1, None], []),
        ("50", [50, 50.0, Decimal("50.00")], [49, "50", True, None]),
        ("-5", [-5], [5]),
        ("1, 2, 3", [1, 3], [4]),
        ('"a","b"', ["a", "b"], ["c", 1]),
        ('not("a","b")', ["c"], ["a", "b"]),
        ("< 50", [49.9], [50, None, "1"]),
        ("<= 50", [50], [50.1]),
        ("> 50", [51], [50]),
        (">= 50", [50], [49]),
        ("[1..3]", [1, 2.5, 3], [0.9, 3.1]),
        ("(1..3)", [2], [1, 3]),
        ("]1..3[", [2], [1, 3]),
        ("[1..3)", [1], [3]),
        ("(1..3]", [3], [1]),
        ("not([1..3], > 10)", [0, 5], [1, 11]),
        ("!= 5", [4], [5]),
        ("true", [True], [False, 1, "true"]),
        ('date("2016-09-01")', [date(2016, 9, 1)], [date(2016, 9, 2), "2016-09-01"]),
        ('< date("2016-09-01")', [date(2016, 8, 31)], [date(2016, 9, 1)]),
        ('@"2016-09-01"', [date(2016, 9, 1)], [date(2016, 8, 31)]),
        ('contains "x"', [["x", "y"], {"x"}], [["y"], set()]),
        ('not(contains "x")', [["y"], set()], [{"x"}]),
        ("? > 5 and ? < 10", [7], [5, 10]),
        ('list contains(?, "x")', [["x"]], [["y"]]),
        ("[1, 2, [5..6]]", [1, 5.5], [3]),
        ("null", [None], [0, ""]),
        ("not(null)", [0, "a"], [None]),
        ("0.1 + 0.2", [0.3], [0.30000000000000004]),
    ],
)
def test_cell_accepts(cell, yes, no):
    """A cell accepts exactly the values that DMN says."""
    test = unary_test(cell)
    assert [v for v in yes if not test.matches(v)] == []
    assert [v for v in no if test.matches(v)] == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 in [2,3,1]", True),
        ("1 in (2, 3)", False),
        ("null in [1, null]", True),
        ("null in 1", False),
        ("[1,2] in [1,2]", True),
        ("[1,2] in [[1,2]]", True),
        ("5 in (> 10)", False),
        ("5 in ((1..3), [4..6])", True),
        ('"a" in < "b"', True),
        ('1 in < "b"', None),
        ("1 between 0 and 2 and true", True),
        ("2 between 3 and null", False),
        ("2 between 1 and null", None),
        ("not(true) or true", True),
        ("null or false", None),
        ('"a" = 1', None),
        ("[1,2] = [1,2]", True),
        ("[1,2][-1]", 2),
        ("[1,2][3]", None),
        ("(> 5) = (> 5)", True),
        ("(> 5) = (>= 5)", False),
        (r'"a\"\\\n\u4e2d"', 'a"\\\n中'),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("7 / 0", None),
        ("10 - 2 - 3", 5),
        ('if 1 < 2 then "a" else "b"', "a"),
        ("max(1, 3, 2) + min([4, 5]) + sum(1, 2) + count([1, 1])", 12),
        ("1.5 + 1.5", 3),
        ('date("2016-02-30")', None),
        ('date("2016-09-01").year', 2016),
    ],
)
def test_expression_has_the_value(expression, value):
    """Expressions are three-valued, decimal and left to right."""
    assert evaluate(expression) == value
    assert type(evaluate(expression)) is type(value)


def test_names_in_scope_may_hold_blanks():
    """A fact named in words is read whole; its parts are reached with a dot."""
    scope = {"land area": 60, "project": {"land": 40}}
    assert evaluate("land area > 50 and project.land < 50", scope) is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("50 mu", "found 'mu' where the end was expected"),
        ('"a', 'a text is not closed with "'),
        ("[1..", "found the end where a value was expected"),
        ("industrial，housing", "full-width: type ,"),
        ("not(1", "where ')' was expected"),
        ("lnad > 5", "'lnad' is no name that is known here (did you mean 'land'?)"),
        ("lst(1)", "there is no function 'lst'"),
        ('time("10:00")', "not supported"),
        ("1e99999", "too large"),
        ("1e" + "9" * 30, "too large"),
        ("9" * 35, "more than 34 digits"),
        ('@"2016-13-01"', "is not a date"),
        (r'"\ud800"', "is not a character"),
        ("(" * 100, "levels deep"),
        ("1," * LONGEST_CELL, "a cell has at most"),
        ("__import__('os')", "cannot be read"),
        ("().__class__", "was expected"),
    ],
)
def test_mistake_is_named(text, said):
    """What cannot be read is refused with what was found and what was expected."""
    with pytest.raises(FeelSyntaxError) as caught:
        unary_test(text, names=["land"])
    assert said in str(caught.value)


_PIECES = st.sampled_from(
    ["1", "-", "..", "[", "]", "(", ")", ",", "not(", '"a"', "in ", "between ", " and ", " or ",
     "?", "<", ">=", "=", "if ", "then ", "else ", "date(", '"2016-09-01"', "contains ", "null",
     "true", "**", "*", "/", "list contains(", ".", "x", "@", '"', "\\", "e9", " ", "中", "9999"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=40).map("".join)))
@settings(max_examples=400, deadline=None)
def test_no_text_does_anything_but_answer_or_be_refused(text):
    """Whatever stands in a cell, it is a test or an input error, never another exception."""
    try:
        test = unary_test(text, names=["x"])
    except InputError:
        return
    for value in (None, True, 1, 1.5, "a", date(2016, 9, 1), ["a"], {"b": 2}):
        assert test.answer(value, {"x": 1}) in (True, False, None)


@pytest.mark.parametrize(
    "unit",
    ["1,", "(", "[", "-", "1+", '"', "1=", "not(", "1 in ", "\\", "[1..2],", "9", "if ", "1[1]",
     "2**", "a.", "1 and ", 'contains "x",', "list  ", "1 between 1 and ", '"\\', "?[", " "]
)  # fmt: skip
def test_ten_times_the_characters_are_ten_times_the_work(unit):
    """No repetition makes reading slow: calls grow no faster than the text, up to 10 kB."""
    short, long = (calls_to_read((unit * 10_000)[:size]) for size in (1_000, 10_000))
    assert long < 11 * short + 100


def calls_to_read(text):
    """Return how many functions are called to read a cell: work, whatever the machine's speed."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with suppress(InputError):
            unary_test(text).matches(1)
    finally:
        sys.setprofile(before)
    return calls
