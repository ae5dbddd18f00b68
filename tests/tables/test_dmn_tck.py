"""The DMN technology compatibility kit's cases that stand beside the repository."""

import json
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import pytest

from rules.tables.dmn_read import read_dmn
from rules.tables.feel import evaluate

TCK = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck"
pytestmark = pytest.mark.skipif(
    not TCK.is_dir(), reason="the shared data are not beside this checkout"
)

_CASE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def _expressions():
    path = TCK / "feel-unary.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def _value(element):
    """Return a value, list or structure of a test case."""
    if (listed := element.find(f"{_CASE}list")) is not None:
        return [_value(item) for item in listed.findall(f"{_CASE}item")]
    if parts := element.findall(f"{_CASE}component"):
        return {part.get("name"): _value(part) for part in parts}
    value = element.find(f"{_CASE}value")
    if value is None or value.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
        return None
    kind, text = (value.get(_TYPE) or "string").rpartition(":")[2], value.text or ""
    readers = {"boolean": lambda t: t == "true", "date": date.fromisoformat, "string": str}
    return readers.get(kind, float)(text)


def _results():
    for path in sorted(TCK.glob("tables/*/*-test-*.xml")):
        root = ET.parse(path).getroot()
        model = path.parent / (root.findtext(f"{_CASE}modelName") or "")
        for case in root.findall(f"{_CASE}testCase"):
            inputs = {node.get("name"): _value(node) for node in case.findall(f"{_CASE}inputNode")}
            for result in case.findall(f"{_CASE}resultNode"):
                expected = _value(result.find(f"{_CASE}expected"))
                label = f"{model.stem}-{case.get('id')}-{result.get('name')}"
                yield pytest.param(model, inputs, result.get("name"), expected, id=label)


@pytest.mark.parametrize("case", _expressions(), ids=lambda c: f"{c['model']}-{c['name']}")
def test_expression_means_what_the_kit_says(case):
    """Every FEEL expression of the kit has the kit's value, null included."""
    value = evaluate(case["expression"])
    assert (value, type(value)) == (case["expected"], type(case["expected"]))


@pytest.mark.parametrize(("model", "inputs", "decision", "expected"), list(_results()))
def test_table_decides_as_the_kit_says(model, inputs, decision, expected):
    """Every decision of the kit's table models gives the kit's result."""
    assert read_dmn(model)[decision].evaluate(inputs) == expected
