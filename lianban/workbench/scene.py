"""What a page is about: the two designs of its address, and what each lever switch may do."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianban.workbench.speech import Language, Say, speech
from lianban.workbench.state import State
from lianban.workbench.workspace import Stamp, Workspace, stamp_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.lever_board import LeverBoard, Switched
    from results.lever_groups import LeverGroup
    from rules import Name
    from scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Switch:
    """One lever group on the page.

    Attributes
    ----------
    group : LeverGroup
        Its levers.
    told : tuple of Name
        What each of them does in the full redesign.
    on : bool
        Whether it is used, at least in part.
    partly : bool
        Whether some of its levers cannot be used with the others as they are.
    wanted : bool
        Whether the planner wants it, even where it cannot be used now.
    refused : tuple of Name
        Why it, or a part of it, cannot be used with the others as they are; empty: it can.
    """

    group: LeverGroup
    told: tuple[Name, ...]
    on: bool
    partly: bool
    wanted: bool
    refused: tuple[Name, ...]

    @property
    def barred(self) -> bool:
        """Whether none of its levers can be used."""
        return bool(self.refused) and not self.partly


@dataclass(frozen=True, slots=True)
class Scene:
    """Two designs, ready to be shown.

    Attributes
    ----------
    state : State
        The address, with the designs that are really shown.
    first, last : Scenario
        The designs; the last has the levers that are on.
    full : Scenario
        The last design with all its levers.
    switches : tuple of Switch
        Empty where no levers lead from the first to the last.
    """

    state: State
    first: Scenario
    last: Scenario
    full: Scenario
    switches: tuple[Switch, ...]

    @property
    def language(self) -> Language:
        """Language of the page."""
        return self.state.language

    @property
    def say(self) -> Say:
        """Translates messages; functions call it ``_``."""
        return speech(self.state.language)

    @property
    def refusals(self) -> tuple[Name, ...]:
        """Why wanted levers are not used."""
        return tuple(dict.fromkeys(r for s in self.switches if s.wanted for r in s.refused))

    @property
    def name(self) -> str:
        """The last design's name, and how many of its levers it has where not all."""
        name = self.last.name.in_language(self.language)
        used = sum(switch.on for switch in self.switches)
        if used == len(self.switches):
            return name
        _ = self.say
        told = _("%(used)d of %(all)d lever groups") % {"used": used, "all": len(self.switches)}
        return f"{name} ({told})"


class Boards:
    """Lever boards and their designs, worked out once while the files stay as they are."""

    def __init__(self, workspace: Workspace, most: int = 1024) -> None:
        self.workspace = workspace
        self.most = most
        self._boards: OrderedDict[tuple[str, str, Stamp], LeverBoard | None] = OrderedDict()
        self._designs: OrderedDict[tuple[str, str, Stamp, frozenset[str]], Switched] = OrderedDict()

    def scene(self, state: State) -> Scene:
        """Return what an address shows.

        Raises
        ------
        workspace.Unknown
            If a design is not here.
        rules.InputError
            If its files cannot be read.
        """
        from dataclasses import replace

        first = self.workspace.load(state.a or self._default())
        last = self.workspace.load(state.b or _redesign_of(first))
        state = replace(state, a=first.key, b=last.key)
        stamp = stamp_of(last.folder)
        key = (first.key, last.key, stamp)
        if key not in self._boards:
            self._boards[key] = self._board(first, last)
            _trim(self._boards, 32)
        board = self._boards[key]
        if board is None:
            return Scene(replace(state, off=()), first, last, last, ())
        chosen = frozenset(state.chosen(board.keys))
        design = self._design(board, key, chosen)
        switches = []
        for group in board.groups:
            wanted = group.key in chosen
            tried = design if wanted else self._design(board, key, chosen | {group.key})
            refused = [r.sentence for r in tried.refusals if r.group == group.key]
            # a group may hold levers that stand without those refused: they are used
            usable = len(refused) < len(group.levers)
            switches.append(
                Switch(
                    group,
                    board.sentences(group),
                    wanted and usable,
                    bool(refused) and usable,
                    wanted,
                    tuple(dict.fromkeys(refused)),
                )
            )
        shown = last if chosen == set(board.keys) else board.scenario(design)
        marks = set(map(State.mark, board.keys))
        known = tuple(mark for mark in state.off if mark in marks)
        return Scene(replace(state, off=known), first, shown, last, tuple(switches))

    def _default(self) -> str:
        """Return the design that is shown where the address names none.

        The first of the opened folder that can be read; if none can, the first, which says why.
        """
        from rules import InputError

        places = self.workspace.places()
        own = [place.key for place in places if not place.shipped]
        for key in own:
            try:
                self.workspace.load(key)
            except InputError:
                continue
            return key
        return own[0] if own else next((p.key for p in places if p.key == "jiaxing"), places[0].key)

    def _board(self, first: Scenario, last: Scenario) -> LeverBoard | None:
        from results.lever_board import lever_board

        return lever_board(first, last)

    def _design(
        self, board: LeverBoard, key: tuple[str, str, Stamp], chosen: frozenset[str]
    ) -> Switched:
        place = (*key, chosen)
        if place not in self._designs:
            self._designs[place] = board.design(chosen)
        self._designs.move_to_end(place)
        _trim(self._designs, self.most)
        return self._designs[place]


def redesigns_among(names: Sequence[str]) -> str:
    """Return the redesign that a scenario shows first: the one called reform, else the last."""
    return "reform" if "reform" in names else names[-1]


def _redesign_of(scenario: Scenario) -> str:
    """Return what a design is compared with where the address does not say."""
    if "/" in scenario.key or not scenario.redesigns:
        return scenario.key
    return f"{scenario.key}/{redesigns_among(scenario.redesigns)}"


def _trim(kept: OrderedDict, most: int) -> None:  # type: ignore[type-arg]  # any two types
    while len(kept) > most:
        kept.popitem(last=False)
