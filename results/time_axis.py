"""The working-day axis of a timeline: where each bar and its words stand, and their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from results.cards import EN, SMALL, ZH, kind_band, office_name
from results.display import Group, Line, Rect, Shape, Strokes, Text
from results.font import shorten, text_width, wrap
from results.frame import MARGIN
from results.lexicon import WORDS, Language, days_text, kind_word, lines, number, paper_text, say
from rules import Kind, Name, Procedure, Step

STRIP, RIGHT = 168.0, 96.0
"""Width of the strip with the departments' names, and of the room right of the longest field."""

_BAR, _TIGHT_BAR = 17.0, 15.0
_PITCH, _TIGHT_PITCH = 21.0, 17.0
_HEAD = 34.0
_ROWS = 3
"""Rows of a department's lane that are filled without a thought for later bars."""
_TICKS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step on the axis, with its start and end in working days, if any are known."""

    step: Step
    start: Fraction
    end: Fraction
    critical: bool
    known: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One procedure's bars.

    Attributes
    ----------
    label : Name
        What the field is called, such as "before".
    procedure : Procedure
        Whose steps are shown.
    bars : tuple of Bar
        In handling order.
    days : Fraction
        Length of the procedure in working days.
    """

    label: Name
    procedure: Procedure
    bars: tuple[Bar, ...]
    days: Fraction

    @property
    def departments(self) -> tuple[str, ...]:
        """Departments in order of first use."""
        return tuple(dict.fromkeys(bar.step.department for bar in self.bars))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a bar stands: its row inside the department's lane, its words and where they start."""

    row: int
    text: str
    text_x: float


def tick_step(days: Fraction, most: int = 16) -> int:
    """Return the working days between two ticks of the axis.

    Examples
    --------
    >>> tick_step(Fraction(236)), tick_step(Fraction(12))
    (20, 1)
    """
    return next((tick for tick in _TICKS if days / tick <= most), _TICKS[-1])


@dataclass(frozen=True, slots=True)
class Axis:
    """The common axis: pixels per working day and where day 0 stands.

    ``tight`` rows are for fields that would else be too tall for a landscape sheet.
    """

    longest: Fraction
    scale: float
    language: Language
    offices: Mapping[str, Name]
    wide: float
    promise: Fraction | None = None
    tight: bool = False

    @property
    def pitch(self) -> float:
        """From one row of bars to the next."""
        return _TIGHT_PITCH if self.tight else _PITCH

    @property
    def thick(self) -> float:
        """Height of a bar."""
        return _TIGHT_BAR if self.tight else _BAR

    def x(self, days: Fraction | int) -> float:
        """Return where a working day stands."""
        return MARGIN + STRIP + float(days) * self.scale

    def field(self, field: Field, y: float, first: Field | None) -> tuple[list[Shape], float]:
        """Return one procedure's field with its axis below, and its height."""
        top = y + _HEAD
        shapes: list[Shape] = []
        bars: list[Shape] = []
        bottom = top
        for index, department in enumerate(field.departments):
            spots = self.spots(field, department)
            rows = 1 + max(spot.row for spot in spots.values())
            name = self._name_lines(department)
            air = 2 if self.tight else 6
            tall = max(rows * self.pitch, sum(size * 1.25 for _, size in name) + air)
            shapes.append(self._lane(department, index, bottom, tall))
            upper = bottom + (tall - rows * self.pitch) / 2
            for bar in field.bars:
                if bar.step.department == department:
                    spot = spots[bar.step.key]
                    bars.append(self._bar(bar, upper + self.pitch * spot.row, spot))
            bottom += tall
        shapes += self._grid(top, bottom)
        shapes += self._finish(field, top, bottom, first)
        return [*self._head(field, y, first), *shapes, *bars], bottom + 20 - y

    def spots(self, field: Field, department: str) -> dict[str, Spot]:
        """Return where each bar of a department stands, so that neither bars nor words overlap.

        A name stands inside its bar if it fits, else right of it, else left of it. If the row
        has no room the bar moves to another row of the lane; a name that the line at the
        procedure's end would cross in every row stands right behind that line. A name is cut
        only where it is wider than the whole field. From :data:`_ROWS` rows on, words keep
        clear of later bars.
        """
        marks = [self.x(field.days)] if field.procedure.days_known else []
        if self.promise is not None:
            marks.append(self.x(self.promise))
        lines_drawn = [(x - 2, x + 2) for x in marks]
        bars = sorted(
            (bar for bar in field.bars if bar.step.department == department),
            key=lambda bar: (bar.start, bar.end),
        )
        rows: list[list[tuple[float, float]]] = []
        found: dict[str, Spot] = {}
        for place, bar in enumerate(bars):
            ahead = [(self.x(b.start) - 3, self.x(b.start) + 3) for b in bars[place + 1 :]]
            span = self._span(bar)
            fits = [r for r, taken in enumerate(rows) if _clear(span, taken)]
            tries = [*fits, len(rows)]
            choice: tuple[int, str, float] | None = None
            for row in tries:
                taken = [*(rows[row] if row < len(rows) else []), *lines_drawn]
                later = ahead if len(rows) >= _ROWS else []
                if label := self._label(bar, span, taken, later):
                    choice = (row, *label)
                    break
            if choice is None and (label := self._behind(bar, span, marks)):
                choice = (len(rows), *label)
            if choice is None:
                choice = (tries[0], *self._cut_label(bar))
            row, text, text_x = choice
            if row == len(rows):
                rows.append([])
            rows[row].append(span)
            if text and not span[0] <= text_x <= span[1]:
                rows[row].append((text_x - 4, text_x + text_width(text, EN) + 4))
            found[bar.step.key] = Spot(row, text, text_x)
        return found

    def _span(self, bar: Bar) -> tuple[float, float]:
        low, high = self.x(bar.start), self.x(bar.end)
        return low, max(high, low + 2)

    def _label(
        self,
        bar: Bar,
        span: tuple[float, float],
        taken: list[tuple[float, float]],
        ahead: list[tuple[float, float]],
    ) -> tuple[str, float] | None:
        """Return the words and their start where the row is free, or nothing."""
        inner = span[0] + _band_room(bar) + self._days_room(bar)
        names = lines(bar.step.name, self.language)
        for text in dict.fromkeys((" ".join(names), names[0])):
            wide = text_width(text, EN)
            if inner + wide + 6 <= span[1]:
                return text, inner
            for low in (span[1] + 5, span[0] - 5 - wide, span[0] - 8 - wide):
                inside = low >= self.x(0) + 2 and low + wide <= self.wide - MARGIN - 2
                if inside and _clear((low - 4, low + wide + 4), [*taken, *ahead]):
                    return text, low
        return None

    def _behind(
        self, bar: Bar, span: tuple[float, float], marks: list[float]
    ) -> tuple[str, float] | None:
        """Return the words right behind the lines that would cross them beside the bar."""
        names = lines(bar.step.name, self.language)
        for text in dict.fromkeys((" ".join(names), names[0])):
            low = span[1] + 5
            for mark in sorted(marks):
                if low - 6 < mark < low + text_width(text, EN) + 4:
                    low = mark + 7
            if low + text_width(text, EN) <= self.wide - MARGIN - 2:
                return text, low
        return None

    def _cut_label(self, bar: Bar) -> tuple[str, float]:
        low, high = self._span(bar)
        inner = low + _band_room(bar) + self._days_room(bar)
        name = lines(bar.step.name, self.language)[0]
        room, start = max((high - inner - 6, inner), (self.wide - MARGIN - 2 - high - 5, high + 5))
        return (shorten(name, room, EN) if room > 3 * EN else ""), start

    def _days_room(self, bar: Bar) -> float:
        return text_width(number(bar.end - bar.start), EN) + 8

    def _name_lines(self, department: str) -> list[tuple[str, float]]:
        name = office_name(department, self.offices, self.language)
        name = name or " ".join(lines(WORDS["wait-row"], self.language))
        size = EN if text_width(name, EN) <= STRIP - 14 else SMALL
        return [(line, size) for line in wrap(name, STRIP - 14, size)]

    def _head(self, field: Field, y: float, first: Field | None) -> list[Shape]:
        """Return the field's title bar, with what it saves against the first field."""
        label = " ".join(lines(field.label, self.language))
        told = (
            f"{field.procedure.n_steps} {say('steps', self.language)} · "
            f"{paper_text(field.procedure, self.language)}"
        )
        width = self.wide - 2 * MARGIN
        if text_width(label, 17) > 0.55 * width:
            label = lines(field.label, self.language)[0]
        label = shorten(label, 0.55 * width, 17)
        x = MARGIN + 10 + text_width(label, 17) + 18
        told = shorten(told, width / 3, ZH)
        shapes: list[Shape] = [
            Rect(MARGIN, y, width, _HEAD, "stage"),
            Text(MARGIN + 10, y + 23, label, 17, "ink"),
            Text(x, y + 23, told, ZH, "ink"),
        ]
        known = field.procedure.days_known and first is not None and first.procedure.days_known
        if first is None or not known or field.days == first.days:
            return shapes
        less = first.days - field.days
        share = f"{'－' if less > 0 else '＋'}{abs(float(less / first.days)) * 100:.0f} %"
        word, look = ("saved", "saved") if less > 0 else ("longer", "finish")
        words = say(word, self.language, days=number(abs(less)), share=share)
        free = x + text_width(told, ZH) + 16
        low = max(free, self.x(min(field.days, first.days)))
        high = self.x(max(field.days, first.days))
        wide = text_width(words, 17)
        if high - low < wide + 60:
            low, high = free, max(high, free + wide + 60)
        ink = "saved-ink" if less > 0 else "critical-ink"
        middle, level = (low + high) / 2, y + 17
        if high <= self.wide - MARGIN:
            runs = ((low, middle - wide / 2 - 8), (middle + wide / 2 + 8, high))
            ticks = tuple(((end, level - 6), (end, level + 6)) for end in (low, high))
            shapes += [Line(((a, level), (b, level)), look) for a, b in runs]
            shapes.append(Strokes(ticks, look))
            shapes.append(Text(middle, y + 23, words, 17, ink, "middle"))
        return shapes

    def _lane(self, department: str, index: int, y: float, tall: float) -> Group:
        name = self._name_lines(department)
        baseline = y + (tall - sum(size * 1.25 for _, size in name)) / 2
        written: list[Shape] = []
        for text, size in name:
            baseline += size * 1.25
            written.append(Text(MARGIN + 8, baseline - size * 0.25, text, size, "ink"))
        look = "lane-odd" if index % 2 else "lane-even"
        width = self.wide - 2 * MARGIN - STRIP
        field = Rect(MARGIN + STRIP, y, width, tall, look)
        strip = Rect(MARGIN, y, STRIP, tall, "lane-label")
        return Group((field, strip, *written), department, "lane")

    def _grid(self, top: float, bottom: float) -> list[Shape]:
        step = tick_step(self.longest)
        shapes: list[Shape] = []
        marks = []
        for day in range(0, int(self.longest) + 1, step):
            x = self.x(day)
            shapes.append(Line(((x, top), (x, bottom)), "grid"))
            marks.append(((x, bottom), (x, bottom + 4)))
            shapes.append(Text(x, bottom + 16, str(day), SMALL, "dim", "middle"))
        ends = ((self.x(0), bottom), (self.wide - MARGIN, bottom))
        words = say("axis", self.language)
        left = Text(MARGIN + 8, bottom + 16, words, SMALL, "dim")
        return [*shapes, Line(ends, "axis"), Strokes(tuple(marks), "axis"), left]

    def _bar(self, bar: Bar, y: float, spot: Spot) -> Group:
        step = bar.step
        x, wide = self.x(bar.start), max(float(bar.end - bar.start) * self.scale, 2.0)
        top = y + (self.pitch - self.thick) / 2
        look = f"box {step.kind.value}" + (" critical" if bar.critical else "")
        inset = 1.2 if wide > 4 else 0.0
        shapes: list[Shape] = [Rect(x + inset, top, wide - 2 * inset, self.thick, look)]
        band = kind_band(step.kind, x + inset, top, self.thick)
        if band and _band_room(bar) > 4 and wide > 14:
            shapes.append(band)
        if bar.critical and wide > 12:
            right = x + wide - inset
            shapes.append(
                Line(((right - 6, top), (right, top), (right, top + 6)), "corner", closed=True)
            )
        base = top + self.thick / 2 + 4.5
        days = number(bar.end - bar.start)
        days_x = x + _band_room(bar)
        if days_x + text_width(days, EN) + 2 <= x + wide:
            shapes.append(Text(days_x, base, days, EN, "ink"))
        elif text_width(days, SMALL) + 3 <= wide:
            shapes.append(Text(x + wide / 2, base, days, SMALL, "ink", "middle"))
        if spot.text:
            shapes.append(Text(spot.text_x, base, spot.text, EN, "ink"))
        return Group(tuple(shapes), step.key, "bar", self._title(bar))

    def _title(self, bar: Bar) -> str:
        step = bar.step
        told = [
            f"{step.key} {' / '.join(lines(step.name, self.language))}",
            f"{kind_word(step.kind, self.language)}, {self._when(bar)}",
            " · ".join(office_name(key, self.offices, self.language) for key in step.departments),
        ]
        if bar.critical:
            told.append(say("critical-bar", self.language))
        return "\n".join(text for text in told if text)

    def _when(self, bar: Bar) -> str:
        if not bar.known:
            return say("days-unknown", self.language)
        days = days_text(bar.step.duration, self.language)
        return f"{days}: {number(bar.start)} - {number(bar.end)}"

    def _finish(self, field: Field, top: float, bottom: float, first: Field | None) -> list[Shape]:
        """Return the finish line of the field, and faintly that of the first."""
        x, known = self.x(field.days), field.procedure.days_known
        shapes: list[Shape] = [Line(((x, top), (x, bottom + 5)), "finish")] if known else []
        if self.promise is not None and self.promise <= self.longest:
            at = self.x(self.promise)
            shapes.append(Line(((at, top), (at, bottom + 5)), "promise"))
        if known and first is not None and first.days != field.days:
            other = self.x(first.days)
            shapes.insert(0, Line(((other, top), (other, bottom)), "stage-field"))
        return shapes


def _clear(span: tuple[float, float], taken: list[tuple[float, float]]) -> bool:
    """Return whether a stretch of a row overlaps none of those taken."""
    return all(span[1] <= low or span[0] >= high for low, high in taken)


def _band_room(bar: Bar) -> float:
    """Return how far into a bar its text starts: after the hatching, if it has one."""
    plain = bar.step.kind in (Kind.APPROVAL, Kind.WAIT)
    return 5.0 if plain else 12.0
