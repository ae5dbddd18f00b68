"""From scenarios to the Plan that engines run."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

import networkx as nx

from rules import Calendar, Duration, Kind, Name, Step, Unit
from rules.calendars import Calendar as _Calendar
from rules.dealing import Sitting
from rules.problems import InputError
from rules.steps import NO_TIME
from scenarios.after_result import after_result, single
from scenarios.arrival_habits import stream_of_cases
from scenarios.arrivals import AtOnce, Booked, Poisson, Profiled, Several, Traced
from scenarios.desk_chain import (
    DEEMED,
    OPINION,
    UNSTAFFED,
    DeskChain,
    Surroundings,
    deciding,
    scaled,
)
from scenarios.distributions import Distribution, Fixed
from scenarios.gatherings import Consultation, Meeting
from scenarios.interruptions import Absence, Interruption, Outage
from scenarios.legal_limits import LegalLimits
from scenarios.life import PLAIN, Sittings
from scenarios.lower_review import LowerReview
from scenarios.orders import ORDERS
from scenarios.plan import (
    AMPLE,
    NO_LAG,
    ONE_TYPE,
    CaseType,
    Desk,
    Fact,
    InFlight,
    JointWork,
    Lag,
    Link,
    OwnWork,
    Part,
    Plan,
    PlanStep,
    Pool,
    Route,
    Shift,
    Silence,
    Slower,
    Sorting,
    Supervision,
    Watch,
    When,
    Work,
)
from scenarios.plan_checks import problems_of_plan
from scenarios.pooling import pooled_windows
from scenarios.scenario import NATURAL, Office, Scenario, staffed_offices
from scenarios.sections import Section, with_skills
from scenarios.sorting import sorted_out
from scenarios.streams import stream_of

_SECONDS = {Unit.HOUR: 3600, Unit.MINUTE: 60}
_DAY = 86_400
_SITS_AT = 14 * 3600


def compile_plan(scenario: Scenario, *, on_paper: bool = False) -> Plan:
    """Return the plan of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Read and checked.
    on_paper : bool
        One case, ample staff and no luck: the plan whose run gives the paper numbers.

    Raises
    ------
    InputError
        If the scenario's parts do not fit together: a person who would review his own
        decision, a meeting that never sits, a queue order that could lock up.
    """
    if scenario.sorts and not on_paper:
        return Compiler(*sorted_out(scenario), key=scenario.key).plan()
    return Compiler((scenario,), on_paper=on_paper).plan()


def compile_together(scenarios: Sequence[Scenario]) -> Plan:
    """Return one plan of several procedures whose cases share offices.

    The first scenario's calendar, offices, handling and life hold; offices that only
    others name are added. Each scenario is one case type and keeps its own volume.

    Raises
    ------
    InputError
        As :func:`compile_plan`; also if an office of one key has other people elsewhere.
    """
    people: dict[str, Office] = {}
    for scenario in scenarios:
        if scenario.sorts:
            raise InputError.at(
                scenario.key, 0, "has [[type]] tables already: put all types into one folder"
            )
        for office in scenario.offices:
            known = people.setdefault(office.key, office)
            if (known.windows, known.reviewers) != (office.windows, office.reviewers):
                raise InputError.at(
                    scenario.key,
                    0,
                    f"{office.key}: {office.windows} windows and {office.reviewers} reviewers here,"
                    f" {known.windows} and {known.reviewers} in {scenarios[0].key}",
                )
    offices = tuple(people.values())
    return Compiler(tuple(replace(each, offices=offices) for each in scenarios)).plan()


class Compiler:
    """Gathers calendars, pools and desks while it walks the steps."""

    def __init__(
        self,
        scenarios: tuple[Scenario, ...],
        sortings: tuple[Sorting, ...] = (),
        sorting_facts: tuple[Fact, ...] = (),
        *,
        key: str = "",
        on_paper: bool = False,
    ) -> None:
        self.key = key or "+".join(scenario.key for scenario in scenarios)
        self.scenarios = scenarios
        self.scenario = scenario = scenarios[0]
        self.on_paper = on_paper
        self.sortings, self.sorting_facts = sortings, sorting_facts
        self.life = PLAIN if on_paper else scenario.life
        self.by_hours = scenario.calendars()
        self.counting = scenario.hours[0].key
        self.calendars: list[Calendar] = [self.by_hours[self.counting]]
        self.calendar_index: dict[tuple[str, ...], int] = {(self.counting,): 0}
        self.desks: list[Desk] = []
        self.steps: list[PlanStep] = []
        self.links: list[Link] = []
        self.pools: list[Pool] = []
        self.pool_index: dict[str, int] = {}
        self.interruptions: list[Interruption] = []
        self.sections: dict[int, tuple[Section | None, ...]] = {}
        self.members: dict[int, tuple[str, ...]] = {}
        self.facts = self._facts()
        self.limits = LegalLimits(
            scenario.procedure.on,
            scenario.procedure.jurisdiction,
            watched=self.life.ways.clock is not None,
            ticks=self.ticks,
            natural=lambda: self.calendar((NATURAL,)),
        )
        changes = tuple(change for each in scenarios for change in each.procedure.staffing)
        self.offices = {office.key: office for office in staffed_offices(scenario.offices, changes)}
        pooled = pooled_windows(self.offices, self.life.pooled, self.life.staff)
        for office in self.offices.values():
            self._staff(office, pooled)
        for place in self.life.places:
            name = Name(place.key, place.key)
            for role, number in (("window", place.windows), ("reviewer", place.reviewers)):
                if number:
                    self._pool(f"{place.key}.{role}", name, number, (self.counting,))
        for crew in self.life.crews:
            hours = (crew.hours or self.counting,)
            self._pool(f"{crew.key}.crew", Name(crew.key, crew.key), crew.crews, hours)
        if self.life.agents is not None:
            number = self.life.agents.number * self.life.agents.caseload
            self._pool("agents", Name("代办员", "Agents"), number, (self.counting,))

    # --- people -----------------------------------------------------------------------

    def _staff(self, office: Office, pooled: Mapping[str, tuple[str, Name, int]]) -> None:
        approvers = dict(self.life.approvers).get(office.key, 0)
        numbers = {"window": office.windows, "reviewer": office.reviewers, "approver": approvers}
        if office.key in pooled:
            holder, name, windows = pooled[office.key]
            key = f"{holder}.window"
            if windows and key not in self.pool_index:
                self._pool(key, name, windows, (office.hours,))
            if windows:
                self.pool_index[f"{office.key}.window"] = self.pool_index[key]
        for role, people in numbers.items():
            if people and f"{office.key}.{role}" not in self.pool_index:
                self._pool(f"{office.key}.{role}", office.name, people, (office.hours,))
        if self.on_paper:
            return
        for role, people in numbers.items():
            listed = [each for each in self.life.staff if (each.office, each.role) ==
                      (office.key, role)]  # fmt: skip
            part_time = [
                each for each in self.life.part_time if each[0] == office.key
            ] if role == "reviewer" else []  # fmt: skip
            if people and (listed or part_time or (role == "reviewer" and self.life.absence)):
                self._one_by_one(f"{office.key}.{role}", office.hours, people, listed, part_time)

    def _pool(self, key: str, name: Name, people: int, hours: tuple[str, ...]) -> None:
        word = dict(self.life.orders).get(key.rpartition(".")[0], self.life.order)
        self.pool_index[key] = len(self.pools)
        capacity = AMPLE if self.on_paper else people
        pool = Pool(key, name, capacity, self.calendar(hours), ORDERS[word])
        self.pools.append(pool)

    def _one_by_one(
        self,
        key: str,
        hours: str,
        people: int,
        listed: Sequence[Section],
        part_time: Sequence[tuple[str, str, int]],
    ) -> None:
        """Give people of a pool their own skills, hours and days of absence."""
        index = self.pool_index[key]
        rest = people - sum(each.people for each in listed) - sum(each[2] for each in part_time)
        if rest < 0:
            raise InputError.at(
                self.key, 0, f"{key}: {people - rest} people are listed and {people} work there"
            )
        groups: list[tuple[str, int, Section | None]] = [
            (each.hours or hours, each.people, each) for each in listed
        ]
        groups += [(hours, rest, None)]
        groups += [(other, number, None) for _, other, number in part_time]
        shifts, sections = [], []
        persons: dict[str, int] = {}
        for word, number, section in groups:
            if not number:
                continue
            if not self.life.absence or not key.endswith(".reviewer"):
                shifts.append(Shift(self.calendar((word,)), number))
                sections.append(section)
                continue
            for _ in range(number):
                person = persons[word] = persons.get(word, -1) + 1
                own = len(self.calendars)
                self.calendars.append(self.by_hours[word])
                stream = stream_of(f"absence:{key}:{word}:{person}")
                self.interruptions.append(Absence((own,), self.life.absence, stream))
                shifts.append(Shift(own, 1))
                sections.append(section)
        self.pools[index] = replace(self.pools[index], shifts=tuple(shifts))
        self.sections[index] = tuple(sections)

    def _facts(self) -> tuple[Fact, ...]:
        facts = []
        if self.life.completeness is not None:
            share = self.life.completeness.incomplete
            facts.append(
                Fact("complete", ("yes", "no"), (1 - share, share), stream_of("fact:complete"))
            )
        if self.life.places:
            keys = tuple(place.key for place in self.life.places)
            shares = tuple(place.share for place in self.life.places)
            facts.append(Fact("place", keys, shares, stream_of("fact:place")))
        if self.life.after_issue is not None and self.life.after_issue.spot_checks:
            share = self.life.after_issue.spot_checks
            facts.append(
                Fact("checked", ("no", "yes"), (1 - share, share), stream_of("fact:checked"))
            )
        return (*self.sorting_facts, *facts)

    def fact(self, key: str) -> int:
        """Return the index of a fact by its key, or -1."""
        return next((n for n, fact in enumerate(self.facts) if fact.key == key), -1)

    # --- the plan ---------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return the plan, with everything checked that only shows when it is put together."""
        for number, scenario in enumerate(self.scenarios):
            self._type(number, scenario)
        life, cases = self.life, [scenario.cases.number for scenario in self.scenarios]
        if self.sortings:
            cases = [sorting.number for sorting in self.sortings]
        waiting = self._in_flight()
        outage = life.outage
        if outage is not None:
            every = tuple(range(len(self.calendars)))
            open_hours = tuple(n for n in every if self.calendars[n] is not self._natural())
            up, down = scaled(outage.up, 3600), scaled(outage.down, 3600)
            self.interruptions.append(Outage(open_hours, up, down, stream_of("outage")))
        after = life.after_issue
        plan = Plan(
            key=self.key,
            steps=tuple(self.steps),
            links=tuple(sorted(self.links, key=lambda link: (link.before, link.after))),
            desks=tuple(self.desks),
            pools=with_skills(self.pools, self.sections, self.desks, self.members),
            calendars=tuple(self.calendars),
            arrivals=self._arrivals(),
            cases=1 if self.on_paper else sum(cases) + len(waiting),
            types=self._types(),
            facts=self.facts,
            interruptions=tuple(self.interruptions),
            learning=self._learning(),
            in_flight=waiting,
            supervision=None
            if after is None or not after.applicants
            else Supervision(
                after.applicants,
                after.finding,
                after.after_days * _DAY,
                after.hold_days * _DAY,
                stream_of("supervision"),
            ),
            until=life.until_days * _DAY,
            sortings=self.sortings,
            watch=self._watch(),
            applicants=self._applicants(),
        )
        if problems := problems_of_plan(plan):
            raise InputError(problems)
        return plan

    def _watch(self) -> Watch | None:
        clock = self.life.ways.clock
        if clock is None:
            return None
        return Watch(clock.warning, clock.lights == "promise", clock.extended)

    def _applicants(self) -> int:
        supervised, after = self.life.ways.supervised, self.life.after_issue
        said = {each.applicants for each in (supervised, after) if each and each.applicants}
        if len(said) > 1:
            first, second = sorted(said)
            raise InputError.at(
                self.key, 0, f"applicants: {first} under one table and {second} under another"
            )
        return said.pop() if supervised is not None and said else 0

    def _natural(self) -> Calendar:
        return self.by_hours[NATURAL]

    def _types(self) -> tuple[CaseType, ...]:
        plain = len(self.scenarios) == 1 and not self.life.promise_days and not self.sortings
        if self.on_paper or plain:
            return ONE_TYPE
        day = self.calendars[0].day_ticks
        return tuple(
            CaseType(
                each.key,
                each.name,
                each.cases.per_year,
                each.life.priority,
                each.life.promise_days * day,
            )
            for each in self.scenarios
        )

    def _arrivals(
        self,
    ) -> AtOnce | Poisson | Profiled | Traced | Booked | Several:
        if self.on_paper:
            return AtOnce()
        day = self.calendars[0].day_ticks
        counted = self.scenario.hours
        parts = tuple(stream_of_cases(replace(s, hours=counted), day) for s in self.scenarios)
        if self.sortings:
            first_of = [sorting.types[0] for sorting in self.sortings]
            numbers = tuple(sorting.number for sorting in self.sortings)
            return Several(tuple(parts[number] for number in first_of), numbers)
        if len(parts) == 1:
            return parts[0]
        return Several(parts, tuple(scenario.cases.number for scenario in self.scenarios))

    def _in_flight(self) -> tuple[InFlight, ...]:
        if self.on_paper:
            return ()
        found: list[InFlight] = []
        for group in self.life.waiting:
            types = {0}
            if self.sortings:
                types = set(next(s.types for s in self.sortings if s.key == group.type))
            # who is in the house has his agent already, beside those counted
            behind = tuple(
                number
                for number, step in enumerate(self.steps)
                if step.of in types and step.key in ("agency", *group.done)
            )
            found += [InFlight(min(types), behind)] * group.number
        return tuple(found)

    def _learning(self) -> tuple[int, ...]:
        learning = self.life.learning
        if learning is None:
            return ()
        days = range(12 * learning.half_life + 1)
        return tuple(
            round(1000 * (1 + learning.extra * 0.5 ** (day / learning.half_life))) for day in days
        )

    def _type(self, number: int, scenario: Scenario) -> None:
        """Add the steps of one procedure, in topological order."""
        procedure = scenario.procedure
        place = {key: index for index, key in enumerate(procedure.keys)}
        graph = procedure.order_graph()
        order = list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
        agents = self.pool_index.get("agents")
        first = len(self.steps)
        if agents is not None:
            single(
                self, "agency", Name("委托代办", "Agency"), number,
                Desk(0, "agent", (agents,), 0, keeps=True),
            )  # fmt: skip
        roots = [key for key in order if not list(graph.predecessors(key))]
        index = {key: len(self.steps) + at for at, key in enumerate(order)}
        for key in order:
            self.steps.append(self.step(index[key], procedure[key], number, key in roots))
        self.links += [
            Link(index[before], index[after], self.lag(data["edge"].lag))
            for before, after, data in graph.edges(data=True)
        ]
        if agents is not None:
            self.links += [Link(first, index[key]) for key in roots]
        last = [index[key] for key in order if not list(graph.successors(key))]
        department = procedure.steps[0].department if procedure.steps else ""
        after_result(self, number, last, department, index)

    def calendar(self, hours: tuple[str, ...]) -> int:
        """Return the index of the calendar that is open when all of ``hours`` are."""
        hours = tuple(sorted(set(hours)))
        if hours not in self.calendar_index:
            self.calendar_index[hours] = len(self.calendars)
            parts = [self.by_hours[key] for key in hours]
            self.calendars.append(reduce(_Calendar.intersect, parts))
        return self.calendar_index[hours]

    def step(self, index: int, step: Step, of: int, first_step: bool) -> PlanStep:
        """Return a step and add its desks."""
        first = len(self.desks)
        self.members[index] = _keys_of(step)
        office = self.offices[step.department] if step.department else None
        around = Surroundings(
            life=self.life,
            handling=self.scenarios[of].handling,
            pool=self.pool_index.get,
            people=lambda pool: self.pools[pool].capacity,
            calendar=self.calendar,
            natural=NATURAL,
            counting=self.counting,
            day_ticks=self.calendars[0].day_ticks,
            place_fact=self.fact("place"),
            stops=self.limits.stops,
        )
        chain = DeskChain(around, step, office)
        reviewers: tuple[int, ...] = ()
        together = 0
        if step.kind not in UNSTAFFED and office is not None:
            offices = [self.offices[key] for key in step.departments]
            reviewers = tuple(
                dict.fromkeys(self.pool_index[f"{each.key}.reviewer"] for each in offices)
            )
            together = self.calendar(tuple(each.hours for each in offices))
        desks = chain.build(reviewers, together, first=first_step)
        desks += self._sittings(step, len(desks))
        desks += self._rework(step, len(desks))
        for desk in desks:
            self.desks.append(_placed(desk, index, first))
            self._know_each_other(self.desks[-1])
        incomplete = self.fact("complete")
        slower: tuple[Slower, ...] = ()
        if incomplete >= 0 and self.life.completeness is not None and step.kind not in UNSTAFFED:
            slower = (Slower(When(incomplete, (1,)), self.life.completeness.slower),)
        return PlanStep(
            key=step.key,
            name=step.name,
            kind=step.kind,
            office=step.department,
            work=self.work(step, chain.own_calendar, of),
            desks=tuple(range(first, len(self.desks))),
            of=of,
            items=tuple((item.key, item.department) for item in deciding(step)),
            lower_reviews=self._lower_reviews(step, chain, first),
            slower=slower,
            promise=self.ticks(step.duration, chain.own_calendar),
            promise_calendar=chain.own_calendar,
            statute=self.limits.statute(step),
            limit_calendar=self.limits.calendar(step),
            extension=self.limits.extension(step),
            silence=self._silence(step, first, desks, chain.own_calendar),
            clearance=self._is_blocked(step),
            beside=tuple(
                first + n
                for n, desk in enumerate(desks)
                if desk.answers >= 0 or desk.name.startswith(OPINION)
            ),
        )

    def _lower_reviews(self, step: Step, chain: DeskChain, first: int) -> tuple[LowerReview, ...]:
        """Return the reviews by lower organs in a step, where limits are watched (art. 43)."""
        rule, said = self.limits.lower_review(step), step.dealing.lower_review
        if not self.limits.watched or (rule is None and said is None):
            return ()
        limit, promise = NO_LAG, NO_LAG
        if rule is not None:
            limit = self.lag(rule.limit)
        if said is not None:
            promise = self.lag(said)
        return tuple(
            LowerReview(
                organ,
                tuple(first + desk for desk in desks),
                limit.ticks,
                limit.calendar,
                "" if rule is None else rule.article,
                promise.ticks,
                promise.calendar,
            )
            for organ, desks in chain.reviewed.items()
        )

    def _is_blocked(self, step: Step) -> bool:
        supervised = self.life.ways.supervised
        return supervised is not None and step.key in supervised.blocks

    def _silence(
        self, step: Step, first: int, desks: Sequence[Desk], calendar: int
    ) -> Silence | None:
        """Return when silence is consent: at the limit, else when the step's days are over."""
        at = [n for n, desk in enumerate(desks) if desk.name == DEEMED and desk.routes]
        if not at:
            return None
        if step.limit is not None and not step.limit.floor:
            calendar = self.limits.calendar(step)
            return Silence(self.limits.statute(step), calendar, first + at[-1])
        return Silence(self.ticks(step.duration, calendar), calendar, first + at[-1])

    def _know_each_other(self, desk: Desk) -> None:
        """Tell people one by one where reviewer and approver must differ."""
        if desk.other_than < 0:
            return
        pool = self.pools[desk.pools[0]]
        if not pool.shifts and pool.capacity < AMPLE:
            self.pools[desk.pools[0]] = replace(pool, shifts=(Shift(pool.calendar, pool.capacity),))

    def _sittings(self, step: Step, at: int) -> list[Desk]:
        """Return the desk of a meeting that decides the step, and of its expert panel."""
        desks = []
        panel = self.life.panel
        asked = [each for each in self.life.meetings if step.key in each.steps]
        if step.dealing.sitting is not None and not asked and not self.on_paper:
            desks.append(self._sitting(step, step.dealing.sitting))
        if panel is not None and step.dealing.expert_review:
            asked.append(panel)
        for sittings in asked:
            pools = tuple(self.pool_index[f"{key}.reviewer"] for key in sittings.members)
            meeting = Meeting(
                sittings.key,
                self._ticks_of(sittings),
                sittings.slots,
                sittings.minutes * 60,
                sittings.quorum,
            )
            reason = (
                "expert_review"
                if sittings is panel and "expert_review" in self.limits.stops
                else ""
            )
            part = Part.STOPPED if reason else Part.WORK
            desks.append(
                Desk(
                    0, sittings.key, pools, 0, own=Fixed(0), gathering=meeting, part=part,
                    reason=reason,
                )
            )  # fmt: skip
        return desks

    def _sitting(self, step: Step, sitting: Sitting) -> Desk:
        """Return the desk of a meeting that a lever has put in (M53); it sits at 14:00."""
        offices = sitting.offices or step.departments
        keys = [f"{office}.reviewer" for office in offices]
        pools = tuple(self.pool_index[key] for key in keys if key in self.pool_index)
        counting = self.calendars[0]
        first = (sitting.weekday - 1 - counting.first_day.weekday()) % 7 if sitting.weekday else 0
        working = sitting.interval.unit is Unit.WORKING_DAY
        days = [
            day
            for day in range(counting.days)
            if counting.worked(day * _DAY, min(day * _DAY + _DAY, counting.horizon))
        ]
        if working:
            days = [day for day in days if day >= first][:: sitting.interval.amount]
        else:
            asked = range(first, counting.days, sitting.interval.amount)
            later = [bisect_left(days, day) for day in asked]
            days = sorted({days[at] for at in later if at < len(days)})
        ticks = tuple(day * _DAY + _SITS_AT for day in days)
        # without a quorum the hour of the meeting is kept free: nobody is waited for
        meeting = Meeting(step.key, ticks, sitting.slots, 0, sitting.quorum)
        return Desk(0, "meeting", pools, 0, own=Fixed(0), gathering=meeting)

    def _ticks_of(self, sittings: Sittings) -> tuple[int, ...]:
        """Return when a meeting sits: every so many weeks, on the next day that is worked."""
        counting = self.calendars[0]
        start = (sittings.weekday - counting.first_day.weekday()) % 7
        ticks = []
        for day in range(start, counting.days, 7 * sittings.every_weeks):
            moment = day * _DAY + sittings.at
            if moment >= counting.horizon or counting.worked(moment, counting.horizon) <= 0:
                break
            open_day = counting.opening(moment) // _DAY
            ticks.append(moment if open_day == day else open_day * _DAY + sittings.at)
        return tuple(sorted(set(ticks)))

    def _rework(self, step: Step, at: int) -> list[Desk]:
        """Return what a conversion may find to be done again (M51)."""
        risk = self.life.simulated
        if risk is None or step.kind is not Kind.CONVERSION or not risk.rework:
            return []
        days = scaled(risk.rework_days, self.calendars[0].day_ticks)
        office = self.pool_index.get(f"{step.department}.reviewer")
        pools = () if office is None else (office,)
        stream = stream_of(f"{step.key}/rework/0")
        ask = Desk(
            0, "conversion-check", (), 0, own=Fixed(0), stream=stream,
            routes=(Route(at + 1, (risk.rework,)),),
        )  # fmt: skip
        again = Desk(0, "rework", pools, 0, own=days, stream=stream, aside=True)
        return [ask, again]

    def work(self, step: Step, calendar: int, of: int = 0) -> Work:
        """Return where the step's duration comes from."""
        if len(step.members) == 1 and step.rule is None:
            return self.work(step.members[0], calendar, of)
        if step.rule is not None:
            return JointWork(
                rule=step.rule,
                members=tuple((m.key, self.work(m, calendar, of)) for m in step.members),
                day_ticks=self.calendars[calendar].day_ticks,
            )
        spread: Distribution = self.scenarios[of].handling.spread
        if self.on_paper or step.kind in UNSTAFFED:
            spread = Fixed(1.0)
        return OwnWork(stream_of(step.key), self.ticks(step.duration, calendar), spread)

    def ticks(self, duration: Duration, calendar: int) -> int:
        """Return a duration in ticks of a calendar."""
        if duration.unit in _SECONDS:
            return duration.amount * _SECONDS[duration.unit]
        return duration.amount * self.calendars[calendar].day_ticks

    def lag(self, lag: Duration) -> Lag:
        """Return a lag on the calendar of its unit."""
        if lag == NO_TIME:
            return NO_LAG
        natural = lag.unit is Unit.NATURAL_DAY
        calendar = self.calendar((NATURAL,)) if natural else 0
        return Lag(self.ticks(lag, calendar), calendar)


def _keys_of(step: Step) -> tuple[str, ...]:
    """Return the keys that a step goes by: its own and those of its members."""
    return (step.key, *(key for member in step.members for key in _keys_of(member)))


def _placed(desk: Desk, step: int, first: int) -> Desk:
    """Return a desk of a chain as one of the plan: its step, and other desks by their index."""
    routes = tuple(
        replace(route, to=route.to + first) if route.to >= 0 else route for route in desk.routes
    )
    other = desk.other_than + first if desk.other_than >= 0 else -1
    gathering = desk.gathering
    if isinstance(gathering, Consultation):
        asks = tuple(each + first for each in gathering.asks)
        deemed = gathering.deemed + first if gathering.deemed >= 0 else -1
        gathering = replace(gathering, asks=asks, deemed=deemed)
    answers = desk.answers + first if desk.answers >= 0 else -1
    return replace(
        desk, step=step, routes=routes, other_than=other, gathering=gathering, answers=answers
    )
