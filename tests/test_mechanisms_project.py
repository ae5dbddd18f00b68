"""Mechanisms M41-M62 (Anshan, Jiaxing, Chengde, others): each shows its effect."""

# ruff: noqa: E501 - a Chinese character counts double

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_office import AB, days, elapsed, office, ran, shipped_design

from results import summarise
from results.satisfaction import satisfaction
from results.step_status import step_statuses
from results.window_scores import Points, scores
from rules.catalogue import Catalogue
from rules.cleanup import KeptClass, Verdict, clean_up
from rules.dealing import Dealing, HandlingClass, Level
from rules.items import Item, Review, Suffices
from rules.levers import LeaveOut, Refused, TakeIn
from rules.problems import InputError
from rules.steps import Basis, BasisType, Duration, Kind, Name
from scenarios import compile_plan
from simulator.load import loads

HOME = AB.replace("documents", "documents,decided_at_centre").replace("2,3\n", "2,3,no\n").replace(
    "2,4\n", "2,4,no\n"
)  # fmt: skip


def booked(scenario, word: str) -> float:
    """Return the load of all pools whose key holds a word, added up."""
    found = loads(compile_plan(scenario))
    return sum(each.utilisation for each in found if word in each.key)


def test_m41_single_intake_internal_circulation():
    """一口受理、内部流转、并联审批、限时办结 one intake, files circulate inside, in parallel, in time.

    Anshan's industrial project: 169 days one after another, 90 with stages, less in parallel alone;
    no prerequisite is lost.
    """
    flows = {
        key: shipped_design(f"anshan-industrial{key}").procedure
        for key in ("", "/staged", "/parallel")
    }
    found = [flow.paper_days for flow in flows.values()]
    assert found[:2] == [169, 90]
    assert found[2] <= found[1]
    assert flows["/parallel"].edges == flows[""].edges


def test_m42_lead_section():
    """牵头科室 the lead is the section of the first item in the chain, by rule.

    The drug section leads the pharmacy's joint review, because its certificate comes first.
    """
    flow = shipped_design("anshan-pharmacy/one-matter").procedure
    first = shipped_design("anshan-pharmacy").procedure.steps[0]
    assert flow["P3"].department == first.department == "drug"


def test_m43_unified_survey():
    """统一勘验、专家评审 all surveys of an address become one visit of the survey section.

    Four visits to a shop become one; each certificate keeps its record as a member; the days booked on
    surveys fall.
    """
    before, after = (
        shipped_design(f"anshan-pharmacy{key}").procedure for key in ("", "/one-survey")
    )
    surveys = [step for step in after.steps if step.site_survey or step.kind is Kind.SURVEY]
    assert [step.key for step in surveys] == ["P2"]
    assert {member.key for member in surveys[0].origin} == {"D2", "F2", "M2", "B2"}
    spent = sum(step.days for step in before.steps if step.site_survey)
    assert surveys[0].days < spent / 4


def test_m44_unified_issue(tmp_path: Path):
    """统一发证 one window hands all results out: nothing leaves before all are ready.

    A quick certificate waits for the slow one; the applicant collects once.
    """
    lever = 'kind = "drop_practice";;kind = "parallel"'
    apart = office(tmp_path / "a", lever)
    exit_ = (
        ';;kind = "unified_issue"\nsteps = ["A", "B"]\nkey = "OUT"\noffice = "hall"\n'
        'name = {zh = "统一发证", en = "Unified issue"}\ndays = "1 wd"'
    )
    together = office(tmp_path / "b", lever + exit_)
    run = ran(together, 1)
    trace = run.replications[0]
    steps = {step.key: step for step in run.plan.steps}
    out = trace.step_ready(steps["OUT"])
    assert (out >= np.maximum(trace.step_end(steps["A"]), trace.step_end(steps["B"]))).all()
    assert together.procedure.visits < apart.procedure.visits


def test_m45_four_ones():
    """一窗、一表、一章、一档 one window, one form, one seal, one file: a visit in and a visit out.

    The pharmacy asks for 5 documents instead of 40 and at most two visits.
    """
    flow = shipped_design("anshan-pharmacy/one-matter").procedure
    assert flow.documents == 5
    assert flow.visits <= 2
    assert {step.dealing.accepted_by for step in flow.steps if step.kind is not Kind.SURVEY} == {
        "one-matter"
    }


def test_m46_sharing_and_reuse(tmp_path: Path):
    """共享复用 what the administration holds and what is still valid is not asked for again.

    Of a form, an identity card, a plan and a drawing two are held: two are asked for; a record that ran
    out before the first day is asked for again.
    """
    items = AB.replace("documents", "documents,materials").replace(
        "2,3\n", "2,3,表格；身份证；方案\n"
    )
    items = items.replace("2,4\n", "2,4,表格；身份证；方案；图纸\n")
    held = 'kind = "material_set"\n[lever.held]\n"身份证" = "permanent"\n"方案" = {until}'
    asked = [
        office(tmp_path / str(n), held.replace("{until}", until), items=items).procedure.documents
        for n, until in enumerate(("2026-01-01", "2024-12-31"))
    ]
    assert asked == [2, 3]


def test_m47_full_information(tmp_path: Path):
    """全面告知 requirements told in full and once: fewer files come back.

    Corrections fall from six in ten to one in ten, and with them the days.
    """
    items = AB.replace("documents", "documents,correction_share").replace("2,3\n", "2,3,600\n")
    items = items.replace("2,4\n", "2,4,600\n")
    back = "[corrections]\nshare = 0.6\ndelay = 5\n"
    told = 'kind = "one_off_notice"\ncorrection_share = 0.1'
    assert (
        days(office(tmp_path / "a", told, items=items, settings=back))
        < days(office(tmp_path / "b", items=items, settings=back)) - 3
    )


def test_m48_chains_over_levels_and_departments(tmp_path: Path):
    """跨层级跨部门、清单动态调整 a package takes in items of other deciders and levels, with hand-over.

    The shop's sign joins the pharmacy's list: a step, two documents and 1 + 3 + 1 days before the
    results leave; it keeps its decider, the report calls it added. A level's way counts when it is
    simulated. What leaves the list takes its days with it and is said to be due all the same; what
    another step needs may not leave.
    """
    short, long = (shipped_design(f"anshan-pharmacy/{key}") for key in ("one-matter", "extended"))
    assert (short.procedure.n_steps, long.procedure.n_steps) == (3, 4)
    assert (short.procedure.paper_days, long.procedure.paper_days) == (5, 1 + 1 + 3 + 1 + 2)
    assert long.procedure.documents - short.procedure.documents == 2
    assert long.procedure["Q1"].department == "urban"
    assert "urban" not in {office for step in short.procedure.steps for office in step.departments}
    assert long.changes[-1].came == ("Q1",)
    assert step_statuses(short.procedure, long.procedure)["Q1"].word == "added"
    assert "移交 1 个工作日" in long.changes[-1].sentence("zh")
    assert days(long) - days(short) == pytest.approx(3, abs=0.5)

    items = AB.replace("documents", "documents,accept_level,decide_level")
    items = items.replace("2,3\n", "2,3,county,county\n").replace("2,4\n", "2,4,county,county\n")
    way = "[couriers]\ndays = 1\n"
    taken = (
        'kind = "take_in"\nkey = "C"\nname = {zh = "丙", en = "C"}\ndepartment = "two"\n'
        'days = "2 wd"\nafter = ["B"]\nlevel = "'
    )
    here, city = (
        office(tmp_path / level, f'{taken}{level}"', items=items, settings=way)
        for level in ("county", "city")
    )
    assert city.procedure["C"].dealing.decide_level is Level.CITY
    assert days(city) - days(here) == pytest.approx(2, abs=0.2)  # up and down again
    assert days(here) - days(office(tmp_path / "0", items=items, settings=way)) == pytest.approx(
        2, abs=0.3
    )

    left = office(tmp_path / "left", 'kind = "leave_out"\nsteps = ["B"]')
    assert left.procedure.keys == ("A",)
    assert left.procedure.paper_days == 2
    (note,) = left.changes[-1].notes
    assert "not abolished" in note.en
    assert "3 working days" in note.en
    flow = office(tmp_path / "need", edges="A,B,data,needs it\n").procedure
    with pytest.raises(Refused, match="B needs what A delivers"):
        LeaveOut(("A",)).apply(flow)
    with pytest.raises(Refused, match="no decider"):
        TakeIn("C", Name("丙", "C"), "", Duration(2)).apply(flow)
    with pytest.raises(Refused, match="makes mutual prerequisites"):
        TakeIn("C", Name("丙", "C"), "two", Duration(2), ("B",), ("A",)).apply(flow)
    with pytest.raises(Refused, match="20 wd"):
        TakeIn("C", Name("丙", "C"), "two", Duration(21)).apply(flow)


def test_m49_six_joint_approval():
    """六联审批 six joint handlings: visit, review, certificates, drawings, surveying, acceptance.

    Twelve steps and 34 visits fewer; every joint step keeps its members, no statute or data
    prerequisite between others is lost.
    """
    plain, joint = (
        shipped_design(f"jiaxing-measures/{key}").procedure for key in ("parallel", "six-joint")
    )
    assert plain.n_steps - joint.n_steps == 12
    assert plain.visits - joint.visits == 34
    members = {member.key for step in joint.steps for member in step.origin}
    assert members == set(plain.keys)
    into = {member.key: step.key for step in joint.steps for member in step.origin}
    graph = joint.graph()
    import networkx as nx

    for edge in plain.edges:
        if edge.strength.droppable or into[edge.before] == into[edge.after]:
            continue
        assert nx.has_path(graph, into[edge.before], into[edge.after]), edge


def test_m50_whole_flow_charts():
    """全流程审批图、批时总控 five charts with approvals, notices and firms under one total time.

    Each chart's critical path is its total; today's serial flow is flagged as over it.
    """
    for kind in ("private", "water", "transport", "municipal", "social"):
        chart = shipped_design(f"jiaxing-chart-{kind}/chart").procedure
        assert chart.budget is not None
        assert chart.paper_days == chart.budget.paper_days
        assert {Kind.NOTICE, Kind.INTERMEDIARY, Kind.APPROVAL} <= {s.kind for s in chart.steps}
        notes = shipped_design(f"jiaxing-chart-{kind}/over-budget").changes[-1].notes
        assert any("working days" in note.en for note in notes)


def test_m51_simulated_approval():
    """模拟审批 simulated approval: work begins before the land is granted, formal acts follow.

    With a wait of 46 days for land 282 days become 202; in no case is a formal act dated before
    the conversion.
    """
    before, after = (
        shipped_design(f"jiaxing/{key}") for key in ("land-wait", "land-wait-simulated")
    )
    assert before.procedure.paper_days - after.procedure.paper_days == 80
    run = ran(after, 1)
    trace = run.replications[0]
    steps = {step.key: step for step in run.plan.steps}
    conversion = next(step for step in after.procedure.steps if step.kind is Kind.CONVERSION)
    later = [e.after for e in after.procedure.edges if e.before == conversion.key]
    assert later
    for key in later:
        assert (trace.step_ready(steps[key]) >= trace.step_end(steps[conversion.key])).all()


def test_m52_approval_agency():
    """审批代办 a named agent, free of charge, prepares the next file while one is pending.

    With the owner's fitted 8.5 days a step an agent saves nearly 40 % of the days; decisions take as
    long.
    """
    without, with_agent = (
        shipped_design(f"jiaxing-agency/{key}") for key in ("reform", "reform-agency")
    )
    assert 0.37 <= 1 - days(with_agent, replications=6) / days(without, replications=6) <= 0.42
    assert without.procedure.paper_days == with_agent.procedure.paper_days == 109


def test_m53_joint_meetings():
    """联审会议 a meeting sits at intervals and takes several projects.

    772 projects in 40 weekly meetings are 19 each; half as many meetings cost two and a half days more.
    """
    weekly, half = (shipped_design(f"jiaxing-meetings/{key}") for key in ("weekly", "fortnightly"))
    run = ran(weekly, 2)
    desk = next(n for n, each in enumerate(run.plan.desks) if each.gathering is not None)
    ends, taken = np.unique(run.replications[0].end[:, desk], return_counts=True)
    assert taken.max() <= 24
    assert taken[ends < 280 * 86_400].mean() == pytest.approx(772 / 40, abs=2)
    assert days(half) - elapsed(run) == pytest.approx(2.5, abs=0.5)


def test_m54_shared_zone_preconditions(tmp_path: Path):
    """前置审批条件联用 what the zone has settled once is not asked of its projects again.

    Inside the zone four steps and 23 days leave the serial flow, a fifth is cancelled: 208 days. While a zone's
    result is valid later projects find it; where it runs out at once each needs its own.
    """
    assert shipped_design("jiaxing").procedure.paper_days == 236
    zone = shipped_design("jiaxing/zone").procedure
    assert (zone.n_steps, zone.paper_days) == (30, 208)
    once = days(office(tmp_path / "a", settings="[zones]\nA = 3000\n"))
    again = days(office(tmp_path / "b", settings="[zones]\nA = 1\n"))
    assert again - once > 0.8


def test_m55_traffic_assessment_cancelled():
    """取消交评 an assessment on custom alone leaves the path, supervision follows after.

    S12 is gone in the zone; with the inspection named, the permit is checked afterwards instead. A step
    that rests on a statute is not cancelled.
    """
    from rules.levers.lighter import SuperviseAfter
    from rules.levers.removal import CancelSteps

    flow, _ = SuperviseAfter("S29", ("S12",), "traffic").apply(shipped_design("jiaxing").procedure)
    assert "S12" not in flow
    assert flow["S29"].dealing.supervised_after
    assert flow["S29"].dealing.supervised_by == "traffic"
    assert flow.serial_days == 236 - 5
    assert "S12" in shipped_design("jiaxing").procedure
    assert "S12" not in shipped_design("jiaxing/zone").procedure
    with pytest.raises(Refused):
        CancelSteps(("S08",)).apply(shipped_design("jiaxing").procedure)


def test_m56_intermediary_reform(tmp_path: Path):
    """中介改革 firms have people, a queue and a time limit, and can be the critical path.

    A third off four services brings Jiaxing's 121 days to 113; a firm with one person makes files
    wait where nine do not.
    """
    plain, limited = (
        shipped_design(f"jiaxing-measures/{key}") for key in ("parallel", "intermediaries")
    )
    assert (plain.procedure.paper_days, limited.procedure.paper_days) == (121, 113)
    items = AB.replace("two,3,wd,government_approval", "two,3,wd,intermediary_service")
    settings = "intermediary_service = 0.5\n"
    one = office(
        tmp_path / "a",
        items=items,
        settings=settings,
        offices="key,name,windows,reviewers\none,一局,1,9\ntwo,事务所,0,1\n",
        cases="",
    )
    more = office(tmp_path / "b", items=items, settings=settings, cases="")
    assert days(one) > days(more) + 0.5


def test_m57_integration_inside_a_department(tmp_path: Path):
    """部门职能整合 second-tier bureaus join: all is decided at the centre, 100 %.

    The share decided at the centre rises from none to all, and the ways to the bureaus and back fall.
    """
    way = "[couriers]\ndays = 1\n"
    before = office(tmp_path / "a", items=HOME, settings=way)
    after = office(
        tmp_path / "a",
        'kind = "decide_at_centre"\nauthorisation = "授权书"',
        items=HOME,
        settings=way,
    )
    shares = [
        sum(step.dealing.decided_at_centre for step in each.procedure.steps) / 2
        for each in (before, after)
    ]
    assert shares == [0, 1]
    assert days(before) - days(after) == pytest.approx(4, abs=0.3)


def test_m58_three_classes_of_licences(tmp_path: Path):
    """保留、受委托、审核上报 licences decided here, for another authority, or sent up.

    551 licences are 380, 117 and 54; what is sent up is never decided here.
    """
    classes = (
        (HandlingClass.PROMISED, 380),
        (HandlingClass.ENTRUSTED, 117),
        (HandlingClass.REPORT_UP, 54),
    )
    items = tuple(
        Item(
            f"{of}{n}",
            Name("许可", "licence"),
            basis=Basis(BasisType.LAW, "x"),
            dealing=Dealing(handling=of),
        )
        for of, number in classes
        for n in range(number)
    )
    kept = [one.kept_class for one in clean_up(Catalogue(items))]
    assert [kept.count(each) for each in KeptClass] == [380, 117, 54]
    rows = AB.replace("documents", "documents,handling,accept_level,decide_level")
    rows = rows.replace("2,3\n", "2,3,report_up,county,city\n")
    rows = rows.replace("2,4\n", "2,4,entrusted,county,city\n")
    way = '[couriers]\ndays = 1\n[report_up]\ndays = 4\noffice = "hall"\nminutes = 10\n'
    plan = compile_plan(office(tmp_path, items=rows, settings=way))
    used = {
        step.key: {plan.pools[pool].key for at in step.desks for pool in plan.desks[at].pools}
        for step in plan.steps
    }
    assert "hall.reviewer" in used["A"]  # the level above decides
    assert used["B"] == {"two.window", "two.reviewer"}  # decided here, in its name


def test_m59_five_dispositions():
    """五种处置 every item is kept, delegated, changed, handed to the market or cancelled, or merged.

    Six bases and reviews give six verdicts, each with its reason.
    """

    def verdict(basis: BasisType, review: Review) -> Verdict:
        one = Item("a", Name("a", "a"), basis=Basis(basis, "art. 1"), review=review)
        (found,) = clean_up(Catalogue((one,)))
        assert found.reason.zh
        return found.verdict

    assert {
        verdict(BasisType.LAW, Review()), verdict(BasisType.LAW, Review(delegable_to=Level.TOWNSHIP)),
        verdict(BasisType.NORMATIVE, Review(Suffices.FILING)),
        verdict(BasisType.NORMATIVE, Review(Suffices.MARKET)), verdict(BasisType.NORMATIVE, Review()),
    } == {Verdict.KEEP, Verdict.DELEGATE, Verdict.FILING, Verdict.MARKET, Verdict.CANCEL}  # fmt: skip
    twins = (
        Item("a", Name("甲", "a"), basis=Basis(BasisType.LAW, "art. 1")),
        Item(
            "b", Name("乙", "b"), basis=Basis(BasisType.LAW, "art. 2"), review=Review(same_as="a")
        ),
    )
    assert [one.verdict for one in clean_up(Catalogue(twins))] == [Verdict.KEEP, Verdict.MERGE]


def test_m60_duties_of_the_centre(tmp_path: Path):
    """中心职责 the centre leads joint handling, manages and scores windows, and hears complaints.

    Each office has a score of files in time and complaints. Of two offices the one with a reviewer
    instead of nine scores lower, and better again with all nine; every complaint is laid at one
    door, so they add up to the dissatisfied; a joint step has one office that leads.
    """
    short = office(
        tmp_path / "a", offices="key,name,windows,reviewers\none,一局,1,9\ntwo,二局,1,1\n"
    )
    run = ran(short, 5)
    best, worst = scores(short, run)
    assert (best.office, worst.office) == ("one", "two")
    assert best.score.estimate - worst.score.estimate > 10
    assert best.in_time.estimate > worst.in_time.estimate + 0.2
    assert worst.complaints.estimate > 3 * best.complaints.estimate
    assert (best.files.estimate, worst.files.estimate) == (60, 60)
    said = sum(each.complaints.estimate * each.files.estimate for each in (best, worst))
    assert said == pytest.approx(60 * satisfaction(short, run).dissatisfied.estimate, rel=1e-9)
    staffed = office(tmp_path / "b")
    (other,) = (each for each in scores(staffed, ran(staffed, 5)) if each.office == "two")
    assert other.score.estimate > worst.score.estimate + 10
    strict = scores(short, run, Points(in_time=100, content=0))[-1]
    assert strict.score.estimate == pytest.approx(100 * worst.in_time.estimate)
    joint = shipped_design("jiaxing/reform")
    leads = {each.office: each.leads for each in scores(joint, ran(joint, 1))}
    assert leads["planning"] == 2
    assert sum(leads.values()) == sum(len(step.departments) > 1 for step in joint.procedure.steps)
    found = summarise(short, run)
    assert max(found.pools, key=lambda pool: pool.wait.estimate).key == "two.reviewer"


def test_m61_spot_checks_learning_outages(tmp_path: Path):
    """抽查、磨合、系统故障 random checks of decided cases, learning the new flow, outages.

    As many cases are checked again as the setting says; staff who learn take longer at first; an outage stops
    all work for its time.
    """
    checked = office(
        tmp_path / "a",
        settings="[after_issue]\nspot_checks = 0.3\n",
        cases="[cases]\nnumber = 400\nper_year = 2000\n",
    )
    run = ran(checked, 10)
    desk = next(n for n, each in enumerate(run.plan.desks) if each.name == "spot-check")
    share = np.mean([trace.served[:, desk].mean() for trace in run.replications])
    assert share == pytest.approx(0.3, abs=0.03)
    plain = days(office(tmp_path / "b"))
    assert (
        days(office(tmp_path / "c", settings="[learning]\nextra = 2.0\nhalf_life = 30\n")) > plain
    )
    assert days(office(tmp_path / "d", settings="[outages]\nup = 100\ndown = 24\n")) > plain


def test_m62_filing_or_notice_instead(tmp_path: Path):
    """备案、告知 an approval becomes a filing that holds nothing back; double-random checks after.

    Filed instead of approved a step no longer keeps the next one waiting, and its days fall; what an
    act makes an approval stays one.
    """
    items = AB.replace("documents", "documents,basis_type").replace("2,3\n", "2,3,practice\n")
    items = items.replace("2,4\n", "2,4,practice\n")
    lever = 'kind = "convert_to_filing"\nsteps = ["A"]\ndays = "1 wd";;kind = "parallel"'
    before, after = office(tmp_path / "a", items=items), office(tmp_path / "a", lever, items=items)
    assert after.procedure["A"].kind is Kind.FILING
    assert not after.procedure.graph().has_edge("A", "B")
    assert days(after) < days(before) - 1
    by_law = items.replace("2,3,practice", "2,3,law")
    with pytest.raises(InputError, match="convert_to_filing: refused"):
        office(tmp_path / "law", lever, items=by_law)
