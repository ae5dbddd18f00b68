"""Flow diagrams of a procedure: departments as lanes, stages as blocks of columns.

A long chain of steps handled one after another would leave nearly every lane empty;
it is drawn as rows to be read like a text instead (:mod:`results.chain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from results.cards import EN, ZH
from results.chain import chain_rows
from results.display import Group, Line, Picture, Rect, Shape, Text, arrowhead
from results.font import shorten, text_width
from results.frame import (
    MARGIN,
    Key,
    Unit,
    footer,
    kind_keys,
    lag_note,
    landscape,
    one_picture,
    pages,
    provenance_note,
    status_keys,
    title_lines,
)
from results.lexicon import checked, days_text, lines, paper_text, say
from results.mixes import IN_ORDER
from results.routing import Routed
from results.sheet import BLOCK, STRIP, PlacedBand, Sheet, sheet_of
from rules import Name, Procedure, Strength
from rules.levers.change import STRENGTH_WORDS


def flow_diagram(
    procedure: Procedure,
    *,
    before: Procedure | None = None,
    language: str = "both",
    title: str | None = None,
    clock: str | None = None,
    offices: Mapping[str, Name] | None = None,
    promise: Fraction | None = None,
    shown: str = "all",
) -> Picture:
    """Return the flow diagram of a procedure.

    Parameters
    ----------
    procedure : Procedure
        What is drawn.
    before : Procedure, optional
        An earlier procedure; each step then shows what became of it.
    language : str
        ``en``, ``zh`` or ``both``.
    title : str, optional
        Instead of the procedure's name.
    clock : str, optional
        What the total counts; by default working days on paper, without queues.
    offices : mapping of str to Name, optional
        Names of departments; without one its key is shown.
    promise : Fraction, optional
        Working days promised for the whole; by default the procedure's budget, if it has one.
    shown : str
        ``all`` steps; ``runs``: long runs of steps as one box; ``changes``: only the steps
        that are not as in the earlier procedure.

    Raises
    ------
    ValueError
        If the language is unknown, steps wait for each other in a circle, or there is nothing
        to show.

    Examples
    --------
    >>> from rules import Duration, Edge, Step
    >>> a = Step("a", Name("踏勘", "Survey"), "land", duration=Duration(5))
    >>> b = Step("b", Name("许可", "Permit"), "plan", duration=Duration(7))
    >>> flow = Procedure(Name("两步", "Two steps"), (a, b), (Edge("a", "b"),))
    >>> picture = flow_diagram(flow, language="en")
    >>> picture.title, picture.svg().count('class="step"')
    ('Two steps', 2)
    """
    speech = checked(language)
    sheet = sheet_of(procedure, before, speech, offices or {}, shown=shown)
    return one_picture(*_parts(sheet, title, clock, promise))


def flow_pages(
    procedure: Procedure,
    *,
    paper: str = "a3",
    before: Procedure | None = None,
    language: str = "both",
    title: str | None = None,
    clock: str | None = None,
    offices: Mapping[str, Name] | None = None,
    promise: Fraction | None = None,
    shown: str = "all",
) -> tuple[Picture, ...]:
    """Return the flow diagram on as many landscape sheets as it needs to be legible.

    ``paper`` is ``a3`` or ``a4``; for the rest see :func:`flow_diagram`. Rows of the folded
    diagram stay whole; the smallest text is 6.5 pt.
    """
    wide, _ = landscape(paper)
    speech = checked(language)
    sheet = sheet_of(procedure, before, speech, offices or {}, shown=shown, wide=wide, paged=True)
    title, subtitle, units, _, told = _parts(sheet, title, clock, promise, wide)
    return pages(title, subtitle, units, paper, told)


def _parts(
    sheet: Sheet,
    title: str | None,
    clock: str | None,
    promise: Fraction | None,
    width: float = 0.0,
) -> tuple[str, str, list[Unit], float, str]:
    """Return title, subtitle, what stays together, width and description."""
    speech, whole = sheet.language, sheet.whole
    title = title or title_lines(whole.name, speech)
    counting = clock or say("paper-clock", speech)
    if promise is None and whole.budget is not None:
        promise = whole.budget.paper_days
    units, keys, notes, drawn = _drawn(sheet)
    width = width or max(drawn, 1180.0 if speech == "both" else 1000.0)
    gone, gone_height = _removed(sheet, width)
    if gone:
        units.append(Unit(gone, gone_height))
    foot = footer(
        keys,
        notes,
        (whole, sheet.before),
        clock=counting,
        language=speech,
        width=width,
        promise=promise,
    )
    units[-1] = replace(units[-1], height=units[-1].height + 14)
    told = (
        f"{title}: {whole.n_steps} {say('steps', speech)}, {paper_text(whole, speech)}. {counting}."
    )
    return title, sheet.subtitle(), [*units, foot], width, told


def lane_diagram_places(procedure: Procedure, language: str = "en") -> tuple[Routed, ...]:
    """Return where boxes and lines stand in each band of the lane diagram, for checking."""
    sheet = sheet_of(procedure, None, checked(language), {})
    return tuple(one.routed for one in sheet.bands())


def _drawn(sheet: Sheet) -> tuple[list[Unit], list[Key], list[str], float]:
    """Return the flow's rows, its legend and notes, and its width."""
    keys = [*kind_keys([sheet.procedure], sheet.language)]
    if sheet.critical.steps:
        keys.append(Key("critical", say("critical", sheet.language)))
    words = [
        status.word
        for key, status in sheet.statuses.items()
        if key in sheet.procedure or status.word == "removed"
    ]
    notes = provenance_note([sheet.whole], sheet.language)
    if sheet.language != "zh":
        notes.append(say("units", sheet.language))
    notes += lag_note(sheet.procedure.edges, sheet.language)
    if sheet.whole.mixed:
        notes.append(say("mix", sheet.language))
    if sheet.critical.chains > 1:
        notes.append(say("several-chains", sheet.language, n=sheet.critical.chains))
    if sheet.folded.runs:
        keys.append(Key("folded", say("folded", sheet.language)))
        runs = "; ".join(
            f"{key} = {' '.join(step.key for step in run)}"
            for key, run in sheet.folded.runs.items()
        )
        notes.append(say("folded-runs", sheet.language, runs=runs))
    if gone := sheet.folded.left_out:
        notes.append(say("left-out", sheet.language, n=len(gone), keys=" ".join(gone)))
    if sheet.is_chain:
        marks = sheet.chain_marks()
        rows, width, heights = chain_rows(
            sheet.procedure,
            marks,
            sheet.language,
            sheet.offices,
            sheet.wide,
            linked={edge.ends for edge in sheet.edges},
        )
        units = [
            Unit((Group(tuple(row), classes="flow"),), height)
            for row, height in zip(rows, heights, strict=True)
        ]
        keys.append(Key("edge practice", say("order-edge", sheet.language)))
        notes.append(say("serial-note", sheet.language))
        if any(each.links for each in marks.values()):
            notes.append(say("connector-chain", sheet.language))
        return units, [*keys, *status_keys(words, sheet.language)], notes, width
    units, linked = [], False
    placed = sheet.bands()
    width = max(one.routed.width for one in placed)
    for one in placed:
        drawn, tall = _band(sheet, one, 0.0, width)
        units.append(Unit((Group(tuple(drawn), classes="flow"),), tall + 18))
        linked = linked or any(c.marks.links for c in one.cards.values())
    edges = [edge for edge in sheet.edges if edge.ends not in sheet.folded.through]
    if any(edge.strength is not Strength.PRACTICE for edge in edges):
        keys.append(Key("edge", say("statute-edge", sheet.language)))
    asked = {edge.ends for edge in sheet.procedure.edges if edge.basis != IN_ORDER.en}
    dashed = {
        "practice-edge" if edge.ends in asked else "order-edge"
        for edge in edges
        if edge.strength is Strength.PRACTICE and not edge.formal_at
    }
    if dashed:
        word = dashed.pop() if len(dashed) == 1 else "practice-or-order"
        keys.append(Key("edge practice", say(word, sheet.language)))
    if any(edge.formal_at for edge in edges):
        keys.append(Key("edge formal", say("formal-edge", sheet.language)))
    if sheet.folded.through:
        keys.append(Key("edge through", say("through-edge", sheet.language)))
    if sheet.procedure.flow.word == "staged":
        keys.append(Key("gate", say("gate", sheet.language)))
    if linked:
        notes.append(say("connector", sheet.language))
    if sheet.hidden:
        notes.append(say("hidden-edges", sheet.language, n=sheet.hidden))
    keys += status_keys(words, sheet.language)
    return units, keys, notes, width + STRIP + 2 * MARGIN


def _band(sheet: Sheet, one: PlacedBand, y: float, width: float) -> tuple[list[Shape], float]:
    """Return the shapes of one band, its lanes as wide as asked, and its height."""
    band, routed = one.band, one.routed
    left = MARGIN + STRIP
    names = sheet.stage_names(band, routed)
    head = 10 + max((len(text) for _, text in names), default=0) * ZH * 1.25 if names else 0.0
    top = y + head + 4
    shapes: list[Shape] = []
    right = left + width
    for index, key in enumerate(band.lanes):
        upper = top + routed.lane_y[index]
        last = index + 1 == len(band.lanes)
        tall = (routed.height if last else routed.lane_y[index + 1]) - routed.lane_y[index]
        look = "lane-odd" if index % 2 else "lane-even"
        label = sheet.lane_label(key)
        used = sum(size * 1.25 for _, size in label)
        baseline = upper + (tall - used) / 2
        written: list[Shape] = []
        for text, size in label:
            baseline += size * 1.25
            written.append(Text(MARGIN + 8, baseline - size * 0.25, text, size, "ink"))
        shapes.append(
            Group(
                (
                    Rect(left, upper, right - left, tall, look),
                    Rect(MARGIN, upper, STRIP, tall, "lane-label"),
                    *written,
                ),
                key,
                "lane",
                sheet.office(key),
            )
        )
    bottom = top + routed.height
    for (x, wide), said in names:
        stage: list[Shape] = [
            Rect(left + x, y, wide, head, "stage"),
            Rect(left + x, top, wide, routed.height, "stage-field"),
        ]
        baseline = y + 5 + (head - 10 - len(said) * ZH * 1.25) / 2
        for line in said:
            baseline += ZH * 1.25
            stage.append(Text(left + x + wide / 2, baseline - ZH * 0.25, line, ZH, "ink", "middle"))
        shapes.append(Group(tuple(stage), classes="stage-block"))
    for block in band.blocks if sheet.procedure.flow.word == "staged" else ():
        if sheet.gate_after(block):
            x = left + routed.column_x[block.last] + routed.box_width + BLOCK
            gate = ((x - 1.7, y), (x + 1.7, y), (x + 1.7, bottom), (x - 1.7, bottom))
            shapes.append(Line(gate, "gate", closed=True))
    shapes += _wires(sheet, routed, left, top)
    for key, (x, box_y) in routed.corners.items():
        shapes.append(one.cards[key].at(left + x, top + box_y, routed.heights[key]))
    return shapes, bottom - y


def _removed(sheet: Sheet, width: float, y: float = 0.0) -> tuple[tuple[Shape, ...], float]:
    """Return the steps that are gone as outlines in a row, and the row's height."""
    gone = [status.was[0] for status in sheet.statuses.values() if status.word == "removed"]
    if not gone or sheet.before is None:
        return (), 0.0
    shapes: list[Shape] = [Text(MARGIN, y + 14, say("removed-steps", sheet.language), ZH)]
    x, top, tall, room = MARGIN, y + 24, 34.0, width - MARGIN
    for key in gone:
        step = sheet.before[key]
        name = " ".join(lines(step.name, sheet.language))
        label = f"－ {key} {name} · {days_text(step.duration, sheet.language)}"
        text = shorten(label, room - MARGIN - 16, EN)
        wide = text_width(text, EN) + 16
        if x + wide > room and x > MARGIN:
            x, top = MARGIN, top + tall
        box = Rect(x, top, wide, tall - 8, "ghost")
        words = Text(x + 8, top + 17, text, EN, "removed")
        shapes.append(Group((box, words), key, "ghost-step", name))
        x += wide + 10
    return tuple(shapes), top + tall - y


def _wires(sheet: Sheet, routed: Routed, left: float, top: float) -> list[Shape]:
    """Return the lines, those of the critical path last, so that they lie on top."""
    critical = sheet.critical.links
    edges = {edge.ends: edge for edge in sheet.edges}
    drawn: list[tuple[bool, Shape]] = []
    for wire, points in routed.paths.items():
        edge = edges[wire.before, wire.after]
        look = "edge" + (" edge-critical" if edge.ends in critical else "")
        if edge.ends in sheet.folded.through:
            look += " through"
        elif edge.formal_at:
            look += " formal"
        elif edge.strength is Strength.PRACTICE:
            look += " practice"
        shifted = [(left + x, top + y) for x, y in points]
        tip = shifted[-1]
        line = Line((*shifted[:-1], (tip[0] - 5, tip[1])), look)
        head = arrowhead(tip, "arrow-critical" if edge.ends in critical else "arrow", 8)
        strength, reason = (
            " ".join(lines(name, sheet.language))
            for name in (STRENGTH_WORDS[edge.strength], edge.reason)
        )
        title = f"{edge.before} → {edge.after} ({strength}) {reason}".strip()
        shape = Group((line, head), f"{edge.before}->{edge.after}", "wire", title)
        drawn.append((edge.ends in critical, shape))
    return [shape for _, shape in sorted(drawn, key=lambda pair: pair[0])]
