"""Files for other programs: BPMN, Mermaid, DOT, draw.io, Microsoft Project and Excel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from results.lexicon import WORDS, checked, unknown_word
from results.mixes import as_drawn
from rules import Name, did_you_mean

if TYPE_CHECKING:
    from scenarios import Scenario

PICTURES = (".svg", ".png", ".pdf")
EXPORTS = {
    ".bpmn": "swimlane",
    ".mmd": "",
    ".dot": "swimlane",
    ".drawio": "swimlane",
    ".mspdi.xml": "timeline",
    ".xml": "timeline",
    ".xlsx": "table",
}
"""Endings of exported files and what each shows; empty: ``swimlane`` or ``timeline``, as asked.

``.xml`` alone is Microsoft Project's.
"""

__all__ = ["EXPORTS", "PICTURES", "export", "suffix_of"]


def suffix_of(name: str) -> str:
    """Return the known ending of a file's name.

    Raises
    ------
    ValueError
        If it has none; the message lists the known ones.

    Examples
    --------
    >>> suffix_of("flow.mspdi.xml"), suffix_of("Flow.BPMN")
    ('.mspdi.xml', '.bpmn')
    >>> suffix_of("flow.vsdx")
    Traceback (most recent call last):
    ...
    ValueError: '.vsdx' is none of .svg .png .pdf .bpmn .mmd .dot .drawio .mspdi.xml .xml .xlsx
    """
    known = (*PICTURES, *EXPORTS)
    lower = PurePath(name).name.lower()
    for ending in sorted(known, key=len, reverse=True):
        if lower.endswith(ending) and lower != ending:
            return ending
    given = PurePath(lower).suffix
    raise ValueError(f"'{given}' is none of {' '.join(known)}{did_you_mean(given, known)}")


def export(
    scenario: Scenario,
    suffix: str,
    *,
    before: Scenario | None = None,
    view: str = "swimlane",
    language: str = "both",
) -> bytes:
    """Return a scenario as a file for another program; the same input gives the same bytes.

    Parameters
    ----------
    scenario : Scenario
        What is written.
    suffix : str
        One of :data:`EXPORTS`.
    before : Scenario, optional
        Shown above it in a Mermaid Gantt chart; other forms hold one procedure.
    view : str
        For Mermaid: ``timeline`` is a Gantt chart, ``swimlane`` a flowchart.
    language : str
        ``en``, ``zh`` or ``both``: language of the names.

    Raises
    ------
    ValueError
        If the form cannot show what is asked for, or the language is unknown.
    rules.calendars.BeyondCalendar
        If a form with dates ends after the days that the calendar knows.
    """
    if suffix not in EXPORTS:
        raise ValueError(f"'{suffix}' is none of {' '.join(EXPORTS)}")
    if before is not None and (suffix != ".mmd" or view != "timeline"):
        raise ValueError(f"{suffix} holds one procedure in this view: leave out the one before")
    checked(language)
    procedure = replace(as_drawn(scenario), name=_honest_name(scenario))
    offices = {office.key: office.name for office in scenario.offices}
    match suffix:
        case ".bpmn":
            from results.exports.bpmn import to_bpmn as write
        case ".drawio":
            from results.exports.drawio import to_drawio as write
        case ".dot":
            from results.exports.dot import to_dot as write
        case ".mmd" if view != "timeline":
            from results.exports.mermaid import flowchart as write
        case _:
            return _dated(scenario, suffix, before, language)
    return write(procedure, language=language, offices=offices).encode()


def _dated(scenario: Scenario, suffix: str, before: Scenario | None, language: str) -> bytes:
    """Return a form that shows dates."""
    from rules.calendars import WorkingDays

    days = WorkingDays.china(projection=scenario.projection)
    offices = {office.key: office.name for office in scenario.offices}
    procedure = replace(as_drawn(scenario), name=_honest_name(scenario))
    if suffix == ".mmd":
        from results.exports.mermaid import gantt

        shown = [(_honest_name(each), as_drawn(each)) for each in (before, scenario) if each]
        return gantt(shown, first_day=scenario.first_day, days=days, language=language).encode()
    if suffix == ".xlsx":
        from results.exports.xlsx import steps_workbook

        return steps_workbook(
            replace(procedure, edges=scenario.procedure.edges, flow=scenario.procedure.flow),
            shown=procedure,
            offices=offices,
            first_day=scenario.first_day,
            days=days,
            notes=(f"scenario: {scenario.key}", f"provenance of data: {scenario.provenance}"),
            language="zh" if language == "zh" else "en",
        )
    from results.exports.msproject import to_mspdi

    return to_mspdi(
        procedure,
        first_day=scenario.first_day,
        days=days,
        language=language,
        offices=offices,
    ).encode()


def _honest_name(scenario: Scenario) -> Name:
    """Return the name; where the data are not the source's own or lack days, it says so."""
    name, said = scenario.name, []
    origin = WORDS.get(f"provenance.{scenario.provenance}")
    if origin is not None and scenario.provenance != "given":
        said.append(origin)
    if not scenario.procedure.days_known:
        said.append(WORDS[unknown_word(scenario.procedure)])
    if not said:
        return name
    return Name(
        f"{name.zh}（{'；'.join(each.zh for each in said)}）" if name.zh else "",
        f"{name.en} ({'; '.join(each.en for each in said)})" if name.en else "",
    )
