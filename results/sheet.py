"""What a flow diagram is made from: critical path, statuses, lanes, columns and their folding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx

from results.cards import ROOMY, SMALL, TIGHT, ZH, Card, Marks, Spacing, card
from results.critical import Critical, critical_of
from results.folding import SHOWN, Folded, changes_only, with_runs_folded
from results.font import wrap
from results.frame import MARGIN, SHEET
from results.lanes import Band, Block, arrange, drawn_edges
from results.lexicon import WORDS, Language, lines, paper_text, say
from results.mixes import alone
from results.routing import Boxes, Routed, Wire, route
from results.step_status import Status, step_statuses
from rules import Edge, Kind, Name, Procedure, Stage

STRIP = 104.0
"""Width of the strip with the lanes' names."""

BLOCK = 6.0
"""How far a stage's frame reaches beyond its boxes."""

_LEAST_CARD: dict[Language, float] = {"zh": 96.0, "en": 122.0, "both": 122.0}
_MOST_CARD = 216.0
_USUAL_GUTTER = 28.0
_LONGEST_ROW = 12
_LANDSCAPE = 2**0.5
_AROUND = 300.0
"""Height of title, legend and closing panel, about."""


@dataclass(frozen=True, slots=True)
class PlacedBand:
    """One row of the folded diagram with its boxes and lines in place."""

    band: Band
    routed: Routed
    cards: dict[str, Card]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything one flow diagram is made from; use :func:`sheet_of`.

    Attributes
    ----------
    whole : Procedure
        The procedure that totals are of.
    folded : Folded
        What of it is drawn; ``procedure`` for short.
    wide : float
        Width of the sheet in pixels.
    paged : bool
        Whether each row of the folded diagram may have a sheet of its own.
    critical : Critical
        Every step and link of the longest chains.
    edges : tuple of Edge
        Prerequisites that are drawn.
    hidden : int
        Prerequisites that follow from those drawn.
    statuses : dict of str to Status
        What became of each step; empty without an earlier procedure.
    columns : int
        Columns of the unfolded diagram.
    stages : tuple of str
        Keys of the stages with steps.
    stacked : int
        Most steps of a department in one column.
    """

    whole: Procedure
    folded: Folded
    before: Procedure | None
    language: Language
    offices: Mapping[str, Name]
    critical: Critical
    edges: tuple[Edge, ...]
    hidden: int
    statuses: dict[str, Status]
    columns: int
    stages: tuple[str, ...]
    stacked: int
    wide: float = SHEET
    paged: bool = False

    @property
    def procedure(self) -> Procedure:
        """The procedure that is drawn."""
        return self.folded.procedure

    def subtitle(self) -> str:
        """Return the line below the title: steps and days, and those of before."""
        told = [self.whole] if self.before is None else [self.before, self.whole]
        parts = [
            f"{p.n_steps} {say('steps', self.language)}, {paper_text(p, self.language)}"
            for p in told
        ]
        return "  →  ".join(parts)

    def marks(self, key: str, links: str = "", *, header: bool = False) -> Marks:
        """Return what the picture says about a step."""
        step = self.procedure[key]
        office = self.office_lines(step.department) if header else ()
        timeless = not any(step.days for step in self.whole.steps)
        critical = key in self.critical.steps
        run = key in self.folded.runs
        return Marks(critical, self.statuses.get(key), links, office, timeless, run)

    def office(self, key: str) -> str:
        """Return a department's name on one line."""
        return " ".join(self.office_lines(key))

    def office_lines(self, key: str) -> tuple[str, ...]:
        """Return a department's name, a line for each language."""
        if not key:
            waits = all(s.kind is Kind.WAIT for s in self.procedure.steps if not s.department)
            return lines(WORDS["wait-row" if waits else "no-department"], self.language)
        return lines(self.offices[key], self.language) if key in self.offices else (key,)

    def bands(self) -> list[PlacedBand]:
        """Return each band with its boxes and lines in place.

        Of the foldings that fit the sheet's width the one that prints largest on a
        landscape sheet is taken; one more row, or a column wrapped into two, must gain a tenth.
        """
        least = _LEAST_CARD[self.language]
        most = int((self.wide - 2 * MARGIN - STRIP) // (least + _USUAL_GUTTER))
        fewest = -(-self.columns // most)
        best: list[PlacedBand] = []
        best_height = 0.0
        narrower = (-(-self.columns // rows) + 1 for rows in (fewest + 1, fewest + 2))
        limits = (most, *(limit for limit in narrower if limit < min(most, self.columns)))
        stacks = {-(-self.stacked // parts) for parts in (2, 3, 4, 6)} - {self.stacked}
        foldings = [
            *((limit, 0) for limit in limits),
            *((most, stacked) for stacked in sorted(stacks, reverse=True)),
        ]
        for air in (ROOMY, TIGHT):
            for columns, stacked in foldings:
                placed = self._folded(columns, air, stacked)
                width = max(one.routed.width for one in placed) + STRIP + 2 * MARGIN
                heights = [one.routed.height + 3.5 * ZH for one in placed]
                tall = (max(heights) if self.paged else sum(heights)) + _AROUND
                height = max(tall, width / _LANDSCAPE, self.wide / _LANDSCAPE)
                if not best or height * 1.1 < best_height:
                    best, best_height = placed, height
            if best_height <= 0.97 * self.wide / _LANDSCAPE:
                break
        return best

    def _folded(self, most: int, air: Spacing, stacked: int = 0) -> list[PlacedBand]:
        arrangement = arrange(self.procedure, most, stacked)
        at = {
            key: index
            for index, band in enumerate(arrangement.bands)
            for keys in band.cells.values()
            for key in keys
        }
        marks = self._all_marks(self.edges, at)
        columns = max(band.columns for band in arrangement.bands)
        room = self.wide - 2 * MARGIN - STRIP
        width = room / columns - _USUAL_GUTTER
        while True:
            width = max(_LEAST_CARD[self.language], min(_MOST_CARD, width))
            placed = [
                self._place(index, band, edges=self.edges, at=at, marks=marks, width=width, air=air)
                for index, band in enumerate(arrangement.bands)
            ]
            over = max(one.routed.width for one in placed) - room
            if over <= 0 or width <= _LEAST_CARD[self.language]:
                return placed
            width -= over / columns + 0.5

    def gate_after(self, block: Block) -> bool:
        """Return whether the next stage waits for this one: both known, and all of it here."""
        known = {stage.key for stage in self.procedure.stages}
        following = block.stage + 1
        return (
            following < len(self.stages)
            and {self.stages[block.stage], self.stages[following]} <= known
            and block.ends
        )

    @property
    def is_chain(self) -> bool:
        """Whether the steps form one chain, too long for lanes."""
        return self.columns > _LONGEST_ROW and self.procedure.flow.word == "serial"

    def chain_marks(self) -> dict[str, Marks]:
        """Return what a chain says about its steps; of a second queue beside it also the links.

        Under simulated approval what waits and what is done meanwhile are two queues: a
        step names those that it follows or precedes other than its neighbours.
        """
        order = list(self.procedure.critical_path().starts)
        beside = set(pairwise(order))
        links = _named_links(edge.ends for edge in self.edges if edge.ends not in beside)
        return {key: self.marks(key, links.get(key, ""), header=True) for key in order}

    def _all_marks(self, edges: tuple[Edge, ...], at: Mapping[str, int]) -> dict[str, Marks]:
        links = _named_links(edge.ends for edge in edges if at[edge.before] != at[edge.after])
        return {key: self.marks(key, links.get(key, "")) for key in self.procedure.keys}

    def _place(
        self,
        index: int,
        band: Band,
        *,
        edges: tuple[Edge, ...],
        at: Mapping[str, int],
        marks: Mapping[str, Marks],
        width: float,
        air: Spacing,
    ) -> PlacedBand:
        cards = {
            key: card(
                self.procedure[key],
                width,
                self.language,
                offices=self.offices,
                marks=marks[key],
                air=air,
            )
            for keys in band.cells.values()
            for key in keys
        }
        wires = [Wire(*edge.ends) for edge in edges if at[edge.before] == at[edge.after] == index]
        pad = 7.0 if air is ROOMY else 2.5
        gap = 10.0 if air is ROOMY else 6.0
        least = [sum(s * 1.25 for _, s in self.lane_label(lane)) + 2 * pad for lane in band.lanes]
        heights = {key: one.height for key, one in cards.items()}
        boxes = Boxes(band.columns, len(band.lanes), band.cells, heights, width, least, gap, pad)
        return PlacedBand(band, route(boxes, wires), cards)

    def lane_label(self, key: str) -> list[tuple[str, float]]:
        """Return a lane's name as lines with their font sizes."""
        return [
            (line, ZH if index == 0 else SMALL)
            for index, name in enumerate(self.office_lines(key))
            for line in wrap(name, STRIP - 14, ZH if index == 0 else SMALL)
        ]

    def stage_names(
        self, band: Band, routed: Routed
    ) -> list[tuple[tuple[float, float], tuple[str, ...]]]:
        """Return for each stage block its left side and width, and its name's lines."""
        if self.stages == ("",):
            return []
        known = {stage.key: stage for stage in self.procedure.stages}
        found = []
        for block in band.blocks:
            x = routed.column_x[block.first] - BLOCK
            wide = routed.column_x[block.last] + routed.box_width + BLOCK - x
            key = self.stages[block.stage]
            stage = known.get(key, Stage(key, Name(en=key) if key else WORDS["no-stage"]))
            name = " ".join(lines(stage.name, self.language))
            if block.continued:
                name += f" ({say('continued', self.language)})"
            found.append(((x, wide), wrap(name, wide - 8, ZH, 4)))
        return found


def _named_links(ends: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each step in words what it follows and precedes."""
    to: dict[str, list[str]] = {}
    come: dict[str, list[str]] = {}
    for before, after in ends:
        to.setdefault(before, []).append(after)
        come.setdefault(after, []).append(before)
    return {
        key: "  ".join(
            f"{sign} {' '.join(keys[key])}"
            for sign, keys in (("←", come), ("→", to))
            if key in keys
        )
        for key in {*to, *come}
    }


def sheet_of(
    procedure: Procedure,
    before: Procedure | None,
    language: Language,
    offices: Mapping[str, Name],
    *,
    shown: str = "all",
    wide: float = SHEET,
    paged: bool = False,
) -> Sheet:
    """Return what the parts of a flow diagram share, computed once.

    Raises
    ------
    ValueError
        If the procedure has no steps, or steps wait for each other in a circle; if only changes
        shall be shown and there is no earlier procedure, or nothing changed.
    """
    if not procedure.steps:
        raise ValueError("a procedure without steps has no flow to draw")
    if knots := procedure.cycles():
        told = "; ".join(" -> ".join((*knot, knot[0])) for knot in knots)
        raise ValueError(f"steps wait for each other in a circle, no flow can be drawn: {told}")
    # in a mix of case types nobody waits for another type's items
    procedure, before = alone(procedure), before and alone(before)
    statuses = step_statuses(before, procedure) if before else {}
    folded = _folded(procedure, statuses, shown)
    drawn, hidden = drawn_edges(folded.procedure)
    ends = {edge.ends for edge in drawn}
    formal = {
        (edge.before, edge.formal_at): replace(edge, after=edge.formal_at)
        for edge in folded.procedure.edges
        if edge.formal_at in folded.procedure and edge.formal_at != edge.before
    }
    extra = tuple(edge for pair, edge in formal.items() if pair not in ends)
    unfolded = arrange(folded.procedure, len(folded.procedure.steps))
    critical = critical_of(procedure)
    boxes = {key for key, run in folded.runs.items() if run[0].key in critical.steps}
    links = _links(folded, critical)
    return Sheet(
        procedure,
        folded,
        before,
        language,
        offices,
        Critical(critical.steps | boxes, links, critical.chains),
        (*drawn, *extra),
        hidden,
        statuses | ({key: Status("kept") for key in folded.runs} if before else {}),
        sum(band.columns for band in unfolded.bands),
        unfolded.stages,
        max(len(keys) for band in unfolded.bands for keys in band.cells.values()),
        wide,
        paged,
    )


def _links(folded: Folded, critical: Critical) -> frozenset[tuple[str, str]]:
    """Return the critical links between boxes: also those that lead through steps not drawn."""
    if folded.runs:
        return critical_of(folded.procedure).links
    if not folded.left_out:
        return critical.links
    graph = nx.DiGraph(sorted(critical.links))
    keys = set(folded.procedure.keys)
    return frozenset(ends for ends in nx.transitive_closure(graph).edges if {*ends} <= keys)


def _folded(procedure: Procedure, statuses: Mapping[str, Status], shown: str) -> Folded:
    if shown not in SHOWN:
        raise ValueError(f"shown: '{shown}' is none of {', '.join(SHOWN)}")
    if shown == "runs":
        return with_runs_folded(procedure, statuses)
    if shown == "all":
        return Folded(procedure, {})
    if not statuses:
        raise ValueError("what changed can be shown only with an earlier procedure")
    folded = changes_only(procedure, statuses)
    if not folded.procedure.steps:
        raise ValueError("every step is kept as it was: no change to draw")
    return folded
