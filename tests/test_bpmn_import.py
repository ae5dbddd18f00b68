"""Drawings of other tools become scenarios; what a scenario cannot hold is named, not guessed."""

from __future__ import annotations

import argparse
import io
import json
import random
import re
from pathlib import Path

import pytest
from exported import EVERY, hostile, random_procedure, reduced, shipped

import scenarios
from lianban.commands.import_ import from_bpmn, is_drawing
from lianban.commands.options import UsageError
from lianban.terminal import Console
from results.exports import export
from results.exports.bpmn import to_bpmn
from results.exports.text import clean
from rules import Duration, InputError, Kind, Name, Unit
from rules.xml_reading import MOST_BYTES, read_xml
from scenarios.bpmn_folder import AS_DRAWN, import_bpmn
from scenarios.bpmn_import import UNKNOWN_DAYS, Imported, read_bpmn
from scenarios.bpmn_model import MOST_NODES
from simulator import simulate

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MIWG = sorted((SHARED / "miwg_bpmn").glob("*.bpmn"))
needs_shared = pytest.mark.skipif(not MIWG, reason="the shared data are not here")

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">\n'


def drawing(tmp_path: Path, body: str, outside: str = "") -> Path:
    """Write a file with one process; its body begins on line 3."""
    path = tmp_path / "flow.bpmn"
    path.write_text(
        f'{HEAD}<process id="p" name="Works">\n{body}\n</process>{outside}</definitions>',
        encoding="utf-8",
    )
    return path


def flows(*pairs: str) -> str:
    """Return sequence flows from pairs such as ``"a b"``."""
    return "\n".join(
        f'<sequenceFlow id="f{n}" sourceRef="{pair.split()[0]}" targetRef="{pair.split()[1]}"/>'
        for n, pair in enumerate(pairs, 1)
    )


def pairs(imported: Imported) -> set[tuple[str, str]]:
    return {edge.ends for edge in imported.procedure.edges}


def problem(path: Path) -> str:
    """Return the one line that reading a file ends with, without the folder."""
    with pytest.raises(InputError) as caught:
        read_bpmn(path)
    (line,) = str(caught.value).splitlines()
    return line.removeprefix(f"{path.parent}/")


# What other tools drew


@needs_shared
def test_there_are_thirty_drawings():
    """The working group's 21 models and nine files of five tools."""
    assert len(MIWG) == 30


@needs_shared
@pytest.mark.parametrize("path", MIWG, ids=lambda path: path.stem)
def test_drawings_of_other_tools_are_imported(path: Path, tmp_path: Path):
    """Each becomes a scenario that can be read and run; what is left out is named by line."""
    imported = import_bpmn(path, tmp_path / "case")
    scenario = scenarios.load(tmp_path / "case" / AS_DRAWN)
    assert scenario.procedure.keys == imported.procedure.keys
    assert reduced(scenario.procedure) == pairs(imported)
    assert scenario.provenance == "assumption"
    for step in scenario.procedure.steps:
        assert step.department or step.kind is Kind.WAIT
        assert step.days or step.provenance.startswith(UNKNOWN_DAYS)
    for note in imported.notes:
        assert note.startswith(str(path))
        assert "\n" not in note
    last = max(note.removeprefix(str(path)) for note in imported.notes)
    assert last.startswith(":")
    run = simulate(scenarios.compile_plan(scenario), 1, 1)
    assert len(run.replications[0].finish) == scenario.cases.number


COUNTS = {
    "A.1.0": (3, 2),
    "A.2.0": (4, 3),
    "A.4.1": (6, 4),
    "C.1.1": (5, 4),
    "C.4.0": (22, 19),
    "C.7.0": (6, 5),
}
"""Steps and prerequisites, counted by hand in the drawings."""


@needs_shared
@pytest.mark.parametrize("stem", COUNTS)
def test_steps_and_prerequisites_are_those_drawn(stem: str):
    """The numbers of steps and prerequisites are those that a person counts."""
    imported = read_bpmn(SHARED / "miwg_bpmn" / f"{stem}.bpmn")
    assert (len(imported.procedure.steps), len(imported.procedure.edges)) == COUNTS[stem]


@needs_shared
@pytest.mark.parametrize("case", ["A.4.1", "C.1.0"])
def test_five_tools_drew_the_same(case: str):
    """What Signavio, Camunda, ADONIS, ARIS and Bizagi exported of one case is one procedure."""
    told = set()
    for path in [p for p in MIWG if case in p.stem]:
        imported = read_bpmn(path)
        # One tool wrote another case of letters, and an umlaut in a wrong encoding.
        steps = imported.procedure.steps
        name = {s.key: re.sub("[^a-z]", "", s.name.en.lower()) for s in steps}
        told.add(frozenset((name[a], name[b]) for a, b in pairs(imported)))
    assert len(told) == 1


@needs_shared
def test_each_kind_of_thing_that_is_not_read_is_named():
    """The drawing with everything in it names 20 kinds of things, each once."""
    imported = read_bpmn(SHARED / "miwg_bpmn" / "B.2.0.bpmn")
    told = "\n".join(imported.notes)
    for word in (
        "boundaryEvent (11 of them)", "eventBasedGateway", "inclusiveGateway (2 of them)",
        "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "messageFlow",
        "dataStore:", "group", "callActivity (3 of them)", "signalEventDefinition",
        "'Task 24' follows only an exception: left out",
    ):  # fmt: skip
        assert told.count(word) == 1, word


# Round trip


FIELDS = (
    "name", "department", "kind", "stage", "duration", "basis", "limit", "visits", "documents",
    "site_survey", "zone_shareable", "provenance",
)  # fmt: skip


@pytest.mark.parametrize("key", EVERY)
def test_an_export_comes_back(key: str, tmp_path: Path):
    """Export and import keep steps, departments, days, stages and reduced prerequisites."""
    scenario = shipped(key)
    path = tmp_path / "flow.bpmn"
    path.write_bytes(export(scenario, ".bpmn", language="zh"))
    imported = import_bpmn(path, tmp_path / "again")
    assert imported.notes == ()
    again = scenarios.load(tmp_path / "again" / AS_DRAWN)
    for step in scenario.procedure.steps:
        same = again.procedure[step.key]
        for field in FIELDS:
            assert getattr(same, field) == getattr(step, field), (step.key, field)
    assert reduced(again.procedure) == reduced(scenario.procedure)
    assert again.procedure.paper_days == scenario.procedure.paper_days
    named = {office.key: office.name for office in again.offices}
    used = {step.department for step in scenario.procedure.steps if step.department}
    assert named == {key: scenario.office(key).name for key in used}


@pytest.mark.parametrize("seed", range(25))
def test_any_export_comes_back(seed: int, tmp_path: Path):
    """The same for random procedures: steps, departments, order, lags."""
    procedure = random_procedure(seed)
    path = tmp_path / "flow.bpmn"
    path.write_text(to_bpmn(procedure), encoding="utf-8")
    again = read_bpmn(path).procedure
    assert {s.key: s.department for s in again.steps} == {
        s.key: s.department for s in procedure.steps
    }
    lags = {e.ends: e.lag for e in procedure.work_edges if e.lag.amount}
    assert {e.ends: e.lag for e in again.edges if e.lag.amount} == lags
    short = {ends for ends in reduced(procedure) if ends not in lags}
    found = {e.ends for e in again.edges if not e.lag.amount}
    assert found <= short
    assert reduced(again) == reduced(procedure)


def test_hostile_names_come_back_as_text(tmp_path: Path):
    """Names that look like markup or formulas are kept as names."""
    path = tmp_path / "flow.bpmn"
    path.write_text(to_bpmn(hostile()), encoding="utf-8")
    imported = import_bpmn(path, tmp_path / "again")
    again = scenarios.load(tmp_path / "again" / AS_DRAWN).procedure
    wanted = [" ".join(clean(step.name.en).split()) for step in hostile().steps]
    assert sorted(step.name.en for step in again.steps) == sorted(wanted)
    assert any("begins like a formula" in note for note in imported.notes)


# What a drawing means


def test_gateways_and_events_are_passed_through(tmp_path: Path):
    """Forks, joins and plain events between two tasks leave one prerequisite."""
    path = drawing(
        tmp_path,
        '<startEvent id="s"/><task id="a"/><parallelGateway id="g"/><task id="b"/><task id="c"/>'
        '<intermediateThrowEvent id="i"/><parallelGateway id="j"/><task id="d"/><endEvent id="e"/>'
        + flows("s a", "a g", "g b", "g c", "b j", "c i", "i j", "j d", "d e", "a d"),
    )
    imported = read_bpmn(path)
    assert pairs(imported) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}
    assert [note.split(": ", 1)[1][:31] for note in imported.notes] == [
        "the drawing gives no days for 4"
    ]


def test_a_loop_is_cut_where_it_goes_back(tmp_path: Path):
    """Correction and hand-in again is no circle of prerequisites; the cut is named."""
    path = drawing(
        tmp_path,
        '<startEvent id="s"/><task id="a" name="Accept"/><task id="b"/>\n'
        '<exclusiveGateway id="g"/><task id="c"/>\n' + flows("s a", "a b", "b g", "g c", "g a"),
    )
    imported = read_bpmn(path)
    assert pairs(imported) == {("a", "b"), ("b", "c")}
    assert [n.rpartition("flow.bpmn")[2] for n in imported.notes][1:] == [
        ":4: exclusiveGateway: choices are not modelled: every branch is taken",
        ":9: flow 'f5' goes back to 'Accept': left out",
    ]


def test_a_subprocess_is_taken_apart(tmp_path: Path):
    """Steps inside a subprocess come after what is before it, and before what is after."""
    inner = '<startEvent id="is"/><task id="x"/><task id="y"/>' + flows("is x").replace("f1", "i1")
    path = drawing(
        tmp_path,
        f'<startEvent id="s"/><task id="a"/><subProcess id="sub">{inner}</subProcess>'
        '<subProcess id="flat" name="Folded"/><task id="b"/>'
        + flows("s a", "a sub", "sub flat", "flat b"),
    )
    imported = read_bpmn(path)
    assert pairs(imported) == {
        ("a", "x"), ("a", "y"), ("x", "flat"), ("y", "flat"), ("flat", "b"),
    }  # fmt: skip


def test_a_timer_is_a_wait(tmp_path: Path):
    """A timer of 20 days in the way is an external wait of 20 natural days."""
    timer = "<timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition>"
    path = drawing(
        tmp_path,
        '<startEvent id="s"/><task id="a"/><task id="b"/><task id="c"/>'
        f'<intermediateCatchEvent id="t" name="公示">{timer.format("P20D")}'
        "</intermediateCatchEvent>"
        f'<intermediateCatchEvent id="u">{timer.format("R3/PT10H")}</intermediateCatchEvent>'
        + flows("s a", "a t", "t b", "b u", "u c"),
    )
    procedure = read_bpmn(path).procedure
    wait = procedure["t"]
    assert (wait.kind, wait.name) == (Kind.WAIT, Name("公示"))
    assert wait.duration == Duration(20, Unit.NATURAL_DAY)
    assert {edge.ends for edge in procedure.edges} == {("a", "t"), ("t", "b"), ("b", "c")}


def test_lanes_are_departments(tmp_path: Path):
    """The innermost named lane, else the pool, is a task's department."""
    lanes = (
        '<laneSet><lane id="L1" name="局"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef>'
        '<childLaneSet><lane id="L2" name="科"><flowNodeRef>b</flowNodeRef></lane></childLaneSet>'
        '</lane><lane id="L3"><flowNodeRef>c</flowNodeRef></lane></laneSet>'
    )
    pool = '<collaboration><participant name="Centre" processRef="p"/></collaboration>'
    path = drawing(
        tmp_path,
        f'{lanes}<task id="a"/><task id="b"/><task id="c"/>{flows("a b", "b c")}',
        pool,
    )
    imported = read_bpmn(path)
    names = [imported.offices[step.department] for step in imported.procedure.steps]
    assert names == [Name("局"), Name("科"), Name(en="Centre")]


def test_steps_behind_an_exception_are_left_out(tmp_path: Path):
    """What only an error or reminder leads to is no step of the usual way."""
    path = drawing(
        tmp_path,
        '<startEvent id="s"/><task id="a"/><boundaryEvent id="x" attachedToRef="a"/>'
        '<task id="late" name="Remind"/><task id="b"/>' + flows("s a", "a b", "x late", "late b"),
    )
    imported = read_bpmn(path)
    assert imported.procedure.keys == ("a", "b")
    assert any("'Remind' follows only an exception" in note for note in imported.notes)


def test_unreadable_ids_are_numbered(tmp_path: Path):
    """Ids that no person types become T01, T02; readable ones stay."""
    path = drawing(
        tmp_path,
        '<task id="sid-3F2504E0-4F89-11D3-9A0C" name="受理"/><task id="T01"/><task id="_x y"/>',
    )
    procedure = read_bpmn(path).procedure
    assert sorted(procedure.keys) == ["T01", "T02", "T03"]
    assert procedure["T02"].name == Name("受理")
    assert "sid-3F2504E0" in procedure["T02"].provenance


# What is refused


BAD = {
    "bpmn_dangling_flow": ":9: flow 'f2': targetRef 't9' does not exist",
    "bpmn_duplicate_id": ":6: id 't1' stands twice (first on line 5)",
    "bpmn_no_start_and_end_flows_on": ":7: flow 'f3' leaves the end event 'e'",
    "bpmn_xxe_parameter_entity": ":2: declares a DOCTYPE (DTD): files with one are not read",
}


@needs_shared
@pytest.mark.parametrize("stem", BAD)
def test_bad_drawings_are_refused_in_one_line(stem: str, tmp_path: Path):
    """Each is refused with its line, and nothing is written."""
    path = SHARED / "badinputs" / f"{stem}.bpmn"
    with pytest.raises(InputError) as caught:
        import_bpmn(path, tmp_path / "case")
    assert str(caught.value) == f"{path}{BAD[stem]}"
    assert list(tmp_path.iterdir()) == []


@needs_shared
def test_a_drawing_with_odd_names_is_taken(tmp_path: Path):
    """Markup in names is a name."""
    imported = import_bpmn(SHARED / "badinputs" / "bpmn_script_in_names.bpmn", tmp_path / "case")
    assert imported.procedure["t1"].name == Name(en='" onload="alert(2)')


def test_what_is_no_drawing_is_refused(tmp_path: Path):
    """Another XML, no XML, nothing, a folder, or no task: one line says which."""
    path = tmp_path / "flow.bpmn"
    path.write_text("<html/>")
    assert problem(path) == (
        "flow.bpmn:1: is not BPMN 2.0: it begins with <html>, not <definitions>"
    )
    path.write_text("key,name\n")
    assert problem(path) == "flow.bpmn:1: is not well-formed XML: syntax error"
    path.write_text(f"{HEAD}<process>\n<task")
    assert problem(path).startswith("flow.bpmn:3: is not well-formed XML")
    path.write_text(" ")
    assert problem(path) == "flow.bpmn: is empty: an XML document was expected"
    path.write_text(f"{HEAD}</definitions>")
    assert problem(path) == "flow.bpmn: holds no task that a start leads to"
    assert problem(tmp_path).endswith("cannot be read: Is a directory")
    path = drawing(tmp_path, '<task id="a"/><task id="b"/>' + flows("a b", "b a"))
    assert problem(path) == "flow.bpmn:3: has no start: every task waits for another"
    path = drawing(tmp_path, '<startEvent id="s"/><task id="a"/>' + flows("s a", "a s"))
    assert problem(path) == "flow.bpmn:4: flow 'f2' enters the start event 's'"


def test_every_contradiction_is_told_at_once(tmp_path: Path):
    """Two wrong flows are two lines, with the nearest known id."""
    path = drawing(tmp_path, '<task id="accept"/>\n' + flows("acept accept", "accept nowhere"))
    with pytest.raises(InputError) as caught:
        read_bpmn(path)
    assert [str(p).rpartition("bpmn:")[2] for p in caught.value.problems] == [
        "4: flow 'f1': sourceRef 'acept' does not exist (did you mean 'accept'?)",
        "5: flow 'f2': targetRef 'nowhere' does not exist",
    ]


def test_bombs_are_refused(tmp_path: Path):
    """Entities, depth, size and numbers of elements all have their limits."""
    bombs = {
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>": "DOCTYPE",
        b"<!DOCTYPE x SYSTEM 'file.dtd'><x/>": "DOCTYPE",
        b"<a>" * 100_000: "deeper than 200",
        b"<x>" + b"<a/>" * 250_000 + b"</x>": "more than 200000 elements",
        b" " * (MOST_BYTES + 1): "larger than 32 MB",
        b"<x a='\x00'/>": "not well-formed",
        b"<?xml version='1.0' encoding='nonsense'?><x/>": "not well-formed",
        b"<?xml version='1.0' encoding='gbk'?><x>\xff\xff</x>": "encoding it declares",
    }
    for data, what in bombs.items():
        with pytest.raises(InputError, match=what):
            read_xml(data, "bomb.xml")
    nodes = "".join(f'<task id="t{n}"/>' for n in range(MOST_NODES + 1))
    assert "more than 5000 tasks" in problem(drawing(tmp_path, nodes))


def test_chinas_encodings_are_read():
    """A file that says it is GBK is read as GBK, and UTF-16 by its mark."""
    text = "<?xml version='1.0' encoding='GBK'?><x name='受理'/>"
    assert read_xml(text.encode("gbk"), "x").get("name") == "受理"
    text = "<?xml version='1.0' encoding='utf-16'?><x name='受理'/>"
    assert read_xml(text.encode("utf-16"), "x").get("name") == "受理"


def test_broken_files_end_in_a_problem_and_nothing_else(tmp_path: Path):
    """A file cut off or with bytes changed anywhere is imported or refused, never a crash."""
    good = export(shipped("jiaxing/staged"), ".bpmn")
    chance = random.Random(1)
    path = tmp_path / "flow.bpmn"
    refused, unplaced = 0, []
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            if chance.random() < 0.3:
                del data[at : at + chance.randint(1, 300)]
            else:
                data[at] = chance.choice(b'<>"& abS1_')
        path.write_bytes(data)
        try:
            read_bpmn(path)
        except InputError as error:
            refused += 1
            unplaced += [p for p in error.problems if not str(p).startswith(str(path))]
    assert refused > 20
    assert unplaced == []


def test_days_that_nobody_knows_are_marked(tmp_path: Path):
    """A step without days has 0 days, and its row says that this is an assumption."""
    path = drawing(tmp_path, '<task id="a" name="受理"/><task id="b"/>' + flows("a b"))
    import_bpmn(path, tmp_path / "case")
    rows = (tmp_path / "case" / "items.csv").read_text("utf-8-sig").splitlines()
    assert rows[1].startswith("a,受理,,p,government_approval,,0,wd,")
    assert all(UNKNOWN_DAYS in row for row in rows[1:])
    assert (tmp_path / "case" / "prerequisites.csv").read_text("utf-8-sig").splitlines()[1] == (
        "a,b,practice,drawn in flow.bpmn,"
    )


# The command


def test_the_command_imports_and_names_what_is_lost(tmp_path: Path):
    """Notes go to the error stream one a line; the answer counts what came over."""
    path = drawing(
        tmp_path, '<task id="a"/><exclusiveGateway id="g"/><task id="b"/>' + flows("a g", "g b")
    )
    options = argparse.Namespace(folder=str(tmp_path / "case"), origin=str(path))
    out, err = io.StringIO(), io.StringIO()
    assert from_bpmn(options, Console(out, err, json=True)) == 0
    answer = json.loads(out.getvalue())
    assert (answer["steps"], answer["departments"], answer["prerequisites"]) == (2, 1, 1)
    assert err.getvalue().splitlines() == answer["notes"]
    assert len(answer["notes"]) == 2
    with pytest.raises(UsageError, match="exists already"):
        from_bpmn(options, Console(out, err))
    options.folder = str(tmp_path / "again")
    assert from_bpmn(options, Console(out, err)) == 0
    assert f"lianban run {tmp_path / 'again'}/as-drawn" in out.getvalue()
    assert is_drawing("a.BPMN")
    assert not is_drawing("jiaxing")
