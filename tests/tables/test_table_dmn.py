"""DMN in and out: nothing is lost, hostile files are refused, chains decide."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from example_tables import everything, heritage, random_facts, random_table

from rules.problems import InputError
from rules.tables.chain import TableSet
from rules.tables.columns import ColumnType, Input, Output
from rules.tables.dmn_read import read_dmn
from rules.tables.dmn_table import table_of, tables_of
from rules.tables.dmn_write import dmn_bytes, write_dmn
from rules.tables.dmn_xml import NAMESPACES
from rules.tables.reader import read_table
from rules.tables.table import DecisionTable, HitPolicy, Row
from rules.tables.writer import write_table

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "schemas" / "dmn"
LEVEL = DecisionTable(
    "level",
    (Input("item", ColumnType.STRING),),
    (Output("level"),),
    (Row("a", ('"none"',), ("town",)), Row("b", ('not("none")',), ("county",))),
)
MODEL = """<definitions xmlns="{space}" name="m" namespace="n" id="d">
<inputData id="i" name="Land Area"><variable name="Land Area" typeRef="number"/></inputData>
<decision id="a" name="Twice"><variable name="Twice"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement>
<literalExpression><text>Land Area * 2</text></literalExpression></decision>
<decision id="b" name="Size"><variable name="Size"/>
<informationRequirement><requiredDecision href="#a"/></informationRequirement>
<decisionTable hitPolicy="{policy}">
<input id="x"><inputExpression><text>Twice</text></inputExpression></input>
<output id="o"/><rule id="r1"><inputEntry><text>&lt; 100</text></inputEntry>
<outputEntry><text>"small"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>{cell}</text></inputEntry>
<outputEntry><text>"large"</text></outputEntry></rule>
</decisionTable></decision>{more}</definitions>"""
PLAIN = {
    "space": "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "policy": "UNIQUE",
    "cell": "&gt;= 100",
    "more": "",
}


def model(folder, text=MODEL, **changes):
    path = folder / "model.dmn"
    path.write_text(text.format(**PLAIN | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize("made", [everything(), heritage(), *map(random_table, range(3))])
def test_csv_to_dmn_and_back_loses_nothing(tmp_path, made):
    """CSV -> model -> DMN -> model -> CSV ends with the very bytes it began with."""
    header, rows = write_table(made, tmp_path)
    before = header.read_bytes(), rows.read_bytes()
    write_dmn([read_table(header, check_overlaps=False)], tmp_path / "x.dmn")
    (again,) = tables_of(read_dmn(tmp_path / "x.dmn"))
    assert again == made
    header, rows = write_table(again, tmp_path)
    assert (header.read_bytes(), rows.read_bytes()) == before


@pytest.mark.parametrize("policy", ["F", "C", "R", "C#"])
def test_exported_table_decides_the_same(tmp_path, policy):
    """Read as plain DMN, without our extension, the export gives the same answers."""
    made = random_table(5, HitPolicy(policy))
    write_dmn([made], tmp_path / "x.dmn")
    decision = read_dmn(tmp_path / "x.dmn")["survey"]
    for facts in random_facts(150):
        assert decision.evaluate(facts) == made.evaluate(facts).value


def test_chained_tables_are_exported_with_their_requirement(tmp_path):
    """A table that reads another's conclusion requires its decision."""
    write_dmn(TableSet((LEVEL, heritage())), tmp_path / "x.dmn")
    model = read_dmn(tmp_path / "x.dmn")
    facts = {"industry": "industrial", "land": 40, "in_zone": False}
    assert model["level"].inputs == ("industry", "land", "in_zone")
    assert model["level"].evaluate(facts) == "county"
    assert {t.id: t for t in tables_of(model)} == {"survey": heritage(), "level": LEVEL}


def test_table_edited_elsewhere_is_read_as_it_now_is(tmp_path):
    """A cell or hit policy changed in another editor wins over what our export remembered."""
    path = tmp_path / "x.dmn"
    data = dmn_bytes([heritage()]).decode()
    assert data.count("&lt; 50") == 1
    path.write_text(
        data.replace("&lt; 50", "&lt; 30").replace('"FIRST"', '"COLLECT"'), encoding="utf-8"
    )
    again = table_of(read_dmn(path)["survey"])
    assert (again.rows[0].cells[1], again.hit_policy) == ("< 30", HitPolicy.COLLECT)
    assert again.inputs == heritage().inputs


def test_export_is_valid_against_the_schema(tmp_path):
    """The file is DMN 1.3 as its schema says."""
    etree = pytest.importorskip("lxml.etree")
    if not SCHEMAS.is_dir():
        pytest.skip("the schemas are not beside this checkout")
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / "DMN13.xsd")))
    written = etree.fromstring(
        dmn_bytes([everything(), replace(LEVEL, id="行 业/2", outputs=(Output("b"),))])
    )
    assert schema.validate(written), schema.error_log


@pytest.mark.parametrize("space", sorted(NAMESPACES))
def test_all_versions_are_read(tmp_path, space):
    """DMN 1.2 to 1.6 are read; names with blanks and chained decisions work."""
    found = read_dmn(model(tmp_path, space=space))
    assert found.keys() == ("Twice", "Size")
    assert [d.name for d in found] == ["Twice", "Size"]
    assert [found["Size"].evaluate({"Land Area": land}) for land in (49, 50)] == ["small", "large"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"space": "http://www.omg.org/spec/BPMN/20100524/MODEL"}, "is not DMN 1.2 to 1.6"),
        ({"policy": "LAST"}, "unknown hit policy 'LAST "),
        ({"cell": "&gt;= twenty"}, "'twenty' is no name that is known here"),
        ({"cell": "&gt; 90"}, "at most one row may match"),
        ({"more": '<decision id="c" name="Twice"/>'}, "two decisions are named 'Twice'"),
        ({"more": '<decision id="c" name="C"><informationRequirement><requiredDecision href="#c"/>'
                  "</informationRequirement></decision>"}, "in a circle: C -> C"),
        ({"more": '<decision id="c" name="C"><informationRequirement><requiredInput href="#z"/>'
                  "</informationRequirement></decision>"}, "requires 'z', which is not here"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(tmp_path, changes, said):
    """A model that is wrong or beyond what we read is refused with the reason."""
    with pytest.raises(InputError) as caught:
        read_dmn(model(tmp_path, **changes))["Size"].evaluate({"Land Area": 47.5})
    assert said in str(caught.value)


def test_unread_kind_is_refused_only_when_asked(tmp_path):
    """A decision with a context is listed and leaves the others usable."""
    found = read_dmn(model(tmp_path, more='<decision id="c" name="C"><context/></decision>'))
    assert found["Size"].evaluate({"Land Area": 1}) == "small"
    with pytest.raises(
        InputError, match="only decision tables and literal expressions are read, not context"
    ):
        found["C"].evaluate({})


def test_many_paths_to_one_input_are_walked_once(tmp_path):
    """Thirty layers of decisions that each need both of the layer before are no trouble."""
    need = '<informationRequirement><requiredDecision href="#{0}"/></informationRequirement>'
    more = []
    below = ("a", "a")
    for layer in range(30):
        for side in "xy":
            key = f"{side}{layer}"
            more.append(
                f'<decision id="{key}" name="{key}"><variable name="{key}"/>'
                + "".join(need.format(k) for k in dict.fromkeys(below))
                + f"<literalExpression><text>{'Twice' if layer == 0 else below[0]}"
                "</text></literalExpression></decision>"
            )
        below = (f"x{layer}", f"y{layer}")
    found = read_dmn(model(tmp_path, more="".join(more)))
    assert found["x29"].inputs == ("Land Area",)
    assert found["x29"].evaluate({"Land Area": 2}) == 4


def test_missing_input_is_an_error(tmp_path):
    """An input that is not given is named; null is passed as None."""
    size = read_dmn(model(tmp_path))["Size"]
    with pytest.raises(
        InputError, match=r"the input 'Land Area' is missing \(did you mean 'Land area'"
    ):
        size.evaluate({"Land area": 1})
    assert size.evaluate({"Land Area": None}) is None


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE d [<!ENTITY a "b">]><definitions/>',
        '<!DOCTYPE d SYSTEM "file:///etc/hostname"><definitions/>',
        "<a>" * 1000,
        "<definitions",
        "",
        "\x00",
        "<definitions/>",
        '<?xml version="1.0" encoding="klingon"?><definitions/>',
    ],
)
def test_hostile_file_is_refused(tmp_path, hostile):
    """Entities, deep nesting and broken files are input errors, never another exception."""
    path = tmp_path / "x.dmn"
    path.write_text(hostile, encoding="utf-8")
    with pytest.raises(InputError):
        read_dmn(path)


def test_standard_tables_become_ours(tmp_path):
    """Without our extension types, choices and limits come from the standard parts."""
    data = dmn_bytes([everything()]).decode()
    start, end = data.index("<extensionElements>"), data.index("</extensionElements>")
    path = tmp_path / "x.dmn"
    path.write_text(data[:start] + data[end + len("</extensionElements>") :], encoding="utf-8")
    again = table_of(read_dmn(path)["deciding.level"])
    kinds = [column.type.value for column in again.inputs]
    assert kinds == ["enum", "number", "bool", "set", "date", "string"]
    assert (again.inputs[0].values, again.inputs[1].low) == (
        ("industrial", "logistics", "housing"),
        0,
    )
    assert again.rows[0].valid_from == date(2016, 9, 1)


def test_control_characters_cannot_be_written():
    """XML has no place for a bell; the export says so rather than write a broken file."""
    with pytest.raises(InputError, match="control character"):
        dmn_bytes([replace(LEVEL, rows=(replace(LEVEL.rows[0], basis="\x07"),))])
