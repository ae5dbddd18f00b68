"""Regions of cases: is a box covered by others, what is left over, what does it look like.

A cover question is a clause question: a case escapes box after box, and escapes each by at
least one axis. :class:`Cover` answers it as a satisfiability search does, with unit steps
and branches, but on bits: for every axis and set of pieces it remembers which boxes
are touched and which are spanned, so a step of the search is a handful of ``and`` and ``or``
whatever the number of rows. Two hundred rows of ten columns take milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from rules.tables.axes import Box, bits

_MOST_STEPS = 300_000


class TooLargeError(Exception):
    """The search was given up; the question is left open."""


@dataclass(slots=True)
class Cover:
    """Boxes that together may cover others.

    Attributes
    ----------
    full : Box
        Every possible case.
    boxes : list of Box
        The boxes that cover; :meth:`add` appends.
    """

    full: Box
    boxes: list[Box] = field(default_factory=list)
    _having: list[dict[int, int]] = field(init=False)
    _touched: list[dict[int, int]] = field(init=False)
    _spanned: list[dict[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        given, self.boxes = self.boxes, []
        self._having = [{1 << piece: 0 for piece in bits(mask)} for mask in self.full]
        for box in given:
            self._put(box)
        self._forget()

    def add(self, box: Box) -> None:
        """Add a box."""
        self._put(box)
        self._forget()

    def _put(self, box: Box) -> None:
        bit = 1 << len(self.boxes)
        self.boxes.append(box)
        for having, mask in zip(self._having, box, strict=True):
            for piece in bits(mask):
                having[1 << piece] |= bit

    def _forget(self) -> None:
        self._touched = [{} for _ in self.full]
        self._spanned = [{} for _ in self.full]

    def touched(self, axis: int, mask: int) -> int:
        """Return the boxes that share a piece with the mask on an axis, as bits."""
        known = self._touched[axis].get(mask)
        if known is None:
            having = self._having[axis]
            known = reduce(or_, (having[1 << p] for p in bits(mask)), 0)
            self._touched[axis][mask] = known
        return known

    def spanned(self, axis: int, mask: int) -> int:
        """Return the boxes that hold every piece of the mask on an axis, as bits."""
        known = self._spanned[axis].get(mask)
        if known is None:
            having = self._having[axis]
            known = reduce(and_, (having[1 << p] for p in bits(mask)), -1)
            self._spanned[axis][mask] = known
        return known

    def hole(self, within: Box, allowed: int = -1) -> Box | None:
        """Return a box inside ``within`` that no box touches, or None if all is covered.

        Parameters
        ----------
        within : Box
            Where to look.
        allowed : int
            Bits of the boxes that count; by default all.
        """
        allowed &= (1 << len(self.boxes)) - 1
        stack = [within]
        steps = 0
        while stack:
            box = stack.pop()
            steps += 1
            if steps > _MOST_STEPS:
                raise TooLargeError
            alive = allowed
            for axis, mask in enumerate(box):
                alive &= self.touched(axis, mask)
            if not alive:
                return box
            # how many axes of every box still offer a way out: none, one, two, more
            once = twice = thrice = 0
            ways: list[int] = []
            for axis, mask in enumerate(box):
                way = alive & ~self.spanned(axis, mask)
                ways.append(way)
                thrice |= twice & way
                twice |= once & way
                once |= way
            if once != alive:
                continue  # a box with no way out spans all that is left here
            single = once & ~twice
            if single:
                if narrowed := self._forced(box, ways, single):
                    stack.append(narrowed)
                continue
            hard = (twice & ~thrice) or alive
            axis = max(range(len(box)), key=lambda a: (ways[a] & hard).bit_count())
            chosen = ways[axis] & hard
            pieces = self.boxes[(chosen & -chosen).bit_length() - 1][axis]
            inside, outside = box[axis] & pieces, box[axis] & ~pieces
            stack.append((*box[:axis], inside, *box[axis + 1 :]))
            stack.append((*box[:axis], outside, *box[axis + 1 :]))
        return None

    def _forced(self, box: Box, ways: Sequence[int], single: int) -> Box | None:
        """Leave every box that has one way out by that way; None if nothing is left."""
        narrowed = list(box)
        for axis, way in enumerate(ways):
            for number in bits(way & single):
                narrowed[axis] &= ~self.boxes[number][axis]
            if not narrowed[axis]:
                return None
        return tuple(narrowed)

    def grow(self, hole: Box, allowed: int = -1) -> Box:
        """Return the hole made as large as it can be, axis after axis, still untouched."""
        allowed &= (1 << len(self.boxes)) - 1
        box = list(hole)
        for axis in range(len(box)):
            others = allowed
            for other, mask in enumerate(box):
                if other != axis:
                    others &= self.touched(other, mask)
            taken = 0
            for number in bits(others):
                taken |= self.boxes[number][axis]
            box[axis] = self.full[axis] & ~taken
        return tuple(box)


def holes(cover: Cover, most: int = 100) -> tuple[list[Box], bool]:
    """Return maximal boxes that together are all that a cover leaves open.

    Parameters
    ----------
    cover : Cover
        The boxes that cover.
    most : int
        Stop after so many.

    Returns
    -------
    tuple of list of Box and bool
        The boxes (they may overlap each other), and whether they are all.
    """
    found: list[Box] = []
    rest = Cover(cover.full, list(cover.boxes))
    while (hole := rest.hole(rest.full)) is not None:
        if len(found) >= most:
            return found, False
        found.append(cover.grow(hole))
        rest.add(found[-1])
    return found, True


def maximal(boxes: Sequence[Box], full: Box) -> list[Box]:
    """Return the union of boxes as few boxes that cannot be made larger.

    Every box returned lies wholly in the union, together they are the union, and none could
    take one more piece on any axis.
    """
    union = Cover(full, list(boxes))
    found: list[Box] = []
    done = Cover(full)
    for seed in boxes:
        while (start := done.hole(seed)) is not None:
            found.append(_widened(start, union))
            done.add(found[-1])
    return _without_covered(found, full)


def _widened(start: Box, union: Cover) -> Box:
    box = list(start)
    for axis, whole in enumerate(union.full):
        alike: dict[int, int] = {}  # pieces that the same boxes hold: one answer for all of them
        for piece in bits(whole & ~box[axis]):
            holders = union.touched(axis, 1 << piece)
            alike[holders] = alike.get(holders, 0) | 1 << piece
        for holders, pieces in alike.items():
            slab = (*box[:axis], pieces, *box[axis + 1 :])
            if holders and union.hole(slab) is None:
                box[axis] |= pieces
    return tuple(box)


def _without_covered(boxes: list[Box], full: Box) -> list[Box]:
    """Leave out boxes that the others cover, the later ones first."""
    kept = list(boxes)
    for box in reversed(boxes):
        others = [other for other in kept if other is not box]
        if others and Cover(full, others).hole(box) is None:
            kept = others
    return kept


def cells(box: Box) -> Iterator[tuple[int, ...]]:
    """Return the elementary cells of a box, one piece an axis."""
    if not box:
        yield ()
        return
    for piece in bits(box[0]):
        for rest in cells(box[1:]):
            yield (piece, *rest)
