"""Acceptance receipts and the ledger of a run (三联单、台账, M36): what is promised until when.

The triple slip keeps three records of one case, the applicant's, the window's and the file's, with
the deadline on each. Here they are one row that all three share.
"""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from results.summary import Paper
from scenarios import Scenario
from simulator import Run
from simulator.trace import Outcome

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an applicant gets when his file is accepted.

    Attributes
    ----------
    number : str
        Of the case, unique in its replication.
    accepted, promised : date
        When the file came, and until when the result is promised.
    responsible : str
        Office of first contact (首问责任): whoever took the file in stays responsible.
    finished : date or None
        When the result was there; None while it is not.
    """

    number: str
    accepted: date
    promised: date
    responsible: str
    finished: date | None

    @property
    def late(self) -> bool:
        """Whether the result came after the promised day."""
        return self.finished is not None and self.finished > self.promised


def ledger(scenario: Scenario, run: Run, replication: int = 0) -> tuple[Receipt, ...]:
    """Return the receipts of a replication, in order of arrival.

    Promised is what the type of case promises, else the design's days on paper; the day of
    receipt is not counted (行政许可法 art. 82 counts working days).

    Raises
    ------
    ValueError
        If nothing is promised.
    """
    plan, trace = run.plan, run.replications[replication]
    counting = plan.calendars[0]
    # of several types the days on paper are those of all items together: nobody's promise
    whole = Fraction(0) if scenario.sorts else Paper.of(scenario.procedure).paper_days
    paper = int((whole or Fraction(0)) * counting.day_ticks)
    first = {of: next(s for s in plan.steps if s.of == of) for of in range(len(plan.types))}
    rows = []
    for case in range(len(trace.arrival)):
        of = int(trace.types_of()[case])
        ticks = plan.types[of].promise or paper
        if not ticks:
            raise ValueError(f"{plan.types[of].key}: nothing is promised")
        came, left = int(trace.arrival[case]), int(trace.finish[case])
        done = int(trace.outcomes()[case]) == Outcome.FINISHED
        until = counting.add(came, ticks)
        rows.append(
            (
                came,
                Receipt(
                    f"{plan.types[of].key}-{case + 1:06d}",
                    _day(scenario, came),
                    _day(scenario, until),
                    _responsible(scenario, first[of].key, first[of].office),
                    _day(scenario, left) if done else None,
                ),
            )
        )
    return tuple(receipt for _, receipt in sorted(rows, key=lambda row: (row[0], row[1].number)))


def write_ledger(receipts: tuple[Receipt, ...], path: Path) -> None:
    """Write the ledger as a CSV table that Excel opens."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([each.name for each in fields(Receipt)])
        writer.writerows(astuple(each) for each in receipts)


def _responsible(scenario: Scenario, step: str, office: str) -> str:
    known = scenario.procedure
    return (known[step].dealing.accepted_by or office) if step in known else office


def _day(scenario: Scenario, tick: int) -> date:
    return scenario.first_day + timedelta(days=tick // _DAY)
