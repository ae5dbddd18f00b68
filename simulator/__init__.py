"""Simulate a Plan: engines that give the same answers, and the statistics of what they give."""

from simulator.clocks import Clocks, Late, StepClocks, clocks, late, step_clocks
from simulator.criticality import criticality
from simulator.decisions import Decision
from simulator.load import Load, loads
from simulator.run import Row, Run, simulate, write_log
from simulator.statistics import (
    Interval,
    mean_interval,
    paired_difference,
    quantile_interval,
    share_interval,
)
from simulator.steady import Steady, steady_state
from simulator.totals import Totals, simulate_totals
from simulator.trace import Outcome, Trace
from simulator.warm_up import warm_up

__all__ = [
    "Clocks",
    "Decision",
    "Interval",
    "Late",
    "Load",
    "Outcome",
    "Row",
    "Run",
    "Steady",
    "StepClocks",
    "Totals",
    "Trace",
    "clocks",
    "criticality",
    "late",
    "loads",
    "mean_interval",
    "paired_difference",
    "quantile_interval",
    "share_interval",
    "simulate",
    "simulate_totals",
    "steady_state",
    "step_clocks",
    "warm_up",
    "write_log",
]
