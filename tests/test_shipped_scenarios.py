"""The shipped scenarios: their numbers are computed by levers, and each says what is given."""

from __future__ import annotations

import csv
import doctest
import json
import re
import shutil
from pathlib import Path

import pytest
from zhongshan import zhongshan

from lianban.cli import main
from results.summary import Paper
from rules.catalogue import load_catalogue
from rules.cleanup import KeptClass, clean_up, cleaned, count
from rules.dealing import Level
from rules.levers import Refused
from rules.levers.authority import Delegate, OneReview
from rules.levers.times import ControlTotalTime
from rules.steps import Duration, Kind
from scenarios import Scenario, compile_plan, copy_to, load, shipped
from scenarios.library import shipped_folder
from simulator import simulate
from simulator.load import loads

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
beside = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the reference tables are not beside the checkout"
)
READABLE = tuple(
    name for name in shipped() if (shipped_folder() / name / "expected.json").is_file()
)
"""Scenarios whose paper numbers are on record."""


def designs(name: str) -> dict[str, Scenario]:
    """Return today and every redesign of a shipped scenario."""
    folder = shipped_folder() / name
    today = load(folder)
    return {"today": today} | {key: load(folder / key) for key in today.redesigns}


def numbers(scenario: Scenario) -> dict[str, float | None]:
    """Return the paper numbers of a design, as expected.json holds them; null in a mix of types."""
    flow, paper = scenario.procedure, Paper.of(scenario.procedure)
    days = (paper.paper_days, paper.serial_days)
    return {
        "steps": paper.steps,
        "paper_days": None if days[0] is None and flow.mixed else float(days[0] or 0),
        "serial_days": None if days[1] is None and flow.mixed else float(days[1] or 0),
        "visits": paper.visits,
        "documents": paper.documents,
        "surveys": sum(step.site_survey or step.kind is Kind.SURVEY for step in flow.steps),
        **({} if flow.fees is None else {"fees": flow.fees}),
    }


def document(name: str) -> dict:
    return json.loads((shipped_folder() / name / "expected.json").read_text("utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", READABLE)
def test_paper_numbers_are_computed(name: str):
    """Steps, days, visits, documents and surveys of every design are those on record."""
    found = {key: numbers(scenario) for key, scenario in designs(name).items()}
    assert found == document(name)["designs"]


def test_published_numbers():
    """The numbers that the sources name come out of the levers, written here by hand."""
    named = {
        ("anshan-pharmacy", "today"): (12, 90, 40, 4),
        ("anshan-pharmacy", "one-matter"): (3, 5, 5, 1),
        ("anshan-industrial", "today"): (19, 169, 0, 8),
        ("anshan-industrial", "staged"): (19, 90, 0, 8),
        ("anshan-realestate", "today"): (25, 219, 0, 12),
        ("anshan-realestate", "staged"): (25, 105, 0, 12),
        ("anshan-realestate", "parallel"): (25, 95, 0, 12),
        ("county-filing", "today"): (11, 53, 0, 0),
        ("county-filing", "parallel"): (11, 43, 0, 0),
        ("county-filing-small", "parallel"): (10, 39, 0, 0),
        ("national-frame", "frame-120"): (18, 120, 0, 8),
    }
    for (name, key), expected in named.items():
        found = numbers(designs(name)[key])
        assert tuple(found[w] for w in ("steps", "paper_days", "documents", "surveys")) == expected


@pytest.mark.parametrize("name", READABLE)
def test_checks_are_clean_of_errors(name: str, capsys):
    """``lianban check`` finds no error in a shipped scenario or any of its redesigns."""
    assert main(["check", name, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["problems"] == []
    assert [each for each in said["findings"] if each["severity"] == "error"] == []
    assert len(said["scenarios"]) == 1 + len(load(shipped_folder() / name).redesigns)


@pytest.mark.parametrize("name", READABLE)
def test_each_tells_what_is_given(name: str):
    """Every scenario has a README in both languages that tells given from made up."""
    text = (shipped_folder() / name / "README.md").read_text("utf-8")
    for word in ("**What it is.**", "**Given", "**Try.**", "**是什么。**", "给定", "可以试"):
        assert word in text
    assert re.search("Reconstruction|Assumptions", text)
    assert re.search("重构|假设", text)
    scenario = load(shipped_folder() / name)
    assert scenario.provenance in ("reconstruction", "comparator", "assumption")
    assert re.search("重构|假设", scenario.about.zh)
    assert re.search("reconstruction|assumptions", scenario.about.en)
    assert all(step.provenance for step in scenario.procedure.steps)


@pytest.mark.parametrize("name", READABLE)
def test_tables_of_the_readme_are_the_numbers(name: str):
    """Each design stands in the README's table with its steps, and its days if there are any."""
    text = (shipped_folder() / name / "README.md").read_text("utf-8")
    table = [line for line in text.splitlines() if line.startswith("|")]
    for key, found in document(name)["designs"].items():
        line = next((row for row in table if re.search(rf"\b{key}\b(?!-)", row)), "")
        cells = {int(number) for number in re.findall(r"\d+", line.partition("|")[2])}
        assert found["steps"] in cells, (key, line)
        if "days" in table[0] and found["paper_days"] is not None:
            assert int(found["paper_days"]) in cells, (key, line)


@pytest.mark.parametrize("name", READABLE)
def test_offices_keep_up(name: str):
    """In no design do an office's people have more than 85 % of their time booked."""
    for key, scenario in designs(name).items():
        if scenario.sorts:  # each type goes its own way: what the engine would be asked for
            assert not [each for each in loads(compile_plan(scenario)) if each.utilisation > 0.85]
            continue
        busy = dict.fromkeys((office.key for office in scenario.offices), 0.0)
        yearly = scenario.cases.per_year / 250
        for step in scenario.procedure.steps:
            if step.kind in (Kind.NOTICE, Kind.WAIT):
                continue
            share = scenario.handling.review_share[step.kind] / 1000
            for office in step.departments:
                busy[office] += float(step.days) * share * yearly
        for office in scenario.offices:
            assert busy[office.key] / office.reviewers < 0.85, (key, office.key)


@pytest.mark.parametrize(
    "where",
    [
        "anshan-pharmacy/one-matter", "anshan-realestate/staged", "county-filing/parallel",
        "national-frame/frame-120", "zhongshan/paperless", "jiaxing-measures/six-joint",
    ],
)  # fmt: skip
def test_simulation_of_one_case_meets_the_paper(where: str):
    """One case, fixed durations and ample staff take exactly the days on paper."""
    scenario = load(shipped_folder() / where)
    plan = compile_plan(scenario, on_paper=True)
    trace = simulate(plan, replications=1).replications[0]
    days = plan.calendars[0].working_days(int(trace.arrival[0]), int(trace.finish[0]))
    assert days == scenario.procedure.paper_days


# --- Anshan -------------------------------------------------------------------------------


@beside
def test_the_pharmacy_is_the_reference_table():
    """Steps, days, documents, surveys before, and what the levers make of them, as in the table."""
    table = rows(SHARED / "anshan_pharmacy.csv")
    for variant, key in (("before", "today"), ("after", "one-matter")):
        steps = designs("anshan-pharmacy")[key].procedure.steps
        assert [(s.key, int(s.days), s.documents, int(s.site_survey)) for s in steps] == [
            (row["id"], int(row["days"]), int(row["materials"]), int(row["site_survey"]))
            for row in table
            if row["variant"] == variant
        ]


@beside
@pytest.mark.parametrize("name", ["anshan-industrial", "anshan-realestate"])
def test_one_project_is_the_reference_table(name: str):
    """Items, days, stages and prerequisites of both classes of project are the table's."""
    wanted = {
        row["id"]: row
        for row in rows(SHARED / "anshan_projects.csv")
        if row["category"] == "both" or name == "anshan-realestate"
    }
    flow = load(shipped_folder() / name).procedure
    place = {stage.key: str(n) for n, stage in enumerate(flow.stages, 1)}
    assert {s.key: (s.name.zh, int(s.days), place[s.stage]) for s in flow.steps} == {
        key: (row["name_zh"], int(row["days"]), row["stage"][0]) for key, row in wanted.items()
    }
    listed = {(p, key) for key, row in wanted.items() for p in row["prerequisites"].split(";") if p}
    also = {(k, r["also_required_by"]) for k, r in wanted.items() if r["also_required_by"]}
    assert {edge.ends for edge in flow.edges} == listed | also


def test_the_lead_is_the_section_of_the_first_item(tmp_path: Path):
    """The drug section leads; with food first in the row of certificates the food section does."""
    assert (
        load(shipped_folder() / "anshan-pharmacy/one-matter").procedure["P3"].department == "drug"
    )
    mine = tmp_path / "mine"
    copy_to("anshan-pharmacy", mine)
    chain = {"D3,F1": "F3,D1", "F3,M1": "D3,M1"}
    path = mine / "prerequisites.csv"
    text = path.read_text("utf-8-sig")
    path.write_text(re.sub("D3,F1|F3,M1", lambda found: chain[found[0]], text), "utf-8")
    path = mine / "redesigns" / "one-survey.toml"
    ends = {'"D3"\nafter = "F1"': '"F3"\nafter = "D1"', '"F3"\nafter = "M1"': '"D3"\nafter = "M1"'}
    swapped = re.sub("|".join(ends), lambda found: ends[found[0]], path.read_text("utf-8"))
    path.write_text(swapped, "utf-8")
    flow = load(mine / "one-matter").procedure
    assert flow["P3"].department == "food"
    assert (flow.n_steps, flow.paper_days, flow.documents) == (3, 5, 5)


def test_an_expired_document_is_asked_for_again(tmp_path: Path):
    """A health certificate that has run out before the first day is a sixth document."""
    mine = tmp_path / "mine"
    copy_to("anshan-pharmacy", mine)
    path = mine / "redesigns" / "one-form.toml"
    path.write_text(path.read_text("utf-8").replace("2020-06-30", "2019-06-30"), "utf-8")
    assert load(mine / "one-form").procedure.documents == 6


def test_gates_cost_a_real_estate_project_ten_days(tmp_path: Path):
    """105 days gated, 95 free; with the pre-sale permit in the last stage gates cost nothing."""
    mine = tmp_path / "mine"
    copy_to("anshan-realestate", mine)
    path = mine / "items.csv"
    text = path.read_text("utf-8-sig")
    line = next(line for line in text.splitlines() if line.startswith("B04,"))
    path.write_text(text.replace(line, line.replace(",works,", ",completion,")), "utf-8")
    assert load(mine / "staged").procedure.paper_days == 95


# --- national and real flows --------------------------------------------------------------


@beside
def test_the_county_flow_has_the_published_limits():
    """Each item's days are the limit of the public document; fire review is one of two."""
    listed = {
        row["item"]: int(row["limit"])
        for row in rows(SHARED / "china_items" / "items_with_limits.csv")
        if row["flow"] == "企业投资项目(备案类)"
    }
    del listed["消防备案"]  # a project has the review or the filing, not both
    steps = load(shipped_folder() / "county-filing").procedure.steps
    assert {step.name.zh: int(step.days) for step in steps} == listed
    del listed["消防审核"]
    steps = load(shipped_folder() / "county-filing-small").procedure.steps
    assert {step.name.zh: int(step.days) for step in steps} == listed


@beside
@pytest.mark.parametrize(
    ("name", "chart"),
    [
        ("nanjing-enterprise", "企业投资类建设项目流程图"),
        ("nanjing-government", "政府投资类建设项目流程图"),
    ],
)
def test_the_nanjing_flows_are_the_published_charts(name: str, chart: str):
    """Steps in order, items and materials are the chart's; days, which it lacks, are all 0."""
    source = SHARED / "china_items" / "nanjing_jiangbei_flows.json"
    published = json.loads(source.read_text("utf-8"))["flows"][chart]
    steps = load(shipped_folder() / name).procedure.steps
    assert [step.name.zh for step in steps] == [step["step"] for step in published]
    listed = rows(shipped_folder() / name / "source-items.csv")
    assert [(row["item"], int(row["materials"])) for row in listed] == [
        (item["item"], item["materials"]) for step in published for item in step["items"]
    ]
    for step in steps:
        own = [row for row in listed if row["step"] == step.key and row["counted"] == "yes"]
        assert step.documents == sum(int(row["materials"]) for row in own)
        assert step.days == 0


def test_unknown_days_are_said_to_be_unknown():
    """A flow without limits says so in its name and its note, in both languages."""
    for name in ("nanjing-enterprise", "nanjing-government"):
        scenario = load(shipped_folder() / name)
        assert "无时限" in scenario.name.zh
        assert "no time limits" in scenario.name.en
        assert "不详" in scenario.about.zh
        assert "unknown" in scenario.about.en


def test_the_national_frame_is_held_to_its_days():
    """120 days hold; one day more in drawing review is refused, today's 210 are flagged."""
    frame = load(shipped_folder() / "national-frame" / "frame-120").procedure
    assert frame.budget == Duration(120)
    with pytest.raises(Refused, match="over the budget of 119 wd"):
        ControlTotalTime(Duration(119)).apply(frame)
    flagged = load(shipped_folder() / "national-frame" / "over-budget").changes[-1]
    assert any("210 working days" in note.en for note in flagged.notes)


def test_a_stage_has_one_lead():
    """In the frame each stage's files go to one office: that of its first item."""
    flow = load(shipped_folder() / "national-frame" / "frame-120").procedure
    leads = {
        stage.key: {
            s.dealing.accepted_by
            for s in flow.steps
            if s.stage == stage.key and s.kind is not Kind.INTERMEDIARY
        }
        for stage in flow.stages
    }
    assert leads == {
        "land": {"drc"}, "design": {"planning"}, "works": {"construction"},
        "completion": {"planning"},
    }  # fmt: skip


# --- Zhongshan ----------------------------------------------------------------------------


def test_1404_items_become_349():
    """Five rounds over the shipped table leave 349 of 1,404; the mix of verdicts is on record."""
    catalogue = load_catalogue(shipped_folder() / "zhongshan" / "catalogue")
    verdicts = clean_up(catalogue)
    counted = {verdict.value: number for verdict, number in count(verdicts).items()}
    assert {"items": len(catalogue.items), **counted} == document("zhongshan")["clean_up"]
    assert len(cleaned(catalogue, verdicts).items) == 349
    assert round(100 * (1 - 349 / 1404), 2) == 75.14
    left = catalogue
    for start in range(5):
        keys = [item.key for item in catalogue.items[start::5]]
        left = cleaned(left, clean_up(left, keys))
    assert len(left.items) == 349


def test_nothing_on_law_is_cancelled():
    """What falls rests on red-header documents or custom only; every verdict has its reason."""
    catalogue = load_catalogue(shipped_folder() / "zhongshan" / "catalogue")
    for one in clean_up(catalogue):
        assert one.reason.zh
        assert one.reason.en
        if one.verdict.value in ("cancel", "convert_to_filing", "hand_to_market"):
            assert one.item.basis.type.cancellable
        if one.verdict.value == "keep":
            assert one.kept_class in KeptClass


def test_the_shipped_catalogue_is_the_one_that_the_rules_are_tested_on():
    """The table holds the same items, bases and reviews as the generated catalogue."""
    table = load_catalogue(shipped_folder() / "zhongshan" / "catalogue").items
    made, _rounds = zhongshan()
    assert [(i.key, i.basis, i.review, i.dealing.handling) for i in table] == [
        (i.key, i.basis, i.review, i.dealing.handling) for i in made.items
    ]
    assert (shipped_folder() / "zhongshan" / "catalogue" / "items.csv").stat().st_size < 400_000


def test_the_readme_of_the_clean_up_runs():
    """The Python lines in Zhongshan's README print what stands below them."""
    path = shipped_folder() / "zhongshan" / "README.md"
    done = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert (done.attempted, done.failed) == (5, 0)


def test_the_protocol_of_collaborative_approval():
    """Accepted in the town, one lead of several departments, asked once, handed out in the town."""
    flow = load(shipped_folder() / "zhongshan" / "collaborative").procedure
    joint = flow["J"]
    assert joint.department == "fda"
    assert set(joint.departments) == {"epb", "fire", "fda"}
    assert all(s.dealing.accept_level is Level.TOWNSHIP for s in flow.steps if s.key != "OUT")
    assert all(s.dealing.decide_level is Level.CITY for s in flow.steps)
    assert flow["OUT"].department == "town"
    asked = [name for step in flow.steps for name in step.materials]
    assert len(asked) == len(set(asked))


def test_what_is_vertically_managed_is_not_delegated():
    """The sign permit goes to the town; industry and commerce cannot."""
    flow = load(shipped_folder() / "zhongshan" / "delegated").procedure
    assert flow["C5"].dealing.decide_level is Level.TOWNSHIP
    with pytest.raises(Refused, match="vertically managed"):
        Delegate(("C6",), Level.TOWNSHIP, "某文").apply(flow)


# --- Jiaxing's measures -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jiaxing-measures", "jiaxing-centre", "jiaxing-agency"])
def test_measures_stand_on_the_same_steps(name: str):
    """The 35 steps, their days and prerequisites are those of the scenario jiaxing."""
    jiaxing, other = load(shipped_folder() / "jiaxing"), load(shipped_folder() / name)
    assert other.procedure.edges == jiaxing.procedure.edges
    for one, two in zip(jiaxing.procedure.steps, other.procedure.steps, strict=True):
        assert (one.key, one.name, one.days, one.limit, one.visits, one.documents) == (
            two.key, two.name, two.days, two.limit, two.visits, two.documents,
        )  # fmt: skip


def test_six_joint_alone_saves_steps_and_costs_days():
    """Twelve steps and 34 visits fewer, 17 days more: a joint step waits for its latest member."""
    found = {key: numbers(each) for key, each in designs("jiaxing-measures").items()}
    plain, joint = found["parallel"], found["six-joint"]
    assert plain["steps"] - joint["steps"] == 12
    assert plain["visits"] - joint["visits"] == 34
    assert joint["paper_days"] - plain["paper_days"] == 17
    levers = {
        change.lever for change in load(shipped_folder() / "jiaxing-measures" / "six-joint").changes
    }
    assert {
        "joint_survey", "joint_review", "joint_certificates", "joint_drawing_review",
        "joint_surveying", "joint_acceptance",
    } <= levers  # fmt: skip


def test_the_centre_has_the_published_shares():
    """Of 26 government items the shares of the source, to the nearest item, before and after."""

    def shares(key: str) -> tuple[int, int]:
        flow = designs("jiaxing-centre")[key].procedure
        own = [s for s in flow.steps if s.kind in (Kind.APPROVAL, Kind.FILING)]
        assert len(own) == 26
        two = sum(step.dealing.desks == 2 for step in own)
        return two, sum(step.dealing.decided_at_centre for step in own)

    assert shares("today") == (round(26 * 0.6632), round(26 * 0.7562))
    assert shares("both") == (round(26 * 0.80), round(26 * 0.9046))


def test_one_review_leaves_site_inspections_alone():
    """Land pre-examination needs a visit to the site: two desks are refused."""
    flow = load(shipped_folder() / "jiaxing-centre").procedure
    with pytest.raises(Refused, match="site inspection"):
        OneReview(("S05",)).apply(flow)


def test_copies_can_be_edited(tmp_path: Path):
    """A copy of any shipped scenario reads as the shipped one does."""
    for name in READABLE:
        copy_to(name, tmp_path / name)
        assert load(tmp_path / name).procedure == load(shipped_folder() / name).procedure
        shutil.rmtree(tmp_path / name)
