"""Event logs of real offices: what is read, what is measured, and the draft made from it."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lianban.cli import main
from rules import InputError
from scenarios import compile_plan, load
from scenarios.event_logs import propose, read_log, study_log, write_proposal
from scenarios.event_logs.order import kinds, orders
from simulator import simulate, write_log

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"

TWO_CASES = """\
case,activity,start,end,resource,department
A,check,2024-03-04 09:00,2024-03-04 09:30,Li,hall
A,sign,2024-03-04 16:00,2024-03-05 09:00,Wu,bureau
B,check,2024-03-05 10:00,2024-03-05 10:10,Li,hall
B,sign,2024-03-05 10:10,2024-03-05 10:40,He,bureau
"""


def event(step: str, moment: str, at: str) -> str:
    """Return an event as XES has it."""
    return (
        f'<event><string key="concept:name" value="{step}"/>'
        f'<string key="lifecycle:transition" value="{moment}"/>'
        f'<date key="time:timestamp" value="2024-03-{at}+08:00"/></event>'
    )


AS_EVENTS = "".join(
    [
        '<?xml version="1.0" encoding="UTF-8"?><log xmlns="http://www.xes-standard.org/">',
        '<trace><string key="concept:name" value="A"/>',
        event("check", "start", "04T09:00:00"),
        event("check", "complete", "04T09:30:00.500"),
        event("sign", "schedule", "04T09:30:00"),
        event("sign", "start", "04T16:00:00"),
        event("sign", "complete", "05T09:00:00"),
        '</trace><trace><string key="concept:name" value="B"/>',
        event("check", "start", "05T10:00:00"),
        event("check", "complete", "05T10:10:00"),
        event("sign", "start", "05T10:10:00"),
        event("sign", "complete", "05T10:40:00"),
        "</trace></log>",
    ]
)


@pytest.mark.parametrize(
    ("data", "name"), [(TWO_CASES, "log.csv"), (AS_EVENTS, "log.xes")], ids=["csv", "xes"]
)
def test_two_cases_by_hand(data: str, name: str):
    """Work, waits and whole cases of two cases, counted by hand in hours of 7 a day."""
    study = study_log(read_log(data.encode(), name))
    check, sign = study.steps
    assert (check.step, check.cases, sign.visits) == ("check", 2, 2)
    assert check.touch is not None
    assert sign.touch is not None
    assert sign.wait is not None
    assert (check.touch.mean, check.touch.most) == (20, 30)  # 30 and 10 minutes
    assert (sign.touch.p50, sign.touch.most) == (30, 90)  # 16-17 and 8:30-9; 30 minutes
    assert sign.wait.most == pytest.approx(5 / 7)  # from 9:30 to 16:00 less the lunch
    assert sign.wait.p10 == 0
    assert study.whole is not None
    assert study.natural is not None
    assert (study.whole.p50, study.whole.most) == (pytest.approx(40 / 420), 1)
    assert study.natural.most == 1
    assert study.arrivals.per_day == 1
    if name == "log.csv":
        assert (check.people, sign.people, sign.offices) == (("Li",), ("He", "Wu"), ("bureau",))


def arrivals(counts: dict[str, int]) -> bytes:
    rows = [f"{day}-{number},file,{day} 09:00" for day, n in counts.items() for number in range(n)]
    return "\n".join(["case,activity,end", *rows]).encode()


def test_arrivals_by_weekday_by_hand():
    """Mondays 2 and 4, Tuesdays 1 and 1 ...: the pooled variance over mean is 6 / 10."""
    counts = {"2024-03-04": 2, "2024-03-05": 1, "2024-03-07": 3, "2024-03-08": 1,
              "2024-03-11": 4, "2024-03-12": 1, "2024-03-13": 2, "2024-03-14": 3,
              "2024-03-15": 3, "2024-03-10": 1}  # fmt: skip
    found = study_log(read_log(arrivals(counts), "x.csv")).arrivals
    assert [(w.weekday, w.days, w.cases) for w in found.weekdays] == [
        (0, 2, 6), (1, 2, 2), (2, 2, 2), (3, 2, 6), (4, 2, 4),
    ]  # fmt: skip
    assert [w.variance for w in found.weekdays] == pytest.approx([2, 0, 2, 0, 2])
    assert found.weekdays[0].ratio == pytest.approx(2 / 3)
    assert (found.per_day, found.dispersion, found.off) == (2, pytest.approx(0.6), 1)


def test_holidays_are_no_working_days_without_arrivals():
    """Qingming 2024 (4 to 6 April) is off, Sunday 7 April is worked in its place."""
    found = study_log(read_log(arrivals({"2024-04-03": 1, "2024-04-08": 1}), "x.csv")).arrivals
    assert [(w.weekday, w.days) for w in found.weekdays] == [(0, 1), (2, 1), (6, 1)]
    weekly = study_log(read_log(arrivals({"2024-04-03": 1, "2024-04-08": 1}), "x.csv"), weekly=True)
    assert sum(w.days for w in weekly.arrivals.weekdays) == 4


def test_rows_that_cannot_be_read_are_told_with_their_line():
    """Each is left out, counted and named; the others are measured."""
    data = (
        "办件编号;环节名称;开始时间;结束时间\n"
        "1;受理;2024/3/4 9:00;2024/3/4 9:30\n"
        ";受理;2024/3/4 9:00;2024/3/4 9:30\n"
        "1;;2024/3/4 9:00;2024/3/4 9:30\n"
        "1;办结;2024/3/4 9:00;04/03/2024 9:30\n"
        "1;办结;2024年3月5日 9:00;2024/3/4 9:30\n"
        "1;办结;;\n"
        '1;"办结\n二";2024-03-04T10:00:00Z;2024-03-04T11:00:00.123Z\n'
        "1;a;2024/3/4 9:00;2024/3/4 9:30;more\n"
    ).encode("gb18030")
    log = read_log(data, "x.csv")
    assert (log.events, log.rejected) == (2, 6)
    assert [each.place.line for each in log.problems] == [3, 4, 5, 6, 7, 10]
    assert "04/03/2024" in log.problems[2].message
    assert [v.step for v in log.visits["1"]] == ["受理", "办结 二"]


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"", "x.csv", "empty"),
        (b"a,b\n1,2\n", "x.csv", "no column holds the case"),
        (b"case,activity,end\n1,a,?\n", "x.csv", "no row of the log could be read"),
        (b"case,activity,end\n", "x.csv", "no row"),
        (b"<log/>", "x.xes", "no row"),
        (b"<flow/>", "x.xes", "<log> was expected"),
        (b"<log><trace>", "x.xes", "well-formed"),
        (b"<!DOCTYPE log [<!ENTITY a 'b'>]><log>&a;</log>", "x.xes", "DOCTYPE"),
        (b"<log>" + b"<list>" * 100, "x.xes", "deeper"),
        (b"no gzip", "x.xes.gz", "gzip"),
        (b"case,activity,end\n", "x.txt", "ends in"),
        (b"\xff\xfe\x00", "x.csv", "neither"),
    ],
)
def test_what_is_no_log_is_refused(data: bytes, name: str, told: str):
    """One line says why; no entity is looked at."""
    with pytest.raises(InputError, match=told):
        read_log(data, name)


def test_a_log_that_grows_while_it_is_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch):
    """A small file that unpacks to a large one, and more events than are bearable."""
    monkeypatch.setattr("scenarios.event_logs.reading.MOST_BYTES", 100_000)
    with pytest.raises(InputError, match="larger than"):
        read_log(gzip.compress(b"<log>" + b" " * 1_000_000), "x.xes.gz")
    with pytest.raises(InputError, match="more than 3 events"):
        read_log(TWO_CASES.encode(), "x.csv", most=3)
    with pytest.raises(InputError, match="more than 5 events"):
        read_log(AS_EVENTS.encode(), "x.xes", most=5)


def test_a_case_that_is_not_over_counts_in_no_duration():
    """A start without its end leaves the case open."""
    data = TWO_CASES + "C,check,2024-03-05 11:00,,Li,hall\n"
    study = study_log(read_log(data.encode(), "x.csv"))
    assert (len(study.log.visits), study.over) == (3, 2)
    assert study.whole is not None
    assert study.whole.n == 2
    assert "1 cases are not over" in " ".join(study.notes)


def test_order_and_kinds():
    """B and C wait for A and for nobody else; D waits for both; one case has no C."""
    rows = ["case,activity,start,end"]
    for case in range(4):
        rows += [
            f"{case},A,2024-03-04 09:00,2024-03-04 09:10",
            f"{case},B,2024-03-04 09:20,2024-03-04 10:00",
            f"{case},D,2024-03-04 11:00,2024-03-04 11:10",
        ]
        if case:
            rows.append(f"{case},C,2024-03-04 09:10,2024-03-04 10:30")
    log = read_log("\n".join(rows).encode(), "x.csv")
    steps = [each.step for each in study_log(log).steps]
    found = {(each.first, each.then) for each in orders(log, steps)}
    assert found == {("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")}
    assert kinds(log) == ((frozenset("ABCD"), 3), (frozenset("ABD"), 1))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """Five replications of a shipped scenario as CSV and XES, and their mean days."""
    folder = tmp_path_factory.mktemp("logs")
    run = simulate(compile_plan(load("county-filing")), 5, 3)
    for name in ("own.csv", "own.xes"):
        write_log(run, folder / name)
    office = run.plan.calendars[0]
    days = [office.worked_many(t.arrival, t.finish) / office.day_ticks for t in run.replications]
    return folder / "own.csv", folder / "own.xes", float(np.concatenate(days).mean())


def test_our_own_log_gives_the_scenario_back(logs: tuple[Path, Path, float], tmp_path: Path):
    """60 cases a year, 7 days of which a fifth is work: measured, and simulated anew."""
    csv, xes, mean = logs
    study = study_log(read_log(csv.read_bytes(), csv.name))
    other = study_log(read_log(xes.read_bytes(), xes.name))
    assert study.arrivals == other.arrivals
    assert study.whole == other.whole
    assert [(e.step, e.touch, e.wait, e.offices) for e in study.steps] == [
        (e.step, e.touch, e.wait, e.offices) for e in other.steps
    ]
    assert study.whole is not None
    assert study.whole.mean == pytest.approx(mean, abs=1e-9)
    assert study.arrivals.per_day == pytest.approx(60 / 250, rel=0.12)
    assert study.arrivals.dispersion == pytest.approx(1, abs=0.15)
    scheme = next(each for each in study.steps if each.step == "E02")
    assert scheme.touch is not None
    assert scheme.wait is not None
    assert scheme.touch.mean == pytest.approx(0.2 * 7 * 420 + 20, rel=0.03)
    assert scheme.wait.mean == pytest.approx(0.8 * 7, rel=0.03)
    write_proposal(propose(study), tmp_path / "draft")
    draft = load(str(tmp_path / "draft" / "as-logged"))
    chain = [step.key for step in load("county-filing").procedure.steps]
    assert [(e.before, e.after) for e in draft.procedure.edges] == list(pairwise(chain))
    assert float(draft.procedure.paper_days) == pytest.approx(53, rel=0.02)
    run = simulate(compile_plan(draft), 10, 1)
    office = run.plan.calendars[0]
    days = [office.worked_many(t.arrival, t.finish).mean() for t in run.replications]
    assert np.mean(days) / office.day_ticks == pytest.approx(mean, rel=0.03)


def test_the_draft_can_be_calibrated(logs: tuple[Path, Path, float], tmp_path: Path):
    """The calibration beside the draft is one that `lianban calibrate` reads."""
    from results.calibration import read_calibration

    study = study_log(read_log(logs[0].read_bytes(), "own.csv"))
    write_proposal(propose(study), tmp_path / "draft")
    task = read_calibration(tmp_path / "draft")
    assert study.whole is not None
    assert task.targets[0].value == pytest.approx(study.whole.mean, rel=1e-5)
    assert task.parameters[0].at == "hands.of.planning.dwell.mean"


def test_hostile_names_are_names(tmp_path: Path):
    """Formulas, tags, quotes and line breaks in a log become names of the draft, nothing more."""
    names = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        'a"]\n[x]\ny="',
        "../../etc",
        "ｆｕｌｌ",
    ]
    rows = ["case,activity,start,end"]
    for place, name in enumerate(names):
        quoted = name.replace('"', '""')
        rows.append(f'1,"{quoted}",2024-03-04 {9 + place}:00,2024-03-04 {9 + place}:10')
    study = study_log(read_log("\n".join(rows).encode(), "x]\n[y].csv"))
    write_proposal(propose(study), tmp_path / "draft")
    steps = load(str(tmp_path / "draft")).procedure.steps
    assert [step.key for step in steps] == ["S01", "S02", "S03", "S04", "S05"]
    assert [step.name.en for step in steps] == [" ".join(name.split()) for name in names]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Text, JSON, a draft that runs; rejected rows are a finding; a draft is never overwritten."""
    path = tmp_path / "log.csv"
    path.write_text(TWO_CASES, encoding="utf-8")
    assert main(["discover", str(path), "-o", str(tmp_path / "draft")]) == 0
    assert "2024-03-05 10:40:00" in capsys.readouterr().out
    assert main(["run", str(tmp_path / "draft" / "as-logged"), "--replications", "2"]) == 0
    assert main(["discover", str(path), "-o", str(tmp_path / "draft")]) == 2
    path.write_text(TWO_CASES + "C,check,soon,,\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["discover", str(path), "--json", "--hours", "09:00-12:00,13:00-17:00"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["cases"], found["rejected"]) == (2, 1)
    assert found["problems"][0]["line"] == 6
    assert found["steps"][1]["touch_minutes"]["most"] == 60
    assert main(["discover", str(path), "--hours", "17:00-09:00"]) == 2
    assert main(["discover", str(path), "--column", "case=nobody"]) == 2
    assert main(["discover", str(path), "--column", "case=resource", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["cases"] == 3  # Li, Wu and He
    assert main(["import", str(path)]) == 2
    assert "lianban discover" in capsys.readouterr().err


@pytest.mark.skipif(not (SHARED / "receipt_wabo").is_dir(), reason="needs the shared logs")
def test_a_real_log_of_permits():
    """1,434 permit cases: events, cases and natural days as another program counted them."""
    folder = SHARED / "receipt_wabo"
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    log = read_log((folder / "receipt.xes.gz").read_bytes(), "receipt.xes.gz")
    study = study_log(log, weekly=True)
    days = facts["case_duration_days"]
    assert (len(log.visits), log.events, log.rejected) == (facts["cases"], facts["events"], 0)
    assert len(study.steps) == facts["activities"]
    assert study.natural is not None
    assert study.natural.mean == pytest.approx(days["mean"], abs=0.002)
    assert study.natural.p90 == pytest.approx(days["p90"], abs=0.02)
    assert study.arrivals.per_day == pytest.approx(
        facts["arrivals"]["cases_per_weekday_mean"], rel=0.01
    )
