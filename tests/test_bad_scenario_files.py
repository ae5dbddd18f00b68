"""Scenario files as they should not be: each mistake one line, all at once, nothing written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_model_offices import ITEMS, OFFICES, SETTINGS

from lianban.cli import main

PREREQUISITES = "before,after,strength,basis\nA,B,data,r\nB,C,data,r\nC,D,data,r\n"
SOUND = {
    "items.csv": ITEMS,
    "offices.csv": OFFICES,
    "prerequisites.csv": PREREQUISITES,
    "scenario.toml": SETTINGS,
}
MEETING = '[[meeting]]\nkey = "joint"\nsteps = ["D"]\nslots = 2\n'


def told(folder: Path, capsys, files: dict[str, str | bytes | None]) -> tuple[int, list[str]]:
    """Return how ``lianban run`` ends, and what it says; None is a folder in a file's place."""
    for name, text in (SOUND | files).items():
        if text is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    before = sorted(path.name for path in folder.rglob("*"))
    code = main(["run", str(folder), "--replications", "5"])
    assert sorted(path.name for path in folder.rglob("*")) == before
    said = capsys.readouterr()
    assert bool(said.out) == (code == 0)
    return code, [line for line in said.err.splitlines() if line.strip()]


def toml(old: str, new: str) -> dict[str, str | bytes | None]:
    """Return a change of the scenario's own file."""
    assert old in SETTINGS
    return {"scenario.toml": SETTINGS.replace(old, new, 1)}


def spread(text: str) -> dict[str, str | bytes | None]:
    """Return a change of how durations vary."""
    return toml("[handling]\n", f"[handling]\nspread = {text}\n")


REFUSED: dict[str, tuple[dict[str, str | bytes | None], str]] = {
    "folder for a table": ({"items.csv": None}, "items.csv: cannot be read"),
    "empty table": ({"items.csv": ""}, "items.csv: is empty: a header row was expected"),
    "header alone": ({"items.csv": ITEMS.splitlines()[0]}, "items.csv: holds no rows"),
    "NUL": ({"items.csv": ITEMS + "E\0,x,drc,1,wd,survey\n"}, "items.csv:6: holds a NUL byte"),
    "open quote": ({"items.csv": ITEMS + 'E,"x,drc,1,wd,survey\n'}, "items.csv:6: a quote opened"),
    "short row": ({"items.csv": ITEMS + "E,x,drc\n"}, "items.csv:6: the row has 3 fields"),
    "twice": ({"items.csv": ITEMS + "A,x,drc,1,wd,survey\n"}, "items.csv:6: key: 'A' stands twice"),
    "full width": (
        {"items.csv": ITEMS.replace(",10,", ",１０,")}, "items.csv:2: days: '１０' is not a whole",
    ),
    "very long": (
        {"items.csv": ITEMS.replace(",10,", ",99999999999,")}, "items.csv:2: days: 99999999999",
    ),
    "unit": ({"items.csv": ITEMS.replace("10,wd", "10,weeks")}, "items.csv:2: unit: 'weeks'"),
    "no office": ({"offices.csv": None}, "offices.csv: cannot be read"),
    "office twice": ({"offices.csv": OFFICES + "drc,x,1,1\n"}, "offices.csv:4: key: 'drc' stands"),
    "office of 1e9": (
        {"offices.csv": OFFICES.replace(",1,4", ",1,1e9")}, "offices.csv:2: reviewers: '1e9'",
    ),
    "circle": (
        {"prerequisites.csv": PREREQUISITES + "D,A,data,r\n"},
        "prerequisites.csv:5: mutual prerequisites (a cycle): A -> B -> C -> D -> A",
    ),
    "itself": (
        {"prerequisites.csv": PREREQUISITES + "D,D,data,r\n"},
        "prerequisites.csv:5: before: 'D' cannot wait for itself",
    ),
    "GBK settings": (
        {"scenario.toml": SETTINGS.replace('"test"', '"测试"').encode("gbk")},
        "scenario.toml: is not UTF-8: save it as UTF-8",
    ),
    "key twice": (
        toml('name = "test"', 'name = "test"\nname = "x"'),
        "scenario.toml:3: is not TOML: the same key stands twice",
    ),
    "table twice": (
        {"scenario.toml": SETTINGS + "[cases]\n"}, "scenario.toml:12: is not TOML: [cases] stands",
    ),
    "tables": (toml("[cases]", "[[cases]]"), "scenario.toml:9: cases: [{"),
    "digits": (
        toml("number = 60", "number = " + 5000 * "9"),
        "scenario.toml:10: is not TOML: a whole number of more than 4,300 digits",
    ),
    "huge": (toml("number = 60", "number = 99999999999999999999"), "scenario.toml:10: number: 99"),
    "true": (toml("number = 60", "number = true"), "scenario.toml:10: number: True is not"),
    "text": (toml("number = 60", 'number = "x"'), "scenario.toml:10: number: 'x' is not a whole"),
    "infinite": (toml("per_year = 60", "per_year = inf"), "scenario.toml:11: per_year: inf"),
    "no day": (toml("2013-01-04", "2013-02-30"), "scenario.toml:3: is not TOML: invalid date"),
    "day as text": (toml("2013-01-04", '"2013-01-04"'), "scenario.toml:3: first_day: '2013"),
    "other age": (toml("2013-01-04", "9999-12-30"), "scenario.toml:3: first_day: 9999-12-30 lies"),
    "25 o'clock": (toml('"13:00-17:00"', '"13:00-25:00"'), "scenario.toml:5: office: '13:00-25"),
    "overlap": (toml('"13:00-17:00"', '"11:00-17:00"'), "scenario.toml:5: office: '11:00-17:00'"),
    "spread as text": (spread('"gamma"'), "scenario.toml:8: spread: 'gamma' is not a table"),
    "no values": (
        spread('{distribution = "empirical", values = []}'), "scenario.toml:8: spread: values:",
    ),
    "infinite mean": (
        spread('{distribution = "lognormal", mean = inf, cv = 1}'), "scenario.toml:8: spread: mean",
    ),
    "meeting twice": (
        toml("[cases]", MEETING + MEETING + "[cases]"), "scenario.toml:14: key: 'joint' stands",
    ),
    "meeting on nothing": (
        toml("[cases]", MEETING.replace("D", "Q") + "[cases]"),
        "scenario.toml:11: steps: no step is called 'Q'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_one_line(tmp_path, capsys, name):
    """One mistake, one line with its file and place; exit 2, no file written, no traceback."""
    files, line = REFUSED[name]
    code, lines = told(tmp_path, capsys, files)
    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith(line)


def test_a_link_that_leads_to_itself_is_one_line(tmp_path, capsys):
    """A file that is a link to itself cannot be read, and that is all there is to say."""
    os.symlink("items.csv", tmp_path / "loop.csv")
    os.symlink("loop.csv", tmp_path / "items.csv")
    for name in ("offices.csv", "prerequisites.csv", "scenario.toml"):
        (tmp_path / name).write_text(SOUND[name], "utf-8")
    assert main(["run", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("items.csv: cannot be read")


def test_mistakes_of_several_files_come_at_once(tmp_path, capsys):
    """Four mistakes in three files are four lines, file by file."""
    files = {
        "scenario.toml": SETTINGS.replace("number = 60", "number = -1").replace(
            "minutes = 20", "minutes = nan"
        ),
        "items.csv": ITEMS.replace("drc,10", "drc,x"),
        "prerequisites.csv": PREREQUISITES + "Z,A,data,r\n",
    }
    code, lines = told(tmp_path, capsys, files)
    assert code == 2
    assert [line.split(" ")[0] for line in lines] == [
        "items.csv:2:", "prerequisites.csv:5:", "scenario.toml:8:", "scenario.toml:10:",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16"])
def test_tables_of_other_programs_are_read(tmp_path, capsys, encoding):
    """Spreadsheets save with a mark, in GBK, with returns: the same numbers as plain text."""
    rows = ITEMS.replace("\n", "\r\n").encode(encoding)
    settings = b"\xef\xbb\xbf" + SETTINGS.replace("\n", "\r\n").encode()
    (tmp_path / "plain").mkdir()
    (tmp_path / "saved").mkdir()
    assert told(tmp_path / "plain", capsys, {})[0] == 0
    files: dict[str, str | bytes | None] = {"items.csv": rows, "scenario.toml": settings}
    assert told(tmp_path / "saved", capsys, files)[0] == 0
