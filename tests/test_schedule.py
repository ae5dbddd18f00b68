"""Schedules of several projects: shortest, bounded, and within every rule of the plan."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from schedule_validator import desk_work, open_ticks, violations

from optimizer import Schedule, ScheduleError, schedule
from optimizer.bounds import lower_bound
from optimizer.model import pieces, solve
from optimizer.network import network_of
from optimizer.warm_start import serial_schedule
from rules import Calendar, Kind, Name
from rules.calendars import WorkingDays
from rules.duration_rules import parse_rule
from scenarios import Scenario, compile_plan, load
from scenarios.arrivals import AtOnce
from scenarios.distributions import Fixed
from scenarios.plan import (
    AMPLE,
    Desk,
    JointWork,
    Lag,
    Link,
    OwnWork,
    Plan,
    PlanStep,
    Pool,
    Work,
)

HOUR = 3600
DAY = 8 * HOUR
FIRST = date(2025, 9, 22)
OFFICE = Calendar.office(
    FIRST, WorkingDays.china(), ((9 * HOUR, 12 * HOUR), (13 * HOUR, 18 * HOUR)), date(2026, 12, 31)
)
MORNINGS = Calendar.office(FIRST, WorkingDays.china(), ((9 * HOUR, 12 * HOUR),), date(2026, 12, 31))
NATURAL = Calendar.natural(FIRST, date(2026, 12, 31))


def own(ticks: int) -> OwnWork:
    return OwnWork(0, ticks, Fixed(1))


def make_plan(
    works: Sequence[Work],
    links: Sequence[Link],
    desks: Sequence[Sequence[Desk]],
    capacities: Sequence[int],
    *,
    calendars: Sequence[Calendar] = (OFFICE, NATURAL, MORNINGS),
    pool_calendars: Sequence[int] = (),
) -> Plan:
    """Return a plan from each step's work and desks; desks' step numbers are filled in."""
    every = [replace(desk, step=step) for step, own in enumerate(desks) for desk in own]
    numbers = iter(range(len(every)))
    steps = tuple(
        PlanStep(
            f"T{step}",
            Name("", f"T{step}"),
            Kind.APPROVAL,
            "",
            work,
            tuple(next(numbers) for _ in own),
        )
        for step, (work, own) in enumerate(zip(works, desks, strict=True))
    )
    kept = pool_calendars or [0] * len(capacities)
    pools = tuple(
        Pool(f"office{i}.reviewer", Name("", f"office {i}"), capacity, kept[i])
        for i, capacity in enumerate(capacities)
    )
    return Plan("drawn", steps, tuple(links), tuple(every), pools, tuple(calendars), AtOnce(), 1)


def desk(*pools: int, calendar: int = 0, fixed: int = 0, share: int = 0) -> Desk:
    return Desk(0, "review", pools, calendar, fixed, share)


def chain(days: Sequence[int], *, pools: int = 1, calendar: Calendar = OFFICE) -> Plan:
    """Return steps one after another, each at a pool of one person (pools taken in turn)."""
    return make_plan(
        [own(d * calendar.day_ticks) for d in days],
        [Link(i, i + 1) for i in range(len(days) - 1)],
        [[desk(i % pools)] for i in range(len(days))],
        [1] * pools,
        calendars=(calendar, NATURAL),
    )


def draw_plan(draw: random.Random, most_steps: int = 7, *, two_clocks: bool = False) -> Plan:
    """Draw a small plan with windows and reviewers, notices, lags and joint steps.

    With ``two_clocks`` some people sit both at desks that open in the morning only and
    at desks that open all day.
    """
    count = draw.randint(2, most_steps)
    capacities = [draw.choice((1, 1, 1, 2, AMPLE)) for _ in range(draw.randint(1, 3))]
    part = draw.choice((DAY, DAY // 2, HOUR))
    mornings = 0.4 if two_clocks else 0.15 * (draw.random() < 0.3)
    works: list[Work] = []
    desks: list[list[Desk]] = []
    for _ in range(count):
        days = draw.randint(0, 5)
        if draw.random() < 0.2:
            members = (("A", own(days * part)), ("B", own(draw.randint(0, 4) * part)))
            works.append(JointWork(parse_rule("max(A, B) + 1"), members, part))
        else:
            works.append(own(days * part))
        kind = draw.random()
        if kind < 0.2:  # a notice of natural days
            works[-1] = own(draw.randint(1, 20) * 24 * HOUR)
            desks.append([desk(calendar=1)])
        elif kind < 0.35:
            desks.append([desk()])
        elif kind < 0.35 + mornings:
            works[-1] = own(draw.randint(1, 4) * HOUR)
            desks.append([desk(draw.randint(0, len(capacities)), calendar=2)])
        else:
            some = draw.sample(range(len(capacities)), draw.randint(1, min(2, len(capacities))))
            here = [desk(*some)]
            if draw.random() < 0.3:
                here.insert(0, desk(draw.randrange(len(capacities)), fixed=HOUR))
            if draw.random() < 0.2:
                here.insert(0, desk(share=500, calendar=draw.choice((0, 1))))
            desks.append(here)
    links = [
        Link(a, b, draw.choice((Lag(0, 0), Lag(0, 0), Lag(DAY, 0), Lag(72 * HOUR, 1))))
        for b in range(count)
        for a in range(b)
        if draw.random() < 0.4
    ]
    return make_plan(
        works, links, desks, [*capacities, 1], pool_calendars=[0] * len(capacities) + [2]
    )


def shortest(plan: Plan, projects: int, release_every: int = 0) -> int:
    """Return the least working ticks of all orders in which the desks can be served.

    Tries every order that the prerequisites allow; each task goes to the first gap at
    which all its people are free. Written for small plans, apart from the optimizer.
    """
    work = desk_work(plan)
    chains: list[list[tuple[int, int, int]]] = [[] for _ in plan.desks]
    for step in plan.steps:
        for first, second in zip(step.desks, step.desks[1:], strict=False):
            chains[second].append((first, 0, 0))
    for link in plan.links:
        end, start = plan.steps[link.before].desks[-1], plan.steps[link.after].desks[0]
        chains[start].append((end, link.lag.ticks, link.lag.calendar))
    origin = plan.calendars[0].opening(0)
    releases = [
        plan.calendars[0].opening(plan.calendars[0].add(origin, p * release_every * plan.day_ticks))
        for p in range(projects)
    ]
    best = 10**18
    done: dict[tuple[int, int], tuple[int, int]] = {}

    def place(project: int, index: int) -> tuple[int, int]:
        ready = releases[project]
        for before, ticks, clock in chains[index]:
            ready = max(ready, plan.calendars[clock].add(done[project, before][1], ticks))
        if not work[index]:
            return ready, ready
        calendar = plan.calendars[plan.desks[index].calendar]
        while True:
            start = calendar.opening(ready)
            end = calendar.add(start, work[index])
            clashes = [pool_free(pool, start, end) for pool in plan.desks[index].pools]
            ready = max(clashes, default=0)
            if not ready:
                return start, end

    def pool_free(pool: int, start: int, end: int) -> int:
        held = [
            span
            for (_, index), span in done.items()
            if pool in plan.desks[index].pools and span[0] < end and start < span[1]
        ]
        for instant in sorted({start, *(s for s, _ in held if s > start)}):
            busy = [e for s, e in held if s <= instant < e]
            if len(busy) >= plan.pools[pool].capacity:
                return min(busy)
        return 0

    def go(latest: int) -> None:
        nonlocal best
        if latest >= best_end[0]:
            return
        open_ = [
            (p, i)
            for p in range(projects)
            for i in range(len(plan.desks))
            if (p, i) not in done and all((p, before) in done for before, _, _ in chains[i])
        ]
        if not open_:
            best_end[0] = latest
            best = min(best, open_ticks(plan.calendars[0], 0, latest))
            return
        alone = [item for item in open_ if not (work[item[1]] and plan.desks[item[1]].pools)]
        for item in alone[:1] or open_:
            done[item] = place(*item)
            go(max(latest, done[item][1]))
            del done[item]

    best_end = [10**18]
    go(0)
    return best


def solved_alone(plan: Plan, projects: int) -> int:
    """Return the makespan that the solver proves from a poor hint and without a bound."""
    network = network_of(plan)
    releases = [plan.calendars[0].opening(0)] * projects
    backwards = [float(-n) for n in range(projects * len(network.tasks))]
    hint = serial_schedule(network, releases, backwards)
    solved = solve(network, releases, hint, 0, seconds=10, seed=1, workers=2, deterministic=False)
    assert solved.proven
    return solved.bound


def queueing_tasks(plan: Plan) -> int:
    return sum(bool(ticks and plan.desks[i].pools) for i, ticks in desk_work(plan).items())


# one project: the critical path


def test_one_project_with_enough_people_takes_its_critical_path():
    """Steps of 3 and 5 days side by side, then 2: 7 days, proven without a search."""
    plan = make_plan(
        [own(3 * DAY), own(5 * DAY), own(2 * DAY)],
        [Link(0, 2), Link(1, 2)],
        [[desk(0)], [desk(1)], [desk(0)]],
        [AMPLE, AMPLE],
    )
    best = schedule(plan)
    assert (best.makespan, best.bound, best.status) == (7, 7, "optimal")
    assert best.start_days == ((0, 0, 5),)
    assert best.method == "priority rule"
    assert not violations(plan, best)


def test_one_person_cannot_do_two_things_at_once():
    """The same steps with one person for all take 3 + 5 + 2 = 10 days."""
    plan = make_plan(
        [own(3 * DAY), own(5 * DAY), own(2 * DAY)],
        [Link(0, 2), Link(1, 2)],
        [[desk(0)], [desk(0)], [desk(0)]],
        [1],
    )
    best = schedule(plan)
    assert (best.makespan, best.bound) == (10, 10)


def test_projects_share_the_bottleneck():
    """Ten projects of 2 + 3 days at two desks of one person: 2 days, then 30 at the second."""
    best = schedule(chain([2, 3], pools=2), projects=10)
    assert (best.makespan, best.bound, best.status) == (32, 32, "optimal")


def test_two_people_halve_the_queue():
    """Ten projects of one 3-day step at a pool of two people take 15 days."""
    plan = chain([3])
    plan = replace(plan, pools=(replace(plan.pools[0], capacity=2),))
    best = schedule(plan, projects=10)
    assert (best.makespan, best.status) == (15, "optimal")
    assert not violations(plan, best)


def test_releases_hold_projects_back():
    """Projects of one 2-day step, released every 5 working days: the fourth ends on day 17."""
    plan = chain([2])
    best = schedule(plan, projects=4, release_every=5)
    assert best.makespan == 17
    assert [row[0] for row in best.start_days] == [0, 5, 10, 15]
    assert not violations(plan, best)


# calendars


def test_a_notice_counts_natural_days_through_the_holiday():
    """A notice of 10 natural days from 26 September ends in the National Day holiday.

    Friday 26 September 18:00 plus 10 natural days is 6 October; work goes on when the
    office opens again on 9 October. Working days: 26, 28, 29, 30 September, 9 October.
    """
    plan = make_plan(
        [own(5 * DAY), own(10 * 24 * HOUR), own(DAY)],
        [Link(0, 1), Link(1, 2)],
        [[desk(0)], [desk(calendar=1)], [desk(0)]],
        [1],
    )
    best = schedule(plan)
    assert OFFICE.datetime_of(best.ends[0][1]).isoformat() == "2025-10-06T18:00:00"
    assert OFFICE.datetime_of(best.starts[0][2]).isoformat() == "2025-10-09T09:00:00"
    assert best.makespan == 5 + 3 + 1  # 28, 29 and 30 September pass during the notice
    assert best.status == "optimal"


def test_the_order_decides_how_much_of_a_notice_falls_on_the_holiday():
    """Natural-day notices make swapping projects worth while; every order has been tried."""
    plan = make_plan(
        [own(2 * DAY), own(9 * 24 * HOUR), own(2 * DAY), own(3 * DAY)],
        [Link(0, 1), Link(1, 2)],
        [[desk(0)], [desk(calendar=1)], [desk(1)], [desk(0)]],
        [1, 1],
    )
    best = schedule(plan, projects=2, seconds=5)
    assert best.status == "optimal"
    assert best.makespan_ticks == shortest(plan, 2)


def test_a_calendar_that_ends_too_soon_is_refused():
    """The message names the calendar's days and what to change."""
    with pytest.raises(ScheduleError, match="later last day"):
        schedule(chain([100]), projects=5)


def test_an_office_may_work_by_two_clocks():
    """One person at a desk that opens in the morning only and at one that opens all day.

    Two mornings of 3 hours cannot be shared with the 2 days of other work: the person
    is held from start to end, so the order matters and every order has been tried.
    """
    plan = make_plan(
        [own(3 * HOUR), own(2 * DAY), own(5 * HOUR)],
        [Link(0, 2)],
        [[desk(0, calendar=2)], [desk(0)], [desk(0, calendar=2)]],
        [1],
    )
    best = schedule(plan, projects=2)
    assert best.status == "optimal"
    assert best.makespan_ticks == shortest(plan, 2)
    assert not violations(plan, best)


def test_the_unit_of_time_is_fine_enough_for_a_change_of_desk():
    """Whole hours of work at desks that open at 9:00 and at 9:10 meet on tens of minutes.

    Who works 3 hours until lunch can spend the lunch hour at the second desk, which by
    then has been open for 170 minutes, and goes on after it: one day in all.
    """
    later = Calendar.office(
        FIRST, WorkingDays.china(), ((9 * HOUR + 600, 13 * HOUR),), date(2025, 12, 31)
    )
    plan = make_plan(
        [own(3 * HOUR), own(HOUR), own(5 * HOUR)],
        [],
        [[desk(0)], [desk(0, calendar=1)], [desk(0)]],
        [1],
        calendars=(OFFICE, later),
    )
    assert solved_alone(plan, 1) == shortest(plan, 1) == DAY


# desks


def test_desks_split_a_step_and_add_up():
    """1 hour at the window, 25 % review, the rest elsewhere: 8 h = 1 + 2 + 5."""
    plan = make_plan([own(DAY)], [], [[desk(0, fixed=HOUR), desk(1, share=250), desk(0)]], [1, 1])
    best = schedule(plan)
    spans = [(e - s) // HOUR for s, e in zip(best.desk_starts[0], best.desk_ends[0], strict=True)]
    assert spans == [1, 2, 5]  # three hours before lunch, five after
    assert best.makespan == 1


def test_a_joint_step_takes_its_rule_of_its_members():
    """max(6, 7) + 1 working days of the rule are 8."""
    members = (("S02", own(6 * DAY)), ("S05", own(7 * DAY)))
    plan = make_plan(
        [JointWork(parse_rule("max(S02, S05) + 1"), members, DAY)], [], [[desk(0)]], [1]
    )
    assert schedule(plan).makespan == 8


# against all orders


@pytest.mark.parametrize("seed", range(40))
def test_the_shortest_schedule_of_all_orders_is_found(seed: int):
    """On small plans the proven makespan is that of the best of all orders."""
    draw = random.Random(seed)
    plan = draw_plan(draw, 5)
    projects = draw.randint(1, 3)
    while projects > 1 and projects * queueing_tasks(plan) > 7:
        projects -= 1
    if projects * queueing_tasks(plan) > 8:
        plan, projects = draw_plan(draw, 3), 1
    every = draw.choice((0, 0, 1, 3))
    best = schedule(plan, projects, seconds=10, release_every=every)
    assert best.status == "optimal"
    assert best.makespan_ticks == shortest(plan, projects, every)
    assert not violations(plan, best)


@pytest.mark.parametrize("seed", range(100, 160))
def test_the_solver_alone_finds_and_proves_the_same(seed: int):
    """Given a poor schedule as a hint and no bound, the model still proves the shortest."""
    draw = random.Random(seed)
    plan = draw_plan(draw, 4, two_clocks=seed % 2 == 0)
    projects = 2 if 2 * queueing_tasks(plan) <= 7 else 1
    assert solved_alone(plan, projects) == shortest(plan, projects)


def test_stretches_instead_of_tables_prove_the_same(monkeypatch: pytest.MonkeyPatch):
    """Long tables are cut into stretches; forcing this on short ones changes no answer."""
    monkeypatch.setattr("optimizer.model._MOST_TABLE", 0)
    plan = make_plan(
        [own(2 * DAY), own(9 * 24 * HOUR), own(2 * DAY), own(3 * DAY)],
        [Link(0, 1), Link(1, 2, Lag(30 * HOUR, 1))],
        [[desk(0)], [desk(calendar=1)], [desk(1)], [desk(0)]],
        [1, 1],
    )
    assert solved_alone(plan, 2) == shortest(plan, 2)


@pytest.mark.parametrize("seed", range(200, 240))
def test_the_bound_needs_no_luck(seed: int):
    """Our own bound is never above the shortest schedule."""
    draw = random.Random(seed)
    plan = draw_plan(draw, 4)
    projects = 2 if 2 * queueing_tasks(plan) <= 7 else 1
    releases = [OFFICE.opening(0)] * projects
    assert lower_bound(network_of(plan), releases) <= shortest(plan, projects)


# within every rule


def check_random(seed: int) -> None:
    draw = random.Random(seed)
    plan = draw_plan(draw, 9, two_clocks=seed % 3 == 0)
    for projects in (1, draw.randint(2, 4)):
        found = schedule(
            plan, projects, seconds=0.3, seed=seed, release_every=draw.choice((0, 0, 2))
        )
        assert violations(plan, found) == []


@pytest.mark.parametrize("seed", range(1000, 1060))
def test_no_rule_is_broken(seed: int):
    """Lags, capacities, opening hours and lengths hold in random plans of 1 to 4 projects."""
    check_random(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_no_rule_is_broken_in_a_thousand_plans(block: int):
    """The same for a thousand plans."""
    for seed in range(10_000 + 100 * block, 10_100 + 100 * block):
        check_random(seed)


def test_the_validator_sees_each_kind_of_error():
    """A schedule moved by a day, an hour or a person is refused."""
    plan = chain([2, 3], pools=2)
    good = schedule(plan, projects=2)
    assert violations(plan, good) == []

    def moved(by: int, project: int, index: int) -> Schedule:
        def shift(rows: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
            return tuple(
                tuple(t + by if (p, i) == (project, index) else t for i, t in enumerate(row))
                for p, row in enumerate(rows)
            )

        return replace(
            good,
            starts=shift(good.starts),
            ends=shift(good.ends),
            desk_starts=shift(good.desk_starts),
            desk_ends=shift(good.desk_ends),
        )

    first, second = sorted((0, 1), key=lambda p: good.starts[p][0])
    early = "\n".join(violations(plan, moved(-24 * HOUR, second, 0)))
    assert "2 at work" in early
    assert "is not respected" in "\n".join(violations(plan, moved(-24 * HOUR, first, 1)))
    assert "nobody is there" in "\n".join(violations(plan, moved(-2 * HOUR, second, 0)))
    assert any("bound" in line for line in violations(plan, replace(good, bound_ticks=10**9)))


# the case of the house


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("jiaxing", 236),
        ("jiaxing/parallel", 121),
        ("jiaxing/reform", 109),
        ("jiaxing/reform-simulated", 80),
        ("jiaxing/land-wait-simulated", 202),
    ],
)
def test_one_jiaxing_project_takes_the_paper_days(name: str, days: int):
    """One project with ample staff takes its critical path, which is also the bound."""
    best = schedule(compile_plan(load(name), on_paper=True))
    assert (best.makespan, best.bound, best.status) == (days, days, "optimal")


def test_one_reform_project_with_real_staff_takes_109_days():
    """The shipped staff is enough for a single project of the reform."""
    plan = compile_plan(load("jiaxing/reform"))
    best = schedule(plan)
    assert (best.makespan, best.bound, best.status) == (109, 109, "optimal")
    assert not violations(plan, best)


def test_ten_reform_projects_with_one_person_in_each_department():
    """Ten projects queue for one person each: 155 days, proven by the busiest pool."""
    plan = compile_plan(load("jiaxing/reform").with_staff(1))
    best = schedule(plan, projects=10)
    assert violations(plan, best) == []
    assert (best.makespan, best.status) == (155, "optimal")


def test_people_held_for_whole_steps_queue_far_longer():
    """The reform's 14 steps with a person held from the first day to the last of each.

    Ten projects are bounded within 5 %, and far shorter than one after another.
    """
    plan = whole_step_plan(load("jiaxing/reform"))
    best = schedule(plan, projects=10, seconds=5)
    assert violations(plan, best) == []
    assert 109 < best.bound <= best.makespan < 10 * 109
    assert best.gap < 0.05


def whole_step_plan(scenario: Scenario) -> Plan:
    """Return the paper plan with one person a pool and no dwell: all days are work."""
    plan = compile_plan(scenario, on_paper=True)
    lead = {pool.key.partition(".")[0]: i for i, pool in enumerate(plan.pools)}
    desks = tuple(
        Desk(number, "review", (lead[step.office],) if step.office else (), 0)
        for number, step in enumerate(plan.steps)
    )
    steps = tuple(replace(step, desks=(number,)) for number, step in enumerate(plan.steps))
    pools = tuple(replace(pool, capacity=1) for pool in plan.pools)
    return replace(plan, steps=steps, desks=desks, pools=pools)


# same input, same answer


def test_the_same_seed_gives_the_same_document():
    """With deterministic=True two runs write the same JSON, seconds included."""
    plan = whole_step_plan(load("jiaxing/parallel"))
    found = [schedule(plan, 6, seconds=0.3, deterministic=True) for _ in range(2)]
    assert found[0].seconds > 0  # the solver was needed
    assert found[0] == found[1]
    assert json.dumps(found[0].to_json()) == json.dumps(found[1].to_json())


def test_the_document_holds_what_scripts_read():
    """makespan, bound, status, starts, modes and seconds, in working days."""
    document = schedule(chain([2, 3]), projects=2).to_json()
    assert {"makespan", "bound", "status", "gap", "starts", "modes", "seconds", "seed"} <= set(
        document
    )
    assert document["makespan"] == 10
    assert document["modes"] == {}
    assert document["projects"] == 2
    assert json.loads(json.dumps(document)) == document


def test_ortools_is_not_imported_until_a_solver_is_needed():
    """Importing the optimizer does not import ortools."""
    code = "import sys, optimizer; sys.exit('ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# stretches of a table


def test_pieces_of_a_table_say_the_same_as_the_table():
    """Stretches that stand still or rise by one give back every value."""
    draw = random.Random(3)
    for _ in range(200):
        steps = [draw.choice((0, 0, 1, 1, 1, 3)) for _ in range(draw.randint(0, 30))]
        table = np.cumsum([5, *steps])
        rebuilt: list[int] = []
        for first, last, rising in pieces(table):
            assert first == len(rebuilt)
            value = int(table[first])
            rebuilt += [value + (n if rising else 0) for n in range(last - first + 1)]
        assert rebuilt == table.tolist()


def test_fractions_of_days_are_exact():
    """A step of 3 hours is three eighths of a day, not 0.375 rounded."""
    best = schedule(make_plan([own(3 * HOUR)], [], [[desk(0)]], [1]))
    assert best.makespan == Fraction(3, 8)
