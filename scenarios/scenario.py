"""A scenario: a procedure, the offices that handle it, and the cases that come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rules import Calendar, Kind, Name, Procedure
from rules.calendars import WorkingDays
from rules.levers import Change, Lever
from rules.staffing import StaffChange
from scenarios.case_sorts import CaseSort
from scenarios.distributions import Distribution, Fixed
from scenarios.life import PLAIN, Life


@dataclass(frozen=True, slots=True)
class Office:
    """A department, agency or firm that handles steps.

    Attributes
    ----------
    key : str
        Key that items name as their department.
    name : Name
        Chinese and English name.
    windows : int
        People who accept files; 0: files go to the reviewers directly.
    reviewers : int
        People who work on files.
    hours : str
        Key of the opening hours it keeps.
    provenance : str
        Where the numbers come from.
    """

    key: str
    name: Name
    windows: int
    reviewers: int
    hours: str
    provenance: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours on working days.

    Attributes
    ----------
    key : str
        Key that offices name.
    open : tuple of (int, int)
        Intervals of the day, in seconds after midnight.
    """

    key: str
    open: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Handling:
    """How work on a step is done.

    Attributes
    ----------
    window_minutes : int
        Minutes that acceptance at the window takes, within the step's days.
    review_share : dict of Kind to int
        Thousandths of a step's days in which somebody works on the file; the rest is
        dwell, waiting for a person's answer (in real logs 88-99 % of cycle time).
    spread : Distribution
        Factor between a step's days on paper and what happens; notices always take
        their days.
    """

    window_minutes: int
    review_share: dict[Kind, int]
    spread: Distribution


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one replication.

    Attributes
    ----------
    number : int
        How many.
    per_year : int
        How many come in a year of 250 working days, as a Poisson stream.
    """

    number: int
    per_year: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """Today's procedure or a redesign of it, with everything needed to run it.

    Attributes
    ----------
    key : str
        For instance ``jiaxing`` (today) or ``jiaxing/reform``.
    name : Name
        Chinese and English name.
    about : Name
        What it is, and what of it is given and what is reconstruction.
    first_day : date
        Tick 0 is midnight of this day.
    projection : bool
        Whether working days beyond the published calendar may be projected.
    procedure : Procedure
        All levers applied.
    changes : tuple of Change
        What each lever did, in order.
    offices : tuple of Office
        In the order of the table.
    hours : tuple of Hours
        The first are the hours in which working days are counted.
    handling : Handling
        Work and dwell.
    cases : Cases
        How many come.
    counts : tuple of str
        What a published total of this scenario holds: government, notice,
        intermediary, applicant.
    replications, seed : int
        Defaults of a run.
    provenance : str
        ``given``, ``reconstruction`` and so on, for every report.
    redesigns : tuple of str
        Keys of the redesigns beside it.
    folder : Path
        Where it was read from.
    today : Procedure
        The procedure before any lever.
    life : Life
        Offices as they are: corrections, meetings, absence and the like.
    sorts : tuple of CaseSort
        Sorts of cases that share the offices; empty: all cases are of one.
    added : tuple of Lever
        Levers that stand in no file; see :meth:`with_levers`.
    """

    key: str
    name: Name
    about: Name
    first_day: date
    projection: bool
    procedure: Procedure
    changes: tuple[Change, ...]
    offices: tuple[Office, ...]
    hours: tuple[Hours, ...]
    handling: Handling
    cases: Cases
    counts: tuple[str, ...]
    replications: int
    seed: int
    provenance: str
    redesigns: tuple[str, ...]
    folder: Path
    today: Procedure
    life: Life = PLAIN
    sorts: tuple[CaseSort, ...] = ()
    added: tuple[Lever, ...] = ()

    def with_levers(
        self, *levers: Lever | str | Mapping[str, Any], name: Name | None = None
    ) -> Scenario:
        """Return the design with further levers, without a file.

        Parameters
        ----------
        *levers : Lever, str or mapping
            A lever; the kind of one that needs nothing more, such as ``"parallel"``; or what
            its ``[[lever]]`` table holds.
        name : Name, optional
            What the new design is called; by default its levers.

        Raises
        ------
        InputError
            If a lever is unknown, incomplete or refused.

        Examples
        --------
        >>> from scenarios import load
        >>> b = load("jiaxing").with_levers("parallel", {"kind": "cancel", "steps": ["S12"]})
        >>> b.key, len(b.procedure.steps), int(b.procedure.paper_days)
        ('jiaxing+parallel+cancel', 34, 121)
        """
        from scenarios.reader import with_levers

        return with_levers(self, levers, name)

    def office(self, key: str) -> Office:
        """Return the office with this key; KeyError if there is none."""
        for office in self.offices:
            if office.key == key:
                return office
        raise KeyError(key)

    def with_staff(self, people: int) -> Scenario:
        """Return the scenario with this many windows and reviewers in every office."""
        staffed = tuple(
            replace(office, windows=people if office.windows else 0, reviewers=people)
            for office in self.offices
        )
        return replace(self, offices=staffed)

    def without_luck(self) -> Scenario:
        """Return the scenario with every step taking exactly its days on paper."""
        return replace(self, handling=replace(self.handling, spread=Fixed(1.0)))

    def calendars(self) -> dict[str, Calendar]:
        """Return the calendar of each set of opening hours, and ``natural`` days."""
        days = WorkingDays.china(projection=self.projection)
        last = days.last
        calendars = {
            hours.key: Calendar.office(self.first_day, days, hours.open, last)
            for hours in self.hours
        }
        return calendars | {NATURAL: Calendar.natural(self.first_day, last)}


NATURAL = "natural"
"""Key of the calendar of natural days, open round the clock."""


def staffed_offices(
    offices: tuple[Office, ...], changes: tuple[StaffChange, ...]
) -> tuple[Office, ...]:
    """Return the offices after staff changes, in order (M21, M57).

    People who are taken over leave their office with what it needs to stay an office:
    one reviewer, who works for the other office as its outpost.

    Examples
    --------
    >>> drc = Office("drc", Name("发改"), 1, 2, "office")
    >>> epb = Office("epb", Name("环保"), 1, 3, "office")
    >>> more = StaffChange("drc", reviewers=1), StaffChange("epb", windows=1)
    >>> moved = staffed_offices((drc, epb), more)
    >>> [(office.key, office.windows, office.reviewers) for office in moved]
    [('drc', 1, 3), ('epb', 2, 3)]
    """
    by_key = {office.key: office for office in offices}
    for change in changes:
        office = by_key.get(change.office)
        if office is None:
            continue
        by_key[change.office] = replace(
            office,
            windows=max(0, office.windows + change.windows),
            reviewers=max(1, office.reviewers + change.reviewers),
            hours=change.hours or office.hours,
        )
        taker, giver = by_key.get(change.into), by_key.get(change.office)
        if taker is not None and giver is not None and taker is not giver:
            by_key[change.into] = replace(
                taker,
                windows=taker.windows + giver.windows,
                reviewers=taker.reviewers + giver.reviewers,
            )
            by_key[change.office] = replace(giver, windows=0, reviewers=1)
    return tuple(by_key.values())
