"""Exports as others read them: schemas, process engines, Project and spreadsheets.

Readers that are not installed are skipped: SpiffWorkflow and lxml (Python), bpmn-moddle
and bpmnlint (Node, in the folder that LIANBAN_NODE_PACKAGES names), MPXJ (Java).
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from exported import EVERY, HOSTILE, hostile, offices, random_procedure, reduced, shipped

import results
from results.exports import export
from results.exports.bpmn import to_bpmn
from results.exports.dates import PaperDates
from results.exports.msproject import SPACE, to_mspdi
from results.exports.text import identifier
from results.exports.xlsx import comparison_workbook, steps_workbook
from rules import Duration, Edge, Name, Procedure, Step, Unit
from rules.calendars import WorkingDays
from rules.catalogue import Reading, read_procedure
from rules.flows import Parallel

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NODE = Path(os.environ.get("LIANBAN_NODE_PACKAGES", "nowhere"))
CHINA = WorkingDays.china()
MS = f"{{{SPACE}}}"

LAGGED = Procedure(
    Name("间隔", "lags"),
    tuple(Step(key, Name(en=key), "d", duration=Duration(n)) for n, key in enumerate("abcd", 2)),
    (
        Edge("a", "b", lag=Duration(5)),
        Edge("a", "c", lag=Duration(14, Unit.NATURAL_DAY)),
        Edge("b", "d"),
        Edge("c", "d", lag=Duration(4, Unit.HOUR)),
    ),
    flow=Parallel(),
)

PROCEDURES = {
    **{key: shipped(key).procedure for key in EVERY},
    "lags": LAGGED,
    "hostile": hostile(),
    **{f"random-{seed}": random_procedure(seed) for seed in range(5)},
}


# BPMN


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_bpmn_is_valid_by_the_schema():
    """Every export is valid by OMG's schema; the schema does refuse a wrong one."""
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(SHARED / "schemas" / "BPMN20.xsd")))
    for key, procedure in PROCEDURES.items():
        text = to_bpmn(procedure).encode()
        assert schema.validate(etree.fromstring(text)), (key, schema.error_log)
    assert not schema.validate(etree.fromstring(text.replace(b"<laneSet", b"<lanes", 1)
                                                .replace(b"</laneSet", b"</lanes", 1)))  # fmt: skip


@pytest.mark.parametrize("key", list(PROCEDURES))
def test_spiffworkflow_executes_each_step_once(key: str, tmp_path: Path):
    """A process engine runs every step exactly once and completes."""
    pytest.importorskip("SpiffWorkflow")
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    procedure = PROCEDURES[key]
    path = tmp_path / "flow.bpmn"
    path.write_text(to_bpmn(procedure), encoding="utf-8")
    parser = BpmnParser()
    parser.add_bpmn_file(str(path))
    # SpiffWorkflow takes a duration for a Python expression: here every one is over at once.
    over = dict.fromkeys(("P7D", "P14D", "P3D", "P5D", "P10D", "PT4H"), "PT0S")
    engine = PythonScriptEngine(environment=TaskDataEnvironment(over))
    workflow = BpmnWorkflow(parser.get_spec("process"), script_engine=engine)
    for _ in range(1000):
        workflow.refresh_timers()
        workflow.do_engine_steps()
        ready = workflow.get_tasks(state=TaskState.READY)
        if not ready and workflow.is_completed():
            break
        for task in ready:
            task.run()
    done = workflow.get_tasks(state=TaskState.COMPLETED)
    ran = Counter(t.task_spec.bpmn_id for t in done if t.task_spec.bpmn_id)
    assert workflow.is_completed()
    assert {id_: n for id_, n in ran.items() if id_.startswith("step_")} == {
        identifier("step", step.key): 1 for step in procedure.steps
    }


_LINT = """
import {createRequire} from 'module'; import fs from 'fs';
const require = createRequire(process.cwd() + '/x.js');
const {BpmnModdle} = await import('bpmn-moddle');
const {Linter} = require('bpmnlint');
const Resolver = require('bpmnlint/lib/resolver/node-resolver');
const found = {};
for (const file of process.argv.slice(1)) {
  const {rootElement, warnings} = await new BpmnModdle().fromXML(fs.readFileSync(file, 'utf8'));
  const linter = new Linter({config: {extends: 'bpmnlint:recommended'}, resolver: new Resolver()});
  const lint = await linter.lint(rootElement);
  found[file] = [warnings.map(w => w.message), Object.keys(lint)];
}
console.log(JSON.stringify(found));
"""


@pytest.mark.skipif(
    not (NODE / "node_modules" / "bpmnlint").exists() or not shutil.which("node"),
    reason="LIANBAN_NODE_PACKAGES names no folder with bpmn-moddle and bpmnlint",
)
def test_bpmn_moddle_and_bpmnlint_find_nothing(tmp_path: Path):
    """The readers of bpmn.io have no warning; their recommended rules no problem."""
    files = []
    for key, procedure in PROCEDURES.items():
        files.append(tmp_path / f"{key.replace('/', '-')}.bpmn")
        files[-1].write_text(to_bpmn(procedure), encoding="utf-8")
    bad = tmp_path / "bad.bpmn"
    bad.write_text(to_bpmn(LAGGED).replace("<endEvent", "<task").replace("</endEvent", "</task"))
    done = subprocess.run(
        ["node", "--input-type=module", "-e", _LINT, *map(str, files), str(bad)],
        cwd=NODE,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found.pop(str(bad))[1]
    assert found == {str(file): [[], []] for file in files}


# Microsoft Project


class PlainProject:
    """A reading of Project XML by the clock, minute by minute of its own calendar."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)
        self.start = datetime.fromisoformat(root.findtext(f"{MS}StartDate", ""))
        self.finish = datetime.fromisoformat(root.findtext(f"{MS}FinishDate", ""))
        self.weekly = {
            int(day.findtext(f"{MS}DayType", "")): day.findtext(f"{MS}DayWorking") == "1"
            for day in root.iter(f"{MS}WeekDay")
        }
        self.special: dict[date, bool] = {}
        for each in root.iter(f"{MS}Exception"):
            first = datetime.fromisoformat(each.findtext(f"{MS}TimePeriod/{MS}FromDate", ""))
            last = datetime.fromisoformat(each.findtext(f"{MS}TimePeriod/{MS}ToDate", ""))
            works = each.findtext(f"{MS}DayWorking") == "1"
            for n in range((last.date() - first.date()).days + 1):
                self.special[first.date() + timedelta(n)] = works
        self.tasks = list(root.iter(f"{MS}Task"))

    def works(self, day: date) -> bool:
        """Return whether the file's calendar works on a date."""
        sunday_first = (day.weekday() + 1) % 7 + 1
        return self.special.get(day, self.weekly[sunday_first])

    def moment(self, seconds: int) -> datetime:
        """Return the clock when so much working time has passed since the start."""
        days = self._days()
        day = next(days)
        while seconds > 8 * 3600:
            seconds -= 8 * 3600
            day = next(days)
        hours = time(8) if seconds <= 4 * 3600 else time(13)
        rest = seconds if seconds <= 4 * 3600 else seconds - 4 * 3600
        return datetime.combine(day, hours) + timedelta(seconds=rest)

    def _days(self) -> Iterator[date]:
        day = self.start.date()
        while True:
            if self.works(day):
                yield day
            day += timedelta(1)

    def plan(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return each task's end and slack in working seconds, by its links alone."""
        length, links = {}, {}
        for task in self.tasks:
            uid = task.findtext(f"{MS}UID", "")
            hours, minutes, seconds = (
                int(part[:-1])
                for part in task.findtext(f"{MS}Duration", "")
                .removeprefix("PT").replace("H", "H ").replace("M", "M ").split()
            )  # fmt: skip
            length[uid] = hours * 3600 + minutes * 60 + seconds
            links[uid] = [
                (
                    link.findtext(f"{MS}PredecessorUID", ""),
                    int(link.findtext(f"{MS}LinkLag", "")) * 6,
                )
                for link in task.iter(f"{MS}PredecessorLink")
            ]
        end: dict[str, int] = {}
        while len(end) < len(length):
            for uid, before in links.items():
                if uid not in end and all(b in end for b, _ in before):
                    end[uid] = max((end[b] + lag for b, lag in before), default=0) + length[uid]
        total = max(end.values())
        late = dict.fromkeys(end, total)
        changed = True
        while changed:
            changed = False
            for uid, before in links.items():
                for b, lag in before:
                    bound = late[uid] - length[uid] - lag
                    if late[b] > bound:
                        late[b], changed = bound, True
        return end, {uid: late[uid] - end[uid] for uid in end}


@pytest.mark.parametrize("key", [*EVERY, "lags", "random-0", "random-1", "random-2"])
def test_project_comes_to_the_same_day_and_critical_steps(key: str):
    """Links, lags and calendar of the file alone give our finish and our critical steps."""
    procedure = PROCEDURES[key]
    first = shipped(key).first_day if key in EVERY else date(2025, 1, 6)
    text = to_mspdi(procedure, first_day=first, days=CHINA)
    project = PlainProject(text)
    end, slack = project.plan()
    path = procedure.critical_path()
    few = 2 * len(end)  # seconds lost where 7 natural days are 5 working days
    for task, step in zip(project.tasks, procedure.steps, strict=True):
        uid = task.findtext(f"{MS}UID", "")
        ours = (path.starts[step.key] + step.days) * 8 * 3600
        assert ours - few <= end[uid] <= ours
        critical = task.findtext(f"{MS}Critical") == "1"
        assert critical == (path.slack[step.key] == 0) == (slack[uid] <= few)
        if ours == end[uid] and end[uid]:
            assert project.moment(end[uid]).isoformat() == task.findtext(f"{MS}Finish")
    last = project.moment(max(end.values()))
    assert (last.date(), last.hour) == (project.finish.date(), project.finish.hour)


def test_project_has_chinas_calendar():
    """Holidays and shifted days in the file are those of a calendar not ours."""
    calendar = pytest.importorskip("chinese_calendar")
    project = PlainProject(export(shipped("jiaxing"), ".mspdi.xml").decode())
    day = project.start.date()
    while day <= project.finish.date() + timedelta(30):
        assert project.works(day) == calendar.is_workday(day), day
        day += timedelta(1)


_MPXJ = """
import json, sys, jpype, mpxj
jpype.startJVM()
from java.io import File
from org.mpxj.cpm import MicrosoftScheduler
from org.mpxj.reader import UniversalProjectReader
found = {}
for name in sys.argv[1:]:
    project = UniversalProjectReader().read(File(name))
    MicrosoftScheduler().schedule(project, project.getProjectProperties().getStartDate())
    found[name] = [
        [str(t.getFinish()), bool(t.getCritical())] for t in project.getTasks() if t.getUniqueID()
    ]
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("java"), reason="Java is not here")
def test_mpxj_comes_to_the_same_day_and_critical_steps(tmp_path: Path):
    """MPXJ's copy of Microsoft's scheduler finds our finish of each step, our critical set."""
    pytest.importorskip("jpype")
    pytest.importorskip("mpxj")
    files = {}
    for key in EVERY:
        path = tmp_path / f"{key.replace('/', '-')}.xml"
        path.write_bytes(export(shipped(key), ".xml"))
        files[str(path)] = key
    done = subprocess.run(
        [sys.executable, "-c", _MPXJ, *files], capture_output=True, text=True, check=True
    )
    for name, tasks in json.loads(done.stdout).items():
        scenario = shipped(files[name])
        dates = PaperDates.of(scenario.procedure, scenario.first_day, CHINA)
        assert tasks == [
            [dates.ends(step.key).isoformat()[:16], step.key in dates.critical]
            for step in scenario.procedure.steps
        ]


# Excel


@pytest.mark.parametrize("key", ["jiaxing", "jiaxing/reform-simulated"])
def test_a_workbook_reads_back_as_the_catalogue(key: str, tmp_path: Path):
    """The first sheet of a workbook is an items table that gives the same steps."""
    scenario = shipped(key)
    path = tmp_path / "items.xlsx"
    path.write_bytes(export(scenario, ".xlsx"))
    reading = Reading()
    again = read_procedure(
        path,
        None,
        reading,
        name=scenario.procedure.name,
        stages=scenario.procedure.stages,
        departments=offices(scenario),
    )
    assert reading.problems == []
    for step in scenario.procedure.steps:
        plain = replace(step, members=(), rule=None, inner=())
        same = again[step.key]
        for field in ("name", "department", "kind", "stage", "duration", "basis", "limit",
                      "visits", "documents", "site_survey", "zone_shareable"):  # fmt: skip
            assert getattr(same, field) == getattr(plain, field), (step.key, field)
    assert {e.ends for e in again.edges} == {e.ends for e in scenario.procedure.work_edges}


def test_numbers_are_numbers():
    """Days, visits, starts and dates are numbers and dates; the schedule is the paper view."""
    scenario = shipped("jiaxing/reform")
    book = openpyxl.load_workbook(io.BytesIO(export(scenario, ".xlsx")))
    assert book.sheetnames == ["steps", "schedule", "prerequisites", "about"]
    path = scenario.procedure.critical_path()
    head, *rows = book["schedule"].iter_rows(values_only=True)
    place = {name: index for index, name in enumerate(head)}
    for step, row in zip(scenario.procedure.steps, rows, strict=False):
        assert row[place["key"]] == step.key
        assert Fraction(row[place["start"]]) == path.starts[step.key]
        assert Fraction(row[place["slack"]]) == path.slack[step.key]
        assert isinstance(row[place["first_date"]], datetime)
        assert (row[place["critical"]] == "yes") == (path.slack[step.key] == 0)
    assert rows[-1][place["days"]] == path.days == 109
    assert len(list(book["prerequisites"].iter_rows())) == 1 + len(scenario.procedure.work_edges)
    chinese = openpyxl.load_workbook(io.BytesIO(export(scenario, ".xlsx", language="zh")))
    assert chinese.sheetnames == ["环节", "纸面排期", "前置", "说明"]


def test_no_text_becomes_a_formula():
    """A name that begins like a formula is a text, marked so that Excel keeps it one."""
    book = openpyxl.load_workbook(io.BytesIO(steps_workbook(hostile(), notes=HOSTILE)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert not [cell for cell in cells if cell.data_type == "f"]
    like = [cell for cell in cells if isinstance(cell.value, str) and cell.value[0] in "=+-@\t"]
    assert len(like) >= 4
    assert all(cell.quotePrefix for cell in like)
    assert HOSTILE[4] in {cell.value for cell in cells}


def test_a_workbook_does_not_say_when_it_was_made():
    """Nothing in a workbook depends on the clock."""
    for content in (
        export(shipped("jiaxing/reform"), ".xlsx"),
        comparison_workbook(results.compare([shipped("jiaxing")] * 2, replications=0).to_json()),
    ):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert {part.date_time for part in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            stamps = book.read("docProps/core.xml").decode()
        assert stamps.count("1980-01-01T00:00:00Z") == 2


def test_a_comparison_workbook_holds_the_numbers_of_the_json():
    """Each number of compare --json stands in the workbook as it stands there."""
    few = [
        replace(shipped(key), cases=replace(shipped(key).cases, number=3))
        for key in ("jiaxing", "jiaxing/reform")
    ]
    comparison = results.compare(few, replications=5, seed=3)
    document = comparison.to_json()
    book = openpyxl.load_workbook(
        io.BytesIO(comparison_workbook(document, comparison.notes("en"), "en"))
    )
    assert book.sheetnames == ["comparison", "differences", "levers", "sentences", "about"]
    rows = _records(book["comparison"])
    assert [row["scenario"] for row in rows] == ["jiaxing", "jiaxing/reform"]
    for row, told in zip(rows, document["scenarios"], strict=True):
        for key in ("steps", "paper_days", "serial_days", "visits", "documents"):
            assert row[key] == told[key]
        for key in ("mean", "p50", "p90"):
            assert row[f"elapsed_{key}"] == told["elapsed"][key]
            ends = [row[f"elapsed_{key}_low"], row[f"elapsed_{key}_high"]]
            assert ends == told["elapsed"]["ci"][key]
    (row,) = _records(book["differences"])
    (told,) = document["differences"]
    assert (row["paper_days"], row["steps"]) == (told["paper_days"], told["steps"]) == (-127, -21)
    assert row["elapsed_p90_low"] == told["elapsed"]["p90"]["low"]
    levers = _records(book["levers"])
    assert len(levers) == sum(len(each["levers"]) for each in document["scenarios"])
    assert len(list(book["about"].iter_rows())) == 1 + len(comparison.notes("en"))


def _records(sheet: object) -> list[dict[str, object]]:
    head, *rows = sheet.iter_rows(values_only=True)  # type: ignore[attr-defined]  # a worksheet
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_lagged_example_has_its_lags():
    """The example with lags keeps all four of its prerequisites: none follows from others."""
    assert len(reduced(LAGGED)) == 4
