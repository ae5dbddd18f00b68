"""What changes the opened folder, or leaves it: tables edited, files given out and taken in."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.workbench import tables
from lianban.workbench.speech import speech
from lianban.workbench.workspace import Unknown, Workspace

if TYPE_CHECKING:
    from lianban.workbench.scene import Scene
    from scenarios import Scenario

KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".bpmn": "application/xml",
    ".drawio": "application/xml",
    ".mspdi.xml": "application/xml",
    ".dot": "text/plain; charset=utf-8",
    ".mmd": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
OPENED = (".bpmn", ".csv", ".xlsx", ".xes", ".xes.gz")
"""Endings of files that can be opened."""

_NAME = re.compile(r"[\w\u4e00-\u9fff][\w\u4e00-\u9fff .-]{0,60}")


@dataclass(frozen=True, slots=True)
class Given:
    """A file for the browser to save."""

    name: str
    kind: str
    data: bytes


def give(scene: Scene, design: str, form: str) -> Given:
    """Return a design as a file.

    Raises
    ------
    Unknown
        If there is no such form.
    """
    from lianban.workbench.views.files import FORMS

    if design not in ("a", "b") or form not in FORMS:
        raise Unknown(f"no file of the form '{form[:20]}' is made here")
    shown = scene.first if design == "a" else scene.last
    return Given(f"{_plain(shown.key)}{form}", KINDS[form], _data(scene, shown, form))


def _data(scene: Scene, shown: Scenario, form: str) -> bytes:
    from results.exports import PICTURES, export
    from results.views import flow_of

    if form in PICTURES:
        before = None if shown is scene.first else scene.first
        picture = flow_of(shown, before, scene.language)
        if form == ".svg":
            return picture.svg().encode()
        from results.charts import to_bytes

        return to_bytes(picture, form[1:])
    if form == ".csv":
        from results.report.gallery import step_rows

        rows = step_rows(shown, [scene.first, scene.last], scene.language)
        return tables.Cells(tuple(map(tuple, rows)), "").data()
    return export(shown, form, language=scene.language)


def check(workspace: Workspace, scene: Scene, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what edits of a table would do, as the page shows it."""
    from lianban.workbench.views.catalogue import verdict

    folder, name, cells = _edited(workspace, scene, asked)
    looked_at = [each.key.partition("/")[2] for each in (scene.first, scene.last)]
    found = tables.checked(
        folder, name, cells.data(), scene.language, [each for each in looked_at if each],
        lambda: workspace.kept(folder, lambda: tables.Known.of(folder)),
    )  # fmt: skip
    return {
        "html": verdict(speech(scene.language), found, scene.language),
        "sound": found.sound,
        "marks": [[file, line] for file, line, _message in found.problems if file == name],
    }


def save(workspace: Workspace, scene: Scene, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Write an edited table, if the folder can be read with it.

    Raises
    ------
    Unknown
        If it may not or cannot be written.
    """
    folder, name, cells = _edited(workspace, scene, asked)
    _writable(workspace, scene)
    if not tables.readable(folder, name, cells.data()):
        raise Unknown("the table cannot be read like this; nothing was written")
    backup = tables.save(folder, name, cells.data(), cells.stamp, datetime.now())
    _ = speech(scene.language)
    told = _("Saved; the former %(file)s is now %(backup)s.")
    return {"saved": told % {"file": name, "backup": backup}}


def plain_name(name: str) -> str:
    """Return what an uploaded file is called, without folders.

    Raises
    ------
    Unknown
        If it is nothing that can be opened.

    Examples
    --------
    >>> plain_name("../../flow.bpmn")
    'flow.bpmn'
    """
    base = Path(name.replace("\\", "/")).name
    if not _NAME.fullmatch(base) or not base.lower().endswith(OPENED):
        raise Unknown("a .bpmn, .csv, .xlsx or .xes file can be opened, with a plain name")
    return base


def take_in(
    workspace: Workspace, scene: Scene, name: str, data: bytes, take: bool
) -> dict[str, Any]:
    """Open a file that was uploaded: a drawing, or a table of items.

    Parameters
    ----------
    name : str
        What the file is called; its ending says what it is.
    take : bool
        Whether it is to be written; else only what it would do is told.

    Raises
    ------
    Unknown
        If it is nothing that can be opened, or may not be written.
    rules.InputError
        With everything wrong with it.
    """
    base = plain_name(name)
    if base.lower().endswith(".bpmn"):
        return _drawing(workspace, scene, base, data, take)
    return _items(workspace, scene, base, data, take)


def _drawing(
    workspace: Workspace, scene: Scene, base: str, data: bytes, take: bool
) -> dict[str, Any]:
    from lianban.workbench.markup import tag
    from scenarios.bpmn_folder import import_bpmn

    _ = speech(scene.language)
    folder = workspace.inside(_plain(Path(base).stem))
    if folder.exists():
        raise Unknown(f"{folder.name} exists already in the opened folder; rename the file")
    with tempfile.TemporaryDirectory(prefix="lianban-") as beside:
        file = Path(beside) / base
        file.write_bytes(data)
        imported = import_bpmn(file, folder if take else Path(beside) / folder.name)
    notes = [tag("li", note) for note in imported.notes]
    told = _("%(steps)d steps, %(edges)d prerequisites") % {
        "steps": len(imported.procedure.steps),
        "edges": len(imported.procedure.edges),
    }
    html = tag("div", tag("p", f"{base}: {told}"), tag("ul", notes))
    if take:
        return {"saved": _("Opened as %s.") % folder.name, "go": f"/?a={folder.name}"}
    return {"html": html, "sound": True}


def _items(
    workspace: Workspace, scene: Scene, base: str, data: bytes, take: bool
) -> dict[str, Any]:
    from lianban.workbench.views.catalogue import verdict

    name = "items.csv"
    folder = scene.first.folder
    cells = _table(base, data)
    if (folder / "prerequisites.csv").is_file():
        # our own workbooks repeat them beside each item, without strength and reason
        cells = cells.without("prerequisites")
    found = tables.checked(folder, name, cells.data(), scene.language)
    _ = speech(scene.language)
    if not take:
        html = verdict(_, found, scene.language)
        return {"html": html, "sound": found.sound}
    _writable(workspace, scene)
    if not found.sound:
        raise Unknown("the table cannot be read; nothing was written")
    stamp = tables.read_cells(folder / name).stamp
    backup = tables.save(folder, name, cells.data(), stamp, datetime.now())
    told = _("Saved; the former %(file)s is now %(backup)s.")
    return {"saved": told % {"file": name, "backup": backup}}


def _table(base: str, data: bytes) -> tables.Cells:
    """Return the cells of an uploaded table, CSV or workbook."""
    from rules import InputError
    from rules.xlsx_tables import read_sheet

    if not base.lower().endswith(".xlsx"):
        return tables.cells_of(data)
    _title, records, problems = read_sheet(data, base)
    if problems:
        raise InputError(problems)
    return tables.Cells(tuple(tuple(cells) for _line, cells in records), "")


def _edited(
    workspace: Workspace, scene: Scene, asked: Mapping[str, Any]
) -> tuple[Path, str, tables.Cells]:
    name = asked.get("file")
    if name not in tables.TABLES:
        raise Unknown("no such table can be edited here")
    folder = workspace.place(scene.first.key).folder
    cells = tables.read_cells(folder / name)
    if asked.get("stamp") != cells.stamp:
        raise Unknown(f"{name} has changed on disk since it was shown here: load it again")
    return folder, name, cells.edited(tables.edits_of(asked.get("edits")))


def _writable(workspace: Workspace, scene: Scene) -> None:
    place = workspace.place(scene.first.key)
    if place.shipped:
        raise Unknown("this scenario came with the program; copy it first with `lianban new`")
    workspace.inside(str(place.folder.resolve()))


def _plain(key: str) -> str:
    """Return a key as a file's name.

    Examples
    --------
    >>> _plain("jiaxing/reform"), _plain("../x y")
    ('jiaxing-reform', 'x-y')
    """
    return re.sub(r"[^\w\u4e00-\u9fff-]+", "-", key).strip("-.") or "file"
