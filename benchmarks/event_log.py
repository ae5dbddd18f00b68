"""How long an event log of 40,000 rows takes to write, beside ``csv.writer``.

The run is the 20-activity process of :mod:`benchmarks.approval`, 2,000 cases. Both write the
same rows to the same disk, one after the other in one process; that the bytes are the same
is checked. Parquet is measured where pyarrow or polars is installed. Milliseconds of processor
time, medians of several turns, and the best elapsed time, the file's way to the disk
(fsync) included. Run from the checkout:

    python -m benchmarks.event_log
"""

from __future__ import annotations

import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.approval import approval_process
from rules.files import whole_file
from simulator import Row, Run, simulate, write_log
from simulator.parquet_log import NoParquet, library_for_parquet

TURNS = 9


def row_by_row(run: Run, path: Path) -> None:
    """Write the log as the standard library does."""
    first = np.datetime64(run.plan.calendars[0].first_day, "s")
    with whole_file(path) as raw:
        lines = ["\N{BOM}", *_lines(run, first)]
        raw.write("".join(lines).encode())


def _lines(run: Run, first: np.datetime64) -> list[str]:
    lines: list[str] = []

    class Keep:
        @staticmethod
        def write(line: str) -> None:
            lines.append(line)

    writer = csv.writer(Keep, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(Row._fields)
    for number, trace in enumerate(run.replications):
        ticks = trace.visits()[:, 3:6].astype("timedelta64[s]")
        times = np.datetime_as_string(first + ticks).tolist()
        rows = (row for row in run.rows() if row.replication == number)
        writer.writerows(
            row._replace(ready=ready, start=start, end=end)
            for row, (ready, start, end) in zip(rows, times, strict=True)
        )
    return lines


def milliseconds(act: Callable[[], object]) -> tuple[float, float]:
    """Return the median processor time of several turns, and the best elapsed time."""
    processor, elapsed = [], []
    for _ in range(TURNS):
        began, worked = time.perf_counter(), time.process_time()
        act()
        processor.append(1000 * (time.process_time() - worked))
        elapsed.append(1000 * (time.perf_counter() - began))
    return statistics.median(processor), min(elapsed)


def main() -> None:
    """Print times, ratios and sizes."""
    run = simulate(approval_process(), 1)
    with tempfile.TemporaryDirectory() as folder:
        slow, fast, packed = (Path(folder) / name for name in ("a.csv", "b.csv", "c.parquet"))
        ways: list[tuple[str, Path, Callable[[], object]]] = [
            ("csv.writer", slow, lambda: row_by_row(run, slow)),
            ("lianban, CSV", fast, lambda: write_log(run, fast)),
        ]
        try:
            name = library_for_parquet().__name__
            ways.append((f"lianban, {name}", packed, lambda: write_log(run, packed)))
        except NoParquet as missing:
            print(missing)
        rows = sum(len(trace.visits()) for trace in run.replications)
        print(f"{rows:,} rows")
        first = None
        for title, path, write in ways:
            write()
            median, best = milliseconds(write)
            first = first or median
            print(
                f"{title:18} {median:7.1f} ms ({best:6.1f} elapsed)  {first / median:5.1f}x"
                f"  {path.stat().st_size:>10,} bytes"
            )
        same = slow.read_bytes() == fast.read_bytes()
        print(f"both CSV files are {'the same' if same else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
