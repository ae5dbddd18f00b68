"""Which steps a picture shows, the promise in it, sheets of paper, and every shipped design."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from fractions import Fraction

import networkx as nx
import pytest
from test_diagrams import check_band, check_labels, groups, random_procedure, small

from results.critical import critical_of
from results.display import Line, Rect, Text, every, paint, save_pages, texts
from results.folding import changes_only, with_runs_folded
from results.frame import LANDSCAPE
from results.step_status import Status, step_statuses
from results.swimlane import flow_diagram, flow_pages, lane_diagram_places
from results.timeline import timeline
from results.views import flow_of, offices_of, timeline_of
from rules import Duration, Edge, Name, Procedure, Step, Strength, Unit
from rules.flows import Serial
from scenarios import load, shipped


@pytest.mark.parametrize("seed", range(300, 320))
def test_every_step_of_every_longest_chain_is_critical(seed):
    """A step is critical if and only if a little more time on it is more time in all."""
    procedure = random_procedure(seed, 14)
    found = critical_of(procedure)
    days = procedure.paper_days
    for step in procedure.steps:
        longer = replace(step, duration=Duration(int(step.days) + 1))
        steps = tuple(longer if s.key == step.key else s for s in procedure.steps)
        more = replace(procedure, steps=steps).paper_days
        slack = procedure.critical_path().slack[step.key]
        assert (more > days) == (slack < longer.days - step.days)
        assert (step.key in found.steps) == (procedure.days_known and not slack)
    for a, b in found.links:
        assert {a, b} <= found.steps


def test_two_equally_long_chains_are_both_marked():
    """Two permits of seven days side by side are both critical, and the note says two."""
    old = small()
    twin = replace(old["S4"], key="S5", department="fire")
    edges = (*old.edges, Edge("S2", "S5", Strength.DATA))
    picture = flow_diagram(replace(old, steps=(*old.steps, twin), edges=edges), language="en")
    critical = sorted(
        g.key
        for g in groups(picture, "step")
        if any(isinstance(s, Rect) and "critical" in s.classes for s in g.shapes)
    )
    assert critical == ["S1", "S2", "S4", "S5"]
    assert "2 chains are the longest, all marked as critical" in texts(picture)


def test_a_run_of_steps_is_one_box_that_says_what_it_holds():
    """Five steps of one stage in a row become one box with their days, visits and offices."""
    steps = tuple(
        Step(f"S{i}", Name(f"环节{i}", f"Step {i}"), f"D{i}", duration=Duration(i), visits=1)
        for i in range(1, 6)
    )
    chain = Procedure(Name(en="Five"), steps, (), flow=Serial())
    (box,) = with_runs_folded(chain, {}).procedure.steps
    assert (box.key, box.days, box.visits) == ("S1-S5", 15, 5)
    picture = flow_diagram(chain, language="en", shown="runs")
    said = " ".join(texts(picture))
    assert "5 steps: Step 1 → Step 5" in said
    assert "S1-S5 = S1 S2 S3 S4 S5" in said
    assert "15 working days" in " ".join(picture.description.split())
    mixed = tuple(
        replace(s, duration=Duration(10, Unit.NATURAL_DAY)) if s.key == "S3" else s for s in steps
    )
    assert not with_runs_folded(replace(chain, steps=mixed), {}).runs, "no unit says 1 + 50/7 days"


def test_only_changes_are_drawn_and_the_rest_is_named():
    """Kept steps are left out and named; what they lay between is joined by a line of its own."""
    old = small()
    new = replace(old["S4"], duration=Duration(5))
    after = replace(old, steps=(replace(old["S1"], duration=Duration(3)), *old.steps[1:3], new))
    folded = changes_only(after, step_statuses(old, after))
    assert folded.procedure.keys == ("S1", "S4")
    assert folded.left_out == ("S2", "S3")
    picture = flow_diagram(after, before=old, language="en", shown="changes")
    assert [g.key for g in groups(picture, "step")] == ["S1", "S4"]
    assert "2 steps kept as they were are not drawn: S2 S3" in texts(picture)
    assert "22 → 18" in texts(picture), "totals are those of the whole flow"
    bars = timeline([(Name(en="a"), old), (Name(en="b"), after)], language="en", shown="changes")
    assert [g.key for g in groups(bars, "bar")] == ["S1", "S4", "S1", "S4"]
    for draw in (
        lambda: flow_diagram(old, before=old, shown="changes"),
        lambda: timeline([(Name(en="a"), old), (Name(en="b"), old)], shown="changes"),
    ):
        with pytest.raises(ValueError, match="no change to draw"):
            draw()
    with pytest.raises(ValueError, match="only with an earlier procedure"):
        flow_diagram(old, shown="changes")


@pytest.mark.parametrize("seed", range(340, 360))
def test_lines_between_changes_keep_the_order(seed):
    """Of two steps that are drawn, one comes before the other as in the whole flow."""
    procedure = random_procedure(seed)
    chance = random.Random(seed)
    statuses = {
        key: Status("kept" if chance.random() < 0.6 else "changed") for key in procedure.keys
    }
    folded = changes_only(procedure, statuses)
    whole = nx.transitive_closure(procedure.order_graph())
    drawn = nx.transitive_closure(folded.procedure.order_graph())
    keys = folded.procedure.keys
    assert {*drawn.edges} == {(a, b) for a, b in whole.edges if a in keys and b in keys}


def test_a_promise_is_a_line_and_a_verdict_with_a_sign():
    """22 days keep a promise of 25 and break one of 20; colour and sign say so."""
    told = {}
    for days in (25, 20):
        picture = flow_diagram(small(), language="en", promise=Fraction(days))
        told[days] = next(t for t in texts(picture) if t.startswith("promised"))
    assert told == {25: "promised 25 wd: √ kept", 20: "promised 20 wd: × 2 over"}
    picture = timeline([(Name(en="now"), small())], language="en", promise=Fraction(20))
    lines = [s for s in every(picture.shapes) if isinstance(s, Line) and s.classes == "promise"]
    assert len(lines) == 2, "one in the field, one in the legend"
    assert paint("promise").dash
    budget = replace(small(), budget=Duration(20))
    assert "promised 20 wd: × 2 over" in texts(flow_diagram(budget, language="en"))


def test_long_titles_go_on_in_the_next_line():
    """A title wider than the sheet is wrapped, not cut."""
    title = "One project: one window, circulation, joint acceptance " * 4
    for picture in (
        flow_diagram(small(), language="en", title=title),
        timeline([(Name(en="now"), small())], language="en", title=title),
    ):
        head = " ".join(s.text for s in groups(picture, "heading")[0].shapes if s.size > 20)
        assert head == title.strip()
        check_labels(picture)


def test_sheets_have_the_size_of_the_paper(tmp_path):
    """A PDF of sheets has landscape pages; unknown papers and other endings are refused."""
    sheets = flow_pages(random_procedure(1042, 60), paper="a3", language="zh")
    path = save_pages(sheets, tmp_path / "flow.pdf", "a3")
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", path.read_bytes())
    assert len(boxes) == len(sheets)
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(1191, 842)}
    with pytest.raises(ValueError, match="none of a3, a4"):
        flow_pages(small(), paper="a5")
    with pytest.raises(ValueError, match=r"\.pdf"):
        save_pages(sheets, tmp_path / "flow.png", "a3")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_design_is_drawn_whole(name):
    """Every design of every shipped scenario: nothing overlaps, is cut, or lacks a character."""
    today = load(name)
    designs = [today, *(load(f"{name}/{redesign}") for redesign in today.redesigns)]
    for number, each in enumerate(designs):
        language = ("both", "zh", "en")[number % 3]
        before = today if number else None
        pictures = [
            flow_of(each, before, language),
            flow_of(each, before, language, shown="runs"),
            timeline_of([today, each] if number else [today], language),
        ]
        for picture in pictures:
            check_labels(picture)
            assert not picture.missing_characters
            assert not any("…" in said for said in texts(picture)), "a text is cut"
        for routed in lane_diagram_places(each.procedure, language):
            check_band(routed)
        offices = offices_of([today, each])
        for sheet in flow_pages(each.procedure, language=language, offices=offices, paper="a3"):
            # the 24 offices of Jinyun, each a lane, need 6.0 pt instead of 6.5 pt
            most = LANDSCAPE["a3"][1] * (1.12 if name == "jinyun" else 1)
            assert sheet.height <= most, "a row is too high for a sheet"


def test_circular_prerequisites_are_refused_by_name():
    """A flow with mutual prerequisites cannot be drawn; the message names the circle."""
    knotted = replace(small(), edges=(Edge("S1", "S2"), Edge("S2", "S1")))
    with pytest.raises(ValueError, match="S1 -> S2 -> S1"):
        flow_diagram(knotted)
    with pytest.raises(ValueError, match="S1 -> S2 -> S1"):
        timeline([(Name(en="x"), knotted)])


def test_unknown_languages_and_forms_are_refused_with_the_known_ones(tmp_path):
    """A wrong language or suffix is answered with those that exist, and nothing is written."""
    with pytest.raises(ValueError, match="en, zh, both"):
        flow_diagram(small(), language="fr")
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf"):
        flow_diagram(small()).save(tmp_path / "flow.pgn")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["jiaxing/parallel", "jiaxing/staged"])
def test_35_steps_side_by_side_fit_one_a3_sheet_in_chinese(name):
    """In one language the smallest text is 6.5 pt (English: 6 pt) on a landscape A3 sheet."""
    for language, least in (("zh", 6.5), ("en", 6.1)):
        picture = flow_of(load(name), None, language)
        smallest = min(s.size for s in every(picture.shapes) if isinstance(s, Text))
        scale = min(1134 / picture.width, 785 / picture.height)  # points of the printable sheet
        assert smallest * scale >= least


@pytest.mark.parametrize("name", ["jiaxing", "jiaxing-measures", "anshan-realestate", "zhongshan"])
def test_every_bar_of_a_shipped_timeline_is_named(name):
    """Beside or in each bar stands its name, not only its days."""
    today = load(name)
    for redesign in today.redesigns:
        design = load(f"{name}/{redesign}")
        picture = timeline_of([today, design], "en")
        names = {s.name.in_language("en") for p in (today, design) for s in p.procedure.steps}
        for group in groups(picture, "bar"):
            said = [s.text for s in group.shapes if isinstance(s, Text)]
            assert names & set(said), f"{group.key} of {design.key} has no name"
