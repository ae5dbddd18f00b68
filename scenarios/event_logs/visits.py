"""An event log as visits of cases to activities, and what had to be left out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rules.problems import InputError, Place, Problem, Said

MOST_BYTES = 64 * 1024 * 1024
"""A larger file is refused before it is read."""

MOST_EVENTS = 1_000_000
"""More rows or events are refused; some 10 s and 1 GB."""

MOST_TOLD = 200
"""Rejected rows that are told one by one; all are counted."""

LONGEST = 200
"""Characters of a name; the rest is cut off."""


class Visit(NamedTuple):
    """One time that somebody has a case in hand; instants are civil seconds since 1970.

    Attributes
    ----------
    case, step : str
        The case and the activity, as the log names them.
    ready, start, end : int or None
        When it could begin, when work on it began, when it was over; None: not in the log.
    people : str
        Who did it.
    office : str
        The department, where the log has one.
    works : bool
        Whether the time from start to end is work; our own logs also tell of waits.
    """

    case: str
    step: str
    ready: int | None
    start: int | None
    end: int | None
    people: str = ""
    office: str = ""
    works: bool = True

    @property
    def first(self) -> int:
        """The earliest instant of it."""
        return next(each for each in (self.ready, self.start, self.end) if each is not None)


@dataclass(frozen=True, slots=True)
class EventLog:
    """A log that has been read.

    Attributes
    ----------
    file : str
        Its name.
    events : int
        Rows or events that were taken.
    visits : mapping of str to tuple of Visit
        By case, cases in order of their first instant, visits in order of their last.
    runs : mapping of str to str
        Replication of each case, where our own log holds several; each begins anew.
    open : frozenset of str
        Cases that the log says are not over.
    rejected : int
        Rows or events that were left out.
    problems : tuple of Problem
        Why, with the line; the first of them.
    notes : tuple of Said
        What a reader should know of how the log was read.
    """

    file: str
    events: int
    visits: Mapping[str, tuple[Visit, ...]]
    runs: Mapping[str, str]
    open: frozenset[str]
    rejected: int
    problems: tuple[Problem, ...]
    notes: tuple[Said, ...]


@dataclass(slots=True)
class Gathering:
    """Gathers a log while it is read.

    Events that tell one moment of a visit each (lifecycle: schedule, start, complete) are
    joined: a start belongs to the first visit of its case and activity that still waits for
    one, a completion to the first that was started, else to one that was scheduled.
    """

    file: str
    most: int = MOST_EVENTS
    visits: list[Visit] = field(default_factory=list)
    begun: dict[tuple[str, ...], list[Visit]] = field(default_factory=lambda: defaultdict(list))
    runs: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    seen: int = 0
    events: int = 0
    rejected: int = 0
    passed_over: int = 0

    def count(self, line: int) -> None:
        """Count a row or event, good or not.

        Raises
        ------
        InputError
            When there are too many.
        """
        self.seen += 1
        if self.seen > self.most:
            raise InputError.at(
                self.file,
                line,
                Said(
                    f"the log has more than {self.most:,} events: cut it to a shorter time",
                    f"日志超过 {self.most:,} 个事件：请截取较短的时段",
                ),
            )

    def reject(self, line: int, message: Said) -> None:
        """Leave a row out and say why."""
        self.rejected += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(Place(self.file, line), message))

    def add(self, visit: Visit, line: int) -> None:
        """Take a visit, unless its instants contradict each other."""
        told = [each for each in (visit.ready, visit.start, visit.end) if each is not None]
        if told != sorted(told):
            self.reject(line, Said("it ends before it begins", "结束时间早于开始时间"))
            return
        self.events += 1
        if visit.end is None:
            self.open.add(visit.case)
        self.visits.append(visit)

    def moment(self, key: tuple[str, ...], what: str, event: Visit, line: int) -> None:
        """Take one moment of a visit: ``ready``, ``start`` or ``end`` of it.

        Parameters
        ----------
        key : tuple of str
            Case, activity and what else tells one visit from another.
        event : Visit
            The visit with this one instant.
        """
        waiting = self.begun[key]
        at = event.first
        if what == "ready":
            waiting.append(event)
        elif what == "start":
            place = next((n for n, each in enumerate(waiting) if each.start is None), None)
            if place is None:
                waiting.append(event)
            else:
                waiting[place] = waiting[place]._replace(start=at, people=event.people)
        else:
            place = next((n for n, each in enumerate(waiting) if each.start is not None), 0)
            old = waiting.pop(place) if waiting else event
            self.add(old._replace(end=at, people=event.people or old.people), line)
            return
        self.events += 1

    def log(self) -> EventLog:
        """Return the log.

        Raises
        ------
        InputError
            If nothing in it could be read.
        """
        for waiting in self.begun.values():
            for visit in waiting:
                self.open.add(visit.case)
                self.visits.append(visit)
        if not self.visits:
            none = Said("no row of the log could be read", "日志中没有一行可以读取")
            raise InputError([Problem(Place(self.file), none), *self.problems[:20]])
        by_case: dict[str, list[Visit]] = defaultdict(list)
        for visit in self.visits:
            by_case[visit.case].append(visit)
        cases = {case: tuple(sorted(each, key=_over)) for case, each in by_case.items()}
        order = sorted(cases, key=lambda case: (min(v.first for v in cases[case]), case))
        return EventLog(
            self.file, self.events, {case: cases[case] for case in order}, self.runs,
            frozenset(self.open), self.rejected, tuple(self.problems), self._notes(),
        )  # fmt: skip

    def _notes(self) -> tuple[Said, ...]:
        notes = []
        if self.zones - {""}:
            told = ", ".join(sorted(self.zones - {""})[:4])
            notes.append(
                Said(
                    f"times are read as the clocks showed them where they were written ({told})",
                    f"时间按记录地的当地时钟读取（{told}）",
                )
            )
        if self.passed_over:
            notes.append(
                Said(
                    f"{self.passed_over} events are no schedule, start or completion and were "
                    "passed over",
                    f"有 {self.passed_over} 个事件不是到达、开始或完成，未计入",
                )
            )
        return tuple(notes)


def _over(visit: Visit) -> tuple[int, int]:
    return (visit.end if visit.end is not None else 2**62, visit.first)


def shortened(text: str) -> str:
    """Return a name in one line of bearable length."""
    return " ".join(text.split())[:LONGEST]
