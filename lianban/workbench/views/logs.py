"""An uploaded event log: what it says, its draft as a file, and the draft as a scenario."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.log_tables import (
    rejected_lines,
    said,
    step_rows,
    summary_rows,
    weekday_rows,
    whole_rows,
)
from lianban.workbench.markup import Html, folded, join, table, tag
from lianban.workbench.speech import speech
from lianban.workbench.workspace import Unknown

if TYPE_CHECKING:
    from lianban.workbench.workspace import Workspace
    from scenarios.event_logs import Proposal

MOST_EVENTS = 100_000
"""Events of a log that the page reads; `lianban discover` reads more."""

_STEPS = 40
_NEVER = (2000, 1, 1, 0, 0, 0)


def read_in(
    workspace: Workspace, language: str, name: str, data: bytes, take: bool
) -> dict[str, Any]:
    """Return what a log says and its draft; with ``take`` write the draft as a scenario.

    Raises
    ------
    Unknown
        If it may not be written.
    rules.InputError
        If it is no log.
    """
    from scenarios.event_logs import propose, read_log, study_log, write_proposal
    from scenarios.event_logs.proposal import AS_LOGGED

    _ = speech(language)
    stem = name.removesuffix(".gz").rpartition(".")[0]
    if take and workspace.inside(stem).exists():
        raise Unknown(f"{stem} exists already in the opened folder; rename the file")
    study = study_log(read_log(data, name, most=MOST_EVENTS))
    proposal = propose(study)
    if take:
        write_proposal(proposal, workspace.inside(stem))
        go = f"/?a={stem}&b={stem}/{AS_LOGGED}"
        return {"html": tag("p", _("Opened as %s.") % stem, class_="good"), "go": go}
    with tempfile.TemporaryDirectory(prefix="lianban-") as beside:
        write_proposal(proposal, Path(beside) / stem)
        zipped = _zipped(Path(beside), stem)
    return {
        "html": _shown(proposal, language),
        "sound": workspace.folder is not None,
        "file": base64.b64encode(zipped).decode(),
    }


def _shown(proposal: Proposal, language: str) -> Html:
    _ = speech(language)
    study = proposal.study
    rejected = rejected_lines(study, _, language)
    steps = step_rows(study, _)
    order = [
        [_("first"), _("then"), _("share of cases"), _("cases")],
        *([e.first, e.then, f"{100 * e.share:.0f} %", str(e.cases)] for e in proposal.order),
    ]
    notes = [said(each, language) for each in (*study.notes, *proposal.notes)]
    stem = study.log.file.partition(".")[0]
    save = tag("button", _("save the draft"), type="button", data_blob=f"{stem}-draft.zip")
    hours = _(
        "Working time: 08:30-12:00 and 13:30-17:00; other hours with `lianban discover --hours`. "
        "The draft holds scenario.toml, its tables and calibration.toml."
    )
    return join(
        (
            table(summary_rows(study, _), "numbers", _("what was read")),
            tag(
                "div", tag("b", _("rejected:")), tag("ul", [tag("li", e) for e in rejected]),
                class_="warn",
            ) if rejected else None,
            table(whole_rows(study, _), "numbers", _("how long cases take")),
            table(weekday_rows(study, _), "numbers", _("arrivals")),
            table(steps[: _STEPS + 1], "numbers", _("times of activities")),
            tag("p", _("... and %d more") % (len(steps) - _STEPS - 1), class_="dim")
            if len(steps) > _STEPS + 1 else None,
            folded(_("in which order"), table(order, "", _("in which order"))),
            tag("ul", [tag("li", each) for each in notes], class_="dim") if notes else None,
            tag("p", save, " ", hours, class_="dim"),
        )
    )  # fmt: skip


def _zipped(folder: Path, name: str) -> bytes:
    """Return a folder as a zip file, the same for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _NEVER)
                entry.compress_type = zipfile.ZIP_DEFLATED
                file.writestr(entry, path.read_bytes())
    return out.getvalue()
