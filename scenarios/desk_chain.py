"""From a step to the desks that its file passes: window, reviewers, couriers, corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from rules import Kind, Step
from rules.dealing import HandlingClass, Online
from scenarios.distributions import (
    Discrete,
    Distribution,
    Empirical,
    Erlang,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Mixture,
    Pert,
    Triangular,
    Uniform,
    Weibull,
)
from scenarios.gatherings import Consultation, ZoneResult
from scenarios.life import Hands, Life, Place
from scenarios.plan import DONE, REFUSED, WITHDRAWN, Desk, Part, Route, ToTheLimit, When
from scenarios.streams import stream_of

if TYPE_CHECKING:
    from scenarios.scenario import Handling, Office

DAY_SECONDS = 86_400
UNSTAFFED = (Kind.NOTICE, Kind.WAIT)
DECISIONS = (Kind.APPROVAL, Kind.JOINT)
"""Kinds of step that may refuse."""
DEEMED = "deemed-consent"
"""Desk that a case passes when silence is taken for consent."""
OPINION = "opinion-"
"""How desks are called at which other offices give their opinion."""

_Back = tuple[str, tuple[float, ...], int, Distribution, float]
"""A way back to the applicant: its desk, chances by visit, ticks within which it is open, the
applicant's time, and the chance that he comes again."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step's desks need to know of the plan that they stand in.

    Attributes
    ----------
    life : Life
        How the office is.
    handling : Handling
        Shares of work and dwell.
    pool : callable
        Index of a pool by its key, or None.
    people : callable
        Number of people of a pool by its index.
    calendar : callable
        Index of the calendar open when all named hours are.
    natural : str
        Key of the natural days.
    counting : str
        Key of the counting hours.
    day_ticks : int
        Ticks of a counting working day.
    place_fact : int
        Index of the fact that says where a case is filed, or -1.
    stops : frozenset of str
        Reasons for which the legal clock stands still, by the law of the scenario's day.
    """

    life: Life
    handling: Handling
    pool: Callable[[str], int | None]
    people: Callable[[int], int]
    calendar: Callable[[tuple[str, ...]], int]
    natural: str
    counting: str
    day_ticks: int
    place_fact: int = -1
    stops: frozenset[str] = frozenset()


def scaled(of: Distribution, ticks: float) -> Distribution:
    """Return a distribution of ticks from one of units of so many ticks.

    Examples
    --------
    >>> scaled(Triangular(1, 2, 4), 60)
    Triangular(min=60, mode=120, max=240)
    """
    if isinstance(of, Fixed):
        return Fixed(of.value * ticks)
    if isinstance(of, Uniform):
        return Uniform(of.min * ticks, of.max * ticks)
    if isinstance(of, Triangular | Pert):
        return replace(of, min=of.min * ticks, mode=of.mode * ticks, max=of.max * ticks)
    if isinstance(of, Exponential | Erlang | Gamma | Lognormal):
        return replace(of, mean=of.mean * ticks)
    if isinstance(of, Weibull):
        return replace(of, scale=of.scale * ticks)
    if isinstance(of, Mixture):
        first, second = scaled(of.first, ticks), scaled(of.second, ticks)
        if isinstance(first, Exponential) and isinstance(second, Exponential):
            return Mixture(of.share, first, second)
    if isinstance(of, Empirical | Discrete):
        return replace(of, values=tuple(value * ticks for value in of.values))
    raise TypeError(f"{of} cannot be scaled")


def deciding(step: Step) -> tuple[Step, ...]:
    """Return the items that are decided in a step: its members' if it is joint, or none."""
    if step.kind not in DECISIONS:
        return ()
    return tuple(item for item in step.origin if item.kind in DECISIONS) or (step,)


class DeskChain:
    """Builds the desks of one step, in order; routes name desks by their place in it."""

    def __init__(self, around: Surroundings, step: Step, office: Office | None) -> None:
        self.around = around
        self.life = around.life
        self.step = step
        self.office = office
        self.desks: list[Desk] = []
        self.reviewed: dict[str, tuple[int, ...]] = {}
        """Desks at which a lower organ has the file before it hands it over upward, by organ."""
        hours = office.hours if office else around.counting
        natural = step.duration.unit.value == "cd"
        self.own_calendar = around.calendar((around.natural if natural else hours,))
        self.counting = around.calendar((around.counting,))
        self.natural = around.calendar((around.natural,))

    def build(self, reviewers: tuple[int, ...], together: int, *, first: bool) -> list[Desk]:
        """Return the desks.

        Parameters
        ----------
        reviewers : tuple of int
            Pools of the offices that take part, the lead's first; empty: nobody works.
        together : int
            Calendar on which they work.
        first : bool
            Whether the step begins the procedure.
        """
        life, step = self.life, self.step
        if not reviewers:
            self._wait()
            return self.desks
        if any(step.key == key for key, _ in life.zones):
            valid = next(days for key, days in life.zones if key == step.key) * DAY_SECONDS
            days = float(step.days * self.around.day_ticks)
            zone = ZoneResult(valid, step.key)
            self._add("zone", self.own_calendar, own=Fixed(days), gathering=zone)
            return self.desks
        if life.gap is not None and not step.dealing.agent and (first or not life.shared_data):
            gap = scaled(life.gap, self.around.day_ticks)
            self._add("applicant", self.counting, own=gap, part=Part.APPLICANT)
        if life.places:
            self._of_places(reviewers, together)
        elif self._is_immediate():
            self._window(at_once=reviewers)
        elif self._is_reported():
            accepted = len(self.desks)
            self._window()
            self._review(reviewers, together, ())
            self._hand_over(range(accepted, len(self.desks)))
            self._report_up(together, ())
        else:
            self._courier("up")
            self._window()
            self._review(reviewers, together, ())
            self._courier("down")
        if life.ways.withdrawals is not None and life.ways.withdrawals.chance:
            self._add("withdrawal", self.counting, own=Fixed(0), routes=(
                Route(WITHDRAWN, (life.ways.withdrawals.chance,)),))  # fmt: skip
        if life.refusal and step.kind in DECISIONS:
            for item in deciding(step):
                # an item has the same luck alone and in a joint step
                stream = stream_of(f"{item.key}/decision/0")
                self._add("decision", self.counting, own=Fixed(0), stream=stream, routes=(
                    Route(REFUSED, (life.refusal,)),))  # fmt: skip
        if step.dealing.deemed_consent:
            # by which a case leaves the step when its limit passes in silence
            self._add(DEEMED, self.counting, own=Fixed(0), part=Part.DWELL, aside=True,
                      routes=(Route(DONE, (1.0,)),))  # fmt: skip
        return self.desks

    def _is_immediate(self) -> bool:
        handling = self.step.dealing.handling
        return handling is HandlingClass.IMMEDIATE and self.life.ways.immediate is not None

    def _is_reported(self) -> bool:
        handling = self.step.dealing.handling
        return handling is HandlingClass.REPORT_UP and self.life.ways.report_up is not None

    # --- parts ------------------------------------------------------------------------

    def _add(self, name: str, calendar: int, pools: tuple[int, ...] = (), **more: object) -> int:
        place = len(self.desks)
        nth = sum(desk.name == name for desk in self.desks)
        stream = stream_of(f"{self.step.key}/{name}/{nth}")
        desk = Desk(0, name, pools, calendar, stream=stream)
        self.desks.append(replace(desk, **more))  # type: ignore[arg-type]  # names are Desk's own
        return place

    def _wait(self) -> None:
        """Let a notice or an outside wait take its time, with what may come of it."""
        life, step = self.life, self.step
        part = Part.NOTICE if step.kind is Kind.NOTICE else Part.APPLICANT
        routes: tuple[Route, ...] = ()
        hearing = step.kind is Kind.NOTICE and life.objections is not None
        if life.simulated is not None and step.kind is Kind.WAIT:
            routes = (Route(WITHDRAWN, (life.simulated.falls_through,)),)
        if hearing and life.objections is not None:
            routes = (Route(1, (life.objections.chance,)),)
        reason = self._reason("public_notice") if part is Part.NOTICE else ""
        self._add("notice", self.own_calendar, part=part, routes=routes, reason=reason)
        if hearing and life.objections is not None:
            days = scaled(life.objections.days, self.around.day_ticks)
            self._add("hearing", self.counting, own=days, aside=True, **self._stopped("hearing"))

    def _reason(self, word: str) -> str:
        """Return the word if the law of the day stops the clock for it."""
        return word if word in self.around.stops else ""

    def _stopped(self, word: str) -> dict[str, Any]:
        """Return what a desk is where a procedure of art. 45 takes place."""
        reason = self._reason(word)
        return {"part": Part.STOPPED if reason else Part.DWELL, "reason": reason}

    def _courier(self, way: str, when: tuple[When, ...] = ()) -> None:
        dealing = self.step.dealing
        levels = max(0, dealing.decide_level.rank - dealing.accept_level.rank)
        if dealing.handling is HandlingClass.ENTRUSTED:
            levels = 0  # decided here, in the name of the level above (受委托)
        legs = 0 if dealing.paperless else levels + (not dealing.decided_at_centre)
        if self.life.courier_days and legs:
            days = legs * self.life.courier_days * self.around.day_ticks
            self._add(f"courier-{way}", self.counting, own=Fixed(days), part=Part.DWELL, when=when)

    def _window(
        self, key: str = "", when: tuple[When, ...] = (), at_once: tuple[int, ...] = ()
    ) -> None:
        """Accept the file, or send it back; with ``at_once`` also decide it there."""
        at = self._accept(key, when, at_once)
        routes = [*self._corrections(), *self._returns()]
        if not routes:
            return
        if at < 0:
            at = self._add("check", self.counting, own=Fixed(0), when=when)
        for name, chances, within, delay, back in routes:
            to = len(self.desks)
            here = self.desks[at]
            self.desks[at] = replace(here, routes=(*here.routes, Route(to, chances, within)))
            returned = name == "returned"
            ways = (Route(WITHDRAWN, (1 - back,)),) if back < 1 else ()
            self._add(
                name, self.counting, own=delay, part=Part.APPLICANT, aside=True, when=when,
                routes=(*ways, Route(at, (back,))), restarts=returned,
            )  # fmt: skip

    def _accept(self, key: str, when: tuple[When, ...], at_once: tuple[int, ...]) -> int:
        """Add the window; return its place, or -1 where nobody sits at one."""
        office, hands = self.office, self._hands()
        pool = self.around.pool(f"{key or self.step.dealing.accepted_by}.window")
        if pool is None:  # its own window
            pool = self.around.pool(f"{key or (office.key if office else '')}.window")
        online = self.step.dealing.online is Online.FULL
        own: Distribution | None = None
        if at_once and self.life.ways.immediate is not None:
            own = scaled(self.life.ways.immediate, 60)
            if pool is None or online:
                pool = at_once[0]
        elif pool is None or online or self.step.dealing.desks <= 1:
            return -1
        elif hands is not None:
            own = scaled(hands.touch, 60)
        fixed = 0 if own is not None else self.around.handling.window_minutes * 60
        more = {
            "own": own,
            "fixed": fixed,
            "slower": own is not None and self._slows(),
            "when": when,
        }
        return self._add(
            "window", self.own_calendar, (pool,),
            finishes=self.life.finish, patience=self._patience(), **more,
        )  # fmt: skip

    def _slows(self) -> bool:
        return self.life.completeness is not None

    def _patience(self) -> Distribution | None:
        away = self.life.ways.withdrawals
        if away is None or away.patience is None:
            return None
        return scaled(away.patience, DAY_SECONDS)

    def _corrections(self) -> list[_Back]:
        """Return how files go back for correction: chances by visit, the applicant's time."""
        corrections = self.life.corrections
        said = self.step.dealing.correction_share / 1000
        share = said or (corrections.share if corrections else 0.0)
        if corrections is None or not share:
            return []
        if self.step.dealing.online is not Online.NONE:
            share *= corrections.precheck
        if self.step.dealing.tolerance:
            share /= 2  # half of what is missing may come later (assumption)
        chances = (share, 0.0) if corrections.at_once else (*(share,) * corrections.rounds, 0.0)
        within = corrections.notice_days * self.around.day_ticks
        delay = scaled(corrections.delay, self.around.day_ticks)
        return [("correction", chances, within, delay, 1.0)]

    def _returns(self) -> list[_Back]:
        """Return how files go back that are not accepted (退件)."""
        returns = self.life.ways.returns
        if returns is None or not returns.share:
            return []
        delay = scaled(returns.delay, self.around.day_ticks)
        return [("returned", (returns.share,), 0, delay, returns.again)]

    def _specials(self, when: tuple[When, ...]) -> None:
        """Add the hearing, test, appraisal or the like that the decision needs (art. 45)."""
        dealing = self.step.dealing
        wanted = [word.value for word in dealing.special]
        if dealing.expert_review and self.life.panel is None:
            wanted.append("expert_review")
        for special in self.life.ways.specials:
            if special.reason not in wanted:
                continue
            pool = self.around.pool(f"{special.office}.reviewer") if special.office else None
            ask = special.chance < 1
            if ask:
                to = len(self.desks) + 1
                self._add("needed", self.counting, own=Fixed(0), when=when,
                          routes=(Route(to, (special.chance,)),))  # fmt: skip
            self._add(
                special.reason, self.counting, () if pool is None else (pool,), when=when,
                own=scaled(special.days, self.around.day_ticks), aside=ask,
                **self._stopped(special.reason),
            )  # fmt: skip

    def _consult(self, when: tuple[When, ...]) -> None:
        """Ask all linked offices at once for their opinions (联办, 抄告相关)."""
        linked = next((each for each in self.life.ways.linked if each.step == self.step.key), None)
        if linked is None or self.step.dealing.handling is not HandlingClass.LINKED:
            return
        day = self.around.day_ticks
        silence = linked.silence.amount * day if linked.silence is not None else 0
        asks = self._add("linked", self.counting, own=Fixed(0), part=Part.DWELL, when=when)
        firsts = []
        for office in linked.offices:
            pool = self.around.pool(f"{office}.reviewer")
            dwell = len(self.desks) + 1
            firsts.append(
                self._add(
                    f"{OPINION}{office}",
                    self.counting,
                    () if pool is None else (pool,),
                    own=scaled(linked.minutes, 60),
                    aside=True,
                    routes=(Route(dwell, (1.0,)),),
                    when=when,
                )
            )
            self._add(
                f"answer-{office}", self.counting, own=scaled(linked.days, day), part=Part.DWELL,
                aside=True, answers=asks, when=when,
            )  # fmt: skip
        deemed = -1
        if silence:
            deemed = self._add(
                DEEMED, self.counting, own=Fixed(0), part=Part.DWELL, aside=True, when=when
            )
        gathering = Consultation(tuple(firsts), silence, deemed)
        self.desks[asks] = replace(self.desks[asks], gathering=gathering)

    def _hand_over(self, desks: Iterable[int]) -> None:
        """Note the desks since acceptance as those of the office's own review (art. 43)."""
        if self.office is not None:
            self.reviewed[self.office.key] = tuple(desks)

    def _report_up(self, together: int, when: tuple[When, ...]) -> None:
        """Let the file climb to the level that decides, and the result descend (上报件)."""
        up, dealing, day = self.life.ways.report_up, self.step.dealing, self.around.day_ticks
        if up is None:
            return
        legs = max(1, dealing.decide_level.rank - dealing.accept_level.rank)
        carried = Fixed(0 if dealing.paperless else legs * self.life.courier_days * day)
        if carried.value:
            self._add("courier-up", self.counting, own=carried, part=Part.DWELL, when=when)
        if up.minutes is not None:
            pool = self.around.pool(f"{up.office}.reviewer")
            self._add(
                "upper-level", together, () if pool is None else (pool,),
                own=scaled(up.minutes, 60), when=when,
            )  # fmt: skip
        self._add(
            "upper-dwell", self.counting, own=scaled(up.days, day), part=Part.DWELL, when=when
        )
        if carried.value:
            self._add("courier-down", self.counting, own=carried, part=Part.DWELL, when=when)

    def _review(self, reviewers: tuple[int, ...], together: int, when: tuple[When, ...]) -> None:
        """Let the file pass its hands: reviewers and, last, the approver."""
        step, life = self.step, self.life
        self._specials(when)
        self._consult(when)
        times = self._hands()
        behind = times is not None and life.hands is not None and not life.hands.window_counts
        hands = max(1, step.dealing.desks - (not behind))
        if step.dealing.commitment or step.dealing.handling is HandlingClass.IMMEDIATE:
            hands = 1
        share = self.around.handling.review_share[step.kind]
        habit = self._habit()
        first_hand = -1
        crew = next((each for each in life.crews if step.key in each.steps), None)
        for hand in range(hands):
            last = hand == hands - 1
            pools, other = self._who(reviewers, last and hands > 1, first_hand)
            name = "review" if hand == 0 else ("approval" if last else f"review-{hand + 1}")
            more: dict[str, object] = {
                "when": when,
                "other_than": other,
                "patience": self._patience(),
            }
            hours = together
            goes = self.around.pool(f"{crew.key}.crew") if crew and hand == 0 else None
            if crew is not None and goes is not None:
                name, pools = "trip", (goes,)
                hours = self.around.calendar((crew.hours or self.around.counting,))
                more["gathering"] = crew.trip(self.around.day_ticks)
            if times is not None:
                touch = scaled(times.touch, 60)
                at = self._add(name, hours, pools, own=touch, slower=self._slows(), **more)
                if step.dealing.handling is HandlingClass.IMMEDIATE:
                    continue  # done while the applicant waits: it lies nowhere
                dwell = scaled(times.dwell, self.around.day_ticks)
                self._add(
                    "dwell", self.own_calendar, own=dwell, part=Part.DWELL, when=when,
                    slower=self._slows(),
                )  # fmt: skip
            else:
                at = self._add(name, hours, pools, share=share // hands, **more)
                if share < 1000:
                    rest = 1000 if last else (1000 - share) // hands
                    self._add(
                        "dwell", self.own_calendar, share=rest, part=Part.DWELL, when=when,
                        to_limit=habit if last else None,
                    )  # fmt: skip
            if goes is None and first_hand < 0:
                first_hand = at

    def _hands(self) -> Hands | None:
        """Return the times of the hands of the step's office, or None where its days say all."""
        hands = self.life.hands
        return hands if hands is None or self.office is None else hands.at(self.office.key)

    def _habit(self) -> ToTheLimit | None:
        habit = self.life.limit_habit
        if habit is None:
            return None
        day = self.around.day_ticks
        limit = self.step.limit.duration if self.step.limit else self.step.duration
        return ToTheLimit(habit.share, round(limit.paper_days * day), habit.last_days * day)

    def _who(
        self, reviewers: tuple[int, ...], approves: bool, reviewed_at: int
    ) -> tuple[tuple[int, ...], int]:
        """Return the pools of a hand, and the desk whose person may not serve here."""
        if not approves or self.office is None:
            return reviewers, -1
        approver = self.around.pool(f"{self.office.key}.approver")
        if approver is not None:
            return (approver, *reviewers[1:]), -1
        return reviewers, reviewed_at if len(reviewers) == 1 else -1

    def _of_places(self, reviewers: tuple[int, ...], together: int) -> None:
        """Accept at the place of the case; decide there or send the file up and back."""
        fact, places = self.around.place_fact, self.life.places
        accepted: dict[int, range] = {}
        above: dict[int, list[int]] = {}  # by the place above that decides, -1: the centre
        legs: dict[int, Fixed] = {}
        for number, place in enumerate(places):
            here, first = (When(fact, (number,)),), len(self.desks)
            if self._is_immediate():
                self._window(place.key, here, reviewers)
                continue
            self._window(place.key, here)
            decider, days = self._decider(number)
            if decider == number:
                self._decide_at(place, here)
                continue
            above.setdefault(decider, []).append(number)
            legs[number] = Fixed(days * self.around.day_ticks)
            if days:
                self._add("courier-up", self.counting, own=legs[number], part=Part.DWELL, when=here)
            accepted[number] = range(first, len(self.desks))
        for decider in sorted(set(above) - {-1}):
            self._decide_at(places[decider], (When(fact, tuple(above[decider])),))
        if -1 in above:
            everywhere, first = (When(fact, tuple(above[-1])),), len(self.desks)
            self._review(reviewers, together, everywhere)
            if self._is_reported():
                at_places = chain.from_iterable(accepted[number] for number in above[-1])
                self._hand_over((*at_places, *range(first, len(self.desks))))
                self._report_up(together, everywhere)
        for number, days_back in legs.items():
            here = (When(fact, (number,)),)
            if days_back.value:
                self._add("courier-down", self.counting, own=days_back, part=Part.DWELL, when=here)

    def _decide_at(self, place: Place, when: tuple[When, ...]) -> None:
        """Let the people of a place decide."""
        pool = self.around.pool(f"{place.key}.reviewer")
        self._specials(when)
        pools = () if pool is None else (pool,)
        self._add("review", self.own_calendar, pools, share=1000, when=when)

    def _decider(self, number: int) -> tuple[int, int]:
        """Return the first place on the way up that decides, or -1, and the days to get there."""
        numbers = {place.key: n for n, place in enumerate(self.life.places)}
        days = 0
        while number >= 0:
            place = self.life.places[number]
            if self.step.key in place.decides and place.reviewers:
                return number, days
            days += place.courier_days
            number = numbers.get(place.parent, -1)
        return -1, days
