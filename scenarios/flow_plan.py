"""Blocks of a drawn flow as a plan that both engines run.

A block without parallel branches is one step whose desks are reached by routes, so its
choices and loops cost nothing. Around parallel branches choices become facts of the case,
and steps are for the cases that chose them. A loop with parallel branches inside is written
out, round after round, until another round is less likely than one in a thousand million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules import Calendar, Kind, Name
from rules.problems import InputError
from scenarios.arrivals import Arrivals
from scenarios.distributions import Distribution, Fixed
from scenarios.flow_graph import NOTHING, Block, Choice, Loop, Sequence, Together, Work, in_a_row
from scenarios.plan import (
    DONE,
    Desk,
    Fact,
    Link,
    OwnWork,
    Part,
    Plan,
    PlanStep,
    Pool,
    Route,
    When,
)
from scenarios.plan_checks import problems_of_plan
from scenarios.streams import stream_of

NEGLIGIBLE = 1e-9
"""Chance of a round below which a loop around parallel branches ends."""
MOST_DESKS = 5_000


@dataclass(frozen=True, slots=True)
class Activity:
    """What a task or event of the flow takes.

    Attributes
    ----------
    name : str
        As drawn; its desks have this name, so that visits can be counted.
    time : Distribution
        Ticks of its calendar.
    pool : int
        Index of the people who do it, or -1: nobody need be free.
    calendar : int
        Index of the calendar on which its time runs.
    part : Part
        What its time is.
    """

    name: str
    time: Distribution
    pool: int = -1
    calendar: int = 0
    part: Part = Part.WORK


@dataclass(frozen=True, slots=True)
class Imported:
    """A process of another simulator, ready to run.

    Attributes
    ----------
    plan : Plan
        What engines run; desks have the names of tasks and events.
    notes : tuple of str
        What was decided on the way, one line each.
    """

    plan: Plan
    notes: tuple[str, ...]


def plan_of_blocks(
    block: Block,
    activities: Mapping[str, Activity],
    pools: tuple[Pool, ...],
    calendars: tuple[Calendar, ...],
    come: tuple[Arrivals, int, int],
    key: str,
) -> Imported:
    """Return the plan of a flow.

    Parameters
    ----------
    block : Block
        The whole flow.
    activities : mapping
        Of every ``Work`` by its id.
    pools, calendars : tuple
        As in the plan; calendar 0 is that of the arrivals.
    come : (Arrivals, int, int)
        When cases come, how many, and the tick at which the run ends (0: when all left).
    key : str
        Name of the plan.

    Raises
    ------
    InputError
        When a loop would have to be written out too often, or the plan cannot be run.
    """
    house = _House(activities, key)
    house.place(block, (), ())
    arrivals, cases, until = come
    plan = Plan(
        key,
        tuple(house.steps),
        tuple(sorted(set(house.links), key=lambda link: (link.before, link.after))),
        tuple(house.desks),
        pools,
        calendars,
        arrivals,
        cases,
        facts=tuple(house.facts),
        until=until,
    )
    if problems := problems_of_plan(plan):
        raise InputError(problems)
    return Imported(plan, tuple(house.notes))


Ends = tuple[int, ...]
"""Steps that must be over before what comes next."""
Onward = list[tuple[float, int]]
"""Chances and desks that follow; desk -1 is the end of the step."""


class _House:
    """Steps and desks as they are put up."""

    def __init__(self, activities: Mapping[str, Activity], key: str) -> None:
        self.activities = activities
        self.key = key
        self.steps: list[PlanStep] = []
        self.links: list[Link] = []
        self.desks: list[Desk] = []
        self.facts: list[Fact] = []
        self.notes: list[str] = []

    def place(self, block: Block, after: Ends, when: tuple[When, ...]) -> Ends:
        """Put up a block after some steps; return the steps at its end."""
        if not _holds_together(block):
            return after if block == NOTHING else (self._step(block, after, when),)
        if isinstance(block, Sequence):
            for part in _runs(block):
                after = self.place(part, after, when)
            return after
        if isinstance(block, Together):
            ends = [end for part in block.parts for end in self.place(part, after, when)]
            return tuple(dict.fromkeys(ends))
        if isinstance(block, Choice):
            fact = self._fact([chance for chance, _ in block.ways])
            ends = [
                end
                for number, (_, way) in enumerate(block.ways)
                for end in self.place(way, after, (*when, When(fact, (number,))))
            ]
            return tuple(dict.fromkeys(ends))
        if isinstance(block, Loop):
            return self._rounds(block, after, when)
        raise TypeError(f"{block!r} holds no parallel branches")

    def _rounds(self, loop: Loop, after: Ends, when: tuple[When, ...]) -> Ends:
        """Write a loop out; a round concerns those who chose all rounds before it."""
        rounds, left = 0, loop.again
        while left > NEGLIGIBLE:
            rounds, left = rounds + 1, left * loop.again
            if rounds > 100:
                message = (
                    f"a loop around parallel branches goes round again with a chance of"
                    f" {loop.again:g}: too often to be written out"
                )
                raise InputError.at(self.key, 0, message)
        self.notes.append(
            f"a loop around parallel branches (again with a chance of {loop.again:.4g}) is"
            f" written out {rounds} times; more rounds have a chance of {left:.1g}"
        )
        after = self.place(loop.body, after, when)
        for _ in range(rounds):
            fact = self._fact([loop.again, 1 - loop.again])
            when = (*when, When(fact, (0,)))
            after = self.place(in_a_row(loop.between, loop.body), after, when)
        return after

    def _fact(self, weights: list[float]) -> int:
        number = len(self.facts)
        stream = stream_of(f"choice {number}")
        values = tuple(str(value) for value in range(len(weights)))
        self.facts.append(Fact(f"choice {number}", values, tuple(weights), stream))
        return number

    def _step(self, block: Block, after: Ends, when: tuple[When, ...]) -> int:
        """Put up a block without parallel branches as one step."""
        number, first = len(self.steps), len(self.desks)
        self._desk(number, "", Fixed(0), first=True)
        entry = self._enter(number, block, [(1.0, DONE)])
        self._lead(first, entry)
        if len(self.desks) > MOST_DESKS:
            raise InputError.at(self.key, 0, f"needs more than {MOST_DESKS} desks")
        names = [desk.name for desk in self.desks[first:] if desk.name]
        name = f"{number + 1} {names[0] if names else 'choice'}"
        work = OwnWork(stream_of(f"step {number}"), 1, Fixed(0))
        desks = tuple(range(first, len(self.desks)))
        self.steps.append(PlanStep(name, Name(en=name), Kind.APPROVAL, "", work, desks, when=when))
        self.links += [Link(before, number) for before in after]
        return number

    def _desk(self, step: int, name: str, time: Distribution, first: bool = False) -> int:
        number = len(self.desks)
        stream = stream_of(f"desk {number}")
        self.desks.append(Desk(step, name, (), 0, own=time, stream=stream, aside=not first))
        return number

    def _lead(self, desk: int, onward: Onward) -> None:
        """Say where a desk leads; the last way takes what rounding leaves."""
        merged: dict[int, float] = {}
        for chance, to in onward:
            merged[to] = merged.get(to, 0.0) + chance
        *some, (last, _) = merged.items()
        rest = 1 - sum(chance for _, chance in some)
        routes = [Route(to, (chance,)) for to, chance in some] + [Route(last, (rest + 5e-10,))]
        if len(routes) == 1:
            routes = [Route(last, (1.0,))]
        self.desks[desk] = replace(self.desks[desk], routes=tuple(routes))

    def _enter(self, step: int, block: Block, onward: Onward) -> Onward:
        """Put up the desks of a block that goes on so; return how it is entered."""
        if isinstance(block, Work):
            activity = self.activities[block.id]
            desk = self._desk(step, activity.name, activity.time)
            pools = () if activity.pool < 0 else (activity.pool,)
            self.desks[desk] = replace(
                self.desks[desk], pools=pools, calendar=activity.calendar, part=activity.part
            )
            self._lead(desk, onward)
            return [(1.0, desk)]
        if isinstance(block, Sequence):
            for part in reversed(block.parts):
                onward = self._enter(step, part, onward)
            return onward
        if isinstance(block, Choice):
            return [
                (chance * share, to)
                for chance, way in block.ways
                for share, to in self._enter(step, way, onward)
            ]
        if isinstance(block, Loop):
            decision = self._desk(step, "", Fixed(0))
            body = self._enter(step, block.body, [(1.0, decision)])
            again = self._enter(step, block.between, body)
            self._lead(
                decision,
                [(block.again * share, to) for share, to in again]
                + [((1 - block.again) * share, to) for share, to in onward],
            )
            return body
        raise TypeError(f"{block!r} holds parallel branches")


def _holds_together(block: Block) -> bool:
    if isinstance(block, Work):
        return False
    if isinstance(block, Sequence):
        return any(_holds_together(part) for part in block.parts)
    if isinstance(block, Choice):
        return any(_holds_together(way) for _, way in block.ways)
    if isinstance(block, Loop):
        return _holds_together(block.body) or _holds_together(block.between)
    return True


def _runs(block: Sequence) -> list[Block]:
    """Return the parts of a sequence, neighbours without parallel branches as one."""
    runs: list[Block] = []
    for part in block.parts:
        if runs and not _holds_together(part) and not _holds_together(runs[-1]):
            runs[-1] = in_a_row(runs[-1], part)
        else:
            runs.append(part)
    return runs
