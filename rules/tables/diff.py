"""What an edit of a table changes: the regions whose conclusion differs, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rules.tables.axes import Box, bits
from rules.tables.columns import Fact
from rules.tables.outcome import Conclusion, Outcome
from rules.tables.plane import Plane, in_words, meaning, plane_of
from rules.tables.regions import Cover, TooLargeError, maximal
from rules.tables.table import DecisionTable, HitPolicy

_MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class ChangedRegion:
    """A box of cases whose conclusion an edit changes in one way.

    Attributes
    ----------
    box : Box
        The cases, on the axes of the comparison.
    old, new : Conclusion
        What they got and get.
    witness : dict
        Facts of one such case.
    en, zh : str
        The change in a sentence.
    projects : int
        How many projects of the mix lie in it; 0 without a mix.
    """

    box: Box
    old: Conclusion
    new: Conclusion
    witness: Mapping[str, Fact]
    en: str
    zh: str
    projects: int = 0

    def in_language(self, language: str) -> str:
        """Return the sentence in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class TableDiff:
    """Everything that an edit changes in what a table concludes.

    Attributes
    ----------
    plane : Plane
        The common axes.
    regions : tuple of ChangedRegion
        Maximal boxes; those of one change may overlap.
    affected, projects : int
        How many projects of the mix get another conclusion, of how many.
    """

    plane: Plane
    regions: tuple[ChangedRegion, ...]
    affected: int = 0
    projects: int = 0


@dataclass(slots=True)
class Side:
    """A table in a comparison: its boxes, each with its row.

    Attributes
    ----------
    keys : list
        For every box something that equals that of the other side's box if both have the
        same pieces and the same conclusion.
    """

    table: DecisionTable
    cover: Cover
    owner: list[int]
    keys: list[object] = field(default_factory=list)

    @classmethod
    def of(cls, table: DecisionTable, rows: Iterable[Iterable[Box]], full: Box) -> Side:
        """Return the side of a table whose rows have these boxes."""
        pairs = [(n, box) for n, boxes in enumerate(rows) for box in boxes]
        keys: list[object] = [(box, table.rows[n].outputs) for n, box in pairs]
        return cls(table, Cover(full, [box for _, box in pairs]), [n for n, _ in pairs], keys)

    def alive(self, box: Box) -> tuple[int, int]:
        """Return which boxes touch a box, and which of them hold all of it."""
        touching = spanning = (1 << len(self.owner)) - 1
        for axis, mask in enumerate(box):
            touching &= self.cover.touched(axis, mask)
            spanning &= self.cover.spanned(axis, mask)
        if self.table.hit_policy is HitPolicy.FIRST and (sure := touching & spanning):
            touching &= ((sure & -sure) << 1) - 1  # rows after a certain hit cannot matter
        return touching, spanning & touching

    def constant(self, touching: int, spanning: int) -> Outcome | None:
        """Return the one outcome of all cases, or None if some row splits them."""
        if self.table.hit_policy is HitPolicy.FIRST and touching:
            if not touching & -touching & spanning:
                return None
        elif touching != spanning:
            return None
        hits = 0
        for number in bits(touching):
            hits |= 1 << self.owner[number]
        return self.table.engine.outcome(hits, loud=False)


def diff_tables(
    old: DecisionTable,
    new: DecisionTable,
    projects: Iterable[Mapping[str, object]] = (),
) -> TableDiff:
    """Return what changes in what a table concludes, exactly.

    Parameters
    ----------
    old, new : DecisionTable
        Two states of a table. An input that one of them lacks does not matter to it; a value
        that one of them does not know meets only its ``-`` and ``not(...)`` cells.
    projects : iterable of mapping
        Facts of a mix of projects, to be counted.

    Raises
    ------
    TooLargeError
        If the edit changes more than can be listed.
    """
    plane = plane_of(old, new)
    sides = [Side.of(t, rows, plane.full) for t, rows in zip((old, new), plane.rows, strict=True)]
    changes: dict[tuple[object, ...], list[Box]] = {}
    outcomes: dict[tuple[object, ...], tuple[Outcome, Outcome]] = {}
    for box, before, after in differences(sides[0], sides[1], plane.full):
        key: tuple[object, ...] = (
            meaning(old, before),
            before.broken != "",
            meaning(new, after),
            after.broken != "",
        )
        changes.setdefault(key, []).append(box)
        outcomes[key] = before, after
    mix = list(projects)
    regions: list[ChangedRegion] = []
    for key, boxes in changes.items():
        before, after = outcomes[key]
        regions += [
            _region(plane, box, (old, before), (new, after), mix)
            for box in maximal(boxes, plane.full)
        ]
    affected = sum(any(plane.holds(r.box, facts) for r in regions) for facts in mix)
    return TableDiff(plane, tuple(sorted(regions, key=lambda r: r.en)), affected, len(mix))


def differences(a: Side, b: Side, within: Box) -> Iterator[tuple[Box, Outcome, Outcome]]:
    """Return disjoint boxes in which two tables conclude differently, with both outcomes."""
    ids: dict[object, int] = {}
    numbered = [[ids.setdefault(key, len(ids)) for key in side.keys] for side in (a, b)]
    alike = (
        a.table.hit_policy is b.table.hit_policy
        and a.table.complete == b.table.complete
        and a.table.outputs == b.table.outputs
    )
    stack = [within]
    steps = 0
    while stack:
        box = stack.pop()
        steps += 1
        if steps > _MOST_STEPS:
            raise TooLargeError
        touch_a, span_a = a.alive(box)
        touch_b, span_b = b.alive(box)
        if alike and [numbered[0][n] for n in bits(touch_a)] == [
            numbered[1][n] for n in bits(touch_b)
        ]:
            continue
        before, after = a.constant(touch_a, span_a), b.constant(touch_b, span_b)
        if before is not None and after is not None:
            same = meaning(a.table, before) == meaning(b.table, after)
            if not same or bool(before.broken) != bool(after.broken):
                yield box, before, after
            continue
        axis, pieces = _split(box, (a, touch_a & ~span_a), (b, touch_b & ~span_b), numbered)
        halves = box[axis] & pieces, box[axis] & ~pieces
        stack.extend((*box[:axis], half, *box[axis + 1 :]) for half in halves)


def _split(
    box: Box, a: tuple[Side, int], b: tuple[Side, int], numbered: list[list[int]]
) -> tuple[int, int]:
    """Return an axis and pieces that set a row apart: an edited one if there is one."""
    own = [
        {numbered[n][k]: (side, k) for k in bits(open_)} for n, (side, open_) in enumerate((a, b))
    ]
    edited = [where for n in (0, 1) for key, where in own[n].items() if key not in own[1 - n]]
    either = edited or [*own[0].values(), *own[1].values()]
    side, number = min(either, key=lambda where: where[1])
    row = side.cover.boxes[number]
    axis = next(n for n, mask in enumerate(box) if mask & ~row[n])
    return axis, row[axis]


def _region(
    plane: Plane,
    box: Box,
    old: tuple[DecisionTable, Outcome],
    new: tuple[DecisionTable, Outcome],
    mix: list[Mapping[str, object]],
) -> ChangedRegion:
    sentences: dict[str, str] = {}
    for language, arrow in (("en", " -> "), ("zh", " → ")):
        both = [in_words(t, meaning(t, o), o.broken, language) for t, o in (old, new)]
        colon = ":" if language == "zh" else ": "
        sentences[language] = plane.describe(box, language) + colon + arrow.join(both)
    return ChangedRegion(
        box,
        meaning(*old),
        meaning(*new),
        plane.example(box),
        sentences["en"],
        sentences["zh"],
        sum(plane.holds(box, facts) for facts in mix),
    )
