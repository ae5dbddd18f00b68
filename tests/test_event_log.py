"""The event log as CSV and Parquet: fast, and the same as written row by row."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plans, station

from lianban.cli import main
from scenarios import compile_plan, load
from simulator import Row, Run, simulate, write_log
from simulator.csv_text import cells, joined
from simulator.log_columns import Instants, Numbers, Words, columns_of

FIRST = date(2026, 1, 1)


def by_hand(run: Run) -> bytes:
    """Write the log as the standard library does, one row after the other."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    first = np.datetime64(run.plan.calendars[0].first_day, "s")
    for row in run.rows():
        times = {
            name: str(first + np.timedelta64(getattr(row, name), "s"))
            for name in ("ready", "start", "end")
        }
        writer.writerow(row._replace(**times))
    return text.getvalue().encode("utf-8-sig")


@settings(max_examples=25)
@given(plan=plans(), seed=st.integers(0, 99))
def test_the_log_is_what_csv_writer_gives(tmp_path_factory, plan, seed):
    """Random plans with all features: the file is the same, byte by byte."""
    path = tmp_path_factory.mktemp("log") / "log.csv"
    run = simulate(plan, 2, seed)
    write_log(run, path)
    assert path.read_bytes() == by_hand(run)


@pytest.mark.parametrize("name", ["jiaxing", "jiaxing-centre", "zhongshan"])
def test_the_log_of_what_is_shipped(tmp_path: Path, name: str):
    """Chinese names, corrections and several case types come out as row by row."""
    run = simulate(compile_plan(load(name)), 2, 7)
    write_log(run, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_bytes() == by_hand(run)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8"), max_size=6),
            st.integers(-(10**17), 10**17) | st.integers(-12, 10_001),
            st.integers(-(10**9), 10**10),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_words_numbers_and_instants(rows: list[tuple[str, int, int]]):
    """Quotes, commas, line ends, empty words, signs and any length of number are as csv's."""
    text, number, tick = zip(*rows, strict=True)
    columns = (
        Numbers(np.array(number)),
        Words(np.arange(len(rows)), text),
        Instants(np.array(tick)),
        Words(np.arange(len(rows))[::-1], text),
    )
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, lineterminator="\n")
    for at, (word, value, ticks) in enumerate(rows):
        when = str(np.datetime64(FIRST, "s") + np.timedelta64(ticks, "s"))
        writer.writerow([value, word, when, text[len(rows) - 1 - at]])
    found = joined([cells(column, FIRST) for column in columns])
    assert found == expected.getvalue().encode()


def test_a_log_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Rows are turned into text some at a time; where one lot ends cannot be seen."""
    run = simulate(compile_plan(load("jiaxing/reform")), 1)
    monkeypatch.setattr("simulator.log_columns.AT_ONCE", 97)
    chunks = list(columns_of(run.plan, 0, run.replications[0]))
    assert len(chunks) == -(-120 * 31 // 97)
    write_log(run, tmp_path / "log.csv")
    assert (tmp_path / "log.csv").read_bytes() == by_hand(run)


# --- Parquet ---


def test_without_a_library_parquet_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """One line says what to install; nothing is simulated and nothing written."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    path = tmp_path / "log.parquet"
    assert main(["run", "jiaxing/reform", "--replications", "1", "--log", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].endswith(
        "a Parquet log needs pyarrow or polars: pip install pyarrow"
    )
    assert not path.exists()
    with pytest.raises(ImportError, match="pyarrow or polars"):
        write_log(simulate(station(600, 500, 1, 5), 1), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_parquet_holds_what_csv_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str):
    """Every row and column of the Parquet log is that of the CSV log."""
    pytest.importorskip(library)
    other = {"pyarrow": "polars", "polars": "pyarrow"}[library]
    monkeypatch.setitem(__import__("sys").modules, other, None)
    run = simulate(compile_plan(load("jiaxing")), 2, 3)
    desks = (replace(run.plan.desks[0], name="受理, “窗口”"), *run.plan.desks[1:])
    run = replace(run, plan=replace(run.plan, desks=desks))
    write_log(run, tmp_path / "log.parquet")
    if library == "pyarrow":
        from pyarrow import parquet

        found = parquet.read_table(tmp_path / "log.parquet").to_pylist()
    else:
        import polars

        found = polars.read_parquet(tmp_path / "log.parquet").to_dicts()
    lines = csv.reader(io.StringIO(by_hand(run).decode("utf-8-sig")))
    assert next(lines) == list(found[0])
    for row, line in zip(found, lines, strict=True):
        told = [
            value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else str(value)
            for value in row.values()
        ]
        assert told == line
