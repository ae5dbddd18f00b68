"""DMN files read: decisions that evaluate, and their tables as ours.

Read are decision tables and literal expressions, chained by their requirements (DMN
1.2 to 1.6). A decision of any other kind (contexts, invocations, loops, times) is listed, and
says so when it is evaluated. Document types and entities are refused.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, overload

from rules.problems import InputError, Place, Problem, did_you_mean
from rules.tables.dmn_xml import (
    NAMESPACES,
    OURS,
    UNTYPED,
    ItemType,
    entry_text,
    parse_xml,
    policy_of,
    text_of,
)
from rules.tables.feel import Meaning, compile_expression, compile_tests
from rules.tables.feel_syntax import parse_expression, parse_tests
from rules.tables.feel_values import Value, from_feel, to_feel
from rules.tables.policies import apply_policy


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a DMN file.

    Attributes
    ----------
    name, id : str
        As in the file.
    type : ItemType
        Type of its result.
    needs : tuple of str
        Names of the input data and decisions it requires.
    header : str
        The TOML header that our own export left with it; empty in other files.
    element : Element or None
        Its decision table, if it is one; see :func:`rules.tables.dmn_table.table_of`.
    """

    name: str
    id: str
    type: ItemType
    needs: tuple[str, ...]
    header: str = field(repr=False)
    element: ET.Element | None = field(repr=False, compare=False)
    model: DmnModel = field(repr=False, compare=False)
    meaning: Meaning = field(repr=False, compare=False)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the facts that it and the decisions it needs read."""
        seen: set[str] = set()
        found: list[str] = []
        waiting = list(reversed(self.needs))
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.model.input_types:
                found.append(name)
            else:
                waiting += reversed(self.model[name].needs)
        return tuple(found)

    def evaluate(self, inputs: Mapping[str, object]) -> object:
        """Decide.

        Parameters
        ----------
        inputs : mapping of str to value
            Every fact of :attr:`inputs`; null is passed as None. Dates may be ISO texts.

        Returns
        -------
        object
            A value, a dict for several outputs, a list for hit policies C, R and O.

        Raises
        ------
        InputError
            If a fact is missing, the rows that match break the hit policy, or the decision
            is of a kind that is not read.
        """
        missing = [name for name in self.inputs if name not in inputs]
        if missing:
            raise InputError(
                Problem(
                    Place(self.model.file),
                    f"decision '{self.name}': the input '{name}' is missing"
                    f"{did_you_mean(name, (n for n in inputs if n not in self.inputs))}",
                )
                for name in missing
            )
        return from_feel(self._value(inputs, {}))

    def _value(self, inputs: Mapping[str, object], known: dict[str, Value]) -> Value:
        scope: dict[str, Value] = {}
        for name in self.needs:
            if name in self.model.input_types:
                scope[name] = self.model.input_types[name].fit(to_feel(inputs[name]))
                continue
            if name not in known:
                known[name] = self.model[name]._value(inputs, known)
            scope[name] = known[name]
        return self.type.fit(self.meaning(scope))


class DmnModel:
    """The decisions of a DMN file, in its order; one is found by its name.

    Examples
    --------
    ``read_dmn("permit.dmn")["Approval Status"].evaluate({"Age": 18})``
    """

    def __init__(
        self, file: str, input_types: Mapping[str, ItemType], types: Callable[[str], ItemType]
    ) -> None:
        self.file = file
        self.input_types = input_types
        self._types = types
        self._decisions: dict[str, Decision] = {}

    def __iter__(self) -> Iterator[Decision]:
        return iter(self._decisions.values())

    def __len__(self) -> int:
        return len(self._decisions)

    def __contains__(self, name: object) -> bool:
        return name in self._decisions

    @overload
    def __getitem__(self, name: str) -> Decision: ...
    @overload
    def __getitem__(self, name: int) -> Decision: ...
    def __getitem__(self, name: str | int) -> Decision:
        if isinstance(name, int):
            return list(self._decisions.values())[name]
        if name not in self._decisions:
            hint = did_you_mean(name, self._decisions)
            raise KeyError(f"{self.file} has no decision '{name}'{hint}")
        return self._decisions[name]

    def type_of(self, reference: str, fact: str) -> ItemType:
        """Return the type that a reference names, else that of an input or decision."""
        known = self._types(reference)
        if known.base:
            return known
        if fact in self._decisions:
            return self._decisions[fact].type
        return self.input_types.get(fact, UNTYPED)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the decisions."""
        return tuple(self._decisions)

    def values(self) -> tuple[Decision, ...]:
        """Return the decisions."""
        return tuple(self._decisions.values())

    def items(self) -> tuple[tuple[str, Decision], ...]:
        """Return names and decisions."""
        return tuple(self._decisions.items())


def read_dmn(path: Path | str) -> DmnModel:
    """Read the decisions of a DMN 1.2 to 1.6 file.

    Raises
    ------
    InputError
        If the file is not DMN, refers to what it lacks, or decisions need each other in
        a circle.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError.at(str(path), 0, f"cannot be read: {error.strerror}") from None
    return _Reader(path.name, parse_xml(data, path.name)).model


class _Reader:
    def __init__(self, file: str, root: ET.Element) -> None:
        self.file = file
        namespace, _, tag = root.tag[1:].partition("}")
        if tag != "definitions" or namespace not in NAMESPACES:
            found = f"<{tag}> of {namespace}" if tag else f"<{root.tag}>"
            self.fail(f"is not DMN 1.2 to 1.6; the root element is {found}")
        self.root, self.namespace = root, namespace
        self.definitions = {e.get("name", ""): e for e in self.all(root, "itemDefinition")}
        inputs = {e.get("id", ""): e for e in self.all(root, "inputData")}
        decisions = {e.get("id", ""): e for e in self.all(root, "decision")}
        self.names = {key: self.name(e) for key, e in (inputs | decisions).items()}
        model = DmnModel(
            file, {self.names[k]: self.variable_type(e) for k, e in inputs.items()}, self.type
        )
        for element in decisions.values():
            decision = self.decision(element, model)
            if decision.name in model:
                self.fail(f"two decisions are named '{decision.name}'")
            model._decisions[decision.name] = decision  # the reader fills the model
        self.model = model
        self.check_circles()

    def fail(self, message: str) -> NoReturn:
        raise InputError.at(self.file, 0, message)

    def all(self, parent: ET.Element, tag: str) -> list[ET.Element]:
        return parent.findall(f"{{{self.namespace}}}{tag}")

    def one(self, parent: ET.Element, tag: str) -> ET.Element | None:
        return parent.find(f"{{{self.namespace}}}{tag}")

    def name(self, element: ET.Element) -> str:
        variable = self.one(element, "variable")
        named = variable.get("name") if variable is not None else None
        return named or element.get("name") or ""

    def variable_type(self, element: ET.Element) -> ItemType:
        variable = self.one(element, "variable")
        return self.type(variable.get("typeRef", "")) if variable is not None else UNTYPED

    def type(self, reference: str, depth: int = 0) -> ItemType:
        """Return a type by its name; names of no known type mean any value."""
        name = reference.rpartition(":")[2] if reference not in self.definitions else reference
        if name in self.definitions and depth < 20:
            return self.item_type(self.definitions[name], depth + 1)
        return ItemType({"boolean": "bool"}.get(name, name)) if name not in ("Any", "") else UNTYPED

    def item_type(self, element: ET.Element, depth: int) -> ItemType:
        reference = self.one(element, "typeRef")
        base = (
            self.type((reference.text or "").strip(), depth) if reference is not None else UNTYPED
        )
        parts = {
            part.get("name", ""): self.item_type(part, depth + 1)
            for part in self.all(element, "itemComponent")
            if depth < 20
        }
        listed = base.listed or element.get("isCollection") == "true"
        allowed = text_of(element, "allowedValues", self.namespace) or base.allowed
        return ItemType(base.base, listed, parts or base.parts, allowed)

    def decision(self, element: ET.Element, model: DmnModel) -> Decision:
        needs: list[str] = []
        for requirement in self.all(element, "informationRequirement"):
            for link in requirement:
                key = link.get("href", "").rpartition("#")[2]
                if key not in self.names:
                    self.fail(
                        f"decision '{element.get('name')}' requires '{key}', which is not here"
                    )
                needs.append(self.names[key])
        table = self.one(element, "decisionTable")
        try:
            meaning = self.meaning(element, table, frozenset(needs))
        except InputError as error:
            meaning = _not_read(
                [
                    Problem(Place(self.file), f"decision '{element.get('name')}': {problem}")
                    for problem in error.problems
                ]
            )
        return Decision(
            self.name(element), element.get("id", ""), self.variable_type(element),
            tuple(dict.fromkeys(needs)), element.findtext(f".//{{{OURS}}}header") or "",
            table, model, meaning,
        )  # fmt: skip

    def meaning(
        self, element: ET.Element, table: ET.Element | None, names: frozenset[str]
    ) -> Meaning:
        if table is not None:
            return _table_meaning(self, table, names, element.get("name", ""))
        literal = self.one(element, "literalExpression")
        if literal is None:
            kinds = [
                e.tag.rpartition("}")[2] for e in element if e.tag.startswith(f"{{{self.namespace}")
            ]
            found = kinds[-1] if kinds else "nothing"
            self.fail(f"only decision tables and literal expressions are read, not {found}")
        text = text_of(element, "literalExpression", self.namespace)
        return compile_expression(parse_expression(text, names), names, text)

    def check_circles(self) -> None:
        done: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            if name in path:
                self.fail(f"decisions need each other in a circle: {' -> '.join((*path, name))}")
            if name in done or name not in self.model:
                return
            if len(path) > 200:
                self.fail("more than 200 decisions in a chain")
            for needed in self.model[name].needs:
                visit(needed, (*path, name))
            done.add(name)

        for name in self.model.keys():  # noqa: SIM118 - iterating a model gives decisions
            visit(name, ())


def _not_read(problems: list[Problem]) -> Meaning:
    def refuse(scope: Mapping[str, Value]) -> Value:
        raise InputError(problems)

    return refuse


def _table_meaning(
    reader: _Reader, table: ET.Element, names: frozenset[str], title: str
) -> Meaning:
    """Return a closure that evaluates a decision table with cells of any FEEL we read."""
    space = reader.namespace
    policy = policy_of(table)

    def expression(text: str) -> Meaning:
        return compile_expression(parse_expression(text, names), names, text)

    def tests(text: str) -> Meaning:
        return compile_tests(parse_tests(text, names), names | {"?"}, text)

    inputs: list[tuple[Meaning, ItemType]] = []
    for column in reader.all(table, "input"):
        inner = reader.one(column, "inputExpression")
        kind = reader.type(inner.get("typeRef", "")) if inner is not None else UNTYPED
        inputs.append((expression(text_of(column, "inputExpression", space)), kind))
    outputs = reader.all(table, "output")
    keys = [output.get("name", "") for output in outputs]
    ranks = [_ranks(text_of(output, "outputValues", space)) for output in outputs]
    defaults = [text_of(output, "defaultOutputEntry", space) for output in outputs]
    default = [expression(text or "null") for text in defaults] if any(defaults) else None
    rules = [
        (
            rule.get("id") or f"rule {number}",
            [tests(entry_text(e, space)) for e in reader.all(rule, "inputEntry")],
            [expression(entry_text(e, space) or "null") for e in reader.all(rule, "outputEntry")],
        )
        for number, rule in enumerate(reader.all(table, "rule"), start=1)
    ]
    for key, cells, concluded in rules:
        if (len(cells), len(concluded)) != (len(inputs), len(outputs)):
            reader.fail(f"rule '{key}' has {len(cells)} inputs and {len(concluded)} outputs")

    def priority(record: tuple[object, ...]) -> tuple[int, ...]:
        return tuple(
            rank.index(value) if value in rank else len(rank)
            for rank, value in zip(ranks, record, strict=True)
        )

    def keyed(record: object) -> Value:
        several = len(keys) > 1 and isinstance(record, tuple)
        return dict(zip(keys, record, strict=True)) if several else record  # type: ignore[call-overload]  # a tuple

    def decide(scope: Mapping[str, Value]) -> Value:
        values = [kind.fit(value(scope)) for value, kind in inputs]
        matching = [
            n for n, (_, cells, _) in enumerate(rules)
            if all(cell({**scope, "?": v}) is True for cell, v in zip(cells, values, strict=True))
        ]  # fmt: skip
        if not matching:
            if default is not None:
                given = tuple(d(scope) for d in default)
                record = keyed(given if len(keys) > 1 else given[0])
                return [record] if policy in ("C", "R", "O") else record
            return Decimal(0) if policy == "C#" else [] if policy in ("C", "R", "O") else None
        records = [tuple(part(scope) for part in rules[n][2]) for n in matching]
        ids = [rules[n][0] for n in matching]
        outcome = apply_policy(policy, tuple(matching), ids, records, priority)  # type: ignore[arg-type]  # FEEL values
        if outcome.broken:
            raise InputError.at(reader.file, 0, f"decision '{title}': {outcome.broken}")
        conclusion: object = outcome.conclusion
        if policy in ("C", "R", "O") and isinstance(conclusion, tuple):
            return [keyed(record) for record in conclusion]
        return to_feel(keyed(conclusion))

    return decide


def _ranks(text: str) -> list[Value]:
    """Return the listed values in their order, for priorities."""
    if not text:
        return []
    value = compile_expression(parse_expression(f"[{text}]"), frozenset(), text)({})
    return value if isinstance(value, list) else []
