"""The report's promises: what became of each, and in the runs saved before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from results.promises.checking import Finding
from results.promises.reports import explanation, measured_text, verdict_word
from results.promises.verdicts import Verdict
from results.report.markup import Rows, section, spoken, table
from results.report.terms import term
from rules import Name


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise that was checked for the report.

    Attributes
    ----------
    finding : Finding
        What became of it now.
    history : tuple of mapping
        What became of it in saved runs, oldest first; see
        :func:`results.run_store.promise_history`.
    """

    finding: Finding
    history: tuple[dict[str, Any], ...] = ()


TITLE = Name("承诺", "Promises")


def promised(found: Sequence[Promised]) -> str:
    """Return the section of the page, or nothing where no promise was checked."""
    if not found:
        return ""
    parts = [table(lambda language: rows_now(found, language), "law")]
    parts += [_why(each.finding) for each in found if explanation(each.finding, "en")]
    if any(each.history for each in found):
        heading = Name("历次运行中的结论", "In the runs saved before")
        parts.append(spoken(lambda language: f"<h3>{escape(heading.in_language(language))}</h3>"))
        parts.append(table(lambda language: rows_before(found, language), "law"))
    return section("promises", TITLE, *parts)


def rows_now(found: Sequence[Promised], language: str) -> Rows:
    """Return a row for each promise: verdict, claim, measured value, who promised it."""
    heads = ("promise", "verdict", "claim", "measured", "basis")
    rows = [[term(each, language) for each in heads]]
    for each in found:
        finding, claim = each.finding, each.finding.promise.claim
        rows.append(
            [
                finding.promise.id,
                verdict_word(finding.verdict, language),
                f"{claim} ({finding.design})",
                measured_text(claim, finding.measured),
                finding.promise.basis.in_language(language) or "-",
            ]
        )
    return rows


def rows_before(found: Sequence[Promised], language: str) -> Rows:
    """Return a row for each saved run that checked a promise."""
    heads = ("promise", "run", "saved", "verdict", "measured")
    rows = [[term(each, language) for each in heads]]
    for each in found:
        rows += [
            [
                each.finding.promise.id,
                f"@{old['run']} {old['design']}",
                old["saved_at"][:16].replace("T", " "),
                verdict_word(Verdict(old["verdict"]), language),
                f"{old['measured']['estimate']:g}",
            ]
            for old in each.history
        ]
    return rows


def _why(finding: Finding) -> str:
    return spoken(lambda language: _lines(explanation(finding, language)))


def _lines(lines: Sequence[str]) -> str:
    shown = "<br>".join(escape(line.strip()) for line in lines)
    return f'<p class="warn">{shown}</p>'
