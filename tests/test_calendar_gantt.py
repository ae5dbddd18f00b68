"""The Gantt chart on the calendar: bars stand on the dates that counting by hand gives."""

from __future__ import annotations

import re
from datetime import date

from results.calendar_gantt import calendar_gantt
from results.display import Group, Rect, every
from results.series import days_by_stage, days_of_step
from rules import Duration, Edge, Name, Procedure, Step
from rules.calendars import WorkingDays
from scenarios import compile_plan, load
from simulator import simulate


def two_steps(days: int) -> Procedure:
    a = Step("a", Name("踏勘", "Survey"), "land", duration=Duration(days))
    b = Step("b", Name("许可", "Permit"), "plan", duration=Duration(7))
    return Procedure(Name("两步", "Two steps"), (a, b), (Edge("a", "b"),))


def test_bars_stand_on_their_dates():
    """Five working days from Monday 2024-03-04 end on Friday; seven more on Tuesday the 19th."""
    picture = calendar_gantt(two_steps(5), date(2024, 3, 4), WorkingDays.china(), language="en")
    groups = {s.key: s for s in every(picture.shapes) if isinstance(s, Group) and s.key}
    off = sorted(key for key, group in groups.items() if group.classes == "off-day")
    assert off == ["2024-03-09", "2024-03-10", "2024-03-16", "2024-03-17"][: len(off)]
    assert off[:2] == ["2024-03-09", "2024-03-10"]
    assert "2024-03-04 - 2024-03-08" in groups["a"].title
    assert "2024-03-11 - 2024-03-19" in groups["b"].title
    bars = {key: next(s for s in groups[key].shapes if isinstance(s, Rect)) for key in ("a", "b")}
    weekend = [next(s for s in groups[day].shapes if isinstance(s, Rect)) for day in off[:2]]
    day = weekend[0].width
    assert abs(bars["a"].width - 5 * day) < 1e-6
    assert abs(bars["b"].width - 9 * day) < 1e-6
    # the weekend lies between the two bars
    assert abs(bars["a"].x + bars["a"].width - weekend[0].x) < 1e-6
    assert abs(weekend[1].x + day - bars["b"].x) < 1e-6


def test_the_baseline_lies_beneath():
    """Where a step lay before is drawn under where it lies now."""
    days = WorkingDays.china()
    alone = calendar_gantt(two_steps(5), date(2024, 3, 4), days, language="zh")
    both = calendar_gantt(
        two_steps(5), date(2024, 3, 4), days, baseline=two_steps(10), language="zh"
    )
    drawn = [
        sum(isinstance(s, Rect) and s.classes == "baseline" for s in every(picture.shapes))
        for picture in (alone, both)
    ]
    assert drawn == [0, 2]
    assert "许可" in both.svg()
    assert not re.search(r"https?://(?!www\.w3\.org)", both.svg())


def test_days_of_steps_add_up_to_those_of_stages():
    """Where one step's days go is part of where its stage's days go."""
    scenario = load("county-filing-small")
    run = simulate(compile_plan(scenario), 5, 1)
    stages = days_by_stage(scenario, run)
    steps = [days_of_step(run, step.key) for step in scenario.procedure.steps]
    for part in ("touch", "queue", "dwell", "notice"):
        of_steps = sum(getattr(step, part) for step in steps if step is not None)
        assert abs(of_steps - sum(getattr(stage, part) for stage in stages)) < 1e-9
    assert days_of_step(run, "nobody") is None
