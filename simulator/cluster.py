"""Blocks on a dask.distributed cluster that somebody else keeps (extra ``[cluster]``).

Tasks, results and our designs travel as Python pickles, so whoever can speak to the
scheduler can run code on it: without TLS only loopback addresses are accepted, for the
scheduler and for every worker. Workers that die are dask's to replace; a scheduler that
dies is waited for, because all that was done is in the store of the driver.
"""

from __future__ import annotations

import ipaddress
import queue
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from simulator.design_bytes import engine_version
from simulator.workers import Block, Death, Failure, News, Stray, Task, work

# dask.distributed has no complete types
Client = Any
Future = Any


class ClusterError(Exception):
    """A cluster that cannot be used; the message is one line for the planner."""


class OtherVersion(Exception):  # noqa: N818 - said as the planner meets it
    """A worker simulates with another version than the driver."""


AHEAD = 2
"""Blocks given for each thread of the cluster: one at work, one at hand. Handing out everything
at once costs the client 14 KB a block."""


def checked_address(address: str) -> str:
    """Return the address in dask's form.

    Raises
    ------
    ClusterError
        If it is no address, or is neither on loopback nor encrypted.

    Examples
    --------
    >>> checked_address("127.0.0.1:8786"), checked_address("tls://dask.example:8786")
    ('tcp://127.0.0.1:8786', 'tls://dask.example:8786')
    >>> checked_address("tcp://10.0.0.7:8786")
    Traceback (most recent call last):
    ...
    simulator.cluster.ClusterError: tcp://10.0.0.7:8786: not on loopback, so it must be tls://...
    """
    full = address if "://" in address else f"tcp://{address}"
    try:
        parts = urlsplit(full)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None or parts.scheme not in {"tcp", "tls"}:
        raise ClusterError(f"{address}: an address reads HOST:PORT or tls://HOST:PORT")
    if parts.scheme == "tcp" and not _is_loopback(host):
        raise ClusterError(f"{full}: not on loopback, so it must be tls://...")
    return full


def remote_work(task: Task, engine: str) -> News:
    """Simulate a block on a worker of the cluster, if it is of the driver's version."""
    if engine_version() != engine:
        raise OtherVersion(f"a worker has {engine_version()}, this is {engine}")
    return work(task)


class Cluster:
    """A crew on a dask.distributed cluster.

    Parameters
    ----------
    address : str
        The scheduler's; see :func:`checked_address`.
    patience : float
        Seconds to wait for a scheduler that went away, and for the first worker.

    Raises
    ------
    ClusterError
        When dask is not installed, or nobody answers at the address, or it is not safe.
    """

    _LOOK_AROUND = 2.0

    def __init__(self, address: str, patience: float = 60.0) -> None:
        self.address = checked_address(address)
        self.patience = patience
        self._engine = engine_version()
        self._news: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, tuple[Block, Future]] = {}
        self._given = 0
        self._looked = -self._LOOK_AROUND
        self.size = 1
        self._threads = 0
        self._gone_since = 0.0
        self._client: Client = self._connect(min(10.0, patience))
        if not _until(self._has_workers, patience):
            self.close()
            raise ClusterError(f"{self.address}: the cluster has no workers")

    def room(self) -> int:
        """Return how many more blocks the cluster's threads can have at hand."""
        self._look_around()
        return 0 if self._client is None else AHEAD * self.size - len(self._out)

    def give(self, task: Task) -> None:
        """Submit a block."""
        if self._client is None:
            raise RuntimeError("the cluster has been left")
        self._given += 1
        block = task.block
        key = f"lianban-{block.design}-{block.first}-{block.size}-{self._given}-{id(self)}"
        future = self._client.submit(remote_work, task, self._engine, key=key, pure=False)
        self._out[key] = block, future
        future.add_done_callback(self._news.put)

    def take(self, seconds: float) -> list[News]:
        """Return what came back; after the scheduler's death, everything undone is stray."""
        if self._client is None:
            self._come_back()
            return []
        arrived: list[Future] = []
        with suppress(queue.Empty):
            arrived.append(self._news.get(timeout=seconds) if seconds else self._news.get_nowait())
            while True:
                arrived.append(self._news.get_nowait())
        found = [news for future in arrived if (news := self._heard(future)) is not None]
        if self._client.status != "running":
            found += [Stray(block) for block, _ in self._out.values()]
            self.close()
            self._gone_since = time.monotonic()
        return found

    def close(self) -> None:
        """Give up what is undone and leave the cluster; it goes on without us."""
        client, self._client = self._client, None
        self._out.clear()
        if client is not None:
            # the scheduler forgets the tasks of a client that leaves
            with suppress(Exception):
                client.close(timeout=1)

    # --- one block --------------------------------------------------------------------

    def _heard(self, future: Future) -> News | None:
        if future.key not in self._out:
            return None
        block, _ = self._out.pop(future.key)
        if future.status != "finished":
            return self._unfinished(block, future)
        try:
            news: News = future.result(timeout=1)
        except Exception:
            # the worker that held the result went before it was fetched
            return Stray(block)
        finally:
            future.release()
        return news

    def _unfinished(self, block: Block, future: Future) -> News:
        error: Any = None
        if future.status == "error":
            with suppress(Exception):
                error = future.exception(timeout=1)
        if type(error).__name__ == "KilledWorker":
            return Death(block)
        if isinstance(error, OtherVersion):
            raise ClusterError(f"{self.address}: {error}")
        if isinstance(error, ImportError):
            raise ClusterError(f"{self.address}: a worker cannot import lianban: {error}")
        return Failure(block, error) if isinstance(error, Exception) else Stray(block)

    # --- the cluster ------------------------------------------------------------------

    def _connect(self, seconds: float) -> Client:
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise ClusterError(
                '--cluster needs dask.distributed: pip install "lianban[cluster]"'
            ) from None
        encrypted = self.address.startswith("tls://")
        try:
            return distributed.Client(
                self.address,
                timeout=seconds,
                set_as_default=False,
                # certificates come from dask's own settings
                security=distributed.Security(require_encryption=True) if encrypted else None,
            )
        except Exception as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ClusterError(f"{self.address}: no cluster answers: {reason}") from None

    def _has_workers(self) -> bool:
        self._looked = -self._LOOK_AROUND
        self._look_around()
        return self._threads > 0

    def _look_around(self) -> None:
        """Count the workers' threads now and then, and see that none of them is exposed."""
        now = time.monotonic()
        if self._client is None or now - self._looked < self._LOOK_AROUND:
            return
        self._looked = now
        try:
            workers = self._client.nthreads(callback_timeout=1)
        except Exception:
            return  # take() finds out whether the scheduler is gone
        if self.address.startswith("tcp://"):
            for address in workers:
                if not _is_loopback(urlsplit(address).hostname or ""):
                    self.close()
                    raise ClusterError(
                        f"{self.address}: its worker {address} is not on loopback; use tls://"
                    )
        self._threads = sum(workers.values())
        self.size = max(1, self._threads)

    def _come_back(self) -> None:
        """Look for the scheduler's successor, for a second at most."""
        if time.monotonic() - self._gone_since > self.patience:
            raise ClusterError(f"{self.address}: the cluster went away; what came back is kept")
        with suppress(ClusterError):
            self._client = self._connect(1.0)
            self._looked = -self._LOOK_AROUND


def _until(happened: Callable[[], bool], seconds: float) -> bool:
    """Return whether something happened within so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
