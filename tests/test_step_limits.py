"""The limits of all steps at once are those of every step for itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from everything import everything
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import HOUR, Task, plan_of, with_desk, with_step

from rules import Kind
from rules.calendars import BeyondCalendar
from scenarios.plan import Plan, Watch
from simulator.account import account_row, columns
from simulator.clocks import late, step_clocks
from simulator.simpy_engine import simulate_replication
from simulator.trace import Trace

LIMITS = st.sampled_from([0, HOUR // 2, HOUR, 5 * HOUR, 20 * HOUR])
FEATURES = ("routes", "meeting", "types", "until", "facts", "consultation", "silence")


@st.composite
def watched(draw: st.DrawFn) -> Plan:
    """Plans with promised and statutory limits on any calendar, some of which are extended."""
    features = draw(st.sampled_from([FEATURES, ("consultation",), ("routes", "consultation")]))
    plan = draw(everything(features))
    desks = tuple(replace(desk, name=f"d{number}") for number, desk in enumerate(plan.desks))
    calendars = st.integers(0, len(plan.calendars) - 1)
    steps = tuple(
        replace(
            step,
            kind=draw(st.sampled_from([Kind.APPROVAL, Kind.APPROVAL, Kind.NOTICE])),
            promise=draw(LIMITS),
            statute=draw(LIMITS),
            extension=draw(LIMITS),
            promise_calendar=draw(calendars),
            limit_calendar=draw(calendars),
            beside=tuple(each for each in step.desks if desks[each].answers >= 0),
        )
        for step in plan.steps
    )
    return replace(plan, steps=steps, desks=desks, watch=Watch(800, draw(st.booleans()), 0.5))


def one_by_one(plan: Plan, trace: Trace) -> Counter[tuple[str, str, str]]:
    """Return what the account says of steps and lights, step by step."""
    found: Counter[tuple[str, str, str]] = Counter()
    visits, watch = trace.visits(), plan.watch
    assert watch is not None

    def light(step: int, limit: int, colour: str, spared: set[int], extension: int = 0) -> None:
        passed = late(plan, trace, step, limit, promised=watch.promised, visits=visits)
        passed = [each for each in passed if each.case not in spared]
        if spared:
            beyond = late(plan, trace, step, limit + extension, promised=False, visits=visits)
            passed += [each for each in beyond if each.case in spared]
        for each in passed:
            found["light", f"{step}/{each.desk}", colour] += 1

    for number, step in enumerate(plan.steps):
        if not (step.promise or step.statute) or step.kind is Kind.NOTICE or step.after_issue:
            continue
        spared: set[int] = set()
        if step.promise:
            times = step_clocks(plan, trace, number, promised=True, visits=visits)
            found["step", step.key, "promised"] += len(times.cases)
            found["step", step.key, "kept"] += int((times.counted <= step.promise).sum())
        if step.statute:
            times = step_clocks(plan, trace, number, visits=visits)
            warned = times.cases[times.counted > step.statute * watch.warning // 1000]
            if step.extension and trace.extended.size:
                spared = set(warned[trace.extended[warned, number]].tolist())
            longer = step.statute + step.extension * np.isin(times.cases, list(spared))
            found["step", step.key, "limited"] += len(times.cases)
            found["step", step.key, "lawful"] += int((times.counted <= longer).sum())
            found["step", step.key, "extended"] += len(spared)
        if limit := step.promise if watch.promised else step.statute:
            light(number, limit * watch.warning // 1000, "yellow", set())
            light(number, limit, "red", set() if watch.promised else spared, step.extension)
    return found


@settings(max_examples=120)
@given(watched(), st.integers(0, 3))
def test_all_steps_at_once_are_each_for_itself(plan: Plan, replication: int):
    """Decisions, those in time, extensions, and the desks at which each light came on."""
    try:
        trace = simulate_replication(plan, 3, replication)
        numbers = account_row(plan, trace).tolist()
    except BeyondCalendar:
        return  # somebody waits for ever, or a calendar is too short to count in
    names = columns(plan)
    row = dict(zip(names, numbers, strict=True))
    plain = one_by_one(plan, trace)
    for key, number in plain.items():
        if key[0] == "step":
            assert row[key] == number, key
    assert sum(row[key] for key in names if key[0] == "step") == sum(
        number for key, number in plain.items() if key[0] == "step"
    )
    for colour in ("yellow", "red"):
        lit: Counter[str] = Counter()
        for (what, where, light), number in plain.items():
            if (what, light) == ("light", colour):
                step, desk = map(int, where.split("/"))
                lit[f"{plan.steps[step].key}/{plan.desks[desk].name}"] += number
        assert {key: row["light", key, colour] for key in lit} == lit
        assert sum(row[key] for key in names if key[2] == colour) == lit.total()


def lights(plan: Plan) -> dict[str, int]:
    """Return at how many limits each desk's red light came on."""
    row = account_row(plan, simulate_replication(plan, 1, 0))
    at = dict(zip(columns(plan), row.tolist(), strict=True))
    return {key: number for (_, key, light), number in at.items() if light == "red"}


def test_the_light_is_red_at_the_desk_where_the_limit_passed():
    """Two desks of an hour each: after an hour the first is just in time, the second is late."""
    task = Task("a", 2 * HOUR, desks=(((), 0, HOUR, 0), ((), 0, 0, 1000)))
    plan = replace(plan_of(task), watch=Watch(800, False, 0.0))
    plan = with_desk(with_desk(plan, 0, name="first"), 1, name="second")
    for limit, first, second in ((HOUR, 0, 1), (HOUR - 1, 1, 0), (2 * HOUR, 0, 0)):
        found = lights(with_step(plan, 0, statute=limit))
        assert found == {"a/first": first, "a/second": second}
