"""``lianban verify``: simulate textbook queues and networks and compare with closed forms."""

from __future__ import annotations

import argparse
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.options import add_seed, add_timing, new_command, whole
from lianban.terminal import Console, Outcome, aligned

if TYPE_CHECKING:
    from lianban.commands.options import Commands
    from simulator.verify import Verified


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("simulate textbook cases and compare with their closed forms")
    parser = new_command(commands, "verify", help_, verify)
    parser.add_argument("cases", metavar="CASES.json", help=_("schema queueing-cases/1"))
    parser.add_argument(
        "--only", metavar="ID", action="append", default=[], help=_("run this case; repeatable")
    )
    parser.add_argument(
        "--seconds",
        type=whole(1),
        default=150,
        metavar="S",
        help=_("processor time for one case (default %(default)s)"),
    )
    parser.add_argument(
        "--workers", type=whole(1), metavar="N", help=_("processes (default: one a core)")
    )
    parser.add_argument(
        "--strict", action="store_true", help=_("exit with 3 when a case is unsupported")
    )
    add_seed(parser)
    add_timing(parser)


def verify(options: argparse.Namespace, console: Console) -> Outcome:
    """Run every case; a case passes when expected values lie in 99.9 % intervals under 2 %."""
    from simulator.crews import cores
    from simulator.verify import verify_file

    found: list[Verified] = []
    seed = 1 if options.seed is None else options.seed
    for each in verify_file(
        Path(options.cases),
        only=options.only,
        seed=seed,
        seconds=options.seconds,
        workers=options.workers or cores(),
    ):
        console.note(f"{each.verdict:11} {each.id}")
        found.append(each)
    documents = []
    for each in found:
        document = each.to_json()
        if not options.timing:
            document.pop("seconds")
        documents.append(document)
    counts = {
        verdict: sum(each.verdict == verdict for each in found)
        for verdict in ("pass", "fail", "unsupported")
    }
    console.answer({"seed": seed, "counts": counts, "cases": documents}, _text(found, counts))
    if counts["fail"]:
        return Outcome.FINDING
    return Outcome.UNSURE if options.strict and counts["unsupported"] else Outcome.GOOD


def _text(found: list[Verified], counts: dict[str, int]) -> str:
    rows = [[_("case"), _("metric"), _("estimate"), "99.9 %", _("expected"), "z", _("verdict")]]
    for case in found:
        if not case.metrics:
            rows.append([case.id, case.note, "", "", "", "", case.verdict])
        rows += [
            [
                case.id,
                metric.name,
                _number(metric.estimate),
                "" if metric.low is None else f"{_number(metric.low)}..{_number(metric.high)}",
                _number(metric.expected),
                _number(metric.z),
                metric.verdict,
            ]
            for metric in case.metrics
        ]
    told = _("%(pass)d passed, %(fail)d failed, %(unsupported)d unsupported") % counts
    return f"{aligned(rows, left=2)}\n{told}"


def _number(value: object) -> str:
    return (
        f"{value:.6g}" if isinstance(value, int | float) else ("" if value is None else str(value))
    )
