"""How the workbench holds up: planners, plain routes, memory, and how soon it is there.

Starts `lianban serve`, then

- waits for the first page of the demo, from the start of the program;
- lets planners (50) toggle levers for a minute, each with a pause between clicks, and asks for
  the 95th percentile of the paper view (under 500 ms on two cores);
- asks for a static file and for /health as fast as it can (5,000 a second, p99 under 10 ms);
- compares 2,000 designs and asks how much memory the server has gained: what is kept to be quick
  is bounded, so the second thousand must add next to nothing.

Run from the checkout, on a machine that does nothing else:

    python -m benchmarks.workbench_load [--planners 50] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEVERS = (
    "share_in_zone", "cancel", "joint_survey", "joint_review", "joint_certificates",
    "joint_acceptance", "parallel",
)  # fmt: skip
PAUSE = 2.0
"""Seconds for which a planner looks at what a click gave, on average."""


class Client:
    """One browser's connection, kept open."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port = port
        self.head = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        self.pipes: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, target: str) -> tuple[int, int]:
        """Return an answer's status and length."""
        for attempt in (1, 2):
            if self.pipes is None:
                self.pipes = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.pipes
            try:
                writer.write(f"GET {target}{self.head}".encode())
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                # an idle connection is closed after five seconds, as browsers know
                self.pipes = None
                if attempt == 2:
                    raise
                continue
            length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
            await reader.readexactly(length)
            return int(head[9:12]), length
        raise AssertionError


def start() -> tuple[subprocess.Popen[str], int, str, float]:
    """Start the server; return it, its port, its cookie and the seconds to the first page."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "lianban.cli", "serve", "--json", "--no-browser"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment())
    assert server.stdout is not None
    address = json.loads(server.stdout.readline())["address"]
    listens = time.perf_counter() - began
    port, token = re.search(r":(\d+)/\?token=([\w-]+)", address).groups()  # type: ignore[union-attr]

    async def first() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        ask = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        writer.write(f"GET /?token={token}{ask}\r\n".encode())
        cookie = re.search(rb"set-cookie: ([^;]+)", await reader.read())[1].decode()  # type: ignore[index]
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(f"GET /?lang=en{ask}Cookie: {cookie}\r\n\r\n".encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        return cookie

    cookie = asyncio.run(first())
    first_page = time.perf_counter() - began
    print(
        f"answers after {listens:.2f} s, first page after {first_page:.2f} s, "
        f"{cpu(server.pid):.2f} s of processor"
    )
    return server, int(port), cookie, listens


def environment() -> dict[str, str]:
    """Return the environment with compiled modules kept, as an installed program has them."""
    kept = Path(tempfile.gettempdir()) / "lianban-benchmark-bytecode"
    wanted = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**wanted, "PYTHONPYCACHEPREFIX": str(kept)}


def view(off: tuple[str, ...]) -> str:
    """Return the part that a toggle fetches."""
    return f"/part/?a=jiaxing&b=jiaxing%2Freform&off={'%2C'.join(off)}&lang=en"


async def planners(pid: int, port: int, cookie: str, count: int, seconds: float) -> None:
    """Let planners toggle levers, each on its own way through the combinations."""
    times: list[float] = []
    errors = 0
    end, used = time.perf_counter() + seconds, cpu(pid)

    async def planner(number: int) -> None:
        nonlocal errors
        luck = random.Random(number)
        client, off = Client(port, cookie), set()
        while time.perf_counter() < end:
            await asyncio.sleep(luck.uniform(0.2, 2 * PAUSE - 0.2))
            off ^= {luck.choice(LEVERS)}
            began = time.perf_counter()
            try:
                status, _ = await client.get(view(tuple(sorted(off))))
                errors += status != 200
            except (OSError, asyncio.IncompleteReadError):
                errors += 1
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(planner(n) for n in range(count)))
    each = 1000 * (cpu(pid) - used) / len(times)
    told(
        f"{count} planners, {len(times)} toggles, {errors} errors, {each:.1f} ms of the server's "
        "processor each",
        times,
    )


async def plain(pid: int, port: int, cookie: str, target: str, seconds: float) -> None:
    """Ask for one route as fast as sixteen connections can."""
    times: list[float] = []
    end, used = time.perf_counter() + seconds, cpu(pid)

    async def browser() -> None:
        client = Client(port, cookie)
        while time.perf_counter() < end:
            began = time.perf_counter()
            status, _ = await client.get(target)
            assert status == 200
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(browser() for _ in range(16)))
    each = (cpu(pid) - used) / len(times)
    told(
        f"{target}: {len(times) / seconds:,.0f} requests/s, {1e6 * each:.0f} us of the server's "
        f"processor each ({1 / each:,.0f} a second of it)",
        times,
    )


async def comparisons(server: subprocess.Popen[str], port: int, cookie: str, count: int) -> None:
    """Compare designs one after another, and tell what the server's memory did."""
    client = Client(port, cookie)
    every = [
        tuple(off) for n in range(len(LEVERS) + 1) for off in itertools.combinations(LEVERS, n)
    ]
    before = memory(server.pid)
    times = []
    for number in range(count):
        began = time.perf_counter()
        # another language and another screen each time round, so that few answers are kept ones
        off = every[number % len(every)]
        screen = ("/part/", "/part/flow", "/part/gantt")[number // len(every) % 3]
        language = "zh" if number // (3 * len(every)) % 2 else "en"
        query = f"a=jiaxing&b=jiaxing%2Freform&off={'%2C'.join(off)}&lang={language}"
        status, _ = await client.get(f"{screen}?{query}")
        assert status == 200
        times.append(time.perf_counter() - began)
        if number + 1 in (count // 4, count // 2, count):
            told(f"after {number + 1} comparisons {memory(server.pid) - before:+.1f} MB", times)


def cpu(pid: int) -> float:
    """Return the seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def told(what: str, times: list[float]) -> None:
    """Print a line with the median, the 95th and the 99th percentile."""
    ranked = sorted(times)
    at = [1000 * ranked[min(len(ranked) - 1, int(q * len(ranked)))] for q in (0.5, 0.95, 0.99)]
    print(f"{what}: median {at[0]:.1f} ms, P95 {at[1]:.1f} ms, p99 {at[2]:.1f} ms", flush=True)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--planners", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--comparisons", type=int, default=2000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    server, *_ = start()  # the first start compiles the modules
    server.terminate()
    server.wait(10)
    server, port, cookie, _ = start()
    try:
        # the second process warms up; what follows is about pages
        time.sleep(8)
        asyncio.run(comparisons(server, port, cookie, options.comparisons))
        asyncio.run(planners(server.pid, port, cookie, options.planners, options.seconds))
        for target in ("/health", "/static/workbench.js"):
            asyncio.run(plain(server.pid, port, cookie, target, min(10.0, options.seconds)))
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
