"""The catalogue's tables: nothing is lost on the way to a spreadsheet, nothing bad gets in."""

from __future__ import annotations

import contextlib
import tempfile
import tracemalloc
import zipfile
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_catalogue import CHANGE, sound

from rules import InputError
from rules.catalogue import (
    NATIONAL_PLATFORM,
    Catalogue,
    Reading,
    load_catalogue,
    read_procedure,
    write_catalogue,
)
from rules.cells import read_list
from rules.dealing import Concern, Dealing, HandlingClass, Level, Online, Sitting, Special
from rules.item_tables import ITEM_COLUMNS
from rules.items import (
    Delegation,
    Item,
    ItemKind,
    Material,
    Prerequisite,
    Publication,
    Review,
    Suffices,
    Validity,
)
from rules.steps import Basis, BasisType, Duration, Edge, Kind, Limit, Name, Stage, Strength, Unit
from scenarios.library import shipped_folder

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
BAD_INPUTS = SHARED / "badinputs"
GUANGAN = SHARED / "china_items" / "guangan_district_catalogue.csv"

# -- random catalogues

ODD = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "'=x", "''-y", "'plain", "受理,\"并联\"",
       "a;b", "两\n行", "_x000D_", "<b>&amp;</b>", "007", "2016-09-01", "#N/A", "TRUE",
       "é\u3000x")  # fmt: skip
texts = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp")), max_size=12).map(
        str.strip
    ),
)
keys = st.text("abcXYZ019-_.受理备案", min_size=1, max_size=8).filter(lambda k: k[0] not in "-")
members = st.lists(texts.filter(lambda t: read_list(t) == (t,)), max_size=3).map(tuple)
days = st.builds(Duration, st.integers(0, 9999), st.sampled_from(Unit))
dates = st.dates(date(1950, 1, 1), date(2099, 12, 31))
flags = st.booleans()
counts = st.integers(0, 99)


@st.composite
def validities(draw: st.DrawFn) -> Validity:
    first, last = sorted((draw(dates), draw(dates)))
    return Validity(draw(st.sampled_from((None, first))), draw(st.sampled_from((None, last))))


sittings = st.builds(
    Sitting, days.filter(lambda d: d.amount > 0), st.integers(1, 50), st.integers(0, 7), counts,
    members,
)  # fmt: skip
dealings = st.builds(
    Dealing, st.sampled_from(HandlingClass), st.sampled_from(Level), st.sampled_from(Level), flags,
    st.integers(1, 9), flags, st.sampled_from(Online), flags, flags, flags, flags, flags,
    st.integers(0, 1000), flags, texts, texts, flags, st.none() | days, st.none() | days,
    st.none() | sittings, st.lists(st.sampled_from(Special), max_size=3, unique=True).map(tuple),
    st.lists(st.sampled_from(Concern), max_size=3, unique=True).map(tuple), flags, flags,
    st.none() | days,
)  # fmt: skip
names = st.builds(Name, texts, texts).filter(lambda n: n.zh or n.en)


@st.composite
def items(draw: st.DrawFn, key: str) -> Item:
    handled_as = draw(st.sampled_from(Kind))
    units = set(Unit) if handled_as in (Kind.NOTICE, Kind.WAIT) else set(Unit) - {Unit.NATURAL_DAY}
    promised = draw(
        st.none() | st.builds(Duration, st.integers(0, 9999), st.sampled_from(sorted(units)))
    )
    unit_said = promised is None or promised.unit is not Unit.WORKING_DAY or draw(flags)
    return Item(
        key, draw(names), draw(texts), draw(st.none() | st.sampled_from(ItemKind)), handled_as,
        Basis(draw(st.sampled_from(BasisType)), draw(texts)), draw(validities()), draw(texts),
        draw(texts), draw(members), draw(texts), draw(texts),
        tuple(draw(st.lists(st.sampled_from(Level), max_size=3))), draw(dealings),
        draw(st.none() | st.builds(Delegation, st.sampled_from(Level), texts)),
        draw(texts) or "CN", draw(st.none() | st.builds(Limit, days, flags)), draw(texts),
        promised, unit_said, draw(st.none() | days), draw(texts), draw(members),
        draw(st.none() | days), draw(members), draw(members), draw(members), draw(members),
        draw(flags), draw(counts), draw(st.none() | counts), draw(flags), draw(flags),
        Publication(*(draw(texts) for _ in range(6))),
        draw(st.builds(Review, st.none() | st.sampled_from(Suffices),
                       st.none() | st.sampled_from(Level), texts, texts)),
        draw(texts), draw(validities()), draw(texts),
    )  # fmt: skip


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    chosen = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    listed = [draw(items(key)) for key in chosen]
    pairs = [(a, b) for a in chosen for b in chosen if a != b]
    ends = draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True)) if pairs else []
    edges = []
    for before, after in ends:
        strength = draw(st.sampled_from(Strength))
        basis = draw(texts)
        if not strength.droppable and not basis:
            basis = "某法"
        lag = draw(st.just(Duration(0)) | days.filter(lambda d: d.amount > 0))
        edge = Edge(before, after, strength, basis, lag, draw(flags), draw(texts))
        edges.append(Prerequisite(edge, draw(validities())))
    codes = draw(st.lists(keys, max_size=3, unique=True))
    materials = tuple(
        Material(code, draw(names), draw(texts), draw(st.none() | days), draw(flags), draw(texts),
                 draw(validities()), draw(texts))
        for code in codes
    )  # fmt: skip
    stages = tuple(Stage(key, draw(names)) for key in draw(st.lists(keys, max_size=2, unique=True)))
    if stages:
        listed = [replace(item, stage=draw(st.sampled_from(stages)).key) for item in listed]
    return Catalogue(
        tuple(listed), tuple(edges), draw(st.sampled_from((None, materials))), draw(names), stages,
        draw(st.none() | days),
    )  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@settings(max_examples=20, deadline=None)
@given(catalogue=catalogues())
def test_nothing_is_lost_on_the_way_to_a_spreadsheet_and_back(form: str, catalogue: Catalogue):
    """Whatever a catalogue holds, reading what was written gives the same catalogue."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_catalogue(catalogue, folder, form)
        back = load_catalogue(folder)
    assert back == catalogue


def test_a_whole_catalogue_may_be_one_workbook(tmp_path: Path):
    """Items, prerequisites and documents are sheets of one file; a mistake names sheet and cell."""
    path = tmp_path / "目录.xlsx"
    write_catalogue(sound(), path)
    assert load_catalogue(path) == sound()
    book = openpyxl.load_workbook(path)
    book["items"].title, book["prerequisites"].title = "事项", "前置"
    book["前置"]["C2"] = "statue"
    book.save(path)
    with pytest.raises(InputError) as refused:
        load_catalogue(path)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("目录.xlsx:2: 前置!C2: strength: 'statue' is not one of statute")
    book["前置"]["C1"] = "strenght"
    book.save(path)
    with pytest.raises(InputError, match=r"目录\.xlsx:1: sheet '前置': unknown column 'strenght'"):
        load_catalogue(path)


def test_every_field_of_an_item_has_a_column():
    """A field that somebody adds to Item or Dealing without a column fails here, not in Excel."""
    said = {column.key for column in ITEM_COLUMNS}
    renamed = {
        "name": "name_zh", "kind": "item_kind", "handled_as": "kind",
        "statutory": "statutory_limit", "promised": "days", "unit_said": "unit",
        "public": "flow", "review": "suffices",
        "basis_validity": "basis_from", "validity": "valid_from", "delegation": "delegated_to",
        "dealing": "handling", "delivery": "delivery", "sitting": "sitting_interval",
    }  # fmt: skip
    for kind in (Item, Dealing, Review):
        for field in fields(kind):
            assert renamed.get(field.name, field.name) in said, field.name


def test_what_could_not_be_read_back_is_refused_not_lost(tmp_path: Path):
    """A text with blank ends, a separator in a list or a control character is an error."""
    item = sound()["land"]
    for odd in (
        replace(item, group=" lead"),
        replace(item, materials=("a;b",)),
        replace(item, promised=Duration(-1)),
        replace(item, provenance="a\rb"),
    ):
        with pytest.raises(InputError):
            write_catalogue(Catalogue((odd,)), tmp_path)
    with pytest.raises(InputError):
        write_catalogue(Catalogue((replace(item, group="a\x01b"),)), tmp_path, "xlsx")
    assert list(tmp_path.glob("*.csv")) == []


def test_chinese_headers_words_and_dates_are_read(tmp_path: Path):
    """A table with Chinese headers and words says the same as one with English ones."""
    text = (
        "编号,事项名称,事项类型,类别,部门,承诺时限,单位,法定时限,依据类型,依据,"
        "决定层级,须到场,生效日期\n"
        "a,选址意见,行政许可,政府审批,planning,10,工作日,20个工作日,法律,"
        "城乡规划法 art. 36,县级,是,2008年1月1日\n"
    )
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path = tmp_path / "items.csv"
        path.write_bytes(text.encode(encoding))
        (item,) = load_catalogue(path).items
        assert (item.kind, item.handled_as) == (ItemKind.LICENCE, Kind.APPROVAL)
        assert (str(item.promised), str(item.statutory)) == ("10 wd", "20 wd")
        assert item.basis == Basis(BasisType.LAW, "城乡规划法 art. 36")
        assert item.dealing.decide_level is item.dealing.accept_level is Level.COUNTY
        assert item.dealing.in_person
        assert item.validity == Validity(date(2008, 1, 1))


# -- workbooks


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_excel_dates_numbers_and_truth_are_read(tmp_path: Path):
    """A date cell is a date, 5.0 is 5, TRUE is yes, an empty cell at the end is empty."""
    path = workbook(
        tmp_path / "items.xlsx",
        ("key", "name", "days", "in_person", "valid_from", "valid_to"),
        ("a", "受理", 5.0, True, datetime(2016, 9, 1), None),
        (7, "审查", 3),
    )
    first, second = load_catalogue(path).items
    assert (first.promised, first.dealing.in_person) == (Duration(5), True)
    assert first.validity == Validity(date(2016, 9, 1))
    assert second.key == "7"


def test_a_mistake_in_a_workbook_names_its_cell(tmp_path: Path):
    """The message keeps file:line: and adds sheet and cell."""
    path = workbook(tmp_path / "items.xlsx", ("key", "name", "days"), ("a", "x", -3))
    with pytest.raises(InputError) as refused:
        load_catalogue(path)
    assert str(refused.value) == (
        "items.xlsx:2: Sheet!C2: days: '-3' is not a whole number of working days"
    )


def test_a_formula_in_a_workbook_is_never_computed(tmp_path: Path):
    """A formula cell is refused with its place; formula-like text comes back as text."""
    path = workbook(tmp_path / "items.xlsx", ("key", "name", "days"), ("a", "x", "=1+1"))
    with pytest.raises(InputError, match=r"items\.xlsx:2: Sheet!C2: holds the formula '=1\+1'"):
        load_catalogue(path)
    named = Catalogue((Item("a", Name('=HYPERLINK("http://x")')),))
    for form in ("csv", "xlsx"):
        assert write_catalogue(named, tmp_path, form) == ('=HYPERLINK("http://x")',)
    book = openpyxl.load_workbook(tmp_path / "items.xlsx")
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n"}
    assert "'=HYPERLINK" in (tmp_path / "items.csv").read_text(encoding="utf-8-sig")


def test_a_log_is_not_a_table(tmp_path: Path):
    """A file of 200,001 rows is refused in one line."""
    (tmp_path / "items.csv").write_text("key\n" + "a\n" * 200_001, "utf-8")
    with pytest.raises(InputError) as refused:
        load_catalogue(tmp_path / "items.csv")
    (line,) = str(refused.value).splitlines()
    assert "more than 200000 rows" in line


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def refused_small(path: Path) -> str:
    """Return the one line that refuses a file, within 100 MB."""
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        load_catalogue(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 2**20
    (line,) = str(refused.value).splitlines()
    return line


def test_hostile_workbooks_are_refused_in_one_line(tmp_path: Path):
    """Bombs, document types, too many parts and columns, plain text: one line each, quickly."""
    plain = workbook(tmp_path / "plain.xlsx", ("key", "name"), ("a", "b"))
    with zipfile.ZipFile(plain) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    bomb = zipped(tmp_path / "bomb.xlsx", {**parts, sheet: b" " * (65 * 2**20)})
    assert "would inflate to" in refused_small(bomb)
    ratio = zipped(tmp_path / "ratio.xlsx", {**parts, sheet: b" " * (20 * 2**20)})
    assert "inflates" in refused_small(ratio)
    many = zipped(tmp_path / "many.xlsx", {**parts, **{f"x{n}": b"" for n in range(1000)}})
    assert "parts, more than 1000" in refused_small(many)
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + parts[sheet]
    assert "DOCTYPE" in refused_small(zipped(tmp_path / "dtd.xlsx", {**parts, sheet: entity}))
    wide = parts[sheet].replace(b'r="B1"', b'r="XFD1"')
    assert "columns" in refused_small(zipped(tmp_path / "wide.xlsx", {**parts, sheet: wide}))
    tall = parts[sheet].replace(b"A1:B2", b"A1:XFD1048576")
    assert len(load_catalogue(zipped(tmp_path / "tall.xlsx", {**parts, sheet: tall}))) == 1
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(plain.read_bytes()[:-200])
    assert "not an XLSX workbook" in refused_small(cut)
    torn = zipped(tmp_path / "torn.xlsx", {**parts, sheet: parts[sheet][:300]})
    assert "not a workbook that can be read" in refused_small(torn)
    (tmp_path / "none.xlsx").write_bytes(b"")
    assert "is empty" in refused_small(tmp_path / "none.xlsx")


@pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the bad inputs are not beside the checkout")
@pytest.mark.parametrize("name", ["xlsx_inflates_1000_times.xlsx", "xlsx_is_text.xlsx"])
def test_bad_workbooks_are_refused(name: str):
    """The shared bad workbooks are refused from their directory, before anything is unpacked."""
    assert refused_small(BAD_INPUTS / name).startswith(f"{name}: ")


@pytest.mark.skipif(not BAD_INPUTS.is_dir(), reason="the bad inputs are not beside the checkout")
def test_names_like_formulas_are_neutralised_wherever_they_are_written(tmp_path: Path):
    """Read from CSV they are names; written they are text, in CSV and in XLSX; four are told."""
    reading = Reading()
    procedure = read_procedure(BAD_INPUTS / "csv_formulas.csv", None, reading, name=Name("x"))
    assert reading.problems == []
    assert procedure["1"].name.in_language("zh").startswith("=HYPERLINK")
    catalogue = load_catalogue(BAD_INPUTS / "csv_formulas.csv")
    for form in ("csv", "xlsx"):
        assert len(write_catalogue(catalogue, tmp_path, form)) == 4
    assert [i.name for i in load_catalogue(tmp_path).items] == [i.name for i in catalogue.items]


# -- dates, levels, procedures


def test_the_catalogue_of_a_day_holds_one_version_of_each_item():
    """The construction permit has 15 days until 2019-04-22 and 7 from 2019-04-23."""
    before, after = sound().as_of(date(2019, 4, 22)), sound().as_of(CHANGE)
    assert str(before["permit"].statutory) == "15 cd"
    assert str(after["permit"].statutory) == "7 cd"
    assert len(before) == len(after) == len(sound()) - 1


def test_a_procedure_needs_a_day_where_versions_differ():
    """Without the day, two versions of the permit are one too many; with it the law is clear."""
    with pytest.raises(InputError, match="'permit' has several versions: say the day"):
        sound().procedure()
    procedure = sound().procedure(on=CHANGE)
    assert str(procedure["permit"].limit) == "7 cd"
    assert procedure.on == CHANGE
    with pytest.raises(InputError, match=r"no item has the key 'lnad' .*did you mean 'land'"):
        sound().procedure(["lnad"], on=CHANGE)


def test_prerequisites_have_dates_too(tmp_path: Path):
    """A prerequisite that ended in 2015 is not in the procedure of 2016."""
    edge = Edge("filing", "shed", Strength.PRACTICE, "custom")
    ended = Prerequisite(edge, Validity(None, date(2015, 12, 31)))
    catalogue = replace(sound(), prerequisites=(*sound().prerequisites, ended))
    assert catalogue.procedure(on=date(2015, 12, 31)).edge("filing", "shed") == edge
    assert catalogue.procedure(on=date(2016, 1, 1)).edge("filing", "shed") is None
    write_catalogue(catalogue, tmp_path)
    assert load_catalogue(tmp_path).prerequisites == catalogue.prerequisites


def test_one_code_on_several_levels_makes_one_item_a_level(tmp_path: Path):
    """Without a column of keys the code is the key, with its level where it stands twice."""
    path = tmp_path / "items.csv"
    path.write_text("code,name,decide_level\nX1,甲,city\nX1,甲,county\nX2,乙,city\n", "utf-8")
    assert load_catalogue(path).keys == ("X1@city", "X1@county", "X2")


def test_the_dealing_of_an_item_reaches_its_step():
    """Delegation to a town and its documents stand on the step that a procedure counts."""
    step = sound().procedure(["shed"], on=CHANGE)["shed"]
    assert step.dealing.decide_level is Level.TOWNSHIP
    assert (step.documents, step.materials) == (1, ("form",))


@pytest.mark.skipif(not GUANGAN.is_file(), reason="the catalogue is not beside the checkout")
def test_a_districts_published_catalogue_loads():
    """1,135 items of 34 departments, with their kinds, from another system's table."""
    catalogue = load_catalogue(GUANGAN, NATIONAL_PLATFORM)
    assert len(catalogue) == len(set(catalogue.keys)) == 1135
    assert len({item.department for item in catalogue.items}) == 34
    kinds = [item.kind for item in catalogue.items]
    assert kinds.count(ItemKind.LICENCE) == 536
    assert kinds.count(ItemKind.PUBLIC_SERVICE) == 348
    with pytest.raises(InputError, match="unknown column 'task_type_code'"):
        load_catalogue(GUANGAN)


# -- anything at all


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_file_does_more_than_be_refused(data: st.DataObject):
    """Random bytes, and a sound file with bytes changed, are read or refused, nothing else."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        form = data.draw(st.sampled_from(("csv", "xlsx")))
        path = folder / f"items.{form}"
        if data.draw(st.booleans()):
            path.write_bytes(data.draw(st.binary(max_size=300)))
        else:
            write_catalogue(Catalogue(sound().items[:2]), folder, form)
            content = bytearray(path.read_bytes())
            for _ in range(data.draw(st.integers(1, 6))):
                place = data.draw(st.integers(0, 10**6))  # a workbook's length varies with its date
                content[place % len(content)] = data.draw(st.integers(0, 255))
            path.write_bytes(bytes(content))
        with contextlib.suppress(InputError):
            load_catalogue(path)


def test_a_scenario_may_keep_its_items_in_a_workbook(tmp_path: Path):
    """The Jiaxing items written as full workbooks give the same procedure as the shipped CSV."""
    folder = shipped_folder() / "jiaxing"
    write_catalogue(load_catalogue(folder), tmp_path, "xlsx")
    procedures = []
    for where, suffix in ((folder, "csv"), (tmp_path, "xlsx")):
        reading = Reading()
        tables = [where / f"{stem}.{suffix}" for stem in ("items", "prerequisites")]
        procedures.append(read_procedure(tables[0], tables[1], reading, name=Name("x")))
        assert reading.problems == []
    assert procedures[0] == procedures[1]
    assert (procedures[1].n_steps, procedures[1].serial_days) == (35, 236)


def test_a_number_where_the_list_of_documents_stands_is_their_number(tmp_path: Path):
    """Short tables count documents in a column called materials; full ones list them."""
    path = tmp_path / "items.csv"
    path.write_text("key,name,materials\na,甲,5\nb,乙,m1; m2\n", "utf-8")
    first, second = load_catalogue(path).items
    assert (first.documents, first.materials) == (5, ())
    assert (second.documents, second.materials) == (None, ("m1", "m2"))
