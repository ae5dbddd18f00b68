"""The door of event logs: which format a file has, and how much of it is read at all."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping

from rules.problems import InputError, Said, did_you_mean
from scenarios.event_logs.csv_logs import COLUMNS, read_csv_log
from scenarios.event_logs.visits import MOST_BYTES, MOST_EVENTS, EventLog, Gathering
from scenarios.event_logs.xes_logs import read_xes_log

ENDINGS = (".csv", ".xes", ".xes.gz")
HEAD = 20_000
"""Bytes in which a table's head ends."""


def read_log(
    data: bytes,
    name: str,
    columns: Mapping[str, str] | None = None,
    most: int = MOST_EVENTS,
) -> EventLog:
    r"""Read an event log.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        What it is called; its ending says its format: ``.csv``, ``.xes`` or ``.xes.gz``.
    columns : mapping of str to str, optional
        Of a CSV file: headers by column (``case``, ``step``, ``start``, ``end`` ...), where
        they are not among those that are known.
    most : int
        Most events; a longer log is refused.

    Raises
    ------
    InputError
        If it is no event log; rows that cannot be read are left out and told.

    Examples
    --------
    >>> log = read_log(b"case,activity,end\n7,check,2024-01-02 09:00\n7,sign,?\n", "x.csv")
    >>> list(log.visits), log.rejected, str(log.problems[0].place)
    (['7'], 1, 'x.csv:3')
    """
    columns = columns or {}
    for column in columns:
        if column not in COLUMNS:
            hint = did_you_mean(column, COLUMNS)
            told = f"'{column}' is no column of a log ({', '.join(COLUMNS)}){hint}"
            raise InputError.at(
                name, 0, Said(told, f"日志没有“{column}”这一列（{'、'.join(COLUMNS)}）")
            )
    ending = name.lower()
    if not ending.endswith(ENDINGS):
        ends = ", ".join(ENDINGS)
        raise InputError.at(
            name, 0, Said(f"an event log ends in {ends}", f"事件日志的扩展名应为 {ends}")
        )
    if ending.endswith(".gz"):
        data = _unpacked(data, name)
    _bounded(len(data), name)
    if not data.strip():
        raise InputError.at(name, 0, Said("the log is empty", "日志为空"))
    gathering = Gathering(name, most)
    if ending.endswith(".csv"):
        read_csv_log(data, gathering, columns)
    else:
        read_xes_log(data, gathering)
    return gathering.log()


def is_log(data: bytes, name: str) -> bool:
    r"""Return whether a file is an event log rather than a table of items.

    Examples
    --------
    >>> is_log(b"case,activity,end\n", "x.csv"), is_log(b"key,name,days\n", "x.csv")
    (True, False)
    """
    if not name.lower().endswith(".csv"):
        return name.lower().endswith(ENDINGS)
    try:
        read_csv_log(data[:HEAD].partition(b"\n")[0] + b"\n", Gathering(name), {})
    except InputError:
        return False
    return True


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        told = Said("is no whole gzip file", "不是完整的 gzip 文件")
        raise InputError.at(name, 0, told) from None


def _bounded(size: int, name: str) -> None:
    if size > MOST_BYTES:
        most = MOST_BYTES // 2**20
        raise InputError.at(
            name, 0, Said(f"the log is larger than {most} MB", f"日志超过 {most} MB")
        )
