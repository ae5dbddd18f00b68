"""From what a planner says of arrivals to the stream that engines draw."""

from __future__ import annotations

from scenarios.arrivals import Booked, Poisson, Profiled, Traced
from scenarios.scenario import Scenario

WORKING_DAYS_A_YEAR = 250
"""Working days of a year on which ``per_year`` volumes are spread (seeds: 250 wd a year)."""


def stream_of_cases(scenario: Scenario, day_ticks: int) -> Poisson | Profiled | Traced | Booked:
    """Return when a scenario's cases come; ``day_ticks`` are those of a working day."""
    habit = scenario.life.arrivals
    per_year = max(scenario.cases.per_year, 1)
    gap = day_ticks * WORKING_DAYS_A_YEAR / per_year
    if habit.trace:
        return Traced(habit.trace)
    if habit.slot_minutes:
        return Booked(Poisson(gap), habit.slot_minutes * 60, habit.seats)
    plain = (1.0,) * 7, (1.0,) * 12, (), 1.0
    if (habit.weekdays, habit.months, habit.hours, habit.dispersion) == plain:
        return Poisson(gap)
    opening = scenario.hours[0].open  # the hours in which working days are counted
    hours = habit.hours or tuple((start, end, 1.0) for start, end in opening)
    return Profiled(
        per_year / WORKING_DAYS_A_YEAR,
        habit.weekdays,
        hours,
        habit.months,
        habit.dispersion,
        worked_only=True,
    )
