"""Who is served first, by whom and when: queue orders, hours, absence, outages, other duties."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from plans import (
    HOUR,
    MONDAY,
    NINE_TO_FIVE,
    Task,
    plan_of,
    station,
    with_desk,
    with_pool,
    with_step,
)

from rules import Calendar, Name
from scenarios.arrivals import Poisson, Spaced, Traced
from scenarios.distributions import Exponential, Fixed
from scenarios.gatherings import Quota
from scenarios.interruptions import Absence, Outage
from scenarios.orders import ByFiling, ByList, ByPriority, EarliestDeadline, Interrupting
from scenarios.plan import CaseType, OwnWork, Plan, Shift
from scenarios.streams import stream_of
from simulator import Outcome, Trace, simulate

DAY = 24 * HOUR
URGENT_AND_PLAIN = (
    CaseType("urgent", Name("急"), priority=1),
    CaseType("plain", Name("普通"), priority=2),
)


def only(plan: Plan, seed: int = 1) -> Trace:
    """Return the single replication of a plan."""
    return simulate(plan, replications=1, seed=seed).replications[0]


def two_types(work: int, arrivals: tuple[int, ...], urgent: tuple[int, ...]) -> Plan:
    """Return one reviewer with cases that come when said, some of them urgent.

    Two procedures of one step each stand in one plan; which type a case is, its arrival
    stream says.
    """
    from scenarios.arrivals import Several

    plan = plan_of(
        Task("urgent", work, pools=(0,)), Task("plain", work, pools=(0,)), capacities=(1,)
    )
    plan = with_step(plan, 1, of=1)
    streams = Several((Traced(urgent), Traced(arrivals)), (len(urgent), len(arrivals)))
    return replace(
        plan, types=URGENT_AND_PLAIN, arrivals=streams, cases=len(urgent) + len(arrivals)
    )


def test_urgent_cases_overtake_but_do_not_interrupt():
    """An urgent case that comes at 1 h starts when the case at hand is done, before the next."""
    plan = with_pool(two_types(4 * HOUR, (0, 0), (HOUR,)), 0, order=ByPriority())
    trace = only(plan)
    assert trace.start[[1, 2], 1].tolist() == [0, 8 * HOUR]
    assert trace.start[0, 0] == 4 * HOUR
    assert only(with_pool(plan, 0, order=ByFiling())).start[0, 0] == 8 * HOUR


def test_an_urgent_case_may_interrupt_and_the_work_goes_on_after_it():
    """Interrupted after 1 h of 4, a case ends 4 h later than without; no work is lost."""
    plan = with_pool(two_types(4 * HOUR, (0,), (HOUR,)), 0, order=Interrupting())
    trace = only(plan)
    assert (trace.start[0, 0], trace.end[0, 0]) == (HOUR, 5 * HOUR)
    assert (trace.start[1, 1], trace.end[1, 1]) == (0, 8 * HOUR)


def test_interrupted_work_counts_opening_hours_only():
    """Work interrupted at ten on Monday goes on at one, over the closed night."""
    plan = two_types(6 * HOUR, (9 * HOUR,), (10 * HOUR,))
    plan = replace(with_pool(plan, 0, order=Interrupting()), calendars=(NINE_TO_FIVE,))
    trace = only(plan)
    assert trace.end[0, 0] == 16 * HOUR
    assert trace.end[1, 1] == DAY + 13 * HOUR  # 1 h, then 1 h to five o'clock, then 4 h


def test_interrupting_with_one_class_is_first_come():
    """Where all have one priority, interruption changes no instant."""
    plan = station(10_000.0, 9_000, 1, cases=300)
    one, other = only(plan), only(with_pool(plan, 0, order=Interrupting()))
    assert (one.end == other.end).all()
    assert (one.start == other.start).all()


def test_the_earliest_deadline_goes_first():
    """A case promised in 5 h overtakes one that was promised 9 h and came before."""
    plan = with_pool(two_types(2 * HOUR, (0, HOUR), (HOUR,)), 0, order=EarliestDeadline())
    types = (
        replace(URGENT_AND_PLAIN[0], promise=5 * HOUR),
        replace(URGENT_AND_PLAIN[1], promise=9 * HOUR),
    )
    trace = only(replace(plan, types=types))
    assert trace.start[0, 0] == 2 * HOUR
    assert trace.start[[1, 2], 1].tolist() == [0, 4 * HOUR]


def test_limited_licences_go_to_the_first_filed():
    """Of three applicants for two licences the last to file is refused, though handled faster."""
    plan = plan_of(
        Task("review", 5 * HOUR),
        Task("licence", 0, needs=("review",)),
        cases=3,
        arrivals=Spaced(HOUR),
    )
    plan = with_desk(plan, 1, gathering=Quota(2))
    trace = only(plan)
    assert trace.outcome.tolist() == [Outcome.FINISHED, Outcome.FINISHED, Outcome.REFUSED]
    assert trace.finish.tolist() == [5 * HOUR, 6 * HOUR, 7 * HOUR]


def test_filing_order_holds_at_every_desk():
    """Who filed first goes first at a later desk too, even if the other was ready there first."""
    plan = plan_of(
        Task("check", OwnWork(1, HOUR, Fixed(1))),
        Task("grant", 10 * HOUR, pools=(0,), needs=("check",)),
        capacities=(1,),
        cases=3,
        arrivals=Traced((0, 2 * HOUR, 3 * HOUR)),
    )
    slow_second = with_desk(plan, 0, own=Exponential(4.0 * HOUR), stream=11)

    def overtakes(seed: int) -> bool:
        first, second, third = only(slow_second, seed).end[:, 0].tolist()
        return first < 3 * HOUR and third < second < first + 10 * HOUR

    seed = next(seed for seed in range(100) if overtakes(seed))
    came = only(slow_second, seed)
    filed = only(with_pool(slow_second, 0, order=ByFiling()), seed)
    assert came.start[2, 1] < came.start[1, 1]
    assert filed.start[1, 1] < filed.start[2, 1]


GRAHAM = {5: ("T4",), 6: ("T4",), 7: ("T4",), 8: ("T4",), 9: ("T1",)}


@pytest.mark.parametrize(
    ("needs", "order", "days"),
    [
        (GRAHAM, range(1, 10), 12),
        ({7: ("T4",), 8: ("T4",), 9: ("T1",)}, range(1, 10), 16),
        (GRAHAM, (1, 2, 4, 5, 6, 3, 9, 7, 8), 14),
    ],
    ids=["as listed", "two prerequisites removed", "another list"],
)
def test_list_order_gives_grahams_makespans(needs, order, days):
    """Served by list, fewer prerequisites make the project longer: 16 days for 12 (Graham 1969)."""
    lengths = (3, 2, 2, 2, 4, 4, 4, 4, 9)
    tasks = [Task(f"T{n}", lengths[n - 1] * DAY, pools=(0,), needs=needs.get(n, ())) for n in order]
    plan = with_pool(plan_of(*tasks, capacities=(3,)), 0, order=ByList())
    assert only(plan).finish.tolist() == [days * DAY]


def test_an_office_may_finish_what_it_has_begun():
    """With the closing rule 'finish' a two-hour case begun at four ends at six the same day."""
    plan = plan_of(
        Task("window", 2 * HOUR, pools=(0,)),
        capacities=(1,),
        calendars=(NINE_TO_FIVE,),
        arrivals=Traced((16 * HOUR, 16 * HOUR)),
        cases=2,
    )
    assert only(plan).end[:, 0].tolist() == [DAY + 10 * HOUR, DAY + 12 * HOUR]
    assert only(with_desk(plan, 0, finishes=True)).end[:, 0].tolist() == [
        18 * HOUR,
        DAY + 11 * HOUR,
    ]


def test_a_colleague_who_is_away_is_not_waited_for():
    """A Monday-only colleague makes nobody wait while the full-timer is free (Prosimos: 28.6 h)."""
    weekdays = NINE_TO_FIVE
    monday = [((9 * HOUR, 17 * HOUR),) if day % 7 == 0 else () for day in range(weekdays.days)]
    plan = plan_of(
        Task("review", HOUR, pools=(0,)),
        capacities=(2,),
        calendars=(weekdays, Calendar.of_days(MONDAY, monday)),
        arrivals=Traced(tuple(day * DAY + 10 * HOUR for day in range(365) if day % 7 < 5)),
        cases=261,
    )
    plan = with_pool(plan, 0, shifts=(Shift(1, 1), Shift(0, 1)))
    trace = only(plan)
    assert (trace.start == trace.ready).all()
    assert (trace.end - trace.start == HOUR).all()


def test_two_colleagues_of_different_hours_share_one_queue():
    """While the full-timer is busy the part-timer takes the next file, and none on his day off."""
    plan = plan_of(
        Task("review", 3 * HOUR, pools=(0,)),
        capacities=(2,),
        calendars=(
            NINE_TO_FIVE,
            Calendar.of_days(MONDAY, [((9 * HOUR, 17 * HOUR),), (), ()] * 100),
        ),
        cases=4,
    )
    plan = with_pool(plan, 0, shifts=(Shift(0, 1), Shift(1, 1)))
    trace = only(plan)
    # the full-timer is listed first; at three both take another, which goes on after closing
    assert trace.start[:, 0].tolist() == [9 * HOUR, 9 * HOUR, 12 * HOUR, 12 * HOUR]
    assert trace.end[:, 0].tolist() == [12 * HOUR, 12 * HOUR, 15 * HOUR, 15 * HOUR]


def test_nobody_approves_what_he_reviewed():
    """With two people reviewer and approver differ: the approval waits for the other one."""
    task = Task("licence", 2 * HOUR, desks=(((0,), 0, 0, 500), ((0,), 0, 0, 0)))
    other = Task("long", 5 * HOUR, pools=(0,))
    plan = plan_of(task, other, capacities=(2,))
    plan = with_pool(plan, 0, shifts=(Shift(0, 2),))
    assert only(plan).end[0].tolist() == [HOUR, 2 * HOUR, 5 * HOUR]
    differs = with_desk(plan, 1, other_than=0)
    assert only(differs).start[0].tolist() == [0, 5 * HOUR, 0]


def test_an_outage_stops_work_until_the_system_runs_again():
    """Work of 10 h that meets a 5 h outage after 4 h ends after 15 h; arrivals go on."""
    plan = plan_of(Task("entry", 10 * HOUR, pools=(0,)), capacities=(1,), calendars=(
        Calendar.natural(MONDAY, MONDAY + timedelta(30)),))  # fmt: skip
    down = Outage((0,), Fixed(4.0 * HOUR), Fixed(5.0 * HOUR), stream=3)
    trace = only(replace(plan, interruptions=(down,)))
    assert trace.end[0, 0] == 4 * HOUR + 5 * HOUR + 4 * HOUR + 5 * HOUR + 2 * HOUR


def test_absence_takes_the_stated_share_of_days():
    """A person absent on 20 % of days by chance makes work of 100 days take about 125."""
    plan = plan_of(Task("pile", 800 * HOUR, pools=(0,)), capacities=(1,), calendars=(NINE_TO_FIVE,))
    ill = replace(plan, interruptions=(Absence((0,), 0.2, stream=7),))
    run = simulate(ill, 200, seed=5)
    days = [NINE_TO_FIVE.worked(0, int(t.finish[0])) / 8 / HOUR for t in run.replications]
    assert 123.5 < np.mean(days) < 126.5
    assert len(set(days)) > 10
    assert only(plan).finish[0] == NINE_TO_FIVE.add(0, 800 * HOUR)


def test_who_finds_no_room_is_turned_away():
    """With one reviewer and one chair the third of three who come at once is turned away."""
    plan = plan_of(Task("window", HOUR, pools=(0,)), capacities=(1,), cases=3)
    trace = only(with_pool(plan, 0, room=1))
    assert trace.outcome.tolist() == [Outcome.FINISHED, Outcome.FINISHED, Outcome.TURNED_AWAY]
    assert trace.finish.tolist() == [HOUR, 2 * HOUR, 0]


def test_applicants_withdraw_when_they_wait_too_long():
    """With 90 minutes of patience the second of two waits his hour, the third withdraws."""
    plan = plan_of(Task("window", HOUR, pools=(0,)), capacities=(1,), cases=3)
    trace = only(with_desk(plan, 0, patience=Fixed(1.5 * HOUR), stream=5))
    assert trace.outcome.tolist() == [Outcome.FINISHED, Outcome.FINISHED, Outcome.WITHDRAWN]
    assert trace.finish.tolist() == [HOUR, 2 * HOUR, 1.5 * HOUR]


def test_other_duties_delay_the_next_case():
    """A clerk who turns to 2 h of other duties when idle takes a case of 1 h only at 2 h."""
    plan = plan_of(
        Task("window", HOUR, pools=(0,)), capacities=(1,), arrivals=Traced((HOUR,)), cases=1
    )
    assert only(plan).start[0, 0] == HOUR
    assert only(with_pool(plan, 0, errand=Fixed(2.0 * HOUR))).start[0, 0] == 2 * HOUR


def test_pooling_windows_shortens_waits():
    """Four windows that accept everything keep people waiting less than four of one kind each."""
    tasks = [Task(f"t{n}", OwnWork(stream_of(f"t{n}"), 600, Exponential(1)), pools=(n,))
             for n in range(4)]  # fmt: skip
    pooled = [replace(task, pools=(0,)) for task in tasks]
    kinds = tuple(CaseType(f"t{n}", Name(f"事项{n}")) for n in range(4))
    waits = []
    for of, people in ((tasks, (1,) * 4), (pooled, (4,))):
        plan = plan_of(*of, capacities=people, arrivals=Poisson(200.0), cases=2000)
        steps = tuple(replace(step, of=n) for n, step in enumerate(plan.steps))
        trace = only(replace(plan, steps=steps, types=kinds), 3)
        waits.append(int((trace.start - trace.ready).sum()))
    assert waits[1] < waits[0] / 2


def test_types_of_cases_share_people_and_keep_their_own_steps():
    """Each case goes through the steps of its type alone; the others leave no trace of work."""
    plan = two_types(HOUR, (0, 0), (0,))
    trace = only(plan)
    assert trace.types.tolist() == [0, 1, 1]
    assert trace.served.tolist() == [[True, False], [False, True], [False, True]]
    assert trace.work.tolist() == [[HOUR, 0], [0, HOUR], [0, HOUR]]


def test_types_come_in_the_stated_mix():
    """With weights 3 and 1 three quarters of the cases are of the first type."""
    plan = with_step(plan_of(Task("a", 0), Task("b", 0), cases=4000), 1, of=1)
    types = (replace(URGENT_AND_PLAIN[0], weight=3.0), URGENT_AND_PLAIN[1])
    share = (only(replace(plan, types=types)).types == 0).mean()
    assert 0.72 < share < 0.78
