"""Items as rows of planners' tables, read and written.

A table may have the few columns of a flow chart or all fields of a published catalogue:
there is one way to read them. What is written is read back as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from rules.cells import (
    MOST_DAYS,
    Complain,
    flag_cell,
    list_cell,
    read_day,
    read_duration,
    read_flag,
    read_limit,
    read_list,
    read_optional_word,
    read_unit,
    read_whole,
    read_word,
)
from rules.csv_tables import Column, Row, Table, key_problem
from rules.dealing import Level
from rules.dealing_tables import DEALING_COLUMNS, dealing_cells, read_dealing
from rules.items import (
    Delegation,
    Item,
    ItemKind,
    Publication,
    Review,
    Suffices,
    Validity,
)
from rules.problems import InputError, did_you_mean
from rules.steps import (
    Basis,
    BasisType,
    Duration,
    Kind,
    Name,
    Stage,
    Unit,
)

ITEM_COLUMNS = (
    Column("key", ("id", "编号", "环节编号"), required=True, or_else="code"),
    Column("code", ("item_code", "编码", "事项编码", "国家编码")),
    Column("name_zh", ("name", "名称", "事项名称", "环节名称", "环节")),
    Column("name_en", ("english_name", "英文名称")),
    Column("item_kind", ("power_type", "事项类型", "权力类型")),
    Column("kind", ("type", "类别", "环节类别")),
    Column("group", ("主项", "主项名称")),
    Column("department", ("reviewer", "office", "部门", "责任部门", "实施部门")),
    Column("decider", ("deciding_organ", "决定机关", "审批机关", "实施主体")),
    Column("consulted", ("会同部门", "协办部门")),
    Column("subject", ("审批对象",)),
    Column("stage", ("阶段",)),
    Column("days", ("duration", "天数", "时限", "承诺时限")),
    Column("unit", ("单位", "时限单位")),
    Column("statutory_limit", ("法定时限",)),
    Column("law_limit", ("时限条款",)),
    Column("extension", ("延长时限",)),
    Column("extension_by", ("延长批准人",)),
    Column("clock_stops", ("不计入时限", "特殊环节")),
    Column("delivery", ("送达时限",)),
    Column("basis_type", ("依据类型", "依据层级")),
    Column("basis", ("legal_basis", "依据", "设定依据", "法律依据")),
    Column("basis_from", ("依据生效",)),
    Column("basis_to", ("依据失效",)),
    Column("jurisdiction", ("适用地区",)),
    Column("levels", ("行使层级",)),
    Column("delegated_to", ("委托层级", "下放层级")),
    Column("delegation_act", ("委托文书", "下放依据")),
    *DEALING_COLUMNS,
    Column("visits", ("跑动次数", "到场次数")),
    Column("documents", ("材料数", "申请材料数")),
    Column("materials", ("申请材料", "材料")),
    Column("certificates", ("结果证照", "证照")),
    Column("surveys", ("踏勘事项",)),
    Column("intermediaries", ("中介服务", "中介事项")),
    Column("notice", ("公示",)),
    Column("site_survey", ("现场踏勘", "现场勘验")),
    Column("zone_shareable", ("区域联用", "可联用")),
    Column("flow", ("办理流程",)),
    Column("fee", ("收费",)),
    Column("result", ("办理结果",)),
    Column("published_unit", ("办理单位", "实施单位")),
    Column("person", ("责任人",)),
    Column("contact", ("联系方式", "联系电话")),
    Column("suffices", ("可替代方式",)),
    Column("delegable_to", ("可下放至",)),
    Column("reserved", ("保留理由",)),
    Column("same_as", ("同类事项",)),
    Column("prerequisites", ("needs", "前置", "前置环节")),
    Column("valid_from", ("生效日期", "生效")),
    Column("valid_to", ("失效日期", "失效")),
    Column("provenance", ("来源", "数据来源")),
    Column("basis_zh", ("中文依据",), open_ended=True),
)
"""Columns of items.csv; a file need only have a key (or a code)."""


@dataclass(frozen=True, slots=True)
class ForeignTable:
    """How another system's table says what ours says.

    Attributes
    ----------
    headers : mapping of str to str
        Our column key for each of its headers; ``""`` passes a column over.
    words : mapping of str to mapping of str to str
        By our column key, our word for each of its words.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may refer to; None: anything."""

    stages: tuple[Stage, ...] = ()
    departments: Mapping[str, Name] | None = None


def read_item(row: Row, columns: tuple[str, ...], known: Known, wrong: Complain) -> Item:
    """Return the item of a row; complain about every cell that says no sound thing."""
    key = row["key"]
    if not key:
        wrong("key: is empty")
    elif trouble := key_problem(key):
        wrong(f"key: '{key}' {trouble}")
    department, stage = row["department"], row["stage"]
    if known.departments is not None and department and department not in known.departments:
        hint = did_you_mean(department, known.departments)
        wrong(f"department: '{department}' is not in the table of offices{hint}")
    if known.stages and stage not in {s.key for s in known.stages}:
        hint = did_you_mean(stage, [s.key for s in known.stages])
        wrong(f"stage: '{stage}' is not a stage of the scenario{hint}")
    item_kind = read_optional_word(ItemKind, row["item_kind"], "item_kind", wrong)
    usual = Kind.FILING if item_kind is ItemKind.FILING else Kind.APPROVAL
    kind = read_word(Kind, row["kind"], usual, "kind", wrong)
    unit = read_unit(row["unit"], wrong)
    if unit is Unit.NATURAL_DAY and kind not in (Kind.NOTICE, Kind.WAIT):
        wrong(
            f"unit: 'cd' is for notices and waits; people work on '{key}' ({kind.value}): "
            "use wd, h or min"
        )
    # a table without a column of numbers may give the number where the list would stand
    counted = "documents" not in columns and row["materials"].isdecimal()
    number = row["materials"] if counted else row["documents"]
    promised = None
    if row["days"] or row["unit"]:
        promised = Duration(read_whole(row["days"], "days", wrong, unit, MOST_DAYS), unit)
    return Item(
        key=key,
        name=name_of(row, columns),
        code=row["code"],
        kind=item_kind,
        handled_as=kind,
        basis=Basis(
            read_word(BasisType, row["basis_type"], BasisType.PRACTICE, "basis_type", wrong),
            row["basis"],
            row["basis_zh"],
        ),
        basis_validity=validity_of(row, "basis_from", "basis_to", wrong),
        decider=row["decider"],
        department=department,
        consulted=read_list(row["consulted"]),
        subject=row["subject"],
        group=row["group"],
        levels=tuple(
            level
            for word in read_list(row["levels"])
            if (level := read_optional_word(Level, word, "levels", wrong))
        ),
        dealing=read_dealing(row, wrong),
        delegation=_delegation(row, wrong),
        jurisdiction=row["jurisdiction"] or "CN",
        statutory=read_limit(row["statutory_limit"], wrong),
        law_limit=row["law_limit"],
        promised=promised,
        unit_said=promised is None or bool(row["unit"]),
        extension=read_duration(row["extension"], "extension", wrong),
        extension_by=row["extension_by"],
        clock_stops=read_list(row["clock_stops"]),
        delivery=read_duration(row["delivery"], "delivery", wrong),
        materials=() if counted else read_list(row["materials"]),
        certificates=read_list(row["certificates"]),
        surveys=read_list(row["surveys"]),
        intermediaries=read_list(row["intermediaries"]),
        notice=read_flag(row["notice"], "notice", wrong),
        visits=read_whole(row["visits"] or "0", "visits", wrong),
        documents=read_whole(number, "documents", wrong) if number else None,
        site_survey=read_flag(row["site_survey"], "site_survey", wrong),
        zone_shareable=read_flag(row["zone_shareable"], "zone_shareable", wrong),
        public=Publication(
            row["flow"], row["fee"], row["result"], row["published_unit"], row["person"],
            row["contact"],
        ),
        review=Review(
            read_optional_word(Suffices, row["suffices"], "suffices", wrong),
            read_optional_word(Level, row["delegable_to"], "delegable_to", wrong),
            row["reserved"],
            row["same_as"],
        ),
        stage=stage,
        validity=validity_of(row, "valid_from", "valid_to", wrong),
        provenance=row["provenance"],
    )  # fmt: skip


def item_row(item: Item) -> list[str]:
    """Return the cells of an item, in the order of :data:`ITEM_COLUMNS`.

    Raises
    ------
    InputError
        If something in the item could not be read back as it is.
    """
    public, review, delegation = item.public, item.review, item.delegation
    said = item.promised if item.unit_said else None
    try:
        cells = {
            "key": item.key,
            "code": item.code,
            "name_zh": item.name.zh,
            "name_en": item.name.en,
            "item_kind": item.kind or "",
            "kind": item.handled_as,
            "group": item.group,
            "department": item.department,
            "decider": item.decider,
            "consulted": list_cell(item.consulted),
            "subject": item.subject,
            "stage": item.stage,
            "days": "" if item.promised is None else str(item.promised.amount),
            "unit": said.unit if said else "",
            "statutory_limit": str(item.statutory or ""),
            "law_limit": item.law_limit,
            "extension": shown(item.extension),
            "extension_by": item.extension_by,
            "clock_stops": list_cell(item.clock_stops),
            "delivery": shown(item.delivery),
            "basis_type": item.basis.type,
            "basis": item.basis.citation,
            "basis_zh": item.basis.citation_zh,
            "basis_from": str(item.basis_validity.first or ""),
            "basis_to": str(item.basis_validity.last or ""),
            "jurisdiction": item.jurisdiction,
            "levels": list_cell(tuple(level.value for level in item.levels)),
            "delegated_to": delegation.to if delegation else "",
            "delegation_act": delegation.act if delegation else "",
            **dealing_cells(item.dealing),
            "visits": str(item.visits),
            "documents": "" if item.documents is None else str(item.documents),
            "materials": list_cell(item.materials),
            "certificates": list_cell(item.certificates),
            "surveys": list_cell(item.surveys),
            "intermediaries": list_cell(item.intermediaries),
            "notice": flag_cell(item.notice),
            "site_survey": flag_cell(item.site_survey),
            "zone_shareable": flag_cell(item.zone_shareable),
            "flow": public.flow,
            "fee": public.fee,
            "result": public.result,
            "published_unit": public.unit,
            "person": public.person,
            "contact": public.contact,
            "suffices": review.suffices or "",
            "delegable_to": review.delegable_to or "",
            "reserved": review.reserved,
            "same_as": review.same_as,
            "prerequisites": "",
            "valid_from": str(item.validity.first or ""),
            "valid_to": str(item.validity.last or ""),
            "provenance": item.provenance,
        }
    except ValueError as error:
        raise InputError.at(item.key, 0, str(error)) from None
    row = [str(cells[column.key]) for column in ITEM_COLUMNS]
    read_back(item, row, ITEM_COLUMNS, lambda r, c, w: read_item(r, c, Known(), w))
    return row


def keyed(table: Table) -> tuple[Row, ...]:
    """Return rows that all have a key: without a column of keys the item's code.

    Where one code stands on several levels, the key is the code with its level.
    """
    if "key" in table.columns:
        return table.rows
    codes = Counter(row["code"] for row in table.rows)
    several = {code for code, number in codes.items() if number > 1}
    return tuple(
        Row(
            row.line,
            {
                **row.cells,
                "key": f"{row['code']}@{row['decide_level']}"
                if row["code"] in several and row["decide_level"]
                else row["code"],
            },
            row.sheet,
            row.letters,
        )
        for row in table.rows
    )


def read_back(
    thing: object,
    row: list[str],
    columns: Iterable[Column],
    read: Callable[[Row, tuple[str, ...], Complain], object],
) -> None:
    """Refuse to write what would not be read as it is: nothing is lost unsaid."""
    keys = tuple(column.key for column in columns)
    problems: list[str] = []
    cells = {key: cell.strip() for key, cell in zip(keys, row, strict=True)}
    back = read(Row(0, cells), keys, problems.append)
    if problems or back != thing or any("\r" in cell or "\0" in cell for cell in row):
        what = "; ".join(problems) or "it holds a text that a table cannot (blank ends, line ends)"
        raise InputError.at(row[0][:60] or "catalogue", 0, f"cannot be written as a row: {what}")


def name_of(row: Row, columns: tuple[str, ...], key: str = "key") -> Name:
    """Return a row's name; a row without one is called by its key."""
    zh, en = row["name_zh"], row["name_en"]
    if zh and not en and zh.isascii() and "name_en" not in columns:
        return Name(en=zh)
    if not zh and not en:
        return Name(row[key], row[key])
    return Name(zh, en)


def _delegation(row: Row, wrong: Complain) -> Delegation | None:
    to = read_optional_word(Level, row["delegated_to"], "delegated_to", wrong)
    if to is None and row["delegation_act"] and not row["delegated_to"]:
        wrong("delegated_to: is empty, but a written act of delegation is named")
    return Delegation(to, row["delegation_act"]) if to else None


def validity_of(row: Row, first: str, last: str, wrong: Complain) -> Validity:
    """Return what two columns of dates say; complain where it ends before it begins."""
    validity = Validity(read_day(row[first], first, wrong), read_day(row[last], last, wrong))
    if validity.begin > validity.end:
        wrong(f"{last}: {validity.last} lies before {first} {validity.first}")
    return validity


def shown(duration: Duration | None) -> str:
    """Return a duration's cell; empty for None."""
    return "" if duration is None else str(duration)
