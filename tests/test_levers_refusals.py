"""What levers refuse: the reason, the article and what to do instead."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from test_procedure import procedure, step

from rules import Basis, BasisType, Duration, Edge, Kind, Limit, Name, Stage, Strength, Unit
from rules.dealing import Concern, Dealing, HandlingClass, Level, Online, Special
from rules.duration_rules import parse_rule
from rules.flows import Staged
from rules.levers import (
    AcceptLocally,
    ActByAgent,
    AddPrerequisite,
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
    SendResults,
    Shorten,
    Staff,
    SuperviseAfter,
    TellOnce,
    Tolerance,
    UnifiedIssue,
)
from rules.levers.legal import natural_span, surely_within

LAW = Basis(BasisType.LAW, "某法 art. 1")
CUSTOM = Basis(BasisType.NORMATIVE, "某市文件")
FIRE = Basis(BasisType.LAW, "消防法 art. 11")
WEEK = Duration(7, Unit.NATURAL_DAY)
LAND = {"department": "land", "visits": 2, "documents": 3}


def a(days: int = 10, **more: object):
    return step("a", days, **{**LAND, **more})


def b(days: int = 6, **more: object):
    return step("b", days, **{**LAND, "department": "fire", **more})


def floor(days: int, unit: Unit, at_least: int):
    limit = Limit(Duration(at_least, Unit.NATURAL_DAY), floor=True)
    return replace(step("n", kind=Kind.NOTICE, limit=limit), duration=Duration(days, unit))


PRESENT = Dealing(in_person=True)
PANEL = Dealing(desks=4, expert_review=True)
VERTICAL = Dealing(vertical=True)
ENTRUSTED = Dealing(handling=HandlingClass.ENTRUSTED)
NOTICE = step("n", 5, kind=Kind.NOTICE)
FIRM = step("f", 8, kind=Kind.INTERMEDIARY, department="firms")

CASES = [
    (ActByAgent(("a",)), [a(dealing=PRESENT)], "in person: no agent may act", "29"),
    (ActByAgent(("n",)), [NOTICE], "is a notice, a wait or a conversion", ""),
    (ActByAgent(), [NOTICE], "no step here can take it", ""),
    (GoOnline(("a",)), [a(dealing=PRESENT)], "cannot go fully online", "29, 33"),
    (GoOnline(level=Online.NONE), [a()], "must be precheck or full", ""),
    (GoOnline(("a",), Online.PRECHECK), [a(dealing=Dealing(online=Online.FULL))], "already", ""),
    (TellOnce(50, ("a",)), [a(dealing=Dealing(correction_share=50))], "is no more", ""),
    (SendResults(delivery=Duration(11)), [a()], "may pass the 10 wd", "44"),
    (SendResults(("a",)), [a(visits=0)], "no visit that a delivery could save", ""),
    (SendResults(("a",)), [a(dealing=Dealing(delivery=Duration(1)))], "sent already", ""),
    (
        OneWindow("hall"),
        [a(visits=1, dealing=Dealing(accepted_by="hall"))],
        "change nothing",
        "",
    ),
    (OneWindow("hall", ("f",)), [FIRM], "is a firm's service", ""),
    (LeadDepartment(("a",)), [a()], "has one department only", "26(2)"),
    (LeadDepartment(), [a()], "neither which steps nor which stages", ""),
    (LeadDepartment(stages=("x",)), [a()], "no stage 'x'", ""),
    (OneMaterialSet(), [a(), b()], "no material is asked for twice", ""),
    (OneMaterialSet(held=(("map", date(2020, 1, 1)),)), [a()], "has no date", ""),
    (
        OneMaterialSet(materials=(("x", ("a",)), ("y", ("a",)))),
        [a(documents=1)],
        "2 materials are named",
        "",
    ),
    (UnifiedIssue(("a", "c"), "u", "hall"), "a>b b>c", "must leave before another", ""),
    (UnifiedIssue(("a",), "u", "hall"), [a()], "two steps at least", ""),
    (UnifiedIssue(("a", "b"), "a", "hall"), [a(), b()], "'a' is taken", ""),
    (Commitment(("a",), "o", clean_credit=False), [a()], "must be kept out", "2020"),
    (Commitment(("a",), "", clean_credit=True), [a()], "no office checks", "2020"),
    (Commitment(("a",), "o", clean_credit=True), [a(basis=FIRE)], "public safety", "2020"),
    (
        Commitment(("a",), "o", clean_credit=True),
        [a(dealing=Dealing(concerns=(Concern.ENVIRONMENT,)))],
        "protection of the environment",
        "2020",
    ),
    (Commitment(("a",), "o", clean_credit=True), [a(dealing=PANEL)], "needs a panel", "45"),
    (Commitment(("f",), "o", clean_credit=True), [FIRM], "neither an approval nor", ""),
    (Commitment(("a",), "o", clean_credit=True, documents=4), [a()], "4 cannot fall", ""),
    (Tolerance(("a",), (), Duration(3)), [a()], "must list steps", "清单"),
    (Tolerance(("a",), ("x", "y", "z"), Duration(3)), [a()], "no key material", "31-32"),
    (Tolerance(("a",), ("x",), Duration(11)), [a()], "decided within 10 wd", "38"),
    (
        Tolerance(("a",), ("maps",), Duration(3)),
        [a(materials=("map", "plan"))],
        "did you mean 'map'?",
        "",
    ),
    (DeemedConsent(("a",)), [a(basis=LAW)], "silence grants no licence", "37-38; 某法"),
    (DeemedConsent(("f",)), [FIRM], "is no opinion of a department", ""),
    (OneReview(("a",)), [a(dealing=PANEL)], "needs an expert panel", "45"),
    (
        OneReview(("a",)),
        [a(site_survey=True, dealing=Dealing(desks=4))],
        "needs a site inspection",
        "",
    ),
    (
        OneReview(("a",)),
        [a(dealing=Dealing(desks=4, special=(Special.QUARANTINE,)))],
        "needs quarantine",
        "",
    ),
    (OneReview(("a",)), [a()], "reviewer and approver stay two", ""),
    (DecideAtCentre(" "), [a()], "without written authorisation", "23-24"),
    (DecideAtCentre("x", ("a",)), [a()], "decided at the centre already", ""),
    (AcceptLocally(Level.CITY, ("a",)), [a()], "accepted at city level already", ""),
    (Delegate(("a",), Level.TOWNSHIP, ""), [a()], "no written act", "24"),
    (Delegate(("a",), Level.VILLAGE, "act"), [a()], "no administrative organ", "24(1)"),
    (Delegate(("a",), Level.TOWNSHIP, "act"), [a(dealing=ENTRUSTED)], "itself entrusted", "24(3)"),
    (Delegate(("a",), Level.TOWNSHIP, "act"), [a(dealing=VERTICAL)], "vertically managed", ""),
    (
        Delegate(("a",), Level.TOWNSHIP, "act"),
        [a(dealing=Dealing(delegable=False))],
        "nation or province forbid",
        "",
    ),
    (Delegate(("a",), Level.CITY, "act"), [a()], "which is no higher", ""),
    (Concentrate(("land",), "bureau", ""), [a()], "the province has not approved", "25"),
    (Concentrate(("lend",), "bureau", "x"), [a()], "did you mean 'land'?", ""),
    (Concentrate(("land",), "bureau", "x"), [a(dealing=VERTICAL)], "cannot be transferred", "25"),
    (JointMeeting(("a",), WEEK, 0), [a()], "one slot at least", ""),
    (JointMeeting(("a",), WEEK, 9, quorum=2), [a()], "a quorum of 2 is never met", ""),
    (JointMeeting(("a",), WEEK, 9, key="m", after=("b",)), "a>b", "cannot wait for them", ""),
    (ConvertToFiling(("a",)), [a(basis=LAW)], "cannot change into a filing", "某法"),
    (ConvertToFiling(("f",)), [FIRM], "is no approval", ""),
    (SuperviseAfter("b", ("a",)), [a(basis=LAW), b()], "cannot set aside", "某法"),
    (SuperviseAfter("a", ("a",)), [a()], "cancelled and be inspected", ""),
    (Shorten((("a", Duration(10)),)), [a()], "10 wd is not shorter", ""),
    (Shorten((("a", Duration(25)),)), [a(30)], "statutory limit of 20 wd", "42(1)"),
    (
        Shorten((("a", Duration(16)),)),
        [a(30, limit=Limit(Duration(15)), basis=LAW)],
        "statutory limit of 15 wd",
        "某法",
    ),
    (
        Shorten((("a", Duration(10)),)),
        [a(30, limit=Limit(Duration(15, Unit.NATURAL_DAY)), basis=LAW)],
        "may pass the statutory limit of 15 cd",
        "某法",
    ),
    (Shorten((("a", Duration(3)),), (("a", Duration(5)),)), [a()], "95th percentile of 5 wd", ""),
    (Shorten((("n", Duration(3)),)), [NOTICE], "does not give its statutory floor", ""),
    (
        Shorten((("n", Duration(19, Unit.NATURAL_DAY)),)),
        [floor(30, Unit.NATURAL_DAY, 20)],
        "below the statutory floor of 20 cd",
        "",
    ),
    (
        Shorten((("n", Duration(14)),)),
        [floor(30, Unit.NATURAL_DAY, 20)],
        "below the statutory floor of 20 cd",
        "",
    ),
    (ControlTotalTime(Duration(15)), "a>b", "takes 16 working days, over the budget", ""),
    (Circulate(("n",)), [NOTICE], "there is no file", ""),
    (
        CommissionReview("f", "v", Name("审查"), "x", Duration(5), Duration(2)),
        [FIRM],
        "no government approval",
        "28",
    ),
    (
        CommissionReview("a", "v", Name("审查"), "x", Duration(5), Duration(10)),
        [a()],
        "must take less than that",
        "",
    ),
    (ChooseIntermediary(("a",), "x"), [a()], "firms cannot decide", "28"),
    (Staff("land"), [a()], "neither people nor hours", ""),
    (Staff("lend", 1), [a()], "did you mean 'land'?", ""),
    (JoinAs("joint_survey", ("a", "b"), "j"), [a(site_survey=True), b()], "cannot take part", ""),
    (
        JoinAs("joint_survey", ("a", "b"), "j"),
        [a(site_survey=True), b(site_survey=True, site="warehouse")],
        "surveys of different places",
        "26(2)",
    ),
    (JoinAs("joint_review", ("a", "f"), "j"), [a(), FIRM], "joins approvals or steps", ""),
    (JoinAs("joint_drawing_review", ("a", "b"), "j"), [a(), b()], "read one drawing set", "33号"),
    (JoinAs("joint_surveying", ("a", "f"), "j"), [a(), FIRM], "joins surveying services", ""),
    (JoinAs("joint_acceptance", ("a", "b"), "j", works="b"), "a>b", "does not come after b", ""),
    (JoinAs("joint_acceptance", ("a", "b"), "j"), [a(), b()], "must name the permit", ""),
    (JoinAs("joint_certificates", ("a", "b"), "j"), [a(44), b()], "at most 45", "42(2)"),
]


@pytest.mark.parametrize(
    ("lever", "flow", "reason", "article"), CASES, ids=[f"{c[0].word}-{c[2][:24]}" for c in CASES]
)
def test_refused(lever, flow, reason: str, article: str):
    """An unlawful or senseless lever says why, citing the article that stands against it."""
    steps = [a(), b(), step("c")] if isinstance(flow, str) else flow
    before = procedure(*steps, edges=flow if isinstance(flow, str) else "")
    if isinstance(flow, str):
        used = set(flow.replace(">", " ").split())
        before = replace(before, steps=tuple(s for s in before.steps if s.key in used))
    with pytest.raises(Refused) as refused:
        lever.apply(before)
    assert refused.value.lever == lever.word
    assert reason in refused.value.reason.en
    assert article in refused.value.article
    if refused.value.article:
        assert re.search("[a-z]", refused.value.instead.en), "says what to do instead"
        assert re.search("[一-鿿]", refused.value.instead.zh), "says what to do instead"


def test_joint_handling_has_no_basis_before_the_licensing_law():
    """As of June 2004 nothing limits joint handling, so nothing allows it; in July it does."""
    flow = procedure(a(), b())
    join = Join(("a", "b"), "j", Name("联合"), parse_rule("max(a, b)"))
    with pytest.raises(Refused, match="was not law on 2004-06-30"):
        join.apply(replace(flow, on=date(2004, 6, 30)))
    assert join.apply(replace(flow, on=date(2004, 7, 1)))[0].keys == ("j",)


def test_a_joint_step_against_the_order_of_stages_is_refused():
    """With stage gates a custom from a later stage to an earlier one would close a cycle."""
    stages = (Stage("one", Name("一")), Stage("two", Name("二")))
    flow = procedure(a(stage="one"), b(stage="two"), stages=stages, flow=Staged())
    with pytest.raises(Refused, match=r"contradict each other: .*instead: handle in parallel"):
        AddPrerequisite("b", "a").apply(flow)


def test_working_and_natural_days_are_compared_over_the_worst_of_the_calendar():
    """Ten working days may span 22 natural days (2020) and as few as 10 (shifted weekends)."""
    assert natural_span(Duration(10)) == (10, 22)
    assert surely_within(Duration(10), Duration(22, Unit.NATURAL_DAY))
    assert not surely_within(Duration(10), Duration(21, Unit.NATURAL_DAY))
    assert surely_within(Duration(10, Unit.NATURAL_DAY), Duration(10))
    assert not surely_within(Duration(11, Unit.NATURAL_DAY), Duration(10))


def test_a_statute_prerequisite_is_never_closed_over_by_a_unified_exit():
    """B is decided on a's certificate: a cannot leave together with what follows b."""
    flow = procedure(a(), b(), step("c"))
    edges = (Edge("a", "b", Strength.STATUTE, "某法 art. 2"), Edge("b", "c"))
    with pytest.raises(Refused, match=r"某法 art. 2.*instead: issue in parts"):
        UnifiedIssue(("a", "c"), "u", "hall").apply(replace(flow, edges=edges))
