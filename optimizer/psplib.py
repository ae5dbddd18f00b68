"""Reads the scheduling literature's files: PSPLIB ``.sm`` and ``.mm``, RCPSP/max ``.sch``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from optimizer.portfolio import Activity, Axis, Mode, Office, Portfolio, Project, Relation
from rules.problems import InputError

SUFFIXES = (".sm", ".mm", ".sch")
_MOST_SLOTS = 200_000
_MOST_ACTIVITIES = 5_000


def read_psplib(path: Path) -> Portfolio:
    """Return the instance in a file.

    Raises
    ------
    InputError
        With the line that cannot be read and what was expected there.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError.at(str(path), 0, "this is not a text file") from error
    lines = _Lines(str(path), text)
    portfolio = _read_max(lines) if path.suffix.lower() == ".sch" else _read_sm(lines)
    if portfolio.axis.slots > _MOST_SLOTS:
        raise lines.wrong(f"{portfolio.axis.slots} units of time are more than {_MOST_SLOTS}")
    return portfolio


class _Lines:
    """The lines of a file with their numbers, comments and rulers left out."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.rows = [
            (number, line)
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not set(line.strip()) <= set("*-")
        ]
        self.place = 0

    def wrong(self, message: str) -> InputError:
        place = min(self.place, len(self.rows)) - 1
        return InputError.at(self.file, self.rows[place][0] if place >= 0 else 0, message)

    def next(self, what: str) -> str:
        if self.place >= len(self.rows):
            raise self.wrong(f"the file ends where {what} was expected")
        self.place += 1
        return self.rows[self.place - 1][1]

    def numbers(self, what: str, least: int = 1) -> list[int]:
        """Return the whole numbers of the next line; brackets do not matter."""
        words = re.sub(r"[\[\],]", " ", self.next(what)).split()
        found = []
        for word in words:
            if not re.fullmatch(r"[+-]?\d{1,9}", word, re.ASCII):
                raise self.wrong(f"{word!r} is not a whole number of {what}")
            found.append(int(word))
        if len(found) < least:
            raise self.wrong(f"{len(found)} numbers of {what}, {least} were expected")
        return found

    def seek(self, words: str) -> None:
        while not self.next(f"'{words}'").strip().upper().startswith(words.upper()):
            pass

    def header(self, words: str) -> str:
        """Return what stands behind the colon of a line of the head."""
        while True:
            line = self.next(f"'{words} : ...'")
            if words.lower() in line.lower() and ":" in line:
                return line.partition(":")[2]

    def count(self, words: str) -> int:
        found = re.match(r"\s*(\d{1,9})", self.header(words))
        if not found:
            raise self.wrong(f"no whole number behind '{words} :'")
        return int(found[1])


def _read_sm(lines: _Lines) -> Portfolio:
    jobs = lines.count("jobs")
    if not 1 <= jobs <= _MOST_ACTIVITIES:
        raise lines.wrong(f"{jobs} jobs; from 1 to {_MOST_ACTIVITIES} were expected")
    renewable = lines.count("- renewable")
    used_up = lines.count("- nonrenewable")
    if lines.count("- doubly constrained"):
        raise lines.wrong("doubly constrained resources cannot be scheduled")
    release = _release(lines)
    lines.seek("PRECEDENCE RELATIONS")
    lines.next("the heading of the precedence relations")
    counts, relations = [], []
    for job in range(1, jobs + 1):
        row = lines.numbers(f"job {job}: number, modes, successors", 3)
        if row[0] != job or row[1] < 1 or len(row) != 3 + row[2]:
            raise lines.wrong(
                f"job {job}: its number, modes and {max(0, row[2])} successors expected"
            )
        counts.append(row[1])
        for later in row[3:]:
            if not 1 <= later <= jobs or later == job:
                raise lines.wrong(f"job {job}: there is no other job {later}")
            relations.append(Relation(job - 1, later - 1))
    lines.seek("REQUESTS/DURATIONS")
    lines.next("the heading of the durations")
    modes = [
        list(_modes(lines, job, count, renewable, used_up)) for job, count in enumerate(counts, 1)
    ]
    lines.seek("RESOURCEAVAILABILITIES")
    lines.next("the names of the resources")
    there = lines.numbers("availabilities", renewable + used_up)
    if min(there, default=0) < 0:
        raise lines.wrong(f"{min(there)} is not an availability")
    return _portfolio(lines, modes, relations, there[:renewable], there[renewable:], release)


def _release(lines: _Lines) -> int:
    """Return the first project's release date from the project information."""
    lines.seek("PROJECT INFORMATION")
    lines.next("the heading of the project information")
    return max(0, lines.numbers("project information", 3)[2])


def _modes(lines: _Lines, job: int, count: int, renewable: int, used_up: int) -> Iterator[Mode]:
    for number in range(1, count + 1):
        head = [job, number] if number == 1 else [number]
        row = lines.numbers(f"job {job}, mode {number}", len(head) + 1 + renewable + used_up)
        values = row[len(head) :]
        if row[: len(head)] != head or len(values) != 1 + renewable + used_up:
            raise lines.wrong(
                f"job {job}, mode {number}: a duration and {renewable + used_up} requests expected"
            )
        if min(values) < 0:
            raise lines.wrong(f"job {job}, mode {number}: {min(values)} is below 0")
        yield _mode(values[0], values[1 : 1 + renewable], values[1 + renewable :])


def _mode(days: int, needs: Sequence[int], uses: Sequence[int]) -> Mode:
    return Mode(
        days,
        tuple((office, people) for office, people in enumerate(needs) if people),
        tuple((stock, amount) for stock, amount in enumerate(uses) if amount),
    )


def _read_max(lines: _Lines) -> Portfolio:
    head = lines.numbers("activities, resources", 2)
    jobs, renewable = head[0] + 2, head[1]
    if any(head[2:]):
        raise lines.wrong("only renewable resources were expected in a .sch file")
    if not 2 <= jobs <= _MOST_ACTIVITIES or not 0 <= renewable <= 1000:
        raise lines.wrong(f"{jobs - 2} activities and {renewable} resources cannot be")
    relations = []
    for job in range(jobs):
        row = lines.numbers(f"activity {job}: number, modes, successors and lags", 3)
        if row[0] != job or row[1] != 1:
            raise lines.wrong(f"activity {job} with one mode was expected")
        if len(row) != 3 + 2 * row[2]:
            raise lines.wrong(
                f"activity {job}: {max(0, row[2])} successors and as many lags expected"
            )
        for later, lag in zip(row[3 : 3 + row[2]], row[3 + row[2] :], strict=True):
            if not 0 <= later < jobs:
                raise lines.wrong(f"activity {job}: there is no activity {later}")
            relations.append(Relation(job, later, lag, from_start=True))
    modes = []
    for job in range(jobs):
        row = lines.numbers(f"activity {job}: number, mode, duration, requests", 3 + renewable)
        if row[:2] != [job, 1] or len(row) != 3 + renewable or min(row) < 0:
            raise lines.wrong(
                f"activity {job}: mode 1, a duration and {renewable} requests expected"
            )
        modes.append([_mode(row[2], row[3:], ())])
    there = lines.numbers("capacities", renewable)
    if min(there, default=0) < 0:
        raise lines.wrong(f"{min(there)} is not a capacity")
    # activities are numbered from 0 in these files, from 1 in the others
    return _portfolio(lines, modes, relations, there[:renewable], [], 0, first=0)


def _portfolio(
    lines: _Lines,
    modes: Sequence[Sequence[Mode]],
    relations: Sequence[Relation],
    people: Sequence[int],
    stocks: Sequence[int],
    release: int,
    first: int = 1,
) -> Portfolio:
    longest = [max(mode.days for mode in row) for row in modes]
    for relation in relations:  # a schedule that only waits never waits longer than this
        wait = relation.lag + (0 if relation.from_start else longest[relation.before])
        longest[relation.before] = max(longest[relation.before], wait)
    slots = release + sum(longest)
    return Portfolio(
        key=Path(lines.file).stem,
        axis=Axis.plain(max(1, slots)),
        offices=tuple(Office(f"R{n + 1}", count) for n, count in enumerate(people)),
        activities=tuple(
            Activity(str(number + first), 0, tuple(row)) for number, row in enumerate(modes)
        ),
        relations=tuple(relations),
        projects=(Project(Path(lines.file).stem, release),),
        stocks=tuple((f"N{n + 1}", amount) for n, amount in enumerate(stocks)),
    )
