"""What a reader of planners' tables gathers: problems for the planner, notes for the record."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules.cells import Complain
from rules.csv_tables import Row, Table
from rules.problems import Place, Problem


@dataclass(slots=True)
class Reading:
    """Problems and notes gathered while reading; grows, and is thrown away after."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, file: str, line: int, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(Place(file, line), message))

    def wrong_at(self, table: Table, row: Row) -> Complain:
        """Return a function that notes problems of a row, led by the workbook's cell."""

        def wrong(message: str) -> None:
            self.wrong(table.file, row.line, row.located(message))

        return wrong

    def take(self, table: Table) -> Table:
        """Note the problems of a table and return it."""
        self.problems += table.problems
        self.notes += [f"{table.file}: {note}" for note in table.notes]
        return table
