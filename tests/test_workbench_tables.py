"""Editing a planner's tables on the page: checked as a whole, saved whole, never lost."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")

from workbench_server import Answer, Bench, bench

from lianban.workbench.tables import cells_of
from results.exports import export
from scenarios import copy_to, load


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Bench, Path]]:
    copy_to("jiaxing", tmp_path / "county")
    with bench(tmp_path) as served:
        yield served, tmp_path / "county"


def column(folder: Path, table: str, name: str) -> int:
    with (folder / table).open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file)).index(name)


def send(desk: tuple[Bench, Path], what: str, edits: list[Any], **more: Any) -> Answer:
    served, folder = desk
    stamp = cells_of((folder / "items.csv").read_bytes()).stamp
    asked = {
        "query": "a=county&lang=en",
        "file": "items.csv",
        "stamp": stamp,
        "edits": edits,
    } | more
    return served.ask(f"/catalogue/{what}", "POST", body=json.dumps(asked | more).encode())


def test_an_edit_is_checked_before_it_is_saved(desk: tuple[Bench, Path]):
    """The check names what changes and what it does to every design; nothing is written."""
    _, folder = desk
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    days = column(folder, "items.csv", "days")
    found = json.loads(send(desk, "check", [[1, days, "9"]]).body)
    assert found["sound"]
    assert "S01" in found["html"]
    assert "<td>35 / 242</td>" in found["html"]  # 236 with six more days in the serial flow
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_cannot_be_read_cannot_be_saved(desk: tuple[Bench, Path]):
    """A wrong cell is named with its line, and saving is refused."""
    _, folder = desk
    days = column(folder, "items.csv", "days")
    text = (folder / "items.csv").read_bytes()
    edit = [[2, days, "minus three"]]
    found = json.loads(send(desk, "check", edit).body)
    assert found["sound"] is False
    assert ["items.csv", 3] in found["marks"]
    assert "minus three" in found["html"]
    assert str(folder) not in found["html"]
    assert send(desk, "save", edit).status == 400
    assert (folder / "items.csv").read_bytes() == text


def test_saving_keeps_the_former_file(desk: tuple[Bench, Path]):
    """The new table is what was shown, the former one stands beside it, all else is untouched."""
    _, folder = desk
    days = column(folder, "items.csv", "days")
    text = (folder / "items.csv").read_bytes()
    answer = send(desk, "save", [[1, days, "9"]])
    assert answer.status == 200, answer.text
    assert load(folder).procedure["S01"].days == 9
    backups = list(folder.glob("items.csv.*.bak"))
    assert [each.read_bytes() for each in backups] == [text]
    assert backups[0].name in json.loads(answer.body)["saved"]
    assert not list(folder.glob(".*"))
    old, new = (cells_of(data).rows for data in (text, (folder / "items.csv").read_bytes()))
    changed = [
        (row, at) for row, (a, b) in enumerate(zip(old, new, strict=True))
        for at, (was, now) in enumerate(zip(a, b, strict=True)) if was != now
    ]  # fmt: skip
    assert changed == [(1, days)]


def test_a_table_that_changed_meanwhile_is_not_overwritten(desk: tuple[Bench, Path]):
    """Whoever edits the file in Excel at the same time loses nothing."""
    _, folder = desk
    days = column(folder, "items.csv", "days")
    stamp = cells_of((folder / "items.csv").read_bytes()).stamp
    other = (folder / "items.csv").read_bytes() + b"\r\n"
    (folder / "items.csv").write_bytes(other)
    answer = send(desk, "save", [[1, days, "9"]], stamp=stamp)
    assert answer.status == 400
    assert "changed on disk" in answer.text
    assert (folder / "items.csv").read_bytes() == other


def test_a_formula_is_written_as_text(desk: tuple[Bench, Path]):
    """A name that begins like a formula does nothing in Excel, and is read back as typed."""
    _, folder = desk
    name = column(folder, "items.csv", "name_en")
    assert send(desk, "save", [[1, name, "=cmd|' /C calc'!A0"]]).status == 200
    assert "'=cmd" in (folder / "items.csv").read_text(encoding="utf-8-sig")
    assert load(folder).procedure["S01"].name.en == "=cmd|' /C calc'!A0"


def test_a_shipped_scenario_is_not_written(desk: tuple[Bench, Path]):
    """What came with the program is looked at, never changed."""
    from scenarios.library import shipped_folder

    served, _ = desk
    path = shipped_folder() / "jiaxing" / "items.csv"
    text = path.read_bytes()
    asked = {"query": "a=jiaxing", "file": "items.csv", "stamp": cells_of(text).stamp,
             "edits": [[1, column(path.parent, "items.csv", "days"), "9"]]}  # fmt: skip
    answer = served.ask("/catalogue/save", "POST", body=json.dumps(asked).encode())
    assert answer.status == 400
    assert "came with the program" in answer.text
    assert path.read_bytes() == text


@pytest.mark.parametrize(
    "edits", [[[0, 0, "key"]], [[99, 0, "x"]], [[1, 99, "x"]], [[1, 1]], "x", [[True, 1, "x"]],
              [[1, 1, "x" * 5000]], [[-1, 0, "x"]], [[1, 1, 5]], None]
)  # fmt: skip
def test_odd_edits_are_refused(desk: tuple[Bench, Path], edits: Any):
    """Edits beyond the table, of its head, or of another form change nothing."""
    assert send(desk, "check", edits).status == 400
    for file in ("../county/items.csv", "scenario.toml", "", 7):
        assert send(desk, "check", [], file=file).status == 400


def upload(served: Bench, name: str, data: bytes, more: str = "") -> Answer:
    headers = {"Content-Type": "application/octet-stream"}
    return served.ask(f"/import?a=county&lang=en&name={name}{more}", "POST", headers, data)


def test_a_drawing_becomes_a_scenario(desk: tuple[Bench, Path]):
    """A BPMN file is first told about, then opened as a folder of its own; never over another."""
    served, folder = desk
    drawing = export(load("jiaxing/reform"), ".bpmn", language="en")
    assert json.loads(upload(served, "drawn.bpmn", drawing).body)["sound"]
    assert not (folder.parent / "drawn").exists()
    taken = json.loads(upload(served, "drawn.bpmn", drawing, "&take=1").body)
    assert taken["go"] == "/?a=drawn"
    assert served.ask("/?a=drawn").status == 200
    assert upload(served, "drawn.bpmn", drawing, "&take=1").status == 400
    assert upload(served, "..%2f..%2fx.bpmn", drawing, "&take=1").status in (200, 400)
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir())[:2] == [
        "county", "drawn",
    ]  # fmt: skip
    for odd in (b"", b"<x/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\x00" * 100):
        assert upload(served, "odd.bpmn", odd).status == 400


def test_a_table_of_items_is_compared_first(desk: tuple[Bench, Path]):
    """An uploaded table is told about before it replaces the scenario's, with a backup."""
    served, folder = desk
    text = (folder / "items.csv").read_bytes()
    shorter = text.decode("utf-8-sig").replace("Enterprise investment", "Investor's")
    told = json.loads(upload(served, "new.csv", shorter.encode()).body)
    assert told["sound"]
    assert "Investor" in told["html"]
    assert (folder / "items.csv").read_bytes() == text
    assert upload(served, "new.csv", shorter.encode(), "&take=1").status == 200
    assert "Investor" in load(folder).procedure["S01"].name.en
    assert len(list(folder.glob("items.csv.*.bak"))) == 1
    book = export(load(folder), ".xlsx", language="en")
    assert json.loads(upload(served, "new.xlsx", book).body)["sound"]
    for name in ("x.exe", "x", "..", "a/b.csv%00", ".csv"):
        assert upload(served, name, b"key\n").status == 400
