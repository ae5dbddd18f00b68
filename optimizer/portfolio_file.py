"""Reads a portfolio from a JSON file; docs/scheduling.md describes the format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optimizer.file_values import Reader
from optimizer.json_lines import Document
from optimizer.objectives import Goal
from optimizer.portfolio import Activity, Axis, Mode, Office, Portfolio, Project, Relation
from optimizer.portfolio_calendars import Calendars, read_calendars
from optimizer.procedure_file import ProcedureDraft, StepDraft, Way, read_procedure
from optimizer.simple_portfolio import upgraded
from rules.problems import InputError

_MOST_ACTIVITIES = 50_000
_MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class PortfolioFile:
    """A file's portfolio and what it asks to keep small."""

    portfolio: Portfolio
    goals: tuple[Goal, ...]


def read_portfolio(path: Path) -> PortfolioFile:
    """Return the portfolio in a JSON file.

    Raises
    ------
    InputError
        With everything that is wrong, each with its line.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InputError.at(str(path), 0, f"the file is larger than {_MOST_BYTES // 10**6} MB")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError.at(str(path), 0, "this is not a UTF-8 text") from error
    document = Document(str(path), text)
    reader = Reader(document)
    root = reader.table((), required=("schema",))
    if root.get("schema") == "portfolio/1":
        root = upgraded(reader)
        reader.stop()
    elif root.get("schema") != "portfolio/2":
        reader.wrong(
            ("schema",), f"{root.get('schema')!r} is neither 'portfolio/1' nor 'portfolio/2'"
        )
        reader.stop()
    reader = Reader(document, root)
    found = _Assembly(reader, path.stem).portfolio()
    reader.stop()
    return found


class _Assembly:
    """Puts the parts of one file together."""

    def __init__(self, reader: Reader, key: str) -> None:
        self.reader = reader
        self.key = key

    def portfolio(self) -> PortfolioFile:
        reader = self.reader
        root = reader.table(
            (),
            required=(
                "schema",
                "first_day",
                "last_day",
                "working_days",
                "offices",
                "procedures",
                "projects",
            ),
            optional=("calendars", "meetings", "stocks", "centres", "objective", "title"),
        )
        calendars = read_calendars(reader, root)
        reader.stop()
        centres = tuple(
            str(name) for name in reader.rows(("centres",)) if reader.text_at(("centres",))
        )
        offices, by_name = self._offices(calendars, centres)
        stocks = tuple(
            (name, reader.whole(("stocks", name), 0)) for name in reader.table(("stocks",))
        )
        procedures = {
            name: read_procedure(
                reader, name, set(by_name), {s for s, _ in stocks}, calendars.names
            )
            for name in reader.table(("procedures",))
        }
        goals = self._goals()
        reader.stop()
        self._by_name, self._stocks = by_name, {name: n for n, (name, _) in enumerate(stocks)}
        self._calendars = calendars
        activities: list[Activity] = []
        relations: list[Relation] = []
        projects: list[Project] = []
        seen: set[str] = set()
        for number in range(len(reader.rows(("projects",)))):
            project = self._project(number, calendars.axis, centres)
            path = ("projects", number)
            if project.key in seen:
                reader.wrong((*path, "key"), f"there is a project {project.key!r} already")
            seen.add(project.key)
            name = reader.choice((*path, "procedure"), procedures)
            days = reader.table((*path, "days"))
            if name is None:
                continue
            for step in days:
                reader.known((*path, "days", step), step, procedures[name].keys, "step")
            projects.append(project)
            drafts = procedures[name].for_project(
                {s: reader.whole((*path, "days", s), 0) for s in days}
            )
            self._add(drafts, procedures[name], len(projects) - 1, project, activities, relations)
            if len(activities) > _MOST_ACTIVITIES:
                reader.wrong(path, f"more than {_MOST_ACTIVITIES} steps in all projects")
                break
        reader.stop()
        portfolio = Portfolio(
            self.key,
            calendars.axis,
            offices,
            tuple(activities),
            tuple(relations),
            tuple(projects),
            stocks,
            centres,
        )
        has_due = any(project.due is not None for project in projects)
        default = (Goal.TARDINESS, Goal.FLOW_TIME) if has_due else (Goal.FLOW_TIME,)
        return PortfolioFile(portfolio, goals or default)

    def _offices(
        self, calendars: Calendars, centres: tuple[str, ...]
    ) -> tuple[tuple[Office, ...], dict[str, dict[int, int]]]:
        """Return all offices, and for each name the office of each centre (-1: of none)."""
        reader = self.reader
        found: list[Office] = []
        by_name: dict[str, dict[int, int]] = {}
        for name in reader.table(("offices",)):
            path = ("offices", name)
            entry = reader.table(path, optional=("people", "calendar", "away", "centres"))
            if "centres" in entry:
                by_name[name] = {}
                for centre in reader.table((*path, "centres")):
                    reader.known((*path, "centres", centre), centre, centres, "centre")
                    if centre in centres:
                        by_name[name][centres.index(centre)] = len(found)
                        found.append(
                            self._office((*path, "centres", centre), f"{name}@{centre}", calendars)
                        )
                missing = [c for c in centres if centres.index(c) not in by_name[name]]
                if missing:
                    reader.wrong((*path, "centres"), f"{name} has nobody in {missing[0]!r}")
            else:
                by_name[name] = {-1: len(found)}
                found.append(self._office(path, name, calendars))
        for name in reader.table(("meetings",)):
            path = ("meetings", name)
            reader.table(path, required=("weekday", "slots"), optional=("every", "first"))
            if name in by_name:
                reader.wrong(path, f"there is an office {name!r} already")
            by_name[name] = {-1: len(found)}
            slots = reader.whole((*path, "slots"), 1)
            found.append(Office(name, slots, calendars.meetings.get(name, 0)))
        return tuple(found), by_name

    def _office(self, path: tuple[str | int, ...], key: str, calendars: Calendars) -> Office:
        reader = self.reader
        entry = reader.table(path, required=("people",), optional=("calendar", "away", "centres"))
        people = reader.whole((*path, "people"), 0)
        calendar = calendars.default
        if "calendar" in entry:
            name = reader.choice((*path, "calendar"), calendars.names)
            calendar = calendars.names.get(name or "", 0)
        away = []
        for number in range(len(reader.rows((*path, "away")))):
            row = (*path, "away", number)
            reader.table(row, required=("from", "to", "people"))
            first, last = (
                reader.day((*row, "from"), calendars.first),
                reader.day((*row, "to"), calendars.first),
            )
            count = reader.whole((*row, "people"), 1)
            if last < first:
                reader.wrong(row, "'to' is before 'from'")
            if count > people:
                reader.wrong((*row, "people"), f"{count} of {people} people cannot be away")
            away.append((calendars.axis.slot_of(first), calendars.axis.slot_of(last + 1), count))
        for slot in {first for first, _, _ in away}:
            if sum(n for first, last, n in away if first <= slot < last) > people:
                reader.wrong((*path, "away"), f"more people are away at once than {key} has")
        return Office(key, people, calendar, tuple(a for a in away if a[0] < a[1]))

    def _goals(self) -> tuple[Goal, ...]:
        found = []
        for number in range(len(self.reader.rows(("objective",)))):
            name = self.reader.choice(("objective", number), {str(goal): goal for goal in Goal})
            if name is not None:
                found.append(Goal(name))
        return tuple(found)

    def _project(self, number: int, axis: Axis, centres: tuple[str, ...]) -> Project:
        reader, path = self.reader, ("projects", number)
        entry = reader.table(
            path,
            required=("key", "procedure", "release"),
            optional=("due", "weight", "days", "centres"),
        )
        release = reader.day((*path, "release"), self._calendars.first)
        slot = axis.slot_of(release)
        if release < 0 or slot >= axis.slots:
            reader.wrong((*path, "release"), "the release is not within the file's days")
        chosen = []
        for place in range(len(reader.rows((*path, "centres")))):
            name = reader.choice((*path, "centres", place), dict.fromkeys(centres))
            if name is not None:
                chosen.append(centres.index(name))
        return Project(
            str(entry.get("key")) if reader.text_at((*path, "key")) else "",
            slot,
            reader.day((*path, "due"), self._calendars.first) if "due" in entry else None,
            reader.whole((*path, "weight"), 0) if "weight" in entry else 1,
            tuple(dict.fromkeys(chosen)) or tuple(range(len(centres))),
        )

    def _add(
        self,
        drafts: list[StepDraft],
        procedure: ProcedureDraft,
        number: int,
        project: Project,
        activities: list[Activity],
        relations: list[Relation],
    ) -> None:
        base = len(activities)
        place = {draft.key: base + n for n, draft in enumerate(drafts)}
        modes: dict[str, tuple[Mode, ...]] = {}
        for draft in drafts:
            modes[draft.key] = self._modes(draft, project)
            activities.append(Activity(draft.key, number, modes[draft.key]))
        for wait in procedure.waits(drafts):
            when = None
            if wait.switch:
                converted = range(1, len(modes[wait.switch]))
                when = (place[wait.switch], tuple(converted) if wait.when_on else (0,))
            relations.append(
                Relation(
                    place[wait.before],
                    place[wait.after],
                    wait.lag,
                    from_start=wait.from_start,
                    natural=wait.natural,
                    at_most=wait.at_most,
                    when=when,
                    calendar=0 if wait.natural or wait.any_slot else self._calendars.default,
                )
            )

    def _modes(self, draft: StepDraft, project: Project) -> tuple[Mode, ...]:
        """Return each way of doing a step, once for each centre where it matters."""
        found: list[Mode] = []
        for way in draft.ways:
            local = any(-1 not in self._by_name[office] for office, _ in way.needs)
            found += [
                Mode(
                    way.days,
                    tuple(
                        (self._by_name[o].get(-1, self._by_name[o].get(centre, 0)), n)
                        for o, n in way.needs
                    ),
                    tuple((self._stocks[s], n) for s, n in way.uses),
                    centre,
                    self._clock(way),
                )
                for centre in (project.centres if local else (-1,))
            ]
        return tuple(found)

    def _clock(self, way: Way) -> int:
        """Return the calendar of a way besides its offices': theirs is enough unless it says so."""
        if way.calendar:
            return self._calendars.names[way.calendar]
        return 0 if way.needs else self._calendars.default
