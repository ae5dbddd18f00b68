"""Offices as they are, written by a planner: each setting changes what it says, or is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rules import InputError
from rules.dealing import Level, Online
from rules.staffing import StaffChange
from rules.steps import Kind
from scenarios import Scenario, compile_plan, load, read_scenario
from scenarios.compile import compile_together
from scenarios.distributions import Exponential, Fixed
from scenarios.life import (
    AfterIssue,
    Agents,
    ArrivalHabit,
    Completeness,
    Corrections,
    Hands,
    Learning,
    Life,
    LimitHabit,
    Objections,
    Place,
    SimulatedRisk,
    Sittings,
    SystemOutage,
    Waiting,
)
from scenarios.plan import Part, Plan
from simulator import Outcome, Trace, simulate
from simulator.clocks import clocks

ITEMS = """key,name,department,days,unit,kind
A,受理审查,drc,10,wd,government_approval
B,公示,,7,cd,public_notice
C,踏勘,epb,4,wd,survey
D,批复,drc,6,wd,government_approval
"""
OFFICES = "key,name,windows,reviewers\ndrc,发改,1,4\nepb,环保,0,3\n"
SETTINGS = """schema = 1
name = "test"
first_day = 2013-01-04
[hours]
office = ["09:00-12:00", "13:00-17:00"]
monday = ["09:00-12:00"]
[handling]
window_minutes = 20
[cases]
number = 60
per_year = 60
"""


def scenario(folder: Path, extra: str = "") -> Scenario:
    """Return a small scenario: review, notice, survey and decision, one after another."""
    (folder / "items.csv").write_text(ITEMS, "utf-8")
    (folder / "offices.csv").write_text(OFFICES, "utf-8")
    (folder / "prerequisites.csv").write_text(
        "before,after,strength,basis\nA,B,data,r\nB,C,data,r\nC,D,data,r\n", "utf-8"
    )
    (folder / "scenario.toml").write_text(SETTINGS + extra, "utf-8")
    return read_scenario(folder)


def dealt(plain: Scenario, **dealing: object) -> Scenario:
    """Return the scenario with every step dealt with in another way."""
    steps = tuple(
        replace(step, dealing=replace(step.dealing, **dealing)) for step in plain.procedure.steps
    )
    return replace(plain, procedure=replace(plain.procedure, steps=steps))


def lived(plain: Scenario, **life: object) -> Scenario:
    """Return the scenario with something said of its offices."""
    return replace(plain, life=Life(**life))


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, 1, seed).replications[0]


def mean_days(of: Scenario, seed: int = 1) -> float:
    """Return the mean elapsed working days of finished cases."""
    plan = compile_plan(of)
    trace = only(plan, seed)
    done = trace.outcomes() == Outcome.FINISHED
    ticks = plan.calendars[0].worked_many(trace.arrival[done], trace.finish[done])
    return float(ticks.mean()) / plan.day_ticks


@pytest.fixture
def plain(tmp_path: Path) -> Scenario:
    """Return the small scenario with nothing special said."""
    return scenario(tmp_path)


CORRECTED = Corrections(0.5, Fixed(5.0))
PANEL = Sittings("panel", (), 2, 14 * 3600, 1, 10, 120)
LONGER: dict[str, Callable[[Scenario], Scenario]] = {
    "corrections": lambda s: lived(s, corrections=CORRECTED),
    "incomplete applications": lambda s: lived(s, completeness=Completeness(0.5, 1860)),
    "couriers to a home bureau": lambda s: lived(dealt(s, decided_at_centre=False), courier_days=1),
    "couriers between levels": lambda s: lived(
        dealt(s, accept_level=Level.TOWNSHIP), courier_days=1
    ),
    "applicants' gaps": lambda s: lived(s, gap=Fixed(3.0), shared_data=False),
    "expert panel": lambda s: lived(dealt(s, expert_review=True), panel=PANEL),
    "meeting": lambda s: lived(
        s, meetings=(Sittings("joint", ("D",), 2, 14 * 3600, 4, 19, 120, ("drc", "epb"), 2),)
    ),
    "objections": lambda s: lived(s, objections=Objections(1.0, Fixed(10.0))),
    "outages": lambda s: lived(s, outage=SystemOutage(Fixed(100.0), Fixed(50.0))),
    "absence": lambda s: lived(s, absence=0.4),
    "learning": lambda s: lived(
        replace(s, handling=replace(s.handling, review_share=dict.fromkeys(Kind, 1000))),
        learning=Learning(0.5, 400),
    ),
    "work to the limit": lambda s: lived(_swift(s), limit_habit=LimitHabit(1.0, 1)),
    "one agent": lambda s: lived(s, agents=Agents(1, 2)),
    "delivery": lambda s: lived(s, delivery_days=10),
}


def _swift(s: Scenario) -> Scenario:
    """Return the scenario with every step done in half its days."""
    return replace(s, handling=replace(s.handling, spread=Fixed(0.5)))


@pytest.mark.parametrize("setting", LONGER)
def test_each_setting_makes_cases_longer(plain, setting):
    """What holds cases up in offices lengthens them here, with the same luck otherwise."""
    base = _swift(plain) if setting == "work to the limit" else plain
    if setting == "learning":
        base = replace(
            plain, handling=replace(plain.handling, review_share=dict.fromkeys(Kind, 1000))
        )
    assert mean_days(LONGER[setting](plain)) > mean_days(base) + 0.3


def test_what_is_not_said_changes_nothing():
    """A scenario that says nothing of its offices runs as before, on paper and simulated."""
    for key in ("jiaxing", "jiaxing/reform"):
        shipped = load(key)
        assert shipped.life == Life()
        paper = compile_plan(
            replace(shipped, life=Life(delivery_days=9, courier_days=3)), on_paper=True
        )
        trace = only(paper)
        days = paper.calendars[0].worked(int(trace.arrival[0]), int(trace.finish[0]))
        assert round(days / paper.day_ticks) == int(shipped.procedure.paper_days)


def test_a_precheck_lowers_corrections(plain):
    """With an online pre-check that leaves a fifth, corrections cost a fifth as much."""
    life = {"corrections": replace(CORRECTED, precheck=0.2)}
    without = mean_days(plain)
    cost = mean_days(lived(plain, **life)) - without
    checked = mean_days(lived(dealt(plain, online=Online.PRECHECK), **life)) - without
    assert 0 < checked < 0.5 * cost


def test_one_review_one_approval_has_fewer_dwells(plain):
    """Five hands that keep a file 0.6 days each take 2.5 times as long as two hands."""
    hands = Hands(Fixed(5.0), Exponential(0.6))
    long, short = (mean_days(lived(dealt(plain, desks=desks), hands=hands)) for desks in (5, 3))
    days_of_notice = 7 * 5 / 7
    assert (long - days_of_notice) / (short - days_of_notice) == pytest.approx(2, rel=0.15)


def test_the_approver_is_another_person(plain):
    """With three hands reviewer and approver differ; an office of one person is refused."""
    plan = compile_plan(dealt(plain, desks=3))
    approval = next(desk for desk in plan.desks if desk.name == "approval")
    assert plan.desks[approval.other_than].name == "review"
    one = replace(plain.offices[1], reviewers=1)
    alone = dealt(replace(plain, offices=(plain.offices[0], one)),
                  desks=3)  # fmt: skip
    with pytest.raises(InputError, match=r"C: epb\.reviewer has one person"):
        compile_plan(alone)
    helped = lived(alone, approvers=(("epb", 1),))
    names = [pool.key for pool in compile_plan(helped).pools]
    assert "epb.approver" in names


def test_an_agent_saves_the_applicants_gaps(plain):
    """Where an agent prepares the next file the applicant's days between steps are gone."""
    gaps = lived(plain, gap=Fixed(3.0), shared_data=False)
    agency = lived(dealt(plain, agent=True), gap=Fixed(3.0), shared_data=False)
    assert mean_days(gaps) == pytest.approx(mean_days(agency) + 9, abs=0.5)
    shared = lived(plain, gap=Fixed(3.0))
    assert mean_days(shared) == pytest.approx(mean_days(agency) + 3, abs=0.5)


def test_refusals_end_cases_and_nothing_is_lost(plain):
    """With 20 % refused at each of two approvals some 36 % are; all cases are accounted for."""
    many = replace(plain, cases=replace(plain.cases, number=600, per_year=600))
    plan = compile_plan(lived(many.with_staff(50), refusal=0.2))
    outcomes = only(plan).outcomes()
    assert 0.3 < (outcomes == Outcome.REFUSED).mean() < 0.42
    assert set(outcomes.tolist()) == {Outcome.FINISHED, Outcome.REFUSED}


def test_a_sub_centre_decides_what_is_delegated_to_it(plain):
    """Delegated steps are decided where they are filed; all others cost the courier both ways."""
    near = Place("huzhen", 1.0, 1, 40, ("A", "D"), 2)
    far = replace(near, decides=(), reviewers=0)
    delegated, sent = (mean_days(lived(plain, places=(place,))) for place in (near, far))
    assert sent - delegated == pytest.approx(8, abs=1)
    plan = compile_plan(lived(plain, places=(near, replace(far, key="qianlu", share=1.0))))
    trace = only(plan)
    at_home = next(
        index for index, desk in enumerate(plan.desks)
        if desk.pools and plan.pools[desk.pools[0]].key == "huzhen.reviewer"
    )  # fmt: skip
    assert 10 < (trace.work[:, at_home] > 0).sum() < 50


def test_land_that_falls_through_wastes_the_work_before_it():
    """With a 30 % chance that the land falls through that share of simulated cases withdraws."""
    shipped = load("jiaxing/land-wait-simulated")
    risk = SimulatedRisk(0.3, 0.5, Fixed(5.0))
    plan = compile_plan(replace(shipped, life=Life(simulated=risk)))
    run = simulate(plan, 5)
    share = np.mean([(t.outcomes() == Outcome.WITHDRAWN).mean() for t in run.replications])
    assert 0.2 < share < 0.4
    worked = [int(t.work[t.outcomes() == Outcome.WITHDRAWN].sum()) for t in run.replications]
    assert min(worked) > 0


def test_no_formal_decision_precedes_its_statutory_prerequisites():
    """With rework and refusals too every step's formal date follows what it needs."""
    risk = SimulatedRisk(0.2, 0.5, Fixed(5.0))
    for key in ("jiaxing/reform-simulated", "jiaxing/land-wait-simulated", "jiaxing/reform"):
        shipped = load(key)
        plan = compile_plan(replace(shipped, life=Life(simulated=risk, refusal=0.02)))
        index = {step.key: number for number, step in enumerate(plan.steps)}
        for trace in simulate(plan, 3).replications:
            done = trace.outcomes() == Outcome.FINISHED
            ends = {k: trace.step_end(plan.steps[n])[done] for k, n in index.items()}
            ready = {k: trace.step_ready(plan.steps[n])[done] for k, n in index.items()}
            for edge in shipped.procedure.edges:
                after = edge.formal_at or edge.after
                if edge.before in index and after in index:
                    assert (ends[edge.before] <= ready[after]).all(), (key, str(edge))


def test_inspections_hold_up_the_same_applicant(plain):
    """Where every inspection finds something and holds for a year, few applicants get on."""
    after = AfterIssue(0.0, 1.0, 10, 365, 3)
    held = mean_days(lived(plain, after_issue=after))
    assert held > mean_days(plain) + 20


def test_spot_checks_use_reviewers_but_not_the_applicants_time(plain):
    """A spot check of all cases is work after the result and leaves every result where it was."""
    plan = compile_plan(lived(plain.with_staff(50), after_issue=AfterIssue(1.0)))
    trace = only(plan)
    check = plan.steps[-1]
    assert check.key == "spot-check"
    assert (trace.step_end(check) > trace.finish).all()
    assert mean_days(lived(plain.with_staff(50), after_issue=AfterIssue(1.0))) == pytest.approx(
        mean_days(plain.with_staff(50))
    )


def test_a_run_starts_from_the_files_on_the_desks(plain):
    """Twenty files that wait for their decision keep the reviewers busy for those who come."""
    busy = lived(plain, waiting=(Waiting(40, ("A", "B", "C")),), until_days=60)
    plan = compile_plan(busy)
    trace = only(plan)
    assert plan.cases == 100
    assert (trace.outcomes()[:20] == Outcome.FINISHED).all()
    assert (trace.outcomes() == Outcome.IN_PROCESS).any()
    with pytest.raises(
        InputError, match="D: cannot be behind a case in the house that still has C"
    ):
        compile_plan(lived(plain, waiting=(Waiting(1, ("D",)),)))


def test_staff_changes_take_effect(plain):
    """Two reviewers more, or a bureau that takes an office over, change who is there."""
    more = replace(plain, procedure=replace(plain.procedure, staffing=(
        StaffChange("epb", reviewers=2), StaffChange("drc", windows=1),)))  # fmt: skip
    people = {pool.key: pool.capacity for pool in compile_plan(more).pools}
    assert people == {"drc.window": 2, "drc.reviewer": 4, "epb.reviewer": 5}
    bureau = replace(plain, procedure=replace(plain.procedure, staffing=(
        StaffChange("epb", into="drc"),)))  # fmt: skip
    people = {pool.key: pool.capacity for pool in compile_plan(bureau).pools}
    assert people["drc.reviewer"] == 7


def test_two_procedures_share_one_office(plain, tmp_path):
    """Cases of another procedure in the same offices make both wait; urgent ones less."""
    other = replace(plain, key="other")
    crowded = replace(plain, cases=replace(plain.cases, number=150, per_year=700))
    alone = mean_days(crowded)
    plan = compile_together((crowded, replace(other, cases=crowded.cases)))
    trace = only(plan)
    assert sorted(set(trace.types.tolist())) == [0, 1]
    ticks = plan.calendars[0].worked_many(trace.arrival, trace.finish)
    assert ticks.mean() / plan.day_ticks > alone
    fewer = replace(other, offices=(replace(plain.offices[0], reviewers=1), plain.offices[1]))
    with pytest.raises(InputError, match="drc: 1 windows and 1 reviewers here"):
        compile_together((plain, fewer))


def test_arrivals_may_follow_habits_or_a_file(plain, tmp_path):
    """Weekday weights and a file of real arrivals both decide when cases come."""
    mondays = ArrivalHabit(weekdays=(1.0, 0, 0, 0, 0, 0, 0), dispersion=2.0)
    plan = compile_plan(lived(replace(plain, projection=True), arrivals=mondays))
    calendar = plan.calendars[0]
    days = {calendar.date_of(int(t)).weekday() for t in only(plan).arrival}
    assert days == {0}
    (tmp_path / "log.csv").write_text("arrived\n2013-02-01T09:30\n2013-01-07\n", "utf-8")
    traced = scenario(tmp_path, '[arrivals]\ntrace = "log.csv"\n')
    plan = compile_plan(traced)
    assert plan.cases == 2
    moments = [str(plan.calendars[0].datetime_of(int(t))) for t in only(plan).arrival]
    assert moments == ["2013-01-07 00:00:00", "2013-02-01 09:30:00"]


EVERYTHING = """
[people]
order = "earliest_deadline"
orders = {epb = "filing"}
approvers = {drc = 1}
[hands]
touch = {distribution = "fixed", value = 30}
dwell = {distribution = "exponential", mean = 0.6}
[couriers]
days = 1
[corrections]
share = 0.15
delay = {distribution = "lognormal", mean = 5, cv = 1}
at_once = false
rounds = 3
precheck = 0.4
[completeness]
incomplete = 0.2
slower = 1.86
[limit_habit]
share = 0.196
[applicants]
gap = 2
shared_data = false
[refusals]
share = 0.02
[objections]
chance = 0.1
days = 10
[panel]
weekday = "fri"
slots = 19
[[meeting]]
key = "joint"
steps = ["D"]
at = "09:30"
slots = 19
minutes = 180
members = ["epb"]
[agents]
number = 3
caseload = 20
[outages]
up = {distribution = "exponential", mean = 700}
down = 2
[learning]
extra = 0.3
half_life = 60
[after_issue]
spot_checks = 0.05
finding = 0.1
applicants = 20
[simulated_risk]
falls_through = 0.1
[delivery]
days = 2
[arrivals]
weekdays = [1.3, 1, 1, 1, 0.8, 0, 0]
dispersion = 2.5
hours = {"09:00-12:00" = 2, "13:00-17:00" = 1}
[[waiting]]
number = 5
done = ["A"]
[run]
promise_days = 40
"""


def test_everything_at_once_can_be_said_and_run(tmp_path):
    """A planner may say all of it in one file; the run conserves every case."""
    plan = compile_plan(scenario(tmp_path, EVERYTHING))
    trace = only(plan)
    assert plan.cases == 65
    assert (trace.outcomes() != Outcome.IN_PROCESS).all()
    found = clocks(plan, trace)
    assert (found.counted <= found.elapsed).all()
    assert found.applicant.sum() > 0
    assert found.dwell.sum() > 0
    again = only(plan)
    assert all((getattr(trace, n) == getattr(again, n)).all() for n in ("start", "end", "finish"))
    assert any(desk.part is Part.APPLICANT for desk in plan.desks)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('[people]\norder = "fifo"', "order: 'fifo' is not a queue order"),
        ('[people.orders]\nepc = "filing"', "no office is called 'epc' (did you mean 'epb'?)"),
        ("[people]\nabsence = 1.5", "absence: 1.5 is not a number between 0 and 0.99"),
        ("[corrections]\nshare = 0.2\ndelay = {distribution = 'lognormel'}",
         "'lognormel' is not a distribution (did you mean 'lognormal'?)"),
        ("[corrections]\nshare = -1\ndelay = 3", "share: -1 is not a number between 0 and 1"),
        ("[corrections]\nshare = nan\ndelay = 3", "share: nan is not a number between 0 and 1"),
        ("[corrections]\nshare = 0.1\ndelay = 3\nround = 2", "round: unknown setting"),
        ('[[meeting]]\nkey = "j"\nsteps = ["E"]\nslots = 0', "no step is called 'E'"),
        ('[[meeting]]\nkey = "j"\nsteps = ["D"]\nslots = 0', "slots: 0 is not a whole number"),
        ('[[meeting]]\nkey = "j"\nsteps = ["D"]\nslots = 1\nweekday = "x"', "not one of mon"),
        ('[[meeting]]\nkey = "j"\nsteps = ["D"]\nslots = 1\nat = "25:00"', "is not a time of day"),
        ("[zones]\nE = 365", "no step is called 'E'"),
        ('[[place]]\nkey = "p"\nshare = 1\ndecides = ["A"]', "nobody decides there"),
        ("[arrivals]\ndispersion = 0.5", "0.5 is not a number between 1 and 1000"),
        ("[arrivals]\nweekdays = [1, 2]", "7 weights of 0 or more"),
        ('[arrivals]\ntrace = "../secret.csv"', "lies outside the scenario's folder"),
        ('[arrivals.hours]\n"9-12" = 1', "is not a stretch of the day"),
        ("[simulated_risk]\nrework = 0.5", "rework_days is missing"),
        ("[handling.x]", "x: unknown setting"),
        ('[corections]\nshare = 0.1', "corections: unknown setting (did you mean 'corrections'?)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_with_its_line(tmp_path, extra, message):
    """Every wrong setting gives one line with the file, the line and what was expected."""
    with pytest.raises(InputError) as raised:
        scenario(tmp_path, extra.replace("[handling.x]", "") if "[handling.x]" not in extra else
                 "[handling.x]\n")  # fmt: skip
    lines = [str(problem) for problem in raised.value.problems]
    assert any(message in line and line.startswith("scenario.toml:") for line in lines), lines
