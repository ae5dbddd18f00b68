"""Levers on offer: what a redesign may choose from, and what a choice makes of a procedure.

An offer is one decision: a few levers that are taken together or not at all, with what
they cost. A choice of offers is applied in the order in which they are offered, by the
levers themselves; whatever one of them refuses makes the choice unlawful, and the refusal
is the reason. The law is asked nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from rules import InputError, Name, Procedure, did_you_mean
from rules.catalogue import Reading
from rules.levers import (
    AddPrerequisite,
    ApproveBySimulation,
    Change,
    DropPrerequisite,
    ExternalWait,
    Lever,
    Refused,
)
from scenarios.lever_files import read_lever
from scenarios.toml_files import Settings, read_toml

OFFERS_FILE = "offers.toml"
RESOURCES = ("people", "money", "effort")
"""What offers cost: people added, money (10,000 yuan), effort (the planner's own points)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One decision of a redesign.

    Attributes
    ----------
    key : str
        Short name for budgets, tables and other offers.
    name : Name
        Chinese and English name.
    levers : tuple of Lever
        Applied together, in order. They name steps by their keys in the catalogue; where
        a step has been joined, prerequisites are looked for at the joint step.
    people, money, effort : int
        What it costs; see :data:`RESOURCES`.
    requires : tuple of str
        Offers that must be taken, too.
    excludes : tuple of str
        Offers that must not.
    rework : float
        Chance that work done early under simulated approval must be done again, 0 to 1.
    """

    key: str
    name: Name
    levers: tuple[Lever, ...]
    people: int = 0
    money: int = 0
    effort: int = 0
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    rework: float = 0.0

    def cost(self, resource: str) -> int:
        """Return what it takes of a resource; of ``levers`` one."""
        costs = {"people": self.people, "money": self.money, "effort": self.effort, "levers": 1}
        return costs[resource]


Choice = frozenset[str]
"""Keys of the offers that are taken."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An offer that the law, or another offer, stands against.

    Attributes
    ----------
    offer : Offer
        What was refused.
    place : int
        Its place among all offers: the refusal depends on earlier ones only.
    refused : Refused
        The lever's answer.
    """

    offer: Offer
    place: int
    refused: Refused

    def sentence(self, language: str) -> str:
        """Say what is refused and why."""
        colon = "：" if language == "zh" else ": "
        return f"{self.offer.name.in_language(language)}{colon}{self.refused.sentence(language)}"


@dataclass(frozen=True, slots=True)
class Design:
    """A lawful redesign.

    Attributes
    ----------
    choice : frozenset of str
        Offers taken.
    procedure : Procedure
        What they make of today's.
    changes : tuple of (str, Change)
        What each lever did, under the key of its offer, in order.
    """

    choice: Choice
    procedure: Procedure
    changes: tuple[tuple[str, Change], ...]


class OfferBook:
    """All offers on today's procedure; remembers what it has applied.

    Parameters
    ----------
    today : Procedure
        The procedure before any offer.
    offers : sequence of Offer
        In the order in which they are applied.
    """

    def __init__(self, today: Procedure, offers: Sequence[Offer]) -> None:
        self.today = today
        self.offers = tuple(offers)
        self.place = {offer.key: index for index, offer in enumerate(self.offers)}
        self._known: dict[tuple[str, ...], Design | Refusal] = {(): Design(frozenset(), today, ())}
        self._days: dict[Choice, Fraction] = {}

    def __getitem__(self, key: str) -> Offer:
        """Return the offer with this key; KeyError if there is none."""
        return self.offers[self.place[key]]

    def in_order(self, choice: Iterable[str]) -> tuple[str, ...]:
        """Return keys in the order in which they are applied."""
        return tuple(sorted(choice, key=self.place.__getitem__))

    def apply(self, choice: Iterable[str]) -> Design | Refusal:
        """Return what a choice makes of today's procedure, or what stands against it.

        Offers are applied in order; those that begin alike are applied once.
        """
        keys = self.in_order(choice)
        done = len(keys)
        while keys[:done] not in self._known:
            done -= 1
        result = self._known[keys[:done]]
        for end in range(done + 1, len(keys) + 1):
            if isinstance(result, Refusal):
                break
            result = self._with(result, self[keys[end - 1]])
            if len(self._known) > _MOST_REMEMBERED:
                self._known = {(): self._known[()]}
            self._known[keys[:end]] = result
        return result

    def paper_days(self, design: Design) -> Fraction:
        """Return the critical path of a redesign in working days; worked out once."""
        if design.choice not in self._days:
            self._days[design.choice] = design.procedure.paper_days
        return self._days[design.choice]

    def cost(self, choice: Iterable[str], resource: str) -> int:
        """Return what a choice takes of a resource (or of ``levers``)."""
        return sum(self[key].cost(resource) for key in choice)

    def consistent(self, choice: Choice) -> bool:
        """Whether every offer's ``requires`` and ``excludes`` are kept."""
        return all(
            set(self[key].requires) <= choice and not choice & set(self[key].excludes)
            for key in choice
        )

    def _with(self, design: Design, offer: Offer) -> Design | Refusal:
        procedure, changes = design.procedure, list(design.changes)
        for lever in offer.levers:
            try:
                procedure, change = resolved(lever, procedure).apply(procedure)
            except Refused as refused:
                return Refusal(offer, self.place[offer.key], refused)
            changes.append((offer.key, change))
        return Design(design.choice | {offer.key}, procedure, tuple(changes))


_MOST_REMEMBERED = 20_000
"""Designs kept in memory."""


def resolved(lever: Lever, procedure: Procedure) -> Lever:
    """Return a lever on prerequisites with catalogue keys replaced by those of joint steps.

    Only a step that no longer stands by itself is looked for in a joint one.
    """
    if not isinstance(
        lever, (DropPrerequisite, AddPrerequisite, ExternalWait, ApproveBySimulation)
    ):
        return lever
    here = set(procedure.keys)
    holder = {part.key: step.key for step in procedure.steps for part in step.origin}

    def now(key: str) -> str:
        return key if key in here else holder.get(key, key)

    def all_now(keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(now, keys)))

    if isinstance(lever, ExternalWait):
        return replace(lever, before=now(lever.before))
    if isinstance(lever, ApproveBySimulation):
        return replace(
            lever,
            admitted_after=now(lever.admitted_after),
            pending=all_now(lever.pending),
            formal_steps=all_now(lever.formal_steps),
            edges=tuple(dict.fromkeys((now(a), now(b)) for a, b in lever.edges)),
        )
    return replace(lever, before=now(lever.before), after=now(lever.after))


def read_offers(path: Path) -> tuple[Offer, ...]:
    """Read offers: ``[[offer]]`` tables, each with its ``[[offer.lever]]`` tables.

    Raises
    ------
    InputError
        With every problem found.
    """
    reading = Reading()
    settings = read_toml(path, reading)
    settings.only(("schema", "offer"))
    settings.whole("schema", 1, low=1, high=1)
    offers: dict[str, Offer] = {}
    tables: dict[str, Settings] = {}
    for table in settings.tables("offer"):
        offer = _read_offer(table)
        if offer.key in offers:
            table.wrong("key", f"'{offer.key}' stands twice")
        offers[offer.key], tables[offer.key] = offer, table
    for offer in offers.values():
        for field, keys in (("requires", offer.requires), ("excludes", offer.excludes)):
            for key in keys:
                if key not in offers or key == offer.key:
                    hint = did_you_mean(key, offers)
                    tables[offer.key].wrong(field, f"no other offer has the key '{key}'{hint}")
    if not reading.problems and not offers:
        reading.wrong(settings.file, 0, "holds no [[offer]]")
    if reading.problems:
        raise InputError(reading.problems)
    return tuple(offers.values())


def _read_offer(table: Settings) -> Offer:
    table.only(("key", "name", *RESOURCES, "requires", "excludes", "rework", "lever"))
    levers = [read_lever(each) for each in table.tables("lever")]
    if not levers:
        table.wrong("lever", "holds no [[offer.lever]]")
    return Offer(
        key=table.text("key"),
        name=table.name(),
        levers=tuple(lever for lever in levers if lever is not None),
        people=table.whole("people", 0),
        money=table.whole("money", 0),
        effort=table.whole("effort", 0),
        requires=table.texts("requires", required=False),
        excludes=table.texts("excludes", required=False),
        rework=table.number("rework", 0.0, high=1.0),
    )
