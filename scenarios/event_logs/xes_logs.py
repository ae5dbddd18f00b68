"""Event logs as XES (IEEE 1849): read as a stream, without document types and entities."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

from rules.problems import InputError, Said
from scenarios.event_logs.csv_logs import MOMENTS, at_moment, hands_of
from scenarios.event_logs.moments import moment_of
from scenarios.event_logs.visits import Gathering, Visit, shortened

MOST_DEPTH = 64
"""Elements inside each other; logs have some six."""

_ATTRIBUTES = ("string", "date", "int", "float", "boolean", "id")
_PIECE = 1 << 16


def read_xes_log(data: bytes, gathering: Gathering) -> None:
    """Read a log's traces.

    Raises
    ------
    InputError
        With the line: a document type or entity, broken XML, nesting without end, too many
        events.
    """
    _Reader(gathering).read(data)


class _Reader:
    """Takes expat's events; used once."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.inside: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.events: list[tuple[int, dict[str, str]]] = []
        self.line = 0
        self.traces = 0

    def read(self, data: bytes) -> None:
        self.parser = expat.ParserCreate(None, "\n")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        try:
            for begin in range(0, len(data), _PIECE):
                self.parser.Parse(data[begin : begin + _PIECE], False)
            self.parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError) as error:
            line = getattr(error, "lineno", 0)
            what = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else error
            told = Said(f"is not well-formed XML: {what}", f"不是格式良好的 XML：{what}")
            raise InputError.at(self.gathering.file, line, told) from None

    def _refuse(self, told: Said) -> NoReturn:
        raise InputError.at(self.gathering.file, self.parser.CurrentLineNumber, told)

    def _doctype(self, *_unused: object) -> None:
        self._refuse(
            Said(
                "declares a DOCTYPE (DTD): files with one are not read",
                "声明了 DOCTYPE（DTD）：不读取此类文件",
            )
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition("\n")[2]
        if not self.inside and name != "log":
            self._refuse(Said(f"<log> was expected, not <{name[:40]}>", "根元素应为 <log>"))
        if len(self.inside) >= MOST_DEPTH:
            self._refuse(
                Said(f"nests elements deeper than {MOST_DEPTH}", f"元素嵌套超过 {MOST_DEPTH} 层")
            )
        if name == "trace" and len(self.inside) == 1:
            self.trace, self.events = {}, []
            self.traces += 1
        elif name == "event" and len(self.inside) == 2:
            self.event, self.line = {}, self.parser.CurrentLineNumber
            self.gathering.count(self.line)
        elif name in _ATTRIBUTES and self.inside:
            key, value = attributes.get("key", ""), attributes.get("value", "")
            if self.inside[1:] == ["trace", "event"]:
                self.event[key] = value
            elif self.inside[1:] == ["trace"]:
                self.trace[key] = value
        self.inside.append(name)

    def _end(self, _name: str) -> None:
        name = self.inside.pop()
        if name == "event" and self.inside[1:] == ["trace"]:
            self.events.append((self.line, self.event))
        elif name == "trace" and len(self.inside) == 1:
            self._take()

    def _take(self) -> None:
        """Take the events of the trace that has ended."""
        gathering = self.gathering
        case = shortened(self.trace.get("concept:name", "")) or f"#{self.traces}"
        if run := self.trace.get("replication", ""):
            gathering.runs[case] = run
        if self.trace.get("case:outcome", "") == "in_process":
            gathering.open.add(case)
        for line, event in self.events:
            step = shortened(event.get("concept:name", ""))
            text = event.get("time:timestamp", "")
            found = moment_of(text)
            if not step:
                gathering.reject(line, Said("it names no activity", "没有环节"))
            elif found is None:
                shown = shortened(text)[:40]
                told = f"time:timestamp: '{shown}' is no time such as 2024-01-31T09:30:00+08:00"
                chinese = f"time:timestamp：“{shown}”不是 2024-01-31T09:30:00+08:00 这样的时间"
                gathering.reject(line, Said(told, chinese))
            else:
                gathering.zones.add(found[1])
                self._moment(case, step, found[0], event, line)

    def _moment(self, case: str, step: str, at: int, event: dict[str, str], line: int) -> None:
        gathering = self.gathering
        people, office = hands_of(
            event.get("part", ""),
            shortened(event.get("org:resource", "")),
            shortened(event.get("org:group", "") or event.get("org:role", "")),
        )
        works = event.get("part", "work") == "work"
        visit = Visit(case, step, None, None, at, people, office, works)
        told = event.get("lifecycle:transition", "").lower()
        moment = MOMENTS.get(told)
        if not told:
            gathering.add(visit, line)
        elif moment is None:
            gathering.passed_over += 1
        else:
            key = (case, step, event.get("desk", ""), event.get("visit", ""),
                   event.get("concept:instance", ""))  # fmt: skip
            gathering.moment(key, moment, at_moment(visit, moment), line)
