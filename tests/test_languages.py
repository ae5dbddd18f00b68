"""A Chinese page holds no English sentence, an English page none in Chinese.

Official names stay as they are printed: acts and documents are cited by their Chinese names, and
keys, units and file names are neither language.
"""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from small_office import office

from lianban.cli import main
from optimizer.redesign import holding
from rules import InputError
from rules.catalogue import Catalogue
from rules.checks.mutual import mutual_prerequisites
from rules.citations import in_chinese
from rules.items import Item, Prerequisite
from rules.levers import DropPrerequisite, Refused
from rules.steps import Basis, BasisType, Edge, Name, Strength
from scenarios import copy_to, load, shipped
from scenarios.library import shipped_folder

ENGLISH = re.compile(r"(?:[A-Za-z][a-z'-]+[ ,;:]+){3,}[a-z]+")
"""Four or more English words in a row."""

CHINESE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，。；：、]{11,}")
"""Twelve or more Chinese characters in a row: longer than the name of an act."""

_ACTS = re.compile(r"[\u4e00-\u9fff〔〕]*?(?:法|条例|办法|规定|令|号|决定|文件)")


class _Page(HTMLParser):
    """The texts of a page that a reader of one language sees."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs).get("lang")
        hidden = own is not None and own != self.language and tag != "html"
        hidden = hidden or tag in ("script", "style")
        if tag not in ("br", "input", "meta", "link", "img", "hr"):
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(hidden for _, hidden in self.open):
            self.texts.append(data)


def texts(path: Path, language: str) -> list[str]:
    """Return what a reader of one language sees of a page."""
    page = _Page(language)
    page.feed(path.read_text("utf-8"))
    return page.texts


def report(folder: Path, language: str) -> list[str]:
    """Return what a reader sees of Jiaxing's report: today beside reform and simulated approval."""
    path = folder / "report.html"
    designs = ("jiaxing", "jiaxing/reform-simulated")
    assert main(["report", *designs, "--paper", "--lang", language, "-o", str(path)]) == 0
    return texts(path, language)


def test_a_chinese_report_holds_no_english_sentence(tmp_path: Path):
    """Everything a Chinese reader of Jiaxing's report sees is Chinese: reasons, articles, data."""
    seen = report(tmp_path, "zh")
    assert len(seen) > 300
    assert [text for text in seen if ENGLISH.search(text)] == []
    assert [text for text in seen if re.search(r"\barts?\.", text)] == []


def test_an_english_report_holds_no_chinese_sentence(tmp_path: Path):
    """An English reader meets Chinese only as official names: acts and documents."""
    seen = [text for text in report(tmp_path, "en") if CHINESE.search(text)]
    assert [text for text in seen if CHINESE.search(_ACTS.sub("", text))] == []


@pytest.mark.parametrize("name", shipped())
def test_shipped_reasons_stand_in_both_languages(name: str):
    """Whatever English words a shipped basis or reason holds, its Chinese holds none."""
    folder = shipped_folder() / name
    wrong = []
    for table in ("items.csv", "prerequisites.csv"):
        with (folder / table).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                zh = row.get("basis_zh") or in_chinese(row.get("basis") or "")
                if re.search(r"[A-Za-z]{3,}", zh):
                    wrong.append((table, zh))
    assert wrong == []
    today = load(folder)
    for key in today.redesigns:
        design = load(folder / key)
        for change in design.changes:
            for line in (change.sentence("zh"), *change.details("zh")):
                assert not ENGLISH.search(line), (key, line)
        for each in holding(design.procedure):
            assert not ENGLISH.search(each.sentence("zh")), (key, each.sentence("zh"))


def test_articles_are_counted_as_the_reader_counts_them():
    """What is art. 42(1) in English is 第42条第1款; several are listed with the Chinese comma."""
    assert in_chinese("行政许可法 art. 42(1), 45") == "行政许可法第42条第1款、第45条"
    assert in_chinese("消防法 art.11-12; 公安部令第119号") == "消防法第11-12条; 公安部令第119号"
    assert in_chinese("an article of party 3") == "an article of party 3"


def test_a_refusal_cites_in_the_language_of_its_reader(tmp_path: Path):
    """A statute edge with its reason in both languages is refused in each."""
    edges = "A,B,statute,EIA first (law of 2002 art. 25),no,环评在先（2002 年法第25条）\n"
    flow = office(
        tmp_path / "a", edges=edges,
        head="before,after,strength,basis,preworkable,basis_zh\n",
    ).procedure  # fmt: skip
    with pytest.raises(Refused) as refused:
        DropPrerequisite("A", "B").apply(flow)
    assert "[EIA first (law of 2002 art. 25)]" in refused.value.sentence("en")
    assert "[环评在先（2002 年法第25条）]" in refused.value.sentence("zh")
    assert refused.value.article == "EIA first (law of 2002 art. 25)"


def test_reasons_survive_merging_and_bridging():
    """Two parallel reasons stay beside each other, a bridge names its chain, in both languages."""
    from rules.levers.contraction import stronger

    one = Edge("a", "b", Strength.DATA, "the file", basis_zh="材料")
    two = Edge("a", "b", Strength.PRACTICE, "custom")
    both = stronger(one, two)
    assert (both.basis, both.basis_zh) == ("the file; custom", "材料；custom")
    assert both.reason.in_language("zh") == "材料；custom"


def test_a_mutual_prerequisite_is_told_in_chinese():
    """The repair of a cycle gives the custom's reason in the reader's language."""
    items = tuple(Item(key, Name(key, key), basis=Basis(BasisType.LAW, "x")) for key in "ab")
    edges = (
        Edge("a", "b", Strength.STATUTE, "law art. 3"),
        Edge("b", "a", Strength.PRACTICE, "we always did", basis_zh="历来如此"),
    )
    (found,) = mutual_prerequisites(Catalogue(items, tuple(map(Prerequisite, edges))))
    assert "历来如此" in found.repair.zh
    assert "we always did" in found.repair.en


def test_a_row_may_leave_the_chinese_wording_off(tmp_path: Path):
    """Who writes in one language ends the row before the last column; no other may be missing."""
    copy_to("jiaxing", tmp_path / "city")
    table = tmp_path / "city" / "prerequisites.csv"
    with table.open("a", encoding="utf-8") as file:
        file.write("S01,S03,practice,custom,no\n")
    assert load(tmp_path / "city").procedure.edge("S01", "S03").reason.zh == "custom"
    with table.open("a", encoding="utf-8") as file:
        file.write("S01,S05,practice,custom\n")
    with pytest.raises(InputError, match="the row has 4 fields, the header has 6 columns"):
        load(tmp_path / "city")
