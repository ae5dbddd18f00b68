"""An imported drawing as a scenario folder that planners edit and run."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from rules import Name, Procedure
from rules.csv_tables import write_csv
from scenarios.bpmn_import import Imported, one_line, read_bpmn
from scenarios.reader import read_scenario

AS_DRAWN = "as-drawn"
"""Name of the redesign that handles an imported procedure as the drawing has it."""

_FIRST_DAY = date(2025, 1, 2)


def import_bpmn(path: Path, folder: Path) -> Imported:
    """Read a BPMN 2.0 file and write it as a scenario folder.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        A folder that does not exist yet. It receives scenario.toml, items.csv,
        prerequisites.csv, offices.csv and the redesign ``as-drawn``, which handles the
        steps in parallel as the drawing does; without it they are handled one after
        another.

    Raises
    ------
    InputError
        As :func:`read_bpmn`; nothing is written then.
    FileExistsError
        If the folder exists.
    """
    if folder.exists():
        raise FileExistsError(17, "exists already; choose a new folder", str(folder))
    imported = read_bpmn(path)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}-{secrets.token_hex(6)}.part")
    try:
        notes = write_scenario(imported, draft)
        read_scenario(draft, AS_DRAWN)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return replace(imported, notes=(*imported.notes, *notes))


def write_scenario(imported: Imported, folder: Path) -> tuple[str, ...]:
    """Write an imported procedure as a new scenario folder; return what had to be defused."""
    procedure = imported.procedure
    (folder / "redesigns").mkdir(parents=True)
    origin = Path(imported.file).name
    about = Name(
        f"由 {origin} 导入。图中没有的天数记为 0；人员、件数、开始日期均为假设，请修改。",
        f"Imported from {origin}. Days that the drawing does not give are 0; people, volumes "
        "and the first day are assumptions: edit them.",
    )
    lines = [
        f"# Imported from {one_line(origin)}. Everything but steps, departments and",
        "# prerequisites is an assumption.",
        "schema = 1",
        f"name = {_toml_name(procedure.name)}",
        f"first_day = {_FIRST_DAY}",
        'provenance = "assumption"',
        f'redesigns = ["{AS_DRAWN}"]',
        "",
        "[about]",
        f"zh = {_toml(about.zh)}",
        f"en = {_toml(about.en)}",
    ]
    for stage in procedure.stages:
        key = f"key = {_toml(stage.key)}"
        lines += ["", "[[stage]]", key, f"name = {_toml_name(stage.name)}"]
    lines += ["", "[hours]", 'office = ["08:30-12:00", "13:30-17:00"]']
    lines += ["", "[cases]", "number = 20", "per_year = 100"]
    _write(folder / "scenario.toml", lines)
    drawn = Name("按图并联办理", "As drawn")
    lever = ["", "[[lever]]", 'kind = "parallel"']
    _write(folder / "redesigns" / f"{AS_DRAWN}.toml", [f"name = {_toml_name(drawn)}", *lever])
    defused = (
        *write_csv(folder / "items.csv", _items(procedure)),
        *write_csv(folder / "prerequisites.csv", _prerequisites(procedure)),
        *write_csv(folder / "offices.csv", _offices(imported.offices)),
    )
    return tuple(
        f"'{one_line(text)[:40]}' begins like a formula: written with an apostrophe before it"
        for text in dict.fromkeys(defused)
    )


def _items(procedure: Procedure) -> list[list[str]]:
    head = [
        "key", "name_zh", "name_en", "department", "kind", "stage", "days", "unit",
        "statutory_limit", "basis_type", "basis", "basis_zh", "visits", "documents", "site_survey",
        "zone_shareable", "provenance",
    ]  # fmt: skip
    rows = [
        [
            step.key,
            step.name.zh,
            step.name.en,
            step.department,
            step.kind.value,
            step.stage,
            str(step.duration.amount),
            step.duration.unit.value,
            str(step.limit or ""),
            step.basis.type.value,
            step.basis.citation,
            step.basis.citation_zh,
            str(step.visits),
            str(step.documents),
            "yes" if step.site_survey else "no",
            "yes" if step.zone_shareable else "no",
            step.provenance,
        ]
        for step in procedure.steps
    ]
    return [head, *rows]


def _prerequisites(procedure: Procedure) -> list[list[str]]:
    chinese = any(edge.basis_zh for edge in procedure.edges)
    rows = [
        [
            edge.before,
            edge.after,
            edge.strength.value,
            edge.basis,
            *([edge.basis_zh] if chinese else []),
            str(edge.lag) if edge.lag.amount else "",
        ]
        for edge in procedure.edges
    ]
    head = ["before", "after", "strength", "basis", *(["basis_zh"] if chinese else []), "lag"]
    return [head, *rows]


def _offices(offices: Mapping[str, Name]) -> list[list[str]]:
    rows = [
        [key, name.zh, name.en, "1", "1", "office", "assumption"] for key, name in offices.items()
    ]
    return [["key", "name_zh", "name_en", "windows", "reviewers", "hours", "provenance"], *rows]


def _toml(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)


def _toml_name(name: Name) -> str:
    parts = [f"{key} = {_toml(text)}" for key, text in (("zh", name.zh), ("en", name.en)) if text]
    return "{" + ", ".join(parts) + "}"


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
