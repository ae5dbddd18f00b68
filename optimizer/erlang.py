"""Formulas for one office: how many people it needs at least, and how long cases queue.

They hold for one station with Poisson arrivals and exponential work. A whole procedure is
no such thing, so they bound and order the search for a staffing; simulation decides.
"""

from __future__ import annotations

import math


def erlang_c(servers: int, load: float) -> float:
    """Return the chance that a case must queue: M/M/c with ``load`` = arrivals x work.

    Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities ..."
    (1917); computed by the recursion of Erlang B, which is stable.

    Examples
    --------
    >>> round(erlang_c(3, 2.0), 4)
    0.4444
    >>> erlang_c(2, 2.0)
    1.0
    """
    if servers <= load:
        return 1.0
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def chance_longer(servers: int, load: float, work: float, limit: float) -> float:
    """Return the chance that a case spends more than ``limit`` at the station.

    Parameters
    ----------
    servers : int
        People.
    load : float
        Arrivals in one mean ``work``.
    work, limit : float
        Mean work and the limit, in one unit of time.

    Examples
    --------
    >>> round(chance_longer(1, 0.5, 1.0, 2.0), 4)
    0.3679
    """
    if servers <= load:
        return 1.0
    waits = erlang_c(servers, load)
    rate = 1 / work
    spare = servers - 1 - load
    if abs(spare) < 1e-9:
        return math.exp(-rate * limit) * (1 + waits * rate * limit)
    extra = waits * (1 - math.exp(-rate * limit * spare)) / spare
    return min(1.0, math.exp(-rate * limit) * (1 + extra))


def fewest_stable(load: float) -> int:
    """Return the fewest people with whom the queue does not grow for ever.

    Examples
    --------
    >>> [fewest_stable(load) for load in (0.0, 0.4, 2.0, 2.5)]
    [1, 1, 3, 3]
    """
    return max(1, math.floor(load + 1e-9) + 1)


def square_root_staffing(load: float, beta: float = 1.0) -> int:
    """Return people by the square-root rule: the load and a safety margin.

    Source: S. Halfin and W. Whitt, "Heavy-traffic limits for queues with many exponential
    servers", Operations Research 29 (1981) 567-588.

    Examples
    --------
    >>> square_root_staffing(9.0)
    12
    """
    return max(fewest_stable(load), math.ceil(load + beta * math.sqrt(load) - 1e-9))


def square_root_delay(beta: float) -> float:
    """Return the chance to queue that the square-root rule tends to for large offices.

    Examples
    --------
    >>> round(square_root_delay(1.0), 3)
    0.223
    """
    density = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi)
    below = math.erfc(-beta / math.sqrt(2)) / 2
    return 1 / (1 + beta * below / density)
