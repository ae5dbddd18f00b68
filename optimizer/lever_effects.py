"""What each offer can do to a procedure at most, read from its levers before any is applied.

The search needs a bound that holds whatever else is chosen, so everything here errs on one
side: an effect that might happen is assumed, one that is not understood may do anything.
What really happens, and whether it is lawful, only the levers themselves say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import networkx as nx

from optimizer.effects import ADDITIVE, Effects, Joining, counted
from optimizer.lever_offers import Offer, OfferBook
from rules import Procedure
from rules.levers import (
    JOINT_KINDS,
    AcceptLocally,
    ActByAgent,
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    ChooseIntermediary,
    Circulate,
    Commitment,
    ControlTotalTime,
    ConvertToFiling,
    DecideAtCentre,
    DeemedConsent,
    Delegate,
    DropAllPractice,
    DropPrerequisite,
    ExternalWait,
    GoOnline,
    HandleByStage,
    HandleInParallel,
    HandleInSeries,
    Join,
    JoinAs,
    LeadDepartment,
    Lever,
    OneMaterialSet,
    OneReview,
    OneWindow,
    SendResults,
    ShareInZone,
    Shorten,
    Staff,
    SuperviseAfter,
    TellOnce,
    Tolerance,
)
from rules.steps import Edge

_DEALT_WITH = (
    AcceptLocally, ActByAgent, ChooseIntermediary, DecideAtCentre, Delegate, GoOnline,
    LeadDepartment, OneMaterialSet, OneReview, OneWindow, SendResults, TellOnce, Tolerance,
)  # fmt: skip
"""Levers that change how files are dealt with: visits and documents, neither days nor order."""

_WITHOUT_EFFECT = (Staff, ControlTotalTime)
"""Levers that change nothing on paper."""


class Footprints:
    """The effects of all offers on one procedure, and which offers can matter to which.

    Attributes
    ----------
    effects : tuple of Effects
        In the order of the offers.
    together : dict of str to frozenset of str
        Of each catalogue step every step that it may be joined with, itself included.
    removable : frozenset of str
        Steps that some offer may take out of the flow.
    covered, relaxable : dict
        What :class:`optimizer.redesign_model.Master` has worked out about prerequisites.
    """

    def __init__(self, book: OfferBook) -> None:
        self.book = book
        self.today: Procedure = book.today
        self.parts = self._parts()
        self.together = self._together()
        self.effects = tuple(self._effects(offer) for offer in book.offers)
        self.removable = frozenset(key for each in self.effects for key in each.removes)
        self._between = self._reaching()
        self.covered: dict[tuple[frozenset[str], frozenset[str]], frozenset[tuple[str, str]]] = {}
        self.relaxable: dict[int, frozenset[tuple[str, str]]] = {}

    def edges(self) -> tuple[Edge, ...]:
        """Return every prerequisite of work that stands today or is on offer."""
        added = (edge for each in self.effects for edge in each.adds)
        return (*self.today.work_edges, *added)

    def through_removed(
        self, befores: Iterable[str], afters: Iterable[str]
    ) -> frozenset[tuple[str, str]]:
        """Return the ends of prerequisites on chains between steps, removable ones inside."""
        starts, ends = set(befores), set(afters)
        follow: dict[str, list[str]] = {}
        lead: dict[str, list[str]] = {}
        for edge in self.edges():
            follow.setdefault(edge.before, []).append(edge.after)
            lead.setdefault(edge.after, []).append(edge.before)
        forward = _spread(starts, follow, self.removable)
        backward = _spread(ends, lead, self.removable)
        return frozenset(
            edge.ends
            for edge in self.edges()
            if edge.before in forward | starts and edge.after in backward | ends
        )

    def matter_to_refusal(self, place: int) -> list[int]:
        """Return the earlier offers on which it can depend whether an offer is refused."""
        own = self.effects[place]
        if own.everywhere or own.anything or own.simulated or own.flow == "staged":
            return list(range(place))
        zone = self._zone(own)
        return [
            other
            for other in range(place)
            if self.is_global(other) or self.effects[other].names & zone
        ]

    def matter_to_chain(self, steps: Iterable[str], removed: Iterable[str]) -> list[int]:
        """Return the offers on which it can depend whether a chain of steps stands."""
        touched = {*steps, *removed}
        return [
            place
            for place, each in enumerate(self.effects)
            if self.is_global(place) or each.names & touched
        ]

    def clashes(self) -> list[tuple[int, int]]:
        """Return pairs of offers of which the later is refused after the earlier.

        A lever is refused when a step that it names has left the flow, or stands in a joint
        step and no longer by itself.
        """
        found = []
        for place, each in enumerate(self.effects):
            for earlier, other in enumerate(self.effects[:place]):
                joined = {k for j in other.joins for k in j.parts if k != j.into}
                if other.removes & (each.needs | each.seeks) or joined & each.needs:
                    found.append((earlier, place))
        return found

    def makers(self) -> list[tuple[int, list[int]]]:
        """Return offers that name a joint step, each with the offers that make it."""
        found = []
        for place, each in enumerate(self.effects):
            for key in each.needs | each.seeks:
                if key not in self.today:
                    makers = [
                        earlier
                        for earlier in range(place + 1)
                        if any(j.into == key for j in self.effects[earlier].joins)
                    ]
                    found.append((place, makers))
        return found

    def is_global(self, place: int) -> bool:
        """Whether an offer can change things at steps that it does not name."""
        each = self.effects[place]
        return bool(
            each.anything
            or each.everywhere
            or each.flow
            or each.simulated
            or each.drops_all
            or each.lags
        )

    def _zone(self, own: Effects) -> set[str]:
        """Return every step at which something can bear on an offer's being refused."""
        zone = set(own.names)
        for joining in own.joins:
            zone |= self._between(joining.parts)
        for edge in own.adds:
            zone |= self._between(self.together[edge.before] | self.together[edge.after])
        for befores, afters in own.drops:
            zone |= {key for ends in self.through_removed(befores, afters) for key in ends}
        for edge in self.edges():
            if set(edge.ends) & own.removes:
                zone |= self.together[edge.before] | self.together[edge.after]
        return zone

    def _parts(self) -> dict[str, frozenset[str]]:
        """Return the catalogue steps behind every key that offers may name."""
        parts = {step.key: frozenset([step.key]) for step in self.today.steps}
        for offer in self.book.offers:
            for lever in offer.levers:
                if isinstance(lever, (Join, JoinAs)):
                    inside = frozenset(
                        part for key in lever.steps for part in parts.get(key, frozenset([key]))
                    )
                    parts[lever.into] = parts.get(lever.into, frozenset()) | inside
        return parts

    def _together(self) -> dict[str, frozenset[str]]:
        groups: nx.Graph[str] = nx.Graph()
        groups.add_nodes_from(self.today.keys)
        for inside in self.parts.values():
            known = [key for key in inside if key in self.today]
            groups.add_edges_from((known[0], other) for other in known[1:])
        return {key: frozenset(group) for group in nx.connected_components(groups) for key in group}

    def _reaching(self) -> Any:
        union: nx.DiGraph[str] = nx.DiGraph()
        union.add_nodes_from(self.today.keys)
        union.add_edges_from(edge.ends for edge in self.edges())
        for key, group in self.together.items():
            union.add_edges_from((key, other) for other in group if other != key)
        after = {key: nx.descendants(union, key) for key in union}

        def between(keys: Iterable[str]) -> set[str]:
            some = [key for key in keys if key in after]
            later = {key for start in some for key in after[start]}
            return {*some, *(key for key in later if not after[key].isdisjoint(some))}

        return between

    def _effects(self, offer: Offer) -> Effects:
        found = Effects()
        for lever in offer.levers:
            self._add(found, lever)
        return found

    def _open(self, keys: Iterable[str]) -> frozenset[str]:
        return frozenset(
            part for key in keys for part in self.parts.get(key, frozenset()) if part in self.today
        )

    def _widely(self, key: str) -> frozenset[str]:
        return frozenset(p for part in self._open([key]) for p in self.together[part])

    def _add(self, found: Effects, lever: Lever) -> None:
        today = self.today
        if isinstance(lever, (HandleInParallel, HandleInSeries, HandleByStage)):
            found.flow = lever.word
        elif isinstance(lever, DropPrerequisite):
            self._known(found, (lever.before, lever.after))
            found.seeks |= {lever.before, lever.after} - _made(found)
            befores, afters = self._widely(lever.before), self._widely(lever.after)
            found.drops.append((befores, afters))
            found.names |= befores | afters
        elif isinstance(lever, DropAllPractice):
            found.drops_all = True
        elif isinstance(lever, AddPrerequisite):
            found.seeks |= {lever.before, lever.after} - _made(found)
            ends = self._open([lever.before]), self._open([lever.after])
            found.names |= ends[0] | ends[1]
            if len(ends[0]) == len(ends[1]) == 1:
                (before,), (after,) = ends
                found.adds.append(
                    Edge(before, after, basis=lever.why, lag=lever.lag, basis_zh=lever.why_zh)
                )
            else:
                found.anything = True
        elif isinstance(lever, (ShareInZone, CancelSteps, SuperviseAfter)):
            self._known(found, lever.steps)
            found.needs |= set(lever.steps) - _made(found)
            keys = self._open(lever.steps)
            found.removes |= keys
            found.names |= keys
            if isinstance(lever, SuperviseAfter):
                found.names |= self._open([lever.after])
            elif not lever.bridge:
                found.unbridged |= keys
            self._less(found, keys)
        elif isinstance(lever, (Join, JoinAs)):
            self._join(found, lever)
        elif isinstance(lever, ApproveBySimulation):
            found.simulated = lever
            named = {lever.admitted_after, *lever.pending, *lever.formal_steps}
            found.seeks |= {key for key in named if key in self.parts} - _made(found)
        elif isinstance(lever, (Shorten, Commitment, ConvertToFiling, DeemedConsent)):
            self._quicker(found, lever)
        elif isinstance(lever, _DEALT_WITH):
            steps: tuple[str, ...] = getattr(lever, "steps", ())
            keys = self._open(steps) if steps else frozenset(today.keys)
            found.names |= keys
            found.everywhere |= not steps
            for measure in ("visits", "documents"):
                found.less[measure] += self._total(measure, keys)
        elif isinstance(lever, Circulate):
            found.lags = found.everywhere = True
        elif not isinstance(lever, (*_WITHOUT_EFFECT, ExternalWait)):
            found.anything = True
            for measure in ADDITIVE:
                found.less[measure] += self._total(measure, today.keys)
        else:
            found.everywhere = True

    def _known(self, found: Effects, keys: Iterable[str]) -> None:
        """Take an offer that names what no catalogue step or joint step is for unforeseeable."""
        if not all(self._open([key]) for key in keys):
            found.anything = True
            for measure in ADDITIVE:
                found.less[measure] += self._total(measure, self.today.keys)

    def _join(self, found: Effects, lever: Join | JoinAs) -> None:
        self._known(found, lever.steps)
        found.needs |= set(lever.steps) - _made(found)
        parts = self._open(lever.steps)
        found.names |= parts
        more = 0
        if isinstance(lever, JoinAs) and lever.days is None:
            timed = [key for key in lever.steps if key not in lever.on_the_spot]
            more = JOINT_KINDS[lever.joint].coordination if len(timed) > 1 else 0
            members = tuple(timed)
        else:
            members = lever.steps
        order = tuple(
            edge.ends
            for edge in self.today.work_edges
            if set(edge.ends) <= set(members)
            and not edge.strength.droppable
            and not edge.preworkable
        )
        found.joins.append(Joining(lever.into, parts, lever.days, more, members, order))
        if isinstance(lever, JoinAs):
            found.names |= self._open((*lever.flagged, *([lever.works] if lever.works else [])))
            kind = JOINT_KINDS[lever.joint].shown_as
        else:
            kind = lever.kind
        found.less["steps"] += self._total("steps", parts) - int(kind.counted)
        found.less["visits"] += self._total("visits", parts) - (lever.visits or 0)
        found.less["documents"] += self._total("documents", parts) - (lever.documents or 0)

    def _quicker(
        self, found: Effects, lever: Shorten | Commitment | ConvertToFiling | DeemedConsent
    ) -> None:
        if isinstance(lever, Shorten):
            floors = {key: days.paper_days for key, days in lever.days}
        elif isinstance(lever, DeemedConsent):
            floors = dict.fromkeys(lever.steps, Fraction(0))
        else:
            floors = dict.fromkeys(lever.steps, lever.days.paper_days)
        self._known(found, floors)
        found.needs |= set(floors) - _made(found)
        keys = self._open(floors)
        found.names |= keys
        for key, days in floors.items():
            for part in self._open([key]):
                # A joint step's days are not those of its parts: nothing is sure then.
                least = days if key in self.today else Fraction(0)
                found.floors[part] = min(least, found.floors.get(part, least))
        if isinstance(lever, ConvertToFiling):
            found.drops_after |= keys
        for measure in ("visits", "documents"):
            found.less[measure] += self._total(measure, keys)

    def _less(self, found: Effects, keys: Iterable[str]) -> None:
        keys = tuple(keys)
        for measure in ADDITIVE:
            found.less[measure] += self._total(measure, keys)

    def _total(self, measure: str, keys: Iterable[str]) -> int:
        return sum(counted(self.today, measure, key) for key in keys)


def _made(found: Effects) -> set[str]:
    """Return joint steps that the offer itself makes."""
    return {joining.into for joining in found.joins}


def _spread(
    sources: set[str], follow: Mapping[str, list[str]], inside: frozenset[str]
) -> frozenset[str]:
    """Return the steps of ``inside`` that are reached from the sources through it alone."""
    reached: set[str] = set()
    front = list(sources)
    while front:
        for key in follow.get(front.pop(), ()):
            if key in inside and key not in reached:
                reached.add(key)
                front.append(key)
    return frozenset(reached)
