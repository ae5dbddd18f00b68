"""A source that gives no time limits gives no days: they are unknown everywhere, never 0."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
import small_city

import results
from lianban.cli import main
from results.critical import critical_of
from results.display import texts
from results.promises import read_promises
from results.report import build_report, report_bytes
from results.summary import Paper
from results.timeline import field_of, timeline
from results.views import flow_of, timeline_of
from rules import InputError
from scenarios import Scenario, load

NANJING = ("nanjing-enterprise", "nanjing-enterprise/one-window")


@pytest.fixture(scope="module")
def designs() -> list[Scenario]:
    return [load(name) for name in NANJING]


def test_unknown_days_are_null_and_not_zero(designs: list[Scenario]):
    """JSON holds null for days and their differences; what is known stays a number."""
    document = results.compare(designs, replications=0).to_json()
    for scenario in document["scenarios"]:
        assert (scenario["steps"], scenario["paper_days"], scenario["serial_days"]) == (
            14, None, None,
        )  # fmt: skip
        assert scenario["critical_path"] == []
    (difference,) = document["differences"]
    assert (difference["paper_days"], difference["visits"]) == (None, -8)


@pytest.mark.parametrize(("language", "word"), [("en", "unknown"), ("zh", "不详")])
def test_every_form_says_that_days_are_unknown(
    language: str,
    word: str,
    designs: list[Scenario],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    """Terminal, Markdown, workbook and page show a word or an empty cell where days would be."""
    comparison = results.compare(designs, replications=0)
    for row in comparison.table(language)[1:]:
        assert row[2:4] == [word, word]
    assert main(["compare", *NANJING, "--paper", "--lang", language]) == 0
    out = capsys.readouterr().out
    assert word in out
    assert word in comparison.markdown(language)
    main(["compare", *NANJING, "--paper", "-o", str(tmp_path / "n.xlsx"), "--lang", language])
    capsys.readouterr()
    sheet = openpyxl.load_workbook(io.BytesIO((tmp_path / "n.xlsx").read_bytes())).worksheets[0]
    head, *rows = sheet.values
    assert [dict(zip(head, row, strict=True))["paper_days"] for row in rows] == [None, None]
    page = report_bytes(build_report(designs, replications=0), ".html", language).decode()
    assert page.count(word) > 10
    assert "0 working days" not in page
    assert "0 工作日" not in page


def test_pictures_show_no_days_and_no_critical_path(designs: list[Scenario]):
    """Boxes carry no days, no step is critical, and the closing panel has a question mark."""
    for picture in (flow_of(designs[1], designs[0], "en"), timeline_of(designs, "en")):
        said = texts(picture)
        assert any("days unknown" in each for each in said)
        assert "? → ?" in said
        assert not any(each.startswith("0 wd") for each in said)
    assert critical_of(designs[0].procedure).steps == frozenset()


def test_shares_of_unknown_days_are_not_invented(capsys: pytest.CaptureFixture[str]):
    """The attribution shares out steps, visits and documents, and leaves days out."""
    assert main(["compare", *NANJING, "--paper", "--json"]) == 0
    shared = json.loads(capsys.readouterr().out)["attribution"]
    assert [*shared["totals"]] == ["steps", "visits", "documents"]
    assert sum(each["shares"]["visits"] for each in shared["levers"]) == -8


def test_a_promise_of_unknown_days_is_an_error_and_never_kept(tmp_path: Path):
    """Days, times and key figures cannot be promised; visits can."""
    folder = tmp_path / "n"
    assert main(["new", str(folder), "--from", "nanjing-enterprise"]) == 0
    book = folder / "promises.toml"
    text = "schema = 1\n"
    for at, claim in enumerate(("visits <= 10", "paper_days <= 9", "p90(total) <= 9")):
        text += f'[[promise]]\nid = "p{at}"\nholds = "{claim}"\n'
    book.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_promises(book)
    assert [each.place.line for each in told.value.problems] == [5, 8]
    assert all("are unknown: no step says" in each.message for each in told.value.problems)
    assert main(["promises", str(book)]) == 2


def test_days_of_a_known_flow_stay_numbers(tmp_path: Path):
    """A step of no days among others is a step done on the spot, not an unknown."""
    small_city.build(tmp_path / "city")
    scenario = load(tmp_path / "city")
    assert Paper.of(scenario.procedure).paper_days == Fraction(13)
    county = Paper.of(load("county-filing").procedure)
    assert county.paper_days == 53


def test_a_mix_of_case_types_has_no_totals(capsys: pytest.CaptureFixture[str]):
    """No case takes all steps of a mix: days, visits and documents are told of no one."""
    assert main(["compare", "ziyang", "--paper", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    for scenario in document["scenarios"]:
        assert scenario["steps"] == 36
        for each in ("paper_days", "serial_days", "visits", "documents"):
            assert scenario[each] is None
    assert main(["compare", "ziyang", "--paper"]) == 0
    said = capsys.readouterr().out
    assert "a mix of case types" in said
    assert "working days on paper" not in said


@pytest.mark.parametrize(
    "command", [("optimize", "redesign", "county-mix"), ("schedule", "county-mix")]
)
def test_one_flow_is_not_made_of_a_mix(command: tuple[str, ...], capsys):
    """What plans one flow refuses a mix of types rather than add their steps up."""
    assert main(list(command)) == 2
    assert "is a mix of case types" in capsys.readouterr().err


def test_a_type_alone_has_its_own_days():
    """What a type's cases need is a flow like any other, with its days."""
    mix = load("county-mix")
    assert mix.procedure.mixed
    assert not mix.procedure.days_known
    for sort in mix.sorts:
        part = sort.procedure(mix.procedure, mix.today.keys, sort.profiles[0])
        assert part.days_known
        assert part.paper_days < mix.procedure.paper_days


def test_a_mix_is_drawn_side_by_side():
    """Items of other types are not waited for in the picture, and it has no last day."""
    mix = load("ziyang").procedure
    field = field_of(mix.name, mix)
    assert field.days == 30  # the three licences of a linked case, one after another
    assert "finish" not in timeline([(mix.name, mix)]).svg().split("</style>")[1]
