"""The command line as a planner and as a script meet it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Lianban

from lianban import terminal
from lianban.cli import main

COMMANDS = (
    "demo", "list", "new", "check", "run", "compare", "calibrate", "report", "serve", "promises",
    "runs", "diagram", "schedule", "optimize", "satisfaction", "rules", "verify",
    "discover", "import", "doctor",
)  # fmt: skip
LADDER = {
    (35, 236),
    (30, 208),
    (14, 141),
    (35, 121),
    (35, 153),
    (30, 116),
    (14, 109),
    (14, 102),
    (14, 101),
    (14, 94),
    (35, 82),
    (14, 80),
    (35, 87),
}
"""Steps and working days on paper, worked out by hand from the step list (issue A)."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and both streams."""
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_the_package_is_a_command(here: Path):
    """``python -m lianban`` says and returns what ``lianban`` does."""
    done = subprocess.run(
        [sys.executable, "-m", "lianban", "list", "--json"], check=False,
        capture_output=True, text=True, encoding="utf-8", timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "jiaxing" in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "lianban", "lits"], check=False,
        capture_output=True, timeout=60, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert wrong.returncode == 2


# --- words ---


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_gbk_console_of_80_columns(
    capsys: pytest.CaptureFixture[str], command: str, language: str
):
    """Each command's help exits 0, is encodable in GBK and no wider than 80 cells."""
    words = [word for word in (command, "--lang", language, "--help") if word]
    code, out, err = say(capsys, *words)
    assert (code, err) == (0, "")
    out.encode("gbk")
    assert max(terminal.width(line) for line in out.splitlines()) <= 80
    assert ("用法" in out) == (language == "zh")
    assert "\x1b" not in out


def test_every_command_is_there(capsys: pytest.CaptureFixture[str]):
    """The help lists the commands of the public contract."""
    _, out, _ = say(capsys, "--help")
    assert re.findall(r"^    (\w+) ", out, re.MULTILINE) == list(COMMANDS)


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]):
    """Lianban alone says what it can do, on the error stream, and exits 2."""
    code, out, err = say(capsys)
    assert (code, out) == (2, "")
    assert "compare" in err


@pytest.mark.parametrize(
    "words",
    [
        ["compar", "jiaxing"],
        ["run", "jiaxing", "--seed", "-1"],
        ["run", "jiaxing", "--replications", "0"],
        ["run", "jiaxing", "--seed", "9" * 30],
        ["compare"],
        ["diagram", "jiaxing"],
        ["list", "--lang", "fr"],
        ["diagram", "jiaxing", "-o", "flow.bmp"],
        ["compare", "jiaxing", "--md", "--json"],
    ],
)
def test_wrong_usage_exits_2(here: Path, capsys: pytest.CaptureFixture[str], words: list[str]):
    """What cannot be meant is refused before anything runs, in a line that says why."""
    code, out, err = say(capsys, *words)
    assert (code, out) == (2, "")
    assert err.strip()
    assert list(here.iterdir()) == []


def test_options_may_stand_before_or_after_the_command(capsys: pytest.CaptureFixture[str]):
    """--json and --lang mean the same on both sides of the command's name."""
    before, after = say(capsys, "--json", "list"), say(capsys, "list", "--json")
    assert before == after
    assert json.loads(before[1])["schema_version"] == 1


def test_words_of_chinese_users_come_from_the_environment(lianban: Lianban):
    """LIANBAN_LANG=zh makes usage errors Chinese, argparse's own words included."""
    done = lianban("run", LIANBAN_LANG="zh")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "lianban run：错误：缺少下列参数：SCENARIO"


# --- ends ---


def test_an_internal_error_leaves_a_trace_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A fault of the program exits 70 with one line that names a file with the traceback."""

    def fail(path: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("scenarios.load", fail)
    code, out, err = say(capsys, "check", "jiaxing")
    assert (code, out) == (70, "")
    (line,) = err.splitlines()
    assert "ZeroDivisionError: planted" in line
    trace = Path(line.rpartition(" ")[2])
    assert "in fail" in trace.read_text(encoding="utf-8")
    trace.unlink()
    monkeypatch.setenv("LIANBAN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["check", "jiaxing"])


def test_an_interrupted_command_exits_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Ctrl-C ends with one line and no traceback."""

    def interrupt(path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.load", interrupt)
    code, out, err = say(capsys, "check", "jiaxing")
    assert (code, out, len(err.splitlines())) == (130, "", 1)


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_in_the_middle_of_a_run(tmp_path: Path):
    """Ctrl-C during a long simulation ends it at once: 130, one line, no file left."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "lianban.cli", "run", "jiaxing", "--log", "log.csv"),
            *("--replications", "1000000"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # numpy is loaded by the command itself: from then on its Ctrl-C is its own
    maps, end = Path(f"/proc/{process.pid}/maps"), time.monotonic() + 60
    while maps.exists() and "numpy" not in maps.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX shell")
def test_a_reader_that_leaves_is_no_error(tmp_path: Path):
    """`lianban list | head -1` ends quietly."""
    done = subprocess.run(
        f'"{sys.executable}" -m lianban.cli list --json | head -1; echo ${{PIPESTATUS[0]}}',
        shell=True,
        executable="/bin/bash",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "{\n0\n"
    assert done.stderr == ""


# --- answers ---


def test_the_shipped_scenarios_are_listed_in_both_languages(capsys: pytest.CaptureFixture[str]):
    """List names the Jiaxing case and its reform, and JSON holds both languages."""
    _, english, _ = say(capsys, "list")
    _, chinese, _ = say(capsys, "list", "--lang", "zh")
    assert "jiaxing/reform" in english
    assert "jiaxing/reform" in chinese
    assert "嘉兴" in chinese
    _, document, _ = say(capsys, "list", "--json")
    listed = json.loads(document)["scenarios"]
    jiaxing = next(each for each in listed if each["key"] == "jiaxing")
    assert jiaxing["name"]["zh"] in chinese
    assert jiaxing["name"]["en"] in english
    assert "reform" in [redesign["key"] for redesign in jiaxing["redesigns"]]


def test_the_ladder_of_jiaxing(capsys: pytest.CaptureFixture[str]):
    """Today and the redesigns, on paper, give exactly the thirteen rungs."""
    code, out, _ = say(capsys, "compare", "jiaxing", "--paper", "--json")
    assert code == 0
    rungs = [(each["steps"], each["paper_days"]) for each in json.loads(out)["scenarios"]]
    assert rungs[0] == (35, 236)
    assert set(rungs) >= LADDER
    _, table, _ = say(capsys, "compare", "jiaxing", "--paper")
    for steps, days in LADDER:
        assert re.search(rf"\s{steps}\s.*\b{days}\b", table), (steps, days)


def test_a_redesign_alone_is_compared_with_today(capsys: pytest.CaptureFixture[str]):
    """The reform brings its baseline: 236 and 109 working days, 66 and 14 visits."""
    _, out, _ = say(capsys, "compare", "jiaxing/reform", "--paper", "--json")
    today, reform = json.loads(out)["scenarios"]
    assert (today["paper_days"], reform["paper_days"]) == (236, 109)
    assert (today["visits"], reform["visits"]) == (66, 14)
    assert (today["documents"], reform["documents"]) == (163, 79)


def test_the_same_seed_gives_the_same_bytes(lianban: Lianban):
    """Two processes print the same document, run, compare and schedule alike."""
    for words in (
        ("run", "jiaxing/reform", "--replications", "2", "--seed", "7"),
        ("compare", "jiaxing/reform", "--replications", "2"),
        ("schedule", "jiaxing/reform", "--projects", "2", "--capacity", "1", "--seconds", "2"),
    ):
        first, second = lianban(*words, "--json"), lianban(*words, "--json")
        assert first.returncode == 0, first.stderr
        assert first.stdout == second.stdout
        assert json.loads(first.stdout)["schema_version"] == 1


def test_time_is_told_only_when_asked(capsys: pytest.CaptureFixture[str]):
    """The seconds a run took stand on the error stream, and in the document with --timing."""
    words = ("run", "jiaxing/reform", "--replications", "1", "--json")
    code, plain, err = say(capsys, *words)
    assert code == 0
    assert re.search(r"simulated in \d+\.\d s", err)
    assert "seconds" not in json.loads(plain)
    timed = json.loads(say(capsys, *words, "--timing")[1])
    assert timed.pop("seconds") > 0
    assert timed == json.loads(plain)


def test_the_event_log_holds_every_step(here: Path, capsys: pytest.CaptureFixture[str]):
    """Run --log writes a row for each step of each case, in a file that Excel opens."""
    code, out, _ = say(
        capsys, "run", "jiaxing/reform", "--replications", "1", "--log", "out.csv", "--json"
    )
    assert code == 0
    cases = json.loads(out)["cases"]
    with (here / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    steps = {(row["case"], row["step"]) for row in rows}
    assert len(steps) == 14 * cases


def test_one_project_alone_takes_the_critical_path(capsys: pytest.CaptureFixture[str]):
    """Scheduling one project of the reform is proven to take 109 working days."""
    code, out, _ = say(capsys, "schedule", "jiaxing/reform", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["status"], found["makespan"], found["bound"]) == ("optimal", 109, 109)
    _, text, _ = say(capsys, "schedule", "jiaxing/reform")
    assert "R14" in text


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_diagrams_are_written_in_each_format(
    here: Path, capsys: pytest.CaptureFixture[str], ending: str
):
    """Diagram writes the file it was asked for and nothing beside it."""
    code, out, _ = say(capsys, "diagram", "jiaxing/reform", "-o", f"flow.{ending}")
    assert (code, out) == (0, f"wrote flow.{ending}\n")
    (picture,) = here.iterdir()
    start = {"svg": b"<", "png": b"\x89PNG", "pdf": b"%PDF"}[ending]
    assert picture.read_bytes().startswith(start)


def test_before_and_after_stand_in_one_picture(here: Path, capsys: pytest.CaptureFixture[str]):
    """Diagram --before draws both designs on one axis of working days."""
    words = ("diagram", "jiaxing/reform", "--before", "jiaxing", "-o", "both.svg")
    assert say(capsys, *words)[0] == 0
    svg = (here / "both.svg").read_text(encoding="utf-8")
    assert "236" in svg
    assert "109" in svg


# --- files ---


def test_new_makes_a_copy_that_gives_the_same_numbers(
    here: Path, capsys: pytest.CaptureFixture[str]
):
    """A copied scenario checks clean and compares as the shipped one does."""
    assert say(capsys, "new", "my-city")[0] == 0
    code, out, _ = say(capsys, "check", "my-city", "--json")
    assert code == 0
    checked = json.loads(out)
    assert checked["problems"] == []
    assert len(checked["scenarios"]) >= len(LADDER)

    def rungs(name: str) -> list[tuple[int, int]]:
        document = json.loads(say(capsys, "compare", name, "--paper", "--json")[1])
        return [(each["steps"], each["paper_days"]) for each in document["scenarios"]]

    assert rungs("my-city") == rungs("jiaxing")


def test_new_never_touches_a_folder_that_exists(here: Path, capsys: pytest.CaptureFixture[str]):
    """New refuses a folder that is there, and a name that is not shipped."""
    (here / "mine").mkdir()
    assert say(capsys, "new", "mine")[0] == 2
    code, _, err = say(capsys, "new", "other", "--from", "jiaxin")
    assert code == 2
    assert "jiaxing" in err
    assert [path.name for path in here.iterdir()] == ["mine"]
    assert list((here / "mine").iterdir()) == []


def test_problems_are_in_the_document_too(here: Path, capsys: pytest.CaptureFixture[str]):
    """Scripts get file, line and message of each problem; people get them as lines."""
    say(capsys, "new", "broken")
    with (here / "broken" / "prerequisites.csv").open("a", encoding="utf-8") as file:
        file.write("S01x,S02,practice,custom,no\nS03,S02y,practice,custom,no\n")
    code, out, err = say(capsys, "check", "broken", "--json")
    problems = json.loads(out)["problems"]
    assert (code, len(problems)) == (2, 2)
    assert problems[1]["line"] == problems[0]["line"] + 1
    lines = [f"{each['file']}:{each['line']}: {each['message']}" for each in problems]
    assert lines == err.splitlines()
    assert "did you mean 'S01'?" in lines[0]


def test_offers_and_promises_are_checked_too(here: Path, capsys: pytest.CaptureFixture[str]):
    """A wrong word in offers.toml and in promises.toml is found before anything runs on it."""
    say(capsys, "new", "city")
    for name, text in (
        ("offers.toml", '\n[[offer]]\nkey = "new"\nname = "n"\nlever = [{kind = "paralel"}]\n'),
        ("promises.toml", '\n[[promise]]\nid = "x"\nkeep = "p90(totl) <= 3"\n'),
    ):
        with (here / "city" / name).open("a", encoding="utf-8") as file:
            file.write(text)
    code, out, err = say(capsys, "check", "city")
    assert (code, out) == (2, "")
    files = [line.split(":")[0] for line in err.splitlines()]
    assert {"offers.toml", "promises.toml"} <= set(files)
    assert len(files) == len(set(err.splitlines()))


def test_a_scenario_that_is_not_there_gets_a_hint(capsys: pytest.CaptureFixture[str]):
    """A misspelt name is answered with the nearest known one."""
    code, out, err = say(capsys, "run", "jiaxin")
    assert (code, out) == (2, "")
    assert "did you mean 'jiaxing'?" in err


def test_the_demo_writes_tables_and_pictures(here: Path, capsys: pytest.CaptureFixture[str]):
    """One command gives the comparison as text, Markdown and JSON, and three pictures twice."""
    code, out, _ = say(capsys, "demo", "--replications", "5")
    assert code == 0
    assert "236" in out
    assert "109" in out
    written = {path.name for path in (here / "lianban-demo").iterdir()}
    assert written == {
        "comparison.json",
        "comparison.md",
        *(
            f"{name}.{ending}"
            for name in ("flow-today", "flow-reform", "timeline")
            for ending in ("svg", "png")
        ),
    }
    document = json.loads((here / "lianban-demo" / "comparison.json").read_text(encoding="utf-8"))
    assert [each["paper_days"] for each in document["scenarios"]] == [236, 109]
    assert [path.name for path in here.iterdir()] == ["lianban-demo"]


def test_the_demo_replaces_only_its_own_folder(here: Path, capsys: pytest.CaptureFixture[str]):
    """A folder that no demo wrote is left alone."""
    (here / "lianban-demo").mkdir()
    (here / "lianban-demo" / "thesis.txt").touch()
    code, _, err = say(capsys, "demo")
    assert code == 2
    assert "--out" in err
    assert (here / "lianban-demo" / "thesis.txt").exists()


# --- consoles ---


def say_on(monkeypatch: pytest.MonkeyPatch, encoding: str, *words: str) -> str:
    """Run a command on a console of this encoding; return what it shows."""
    shown = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", shown)
        assert main(list(words)) == 0
    shown.seek(0)
    return shown.read()


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_answers_survive_narrow_consoles(monkeypatch: pytest.MonkeyPatch, encoding: str):
    """On a GBK or ASCII console Chinese answers neither crash nor carry escape codes."""
    for words in (
        ("list",),
        ("compare", "jiaxing", "--paper"),
        ("compare", "jiaxing/reform", "--replications", "5"),
        ("compare", "jiaxing", "--paper", "--md"),
        ("run", "jiaxing/reform", "--replications", "5"),
        ("check", "jiaxing"),
        ("schedule", "jiaxing/reform"),
    ):
        out = say_on(monkeypatch, encoding, *words, "--lang", "zh")
        assert "\x1b" not in out
        assert ("?" in out) == (encoding == "ascii")


def test_json_is_lossless_on_any_console(monkeypatch: pytest.MonkeyPatch):
    """On an ASCII console the document still holds every Chinese character."""
    narrow = say_on(monkeypatch, "ascii", "list", "--json")
    wide = say_on(monkeypatch, "utf-8", "list", "--json")
    assert narrow.isascii()
    assert not wide.isascii()
    assert json.loads(narrow) == json.loads(wide)


def test_a_console_from_the_environment(lianban: Lianban):
    """PYTHONIOENCODING=gbk, as on a console in China, shows Chinese."""
    done = lianban("list", "--lang", "zh", PYTHONIOENCODING="gbk")
    assert done.returncode == 0
    assert "嘉兴" in done.stdout


def test_the_doctor_finds_this_installation(capsys: pytest.CaptureFixture[str]):
    """Doctor names the versions and says where each package is imported from."""
    _, out, _ = say(capsys, "doctor", "--json")
    found = {finding["key"]: finding for finding in json.loads(out)["findings"]}
    for package in ("lianban", "results", "optimizer", "simulator", "scenarios", "rules"):
        assert found[f"import {package}"]["found"] == str(ROOT / package)
        assert found[f"import {package}"]["advice"] == ""
    assert found["font"]["found"].endswith(".otf")


def test_the_doctor_warns_of_a_package_that_hides_ours(lianban: Lianban, tmp_path: Path):
    """Another package called rules in front of ours is a finding: exit 1, with advice."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").touch()
    done = lianban("doctor")  # the current folder stands first among the places to import from
    assert done.returncode == 1
    assert "import rules" in done.stdout
    assert "hides ours" in done.stdout


@pytest.mark.parametrize(
    "words",
    [("run", "nanjing-enterprise"), ("compare", "jiaxing", "nanjing-enterprise")],
)
def test_a_flow_without_days_is_not_simulated(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
):
    """Where the source gives no time limits nothing is answered: zero days would look true."""
    code, out, err = say(capsys, *words)
    assert (code, out) == (2, "")
    assert "nanjing-enterprise has no days to simulate" in err
    assert err.count("\n") == 1
