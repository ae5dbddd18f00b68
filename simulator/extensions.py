"""Extensions of statutory limits (行政许可法 art. 42): which files the head would extend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scenarios.plan import Plan
from scenarios.streams import stream_of
from simulator.draws import EVERYBODY, EXTENSION, case_keys, uniforms
from simulator.trace import Trace


def with_extensions(
    trace: Trace, plan: Plan, seed: int, replication: int, cases: slice = EVERYBODY
) -> Trace:
    """Return the trace of all cases, or of some, with what the head would do about each limit.

    He extends it or not when it is nearly over. The luck belongs to case and step, not to the
    redesign: a limit that is not nearly over in one design may be extended in another.
    """
    if plan.watch is None or not plan.watch.extended:
        return trace
    keys = case_keys(plan, cases)
    extended = np.zeros((len(keys), len(plan.steps)), dtype=np.bool_)
    for number, step in enumerate(plan.steps):
        if step.extension:
            stream = np.array([stream_of(step.key)])
            drawn = uniforms(seed, replication, keys, stream, purpose=EXTENSION)
            extended[:, number] = drawn < plan.watch.extended
    return replace(trace, extended=extended)
