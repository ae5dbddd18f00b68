"""Schedules with bounds: when each project may be at which desk, and how good that is."""

from optimizer.model import ScheduleError
from optimizer.scheduling import Schedule, schedule

__all__ = ["Schedule", "ScheduleError", "schedule"]
