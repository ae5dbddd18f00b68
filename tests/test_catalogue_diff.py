"""What an edit of the catalogue changes: fields, limits, prerequisites, regions, projects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_catalogue import ON, sound, tables

from rules.catalogue import Catalogue
from rules.catalogue_diff import Change, diff_catalogues
from rules.dealing import Level
from rules.items import Material, Prerequisite
from rules.steps import Duration, Edge, Limit, Name, Strength
from rules.tables.chain import TableSet


def changed(key: str, **more: object) -> Catalogue:
    """Return the sound catalogue with fields of an item changed."""
    items = tuple(
        replace(i, **more) if i.key == key else i  # type: ignore[arg-type]  # by name
        for i in sound().items
    )
    return replace(sound(), items=items)


def test_nothing_differs_from_itself():
    """A catalogue and its tables compared with themselves give no line."""
    found = diff_catalogues(sound(), sound(), tables(), tables())
    assert found.sentences("en") == found.sentences("zh") == ()
    assert found.affected([{"land": 80, "industry": "housing", "in_zone": True}], ON).changed == 0


def test_a_shorter_promise_is_told_with_its_article():
    """A limit's change names both values and the basis, in both languages."""
    found = diff_catalogues(sound(), changed("land", promised=Duration(3)))
    (one,) = found.differences
    assert (one.what, one.field, one.old, one.new) == (
        "limit", "promised", Duration(5), Duration(3)
    )  # fmt: skip
    assert one.sentence("en") == (
        "Land registration (land): promised limit 5 wd -> 3 wd (土地登记法 art. 1)"
    )
    assert one.sentence("zh") == "土地登记（land）：承诺时限 5 wd → 3 wd（土地登记法第1条）"


def test_nested_fields_are_told_one_by_one():
    """Two changes inside dealing and publication are two lines."""
    shed = sound()["shed"]
    new = changed(
        "shed",
        dealing=replace(shed.dealing, decide_level=Level.COUNTY),
        public=replace(shed.public, fee="100元"),
    )
    assert diff_catalogues(sound(), new).sentences("zh") == (
        "临时搭建（shed）：决定层级 镇级 → 县级",
        "临时搭建（shed）：收费 不收费 → 100元",
    )


def test_items_that_come_and_go():
    """An item removed and one added are two lines, not a change."""
    without = replace(sound(), items=tuple(i for i in sound().items if i.key != "shed"))
    found = diff_catalogues(sound(), without)
    assert [(d.what, d.change, d.key) for d in found.differences] == [
        ("item", Change.REMOVED, "shed")
    ]
    back = diff_catalogues(without, sound())
    assert back.sentences("en") == ("item added: Temporary shed (shed)",)


def test_prerequisites_that_come_go_and_change():
    """A custom prerequisite dropped, one added, one made statutory: three lines with strength."""
    kept = [p for p in sound().prerequisites if p.edge.ends != ("heritage", "design")]
    kept = [
        replace(p, edge=replace(p.edge, strength=Strength.STATUTE, basis="某法"))
        if p.edge.ends == ("filing", "land")
        else p
        for p in kept
    ]
    new = replace(
        sound(), prerequisites=(*kept, Prerequisite(Edge("filing", "survey", basis="custom")))
    )
    assert diff_catalogues(sound(), new).sentences("en") == (
        "prerequisite filing->land: data, needs the filing proof -> statute, 某法",
        "prerequisite heritage->design removed (practice, custom)",
        "prerequisite filing->survey added (practice, custom)",
    )


def test_materials_that_come_and_go():
    """The table of documents is compared too."""
    listed = sound().materials or ()
    new = replace(
        sound(),
        materials=(replace(listed[0], shareable=True), Material("m", Name("照片", "Photo"), "x")),
    )
    assert set(diff_catalogues(sound(), new).sentences("en")) == {
        "material Application form: shareable no -> yes",
        "material removed: Drawings",
        "material added: Photo",
    }


def edited() -> TableSet:
    """Return the tables with the limit of a large project at 60 mu, not 50."""
    return TableSet(
        tuple(
            replace(t, rows=(replace(t.rows[0], cells=("< 60",)),
                             replace(t.rows[1], cells=(">= 60",))))
            if t.id == "size"
            else t
            for t in tables()
        )
    )  # fmt: skip


def test_regions_that_an_edit_of_a_table_moves():
    """Projects of 50 to 60 mu are small now: one region, told in words, with its projects."""
    mix = [
        {"land": land, "industry": industry, "in_zone": zone}
        for land in (40, 50, 55, 60, 70)
        for industry in ("industrial", "housing")
        for zone in (True, False)
    ]
    found = diff_catalogues(sound(), sound(), tables(), edited(), mix)
    (region,) = found.regions["size"].regions
    assert (region.old, region.new) == ("large", "small")
    assert region.projects == 8
    (line,) = found.sentences("en")
    assert line.startswith("size: ")
    assert "50" in line
    assert "60" in line
    affected = found.affected(mix, ON)
    assert (affected.projects, affected.changed, affected.undecided) == (20, 8, 0)
    assert affected.losses == {"design": 4, "heritage": 4, "survey": 8}
    assert affected.gains == {"shed": 4}
    assert affected.which == (4, 5, 6, 7, 8, 9, 10, 11)
    assert affected.sentence("en").startswith("8 of 20 projects affected: 4 gain shed")
    assert "20个项目中8个受影响" in affected.sentence("zh")


def test_projects_that_cannot_be_decided_are_counted_apart():
    """A project of which a fact is missing is neither affected nor unaffected."""
    found = diff_catalogues(sound(), sound(), tables(), edited())
    affected = found.affected([{"land": 55, "industry": "industrial"}], ON)
    assert (affected.changed, affected.undecided) == (0, 1)
    with pytest.raises(ValueError, match="need decision tables"):
        diff_catalogues(sound(), sound()).affected([], ON)


def test_tables_that_come_and_go():
    """A table left out is told, since its items are no longer decided."""
    only = TableSet(tuple(t for t in tables() if t.id == "size"))
    assert "table removed: items needed" in diff_catalogues(
        sound(), sound(), tables(), only
    ).sentences("en")


FIELDS = st.sampled_from(
    [
        {"promised": Duration(4)}, {"statutory": Limit(Duration(15))}, {"fee": "1"},
        {"name": Name("新", "New")}, {"materials": ("form", "drawings")}, {"visits": 3},
    ]
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["land", "shed", "heritage"]), FIELDS, max_size=3))
def test_as_many_lines_as_edits(edits: dict[str, dict[str, object]]):
    """Each field that an edit changes gives one line, forwards and backwards."""
    new, expected = sound(), set()
    for key, edit in edits.items():
        item, more = new[key], edit
        if "fee" in edit:
            more = {"public": replace(item.public, fee=str(edit["fee"]))}
            expected.add((key, "public.fee"))
        elif all(getattr(item, name) == value for name, value in more.items()):
            continue
        else:
            expected.add((key, next(iter(more))))
        items = tuple(
            replace(i, **more) if i.key == key else i  # type: ignore[arg-type]  # by name
            for i in new.items
        )
        new = replace(new, items=items)
    for a, b in ((sound(), new), (new, sound())):
        found = diff_catalogues(a, b)
        assert {(d.key, d.field) for d in found.differences} == expected
        assert len(found.differences) == len(expected)
