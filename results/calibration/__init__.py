"""Fit what a source does not say to what it does: free parameters to published figures."""

from results.calibration.files import Parameter, Target, Task, read_calibration
from results.calibration.fitting import Fit, Fitted, Met, calibrate

__all__ = [
    "Fit",
    "Fitted",
    "Met",
    "Parameter",
    "Target",
    "Task",
    "calibrate",
    "read_calibration",
]
