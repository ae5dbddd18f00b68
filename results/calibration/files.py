"""``calibration.toml``: numbers that nobody has published, and the published ones they must give.

::

    schema = 1
    redesign = ""                 # today's procedure
    replications = 20

    [[parameter]]
    id = "dwell"
    at = "hands.dwell.mean"       # a number of scenario.toml
    low = 0.1
    high = 2.0

    [[parameter]]
    id = "limit"                  # no place: it stands in a measure
    low = 3
    high = 15

    [[target]]
    id = "mean-promised"
    measure = "mean(total)"       # a metric of promises.toml
    value = 2.2
    tolerance = 0.05

    [[target]]
    id = "on-time"
    measure = "on_time({limit})"
    value = 0.997
    tolerance = 0.001
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from results.promises.claims import ClaimSyntaxError, Metric, OnPaper, parse_metric
from results.promises.files import unknown_name
from rules import InputError, Name, Place, Problem, did_you_mean
from rules.catalogue import Reading
from rules.csv_tables import key_problem
from scenarios import Scenario, load
from scenarios.reader import PROVENANCES
from scenarios.toml_files import Settings, read_toml

CALIBRATION_FILE = "calibration.toml"

_SCHEMA = 1
_HOLE = re.compile(r"\{(\w[\w-]*)\}")
_MOST = 8
"""Most parameters: each costs two evaluations of every slope."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that the source does not give.

    Attributes
    ----------
    id : str
        What it is called.
    at : str
        Its place in scenario.toml, as ``hands.dwell.mean``; empty: it stands in a measure.
    low, high : float
        The range in which it may lie.
    name : Name
        What it means.
    """

    id: str
    at: str
    low: float
    high: float
    name: Name

    @property
    def middle(self) -> float:
        """The value halfway."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Target:
    """A published figure that the simulation must give.

    Attributes
    ----------
    id : str
        What it is called.
    measure : str
        A metric of promises.toml; ``{id}`` stands for a parameter's value.
    value : float
        The figure.
    tolerance : float
        How far the simulation may lie from it: rounding and what the source leaves open.
    basis : Name
        Who published it.
    provenance : str
        given, damaged-reading and so on.
    """

    id: str
    measure: str
    value: float
    tolerance: float
    basis: Name
    provenance: str

    def metric(self, values: Mapping[str, float]) -> Metric:
        """Return what is measured when the parameters have these values."""
        return parse_metric(_HOLE.sub(lambda hole: f"{values[hole[1]]:.6f}", self.measure))


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that a calibration.toml asks for, read and checked.

    Attributes
    ----------
    where : str
        The design to fit, as :func:`scenarios.load` takes it.
    scenario : Scenario
        The design as it stands in its files.
    parameters : tuple of Parameter
        What may be moved.
    targets : tuple of Target
        What must come out.
    replications : int
        Replications of one evaluation.
    """

    where: str
    scenario: Scenario
    parameters: tuple[Parameter, ...]
    targets: tuple[Target, ...]
    replications: int


def read_calibration(where: str | Path) -> Task:
    """Read the calibration of a scenario.

    Parameters
    ----------
    where : str or Path
        Whatever :func:`scenarios.load` takes; the file stands in the scenario's folder.

    Raises
    ------
    InputError
        With every problem found.
    """
    asked = load(where)
    path = asked.folder / CALIBRATION_FILE
    if not path.is_file():
        raise InputError.at(str(where), 0, f"has nothing to fit: it holds no {CALIBRATION_FILE}")
    reading = Reading()
    settings = read_toml(path, reading, CALIBRATION_FILE)
    if reading.problems:
        raise InputError(reading.problems)
    settings.only(("schema", "about", "redesign", "replications", "parameter", "target"))
    settings.whole("schema", _SCHEMA, low=_SCHEMA, high=_SCHEMA)
    redesign = asked.key.partition("/")[2] or settings.text("redesign", "")
    parameters = tuple(_parameter(table) for table in settings.tables("parameter"))
    ids = [each.id for each in parameters]
    targets = tuple(_target(table, ids) for table in settings.tables("target"))
    _complete(settings, parameters, targets)
    if reading.problems:
        raise InputError(reading.problems)
    design = str(asked.folder / redesign) if redesign else str(asked.folder)
    middle = {each.id: each.middle for each in parameters}
    scenario = load(design, values=settings_of(parameters, middle))
    for target, table in zip(targets, settings.tables("target"), strict=True):
        if problem := unknown_name(target.metric(middle), scenario):
            table.wrong("measure", problem)
    if reading.problems:
        raise InputError(reading.problems)
    replications = settings.whole("replications", 20, low=5, high=10_000)
    if reading.problems:
        raise InputError(reading.problems)
    return Task(design, load(design), parameters, targets, replications)


def settings_of(parameters: tuple[Parameter, ...], values: Mapping[str, float]) -> dict[str, float]:
    """Return the values of those parameters that stand in scenario.toml, by place."""
    return {each.at: values[each.id] for each in parameters if each.at}


def _parameter(table: Settings) -> Parameter:
    table.only(("id", "at", "low", "high", "name"))
    low, high = table.number("low", low=-1e9), table.number("high", low=-1e9)
    if low >= high:
        table.wrong("high", f"{high:g} is not above low, {low:g}")
    return Parameter(
        _id(table), table.text("at", ""), low, high, table.name("name", Name(table.text("id", "")))
    )


def _target(table: Settings, parameters: list[str]) -> Target:
    table.only(("id", "measure", "value", "tolerance", "basis", "provenance"))
    measure = table.text("measure")
    for hole in _HOLE.findall(measure):
        if hole not in parameters:
            table.wrong(
                "measure", f"no parameter is called '{hole}'{did_you_mean(hole, parameters)}"
            )
    try:
        if isinstance(parse_metric(_HOLE.sub("1", measure)), OnPaper):
            table.wrong("measure", f"{measure} is a number on paper: chance does not move it")
    except ClaimSyntaxError as error:
        table.wrong("measure", str(error))
    tolerance = table.number("tolerance", low=1e-9)
    provenance = table.text("provenance", "assumption")
    if provenance not in PROVENANCES:
        hint = did_you_mean(provenance, PROVENANCES)
        table.wrong("provenance", f"'{provenance}' is not one of {', '.join(PROVENANCES)}{hint}")
    return Target(
        _id(table), measure, table.number("value"), tolerance, table.name("basis", Name()),
        provenance,
    )  # fmt: skip


def _complete(
    settings: Settings, parameters: tuple[Parameter, ...], targets: tuple[Target, ...]
) -> None:
    """Note what is missing, stands twice or leads nowhere."""
    for what, every in (("parameter", parameters), ("target", targets)):
        if not every:
            settings.wrong(what, f"at least one [[{what}]] is needed")
        ids = [each.id for each in every]
        for id_ in sorted({each for each in ids if ids.count(each) > 1}):
            settings.wrong(what, f"id: '{id_}' stands twice")
    if len(parameters) > _MOST:
        settings.wrong("parameter", f"{len(parameters)} parameters are more than {_MOST}")
    used = {hole for target in targets for hole in _HOLE.findall(target.measure)}
    for each in parameters:
        if bool(each.at) == (each.id in used):
            settings.reading.problems.append(_nowhere(settings, each, bool(each.at)))


def _nowhere(settings: Settings, parameter: Parameter, placed: bool) -> Problem:
    says = (
        "stands both in scenario.toml (at) and in a measure: one of them"
        if placed
        else "moves nothing: give its place in scenario.toml (at) or use it in a measure"
    )
    return Problem(Place(settings.file, settings.line("parameter")), f"{parameter.id}: {says}")


def _id(table: Settings) -> str:
    id_ = table.text("id")
    if id_ and (problem := key_problem(id_)):
        table.wrong("id", f"'{id_}' {problem}")
    return id_
