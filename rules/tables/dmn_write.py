"""Tables as DMN 1.3 XML with a diagram, as Camunda's editor reads it.

What DMN has no place for (labels in two languages, units, dates, whether complete) travels
in an extension element that holds the table's TOML header; row dates, basis and
notes are annotation columns. Other tools show or ignore them, our reader gets all back.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from rules.problems import InputError
from rules.tables.chain import TableSet
from rules.tables.columns import Cell, ColumnType, Fact, Input, Output, Span
from rules.tables.dmn_xml import AGGREGATIONS, OURS, POLICIES
from rules.tables.table import DecisionTable, Row
from rules.tables.writer import header_of, quoted

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DIAGRAM = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
BOUNDS = "http://www.omg.org/spec/DMN/20180521/DC/"
LINES = "http://www.omg.org/spec/DMN/20180521/DI/"
ANNOTATIONS = ("basis", "valid_from", "valid_to", "note_zh", "note_en")
_LIST_OF_TEXTS = "tTexts"
_WIDTH, _HEIGHT, _GAP = 180, 60, 40


def write_dmn(
    tables: TableSet | Iterable[DecisionTable], path: Path | str, name: str = "lianban"
) -> None:
    """Write tables as one DMN 1.3 file; a table that reads another's output requires it.

    Raises
    ------
    InputError
        If two versions of one table are given; choose with :meth:`TableSet.in_force`.
    """
    path = Path(path)
    path.write_bytes(dmn_bytes(tables, path.name, name))


def dmn_bytes(
    tables: TableSet | Iterable[DecisionTable], file: str = "tables.dmn", name: str = "lianban"
) -> bytes:
    """Return the XML of :func:`write_dmn`."""
    chosen = tuple(tables)
    keys = [table.id for table in chosen]
    if doubled := {key for key in keys if keys.count(key) > 1}:
        raise InputError.at(file, 0, f"table '{min(doubled)}' is given in several versions")
    root = _Writer(chosen).definitions(name)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    if found := re.search(rb"[\x00-\x08\x0b-\x1f]", data):
        raise InputError.at(
            file, 0, f"a text holds the control character {found[0]!r}, which XML cannot"
        )
    return data


def feel_cell(text: str, cell: Cell, column: Input) -> str:
    """Return a cell in standard FEEL: quotes, ``date(...)`` and ``list contains`` written out.

    Examples
    --------
    >>> from rules.tables.columns import Choice, read_cell
    >>> uses = Input("uses", ColumnType.SET, choices=(Choice("heritage"),))
    >>> feel_cell("not(contains heritage)", read_cell("not(contains heritage)", uses), uses)
    'not(list contains(?, "heritage"))'
    """
    if cell.anything:
        return "-"
    if column.type is ColumnType.NUMBER:
        return text
    if column.type is ColumnType.DATE:
        spans = ",".join(_days(part) for part in cell.accepts if isinstance(part, Span))
        return f"not({spans})" if cell.negated else spans
    words = [
        ("true" if part else "false") if isinstance(part, bool) else quoted(str(part))
        for part in cell.accepts
    ]
    if column.type is ColumnType.SET:
        words = [f"list contains(?, {word})" for word in words]
    listed = ",".join(words)
    return f"not({listed})" if cell.negated else listed


def _days(span: Span) -> str:
    low, high = (None if end is None else feel_value(end) for end in (span.low, span.high))
    if low == high:
        return str(low)
    if low is None:
        return f"{'<=' if span.high_closed else '<'} {high}"
    if high is None:
        return f"{'>=' if span.low_closed else '>'} {low}"
    return f"{'(['[span.low_closed]}{low}..{high}{')]'[span.high_closed]}"


def feel_value(value: Fact) -> str:
    """Return a conclusion as a FEEL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, frozenset):
        return f"[{', '.join(quoted(member) for member in sorted(value))}]"
    return repr(value)


def xml_id(*parts: str) -> str:
    """Return an XML name for a key, the same for the same key and different for others."""
    return "_".join(re.sub(r"[^A-Za-z0-9.]", lambda m: f"-{ord(m[0]):x}-", part) for part in parts)


def _type(column: Input | Output) -> str:
    if column.type is ColumnType.SET:
        return _LIST_OF_TEXTS
    return {"enum": "string", "bool": "boolean"}.get(column.type.value, column.type.value)


def _listed(column: Input | Output) -> str:
    """Return allowed values as unary tests."""
    if isinstance(column, Input) and column.type.ordered:
        low = "" if column.low is None else feel_value(column.low)
        high = "" if column.high is None else feel_value(column.high)
        if low and high:
            return f"[{low}..{high}]"
        return f">= {low}" if low else f"<= {high}" if high else ""
    if column.type is ColumnType.SET:
        return ""
    return ",".join(quoted(value) for value in column.values)


class _Writer:
    def __init__(self, tables: Sequence[DecisionTable]) -> None:
        self.tables = tables
        self.makers = {o.id: table for table in tables for o in table.outputs}
        self.facts: dict[str, Input] = {}
        for table in tables:
            for column in table.inputs:
                if self.maker(column.id, table) is None:
                    self.facts.setdefault(column.id, column)

    def named(self, table: DecisionTable) -> str:
        """Return the decision's name; in DMN a fact and a decision may not share one."""
        return f"{table.id} decision" if table.id in self.facts else table.id

    def maker(self, fact: str, reader: DecisionTable) -> DecisionTable | None:
        """Return the table that concludes a fact, unless it is the reader itself."""
        maker = self.makers.get(fact)
        return maker if maker is not reader else None

    def definitions(self, name: str) -> ET.Element:
        for prefix, space in (("", MODEL), ("dmndi", DIAGRAM), ("dc", BOUNDS), ("di", LINES)):
            ET.register_namespace(prefix, space)
        ET.register_namespace("lianban", OURS)
        root = ET.Element(
            f"{{{MODEL}}}definitions",
            {"id": xml_id("definitions", name), "name": name, "namespace": OURS},
        )
        columns: list[Input | Output] = [
            c for t in self.tables for own in (t.inputs, t.outputs) for c in own
        ]
        if any(column.type is ColumnType.SET for column in columns):
            item = _add(
                root, "itemDefinition", id=_LIST_OF_TEXTS, name=_LIST_OF_TEXTS, isCollection="true"
            )
            _add(item, "typeRef").text = "string"
        for column in self.facts.values():
            data = _add(root, "inputData", id=xml_id("fact", column.id), name=column.id)
            _add(
                data,
                "variable",
                id=xml_id("variable", column.id),
                name=column.id,
                typeRef=_type(column),
            )
        for table in self.tables:
            self.decision(root, table)
        self.diagram(root)
        return root

    def decision(self, root: ET.Element, table: DecisionTable) -> None:
        key = xml_id("table", table.id)
        decision = _add(root, "decision", id=key, name=self.named(table))
        if label := table.name.zh or table.name.en:
            decision.set("label", label)
        extension = _add(decision, "extensionElements")
        ET.SubElement(extension, f"{{{OURS}}}header").text = header_of(table, "")
        variable = {"id": f"{key}_variable", "name": self.named(table)}
        single = table.hit_policy.single and len(table.outputs) == 1
        if single or table.hit_policy.value[1:]:
            variable["typeRef"] = (
                "number" if table.hit_policy.value[1:] else _type(table.outputs[0])
            )
        _add(decision, "variable", **variable)
        for kind, href, link in self.requirements(table):
            requirement = _add(decision, "informationRequirement", id=link)
            _add(requirement, kind, href=f"#{href}")
        words = {letters: word for word, letters in POLICIES.items()}
        inner = _add(
            decision, "decisionTable", id=f"{key}_table", hitPolicy=words[table.hit_policy.value[0]]
        )
        signs = {sign: word for word, sign in AGGREGATIONS.items()}
        if word := signs[table.hit_policy.value[1:]]:
            inner.set("aggregation", word)
        for n, column in enumerate(table.inputs):
            self.input(inner, f"{key}_in{n}", column, table)
        for n, output in enumerate(table.outputs):
            self.output(inner, f"{key}_out{n}", output)
        for annotation in ANNOTATIONS:
            _add(inner, "annotation", name=annotation)
        for n, row in enumerate(table.rows):
            self.rule(inner, f"{key}_row{n}", table, n, row)

    def requirements(self, table: DecisionTable) -> list[tuple[str, str, str]]:
        found: dict[str, str] = {}
        for fact in table.input_ids:
            maker = self.maker(fact, table)
            if maker is None:
                found[xml_id("fact", fact)] = "requiredInput"
            else:
                found[xml_id("table", maker.id)] = "requiredDecision"
        own = xml_id("table", table.id)
        return [(kind, href, f"{own}_needs_{n}") for n, (href, kind) in enumerate(found.items())]

    def input(self, parent: ET.Element, key: str, column: Input, table: DecisionTable) -> None:
        clause = _add(
            parent, "input", id=key, label=column.label.zh or column.label.en or column.id
        )
        clause.set(f"{{{OURS}}}id", column.id)
        expression = _add(clause, "inputExpression", id=f"{key}_expression", typeRef=_type(column))
        maker = self.maker(column.id, table)
        text = column.id
        if maker is not None:
            name = self.named(maker)
            text = name if len(maker.outputs) == 1 else f"{name}.{column.id}"
        _add(expression, "text").text = text
        if listed := _listed(column):
            _add(_add(clause, "inputValues", id=f"{key}_values"), "text").text = listed

    def output(self, parent: ET.Element, key: str, output: Output) -> None:
        clause = _add(
            parent, "output", id=key, name=output.id, typeRef=_type(output),
            label=output.label.zh or output.label.en or output.id,
        )  # fmt: skip
        if listed := _listed(output):
            _add(_add(clause, "outputValues", id=f"{key}_values"), "text").text = listed
        if output.default is not None:
            default = _add(clause, "defaultOutputEntry", id=f"{key}_default")
            _add(default, "text").text = feel_value(output.default)

    def rule(
        self, parent: ET.Element, key: str, table: DecisionTable, number: int, row: Row
    ) -> None:
        rule = _add(parent, "rule", id=key)
        rule.set(f"{{{OURS}}}id", row.id)
        for n, (text, column) in enumerate(zip(row.cells, table.inputs, strict=True)):
            entry = _add(rule, "inputEntry", id=f"{key}_in{n}")
            feel = feel_cell(text, table.cell(number, n), column)
            _add(entry, "text").text = feel
            if feel != text:
                entry.set(f"{{{OURS}}}text", text)
        for n, value in enumerate(row.outputs):
            entry = _add(rule, "outputEntry", id=f"{key}_out{n}")
            _add(entry, "text").text = feel_value(value)
        days = [day.isoformat() if day else "" for day in (row.valid_from, row.valid_to)]
        for text in (row.basis, *days, row.note.zh, row.note.en):
            _add(_add(rule, "annotationEntry"), "text").text = text

    def diagram(self, root: ET.Element) -> None:
        """Draw facts below, tables above those they read."""
        depth: dict[str, int] = {xml_id("fact", fact): 0 for fact in self.facts}
        links: list[tuple[str, str, str]] = []
        for table in TableSet(tuple(self.tables)):
            needed = self.requirements(table)
            depth[xml_id("table", table.id)] = 1 + max(
                (depth[href] for _, href, _ in needed), default=0
            )
            links += [(link, href, xml_id("table", table.id)) for _, href, link in needed]
        top = max(depth.values(), default=0)
        places: dict[str, tuple[int, int]] = {}
        for key, level in depth.items():
            beside = sum(depth[other] == level for other in places)
            places[key] = (
                _GAP + beside * (_WIDTH + _GAP),
                _GAP + (top - level) * (_HEIGHT + 2 * _GAP),
            )
        holder = ET.SubElement(root, f"{{{DIAGRAM}}}DMNDI")
        diagram = ET.SubElement(holder, f"{{{DIAGRAM}}}DMNDiagram", {"id": "diagram"})
        for key, (x, y) in places.items():
            shape = ET.SubElement(
                diagram, f"{{{DIAGRAM}}}DMNShape", {"id": f"{key}_shape", "dmnElementRef": key}
            )
            size = {"x": str(x), "y": str(y), "width": str(_WIDTH), "height": str(_HEIGHT)}
            ET.SubElement(shape, f"{{{BOUNDS}}}Bounds", size)
        for link, start, end in links:
            edge = ET.SubElement(
                diagram, f"{{{DIAGRAM}}}DMNEdge", {"id": f"{link}_edge", "dmnElementRef": link}
            )
            for (x, y), down in ((places[start], 0), (places[end], _HEIGHT)):
                ET.SubElement(
                    edge, f"{{{LINES}}}waypoint", {"x": str(x + _WIDTH // 2), "y": str(y + down)}
                )


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{MODEL}}}{tag}", attributes)
