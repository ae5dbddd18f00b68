"""Clocks, lights and case types of runs: who was in time, who was warned, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from results.numbers import change_text, interval_text, json_interval
from results.words import word
from rules import Name
from rules.law import national_law
from scenarios import Plan
from simulator import Interval, mean_interval
from simulator.account import LIGHTS, Account
from simulator.statistics import each_level, paired_difference

_MOST_DESKS = 10
"""Desks shown in the table of lights, those with the most red ones."""


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a step's files by a lower organ, whose limit is watched (art. 43).

    Attributes
    ----------
    step, organ : str
        Keys.
    article : str
        Where the limit stands; empty: the law limits it nowhere.
    limit_days, promised_days : float
        In days of its calendar; 0: none.
    desks : tuple of str
        Its desks, as the account names them.
    """

    step: str
    organ: str
    article: str
    limit_days: float
    promised_days: float
    desks: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the account calls it."""
        return f"{self.step}/{self.organ}"


@dataclass(frozen=True, slots=True, eq=False)
class ClockSummary:
    """What runs say of clocks, lights and types; shares are means over replications.

    Attributes
    ----------
    account : Account
        Whole numbers of each replication.
    day_ticks : int
        Ticks of a working day.
    warning : float or None
        Part of a limit after which the yellow light is on; None: limits are not watched.
    promised : bool
        Whether promised limits are watched, rather than statutory ones.
    types : tuple of (str, Name)
        Case types by key.
    steps : dict of str to Name
        Names of steps.
    reviews : tuple of Review
        Reviews by lower organs before the upper one decides.
    level : float
        Confidence of every interval.
    """

    account: Account
    day_ticks: int
    warning: float | None
    promised: bool
    types: tuple[tuple[str, Name], ...]
    steps: dict[str, Name]
    reviews: tuple[Review, ...]
    level: float

    def share(self, what: str, key: str, part: str, whole: str) -> Interval | None:
        """Return the mean of a share over the replications in which there is a whole."""
        parts, wholes = (self.account.of(what, key, name).tolist() for name in (part, whole))
        shares = [a / b for a, b in zip(parts, wholes, strict=True) if b]
        return mean_interval(shares, self.level) if shares else None

    def days(self, what: str, key: str, part: str, whole: str = "finished") -> Interval | None:
        """Return the mean of working days for each case."""
        parts, wholes = (self.account.of(what, key, name).tolist() for name in (part, whole))
        days = [a / b / self.day_ticks for a, b in zip(parts, wholes, strict=True) if b]
        return mean_interval(days, self.level) if days else None

    def mean_days(self, key: str) -> list[float]:
        """Return the mean elapsed working days of a type in each replication that finished some."""
        days, cases = (
            self.account.of("type", key, name).tolist() for name in ("elapsed", "finished")
        )
        return [a / b / self.day_ticks for a, b in zip(days, cases, strict=True) if b]

    def number(self, what: str, key: str, measure: str) -> Interval:
        """Return the mean of a number over replications."""
        return mean_interval([float(n) for n in self.account.of(what, key, measure)], self.level)

    def to_json(self) -> dict[str, Any]:
        """Return what ``run --json`` adds: ``clocks`` and ``types``."""
        document: dict[str, Any] = {}
        if self.warning is not None:
            document["clocks"] = self._clocks()
        if self.types:
            document["types"] = [
                {"key": key, "name": {"zh": name.zh, "en": name.en}, **self._of("type", key)}
                for key, name in self.types
            ]
        return document

    def _of(self, what: str, key: str) -> dict[str, Any]:
        return {
            "cases": json_interval(self.number(what, key, "cases")),
            "finished": json_interval(self.number(what, key, "finished")),
            "elapsed_mean_wd": _json(self.days(what, key, "elapsed")),
            "counted_mean_wd": _json(self.days(what, key, "counted")),
            "promise_kept": _json(self.share(what, key, "kept", "promised")),
        }

    def _clocks(self) -> dict[str, Any]:
        laws = {rule.reason: rule for rule in national_law().stops}
        reviews = {"lower_reviews": [self._review(each) for each in self.reviews]}
        return {
            "warning": self.warning,
            "lights": "promise" if self.promised else "statute",
            **self._of("case", ""),
            "steps": [
                {
                    "key": key,
                    "promise_kept": _json(self.share("step", key, "kept", "promised")),
                    "within_statute": _json(self.share("step", key, "lawful", "limited")),
                    "extended": _json(self.share("step", key, "extended", "limited")),
                }
                for key in self.account.keys("step")
            ],
            "desks": [
                {
                    "step": key.partition("/")[0],
                    "desk": key.partition("/")[2],
                    "yellow": json_interval(self.number("light", key, "yellow")),
                    "red": json_interval(self.number("light", key, "red")),
                }
                for key in self._lit()
            ],
            "stops": [
                {
                    "reason": key,
                    "article": laws[key].article,
                    "cases": json_interval(self.number("stop", key, "cases")),
                    "mean_wd": _json(self.days("stop", key, "ticks", "cases")),
                }
                for key in self.account.keys("stop")
            ],
            **(reviews if self.reviews else {}),
        }

    def sentences(self) -> tuple[Name, ...]:
        """Return a sentence for each review by a lower organ whose limit is watched."""
        return tuple(self._sentence(each) for each in self.reviews)

    def _sentence(self, review: Review) -> Name:
        """Say how long a lower organ takes until it hands files over, and where it is late."""
        key, days = review.key, review.limit_days or review.promised_days
        taken = self.days("review", key, "counted", "files")
        part, whole = ("lawful", "limited") if review.limit_days else ("kept", "promised")
        share = self.share("review", key, part, whole)
        if taken is None or share is None:
            return Name(
                f"下级审查：{key} 没有报送上级的件。",
                f"Lower review: {key} handed no file over upward.",
            )
        limit_zh, limit_en = review.article or "承诺", review.article or "its promise"
        red = {desk: int(self.account.of("review_light", desk, "red").sum())
               for desk in review.desks}  # fmt: skip
        worst = max(red, key=lambda desk: red[desk])
        late = red[worst] > 0
        return Name(
            f"下级审查：{key} 受理后平均 {taken.estimate:.1f} 个工作日报送上级，"
            f"{100 * share.estimate:.1f} % 在{limit_zh}的 {days:g} 日内"
            + (f"；超时最多在 {worst}。" if late else "。"),
            f"Lower review: {key} hands files over upward {taken.estimate:.1f} working days after"
            f" acceptance on average, {100 * share.estimate:.1f} % within the {days:g} days of"
            f" {limit_en}" + (f"; most pass the limit at {worst}." if late else "."),
        )

    def _review(self, review: Review) -> dict[str, Any]:
        key = review.key
        return {
            "step": review.step,
            "organ": review.organ,
            "article": review.article,
            "sentence": {"zh": (said := self._sentence(review)).zh, "en": said.en},
            "limit_days": review.limit_days or None,
            "promised_days": review.promised_days or None,
            "files": json_interval(self.number("review", key, "files")),
            "mean_wd": _json(self.days("review", key, "counted", "files")),
            "promise_kept": _json(self.share("review", key, "kept", "promised")),
            "within_statute": _json(self.share("review", key, "lawful", "limited")),
            "desks": [
                {
                    "desk": desk.partition("/")[2],
                    "yellow": json_interval(self.number("review_light", desk, "yellow")),
                    "red": json_interval(self.number("review_light", desk, "red")),
                }
                for desk in review.desks
                if any(self.account.of("review_light", desk, light).any() for light in LIGHTS)
            ],
        }

    def _lit(self) -> list[str]:
        """Return the desks at which a light came on, the most red ones first."""
        counts = {
            key: tuple(int(self.account.of("light", key, name).sum()) for name in ("red", "yellow"))
            for key in self.account.keys("light")
        }
        return sorted((key for key in counts if any(counts[key])), key=lambda k: (
            -counts[k][0], -counts[k][1], k))  # fmt: skip

    def tables(self, language: str) -> list[list[list[str]]]:
        """Return tables of text, each with its header first; none is empty."""
        found = []
        if self.types:
            found.append(self._type_table(language))
        if self.warning is not None:
            found += [self._step_table(language), self._desk_table(language)]
            found.append(self._review_table(language))
            found.append(self._stop_table(language))
        return [table for table in found if len(table) > 1]

    def _type_table(self, language: str) -> list[list[str]]:
        head = ("case type", "cases", "elapsed wd", "counted wd", "promise kept %")
        return [[word(each, language) for each in head]] + [
            [
                name.in_language(language) or key,
                f"{self.number('type', key, 'cases').estimate:.0f}",
                _text(self.days("type", key, "elapsed")),
                _text(self.days("type", key, "counted")),
                _percent(self.share("type", key, "kept", "promised")),
            ]
            for key, name in self.types
        ]

    def _step_table(self, language: str) -> list[list[str]]:
        head = ("step", "promise kept %", "within statute %", "extended %")
        return [[word(each, language) for each in head]] + [
            [
                self.steps[key].in_language(language) or key,
                _percent(self.share("step", key, "kept", "promised")),
                _percent(self.share("step", key, "lawful", "limited")),
                _percent(self.share("step", key, "extended", "limited")),
            ]
            for key in self.account.keys("step")
        ]

    def _desk_table(self, language: str) -> list[list[str]]:
        head = ("desk", "yellow lights", "red lights")
        return [[word(each, language) for each in head]] + [
            [
                key,
                interval_text(self.number("light", key, "yellow")),
                interval_text(self.number("light", key, "red")),
            ]
            for key in self._lit()[:_MOST_DESKS]
        ]

    def _review_table(self, language: str) -> list[list[str]]:
        head = ("lower review", "limit", "article", "wd to hand-over", "promise kept %",
                "within statute %", "yellow lights", "red lights")  # fmt: skip
        rows = []
        for each in self.reviews:
            lights = (
                "; ".join(
                    f"{desk} {interval_text(self.number('review_light', desk, light))}"
                    for desk in each.desks
                    if self.account.of("review_light", desk, light).any()
                )
                for light in LIGHTS
            )
            rows.append(
                [
                    each.key,
                    f"{each.limit_days or each.promised_days:g}",
                    each.article,
                    _text(self.days("review", each.key, "counted", "files")),
                    _percent(self.share("review", each.key, "kept", "promised")),
                    _percent(self.share("review", each.key, "lawful", "limited")),
                    *lights,
                ]
            )
        return [[word(each, language) for each in head], *rows]

    def _stop_table(self, language: str) -> list[list[str]]:
        laws = {rule.reason: rule for rule in national_law().stops}
        head = ("clock stopped for", "article", "cases", "wd a case")
        return [[word(each, language) for each in head]] + [
            [
                laws[key].name.in_language(language),
                laws[key].article,
                interval_text(self.number("stop", key, "cases")),
                _text(self.days("stop", key, "ticks", "cases")),
            ]
            for key in self.account.keys("stop")
        ]


def types_compared(
    designs: Sequence[tuple[str, ClockSummary | None]], language: str
) -> list[list[str]]:
    """Return the elapsed working days of each case type in each design, the header first.

    The last columns are the paired differences of the later designs from the first; those of
    a row hold all at once (Bonferroni). Empty where the designs have no types, or other ones.
    """
    clocks = [each for _, each in designs if each is not None]
    if len(clocks) < len(designs) or len({each.types for each in clocks}) != 1:
        return []
    keys = [key for key, _ in designs]
    change = word("change of mean", language)
    changes = [change] if len(keys) == 2 else [f"{change}: {key}" for key in keys[1:]]
    table = [[word("case type", language), *keys, *changes]]
    for key, name in clocks[0].types:
        days = [each.mean_days(key) for each in clocks]
        row = [name.in_language(language) or key]
        row += [_text(mean_interval(values, clocks[0].level)) if values else "" for values in days]
        for values in days[1:]:
            both = len(values) == len(days[0]) > 0
            level = each_level(len(days) - 1, clocks[0].level)
            row.append(change_text(paired_difference(values, days[0], level)) if both else "")
        table.append(row)
    return table if len(table) > 1 else []


def accounted(plan: Plan, account: Account, level: float) -> ClockSummary | None:
    """Return what accounts say, or None where the plan keeps none."""
    if not account.columns:
        return None
    watch = plan.watch
    names = {each.key: each.name for each in plan.types}
    return ClockSummary(
        account,
        plan.day_ticks,
        None if watch is None else watch.warning / 1000,
        watch is not None and watch.promised,
        tuple((each.key, names[each.key]) for each in plan.sortings),
        {step.key: step.name for step in plan.steps},
        _reviews(plan),
        level,
    )


def _reviews(plan: Plan) -> tuple[Review, ...]:
    """Return the reviews by lower organs, those of one step and organ together."""
    found: dict[str, Review] = {}
    for step in plan.steps:
        for each in step.lower_reviews:
            names = tuple(f"{step.key}/{plan.desks[desk].name}" for desk in each.desks)
            review = Review(
                step.key,
                each.organ,
                each.article,
                each.statute / plan.calendars[each.limit_calendar].day_ticks,
                each.promise / plan.calendars[each.promise_calendar].day_ticks,
                names,
            )
            known = found.setdefault(review.key, review)
            desks = tuple(dict.fromkeys((*known.desks, *names)))
            found[review.key] = replace(known, desks=desks)
    return tuple(found.values())


def _json(interval: Interval | None) -> dict[str, int | float | None] | None:
    return None if interval is None else json_interval(interval)


def _text(interval: Interval | None) -> str:
    return "" if interval is None else interval_text(interval)


def _percent(interval: Interval | None) -> str:
    if interval is None:
        return ""
    low, high = (None if e is None else 100 * e for e in (interval.low, interval.high))
    return interval_text(Interval(100 * interval.estimate, low, high, interval.level, interval.n))
