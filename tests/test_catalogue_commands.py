"""``lianban check`` and ``lianban rules`` on catalogues, as a keeper uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lianban.cli import main

HEADER = "key,name_zh,kind,days,unit,statutory_limit,basis_type,basis\n"
ROWS = (
    "A,甲许可,government_approval,10,wd,20 wd,law,某法 art. 1\n"
    "B,乙许可,government_approval,25,wd,20 wd,law,某法 art. 2\n"
)


def catalogue(folder: Path, rows: str = ROWS, edges: str = "A,B,statute,某法 art. 2\n") -> Path:
    """Write a catalogue of items and prerequisites."""
    folder.mkdir()
    (folder / "items.csv").write_text(HEADER + rows, "utf-8-sig")
    (folder / "prerequisites.csv").write_text("before,after,strength,basis\n" + edges, "utf-8-sig")
    return folder


def test_a_promise_above_the_statute_is_a_finding(tmp_path: Path, capsys):
    """Item B promises 25 days where the statute allows 20: C6 on its line, exit 1."""
    folder = catalogue(tmp_path / "c")
    assert main(["check", str(folder), "--as-of", "2025-03-03", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    wrong = [f for f in findings if f["severity"] == "error"]
    assert {(f["id"], f["file"], f["line"]) for f in wrong} == {("C6", "items.csv", 3)}
    assert main(["rules", "lint", str(folder), "--as-of", "2025-03-03", "--lang", "zh"]) == 1
    assert "乙许可" in capsys.readouterr().out


def test_items_that_wait_for_each_other_are_refused(tmp_path: Path, capsys):
    """Mutual prerequisites are one line with the cycle and the lawful repair, exit 2."""
    sound = ROWS.replace("25,wd", "15,wd")
    folder = catalogue(tmp_path / "c", sound, "A,B,statute,某法 art. 2\nB,A,practice,habit\n")
    assert main(["check", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "drop the custom prerequisite B->A" in err


def test_an_edit_of_a_catalogue_is_told_item_by_item(tmp_path: Path, capsys):
    """Two catalogues differ in one limit and one prerequisite: two lines."""
    old = catalogue(tmp_path / "old")
    new = catalogue(tmp_path / "new", ROWS.replace("10,wd", "7,wd"), "")
    assert main(["rules", "diff", str(old), str(new)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("10 wd -> 7 wd" in line for line in lines)
    assert any("A" in line and "B" in line and "某法 art. 2" in line for line in lines)
    assert main(["rules", "diff", str(old), str(old)]) == 0
    assert capsys.readouterr().out == "the catalogues are the same\n"


def test_a_table_of_items_is_checked_alone(tmp_path: Path, capsys, monkeypatch):
    """One CSV with a misspelt prerequisite is one line naming the nearest key, exit 2."""
    monkeypatch.chdir(tmp_path)
    Path("items.csv").write_text("id,name,days,prerequisites\njy-01,受理,1,\njy-02,审查,5,jy-O1\n")
    assert main(["check", "items.csv"]) == 2
    assert capsys.readouterr().err == (
        "items.csv:3: prerequisites: no step has the key 'jy-O1' (did you mean 'jy-01'?)\n"
    )


@pytest.mark.parametrize("day", ["2019-02-30", "today"])
def test_a_day_is_a_date(tmp_path: Path, capsys, day: str):
    """A day that is no date is refused."""
    assert main(["check", str(catalogue(tmp_path / "c")), "--as-of", day]) == 2
    assert f"'{day}' is not a date" in capsys.readouterr().err
