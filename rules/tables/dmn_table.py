"""Decision tables of a DMN file as typed tables of ours, to be checked, edited and compared."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date

from rules.problems import InputError, Place, Problem
from rules.steps import Name
from rules.tables.chain import TableSet
from rules.tables.columns import (
    Choice,
    ColumnType,
    Fact,
    Input,
    Ordered,
    Output,
    Span,
    check_fact,
    read_cell,
)
from rules.tables.dmn_read import Decision, DmnModel
from rules.tables.dmn_write import ANNOTATIONS, feel_cell
from rules.tables.dmn_xml import OURS, entry_text, policy_of, text_of
from rules.tables.feel import evaluate
from rules.tables.feel_syntax import FeelSyntaxError
from rules.tables.header import table_header
from rules.tables.table import DecisionTable, HitPolicy, Row

_TYPES = {
    "number": ColumnType.NUMBER,
    "boolean": ColumnType.BOOL,
    "bool": ColumnType.BOOL,
    "date": ColumnType.DATE,
    "string": ColumnType.STRING,
}


def tables_of(model: DmnModel) -> TableSet:
    """Return all decision tables of a DMN file as ours.

    Raises
    ------
    InputError
        With what keeps each of them from being a table of ours.
    """
    problems: list[Problem] = []
    tables: list[DecisionTable] = []
    for decision in model:
        if decision.element is not None:
            try:
                tables.append(table_of(decision))
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return TableSet(tuple(tables), model.file)


def table_of(decision: Decision) -> DecisionTable:
    """Return a decision's table as ours, with everything that :func:`write_dmn` put there.

    Raises
    ------
    InputError
        If it is no decision table, or has cells with names or calculations: such
        decisions evaluate, but cannot be checked or compared as tables.
    """
    if decision.element is None:
        raise InputError.at(decision.model.file, 0, f"'{decision.name}' is not a decision table")
    return _TableReader(decision).table()


class _TableReader:
    def __init__(self, decision: Decision) -> None:
        assert decision.element is not None
        self.decision, self.element = decision, decision.element
        self.space = self.element.tag[1:].partition("}")[0]
        self.file = decision.model.file

    def all(self, parent: ET.Element, tag: str) -> list[ET.Element]:
        return parent.findall(f"{{{self.space}}}{tag}")

    def table(self) -> DecisionTable:
        inputs = tuple(self.input(e, n) for n, e in enumerate(self.all(self.element, "input"), 1))
        outputs = tuple(self.output(e) for e in self.all(self.element, "output"))
        policy = HitPolicy(policy_of(self.element))
        header = self.header()
        if header is not None and _same_columns(header, inputs, outputs):
            frame = replace(header, hit_policy=policy, file=self.file)
        else:
            named = self.decision.name
            frame = DecisionTable(
                named, inputs, outputs, (), policy,
                Name(en=named) if named.isascii() else Name(zh=named), file=self.file,
            )  # fmt: skip
        rows = tuple(
            self.row(rule, number, frame)
            for number, rule in enumerate(self.all(self.element, "rule"), 1)
        )
        try:
            return replace(frame, rows=rows)
        except InputError as error:
            raise InputError(
                Problem(Place(self.file), f"decision '{self.decision.name}': {problem.message}")
                for problem in error.problems
            ) from None

    def header(self) -> DecisionTable | None:
        """Return the table without rows that our own export left in the file, if it did."""
        text = self.decision.header
        if not text:
            return None
        try:
            return table_header(tomllib.loads(text), self.file)
        except (tomllib.TOMLDecodeError, InputError):
            return None  # edited elsewhere; the standard parts speak for themselves

    def input(self, element: ET.Element, number: int) -> Input:
        expression = text_of(element, "inputExpression", self.space)
        key = element.get(f"{{{OURS}}}id") or expression or f"input {number}"
        inner = element.find(f"{{{self.space}}}inputExpression")
        reference = inner.get("typeRef", "") if inner is not None else ""
        known = self.decision.model.type_of(reference, expression)
        listed = text_of(element, "inputValues", self.space) or known.allowed
        kind = ColumnType.SET if known.listed else _TYPES.get(known.base, ColumnType.STRING)
        column = Input(key, kind, _label(element, key))
        if not listed:
            return column
        if kind.ordered:
            low, high = _limits(listed, column)
            return replace(column, low=low, high=high)
        choices = _choices(listed)
        if kind is ColumnType.STRING and choices:
            return replace(column, type=ColumnType.ENUM, choices=choices)
        return replace(column, choices=choices) if kind is ColumnType.SET else column

    def output(self, element: ET.Element) -> Output:
        key = element.get("name") or self.decision.name
        known = self.decision.model.type_of(element.get("typeRef", ""), "")
        if not known.base:
            known = self.decision.type
        listed = text_of(element, "outputValues", self.space) or known.allowed
        listed_policy = policy_of(self.element) in ("C", "R", "O")
        of_sets = known.listed and not (listed_policy and not element.get("typeRef"))
        kind = ColumnType.SET if of_sets else _TYPES.get(known.base, ColumnType.STRING)
        choices = _choices(listed) if kind is ColumnType.STRING else ()
        output = Output(key, ColumnType.ENUM if choices else kind, _label(element, key), choices)
        default = text_of(element, "defaultOutputEntry", self.space)
        return replace(output, default=self.value(default, output)) if default else output

    def row(self, rule: ET.Element, number: int, frame: DecisionTable) -> Row:
        notes = dict(zip(self.annotations(), self.notes(rule), strict=False))
        cells = tuple(
            self.cell(e, c)
            for e, c in zip(self.all(rule, "inputEntry"), frame.inputs, strict=False)
        )
        outputs = tuple(
            self.value(entry_text(e, self.space), o)
            for e, o in zip(self.all(rule, "outputEntry"), frame.outputs, strict=False)
        )
        start, end = self.day(notes.get("valid_from", "")), self.day(notes.get("valid_to", ""))
        others = [
            f"{key}: {text}" for key, text in notes.items() if key not in ANNOTATIONS and text
        ]
        remark = "; ".join(filter(None, [notes.get("note_en", ""), *others]))
        return Row(
            rule.get(f"{{{OURS}}}id") or rule.get("id") or f"rule {number}",
            cells, outputs, notes.get("basis", ""), start, end,
            Name(notes.get("note_zh", ""), remark),
        )  # fmt: skip

    def annotations(self) -> list[str]:
        return [e.get("name", "note") for e in self.all(self.element, "annotation")]

    def notes(self, rule: ET.Element) -> list[str]:
        return [entry_text(e, self.space) for e in self.all(rule, "annotationEntry")]

    def cell(self, entry: ET.Element, column: Input) -> str:
        """Return a cell as its author wrote it, if the file still says the same."""
        feel = entry_text(entry, self.space) or "-"
        written = entry.get(f"{{{OURS}}}text")
        if written is not None:
            try:
                if feel_cell(written, read_cell(written, column), column) == feel:
                    return written
            except FeelSyntaxError:
                return feel
        return feel

    def value(self, text: str, output: Output) -> Fact:
        try:
            value = evaluate(text or "null")
            return None if value is None else check_fact(output, value)
        except InputError:
            problem = f"'{text}' is not a plain value"
        except ValueError as error:
            problem = str(error)
        raise InputError.at(
            self.file, 0, f"decision '{self.decision.name}': {output.id}: {problem}"
        )

    def day(self, text: str) -> date | None:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return None
        return check_fact(Input("day", ColumnType.DATE), text)  # type: ignore[return-value]  # a date


def _label(element: ET.Element, key: str) -> Name:
    label = element.get("label", "")
    if label in ("", key):
        return Name()
    return Name(en=label) if label.isascii() else Name(zh=label)


def _choices(listed: str) -> tuple[Choice, ...]:
    try:
        values = evaluate(f"[{listed}]")
    except InputError:
        return ()
    texts = values if isinstance(values, list) else []
    return (
        tuple(Choice(v) for v in texts if isinstance(v, str))
        if all(isinstance(v, str) for v in texts)
        else ()
    )


def _limits(listed: str, column: Input) -> tuple[Ordered | None, Ordered | None]:
    """Return the ends of the one closed interval that the allowed values are."""
    try:
        match read_cell(listed, column).accepts:
            case (Span(low, low_closed, high, high_closed),):
                return low if low_closed else None, high if high_closed else None
    except FeelSyntaxError:
        pass
    return None, None


def _same_columns(
    header: DecisionTable, inputs: tuple[Input, ...], outputs: tuple[Output, ...]
) -> bool:
    """Whether the header still fits the table: same keys and the same allowed values."""

    def shape(columns: tuple[Input, ...] | tuple[Output, ...]) -> list[tuple[object, ...]]:
        return [(c.id, c.values if c.type is ColumnType.ENUM else ()) for c in columns]

    return shape(header.inputs) == shape(inputs) and shape(header.outputs) == shape(outputs)
