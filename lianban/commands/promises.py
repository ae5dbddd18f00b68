"""``lianban promises``: whether designs keep what was promised."""

from __future__ import annotations

import argparse
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING

from lianban.commands.load import warn_of_load
from lianban.commands.options import (
    UsageError,
    add_engine,
    add_runs,
    add_seed,
    new_command,
    note_fallback,
    whole,
)
from lianban.terminal import Console, Outcome, aligned, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lianban.commands.options import Commands
    from results.promises import Checker, Finding

_FORMATS = ("text", "github", "junit", "json", "md")
_CELLS = 80


def add_to(commands: Commands) -> None:
    """Add the command."""
    help_ = _("test promises: kept, BROKEN or UNSURE, and why")
    parser = new_command(commands, "promises", help_, promises)
    parser.add_argument(
        "where",
        metavar="FILE|SCENARIO",
        help=_("a promises.toml, or a scenario or redesign beside which one stands"),
    )
    parser.add_argument(
        "--promise",
        action="append",
        metavar="ID",
        help=_("test only this promise; may be repeated"),
    )
    parser.add_argument(
        "--design", metavar="REDESIGN", help=_("ask this redesign instead of those promised for")
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help=_("form of the answer"))
    parser.add_argument(
        "--strict", action="store_true", help=_("exit with 3 when a promise stays UNSURE")
    )
    parser.add_argument(
        "--replications",
        type=whole(1),
        metavar="N",
        help=_("most repetitions; fewer are used where they tell (default 160)"),
    )
    add_seed(parser)
    add_engine(parser)
    parser.add_argument(
        "--save", action="store_true", help=_("keep the runs, with what became of the promises")
    )
    add_runs(parser)


def promises(options: argparse.Namespace, console: Console) -> Outcome:
    """Test promises."""
    from results.promises import Checker, Verdict, read_promises, reports
    from results.promises.baselines import baselines_in
    from results.promises.files import promises_path
    from results.promises.verdicts import MOST_REPLICATIONS

    if options.format == "json":
        console = replace(console, json=True)
    elif console.json and options.format != "text":
        raise UsageError(_("--json and --format: choose one"))
    path, redesign = promises_path(options.where)
    book = read_promises(path, name=_shown(path), redesign=options.design or redesign)
    asked = [book.promise(id_) for id_ in options.promise or ()] or book.promises
    checker = Checker(
        book,
        options.seed,
        options.replications or MOST_REPLICATIONS,
        baselines_in(Path(options.runs), path.parent),
        options.engine,
        workers=None,
    )
    designs = dict.fromkeys(promise.redesign for promise in asked)
    warnings = warn_of_load(console, (book.designs[each] for each in designs))
    findings = [checker.check(promise) for promise in asked]
    for redesign, simulated in checker.runs.items():
        note_fallback(console, book.designs[redesign].key, simulated.notice)
    if options.save:
        _save(checker, findings, Path(options.runs), console)
    language = console.language
    match options.format:
        case "github":
            text = reports.github(findings, language)
        case "junit":
            text = reports.junit(findings, language, strict=options.strict)
        case "md":
            text = reports.markdown(findings, language)
        case _:
            text = _text(findings, language)
    console.answer(reports.to_json(findings) | {"warnings": warnings}, text)
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        return Outcome.FINDING
    if Verdict.UNSURE in verdicts:
        if options.strict:
            return Outcome.UNSURE
        console.note(_("some promises are unsure; --strict makes that exit with 3"))
    return Outcome.GOOD


def _text(findings: Sequence[Finding], language: str) -> str:
    """Return the table, what is to be said about each promise not kept, and the verdict."""
    from results.promises import reports

    rows = reports.table(findings, language)
    table = aligned(rows, left=4)
    if max(map(width, table.splitlines()), default=0) > _CELLS:
        heads = aligned([row[:3] for row in rows], left=3).splitlines()
        table = "\n".join(
            f"{head}\n  {claim}: {measured}"
            for head, (*_unused, claim, measured) in zip(heads, rows, strict=True)
        )
    told = [reports.explanation(finding, language) for finding in findings]
    more = ["\n".join(part for line in lines for part in _hanging(line)) for lines in told if lines]
    file = findings[0].promise.place.file
    return "\n\n".join([f"{file}\n{table}", *more, reports.verdict_line(findings, language)])


def _hanging(line: str) -> list[str]:
    """Return a line wrapped to the screen, its continuation indented by two more."""
    indent = " " * (len(line) - len(line.lstrip()))
    if line.strip().startswith(("repeat:", "重现:")):
        return [line]  # a command is copied whole
    first, *rest = wrapped(line.strip(), _CELLS - len(indent) - 2)
    return [indent + first, *(f"{indent}  {each}" for each in rest)]


def _save(checker: Checker, findings: Sequence[Finding], store: Path, console: Console) -> None:
    """Keep the longest run of each design with the findings about it."""
    from datetime import UTC, datetime

    from results import summarise
    from results.promises.reports import finding_json
    from results.promises.verdicts import FIRST_LOOK
    from results.run_store import save_run

    for redesign, scenario in checker.book.designs.items():
        about = [each for each in findings if each.promise.redesign == redesign]
        if not about:
            continue
        run = checker.runs.get(redesign) or checker.run(redesign, FIRST_LOOK)
        saved = save_run(
            summarise(scenario, run),
            run,
            datetime.now(UTC),
            store,
            promises=[finding_json(each) for each in about],
        )
        console.note(
            _("saved as run %(number)d: %(folder)s")
            % {"number": saved.number, "folder": saved.folder}
        )


def _shown(path: Path) -> str:
    from results.design_record import shown

    return shown(path)
