"""From a project's facts to its items: by which row, under which law, on which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sound_catalogue import CHANGE, ON, sound, tables

from rules import InputError
from rules.applicability import apply_tables
from rules.dealing import Level
from rules.items import Validity
from rules.tables.chain import TableSet

WORKS = {"land": 80, "industry": "industrial", "in_zone": False}


def test_a_large_factory_outside_the_zone_needs_seven_items():
    """The tables choose the items; the catalogue gives their order and prerequisites."""
    application = apply_tables(sound(), tables(), WORKS, ON)
    assert application.decided
    assert set(application.items) == {
        "filing", "survey", "announce", "land", "heritage", "design", "permit"
    }  # fmt: skip
    procedure = application.procedure()
    assert procedure.edge("heritage", "design") is not None
    assert procedure.keys.index("survey") < procedure.keys.index("heritage")
    assert procedure["heritage"].dealing.decide_level is Level.COUNTY
    assert application.level("shed") is Level.TOWNSHIP
    assert application.materials == ("form", "filing-proof", "survey-report", "drawings",
                                     "design-opinion", "land-deed")  # fmt: skip


def test_a_small_house_needs_other_items():
    """Nothing of a factory's design review remains, and no prerequisite of it."""
    application = apply_tables(
        sound(), tables(), {"land": 10, "industry": "housing", "in_zone": True}, ON
    )
    assert set(application.items) == {"filing", "announce", "land", "shed", "permit"}
    assert {e.ends for e in application.procedure().edges} == {
        ("filing", "land"), ("announce", "land"), ("land", "permit")
    }  # fmt: skip


def test_what_is_not_known_is_asked_for_not_assumed():
    """A fact that may be missing leaves the decision open, by name; one that may not is an error."""  # noqa: E501
    unknown = {key: value for key, value in WORKS.items() if key != "in_zone"}
    application = apply_tables(sound(), tables(), unknown, ON)
    assert not application.decided
    assert application.ask_for == ("in_zone",)
    with pytest.raises(InputError, match="cannot decide, ask for: in_zone"):
        application.procedure()
    with pytest.raises(InputError, match="industry"):
        apply_tables(sound(), tables(), {"land": 80, "in_zone": False}, ON)


def test_an_explanation_names_table_row_fact_and_law_and_the_chain_behind():
    """Why the heritage opinion: row n5, since the project is large, since its land is 80 mu."""
    said = apply_tables(sound(), tables(), WORKS, ON).explain("heritage")
    assert said.en.splitlines() == [
        "Heritage opinion: row n5 of items needed asks for it because size is large "
        "(asked: large) and inside the zone is no (asked: false); county level decides. "
        "Basis: 办法 art. 5.",
        "size is large: row s2 of size of the project because land is 80 mu (asked: >= 50). "
        "Basis: 规模标准 art. 2.",
        "The item itself rests on 文物保护意见法 art. 1 (law).",
    ]
    assert said.zh.splitlines() == [
        "文物保护意见：由表“所需事项”第n5行得出，因为规模为large（要求：large），"
        "在区内为否（要求：false），由县级决定。依据：办法 art. 5。",
        "其中规模为large，由表“规模”第s2行得出，因为用地面积为80亩（要求：>= 50）。"
        "依据：规模标准 art. 2。",
        "设定依据（法律）：文物保护意见法第1条。",
    ]


def test_every_item_of_a_procedure_can_be_explained_and_no_other():
    """There is no step without a reason; asking about another says what failed."""
    application = apply_tables(sound(), tables(), WORKS, ON)
    for key in application.procedure().keys:
        assert application.explain(key).en
        assert application.explain(key).zh
    with pytest.raises(KeyError):
        application.explain("shed")
    assert application.why_not("shed").en == (
        "Row n7 of items needed would ask for it, but industry is industrial (asked: housing) "
        "and size is large (asked: small)."
    )
    assert "要求：housing" in application.why_not("shed").zh
    assert application.why_not("ghost").en == "no table concludes ghost"


def test_surveys_and_services_come_with_the_item_that_needs_them():
    """An item that names its survey brings it, and the reason says so."""
    items = tuple(replace(i, surveys=("survey",)) if i.key == "shed" else i for i in sound().items)
    catalogue = replace(sound(), items=items)
    small = {"land": 10, "industry": "housing", "in_zone": True}
    application = apply_tables(catalogue, tables(), small, ON)
    assert "survey" in application.procedure()
    assert "Temporary shed needs" in application.explain("survey").en


def test_rows_and_items_of_another_day_do_not_apply():
    """The day chooses the version: of the permit's limit, and of a row that begins in 2020."""
    old = apply_tables(sound(), tables(), WORKS, date(2019, 4, 22)).procedure()
    new = apply_tables(sound(), tables(), WORKS, CHANGE).procedure()
    assert (str(old["permit"].limit), str(new["permit"].limit)) == ("15 cd", "7 cd")
    before, after = (
        apply_tables(sound(), tables(), WORKS, day).explain("permit").en.splitlines()[-1]
        for day in (date(2019, 4, 22), CHANGE)
    )
    assert before == (
        "Its statutory limit on 2019-04-22 is 15 cd (建筑法 art. 8, in force since 1998-03-01)."
    )
    assert after == (
        "Its statutory limit on 2019-04-23 is 7 cd (建筑法 art. 8 (2019), "
        "in force since 2019-04-23)."
    )
    dated = TableSet(
        tuple(
            replace(t, rows=tuple(replace(r, valid_from=date(2020, 1, 1)) if r.id == "n5" else r
                                  for r in t.rows))
            for t in tables()
        )
    )  # fmt: skip
    assert "heritage" not in apply_tables(sound(), dated, WORKS, date(2019, 12, 31)).items
    assert "heritage" in apply_tables(sound(), dated, WORKS, date(2020, 1, 1)).items


def test_a_conclusion_without_an_item_is_an_error():
    """A row that names an item not in force on the day is told with its place."""
    items = tuple(
        replace(i, validity=Validity(date(2026, 1, 1))) if i.key == "heritage" else i
        for i in sound().items
    )
    with pytest.raises(InputError, match="need:6: row 'n5' concludes the item 'heritage'"):
        apply_tables(replace(sound(), items=items), tables(), WORKS, ON)
