"""Stores: nothing lost, nothing half-written, no damage unseen, only one run at a time."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT
from sweeping import Known, digests, header_of, small_sweep, swept

from simulator.design_bytes import fingerprint
from simulator.sweep import Sweep, run_sweep
from simulator.sweep_store import (
    Header,
    StoreBusy,
    StoreDamaged,
    StoredBlock,
    StoreError,
    StoreForeign,
    SweepStore,
    repair,
)
from simulator.workers import Here

HEADER = Header("office", b"digest of office", 1, "engine 1")
REDESIGN = b"redesign"


def block(first: int, data: bytes = b"tally", count: int = 2) -> StoredBlock:
    return StoredBlock(REDESIGN, first, count, "office/quick", data)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Return where a store may be; in memory where the machine has such a folder, for speed."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder) / "sweep.db"


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return small_sweep()


@pytest.fixture(scope="module")
def known(sweep: Sweep) -> Known:
    return Known(sweep)


@pytest.fixture(scope="module")
def expected(sweep: Sweep) -> list[str]:
    return swept(sweep, Here(), size=1)


@pytest.fixture(scope="module")
def whole(sweep: Sweep, known: Known, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a complete store."""
    path = tmp_path_factory.mktemp("whole") / "sweep.db"
    swept(sweep, known, path, size=1)
    return path.read_bytes()


@pytest.fixture(scope="module")
def thick() -> Known:
    """Return a crew for a sweep whose blocks fill their pages, so that few bits are idle."""
    return Known(small_sweep(replications=120))


def test_blocks_are_given_back_in_order(path: Path):
    """What one run keeps, the next finds: places first, then the blocks themselves."""
    with SweepStore(path, HEADER) as store:
        store.keep([block(4, b"later"), block(0, b"first")])
        store.keep([])
    with SweepStore(path, HEADER) as store:
        assert store.done(REDESIGN) == [(0, 2), (4, 2)]
        assert [each.data for each in store.blocks(REDESIGN)] == [b"first", b"later"]
        assert store.done(b"another") == []


def test_a_store_is_one_file_once_closed(path: Path):
    """A closed store leaves no log beside it."""
    with SweepStore(path, HEADER) as store:
        store.keep([block(0)])
    assert [each.name for each in path.parent.iterdir()] == ["sweep.db"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"digest": b"another"}, "an earlier state"),
        ({"digest": b"another", "scenario": "customs"}, "another scenario"),
        ({"seed": 2}, "seed 1; this run has seed 2"),
        ({"engine": "engine 2"}, "another version"),
    ],
)
def test_a_store_of_something_else_is_refused(path: Path, changed: dict, reason: str):
    """Another scenario, seed or engine version is told in a line; the file stays as it was."""
    with SweepStore(path, HEADER) as store:
        store.keep([block(0)])
    before = path.read_bytes()
    with pytest.raises(StoreForeign, match=reason) as caught:
        SweepStore(path, replace(HEADER, **changed))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_seed_may_have_64_bits(path: Path):
    """Seeds beyond what a database integer holds are kept exactly."""
    header = replace(HEADER, seed=2**64 - 1)
    SweepStore(path, header).close()
    SweepStore(path, header).close()
    with pytest.raises(StoreForeign, match="seed 18446744073709551615"):
        SweepStore(path, HEADER)


def test_a_file_that_is_no_store_is_left_alone(path: Path):
    """Neither a database of another program nor a letter is written into, or repaired away."""
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE header (place INTEGER)")
    database.close()
    letter = path.with_name("letter.txt")
    letter.write_text("请示\n" * 400, encoding="utf-8")
    before = path.read_bytes(), letter.read_bytes()
    with pytest.raises(StoreForeign, match="another program"):
        SweepStore(path, HEADER)
    with pytest.raises(StoreForeign):
        repair(path, HEADER)
    with pytest.raises(StoreDamaged, match="not a store"):
        SweepStore(letter, HEADER)
    assert (path.read_bytes(), letter.read_bytes()) == before


def test_two_runs_on_one_store(path: Path):
    """While a run has a store, another is told so, from this process and from another."""
    code = (
        "import sys; from pathlib import Path; from simulator.sweep_store import *\n"
        "try: SweepStore(Path(sys.argv[1]), Header('office', b'digest of office', 1, 'engine 1'))\n"
        "except StoreBusy as error: print(error)"
    )
    with SweepStore(path, HEADER) as store:
        with pytest.raises(StoreBusy, match="another run is using it"):
            SweepStore(path, HEADER)
        with pytest.raises(StoreBusy):
            repair(path, HEADER)
        done = subprocess.run(
            [sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert "another run is using it" in done.stdout
        store.keep([block(0)])
    with SweepStore(path, HEADER) as store:
        assert store.done(REDESIGN) == [(0, 2)]


@pytest.mark.parametrize("name", ["missing/sweep.db", "."])
def test_a_place_where_no_file_can_be(tmp_path: Path, name: str):
    """A folder that is missing, or a folder in place of a file, is told in a line."""
    with pytest.raises(StoreError, match="not a file in an existing folder"):
        SweepStore(tmp_path / name, HEADER)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write")
def test_a_folder_that_cannot_be_written():
    """Where not even an administrator may make a file, a line says so."""
    with pytest.raises(StoreError, match="cannot be written"):
        SweepStore(Path("/proc/self/sweep.db"), HEADER)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and users")
def test_a_read_only_folder():
    """Without the right to write, a line says so for a new store and for one that is there."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with SweepStore(folder / "kept.db", HEADER) as store:
            store.keep([block(0)])
        before = (folder / "kept.db").read_bytes()

        def act() -> str:
            if os.geteuid() == 0:
                os.setuid(65_534)  # an administrator writes anywhere, nobody does not
            said = []
            for name in ("new.db", "kept.db"):
                try:
                    SweepStore(folder / name, HEADER)
                except StoreError as error:
                    said.append(str(error))
            return "\n".join(said)

        (folder / "kept.db").chmod(0o444)
        folder.chmod(0o555)
        try:
            said = in_a_child(act, 2**30).splitlines()
        finally:
            folder.chmod(0o700)
        assert len(said) == 2
        assert all("cannot be written" in line for line in said)
        assert [each.name for each in folder.iterdir()] == ["kept.db"]
        assert (folder / "kept.db").read_bytes() == before


def test_a_store_that_may_only_be_read(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A write-protected file is refused before anything is computed."""
    SweepStore(path, HEADER).close()
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, right: place != path and access(place, right))
    with pytest.raises(StoreError, match="cannot be written"):
        SweepStore(path, HEADER)


def in_a_child(act, limit: int) -> str:
    """Return what ``act`` says in a forked process that may write files of ``limit`` bytes."""
    import resource
    import signal

    read, write = os.pipe()
    if not (child := os.fork()):
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            os.write(write, act().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as said:
        text = said.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and file size limits")
def test_disk_full_at_any_size(sweep: Sweep, known: Known, expected: list[str], path: Path):
    """Whenever no more fits, a line says so, what was kept is whole, and the rest comes later."""

    def act() -> str:
        try:
            swept(sweep, known, path, size=1)
        except StoreError as error:
            return f"{type(error).__name__} {error}"
        return "complete"

    said = []
    for limit in range(0, 300_000, 15_000):
        path.unlink(missing_ok=True)
        said.append(in_a_child(act, limit))
        assert swept(sweep, known, path, size=1) == expected
    assert said[-1] == "complete"
    full = [line for line in said if line != "complete"]
    assert len(full) >= 3
    assert all(line.startswith("StoreError") and "\n" not in line for line in full)
    assert all("what was complete is kept" in line or "cannot be written" in line for line in full)


def faults(kind: str, at: int):
    """Return a hook that fails at the ``at``-th store operation, and the list of operations."""
    passed: list[str] = []

    def before(operation: str) -> None:
        if operation == "committed" and kind != "kill":
            return  # nothing is done there that could fail
        passed.append(operation)
        if len(passed) == at + 1:
            if kind == "kill":
                os._exit(9)
            raise sqlite3.OperationalError(
                "database or disk is full" if kind == "full" else "disk I/O error"
            )

    return before, passed


@pytest.mark.parametrize(
    ("kind", "stride"),
    [
        ("full", 1),
        ("error", 1),
        ("kill", 3),
        pytest.param("kill", 1, marks=pytest.mark.slow),
    ],
)
def test_a_fault_at_every_store_operation(
    sweep: Sweep, known: Known, expected: list[str], path: Path, kind: str, stride: int
):
    """Fail or die at the first, second ... operation until none is left: nothing is ever lost."""
    if kind == "kill" and not hasattr(os, "fork"):
        pytest.skip("needs fork")
    at, met, said = 0, True, set()
    while met:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        before, passed = faults(kind, at)
        if kind == "kill":
            met = _killed(lambda hook=before: swept(sweep, known, path, 1, hook))
        else:
            try:
                assert swept(sweep, known, path, size=1, before=before) == expected
                # only closing may fail without a word: everything is on the disk by then
                met = len(passed) > at
                assert not met or passed[at] == "close"
            except StoreError as error:
                said.add(str(error).partition(": ")[2])
        with SweepStore(path, header_of(sweep)) as store:
            kept = sum(len(store.done(fingerprint(design))) for design in sweep.designs)
            # each block but the one that met the fault was committed before the next began
            assert kept >= passed.count("insert") - 2
            assert run_sweep(sweep, store, known, size=1)
            assert digests(sweep, store) == expected
        at += stride
    assert all("what was complete is kept" in line for line in said)
    # with three kinds of fault more than 200 points
    assert at > 70


def _killed(act) -> bool:
    """Return whether a forked process dies of the fault rather than getting through."""
    if not (child := os.fork()):
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def answers_after(
    damage: bytes, sweep: Sweep, known: Known, path: Path, size: int = 1
) -> list[str] | str:
    """Return what a run on damaged bytes says: the digests, or the line that it stops with."""
    path.write_bytes(damage)
    try:
        return swept(sweep, known, path, size=size)
    except StoreError as error:
        return str(error)


def flips(whole: bytes, number: int, seed: int) -> Iterator[bytes]:
    luck = random.Random(seed)
    for _ in range(number):
        place = luck.randrange(len(whole) * 8)
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        yield bytes(damaged)


@pytest.mark.parametrize(
    "number", [pytest.param(100, id="100"), pytest.param(1000, id="1000", marks=pytest.mark.slow)]
)
def test_no_flipped_bit_gives_a_wrong_answer(thick: Known, path: Path, number: int):
    """After one flipped bit a run says that the store is damaged or gives the right answer."""
    sweep, known = thick.sweep, thick
    expected = swept(sweep, known, path, size=3)
    whole = path.read_bytes()
    seen = 0
    for damaged in flips(whole, number, seed=number):
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        found = answers_after(damaged, sweep, known, path, size=3)
        if isinstance(found, str):
            assert "\n" not in found
            seen += 1
        else:
            assert found == expected
    assert seen > number // 2


def test_a_truncated_store(
    sweep: Sweep, known: Known, expected: list[str], whole: bytes, path: Path
):
    """Cut off anywhere, a store is called damaged; of nothing at all, a new one is made."""
    for length in range(0, len(whole), 1021):
        found = answers_after(whole[:length], sweep, known, path)
        assert found == expected if length == 0 else isinstance(found, str)


def test_a_damaged_block_is_named_and_the_rest_repaired(
    sweep: Sweep, known: Known, expected: list[str], whole: bytes, path: Path
):
    """The line names the block; repairing keeps the others and the damaged file, too."""
    path.write_bytes(whole)
    database = sqlite3.connect(path)
    ((data,),) = database.execute(
        "SELECT data FROM blocks WHERE name = 'office/quick' AND block = 3"
    ).fetchall()
    database.close()
    damaged = whole.replace(data, data[:-1] + bytes([data[-1] ^ 1]))
    assert isinstance(line := answers_after(damaged, sweep, known, path), str)
    assert "block office/quick 3-3 is not what was written" in line
    assert repair(path, header_of(sweep)) == 11
    assert path.with_name("sweep.db.damaged").read_bytes() == damaged
    with SweepStore(path, header_of(sweep)) as store:
        assert len(store.done(fingerprint(sweep.designs[1]))) == 5
    assert swept(sweep, known, path, size=1) == expected
    assert repair(path, header_of(sweep)) == -1


def test_repairing_whatever_is_left(
    sweep: Sweep, known: Known, expected: list[str], whole: bytes, path: Path
):
    """After any damage that is seen, repairing and going on gives the right answer."""
    for damaged in [*flips(whole, 30, seed=3), whole[: len(whole) // 2]]:
        if isinstance(answers_after(damaged, sweep, known, path), str):
            try:
                repair(path, header_of(sweep))
            except StoreForeign:
                continue  # not recognisable as ours any more: left alone
            assert swept(sweep, known, path, size=1) == expected


def test_blocks_of_another_store_do_not_pass(sweep: Sweep, known: Known, whole: bytes, path: Path):
    """A block moved to another place, or in from another sweep, is seen."""
    path.write_bytes(whole)
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE blocks SET block = 77 WHERE block = 5")
    database.close()
    with pytest.raises(StoreDamaged, match=r"block office(/quick)? 77-77"):
        SweepStore(path, header_of(sweep))
