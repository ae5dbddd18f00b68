"""A catalogue's tables read and written whole, CSV or XLSX, ours or another system's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rules.catalogue.model import Catalogue, place_key
from rules.catalogue.reading import Reading
from rules.cells import Complain, read_duration, read_list
from rules.csv_tables import MOST_BYTES, Column, Row, Table, read_table, write_csv
from rules.item_tables import ITEM_COLUMNS, ForeignTable, Known, item_row, keyed, read_item
from rules.items import Item, Material, Prerequisite
from rules.link_tables import (
    EDGE_COLUMNS,
    MATERIAL_COLUMNS,
    material_row,
    prerequisite_row,
    read_material,
    read_prerequisite,
)
from rules.problems import InputError, Place, did_you_mean
from rules.procedure import Procedure
from rules.steps import Edge, Name, Stage, Strength
from rules.xlsx_tables import sheet_names, write_sheets

TASK_TYPES = {
    "1": "licence", "01": "licence", "5": "payment", "05": "payment", "7": "confirmation",
    "07": "confirmation", "8": "reward", "08": "reward", "9": "ruling", "09": "ruling",
    "10": "other_power", "20": "public_service",
}  # fmt: skip
"""Item kinds by the national platform's task type code (as far as catalogues here use it)."""

NATIONAL_PLATFORM = ForeignTable(
    headers={"item": "name_zh", "item_code": "code", "task_type_code": "item_kind"},
    words={"item_kind": TASK_TYPES, "group": {"未分类": ""}},
)
"""Tables exported from the national government-service platform."""


TABLES = ("items", "prerequisites", "materials", "stages", "catalogue")
"""Tables that a catalogue's folder may hold; only the first must be there."""

STAGE_COLUMNS = (
    Column("key", ("编号", "阶段"), required=True),
    Column("name_zh", ("name", "名称", "阶段名称")),
    Column("name_en", ("英文名称",)),
)
"""Columns of stages.csv; its order is the order of the stages."""

CATALOGUE_COLUMNS = (
    Column("name_zh", ("name", "名称")),
    Column("name_en", ("英文名称",)),
    Column("total_promise", ("总承诺时限",)),
)
"""Columns of catalogue.csv, which has one row about the whole."""

SHEETS = {
    "items": ("items", "事项", "事项目录"),
    "prerequisites": ("prerequisites", "前置", "前置条件"),
    "materials": ("materials", "材料"),
    "stages": ("stages", "阶段"),
    "catalogue": ("catalogue", "目录"),
}
"""What the sheets of a workbook that holds a whole catalogue may be called."""

_MOST_HINTS = 200
"""After so many problems the nearest name is no longer looked for: it takes its time."""


class Sheet(NamedTuple):
    """A sheet of a workbook."""

    path: Path
    sheet: str


Source = Path | Sheet
"""Where a table stands: a file, or a sheet of one."""


def read_catalogue(
    items: Source,
    prerequisites: Source | None,
    reading: Reading,
    *,
    materials: Source | None = None,
    name: Name | None = None,
    stages: Iterable[Stage] = (),
    departments: Mapping[str, Name] | None = None,
    foreign: ForeignTable | None = None,
    required: Iterable[str] = (),
) -> Catalogue:
    """Read a catalogue's tables, CSV or XLSX.

    Parameters
    ----------
    items, prerequisites, materials : Path or Sheet
        The tables; only the first must be there.
    reading : Reading
        Receives every problem; the result is sound only if it stays empty.
    name : Name, optional
        Name of the catalogue; the file's name by default.
    stages : iterable of Stage
        Known stages, in order; empty: any stage is taken.
    departments : mapping of str to Name, optional
        Known offices; None: any is taken.
    foreign : ForeignTable, optional
        How another system's table says what ours says.
    required : iterable of str
        Columns of the items' table that must be there besides the key.
    """
    foreign = foreign or ForeignTable()
    must = set(required)
    columns = tuple(replace(c, required=True) if c.key in must else c for c in ITEM_COLUMNS)
    table = _table(items, columns, reading, foreign.headers)
    known = Known(tuple(stages), departments)
    found: dict[str, list[Item]] = {}
    places: dict[object, Place] = {}
    for row in (_translated(row, foreign) for row in keyed(table)):
        wrong = reading.wrong_at(table, row)
        item = read_item(row, table.columns, known, wrong)
        if not item.key:
            continue
        versions = found.setdefault(item.key, [])
        for other in versions:
            if other.validity == item.validity or other.validity.always or item.validity.always:
                first = places[place_key(other)].line
                wrong(f"key: '{item.key}' stands twice (first on line {first})")
                break
        else:
            versions.append(item)
            places[place_key(item)] = Place(table.file, row.line)
    if not table.rows and not table.problems:
        reading.wrong(table.file, 0, "holds no rows: at least one step was expected")
    listed = _inline_prerequisites(table, found, reading, places)
    # without any step every prerequisite is unknown: what is wrong with the steps is told
    if prerequisites is not None and found:
        listed += _prerequisites(prerequisites, found, reading, places)
    return Catalogue(
        tuple(_in_file_order(found, places)),
        tuple(listed),
        None if materials is None else tuple(_materials(materials, reading, places)),
        name or Name(en=items.path.name if isinstance(items, Sheet) else items.name),
        known.stages,
        places=places,
    )


def load_catalogue(path: Path, foreign: ForeignTable | None = None) -> Catalogue:
    """Read a catalogue from a folder, a workbook, or one table of items.

    Parameters
    ----------
    path : Path
        A folder with ``items`` and perhaps ``prerequisites``, ``materials``, ``stages`` and
        ``catalogue``, each ``.csv`` or ``.xlsx``; a workbook with sheets of these names
        (:data:`SHEETS`); or a file of items.
    foreign : ForeignTable, optional
        How another system's table says what ours says.

    Raises
    ------
    InputError
        With every problem of all tables.
    """
    reading = Reading()
    tables = _tables(path)
    items = tables["items"]
    if items is None:
        raise InputError.at(str(path), 0, "holds neither items.csv nor items.xlsx")
    catalogue = read_catalogue(
        items, tables["prerequisites"], reading,
        materials=tables["materials"], foreign=foreign,
        stages=_stages(tables["stages"], reading),
    )  # fmt: skip
    catalogue = _whole(catalogue, tables["catalogue"], reading)
    if reading.problems:
        raise InputError(reading.problems)
    return catalogue


def write_catalogue(catalogue: Catalogue, folder: Path, form: str = "csv") -> tuple[str, ...]:
    """Write a catalogue's tables so that reading them gives the same catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        What to write.
    folder : Path
        A workbook's name (``.xlsx``): every table becomes a sheet of it. Or a folder, which
        receives ``items``, ``prerequisites``, ``catalogue`` and, if there are any,
        ``materials`` and ``stages``.
    form : str
        ``csv`` or ``xlsx``, for the files of a folder.

    Returns
    -------
    tuple of str
        Texts that begin like a formula and were written as text.

    Raises
    ------
    InputError
        If something could not be read back as it is; nothing is written then.
    """
    sheets: list[tuple[str, tuple[Column, ...], list[list[str]]]] = [
        ("items", ITEM_COLUMNS, [item_row(item) for item in catalogue.items]),
        ("prerequisites", EDGE_COLUMNS, [prerequisite_row(p) for p in catalogue.prerequisites]),
    ]
    if catalogue.materials is not None:
        rows = [material_row(material) for material in catalogue.materials]
        sheets.append(("materials", MATERIAL_COLUMNS, rows))
    if catalogue.stages:
        rows = [[stage.key, stage.name.zh, stage.name.en] for stage in catalogue.stages]
        sheets.append(("stages", STAGE_COLUMNS, rows))
    name, total = catalogue.name, catalogue.total_promise
    sheets.append(("catalogue", CATALOGUE_COLUMNS, [[name.zh, name.en, str(total or "")]]))
    every = [(stem, [[c.key for c in columns], *rows]) for stem, columns, rows in sheets]
    if folder.suffix == ".xlsx":
        return write_sheets(folder, every)
    defused: list[str] = []
    for stem, lines in every:
        path = folder / f"{stem}.{form}"
        defused += write_sheets(path, [(stem, lines)]) if form == "xlsx" else write_csv(path, lines)
    return tuple(defused)


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
    catalogue = read_catalogue(
        items, prerequisites, reading,
        name=name, stages=stages, departments=departments, required=("days",),
    )  # fmt: skip
    for item in catalogue.items:
        if item.promised is None and not any(
            p.place == catalogue.place(item) for p in reading.problems
        ):
            place = catalogue.place(item)
            reading.wrong(place.file, place.line, "days: '' is not a whole number of working days")
    try:
        return catalogue.procedure(name=name)
    except InputError as error:
        reading.problems += error.problems
        return Procedure(name, (), ())


def _translated(row: Row, foreign: ForeignTable) -> Row:
    if not foreign.words:
        return row
    cells = {key: foreign.words.get(key, {}).get(cell, cell) for key, cell in row.cells.items()}
    return Row(row.line, cells, row.sheet, row.letters)


def _in_file_order(
    found: Mapping[str, list[Item]], places: Mapping[object, Place]
) -> Iterable[Item]:
    every = [item for versions in found.values() for item in versions]
    return sorted(every, key=lambda item: places[place_key(item)].line)


def _inline_prerequisites(
    table: Table,
    found: Mapping[str, list[Item]],
    reading: Reading,
    places: dict[object, Place],
) -> list[Prerequisite]:
    listed: list[Prerequisite] = []
    for row in table.rows:
        for before in read_list(row["prerequisites"]):
            edge = Edge(before, row["key"] or row["code"], Strength.PRACTICE, "as listed")
            wrong = reading.wrong_at(table, row)
            if _both_known(edge, found, reading, wrong, "prerequisites"):
                _place(Prerequisite(edge), Place(table.file, row.line), listed, places)
    return listed


def _prerequisites(
    path: Source, found: Mapping[str, list[Item]], reading: Reading, places: dict[object, Place]
) -> list[Prerequisite]:
    table = _table(path, EDGE_COLUMNS, reading)
    listed: list[Prerequisite] = []
    by_ends: dict[tuple[str, str], list[Prerequisite]] = {}
    for row in table.rows:
        wrong = reading.wrong_at(table, row)
        prerequisite = read_prerequisite(row, wrong)
        others = by_ends.setdefault(prerequisite.edge.ends, [])
        same = [other for other in others if other.validity.meets(prerequisite.validity)]
        if same:
            first = places[place_key(same[0])].line
            wrong(f"{prerequisite.edge} stands twice (first on line {first})")
        elif _both_known(prerequisite.edge, found, reading, wrong):
            others.append(prerequisite)
            _place(prerequisite, Place(table.file, row.line), listed, places)
    return listed


def _place(
    prerequisite: Prerequisite,
    place: Place,
    listed: list[Prerequisite],
    places: dict[object, Place],
) -> None:
    listed.append(prerequisite)
    places[place_key(prerequisite)] = place
    places[("edge", *prerequisite.edge.ends)] = place


def _both_known(
    edge: Edge,
    known: Mapping[str, object],
    reading: Reading,
    wrong: Complain,
    column: str = "before",
) -> bool:
    unknown = [(w, k) for w, k in ((column, edge.before), ("after", edge.after)) if k not in known]
    for word, key in unknown:
        hint = did_you_mean(key, known) if len(reading.problems) < _MOST_HINTS else ""
        wrong(f"{word}: no step has the key '{key}'{hint}")
    if not unknown and edge.before == edge.after:
        wrong(f"{column}: '{edge.before}' cannot wait for itself")
        return False
    return not unknown


def _materials(path: Source, reading: Reading, places: dict[object, Place]) -> Iterable[Material]:
    table = _table(path, MATERIAL_COLUMNS, reading)
    seen: dict[str, list[Material]] = {}
    for row in table.rows:
        wrong = reading.wrong_at(table, row)
        material = read_material(row, table.columns, wrong)
        others = seen.setdefault(material.code, [])
        same = [other for other in others if other.validity.meets(material.validity)]
        if same:
            first = places[place_key(same[0])].line
            wrong(f"code: '{material.code}' stands twice (first on line {first})")
            continue
        others.append(material)
        places[place_key(material)] = Place(table.file, row.line)
        yield material


def _stages(path: Source | None, reading: Reading) -> tuple[Stage, ...]:
    if path is None:
        return ()
    table = _table(path, STAGE_COLUMNS, reading)
    return tuple(Stage(row["key"], Name(row["name_zh"], row["name_en"])) for row in table.rows)


def _whole(catalogue: Catalogue, path: Source | None, reading: Reading) -> Catalogue:
    if path is None:
        return catalogue
    table = _table(path, CATALOGUE_COLUMNS, reading)
    for row in table.rows[:1]:
        wrong = reading.wrong_at(table, row)
        total = read_duration(row["total_promise"], "total_promise", wrong)
        name = Name(row["name_zh"], row["name_en"])
        catalogue = replace(catalogue, name=name, total_promise=total)
    return catalogue


def _table(
    source: Source,
    columns: tuple[Column, ...],
    reading: Reading,
    headers: Mapping[str, str] | None = None,
) -> Table:
    path, sheet = source if isinstance(source, Sheet) else (source, "")
    return reading.take(read_table(path, columns, headers=headers, sheet=sheet))


def _tables(path: Path) -> dict[str, Source | None]:
    """Return where each table of a catalogue stands, None where there is none."""
    if path.is_dir():
        files: dict[str, Source | None] = dict.fromkeys(TABLES)
        for stem in TABLES:
            for suffix in (".xlsx", ".csv"):
                if (path / f"{stem}{suffix}").is_file():
                    files[stem] = path / f"{stem}{suffix}"
        return files
    alone: dict[str, Source | None] = {**dict.fromkeys(TABLES), "items": path}
    if path.suffix.casefold() != ".xlsx" or not path.is_file():
        return alone
    if path.stat().st_size > MOST_BYTES:
        return alone
    titles = sheet_names(path.read_bytes())
    found: dict[str, Source | None] = {
        stem: next((Sheet(path, title) for title in titles if title in SHEETS[stem]), None)
        for stem in TABLES
    }
    return found if found["items"] else alone
