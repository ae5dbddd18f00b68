"""The pytest plugin: promises are tests, snapshots are reviewed, UNSURE is neither."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import small_city

from results.promises import Checker, read_promises
from results.promises.snapshots import figures_now, record, recorded_figures

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
BOOK = """\
[[promise]]
id = "kept"
holds = "p90(total) <= 60"

[[promise]]
id = "broken"
holds = "paper_days <= 12"

[[promise]]
id = "close"
holds = "p50(total) <= 60"
"""
SNAPSHOT = '[[snapshot]]\nid = "figures"\ntolerance = 1\n'


@pytest.fixture(scope="module", autouse=True)
def _everything_imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import all that a check needs: pytester forgets modules, numpy refuses to come twice."""
    folder = small_city.build(tmp_path_factory.mktemp("first") / "city", BOOK + SNAPSHOT)
    book = read_promises(folder / "promises.toml")
    checker = Checker(book)
    assert [checker.check(promise).verdict.value for promise in book.promises].count("kept") == 2
    record(book.path, "figures", figures_now(checker, book.snapshots[0], 5))
    assert recorded_figures(book.path, book.snapshots[0]) is not None


@pytest.fixture
def town(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Return a function that tests a small city's promises with pytest in this process."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def test(book: str, *options: str, days: int = 8) -> pytest.RunResult:
        folder = pytester.path / "city"
        if not folder.exists():
            small_city.build(folder, book, days=days)
        plugin = [] if entry_point_installed() else ["-p", "lianban.pytest_plugin"]
        return pytester.runpytest(*plugin, "-p", "no:cacheprovider", *options)

    return test


def entry_point_installed() -> bool:
    from importlib.metadata import entry_points

    return any(e.value == "lianban.pytest_plugin" for e in entry_points(group="pytest11"))


def test_the_entry_point_is_declared():
    """Whoever installs lianban has its plugin in pytest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"lianban": "lianban.pytest_plugin"}


def test_each_promise_is_a_test_and_failures_have_no_traceback(town):
    """Two promises pass; the broken one shows its lines, its place and no Python."""
    result = town(BOOK, "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "city/promises.toml::kept PASSED*",
            "city/promises.toml::broken FAILED*",
            "BROKEN: broken (city/promises.toml:5) misses paper_days <= 12 by 1 wd.",
            "*most of it: B Review (8 working days)",
            "*repeat: lianban promises city/promises.toml --promise broken",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*def runtest*")


def test_own_tests_ask_designs_by_fixture(town, pytester):
    """`lb` and `assert_kept` serve a city's own tests; a broken claim tells what costs most."""
    pytester.makepyfile(
        """
        def test_kept(lb, assert_kept):
            assert lb.load("city").procedure.n_steps
            assert_kept("city", "paper_days <= 13")

        def test_broken(assert_kept):
            assert_kept("city", "paper_days <= 12")

        def test_unreadable(assert_kept):
            assert_kept("city", "p99(total) <= 12")
        """
    )
    result = town(BOOK, "test_own_tests_ask_designs_by_fixture.py")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*AssertionError: BROKEN: paper_days <= 12 (city) misses paper_days <= 12 by 1 wd.*",
            "*most of it: B Review (8 working days)*",
            "*no metric is called 'p99'*",
        ]
    )


def test_one_promise_can_be_chosen(town):
    """`-k` chooses by id, as for any test."""
    town(BOOK, "-k", "close").assert_outcomes(passed=1, deselected=2)


def test_a_file_with_mistakes_is_a_collection_error(town):
    """An unknown metric is told with file and line and fails the run; nothing passes."""
    result = town(BOOK.replace("p90(total)", "p99(total)"))
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*city/promises.toml:3: holds: no metric is called 'p99'*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_unsure_is_shown_as_such_and_fails_when_strict(town):
    """Four replications tell nothing: `u` and UNSURE, exit 0; strict fails."""
    options = ("-k", "close", "--lianban-replications", "4")
    result = town(BOOK, *options)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["city/promises.toml u*", "*1 unsure*"])
    town(BOOK, *options, "--lianban-strict").assert_outcomes(failed=1, deselected=2)


def test_junit_reports_carry_the_numbers(town, pytester):
    """Measured value, interval, seed and claim stand as properties of each test case."""
    town(BOOK, "--junitxml=report.xml", "-k", "kept", "--lianban-seed", "5")
    tree = ElementTree.fromstring((pytester.path / "report.xml").read_text(encoding="utf-8"))
    properties = {p.get("name"): p.get("value") for p in tree.iter("property")}
    assert properties["claim"] == "p90(total) <= 60"
    assert (properties["verdict"], properties["seed"]) == ("kept", "5")
    assert float(properties["low"]) < float(properties["measured"]) < float(properties["high"])


def test_snapshots_are_recorded_compared_and_told(town, pytester):
    """A snapshot fails until recorded, holds while nothing changes, and names what changed."""
    book = SNAPSHOT + '[[snapshot]]\nid = "parallel"\nredesign = "parallel"\n'
    result = town(book)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*has no recorded figures*--lianban-update"])
    town(book, "--lianban-update", "--lianban-replications", "6").assert_outcomes(passed=2)
    file = pytester.path / "city" / "promises.snapshot.toml"
    recorded = tomllib.loads(file.read_text(encoding="utf-8"))
    assert recorded["figures"]["paper_days"] == 13
    assert recorded["figures"]["replications"] == 6
    assert recorded["parallel"]["paper_days"] == 11
    assert recorded["figures"]["half_widths"]["mean"] > 0
    town(book).assert_outcomes(passed=2)
    town(book, "--lianban-seed", "99").assert_outcomes(passed=2)  # the recorded seed counts
    items = pytester.path / "city" / "items.csv"
    items.write_text(small_city.ITEMS.replace("all,8,", "all,18,"), encoding="utf-8")
    result = town(book)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*paper_days: 13 -> 23", "*mean: * half-widths, 1 allowed)"])


def test_figures_may_differ_by_the_tolerance_only(town, pytester):
    """Half a half-width off passes with tolerance 1 and fails with 0.1."""
    town(SNAPSHOT, "--lianban-update").assert_outcomes(passed=1)
    file = pytester.path / "city" / "promises.snapshot.toml"
    figures = tomllib.loads(file.read_text(encoding="utf-8"))["figures"]
    off = figures["mean"] + figures["half_widths"]["mean"] / 2
    text = file.read_text(encoding="utf-8").replace(
        f"\nmean = {figures['mean']}", f"\nmean = {off}", 1
    )
    file.write_text(text, encoding="utf-8")
    town(SNAPSHOT).assert_outcomes(passed=1)
    book = pytester.path / "city" / "promises.toml"
    book.write_text(SNAPSHOT.replace("tolerance = 1", "tolerance = 0.1"), encoding="utf-8")
    town(SNAPSHOT).assert_outcomes(failed=1)


def test_ci_never_writes(town, monkeypatch, pytester):
    """--lianban-update is a usage error where CI is set; a missing snapshot fails there."""
    monkeypatch.setenv("CI", "true")
    result = town(SNAPSHOT, "--lianban-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*refused where CI is set*"])
    town(SNAPSHOT).assert_outcomes(failed=1)
    assert not (pytester.path / "city" / "promises.snapshot.toml").exists()


def test_workers_find_the_same(town, pytester):
    """Two xdist workers give the verdicts of one process, and may record snapshots at once."""
    pytest.importorskip("xdist")
    book = BOOK + SNAPSHOT + SNAPSHOT.replace("figures", "again")
    result = town(book, "-n", "2", "--lianban-update")
    result.assert_outcomes(passed=4, failed=1)
    file = pytester.path / "city" / "promises.snapshot.toml"
    recorded = tomllib.loads(file.read_text(encoding="utf-8"))
    assert recorded["figures"] == recorded["again"]


@pytest.mark.parametrize("words", [("--lianban-seed", "-1"), ("--lianban-replications", "0")])
def test_numbers_that_mean_nothing_are_refused(town, words):
    """A negative seed and no replications are usage errors."""
    assert town(BOOK, *words).ret == pytest.ExitCode.USAGE_ERROR


def test_the_plugin_costs_pytest_nothing():
    """Loading the plugin imports nothing of lianban's but the plugin."""
    code = (
        "import pytest, sys; before = set(sys.modules); import lianban.pytest_plugin; "
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["lianban"]
