"""Mechanisms M21-M40 (Ziyang, the four-level network, Anshan): each shows its effect."""

# ruff: noqa: E501 - a Chinese character counts double

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from small_office import AB, LIBRARY, days, elapsed, office, ran, shipped_design, waits
from sound_catalogue import ON, sound

from optimizer.redesign import redesign
from rules.catalogue import load_catalogue
from rules.checks import lint, missing_fields
from rules.dealing import Level
from rules.items import Item
from rules.levers import Refused
from rules.levers.bureau import Concentrate
from rules.steps import Duration, Kind, Limit, Name
from scenarios import compile_plan
from simulator import write_log
from simulator.load import loads


def test_m21_concentration_of_licensing_power():
    """相对集中行政许可权 14 departments' licences to one bureau: one decider, one pool of people.

    Ziyang's bureau needs 12 posts and four windows instead of 47 people and halves the days; what
    is vertically managed is not transferred.
    """
    before, after = (shipped_design(key) for key in ("ziyang", "ziyang/bureau"))
    offices = {step.department for step in after.procedure.steps}
    assert offices == {"project-section", "social-section", "survey-section"}
    assert days(after, "matter") < 0.55 * days(before, "matter")
    plans = [compile_plan(each) for each in (before, after)]
    people = [
        sum(plan.pools[pool].capacity for pool in {p for desk in plan.desks for p in desk.pools})
        for plan in plans
    ]
    assert people[0] == 47
    assert people[1] == 4 + 3 + 4 + 2  # four windows, the two approval sections, survey
    assert {pool.key: pool.capacity for pool in compile_plan(after).pools}["hall.window"] == 4
    flow = shipped_design("zhongshan").procedure
    with pytest.raises(Refused, match="vertically managed"):
        Concentrate((flow["C6"].department,), "town", "省批复").apply(flow)


def test_m22_front_desk_back_office(tmp_path: Path):
    """前台综合受理、后台分类审批、窗口统一出件 general windows take in for all, one window issues.

    Four general windows make files wait less than two for each of two departments, as pooling
    does in any queue; in and out at one window is one visit in and one out.
    """
    offices = "key,name,windows,reviewers\none,一局,2,90\ntwo,二局,2,90\nhall,大厅,4,2\n"
    settings = '[hands]\ntouch = {distribution = "exponential", mean = 17}\ndwell = 0\n'
    types = "".join(
        f'[[type]]\nkey = "{key}"\nname = "{key}"\nper_year = 9000\nnumber = 400\nitems = ["{key}"]\n'
        for key in "AB"
    )
    apart = office(tmp_path / "a", offices=offices, settings=settings + types, edges="", cases="")
    lever = 'kind = "one_window"\noffice = "hall"'
    pooled = office(
        tmp_path / "a", lever, offices=offices, settings=settings + types, edges="", cases=""
    )
    assert waits(ran(pooled), "hall.window") < 0.75 * waits(ran(apart), "one.window")
    used = {compile_plan(pooled).pools[p].key for d in compile_plan(pooled).desks for p in d.pools}
    assert not used & {"one.window", "two.window"}
    assert {step.dealing.accepted_by for step in pooled.procedure.steps} == {"hall"}
    assert (apart.procedure.visits, pooled.procedure.visits) == (4, 2)


def test_m23_sections_and_posts():
    """内设股室、编制 sections as pools with posts; the survey section serves all items.

    Five field officers' five desks become one pool of two, which is the busiest of the bureau.
    """
    load = {
        each.key: each.utilisation for each in loads(compile_plan(shipped_design("ziyang/bureau")))
    }
    assert max(load, key=lambda key: load[key]) == "survey-section.reviewer"
    before = {each.key: each.utilisation for each in loads(compile_plan(shipped_design("ziyang")))}
    field = [share for key, share in before.items() if key.endswith("-field.reviewer")]
    assert len(field) == 5
    assert load["survey-section.reviewer"] == pytest.approx(sum(field) / 2, rel=0.25)


def test_m24_three_ways_after_the_window():
    """即办、承诺、联办 after the window: settled at once, reviewed in turn, or reviewed in sync.

    In the bureau an immediate matter takes less than an hour, a promised one days; a linked one of
    three licences in sync takes 2.7 days instead of 4.9.
    """
    run = ran(shipped_design("ziyang/bureau"), 2)
    plan, trace = run.plan, run.replications[0]
    took = plan.calendars[0].worked_many(trace.arrival, trace.finish) / plan.day_ticks
    kind = {step.of: step.key[0] for step in plan.steps}
    class_of = np.array([kind[int(of)] for of in trace.types_of()])
    assert np.median(took[class_of == "I"]) < 0.15
    assert took[class_of == "P"].mean() > 1
    assert days(shipped_design("ziyang/linked"), "linked") < 0.65 * elapsed(run, "linked")


def test_m25_packages():
    """三单一表、菜单式打包 packages with one form: documents are the union, each handed in once.

    Three linked licences ask for 7 documents instead of 15.
    """
    before, after = (shipped_design(f"ziyang/{key}").procedure for key in ("bureau", "linked"))
    keys = ("L1", "L2", "L3")
    assert sum(before[key].documents for key in keys) == 15
    assert sum(after[key].documents for key in keys) == 7


def test_m26_three_levels_four_sames():
    """三级四同 one name, code and standard on every level; on one level a code stands once.

    Ziyang's 420 county and 68 township items, put together, have 488 codes and no finding. The same
    item at city level is no duplicate; told, with both rows and what differs, are: a code twice on
    one level, another name, basis, limit or material under one code, one name with two codes.
    """
    county, town = (
        load_catalogue(LIBRARY / "ziyang" / table) for table in ("catalogue", "township")
    )
    together = replace(county, items=(*county.items, *town.items))
    assert (len(county.items), len(town.items)) == (420, 68)
    assert len({item.code for item in together.items}) == 488
    assert [each for each in lint(together, on=ON) if each.id == "M26"] == []

    one = sound()["shed"]
    city = replace(one, key="city", dealing=replace(one.dealing, decide_level=Level.PROVINCE))

    def told(other: Item) -> list[tuple[str, tuple[str, ...], str]]:
        found = lint(replace(sound(), items=(*sound().items, other)), on=ON)
        return [(each.kind, each.keys, each.said.en) for each in found if each.id == "M26"]

    assert told(city) == []
    ((kind, keys, _),) = told(replace(one, key="again"))
    assert (kind, keys) == ("code-twice", ("shed", "again"))
    for what, other in {
        "name": replace(city, name=Name("另名", "Other")),
        "basis": replace(city, basis=replace(city.basis, citation="某办法 art. 9")),
        "statutory limit": replace(city, statutory=Limit(Duration(9))),
        "materials": replace(city, materials=("form", "deed")),
    }.items():
        ((kind, keys, said),) = told(other)
        assert (kind, keys) == ("code-not-the-same", ("shed", "city"))
        assert f"not the same on every level: {what} '" in said
    ((kind, keys, said),) = told(replace(city, code="C-else", department="province"))
    assert (kind, keys) == ("name-with-two-codes", ("shed", "city"))
    assert "C-else" in said


def test_m27_every_step_has_unit_requirement_limit():
    """流程图三要素 every step carries its unit, its requirement and its limit.

    All steps of Ziyang do; a promise above the statutory limit is a finding.
    """
    for step in shipped_design("ziyang").procedure.steps:
        assert step.department
        assert step.basis.citation
        assert step.limit is not None
        assert step.duration.paper_days <= step.limit.duration.paper_days
    late = Item("p", Name("许可", "Permit"), promised=Duration(9), statutory=Limit(Duration(7)))
    found = lint(replace(sound(), items=(*sound().items, late)), on=ON)
    assert any(each.kind == "promise-above-statute" for each in found if "p" in each.keys)


def test_m28_whole_course_agency_and_couriers(tmp_path: Path):
    """全程代理 an agent goes instead of the applicant, a courier brings the result.

    Visits fall from four to one; a courier saves one and his day is a day more; who must
    come in person is neither represented nor spared.
    """
    today = office(tmp_path / "a")
    agent = office(tmp_path / "a", 'kind = "agency"')
    assert (today.procedure.visits, agent.procedure.visits) == (4, 1)
    sent = office(tmp_path / "b", 'kind = "send_results"\nsteps = ["B"]\ndelivery = "1 wd"')
    assert days(sent) - days(today) == pytest.approx(1, abs=0.01)
    assert sent.procedure.visits == 3
    personal = AB.replace("documents", "documents,in_person").replace("2,3\n", "2,3,yes\n")
    personal = personal.replace("2,4\n", "2,4,yes\n")
    with pytest.raises(Exception, match="in person"):
        office(tmp_path / "c", 'kind = "agency"\nsteps = ["A"]', items=personal)


def test_m29_online_hall(tmp_path: Path):
    """网上预审、预约、全程网办 pre-check filters defective files, booking spreads arrivals, no visit.

    Pre-checked files come back less and are done sooner; booked applicants wait less at the window;
    fully online there is no visit and no window.
    """
    back = "[corrections]\nshare = 0.6\ndelay = 5\nprecheck = 0.2\n"
    today = office(tmp_path / "a", settings=back)
    checked = office(
        tmp_path / "a", 'kind = "online"\nlevel = "precheck"\ncorrection_share = 0.1', settings=back
    )
    assert days(checked) < days(today) - 2
    full = office(tmp_path / "b", 'kind = "online"\nlevel = "full"')
    assert full.procedure.visits == 0
    assert not [desk for desk in compile_plan(full).desks if desk.name == "window"]
    many = "[cases]\nnumber = 400\nper_year = 2600\n"
    booked = "[arrivals]\nslot_minutes = 30\nseats = 1\n"
    queue = waits(ran(office(tmp_path / "c", cases=many)), "one.window")
    assert waits(ran(office(tmp_path / "d", cases=many, settings=booked)), "one.window") < queue


def test_m30_approval_apart_from_supervision(tmp_path: Path):
    """审管分离 supervision after the result can hold up the same applicant's later matters.

    With findings at every second inspection new cases of those applicants wait at the door.
    """
    held = "[after_issue]\nfinding = 0.5\nafter_days = 5\nhold_days = 60\napplicants = 5\n"
    assert days(office(tmp_path / "a", settings=held)) > 2 * days(office(tmp_path / "b"))


def test_m31_full_trace(tmp_path: Path):
    """全程留痕 every event of every case is on record and can be exported.

    Each of 60 cases has its way through both items in the log, in order, with who and when.
    """
    run = ran(office(tmp_path / "a"), 1)
    rows = list(run.rows())
    assert {row.case for row in rows} == set(range(60))
    trace = run.replications[0]
    for case in range(60):
        own = [row for row in rows if row.case == case]
        assert list(dict.fromkeys(row.step for row in own)) == ["A", "B"], case
        assert all(row.ready <= row.start <= row.end for row in own)
        assert all(one.end <= two.start for one, two in pairwise(own))
        assert (own[0].ready, own[-1].end) == (trace.arrival[case], trace.finish[case])
        assert {"one.window", "one.reviewer", "two.window", "two.reviewer"} <= {
            r.pools for r in own
        }
    write_log(run, tmp_path / "log.csv")
    assert len((tmp_path / "log.csv").read_text("utf-8-sig").splitlines()) == 1 + len(rows)


def test_m32_four_levels():
    """四级网络 a tree of service points: a case climbs from where it is accepted and comes back.

    Accepted in the village a city item travels three levels up and down, a township item one.
    """
    run = ran(shipped_design("network/all-villages"), 2)
    assert elapsed(run, "later-city") - elapsed(run, "later-township") == pytest.approx(4, abs=0.3)


def test_m33_township_decides_or_accompanies():
    """直接办理、全程服务 the township decides within its powers, else accompanies to the county.

    The same matter takes a level's way less once the township may decide it.
    """
    before, after = (
        days(shipped_design(f"network/{key}"), "first-delegable")
        for key in ("all-villages", "township-decides")
    )
    assert before - after == pytest.approx(2, abs=0.3)


def test_m34_joint_handling():
    """联合办理 what two departments decide is coordinated: side by side, not in turn.

    The joint matter takes as long as its longer part instead of the sum.
    """
    before, after = (
        days(shipped_design(f"network{key}"), "joint") for key in ("", "/all-villages")
    )
    assert 0.55 < after / before < 0.8


def test_m35_five_leasts():
    """五个最 fewest items, steps, documents, shortest time, lowest fee: no design is best in all.

    Of Jiaxing's redesigns those that no other beats in items, steps, days, visits and documents hold both
    the one with fewest steps and the one with fewest days; today's flow is not among them. Fees are an
    objective where they are told: asked for the least, the search takes the zone and the cancelled
    assessment, 79,000 of 326,550 yuan less (assumed), and it alone lowers them.
    """
    today = shipped_design("jiaxing")
    flows = {key: shipped_design(f"jiaxing/{key}").procedure for key in today.redesigns}
    flows["today"] = today.procedure
    least = {
        key: (
            sum(len(step.origin) for step in flow.steps if step.kind.counted), flow.n_steps,
            flow.paper_days, flow.visits, flow.documents,
        )
        for key, flow in flows.items()
    }  # fmt: skip
    best = {
        key
        for key, mine in least.items()
        if not any(
            all(a <= b for a, b in zip(other, mine, strict=True)) and other != mine
            for other in least.values()
        )
    }
    assert "reform-simulated" in best
    assert "today" not in best
    assert min(least, key=lambda key: least[key][2]) in best
    assert (least["today"][0], least["zone"][0], least["reform"][0]) == (35, 30, 30)
    measures = shipped_design("jiaxing-measures")
    cheap = redesign(measures, measures=("fees", "levers"), front="", sizes=-1, shortlist=1)
    assert cheap.found.design is not None
    assert cheap.found.status == "optimal"
    assert cheap.found.design.choice == {"zone", "traffic"}
    assert cheap.found.value == measures.procedure.fees - 79_000 == 247_550


def test_m36_triple_slip_and_ledger(tmp_path: Path):
    """三联单、台账 a receipt for every case: number, promised day, responsible office; one ledger.

    Sixty cases have sixty receipts with the day by which the result is promised; the ledger tells the
    late ones.
    """
    from results.receipts import ledger, write_ledger

    there = office(
        tmp_path / "a", offices="key,name,windows,reviewers\none,一局,1,1\ntwo,二局,1,1\n"
    )
    slips = ledger(there, ran(there, 1))
    assert len({slip.number for slip in slips}) == 60
    assert all(slip.promised > slip.accepted and slip.responsible == "one" for slip in slips)
    assert 0 < sum(slip.late for slip in slips) < 60
    write_ledger(slips, tmp_path / "ledger.csv")
    lines = (tmp_path / "ledger.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 61
    assert lines[0] == "number,accepted,promised,responsible,finished"


def test_m37_ten_published_fields():
    """十公开 ten fields of every item are published.

    An item without them lacks ten; none of the sound catalogue lacks one.
    """
    assert len(missing_fields(Item("a", Name("a", "a")))) == 10
    assert all(missing_fields(item) == () for item in sound().items)


def test_m38_supervision_of_results(tmp_path: Path):
    """电子监察 early warning, rating and complaints: late cases and dissatisfaction are counted.

    With one reviewer instead of nine more receipts are late and more applicants dissatisfied.
    """
    from results.receipts import ledger
    from results.satisfaction import satisfaction

    few = office(tmp_path / "a", offices="key,name,windows,reviewers\none,一局,1,1\ntwo,二局,1,1\n")
    many = office(tmp_path / "b")
    runs = {id(each): ran(each, 5) for each in (few, many)}
    late = [sum(slip.late for slip in ledger(each, runs[id(each)])) for each in (few, many)]
    unhappy = [satisfaction(e, runs[id(e)]).dissatisfied.estimate for e in (few, many)]
    assert late[0] > late[1]
    assert unhappy[0] > unhappy[1]


def test_m39_one_matter():
    """一件事 one matter: the items of a life event as one package.

    Opening a pharmacy: 12 steps, 90 days, 40 documents, 4 surveys become 3, 5, 5 and 1.
    """
    flows = [shipped_design(f"anshan-pharmacy{key}").procedure for key in ("", "/one-matter")]
    assert [(f.n_steps, f.paper_days, f.documents) for f in flows] == [(12, 90, 40), (3, 5, 5)]
    assert [sum(step.site_survey for step in flow.steps) for flow in flows] == [4, 1]


def test_m40_one_project_in_stages():
    """一个项目 one project: stages with a lead each, gated, parallel inside.

    A real-estate project takes 105 days with gates and 95 without; an industrial one 90 instead of
    169; each of the four stages has one lead, the section of its first item.
    """
    found = {
        key: shipped_design(f"anshan-{key}").procedure.paper_days
        for key in ("realestate/staged", "realestate/parallel", "industrial", "industrial/staged")
    }
    assert list(found.values()) == [105, 95, 169, 90]
    assert date(2019, 4, 30) < shipped_design("anshan-industrial").first_day
    for kind in ("industrial", "realestate"):
        flow = shipped_design(f"anshan-{kind}/led-by-stage").procedure
        assert len(flow.stages) == 4
        for stage in flow.stages:
            own = [step for step in flow.steps if step.stage == stage.key]
            official = [s for s in own if s.kind in (Kind.APPROVAL, Kind.FILING)]
            leads = {step.dealing.accepted_by for step in official}
            assert leads == {official[0].department}, stage.key
