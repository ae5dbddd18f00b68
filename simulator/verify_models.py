"""Textbook queues and networks as plans: what ``lianban verify`` simulates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rules import Calendar, Kind, Name, did_you_mean
from scenarios.arrivals import Arrivals, AtOnce
from scenarios.distributions import Distribution
from scenarios.plan import Desk, Link, OwnWork, Plan, PlanStep, Pool
from scenarios.streams import stream_of
from simulator.verify_reading import UNIT, NotExpressible

FIRST_DAY = date(1, 1, 1)
_DAY = 86_400
_LAST = (date.max - FIRST_DAY).days


@dataclass(frozen=True, slots=True)
class _AtLeastATick:
    of: Distribution

    @property
    def mean(self) -> float:
        return self.of.mean

    def quantile(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(self.of.quantile(u), 1.0)

    def wrong(self) -> list[str]:
        return self.of.wrong()


def at_least_a_tick(work: Distribution) -> Distribution:
    """Return the work with one tick for none, if it is none only now and then.

    In an office whoever needs no work passes at once; in a queue he waits for his turn. Work
    that varies widely is often too little for a tick.
    """
    return cast("Distribution", _AtLeastATick(work)) if work.mean > 0 else work


def variation(of: Distribution) -> float:
    """Return the squared coefficient of variation, numerically."""
    numbers = (np.arange(20_000) + 0.5) / 20_000
    values = of.quantile(numbers)
    return float(values.var() / max(values.mean(), 1e-12) ** 2)


def moment(of: Distribution, power: int) -> float | None:
    """Return the mean of a power of a distribution, or None where it is not known to 1e-6.

    Each half of the uniform numbers is cut into panels of even width in its logarithm, so
    that a heavy tail is followed as far as any draw goes; the answer must not depend on
    how many panels there are.
    """
    coarse, fine = (_moment(of, power, panels) for panels in (700, 1400))
    return fine if abs(fine - coarse) <= 1e-6 * abs(fine) else None


def _moment(of: Distribution, power: int, panels: int) -> float:
    places, weights = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(math.log(2), 53 * math.log(2), panels + 1)
    half = np.diff(edges)[:, None] / 2
    tail = np.exp(-((edges[1:] + edges[:-1])[:, None] / 2 + half * places)).ravel()
    powers = of.quantile(tail) ** power + of.quantile(1 - tail) ** power
    return float((powers * tail * (half * weights).ravel()).sum())


def days_for(units: float, unit: float = UNIT) -> Calendar:
    """Return a calendar without closing hours for so many units of time and a margin."""
    days = math.ceil(units * unit * 1.5 / _DAY) + 40
    if days > _LAST:
        raise NotExpressible(f"a run of {units:g} units of time in ticks that are fine enough")
    return Calendar.natural(FIRST_DAY, FIRST_DAY + timedelta(days))


def network(
    steps: Sequence[tuple[str, Sequence[Desk], Distribution]],
    needs: Mapping[str, Sequence[str]],
    pools: Sequence[Pool],
    calendars: tuple[Calendar, ...],
    come: Arrivals | None = None,
    cases: int = 1,
) -> Plan:
    """Return a plan of named steps in topological order with their desks and durations.

    The desks' step index is set here.
    """
    desks: list[Desk] = []
    made: list[PlanStep] = []
    place = {key: number for number, (key, _, _) in enumerate(steps)}
    for number, (key, own, work) in enumerate(steps):
        first = len(desks)
        desks += [replace(desk, step=number) for desk in own]
        made.append(
            PlanStep(
                key,
                Name(key, key),
                Kind.APPROVAL,
                "",
                OwnWork(stream_of(key), 1, work),
                tuple(range(first, len(desks))),
            )
        )
    links = tuple(
        sorted(
            (Link(place[before], place[after]) for after, of in needs.items() for before in of),
            key=lambda link: (link.before, link.after),
        )
    )
    return Plan(
        "verify",
        tuple(made),
        links,
        tuple(desks),
        tuple(pools),
        calendars,
        come or AtOnce(),
        cases,
    )


def people(*numbers: int, **changes: Any) -> tuple[Pool, ...]:
    """Return pools of so many people each."""
    return tuple(
        Pool(f"pool-{place}", Name(f"pool {place}"), number, 0, **changes)
        for place, number in enumerate(numbers)
    )


def station(
    come: Arrivals, work: Distribution, servers: int, cases: int, calendar: Calendar, **of_pool: Any
) -> Plan:
    """Return one desk where cases queue."""
    desk = Desk(0, "desk", (0,), 0, stream=stream_of("desk"))
    return network(
        [("service", [desk], work)], {}, people(servers, **of_pool), (calendar,), come, cases
    )


def topological(keys: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys with prerequisites first, otherwise as listed.

    Raises
    ------
    NotExpressible
        If a prerequisite is none of the keys, or they wait for each other.
    """
    import networkx as nx

    for after, of in needs.items():
        for key in (after, *of):
            if key not in keys:
                raise NotExpressible(f"the unknown task '{key}'{did_you_mean(str(key), keys)}")

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(keys)
    graph.add_edges_from((before, after) for after, of in needs.items() for before in of)
    place = {key: number for number, key in enumerate(keys)}
    try:
        return list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
    except nx.NetworkXUnfeasible:
        circle = " -> ".join(str(before) for before, _ in nx.find_cycle(graph))
        raise NotExpressible(f"tasks that wait for each other: {circle}") from None
