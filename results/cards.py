"""The box of one step: what stands in it, how high it must be, and its shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from results.display import Group, Line, Point, Rect, Shape, Strokes, Text
from results.font import shorten, text_width, wrap
from results.lexicon import Language, days_text, kind_word, lines, number, origin, say
from results.step_status import Status
from rules import Kind, Name, Step

ZH, EN, SMALL = 13.0, 11.5, 11.0
"""Font sizes in pixels; :data:`SMALL` is the smallest on any picture."""

_BAND = 8.0
_LEFT, _RIGHT = _BAND + 5.0, 5.0
_HEADER = 16.0
_CORNER = 10.0
_CHIP = 5.5
_NAME_LINES = 16
"""Most lines of a name; of more lines of those who take part only the number is told."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """How much air a box has.

    Attributes
    ----------
    top, bottom, header : float
        Above the first line, below the last, and for the line with key and days.
    leading : float
        From line to line, in font sizes.
    joined : bool
        Whether names in two languages and links run on instead of taking lines of their own.
    """

    top: float
    bottom: float
    header: float
    leading: float
    joined: bool


ROOMY = Spacing(4.0, 5.0, 16.0, 1.24, False)
TIGHT = Spacing(2.0, 3.0, 14.5, 1.16, True)
"""For flows that would else be too tall for a landscape sheet."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a picture says about a step beyond the step itself.

    Attributes
    ----------
    critical : bool
        Whether it lies on the critical path.
    status : Status or None
        What became of it, where an earlier procedure is given.
    links : str
        Steps drawn in another row that it follows or precedes.
    header : tuple of str
        Department in each language, where no lane says it.
    timeless : bool
        Whether no step of the flow says how long it takes: then no days are shown.
    run : bool
        Whether the box stands for several steps in a row.
    """

    critical: bool = False
    status: Status | None = None
    links: str = ""
    header: tuple[str, ...] = ()
    timeless: bool = False
    run: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A step's box, laid out for a width but not yet placed."""

    step: Step
    language: Language
    marks: Marks
    offices: Mapping[str, Name]
    width: float
    written: tuple[tuple[str, float, str], ...]
    height: float
    air: Spacing = ROOMY

    @property
    def header(self) -> tuple[str, ...]:
        """The department's name as lines: both languages if they fit on one, else the first."""
        names = self.marks.header
        if not names:
            return ()
        together = " ".join(names)
        if text_width(together, EN) <= self.width - 10:
            return (together,)
        return wrap(names[0], self.width - 10, EN, 3)

    @property
    def _has_chip(self) -> bool:
        return any(look == "chip-ink" for _, _, look in self.written)

    def at(self, x: float, y: float, height: float = 0.0) -> Group:
        """Return the shapes of the box with its upper left corner at a point."""
        height = max(height, self.height)
        look = f"box {self.step.kind.value}" + (" critical" if self.marks.critical else "")
        shapes: list[Shape] = []
        if head := self.header:
            tall = header_height(len(head))
            shapes.append(Rect(x, y - tall, self.width, tall, "lane-label"))
            for line, text in enumerate(head):
                base = y - 6 - (len(head) - 1 - line) * EN * 1.2
                shapes.append(Text(x + 5, base, text, EN, "ink"))
        corner_radius = 9.0 if self.step.kind is Kind.WAIT else 2.0
        shapes.append(Rect(x, y, self.width, height, look, corner_radius))
        if hatch := kind_band(self.step.kind, x, y, height):
            shapes.append(hatch)
        if self.marks.run:
            shapes.append(Strokes(inner_edge(x + self.width, y, y + height), "hatch"))
        if self.marks.critical:
            right = x + self.width
            points = ((right - _CORNER, y), (right, y), (right, y + _CORNER))
            shapes.append(Line(points, "corner", closed=True))
        baseline = y + self.air.top
        shapes += self._top_line(x, baseline)
        baseline += self.air.header
        linked = False
        chip = [size for _, size, look in self.written if look == "chip-ink"]
        for text, size, look in self.written:
            if look == "chip-ink" and chip:
                tall = sum(chip) * self.air.leading + 2
                frame = (x + _LEFT - 3, baseline + 2, self.width - _LEFT, tall)
                shapes.append(Rect(*frame, "chip", 3))
                chip = []
            elif look == "link" and self._has_chip and not linked:
                baseline, linked = baseline + _CHIP, True
            baseline += size * self.air.leading
            drop = 2.5 if look == "chip-ink" else 0.0
            shapes.append(Text(x + _LEFT, baseline - size * 0.24 + drop, text, size, look))
        return Group(tuple(shapes), self.step.key, "step", self.title())

    def _top_line(self, x: float, y: float) -> list[Shape]:
        """Return key, status sign and days; the days come first when room is short."""
        right = x + self.width - (_CORNER + 2 if self.marks.critical else _RIGHT)
        right -= 3 if self.marks.run else 0
        room = right - x - _LEFT
        sign = self.marks.status.sign if self.marks.status else ""
        signed = text_width(sign, EN) + 6 if sign else 0.0
        beside = text_width(self.step.key, SMALL) + 5 + signed
        days = "" if self.marks.timeless else _days(self.step, self.language, room - beside)
        days = shorten(days, room, EN)
        base = y + EN
        shapes: list[Shape] = [Text(right, base, days, EN, "ink", "end")] if days else []
        room -= text_width(days, EN) + 5
        key = shorten(self.step.key, room, SMALL)  # a key is never cut for a sign
        if key:
            shapes.append(Text(x + _LEFT, base, key, SMALL, "dim"))
            room -= text_width(key, SMALL) + 5
        if self.marks.status and sign and signed <= room + 6:
            left = x + _LEFT + (text_width(key, SMALL) + 5 if key else 0)
            shapes.append(Text(left, base, sign, EN, self.marks.status.word))
        if self.air.joined and _links_fit(self.step, self.marks, self.language, self.width):
            left = x + _LEFT + beside
            shapes.append(Text(left, base, self.marks.links, SMALL, "link"))
        return shapes

    def title(self) -> str:
        """Return everything about the step in words, for a tooltip."""
        step, told = self.step, []
        told.append(f"{step.key} {' / '.join(lines(step.name, self.language))}")
        days = days_text(step.duration, self.language)
        if self.marks.timeless:
            days = say("days-unknown", self.language)
        told.append(f"{kind_word(step.kind, self.language)}, {days}")
        told += [
            " · ".join(office_name(key, self.offices, self.language) for key in step.departments)
        ]
        if step.members:
            told.append(say("joins", self.language) + " " + ", ".join(p.key for p in step.origin))
        if self.marks.status:
            told.append(self.marks.status.sentence(self.language))
        if self.marks.critical:
            told.append(say("critical", self.language))
        if step.basis.citation:
            told += lines(step.basis.cited, self.language)
        if step.provenance:
            told += lines(origin(step.provenance), self.language)
        return "\n".join(text for text in told if text)


def card(
    step: Step,
    width: float,
    language: Language,
    *,
    offices: Mapping[str, Name],
    marks: Marks,
    air: Spacing = ROOMY,
) -> Card:
    """Return the box of a step, as high as its text needs."""
    room = width - _LEFT - _RIGHT
    written: list[tuple[str, float, str]] = []
    names = lines(step.name, language)
    if air.joined:
        names = (" ".join(names),)
    for index, name in enumerate(names):
        chinese = text_width(name, 1) > 0.8 * len(name)
        size = ZH if chinese and not (air.joined and language == "both") else EN
        look = "ink" if index == 0 else "dim"
        written += [(line, size, look) for line in wrap(name, room, size, _NAME_LINES)]
    if step.limit and step.limit.floor:
        limit = f"{say('by-law', language)} ≥ {days_text(step.limit.duration, language)}"
        written += [(line, SMALL, "dim") for line in wrap(limit, room, SMALL, 2)]
    joint = len(step.origin) > 1
    others = [office_name(key, offices, language) for key in step.departments[1:] if joint]
    if others:
        who = f"{say('participants', language)} {(', ' if language == 'en' else '、').join(others)}"
        told = wrap(who, room, SMALL)
        if len(told) > _NAME_LINES:
            told = wrap(say("many-offices", language, n=len(others)), room, SMALL)
        written += [(line, SMALL, "chip-ink") for line in told]
    if marks.links and not (air.joined and _links_fit(step, marks, language, width)):
        written += [(line, SMALL, "link") for line in wrap(marks.links, room, SMALL, 9)]
    height = air.top + air.header + air.bottom
    height += sum(size * air.leading for _, size, _ in written)
    if others:
        height += _CHIP
    return Card(step, language, marks, offices, width, tuple(written), height, air)


def office_name(key: str, offices: Mapping[str, Name], language: Language) -> str:
    """Return what an office is called; its key if nobody named it."""
    return " ".join(lines(offices[key], language)) if key in offices else key


def _links_fit(step: Step, marks: Marks, language: Language, width: float) -> bool:
    """Whether what a step is linked to fits between its key and its days, written in full."""
    if not marks.links:
        return False
    sign = marks.status.sign if marks.status else ""
    days = "" if marks.timeless else days_text(step.duration, language)
    parts = [(step.key, SMALL), (sign, EN), (marks.links, SMALL), (days, EN)]
    used = sum(text_width(text, size) + 6 for text, size in parts if text)
    edge = _CORNER + 2 if marks.critical else _RIGHT
    return used <= width - _LEFT - edge - (3 if marks.run else 0)


def _days(step: Step, language: Language, room: float) -> str:
    full = days_text(step.duration, language)
    return full if text_width(full, EN) <= room else number(step.days)


def kind_band(kind: Kind, x: float, y: float, height: float) -> Strokes | None:
    """Return the hatching at the left side of a box that tells its kind without colour."""
    segments: list[tuple[Point, Point]] = []
    inner = _BAND - 2
    left, top, bottom = x + 1, y + 2, y + height - 2
    if kind in (Kind.NOTICE, Kind.MEETING):
        rows = _steps(top + 2, bottom, 4)
        segments += [((left, row), (left + inner, row)) for row in rows]
    if kind in (Kind.INTERMEDIARY, Kind.CONVERSION):
        rows = _steps(top, bottom - inner, 5)
        segments += [((left, row + inner), (left + inner, row)) for row in rows]
    if kind is Kind.CONVERSION:
        rows = _steps(top, bottom - inner, 5)
        segments += [((left, row), (left + inner, row + inner)) for row in rows]
    if kind in (Kind.JOINT, Kind.MEETING):
        segments += [((left + at, top), (left + at, bottom)) for at in (1.5, 4.5)]
    if kind is Kind.FILING:
        segments.append(((left + 3, top), (left + 3, bottom)))
    if kind is Kind.SURVEY:
        rows = _steps(top + 2, bottom, 6)
        segments += [((left + 2, row), (left + 4, row)) for row in rows]
    return Strokes(tuple(segments), "hatch") if segments else None


def header_height(lines: int) -> float:
    """Return how high the strip with the department's name is."""
    return _HEADER + 3 + max(0, lines - 1) * EN * 1.2


def inner_edge(right: float, top: float, bottom: float) -> tuple[tuple[Point, Point], ...]:
    """Return a second line inside a box's right side: it stands for several steps."""
    return (((right - 4, top + 2), (right - 4, bottom - 2)),)


def _steps(first: float, last: float, step: float) -> list[float]:
    return [first + step * index for index in range(max(0, int((last - first) // step) + 1))]
