"""From a scenario to the Plan that engines run."""

from __future__ import annotations

from functools import reduce

import networkx as nx

from rules import Calendar, Duration, Kind, Step, Unit
from rules.calendars import Calendar as _Calendar
from rules.steps import NO_TIME
from scenarios.arrivals import AtOnce, Poisson
from scenarios.distributions import Distribution, Fixed
from scenarios.plan import (
    AMPLE,
    NO_LAG,
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
from scenarios.scenario import NATURAL, Scenario
from scenarios.streams import stream_of

WORKING_DAYS_A_YEAR = 250
"""Working days of a year on which ``per_year`` volumes are spread (seeds: 250 wd a year)."""

_SECONDS = {Unit.HOUR: 3600, Unit.MINUTE: 60}
_UNSTAFFED = (Kind.NOTICE, Kind.WAIT)


def compile_plan(scenario: Scenario, *, on_paper: bool = False) -> Plan:
    """Return the plan of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Read and checked.
    on_paper : bool
        One case, ample staff and no luck: the plan whose run gives the paper numbers.
    """
    return _Compiler(scenario, on_paper).plan()


class _Compiler:
    """Gathers calendars, pools and desks while it walks the steps."""

    def __init__(self, scenario: Scenario, on_paper: bool) -> None:
        self.scenario = scenario
        self.on_paper = on_paper
        self.by_hours = scenario.calendars()
        counting = scenario.hours[0].key
        self.calendars: list[Calendar] = [self.by_hours[counting]]
        self.calendar_index: dict[tuple[str, ...], int] = {(counting,): 0}
        self.desks: list[Desk] = []
        self.pools: list[Pool] = []
        self.pool_index: dict[str, int] = {}
        for office in scenario.offices:
            for role, people in (("window", office.windows), ("reviewer", office.reviewers)):
                if people:
                    key = f"{office.key}.{role}"
                    self.pool_index[key] = len(self.pools)
                    capacity = AMPLE if on_paper else people
                    calendar = self.calendar((office.hours,))
                    self.pools.append(Pool(key, office.name, capacity, calendar))

    def plan(self) -> Plan:
        procedure = self.scenario.procedure
        place = {key: index for index, key in enumerate(procedure.keys)}
        graph = procedure.order_graph()
        order = list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
        index = {key: number for number, key in enumerate(order)}
        steps = tuple(self.step(index[key], procedure[key]) for key in order)
        links = tuple(
            Link(index[before], index[after], self.lag(data["edge"].lag))
            for before, after, data in sorted(
                graph.edges(data=True), key=lambda e: (index[e[0]], index[e[1]])
            )
        )
        cases = self.scenario.cases
        gap = self.calendars[0].day_ticks * WORKING_DAYS_A_YEAR / max(cases.per_year, 1)
        return Plan(
            key=self.scenario.key,
            steps=steps,
            links=links,
            desks=tuple(self.desks),
            pools=tuple(self.pools),
            calendars=tuple(self.calendars),
            arrivals=AtOnce() if self.on_paper else Poisson(gap),
            cases=1 if self.on_paper else cases.number,
        )

    def calendar(self, hours: tuple[str, ...]) -> int:
        """Return the index of the calendar that is open when all of ``hours`` are."""
        hours = tuple(sorted(set(hours)))
        if hours not in self.calendar_index:
            self.calendar_index[hours] = len(self.calendars)
            parts = [self.by_hours[key] for key in hours]
            self.calendars.append(reduce(_Calendar.intersect, parts))
        return self.calendar_index[hours]

    def step(self, index: int, step: Step) -> PlanStep:
        first = len(self.desks)
        office = self.scenario.office(step.department) if step.department else None
        hours = office.hours if office else self.scenario.hours[0].key
        natural = step.duration.unit is Unit.NATURAL_DAY
        own = self.calendar((NATURAL if natural else hours,))
        if step.kind in _UNSTAFFED or office is None:
            self.desks.append(Desk(index, "notice", (), own))
        else:
            window = self.pool_index.get(f"{office.key}.window")
            if window is not None:
                minutes = self.scenario.handling.window_minutes
                self.desks.append(Desk(index, "window", (window,), own, fixed=minutes * 60))
            offices = [self.scenario.office(key) for key in step.departments]
            reviewers = tuple(self.pool_index[f"{o.key}.reviewer"] for o in offices)
            together = self.calendar(tuple(o.hours for o in offices))
            share = self.scenario.handling.review_share[step.kind]
            self.desks.append(Desk(index, "review", reviewers, together, share=share))
            if share < 1000:
                self.desks.append(Desk(index, "dwell", (), own))
        return PlanStep(
            key=step.key,
            name=step.name,
            kind=step.kind,
            office=step.department,
            work=self.work(step, own),
            desks=tuple(range(first, len(self.desks))),
        )

    def work(self, step: Step, calendar: int) -> Work:
        if len(step.members) == 1 and step.rule is None:
            return self.work(step.members[0], calendar)
        if step.rule is not None:
            return JointWork(
                rule=step.rule,
                members=tuple((m.key, self.work(m, calendar)) for m in step.members),
                day_ticks=self.calendars[calendar].day_ticks,
            )
        spread: Distribution = self.scenario.handling.spread
        if self.on_paper or step.kind in _UNSTAFFED:
            spread = Fixed(1.0)
        return OwnWork(stream_of(step.key), self.ticks(step.duration, calendar), spread)

    def ticks(self, duration: Duration, calendar: int) -> int:
        if duration.unit in _SECONDS:
            return duration.amount * _SECONDS[duration.unit]
        return duration.amount * self.calendars[calendar].day_ticks

    def lag(self, lag: Duration) -> Lag:
        if lag == NO_TIME:
            return NO_LAG
        natural = lag.unit is Unit.NATURAL_DAY
        calendar = self.calendar((NATURAL,)) if natural else 0
        return Lag(self.ticks(lag, calendar), calendar)
