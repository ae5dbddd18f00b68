"""A design as a saved run remembers it, and what has changed since."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.lever_groups import levers_of
from rules import Edge, Name, Place, Step
from scenarios import Scenario
from scenarios.reader import REDESIGNS, SCENARIO_FILE
from scenarios.scenario import Office

_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Changed:
    """One difference between a design and an earlier one.

    Attributes
    ----------
    what : Name
        For instance ``S26 Drawing review: days 7 wd -> 10 wd``.
    place : Place
        Where it stands now; the file alone for what is gone.
    """

    what: Name
    place: Place

    def sentence(self, language: str) -> str:
        """Say it with its place."""
        text = self.what.in_language(language)
        return f"{text}（{self.place}）" if language == "zh" else f"{text}  ({self.place})"


def design_record(scenario: Scenario) -> dict[str, Any]:
    """Return what later checks compare with: items, prerequisites, offices, levers, cases."""
    return {
        "items": {step.key: _item(step) for step in scenario.today.steps},
        "prerequisites": {str(edge): _edge(edge) for edge in scenario.today.edges},
        "offices": {office.key: _office(office) for office in scenario.offices},
        "levers": [change.sentence("en") for change in scenario.changes],
        "levers_zh": [change.sentence("zh") for change in scenario.changes],
        "cases": {
            "number": str(scenario.cases.number),
            "per_year": str(scenario.cases.per_year),
        },
    }


def changes_since(record: Mapping[str, Any], scenario: Scenario) -> tuple[Changed, ...]:
    """Return what is different in a design since it was recorded, with file and line."""
    now = design_record(scenario)
    folder = scenario.folder
    items, prerequisites, offices = (
        _Lines(folder / f"{name}.csv") for name in ("items", "prerequisites", "offices")
    )
    found = [
        *_table_changes(record, now, "items", items.place),
        *_table_changes(
            record, now, "prerequisites", lambda key: prerequisites.place(*key.split("->"))
        ),
        *_table_changes(record, now, "offices", offices.place),
    ]
    found += _lever_changes(record, now, scenario)
    old_cases, new_cases = record.get("cases", {}), now["cases"]
    place = Place(shown(folder / SCENARIO_FILE))
    found += [
        Changed(_values_changed("cases", key, old_cases[key], new), place)
        for key, new in new_cases.items()
        if key in old_cases and old_cases[key] != new
    ]
    return tuple(found)


def shown(path: Path) -> str:
    """Return a path as a planner in the current folder would type it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _item(step: Step) -> dict[str, str]:
    return {
        "name": step.name.in_language("en"),
        "department": step.department,
        "kind": step.kind.value,
        "days": str(step.duration),
        "limit": str(step.limit) if step.limit else "",
        "visits": str(step.visits),
        "documents": str(step.documents),
    }


def _edge(edge: Edge) -> dict[str, str]:
    return {
        "strength": edge.strength.value,
        "lag": str(edge.lag),
        "preworkable": str(edge.preworkable),
    }


def _office(office: Office) -> dict[str, str]:
    return {
        "windows": str(office.windows),
        "reviewers": str(office.reviewers),
        "hours": office.hours,
    }


_WORDS = {"items": "环节", "prerequisites": "前置", "offices": "部门"}
_SINGULAR = {"items": "item", "prerequisites": "prerequisite", "offices": "office"}


def _table_changes(
    record: Mapping[str, Any], now: Mapping[str, Any], table: str, place: Callable[[str], Place]
) -> list[Changed]:
    old, new = record.get(table, {}), now[table]
    zh, en = _WORDS[table], _SINGULAR[table]
    found = []
    for key in dict.fromkeys((*new, *old)):
        if key not in old:
            found.append(Changed(Name(f"新增{zh} {key}", f"{en} {key} is new"), place(key)))
        elif key not in new:
            found.append(Changed(Name(f"{zh} {key} 已删除", f"{en} {key} is gone"), place(key)))
        else:
            found += [
                Changed(_values_changed(key, field, old[key][field], value), place(key))
                for field, value in new[key].items()
                if field in old[key] and old[key][field] != value
            ]
    return found


def _values_changed(key: str, field: str, old: str, new: str) -> Name:
    text = f"{key}: {field} {old or '-'} -> {new or '-'}"
    return Name(text, text)


def _lever_changes(
    record: Mapping[str, Any], now: Mapping[str, Any], scenario: Scenario
) -> list[Changed]:
    old = record.get("levers", [])
    old_zh = record.get("levers_zh", old)
    found = []
    placed = levers_of(scenario)
    for at, (en, zh) in enumerate(zip(now["levers"], now["levers_zh"], strict=True)):
        if en not in old:
            place = Place(shown(placed[at].file), placed[at].line)
            found.append(Changed(Name(f"新举措：{zh}", f"new lever: {en}"), place))
    redesign = scenario.key.partition("/")[2]
    file = scenario.folder / (f"{REDESIGNS}/{redesign}.toml" if redesign else SCENARIO_FILE)
    found += [
        Changed(Name(f"举措已取消：{zh}", f"lever gone: {en}"), Place(shown(file)))
        for en, zh in zip(old, old_zh, strict=False)
        if en not in now["levers"]
    ]
    return found


class _Lines:
    """On which line of a CSV table a row stands; 0 where it cannot be told."""

    def __init__(self, path: Path) -> None:
        self.file = shown(path)
        self.rows: list[tuple[int, list[str]]] = []
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030", errors="replace")
        reader = csv.reader(io.StringIO(text, newline=""))
        line = 1
        for cells in reader:
            self.rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1

    def place(self, *keys: str) -> Place:
        """Return the place of the first row that holds all keys, the first in its first cells."""
        for line, cells in self.rows:
            if cells and cells[: len(keys)] == list(keys):
                return Place(self.file, line)
        for line, cells in self.rows:
            if all(key in cells for key in keys):
                return Place(self.file, line)
        return Place(self.file)
