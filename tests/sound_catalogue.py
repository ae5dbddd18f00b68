"""A small sound catalogue with tables and offices, for tests: nothing in it is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rules.catalogue import Catalogue
from rules.checks import ServicePoint
from rules.dealing import Dealing, Level
from rules.items import (
    APPLICANT,
    Delegation,
    Item,
    ItemKind,
    Material,
    Prerequisite,
    Publication,
    Validity,
)
from rules.steps import Basis, BasisType, Duration, Edge, Kind, Limit, Name, Strength, Unit
from rules.tables.chain import TableSet
from rules.tables.columns import Choice, ColumnType, Input, Missing, Output
from rules.tables.table import DecisionTable, HitPolicy, Row

ON = date(2025, 3, 3)
CHANGE = date(2019, 4, 23)
"""Day on which the construction permit's limit fell from 15 to 7 days (建筑法 art. 8)."""

GUIDE = Publication("受理-审查-决定", "不收费", "决定书", "政务服务中心", "张三", "0573-12345678")


def _item(key: str, zh: str, en: str, **more: object) -> Item:
    plain = Item(
        key,
        Name(zh, en),
        code=f"C-{key}",
        kind=ItemKind.LICENCE,
        basis=Basis(BasisType.LAW, f"{zh}法 art. 1"),
        department="planning",
        promised=Duration(5),
        statutory=Limit(Duration(20)),
        materials=("form",),
        public=GUIDE,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Item by name


def sound() -> Catalogue:
    """Return eight items (nine rows), their prerequisites and documents."""
    permit = _item(
        "permit",
        "施工许可",
        "Construction permit",
        department="housing",
        law_limit="construction-permit",
        promised=Duration(1),
        statutory=Limit(Duration(7, Unit.NATURAL_DAY)),
        materials=("form", "design-opinion", "land-deed"),
        certificates=("permit-cert",),
        delivery=Duration(5),
        validity=Validity(CHANGE, None),
    )
    items = (
        _item("filing", "项目备案", "Project filing", kind=ItemKind.FILING, handled_as=Kind.FILING,
              department="drc", statutory=None, promised=Duration(2),
              certificates=("filing-proof",)),
        _item("survey", "选址踏勘", "Site survey", kind=ItemKind.OTHER, handled_as=Kind.SURVEY,
              statutory=None, site_survey=True, certificates=("survey-report",)),
        _item("announce", "出让公告", "Land announcement", kind=ItemKind.OTHER,
              handled_as=Kind.NOTICE, department="land", law_limit="land-announcement",
              statutory=Limit(Duration(20, Unit.NATURAL_DAY), floor=True),
              promised=Duration(20, Unit.NATURAL_DAY)),
        _item("land", "土地登记", "Land registration", department="land",
              materials=("form", "filing-proof"), certificates=("land-deed",),
              delivery=Duration(10), extension=Duration(10), extension_by="本机关负责人"),
        _item("heritage", "文物保护意见", "Heritage opinion", department="culture",
              clock_stops=("expert_review",), materials=("form", "survey-report"),
              dealing=Dealing(expert_review=True)),
        _item("design", "联合设计审查", "Joint design review", kind=ItemKind.OTHER,
              handled_as=Kind.JOINT, statutory=None, promised=Duration(30),
              materials=("drawings", "survey-report"), certificates=("design-opinion",),
              consulted=("housing", "culture")),
        _item("shed", "临时搭建", "Temporary shed",
              dealing=Dealing(accept_level=Level.TOWNSHIP, decide_level=Level.TOWNSHIP),
              delegation=Delegation(Level.TOWNSHIP, "镇发〔2020〕1号委托书"), department="town"),
        replace(permit, statutory=Limit(Duration(15, Unit.NATURAL_DAY)),
                validity=Validity(None, date(2019, 4, 22))),
        permit,
    )  # fmt: skip
    edges = (
        Edge("filing", "land", Strength.DATA, "needs the filing proof"),
        Edge("announce", "land", Strength.STATUTE, "国土资源部令第39号 art. 8"),
        Edge("survey", "heritage", Strength.DATA, "needs the survey report"),
        Edge("survey", "design", Strength.DATA, "needs the survey report"),
        Edge("heritage", "design", Strength.PRACTICE, "custom"),
        Edge("land", "permit", Strength.STATUTE, "建筑法 art. 8"),
        Edge("design", "permit", Strength.DATA, "needs the design opinion", preworkable=True),
    )
    materials = (
        Material("form", Name("申请表", "Application form"), APPLICANT),
        Material("drawings", Name("图纸", "Drawings"), "design-institute",
                 Duration(365, Unit.NATURAL_DAY)),
    )  # fmt: skip
    return Catalogue(
        items,
        tuple(Prerequisite(edge) for edge in edges),
        materials,
        Name("示例目录", "example"),
    )


def offices() -> tuple[ServicePoint, ...]:
    """Return the offices of the sound catalogue."""
    keys = ("drc", "planning", "land", "culture", "housing")
    city = tuple(ServicePoint(key, Level.CITY, 2) for key in keys)
    return (*city, ServicePoint("town", Level.TOWNSHIP, 1))


LAND = Input("land", ColumnType.NUMBER, Name("用地面积", "land"), unit=Name("亩", "mu"), low=0)
KIND = Input(
    "industry", ColumnType.ENUM, Name("行业", "industry"),
    (Choice("industrial", Name("工业", "industrial")), Choice("housing", Name("住宅", "housing"))),
)  # fmt: skip
ZONE = Input("in_zone", ColumnType.BOOL, Name("在区内", "inside the zone"), missing=Missing.UNKNOWN)


def tables() -> TableSet:
    """Return the tables by which a project gets its items."""
    sizes = (Choice("small"), Choice("large"))
    size = DecisionTable(
        "size", (LAND,), (Output("size", ColumnType.ENUM, choices=sizes),),
        (Row("s1", ("< 50",), ("small",), line=2), Row("s2", (">= 50",), ("large",), line=3)),
        basis="规模标准 art. 2", complete=True, name=Name("规模", "size of the project"),
    )  # fmt: skip
    sized = Input("size", ColumnType.ENUM, Name("规模", "size"), sizes)
    rows = (
        ("n1", ("-", "-", "-"), "filing", None),
        ("n2", ("-", "large", "-"), "survey", None),
        ("n3", ("-", "-", "-"), "announce", None),
        ("n4", ("-", "-", "-"), "land", "city"),
        ("n5", ("-", "large", "false"), "heritage", "county"),
        ("n6", ("industrial", "large", "-"), "design", None),
        ("n7", ("housing", "small", "-"), "shed", "township"),
        ("n8", ("-", "-", "-"), "permit", "city"),
    )
    need = DecisionTable(
        "need",
        (KIND, sized, ZONE),
        (
            Output("item", refers="item"),
            Output("item.level", ColumnType.ENUM,
                   choices=tuple(Choice(level.value) for level in Level)),
        ),
        tuple(
            Row(key, cells, (item, level), f"办法 art. {number}", line=number + 1)
            for number, (key, cells, item, level) in enumerate(rows, 1)
        ),
        HitPolicy.COLLECT,
        name=Name("所需事项", "items needed"),
    )  # fmt: skip
    return TableSet((need, size))
