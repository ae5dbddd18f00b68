"""Event logs of a run: CSV that Excel opens, XES 1.0 (IEEE 1849-2016), and Parquet."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TextIO
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from rules.files import whole_file
from scenarios.plan import IntArray, Plan
from simulator.clocks import clock_runs, reviewing
from simulator.csv_text import cells, joined
from simulator.log_columns import LOWER_REVIEW, Column, clocks_of, columns_of
from simulator.stays import held_in, up_to_consent
from simulator.trace import Outcome, Trace

if TYPE_CHECKING:
    from simulator.run import Run


class Row(NamedTuple):
    """One visit of a case to a desk, as the event log tells it; times are ticks.

    Attributes
    ----------
    replication, case : int
        Both from 0.
    step, desk : str
        The step's key and the desk's name.
    pools : str
        Keys of the pools that gave a person, joined by ``+``; empty for a mere delay.
    ready, start, end : int
        See :class:`Trace`.
    visit : int
        How often the case had been there before.
    part : str
        What the time there is; see :class:`scenarios.plan.Part`.
    type : str
        Key of the case type.
    elapsed, counted, touch : int
        The three clocks of the visit: civil ticks from ready to end, open ticks of the
        counting calendar that the legal clock ran, ticks of work.
    reason : str
        Why the law does not count the time (art. 45 and local rules); mostly empty.
    """

    replication: int
    case: int
    step: str
    desk: str
    pools: str
    ready: int
    start: int
    end: int
    visit: int
    part: str
    type: str
    elapsed: int
    counted: int
    touch: int
    reason: str = ""


def rows_of(plan: Plan, number: int, trace: Trace) -> Iterator[Row]:
    """Yield the rows of one replication by case, desk and visit."""
    names = [
        (
            plan.steps[desk.step].key,
            desk.name,
            "+".join(plan.pools[pool].key for pool in desk.pools),
        )
        for desk in plan.desks
    ]
    visits = trace.visits()
    runs, until = clock_runs(plan, visits), up_to_consent(plan, trace, visits)
    counted, touch = clocks_of(plan, visits, until, runs)
    held = held_in(plan, trace, visits)
    touch = touch if held is None else np.where(touch > 0, held, 0)
    types = trace.types_of().tolist()
    for (case, desk, visit, ready, start, end), legal, work in zip(
        visits.tolist(), counted.tolist(), touch.tolist(), strict=True
    ):
        step, name, pools = names[desk]
        yield Row(
            number, case, step, name, pools, ready, start, end, visit,
            plan.desks[desk].part.value, plan.types[types[case]].key, end - ready, legal, work,
            plan.desks[desk].reason,
        )  # fmt: skip


def write_log(run: Run, path: Path) -> None:
    """Write the event log: XES or Parquet if the path ends so, else CSV that Excel opens.

    CSV is UTF-8 with BOM, civil times in ISO 8601, clocks in seconds. The file appears
    whole or not at all.

    Raises
    ------
    NoParquet
        When neither pyarrow nor polars is installed.
    """
    with whole_file(path) as file:
        match path.suffix.lower():
            case ".xes":
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                _write_xes(run, text)
                text.flush()
                text.detach()  # the file is closed by its owner
            case ".parquet":
                from simulator.parquet_log import write_parquet

                write_parquet(run.plan.calendars[0].first_day, _chunks(run), file)
            case _:
                _write_csv(run, file)


def _write_csv(run: Run, file: BinaryIO) -> None:
    first_day = run.plan.calendars[0].first_day
    fields = (*Row._fields, LOWER_REVIEW) if reviewing(run.plan).any() else Row._fields
    file.write(f"\N{BOM}{','.join(fields)}\n".encode())
    for chunk in _chunks(run):
        file.write(joined([cells(column, first_day) for column in chunk.values()]))


def _chunks(run: Run) -> Iterator[dict[str, Column]]:
    for number, trace in enumerate(run.replications):
        yield from columns_of(run.plan, number, trace)


def _civil(plan: Plan, ticks: IntArray) -> NDArray[np.str_]:
    first = np.datetime64(plan.calendars[0].first_day, "s")
    return np.datetime_as_string(first + ticks.astype("timedelta64[s]"))


_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value="case"/></global>
<global scope="event"><string key="concept:name" value="step"/>\
<string key="lifecycle:transition" value="complete"/>\
<date key="time:timestamp" value="2000-01-01T00:00:00+08:00"/></global>
<classifier name="Step" keys="concept:name"/>
"""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MOMENTS = ("schedule", "start", "complete")


def _write_xes(run: Run, file: TextIO) -> None:
    """Write a trace for each case with the events schedule, start and complete of each visit."""
    plan, lower = run.plan, reviewing(run.plan)
    file.write(_HEAD)
    file.write(_string("concept:name", plan.key) + "\n")
    for number, trace in enumerate(run.replications):
        visits = trace.visits()
        times, desks = _civil(plan, visits[:, 3:6]).tolist(), visits[:, 1].tolist()
        outcomes = trace.outcomes().tolist()
        types = trace.types_of().tolist()
        by_case: list[list[tuple[int, int, int, str]]] = [[] for _ in outcomes]
        for place, row in enumerate(rows_of(plan, number, trace)):
            common = (
                _string("concept:name", row.step)
                + _string("org:resource", row.pools)
                + _string("desk", row.desk)
                + _string("part", row.part)
                + (_string("clock:stopped_by", row.reason) if row.reason else "")
                + f'<int key="visit" value="{row.visit}"/>'
            )
            times_of = {name: getattr(row, name) for name in ("elapsed", "counted", "touch")}
            if lower.any():
                times_of[LOWER_REVIEW] = row.counted if lower[desks[place]] else 0
            ends = "".join(
                f'<int key="clock:{name}" value="{ticks}"/>' for name, ticks in times_of.items()
            )
            for moment, (tick, when) in enumerate(
                zip((row.ready, row.start, row.end), times[place], strict=True)
            ):
                event = (
                    f"<event>{common}{_string('lifecycle:transition', _MOMENTS[moment])}"
                    f'<date key="time:timestamp" value="{when}+08:00"/>'
                    f"{ends if moment == 2 else ''}</event>\n"
                )
                by_case[row.case].append((tick, place, moment, event))
        for case, events in enumerate(by_case):
            file.write(f"<trace>{_string('concept:name', f'{number}-{case}')}")
            if len(run.replications) > 1:
                file.write(f'<int key="replication" value="{number}"/>')
            file.write(_string("case:type", plan.types[types[case]].key))
            file.write(_string("case:outcome", Outcome(outcomes[case]).name.lower()) + "\n")
            file.writelines(event for _, _, _, event in sorted(events))
            file.write("</trace>\n")
    file.write("</log>\n")


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(_CONTROL.sub("", value))}/>'
