"""The library in a notebook and at a prompt: what comes back shows itself."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import small_city
from conftest import ROOT

import lianban as lb
from results import notebook
from scenarios import load

SVG = "{http://www.w3.org/2000/svg}svg"


@pytest.fixture
def compared(tmp_path: Path) -> lb.Comparison:
    folder = small_city.build(tmp_path / "city")
    return lb.compare(lb.load(folder), lb.load(folder / "parallel"), seed=1, replications=5)


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every line of Python in the report's guide does what the guide shows."""
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "report.md"), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert failed == 0
    assert tried >= 8


def test_designs_may_be_given_one_by_one_or_as_a_list(tmp_path: Path):
    """Both ways of calling compare give the same comparison."""
    folder = small_city.build(tmp_path / "city")
    today, reform = lb.load(folder), lb.load(folder / "parallel")
    one = lb.compare(today, reform, seed=3, replications=5)
    two = lb.compare([today, reform], seed=3, replications=5)
    assert one.to_json() == two.to_json()


def test_a_comparison_shows_itself(compared: lb.Comparison):
    """A notebook gets a table, a console aligned text; both hold the same cells."""
    html, text = compared._repr_html_(), str(compared)
    for row in compared.table():
        for cell in row:
            assert f">{cell}<" in html
            assert cell in text
    assert "seed 1" in text
    assert "seed 1" in html
    assert compared.table()._repr_html_().startswith("<table>")
    assert str(compared.table()).splitlines()[0].startswith("scenario")


def test_pictures_of_a_comparison_show_themselves(compared: lb.Comparison, tmp_path: Path):
    """Flow, timeline and distribution are SVG in a notebook, a line of words at a prompt."""
    for each in (compared.flow(), compared.gantt(), compared.distribution()):
        assert ElementTree.fromstring(each._repr_svg_()).tag == SVG
        assert 0 < len(str(each)) < 500
        path = each.save(tmp_path / "picture.svg")
        assert ElementTree.fromstring(path.read_bytes()).tag == SVG
    on_paper = lb.compare(*(s.scenario for s in compared.summaries), replications=0)
    with pytest.raises(ValueError, match="on paper"):
        on_paper.distribution()


def test_the_distribution_shows_the_comparisons_own_cases(compared: lb.Comparison):
    """Simulated once more with the same seed, P50 is the comparison's to the digit."""
    words = str(compared.distribution())
    for summary in compared.summaries:
        p50 = summary.times.p50.mean()
        assert f"{summary.scenario.name.en}: P50 {p50:.1f}" in words


class Shell:
    """As much of IPython as the extension touches."""

    class Formatter:
        """Remembers what shows which type."""

        def __init__(self) -> None:
            self.known: dict[type, Callable[..., str]] = {}

        def for_type(self, kind: type, show: Callable[..., str]) -> None:
            """Remember it."""
            self.known[kind] = show

    def __init__(self) -> None:
        self.display_formatter = self
        self.formatters = {form: self.Formatter() for form in ("text/html", "image/svg+xml")}


def test_the_extension_gives_every_type_a_face(tmp_path: Path):
    """After %load_ext lianban scenarios, procedures and runs show themselves, names escaped."""
    shell = Shell()
    lb.load_ipython_extension(shell)
    html, svg = (shell.formatters[form].known for form in ("text/html", "image/svg+xml"))
    folder = small_city.build(tmp_path / "city")
    file = folder / "scenario.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("Small city", "A <b> & c"), "utf-8")
    scenario = load(folder)
    run = lb.simulate(lb.compile_plan(scenario), 5, 1)
    for value in (scenario, scenario.procedure):
        assert ElementTree.fromstring(svg[type(value)](value)).tag == SVG
    assert "A &lt;b&gt; &amp; c" in html[type(scenario)](scenario)
    shown = html[type(run)](run)
    mean = lb.summarise(scenario, run).times.mean.mean()
    assert re.search(rf">{mean:.1f} \(", shown)


def test_the_extension_works_in_ipython():
    """IPython itself accepts the extension."""
    shells = pytest.importorskip("IPython.core.interactiveshell")
    shell = shells.InteractiveShell()
    shell.run_line_magic("load_ext", "lianban")
    scenario = load("jiaxing")
    shown, _ = shell.display_formatter.format(scenario)
    assert {"text/html", "image/svg+xml"} <= set(shown)
    assert shown["text/html"] == notebook.scenario_html(scenario)
