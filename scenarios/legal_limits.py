"""What the law of the scenario's day says of a step's clock: its limit, extension and stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from rules import Duration, Kind, Step, Unit
from rules.law import Law, LimitRule, national_law


@dataclass(frozen=True, slots=True)
class LegalLimits:
    """The law of a day and place, in ticks of a plan's calendars.

    Attributes
    ----------
    on : date
        As of which day.
    place : str
        Jurisdiction.
    watched : bool
        Whether limits are watched: then the general limits of art. 42 hold, too.
    ticks : callable
        Ticks of a duration on a calendar by its index; 0 is the counting calendar.
    natural : callable
        Index of the calendar of natural days.
    stops : frozenset of str
        Reasons for which the clock stands still (art. 45 and local rules).
    """

    on: date
    place: str
    watched: bool
    ticks: Callable[[Duration, int], int]
    natural: Callable[[], int]
    law: Law = field(default_factory=national_law)
    stops: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        stops = frozenset(self.law.clock_stops(on=self.on, jurisdiction=self.place))
        object.__setattr__(self, "stops", stops)

    def calendar(self, step: Step) -> int:
        """Return the index of the calendar in which a step's statutory limit runs."""
        natural = step.limit is not None and step.limit.duration.unit is Unit.NATURAL_DAY
        return self.natural() if natural else 0

    def statute(self, step: Step) -> int:
        """Return the ticks of a step's statutory limit, or 0.

        A joint step, which has none of its own, has that of joint handling (art. 26, 42)
        where limits are watched.
        """
        if step.limit is not None:
            held = step.limit
            return 0 if held.floor else self.ticks(held.duration, self.calendar(step))
        rule = self._rule(step)
        return self.ticks(rule.limit, 0) if rule is not None else 0

    def extension(self, step: Step) -> int:
        """Return the ticks by which the limit may be extended once (art. 42), or 0.

        Only limits of the Licensing Law's kind are extended: those in working days.
        """
        rule = self._rule(step)
        if rule is None or rule.extension is None or self.calendar(step):
            return 0
        return self.ticks(rule.extension, 0)

    def lower_review(self, step: Step) -> LimitRule | None:
        """Return the law on a lower organ's review before the upper one decides (art. 43).

        None where limits are not watched, where no text was law on that day, and for steps
        of which it is not said that the Licensing Law limits them: those without a limit in
        working days (法律、法规另有规定的，依照其规定).
        """
        if self._rule(step) is None or self.calendar(step):
            return None
        try:
            return self.law.limit("lower-review", on=self.on, jurisdiction=self.place)
        except LookupError:
            return None

    def _rule(self, step: Step) -> LimitRule | None:
        """Return the general limit of a step, where limits are watched."""
        if not self.watched or step.kind not in (Kind.APPROVAL, Kind.JOINT):
            return None
        if step.kind is Kind.APPROVAL and (step.limit is None or step.limit.floor):
            return None  # that the Licensing Law limits it at all is not said
        key = "joint-decision" if step.kind is Kind.JOINT else "decision"
        try:
            return self.law.limit(key, on=self.on, jurisdiction=self.place)
        except LookupError:
            return None
