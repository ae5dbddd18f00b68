"""Law as dated data: limits, exclusions, and the clocks that they make run and stop."""

from rules.law.clocks import (
    Acceptance,
    ClockStop,
    LegalClock,
    acceptance,
    deadline,
)
from rules.law.provisions import (
    ClockStopRule,
    Law,
    LimitRule,
    Provision,
    national_law,
    read_law,
)

__all__ = [
    "Acceptance",
    "ClockStop",
    "ClockStopRule",
    "Law",
    "LegalClock",
    "LimitRule",
    "Provision",
    "acceptance",
    "deadline",
    "national_law",
    "read_law",
]
