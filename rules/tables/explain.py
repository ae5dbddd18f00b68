"""A decision in words, Chinese and English: why this row, and why no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rules.tables.columns import Input
from rules.tables.outcome import Result, RowTrace


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a table decided as it did.

    Attributes
    ----------
    result : Result
        The decision, with its trace.
    en, zh : str
        The reasons, one sentence a line.
    """

    result: Result
    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return the sentences in ``"zh"`` or ``"en"``."""
        return self.zh if language == "zh" else self.en


def explain(result: Result) -> Explanation:
    """Say why a table decided as it did, why no other row did, and which came nearest."""
    return Explanation(
        result, "\n".join(_sentences(result, "en")), "\n".join(_sentences(result, "zh"))
    )


def _sentences(result: Result, language: str) -> Iterator[str]:
    chinese = language == "zh"
    table = result.table
    title = table.name.in_language(language) or table.id
    trace = result.trace
    if not result.decided:
        asked = [c.named(language) for c in table.inputs if c.id in result.ask_for]
        yield (
            f"{title}:无法决定,请补充:{'、'.join(asked)}。"
            if chinese
            else f"{title}: cannot decide, ask for: {', '.join(asked)}."
        )
    elif not result.outcome.fired:
        value = _shown(result, result.value, language)
        yield (
            f"{title}:没有适用的行,结论:{value}。"
            if chinese
            else f"{title}: no row applies, so the conclusion is {value}."
        )
    for row in trace:
        if row.state == "fired":
            yield _fired(result, title, row, language)
    near = result.nearest_miss
    several = sum(row.state == "failed" for row in trace) > 1
    for row in trace:
        if sentence := _not_fired(
            result, row, several and row is not None and row == near, language
        ):
            yield sentence


def _fired(result: Result, title: str, row: RowTrace, language: str) -> str:
    table = result.table
    number = [r.id for r in table.rows].index(row.row)
    said = [
        _asked(result, column, table.rows[number].cells[n], n, language)
        for n, column in enumerate(table.inputs)
        if not table.cell(number, n).anything
    ]
    concluded = _shown(result, table.rows[number].outputs, language)
    basis = table.rows[number].basis or table.basis
    if language == "zh":
        because = f",因为{';'.join(said)}" if said else ",无条件"
        return f"{title}:第{row.row}行适用:{concluded}{because}。" + (
            f"依据:{basis}。" if basis else ""
        )
    because = f", because {' and '.join(said)}" if said else ", without any condition"
    return f"{title}: row {row.row} decides: {concluded}{because}." + (
        f" Basis: {basis}." if basis else ""
    )


def _not_fired(result: Result, row: RowTrace, nearest: bool, language: str) -> str:
    chinese = language == "zh"
    if row.state == "fired":
        return ""
    if row.state == "outranked":
        return (
            f"第{row.row}行也符合,但按命中策略不采用。"
            if chinese
            else f"Row {row.row} also matches, but the hit policy takes another."
        )
    if row.state == "not in force":
        return (
            f"第{row.row}行当日不生效。"
            if chinese
            else f"Row {row.row} is not in force on that day."
        )
    if row.state == "unknown":
        return (
            f"第{row.row}行是否适用尚不能确定。"
            if chinese
            else f"Row {row.row} may apply; a fact is missing."
        )
    number = [r.id for r in result.table.rows].index(row.row)
    place = result.table.input_ids.index(row.failing[0])
    column = result.table.inputs[place]
    value = _fact(column, result.facts[place], language)
    asked = result.table.rows[number].cells[place]
    more = len(row.failing) - 1
    if chinese:
        end = f",另有{more}格不符" if more else ""
        near = "(最接近)" if nearest else ""
        return f"第{row.row}行不适用{near}:{column.named('zh')}为{value},要求:{asked}{end}。"
    end = (
        f", and {more} more cell{'s'[: more > 1]} " + ("fail" if more > 1 else "fails")
        if more
        else ""
    )
    near = " (nearest miss)" if nearest else ""
    return (
        f"Row {row.row} does not apply{near}: {column.named('en')} is {value}, asked: {asked}{end}."
    )


def _asked(result: Result, column: Input, cell: str, place: int, language: str) -> str:
    value = _fact(column, result.facts[place], language)
    if language == "zh":
        return f"{column.named('zh')}为{value}(要求:{cell})"
    return f"{column.named('en')} is {value} (asked: {cell})"


def _fact(column: Input, value: object, language: str) -> str:
    chinese = language == "zh"
    if value is None:
        return "未知" if chinese else "unknown"
    if isinstance(value, bool):
        return ("是" if value else "否") if chinese else ("yes" if value else "no")
    if isinstance(value, str):
        return column.value_named(value, language)
    if isinstance(value, set | frozenset):
        named = [column.value_named(str(member), language) for member in sorted(value)]
        return ("、" if chinese else ", ").join(named) or ("无" if chinese else "none")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value}{'' if chinese else ' '}{column.unit.in_language(language)}".strip()


def _shown(result: Result, conclusion: object, language: str) -> str:
    outputs = result.table.outputs
    if isinstance(conclusion, dict):
        conclusion = tuple(conclusion.values())
    if isinstance(conclusion, tuple) and len(conclusion) == len(outputs):
        pairs = zip(outputs, conclusion, strict=True)
        return ", ".join(f"{o.named(language)} = {o.shown(v, language)}" for o, v in pairs)
    if isinstance(conclusion, list):
        return ("无" if language == "zh" else "nothing") if not conclusion else str(conclusion)
    return outputs[0].shown(conclusion, language)  # type: ignore[arg-type]  # a single fact
