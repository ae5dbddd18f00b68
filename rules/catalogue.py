"""The catalogue of a procedure: items.csv and prerequisites.csv, read and checked whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from rules.csv_tables import Column, Row, Table, key_problem, read_table
from rules.problems import Place, Problem, did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.steps import (
    NO_TIME,
    Basis,
    BasisType,
    Duration,
    Edge,
    Kind,
    Limit,
    Name,
    Stage,
    Step,
    Strength,
    Unit,
)

Word = TypeVar("Word", bound=StrEnum)
Complain = Callable[[str], None]

MOST_DAYS = 10_000
"""No step lasts longer; a larger number is a slip of the keyboard."""

ITEM_COLUMNS = (
    Column("key", ("id", "code", "编号", "编码", "环节编号"), required=True),
    Column("name_zh", ("name", "名称", "事项名称", "环节名称", "环节")),
    Column("name_en", ("english_name", "英文名称")),
    Column("department", ("reviewer", "office", "部门", "责任部门", "实施部门")),
    Column("kind", ("type", "类别", "环节类别")),
    Column("stage", ("阶段",)),
    Column("days", ("duration", "天数", "时限", "承诺时限"), required=True),
    Column("unit", ("单位", "时限单位")),
    Column("statutory_limit", ("法定时限",)),
    Column("basis_type", ("依据类型", "依据层级")),
    Column("basis", ("legal_basis", "依据", "设定依据", "法律依据")),
    Column("visits", ("跑动次数", "到场次数")),
    Column("documents", ("materials", "材料数", "申请材料数")),
    Column("site_survey", ("现场踏勘", "现场勘验")),
    Column("zone_shareable", ("区域联用", "可联用")),
    Column("prerequisites", ("needs", "前置", "前置环节")),
    Column("provenance", ("来源", "数据来源")),
)
"""Columns of items.csv."""

EDGE_COLUMNS = (
    Column("before", ("from", "前置环节", "前置"), required=True),
    Column("after", ("to", "后续环节", "后续"), required=True),
    Column("strength", ("强度", "性质"), required=True),
    Column("basis", ("依据", "理由")),
    Column("lag", ("间隔",)),
    Column("preworkable", ("可先行", "模拟审批可先行")),
)
"""Columns of prerequisites.csv."""

_YES = {"yes", "y", "true", "1", "是"}
_NO = {"", "no", "n", "false", "0", "否"}
_DURATION = re.compile(r"(?P<amount>\d+)\s*(?P<unit>[a-z]+|个?工作日|自然日|日|小时|分钟)?$")
_UNIT_WORDS = {
    **{unit.value: unit for unit in Unit},
    "工作日": Unit.WORKING_DAY,
    "个工作日": Unit.WORKING_DAY,
    "自然日": Unit.NATURAL_DAY,
    "小时": Unit.HOUR,
    "分钟": Unit.MINUTE,
}
_UNIT_NAMES = {
    Unit.WORKING_DAY: "working days",
    Unit.NATURAL_DAY: "natural days",
    Unit.HOUR: "hours",
    Unit.MINUTE: "minutes",
}


@dataclass(slots=True)
class Reading:
    """Problems and notes gathered while reading; grows, and is thrown away after."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, file: str, line: int, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(Place(file, line), message))

    def take(self, table: Table) -> Table:
        """Note the problems of a table and return it."""
        self.problems += table.problems
        self.notes += [f"{table.file}: {note}" for note in table.notes]
        return table


def read_procedure(
    items: Path,
    prerequisites: Path | None,
    reading: Reading,
    *,
    name: Name,
    stages: Iterable[Stage] = (),
    departments: Mapping[str, Name] | None = None,
) -> Procedure:
    """Read a catalogue's two tables into the procedure as it stands today (serial).

    Parameters
    ----------
    items, prerequisites : Path
        The tables; the second may be None when items.csv has a prerequisites column.
    reading : Reading
        Receives every problem; the result is sound only if it stays empty.
    name : Name
        Name of the procedure.
    stages : iterable of Stage
        Known stages, in order; empty: any stage is taken, in order of first use.
    departments : mapping of str to Name, optional
        Known offices; None: any is taken.
    """
    table = reading.take(read_table(items, ITEM_COLUMNS))
    stages = tuple(stages)
    steps: dict[str, Step] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        step = _step(table.file, row, reading, stages, departments)
        if not step.key:
            continue
        if step.key in steps:
            first = lines[step.key]
            reading.wrong(
                table.file, row.line, f"key: '{step.key}' stands twice (first on line {first})"
            )
            continue
        steps[step.key], lines[step.key] = step, row.line
    if not table.rows and not table.problems:
        reading.wrong(table.file, 0, "holds no rows: at least one step was expected")
    edges, edge_places = _inline_edges(table, steps, reading)
    if prerequisites is not None:
        more, more_places = _edge_table(prerequisites, steps, reading)
        edges += more
        edge_places |= more_places
    known = stages or tuple(
        Stage(key, Name(key)) for key in dict.fromkeys(s.stage for s in steps.values()) if key
    )
    listed = Procedure(name, tuple(steps.values()), tuple(edges), known)
    for cycle in listed.cycles():
        place = edge_places[cycle[-1], cycle[0]]
        around = " -> ".join(
            (*cycle, cycle[0]) if len(cycle) < 12 else (*cycle[:10], "...", cycle[0])
        )
        reading.problems.append(Problem(place, f"mutual prerequisites (a cycle): {around}"))
    if listed.cycles():
        return listed
    order = {key: index for index, key in enumerate(listed.keys)}
    return Procedure(name, in_handling_order(listed.steps, edges, order), tuple(edges), known)


def _step(
    file: str,
    row: Row,
    reading: Reading,
    stages: tuple[Stage, ...],
    departments: Mapping[str, Name] | None,
) -> Step:
    def wrong(message: str) -> None:
        reading.wrong(file, row.line, message)

    key = row["key"]
    if not key:
        wrong("key: is empty")
    elif trouble := key_problem(key):
        wrong(f"key: '{key}' {trouble}")
    department = row["department"]
    if departments is not None and department and department not in departments:
        hint = did_you_mean(department, departments)
        wrong(f"department: '{department}' is not in the table of offices{hint}")
    stage = row["stage"]
    if stages and stage not in {s.key for s in stages}:
        hint = did_you_mean(stage, [s.key for s in stages])
        wrong(f"stage: '{stage}' is not a stage of the scenario{hint}")
    kind = _word(Kind, row["kind"], Kind.APPROVAL, "kind", wrong)
    unit = _word(Unit, _unit_word(row["unit"]), Unit.WORKING_DAY, "unit", wrong)
    if unit is Unit.NATURAL_DAY and kind not in (Kind.NOTICE, Kind.WAIT):
        wrong(
            f"unit: 'cd' is for notices and waits; people work on '{key}' ({kind.value}): "
            "use wd, h or min"
        )
    return Step(
        key=key,
        name=_name(row),
        department=department,
        kind=kind,
        stage=stage,
        duration=Duration(_whole(row["days"], "days", wrong, unit=unit, most=MOST_DAYS), unit),
        basis=Basis(
            _word(BasisType, row["basis_type"], BasisType.PRACTICE, "basis_type", wrong),
            row["basis"],
        ),
        limit=_limit(row["statutory_limit"], wrong),
        visits=_whole(row["visits"] or "0", "visits", wrong),
        documents=_whole(row["documents"] or "0", "documents", wrong),
        site_survey=_flag(row["site_survey"], "site_survey", wrong),
        zone_shareable=_flag(row["zone_shareable"], "zone_shareable", wrong),
        provenance=row["provenance"],
    )


def _name(row: Row) -> Name:
    zh, en = row["name_zh"], row["name_en"]
    if zh and not en and zh.isascii():
        return Name(en=zh)
    if not zh and not en:
        return Name(row["key"], row["key"])
    return Name(zh, en)


def _inline_edges(
    table: Table, steps: Mapping[str, Step], reading: Reading
) -> tuple[list[Edge], dict[tuple[str, str], Place]]:
    edges: list[Edge] = []
    places: dict[tuple[str, str], Place] = {}
    for row in table.rows:

        def wrong(message: str, line: int = row.line) -> None:
            reading.wrong(table.file, line, message)

        for before in re.split(r"[;；、]", row["prerequisites"]):
            edge = Edge(before.strip(), row["key"], Strength.PRACTICE, "as listed")
            if edge.before and _both_known(edge, steps, wrong, "prerequisites"):
                edges.append(edge)
                places[edge.ends] = Place(table.file, row.line)
    return edges, places


def _edge_table(
    path: Path, steps: Mapping[str, Step], reading: Reading
) -> tuple[list[Edge], dict[tuple[str, str], Place]]:
    table = reading.take(read_table(path, EDGE_COLUMNS))
    edges: list[Edge] = []
    places: dict[tuple[str, str], Place] = {}
    for row in table.rows:

        def wrong(message: str, line: int = row.line) -> None:
            reading.wrong(table.file, line, message)

        if not row["strength"]:
            wrong("strength: is empty; statute, data or practice was expected")
        strength = _word(Strength, row["strength"], Strength.PRACTICE, "strength", wrong)
        if not strength.droppable and not row["basis"]:
            wrong(f"basis: a {strength.value} prerequisite must cite its article or reason")
        edge = Edge(
            row["before"],
            row["after"],
            strength,
            row["basis"],
            parse_duration(row["lag"], "lag", wrong) if row["lag"] else NO_TIME,
            _flag(row["preworkable"], "preworkable", wrong),
        )
        if edge.ends in places:
            wrong(f"{edge} stands twice (first on line {places[edge.ends].line})")
        elif _both_known(edge, steps, wrong):
            edges.append(edge)
            places[edge.ends] = Place(table.file, row.line)
    return edges, places


def _both_known(
    edge: Edge, steps: Mapping[str, Step], wrong: Complain, column: str = "before"
) -> bool:
    unknown = [(w, k) for w, k in ((column, edge.before), ("after", edge.after)) if k not in steps]
    for word, key in unknown:
        wrong(f"{word}: no step has the key '{key}'{did_you_mean(key, steps)}")
    if not unknown and edge.before == edge.after:
        wrong(f"{column}: '{edge.before}' cannot wait for itself")
        return False
    return not unknown


def _word(kind: type[Word], cell: str, default: Word, column: str, wrong: Complain) -> Word:
    if not cell:
        return default
    try:
        return kind(cell)
    except ValueError:
        known = [member.value for member in kind]
        hint = did_you_mean(cell, known)
        wrong(f"{column}: '{cell}' is not one of {', '.join(known)}{hint}")
        return default


def _whole(
    cell: str, column: str, wrong: Complain, unit: Unit | None = None, most: int = 1_000_000
) -> int:
    of = f" of {_UNIT_NAMES[unit]}" if unit else ""
    if not (cell.isascii() and cell.isdecimal()) or len(cell) > 18:
        wrong(f"{column}: '{cell[:40]}' is not a whole number{of}")
        return 0
    if int(cell) > most:
        wrong(f"{column}: {cell} is more than {most}")
        return 0
    return int(cell)


def _flag(cell: str, column: str, wrong: Complain) -> bool:
    word = cell.casefold()
    if word not in _YES | _NO:
        wrong(f"{column}: '{cell}' is neither yes nor no")
    return word in _YES


def parse_duration(cell: str, column: str, wrong: Complain) -> Duration:
    """Read ``20 wd``, ``20 cd``, ``3 h`` or ``20 个工作日``; complain if it is none of these.

    Examples
    --------
    >>> parse_duration("20 cd", "lag", print)
    Duration(amount=20, unit=<Unit.NATURAL_DAY: 'cd'>)
    >>> parse_duration("20", "lag", print)
    lag: '20' is not a whole number with its unit (wd, cd, h or min)
    Duration(amount=0, unit=<Unit.WORKING_DAY: 'wd'>)
    """
    found = _DURATION.match(cell.strip())
    unit = _UNIT_WORDS.get(found["unit"] or "") if found else None
    if found is None or unit is None or len(found["amount"]) > 6:
        wrong(f"{column}: '{cell[:40]}' is not a whole number with its unit (wd, cd, h or min)")
        return NO_TIME
    return Duration(int(found["amount"]), unit)


def _limit(cell: str, wrong: Complain) -> Limit | None:
    if cell.casefold() in ("", "none", "-", "无"):
        return None
    floor = cell.startswith((">=", "≥", "不少于"))
    bare = re.sub(r"^(>=|≥|不少于)\s*", "", cell)
    return Limit(parse_duration(bare, "statutory_limit", wrong), floor)


def _unit_word(cell: str) -> str:
    unit = _UNIT_WORDS.get(cell)
    return unit.value if unit else cell
