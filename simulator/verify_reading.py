"""What a file of textbook cases says, read with care: nothing unknown is passed over.

A word that the simulator does not know may change what a model means, so a case that holds
one is unsupported, with the reason; it is never simulated as if the word were not there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from rules import did_you_mean
from rules.problems import InputError, Place, Problem
from scenarios.arrivals import Arrivals, Groups, Poisson, Renewal
from scenarios.distributions import (
    Discrete,
    Distribution,
    Erlang,
    Exponential,
    Fixed,
    Gamma,
    Lognormal,
    Mixture,
    Triangular,
    Uniform,
    Weibull,
)

SCHEMA = "queueing-cases/1"
UNIT = 10_000
"""Ticks of one unit of time of a textbook queue: fine enough that rounding cannot be seen."""
_REMARKS = ("kind", "why", "note", "comment", "name", "description")
_MOST = 100_000
_LARGEST = 1e9


class NotExpressible(Exception):  # noqa: N818 - said as the reader meets it
    """The simulator has no such model; the message says what is missing."""


def read_cases(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file of the schema ``queueing-cases/1``.

    Raises
    ------
    InputError
        If the file is not of this schema: every problem of every case, with its line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError.at(str(path), error.lineno, f"is not JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise InputError.at(str(path), 0, "is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror or error}") from error
    except (RecursionError, ValueError) as error:
        raise InputError.at(str(path), 0, f"cannot be read: {str(error)[:120]}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise InputError.at(str(path), 0, f"schema: {_short(found)}; '{SCHEMA}' was expected")
    cases = document.get("cases")
    if not isinstance(cases, list) or not cases:
        found = "nothing" if cases is None else _short(cases)
        raise InputError.at(str(path), 0, f"cases: a list was expected; {found} was found")
    problems = []
    lines = _lines_of_cases(text, len(cases))
    for number, (case, line) in enumerate(zip(cases, lines, strict=True), 1):
        for key, kind in (("id", str), ("model", dict), ("expected", dict)):
            if not isinstance(case, dict) or not isinstance(case.get(key), kind):
                message = f"case {number}: '{key}' is missing or no {_KINDS[kind]}"
                problems.append(Problem(Place(str(path), line), message))
    if problems:
        raise InputError(problems)
    return cases


_KINDS: dict[type, str] = {str: "text", dict: "table"}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice}' stands twice in one table")
    return found


def _lines_of_cases(text: str, number: int) -> list[int]:
    """Return the line on which each case begins; 0 where it cannot be told."""
    import re

    begin = re.search(r'"cases"\s*:\s*\[\s*', text)
    decoder, lines, at = json.JSONDecoder(), list[int](), begin.end() if begin else 0
    while begin and len(lines) < number:
        lines.append(text.count("\n", 0, at) + 1)
        try:
            _, at = decoder.raw_decode(text, at)
        except ValueError:
            break
        at += len(text[at:]) - len(text[at:].lstrip(", \t\r\n"))
    return (lines + [0] * number)[:number]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def only(asked: object, known: Iterable[str], where: str) -> None:
    """Refuse keys that are not known: they may change what is meant."""
    known = tuple(known)
    if not isinstance(asked, Mapping):
        raise NotExpressible(f"{where}: {_short(asked)}; a table was expected")
    for key in asked:
        if key not in known and key not in _REMARKS:
            raise NotExpressible(f"'{key}' of {where}{did_you_mean(key, known)}")


def of_list(asked: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list that is not empty."""
    found = needed(asked, key)
    if not isinstance(found, list) or not found:
        raise NotExpressible(f"{key}: {_short(found)}; a list was expected")
    return found


def table(asked: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a table of names."""
    found = needed(asked, key)
    if not isinstance(found, dict):
        raise NotExpressible(f"{key}: {_short(found)}; a table was expected")
    return found


def number(
    asked: Mapping[str, Any], key: str, low: float = 0.0, high: float = _LARGEST, above: bool = True
) -> float:
    """Return a finite number above a bound, or at it where that is allowed."""
    return a_number(needed(asked, key), key, low, high, above)


def a_number(
    found: object, what: str, low: float = 0.0, high: float = _LARGEST, above: bool = True
) -> float:
    """Return a value if it is a finite number within bounds."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise NotExpressible(f"{what}: {_short(found)} is not a number")
    if math.isnan(found) or math.isinf(found):
        raise NotExpressible(f"{what}: {found} is not a finite number")
    if not (low < found <= high or (found == low and not above)):
        least = f"above {low:g}" if above else f"from {low:g}"
        raise NotExpressible(f"{what}: {_short(found)} is no number {least} to {high:g}")
    return found


def whole(asked: Mapping[str, Any], key: str, low: int = 1, high: int = _MOST) -> int:
    """Return a whole number between two bounds."""
    return a_whole(needed(asked, key), key, low, high)


def a_whole(found: object, what: str, low: int = 1, high: int = _MOST) -> int:
    """Return a value if it is a whole number between two bounds."""
    value = a_number(found, what, low, high, above=False)
    if value != int(value):
        raise NotExpressible(f"{what}: {_short(found)} is not a whole number")
    return int(value)


def rule(asked: Mapping[str, Any], key: str, *telling: str) -> None:
    """Refuse a rule in words without the words that tell it from other rules.

    A model without any rule has the usual one.
    """
    text = asked.get(key, " ".join(telling))
    if not isinstance(text, str) or not all(word in text for word in telling):
        raise NotExpressible(f"the {key} {_short(text)}; known is '… {' … '.join(telling)} …'")


def needed(asked: Mapping[str, Any], key: str) -> Any:
    """Return what a model says of a key that it must have."""
    if key not in asked:
        raise NotExpressible(f"a model without '{key}'")
    return asked[key]


def unit_for(*times: float) -> float:
    """Return ticks of one unit of time: the shortest of some mean times has about 10,000.

    So seconds and years are simulated equally finely.

    Examples
    --------
    >>> unit_for(1.0), unit_for(0.001), unit_for(480.0)
    (10000, 10000000.0, 100.0)
    """
    shortest = min((time for time in times if time > 0), default=1.0)
    power = -math.floor(math.log10(shortest))
    if -1 <= power <= 1:
        return UNIT
    return float(UNIT * 10**power if power > 0 else UNIT / 10**-power)


_PARAMETERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "exponential": (("mean",),),
    "deterministic": (("value",), ("mean",)),
    "fixed": (("value",), ("mean",)),
    "constant": (("value",), ("mean",)),
    "erlang": (("mean", "k"), ("mean", "stages")),
    "gamma": (("mean", "cv"), ("mean", "shape")),
    "hyperexp2": (("p", "mean1", "mean2"),),
    "lognormal": (("mean", "cv"),),
    "triangular": (("low", "mode", "high"), ("min", "mode", "max")),
    "uniform": (("low", "high"), ("min", "max")),
    "weibull": (("scale", "shape"),),
    "discrete": (("values", "probs_fraction"), ("values", "probs"), ("values", "weights")),
}
"""Which sets of parameters give a distribution of a model file."""


def distribution(asked: Mapping[str, Any] | float, unit: float = UNIT) -> Distribution:
    """Return the distribution of a model file, in ticks.

    Raises
    ------
    NotExpressible
        If it is unknown, or its parameters make no sense; the message says which.
    """
    if not isinstance(asked, Mapping):
        return Fixed(a_number(asked, "a time", above=False) * unit)
    kind = asked.get("dist", "")
    ways = _PARAMETERS.get(kind) if isinstance(kind, str) else None
    if ways is None:
        raise NotExpressible(f"the distribution {_short(kind)}")
    way = next((way for way in ways if set(asked) - {"dist"} == set(way)), None)
    if way is None:
        found = ", ".join(key for key in asked if key != "dist") or "nothing"
        right = " or ".join(", ".join(way) for way in ways)
        raise NotExpressible(
            f"the distribution '{kind}' with {found} (right: {right}, nothing else)"
        )
    if kind == "discrete":
        made: Distribution = _discrete(asked, way[1], unit)
    else:
        at = [a_number(asked[key], f"{key} of '{kind}'", above=False) for key in way]
        made = _made(kind, way, at, unit)
    if problems := made.wrong():
        raise NotExpressible(f"the distribution '{kind}': {problems[0]}")
    return made


def _made(kind: str, way: Sequence[str], at: Sequence[float], unit: float) -> Distribution:
    first, *rest = at
    if kind == "exponential":
        return Exponential(first * unit)
    if kind == "erlang":
        return Erlang(first * unit, a_whole(rest[0], "stages of 'erlang'"))
    if kind == "gamma":
        shape = a_number(rest[0], f"{way[1]} of 'gamma'")
        return Gamma(first * unit, shape if way[1] == "cv" else shape**-0.5)
    if kind == "hyperexp2":
        return Mixture(first, Exponential(rest[0] * unit), Exponential(rest[1] * unit))
    if kind == "lognormal":
        return Lognormal(first * unit, rest[0])
    if kind == "triangular":
        return Triangular(first * unit, rest[0] * unit, rest[1] * unit)
    if kind == "uniform":
        return Uniform(first * unit, rest[0] * unit)
    if kind == "weibull":
        return Weibull(first * unit, a_number(rest[0], "shape of 'weibull'"))
    return Fixed(first * unit)


def _discrete(asked: Mapping[str, Any], of_weights: str, unit: float) -> Discrete:
    values = [a_number(each, "values", above=False) for each in of_list(asked, "values")]
    weights = [fraction(each, of_weights) for each in of_list(asked, of_weights)]
    if of_weights != "weights" and abs(math.fsum(weights) - 1) > 1e-6:
        raise NotExpressible(f"{of_weights}: they add up to {math.fsum(weights):g}, not to 1")
    return Discrete(tuple(value * unit for value in values), tuple(weights))


def fraction(found: object, what: str) -> float:
    """Return a number, or a text such as ``1/3``, as a number of 0 or more."""
    if isinstance(found, str):
        try:
            found = float(Fraction(found))
        except (ValueError, ZeroDivisionError, OverflowError):
            raise NotExpressible(f"{what}: {_short(found)} is not a fraction") from None
    return a_number(found, what, above=False)


def arrivals(asked: Mapping[str, Any], unit: float = UNIT) -> tuple[Arrivals, float]:
    """Return when cases come and how many a unit of time."""
    process = asked.get("process", "")
    if process == "poisson":
        only(asked, ("process", "rate"), "a Poisson stream")
        if "rate" not in asked:
            raise NotExpressible("a Poisson stream without a rate")
        rate = number(asked, "rate")
        return Poisson(unit / rate), rate
    if process == "renewal":
        only(asked, ("process", "interarrival"), "a renewal stream")
        gap = distribution(needed(asked, "interarrival"), unit)
        if gap.mean <= 0:
            raise NotExpressible("a renewal stream without time between cases")
        return Renewal(gap), unit / gap.mean
    if process == "poisson-batches":
        only(asked, ("process", "batch_rate", "batch_size"), "a stream of batches")
        rate, size = number(asked, "batch_rate"), whole(asked, "batch_size", high=1000)
        return Groups(unit / rate, size), rate * size
    raise NotExpressible(f"arrivals {_short(process)}")


def mean_time(asked: Any) -> float:
    """Return the mean of a distribution of a model file, in the file's own unit."""
    return distribution(asked, 1.0).mean


def relaxation(load: float, variation: float = 1.0) -> float:
    """Return about how many cases a queue needs to forget how it began.

    Parameters
    ----------
    load : float
        0 to below 1.
    variation : float
        Squared coefficient of variation of gaps and service, averaged: 1 for M/M/1.
    """
    return max(1.0, variation) / (1 - math.sqrt(load)) ** 2


def steady(load: float) -> None:
    """Refuse a load of 100 % and more: such a queue grows for ever."""
    if not load < 1:
        raise NotExpressible(f"a steady state at a load of {load:g}")
