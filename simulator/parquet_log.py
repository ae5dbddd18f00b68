"""The event log as Parquet, where pyarrow or polars is installed; neither is needed otherwise.

A column of words is kept as numbers into a short list of words, instants as timestamps.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib import import_module
from typing import Any, BinaryIO

import numpy as np

from simulator.log_columns import Column, Instants, Numbers, Words

# neither library has complete types
Library = Any

Chunks = Iterable[dict[str, Column]]


class NoParquet(ImportError):  # noqa: N818 - said as the planner meets it
    """Neither pyarrow nor polars is installed."""


def write_parquet(first_day: date, chunks: Chunks, file: BinaryIO) -> None:
    """Write the chunks of a log, with pyarrow as row groups, else with polars as one table.

    Raises
    ------
    NoParquet
        When neither is installed.
    """
    library = library_for_parquet()
    write = _with_pyarrow if library.__name__ == "pyarrow" else _with_polars
    write(library, first_day, chunks, file)


def library_for_parquet() -> Library:
    """Return pyarrow, or else polars.

    Raises
    ------
    NoParquet
        When neither is installed.
    """
    for name in ("pyarrow", "polars"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise NoParquet("a Parquet log needs pyarrow or polars: pip install pyarrow")


def _with_pyarrow(arrow: Library, first_day: date, chunks: Chunks, file: BinaryIO) -> None:
    parquet = import_module("pyarrow.parquet")

    def array(column: Column) -> Any:
        match column:
            case Words():
                known, codes = _distinct(column)
                numbers = codes[column.codes].astype(np.int32)
                return arrow.DictionaryArray.from_arrays(numbers, known)
            case Instants():
                return arrow.array(_civil(first_day, column))
            case Numbers():
                return arrow.array(column.values)

    writer = None
    try:
        for chunk in chunks:
            table = arrow.table({name: array(column) for name, column in chunk.items()})
            if writer is None:
                # words from a short list are kept by their places in it, numbers and instants
                # by what each adds to the one before: quicker and smaller than the defaults
                words = [name for name, column in chunk.items() if isinstance(column, Words)]
                others = {name: "DELTA_BINARY_PACKED" for name in chunk if name not in words}
                writer = parquet.ParquetWriter(
                    file,
                    table.schema,
                    compression="snappy",
                    use_dictionary=words,
                    column_encoding=others,
                )
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _with_polars(polars: Library, first_day: date, chunks: Chunks, file: BinaryIO) -> None:
    def series(name: str, column: Column) -> Any:
        match column:
            case Words():
                known, codes = _distinct(column)
                kind = polars.Enum(known)
                return polars.Series(name, known, dtype=kind).gather(codes[column.codes])
            case Instants():
                return polars.Series(name, _civil(first_day, column))
            case Numbers():
                return polars.Series(name, column.values)

    frames = [
        polars.DataFrame([series(name, column) for name, column in chunk.items()])
        for chunk in chunks
    ]
    polars.concat(frames, rechunk=False).write_parquet(file, compression="snappy")


def _distinct(column: Words) -> tuple[list[str], Any]:
    """Return the words that differ, and for each number of a word which of them it is."""
    known = list(dict.fromkeys(column.words))
    return known, np.array([known.index(word) for word in column.words], dtype=np.int64)


def _civil(first_day: date, column: Instants) -> Any:
    first = np.datetime64(first_day, "ms")
    return first + column.ticks.astype("timedelta64[s]").astype("timedelta64[ms]")
