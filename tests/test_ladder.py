"""The Jiaxing ladder: levers on the 35-step catalogue give the published numbers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import networkx as nx
import pytest

from lianban.cli import main
from rules.levers import Refused
from rules.levers.handling import DropPrerequisite
from rules.levers.removal import CancelSteps, ShareInZone
from scenarios import compile_plan, load
from simulator import simulate

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

LADDER = {
    "": (35, 236),
    "zone": (30, 208),
    "merged": (14, 141),
    "parallel": (35, 121),
    "staged": (35, 153),
    "zone-parallel": (30, 116),
    "reform": (14, 109),
    "reform-notice": (14, 102),
    "reform-survey": (14, 101),
    "reform-hard": (14, 94),
    "parallel-hard": (35, 82),
    "reform-simulated": (14, 80),
    "parallel-simulated": (35, 87),
    "land-wait": (35, 282),
    "land-wait-simulated": (35, 202),
    "reading-189": (24, 189),
}


def jiaxing(redesign: str):
    return load(f"jiaxing/{redesign}" if redesign else "jiaxing")


@pytest.mark.parametrize(("redesign", "steps_and_days"), LADDER.items())
def test_rung(redesign: str, steps_and_days: tuple[int, int]):
    """Each rung has its steps and its critical path in working days."""
    procedure = jiaxing(redesign).procedure
    assert (procedure.n_steps, procedure.paper_days) == steps_and_days


@pytest.mark.parametrize(("redesign", "steps_and_days"), LADDER.items())
def test_simulation_of_one_case_gives_the_paper_days(redesign, steps_and_days):
    """One case, fixed durations and ample staff: the simulator meets the paper exactly."""
    plan = compile_plan(jiaxing(redesign), on_paper=True)
    trace = simulate(plan, replications=1).replications[0]
    counting = plan.calendars[0]
    days = counting.working_days(int(trace.arrival[0]), int(trace.finish[0]))
    assert days == steps_and_days[1]


def test_visits_and_documents_of_the_reform():
    """The reform asks for 14 visits instead of 66 and 79 documents instead of 163."""
    today, reform = jiaxing("").procedure, jiaxing("reform").procedure
    assert (today.visits, reform.visits) == (66, 14)
    assert (today.documents, reform.documents) == (163, 79)


def test_compare_prints_the_ladder_as_json(capsys):
    """``lianban compare jiaxing --paper --json`` gives every rung, computed from levers."""
    assert main(["compare", "jiaxing", "--paper", "--json"]) == 0
    rungs = {
        entry["key"].partition("/")[2]: (entry["steps"], entry["paper_days"])
        for entry in json.loads(capsys.readouterr().out)["scenarios"]
    }
    assert rungs == LADDER


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference tables are not beside the checkout")
def test_reform_is_the_published_14_step_graph():
    """Levers on 35 steps give exactly the reference's 14 steps, days and reduced graph."""
    with (SHARED / "jiaxing_edges.csv").open(encoding="utf-8-sig") as file:
        edges = [row for row in csv.DictReader(file) if row["network"] == "R14"]
    with (SHARED / "jiaxing_reform14.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    expected = nx.transitive_reduction(nx.DiGraph([(e["from"], e["to"]) for e in edges]))
    procedure = jiaxing("reform").procedure
    found = nx.transitive_reduction(procedure.graph())
    assert set(found.edges) == set(expected.edges)
    assert {s.key: int(s.days) for s in procedure.steps} == {
        row["id"]: int(row["days"]) for row in rows
    }
    assert {s.key: {m.key for m in s.origin} for s in procedure.steps} == {
        row["id"]: set(row["members"].split(";")) for row in rows
    }
    assert {s.key: (s.visits, s.documents) for s in procedure.steps} == {
        row["id"]: (int(row["visits"]), int(row["materials"])) for row in rows
    }
    strengths = {(e["from"], e["to"]): e["strength"] for e in edges}
    reduced = {ends: procedure.edge(*ends).strength.value for ends in expected.edges}
    assert reduced == {ends: strengths[ends] for ends in reduced}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference tables are not beside the checkout")
def test_the_shipped_catalogue_is_the_reference_table():
    """Steps, days, visits, documents and prerequisites equal the reference reconstruction."""
    with (SHARED / "jiaxing_reconstruction.csv").open(encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    with (SHARED / "jiaxing_edges.csv").open(encoding="utf-8-sig") as file:
        edges = {
            (row["from"], row["to"]): (row["strength"], row["relaxed_by_simulated_approval"])
            for row in csv.DictReader(file)
            if row["network"] == "B35"
        }
    today = jiaxing("").procedure
    assert {
        s.key: (s.name.zh, int(s.days), s.visits, s.documents, s.kind.value) for s in today.steps
    } == {
        key: (r["name_zh"], int(r["days"]), int(r["visits"]), int(r["materials"]), r["kind"])
        for key, r in rows.items()
    }
    assert {
        e.ends: (e.strength.value, "yes" if e.preworkable else "no") for e in today.edges
    } == edges


def test_joining_scheme_and_preliminary_design_encloses_the_notice():
    """S20 and S22 cannot be joined while S22 waits for the scheme notice S21; it is named."""
    reform = jiaxing("reform")
    joint = next(change for change in reform.changes if change.came == ("R09",))
    assert "S20, S22" in joint.sentence("en")
    from rules import Name
    from rules.duration_rules import parse_rule
    from rules.levers import Join

    lever = Join(
        ("S20", "S22"), "R09", Name("联合评审", "Joint review"), parse_rule("max(S20, S22)")
    )
    with pytest.raises(Refused) as refused:
        lever.apply(jiaxing("").procedure)
    said = refused.value.sentence("en")
    assert "encloses S21" in said
    assert "S20->S21 (statute: 城乡规划法 art.40)" in said
    assert "drop the custom S21->S22 first" in said


def test_the_swap_of_customs_is_visible_in_the_reform():
    """The reform drops S21->S22 and puts the custom R10->R11 in its place, both on record."""
    changes = jiaxing("reform").changes
    fallen = [str(e) for c in changes if c.lever == "drop_prerequisite" for e in c.fallen]
    added = [str(e) for c in changes if c.lever == "add_prerequisite" for e in c.added]
    assert (fallen, added) == (["S21->S22"], ["R10->R11"])


def test_a_statute_prerequisite_is_never_dropped():
    """EIA approval waits for the public notice by law; the refusal cites it."""
    with pytest.raises(Refused) as refused:
        DropPrerequisite("S07", "S08").apply(jiaxing("").procedure)
    assert refused.value.article == "环境影响评价法"
    assert "set by statute" in refused.value.sentence("en")
    assert "法定" in refused.value.sentence("zh")


def test_steps_that_leave_are_bridged_and_said():
    """With bridges 116 working days, without them 107; falls, bridges and strengths are told."""
    parallel = jiaxing("parallel").procedure
    zone = ("S03", "S04", "S10", "S11")
    bridged, change = ShareInZone(zone).apply(parallel)
    bridged, _ = CancelSteps(("S12",)).apply(bridged)
    bare, _ = ShareInZone(zone, bridge=False).apply(parallel)
    bare, _ = CancelSteps(("S12",), bridge=False).apply(bare)
    assert (bridged.paper_days, bare.paper_days) == (116, 107)
    told = change.details("en")
    assert any(line.startswith("falls: S03->S05 (statute") for line in told)
    assert (
        "S02->S05 bridges S02->S03 (data), S03->S05 (statute): data, as strong as the weakest link"
        in told
    )


def test_land_wait_gains_80_days_under_simulated_approval():
    """A 46-day land wait makes 282 serial days; simulated approval brings them to 202."""
    gain = jiaxing("land-wait").procedure.paper_days
    gain -= jiaxing("land-wait-simulated").procedure.paper_days
    assert gain == 80


def test_the_source_numbers_are_told_from_the_reconstruction():
    """Every Jiaxing scenario says that its steps are a reconstruction, in both languages."""
    for redesign in LADDER:
        scenario = jiaxing(redesign)
        assert scenario.provenance == "reconstruction"
        assert "重构" in scenario.about.zh
        assert "reconstruction" in scenario.about.en
        assert all("reconstruct" in step.provenance for step in scenario.today.steps)
