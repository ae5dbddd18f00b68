"""Checks a schedule against its plan by looking at opening hours and clocks alone.

Shares no code with the optimizer: it reads the plan and each calendar's opening
intervals, adds up overlaps and sweeps over instants. It says in words what is broken.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.plan import JointWork, Plan, Work

if TYPE_CHECKING:
    from optimizer import Schedule
    from rules import Calendar


def open_ticks(calendar: Calendar, a: int, b: int) -> int:
    """Return the open ticks from ``a`` to ``b``, summed interval by interval."""
    hours = np.array(calendar.intervals, dtype=np.int64).reshape(-1, 2)
    overlap = np.minimum(hours[:, 1], b) - np.maximum(hours[:, 0], a)
    return int(np.maximum(overlap, 0).sum())


def is_open(calendar: Calendar, second: int) -> bool:
    """Whether the calendar is open in the second that begins here."""
    return open_ticks(calendar, second, second + 1) == 1


def paper(work: Work) -> int:
    """Return the ticks on paper of a step's work."""
    if isinstance(work, JointWork):
        known = {key: paper(member) for key, member in work.members}
        return int(work.rule.value(known, lambda n: n * work.day_ticks))
    return work.ticks


def desk_work(plan: Plan) -> dict[int, int]:
    """Return the ticks of work at each desk: fixed part, thousandths, the rest to the last."""
    work: dict[int, int] = {}
    for step in plan.steps:
        whole = rest = paper(step.work)
        for position, index in enumerate(step.desks):
            desk = plan.desks[index]
            is_last = position == len(step.desks) - 1
            work[index] = rest if is_last else min(rest, desk.fixed + whole * desk.share // 1000)
            rest -= work[index]
    return work


def violations(plan: Plan, schedule: Schedule) -> list[str]:
    """Return one line for each rule of the plan that the schedule breaks."""
    found: list[str] = []
    work = desk_work(plan)
    last_end = 0
    for project in range(schedule.projects):
        begin, end = schedule.desk_starts[project], schedule.desk_ends[project]
        release = schedule.releases[project]
        for index, desk in enumerate(plan.desks):
            calendar = plan.calendars[desk.calendar]
            what = f"project {project} desk {index}"
            if begin[index] < release or end[index] < begin[index]:
                found.append(f"{what}: {begin[index]}-{end[index]} is not after {release}")
            done = open_ticks(calendar, begin[index], end[index])
            if done != work[index]:
                found.append(f"{what}: {done} ticks of work instead of {work[index]}")
            if work[index] and not (
                is_open(calendar, begin[index]) and is_open(calendar, end[index] - 1)
            ):
                found.append(f"{what}: starts or ends when nobody is there")
            if not work[index] and begin[index] != end[index]:
                found.append(f"{what}: takes time without work")
        for number, step in enumerate(plan.steps):
            for first, second in zip(step.desks, step.desks[1:], strict=False):
                if begin[second] < end[first]:
                    found.append(f"project {project} {step.key}: desk {second} starts too early")
            if schedule.starts[project][number] != begin[step.desks[0]]:
                found.append(f"project {project} {step.key}: start is not its first desk's")
            if schedule.ends[project][number] != end[step.desks[-1]]:
                found.append(f"project {project} {step.key}: end is not its last desk's")
            days = Fraction(
                open_ticks(plan.calendars[0], 0, schedule.starts[project][number]), plan.day_ticks
            )
            if schedule.start_days[project][number] != days:
                found.append(f"project {project} {step.key}: its start is on working day {days}")
        for link in plan.links:
            free, start = schedule.ends[project][link.before], schedule.starts[project][link.after]
            passed = open_ticks(plan.calendars[link.lag.calendar], free, start)
            if start < free or passed < link.lag.ticks:
                found.append(f"project {project}: {link} is not respected ({free} to {start})")
        last_end = max(last_end, *end)
    found.extend(_crowded(plan, schedule))
    makespan = open_ticks(plan.calendars[0], 0, last_end)
    if (schedule.makespan_ticks, schedule.makespan) != (
        makespan,
        Fraction(makespan, plan.day_ticks),
    ):
        found.append(f"the makespan is {makespan} ticks, not {schedule.makespan_ticks}")
    if schedule.bound_ticks > makespan or schedule.bound * plan.day_ticks != schedule.bound_ticks:
        found.append(f"the bound {schedule.bound_ticks} is above the makespan {makespan}")
    if (schedule.status == "optimal") != (schedule.bound_ticks == makespan):
        found.append(f"status {schedule.status} with bound {schedule.bound_ticks} of {makespan}")
    return found


def _crowded(plan: Plan, schedule: Schedule) -> list[str]:
    """Return the instants at which a pool has more work in hand than people."""
    found: list[str] = []
    for number, pool in enumerate(plan.pools):
        changes: list[tuple[int, int]] = []
        for project in range(schedule.projects):
            for index, desk in enumerate(plan.desks):
                begin, end = (
                    schedule.desk_starts[project][index],
                    schedule.desk_ends[project][index],
                )
                if number in desk.pools and begin < end:
                    changes += [(begin, 1), (end, -1)]
        busy = 0
        for instant, change in sorted(changes):  # an end at an instant comes before a start
            busy += change
            if busy > pool.capacity:
                found.append(f"{pool.key}: {busy} at work at {instant}, of {pool.capacity}")
    return found


# portfolios, in dates


def portfolio_violations(document: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Return one line for each rule of a ``portfolio/2`` file that an answer breaks.

    Both are plain JSON. Everything is checked in dates, day by day.
    """
    return _Dates(document, answer).check()


class _Dates:
    def __init__(self, document: dict[str, Any], answer: dict[str, Any]) -> None:
        self.document, self.answer = document, answer
        first = date.fromisoformat(document["first_day"])
        last = date.fromisoformat(document["last_day"])
        self.every = [first + timedelta(n) for n in range((last - first).days + 1)]
        self.own = self._worked(document["working_days"])
        self.named = {k: self._worked(v) for k, v in document.get("calendars", {}).items()}
        self.slots = sorted(self.own.union(*self.named.values()))
        self.held: dict[str, dict[date, int]] = {}
        self.used: dict[str, int] = {}
        self.found: list[str] = []

    def _worked(self, spec: Any) -> set[date]:
        if isinstance(spec, list):
            return {date.fromisoformat(day) for day in spec}
        names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        days = {day for day in self.every if names[day.weekday()] in spec["weekdays"]}
        days |= {date.fromisoformat(day) for day in spec.get("open", ())}
        return days - {date.fromisoformat(day) for day in spec.get("closed", ())}

    def _open(self, office: str) -> set[date]:
        document = self.document
        if office in document.get("meetings", {}):
            names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            weekday = document["meetings"][office]["weekday"]
            return {day for day in self.own if names[day.weekday()] == weekday}
        name, _, centre = office.partition("@")
        entry = document["offices"][name]
        entry = entry["centres"][centre] if centre else entry
        return self.named[entry["calendar"]] if "calendar" in entry else self.own

    def _people(self, office: str, day: date) -> int:
        document = self.document
        if office in document.get("meetings", {}):
            return int(document["meetings"][office]["slots"])
        name, _, centre = office.partition("@")
        entry = document["offices"][name]
        entry = entry["centres"][centre] if centre else entry
        away = sum(
            row["people"]
            for row in entry.get("away", ())
            if date.fromisoformat(row["from"]) <= day <= date.fromisoformat(row["to"])
        )
        return int(entry["people"]) - away

    def check(self) -> list[str]:
        ends = []
        for number, project in enumerate(self.document["projects"]):
            ends.append(self._project(number, project))
        for office, days in self.held.items():
            for day in sorted(days):
                if day in self.slots_set and days[day] > self._people(office, day):
                    self.found.append(f"{office}: {days[day]} at work on {day}")
        for stock, spent in self.used.items():
            if spent > self.document["stocks"][stock]:
                self.found.append(f"{stock}: {spent} used")
        self._measures(ends)
        return self.found

    @property
    def slots_set(self) -> set[date]:
        return set(self.slots)

    def _project(self, number: int, project: dict[str, Any]) -> date:
        procedure = self.document["procedures"][project["procedure"]]
        dates, modes = self.answer["dates"][number], self.answer["modes"][number]
        spans = {
            key: (date.fromisoformat(a), date.fromisoformat(b)) for key, (a, b) in dates.items()
        }
        centres = project.get("centres") or self.document.get("centres", [])
        chosen: set[str] = set()
        days: dict[str, int] = {}
        ways: dict[str, dict[str, Any]] = {}
        for step in procedure["steps"]:
            ways[step["key"]] = step
            options = step.get("ways", [step])
            own = project.get("days", {}).get(step["key"])
            key = step["key"]
            days[key] = self._step(
                number, key, options, own, modes[key], spans[key], centres, chosen
            )
        on: set[str] = set()
        for one in procedure.get("preapprovals", ()):
            key = one["after"] + ":convert"
            if modes[key] == 1:
                continue
            on.add(one["after"])
            rework = one.get("rework", {"probability": 0})
            again = rework["probability"] * rework.get("share", 1) * days[one["after"]]
            length = one["convert"] + int(again + 0.5)
            way = {"days": length, "needs": ways[one["after"]].get("needs", {}) if length else {}}
            days[key] = self._step(
                number, key, [{"days": 0}, way], None, modes[key], spans[key], centres, chosen
            )
        if len(chosen) > 1 or (chosen and chosen != {self.answer["centres"][number]}):
            self.found.append(f"project {number}: centres {chosen}")
        release = date.fromisoformat(project["release"])
        for key, (start, _) in spans.items():
            if start < release:
                self.found.append(f"project {number} {key}: before its release")
        simulated = {p["after"]: p for p in procedure.get("preapprovals", ())}
        for wait in procedure.get("waits", ()):
            self._wait(number, wait, spans, days, on, simulated)
        for key in on:
            self._least(number, key, key + ":convert", 0, "natural", "end", spans, days)
        return max(
            (spans[key][1] for key in days if days[key]),
            default=release - timedelta(1),
        )

    def _step(
        self,
        number: int,
        key: str,
        options: list[dict[str, Any]],
        own: int | None,
        mode: int,
        span: tuple[date, date],
        centres: list[str],
        chosen: set[str],
    ) -> int:
        expanded: list[tuple[dict[str, Any], str]] = []
        for way in options:
            local = any(
                "centres" in self.document["offices"].get(office, {})
                for office in way.get("needs", {})
            )
            expanded += [(way, centre) for centre in (centres if local else [""])]
        way, centre = expanded[mode - 1]
        if centre:
            chosen.add(centre)
        days = int(way["days"] if own is None else own)
        start, end = span
        names = []
        for office in way.get("needs", {}):
            per_centre = "centres" in self.document["offices"].get(office, {})
            names.append(f"{office}@{centre}" if per_centre else office)
        for stock, amount in way.get("uses", {}).items():
            self.used[stock] = self.used.get(stock, 0) + amount
        if not days:
            return 0
        open_ = set.intersection(*(self._open(name) for name in names)) if names else set(self.own)
        span_days = [start + timedelta(n) for n in range((end - start).days + 1)]
        worked = sum(day in open_ for day in span_days)
        if worked != days or start not in open_ or end not in open_:
            self.found.append(f"project {number} {key}: {worked} days of work instead of {days}")
        for name, people in zip(names, way.get("needs", {}).values(), strict=True):
            for day in span_days:
                row = self.held.setdefault(name, {})
                row[day] = row.get(day, 0) + people
        return days

    def _wait(
        self,
        number: int,
        wait: dict[str, Any],
        spans: dict[str, tuple[date, date]],
        days: dict[str, int],
        on: set[str],
        simulated: dict[str, dict[str, Any]],
    ) -> None:
        before, after = wait["before"], wait["after"]
        unit, origin = wait.get("unit", "natural"), wait.get("from", "end")
        formal = before + ":convert" if before in on and origin == "end" else before
        least = wait.get("least", 0)
        one = simulated.get(after)
        if after in on and one is not None and one["before"] == before and origin == "end":
            early = -(-round(one["start_after"] * 1000) * days[before] // 1000)
            self._least(number, before, after, early, "working", "start", spans, days)
            self._least(number, formal, after + ":convert", least, unit, "end", spans, days)
        else:
            self._least(number, formal, after, least, unit, origin, spans, days)
        if "most" in wait:
            passed = self._passed(formal, after, unit, origin, spans, days)
            if passed > wait["most"]:
                self.found.append(f"project {number}: {wait} after {passed}")

    def _least(
        self,
        number: int,
        before: str,
        after: str,
        lag: int,
        unit: str,
        origin: str,
        spans: dict[str, tuple[date, date]],
        days: dict[str, int],
    ) -> None:
        passed = self._passed(before, after, unit, origin, spans, days)
        if passed < lag or (unit == "working" and passed < 0):
            self.found.append(
                f"project {number}: {after} {passed} {unit} days after {before}, not {lag}"
            )

    def _passed(
        self,
        before: str,
        after: str,
        unit: str,
        origin: str,
        spans: dict[str, tuple[date, date]],
        days: dict[str, int],
    ) -> int:
        """Return the days between: natural ones, or the file's working days."""
        moment = spans[before][0]
        if origin == "end" and days[before]:
            moment = spans[before][1] + timedelta(1)
        start = spans[after][0]
        if unit == "natural" or start < moment:
            return (start - moment).days
        between = (moment + timedelta(n) for n in range((start - moment).days))
        return sum(day in self.own for day in between)

    def _measures(self, ends: list[date]) -> None:
        flows, late = [], 0
        for project, end in zip(self.document["projects"], ends, strict=True):
            release = date.fromisoformat(project["release"])
            begin = next(day for day in self.slots if day >= release)
            flows.append(max(0, (end - begin).days + 1))
            if "due" in project:
                passed = (end - date.fromisoformat(project["due"])).days
                late += project.get("weight", 1) * max(0, passed)
        measures = self.answer["measures"]
        expected = {
            "flow_time": sum(flows),
            "weighted_tardiness": late,
            "p90": sorted(flows)[-(-9 * len(flows) // 10) - 1],
        }
        for goal, value in expected.items():
            # a milestone at the very end may add the days until it
            if measures[goal] < value or (self._ends_with_work() and measures[goal] != value):
                self.found.append(f"{goal} is {value}, not {measures[goal]}")
        for goal, bound in self.answer["bounds"].items():
            if bound > self.answer["values"][goal]:
                self.found.append(f"bound {bound} of {goal} is above {self.answer['values'][goal]}")
        proven = self.answer["bounds"] == self.answer["values"]
        if proven != (self.answer["status"] == "optimal"):
            self.found.append(f"status {self.answer['status']} with {self.answer['bounds']}")

    def _ends_with_work(self) -> bool:
        """Whether no step of the file is without work."""
        return all(
            way["days"] > 0
            for procedure in self.document["procedures"].values()
            for step in procedure["steps"]
            for way in step.get("ways", [step])
        ) and not any(p.get("preapprovals") for p in self.document["procedures"].values())


# files of the literature


def psplib_violations(text: str, answer: dict[str, Any]) -> list[str]:
    """Return one line for each rule of a PSPLIB file that an answer breaks."""
    lines = [line for line in text.splitlines() if not set(line.strip()) <= set("*-")]
    starts, modes = answer["starts"][0], answer["modes"][0]
    if ":" in text:
        rest = _rows(lines, "PRECEDENCE", 2, "REQUESTS")
        after = {row[0]: row[3:] for row in rest}
        ways: dict[int, dict[int, list[int]]] = {}
        job = 0
        for row in _rows(lines, "REQUESTS", 2, "RESOURCEAVAIL"):
            resources = len(_rows(lines, "RESOURCEAVAIL", 2, "~")[0])
            is_first = len(row) == resources + 3
            job = row[0] if is_first else job
            mode, *numbers = row[1:] if is_first else row
            ways.setdefault(job, {})[mode] = numbers
        there = _rows(lines, "RESOURCEAVAIL", 2, "~")[0]
        head = next(line for line in lines if "- renewable" in line)
        renewable = int(head.partition(":")[2].split()[0])
        lags = [(a, b, "end", 0) for a, row in after.items() for b in row]
    else:
        rows = [
            [int(w) for w in line.replace("[", " ").replace("]", " ").split()] for line in lines
        ]
        count, renewable = rows[0][0] + 2, rows[0][1]
        lags = [
            (row[0], later, "start", lag)
            for row in rows[1 : count + 1]
            for later, lag in zip(row[3 : 3 + row[2]], row[3 + row[2] :], strict=True)
        ]
        ways = {row[0]: {1: row[2:]} for row in rows[count + 1 : 2 * count + 1]}
        there = rows[2 * count + 1]
    found = []
    used = [0] * len(there)
    profile: dict[tuple[int, int], int] = {}
    length = 0
    chosen = {job: ways[job][modes[str(job)]] for job in ways}
    for job, (days, *requests) in chosen.items():
        length = max(length, starts[str(job)] + days)
        for resource, amount in enumerate(requests):
            used[resource] += amount
            for slot in range(starts[str(job)], starts[str(job)] + days):
                profile[resource, slot] = profile.get((resource, slot), 0) + amount
    for a, b, origin, lag in lags:
        moment = starts[str(a)] + (chosen[a][0] if origin == "end" else 0)
        if starts[str(b)] < moment + lag:
            found.append(f"{b} starts less than {lag} after {a}")
    found += [
        f"resource {r} at {slot}: {n} of {there[r]}"
        for (r, slot), n in profile.items()
        if r < renewable and n > there[r]
    ]
    found += [
        f"resource {r}: {used[r]} used of {there[r]}"
        for r in range(renewable, len(there))
        if used[r] > there[r]
    ]
    if min(starts.values()) < 0:
        found.append("something starts before time 0")
    if length != answer["makespan"]:
        found.append(f"the makespan is {length}, not {answer['makespan']}")
    return found


def _rows(lines: list[str], first: str, skip: int, until: str) -> list[list[int]]:
    begin = next(n for n, line in enumerate(lines) if line.startswith(first)) + skip
    found = []
    for line in lines[begin:]:
        if line.startswith(until):
            break
        found.append([int(word) for word in line.split()])
    return found
