"""Textbook queues and networks as plans: what ``lianban verify`` simulates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from rules import Calendar, Kind, Name
from scenarios.arrivals import Arrivals, AtOnce, Groups, Poisson, Renewal
from scenarios.distributions import (
    Discrete,
    Distribution,
    Erlang,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Mixture,
    Triangular,
    Uniform,
    Weibull,
)
from scenarios.plan import Desk, Link, OwnWork, Plan, PlanStep, Pool
from scenarios.streams import stream_of

UNIT = 10_000
"""Ticks of one unit of time of a textbook queue: fine enough that rounding cannot be seen."""
FIRST_DAY = date(1, 1, 1)
_DAY = 86_400
_LAST = (date.max - FIRST_DAY).days


class NotExpressible(Exception):  # noqa: N818 - said as the reader meets it
    """The simulator has no such model; the message says what is missing."""


def distribution(asked: Mapping[str, Any] | float, unit: float = UNIT) -> Distribution:
    """Return the distribution of a model file, in ticks."""
    if isinstance(asked, int | float):
        return Fixed(asked * unit)
    kind = asked.get("dist", "")
    at = {key: value for key, value in asked.items() if isinstance(value, int | float)}
    if kind == "exponential":
        return Exponential(at["mean"] * unit)
    if kind in ("deterministic", "fixed", "constant"):
        return Fixed(at.get("value", at.get("mean", 0)) * unit)
    if kind == "erlang":
        return Erlang(at["mean"] * unit, int(at.get("k", at.get("stages", 1))))
    if kind == "gamma":
        return Gamma(at["mean"] * unit, at["cv"] if "cv" in at else at["shape"] ** -0.5)
    if kind == "hyperexp2":
        parts = Exponential(at["mean1"] * unit), Exponential(at["mean2"] * unit)
        return Mixture(at["p"], *parts)
    if kind == "lognormal":
        return Lognormal(at["mean"] * unit, at["cv"])
    if kind == "triangular":
        low, high = at.get("low", at.get("min")), at.get("high", at.get("max"))
        if low is None or high is None:
            raise NotExpressible("a triangular distribution without low and high")
        return Triangular(low * unit, at["mode"] * unit, high * unit)
    if kind == "uniform":
        low, high = at.get("low", at.get("min")), at.get("high", at.get("max"))
        if low is None or high is None:
            raise NotExpressible("a uniform distribution without low and high")
        return Uniform(low * unit, high * unit)
    if kind == "weibull":
        return Weibull(at["scale"] * unit, at["shape"])
    if kind == "discrete":
        weights = asked.get("probs_fraction") or asked.get("probs") or asked.get("weights") or ()
        return Discrete(
            tuple(value * unit for value in asked["values"]),
            tuple(float(Fraction(weight)) for weight in weights),
        )
    raise NotExpressible(f"the distribution '{kind}'")


def arrivals(asked: Mapping[str, Any], unit: float = UNIT) -> tuple[Arrivals, float]:
    """Return when cases come and how many a unit of time."""
    process = asked.get("process", "")
    if process == "poisson":
        rate = asked.get("rate", asked.get("rate_per_hour"))
        if rate is None:
            raise NotExpressible("a Poisson stream without a rate")
        return Poisson(unit / rate), rate
    if process == "renewal":
        gap = distribution(asked["interarrival"], unit)
        return Renewal(gap), unit / gap.mean
    if process == "poisson-batches":
        rate, size = asked["batch_rate"], asked["batch_size"]
        return Groups(unit / rate, size), rate * size
    raise NotExpressible(f"arrivals '{process}'")


def variation(of: Distribution) -> float:
    """Return the squared coefficient of variation, numerically."""
    import numpy as np

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
    import numpy as np

    places, weights = np.polynomial.legendre.leggauss(8)
    edges = np.linspace(math.log(2), 53 * math.log(2), panels + 1)
    half = np.diff(edges)[:, None] / 2
    tail = np.exp(-((edges[1:] + edges[:-1])[:, None] / 2 + half * places)).ravel()
    powers = of.quantile(tail) ** power + of.quantile(1 - tail) ** power
    return float((powers * tail * (half * weights).ravel()).sum())


def days_for(units: float, unit: float = UNIT) -> Calendar:
    """Return a calendar without closing hours for so many units of time and a margin."""
    days = min(_LAST, math.ceil(units * unit * 1.5 / _DAY) + 40)
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
    from dataclasses import replace

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
    """Return the keys with prerequisites first, otherwise as listed."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(keys)
    graph.add_edges_from((before, after) for after, of in needs.items() for before in of)
    place = {key: number for number, key in enumerate(keys)}
    return list(nx.lexicographical_topological_sort(graph, key=place.__getitem__))
