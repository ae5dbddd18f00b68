"""Checks of a table: gaps, overlaps, and rows or columns that do nothing (C2, C3, C4).

Every finding has a witness, a case that shows it, and a sentence in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rules.problems import Place
from rules.tables.axes import Box, bits
from rules.tables.columns import Fact
from rules.tables.diff import Side, differences
from rules.tables.engine import meet
from rules.tables.outcome import Conclusion
from rules.tables.plane import Plane, meaning, plane_of
from rules.tables.regions import Cover, TooLargeError, holes
from rules.tables.table import DecisionTable, HitPolicy

ADDING = (HitPolicy.SUM, HitPolicy.COUNT)
COLLECTING = (HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a table that its keeper should know.

    Attributes
    ----------
    id : str
        C2 gap, C3 overlap, C4 a row or column that does nothing.
    kind : str
        gap, overlap, harmless-overlap, masked, subsumed, duplicate, mergeable or useless-column.
    severity : str
        ``error``, ``warning`` or ``note``.
    place : Place
        File and line of the (last) row.
    rows, columns : tuple of str
        Keys of what is concerned.
    box : Box
        The cases concerned, on the plane's axes; empty where there are none.
    witness : dict
        Facts of one such case.
    en, zh : str
        The finding in a sentence.
    """

    id: str
    kind: str
    severity: str
    place: Place
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    box: Box
    witness: Mapping[str, Fact]
    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return the sentence in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en


def lint(table: DecisionTable) -> tuple[Finding, ...]:
    """Return everything that gaps, overlaps and idle rows or columns tell.

    Gaps are looked for where every case should match a row: always with ``complete``
    (then they are errors) and with hit policies of which one row decides (warnings).
    """
    plane = plane_of(table)
    check = _Check(table, plane, plane.rows[0])
    parts = (check.gaps, check.overlaps, check.idle_rows, check.mergeable, check.useless_columns)
    return tuple(finding for part in parts for finding in part())


def gaps(table: DecisionTable, most: int = 100) -> tuple[Plane, tuple[Box, ...], bool]:
    """Return the cases that no row matches, as maximal boxes.

    Returns
    -------
    tuple of Plane, tuple of Box and bool
        The axes, the boxes (they may overlap each other), and whether they are all.
    """
    plane = plane_of(table)
    found, whole = holes(Cover(plane.full, _flat(plane.rows[0])), most)
    return plane, tuple(found), whole


@dataclass(frozen=True, slots=True)
class _Check:
    table: DecisionTable
    plane: Plane
    boxes: tuple[tuple[Box, ...], ...]

    def finding(
        self, identity: str, severity: str, en: str, zh: str,
        rows: Sequence[int] = (), columns: tuple[str, ...] = (), box: Box = (),
    ) -> Finding:  # fmt: skip
        number, kind = identity.split(" ")
        line = self.table.rows[max(rows)].line if rows else 0
        return Finding(
            number, kind, severity, Place(self.table.place_name, line),
            tuple(self.table.rows[n].id for n in rows), columns, box,
            self.plane.example(box) if box else {}, en, zh,
        )  # fmt: skip

    def gaps(self) -> Iterator[Finding]:
        table = self.table
        has_default = any(output.default is not None for output in table.outputs)
        if has_default or not (table.complete or table.hit_policy.single):
            return
        try:
            found, whole = holes(Cover(self.plane.full, _flat(self.boxes)), most=20)
        except TooLargeError:
            yield self.finding(
                "C2 gap", "warning", "too large to search for gaps", "规模过大,未能查完缺口"
            )
            return
        severity = "error" if table.complete else "warning"
        for box in found:
            yield self.finding(
                "C2 gap",
                severity,
                f"no row matches: {self.plane.describe(box, 'en')}",
                f"没有一行覆盖:{self.plane.describe(box, 'zh')}",
                box=box,
            )
        if not whole:
            yield self.finding("C2 gap", severity, "and more gaps", "还有更多缺口")

    def overlaps(self) -> Iterator[Finding]:
        policy = self.table.hit_policy
        if policy not in (HitPolicy.UNIQUE, HitPolicy.ANY):
            return
        for first, second, box in self.overlapping():
            a, b = self.table.rows[first], self.table.rows[second]
            same = a.outputs == b.outputs
            where = partial(self.plane.describe, box)
            harmless = same and policy is HitPolicy.ANY
            yield self.finding(
                "C3 harmless-overlap" if harmless else "C3 overlap",
                "note" if harmless else "error",
                f"rows '{a.id}' and '{b.id}' both match and conclude "
                f"{'the same' if same else 'differently'}: {where('en')}",
                f"第{a.id}行与第{b.id}行同时符合且结论{'相同' if same else '不同'}:{where('zh')}",
                (first, second),
                box=box,
            )

    def overlapping(self) -> Iterator[tuple[int, int, Box]]:
        for second, own in enumerate(self.boxes):
            for first in range(second):
                for a in self.boxes[first]:
                    for b in own:
                        if common := meet(a, b):
                            yield first, second, common

    def idle_rows(self) -> Iterator[Finding]:
        """Find rows that never decide, or that another row says already."""
        rows, policy = self.table.rows, self.table.hit_policy
        reported: set[int] = set()
        if policy not in ADDING:
            for second, own in enumerate(self.boxes):
                for first in range(second):
                    if self.boxes[first] == own and rows[first].outputs == rows[second].outputs:
                        reported.add(second)
                        yield self.finding(
                            "C4 duplicate",
                            "warning",
                            f"row '{rows[second].id}' repeats row '{rows[first].id}'",
                            f"第{rows[second].id}行与第{rows[first].id}行重复",
                            (first, second),
                            box=own[0],
                        )
                        break
        if policy in (HitPolicy.FIRST, HitPolicy.PRIORITY):
            for number in self.masked():
                if number in reported:
                    continue
                reported.add(number)
                yield self.finding(
                    "C4 masked",
                    "error",
                    f"row '{rows[number].id}' never decides: rows before it take all its cases",
                    f"第{rows[number].id}行永不生效:排在前面的行已覆盖其全部情形",
                    (number,),
                    box=self.boxes[number][0],
                )
        yield from self.subsumed(reported)

    def masked(self) -> Iterator[int]:
        """Return the rows all of whose cases go to rows that come before them."""
        rows = self.table.rows
        order = range(len(rows))
        if self.table.hit_policy is HitPolicy.PRIORITY:
            order = sorted(order, key=lambda n: (self.table.priority(rows[n].outputs), n))  # type: ignore[assignment]  # a list
        before = Cover(self.plane.full)
        for number in order:
            if all(_covered(before, box) for box in self.boxes[number]):
                yield number
            for box in self.boxes[number]:
                before.add(box)

    def subsumed(self, reported: set[int]) -> Iterator[Finding]:
        rows, policy = self.table.rows, self.table.hit_policy
        if policy in ADDING or policy is HitPolicy.OUTPUT_ORDER:
            return
        for number, row in enumerate(rows):
            if number in reported:
                continue
            for other, wider in enumerate(rows):
                if other == number or other in reported or wider.outputs != row.outputs:
                    continue
                if policy is HitPolicy.FIRST and not self.nothing_between(number, other):
                    continue
                if all(any(_inside(b, w) for w in self.boxes[other]) for b in self.boxes[number]):
                    reported.add(number)
                    yield self.finding(
                        "C4 subsumed",
                        "warning",
                        f"row '{row.id}' says nothing that row '{wider.id}' does not say",
                        f"第{row.id}行已包含在第{wider.id}行之中",
                        (number, other),
                        box=self.boxes[number][0],
                    )
                    break

    def nothing_between(self, first: int, second: int) -> bool:
        """Whether no row between two touches either of them and concludes differently."""
        low, high = sorted((first, second))
        outputs = self.table.rows[low].outputs
        return not any(
            self.table.rows[n].outputs != outputs
            and any(meet(a, b) for a in self.boxes[n] for m in (low, high) for b in self.boxes[m])
            for n in range(low + 1, high)
        )

    def mergeable(self) -> Iterator[Finding]:
        """Find pairs of rows that one row could replace."""
        rows, policy = self.table.rows, self.table.hit_policy
        dated = self.table.engine.dated
        for second, own in enumerate(self.boxes):
            for first in range(second):
                a, b = rows[first], rows[second]
                if a.outputs != b.outputs or a.basis != b.basis:
                    continue
                if len(own) != 1 or len(self.boxes[first]) != 1:
                    continue
                pairs = zip(self.boxes[first][0], own[0], strict=True)
                differing = [axis for axis, (x, y) in enumerate(pairs) if x != y]
                if len(differing) != 1 or (dated and differing[0] == len(own[0]) - 1):
                    continue
                axis = differing[0]
                x, y = self.boxes[first][0][axis], own[0][axis]
                if x | y in (x, y) or (x & y and (policy in ADDING or policy in COLLECTING)):
                    continue
                if policy is HitPolicy.FIRST and not self.nothing_between(first, second):
                    continue
                column = self.plane.axes[axis].column
                merged = (*own[0][:axis], x | y, *own[0][axis + 1 :])
                said = [self.plane.axes[axis].describe(x | y, lang) for lang in ("en", "zh")]
                if x | y == self.plane.full[axis]:
                    said = ["-", "-"]
                yield self.finding(
                    "C4 mergeable",
                    "note",
                    f"rows '{a.id}' and '{b.id}' could be one row: {said[0]}",
                    f"第{a.id}行与第{b.id}行可合并为一行:{said[1]}",
                    (first, second),
                    (column.id,),
                    merged,
                )

    def useless_columns(self) -> Iterator[Finding]:
        """Find columns that no conclusion depends on."""
        for number, column in enumerate(self.table.inputs):
            if not self.table.rows:
                return
            idle = all(row[number].anything for row in self.table.engine.cells)
            if idle or self.without_effect(column.id):
                said = (
                    ("every cell of it is -", "全为 -")
                    if idle
                    else ("no conclusion depends on it", "结论与其无关")
                )
                yield self.finding(
                    "C4 useless-column",
                    "warning",
                    f"column {column.id} decides nothing: {said[0]}",
                    f"列“{column.named('zh')}”不起作用:{said[1]}",
                    columns=(column.id,),
                )

    def without_effect(self, column: str) -> bool:
        """Whether every piece of a column's axes leads to the same conclusions."""
        own = [n for n, axis in enumerate(self.plane.axes) if axis.column.id == column]
        if any(self.changes_a_case(axis) for axis in own):
            return False
        for axis in own:
            slices: dict[tuple[bool, ...], Side] = {}
            for piece in bits(self.plane.full[axis]):
                chosen = tuple(bool(b[axis] >> piece & 1) for row in self.boxes for b in row)
                if chosen not in slices:
                    slices[chosen] = self.slice(axis, piece)
            first, *others = slices.values()
            try:
                for other in others:
                    if next(differences(first, other, self.plane.full), None) is not None:
                        return False
            except TooLargeError:
                return False
        return True

    def changes_a_case(self, axis: int) -> bool:
        """Whether moving along an axis changes what one case of some row gets; a quick look."""
        before = Cover(self.plane.full)
        first = self.table.hit_policy is HitPolicy.FIRST
        for own in self.boxes:
            for box in own:
                try:
                    start = before.hole(box) if first else box
                except TooLargeError:
                    start = box
                if start is not None and box[axis] != self.plane.full[axis]:
                    corner = tuple(1 << next(bits(mask)) for mask in start)
                    got = {
                        self.at((*corner[:axis], 1 << piece, *corner[axis + 1 :]))
                        for piece in bits(self.plane.full[axis])
                    }
                    if len(got) > 1:
                        return True
            for box in own if first else ():
                before.add(box)
        return False

    def at(self, cell: Box) -> Conclusion:
        """Return what the case of one elementary cell gets."""
        hits = sum(
            1 << n for n, own in enumerate(self.boxes) if any(meet(box, cell) for box in own)
        )
        outcome = self.table.engine.outcome(hits, loud=False)
        return outcome.broken or meaning(self.table, outcome)

    def slice(self, axis: int, piece: int) -> Side:
        """Return the table as it is where one axis lies in one piece."""
        whole = self.plane.full[axis]
        rows = [
            [(*b[:axis], whole, *b[axis + 1 :]) for b in own if b[axis] >> piece & 1]
            for own in self.boxes
        ]
        return Side.of(self.table, rows, self.plane.full)


def _covered(cover: Cover, box: Box) -> bool:
    try:
        return cover.hole(box) is None
    except TooLargeError:
        return False


def _inside(box: Box, wider: Box) -> bool:
    return all(not mask & ~other for mask, other in zip(box, wider, strict=True))


def _flat(rows: Sequence[Sequence[Box]]) -> list[Box]:
    return [box for own in rows for box in own]
