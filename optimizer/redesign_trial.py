"""The shortlist on trial: redesigns simulated with queues, and one chosen with a guarantee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.lever_offers import Design
from optimizer.ranking import Selection, kim_nelson
from optimizer.replications import Replications
from scenarios import Scenario, compile_plan
from simulator import Interval, mean_interval


@dataclass(frozen=True, slots=True)
class Tried:
    """How a redesign did in the simulation; working days from arrival to end.

    Attributes
    ----------
    design : Design
        The redesign.
    mean, p90 : Interval
        Over replications: the cases' mean, and what nine cases of ten keep.
    """

    design: Design
    mean: Interval
    p90: Interval


@dataclass(frozen=True, slots=True)
class Trial:
    """A shortlist simulated with common random numbers.

    Attributes
    ----------
    tried : tuple of Tried
        In the order of the shortlist.
    chosen : Selection
        Which is best, by ``measure``, and what that is worth.
    measure : str
        ``mean`` or ``p90``.
    seed : int
        Replication k of every design has the luck of this seed.
    """

    tried: tuple[Tried, ...]
    chosen: Selection
    measure: str
    seed: int

    @property
    def best(self) -> Tried:
        """The redesign that was chosen."""
        return self.tried[self.chosen.best]


def scenario_of(scenario: Scenario, design: Design) -> Scenario:
    """Return the scenario with a redesign in place of its procedure."""
    procedure = replace(design.procedure, name=scenario.procedure.name)
    return replace(scenario, procedure=procedure, changes=tuple(c for _, c in design.changes))


def try_out(
    scenario: Scenario,
    designs: Sequence[Design],
    *,
    measure: str = "p90",
    delta: float = 1.0,
    confidence: float = 0.95,
    first: int = 10,
    most: int = 60,
    seed: int = 1,
    engine: str = "auto",
) -> Trial:
    """Simulate redesigns and choose the best.

    Parameters
    ----------
    scenario : Scenario
        Offices, calendars, volumes and luck.
    designs : sequence of Design
        The shortlist.
    measure : str
        ``p90`` or ``mean``: what is made least.
    delta : float
        Working days that make a difference worth detecting.
    first, most : int
        Replications of each before the first is dropped, and at most.
    engine : str
        ``auto``, ``simpy`` or ``fast``; the trial does not depend on it.

    Raises
    ------
    InputError
        If a redesign cannot be simulated, for instance without people in an office.
    """
    plans = [compile_plan(scenario_of(scenario, design)) for design in designs]
    runs = Replications(seed, engine)

    def response(design: int, replication: int) -> float:
        plan = plans[design]
        if measure == "mean":
            return runs.mean(design, plan, replication)
        return runs.quantile(design, plan, replication)

    chosen = kim_nelson(
        response, len(designs), delta=delta, confidence=confidence, first=first, most=most
    )
    tried = []
    for number, (design, plan) in enumerate(zip(designs, plans, strict=True)):
        of = range(chosen.runs[number])
        tried.append(
            Tried(
                design,
                mean_interval([runs.mean(number, plan, r) for r in of]),
                mean_interval([runs.quantile(number, plan, r) for r in of]),
            )
        )
    return Trial(tuple(tried), chosen, measure, seed)


def interval_json(interval: Interval) -> Mapping[str, float | int | None]:
    """Return an interval for a JSON document, rounded to what it means."""
    return {
        "estimate": round(interval.estimate, 6),
        "low": None if interval.low is None else round(interval.low, 6),
        "high": None if interval.high is None else round(interval.high, 6),
        "level": interval.level,
        "n": interval.n,
    }
