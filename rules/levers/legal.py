"""The law that levers ask, as of the procedure's day, and limits compared across units of day."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from rules.law import LimitRule, national_law
from rules.levers.change import Refused, in_zh
from rules.procedure import Procedure
from rules.steps import Duration, Kind, Name, Step, Unit
from rules.working_days import BeyondCalendar, WorkingDays


def limit_in_force(lever: str, procedure: Procedure, key: str) -> LimitRule:
    """Return a limit as it is law on the procedure's day.

    Raises
    ------
    Refused
        If no text was law on that day: the lever then has no basis yet.
    """
    try:
        return national_law().limit(key, on=procedure.on, jurisdiction=procedure.jurisdiction)
    except LookupError as error:
        raise Refused(
            lever,
            Name(
                f"{procedure.on} 尚无可依据的规定（{key}）",
                f"no provision to act on was in force then: {error}",
            ),
        ) from error


@cache
def natural_span(duration: Duration) -> tuple[int, int]:
    """Return the fewest and most natural days that a duration can span.

    The day of the event is not counted. Working days are measured from every day of the
    published calendar (2004-2026), shifted days included; hours and minutes count as the
    working days that they begin.

    Examples
    --------
    >>> natural_span(Duration(20, Unit.NATURAL_DAY))
    (20, 20)
    >>> least, most = natural_span(Duration(20))
    >>> least <= 25 <= 36 <= most
    True
    """
    if duration.unit is Unit.NATURAL_DAY:
        return duration.amount, duration.amount
    amount = -(-duration.paper_days.numerator // duration.paper_days.denominator)
    days = WorkingDays.china()
    spans = []
    for offset in range(len(days.worked)):
        start = days.first + timedelta(offset)
        try:
            spans.append((days.add(start, amount) - start).days)
        except BeyondCalendar:
            break
    return (min(spans), max(spans)) if spans else (amount, 2 * amount)


def surely_within(duration: Duration, limit: Duration) -> bool:
    """Whether a duration is no longer than a limit, whenever it begins.

    In one unit this is a comparison of numbers; between working and natural days
    it must hold on every day of the published calendar.

    Examples
    --------
    >>> surely_within(Duration(10), Duration(15, Unit.NATURAL_DAY))   # National Day week
    False
    >>> surely_within(Duration(7), Duration(20, Unit.NATURAL_DAY))
    True
    >>> surely_within(Duration(20, Unit.NATURAL_DAY), Duration(20))
    True
    """
    if Unit.NATURAL_DAY not in (duration.unit, limit.unit) or duration.unit is limit.unit:
        return duration.paper_days <= limit.paper_days
    return natural_span(duration)[1] <= natural_span(limit)[0]


def promise_objection(
    lever: str, procedure: Procedure, step: Step, promise: Duration
) -> Refused | None:
    """Return why a step may not be promised in so many days, or None.

    A promise stays within the statutory limit; a notice stays at its floor or above; a
    licence without a limit of its own has that of 行政许可法 art. 42.
    """
    limit = step.limit
    if limit is None and step.kind is Kind.NOTICE:
        return Refused(
            lever,
            Name(
                f"{step.key} {step.name.zh} 为公示，目录未载明其法定最短期限，不能压缩",
                f"{step.key} {step.name.in_language('en')} is a notice and the catalogue does "
                "not give its statutory floor",
            ),
            step.basis.cited,
            Name(
                "先在目录中填写法定期限（如 >= 20 cd）",
                "first give its statutory limit in the catalogue, such as >= 20 cd",
            ),
        )
    if limit is not None and limit.floor and not surely_within(limit.duration, promise):
        return Refused(
            lever,
            Name(
                f"{step.key} {step.name.zh} 为法定公示，{in_zh(promise)} 可能短于最短期限 "
                f"{in_zh(limit.duration)}",
                f"{step.key} {step.name.in_language('en')}: {promise} may fall below the "
                f"statutory floor of {limit.duration}",
            ),
            step.basis.cited,
            Name(f"不短于 {in_zh(limit.duration)}", f"no less than {limit.duration}"),
        )
    ceiling, article = (limit.duration, step.basis.citation) if limit else (None, "")
    if ceiling is None and step.kind in (Kind.APPROVAL, Kind.JOINT):
        rule = limit_in_force(
            lever, procedure, "joint-decision" if step.kind is Kind.JOINT else "decision"
        )
        ceiling, article = rule.limit, rule.article
    if ceiling and not (limit and limit.floor) and not surely_within(promise, ceiling):
        return Refused(
            lever,
            Name(
                f"{step.key} {step.name.zh} 承诺时限 {in_zh(promise)} 可能超过法定时限 "
                f"{in_zh(ceiling)}",
                f"{step.key} {step.name.in_language('en')}: a promise of {promise} may pass the "
                f"statutory limit of {ceiling}",
            ),
            article,
            Name("承诺时限不得超过法定时限", f"promise a time that is always within {ceiling}"),
        )
    return None
