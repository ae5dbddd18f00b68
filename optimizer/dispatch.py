"""A schedule tried where durations are not those on paper: its order, kept by the offices.

The simulator serves every queue in the order in which the schedule starts the work. With
the durations of the plan on paper it gives the schedule itself, to the tick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimizer.scheduling import Schedule
from scenarios.arrivals import Traced
from scenarios.orders import FirstCome, Planned, QueueOrder
from scenarios.plan import AMPLE, Plan
from simulator import Interval, mean_interval, quantile_interval, simulate

LEVEL = 0.95
"""Confidence of the intervals."""

WAYS = ("sequence", "list", "first_come")
"""How offices may use a schedule: keep its sequence and wait for whose turn it is; take who is
first on its list of those who are there; or not look at it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a schedule in replications.

    Attributes
    ----------
    way : str
        One of :data:`WAYS`.
    mean, p90 : Interval
        Working days until the last project is over, over replications.
    kept : int
        Replications that took no longer than the schedule says.
    """

    way: str
    mean: Interval
    p90: Interval
    kept: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A schedule against chance.

    Attributes
    ----------
    planned : float
        Working days of the schedule.
    replications, seed : int
        How it was tried; all ways share their luck.
    tried : tuple of Tried
        One for each of :data:`WAYS`.
    """

    planned: float
    replications: int
    seed: int
    tried: tuple[Tried, ...]

    def to_json(self) -> dict[str, object]:
        """Return the trial as plain values; days are working days."""
        return {
            "planned": round(self.planned, 6),
            "replications": self.replications,
            "seed": self.seed,
            "unit": "wd",
            "level": LEVEL,
            "ways": [
                {
                    "way": each.way,
                    "mean": _interval(each.mean),
                    "p90": _interval(each.p90),
                    "kept": each.kept / self.replications,
                }
                for each in self.tried
            ],
        }


def as_dispatch(plan: Plan, schedule: Schedule, *, way: str = "sequence") -> Plan:
    """Return the plan of the schedule's projects, served in its order.

    Parameters
    ----------
    plan : Plan
        What was scheduled.
    schedule : Schedule
        Of this plan.
    way : str
        One of :data:`WAYS`.

    Raises
    ------
    ValueError
        If the schedule is of another plan, or there is no such way.
    """
    if schedule.plan != plan.key or len(schedule.desk_steps) != len(plan.desks):
        raise ValueError(f"the schedule is of {schedule.plan}, not of {plan.key}")
    if way not in WAYS:
        raise ValueError(f"{way!r} is none of {', '.join(WAYS)}")
    order: QueueOrder = FirstCome()
    if way != "first_come":
        work = sorted(
            (schedule.desk_starts[project][desk], schedule.desk_ends[project][desk], project, desk)
            for project in range(schedule.projects)
            for desk in range(len(plan.desks))
        )
        places = [[0] * len(plan.desks) for _ in range(schedule.projects)]
        for place, (*_, project, desk) in enumerate(work):
            places[project][desk] = place
        order = Planned(tuple(map(tuple, places)), way == "sequence")
    return replace(
        plan,
        pools=tuple(
            pool if pool.capacity >= AMPLE else replace(pool, order=order) for pool in plan.pools
        ),
        arrivals=Traced(schedule.releases),
        cases=schedule.projects,
        in_flight=(),
        until=0,
    )


def try_schedule(plan: Plan, schedule: Schedule, replications: int, seed: int = 1) -> Trial:
    """Return what becomes of a schedule when durations are drawn by chance."""
    counting, day = plan.calendars[0], plan.day_ticks
    tried = []
    for way in WAYS:
        run = simulate(as_dispatch(plan, schedule, way=way), replications, seed)
        ticks = [counting.worked(0, int(trace.finish.max())) for trace in run.replications]
        days = [each / day for each in ticks]
        tried.append(
            Tried(
                way,
                mean_interval(days, LEVEL),
                quantile_interval(days, 0.9, LEVEL),
                sum(each <= schedule.makespan_ticks for each in ticks),
            )
        )
    return Trial(float(schedule.makespan), replications, seed, tuple(tried))


def _interval(interval: Interval) -> dict[str, float | int | None]:
    ends = {"low": interval.low, "high": interval.high}
    return {
        "estimate": round(interval.estimate, 6),
        **{key: None if end is None else round(end, 6) for key, end in ends.items()},
        "n": interval.n,
    }
