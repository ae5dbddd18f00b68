"""Flow diagrams and timelines: nothing overlaps, nothing is hidden, every output says the same."""

from __future__ import annotations

import csv
import random
import re
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import networkx as nx
import pytest

from results.display import Group, Line, Picture, Rect, Text, every, paint, texts
from results.folding import with_runs_folded
from results.font import text_width
from results.frame import LANDSCAPE
from results.lanes import arrange, fold
from results.routing import Routed
from results.step_status import step_statuses
from results.swimlane import flow_diagram, flow_pages, lane_diagram_places
from results.timeline import field_of, timeline, timeline_pages
from rules import Duration, Edge, Kind, Name, Procedure, Stage, Step, Strength, Unit
from rules.flows import Parallel, Serial, Staged

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")

WORDS = "审批踏勘备案公示评审许可规划国土环保消防人防气象水利文物测绘联合办证验收登记"
ENGLISH = ["survey", "permit", "joint", "review", "of", "construction", "land", "environmental"]


def random_procedure(seed: int, most: int = 40) -> Procedure:
    """Return a procedure with random steps, flow and prerequisites, some against stage order."""
    chance = random.Random(seed)
    count = chance.randint(1, most)
    n_stages, n_offices = chance.randint(1, 6), chance.randint(1, 12)
    stages = tuple(
        Stage(f"g{i}", Name("".join(chance.choices(WORDS, k=4)), f"stage {i}"))
        for i in range(n_stages)
    )
    tidy = chance.random() < 0.7
    steps = []
    for i in range(count):
        stage = i * n_stages // count if tidy else chance.randrange(n_stages)
        kind = chance.choice(list(Kind))
        office = "" if kind is Kind.WAIT else f"办{chance.randrange(n_offices)}"
        steps.append(
            Step(
                f"S{i:02d}",
                Name(
                    "".join(chance.choices(WORDS, k=chance.randint(2, 24))),
                    " ".join(chance.choices(ENGLISH, k=chance.randint(1, 9))),
                ),
                office,
                kind,
                stages[stage].key if chance.random() < 0.95 else "",
                Duration(chance.randint(0, 30), chance.choice(list(Unit))),
            )
        )
    edges = []
    density = chance.choice([0.05, 0.1, 0.25])
    for j in range(1, count):
        for i in range(max(0, j - chance.choice([3, 8, count])), j):
            if chance.random() < density:
                strength = chance.choice(list(Strength))
                edges.append(Edge(steps[i].key, steps[j].key, strength))
    flow = chance.choice([Parallel(), Parallel(), Staged(), Serial()])
    if isinstance(flow, Staged) and not tidy:
        flow = Parallel()
    procedure = Procedure(Name("流程", "flow"), tuple(steps), tuple(edges), stages, flow)
    if not nx.is_directed_acyclic_graph(procedure.order_graph()):
        procedure = replace(procedure, flow=Parallel())
    return procedure


def overlaps(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def box_of(routed: Routed, key: str):
    x, y = routed.corners[key]
    return x, y, x + routed.box_width, y + routed.heights[key]


def check_band(routed: Routed) -> None:
    """Boxes lie apart; no line enters a foreign box; no two trunks lie on each other."""
    boxes = {key: box_of(routed, key) for key in routed.corners}
    keys = list(boxes)
    for i, a in enumerate(keys):
        for b in keys[i + 1 :]:
            assert not overlaps(boxes[a], boxes[b]), f"{a} and {b} overlap"
    runs = []
    for wire, points in routed.paths.items():
        assert points[0][0] == boxes[wire.before][2]
        assert boxes[wire.before][1] < points[0][1] < boxes[wire.before][3]
        assert points[-1][0] == boxes[wire.after][0]
        assert boxes[wire.after][1] < points[-1][1] < boxes[wire.after][3]
        for (x1, y1), (x2, y2) in pairwise(points):
            assert x1 == x2 or y1 == y2, "a line is not at a right angle"
            line = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            for key, box in boxes.items():
                # Along its own direction a line may end at a box's edge, not beyond.
                far, wide = (0, 1) if y1 == y2 else (1, 0)
                inside = (
                    line[far] < box[far + 2]
                    and box[far] < line[far + 2]
                    and line[wide] <= box[wide + 2]
                    and box[wide] <= line[wide + 2]
                )
                assert not inside, f"{wire} passes through {key}"
            runs.append((wire, line, y1 == y2))
            assert line[0] >= 0
            assert line[2] <= routed.width
            assert line[1] >= 0
            assert line[3] <= routed.height
    for i, (wire, a, flat) in enumerate(runs):
        for other, b, also_flat in runs[i + 1 :]:
            if wire.before == other.before or flat != also_flat:
                continue
            along, across = (0, 1) if flat else (1, 0)
            if abs(a[across] - b[across]) < 0.4:
                shared = min(a[along + 2], b[along + 2]) - max(a[along], b[along])
                assert shared <= 0, f"{wire} lies on {other}"


def extent(text: Text):
    width = text_width(text.text, text.size)
    shift = {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    left = text.x - shift
    return left, text.y - text.size * 0.8, left + width, text.y + text.size * 0.1


def groups(picture: Picture, classes: str) -> list[Group]:
    return [s for s in every(picture.shapes) if isinstance(s, Group) and s.classes == classes]


def check_labels(picture: Picture) -> None:
    """No text leaves its box, lane label, stage, panel or page; no two texts lie on each other."""
    for group in [
        *groups(picture, "step"),
        *groups(picture, "total"),
        *groups(picture, "ghost-step"),
    ]:
        rects = [s for s in group.shapes if isinstance(s, Rect)]
        left, right = min(r.x for r in rects), max(r.x + r.width for r in rects)
        top, bottom = min(r.y for r in rects), max(r.y + r.height for r in rects)
        for text in (s for s in group.shapes if isinstance(s, Text)):
            x1, y1, x2, y2 = extent(text)
            assert left <= x1, f"{text.text} leaves its box to the left"
            assert x2 <= right, f"{text.text} leaves its box to the right"
            assert top <= y1, f"{text.text} leaves its box at the top"
            assert y2 <= bottom, f"{text.text} leaves its box below"
    for group in [*groups(picture, "lane"), *groups(picture, "stage-block")]:
        label = next(
            s for s in group.shapes if isinstance(s, Rect) and s.classes in ("lane-label", "stage")
        )
        for text in (s for s in group.shapes if isinstance(s, Text)):
            x1, y1, x2, y2 = extent(text)
            assert label.x <= x1 <= x2 <= label.x + label.width, f"{text.text} is clipped"
            assert label.y <= y1 <= y2 <= label.y + label.height + 0.01, f"{text.text} is clipped"
    every_text = [s for s in every(picture.shapes) if isinstance(s, Text)]
    spots = sorted((extent(text), text.text) for text in every_text if text.text)
    for i, (a, said) in enumerate(spots):
        assert a[0] >= 0
        assert a[2] <= picture.width
        assert a[3] <= picture.height
        for b, also in spots[i + 1 :]:
            if b[0] >= a[2]:
                break
            assert not overlaps(a, b), f"'{said}' lies on '{also}'"


def check(procedure: Procedure, language: str) -> None:
    """Everything that must hold for the flow diagram of any procedure."""
    picture = flow_diagram(procedure, language=language)
    check_labels(picture)
    assert sorted(g.key for g in groups(picture, "step")) == sorted(procedure.keys)
    for routed in lane_diagram_places(procedure, language):
        check_band(routed)
        assert list(routed.lane_y) == sorted(set(routed.lane_y))
        assert all(right - left >= routed.box_width for left, right in pairwise(routed.column_x))
    check_lanes_and_stages(procedure)
    check_folded(procedure, language)


def check_folded(procedure: Procedure, language: str) -> None:
    """With runs as one box nothing is lost: the same days, each step in one box, the same order."""
    folded = with_runs_folded(procedure, {})
    assert folded.procedure.paper_days == procedure.paper_days
    assert folded.procedure.serial_days == procedure.serial_days
    boxes = {key: [s.key for s in run] for key, run in folded.runs.items()}
    shown = [part for key in folded.procedure.keys for part in boxes.get(key, [key])]
    assert sorted(shown) == sorted(procedure.keys)
    box_of = {part: key for key, run in boxes.items() for part in run}
    kept = nx.transitive_closure(folded.procedure.order_graph())
    for a, b in procedure.order_graph().edges:
        ends = box_of.get(a, a), box_of.get(b, b)
        assert ends[0] == ends[1] or kept.has_edge(*ends)
    picture = flow_diagram(procedure, language=language, shown="runs")
    check_labels(picture)
    if len(procedure.steps) % 4:  # sheets take as long as all else: every fourth will do
        return
    for sheet in flow_pages(procedure, language=language, paper="a4"):
        check_labels(sheet)
        assert sheet.width == LANDSCAPE["a4"][0]


def check_lanes_and_stages(procedure: Procedure) -> None:
    """Each box stands in its department's lane and its stage's columns, stages in order."""
    arrangement = arrange(procedure, 12)
    stage_of = {key: index for index, key in enumerate(arrangement.stages)}
    seen: list[str] = []
    for band in arrangement.bands:
        order = [block.stage for block in band.blocks]
        assert order == sorted(order)
        lasts = [block.last for block in band.blocks]
        firsts = [block.first for block in band.blocks]
        assert firsts == [0, *(last + 1 for last in lasts[:-1])]
        for (column, lane), keys in band.cells.items():
            block = next(b for b in band.blocks if b.first <= column <= b.last)
            for key in keys:
                step = procedure[key]
                assert step.department == band.lanes[lane]
                assert stage_of[step.stage] == block.stage
                seen.append(key)
    assert sorted(seen) == sorted(procedure.keys)


@pytest.mark.parametrize("seed", range(60))
def test_random_flows_are_drawn_without_collisions(seed):
    """Random procedures of up to 40 steps: boxes, lines and texts keep clear of each other."""
    check(random_procedure(seed), ("en", "zh", "both")[seed % 3])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1500))
def test_many_large_random_flows_are_drawn_without_collisions(seed):
    """The same for 500 procedures of up to 60 steps."""
    check(random_procedure(seed, 60), ("en", "zh", "both")[seed % 3])


@pytest.mark.parametrize("seed", range(100, 130))
def test_every_prerequisite_is_drawn_named_or_implied(seed):
    """A prerequisite is a line, or a pair of connectors, or follows from those."""
    procedure = random_procedure(seed)
    if isinstance(procedure.flow, Serial):
        procedure = replace(procedure, flow=Parallel())
    picture = flow_diagram(procedure, language="en")
    shown = nx.DiGraph()
    shown.add_nodes_from(procedure.keys)
    shown.add_edges_from(tuple(g.key.split("->")) for g in groups(picture, "wire"))
    for group in groups(picture, "step"):
        link = " ".join(s.text for s in group.shapes if isinstance(s, Text) and s.classes == "link")
        for sign, keys in re.findall(r"([←→])((?: S\d+)+)", link):
            for other in keys.split():
                pair = (group.key, other) if sign == "→" else (other, group.key)
                shown.add_edge(*pair)
    closure = nx.transitive_closure(shown)
    assert all(closure.has_edge(*edge.ends) for edge in procedure.edges)
    known = nx.transitive_closure(procedure.graph())
    assert all(known.has_edge(*ends) for ends in shown.edges), "a line shows what nobody asks"


def test_the_same_procedure_gives_the_same_text():
    """Drawn twice, even from values made anew, a picture is the same text."""
    for seed in (3, 7, 11):
        one = flow_diagram(random_procedure(seed)).svg()
        assert one == flow_diagram(random_procedure(seed)).svg()
    pair = [(Name("甲", "a"), random_procedure(1)), (Name("乙", "b"), random_procedure(2))]
    assert timeline(pair).svg() == timeline(list(pair)).svg()


# --- a small procedure whose picture is known by hand ------------------------------------------


def small() -> Procedure:
    survey = Step("S1", Name("踏勘", "Survey"), "land", Kind.SURVEY, "a", Duration(5))
    notice = Step(
        "S2", Name("公示", "Notice"), "land", Kind.NOTICE, "a", Duration(14, Unit.NATURAL_DAY)
    )
    drawing = Step("S3", Name("审图", "Drawings"), "fire", Kind.APPROVAL, "b", Duration(4))
    permit = Step("S4", Name("许可", "Permit"), "plan", Kind.APPROVAL, "b", Duration(7))
    edges = (
        Edge("S1", "S2", Strength.STATUTE),
        Edge("S1", "S3", Strength.PRACTICE),
        Edge("S2", "S4", Strength.DATA),
        Edge("S3", "S4", Strength.DATA),
        Edge("S1", "S4", Strength.DATA),
    )
    stages = (Stage("a", Name("立项", "Start")), Stage("b", Name("许可", "Permits")))
    steps = (survey, notice, drawing, permit)
    return Procedure(Name("小流程", "Small flow"), steps, edges, stages, Parallel())


def reformed() -> Procedure:
    """Drawings and permit are joined, the survey takes 3 days, the notice is gone, one is new."""
    old = small()
    joint = Step(
        "J", Name("联合办证", "Joint permit"), "plan", Kind.JOINT, "b", Duration(8),
        members=(old["S3"], old["S4"]),
    )  # fmt: skip
    quick = replace(old["S1"], duration=Duration(3))
    new = Step("N", Name("预检", "Pre-check"), "plan", Kind.FILING, "a", Duration(1))
    return replace(old, steps=(quick, new, joint), edges=(Edge("S1", "J", Strength.DATA),))


def test_critical_steps_are_marked_in_colour_and_shape():
    """Critical boxes have a thick border and a filled corner; others have neither."""
    picture = flow_diagram(small(), language="en")
    for group in groups(picture, "step"):
        critical = group.key in ("S1", "S2", "S4")
        box = next(s for s in group.shapes if isinstance(s, Rect))
        assert ("critical" in box.classes) is critical
        assert any(s.classes == "corner" for s in group.shapes) is critical
    assert (paint("box critical").width or 0) > 2 * (paint("box").width or 9)


def test_practice_is_dashed_and_law_is_solid():
    """A practice prerequisite is a dashed line, statute and data are solid."""
    wires = {g.key: g.shapes[0] for g in groups(flow_diagram(small()), "wire")}
    assert set(wires) == {"S1->S2", "S1->S3", "S2->S4", "S3->S4"}
    assert paint(wires["S1->S3"].classes).dash
    assert not paint(wires["S1->S2"].classes).dash
    assert "1 more prerequisites follow from those drawn" in texts(
        flow_diagram(small(), language="en")
    )


def test_the_closing_panel_says_steps_days_and_clock():
    """Four steps; 5 + 14 natural days (10) + 7 = 22 working days; the clock is named."""
    total = groups(flow_diagram(small(), language="en"), "total")[0]
    said = [s.text for s in total.shapes if isinstance(s, Text)]
    assert said[:4] == ["4", "steps", "22", "working days"]
    assert any(text.startswith("Clock:") for text in said)
    own = flow_diagram(small(), language="en", clock="mean of 200 simulated cases")
    assert "Clock: mean of 200 simulated cases" in texts(own)


def test_statuses_say_what_became_of_each_step():
    """Joined, changed, new and removed steps are told apart, by sign as well as colour."""
    found = step_statuses(small(), reformed())
    told = {key: (status.word, status.sign) for key, status in found.items()}
    assert told == {
        "S1": ("changed", "≠"),
        "N": ("added", "＋"),
        "J": ("merged", "2→1"),
        "S2": ("removed", "－"),
    }
    assert found["S1"].sentence("en") == "changed; days 5 -> 3"
    assert found["J"].was == ("S3", "S4")


def test_a_split_step_and_a_step_moved_to_parallel_are_named():
    """A joint step taken apart is split; a serial step that now runs beside others is moved."""
    old = small()
    joined = reformed()
    parts = replace(joined, steps=(*joined.steps[:2], old["S3"], old["S4"]), edges=())
    assert step_statuses(joined, parts)["S3"].sign == "1→2"
    serial = replace(old, flow=Serial(), edges=())
    assert {s.word for s in step_statuses(serial, replace(serial, flow=Parallel())).values()} == {
        "moved"
    }
    assert {s.word for s in step_statuses(old, old).values()} == {"kept"}


def test_a_gone_step_whose_key_was_taken_is_still_listed():
    """A new step may reuse the key of a step that is gone; both are told."""
    taken = replace(
        small(), steps=(Step("S2", Name("新", "New"), members=(Step("X", Name("x")),)),)
    )
    taken = replace(taken, edges=())
    found = step_statuses(small(), taken)
    assert found["S2"].word == "added"
    assert found["S2 (before)"].word == "removed"
    assert len(groups(flow_diagram(taken, before=small()), "ghost-step")) == 4


def test_signs_can_be_printed_on_a_chinese_console():
    """Every sign of a status is in GBK."""
    for status in step_statuses(small(), reformed()).values():
        assert status.sign.encode("gbk")


def test_the_picture_shows_statuses_and_what_is_gone():
    """With an earlier procedure boxes carry signs and removed steps are outlined below."""
    picture = flow_diagram(reformed(), before=small(), language="zh")
    said = texts(picture)
    assert {"≠", "＋", "2→1"} <= set(said)
    assert [g.key for g in groups(picture, "ghost-step")] == ["S2"]
    assert "4 → 3" in said
    assert "22 → 11" in said


def test_joint_boxes_name_their_participants():
    """A joint step stands in its lead's lane and names who takes part."""
    picture = flow_diagram(
        reformed(), language="en", offices={"fire": Name("消防", "Fire brigade")}
    )
    joint = next(g for g in groups(picture, "step") if g.key == "J")
    assert "with Fire brigade" in [s.text for s in joint.shapes if isinstance(s, Text)]
    assert "S3, S4" in joint.title


def test_formal_prerequisites_end_at_the_conversion():
    """What simulated approval moved to the conversion is drawn to it, dotted."""
    old = small()
    convert = Step("C", Name("转正式", "Conversion"), "plan", Kind.CONVERSION, "b")
    edges = (
        Edge("S1", "S4", Strength.STATUTE, preworkable=True, formal_at="C"),
        Edge("S4", "C", Strength.DATA),
    )
    picture = flow_diagram(replace(old, steps=(*old.steps, convert), edges=edges), language="en")
    wires = {g.key: g.shapes[0].classes for g in groups(picture, "wire")}
    assert "formal" in wires["S1->C"]
    assert "S1->S4" not in wires


def test_gates_stand_between_stages():
    """A staged flow shows a gate before each stage but the first."""
    picture = flow_diagram(replace(small(), flow=Staged()), language="en")
    gates = [s for s in every(picture.shapes) if isinstance(s, Line) and s.classes == "gate"]
    assert len(gates) == 2, "one between the stages, one in the legend"
    loose = replace(small(), flow=Staged(), stages=small().stages[:1])
    gates = [s for s in every(flow_diagram(loose).shapes) if s.classes == "gate"]
    assert len(gates) == 1, "a stage that is not in the list has no gate"


def test_reconstructed_data_are_never_shown_as_facts():
    """A picture of reconstructed steps says so; one of given steps need not."""
    old = small()
    guessed = tuple(replace(step, provenance="reconstruction") for step in old.steps)
    note = "data: reconstruction, not the place's own"
    assert note in texts(flow_diagram(replace(old, steps=guessed), language="en"))
    assert note in texts(timeline([(Name(en="x"), replace(old, steps=guessed))], language="en"))
    given = tuple(replace(step, provenance="given") for step in old.steps)
    assert not any("data:" in t for t in texts(flow_diagram(replace(old, steps=given))))


# --- folding and the axis ----------------------------------------------------------------------


def test_rows_break_between_stages_where_they_can():
    """Folding cuts a stage only if it alone is wider than a row."""
    assert fold([0, 0, 1, 1, 1], 3) == [(0, 1), (2, 4)]
    assert fold([0] * 7, 3) in (
        [(0, 1), (2, 3), (4, 6)],
        [(0, 1), (2, 4), (5, 6)],
        [(0, 2), (3, 4), (5, 6)],
    )


def test_a_long_chain_is_folded_into_rows():
    """Forty steps one after another stay within the sheet, each box with its office on top."""
    steps = tuple(
        Step(f"S{i:02d}", Name(f"环节{i}", f"Step {i}"), f"D{i % 7}", duration=Duration(i % 9 + 1))
        for i in range(40)
    )
    picture = flow_diagram(Procedure(Name("长", "Long"), steps, ()), language="both")
    assert picture.width <= 1860
    assert picture.height <= picture.width
    check_labels(picture)
    assert len(groups(picture, "wire")) == 39
    assert texts(picture).count("D3") == sum(i % 7 == 3 for i in range(40))


def test_bars_stand_at_their_start_and_length():
    """On the axis a day is as long everywhere: bar lengths are in the ratio of the days."""
    old, new = small(), reformed()
    picture = timeline([(Name("前", "before"), old), (Name("后", "after"), new)], language="en")
    path = old.critical_path()
    boxes = {}
    for group in groups(picture, "bar"):
        box = next(s for s in group.shapes if isinstance(s, Rect))
        boxes.setdefault(group.key, box)
    scale = boxes["S2"].width + 2.4
    for key in ("S1", "S2", "S3", "S4"):
        days = float(old[key].days)
        assert boxes[key].width + 2.4 == pytest.approx(scale * days / 10)
        shift = boxes[key].x - boxes["S1"].x
        assert shift == pytest.approx(scale * float(path.starts[key]) / 10)
    assert "11 working days less (－50 %)" in texts(picture)


@pytest.mark.parametrize("seed", range(200, 230))
def test_bars_and_words_of_a_timeline_never_overlap(seed):
    """Random procedures on one axis: bars lie apart, words keep clear of bars and words."""
    pair = [
        (Name("前", "before"), random_procedure(seed)),
        (Name("后", "after"), random_procedure(-seed)),
    ]
    picture = timeline(pair, language=("en", "zh", "both")[seed % 3])
    bars, outside = [], []
    for group in groups(picture, "bar"):
        box = next(s for s in group.shapes if isinstance(s, Rect))
        bars.append((box.x, box.y, box.x + box.width, box.y + box.height))
        outside += [
            extent(s)
            for s in group.shapes
            if isinstance(s, Text) and not box.x <= s.x <= box.x + box.width
        ]
    for i, a in enumerate(bars):
        if a[2] - a[0] > 2.1:
            assert not any(b[2] - b[0] > 2.1 and overlaps(a, b) for b in bars[i + 1 :])
        assert not any(overlaps(a, words) for words in outside)
    every_text = sorted((extent(s), s.text) for s in every(picture.shapes) if isinstance(s, Text))
    for i, (a, said) in enumerate(every_text):
        assert a[0] >= 0
        assert a[2] <= picture.width
        for b, also in every_text[i + 1 :]:
            if b[0] >= a[2]:
                break
            assert not overlaps(a, b), f"'{said}' lies on '{also}'"


def test_a_procedure_without_days_still_has_an_axis():
    """Steps that take no time are drawn as thin marks, not refused."""
    step = Step("a", Name(en="Instant"), "land")
    assert field_of(Name(en="x"), Procedure(Name(en="p"), (step,), ())).days == Fraction(0)
    assert "Instant" in timeline([(Name(en="x"), Procedure(Name(en="p"), (step,), ()))]).svg()


# --- files -------------------------------------------------------------------------------------


def test_svg_is_sound_and_asks_for_nothing_outside():
    """The SVG parses, names title and description, embeds its font and refers to no address."""
    picture = flow_diagram(reformed(), before=small())
    text = picture.svg()
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert root.find("{http://www.w3.org/2000/svg}title").text == picture.title
    assert root.find("{http://www.w3.org/2000/svg}desc").text
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text).replace("http://www.w3.org/2000/svg", "")
    assert "http" not in bare
    assert "@import" not in bare
    assert re.findall(r"url\(([^)]*)\)", bare) == ["data:font/woff;"]
    assert "font-face" not in picture.svg(embed_font=False)
    assert {g.get("data-id") for g in root.iter("{http://www.w3.org/2000/svg}g")} >= {
        "S1",
        "J",
        "N",
    }


def test_names_cannot_break_out_of_the_svg():
    """Markup and control characters in names stay text."""
    evil = Step("<k>&\"'", Name('</text><script>alert("1")</script>\x00\x1b', "a & b"), "<o>")
    text = flow_diagram(Procedure(Name("<甲>&", "x"), (evil,), ())).svg()
    root = ElementTree.fromstring(text)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert "\x00" not in text


def test_characters_outside_the_font_are_told_and_do_no_harm(tmp_path, recwarn):
    """A rare character is named to the caller and drawn as a box, without a warning."""
    rare = Step("a", Name("𠮷野镇审批"), "land")
    picture = flow_diagram(Procedure(Name("流程"), (rare,), ()))
    assert picture.missing_characters == "𠮷"
    assert "𠮷野镇审批" in picture.svg()
    picture.save(tmp_path / "a.png")
    assert not recwarn.list


def test_a_saved_file_appears_whole(tmp_path, monkeypatch):
    """If drawing fails nothing is left behind and an older file stays."""
    target = tmp_path / "流程.svg"
    flow_diagram(small()).save(target)
    older = target.read_bytes()

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        flow_diagram(reformed()).save(target)
    monkeypatch.undo()
    assert target.read_bytes() == older
    assert [p.name for p in tmp_path.iterdir()] == ["流程.svg"]


def test_png_and_pdf_are_drawn_and_leave_matplotlib_alone(tmp_path):
    """Both files are made, byte for byte the same twice, and no global setting changes."""
    before = dict(mpl.rcParams)
    picture = flow_diagram(small())
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        one = picture.save(tmp_path / f"a{suffix}").read_bytes()
        assert one.startswith(magic)
        assert one == picture.save(tmp_path / f"b{suffix}").read_bytes()
    assert dict(mpl.rcParams) == before


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_pdf_text_is_searchable_and_its_font_embedded(tmp_path):
    """Another program reads the Chinese back out of the PDF and finds all fonts embedded."""
    path = flow_diagram(small()).save(tmp_path / "a.pdf")
    text = subprocess.run(
        ["pdftotext", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    assert "小流程" in text
    assert "踏勘" in text
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout
    rows = fonts.splitlines()[2:]
    assert rows
    assert all(" yes " in row for row in rows)


# --- the Jiaxing case --------------------------------------------------------------------------


def rows_of(name: str) -> list[dict[str, str]]:
    with (SHARED / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def office_of(text: str) -> Name:
    found = re.match(r"^(.*?)\s*\(([^()]*)\)\s*$", text)
    zh, en = found.groups() if found else (text, "")
    return Name(re.sub(r"^.*牵头:", "", zh).strip(), re.sub(r"^.*lead ", "", en).strip())


def jiaxing() -> tuple[Procedure, Procedure, dict[str, Name]]:
    """Return the 35 steps in series, the 14 steps of the reform, and offices' names."""
    offices: dict[str, Name] = {}
    known: dict[str, Step] = {}
    stages: dict[str, Stage] = {}

    def step(row: dict[str, str]) -> Step:
        office = office_of(row["department"])
        if office.zh not in offices or not offices[office.zh].en:
            offices[office.zh] = office
        zh, en = row["stage"].split(" ", 1)
        stages.setdefault(zh, Stage(zh, Name(zh, en)))
        members = tuple(known[key] for key in row.get("members", "").split(";") if key)
        return Step(
            row["id"], Name(row["name_zh"], row["name_en"]), office.zh, Kind(row["kind"]), zh,
            Duration(int(row["days"])), visits=int(row["visits"]),
            documents=int(row["materials"]), provenance=row["provenance"], members=members,
        )  # fmt: skip

    old = tuple(step(row) for row in rows_of("jiaxing_reconstruction.csv"))
    known |= {one.key: one for one in old}
    new = tuple(step(row) for row in rows_of("jiaxing_reform14.csv"))
    edges: dict[str, list[Edge]] = {"B35": [], "R14": []}
    for row in rows_of("jiaxing_edges.csv"):
        edge = Edge(row["from"], row["to"], Strength(row["strength"]), row["basis"])
        edges[row["network"]].append(edge)
    order = tuple(stages.values())
    return (
        Procedure(Name("现行", "Today"), old, tuple(edges["B35"]), order, Serial()),
        Procedure(Name("六联审批", "Joint"), new, tuple(edges["R14"]), order, Parallel()),
        offices,
    )


@needs_shared
@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_the_jiaxing_case_is_drawn_and_says_its_totals(language):
    """35 steps and 236 days become 14 steps and 109 days, on a sheet that prints at A3."""
    old, new, offices = jiaxing()
    pair = [(Name("前", "before"), old), (Name("后", "after"), new)]
    pictures = [
        flow_diagram(old, language=language, offices=offices),
        flow_diagram(replace(old, flow=Parallel()), language=language, offices=offices),
        flow_diagram(new, before=old, language=language, offices=offices),
        timeline(pair, language=language, offices=offices),
    ]
    for picture in pictures:
        check_labels(picture)
        sizes = [s.size for s in every(picture.shapes) if isinstance(s, Text)]
        assert min(sizes) * 1134 / picture.width >= 6.5, "too small at A3's width"
    parallel = replace(old, flow=Parallel())
    for sheet in (
        *flow_pages(parallel, language=language, offices=offices, paper="a3"),
        *flow_pages(parallel, language=language, offices=offices, paper="a4"),
        *timeline_pages(pair, language=language, offices=offices, paper="a4"),
    ):
        check_labels(sheet)
        wide, tall = max(LANDSCAPE.values()) if sheet.width > 1400 else min(LANDSCAPE.values())
        assert (sheet.width, sheet.height) == (wide, tall), "a row does not fit its sheet"
    for picture in pictures:
        assert not any("…" in each for each in texts(picture)), "a text is cut"
    for picture in pictures[2:]:
        assert {"35 → 14", "236 → 109"} <= set(texts(picture))
    statuses = step_statuses(old, new)
    removed = {key for key, status in statuses.items() if status.word == "removed"}
    assert removed == {"S03", "S04", "S10", "S11", "S12"}
    assert statuses["R14"].sign == "5→1"
