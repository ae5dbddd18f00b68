"""Mechanisms M01-M20 (Jinyun, Zhongshan): each runs the product and shows its effect."""

# ruff: noqa: E501 - a Chinese character counts double

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from small_office import AB, ITEMS, days, elapsed, office, ran, shipped_design

from rules.catalogue import Catalogue, load_catalogue
from rules.catalogue_diff import diff_catalogues
from rules.checks import lint
from rules.cleanup import clean_up, cleaned
from rules.dealing import Level
from rules.items import Item, Prerequisite
from rules.levers import Refused
from rules.levers.authority import Delegate
from rules.levers.handling import DropPrerequisite
from rules.levers.trust import Commitment
from rules.steps import Edge, Name, Strength
from scenarios import compile_plan
from scenarios.library import shipped_folder
from simulator.clocks import late
from simulator.load import loads

HANDS = "[hands]\ntouch = 10\ndwell = 1\nwindow_counts = false\n"


def load_of(scenario, pool: str) -> float:
    """Return how much of its people's time a pool is asked for."""
    return {each.key: each.utilisation for each in loads(compile_plan(scenario))}[pool]


def test_m01_two_concentrations():
    """两集中、两到位 two concentrations, two in-places: items decided at the centre, no home bureau.

    Decided at the centre for 90.46 instead of 75.62 % of licences: 0.3 working days fewer, the way
    there and back for 14.84 percentage points.
    """
    before, after = (
        days(shipped_design(key))
        for key in ("jiaxing-licences", "jiaxing-licences/decide-at-centre")
    )
    assert before - after == pytest.approx(2 * 0.1484, abs=0.04)


def test_m02_one_review_one_approval():
    """一审一核 one review, one approval: two desks instead of five for more of the promised cases.

    From 43.5 to 66.32 % the mean of promised cases falls from 2.2 to 1.8 days.
    """
    means = [
        days(shipped_design(key), "promised-county*", 2)
        for key in ("jinyun", "jinyun/one-review-city")
    ]
    assert means == [pytest.approx(2.2, abs=0.1), pytest.approx(1.79, abs=0.1)]


def test_m03_handling_classes():
    """即到即办、承诺办理 handling classes: immediate cases pass one hand, promised ones a chain.

    At the county's windows immediate cases take minutes, promised ones days, on the same staff.
    """
    run = ran(shipped_design("jinyun"), 2)
    assert elapsed(run, "immediate-county") < 0.05
    assert elapsed(run, "promised-county*") > 2


def test_m04_sub_centres(tmp_path: Path):
    """分中心 sub-centres decide delegated items for their area; others go up to the county.

    With the place deciding, the county's reviewers have nothing to do with its cases and the
    courier's two days fall; an item that is not delegated is forwarded.
    """
    place = '[[place]]\nkey = "huzhen"\nshare = 1\nwindows = 2\nreviewers = 9\ncourier_days = 1\n'
    sent = office(tmp_path / "a", settings=place)
    decides = office(tmp_path / "b", settings=place + 'decides = ["A"]\n')
    assert days(sent) - days(decides) == pytest.approx(2, abs=0.4)
    used = {
        plan.pools[pool].key
        for plan in [compile_plan(decides)]
        for desk in plan.desks
        if plan.steps[desk.step].key == "A"
        for pool in desk.pools
    }
    assert used == {"huzhen.window", "huzhen.reviewer"}
    names = [desk.name for desk in compile_plan(decides).desks]
    assert names.count("courier-up") == 1  # B is not delegated


def test_m05_township_as_project_agent(tmp_path: Path):
    """乡镇代理 the township centre acts for a project: the firm need not go to the county.

    One visit, at the township, instead of four in the county; decisions take as long as before.
    """
    there = office(tmp_path / "a", 'kind = "agency"\nat = "township"')
    today = office(tmp_path / "a")
    assert (today.procedure.visits, there.procedure.visits) == (4, 1)
    assert there.procedure["A"].dealing.accept_level is Level.TOWNSHIP
    assert there.procedure.paper_days == today.procedure.paper_days


def test_m06_village_agents():
    """村级代办 village agents take files in at home; who must come in person is left out.

    A villager comes once, in his village; a case sent up travels two days, one done there none.
    """
    flow = shipped_design("jinyun").procedure
    assert [flow["V01"].visits, flow["T"].visits] == [1, 0]
    assert flow["V01"].dealing.agent
    run = ran(shipped_design("jinyun"), 1)
    forwarded = elapsed(run, "villager")
    assert 0.35 * 2 <= forwarded <= 0.35 * 2 + 0.5


def test_m07_enterprise_points():
    """企业便民服务点 enterprise service points: workers need not leave the firm.

    One visit, at work; four agents carry the file to the county and back in two days.
    """
    there = shipped_design("jinyun")
    plan = compile_plan(there)
    assert {pool.key: pool.capacity for pool in plan.pools}["points.reviewer"] == 4
    assert [there.procedure[key].visits for key in ("E1", "E2")] == [1, 0]
    assert 2 <= elapsed(ran(there, 1), "enterprise") <= 2.5


def test_m08_clean_up():
    """清理 clean-up: what rests on a red-header document falls, what rests on law stays.

    1,404 items become 349, each with its reason; none that rests on law is cancelled.
    """
    catalogue = load_catalogue(shipped_folder() / "zhongshan" / "catalogue")
    verdicts = clean_up(catalogue)
    assert (len(catalogue.items), len(cleaned(catalogue, verdicts).items)) == (1404, 349)
    assert all(one.reason.en for one in verdicts)
    gone = [one for one in verdicts if one.verdict.value == "cancel"]
    assert gone
    assert all(one.item.basis.type.cancellable for one in gone)


def test_m09_mutual_prerequisites():
    """互为前置、多头审批 mutual prerequisites and many heads are found, with a lawful repair.

    A planted cycle of three is told with its members; the custom is to be dropped, not the statute.
    """
    items = tuple(Item(key, Name(key, key)) for key in "abc")
    edges = (
        Edge("a", "b", Strength.STATUTE, "x"), Edge("b", "c", Strength.DATA, "y"), Edge("c", "a")
    )  # fmt: skip
    found = lint(Catalogue(items, tuple(map(Prerequisite, edges))), on=date(2025, 3, 3))
    (cycle,) = [each for each in found if each.id == "C1"]
    assert cycle.keys == ("a", "b", "c")
    assert "drop the custom prerequisite c->a" in cycle.repair.en


def test_m10_parallel_rather_than_serial():
    """能合不分、能并不串 merge rather than split, parallel rather than serial, never against the law.

    Jiaxing's 35 steps take 121 instead of 236 days with all prerequisites kept; dropping one that
    a statute sets is refused with its article.
    """
    today, parallel = (shipped_design(key).procedure for key in ("jiaxing", "jiaxing/parallel"))
    assert (today.paper_days, parallel.paper_days) == (236, 121)
    assert parallel.edges == today.edges
    with pytest.raises(Refused) as refused:
        DropPrerequisite("S07", "S08").apply(today)
    assert refused.value.article


def test_m11_collaborative_approval():
    """协同审批 collaborative approval: local acceptance, one lead, shared file, local issue.

    In Zhongshan one step has a lead of three departments, all is accepted in the town and handed
    out there; it is quicker than each on its own.
    """
    today, after = (shipped_design(key) for key in ("zhongshan", "zhongshan/collaborative"))
    joint = after.procedure["J"]
    assert len(joint.departments) == 3
    assert joint.department == "fda"
    assert all(
        step.dealing.accept_level is Level.TOWNSHIP
        for step in after.procedure.steps
        if step.key != "OUT"
    )
    assert (today.procedure.paper_days, after.procedure.paper_days) == (54, 29)
    assert days(after) < 0.75 * days(today)


def test_m12_one_form_told_once(tmp_path: Path):
    """一表受理、一次告知、首问责任 one form, told once, one person of first contact.

    Documents are the union of what is asked for; told once a file comes back less and is done
    sooner; the receipt names the office of first contact.
    """
    from results.receipts import ledger

    items = AB.replace("documents", "documents,correction_share,materials").replace(
        "2,3\n", "2,3,600,表格；身份证；方案\n").replace("2,4\n", "2,4,600,表格；身份证；方案；图纸\n")  # fmt: skip
    back = "[corrections]\nshare = 0.6\ndelay = 5\nrounds = 3\nat_once = false\n"
    today = office(tmp_path / "a", items=items, settings=back)
    told = office(
        tmp_path / "a",
        'kind = "material_set";;kind = "one_off_notice"\ncorrection_share = 0.1',
        items=items,
        settings=back,
    )
    assert (today.procedure.documents, told.procedure.documents) == (7, 4)
    assert days(told) < days(today) - 5
    assert {slip.responsible for slip in ledger(told, ran(told, 1))} == {"one"}


def test_m13_one_item_one_department(tmp_path: Path):
    """一个事项一个部门 one item, one department, decided in the town, by the city after it, or sent on.

    At a township's counter an item of its own travels no day, one of the county two and one of the
    city four; two deciders of one subject are a finding.
    """
    items = f"""{ITEMS},accept_level,decide_level
A,镇,one,2,wd,government_approval,2,3,township,township
B,县,one,2,wd,government_approval,2,3,township,county
C,市,one,2,wd,government_approval,2,3,township,city
"""
    types = "".join(
        f'[[type]]\nkey = "{key}"\nname = "{key}"\nper_year = 200\nnumber = 20\nitems = ["{key}"]\n'
        for key in "ABC"
    )
    run = ran(
        office(
            tmp_path / "a", items=items, edges="", cases="",
            settings="[couriers]\ndays = 1\n" + types,
        )
    )  # fmt: skip
    took = [elapsed(run, key) for key in "ABC"]
    assert took[1] - took[0] == pytest.approx(2, abs=0.2)
    assert took[2] - took[0] == pytest.approx(4, abs=0.2)
    two = tuple(
        Item(key, Name("招牌", "Sign"), department=key, subject="sign") for key in ("city", "town")
    )
    (heads,) = [e for e in lint(Catalogue(two), on=date(2025, 3, 3)) if e.kind == "several-heads"]
    assert (heads.keys, heads.witness) == (("city", "town"), ("city", "town"))
    (alone,) = (replace(each, subject="") for each in two[:1])
    assert not [e for e in lint(Catalogue((alone,)), on=date(2025, 3, 3)) if e.id == "M09"]


def test_m14_paperless(tmp_path: Path):
    """无纸化 paperless: files move electronically, nobody carries them.

    The two days to the home bureau and back fall; on paper nothing changes.
    """
    items = AB.replace("documents", "documents,decided_at_centre").replace("2,3\n", "2,3,no\n")
    items = items.replace("2,4\n", "2,4,yes\n")
    settings = "[couriers]\ndays = 1\n"
    today = office(tmp_path / "a", items=items, settings=settings)
    after = office(tmp_path / "a", 'kind = "circulate"', items=items, settings=settings)
    assert days(today) - days(after) == pytest.approx(2, abs=0.2)
    assert today.procedure.paper_days == after.procedure.paper_days


def test_m15_electronic_certificates(tmp_path: Path):
    """电子证照 electronic certificates and seals: nobody comes to collect, nothing is under way.

    A visit less, at no day more.
    """
    today = office(tmp_path / "a")
    sent = office(tmp_path / "a", 'kind = "send_results"\nsteps = ["B"]\ndelivery = "0 wd"')
    assert today.procedure.visits - sent.procedure.visits == 1
    assert days(sent) == days(today)


def test_m16_powers_to_the_towns():
    """简政强镇 powers to the towns, unless city, province or nation keep them.

    Delegated items are decided in the township: 84 instead of 66 % of its windows' time, a level's
    way less; what is vertically managed is refused.
    """
    before, after = (
        shipped_design(f"network/{key}") for key in ("all-villages", "township-decides")
    )
    assert load_of(after, "township.window") - load_of(before, "township.window") > 0.1
    assert days(before, "first-delegable") - days(after, "first-delegable") > 1.5
    with pytest.raises(Refused, match="vertically managed"):
        Delegate(("C6",), Level.TOWNSHIP, "某文").apply(shipped_design("zhongshan").procedure)


def test_m17_technical_review_is_bought(tmp_path: Path):
    """购买服务 technical review by a firm with its own people, the decision stays with the office.

    The firm's people do the review and are what a queue forms at; the office decides after it.
    """
    firm = "firm,机构,0,1\n"
    offices = "key,name,windows,reviewers\none,一局,1,9\ntwo,二局,1,9\n" + firm
    lever = (
        'kind = "commission_review"\nstep = "B"\nkey = "R"\nname = {zh = "技术审查", en = "Review"}\n'
        'office = "firm"\ndays = "2 wd"\ndecision_days = "1 wd"'
    )
    after = office(tmp_path / "a", lever, offices=offices)
    assert after.procedure["R"].department == "firm"
    assert after.procedure["B"].department == "two"
    assert load_of(after, "firm.reviewer") > 5 * load_of(after, "two.reviewer")


def test_m18_dynamic_catalogue():
    """动态目录 a dynamic catalogue in versions: the difference of two is what was adjusted.

    Between 1,404 and 349 items the difference names each item that left.
    """
    old = load_catalogue(shipped_folder() / "zhongshan" / "catalogue")
    new = cleaned(old, clean_up(old))
    found = diff_catalogues(old, new)
    gone = {one for one in found.differences if one.change.value == "removed"}
    assert len(gone) == 1404 - 349


def test_m19_electronic_supervision(tmp_path: Path):
    """电子监察、超时问责 e-supervision: a warning before the limit, red at it, and whose desk it was.

    With one reviewer for all, late cases are named with the desk at which the limit passed; more
    were warned of than were late.
    """
    offices = "key,name,windows,reviewers\none,一局,1,1\ntwo,二局,1,9\n"
    run = ran(
        office(
            tmp_path / "a",
            offices=offices,
            settings="",
            cases="[cases]\nnumber = 60\nper_year = 700\n",
        ),
        1,
    )
    plan, trace = run.plan, run.replications[0]
    limit = 3 * plan.day_ticks
    over = late(plan, trace, 0, limit, promised=True)
    warned = late(plan, trace, 0, int(0.8 * limit), promised=True)
    assert len(warned) > len(over) > 0
    assert {plan.desks[each.desk].name for each in over} <= {"window", "review", "dwell"}


def test_m20_credit(tmp_path: Path):
    """信用 a credit record decides the way: good credit on a commitment, bad credit checked first.

    One in five has a bad record and waits for the full check; a commitment that does not keep bad
    credit out is refused.
    """
    items = f"""{ITEMS},commitment
F,信用好：告知承诺,one,1,wd,government_approval,1,2,yes
S,信用差：严格审查,two,8,wd,government_approval,2,6,no
"""
    tables = {
        "credit.toml": 'id = "credit"\nname = "credit"\nhit_policy = "collect"\n'
        'inputs = [{id = "credit", type = "enum", values = ["good", "bad"]}]\n'
        'outputs = [{id = "item", type = "ref:item"}]\nrows = "credit.csv"\n',
        "credit.csv": "id,credit,item\ng,good,F\nb,bad,S\n",
    }
    kind = (
        '[[type]]\nkey = "firm"\nname = "firm"\nper_year = 600\nnumber = 100\n'
        "[type.facts]\ncredit = {good = 0.8, bad = 0.2}\n"
    )
    run = ran(
        office(tmp_path / "a", items=items, edges="", cases="", settings=kind, tables=tables), 1
    )
    trace, plan = run.replications[0], run.plan
    took = plan.calendars[0].worked_many(trace.arrival, trace.finish) / plan.day_ticks
    bad = next(step.of for step in plan.steps if step.key == "S")
    slow = trace.types_of() == bad
    assert 0.1 < slow.mean() < 0.3
    assert took[slow].min() > took[~slow].max()
    with pytest.raises(Refused, match="credit"):
        Commitment(("A",), "one", clean_credit=False).apply(office(tmp_path / "b").procedure)
