"""A mix of case types is drawn type by type; crowded pictures still print legibly."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import networkx as nx
import openpyxl
import pytest
from test_diagrams import check, check_labels, extent, groups

from lianban.cli import main
from results.display import Rect, Text, texts
from results.exports import export
from results.frame import printed_at
from results.lanes import arrange
from results.mixes import as_drawn
from results.step_status import step_statuses
from results.swimlane import flow_diagram, lane_diagram_places
from results.timeline import field_of
from results.views import flow_of, timeline_of
from rules import Duration, Edge, Name, Procedure, Stage, Step
from rules.flows import Parallel, Staged
from scenarios import load, shipped

MIXES = ("county-mix", "jiaxing-licences", "jinyun", "network", "ziyang", "ziyang-township")


def designs(name: str):
    today = load(name)
    return [today, *(load(f"{name}/{redesign}") for redesign in today.redesigns)]


def test_the_list_of_mixes_is_whole():
    """Every shipped mix is looked at below."""
    assert tuple(name for name in shipped() if load(name).procedure.mixed) == MIXES


def test_a_serial_mix_is_drawn_type_by_type():
    """Project F E W P, shop B K S, resident C: three chains, nothing between them."""
    county = as_drawn(load("county-mix"))
    arrows = nx.transitive_reduction(county.order_graph()).edges
    assert {*arrows} == {("F", "E"), ("E", "W"), ("W", "P"), ("B", "K"), ("K", "S")}
    picture = flow_of(load("county-mix"), None, "en")
    wires = {group.key for group in groups(picture, "wire")}
    assert wires == {"F->E", "E->W", "W->P", "B->K", "K->S"}
    folded = flow_of(load("county-mix"), None, "en", shown="runs")
    assert len(groups(folded, "step")) == 8, "who needs no EIA does not take 28 days"
    said = " ".join(texts(picture))
    assert "several types of cases in one picture" in said
    assert "prerequisite by practice, or handling order" not in said
    assert "handling order" in said
    days = {"F": "2 wd", "E": "12 wd", "P": "6 wd"}
    for group in groups(picture, "step"):
        told = [s.text for s in group.shapes if isinstance(s, Text)]
        assert days.get(group.key, told[0]) in told, "a step's own days are known in a mix too"


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_shows_each_types_order_and_no_other(name):
    """What one type has in order is in order; what no type takes together is not linked."""
    for scenario in designs(name):
        drawn = as_drawn(scenario)
        order = nx.transitive_closure(drawn.order_graph())
        parts = [
            sort.procedure(scenario.procedure, scenario.today.keys, profile)
            for sort in scenario.sorts
            for profile in sort.profiles
        ]
        told = nx.DiGraph()
        told.add_nodes_from(drawn.keys)
        latest = dict.fromkeys(drawn.keys, 0)
        for part in parts:
            told.add_edges_from(part.order_graph().edges)
            for key, start in part.critical_path().starts.items():
                latest[key] = max(latest[key], start)
        assert {*order.edges} == {*nx.transitive_closure(told).edges}
        field = field_of(Name(en=name), drawn)
        assert {bar.step.key: bar.start for bar in field.bars} == latest
        assert not any(bar.critical for bar in field.bars)


def test_without_its_types_a_mix_shows_prerequisites_alone():
    """A bare procedure does not know its types: no handling order is made up."""
    bare = load("ziyang").procedure
    wires = {group.key for group in groups(flow_diagram(bare, language="en"), "wire")}
    assert wires == {"->".join(edge.ends) for edge in bare.edges}


def test_moved_to_parallel_is_told_within_a_type():
    """EIA and water plan now run side by side, so do food licence and signboard; no other."""
    county = (as_drawn(load("county-mix")), as_drawn(load("county-mix/parallel")))
    words = {key: status.word for key, status in step_statuses(*county).items()}
    assert words == {
        "F": "kept", "E": "moved", "W": "moved", "P": "kept",
        "B": "kept", "K": "moved", "S": "moved", "C": "kept",
    }  # fmt: skip


def crowd(count: int, flow: Parallel | Staged) -> Procedure:
    """Return a stage with so many steps side by side in two offices, and a last step after all."""
    steps = [
        Step(f"S{i:02d}", Name(f"事项{i}", f"Item {i}"), f"D{i % 2}", stage="a",
             duration=Duration(i % 5 + 1))
        for i in range(count)
    ]  # fmt: skip
    last = Step("Z", Name("发证", "Issue"), "D0", stage="b", duration=Duration(1))
    edges = tuple(Edge(step.key, "Z") for step in steps)
    stages = (Stage("a", Name("受理", "Apply")), Stage("b", Name("发证", "Issue")))
    return Procedure(Name("众", "Crowd"), (*steps, last), edges, stages, flow)


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_a_crowded_column_is_wrapped(language):
    """Thirty-six steps side by side print at 6 pt or more on A3; nothing else is lost."""
    procedure = crowd(36, Parallel())
    assert printed_at(flow_diagram(procedure, language=language)) >= 6
    (routed,) = lane_diagram_places(procedure, language)
    columns = {x for key, (x, _) in routed.corners.items() if key != "Z"}
    assert len(columns) > 1
    assert max(columns) < routed.corners["Z"][0]
    check(procedure, language)
    few = arrange(crowd(4, Parallel()), 12).bands[0]
    assert few.columns == 2, "a short column stays one"


def test_a_wrapped_stage_keeps_its_gate():
    """The gate stands behind the last of the columns that a stage was wrapped into."""
    picture = flow_diagram(crowd(36, Staged()), language="en")
    gate, _legend = [s for s in _lines(picture) if s.classes == "gate"]
    boxes = {
        group.key: next(s for s in group.shapes if isinstance(s, Rect))
        for group in groups(picture, "step")
    }
    for key, box in boxes.items():
        assert (box.x > gate.points[0][0]) == (key == "Z")


def _lines(picture):
    from results.display import Line, every

    return [shape for shape in every(picture.shapes) if isinstance(shape, Line)]


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_two_queues_side_by_side_are_rows_that_print_legibly(language):
    """Under simulated approval a long serial flow is drawn as rows; links name the other queue."""
    scenario = load("jiaxing/land-wait-simulated")
    picture = flow_of(scenario, load("jiaxing"), language)
    assert printed_at(picture) >= 6
    check_labels(picture)
    shown = nx.DiGraph([tuple(group.key.split("->")) for group in groups(picture, "wire")])
    for group in groups(picture, "step"):
        link = " ".join(s.text for s in group.shapes if isinstance(s, Text) and s.classes == "link")
        sign = ""
        for word in link.split():
            if word in "←→":
                sign = word
            else:
                shown.add_edge(*((group.key, word) if sign == "→" else (word, group.key)))
    whole = nx.transitive_closure(scenario.procedure.order_graph())
    found = nx.transitive_closure(shown)
    assert {*found.edges} <= {*whole.edges}, "no arrow between queues that do not wait"
    assert all(found.has_edge(*edge.ends) for edge in scenario.procedure.work_edges)


@pytest.mark.parametrize("name", ["jiaxing/parallel", "jiaxing-centre/both"])
def test_two_designs_of_35_steps_on_one_axis_print_legibly(name):
    """Rows stand closer where the fields would else be too tall for one A3 sheet."""
    pair = [load(name.split("/")[0]), load(name)]
    for language in ("en", "zh", "both"):
        picture = timeline_of(pair, language)
        check_labels(picture)
        assert printed_at(picture) >= 6


@pytest.mark.parametrize(
    "name", ["anshan-pharmacy/one-matter", "jiaxing-chart-private/chart", "ziyang/online"]
)
def test_no_line_runs_through_the_name_of_a_bar(name):
    """Names too wide for a procedure of five days stand right behind the line where it ends."""
    pair = [load(name.split("/")[0]), load(name)]
    for language in ("en", "zh", "both"):
        picture = timeline_of(pair, language)
        ends = [line.points for line in _lines(picture) if line.classes == "finish"]
        for group in groups(picture, "bar"):
            for text in (s for s in group.shapes if isinstance(s, Text)):
                left, top, right, bottom = extent(text)
                box = group.shapes[0]
                away = max(left - box.x - box.width, box.x - right)
                assert away <= right - left + 20, f"'{text.text}' stands far from its bar"
                for (x, upper), (_, lower) in (points[:2] for points in ends):
                    across = left < x < right and upper < bottom and top < lower
                    assert not across, f"a line runs through '{text.text}'"


def test_a_name_at_the_end_of_the_axis_stands_left_of_its_mark():
    """The licence issued on the last day is named in full."""
    picture = timeline_of([load("zhongshan/collaborative")], "en")
    assert not any("…" in said for said in texts(picture))


def test_a_step_partly_from_the_source_counts_as_reconstructed():
    """Provenance is told once for a step of two designs, and never better than it is."""
    given = Step("a", Name("甲", "A"), "x", provenance="given")
    partly = replace(given, key="b", provenance="name [given]; days reconstruction")
    flow = Procedure(Name("两", "Two"), (given, partly), ())
    picture = flow_diagram(flow, before=flow, language="en")
    note = next(said for said in texts(picture) if said.startswith("data:"))
    assert note == (
        "data: given by the source (1 steps); reconstruction, not the place's own (1 steps)"
    )


def test_small_print_is_told_and_how_to_avoid_it(tmp_path, capsys):
    """A picture below 6 pt on A3 says so; one that fits says nothing."""
    for name, small in (("jiaxing/parallel", True), ("county-mix", False)):
        assert main(["diagram", name, "-o", str(tmp_path / "flow.svg")]) == 0
        assert ("--sheets a3 prints larger" in capsys.readouterr().err) is small


def test_a_kept_step_that_joins_many_is_drawn_among_changes():
    """Without the permit A14 there would be 24 lines from 6 steps to 4; stages keep their gates."""
    today = load("anshan-industrial")
    picture = flow_of(load("anshan-industrial/parallel"), today, "zh", shown="changes")
    assert "A14" in [group.key for group in groups(picture, "step")]
    assert len(groups(picture, "wire")) == 18
    assert "未画保留不变的 2 个环节：A01 A19" in texts(picture)
    staged = flow_of(load("anshan-industrial/staged"), today, "zh", shown="changes")
    assert [line.classes for line in _lines(staged)].count("gate") == 3, "two and the legend's"
    assert "保留" not in texts(staged), "a sign that no box has is not in the legend"
    assert len(groups(staged, "wire")) == 2


def test_exports_of_a_mix_hold_its_types_order_and_its_own_prerequisites():
    """Other programs get three chains and no critical path; the workbook reads back as it was."""
    county = load("county-mix")
    dot = export(county, ".dot").decode()
    arrows = {*re.findall(r'"(\w)" -> "(\w)"', dot)}
    assert arrows == {("F", "E"), ("E", "W"), ("W", "P"), ("B", "K"), ("K", "S")}
    assert "slack" not in dot
    assert "#b00020" not in dot
    flow = export(county, ".mmd").decode()
    assert flow.count("-->") == 5
    assert "critical" not in flow
    project = export(county, ".mspdi.xml").decode()
    assert project.count("<PredecessorLink>") == 5
    assert "<Critical>1</Critical>" not in project
    book = openpyxl.load_workbook(io.BytesIO(export(county, ".xlsx", language="en")))
    rows = [[cell.value for cell in row] for row in book["prerequisites"].iter_rows()]
    assert [tuple(row[:2]) for row in rows[1:]] == [edge.ends for edge in county.procedure.edges]
    head, *steps, total = ([cell.value for cell in row] for row in book["schedule"].iter_rows())
    start = {row[0]: row[head.index("start")] for row in steps}
    assert start == {"F": 0, "E": 2, "W": 14, "P": 22, "B": 0, "K": 1, "S": 9, "C": 0}
    assert {row[head.index("slack")] for row in steps} == {None}
    assert total[head.index("days")] is None, "the days of no case"


def test_time_between_steps_is_told():
    """One day between two boxes belongs to neither: it is named below the picture."""
    picture = flow_of(load("zhongshan/collaborative"), None, "en")
    assert "time between steps: C1→J 1 wd; J→C5 1 wd" in texts(picture)
    axis = timeline_of([load("zhongshan/collaborative")], "zh")
    assert "环节之间另等：C1→J 1 工作日; J→C5 1 工作日" in texts(axis)
