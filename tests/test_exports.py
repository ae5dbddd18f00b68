"""Exports say what the scenario says, whoever reads them; nothing breaks out of a name."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from html import unescape
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from exported import (
    BPMN,
    DC,
    DI,
    EVERY,
    HOSTILE,
    WAYPOINT,
    closure,
    hostile,
    offices,
    play,
    random_procedure,
    reduced,
    shipped,
)

from lianban.cli import main
from lianban.commands.diagram import FORMATS
from results.exports import EXPORTS, PICTURES, export, suffix_of
from results.exports.bpmn import to_bpmn
from results.exports.dates import PaperDates
from results.exports.dot import to_dot
from results.exports.drawio import to_drawio
from results.exports.mermaid import flowchart, gantt
from results.exports.network import network_of
from results.exports.text import clean, identifier, key_of, one_line
from rules import Duration, Edge, Name, Procedure, Step, Unit
from rules.calendars import WorkingDays
from rules.files import write_whole
from rules.flows import Parallel

GOLDEN = Path(__file__).parent / "golden"


# Every form


@pytest.mark.parametrize("key", EVERY)
def test_every_form_is_written_and_repeatable(key: str):
    """Each shipped way of handling can be written in each form; same input, same bytes."""
    for suffix in EXPORTS:
        first = export(shipped(key), suffix)
        assert len(first) > 500, suffix
        if key == "jiaxing/reform":
            assert export(shipped(key), suffix) == first, suffix


def test_the_command_line_lists_what_can_be_written():
    """The endings in the help are those that pictures and exports know."""
    assert (*PICTURES, *EXPORTS) == FORMATS


def test_endings_are_told_apart():
    """A known ending is found whatever its case; an unknown one is refused with the list."""
    for suffix in (*PICTURES, *EXPORTS):
        assert suffix_of(f"a.b{suffix.upper()}") == suffix
    for wrong in ("flow", "flow.vsdx", ".bpmn", "flow.xlsm"):
        with pytest.raises(ValueError, match=r"none of .*\.drawio"):
            suffix_of(wrong)
    with pytest.raises(ValueError, match=r"did you mean '\.bpmn'"):
        suffix_of("flow.bpm")


@pytest.mark.parametrize("suffix", EXPORTS)
def test_reconstructed_data_are_called_so(suffix: str):
    """No export shows a reconstruction as a city's own data."""
    content = export(shipped("jiaxing/reform"), suffix, language="both", view="timeline")
    if suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    assert "reconstruction" in content.decode()


def test_a_form_of_one_procedure_refuses_two():
    """Only a Gantt chart shows before and after; the others say so rather than drop one."""
    today, reform = shipped("jiaxing"), shipped("jiaxing/reform")
    for suffix in EXPORTS:
        with pytest.raises(ValueError, match="one procedure"):
            export(reform, suffix, before=today)
    assert b"section" in export(reform, ".mmd", before=today, view="timeline")
    with pytest.raises(ValueError, match="none of"):
        export(reform, ".vsdx")
    with pytest.raises(ValueError, match="language"):
        export(reform, ".dot", language="fr")


def test_a_procedure_that_cannot_be_drawn_is_refused():
    """No steps, or steps in a circle: an export says so."""
    empty = Procedure(Name(en="none"), (), ())
    steps = (Step("a", Name(en="a")), Step("b", Name(en="b")))
    circle = Procedure(Name(en="x"), steps, (Edge("a", "b"), Edge("b", "a")), flow=Parallel())
    for write in (to_bpmn, to_dot, to_drawio, flowchart):
        with pytest.raises(ValueError, match="without steps"):
            write(empty)
        with pytest.raises(ValueError, match="circle"):
            write(circle)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """When the disk fails, the older file stands and no half of a new one lies beside it."""
    path = tmp_path / "flow.bpmn"
    write_whole(path, b"old")

    def fail(_number: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [
        ("flow.bpmn", b"old")
    ]


def test_identifiers_can_be_undone():
    """Every key comes back from its identifier, and two keys never share one."""
    keys = [*HOSTILE, "a_b", "a-b", "a b", "_5f_", "踏勘", "S01"]
    told = [identifier("step", key) for key in keys]
    assert len(set(told)) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z_][\w-]*", each, re.ASCII) for each in told)
    assert [key_of("step", each) for each in told] == keys


# The command line


@pytest.mark.parametrize(
    "words",
    [
        ("a.svg", "--only-changes"),
        ("a.svg", "--before", "jiaxing", "--only-changes", "--fold"),
        ("a.svg", "--before", "jiaxing", "--fold"),
        ("a.svg", "--sheets", "a3"),
        ("a.bpmn", "--fold"),
        ("a.svg", "--before", "jiaxing/reform", "--only-changes"),
        ("a.svg", "--promise", "0"),
    ],
)
def test_options_of_pictures_that_say_nothing_together_are_refused(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Exit code 2, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["diagram", "jiaxing/reform", "-o", *words])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("a.pdf", "--sheets", "a4", "--names", "zh"),
        ("a.svg", "--fold", "--promise", "120"),
        ("a.svg", "--before", "jiaxing", "--only-changes"),
        ("a.svg", "--before", "jiaxing", "--only-changes", "--view", "swimlane"),
    ],
)
def test_pictures_are_drawn_as_asked_for(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Sheets, folded runs, a promise and the changes alone are written."""
    monkeypatch.chdir(tmp_path)
    assert main(["diagram", "jiaxing/merged", "-o", *words]) == 0
    text = (tmp_path / words[0]).read_bytes()
    assert (b"%PDF" in text) is (words[0] == "a.pdf")
    assert ("promised 120 wd" in text.decode(errors="replace")) is ("--promise" in words)


@pytest.mark.parametrize("suffix", EXPORTS)
def test_the_command_writes_each_form(
    suffix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """The diagram command writes what export returns, and nothing else into the folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["diagram", "jiaxing/reform", "-o", f"flow{suffix}", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["view"]) == (f"flow{suffix}", EXPORTS[suffix] or "swimlane")
    assert [path.name for path in tmp_path.iterdir()] == [f"flow{suffix}"]
    assert (tmp_path / f"flow{suffix}").read_bytes() == export(shipped("jiaxing/reform"), suffix)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "flow.vsdx"], ".drawio .mspdi.xml .xml .xlsx"),
        (["-o", "flow.bpmn", "--before", "jiaxing"], "one view of one procedure"),
        (["-o", "flow.xlsx", "--view", "swimlane"], "one view of one procedure"),
        (["-o", "x.mmd", "--before", "jiaxing", "--view", "swimlane"], "--view timeline"),
        (["-o", "nowhere/flow.bpmn"], "nowhere"),
    ],
)
def test_the_command_refuses_what_a_form_cannot_show(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """A wrong ending or view is one line on the error stream, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert main(["diagram", "jiaxing/reform", *words]) == 2
    spoken = capsys.readouterr()
    assert told in spoken.err
    assert len(spoken.err.splitlines()) == 1
    assert spoken.out == ""
    assert list(tmp_path.iterdir()) == []


# The network under all of them


@pytest.mark.parametrize("seed", range(60))
def test_a_network_orders_steps_as_the_procedure_does(seed: int):
    """Leaving out what follows from others, and gathering arrows, changes no order."""
    procedure = random_procedure(seed)
    for junctions in (False, True):
        network = network_of(procedure, junctions=junctions)
        flow = network.as_procedure()
        pairs = {(a, b) for a, b in closure(flow) if a in procedure and b in procedure}
        assert pairs == closure(procedure)
        assert len(network.arrows) == len(reduced(flow))


def test_a_gate_is_one_point():
    """Four steps that all wait for three need seven arrows through one point, not twelve."""
    steps = tuple(Step(key, Name(en=key)) for key in "abcwxyz")
    edges = tuple(Edge(a, b) for a in "abc" for b in "wxyz")
    network = network_of(Procedure(Name(en="x"), steps, edges, flow=Parallel()))
    assert (len(network.junctions), len(network.arrows)) == (1, 7)


# BPMN


@pytest.mark.parametrize("key", EVERY)
def test_bpmn_runs_every_step_once_in_the_right_order(key: str):
    """Tokens run through the process: each step once, after all it needs, and all end."""
    procedure = shipped(key).procedure
    _check_play(procedure)


@pytest.mark.parametrize("seed", range(40))
def test_bpmn_of_any_procedure_runs(seed: int):
    """The same for random procedures with lags, many starts and many ends."""
    _check_play(random_procedure(seed))


def _check_play(procedure: Procedure) -> None:
    ran, pairs, ended = play(to_bpmn(procedure))
    assert ended
    assert ran == Counter(identifier("step", step.key) for step in procedure.steps)
    assert {(key_of("step", a), key_of("step", b)) for a, b in pairs} == closure(procedure)


@pytest.mark.parametrize("seed", range(30))
def test_bpmn_shapes_stand_where_they_should(seed: int):
    """Shapes lie in their lanes and apart; lines touch the shapes they join and no others."""
    procedure = random_procedure(100 + seed) if seed else shipped("jiaxing/staged").procedure
    root = ElementTree.fromstring(to_bpmn(procedure))
    box = {}
    for shape in root.iter(f"{DI}BPMNShape"):
        at = shape.find(f"{DC}Bounds")
        assert at is not None
        x, y, wide, tall = (float(at.get(key, "")) for key in ("x", "y", "width", "height"))
        box[shape.get("bpmnElement", "")] = (x, y, x + wide, y + tall)
    lanes = {
        ref.text: lane.get("id", "")
        for lane in root.iter(f"{BPMN}lane")
        for ref in lane.iter(f"{BPMN}flowNodeRef")
    }
    nodes = sorted(set(box) - set(lanes.values()) - {"pool"})
    assert set(nodes) == set(lanes)
    for index, one in enumerate(nodes):
        assert _inside(box[one], box[lanes[one]])
        assert _inside(box[lanes[one]], box["pool"])
        for other in nodes[index + 1 :]:
            assert not _overlap(box[one], box[other]), (one, other)
    ends = {
        flow.get("id"): (flow.get("sourceRef", ""), flow.get("targetRef", ""))
        for flow in root.iter(f"{BPMN}sequenceFlow")
    }
    drawn = list(root.iter(f"{DI}BPMNEdge"))
    assert len(drawn) == len(ends)
    for edge in drawn:
        source, target = ends[edge.get("bpmnElement")]
        points = [(float(p.get("x", "")), float(p.get("y", ""))) for p in edge.iter(WAYPOINT)]
        assert points[0][0] == pytest.approx(box[source][2], abs=0.11)
        assert points[-1][0] == pytest.approx(box[target][0], abs=0.11)
        assert box[target][1] <= points[-1][1] <= box[target][3]
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == pytest.approx(x2, abs=0.11) or y1 == pytest.approx(y2, abs=0.11)
            run = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            assert not [n for n in nodes if n not in (source, target) and _overlap(run, box[n])]


def _inside(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return (
        outer[0] <= inner[0] + 0.11
        and outer[1] <= inner[1] + 0.11
        and inner[2] <= outer[2] + 0.11
        and inner[3] <= outer[3] + 0.11
    )


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] - 0.2 and b[0] < a[2] - 0.2 and a[1] < b[3] - 0.2 and b[1] < a[3] - 0.2


def test_bpmn_tells_who_takes_part_in_a_joint_step():
    """A joint step is one task; its documentation names what it joins and who takes part."""
    scenario = shipped("jiaxing/reform")
    root = ElementTree.fromstring(to_bpmn(scenario.procedure, offices=offices(scenario)))
    joint = next(step for step in scenario.procedure.steps if len(step.origin) > 1)
    task = next(t for t in root.iter() if t.get("id") == identifier("step", joint.key))
    told = task.findtext(f"{BPMN}documentation", "")
    for part in joint.origin:
        assert f"{part.key} {part.name.zh}" in told
    for department in joint.departments[1:]:
        assert offices(scenario)[department].zh in told


def test_a_lag_is_a_timer():
    """A prerequisite that must wait 5 working days is a timer of 7 natural days."""
    steps = (Step("a", Name(en="a")), Step("b", Name(en="b")))
    edges = (Edge("a", "b", lag=Duration(5)),)
    text = to_bpmn(Procedure(Name(en="x"), steps, edges, flow=Parallel()))
    assert '<timeDuration xsi:type="tFormalExpression">P7D</timeDuration>' in text
    assert text.count("<intermediateCatchEvent") == 1


# Mermaid and DOT


def goldens() -> dict[str, str]:
    """Return the text files that a reviewer reads in a diff; run this file to write them."""
    today, reform = shipped("jiaxing"), shipped("jiaxing/reform")
    return {
        "jiaxing-reform-gantt.mmd": export(reform, ".mmd", view="timeline").decode(),
        "jiaxing-reform-flow.mmd": export(reform, ".mmd").decode(),
        "jiaxing-both-gantt.mmd": export(
            reform, ".mmd", before=today, view="timeline", language="en"
        ).decode(),
        "jiaxing-reform.dot": export(reform, ".dot").decode(),
    }


@pytest.mark.parametrize("name", list(goldens()))
def test_text_exports_are_as_recorded(name: str):
    """The reform's Mermaid and DOT texts are those that were looked at."""
    assert (GOLDEN / name).read_text(encoding="utf-8") == goldens()[name]


_BAR = re.compile(r"    (.+) :(crit, )?(milestone, )?n\d+, (\d{4}-\d\d-\d\d), (\d{4}-\d\d-\d\d)")


@pytest.mark.parametrize("key", EVERY)
def test_gantt_dates_are_working_days(key: str):
    """Bars span as many working days as the table says, by a calendar not ours."""
    calendar = pytest.importorskip("chinese_calendar")
    scenario = shipped(key)
    text = export(scenario, ".mmd", view="timeline", language="en").decode()
    bars = [_BAR.fullmatch(line) for line in text.splitlines()]
    found = [bar for bar in bars if bar]
    assert len(found) == len(scenario.procedure.steps)
    path = scenario.procedure.critical_path()
    last = date.min
    for step, bar in zip(scenario.procedure.steps, found, strict=True):
        first, end = date.fromisoformat(bar[4]), date.fromisoformat(bar[5])
        worked = sum(calendar.is_workday(first + timedelta(n)) for n in range((end - first).days))
        assert worked == step.days
        assert bool(bar[2]) == (path.slack[step.key] == 0)
        last = max(last, end)
    from_start = (scenario.first_day + timedelta(n) for n in range(999))
    until = [day for day in from_start if day < last and calendar.is_workday(day)]
    assert len(until) == path.days


def test_a_gantt_line_cannot_be_broken_by_a_name():
    """Names with colons, keywords or comment signs stay one line of one task."""
    text = gantt(
        [(hostile().name, hostile())],
        first_day=date(2025, 3, 3),
        days=WorkingDays.china(),
        language="en",
    )
    lines = text.splitlines()
    assert len([line for line in lines if _BAR.fullmatch(line)]) == len(hostile().steps)
    for line in lines[5:]:
        assert line.startswith("    ")
        assert line.count(" :") <= 1 or line.startswith("    excludes")
        assert not set(line.partition(" :")[0]) & set(";#<>%\0")


@pytest.mark.parametrize("key", EVERY)
def test_flowcharts_have_every_step_and_arrow(key: str):
    """A flowchart's arrows, through its points, order steps as the procedure does."""
    procedure = shipped(key).procedure
    text = flowchart(procedure, offices=offices(shipped(key)), language="en")
    name = dict(re.findall(r'^ +(n\d+)[\[({>/\\]+"([^· ]+) · ', text, re.MULTILINE))
    assert sorted(name.values()) == sorted(procedure.keys)
    points = set(re.findall(r'^ +(n\d+)\(\("', text, re.MULTILINE))
    arrows = re.findall(r"^ +(n\d+) --> (n\d+)$", text, re.MULTILINE)
    assert _without_points(arrows, points, name) == reduced(procedure)


@pytest.mark.parametrize("key", EVERY)
def test_dot_has_every_step_and_arrow(key: str):
    """A DOT graph read by another program has our steps, days and prerequisites."""
    pydot = pytest.importorskip("pydot")
    procedure = shipped(key).procedure
    (graph,) = pydot.graph_from_dot_data(to_dot(procedure, offices=offices(shipped(key))))
    nodes = {node.get_name().strip('"'): node.get_attributes() for node in graph.get_nodes()}
    for step in procedure.steps:
        told = nodes[step.key]
        assert told["department"].strip('"') == step.department
        assert Fraction(told["days"].strip('"')) == step.days
    points = {name for name, told in nodes.items() if told.get("shape") == "point"}
    arrows = [
        (e.get_source().strip('"'), e.get_destination().strip('"')) for e in graph.get_edges()
    ]
    same = {key: key for key in nodes}
    assert _without_points(arrows, points, same) == reduced(procedure)
    clusters = graph.get_subgraphs()
    assert len(clusters) == len({step.department for step in procedure.steps if step.department})


def _without_points(
    arrows: list[tuple[str, str]], points: set[str], name: dict[str, str]
) -> set[tuple[str, str]]:
    direct = {(a, b) for a, b in arrows if not {a, b} & points}
    through = {(a, b) for a, p in arrows if p in points for q, b in arrows if q == p}
    return {(name[a], name[b]) for a, b in direct | through}


def test_dot_texts_are_closed():
    """Quotes, backslashes and line breaks in names leave the DOT text one graph."""
    pydot = pytest.importorskip("pydot")
    (graph,) = pydot.graph_from_dot_data(to_dot(hostile(), language="zh"))
    labels = [node.get_attributes().get("label", "") for node in graph.get_nodes()]
    assert len([label for label in labels if label]) == len(hostile().steps)
    assert sum("<script>" in label for label in labels) == 1
    assert len(graph.get_edges()) == len(reduced(hostile()))


# draw.io


@pytest.mark.parametrize("key", [*EVERY, "random"])
def test_drawio_boxes_stand_in_their_lanes(key: str):
    """Each step is a child of its department's lane and inside it; lines join known boxes."""
    procedure = random_procedure(7) if key == "random" else shipped(key).procedure
    root = ElementTree.fromstring(to_drawio(procedure, language="zh"))
    cells = {cell.get("id", ""): cell for cell in root.iter("mxCell")}
    assert len(cells) == len(list(root.iter("mxCell")))
    network = network_of(procedure)
    boxes: dict[str, list[tuple[float, ...]]] = {}
    for step in procedure.steps:
        cell = cells[identifier("node", step.key)]
        lane = cells[cell.get("parent", "")]
        assert lane.get("id") == identifier("lane", step.department)
        assert "swimlane" in lane.get("style", "")
        assert unescape(cell.get("value", "")).startswith(f"{step.key} · ")
        x, y, wide, tall = _geometry(cell)
        _, _, lane_wide, lane_tall = _geometry(lane)
        assert x >= 44
        assert y >= 0
        assert x + wide <= lane_wide
        assert y + tall <= lane_tall
        boxes.setdefault(lane.get("id", ""), []).append((x, y, x + wide, y + tall))
    for inside in boxes.values():
        for index, one in enumerate(inside):
            assert not any(_overlap(one, other) for other in inside[index + 1 :])
    arrows = {
        (cell.get("source", ""), cell.get("target", ""))
        for cell in cells.values()
        if cell.get("edge")
    }
    assert arrows == {(identifier("node", a), identifier("node", b)) for a, b in network.arrows}


def _geometry(cell: ElementTree.Element) -> tuple[float, ...]:
    at = cell.find("mxGeometry")
    assert at is not None
    return tuple(float(at.get(key, "")) for key in ("x", "y", "width", "height"))


# Hostile names


def test_names_make_no_element():
    """In XML forms a name stays text: the elements are those of harmless names."""
    plain = hostile()
    harmless = Procedure(
        Name("甲", "x"),
        tuple(Step(s.key, Name("甲", "x"), s.department, s.kind, s.stage, s.duration)
              for s in plain.steps),
        plain.edges,
        plain.stages,
        Parallel(),
    )  # fmt: skip
    for write in (to_bpmn, to_drawio):
        odd = ElementTree.fromstring(write(plain, language="both"))
        usual = ElementTree.fromstring(write(harmless, language="both"))
        tags = Counter(
            str(e.tag) for e in odd.iter() if not str(e.tag).endswith(("point", "Point", "Array"))
        )
        same = Counter(
            str(e.tag) for e in usual.iter() if not str(e.tag).endswith(("point", "Point", "Array"))
        )
        assert tags == same
    names = [
        task.get("name")
        for task in ElementTree.fromstring(to_bpmn(plain, language="zh")).iter(f"{BPMN}task")
    ]
    assert one_line(HOSTILE[1]) in names
    for cell in ElementTree.fromstring(to_drawio(plain)).iter("mxCell"):
        # draw.io reads a value as HTML: of tags only our own line breaks are left.
        assert not re.search(r"<(?!br>)", cell.get("value", ""))


def test_flowchart_labels_hold_no_syntax():
    """Between the quotes of a label stands no sign that Mermaid or HTML would read."""
    text = flowchart(hostile(), language="both")
    for line in text.splitlines():
        if '"' in line:
            assert line.count('"') == 2, line
            label = line.split('"')[1].replace("<br/>", "")
            assert not set(re.sub(r"#\d+;", "", label)) & set("<>#;`{}[]|%\\"), line


def test_what_xml_forbids_is_left_out():
    """Control characters and half characters go; everything else stays."""
    assert clean(HOSTILE[8]) == "nul bell half last"
    assert clean("审批 \U00020000") == "审批 \U00020000"


# Dates on paper


def test_days_of_eight_hours():
    """Half a day ends at noon, a whole one at five; the next begins at eight or at one."""
    steps = (
        Step("a", Name(en="a"), duration=Duration(4, Unit.HOUR)),
        Step("b", Name(en="b"), duration=Duration(12, Unit.HOUR)),
        Step("c", Name(en="c"), duration=Duration(0)),
    )
    flow = Procedure(Name(en="x"), steps, (Edge("a", "b"), Edge("b", "c")), flow=Parallel())
    dates = PaperDates.of(flow, date(2025, 9, 27), WorkingDays.china())  # a Saturday, off
    assert str(dates.begins("a")) == "2025-09-28 08:00:00"  # a Sunday, worked
    assert str(dates.ends("a")) == "2025-09-28 12:00:00"
    assert str(dates.begins("b")) == "2025-09-28 13:00:00"
    assert str(dates.ends("b")) == "2025-09-29 17:00:00"
    assert dates.begins("c") == dates.ends("c") == dates.ends("b")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in goldens().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
