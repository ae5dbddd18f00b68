"""Scenarios of Prosimos (BPMN and a JSON file of parameters) as plans.

Read are choices, loops, parallel branches, durations and timers, people with their hours,
and arrivals. What a plan cannot hold (several kinds of people for one task, batches,
priorities, case attributes) is refused with the place in the file. Prosimos draws again
what lies outside ``min`` and ``max``; so do we.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rules import Calendar, Name
from rules.problems import InputError, Place, Problem, did_you_mean
from scenarios.arrivals import Gaps
from scenarios.bounded_distributions import ShiftedExponential, TruncatedNormal
from scenarios.bpmn_model import EVENTS, Model, read_model
from scenarios.distributions import Distribution, Fixed, Gamma, Lognormal, Triangular, Uniform
from scenarios.flow_graph import blocks_of
from scenarios.flow_plan import Activity, Imported, plan_of_blocks
from scenarios.plan import Part, Pool

FIRST_DAY = date(2023, 1, 2)
"""A Monday; Prosimos takes the day of a run from its caller."""
DAYS = 3660

_WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_KNOWN = {
    "task_resource_distribution", "resource_calendars", "gateway_branching_probabilities",
    "arrival_time_distribution", "arrival_time_calendar", "resource_profiles",
    "event_distribution",
}  # fmt: skip
_UNREAD = {
    "batch_processing": "batches", "priority_rules": "priority rules",
    "case_attributes": "case attributes", "global_attributes": "attributes",
    "event_attributes": "attributes", "branch_rules": "branch rules",
    "multitask": "several tasks at a time", "prioritisation_rules": "priority rules",
    "prioritization_rules": "priority rules", "gateway_execution_limit": "limits of gateways",
}  # fmt: skip


def read_prosimos(
    drawing: Path, parameters: Path, cases: int, first_day: date = FIRST_DAY
) -> Imported:
    """Return a Prosimos scenario as a plan.

    Parameters
    ----------
    drawing, parameters : Path
        The BPMN file and the JSON file.
    cases : int
        How many come; Prosimos takes it from its caller, too.
    first_day : date
        First day of the run.

    Raises
    ------
    InputError
        With everything that is missing, makes no sense or cannot be expressed.
    """
    model = read_model(_bytes(drawing), str(drawing))
    model.notes.clear()  # they say what a procedure cannot hold; a plan can hold more
    said = _Said(str(parameters), _document(parameters))
    return said.imported(model, cases, first_day)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror or error}") from None


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(_bytes(path).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError.at(str(path), error.lineno, f"is not JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError.at(str(path), 0, f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise InputError.at(str(path), 0, "is not a JSON object of parameters")
    return document


@dataclass(slots=True)
class _Hours:
    """Calendars by their weekly hours, each once."""

    first_day: date
    found: dict[tuple[tuple[tuple[int, int], ...], ...], int]

    def number(self, week: Sequence[Sequence[tuple[int, int]]]) -> int:
        return self.found.setdefault(tuple(tuple(day) for day in week), len(self.found))

    def calendars(self) -> tuple[Calendar, ...]:
        shift = self.first_day.weekday()
        return tuple(
            Calendar.of_days(self.first_day, [week[(shift + day) % 7] for day in range(DAYS)])
            for week in self.found
        )


class _Said:
    """The parameters, read with every complaint collected."""

    def __init__(self, file: str, document: Mapping[str, Any]) -> None:
        self.file = file
        self.document = document
        self.problems: list[Problem] = []

    def _say(self, message: str) -> None:
        self.problems.append(Problem(Place(self.file, 0), message))

    def imported(self, model: Model, cases: int, first_day: date) -> Imported:
        for key, value in self.document.items():
            if key in _UNREAD and value:
                self._say(f"{key}: {_UNREAD[key]} cannot be expressed")
            elif key not in _KNOWN | set(_UNREAD):
                hint = did_you_mean(key, _KNOWN)
                self._say(f"{key}: unknown{hint}; it may change the run")
        hours = _Hours(first_day, {})
        try:
            activities, pools, come = self._parts(model, hours)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as wrong:
            self._say(f"cannot be read as Prosimos parameters: {type(wrong).__name__} {wrong}")
            raise InputError(self.problems) from None
        if self.problems:
            raise InputError(self.problems)
        flows = {
            path["path_id"]: float(path["value"])
            for gateway in self.document.get("gateway_branching_probabilities", [])
            for path in gateway["probabilities"]
        }
        block = blocks_of(model, flows)
        key = Path(model.file).stem
        made = plan_of_blocks(block, activities, pools, hours.calendars(), (come, cases, 0), key)
        notes = (*(str(note) for note in sorted(model.notes)), *made.notes)
        return Imported(made.plan, notes)

    def _parts(
        self, model: Model, hours: _Hours
    ) -> tuple[dict[str, Activity], tuple[Pool, ...], Gaps]:
        door = hours.number(self._week(self.document["arrival_time_calendar"]))
        assert door == 0  # the plan's arrivals follow calendar 0
        gap = self._time("arrival_time_distribution", self.document["arrival_time_distribution"])
        weeks = {
            calendar["id"]: hours.number(self._week(calendar["time_periods"]))
            for calendar in self.document["resource_calendars"]
        }
        always = hours.number([[(0, 86_400)]] * 7)
        pools: list[Pool] = []
        pool_of: dict[str, int] = {}
        for profile in self.document["resource_profiles"]:
            for person in profile["resource_list"]:
                if person["calendar"] not in weeks:
                    hint = did_you_mean(person["calendar"], weeks)
                    self._say(f"{person['name']}: no calendar {person['calendar']!r}{hint}")
                    continue
                pool_of[person["id"]] = len(pools)
                amount, name = int(person["amount"]), str(person["name"])
                calendar = weeks[person["calendar"]]
                pools.append(Pool(str(person["id"]), Name(en=name), amount, calendar))
        activities = {}
        for task in self.document["task_resource_distribution"]:
            node = model.nodes.get(task["task_id"])
            if node is None:
                self._say(f"task {task['task_id']!r} is not in the drawing")
                continue
            name = node.name or node.id
            if len(task["resources"]) != 1:
                count = len(task["resources"])
                self._say(f"{name}: {count} kinds of people may do it; one can be expressed")
                continue
            (one,) = task["resources"]
            pool = pool_of.get(one["resource_id"])
            if pool is None:
                self._say(f"{name}: no resource {one['resource_id']!r}")
                continue
            time = self._time(name, one)
            activities[node.id] = Activity(name, time, pool, pools[pool].calendar)
        for event in self.document.get("event_distribution") or []:
            node = model.nodes.get(event["event_id"])
            if node is None:
                self._say(f"event {event['event_id']!r} is not in the drawing")
                continue
            time = self._time(node.name or node.id, event)
            activities[node.id] = Activity(node.name or node.id, time, -1, always, Part.APPLICANT)
        for node in model.nodes.values():
            if node.id in activities or node.left_out or "Gateway" in node.kind:
                continue
            if node.kind in EVENTS and node.kind != "intermediateCatchEvent":
                activities[node.id] = Activity(node.name, Fixed(0), -1, always)
            else:
                self._say(f"{node.kind} '{node.name or node.id}' has no duration")
        return activities, tuple(pools), Gaps(gap)

    def _week(self, periods: Sequence[Mapping[str, str]]) -> list[list[tuple[int, int]]]:
        """Return the open stretches of each weekday, those that touch or overlap joined."""
        week: list[list[tuple[int, int]]] = [[] for _ in _WEEK]
        for period in periods:
            first, last = (_WEEK.index(period[word].upper()) for word in ("from", "to"))
            # opened parts of a second count whole, so that nobody at the door is too late
            begin = int(_seconds(period["beginTime"]))
            end = math.ceil(_seconds(period["endTime"]))
            for day in range(first, last + 1 if last >= first else last + 8):
                week[day % 7].append((begin, end or 86_400))
        return [_joined(day) for day in week]

    def _time(self, of: str, said: Mapping[str, Any]) -> Distribution:
        """Return a duration in seconds."""
        values = [float(each["value"]) for each in said["distribution_params"]]
        word = said["distribution_name"]
        try:
            time = _distribution(word, values)
        except (ValueError, ZeroDivisionError) as wrong:
            self._say(f"{of}: {word} {values}: {wrong}")
            return Fixed(0)
        self.problems += [Problem(Place(self.file, 0), f"{of}: {line}") for line in time.wrong()]
        return time


def _distribution(word: str, values: Sequence[float]) -> Distribution:
    """Return a distribution by Prosimos's words: its own parameters, then min and max."""
    if word == "fix":
        return Fixed(values[0])
    needed = {"expon": 3, "norm": 4, "uniform": 2, "triang": 3, "gamma": 4, "lognorm": 4}
    if word not in needed:
        known = ", ".join(("fix", *needed))
        raise ValueError(f"not known; known are {known}{did_you_mean(word, needed)}")
    if len(values) != needed[word]:
        raise ValueError(f"{needed[word]} parameters were expected")
    if word == "expon":
        mean, low, high = values
        return ShiftedExponential(low, mean - low, high)
    if word == "norm":
        mean, sd, low, high = values
        return TruncatedNormal(mean, sd, low, high)
    if word == "uniform":
        return Uniform(*values)
    if word == "triang":
        mode, low, high = values
        return Triangular(low, mode, high)
    mean, variance, low, high = values
    if low > 0 or high < mean + 20 * variance**0.5:
        raise ValueError("bounds that cut the distribution cannot be expressed")
    cv = variance**0.5 / mean
    return Gamma(mean, cv) if word == "gamma" else Lognormal(mean, cv)


def _seconds(moment: str) -> float:
    hours, minutes, seconds = moment.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds)).total_seconds()


def _joined(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(stretches):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined
