"""Event logs of real offices: read, measured, and made the draft of a scenario."""

from scenarios.event_logs.measures import Study, study_log
from scenarios.event_logs.proposal import Proposal, propose, write_proposal
from scenarios.event_logs.reading import is_log, read_log
from scenarios.event_logs.visits import EventLog, Visit

__all__ = [
    "EventLog",
    "Proposal",
    "Study",
    "Visit",
    "is_log",
    "propose",
    "read_log",
    "study_log",
    "write_proposal",
]
