"""Levers: what each does to a procedure, and what the law makes it refuse."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest
from test_procedure import procedure, step

from rules import Basis, BasisType, Duration, Edge, Kind, Name, Procedure, Strength, Unit
from rules.duration_rules import RuleSyntaxError, parse_rule
from rules.flows import Parallel
from rules.levers import (
    AddPrerequisite,
    ApproveBySimulation,
    CancelSteps,
    ExternalWait,
    Join,
    Refused,
    Renumber,
    ShareInZone,
)

JOINT = Name("联合", "Joint")


def join(*keys: str, days: str = "", **more: object) -> Join:
    rule = parse_rule(days or f"max({', '.join(keys)})")
    return Join(keys, "j", JOINT, rule, **more)  # type: ignore[arg-type]


def test_joint_survey_takes_the_longest_and_is_one_step():
    """Three surveys of 5, 3 and 4 days done together take 5 days, one step and one visit."""
    flow = procedure(*(step(k, d, visits=2) for k, d in (("a", 5), ("b", 3), ("c", 4))))
    joined, change = join("a", "b", "c").apply(flow)
    assert [(s.key, int(s.days), s.visits) for s in joined.steps] == [("j", 5, 1)]
    assert [m.key for m in joined["j"].origin] == ["a", "b", "c"]
    assert change.came == ("j",)


def test_order_among_members_stays_inside_the_joint_step():
    """A statute order between two members is kept within the joint step, not lost."""
    flow = Procedure(
        Name(en="p"), (step("a"), step("b")), (Edge("a", "b", Strength.STATUTE, "art. 1"),)
    )
    joined, _ = join("a", "b").apply(flow)
    assert [str(edge) for edge in joined["j"].inner] == ["a->b"]


def test_parallel_prerequisites_of_members_become_the_stronger_one():
    """If one member waits by custom and another by law, the joint step waits by law."""
    flow = Procedure(
        Name(en="p"),
        (step("x"), step("a"), step("b")),
        (Edge("x", "a", Strength.PRACTICE, "habit"), Edge("x", "b", Strength.STATUTE, "art. 9")),
    )
    joined, _ = join("a", "b").apply(flow)
    edge = joined.edge("x", "j")
    assert edge is not None
    assert (edge.strength, edge.basis) == (Strength.STATUTE, "art. 9; habit")


def test_joint_handling_is_limited_to_45_working_days():
    """Art. 42(2): joint handling above 45 working days is refused with the article."""
    with pytest.raises(Refused, match=r"at most 45 \[行政许可法 art. 26, 42\(2\)\]"):
        join("a", "b").apply(procedure(step("a", 46), step("b")))


def test_a_notice_cannot_be_joined():
    """A public notice runs its statutory days; it cannot become part of a joint step."""
    flow = procedure(step("a"), step("n", kind=Kind.NOTICE))
    with pytest.raises(Refused, match="n n is a notice"):
        join("a", "n").apply(flow)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("a", "must mention b, or on_the_spot must list it"),
        ("max(a, b, c)", "mentions 'c', which is not a member"),
    ],
)
def test_a_duration_rule_must_fit_its_members(rule: str, said: str):
    """A member that the rule forgets would silently take no time: refused."""
    with pytest.raises(Refused, match=said):
        join("a", "b", days=rule).apply(procedure(step("a"), step("b")))


def test_counts_of_a_joint_step_must_be_possible():
    """One set of documents is at least the largest member's and at most all together."""
    flow = procedure(step("a", documents=5), step("b", documents=3))
    with pytest.raises(Refused, match="documents = 4 must lie between 5 and 8"):
        join("a", "b", documents=4).apply(flow)


@pytest.mark.parametrize(
    "text",
    ["", "max(a", "a b", "a +", "max()", "2 * a", "__import__('os')", "a" + "+a" * 500, "(" * 399],
)
def test_nothing_but_a_rule_is_read_as_a_rule(text: str):
    """A rule is data: anything else is refused with a reason, never run."""
    with pytest.raises(RuleSyntaxError):
        parse_rule(text)


def test_only_what_a_zone_may_settle_is_shared():
    """The catalogue says what a zone may settle; another step is refused with the list."""
    flow = procedure(step("a", zone_shareable=True), step("b"))
    with pytest.raises(Refused, match=r"b b is not among the steps .* shareable here: a"):
        ShareInZone(("b",)).apply(flow)


def test_a_step_that_rests_on_a_law_is_not_cancelled():
    """A city cancels what rests on custom or a normative document, never on a law."""
    law = step("a", basis=Basis(BasisType.LAW, "城乡规划法 art.40"))
    with pytest.raises(Refused, match=r"cannot set aside \[城乡规划法 art.40\]"):
        CancelSteps(("a",)).apply(procedure(law))


def test_a_step_whose_output_is_needed_is_not_cancelled():
    """Cancelling a survey that the design is drawn on is refused, naming who needs it."""
    flow = Procedure(
        Name(en="p"), (step("a"), step("b")), (Edge("a", "b", Strength.DATA, "drawn on it"),)
    )
    with pytest.raises(Refused, match="b still needs what a delivers"):
        CancelSteps(("a",)).apply(flow)


def test_a_misspelt_step_is_refused_with_the_nearest():
    """A lever on a step that is not there says which one may be meant."""
    with pytest.raises(Refused, match=r"no step 'surwey' \(did you mean 'survey'\?\)"):
        CancelSteps(("surwey",)).apply(procedure(step("survey")))


def test_a_custom_that_makes_a_cycle_is_refused():
    """A new custom against the order names the knot that it would tie."""
    flow = procedure(step("a"), step("b"), step("c"), edges="a>b b>c")
    with pytest.raises(Refused, match="makes mutual prerequisites: c -> a -> b -> c"):
        AddPrerequisite("c", "a").apply(flow)


def simulated() -> Procedure:
    """Site, land and certificate, and a design that by custom waits for the land."""
    edges = (
        Edge("site", "land", Strength.STATUTE, "art. 1"),
        Edge("land", "design", Strength.PRACTICE, "site access", preworkable=True),
        Edge("design", "permit", Strength.STATUTE, "art. 2"),
        Edge("land", "permit", Strength.STATUTE, "art. 3"),
    )
    steps = (step("site", 2), step("land", 10), step("design", 8), step("permit", 5))
    return Procedure(Name(en="p"), steps, edges, flow=Parallel())


LAND = ApproveBySimulation("site", ("land",), ("permit",))


def test_simulated_approval_works_early_and_decides_late():
    """Design overlaps the land; the permit follows a conversion that waits for both."""
    early, change = LAND.apply(simulated())
    starts = early.critical_path().starts
    assert (simulated().paper_days, early.paper_days) == (25, 20)
    assert starts["design"] == 2
    assert starts["permit"] == starts["CV"] + 3 == 15
    assert early.n_steps == 4
    assert "no legal effect" in change.notes[0].en


def test_a_relaxed_prerequisite_still_binds_the_conversion():
    """The prerequisite is not dropped: it binds the formal decision."""
    early, _ = LAND.apply(simulated())
    edge = early.edge("land", "design")
    assert edge is not None
    assert edge.formal_at == "CV"
    assert nx.has_path(early.graph(), "land", "CV")


def test_a_prerequisite_that_may_not_be_preworked_is_refused():
    """Naming a prerequisite that the law does not let start early cites it."""
    lever = ApproveBySimulation("site", ("land",), ("permit",), edges=(("design", "permit"),))
    with pytest.raises(Refused, match=r"may not be pre-worked \[art. 2\]"):
        lever.apply(simulated())


def test_no_formal_act_rests_on_a_simulated_opinion():
    """A filing that follows early design must be listed among the formal acts."""
    flow = simulated()
    flow = replace(
        flow,
        steps=(*flow.steps, step("filing")),
        edges=(*flow.edges, Edge("design", "filing", Strength.STATUTE, "art. 4")),
    )
    with pytest.raises(Refused, match="filing would be decided formally on a simulated opinion"):
        LAND.apply(flow)


def test_a_wait_stands_before_its_step_and_takes_its_prerequisites():
    """Waiting for land quota starts when the step could have started."""
    lever = ExternalWait("w", Name(en="quota"), Duration(46), "land")
    flow, _ = lever.apply(simulated())
    starts = flow.critical_path().starts
    assert (starts["w"], starts["land"]) == (2, 48)


def test_renumbering_changes_nothing_else():
    """New numbers keep days, counts and the old step as member."""
    flow, _ = Renumber((("land", "R1"),)).apply(simulated())
    assert flow.paper_days == simulated().paper_days
    assert [m.key for m in flow["R1"].origin] == ["land"]


def test_bridges_keep_the_longer_waiting_time():
    """A lag in natural days on a chain stays on the bridge; mixed units are refused."""
    flow = Procedure(
        Name(en="p"),
        (step("a"), step("x", zone_shareable=True), step("b")),
        (Edge("a", "x", lag=Duration(10, Unit.NATURAL_DAY)), Edge("x", "b")),
    )
    shared, change = ShareInZone(("x",)).apply(flow)
    assert shared.edges[0].lag == Duration(10, Unit.NATURAL_DAY)
    assert str(change.bridged[0].edge) == "a->b"
    mixed = replace(flow, edges=(flow.edges[0], Edge("x", "b", lag=Duration(2))))
    with pytest.raises(Refused, match="differ in unit"):
        ShareInZone(("x",)).apply(mixed)
