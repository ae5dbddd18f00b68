"""The catalogue (事项目录) as a value: items, prerequisites and materials of all dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from rules.items import Item, Material, Prerequisite, step_of
from rules.problems import InputError, Place, Problem, did_you_mean
from rules.procedure import Procedure, in_handling_order
from rules.steps import Duration, Name, Stage


def place_key(thing: Item | Prerequisite | Material) -> object:
    """Return the key under which a catalogue keeps the place of a thing."""
    if isinstance(thing, Prerequisite):
        return ("edge", *thing.edge.ends, thing.validity)
    if isinstance(thing, Material):
        return ("material", thing.code, thing.validity)
    return ("item", thing.key, thing.validity)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Items with their prerequisites and materials, of all dates.

    Attributes
    ----------
    items : tuple of Item
        In the order of the file; versions of one item share its key.
    prerequisites : tuple of Prerequisite
        Between keys of items.
    materials : tuple of Material or None
        Table of documents; None where there is none.
    name : Name
        Name of the catalogue.
    stages : tuple of Stage
        In order.
    total_promise : Duration or None
        Promise for the whole procedure (批时总控, M50).
    places : mapping
        Where each item, prerequisite and material stands, for messages.

    Examples
    --------
    >>> from rules.steps import Duration, Edge
    >>> survey = Item("a", Name(en="Survey"), promised=Duration(5))
    >>> permit = Item("b", Name(en="Permit"), promised=Duration(7))
    >>> catalogue = Catalogue((survey, permit), (Prerequisite(Edge("a", "b")),))
    >>> int(catalogue.procedure().paper_days)
    12
    """

    items: tuple[Item, ...]
    prerequisites: tuple[Prerequisite, ...] = ()
    materials: tuple[Material, ...] | None = None
    name: Name = field(default_factory=Name)
    stages: tuple[Stage, ...] = ()
    total_promise: Duration | None = None
    places: Mapping[object, Place] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, key: str) -> Item:
        """Return the item with this key, its first version; KeyError if there is none."""
        for item in self.items:
            if item.key == key:
                return item
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return any(item.key == key for item in self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the items, each once, in order."""
        return tuple(dict.fromkeys(item.key for item in self.items))

    def place(self, thing: Item | Prerequisite | Material) -> Place:
        """Return where an item, prerequisite or material stands, else the catalogue's name."""
        return self.places.get(place_key(thing), Place(self.name.in_language("en") or "catalogue"))

    def as_of(self, on: date) -> Catalogue:
        """Return what holds on a day: at most one version of each item."""
        items = tuple(item for item in self.items if item.validity.holds(on))
        known = {item.key for item in items}
        prerequisites = tuple(
            p
            for p in self.prerequisites
            if p.validity.holds(on) and p.edge.before in known and p.edge.after in known
        )
        materials = self.materials
        if materials is not None:
            materials = tuple(m for m in materials if m.validity.holds(on))
        return replace(self, items=items, prerequisites=prerequisites, materials=materials)

    def procedure(
        self, keys: Iterable[str] | None = None, on: date | None = None, name: Name | None = None
    ) -> Procedure:
        """Return the procedure of some items, one after another as today.

        Parameters
        ----------
        keys : iterable of str, optional
            Items that take part; None: all. Prerequisites hold between those.
        on : date, optional
            Day whose versions apply; may be left out if no key stands twice.
        name : Name, optional
            Name of the procedure; the catalogue's by default.

        Raises
        ------
        InputError
            If a key is unknown or stands for several versions, or prerequisites are mutual.
        """
        known = self if on is None else self.as_of(on)
        chosen = list(known.items)
        problems: list[Problem] = []
        if keys is not None:
            wanted = dict.fromkeys(keys)
            for key in wanted:
                if key not in known:
                    when = f" on {on}" if on else ""
                    hint = did_you_mean(key, known.keys)
                    what = f"no item has the key '{key}'{when}{hint}"
                    problems.append(Problem(self._whole(), what))
            chosen = [item for item in chosen if item.key in wanted]
        counted: dict[str, int] = {}
        for item in chosen:
            counted[item.key] = counted.get(item.key, 0) + 1
        for item in chosen:
            if counted[item.key] > 1:
                what = f"'{item.key}' has several versions: say the day"
                problems.append(Problem(self.place(item), what))
        edges = tuple(
            p.edge
            for p in known.prerequisites
            if p.edge.before in counted and p.edge.after in counted
        )
        steps = tuple(step_of(item) for item in chosen)
        used = dict.fromkeys(step.stage for step in steps)
        stages = self.stages or tuple(Stage(key, Name(key)) for key in used if key)
        listed = Procedure(
            name or self.name, steps, edges, stages,
            on=on or date.max, budget=self.total_promise,
        )  # fmt: skip
        if not problems:
            problems += self._cycles(listed)
        if problems:
            raise InputError(problems)
        order = {key: index for index, key in enumerate(listed.keys)}
        return replace(listed, steps=in_handling_order(steps, edges, order))

    def _cycles(self, listed: Procedure) -> Iterable[Problem]:
        for cycle in listed.cycles():
            closing = (cycle[-1], cycle[0])
            around = " -> ".join(
                (*cycle, cycle[0]) if len(cycle) < 12 else (*cycle[:10], "...", cycle[0])
            )
            place = self.places.get(("edge", *closing), self._whole())
            yield Problem(place, f"mutual prerequisites (a cycle): {around}")

    def _whole(self) -> Place:
        return Place(self.name.in_language("en") or "catalogue")
