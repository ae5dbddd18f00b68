"""The report: one file that holds everything, opens anywhere and says the same each time."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from itertools import permutations
from math import factorial
from pathlib import Path

import numpy as np
import pytest
import small_city
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

import results
from lianban.cli import main
from lianban.commands import report as command
from results import sentences
from results.critical import critical_of
from results.numbers import change_text, leaves_out_zero
from results.report import FORMS, build_report, report_bytes, switches
from results.report.builder import Report
from results.report.svgs import inline_chart
from results.report.switches import Switches, switches_between
from results.summary import Times
from rules import Duration, Name
from scenarios import Scenario, load
from simulator.statistics import each_level, mean_interval

MOST_BYTES = 2_000_000
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
EMPTY_ELEMENTS = {"meta", "input", "br", "img", "link", "hr"}


class Reader(HTMLParser):
    """Reads a page: elements left open, ids, references, words by language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.ids: Counter[str] = Counter()
        self.links: list[tuple[str, str, str]] = []
        self.words: dict[str, list[str]] = {"en": [], "zh": [], "": []}
        self.tags: Counter[str] = Counter()
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, its id and what it refers to."""
        given = dict(attrs)
        self.tags[tag] += 1
        if tag not in EMPTY_ELEMENTS:
            self.open.append((tag, given.get("lang") or ""))
        if "id" in given:
            self.ids[given["id"] or ""] += 1
        for name, value in attrs:
            self.handlers += [name] if name.startswith("on") else []
            if name in ("href", "src", "xlink:href", "action", "srcset", "data"):
                self.links.append((tag, name, value or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that holds nothing."""
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY_ELEMENTS:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the last tag; it must be this one."""
        last, _ = self.open.pop()
        assert last == tag

    def handle_data(self, data: str) -> None:
        """Keep words under the language they stand in."""
        tags = [tag for tag, _ in self.open]
        if {"style", "script", "title"} & set(tags):
            return
        spoken = [language for _, language in self.open[1:] if language]
        self.words[spoken[-1] if spoken else ""].append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def jiaxing() -> Report:
    """Report the headline case, simulated just often enough for intervals."""
    return build_report([load("jiaxing"), load("jiaxing/reform")], replications=5)


@pytest.fixture(scope="module")
def page(jiaxing: Report) -> str:
    return report_bytes(jiaxing, ".html").decode()


@pytest.fixture
def city(tmp_path: Path) -> list[Scenario]:
    folder = small_city.build(tmp_path / "city")
    return [load(folder), load(folder / "parallel")]


# --- the page ---


def test_the_page_needs_nothing_from_outside(page: str):
    """No address, no reference but to itself, and a policy that forbids all others."""
    assert len(page.encode()) <= MOST_BYTES
    reader = read(page)
    assert {value[0] for _, _, value in reader.links} == {"#"}
    assert reader.handlers == []
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(reader.tags)
    addresses = set(re.findall(r"https?://[^\s\"'<)]*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert {each[:5] for each in re.findall(r"url\(([^)]*)\)", page)} <= {"data:"} | {
        each[:5] for each in re.findall(r"url\((#[^)]*)\)", page)
    }
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_every_reference_inside_the_page_has_its_target(page: str):
    """Ids stand once, and what a chart or a link names is there."""
    reader = read(page)
    assert [key for key, count in reader.ids.items() if count > 1] == []
    named = {value[1:] for _, _, value in reader.links}
    named |= set(re.findall(r"url\(#([^)]+)\)", page))
    assert named <= set(reader.ids)


def test_every_character_has_its_glyph(page: str):
    """The font is embedded once and draws every character of the page and its script."""
    faces = re.findall(r"@font-face\{[^}]*base64,([^)]+)\)", page)
    assert len(faces) == 1
    with TTFont(io.BytesIO(base64.b64decode(faces[0]))) as font:
        drawn = set(map(chr, font.getBestCmap()))
    shown = page.replace(faces[0], "")
    assert {each for each in shown if not each.isspace()} - drawn == set()


def test_everything_is_said_in_both_languages(page: str):
    """Whatever stands in one language stands in the other; the Chinese part speaks Chinese."""
    reader = read(page)
    counts = [len(re.findall(rf'<\w+ lang="{each}"', page)) for each in ("en", "zh")]
    assert counts[0] == counts[1] + 1  # the page itself opens in English
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(read_headings(page, "en")))
    assert all(re.search(r"[\u4e00-\u9fff]", each) for each in read_headings(page, "zh"))
    assert "".join(reader.words[""]).strip()


def read_headings(page: str, language: str) -> list[str]:
    return re.findall(rf'<h[23]>(?:<span[^>]*>[^<]*</span>)*?<span lang="{language}">([^<]*)', page)


def test_every_picture_has_its_numbers_as_a_table(page: str):
    """Each figure holds a table with rows for whoever cannot see it."""
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 14
    for each in figures:
        assert each.count("<table") == 2
        assert each.count("<svg") == (4 if 'class="expand"' in each else 2)
        assert each.count("<tr>") >= 4
        assert 'role="img"' in each


def test_a_long_flow_is_drawn_with_runs_folded_and_opens_step_by_step(page: str):
    """Today's 35 steps show as few boxes; a click shows all 35, without a script."""
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    (today,) = [each for each in figures if 'class="expand"' in each]
    for part in re.findall(r'<div lang="..">(?:(?!<div lang).)*', today, re.DOTALL)[:2]:
        folded, whole = part.split('<details class="expand">')
        assert folded.count('class="step"') < 12
        assert whole.count('class="step"') == 35
        assert "35" in whole[: whole.index("</summary>")]


def test_letters_of_charts_are_text(page: str):
    """Charts can be searched: their words stand in the page as words."""
    charts = re.findall(r'<svg class="chart".*?</svg>', page, re.DOTALL)
    assert len(charts) == 22
    for each in charts:
        assert each.count("<text") >= 4
        assert "<!--" not in each
        assert "NotoSans" not in each
    assert any(">联合踏勘与测绘<" in each for each in charts)


def test_words_of_a_chart_stay_where_they_were():
    """A word keeps its place, size and colour; blanks before it become a distance."""
    svg = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20" '
        'version="1.1"><g id="text_1"><!--  a &amp; b --><g style="fill: #123456" '
        'transform="translate(1.23456 2) rotate(-90) scale(0.09 -0.09)"><defs><path id="X-1" '
        'd="M 0 0"/></defs><use xlink:href="#X-1"/></g></g></svg>'
    )
    text = inline_chart(svg, "p-", "t")
    assert '<text transform="translate(1.23 2) rotate(-90)" font-size="9"' in text
    assert 'style="fill: #123456" dx="2.02">a &amp; b</text>' in text
    assert "X-1" not in text


def test_the_same_report_has_the_same_bytes(city: list[Scenario]):
    """Built twice from the same files, each form is byte for byte the same, and undated."""
    one, two = (build_report(city, replications=5) for _ in range(2))
    for suffix in FORMS:
        assert report_bytes(one, suffix, "zh") == report_bytes(two, suffix, "zh")


def test_matters_that_take_no_days_draw_no_empty_axes(city: list[Scenario]):
    """Where every step takes no time on paper there is nothing to draw to scale, and no warning."""
    quick = [
        replace(
            each,
            procedure=replace(
                each.procedure,
                steps=tuple(replace(s, duration=Duration(0)) for s in each.procedure.steps),
            ),
        )
        for each in city
    ]
    built = build_report(quick, replications=5)
    page = report_bytes(replace(built, switches=0), ".html").decode()
    assert "where the days go" not in page
    mean = next(line for line in built.comparison.sentences() if line.measure == "mean")
    assert "the same as before in every replication" in mean.sentence.en
    read(page)


def test_hostile_names_stay_text(city: list[Scenario]):
    """A name that looks like markup is shown, not obeyed, in tables, pictures and data."""
    bad = Name("</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
    named = []
    for each in city:
        steps = tuple(replace(step, name=bad) for step in each.procedure.steps)
        procedure = replace(each.procedure, name=bad, steps=steps)
        named.append(replace(each, name=bad, about=bad, procedure=procedure))
    page = report_bytes(build_report(named, replications=0), ".html").decode()
    reader = read(page)
    assert reader.handlers == []
    assert reader.tags["img"] == 0
    assert reader.tags["script"] == 2
    data = re.findall(r'id="designs">(.*?)</script>', page, re.DOTALL)
    assert bad.zh in json.loads(data[0])["steps"][0]


def test_on_paper_there_are_no_times(city: list[Scenario]):
    """A report of the paper view says that nothing was simulated, and shows no histogram."""
    page = report_bytes(build_report(city, replications=0), ".html").decode()
    assert "Not simulated" in page
    assert "办结历时分布" not in page
    read(page)


def test_three_designs_are_all_shown(city: list[Scenario]):
    """Each design has its row, its sentences and its flow diagram; the correction is stated."""
    (city[0].folder / "redesigns" / "third.toml").write_text(
        small_city.PARALLEL.replace("Parallel", "Third one"), encoding="utf-8"
    )
    third = load(city[0].folder / "third")
    page = report_bytes(build_report([*city, third], replications=5), ".html").decode()
    assert "Bonferroni: 97.5 % each" in page
    assert page.count("<figcaption>") >= 3
    assert '"Third one"' in page.replace("&quot;", '"')


def test_of_many_designs_the_first_and_last_are_drawn():
    """Sixteen designs stay one file of at most 2 MB; the page says which are drawn."""
    today = load("jiaxing")
    designs = [today, *(load(f"jiaxing/{redesign}") for redesign in today.redesigns)]
    assert len(designs) > 10
    data = report_bytes(build_report(designs, replications=0), ".html")
    assert len(data) <= MOST_BYTES
    page = data.decode()
    assert "the first and the last are drawn" in page
    assert page.count("<figcaption>") == 2


def test_designs_of_different_places_have_no_switches(city: list[Scenario]):
    """Where no levers lead from one to the other, the page says so and is whole otherwise."""
    page = report_bytes(build_report([load("jiaxing"), city[0]], replications=0), ".html").decode()
    assert "not made from the first" in page
    assert 'data-bit="' not in page
    read(page)


# --- the switches ---


def test_all_switches_on_is_the_reform_and_all_off_is_today(jiaxing: Report):
    """The 128 combinations of seven groups run from today's numbers to the reform's."""
    found = jiaxing.switches
    assert isinstance(found, Switches)
    assert len(found.groups) == 7
    assert len(found.combinations) == 128
    today, reform = (each.paper for each in jiaxing.comparison.summaries)
    assert found.combinations[0].paper == today
    assert found.combinations[-1].paper == reform
    assert (today.paper_days, reform.paper_days) == (236, 109)


def test_switches_and_attribution_agree(jiaxing: Report):
    """Averaging what each switch adds over all orders gives the attribution's shares."""
    found, shared = jiaxing.switches, jiaxing.attribution
    assert isinstance(found, Switches)
    assert shared is not None
    n = len(found.groups)
    added = [Fraction(0)] * n
    for order in permutations(range(n)):
        mask = 0
        for player in order:
            added[player] += found.days[mask | 1 << player] - found.days[mask]
            mask |= 1 << player
    worth = [each / factorial(n) for each in added]
    assert worth == [share.value for share in shared.shares["paper_days"]]


def test_a_refused_combination_says_why(jiaxing: Report):
    """Joining the survey without the zone's shared results is refused in 32 combinations."""
    found, shared = jiaxing.switches, jiaxing.attribution
    assert isinstance(found, Switches)
    assert shared is not None
    refused = [each for each in found.combinations if not each.lawful]
    assert len(refused) == sum(count for _, count in shared.refused) == 32
    for each in refused:
        (why,) = each.refusals
        assert "S03" in why.en
        assert "国土资源部令第42号" in why.zh


def test_too_many_groups_are_not_precomputed(monkeypatch: pytest.MonkeyPatch):
    """Beyond the limit only the number of groups is told; without levers it is none."""
    today, reform = load("jiaxing"), load("jiaxing/reform")
    assert switches_between(reform, today) == 0
    monkeypatch.setattr(switches, "MOST_SWITCHES", 6)
    assert switches_between(today, reform) == 7


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_switches_work_in_a_browser(page: str, jiaxing: Report, tmp_path: Path):
    """Opened from a file, the page shows the numbers of the switches in its address."""
    found = jiaxing.switches
    assert isinstance(found, Switches)
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    ticked = "0010011"
    dom = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-background-networking", "--no-first-run",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom",
            f"{file.as_uri()}#lang=zh&levers={ticked}",
        ],
        capture_output=True, encoding="utf-8", timeout=60, check=True,
    ).stdout  # fmt: skip
    mask = sum(1 << at for at, each in enumerate(ticked) if each == "1")
    chosen = found.combinations[mask]
    assert '<html lang="zh">' in dom
    assert f'data-measure="paper_days">{chosen.paper.paper_days}<' in dom
    assert f'data-measure="steps">{chosen.paper.steps}<' in dom
    bench = dom[dom.index('id="bench"') : dom.index("</svg>", dom.index('id="bench"'))]
    assert bench.count("<rect") == len(chosen.procedure.steps)
    assert bench.count(" critical") == len(critical_of(chosen.procedure).steps)
    assert "被拒绝：" in dom


# --- sentences ---


def test_each_line_is_said_in_both_languages(jiaxing: Report):
    """Nine measures, nine sentences each; the mean's holds its interval."""
    lines = jiaxing.comparison.sentences()
    assert [line.measure for line in lines] == [
        "steps", "paper_days", "serial_days", "visits", "documents", "mean", "p50", "p90",
        "on_time",
    ]  # fmt: skip
    (difference,) = jiaxing.comparison.differences
    assert difference is not None
    mean = next(line for line in lines if line.measure == "mean")
    assert mean.change == difference.mean
    ends = (abs(difference.mean.high or 0), abs(difference.mean.low or 0))
    assert f"interval of the difference {ends[0]:.1f} to {ends[1]:.1f}" in mean.sentence.en
    assert f"区间：{ends[0]:.1f} 至 {ends[1]:.1f}" in mean.sentence.zh
    assert "127 fewer than the 236 before (-54 %)" in lines[1].sentence.en
    assert mean.shown


def shifted(comparison: results.Comparison, days: float, spread: float = 0) -> results.Comparison:
    """Return the comparison with the last design's cases so much slower than the first's."""
    first, *others = comparison.summaries
    assert first.times is not None
    wave = spread * np.array([(-1) ** n for n in range(first.replications)])
    times = Times(
        first.times.mean + days + wave, first.times.p50 + days, first.times.p90 + days,
        first.times.on_time,
    )  # fmt: skip
    last = replace(others[-1], times=times)
    summaries = (first, *others[:-1], last)
    differences = tuple(results.comparison.difference_of(first, each) for each in summaries[1:])
    return replace(comparison, summaries=summaries, differences=differences)


def test_a_slower_reform_names_the_queue_that_grew(city: list[Scenario]):
    """The pool whose wait grew most is blamed, with its wait before and after."""
    slower = shifted(results.compare(city), 3)
    first, last = slower.summaries
    before = {pool.key: pool for pool in first.pools}
    blamed = last.pools[0]
    wait = replace(blamed.wait, estimate=before[blamed.key].wait.estimate + 7)
    last = replace(last, pools=(replace(blamed, wait=wait), *last.pools[1:]))
    (why,) = sentences.reasons(replace(slower, summaries=(first, last)))
    assert f"the queue grew at {blamed.name.en} (reviewer)" in why.en
    assert f"to {wait.estimate:.2f} working days" in why.en
    assert "队伍变长" in why.zh


def test_a_slower_reform_without_a_longer_queue_says_so(city: list[Scenario]):
    """Where no queue grew, the steps themselves are blamed; a faster reform needs no reason."""
    compared = results.compare(city)
    calm = shifted(compared, 3)
    first, last = calm.summaries
    last = replace(last, pools=first.pools, flow=first.flow)
    (why,) = sentences.reasons(replace(calm, summaries=(first, last)))
    assert "no queue grew" in why.en
    assert sentences.reasons(shifted(compared, -3)) == ()


def test_luck_is_not_called_a_difference(city: list[Scenario]):
    """A change that swings around zero is said to show no difference."""
    line = next(
        each
        for each in shifted(results.compare(city), 0, spread=1).sentences()
        if each.measure == "mean"
    )
    assert not line.shown
    assert "no difference is shown" in line.sentence.en
    assert "未显示出差异" in line.sentence.zh


def test_more_designs_make_a_small_difference_less_sure(city: list[Scenario]):
    """Two comparisons double the probability and widen both intervals, and it is said so."""
    alone = shifted(results.compare(city), 0.4, spread=1)
    third = replace(alone.summaries[1], scenario=replace(city[1], key="city/again"))
    both = replace(
        alone,
        summaries=(*alone.summaries, third),
        differences=(*alone.differences, *alone.differences),
    )
    one = next(line.probability for line in alone.sentences() if line.measure == "mean")
    two = [line.probability for line in both.sentences() if line.measure == "mean"]
    assert one is not None
    assert two == [pytest.approx(min(1, 2 * one))] * 2
    changes = [
        next(line.change for line in each.sentences() if line.measure == "mean")
        for each in (alone, both)
    ]
    assert [round(change.level, 4) for change in changes] == [0.95, 0.975]
    assert changes[1].low < changes[0].low
    assert any("Bonferroni" in fact for fact in sentences.facts(both, "en"))
    assert not any("Bonferroni" in fact for fact in sentences.facts(alone, "en"))


@given(st.lists(st.floats(-2, 6), min_size=6, max_size=6))
def test_a_difference_is_called_one_where_its_interval_leaves_out_zero(values):
    """Whatever the luck, p, interval and the text of the table say the same."""
    interval = mean_interval(values, each_level(2))
    assert interval.low is not None
    assert interval.high is not None
    apart = leaves_out_zero(interval)
    chance = sentences.probability(values)
    assert chance is not None
    if abs(2 * chance - 0.05) > 1e-6:
        assert apart == (2 * chance < 0.05)
    text = change_text(interval)
    first, *ends = (float(each) for each in re.findall(r"-?\d+\.\d+", text))
    if min(abs(interval.low), abs(interval.high)) < 1e-4:
        return  # too near to zero to be seen in print
    printed = abs(first) > ends[0] if "±" in text else not ends[0] <= 0 <= ends[1]
    assert printed == apart, text


def test_the_probability_is_that_of_the_interval():
    """The interval at one minus the probability just touches zero."""
    values = [0.2, 0.5, -0.1, 0.9, 0.4, 0.3]
    chance = sentences.probability(values)
    assert chance is not None
    interval = results.summary.mean_interval(values, 1 - chance)
    assert interval.low == pytest.approx(0, abs=1e-6)
    assert sentences.probability(values[:4]) is None


# --- the command ---


def test_the_command_writes_each_form(city: list[Scenario], tmp_path: Path):
    """The ending says the form; the file appears whole and nothing else is left."""
    assert command.FORMS == FORMS
    folder = tmp_path / "out"
    folder.mkdir()
    for suffix in FORMS:
        words = ["report", str(city[0].folder), str(city[0].folder / "parallel")]
        assert main([*words, "--paper", "-o", str(folder / f"r{suffix}")]) == 0
    assert {path.name for path in folder.iterdir()} == {f"r{suffix}" for suffix in FORMS}
    assert (folder / "r.html").read_bytes().startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("output", "more", "said"),
    [
        ("r.docx", [], ".html .md .xlsx .pdf"),
        ("none/r.html", [], "no such folder"),
        ("r.html", ["--paper", "--levers"], "choose one"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    output: str, more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A wrong ending, a missing folder or contrary options: code 2, and nothing is simulated."""
    code = main(["report", "jiaxing", "-o", str(tmp_path / output), *more])
    assert code == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_saves_itself(city: list[Scenario], tmp_path: Path):
    """`save` writes by the suffix, the same bytes as the command's report."""
    compared = results.compare(city, replications=0)
    built = build_report(city, replications=0)
    assert compared.save(tmp_path / "x.html").read_bytes() == report_bytes(built, ".html")
    plain = replace(built, comparison=compared)
    assert compared.save(tmp_path / "x.md").read_bytes() == report_bytes(plain, ".md")
    with pytest.raises(ValueError, match=r"\.html, \.md, \.xlsx"):
        compared.save(tmp_path / "x.pptx")


def test_a_report_shows_what_became_of_promises(tmp_path: Path, capsys):
    """Verdict, claim and measured value stand in the page, with the verdicts of saved runs."""
    folder = small_city.build(tmp_path / "city")
    (folder / "promises.toml").write_text(
        'schema = 1\n[[promise]]\nid = "long"\nholds = "paper_days <= 13"\n'
        '[[promise]]\nid = "short"\nholds = "paper_days <= 12"\n',
        encoding="utf-8",
    )
    runs = str(tmp_path / "runs")
    assert main(["promises", str(folder), "--runs", runs, "--save"]) == 1
    output = tmp_path / "r.html"
    words = [str(folder), f"{folder}/parallel", "--paper", "--promises", str(folder)]
    assert main(["report", *words, "--runs", runs, "-o", str(output)]) == 0
    page = output.read_text(encoding="utf-8")
    part = page[page.index('<section id="promises"') :]
    part = part[: part.index("</section>")]
    assert part.count(">kept<") == part.count(">达标<") == 2, "now, and in the saved run"
    assert part.count(">BROKEN<") == part.count(">未达标<") == 2
    assert "B Review (8 working days)" in part
    assert "@1 city" in part
    assert main(["report", *words, "-o", str(tmp_path / "r.md")]) == 0
    assert "| BROKEN | :5 | short |" in (tmp_path / "r.md").read_text(encoding="utf-8")
    assert main(["report", *words[:-1], str(tmp_path), "-o", str(output)]) == 2
    assert capsys


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_the_report_on_paper_can_be_searched(city: list[Scenario], tmp_path: Path):
    """The PDF holds the result, both diagrams and the charts; its fonts are inside."""
    path = tmp_path / "r.pdf"
    path.write_bytes(report_bytes(build_report(city, replications=5), ".pdf", "zh"))

    def told(*words: str) -> str:
        done = subprocess.run([*words], capture_output=True, check=True, text=True)
        return done.stdout

    text = told("pdftotext", str(path), "-")
    pages = text.split("\f")
    assert len(pages) >= 6
    assert "纸面工作日" in pages[0]
    assert "减少 2 个工作日" in pages[0].replace("\n", "")
    assert "办结历时分布" in text
    fonts = told("pdffonts", str(path)).splitlines()[2:]
    assert fonts
    assert all(" yes " in row for row in fonts)
