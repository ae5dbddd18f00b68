"""Saved runs: a folder each, whole or not there at all, found by number, name or hash.

::

    runs/
      0001-3fa9c1d2/run.json       scenario, seed, parameters, key figures with intervals
      0001-3fa9c1d2/samples.npz    one value for each replication; every case's outcome and,
                                   if it was finished, its days
      runs.jsonl                   a line for each run

A run is written under a temporary name, flushed to disk and then renamed, so a crash
leaves either the whole run or nothing. Both files carry a checksum: a flipped bit or a cut
file is told and never read as numbers. The index can be lost: the folders are what counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results.design_record import design_record
from results.lever_groups import levers_of
from results.summary import Summary, pool_values
from rules import InputError, did_you_mean
from scenarios import Scenario
from simulator import Run
from simulator.precision import taken_of

RUNS = "runs"
RUN_FILE = "run.json"
SAMPLES_FILE = "samples.npz"
INDEX_FILE = "runs.jsonl"
SCHEMA = 1

_FOLDER = re.compile(r"(\d{4,9})-([0-9a-f]{8})$")
_INPUTS = (".toml", ".csv", ".xlsx")
_MOST_BYTES = 64 * 1024 * 1024
_LOCK = ".lock"

Arrays = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run as it was saved.

    Attributes
    ----------
    folder : Path
        Where it is.
    document : mapping
        What run.json holds.
    """

    folder: Path
    document: Mapping[str, Any]

    @property
    def number(self) -> int:
        """Its number in the store, from 1."""
        return int(self.document["number"])

    @property
    def hash(self) -> str:
        """Content hash of inputs, design, seed, replications and tool version."""
        return str(self.document["hash"])

    @property
    def name(self) -> str:
        """What the planner called it; may be empty."""
        return str(self.document["name"])

    @property
    def key(self) -> str:
        """The scenario's or redesign's key."""
        return str(self.document["summary"]["key"])

    @property
    def saved_at(self) -> str:
        """When it was saved, ISO 8601 with seconds and zone."""
        return str(self.document["saved_at"])

    def arrays(self) -> Arrays:
        """Return its arrays by name.

        Raises
        ------
        InputError
            If the file is missing or is not what was saved.
        """
        path = self.folder / SAMPLES_FILE
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError.at(
                str(path), 0, f"cannot be read: {error.strerror or error}"
            ) from error
        if _digest(data) != self.document["samples"]["hash"]:
            raise InputError.at(str(path), 0, "is damaged: it is not the file that was saved")
        try:
            with np.load(path, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}
        except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
            raise InputError.at(str(path), 0, "is damaged: no arrays can be read") from error


def inputs_of(scenario: Scenario) -> dict[str, str]:
    """Return the content hash of every file that the design is made of, by its name.

    All tables and settings in the scenario's folder, and of its redesigns those that this
    design is built on; promises and saved runs are no inputs.
    """
    chain = {placed.file.resolve() for placed in levers_of(scenario)}
    folder = scenario.folder
    redesign = scenario.key.partition("/")[2]
    if redesign:
        chain.add((folder / "redesigns" / f"{redesign}.toml").resolve())
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        first = name.partition("/")[0]
        if path.suffix.lower() not in _INPUTS or not path.is_file() or first == RUNS:
            continue
        if first == "redesigns" and path.resolve() not in chain:
            continue
        if path.name.startswith(("promises.", ".", "~$")):
            continue
        found[name] = _digest(path.read_bytes())
    return found


def save_run(
    summary: Summary,
    run: Run,
    when: datetime,
    store: Path = Path(RUNS),
    name: str = "",
    promises: Sequence[Mapping[str, Any]] = (),
) -> SavedRun:
    """Write a run into the store and return it.

    Parameters
    ----------
    summary, run : Summary, Run
        The run and what it gave.
    when : datetime
        The moment, with its zone.
    store : Path
        The store's folder; made when missing.
    name : str
        What the planner calls it.
    promises : sequence of mapping
        What became of promises, see :func:`results.promises.reports.finding_json`.
    """
    if name and (name.isdecimal() or re.search(r"[\s@/\\]", name)):
        raise InputError.at(
            name, 0, "is no name for a run: no blanks, no '@', no slashes, not a number alone"
        )
    inputs = inputs_of(summary.scenario)
    version = metadata.version("lianban")
    identity = [inputs, summary.scenario.key, run.seed, len(run.replications), run.engine, version]
    digest = _digest(json.dumps(identity, sort_keys=True).encode())
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=store) as beside:
        draft = Path(beside) / "run"
        draft.mkdir()
        with (draft / SAMPLES_FILE).open("wb") as file:
            np.savez(file, allow_pickle=False, **_arrays(summary, run))
        samples = _digest((draft / SAMPLES_FILE).read_bytes())
        document: dict[str, Any] = {
            "schema_version": SCHEMA,
            "number": 0,
            "hash": digest,
            "name": name,
            "saved_at": when.isoformat(timespec="seconds"),
            "tool_version": version,
            "inputs": {"hash": _digest(json.dumps(inputs, sort_keys=True).encode())}
            | {"files": inputs},
            "parameters": {
                "seed": run.seed,
                "replications": len(run.replications),
                "cases": run.plan.cases,
                "engine": run.engine,
            },
            "summary": summary.to_json(),
            "design": design_record(summary.scenario),
            "promises": list(promises),
            "samples": {"file": SAMPLES_FILE, "hash": samples},
        }
        with locked(store / _LOCK):
            document["number"] = 1 + max(_numbers(store), default=0)
            document["checksum"] = _checksum(document)
            text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
            (draft / RUN_FILE).write_text(text, encoding="utf-8")
            for path in draft.iterdir():
                _flush(path)
            _flush(draft)
            folder = store / f"{document['number']:04d}-{digest[:8]}"
            os.replace(draft, folder)
            _flush(store)
            _append(store / INDEX_FILE, _line(document))
    return SavedRun(folder, document)


def read_run(folder: Path) -> SavedRun:
    """Read a saved run.

    Raises
    ------
    InputError
        In one line, if there is none or it is not what was saved.
    """
    path = folder / RUN_FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError.at(str(path), 0, f"is larger than {_MOST_BYTES // 2**20} MB")
        document = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError.at(str(path), 0, "is damaged: it is not whole JSON") from error
    if not isinstance(document, dict) or "checksum" not in document:
        raise InputError.at(str(path), 0, "is no saved run")
    if document["checksum"] != _checksum(document):
        raise InputError.at(str(path), 0, "is damaged or was edited: its checksum does not fit")
    if document["schema_version"] != SCHEMA:
        raise InputError.at(
            str(path), 0, f"was saved as version {document['schema_version']}; {SCHEMA} is known"
        )
    return SavedRun(folder, document)


def saved_runs(store: Path = Path(RUNS)) -> tuple[tuple[SavedRun, ...], tuple[InputError, ...]]:
    """Return all runs of a store by number, and why others could not be read."""
    runs, damaged = [], []
    for folder in _folders(store):
        try:
            runs.append(read_run(folder))
        except InputError as error:
            damaged.append(error)
    return tuple(runs), tuple(damaged)


def looks_like_run(text: str) -> bool:
    """Whether a word on the command line means a saved run: ``@1``, ``@name``, ``runs/0001-...``.

    Examples
    --------
    >>> looks_like_run("@1"), looks_like_run("jiaxing/reform")
    (True, False)
    """
    return text.startswith("@") or (Path(text) / RUN_FILE).is_file()


def find_run(text: str, store: Path = Path(RUNS)) -> SavedRun:
    """Return a saved run by its folder, or by ``@`` and its number, name, hash or scenario.

    Of several runs with one name, hash or scenario the newest is meant.

    Raises
    ------
    InputError
        If there is none, or it is damaged.
    """
    if (Path(text) / RUN_FILE).exists():
        return read_run(Path(text))
    word = text.removeprefix("@")
    folders = _folders(store)
    if word.isdecimal() and len(word) < 8:
        for folder in folders:
            if int(folder.name.partition("-")[0]) == int(word):
                return read_run(folder)
    runs, damaged = saved_runs(store)
    for run in reversed(runs):
        if word and (word in (run.name, run.key) or (len(word) >= 4 and run.hash.startswith(word))):
            return run
    if damaged and not runs:
        raise damaged[0]
    known = [*(str(run.number) for run in runs), *(run.name for run in runs if run.name)]
    hint = did_you_mean(word, known) or (
        f" (there are: {', '.join(known[-10:])})" if known else f" ({store} holds none)"
    )
    raise InputError.at(text, 0, f"no saved run has this number, name or hash{hint}")


def run_rows(runs: Sequence[SavedRun]) -> list[dict[str, Any]]:
    """Return what lists show of each run."""
    return [_line(run.document) for run in runs]


def promise_history(runs: Sequence[SavedRun], promise: str) -> list[dict[str, Any]]:
    """Return what became of a promise in each run that checked it, oldest first."""
    found = []
    for run in runs:
        for each in run.document["promises"]:
            if each["id"] == promise:
                keys = ("verdict", "metric", "comparison", "limit", "measured", "design")
                found.append(
                    {"run": run.number, "saved_at": run.saved_at} | {key: each[key] for key in keys}
                )
    return found


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time do what is agreed upon by this lock file; others wait."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _arrays(summary: Summary, run: Run) -> dict[str, NDArray[Any]]:
    """Return one value a replication for each measure and pool, and what became of every case."""
    taken = [taken_of(run.plan, trace) for trace in run.replications]
    found: dict[str, NDArray[Any]] = {
        # who was refused, left or is still there has no time, but an outcome
        "elapsed_wd": np.stack(
            [np.where(each.finished, each.ticks / run.plan.day_ticks, np.nan) for each in taken]
        ),
        "outcome": np.stack([trace.outcomes() for trace in run.replications]),
    }
    if summary.times is not None:
        for name in ("mean", "p50", "p90", "on_time"):
            found[name] = getattr(summary.times, name)
    values = [pool_values(run, pool.key) for pool in summary.pools]
    found["pools"] = np.array([pool.key for pool in summary.pools], dtype=np.str_)
    found["pool_use"] = np.array([use for use, _ in values], dtype=np.float64)
    found["pool_wait_wd"] = np.array([wait for _, wait in values], dtype=np.float64)
    return found


def _folders(store: Path) -> list[Path]:
    """Return the folders of runs, by number."""
    if not store.is_dir():
        return []
    found = [path for path in store.iterdir() if path.is_dir() and _FOLDER.fullmatch(path.name)]
    return sorted(found, key=lambda path: (int(path.name.partition("-")[0]), path.name))


def _numbers(store: Path) -> list[int]:
    """Return all numbers ever given, those of deleted runs included."""
    numbers = [int(folder.name.partition("-")[0]) for folder in _folders(store)]
    index = store / INDEX_FILE
    if index.is_file():
        for line in index.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                numbers.append(int(json.loads(line)["number"]))
            except (ValueError, KeyError, TypeError):
                continue  # a line cut off by a crash
    return numbers


def _line(document: Mapping[str, Any]) -> dict[str, Any]:
    summary, parameters = document["summary"], document["parameters"]
    return {
        "number": document["number"],
        "hash": document["hash"],
        "name": document["name"],
        "scenario": summary["key"],
        "saved_at": document["saved_at"],
        "inputs": document["inputs"]["hash"],
        "seed": parameters["seed"],
        "replications": parameters["replications"],
        "steps": summary["steps"],
        "paper_days": summary["paper_days"],
        "mean": summary["elapsed"]["mean"] if "elapsed" in summary else None,
        "p90": summary["elapsed"]["p90"] if "elapsed" in summary else None,
    }


def _append(path: Path, line: Mapping[str, Any]) -> None:
    """Append a line, after ending one that a crash cut off."""
    cut = False
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            cut = file.read(1) != b"\n"
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(("\n" if cut else "") + json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    """Let the disk have what was written to a file or folder."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksum(document: Mapping[str, Any]) -> str:
    held = {key: value for key, value in document.items() if key != "checksum"}
    return _digest(json.dumps(held, sort_keys=True, ensure_ascii=False).encode())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
