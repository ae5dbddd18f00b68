"""Event logs as a process-mining tool reads them: nothing is lost on the way.

pm4py is read back with, never shipped: its licence is the AGPL. It is no part of the
extra ``test``; where it is not installed these tests are skipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from plans import HOUR, NINE_TO_FIVE, Task, plan_of, with_desk

from scenarios.arrivals import Poisson
from scenarios.distributions import Exponential, Fixed
from scenarios.plan import REFUSED, OwnWork, Part, Plan, Route
from scenarios.streams import stream_of
from simulator import simulate, write_log
from simulator.logs import rows_of
from simulator.run import Run

pm4py = pytest.importorskip("pm4py", reason="install the extra 'readers' to read logs back")

CHINA = timezone(timedelta(hours=8))
MOMENTS = ("schedule", "start", "complete")
Event = tuple[str, str, str, str, str, datetime]
"""Case, step, resource, desk, lifecycle and instant."""


def office() -> Plan:
    """Return a window that sends files back, an applicant, a survey and refusals."""
    desks = (((0,), 0, HOUR, 0), ((), 0, 0, 0), ((1,), 0, 0, 1000))
    plan = plan_of(
        Task("受理 & check", OwnWork(stream_of("check"), 2 * HOUR, Exponential(1)), desks=desks),
        Task("survey", 3 * HOUR, pools=(0, 1), needs=("受理 & check",)),
        capacities=(2, 1),
        calendars=(NINE_TO_FIVE,),
        arrivals=Poisson(2.0 * HOUR),
        cases=30,
    )
    plan = with_desk(plan, 0, routes=(Route(1, (0.5, 0.2)), Route(REFUSED, (0.1,))), stream=1)
    return with_desk(
        plan, 1, own=Fixed(9 * HOUR), aside=True, part=Part.APPLICANT, routes=(Route(0, (1.0,)),)
    )


@pytest.fixture(scope="module")
def run() -> Run:
    """Two replications of the office."""
    return simulate(office(), 2, seed=4)


def told(run: Run) -> Counter[Event]:
    """Return the events that the log must hold, from the traces."""
    first = run.plan.calendars[0]
    return Counter(
        (f"{number}-{row.case}", row.step, row.pools, row.desk, moment, instant)
        for number, trace in enumerate(run.replications)
        for row in rows_of(run.plan, number, trace)
        for moment, tick in zip(MOMENTS, (row.ready, row.start, row.end), strict=True)
        for instant in [first.datetime_of(tick).replace(tzinfo=CHINA)]
    )


def test_xes_is_read_back_whole(run, tmp_path):
    """pm4py finds the same cases and events: step, resource, desk, lifecycle, instant, clocks."""
    path = tmp_path / "log.xes"
    write_log(run, path)
    frame = pm4py.read_xes(str(path))
    assert frame["case:concept:name"].nunique() == 60
    found = Counter(
        (case, step, people, desk, moment, at.to_pydatetime())
        for case, step, people, desk, moment, at in zip(
            frame["case:concept:name"],
            frame["concept:name"],
            frame["org:resource"].fillna(""),
            frame["desk"],
            frame["lifecycle:transition"],
            frame["time:timestamp"],
            strict=True,
        )
    )
    assert found == told(run)
    ends = frame[frame["lifecycle:transition"] == "complete"]
    rows = [
        row
        for number, trace in enumerate(run.replications)
        for row in rows_of(run.plan, number, trace)
    ]
    for clock in ("elapsed", "counted", "touch"):
        assert sorted(ends[f"clock:{clock}"].astype(int)) == sorted(
            getattr(row, clock) for row in rows
        )
    outcomes = Counter(frame.groupby("case:concept:name")["case:case:outcome"].first())
    assert outcomes == Counter(
        "finished" if each == 0 else "refused"
        for trace in run.replications
        for each in trace.outcomes().tolist()
    )
    assert len(outcomes) == 2


def test_csv_is_read_back_whole(run, tmp_path):
    """As a table of intervals the CSV holds every visit with its resource and clocks."""
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "log.csv"
    write_log(run, path)
    frame = pandas.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    frame["case"] = frame["replication"].astype(str) + "-" + frame["case"].astype(str)
    frame = pm4py.format_dataframe(
        frame,
        case_id="case",
        activity_key="step",
        timestamp_key="end",
        start_timestamp_key="start",
        timest_format="ISO8601",
    )
    assert set(pm4py.get_event_attribute_values(frame, "concept:name")) == {
        "受理 & check",
        "survey",
    }
    columns = ("case:concept:name", "concept:name", "desk", "pools", "visit", "part")
    clocks = ("elapsed", "counted", "touch")
    found = Counter(
        (*row[: len(columns)], *(int(each) for each in row[len(columns) : -2]), *row[-2:])
        for row in zip(
            *(frame[name].tolist() for name in (*columns, *clocks)),
            (_plain(at) for at in frame["start_timestamp"]),
            (_plain(at) for at in frame["time:timestamp"]),
            strict=True,
        )
    )
    first = run.plan.calendars[0]
    expected = Counter(
        (
            f"{number}-{row.case}", row.step, row.desk, row.pools, row.visit, row.part,
            row.elapsed, row.counted, row.touch,
            first.datetime_of(row.start), first.datetime_of(row.end),
        )
        for number, trace in enumerate(run.replications)
        for row in rows_of(run.plan, number, trace)
    )  # fmt: skip
    assert found == expected


def _plain(at: datetime) -> datetime:
    return at.to_pydatetime().replace(tzinfo=None)


def test_a_process_is_mined_from_our_log(run, tmp_path):
    """The mined directly-follows graph begins at the window and never leaves a refused case."""
    path = tmp_path / "log.xes"
    write_log(replace(run, replications=run.replications[:1]), path)
    frame = pm4py.read_xes(str(path))
    graph, starts, ends = pm4py.discover_dfg(frame[frame["lifecycle:transition"] == "complete"])
    assert set(starts) == {"受理 & check"}
    assert set(ends) <= {"受理 & check", "survey"}
    assert ("survey", "受理 & check") not in graph
