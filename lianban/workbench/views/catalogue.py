"""The planner's tables: edit a cell, see at once what is wrong and what it changes, then save."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lianban.workbench.markup import Html, join, table, tag
from lianban.workbench.tables import TABLES, Cells, Checked, read_cells

if TYPE_CHECKING:
    from lianban.workbench.scene import Scene
    from lianban.workbench.speech import Say

WIDE = True
PAGE = 100
"""Rows that are drawn at once; the script turns to the others."""


def content(scene: Scene) -> list[Html]:
    """Return the screen."""
    _ = scene.say
    folder = scene.first.folder
    present = [name for name in TABLES if (folder / name).is_file()]
    name = scene.state.file if scene.state.file in present else (present or [""])[0]
    head = tag("h1", _("Tables of %s") % scene.first.name.in_language(scene.language))
    if not name:
        return [head, tag("p", _("This folder holds no table that can be edited here."))]
    cells = read_cells(folder / name)
    from scenarios.library import shipped_folder

    shipped = folder.resolve().is_relative_to(shipped_folder().resolve())
    tabs = [
        tag(
            "a", each, href=f"/catalogue?{scene.state.query(file=each)}", data_go=True,
            aria_current="page" if each == name else None, data_key=f"table-{each}",
        )
        for each in present
    ]  # fmt: skip
    told = (
        _("This scenario came with the program: try edits here, but to save them copy it first "
          "with `lianban new FOLDER --from %s` and open that folder.") % folder.name
        if shipped
        else _("Choose a cell and type; Enter keeps it, Escape does not. Nothing is written before "
               "you save, and the former file stays beside it as a backup.")
    )  # fmt: skip
    return [
        head,
        tag("div", tabs, class_="tabs"),
        tag("p", told, class_="dim"),
        tag(
            "div",
            tag("label", tag("span", _("show rows that hold")),
                tag("input", type="search", data_filter=True), class_="find"),
            _grid(cells, name),
            tag(
                "div",
                tag(
                    "span",
                    _button(_("previous rows"), data_turn="-1"),
                    tag("output", ""),
                    _button(_("next rows"), data_turn="1"),
                    class_="pager",
                    data_pager=True,
                    hidden=len(cells.rows) - 1 <= PAGE,
                ),
                _button(_("a new row"), data_more_row=True),
                class_="under",
            ),
            tag("section", class_="verdict", aria_live="polite", data_verdict=True),
            tag(
                "div",
                _button(_("save"), data_save=True, disabled=True),
                _button(_("undo all"), data_undo=True, disabled=True),
                class_="under",
            ),
            class_="grid-edit",
            data_edit=True,
            data_file=name,
            data_stamp=cells.stamp,
            data_rows=json.dumps(cells.rows[1:]) if len(cells.rows) - 1 > PAGE else None,
            data_query=scene.state.query(),
            data_failed=_("this did not work:"),
            data_leave=_("Some edits are not saved. Leave them behind?"),
            data_saving=_("checking every design, then saving ..."),
            data_readonly="1" if shipped else None,
        ),
    ]  # fmt: skip


def verdict(_: Say, found: Checked, language: str) -> Html:
    """Return what edits would do: problems, differences, effects, findings."""
    if found.problems:
        rows = [tag("li", f"{file}:{line}: {message}" if line else f"{file}: {message}")
                for file, line, message in found.problems]  # fmt: skip
        why = tag("b", _("It could not be read like this:"))
        return tag("div", why, tag("ul", rows), class_="warn")
    sentences = found.diff.sentences(language) if found.diff else ()
    changes = [tag("li", each) for each in sentences]
    parts = [
        tag("h2", _("What changes")),
        tag("ul", changes) if changes else tag("p", _("nothing")),
    ]
    if found.effects:
        heads = [_("design"), _("steps / paper days before"), _("after")]
        parts.append(table([heads, *found.effects]))
    errors = [each for each in found.findings if each[2] == "error"]
    others = [each for each in found.findings if each[2] != "error"]
    for title, listed, look in (
        (_("Unlawful or contradictory"), errors, "warn"),
        (_("Doubtful"), others, "dim"),
    ):
        if listed:
            lines = [tag("li", f"{file}:{line}: {text}") for file, line, _s, text in listed[:60]]
            parts.append(tag("div", tag("b", title), tag("ul", lines), class_=look))
    return join(parts)


def _button(label: str, **more: object) -> Html:
    return tag("button", label, type="button", **more)


def _grid(cells: Cells, name: str) -> Html:
    head, *rows = cells.rows
    top = tag("tr", tag("th", "#", scope="col"), [tag("th", each, scope="col") for each in head])
    body = [
        tag(
            "tr",
            tag("th", str(number + 1), scope="row"),
            [
                tag("td", row[column] if column < len(row) else "", tabindex="-1",
                    data_at=f"{number},{column}")
                for column in range(len(head))
            ],
        )
        for number, row in enumerate(rows[:PAGE], start=1)
    ]  # fmt: skip
    grid = tag("table", tag("thead", top), tag("tbody", body), class_="cells", role="grid",
               aria_label=name)  # fmt: skip
    return tag("div", grid, class_="roll tall")
