"""Event logs as CSV: a row a visit (begin and end), or a row an event, whatever the headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from rules.csv_tables import unprotected
from rules.problems import InputError, Said, did_you_mean
from scenarios.event_logs.moments import moment_of
from scenarios.event_logs.visits import Gathering, Visit, shortened

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "case": ("case", "case id", "caseid", "case:concept:name", "trace", "案件编号", "案件号",
             "办件编号", "办件号", "业务编号", "业务流水号", "受理编号", "受理号", "申请编号",
             "流水号", "项目编号", "项目代码"),
    "step": ("step", "activity", "activity name", "concept:name", "task", "event", "环节",
             "环节名称", "活动", "步骤", "办理环节", "事项", "事项名称"),
    "ready": ("ready", "scheduled", "schedule", "enabled", "enable timestamp", "到达时间",
              "接收时间", "收件时间", "转入时间"),
    "start": ("start", "start time", "start timestamp", "started", "begin", "开始时间",
              "办理开始时间", "环节开始时间"),
    "end": ("end", "end time", "end timestamp", "complete", "completed", "complete timestamp",
            "completion time", "结束时间", "完成时间", "办结时间", "办理时间", "办理结束时间",
            "环节结束时间"),
    "time": ("time", "timestamp", "time:timestamp", "date", "时间", "时间戳", "操作时间"),
    "moment": ("lifecycle:transition", "lifecycle", "transition", "event type", "状态", "生命周期"),
    "people": ("pools", "resource", "org:resource", "user", "person", "人员", "办理人", "经办人",
               "操作人"),
    "office": ("department", "office", "org:group", "org:role", "部门", "单位", "办理部门",
               "办理单位", "责任部门"),
    "desk": ("desk", "工序", "岗位"),
    "visit": ("visit", "concept:instance"),
    "part": ("part",),
    "run": ("replication",),
}  # fmt: skip
"""Headers of each column, in the order in which they are looked for."""

MOMENTS: Mapping[str, str] = {
    "schedule": "ready", "assign": "ready", "enqueue": "ready", "到达": "ready", "接收": "ready",
    "start": "start", "started": "start", "begin": "start", "开始": "start",
    "complete": "end", "completed": "end", "end": "end", "完成": "end", "结束": "end",
    "办结": "end",
}  # fmt: skip
"""What an event tells of its visit, by its lifecycle."""

_LONGEST_CELL = 20_000
Cells = Callable[[str], str]


def read_csv_log(data: bytes, gathering: Gathering, columns: Mapping[str, str]) -> None:
    """Read a log's rows.

    Parameters
    ----------
    data : bytes
        UTF-8 or GB18030; commas, semicolons or tabs.
    columns : mapping of str to str
        Headers that the planner names, by column of :data:`COLUMNS`.

    Raises
    ------
    InputError
        If it is no table, or columns are missing.
    """
    rows = _rows(_text(data, gathering.file), gathering)
    _line, head = next(rows, (0, []))
    places = _places(head, gathering.file, columns)
    by_visit = "start" in places or "end" in places or "moment" not in places
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        gathering.count(line)

        def cell(column: str, row: Sequence[str] = row) -> str:
            place = places.get(column)
            return row[place] if place is not None and place < len(row) else ""

        if len(row) > len(head):
            told = f"{len(row)} cells, where the head has {len(head)}"
            gathering.reject(line, Said(told, f"有 {len(row)} 格，而表头只有 {len(head)} 格"))
        elif found := _visit(cell, line, gathering, by_visit):
            if by_visit:
                gathering.add(found, line)
            else:
                _event(cell, found, line, gathering)


def _visit(cell: Cells, line: int, gathering: Gathering, by_visit: bool) -> Visit | None:
    """Return a row's visit, or of an event's row a visit that ends then; None: rejected."""
    case, step = shortened(unprotected(cell("case"))), shortened(unprotected(cell("step")))
    for what, chinese, given in (("case", "案件", case), ("activity", "环节", step)):
        if not given:
            gathering.reject(line, Said(f"it names no {what}", f"没有{chinese}"))
            return None
    moments: dict[str, int | None] = {}
    for column in ("ready", "start", "end", "time") if by_visit else ("time",):
        text = cell(column).strip()
        found = moment_of(text) if text else None
        if text and found is None:
            shown = shortened(text)[:40]
            told = f"{column}: '{shown}' is no time such as 2024-01-31 09:30"
            gathering.reject(
                line, Said(told, f"{column}：“{shown}”不是 2024-01-31 09:30 这样的时间")
            )
            return None
        moments[column] = found[0] if found else None
        if found:
            gathering.zones.add(found[1])
    end = moments.get("end")
    end = moments["time"] if end is None else end
    if end is None and moments.get("start") is None and moments.get("ready") is None:
        gathering.reject(line, Said("it has no time", "没有时间"))
        return None
    if run := cell("run").strip():
        case = f"{run}-{case}"
        gathering.runs[case] = run
    people, office = hands_of(
        cell("part").strip(),
        shortened(unprotected(cell("people"))),
        shortened(unprotected(cell("office"))),
    )
    works = cell("part").strip() in ("", "work")
    return Visit(case, step, moments.get("ready"), moments.get("start"), end, people, office, works)


def _event(cell: Cells, found: Visit, line: int, gathering: Gathering) -> None:
    told = cell("moment").strip().lower()
    moment = MOMENTS.get(told)
    if not told:
        gathering.add(found, line)
    elif moment is None:
        gathering.passed_over += 1
    else:
        key = (found.case, found.step, cell("desk"), cell("visit"))
        gathering.moment(key, moment, at_moment(found, moment), line)


def hands_of(part: str, people: str, office: str) -> tuple[str, str]:
    """Return who did it and for which office; our own logs name pools, ``office.role``.

    Examples
    --------
    >>> hands_of("work", "drc.reviewer+epb.reviewer", ""), hands_of("", "Li", "DRC")
    (('', 'drc'), ('Li', 'DRC'))
    """
    return ("", people.partition("+")[0].rpartition(".")[0]) if part else (people, office)


def at_moment(visit: Visit, moment: str) -> Visit:
    """Return a visit that has only its end, with only the moment that this instant is."""
    if moment == "end":
        return visit
    at = visit.end
    return visit._replace(
        ready=at if moment == "ready" else None, start=at if moment == "start" else None, end=None
    )


def _text(data: bytes, file: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    told = Said("the log is neither UTF-8 nor GB18030", "日志既不是 UTF-8 也不是 GB18030 编码")
    raise InputError.at(file, 0, told)


def _rows(text: str, gathering: Gathering) -> Iterator[tuple[int, list[str]]]:
    first = text[: text.find("\n") if "\n" in text else len(text)][:_LONGEST_CELL]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            told = Said(f"the table cannot be read on: {error}", f"表格从这里无法读取：{error}")
            gathering.reject(line, told)
            return
        if any(len(each) > _LONGEST_CELL for each in row):
            told = Said("a cell is too long: is a quote missing?", "单元格过长：是否缺少引号？")
            gathering.reject(line, told)
        else:
            yield line, row
        line = reader.line_num + 1


def _places(head: Sequence[str], file: str, columns: Mapping[str, str]) -> dict[str, int]:
    """Return the place of each column that the head names."""
    known = {_plain(text): place for place, text in reversed(list(enumerate(head)))}
    places = {}
    for column, aliases in COLUMNS.items():
        for alias in (_plain(columns[column]),) if column in columns else aliases:
            if alias in known:
                places[column] = known[alias]
                break
        else:
            if column in columns:
                raise InputError.at(
                    file,
                    1,
                    Said(
                        f"no column is called '{columns[column]}'"
                        + did_you_mean(columns[column], head),
                        f"没有名为“{columns[column]}”的列",
                    ),
                )
    missing = [column for column in ("case", "step") if column not in places]
    if not {"time", "end", "start"} & set(places):
        missing.append("end")
    if missing:
        heads = ", ".join(shortened(each)[:30] for each in head[:20])
        told = Said(
            f"no column holds the {', the '.join(missing)}; the head is: {heads}",
            f"缺少列：{'、'.join(missing)}；表头为：{heads}",
        )
        raise InputError.at(file, 1, told)
    return places


def _plain(text: str) -> str:
    """Return a header without case, blanks and underscores that do not matter.

    Examples
    --------
    >>> _plain(" Case_ID ")
    'case id'
    """
    return " ".join(text.replace("_", " ").lower().split())
