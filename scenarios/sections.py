"""Who of an office may do what, and survey crews: ``[[staff]]``, staff.csv and ``[[crew]]``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rules import did_you_mean
from rules.catalogue import Reading
from rules.csv_tables import Column, read_table
from scenarios.gatherings import Trip
from scenarios.plan import Desk, Pool
from scenarios.toml_files import Settings

ROLES = ("window", "reviewer", "approver")
"""What people of an office can be."""

_HANDS = re.compile(r"window|check|review(-\d+)?|approval|rework|spot-check")
_NAMED = ("window", "check", "review", "review-2", "approval", "rework", "spot-check")


@dataclass(frozen=True, slots=True)
class Section:
    """Some people of an office (科室) who may do part of its work, or keep other hours.

    Attributes
    ----------
    office, role : str
        Whose people they are: windows, reviewers or approvers.
    people : int
        How many.
    steps : tuple of str
        Steps that they may handle; empty: all. A joint step is handled by whoever may do
        one of its members.
    desks : tuple of str
        Hands that they may lend: ``window``, ``review``, ``approval``; empty: all.
    hours : str
        Opening hours that they keep; empty: the office's.
    """

    office: str
    role: str
    people: int
    steps: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    hours: str = ""

    def may_serve(self, desk: Desk, keys: Collection[str]) -> bool:
        """Whether they may serve a desk of a step that goes by some keys, its members' too."""
        return (not self.steps or not set(self.steps).isdisjoint(keys)) and (
            not self.desks or desk.name in self.desks
        )


@dataclass(frozen=True, slots=True)
class Crew:
    """Survey crews (踏勘组) that go out in place of an office's reviewers.

    Attributes
    ----------
    key : str
        Their name; they are ``<key>.crew`` among the people.
    steps : tuple of str
        Steps whose sites they visit; one trip serves cases of all of them.
    crews : int
        How many can be out at once.
    least, most : int
        Cases of one trip.
    hours : str
        Opening hours that they keep; empty: the counting hours.
    travel_hours : float
        Working hours of the way there and back, once a trip and beyond the steps' days.
    each : bool
        Whether the times on site add up; otherwise a trip takes that of its first case.
    wait_days : int
        Working days after which a case no longer waits for others; 0: it always does.
    """

    key: str
    steps: tuple[str, ...]
    crews: int = 1
    least: int = 1
    most: int = 1
    hours: str = ""
    travel_hours: float = 0.0
    each: bool = False
    wait_days: int = 5

    def trip(self, day_ticks: int) -> Trip:
        """Return their trips, days being of so many ticks."""
        wait = self.wait_days * day_ticks if self.least > 1 else 0
        return Trip(
            self.least, self.most, self.key, round(self.travel_hours * 3600), self.each, wait
        )


STAFF_FILE = "staff.csv"
STAFF_COLUMNS = (
    Column("office", ("部门", "部门编号"), required=True),
    Column("role", ("岗位", "角色")),
    Column("people", ("人数", "人员")),
    Column("steps", ("环节", "事项")),
    Column("desks", ("工序", "经手")),
    Column("hours", ("作息", "工作时间")),
    Column("name", ("姓名", "科室")),
)
"""Columns of staff.csv; the last is for the reader only."""

_LIST = re.compile(r"[;；、,，\s]+")


def staff_rows(folder: Path, reading: Reading) -> tuple[Settings, ...]:
    """Return the rows of ``staff.csv``, where there is one, as tables ``[[staff]]``.

    Steps and desks are lists with ``;``, ``、`` or blanks in between.
    """
    if not (folder / STAFF_FILE).exists():
        return ()
    table = reading.take(read_table(folder / STAFF_FILE, STAFF_COLUMNS))
    found = []
    for row in table.rows:
        values: dict[str, object] = {
            key: row[key] for key in ("office", "role", "hours") if row[key]
        }
        for key in ("steps", "desks"):
            if row[key]:
                values[key] = [each for each in _LIST.split(row[key]) if each]
        if row["people"]:
            number = row["people"]
            values["people"] = int(number) if number.isdecimal() and len(number) < 9 else number
        found.append(Settings(table.file, values, reading, {(): row.line}))
    return tuple(found)


def read_sections(
    tables: Iterable[Settings],
    *,
    offices: Mapping[str, Mapping[str, int]],
    hours: Collection[str],
    steps: Collection[str],
) -> tuple[Section, ...]:
    """Read ``[[staff]]`` and rows of staff.csv.

    ``offices`` says how many people each has in each role.
    """
    found = []
    listed: dict[tuple[str, str], int] = {}
    for table in tables:
        table.only(("office", "role", "people", "steps", "desks", "hours"))
        office, role = table.text("office"), table.text("role", "reviewer")
        people = table.whole("people", 1, low=1, high=10_000)
        may = table.texts("steps", required=False)
        hands = table.texts("desks", required=False)
        keeps = table.text("hours", "")
        known = [_known(table, "steps", step, steps, "step") for step in may]
        if keeps:
            known.append(_known(table, "hours", keeps, hours, "set of hours"))
        if role not in ROLES:
            table.wrong("role", f"'{role}' is not one of {', '.join(ROLES)}")
            continue
        for hand in hands:
            if not _HANDS.fullmatch(hand):
                table.wrong("desks", f"no desk is called '{hand}'{did_you_mean(hand, _NAMED)}")
        if not _known(table, "office", office, offices, "office") or not all(known):
            continue
        listed[office, role] = listed.get((office, role), 0) + people
        if listed[office, role] > offices[office].get(role, 0):
            table.wrong(
                "people",
                f"{listed[office, role]} people are listed and {office} has"
                f" {offices[office].get(role, 0)} in the role '{role}'",
            )
            continue
        found.append(Section(office, role, people, may, hands, keeps))
    return tuple(found)


def read_crews(
    settings: Settings, *, hours: Collection[str], steps: Mapping[str, str]
) -> tuple[Crew, ...]:
    """Read ``[[crew]]``; ``steps`` says of each step why no crew can go there, or nothing."""
    found: list[Crew] = []
    taken: dict[str, str] = {}
    for table in settings.tables("crew"):
        table.only(
            ("key", "steps", "crews", "least", "most", "hours", "travel_hours", "each", "wait_days")
        )
        key, keeps = table.text("key"), table.text("hours", "")
        if not re.fullmatch(r"[\w-]+", key):
            table.wrong("key", f"'{key}' is not a name of letters, digits and '-'")
        if key in {crew.key for crew in found}:
            table.wrong("key", f"'{key}' stands twice")
        if keeps:
            _known(table, "hours", keeps, hours, "set of hours")
        visits = table.texts("steps")
        if not visits and table.has("steps"):
            table.wrong("steps", "names no step that the crew visits")
        for step in visits:
            if not _known(table, "steps", step, steps, "step"):
                continue
            if steps[step]:
                table.wrong("steps", f"'{step}' {steps[step]}: no crew goes there")
            if taken.setdefault(step, key) != key:
                table.wrong("steps", f"'{step}' is visited by '{taken[step]}' already")
        least = table.whole("least", 1, low=1, high=10_000)
        most = table.whole("most", max(1, least), low=1, high=10_000)
        if most < least:
            table.wrong("most", f"{most} cases at most are fewer than {least} at least")
        found.append(
            Crew(
                key,
                visits,
                table.whole("crews", 1, low=1, high=10_000),
                least,
                most,
                keeps,
                table.number("travel_hours", 0.0, high=1000.0),
                table.flag("each", False),
                table.whole("wait_days", 5, low=0, high=1000),
            )
        )
    return tuple(found)


def with_skills(
    pools: Iterable[Pool],
    sections: Mapping[int, tuple[Section | None, ...]],
    desks: Sequence[Desk],
    members: Mapping[int, Collection[str]],
) -> tuple[Pool, ...]:
    """Return the pools with the desks that each person may serve.

    Parameters
    ----------
    sections : mapping
        Of some pools, by index, the section of each of their shifts; None: no limits.
    members : mapping
        By index of a step the keys that it goes by, those of its members included.
    """
    changed = []
    for number, pool in enumerate(pools):
        shifts = list(pool.shifts)
        mine = [index for index, desk in enumerate(desks) if number in desk.pools]
        for place, section in enumerate(sections.get(number, ())):
            if section is not None and (section.steps or section.desks):
                may = tuple(
                    index
                    for index in mine
                    if section.may_serve(desks[index], members.get(desks[index].step, ()))
                )
                shifts[place] = replace(shifts[place], desks=may or NOWHERE)
        changed.append(replace(pool, shifts=tuple(shifts)))
    return tuple(changed)


NOWHERE = (-1,)
"""Desks of people for whom a redesign has left nothing to do."""


def _known(table: Settings, at: str, key: str, known: Collection[str], what: str) -> bool:
    if key in known:
        return True
    table.wrong(at, f"no {what} is called '{key}'{did_you_mean(key, known)}")
    return False
