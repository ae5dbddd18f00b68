"""Schedules with bounds: when each project may be at which desk, and how good that is."""

from optimizer.dispatch import Trial, Tried, as_dispatch, try_schedule
from optimizer.effort import Progress
from optimizer.model import ScheduleError
from optimizer.objectives import Goal
from optimizer.portfolio import Portfolio
from optimizer.portfolio_file import PortfolioFile, read_portfolio
from optimizer.portfolio_schedule import PortfolioSchedule
from optimizer.portfolio_solving import schedule_portfolio
from optimizer.psplib import read_psplib
from optimizer.scheduling import Schedule, schedule

__all__ = [
    "Goal",
    "Portfolio",
    "PortfolioFile",
    "PortfolioSchedule",
    "Progress",
    "Schedule",
    "ScheduleError",
    "Trial",
    "Tried",
    "as_dispatch",
    "read_portfolio",
    "read_psplib",
    "schedule",
    "schedule_portfolio",
    "try_schedule",
]
