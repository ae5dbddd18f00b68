"""A sound catalogue has no finding; every planted fault is found, by the right check."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from sound_catalogue import CHANGE, ON, offices, sound, tables

from rules import InputError
from rules.catalogue import Catalogue, load_catalogue, write_catalogue
from rules.checks import PUBLISHED_FIELDS, ServicePoint, lint
from rules.dealing import Dealing, Level
from rules.items import Delegation, Item, Material, Prerequisite, Validity
from rules.law import Law, national_law
from rules.steps import Basis, BasisType, Duration, Edge, Limit, Name, Strength, Unit
from rules.tables.chain import TableSet
from rules.tables.table import DecisionTable


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that is checked together."""

    catalogue: Catalogue
    tables: TableSet
    offices: tuple[ServicePoint, ...]
    law: Law
    on: date = ON


def whole() -> Office:
    return Office(sound(), tables(), offices(), national_law())


def found(office: Office) -> set[tuple[str, str]]:
    findings = lint(office.catalogue, office.tables, office.offices, office.law, on=office.on)
    for finding in findings:
        assert finding.sentence("en")
        assert finding.sentence("zh")
        assert finding.place.file
    return {(finding.id, finding.kind) for finding in findings}


Fault = Callable[[Office], Office]


def item(key: str, **more: object) -> Fault:
    """Change fields of an item (all its versions)."""

    def plant(office: Office) -> Office:
        items = tuple(
            replace(i, **more) if i.key == key else i  # type: ignore[arg-type]  # by name
            for i in office.catalogue.items
        )
        assert any(i.key == key for i in items)
        return replace(office, catalogue=replace(office.catalogue, items=items))

    return plant


def latest(key: str, **more: object) -> Fault:
    """Change fields of an item's last version."""

    def plant(office: Office) -> Office:
        items = list(office.catalogue.items)
        place = max(n for n, i in enumerate(items) if i.key == key)
        items[place] = replace(items[place], **more)  # type: ignore[arg-type]  # by name
        return replace(office, catalogue=replace(office.catalogue, items=tuple(items)))

    return plant


def extra(one: Item) -> Fault:
    def plant(office: Office) -> Office:
        items = (*office.catalogue.items, one)
        return replace(office, catalogue=replace(office.catalogue, items=items))

    return plant


def edge(*added: Edge, validity: Validity | None = None) -> Fault:
    def plant(office: Office) -> Office:
        new = tuple(Prerequisite(e, validity or Validity()) for e in added)
        ends = {e.ends for e in added}
        kept = tuple(p for p in office.catalogue.prerequisites if p.edge.ends not in ends)
        return replace(office, catalogue=replace(office.catalogue, prerequisites=(*kept, *new)))

    return plant


def without_edge(before: str, after: str) -> Fault:
    def plant(office: Office) -> Office:
        every = office.catalogue.prerequisites
        kept = tuple(p for p in every if p.edge.ends != (before, after))
        assert len(kept) < len(every)
        return replace(office, catalogue=replace(office.catalogue, prerequisites=kept))

    return plant


def materials(*listed: Material) -> Fault:
    def plant(office: Office) -> Office:
        return replace(office, catalogue=replace(office.catalogue, materials=listed))

    return plant


def table(key: str, change: Callable[[DecisionTable], DecisionTable]) -> Fault:
    def plant(office: Office) -> Office:
        changed = tuple(change(t) if t.id == key else t for t in office.tables)
        return replace(office, tables=TableSet(changed))

    return plant


def row(key: str, number: int, **more: object) -> Fault:
    def change(one: DecisionTable) -> DecisionTable:
        rows = list(one.rows)
        rows[number] = replace(rows[number], **more)  # type: ignore[arg-type]  # by name
        return replace(one, rows=tuple(rows))

    return table(key, change)


def without_row(key: str, number: int) -> Fault:
    return table(key, lambda t: replace(t, rows=(*t.rows[:number], *t.rows[number + 1 :])))


def doubled_row(key: str, number: int) -> Fault:
    return table(key, lambda t: replace(t, rows=(*t.rows, replace(t.rows[number], id="again"))))


def only_offices(keep: Callable[[ServicePoint], bool]) -> Fault:
    return lambda office: replace(office, offices=tuple(o for o in office.offices if keep(o)))


def windowless(key: str) -> Fault:
    return lambda office: replace(
        office,
        offices=tuple(replace(o, windows=0) if o.key == key else o for o in office.offices),
    )


def law_limit(key: str, **more: object) -> Fault:
    """Change the last version of a provision."""

    def plant(office: Office) -> Office:
        limits = list(office.law.limits)
        place = max(n for n, rule in enumerate(limits) if rule.key == key)
        limits[place] = replace(limits[place], **more)  # type: ignore[arg-type]  # by name
        return replace(office, law=replace(office.law, limits=tuple(limits)))

    return plant


WD, CD = Unit.WORKING_DAY, Unit.NATURAL_DAY
LICENCES = ("land", "heritage", "shed")
EVERY = ("filing", "survey", "announce", "land", "heritage", "design", "shed", "permit")


def planted() -> Iterator[tuple[str, Fault, tuple[str, str]]]:
    """Yield every fault with its name and the finding it must give."""
    statute = Strength.STATUTE
    for key in LICENCES:
        yield (
            f"{key}: promise above the limit written",
            item(key, promised=Duration(21)),
            ("C6", "promise-above-statute"),
        )
        yield (
            f"{key}: promise above the general limit",
            item(key, statutory=None, promised=Duration(25)),
            ("C6", "promise-above-statute"),
        )
        yield (
            f"{key}: 15 working days promised, 20 natural days allowed",
            item(key, statutory=Limit(Duration(20, CD)), promised=Duration(15)),
            ("C6", "promise-above-statute"),
        )
        yield f"{key}: unit of day missing", item(key, unit_said=False), ("C8", "unit-missing")
        yield (
            f"{key}: public notice counted out",
            item(key, clock_stops=("public_notice",)),
            ("C8", "exclusion-not-allowed"),
        )
        yield (
            f"{key}: misspelt clock stop",
            item(key, clock_stops=("expert_reveiw",)),
            ("C8", "exclusion-not-allowed"),
        )
        yield (
            f"{key}: extension without approver",
            item(key, extension=Duration(10), extension_by=""),
            ("C6", "extension-without-approver"),
        )
        yield (
            f"{key}: extension above 10 days",
            item(key, extension=Duration(30), extension_by="负责人"),
            ("C6", "extension-too-long"),
        )
        yield (
            f"{key}: unknown provision",
            item(key, law_limit="decison"),
            ("C6", "unknown-provision"),
        )
        yield (
            f"{key}: basis repealed",
            item(key, basis_validity=Validity(None, date(2020, 12, 31))),
            ("C7", "outside-its-law"),
        )
        yield (
            f"{key}: decided in a village",
            item(key, dealing=Dealing(accept_level=Level.VILLAGE, decide_level=Level.VILLAGE)),
            ("C9", "village-may-not-decide"),
        )
        yield (
            f"{key}: township without written act",
            item(
                key,
                delegation=Delegation(Level.TOWNSHIP, ""),
                dealing=Dealing(accept_level=Level.TOWNSHIP, decide_level=Level.TOWNSHIP),
            ),
            ("C9", "township-without-delegation"),
        )
        if key != "shed":
            yield (
                f"{key}: delegated without written act",
                item(key, delegation=Delegation(Level.COUNTY, "")),
                ("C9", "delegated-without-act"),
            )
        yield (
            f"{key}: accepted above its decider",
            item(key, dealing=Dealing(accept_level=Level.PROVINCE, decide_level=Level.COUNTY)),
            ("C9", "accepted-above-its-decider"),
        )
        yield (
            f"{key}: agent though in person",
            item(key, dealing=Dealing(in_person=True, agent=True)),
            ("C9", "agent-in-person"),
        )
        yield (
            f"{key}: a material that no table lists",
            item(key, materials=("ghost",)),
            ("C5", "material-nobody-issues"),
        )
        yield (
            f"{key}: asks for its own certificate",
            item(key, materials=("own",), certificates=("own",), delivery=Duration(5)),
            ("C5", "material-nobody-issues"),
        )
    for key in ("filing", "survey", "land", "heritage", "design", "shed", "permit"):
        yield f"{key}: no such office", item(key, department="nowhere"), ("C9", "no-office")
    for key in ("drc", "land", "culture"):
        yield (
            f"{key}: office left out",
            only_offices(lambda o, k=key: o.key != k),
            (  # type: ignore[misc]  # bound now
                "C9",
                "no-office",
            ),
        )
    for key in ("drc", "land", "culture", "town"):
        yield f"{key}: no window open", windowless(key), ("C9", "level-without-window")
    for field in PUBLISHED_FIELDS:
        yield f"land does not publish {field}", unpublished("land", field), ("M37", "field-missing")
        yield f"shed does not publish {field}", unpublished("shed", field), ("M37", "field-missing")
    custom = [
        ("land", "filing"),
        ("design", "survey"),
        ("permit", "announce"),
        ("design", "heritage"),
    ]
    for before, after in custom:
        yield (
            f"{before} and {after} wait for each other",
            edge(Edge(before, after)),
            ("C1", "mutual-prerequisites"),
        )
    yield (
        "a statutory cycle",
        edge(Edge("permit", "land", statute, "某法")),
        ("C1", "mutual-prerequisites"),
    )
    for before, after in (("filing", "lond"), ("lond", "permit")):
        yield (
            f"unknown prerequisite {before}->{after}",
            edge(Edge(before, after)),
            ("C5", "unknown-prerequisite"),
        )
    for ends in (("filing", "land"), ("survey", "heritage"), ("land", "permit"),
                 ("design", "permit")):  # fmt: skip
        yield f"{ends} not waited for", without_edge(*ends), ("C5", "material-not-waited-for")
    yield (
        "land deed asked for by its own prerequisite",
        item("filing", materials=("form", "land-deed")),
        ("C5", "material-issued-later"),
    )
    yield (
        "survey report asked for before the survey",
        item("filing", materials=("permit-cert",)),
        ("C5", "material-issued-later"),
    )
    yield (
        "form issued by nobody",
        materials(
            Material("form", Name("申请表")),
            sound().materials[1],  # type: ignore[index]  # there is one
        ),
        ("C5", "material-nobody-issues"),
    )
    yield (
        "drawings issued by nobody",
        materials(
            sound().materials[0],
            Material("drawings", Name("图纸")),  # type: ignore[index]  # there is one
        ),
        ("C5", "material-nobody-issues"),
    )
    yield (
        "a survey for nothing",
        extra(
            replace(
                sound()["survey"], key="idle", code="C-idle", name=Name("空踏勘"), certificates=()
            )
        ),
        ("C5", "survey-without-item"),
    )
    yield (
        "an item that names an unknown survey",
        item("land", surveys=("servey",)),
        ("C5", "unknown-item"),
    )
    yield (
        "an item that no project needs",
        extra(replace(sound()["shed"], key="shed2", code="C-shed2", name=Name("另一", "Other"))),
        ("C5", "never-applicable"),
    )
    for number, key in enumerate(EVERY):
        place = number if key != "permit" else 7
        yield f"no row concludes {key}", without_row("need", place), ("C5", "never-applicable")
    yield (
        "a row concludes an unknown item",
        row("need", 3, outputs=("lnad", "city")),
        ("C5", "unknown-item"),
    )
    yield (
        "a row asks for a size that nothing concludes",
        without_row("size", 0),
        ("C5", "never-applicable"),
    )
    yield "gap below 50", without_row("size", 0), ("C2", "gap")
    yield "gap above 50", without_row("size", 1), ("C2", "gap")
    yield "gap at 50", row("size", 1, cells=("> 50",)), ("C2", "gap")
    yield "overlap at 50", row("size", 0, cells=("<= 50",)), ("C3", "overlap")
    yield "overlap above 50", row("size", 0, cells=("< 60",)), ("C3", "overlap")
    yield "a row written twice", doubled_row("need", 4), ("C4", "duplicate")
    yield "a row inside another", table(
        "need", lambda t: replace(t, rows=(*t.rows, replace(t.rows[0], id="in",
                                                            cells=("housing", "-", "-"))))
    ), ("C4", "subsumed")  # fmt: skip
    yield "a row outlives its table", table(
        "size", lambda t: replace(t, valid_from=date(2020, 1, 1), rows=(
            replace(t.rows[0], valid_from=date(2019, 1, 1)), t.rows[1]))
    ), ("C7", "row-outside-table")  # fmt: skip
    yield (
        "versions overlap",
        latest("permit", validity=Validity(date(2019, 4, 1))),
        ("C7", "versions-overlap"),
    )
    yield (
        "versions leave a hole",
        latest("permit", validity=Validity(date(2020, 1, 1))),
        ("C7", "versions-leave-a-hole"),
    )
    yield (
        "ends before it begins",
        extra(
            replace(
                sound()["shed"], key="odd", validity=Validity(date(2025, 1, 1), date(2024, 1, 1))
            )
        ),
        ("C7", "ends-before-it-begins"),
    )
    yield (
        "a prerequisite of another time",
        edge(
            Edge("filing", "land", Strength.DATA, "proof"),
            validity=Validity(date(2010, 1, 1), CHANGE),
        ),
        ("C5", "material-not-waited-for"),
    )
    yield (
        "a prerequisite on an item not yet there",
        lambda office: edge(Edge("filing", "shed"), validity=Validity(None, date(2019, 1, 1)))(
            item("shed", validity=Validity(date(2024, 1, 1)))(office)
        ),
        ("C7", "prerequisite-outside-item"),
    )
    yield "two rows of one prerequisite", lambda office: replace(
        office, catalogue=replace(office.catalogue, prerequisites=(
            *office.catalogue.prerequisites, office.catalogue.prerequisites[0]))
    ), ("C7", "versions-overlap")  # fmt: skip
    yield (
        "the old law's limit",
        latest("permit", statutory=Limit(Duration(15, CD))),
        ("C6", "limit-not-of-the-day"),
    )
    yield (
        "the law changed",
        law_limit("construction-permit", limit=Duration(5, CD)),
        ("C6", "limit-not-of-the-day"),
    )
    yield (
        "the law expired",
        law_limit("construction-permit", valid_to=date(2024, 12, 31)),
        ("C7", "outside-its-law"),
    )
    yield (
        "a hole in the law",
        law_limit("construction-permit", valid_from=date(2019, 6, 1)),
        ("C7", "hole-in-the-law"),
    )
    yield (
        "an overlap in the law",
        law_limit("construction-permit", valid_from=date(2019, 1, 1)),
        ("C7", "hole-in-the-law"),
    )
    for days in (Duration(19, CD), Duration(5, CD), Duration(9)):
        yield f"notice of {days}", item("announce", promised=days), ("C6", "notice-below-floor")
    yield (
        "joint step of 46 days",
        item("design", promised=Duration(46)),
        ("C6", "joint-above-limit"),
    )
    yield (
        "joint step of 61 days with extension",
        item("design", promised=Duration(61), extension=Duration(15), extension_by="县长"),
        ("C6", "joint-above-limit"),
    )
    yield (
        "total promise of 30 days",
        lambda office: replace(
            office, catalogue=replace(office.catalogue, total_promise=Duration(30))
        ),
        ("C6", "path-above-total"),
    )
    for key in ("land", "permit"):
        yield f"{key}: delivery clock missing", item(key, delivery=None), ("C6", "delivery-missing")
        yield (
            f"{key}: delivered after 11 days",
            item(key, delivery=Duration(11)),
            ("C6", "delivery-too-long"),
        )
    yield (
        "two organs decide one thing",
        extra(replace(sound()["shed"], key="shed3", code="", department="planning")),
        ("M09", "several-heads"),
    )
    yield "no lead department", item("design", department=""), ("M09", "no-lead")
    for more in (
        {"name": Name("搭建", "Shed")},
        {"basis": Basis(BasisType.LAW, "另一法 art. 2")},
        {"statutory": Limit(Duration(15))},
        {"materials": ("form", "drawings")},
    ):
        yield (
            f"one code, another {next(iter(more))}",
            extra(
                replace(sound()["shed"], key="shed@city", **more)  # type: ignore[arg-type]  # by name
            ),
            ("M26", "code-not-the-same"),
        )
    yield (
        "one name, two codes",
        extra(replace(sound()["shed"], key="shed9", code="C-9")),
        ("M26", "name-with-two-codes"),
    )
    yield (
        "an organ that cannot exist",
        item("land", code="511A0138000000-511602000000-000-115113010833722048-1-00"),
        ("M26", "organ-code-wrong"),
    )


def unpublished(key: str, field: str) -> Fault:
    """Leave one of the ten published fields of an item out."""
    own = sound()[key]
    blank = {
        "item": {"name": Name(key, key)},
        "basis": {"basis": Basis(BasisType.LAW, "")},
        "materials": {"materials": ()},
        "promised_limit": {"promised": None},
        "unit": {"public": replace(own.public, unit=""), "department": ""},
    }
    public = {"flow", "fee", "result", "person", "contact"}
    if field in public:
        return item(key, public=replace(own.public, **{field: ""}))  # type: ignore[arg-type]  # by name
    return item(key, **blank[field])


FAULTS = tuple(planted())


def test_the_sound_catalogue_has_no_finding():
    """Nothing is wrong with it, on any day asked."""
    assert found(whole()) == set()
    assert found(replace(whole(), on=date(2019, 4, 22))) == set()


@pytest.mark.parametrize(("fault", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_planted_fault_is_found_by_the_right_check(fault: Fault, expected: tuple[str, str]):
    """Each fault gives the finding of its check."""
    assert expected in found(fault(whole()))


CELLS = [
    ("items", "kind", "goverment_filing", "did you mean 'government_filing'"),
    ("items", "item_kind", "licnece", "did you mean 'licence'"),
    ("items", "basis_type", "lwa", "is not one of law"),
    ("items", "decide_level", "couny", "did you mean 'county'"),
    ("items", "accept_level", "twonship", "did you mean 'township'"),
    ("items", "handling", "imediate", "did you mean 'immediate'"),
    ("items", "online", "fulll", "did you mean 'full'"),
    ("items", "unit", "wdd", "is not one of wd"),
    ("items", "unit", "cd", "use wd, h or min"),
    ("items", "days", "-3", "is not a whole number of working days"),
    ("items", "days", "NaN", "is not a whole number"),
    ("items", "days", "inf", "is not a whole number"),
    ("items", "days", "99999", "is more than 10000"),
    ("items", "days", "１５", "is not a whole number"),
    ("items", "days", "", "is not a whole number"),
    ("items", "statutory_limit", "20", "with its unit"),
    ("items", "statutory_limit", "20 days", "with its unit"),
    ("items", "extension", "10", "with its unit"),
    ("items", "delivery", "ten wd", "with its unit"),
    ("items", "in_person", "maybe", "is neither yes nor no"),
    ("items", "notice", "2", "is neither yes nor no"),
    ("items", "visits", "-1", "is not a whole number"),
    ("items", "desks", "0", "at least 1 desk"),
    ("items", "correction_share", "1001", "is more than 1000"),
    ("items", "valid_from", "2019-13-01", "is not a date"),
    ("items", "valid_from", "2999-01-01", "lies before valid_from"),
    ("items", "basis_from", "soon", "is not a date"),
    ("items", "delegated_to", "vilage", "did you mean 'village'"),
    ("items", "suffices", "markt", "did you mean 'market'"),
    ("items", "key", "land", "stands twice (first on line"),
    ("items", "key", "", "key: is empty"),
    ("items", "key", "fi\u200bling", "U+200B"),
    ("items", "key", "\u0440ermit2", "U+0440"),
    ("items", "prerequisites", "lnad", "did you mean 'land'"),
    ("prerequisites", "before", "filng", "did you mean 'filing'"),
    ("prerequisites", "after", "lnad", "did you mean 'land'"),
    ("prerequisites", "after", "filing", "cannot wait for itself"),
    ("prerequisites", "strength", "statue", "did you mean 'statute'"),
    ("prerequisites", "strength", "", "strength: is empty"),
    ("prerequisites", "basis", "", "must cite its article"),
    ("prerequisites", "lag", "5", "with its unit"),
    ("prerequisites", "preworkable", "oui", "is neither yes nor no"),
    ("prerequisites", "valid_to", "31.12.2020", "is not a date"),
    ("materials", "code", "drawings", "stands twice"),
    ("materials", "lasts", "1 year", "with its unit"),
    ("materials", "shareable", "si", "is neither yes nor no"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sound catalogue as planners' files."""
    made = tmp_path_factory.mktemp("sound")
    write_catalogue(sound(), made)
    return made


@pytest.mark.parametrize(("stem", "column", "text", "said"), CELLS)
def test_a_planted_slip_is_refused_where_it_stands(
    folder: Path, tmp_path: Path, stem: str, column: str, text: str, said: str
):
    """A slip in a cell of the first row is a problem of that line that says what was expected."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / f"{stem}.csv"
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    place = lines[0].index(column)
    lines[1][place] = text
    if column == "valid_from" and text.startswith("2999"):
        lines[1][lines[0].index("valid_to")] = "2998-01-01"
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    path.write_text(out.getvalue(), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_catalogue(tmp_path)
    where = [str(problem) for problem in refused.value.problems]
    assert any(said in line and line.startswith(f"{stem}.csv:") for line in where), where
    rest = {problem.place.line for problem in refused.value.problems}
    assert 2 in rest or "twice" in said


def test_there_are_more_than_a_hundred_faults():
    """The suite plants at least a hundred faults, each with its own name."""
    names = [name for name, _, _ in FAULTS]
    assert len(set(names)) == len(names)
    assert len(FAULTS) + len(CELLS) >= 150
    assert len({expected for _, _, expected in FAULTS}) >= 35
