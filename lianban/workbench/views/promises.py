"""Promises: kept, broken or unsure with the levers as they are, and in earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianban.workbench.markup import Html, join, table, tag
from lianban.workbench.page import long_work
from results.promises.files import PROMISES_FILE, PromiseBook, read_promises

if TYPE_CHECKING:
    from lianban.workbench.lab import Lab
    from lianban.workbench.scene import Scene

_MOST_REPLICATIONS = 80


def content(scene: Scene) -> list[Html]:
    """Return the screen; the verdicts are long work."""
    _ = scene.say
    book = _book(scene)
    head = tag("h1", _("Promises of %s") % scene.name)
    if book is None:
        told = _("This scenario makes no promises: its folder holds no promises.toml.")
        return [head, tag("p", told, class_="dim")]
    rows = [[_("promise"), _("what must hold"), _("who promised it"), _("asked of"), _("line")]]
    rows += [
        [
            each.id,
            str(each.claim),
            each.basis.in_language(scene.language),
            each.redesign or _("today"),
            f"{PROMISES_FILE}:{each.place.line}",
        ]
        for each in book.promises
    ]
    return [
        head,
        long_work(scene, "promises", _("checking the promises ...")),
        tag("h2", _("As they stand in the file")),
        table(rows),
        tag("h2", _("In earlier runs")),
        _history(scene, book),
    ]


def work(scene: Scene, lab: Lab, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdicts."""
    from results.promises import Checker, Verdict, reports

    _ = scene.say
    book = _book(scene)
    if book is None:
        return {"html": ""}
    checker = Checker(book, scene.last.seed, _MOST_REPLICATIONS)
    findings = [checker.check(each) for each in book.promises]
    rows = [[_("promise"), _("verdict"), _("what must hold"), _("measured")]]
    for finding in findings:
        word = reports.verdict_word(finding.verdict, scene.language)
        look = {Verdict.KEPT: "less", Verdict.BROKEN: "more"}.get(finding.verdict, "dim")
        claim = finding.promise.claim
        rows.append(
            [
                finding.promise.id,
                tag("b", word, class_=look),
                str(claim),
                reports.measured_text(claim, finding.measured),
            ]
        )
    told = [
        tag("div", [tag("p", line) for line in lines[:-1]], class_="warn")
        for finding in findings
        if (lines := reports.explanation(finding, scene.language))
    ]
    verdict = tag("p", tag("b", reports.verdict_line(findings, scene.language)))
    return {"html": join((verdict, table(rows), told))}


def _book(scene: Scene) -> PromiseBook | None:
    """Return the promises beside the last design, asked of it as its levers stand."""
    path = scene.last.folder / PROMISES_FILE
    if not path.is_file():
        return None
    redesign = scene.last.key.partition("/")[2]
    book = read_promises(path, PROMISES_FILE, redesign or None)
    if redesign in book.designs:
        book = replace(book, designs={**book.designs, redesign: scene.last})
    return book


def _history(scene: Scene, book: PromiseBook) -> Html:
    from results.run_store import promise_history, saved_runs

    _ = scene.say
    stores = (scene.last.folder / "runs", scene.last.folder.parent / "runs", Path("runs"))
    store = next((each for each in stores if each.is_dir()), None)
    runs = saved_runs(store)[0] if store is not None else ()
    rows = [[_("promise"), _("run"), _("saved"), _("design"), _("verdict"), _("measured")]]
    for promise in book.promises:
        for each in promise_history(runs, promise.id):
            measured = each["measured"]
            value = measured.get("estimate") if isinstance(measured, dict) else measured
            rows.append(
                [
                    promise.id,
                    f"@{each['run']}",
                    str(each["saved_at"])[:10],
                    str(each["design"]),
                    str(each["verdict"]),
                    f"{float(value):.4g}" if value is not None else "",
                ]
            )
    if len(rows) == 1:
        told = _("No saved run has checked them yet: `lianban promises %s --save` keeps one.")
        return tag("p", told % scene.last.key, class_="dim")
    return table(rows)
