"""What no office could be is refused before anything runs: one clear line each, exit code 2."""

from pathlib import Path

import pytest
from test_model_offices import ITEMS, SETTINGS, scenario

from lianban.cli import main

Files = dict[str, tuple[str, str]]
"""For each file a text and what stands in its place."""


def told(folder: Path, capsys, changes: Files) -> list[str]:
    """Return the lines that ``lianban run`` says of a folder with changed files."""
    scenario(folder)
    for name, (old, new) in changes.items():
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")
    before = sorted(path.name for path in folder.rglob("*"))
    assert main(["run", str(folder), "--replications", "5"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sorted(path.name for path in folder.rglob("*")) == before
    return [line for line in said.err.splitlines() if line.strip()]


SPREAD = "[handling]\nspread = "
GAMMA = '{distribution = "gamma", mean = %s, cv = 1}\n'
MEETING = '[[meeting]]\nkey = "joint"\nsteps = ["D"]\n'


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"scenario.toml": ("[handling]\n", SPREAD + '{distribution = "gama", mean = 1}\n')},
            "scenario.toml:8: spread: 'gama' is not a distribution (did you mean 'gamma'?)",
        ),
        (
            {"scenario.toml": ("[handling]\n", SPREAD + GAMMA % "-1")},
            "scenario.toml:8: spread: mean: -1",
        ),
        (
            {"scenario.toml": ("[handling]\n", SPREAD + GAMMA % "nan")},
            "scenario.toml:8: spread: mean: nan is not a finite number",
        ),
        (
            {"scenario.toml": ("window_minutes = 20", "window_minutes = -20")},
            "scenario.toml:8: window_minutes: -20 is not a whole number between 0 and 480",
        ),
        (
            {"scenario.toml": ("per_year = 60", "per_year = nan")},
            "scenario.toml:11: per_year: nan is not a whole number",
        ),
        (
            {"offices.csv": ("epb,环保,0,3", "epb,环保,0,0")},
            "offices.csv:3: reviewers: '0' is not a whole number of people, 1 or more",
        ),
        (
            {"offices.csv": ("epb,环保,0,3", "epa,环保,0,3")},
            "items.csv:4: department: 'epb' is not in the table of offices (did you mean 'epa'?)",
        ),
        (
            {"scenario.toml": ('office = ["09:00-12:00", "13:00-17:00"]', "office = []")},
            "scenario.toml:5: office: never opens: give at least one interval",
        ),
        (
            {"scenario.toml": ("[cases]", MEETING + "slots = 0\n[cases]")},
            "scenario.toml:12: slots: 0 is not a whole number between 1 and 100000",
        ),
        (
            {"scenario.toml": ("[cases]", MEETING + "[cases]")},
            "scenario.toml:9: 'slots' is missing: a whole number was expected",
        ),
    ],
)  # fmt: skip
def test_each_mistake_gives_one_line(tmp_path, capsys, changes, line):
    """File, line, what was found and what was expected; nothing is written, nothing runs."""
    lines = told(tmp_path, capsys, changes)
    assert len([each for each in lines if ":" in each]) == 1, lines
    assert line in lines[0]


def test_offices_that_never_open_together_are_told(tmp_path, capsys):
    """A joint step of an office of days and one of evenings has no hour: it is named."""
    lines = joint_by_night(tmp_path, capsys)
    assert len(lines) == 1
    assert "joint-survey: its calendar never opens" in lines[0]


def joint_by_night(folder: Path, capsys) -> list[str]:
    """Return what is said of two surveys done together by people who never meet."""
    scenario(folder)
    (folder / "items.csv").write_text(ITEMS + "E,测量,drc,4,wd,survey\n", "utf-8")
    (folder / "offices.csv").write_text(
        "key,name,windows,reviewers,hours\ndrc,发改,1,4,office\nepb,环保,0,3,evening\n", "utf-8"
    )
    settings = SETTINGS.replace('monday = ["09:00-12:00"]', 'evening = ["19:00-21:00"]')
    (folder / "scenario.toml").write_text(settings, "utf-8")
    (folder / "redesigns").mkdir()
    (folder / "redesigns" / "joint.toml").write_text(
        'name = "joint"\n[[lever]]\nkind = "joint_survey"\nsteps = ["C", "E"]\n'
        'into = "joint-survey"\n',
        "utf-8",
    )
    assert main(["run", str(folder / "joint"), "--replications", "5"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return [line for line in said.err.splitlines() if line.strip()]
