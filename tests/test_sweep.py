"""Sweeps: one answer whoever computes it, whatever dies meanwhile, and however it is stopped."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT
from plans import NINE_TO_FIVE
from sweeping import Deadly, Known, digests, header_of, processes_of, small_sweep, swept

from lianban.progress import Bar, bar_text, stopping
from rules.calendars import BeyondCalendar
from scenarios.arrivals import Traced
from simulator.design_bytes import fingerprint
from simulator.sweep import BlocksDropped, Progress, Sweep, run_sweep, tally_of_design
from simulator.sweep_store import SweepStore
from simulator.workers import Answer, Death, Here, News, Stray, Task, Workers

posix = pytest.mark.skipif(os.name != "posix", reason="signals and /proc are those of Linux")


@pytest.fixture(scope="module")
def sweep() -> Sweep:
    return small_sweep(replications=24)


@pytest.fixture(scope="module")
def expected(sweep: Sweep) -> list[str]:
    return swept(sweep, Here(), size=5)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Return where a store may be; in memory where the machine has such a folder, for speed."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        yield Path(folder) / "sweep.db"


@pytest.mark.parametrize("size", [None, 1, 7, 24, 100])
def test_blocks_of_any_size_give_one_answer(sweep: Sweep, expected: list[str], size: int | None):
    """The digest is the same for blocks of one replication, of all, or of whatever suits."""
    assert swept(sweep, Here(), size=size) == expected


@pytest.mark.parametrize(
    ("workers", "size"),
    [
        (2, 5),
        *(pytest.param(n, size, marks=pytest.mark.slow) for n in (1, 2, 3, 4) for size in (3, 8)),
    ],
)
def test_any_number_of_workers_gives_one_answer(
    sweep: Sweep, expected: list[str], workers: int, size: int
):
    """Processes give the digest that this process alone gives, and are gone afterwards."""
    crew = Workers(workers)
    assert swept(sweep, crew, size=size) == expected
    assert crew.pids() == []


class Shuffled(Known):
    """A crew of four whose blocks come back late, out of order, or have to be done again."""

    luck = random.Random(4)

    def room(self) -> int:
        """Return how many more than four."""
        return 4 - len(self.waiting)

    def take(self, seconds: float) -> list[News]:
        """Return some of what waits, in any order, or undone."""
        self.luck.shuffle(self.waiting)
        count = self.luck.randrange(len(self.waiting) + 1)
        tasks, self.waiting = self.waiting[:count], self.waiting[count:]
        return [
            Stray(task.block) if self.luck.random() < 0.3 else self._answer(task) for task in tasks
        ]


def test_blocks_may_come_back_in_any_order(sweep: Sweep, expected: list[str]):
    """Late, stray and overtaking blocks change nothing."""
    for size in (1, 3, 8):
        assert swept(sweep, Shuffled(sweep, size=4), size=size) == expected


class Overbooked(Known):
    """A crew that remembers how many blocks it held at once, at most."""

    most = 0

    def room(self) -> int:
        """Return how many more than three."""
        return 3 - len(self.waiting)

    def give(self, task: Task) -> None:
        """Keep a block, and how many there are."""
        super().give(task)
        self.most = max(self.most, len(self.waiting))


def test_only_so_many_blocks_are_handed_out(sweep: Sweep):
    """The driver gives no more than the crew has room for, however long the sweep."""
    crew = Overbooked(sweep)
    swept(sweep, crew, size=1)
    assert crew.most == 3


def test_designs_advance_together(sweep: Sweep):
    """Blocks go to the design that is behind, so that a stopped sweep can still be compared."""
    with SweepStore(None, header_of(sweep)) as store:
        asked = iter([False] * 9 + [True] * 99)
        assert not run_sweep(sweep, store, Known(sweep), size=2, stop=lambda: next(asked))
        first, second = (
            sum(count for _, count in store.done(fingerprint(design))) for design in sweep.designs
        )
    assert first - second in {0, 2}
    assert first + second >= 16


def test_more_replications_are_added_to_those_kept(sweep: Sweep, expected: list[str], path: Path):
    """A longer sweep goes on where a shorter ended; a shorter one is read out of a longer."""
    short = replace(sweep, replications=10)
    short_alone = swept(short, Here(), size=10)
    assert swept(short, Here(), path, size=4) == short_alone
    told: list[Progress] = []
    with SweepStore(path, header_of(sweep)) as store:
        assert run_sweep(sweep, store, Here(), tell=told.append)
        assert digests(sweep, store) == expected
    assert (told[0].done, told[0].kept, told[0].total) == (20, 20, 48)
    assert (told[-1].done, told[-1].cases) == (48, 28 * 20)
    assert swept(replace(sweep, replications=11), Here(), path) == swept(
        replace(sweep, replications=11), Here()
    )


def test_a_redesign_can_be_added(sweep: Sweep, expected: list[str], path: Path):
    """A store keeps what it has when a sweep of the same scenario brings another redesign."""
    alone = replace(sweep, designs=sweep.designs[:1])
    swept(alone, Here(), path)
    told: list[Progress] = []
    with SweepStore(path, header_of(sweep)) as store:
        run_sweep(sweep, store, Here(), tell=told.append)
        assert digests(sweep, store) == expected
    assert told[0].kept == 24


# --- what dies ---


@posix
def test_workers_that_are_killed_cost_nothing(sweep: Sweep, expected: list[str]):
    """Kill workers in mid-run, one by one: they are replaced and the answer is the same."""
    crew, killed = Workers(2), []

    def kill(progress: Progress) -> None:
        left = [pid for pid in crew.pids() if pid not in killed]
        if progress.done > 4 and len(killed) < 3 and left:
            killed.append(left[0])
            os.kill(left[0], signal.SIGKILL)

    with SweepStore(None, header_of(sweep)) as store:
        assert run_sweep(sweep, store, crew, size=3, tell=kill)
        assert digests(sweep, store) == expected
    assert len(killed) == 3


@posix
def test_a_block_that_kills_its_workers_is_left_out(sweep: Sweep, path: Path):
    """After three dead workers a block is given up by name; all others are kept."""
    first = sweep.designs[0]
    deadly = replace(first, key="office/deadly", plan=replace(first.plan, arrivals=Deadly()))
    risky = replace(sweep, designs=(first, deadly), replications=4)
    with SweepStore(path, header_of(risky)) as store:
        with pytest.raises(BlocksDropped, match=r"kept: office/deadly 0-3$") as caught:
            run_sweep(risky, store, Workers(2), size=4)
        assert caught.value.keys == ("office/deadly 0-3",)
        assert store.done(fingerprint(first)) == [(0, 4)]
        assert store.done(fingerprint(deadly)) == []


def test_three_deaths_drop_a_block_and_two_do_not(sweep: Sweep, expected: list[str]):
    """Deaths are counted for each block."""

    class Dying(Known):
        deaths = 2

        def take(self, seconds: float) -> list[News]:
            if self.waiting and self.waiting[0].block.first == 6 and self.deaths:
                self.deaths -= 1
                return [Death(self.waiting.pop().block)]
            return super().take(seconds)

    crew = Dying(sweep)
    assert swept(sweep, crew, size=6) == expected
    crew.deaths = 3
    with pytest.raises(BlocksDropped, match="office 6-11"):
        swept(sweep, crew, size=6)


def test_an_error_of_the_simulation_is_the_sweeps_error(sweep: Sweep, path: Path):
    """Work that outlasts the calendar is told as ever; what came back before is kept."""
    first = sweep.designs[0]
    end = NINE_TO_FIVE.horizon
    late = replace(
        first,
        plan=replace(
            first.plan, calendars=(NINE_TO_FIVE,), arrivals=Traced((end - 60,)), cases=1
        ),
    )  # fmt: skip
    both = replace(sweep, designs=(first, late), replications=2)
    for crew in (Here(), Workers(1)):
        with SweepStore(path, header_of(both)) as store:
            with pytest.raises(BeyondCalendar):
                run_sweep(both, store, crew, size=2)
            assert store.done(fingerprint(first)) == [(0, 2)]


def run_and_kill(act: Callable[[], object], seconds: float) -> bool:
    """Return whether a forked process still ran when it was killed after so many seconds."""
    if not (child := os.fork()):
        try:
            act()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@posix
@pytest.mark.parametrize("kills", [12, pytest.param(100, marks=pytest.mark.slow)])
def test_a_driver_that_is_killed_at_random(
    sweep: Sweep, expected: list[str], path: Path, kills: int
):
    """Kill the driver at random moments and run it again, over and over: one answer, no loss."""
    luck, killed, done = random.Random(kills), 0, 0
    while killed < kills:
        went = run_and_kill(lambda: swept(sweep, Here(), path, size=1), luck.uniform(0.01, 0.15))
        killed += went
        with SweepStore(path, header_of(sweep)) as store:
            kept = sum(len(store.done(fingerprint(design))) for design in sweep.designs)
            assert kept >= done
            done = kept
            if not went or kept == 48:
                assert digests(sweep, store) == expected
        if done == 48:
            path.unlink()
            done = 0
    assert swept(sweep, Here(), path, size=1) == expected


# --- the command ---


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the command line in a session of its own, deaf to nothing."""
    return subprocess.Popen(
        [sys.executable, "-m", "lianban.cli", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - tests start no threads
    )


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _hear_ctrl_c() -> None:
    # a shell starts what runs in the background deaf to Ctrl-C, and children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)


SWEEP = ("run", "jiaxing/reform", "--workers", "2", "--store", "sweep.db")


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([(signal.SIGINT, 130)], id="once"),
        pytest.param(
            [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGINT, 130)],
            id="often",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_ctrl_c_stops_within_two_seconds_and_the_same_command_goes_on(
    tmp_path: Path, signals: list[tuple[signal.Signals, int]]
):
    """Ctrl-C exits 130 in 2 s with blocks kept and no process left; so does a request to end."""
    log = tmp_path / "sweep.db-wal"
    for number, code in signals:
        running = start(tmp_path, *SWEEP, "--replications", "40000")
        before = log.stat().st_size if log.exists() else 0
        until(lambda before=before: log.exists() and log.stat().st_size > before + 30_000)
        if number == signal.SIGINT:
            os.killpg(running.pid, number)  # as a terminal does: workers get it, too
        else:
            running.send_signal(number)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out) == (code, "")
        assert err == (
            "interrupted; what is complete is kept in sweep.db; the same command goes on\n"
        )
        until(lambda pid=running.pid: not processes_of(pid), 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "sweep.db")) as database:
        ((kept,),) = database.execute("SELECT sum(count) FROM blocks")
    assert kept >= 2
    done = start(tmp_path, *SWEEP, "--replications", "5", "--json")
    out, err = done.communicate(timeout=60)
    assert done.returncode == 0, err
    alone = start(tmp_path, *SWEEP[:2], "--workers", "1", "--replications", "5", "--json")
    assert out == alone.communicate(timeout=60)[0]
    assert json.loads(out)["replications"] == 5


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_a_killed_command_goes_on_to_the_same_bytes(tmp_path: Path, kills: int):
    """Kill -9 the driver in mid-run: its workers end, too, and the end is the same JSON."""
    luck = random.Random(kills)
    # the slower engine: there must be something left to be killed in
    words = (*SWEEP, "--engine", "simpy", "--replications", "40", "--json")
    killed = 0
    for _ in range(kills):
        running = start(tmp_path, *words)
        until((tmp_path / "sweep.db-wal").exists)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(luck.uniform(0.5, 2.5))
        killed += running.poll() is None
        running.kill()
        running.communicate()
        until(lambda pid=running.pid: not processes_of(pid), 5)
    done = start(tmp_path, *words)
    resumed, err = done.communicate(timeout=120)
    assert done.returncode == 0, err
    assert killed
    whole = start(tmp_path, *words[:2], *words[6:], "--workers", "1")
    assert resumed == whole.communicate(timeout=120)[0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--store", "missing/s.db"], "missing/s.db: not a file in an existing folder"),
        (["--cluster", "10.0.0.7:8786"], "tcp://10.0.0.7:8786: not on loopback"),
        (["--repair"], "--repair goes with --store"),
        (["--cluster", "127.0.0.1:1", "--workers", "2"], "--workers and --cluster: choose one"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], words: list[str], line: str
):
    """A store or a cluster that cannot be used exits 2 with one line."""
    from lianban.cli import main

    assert main(["run", "jiaxing/reform", "--replications", "2", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert len(err.splitlines()) == 1


def test_a_store_gives_the_same_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Without a store, with a new one and with a full one the JSON is the same; repair says so."""
    from lianban.cli import main

    monkeypatch.chdir(tmp_path)
    words = ["run", "jiaxing/reform", "--replications", "5", "--json"]
    documents = []
    for more in ([], ["--store", "s.db"], ["--store", "s.db", "--repair"]):
        assert main([*words, *more]) == 0
        documents.append(capsys.readouterr().out)
    assert len(set(documents)) == 1
    whole = bytearray(Path("s.db").read_bytes())
    place = whole.index(b"lbT1") + 100
    whole[place] ^= 4
    Path("s.db").write_bytes(whole)
    assert main([*words, "--store", "s.db"]) == 2
    assert "is not what was written; repair the store" in capsys.readouterr().err
    assert main([*words, "--store", "s.db", "--repair"]) == 0
    out, err = capsys.readouterr()
    assert out == documents[0]
    assert "s.db: repaired, " in err
    assert Path("s.db.damaged").read_bytes() == bytes(whole)


# --- the bar ---


class Screen(io.StringIO):
    """A stream that is a screen."""

    def isatty(self) -> bool:
        """Return True."""
        return True


PROGRESS = Progress(30, 120, 10, 2400, 60.0, "jiaxing/reform", 109.34, 0.82)


def test_the_bar_says_how_far_how_fast_how_sure_and_how_long():
    """A quarter done; 2,400 cases in a minute; 20 of 110 missing replications took 60 s."""
    assert bar_text(PROGRESS) == (
        "[###         ] 25 %  4:30 left  40 cases/s  P90 109.3 ±0.8 wd (jiaxing/reform)"
    )
    assert bar_text(Progress(0, 9, 0)) == "[            ] 0 %"
    bar_text(PROGRESS).encode("gbk")
    assert len(bar_text(PROGRESS)) < 80


def test_the_bar_is_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch):
    """On a screen it overwrites itself within the width and leaves nothing; elsewhere, nothing."""
    monkeypatch.setenv("COLUMNS", "50")
    screen, pipe = Screen(), io.StringIO()
    for stream in (screen, pipe):
        with Bar(stream) as bar:
            bar(PROGRESS)
            bar(replace(PROGRESS, done=120))
    assert pipe.getvalue() == ""
    drawn = screen.getvalue().split("\r")
    assert all(len(text) <= 49 for text in drawn)
    assert "\n" not in screen.getvalue()
    assert drawn[-2].strip() == ""
    assert drawn[-1] == ""


def test_the_running_p90_is_that_of_the_replications():
    """What the bar shows last is the mean P90 of one design, with its interval."""
    sweep = small_sweep(replications=8)
    told: list[Progress] = []
    with SweepStore(None, header_of(sweep)) as store:
        run_sweep(sweep, store, Here(), size=4, tell=told.append)
        tally = tally_of_design(sweep, store, sweep.designs[1])
    days = [ticks / sweep.designs[1].plan.day_ticks for ticks in tally.column("p90").tolist()]
    mean = sum(days) / 8
    half = 1.96 * math.sqrt(sum((day - mean) ** 2 for day in days) / 7 / 8)
    assert told[-1].key == "office/quick"
    assert (told[-1].p90, told[-1].half) == pytest.approx((mean, half))
    assert told[-1].left == 0
    assert math.isnan(told[1].half)


@posix
def test_asked_twice_the_program_leaves_at_once():
    """The first Ctrl-C is noted, the second interrupts; afterwards all is as before."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with stopping() as stop:
            assert not stop()
            signal.raise_signal(signal.SIGINT)
            assert stop()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with stopping():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# --- size ---


@posix
def test_a_sweep_does_not_sit_in_memory(tmp_path: Path):
    """Twenty times the replications, kept in a store, need hardly more memory in the driver."""
    code = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, "tests")
from memory import peak_kb
from sweeping import Known, header_of, small_sweep
from simulator.blocks import Tally, run_block
from simulator.sweep import run_sweep
from simulator.sweep_store import SweepStore
from simulator.workers import Answer
import numpy as np

class Fast(Known):
    # the same 50 replications under every number: simulating 100,000 would take minutes
    def _answer(self, task):
        number, first, size = task.block
        if number not in self.answers:
            self.answers[number] = run_block(self.sweep.designs[number], 1, 0, 50)
        tally = self.answers[number]
        rows = tally.rows.copy()
        rows[:, 0] += first
        return Answer(task.block, Tally(rows, tally.histogram).encoded(), 1.0)

sweep = small_sweep(replications=int(sys.argv[1]), cases=100)
with SweepStore(Path(sys.argv[2]), header_of(sweep)) as store:
    run_sweep(sweep, store, Fast(sweep), size=50)
print(peak_kb(), Path(sys.argv[2]).exists())
"""
    peaks = []
    for replications in (250, 5_000):
        done = subprocess.run(
            [sys.executable, "-c", code, str(replications), tmp_path / f"{replications}.db"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout.split()[0]))
    # traces of 9,500 more replications of 100 cases would be 38 MB, their rows are 0.8 MB
    assert peaks[1] - peaks[0] < 8_000


def test_an_answer_is_small(sweep: Sweep):
    """A block of 50 replications of 300 cases comes back in some kilobytes."""
    big = small_sweep(replications=50, cases=300)
    crew = Known(big)
    swept(big, crew, size=50)
    assert all(len(data) < 12_000 for data in crew.answers.values())
    assert isinstance(crew._answer(Task((0, 0, 50), b"", 5)), Answer)
