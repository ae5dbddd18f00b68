"""``lianban doctor``: what this installation looks like."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import new_command
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("show versions, import locations, font and console")
    new_command(commands, "doctor", help_, doctor)


def doctor(options: argparse.Namespace, console: Console) -> Outcome:
    """Examine the installation."""
    from lianban.doctor import examine

    findings = examine(getattr(console.out, "encoding", None) or "utf-8", Path.cwd())
    trouble = [finding for finding in findings if finding.advice]
    lines = [aligned([(finding.key, finding.found) for finding in findings], left=2)]
    lines += [f"{finding.key}: {finding.found}: {finding.advice}" for finding in trouble]
    lines.append(
        ngettext("%d warning", "%d warnings", len(trouble)) % len(trouble)
        if trouble
        else _("all is well")
    )
    document = {
        "findings": [
            {"key": finding.key, "found": finding.found, "advice": finding.advice}
            for finding in findings
        ]
    }
    console.answer(document, "\n".join(lines))
    return Outcome.FINDING if trouble else Outcome.GOOD
