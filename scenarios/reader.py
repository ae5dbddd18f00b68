"""From a planner's folder to a Scenario: everything checked, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rules import InputError, Kind, Name, Procedure, Stage, did_you_mean
from rules.calendars import WorkingDays
from rules.catalogue import Catalogue, Reading, read_catalogue, read_procedure
from rules.csv_tables import Column, key_problem, read_table
from rules.law.provisions import NATION
from rules.levers import Change, Lever, Refused
from rules.problems import Said
from scenarios.case_sort_files import SORT_TABLES, read_sorts
from scenarios.case_sorts import CaseSort
from scenarios.distributions import Distribution, Fixed, distribution_of, problems_of
from scenarios.lever_files import read_lever
from scenarios.life import Waiting
from scenarios.life_files import LIFE_TABLES, read_life
from scenarios.scenario import Cases, Handling, Hours, Office, Scenario
from scenarios.toml_files import Settings, inside, read_toml
from scenarios.way_files import WAY_TABLES, read_ways
from scenarios.what_if import with_values

SCENARIO_FILE = "scenario.toml"
REDESIGNS = "redesigns"

OFFICE_COLUMNS = (
    Column("key", ("id", "编号", "部门编号"), required=True),
    Column("name_zh", ("name", "名称", "部门")),
    Column("name_en", ("英文名称",)),
    Column("windows", ("窗口", "窗口数"), required=True),
    Column("reviewers", ("审查人员", "人员", "人数"), required=True),
    Column("hours", ("作息", "工作时间")),
    Column("provenance", ("来源",)),
)
"""Columns of offices.csv."""

_TOP = (
    "schema", "name", "about", "jurisdiction", "first_day", "projection", "provenance", "counts",
    "items", "prerequisites", "offices", "redesigns", "stage", "hours", "handling", "cases",
    "simulation", *SORT_TABLES,
)  # fmt: skip
PROVENANCES = ("given", "damaged-reading", "reconstruction", "comparator", "assumption")
"""Where the numbers of a scenario come from; reports show the word."""

_COUNTS = ("government", "notice", "intermediary", "applicant")
_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
_JURISDICTION = re.compile(r"CN(-[A-Z0-9]+)*$")
_SCHEMA = 1
_DEEPEST_BASE = 50


@dataclass(frozen=True, slots=True)
class Placed:
    """A lever and where its table stands."""

    lever: Lever
    file: str
    line: int


def read_scenario(
    folder: Path, redesign: str = "", key: str = "", values: Mapping[str, float] | None = None
) -> Scenario:
    """Read a scenario folder, or one of its redesigns.

    Parameters
    ----------
    folder : Path
        Holds scenario.toml, its tables and ``redesigns/*.toml``.
    redesign : str
        Name of a redesign file without ``.toml``; empty: today's procedure.
    key : str
        How the scenario is called; the folder's name by default.
    values : mapping of str to float, optional
        Numbers to read instead of those in scenario.toml; see
        :func:`scenarios.what_if.with_values`.

    Raises
    ------
    InputError
        With every problem found in all files read.
    """
    reading = Reading()
    path = folder / SCENARIO_FILE
    if not path.is_file():
        raise InputError.at(str(folder), 0, f"is not a scenario: it holds no {SCENARIO_FILE}")
    settings = with_values(read_toml(path, reading), values or {})
    if reading.problems:
        raise InputError(reading.problems)
    settings.only((*_TOP, *LIFE_TABLES, *WAY_TABLES))
    settings.whole("schema", _SCHEMA, low=_SCHEMA, high=_SCHEMA)
    hours = _hours(settings)
    told = len(reading.problems)
    offices = _offices(_inside(folder, settings, "offices", "offices.csv"), hours, reading)
    # without a sound table of offices no department is known: what is wrong with it is told
    lost = not offices and len(reading.problems) > told
    prerequisites = _inside(folder, settings, "prerequisites", "prerequisites.csv")
    today = read_procedure(
        _inside(folder, settings, "items", "items.csv"),
        prerequisites if prerequisites.exists() or settings.has("prerequisites") else None,
        reading,
        name=settings.name(),
        stages=[Stage(table.text("key"), table.name()) for table in settings.tables("stage")],
        departments=None if lost else {office.key: office.name for office in offices},
    )
    # levers ask for the law of that day and place
    today = replace(today, on=settings.day("first_day"), jurisdiction=_jurisdiction(settings))
    name = settings.name()
    placed: tuple[Placed, ...] = ()
    if redesign:
        name, placed = _redesign(folder, redesign, reading)
    scenario = Scenario(
        key="/".join(part for part in (key or folder.resolve().name, redesign) if part),
        name=name,
        about=settings.name("about", Name()),
        first_day=settings.day("first_day"),
        projection=settings.flag("projection", False),
        procedure=today,
        changes=(),
        offices=offices,
        hours=hours,
        handling=_handling(settings.table("handling")),
        cases=_cases(settings.table("cases")),
        counts=_counts(settings),
        replications=settings.table("simulation").whole("replications", 30, low=1, high=100_000),
        seed=settings.table("simulation").whole("seed", 1, low=0, high=2**63 - 1),
        provenance=_provenance(settings),
        redesigns=_ordered_redesigns(folder, settings),
        folder=folder,
        today=today,
        life=read_life(
            settings,
            folder,
            closing=settings.table("handling").text("closing", "pause"),
            offices={each.key: (each.windows, each.reviewers) for each in offices},
            hours=[each.key for each in hours],
            steps={step.key: step.kind for step in today.steps},
            first_day=settings.day("first_day"),
        ),
    )
    if trace := scenario.life.arrivals.trace:
        scenario = replace(scenario, cases=replace(scenario.cases, number=len(trace)))
    ways = read_ways(
        settings,
        offices=[office.key for office in offices],
        steps=today.keys,
        on=scenario.first_day,
    )
    scenario = replace(scenario, life=replace(scenario.life, ways=ways))
    if settings.has("type") or settings.has("tables"):
        scenario = _with_sorts(scenario, settings, reading)
    else:
        for table in settings.tables("waiting"):
            if table.has("type"):
                table.wrong("type", "there is no [[type]] that cases in the house could be of")
    settings.table("simulation").only(("replications", "seed"))
    _check_first_day(settings, scenario)
    if not lost:
        _check_staff(scenario, settings.file, reading)
    if reading.problems:
        raise InputError(reading.problems)
    return _with_levers(scenario, placed)


def _with_sorts(scenario: Scenario, settings: Settings, reading: Reading) -> Scenario:
    """Return the scenario with the sorts of cases that it names."""
    folder, sound = scenario.folder, not reading.problems
    sorts: tuple[CaseSort, ...] = read_sorts(
        settings,
        folder,
        _catalogue(folder, settings) if sound else None,
        items=scenario.today.keys,
        first_day=scenario.first_day,
    )
    for table, group in zip(settings.tables("waiting"), scenario.life.waiting, strict=True):
        _check_type(table, group, sorts)
    if not sorts:
        return scenario
    number, per_year = (sum(getattr(s, name) for s in sorts) for name in ("number", "per_year"))
    mixed = any(profile.items for sort in sorts for profile in sort.profiles)
    today = replace(scenario.today, mixed=mixed)
    return replace(
        scenario, cases=Cases(number, per_year), sorts=sorts, today=today,
        procedure=replace(scenario.procedure, mixed=mixed),
    )  # fmt: skip


def _check_type(table: Settings, group: Waiting, sorts: Sequence[CaseSort]) -> None:
    """Note what is wrong with the type of cases in the house, or with their steps."""
    known = {sort.key: sort for sort in sorts}
    if not group.type:
        table.wrong("type", f"which [[type]] they are of was expected: {', '.join(known)}")
    elif group.type not in known:
        table.wrong("type", f"no type is called '{group.type}'{did_you_mean(group.type, known)}")
    else:
        profiles = known[group.type].profiles
        items = {key for profile in profiles for key in profile.items}
        for step in group.done if all(profile.items for profile in profiles) else ():
            if step not in items:
                hint = did_you_mean(step, items)
                table.wrong("done", f"cases of {group.type} have no step '{step}'{hint}")


def _catalogue(folder: Path, settings: Settings) -> Catalogue:
    """Return the items as decision tables know them; their mistakes are told already."""
    prerequisites = _inside(folder, settings, "prerequisites", "prerequisites.csv")
    return read_catalogue(
        _inside(folder, settings, "items", "items.csv"),
        prerequisites if prerequisites.exists() else None,
        Reading(),
    )


def redesigns_of(folder: Path) -> tuple[str, ...]:
    """Return the names of a scenario's redesigns, sorted."""
    return tuple(sorted(path.stem for path in (folder / REDESIGNS).glob("*.toml")))


def _ordered_redesigns(folder: Path, settings: Settings) -> tuple[str, ...]:
    """Return the redesigns in the order that the scenario lists, unlisted ones last."""
    known = redesigns_of(folder)
    listed = settings.texts("redesigns", required=False)
    for name in listed:
        if name not in known:
            settings.wrong(
                "redesigns", f"no redesign is called '{name}'{did_you_mean(name, known)}"
            )
    first = tuple(dict.fromkeys(name for name in listed if name in known))
    return (*first, *(name for name in known if name not in first))


def apply_levers(
    procedure: Procedure, placed: tuple[Placed, ...]
) -> tuple[Procedure, tuple[Change, ...]]:
    """Apply levers in order.

    Raises
    ------
    InputError
        At the first lever that is refused, with its file and line; later levers
        would stand on a procedure that does not exist.
    """
    changes: list[Change] = []
    for place in placed:
        try:
            procedure, change = place.lever.apply(procedure)
        except Refused as refused:
            told = Said(
                f"{refused.lever}: refused: {refused.sentence('en')}",
                f"{refused.lever}：被拒绝：{refused.sentence('zh')}",
            )
            raise InputError.at(place.file, place.line, told) from refused
        changes.append(change)
    return procedure, tuple(changes)


def _with_levers(scenario: Scenario, placed: tuple[Placed, ...]) -> Scenario:
    procedure, changes = apply_levers(scenario.procedure, placed)
    named = replace(procedure, name=scenario.name)
    changed = replace(scenario, procedure=named, changes=changes)
    reading = Reading()
    _check_staff(changed, placed[-1].file if placed else SCENARIO_FILE, reading)
    if reading.problems:
        raise InputError(reading.problems)
    return changed


def with_levers(
    scenario: Scenario,
    levers: Sequence[Lever | str | Mapping[str, Any]],
    name: Name | None = None,
) -> Scenario:
    """Return a design with further levers; see :meth:`Scenario.with_levers`."""
    reading = Reading()
    placed: list[Placed] = []
    for number, given in enumerate(levers, 1):
        lever: Lever | None
        if isinstance(given, str | Mapping):
            values = {"kind": given} if isinstance(given, str) else dict(given)
            lever = read_lever(Settings("with_levers", values, reading, {(): number}))
        else:
            lever = given
        if lever is not None:
            placed.append(Placed(lever, "with_levers", number))
    if reading.problems:
        raise InputError(reading.problems)
    words = [each.lever.word for each in placed]
    told = " + ".join(words)
    if name is None:
        old = scenario.name
        name = Name(f"{old.in_language('zh')} + {told}", f"{old.in_language('en')} + {told}")
    changed = _with_levers(replace(scenario, name=name), tuple(placed))
    return replace(
        changed,
        key="+".join((scenario.key, *words)),
        changes=(*scenario.changes, *changed.changes),
        added=(*scenario.added, *(each.lever for each in placed)),
        redesigns=(),
    )


def _redesign(folder: Path, name: str, reading: Reading) -> tuple[Name, tuple[Placed, ...]]:
    """Return a redesign's name and its levers, those of its bases first."""
    known = redesigns_of(folder)
    chain: list[Settings] = []
    title = Name(name)
    seen: list[str] = []
    at, file, line = name, str(folder), 0
    while at:
        if at not in known:
            hint = did_you_mean(at, known) or f" (there are: {', '.join(known) or 'none'})"
            reading.wrong(file, line, f"no redesign is called '{at}'{hint}")
            return title, ()
        if at in seen or len(seen) > _DEEPEST_BASE:
            reading.wrong(file, line, f"base: redesigns build on each other: {' -> '.join(seen)}")
            return title, ()
        seen.append(at)
        settings = read_toml(folder / REDESIGNS / f"{at}.toml", reading, f"{REDESIGNS}/{at}.toml")
        settings.only(("base", "name", "about", "lever"))
        if at == name:
            title = settings.name("name", Name(name))
        chain.append(settings)
        file, line = settings.file, settings.line("base")
        at = settings.text("base", "")
    placed: list[Placed] = []
    for settings in reversed(chain):
        for table in settings.tables("lever"):
            lever = read_lever(table)
            if lever is not None:
                placed.append(Placed(lever, settings.file, table.line()))
    return title, tuple(placed)


def _inside(folder: Path, settings: Settings, key: str, default: str) -> Path:
    """Return a file beside the scenario; one outside its folder is a problem."""
    name = settings.text(key, default)
    path = inside(folder, name)
    if path is None:
        settings.wrong(key, f"'{name}' lies outside the scenario's folder")
        return folder / default
    return folder / name


def _hours(settings: Settings) -> tuple[Hours, ...]:
    table = settings.table("hours")
    if not table.values:
        settings.wrong("hours", "at least one set of opening hours is needed under [hours]")
        return (Hours("office", ((9 * 3600, 17 * 3600),)),)
    every = []
    for key in table.values:
        intervals: list[tuple[int, int]] = []
        if table.values[key] == []:
            table.wrong(key, "never opens: give at least one interval such as '09:00-12:00'")
        for text in table.texts(key):
            found = _INTERVAL.match(text.strip())
            if not found:
                table.wrong(key, f"'{text}' is not an interval such as '09:00-12:00'")
                continue
            start, end = (
                int(found[hour]) * 3600 + int(found[minute]) * 60
                for hour, minute in ((1, 2), (3, 4))
            )
            if not start < end <= 86400 or int(found[2]) > 59 or int(found[4]) > 59:
                table.wrong(key, f"'{text}' closes before it opens or is not a time of day")
                continue
            if intervals and start < intervals[-1][1]:
                table.wrong(key, f"'{text}' overlaps the interval before it")
                continue
            intervals.append((start, end))
        every.append(Hours(key, tuple(intervals) or ((9 * 3600, 17 * 3600),)))
    return tuple(every)


def _offices(path: Path, hours: tuple[Hours, ...], reading: Reading) -> tuple[Office, ...]:
    table = reading.take(read_table(path, OFFICE_COLUMNS))
    offices: dict[str, Office] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        key = row["key"]
        if not key or key_problem(key):
            reading.wrong(table.file, row.line, f"key: '{key}' {key_problem(key) or 'is empty'}")
            continue
        if key in offices:
            reading.wrong(
                table.file, row.line, f"key: '{key}' stands twice (first on line {lines[key]})"
            )
            continue
        people = {}
        for column, low in (("windows", 0), ("reviewers", 1)):
            cell = row[column]
            if not cell.isdecimal() or not low <= int(cell[:9]) <= 100_000:
                reading.wrong(
                    table.file,
                    row.line,
                    f"{column}: '{cell[:40]}' is not a whole number of people, {low} or more",
                )
            people[column] = int(cell[:9]) if cell.isdecimal() else low
        keeps = row["hours"] or hours[0].key
        if keeps not in {h.key for h in hours}:
            hint = did_you_mean(keeps, [h.key for h in hours])
            reading.wrong(table.file, row.line, f"hours: no [hours] are called '{keeps}'{hint}")
            keeps = hours[0].key
        name = Name(row["name_zh"], row["name_en"])
        offices[key] = Office(
            key,
            name if name.zh or name.en else Name(key, key),
            people["windows"],
            people["reviewers"],
            keeps,
            row["provenance"],
        )
        lines[key] = row.line
    return tuple(offices.values())


def _handling(table: Settings) -> Handling:
    table.only(("window_minutes", "review_share", "spread", "closing"))
    closing = table.text("closing", "pause")
    if closing not in ("pause", "finish"):
        table.wrong(
            "closing",
            f"'{closing}': only 'pause' (work goes on next shift) and 'finish' are known",
        )
    shares = table.table("review_share")
    known = {kind.value: kind for kind in Kind}
    shares.only((*known, "default"))
    default = shares.number("default", 0.1, high=1.0)
    share = {
        kind: round(1000 * shares.number(word, default, high=1.0)) for word, kind in known.items()
    }
    return Handling(table.whole("window_minutes", 0, high=480), share, _spread(table))


def _spread(table: Settings) -> Distribution:
    spread = table.table("spread")
    if not spread.values:
        return Fixed(1.0)
    word = spread.text("distribution")
    parameters: Mapping[str, object] = {
        key: value for key, value in spread.values.items() if key != "distribution"
    }
    problems = problems_of(word, parameters)
    for problem in problems:
        table.wrong("spread", problem)
    return Fixed(1.0) if problems else distribution_of(word, parameters)


def _cases(table: Settings) -> Cases:
    table.only(("number", "per_year"))
    per_year = table.whole("per_year", 100, low=1, high=10_000_000)
    return Cases(table.whole("number", per_year, low=1, high=10_000_000), per_year)


def _counts(settings: Settings) -> tuple[str, ...]:
    counts = settings.texts("counts", required=False) or _COUNTS[:3]
    for word in counts:
        if word not in _COUNTS:
            settings.wrong("counts", f"'{word}' is not one of {', '.join(_COUNTS)}")
    return counts


def _jurisdiction(settings: Settings) -> str:
    place = settings.text("jurisdiction", NATION)
    if not _JURISDICTION.match(place):
        settings.wrong("jurisdiction", f"'{place}' is not a place such as CN or CN-ZJ-JX")
        return NATION
    return place


def _provenance(settings: Settings) -> str:
    word = settings.text("provenance", "assumption")
    if word not in PROVENANCES:
        hint = did_you_mean(word, PROVENANCES)
        settings.wrong("provenance", f"'{word}' is not one of {', '.join(PROVENANCES)}{hint}")
        return "assumption"
    return word


def _check_first_day(settings: Settings, scenario: Scenario) -> None:
    days = WorkingDays.china(projection=scenario.projection)
    if not days.first <= scenario.first_day < days.last:
        settings.wrong(
            "first_day",
            f"{scenario.first_day} lies outside the published working days "
            f"({days.first} to {days.last})",
        )


def _check_staff(scenario: Scenario, file: str, reading: Reading) -> None:
    """Every step that people work on must have an office with reviewers."""
    known = {office.key for office in scenario.offices}
    for step in scenario.procedure.steps:
        if step.kind in (Kind.NOTICE, Kind.WAIT) or not step.department:
            continue
        for key in step.departments:
            # the table of items tells of its own departments, with their lines
            if key not in known and not any(f"'{key}'" in str(each) for each in reading.problems):
                hint = did_you_mean(key, known)
                reading.wrong(file, 0, f"{step.key}: no office is called '{key}'{hint}")
