"""What checks say beyond finding the fault: witness, repair, days on the calendar, real data."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_catalogue import ON, offices, sound, tables

from rules.calendars import WorkingDays
from rules.catalogue import NATIONAL_PLATFORM, Catalogue, load_catalogue
from rules.checks import Finding, Severity, lint, missing_fields
from rules.checks.codes import organ_problem
from rules.checks.limits import Calendars
from rules.checks.mutual import cheapest
from rules.items import Item, ItemKind, Prerequisite
from rules.law import deadline
from rules.steps import Duration, Edge, Kind, Limit, Name, Strength, Unit

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GUANGAN = SHARED / "china_items" / "guangan_district_catalogue.csv"

STATUTE, DATA, PRACTICE = Strength.STATUTE, Strength.DATA, Strength.PRACTICE


def knot(*edges: Edge) -> Finding:
    """Return the one finding about items that wait for each other."""
    keys = dict.fromkeys(key for edge in edges for key in edge.ends)
    items = tuple(
        Item(key, Name(f"事项{key}", f"Item {key}"), promised=Duration(5)) for key in keys
    )
    catalogue = Catalogue(items, tuple(Prerequisite(edge) for edge in edges))
    (finding,) = (f for f in lint(catalogue, on=ON) if f.id == "C1")
    return finding


def test_a_cycle_of_three_is_told_with_members_and_the_cheapest_lawful_repair():
    """Of statute, data and custom the custom prerequisite is the one to drop."""
    finding = knot(
        Edge("a", "b", STATUTE, "建筑法 art. 8"), Edge("b", "c", DATA, "report"), Edge("c", "a")
    )
    assert finding.severity is Severity.ERROR
    assert finding.keys == ("a", "b", "c")
    assert finding.witness == ("a", "b", "c", "a")
    assert finding.sentence("en") == (
        "a -> b -> c -> a wait for each other: a->b (statute: 建筑法 art. 8); b->c (data: report); "
        "c->a (practice); drop the custom prerequisite c->a (no basis)"
    )
    assert "取消惯例前置c->a" in finding.sentence("zh")


def test_a_cycle_of_statutes_is_merged_or_worked_on_condition():
    """Where no custom holds the knot, a preworkable edge gets a conditional opinion, else a joint step."""  # noqa: E501
    stuck = knot(Edge("a", "b", STATUTE, "x"), Edge("b", "a", DATA, "y"))
    assert "handle a, b as one joint step" in stuck.repair.en
    assert "drop" not in stuck.repair.en.replace("may be dropped", "")
    early = knot(Edge("a", "b", STATUTE, "x", preworkable=True), Edge("b", "a", DATA, "y"))
    assert "let b give a conditional opinion early" in early.repair.en


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"), st.sampled_from("abcde"), st.sampled_from(Strength),
            st.booleans(),
        ).filter(lambda e: e[0] != e[1]),
        min_size=1, max_size=9, unique_by=lambda e: e[:2],
    )
)  # fmt: skip
def test_no_lawful_repair_is_cheaper(drawn: list[tuple[str, str, Strength, bool]]):
    """The repair unties every knot, touches no fixed prerequisite, and none is cheaper."""
    edges = [Prerequisite(Edge(a, b, s, "x", preworkable=early)) for a, b, s, early in drawn]

    def acyclic(gone: tuple[Prerequisite, ...]) -> bool:
        left = [p.edge.ends for p in edges if p not in gone]
        return nx.is_directed_acyclic_graph(nx.DiGraph(left))

    def price(p: Prerequisite) -> int:
        return 1 if p.edge.strength.droppable else 2

    if acyclic(()):
        return
    free = [p for p in edges if p.edge.strength.droppable or p.edge.preworkable]
    ways = [
        sum(map(price, gone))
        for size in range(1, len(free) + 1)
        for gone in itertools.combinations(free, size)
        if acyclic(gone)
    ]
    repair = cheapest(edges)
    if repair is None:
        assert ways == []
        return
    assert acyclic(repair)
    assert set(repair) <= set(free)
    assert sum(map(price, repair)) == min(ways)


def test_a_thousand_items_in_knots_are_told():
    """1,000 items with 3,000 prerequisites, many mutual: each knot untied, statutes kept."""
    chance = random.Random(7)
    keys = [f"i{n:03d}" for n in range(1000)]
    ends = {tuple(chance.sample(keys, 2)) for _ in range(3000)}
    edges = []
    for before, after in sorted(ends):
        fixed = before < after and chance.random() < 0.4  # what may not go has an order
        edges.append(Edge(before, after, STATUTE if fixed else PRACTICE, "x"))
    items = tuple(Item(key, Name(key)) for key in keys)
    catalogue = Catalogue(items, tuple(Prerequisite(edge) for edge in edges))
    knots = [f for f in lint(catalogue, on=ON) if f.id == "C1"]
    assert len(knots) >= 1
    in_knots = [p for p in catalogue.prerequisites if set(p.edge.ends) <= set(knots[0].keys)]
    gone = cheapest(in_knots)
    assert gone is not None
    assert all(p.edge.strength is PRACTICE for p in gone)
    left = [p.edge.ends for p in in_knots if p not in gone]
    assert nx.is_directed_acyclic_graph(nx.DiGraph(left))
    assert len(gone) < len([p for p in in_knots if p.edge.strength is PRACTICE]) / 2


def test_working_days_are_compared_with_natural_days_on_the_calendar():
    """15 working days exceed 20 natural ones from most start days, and the first is named."""
    longer = Calendars(2025).longer(Duration(15), Duration(20, Unit.NATURAL_DAY))
    china = WorkingDays.china(projection=True)
    starts = [date(2025, 1, 1) + timedelta(n) for n in range(365)]
    over = [
        s
        for s in starts
        if deadline(s, Duration(15), china) > deadline(s, Duration(20, Unit.NATURAL_DAY), china)
    ]
    assert (longer.days, longer.longer) == (365, len(over))
    assert longer.first is not None
    assert longer.first[0] == over[0]
    assert 0 < len(over) < 365


def test_the_same_unit_is_compared_exactly():
    """20 natural days are exactly 20 natural days; 19 are too few for a notice."""
    announce = sound()["announce"]
    for days, faulty in ((20, False), (19, True)):
        item = replace(announce, promised=Duration(days, Unit.NATURAL_DAY))
        found = lint(Catalogue((item,)), on=ON)
        assert any(f.kind == "notice-below-floor" for f in found) is faulty


def test_a_promise_longer_on_some_days_only_is_a_warning_with_such_a_day():
    """5 working days keep 7 natural ones except across long holidays: told with the days."""
    item = replace(sound().as_of(ON)["permit"], promised=Duration(5))
    (finding,) = (f for f in lint(Catalogue((item,)), on=ON) if f.kind == "promise-above-statute")
    assert finding.severity is Severity.WARNING
    start, late, early = (date.fromisoformat(day) for day in finding.witness[2:])
    china = WorkingDays.china(projection=True)
    assert late == deadline(start, Duration(5), china) > early
    assert "建筑法 art. 8 (2019)" in finding.said.en


def test_lint_replays_the_law_of_the_day():
    """15 natural days for a construction permit were right on 2019-04-22, wrong a day later."""
    item = Item(
        "p", Name("施工许可", "Construction permit"), kind=ItemKind.LICENCE,
        law_limit="construction-permit", statutory=Limit(Duration(15, Unit.NATURAL_DAY)),
    )  # fmt: skip
    kinds = [{f.kind for f in lint(Catalogue((item,)), on=date(2019, 4, day))} for day in (22, 23)]
    assert "limit-not-of-the-day" not in kinds[0]
    assert "limit-not-of-the-day" in kinds[1]
    form = replace(item, law_limit="eia-registration", statutory=Limit(Duration(0)))
    assert "limit-not-of-the-day" in {
        f.kind for f in lint(Catalogue((form,)), on=date(2016, 8, 31))
    }
    assert "limit-not-of-the-day" not in {
        f.kind for f in lint(Catalogue((form,)), on=date(2016, 9, 1))
    }


def test_hunan_may_count_notices_out_and_the_nation_may_not():
    """公示 stops the clock where a local rule says so."""
    item = replace(sound()["land"], clock_stops=("public_notice",))
    for jurisdiction, allowed in (("CN", False), ("CN-HN", True), ("CN-ZJ", False)):
        one = Catalogue((replace(item, jurisdiction=jurisdiction),))
        kinds = {f.kind for f in lint(one, on=ON)}
        assert ("exclusion-not-allowed" not in kinds) is allowed


def test_findings_are_sorted_and_worst_first():
    """Errors come before warnings, and the same fault is told once."""
    bad = replace(
        sound(),
        items=tuple(replace(i, promised=Duration(50), unit_said=False) for i in sound().items),
    )
    found = lint(bad, tables(), offices(), on=ON)
    ranks = [list(Severity).index(f.severity) for f in found]
    assert ranks == sorted(ranks)
    assert len(set(found)) == len(found)


def test_ten_fields_are_asked_of_every_item():
    """A bare item lacks them all but a name; the sound ones lack none."""
    assert len(missing_fields(Item("a", Name("a", "a")))) == 10
    assert missing_fields(Item("a", Name("甲")))[0] == "basis"
    assert all(missing_fields(item) == () for item in sound().items)


def test_a_waiting_time_is_nobodys_item():
    """An external wait publishes nothing and has no office."""
    wait = Item("w", Name("w", "w"), handled_as=Kind.WAIT)
    assert lint(Catalogue((wait,)), offices=(), on=ON) == ()


@pytest.mark.skipif(not GUANGAN.is_file(), reason="the catalogue is not beside the checkout")
def test_a_districts_published_catalogue_is_linted():
    """Seven organ codes in 120 of its items cannot be right, and two names have two codes."""
    catalogue = load_catalogue(GUANGAN, NATIONAL_PLATFORM)
    found = lint(catalogue, on=date(2025, 4, 2))
    wrong = {f.witness[0]: len(f.keys) for f in found if f.kind == "organ-code-wrong"}
    assert wrong == {
        "1151130108778239R": 63,  # a character lost
        "1151130000877869M": 28,
        "0087790701": 12,
        "2222222222222": 8,  # a placeholder
        "TE5116020105116050": 7,
        "8282348": 1,
        "11511301452259996u": 1,
    }
    assert sum(f.kind == "name-with-two-codes" for f in found) == 2
    unsaid = {f.witness[0] for f in found if f.kind == "field-published-for-none"}
    assert unsaid == {
        "basis", "materials", "flow", "promised_limit", "fee", "result", "person", "contact"
    }  # fmt: skip
    right = [i for i in catalogue.items if not any(i.key in f.keys for f in found)]
    assert len(right) > 900


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.data())
def test_one_wrong_character_of_an_organs_code_shows(body: str, data: st.DataObject):
    """Of all check characters exactly one fits, and changing any one character breaks it."""
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    (check,) = (x for x in digits if not organ_problem(body + x))
    code = body + check
    place = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from([x for x in digits if x != code[place]]))
    assert organ_problem(code[:place] + other + code[place + 1 :])
