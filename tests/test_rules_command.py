"""``lianban rules``: what a catalogue keeper types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lianban.cli import main

HEADER = """
id = "heritage"
name = {zh = "文物勘探", en = "Heritage survey"}
hit_policy = "first"
complete = true
inputs = [
  {id = "industry", type = "enum", values = ["industrial", "housing"]},
  {id = "land", type = "number", unit = {zh = "亩", en = "mu"}, min = 0},
  {id = "in_zone", type = "bool", missing = "unknown"},
  {id = "uses", type = "set", values = ["heritage", "seismic"]},
]
outputs = [{id = "item"}]
rows = "heritage.csv"
"""
ROWS = """id,industry,land,in_zone,uses,item
r1,industrial,< 50,false,contains heritage,survey
r2,-,>= 50,-,-,opinion
r3,-,-,true,-,none
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a table with one gap into the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "heritage.toml").write_text(HEADER, "utf-8")
    (tmp_path / "heritage.csv").write_text(ROWS, "utf-8")
    return tmp_path / "heritage.toml"


FACTS = ("industry=industrial", "land=12.5", "in_zone=no", "uses=heritage;seismic")


def test_facts_are_decided_and_explained(table: Path, capsys: pytest.CaptureFixture[str]):
    """A project's facts give the item, the row that fired and why the others did not."""
    assert main(["rules", "eval", "heritage.toml", *FACTS]) == 0
    assert capsys.readouterr().out == "heritage: survey  [r1]\n"
    assert main(["rules", "eval", "heritage.toml", *FACTS, "--why", "--lang", "zh"]) == 0
    assert "r1" in capsys.readouterr().out


def test_the_trace_is_in_the_document(table: Path, capsys: pytest.CaptureFixture[str]):
    """JSON holds the value, the rows and the first failing cell of every other row."""
    assert main(["rules", "eval", "heritage.toml", *FACTS, "--json"]) == 0
    decision = json.loads(capsys.readouterr().out)["decisions"]["heritage"]
    assert (decision["value"], decision["rows"]) == ("survey", ["r1"])
    assert {"row": "r2", "state": "failed", "failing": ["land"]} in decision["trace"]


def test_a_missing_fact_is_asked_for(table: Path, capsys: pytest.CaptureFixture[str]):
    """Where a fact may be unknown the answer is what to ask for, exit 3; never a default row."""
    assert main(["rules", "eval", "heritage.toml", "industry=industrial", "land=3", "uses="]) == 3
    assert capsys.readouterr().out == "heritage: cannot decide, ask for: in_zone\n"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (["indutry=industrial"], "no table asks for 'indutry' (did you mean 'industry'?)"),
        (["land=many"], "land: 'many' is not a number"),
        (["land"], "'land' is not written as FACT=VALUE"),
        ([*FACTS[1:], "industry=industral"], "did you mean 'industrial'"),
        ([*FACTS, "--as-of", "2019"], "'2019' is not a date"),
    ],
)
def test_mistakes_in_facts(table, capsys, facts, said):
    """A misspelt fact or value is one line with the nearest name, exit 2."""
    assert main(["rules", "eval", "heritage.toml", *facts]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_gaps_are_found_with_a_witness(table: Path, capsys: pytest.CaptureFixture[str]):
    """A table that says it is complete and is not: finding C2, exit 1."""
    assert main(["rules", "lint", "heritage.toml", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    gap = next(each for each in findings if each["id"] == "C2")
    assert gap["severity"] == "error"
    assert gap["witness"]["in_zone"] is False
    assert main(["rules", "lint", "heritage.toml"]) == 1
    assert "C2 error" in capsys.readouterr().out


def test_an_edit_is_told_by_the_projects_it_decides_otherwise(table, tmp_path, capsys):
    """Raising a bound from 50 to 60 mu is told as the projects between."""
    new = tmp_path / "new"
    new.mkdir()
    (new / "heritage.toml").write_text(HEADER, "utf-8")
    (new / "heritage.csv").write_text(ROWS.replace("50", "60"), "utf-8")
    mix = [{"industry": "industrial", "land": n, "in_zone": True, "uses": []} for n in (10, 55, 99)]
    (tmp_path / "mix.json").write_text(json.dumps(mix))
    command = ["rules", "diff", "heritage.toml", "new/heritage.toml", "--projects", "mix.json"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "50" in out
    assert "60" in out
    assert "1 of 3 projects are decided otherwise" in out
    assert main(["rules", "diff", "heritage.toml", "heritage.toml"]) == 0
    assert capsys.readouterr().out == "no project is decided otherwise\n"


def test_dmn_goes_out_and_comes_back(table: Path, tmp_path: Path, capsys):
    """Exported as DMN and imported again, the table decides and reads the same."""
    assert main(["rules", "export", "heritage.toml", "-o", "out.dmn"]) == 0
    assert main(["rules", "import", "out.dmn", "-o", "back"]) == 0
    capsys.readouterr()
    assert main(["rules", "eval", "back", *FACTS]) == 0
    assert capsys.readouterr().out == "heritage: survey  [r1]\n"
    assert main(["rules", "export", "back", "-o", "sheets"]) == 0
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == [
        "heritage.toml",
        "heritage.xlsx",
    ]
    capsys.readouterr()
    assert main(["rules", "eval", "sheets", *FACTS]) == 0
    assert main(["rules", "import", "out.dmn", "-o", "back"]) == 2


def test_a_bad_table_is_refused_with_its_line(table: Path, capsys):
    """A typo in an enum value is an error on its line, never a row that silently never fires."""
    rows = table.with_suffix(".csv")
    rows.write_text(ROWS.replace("industrial,", "industral,"), "utf-8")
    assert main(["rules", "eval", "heritage.toml", *FACTS]) == 2
    assert "heritage.csv:2:" in capsys.readouterr().err
