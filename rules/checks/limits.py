"""C6 and C8: promises, statutory limits, notices' floors, clock stops and units of day.

Limits in the same unit are compared as they are. A working-day limit against a
natural-day limit is compared on the calendar: from every start day of the year asked
about, which of the two ends first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from rules.calendars import WorkingDays
from rules.catalogue import Catalogue
from rules.checks.finding import Finding, error, warning
from rules.dealing import HandlingClass
from rules.flows import Parallel
from rules.items import Item, ItemKind
from rules.law import Law, LimitRule, deadline
from rules.problems import InputError, did_you_mean
from rules.steps import Duration, Kind, Limit, Name, Unit

_LAST_PUBLISHED = 2026


@dataclass(frozen=True, slots=True)
class Longer:
    """On which start days one limit ends after another.

    Attributes
    ----------
    days : int
        Start days asked.
    longer : int
        Of these, how many on which the first ends later.
    first : tuple of date or None
        The first such start day, and when the two end.
    exact : bool
        Whether both have the same unit, so that no calendar was needed.
    """

    days: int
    longer: int
    first: tuple[date, date, date] | None
    exact: bool


@dataclass(slots=True)
class Calendars:
    """Compares limits over one year; remembers what it compared."""

    year: int
    seen: dict[tuple[Duration, Duration], Longer] = field(default_factory=dict)

    def longer(self, one: Duration, other: Duration) -> Longer:
        """Return on which start days the first limit ends after the second."""
        if one.unit == other.unit or {one.unit, other.unit} & {Unit.HOUR, Unit.MINUTE}:
            over = one.paper_days > other.paper_days
            return Longer(1, int(over), None, exact=True)
        found = self.seen.get((one, other))
        if found is None:
            found = self.seen[one, other] = self._over_the_year(one, other)
        return found

    def _over_the_year(self, one: Duration, other: Duration) -> Longer:
        china = WorkingDays.china(projection=True)
        start, number, first, asked = date(self.year, 1, 1), 0, None, 0
        while start.year == self.year:
            ends = deadline(start, one, china), deadline(start, other, china)
            asked += 1
            if ends[0] > ends[1]:
                number += 1
                first = first or (start, *ends)
            start += timedelta(1)
        return Longer(asked, number, first, exact=False)


def limits(catalogue: Catalogue, law: Law, on: date) -> Iterator[Finding]:
    """Return what is wrong with the limits of items in force on a day (C6, C8)."""
    calendars = Calendars(min(max(on.year, 2005), _LAST_PUBLISHED - 1))
    for item in catalogue.items:
        yield from _one(catalogue, item, law, on, calendars)
        yield from _clock(catalogue, item, law, on)
    yield from _total(catalogue)


def _one(
    catalogue: Catalogue, item: Item, law: Law, on: date, calendars: Calendars
) -> Iterator[Finding]:
    place, zh = catalogue.place(item), item.name.in_language("zh")
    rule, findings = _rule(catalogue, item, law, on)
    yield from findings
    limit, source = item.statutory, item.basis.citation or "statutory_limit"
    if rule is not None:
        of_law = Limit(rule.limit, rule.floor)
        if limit is not None and limit != of_law:
            yield error(
                "C6", "limit-not-of-the-day", place, (item.key,),
                f"{zh}的法定时限写为{limit}，但{rule.article}在{on}规定为{of_law}",
                f"{item.key} gives the statutory limit {limit}, but {rule.article} says "
                f"{of_law} on {on}",
                (str(limit), str(of_law), str(on)),
            )  # fmt: skip
        limit, source = of_law, rule.article
    elif limit is None and item.kind is ItemKind.LICENCE and item.handled_as is not Kind.NOTICE:
        general = _general(item, law, on)
        if general is not None:
            limit, source = Limit(general.limit), general.article
    if limit is not None and item.promised is not None:
        yield from _compared(catalogue, item, limit, source, calendars)
    if item.handled_as is Kind.JOINT and item.promised is not None:
        joint = law.limit("joint-decision", on=on, jurisdiction=item.jurisdiction)
        most = joint.limit.amount + (
            joint.extension.amount if item.extension and joint.extension else 0
        )
        if item.promised.paper_days > most:
            yield error(
                "C6", "joint-above-limit", place, (item.key,),
                f"联合办理{zh}需{item.promised}，超过{joint.article}的{most}个工作日",
                f"the joint step {item.key} takes {item.promised}, above {most} wd "
                f"({joint.article})",
                (str(item.promised), f"{most} wd"),
            )  # fmt: skip
    yield from _extension(catalogue, item, rule, law, on)
    yield from _delivery(catalogue, item, law, on)
    yield from _lower_review(catalogue, item, law, on, calendars)


def _rule(
    catalogue: Catalogue, item: Item, law: Law, on: date
) -> tuple[LimitRule | None, list[Finding]]:
    if not item.law_limit:
        return None, []
    try:
        return law.limit(item.law_limit, on=on, jurisdiction=item.jurisdiction), []
    except LookupError as missing:
        known = {rule.key for rule in law.limits}
        zh = item.name.in_language("zh")
        number, kind = (
            ("C7", "outside-its-law") if item.law_limit in known else ("C6", "unknown-provision")
        )
        finding = error(
                number,
                kind,
                catalogue.place(item),
                (item.key,),
                f"{zh}引用的时限条款{item.law_limit}在{on}不是现行法",
                f"{item.key} rests on the provision {item.law_limit}: {missing}",
                (item.law_limit, str(on)),
            )  # fmt: skip
        return None, [finding]


def _general(item: Item, law: Law, on: date) -> LimitRule | None:
    try:
        return law.limit("decision", on=on, jurisdiction=item.jurisdiction)
    except LookupError:
        return None


def _compared(
    catalogue: Catalogue, item: Item, limit: Limit, source: str, calendars: Calendars
) -> Iterator[Finding]:
    promised = item.promised
    assert promised is not None
    one, other = (limit.duration, promised) if limit.floor else (promised, limit.duration)
    longer = calendars.longer(one, other)
    if not longer.longer:
        return
    zh = item.name.in_language("zh")
    if limit.floor:
        kind, words = "notice-below-floor", ("公示期短于法定最短期", "lasts less than the floor")
    else:
        kind, words = "promise-above-statute", ("承诺时限超过法定时限", "promises more than")
    more = _on_the_calendar(longer)
    witness = (str(promised), str(limit), *map(str, longer.first or ()))
    make = error if longer.longer == longer.days else warning
    yield make(
        "C6", kind, catalogue.place(item), (item.key,),
        f"{zh}{words[0]}：{promised}，法定{limit}（{source}）{more.zh}",
        f"{item.key} {words[1]} {limit} ({source}): {promised}{more.en}",
        witness,
    )  # fmt: skip


def _on_the_calendar(longer: Longer) -> Name:
    """Say how limits in different units compare; nothing where the units are the same."""
    if longer.first is None:
        return Name()
    start, late, early = longer.first
    return Name(
        f"；按{start.year}年日历，{longer.days}个起算日中有{longer.longer}个超出，"
        f"如{start}起算：{late}对{early}",
        f"; on the calendar, from {longer.longer} of {longer.days} start days of "
        f"{start.year}, for instance {start}: {late} instead of {early}",
    )


def _extension(
    catalogue: Catalogue, item: Item, rule: LimitRule | None, law: Law, on: date
) -> Iterator[Finding]:
    if item.extension is None:
        return
    place, zh = catalogue.place(item), item.name.in_language("zh")
    if not item.extension_by:
        yield error(
            "C6", "extension-without-approver", place, (item.key,),
            f"{zh}可延长{item.extension}，但未写明由谁批准（行政许可法第42条）",
            f"{item.key} may be extended by {item.extension}, but nobody approves it "
            "(行政许可法 art. 42)",
            (str(item.extension),),
        )  # fmt: skip
    key = "joint-decision" if item.handled_as is Kind.JOINT else "decision"
    try:
        rule = rule or law.limit(key, on=on, jurisdiction=item.jurisdiction)
    except LookupError:
        return
    most = rule.extension
    if item.kind is ItemKind.LICENCE and (
        most is None or item.extension.paper_days > most.paper_days
    ):
        yield error(
            "C6", "extension-too-long", place, (item.key,),
            f"{zh}延长{item.extension}，超过{rule.article}允许的{most or '0'}",
            f"{item.key} may be extended by {item.extension}, but {rule.article} allows "
            f"{most or 'none'}",
            (str(item.extension), str(most or 0)),
        )  # fmt: skip


def _delivery(catalogue: Catalogue, item: Item, law: Law, on: date) -> Iterator[Finding]:
    if item.kind is not ItemKind.LICENCE or not item.certificates:
        return
    place, zh = catalogue.place(item), item.name.in_language("zh")
    if item.delivery is None:
        yield warning(
            "C6", "delivery-missing", place, (item.key,),
            f"{zh}颁发证件，但没有送达时限（行政许可法第44条：10日）",
            f"{item.key} issues a certificate but has no limit for delivering it "
            "(行政许可法 art. 44: 10 wd)",
            item.certificates[:1],
        )  # fmt: skip
        return
    try:
        rule = law.limit("delivery", on=on, jurisdiction=item.jurisdiction)
    except LookupError:
        return
    if item.delivery.paper_days > rule.limit.paper_days:
        yield error(
            "C6", "delivery-too-long", place, (item.key,),
            f"{zh}送达时限{item.delivery}超过{rule.article}的{rule.limit}",
            f"{item.key} is delivered within {item.delivery}, above {rule.limit} ({rule.article})",
            (str(item.delivery), str(rule.limit)),
        )  # fmt: skip


def _lower_review(
    catalogue: Catalogue, item: Item, law: Law, on: date, calendars: Calendars
) -> Iterator[Finding]:
    """Return what is wrong with the time that the lower organ promises for its review (art. 43)."""
    promised = item.dealing.lower_review
    if promised is None:
        return
    place, zh = catalogue.place(item), item.name.in_language("zh")
    if item.dealing.handling is not HandlingClass.REPORT_UP:
        yield warning(
            "C6", "lower-review-of-no-use", place, (item.key,),
            f"{zh}写有下级审查时限{promised}，但不是上报件（report_up）",
            f"{item.key} promises {promised} for the lower review, but is not reported upward "
            "(handling report_up)",
            (str(promised),),
        )  # fmt: skip
        return
    try:
        rule = law.limit("lower-review", on=on, jurisdiction=item.jurisdiction)
    except LookupError:
        return
    longer = calendars.longer(promised, rule.limit)
    if item.kind is not ItemKind.LICENCE or not longer.longer:
        return
    more = _on_the_calendar(longer)
    make = error if longer.longer == longer.days else warning
    yield make(
        "C6", "lower-review-too-long", place, (item.key,),
        f"{zh}下级审查时限{promised}，超过{rule.article}的{rule.limit}{more.zh}",
        f"{item.key} promises {promised} for the review by the lower organ, above {rule.limit} "
        f"({rule.article}){more.en}",
        (str(promised), str(rule.limit), *map(str, longer.first or ())),
    )  # fmt: skip


def _clock(catalogue: Catalogue, item: Item, law: Law, on: date) -> Iterator[Finding]:
    place, zh = catalogue.place(item), item.name.in_language("zh")
    if not item.unit_said:
        yield warning(
            "C8", "unit-missing", place, (item.key,),
            f"{zh}的时限{item.promised.amount if item.promised else ''}没有写明工作日还是自然日",
            f"{item.key}: the limit {item.promised.amount if item.promised else ''} does not say "
            "working or natural days",
            (str(item.promised),),
        )  # fmt: skip
    known = law.clock_stops(on=on, jurisdiction=item.jurisdiction)
    for reason in item.clock_stops:
        if reason not in known:
            hint = did_you_mean(reason, known)
            yield error(
                "C8", "exclusion-not-allowed", place, (item.key,),
                f"{zh}把{reason}不计入时限，但{item.jurisdiction}在{on}没有此规定"
                f"（行政许可法第45条：{'、'.join(r.name.zh for r in known.values())}）",
                f"{item.key} does not count {reason}, which neither art. 45 nor a rule of "
                f"{item.jurisdiction} allows on {on}{hint}",
                (reason, item.jurisdiction),
            )  # fmt: skip


def _total(catalogue: Catalogue) -> Iterator[Finding]:
    total = catalogue.total_promise
    if total is None:
        return
    try:
        procedure = replace(catalogue.procedure(), flow=Parallel())  # as prerequisites alone force
    except InputError:
        return  # a knot (C1) or several versions (C7)
    path = procedure.critical_path()
    if path.days > total.paper_days:
        chain = " -> ".join(path.keys)
        yield error(
            "C6", "path-above-total", catalogue.place(catalogue[path.keys[-1]]), path.keys,
            f"关键路径{chain}共{float(path.days):g}个工作日，超过总承诺{total}",
            f"the critical path {chain} takes {float(path.days):g} wd, above the total "
            f"promise of {total}",
            path.keys,
        )  # fmt: skip
