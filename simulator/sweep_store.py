"""Blocks of replications on disk: nothing lost, nothing half-written, damage seen.

One SQLite file holds one scenario's sweep. Blocks are added in transactions that reach
the disk (write-ahead log, ``synchronous=FULL``) before they count as done, by the one
process that holds the file's lock. SQLite alone does not notice flipped bits (three in
four gave silently wrong numbers when tried), so every block carries a hash of its bytes,
its place and the header; the header says which scenario, seed and engine they come from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = 1
"""Grows when older files can no longer be read."""

_APPLICATION = 0x6C69616E
_TABLES = {
    "header": (
        "CREATE TABLE header (place INTEGER PRIMARY KEY, format INTEGER, scenario TEXT, "
        "digest BLOB, seed TEXT, engine TEXT, hash BLOB)"
    ),
    "blocks": (
        "CREATE TABLE blocks (scenario BLOB, redesign BLOB, block INTEGER, count INTEGER, "
        "name TEXT, data BLOB, hash BLOB, PRIMARY KEY (scenario, redesign, block)) WITHOUT ROWID"
    ),
}
_ROW = "SELECT scenario, redesign, block, count, name, data, hash FROM blocks"


class StoreError(Exception):
    """A store that cannot be used; the message is one line for the planner."""


class StoreBusy(StoreError):  # noqa: N818 - said as the planner meets it
    """Another run holds the store."""


class StoreDamaged(StoreError):  # noqa: N818 - said as the planner meets it
    """The store's bytes are not those that were written."""


class StoreForeign(StoreError):  # noqa: N818 - said as the planner meets it
    """The store belongs to another scenario, seed or engine version."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a store's results come from.

    Attributes
    ----------
    scenario : str
        Key of the first scenario, for messages.
    digest : bytes
        Fingerprint of the first scenario's design.
    seed : int
        Seed of all replications.
    engine : str
        Version of what simulated them.
    """

    scenario: str
    digest: bytes
    seed: int
    engine: str

    def hash(self) -> bytes:
        """Return the header's own hash."""
        return _hash(b"header", *(str(each).encode() for each in (FORMAT, *astuple(self))))


class StoredBlock(NamedTuple):
    """Some replications of one redesign.

    Attributes
    ----------
    redesign : bytes
        Fingerprint of the design.
    first, size : int
        Its first replication, and how many.
    name : str
        The design's key, for messages.
    data : bytes
        The tally, encoded.
    """

    redesign: bytes
    first: int
    size: int
    name: str
    data: bytes


def _nothing(_: str) -> None:
    """Let every operation pass."""


class SweepStore:
    """An open store; only one process can have it open.

    Parameters
    ----------
    path : Path or None
        The file, made when it is not there; None: a temporary one that SQLite deletes.
    header : Header
        What the results come from.
    before : callable
        Called with the name of every operation before it is done; tests let it fail there.

    Raises
    ------
    StoreBusy, StoreDamaged, StoreForeign, StoreError
        When the file cannot be used; it is then left as it was.
    """

    def __init__(
        self, path: Path | None, header: Header, before: Callable[[str], None] = _nothing
    ) -> None:
        self.path = path
        self.header = header
        self._before = before
        self._mark = header.hash()
        self._db = self._connect()
        try:
            self._prepare()
            self._check()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> SweepStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- use --------------------------------------------------------------------------

    def done(self, redesign: bytes) -> list[tuple[int, int]]:
        """Return first replication and count of each block that is kept, in order."""
        found: list[tuple[int, int]] = self._do(
            "list",
            "SELECT block, count FROM blocks WHERE scenario = ? AND redesign = ? ORDER BY block",
            (self.header.digest, redesign),
        )
        return found

    def keep(self, blocks: Sequence[StoredBlock]) -> None:
        """Write blocks; when this returns, they are on the disk.

        Raises
        ------
        StoreError
            When they cannot be written; none of them is, then.
        """
        if not blocks:
            return
        try:
            self._do("begin", "BEGIN IMMEDIATE")
            for each in blocks:
                self._do(
                    "insert",
                    "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (self.header.digest, *each, self._row_hash(self.header.digest, *each)),
                )
            self._do("commit", "COMMIT")
            self._before("committed")
        except BaseException:
            self._undo()
            raise

    def blocks(self, redesign: bytes) -> Iterator[StoredBlock]:
        """Yield the blocks of a redesign in order, each checked against its hash."""
        # one by one, so that a sweep need not fit in memory
        for first, _ in self.done(redesign):
            where = " WHERE scenario = ? AND redesign = ? AND block = ?"
            rows = self._do("read", _ROW + where, (self.header.digest, redesign, first))
            if len(rows) != 1:
                raise StoreDamaged(self._line(f"a block at replication {first} cannot be found"))
            yield self._sound(rows[0])

    def close(self) -> None:
        """Close the file; what was kept stays, whether or not the log can still be tidied up."""
        with suppress(sqlite3.Error):
            self._before("close")
        with suppress(sqlite3.Error):
            self._db.close()

    # --- opening ----------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        if self.path is not None and (self.path.is_dir() or not self.path.parent.is_dir()):
            raise StoreError(self._line("not a file in an existing folder"))
        if self.path is not None and not _may_write(self.path):
            raise StoreError(self._line("cannot be written"))
        try:
            self._before("open")
            name = "" if self.path is None else str(self.path)
            return sqlite3.connect(name, timeout=0, isolation_level=None)
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _prepare(self) -> None:
        """Take the lock, make the tables in a new file, refuse foreign ones."""
        self._do("lock", "PRAGMA locking_mode = EXCLUSIVE")
        self._do("distrust", "PRAGMA trusted_schema = OFF")
        self._do("distrust", "PRAGMA cell_size_check = ON")
        if self.path is None:
            self._do("journal", "PRAGMA journal_mode = MEMORY")
            self._do("flush", "PRAGMA synchronous = OFF")
        else:
            self._refuse_other_files()
            self._do("journal", "PRAGMA journal_mode = WAL")
            self._do("flush", "PRAGMA synchronous = FULL")
        try:
            self._do("begin", "BEGIN IMMEDIATE")
            if not self._do("tables", "SELECT name FROM sqlite_schema"):
                self._do("application", f"PRAGMA application_id = {_APPLICATION}")
                for table in _TABLES.values():
                    self._do("create", table)
                row = (1, FORMAT, *self._header_row(), self._mark)
                self._do("insert", "INSERT INTO header VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._do("commit", "COMMIT")
        except BaseException:
            self._undo()
            raise

    def _refuse_other_files(self) -> None:
        """Refuse a database of another program before anything is changed in it."""
        tables = self._do("tables", "SELECT name, sql FROM sqlite_schema")
        if not tables:
            return
        ((application,),) = self._do("application", "PRAGMA application_id")
        if application != _APPLICATION:
            raise StoreForeign(self._line("a database of another program"))
        if dict(tables) != _TABLES:
            raise StoreDamaged(self._line("damaged: its tables are not those of a store"))

    def _check(self) -> None:
        """Read everything once: the header must be ours, every block sound."""
        rows = self._do("header", "SELECT * FROM header")
        if len(rows) != 1 or len(rows[0]) != 7:
            raise StoreDamaged(self._line("damaged: it has no header"))
        _, format_, scenario, digest, seed, engine, mark = rows[0]
        try:
            stored = Header(scenario, digest, int(seed), engine)
            sound = (
                isinstance(digest, bytes)
                and isinstance(seed, str)
                and (format_ != FORMAT or mark == stored.hash())
            )
        except (TypeError, ValueError):
            sound = False
        if not sound:
            raise StoreDamaged(self._line("damaged: its header has changed"))
        if format_ != FORMAT:
            raise StoreForeign(self._line(f"of format {format_}; this release writes {FORMAT}"))
        self._refuse_other_runs(stored)
        if self.path is None:
            return
        for (finding,) in self._do("check", "PRAGMA quick_check(1)"):
            if finding != "ok":
                raise StoreDamaged(self._line(f"damaged: {str(finding).splitlines()[-1]}"))
        reached: dict[bytes, int] = {}
        for row in self._each("scan", _ROW + " ORDER BY scenario, redesign, block"):
            block = self._sound(row)
            if block.first < reached.get(block.redesign, 0):
                raise StoreDamaged(self._line(f"damaged: {_called(block)} occurs twice"))
            reached[block.redesign] = block.first + block.size

    def _refuse_other_runs(self, stored: Header) -> None:
        ours = self.header
        if stored.engine != ours.engine:
            reason = f"results of another version ({stored.engine}); this is {ours.engine}"
        elif stored.seed != ours.seed:
            reason = f"results of seed {stored.seed}; this run has seed {ours.seed}"
        elif stored.digest != ours.digest:
            other = "an earlier state" if stored.scenario == ours.scenario else "another scenario"
            reason = f"results of {other} ({stored.scenario}); this run is of {ours.scenario}"
        else:
            return
        raise StoreForeign(self._line(f"it holds {reason}; choose another file"))

    def _header_row(self) -> tuple[object, ...]:
        # the seed as text: it may have 64 bits without a sign
        header = self.header
        return header.scenario, header.digest, str(header.seed), header.engine

    # --- soundness --------------------------------------------------------------------

    def _row_hash(self, scenario: bytes, *block: Any) -> bytes:
        redesign, first, count, name, data = block
        place = f"{first} {count} {name}".encode()
        return _hash(b"block", self._mark, scenario, redesign, place, data)

    def _sound(self, row: tuple[Any, ...]) -> StoredBlock:
        """Return the block of a row.

        Raises
        ------
        StoreDamaged
            If a bit of it has changed since it was written.
        """
        scenario, *block, mark = row
        kinds = (bytes, int, int, str, bytes)
        sound = (
            scenario == self.header.digest
            and all(isinstance(each, kind) for each, kind in zip(block, kinds, strict=True))
            and mark == self._row_hash(scenario, *block)
        )
        found = StoredBlock(*block)
        if not sound:
            raise StoreDamaged(
                self._line(f"damaged: {_called(found)} is not what was written; repair the store")
            )
        return found

    # --- every operation --------------------------------------------------------------

    def _do(self, operation: str, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        return list(self._each(operation, statement, values))

    def _each(
        self, operation: str, statement: str, values: tuple[object, ...] = ()
    ) -> Iterator[Any]:
        try:
            self._before(operation)
            yield from self._db.execute(statement, values)
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            raise self._error(error) from None

    def _undo(self) -> None:
        if self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _error(self, error: Exception) -> StoreError:
        code = getattr(error, "sqlite_errorname", "") or ""
        text = str(error)
        if code.startswith("SQLITE_BUSY") or "locked" in text:
            return StoreBusy(self._line("another run is using it; wait or choose another file"))
        if code.startswith("SQLITE_FULL") or "full" in text:
            return StoreError(self._line("the disk is full; what was complete is kept"))
        if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            return StoreError(self._line("cannot be written"))
        if code.startswith("SQLITE_IOERR") or "I/O" in text:
            return StoreError(self._line(f"{text}; what was complete is kept"))
        if code.startswith("SQLITE_NOTADB"):
            return StoreDamaged(self._line("damaged, or not a store at all"))
        return StoreDamaged(self._line(f"damaged: {text.splitlines()[0]}"))

    def _line(self, text: str) -> str:
        return f"{self.path or 'temporary store'}: {text}"


def repair(path: Path, header: Header) -> int:
    """Keep of a damaged store the blocks whose hashes hold; the others can be computed again.

    The file is replaced whole or not at all; what it was stays beside it, with
    ``.damaged`` after its name. Blocks of another scenario, seed or engine version do not
    pass.

    Returns
    -------
    int
        How many blocks are kept; -1 when nothing is wrong with the store.

    Raises
    ------
    StoreBusy, StoreForeign, StoreError
        When another run uses the file, or it is not one of ours.
    """
    with suppress(StoreDamaged):
        SweepStore(path, header).close()
        return -1
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    fresh.unlink(missing_ok=True)
    kept = 0
    try:
        # beyond a damaged page nothing can be read, and the rest is computed again
        with SweepStore(fresh, header) as store, suppress(sqlite3.Error):
            for block in _readable(path, store):
                with suppress(StoreDamaged):
                    store.keep([block])
                    kept += 1
        shutil.copy2(path, path.with_name(f"{path.name}.damaged"))
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(fresh, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    return kept


def _readable(path: Path, store: SweepStore) -> Iterator[StoredBlock]:
    """Yield what can still be read and is sound."""
    damaged = sqlite3.connect(str(path), timeout=0, isolation_level=None)
    try:
        damaged.execute("PRAGMA locking_mode = EXCLUSIVE")
        damaged.text_factory = lambda text: text.decode("utf-8", "replace")
        for row in damaged.execute(_ROW):
            with suppress(StoreDamaged, OverflowError, TypeError):
                yield store._sound(row)
    finally:
        damaged.close()


def _may_write(path: Path) -> bool:
    """Whether the file and, for the log beside it, its folder may be written."""
    places = (path, path.parent) if path.exists() else (path.parent,)
    return all(os.access(each, os.W_OK) for each in places)


def _called(block: StoredBlock) -> str:
    """Return how a message names a block, whatever it now holds."""
    name = block.name if isinstance(block.name, str) else "?"
    name = "".join(sign if sign.isprintable() else "?" for sign in name[:60])
    if isinstance(block.first, int) and isinstance(block.size, int):
        return f"block {name} {block.first}-{block.first + block.size - 1}"
    return f"a block of {name}"


def _hash(*parts: bytes) -> bytes:
    state = hashlib.blake2b(digest_size=12)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.digest()
