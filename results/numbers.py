"""How numbers are written: the same text in every table, page and message."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from simulator import Interval

JSON_DIGITS = 6
"""Decimals of a number in JSON; more would differ between machines and mean nothing."""


UNKNOWN = {"en": "unknown", "zh": "不详"}
"""What stands in place of days that no source gives."""


def count_text(count: int | None) -> str:
    """Return a number as it is, or a dash where there is none.

    Examples
    --------
    >>> count_text(66), count_text(None)
    ('66', '-')
    """
    return "-" if count is None else str(count)


def change_of_count(old: int | None, new: int | None) -> int | None:
    """Return how a number changed; None where either is not there."""
    return None if old is None or new is None else new - old


def days_text(days: Fraction | float | None, language: str = "en") -> str:
    """Return days with one decimal, or none when they are whole; a word where they are unknown.

    Examples
    --------
    >>> days_text(Fraction(236)), days_text(Fraction(100, 7)), days_text(Fraction(-127))
    ('236', '14.3', '-127')
    >>> days_text(None), days_text(None, "zh")
    ('unknown', '不详')
    """
    if days is None:
        return UNKNOWN[language]
    exact = Fraction(days)
    return str(exact.numerator) if exact.denominator == 1 else f"{float(exact):.1f}"


def interval_text(interval: Interval, digits: int = 1) -> str:
    """Return an estimate with the half-width of its interval.

    The wider side counts when the interval is not symmetric.

    Examples
    --------
    >>> interval_text(Interval(243.1, 241.3, 245.1, 0.95, 30))
    '243.1 ±2.0'
    >>> interval_text(Interval(243.1, None, None, 0.95, 3))
    '243.1 (n < 5)'
    """
    if math.isnan(interval.estimate):
        return "-"
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:.{digits}f} (n < 5)"
    half = max(interval.high - interval.estimate, interval.estimate - interval.low)
    return f"{interval.estimate:.{digits}f} ±{half:.{digits}f}"


def change_text(interval: Interval, digits: int = 1) -> str:
    """Return a difference with its interval, never hiding whether that leaves out zero.

    As :func:`interval_text`; where that would read as if the interval held zero and it does
    not, or the other way about, both ends are written, with as many decimals as it takes.

    Examples
    --------
    >>> change_text(Interval(-5.0, -6.0, -4.1, 0.95, 30))
    '-5.0 ±1.0'
    >>> change_text(Interval(-5.0, -10.1, -0.2, 0.95, 30))
    '-5.0 [-10.1, -0.2]'
    >>> change_text(Interval(-0.03, -0.05, -0.01, 0.95, 30))
    '-0.03 ±0.02'
    """
    low, high = interval.low, interval.high
    if low is None or high is None or math.isnan(interval.estimate):
        return interval_text(interval, digits)
    apart = leaves_out_zero(interval)
    half = max(high - interval.estimate, interval.estimate - low)
    for more in range(digits, digits + _MORE_DIGITS):
        if (abs(round(interval.estimate, more)) > round(half, more)) == apart:
            return interval_text(interval, more)
        if (not round(low, more) <= 0 <= round(high, more)) == apart:
            return f"{interval.estimate:.{more}f} [{low:.{more}f}, {high:.{more}f}]"
    return interval_text(interval, digits)


_MORE_DIGITS = 5


def leaves_out_zero(interval: Interval) -> bool:
    """Return whether both ends of an interval are known and zero is not between them."""
    low, high = interval.low, interval.high
    return low is not None and high is not None and not low <= 0 <= high


def change_of(was: Fraction | None, now: Fraction | None) -> Fraction | None:
    """Return by how much days change; None where either is unknown.

    Examples
    --------
    >>> change_of(Fraction(236), Fraction(109)), change_of(None, Fraction(109))
    (Fraction(-127, 1), None)
    """
    return None if was is None or now is None else now - was


def json_number(value: Fraction | float | None) -> int | float | None:
    """Return a number fit for JSON: whole numbers whole, others rounded.

    Examples
    --------
    >>> json_number(Fraction(236)), json_number(Fraction(100, 7)), json_number(None)
    (236, 14.285714, None)
    """
    if value is None or math.isnan(value):  # there was nothing to measure
        return None
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return round(float(value), JSON_DIGITS)


def json_interval(interval: Interval) -> dict[str, int | float | None]:
    """Return an interval as a JSON object."""
    return {
        "estimate": json_number(interval.estimate),
        "low": json_number(interval.low),
        "high": json_number(interval.high),
        "level": interval.level,
        "n": interval.n,
    }


def adding_up(
    values: Sequence[Fraction], digits: int, total: Fraction | None = None
) -> list[Fraction]:
    """Return values rounded so that they still add up to their rounded total.

    Each is rounded down, and the units left over go to those that lost most.

    Parameters
    ----------
    values : sequence of Fraction
        The parts.
    digits : int
        Decimals kept.
    total : Fraction, optional
        What they shall add up to, itself of so many decimals; by default their sum, rounded.

    Examples
    --------
    >>> [str(each) for each in adding_up([Fraction(1, 3)] * 3, 1)]
    ['2/5', '3/10', '3/10']
    """
    unit = Fraction(1, 10**digits)
    whole = round((sum(values, Fraction(0)) if total is None else total) / unit)
    down = [math.floor(value / unit) for value in values]
    most_lost = sorted(range(len(values)), key=lambda at: (down[at] - values[at] / unit, at))
    for each in range(whole - sum(down)):
        down[most_lost[each % len(values)]] += 1
    return [each * unit for each in down]
