"""What is measured of a run: clocks, waits, lateness, load, precision, logs, totals."""

import csv
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import (
    HOUR,
    NINE_TO_FIVE,
    Task,
    plan_of,
    plans,
    station,
    with_desk,
    with_pool,
)

from scenarios.arrivals import AtOnce, Booked, Poisson, Profiled, Spaced
from scenarios.distributions import Fixed
from scenarios.gatherings import Meeting
from scenarios.interruptions import Absence
from scenarios.plan import REFUSED, Part, Plan, Route, Shift
from simulator import simulate, write_log
from simulator.clocks import clocks, late, step_clocks
from simulator.criticality import criticality
from simulator.load import loads
from simulator.totals import simulate_totals, totals_of
from simulator.warm_up import warm_up

SHARED = Path(__file__).resolve().parents[2] / "shared"
DAY = 24 * HOUR


def licence() -> Plan:
    """Return 2 h at a window, a 3 h correction, a 10 h expert review and a 20 h notice."""
    desks = (((0,), 0, 2 * HOUR, 0), ((), 0, 0, 0), ((), 0, 0, 0), ((), 0, 0, 0), ((), 0, 0, 0))
    plan = plan_of(Task("licence", 6 * HOUR, desks=desks), capacities=(1,), cases=2)
    own = (
        (1, Part.APPLICANT, 3 * HOUR),
        (2, Part.STOPPED, 10 * HOUR),
        (3, Part.NOTICE, 20 * HOUR),
    )
    for number, part, ticks in own:
        plan = with_desk(plan, number, own=Fixed(ticks), part=part, stream=number)
    return with_desk(plan, 4, part=Part.DWELL)


def test_every_hour_of_a_case_has_its_place():
    """The second of two cases queues 2 h; correction and expert review stop the legal clock."""
    plan = licence()
    found = clocks(plan, simulate(plan, 1).replications[0])
    hours = {
        name: (getattr(found, name) / HOUR).tolist()
        for name in (
            "elapsed", "counted", "touch", "queue", "dwell", "applicant", "notice", "stopped",
        )
    }  # fmt: skip
    assert hours == {
        "elapsed": [39, 41],
        "counted": [26, 28],
        "touch": [2, 2],
        "queue": [0, 2],
        "dwell": [4, 4],
        "applicant": [3, 3],
        "notice": [20, 20],
        "stopped": [10, 10],
    }


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 99))
def test_the_counted_clock_of_a_case_is_never_longer_than_its_elapsed_one(plan, seed):
    """However many steps run side by side, an hour counts once; work and waits add up to it."""
    trace = simulate(plan, 1, seed).replications[0]
    found = clocks(plan, trace)
    assert (found.counted <= found.elapsed).all()
    assert (found.counted >= 0).all()
    if len(plan.steps) == 1:
        inside = found.touch + found.queue + found.dwell
        assert (inside == found.elapsed).all()


def test_the_desk_at_which_a_limit_passed_is_named():
    """Of a limit of 12 counted hours the notice uses up the last, 10 h into it."""
    plan = licence()
    trace = simulate(plan, 1).replications[0]
    times = step_clocks(plan, trace, 0)
    assert (times.counted / HOUR).tolist() == [26, 28]
    assert times.on_time(26 * HOUR) == 0.5
    first, second = late(plan, trace, 0, 12 * HOUR)
    assert (first.desk, first.at / HOUR) == (3, 2 + 3 + 10 + 10)
    assert (second.desk, second.at / HOUR) == (3, 2 + 2 + 3 + 10 + 8)
    assert late(plan, trace, 0, 28 * HOUR) == []


def test_critical_steps_are_those_that_decide_the_end():
    """Of two parallel steps the longer is critical, and what comes after both always is."""
    plan = plan_of(
        Task("short", HOUR), Task("long", 2 * HOUR), Task("end", HOUR, needs=("short", "long"))
    )
    assert criticality(plan, simulate(plan, 3).replications) == {
        "short": 0.0,
        "long": 1.0,
        "end": 1.0,
    }


def test_load_is_told_before_the_run():
    """A reviewer asked for 120 % is named with the cases by which his queue grows in a day."""
    plan = station(3000.0, 3600, 1, cases=4000)
    (load,) = loads(plan)
    assert load.unstable
    assert load.utilisation == pytest.approx(1.2, rel=0.05)
    assert load.growth == pytest.approx(86_400 / 3000 * (1 - 1 / 1.2), rel=0.3)
    assert str(load).startswith("office-0.reviewer: asked for 1")
    assert not loads(station(6000.0, 3600, 1, cases=4000))[0].unstable
    assert loads(replace(plan, arrivals=AtOnce())) == ()


def test_the_load_of_a_meeting_is_its_slots():
    """Twenty-four cases a day for a daily meeting with 16 slots: 150 %, 8 more wait every day."""
    daily = tuple(range(12 * HOUR, 400 * DAY, DAY))
    plan = plan_of(Task("meeting", 0), arrivals=Spaced(HOUR), cases=2400)
    plan = with_desk(plan, 0, gathering=Meeting("joint", daily, 16))
    (load,) = loads(plan)
    assert load.key == "joint"
    assert load.utilisation == pytest.approx(1.5, rel=0.01)
    assert load.growth == pytest.approx(8, rel=0.02)
    assert loads(replace(plan, cases=9)) == ()


def test_absence_counts_as_load():
    """A reviewer who is absent on half of the days is twice as busy on the others."""
    plan = station(8000.0, 3600, 1, cases=4000)
    ill = with_pool(plan, 0, shifts=(Shift(0, 1),))
    ill = replace(ill, interruptions=(Absence((0,), 0.5, 5),))
    assert loads(ill)[0].utilisation == pytest.approx(2 * loads(plan)[0].utilisation, rel=0.1)


def test_load_counts_repeated_visits():
    """With half of the files sent back once and again the reviewers have twice the work."""
    once = station(10_000.0, 3600, 1, cases=3000)
    again = with_desk(once, 0, routes=(Route(0, (0.5,)),), stream=2)
    assert loads(again)[0].utilisation == pytest.approx(2 * loads(once)[0].utilisation)


def test_a_run_goes_on_until_it_is_precise():
    """Asked for 5 % a run takes as many replications as that needs, and no fewer than said."""
    plan = station(10_000.0, 5000, 1, cases=100)
    few = len(simulate(plan, 5, precision=0.2).replications)
    many = len(simulate(plan, 5, precision=0.05).replications)
    assert 10 <= few < many < 2000
    assert len(simulate(plan, 5, precision=1e-9, most=40).replications) == 40
    assert len(simulate(plan, 30, precision=0.5).replications) == 30


def test_warm_up_is_cut_where_the_queue_has_settled():
    """MSER-5 cuts the rise of a queue that begins empty, and nothing of one in balance."""
    noise = np.random.default_rng(3).normal(size=2000)
    rise = 10 * (1 - np.exp(-np.arange(2000) / 60))
    assert 100 < warm_up(rise + noise) < 500
    assert warm_up(10 + noise) < 200
    assert warm_up([1.0, 2.0]) == 0


def test_totals_are_the_same_in_any_order():
    """Totals of four replications are those of two and two, whichever comes first."""
    plan = with_desk(
        station(10_000.0, 9000, 1, cases=60), 0, routes=(Route(REFUSED, (0.2,)),), stream=3
    )
    whole = simulate_totals(plan, range(4))
    one, other = simulate_totals(plan, range(2)), simulate_totals(plan, range(2, 4))
    for parts in (one + other, other + one):
        assert parts.outcomes == whole.outcomes
        assert parts.elapsed.cells.tolist() == whole.elapsed.cells.tolist()
        assert parts.elapsed.counts.tolist() == whole.elapsed.counts.tolist()
    assert sum(whole.outcomes.values()) == 240
    assert whole.elapsed.total == whole.outcomes["finished"]
    trace = simulate(plan, 1).replications[0]
    assert totals_of(plan, trace).outcomes["refused"] == (trace.outcome == 1).sum()


@pytest.mark.slow
def test_a_county_year_fits_in_a_gigabyte():
    """300,000 cases through four desks need less than 1 GB of memory."""
    import subprocess
    import sys

    script = (
        "import sys\n"
        "sys.path.insert(0, 'tests')\n"
        "from dataclasses import replace\n"
        "from memory import peak_kb\n"
        "from plans import Task, plan_of\n"
        "from scenarios.arrivals import Poisson\n"
        "from simulator.totals import simulate_totals\n"
        "needs = [(), ('s0',), ('s1',), ('s2',)]\n"
        "tasks = [Task(f's{n}', 60, pools=(n,), needs=needs[n]) for n in range(4)]\n"
        "plan = plan_of(*tasks, capacities=(1,)*4, arrivals=Poisson(100.0), cases=300_000)\n"
        "totals = simulate_totals(plan, range(1))\n"
        "print(totals.elapsed.total, peak_kb())\n"
    )
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    cases, kilobytes = (int(word) for word in done.stdout.split())
    assert cases == 300_000
    assert kilobytes < 1_000_000


def _log(plan: Plan, path: Path) -> str:
    write_log(simulate(plan, 2), path)
    return path.read_text("utf-8-sig")


def test_the_csv_log_tells_every_visit_with_its_clocks(tmp_path):
    """A file corrected once has a row for each visit; the applicant's time is not counted."""
    desks = (((0,), 0, HOUR, 0), ((), 0, 0, 0), ((), 0, 0, 1000))
    plan = plan_of(Task("licence", HOUR, desks=desks), capacities=(1,))
    plan = with_desk(plan, 0, routes=(Route(1, (1.0, 0.0)),), stream=1)
    plan = with_desk(
        plan, 1, own=Fixed(DAY), aside=True, part=Part.APPLICANT, routes=(Route(0, (1.0,)),)
    )
    rows = list(csv.DictReader(io.StringIO(_log(plan, tmp_path / "log.csv"))))
    first = [row for row in rows if row["replication"] == "0"]
    told = [(r["desk"], r["visit"], r["part"], r["counted"], r["touch"]) for r in first]
    assert told == [
        ("desk-0", "0", "work", "3600", "3600"),
        ("desk-0", "1", "work", "3600", "3600"),
        ("desk-1", "0", "applicant", "0", "0"),
        ("desk-2", "0", "work", "0", "0"),
    ]
    assert len(rows) == 8


def test_the_xes_log_is_valid_and_complete(tmp_path):
    """The XES log fits the IEEE schema and holds three events for each visit of each case."""
    etree = pytest.importorskip("lxml.etree")
    plan = plan_of(
        Task('踏勘 "A" & <B>', 10 * HOUR, pools=(0,)),
        Task("review", HOUR, pools=(1,)),
        capacities=(1, 1),
        calendars=(NINE_TO_FIVE,),
        cases=3,
    )
    text = _log(plan, tmp_path / "log.xes")
    log = etree.fromstring(text.encode())
    space = "{http://www.xes-standard.org/}"
    traces = log.findall(f"{space}trace")
    assert len(traces) == 6
    assert {len(trace.findall(f"{space}event")) for trace in traces} == {6}
    times = [
        [event.find(f"{space}date").get("value") for event in trace.iter(f"{space}event")]
        for trace in traces
    ]
    assert all(row == sorted(row) for row in times)
    assert traces[0].find(f".//{space}event/{space}string").get("value") in (
        '踏勘 "A" & <B>',
        "review",
    )
    schema = SHARED / "data" / "schemas" / "xes-ieee-1849-2016.xsd"
    if not schema.exists():
        pytest.skip("the schema does not lie beside the checkout")
    named = schema.read_text("utf-8").replace(
        "<xs:schema ",
        '<xs:schema targetNamespace="http://www.xes-standard.org/"'
        ' xmlns="http://www.xes-standard.org/" ',
        1,
    )
    etree.XMLSchema(etree.fromstring(named.encode())).assertValid(log)


def test_days_are_more_uneven_than_poisson():
    """With a dispersion of 3 daily counts vary three times their mean; weekdays keep weights."""
    weights = (2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    come = Profiled(20.0, weights, ((9 * HOUR, 17 * HOUR, 1.0),), dispersion=3.0)
    plan = plan_of(Task("a", 1), arrivals=come, cases=25_000)
    arrival = simulate(plan, 1).replications[0].arrival
    days = Counter((arrival // DAY).tolist())
    whole = range(int(arrival.max() // DAY) - 6)
    tuesdays = np.array([days[day] for day in whole if day % 7 == 1])
    mondays = np.array([days[day] for day in whole if day % 7 == 0])
    assert not any(day % 7 > 4 for day in days)
    assert 18 < tuesdays.mean() < 22
    assert 36 < mondays.mean() < 44
    assert 2.2 < tuesdays.var(ddof=1) / tuesdays.mean() < 3.8
    hours = arrival % DAY // HOUR
    assert (hours.min(), hours.max()) == (9, 16)


def test_a_morning_rush_is_a_rush():
    """With weight 3 before noon three quarters of the cases come then; Poisson days stay even."""
    come = Profiled(
        40.0, hours=((9 * HOUR, 12 * HOUR, 3.0), (14 * HOUR, 17 * HOUR, 1.0)), months=(1.0,) * 12
    )
    arrival = simulate(plan_of(Task("a", 1), arrivals=come, cases=8000), 1).replications[0].arrival
    assert 0.73 < (arrival % DAY < 12 * HOUR).mean() < 0.77
    counts = np.array(list(Counter((arrival // DAY).tolist()).values()))[1:-1]
    assert 0.7 < counts.var(ddof=1) / counts.mean() < 1.4


def test_bookings_flatten_arrivals():
    """With four seats to a half-hour slot never more than four come at a time, none earlier."""
    wish = Poisson(400.0)
    plan = plan_of(Task("a", 1), arrivals=wish, cases=500)
    booked = replace(plan, arrivals=Booked(wish, 1800, 4))
    free, held = (simulate(each, 1).replications[0].arrival for each in (plan, booked))
    assert max(Counter(held.tolist()).values()) == 4
    assert (held >= free).all()
    assert (np.diff(held) >= 0).all()
