"""One comparison, five forms: terminal, JSON, Markdown, page and workbook say the same numbers."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import small_city
from plans import with_desk
from small_office import office

from lianban.cli import main
from optimizer.replications import Replications
from results import summarise
from results.promises.claims import parse_claim
from results.promises.measures import values_of
from results.run_store import save_run
from results.satisfaction import satisfaction
from results.series import days_by_stage, elapsed
from scenarios import compile_plan
from scenarios.plan import REFUSED, Route
from simulator import simulate
from simulator.tally_rows import PARTS

PAPER = ("steps", "paper_days", "serial_days", "visits", "documents")
Grid = list[list[str]]
Numbers = dict[str, dict[str, float]]
"""Of each design its measures, as a form shows them."""


class Tables(HTMLParser):
    """Reads the tables of one language of a page, cell by cell."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.found: list[tuple[str, Grid]] = []
        self.reading = self.in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        given = dict(attrs)
        if "lang" in given and tag != "html":
            self.reading = given["lang"] == self.language
        if not self.reading:
            return
        if tag == "table":
            self.found.append((given.get("class") or "", []))
        elif tag == "tr":
            self.found[-1][1].append([])
        elif tag in ("td", "th"):
            self.in_cell = True
            self.found[-1][1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        """Add words to the cell."""
        if self.reading and self.in_cell:
            self.found[-1][1][-1][-1] += data


def rows_of(grid: Grid, keys: tuple[str, str]) -> Numbers:
    """Return the numbers of a table with designs as rows, or turned on its side."""
    if not {row[0] for row in grid} >= set(keys):
        grid = [list(column) for column in zip(*grid, strict=True)]
    assert {row[0] for row in grid} >= set(keys)
    found: Numbers = {}
    for key, *cells in (row for row in grid if row[0] in keys):
        names = (*PAPER, "mean", "p90", "change_of_mean")
        found[key] = {}
        for name, cell in zip(names, cells, strict=True):
            if not cell:
                continue
            estimate, _, half = cell.partition(" ±")
            found[key][name] = float(estimate)
            if half:
                found[key][f"{name}_half"] = float(half)
    return found


def printed(text: str) -> Grid:
    """Return the first table of a terminal's answer: columns lie two blanks apart."""
    table = text.split("\n\n", maxsplit=1)[0]
    rows = [re.split(r"  +", line) for line in table.splitlines()]
    widest = max(map(len, rows))
    turned = len(rows) > len(rows[0])
    # the first design has no change from itself: that cell is blank
    return [
        [row[0], "", *row[1:]] if turned and len(row) < widest else row + [""] * (widest - len(row))
        for row in rows
    ]


def halves(low: float, estimate: float, high: float) -> float:
    return max(high - estimate, estimate - low)


def from_json(document: dict, keys: tuple[str, str]) -> Numbers:
    """Return the numbers of ``--json`` as tables show them: days with one decimal."""
    found: Numbers = {}
    for scenario in document["scenarios"]:
        numbers = {key: round(scenario[key], 1) for key in PAPER}
        for key in ("mean", "p90"):
            estimate = scenario["elapsed"][key]
            numbers[key] = round(estimate, 1)
            low, high = scenario["elapsed"]["ci"][key]
            numbers[f"{key}_half"] = round(halves(low, estimate, high), 1)
        found[scenario["key"]] = numbers
    (difference,) = document["differences"]
    mean = difference["elapsed"]["mean"]
    found[keys[1]]["change_of_mean"] = round(mean["estimate"], 1)
    found[keys[1]]["change_of_mean_half"] = round(
        halves(mean["low"], mean["estimate"], mean["high"]), 1
    )
    return found


def from_workbook(data: bytes, keys: tuple[str, str]) -> Numbers:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheets = [list(book[name].values) for name in book.sheetnames[:2]]
    found: Numbers = {}
    head, *rows = sheets[0]
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        numbers = {key: round(float(cells[key]), 1) for key in PAPER}
        for key in ("mean", "p90"):
            low, estimate, high = (cells[f"elapsed_{key}{end}"] for end in ("_low", "", "_high"))
            numbers[key] = round(estimate, 1)
            numbers[f"{key}_half"] = round(halves(low, estimate, high), 1)
        found[cells["scenario"]] = numbers
    head, row = sheets[1]
    cells = dict(zip(head, row, strict=True))
    low, estimate, high = (cells[f"elapsed_mean{end}"] for end in ("_low", "", "_high"))
    found[keys[1]]["change_of_mean"] = round(estimate, 1)
    found[keys[1]]["change_of_mean_half"] = round(halves(low, estimate, high), 1)
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_forms_say_the_same_numbers(
    language: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """Steps, days, visits, documents, means, P90 and their intervals agree in all five forms."""
    monkeypatch.chdir(tmp_path)
    small_city.build(tmp_path / "city")
    keys = ("city", "city/parallel")
    designs = [*keys, "--replications", "6", "--seed", "4", "--lang", language]

    def say(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out

    document = json.loads(say("compare", *designs, "--json"))
    truth = from_json(document, keys)
    assert len(truth[keys[1]]) == 11
    assert truth[keys[0]]["paper_days"] != truth[keys[1]]["paper_days"]

    assert rows_of(printed(say("compare", *designs)), keys) == truth

    for source in ("compare", "report"):
        if source == "compare":
            text = say("compare", *designs, "--md")
        else:
            say("report", *designs, "-o", "r.md")
            text = Path("r.md").read_text(encoding="utf-8")
        lines = text[text.index("| ") :].split("\n\n")[0].splitlines()
        grid = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        assert rows_of([grid[0], *grid[2:]], keys) == truth

    say("report", *designs, "-o", "r.xlsx")
    assert from_workbook(Path("r.xlsx").read_bytes(), keys) == truth

    told = json.loads(say("report", *designs, "-o", "r.html", "--json"))["comparison"]
    assert told["scenarios"] == document["scenarios"]
    assert told["differences"] == document["differences"]
    page = Path("r.html").read_text(encoding="utf-8")
    reader = Tables(language)
    reader.feed(page)
    (grid,) = [table for classes, table in reader.found if "comparison" in classes]
    assert rows_of(grid, keys) == truth

    # the cards on top, and the sentences, repeat the table
    cards = re.findall(r'<span class="was">([^<]*)</span>.*?<span class="now">([^<]*)</span>', page)
    shown = [(float(was), float(now)) for was, now in cards]
    order = ("steps", "paper_days", "visits", "documents", "mean", "p90")
    assert shown == [tuple(truth[key][name] for key in keys) for name in order]
    mean = next(
        each for each in document["differences"][0]["sentences"] if each["measure"] == "mean"
    )[language]
    assert f"{truth[keys[1]]['mean']:.1f}" in mean
    assert f"{abs(truth[keys[1]]['change_of_mean']):.1f}" in mean
    assert mean in re.sub("&quot;", '"', page)


def test_the_attribution_is_the_same_in_all_forms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The waterfall of the page is that of the JSON document, and adds up to the change."""
    assert main(["compare", "jiaxing", "jiaxing/reform", "--paper", "--json"]) == 0
    shared = json.loads(capsys.readouterr().out)["attribution"]
    output = str(tmp_path / "r.md")
    assert main(["report", "jiaxing", "jiaxing/reform", "--paper", "-o", output]) == 0
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    for lever in shared["levers"]:
        (line,) = re.findall(rf"^\| {lever['name']['en']} \|(.*)\|$", text, re.MULTILINE)
        cells = [float(cell) for cell in line.split("|")]
        expected = [lever["shares"][m] for m in PAPER]
        assert cells == pytest.approx(expected, abs=0.051)
    assert sum(each["shares"]["paper_days"] for each in shared["levers"]) == pytest.approx(-127)


def test_compare_writes_its_own_workbook_with_the_attribution(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """`compare -o FILE.xlsx` holds each lever's shares, pair and sentence as --json prints them."""
    output = tmp_path / "c.xlsx"
    words = ["compare", "jiaxing", "jiaxing/reform", "--paper"]
    assert main([*words, "--json", "-o", str(output)]) == 0
    document = json.loads(capsys.readouterr().out)
    book = openpyxl.load_workbook(output)
    head, *rows = book["attribution"].values
    shared = document["attribution"]
    for row, lever in zip(rows, shared["levers"], strict=False):
        cells = dict(zip(head, row, strict=True))
        assert (cells["lever"], cells["name"]) == (lever["key"], lever["name"]["en"])
        assert {m: cells[m] for m in PAPER} == lever["shares"]
    assert dict(zip(head, rows[-1], strict=True)) | {"lever": "", "name": ""} == {
        "lever": "", "name": "", **shared["totals"],
    }  # fmt: skip
    pairs = [row[-1] for row in book["interactions"].values][1:]
    assert pairs == [each["en"] for each in shared["interactions"]]
    told = [row[-1] for row in book["sentences"].values][1:]
    assert told == [each["en"] for each in document["differences"][0]["sentences"]]
    assert main([*words, "-o", str(tmp_path / "nowhere" / "c.xlsx")]) == 2
    assert main([*words, "-o", str(tmp_path / "c.csv")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.xlsx"]


def test_the_terminal_says_each_line_in_words_and_how_it_was_worked_out(
    capsys: pytest.CaptureFixture[str],
):
    """Sentences, clock, luck, correction, provenance and version stand below the table."""
    designs = ["zhongshan", "zhongshan/collaborative", "zhongshan/delegated"]
    words = ["compare", *designs, "--replications", "6", "--seed", "4"]
    assert main(["compare", "zhongshan", "zhongshan", "--paper"]) == 2
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    out = " ".join(capsys.readouterr().out.split())
    for line in document["differences"][0]["sentences"]:
        assert (line["en"] in out) == (line["shown"] or line["measure"] in ("mean", "p90"))
    assert "replications of" in out
    assert "seed 4" in out
    assert "hold all at once with 95 % (Bonferroni: 97.5 % each)" in out
    told = document["simultaneous"]
    assert (told["comparisons"], told["level"], told["each"]) == (2, 0.95, 0.975)
    for each in document["differences"]:
        for line in each["sentences"]:
            if line["measure"] in each["elapsed"]:
                ends = [each["elapsed"][line["measure"]][end] for end in ("low", "high")]
                assert line["shown"] == (not ends[0] <= 0 <= ends[1])
    assert "provenance of data:" in out
    assert "version: lianban" in out


def test_unfinished_cases_have_no_time_anywhere(tmp_path: Path):
    """Refused cases and those in process when the run ends take no time in any number told.

    Of forty cases some are refused at the first desk, and the run ends before all are done:
    the summary, the saved run, the chart, the promises and the optimizer's samples give one mean.
    """
    scenario = office(tmp_path / "city")
    plan = compile_plan(scenario)
    plan = with_desk(plan, 0, routes=(Route(REFUSED, (0.2,)),), stream=77)
    plan = replace(plan, cases=40, until=24 * 86_400)
    run = simulate(plan, 6, 3)
    summary = summarise(scenario, run)
    assert summary.flow is not None
    assert summary.times is not None
    outcomes = summary.flow.outcomes
    assert min(outcomes[each] for each in ("finished", "refused", "in_process")) > 0
    assert sum(outcomes.values()) == 6 * 40
    means = summary.times.mean.tolist()

    saved = save_run(summary, run, datetime(2026, 1, 5, tzinfo=UTC), tmp_path / "runs").arrays()
    assert np.nanmean(saved["elapsed_wd"], axis=1).tolist() == pytest.approx(means)
    assert (np.isfinite(saved["elapsed_wd"]) == (saved["outcome"] == 0)).all()
    assert len(elapsed(run, "city").days) == outcomes["finished"]
    claims = [f"{each} <= 1" for each in ("mean(total)", "p90(total)", "on_time(5)")]
    told = [values_of(parse_claim(each).metric, run) for each in claims]
    assert told[0] == means
    runs = Replications(3)
    numbers = range(6)
    assert [runs.mean("city", plan, n) for n in numbers] == pytest.approx(means)
    assert [runs.quantile("city", plan, n) for n in numbers] == pytest.approx(told[1])
    assert [runs.on_time("city", plan, n, 5) for n in numbers] == pytest.approx(told[2])
    # where the days go: the stages together are what the table says, and all is the mean
    parts = summary.flow.parts
    stages = days_by_stage(scenario, run)
    for part in PARTS:
        in_stages = sum(getattr(stage, part) for stage in stages)
        assert in_stages == pytest.approx(float(parts[part].mean())), part
    assert sum(parts.values()) == pytest.approx(summary.times.mean)
    assert satisfaction(scenario, run).dissatisfied.estimate < 0.5
