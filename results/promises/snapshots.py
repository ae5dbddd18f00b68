"""Key figures recorded beside a promises file, which must not change unnoticed."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from results.numbers import json_number
from results.promises.checking import Checker
from results.promises.files import Snapshot
from results.run_store import locked
from results.summary import LEVEL, Paper, elapsed_times
from rules import InputError
from rules.catalogue import Reading
from rules.files import write_whole
from scenarios.toml_files import read_toml
from simulator import mean_interval

REPLICATIONS = 20
"""Replications of a snapshot that was recorded without saying how many."""

_PAPER = ("steps", "paper_days", "serial_days", "visits", "documents")
_TIMES = ("mean", "p50", "p90", "on_time")
_HEAD = "# Written by `pytest --lianban-update`; review changes to it like code.\n"


@dataclass(frozen=True, slots=True)
class Figures:
    """The key figures of a design.

    Attributes
    ----------
    seed, replications : int
        How they were simulated.
    values : mapping of str to float
        Each figure; times in working days, ``on_time`` a share.
    halves : mapping of str to float
        Half-width of the 95 % interval of each simulated figure.
    """

    seed: int
    replications: int
    values: Mapping[str, float]
    halves: Mapping[str, float]


def snapshot_file(promises: Path) -> Path:
    """Return the file of recorded figures of a promises file."""
    return promises.with_name(f"{promises.stem}.snapshot.toml")


def figures_now(checker: Checker, snapshot: Snapshot, replications: int) -> Figures:
    """Return the key figures of the snapshot's design."""
    scenario = checker.book.designs[snapshot.redesign]
    paper = Paper.of(scenario.procedure)
    run = checker.run(snapshot.redesign, replications)
    times = elapsed_times(run, paper.paper_days or Fraction(0))
    values = {key: float(json_number(Fraction(getattr(paper, key) or 0)) or 0) for key in _PAPER}
    halves = {}
    for key in _TIMES:
        interval = mean_interval(getattr(times, key).tolist(), LEVEL)
        values[key] = round(interval.estimate, 6)
        if interval.low is not None and interval.high is not None:
            half = max(interval.high - interval.estimate, interval.estimate - interval.low)
            halves[key] = round(half, 6)
    return Figures(run.seed, replications, values, halves)


def recorded_figures(promises: Path, snapshot: Snapshot) -> Figures | None:
    """Return what was recorded for a snapshot, or None.

    Raises
    ------
    InputError
        If the file of recorded figures cannot be read.
    """
    path = snapshot_file(promises)
    if not path.is_file():
        return None
    reading = Reading()
    table = read_toml(path, reading, path.name).table(snapshot.id)
    if not table.values and not reading.problems:
        return None
    halves = table.table("half_widths")
    found = Figures(
        table.whole("seed", low=0, high=2**63 - 1),
        table.whole("replications", low=1, high=100_000),
        {key: table.number(key) for key in (*_PAPER, *_TIMES)},
        {key: halves.number(key) for key in halves.values},
    )
    if reading.problems:
        raise InputError(reading.problems)
    return found


def record(promises: Path, id_: str, figures: Figures) -> None:
    """Write the figures of one snapshot, leaving the others as they are.

    Several test processes may do so at once.
    """
    path = snapshot_file(promises)
    name = hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
    with locked(Path(tempfile.gettempdir()) / f"lianban-{name}.lock"):
        reading = Reading()
        held = dict(read_toml(path, reading, path.name).values) if path.is_file() else {}
        if reading.problems:
            raise InputError(reading.problems)
        held[id_] = {
            "seed": figures.seed,
            "replications": figures.replications,
            **figures.values,
            "half_widths": dict(figures.halves),
        }
        write_whole(path, _HEAD + "".join(_table(key, held[key]) for key in sorted(held)))


def differences(recorded: Figures, now: Figures, tolerance: Fraction) -> list[str]:
    """Say which figures have changed; paper figures by anything, others beyond the tolerance."""
    lines = []
    for key, old in recorded.values.items():
        new, half = now.values[key], recorded.halves.get(key, 0.0)
        allowed = float(tolerance) * half
        if abs(new - old) <= allowed + 1e-9:
            continue
        change = f"{key}: {old:g} -> {new:g}"
        if half:
            change += f" ({abs(new - old) / half:.1f} half-widths, {float(tolerance):g} allowed)"
        lines.append(change)
    return lines


def _table(key: str, values: Mapping[str, object]) -> str:
    quoted = json.dumps(key, ensure_ascii=False)
    lines = [f"\n[{quoted}]"]
    for name, value in values.items():
        if isinstance(value, Mapping):
            lines.append(f"[{quoted}.{name}]")
            lines += [f"{inner} = {_number(each)}" for inner, each in value.items()]
        else:
            lines.append(f"{name} = {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
