"""Files out and in: pictures, tables, drawings and event logs; drawings and tables to open."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianban.workbench.desk import OPENED
from lianban.workbench.forms import work_form
from lianban.workbench.markup import Html, table, tag
from lianban.workbench.page import long_work
from lianban.workbench.workspace import Unknown

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene
    from lianban.workbench.speech import Say

FORMS = (
    ".svg", ".png", ".pdf", ".bpmn", ".drawio", ".dot", ".mmd", ".mspdi.xml", ".xlsx", ".csv",
)  # fmt: skip
"""Endings in which a design is given out; ``.csv`` is its steps."""

REPORTS = (".html", ".md", ".xlsx")
_LONGEST_LOG = 8_000_000


def content(scene: Scene) -> list[Html]:
    """Return the screen."""
    _ = scene.say
    query = scene.state.query(step="")
    rows: list[list[object]] = [[_("design"), *FORMS]]
    for which, name in (("a", scene.first.name.in_language(scene.language)), ("b", scene.name)):
        links = [
            tag("a", _("save"), href=f"/export?design={which}&form={form}&{query}", download=True,
                aria_label=f"{name} {form}")
            for form in FORMS
        ]  # fmt: skip
        rows.append([f"{which.upper()}: {name}", *links])
    return [
        tag("h1", _("Files")),
        tag("h2", _("Designs as files")),
        table(rows),
        tag("h2", _("Both designs as a report to carry along")),
        tag("p", _("On paper; `lianban report` simulates, too."), class_="dim"),
        work_form(
            scene, "files", _("make it"), [_choice(_("form"))], _("writing ..."), what="report"
        ),
        tag("h2", _("Event log of one simulated run of B")),
        work_form(scene, "files", _("make it"), [], _("simulating ..."), what="log"),
        tag("h2", _("Open a file")),
        tag("p", _("A BPMN drawing (.bpmn) becomes a new scenario in the opened folder; a table of "
                   "items (.csv, .xlsx) is compared with that of A before it takes its place; an "
                   "event log (.csv, .xes, .xes.gz) is measured, and a scenario drafted from it."),
            class_="dim"),
        tag(
            "div",
            tag("label", tag("span", _("file")),
                tag("input", type="file", accept=",".join((*OPENED, ".gz")), data_upload=True)),
            tag("div", data_upload_verdict=True, aria_live="polite"),
            Html(long_work(scene, "log", _("reading the log ...")).replace(
                'class="job"', 'class="job" data-waits', 1)),
            tag("button", _("take it over"), type="button", data_take=True, hidden=True),
            class_="asks uploads",
            data_import=True,
            data_query=scene.state.query(),
            data_failed=_("this did not work:"),
        ),
    ]  # fmt: skip


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event log of one replication as CSV, or a report."""
    return _report(scene, more) if more.get("what") == "report" else _log(scene)


def _choice(label: str) -> Html:
    options = [tag("option", form, value=form) for form in REPORTS]
    return tag("label", tag("span", label), tag("select", options, name="form"))


def _report(scene: Scene, more: Mapping[str, Any]) -> dict[str, Any]:
    from results.report import build_report, report_bytes

    _ = scene.say
    form = str(more.get("form", ""))
    if form not in REPORTS:
        raise Unknown(f"form: '{form[:20]}' is none of {', '.join(REPORTS)}")
    data = report_bytes(
        build_report([scene.first, scene.last], replications=0), form, scene.language
    )
    return _saved(_, scene, f"-report{form}", data, f"{len(data) / 1000:.0f} kB")


def _saved(_: Say, scene: Scene, ending: str, data: bytes, told: str) -> dict[str, Any]:
    """Return a file with the button that saves it; scripts make it one."""
    name = scene.last.key.replace("/", "-") + ending
    button = tag("button", _("save"), type="button", data_blob=name)
    return {
        "html": tag("p", button, " ", told, class_="good"),
        "file": base64.b64encode(data).decode(),
    }


def _log(scene: Scene) -> dict[str, Any]:
    import tempfile
    from pathlib import Path

    from scenarios import compile_plan
    from simulator import simulate, write_log

    _ = scene.say
    run = simulate(compile_plan(scene.last), 1, scene.last.seed)
    with tempfile.TemporaryDirectory(prefix="lianban-") as folder:
        path = Path(folder) / "log.csv"
        write_log(run, path)
        data = path.read_bytes()
    cases = run.plan.cases
    if len(data) > _LONGEST_LOG:
        return {"html": tag("p", _("The log is too long for the page; use `lianban run --log`."))}
    told = _("%(n)d cases, seed %(seed)d") % {"n": cases, "seed": scene.last.seed}
    return _saved(_, scene, "-log.csv", data, told)
