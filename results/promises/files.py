"""``promises.toml``: what was promised, in whose words, and how sure a verdict must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from results.promises.claims import (
    Claim,
    ClaimSyntaxError,
    Elapsed,
    Metric,
    OnPaper,
    OnTime,
    StepDays,
    Utilisation,
    Wait,
    parse_claim,
)
from rules import InputError, Name, Place, did_you_mean
from rules.catalogue import Reading
from rules.csv_tables import key_problem
from scenarios import Scenario, load
from scenarios.reader import PROVENANCES
from scenarios.toml_files import Settings, read_toml

PROMISES_FILE = "promises.toml"

_TOP = ("schema", "scenario", "redesign", "promise", "snapshot", "about")
_PROMISE = ("id", "holds", "confidence", "basis", "provenance", "redesign", "baseline", "note")
_SNAPSHOT = ("id", "redesign", "tolerance", "note")
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise (承诺): a claim about one design.

    Attributes
    ----------
    id : str
        What it is called in reports and tests.
    claim : Claim
        What must hold.
    redesign : str
        Key of the redesign that must keep it; empty: today's procedure.
    confidence : float
        1 minus the chance of a wrong verdict.
    basis : Name
        Who promised it, and where.
    provenance : str
        given, reconstruction and so on.
    baseline : str
        Saved run that a failure is compared with; empty: the newest of the design.
    place : Place
        Where it stands.
    asked_of : str
        Redesign that a check asks instead of the one the file names; empty: none.
    """

    id: str
    claim: Claim
    redesign: str
    confidence: float
    basis: Name
    provenance: str
    baseline: str
    place: Place
    asked_of: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table of key figures that must stay as it was recorded.

    Attributes
    ----------
    id : str
        What it is called in reports and tests.
    redesign : str
        Key of the redesign; empty: today's procedure.
    tolerance : Fraction
        Half-widths of the recorded interval by which a simulated figure may differ.
    place : Place
        Where it stands.
    """

    id: str
    redesign: str
    tolerance: Fraction
    place: Place


@dataclass(frozen=True, slots=True)
class PromiseBook:
    """Everything that a promises.toml holds, read and checked.

    Attributes
    ----------
    path : Path
        The file.
    promises : tuple of Promise
        In the file's order.
    snapshots : tuple of Snapshot
        In the file's order.
    designs : mapping of str to Scenario
        Every design that a promise or snapshot is about, by redesign.
    """

    path: Path
    promises: tuple[Promise, ...]
    snapshots: tuple[Snapshot, ...]
    designs: Mapping[str, Scenario]

    def promise(self, id_: str) -> Promise:
        """Return the promise with this id.

        Raises
        ------
        InputError
            If there is none, with the nearest known id.
        """
        for promise in self.promises:
            if promise.id == id_:
                return promise
        hint = did_you_mean(id_, [each.id for each in self.promises])
        raise InputError.at(str(self.path), 0, f"no promise is called '{id_}'{hint}")


def promises_path(where: str | Path) -> tuple[Path, str | None]:
    """Return the promises file of a scenario, and the redesign asked for.

    Parameters
    ----------
    where : str or Path
        A promises file, a folder that holds one, or whatever :func:`scenarios.load` takes.
        A redesign (``jiaxing/reform-notice``) asks whether that design keeps the promises.
    """
    path = Path(where)
    if path.is_file() and path.suffix == ".toml" and path.parent.name != "redesigns":
        return path, None
    if (path / PROMISES_FILE).is_file():
        return path / PROMISES_FILE, None
    scenario = load(where)
    path = scenario.folder / PROMISES_FILE
    if not path.is_file():
        raise InputError.at(str(where), 0, f"makes no promises: it holds no {PROMISES_FILE}")
    return path, scenario.key.partition("/")[2] or None


def read_promises(path: Path, name: str = "", redesign: str | None = None) -> PromiseBook:
    """Read a promises file, with the designs that it is about.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How messages call it; the path by default.
    redesign : str, optional
        Ask all promises of this design instead of those that they are about.

    Raises
    ------
    InputError
        With every problem found: an unknown metric, step, office or pool is one.
    """
    reading = Reading()
    settings = read_toml(path, reading, name or str(path))
    if reading.problems:
        raise InputError(reading.problems)
    settings.only(_TOP)
    settings.whole("schema", _SCHEMA, low=_SCHEMA, high=_SCHEMA)
    folder = _scenario_folder(path, settings)
    default = settings.text("redesign", "")
    found = [_promise(table, default) for table in settings.tables("promise")]
    promises = [promise for promise in found if promise is not None]
    snapshots = [_snapshot(table, default) for table in settings.tables("snapshot")]
    if redesign is not None:
        promises = [replace(each, redesign=redesign, asked_of=redesign) for each in promises]
        snapshots = []
    if not promises and not snapshots and not reading.problems:
        reading.wrong(settings.file, 0, "holds no [[promise]]")
    everything: list[Promise | Snapshot] = [*promises, *snapshots]
    seen: dict[str, int] = {}
    for each in everything:
        if seen.setdefault(each.id, each.place.line) != each.place.line:
            message = f"id: '{each.id}' stands twice (first on line {seen[each.id]})"
            reading.wrong(settings.file, each.place.line, message)
    designs: dict[str, Scenario] = {}
    for each in everything:
        if each.redesign not in designs:
            designs[each.redesign] = _design(folder, each, reading)
    for promise in promises:
        metric, design = promise.claim.metric, designs[promise.redesign]
        if problem := problem_of(metric, design):
            reading.wrong(settings.file, promise.place.line, f"holds: {problem}")
    for snapshot in snapshots:
        design = designs[snapshot.redesign]
        if not design.procedure.days_known:
            key = design.key
            mixed = f"the paper days of {key} differ by type of case"
            problem = mixed if design.procedure.mixed else _no_days(design)
            reading.wrong(settings.file, snapshot.place.line, problem)
    if reading.problems:
        raise InputError(reading.problems)
    return PromiseBook(path, tuple(promises), tuple(snapshots), designs)


def problem_of(metric: Metric, scenario: Scenario) -> str:
    """Say why a metric cannot be asked of a design; empty if it can."""
    return unknown_name(metric, scenario) or _unknown_days(metric, scenario)


def unknown_name(metric: Metric, scenario: Scenario) -> str:
    """Say which step, office or pool of a metric the design does not have; empty if all."""
    if isinstance(metric, Elapsed | OnTime) and metric.type:
        types = [sort.key for sort in scenario.sorts]
        begins = metric.type.removesuffix("*")
        if metric.type in types or (
            begins != metric.type and any(key.startswith(begins) for key in types)
        ):
            return ""
        hint = did_you_mean(metric.type, types) if types else ": the scenario has no [[type]]"
        return f"no type of case is called '{metric.type}'{hint}"
    if isinstance(metric, Utilisation):
        pools = pools_of(scenario)
        if metric.pool in pools:
            return ""
        hint = did_you_mean(metric.pool, pools)
        under = [pool for pool in pools if pool.startswith(f"{metric.pool}.")]
        return f"no pool is called '{metric.pool}'" + (
            f" (its pools: {', '.join(under)})" if under else hint
        )
    if isinstance(metric, StepDays):
        keys = scenario.procedure.keys
        if metric.step in keys:
            return ""
        return f"no step is called '{metric.step}'{did_you_mean(metric.step, keys)}"
    if isinstance(metric, Wait):
        known = (
            *pools_of(scenario),
            *(office.key for office in scenario.offices),
            *scenario.procedure.keys,
        )
        meant = known.count(metric.where)
        if meant > 1:
            return f"'{metric.where}' is both an office and a step; name a pool of the office"
        if not meant:
            hint = did_you_mean(metric.where, known)
            return f"no step, office or pool is called '{metric.where}'{hint}"
    return ""


def _unknown_days(metric: Metric, scenario: Scenario) -> str:
    """Say that a metric in days cannot be told of a design whose source gives none."""
    if scenario.procedure.mixed:
        if isinstance(metric, OnPaper) and metric.word != "steps":
            return f"{metric.word} of {scenario.key} differ by type of case"
        return ""
    if metric == OnPaper("fees") and scenario.procedure.fees is None:
        missing = ", ".join(scenario.procedure.without_fee[:3])
        return f"the fees of {scenario.key} are unknown: {missing} ... tell none"
    if scenario.procedure.days_known:
        return ""
    counted = isinstance(metric, OnPaper) and metric.word not in ("paper_days", "serial_days")
    return "" if counted else _no_days(scenario)


def _no_days(scenario: Scenario) -> str:
    return f"the days of {scenario.key} are unknown: no step says how long it takes"


def pools_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the keys of all pools of people, offices in order."""
    return tuple(
        f"{office.key}.{role}"
        for office in scenario.offices
        for role, people in (("window", office.windows), ("reviewer", office.reviewers))
        if people
    )


def _scenario_folder(path: Path, settings: Settings) -> Path:
    text = settings.text("scenario", "")
    if not text:
        return path.parent
    beside = path.parent / text
    return beside if beside.is_dir() else Path(text)


def _design(folder: Path, asking: Promise | Snapshot, reading: Reading) -> Scenario:
    where = folder / asking.redesign if asking.redesign else folder
    try:
        return load(where)
    except InputError as error:
        reading.problems.extend(error.problems)
        raise InputError(reading.problems) from error


def _promise(table: Settings, redesign: str) -> Promise | None:
    table.only(_PROMISE)
    id_ = _id(table)
    text = table.text("holds")
    confidence = table.number("confidence", 0.95, low=0.5, high=0.9999)
    provenance = table.text("provenance", "assumption")
    if provenance not in PROVENANCES:
        hint = did_you_mean(provenance, PROVENANCES)
        table.wrong("provenance", f"'{provenance}' is not one of {', '.join(PROVENANCES)}{hint}")
    basis = table.name("basis", Name())
    baseline = table.text("baseline", "")
    if not text:
        return None
    try:
        claim = parse_claim(text)
    except ClaimSyntaxError as error:
        table.wrong("holds", str(error))
        return None
    place = Place(table.file, table.line())
    return Promise(
        id_, claim, table.text("redesign", redesign), confidence, basis, provenance, baseline, place
    )


def _snapshot(table: Settings, redesign: str) -> Snapshot:
    table.only(_SNAPSHOT)
    tolerance = table.number("tolerance", 1.0, low=0.0, high=100.0)
    place = Place(table.file, table.line())
    return Snapshot(_id(table), table.text("redesign", redesign), Fraction(tolerance), place)


def _id(table: Settings) -> str:
    id_ = table.text("id")
    if id_ and (problem := key_problem(id_)):
        table.wrong("id", f"'{id_}' {problem}")
    return id_
