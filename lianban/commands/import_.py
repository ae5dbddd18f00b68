"""``lianban new FOLDER --from FILE.bpmn``: a drawn process as a scenario to edit."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path

from lianban.commands.options import UsageError
from lianban.terminal import Console, Outcome


def is_drawing(origin: str) -> bool:
    """Return whether ``--from`` names a BPMN file rather than a shipped scenario."""
    return origin.lower().endswith(".bpmn")


def from_bpmn(options: argparse.Namespace, console: Console) -> Outcome:
    """Import a BPMN file; what a scenario cannot hold is named, one line each."""
    from scenarios.bpmn_folder import AS_DRAWN, import_bpmn

    folder = Path(options.folder)
    if folder.exists():
        raise UsageError(_("%s exists already; name a folder that does not") % folder)
    imported = import_bpmn(Path(options.origin), folder)
    for note in imported.notes:
        console.note(note)
    steps, offices = len(imported.procedure.steps), len(imported.offices)
    edges = len(imported.procedure.edges)
    console.answer(
        {
            "folder": str(folder),
            "from": options.origin,
            "steps": steps,
            "departments": offices,
            "prerequisites": edges,
            "notes": list(imported.notes),
        },
        _(
            "%(folder)s holds %(steps)d steps, %(offices)d departments and %(edges)d "
            "prerequisites of %(file)s;\nedit it, then: lianban run %(folder)s/%(redesign)s"
        )
        % {
            "folder": folder,
            "steps": steps,
            "offices": offices,
            "edges": edges,
            "file": Path(options.origin).name,
            "redesign": AS_DRAWN,
        },
    )
    return Outcome.GOOD
