"""Planners' files: what is read, and how mistakes are said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lianban.cli import main
from rules import InputError
from rules.catalogue import Reading, read_procedure
from rules.steps import Name
from scenarios import compile_plan, copy_to, load, shipped
from scenarios.library import shipped_folder

BAD_INPUTS = Path(__file__).resolve().parents[2] / "shared" / "data" / "badinputs"


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Return a copy of the Jiaxing scenario to edit."""
    folder = tmp_path / "county"
    copy_to("jiaxing", folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace one text in a file, keeping its line ends."""
    text = path.read_bytes().decode("utf-8-sig")
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode("utf-8-sig"))


def problems(folder: Path, redesign: str = "") -> list[str]:
    with pytest.raises(InputError) as error:
        load(folder / redesign if redesign else folder)
    return [str(problem) for problem in error.value.problems]


def test_four_mistakes_are_four_lines(county: Path, capsys, monkeypatch):
    """A cycle, a misspelt prerequisite, negative days, a doubled key: all in one go, exit 2."""
    edit(county / "items.csv", "initiation,6,wd", "initiation,-3,wd")
    with (county / "items.csv").open("ab") as file:
        file.write(
            "S09,重复,Doubled,drc,,pre-assessment,1\r\n".replace(
                "1\r\n", "1" + "," * 9 + "\r\n"
            ).encode()
        )
    with (county / "prerequisites.csv").open("ab") as file:
        file.write(b"S06,S077,practice,custom,no\r\nS08,S06,practice,custom,no\r\n")
    monkeypatch.chdir(county.parent)
    assert main(["check", "county"]) == 2
    out = capsys.readouterr()
    lines = out.err.splitlines()
    assert out.out == ""
    assert len(lines) == 4
    assert lines[0].startswith("items.csv:3: days: '-3' is not a whole number of working days")
    assert lines[1] == "items.csv:37: key: 'S09' stands twice (first on line 10)"
    assert lines[2].startswith(
        "prerequisites.csv:58: after: no step has the key 'S077' (did you mean"
    )
    assert (
        lines[3] == "prerequisites.csv:59: mutual prerequisites (a cycle): S06 -> S07 -> S08 -> S06"
    )


def test_a_refused_lever_names_file_line_and_article(county: Path):
    """A redesign that drops a statute prerequisite is refused where it is written."""
    (county / "redesigns" / "bad.toml").write_text(
        'base = "parallel"\n\n[[lever]]\nkind = "drop_prerequisite"\n'
        'before = "S07"\nafter = "S08"\n'
    )
    (line,) = problems(county, "bad")
    assert line.startswith("redesigns/bad.toml:3: drop_prerequisite: refused: ")
    assert "环境影响评价法" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "paralel"', ":2: kind: no lever is called 'paralel' (did you mean 'parallel'?)"),
        ('kind = "cancel"\nsteps = "S12"', ":3: steps: 'S12' is not a list of texts"),
        ('kind = "cancel"\nstep = ["S12"]', ":3: step: unknown setting (did you mean 'steps'?)"),
        ('kind = "join"\nsteps = ["S08"]\ninto = "R"\nname = "x"\ndays = "max(S08"', ":6: days: "),
        ('kind = "external_wait"\nkey = "W"\nname = "w"\ndays = "46"\nbefore = "S14"',
         ":5: days: '46' is not a whole number with its unit"),
    ],
)  # fmt: skip
def test_mistakes_in_levers(county: Path, text: str, said: str):
    """Each mistake in a lever is one line with its place and what was expected."""
    (county / "redesigns" / "bad.toml").write_text(f"[[lever]]\n{text}\n")
    assert any(said in line for line in problems(county, "bad"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("first_day = 2013-01-04", "first_day = 2027-01-04", "published working days"),
        ("first_day = 2013-01-04", "first_day = '2013'", "is not a date"),
        ("window_minutes = 20", "window_minutes = nan", "is not a whole number"),
        ("number = 120", "number = -1", "is not a whole number between 1"),
        ("min = 0.7, mode = 0.95", "min = 0.9, mode = 0.7", "mode"),
        ('"triangular"', '"triangle"', "did you mean 'triangular'"),
        ('["08:30-12:00"', '["12:00-08:30"', "closes before it opens"),
        ("schema = 1", 'jurisdiction = "Jiaxing"', "is not a place such as CN or CN-ZJ-JX"),
        ("[simulation]", "[simulaton]", "did you mean 'simulation'"),
        ('closing = "pause"', 'closing = "go"', "only 'pause'"),
        ("schema = 1", "schema = 2", "is not a whole number between 1 and 1"),
        ("schema = 1", "schema = ", "is not TOML"),
        ('"zone", "merged"', '"zome", "merged"', "did you mean 'zone'"),
    ],
)
def test_mistakes_in_settings(county: Path, old: str, new: str, said: str):
    """Each mistake in scenario.toml names file, line, what was found and what was expected."""
    edit(county / "scenario.toml", old, new)
    lines = problems(county)
    assert any(said in line and line.startswith("scenario.toml:") for line in lines), lines


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("planning,规划,Planning,1,6", "planning,规划,Planning,1,0", "people, 1 or more"),
        ("planning,规划,Planning,1,6", "planning,规划,Planning,1,2.5", "people, 1 or more"),
        (
            "planning,规划,Planning,1,6,office",
            "planning,规划,Planning,1,6,offic",
            "did you mean 'office'",
        ),
        (
            "planning,规划",
            "plannning,规划",
            "is not in the table of offices (did you mean 'plannning'?)",
        ),
    ],
)
def test_mistakes_in_offices(county: Path, old: str, new: str, said: str):
    """An office without people, or one that items do not find, is one clear line."""
    edit(county / "offices.csv", old, new)
    assert any(said in line for line in problems(county))


def test_redesigns_that_build_on_each_other_are_refused(county: Path):
    """Two redesigns that are each other's base are named."""
    for one, other in (("x", "y"), ("y", "x")):
        (county / "redesigns" / f"{one}.toml").write_text(f'base = "{other}"\n')
    (line,) = problems(county, "x")
    assert "redesigns build on each other: x -> y" in line


def test_tables_outside_the_folder_are_refused(county: Path):
    """A scenario cannot read files that lie outside its own folder."""
    text = (county / "scenario.toml").read_text("utf-8")
    (county / "scenario.toml").write_text('items = "../../secret.csv"\n' + text, "utf-8")
    assert any("lies outside the scenario's folder" in line for line in problems(county))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_tables_are_read_in_the_encodings_of_spreadsheets(county: Path, encoding: str):
    """The same table reads the same from UTF-8, with BOM, GB18030 and UTF-16."""
    text = (county / "items.csv").read_bytes().decode("utf-8-sig")
    (county / "items.csv").write_bytes(text.encode(encoding))
    assert load(county).procedure == load("jiaxing").procedure


def test_chinese_headers_mean_the_same(county: Path):
    """A planner may head the columns in Chinese."""
    edit(county / "items.csv", "key,name_zh,name_en,department", "编号,环节名称,英文名称,部门")
    assert load(county).procedure == load("jiaxing").procedure


def test_one_changed_cell_changes_the_answer(county: Path):
    """Raising EIA approval from 8 to 18 days lengthens today's 236 days to 246."""
    edit(county / "items.csv", "pre-assessment,8,wd", "pre-assessment,18,wd")
    assert load(county).procedure.paper_days == 246


def test_shipped_scenarios_are_whole():
    """Every shipped scenario and redesign reads without a problem and compiles."""
    assert set(shipped()) >= {
        "anshan-industrial", "anshan-pharmacy", "anshan-realestate", "county-filing",
        "county-filing-small", "jiaxing", "jiaxing-centre", "jiaxing-measures",
        "nanjing-enterprise", "nanjing-government", "national-frame", "zhongshan",
        "jiaxing-licences", "jiaxing-meetings", "jinyun", "ziyang", "network", "jiaxing-agency",
        "jiaxing-chart-private", "jiaxing-chart-water",
        "jiaxing-chart-transport", "jiaxing-chart-municipal", "jiaxing-chart-social", "county-mix",
    }  # fmt: skip
    for name in shipped():
        today = load(name)
        for redesign in today.redesigns:
            assert compile_plan(load(f"{name}/{redesign}")).steps


def test_new_copies_a_scenario_and_never_overwrites(tmp_path: Path, capsys):
    """`new` makes an editable copy; a folder that exists is left as it is, exit 2."""
    folder = tmp_path / "mine"
    assert main(["new", str(folder), "--from", "jiaxing"]) == 0
    assert load(folder).procedure == load("jiaxing").procedure
    (folder / "items.csv").write_text("mine")
    assert main(["new", str(folder), "--from", "jiaxing"]) == 2
    assert (folder / "items.csv").read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


def test_a_plan_is_the_same_from_a_copied_folder(county: Path):
    """Where a scenario lies does not change what it compiles to."""
    here, there = compile_plan(load("jiaxing/reform")), compile_plan(load(county / "reform"))
    assert (here.steps, here.links, here.desks) == (there.steps, there.links, there.desks)


@pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the bad inputs are not beside the checkout")
def test_malformed_item_tables():
    """Every malformed table is refused on the line named; the odd but valid ones are read."""
    files = json.loads((BAD_INPUTS / "manifest.json").read_text("utf-8"))["files"]
    tables = [each for each in files if each["kind"] == "csv-items"]
    assert len(tables) >= 13
    for each in tables:
        reading = Reading()
        read_procedure(BAD_INPUTS / each["file"], None, reading, name=Name(en="x"))
        said = [str(problem) for problem in sorted(reading.problems)]
        readable = each["expect"] == "accept" or "accepting it" in each.get("note", "")
        assert bool(said) != readable, (each["file"], said)
        if said:
            line = f":{each['line']}:" if "line" in each else ".csv:"
            assert line in said[0], (each["file"], said)
            words = [word.casefold() for word in each["message_mentions_one_of"]]
            assert any(word in said[0].casefold() for word in words), (each["file"], said)


def test_spreadsheet_formulas_in_names_stay_text(tmp_path: Path):
    """A name that begins like a formula is a name."""
    (tmp_path / "items.csv").write_text('id,name,days\n1,"=HYPERLINK(""x"")",1\n')
    reading = Reading()
    flow = read_procedure(tmp_path / "items.csv", None, reading, name=Name(en="x"))
    assert not reading.problems
    assert flow["1"].name.en == '=HYPERLINK("x")'


def test_library_folder_holds_no_stray_files():
    """Only planners' files are shipped."""
    kinds = {p.suffix for p in shipped_folder().rglob("*") if p.is_file()}
    assert kinds <= {".toml", ".csv", ".md", ".json"}
