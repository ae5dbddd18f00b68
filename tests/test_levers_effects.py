"""What each lever does to steps, people, documents and time; one small procedure each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from test_procedure import procedure, step

from rules import (
    Basis,
    BasisType,
    Duration,
    Edge,
    Kind,
    Limit,
    Name,
    Procedure,
    Stage,
    Strength,
    Unit,
)
from rules.dealing import Dealing, HandlingClass, Level, Online, Sitting
from rules.duration_rules import parse_rule
from rules.flows import Parallel
from rules.levers import (
    AcceptLocally,
    ActByAgent,
    ChooseIntermediary,
    Circulate,
    CommissionReview,
    Commitment,
    Concentrate,
    ControlTotalTime,
    ConvertToFiling,
    DecideAtCentre,
    DeemedConsent,
    Delegate,
    GoOnline,
    Join,
    JoinAs,
    JointMeeting,
    LeadDepartment,
    OneMaterialSet,
    OneReview,
    OneWindow,
    Refused,
    Renumber,
    SendResults,
    Shorten,
    Staff,
    SuperviseAfter,
    TellOnce,
    Tolerance,
    UnifiedIssue,
)
from rules.staffing import StaffChange
from scenarios import load

LAW = Basis(BasisType.LAW, "某法 art. 1")
CUSTOM = Basis(BasisType.NORMATIVE, "某市文件")


def a(**more: object):
    return step("a", 10, **{"department": "land", "visits": 3, "documents": 5, **more})


def b(**more: object):
    return step("b", 6, **{"department": "fire", "visits": 2, "documents": 4, **more})


def test_an_agent_leaves_the_owner_one_visit():
    """Of 3 + 2 visits the owner keeps one, to sign; files go in at the township."""
    now, _ = ActByAgent(at=Level.TOWNSHIP).apply(procedure(a(), b()))
    assert [s.visits for s in now.steps] == [1, 0]
    assert {s.dealing.accept_level for s in now.steps} == {Level.TOWNSHIP}
    assert all(s.dealing.agent for s in now.steps)


def test_an_agent_skips_who_must_come_in_person():
    """Without names the lever takes what it may: the in-person item keeps its visits."""
    now, _ = ActByAgent().apply(procedure(a(dealing=Dealing(in_person=True)), b()))
    assert [(s.visits, s.dealing.agent) for s in now.steps] == [(3, False), (1, True)]


def test_fully_online_is_no_visit_and_the_pre_check_keeps_them():
    """Fully online: 0 visits. Pre-check: visits stay, corrections fall."""
    flow = procedure(a(dealing=Dealing(correction_share=300)))
    full, _ = GoOnline().apply(flow)
    checked, _ = GoOnline(level=Online.PRECHECK, correction_share=80).apply(flow)
    assert (full["a"].visits, full["a"].dealing.online) == (0, Online.FULL)
    assert (checked["a"].visits, checked["a"].dealing.correction_share) == (3, 80)


def test_telling_once_lowers_the_corrections_only_where_they_are_more():
    """30 % become 10 %; a step with 5 % is left alone."""
    flow = procedure(
        a(dealing=Dealing(correction_share=300)), b(dealing=Dealing(correction_share=50))
    )
    now, change = TellOnce(100).apply(flow)
    assert [s.dealing.correction_share for s in now.steps] == [100, 50]
    assert "within 5 wd" in change.notes[0].en


def test_a_result_sent_saves_the_collecting_visit():
    """Three visits become two; who must come in person once still does."""
    flow = procedure(a(), b(visits=1, dealing=Dealing(in_person=True)))
    now, _ = SendResults(delivery=Duration(2)).apply(flow)
    assert [s.visits for s in now.steps] == [2, 1]
    assert (now["a"].dealing.delivery, now["b"].dealing.delivery) == (Duration(2), None)


def test_the_visit_that_hands_a_file_in_is_not_saved_by_a_courier():
    """One window leaves one visit in and one out; sent home, only the one in is left.

    With a pre-check the file goes in online, so the one visit left is the collecting one.
    """
    flow, _ = OneWindow("hall").apply(procedure(a(), b()))
    now, _ = SendResults().apply(flow)
    assert [s.visits for s in now.steps] == [1, 0]
    checked, _ = GoOnline(level=Online.PRECHECK).apply(procedure(a(visits=1)))
    assert SendResults().apply(checked)[0]["a"].visits == 0
    with pytest.raises(Refused, match="no visit that a delivery could save"):
        SendResults(("a",)).apply(procedure(a(visits=1)))


def test_one_window_is_one_visit_in_and_one_out():
    """Three items with 3, 2 and 3 visits: one to hand in, none between, one to fetch."""
    now, _ = OneWindow("hall").apply(procedure(a(), b(), step("c", visits=3)))
    assert [s.visits for s in now.steps] == [1, 0, 1]
    assert {s.dealing.accepted_by for s in now.steps} == {"hall"}


def test_the_lead_is_the_section_of_the_first_item():
    """M42: a joint step led by another office goes back to that of its first item."""
    joint = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)"), department="fire")
    flow, _ = joint.apply(procedure(a(), b()))
    assert flow["j"].department == "fire"
    now, _ = LeadDepartment(("j",)).apply(flow)
    assert now["j"].department == "land"


def test_changing_the_order_of_items_changes_the_lead_of_a_stage():
    """The lead of a stage accepts for it: first land, and fire once fire comes first."""
    stage = (Stage("s", Name("阶段")),)
    for first, second in ((a, b), (b, a)):
        flow = procedure(first(stage="s"), second(stage="s"), stages=stage)
        now, _ = LeadDepartment(stages=("s",)).apply(flow)
        assert {s.dealing.accepted_by for s in now.steps} == {first().department}


def test_documents_asked_for_are_the_union_less_what_is_on_record():
    """Licence asked twice is given once; a valid map is not given at all; an expired one is."""
    flow = replace(
        procedure(a(materials=("licence", "map")), b(materials=("licence", "plan"))),
        on=date(2020, 6, 1),
    )
    lever = OneMaterialSet(held=(("map", date(2020, 6, 1)), ("plan", date(2020, 5, 31))))
    now, change = lever.apply(flow)
    assert [(s.documents, s.reused) for s in now.steps] == [(4, ("map",)), (3, ("licence",))]
    assert "9 documents become 7" in change.sentence("en")
    assert "'plan' on record has expired" in change.notes[0].en


def test_materials_may_be_named_in_the_redesign():
    """Where the catalogue only counts documents the planner says which are the same."""
    now, _ = OneMaterialSet(materials=(("seal", ("a", "b")),)).apply(procedure(a(), b()))
    assert [s.documents for s in now.steps] == [5, 3]


def test_a_joint_step_asks_for_a_named_material_once():
    """Five and four documents, one of them the same, are eight."""
    flow = procedure(a(materials=("licence",)), b(materials=("licence",)))
    now, _ = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)")).apply(flow)
    assert (now["j"].documents, now["j"].materials) == (8, ("licence",))


def test_a_joint_step_needs_what_any_member_needs():
    """One member in person, one with five desks, one by agent: in person, five desks, no agent."""
    flow = procedure(
        a(dealing=Dealing(in_person=True, correction_share=500)),
        b(dealing=Dealing(desks=5, agent=True, correction_share=500)),
    )
    now, _ = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)")).apply(flow)
    dealing = now["j"].dealing
    assert (dealing.in_person, dealing.desks, dealing.agent) == (True, 5, False)
    assert dealing.correction_share == 750


def test_a_unified_exit_holds_back_what_follows():
    """C needs a only; with one exit it waits for b too, and two collecting visits become one."""
    flow = procedure(a(), b(), step("c", 1), edges="a>c", flow=Parallel())
    now, _ = UnifiedIssue(("a", "b"), "issue", "hall").apply(flow)
    starts = now.critical_path().starts
    assert (starts["issue"], starts["c"]) == (10, 10)
    slow = replace(flow, steps=tuple(replace(s, duration=Duration(20)) if s.key == "b" else s
                                     for s in flow.steps))  # fmt: skip
    assert (
        UnifiedIssue(("a", "b"), "issue", "hall").apply(slow)[0].critical_path().starts["c"] == 20
    )
    assert [now[key].visits for key in ("a", "b", "issue")] == [2, 1, 1]


def test_commitment_decides_at_once_and_checks_after():
    """Ten days become one at one desk; the inspection follows and has an office."""
    now, _ = Commitment(("a",), "market", clean_credit=True, documents=2).apply(procedure(a()))
    dealing = now["a"].dealing
    assert (now["a"].days, now["a"].documents, dealing.desks) == (1, 3, 1)
    assert (dealing.supervised_after, dealing.supervised_by) == (True, "market")
    assert dealing.handling is HandlingClass.IMMEDIATE


def test_the_exclusion_list_is_only_a_yardstick_before_it_was_issued():
    """On a day before 2020-10-27 the change says so."""
    lever = Commitment(("a",), "market", clean_credit=True)
    _, late = lever.apply(procedure(a()))
    _, early = lever.apply(replace(procedure(a()), on=date(2013, 1, 4)))
    assert (len(late.notes), len(early.notes)) == (1, 2)


def test_tolerance_lets_a_minor_document_follow():
    """Accepted without the photo, which follows in three days."""
    now, _ = Tolerance(("a",), ("photo",), Duration(3)).apply(procedure(a()))
    assert (now["a"].dealing.tolerance, now["a"].dealing.supplement) == (True, Duration(3))


def test_silence_agrees_after_seven_days():
    """An opinion of ten days takes seven at most; one of six keeps six."""
    flow = procedure(a(basis=CUSTOM), b(basis=CUSTOM))
    now, _ = DeemedConsent(("a", "b")).apply(flow)
    assert [int(s.days) for s in now.steps] == [7, 6]
    assert all(s.dealing.deemed_consent for s in now.steps)


def test_one_review_leaves_reviewer_and_approver():
    """Five desks become two, never one: reviewer and approver are two persons."""
    now, change = OneReview().apply(procedure(a(dealing=Dealing(desks=5)), b()))
    assert [s.dealing.desks for s in now.steps] == [2, 2]
    assert "3 hands fewer" in change.sentence("en")


def test_the_centre_decides_under_a_written_authorisation():
    """The file no longer goes home and back."""
    now, _ = DecideAtCentre("授权书3号").apply(
        procedure(a(dealing=Dealing(decided_at_centre=False)))
    )
    assert now["a"].dealing.decided_at_centre


def test_local_acceptance_leaves_the_decision_where_it_was():
    """Handed in at the township, decided by the city."""
    now, _ = AcceptLocally(Level.TOWNSHIP).apply(procedure(a()))
    assert (now["a"].dealing.accept_level, now["a"].dealing.decide_level) == (
        Level.TOWNSHIP,
        Level.CITY,
    )


def test_an_entrusted_township_decides_in_the_power_holders_name():
    """Decided at the township by its own office; who must come in person still must."""
    flow = procedure(a(dealing=Dealing(in_person=True)))
    now, _ = Delegate(("a",), Level.TOWNSHIP, "委托书", "town").apply(flow)
    dealing = now["a"].dealing
    assert (dealing.decide_level, dealing.accept_level) == (Level.TOWNSHIP, Level.TOWNSHIP)
    assert (dealing.handling, dealing.in_person) == (HandlingClass.ENTRUSTED, True)
    assert now["a"].departments == ("town",)


def test_a_bureau_takes_over_steps_people_and_hand_overs():
    """Land and fire become one bureau: one department, people moved, no day for handing over."""
    flow = Procedure(
        Name("流程"),
        (a(), b(), step("c", 2, department="water")),
        (Edge("a", "b", lag=Duration(2)), Edge("b", "c", lag=Duration(3))),
    )
    joined, _ = Join(("a",), "j", Name("联合"), parse_rule("a")).apply(flow)
    now, _ = Concentrate(("land", "fire"), "bureau", "省政府批复").apply(joined)
    assert [s.departments for s in now.steps] == [("bureau",), ("bureau",), ("water",)]
    assert [edge.lag.amount for edge in now.edges] == [0, 3]
    assert now.staffing == (StaffChange("land", into="bureau"), StaffChange("fire", into="bureau"))


def test_a_bureau_keeps_the_waiting_time_that_a_statute_sets():
    """Three days between two steps by law remain within one bureau."""
    wait = Edge("a", "b", Strength.STATUTE, "某法 art. 2", lag=Duration(3))
    flow = Procedure(Name("流程"), (a(), b()), (wait,))
    now, _ = Concentrate(("land", "fire"), "bureau", "省政府批复").apply(flow)
    assert now.edges[0].lag == Duration(3)


def test_a_joint_step_with_a_member_in_person_is_a_visit():
    """Nobody can be present without coming: zero visits are refused."""
    flow = procedure(a(dealing=Dealing(in_person=True)), b())
    join = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)"), visits=0)
    with pytest.raises(Refused, match="visits = 0 must lie between 1 and 5"):
        join.apply(flow)


def test_what_an_act_orders_still_waits_for_a_filing():
    """A statute or data prerequisite on the item outlives its conversion into a filing."""
    flow = Procedure(
        Name("流程"), (a(basis=CUSTOM), b()), (Edge("a", "b", Strength.STATUTE, "某法 art. 2"),)
    )
    now, _ = ConvertToFiling(("a",)).apply(flow)
    assert [str(edge) for edge in now.edges] == ["a->b"]


def test_a_step_becomes_a_meeting():
    """Weekly on Wednesday, nineteen projects: the step carries it for the simulator."""
    lever = JointMeeting(("a",), Duration(7, Unit.NATURAL_DAY), 19, weekday=3)
    now, _ = lever.apply(procedure(a()))
    assert now["a"].dealing.sitting == Sitting(Duration(7, Unit.NATURAL_DAY), 19, 3)
    assert now["a"].days == 10


def test_a_meeting_before_steps_lets_them_run_side_by_side():
    """B waited for a by custom: after the meeting both start at once; law is kept."""
    flow = Procedure(
        Name("流程"),
        (a(), b(), step("c", 1)),
        (Edge("a", "b"), Edge("b", "c", Strength.STATUTE, "art. 1")),
        flow=Parallel(),
    )
    lever = JointMeeting(("a", "b", "c"), Duration(7, Unit.NATURAL_DAY), 19, key="m")
    now, change = lever.apply(flow)
    starts = now.critical_path().starts
    assert (starts["m"], starts["a"], starts["b"], starts["c"]) == (0, 1, 1, 7)
    assert [str(edge) for edge in change.fallen] == ["a->b"]
    assert now["m"].dealing.sitting is not None
    assert now["m"].dealing.sitting.offices == ("land", "fire")


def test_a_filing_holds_nothing_back_by_custom():
    """The approval becomes a filing of a day; what waited by custom starts with it."""
    flow = procedure(a(basis=CUSTOM), b(), edges="a>b", flow=Parallel())
    now, _ = ConvertToFiling(("a",)).apply(flow)
    assert (now["a"].kind, now["a"].days, now.edges) == (Kind.FILING, 1, ())


def test_supervision_after_replaces_an_approval():
    """M55: the assessment leaves the path; the city inspects after the permit."""
    flow = procedure(a(basis=CUSTOM), b(), edges="a>b")
    now, change = SuperviseAfter("b", ("a",)).apply(flow)
    assert (now.keys, change.gone) == (("b",), ("a",))
    assert (now["b"].dealing.supervised_after, now["b"].dealing.supervised_by) == (True, "fire")


def test_a_shorter_promise_of_a_joint_step_cuts_its_rule():
    """Ten days by the longest member become eight, in the simulation's rule too."""
    flow, _ = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)")).apply(
        procedure(a(), b())
    )
    now, _ = Shorten((("j", Duration(8)),)).apply(flow)
    assert now["j"].rule is not None
    assert (now["j"].days, now["j"].rule.value({"a": 10, "b": 6})) == (8, 8)
    assert now["j"].rule.value({"a": 5, "b": 6}) == 6


def test_a_shorter_promise_reaches_inside_a_new_number():
    """A renumbered step's days are its single member's: both become shorter."""
    flow, _ = Renumber((("a", "R1"),)).apply(procedure(a()))
    now, _ = Shorten((("R1", Duration(4)),)).apply(flow)
    assert (now["R1"].days, now["R1"].members[0].days) == (4, 4)


def test_a_notice_may_come_down_to_its_floor():
    """30 natural days with a floor of 20 become 20."""
    notice = step("n", kind=Kind.NOTICE, limit=Limit(Duration(20, Unit.NATURAL_DAY), floor=True))
    notice = replace(notice, duration=Duration(30, Unit.NATURAL_DAY))
    now, _ = Shorten((("n", Duration(20, Unit.NATURAL_DAY)),)).apply(procedure(notice))
    assert now["n"].duration == Duration(20, Unit.NATURAL_DAY)


def test_a_budget_stays_with_the_procedure():
    """Within the budget the flow is held to it; over it the path is named."""
    flow = procedure(a(), b())
    now, _ = ControlTotalTime(Duration(16)).apply(flow)
    assert now.budget == Duration(16)
    _, change = ControlTotalTime(Duration(15), only_flag=True).apply(flow)
    assert "a -> b" in change.notes[0].en


def test_files_that_circulate_need_no_carrying():
    """Two days of custom and of data fall, those of a statute stay; so does every order."""
    flow = Procedure(
        Name("流程"),
        (a(), b(), step("c"), step("d")),
        (
            Edge("a", "b", lag=Duration(2)),
            Edge("b", "c", Strength.STATUTE, "art. 1", lag=Duration(3)),
            Edge("c", "d", Strength.DATA, "map", lag=Duration(1)),
        ),
    )
    now, _ = Circulate().apply(flow)
    assert [edge.lag.amount for edge in now.edges] == [0, 3, 0]
    assert all(s.dealing.paperless for s in now.steps)


def test_a_firm_reviews_and_the_office_decides():
    """Ten days become five of review and two of decision; the review waits for what a needs."""
    flow = Procedure(
        Name("流程"), (b(), a()), (Edge("b", "a", Strength.STATUTE, "art. 1"),), flow=Parallel()
    )
    lever = CommissionReview("a", "v", Name("技术审查"), "firms", Duration(5), Duration(2))
    now, _ = lever.apply(flow)
    starts = now.critical_path().starts
    assert (starts["v"], starts["a"], now.paper_days) == (6, 11, 13)
    assert (now["v"].kind, now["v"].department) == (Kind.INTERMEDIARY, "firms")
    kept = now.edge("b", "a")
    assert kept is not None
    assert kept.strength is Strength.STATUTE


def test_the_owner_chooses_among_firms():
    """The service is done by the pool, a renumbered one too."""
    flow, _ = Renumber((("a", "R1"),)).apply(procedure(a(kind=Kind.INTERMEDIARY)))
    now, _ = ChooseIntermediary(("R1",), "market").apply(flow)
    assert now["R1"].departments == ("market",)


def test_people_and_hours_are_kept_with_the_procedure():
    """Two reviewers more and an evening shift, in the order given."""
    flow, _ = Staff("land", reviewers=2).apply(procedure(a()))
    now, _ = Staff("land", windows=-1, hours="evening").apply(flow)
    assert now.staffing == (
        StaffChange("land", reviewers=2),
        StaffChange("land", windows=-1, hours="evening"),
    )


@pytest.mark.parametrize(
    ("kind", "members", "more", "rule"),
    [
        ("joint_survey", ("S02", "S11"), {}, "S02 + S11 + 1"),
        ("joint_review", ("S08", "S09", "S13"), {}, "max(S08, S09, S13) + 2"),
        ("joint_drawing_review", ("S23", "S24", "S25", "S26"), {}, "max(S23, S24, S25, S26) + 2"),
        ("joint_surveying", ("S19",), {}, "S19"),
        ("joint_certificates", ("S16", "S17", "S18"), {}, "max(S16 + S17, S16 + S18) + 2"),
        (
            "joint_acceptance",
            ("S31", "S32", "S33", "S34", "S35"),
            {"works": "S29"},
            "max(S34, max(S31, S32, S33) + S35) + 2",
        ),
    ],
)
def test_the_six_joint_handlings_on_the_jiaxing_catalogue(kind, members, more, rule):
    """Each takes the longest chain of members in their lawful order, plus coordination."""
    today = load("jiaxing").procedure
    now, change = JoinAs(kind, members, "J", **more).apply(today)
    assert str(now["J"].rule) == rule
    assert [m.key for m in now["J"].origin] == list(members)
    assert change.lever == kind
    assert now["J"].dealing.expert_review == (kind == "joint_review")


def test_levers_ask_the_law_of_the_scenarios_first_day():
    """Jiaxing starts in 2013, so its procedure asks the law of 2013."""
    assert load("jiaxing/reform").procedure.on == date(2013, 1, 4)
