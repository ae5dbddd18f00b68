"""Simulate a Plan: engines that give the same answers, and the statistics of what they give."""

from simulator.run import Row, Run, simulate, write_log
from simulator.statistics import (
    Interval,
    mean_interval,
    paired_difference,
    quantile_interval,
    share_interval,
)
from simulator.trace import Trace

__all__ = [
    "Interval",
    "Row",
    "Run",
    "Trace",
    "mean_interval",
    "paired_difference",
    "quantile_interval",
    "share_interval",
    "simulate",
    "write_log",
]
