"""Planners' files: read with every problem named, written back without loss."""

from dataclasses import replace
from datetime import date

import pytest
from example_tables import LAND, everything, heritage, random_table, table
from hypothesis import given
from hypothesis import strategies as st

from rules.problems import InputError
from rules.steps import Name
from rules.tables.columns import Missing
from rules.tables.reader import protected, read_table, read_tables, unprotected
from rules.tables.table import HitPolicy
from rules.tables.writer import write_table

HEADER = """
id = "survey"
name = {zh = "文物勘探", en = "Heritage survey"}
hit_policy = "first"
basis = "Heritage law art. 29"
rows = "rows.csv"
inputs = [
  {id = "industry", type = "enum", label = {zh = "行业"}, values = [
   "industrial", {id = "housing", zh = "住宅"}]},
  {id = "land", type = "number", unit = {zh = "亩", en = "mu"}, min = 0},
  {id = "in_zone", type = "bool", missing = "unknown"},
]
outputs = [{id = "item", type = "ref:item"}, {id = "days", type = "number"}]
"""
ROWS = """id,行业,land [亩],in_zone,item,days,依据,valid_from,note
r1,industrial,< 50,否,survey,5,art. 29,2016-09-01,first
r2,housing,-,TRUE,opinion,7.5,,,
"""


def write(folder, header=HEADER, rows=ROWS, encoding="utf-8-sig"):
    (folder / "survey.toml").write_text(header, encoding="utf-8")
    (folder / "rows.csv").write_text(rows, encoding=encoding)
    return folder / "survey.toml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_header_and_rows_make_a_table(tmp_path, encoding):
    """Labels in either language name a column; words of an enum need no quotes."""
    read = read_table(write(tmp_path, encoding=encoding))
    assert (read.hit_policy, read.name) == (HitPolicy.FIRST, Name("文物勘探", "Heritage survey"))
    assert read.inputs[2].missing is Missing.UNKNOWN
    assert (read.outputs[0].refers, read.rows[1].outputs) == ("item", ("opinion", 7.5))
    assert (read.rows[0].basis, read.rows[0].valid_from) == ("art. 29", date(2016, 9, 1))
    facts = {"industry": "housing", "land": 1, "in_zone": True}
    assert read.evaluate(facts, date(2020, 1, 1)).value == {"item": "opinion", "days": 7.5}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("industrial,< 50", "industral,< 50",
         "rows.csv:2: industry: 'industral': 'industral' is no value of industry "
         "(did you mean 'industrial'?)"),
        ("< 50", "< fifty", "rows.csv:2: land: '< fifty': found 'fifty' without quotes"),
        ("< 50", "< 50 mu", "rows.csv:2: land: '< 50 mu': found 'mu'"),
        ("< 50", "[60..50]", "rows.csv:2: land: '[60..50]' accepts no possible value"),
        ("< 50", "< 0", "rows.csv:2: land: '< 0' accepts no possible value"),
        ("否", "maybe", "rows.csv:2: in_zone: 'maybe': found 'maybe' without quotes"),
        ("land [亩]", "land [公顷]",
         "rows.csv:1: land: the unit '公顷' is not the declared one, mu or 亩"),
        (",in_zone,", ",in_zon,",
         "rows.csv:1: column 'in_zon' is not declared (did you mean 'in_zone'?)"),
        (",in_zone,", ",in_zon,",
         "rows.csv:1: column 'in_zone' is declared in the header file but missing here"),
        ("survey,5", "survey,five", "rows.csv:2: days: 'five' is not a value of type number"),
        ("2016-09-01", "2016-09-31", "rows.csv:2: valid_from: '2016-09-31' is not a date"),
        ("7.5,,,", "7.5", "rows.csv:3: 6 cells, but the header names 9 columns"),
        ("7.5,,,", "7.5,,,,x", "rows.csv:3: 10 cells, but the header names 9 columns"),
        ("r2", "r1", "two rows have the id 'r1'"),
        ("first\n", "\"first\n", "is not CSV"),
    ],
)  # fmt: skip
def test_mistake_in_the_rows_is_named(tmp_path, old, new, said):
    """Every planted mistake is refused with its file, line and column."""
    assert old in ROWS
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, rows=ROWS.replace(old, new, 1)))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"first"', '"frist"', "hit_policy: unknown 'frist' (did you mean 'first'?)"),
        ('"number", unit', '"numbr", unit', "land: unknown type 'numbr' (did you mean 'number'?)"),
        ("hit_policy", "hit_polcy", "unknown key 'hit_polcy' (did you mean 'hit_policy'?)"),
        ("missing =", "mising =", "in_zone: unknown key 'mising' (did you mean 'missing'?)"),
        ('"unknown"', '"ask"', "missing: 'ask' is not one of error, unknown"),
        ("min = 0", 'min = "a"', "land: min: 'a' is not a number"),
        ("min = 0", "min = 9, max = 1", "land: min 9 is above max 1"),
        ('id = "survey"', "", "id: a table needs a key"),
        ('id = "land"', 'id = "industry"', "industry: two columns have this key"),
        ('"rows.csv"', '"row.csv"', "row.csv: cannot be read"),
        ('"first"', '"collect sum"', "needs exactly one output, a number"),
        ('"first"', '"P"', "needs an output's values in order of priority"),
        ("inputs = [", "inputs = ", "is not TOML"),
    ],
)
def test_mistake_in_the_header_is_named(tmp_path, old, new, said):
    """A typo in the header is refused, never taken for something else."""
    assert old in HEADER
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, HEADER.replace(old, new, 1)))
    assert said in str(caught.value)


def test_all_mistakes_come_at_once(tmp_path):
    """A file with four mistakes shows four lines."""
    rows = (
        ROWS.replace("industrial,", "x,")
        .replace("< 50", "<")
        .replace("7.5", "y")
        .replace("TRUE", "z")
    )
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, rows=rows))
    assert len(caught.value.problems) == 4


def test_overlap_that_the_policy_forbids_is_a_problem_of_the_file(tmp_path):
    """U is the default, and two rows that can match together are refused when read."""
    header = HEADER.replace('hit_policy = "first"', "").replace('"unknown"', '"error"')
    rows = ROWS.replace("housing,-", '"industrial,housing",-').replace("否", "-")
    with pytest.raises(InputError, match=r"rows\.csv:3: rows 'r1' and 'r2' can match together"):
        read_table(write(tmp_path, header, rows))
    assert read_table(tmp_path / "survey.toml", check_overlaps=False).conflicts()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("made", [everything(), heritage(), *map(random_table, range(3))])
def test_written_table_reads_back_the_same(tmp_path, made, kind):
    """Nothing is lost on the way to CSV or XLSX and back, not even a note like a formula."""
    header, rows = write_table(made, tmp_path, kind)
    again = read_table(header, check_overlaps=False)
    assert again == made
    before = rows.read_bytes()
    write_table(again, tmp_path, kind)
    assert kind == "xlsx" or rows.read_bytes() == before


def test_spreadsheet_programs_see_no_formula(tmp_path):
    """A note that begins like a formula is plain text in both kinds of file."""
    openpyxl = pytest.importorskip("openpyxl")
    _, rows = write_table(everything(), tmp_path, "csv")
    fields = rows.read_text(encoding="utf-8-sig").replace("\n", ",").split(",")
    assert [f for f in fields if f.lstrip('"').startswith(("=", "+", "@"))] == []
    _, rows = write_table(everything(), tmp_path, "xlsx")
    cells = [c for line in openpyxl.load_workbook(rows).active.iter_rows() for c in line]
    assert {c.data_type for c in cells} <= {"s", "n"}


def test_formula_in_a_workbook_is_refused(tmp_path):
    """What a cell says must stand in it; a formula's value may be stale."""
    openpyxl = pytest.importorskip("openpyxl")
    header, rows = write_table(heritage(), tmp_path, "xlsx")
    book = openpyxl.load_workbook(rows)
    book.active["C2"] = "=1+1"
    book.save(rows)
    with pytest.raises(InputError, match=r"survey\.xlsx:2: .*C2: holds the formula"):
        read_table(header)


def test_typed_cells_of_a_workbook_are_read(tmp_path):
    """Numbers, truth values and dates that Excel typed itself are read as what they are."""
    openpyxl = pytest.importorskip("openpyxl")
    header, rows = write_table(everything(), tmp_path, "xlsx")
    book = openpyxl.load_workbook(rows)
    sheet = book.active
    titles = [cell.value for cell in sheet[1]]
    for title, value in (
        ("land", 7),
        ("in_zone", True),
        ("started", date(2016, 9, 1)),
        ("days", 2.0),
    ):
        sheet.cell(3, titles.index(title) + 1).value = value
    book.save(rows)
    row = read_table(header).rows[1]
    assert (row.cells[1:3], row.cells[4], row.outputs[1]) == (("7", "yes"), "2016-09-01", 2)


def test_folder_of_tables_is_a_set(tmp_path):
    """All headers of a folder make one set; their problems come together."""
    write_table(heritage(), tmp_path)
    write_table(replace(table([(("-",), ("x",))], (LAND,)), id="other"), tmp_path)
    with pytest.raises(InputError, match="both conclude 'item'"):
        read_tables(tmp_path)


@given(st.text(max_size=12))
def test_protection_is_undone(text):
    """A protected text reads back as it was and never begins a formula."""
    assert unprotected(protected(text)) == text
    assert not protected(text).startswith(("=", "+", "@", "\t", "\r"))
