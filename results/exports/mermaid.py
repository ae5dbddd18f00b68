"""Mermaid text for README files and pull requests: a Gantt chart and a flowchart.

Dates are computed here and written out, start and end, so the chart ends on the right
day whatever the renderer thinks of holidays; ``excludes`` and ``includes`` only shade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from results.cards import office_name
from results.critical import critical_of
from results.exports.dates import PaperDates
from results.exports.network import network_of
from results.exports.text import days_of, name_of, one_line
from results.lexicon import WORDS, checked, lines
from rules import Kind, Name, Procedure
from rules.calendars import WorkingDays

_FULLWIDTH = str.maketrans({":": "：", ";": "；", "#": "＃", "<": "＜", ">": "＞", "%": "％"})
_KEYWORDS = (
    "section", "title", "click", "gantt", "excludes", "includes", "todaymarker", "dateformat",
    "axisformat", "tickinterval", "weekday", "weekend", "inclusiveenddates", "topaxis",
    "acctitle", "accdescr", "date", "call", "href",
)  # fmt: skip
_SHAPES = {
    Kind.NOTICE: ('[/"', '"/]'),
    Kind.JOINT: ('[["', '"]]'),
    Kind.MEETING: ('[["', '"]]'),
    Kind.SURVEY: ('{{"', '"}}'),
    Kind.INTERMEDIARY: ('[\\"', '"\\]'),
    Kind.WAIT: ('(["', '"])'),
    Kind.CONVERSION: ('>"', '"]'),
}


def gantt(
    procedures: Sequence[tuple[Name, Procedure]],
    *,
    first_day: date,
    days: WorkingDays,
    language: str = "both",
) -> str:
    """Return procedures as one Mermaid Gantt chart, all from the same day on.

    Parameters
    ----------
    procedures : sequence of (Name, Procedure)
        One is shown with its stages as sections; of several each is a section.
    first_day : date
        On which all begin, or the next working day.
    days : WorkingDays
        Which dates are worked.
    language : str
        ``en``, ``zh`` or ``both``: language of the names.

    Raises
    ------
    rules.calendars.BeyondCalendar
        If it ends after the days that the calendar knows.

    Examples
    --------
    >>> from rules import Duration, Edge, Step
    >>> a = Step("a", Name(en="Survey"), duration=Duration(5))
    >>> flow = Procedure(Name(en="One"), (a,), ())
    >>> text = gantt([(flow.name, flow)], first_day=date(2025, 3, 3), days=WorkingDays.china())
    >>> print(text.splitlines()[-1])
        a Survey · 5 wd :crit, n1, 2025-03-03, 2025-03-08
    """
    speech = checked(language)
    dated = [PaperDates.of(procedure, first_day, days) for _, procedure in procedures]
    special = max((dates.exceptions() for dates in dated), key=len)
    off = [str(day) for day, works in special if not works]
    on = [str(day) for day, works in special if works]
    title = " → ".join(_plain(name_of(name, speech)) for name, _ in procedures)
    text = [
        "gantt",
        f"    title {title}",
        "    dateFormat YYYY-MM-DD",
        "    axisFormat %Y-%m-%d",
        f"    excludes {', '.join(['weekends', *off])}",
        *([f"    includes {', '.join(on)}"] if on else []),
    ]
    number = 0
    for (name, procedure), dates in zip(procedures, dated, strict=True):
        stage = None
        if len(procedures) > 1:
            text.append(f"    section {_plain(name_of(name, speech))}")
        known = {each.key: each.name for each in procedure.stages}
        for step in procedure.steps:
            number += 1
            if len(procedures) == 1 and step.stage != stage and (known or step.stage):
                stage = step.stage
                said = known.get(stage) or (Name(stage) if stage else WORDS["no-stage"])
                text.append(f"    section {_plain(name_of(said, speech))}")
            begin, end = dates.first_date(step.key), dates.last_date(step.key)
            tags = [
                *(["crit"] if step.key in dates.critical else []),
                *(["milestone"] if not step.days else []),
                f"n{number}",
                str(begin),
                str(end + timedelta(1) if step.days else end),
            ]
            label = f"{step.key} {name_of(step.name, speech)} · {days_of(step)}"
            text.append(f"    {_plain(label)} :{', '.join(tags)}")
    return "\n".join(text) + "\n"


def flowchart(
    procedure: Procedure,
    *,
    language: str = "both",
    offices: Mapping[str, Name] | None = None,
) -> str:
    """Return a procedure as a Mermaid flowchart, a frame around each stage.

    Steps with nothing to spare have a thick border.

    Raises
    ------
    ValueError
        If the language is unknown, there is no step, or steps wait in a circle.
    """
    speech = checked(language)
    network = network_of(procedure)
    ids = {key: f"n{index + 1}" for index, key in enumerate(network.nodes)}
    known = {stage.key: stage.name for stage in procedure.stages}
    used = dict.fromkeys(step.stage for step in procedure.steps)
    stages = [*(key for key in known if key in used), *(key for key in used if key not in known)]
    text = ["flowchart LR"]
    for index, stage in enumerate(stages):
        name = known.get(stage) or (Name(stage) if stage else WORDS["no-stage"])
        text.append(f'    subgraph s{index + 1}["{_label(name_of(name, speech))}"]')
        for step in procedure.steps:
            if step.stage == stage:
                left, right = _SHAPES.get(step.kind, ('["', '"]'))
                office = office_name(step.department, offices or {}, speech)
                told = [
                    f"{step.key} · {days_of(step)}",
                    *map(one_line, lines(step.name, speech)),
                    *([office] if step.department else []),
                ]
                label = "<br/>".join(map(_label, told))
                text.append(f"        {ids[step.key]}{left}{label}{right}")
        text.append("    end")
    for key, wait in network.lags.items():
        text.append(f'    {ids[key]}(["{_label(name_of(wait.name, speech))}"])')
    text += [f'    {ids[key]}(("{_label("&")}"))' for key in network.junctions]
    text += [f"    {ids[before]} --> {ids[after]}" for before, after in network.arrows]
    marked = critical_of(procedure).steps
    if critical := [ids[step.key] for step in procedure.steps if step.key in marked]:
        text.append("    classDef critical stroke:#b00020,stroke-width:3px")
        text.append(f"    class {','.join(critical)} critical")
    return "\n".join(text) + "\n"


def _plain(text: str) -> str:
    """Return a text that a Gantt line takes as it is."""
    told = one_line(text).translate(_FULLWIDTH)
    return f"· {told}" if told.casefold().startswith(_KEYWORDS) else told or "·"


def _label(text: str) -> str:
    """Return a text for inside a node's quotes: every mark that means something as a number."""
    return "".join(
        sign if sign.isalnum() or sign in " ·,.-+/()" or ord(sign) > 0xFF else f"#{ord(sign)};"
        for sign in one_line(text)
    )
