"""The procedures of a portfolio file: steps, waits and what may be simulated beforehand.

A simulated pre-approval of step *b* on the draft of step *a*: *b* may start before *a* is
over, and a conversion follows that turns the draft decision into the formal one as soon
as *a*'s result is there. Doing *b* again for a part of the cases is put into the
conversion as its expected days. Whether to use it is decided for each project: the
conversion step has a first way, "none", of no days and no people.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from optimizer.file_values import Reader
from optimizer.json_lines import Path

CONVERSION = ":convert"
"""What a conversion step's key has behind that of its step."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of doing a step, by the file's names."""

    days: int
    needs: tuple[tuple[str, int], ...] = ()
    uses: tuple[tuple[str, int], ...] = ()
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step with its ways."""

    key: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait between two steps; with a switch it counts only if that is on, or off.

    ``any_slot`` counts days on which anybody works, not only the file's working days.
    """

    before: str
    after: str
    lag: int = 0
    natural: bool = True
    at_most: bool = False
    from_start: bool = False
    switch: str = ""
    when_on: bool = False
    any_slot: bool = False


@dataclass(frozen=True, slots=True)
class PreApproval:
    """Step ``after`` may be simulated once a share of step ``before`` is done."""

    before: str
    after: str
    start_after: float
    convert: int
    rework: float


@dataclass(frozen=True, slots=True)
class ProcedureDraft:
    """A procedure as it stands in the file."""

    steps: tuple[StepDraft, ...]
    own_waits: tuple[Wait, ...]
    preapprovals: tuple[PreApproval, ...]

    @property
    def keys(self) -> set[str]:
        """The keys of the steps."""
        return {step.key for step in self.steps}

    def for_project(self, days: dict[str, int]) -> list[StepDraft]:
        """Return the steps of one project: with its own days, and conversions behind."""
        steps = [
            replace(step, ways=tuple(replace(way, days=days[step.key]) for way in step.ways))
            if step.key in days
            else step
            for step in self.steps
        ]
        by_key = {step.key: step for step in steps}
        for one in self.preapprovals:
            way = by_key[one.after].ways[0]
            again = math.floor(one.rework * way.days + 0.5)
            conversion = Way(one.convert + again, way.needs if one.convert + again else ())
            steps.append(StepDraft(one.after + CONVERSION, (Way(0), conversion)))
        return steps

    def waits(self, drafts: list[StepDraft]) -> Iterator[Wait]:
        """Yield the waits of one project.

        What follows a step that may be simulated follows its conversion, which without
        pre-approval takes no time.
        """
        converted = {one.after: one for one in self.preapprovals}
        days = {draft.key: draft.ways[0].days for draft in drafts}

        def formal(key: str) -> str:
            return key + CONVERSION if key in converted else key

        for wait in self.own_waits:
            before = wait.before if wait.from_start else formal(wait.before)
            one = converted.get(wait.after)
            if one is None or one.before != wait.before or wait.at_most or wait.from_start:
                yield replace(wait, before=before)
                continue
            switch = wait.after + CONVERSION
            yield replace(wait, before=before, switch=switch)
            yield Wait(
                wait.before,
                wait.after,
                math.ceil(one.start_after * days[wait.before] - 1e-9),
                natural=False,
                from_start=True,
                switch=switch,
                when_on=True,
            )
            yield replace(wait, before=before, after=switch, switch=switch, when_on=True)
        for key in converted:
            switch = key + CONVERSION
            yield Wait(key, switch)
            if any(wait.at_most and wait.before == key for wait in self.own_waits):
                # a conversion that is none stays at its step's end, where longest lags begin
                yield Wait(key, switch, natural=False, at_most=True, switch=switch, any_slot=True)


def read_procedure(
    reader: Reader,
    name: str,
    offices: Collection[str],
    stocks: Collection[str],
    calendars: Collection[str],
) -> ProcedureDraft:
    """Return a procedure of the file."""
    path: Path = ("procedures", name)
    reader.table(path, required=("steps",), optional=("waits", "preapprovals"))
    steps: dict[str, StepDraft] = {}
    for number in range(len(reader.rows((*path, "steps")))):
        step = _step(reader, (*path, "steps", number), offices, stocks, calendars)
        if step.key in steps:
            reader.wrong((*path, "steps", number), f"there is a step {step.key!r} already")
        steps[step.key] = step
    waits = [
        wait
        for number in range(len(reader.rows((*path, "waits"))))
        for wait in _waits(reader, (*path, "waits", number), steps)
    ]
    preapprovals = [
        found
        for number in range(len(reader.rows((*path, "preapprovals"))))
        if (found := _preapproval(reader, (*path, "preapprovals", number), steps, waits))
    ]
    twice = [
        p.after
        for n, p in enumerate(preapprovals)
        if p.after in {q.after for q in preapprovals[:n]}
    ]
    if twice:
        reader.wrong((*path, "preapprovals"), f"step {twice[0]!r} is simulated twice")
    if circle := _circle(list(steps), waits):
        reader.wrong((*path, "waits"), f"{' waits for '.join(circle)}: a circle")
    return ProcedureDraft(tuple(steps.values()), tuple(waits), tuple(preapprovals))


def _step(
    reader: Reader,
    path: Path,
    offices: Collection[str],
    stocks: Collection[str],
    calendars: Collection[str],
) -> StepDraft:
    entry = reader.table(
        path, required=("key",), optional=("days", "needs", "uses", "calendar", "ways")
    )
    key = reader.text_at((*path, "key")) or f"step {path[-1]}"
    if key.endswith(CONVERSION):
        reader.wrong((*path, "key"), f"{CONVERSION!r} at the end is kept for conversions")
    if "ways" not in entry:
        return StepDraft(key, (_way(reader, path, offices, stocks, calendars),))
    if "days" in entry or "needs" in entry:
        reader.wrong(path, "give either 'ways' or 'days' and 'needs'")
    ways = []
    for number in range(len(reader.rows((*path, "ways")))):
        row = (*path, "ways", number)
        reader.table(row, required=("days",), optional=("needs", "uses", "calendar"))
        ways.append(_way(reader, row, offices, stocks, calendars))
    if not ways:
        reader.wrong((*path, "ways"), "at least one way was expected")
        ways = [Way(0)]
    return StepDraft(key, tuple(ways))


def _way(
    reader: Reader,
    path: Path,
    offices: Collection[str],
    stocks: Collection[str],
    calendars: Collection[str],
) -> Way:
    if "days" not in reader.table(path):
        reader.wrong(path, "'days' is missing")
        return Way(0)
    needs, uses = [], []
    for office in reader.table((*path, "needs")):
        reader.known((*path, "needs", office), office, offices, "office or meeting")
        needs.append((office, reader.whole((*path, "needs", office), 1)))
    for stock in reader.table((*path, "uses")):
        reader.known((*path, "uses", stock), stock, stocks, "stock")
        uses.append((stock, reader.whole((*path, "uses", stock), 0)))
    calendar = ""
    if "calendar" in reader.table(path):
        calendar = reader.choice((*path, "calendar"), calendars) or ""
    return Way(reader.whole((*path, "days"), 0, 10_000), tuple(needs), tuple(uses), calendar)


def _waits(reader: Reader, path: Path, steps: Collection[str]) -> Iterator[Wait]:
    entry = reader.table(
        path, required=("before", "after"), optional=("least", "most", "unit", "from")
    )
    before, after = (reader.choice((*path, key), steps) for key in ("before", "after"))
    if before is None or after is None:
        return
    if before == after:
        reader.wrong(path, f"{before!r} cannot wait for itself")
    unit = "natural"
    if "unit" in entry:
        unit = reader.choice((*path, "unit"), ("natural", "working")) or unit
    origin = "end"
    if "from" in entry:
        origin = reader.choice((*path, "from"), ("start", "end")) or origin
    least = reader.whole((*path, "least"), 0, 10_000) if "least" in entry else 0
    wait = Wait(before, after, least, natural=unit == "natural", from_start=origin == "start")
    yield wait
    if "most" in entry:
        most = reader.whole((*path, "most"), least, 10_000)
        yield replace(wait, lag=most, at_most=True)


def _preapproval(
    reader: Reader, path: Path, steps: dict[str, StepDraft], waits: list[Wait]
) -> PreApproval | None:
    entry = reader.table(
        path, required=("before", "after", "convert"), optional=("start_after", "rework")
    )
    before, after = (reader.choice((*path, key), steps) for key in ("before", "after"))
    convert = reader.whole((*path, "convert"), 0, 10_000)
    start_after = reader.share((*path, "start_after")) if "start_after" in entry else 0.0
    rework = 0.0
    if "rework" in entry:
        reader.table((*path, "rework"), required=("probability",), optional=("share",))
        rework = reader.share((*path, "rework", "probability"))
        if "share" in reader.table((*path, "rework")):
            rework *= reader.share((*path, "rework", "share"))
    if before is None or after is None:
        return None
    if not any((w.before, w.after, w.at_most) == (before, after, False) for w in waits):
        reader.wrong(
            path, f"{after!r} does not wait for {before!r}, so there is nothing to simulate"
        )
    if len(steps[after].ways) > 1:
        reader.wrong(path, f"{after!r} has several ways; a step that may be simulated has one")
    return PreApproval(before, after, start_after, convert, rework)


def _circle(steps: list[str], waits: list[Wait]) -> list[str]:
    """Return steps that wait for one another, the first one again at the end, or nothing."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(steps)
    graph.add_edges_from((w.after, w.before) for w in waits if not w.at_most)
    try:
        edges = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return []
    return [edges[0][0], *(edge[1] for edge in edges)]
