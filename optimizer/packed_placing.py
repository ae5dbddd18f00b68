"""Places activities quickly where no calendar matters: one number holds all offices of a slot.

Each office has a few bits of the number for its free people and one guard bit above them.
Taking an activity's needs away in one subtraction leaves every guard bit set exactly if
all offices have enough people, so one comparison answers for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.portfolio import Portfolio, Times


class PackedPlacer:
    """A portfolio without dates, closed days, absences or releases, compiled for placing.

    Parameters
    ----------
    portfolio : Portfolio
        One for which :func:`is_plain` holds.
    backwards : bool
        Whether time runs the other way, so that everything waits for what waits for it.
    """

    def __init__(self, portfolio: Portfolio, backwards: bool = False) -> None:
        self._slots = portfolio.axis.slots
        widths = [office.people.bit_length() for office in portfolio.offices]
        shifts = [0]
        for width in widths:
            shifts.append(shifts[-1] + width + 1)
        pairs = list(zip(shifts, widths, portfolio.offices, strict=False))
        self._guards = sum(1 << (shift + width) for shift, width, _ in pairs)
        self._full = self._guards + sum(office.people << shift for shift, _, office in pairs)
        self._modes = [
            tuple(
                (mode.days, sum(n << shifts[office] for office, n in mode.needs))
                if all(n <= portfolio.offices[office].people for office, n in mode.needs)
                else (self._slots + 1, 0)  # never fits
                for mode in activity.modes
            )
            for activity in portfolio.activities
        ]
        waits: list[list[tuple[int, int]]] = [[] for _ in portfolio.activities]
        for relation in portfolio.relations:
            first, second = relation.before, relation.after
            if backwards:
                first, second = second, first
            waits[second].append((first, relation.lag))
        self.waits = [tuple(row) for row in waits]

    def timetable(self, order: Sequence[int], modes: Sequence[int]) -> Times | None:
        """Return the times that an order leads to, None if they do not fit the slots."""
        starts, ends = [0] * len(order), [0] * len(order)
        guards = self._guards
        free = [self._full] * self._slots
        try:
            for activity in order:
                days, needs = self._modes[activity][modes[activity]]
                slot = 0
                for before, lag in self.waits[activity]:
                    ready = ends[before] + lag
                    slot = max(slot, ready)
                if days and needs:
                    run = 0
                    while run < days:
                        if (free[slot] - needs) & guards == guards:
                            run += 1
                        else:
                            run = 0
                        slot += 1
                    slot -= days
                    for held in range(slot, slot + days):
                        free[held] -= needs
                elif slot + days > self._slots:
                    return None
                starts[activity] = slot
                ends[activity] = slot + days
        except IndexError:  # behind the last slot
            return None
        return Times(tuple(starts), tuple(ends), tuple(modes))


def is_plain(portfolio: Portfolio) -> bool:
    """Whether a portfolio has no dates, closed days, absences, releases or conditions."""
    return (
        len(portfolio.axis.calendars) == 1
        and not any(office.away for office in portfolio.offices)
        and not any(project.release for project in portfolio.projects)
        and not any(
            r.natural or r.from_start or r.at_most or r.when or r.lag < 0
            for r in portfolio.relations
        )
    )
