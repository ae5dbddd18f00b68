"""pytest collects ``promises.toml``: one test for each promise and each table of key figures.

pytest loads this wherever lianban is installed, so nothing else of lianban is imported
before such a file is met.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from results.promises import Checker, Promise
    from results.promises.files import Snapshot
    from scenarios import Scenario

FILE = "promises.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of promise tests."""
    group = parser.getgroup("lianban", "promises of approval procedures")
    group.addoption(
        "--lianban-seed", type=int, metavar="N", help="seed of promise tests (default: scenario's)"
    )
    group.addoption(
        "--lianban-replications",
        type=int,
        metavar="N",
        help="most replications of a promise test (default 160), and those of new snapshots (20)",
    )
    group.addoption(
        "--lianban-strict", action="store_true", help="a promise that stays UNSURE fails"
    )
    group.addoption(
        "--lianban-update",
        action="store_true",
        help="record the key figures of snapshots anew (refused where CI is set)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to record figures where nobody reviews them, and numbers that mean nothing."""
    if config.getoption("--lianban-update") and os.environ.get("CI", "").lower() not in (
        "", "0", "false",
    ):  # fmt: skip
        raise pytest.UsageError("--lianban-update is refused where CI is set: review it at home")
    for option, least in (("--lianban-seed", 0), ("--lianban-replications", 1)):
        value = config.getoption(option)
        if value is not None and value < least:
            raise pytest.UsageError(f"{option}: {value} is below {least}")


@pytest.fixture(scope="session")
def lb() -> ModuleType:
    """Return lianban, as ``import lianban as lb`` does."""
    import lianban

    return lianban


@pytest.fixture(scope="session")
def assert_kept(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that fails unless a design keeps a claim.

    ``assert_kept("my-city/reform", "p90(total) <= 120")`` takes a design or its name; the
    options --lianban-seed and --lianban-replications hold for it, too.
    """
    import lianban
    from results.promises.verdicts import MOST_REPLICATIONS

    seed = request.config.getoption("--lianban-seed")
    most = request.config.getoption("--lianban-replications") or MOST_REPLICATIONS

    def check(design: Scenario | str | Path, claim: str, *, confidence: float = 0.95) -> None:
        __tracebackhide__ = True
        scenario = lianban.load(design) if isinstance(design, str | Path) else design
        lianban.assert_kept(scenario, claim, confidence=confidence, seed=seed, replications=most)

    return check


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PromiseFile | None:
    """Collect files that are named promises.toml."""
    if file_path.name != FILE:
        return None
    return PromiseFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show a promise that cannot be told yet as ``u``: neither kept nor broken."""
    properties = getattr(report, "user_properties", ())
    if report.when == "call" and report.skipped and ("verdict", "UNSURE") in map(tuple, properties):
        return "unsure", "u", ("UNSURE", {"yellow": True})
    return None


class Failure(Exception):  # noqa: N818 - a broken promise is a finding, not an error
    """A promise is not kept; holds the lines to show."""


class PromiseFile(pytest.File):
    """A promises.toml; its promises share one run of each design."""

    checker: Checker

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each promise, then for each snapshot."""
        from results.promises import Checker, read_promises
        from results.promises.baselines import baselines_in
        from results.promises.verdicts import MOST_REPLICATIONS
        from rules import InputError

        try:
            book = read_promises(self.path, name=self._shown())
        except InputError as error:
            raise self.CollectError(str(error)) from None
        self.checker = Checker(
            book,
            self.config.getoption("--lianban-seed"),
            self.config.getoption("--lianban-replications") or MOST_REPLICATIONS,
            baselines_in(self.config.rootpath / "runs", self.path.parent),
        )
        for promise in book.promises:
            yield PromiseItem.from_parent(self, name=promise.id, promise=promise)
        for snapshot in book.snapshots:
            yield SnapshotItem.from_parent(self, name=snapshot.id, snapshot=snapshot)

    def _shown(self) -> str:
        """Return the path as pytest shows it."""
        try:
            return self.path.relative_to(self.config.rootpath).as_posix()
        except ValueError:
            return str(self.path)


class _Item(pytest.Item):
    """A test that fails with lines for people and without a traceback."""

    parent: PromiseFile
    line: int

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: object = None,
    ) -> str:
        """Return what the failure says; a traceback only for faults of the program."""
        from rules import InputError

        if isinstance(excinfo.value, Failure | InputError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the promise stands and what it is called."""
        return self.path, max(0, self.line - 1), self.name


class PromiseItem(_Item):
    """A promise as a test."""

    def __init__(self, *, promise: Promise, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # pytest's own arguments
        self.promise = promise
        self.line = promise.place.line

    def runtest(self) -> None:
        """Check the promise."""
        from results.promises import Verdict
        from results.promises.reports import explanation, finding_properties

        finding = self.parent.checker.check(self.promise)
        self.user_properties += finding_properties(finding)
        if finding.verdict is Verdict.KEPT:
            return
        text = "\n".join(explanation(finding, "en"))
        if finding.verdict is Verdict.UNSURE and not self.config.getoption("--lianban-strict"):
            pytest.xfail(f"UNSURE: {text}")
        raise Failure(f"{finding.verdict}: {text}")


class SnapshotItem(_Item):
    """A table of key figures as a test."""

    def __init__(self, *, snapshot: Snapshot, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]  # pytest's own arguments
        self.snapshot = snapshot
        self.line = snapshot.place.line

    def runtest(self) -> None:
        """Compare the key figures with those recorded, or record them."""
        from dataclasses import replace

        from results.promises.snapshots import (
            REPLICATIONS,
            differences,
            figures_now,
            record,
            recorded_figures,
        )

        checker, snapshot = self.parent.checker, self.snapshot
        asked = self.config.getoption("--lianban-replications")
        if self.config.getoption("--lianban-update"):
            figures = figures_now(checker, snapshot, asked or REPLICATIONS)
            record(self.path, snapshot.id, figures)
            return
        recorded = recorded_figures(self.path, snapshot)
        if recorded is None:
            raise Failure(
                f"{snapshot.id} ({snapshot.place}) has no recorded figures; "
                "record them with: pytest --lianban-update"
            )
        if checker.seed != recorded.seed:
            checker = replace(checker, seed=recorded.seed, runs={})
        now = figures_now(checker, snapshot, recorded.replications)
        if changed := differences(recorded, now, snapshot.tolerance):
            lines = "\n".join(f"  {line}" for line in changed)
            raise Failure(
                f"{snapshot.id} ({snapshot.place}) is not as recorded:\n{lines}\n"
                "  if that is meant: pytest --lianban-update"
            )
