"""Which engine runs a plan: the compiled one where it can and pays, else the SimPy engine.

Both give the same traces, so the choice is about time only; it is told nevertheless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from scenarios.plan import Plan
from simulator.plan_arrays import is_simple, uncovered
from simulator.trace import Trace

ENGINES = ("auto", "simpy", "fast")
"""What may be asked for."""

WORTH_COMPILED_CODE = 20_000
"""Desk visits from which loading the compiled engine takes less time than it saves."""

WORTH_THE_WHOLE_KERNEL = 300_000
"""The same for plans with more than first-come queues: that kernel takes half a minute to compile
where it is not kept on disk yet."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine chosen for a plan.

    Attributes
    ----------
    name : str
        ``simpy`` or ``fast``.
    why : str
        Why the compiled engine does not run, in English; empty when it does.
    fell_back : bool
        Whether the compiled engine was asked for, or would have paid, and cannot run.
    """

    name: str
    why: str = ""
    fell_back: bool = False

    @property
    def replication(self) -> Callable[[Plan, int, int], Trace]:
        """The function that runs one replication: of plan, seed and number."""
        if self.name == "fast":
            from simulator import fast_engine

            return fast_engine.simulate_replication
        from simulator import simpy_engine

        return simpy_engine.simulate_replication

    def parts(self, plan: Plan, seed: int, replication: int) -> Iterator[Trace]:
        """Yield one replication as traces of some cases each, so that few need be in memory.

        Where the engine cannot do that there is one trace of all cases.
        """
        if self.name == "fast":
            from simulator.fast_stream import in_parts

            yield from in_parts(plan, seed, replication)
        else:
            yield self.replication(plan, seed, replication)


def engine_for(plan: Plan, replications: int = 1, asked: str = "auto") -> Engine:
    """Return the engine that runs so many replications of a plan.

    Parameters
    ----------
    plan : Plan
        What to run.
    replications : int
        How often, in this process.
    asked : str
        ``auto``: the compiled engine where numba is installed, it covers the plan and there
        is enough to do. ``fast``: the same whatever there is to do. ``simpy``.

    Raises
    ------
    ValueError
        When no engine has the name.
    """
    if asked not in ENGINES:
        raise ValueError(f"engine: {asked!r} is none of {', '.join(ENGINES)}")
    if asked == "simpy":
        return Engine("simpy", "the SimPy engine was asked for")
    visits = plan.cases * len(plan.desks) * replications
    least = WORTH_COMPILED_CODE if is_simple(plan) else WORTH_THE_WHOLE_KERNEL
    if asked == "auto" and visits < least:
        return Engine("simpy", f"{visits} desk visits are done before compiled code is loaded")
    if missing := uncovered(plan):
        names = ", ".join(missing)
        return Engine("simpy", f"the compiled engine does not cover {names} yet", fell_back=True)
    if cannot := _numba_cannot():
        return Engine("simpy", cannot, fell_back=True)
    return Engine("fast")


def _numba_cannot() -> str:
    """Return why numba does not work here, or nothing."""
    try:
        if find_spec("numba") is not None:
            import numba  # noqa: F401 - an installation that is broken shows only now

            return ""
    except (ImportError, ValueError, OSError) as broken:
        return f"numba does not load: {broken}"
    return "numba is not installed"
