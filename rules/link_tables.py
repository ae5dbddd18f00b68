"""Prerequisites and materials as rows of planners' tables, read and written."""

from __future__ import annotations

from rules.cells import Complain, flag_cell, read_duration, read_flag, read_word
from rules.csv_tables import Column, Row, key_problem
from rules.item_tables import name_of, read_back, shown, validity_of
from rules.items import Material, Prerequisite
from rules.steps import NO_TIME, Edge, Strength

EDGE_COLUMNS = (
    Column("before", ("from", "前置环节", "前置"), required=True),
    Column("after", ("to", "后续环节", "后续"), required=True),
    Column("strength", ("强度", "性质"), required=True),
    Column("basis", ("依据", "理由")),
    Column("lag", ("间隔",)),
    Column("preworkable", ("可先行", "模拟审批可先行")),
    Column("formal_at", ("转正环节",)),
    Column("valid_from", ("生效日期", "生效")),
    Column("valid_to", ("失效日期", "失效")),
    Column("basis_zh", ("中文依据", "中文理由"), open_ended=True),
)
"""Columns of prerequisites.csv."""

MATERIAL_COLUMNS = (
    Column("code", ("key", "id", "编码", "材料编码"), required=True),
    Column("name_zh", ("name", "名称", "材料名称")),
    Column("name_en", ("english_name", "英文名称")),
    Column("issuer", ("出具单位", "来源渠道")),
    Column("lasts", ("有效期",)),
    Column("shareable", ("可共享",)),
    Column("held_by", ("保存单位",)),
    Column("valid_from", ("生效日期", "生效")),
    Column("valid_to", ("失效日期", "失效")),
    Column("provenance", ("来源", "数据来源")),
)
"""Columns of materials.csv."""


def read_prerequisite(row: Row, wrong: Complain) -> Prerequisite:
    """Return the prerequisite of a row."""
    if not row["strength"]:
        wrong("strength: is empty; statute, data or practice was expected")
    strength = read_word(Strength, row["strength"], Strength.PRACTICE, "strength", wrong)
    if not strength.droppable and not row["basis"]:
        wrong(f"basis: a {strength.value} prerequisite must cite its article or reason")
    edge = Edge(
        row["before"],
        row["after"],
        strength,
        row["basis"],
        read_duration(row["lag"], "lag", wrong) or NO_TIME,
        read_flag(row["preworkable"], "preworkable", wrong),
        row["formal_at"],
        row["basis_zh"],
    )
    return Prerequisite(edge, validity_of(row, "valid_from", "valid_to", wrong))


def prerequisite_row(prerequisite: Prerequisite) -> list[str]:
    """Return the cells of a prerequisite, in the order of :data:`EDGE_COLUMNS`."""
    edge, validity = prerequisite.edge, prerequisite.validity
    row = [
        edge.before,
        edge.after,
        edge.strength.value,
        edge.basis,
        "" if edge.lag == NO_TIME else str(edge.lag),
        flag_cell(edge.preworkable),
        edge.formal_at,
        str(validity.first or ""),
        str(validity.last or ""),
        edge.basis_zh,
    ]
    read_back(prerequisite, row, EDGE_COLUMNS, lambda r, _, w: read_prerequisite(r, w))
    return row


def read_material(row: Row, columns: tuple[str, ...], wrong: Complain) -> Material:
    """Return the material of a row."""
    if not row["code"]:
        wrong("code: is empty")
    elif trouble := key_problem(row["code"]):
        wrong(f"code: '{row['code']}' {trouble}")
    return Material(
        row["code"],
        name_of(row, columns, "code"),
        row["issuer"],
        read_duration(row["lasts"], "lasts", wrong),
        read_flag(row["shareable"], "shareable", wrong),
        row["held_by"],
        validity_of(row, "valid_from", "valid_to", wrong),
        row["provenance"],
    )


def material_row(material: Material) -> list[str]:
    """Return the cells of a material, in the order of :data:`MATERIAL_COLUMNS`."""
    row = [
        material.code,
        material.name.zh,
        material.name.en,
        material.issuer,
        shown(material.lasts),
        flag_cell(material.shareable),
        material.held_by,
        str(material.validity.first or ""),
        str(material.validity.last or ""),
        material.provenance,
    ]
    read_back(material, row, MATERIAL_COLUMNS, read_material)
    return row
