"""Sweeps on a real dask.distributed cluster on this machine, and which clusters are refused."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dask.config
import distributed.config  # noqa: F401 - settings set before its own take those along when they go
import pytest
from conftest import ROOT
from sweeping import digests, header_of, small_sweep, swept

from simulator import cluster
from simulator.cluster import Cluster, ClusterError, checked_address
from simulator.design_bytes import fingerprint, packed
from simulator.sweep import Progress, Sweep, run_sweep
from simulator.sweep_store import SweepStore
from simulator.workers import Block, Here, Task

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes by signal")

LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard")


LONG = 240.0
"""Seconds after which something is taken to have failed: a busy machine starts a worker in 30."""


class Scheduler:
    """A scheduler with some workers, each a process group of its own."""

    def __init__(
        self,
        folder: Path,
        workers: int,
        *,
        nanny: bool = False,
        tls: dict[str, str] | None = None,
    ) -> None:
        self.tls = tls
        self.folder, self.nanny = folder, nanny
        self.port = 0  # the system chooses one that is free
        self.scheduler = self._scheduler()
        self.port = self._port_chosen()
        self.workers = [self.worker() for _ in range(workers)]

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """How a crew calls it."""
        return f"tls://{self.address}" if self.tls else self.address

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        nanny = "--nanny" if self.nanny else "--no-nanny"
        words = [nanny, "--nthreads", "1", "--memory-limit", "0", self.url]
        # a folder each: workers that start at once clear up in the one that they share
        own = tempfile.mkdtemp(dir=self.folder)
        return self._start("worker", *words, "--local-directory", own)

    def renew(self) -> None:
        """Start all workers anew, as none of them has come."""
        self._kill(self.workers)
        self.workers = [self.worker() for _ in self.workers]

    def restart(self) -> None:
        """Bring up a new scheduler and new workers at the address of a dead one."""
        self._kill([self.scheduler, *self.workers])
        self.scheduler = self._scheduler()
        threading.Thread(target=self._until_it_listens, daemon=True).start()
        self.workers = [self.worker() for _ in self.workers]

    def stop(self) -> None:
        """End them all."""
        self._kill([self.scheduler, *self.workers])

    def _scheduler(self) -> subprocess.Popen[bytes]:
        where = "--scheduler-file", str(self.folder / "scheduler.json")
        return self._start("scheduler", "--port", str(self.port), *where)

    def _port_chosen(self) -> int:
        """Return the port that the scheduler tells once it listens."""
        told, end = self.folder / "scheduler.json", time.monotonic() + LONG
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                return int(json.loads(told.read_text())["address"].rpartition(":")[2])
            assert self.scheduler.poll() is None, "the scheduler does not start"
            time.sleep(0.05)
        raise AssertionError("the scheduler does not say where it listens")

    def _until_it_listens(self) -> None:
        """Start the scheduler once more whenever its old port is not free yet."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            if self.scheduler.poll() is not None:
                self.scheduler = self._scheduler()
            time.sleep(0.1)

    def _start(self, role: str, *words: str) -> subprocess.Popen[bytes]:
        security = [f"--tls-{kind}={file}" for kind, file in (self.tls or {}).items()]
        if self.tls and role == "scheduler":
            security += ["--protocol", "tls"]
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{role}", *LOOPBACK, *words, *security],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @staticmethod
    def _kill(processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            kill_group(process)
        for process in processes:
            process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with all that it started, as when a machine goes down."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    """Return a scheduler with three workers on loopback."""
    found = Scheduler(tmp_path_factory.mktemp("dask"), workers=3)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return small_sweep(replications=60, cases=60)


@pytest.fixture(scope="module")
def expected(sweep: Sweep) -> list[str]:
    return swept(sweep, Here())


def on(scheduler: Scheduler, workers: int = 3) -> Cluster:
    """Return a crew of the scheduler's once it has so many workers."""
    end = time.monotonic() + LONG
    crew = None
    while crew is None:
        # on a loaded machine a scheduler takes its time to come up, and its workers theirs
        try:
            crew = Cluster(scheduler.url, LONG / 4)
        except ClusterError as error:
            if time.monotonic() > end:
                raise
            if "no workers" in str(error):
                scheduler.renew()
    crew.patience = LONG
    while crew.size < workers:
        assert time.monotonic() < end
        time.sleep(0.1)
        crew.room()
    return crew


def test_a_cluster_gives_the_answer_of_one_process(
    three: Scheduler, sweep: Sweep, expected: list[str]
):
    """Three workers behind a real scheduler give the same digest, for blocks of any size."""
    assert swept(sweep, on(three), size=10) == expected
    assert swept(sweep, on(three)) == expected


def test_a_cluster_holds_only_so_many_blocks(three: Scheduler, sweep: Sweep):
    """No more than two blocks a thread are handed out, however long the sweep."""
    crew, most = on(three), []
    give = crew.give

    def counted(task: Task) -> None:
        give(task)
        most.append(len(crew._out))

    crew.give = counted  # type: ignore[method-assign]
    swept(sweep, crew, size=2)
    assert len(most) >= 60
    assert max(most) <= 6


def test_killed_workers_cost_nothing(three: Scheduler, sweep: Sweep, expected: list[str]):
    """Kill one worker after another in mid-run: the others and new ones take over."""
    crew = on(three)

    def kill(progress: Progress) -> None:
        if progress.done > 20 * (len(killed) + 1) and len(killed) < 2:
            killed.append(three.workers.pop(0))
            kill_group(killed[-1])
            three.workers.append(three.worker())

    killed: list[subprocess.Popen[bytes]] = []
    with SweepStore(None, header_of(sweep)) as store:
        assert run_sweep(sweep, store, crew, size=4, tell=kill)
        assert digests(sweep, store) == expected
    assert len(killed) == 2


def test_a_killed_scheduler_costs_nothing(
    three: Scheduler, sweep: Sweep, expected: list[str], tmp_path: Path
):
    """Kill the scheduler in mid-run: the sweep waits for its successor and goes on."""
    crew, restarts = on(three), []

    def kill(progress: Progress) -> None:
        if progress.done > 30 and not restarts:
            restarts.append(progress.done)
            three.restart()

    with SweepStore(tmp_path / "sweep.db", header_of(sweep)) as store:
        assert run_sweep(sweep, store, crew, size=4, tell=kill)
        assert digests(sweep, store) == expected
    assert restarts


def test_a_cluster_that_does_not_come_back(sweep: Sweep, expected: list[str], tmp_path: Path):
    """When no successor appears, a line says so; what came back is kept, and goes on elsewhere."""
    lone = Scheduler(tmp_path, workers=1)
    path = tmp_path / "sweep.db"
    try:
        crew = on(lone, 1)
        crew.patience = 0.5

        def kill(progress: Progress) -> None:
            if progress.done > 8:
                lone.stop()

        with SweepStore(path, header_of(sweep)) as store:
            with pytest.raises(ClusterError, match="went away; what came back is kept"):
                run_sweep(sweep, store, crew, size=4, tell=kill)
            assert store.done(fingerprint(sweep.designs[0]))
    finally:
        lone.stop()
    assert swept(sweep, Here(), path) == expected


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_an_encrypted_cluster(sweep: Sweep, expected: list[str], tmp_path: Path):
    """With tls:// and certificates in dask's settings the same sweep runs; without them, a line."""
    tls = {kind: str(tmp_path / f"{kind}.pem") for kind in ("cert", "key")}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", tls["key"], "-out", tls["cert"]],
        check=True,
        capture_output=True,
    )  # fmt: skip
    tls["ca-file"] = tls["cert"]
    secret = Scheduler(tmp_path, workers=3, tls=tls)
    try:
        ours = {
            "distributed.comm.tls.ca-file": tls["cert"],
            "distributed.comm.tls.client.cert": tls["cert"],
            "distributed.comm.tls.client.key": tls["key"],
        }
        with dask.config.set(ours):
            assert swept(sweep, on(secret), size=10) == expected
        for address in (secret.url, secret.address):
            with pytest.raises(ClusterError, match="no cluster answers"):
                Cluster(address, patience=2)
    finally:
        secret.stop()


DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sweeping import header_of, small_sweep
from simulator.cluster import Cluster
from simulator.sweep import run_sweep
from simulator.sweep_store import SweepStore
sweep = small_sweep(replications=60, cases=60)
with SweepStore(Path(sys.argv[3]), header_of(sweep)) as store:
    def tell(progress):
        print(progress.done, flush=True)
        sys.stdin.readline()  # so that it cannot be through before somebody kills it
    run_sweep(sweep, store, Cluster(sys.argv[2], float(sys.argv[4])), size=2, tell=tell)
"""


@pytest.mark.slow
def test_a_whole_node_and_a_driver_may_die(sweep: Sweep, expected: list[str], tmp_path: Path):
    """Kill nannies with their workers, then the driver, then the next driver: nothing is lost."""
    node = Scheduler(tmp_path, workers=3, nanny=True)
    path = tmp_path / "sweep.db"
    try:
        on(node).close()
        kept = [0]
        for dying in (node.workers[:2], []):
            with started_driver(node, path) as driver:
                # what was kept before, and a few blocks more; then the node goes, then the driver
                heard = [told(driver) for _ in range(5)]
                for process in dying:
                    kill_group(process)
                heard += [told(driver) for _ in range(3)]
                driver.kill()
            kept.append(max(heard))
        assert 0 < kept[1] < kept[2]
        # whoever is left of the node ends it: nobody waits for others to start
        assert swept(sweep, on(node, 1), path, size=5) == expected
    finally:
        node.stop()


def started_driver(node: Scheduler, path: Path) -> subprocess.Popen[bytes]:
    """Start a driver that tells in lines how far its sweep is."""
    words = str(ROOT / "tests"), node.address, str(path), str(LONG)
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def told(driver: subprocess.Popen[bytes]) -> int:
    """Return how far a driver says it is, and let it go on; fail if it says nothing."""
    assert driver.stdin is not None
    assert driver.stdout is not None
    watch = threading.Timer(LONG, driver.kill)  # a line that never comes ends in an empty one
    watch.start()
    try:
        line = driver.stdout.readline()
    finally:
        watch.cancel()
    assert line, "the driver ended or said nothing"
    driver.stdin.write(b"\n")
    driver.stdin.flush()
    return int(line)


def test_a_block_of_another_version_is_refused(
    three: Scheduler, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
):
    """Workers with another state of the engine are told in a line rather than believed."""
    monkeypatch.setattr(cluster, "engine_version", lambda: "0.0.1 simpy 0")
    crew = on(three)
    design = sweep.designs[0]
    crew.give(Task(Block(0, 0, 1), packed(design), 5))

    def listen() -> None:
        for _ in range(100):
            crew.take(0.2)

    with pytest.raises(ClusterError, match=r"a worker has .*, this is 0\.0\.1"):
        listen()
    crew.close()


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "tcp://127.8.9.1:8786", "localhost:1", "tcp://[::1]:8786"]
)
def test_loopback_needs_no_encryption(address: str):
    """Addresses that no other machine can reach are accepted."""
    assert checked_address(address).startswith("tcp://")


@pytest.mark.parametrize(
    "address",
    ["10.0.0.7:8786", "tcp://dask.example:8786", "0.0.0.0:8786", "tcp://127.0.0.1.example:1"],
)
def test_other_addresses_need_encryption(address: str):
    """Without TLS an address off loopback is refused; with it, accepted."""
    with pytest.raises(ClusterError, match="not on loopback, so it must be tls://"):
        checked_address(address)
    tls = "tls://" + address.removeprefix("tcp://")
    assert checked_address(tls) == tls


@pytest.mark.parametrize("address", ["", "127.0.0.1", "http://127.0.0.1:80", "127.0.0.1:x", "tls:"])
def test_what_is_no_address_is_told(address: str):
    """An address has a host and a port."""
    with pytest.raises(ClusterError, match="an address reads HOST:PORT"):
        checked_address(address)


def test_a_worker_off_loopback_is_refused(three: Scheduler, monkeypatch: pytest.MonkeyPatch):
    """A scheduler here whose workers are reachable from elsewhere is not used without TLS."""
    crew = on(three)
    client = crew._client
    assert client is not None
    monkeypatch.setattr(client, "nthreads", lambda **_: {"tcp://10.0.0.7:4711": 8})
    crew._looked = -9.0
    with pytest.raises(ClusterError, match=r"worker tcp://10\.0\.0\.7:4711 is not on loopback"):
        crew.room()


def test_nobody_answers():
    """A cluster that is not there is told in a line, soon."""
    with pytest.raises(ClusterError, match="no cluster answers") as caught:
        Cluster("127.0.0.1:9", patience=1)
    assert "\n" not in str(caught.value)
